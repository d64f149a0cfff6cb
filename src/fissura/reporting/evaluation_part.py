"""What a classifier of any number of classes got right: the numbers and pictures that stand on every page about it."""

from __future__ import annotations

from dataclasses import dataclass

from fissura.decision import Decided
from fissura.evaluation import Evaluation
from fissura.language import Language
from fissura.reporting import figures
from fissura.reporting.cells import Table, three_digits, with_interval
from fissura.reporting.rendering import Picture
from fissura.reporting.tables import evaluation_rows


@dataclass(frozen=True)
class EvaluationPart:
    """An evaluation on a page.

    Attributes:
        title: of the network.
        evaluation: of the images it has not learned from.
        train: accuracy on the training images, with its interval.
        test: accuracy on the others, likewise.
        wished: (threshold, accuracy on the others there), where one was chosen for a wish: the rest is at 0.5.
        per_class: recall and precision of each class.
        confusion: which classes are taken for which.
        mistakes: those that it was surest of.
    """

    title: str
    evaluation: Evaluation
    train: str
    test: str
    wished: tuple[str, str] | None
    per_class: Table
    confusion: Picture
    mistakes: Picture


def evaluation_part(
    title: str, train: Evaluation, test: Evaluation, language: Language, decided: Decided | None = None
) -> EvaluationPart:
    """The part for a network called ``title``; ``decided`` is what was settled of two classes."""
    accuracy = test.accuracy if decided is None else decided.test.here.accuracy
    wished = None if decided is None or decided.wished is None else decided.wished.here
    return EvaluationPart(
        title=title,
        evaluation=test,
        train=with_interval(train.accuracy, language),
        test=with_interval(accuracy, language),
        wished=None
        if wished is None
        else (three_digits(wished.threshold, language), with_interval(wished.accuracy, language)),
        per_class=evaluation_rows(test, language),
        confusion=Picture(
            figures.confusion(test, language),
            language.say("Confusion matrix of {network}.", network=title),
            language.say(
                "Rows: true classes; columns: predicted ones. Only mistakes are coloured, the more the darker; empty "
                "cells are 0."
            ),
            name="confusion",
        ),
        mistakes=Picture(
            figures.mistakes_sheet(test, language),
            language.say("Mistakes of {network}.", network=title),
            _mistakes_caption(test, language),
            name="mistakes",
        ),
    )


def judged_name(split: str, language: Language) -> str:
    """What the images are called that were not learned from, in the middle of a sentence."""
    return language.say("validation images") if split == "validation" else language.say("test images")


def _mistakes_caption(test: Evaluation, language: Language) -> str:
    if test.errors == 0:
        return language.say("No image was wrongly classified.")
    return language.say(
        "Mistakes: {errors} in all. Shown are the {shown} it was surest of: true class → predicted class, and the "
        "probability it gave to the latter.",
        errors=language.number(test.errors),
        shown=language.number(len(test.mistakes())),
    )
