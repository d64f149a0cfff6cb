"""A classifier: a network, what its outputs mean, how its input is prepared, and where it comes from; one file on disk.

Loading it executes nothing: the network is built from its name in ``MODELS`` and the file's arrays become its weights.
"""

from __future__ import annotations

import hashlib
import math
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

import fissura
from fissura.classifier_file import check_weights, read_classifier_file, write_classifier_file
from fissura.data.labelled import LabelledImages
from fissura.errors import ClassifierFileError, DataError, FissuraError
from fissura.familiarity import Familiarity, picture_statistics
from fissura.images import Pixels, nothing_seen, resized
from fissura.models import FAST_BATCH, build, fast_forward, logits_in_parts, reached_hw
from fissura.prediction import Pictures, Predictions, predict, stacked
from fissura.tiling import SMALLEST_PX, Window, windows

BUILT_IN = "built-in"
WEIGHTS = Path(__file__).parent / "weights"
PREDICTION_BATCH = 250  # images; on two cores 50 to 250 were fastest for CNN 1, 100 to 500 for CNN 2


@dataclass(frozen=True)
class Preprocessing:
    """Pixels to [0, 1], then ``(pixel - mean) / std``; images must be ``size_hw`` (height, width) in pixels."""

    size_hw: tuple[int, int]
    mean: float
    std: float

    @classmethod
    def of(cls, images: LabelledImages) -> Preprocessing:
        """Mean and standard deviation of the training pixels, to four digits (on MNIST: 0.1307 and 0.3081)."""
        mean, std = images.moments
        return cls(images.size_hw, round(mean, 4), round(std, 4) or 1.0)

    def check(self) -> None:
        """Raise ``ValueError`` where mean or deviation can't be computed with."""
        if not (math.isfinite(self.mean) and math.isfinite(self.std) and self.std > 0):
            raise ValueError(f"mean {self.mean} and std {self.std}")

    def __call__(self, pixels: torch.Tensor) -> torch.Tensor:
        """``(n, h, w)`` in 0 to 255 to ``(n, 1, h, w)`` float32, operation by operation as ToTensor and Normalize."""
        floats = pixels.unsqueeze(1).to(torch.float32)
        scaled = floats.div(255) if pixels.dtype == torch.float32 else floats.div_(255)  # what was given stays as it is
        return scaled.sub_(self.mean).div_(self.std)


@dataclass(frozen=True)
class Provenance:
    """Where a classifier comes from: everything that is needed to train it again.

    Attributes:
        recipe: the training recipe's fields.
        data: origin, split, number of images and fingerprint of the training data.
        metrics: what was measured on which split when it was trained.
        versions: of the package, Python and PyTorch.
    """

    recipe: dict[str, Any] = field(default_factory=dict)
    data: dict[str, Any] = field(default_factory=dict)
    metrics: dict[str, Any] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Decision:
    """How the output of a network for two classes is read.

    Attributes:
        positive: the index of the class that is looked for.
        threshold: an image is said to be of it when its probability is at least that, in [0, 1]; a little above 1 for
            never.
        temperature: logits are divided by it, which makes probabilities honest and changes no order; above 0.
        chosen: the wish that the threshold was chosen for and on how many validation images, for people; may be empty.
        mirrored: (scale, offset): the network looks at an image and its three mirror images, and the log-odds pooled
            from the mean of the four maps count, times ``scale`` plus ``offset``, which settle them as those of one
            look are settled in the network. None: one look.
    """

    positive: int
    threshold: float = 0.5
    temperature: float = 1.0
    chosen: dict[str, Any] = field(default_factory=dict)
    mirrored: tuple[float, float] | None = None

    def check(self) -> None:
        """Raise ``ValueError`` where it cannot be decided with."""
        scale, offset = self.mirrored or (1.0, 0.0)
        fine = self.positive in (0, 1) and 0 <= self.threshold <= 1 + 1e-9 and 0 < self.temperature < math.inf
        if not (fine and 0 < scale < math.inf and math.isfinite(offset)):
            raise ValueError(
                f"positive {self.positive}, threshold {self.threshold}, temperature {self.temperature}, "
                f"mirrored {self.mirrored}"
            )


def versions() -> dict[str, str]:
    """The versions that the numbers depend on."""
    return {
        "fissura": fissura.__version__,
        "python": platform.python_version(),
        "torch": str(torch.__version__),
        "numpy": np.__version__,
    }


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
        # one memory layout for all, however it was trained: a loaded classifier gives the same bits as a saved one
        self.model.to(memory_format=torch.channels_last)

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
        self._check(images)
        logits = self._logits(images, batch, first_look)
        if self.decision is not None:
            logits = logits / self.decision.temperature
        return self._as_probabilities(logits).cpu().numpy()

    def described(
        self, images: npt.NDArray[np.uint8], batch: int = PREDICTION_BATCH, *, first_look: bool = False
    ) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float64] | None]:
        """(class probabilities ``(n, classes)``, how unlike the training pictures each image is, ``(n,)``).

        Above 1 it is unlike them; None where the classifier does not know what they are like.

        Raises:
            DataError: as for ``probabilities``.
        """
        if self.familiarity is None or not len(images):
            return self.probabilities(images, batch, first_look=first_look), None
        logits, features = self._described(images, batch, first_look)
        if self.decision is not None:
            logits = logits / self.decision.temperature
        return self._as_probabilities(logits).cpu().numpy(), self.familiarity.scores(features)

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
        return self._described(images, PREDICTION_BATCH, first_look=True)[1]

    def _described(
        self, images: npt.NDArray[np.uint8], batch: int, first_look: bool
    ) -> tuple[torch.Tensor, npt.NDArray[np.float32]]:
        """(logits, features of network and pixels)."""
        self._check(images)
        device = next(self.model.parameters()).device
        logits, features = [], []
        look: Any = self.model
        mirrored = self._mirrored is not None and not first_look
        options = {"mirrored": True} if mirrored else {}
        with evaluating(self.model):
            for start in range(0, len(images), batch):
                part = np.ascontiguousarray(images[start : start + batch])
                inputs = self.preprocessing(torch.from_numpy(part).to(device))
                found, described = look.described(inputs.contiguous(memory_format=torch.channels_last), **options)
                logits.append(self._settled(found) if mirrored else found)
                features.append(np.concatenate([described.cpu().numpy(), picture_statistics(part)], axis=1))
        return torch.cat(logits), np.concatenate(features)

    def logits(self, images: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        """Log-odds ``(n,)`` of the class that is looked for, before any temperature, of uint8 images ``(n, h, w)``.

        Raises:
            DataError: the images do not fit, or no class is looked for.
        """
        self._check(images)
        decision = self._decided()
        logits = self._logits(images, PREDICTION_BATCH)
        of_second = logits[:, 0] if logits.shape[1] == 1 else logits[:, 1] - logits[:, 0]
        return (of_second if decision.positive == 1 else -of_second).cpu().numpy()

    def scores(self, images: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        """Probability ``(n,)`` of the class that is looked for, of uint8 images ``(n, h, w)``.

        Raises:
            DataError: the images do not fit, or no class is looked for.
        """
        found: npt.NDArray[np.float32] = self.probabilities(images)[:, self._decided().positive]
        return found

    def suspicions(self, images: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        """How probable, at first look, the class that is looked for is in each window ``(n, h, w)`` uint8; ``(n,)``.

        They choose the window of a photograph that decides; 0 everywhere where no class is looked for.

        Raises:
            DataError: the images do not fit.
        """
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
        self._check(images)
        sign = 1 if self._decided().positive == 1 else -1
        mapped = getattr(self.model, "map" if self._mirrored is None else "mirrored_map", None)
        if mapped is None:
            return None
        device = next(self.model.parameters()).device
        with evaluating(self.model):
            pixels = torch.from_numpy(np.ascontiguousarray(images)).to(device)
            cells = mapped(self.preprocessing(pixels).contiguous(memory_format=torch.channels_last))
        of_second = cells[:, 0] if cells.shape[1] == 1 else cells[:, 1] - cells[:, 0]
        found: npt.NDArray[np.float32] = (sign * of_second).cpu().numpy()
        return found

    @property
    def _mirrored(self) -> tuple[float, float] | None:
        return None if self.decision is None else self.decision.mirrored

    def _settled(self, logits: torch.Tensor) -> torch.Tensor:
        """Log-odds of as many looks as are asked for, put right."""
        if self._mirrored is None:
            return logits
        scale, offset = self._mirrored
        return logits * scale + offset

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
        return positive if probabilities[positive] >= self.decision.threshold else 1 - positive

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

    @staticmethod
    def _as_probabilities(logits: torch.Tensor) -> torch.Tensor:
        if logits.shape[1] > 1:
            return torch.softmax(logits, dim=1)
        return torch.cat([torch.sigmoid(-logits), torch.sigmoid(logits)], dim=1)

    def _decided(self) -> Decision:
        if self.decision is None:
            raise DataError(
                "The classifier tells {classes} apart and looks for none of them; name the one with --positive when "
                "it is trained.",
                classes=", ".join(self.classes),
            )
        return self.decision

    def _logits(self, images: npt.NDArray[np.uint8], batch: int, first_look: bool = False) -> torch.Tensor:
        device = next(self.model.parameters()).device
        pixels = torch.from_numpy(np.require(images, requirements=["C", "W"]))  # a read-only map is copied
        height, width = reached_hw(self.model, self.preprocessing.size_hw)
        fast = fast_forward(self.model)
        forward = fast or self.model
        if self._mirrored is not None and not first_look:
            model: Any = self.model

            def forward(inputs: torch.Tensor) -> torch.Tensor:
                return self._settled(model.pooled(model.mirrored_map(inputs)))

        def of_part(part: slice) -> torch.Tensor:
            chosen = pixels[part, :height, :width].to(device)
            logits: torch.Tensor = forward(self.preprocessing(chosen).contiguous(memory_format=torch.channels_last))
            return logits

        with evaluating(self.model):
            if fast is not None:
                return logits_in_parts(of_part, len(pixels), min(batch, FAST_BATCH), len(self.classes))
            logits = [of_part(slice(start, start + batch)) for start in range(0, len(pixels), batch)]
        return torch.cat(logits) if logits else torch.empty(0, len(self.classes), device=device)

    def _check(self, images: npt.NDArray[np.uint8]) -> None:
        if images.dtype != np.uint8 or images.ndim != 3 or images.shape[1:] != self.preprocessing.size_hw:
            height, width = self.preprocessing.size_hw
            raise DataError(
                "The images are {dtype} of shape {shape}; this classifier wants uint8 of shape "
                "(n, {height}, {width}), the size it was trained on.",
                dtype=images.dtype,
                shape=images.shape,
                height=height,
                width=width,
            )

    def save(self, path: str | Path) -> None:
        """Write one ``.safetensors`` file, whole or not at all; the same classifier gives the same bytes."""
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


@contextmanager
def evaluating(model: nn.Module) -> Iterator[None]:
    """Evaluation mode without gradients inside; every module's training mode is put back as it was found."""
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        with torch.inference_mode():
            yield
    finally:
        for module, training in modes:
            module.training = training


def load(path: str | Path) -> Classifier:
    """Read a classifier file; a run folder may be given for the classifier in it. Executes nothing from the file.

    ``"built-in"`` is the crack detector that comes with the package.

    Raises:
        ClassifierFileError: missing, damaged, foreign, or written by a newer version.
    """
    path = WEIGHTS / f"{BUILT_IN}.safetensors" if str(path) == BUILT_IN else Path(path)
    header, state = read_classifier_file(path)
    try:
        classes = tuple(str(name) for name in header["classes"])
        preprocessing = Preprocessing(
            size_hw=(int(header["preprocessing"]["size_hw"][0]), int(header["preprocessing"]["size_hw"][1])),
            mean=float(header["preprocessing"]["mean"]),
            std=float(header["preprocessing"]["std"]),
        )
        preprocessing.check()
        options = dict(header["options"])
        network = str(header["network"])
        provenance = Provenance(*(dict(header[key]) for key in ("recipe", "data", "metrics", "versions")))
        decision = _decision(header.get("decision"))
        known = header.get("familiarity")
        familiarity = None if known is None else Familiarity.from_dict(known)
    except (KeyError, TypeError, ValueError, IndexError, OverflowError) as error:
        raise ClassifierFileError(
            "{path} is damaged: its description lacks or garbles {what}. Train it again or fetch it anew.",
            path=path,
            what=error,
        ) from error
    model = _rebuilt(path, network, options, preprocessing, classes, state)
    if decision is not None and decision.mirrored is not None and not hasattr(model, "mirrored_map"):
        raise ClassifierFileError(
            "{path} is damaged: it looks at mirror images, which its network {network} cannot. Train it again or fetch "
            "it anew.",
            path=path,
            network=network,
        )
    classifier = Classifier(network, options, model, classes, preprocessing, provenance, decision, familiarity)
    if header.get("fingerprint") not in (None, classifier.fingerprint):  # older files do not say theirs
        raise ClassifierFileError(
            "{path} is damaged: its weights are not those that were written. Train it again or fetch it anew.",
            path=path,
        )
    return classifier


def _decision(values: Any) -> Decision | None:
    if values is None:
        return None
    decision = Decision(
        int(values["positive"]),
        float(values["threshold"]),
        float(values["temperature"]),
        dict(values["chosen"]),
        None if values.get("mirrored") is None else (float(values["mirrored"][0]), float(values["mirrored"][1])),
    )
    decision.check()
    return decision


def _rebuilt(
    path: Path,
    network: str,
    options: dict[str, Any],
    preprocessing: Preprocessing,
    classes: tuple[str, ...],
    state: dict[str, torch.Tensor],
) -> nn.Module:
    try:
        with torch.device("meta"):  # nothing is allocated or drawn: the file's own arrays become the weights
            model = build(network, preprocessing.size_hw, len(classes), **options)
        kinds = {name: value.dtype for name, value in model.state_dict().items()}
        model.load_state_dict(state, assign=True)
        check_weights(state, kinds)
    except FissuraError as error:
        raise ClassifierFileError(
            "{path} holds a network that this version of fissura cannot build. {problem}", path=path, problem=error
        ) from error
    except (RuntimeError, TypeError, ValueError) as error:
        raise ClassifierFileError(
            "{path} is damaged: its weights do not fit the network {network} that it names.", path=path, network=network
        ) from error
    return model.eval()
