"""The detector's map to crack lines, to a cell: hysteresis, thinning to a graph, spurs pruned, gaps bridged.

The lines come out as exact as the map is coarse, a few pixels; ``centre`` moves them onto the crack. Sources: two
thresholds, J. Canny (1986), IEEE TPAMI 8, 679-698; thinning, T. Zhang and C. Suen (1984), Comm. ACM 27, 236-239.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fissura.inspection.graph import Forest, Way, connected, degrees, joined, longest_first, pruned, ways
from fissura.inspection.record import CELL_PX, Map, Mask, Points

_WEAKER = 1.5  # log-odds below the threshold at which a crack goes on where it was found, and 3.0 across a gap
_GAP_CELLS = 15.0  # 60 px
_SMALLEST_HOLE = 8  # cells; smaller ones in the map are noise, not rings of a crack
_SMOOTH_CELLS = 1.5
_BEYOND_CELLS = 16
_STRETCH_CELLS = 6  # along the border, from which on a centre line may lie beyond it
_EVERYWHERE = np.ones((3, 3), dtype=np.bool_)


@dataclass(frozen=True, eq=False)
class CoarseLine:
    """A line before it is moved onto the crack.

    Attributes:
        points_rc: ``(n, 2)`` pixels of the photograph, 1 px apart.
        reach_px: how far beside it the map sees crack, at most.
        loose: whether its first and its last point are free ends; the others are at forks.
    """

    points_rc: Points
    reach_px: float
    loose: tuple[bool, bool]


@dataclass(frozen=True, eq=False)
class CoarseTrace:
    """A connected crack on the map.

    Attributes:
        lines: the longest way first.
        log_odds: of the cells along its lines, ``(m,)``.
    """

    lines: tuple[CoarseLine, ...]
    log_odds: npt.NDArray[np.float32]


def coarse_traces(log_odds: Map, threshold: float, size_hw: tuple[int, int], shortest_px: float) -> list[CoarseTrace]:
    """The cracks on a map ``(rows, columns)`` of log-odds, those that hold a cell of at least ``threshold`` log-odds.

    Traces whose lines together are shorter than ``shortest_px`` are left out, and those of a single cell, which have
    neither a length nor a direction.
    """
    support = supported(log_odds, threshold)
    if not support.any():
        return []
    padded = np.pad(support, _BEYOND_CELLS, mode="edge")
    radius = _Radius(padded)
    thin = _thinned(support, padded)
    width = support.shape[1]
    found: list[Way] = []
    for group in connected(ways(thin)):
        nodes = sorted({node for way in group for node in way.ends})
        around = radius.at(np.stack(np.divmod(nodes, width), axis=1))
        shortest = {node: 1.2 * each + 3.0 for node, each in zip(nodes, around.tolist(), strict=True)}
        found.extend(pruned(group, shortest, 3.0))
    found = _bridged(found, log_odds, threshold - 2 * _WEAKER)
    traces = []
    for group in connected(found):
        lines = longest_first(group)
        if lines[0].length > 0 and CELL_PX * (sum(way.length for way in lines) + 1) >= shortest_px:
            traces.append(_trace(lines, support, radius, log_odds, size_hw))
    return traces


def _thinned(support: Mask, padded: Mask) -> Mask:
    """Centre lines of ``support``, which ``padded`` continues beyond the border.

    A crack is taken to go on there: ended at the border, a wide one's skeleton would fork into its two corners. Where
    one runs along the border its centre line lies beyond it then, and that of the crack as it is is taken.
    """
    from scipy.ndimage import find_objects, label
    from skimage.morphology import skeletonize

    inner = slice(_BEYOND_CELLS, -_BEYOND_CELLS)
    thin: Mask = skeletonize(padded)[inner, inner].copy()
    groups, _ = label(support, _EVERYWHERE)
    boxes = find_objects(groups)
    for group in sorted(_along_border(groups)):
        own = groups[boxes[group - 1]] == group
        there = thin[boxes[group - 1]]
        there[own] = _whole(own, there & own)[own]
    return thin


def _along_border(groups: npt.NDArray[np.int32]) -> set[int]:
    """The numbers of groups that touch the border in a stretch as long as the shortest crack."""
    found: set[int] = set()
    for side in (groups[0], groups[-1], groups[:, 0], groups[:, -1]):
        starts = np.flatnonzero(np.diff(side, prepend=-1))
        lengths = np.diff(starts, append=len(side))
        found.update(side[starts[lengths >= _STRETCH_CELLS]].tolist())
    return found - {0}


def _whole(own: Mask, kept: Mask) -> Mask:
    """The centre lines ``kept`` of a group ``own``, with its own that lie far from them, up to where they meet."""
    from scipy.ndimage import binary_dilation, distance_transform_edt, label
    from skimage.morphology import skeletonize

    ended = np.pad(own, 1)
    lines: Mask = skeletonize(ended)[1:-1, 1:-1]
    if not kept.any():
        return lines
    wide = math.ceil(1.5 * distance_transform_edt(ended).max()) + 2
    pieces, n = label(lines & (distance_transform_edt(~kept) > wide), _EVERYWHERE)
    lost = np.bincount(pieces.ravel(), minlength=n + 1) >= _STRETCH_CELLS
    lost[0] = False
    if not lost.any():
        return kept
    lines = binary_dilation(lost[pieces], _EVERYWHERE, iterations=wide + 2, mask=lines)
    return np.asarray(skeletonize(np.pad(kept | lines, 1))[1:-1, 1:-1])


class _Radius:
    """How far the nearest cell lies that is no crack, of some cells: of all of them it would be asked in vain."""

    def __init__(self, padded: Mask) -> None:
        from scipy.ndimage import binary_dilation
        from scipy.spatial import cKDTree

        self.padded = padded
        border = np.argwhere(binary_dilation(padded) & ~padded)
        self.tree = cKDTree(border) if len(border) else None

    def at(self, cells: npt.NDArray[np.intp]) -> npt.NDArray[np.float64]:
        """``(n,)`` cells, of ``(n, 2)``; 0 where there is no crack."""
        cells = cells + _BEYOND_CELLS
        inside = self.padded[cells[:, 0], cells[:, 1]]
        if self.tree is None:  # all is crack
            return np.where(inside, float(max(self.padded.shape)), 0.0)
        return np.where(inside, self.tree.query(cells)[0], 0.0)


def supported(log_odds: Map, threshold: float) -> Mask:
    """Where the map sees crack: cells a little below ``threshold`` that hang together with one above it."""
    from scipy.ndimage import label

    groups, count = label(log_odds >= threshold - _WEAKER, np.ones((3, 3)))
    if not count:
        return np.zeros(log_odds.shape, dtype=np.bool_)
    strong = np.zeros(count + 1, dtype=np.bool_)
    strong[np.unique(groups[log_odds >= threshold])] = True
    strong[0] = False
    support: Mask = strong[groups]
    holes, count = label(~support)
    sizes = np.bincount(holes.ravel(), minlength=count + 1)
    small = sizes < _SMALLEST_HOLE
    small[0] = False
    return np.asarray(support | small[holes])


def _bridged(found: list[Way], log_odds: Map, least: float) -> list[Way]:
    """With ways across gaps, the shortest first, where they join what does not hang together yet."""
    forest = Forest(found)
    bridges = []
    for _, node, other, cells in sorted(_gaps(found, forest, log_odds, least), key=lambda gap: gap[:3]):
        if forest.join(node, other):
            bridges.append(Way(cells, (node, other)))
    return joined(found + bridges) if bridges else found


def _gaps(
    found: list[Way], forest: Forest, log_odds: Map, least: float
) -> Iterator[tuple[float, int, int, npt.NDArray[np.intp]]]:
    """(length, node, node, cells between) of gaps between free ends of different cracks that look at each other.

    The map holds some evidence all along: ``least`` log-odds in the mean, and hardly less anywhere.
    """
    from scipy.ndimage import maximum_filter

    width = log_odds.shape[1]
    degree = degrees(found)
    free = [(way.ends[k], _outward(way, k)) for way in found for k in (0, 1) if degree[way.ends[k]] == 1]
    nearby = maximum_filter(log_odds, 3)  # thinning leaves an end a cell beside where the crack goes on
    places = np.stack(np.divmod([node for node, _ in free], width), axis=1).astype(float) if free else np.zeros((0, 2))
    for first, (node, out) in enumerate(free):
        here = places[first]
        distances = np.hypot(*(places[first + 1 :] - here).T)
        for further in np.flatnonzero((distances > 0) & (distances <= _GAP_CELLS)):
            other, inward = free[first + 1 + further]
            if forest.root(node) == forest.root(other):
                continue
            distance = float(distances[further])
            across = places[first + 1 + further] - here
            if min(out @ across, -(inward @ across)) < 0.75 * distance:  # within 41 degrees
                continue
            cells = _straight(here, here + across)
            between = nearby[cells[1:-1, 0], cells[1:-1, 1]]
            if len(between) == 0 or (between.mean() >= least and between.min() >= least - 1.0):
                yield distance, node, other, cells


def _outward(way: Way, end: int) -> npt.NDArray[np.float64]:
    """Unit direction in which a way would go on beyond its end."""
    cells = way.cells if end == 1 else way.cells[::-1]
    along = (cells[-1] - cells[max(0, len(cells) - 7)]).astype(float)
    return np.asarray(along / max(float(np.hypot(*along)), 1e-9))


def _straight(start: npt.NDArray[np.float64], end: npt.NDArray[np.float64]) -> npt.NDArray[np.intp]:
    count = int(np.abs(end - start).max()) + 1
    return np.rint(np.linspace(start, end, count)).astype(np.intp)


def _trace(lines: list[Way], support: Mask, radius: _Radius, log_odds: Map, size_hw: tuple[int, int]) -> CoarseTrace:
    degree = degrees(lines)
    inner: set[int] = set()
    width = support.shape[1]
    for way in lines:
        inner.update((way.cells[1:-1, 0] * width + way.cells[1:-1, 1]).tolist())
    coarse = []
    for way in lines:
        loose = tuple(degree[node] == 1 and node not in inner for node in way.ends)
        reach = CELL_PX * float(np.percentile(radius.at(way.cells), 90))
        points = _smooth_points(way.cells)
        for k in (0, 1):
            if loose[k]:
                points = _extended(points, k, support, size_hw)
        coarse.append(CoarseLine(evenly(points), reach, (loose[0], loose[1])))
    on_lines = np.concatenate([way.cells for way in lines])
    return CoarseTrace(tuple(coarse), log_odds[on_lines[:, 0], on_lines[:, 1]])


def _smooth_points(cells: npt.NDArray[np.intp]) -> Points:
    """Centres of the cells in pixels, their staircase smoothed, the two ends where they are."""
    from scipy.ndimage import gaussian_filter1d

    points = cells.astype(np.float64) * CELL_PX + (CELL_PX - 1) / 2
    if len(points) < 4:
        return points
    # mirrored through the end points, which so stay in place
    smooth = np.stack(
        [
            gaussian_filter1d(np.concatenate([2 * v[0] - v[:0:-1], v, 2 * v[-1] - v[-2::-1]]), _SMOOTH_CELLS)
            for v in points.T
        ],
        axis=1,
    )
    return np.asarray(smooth[len(points) - 1 : 2 * len(points) - 1])


def _extended(points: Points, end: int, support: Mask, size_hw: tuple[int, int]) -> Points:
    """With its free ``end`` drawn out straight to where the map's support ends: thinning shortens by half a width."""
    line = points if end == 1 else points[::-1]
    along = line[-1] - line[max(0, len(line) - 5)]
    length = float(np.hypot(*along))
    if length < 1e-9:
        return points
    step = along / length
    place = line[-1]
    added = []
    limit = np.array(size_hw) - 1.0
    for _ in range(40 * CELL_PX):
        place = place + step
        if (place < 0).any() or (place > limit).any():
            break
        cell = np.minimum((place / CELL_PX).astype(int), np.array(support.shape) - 1)
        if not support[cell[0], cell[1]]:
            break
        added.append(place)
    if added:
        line = np.concatenate([line, np.array(added)])
    return line if end == 1 else line[::-1]


def evenly(points: Points, step: float = 1.0) -> Points:
    """The same line ``(n, 2)`` with points ``step`` px apart (a little less, so that both ends stay)."""
    steps = np.hypot(*np.diff(points, axis=0).T)
    along = np.concatenate([[0.0], np.cumsum(steps)])
    count = max(2, math.ceil(along[-1] / step) + 1)
    wanted = np.linspace(0.0, along[-1], count)
    return np.stack([np.interp(wanted, along, points[:, k]) for k in (0, 1)], axis=1)
