"""Windows on pictures of any size."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fissura.tiling import LARGEST, SQUARE, windows

SIDES = st.integers(1, 900)


@given(SIDES, SIDES, st.sampled_from([28, 112, 224]))
def test_windows_cover_the_picture_and_lie_inside(height, width, side_px):
    covered = np.zeros((height, width), dtype=bool)
    for window in windows((height, width), side_px):
        top, left, bottom, right = window.box
        assert 0 <= top < bottom <= height
        assert 0 <= left < right <= width
        covered[top:bottom, left:right] = True
    assert covered.all()


@given(SIDES, SIDES)
def test_several_windows_are_squares_of_at_most_the_size_that_was_trained_on_or_as_wide_as_the_picture(height, width):
    found = windows((height, width), 224)
    if len(found) == 1:
        assert max(height, width) <= LARGEST * 224 or height == width
        assert max(height, width) <= SQUARE * min(height, width) + 1e-9
    else:
        assert {(each.height, each.width) for each in found} == {(found[0].height,) * 2}
        assert found[0].height == (min(height, width) if max(height, width) <= 448 else min(224, height, width))


@given(SIDES, SIDES)
def test_a_turned_picture_has_the_turned_windows(height, width):
    turned = {(left, top, right, bottom) for top, left, bottom, right in (w.box for w in windows((height, width), 96))}
    assert {window.box for window in windows((width, height), 96)} == turned


@pytest.mark.parametrize(
    ("size_hw", "count"),
    [
        ((224, 224), 1),
        ((448, 400), 1),
        ((448, 448), 1),
        ((449, 449), 16),
        ((300, 400), 1),
        ((300, 401), 2),
        ((3000, 4000), 910),
    ],
)
def test_pictures_up_to_twice_the_size_are_seen_whole(size_hw, count):
    assert len(windows(size_hw, 224)) == count


def test_neighbouring_windows_overlap_by_half_at_least():
    tops = sorted({window.top for window in windows((1001, 300), 224)})
    assert all(after - before <= 112 for before, after in itertools.pairwise(tops))
