"""What the tests of inspections share: a map as a perfect detector would give it, and inspections made from it."""

import numpy as np
from scipy.ndimage import gaussian_filter

from fissura.inspection.photograph import inspected, unseen


def perfect_map(mask):
    """Log-odds of cells of 4 px from a true mask: high where a cell holds crack, blurred over a cell or two."""
    height, width = mask.shape
    rows, columns = -(-height // 4), -(-width // 4)
    padded = np.zeros((4 * rows, 4 * columns), dtype=bool)
    padded[:height, :width] = mask
    cells = padded.reshape(rows, 4, columns, 4).any(axis=(1, 3)).astype(float)
    return (12 * (gaussian_filter(cells, 0.7) - 0.35)).astype(np.float32)


def inspected_perfectly(image, mask, scale=None, settings=None):
    """The inspection of a photograph whose map is perfect: the measuring apart from the detector."""
    begun = unseen("drawn", "0" * 64, image.shape, scale=scale, settings=settings)
    return inspected(begun, image, perfect_map(mask), 1.0)
