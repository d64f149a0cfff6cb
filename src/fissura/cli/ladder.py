"""``fissura ladder``, and what the lab's second part, which climbs it too, has in common with it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fissura import terminal
from fissura.cli.options import (
    SIZE_PX,
    CacheDir,
    Classes,
    DataDir,
    Device,
    Epochs,
    FirstSeed,
    Json,
    Lang,
    Out,
    Positive,
    Size,
    open_photographs,
    print_json,
    remark_training,
    say_device,
)
from fissura.cli.watching import Bar, Watch, epoch_of
from fissura.command_line import typed_command
from fissura.language import Language, language

if TYPE_CHECKING:
    from fissura.data.photographs import Photographs
    from fissura.ladder import Elsewhere
    from fissura.reporting.crack_results import Ladder
    from fissura.runs import Plan
    from fissura.training import Progress

PhotographSource = Annotated[str, typer.Argument(help="A folder with one subfolder per class, cracks, or synthetic.")]
Also = Annotated[
    list[str] | None,
    typer.Option("--also", help="NAME=DIR: judge on other labelled photographs too.", show_default=False),
]
RecipeName = Annotated[str, typer.Option("--recipe", help="How to train: cracks or cracks-lab.")]


def ladder(
    source: PhotographSource,
    also: Also = None,
    recipe: RecipeName = "cracks",
    epochs: Epochs = None,
    seed: FirstSeed = None,
    size: Size = SIZE_PX,
    positive: Positive = None,
    classes: Classes = None,
    data_dir: DataDir = None,
    cache_dir: CacheDir = None,
    out: Out = None,
    device: Device = "auto",
    lang: Lang = None,
    as_json: Json = False,
) -> None:
    """Score one network and recipe on a random split, on a grouped split, and on photographs from elsewhere.

    Example: fissura ladder cracks --also asphalt=photographs/asphalt
    """
    from fissura.crack_lab import check_also
    from fissura.data.photographs import PhotographSettings
    from fissura.data.splits import SEED
    from fissura.files import claim
    from fissura.ladder import check_looked_for, climb
    from fissura.runs import Plan
    from fissura.training import named_recipe

    spoken = language(lang)
    named = named_recipe(recipe)
    changes = {name: value for name, value in (("epochs", epochs), ("seed", seed)) if value is not None}
    plan = Plan(named.network, named.recipe.with_changes(changes), device)
    check_also(also or [])
    settings = PhotographSettings(size, "grouped", SEED, positive, None, cache_dir, classes=classes)
    photographs = open_photographs(source, data_dir, settings, spoken)
    others = elsewhere(also or [], photographs, cache_dir, spoken)
    check_looked_for(photographs)
    folder = out or Path("runs") / f"ladder-{Path(photographs.source).name or 'images'}"
    claim(folder, _identity(plan, photographs, others))
    remark_training(photographs, plan.recipe, spoken)
    say_device(device, spoken)
    with terminal.progress_bar() as bar:
        climbed = climb(photographs, others, plan, folder, climbing(bar, Watch(spoken, as_json), spoken))
    given: dict[str, Any] = {"recipe": recipe, **changes, "size": None if size == SIZE_PX else size}
    given |= {"positive": positive or None, "device": None if device == "auto" else device, "classes": classes}
    given |= {"also": also, "data-dir": data_dir, "cache-dir": cache_dir}
    command = typed_command("ladder", [photographs.source], given, spoken)
    _write(climbed, photographs, folder, command, spoken)
    if as_json:
        print_json({"folder": str(folder), "rungs": climbed.as_dict()})
    else:
        _show(climbed, folder, spoken)


def elsewhere(
    also: Sequence[str], photographs: Photographs, cache_dir: Path | None, spoken: Language
) -> list[Elsewhere]:
    """The folders of ``--also``; what of them is left out is told at once."""
    from fissura.crack_lab import read_also
    from fissura.reporting.photograph_words import left_out_line

    found = []
    for given in also:
        other = read_also(given, photographs, cache_dir)
        if other.left_out:
            terminal.remark(f"{other.name}{spoken.colon}{left_out_line(other.left_out, spoken)}")
        found.append(other)
    return found


def climbing(bar: Bar, watch: Watch, spoken: Language) -> Callable[[str, Progress], None]:
    """What tells of the trainings on the splits of the ladder."""
    from fissura.reporting.phrases import rung_title

    def on_progress(how: str, progress: Progress) -> None:
        title = rung_title(how, spoken)
        watch(title, progress)
        bar(how, epoch_of(title, progress, spoken), progress.done, progress.total)

    return on_progress


def _identity(plan: Plan, photographs: Photographs, others: Sequence[Elsewhere]) -> dict[str, Any]:
    return {
        "kind": "ladder",
        "recipe": plan.recipe.as_dict(),
        "images": photographs.images.fingerprint,
        "also": {other.name: other.images.fingerprint for other in others},
    }


def _write(climbed: Ladder, photographs: Photographs, folder: Path, command: str, spoken: Language) -> None:
    """The numbers, their picture and the report."""
    from fissura.crack_lab import LADDER
    from fissura.files import REPORT, RESULTS, write_json, write_text, write_whole
    from fissura.reporting.crack_figures import ladder_picture
    from fissura.reporting.crack_page import ladder_page

    write_json(folder / RESULTS, {"kind": "ladder", "rungs": climbed.as_dict()})
    write_whole(folder / LADDER, ladder_picture(climbed, spoken))
    write_text(folder / REPORT, ladder_page(climbed, photographs, spoken, command))


def _show(climbed: Ladder, folder: Path, spoken: Language) -> None:
    from fissura.files import REPORT
    from fissura.reporting.judgement_tables import ladder_rows
    from fissura.reporting.ladder_words import ladder_words

    terminal.show(ladder_rows(climbed, spoken))
    for sentence in ladder_words(climbed, spoken):
        terminal.say(sentence)
    terminal.say(spoken.say("The report is {path}", path=folder / REPORT))
