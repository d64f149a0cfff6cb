"""Which photographs are meant: folders, files and patterns to a list without doubles, each with a name of its own."""

from __future__ import annotations

import glob
import hashlib
import os
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from fissura.data.listing import NO_PHOTOGRAPHS, check_named, is_folder, is_ignored, is_there
from fissura.errors import FissuraError, SettingsError
from fissura.files import kind_of_results, seen_from
from fissura.images import ImageError, has_image_name, printable_name
from fissura.language import cause

_PATTERN = re.compile(r"[*?\[]")
_LONGEST_SLUG = 40


@dataclass(frozen=True)
class Entry:
    """One photograph to inspect.

    Attributes:
        path: where it is.
        name: as it can be printed, from the folder that all have in common, with ``/`` on every system.
        folder: for its results, a name that every system can hold; different for different names.
        error: why it cannot even be looked at (a folder that can't be opened); None otherwise.
    """

    path: Path
    name: str
    folder: str
    error: FissuraError | None = None


@dataclass(frozen=True)
class Listing:
    """All photographs to inspect, by name, and what they are called together.

    Attributes:
        title: the name of the folder that they lie in.
        entries: all of them, sorted by name.
        base: that folder, from the root.
        sources: the files, folders and patterns that were named, from there.
    """

    title: str
    entries: tuple[Entry, ...]
    base: Path
    sources: tuple[str, ...]


def listed(sources: Sequence[str], without: Path | None = None) -> Listing:
    """The photographs that ``sources`` name: a file itself, a folder all images in it, a pattern what fits it.

    A folder is searched to any depth, links to folders too, each folder once; what is hidden or left there by a system,
    the folder ``without`` and folders of earlier results are left out.
    A source that is not there beside others that are gets an entry as well: reading it says so.

    Raises:
        DataError: the name of a source is empty.
        SettingsError: none of the sources is there, one is a folder of earlier results, or there is no image in all of
            them.
    """
    places = {source: _places(source) for source in sources}
    if sources and all(found is None for found in places.values()):
        raise SettingsError(
            "{source} is not there, and no file fits it. Check the name; put a pattern in quotes ('walls/*.jpg').",
            source=printable_name(sources[0]),
        )
    paths: list[Path] = []
    locked: list[OSError] = []
    roots: list[Path] = []
    skipped = None if without is None else without.resolve()
    entered = {os.path.realpath(place) for found in places.values() for place in found or () if is_folder(place)}
    for source, found in places.items():
        for place in [Path(source)] if found is None else found:
            if is_folder(place):
                _check_no_results(place)
                roots.append(place)
                paths += _images(place, skipped, locked, entered)
            else:
                roots.append(place.parent)
                paths.append(place)
    if not paths and not locked:
        raise SettingsError(
            "There is no image in {sources}. Give a folder with photographs, their names or a pattern in quotes "
            "('walls/*.jpg').",
            sources=", ".join(printable_name(source) for source in sources),
        )
    base = _base([_absolute(root) for root in roots])
    entries = [_entry(path, base) for path in _unique(paths)]
    entries += [_closed(error, base) for error in locked]
    title = printable_name(base.name) or "/"
    named = {printable_name(seen_from(base, Path(source))) for source in sources}
    return Listing(title, tuple(sorted(entries, key=lambda each: each.name)), base, tuple(sorted(named)))


def _base(roots: Sequence[Path]) -> Path:
    """The folder that all lie in.

    Raises:
        SettingsError: there is none, as of two drives of Windows.
    """
    try:
        return Path(os.path.commonpath(roots))
    except ValueError as error:
        raise SettingsError(
            "The photographs lie on several drives ({drives}) and have no folder in common that they could be called "
            "by. Inspect each drive's on its own.",
            drives=", ".join(sorted({root.drive for root in roots})),
        ) from error


def _places(source: str) -> list[Path] | None:
    """The files and folders that ``source`` names; None where it is not there.

    Raises:
        DataError: it is empty, which would mean the folder that one happens to stand in.
    """
    check_named(source)
    place = Path(source)
    if is_there(place) or place.is_symlink():
        return [place]
    found = sorted(glob.glob(source, recursive=True)) if _PATTERN.search(source) else []  # noqa: PTH207 - may be absolute
    if not found:
        return None
    places = [Path(each) for each in found]
    wanted = [each for each in places if is_folder(each) or has_image_name(each.name)]
    return [each for each in wanted if not _of_results(each)]


def _images(folder: Path, without: Path | None, locked: list[OSError], entered: set[str]) -> Iterable[Path]:
    """Links wait until all folders are read: what lies in one of these is called by its place there."""
    waiting = [folder]
    while waiting:
        for place, folders, files in os.walk(waiting.pop(0), onerror=locked.append):
            here = Path(place)
            inner = sorted(each for each in folders if not is_ignored(each))
            links = [each for each in inner if (here / each).is_symlink()]
            waiting += [here / each for each in links]
            folders[:] = [each for each in inner if each not in links and _is_new(here / each, without, entered)]
            for name in files:
                if not is_ignored(name) and has_image_name(name):
                    yield here / name
        while waiting and not _is_new(waiting[0], without, entered):
            waiting.pop(0)


def _is_new(folder: Path, without: Path | None, entered: set[str]) -> bool:
    """Whether it is to be searched, and was not; from now on it was."""
    real = Path(os.path.realpath(folder))
    if str(real) in entered or without in (real, *real.parents) or _of_results(folder):
        return False
    entered.add(str(real))
    return True


def _check_no_results(folder: Path) -> None:
    if _of_results(folder):
        raise SettingsError(NO_PHOTOGRAPHS, folder=printable_name(str(folder)))


def _of_results(folder: Path) -> bool:
    """Whether fissura made the folder: the pictures in it are of photographs, and are none."""
    return kind_of_results(folder) is not None


def _unique(paths: Iterable[Path]) -> list[Path]:
    """Each file once, however often it was named."""
    return list({_absolute(path): path for path in paths}.values())


def _absolute(path: Path) -> Path:
    """From the root, without ``..``, links kept as they are named."""
    return Path(os.path.normpath(path.absolute()))


def _entry(path: Path, base: Path) -> Entry:
    name = printable_name(_absolute(path).relative_to(base).as_posix())
    return Entry(path, name, folder_name(name))


def _closed(error: OSError, base: Path) -> Entry:
    entry = _entry(Path(error.filename), base)
    problem = ImageError(
        "{name} cannot be opened ({reason}). Check its permissions and the disk it lies on.",
        name=entry.name,
        problem="locked",
        reason=cause(error),
    )
    return Entry(entry.path, entry.name, entry.folder, problem)


def folder_name(name: str) -> str:
    """A name for a folder: the file's in plain letters, and 8 digits that keep different names apart.

    >>> folder_name("pile 3/Façade été.jpg")
    'Facade-ete-7d196ef5'
    """
    plain = unicodedata.normalize("NFKD", Path(name).stem).encode("ascii", "ignore").decode("ascii")
    slug = re.sub(r"[^A-Za-z0-9_]+", "-", plain)[:_LONGEST_SLUG].strip("-") or "photograph"
    return f"{slug}-{hashlib.sha256(name.encode('utf-8')).hexdigest()[:8]}"
