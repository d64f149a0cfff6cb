"""A row for each picture: what was said of it."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, overload

import numpy as np
import numpy.typing as npt

from fissura.errors import DataError
from fissura.tiling import Window

_Places = list[int] | npt.NDArray[np.integer | np.bool_]


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
    array. A class name has to be looked up first: ``rows == rows.classes.index("crack")``. Such a mask, or a list of
    places, chooses rows: ``rows[rows == 1]``.

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

    def __repr__(self) -> str:
        said = [f"{name}: {int((self.labels == k).sum())}" for k, name in enumerate(self.classes)]
        nothing = int((self.labels < 0).sum())
        return f"Predictions({', '.join((f'n = {len(self)}', *said, *([f'none: {nothing}'] if nothing else [])))})"

    def __eq__(self, other: object) -> npt.NDArray[np.bool_]:  # type: ignore[override]  # as an array does
        return np.asarray(self.labels == _labels_of(other))

    def __ne__(self, other: object) -> npt.NDArray[np.bool_]:  # type: ignore[override]
        return np.asarray(self.labels != _labels_of(other))

    __hash__ = None  # type: ignore[assignment]  # as an array has none

    @overload
    def __getitem__(self, index: int) -> Prediction: ...
    @overload
    def __getitem__(self, index: slice | _Places) -> Predictions: ...
    def __getitem__(self, index: int | slice | _Places) -> Prediction | Predictions:
        if isinstance(index, slice):
            return Predictions(self.rows[index], self.classes)
        if isinstance(index, list) or (isinstance(index, np.ndarray) and index.ndim):
            places = np.arange(len(self))[index if len(index) else slice(0)]
            return Predictions(tuple(self.rows[place] for place in places), self.classes)
        return self.rows[operator.index(index)]

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
