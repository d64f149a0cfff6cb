"""How well a mask of cracks agrees with the truth, pixel by pixel and by centre lines.

A crack one pixel wide that is drawn one pixel beside the truth has an IoU of 0, and a mask three times too wide one of
a third; whether the crack was *found* is asked by centre lines with a tolerance. All counts can be added over images.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

Mask = npt.NDArray[np.bool_]

TOLERANCE_PX = 4.0
_LARGEST_DISC_PX = 8.0


@dataclass(frozen=True)
class Agreement:
    """What a found mask and the true one share; ``one + other`` is that of both images together.

    Attributes:
        found: pixels of the found mask.
        found_right: those of them that lie on the true mask, or within the tolerance of it.
        true: pixels of the true mask.
        true_found: those of them that lie on the found mask, or within the tolerance of it.

    Numbers that the masks do not give (a recall where nothing is true) are ``nan``.
    """

    found: int = 0
    found_right: int = 0
    true: int = 0
    true_found: int = 0

    def __add__(self, other: Agreement) -> Agreement:
        return Agreement(
            self.found + other.found,
            self.found_right + other.found_right,
            self.true + other.true,
            self.true_found + other.true_found,
        )

    @property
    def precision(self) -> float:
        """Of what was found, the share that is there."""
        return _share(self.found_right, self.found)

    @property
    def recall(self) -> float:
        """Of what is there, the share that was found."""
        return _share(self.true_found, self.true)

    @property
    def f1(self) -> float:
        """The harmonic mean of precision and recall; without tolerance the Dice coefficient."""
        if self.found == 0 or self.true == 0:
            return 0.0 if self.found or self.true else math.nan
        total = self.precision + self.recall
        return 2 * self.precision * self.recall / total if total else 0.0

    @property
    def iou(self) -> float:
        """``TP / (TP + FP + FN)``: TP true pixels found, FN true ones missed, FP found ones that are not there."""
        return _share(self.true_found, self.true + self.found - self.found_right)


def agreement(found: Mask, true: Mask, tolerance_px: float = 0.0) -> Agreement:
    """What two masks ``(h, w)`` share; a pixel counts as right within ``tolerance_px`` (centre to centre) of the other.

    >>> line = np.eye(5, dtype=bool)
    >>> beside = np.roll(line, 1, axis=1)
    >>> agreement(beside, line).iou, agreement(beside, line, 1.5).recall
    (0.0, 1.0)

    Raises:
        ValueError: two sizes, or what is no mask.
    """
    if found.shape != true.shape or found.ndim != 2 or found.dtype != np.bool_ or true.dtype != np.bool_:
        raise ValueError(f"masks are {found.dtype} {found.shape} and {true.dtype} {true.shape}; wanted bool (h, w)")
    return Agreement(
        found=int(np.count_nonzero(found)),
        found_right=int(np.count_nonzero(found & near(true, tolerance_px))),
        true=int(np.count_nonzero(true)),
        true_found=int(np.count_nonzero(true & near(found, tolerance_px))),
    )


def centre_lines(mask: Mask) -> Mask:
    """``mask`` ``(h, w)`` thinned to lines one pixel wide.

    Source: T. Y. Zhang, C. Y. Suen (1984), Commun. ACM 27, 236-239, in scikit-image's implementation.
    """
    from skimage.morphology import skeletonize  # here, as importing it takes long

    lines: Mask = skeletonize(mask)
    return lines


def centre_line_agreement(found: Mask, true: Mask, tolerance_px: float = TOLERANCE_PX) -> Agreement:
    """What the centre lines of two masks ``(h, w)`` share; its ``iou`` is the **clIoU** of the literature.

    Source: C. Benz, V. Rodehorst (2024), OmniCrack30k, Proc. CVPR Workshops, 3876-3886, with 4 px, as their published
    evaluation computes it: both masks are thinned; a true centre-line pixel is found (TP) where a found one lies within
    the tolerance, else missed (FN); a found one without a true one within the tolerance is a false alarm (FP); the
    counts are summed over the images of a set, and clIoU is ``TP / (TP + FP + FN)``.
    """
    return agreement(centre_lines(found), centre_lines(true), tolerance_px)


def near(mask: Mask, tolerance_px: float) -> Mask:
    """Pixels at most ``tolerance_px`` away, centre to centre, from one of ``mask`` ``(h, w)``.

    Up to 8 px the mask is moved by each step of a disc of that radius: it takes a byte a pixel, where the distance to
    the nearest pixel of 100 megapixels takes 3 GB.
    """
    if tolerance_px <= 0 or not mask.any():
        return mask
    if tolerance_px > _LARGEST_DISC_PX:
        found: Mask = ndimage.distance_transform_edt(~mask) <= tolerance_px
        return found
    reach = int(tolerance_px)
    found = np.zeros_like(mask)
    for down in range(-reach, reach + 1):
        for right in range(-reach, reach + 1):
            if math.hypot(down, right) <= tolerance_px:
                found[_moved(down), _moved(right)] |= mask[_moved(-down), _moved(-right)]
    return found


def _moved(steps: int) -> slice:
    """Where what is moved by ``steps`` comes to lie; by ``-steps`` where it came from."""
    return slice(max(0, steps), min(0, steps) or None)


def _share(count: int, n: int) -> float:
    return count / n if n else math.nan
