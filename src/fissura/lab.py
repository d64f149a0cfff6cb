"""The course lab, part 1, from top to bottom: three networks on handwritten digits, trained, judged and compared."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from fissura.command_line import typed_command
from fissura.data.labelled import TrainTest
from fissura.files import REPORT, claim, write_text
from fissura.language import Language
from fissura.layers import layer_table
from fissura.models import build
from fissura.reporting.page import lab_page
from fissura.reporting.results import Contender, LabResult, RunResult
from fissura.reports import write_comparison, write_run_report
from fissura.runs import Plan, run, train_command
from fissura.training import Progress, Recipe, choose_device, named_recipe

NETWORKS = ("multinomial", "cnn1", "cnn2")
EMBEDDED_EPOCHS = 122  # of 23 steps: as many steps as 3 epochs of MNIST; 3 epochs here would be 69 and teach nothing


BASE_WORK = 400_000  # multiply-adds that take as long as fetching and normalising an image
OnProgress = Callable[[str, int, float, Progress], None]


@dataclass(frozen=True)
class LabSettings:
    """How the lab is run.

    Attributes:
        recipe: the recipe's name.
        seeds: how many trainings of each network; the seeds count up from the recipe's.
        epochs: instead of the recipe's; on the embedded digits 122 where none is given.
        device: ``auto``, ``cpu``, ``cuda`` or ``mps``.
    """

    recipe: str = "lab"
    seeds: int = 1
    epochs: int | None = None
    device: str = "auto"


def run_lab(
    data: TrainTest,
    folder: Path,
    language: Language,
    settings: LabSettings = LabSettings(),
    on_progress: OnProgress | None = None,
    on_result: Callable[[RunResult], None] | None = None,
    added: Sequence[str] = (),
) -> LabResult:
    """Do the lab in ``folder``, which afterwards holds ``report.html``, ``results.json`` and a folder for each run.

    Args:
        data: the images.
        folder: goes on where an earlier call was stopped.
        language: of the reports and figures.
        settings: how.
        on_progress: called now and then with network, seed, the share of the whole lab that is done, and progress.
        on_result: called after each run.
        added: further options, as they are typed, of the commands in the reports: where the images are.
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
            result = run(plan, data, place, _for(plan, data, recipe.seed, settings.seeds, on_progress))
            command = train_command(plan, settings.recipe, data.source, language, added=added)
            write_run_report(result, data, place, language, command)
            if on_result is not None:
                on_result(result)
            runs.append(result)
        contenders.append(Contender(tuple(runs)))

    lab = LabResult(data, settings.recipe, tuple(contenders), lab_command(data, settings, language, added))
    write_comparison(lab, folder, language)
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


def lab_command(data: TrainTest, settings: LabSettings, language: Language, added: Sequence[str] = ()) -> str:
    """What to type to run the same lab again."""
    given = {
        "recipe": None if settings.recipe == "lab" else settings.recipe,
        "seeds": None if settings.seeds == 1 else settings.seeds,
        "epochs": settings.epochs,
        "device": None if settings.device == "auto" else settings.device,
        "data": data.source,
    }
    return typed_command("lab --part digits", (), given, language, added)


def _for(
    plan: Plan, data: TrainTest, first_seed: int, seeds: int, on_progress: OnProgress | None
) -> Callable[[Progress], None] | None:
    """``on_progress`` for one run of the lab; a network's share of the time is taken to grow with its multiply-adds."""
    if on_progress is None:
        return None
    work = [BASE_WORK + _multiply_adds(network, data) for network in NETWORKS]
    place = NETWORKS.index(plan.network)
    before = seeds * sum(work[:place]) + (plan.recipe.seed - first_seed) * work[place]

    def tell(progress: Progress) -> None:
        share = (before + work[place] * progress.done / progress.total) / (seeds * sum(work))
        on_progress(plan.network, plan.recipe.seed, share, progress)

    return tell


def _multiply_adds(network: str, data: TrainTest) -> int:
    size_hw = data.train.size_hw
    return layer_table(build(network, size_hw, len(data.train.classes)), (1, *size_hw)).multiply_adds
