import subprocess
import sys

import numpy as np
import pytest
from sklearn.datasets import load_digits

from fissura.data import TrainTest, embedded_digits

# Made by `print(embedded_digits().train.fingerprint, ...)`: scikit-learn 1.9.1, Pillow 13.0.0, numpy 2.4.6, 2026-11-22.
FINGERPRINTS = (
    "46d1a680f6357a4a8f577d69eecdd412367d1ebb621fea4575576dcf4f4dfc6c",
    "024fc3c75d25443fe4848616ab7dc42c0eb1461938146efaad32832759b464f7",
)


@pytest.fixture(scope="module")
def digits() -> TrainTest:
    return embedded_digits()


def test_they_say_that_they_stand_in_for_the_real_ones(digits: TrainTest) -> None:
    assert digits.embedded
    assert digits.source == "digits"
    assert "UCI" in digits.train.origin


def test_all_1797_digits_are_there_once_in_the_order_of_the_file(digits: TrainTest) -> None:
    assert (len(digits.train), len(digits.test)) == (1415, 382)
    assert digits.train.names + digits.test.names == tuple(f"digits-{index:04d}" for index in range(1797))
    assert np.array_equal(np.concatenate([digits.train.labels, digits.test.labels]), load_digits().target)


def test_the_test_part_begins_with_a_new_form(digits: TrainTest) -> None:
    text = "".join(map(str, load_digits().target))
    start = "012345678901234567890123456789095"
    forms = [index for index in range(len(text)) if text.startswith(start, index)]
    assert len(digits.train) in forms


def test_each_class_has_enough_images_on_both_sides(digits: TrainTest) -> None:
    assert min(digits.train.counts) > 130
    assert min(digits.test.counts) > 30


def test_the_pixels_are_those_of_the_first_run_on_record(digits: TrainTest) -> None:
    assert (digits.train.fingerprint, digits.test.fingerprint) == FINGERPRINTS


def test_the_ink_stands_in_the_middle_with_a_margin_of_four_pixels(digits: TrainTest) -> None:
    images = digits.train.images
    inside = images[:, 4:24, 4:24]
    assert images.sum(dtype=np.int64) == inside.sum(dtype=np.int64)
    assert images.min() == 0
    assert images.max() == 255
    assert (inside.max(axis=2) > 64).any(axis=0)[[0, -1]].all()


def test_enlarging_keeps_the_ink_where_it_was(digits: TrainTest) -> None:
    inside = digits.train.images[:, 4:24, 4:24].astype(float)
    again = inside.reshape(-1, 4, 5, 4, 5).mean(axis=(2, 4))  # 20 = 4 x 5 and 8 = 4 x 2: compare on 4 x 4
    original = load_digits().images[: len(inside)].reshape(-1, 4, 2, 4, 2).mean(axis=(2, 4)) * 255 / 16
    assert np.corrcoef(again.ravel(), original.ravel())[0, 1] > 0.98


def test_importing_the_data_package_loads_neither_torch_nor_sklearn_nor_pillow() -> None:
    code = "import sys, fissura.data; print([m for m in ('torch', 'sklearn', 'PIL', 'matplotlib') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout == "[]\n"
