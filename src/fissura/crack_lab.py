"""The course lab, part 2, from top to bottom: a crack classifier from labelled photographs, and what it is worth."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from fissura.command_line import typed_command
from fissura.data.folder import read_folder
from fissura.data.photographs import Photographs, groups_of
from fissura.data.pixels import open_pixels
from fissura.data.tiles import has_masks, read_tiles
from fissura.errors import DataError, SettingsError
from fissura.files import REPORT, RESULTS, SPLIT, claim, write_json, write_text, write_whole
from fissura.ladder import Elsewhere, check_looked_for, climb, only_unseen
from fissura.language import Language
from fissura.metrics import Wish
from fissura.reporting.crack_figures import ladder_picture
from fissura.reporting.crack_page import crack_lab_page
from fissura.reporting.crack_results import CrackLabResult
from fissura.runs import Plan
from fissura.training import Progress, Recipe, choose_device, named_recipe

LADDER = "ladder.svg"
MISS_AT_MOST = 0.01
EMBEDDED_EPOCHS = 20  # of 28 steps on the drawn images: as many as 2 epochs of the 19,200 photographs
ASPHALT = "sut-crack"
OnProgress = Callable[[str, Progress], None]


@dataclass(frozen=True)
class CrackLabSettings:
    """How the lab's second part is run.

    Attributes:
        recipe: the recipe's name.
        epochs: instead of the recipe's; on drawn images 20 where none is given.
        device: ``auto``, ``cpu``, ``cuda`` or ``mps``.
        miss_at_most: the share of cracks that the threshold is chosen to miss at most, on validation images.
    """

    recipe: str = "cracks"
    epochs: int | None = None
    device: str = "auto"
    miss_at_most: float = MISS_AT_MOST


def run_crack_lab(
    photographs: Photographs,
    also: Sequence[Elsewhere],
    folder: Path,
    language: Language,
    settings: CrackLabSettings = CrackLabSettings(),
    on_progress: OnProgress | None = None,
    added: Sequence[str] = (),
) -> CrackLabResult:
    """Do the lab's second part in ``folder``, which afterwards holds ``report.html``, ``results.json`` and the runs.

    Args:
        photographs: decoded, copies known, split.
        also: other labelled images, none identical to one of the photographs.
        folder: goes on where an earlier call was stopped.
        language: of the report and the figures.
        settings: how.
        on_progress: called now and then with the split that is trained on, and progress.
        added: further options, as they are typed, of the command in the report: where the images are.
    """
    check_looked_for(photographs)
    recipe = recipe_for(photographs, settings)
    claim(
        folder,
        {
            "kind": "crack lab",
            "recipe": recipe.as_dict(),
            "device": choose_device(settings.device).type,
            "images": photographs.images.fingerprint,
            "miss_at_most": settings.miss_at_most,
            "also": {other.name: other.images.fingerprint for other in also},
        },
    )
    network = named_recipe(settings.recipe).network
    plan = Plan(network, recipe, settings.device, wish=Wish("miss", settings.miss_at_most))
    ladder = climb(photographs, also, plan, folder, on_progress)
    command = crack_lab_command(photographs, settings, language, added)
    result = CrackLabResult(photographs, photographs.audit, ladder, settings.recipe, command)
    photographs.write_split(folder / SPLIT)
    write_json(folder / RESULTS, result.as_dict())
    write_whole(folder / LADDER, ladder_picture(ladder, language))
    write_text(folder / REPORT, crack_lab_page(result, language))
    return result


def recipe_for(photographs: Photographs, settings: CrackLabSettings) -> Recipe:
    """The recipe that the lab uses on these images."""
    recipe = named_recipe(settings.recipe).recipe
    if settings.epochs is not None:
        return replace(recipe, epochs=settings.epochs)
    return replace(recipe, epochs=EMBEDDED_EPOCHS) if photographs.embedded else recipe


def crack_lab_command(
    photographs: Photographs, settings: CrackLabSettings, language: Language, added: Sequence[str] = ()
) -> str:
    """What to type to run the same again."""
    given = {
        "crack_recipe": None if settings.recipe == "cracks" else settings.recipe,
        "epochs": settings.epochs,
        "device": None if settings.device == "auto" else settings.device,
        "cracks": photographs.source,
    }
    return typed_command("lab --part cracks", (), given, language, added)


def named_also(given: str) -> tuple[str, Path]:
    """The name and the folder of ``NAME=DIR``.

    Raises:
        SettingsError: it is not of that form.
    """
    name, _, place = given.partition("=")
    if not name or not place:
        raise SettingsError(
            "--also is {got}; wanted a name and a folder, for instance --also asphalt=photographs/asphalt.", got=given
        )
    return name, Path(place)


def check_also(every: Sequence[str]) -> None:
    """See at once what is wrong with ``NAME=DIR``, before anything is decoded.

    Raises:
        SettingsError: one is not of that form.
        DataError: there is no such folder, or no images of classes in it.
    """
    for given in every:
        _, folder = named_also(given)
        if not has_masks(folder):
            read_folder(folder)


def read_also(given: str, like: Photographs, cache_dir: Path | None = None) -> Elsewhere:
    """The images of ``NAME=DIR``: photographs with masks are cut into tiles, else there is a subfolder per class.

    Raises:
        SettingsError: it is not of that form.
        DataError: the folder cannot be used, or holds nothing but images that ``like`` holds as well.
    """
    name, folder = named_also(given)
    side = like.images.size_hw[0]
    if has_masks(folder):
        return only_unseen(Elsewhere(name, *read_tiles(folder, side)), like.images)
    found = read_folder(folder)
    decoded = open_pixels(found, (side, side), cache_dir)
    images = replace(decoded.images, groups=groups_of(decoded, found.root))
    if images.positive is None and sorted(images.classes) != sorted(like.images.classes):
        raise DataError(
            "{folder}: it is not known which of {classes} is looked for. Give its subfolders the names {wanted}.",
            folder=folder,
            classes=", ".join(images.classes),
            wanted=", ".join(like.images.classes),
        )
    return only_unseen(Elsewhere(name, images, decoded.left_out), like.images)
