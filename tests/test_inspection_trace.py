"""From a thin mask to ways, from a map to lines."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import binary_dilation, distance_transform_edt
from skimage.draw import polygon

from fissura.inspection import graph
from fissura.inspection.graph import Way, connected, degrees, joined, longest_first, pruned, ways
from fissura.inspection.outline import _filled
from fissura.inspection.trace import _BEYOND_CELLS, _Radius, coarse_traces, evenly, supported

T = np.array(
    [
        [0, 0, 0, 0, 0, 0, 0, 0, 0],
        [0, 1, 1, 1, 1, 1, 1, 1, 0],
        [0, 0, 0, 0, 1, 0, 0, 0, 0],
        [0, 0, 0, 0, 1, 0, 0, 0, 0],
    ],
    dtype=bool,
)


def drawn(*lines, shape=(80, 120), low=-6.0, high=6.0, half=1):
    """A map with straight lines of cells from (row, column) to (row, column)."""
    cells = np.full(shape, low, dtype=np.float32)
    for start, end in lines:
        count = int(np.abs(np.subtract(end, start)).max()) + 1
        for row, column in np.rint(np.linspace(start, end, count)).astype(int):
            cells[max(0, row - half) : row + half + 1, max(0, column - half) : column + half + 1] = high
    return cells


def test_a_fork_has_three_ways_and_one_node_in_common():
    found = ways(T)
    assert sorted(way.length for way in found) == [2.0, 3.0, 3.0]
    assert {node for way in found for node in way.ends} >= {1 * 9 + 4}


@pytest.mark.parametrize("turns", range(4))
def test_the_longest_way_runs_through_the_fork_and_the_rest_is_a_branch(turns):
    assert [way.length for way in longest_first(ways(np.rot90(T, turns)))] == [6.0, 2.0]


def test_a_spur_goes_and_what_is_left_is_one_way():
    assert [way.length for way in pruned(ways(T), {}, 2.5)] == [6.0]
    assert len(pruned(ways(T), {}, 1.5)) == 3


def test_a_ring_is_one_way_whose_ends_meet():
    ring = np.zeros((7, 7), dtype=bool)
    ring[1:6, 1:6] = True
    ring[2:5, 2:5] = False
    found = ways(ring)
    assert len(found) == 1
    assert found[0].ends[0] == found[0].ends[1]
    assert found[0].length == 16.0


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000))
def test_ways_cover_every_cell_and_lines_keep_every_way(seed):
    from skimage.morphology import skeletonize

    random = np.random.default_rng(seed)
    thin = skeletonize(random.random((14, 14)) < 0.6)
    found = ways(thin)
    covered = {tuple(cell) for way in found for cell in way.cells.tolist()}
    assert covered == {tuple(cell) for cell in np.argwhere(thin).tolist()}
    for group in connected(found):
        assert sum(way.length for way in longest_first(group)) == pytest.approx(sum(way.length for way in group))
        assert sum(way.length for way in joined(group)) == pytest.approx(sum(way.length for way in group))


def test_a_lone_cell_is_no_trace_however_short_one_may_be():
    cells = np.full((12, 40), -6.0, dtype=np.float32)
    cells[3, 3] = 6.0
    cells[8, 10:20] = 6.0
    (trace,) = coarse_traces(cells, 0.0, (48, 160), 0.0)
    assert len(trace.log_odds) > 5


@pytest.mark.parametrize("row", [0, 79])
def test_a_crack_along_the_border_has_a_line_as_long_as_itself(row):
    cells = drawn(((row, 20), (row, 94)))
    (trace,) = coarse_traces(cells, 0.0, (320, 480), 24.0)
    (line,) = trace.lines
    assert np.ptp(line.points_rc[:, 1]) == pytest.approx(300, abs=12)
    assert np.abs(line.points_rc[:, 0] - 4 * row).max() < 8


@pytest.mark.parametrize("down", [10, 27, 60])
@pytest.mark.parametrize("column", [20, 50])
def test_a_crack_along_the_border_that_also_goes_inward_is_traced_whole(down, column):
    along, inward = ((0, 20), (0, 80)), ((0, column), (down, column + down // 2))
    (trace,) = coarse_traces(drawn(along, inward), 0.0, (320, 480), 24.0)
    length = sum(len(line.points_rc) for line in trace.lines)
    assert length == pytest.approx(4 * (60 + np.hypot(down, down // 2)), rel=0.1)


def test_a_wide_crack_that_runs_out_of_the_photograph_does_not_fork_at_the_border():
    cells = drawn(((0, 60), (40, 60)), half=6)
    (trace,) = coarse_traces(cells, 0.0, (320, 480), 24.0)
    assert len(trace.lines) == 1


def test_a_weak_cell_counts_only_beside_a_strong_one():
    cells = np.full((9, 40), -6.0, dtype=np.float32)
    cells[4, 2:10], cells[4, 10:14] = 2.0, -0.5
    cells[4, 25:35] = -0.5
    found = supported(cells, 0.0)
    assert found[4, 2:14].all()
    assert not found[4, 20:].any()


def test_small_holes_in_the_map_are_noise_and_larger_ones_are_none():
    cells = drawn(((20, 10), (20, 60)), shape=(40, 80), half=6)
    cells[18:20, 20:23] = cells[17:23, 40:46] = -6.0  # 6 cells, 36 cells
    found = supported(cells, 0.0)
    assert found[18:20, 20:23].all()
    assert not found[17:23, 40:46].any()


@pytest.mark.parametrize("half", [1, 3, 5])
def test_a_line_goes_as_far_as_the_map_sees_crack_however_wide(half):
    (trace,) = coarse_traces(drawn(((40, 30), (40, 80)), half=half), 0.0, (320, 480), 24)
    (line,) = trace.lines
    assert len(line.points_rc) == pytest.approx(4 * (51 + 2 * half), abs=2)


def test_a_straight_crack_is_one_line_as_long_as_it_is():
    (trace,) = coarse_traces(drawn(((20, 10), (60, 100))), 0.0, (320, 480), 24)
    assert len(trace.lines) == 1
    points = trace.lines[0].points_rc
    assert np.hypot(*(points[-1] - points[0])) == pytest.approx(4 * np.hypot(40, 90), abs=14)


def test_a_branch_is_a_second_line_that_starts_on_the_first():
    (trace,) = coarse_traces(drawn(((40, 10), (40, 110)), ((40, 60), (5, 60))), 0.0, (320, 480), 24)
    first, second = trace.lines
    assert first.loose == (True, True)
    assert sorted(second.loose) == [False, True]
    fork = second.points_rc[0 if not second.loose[0] else -1]
    assert np.hypot(*(first.points_rc - fork).T).min() < 6


def test_a_gap_is_bridged_only_where_the_map_holds_some_evidence():
    apart = drawn(((40, 10), (40, 50)), ((40, 60), (40, 110)))
    assert len(coarse_traces(apart, 0.0, (320, 480), 24)) == 2
    apart[40, 50:61] = np.maximum(apart[40, 50:61], -2.5)
    assert len(coarse_traces(apart, 0.0, (320, 480), 24)) == 1


def test_lines_beside_each_other_are_not_bridged():
    beside = drawn(((40, 10), (40, 50)), ((50, 60), (50, 110)), low=-2.0)
    assert len(coarse_traces(beside, 0.0, (320, 480), 24)) == 2


def test_a_wide_crack_through_the_border_has_no_branches_into_its_corners():
    (trace,) = coarse_traces(drawn(((0, 60), (79, 60)), half=5), 0.0, (320, 480), 24)
    assert len(trace.lines) == 1
    assert len(trace.lines[0].points_rc) == pytest.approx(320, abs=4)


def test_what_is_shorter_than_asked_for_is_left_out():
    cells = drawn(((40, 10), (40, 20)))
    assert len(coarse_traces(cells, 0.0, (320, 480), 24)) == 1
    assert coarse_traces(cells, 0.0, (320, 480), 100) == []


def test_an_empty_map_has_no_traces():
    assert coarse_traces(np.full((5, 5), -9.0, dtype=np.float32), 0.0, (20, 20), 24) == []


def test_even_points_keep_the_ends_and_the_length():
    corner = np.array([[0.0, 0.0], [0.0, 7.3], [4.4, 7.3]])
    points = evenly(corner, 0.5)
    assert points[0].tolist() == [0, 0]
    assert points[-1].tolist() == [4.4, 7.3]
    assert np.hypot(*np.diff(points, axis=0).T).sum() == pytest.approx(11.7, abs=0.2)


def test_the_radius_of_some_cells_is_that_of_a_distance_map():
    padded = binary_dilation(np.random.default_rng(4).random((90, 120)) > 0.99, iterations=4)
    cells = np.argwhere(np.ones((58, 88), dtype=bool))
    wanted = distance_transform_edt(padded)[_BEYOND_CELLS:-_BEYOND_CELLS, _BEYOND_CELLS:-_BEYOND_CELLS]
    np.testing.assert_allclose(_Radius(padded).at(cells), wanted.ravel(), atol=1e-12)


def test_a_map_that_is_crack_all_over_has_lines_all_the_same():
    assert len(coarse_traces(np.full((40, 60), 5.0, dtype=np.float32), 0.0, (160, 240), 10.0)) == 1


@given(st.integers(0, 10_000), st.integers(1, 4), st.integers(3, 9))
def test_polygons_drawn_at_once_are_those_drawn_one_by_one(seed, count, corners):
    random = np.random.default_rng(seed)
    rings = random.uniform(3, 27, (count, 1, 2)) + random.normal(0, 6, (count, corners, 2))  # many cross themselves
    wanted = np.zeros((80, 80), dtype=bool)
    for ring in rings:
        wanted[polygon(ring[:, 0] + 25, ring[:, 1] + 25, wanted.shape)] = True
    found = np.zeros_like(wanted)
    rows, columns = _filled(rings)
    found[rows + 25, columns + 25] = True
    assert np.array_equal(found, wanted)


def plainly_joined(found):
    """Ways that meet made one, one pair after the other, everything looked at anew."""
    found = list(found)
    while True:
        at = {}
        for way in found:
            for node in way.ends:
                at.setdefault(node, []).append(way)
        pair = next((each for each in at.items() if len(each[1]) == 2 and each[1][0] is not each[1][1]), None)
        if pair is None:
            return found
        node, (first, second) = pair
        before = first if first.ends[1] == node else first.turned()
        after = second if second.ends[0] == node else second.turned()
        found = [way for way in found if way is not first and way is not second]
        cells = np.concatenate([before.cells, after.cells[1:]])
        found.append(Way(cells, (before.ends[0], after.ends[1])))


def plainly_pruned(found, shortest, least):
    found = plainly_joined(found)
    while True:
        degree = degrees(found)
        spurs = [
            (way.length, index)
            for index, way in enumerate(found)
            if 1 in (degree[way.ends[0]], degree[way.ends[1]])
            and any(degree[end] > 2 and way.length < shortest.get(end, least) for end in way.ends)
        ]
        if not spurs:
            return found
        worst = min(spurs)[1]
        found = plainly_joined(found[:worst] + found[worst + 1 :])


def plainly_longest_first(group):
    lines, left = [], plainly_joined(group)
    while left:
        chosen = max(map(graph._through, connected(left)), key=lambda ways: sum(way.length for way in ways))
        lines.append(graph._chained(chosen))
        left = plainly_joined([way for way in left if way not in chosen])
    return lines


def told(found):
    return [(way.ends, way.cells.tolist()) for way in found]


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000))
def test_ways_are_joined_pruned_and_chosen_as_if_everything_were_looked_at_anew_each_time(seed):
    random = np.random.default_rng(seed)
    found = ways(random.random((11, 11)) < random.uniform(0.2, 0.7))
    shortest = {node: float(random.uniform(1, 5)) for way in found for node in way.ends if random.random() < 0.8}
    assert told(joined(found)) == told(plainly_joined(found))
    left = pruned(found, shortest, 3.0)
    assert told(left) == told(plainly_pruned(found, shortest, 3.0))
    for group in connected(left):
        assert told(longest_first(group)) == told(plainly_longest_first(group))


def test_a_wall_full_of_cracks_is_not_gone_through_anew_for_each_of_its_lines(monkeypatch):
    bricks = np.zeros((121, 121), dtype=bool)
    bricks[::6] = True
    for row in range(20):
        bricks[6 * row : 6 * row + 6, 3 * (row % 2) :: 6] = True
    found, looked_at, through = ways(bricks), [], graph._through
    monkeypatch.setattr(graph, "_through", lambda part: looked_at.append(len(part)) or through(part))
    assert len(longest_first(found)) > 100
    assert sum(looked_at) < 20 * len(found)  # it was 73 times as many, and more on a larger wall


def test_a_spur_that_a_fork_loses_is_looked_at_without_all_others(monkeypatch):
    comb = np.zeros((4, 801), dtype=bool)
    comb[0], comb[:3, 10:-10:4] = True, True  # 196 teeth
    found, asked, is_spur = ways(comb), [], graph._Net.is_spur
    monkeypatch.setattr(graph._Net, "is_spur", lambda *given: asked.append(given) or is_spur(*given))
    assert [way.length for way in pruned(found, {}, 3.0)] == [800.0]
    assert len(asked) < 4 * len(found)
