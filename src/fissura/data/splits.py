"""Parting images into what a network learns from, what chooses between networks, and what it is judged on.

``random`` does as the lab does; ``grouped`` keeps copies of an image, and the patches of one photograph, in one part,
so that no test image was seen in training. Both go by the images' names, so neither the file system nor the order in
which files are listed changes a part.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fissura.data.labelled import LabelledImages, TrainTest
from fissura.data.natural_names import Indices, natural_order
from fissura.data.split_manifest import PARTS, Manifest
from fissura.errors import DataError, SettingsError
from fissura.kinds import check_kind
from fissura.language import N_
from fissura.names import composed, unknown

HOWS = (N_("grouped"), N_("random"))
SHARES = (0.6, 0.2, 0.2)
SEED = 12  # the lab's random state


@dataclass(frozen=True, eq=False)
class Split:
    """Which images are in which part.

    Attributes:
        train: ``(n_train,)`` int64, the indices of the images to learn from, in the natural order of their names.
        validation: the same, of those that choose the epoch, the threshold and between recipes.
        test: the same, of those looked at once, at the end.
        how: ``"grouped"`` or ``"random"``.
        seed: of the draw.
        shares: the wished shares of the three parts.
    """

    train: Indices
    validation: Indices
    test: Indices
    how: str
    seed: int
    shares: tuple[float, float, float] = SHARES

    @property
    def sizes(self) -> tuple[int, int, int]:
        """How many images train, validation and test have."""
        return len(self.train), len(self.validation), len(self.test)

    def part_numbers(self) -> npt.NDArray[np.int64]:
        """``(n,)`` int64: for each image the position of its part in ``PARTS``."""
        numbers = np.empty(sum(self.sizes), dtype=np.int64)
        for number, indices in enumerate((self.train, self.validation, self.test)):
            numbers[indices] = number
        return numbers

    def of(self, images: LabelledImages) -> tuple[LabelledImages, LabelledImages, LabelledImages]:
        """The three parts of ``images``, which must be those that were split, in the same order."""
        if len(images) != sum(self.sizes):
            raise DataError(
                "{origin} holds {got} images and the split was made for {wanted}. Split these images anew.",
                origin=images.origin,
                got=len(images),
                wanted=sum(self.sizes),
            )
        return (
            images.subset(self.train, "train"),
            images.subset(self.validation, "validation"),
            images.subset(self.test, "test"),
        )

    @staticmethod
    def from_manifest(manifest: Manifest, names: Sequence[str], hashes: Sequence[str]) -> Split:
        """The manifest's parts for these images, in whatever order they are given.

        Args:
            manifest: from ``read_manifest``.
            names: ``n`` names, as in the manifest, however their accents are composed.
            hashes: of each image's content, as in the manifest.

        Raises:
            DataError: these are not the same images: how many are missing, changed and extra, with an example.
        """
        _check_unique(names)
        recorded = manifest.by_name(names)
        here = dict(zip(names, hashes, strict=True))
        missing = [name for name in recorded if name not in here]
        changed = [name for name in recorded if name in here and here[name] != recorded[name].sha256]
        extra = [name for name in here if name not in recorded]
        if missing or changed or extra:
            raise DataError(
                "The images are not those of the split: {missing} of its {n} images are missing, {changed} have "
                "another content, and {extra} are not in it (for instance {example}). Use the images it was "
                "made with, or make a split of these.",
                missing=len(missing),
                n=len(recorded),
                changed=len(changed),
                extra=len(extra),
                example=(missing + changed + extra)[0],
            )
        numbers = np.array([PARTS.index(recorded[name].part) for name in names], dtype=np.int64)
        return _from_numbers(numbers, natural_order(names), manifest.how, manifest.seed, manifest.shares)


def split(
    names: Sequence[str],
    labels: npt.NDArray[np.int64],
    how: str = "grouped",
    groups: npt.NDArray[np.int64] | None = None,
    seed: int = SEED,
    shares: tuple[float, float, float] = SHARES,
) -> Split:
    """Train, validation and test, balanced between the classes.

    Args:
        names: ``n`` different names; the parts depend on them and not on the order they are given in.
        labels: ``(n,)`` int64, the class of each image.
        how: ``"random"`` is the lab's two steps, each stratified: the test share of all images, then the validation
            share of the rest. ``"grouped"`` keeps each group whole and comes as near to the shares, in every class, as
            the groups allow: within the size of the largest group where each group is of one class.
        groups: ``(n,)`` int64, equal for images that belong together; None where each stands for itself. ``"random"``
            takes no account of them.
        seed: of the draw; with the same names, labels and groups the same seed gives the same parts. ``"random"``
            takes one below 2 ** 32.
        shares: of train, validation and test; above 0, together 1.

    Raises:
        SettingsError: ``how`` is not known, or the shares are none, or the seed is none of the random split's.
        DataError: a name comes twice, there is one class only, a class is too small for three parts, or there are not
            as many labels and groups as names.
    """
    _check_one_for_each(names, labels, groups)
    _check_drawing(how, seed, shares)
    _check_unique(names)
    order = natural_order(names)
    alone = np.arange(len(names)) if groups is None or how == "random" else groups
    classes = len(np.unique(labels))
    if classes < 2:
        raise DataError(
            "All {n} images are of one class; wanted at least two classes to tell apart. Give a folder with one "
            "subfolder per class.",
            n=len(names),
        )
    if how == "random":
        numbers = _random_numbers(labels, order, seed, shares)
    else:
        numbers = _grouped_numbers(names, labels, alone, order, seed, shares)
    if numbers is None or any(len(np.unique(labels[numbers == part])) < classes for part in range(len(PARTS))):
        raise _too_small(labels, alone)
    return _from_numbers(numbers, order, how, seed, shares)


def _check_one_for_each(names: Sequence[str], labels: object, groups: object) -> None:
    for name, numbers in (("labels", labels), ("groups", groups)):
        if numbers is None and name == "groups":
            continue
        check_kind(name, numbers, np.ndarray, N_("an array of whole numbers"))
        if isinstance(numbers, np.ndarray) and numbers.shape != (len(names),):
            raise DataError(
                "{name} of shape {shape}; wanted one for each of {n} names, shape ({n},).",
                name=name,
                shape=numbers.shape,
                n=len(names),
            )


def _check_drawing(how: str, seed: int, shares: tuple[float, ...]) -> None:
    if how not in HOWS:
        raise unknown("--split", how, HOWS)
    if how == "random" and not 0 <= seed < 2**32:
        raise SettingsError(
            "{name} is {got}; wanted {wanted}.",
            name="seed",
            got=seed,
            wanted=N_("a whole number from 0 to 4294967295 for a random split"),
        )
    if len(shares) != 3 or min(shares) <= 0 or abs(sum(shares) - 1) > 1e-9:
        raise SettingsError(
            "The shares of train, validation and test are {shares}; wanted three numbers above 0 that sum to 1, for "
            "instance 0.6, 0.2 and 0.2.",
            shares=", ".join(f"{share:g}" for share in shares),
        )


@dataclass(frozen=True)
class Leaks:
    """How many test images are not independent of what was learned from.

    Attributes:
        n: test images.
        in_training: those of which a twin, an image of the same group, is in the training part.
        in_validation: those of which a twin is in the validation part.
        in_either: those of which a twin is in one of the two.
    """

    n: int
    in_training: int
    in_validation: int
    in_either: int


def leaks(parts: Split, groups: npt.NDArray[np.int64]) -> Leaks:
    """How many test images have a twin in training and in validation; ``groups`` is ``(n,)``, equal for twins."""
    return _leaks(groups[parts.test], groups[parts.train], groups[parts.validation])


def leaks_of(data: TrainTest) -> Leaks | None:
    """The same of parts whose images know their groups; None where they do not."""
    if data.test.groups is None or data.train.groups is None:
        return None
    validation = None if data.validation is None else data.validation.groups
    return _leaks(data.test.groups, data.train.groups, data.test.groups[:0] if validation is None else validation)


def _leaks(test: npt.NDArray[np.int64], training: npt.NDArray[np.int64], validation: npt.NDArray[np.int64]) -> Leaks:
    in_training, in_validation = np.isin(test, training), np.isin(test, validation)
    hits = (in_training, in_validation, in_training | in_validation)
    return Leaks(len(test), *(int(np.count_nonzero(hit)) for hit in hits))


def held_out(images: LabelledImages, n: int, seed: int = 0) -> tuple[LabelledImages, LabelledImages]:
    """(training part, validation part of ``n`` images), by one fixed permutation; each in its old order.

    For choosing between recipes: the test images stay untouched until the choice is made.

    Raises:
        SettingsError: ``n`` leaves one of the parts empty.
    """
    if not 1 <= n < len(images):
        raise SettingsError(
            "--validation is {got}; wanted a whole number from 1 to {most}, so that both parts hold images.",
            got=n,
            most=len(images) - 1,
        )
    order = np.random.default_rng(seed).permutation(len(images))
    return images.subset(np.sort(order[n:])), images.subset(np.sort(order[:n]), "validation")


def _random_numbers(
    labels: npt.NDArray[np.int64], order: Indices, seed: int, shares: tuple[float, float, float]
) -> npt.NDArray[np.int64] | None:
    """The part of each image by scikit-learn's two stratified draws; None where it finds a class too small."""
    from sklearn.model_selection import train_test_split

    _, validation_share, test_share = shares
    try:
        rest, test = train_test_split(order, test_size=test_share, stratify=labels[order], random_state=seed)
        of_the_rest = validation_share / (shares[0] + validation_share)
        _, validation = train_test_split(rest, test_size=of_the_rest, stratify=labels[rest], random_state=seed)
    except ValueError:
        return None
    numbers = np.zeros(len(order), dtype=np.int64)
    numbers[validation], numbers[test] = 1, 2
    return numbers


def _grouped_numbers(
    names: Sequence[str],
    labels: npt.NDArray[np.int64],
    groups: npt.NDArray[np.int64],
    order: Indices,
    seed: int,
    shares: tuple[float, float, float],
) -> npt.NDArray[np.int64]:
    """The part of each image: group after group goes where its classes lack most.

    Large groups come first, so that the small ones even out what they leave; among those of about one size (to a factor
    of two) the order is drawn by the seed, through a hash of the group's first name, which no other draw disturbs.
    """
    members: dict[int, list[int]] = {}
    for index in order.tolist():
        members.setdefault(int(groups[index]), []).append(index)

    def turn(indices: list[int]) -> tuple[int, bytes]:
        draw = hashlib.sha256(f"{seed}/{composed(names[indices[0]])}".encode("utf-8", "surrogateescape")).digest()
        return -len(indices).bit_length(), draw

    _, classes, found = np.unique(labels, return_inverse=True, return_counts=True)
    counts = found.tolist()
    waiting = [(indices, Counter(classes[indices].tolist())) for indices in sorted(members.values(), key=turn)]
    groups_left = Counter(kind for _, content in waiting for kind in content)
    lacking = [[share * count for count in counts] for share in shares]
    without = [set(range(len(counts))) for _ in shares]  # the classes that a part has no image of yet
    numbers = np.empty(len(names), dtype=np.int64)
    for indices, content in waiting:
        # The last groups of a class go where there is none of it; all others where they lessen the squared deviations,
        # in shares of each class, the most.
        pressing = {kind for kind in content if groups_left[kind] <= sum(kind in each for each in without)}
        needy = [part for part in range(len(PARTS)) if pressing & without[part]] or range(len(PARTS))
        gains = {
            part: sum(n * lacking[part][kind] / counts[kind] ** 2 for kind, n in content.items()) for part in needy
        }
        part = max(needy, key=gains.__getitem__)
        numbers[indices] = part
        for kind, n in content.items():
            lacking[part][kind] -= n
            groups_left[kind] -= 1
        without[part] -= content.keys()
    return numbers


def _from_numbers(
    numbers: npt.NDArray[np.int64], order: Indices, how: str, seed: int, shares: tuple[float, float, float]
) -> Split:
    train, validation, test = (order[numbers[order] == part] for part in range(len(PARTS)))
    return Split(train, validation, test, how, seed, shares)


def _check_unique(names: Sequence[str]) -> None:
    if len(set(names)) != len(names):
        seen: set[str] = set()
        twice = next(name for name in names if name in seen or seen.add(name))  # type: ignore[func-returns-value]
        raise DataError(
            "The name {name} comes twice among {n} images; wanted a different one for each. Rename one of the files.",
            name=twice,
            n=len(names),
        )


def _too_small(labels: npt.NDArray[np.int64], groups: npt.NDArray[np.int64]) -> DataError:
    counts = [
        f"{np.count_nonzero(labels == label)} ({len(np.unique(groups[labels == label]))})"
        for label in np.unique(labels)
    ]
    return DataError(
        "A class is too small to be in training, validation and test: the classes hold {counts} images (and so many "
        "that are not copies of each other). Add images to the smallest class, or leave it out.",
        counts=", ".join(counts),
    )
