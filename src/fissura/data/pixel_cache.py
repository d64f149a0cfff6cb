"""Where decoded pixels and drawings are kept between runs: one folder for each set of photographs, state, and size.

An entry is ``pixels-NAME-HxW-PLACE-STATE`` with two files in it: the pixels, and a manifest in JSON. PLACE is a digest
of where the photographs lie, STATE of everything that the pixels depend on, so an entry never becomes wrong: when a
photograph changes, another name is looked for. An entry is made under a name of its own and renamed when
it is complete: it is whole or not there, also after a kill, and whoever has mapped the old one keeps it.

``drawn-DIGEST`` are the drawings of ``data.teaching``, in files that each are whole or not there.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from fissura.data.filling import is_in_use
from fissura.data.folder import LeftOut
from fissura.errors import OutputError
from fissura.images import ImageError

PIXELS, MANIFEST = "pixels.u8", "manifest.json"
GROUPS = "groups.json"  # which images are copies of each other, once that is known
CACHE_VARIABLE = "FISSURA_CACHE"
OPTION = "--cache-dir"

_KIND, _VERSION = "fissura pixels", 1
_NAME = re.compile(r"pixels-[\w.-]*-\d+x\d+-[0-9a-f]{8}-[0-9a-f]{16}(?P<part>\.part-\d+-[0-9a-f]{8})?", re.ASCII)
_DRAWN = re.compile(r"drawn-[0-9a-f]{16}", re.ASCII)
_DRAWINGS = re.compile(r"(\d{6})-(\d{6})\.npz", re.ASCII)
_FORSAKEN_S = 86_400.0  # a run does not take a day: what is unfinished for so long was killed


@dataclass(frozen=True)
class Manifest:
    """What an entry says of its pixels.

    Attributes:
        folder: where the photographs lie.
        state: the digest of all that the pixels depend on.
        size_hw: (height, width) of every image.
        made: when, UTC, as ISO 8601.
        versions: of what decoded.
        names: of the images in their order, printable.
        bytes: the length of each file.
        mtimes_ns: when each file was last changed, as the system says it.
        sha256: of the content of each file, as 64 hexadecimal digits.
        sizes_hw: (height, width) of each photograph, upright.
        left_out: the images that could not be decoded.
    """

    folder: str
    state: str
    size_hw: tuple[int, int]
    made: str
    versions: dict[str, str]
    names: tuple[str, ...]
    bytes: tuple[int, ...]
    mtimes_ns: tuple[int, ...]
    sha256: tuple[str, ...]
    sizes_hw: tuple[tuple[int, int], ...]
    left_out: tuple[LeftOut, ...]

    @property
    def pixel_bytes(self) -> int:
        """How long the file of pixels must be."""
        return len(self.names) * self.size_hw[0] * self.size_hw[1]


@dataclass(frozen=True)
class CacheEntry:
    """What lies at one place in the cache.

    Attributes:
        place: the folder of the entry.
        bytes: how much it takes on the disk.
        folder: where the photographs lie that it was made from; empty where it is unfinished or damaged.
        images: how many it holds.
        size_hw: their (height, width); (0, 0) where it is unfinished or damaged.
        made: when, UTC, as ISO 8601; empty likewise.
        drawn: whether it holds drawings, which come from no folder; their size and time are not told.
    """

    place: Path
    bytes: int
    folder: str = ""
    images: int = 0
    size_hw: tuple[int, int] = (0, 0)
    made: str = ""
    drawn: bool = False


def cache_folder(option: Path | None = None) -> Path:
    """The option, else the environment variable ``FISSURA_CACHE``, else where this system keeps such things.

    That is ``$XDG_CACHE_HOME/fissura`` or ``~/.cache/fissura``, on macOS ``~/Library/Caches/fissura``, on Windows
    ``%LOCALAPPDATA%\\fissura\\cache``.

    Raises:
        OutputError: none is given and the user has no home.
    """
    named = os.environ.get(CACHE_VARIABLE, "")
    if option is not None or named:
        return Path(named) if option is None else option
    system = os.environ.get("LOCALAPPDATA" if sys.platform == "win32" else "XDG_CACHE_HOME", "")
    if system and Path(system).is_absolute():
        return Path(system) / "fissura" / "cache" if sys.platform == "win32" else Path(system) / "fissura"
    try:
        home = Path.home()
    except RuntimeError as error:
        raise OutputError(
            "There is no home folder to keep decoded images in. Name a folder for them with {option} or in {variable}.",
            option=OPTION,
            variable=CACHE_VARIABLE,
        ) from error
    return home / {"darwin": "Library/Caches", "win32": "AppData/Local"}.get(sys.platform, ".cache") / "fissura"


def cache_entries(cache_dir: Path) -> tuple[CacheEntry, ...]:
    """What is kept there, sorted by name, with what killed runs left behind; nothing where there is no such folder."""
    return tuple(_described(place) for place in _places(cache_dir))


def clean_cache(cache_dir: Path) -> tuple[CacheEntry, ...]:
    """Remove all of it, and nothing else that lies there; returns what was removed.

    What another program holds open stays on Windows, and drawings that a run is making stay everywhere; a run that is
    just decoding ends with a sentence.
    """
    return tuple(
        entry
        for entry in cache_entries(cache_dir)
        if (_remove_drawn(entry.place) if entry.drawn else remove_entry(entry.place))
    )


def entry_name(folder: Path, size_hw: tuple[int, int], state: str) -> str:
    """The name of the entry for the photographs in ``folder`` in that state (64 hexadecimal digits)."""
    readable = re.sub(r"[^A-Za-z0-9_.]+", "_", folder.name)[:32].strip("_.")
    place = hashlib.sha256(os.fsencode(folder)).hexdigest()[:8]
    return f"pixels-{readable}-{size_hw[0]}x{size_hw[1]}-{place}-{state[:16]}"


def remove_others(place: Path) -> None:
    """Remove earlier states of the same photographs at the same size, and what was left unfinished long ago."""
    earlier = place.name[: -len(place.name.rpartition("-")[2])]
    for other in _places(place.parent):
        superseded = other.name.startswith(earlier) and other != place and not _is_part(other)
        if superseded or (_is_part(other) and _age_s(other) > _FORSAKEN_S):
            remove_entry(other)


def remove_entry(place: Path) -> bool:
    """Remove the two files and the folder; whether it is gone. A file of someone else keeps the folder there."""
    return _remove(place, [*(place / name for name in (PIXELS, MANIFEST, GROUPS)), *place.glob(f"{GROUPS}.*part")])


def _remove_drawn(place: Path) -> bool:
    """Remove drawings and what killed runs left beside them; whether they are gone. Nothing where a run draws."""
    # listed before it is asked whether a run draws: nothing of one that begins afterwards
    ours = [*place.glob("*.npz"), *place.glob("*.npz.*part"), *place.glob("*.lock")]
    return not is_in_use(place) and _remove(place, ours)


def _remove(place: Path, files: Sequence[Path]) -> bool:
    try:
        for file in files:
            file.unlink(missing_ok=True)
        place.rmdir()
    except OSError:  # in use, not ours to remove, or another run was faster
        return not place.exists()
    return True


def as_text(manifest: Manifest) -> str:
    """The manifest as JSON, on one line: with line breaks Python takes ten times as long."""
    left_out = [
        {"name": left.name, "template": left.reason.template, "values": left.reason.values}
        for left in manifest.left_out
    ]
    return json.dumps({"kind": _KIND, "version": _VERSION, **vars(manifest), "left_out": left_out}, allow_nan=False)


def read_manifest(place: Path) -> Manifest | None:
    """What the entry says; None unless it is there and whole."""
    try:
        found = json.loads((place / MANIFEST).read_text(encoding="utf-8"))
        if found.pop("kind") != _KIND or found.pop("version") != _VERSION:
            return None
        lists = {name: tuple(found[name]) for name in ("names", "bytes", "mtimes_ns", "sha256")}
        sizes = tuple((int(height), int(width)) for height, width in [found["size_hw"], *found["sizes_hw"]])
        left_out = tuple(
            LeftOut(left["name"], ImageError(left["template"], **left["values"])) for left in found["left_out"]
        )
        manifest = Manifest(**{**found, **lists, "size_hw": sizes[0], "sizes_hw": sizes[1:], "left_out": left_out})
        return manifest if (place / PIXELS).stat().st_size == manifest.pixel_bytes else None
    except (OSError, ValueError, KeyError, TypeError, AttributeError):  # not there, or damaged in any way
        return None


def _places(cache_dir: Path) -> list[Path]:
    """The folders there that are ours by their names."""
    try:
        with os.scandir(cache_dir) as entries:
            ours = [
                entry.name
                for entry in entries
                if (_NAME.fullmatch(entry.name) or _DRAWN.fullmatch(entry.name)) and entry.is_dir(follow_symlinks=False)
            ]
    except OSError:
        return []
    return [cache_dir / name for name in sorted(ours)]


def _is_part(place: Path) -> bool:
    return ".part-" in place.name


def _age_s(place: Path) -> float:
    try:
        return time.time() - max(path.stat().st_mtime for path in (place, *place.iterdir()))
    except OSError:
        return 0.0  # it has just gone


def _described(place: Path) -> CacheEntry:
    if _DRAWN.fullmatch(place.name):
        return _drawings(place)
    size = 0
    for name in (PIXELS, MANIFEST):
        try:
            size += (place / name).stat().st_size
        except OSError:
            continue
    manifest = None if _is_part(place) else read_manifest(place)
    if manifest is None:
        return CacheEntry(place, size)
    return CacheEntry(place, size, manifest.folder, len(manifest.names), manifest.size_hw, manifest.made)


def _drawings(place: Path) -> CacheEntry:
    size = images = 0
    with suppress(OSError):  # what can be seen of it is told
        for file in place.iterdir():
            size += file.lstat().st_size
            named = _DRAWINGS.fullmatch(file.name)
            images += int(named[2]) - int(named[1]) if named else 0
    return CacheEntry(place, size, images=images, drawn=True)
