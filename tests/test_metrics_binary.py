"""Two classes: numbers at a threshold, curves and bootstrap against scikit-learn, DeLong, and simulation."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special, stats
from sklearn import metrics as sklearn

from fissura import metrics
from fissura.errors import DataError, SettingsError

# few different scores, so that ties are the rule
SCORED = st.lists(st.tuples(st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.75, 1.0]), st.booleans()), min_size=1, max_size=60)
GROUPED = st.lists(st.tuples(st.floats(0, 1), st.booleans(), st.integers(0, 4)), min_size=1, max_size=25)


def columns(rows):
    scores, positive, *groups = (np.array(column) for column in zip(*rows, strict=True))
    return scores, positive, *groups


def both(positive):
    return 0 < positive.sum() < len(positive)


def same(one, other):
    return one == pytest.approx(other, nan_ok=True)


@given(SCORED, st.sampled_from([-1.0, 0.0, 0.3, 0.5, 1.0, 2.0]))
def test_numbers_at_a_threshold_are_those_of_scikit_learn(rows, threshold):
    scores, positive = columns(rows)
    judged = metrics.at_threshold(scores, positive, threshold)
    called = scores >= threshold
    table = sklearn.confusion_matrix(positive, called, labels=[False, True])
    assert table.tolist() == [
        [judged.true_negatives, judged.false_positives],
        [judged.false_negatives, judged.true_positives],
    ]
    assert same(judged.accuracy.value, sklearn.accuracy_score(positive, called))
    assert same(judged.recall.value, sklearn.recall_score(positive, called, zero_division=np.nan))
    assert same(judged.miss_rate.value, 1 - judged.recall.value)
    assert same(judged.false_alarm_rate.value, sklearn.recall_score(~positive, called, zero_division=np.nan))
    assert same(judged.precision.value, sklearn.precision_score(positive, called, zero_division=np.nan))
    assert same(judged.specificity.value, sklearn.recall_score(~positive, ~called, zero_division=np.nan))
    assert same(judged.f1.value, sklearn.f1_score(positive, called, zero_division=np.nan))
    if both(positive):
        assert same(judged.balanced_accuracy.value, sklearn.balanced_accuracy_score(positive, called))
    else:
        assert math.isnan(judged.balanced_accuracy.value)


@given(GROUPED, st.booleans())
def test_every_interval_at_a_threshold_holds_its_value(rows, known):
    scores, positive, groups = columns(rows)
    judged = metrics.at_threshold(scores, positive, 0.5, groups if known else None)
    for name in ("accuracy", "recall", "specificity", "precision", "balanced_accuracy", "f1"):
        measure = getattr(judged, name)
        if not math.isnan(measure.value):
            assert 0 <= measure.low <= measure.value + 1e-12
            assert measure.value - 1e-12 <= measure.high <= 1


def test_balanced_accuracy_and_f1_keep_their_promise_in_simulation():
    rng = np.random.default_rng(0)
    recall, specificity, share = 0.9, 0.8, 0.3
    hits, alarms = share * recall, (1 - share) * (1 - specificity)
    truths = {"balanced_accuracy": 0.85, "f1": 2 * hits / (hits + alarms + share)}
    held = dict.fromkeys(truths, 0)
    for _ in range(800):
        positive = rng.random(150) < share
        scores = (rng.random(150) < np.where(positive, recall, 1 - specificity)).astype(float)
        judged = metrics.at_threshold(scores, positive)
        for name, truth in truths.items():
            held[name] += getattr(judged, name).low <= truth <= getattr(judged, name).high
    assert all(0.93 <= count / 800 <= 0.975 for count in held.values()), held


def test_photographs_that_err_in_both_classes_widen_balanced_accuracy():
    photograph = np.repeat(np.arange(40), 20)
    positive = np.tile([True, False], 400)
    bad = (photograph % 4 == 0) & (np.arange(800) % 3 == 0)
    scores = np.where(bad, ~positive, positive).astype(float)
    plain, grouped = (metrics.at_threshold(scores, positive, 0.5, groups) for groups in (None, photograph))
    apart = metrics.at_threshold(scores, positive, 0.5, photograph * 2 + positive)
    widths = [each.balanced_accuracy.high - each.balanced_accuracy.low for each in (plain, apart, grouped)]
    assert widths == sorted(widths)
    assert widths[2] > 1.2 * widths[1]


@given(SCORED)
def test_roc_curve_and_area_are_those_of_scikit_learn(rows):
    scores, positive = columns(rows)
    curve = metrics.roc(scores, positive)
    if not both(positive):
        assert math.isnan(metrics.auc(scores, positive))
        return
    alarms, recall, thresholds = sklearn.roc_curve(positive, scores, drop_intermediate=False)
    np.testing.assert_allclose(curve.false_alarm_rate, alarms)
    np.testing.assert_allclose(curve.recall, recall)
    np.testing.assert_array_equal(curve.thresholds, thresholds)
    assert metrics.auc(scores, positive) == pytest.approx(sklearn.roc_auc_score(positive, scores))


@given(SCORED)
def test_precision_recall_curve_and_average_precision_are_those_of_scikit_learn(rows):
    scores, positive = columns(rows)
    curve = metrics.precision_recall(scores, positive)
    if not positive.any():
        assert math.isnan(metrics.average_precision(scores, positive))
        assert np.isnan(curve.recall).all()
        return
    precision, recall, thresholds = sklearn.precision_recall_curve(positive, scores)
    np.testing.assert_allclose(curve.precision[::-1], precision[:-1])
    np.testing.assert_allclose(curve.recall[::-1], recall[:-1])
    np.testing.assert_array_equal(curve.thresholds[::-1], thresholds)
    assert metrics.average_precision(scores, positive) == pytest.approx(
        sklearn.average_precision_score(positive, scores)
    )


@given(SCORED)
def test_area_below_the_roc_curve_is_that_of_mann_and_whitney(rows):
    scores, positive = columns(rows)
    if both(positive):
        u = stats.mannwhitneyu(scores[positive], scores[~positive]).statistic
        assert metrics.auc(scores, positive) == pytest.approx(u / (positive.sum() * (~positive).sum()))


def test_nothing_has_no_curve_and_no_number():
    none, flags = np.zeros(0), np.zeros(0, dtype=bool)
    assert math.isnan(metrics.auc(none, flags))
    assert math.isnan(metrics.average_precision(none, flags))
    assert len(metrics.precision_recall(none, flags).recall) == 0
    result = metrics.resampled(none, flags, np.zeros((0, 1)), rng=np.random.default_rng(0))
    assert math.isnan(result.means[0].value)
    assert result.units == 0
    assert math.isnan(metrics.at_threshold(none, flags).accuracy.value)


def sample(n=300, groups=None, seed=0, apart=1.0):
    rng = np.random.default_rng(seed)
    of_image = np.arange(n) if groups is None else rng.integers(0, groups, n)
    positive = rng.random(n) < 0.4
    shared = rng.normal(size=n)[of_image] if groups else 0
    return np.round(rng.normal(size=n) + apart * positive + shared, 1), positive, of_image


@pytest.mark.parametrize("groups", [None, 40])
def test_resamples_are_those_of_weighted_scikit_learn(groups):
    scores, positive, of_image = sample(groups=groups)
    values = np.stack([scores, scores**2], axis=1)
    known = None if groups is None else of_image
    result = metrics.resampled(scores, positive, values, known, rng=np.random.default_rng(5), resamples=50)
    rng, units = np.random.default_rng(5), len(np.unique(of_image))
    of_image = np.unique(of_image, return_inverse=True)[1]
    drawn = []
    for _ in range(50):
        weights = np.bincount(rng.integers(0, units, units), minlength=units)[of_image]
        drawn.append(
            [
                sklearn.roc_auc_score(positive, scores, sample_weight=weights),
                sklearn.average_precision_score(positive, scores, sample_weight=weights),
                *np.average(values, axis=0, weights=weights),
            ]
        )
    low, high = np.quantile(np.array(drawn)[:, 2:], [0.025, 0.975], axis=0)
    mean, more = values.mean(axis=0), student(units) / stats.norm.ppf(0.975)
    np.testing.assert_allclose([measure.low for measure in result.means], mean - more * (mean - low))
    np.testing.assert_allclose([measure.high for measure in result.means], mean + more * (high - mean))
    rarer = min(len(np.unique(of_image[positive])), len(np.unique(of_image[~positive])))
    for k, area in enumerate((result.auc, result.average_precision)):
        half = student(rarer) * np.std([row[k] for row in drawn], ddof=1) / (area.value * (1 - area.value))
        assert area.low == pytest.approx(special.expit(special.logit(area.value) - half))
        assert area.high == pytest.approx(special.expit(special.logit(area.value) + half))
    assert result.auc.value == pytest.approx(sklearn.roc_auc_score(positive, scores))
    assert (result.units, result.resamples) == (units, 50)


def student(units):
    return stats.t.ppf(0.975, units - 1) * math.sqrt(units / (units - 1))


def of_groups(rng, groups):
    """Groups of 15 positive and 15 negative images, whose scores are shifted and spread by their group."""
    of_image = np.repeat(np.arange(groups), 30)
    positive = np.tile(np.arange(30) < 15, groups)
    apart, shift = 1.2 + 0.5 * rng.normal(size=groups), 0.7 * rng.normal(size=groups)
    scores = rng.normal(size=30 * groups) + shift[of_image] + np.where(positive, 1, -1) * apart[of_image]
    return scores, positive, of_image


@pytest.mark.parametrize("groups", [2, 3, 6])
def test_intervals_of_few_groups_keep_their_promise(groups):
    rng = np.random.default_rng(1)

    def brier(scores, positive):
        return ((special.expit(scores) - positive) ** 2)[:, None]

    scores, positive, _ = of_groups(rng, 20_000)
    truths = sklearn.roc_auc_score(positive, scores), brier(scores, positive).mean()
    held = np.zeros(2)
    for _ in range(100):
        scores, positive, of_image = of_groups(rng, groups)
        found = metrics.resampled(scores, positive, brier(scores, positive), of_image, rng=rng, resamples=100)
        measures = found.auc, found.means[0]
        held += [each.low <= truth <= each.high for each, truth in zip(measures, truths, strict=True)]
    assert (held >= 88).all()


@pytest.mark.parametrize("few", [2, 4])
def test_the_interval_of_auc_knows_that_there_are_few_positive_images(few):
    rng = np.random.default_rng(1)
    positive = np.arange(200 + few) < few
    truth = stats.norm.cdf(1.6 / math.sqrt(2))
    held = known = 0
    for _ in range(100):
        scores = rng.normal(size=200 + few) + 1.6 * positive
        auc = metrics.resampled(scores, positive, np.zeros((200 + few, 0)), rng=rng, resamples=100).auc
        known += not math.isnan(auc.low)
        held += auc.low <= truth <= auc.high
    assert known >= 90
    assert held >= 0.92 * known


@pytest.mark.parametrize("grouped", [False, True])
def test_a_class_of_one_unit_leaves_the_areas_without_an_interval(grouped):
    rng = np.random.default_rng(1)
    positive = np.arange(200) < (40 if grouped else 1)
    scores = rng.normal(size=200) + positive
    groups = np.where(positive, 0, np.arange(200)) if grouped else None
    found = metrics.resampled(scores, positive, scores[:, None], groups, rng=rng, resamples=100)
    assert math.isnan(found.auc.low)
    assert math.isnan(found.average_precision.high)
    assert 0 < found.auc.value < 1
    assert found.means[0].low < found.means[0].value < found.means[0].high


def test_the_balanced_accuracy_of_two_groups_is_not_called_certain():
    positive = np.tile(np.arange(20) < 10, 2)
    right = np.r_[np.arange(20) % 10 < np.repeat([9, 5], 10), np.arange(20) % 10 < np.repeat([5, 9], 10)]
    scores = np.where(right == positive, 0.9, 0.1)
    found = metrics.at_threshold(scores, positive, 0.5, np.repeat([0, 1], 20))
    assert found.balanced_accuracy.value == pytest.approx(0.7)
    assert found.balanced_accuracy.low < 0.3


@pytest.mark.parametrize("groups", [2, 4, 8])
def test_the_interval_of_balanced_accuracy_keeps_its_promise_where_a_group_shifts_the_scores(groups):
    rng = np.random.default_rng(2)

    def drawn(groups):
        of_image = np.repeat(np.arange(groups), 30)
        positive = np.tile(np.arange(30) < 15, groups)
        shift = 0.9 * rng.normal(size=groups)[of_image]
        return rng.normal(size=len(positive)) + shift + np.where(positive, 1, -1), positive, of_image

    truth = metrics.at_threshold(*drawn(20_000)[:2], 0.0).balanced_accuracy.value
    held = 0
    for _ in range(100):
        scores, positive, of_image = drawn(groups)
        found = metrics.at_threshold(scores, positive, 0.0, of_image).balanced_accuracy
        held += found.low <= truth <= found.high
    assert held >= 92


def de_long(scores, positive):
    """The standard error of AUC by E. R. DeLong, D. M. DeLong, D. L. Clarke-Pearson (1988), Biometrics 44, 837-845."""
    order = np.heaviside(scores[positive][:, None] - scores[~positive][None, :], 0.5)
    return math.sqrt(
        order.mean(axis=1).var(ddof=1) / positive.sum() + order.mean(axis=0).var(ddof=1) / (~positive).sum()
    )


def test_bootstrap_interval_of_auc_is_as_wide_as_de_long_s():
    scores, positive, _ = sample(n=2000)
    result = metrics.resampled(scores, positive, np.zeros((2000, 0)), rng=np.random.default_rng(0))
    assert result.auc.high - result.auc.low == pytest.approx(2 * 1.96 * de_long(scores, positive), rel=0.07)
    assert result.means == ()


def test_images_of_one_group_are_drawn_together():
    scores, positive, of_image = sample(n=900, groups=60)
    plain, grouped = (
        metrics.resampled(scores, positive, np.zeros((900, 0)), known, rng=np.random.default_rng(0), resamples=400)
        for known in (None, of_image)
    )
    assert grouped.auc.value == plain.auc.value
    assert grouped.units == 60
    copies = metrics.resampled(
        np.tile(scores, 3),
        np.tile(positive, 3),
        np.zeros((2700, 0)),
        np.tile(np.arange(900), 3),
        rng=np.random.default_rng(0),
        resamples=400,
    )
    assert copies.auc.high - copies.auc.low == pytest.approx(plain.auc.high - plain.auc.low, rel=0.1)


@pytest.mark.parametrize(("size", "apart"), [(1, 1.0), (5, 1.0), (1, 2.5)])
def test_bootstrap_interval_of_auc_keeps_its_promise_in_simulation(size, apart):
    rng = np.random.default_rng(0)
    truth = stats.norm.cdf(apart)  # of two normal distributions of variance 1, their means sqrt(2) as far apart
    held = 0
    for _ in range(150):
        positive = np.repeat(np.arange(100) % 2 == 0, size)  # groups of copies, slightly altered
        scores = (
            np.repeat(rng.normal(size=100), size) + 1e-3 * rng.normal(size=100 * size) + math.sqrt(2) * apart * positive
        )
        groups = np.repeat(np.arange(100), size)
        auc = metrics.resampled(scores, positive, np.zeros((100 * size, 0)), groups, rng=rng, resamples=200).auc
        held += auc.low <= truth <= auc.high
    assert 0.90 <= held / 150 <= 0.99


@given(GROUPED, st.booleans())
def test_bootstrap_of_anything_gives_a_number_or_says_that_there_is_none(rows, known):
    scores, positive, groups = columns(rows)
    values = np.stack([scores], axis=1)
    result = metrics.resampled(
        scores, positive, values, groups if known else None, rng=np.random.default_rng(0), resamples=20
    )
    assert math.isnan(result.auc.value) == (not both(positive))
    assert math.isnan(result.average_precision.value) == (not positive.any())
    for measure in (result.auc, result.average_precision, *result.means):
        assert math.isnan(measure.low) == math.isnan(measure.high)
        if not math.isnan(measure.low):
            assert -1e-12 <= measure.low <= measure.value + 1e-12
            assert measure.value - 1e-12 <= measure.high
    for measure in (result.auc, result.average_precision):
        assert math.isnan(measure.low) or measure.high <= 1 + 1e-12
    if result.units == 1:
        assert math.isnan(result.means[0].low)


@pytest.mark.parametrize("seed", range(5))
def test_interval_of_a_mean_holds_the_mean_that_the_resamples_miss(seed):
    values = np.arange(10.0)[:, None]
    (mean,) = metrics.resampled(
        values[:, 0], values[:, 0] > 4, values, rng=np.random.default_rng(seed), resamples=1
    ).means
    assert mean.low <= mean.value == 4.5 <= mean.high


def test_classes_that_do_not_overlap_are_not_called_certain():
    positive = np.arange(200) % 2 == 0
    scores = positive.astype(float)
    few, many = (
        metrics.resampled(
            np.tile(scores, k), np.tile(positive, k), np.zeros((200 * k, 0)), rng=np.random.default_rng(0), resamples=20
        )
        for k in (1, 10)
    )
    assert few.auc.value == few.auc.high == few.average_precision.value == 1
    assert few.auc.low < many.auc.low < 1
    assert 0.8 < few.average_precision.low < many.average_precision.low < 1
    # the worst ranking that the gap allows: all false alarms first, then the positive images found
    recall = specificity = metrics.wilson(100, 100).low
    assert few.auc.low == pytest.approx(recall * specificity)
    n = 10_000
    worst = np.r_[np.zeros(round((1 - specificity) * n)), np.ones(round(recall * n))]
    found = np.cumsum(worst) / np.arange(1, len(worst) + 1)
    assert few.average_precision.low == pytest.approx((found * worst).sum() / n, abs=1e-3)
    turned = metrics.resampled(1 - scores, positive, np.zeros((200, 0)), rng=np.random.default_rng(0), resamples=20)
    assert (turned.auc.value, turned.auc.low) == (0, 0)
    assert turned.auc.high == pytest.approx(1 - recall * specificity)


def test_average_precision_beyond_a_gap_knows_how_many_negative_images_there_are_for_each_positive_one():
    positive = np.arange(400) < 100
    found = metrics.resampled(
        positive.astype(float), positive, np.zeros((400, 0)), rng=np.random.default_rng(0), resamples=20
    ).average_precision
    recall, specificity = metrics.wilson(100, 100).low, metrics.wilson(300, 300).low
    n = 10_000  # positive images; three negative ones for each, and all false alarms come first
    worst = np.r_[np.zeros(round(3 * (1 - specificity) * n)), np.ones(round(recall * n))]
    precision = np.cumsum(worst) / np.arange(1, len(worst) + 1)
    assert found.low == pytest.approx((precision * worst).sum() / n, abs=1e-3)


def test_same_seed_gives_the_same_intervals():
    scores, positive, _ = sample()
    one, two = (
        metrics.resampled(scores, positive, scores[:, None], rng=np.random.default_rng(7), resamples=30)
        for _ in range(2)
    )
    assert one == two


def test_labels_are_not_taken_for_what_is_positive():
    """0 and 1 were the places of two images: a recall of one of two where the only positive image was found."""
    scores, labels = np.array([0.1, 0.9]), np.array([0, 1])
    right = metrics.at_threshold(scores, labels == 1)
    assert (right.recall.count, right.recall.n) == (1, 1)
    asked = [
        metrics.at_threshold,
        metrics.roc,
        metrics.auc,
        metrics.precision_recall,
        metrics.average_precision,
        lambda scores, positive: metrics.threshold_for(scores, positive, metrics.Wish("miss", 0.1)),
        lambda scores, positive: metrics.resampled(scores, positive, scores[:, None], rng=np.random.default_rng(1)),
        lambda scores, positive: metrics.mcnemar(scores > 0.5, positive),
    ]
    for ask in asked:
        with pytest.raises(DataError, match=r"is int64 of shape \(2,\); wanted true or false for each of 2 images"):
            ask(scores, labels)
        with pytest.raises(SettingsError, match="is of type list; wanted an array"):
            ask(scores, [False, True])
    with pytest.raises(DataError, match=r"positive is bool of shape \(3,\); wanted true or false for each of 2 images"):
        metrics.auc(scores, np.array([True, False, True]))
