"""What an accuracy on digits is worth: what its interval covers, and what may have leaked into it."""

from __future__ import annotations

from fissura.classifier import Classifier
from fissura.data.labelled import LabelledImages, TrainTest
from fissura.data.mnist import OFFICIAL_ORIGIN
from fissura.evaluation import Evaluation
from fissura.language import Language
from fissura.metrics import Share
from fissura.reporting.cells import images


def not_mnist(data: TrainTest, share: Share, title: str, language: Language) -> str:
    """The warning that goes with every number on the embedded digits.

    ``share``, the accuracy of the network called ``title``, is to show how wide an interval is.
    """
    return language.say(
        "NOT MNIST: these are the {train} training and {test} test digits that come with the package. No number here "
        "may be quoted as a result on MNIST. With so few test images intervals are wide: that of {network} spans "
        "{width} percentage points.",
        train=language.number(len(data.train)),
        test=language.number(len(data.test)),
        network=title,
        width=language.number(100 * (share.high - share.low), 1),
    )


def doubts(classifier: Classifier, data: TrainTest, language: Language) -> list[str]:
    """What must be known before an accuracy on ``data`` is believed: whether these are the images it learned from."""
    if classifier.provenance.data.get("fingerprint") == data.test.fingerprint:
        return [
            language.say("This classifier learned from these very test images: its accuracy on them is worth nothing.")
        ]
    if not learned_from(classifier, data.train):
        return [
            language.say(
                "This classifier was trained on other images than these training images ({origin}), or on a part of "
                "them: its accuracy on them does not tell how well it remembers what it learned from.",
                origin=data.train.origin,
            )
        ]
    return []


def what_an_accuracy_is_worth(evaluation: Evaluation, language: Language, embedded: bool = False) -> str:
    """A plain paragraph: what the interval covers, how the split was made, and what may leak through it.

    ``embedded`` says that the images are those that come with the package.
    """
    share = evaluation.accuracy
    covered = language.say(
        "Rightly classified: {count} of {images}, an accuracy of {value}. Had other images of the same kind been "
        "drawn, it would be a little different; the 95 % interval, {interval} (Wilson), covers that chance "
        "and no other. It says nothing about images of another kind: another pen, scanner or country.",
        images=images(share.n, language),
        count=language.number(share.count),
        value=language.share(share.value),
        interval=language.interval(share.low, share.high),
    )
    return f"{covered} {_what_may_leak(evaluation, language, embedded)}"


def _what_may_leak(evaluation: Evaluation, language: Language, embedded: bool) -> str:
    if evaluation.images.split == "train":
        return language.say(
            "And these are the images that the network learned from: the number tells how well it remembers them, "
            "not what it is worth on new ones."
        )
    if evaluation.images.split == "validation":
        return language.say(
            "These images were held out of the training images, so the same hands and cameras made both, and they "
            "are there to choose by: what was chosen on them is flattered by them. The test images are kept for "
            "the end."
        )
    if embedded:
        return language.say(
            "The digits that come with the package are 14 filled-in forms, one after the other; the last three are "
            "the test images, so that a hand is not on both sides. But 13 people filled in 14 forms, so one of "
            "them may be. The digits were 8 x 8 pixels and are enlarged: they are not MNIST."
        )
    if evaluation.images.origin == OFFICIAL_ORIGIN:
        return language.say(
            "The test digits of MNIST were written by other people than its training digits, so no handwriting is "
            "on both sides. But for 25 years the whole world has chosen its methods by looking at these test "
            "images: a method that is known to work on them may be a little flattered."
        )
    return language.say(
        "How the images were parted decides what the number is worth: where training and test images show the "
        "same object, writer or wall, it flatters. For these files ({origin}) that is not known here.",
        origin=evaluation.images.origin,
    )


def learned_from(classifier: Classifier, train: LabelledImages) -> bool:
    """Whether these are the training images it learned from, as far as its file tells."""
    return bool(classifier.provenance.data.get("fingerprint", train.fingerprint) == train.fingerprint)
