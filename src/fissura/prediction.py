"""What a classifier says of photographs of any size and number: a stream of pictures in, a row for each out.

A picture's row does not depend on what stands beside it: windows of several pictures share a batch only to save time.
At most a few pictures are in memory, however many there are.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, TypeAlias, overload

import numpy as np
import numpy.typing as npt

from fissura.data.listing import ShutFolder
from fissura.errors import DataError
from fissura.images import MAX_PIXELS, Pixels, as_grey, printable_name, read_grey
from fissura.tiling import Window

Picture: TypeAlias = str | os.PathLike[str] | npt.NDArray[np.uint8]
"""A file, or pixels: ``(h, w)`` grey or ``(h, w, 3)`` red, green, blue."""
Pictures: TypeAlias = Picture | Iterable[Picture]
"""One, or some; also a stack ``(n, h, w)`` or ``(n, h, w, 3)``."""
BATCH = 32  # windows; more are no faster on two cores, and a window may be a large photograph's
_CHANNELS_OF_OTHERS = (1, 2, 4)  # grey, grey with transparency, colours with transparency: no pictures 1 to 4 px wide
_AHEAD = 4  # pictures that are decoded while the network is busy


@dataclass(frozen=True, eq=False)
class Prediction:
    """What was said of one picture.

    Attributes:
        name: its path, printable; an array is called by its place.
        size_hw: (height, width) of the upright picture in pixels; None where it cannot be read.
        probabilities: of each class, ``(classes,)``, in the window that decided; None where there is none.
        label: the class it is said to be of, as an index: from the threshold on the one that is looked for, else the
            most probable one. None where nothing can be said, or nothing can be seen on the picture.
        window: the window that decided: of several, the one where what is looked for is most probable at first look.
        windows: how many were looked at; 1: the picture as a whole.
        unlike: how far the window that decided lies from what the classifier was trained on; above 1 it is unlike that,
            as are 5 % of held-out pictures of what it learned from, all surfaces together. None where the classifier
            cannot tell.
        reason: why nothing can be said; else None. Of a picture on which nothing can be seen (black, white, one even
            tone) there is a reason, no label, and the probabilities all the same.
        path: of its file; None for an array.
    """

    name: str
    size_hw: tuple[int, int] | None = None
    probabilities: npt.NDArray[np.float32] | None = None
    label: int | None = None
    window: Window | None = None
    windows: int = 0
    unlike: float | None = None
    reason: DataError | None = None
    path: Path | None = None

    def __index__(self) -> int:
        """The label, so that ``classes[row]`` is its name.

        Raises:
            DataError: nothing can be said; it is the reason.
        """
        if self.label is None:
            raise self.reason or DataError("Nothing is said of {name}.", name=self.name)
        return self.label

    def __eq__(self, other: object) -> bool:
        """Whether it is this very row.

        Raises:
            TypeError: ``other`` is a number, which would silently be another thing than the row of that label.
        """
        if isinstance(other, int | np.integer):
            raise TypeError("a row is not compared with a number; compare its label: row.label == number")
        return self is other

    __hash__ = object.__hash__


@dataclass(frozen=True, eq=False)
class Predictions(Sequence[Prediction]):
    """What was said of ``n`` pictures, in their order; as an array they are their labels.

    ``rows == 1`` and ``rows == labels`` compare the labels, one by one, and give ``(n,)`` of true and false, as with an
    array. A class name has to be looked up first: ``rows == rows.classes.index("crack")``.

    Attributes:
        rows: one for each picture.
        classes: the class names.
    """

    rows: tuple[Prediction, ...]
    classes: tuple[str, ...]

    @property
    def labels(self) -> npt.NDArray[np.int64]:
        """The class of each, ``(n,)``, as an index into ``classes``; -1 where nothing can be said or seen."""
        return np.array([-1 if said.label is None else said.label for said in self.rows], dtype=np.int64)

    @property
    def probabilities(self) -> npt.NDArray[np.float32]:
        """Of each class, ``(n, classes)``; ``nan`` where a picture could not be looked at."""
        nothing = np.full(len(self.classes), np.nan, dtype=np.float32)
        found = [nothing if said.probabilities is None else said.probabilities for said in self.rows]
        return np.array(found, dtype=np.float32).reshape(len(found), len(self.classes))

    def __len__(self) -> int:
        return len(self.rows)

    def __eq__(self, other: object) -> npt.NDArray[np.bool_]:  # type: ignore[override]  # as an array does
        return np.asarray(self.labels == _labels_of(other))

    def __ne__(self, other: object) -> npt.NDArray[np.bool_]:  # type: ignore[override]
        return np.asarray(self.labels != _labels_of(other))

    __hash__ = None  # type: ignore[assignment]  # as an array has none

    @overload
    def __getitem__(self, index: int) -> Prediction: ...
    @overload
    def __getitem__(self, index: slice) -> Predictions: ...
    def __getitem__(self, index: int | slice) -> Prediction | Predictions:
        return Predictions(self.rows[index], self.classes) if isinstance(index, slice) else self.rows[index]

    def __array__(self, dtype: npt.DTypeLike | None = None, copy: bool | None = None) -> npt.NDArray[Any]:
        return self.labels.astype(np.int64 if dtype is None else dtype)


def _labels_of(other: object) -> npt.NDArray[Any]:
    """What labels can be compared with, as an array.

    Raises:
        TypeError: they can't be.
    """
    values = np.asarray(other)
    if values.dtype.kind not in "biuf":
        raise TypeError(
            f"rows are compared with labels, a number or an array of numbers, and not with {other!r}; the label of a "
            "class is rows.classes.index(name)"
        )
    return values


class Judge(Protocol):
    """What is asked of a classifier here; see ``fissura.classifier.Classifier``."""

    def too_small(self, size_hw: tuple[int, int], name: str) -> DataError | None:
        """Why nothing can be said of a picture of that size."""

    def blank(self, picture: Pixels, name: str) -> DataError | None:
        """Why no class may be named for a grey picture: nothing can be seen on it."""

    def windows(self, size_hw: tuple[int, int]) -> tuple[Window, ...]:
        """The windows in which a picture of that size is looked at."""

    def seen(self, picture: Pixels, window: Window) -> Pixels:
        """A window as the network gets it."""

    def suspicions(self, images: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        """What chooses among windows."""

    def described(
        self, images: npt.NDArray[np.uint8]
    ) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float64] | None]:
        """(class probabilities, how unlike the training pictures)."""

    def label_of(self, probabilities: npt.NDArray[np.floating]) -> int:
        """The class that probabilities speak for."""


@dataclass(eq=False)
class _Open:
    """A picture of which windows are still out."""

    name: str
    path: Path | None
    size_hw: tuple[int, int]
    windows: int
    left: int
    blank: DataError | None
    pixels: Pixels | None = None  # of the most suspicious window so far
    window: Window | None = None
    suspicion: float = -1.0
    said: npt.NDArray[np.float32] | None = None
    unlike: float | None = None


@dataclass(frozen=True, eq=False)
class _Batch:
    """Windows on their way into the network, each with the picture that it belongs to."""

    pixels: list[Pixels] = field(default_factory=list)
    whose: list[tuple[_Open, Window]] = field(default_factory=list)


def predict(
    classifier: Judge,
    pictures: Pictures | Iterable[Picture | ShutFolder],
    *,
    batch: int = BATCH,
    max_pixels: int = MAX_PIXELS,
) -> Iterator[Prediction]:
    """A ``Prediction`` for each picture, in their order, as soon as it is known.

    Args:
        classifier: one for photographs that are slid over (see ``fissura.tiling``), or any other, which sees a picture
            whole, brought to its own size.
        pictures: files, or arrays: ``(h, w)`` grey or ``(h, w, 3)`` RGB, uint8; one, or any number of these mixed, or a
            stack of them in one array. An array whose last length is 3 is one in colour. A folder that cannot be listed
            is a row with that reason.
        batch: windows that go through the network together; no row depends on it.
        max_pixels: files of more pixels get a reason instead.

    A picture that cannot be read, is less than 16 px high or wide, or shows nothing gets a row with the reason.

    Raises:
        DataError: what is given instead of a list is neither a file nor an array of pictures.
    """
    waiting: deque[_Open | Prediction] = deque()
    together = _Batch()
    for name, path, picture in _decoded(each_of(pictures), max_pixels):
        if isinstance(picture, DataError):
            waiting.append(Prediction(name, reason=picture, path=path))
        elif (reason := classifier.too_small(_size(picture), name)) is not None:
            waiting.append(Prediction(name, _size(picture), reason=reason, path=path))
        else:
            parts = classifier.windows(_size(picture))
            blank = classifier.blank(picture, name)
            opened = _Open(name, path, _size(picture), len(parts), len(parts), blank)
            waiting.append(opened)
            for window in parts:
                together.pixels.append(classifier.seen(picture, window))
                together.whose.append((opened, window))
                if len(together.pixels) == batch:
                    _ask(classifier, together)
                    together = _Batch()
        yield from _finished(waiting, classifier)
    _ask(classifier, together)
    yield from _finished(waiting, classifier)


def stacked(classifier: Judge, images: npt.NDArray[np.uint8]) -> Iterator[Prediction]:
    """The same for pictures ``(n, h, w)`` that all have the size which the network gets, faster."""
    size_hw = images.shape[1], images.shape[2]
    said, unlike = classifier.described(images)
    (window,) = classifier.windows(size_hw)
    for k, probabilities in enumerate(said):
        strange = None if unlike is None else float(unlike[k])
        name = _name(images, k)
        blank = classifier.blank(images[k], name)
        label = None if blank else classifier.label_of(probabilities)
        yield Prediction(name, size_hw, probabilities, label, window, 1, strange, blank)


def each_of(pictures: Pictures | Iterable[Picture | ShutFolder]) -> Iterable[Picture | ShutFolder]:
    """One picture as a list of one, and a stack as its pictures.

    Raises:
        DataError: an array that is no picture and no stack of them, or what cannot be gone through.
    """
    if isinstance(pictures, np.ndarray) and pictures.dtype.kind not in "OUST":  # those hold paths or arrays
        if is_picture(pictures):
            return [pictures]
        if pictures.ndim in (3, 4) and pictures.shape[-1] in _CHANNELS_OF_OTHERS:
            raise DataError(
                "The images are {dtype} of shape {shape}, whose last length, {channels}, is that of grey or of colours "
                "with transparency; wanted (height, width), (height, width, 3) or a stack of these. Leave the "
                "transparency out, images[..., :3], or take grey alone, images[..., 0].",
                dtype=pictures.dtype,
                shape=pictures.shape,
                channels=pictures.shape[-1],
            )
        if pictures.dtype == np.uint8 and (pictures.ndim == 3 or (pictures.ndim == 4 and pictures.shape[3] == 3)):
            return pictures
        raise DataError(
            "The images are {dtype} of shape {shape}; wanted uint8 of shape (height, width) or (height, width, 3), or "
            "a stack of these, (n, height, width) or (n, height, width, 3). Values from 0 to 1 become that by: "
            "(255 * images).round().astype(numpy.uint8).",
            dtype=pictures.dtype,
            shape=pictures.shape,
        )
    if isinstance(pictures, str | os.PathLike):
        return [pictures]
    single = isinstance(pictures, np.ndarray) and pictures.ndim == 0  # it has the method, and cannot be gone through
    if isinstance(pictures, bytes) or single or not isinstance(pictures, Iterable):
        raise DataError(
            "The images are a {kind}; wanted the path of a file, an array of pixels, or a list of these.",
            kind=type(pictures).__name__ + (" ()" if single else ""),
        )
    return pictures


def is_picture(array: npt.NDArray[Any]) -> bool:
    """Whether it is one picture: uint8, ``(h, w)`` or ``(h, w, 3)``."""
    return array.dtype == np.uint8 and (array.ndim == 2 or (array.ndim == 3 and array.shape[2] == 3))


def _ask(classifier: Judge, together: _Batch) -> None:
    """Put a batch through the network: of pictures with several windows to choose the one that decides.

    The window that decides is then looked at thoroughly.
    """
    several = [k for k, (opened, _) in enumerate(together.whose) if opened.windows > 1]
    found = classifier.suspicions(np.stack([together.pixels[k] for k in several])) if several else ()
    suspicions = {k: float(suspicion) for k, suspicion in zip(several, found, strict=True)}
    decided = []
    for k, (opened, window) in enumerate(together.whose):
        opened.left -= 1
        suspicion = suspicions.get(k, 0.0)
        if opened.pixels is None or suspicion > opened.suspicion:
            opened.pixels, opened.window, opened.suspicion = together.pixels[k], window, suspicion
        if not opened.left:
            decided.append(opened)
    if not decided:
        return
    said, unlike = classifier.described(np.stack([opened.pixels for opened in decided if opened.pixels is not None]))
    for k, opened in enumerate(decided):
        opened.said, opened.pixels = said[k], None
        opened.unlike = None if unlike is None else float(unlike[k])


def _finished(waiting: deque[_Open | Prediction], classifier: Judge) -> Iterator[Prediction]:
    """The rows at the head of the queue whose windows are all back."""
    while waiting:
        first = waiting[0]
        if isinstance(first, _Open):
            if first.said is None:
                return
            first = Prediction(
                first.name,
                first.size_hw,
                first.said,
                None if first.blank else classifier.label_of(first.said),
                first.window,
                first.windows,
                first.unlike,
                first.blank,
                first.path,
            )
        waiting.popleft()
        yield first


def _size(picture: Pixels) -> tuple[int, int]:
    return picture.shape[0], picture.shape[1]


def _decoded(
    pictures: Iterable[Picture | ShutFolder], max_pixels: int
) -> Iterator[tuple[str, Path | None, Pixels | DataError]]:
    """(name, file, grey pixels or why there are none), in order; the next few are decoded meanwhile."""
    pool = ThreadPoolExecutor(2, thread_name_prefix="decode")
    ahead: deque[tuple[str, Path | None, Future[Pixels | DataError]]] = deque()
    try:
        for number, picture in enumerate(pictures):
            file = picture.path if isinstance(picture, ShutFolder) else picture
            path = Path(file) if isinstance(file, str | os.PathLike) else None
            called = _name(file, number)
            ahead.append((called, path, pool.submit(_read, picture, called, max_pixels)))
            if len(ahead) > _AHEAD:
                name, place, future = ahead.popleft()
                yield name, place, future.result()
        while ahead:
            name, place, future = ahead.popleft()
            yield name, place, future.result()
    finally:
        pool.shutdown(cancel_futures=True)


def _name(picture: object, number: int) -> str:
    return printable_name(os.fspath(picture)) if isinstance(picture, str | os.PathLike) else f"image {number}"


def _read(picture: object, name: str, max_pixels: int) -> Pixels | DataError:
    if isinstance(picture, ShutFolder):
        return picture.reason
    try:
        if isinstance(picture, np.ndarray):
            return as_grey(picture, name)
        if isinstance(picture, str | os.PathLike):
            return read_grey(Path(picture), max_pixels=max_pixels, name=name)
    except DataError as error:  # an ImageError is one
        return error
    return DataError(
        "{name} is a {kind}; wanted the path of a file or an array of pixels.", name=name, kind=type(picture).__name__
    )
