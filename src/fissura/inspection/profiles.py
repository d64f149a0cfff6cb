"""The photograph straightened along a line: one row of grey values across it for each of its points."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fissura.inspection.record import Points

Values = npt.NDArray[np.float64]
Singles = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Profiles:
    """Grey across a line.

    Attributes:
        grey: ``(n, k)`` float64, 0 to 255; outside of the photograph its nearest pixel.
        offsets: ``(k,)`` px across the line, ascending, 0 on it, to the side of ``normals``.
        inside: ``(n, k)`` bool, whether the place lies in the photograph.
        normals: ``(n, 2)`` unit (row, column) across the line.
    """

    grey: Values
    offsets: Values
    inside: npt.NDArray[np.bool_]
    normals: Points

    def at(self, places: Values) -> Values:
        """``(n, m)`` grey at ``places`` ``(n, m)`` px across, linear between samples; beyond the profile its last."""
        offsets = self.offsets
        place = np.clip((places - offsets[0]) / (offsets[1] - offsets[0]), 0.0, len(offsets) - 1.001)
        whole = place.astype(np.intp)
        share = place - whole
        whole += np.arange(len(places))[:, None] * len(offsets)
        grey = np.ascontiguousarray(self.grey).ravel()
        return np.asarray(grey.take(whole) * (1 - share) + grey[1:].take(whole) * share)

    def cut_back(self, left: Values, right: Values, spacing: float = 1.0) -> tuple[Values, Values]:
        """(left, right) of a crack's edges ``(n,)``, without what the photograph's border hides of it.

        Where it hides an edge on a stretch longer than the crack is wide, the crack runs along the border: what is left
        of it has its edge there. On a shorter one it leaves the photograph: it goes on as it is beside that stretch.

        Args:
            left, right: px across the line, as the profiles see them, the nearest pixel repeated beyond the border.
            spacing: px between two profiles.
        """
        from scipy.ndimage import find_objects, label

        low = np.where(self.inside[:, 0], -np.inf, self.offsets[self.inside.argmax(axis=1)])
        high = np.where(self.inside[:, -1], np.inf, self.offsets[::-1][self.inside[:, ::-1].argmax(axis=1)])
        cut = (left - 1 < low) | (right + 1 > high)
        if not cut.any():
            return left, right
        at, found = np.arange(len(cut)), (left.copy(), right.copy())
        for (stretch,) in find_objects(label(cut)[0]):
            width = right[stretch] - left[stretch]
            along = cut.all() or spacing * len(width) > np.median(width)
            for edge in found:
                if along:
                    edge[stretch] = np.clip(edge[stretch], low[stretch], high[stretch])
                else:
                    edge[stretch] = np.interp(at[stretch], at[~cut], edge[~cut])
        return found


def across(pixels: npt.NDArray[np.uint8], points: Points, reach_px: float, step: float = 0.5) -> Profiles:
    """Profiles ``reach_px`` to both sides of the line ``points`` ``(n, 2)``, bilinear between pixels."""
    from scipy.ndimage import map_coordinates

    count = int(np.ceil(reach_px / step))
    offsets = np.arange(-count, count + 1, dtype=np.float64) * step
    normals = normals_of(points)
    limit = np.array(pixels.shape) - 1
    ends = points[:, :, None] + normals[:, :, None] * offsets[[0, -1]]
    lowest, highest = ends.min(axis=(0, 2)), ends.max(axis=(0, 2))
    low = np.maximum(np.floor(lowest).astype(int), 0)
    high = np.minimum(np.ceil(highest).astype(int) + 1, pixels.shape)
    rows, columns = (points[:, k, None] + normals[:, k, None] * offsets for k in (0, 1))
    if (lowest >= 0).all() and (highest <= limit).all():
        inside = np.ones(rows.shape, dtype=np.bool_)
    else:
        inside = (rows >= 0) & (rows <= limit[0]) & (columns >= 0) & (columns <= limit[1])
    rows -= low[0]
    columns -= low[1]
    piece = pixels[low[0] : high[0], low[1] : high[1]]
    grey = map_coordinates(piece, [rows, columns], output=np.float64, order=1, mode="nearest", prefilter=False)
    return Profiles(grey, offsets, inside, normals)


def normals_of(points: Points) -> Points:
    """Unit vectors ``(n, 2)`` across a line whose points are 1 px apart, from its direction over a few pixels."""
    tangent = np.gradient(smoothed(points, 2.0), axis=0)
    tangent /= np.maximum(np.hypot(*tangent.T), 1e-9)[:, None]
    return np.stack([tangent[:, 1], -tangent[:, 0]], axis=1)


def onward(points: Points, normals: Points) -> npt.NDArray[np.intp]:
    """Which points ``(k,)`` of a line ``(n, 2)`` that was moved along ``normals`` lead on, not back.

    Moved further than its bend is wide, a line folds; what leads back is left out until the line has gone on.
    """
    along = np.stack([-normals[:, 1], normals[:, 0]], axis=1)
    if ((points[1:] - points[:-1]) * along[1:]).sum(axis=1).min(initial=1.0) > 0:
        return np.arange(len(points))
    kept = [0]
    row, column = points[0].tolist()
    for index, (here, way) in enumerate(zip(points.tolist(), along.tolist(), strict=True)):
        if (here[0] - row) * way[0] + (here[1] - column) * way[1] > 0:
            kept.append(index)
            row, column = here
    return np.array(kept) if len(kept) > 1 else np.arange(len(points))


def smoothed(values: Values, sigma: float) -> Values:
    """``(n, ...)`` smoothed along the first axis by a Gaussian, turned about the end points, which stay in place."""
    from scipy.ndimage import correlate1d

    if len(values) < 3 or sigma <= 0:
        return values
    # here and elsewhere the filters are told the type of what they give: numpy is slow to say the name of another's
    reach = int(4 * sigma + 1)
    if reach < len(values):  # what np.pad gives below, in a third of its time
        before, after = 2 * values[0] - values[reach:0:-1], 2 * values[-1] - values[-2 : -reach - 2 : -1]
        longer = np.concatenate([before, values, after])
    else:
        beyond = [(reach, reach)] + [(0, 0)] * (values.ndim - 1)
        longer = np.pad(values, beyond, mode="reflect", reflect_type="odd")
    return np.asarray(correlate1d(longer, _bell(sigma), axis=0, output=np.float64)[reach : reach + len(values)])


@functools.lru_cache(maxsize=256)
def _bell(sigma: float) -> Values:
    """Weights of a Gaussian to four deviations, as of ``scipy.ndimage``, which works them out anew each time."""
    reach = int(4 * sigma + 0.5)
    weights = np.exp(-0.5 / sigma**2 * np.arange(-reach, reach + 1) ** 2)
    return np.asarray(weights / weights.sum())


def median_across(values: Values) -> Values:
    """``(n,)`` of ``(n, k)`` numbers: what ``np.median`` gives, in a third of its time for a few of them."""
    low, high = (values.shape[1] - 1) // 2, values.shape[1] // 2
    ordered = np.partition(values, (low, high), axis=1)
    return np.asarray((ordered[:, low] + ordered[:, high]) / 2)
