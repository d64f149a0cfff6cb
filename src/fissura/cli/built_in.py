"""``fissura train built-in``: make the crack detector that comes with the package once more, or another one like it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fissura import terminal
from fissura.cli.options import (
    CacheDir,
    DataDir,
    Device,
    Json,
    Lang,
    Out,
    SplitFile,
    at_least,
    print_json,
    say_device,
)
from fissura.cli.watching import draws
from fissura.errors import SettingsError
from fissura.language import language


def built_in(
    scenes: Annotated[int, typer.Option(help="Drawn photographs to learn from.")] = 26_000,
    epochs: Annotated[int | None, typer.Option(help="Instead of the recipe's 16.", show_default=False)] = None,
    learning_rate: Annotated[
        float | None, typer.Option(help="Instead of the recipe's 0.003.", show_default=False)
    ] = None,
    patches: Annotated[
        int | None,
        typer.Option(help="Windows of METU's patches in an epoch, instead of 10500.", show_default=False),
    ] = None,
    seed: Annotated[int, typer.Option(help="Of the drawings and of the training.")] = 12,
    start: Annotated[
        Path | None, typer.Option("--from", help="Go on from this detector's weights.", show_default=False)
    ] = None,
    second_step: Annotated[
        bool | None,
        typer.Option(
            help="After that training four epochs from its weights, with 26000 windows of METU in each. By default "
            "unless --epochs, --learning-rate, --patches, --from or --without metu is given, or METU is not there.",
            show_default=False,
        ),
    ] = None,
    without: Annotated[
        list[str] | None,
        typer.Option(
            help="Leave out metu, sut-crack, textures or a drawn surface, to see what is found on one never seen.",
            show_default=False,
        ),
    ] = None,
    split_file: SplitFile = None,
    data_dir: DataDir = None,
    cache_dir: CacheDir = None,
    out: Out = None,
    device: Device = "auto",
    lang: Lang = None,
    as_json: Json = False,
) -> None:
    """Teach the crack detector from drawn surfaces and the photographs in the data folder; write its file and log.

    Hours on two processor cores, minutes on a GPU. Stopped, the same command goes on where it was.

    Example: fissura train built-in --out runs/detector
    """
    from fissura.built_in import RECIPE, Making, detector, make, make_in_two_steps
    from fissura.data import data_folder
    from fissura.data.cracks import find_cracks
    from fissura.data.teaching import MaterialSettings
    from fissura.files import make_folder
    from fissura.reporting import lines
    from fissura.reporting.card import write_cards
    from fissura.training.crack_lessons import Portions

    spoken = language(lang)
    at_least("--scenes", scenes, 2)
    if patches is not None:
        at_least("--patches", patches, 0)
    given = {"seed": seed, "epochs": epochs, "learning_rate": learning_rate}
    making = Making(
        MaterialSettings(scenes, seed=seed, without=tuple(without or ()), manifest=split_file, cache_dir=cache_dir),
        RECIPE.with_changes({name: value for name, value in given.items() if value is not None}),
        Portions() if patches is None else Portions(patches=patches),
        device=device,
        start=None if start is None else detector(start),
    )
    if second_step and start is not None:
        raise SettingsError("--second-step goes on from a training of its own. Leave it out, or leave out --from.")
    if second_step is None:
        changed = epochs is not None or learning_rate is not None or patches is not None or start is not None
        place = data_folder(data_dir)
        there = find_cracks(place) if place.is_dir() and "metu" not in (without or ()) else None
        second_step = not changed and there is not None and there.is_dir()
    folder = out or Path("runs") / "-".join(
        ["built-in", f"seed-{seed}", *(f"without-{name}" for name in without or ())]
    )
    make_folder(folder)
    say_device(device, spoken)
    with terminal.progress_bar() as bar:
        made = (make_in_two_steps if second_step else make)(
            making,
            data_folder(data_dir),
            folder,
            lambda what, done, total: bar(what, spoken.say(what), done, total),
            draws(bar, spoken.say("Crack detector"), spoken, quiet=as_json),
        )
    write_cards(made.classifier, "built-in", folder)
    missing = made.classifier.provenance.data["missing"]
    if missing:
        terminal.announce(
            spoken.say("NOT ALL OF THE PHOTOGRAPHS ARE HERE"),
            spoken.say("Not in the data folder, so not learned from: {names}.", names=", ".join(missing)),
        )
    if as_json:
        print_json({"folder": str(folder), **made.log})
        return
    for judged in made.judged:
        terminal.say(lines.surface_line(judged, spoken))
    terminal.say(spoken.say("The run is in {path}", path=folder))
