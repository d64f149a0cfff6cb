"""``fissura train built-in``: make the crack detector that comes with the package once more, or another one like it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fissura import terminal
from fissura.cli.options import (
    BUILT_IN,
    CacheDir,
    DataDir,
    Device,
    Json,
    Lang,
    Out,
    Precision,
    SplitFile,
    at_least,
    print_json,
    say_device,
)
from fissura.cli.watching import draws, steps
from fissura.errors import SettingsError
from fissura.language import Language, language

if TYPE_CHECKING:
    from fissura.built_in import Made, Making


Scenes = Annotated[int, typer.Option(help="Drawn photographs to learn from.")]
Epochs = Annotated[int | None, typer.Option(help="Instead of the recipe's 16.", show_default=False)]
LearningRate = Annotated[float | None, typer.Option(help="Instead of the recipe's 0.003.", show_default=False)]
Patches = Annotated[
    int | None, typer.Option(help="Windows of METU's patches in an epoch, instead of 10500.", show_default=False)
]
Seed = Annotated[int, typer.Option(help="Of the drawings and of the training.")]
Start = Annotated[Path | None, typer.Option("--from", help="Go on from this detector's weights.", show_default=False)]
FurtherSteps = Annotated[
    bool | None,
    typer.Option(
        help="After that training two more of four epochs each from its weights: with 26000 windows of METU, then with "
        "new drawings, before four of ten of which twigs, ivy, ropes and the like are drawn. By default unless "
        "--epochs, --learning-rate, --patches, --from or --without metu is given, or METU is not there.",
        show_default=False,
    ),
]
LastStep = Annotated[
    bool,
    typer.Option(
        "--last-step",
        help="Only the last of these, from the detector of --from, a quarter of whose weights stays in the mean.",
    ),
]
Without = Annotated[
    list[str] | None,
    typer.Option(
        help="Leave out metu, sut-crack, textures or a drawn surface, to see what is found on one never seen.",
        show_default=False,
    ),
]


def built_in(
    scenes: Scenes = 26_000,
    epochs: Epochs = None,
    learning_rate: LearningRate = None,
    patches: Patches = None,
    seed: Seed = 12,
    start: Start = None,
    further_steps: FurtherSteps = None,
    last_step: LastStep = False,
    without: Without = None,
    split_file: SplitFile = None,
    data_dir: DataDir = None,
    cache_dir: CacheDir = None,
    out: Out = None,
    device: Device = "auto",
    precision: Precision = None,
    lang: Lang = None,
    as_json: Json = False,
) -> None:
    """Teach the crack detector from drawn surfaces and the photographs in the data folder; write its file and log.

    Hours on two processor cores, minutes on a GPU. Stopped, the same command goes on where it was.

    Example: fissura train built-in --out runs/detector
    """
    from fissura.built_in import RECIPE, Making, detector, last_of
    from fissura.data import data_folder
    from fissura.data.teaching import MaterialSettings
    from fissura.files import make_folder
    from fissura.training import choose_device
    from fissura.training.crack_lessons import Portions
    from fissura.training.device import check_precision

    spoken = language(lang)
    at_least("--scenes", scenes, 2)
    if patches is not None:
        at_least("--patches", patches, 0)
    left_out = tuple(without or ())
    given = {"seed": seed, "epochs": epochs, "learning_rate": learning_rate, "precision": precision}
    making = Making(
        MaterialSettings(scenes, seed=seed, without=left_out, manifest=split_file, cache_dir=cache_dir),
        RECIPE.with_changes({name: value for name, value in given.items() if value is not None}),
        Portions() if patches is None else Portions(patches=patches),
        device=device,
        start=None if start is None else detector(start),
    )
    changed = epochs is not None or learning_rate is not None or patches is not None
    if last_step:
        if start is None or further_steps or changed:
            raise SettingsError(
                "--last-step goes on from the detector of --from, by a recipe of its own. "
                "Give --from, and leave out --further-steps, --epochs, --learning-rate and --patches."
            )
        making = last_of(making)
    elif further_steps and start is not None:
        raise SettingsError("--further-steps goes on from a training of its own. Leave it out, or leave out --from.")
    if further_steps is None:
        further_steps = start is None and not changed and _metu_is_there(data_folder(data_dir), left_out)
    check_precision(choose_device(device), making.recipe.precision)
    named = [BUILT_IN, f"seed-{seed}", *(["last-step"] if last_step else [])]
    named += [precision] if precision == "mixed" else []
    folder = out or Path("runs") / "-".join([*named, *(f"without-{name}" for name in left_out)])
    making.material.as_dict()  # a split's file that cannot be read is told before anything is written
    _see_free(folder)
    make_folder(folder)
    say_device(device, spoken)
    made = _made(making, further_steps, data_folder(data_dir), folder, spoken, as_json)
    if as_json:
        print_json({"folder": str(folder), **made.log})
    else:
        _show(made, folder, spoken)


def _see_free(folder: Path) -> None:
    """Fail where the folder holds something else than a detector made here or the beginning of one."""
    from fissura.files import CHECKPOINT, CLASSIFIER, IDENTITY, see_free

    ours = any((folder / name).exists() for name in (CLASSIFIER, CHECKPOINT, "first", "second"))
    if not ours or (folder / IDENTITY).exists():
        see_free(folder, {"kind": "detector"})


def _metu_is_there(place: Path, left_out: tuple[str, ...]) -> bool:
    """Whether METU's photographs lie unpacked in the data folder, and are to be learned from."""
    from fissura.data.cracks import cracks_folder

    return "metu" not in left_out and cracks_folder(place) is not None


def _made(making: Making, further_steps: bool, place: Path, folder: Path, spoken: Language, quiet: bool) -> Made:
    """The detector with its cards in ``folder``; what of the photographs is not in ``place`` is told."""
    from fissura.built_in import make, make_in_steps
    from fissura.classifier import Decision
    from fissura.data.teaching import QUAY, QUAY_FOLDER
    from fissura.reporting.card import write_cards

    with terminal.progress_bar() as bar:
        made = (make_in_steps if further_steps else make)(
            making,
            place,
            folder,
            steps(bar, spoken),
            draws(bar, spoken.say("Crack detector"), spoken, quiet=quiet),
        )
    write_cards(made.classifier, BUILT_IN, folder)
    told = []
    if missing := made.classifier.provenance.data["missing"]:
        told.append(spoken.say("Not in the data folder, so not learned from: {names}.", names=", ".join(missing)))
    settled_on = (made.classifier.decision or Decision(1)).chosen.get("surfaces", ())
    if not any(name.startswith(QUAY) for name in settled_on):
        told.append(
            spoken.say("Not in the data folder, so probabilities were settled without it: {name}.", name=QUAY_FOLDER)
        )
    if told:
        terminal.announce(spoken.say("NOT ALL OF THE PHOTOGRAPHS ARE HERE"), "\n".join(told))
    return made


def _show(made: Made, folder: Path, spoken: Language) -> None:
    from fissura.reporting import lines

    for judged in made.judged:
        terminal.say(lines.surface_line(judged, spoken))
    terminal.say(spoken.say("The run is in {path}", path=folder))
