"""Polygons of masks are exact, and COCO's own tools agree; lines with fewer points stay close."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import ndimage

from fissura.reporting.findings.outline import polygons, simplified


def area(polygon):
    """The shoelace formula; positive for the way round that the module promises."""
    x, y = np.array(polygon, dtype=float).T
    return 0.5 * float(x @ np.roll(y, -1) - y @ np.roll(x, -1))


def painted(found, shape):
    """What the polygons cover, by counting crossings to the left of each pixel's centre."""
    total = np.zeros(shape, dtype=int)
    for polygon in found:
        inside = np.zeros(shape, dtype=bool)
        for (x0, y0), (x1, y1) in zip(polygon, polygon[1:] + polygon[:1], strict=True):
            if x0 == x1:
                inside[min(y0, y1) : max(y0, y1), x0:] ^= True
        total += inside
    return total


@given(arrays(bool, st.tuples(st.integers(1, 12), st.integers(1, 12))))
def test_polygons_cover_each_pixel_once_and_nothing_else(mask):
    found = polygons(mask)
    assert (painted(found, mask.shape) == mask).all()
    assert sum(area(polygon) for polygon in found) == mask.sum()
    assert all(area(polygon) > 0 for polygon in found)  # a hole would turn the other way round


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # pycocotools 2.0.11 with NumPy 2
@given(arrays(bool, st.tuples(st.integers(2, 14), st.integers(2, 14))))
def test_coco_tools_paint_the_same_mask(mask):
    from pycocotools import mask as coco

    found = [[float(each) for corner in polygon for each in corner] for polygon in polygons(mask)]
    if found:
        codes = coco.frPyObjects(found, *mask.shape)
        assert (coco.decode(coco.merge(codes)).astype(bool) == mask).all()


def test_ring_is_cut_open():
    ring = np.ones((7, 9), dtype=bool)
    ring[2:5, 3:6] = False
    found = polygons(ring)
    assert len(found) == 2
    assert ndimage.label(~ring)[1] == 1


def test_corners_stand_only_where_the_outline_turns():
    assert polygons(np.ones((3, 50), dtype=bool)) == [[(0, 0), (50, 0), (50, 3), (0, 3)]]


def test_empty_mask_has_no_polygon():
    assert polygons(np.zeros((4, 4), dtype=bool)) == []


@given(st.integers(2, 60), st.floats(0.1, 3), st.integers(0, 2**31))
def test_simplified_line_keeps_its_ends_and_stays_within_the_tolerance(n, tolerance, seed):
    points = np.random.default_rng(seed).normal(0, 1, (n, 2)).cumsum(axis=0)
    kept = simplified(points, tolerance)
    assert (kept[0], kept[-1]) == (0, n - 1)
    for first, last in itertools.pairwise(kept):
        along = points[last] - points[first]
        for point in points[first : last + 1] - points[first]:
            share = np.clip(point @ along / (along @ along), 0, 1) if along.any() else 0.0
            assert np.hypot(*(point - share * along)) <= tolerance + 1e-9


def test_straight_line_keeps_two_points():
    points = np.stack([np.arange(50.0), 2 * np.arange(50.0)], axis=1)
    assert simplified(points, 0.1) == [0, 49]
    assert simplified(points[:1].repeat(2, axis=0), 0.1) == [0, 1]


@pytest.mark.parametrize("shape", [(1, 1), (1, 8), (8, 1)])
def test_smallest_masks_have_one_polygon(shape):
    assert len(polygons(np.ones(shape, dtype=bool))) == 1
