"""The ladder of honesty: one network and one recipe, scored on an easier and on harder questions.

The first rung is the lab's random split, where copies of a test image lie in training. On the second they stay
together. Each further rung is another folder, none of whose images is identical to one that the network may have seen.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from fissura.data.folder import LeftOut
from fissura.data.labelled import LabelledImages
from fissura.data.photographs import Photographs
from fissura.decision import judge, matched
from fissura.errors import DataError
from fissura.files import SPLIT
from fissura.reporting.crack_results import GROUPED, RANDOM, Ladder, Rung
from fissura.reporting.results import RunResult
from fissura.runs import Plan, run
from fissura.training import Progress


@dataclass(frozen=True, eq=False)
class Elsewhere:
    """Labelled images from another folder.

    Attributes:
        name: what the rung is called.
        images: all that can be used.
        left_out: files that cannot, and why.
    """

    name: str
    images: LabelledImages
    left_out: tuple[LeftOut, ...] = ()


def climb(
    photographs: Photographs,
    also: Sequence[Elsewhere],
    plan: Plan,
    folder: Path,
    on_progress: Callable[[str, Progress], None] | None = None,
) -> Ladder:
    """Train on the random and on the grouped split, in ``folder``, and score both, and the second one on ``also``.

    Goes on where an earlier call was stopped.

    Raises:
        DataError: the photographs have no class that is looked for, or another folder has other classes.
    """
    check_looked_for(photographs)
    rungs = []
    # drawn images have no copies: both splits would be the same
    for how in (GROUPED,) if photographs.embedded else (RANDOM, GROUPED):
        parted = photographs.parted(how)
        tell = None if on_progress is None else _named(how, on_progress)
        result = run(plan, parted.data, folder / how, tell)
        if not photographs.embedded:
            parted.write_split(folder / how / SPLIT)
        assert result.decided is not None  # a class is looked for
        rungs.append(Rung(how, result.decided.test, result, parted.leaks))
    return Ladder((*rungs, *(judged_elsewhere(other, result) for other in also)))


def check_looked_for(photographs: Photographs) -> None:
    """Raise ``DataError`` where none of the classes is looked for: before a folder is claimed and anything trained."""
    images = photographs.images
    if len(images.classes) > 2:
        raise DataError(
            "{origin} has {n} classes, {classes}; the ladder takes two, one of them looked for. Choose two with "
            "--classes, once for each, and name the one with --positive.",
            origin=images.origin,
            n=len(images.classes),
            classes=", ".join(images.classes),
        )
    if images.positive is None:
        raise DataError(
            "{origin} has the classes {classes} and none of them is looked for: the ladder takes two classes. Name "
            "the one with --positive.",
            origin=images.origin,
            classes=", ".join(images.classes),
        )


def only_unseen(other: Elsewhere, known: LabelledImages) -> Elsewhere:
    """``other`` without the images that are among ``known``, pixel by pixel, which are left out with that reason.

    Raises:
        DataError: none is left.
    """
    seen = {_digest(image) for image in known.images}
    fresh = [_digest(image) not in seen for image in other.images.images]
    if not any(fresh):
        raise DataError(
            "{name}: all of its {n} images are among those of {origin} as well, so they are not from elsewhere. Name "
            "a folder of other photographs.",
            name=other.name,
            n=len(fresh),
            origin=known.origin,
        )
    left_out = [
        LeftOut(name, DataError("{name} is among the images of {origin} as well.", name=name, origin=known.origin))
        for name, new in zip(other.images.names, fresh, strict=True)
        if not new
    ]
    if not left_out:
        return other
    return replace(other, images=other.images.subset(np.flatnonzero(fresh)), left_out=(*other.left_out, *left_out))


def _digest(image: npt.NDArray[np.uint8]) -> bytes:
    return hashlib.blake2b(image.tobytes(), digest_size=16).digest()


def judged_elsewhere(other: Elsewhere, result: RunResult) -> Rung:
    """The rung of another folder: the classifier of ``result`` on all of its images.

    Classes need not have the same names there: what is looked for here is matched with what is looked for there.
    """
    classifier = result.classifier
    judged = judge(classifier, replace(matched(other.images, classifier), split="test"))
    return Rung(other.name, replace(judged, threshold=0.5), left_out=other.left_out)


def _named(how: str, on_progress: Callable[[str, Progress], None]) -> Callable[[Progress], None]:
    return lambda progress: on_progress(how, progress)
