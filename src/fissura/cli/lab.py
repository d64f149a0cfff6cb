"""``fissura lab``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fissura import terminal
from fissura.cli.ladder import Also, climbing, elsewhere
from fissura.cli.options import (
    CacheDir,
    Classes,
    DataDir,
    Device,
    Json,
    Lang,
    NoDownload,
    Out,
    Positive,
    at_least,
    open_images,
    open_photographs,
    print_json,
    remark_training,
    say_device,
)
from fissura.cli.watching import Watch, epoch_of
from fissura.command_line import as_typed
from fissura.errors import SettingsError
from fissura.language import Language, language
from fissura.names import unknown

if TYPE_CHECKING:
    from fissura.crack_lab import CrackLabSettings
    from fissura.data.photographs import Photographs
    from fissura.lab import LabSettings
    from fissura.ladder import Elsewhere
    from fissura.reporting.results import RunResult
    from fissura.training import Progress

DIGITS, CRACKS, ALL = "digits", "cracks", "all"
AUTO = "auto"

Part = Annotated[str, typer.Option(help="Which part of the lab: digits, cracks, or all of it.")]
DigitRecipe = Annotated[str, typer.Option("--recipe", help="How to train on digits: lab, fast or best.")]
CrackRecipe = Annotated[
    str, typer.Option("--crack-recipe", help="How to train on cracks: cracks, or cracks-lab for the handout's.")
]
Seeds = Annotated[int, typer.Option(help="Digits: trainings of each network, with seeds counting up.")]
Epochs = Annotated[int | None, typer.Option(help="Epochs instead of the recipe's.", show_default=False)]
DigitSource = Annotated[
    str, typer.Option("--data", help="Digits: mnist, digits (embedded), or auto: mnist if it can be had.")
]
CrackSource = Annotated[
    str, typer.Option("--cracks", help="Photographs: cracks, synthetic, a folder, or auto: cracks if they are there.")
]


def lab(
    part: Part = ALL,
    recipe: DigitRecipe = "lab",
    crack_recipe: CrackRecipe = "cracks",
    seeds: Seeds = 1,
    epochs: Epochs = None,
    source: DigitSource = AUTO,
    cracks: CrackSource = AUTO,
    also: Also = None,
    positive: Positive = None,
    classes: Classes = None,
    data_dir: DataDir = None,
    cache_dir: CacheDir = None,
    no_download: NoDownload = False,
    out: Out = None,
    device: Device = "auto",
    lang: Lang = None,
    as_json: Json = False,
) -> None:
    """Run the course lab: three networks on handwritten digits, then a crack classifier; each with its report.

    Example: fissura lab --lang fr
    """
    from fissura.crack_lab import CrackLabSettings, check_also
    from fissura.data.sources import SOURCES
    from fissura.lab import LabSettings
    from fissura.training import RECIPES

    spoken = language(lang)
    of_cracks = [name for name, named in RECIPES.items() if named.network == "crack"]
    for option, name, known in (
        ("--part", part, (DIGITS, CRACKS, ALL)),
        ("--recipe", recipe, [name for name in RECIPES if name not in of_cracks]),
        ("--crack-recipe", crack_recipe, of_cracks),
        ("--data", source if part != CRACKS else AUTO, (AUTO, *SOURCES)),
    ):
        if name not in known:
            raise unknown(option, name, known)
    at_least("--seeds", seeds, 1)
    if epochs is not None:
        at_least("--epochs", epochs, 1)
    if part == CRACKS and source != AUTO:
        raise SettingsError(
            "--data names digits; the photographs of this part are named with --cracks {given}.", given=source
        )
    if part != DIGITS:
        check_also(also or [])
    say_device(device, spoken)
    prepared = None
    if part != DIGITS:  # what is wrong with the photographs is said before the first part is trained
        prepared = _prepared(cracks, also or [], positive, classes, data_dir, cache_dir, spoken)
    places = {each: out / each if out is not None and part == ALL else out for each in (DIGITS, CRACKS)}
    done: dict[str, Any] = {}
    if part != CRACKS:
        settings = LabSettings(recipe, seeds, epochs, device)
        done[DIGITS] = _digits(settings, source, data_dir, no_download, places[DIGITS], spoken, as_json)
    if prepared is not None:
        crack_settings = CrackLabSettings(crack_recipe, epochs, device)
        added = as_typed(also=also, positive=positive, classes=classes, data_dir=data_dir, cache_dir=cache_dir)
        done[CRACKS] = _cracks(crack_settings, *prepared, added, places[CRACKS], spoken, as_json)
    if as_json:
        print_json(done if part == ALL else done[part])


def _digits(
    settings: LabSettings,
    source: str,
    data_dir: Path | None,
    no_download: bool,
    out: Path | None,
    spoken: Language,
    quiet: bool,
) -> dict[str, Any]:
    """The first part; what came of it, for JSON."""
    from fissura.files import REPORT
    from fissura.lab import run_lab
    from fissura.reporting import lines
    from fissura.reporting.phrases import network_title
    from fissura.reporting.tables import comparison_rows, evaluation_rows
    from fissura.reporting.words import conclusion

    data = open_images(source, data_dir, no_download, spoken).data
    folder = out or _usual_folder(data.source, settings, "lab")
    watch = Watch(spoken, quiet)
    with terminal.progress_bar() as bar:

        def on_progress(network: str, seed: int, share_done: float, progress: Progress) -> None:
            title = spoken.say("{network}, seed {seed}", network=network_title(network, spoken), seed=seed)
            watch(title, progress)
            bar("lab", epoch_of(title, progress, spoken), share_done, 1.0)

        def on_result(result: RunResult) -> None:
            if not quiet:
                terminal.remark(lines.result_line(result, spoken))

        result = run_lab(data, folder, spoken, settings, on_progress, on_result, as_typed(data_dir=data_dir))
    if not quiet:
        for contender in result.contenders:
            _show_layers(contender.first, spoken)
        last = result.contenders[-1].first
        terminal.show(evaluation_rows(last.test, spoken, last.name))
        terminal.show(comparison_rows(result, spoken))
        for sentence in conclusion(result, spoken):
            terminal.say(sentence)
        terminal.say(spoken.say("The report is {path}", path=folder / REPORT))
    return {**result.as_dict(), "folder": str(folder)}


def _prepared(
    source: str,
    also: list[str],
    positive: str | None,
    classes: list[str] | None,
    data_dir: Path | None,
    cache_dir: Path | None,
    spoken: Language,
) -> tuple[Photographs, list[Elsewhere]]:
    """The photographs of the second part, and those from elsewhere."""
    from fissura.crack_lab import ASPHALT
    from fissura.data import data_folder
    from fissura.data.photographs import PhotographSettings
    from fissura.data.tiles import has_masks
    from fissura.ladder import check_looked_for

    place = data_folder(data_dir)
    settings = PhotographSettings(positive=positive, cache_dir=cache_dir, audited=True, classes=classes)
    photographs = open_photographs(source, data_dir, settings, spoken)
    check_looked_for(photographs)
    found = [f"{ASPHALT}={place / ASPHALT}"] if not also and has_masks(place / ASPHALT) else also
    return photographs, elsewhere(found, photographs, cache_dir, spoken)


def _cracks(
    settings: CrackLabSettings,
    photographs: Photographs,
    others: list[Elsewhere],
    added: Sequence[str],
    out: Path | None,
    spoken: Language,
    quiet: bool,
) -> dict[str, Any]:
    """The second part; what came of it, for JSON."""
    from fissura.crack_lab import recipe_for, run_crack_lab
    from fissura.files import REPORT
    from fissura.reporting.crack_words import crack_conclusion
    from fissura.reporting.judgement_tables import judgement_rows, ladder_rows

    folder = out or _usual_folder(Path(photographs.source).name or "images", settings, "cracks")
    remark_training(photographs, recipe_for(photographs, settings), spoken)
    with terminal.progress_bar() as bar:
        tell = climbing(bar, Watch(spoken, quiet), spoken)
        result = run_crack_lab(photographs, others, folder, spoken, settings, tell, added)
    if not quiet:
        _show_layers(result.run, spoken)
        if result.run.decided is not None:
            terminal.show(judgement_rows(result.run.decided, spoken))
        terminal.show(ladder_rows(result.ladder, spoken))
        for sentence in crack_conclusion(result, spoken):
            terminal.say(sentence)
        terminal.say(spoken.say("The report is {path}", path=folder / REPORT))
    return {**result.as_dict(), "folder": str(folder)}


def _usual_folder(images: str, settings: LabSettings | CrackLabSettings, usual_recipe: str) -> Path:
    """Where results go by default: another recipe or number of epochs is another question, with a folder of its own."""
    named = [settings.recipe] if settings.recipe != usual_recipe else []
    named += [f"{settings.epochs}-epochs"] if settings.epochs else []
    return Path("runs") / "-".join(["lab", images, *named])


def _show_layers(run: RunResult, spoken: Language) -> None:
    from fissura.reporting.tables import layer_rows, layers_note, layers_title

    images = run.test.images
    title = layers_title(run.name, images.size_hw, len(images.classes), spoken)
    terminal.show(layer_rows(run.table, spoken, title))
    if note := layers_note(run.classifier.network, run.table, spoken):
        terminal.say(note + "\n")
