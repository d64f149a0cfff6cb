"""Tables of a two-class judgement and of the ladder of honesty: every number with its interval."""

from __future__ import annotations

import math
from collections.abc import Sequence

from fissura.decision import Decided
from fissura.judgement import Judgement
from fissura.language import Language
from fissura.metrics import AtThreshold, Measure, Share
from fissura.reporting.cells import Table, images, measure_cell, number_cell, split_name, three_digits
from fissura.reporting.crack_results import Ladder, Rung
from fissura.reporting.phrases import rung_title


def judgement_rows(decided: Decided, language: Language) -> Table:
    """Every number of a two-class judgement on test images, at 0.5 and at the threshold of the wish."""
    judged = [decided.test] + ([decided.wished] if decided.wished is not None else [])
    table = judged_rows(judged, language)
    before = language.say("Calibration error before the temperature")
    error = language.percent(decided.uncalibrated.calibration["mass"].value)
    return Table(table.title, table.columns, (*table.rows, (before, *(error for _ in judged))), left=1)


def judged_rows(judged: Sequence[Judgement], language: Language) -> Table:
    """The same classifier on the same images at one threshold or several: a column for each."""
    here = [each.here for each in judged]
    rows = [
        (language.say("Found"), *(_of(each.true_positives, _positives(each), language) for each in here)),
        (language.say("Missed"), *(_of(each.false_negatives, _positives(each), language) for each in here)),
        (language.say("False alarms"), *(_of(each.false_positives, _negatives(each), language) for each in here)),
        (language.say("Rightly passed"), *(_of(each.true_negatives, _negatives(each), language) for each in here)),
        (language.say("Accuracy"), *(measure_cell(each.accuracy, language) for each in here)),
        (language.say("Balanced accuracy"), *(measure_cell(each.balanced_accuracy, language) for each in here)),
        (language.say("Recall"), *(measure_cell(each.recall, language) for each in here)),
        (language.say("Specificity"), *(measure_cell(each.specificity, language) for each in here)),
        (
            language.say("Flagged, of {name}", name=judged[0].class_names[1]),
            *(measure_cell(each.false_alarm_rate, language) for each in here),
        ),
        (language.say("Precision"), *(measure_cell(_of_two_classes(each.precision, each), language) for each in here)),
        (language.say("F1"), *(measure_cell(_of_two_classes(each.f1, each), language) for each in here)),
    ]
    first = judged[0]  # what follows is of the scores, whatever the threshold
    rows += [
        (title, *(cell for _ in judged))
        for title, cell in (
            (language.say("ROC AUC"), number_cell(first.auc, language)),
            (language.say("Average precision"), number_cell(first.average_precision, language)),
            (language.say("Brier score"), number_cell(first.brier, language)),
            (language.say("Log loss"), number_cell(first.log_loss, language)),
            (language.say("Calibration error"), language.percent(first.calibration["mass"].value)),
            (language.say("Calibration error by chance alone"), language.percent(first.calibration["mass"].by_chance)),
        )
    ]
    columns = [language.say("Threshold {value}", value=three_digits(each.threshold, language)) for each in judged]
    title = language.say(
        "{images} ({split}), {positive} looked for, 95 % intervals",
        positive=first.class_names[0],
        images=images(len(first.images), language),
        split=split_name(first.images.split, language),
    )
    return Table(title, (language.say("Number"), *columns), tuple(rows), left=1)


def ladder_rows(ladder: Ladder, language: Language) -> Table:
    """A row for each rung: on how many images, how many of these have a twin in another part, and the scores."""
    columns = (
        language.say("Rung"),
        language.say("Test images"),
        language.say("Accuracy"),
        language.say("Balanced accuracy"),
        language.say("Recall"),
        language.say("Specificity"),
        language.say("ROC AUC"),
    )
    rows = tuple(_rung_row(number, rung, language) for number, rung in enumerate(ladder.rungs, start=1))
    return Table(language.say("The ladder of honesty, at threshold 0.5, 95 % intervals"), columns, rows)


def _rung_row(number: int, rung: Rung, language: Language) -> tuple[str, ...]:
    here = rung.judgement.here
    images = [language.number(len(rung.judgement.images))]
    if rung.leaks is not None:
        images.append(language.say("{count} with a twin", count=language.number(rung.leaks.in_either)))
    return (
        f"{number}. {rung_title(rung.name, language)}",
        "\n".join(images),
        measure_cell(here.accuracy, language),
        measure_cell(here.balanced_accuracy, language),
        measure_cell(here.recall, language),
        measure_cell(here.specificity, language),
        number_cell(rung.judgement.auc, language),
    )


def _of_two_classes(measure: Share | Measure, judged: AtThreshold) -> Share | Measure:
    """Nothing where a class has no image: of intact images alone precision is 0 whatever the classifier says."""
    known = _positives(judged) and _negatives(judged)
    return measure if known else Measure(math.nan, math.nan, math.nan)


def _positives(judged: AtThreshold) -> int:
    return judged.true_positives + judged.false_negatives


def _negatives(judged: AtThreshold) -> int:
    return judged.false_positives + judged.true_negatives


def _of(count: int, n: int, language: Language) -> str:
    return language.say("{errors} of {n}", errors=language.number(count), n=language.number(n))
