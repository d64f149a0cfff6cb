"""One self-contained HTML page for a lab or a run: no request leaves it, and the same results give the same bytes."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import jinja2

from fissura.data.labelled import TrainTest
from fissura.evaluation import Evaluation
from fissura.language import Language
from fissura.reporting import figures
from fissura.reporting.results import LabResult, RunResult
from fissura.reporting.tables import (
    Table,
    comparison_rows,
    count_rows,
    duel_rows,
    evaluation_rows,
    layer_rows,
    recipe_rows,
    share_and_interval,
)
from fissura.reporting.words import (
    conclusion,
    duration,
    key_sentence,
    network_title,
    not_mnist,
    what_an_accuracy_is_worth,
)
from fissura.training import RECIPES, Recipe, first_batch

TEMPLATES = Path(__file__).parent / "templates"
LABELS_SHOWN = 10  # of the first batch, as the course asks


@dataclass(frozen=True)
class Picture:
    """A figure inside the page.

    Attributes:
        uri: the whole image as a ``data:`` address.
        alt: what it shows, for those who do not see it.
        caption: what to look at.
    """

    uri: str
    alt: str
    caption: str


@dataclass(frozen=True)
class Part:
    """One network on the page: its layers, its evaluation, its pictures."""

    title: str
    run: RunResult
    layers: Table
    train: str
    test: str
    per_class: Table
    confusion: Picture
    mistakes: Picture
    relu_after_dense: bool


def lab_page(lab: LabResult, language: Language) -> str:
    """The lab's report as one HTML page, under the question numbers of the course."""
    first = lab.contenders[0].first
    best = min((contender.first for contender in lab.contenders), key=lambda run: run.test.errors)
    return _rendered(
        language,
        kind="lab",
        title=language.say("Convolutional networks on handwritten digits"),
        data=lab.data,
        banner=not_mnist(lab.data, lab.contenders[-1].first, language) if lab.data.embedded else "",
        key=key_sentence(lab, language),
        comparison=comparison_rows(lab, language),
        several=any(len(contender.runs) > 1 for contender in lab.contenders),
        parts=[_part(contender.first, language) for contender in lab.contenders],
        pairs=[
            comparison_rows(replace(lab, contenders=lab.contenders[k : k + 2]), language)
            for k in range(len(lab.contenders) - 1)
        ],
        losses=_losses([contender.first for contender in lab.contenders], language),
        curves=_curves([contender.first for contender in lab.contenders], language),
        complexity=_complexity(lab, language),
        duels=duel_rows(lab, language),
        conclusion=conclusion(lab, language),
        command=lab.command,
        seeds=sorted({_recipe(run)["seed"] for contender in lab.contenders for run in contender.runs}),
        devices=sorted({run.timing.device for contender in lab.contenders for run in contender.runs}),
        usual_epochs=_usual_epochs(lab),
        worth=what_an_accuracy_is_worth(best.test, language, lab.data.embedded),
        worth_of=network_title(best.name, language),
        **_about_data(first, lab.data, language),
    )


def run_page(run: RunResult, data: TrainTest, language: Language, command: str) -> str:
    """The report of one run as one HTML page; ``command`` is what to type to run it again."""
    part = _part(run, language)
    return _rendered(
        language,
        kind="run",
        title=part.title,
        data=data,
        banner=not_mnist(data, run, language) if data.embedded else "",
        parts=[part],
        losses=_losses([run], language),
        curves=_curves([run], language),
        command=command,
        seeds=[_recipe(run)["seed"]],
        devices=[run.timing.device],
        usual_epochs=None,
        worth=what_an_accuracy_is_worth(run.test, language, data.embedded),
        worth_of="",
        **_about_data(run, data, language),
    )


def _rendered(language: Language, **context: Any) -> str:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.globals["_"] = language.say
    return environment.get_template("report.html.j2").render(language=language, duration=duration, **context)


def _about_data(run: RunResult, data: TrainTest, language: Language) -> dict[str, Any]:
    """What the section on the data shows, and what is needed to have the same data again."""
    batch = first_batch(data.train, Recipe.from_dict(_recipe(run)))
    return {
        "counts": count_rows(data, language),
        "preprocessing": {
            "mean": language.number(run.classifier.preprocessing.mean, 4),
            "std": language.number(run.classifier.preprocessing.std, 4),
        },
        "batch_shape": f"({len(batch)}, 1, {batch.size_hw[0]}, {batch.size_hw[1]})",
        "batch_labels": ", ".join(batch.classes[label] for label in batch.labels[:LABELS_SHOWN]),
        "batch_picture": _picture(
            figures.first_batch_sheet(batch, language),
            language.say("The first mini-batch, each image under its class."),
            language.say("The first mini-batch in its order, each image under its class (64 images at most)."),
        ),
        "samples": _picture(
            figures.sample_sheet(data.train, language),
            language.say("The first training images of each class."),
            language.say("The first training images of each class; n counts the training images of the class."),
        ),
        "recipe": recipe_rows(_recipe(run), language),
        "epochs": _recipe(run)["epochs"],
        "versions": run.classifier.provenance.versions,
        "judged": language.say("validation images") if data.test.split == "validation" else language.say("test images"),
    }


def _part(run: RunResult, language: Language) -> Part:
    title = network_title(run.name, language)
    return Part(
        title=title,
        run=run,
        layers=layer_rows(run.table, language),
        train=share_and_interval(run.train.accuracy, language),
        test=share_and_interval(run.test.accuracy, language),
        per_class=evaluation_rows(run.test, language),
        confusion=_picture(
            figures.confusion(run.test, language),
            language.say("Confusion matrix of {network}.", network=title),
            language.say(
                "Rows: true classes; columns: predicted ones. Only mistakes are coloured, the more the darker; empty "
                "cells are 0."
            ),
        ),
        mistakes=_picture(
            figures.mistakes_sheet(run.test, language),
            language.say("Mistakes of {network}.", network=title),
            _mistakes_caption(run.test, language),
        ),
        relu_after_dense=_has_relu_after_dense(run),
    )


def _has_relu_after_dense(run: RunResult) -> bool:
    """Whether this is the network of the course about which its handout leaves that open, with that ReLU."""
    dense = [row for row in run.table.rows if row.kind == "dense"]
    return run.classifier.network == "cnn2" and dense[0].specification[-1].template == "ReLU"


def _mistakes_caption(test: Evaluation, language: Language) -> str:
    if test.errors == 0:
        return language.say("No image was wrongly classified.")
    return language.say(
        "Mistakes: {errors} in all. Shown are the {shown} it was surest of: true class → predicted class, and the "
        "probability it gave to the latter.",
        errors=language.number(test.errors),
        shown=language.number(len(test.mistakes())),
    )


def _curves(runs: Sequence[RunResult], language: Language) -> Picture:
    return _picture(
        figures.loss_curves(runs, language),
        language.say("Mean loss of each epoch."),
        language.say("Mean cross-entropy per training image in each epoch, measured while the weights were changing."),
    )


def _complexity(lab: LabResult, language: Language) -> Picture:
    return _picture(
        figures.complexity_picture(lab.contenders, language),
        language.say("Test accuracy of each network over its number of parameters."),
        language.say(
            "What more parameters buy. The bars are 95 % intervals; small dots, where there are some, are other seeds."
        ),
    )


def _losses(runs: Sequence[RunResult], language: Language) -> Table:
    """The mean loss of each epoch, a row for each epoch and a column for each network."""
    epochs = max(len(run.history.losses) for run in runs)
    rows = tuple(
        (
            str(epoch + 1),
            *(language.number(run.history.losses[epoch], 4) if epoch < len(run.history.losses) else "" for run in runs),
        )
        for epoch in range(epochs)
    )
    columns = (language.say("Epoch"), *(network_title(run.name, language) for run in runs))
    return Table(language.say("Mean training loss of each epoch"), columns, rows, left=0)


def _picture(content: bytes, alt: str, caption: str) -> Picture:
    form = "png" if content.startswith(b"\x89PNG") else "svg+xml"
    return Picture(f"data:image/{form};base64,{base64.b64encode(content).decode('ascii')}", alt, caption)


def _recipe(run: RunResult) -> dict[str, Any]:
    return run.classifier.provenance.recipe


def _usual_epochs(lab: LabResult) -> int | None:
    """The recipe's own number of epochs where this lab used another."""
    named = RECIPES.get(lab.recipe_name)
    used = _recipe(lab.contenders[0].first)["epochs"]
    return None if named is None or named.recipe.epochs == used else named.recipe.epochs
