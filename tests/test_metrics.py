"""Every formula against another library, and the promises of the intervals against simulation."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from sklearn.metrics import confusion_matrix as sklearn_confusion
from statsmodels.stats.contingency_tables import mcnemar as statsmodels_mcnemar
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportion_confint

from fissura import metrics


@given(st.integers(1, 100_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_interval_is_that_of_statsmodels_and_holds_the_share(case):
    count, n = case
    share = metrics.wilson(count, n)
    low, high = proportion_confint(count, n, alpha=0.05, method="wilson")
    assert share.low == pytest.approx(low, abs=1e-12)
    assert share.high == pytest.approx(high, abs=1e-12)
    assert 0 <= share.low <= share.value <= share.high <= 1


def test_share_of_nothing_is_not_a_number():
    share = metrics.wilson(0, 0)
    assert math.isnan(share.value)
    assert math.isnan(share.low)
    assert math.isnan(share.high)


def test_what_is_not_known_is_null_in_json():
    nothing = {"value": None, "low": None, "high": None}
    assert metrics.measure_as_dict(metrics.wilson(0, 0)) == {**nothing, "count": 0, "n": 0}
    assert metrics.measure_as_dict(metrics.Measure(math.nan, math.nan, math.nan)) == nothing


def test_the_others_of_a_share_have_its_interval_turned_over():
    share, others = metrics.wilson(3, 20), metrics.wilson(17, 20)
    assert share.complement.value == pytest.approx(others.value)
    assert (share.complement.low, share.complement.high) == pytest.approx((others.low, others.high))


def test_more_hits_than_images_are_refused():
    with pytest.raises(ValueError, match="wanted 0 to n = 3"):
        metrics.wilson(4, 3)


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=200))
def test_confusion_is_that_of_scikit_learn(pairs):
    labels, predicted = (np.array(column, dtype=np.int64) for column in zip(*pairs, strict=True))
    confusion = metrics.confusion_matrix(labels, predicted, 5)
    np.testing.assert_array_equal(confusion, sklearn_confusion(labels, predicted, labels=range(5)))
    assert metrics.accuracy(labels, predicted).count == np.trace(confusion)


@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=300))
def test_mcnemar_is_the_exact_test_of_statsmodels(pairs):
    first, second = (np.array(column) for column in zip(*pairs, strict=True))
    table = [
        [np.sum(first & second), np.sum(first & ~second)],
        [np.sum(~first & second), np.sum(~first & ~second)],
    ]
    result = metrics.mcnemar(first, second)
    assert result.p_value == pytest.approx(statsmodels_mcnemar(table, exact=True).pvalue)
    assert result.difference == pytest.approx(second.mean() - first.mean())
    assert result.low <= result.high


def test_mcnemar_of_the_same_answers_finds_no_difference():
    right = np.array([True, False, True])
    result = metrics.mcnemar(right, right)
    assert result.p_value == 1
    assert result.low < 0 < result.high


def test_paired_interval_holds_the_true_difference_in_95_of_100_simulated_pairs():
    rng = np.random.default_rng(0)
    n, only_first, only_second = 400, 0.03, 0.05
    held = 0
    for _ in range(2000):
        draw = rng.random(n)
        first = draw >= only_second
        second = ~((draw >= only_second) & (draw < only_second + only_first))
        result = metrics.mcnemar(first, second)
        held += result.low <= only_second - only_first <= result.high
    assert 0.93 <= held / 2000 <= 0.98


@settings(max_examples=25)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_holm_is_that_of_statsmodels(p_values):
    np.testing.assert_allclose(metrics.holm(p_values), multipletests(p_values, method="holm")[1])


@given(st.lists(st.floats(0.5, 1), min_size=2, max_size=10).filter(lambda values: np.std(values) > 1e-6))
def test_interval_of_a_mean_over_seeds_is_student_s(values):
    result = metrics.spread(values)
    low, high = stats.t.interval(0.95, len(values) - 1, np.mean(values), stats.sem(values))
    assert result.low == pytest.approx(low)
    assert result.high == pytest.approx(high)
    assert result.std == pytest.approx(np.std(values, ddof=1))


def test_spread_of_one_seed_claims_nothing():
    result = metrics.spread([0.97])
    assert result.mean == 0.97
    assert math.isnan(result.std)
    assert math.isnan(result.low)


def whole_groups(truth, sizes, rng):
    """Images in groups that are right or wrong as one."""
    groups = np.repeat(np.arange(len(sizes)), sizes)
    return (rng.random(len(sizes)) < truth)[groups], groups


@given(st.lists(st.tuples(st.booleans(), st.integers(-3, 3)), min_size=1, max_size=60))
def test_grouped_interval_holds_the_share_inside_0_and_1(pairs):
    hits, groups = (np.array(column) for column in zip(*pairs, strict=True))
    share = metrics.share_of(hits, groups)
    assert (share.count, share.n) == (hits.sum(), len(hits))
    assert 0 <= share.low <= share.value <= share.high <= 1


@pytest.mark.parametrize(
    ("sizes", "hits"),
    [
        ([2, 3, 5], [2, 1, 4]),
        ([4, 4, 4, 4], [4, 4, 0, 2]),
        ([2, 2, 2, 2, 2], [1, 1, 1, 1, 1]),  # alike between groups: no more than so many independent images
        ([6, 1, 1, 1], [0, 1, 1, 1]),
    ],
)
def test_grouped_interval_is_wilson_s_on_the_effective_number_of_images(sizes, hits):
    groups = np.repeat(np.arange(len(sizes)), sizes)
    flags = np.concatenate([np.arange(size) < some for size, some in zip(sizes, hits, strict=True)])
    sizes, hits, k, n = np.array(sizes), np.array(hits), len(sizes), sum(sizes)
    share = hits.sum() / n
    between = k / (k - 1) * sum((hits - share * sizes) ** 2) / n**2
    seen, all_alike = max(1, between / (share * (1 - share) / n)), sum(sizes**2) / n
    rarer = min(np.count_nonzero(hits), np.count_nonzero(hits < sizes))
    design = (rarer * seen + all_alike) / (rarer + 1)  # Korn and Graubard's, of one group more in which all are alike
    effective = n / design * (stats.norm.ppf(0.975) / stats.t.ppf(0.975, k - 1)) ** 2
    found = metrics.share_of(flags, groups)
    assert (found.low, found.high) == pytest.approx(proportion_confint(share * effective, effective, method="wilson"))


def test_groups_of_one_image_give_wilson_s_interval():
    hits = np.arange(50) % 7 > 0
    assert metrics.share_of(hits, np.arange(50)) == metrics.share_of(hits) == metrics.wilson(int(hits.sum()), 50)


def test_copies_add_nothing_that_narrows_the_interval():
    hits = np.arange(300) % 10 > 0
    once, thrice = metrics.share_of(hits), metrics.share_of(np.repeat(hits, 3), np.repeat(np.arange(300), 3))
    assert thrice.value == once.value
    assert thrice.low == pytest.approx(once.low, abs=0.002)
    assert thrice.high == pytest.approx(once.high, abs=0.002)


def test_where_no_mistake_is_seen_each_group_counts_once():
    share = metrics.share_of(np.ones(600, dtype=bool), np.repeat(np.arange(200), 3))
    assert share.high == 1
    assert share.low == pytest.approx(metrics.wilson(200, 200).low, abs=0.001)


def test_one_group_alone_says_nothing():
    share = metrics.share_of(np.array([True, True, False]), np.zeros(3, dtype=np.int64))
    assert (share.low, share.high) == (0, 1)


def test_grouped_interval_is_the_bootstrap_s_where_mistakes_are_many():
    rng = np.random.default_rng(3)
    hits, groups = whole_groups(0.8, rng.integers(1, 6, 800), rng)
    sums, sizes = np.bincount(groups, weights=hits), np.bincount(groups)
    times = rng.multinomial(800, np.full(800, 1 / 800), 4000)
    low, high = np.quantile((times @ sums) / (times @ sizes), [0.025, 0.975])
    share = metrics.share_of(hits, groups)
    assert share.low == pytest.approx(low, abs=0.003)
    assert share.high == pytest.approx(high, abs=0.003)


@pytest.mark.parametrize(("truth", "n"), [(0.998, 500), (0.99, 500), (0.95, 60)])
def test_grouped_interval_keeps_its_promise_where_the_others_break_it(truth, n):
    rng = np.random.default_rng(0)
    held = np.zeros(3)
    for _ in range(300):
        hits, groups = whole_groups(truth, rng.choice([1, 2, 4, 8], n), rng)
        times = rng.poisson(1.0, (200, n)).astype(float)  # very nearly the bootstrap, and drawn faster
        resampled = (times @ np.bincount(groups, weights=hits)) / (times @ np.bincount(groups))
        grouped, plain = metrics.share_of(hits, groups), metrics.share_of(hits)
        ends = [(grouped.low, grouped.high), (plain.low, plain.high), tuple(np.quantile(resampled, [0.025, 0.975]))]
        held += [low <= truth <= high for low, high in ends]
    grouped, plain, bootstrap = held / 300
    assert grouped >= 0.91
    assert plain < 0.7
    assert bootstrap < 0.9


@given(st.lists(st.tuples(st.booleans(), st.booleans(), st.integers(0, 7)), min_size=2, max_size=30))
def test_mcnemar_of_groups_counts_every_choice_of_their_signs(images):
    first, second, groups = (np.array(column) for column in zip(*images, strict=True))
    each = [int((second[groups == k]).sum()) - int((first[groups == k]).sum()) for k in np.unique(groups)]
    sums = np.array([np.dot(signs, each) for signs in itertools.product((-1, 1), repeat=len(each))])
    if len(each) < len(images):
        result = metrics.mcnemar(first, second, groups)
        assert result.p_value == pytest.approx(float(np.mean(np.abs(sums) >= abs(sum(each)))))
        assert -1 <= result.low <= result.difference <= result.high <= 1
        assert result.groups == len(each)


def test_the_grouped_paired_interval_is_bonett_and_price_s_on_the_effective_number_of_images():
    sizes, gains = np.array([3, 2, 4, 1, 2]), np.array([2, -1, 3, 0, 1])  # of each group, all discordant ones one way
    groups = np.repeat(np.arange(5), sizes)
    gained = np.concatenate(
        [np.sign(gain) * (np.arange(size) < abs(gain)) for size, gain in zip(sizes, gains, strict=True)]
    )
    n, k, difference = sizes.sum(), len(sizes), gains.sum() / sizes.sum()
    between = k / (k - 1) * sum((gains - difference * sizes) ** 2) / n**2
    seen = max(1, between / ((np.abs(gains).sum() / n - difference**2) / n))
    telling = np.count_nonzero(gains)
    effective = n * (telling + 1) / (telling * seen + sum(sizes**2) / n)
    first, second = (
        (count * effective / n + 1) / (effective + 2) for count in ((gained < 0).sum(), (gained > 0).sum())
    )
    half = stats.t.ppf(0.975, k - 1) * np.sqrt((first + second - (second - first) ** 2) / (effective + 2))
    found = metrics.mcnemar(gained < 0, gained > 0, groups)
    assert found.difference == pytest.approx(difference)
    assert (found.low, found.high) == pytest.approx((max(-1, second - first - half), min(1, second - first + half)))


def test_copies_add_nothing_to_mcnemar():
    rng = np.random.default_rng(5)
    first, second = rng.random(300) < 0.9, rng.random(300) < 0.94
    once = metrics.mcnemar(first, second)
    groups = np.repeat(np.arange(300), 3)
    thrice = metrics.mcnemar(first[groups], second[groups], groups)
    taken_for_new = metrics.mcnemar(first[groups], second[groups])
    assert thrice.p_value == pytest.approx(once.p_value)
    assert (thrice.low, thrice.high) == pytest.approx((once.low, once.high), abs=0.004)
    assert taken_for_new.p_value < 0.3 * once.p_value


def test_mcnemar_of_groups_keeps_its_promise_where_copies_break_it():
    rng = np.random.default_rng(1)
    alarms, held = np.zeros(2), 0
    for _ in range(1500):
        groups = np.repeat(np.arange(300), rng.choice([1, 2, 4, 8], 300))
        first, second = ((rng.random(300) < 0.95)[groups] for _ in range(2))
        grouped, plain = metrics.mcnemar(first, second, groups), metrics.mcnemar(first, second)
        alarms += grouped.p_value < 0.05, plain.p_value < 0.05
        held += grouped.low <= 0 <= grouped.high
    assert alarms[0] / 1500 <= 0.06
    assert alarms[1] / 1500 > 0.3
    assert held / 1500 >= 0.94


@given(st.integers(1, 5000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_upper_bound_is_that_of_clopper_and_pearson(case):
    count, n = case
    _, high = proportion_confint(count, n, alpha=0.1, method="beta")
    assert metrics.upper_bound(count, n) == pytest.approx(high, abs=1e-9)


def test_upper_bound_of_nothing_is_everything():
    assert metrics.upper_bound(0, 0) == 1
    with pytest.raises(ValueError, match="wanted 0 to n = 3"):
        metrics.upper_bound(4, 3)
