"""A thin mask as a graph: its forks and ends, the ways between them, the longest way, what is only a spur."""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

Cells = npt.NDArray[np.intp]

_NEIGHBOURS = ((-1, 0), (0, 1), (1, 0), (0, -1), (-1, 1), (1, 1), (1, -1), (-1, -1))


@dataclass(frozen=True, eq=False)
class Way:
    """Cells in a row between two nodes.

    Attributes:
        cells: ``(n, 2)`` (row, column), both nodes included; n is at least 2, or 1 for a lone cell.
        ends: the two nodes, as numbers of their cells; the same twice for a ring.
    """

    cells: Cells
    ends: tuple[int, int]

    @cached_property
    def length(self) -> float:
        """In cells, diagonals as they are."""
        return float(np.hypot(*np.diff(self.cells, axis=0).T).sum())

    def turned(self) -> Way:
        """From its other end."""
        return Way(self.cells[::-1], (self.ends[1], self.ends[0]))


class Forest:
    """Which nodes hang together by the ways ``found`` so far."""

    def __init__(self, found: list[Way]) -> None:
        self._parent: dict[int, int] = {}
        for way in found:
            self.join(*way.ends)

    def root(self, node: int) -> int:
        """One node that stands for all that hang together with ``node``."""
        parent = self._parent
        parent.setdefault(node, node)
        while parent[node] != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    def join(self, first: int, second: int) -> bool:
        """Make two nodes hang together; False where they did already."""
        one, other = self.root(first), self.root(second)
        self._parent[one] = other
        return one != other


def ways(thin: npt.NDArray[np.bool_]) -> list[Way]:
    """All ways of a mask one cell thin ``(h, w)``, ends and forks being their nodes.

    A diagonal step counts only where no two straight ones lead to the same place, so that a fork is one cell.
    """
    height, width = thin.shape
    rows, columns = np.nonzero(thin)
    here = set((rows * width + columns).tolist())
    links = {cell: _linked(cell, here, height, width) for cell in sorted(here)}
    found: list[Way] = []
    used: set[tuple[int, int]] = set()
    nodes = [cell for cell in links if len(links[cell]) != 2]
    for node in nodes:
        if not links[node]:
            found.append(_way([node], width))
        for first in links[node]:
            if (node, first) not in used:
                found.append(_way(_followed(node, first, links, used), width))
    for cell in links:  # what is left are rings without a node
        if len(links[cell]) == 2 and (cell, links[cell][0]) not in used and (links[cell][0], cell) not in used:
            found.append(_way(_followed(cell, links[cell][0], links, used), width))
    return found


class _Net:
    """Ways of which one is taken away after the other, and what that leaves straight is made one.

    A wall crazed all over has thousands of them: what one that goes leaves as it was is not looked at again.

    Attributes:
        place: of each way, where it stands in their order; one that is added stands last.
        at: of each node, the ways that end there, in their order; a ring twice.
    """

    def __init__(self, found: list[Way]) -> None:
        self.place: dict[Way, int] = {}
        self.at: dict[int, list[Way]] = defaultdict(list)
        self._count = 0
        for way in found:
            self._add(way)

    def remove(self, way: Way) -> None:
        """Take it away."""
        del self.place[way]
        for node in way.ends:
            self.at[node].remove(way)

    def join(self, nodes: Iterable[int]) -> list[Way]:
        """Make one of the two ways that meet at each of ``nodes`` where nothing else does; those that came of it.

        The node whose first way stands first comes first, whatever the order of ``nodes``.
        """
        waiting = [(turn, node) for node in nodes if (turn := self._turn(node)) is not None]
        heapq.heapify(waiting)
        made: list[Way] = []
        while waiting:
            turn, node = heapq.heappop(waiting)
            if turn != self._turn(node):  # one of its ways has grown meanwhile: it waits with its new turn
                continue
            first, second = self.at[node]
            before = first if first.ends[1] == node else first.turned()
            after = second if second.ends[0] == node else second.turned()
            one = Way(np.concatenate([before.cells, after.cells[1:]]), (before.ends[0], after.ends[1]))
            self.remove(first)
            self.remove(second)
            self._add(one)
            made.append(one)
            for end in set(one.ends):
                if (turn := self._turn(end)) is not None:
                    heapq.heappush(waiting, (turn, end))
        return [way for way in made if way in self.place]

    def is_spur(self, way: Way, shortest: dict[int, float], least: float) -> bool:
        """Whether it has a free end and is shorter than ``shortest`` at the fork where it begins."""
        degree = {end: len(self.at[end]) for end in way.ends}
        forks = [end for end in degree if degree[end] > 2]
        return 1 in degree.values() and any(way.length < shortest.get(end, least) for end in forks)

    def _add(self, way: Way) -> None:
        self.place[way] = self._count
        self._count += 1
        for node in way.ends:
            self.at[node].append(way)

    def _turn(self, node: int) -> tuple[int, int] | None:
        """When the two ways at a node are made one: by the place of the first, and its beginning before its end."""
        touching = self.at[node]
        if len(touching) != 2 or touching[0] is touching[1]:
            return None
        first = touching[0]
        return self.place[first], first.ends.index(node)


def pruned(found: list[Way], shortest: dict[int, float], least: float) -> list[Way]:
    """Without spurs: ways with a free end shorter than ``shortest`` at the fork where they begin.

    The shortest spur goes first and what it leaves straight becomes one way, so a long way is never eaten from its end.
    ``shortest`` gives lengths in cells by node, ``least`` for a node that it lacks.
    """
    net = _Net(found)
    net.join(list(net.at))
    spurs = [(way.length, place, way) for way, place in net.place.items() if net.is_spur(way, shortest, least)]
    heapq.heapify(spurs)
    while spurs:
        _, _, way = heapq.heappop(spurs)
        if way not in net.place or not net.is_spur(way, shortest, least):  # its fork is none any more
            continue
        net.remove(way)
        for one in net.join(way.ends):
            if net.is_spur(one, shortest, least):
                heapq.heappush(spurs, (one.length, net.place[one], one))
    return list(net.place)


def joined(found: list[Way]) -> list[Way]:
    """Ways that meet where nothing else meets made one."""
    net = _Net(found)
    net.join(list(net.at))
    return list(net.place)


def connected(found: list[Way]) -> list[list[Way]]:
    """The ways in groups that hang together, in the order of their first."""
    forest = Forest(found)
    groups: dict[int, list[Way]] = defaultdict(list)
    for way in found:
        groups[forest.root(way.ends[0])].append(way)
    return list(groups.values())


def degrees(found: list[Way]) -> dict[int, int]:
    """How many ways end at each node."""
    degree: dict[int, int] = defaultdict(int)
    for way in found:
        degree[way.ends[0]] += 1
        degree[way.ends[1]] += 1
    return degree


def longest_first(group: list[Way]) -> list[Way]:
    """The ways of one group as lines: the longest way through it, then the longest through what is left, and so on.

    On a tree the first is exact (two searches for the farthest node); on a net of rings it is the longest of the
    shortest ways from the node that the first search found.
    """
    net = _Net(group)
    net.join(list(net.at))
    lines: list[Way] = []
    waiting: list[tuple[float, int, list[Way], list[Way]]] = []  # of each part its longest way, the longest first

    def part_off(left: list[Way]) -> None:
        for part in connected(left):
            chosen = _through(part)
            heapq.heappush(waiting, (-sum(way.length for way in chosen), net.place[part[0]], part, chosen))

    part_off(list(net.place))
    while waiting:
        _, _, part, chosen = heapq.heappop(waiting)
        lines.append(_chained(chosen))
        for way in chosen:
            net.remove(way)
        grown = net.join({node for way in chosen for node in way.ends})
        part_off([way for way in part if way in net.place] + grown)  # no other part is touched
    return lines


def _through(part: list[Way]) -> list[Way]:
    """The longest way through one connected part, as the ways that it is made of."""
    ring = [way for way in part if way.ends[0] == way.ends[1]]
    start = min(min(way.ends) for way in part)
    far, _ = _farthest(part, start)
    end, before = _farthest(part, far)
    chosen: list[Way] = []
    node = end
    while node in before and node != far:
        way = before[node]
        chosen.append(way)
        node = way.ends[0] if way.ends[1] == node else way.ends[1]
    longest_ring = max(ring, key=lambda way: way.length, default=None)
    if longest_ring is not None and (not chosen or longest_ring.length > sum(way.length for way in chosen)):
        return [longest_ring]
    return chosen[::-1]


def _farthest(part: list[Way], start: int) -> tuple[int, dict[int, Way]]:
    """(the node farthest from ``start``, the way by which each node is reached)."""
    at: dict[int, list[Way]] = defaultdict(list)
    for way in part:
        at[way.ends[0]].append(way)
        at[way.ends[1]].append(way)
    distance = {start: 0.0}
    before: dict[int, Way] = {}
    queue = [(0.0, start)]
    while queue:
        far, node = heapq.heappop(queue)
        if far > distance[node]:
            continue
        for way in at[node]:
            other = way.ends[1] if way.ends[0] == node else way.ends[0]
            if far + way.length < distance.get(other, np.inf):
                distance[other] = far + way.length
                before[other] = way
                heapq.heappush(queue, (distance[other], other))
    return max(distance, key=lambda node: (distance[node], -node)), before


def _chained(chosen: list[Way]) -> Way:
    if len(chosen) == 1:
        return chosen[0]
    first, second = chosen[0], chosen[1]
    line = first if first.ends[1] in second.ends else first.turned()
    for way in chosen[1:]:
        following = way if way.ends[0] == line.ends[1] else way.turned()
        line = Way(np.concatenate([line.cells, following.cells[1:]]), (line.ends[0], following.ends[1]))
    return line


def _linked(cell: int, here: set[int], height: int, width: int) -> list[int]:
    row, column = divmod(cell, width)
    found = []
    for down, right in _NEIGHBOURS:
        if not (0 <= row + down < height and 0 <= column + right < width):
            continue
        other = cell + down * width + right
        if other not in here:
            continue
        if down and right and (cell + down * width in here or cell + right in here):
            continue
        found.append(other)
    return found


def _followed(node: int, first: int, links: dict[int, list[int]], used: set[tuple[int, int]]) -> list[int]:
    way = [node, first]
    used.update(((node, first), (first, node)))
    while len(links[way[-1]]) == 2 and way[-1] != node:
        onward = [cell for cell in links[way[-1]] if cell != way[-2]]
        if not onward:
            break
        used.update(((way[-1], onward[0]), (onward[0], way[-1])))
        way.append(onward[0])
    return way


def _way(cells: list[int], width: int) -> Way:
    numbers = np.array(cells)
    return Way(np.stack(np.divmod(numbers, width), axis=1).astype(np.intp), (cells[0], cells[-1]))
