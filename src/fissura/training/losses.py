"""The loss: cross-entropy over as many cells as classes, or binary cross-entropy on a single cell for two classes.

A single cell's logit speaks for the class with index 1: its probability is ``sigmoid(logit)``.
"""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 - its customary name

from fissura.data.labelled import LabelledImages
from fissura.training.recipe import Recipe


def mean_loss(
    logits: torch.Tensor, targets: torch.Tensor, smoothing: float = 0.0, weights: torch.Tensor | None = None
) -> torch.Tensor:
    """The mean loss per image, in nats, of ``logits`` ``(n, classes)`` or ``(n, 1)`` and ``targets`` ``(n,)``.

    Args:
        logits: of the network.
        targets: class indices, int64.
        smoothing: the share of each target that is spread evenly over all classes.
        weights: ``(classes,)`` how much an image of each class counts in the mean; None for all the same.
    """
    if logits.shape[1] > 1:
        return F.cross_entropy(logits, targets, weights, label_smoothing=smoothing)
    wanted = targets.to(logits.dtype) * (1 - smoothing) + smoothing / 2
    if weights is None:
        return F.binary_cross_entropy_with_logits(logits[:, 0], wanted)
    counted = weights[targets]
    each = F.binary_cross_entropy_with_logits(logits[:, 0], wanted, reduction="none")
    return (each * counted).sum() / counted.sum()


def total_loss_and_right(logits: torch.Tensor, targets: torch.Tensor) -> tuple[float, int]:
    """(loss summed over the images, how many of them have their own class as the most probable one)."""
    loss = float(mean_loss(logits, targets)) * len(targets)
    predicted = logits.argmax(dim=1) if logits.shape[1] > 1 else (logits[:, 0] > 0).to(targets.dtype)
    return loss, int((predicted == targets).sum())


def class_weights(images: LabelledImages, recipe: Recipe) -> torch.Tensor | None:
    """``(classes,)`` float32: in inverse proportion to how much there is of each class; 0 for none.

    That is its images, or the geometric mean of its images and its groups. Scaled so that the mean over it all is 1.
    """
    if recipe.class_weights == "none":
        return None
    counts = torch.tensor(images.counts, dtype=torch.float32)
    if recipe.class_weights == "groups" and images.groups is not None:
        of_each = [np.unique(images.groups[images.labels == label]) for label in range(len(images.classes))]
        counts = (counts * torch.tensor([len(groups) for groups in of_each])).sqrt()
    return torch.where(counts > 0, counts.sum() / (len(counts) * counts.clamp_min(1)), 0.0)
