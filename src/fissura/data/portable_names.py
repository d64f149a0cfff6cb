"""The names of an archive's entries as every system can write them, the same wherever they are unpacked."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Sequence
from pathlib import Path

_LONGEST_NAME_BYTES = 200
# Microsoft, "Naming Files, Paths, and Namespaces": ports may have superscript digits, an extension changes nothing
_RESERVED = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³]) *(\..*)?", re.IGNORECASE)


def parts_of(name: str) -> tuple[str, ...] | None:
    """The folders and the name of an entry; None when it is absolute, names a drive, or climbs with ``..``.

    >>> parts_of("./Positive/00001.jpg"), parts_of("a\\\\b.jpg"), parts_of("a/../../b.jpg"), parts_of("C:/b.jpg")
    (('Positive', '00001.jpg'), ('a', 'b.jpg'), None, None)
    """
    slashed = name.replace("\\", "/")
    parts = tuple(part for part in slashed.split("/") if part not in ("", "."))
    if slashed.startswith("/") or ".." in parts or re.match("[A-Za-z]:", slashed):
        return None
    return parts


def is_system_record(parts: Sequence[str]) -> bool:
    """Whether macOS added it to an archive: beside ``a.jpg`` lies ``__MACOSX/._a.jpg``, which is no image."""
    return not parts or "__MACOSX" in parts or parts[-1].startswith("._") or parts[-1] == ".DS_Store"


class Places:
    """Gives each path of an archive a place that every system can write and no other path has, capitals or not."""

    def __init__(self) -> None:
        self._folders: dict[tuple[Path, str], Path] = {}
        self._times: dict[Path, int] = {}

    def place(self, parts: Sequence[str]) -> Path:
        """The place of the path with these parts."""
        here = Path()
        for part in parts[:-1]:
            if (here, part) not in self._folders:
                self._folders[here, part] = self._free(here, part)
            here = self._folders[here, part]
        return self._free(here, parts[-1])

    def _free(self, here: Path, part: str) -> Path:
        """``a.jpg``, or ``a~2.jpg`` when an ``A.jpg`` is there."""
        name = portable_name(part)
        place = here / name
        while (key := here / place.name.casefold()) in self._times:
            first = here / name.casefold()
            self._times[first] += 1
            place = here / f"{Path(name).stem}~{self._times[first]}{Path(name).suffix}"
        self._times[key] = 1
        return place


def portable_name(name: str) -> str:
    """The name of a file or folder as every system can write it: the same wherever it is unpacked.

    Composed accents, no control characters nor those that Windows forbids, at most 200 bytes of UTF-8; what was cut off
    is stood for by the start of its SHA-256.

    >>> portable_name("cafe\u0301?.jpg"), portable_name("con.png"), portable_name("a\\n. ")
    ('café_.jpg', '_con.png', 'a_')
    """
    text = name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    text = unicodedata.normalize("NFC", text)
    text = re.sub(r'[<>:"|?*\x00-\x1f\x7f]', "_", text).rstrip(". ") or "_"
    text = "_" + text if _RESERVED.fullmatch(text) else text
    if len(text.encode("utf-8")) <= _LONGEST_NAME_BYTES:
        return text
    suffix = text[-(len(text) - text.rfind(".")) :] if 0 < len(text) - text.rfind(".") <= 8 else ""
    digest = hashlib.sha256(name.encode("utf-8", "surrogateescape")).hexdigest()[:8]
    return text.encode("utf-8")[: _LONGEST_NAME_BYTES - 40].decode("utf-8", "ignore") + "~" + digest + suffix
