"""The numbers of a model card: what was measured of a classifier, surface by surface, and where it fails."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fissura.classifier import Classifier
from fissura.judgement import MIDDLE
from fissura.language import N_, Language, Phrase
from fissura.reporting.card_phrases import surface_words
from fissura.reporting.cells import ends

Rows = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Measured:
    """What benchmarks found out about a crack detector; each may be empty.

    Attributes:
        surfaces: a row for each surface, by its name.
        masks: what its map is worth, by kind of picture.
        corruptions: rows of the robustness table.
        unlike: rows on how often pictures are called unlike the training data.
        things: rows on how often intact walls are flagged because of a thing that stands before them.
        command: what was measured with.
        failures: the name of a picture of its surest mistakes, beside the card.
    """

    surfaces: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    masks: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    corruptions: Rows = ()
    unlike: Rows = ()
    things: Rows = ()
    command: str = ""
    failures: str = ""


NOTHING_MEASURED = Measured()
_OFTEN = 0.05  # of intact walls, flagged because of a thing: less is not told of each


def worth(classifier: Classifier, measured: Measured, language: Language) -> str:
    """Its metrics and its numbers on each surface, as Markdown."""
    say, decision, metrics = language.say, classifier.decision, classifier.provenance.metrics
    at_middle = decision is not None and decision.threshold != MIDDLE
    lines = [
        f"- {say(_title(key, at_middle))}{language.colon}{_share(value, language)}"
        for key, value in sorted(metrics.items())
        if isinstance(value, dict) and value.get("value") is not None and "n" in value
    ]
    if "leaking_test_images" in metrics and "test_accuracy" in metrics:
        lines.append(
            "- "
            + say(
                "Test images with a copy, a mirror image or an overlapping view in training or validation: {count} of "
                "{n}",
                count=language.number(metrics["leaking_test_images"]),
                n=language.number(metrics["test_accuracy"]["n"]),
            )
        )
    if measured.surfaces:
        lines += [
            *([""] if lines else []),
            say(
                "On tiles of 224 px, at the threshold that is shipped; 95 % intervals. Flagged: of intact tiles. ECE: "
                "expected calibration error. Surfaces marked as not taught were left out of training."
            ),
            "",
            _row(
                (say("Surface"), "n", say("ROC AUC"), say("Balanced accuracy"), say("Found"), say("Flagged"), "ECE"),
            ),
            "|---|---:|---:|---:|---:|---:|---:|",
            *(_surface_row(surface, row, language) for surface, row in measured.surfaces.items()),
        ]
    for kind, row in measured.masks.items():
        lines += [
            "",
            say(
                "Its map against true masks, {kind} (n = {n}): IoU {iou}, F1 {f1}, clIoU with 4 px {cliou}.",
                kind=surface_words(kind, language),
                n=row["n"],
                iou=language.number(row["iou"], 3),
                f1=language.number(row["f1"], 3),
                cliou=_interval(row["cliou_4px"], language),
            ),
        ]
    if measured.command:
        lines += ["", say("Measured with {command}.", command=f"`{measured.command}`")]
    return "\n".join(lines) if lines else say("Nothing was measured.")


def failures(measured: Measured, language: Language) -> str:
    """When not to believe a crack detector, as Markdown."""
    say = language.say
    lines = [
        say("Cracks thinner than a pixel, filled with dirt of the wall's own grey, or out of focus are missed."),
        say(
            "Straight dark joints, edges of boards, wires, ropes, twigs, roots, ivy, tyre marks, scratches and "
            "shadows can be taken for cracks."
        ),
        say("A photograph of many windows has many chances of a false alarm: look at the window that is named."),
    ]
    lines = bullets(lines).split("\n")
    worst = [row for row in measured.corruptions if (row.get("auroc") or {}).get("value") is not None]
    if worst:
        least = min(worst, key=lambda row: float(row["auroc"]["value"]))
        lines.append(
            "- "
            + say(
                "Of the corruptions that were tried, {kind} of {strength} on {where} harms most: ROC AUC {auc}.",
                kind=say(_CORRUPTIONS.get(least["kind"], Phrase())),
                strength=f"{language.plain(least['strength'], 8)} ({say(_UNITS.get(least['kind'], Phrase()))})",
                where=surface_words(least["set"], language),
                auc=_interval(least["auroc"], language),
            )
        )
    for row in measured.unlike:
        if row["group"] == "no wall at all" and row["kind"] != "mean" and row["unlike"]["value"] < 0.95:
            lines.append(f"- {_seldom_unlike(row, language)}")
    lines += [f"- {sentence}" for sentence in _things(measured.things, language)]
    if measured.failures:
        lines += ["", f"![{say('Its surest mistakes')}]({measured.failures})"]
        lines += ["", say("Its surest mistakes on the surfaces above: misses in the first row, then false alarms.")]
    return "\n".join(lines)


def _things(rows: Rows, language: Language) -> list[str]:
    """How often an intact wall is flagged because of what stands before it, the worst first; nothing where seldom."""
    often = sorted((row for row in rows if row["flagged"]["low"] > _OFTEN), key=lambda row: -row["flagged"]["value"])
    if not often:
        return []
    told = [f"{_thing_words(row, language)} {_share(row['flagged'], language, 0)}" for row in often]
    plain = next(row["flagged"] for row in rows if row["thing"] == "nothing")
    sentence = language.say(
        "Things before intact walls make it flag more of them than the {plain} that it flags without: {things}. They "
        "were drawn before {n} tiles each.",
        plain=_share(plain, language, 0),
        things=", ".join(told),
        n=language.number(often[0]["n"]),
    )
    return [sentence]


def _thing_words(row: Mapping[str, Any], language: Language) -> str:
    thing = surface_words(row["thing"], language)
    return f"{thing} ({language.say('never taught')})" if row["kind"] == "never taught" else thing


def _seldom_unlike(row: Mapping[str, Any], language: Language) -> str:
    kind, share = surface_words(row["kind"], language), row["unlike"]["value"]
    if not share:
        return language.say(
            "None of the {n} pictures that show no wall ({kind}) is called unlike the training data.",
            n=language.number(row["n"]),
            kind=kind,
        )
    return language.say(
        "Of pictures that show no wall ({kind}) only {share} are called unlike the training data.",
        kind=kind,
        share=language.share(share, 0),
    )


_CORRUPTIONS = {"blur": N_("blur"), "darkness": N_("darkness"), "JPEG": N_("JPEG"), "noise": N_("noise")}
_UNITS = {
    "blur": N_("standard deviation in px"),
    "darkness": N_("light left"),
    "JPEG": N_("quality"),
    "noise": N_("standard deviation in grey levels"),
}
_TITLES = {
    "train_accuracy": N_("Accuracy on the training images"),
    "validation_accuracy": N_("Accuracy on the validation images"),
    "test_accuracy": N_("Accuracy on the test images"),
    "wished_accuracy": N_("Accuracy on the test images, at its threshold"),
    "wished_recall": N_("Recall on the test images, at its threshold"),
    "wished_specificity": N_("Specificity on the test images, at its threshold"),
}
_AT_MIDDLE = {
    "train_accuracy": N_("Accuracy on the training images, at threshold 0.5"),
    "test_accuracy": N_("Accuracy on the test images, at threshold 0.5"),
}


def _title(key: str, at_middle: bool) -> str:
    """What a number is called; ``at_middle``: the classifier says what it says at another threshold than 0.5."""
    titles = _TITLES | (_AT_MIDDLE if at_middle else {})
    return titles.get(key, key.replace("_", " "))


def _surface_row(surface: str, row: Mapping[str, Any], language: Language) -> str:
    cells = (
        surface_words(surface, language),
        language.number(row["n"]),
        _interval(row["auroc"], language),
        _interval(row["balanced_accuracy"], language),
        "" if row["found"]["value"] is None else language.share(row["found"]["value"], 1),
        "" if row["flagged"]["value"] is None else _share(row["flagged"], language, 1),
        language.number(row["calibration_error"], 3),
    )
    return _row(cells)


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _interval(measure: Mapping[str, Any], language: Language) -> str:
    if measure["value"] is None:
        return ""
    value = language.fraction(measure["value"], 3)
    if measure["low"] is None:
        return value
    return f"{value} ({ends(measure['low'], measure['high'], language, 3)})"


def _share(share: Mapping[str, Any], language: Language, decimals: int = 2) -> str:
    value = language.share(share["value"], decimals)
    if share.get("low") is None:
        return value
    return f"{value} ({language.interval(share['low'], share['high'], decimals)})"


def bullets(sentences: Sequence[str]) -> str:
    """A list."""
    return "\n".join(f"- {sentence}" for sentence in sentences)
