"""What a classifier says of photographs of any size and number: a stream of pictures in, a row for each out.

A picture's row does not depend on what stands beside it: windows of several pictures share a batch only to save time.
At most a few pictures are in memory, however many there are.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from fissura.data.listing import ShutFolder
from fissura.errors import DataError
from fissura.images import MAX_PIXELS, Pixels
from fissura.kinds import check_kind, check_whole
from fissura.language import N_
from fissura.prediction.pictures import Picture, Pictures, decoded, each_of, picture_name
from fissura.prediction.rows import Prediction, Predictions
from fissura.tiling import Window

__all__ = [
    "A_CLASSIFIER",
    "BATCH",
    "Judge",
    "Picture",
    "Pictures",
    "Prediction",
    "Predictions",
    "predict",
    "stacked",
]

A_CLASSIFIER = N_("a Classifier, as fissura.load gives it, and fissura.train as .classifier")
BATCH = 32  # windows; more are no faster on two cores, and a window may be a large photograph's


@runtime_checkable
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

    Nothing is read or refused before the first row is asked for.

    Raises:
        DataError: what is given instead of a list is neither a file nor an array of pictures.
        SettingsError: the classifier is none, or a number is none from 1.
    """
    check_kind("classifier", classifier, Judge, A_CLASSIFIER)
    check_whole("batch", batch, least=1)
    check_whole("max_pixels", max_pixels, least=1)
    waiting: deque[_Open | Prediction] = deque()
    together = _Batch()
    for name, path, picture in decoded(each_of(pictures), max_pixels):
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
        name = picture_name(images, k)
        blank = classifier.blank(images[k], name)
        label = None if blank else classifier.label_of(probabilities)
        yield Prediction(name, size_hw, probabilities, label, window, 1, strange, blank)


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
