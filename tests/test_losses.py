"""The loss of one cell and of several, against PyTorch and scikit-learn."""

from dataclasses import replace

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from sklearn.utils.class_weight import compute_class_weight

from fissura.data import LabelledImages
from fissura.training import Recipe
from fissura.training.losses import class_weights, mean_loss, total_loss_and_right

LOGITS = torch.tensor([[2.0], [-1.0], [0.3], [-4.0]])
TARGETS = torch.tensor([1, 0, 0, 1])


def unbalanced() -> LabelledImages:
    labels = np.array([0, 0, 0, 1], dtype=np.int64)
    return LabelledImages(np.zeros((4, 8, 8), np.uint8), labels, ("a", "b"), tuple("wxyz"), "zeros", "train")


def test_one_cell_is_the_second_of_two_whose_first_is_zero():
    two = torch.cat([torch.zeros_like(LOGITS), LOGITS], dim=1)
    assert torch.allclose(mean_loss(LOGITS, TARGETS), F.cross_entropy(two, TARGETS))
    smoothed = F.cross_entropy(two, TARGETS, label_smoothing=0.1)
    assert torch.allclose(mean_loss(LOGITS, TARGETS, 0.1), smoothed)
    weights = torch.tensor([0.5, 3.0])
    assert torch.allclose(mean_loss(LOGITS, TARGETS, 0.0, weights), F.cross_entropy(two, TARGETS, weights))


def test_right_is_what_lies_on_its_side_of_zero():
    loss, right = total_loss_and_right(LOGITS, TARGETS)
    assert right == 2
    assert loss == pytest.approx(4 * float(mean_loss(LOGITS, TARGETS)))
    two = torch.cat([torch.zeros_like(LOGITS), LOGITS], dim=1)
    assert total_loss_and_right(two, TARGETS)[1] == 2


def test_balanced_weights_are_those_of_scikit_learn():
    images = unbalanced()
    wanted = compute_class_weight("balanced", classes=np.array([0, 1]), y=images.labels)
    assert class_weights(images, Recipe(class_weights="balanced")).tolist() == pytest.approx(wanted.tolist())
    assert class_weights(images, Recipe()) is None


def test_weights_by_groups_count_each_group_once():
    images = replace(unbalanced(), groups=np.array([5, 5, 6, 7]))  # two groups of the first class, one of the second
    a, b = (3 * 2) ** 0.5, 1.0
    assert class_weights(images, Recipe(class_weights="groups")).tolist() == pytest.approx(
        [(a + b) / (2 * each) for each in (a, b)]
    )
    alone = replace(images, groups=np.arange(4))
    balanced = class_weights(alone, Recipe(class_weights="balanced")).tolist()
    assert class_weights(alone, Recipe(class_weights="groups")).tolist() == pytest.approx(balanced)
    assert class_weights(unbalanced(), Recipe(class_weights="groups")).tolist() == pytest.approx(balanced)
