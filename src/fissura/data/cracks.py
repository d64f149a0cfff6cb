"""The crack images of the lab: found in a folder, unpacked from an archive, or brought from Kaggle.

The set is METU's "Concrete Crack Images for Classification" (Ç. F. Özgenel, 2019, Mendeley Data 10.17632/5y9wdsg2zt, CC
BY 4.0): 40,000 patches of 227 x 227 px, half of them cracked.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from fissura.data.archives import unpack
from fissura.data.download import GIVE_UP_S, Progress
from fissura.data.filling import check_free, check_space, only_run
from fissura.data.kaggle import HANDLE, by_hand, by_kagglehub, unreachable
from fissura.errors import DataError, FissuraError
from fissura.files import cannot_write
from fissura.language import cause

CLASSES = ("Negative", "Positive")
PER_CLASS = 20_000
FOLDER = "surface-crack-detection"
_FOLDERS = (FOLDER, "cracks", "metu")
_ARCHIVES = (*_FOLDERS, "archive", "concrete crack images for classification")  # as Kaggle and Mendeley name them
_SUFFIXES = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz", ".rar")
_DEPTH = 3  # folders between the named one and the two classes, as archives and Kaggle's cache nest them
_ARCHIVE_BYTES, _IMAGE_BYTES = 260_000_000, 6_200  # measured on the part at hand: 6.17 kB an image


@dataclass(frozen=True)
class Cracks:
    """Where the images are.

    Attributes:
        folder: holds one folder ``Negative`` and one ``Positive``, whatever their capitals.
        counts: how many files each of the two holds.
        note: what to tell the user where these are not 20,000 each; else None.
    """

    folder: Path
    counts: tuple[int, int]
    note: FissuraError | None = None


def get_cracks(
    data_dir: Path,
    *,
    archive: Path | None = None,
    expected: bool = True,
    on_progress: Progress | None = None,
    give_up_s: float = GIVE_UP_S,
) -> Cracks:
    """The crack images: those of ``archive``, else those in ``data_dir``, else brought there from Kaggle.

    Args:
        data_dir: where they are looked for and brought to.
        archive: a zip, tar or rar file, which is unpacked into ``data_dir``; or a folder, which is used where it is.
        expected: whether another number than 20,000 a class is worth a note.
        on_progress: told the bytes that are there and those there will be; it starts anew when unpacking begins.
        give_up_s: how long Kaggle may take to answer at all.

    Raises:
        DataError: there are no two such folders, one is empty, or the archive is refused.
        DownloadError: Kaggle cannot be reached or does not give it; says how to put it in place by hand.
        OutputError: the disk has too little room or cannot be written, or something else is in the way.
    """
    found = archive if archive is not None else find_cracks(data_dir)
    if found is None:
        return _described(_download(data_dir, on_progress, give_up_s), expected)
    if found.is_dir():
        classes = _class_folders(found)
        if classes is None:
            raise _no_classes(found)
        return _described(classes, expected)
    return _described(_from_archive(found, data_dir / FOLDER, on_progress), expected)


def find_cracks(data_dir: Path) -> Path | None:
    """The folder in ``data_dir`` with ``Positive`` and ``Negative``, else an archive that waits there, else None.

    Looked for, with any capitals: ``data_dir`` itself, ``surface-crack-detection``, ``cracks`` and ``metu``, with what
    is inside these; archives of these names, and as Kaggle and Mendeley Data name theirs.

    Raises:
        DataError: ``data_dir`` cannot be listed.
    """
    entries = {path.name.casefold(): path for path in reversed(_listed(data_dir))}
    if _both_classes(data_dir) is not None:
        return data_dir
    for name in _FOLDERS:
        if name in entries and entries[name].is_dir() and (folder := _class_folders(entries[name])) is not None:
            return folder
    waiting = (entries.get(name + suffix) for name in _ARCHIVES for suffix in _SUFFIXES)
    return next((path for path in waiting if path is not None and path.is_file()), None)


def cracks_folder(data_dir: Path) -> Path | None:
    """The folder that ``find_cracks`` gives; None where there is none, or an archive alone, or no ``data_dir``.

    Raises:
        DataError: ``data_dir`` cannot be listed.
    """
    found = find_cracks(data_dir) if data_dir.is_dir() else None
    return found if found is not None and found.is_dir() else None


def no_cracks(data_dir: Path) -> DataError:
    """The error to raise where ``cracks_folder`` gives none and they are wanted."""
    return DataError(
        "{folder} holds no crack images, or only their archive. Bring and unpack them with: fissura data get cracks",
        folder=data_dir,
    )


def _described(folder: Path, expected: bool) -> Cracks:
    classes = _both_classes(folder)
    if classes is None:
        raise _no_classes(folder)
    negative, positive = (sum(path.is_file() for path in _listed(each)) for each in classes)
    if not (negative and positive):
        raise DataError(
            "{folder} holds {negative} images without a crack and {positive} with one; wanted some of each. Put the "
            "missing ones there, or remove the folder and get the set again.",
            folder=folder,
            negative=negative,
            positive=positive,
        )
    note = None
    if expected and (negative, positive) != (PER_CLASS, PER_CLASS):
        note = DataError(
            "{folder} holds {negative} images without a crack and {positive} with one; the whole set has {wanted} of "
            "each. It is used as it is. To get the whole set, name another folder with --data-dir.",
            folder=folder,
            negative=negative,
            positive=positive,
            wanted=PER_CLASS,
        )
    return Cracks(folder, (negative, positive), note)


def _from_archive(archive: Path, target: Path, on_progress: Progress | None) -> Path:
    """Unpack beside ``target`` and put it there only when it holds the two classes."""
    trial = target.with_name(target.name + ".unpacked")
    check_free(target)
    with only_run(target):
        shutil.rmtree(trial, ignore_errors=True)
        unpack(archive, trial, on_progress=on_progress)
        return _put_in_place(trial, target, archive)


def _put_in_place(trial: Path, target: Path, origin: object) -> Path:
    """Rename ``trial`` to ``target`` and answer where in it the classes are; removes it when there are none."""
    classes = _class_folders(trial)
    if classes is None:
        shutil.rmtree(trial, ignore_errors=True)
        raise _no_classes(origin)
    try:
        if target.exists():
            target.rmdir()
        trial.rename(target)
    except OSError as error:
        raise cannot_write(target, error, option="--data-dir") from error
    return target / classes.relative_to(trial)


def _download(data_dir: Path, on_progress: Progress | None, give_up_s: float) -> Path:
    target = data_dir / FOLDER
    cache = target.with_name(target.name + ".download")  # what it holds is gone on with by the next run
    check_free(target)
    there = sum(path.stat().st_size for path in cache.rglob("*.archive")) if cache.is_dir() else 0
    check_space(data_dir, [max(0, _ARCHIVE_BYTES - there), *([_IMAGE_BYTES] * 2 * PER_CLASS)])
    silence = unreachable(give_up_s)
    if silence is not None:
        raise by_hand(silence, data_dir)
    with only_run(target):
        folder = by_kagglehub(cache, data_dir, on_progress)
        if not folder.is_relative_to(cache):
            return _class_folders(folder) or folder  # on Kaggle's own machines it is there already, read-only
        placed = _put_in_place(folder, target, HANDLE)
        shutil.rmtree(cache, ignore_errors=True)
    return placed


def _class_folders(folder: Path) -> Path | None:
    """The one folder, ``folder`` itself or a few levels below it, that holds both classes; None for none or several."""
    level = [folder]
    for _ in range(_DEPTH + 1):
        found = [each for each in level if _both_classes(each) is not None]
        if found:
            return found[0] if len(found) == 1 else None
        level = [path for each in level for path in _listed(each) if path.is_dir()]
    return None


def _both_classes(folder: Path) -> tuple[Path, Path] | None:
    """(negative, positive) where ``folder`` holds one of each."""
    named = [[path for path in _listed(folder) if path.name.casefold() == name.casefold()] for name in CLASSES]
    if [len(paths) for paths in named] != [1, 1] or not all(paths[0].is_dir() for paths in named):
        return None
    return named[0][0], named[1][0]


def _listed(folder: Path) -> list[Path]:
    """What ``folder`` holds, sorted, without hidden files; nothing where it is not there."""
    try:
        return sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    except FileNotFoundError:
        return []
    except OSError as error:
        raise DataError(
            "{folder} cannot be listed ({reason}). Check that it is a folder and that its permissions let you read it.",
            folder=folder,
            reason=cause(error),
        ) from error


def _no_classes(place: object) -> DataError:
    return DataError(
        "{place} does not hold one folder {negative} and one folder {positive}, neither itself nor in one place below "
        "it. Name the folder or the archive that holds the two.",
        place=place,
        negative=CLASSES[0],
        positive=CLASSES[1],
    )
