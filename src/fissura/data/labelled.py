"""``LabelledImages``: the one record that every source of images returns."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from fissura.errors import DataError
from fissura.language import N_

if TYPE_CHECKING:
    import torch
    from torch.utils.data import Dataset

LABELLED = N_("LabelledImages, such as the .train or the .test of fissura.embedded_digits()")
_EXACT = 256  # so many squares of 255 sum to less than 2**24: in float32 no digit is lost


@dataclass(frozen=True, eq=False)
class LabelledImages:
    """Grey images with a class each.

    Attributes:
        images: ``(n, h, w)`` uint8, 0 is black, 255 is white.
        labels: ``(n,)`` int64 in ``[0, len(classes))``; whole numbers of another type become that.
        classes: the class names; ``classes[labels[i]]`` is the class of image ``i``.
        names: a name per image, unique, stable between runs.
        origin: where the images came from, as a person would say it; never a path of this machine.
        split: ``"train"``, ``"validation"`` or ``"test"``: which part of the data this is.
        groups: ``(n,)`` int64; images with the same number are copies of each other or come from one photograph, so
            they are not independent. None where nothing is known of that: each image stands for itself.
        positive: of two classes, the index of the one that is looked for (``crack``); None where there is none.
    """

    images: npt.NDArray[np.uint8]
    labels: npt.NDArray[np.int64]
    classes: tuple[str, ...]
    names: tuple[str, ...]
    origin: str
    split: str
    groups: npt.NDArray[np.int64] | None = None
    positive: int | None = None

    def __post_init__(self) -> None:
        self._check_kinds()
        if self.images.dtype != np.uint8 or self.images.ndim != 3:
            raise DataError(
                "{origin}: the images are {dtype} of shape {shape}; wanted uint8 of shape (n, height, width).",
                origin=self.origin,
                dtype=self.images.dtype,
                shape=self.images.shape,
            )
        for name, numbers in (("labels", self.labels), ("groups", self.groups)):
            if numbers is not None and numbers.ndim != 1:
                raise DataError(
                    "{origin}: {name} of shape {shape}; wanted one number for each image, shape ({n},).",
                    origin=self.origin,
                    name=name,
                    shape=numbers.shape,
                    n=len(self.images),
                )
        groups = len(self.images) if self.groups is None else len(self.groups)
        if not len(self.images) == len(self.labels) == len(self.names) == groups:
            raise DataError(
                "{origin}: {images} images, {labels} labels, {names} names and {groups} groups; wanted as many "
                "of each.",
                origin=self.origin,
                images=len(self.images),
                labels=len(self.labels),
                names=len(self.names),
                groups=groups,
            )
        if len(self.labels) and (self.labels.min() < 0 or self.labels.max() >= len(self.classes)):
            raise DataError(
                "{origin}: labels run from {low} to {high}; wanted 0 to {top} for {classes} classes.",
                origin=self.origin,
                low=int(self.labels.min()),
                high=int(self.labels.max()),
                top=len(self.classes) - 1,
                classes=len(self.classes),
            )
        if self.positive is not None and not (len(self.classes) == 2 and self.positive in (0, 1)):
            raise DataError(
                "{origin}: class {positive} of {classes} is to be the one looked for; wanted 0 or 1 of two classes.",
                origin=self.origin,
                positive=self.positive,
                classes=len(self.classes),
            )
        for name, numbers in (("labels", self.labels), ("groups", self.groups)):
            if numbers is not None:  # PyTorch takes no labels of 32 bits, and sums of 8 bits overflow
                object.__setattr__(self, name, numbers.astype(np.int64, copy=False))

    def _check_kinds(self) -> None:
        """Fail where a list stands for an array, or labels are no whole numbers: numpy would do so much later."""
        whole, names = N_("an array of whole numbers"), N_("a tuple of names")
        for name, fits, wanted in (
            ("images", isinstance(self.images, np.ndarray), N_("an array")),
            ("labels", _are_whole(self.labels), whole),
            ("groups", self.groups is None or _are_whole(self.groups), whole),
            ("classes", _are_names(self.classes), names),
            ("names", _are_names(self.names), names),
            ("split", isinstance(self.split, str), N_("a name, such as train")),
        ):
            if not fits:
                raise DataError(
                    "{origin}: {name} of type {got}; wanted {wanted}.",
                    origin=self.origin,
                    name=name,
                    got=_kind_of(getattr(self, name)),
                    wanted=wanted,
                )

    def __len__(self) -> int:
        return len(self.images)

    def __repr__(self) -> str:
        height, width = self.size_hw
        return (
            f"LabelledImages({self.origin}, {self.split}: {len(self)} images of {height} x {width}, "
            f"{len(self.classes)} classes)"
        )

    @property
    def size_hw(self) -> tuple[int, int]:
        """(height, width) of every image, in pixels."""
        return self.images.shape[1], self.images.shape[2]

    @cached_property
    def counts(self) -> tuple[int, ...]:
        """How many images each class has, in the order of ``classes``."""
        return tuple(int(count) for count in np.bincount(self.labels, minlength=len(self.classes)))

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 over pixels, labels and class names, as 64 hexadecimal digits.

        Two records with the same content have the same fingerprint wherever they came from.
        """
        digest = hashlib.sha256()
        digest.update(repr((self.images.shape, self.classes)).encode("utf-8"))
        digest.update(np.ascontiguousarray(self.labels, dtype="<i8").tobytes())
        digest.update(np.ascontiguousarray(self.images).tobytes())
        return digest.hexdigest()

    @cached_property
    def moments(self) -> tuple[float, float]:
        """(mean, standard deviation) of all pixels, black 0 and white 1."""
        total, squares = 0.0, 0.0
        pixels = self.images.reshape(-1)
        for start in range(0, len(pixels), _EXACT * 1024):  # in parts that stay in the processor's cache
            part = pixels[start : start + _EXACT * 1024]
            part = np.pad(part, (0, -len(part) % _EXACT)).reshape(-1, _EXACT).astype(np.float32)
            total += float(np.einsum("ij->i", part).sum(dtype=np.float64))
            squares += float(np.einsum("ij,ij->i", part, part).sum(dtype=np.float64))
        mean = total / self.images.size / 255
        return mean, math.sqrt(max(0.0, squares / self.images.size / 255**2 - mean**2))

    def subset(
        self, indices: npt.NDArray[np.integer | np.bool_] | Sequence[int], split: str | None = None
    ) -> LabelledImages:
        """The images at ``indices``, in that order; ``split`` renames the part.

        A mask ``(n,)`` of true and false, such as ``labels == 3``, chooses those where it is true.

        Raises:
            DataError: ``indices`` are no whole numbers, or there are not so many images.
        """
        chosen = np.asarray(indices)
        if chosen.dtype == np.bool_ and chosen.shape == (len(self),):
            chosen = np.flatnonzero(chosen)
        elif chosen.shape == (0,):
            chosen = np.zeros(0, dtype=np.int64)
        if chosen.ndim != 1 or not _are_whole(chosen):
            raise DataError(
                "{origin}: indices are {dtype} of shape {shape}; wanted a list of whole numbers, or a mask of true and "
                "false for each of the {n} images.",
                origin=self.origin,
                dtype=chosen.dtype,
                shape=chosen.shape,
                n=len(self),
            )
        if len(chosen) and not -len(self) <= chosen.min() <= chosen.max() < len(self):
            raise DataError(
                "{origin}: indices run from {low} to {high}; wanted 0 to {top} for {n} images.",
                origin=self.origin,
                low=int(chosen.min()),
                high=int(chosen.max()),
                top=len(self) - 1,
                n=len(self),
            )
        return LabelledImages(
            images=self.images[chosen],
            labels=self.labels[chosen],
            classes=self.classes,
            names=tuple(self.names[index] for index in chosen),
            origin=self.origin,
            split=self.split if split is None else split,
            groups=None if self.groups is None else self.groups[chosen],
            positive=self.positive,
        )

    def as_dataset(self, mean: float = 0.0, std: float = 1.0) -> Dataset[tuple[torch.Tensor, int]]:
        """The same images for a ``torch.utils.data.DataLoader``, for those who teach with one.

        Item ``i`` is ``(image, label)``: float32 ``(1, h, w)``, pixels to [0, 1], then ``(pixel - mean) / std``.

        >>> from fissura.data import embedded_digits
        >>> image, label = embedded_digits().train.as_dataset()[0]
        >>> tuple(image.shape), label
        ((1, 28, 28), 0)
        """
        from fissura.data.torch_dataset import ImageDataset

        return ImageDataset(self, mean, std)


def _are_whole(numbers: object) -> bool:
    return isinstance(numbers, np.ndarray) and numbers.dtype.kind in "iu"


def _are_names(names: object) -> bool:
    return isinstance(names, tuple) and all(isinstance(name, str) for name in names)


def _kind_of(got: object) -> str:
    """Its type, and of what it is one: ``float64 ndarray``, ``tuple of int``."""
    kind = type(got).__name__
    if isinstance(got, np.ndarray):
        return f"{got.dtype} {kind}"
    others = [type(each).__name__ for each in got if not isinstance(each, str)] if isinstance(got, tuple) else []
    return f"{kind} of {others[0]}" if others else kind


@dataclass(frozen=True, eq=False)
class TrainTest:
    """The parts that a source gives.

    Attributes:
        train: what a model may learn from.
        test: what it is judged on, once.
        source: the source's short name, for instance ``mnist``.
        embedded: True when these are the images that come with the package, standing in for the real ones.
        validation: what chooses the epoch, the threshold and the calibration; None where the source has no such part.
        grouped_by_file: whether a split's file says of images that they belong together of which that was not found.
    """

    train: LabelledImages
    test: LabelledImages
    source: str
    embedded: bool = False
    validation: LabelledImages | None = None
    grouped_by_file: bool = False
