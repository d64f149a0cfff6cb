"""What a classifier says of photographs of any size and number: a stream of pictures in, a row for each out.

A picture's row does not depend on what stands beside it: windows of several pictures share a batch only to save time.
At most a few pictures are in memory, however many there are.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from fissura.classifier import Classifier
from fissura.errors import DataError
from fissura.images import MAX_PIXELS, Pixels, as_grey, printable_name, read_grey
from fissura.tiling import Window

BATCH = 32  # windows; more are no faster on two cores, and a window may be a large photograph's
_AHEAD = 4  # pictures that are decoded while the network is busy


@dataclass(frozen=True, eq=False)
class Prediction:
    """What was said of one picture.

    Attributes:
        name: its path, printable; an array is called by its place.
        size_hw: (height, width) of the upright picture in pixels; None where it cannot be read.
        probabilities: of each class, ``(classes,)``, in the window that decided; None where there is none.
        label: the class it is said to be of, as an index: from the threshold on the one that is looked for, else the
            most probable one. None where nothing can be said.
        window: the window that decided: of several, the one where what is looked for is most probable at first look.
        windows: how many were looked at; 1: the picture as a whole.
        unlike: how far the window that decided lies from what the classifier was trained on; above 1 it is unlike that,
            as 5 % of known surfaces are. None where the classifier cannot tell.
        reason: why nothing can be said; else None.
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


@dataclass(eq=False)
class _Open:
    """A picture of which windows are still out."""

    name: str
    path: Path | None
    size_hw: tuple[int, int]
    windows: int
    left: int
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
    classifier: Classifier,
    pictures: Iterable[Path | str | npt.NDArray[np.uint8]],
    *,
    batch: int = BATCH,
    max_pixels: int = MAX_PIXELS,
) -> Iterator[Prediction]:
    """A ``Prediction`` for each picture, in their order, as soon as it is known.

    Args:
        classifier: one for photographs that are slid over (see ``fissura.tiling``), or any other, which sees a picture
            whole, brought to its own size.
        pictures: files, or arrays: ``(h, w)`` grey or ``(h, w, 3)`` RGB, uint8.
        batch: windows that go through the network together; no row depends on it.
        max_pixels: files of more pixels get a reason instead.

    A picture that cannot be read, or is less than 16 px high or wide, gets a row with the reason.
    """
    waiting: deque[_Open | Prediction] = deque()
    together = _Batch()
    for name, path, picture in _decoded(pictures, max_pixels):
        if isinstance(picture, DataError):
            waiting.append(Prediction(name, reason=picture, path=path))
        elif (reason := classifier.too_small(_size(picture), name)) is not None:
            waiting.append(Prediction(name, _size(picture), reason=reason, path=path))
        else:
            parts = classifier.windows(_size(picture))
            opened = _Open(name, path, _size(picture), len(parts), len(parts))
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


def _ask(classifier: Classifier, together: _Batch) -> None:
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


def _finished(waiting: deque[_Open | Prediction], classifier: Classifier) -> Iterator[Prediction]:
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
                classifier.label_of(first.said),
                first.window,
                first.windows,
                first.unlike,
                path=first.path,
            )
        waiting.popleft()
        yield first


def _size(picture: Pixels) -> tuple[int, int]:
    return picture.shape[0], picture.shape[1]


def _decoded(
    pictures: Iterable[Path | str | npt.NDArray[np.uint8]], max_pixels: int
) -> Iterator[tuple[str, Path | None, Pixels | DataError]]:
    """(name, file, grey pixels or why there are none), in order; the next few are decoded meanwhile."""
    pool = ThreadPoolExecutor(2, thread_name_prefix="decode")
    ahead: deque[tuple[str, Path | None, Future[Pixels | DataError]]] = deque()
    try:
        for number, picture in enumerate(pictures):
            path = None if isinstance(picture, np.ndarray) else Path(picture)
            called = _name(picture, number)
            ahead.append((called, path, pool.submit(_read, picture, called, max_pixels)))
            if len(ahead) > _AHEAD:
                name, file, future = ahead.popleft()
                yield name, file, future.result()
        while ahead:
            name, file, future = ahead.popleft()
            yield name, file, future.result()
    finally:
        pool.shutdown(cancel_futures=True)


def _name(picture: Path | str | npt.NDArray[np.uint8], number: int) -> str:
    return f"image {number}" if isinstance(picture, np.ndarray) else printable_name(os.fspath(picture))


def _read(picture: Path | str | npt.NDArray[np.uint8], name: str, max_pixels: int) -> Pixels | DataError:
    try:
        if isinstance(picture, np.ndarray):
            return as_grey(picture, name)
        return read_grey(Path(picture), max_pixels=max_pixels, name=name)
    except DataError as error:  # an ImageError is one
        return error
