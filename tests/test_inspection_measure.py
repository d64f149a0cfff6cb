"""Lengths and widths of drawn cracks against the truth, over widths, cameras and surfaces; and their uncertainty."""

import math
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial import cKDTree
from tests.perfect_map import inspected_perfectly, perfect_map

from fissura.classifier import load
from fissura.data.synthetic import AS_IT_IS, Camera, draw
from fissura.data.synthetic.gauge import gauge
from fissura.inspection.centre import darkest_way
from fissura.inspection.findings import ODDS_LINE, ODDS_LINE_OF, findings, probability
from fissura.inspection.fit import fitted
from fissura.inspection.fits import photograph_blur
from fissura.inspection.measure import MeasuredLine, MeasuredTrace, measured
from fissura.inspection.outline import crack_mask
from fissura.inspection.places import judged, places_to_measure
from fissura.inspection.profiles import Profiles, across, onward, smoothed
from fissura.inspection.quantities import area, darkness, extent_and_straightness, length, orientation
from fissura.inspection.record import Quantity, Settings, total
from fissura.inspection.scale import Scale
from fissura.inspection.straight import straightened
from fissura.inspection.trace import coarse_traces, evenly

PHONE = Camera(defocus_px=1.0, noise=2.0, jpeg=75)
NOISY = Camera(noise=6.0)
SIZE = (288, 288)


def true_line(scene):
    """(centre line 1 px apart, its width there, which points are in the picture, length in the picture)."""
    points = scene.cracks[0].points
    line = evenly(points[:, :2])
    along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(points[:, :2], axis=0).T))])
    width = np.interp(np.linspace(0, along[-1], len(line)), along, points[:, 2])
    inside = ((line >= -0.5) & (line <= np.array(scene.image.shape) - 0.5)).all(axis=1) & (width > 0.3)
    return line, width, inside, inside.sum() * along[-1] / (len(line) - 1)


def errors_of(scene, inspection):
    """(errors of the width at every measured place, each by its stated uncertainty)."""
    line, width, _, _ = true_line(scene)
    errors, shares = [], []
    for found in inspection.findings[0].lines:
        ok = np.isfinite(found.width_px)
        _, nearest = cKDTree(line).query(found.points_rc[ok])
        off = found.width_px[ok] - width[nearest]
        errors.append(off)
        shares.append(off / found.error_px[ok])
    return np.concatenate(errors), np.concatenate(shares)


def measured_scenes(width_px, camera, surfaces=("fine concrete", "plaster"), count=6, seed=21):
    for index in range(count):
        scene = gauge(seed, index, width_px, camera, surfaces[index % len(surfaces)], SIZE)
        yield scene, inspected_perfectly(scene.image, scene.mask)


@pytest.mark.parametrize("camera", [AS_IT_IS, PHONE, NOISY], ids=["as it is", "phone", "noisy"])
@pytest.mark.parametrize("width_px", [4, 8, 20])
def test_widths_are_true_to_a_third_of_a_pixel_and_their_uncertainty_holds(width_px, camera):
    found = [errors_of(*pair) for pair in measured_scenes(width_px, camera)]
    errors, shares = (np.concatenate([each[k] for each in found]) for k in (0, 1))
    assert len(errors) > 500
    assert abs(np.median(errors)) < 0.2
    assert np.quantile(np.abs(errors), 0.68) < 0.35
    assert np.quantile(np.abs(errors), 0.98) < 1.0
    assert np.mean(np.abs(shares) < 1) > 0.6
    assert np.mean(np.abs(shares) < 2) > 0.9


@pytest.mark.parametrize("width_px", [1.5, 3, 12])
def test_lengths_are_true_to_three_percent(width_px):
    shares = []
    for scene, inspection in measured_scenes(width_px, PHONE):
        assert len(inspection.findings) == 1
        shares.append(inspection.length.value / true_line(scene)[3] - 1)
    assert abs(np.mean(shares)) < 0.02
    assert np.sqrt(np.mean(np.square(shares))) < 0.03


def test_a_hairline_is_found_and_not_called_measured():
    for scene, inspection in measured_scenes(1.0, PHONE, ("fine concrete",), 3):
        finding = inspection.findings[0]
        assert finding.length.value == pytest.approx(true_line(scene)[3], rel=0.06)
        assert finding.width_mean == Quantity(None, None, "px", "narrow")
        assert not finding.width_mean.measurable


def test_the_darkness_of_a_crack_too_narrow_to_be_measured_is_not_told():
    hairline, wide = (gauge(6, 1, width, AS_IT_IS, "fine concrete", SIZE, depth=0.8) for width in (1.0, 8.0))
    (found,), (beside,) = (inspected_perfectly(each.image, each.mask).findings for each in (hairline, wide))
    assert found.darkness == Quantity(None, None, "", "narrow")
    mean = 0.93 * 0.8  # the middle is as dark as is asked for, and both edges a fifth less
    assert abs(beside.darkness.value - mean) < 2 * beside.darkness.error


def test_nor_is_that_of_a_crack_along_most_of_which_no_width_is_left():
    line = SimpleNamespace(width=np.array([0.0, 0.0, 0.0, 1.2, 1.4]))
    assert darkness(SimpleNamespace(lines=(line,))) == Quantity(None, None, "", "narrow")


def test_a_stripe_of_damp_is_found_and_its_width_not_told():
    scene = gauge(6, 1, 8.0, PHONE, "fine concrete", SIZE, depth=0.3)
    finding = inspected_perfectly(scene.image, scene.mask).findings[0]
    assert finding.darkness.value < 0.38
    assert finding.width_mean == Quantity(None, None, "px", "hidden")
    assert np.isnan(finding.lines[0].width_px).all()


@settings(max_examples=8, deadline=None, derandomize=True)
@given(st.integers(0, 500), st.floats(4.0, 14.0))
def test_a_turned_photograph_has_the_same_measures(index, width_px):
    scene = gauge(8, index, width_px, PHONE, "fine concrete", SIZE)
    straight = inspected_perfectly(scene.image, scene.mask)
    turned = inspected_perfectly(np.rot90(scene.image).copy(), np.rot90(scene.mask).copy())
    assert len(turned.findings) == len(straight.findings) == 1
    one, other = straight.findings[0], turned.findings[0]
    assert other.length.value == pytest.approx(one.length.value, abs=3 * one.length.error)
    if one.width_mean.measurable and other.width_mean.measurable:
        assert other.width_mean.value == pytest.approx(one.width_mean.value, abs=3 * one.width_mean.error)
    turn = (other.orientation.value - one.orientation.value) % 180.0
    assert turn == pytest.approx(90.0, abs=3.0)


@pytest.mark.parametrize("degrees", [20.0, 70.0, 90.0, 110.0, 160.0])
def test_directions_turn_counter_clockwise_from_the_horizontal_as_one_sees_them(degrees):
    right, down = np.cos(np.radians(degrees)), -np.sin(np.radians(degrees))  # rows count downwards
    rows, columns = np.mgrid[:240, :240] - 120
    crack = (np.abs(rows * right - columns * down) < 3) & (np.abs(rows * down + columns * right) < 90)
    image = np.where(crack, 40, 180).astype(np.uint8)
    (finding,) = inspected_perfectly(image, crack).findings
    assert finding.orientation.value == pytest.approx(degrees, abs=1.5)


def test_a_diagonal_is_as_long_as_it_is():
    image = np.full((200, 200), 180, dtype=np.uint8)
    down, right = np.mgrid[:200, :200]
    beside = np.abs(down - right) / np.sqrt(2)
    along = down + right
    crack = (beside < 2.5) & (along > 80) & (along < 320)
    image[crack] = 40
    (finding,) = inspected_perfectly(image, crack).findings
    assert finding.length.value == pytest.approx(240 / np.sqrt(2), abs=2 * finding.length.error)
    assert finding.length.error < 6
    assert finding.width_mean.value == pytest.approx(5.0, abs=0.35)
    assert finding.orientation.value == pytest.approx(135.0, abs=1.0)
    assert finding.straightness.value > 0.98
    assert finding.area.value == pytest.approx(crack.sum(), rel=0.06)
    top, left, bottom, right_edge = finding.box_rc
    overlap = np.logical_and(finding.mask, crack[top:bottom, left:right_edge]).sum()
    assert overlap / (finding.mask.sum() + crack.sum() - overlap) > 0.85


def test_the_widest_place_is_where_it_is():
    image = np.full((160, 300), 170.0)
    columns = np.arange(300)
    half = 3.0 + 3.0 * np.exp(-(((columns - 210) / 25.0) ** 2))
    rows = np.abs(np.arange(160)[:, None] - 80.0)
    covered = np.clip(half + 0.5 - rows, 0, 1)
    image = (image - 130 * covered + np.random.default_rng(2).normal(0, 2, image.shape)).clip(0, 255).astype(np.uint8)
    (finding,) = inspected_perfectly(image, covered > 0.5).findings
    assert finding.width_max.value == pytest.approx(12.0, abs=0.5)
    assert finding.width_max_rc[1] == pytest.approx(210, abs=8)
    assert finding.width_p95.value < finding.width_max.value
    (line,) = finding.lines
    told = line.width_px[np.isfinite(line.width_px)]
    assert finding.width_p95.value == pytest.approx(np.quantile(told, 0.95, method="lower"))
    assert finding.width_mean.value == pytest.approx(told.mean())
    assert "cut" in finding.warnings
    # it goes to the border on both sides, and has no width across its ends
    assert sorted(line.points_rc[[0, -1], 1]) == pytest.approx([0, 299], abs=1)
    assert np.isnan(line.width_px[[0, -1]]).all()


def test_where_to_look_the_crack_is_as_wide_as_is_told():
    """Of a crack with a knot every 16 px none is kept up: the 95th percentile is told, and a place that has it."""
    image = np.full((160, 300), 170.0)
    half = 4 + 1.5 * np.cos(2 * np.pi * np.arange(300) / 16)
    covered = np.clip(half + 0.5 - np.abs(np.arange(160)[:, None] - 80.0), 0, 1)
    image = (image - 130 * covered + np.random.default_rng(2).normal(0, 2, image.shape)).clip(0, 255).astype(np.uint8)
    (finding,) = inspected_perfectly(image, covered > 0.5).findings
    assert finding.width_max.value == finding.width_p95.value
    (line,) = finding.lines
    shown = np.flatnonzero((line.points_rc == finding.width_max_rc).all(axis=1))
    assert finding.width_max.value <= line.width_px[shown] < finding.width_max.value + 0.5


def test_a_bright_crack_is_measured_and_called_bright():
    scene = gauge(4, 2, 8.0, surface="fine concrete", size_hw=SIZE)
    dark = inspected_perfectly(scene.image, scene.mask).findings[0]
    bright = inspected_perfectly(255 - scene.image, scene.mask).findings[0]
    assert bright.width_mean.value == pytest.approx(dark.width_mean.value, abs=0.3)
    assert bright.darkness.value < 0 < dark.darkness.value
    assert "bright" in bright.warnings
    assert "bright" not in dark.warnings


@pytest.mark.parametrize(("surface", "line", "share"), [(200, 240, -0.2), (120, 190, -0.583), (200, 40, 0.8)])
def test_darkness_is_a_share_of_the_light_beside_the_crack_whether_it_is_dark_or_bright(surface, line, share):
    crack = np.zeros((160, 300), dtype=bool)
    crack[76:86] = True
    noise = np.random.default_rng(5).normal(0, 1.5, crack.shape)
    image = (np.where(crack, line, surface) + noise).clip(0, 255).astype(np.uint8)
    (finding,) = inspected_perfectly(image, crack).findings
    assert ("bright" in finding.warnings) == (share < 0)
    assert finding.darkness.value == pytest.approx(share, abs=0.03)
    assert 0 < finding.darkness.error < 0.04


def test_no_share_of_hardly_any_light_is_told_of_a_bright_crack():
    crack = np.zeros((160, 300), dtype=bool)
    crack[76:86] = True
    noise = np.random.default_rng(5).normal(0, 1.5, crack.shape)
    image = (np.where(crack, 90, 3) + noise).clip(0, 255).astype(np.uint8)
    (finding,) = inspected_perfectly(image, crack).findings
    assert finding.darkness.value is None
    assert finding.darkness.reason == "dark"


@pytest.mark.parametrize(
    ("rows", "columns", "why"),
    [
        (slice(115, 119), slice(10, 310), "border"),  # 1.5 px of the surface are seen below it
        (slice(112, 118), slice(10, 310), ""),
        (slice(60, 72), slice(150, 160), "short"),
    ],
)
def test_what_is_too_close_to_the_border_is_not_called_too_short(rows, columns, why):
    crack = np.zeros((121, 320), dtype=bool)
    crack[rows, columns] = True
    image = np.where(crack, 40, 180) + np.random.default_rng(6).normal(0, 2, crack.shape)
    (finding,) = inspected_perfectly(image.astype(np.uint8), crack, settings=Settings(shortest_px=8)).findings
    assert {finding.width_mean.reason, finding.width_max.reason} == {why}


@pytest.mark.parametrize("rows", [slice(0, 4), slice(2, 6), slice(116, 120)])
def test_a_crack_along_the_border_is_found_as_long_as_it_is(rows):
    crack = np.zeros((121, 320), dtype=bool)
    crack[rows, 10:310] = True
    image = np.where(crack, 40, 180) + np.random.default_rng(6).normal(0, 2, crack.shape)
    (finding,) = inspected_perfectly(image.astype(np.uint8), crack).findings
    assert finding.length.value == pytest.approx(300, abs=15)
    assert finding.width_max.reason == "border"


@pytest.mark.parametrize("turns", range(4))
@pytest.mark.parametrize("cut", [0, 4, 8])
def test_a_crack_that_the_border_cuts_along_is_measured_inside_the_photograph(cut, turns):
    rows, columns = np.mgrid[-8:120, 0:320]
    crack = np.rot90((np.abs(rows - 4 * np.sin(columns / 40)) < 7)[cut:], turns)
    image = np.where(crack, 40, 180) + np.random.default_rng(6).normal(0, 2, crack.shape)
    (finding,) = inspected_perfectly(image.astype(np.uint8), crack).findings
    points = np.concatenate([line.points_rc for line in finding.lines])
    assert (points >= -0.5).all()
    assert (points <= np.array(crack.shape) - 0.5).all()
    whole = np.zeros_like(crack)
    top, left, bottom, right = finding.box_rc
    whole[top:bottom, left:right] = finding.mask
    assert (whole & crack).sum() > 0.85 * (whole | crack).sum()
    assert finding.length.value == pytest.approx(320, abs=30)


@pytest.mark.parametrize("index", [7, 12, 18, 33, 37])
def test_a_centre_line_makes_no_jump_at_its_end(index):
    scene = draw(77, index, (320, 320), crack=True)
    lines = [line.points_rc for each in inspected_perfectly(scene.image, scene.mask).findings for line in each.lines]
    assert max(np.hypot(*np.diff(points, axis=0).T).max() for points in lines) < 3


def test_what_leads_back_is_left_out_of_a_line():
    normals = np.tile([[1.0, 0.0]], (8, 1))  # across a line that runs along its row
    columns = np.array([0.0, 1, 2, 3, 2.5, 2.9, 3.5, 4])
    line = np.stack([np.zeros(8), columns], axis=1)
    assert columns[onward(line, normals)].tolist() == [0, 1, 2, 3, 3.5, 4]
    assert onward(line[:4], normals[:4]).tolist() == [0, 1, 2, 3]
    assert onward(line[::-1], -normals).tolist() == [0, 1, 2, 3, 5, 6, 7]
    assert onward(line[[0, 0, 0]], normals[:3]).tolist() == [0, 1, 2]  # nowhere: as it is


def test_a_long_crack_with_things_all_along_it_is_not_called_too_short():
    scene = gauge(3, 1, 5.0, surface="fine concrete", size_hw=SIZE)
    (line,) = coarse_traces(perfect_map(scene.mask), 0.0, SIZE, 10.0)
    (trace,), blur = measured(scene.image, [line])
    for seen in (0, 4):  # nowhere, and in pieces of four points
        blind = [replace(each, seen=each.seen & (np.arange(len(each.seen)) % 8 < seen)) for each in trace.lines]
        (found,) = findings([replace(trace, lines=tuple(blind))], SIZE, "0" * 64, blur[0])
        assert found.width_max == Quantity(None, None, "px", "hidden")
        assert found.width_mean.measurable == (seen > 0)
    (found,) = findings([trace], SIZE, "0" * 64, blur[0])
    assert found.width_max.measurable


def test_a_pore_that_touches_a_crack_does_not_widen_it():
    scene = gauge(3, 0, 4.0, surface="fine concrete", size_hw=SIZE)
    line, width, inside, _ = true_line(scene)
    row, column = line[inside][inside.sum() // 2]
    down, right = np.mgrid[: SIZE[0], : SIZE[1]]
    image = np.where(np.hypot(down - row - 5, right - column - 5) < 5, 40, scene.image).astype(np.uint8)
    finding = inspected_perfectly(image, scene.mask).findings[0]
    assert finding.width_max.value < width[inside].max() + 1.0


def line_of(points, width, loose=(True, True), scatter=0.1):
    """A measured line as wide everywhere, or with a width of its own at each point."""
    n = len(points)
    numbers = [np.broadcast_to(float(each), n) for each in (0.1, scatter, 170.0, 120.0, 40.0)]
    return MeasuredLine(points, np.broadcast_to(width, n).astype(float), *numbers, np.ones(n, dtype=bool), loose)


@pytest.mark.parametrize("degrees", [20, 180, 270, 300, 360])
def test_the_more_a_line_is_bent_the_less_certain_is_its_direction_and_a_ring_has_none(degrees):
    turns = np.radians(np.linspace(0, degrees, 400))
    noise = np.random.default_rng(1).normal(0, 0.2, (400, 2))
    points = 100 + 40 * np.stack([np.sin(turns), np.cos(turns)], axis=1) + noise
    across, along = np.sqrt(np.linalg.eigvalsh(np.cov(points.T, bias=True)))
    expected = math.degrees(math.atan2(2 * along, along**2 - across**2))
    none = 180 / math.sqrt(12)
    assert orientation(line_of(points, 4.0)).error == pytest.approx(min(none, expected), rel=1e-6)
    assert (expected > 0.8 * none) == (degrees == 360)


MAIN = np.stack([np.full(201, 100.0), np.arange(201.0)], axis=1)
BRANCH = np.stack([100.0 + np.arange(81.0), np.full(81, 100.0)], axis=1)


def test_where_two_lines_meet_no_width_is_measured():
    lines = [line_of(MAIN, 10.0), line_of(BRANCH, 4.0, (False, True))]
    main, branch = places_to_measure(lines)
    meets = (10 + 4) / 2 + 3
    assert np.array_equal(main[6:-6], np.abs(MAIN[6:-6, 1] - 100) > meets)
    assert np.array_equal(branch[:-6], BRANCH[:-6, 0] - 100 > meets)
    assert not main[[0, -1]].any()  # free ends
    assert places_to_measure(lines[:1])[0][100]


def test_what_a_fork_hides_is_asked_of_no_fork_too_few():
    """Only forks near a line are looked at: as if all were."""
    random = np.random.default_rng(3)
    lines = [line_of(MAIN, 10.0)]
    for _ in range(40):
        start, way = random.uniform(0, 200, 2), random.normal(0, 1, 2)
        points = start + np.arange(random.integers(5, 60))[:, None] * way / np.hypot(*way)
        lines.append(line_of(points, random.uniform(2, 25), tuple(random.random(2) < 0.4)))
    width = [float(np.median(line.width)) for line in lines]
    for index, (line, found) in enumerate(zip(lines, places_to_measure(lines), strict=True)):
        wanted = np.ones(len(line.points), dtype=bool)
        for number, other in enumerate(lines):
            for end in (0, -1):
                meets = width[0 if number == index else number]  # the main line is as wide everywhere
                away = np.hypot(*(line.points - other.points[end]).T)
                wanted &= other.loose[end] | (away > (width[index] + meets) / 2 + 3)
        for end in (0, -1):
            away = np.hypot(*(line.points - line.points[end]).T)
            wanted &= (not line.loose[end]) | (away > min(width[index] / 2, len(line.points) / 4))
        assert np.array_equal(found, wanted)


def test_extent_and_straightness_are_the_less_certain_the_less_of_the_crack_shows_two_edges():
    line = line_of(np.stack([np.linspace(0, 200, 201), 10 * np.sin(np.linspace(0, 9, 201))], axis=1), 5.0)
    shown, half, nothing = (
        extent_and_straightness(replace(line, seen=np.arange(len(line.points)) < share * len(line.points)))
        for share in (1.0, 0.5, 0.0)
    )
    assert shown[0].error == pytest.approx(8**0.5)  # of its two ends
    assert shown[0].value == half[0].value == nothing[0].value
    for k in (0, 1):
        assert shown[k].error < half[k].error < nothing[k].error


def test_a_wide_crack_on_a_rough_surface_is_not_called_too_narrow():
    rough = np.random.default_rng(12).normal(140.0, 30.0, (200, 200))
    crack = np.zeros((200, 200), dtype=bool)
    crack[95:105, 30:170] = True
    image = np.where(crack, rough - 60.0, rough).clip(0, 255).astype(np.uint8)
    (finding,) = inspected_perfectly(image, crack).findings
    assert (finding.width_max.value, finding.width_max.reason) == (None, "hidden")


def test_no_area_is_told_of_a_crack_whose_width_is_not():
    image = np.full((200, 200), 180, dtype=np.uint8)
    image[100, 40:160] = 60  # a pixel wide: the fit says something, which is no measurement
    crack = np.zeros((200, 200), dtype=bool)
    crack[99:102, 40:160] = True
    inspection = inspected_perfectly(image, crack)
    (finding,) = inspection.findings
    assert finding.length.measurable
    assert not finding.width_mean.measurable
    assert finding.area == inspection.area == Quantity(None, None, "px2", finding.width_mean.reason)


def test_the_area_where_a_branch_leaves_its_crack_is_counted_once():
    lines = [line_of(MAIN, 10.0), line_of(BRANCH, 4.0, (False, True))]
    main, both = (area(some, judged(some, 0.9)) for some in (lines[:1], lines))
    assert main.value == pytest.approx(10 * 201, rel=0.01)
    assert both.value - main.value == pytest.approx(4 * (81 - 5), abs=4)


def test_widths_are_drawn_to_their_neighbourhood_by_as_much_as_they_are_noise():
    random = np.random.default_rng(7)
    noise = random.normal(0, 0.5, 201)
    waves = 8 + 2 * np.sin(np.arange(201) / 5)
    noisy, wavy = (judged([line_of(MAIN, width, scatter=0.5)], 0.9)[0] for width in (8 + noise, waves))
    inside = slice(20, -20)
    assert np.std(noisy.value[inside]) < 0.5 * np.std(noise[inside])
    assert np.std(wavy.value[inside]) > 0.8 * np.std(waves[inside])


def test_the_same_photograph_gives_the_same_ids_and_another_other_ones():
    scene = gauge(3, 1, 5.0, size_hw=SIZE)
    first, again = (inspected_perfectly(scene.image, scene.mask) for _ in range(2))
    assert [each.id for each in first.findings] == [each.id for each in again.findings]
    assert all(len(each.id) == 12 for each in first.findings)


def test_two_findings_in_one_place_have_ids_of_their_own():
    """Places are rounded to 8 px for the id: it stays when the same crack is found a pixel beside."""
    log_odds = np.array([2.0], np.float32)
    traces = [
        MeasuredTrace((line_of(np.add(MAIN[: 200 - longer], (down, 0.0)), 6.0),), 1, 0.7, 0.01, log_odds)
        for longer, down in ((0, 4.0), (1, 5.0), (2, 4.5))
    ]
    ids = [each.id for each in findings(traces, SIZE, "0" * 64, 0.9)]
    assert len(set(ids)) == 3
    assert [each.id for each in findings(traces[1:2], SIZE, "0" * 64, 0.9)] == ids[:1]
    assert [each.id for each in findings(traces, SIZE, "0" * 64, 0.9)] == ids


def test_of_more_findings_than_are_kept_the_longest_are_and_it_is_said(monkeypatch):
    image = np.full(SIZE, 170, np.uint8)
    for number, long in enumerate((60, 150, 100)):
        image[40 + 60 * number : 46 + 60 * number, 20 : 20 + long] = 40
    assert "many" not in inspected_perfectly(image, image < 100).warnings
    monkeypatch.setattr("fissura.inspection.photograph.MOST_FINDINGS", 2)
    found = inspected_perfectly(image, image < 100)
    assert [each.length.value for each in found.findings] == pytest.approx([150, 100], abs=8)
    assert found.warnings.count("many") == 1


def test_the_probability_of_a_finding_is_put_right_for_the_detector_it_was_found_with():
    scene = gauge(3, 1, 5.0, size_hw=SIZE)
    (line,) = coarse_traces(perfect_map(scene.mask), 0.0, SIZE, 10.0)
    traces, blur = measured(scene.image, [line])
    told = 1 / (1 + np.exp(-float(line.log_odds.mean())))
    (own,), (another,) = (findings(traces, SIZE, "0" * 64, blur[0], of) for of in (ODDS_LINE_OF, "another"))
    assert another.probability == pytest.approx(told, rel=1e-6)
    assert own.probability == pytest.approx(probability(line.log_odds.mean(), ODDS_LINE), rel=1e-6)
    assert own.probability != pytest.approx(another.probability, rel=1e-6)
    assert load("built-in").fingerprint == ODDS_LINE_OF  # else find the line anew: benchmarks/finding_reliability.py


def test_probabilities_of_findings_rise_with_the_evidence_and_stay_numbers():
    values = [probability(log_odds, ODDS_LINE) for log_odds in (-1e9, -30, -1, 0, 1, 4, 30, 1e9)]
    assert values == sorted(values)
    assert 0 <= values[0] < 0.3
    assert 0.95 < values[5] < values[-1] <= 1
    assert probability(2.0, ODDS_LINE) < probability(2.0, (1.0, 0.0))


def test_where_the_second_look_has_moved_an_edge_beyond_the_other_no_width_is_told():
    width = np.where(np.arange(201) == 100, -0.4, 10.0)
    (told,) = judged([line_of(MAIN, width)], 0.9)
    assert told.ok[95:99].all()
    assert not (told.ok & (told.value <= 0)).any()
    below = line_of(MAIN, -8.0)
    assert length([below]).error >= length([line_of(MAIN, 0.0)]).error
    (_, _, bottom, right), mask = crack_mask([(np.add(MAIN, (SIZE[0] - 101, 0)), below.width)], SIZE)
    assert mask.any()
    assert bottom <= SIZE[0]
    assert right <= SIZE[1]


def test_of_what_is_as_faint_as_damp_no_width_is_told_not_even_a_mean():
    seen = np.arange(201) % 40 < 20  # in stretches too short for a greatest width to be told
    trace = MeasuredTrace((replace(line_of(MAIN, 6.0), seen=seen),), 1, 0.2, 0.01, np.full(9, 2.0, np.float32))
    (found,) = findings([trace], SIZE, "0" * 64, 0.9)
    for each in (found.width_mean, found.width_p95, found.width_max, found.area):
        assert not each.measurable
    assert np.isnan(found.lines[0].width_px).all()


@pytest.mark.parametrize("turned", [False, True])
def test_a_level_line_lies_at_0_degrees_however_its_points_are_rounded(turned):
    rows = 100.0 + 1e-15 * np.arange(201.0)
    points = np.stack([rows, np.arange(201.0)[:: -1 if turned else 1]], axis=1)
    assert 0.0 <= orientation(line_of(points, 4.0)).value < 180.0


def test_two_half_lines_in_a_map_are_two_findings_the_longest_first():
    image = np.full((200, 300), 170, dtype=np.uint8)
    image[60:64, 20:120], image[140:146, 20:280] = 50, 40
    found = inspected_perfectly(image, image < 100)
    assert [each.length.value > 200 for each in found.findings] == [True, False]
    assert found.length.value == pytest.approx(360, rel=0.05)
    assert found.density.value == pytest.approx(found.length.value / 0.06, rel=1e-9)
    assert (found.mask == (image < 100)).mean() > 0.99


def test_millimetres_carry_the_uncertainty_of_the_scale():
    quantity = Quantity(100.0, 3.0, "px").in_mm(Scale(0.2, 0.01))
    assert (quantity.value, quantity.unit) == (20.0, "mm")
    assert quantity.error == pytest.approx(np.hypot(0.6, 1.0))
    area = Quantity(100.0, 0.0, "px2").in_mm(Scale(0.2, 0.01))
    assert (area.value, area.error) == (pytest.approx(4.0), pytest.approx(2 * 0.05 * 4.0))
    density = Quantity(50.0, 0.0, "px/Mpx").in_mm(Scale(0.2))
    assert (density.value, density.unit) == (pytest.approx(250.0), "mm/m2")  # 50 px on 1e6 px: 10 mm on 0.04 m2
    assert Quantity(45.0, 1.0, "deg").in_mm(Scale(0.2)) == Quantity(45.0, 1.0, "deg")
    assert total([Quantity(1.0, 0.1, "px"), Quantity(None, None, "px", "short")], "px") == Quantity(1.0, 0.1, "px")


def test_a_photograph_in_which_no_line_stands_out_has_no_blur():
    scene = gauge(3, 1, 5.0, size_hw=SIZE)
    (trace,) = coarse_traces(perfect_map(scene.mask), 0.0, SIZE, 10.0)
    clear, faint = (
        photograph_blur(list(straightened(pixels, trace)[1]))
        for pixels in (scene.image, np.full(SIZE, 120, dtype=np.uint8))
    )
    assert clear is not None
    assert faint is None


def test_the_blur_of_many_lines_is_that_of_some_of_their_places(monkeypatch):
    scene = gauge(3, 1, 5.0, size_hw=SIZE)
    (trace,) = coarse_traces(perfect_map(scene.mask), 0.0, SIZE, 10.0)
    _, (line, *_) = straightened(scene.image, trace)
    assert photograph_blur([]) is None
    asked = []

    def counted(bundles):
        asked.extend(len(each.grey) for each in bundles)
        return fitted(bundles)

    monkeypatch.setattr("fissura.inspection.fits.fitted", counted)
    one, many = photograph_blur([line]), photograph_blur([line] * 40)
    assert asked[0] == min(150, len(line.rough.left))
    assert sum(asked[1:]) <= 1500
    assert many[0] == pytest.approx(one[0], abs=0.1)
    few = line.profiles
    few = Profiles(few.grey[:8], few.offsets, few.inside[:8], few.normals[:8])
    short = replace(line, profiles=few, rough=line.rough.of(np.arange(8)))
    asked.clear()
    photograph_blur([short] * 60)
    assert asked == [8] * 60  # few as they are, all of them are asked
    few = Profiles(few.grey[:2], few.offsets, few.inside[:2], few.normals[:2])
    shortest = replace(line, profiles=few, rough=line.rough.of(np.arange(2)))
    asked.clear()
    photograph_blur([line] * 60 + [shortest])
    assert asked[-1] == 1  # shorter than the distance between those that are asked
    monkeypatch.setattr("fissura.inspection.fits._TELLING_IN_ALL", 3)  # as if there were thousands of lines
    asked.clear()
    photograph_blur([line] * 10)
    assert asked == [1] * 10


def test_the_darkest_way_is_the_best_of_all():
    random = np.random.default_rng(3)
    darkness = random.normal(0, 1, (5, 4))
    price = 0.12

    def gathered(way):
        moves = np.diff(way)
        if (np.abs(moves) > 2).any():
            return -np.inf
        return darkness[np.arange(5), way].sum() - price * (moves**2).sum()

    best = max(np.ndindex(4, 4, 4, 4, 4), key=lambda way: gathered(np.array(way)))
    assert darkest_way(darkness).tolist() == list(best)


def test_profiles_lie_across_the_line():
    ramp = np.tile(np.arange(100, dtype=np.uint8), (60, 1))
    points = np.stack([np.arange(10.0, 50.0), np.full(40, 50.0)], axis=1)
    found = across(ramp, points, 5)
    assert found.offsets.tolist() == [each / 2 for each in range(-10, 11)]
    np.testing.assert_allclose(np.abs(found.grey[20] - 50), np.abs(found.offsets), atol=1e-9)
    assert found.inside.all()
    assert not across(ramp, points - [0, 49], 5).inside.all()


def test_edges_are_cut_back_along_the_border_and_go_on_as_they_were_where_a_crack_leaves():
    offsets = np.arange(-10, 11) / 1.0
    inside = np.ones((40, 21), dtype=bool)
    inside[30:, :8] = False  # 3 px of the line's left side are in the photograph
    found = Profiles(np.zeros((40, 21)), offsets, inside, np.zeros((40, 2)))
    left, right = np.full(40, -6.0), np.full(40, 4.0)
    left[35:], right[35:] = -9.0, 1.0
    along = found.cut_back(left, right, spacing=2.0)  # 20 px of a crack that is 10 px wide
    np.testing.assert_array_equal(along[0], np.where(np.arange(40) < 30, -6.0, -2.0))
    np.testing.assert_array_equal(along[1], right)
    leaving = found.cut_back(left, right, spacing=0.5)
    np.testing.assert_array_equal(leaving, [np.full(40, -6.0), np.full(40, 4.0)])
    untouched = np.zeros(40), np.full(40, 4.0)
    np.testing.assert_array_equal(found.cut_back(*untouched), untouched)


@given(st.integers(3, 60), st.floats(0.5, 5.0))
def test_smoothing_keeps_straight_lines_and_ends(count, sigma):
    line = np.stack([np.arange(count) * 0.7, 3 - np.arange(count) * 0.2], axis=1)
    np.testing.assert_allclose(smoothed(line, sigma), line, atol=1e-9)


@pytest.mark.parametrize("bright", [False, True])
@pytest.mark.parametrize("heading", [0.0, 0.6])
def test_a_line_that_goes_on_beyond_the_trace_is_told(bright, heading):
    down, right = np.mgrid[:200, :300].astype(float)
    away = np.abs((down - 60) - heading * (right - 40)) / math.hypot(1, heading)
    dark = np.clip(4.5 - away, 0, 1) * (right > 30) * (right < 240)
    image = 170 - 100 * dark + np.random.default_rng(1).normal(0, 4, dark.shape)
    image = np.clip(255 - image if bright else image, 0, 255).astype(np.uint8)
    for until, goes_on in ((150, True), (240, False)):
        mask = (away < 4) & (right > 30) & (right < until)
        found = inspected_perfectly(image, mask).findings
        assert ["continues" in each.warnings for each in found] == [goes_on]
