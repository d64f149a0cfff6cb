"""Calibration against scikit-learn, logistic regression and simulation."""

import math

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from scipy import optimize, special
from sklearn import metrics as sklearn
from sklearn.calibration import calibration_curve
from sklearn.linear_model import LogisticRegression

from fissura import metrics
from fissura.errors import DataError

JUDGED = st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=80)


def columns(rows):
    return tuple(np.array(column) for column in zip(*rows, strict=True))


def generator():
    return np.random.default_rng(0)


@given(JUDGED, st.integers(1, 20))
@example([(edge / 4, edge < 2) for edge in range(5)], 4)  # each on an edge, which chance seldom hits
def test_equal_width_bins_are_those_of_scikit_learn(rows, bins):
    probabilities, positive = columns(rows)
    found = metrics.reliability(probabilities, positive, bins=bins)
    true, mean = calibration_curve(positive, probabilities, n_bins=bins)
    np.testing.assert_allclose([each.share.value for each in found], true)
    np.testing.assert_allclose([each.mean for each in found], mean)
    assert all(each.low <= each.mean <= each.high for each in found)
    assert sum(each.share.n for each in found) == len(rows)


@given(st.integers(1, 8), st.integers(1, 9), st.integers(0, 2**32 - 1))
def test_equal_mass_bins_are_those_of_scikit_learn(bins, each_holds, seed):
    rng = np.random.default_rng(seed)
    probabilities = rng.permutation(np.linspace(0.01, 0.99, bins * each_holds))
    positive = rng.random(len(probabilities)) < 0.5
    found = metrics.reliability(probabilities, positive, bins=bins, binning="mass")
    true, mean = calibration_curve(positive, probabilities, n_bins=bins, strategy="quantile")
    assert [one.share.n for one in found] == [each_holds] * bins
    np.testing.assert_allclose([one.share.value for one in found], true)
    np.testing.assert_allclose([one.mean for one in found], mean)


def test_equal_probabilities_share_a_bin_whatever_their_order():
    probabilities, positive = np.array([0.2] * 5 + [0.9] * 95), np.arange(100) % 3 > 0
    found = metrics.reliability(probabilities, positive, binning="mass")
    assert [(each.low, each.high, each.share.n) for each in found] == [(0.2, 0.2, 5), (0.9, 0.9, 95)]
    assert metrics.reliability(probabilities[::-1], positive[::-1], binning="mass") == found


@given(JUDGED, st.sampled_from(["width", "mass"]))
def test_calibration_error_is_the_mean_distance_in_the_bins(rows, binning):
    probabilities, positive = columns(rows)
    error = metrics.calibration_error(probabilities, positive, bins=10, binning=binning, rng=generator(), draws=5)
    bins = metrics.reliability(probabilities, positive, bins=10, binning=binning)
    expected = sum(each.share.n * abs(each.share.value - each.mean) for each in bins) / len(rows)
    assert error.value == pytest.approx(expected, abs=1e-12)
    assert 0 <= error.by_chance <= 1


def test_calibration_error_of_nothing_is_not_a_number():
    assert math.isnan(metrics.calibration_error(np.zeros(0), np.zeros(0, dtype=bool), rng=generator()).value)
    assert metrics.reliability(np.zeros(0), np.zeros(0, dtype=bool)) == ()


@pytest.mark.parametrize("copies", [1, 4])
def test_perfect_probabilities_stay_below_the_limit_in_95_of_100_simulations(copies):
    rng = generator()
    below, values, by_chance = 0, [], []
    groups = np.repeat(np.arange(200), copies)
    for _ in range(300):
        probabilities = rng.random(200)[groups]
        positive = rng.random(200)[groups] < probabilities
        error = metrics.calibration_error(probabilities, positive, groups, rng=rng, draws=100)
        below += error.value <= error.limit
        values.append(error.value)
        by_chance.append(error.by_chance)
    assert 0.91 <= below / 300 <= 0.98
    assert np.mean(by_chance) == pytest.approx(np.mean(values), rel=0.05)
    assert np.mean(values) > 0.05  # the bias of which the docstring warns


def in_groups(rng, groups=10, size=30):
    """Tiles of photographs: their probabilities hang together, what comes true beyond them does not."""
    of_image = np.repeat(np.arange(groups), size)
    probabilities = special.expit(2 * rng.normal(size=groups * size) + rng.normal(size=groups)[of_image])
    return probabilities, rng.random(groups * size) < probabilities, of_image


def test_images_of_a_group_that_have_nothing_in_common_are_not_taken_for_copies():
    rng = generator()
    inside, off, by_chance, values = 0, 0, [], []
    for _ in range(60):
        probabilities, positive, groups = in_groups(rng)
        error = metrics.calibration_error(probabilities, positive, groups, rng=rng, draws=100)
        inside += error.value <= error.limit
        by_chance.append(error.by_chance)
        values.append(error.value)
        wrong = metrics.calibration_error(np.minimum(1, probabilities + 0.15), positive, groups, rng=rng, draws=100)
        off += wrong.value > wrong.limit
    assert inside >= 52
    assert np.mean(by_chance) == pytest.approx(np.mean(values), rel=0.1)
    assert off >= 45


@pytest.mark.parametrize("groups", [1, 2, 5, 30])
@pytest.mark.parametrize("alike", [0.1, 0.6])
def test_perfect_probabilities_are_hardly_called_off_however_alike_few_groups_are(groups, alike):
    rng = generator()
    off = 0
    for _ in range(80):
        of_image = np.repeat(np.arange(groups), 30)
        probabilities = special.expit(2 * rng.normal(size=30 * groups))
        drawn = math.sqrt(alike) * rng.normal(size=groups)[of_image] + math.sqrt(1 - alike) * rng.normal(
            size=30 * groups
        )
        positive = drawn < special.ndtri(probabilities)
        error = metrics.calibration_error(probabilities, positive, of_image, rng=rng, draws=60)
        off += error.value > error.limit
    assert off <= 8  # 5 % and chance


@pytest.mark.parametrize("groups", [1, 2])
def test_copies_of_one_or_two_images_refute_nothing(groups):
    n = 60 * groups
    error = metrics.calibration_error(
        np.full(n, 0.7), np.ones(n, dtype=bool), np.repeat(np.arange(groups), 60), rng=generator()
    )
    assert error.value == pytest.approx(0.3)
    assert error.limit > 0.3


def test_photographs_that_are_of_one_class_each_count_as_one():
    rng = generator()
    inside = 0
    for _ in range(60):
        of_photograph = special.expit(1.5 * rng.normal(size=30))
        groups = np.repeat(np.arange(30), 10)
        positive = (rng.random(30) < of_photograph)[groups]
        error = metrics.calibration_error(of_photograph[groups], positive, groups, rng=rng, draws=100)
        inside += error.value <= error.limit
    assert inside >= 53


def test_a_temperature_is_not_told_from_1_by_copies():
    told = {1: 0, 5: 0}
    for seed in range(60):
        logits, positive = logits_of(1, n=300, seed=seed)
        for copies in told:
            groups = np.repeat(np.arange(300), copies)
            found = metrics.fit_temperature(logits[groups], positive[groups], groups)
            told[copies] += found.told_from_1
            assert found.n == 300 * copies
            assert found.effective_n <= found.n
    assert told[1] <= 8
    assert told[5] <= 8
    logits, positive = logits_of(2, n=300)
    assert metrics.fit_temperature(logits, positive).told_from_1
    assert metrics.fit_temperature(logits, positive, np.zeros(300, dtype=int)).effective_n == 1


def test_wrong_probabilities_exceed_what_chance_makes():
    rng = generator()
    probabilities = rng.random(2000)
    positive = rng.random(2000) < 0.5 + 0.3 * (probabilities - 0.5)
    error = metrics.calibration_error(probabilities, positive, rng=rng)
    assert error.value > 3 * error.limit


@given(st.lists(st.tuples(st.floats(1e-6, 1 - 1e-6), st.booleans()), min_size=1, max_size=50))
def test_brier_score_and_log_loss_are_those_of_scikit_learn(rows):
    probabilities, positive = columns(rows)
    assert metrics.squared_errors(probabilities, positive).mean() == pytest.approx(
        sklearn.brier_score_loss(positive, probabilities)
    )
    assert metrics.log_losses(probabilities, positive).mean() == pytest.approx(
        sklearn.log_loss(positive, probabilities, labels=[False, True])
    )


def test_a_sure_mistake_has_a_finite_loss():
    losses = metrics.log_losses(np.array([1, 0, 1], dtype=np.float32), np.array([False, True, True]))
    assert losses[:2] == pytest.approx([87.34, 87.34], abs=0.01)
    assert losses[2] == 0


def logits_of(scale, n=2000, seed=0):
    """Logits that are right after division by ``scale``."""
    rng = np.random.default_rng(seed)
    true = 2 * rng.normal(size=n)
    return scale * true, rng.random(n) < special.expit(true)


@pytest.mark.parametrize("scale", [0.3, 1.0, 4.0])
def test_temperature_of_one_cell_is_the_slope_of_a_logistic_regression(scale):
    logits, positive = logits_of(scale)
    found = metrics.fit_temperature(logits, positive)
    regression = LogisticRegression(C=np.inf, fit_intercept=False, tol=1e-10).fit(logits[:, None], positive)
    assert found.value == pytest.approx(1 / regression.coef_[0, 0], rel=1e-4)
    assert found.value == pytest.approx(scale, rel=0.1)
    assert found.limit is None
    assert found.loss_after <= found.loss_before
    assert found.loss_before == pytest.approx(sklearn.log_loss(positive, special.expit(logits)))


def test_temperature_of_several_cells_is_the_least_loss():
    rng = generator()
    true = 1.5 * rng.normal(size=(1500, 4))
    labels = np.array([rng.choice(4, p=row) for row in special.softmax(true, axis=1)])
    found = metrics.fit_temperature(3 * true, labels)

    def loss(temperature):
        return sklearn.log_loss(labels, special.softmax(3 * true / temperature, axis=1))

    reference = optimize.minimize_scalar(loss, bounds=(0.1, 10), method="bounded", options={"xatol": 1e-8})
    assert found.value == pytest.approx(reference.x, rel=1e-4)
    assert found.loss_after == pytest.approx(reference.fun)
    np.testing.assert_allclose(
        metrics.probabilities_from_logits(3 * true, found.value), special.softmax(3 * true / found.value, axis=1)
    )


def test_two_cells_and_their_difference_have_the_same_temperature():
    logits, positive = logits_of(2.0)
    two = np.stack([-logits / 2, logits / 2], axis=1)
    assert metrics.fit_temperature(two, positive.astype(np.int64)).value == pytest.approx(
        metrics.fit_temperature(logits, positive).value
    )
    np.testing.assert_allclose(
        metrics.probabilities_from_logits(two)[:, 1], metrics.probabilities_from_logits(logits), atol=1e-12
    )


def test_perfectly_parted_images_leave_the_probabilities_as_they_are():
    found = metrics.fit_temperature(np.array([-900.0, -3.0, 2.0, 800.0]), np.array([False, False, True, True]))
    assert (found.value, found.limit, found.n) == (1.0, "undetermined", 4)
    assert metrics.fit_temperature(np.zeros(3), np.array([True, False, True])).limit == "undetermined"


def test_scores_that_say_nothing_or_the_contrary_are_flattened_to_the_end_of_the_range():
    found = metrics.fit_temperature(np.array([5.0, 4.0, -5.0, -4.0]), np.array([False, False, True, True]))
    assert (found.value, found.limit) == (20.0, "flattest")


def test_all_but_parted_images_are_sharpened_to_the_end_of_the_range():
    logits = np.r_[np.full(500, 0.1), -1e-7]
    found = metrics.fit_temperature(np.r_[logits, -logits], np.arange(1002) < 501)
    assert (found.value, found.limit) == (0.05, "sharpest")


@given(st.lists(st.tuples(st.floats(width=32), st.booleans()), max_size=30))
def test_any_logits_give_a_temperature_in_the_range_or_a_sentence(rows):
    logits = np.array([row[0] for row in rows])
    positive = np.array([row[1] for row in rows], dtype=bool)
    if not rows or not np.isfinite(logits).all():
        with pytest.raises(DataError, match="The temperature cannot be fitted"):
            metrics.fit_temperature(logits, positive)
        return
    found = metrics.fit_temperature(logits, positive)
    assert 0.05 <= found.value <= 20
    assert found.limit == "undetermined" or found.loss_after <= found.loss_before * (1 + 1e-9)
