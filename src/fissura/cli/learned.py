"""What a classifier learned from, so that it is not judged on that as if it were new."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fissura.cli.asked import NAMED
from fissura.errors import SettingsError
from fissura.language import Language

if TYPE_CHECKING:
    from fissura.classifier import Classifier
    from fissura.data.labelled import LabelledImages, TrainTest
    from fissura.data.photographs import Photographs


def taught_on_labelled(classifier: Classifier) -> bool:
    """Whether ``fissura train`` taught it on labelled images of one source, as they are counted in its file."""
    return "counts" in classifier.provenance.data


def learned_there(classifier: Classifier, path: Path, folder: Path) -> bool:
    """Whether some files below ``folder`` are among those that the classifier at ``path`` was trained or chosen on.

    Where its run does not say which they were, whether the folder is called like theirs.
    """
    from fissura.images import ImageError, file_sha256
    from fissura.runs import learned_from_files

    learned = learned_from_files(path)
    if not learned:
        return folder.resolve().name == classifier.provenance.data.get("origin")
    for file in sorted(folder.rglob("*")):
        try:
            if file.is_file() and file_sha256(file) in learned:
                return True
        except (OSError, ImageError):
            continue  # what cannot be read is told when it is judged
    return False


def taught_with(classifier: Classifier, data: TrainTest) -> bool:
    """Whether it learned from this training part, so that the test part is its own, copies of images or not."""
    learned = [each.get(name) for each in _learned(classifier) for name in ("fingerprint", "metu_fingerprint")]
    return data.train.fingerprint in learned


def flattering(classifier: Classifier, spoken: Language) -> str:
    """That a detector is better on some photographs than on any other; empty where that is not known."""
    every, photographed = _learned(classifier), (("metu", "METU"), ("sut-crack", "SUT-Crack"))
    learned = [called for name, called in photographed if any(data.get(name) for data in every)]
    if not learned:
        return ""
    return spoken.say(
        "The detector learned from photographs of {sources}: on those it is better than on any other, and the "
        "numbers here would flatter it.",
        sources=", ".join(learned),
    )


def check_unseen(path: Path, photographs: Photographs, whole: bool) -> bool:
    """Fail where a classifier's run says that it learned from images that it would be judged on: the test or all.

    Returns whether its run says what it learned from.
    """
    from fissura.files import SPLIT
    from fissura.runs import learned_from_files

    if not photographs.sha256:
        return False
    learned, parts = learned_from_files(path), photographs.parts
    judged = [photographs.sha256[k] for k in (range(len(photographs.sha256)) if whole else parts.test)]
    seen = sum(each in learned for each in judged)
    if seen:
        raise SettingsError(
            "{path} learned from {seen} of these {n} images: judged on them it would look better than it is. Give "
            "images that it did not learn from, or those of its run with its split: --split-file {split}.",
            path=path,
            seen=seen,
            n=len(judged),
            split=(path if path.is_dir() else path.parent) / SPLIT,
        )
    return bool(learned)


def unseen(
    classifier: Classifier, path: Path, photographs: Photographs, source: str, chosen: bool, spoken: Language
) -> tuple[LabelledImages, str]:
    """(the photographs that it can be judged on, why these; empty where they are the test part of its own split).

    They are the test part where it learned from the others or the split was ``chosen``, else all of them.

    Raises:
        SettingsError: it learned from some of them.
    """
    whole, data = photographs.images, photographs.data
    if taught_with(classifier, data):
        return data.test, ""
    if not check_unseen(path, photographs, whole=not chosen):
        _check_split(classifier, photographs)
    check_metu(classifier, photographs, source)
    if chosen:
        return data.test, spoken.say(
            "The test part of the split that was named is judged; the classifier was not trained on this split, and "
            "whether it learned from these images is not known."
        )
    note = spoken.say(
        "The classifier was not trained on this split of these images: all {n} are judged.", n=spoken.number(len(whole))
    )
    return replace(whole, split="test"), note


def check_metu(classifier: Classifier, photographs: Photographs, source: str) -> None:
    """Fail where a detector was taught on the crack images that are named, in another split than this one."""
    if any(data.get("metu") for data in _learned(classifier)) and source in NAMED and not photographs.embedded:
        raise SettingsError(
            "The classifier learned from these crack images, split in another way: its training images would be judged "
            "as if they were new. Split them as it was taught with: fissura data split cracks --out split.json, and "
            "give --split-file split.json."
        )


def _learned(classifier: Classifier) -> list[Mapping[str, Any]]:
    from fissura.classifier import learned_from

    return learned_from(classifier.provenance.data)


def _check_split(classifier: Classifier, photographs: Photographs) -> None:
    """Fail where a classifier was trained, as far as name and number tell, on these photographs in another split."""
    learned, whole = classifier.provenance.data, photographs.images
    n = len(photographs.data.train)
    alike = abs(int(learned.get("n", 0)) - n) <= len(whole) / 20  # of another folder of that name, hardly
    if alike and whole.origin == learned.get("origin"):
        raise SettingsError(
            "The classifier was trained on {origin}, with another split than this one: its training images would be "
            "judged as if they were new. Use the split of its run with --split-file: split.json in its folder.",
            origin=whole.origin,
        )
