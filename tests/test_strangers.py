"""Pictures that are no wall: always the same, of the kind that was asked for."""

from __future__ import annotations

import numpy as np
import pytest

from fissura.data.synthetic.strangers import STRANGERS, strangers
from fissura.errors import SettingsError


@pytest.mark.parametrize("kind", STRANGERS)
def test_strangers_are_the_same_each_time_and_differ_from_each_other(kind: str) -> None:
    few, more = strangers(kind, 3, (96, 80), 4), strangers(kind, 5, (96, 80), 4)
    assert more.shape == (5, 96, 80)
    assert more.dtype == np.uint8
    assert np.array_equal(more[:3], few)
    assert not np.array_equal(more[0], more[1])
    assert not np.array_equal(strangers(kind, 1, (96, 80), 5)[0], few[0])
    assert min(float(image.std()) for image in strangers(kind, 12, seed=1)) > 1


def test_pages_hold_many_letters_and_digits_few() -> None:
    from scipy import ndimage

    def pieces(kind: str) -> list[int]:
        images = strangers(kind, 8, seed=3).astype(int)
        inked = [np.abs(image - np.median(image)) > 60 for image in images]
        return [int(ndimage.label(each)[1]) for each in inked]

    assert np.median(pieces("text")) > 30
    assert np.median(pieces("digits")) <= 4


def test_sky_is_smooth_and_noise_is_not() -> None:
    def rough(kind: str) -> float:
        images = strangers(kind, 8, seed=2).astype(float)
        return float(np.median(np.abs(np.diff(images, axis=2)).mean(axis=(1, 2))))

    assert rough("sky") < 5
    assert rough("noise") > 15


def test_what_is_no_stranger_is_refused_in_a_sentence() -> None:
    with pytest.raises(SettingsError, match="nearest name is digits"):
        strangers("digit", 1)
    with pytest.raises(SettingsError, match="at least 1"):
        strangers("sky", 0)
    with pytest.raises(SettingsError, match="at least 32 px"):
        strangers("sky", 1, (16, 16))
