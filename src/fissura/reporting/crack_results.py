"""What the second half of the lab comes to, as records: the ladder of honesty and all around it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fissura.data.audit import Audit
from fissura.data.folder import LeftOut
from fissura.data.photographs import Photographs
from fissura.data.splits import Leaks
from fissura.judgement import Judgement
from fissura.reporting.results import FORMAT, RunResult

RANDOM, GROUPED = "random", "grouped"


@dataclass(frozen=True, eq=False)
class Rung:
    """One question and its answer.

    Attributes:
        name: ``random``, ``grouped``, or the name given to another folder.
        judgement: of the classifier on the rung's test images, at threshold 0.5.
        result: of the training, on the first two rungs; None on the others, which the second one's classifier climbs.
        leaks: how many test images have a twin in another part, on the first two.
        left_out: files of another folder that could not be used, and why.
    """

    name: str
    judgement: Judgement
    result: RunResult | None = None
    leaks: Leaks | None = None
    left_out: tuple[LeftOut, ...] = ()


@dataclass(frozen=True, eq=False)
class Ladder:
    """All rungs, from the easiest."""

    rungs: tuple[Rung, ...]

    def as_dict(self) -> list[dict[str, Any]]:
        """Every number, for JSON."""
        return [
            {
                "name": rung.name,
                "leaking_test_images": None if rung.leaks is None else rung.leaks.in_either,
                "left_out": [{"file": left.name, "error": str(left.reason)} for left in rung.left_out],
                "judgement": rung.judgement.as_dict(),
            }
            for rung in self.rungs
        ]

    @property
    def trained(self) -> tuple[Rung, ...]:
        """Those that a network was trained for: the random split's, where it is there, and the grouped one's."""
        return tuple(rung for rung in self.rungs if rung.result is not None)

    @property
    def random(self) -> Rung | None:
        """The rung of the random split; None where it was left out."""
        return next((rung for rung in self.trained if rung.name == RANDOM), None)

    @property
    def grouped(self) -> Rung:
        """The rung of the grouped split, whose classifier is kept and climbs the further ones."""
        return next(rung for rung in self.trained if rung.name == GROUPED)

    @property
    def run(self) -> RunResult:
        """The training on the grouped split."""
        return next(rung.result for rung in self.trained if rung.name == GROUPED and rung.result is not None)

    @property
    def further(self) -> tuple[Rung, ...]:
        """The rungs of other folders."""
        return tuple(rung for rung in self.rungs if rung.result is None)


@dataclass(frozen=True, eq=False)
class CrackLabResult:
    """The second half of the course lab, done.

    Attributes:
        photographs: all images and their grouped split.
        audit: what is wrong with them; None for drawn images, of which each is new.
        ladder: the same network and recipe on the random split, on the grouped one, and on other folders.
        recipe_name: the name in ``RECIPES``.
        command: what to type to run it again.
    """

    photographs: Photographs
    audit: Audit | None
    ladder: Ladder
    recipe_name: str
    command: str

    @property
    def run(self) -> RunResult:
        """The training on the grouped split."""
        return self.ladder.run

    def as_dict(self) -> dict[str, Any]:
        """The content of ``results.json``; ``docs/results.schema.json`` describes it."""
        return {
            "format": FORMAT,
            "kind": "crack lab",
            "source": self.photographs.source,
            "embedded": self.photographs.embedded,
            "recipe": self.recipe_name,
            "split": dict(zip(("train", "validation", "test"), self.photographs.parts.sizes, strict=True)),
            "audit": None if self.audit is None else _audit_in_short(self.audit),
            "ladder": self.ladder.as_dict(),
            "run": self.run.as_dict(),
        }


def _audit_in_short(audit: Audit) -> dict[str, Any]:
    whole = audit.as_dict()
    counted = {name: len(whole[name]) for name in ("problems", "conflicts", "suspects")}
    return {name: whole[name] for name in ("images", "distinct", "groups", "kinds")} | counted
