"""The commands of ``fissura data`` that look into photographs: ``show``, ``check``, ``split``, and ``draw``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fissura import terminal
from fissura.cli.asked import classes_asked, images_asked
from fissura.cli.options import (
    CHECK_FAILED,
    MOST_PIXELS,
    SIZE_PX,
    CacheDir,
    Classes,
    DataDir,
    Json,
    Lang,
    Positive,
    Size,
    SplitHow,
    at_least,
    open_photographs,
    print_json,
)
from fissura.cli.watching import steps
from fissura.command_line import typed_command
from fissura.errors import OutputError, SettingsError
from fissura.language import N_, Language, language

if TYPE_CHECKING:
    from fissura.data.photographs import Photographs
    from fissura.data.split_manifest import Manifest
    from fissura.examination import Examination

DRAWN = 200
SMALLEST_PX = 32  # below, neither copies nor sharpness mean anything

Folder = Annotated[str, typer.Argument(metavar="DIR", help="A folder with one subfolder per class, or cracks.")]
Seed = Annotated[int, typer.Option("--seed", help="The same seed gives the same result.")]
FolderOrDrawn = Annotated[
    str, typer.Argument(help="cracks, synthetic (drawn), or a folder with one subfolder per class.")
]
PageFolder = Annotated[
    Path | None, typer.Option("--out", help="Also write a page and its pictures here.", show_default=False)
]
Drawn = Annotated[int, typer.Option("--n", help="synthetic: how many are drawn.")]
AuditFolder = Annotated[
    Path | None,
    typer.Option("--out", help="Also write report.html, audit.json and groups.json here.", show_default=False),
]
MaxPixels = Annotated[
    int, typer.Option("--max-pixels", help="Larger images are left out; a larger number lets them in.")
]
ManifestFile = Annotated[Path, typer.Option("--out", help="The manifest to write, for instance split.json.")]
GroupsFile = Annotated[
    Path | None,
    typer.Option(
        "--groups",
        help="Groups file of data check, to use instead of searching; or a .csv with the columns image and photograph: "
        "images of one photograph stay together, as do copies.",
        show_default=False,
    ),
]
DrawnFolder = Annotated[
    Path, typer.Option("--out", help="Folder for images/, masks/ and truth.json.", show_default=False)
]
ToDraw = Annotated[int, typer.Option("--n", help="How many; every second one is cracked.")]
DrawnSize = Annotated[int, typer.Option("--size", help="Height and width in pixels.")]


def show(
    source: FolderOrDrawn,
    out: PageFolder = None,
    n: Drawn = DRAWN,
    positive: Positive = None,
    classes: Classes = None,
    size: Size = SIZE_PX,
    data_dir: DataDir = None,
    cache_dir: CacheDir = None,
    lang: Lang = None,
    as_json: Json = False,
) -> None:
    """Look at images: counts, sizes, samples, mean image, brightness, contrast and sharpness of each class.

    Example: fissura data show cracks --out runs/look
    """
    from fissura.data import data_folder
    from fissura.data.photographs import SYNTHETIC
    from fissura.examination import ExaminationSettings, look_at
    from fissura.files import claim
    from fissura.reporting import audit_tables as tables
    from fissura.reporting.audit_page import write_look
    from fissura.reporting.photograph_words import left_out_line

    spoken = language(lang)
    at_least("--size", size, SMALLEST_PX)
    if source == SYNTHETIC and classes:
        raise SettingsError("--classes is for photographs; {source} has its own. Leave it out.", source=source)
    settings = ExaminationSettings(size, positive, cache_dir, classes=classes)
    drawn = n if source == SYNTHETIC else None
    with terminal.progress_bar() as bar:
        seen = look_at(source, data_folder(data_dir), settings, n, steps(bar, spoken))
    written = None
    if out is not None:
        numbers = {"size": _unless(size, SIZE_PX), "n": _unless(drawn, DRAWN)}
        claim(out, {"kind": "look"} | images_asked(out, source, data_dir) | numbers | classes_asked(positive, classes))
        given: dict[str, Any] = {"size": size, "n": drawn, "positive": positive}
        given |= {"classes": classes, "data-dir": data_dir, "cache-dir": cache_dir}
        written = write_look(seen, out, spoken, typed_command("data show", [source], given, spoken))
    if as_json:
        print_json(seen.as_dict())
        return
    terminal.show(tables.class_rows(seen.overview, seen.images.classes, spoken))
    terminal.show(tables.size_rows(seen.overview, spoken))
    if seen.overview.oddities:
        terminal.show(tables.oddity_rows(seen.overview, seen.images.names, spoken))
    if seen.left_out:
        terminal.remark(left_out_line(seen.left_out, spoken))
    _say_report(written, spoken)


def check(
    folder: Folder,
    out: AuditFolder = None,
    positive: Positive = None,
    classes: Classes = None,
    size: Size = SIZE_PX,
    max_pixels: MaxPixels = MOST_PIXELS,
    data_dir: DataDir = None,
    cache_dir: CacheDir = None,
    lang: Lang = None,
    as_json: Json = False,
) -> None:
    """Find broken files, copies, mirror images, labels that contradict each other and labels to doubt.

    Exit code 1 means that a file cannot be read or an image stands under two labels.

    Example: fissura data check photographs --out runs/check
    """
    from fissura.data import data_folder
    from fissura.data.folder import read_folder
    from fissura.examination import ExaminationSettings, examine, named_folder
    from fissura.files import claim, seen_from
    from fissura.images import printable_name
    from fissura.reporting.audit_page import write_audit

    spoken = language(lang)
    at_least("--size", size, SMALLEST_PX)
    at_least("--max-pixels", max_pixels, 1)
    place = named_folder(folder, data_folder(data_dir))
    read_folder(place, positive, classes)  # what is wrong with it is said before a folder for the results is made
    numbers = {"size": _unless(size, SIZE_PX), "max_pixels": _unless(max_pixels, MOST_PIXELS)}
    if out is not None:
        identity = {"kind": "audit", "folder": printable_name(seen_from(out, place))}
        claim(out, identity | numbers | classes_asked(positive, classes))
    settings = ExaminationSettings(size, positive, cache_dir, max_pixels, classes)
    with terminal.progress_bar() as bar:
        found = examine(place, settings, steps(bar, spoken))
    written = None
    if out is not None:
        given: dict[str, Any] = {"size": size, "max-pixels": numbers["max_pixels"], "positive": positive}
        given |= {"classes": classes, "data-dir": data_dir, "cache-dir": cache_dir}
        written = write_audit(found, out, spoken, typed_command("data check", [str(folder)], given, spoken))
    if as_json:
        print_json(found.as_dict())
    else:
        _show_audit(found, spoken)
        _say_report(written, spoken)
    raise typer.Exit(CHECK_FAILED if found.needs_a_person else 0)


def split(
    folder: Folder,
    out: ManifestFile,
    how: SplitHow = "grouped",
    groups: GroupsFile = None,
    seed: Seed = 12,
    positive: Positive = None,
    classes: Classes = None,
    size: Size = SIZE_PX,
    data_dir: DataDir = None,
    cache_dir: CacheDir = None,
    lang: Lang = None,
    as_json: Json = False,
) -> None:
    """Part photographs into training, validation and test (60/20/20), and write which is where.

    Example: fissura data split photographs --out split.json
    """
    from fissura.data.photographs import PhotographSettings
    from fissura.data.split_manifest import read_manifest
    from fissura.data.splits import HOWS
    from fissura.names import unknown
    from fissura.reporting.data_tables import split_as_dict, split_rows

    spoken = language(lang)
    at_least("--size", size, SMALLEST_PX)
    at_least("--seed", seed, 0)
    if how not in HOWS:
        raise unknown("--split", how, HOWS)
    before = read_manifest(out) if out.exists() else None
    settings = PhotographSettings(size, how, seed, positive, None, cache_dir, classes=classes)
    found = open_photographs(folder, data_dir, settings, spoken)
    if groups is not None:
        found = _grouped(found, groups, how)
    if before is not None:
        _check_same(out, before, found)
    found.write_split(out)
    if as_json:
        print_json(split_as_dict(found))
        return
    terminal.show(split_rows(found, spoken))
    terminal.say(spoken.say("The manifest is {path}", path=out))


def draw(
    out: DrawnFolder,
    n: ToDraw = 200,
    seed: Seed = 12,
    size: DrawnSize = SIZE_PX,
    lang: Lang = None,
    as_json: Json = False,
) -> None:
    """Draw surfaces with and without cracks as PNG files, with masks that are exact.

    Example: fissura data draw --n 200 --out drawn
    """
    from fissura.data.drawn_files import IMAGES, MASKS, write_scenes
    from fissura.data.listing import DRAWN
    from fissura.data.synthetic import synthetic_scenes
    from fissura.files import claim

    spoken = language(lang)
    at_least("--n", n, 1)
    at_least("--seed", seed, 0)
    at_least("--size", size, SMALLEST_PX)
    claim(out, {"kind": DRAWN, "n": n, "seed": seed, "size": size})
    with terminal.progress_bar() as bar:
        tell = steps(bar, spoken)
        scenes = synthetic_scenes(n, (size, size), seed, on_progress=lambda at, of: tell(N_("drawing"), at, of or n))
        write_scenes(scenes, out, lambda at, of: tell(N_("writing"), at, of or n))
    if as_json:
        print_json({"n": n, "seed": seed, "size": size, "images": str(out / IMAGES), "masks": str(out / MASKS)})
        return
    said = spoken.count(
        "{n} drawn image is in {images}, its mask in {masks}",
        "{n} drawn images are in {images}, their masks in {masks}",
        n,
        images=out / IMAGES,
        masks=out / MASKS,
    )
    terminal.say(said)


COMMANDS: dict[str, Callable[..., None]] = {"show": show, "check": check, "split": split, "draw": draw}


def _unless(number: int | None, usual: int) -> int | None:
    """What a folder of results remembers of a number: nothing of the usual one."""
    return None if number == usual else number


def _say_report(written: Path | None, spoken: Language) -> None:
    if written is not None:
        terminal.say(spoken.say("The report is {path}", path=written))


def _show_audit(found: Examination, spoken: Language) -> None:
    from fissura.reporting import audit_tables as tables

    audit = found.audit
    terminal.show(tables.class_rows(audit.overview, audit.classes, spoken))
    terminal.show(tables.size_rows(audit.overview, spoken))
    terminal.show(tables.format_rows(found.formats, spoken))
    every = (
        tables.problem_rows(audit, spoken),
        tables.kind_rows(audit, spoken),
        tables.conflict_rows(audit, spoken),
        tables.suspect_rows(audit, spoken),
        tables.oddity_rows(audit.overview, audit.names, spoken),
        tables.summary_rows(audit, found.twins, spoken),
    )
    for table in every:
        if table.rows:
            terminal.show(table)
    for sentence in tables.findings(audit, found.twins, spoken):
        terminal.say(sentence)


def _grouped(found: Photographs, groups: Path, how: str) -> Photographs:
    """The same photographs, split by the groups of a file."""
    import numpy as np

    from fissura.data.audit import joined, read_groups
    from fissura.data.origins import read_origins

    names = found.images.names
    if groups.suffix.lower() == ".csv":
        assert found.images.groups is not None
        numbers = joined(found.images.groups, read_origins(groups, names))
    else:
        given = read_groups(groups, names)
        numbers = np.array([given[name] for name in names], dtype=np.int64)
    return replace(found, images=replace(found.images, groups=numbers)).parted(how)


def _check_same(path: Path, before: Manifest, found: Photographs) -> None:
    """See that the manifest that is there already says the same, so that none is lost."""
    from fissura.data.splits import Split

    there = Split.from_manifest(before, found.images.names, found.sha256)
    if there.part_numbers().tolist() != found.parts.part_numbers().tolist():
        raise OutputError(
            "{path} holds another split of these images. Choose another file with --out; nothing was changed.",
            path=path,
        )
