"""The course lab, part 1, from top to bottom: three networks on handwritten digits, trained, judged and compared."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from fissura.data.labelled import TrainTest
from fissura.files import write_json, write_text, write_whole
from fissura.language import Language
from fissura.reporting.figures import complexity_picture
from fissura.reporting.page import lab_page
from fissura.reporting.results import Contender, LabResult, RunResult
from fissura.runs import REPORT, RESULTS, Plan, claim, run, write_run_report
from fissura.training import Progress, Recipe, choose_device, named_recipe

NETWORKS = ("multinomial", "cnn1", "cnn2")
COMPARISON = "comparison.svg"
EMBEDDED_EPOCHS = 60  # 3 epochs of 1,408 images would be 66 steps: nothing would have been learnt yet


@dataclass(frozen=True)
class LabSettings:
    """How the lab is run.

    Attributes:
        recipe: the recipe's name.
        seeds: how many trainings of each network; the seeds count up from the recipe's.
        epochs: instead of the recipe's; on the embedded digits 60 where none is given.
        device: ``auto``, ``cpu``, ``cuda`` or ``mps``.
        command: what the reader types to run it again.
    """

    recipe: str = "lab"
    seeds: int = 1
    epochs: int | None = None
    device: str = "auto"
    command: str = "fissura lab"


def run_lab(
    data: TrainTest,
    folder: Path,
    language: Language,
    settings: LabSettings = LabSettings(),
    on_progress: Callable[[str, int, Progress], None] | None = None,
    on_result: Callable[[RunResult], None] | None = None,
) -> LabResult:
    """Do the lab in ``folder``, which afterwards holds ``report.html``, ``results.json`` and a folder for each run.

    Args:
        data: the images.
        folder: goes on where an earlier call was stopped.
        language: of the reports and figures.
        settings: how.
        on_progress: called now and then with network, seed and progress.
        on_result: called after each run.
    """
    recipe = recipe_for(data, settings)
    claim(
        folder,
        {
            "kind": "lab",
            "recipe": settings.recipe,
            "epochs": recipe.epochs,
            "device": choose_device(settings.device).type,
            "train": data.train.fingerprint,
            "test": data.test.fingerprint,
        },
    )
    contenders = []
    for network in NETWORKS:
        runs = []
        for seed in range(recipe.seed, recipe.seed + settings.seeds):
            plan = Plan(network, recipe.with_seed(seed), settings.device)
            place = folder / f"{network}-seed-{seed}"
            result = run(plan, data, place, _for(network, seed, on_progress))
            write_run_report(result, data, place, language, _train_command(data, settings, plan))
            if on_result is not None:
                on_result(result)
            runs.append(result)
        contenders.append(Contender(tuple(runs)))

    lab = LabResult(data, settings.recipe, tuple(contenders), settings.command)
    write_json(folder / RESULTS, lab.as_dict())
    write_whole(folder / COMPARISON, complexity_picture(lab.contenders, language))
    write_text(folder / REPORT, lab_page(lab, language))
    return lab


def recipe_for(data: TrainTest, settings: LabSettings) -> Recipe:
    """The recipe that the lab uses on these images."""
    recipe = named_recipe(settings.recipe).recipe
    if settings.epochs is not None:
        return replace(recipe, epochs=settings.epochs)
    if data.embedded and settings.recipe == "lab":
        return replace(recipe, epochs=EMBEDDED_EPOCHS)
    return recipe


def _for(
    network: str, seed: int, on_progress: Callable[[str, int, Progress], None] | None
) -> Callable[[Progress], None] | None:
    return None if on_progress is None else lambda progress: on_progress(network, seed, progress)


def _train_command(data: TrainTest, settings: LabSettings, plan: Plan) -> str:
    return (
        f"fissura train --data {data.source} --model {plan.network} --recipe {settings.recipe} "
        f"--epochs {plan.recipe.epochs} --seed {plan.recipe.seed}"
    )
