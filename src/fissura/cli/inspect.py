"""``fissura inspect``."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fissura import terminal
from fissura.cli.options import (
    BUILT_IN,
    CHECK_FAILED,
    MOST_PIXELS,
    Json,
    Lang,
    at_least,
    number,
    print_json,
)
from fissura.command_line import typed_command
from fissura.language import Language, language

if TYPE_CHECKING:
    from fissura.inspection import Settings
    from fissura.reporting.findings.results import Inspected, Model
    from fissura.survey import Plan, ScaleWish

Photos = Annotated[
    list[str],
    typer.Argument(metavar="PHOTOS", help="Files, folders (at any depth) and patterns such as 'wall/*.jpg'."),
]
ReportFolder = Annotated[Path | None, typer.Option("--out", help="Folder for the report; by default one under runs/.")]
MmPerPx = Annotated[
    float | None,
    typer.Option("--mm-per-px", parser=number, metavar="<float>", help="Millimetres of the wall that a pixel shows."),
]
ScaleError = Annotated[
    str | None,
    typer.Option(
        "--scale-error",
        help="Standard uncertainty of --mm-per-px, in mm per px or such as 3%; with --distance that of distance and of "
        "lens, each, always such as 3%.",
    ),
]
Distance = Annotated[
    str | None, typer.Option("--distance", help="From camera to wall, such as 1.5m; the lens is read from EXIF.")
]
FocalLength = Annotated[
    float | None,
    typer.Option(
        "--focal-length",
        parser=number,
        metavar="<float>",
        help="With --distance: of the lens, in mm, if EXIF lacks it.",
    ),
]
SensorWidth = Annotated[
    float | None,
    typer.Option(
        "--sensor-width",
        parser=number,
        metavar="<float>",
        help="With --distance: of the sensor's longer side, in mm.",
    ),
]
Scales = Annotated[
    Path | None, typer.Option("--scales", help="CSV with a scale for each photograph: photo, mm_per_px, error.")
]
Severity = Annotated[
    str, typer.Option("--severity", help="Limits of crack width: en1992, aci224r, or a .toml file of your own.")
]
Truth = Annotated[
    Path | None, typer.Option("--truth", help="Folder with masks of the same names (white: crack), to be scored.")
]
ModelName = Annotated[
    str, typer.Option("--model", help="A classifier file with a map; by default the built-in crack detector.")
]
Threshold = Annotated[
    float | None,
    typer.Option(
        "--threshold",
        parser=number,
        metavar="<float>",
        help="Probability from which on a place of the map is crack; by default 0.5.",
    ),
]
TwoScales = Annotated[bool, typer.Option("--two-scales", help="Look at half the size as well, for wide cracks.")]
Shortest = Annotated[
    float | None,
    typer.Option(
        "--shortest",
        parser=number,
        metavar="<float>",
        help="Leave out findings shorter than so many pixels; by default 24.",
    ),
]
MaxPixels = Annotated[int, typer.Option("--max-pixels", help="Larger photographs are refused.")]
Workers = Annotated[
    int | None, typer.Option("--workers", help="Photographs inspected at once; by default one per core.")
]


def inspect(
    photos: Photos,
    out: ReportFolder = None,
    mm_per_px: MmPerPx = None,
    scale_error: ScaleError = None,
    distance: Distance = None,
    focal_length: FocalLength = None,
    sensor_width: SensorWidth = None,
    scales: Scales = None,
    severity: Severity = "en1992",
    truth: Truth = None,
    model: ModelName = BUILT_IN,
    threshold: Threshold = None,
    two_scales: TwoScales = False,
    shortest: Shortest = None,
    max_pixels: MaxPixels = MOST_PIXELS,
    workers: Workers = None,
    lang: Lang = None,
    as_json: Json = False,
) -> None:
    """Find cracks on photographs, measure them, and write a report to sign.

    The folder holds report.html, inspection.json, findings.csv, photographs.csv, findings.geojson, coco.json, masks
    and cut-outs. A stopped run goes on with the same command.

    The exit code is 1 if any photograph could not be inspected (the file cannot be read, or nothing can be seen on it:
    black, white, even, less than 48 px), has no scale although one was asked for, or could not be compared with its
    mask.

    Example: fissura inspect photographs/ --mm-per-px 0.2 --scale-error 0.01
    """
    from fissura.images import printable_name
    from fissura.processes import processors
    from fissura.reporting.findings.severity import read_scheme
    from fissura.survey import Plan, ScaleWish, default_folder, listed, scales_of

    spoken = language(lang)
    if workers is not None:
        at_least("--workers", workers, 1)
    at_least("--max-pixels", max_pixels, 1)
    listing = listed(photos, out)
    wish = ScaleWish(mm_per_px, distance, scales, scale_error, focal_length, sensor_width)
    settings = _settings(threshold, two_scales, shortest, max_pixels)
    asked = _asked(wish, severity, truth, model)
    looks: dict[str, Any] = {"threshold": threshold, "two-scales": two_scales or None, "shortest": shortest}
    looks |= {"max-pixels": None if max_pixels == MOST_PIXELS else max_pixels, "workers": workers, "out": out}
    known, text = _known(model, spoken)
    plan = Plan(
        listing=listing,
        model=known,
        card=text,
        settings=settings,
        scheme=read_scheme(severity),
        scales=scales_of(listing.entries, wish),
        options={name: printable_name(value) if isinstance(value, str) else value for name, value in asked.items()},
        masks=truth,
        command=typed_command("inspect", photos, asked | looks, spoken),
        workers=workers or processors(),
    )
    folder = default_folder(listing) if out is None else out
    found = _surveyed(plan, model, folder, spoken)
    if as_json:
        print_json(found.as_dict())
    else:
        _show(found, folder, spoken)
    failed = found.unseen or any(photograph.remarks for photograph in found.seen)
    raise typer.Exit(CHECK_FAILED if failed else 0)


def _asked(wish: ScaleWish, severity: str, truth: Path | None, model: str) -> dict[str, float | str]:
    """What decides the result and is not among the settings, by the names of the options, as far as it was given."""
    asked: dict[str, Any] = {
        "mm-per-px": wish.mm_per_px,
        "scale-error": wish.error,
        "distance": wish.distance,
        "focal-length": wish.focal_mm,
        "sensor-width": wish.sensor_width_mm,
        "scales": wish.table,
        "severity": severity,
        "truth": truth,
        "model": None if model == BUILT_IN else model,
    }
    return {
        name: value if isinstance(value, float) else str(value) for name, value in asked.items() if value is not None
    }


def _settings(threshold: float | None, two_scales: bool, shortest: float | None, max_pixels: int) -> Settings:
    from fissura.inspection import Settings

    settings = Settings(two_scales=two_scales, max_pixels=max_pixels)
    settings = settings if threshold is None else replace(settings, threshold=threshold)
    settings = settings if shortest is None else replace(settings, shortest_px=shortest)
    settings.check()
    return settings


def _known(model: str, spoken: Language) -> tuple[Model, str]:
    """What is to look at the photographs: for programs, and its card for people."""
    from fissura.classifier import load
    from fissura.images import printable_name
    from fissura.reporting.card import built_in_card, card
    from fissura.reporting.findings.results import Model

    name = model if model == BUILT_IN else printable_name(Path(model).name)
    classifier = load(model)
    text = built_in_card(classifier, spoken) if model == BUILT_IN else card(classifier, name, spoken)
    once = spoken.say(
        "An inspection looks once at each place of a photograph and marks cells from its own threshold on, which "
        "stands among the settings; what the card says of looks and threshold is of whole windows, as "
        "predict judges them."
    )
    return Model.of(classifier, name), f"{text}\n{once}\n"


def _surveyed(plan: Plan, model: str, folder: Path, spoken: Language) -> Inspected:
    from fissura.survey import Once, detector, survey

    inspector = Once(partial(detector, model, plan.settings))
    inspector()  # what is wrong with it is said before a folder is made
    n = len(plan.listing.entries)
    what = spoken.say("Photographs: {n}", n=spoken.number(n))
    with terminal.progress_bar() as bar:
        return survey(plan, inspector, folder, spoken, lambda done, total: bar("inspect", what, done, total))


def _show(found: Inspected, folder: Path, spoken: Language) -> None:
    from fissura.files import REPORT
    from fissura.reporting.findings.page import truth_table
    from fissura.reporting.findings.tables import photograph_rows
    from fissura.reporting.findings.words import copies_words, key_sentence, missed, no_proof, warned

    rows = photograph_rows(found, spoken)
    if rows.rows:
        terminal.show(rows)
    for photograph in found.unseen:
        if photograph.error is not None:
            terminal.remark(spoken.error(photograph.error))
    for photograph in found.seen:
        for remark in photograph.remarks:
            terminal.remark(f"{photograph.name}{spoken.colon}{spoken.error(remark)}")
    for sentence in (*warned(found, spoken), copies_words(found, spoken)):
        if sentence:
            terminal.remark(sentence)
    if found.without_scale:
        terminal.remark(
            spoken.count(
                "No scale was found for {n} photograph of {of}; its lengths are in pixels.",
                "No scale was found for {n} photographs of {of}; their lengths are in pixels.",
                len(found.without_scale),
                of=spoken.number(len(found.seen)),
            )
        )
    truth = truth_table(found, spoken)
    if truth is not None:
        terminal.show(truth)
    terminal.say(key_sentence(found, spoken))
    terminal.say(missed(spoken) if found.seen and not found.findings else no_proof(spoken))
    terminal.say(spoken.say("The report is {path}", path=folder / REPORT))
