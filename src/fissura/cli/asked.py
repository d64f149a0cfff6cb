"""What a command was asked, as a folder of results remembers it: by what it means, however it was typed."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from fissura.cli.options import DIGITS
from fissura.given_file import given_bytes

AUTO = "auto"
NAMED = (AUTO, "cracks", "synthetic")
_WITHOUT_FOLDER = ("digits", "synthetic")


def images_asked(out: Path, source: str, data_dir: Path | None) -> dict[str, Any]:
    """Which images are meant by ``source``, a name or a folder, and ``data_dir``, for results in ``out``.

    A folder is where it lies seen from ``out``: the same for every way to write it, and when both are moved together.
    Of ``auto`` nothing is known before the images are opened: they have a name then.

    Raises:
        DataError: the folder that is named for the data does not exist.
    """
    from fissura.data import data_folder
    from fissura.files import seen_from
    from fissura.images import printable_name

    if source == AUTO:
        return {}
    if source not in (*DIGITS, *NAMED):
        return {"source": printable_name(seen_from(out, Path(source))), "data_dir": None}
    within = None if source in _WITHOUT_FOLDER else printable_name(seen_from(out, data_folder(data_dir)))
    return {"source": source, "data_dir": within}


def photographs_asked(
    split: str | None, split_file: Path | None, positive: str | None, classes: Sequence[str] | None
) -> dict[str, Any]:
    """Which part of photographs, by the content of the file that splits them, and which classes of them.

    Without a ``split`` they are judged whole.
    """
    return {
        "split": split if split_file is None else None,  # the file decides
        "split_file": None if split_file is None else _digest(split_file),
        **classes_asked(positive, classes),
    }


def classes_asked(positive: str | None, classes: Sequence[str] | None) -> dict[str, Any]:
    """Which class is looked for, and which classes there are; None for what the folder itself says."""
    return {
        "positive": None if positive is None else _plain(positive),
        "classes": list(dict.fromkeys(map(_plain, classes))) if classes else None,
    }


def _plain(name: str) -> str:
    """A class as it is understood: whatever its capitals, accents and signs."""
    from fissura.data.class_names import folded

    return folded(name) or name


def _digest(path: Path) -> str:
    try:
        return hashlib.sha256(given_bytes(path)).hexdigest()
    except OSError:
        return ""  # reading it as a split says what is wrong
