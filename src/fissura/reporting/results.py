"""``RunResult`` and ``LabResult``: what was trained and measured, as records and as ``results.json``.

``results.json`` holds only what repeats with the same seed on the same machine; how long it took stands beside it in
``timing.json``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from itertools import combinations
from typing import Any

from fissura.classifier import Classifier
from fissura.data.labelled import TrainTest
from fissura.decision import Decided
from fissura.evaluation import Evaluation, compare
from fissura.layers import LayerTable
from fissura.metrics import PairedComparison, Spread, holm, measure_as_dict, spread
from fissura.training import History

FORMAT = 1


@dataclass(frozen=True)
class Timing:
    """How long a run took and on what; the one part of a result that does not repeat.

    Attributes:
        seconds: of training, over all epochs; ``nan`` where it is not known.
        device: as a person would say it.
    """

    seconds: float
    device: str


@dataclass(frozen=True, eq=False)
class RunResult:
    """One classifier, trained once and judged once.

    Attributes:
        classifier: the classifier.
        table: its layers.
        history: losses per epoch.
        train: on the images it learned from: how well they are remembered, not what it is worth.
        test: on images it has not seen.
        timing: how long it took.
        decided: of two classes, one of them looked for: calibration, threshold, and every number that goes with it.
        label: what it is called among others of the same network; the network's name where it is empty.
    """

    classifier: Classifier
    table: LayerTable
    history: History
    train: Evaluation
    test: Evaluation
    timing: Timing
    label: str = ""
    decided: Decided | None = None

    @property
    def name(self) -> str:
        """What it is called: its label, or the network's name in ``MODELS``."""
        return self.label or self.classifier.network

    @property
    def leaking(self) -> int | None:
        """How many test images had a copy in another part when it was trained; None where that is not known."""
        return self.classifier.provenance.metrics.get("leaking_test_images")

    def as_dict(self) -> dict[str, Any]:
        """The content of a run's ``results.json``; ``docs/results.schema.json`` describes it."""
        return {
            "format": FORMAT,
            "kind": "run",
            "network": self.classifier.network,
            "options": self.classifier.options,
            "parameters": self.table.parameters,
            "multiply_adds": self.table.multiply_adds,
            "layers": self.table.as_dicts(),
            "recipe": _sorted(self.classifier.provenance.recipe),
            "preprocessing": asdict(self.classifier.preprocessing),
            "data": _sorted(self.classifier.provenance.data),
            "history": self.history.as_dict(),
            "train": self.train.as_dict(),
            "test": self.test.as_dict(),
            **({} if self.decided is None else {"two_classes": self.decided.as_dict()}),
            **({} if self.leaking is None else {"leaking_test_images": self.leaking}),
            "versions": _sorted(self.classifier.provenance.versions),
        }


@dataclass(frozen=True, eq=False)
class Contender:
    """One network of a comparison, with one run per seed; the first run is the one whose pictures are shown."""

    runs: tuple[RunResult, ...]

    @property
    def name(self) -> str:
        """What its runs are called."""
        return self.first.name

    @property
    def first(self) -> RunResult:
        """The run of the first seed."""
        return self.runs[0]

    @property
    def threshold(self) -> float | None:
        """From which probability on it is taken to say the class that is looked for; None: the most probable one."""
        decision = self.first.test.decision
        return None if decision is None else decision.threshold

    @property
    def test_spread(self) -> Spread:
        """Test accuracy over the seeds, shares in [0, 1]."""
        return spread([run.test.accuracy.value for run in self.runs])

    @property
    def seconds_spread(self) -> Spread:
        """Training seconds over the seeds."""
        return spread([run.timing.seconds for run in self.runs])


@dataclass(frozen=True)
class Duel:
    """Two contenders' first runs on the same test images.

    Attributes:
        first, second: the networks' names, in the order of the comparison.
        paired: McNemar's test.
        p_adjusted: its p-value after Holm's correction for all the duels of the comparison.
    """

    first: str
    second: str
    paired: PairedComparison
    p_adjusted: float

    @property
    def real(self) -> bool:
        """Whether the difference is significant at 5 % after the correction."""
        return self.p_adjusted < 0.05


def duels(contenders: tuple[Contender, ...]) -> tuple[Duel, ...]:
    """McNemar's test between every two contenders, with Holm's correction for their number."""
    pairs = list(combinations(contenders, 2))
    paired = [compare(first.first.test, second.first.test, by_name=True) for first, second in pairs]
    adjusted = holm([result.p_value for result in paired])
    return tuple(
        Duel(first.name, second.name, result, p)
        for (first, second), result, p in zip(pairs, paired, adjusted, strict=True)
    )


@dataclass(frozen=True, eq=False)
class LabResult:
    """The first half of the course lab, done.

    Attributes:
        data: the images, training and test.
        recipe_name: the name in ``RECIPES``.
        contenders: the networks, in the lab's order.
        command: what to type to run it again.
    """

    data: TrainTest
    recipe_name: str
    contenders: tuple[Contender, ...]
    command: str

    @property
    def duels(self) -> tuple[Duel, ...]:
        """Every two networks compared."""
        return duels(self.contenders)

    def as_dict(self) -> dict[str, Any]:
        """The content of the lab's ``results.json``; ``docs/results.schema.json`` describes it."""
        return {
            "format": FORMAT,
            "kind": "lab",
            "source": self.data.source,
            "embedded": self.data.embedded,
            "recipe": self.recipe_name,
            "networks": [_contender_as_dict(contender) for contender in self.contenders],
            "comparisons": [_duel_as_dict(duel) for duel in self.duels],
        }


def _contender_as_dict(contender: Contender) -> dict[str, Any]:
    several = len(contender.runs) > 1
    return {
        "network": contender.name,
        "parameters": contender.first.table.parameters,
        "multiply_adds": contender.first.table.multiply_adds,
        "seeds": [run.classifier.provenance.recipe.get("seed") for run in contender.runs],
        "train_accuracy": measure_as_dict(contender.first.train.accuracy),
        "test_accuracy": measure_as_dict(contender.first.test.accuracy),
        "test_accuracy_over_seeds": _spread_as_dict(contender.test_spread) if several else None,
        **({} if contender.threshold is None else {"threshold": contender.threshold}),
    }


def _spread_as_dict(over_seeds: Spread) -> dict[str, Any]:
    return {
        "values": [round(value, 6) for value in over_seeds.values],
        "mean": round(over_seeds.mean, 6),
        "std": round(over_seeds.std, 6),
        "low": round(over_seeds.low, 6),
        "high": round(over_seeds.high, 6),
    }


def _duel_as_dict(duel: Duel) -> dict[str, Any]:
    return {
        "first": duel.first,
        "second": duel.second,
        "n": duel.paired.n,
        "only_first_right": duel.paired.only_first,
        "only_second_right": duel.paired.only_second,
        "difference": round(duel.paired.difference, 6),
        "low": round(duel.paired.low, 6),
        "high": round(duel.paired.high, 6),
        "p_value": duel.paired.p_value,
        **({} if duel.paired.groups is None else {"groups": duel.paired.groups}),
        "p_adjusted": duel.p_adjusted,
        "real": duel.real,
    }


def _sorted(values: Mapping[str, Any]) -> dict[str, Any]:
    """In the order of the keys, as a classifier file gives them back: a run read again writes the same bytes."""
    return dict(sorted(values.items()))
