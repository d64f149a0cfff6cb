"""The small set of real handwritten digits that comes with the package, for a machine without MNIST and network.

They are scikit-learn's ``load_digits``, that is the test part of "Optical Recognition of Handwritten Digits"
(E. Alpaydin and C. Kaynak, 1998, UCI Machine Learning Repository, CC BY 4.0), made to look like MNIST.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from fissura.data.labelled import LabelledImages, TrainTest
from fissura.language import N_

_TRAIN = 1415  # where the twelfth filled-in form begins: see embedded_digits
_DIGIT_PX = 20  # MNIST's digits were fitted into 20 x 20 and set in the middle of 28 x 28
_IMAGE_PX = 28
_CLASSES = tuple("0123456789")
ORIGIN = N_("digits of UCI (Alpaydin, Kaynak), by scikit-learn, 8 x 8 enlarged to 28 x 28")


def embedded_digits() -> TrainTest:
    """1,797 digits of 28 x 28: the first 1,415 to train on, the last 382 to test on; ``embedded`` is True.

    **Pixels.** The originals are 8 x 8, from 0 to 16. They are scaled to 0 to 255, enlarged to 20 x 20 by Pillow's
    bicubic filter (on integers, so the same everywhere) and set in the middle of 28 x 28. Enlarged to the full 28 they
    would touch the edge and be a third taller than those of MNIST; this way the ink is 20.0 px tall and 13.9 wide
    (MNIST's test part: 19.7 and 15.1), and pixels have mean 0.158 and standard deviation 0.293 (0.133 and 0.310), so
    the normalisation of MNIST fits. Bicubic keeps more of the strokes' contrast than bilinear (0.277).

    **Split.** 13 people wrote these digits, says their description; no column says who wrote which. But the labels
    repeat one text of about 128 digits 14 times over, so the file holds 14 filled-in forms, one after the other, and
    digits of one hand lie together. A random split would put each hand on both sides. This one cuts between two forms,
    the eleventh and the twelfth. It can still share a writer: 14 forms from 13 people mean that someone filled in two.

    >>> digits = embedded_digits()
    >>> digits.train.images.shape, len(digits.test), digits.embedded
    ((1415, 28, 28), 382, True)
    """
    from sklearn.datasets import load_digits

    original = load_digits()
    images = _like_mnist(np.asarray(original.images))
    labels = np.asarray(original.target, dtype=np.int64)
    names = tuple(f"digits-{index:04d}" for index in range(len(labels)))
    whole = LabelledImages(images, labels, _CLASSES, names, ORIGIN, "train")
    indices = np.arange(len(whole))
    return TrainTest(
        train=whole.subset(indices[:_TRAIN]),
        test=whole.subset(indices[_TRAIN:], split="test"),
        source="digits",
        embedded=True,
    )


def _like_mnist(images: npt.NDArray[np.floating]) -> npt.NDArray[np.uint8]:
    """``(n, 8, 8)`` in [0, 16] to ``(n, 28, 28)`` uint8."""
    from PIL import Image

    scaled = np.rint(images * 255 / 16).astype(np.uint8)
    margin = (_IMAGE_PX - _DIGIT_PX) // 2
    result = np.zeros((len(images), _IMAGE_PX, _IMAGE_PX), dtype=np.uint8)
    for small, large in zip(scaled, result, strict=True):
        digit = Image.fromarray(small).resize((_DIGIT_PX, _DIGIT_PX), Image.Resampling.BICUBIC)
        large[margin:-margin, margin:-margin] = np.asarray(digit)
    return result
