"""``Classifier``: a network with all that is needed to use and to trust it."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from fissura.classifier.looks import Looks
from fissura.classifier.records import Decision, Preprocessing, Provenance
from fissura.classifier_file import write_classifier_file
from fissura.errors import DataError, SettingsError
from fissura.familiarity import Familiarity
from fissura.images import Pixels, nothing_seen, resized
from fissura.kinds import A_PATH, PATH, check_kind, check_whole
from fissura.language import N_
from fissura.models import MODELS
from fissura.prediction import Pictures, Predictions, predict, stacked
from fissura.tiling import SMALLEST_PX, Window, windows

PREDICTION_BATCH = 250  # images; on two cores 50 to 250 were fastest for CNN 1, 100 to 500 for CNN 2


@dataclass(frozen=True, eq=False)
class Classifier:
    """A trained network and what is needed to use and to trust it.

    Attributes:
        network: the name in ``MODELS`` that it was built from.
        options: the options it was built with, beyond image size and number of classes.
        model: the module; input ``(n, 1, h, w)`` float32, output logits ``(n, classes)``; for two classes also
            ``(n, 1)``: of that with index 1.
        classes: the class names.
        preprocessing: how pixels become input.
        provenance: recipe, data, metrics and versions.
        decision: of two classes, which is looked for, from which probability on; None: the most probable class.
        familiarity: what its training pictures are like; None where that is not known.

    Raises:
        SettingsError: one of them is of another kind, or with such a decision nothing can be decided.
    """

    network: str
    options: dict[str, Any]
    model: nn.Module
    classes: tuple[str, ...]
    preprocessing: Preprocessing
    provenance: Provenance = field(default_factory=Provenance)
    decision: Decision | None = None
    familiarity: Familiarity | None = None

    def __post_init__(self) -> None:
        check_kind("model", self.model, nn.Module, N_("a network (torch.nn.Module), such as classifier.model"))
        check_kind("classes", self.classes, tuple, N_("a tuple of names"))
        check_kind(
            "preprocessing", self.preprocessing, Preprocessing, "fissura.classifier.Preprocessing, such as .of(images)"
        )
        check_kind("decision", self.decision, Decision | None, N_("a fissura.classifier.Decision, or None"))
        self._check_numbers()
        # one memory layout for all, however it was trained: a loaded classifier gives the same bits as a saved one
        self.model.to(memory_format=torch.channels_last)

    def _check_numbers(self) -> None:
        """Refuse numbers that cannot be computed with, and that a file would be called damaged for."""
        for record, wanted in (
            (self.preprocessing, N_("a finite mean and a standard deviation above 0")),
            (self.decision, N_("positive 0 or 1, a threshold from 0 to 1 and a temperature above 0")),
        ):
            try:
                if record is not None:
                    record.check()
            except (ValueError, TypeError) as error:
                raise SettingsError(
                    "{record} cannot be used; wanted {wanted}.", record=record, wanted=wanted
                ) from error

    @property
    def parameters(self) -> int:
        """The number of trainable parameters."""
        return sum(parameter.numel() for parameter in self.model.parameters() if parameter.requires_grad)

    @property
    def fingerprint(self) -> str:
        """SHA-256 over the weights, as 64 hexadecimal digits."""
        digest = hashlib.sha256()
        for name, value in self.model.state_dict().items():
            digest.update(name.encode("utf-8"))
            digest.update(value.detach().cpu().contiguous().numpy().tobytes())
        return digest.hexdigest()

    def __repr__(self) -> str:
        height, width = self.preprocessing.size_hw
        return f"Classifier({self.network}, {self.parameters} parameters, {height} x {width}, classes {self.classes})"

    def probabilities(
        self, images: npt.NDArray[np.uint8], batch: int = PREDICTION_BATCH, *, first_look: bool = False
    ) -> npt.NDArray[np.float32]:
        """Class probabilities ``(n, classes)`` of uint8 images ``(n, h, w)``.

        ``first_look`` leaves their mirror images out where they would be looked at as well: four times as fast, to
        choose among many.

        Raises:
            DataError: the images are not uint8 or not of the size that the classifier was trained on.
        """
        self.preprocessing.check_images(images)
        check_whole("batch", batch, least=1)
        return self._as_probabilities(self._looks(first_look).logits(images, batch, len(self.classes)))

    def described(
        self, images: npt.NDArray[np.uint8], batch: int = PREDICTION_BATCH, *, first_look: bool = False
    ) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float64] | None]:
        """(class probabilities ``(n, classes)``, how unlike the training pictures each image is, ``(n,)``).

        Above 1 it is unlike them; None where the classifier does not know what they are like.

        Raises:
            DataError: as for ``probabilities``.
        """
        self.preprocessing.check_images(images)
        check_whole("batch", batch, least=1)
        if self.familiarity is None or not len(images):
            return self.probabilities(images, batch, first_look=first_look), None
        logits, features = self._looks(first_look).described(images, batch)
        return self._as_probabilities(logits), self.familiarity.scores(features)

    def features(self, images: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        """What ``familiarity`` is fitted on and compares, ``(n, d)``, of uint8 images ``(n, h, w)``.

        Raises:
            DataError: the images do not fit, or the network describes nothing.
        """
        if not hasattr(self.model, "described"):
            raise DataError(
                "The network {network} gives no features of an image; wanted one that does, such as detector.",
                network=self.network,
            )
        self.preprocessing.check_images(images)
        return self._looks(first_look=True).described(images, PREDICTION_BATCH)[1]

    def logits(self, images: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        """Log-odds ``(n,)`` of the class that is looked for, before any temperature, of uint8 images ``(n, h, w)``.

        Raises:
            DataError: the images do not fit, or no class is looked for.
        """
        self.preprocessing.check_images(images)
        decision = self.decided()
        logits = self._looks().logits(images, PREDICTION_BATCH, len(self.classes))
        of_second = logits[:, 0] if logits.shape[1] == 1 else logits[:, 1] - logits[:, 0]
        return (of_second if decision.positive == 1 else -of_second).cpu().numpy()

    def scores(self, images: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        """Probability ``(n,)`` of the class that is looked for, of uint8 images ``(n, h, w)``.

        Raises:
            DataError: the images do not fit, or no class is looked for.
        """
        found: npt.NDArray[np.float32] = self.probabilities(images)[:, self.decided().positive]
        return found

    def suspicions(self, images: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        """How probable, at first look, the class that is looked for is in each window ``(n, h, w)`` uint8; ``(n,)``.

        They choose the window of a photograph that decides; 0 everywhere where no class is looked for.

        Raises:
            DataError: the images do not fit.
        """
        self.preprocessing.check_images(images)
        if self.decision is None:
            return np.zeros(len(images), np.float32)
        found: npt.NDArray[np.float32] = self.probabilities(images, first_look=True)[:, self.decision.positive]
        return found

    def evidence(self, images: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32] | None:
        """Where the network sees the class that is looked for, and where the other: log-odds ``(n, rows, columns)``.

        None where the network is not fully convolutional and has no map. Images are ``(n, h, w)`` uint8; their log-odds
        are pooled from their map.

        Raises:
            DataError: the images do not fit, or no class is looked for.
        """
        self.preprocessing.check_images(images)
        sign = 1 if self.decided().positive == 1 else -1
        cells = self._looks().cells(images)
        if cells is None:
            return None
        of_second = cells[:, 0] if cells.shape[1] == 1 else cells[:, 1] - cells[:, 0]
        found: npt.NDArray[np.float32] = (sign * of_second).cpu().numpy()
        return found

    @property
    def scans(self) -> bool:
        """Whether it was taught on windows of photographs and is slid over larger ones; else it sees pictures whole."""
        return hasattr(self.model, "reach_px")

    def windows(self, size_hw: tuple[int, int]) -> tuple[Window, ...]:
        """The windows in which it looks at a picture of that size: see ``fissura.tiling``; one where it is not slid."""
        return windows(size_hw, min(self.preprocessing.size_hw)) if self.scans else (Window(0, 0, *size_hw),)

    def seen(self, picture: Pixels, window: Window) -> Pixels:
        """``window`` of a grey picture ``(h, w)``, brought to the size that it was trained on."""
        top, left, bottom, right = window.box
        return resized(picture[top:bottom, left:right], self.preprocessing.size_hw)

    def too_small(self, size_hw: tuple[int, int], name: str) -> DataError | None:
        """Why nothing can be said of a picture of that size; None where it is large enough."""
        if not self.scans or min(size_hw) >= SMALLEST_PX:
            return None
        return DataError(
            "{name} is {height} x {width} px (height, width), too small to tell a crack from anything else; wanted at "
            "least {least} px both ways.",
            name=name,
            height=size_hw[0],
            width=size_hw[1],
            least=SMALLEST_PX,
        )

    def blank(self, picture: Pixels, name: str) -> DataError | None:
        """Why it names no class for a grey photograph ``(h, w)``: nothing can be seen on it; else None."""
        return nothing_seen(picture, name) if self.scans else None

    def label_of(self, probabilities: npt.NDArray[np.floating]) -> int:
        """The class that ``probabilities`` ``(classes,)`` speak for: from its threshold on the one looked for."""
        if self.decision is None:
            return int(probabilities.argmax())
        positive = self.decision.positive
        # as a Python float: NumPy would round the threshold to float32 (see ``fissura.metrics.called``)
        return positive if float(probabilities[positive]) >= self.decision.threshold else 1 - positive

    def decided(self) -> Decision:
        """The ``decision``, where there is one.

        Raises:
            DataError: no class is looked for.
        """
        if self.decision is None:
            raise DataError(
                "The classifier tells {classes} apart and looks for none of them; name the one with --positive when "
                "it is trained. In Python, settle it: fissura.decide(classifier, validation, test, None).classifier",
                classes=", ".join(self.classes),
            )
        return self.decision

    def predict(self, images: Pictures) -> Predictions:
        """What is said of each image, as ``fissura predict`` does: a row each, see ``fissura.prediction``.

        Args:
            images: pictures of any size: the path of a file, grey ``(h, w)`` or RGB ``(h, w, 3)`` uint8, a list of
                these, or a stack ``(n, h, w)`` or ``(n, h, w, 3)``. One gives one row. What cannot be read or is too
                small is a row with the reason.

        Raises:
            DataError: what is given instead of a list is neither a file nor an array of pictures.

        ``fissura.predict`` gives the same rows one by one, for more images than memory holds.
        """
        fits = isinstance(images, np.ndarray) and images.shape[1:] == self.preprocessing.size_hw
        if isinstance(images, np.ndarray) and fits and images.dtype == np.uint8:
            return Predictions(tuple(stacked(self, images)), self.classes)
        return Predictions(tuple(predict(self, images)), self.classes)

    def _looks(self, first_look: bool = False) -> Looks:
        mirrored = None if first_look or self.decision is None else self.decision.mirrored
        return Looks(self.model, self.preprocessing, mirrored)

    def _as_probabilities(self, logits: torch.Tensor) -> npt.NDArray[np.float32]:
        n = len(self.classes)
        if logits.shape[1:] != (n,) and not (logits.shape[1:] == (1,) and n == 2):
            raise DataError(
                "The network {network} gives an output of shape {shape} and the classifier has {n} classes; wanted a "
                "logit for each, shape (images, {n}).",
                network=self.network,
                shape=tuple(logits.shape),
                n=n,
            )
        if self.decision is not None:
            logits = logits / self.decision.temperature
        if logits.shape[1] > 1:
            found = torch.softmax(logits, dim=1)
        else:
            found = torch.cat([torch.sigmoid(-logits), torch.sigmoid(logits)], dim=1)
        return found.cpu().numpy()

    def save(self, path: str | Path) -> None:
        """Write one ``.safetensors`` file, whole or not at all; the same classifier gives the same bytes.

        Raises:
            OutputError: it cannot be written.
            SettingsError: the network is none of ``MODELS``, so that the file could not be read again.
        """
        check_kind("path", path, PATH, A_PATH)
        if self.network not in MODELS:
            raise SettingsError(
                "A file of the network {network} could not be read again: it is none of those that are built by their "
                "name, {names}. Save its weights by themselves: torch.save(classifier.model.state_dict(), path)",
                network=self.network,
                names=", ".join(MODELS),
            )
        header = {
            "task": "classification",
            "fingerprint": self.fingerprint,
            "network": self.network,
            "options": self.options,
            "classes": list(self.classes),
            "preprocessing": asdict(self.preprocessing),
            **asdict(self.provenance),
            **({} if self.decision is None else {"decision": asdict(self.decision)}),
            **({} if self.familiarity is None else {"familiarity": self.familiarity.as_dict()}),
        }
        write_classifier_file(Path(path), header, self.model.state_dict())
