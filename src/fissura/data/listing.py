"""What lies in folders of images, and why some of it is no image; nothing is opened."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from fissura.errors import DataError
from fissura.files import kind_of_results
from fissura.images import ImageError, has_image_name, printable_name
from fissura.language import N_, cause

_IGNORED = (
    "thumbs.db",
    "desktop.ini",
    "__macosx",
    "@eadir",
)  # left by Windows, macOS and Synology, and no one's images

DRAWN = "drawn"
"""The kind of folder that ``fissura data draw`` leaves, of which the images are the results."""

NO_PHOTOGRAPHS = N_(
    "{folder} holds results of fissura, and the pictures in it are no photographs. Name the folder of the photographs, "
    "or one inside it that holds nothing else."
)


class NoImageError(DataError):
    """Why something among images is left out that holds none, or none but those that are there already."""


@dataclass(frozen=True)
class ShutFolder:
    """A folder that cannot be listed: it stands for the images in it, of which nothing is known.

    Attributes:
        path: where it is.
        reason: why it cannot be listed.
    """

    path: Path
    reason: ImageError


def folders_in(folder: Path) -> tuple[list[str], int]:
    """(the names of the subfolders, sorted; how many files have the name of an image), without what is hidden.

    Folders of results do not count: see ``holds_results``.

    Raises:
        DataError: it is not there, is a file, or cannot be listed.
    """
    try:
        with os.scandir(folder) as entries:
            visible = [entry for entry in entries if not is_ignored(entry.name)]
    except FileNotFoundError as error:
        raise DataError(
            "{folder} does not exist; wanted a folder with one subfolder for each class. Correct the name.",
            folder=_shown(folder),
        ) from error
    except NotADirectoryError as error:
        raise DataError(
            "{folder} is a file; wanted a folder with one subfolder for each class. Unpack it first if it is an "
            "archive, and name the folder.",
            folder=_shown(folder),
        ) from error
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        raise DataError(
            "{folder} cannot be listed ({reason}). Check that it is a folder and that its permissions let you read it.",
            folder=_shown(folder),
            reason=cause(error),
        ) from error
    others = [entry for entry in visible if not has_image_name(entry.name)]
    folders = [entry.name for entry in others if _is_folder(entry) and not holds_results(Path(entry.path))]
    return sorted(folders), len(visible) - len(others)


def below(root: Path, top: str, whatever_named: bool = False) -> Iterator[tuple[str, DataError | None]]:
    """(name, None or why it is left out) of all that lies at any depth below ``root/top``.

    Names are paths from ``root`` with ``/`` between. Links to folders are followed, each folder is entered once; one
    with the name of an image only where folders are, ``whatever_named``. A folder that cannot be listed is one name,
    with an ``ImageError``; whatever else is left out has another ``DataError``, a ``NoImageError`` where no image is
    lost by it. Folders of results are passed over: see ``holds_results``.
    """
    entered = {os.path.realpath(root), os.path.realpath(root / top)}
    waiting = [top]
    while waiting:
        folder = waiting.pop()
        try:
            with os.scandir(root / folder) as listing:  # sorted: which of two links is followed must not depend on luck
                entries = sorted((entry for entry in listing if not is_ignored(entry.name)), key=lambda at: at.name)
        except OSError as error:
            yield folder, _unlistable(folder, error)
            continue
        inner: list[str] = []
        for entry in entries:
            name = f"{folder}/{entry.name}"
            if not _is_folder(entry):
                yield name, _no_image(name, entry)
            elif holds_results(Path(entry.path)):
                continue
            elif not whatever_named and has_image_name(entry.name):
                yield name, _folder_like_an_image(name)
            elif (real := os.path.realpath(entry.path)) in entered:
                yield name, _read_already(name)
            else:
                entered.add(real)
                inner.append(name)
        waiting += reversed(inner)


def pictures(given: Iterable[str]) -> Iterator[Path | ShutFolder]:
    """The image files that ``given`` means, one after the other: files, folders at any depth, and patterns (``*.jpg``).

    Files come in the order in which they are named, those of a folder or pattern sorted. A named file counts as an
    image whatever its name, and also when it is not there: reading it says so, as of a pattern that nothing fits. So it
    does of what stands in a folder under an image's name and is none: a link that leads nowhere. A folder that cannot
    be listed comes as such, since images may lie in it. Folders of results are passed over. Nothing is opened.

    Raises:
        DataError: a name is empty, which would mean the folder that one happens to stand in, or is that of a folder of
            results.
    """
    for each in given:
        path = Path(each)
        check_named(each)
        if is_folder(path):
            _check_no_results(path)
            for inner, reason in below(path, ".", whatever_named=True):
                at = path / inner.removeprefix("./")
                if isinstance(reason, ImageError):
                    yield ShutFolder(at, ImageError(reason.template, **reason.values | {"name": _shown(at)}))
                elif reason is None or (has_image_name(at.name) and not is_folder(at)):
                    yield at
        elif not is_there(path) and glob.has_magic(each):
            found = sorted(glob.iglob(each, recursive=True))  # noqa: PTH207 - Path.glob takes no absolute patterns
            yield from pictures(name for name in found if not holds_results(Path(name))) if found else [path]
        else:
            yield path


def is_ignored(name: str) -> bool:
    """Whether a file or folder of that name is hidden, or one that a system leaves among someone's images."""
    return name.startswith(".") or name.lower() in _IGNORED


def holds_results(folder: Path) -> bool:
    """Whether fissura left results there: pictures in it are of photographs, and none. What it drew are images."""
    return kind_of_results(folder) not in (None, DRAWN)


def is_there(path: Path) -> bool:
    """Whether there is something; yes also where one may not look, since reading it will say that."""
    try:
        return path.exists()
    except OSError as error:  # Path.exists would end there
        return isinstance(error, PermissionError)


def is_folder(path: Path) -> bool:
    """Whether it is a folder, or a link to one; no also where nobody may look."""
    try:
        return path.is_dir()
    except OSError:
        return False


def check_named(name: str) -> None:
    """Fail where a name is empty.

    Raises:
        DataError: it is.
    """
    if not name:
        raise DataError(
            "One of the images has an empty name: a variable of the shell without a value, perhaps. Name image files "
            "or folders; . is the folder where you are."
        )


def _check_no_results(folder: Path) -> None:
    if holds_results(folder):
        raise DataError(NO_PHOTOGRAPHS, folder=_shown(folder))


def _no_image(name: str, entry: os.DirEntry[str]) -> DataError | None:
    """Why the entry, which is no folder, is not among the images; None for one that is."""
    if not has_image_name(entry.name):
        return NoImageError(
            "{name} has not the name of an image and is left out. Images end in {suffixes} and the like.",
            name=printable_name(name),
            suffixes=".jpg, .png, .tif, .bmp, .webp",
        )
    if not _is_file(entry):
        return DataError(
            "{name} is a link that leads nowhere, or no file, and is left out. Put the image itself there.",
            name=printable_name(name),
        )
    return None


def _folder_like_an_image(name: str) -> DataError:
    return DataError(
        "{name} is a folder with the name of an image, and is left out. Rename it if it holds images.",
        name=printable_name(name),
    )


def _read_already(name: str) -> DataError:
    return NoImageError(
        "{name} is a link to a folder that is read already, and is left out. Remove it.", name=printable_name(name)
    )


def _unlistable(name: str, error: OSError) -> ImageError:
    return ImageError(
        "{name} cannot be listed ({reason}), and what it holds is left out. Check the permissions of this folder.",
        name=printable_name(name),
        problem="locked",
        reason=cause(error),
    )


def _shown(path: Path) -> str:
    return printable_name(os.fspath(path))


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link in a circle is none
        return False


def _is_file(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_file()
    except OSError:
        return False
