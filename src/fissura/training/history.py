"""What is known of a training while it runs, after it, and when it fails."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fissura.classifier import Classifier
from fissura.errors import TrainingError


@dataclass(frozen=True)
class History:
    """What was measured in each epoch.

    Attributes:
        losses: mean training loss per image, measured while the weights were changing.
        validation_losses: mean loss per validation image at the end of the epoch; empty without validation images.
        validation_correct: how many validation images were rightly classified then; empty likewise.
        seconds: how long the epoch's training took, validation not counted; the one thing here that does not repeat.
    """

    losses: tuple[float, ...] = ()
    validation_losses: tuple[float, ...] = ()
    validation_correct: tuple[int, ...] = ()
    seconds: tuple[float, ...] = ()

    @property
    def best_epoch(self) -> int | None:
        """The epoch, from 1, with the lowest validation loss, the earliest of equals; None without validation."""
        if not self.validation_losses:
            return None
        return self.validation_losses.index(min(self.validation_losses)) + 1

    def as_dict(self) -> dict[str, list[float] | list[int]]:
        """What repeats with the same seed, for JSON: all but the seconds."""
        return {
            "losses": list(self.losses),
            "validation_losses": list(self.validation_losses),
            "validation_correct": list(self.validation_correct),
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Sequence[Any]]) -> History:
        """The history of these lists; other keys are passed over."""
        known = ("losses", "validation_losses", "validation_correct", "seconds")
        return cls(**{name: tuple(values[name]) for name in known if name in values})


@dataclass(frozen=True)
class Progress:
    """How far a training run is.

    Attributes:
        epoch: the running epoch, from 1.
        epochs: all of them.
        done: images seen in the whole run.
        total: images to see in the whole run.
        loss: mean training loss per image of the running epoch so far.
        history: of the epochs that are finished; it grows when one is.
        held_out: on how many validation images each epoch is judged; 0 without.
    """

    epoch: int
    epochs: int
    done: int
    total: int
    loss: float
    history: History = History()
    held_out: int = 0


class DivergedError(TrainingError):
    """The loss, a weight or a statistic is no longer a number.

    Attributes:
        history: of the epochs before.
        classifier: with the weights that were kept after them; None before ``train`` has made one, and where no epoch
            was finished.
    """

    history: History = History()
    classifier: Classifier | None = None


def diverged(epoch: int, learning_rate: float) -> DivergedError:
    """The error of ``epoch``, counted from 0."""
    return DivergedError(
        "The loss is no longer a number in epoch {epoch}. Try a smaller learning rate than {rate}.",
        epoch=epoch + 1,
        rate=learning_rate,
    )
