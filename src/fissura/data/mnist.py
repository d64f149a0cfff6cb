"""MNIST: four IDX files in a folder, read, or brought there from a mirror.

Any set with the same four names and ten classes is read (Fashion-MNIST, a small one made with ``write_idx``); only the
official files are called MNIST.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from fissura.data.checksum import Checksum
from fissura.data.download import GIVE_UP_S, Progress, fetch, part_of
from fissura.data.idx import idx_header, read_idx
from fissura.data.labelled import LabelledImages, TrainTest
from fissura.errors import DataError, DownloadError
from fissura.kinds import A_PATH, PATH, check_kind
from fissura.language import N_, cause

MIRRORS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
)
CLASSES = tuple("0123456789")
OFFICIAL_ORIGIN = "MNIST (LeCun, Cortes, Burges)"
FOREIGN_ORIGIN = N_("MNIST-format files, not the official MNIST")
_PLACES = ("", "mnist", "MNIST/raw")  # the last is where torchvision puts them


@dataclass(frozen=True)
class _File:
    """One of the four: its official name, what it must hold to be MNIST, and how long its official gzip file is."""

    name: str
    dimensions: int
    content: Checksum
    gzip_bytes: int

    @property
    def spellings(self) -> tuple[str, ...]:
        dotted = self.name.replace("-idx", ".idx")
        return self.name, dotted, self.name + ".gz", dotted + ".gz"


_TRAIN_IMAGES = _File(
    "train-images-idx3-ubyte",
    3,
    Checksum("ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db", 47_040_016),
    9_912_422,
)
_TRAIN_LABELS = _File(
    "train-labels-idx1-ubyte",
    1,
    Checksum("65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5", 60_008),
    28_881,
)
_TEST_IMAGES = _File(
    "t10k-images-idx3-ubyte",
    3,
    Checksum("0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7", 7_840_016),
    1_648_877,
)
_TEST_LABELS = _File(
    "t10k-labels-idx1-ubyte",
    1,
    Checksum("ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2", 10_008),
    4_542,
)
_FILES = (_TRAIN_IMAGES, _TRAIN_LABELS, _TEST_IMAGES, _TEST_LABELS)


@dataclass(frozen=True)
class MnistFiles:
    """What lies in one folder.

    Attributes:
        folder: the folder itself.
        paths: the files that are there, by official name.
        missing: the official names of those that are not.
        parts: the names of the ``.part`` files that an unfinished download left.
    """

    folder: Path
    paths: dict[str, Path]
    missing: tuple[str, ...]
    parts: tuple[str, ...]


def read_mnist(folder: Path | str) -> TrainTest:
    """MNIST from ``folder``, ``folder/mnist`` or ``folder/MNIST/raw``; gzipped or not.

    Raises:
        DataError: the folder or a file is missing, unreadable or damaged, or the four do not fit together.
    """
    check_kind("folder", folder, PATH, A_PATH)
    folder = Path(folder)
    files = find_mnist(folder)
    if files is None:
        raise _nothing_in(folder)
    if files.missing:
        raise _only_a_part(files)
    arrays = {file: read_idx(files.paths[file.name], file.dimensions) for file in _FILES}
    origin = OFFICIAL_ORIGIN if all(_is_official(file, array) for file, array in arrays.items()) else FOREIGN_ORIGIN
    for images, labels in ((_TRAIN_IMAGES, _TRAIN_LABELS), (_TEST_IMAGES, _TEST_LABELS)):
        _check_pair(files.paths[images.name], arrays[images], files.paths[labels.name], arrays[labels])
    if arrays[_TRAIN_IMAGES].shape[1:] != arrays[_TEST_IMAGES].shape[1:]:
        raise DataError(
            "{folder}: the training images are {train} px and the test images {test} px (height, width); wanted one "
            "size. Put the four files of one set there.",
            folder=files.folder,
            train=arrays[_TRAIN_IMAGES].shape[1:],
            test=arrays[_TEST_IMAGES].shape[1:],
        )
    return TrainTest(
        train=_labelled(arrays[_TRAIN_IMAGES], arrays[_TRAIN_LABELS], origin, "train"),
        test=_labelled(arrays[_TEST_IMAGES], arrays[_TEST_LABELS], origin, "test"),
        source="mnist",
    )


def mnist_folder(folder: Path) -> Path | None:
    """Where under ``folder`` the four files are, or some of them; None where there is none.

    Raises:
        DataError: ``folder`` is a file or cannot be listed.
    """
    files = find_mnist(folder)
    return None if files is None else files.folder


def find_mnist(folder: Path) -> MnistFiles | None:
    """What is there, complete or not, in the first place that is complete, else in the first that holds something.

    Raises:
        DataError: ``folder`` is a file or cannot be listed.
    """
    found = [files for place in _PLACES if (files := _find_in(folder / place)) is not None]
    return next((files for files in found if not files.missing), found[0] if found else None)


def download_mnist(
    folder: Path,
    on_progress: Progress | None = None,
    mirrors: Sequence[str] = MIRRORS,
    give_up_s: float = GIVE_UP_S,
) -> None:
    """Bring the four gzipped files to ``folder/mnist``; those already there are checked and left as they are.

    ``on_progress`` is told of all four files together.

    Raises:
        DownloadError: no mirror gives them; the sentence says how to put them there by hand.
        DataError: a file of one of the four names is there, and is not MNIST's.
        OutputError: the disk is full, the folder cannot be written, or another run is bringing them.
    """
    target = folder / "mnist"
    present = _find_in(target)
    wanted = [file for file in _FILES if present is None or file.name not in present.paths]
    for file in _FILES:
        if present is not None and file.name in present.paths:
            _check_official(file, present.paths[file.name])
    before = 0
    for index, file in enumerate(wanted):
        after = sum(later.gzip_bytes for later in wanted[index + 1 :])
        destination = target / (file.name + ".gz")
        try:
            fetch(
                [mirror.rstrip("/") + "/" + destination.name for mirror in mirrors],
                destination,
                file.content,
                None if on_progress is None else _among_others(on_progress, before, after),
                give_up_s,
            )
        except DownloadError as error:
            raise DownloadError(
                "MNIST could not be downloaded: {file} failed ({failures}). Check the network connection and run the "
                "same command again, or put it in place by hand: get {names} from {mirror} on a machine that is "
                "connected, and copy them to {folder}.",
                file=destination.name,
                failures=error.values["failures"],
                names=", ".join(each.name + ".gz" for each in wanted[index:]),
                mirror=mirrors[0],
                folder=target,
            ) from error
        before += destination.stat().st_size


def _among_others(on_progress: Progress, before: int, after: int) -> Progress:
    """Reports on one file as a part of several: ``before`` bytes are there, ``after`` are still to come."""
    return lambda done, total: on_progress(before + done, None if total is None else before + total + after)


def _find_in(folder: Path) -> MnistFiles | None:
    """What one folder holds, None where it holds nothing of the set or is not there."""
    names = _names_in(folder)
    paths = {
        file.name: folder / next(spelling for spelling in file.spellings if spelling in names)
        for file in _FILES
        if not names.isdisjoint(file.spellings)
    }
    possible = (part_of(folder / spelling).name for file in _FILES for spelling in file.spellings)
    parts = tuple(part for part in possible if part in names)
    if not paths and not parts:
        return None
    missing = tuple(file.name for file in _FILES if file.name not in paths)
    return MnistFiles(folder, paths, missing, parts)


def _names_in(folder: Path) -> frozenset[str]:
    """The files in it, not its folders: Kaggle's copy of MNIST holds folders of the four names beside the files."""
    try:
        return frozenset(entry.name for entry in folder.iterdir() if entry.is_file())
    except FileNotFoundError:
        return frozenset()
    except NotADirectoryError as error:
        raise DataError(
            "{folder} is a file, where a folder with data is wanted. Name the folder with --data-dir.",
            folder=next((place for place in folder.parents if place.is_file()), folder),
        ) from error
    except OSError as error:
        raise DataError(
            "{folder} cannot be listed ({reason}). Check its permissions, or name another folder with --data-dir.",
            folder=folder,
            reason=cause(error),
        ) from error


def _only_a_part(files: MnistFiles) -> DataError:
    missing = ", ".join(files.missing)
    if not files.parts:
        return DataError(
            "{folder} holds only a part of MNIST: missing {missing}. Put these files there, or bring them with fissura "
            "data get mnist and the same --data-dir.",
            folder=files.folder,
            missing=missing,
        )
    return DataError(
        "{folder} holds only a part of MNIST: missing {missing}; left by an unfinished download: {parts}. "
        "Download it again, which goes on where it stopped, or put the missing files there.",
        folder=files.folder,
        missing=missing,
        parts=", ".join(files.parts),
    )


def _nothing_in(folder: Path) -> DataError:
    if not folder.exists():
        return DataError(
            "{folder} does not exist; wanted a folder with MNIST. Name another with --data-dir, or make it and "
            "download MNIST into it.",
            folder=folder,
        )
    return DataError(
        "{folder} holds no MNIST file, neither itself nor in {places}. Download MNIST into it, or name another folder "
        "with --data-dir.",
        folder=folder,
        places=", ".join(str(folder / place) for place in _PLACES if place),
    )


def _is_official(file: _File, array: npt.NDArray[np.uint8]) -> bool:
    digest = hashlib.sha256(idx_header(array.shape))
    digest.update(array.data)
    return digest.hexdigest() == file.content.sha256


def _check_official(file: _File, path: Path) -> None:
    if not file.content.matches(path):
        raise DataError(
            "{path} is damaged or belongs to another set than MNIST, so MNIST was not downloaded beside it and it was "
            "left alone. Remove it and run the same command again, or name another folder with --data-dir.",
            path=path,
        )


def _check_pair(
    images_path: Path, images: npt.NDArray[np.uint8], labels_path: Path, labels: npt.NDArray[np.uint8]
) -> None:
    if len(images) != len(labels):
        raise DataError(
            "{images_path} holds {images} images and {labels_path} {labels} labels; wanted as many of each. "
            "Put the four files of one set there.",
            images_path=images_path,
            images=len(images),
            labels_path=labels_path,
            labels=len(labels),
        )
    if images.size == 0:
        raise DataError(
            "{path} holds no pixels (shape {shape}); wanted at least one image. Remove it and download it again.",
            path=images_path,
            shape=images.shape,
        )
    if labels.max() >= len(CLASSES):
        raise DataError(
            "{path} holds the label {label} at position {position}; wanted 0 to 9, the ten classes of MNIST. "
            "Check that it is the file of labels of this set.",
            path=labels_path,
            label=int(labels.max()),
            position=int(labels.argmax()),
        )


def _labelled(images: npt.NDArray[np.uint8], labels: npt.NDArray[np.uint8], origin: str, split: str) -> LabelledImages:
    names = tuple(f"{split}-{index:05d}" for index in range(len(images)))
    return LabelledImages(images, labels.astype(np.int64), CLASSES, names, origin, split)
