"""Labelled images by the name of their source, and what lies in a data folder."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from fissura.data.digits import embedded_digits
from fissura.data.download import GIVE_UP_S, Progress
from fissura.data.labelled import TrainTest
from fissura.data.mnist import MIRRORS, download_mnist, find_mnist, read_mnist
from fissura.errors import DataError, DownloadError, FissuraError, OutputError
from fissura.names import unknown

SOURCES = ("mnist", "digits")
AUTO = "auto"
DEFAULT_FOLDER = Path("data")
FOLDER_VARIABLE = "FISSURA_DATA"


@dataclass(frozen=True, eq=False)
class Opened:
    """What ``open_source`` gives.

    Attributes:
        data: the images.
        note: why these are the embedded digits although MNIST was looked for first, to be told to the user; else None.
    """

    data: TrainTest
    note: FissuraError | None = None


@dataclass(frozen=True, eq=False)
class SourceState:
    """What a data folder holds of one source.

    Attributes:
        name: one of ``SOURCES``.
        state: ``"incomplete"`` when files are missing, ``"damaged"`` when they are all there and cannot be used.
        folder: where its files are; None where there is none, and for the digits, which come with the package.
        missing: the names of the files that are not there, where some are.
        problem: the sentence to tell when the source is incomplete or damaged.
        data: the images when they are present; ``data.train.counts`` are those of each class.
    """

    name: str
    state: Literal["present", "absent", "incomplete", "damaged"]
    folder: Path | None = None
    missing: tuple[str, ...] = ()
    problem: FissuraError | None = None
    data: TrainTest | None = None


def open_source(
    name: str,
    data_dir: Path,
    download: bool = True,
    on_progress: Progress | None = None,
    mirrors: tuple[str, ...] = MIRRORS,
    give_up_s: float = GIVE_UP_S,
) -> Opened:
    """The images of ``"mnist"`` or ``"digits"``; ``"auto"`` is MNIST where it can be had, else the embedded digits.

    MNIST is read from ``data_dir``, and downloaded into it where it is not there and ``download`` allows it. What is
    there in part or damaged is never replaced by the digits without a word.

    Raises:
        SettingsError: there is no such source.
        DataError: ``data_dir`` is named and does not exist, or what it holds is incomplete or damaged.
        DownloadError: MNIST was asked for, or begun, and could not be brought.
        OutputError: it could not be written.
    """
    if name not in (AUTO, *SOURCES):
        raise unknown("--data", name, (AUTO, *SOURCES))
    if name == "digits":
        return Opened(embedded_digits())
    _check_exists(data_dir)
    files = find_mnist(data_dir)
    # Another place than mnist/ was filled by hand: reading it tells what is missing, downloading would go beside it.
    to_download = files is None or (bool(files.missing) and files.folder == data_dir / "mnist")
    if download and to_download:
        try:
            download_mnist(data_dir, on_progress, mirrors, give_up_s)
        except (DownloadError, OutputError) as error:
            if name != AUTO or find_mnist(data_dir) is not None:
                raise
            return Opened(embedded_digits(), note=error)
    elif name == AUTO and files is None:
        return Opened(
            embedded_digits(),
            note=DataError(
                "{folder} holds no MNIST file and downloading is switched off. Allow it, or name a folder that holds "
                "MNIST with --data-dir.",
                folder=data_dir,
            ),
        )
    return Opened(read_mnist(data_dir))


def data_folder(option: Path | None = None) -> Path:
    """The folder with data: the option, else the environment variable ``FISSURA_DATA``, else ``data``.

    Raises:
        DataError: the folder was named and does not exist; only the default may be absent.
    """
    variable = os.environ.get(FOLDER_VARIABLE, "")
    if option is None and not variable:
        return DEFAULT_FOLDER
    folder = Path(variable) if option is None else option
    if not folder.exists():
        raise DataError(
            "{folder}, named by {origin}, does not exist. Correct the name, or make the folder first.",
            folder=folder,
            origin=FOLDER_VARIABLE if option is None else "--data-dir",
        )
    return folder


def describe_folder(data_dir: Path) -> tuple[SourceState, ...]:
    """What ``data_dir`` holds of each of ``SOURCES``, in that order; MNIST is read whole, so damage shows.

    Raises:
        DataError: ``data_dir`` is named and does not exist, is a file, or cannot be listed.
    """
    _check_exists(data_dir)
    return _mnist_state(data_dir), SourceState("digits", "present", data=embedded_digits())


def _mnist_state(data_dir: Path) -> SourceState:
    files = find_mnist(data_dir)
    if files is None:
        return SourceState("mnist", "absent")
    try:
        return SourceState("mnist", "present", files.folder, data=read_mnist(data_dir))
    except DataError as problem:
        state: Literal["incomplete", "damaged"] = "incomplete" if files.missing else "damaged"
        return SourceState("mnist", state, files.folder, files.missing, problem)


def _check_exists(data_dir: Path) -> None:
    """A mistyped folder is an error; the default one is not there before the first download."""
    if data_dir != DEFAULT_FOLDER and not data_dir.exists():
        raise DataError(
            "{folder} does not exist; wanted a folder to read data from or download it to. Correct the name, or make "
            "the folder first.",
            folder=data_dir,
        )
