"""Wishes in words, thresholds by brute force, and the promise by simulation."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.proportion import proportion_confint

from fissura import metrics
from fissura.classifier import Decision
from fissura.errors import DataError, SettingsError
from fissura.language import language
from fissura.metrics import Wish

SCORED = st.lists(st.tuples(st.sampled_from([k / 10 for k in range(11)]), st.booleans()), min_size=1, max_size=60)
WISHES = st.builds(Wish, st.sampled_from(["miss", "alarm"]), st.sampled_from([0.0, 0.01, 0.07, 0.2, 0.5, 0.99]))


@pytest.mark.parametrize(
    ("text", "share"),
    [
        ("1%", 0.01),
        ("1 %", 0.01),
        (" 1,5\N{NO-BREAK SPACE}% ", 0.015),
        ("0.01", 0.01),
        (".5", 0.5),
        ("0", 0),
    ],
)
def test_share_is_read_as_people_write_it(text, share):
    assert metrics.parse_share(text, "--miss-at-most") == pytest.approx(share)
    assert metrics.miss_at_most(text) == Wish("miss", metrics.parse_share(text, ""))
    assert metrics.alarm_at_most(text).kind == "alarm"


@pytest.mark.parametrize("text", ["1", "100%", "-1%", "", "%", "one", "nan", "inf", "1%%", "1e-2", "1 2%", "{x}"])
def test_anything_else_is_refused_with_a_way_to_write_it(text):
    with pytest.raises(SettingsError) as caught:
        metrics.alarm_at_most(text)
    assert str(caught.value) == (
        f"--alarm-at-most is {text!r}; wanted a share from 0 % to below 100 %. Write it as 1% or as 0.01."
    )


@given(SCORED, WISHES)
def test_threshold_keeps_the_wish_at_the_least_price(rows, wish):
    scores, positive = (np.array(column) for column in zip(*rows, strict=True))
    if not (positive if wish.kind == "miss" else ~positive).any():
        with pytest.raises(DataError, match=f"--{wish.kind}-at-most"):
            metrics.threshold_for(scores, positive, wish)
        return
    found = metrics.threshold_for(scores, positive, wish)
    kept = [found.seen] + ([found.careful] if found.careful else [])
    for point in kept:
        assert point.missed.count == np.sum(positive & (scores < point.threshold))
        assert point.alarms.count == np.sum(~positive & (scores >= point.threshold))
    mistakes, price = ("missed", "alarms") if wish.kind == "miss" else ("alarms", "missed")
    n = getattr(found.seen, mistakes).n
    allowed = [k for k in range(n + 1) if k <= wish.at_most * n + 1e-9]
    promised = [k for k in range(n) if proportion_confint(k, n, alpha=0.1, method="beta")[1] <= wish.at_most]
    candidates = [-1.0, *(k / 10 + 0.05 for k in range(11)), 2.0]
    for point, most in ((found.seen, allowed), (found.careful, promised)):
        if point is None:
            assert not most
            continue
        assert getattr(point, mistakes).count <= max(most)
        for threshold in candidates:
            judged = metrics.at_threshold(scores, positive, threshold)
            counts = {"missed": judged.false_negatives, "alarms": judged.false_positives}
            if counts[mistakes] <= max(most):
                assert counts[price] >= getattr(point, price).count


def test_threshold_lies_half_way_to_the_next_score():
    scores, positive = np.array([0.1, 0.2, 0.6, 0.9]), np.array([False, False, True, True])
    assert metrics.threshold_for(scores, positive, Wish("miss", 0.0)).seen.threshold == pytest.approx(0.4)
    assert metrics.threshold_for(scores, positive, Wish("alarm", 0.0)).seen.threshold == pytest.approx(0.4)


@pytest.mark.parametrize("lower", [0.5, np.nextafter(0.5, 1), np.nextafter(0.5, 0)])
@pytest.mark.parametrize("kind", ["miss", "alarm"])
def test_threshold_parts_neighbouring_floats(lower, kind):
    scores = np.array([lower, np.nextafter(lower, 1)])
    found = metrics.threshold_for(scores, np.array([False, True]), Wish(kind, 0.0)).seen
    assert (found.threshold, found.missed.count, found.alarms.count) == (scores[1], 0, 0)


def test_share_that_floats_round_down_still_allows_its_last_mistake():
    scores, positive = np.linspace(0.1, 0.9, 101), np.arange(101) > 0
    assert 0.29 * 100 < 29
    assert metrics.threshold_for(scores, positive, Wish("miss", 0.29)).seen.missed.count == 29


def test_alarm_at_the_highest_possible_score_means_that_nothing_is_called_positive():
    found = metrics.threshold_for(np.array([1.0, 1.0]), np.array([True, False]), Wish("alarm", 0.01))
    assert found.seen.threshold > 1
    assert (found.seen.alarms.count, found.seen.missed.count) == (0, 1)


@pytest.mark.parametrize("logits", [[-25.0, 2.0], [-3.1, 0.4], [0.7, 4.0], [9.3, 12.0], [17.0, 17.0]])
def test_the_last_image_on_its_side_stays_there_where_probabilities_are_computed_in_float32(logits):
    exact = 1 / (1 + np.exp(-np.array(logits) / 1.3))
    computed = np.float32(1) / (np.float32(1) + np.exp(-np.array(logits, np.float32) / np.float32(1.3)))
    lowest = metrics.threshold_for(exact, np.array([True, True]), Wish("miss", 0.0)).seen.threshold
    assert 0 <= lowest < exact[0]
    assert lowest == pytest.approx(exact[0], rel=1e-5)
    assert (computed >= lowest).all()
    highest = metrics.threshold_for(exact, np.array([False, False]), Wish("alarm", 0.0)).seen.threshold
    assert exact[1] < highest == pytest.approx(exact[1], rel=1e-5)
    assert not (computed >= highest).any()
    Decision(1, highest).check()


@pytest.mark.parametrize(("share", "n"), [(0.01, 299), (0.02, 149), (0.05, 59), (0.5, 5)])
def test_promise_takes_as_many_images_as_the_rule_says(share, n):
    assert metrics.least_to_promise(share) == n
    assert metrics.upper_bound(0, n) <= share < metrics.upper_bound(0, n - 1)
    rng = np.random.default_rng(0)
    enough = metrics.threshold_for(rng.random(n), np.ones(n, dtype=bool), Wish("miss", share))
    short = metrics.threshold_for(rng.random(n - 1), np.ones(n - 1, dtype=bool), Wish("miss", share))
    assert enough.careful is not None
    assert enough.problem is None
    assert short.careful is None
    assert f"Validation images of the class: {n - 1}, too few" in str(short.problem)
    assert f"it takes {n}." in str(short.problem)


def test_nobody_can_promise_that_there_is_never_a_mistake():
    found = metrics.threshold_for(np.arange(500.0), np.arange(500) > 50, Wish("miss", 0.0))
    assert (found.careful, found.needed, found.seen.missed.count) == (None, None, 0)
    assert "at most 0 %" in str(found.problem)


@pytest.mark.parametrize("kind", ["miss", "alarm"])
def test_careful_threshold_keeps_the_wish_in_95_of_100_simulations(kind):
    rng = np.random.default_rng(0)
    seen = careful = 0
    for _ in range(1000):
        scores = rng.random(800)
        found = metrics.threshold_for(scores, np.full(800, kind == "miss"), Wish(kind, 0.02))
        rates = [point.threshold if kind == "miss" else 1 - point.threshold for point in (found.seen, found.careful)]
        seen, careful = seen + (rates[0] <= 0.02), careful + (rates[1] <= 0.02)
    assert 0.94 <= careful / 1000 <= 0.99  # more than 0.95, since mistakes come whole
    assert seen / 1000 < 0.65


def test_copies_promise_no_more_than_their_originals():
    rng = np.random.default_rng(0)
    scores, groups = np.repeat(rng.random(200), 4), np.repeat(np.arange(200), 4)
    positive = np.ones(800, dtype=bool)
    assert metrics.threshold_for(scores, positive, Wish("miss", 0.01)).careful is not None
    found = metrics.threshold_for(scores, positive, Wish("miss", 0.01), groups)
    assert (found.careful, found.units, found.grouped) == (None, 200, True)
    assert "Groups of validation images: 200, too few to promise at most 1 %" in str(found.problem)
    rare = metrics.threshold_for(scores, positive, Wish("miss", 0.0005)).problem
    assert "at most 0.05 % of mistakes with 95 % confidence; it takes 5,990." in str(rare)
    assert "au plus 0,05\N{NO-BREAK SPACE}%" in language("fr").error(rare)
    assert "5\N{NARROW NO-BREAK SPACE}990" in language("fr").error(rare)
    easier = metrics.threshold_for(scores, positive, Wish("miss", 0.02), groups)
    originals = metrics.threshold_for(scores[::4], positive[::4], Wish("miss", 0.02))
    assert easier.careful is not None
    assert originals.careful is not None
    assert easier.careful.threshold == originals.careful.threshold


def test_groups_of_one_image_each_are_images():
    scores, positive = np.random.default_rng(0).random(400), np.ones(400, dtype=bool)
    assert not metrics.threshold_for(scores, positive, Wish("miss", 0.02), np.arange(400)).grouped


def test_scores_that_are_no_numbers_are_counted():
    with pytest.raises(DataError, match="2 of 3 scores are not finite numbers"):
        metrics.threshold_for(np.array([math.nan, 0.5, math.inf]), np.array([True, True, False]), Wish("miss", 0.1))
