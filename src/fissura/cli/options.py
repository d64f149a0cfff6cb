"""Options that several commands share, and what they do with them."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fissura import terminal
from fissura.cli.watching import steps
from fissura.errors import SettingsError
from fissura.language import Language

if TYPE_CHECKING:
    from fissura.data import Opened, SourceState
    from fissura.data.photographs import Photographs, PhotographSettings
    from fissura.metrics import Wish
    from fissura.training import Recipe

CHECK_FAILED = 1
MOST_PIXELS = 400_000_000  # images.MAX_PIXELS, which is not imported for --help
BUILT_IN = "built-in"  # classifier.BUILT_IN, likewise
SIZE_PX = 112  # data.photographs.SIZE_PX, likewise
INPUT_ERROR = 2

Lang = Annotated[
    str | None,
    typer.Option(
        "--lang",
        help="Language of the results: en or fr; by default the system's (LANG).",
        metavar="en|fr",
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object for programs instead of tables.")]
DataDir = Annotated[
    Path | None,
    typer.Option("--data-dir", help="Folder with the data; else $FISSURA_DATA, else ./data.", show_default=False),
]
Source = Annotated[
    str,
    typer.Option(
        "--data",
        help="Images: mnist, digits (embedded), cracks, synthetic (drawn), a folder with one subfolder per class, or "
        "auto: mnist or cracks if they can be had.",
    ),
]
Size = Annotated[int, typer.Option("--size", help="Photographs: height and width they are reduced to, in pixels.")]
SplitHow = Annotated[
    str, typer.Option("--split", help="Photographs: grouped (copies stay together) or random (the lab's).")
]
SplitFile = Annotated[
    Path | None,
    typer.Option("--split-file", help="Photographs: use the split in this manifest again.", show_default=False),
]
Positive = Annotated[
    str | None, typer.Option("--positive", help="Photographs: the class that is looked for.", show_default=False)
]
Classes = Annotated[
    list[str] | None,
    typer.Option(
        "--classes",
        help="Photographs: a class to take, where not all are to be; once for each of them.",
        show_default=False,
    ),
]
CacheDir = Annotated[
    Path | None,
    typer.Option(
        "--cache-dir",
        help="Where decoded images are kept; else $FISSURA_CACHE, else the system's place, ~/.cache/fissura on Linux.",
        show_default=False,
    ),
]
MissAtMost = Annotated[
    str | None,
    typer.Option("--miss-at-most", help="Two classes: choose the threshold for this, e.g. 1%.", show_default=False),
]
AlarmAtMost = Annotated[
    str | None,
    typer.Option("--alarm-at-most", help="Two classes: choose the threshold for this, e.g. 2%.", show_default=False),
]
DIGITS = ("mnist", "digits")
NoDownload = Annotated[bool, typer.Option("--no-download", help="Never use the network.")]
Out = Annotated[Path | None, typer.Option("--out", help="Folder for the results; by default one under runs/.")]
SamePadding = Annotated[
    bool, typer.Option("--same-padding/--no-same-padding", help="Convolutions that keep the image size.")
]
Epochs = Annotated[int | None, typer.Option("--epochs", help="Instead of the recipe's.", show_default=False)]
FirstSeed = Annotated[int | None, typer.Option("--seed", help="Instead of the recipe's, 12.", show_default=False)]
Device = Annotated[str, typer.Option("--device", help="auto, cpu, cuda or mps.")]
Precision = Annotated[
    str | None,
    typer.Option(
        "--precision",
        help="mixed: layers compute in bfloat16, faster on processors made for it; else float32.",
        show_default=False,
    ),
]


def number(text: str) -> float:
    """What was typed, with a point or, as in French, with a comma; Typer says what is none."""
    if "_" in text:
        raise ValueError(text)  # Python reads 1_0 as 10
    return float(text.replace(",", "."))


def open_images(source: str, data_dir: Path | None, no_download: bool, spoken: Language) -> Opened:
    """The images of a source; the embedded ones are announced so that nobody takes them for the real ones."""
    from fissura.data import data_folder, open_source
    from fissura.reporting import lines

    with terminal.progress_bar() as bar:
        opened = open_source(
            source,
            data_folder(data_dir),
            download=not no_download,
            on_progress=lambda done, total: bar("get", "MNIST", done, total or done),
        )
    if opened.data.embedded:
        terminal.announce(*lines.embedded_words(opened, spoken))
    return opened


def open_photographs(
    source: str,
    data_dir: Path | None,
    settings: PhotographSettings,
    spoken: Language,
    others: Sequence[str] = (),
) -> Photographs:
    """Photographs by name or folder; drawn ones are announced so that nobody takes them for real ones.

    ``others``: names of other images that might have been meant as well.
    """
    from fissura.data import data_folder
    from fissura.data.photographs import named_photographs
    from fissura.reporting.photograph_words import drawn_words, grouping_remarks, photograph_remarks

    with terminal.progress_bar() as bar:
        found = named_photographs(source, data_folder(data_dir), settings, steps(bar, spoken), others)
    if found.embedded:
        terminal.announce(*drawn_words(found, spoken))
    drawn_now = settings.manifest is None
    for sentence in (*photograph_remarks(found, spoken), *(grouping_remarks(found, spoken) if drawn_now else ())):
        terminal.remark(sentence)
    return found


def remark_training(photographs: Photographs, recipe: Recipe, spoken: Language, slid: bool = False) -> None:
    """Tell what there is to know before a network is trained on ``photographs``; ``slid``: it is a detector."""
    from fissura.reporting.photograph_words import training_remarks

    for sentence in training_remarks(photographs, recipe, spoken, slid):
        terminal.remark(sentence)


def check_of_digits(**given: object) -> None:
    """Raise ``SettingsError`` where an option of photographs is given for digits, on which it would change nothing."""
    usual: dict[str, object] = {"size": SIZE_PX, "split": "grouped"}
    for name, value in given.items():
        if value != usual.get(name):
            raise SettingsError(
                "{option} is for photographs; digits have their own size, split and classes. Leave it out, or name "
                "photographs with --data.",
                option=f"--{name.replace('_', '-')}",
            )


def wish_of(miss_at_most: str | None, alarm_at_most: str | None) -> Wish | None:
    """What the threshold is to keep to.

    Raises:
        SettingsError: both are given, or one is no share.
    """
    from fissura import metrics

    if miss_at_most is not None and alarm_at_most is not None:
        raise SettingsError("--miss-at-most and --alarm-at-most choose the same threshold; give one of them.")
    if miss_at_most is not None:
        return metrics.miss_at_most(miss_at_most)
    return None if alarm_at_most is None else metrics.alarm_at_most(alarm_at_most)


def say_device(name: str, spoken: Language) -> None:
    """Tell what is computed on, before long work begins."""
    from fissura.reporting.phrases import device_words
    from fissura.training import choose_device, device_name

    device = device_words(device_name(choose_device(name)), spoken)
    terminal.remark(spoken.say("Computing on: {device}", device=device))


def check_network(name: str, options: dict[str, Any], size_px: int = 28) -> None:
    """Fail on an unknown network before the data is read."""
    import torch

    from fissura.models import build

    with torch.device("meta"):  # nothing is allocated, however large the images
        build(name, (size_px, size_px), 10, **options)


def at_least(option: str, got: int, least: int, most: int | None = None) -> None:
    """Raise where the number given for an option is too small, or larger than ``most``."""
    if most is not None and not least <= got <= most:
        raise SettingsError(
            "{option} is {got}; wanted a whole number from {least} to {most}.",
            option=option,
            got=got,
            least=least,
            most=most,
        )
    if got < least:
        raise SettingsError(
            "{option} is {got}; wanted a whole number from {least}.", option=option, got=got, least=least
        )


def checked(states: Sequence[SourceState]) -> int:
    """The exit code of a look at a data folder: 1 where something in it is incomplete or damaged."""
    return CHECK_FAILED if any(state.problem is not None for state in states) else 0


def print_json(value: Any) -> None:
    """One JSON value on standard output."""
    sys.stdout.write(json.dumps(value, indent=2, allow_nan=False) + "\n")
