"""A classifier in the field: what it says of a folder of labelled pictures that it need not have been made for.

The pictures may be of any size, one class may be absent (walls without a crack show how often it is wrong there), and
class folders may be called anything that says what they hold. Each picture gets the probability that ``fissura
predict`` gives it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from fissura.classifier import PREDICTION_BATCH, Classifier
from fissura.data.folder import LeftOut, read_folder
from fissura.data.listing import NoImageError, folders_in
from fissura.data.photographs import Progress, groups_of
from fissura.data.pixels import DecodedFolder, open_pixels
from fissura.errors import DataError
from fissura.images import printable_name, read_grey
from fissura.judgement import Judgement
from fissura.language import N_
from fissura.metrics import Measure, Share, measure_as_dict, share_of
from fissura.prediction import predict


@dataclass(frozen=True, eq=False)
class FieldTest:
    """What came of it.

    Attributes:
        judgement: every number; its images are the pictures at the classifier's size, of several windows the one that
            decided.
        windows: ``(n,)``, in how many windows each was looked at; the most suspicious one counts.
        left_out: what was not judged, and why; files that are no images among it.
        unlike: ``(n,)``, how unlike the training data each is, above 1: unlike; None where the classifier cannot tell.
    """

    judgement: Judgement
    windows: npt.NDArray[np.int64]
    left_out: tuple[LeftOut, ...]
    unlike: npt.NDArray[np.float64] | None = None

    @property
    def misses_images(self) -> bool:
        """Whether some of what was not judged is an image, or may hold some: a list of names among them is none."""
        return any(not isinstance(each.reason, NoImageError) for each in self.left_out)

    @property
    def share_unlike(self) -> Share | None:
        """The share of pictures that are unlike the training data; of held-out ones of what was taught it is 5 %."""
        return None if self.unlike is None else share_of(self.unlike > 1, self.judgement.images.groups)

    @property
    def flagged(self) -> Measure:
        """The share of pictures without what is looked for that are flagged all the same, with its interval."""
        return self.judgement.here.false_alarm_rate

    def as_dict(self) -> dict[str, Any]:
        """Every number, for JSON."""
        return {
            **self.judgement.as_dict(),
            "flagged": measure_as_dict(self.flagged),
            "unlike": None if self.share_unlike is None else measure_as_dict(self.share_unlike),
            "in_several_windows": int(np.count_nonzero(self.windows > 1)),
            "left_out": [{"name": each.name, "reason": str(each.reason)} for each in self.left_out],
        }


def field_test(
    classifier: Classifier,
    folder: Path,
    positive: str | None = None,
    cache_dir: Path | None = None,
    on_progress: Progress | None = None,
    classes: Sequence[str] | None = None,
) -> FieldTest:
    """Judge ``classifier``, which looks for one of two classes, on the pictures below ``folder``.

    Args:
        classifier: with a decision.
        folder: one subfolder per class; see ``read_folder`` for the names that are understood.
        positive: the subfolder with what is looked for, where its name does not say so.
        cache_dir: where decoded pictures are kept; None for the usual place.
        on_progress: called now and then.
        classes: the subfolders to take, where not all are to be.

    Raises:
        DataError: the folder cannot be used, none of its pictures can be read, or the classifier looks for no class.
        OutputError: decoded pictures cannot be kept.
        SettingsError: ``positive`` or ``classes`` names no subfolder.
    """
    decision = classifier.decision
    if decision is None:
        raise DataError(
            "The classifier tells {classes} apart and looks for none of them, so it has no misses and false alarms to "
            "count; wanted one that looks for one of two classes, such as built-in.",
            classes=", ".join(classifier.classes),
        )
    told = on_progress or (lambda what, done, total: None)
    names = classifier.classes[1 - decision.positive], classifier.classes[decision.positive]
    found = read_folder(folder, positive, classes, least=1, of=names)
    decoded = open_pixels(
        found,
        classifier.preprocessing.size_hw,
        cache_dir,
        on_progress=lambda done, total: told(N_("decoding"), done, total),
    )
    told(N_("looking for copies"), 0, 1)
    groups = groups_of(decoded, found.root)
    seen, reasons = _seen(classifier, decoded, found.root, told)
    labels = np.where(decoded.images.labels == 1, decision.positive, 1 - decision.positive).astype(np.int64)
    images = replace(
        decoded.images,
        images=seen.pixels,
        labels=labels,
        classes=classifier.classes,
        split="test",
        groups=groups,
        positive=decision.positive,
    )
    kept = np.flatnonzero(seen.windows > 0)
    if len(kept) < len(images):
        images, seen = images.subset(kept), seen.only(kept)
    left_out = tuple(sorted((*decoded.left_out, *reasons, *_beside(found.root)), key=lambda left: left.name))
    judgement = Judgement(images, seen.scores, decision.threshold)
    return FieldTest(judgement, seen.windows, left_out, None if classifier.familiarity is None else seen.unlike)


def _beside(root: Path) -> list[LeftOut]:
    """Images that lie beside the class folders, as one entry: perhaps they are the class that seems to be absent."""
    _, images = folders_in(root)
    if not images:
        return []
    shown = printable_name(str(root))
    reason = DataError(
        "{folder} holds images beside the class folders ({n}): they are of no class and were not judged. Move them "
        "into the folder of their class.",
        folder=shown,
        n=images,
    )
    return [LeftOut(shown, reason)]


@dataclass(frozen=True, eq=False)
class _Seen:
    """Of each of ``n`` pictures: its score, in how many windows (0: nothing can be said), how unlike, what decided."""

    scores: npt.NDArray[np.float32]
    windows: npt.NDArray[np.int64]
    unlike: npt.NDArray[np.float64]
    pixels: npt.NDArray[np.uint8]

    def only(self, kept: npt.NDArray[np.int64]) -> _Seen:
        return _Seen(self.scores[kept], self.windows[kept], self.unlike[kept], self.pixels[kept])


def _seen(classifier: Classifier, decoded: DecodedFolder, root: Path, told: Progress) -> tuple[_Seen, list[LeftOut]]:
    """(what was seen, why nothing can be said of some): whole pictures from the array, others from their files."""
    n, names = len(decoded.images), decoded.images.names
    windows = np.array([len(classifier.windows(size_hw)) for size_hw in decoded.sizes_hw], dtype=np.int64)
    reasons: list[LeftOut] = []
    for k, size_hw in enumerate(decoded.sizes_hw):
        if (reason := classifier.too_small(size_hw, names[k])) is not None:
            windows[k] = 0
            reasons.append(LeftOut(names[k], reason))
    whole, others = np.flatnonzero(windows == 1), np.flatnonzero(windows > 1)
    pixels = decoded.images.images.copy() if len(others) else decoded.images.images
    seen = _Seen(np.zeros(n, np.float32), windows, np.zeros(n), pixels)
    positive = 0 if classifier.decision is None else classifier.decision.positive
    done = 0
    for start in range(0, len(whole), PREDICTION_BATCH):
        chosen = whole[start : start + PREDICTION_BATCH]
        probabilities, unlike = classifier.described(decoded.images.images[chosen])
        seen.scores[chosen] = probabilities[:, positive]
        seen.unlike[chosen] = 0.0 if unlike is None else unlike
        done += len(chosen)
        told(N_("judging"), done, n)
    paths = [root / decoded.files[k].name for k in others]
    for k, path, said in zip(others.tolist(), paths, predict(classifier, paths), strict=True):
        if said.probabilities is None and said.reason is not None:  # it could be read a moment ago
            windows[k] = 0
            reasons.append(LeftOut(names[k], said.reason))
        elif said.probabilities is not None and said.window is not None:
            seen.scores[k], seen.unlike[k] = said.probabilities[positive], said.unlike or 0.0
            pixels[k] = classifier.seen(read_grey(path), said.window)
        done += 1
        told(N_("judging"), done, n)
    return seen, reasons
