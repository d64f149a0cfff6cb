"""Masks: hand-made arrays, brute-force distances, scikit-learn."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from scipy import ndimage
from sklearn import metrics as sklearn

from fissura import metrics

PAIRS = array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=9).flatmap(
    lambda shape: st.tuples(arrays(np.bool_, shape), arrays(np.bool_, shape))
)


def same(one, other):
    return one == pytest.approx(other, nan_ok=True)


def by_hand(found, true, tolerance_px):
    """The published counting, by the distance between every two pixels."""
    places, wanted = np.argwhere(found), np.argwhere(true)
    near = np.hypot(*(places[:, None] - wanted[None, :]).transpose(2, 0, 1)) <= tolerance_px
    hit = near.any(axis=0).sum() if len(places) else 0
    false = len(places) - (near.any(axis=1).sum() if len(wanted) else 0)
    total = len(wanted) + false
    return hit / total if total else math.nan


@given(PAIRS)
def test_overlap_is_that_of_scikit_learn(pair):
    found, true = pair
    shared = metrics.agreement(found, true)
    flat = true.ravel(), found.ravel()
    assert same(shared.precision, sklearn.precision_score(*flat, zero_division=np.nan))
    assert same(shared.recall, sklearn.recall_score(*flat, zero_division=np.nan))
    assert same(shared.f1, sklearn.f1_score(*flat, zero_division=np.nan))
    if found.any() or true.any():
        assert same(shared.iou, sklearn.jaccard_score(*flat))
    else:
        assert math.isnan(shared.iou)


@given(PAIRS, st.sampled_from([0.0, 1.0, 1.5, 2.0, math.sqrt(13), 4.0, 9.0]))
def test_overlap_within_a_tolerance_is_that_of_every_two_pixels(pair, tolerance_px):
    assert same(metrics.agreement(*pair, tolerance_px).iou, by_hand(*pair, tolerance_px))


@given(PAIRS)
def test_exchanging_the_masks_exchanges_precision_and_recall(pair):
    one, other = metrics.agreement(*pair, 2.0), metrics.agreement(*pair[::-1], 2.0)
    assert same(one.precision, other.recall)
    assert same(one.f1, other.f1)


@given(PAIRS, st.sampled_from([1.0, 2.0]))
def test_a_wider_tolerance_never_lowers_an_overlap(pair, tolerance_px):
    narrow, wide = metrics.agreement(*pair, tolerance_px), metrics.agreement(*pair, tolerance_px + 1)
    assert wide.found_right >= narrow.found_right
    assert wide.true_found >= narrow.true_found


def test_a_line_beside_the_truth_overlaps_within_the_tolerance_only():
    true = np.zeros((20, 20), dtype=bool)
    true[10] = True
    for offset, expected in ((0, 1.0), (4, 1.0), (5, 0.0)):
        assert metrics.agreement(np.roll(true, offset, axis=0), true, 4.0).iou == expected
    assert metrics.agreement(np.roll(true, 1, axis=0), true).iou == 0.0


def test_half_of_a_line_found_is_half_of_it_and_the_tolerance_at_its_end():
    true = np.zeros((30, 100), dtype=bool)
    true[15] = True
    found = true.copy()
    found[:, 50:] = False
    shared = metrics.agreement(found, true, 4.0)
    assert shared.precision == 1.0
    assert shared.recall == 0.54
    assert shared.iou == 0.54


def test_a_mask_three_times_too_wide_has_a_third_of_the_overlap_and_the_same_centre_line():
    true = np.zeros((64, 200), dtype=bool)
    true[30:33] = True
    wide = np.zeros_like(true)
    wide[27:36] = True
    assert metrics.agreement(wide, true).iou == pytest.approx(1 / 3)
    assert metrics.agreement(wide, true).f1 == pytest.approx(1 / 2)
    assert metrics.centre_line_agreement(wide, true).iou == 1.0


def test_centre_lines_keep_what_is_connected_and_are_one_pixel_wide():
    random = np.random.default_rng(3)
    mask = ndimage.binary_dilation(random.random((80, 80)) < 0.01, iterations=4)
    lines = metrics.centre_lines(mask)
    eight = np.ones((3, 3))
    assert ndimage.label(lines, eight)[1] == ndimage.label(mask, eight)[1]
    assert not (lines & ~mask).any()
    inside = ndimage.distance_transform_edt(mask)
    assert inside[lines].mean() > 1.2 * inside[mask].mean()  # it runs in the middle
    assert metrics.centre_lines(lines).sum() == lines.sum()  # nothing is left to thin


def test_counts_add_up_over_images():
    random = np.random.default_rng(4)
    found, true = random.random((2, 3, 16, 16)) < 0.2
    parts = [metrics.agreement(one, other) for one, other in zip(found, true, strict=True)]
    whole = metrics.agreement(np.vstack(found), np.vstack(true))
    assert sum(parts, metrics.Agreement()) == whole


def test_nothing_found_where_nothing_is_says_nothing():
    nothing = np.zeros((5, 5), dtype=bool)
    shared = metrics.centre_line_agreement(nothing, nothing)
    assert math.isnan(shared.iou)
    assert math.isnan(shared.f1)
    assert metrics.agreement(~nothing, nothing, 2.0).iou == 0.0
    assert metrics.agreement(nothing, ~nothing, 2.0).f1 == 0.0


@pytest.mark.parametrize(
    ("found", "true"),
    [(np.zeros((2, 3), bool), np.zeros((3, 2), bool)), (np.zeros((2, 2)), np.zeros((2, 2), bool))],
)
def test_what_is_no_pair_of_masks_is_refused(found, true):
    with pytest.raises(ValueError, match="wanted bool"):
        metrics.agreement(found, true)
