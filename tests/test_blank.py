"""Pictures on which nothing can be seen, and those on which little can."""

import numpy as np
import pytest

from fissura.images import blankness


def wall(tone: int, noise: int = 0) -> np.ndarray:
    grey = np.random.default_rng(1).integers(-noise, noise + 1, (224, 224)) + tone
    return np.clip(grey, 0, 255).astype(np.uint8)


@pytest.mark.parametrize(("tone", "found"), [(3, "black"), (254, "white"), (130, "flat")])
def test_a_black_a_white_and_an_even_picture_show_nothing(tone, found):
    assert blankness(wall(tone, noise=1)) == found


@pytest.mark.parametrize("tone", [130, 254, 255])
def test_a_hairline_on_an_even_or_overexposed_wall_is_seen(tone):
    grey = wall(tone, noise=1)
    grey[100, 40:140] = 60  # 100 of 50,176 px
    assert blankness(grey) == ""


def test_stuck_pixels_and_the_date_make_no_picture_of_a_black_one():
    grey = wall(2, noise=1)
    grey[200:210, 100:180] = 255
    assert blankness(grey) == "black"


def test_a_common_wall_is_seen():
    assert blankness(wall(130, noise=6)) == ""
