"""The whole inspection of many photographs: what was asked, what looked at them, what was found; and its JSON."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from functools import cached_property
from typing import Any

from fissura.classifier import Classifier
from fissura.inspection.record import Quantity, total
from fissura.language import language
from fissura.metrics import Agreement, rounded
from fissura.metrics.cracks_found import CracksFound
from fissura.reporting.findings.records import Found, Photograph
from fissura.reporting.findings.severity import Scheme, Severity

FORMAT = 2


@dataclass(frozen=True)
class Model:
    """What looked at the photographs.

    Attributes:
        name: ``built-in``, or the file's.
        network: its name in ``MODELS``.
        parameters: how many it learned.
        fingerprint: of its weights, 64 hexadecimal digits.
        threshold, temperature: how its output is read; None where it says neither.
        data, metrics: what it learned from and how it was judged, as its file says.
    """

    name: str
    network: str
    parameters: int
    fingerprint: str
    threshold: float | None
    temperature: float | None
    data: dict[str, Any]
    metrics: dict[str, Any]

    @classmethod
    def of(cls, classifier: Classifier, name: str) -> Model:
        """The card of a classifier."""
        decision = classifier.decision
        return cls(
            name=name,
            network=classifier.network,
            parameters=classifier.parameters,
            fingerprint=classifier.fingerprint,
            threshold=None if decision is None else decision.threshold,
            temperature=None if decision is None else decision.temperature,
            data=classifier.provenance.data,
            metrics=classifier.provenance.metrics,
        )


@dataclass(frozen=True)
class Inspected:
    """Photographs inspected together.

    Attributes:
        source: what they are called together.
        photographs: by name, each with its findings or why it has none.
        scheme: the limits of width.
        settings: what was asked for, by the names of the command's options.
        model: what looked at them.
        versions: of what the numbers depend on.
        command: what to type to have it again.
        card: the model's card for people, as Markdown; may be empty, and stands on the page alone.
    """

    source: str
    photographs: tuple[Photograph, ...]
    scheme: Scheme
    settings: dict[str, Any]
    model: Model
    versions: dict[str, str]
    command: str
    card: str = ""

    def severity(self, found: Found, photograph: Photograph) -> Severity:
        """The class of a finding's width; the scheme says which of its widths."""
        width: Quantity = getattr(found, self.scheme.measure)
        return self.scheme.severity(width.in_mm(photograph.scale))

    @cached_property
    def seen(self) -> tuple[Photograph, ...]:
        """The photographs that were inspected."""
        return tuple(each for each in self.photographs if each.error is None)

    @cached_property
    def unseen(self) -> tuple[Photograph, ...]:
        """Those that were not: they could not be read, or nothing can be seen on them."""
        return tuple(each for each in self.photographs if each.error is not None)

    @cached_property
    def without_scale(self) -> tuple[Photograph, ...]:
        """The inspected photographs without a scale, where one was asked for."""
        asked = any(self.settings.get(option) is not None for option in ("mm-per-px", "distance", "scales"))
        return tuple(each for each in self.seen if each.scale is None) if asked else ()

    @cached_property
    def ranked(self) -> tuple[Photograph, ...]:
        """The inspected photographs, the one with the severest finding first, as ``findings`` has them; then by length.

        Those without a scale come after those with one, as ``findings`` do.
        """
        return tuple(sorted(self.seen, key=self._rank))

    @cached_property
    def findings(self) -> tuple[tuple[Photograph, Found], ...]:
        """Every finding with its photograph, the severest first: by class, width and length.

        The class may be that of another width than the greatest, by which those of one class are ordered. Findings
        without a scale come after all with one.
        """
        every = [(photograph, found) for photograph in self.seen for found in photograph.findings]
        return tuple(sorted(every, key=lambda one: self._order(*one)))

    def findings_of(self, photograph: Photograph) -> tuple[Found, ...]:
        """Those of one of its photographs, the severest first."""
        return tuple(self._by_photograph[id(photograph)])

    @cached_property
    def _by_photograph(self) -> defaultdict[int, list[Found]]:
        of_each: defaultdict[int, list[Found]] = defaultdict(list)
        for photograph, found in self.findings:
            of_each[id(photograph)].append(found)
        return of_each

    @cached_property
    def widest(self) -> Quantity | None:
        """The greatest width measured, in mm where any photograph with a scale has one; None where none was."""
        widths = [found.width_max.in_mm(photograph.scale) for photograph, found in self.findings]
        return max(
            (each for each in widths if each.value is not None),
            key=lambda each: (each.unit == "mm", each.value or 0.0),
            default=None,
        )

    @cached_property
    def unmeasured(self) -> int:
        """How many findings have no greatest width: it could not be measured."""
        return sum(photograph.unmeasured for photograph in self.seen)

    @cached_property
    def scaled(self) -> bool:
        """Whether every inspected photograph has a scale."""
        return bool(self.seen) and all(each.scale is not None for each in self.seen)

    @cached_property
    def lengths(self) -> tuple[Quantity, ...]:
        """Of all findings: in mm those of photographs with a scale, in px those of the others; may be empty."""
        found: dict[str, list[Quantity]] = {"mm": [], "px": []}
        for photograph in self.seen:
            if photograph.findings:
                length = photograph.length.in_mm(photograph.scale)
                found[length.unit].append(length)
        return tuple(total(parts, unit) for unit, parts in found.items() if parts)

    @cached_property
    def truth(self) -> CracksFound | None:
        """All photographs with a mask, beside it; None where none has one."""
        return added(each.truth for each in self.seen)

    def _order(self, photograph: Photograph, found: Found) -> tuple[Any, ...]:
        """By class, width and length: millimetres first, pixels after them, as the two cannot be compared."""
        level = self.severity(found, photograph).level
        return (
            -(-1 if level is None else level),
            photograph.scale is None,
            -(found.width_max.in_mm(photograph.scale).value or 0.0),
            -(found.length.in_mm(photograph.scale).value or 0.0),
            photograph.name,
            found.id,
        )

    def _rank(self, photograph: Photograph) -> tuple[Any, ...]:
        orders = (self._order(photograph, found)[:3] for found in photograph.findings)
        best = min(orders, default=(math.inf, True, 0.0))
        length = photograph.length.in_mm(photograph.scale).value or 0.0
        return (*best, -length, -(photograph.probability or 0.0), photograph.name)

    def as_dict(self) -> dict[str, Any]:
        """All of it for JSON (docs/inspection.schema.json)."""
        return {
            "format": FORMAT,
            "kind": "inspection",
            "source": self.source,
            "command": self.command,
            "settings": self.settings,
            "model": asdict(self.model),
            "versions": self.versions,
            "severity": self.scheme.as_dict(),
            "truth": None if self.truth is None else score_as_dict(self.truth),
            "photographs": [self._photograph(each) for each in self.photographs],
        }

    def _photograph(self, photograph: Photograph) -> dict[str, Any]:
        values = photograph.as_dict()
        values["truth"] = None if photograph.truth is None else score_as_dict(photograph.truth)
        for entry, found in zip(values["findings"], photograph.findings, strict=True):
            severity = self.severity(found, photograph)
            level = severity.level
            entry["severity"] = {
                "level": level,
                "class": None if level is None else self.scheme.class_name(level, language("en")),
                "straddles_mm": [self.scheme.limits[k].width_mm for k in severity.straddles],
            }
        return values


def added(scores: Iterable[CracksFound | None]) -> CracksFound | None:
    """Their sum; None where there is none."""
    there = [each for each in scores if each is not None]
    return sum(there[1:], there[0]) if there else None


def score_as_dict(score: CracksFound) -> dict[str, Any]:
    """Counts and what follows from them, for JSON; null where there is nothing to share by."""
    return {
        "images": score.images,
        "iou": rounded(score.pixels.iou),
        "f1": rounded(score.pixels.f1),
        "precision": rounded(score.pixels.precision),
        "recall": rounded(score.pixels.recall),
        "cl_iou": rounded(score.lines.iou),
        "length_error": rounded(score.length_error),
        "true_length_px": rounded(score.true_px),
        "found_length_px": rounded(score.found_px),
        "true_cracks": score.true,
        "found_cracks": score.found,
        "missed_cracks": score.missed,
        "findings": score.findings,
        "false_findings": score.alarms,
        "counts": {
            name: {each.name: getattr(agreement, each.name) for each in fields(Agreement)}
            for name, agreement in (("pixels", score.pixels), ("lines", score.lines))
        },
    }
