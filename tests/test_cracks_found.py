"""Cracks are counted as a person would count them, and lengths add up."""

import math

import numpy as np
import pytest

from fissura.metrics.cracks_found import cracks_found, line_length
from fissura.metrics.masks import centre_lines
from fissura.metrics.masks import near as near_lines


def wall(*strokes):
    """A mask of 120 x 160 px with horizontal strokes (row, first column, last column), 3 px wide."""
    mask = np.zeros((120, 160), dtype=bool)
    for row, first, last in strokes:
        mask[row - 1 : row + 2, first : last + 1] = True
    return mask


TWO = wall((20, 10, 140), (80, 30, 100))


def test_truth_beside_itself_is_perfect():
    both = cracks_found(TWO, TWO)
    assert (both.pixels.iou, both.lines.iou, both.length_error) == (1.0, 1.0, 0.0)
    assert (both.true, both.found, both.missed, both.findings, both.alarms) == (2, 2, 0, 2, 0)


def test_crack_that_is_not_found_is_missed_and_a_finding_elsewhere_is_an_alarm():
    both = cracks_found(wall((20, 10, 140), (110, 10, 60)), TWO)
    assert (both.found, both.missed, both.findings, both.alarms) == (1, 1, 2, 1)


def test_crack_drawn_three_pixels_beside_the_truth_is_found():
    both = cracks_found(wall((23, 10, 140), (83, 30, 100)), TWO)
    assert both.pixels.iou < 0.1
    assert both.lines.iou > 0.95
    assert (both.found, both.alarms) == (2, 0)


def test_less_than_half_of_a_crack_is_not_found():
    assert cracks_found(wall((20, 10, 60)), TWO).found == 0
    assert cracks_found(wall((20, 10, 90)), TWO).found == 1


def test_half_of_a_crack_is_enough():
    shares = {}
    for end in range(60, 90):
        found = wall((20, 10, end))
        lines, near = centre_lines(TWO), near_lines(centre_lines(found), 4.0)
        shares[np.mean(near[15:25][lines[15:25]])] = cracks_found(found, TWO).found
    assert 0.5 in shares
    assert all(found == (share >= 0.5) for share, found in shares.items())


def test_a_corner_is_two_steps_and_no_diagonal_one():
    corner = np.zeros((4, 4), dtype=bool)
    corner[[0, 0, 1], [0, 1, 1]] = True
    for turns in range(4):
        assert line_length(np.rot90(corner, turns)) == pytest.approx(2 * 0.948)
    assert line_length(np.eye(3, dtype=bool)) == pytest.approx(2 * 0.948 * math.sqrt(2))


def test_clean_wall_on_which_nothing_is_found_has_nothing_to_score():
    none = wall()
    both = cracks_found(none, none)
    assert (both.true, both.findings) == (0, 0)
    assert math.isnan(both.length_error)


def test_photographs_add_up():
    both = cracks_found(TWO, TWO) + cracks_found(wall(), TWO)
    assert (both.true, both.found, both.images) == (4, 2, 2)
    assert both.length_error == pytest.approx(-0.5)
    assert both.pixels.recall == pytest.approx(0.5)


@pytest.mark.parametrize("degrees", range(0, 91, 9))
def test_length_of_a_thin_line_is_right_within_six_percent_in_every_direction(degrees):
    length, angle = 200.0, math.radians(degrees)
    steps = np.linspace(0, length, 4001)
    mask = np.zeros((260, 260), dtype=bool)
    mask[np.rint(20 + steps * math.sin(angle)).astype(int), np.rint(20 + steps * math.cos(angle)).astype(int)] = True
    assert line_length(centre_lines(mask)) == pytest.approx(length, rel=0.06)
