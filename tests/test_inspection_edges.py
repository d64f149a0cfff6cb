"""The two edges of a profile: first estimates, the fit of a blurred box, and what many fits say together."""

import numpy as np
import pytest
from scipy.special import ndtr

from fissura.inspection.blurred_box import _PER_DEVIATION, _blurred_step, model, reach
from fissura.inspection.edges import Known, Rough, crossings
from fissura.inspection.fit import _OUTSIDE, Bundle, _Batch, _edges, correlated, fitted
from fissura.inspection.pooling import pooled


def test_blurred_step_of_the_table_is_that_of_the_formula():
    away = np.random.default_rng(1).uniform(-12, 12, (200, 300))
    step, slope = _blurred_step(away * _PER_DEVIATION)
    box = (np.arange(400) + 0.5) / 400 * 2 - 1  # a Gaussian of half the variance averaged over a box of the other half
    places = np.linspace(-12, 12, 97)
    wanted = ndtr((places[:, None] + np.sqrt(1.5) * box) * np.sqrt(2)).mean(axis=1)
    np.testing.assert_allclose(_blurred_step(places * _PER_DEVIATION)[0], wanted, atol=1e-5)
    further = 1e-3
    np.testing.assert_allclose((_blurred_step((away + further) * _PER_DEVIATION)[0] - step) / further, slope, atol=2e-3)
    assert step.min() >= -1e-9
    assert step.max() <= 1 + 1e-9


def profile_of(left, right, blur, depth=100.0, noise=0.0, seed=0, count=40):
    offsets = np.arange(-40, 41) * 0.5
    fine = np.linspace(-60, 60, 24001)
    step = fine[1] - fine[0]
    kernel = np.exp(-((np.arange(-6, 6 + step, step) / blur) ** 2) / 2)
    box = np.where((fine > left) & (fine < right), depth, 0.0)
    blurred = np.convolve(box, kernel / kernel.sum(), mode="same")
    grey = 170.0 - np.interp(offsets, fine, blurred) + np.zeros((count, 1))
    grey = grey + np.random.default_rng(seed).normal(0, noise, grey.shape)
    return grey, offsets, np.ones(grey.shape, dtype=bool)


@pytest.mark.parametrize(("left", "right"), [(-3.0, 3.0), (-1.3, 4.2), (-7.5, 7.0)])
def test_half_way_crossings_of_a_blurred_box_are_its_edges(left, right):
    rough = crossings(*profile_of(left, right, 0.6))
    np.testing.assert_allclose(rough.left, left, atol=0.1)
    np.testing.assert_allclose(rough.right, right, atol=0.1)


def test_a_crack_as_wide_as_its_profile_has_numbers_all_the_same():
    offsets = np.arange(-6.0, 6.5, 0.5)
    grey = np.where(np.abs(offsets) <= 8, 40.0, 170.0) + np.array([[0.0], [0.5]]) * offsets
    rough = crossings(grey, offsets, np.ones(grey.shape, dtype=bool))
    assert all(
        np.isfinite(each).all() for each in (rough.left, rough.right, rough.background, rough.depth, rough.noise)
    )


@pytest.mark.parametrize("width", [1.2, 2.0, 5.0])
def test_the_fit_sees_through_the_blur_where_the_darkness_is_known(width):
    grey, offsets, inside = profile_of(-width / 2, width / 2, 0.9, noise=1.0)
    rough = crossings(grey, offsets, inside)
    known = Known(np.full(len(grey), 100.0), np.full(len(grey), 3.0), 0.9, 0.03)
    (found,) = fitted([Bundle(grey, offsets, inside, rough, known)])
    assert abs(np.mean(found.width) - width) < 0.15
    assert abs(np.mean(rough.right - rough.left) - width) > abs(np.mean(found.width) - width) - 0.05


def test_without_a_prior_what_many_say_together_is_their_median():
    random = np.random.default_rng(1)
    values = random.normal(2.0, 0.1, 400)
    together, error, scatter = pooled(values, np.full(400, 0.1), 0.9, 0.5, np.ones(400, dtype=bool))
    # the prior was in each of them; taken out, they lie a little further from it
    assert together == pytest.approx(2.0 + (2.0 - 0.9) * 0.01 / 0.25 / (1 - 0.04), abs=0.03)
    assert error < 0.03
    assert scatter == pytest.approx(0.1, abs=0.03)
    assert pooled(values, np.full(400, 0.6), 0.9, 0.5, np.ones(400, dtype=bool)) == (0.9, 0.5, 0.5)


def test_rough_estimates_can_be_taken_for_some_rows():
    rough = Rough(*(np.arange(4.0) + k for k in range(5)))
    assert rough.of(np.array([2])).depth.tolist() == [5.0]


def bundle(width, seed=0, count=40, blur=0.9, error=0.05, noise=2.0):
    grey, offsets, inside = profile_of(-width / 2, width / 2, blur, noise=noise, seed=seed, count=count)
    known = Known(np.full(count, 100.0), np.full(count, 5.0), blur, error)
    return Bundle(grey, offsets, inside, crossings(grey, offsets, inside), known)


MANY = [bundle(width, seed, count) for seed, (width, count) in enumerate([(3, 300), (22, 9), (1.5, 250), (12, 40)] * 2)]


def test_lines_fitted_together_are_what_they_are_alone_in_their_order():
    for each, found in zip(MANY, fitted(MANY), strict=True):
        (alone,) = fitted([each])
        assert len(found.left) == len(each.grey)
        for name in ("left", "right", "width_error", "depth", "blur", "misfit"):
            np.testing.assert_allclose(getattr(found, name), getattr(alone, name), rtol=1e-3, atol=1e-3)
    assert fitted([]) == []


def test_what_lies_outside_of_the_photograph_is_not_looked_at():
    whole = bundle(6.0)
    inside = whole.inside.copy()
    inside[:, whole.offsets > 5.0] = False
    grey = np.where(inside, whole.grey, 255.0)
    (clean,), (found,) = (
        fitted([Bundle(each, whole.offsets, inside, whole.rough, whole.known)]) for each in (whole.grey, grey)
    )
    assert np.array_equal(clean.right, found.right)
    assert abs(np.median(found.right) - 3.0) < 0.15


def test_uncertainties_are_those_of_the_inverse_matrix_and_its_part_without_darkness_and_blur():
    root = np.random.default_rng(3).normal(0, 1, (5, 8, 8))
    normal = root @ root.transpose(0, 2, 1) + np.eye(8)
    found = _edges(np.ones((5, 8)), normal, np.ones(5))
    apart, middle = np.zeros((2, 8))
    apart[:2], middle[:2] = (-1, 1), (0.5, 0.5)
    for k, inverse in enumerate(np.linalg.inv(normal)):
        assert found.width_error[k] == pytest.approx(np.sqrt(apart @ inverse @ apart))
        assert found.centre_error[k] == pytest.approx(np.sqrt(middle @ inverse @ middle))
        assert found.depth_error[k] == pytest.approx(np.sqrt(inverse[2, 2]))
        assert found.blur_error[k] == pytest.approx(np.sqrt(inverse[7, 7]))
        left = [0, 1, 3, 4, 5, 6]
        known = np.linalg.inv(normal[k][np.ix_(left, left)])
        assert found.width_scatter[k] == pytest.approx(np.sqrt(apart[left] @ known @ apart[left]))


def test_a_speck_within_reach_of_an_edge_counts_little():
    clean = bundle(8.0)
    grey = clean.grey.copy()
    grey[:, np.abs(clean.offsets - 7.0) < 0.8] = 40.0  # 3 px beside the right edge; as squares it moves it by 0.56 px
    (found,) = fitted([Bundle(grey, clean.offsets, clean.inside, clean.rough, clean.known)])
    assert abs(np.median(found.right) - 4.0) < 0.3
    assert abs(np.median(found.left) + 4.0) < 0.1


def state_of(*rows):
    """Left, right and blur of each; the rest is of no matter here."""
    return np.array([[left, right, 100.0, 0.0, 0.0, 170.0, 0.0, blur] for left, right, blur in rows])


def test_every_sample_that_tells_of_an_edge_is_looked_at_once_and_far_edges_are_no_neighbours():
    offsets = np.arange(-80, 81) * 0.5
    grey = np.tile(np.arange(161.0), (5, 1))
    rough = Rough(
        *(np.array([-30.0, -2.0, -1.0, -30.0, 25.0]), np.array([30.0, 2.5, 24.0, -27.0, 39.0])), *np.ones((3, 5))
    )
    asked = Bundle(grey, offsets, np.ones(grey.shape, dtype=bool), rough, Known(np.ones(5), np.ones(5)))
    state = state_of((-30, 30, 0.9), (-2, 2.5, 0.5), (-1, 24, 1.2), (-45, -27, 0.9), (25, 39, 0.3))
    seen, at = _Batch.of([asked]).around(state)
    for row, (left, right, blur) in enumerate(state[:, [0, 1, 7]]):
        near = np.minimum(np.abs(at[row] - left), np.abs(at[row] - right)) <= reach(blur)
        wanted = np.flatnonzero(np.minimum(np.abs(offsets - left), np.abs(offsets - right)) <= reach(blur))
        wanted = wanted[(wanted >= asked.needed.start) & (wanted < asked.needed.stop)]
        assert seen[row, near & (seen[row] < _OUTSIDE)].tolist() == wanted.tolist()
        known = seen[row] < _OUTSIDE
        np.testing.assert_allclose(offsets[seen[row, known].astype(int)], at[row, known], atol=1e-5)
        columns = np.flatnonzero(near)
        assert all(np.diff(columns)[np.diff(at[row, near]) > 0.6] > 8)


def test_derivatives_of_the_model_are_its_differences():
    offsets = np.tile(np.arange(-30, 31, dtype=np.float32) * 0.5, (1, 1))
    state = np.array([[-3.2, 4.1, 90.0, -12.0, 5.0, 160.0, 0.3, 1.1]])
    slopes = np.empty((8, *offsets.shape), dtype=np.float32)
    grey, near = model(offsets, state, slopes)
    assert near.sum() == ((offsets >= -3.2 - reach(1.1)) & (offsets <= 4.1 + reach(1.1))).sum()
    for parameter, further in enumerate((0.02, 0.02, 1.0, 1.0, 1.0, 1.0, 0.1, 0.02)):
        if parameter < 2:
            continue  # where the tent's foot lies is taken as given, so these are those of the box alone
        moved = state.copy()
        moved[0, parameter] += further
        other = model(offsets, moved, np.empty_like(slopes))[0]
        np.testing.assert_allclose((other - grey) / further, slopes[parameter], atol=0.6)


def test_samples_that_say_the_same_are_counted_line_by_line():
    random = np.random.default_rng(2)
    apart = random.normal(0, 1, (60, 50))
    alike = np.repeat(random.normal(0, 1, (40, 10)), 5, axis=1)
    rest = np.concatenate([apart, alike, np.zeros((3, 50))]).astype(np.float32)
    found = correlated(rest, np.ones_like(rest), np.array([0, 60, 100]))
    # of five that are the same, 4 in 5 pairs of neighbours are alike, 3 in 5 of the next: 1 + 2 (4 + ... + 1) / 5
    assert found == pytest.approx([1.0, 5.0, 1.0], abs=0.35)
