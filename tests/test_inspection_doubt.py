"""What the widths of drawn cracks truly are, and what is said where a profile has no two clear edges."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file
from tests.perfect_map import inspected_perfectly

from fissura.data.synthetic import AS_IT_IS, draw
from fissura.data.synthetic.camera import taken
from fissura.data.synthetic.gauge import gauge
from fissura.data.synthetic.outlines import outlined
from fissura.data.synthetic.rendering import Look, with_crack
from fissura.data.synthetic.scene import Crack, Scene
from fissura.data.synthetic.strokes import Stroke, draw_strokes
from fissura.data.synthetic.view import random_view
from fissura.inspection import doubt
from fissura.inspection.edges import Known, crossings
from fissura.inspection.fit import Bundle, fitted
from fissura.inspection.profiles import Profiles
from fissura.inspection.second_look import second_look

SIZE = (200, 240)


def scene_of(strokes, look=None, grey=0.6):
    """Strokes drawn on an even wall, taken as it is."""
    look = look or Look(depth=0.85)
    drawn = draw_strokes(strokes, SIZE, look.reach_px)
    random = np.random.default_rng(1)
    light = np.full(SIZE, grey, dtype=np.float32) + random.normal(0, 0.01, SIZE).astype(np.float32)
    light = with_crack(light, drawn, look, random_view(SIZE, random), random).astype(np.float32)
    image = taken(light, grey, replace(AS_IT_IS, defocus_px=0.8, noise=1.0), SIZE, random)
    mask = drawn.coverage >= 0.5
    cracks = tuple(Crack("single", np.column_stack([each.points, each.width])) for each in strokes)
    return Scene(image, mask, drawn.width, drawn.coverage, cracks, "fine concrete", (), AS_IT_IS, drawn.coverage, look)


def stroke(start, end, left, right):
    share = np.linspace(0.0, 1.0, 200)[:, None]
    points = np.array(start) + share * (np.array(end) - np.array(start))
    return Stroke(points, np.full(200, left), np.full(200, right))


@pytest.mark.parametrize("end", [(100.0, 250.0), (190.0, 250.0)])
def test_a_straight_stroke_is_as_wide_as_its_pen(end):
    (line,) = outlined(scene_of([stroke((100.0, -10.0), end, 2.0, 4.5)]))
    assert line.clear.sum() > 150
    np.testing.assert_allclose(line.width[line.clear], 6.5, atol=0.06)


def test_the_middle_line_lies_half_way_between_the_outlines():
    (line,) = outlined(scene_of([stroke((100.0, -10.0), (100.0, 250.0), 2.0, 4.0)]))
    beside = np.median(np.abs(line.points[line.clear, 0] - 100.0))
    assert beside == pytest.approx(1.0, abs=0.05)


@pytest.mark.parametrize("number", [96, 237])
def test_the_middle_line_of_a_winding_crack_neither_jumps_nor_curls(number):
    """What jumped between openings side by side, and curled in corners, made true lengths too long."""
    for line in outlined(draw(5, number, (320, 320), crack=True)):
        steps = np.hypot(*np.diff(line.points, axis=0).T)
        assert steps.max() < 2
        assert steps.mean() < 1.1


def test_a_gauge_is_as_wide_between_its_outlines_as_its_pen():
    scene = gauge(5, 0, 6.0, size_hw=SIZE)
    (line,) = outlined(scene)
    nominal = scene.cracks[0].points
    nearest = np.array([np.hypot(*(nominal[:, :2] - point).T).argmin() for point in line.points])
    off = (line.width - nominal[nearest, 2])[line.clear]
    assert abs(np.median(off)) < 0.05
    assert np.quantile(np.abs(off), 0.9) < 0.2


def test_a_rough_line_is_wider_than_its_pen():
    share = np.linspace(0.0, 1.0, 260)
    rough = Stroke(
        np.column_stack([100 + 1.5 * np.where(np.arange(260) % 8 < 4, 1.0, -1.0), -10 + 260 * share]),
        np.full(260, 3.0),
        np.full(260, 3.0),
    )
    (line,) = outlined(scene_of([rough]))
    assert np.median(line.width[line.clear]) > 7.0


def test_where_two_lines_meet_no_width_is_told():
    lines = outlined(scene_of([stroke((100, -10), (100, 250), 3.0, 3.0), stroke((100, 120), (190, 160), 2.0, 2.0)]))
    assert len(lines) == 2
    near = np.hypot(*(lines[0].points - (100, 120)).T) < 8
    assert not lines[0].clear[near].any()
    assert lines[0].clear[~near].sum() > 150


def test_a_crack_behind_something_has_no_clear_width():
    scene = scene_of([stroke((100, -10), (100, 250), 3.0, 3.0)])
    coverage = scene.coverage.copy()
    coverage[:, 100:140] = 0
    mask = scene.mask.copy()
    mask[:, 100:140] = False
    (line,) = outlined(replace(scene, coverage=coverage, mask=mask))
    hidden = np.abs(line.points[:, 1] - 119.5) < 20
    assert not line.clear[hidden].any()
    assert line.clear[~hidden].any()


def profiles_of(levels, blur=0.9, count=60):
    """Profiles ``(count, k)`` of ``levels``, (from px, grey) ascending, blurred, with a little noise."""
    offsets = np.arange(-44, 45) * 0.5
    fine = np.linspace(-40, 40, 8001)
    grey = np.full_like(fine, levels[0][1])
    for start, level in levels:
        grey[fine >= start] = level
    kernel = np.exp(-((np.arange(-5, 5.01, 0.01) / blur) ** 2) / 2)
    blurred = np.convolve(np.pad(grey, 500, mode="edge"), kernel / kernel.sum(), mode="valid")
    rows = np.interp(offsets, fine, blurred) + np.random.default_rng(3).normal(0, 1.0, (count, len(offsets)))
    return Profiles(rows, offsets, np.ones(rows.shape, dtype=bool), np.tile([0.0, 1.0], (count, 1)))


def looked_at(profiles, blur=0.9):
    """(the fit, the edges after the second look)."""
    rough = crossings(profiles.grey, profiles.offsets, profiles.inside)
    known = Known(np.full(len(profiles.grey), 120.0), np.full(len(profiles.grey), 10.0), blur, 0.05)
    (fit,) = fitted([Bundle(profiles.grey, profiles.offsets, profiles.inside, rough, known)])
    return fit, second_look(profiles, fit, blur)


def judged(profiles, blur=0.9):
    """``(n,)`` px: the uncertainty of each width."""
    fit, (left, right) = looked_at(profiles, blur)
    return doubt.doubt(doubt.shown(profiles, fit, left, right, blur))


CLEAN = [(-40, 170.0), (-4.0, 50.0), (4.0, 170.0)]
LIT = [(-40, 170.0), (-4.0, 50.0), (4.0, 130.0), (8.0, 170.0)]  # a lit wall, or a broken lip


def test_the_edges_of_a_clean_crack_stay_and_are_hardly_doubted():
    _, (left, right) = looked_at(profiles_of(CLEAN))
    assert np.median(left) == pytest.approx(-4.0, abs=0.1)
    assert np.median(right) == pytest.approx(4.0, abs=0.1)
    assert np.median(judged(profiles_of(CLEAN))) < 0.4


def test_a_step_beside_an_edge_is_a_reason_for_doubt():
    assert np.median(judged(profiles_of(LIT))) > 2 * np.median(judged(profiles_of(CLEAN)))


def test_a_photograph_turned_over_is_as_uncertain():
    profiles = profiles_of(LIT)
    over = replace(profiles, grey=profiles.grey[:, ::-1].copy())
    fit, (left, right) = looked_at(profiles)
    turned = replace(fit, left=-fit.right, right=-fit.left)
    one = doubt.doubt(doubt.shown(profiles, fit, left, right, 0.9))
    other = doubt.doubt(doubt.shown(over, turned, -right, -left, 0.9))
    np.testing.assert_allclose(one, other, rtol=1e-4)


def test_the_network_reckons_as_convolutions_do():
    """Beside torch's own, at the weights that are shipped."""
    weights = {name: torch.from_numpy(each) for name, each in load_file(doubt.FILE).items()}
    fit, (left, right) = looked_at(profiles_of(LIT))
    shown = doubt.shown(profiles_of(LIT), fit, left, right, 0.9)
    together = torch.zeros(())
    for side in doubt.inputs(shown):
        x = torch.from_numpy(side.T[None].copy())
        for number, dilation in enumerate(doubt.DILATIONS):
            kernel, bias = weights[f"layers.{number}.weight"], weights[f"layers.{number}.bias"]
            padding = doubt.KERNEL // 2 * dilation
            after = torch.relu(torch.nn.functional.conv1d(x, kernel, bias, padding=padding, dilation=dilation))
            x = after if number == 0 else x + after
        together = together + torch.relu(torch.nn.functional.conv1d(x, weights["doubt.weight"], weights["doubt.bias"]))
    scale = torch.nn.functional.conv1d(together, weights["scale.weight"], weights["scale.bias"]).clamp(-4, 4).exp()
    np.testing.assert_allclose(doubt.doubt(shown), (scale[0, 0] * weights["spread"]).numpy() * shown.unit, rtol=1e-4)


@pytest.mark.parametrize("count", [1, 2, 5])
def test_short_lines_are_judged_too(count):
    profiles = profiles_of(CLEAN)
    short = Profiles(profiles.grey[:count], profiles.offsets, profiles.inside[:count], profiles.normals[:count])
    error = judged(short)
    assert error.shape == (count,)
    assert np.isfinite(error).all()
    assert (error > 0).all()


def test_a_lit_wall_makes_a_crack_less_certain():
    line = stroke((100, -10), (110, 250), 6.0, 6.0)
    plain = inspected_perfectly(scene_of([line]).image, scene_of([line]).mask).findings[0]
    lit = scene_of([line], Look(depth=0.9, lit_wall=0.4))
    found = inspected_perfectly(lit.image, lit.mask).findings[0]
    assert plain.width_mean.value == pytest.approx(12.0, abs=2 * plain.width_mean.error)
    if found.width_mean.measurable:
        assert found.width_mean.error > 2 * plain.width_mean.error


def test_stated_uncertainties_hold_on_cracks_as_they_come():
    shares = []
    for index in range(14):
        scene = draw(12, index, (240, 240), crack=True)
        lines = outlined(scene)
        if not lines:
            continue
        points, width, clear = (
            np.concatenate([getattr(each, k) for each in lines]) for k in ("points", "width", "clear")
        )
        for each in (
            line for finding in inspected_perfectly(scene.image, scene.mask).findings for line in finding.lines
        ):
            away = np.hypot(*(each.points_rc[:, None] - points[None]).transpose(2, 0, 1))
            nearest = away.argmin(axis=1)
            told = clear[nearest] & np.isfinite(each.width_px) & (away.min(axis=1) < width[nearest] / 2 + 3)
            shares.append(((each.width_px - width[nearest]) / each.error_px)[told])
    share = np.abs(np.concatenate(shares))
    assert len(share) > 500
    assert np.mean(share < 1) > 0.65
    assert np.mean(share < 2) > 0.88
