"""One self-contained HTML page for a lab or a run: no request leaves it, and the same results give the same bytes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from fissura.data.labelled import TrainTest
from fissura.language import Language
from fissura.reporting import figures, training_part
from fissura.reporting.cells import Table
from fissura.reporting.complexity_figure import complexity_picture
from fissura.reporting.evaluation_page import accuracy_worth, embedded_banner
from fissura.reporting.evaluation_part import EvaluationPart, evaluation_part, judged_name
from fissura.reporting.judgement_part import judgement_part
from fissura.reporting.photograph_words import leak_words
from fissura.reporting.phrases import device_words, network_in_a_sentence, network_title
from fissura.reporting.rendering import Picture, rendered
from fissura.reporting.results import LabResult, RunResult
from fissura.reporting.tables import comparison_rows, count_rows, duel_rows, layer_rows, layers_note
from fissura.reporting.words import conclusion, key_sentence
from fissura.reporting.worth import what_an_accuracy_is_worth
from fissura.training import RECIPES, Recipe, first_batch

LABELS_SHOWN = 10  # of the first batch, as the course asks


@dataclass(frozen=True)
class Part:
    """One network on the page: its layers, its evaluation, its pictures."""

    title: str
    run: RunResult
    layers: Table
    evaluation: EvaluationPart
    layers_note: str


def lab_page(lab: LabResult, language: Language) -> str:
    """The lab's report as one HTML page, under the question numbers of the course."""
    first = lab.contenders[0].first
    last = lab.contenders[-1].first
    best = min((contender.first for contender in lab.contenders), key=lambda run: run.test.errors)
    return rendered(
        "report.html.j2",
        language,
        kind="lab",
        title=language.say("Convolutional networks on handwritten digits"),
        data=lab.data,
        banner=embedded_banner(lab.data, last.test, network_in_a_sentence(last.name, language), language),
        leak="",
        key=key_sentence(lab, language),
        comparison=comparison_rows(lab, language),
        several=any(len(contender.runs) > 1 for contender in lab.contenders),
        parts=[_part(contender.first, language) for contender in lab.contenders],
        pairs=[
            comparison_rows(replace(lab, contenders=lab.contenders[k : k + 2]), language)
            for k in range(len(lab.contenders) - 1)
        ],
        losses=training_part.epoch_rows([contender.first for contender in lab.contenders], language),
        curves=training_part.curves([contender.first for contender in lab.contenders], language),
        complexity=_complexity(lab, language),
        duels=duel_rows(lab, language),
        conclusion=conclusion(lab, language),
        command=lab.command,
        seeds=sorted({_recipe(run)["seed"] for contender in lab.contenders for run in contender.runs}),
        devices=_devices((run for contender in lab.contenders for run in contender.runs), language),
        usual_epochs=_usual_epochs(lab),
        epochs_asked="--epochs" in lab.command.split(),
        worth=what_an_accuracy_is_worth(best.test, language, lab.data.embedded),
        worth_of=network_title(best.name, language),
        **_about_data(first, lab.data, language),
    )


def run_page(run: RunResult, data: TrainTest, language: Language, command: str) -> str:
    """The report of one run as one HTML page; ``command`` is what to type to run it again."""
    part = _part(run, language)
    watched = len(_watched(data))
    return rendered(
        "report.html.j2",
        language,
        kind="run",
        title=part.title,
        data=data,
        banner=embedded_banner(data, run.test, network_in_a_sentence(run.name, language), language),
        leak=leak_words(data, language),
        parts=[part],
        judged_as_two=None if run.decided is None else judgement_part(run.decided, language),
        losses=training_part.epoch_rows([run], language, watched),
        curves=training_part.curves([run], language, watched),
        command=command,
        seeds=[_recipe(run)["seed"]],
        devices=_devices((run,), language),
        usual_epochs=None,
        worth=accuracy_worth(run.classifier, run.test, data, language),
        worth_of="",
        **_about_data(run, data, language),
    )


def _watched(data: TrainTest) -> tuple[str, ...]:
    """The names of the images that were watched after each epoch."""
    if data.test.split == "validation":
        return data.test.names
    return () if data.validation is None else data.validation.names


def _about_data(run: RunResult, data: TrainTest, language: Language) -> dict[str, Any]:
    """What the section on the data shows, and what is needed to have the same data again."""
    batch = first_batch(data.train, Recipe.from_dict(_recipe(run)))
    return {
        "counts": count_rows(data, language),
        "by_half": _recipe(run).get("normalisation") == "half",
        "preprocessing": {
            "mean": language.number(run.classifier.preprocessing.mean, 4),
            "std": language.number(run.classifier.preprocessing.std, 4),
        },
        "batch_shape": f"({len(batch)}, 1, {batch.size_hw[0]}, {batch.size_hw[1]})",
        "batch_labels": ", ".join(batch.classes[label] for label in batch.labels[:LABELS_SHOWN]),
        "batch_picture": Picture(
            figures.first_batch_sheet(batch, language),
            language.say("The first mini-batch, each image under its class."),
            language.say("The first mini-batch in its order, each image under its class (64 images at most)."),
        ),
        "samples": Picture(
            figures.sample_sheet(data.train, language),
            language.say("The first training images of each class."),
            language.say("The first training images of each class; n counts the training images of the class."),
        ),
        "recipe": training_part.recipe_table(run, language),
        "epochs": _recipe(run)["epochs"],
        "versions": run.classifier.provenance.versions,
        "judged": judged_name(data.test.split, language),
    }


def _part(run: RunResult, language: Language) -> Part:
    title = network_title(run.name, language)
    return Part(
        title=title,
        run=run,
        layers=layer_rows(run.table, language),
        evaluation=evaluation_part(title, run.train, run.test, language, run.decided),
        layers_note=layers_note(run.classifier.network, run.table, language),
    )


def _complexity(lab: LabResult, language: Language) -> Picture:
    return Picture(
        complexity_picture(lab.contenders, language),
        language.say("Test accuracy of each network over its number of parameters."),
        language.say(
            "What more parameters buy. The bars are 95 % intervals; small dots, where there are some, are other seeds."
        ),
    )


def _recipe(run: RunResult) -> dict[str, Any]:
    return run.classifier.provenance.recipe


def _devices(runs: Iterable[RunResult], language: Language) -> list[str]:
    return sorted({device_words(run.timing.device, language) for run in runs})


def _usual_epochs(lab: LabResult) -> int | None:
    """The recipe's own number of epochs where this lab used another."""
    named = RECIPES.get(lab.recipe_name)
    used = _recipe(lab.contenders[0].first)["epochs"]
    return None if named is None or named.recipe.epochs == used else named.recipe.epochs
