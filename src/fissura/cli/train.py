"""``fissura train``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fissura import terminal
from fissura.cli.built_in import built_in
from fissura.cli.options import (
    DIGITS,
    SIZE_PX,
    AlarmAtMost,
    CacheDir,
    Classes,
    DataDir,
    Device,
    Epochs,
    FirstSeed,
    Json,
    Lang,
    MissAtMost,
    NoDownload,
    Out,
    Positive,
    Precision,
    SamePadding,
    Size,
    Source,
    SplitFile,
    SplitHow,
    at_least,
    check_network,
    check_of_digits,
    open_images,
    open_photographs,
    print_json,
    remark_training,
    say_device,
    wish_of,
)
from fissura.cli.watching import draws
from fissura.command_line import as_typed
from fissura.errors import SettingsError
from fissura.language import Language, language

if TYPE_CHECKING:
    from fissura.data import TrainTest
    from fissura.data.photographs import Photographs, PhotographSettings
    from fissura.reporting.results import RunResult
    from fissura.runs import Plan


app = typer.Typer(invoke_without_command=True, no_args_is_help=False)
FOR_DIGITS, FOR_PHOTOGRAPHS = "lab", "cracks"


Network = Annotated[
    str | None,
    typer.Option("--model", help="Network (see: fissura models); else the recipe's own.", show_default=False),
]
RecipeName = Annotated[
    str | None,
    typer.Option(
        "--recipe",
        help="How to train: lab, fast, best, cracks or cracks-lab; else lab for digits, cracks for photographs.",
        show_default=False,
    ),
]
BatchSize = Annotated[int | None, typer.Option(help="Instead of the recipe's.", show_default=False)]
LearningRate = Annotated[float | None, typer.Option(help="Instead of the recipe's.", show_default=False)]
Patience = Annotated[
    int | None, typer.Option(help="Stop after so many epochs without a better one.", show_default=False)
]
Seeds = Annotated[int, typer.Option(help="How many trainings, with seeds counting up from --seed.")]
Validation = Annotated[
    int, typer.Option(help="Digits: hold out so many training images and judge on them; the test stays unseen.")
]


@app.callback()
def train(
    context: typer.Context,
    model: Network = None,
    recipe: RecipeName = None,
    epochs: Epochs = None,
    batch_size: BatchSize = None,
    learning_rate: LearningRate = None,
    patience: Patience = None,
    seed: FirstSeed = None,
    seeds: Seeds = 1,
    same_padding: SamePadding = False,
    validation: Validation = 0,
    source: Source = "auto",
    size: Size = SIZE_PX,
    split: SplitHow = "grouped",
    split_file: SplitFile = None,
    positive: Positive = None,
    classes: Classes = None,
    miss_at_most: MissAtMost = None,
    alarm_at_most: AlarmAtMost = None,
    data_dir: DataDir = None,
    cache_dir: CacheDir = None,
    no_download: NoDownload = False,
    out: Out = None,
    device: Device = "auto",
    precision: Precision = None,
    lang: Lang = None,
    as_json: Json = False,
) -> None:
    """Train one network and leave a run folder: classifier, results, loss curves, report.

    Example: fissura train --data photographs --miss-at-most 1% --out runs/mine
    """
    if context.invoked_subcommand is not None:
        return
    from fissura.data.photographs import PhotographSettings
    from fissura.data.splits import SEED
    from fissura.models import MODELS
    from fissura.runs import Plan
    from fissura.training import named_recipe

    spoken = language(lang)
    photographed = source not in DIGITS and (source != "auto" or recipe in ("cracks", "cracks-lab"))
    chosen = recipe or (FOR_PHOTOGRAPHS if photographed else FOR_DIGITS)
    named = named_recipe(chosen)
    at_least("--seeds", seeds, 1)
    at_least("--size", size, 1)
    given: dict[str, object] = {"epochs": epochs, "batch_size": batch_size, "learning_rate": learning_rate}
    given |= {"patience": patience, "seed": seed, "precision": precision}
    base = named.recipe.with_changes({name: value for name, value in given.items() if value is not None})
    options = {"same_padding": True} if same_padding else {}
    check_network(model or named.network, options, size if photographed else 28)
    plan = Plan(model or named.network, base, device, options, wish_of(miss_at_most, alarm_at_most))
    places = as_typed(data_dir=data_dir, cache_dir=cache_dir if photographed else None)
    if photographed:
        if validation:
            raise SettingsError("--validation is for digits; photographs always have a validation part.")
        settings = PhotographSettings(size, split, SEED, positive, split_file, cache_dir, classes=classes)
        photographs = open_photographs(source, data_dir, settings, spoken, DIGITS)
        added = _added(settings, miss_at_most, alarm_at_most)
        asked = _Asked(plan, chosen, photographs.data, photographs, added, places)
    else:
        check_of_digits(size=size, split=split, split_file=split_file, positive=positive, classes=classes)
        data = _digits(source, data_dir, no_download, validation, spoken)
        asked = _Asked(plan, chosen, data, None, (), places, validation)
    asked.check_wish()
    if asked.photographs is not None:
        remark_training(asked.photographs, base, spoken, hasattr(MODELS[plan.network].network, "reach_px"))
    say_device(device, spoken)
    results = [_one(asked, number, out, seeds > 1, spoken, as_json) for number in range(base.seed, base.seed + seeds)]
    if as_json:
        print_json([{**result.as_dict(), "folder": str(folder)} for folder, result in results])
    elif seeds > 1:
        from fissura.reporting import lines

        terminal.say(lines.spread_line([result for _, result in results], spoken))


def _digits(source: str, data_dir: Path | None, no_download: bool, held: int, spoken: Language) -> TrainTest:
    """The digits; where some training images are to be ``held`` out, these are what is judged on."""
    from fissura.data.splits import held_out

    data = open_images(source, data_dir, no_download, spoken).data
    if not held:
        return data
    train_part, held_part = held_out(data.train, held)
    return replace(data, train=train_part, test=held_part)


@dataclass(frozen=True, eq=False)
class _Asked:
    """What is to be trained, for every seed.

    Attributes:
        plan: with another seed each time.
        recipe: its name.
        data: the images.
        photographs: the same with all that is known of them; None for digits.
        added: the options that photographs add to the command and that decide what is learned.
        places: those that say where things lie, which decide nothing.
        validation: how many training images of digits are held out.
    """

    plan: Plan
    recipe: str
    data: TrainTest
    photographs: Photographs | None
    added: Sequence[str]
    places: Sequence[str]
    validation: int = 0

    def check_wish(self) -> None:
        """Raise ``SettingsError`` where a threshold is wished for and there are no two classes to choose it between."""
        if self.plan.wish is not None and (self.photographs is None or self.photographs.images.positive is None):
            raise SettingsError(
                "--miss-at-most and --alarm-at-most choose a threshold between two classes, one of them looked for. "
                "Give photographs of two classes, and name the one with --positive."
            )


def _one(
    asked: _Asked, seed: int, out: Path | None, several: bool, spoken: Language, as_json: bool
) -> tuple[Path, RunResult]:
    """Train with one seed; (its folder, what came of it)."""
    from fissura.files import SPLIT
    from fissura.reporting import lines
    from fissura.reporting.judgement_tables import judgement_rows
    from fissura.reporting.phrases import network_title
    from fissura.reports import write_run_report
    from fissura.runs import changes, run, train_command

    plan = replace(asked.plan, recipe=asked.plan.recipe.with_seed(seed))
    named = [plan.network, asked.recipe, _as_name(asked.data.source)]
    named += [*changes(plan, asked.recipe, asked.validation), *map(_as_name, asked.added)]
    folder = out or Path("runs") / "-".join(named)
    folder = folder / f"seed-{seed}" if several or out is None else folder
    title = network_title(plan.network, spoken)
    title = spoken.say("{network}, seed {seed}", network=title, seed=seed) if several else title
    with terminal.progress_bar() as bar:
        result = run(plan, asked.data, folder, draws(bar, title, spoken, quiet=as_json))
    added = (*asked.added, *asked.places)
    command = train_command(plan, asked.recipe, asked.data.source, spoken, asked.validation, added)
    if asked.photographs is not None:
        asked.photographs.write_split(folder / SPLIT)
    write_run_report(result, asked.data, folder, spoken, command)
    if not as_json:
        terminal.say(lines.result_line(result, spoken))
        if result.decided is not None:
            terminal.show(judgement_rows(result.decided, spoken))
            terminal.say(lines.judged_interval_line(result.decided.test, spoken))
        terminal.say(spoken.say("The run is in {path}", path=folder))
    return folder, result


def _added(settings: PhotographSettings, miss_at_most: str | None, alarm_at_most: str | None) -> tuple[str, ...]:
    """The options of photographs that are not the usual ones, as they are typed."""
    from fissura.data.photographs import PhotographSettings

    usual = PhotographSettings()
    return as_typed(
        size=None if settings.size_px == usual.size_px else settings.size_px,
        split=None if settings.split == usual.split else settings.split,
        split_file=settings.manifest,
        positive=settings.positive,
        miss_at_most=miss_at_most,
        alarm_at_most=alarm_at_most,
        classes=settings.classes,
    )


def _as_name(text: str) -> str:
    """A part of a folder's name: the last part of a path, without what file systems or shells mind."""
    return re.sub(r"[^\w.]+", "-", Path(text.removeprefix("--")).name).strip("-.") or "images"


app.command("built-in")(built_in)
