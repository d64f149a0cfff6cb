"""The report of the lab's second part, and that of the ladder alone: one self-contained HTML page each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fissura.data.audit import KINDS, Audit
from fissura.data.labelled import TrainTest
from fissura.data.photographs import Photographs
from fissura.language import Language
from fissura.reporting import training_part
from fissura.reporting.cells import Table
from fissura.reporting.crack_figures import five_and_five, ladder_picture
from fissura.reporting.crack_results import GROUPED, CrackLabResult, Ladder
from fissura.reporting.crack_words import (
    audit_words,
    cost_words,
    crack_conclusion,
    key_words,
    memory_words,
    not_photographs,
)
from fissura.reporting.judgement_part import judgement_part
from fissura.reporting.judgement_tables import ladder_rows
from fissura.reporting.ladder_words import ladder_words
from fissura.reporting.phrases import device_words
from fissura.reporting.rendering import Picture, rendered
from fissura.reporting.results import RunResult
from fissura.reporting.tables import count_rows, layer_rows
from fissura.training import Recipe, first_batch

LABELS_SHOWN = 10


@dataclass(frozen=True)
class Rungs:
    """The section on the ladder: its picture, what it says, its numbers; ``memory`` may be empty."""

    picture: Picture
    words: tuple[str, ...]
    numbers: Table
    memory: str = ""


@dataclass(frozen=True)
class Setup:
    """What is needed to run it again.

    Attributes:
        command: what to type.
        seed: of the training.
        devices: what it was computed on.
        versions: that the numbers depend on.
        fingerprints: name and SHA-256 of each part of the data.
    """

    command: str
    seed: int
    devices: tuple[str, ...]
    versions: dict[str, str]
    fingerprints: tuple[tuple[str, str], ...]


def crack_lab_page(result: CrackLabResult, language: Language) -> str:
    """The lab's report on cracks as one HTML page, under the question numbers of the course."""
    run, photographs = result.run, result.photographs
    data = photographs.parted(GROUPED).data  # as the run that is kept was trained
    return rendered(
        "crack_lab.html.j2",
        language,
        title=language.say("Detecting cracks on images of materials"),
        banner=not_photographs(len(photographs.images), language) if photographs.embedded else "",
        key=key_words(result, language),
        photographs=photographs,
        data=data,
        left_out=_left_out(photographs, language),
        samples=Picture(
            five_and_five(data.train, language),
            language.say("Five training images of each class."),
            language.say(
                "Five training images of each class, spread over all of them: class, label in brackets, and place "
                "among the training images."
            ),
        ),
        audit_words=audit_words(result, language),
        audit=None if result.audit is None else audit_rows(result.audit, language),
        counts=count_rows(data, language),
        batch=_batch(run, data),
        preprocessing=run.classifier.preprocessing,
        recipe=training_part.recipe_table(run, language),
        recipe_name=result.recipe_name,
        layers=layer_rows(run.table, language),
        cost=cost_words(run, language),
        train=language.share(run.train.accuracy.value),
        curves=training_part.curves([run], language, _validation(data)),
        epochs=training_part.epoch_rows([run], language, _validation(data)),
        judged=None if run.decided is None else judgement_part(run.decided, language),
        ladder=_rungs(result.ladder, language, memory_words(result, language)),
        conclusion=crack_conclusion(result, language),
        setup=_setup(result.ladder, data, result.command, language),
    )


def ladder_page(ladder: Ladder, photographs: Photographs, language: Language, command: str) -> str:
    """The ladder of honesty as one HTML page; ``command`` is what to type to climb it again."""
    data = photographs.parted(GROUPED).data
    return rendered(
        "ladder.html.j2",
        language,
        title=language.say("The ladder of honesty"),
        origin=data.train.origin,
        banner=not_photographs(len(photographs.images), language) if photographs.embedded else "",
        ladder=_rungs(ladder, language),
        setup=_setup(ladder, data, command, language),
    )


def audit_rows(audit: Audit, language: Language) -> Table:
    """What the audit found, in numbers: images, copies by their kind, labels and files to doubt."""
    rows = [
        (language.say("Images"), len(audit.names)),
        (language.say("Distinct images"), audit.copies.distinct),
        (language.say("Groups of copies and overlapping views"), int(audit.groups.max(initial=-1)) + 1),
        *((language.say("Pairs: {kind}", kind=KINDS[kind]), count) for kind, count in audit.kinds.items()),
        (language.say("Copies with different labels"), len(audit.conflicts)),
        (language.say("Doubtful labels"), len(audit.suspects)),
        (language.say("Files with something wrong or unusual"), len(audit.problems)),
    ]
    columns = (language.say("What"), language.say("How many"))
    return Table(language.say("What the audit found"), columns, tuple((name, language.number(n)) for name, n in rows))


def _rungs(ladder: Ladder, language: Language, memory: str = "") -> Rungs:
    return Rungs(
        picture=Picture(
            ladder_picture(ladder, language),
            language.say("The ladder of honesty: balanced accuracy and AUC of each rung with their intervals."),
            language.say(
                "Balanced accuracy (the mean of recall and specificity) at threshold 0.5, and AUC (how often an image "
                "of the class that is looked for scores above another one), each with its 95 % interval."
            ),
        ),
        words=tuple(ladder_words(ladder, language)),
        numbers=ladder_rows(ladder, language),
        memory=memory,
    )


def _setup(ladder: Ladder, data: TrainTest, command: str, language: Language) -> Setup:
    provenance = ladder.run.classifier.provenance
    parts = (
        (language.say("Fingerprint of the training images (SHA-256)"), data.train),
        (language.say("Fingerprint of the validation images (SHA-256)"), data.validation),
        (language.say("Fingerprint of the test images (SHA-256)"), data.test),
    )
    devices = {device_words(rung.result.timing.device, language) for rung in ladder.rungs if rung.result is not None}
    return Setup(
        command=command,
        seed=int(provenance.recipe.get("seed", 0)),
        devices=tuple(sorted(devices)),
        versions=provenance.versions,
        fingerprints=tuple((name, part.fingerprint) for name, part in parts if part is not None),
    )


def _batch(run: RunResult, data: TrainTest) -> dict[str, Any]:
    """The first mini-batch after the seed: its shape and its first labels; see ``first_batch``."""
    batch = first_batch(data.train, Recipe.from_dict(run.classifier.provenance.recipe))
    return {
        "shape": f"({len(batch)}, 1, {batch.size_hw[0]}, {batch.size_hw[1]})",
        "labels": ", ".join(str(label) for label in batch.labels[:LABELS_SHOWN]),
    }


def _left_out(photographs: Photographs, language: Language) -> list[str]:
    """The files that could not be used, and why: the first few of them."""
    return [f"{each.name}{language.colon}{language.error(each.reason)}" for each in photographs.left_out[:10]]


def _validation(data: TrainTest) -> int:
    return 0 if data.validation is None else len(data.validation)
