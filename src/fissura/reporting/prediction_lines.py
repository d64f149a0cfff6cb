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
from fissura.reporting.cells import NOTHING
from fissura.reporting.drawing import rounded_probability, short

COLUMNS = (
    *("path", "height", "width", "label", "of", "probability", "unlike", "windows", "top", "left", "bottom", "right"),
    "reason",
)
_SIZE, _CLASS, _CHANCE, _UNLIKE = 13, 12, 11, 6
_LEAST_NAME = 16


@dataclass(frozen=True)
class PredictionTable:
    """Lines of a table whose rows come one by one, so that columns have a width before their cells are known.

    Attributes:
        classifier: whose predictions they are.
        language: the reader's.
        name_width: of the first column.
    """

    classifier: Classifier
    language: Language
    name_width: int

    @classmethod
    def fitting(cls, classifier: Classifier, language: Language, longest: int, width: int) -> PredictionTable:
        """For names of up to ``longest`` signs, on a terminal ``width`` signs wide."""
        others = _SIZE + _CLASS + _CHANCE + _UNLIKE + 5 * 2 + 24
        heading = len(language.say("Image"))
        return cls(classifier, language, max(heading, min(longest, max(_LEAST_NAME, width - others))))

    def head(self) -> str:
        """The columns' headings."""
        language, decision = self.language, self.classifier.decision
        chance = language.say("Probability")
        if decision is not None:
            chance = f"P({short(self.classifier.classes[decision.positive], _CHANCE - 3)})"
        cells = (language.say("Image"), language.say("Size, px"), language.say("Class"), chance)
        return self._line(*cells, language.say("Unlike"), language.say("Remark"))

    def line(self, said: Prediction) -> str:
        """One picture's row."""
        size = NOTHING if said.size_hw is None else "{} × {}".format(*said.size_hw)
        name = said.name if len(said.name) <= self.name_width else "…" + said.name[-(self.name_width - 1) :]
        if said.reason is not None:
            return self._line(name, size, NOTHING, NOTHING, "", self.language.error(said.reason))
        assert said.label is not None
        chance = rounded_probability(probability(said, self.classifier)[1], self.language)
        unlike = "" if said.unlike is None else self.language.number(said.unlike, 2)
        label = short(self.classifier.classes[said.label], _CLASS)
        return self._line(name, size, label, chance, unlike, self._remark(said))

    def _remark(self, said: Prediction) -> str:
        remarks = [self.language.say("unlike the training data")] if is_unlike(said) else []
        if said.windows > 1 and said.window is not None:
            remarks.append(
                self.language.say(
                    "most suspicious of {n} windows: rows {top} to {bottom}, columns {left} to {right}",
                    n=self.language.number(said.windows),
                    top=said.window.box[0],
                    bottom=said.window.box[2],
                    left=said.window.box[1],
                    right=said.window.box[3],
                )
            )
        return "; ".join(remarks)

    def _line(self, name: str, size: str, label: str, chance: str, unlike: str, remark: str) -> str:
        cells = (f"{name:<{self.name_width}}", f"{size:>{_SIZE}}", f"{label:<{_CLASS}}", f"{chance:>{_CHANCE}}")
        return "  ".join((*cells, f"{unlike:>{_UNLIKE}}", remark)).rstrip()


def probability(said: Prediction, classifier: Classifier) -> tuple[str, float]:
    """(the class, its probability): of the one that is looked for, else of the one that the picture is said to be."""
    assert said.probabilities is not None
    assert said.label is not None
    k = said.label if classifier.decision is None else classifier.decision.positive
    return classifier.classes[k], float(said.probabilities[k])


def is_unlike(said: Prediction) -> bool:
    """Whether the picture is further from the training data than 95 % of known surfaces are."""
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
    """One JSON object in one line, with the probability of each class."""
    found = as_dict(said, classifier, language)
    every = {} if said.probabilities is None else zip(classifier.classes, said.probabilities.tolist(), strict=True)
    found["probabilities"] = {name: round(value, 6) for name, value in dict(every).items()}
    return json.dumps(found, ensure_ascii=False, allow_nan=False)


def csv_head() -> str:
    """The names of the columns."""
    return ",".join(COLUMNS)


def csv_line(said: Prediction, classifier: Classifier, language: Language) -> str:
    """One row as RFC 4180 wants it, without the line's end."""
    found = as_dict(said, classifier, language)
    stream = io.StringIO()
    csv.writer(stream, lineterminator="").writerow([found[column] for column in COLUMNS])
    return stream.getvalue()
