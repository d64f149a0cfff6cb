"""What a page shows of a two-class judgement: counts, curves, wish, probabilities, mistakes, evidence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fissura.classifier import Classifier
from fissura.decision import Decided
from fissura.judgement import Judgement, WrongCall
from fissura.language import Language
from fissura.reporting.cells import Table
from fissura.reporting.crack_figures import looked_at, where_it_looks, wrong_calls_sheet
from fissura.reporting.curve_figures import precision_recall_picture, roc_picture
from fissura.reporting.judgement_figures import reliability_picture, score_histogram, two_by_two
from fissura.reporting.judgement_tables import judged_rows, judgement_rows
from fissura.reporting.judgement_words import (
    calibrated_words,
    calibration_words,
    counted_words,
    interval_words,
    wish_words,
)
from fissura.reporting.rendering import Picture

PICTURES = (
    *("confusion.svg", "roc.svg", "precision-recall.svg", "reliability.svg", "probabilities.svg"),
    *("misses.png", "false-alarms.png", "where-it-looks.png"),
)
"""The files that the pictures of a section may become; a judgement without false alarms has no picture of any."""


@dataclass(frozen=True)
class JudgementPart:
    """The section on one judgement.

    Attributes:
        words: what is right and wrong, and what the intervals cover.
        numbers: every number at 0.5 and at the wish.
        counts: the confusion matrix at 0.5.
        curves: ROC and precision-recall.
        wish: the wish and what came of it.
        calibration: whether the probabilities mean what they say.
        probabilities: the same as pictures: reliability, and the scores of each class.
        mistakes: the surest misses and false alarms.
        looks: where the network looks; None where it has no map.
    """

    words: tuple[str, ...]
    numbers: Table
    counts: Picture
    curves: tuple[Picture, ...]
    wish: tuple[str, ...]
    calibration: tuple[str, ...]
    probabilities: tuple[Picture, ...]
    mistakes: tuple[Picture, ...]
    looks: Picture | None

    @property
    def pictures(self) -> tuple[Picture, ...]:
        """Every picture, in the order in which the section shows them."""
        looks = () if self.looks is None else (self.looks,)
        return (self.counts, *self.curves, *self.probabilities, *self.mistakes, *looks)


def judgement_part(decided: Decided, language: Language) -> JudgementPart:
    """Everything that the section shows, drawn and said."""
    test = decided.test
    return JudgementPart(
        words=(counted_words(test, language), interval_words(test, language)),
        numbers=judgement_rows(decided, language),
        counts=Picture(
            two_by_two(test, language),
            language.say("Confusion matrix: found, missed, false alarms, rightly passed."),
            language.say(
                "Confusion matrix at threshold 0.5. Rows: true classes, columns: predicted ones; in percent of the row."
            ),
            "confusion",
        ),
        curves=_curves(test, [each for each in (decided.test, decided.wished) if each is not None], language),
        wish=tuple(wish_words(decided, language)),
        calibration=tuple(calibration_words(decided, language)),
        probabilities=_probabilities(decided.uncalibrated, test, language),
        mistakes=_mistakes(test, language),
        looks=_looks(decided.classifier, test, language),
    )


def field_part(test: Judgement, classifier: Classifier, language: Language) -> JudgementPart:
    """The same for a classifier that was settled long ago, on pictures it may never have seen the like of."""
    return JudgementPart(
        words=(counted_words(test, language), interval_words(test, language)),
        numbers=judged_rows([test], language),
        counts=Picture(
            two_by_two(test, language),
            language.say("Confusion matrix: found, missed, false alarms, rightly passed."),
            language.say(
                "Confusion matrix at the classifier's threshold. Rows: true classes, columns: predicted ones; in "
                "percent of the row."
            ),
            "confusion",
        ),
        curves=_curves(test, [test], language) if 0 < test.positive.sum() < len(test.positive) else (),
        wish=(),
        calibration=(calibrated_words(test, language),),
        probabilities=_probabilities(test, None, language),
        mistakes=_mistakes(test, language),
        looks=_looks(classifier, test, language),
    )


def _curves(test: Judgement, at: Sequence[Judgement], language: Language) -> tuple[Picture, ...]:
    marked = [each.here for each in at]
    positive, negative = test.class_names
    return (
        Picture(
            roc_picture(test, marked, language),
            language.say("ROC curve on the test images."),
            language.say(
                "Every threshold is a point of the ROC curve: how much of {positive} is found at the price of how many "
                "false alarms on {negative}.",
                positive=positive,
                negative=negative,
            ),
            "roc",
        ),
        Picture(
            precision_recall_picture(test, marked, language),
            language.say("Precision-recall curve on the test images."),
            language.say(
                "Precision is the share of true ones among all that are called {positive}. Unlike the ROC curve it "
                "depends on how frequent they are: where cracks are rare, it is lower.",
                positive=positive,
            ),
            "precision-recall",
        ),
    )


def _probabilities(before: Judgement, after: Judgement | None, language: Language) -> tuple[Picture, ...]:
    what = language.say("Probabilities beside the shares that came true.")
    if after is not None:
        what = language.say("Probabilities beside the shares that came true, before and after the temperature.")
    return (
        Picture(
            reliability_picture(before, after, language),
            what,
            language.say(
                "Where it says 80 %, it should be right in 80 of 100 cases: its points then lie on the dotted line. "
                "The lines are 95 % intervals; few images make them long."
            ),
            "reliability",
        ),
        Picture(
            score_histogram(before if after is None else after, language),
            language.say("Histogram of the probabilities given to the images of each class."),
            language.say("What lies on the wrong side of the threshold is hatched."),
            "probabilities",
        ),
    )


def _mistakes(test: Judgement, language: Language) -> tuple[Picture, ...]:
    found = []
    calls: Sequence[tuple[str, str, tuple[WrongCall, ...], int]] = (
        ("misses", language.say("The surest misses"), test.misses(), test.here.false_negatives),
        ("false-alarms", language.say("The surest false alarms"), test.false_alarms(), test.here.false_positives),
    )
    for name, title, wrong, count in calls:
        if wrong:
            caption = language.say(
                "{title} of {n}, with the probability of {positive} that each was given, and its file. Is the "
                "label right?",
                title=title,
                n=language.number(count),
                positive=test.class_names[0],
            )
            found.append(Picture(wrong_calls_sheet(test, wrong, language), title, caption, name))
    return tuple(found)


def _looks(classifier: Classifier, test: Judgement, language: Language) -> Picture | None:
    content = where_it_looks(classifier, test.images, looked_at(test), language, test.threshold)
    if content is None:
        return None
    return Picture(
        content,
        language.say("Images beside their evidence maps: hits, misses and false alarms."),
        language.say(
            "The network is fully convolutional: before its last pooling it has a map of log-odds, one for each place. "
            "Orange speaks for {positive}, blue against it; the line encloses what speaks for it. Hits are spread over "
            "all test images, misses and false alarms are the surest ones.",
            positive=test.class_names[0],
        ),
        "where-it-looks",
    )
