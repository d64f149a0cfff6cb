"""``fissura data``: what images there are, and bringing and removing them; ``photographs`` looks into them."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fissura import terminal
from fissura.cli import photographs
from fissura.cli.options import CHECK_FAILED, CacheDir, DataDir, Json, Lang, checked, print_json
from fissura.errors import SettingsError
from fissura.language import N_, Language, language

if TYPE_CHECKING:
    from fissura.examination import CracksThere

app = typer.Typer(
    help="Show what images there are, bring more, and find out what is wrong with them.\n\n"
    "Example: fissura data check photographs --out runs/check",
    invoke_without_command=True,
    rich_markup_mode=None,
)
SheetsFolder = Annotated[
    Path | None, typer.Option("--out", help="Also draw the sheets of samples and first batch here.")
]
DataSet = Annotated[str, typer.Argument(help="What to bring: mnist or cracks.")]
HereAlready = Annotated[
    Path | None,
    typer.Option("--from", help="cracks: an archive or folder that is here already.", show_default=False),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only show what would be removed.")]


@app.callback()
def data(
    context: typer.Context,
    data_dir: DataDir = None,
    out: SheetsFolder = None,
    lang: Lang = None,
    as_json: Json = False,
) -> None:
    """Show what images there are, bring more, and find out what is wrong with them.

    Without a command: counts per class, where the images come from, the first batch's shape and labels.

    Example: fissura data --out runs/pictures
    """
    if context.invoked_subcommand is not None:
        return
    from fissura.data import data_folder, describe_folder
    from fissura.examination import cracks_there
    from fissura.files import claim
    from fissura.reporting import lines
    from fissura.reporting.tables import source_rows
    from fissura.reports import write_samples
    from fissura.training import Recipe, first_batch

    spoken = language(lang)
    folder = data_folder(data_dir)
    states, cracks = describe_folder(folder), cracks_there(folder)
    there = {state.name: state.data for state in states if state.data is not None}
    if out is not None:
        claim(out, {"kind": "pictures"})
    written = {name: write_samples(images, out / name, spoken) for name, images in there.items()} if out else {}
    code = CHECK_FAILED if cracks.problem is not None else checked(states)
    if as_json:
        print_json([*(lines.source_as_dict(state) for state in states), cracks.as_dict()])
        raise typer.Exit(code)
    for state in states:
        terminal.show(source_rows(state, spoken))
        if state.problem is not None:
            terminal.remark(spoken.error(state.problem))
        if state.data is not None:
            terminal.say(lines.batch_line(first_batch(state.data.train, Recipe()), spoken))
    _show_cracks(cracks, spoken)
    for paths in written.values():
        for path in paths:
            terminal.say(str(path))
    raise typer.Exit(code)


@app.command("get")
def data_get(
    name: DataSet,
    source: HereAlready = None,
    data_dir: DataDir = None,
    lang: Lang = None,
    as_json: Json = False,
) -> None:
    """Download a data set into the data folder, checked, going on where an earlier download stopped.

    Example: fissura data get cracks --from archive.zip
    """
    from fissura.data import data_folder
    from fissura.names import unknown

    spoken = language(lang)
    if name not in ("mnist", "cracks"):
        raise unknown(N_("data set"), name, ["mnist", "cracks"])
    if name == "mnist" and source is not None:
        raise SettingsError(
            "--from {path} goes with cracks, not with {name}. Leave it out, or put the files into the folder of "
            "--data-dir yourself.",
            path=source,
            name=name,
        )
    folder = data_folder(data_dir)
    if name == "mnist":
        _get_mnist(folder, spoken, as_json)
    else:
        _get_cracks(folder, source, spoken, as_json)


@app.command("clean")
def data_clean(
    cache_dir: CacheDir = None,
    dry_run: DryRun = False,
    lang: Lang = None,
    as_json: Json = False,
) -> None:
    """Remove the decoded and drawn images that are kept between runs; the photographs themselves stay.

    Drawings that a run is making stay.

    Example: fissura data clean --dry-run
    """
    from fissura.data.pixel_cache import cache_entries, cache_folder, clean_cache
    from fissura.reporting.data_tables import cache_as_dict, cache_rows

    spoken = language(lang)
    place = cache_folder(cache_dir)
    if cache_dir is not None and not cache_dir.is_dir():
        raise SettingsError("{folder} is no folder, so nothing is kept there. Check --cache-dir.", folder=cache_dir)
    entries = cache_entries(place)
    removed = () if dry_run else clean_cache(place)
    if as_json:
        print_json(cache_as_dict(entries, place, removed))
    else:
        terminal.show(cache_rows(entries, place, spoken))
        terminal.say(spoken.say("Removed: {n} of {total}", n=len(removed), total=len(entries)))


def _get_mnist(folder: Path, spoken: Language, as_json: bool) -> None:
    from fissura.data import download_mnist

    with terminal.progress_bar() as bar:
        download_mnist(folder, lambda done, total: bar("get", "mnist", done, total or done))
    if as_json:
        print_json({"name": "mnist", "folder": str(folder / "mnist")})
    else:
        terminal.say(spoken.say("MNIST is complete in {folder}", folder=folder / "mnist"))


def _get_cracks(folder: Path, source: Path | None, spoken: Language, as_json: bool) -> None:
    """Bring METU's crack images, or unpack or look at what is ``source`` already."""
    from fissura.data.cracks import FOLDER, get_cracks

    with terminal.progress_bar() as bar:
        found = get_cracks(
            folder, archive=source, on_progress=lambda done, total: bar("get", "cracks", done, total or done)
        )
    if found.note is not None:
        terminal.remark(spoken.error(found.note))
    if as_json:
        counts_there = dict(zip(("negative", "positive"), found.counts, strict=True))
        print_json({"name": "cracks", "folder": str(found.folder), "counts": counts_there})
        return
    sentence = N_("{negative} images without a crack and {positive} with one are in {folder}")
    counts = {"negative": spoken.number(found.counts[0]), "positive": spoken.number(found.counts[1])}
    terminal.say(spoken.say(sentence, folder=found.folder, **counts))
    if source is not None and source.is_dir():
        terminal.say(
            spoken.say(
                "They stay where they are, nothing was copied. Name the folder where they are wanted: fissura lab "
                "--cracks {folder} or fissura train --data {folder}; or move it to {place}, to be found by itself.",
                folder=shlex.quote(str(source)),
                place=folder / FOLDER,
            )
        )


def _show_cracks(cracks: CracksThere, spoken: Language) -> None:
    """The crack images in the data folder, and how much is kept of decoded ones."""
    from fissura.data.pixel_cache import cache_entries, cache_folder
    from fissura.reporting.data_tables import cache_line, crack_rows

    terminal.show(crack_rows(cracks, spoken))
    if cracks.problem is not None:
        terminal.remark(spoken.error(cracks.problem))
    if cracks.archive is not None:
        sentence = N_("{archive} waits to be unpacked with: fissura data get cracks")
        terminal.say(spoken.say(sentence, archive=cracks.archive))
    place = cache_folder()
    terminal.say(cache_line(cache_entries(place), place, spoken))


for _name, _command in photographs.COMMANDS.items():
    app.command(_name)(_command)
