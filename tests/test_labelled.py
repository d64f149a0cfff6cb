from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.utils.data import DataLoader

from fissura.data import LabelledImages
from fissura.errors import DataError


def some(labels: list[int] | None = None) -> LabelledImages:
    values = [0, 2, 1, 2, 0] if labels is None else labels
    images = np.random.default_rng(12).integers(0, 256, (len(values), 4, 6), dtype=np.uint8)
    names = tuple(f"image-{index}" for index in range(len(values)))
    return LabelledImages(images, np.array(values, dtype=np.int64), ("a", "b", "c"), names, "drawn", "train")


def test_counts_follow_the_order_of_the_classes() -> None:
    assert some().counts == (2, 1, 2)


def test_a_class_without_images_is_counted_as_none() -> None:
    assert some([0, 0]).counts == (2, 0, 0)


def test_it_says_what_it_is_in_one_line() -> None:
    assert repr(some()) == "LabelledImages(drawn, train: 5 images of 4 x 6, 3 classes)"


@pytest.mark.parametrize("kind", ["int8", "uint8", "int32", "uint64"])
def test_whole_numbers_of_any_type_become_those_of_64_bits(kind: str) -> None:
    given = replace(some(), labels=some().labels.astype(kind), groups=np.arange(5).astype(kind))
    assert given.groups is not None
    assert given.labels.dtype == given.groups.dtype == np.int64
    assert given.fingerprint == some().fingerprint


@given(st.lists(st.integers(0, 4), max_size=8))
def test_a_subset_keeps_image_label_and_name_together(indices: list[int]) -> None:
    whole = some()
    part = whole.subset(np.array(indices, dtype=np.int64), split="validation")
    assert part.split == "validation"
    assert len(part) == len(indices)
    for position, index in enumerate(indices):
        assert np.array_equal(part.images[position], whole.images[index])
        assert part.labels[position] == whole.labels[index]
        assert part.names[position] == whole.names[index]


def test_the_fingerprint_ignores_where_the_images_came_from() -> None:
    other = replace(some(), origin="elsewhere", names=tuple("vwxyz"), split="test")
    assert other.fingerprint == some().fingerprint


@pytest.mark.parametrize("changed", ["pixel", "label", "class name", "shape"])
def test_the_fingerprint_changes_with_the_content(changed: str) -> None:
    whole = some()
    if changed == "pixel":
        images = whole.images.copy()
        images[1, 2, 3] ^= 1
        other = replace(whole, images=images)
    elif changed == "label":
        other = replace(whole, labels=np.array([0, 2, 1, 2, 1]))
    elif changed == "class name":
        other = replace(whole, classes=("a", "b", "d"))
    else:
        other = replace(whole, images=whole.images.reshape(5, 6, 4))
    assert other.fingerprint != whole.fingerprint


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"images": np.zeros((5, 4, 6))}, "float64 of shape (5, 4, 6); wanted uint8"),
        ({"images": np.zeros((5, 24), np.uint8)}, "uint8 of shape (5, 24); wanted"),
        ({"labels": np.zeros(4, np.int64)}, "5 images, 4 labels, 5 names"),
        ({"names": ("only one",)}, "5 images, 5 labels, 1 names"),
        ({"groups": np.zeros(3, np.int64)}, "5 names and 3 groups"),
        ({"positive": 2}, "class 2 of"),
        ({"labels": [0, 1, 2, 1, 0]}, "labels of type list; wanted an array of whole numbers."),
        ({"labels": np.array([0.0, 1, 2, 1, 0])}, "labels of type float64 ndarray; wanted"),
        ({"images": [[[0]]] * 5}, "images of type list; wanted an array."),
        ({"classes": ["a", "b", "c"]}, "classes of type list; wanted a tuple of names."),
        ({"groups": [0, 0, 1, 1, 2]}, "groups of type list; wanted"),
        ({"labels": np.array([0, 1, 2, 3, 0])}, "labels run from 0 to 3; wanted 0 to 2"),
        ({"labels": np.array([0, -1, 2, 1, 0])}, "labels run from -1 to 2"),
    ],
)
def test_parts_that_do_not_fit_together_are_refused(change: dict[str, object], said: str) -> None:
    with pytest.raises(DataError) as caught:
        replace(some(), **change)  # type: ignore[arg-type]
    assert said in str(caught.value)


def test_a_data_loader_gets_normalised_floats_and_labels() -> None:
    whole = some()
    images, labels = next(iter(DataLoader(whole.as_dataset(mean=0.5, std=0.25), batch_size=5)))
    assert images.shape == (5, 1, 4, 6)
    assert images.dtype == torch.float32
    assert labels.tolist() == whole.labels.tolist()
    assert np.allclose(images[:, 0].numpy(), (whole.images / 255 - 0.5) / 0.25, atol=1e-6)


def test_a_dataset_ends_like_a_list() -> None:
    dataset = some().as_dataset()
    assert len(dataset) == 5  # type: ignore[arg-type]
    assert len(list(dataset)) == 5  # type: ignore[call-overload]
    assert torch.equal(dataset[-1][0], dataset[4][0])
    assert repr(dataset) == f"ImageDataset({some()}, mean=0.0, std=1.0)"
    for beyond in (5, -6):
        with pytest.raises(IndexError):
            dataset[beyond]
