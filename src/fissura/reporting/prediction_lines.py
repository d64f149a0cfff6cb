"""Predictions as lines: of a table that is written while it grows, of CSV, of JSON."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import dataclass
from typing import Any

from fissura.classifier import Classifier
from fissura.language import Language
from fissura.prediction import Prediction
from fissura.reporting.cells import NOTHING, cells_of, csv_cell, left_of, lines_below, middle_left_out, right_of
from fissura.reporting.drawing import short

COLUMNS = (
    *("path", "height", "width", "label", "of", "probability", "unlike", "windows", "top", "left", "bottom", "right"),
    "reason",
)
_SIZE, _CLASS, _CHANCE, _UNLIKE = 11, 12, 8, 6
_LEAST_NAME, _SHORT_REMARK = 16, 24
_PADDED = 60  # columns that a name gets in a file; a longer one pushes its row to the right
_BETWEEN, _INDENT = "  ", "    "


@dataclass(frozen=True)
class PredictionTable:
    """Lines of a table whose rows come one by one, so that columns have a width before their cells are known.

    Attributes:
        classifier: whose predictions they are.
        language: the reader's.
        widths: of the columns before the last one.
        width: of the terminal, in columns: what is longer is broken, and a remark without room stands below its row.
            None: one row, one line, for another program.
    """

    classifier: Classifier
    language: Language
    widths: tuple[int, ...]
    width: int | None

    @classmethod
    def fitting(
        cls, classifier: Classifier, language: Language, longest: int, width: int | None = None
    ) -> PredictionTable:
        """For names of up to ``longest`` columns."""
        image, size, label, chance, unlike, _ = _headings(classifier, language)
        classes = max(cells_of(short(name, _CLASS)) for name in classifier.classes)
        others = (
            max(_SIZE, cells_of(size)),
            max(classes, cells_of(label)),
            max(_CHANCE, cells_of(chance)),
            max(_UNLIKE, cells_of(unlike)),
        )
        name = min(longest, _PADDED)
        if width is not None:
            room = width - sum(others) - len(_BETWEEN) * len(others)
            beside = room - len(_BETWEEN) - _SHORT_REMARK
            name = min(longest, beside if beside >= 2 * _LEAST_NAME else max(_LEAST_NAME, room))
        return cls(classifier, language, (max(cells_of(image), name), *others), width)

    def head(self) -> str:
        """The columns' headings."""
        return self._lines(*_headings(self.classifier, self.language)).split("\n")[
            0
        ]  # a heading without room needs none

    def line(self, said: Prediction) -> str:
        """One picture's row, of several lines where its remark is long."""
        size = NOTHING if said.size_hw is None else "{} × {}".format(*said.size_hw)
        name = said.name if self.width is None else middle_left_out(said.name, self.widths[0])
        if said.reason is not None:
            return self._lines(name, size, NOTHING, NOTHING, "", self.language.error(said.reason))
        assert said.label is not None
        chance = self.language.probability(probability(said, self.classifier)[1])
        unlike = "" if said.unlike is None else self.language.number(said.unlike, 2)
        label = short(self.classifier.classes[said.label], _CLASS)
        return self._lines(name, size, label, chance, unlike, self._remark(said))

    def _remark(self, said: Prediction) -> str:
        remarks = [self.language.say("unlike the training data")] if is_unlike(said) else []
        if said.windows > 1 and said.window is not None:
            remarks.append(
                self.language.say(
                    "most suspicious of {n} windows: rows {top}–{bottom}, columns {left}–{right}",
                    n=self.language.number(said.windows),
                    top=said.window.box[0],
                    bottom=said.window.box[2],
                    left=said.window.box[1],
                    right=said.window.box[3],
                )
            )
        return self.language.semicolon.join(remarks)

    def _lines(self, name: str, size: str, label: str, chance: str, unlike: str, remark: str) -> str:
        image, *others = self.widths
        cells = [left_of(name, image), right_of(size, others[0]), left_of(label, others[1])]
        cells += [right_of(chance, others[2]), right_of(unlike, others[3])]
        row = _BETWEEN.join(cells)
        if self.width is None or cells_of(row + _BETWEEN + remark) <= self.width:
            return (row + _BETWEEN + remark).rstrip()
        return "\n".join([row.rstrip(), *lines_below(remark, self.width, _INDENT)])


def _headings(classifier: Classifier, language: Language) -> tuple[str, str, str, str, str, str]:
    chance = language.say("Probability")
    if classifier.decision is not None:
        chance = f"P({short(classifier.classes[classifier.decision.positive], _CHANCE)})"
    words = (language.say("Image"), language.say("Size, px"), language.say("Class"), chance)
    return *words, language.say("Unlike"), language.say("Remark")


def probability(said: Prediction, classifier: Classifier) -> tuple[str, float]:
    """(the class, its probability): of the one that is looked for, else of the one that the picture is said to be."""
    assert said.probabilities is not None
    k = int(said.probabilities.argmax()) if classifier.decision is None else classifier.decision.positive
    return classifier.classes[k], float(said.probabilities[k])


def is_unlike(said: Prediction) -> bool:
    """Whether the picture is further from the training data than 95 % of held-out pictures of its surfaces are."""
    return said.unlike is not None and said.unlike > 1


def as_dict(said: Prediction, classifier: Classifier, language: Language) -> dict[str, Any]:
    """Everything known of one picture, for JSON and CSV; null where there is nothing."""
    height, width = said.size_hw or (None, None)
    of, chance = (None, None) if said.probabilities is None else probability(said, classifier)
    top, left, bottom, right = (None,) * 4 if said.window is None else said.window.box
    return {
        "path": said.name,
        "height": height,
        "width": width,
        "label": None if said.label is None else classifier.classes[said.label],
        "of": of,
        "probability": None if chance is None else round(chance, 6),
        "unlike": None if said.unlike is None else round(said.unlike, 4),
        "windows": said.windows,
        "top": top,
        "left": left,
        "bottom": bottom,
        "right": right,
        "reason": None if said.reason is None else language.error(said.reason),
    }


def json_line(said: Prediction, classifier: Classifier, language: Language) -> str:
    """One JSON object in one line, with the file's own name and the probability of each class."""
    found = as_dict(said, classifier, language)
    found["path"] = said.name if said.path is None else str(said.path)
    every = {} if said.probabilities is None else zip(classifier.classes, said.probabilities.tolist(), strict=True)
    found["probabilities"] = {name: round(value, 6) for name, value in dict(every).items()}
    return _visible(json.dumps(found, ensure_ascii=False, allow_nan=False))


def _visible(text: str) -> str:
    """JSON whose strings mean the same, with what does not print, or is no text at all, as an escape."""
    if text.isprintable():
        return text
    return "".join(sign if sign.isprintable() else json.dumps(sign)[1:-1] for sign in text)


def csv_head() -> str:
    """The names of the columns."""
    return ",".join(COLUMNS)


def csv_line(said: Prediction, classifier: Classifier, language: Language) -> str:
    """One row as RFC 4180 wants it, without the line's end."""
    found = as_dict(said, classifier, language)
    stream = io.StringIO()
    csv.writer(stream, lineterminator="").writerow([csv_cell(found[column]) for column in COLUMNS])
    return stream.getvalue()
