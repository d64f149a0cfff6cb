"""The command line: one short function per command. The only place that prints, exits, or turns an error into words.

PyTorch and Matplotlib are imported inside the commands, so that ``fissura --help`` answers at once.
"""

from __future__ import annotations

import io
import json
import os
import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from fissura import __version__, terminal
from fissura.errors import FissuraError, SettingsError, Stopped
from fissura.language import LANGUAGES, N_, Language, language

if TYPE_CHECKING:
    from fissura.data import Opened, SourceState
    from fissura.reporting.results import RunResult
    from fissura.training import Progress

CHECK_FAILED = 1
INPUT_ERROR = 2

app = typer.Typer(
    name="fissura",
    help="Teach and trust small image classifiers. Start with: fissura lab",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
data_app = typer.Typer(
    help="Show what images there are, and bring more.\n\nExample: fissura data --data-dir data",
    invoke_without_command=True,
    rich_markup_mode=None,
)
app.add_typer(data_app, name="data")

Lang = Annotated[str | None, typer.Option("--lang", help="Language of the results: en or fr.", metavar="en|fr")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object for programs instead of tables.")]
DataDir = Annotated[
    Path | None,
    typer.Option("--data-dir", help="Folder with the data; else $FISSURA_DATA, else ./data.", show_default=False),
]
Source = Annotated[
    str, typer.Option("--data", help="Images: mnist, digits (embedded), or auto: mnist if it can be had.")
]
NoDownload = Annotated[bool, typer.Option("--no-download", help="Never use the network.")]
Out = Annotated[Path | None, typer.Option("--out", help="Folder for the results; by default one under runs/.")]
Device = Annotated[str, typer.Option("--device", help="auto, cpu, cuda or mps.")]
RecipeName = Annotated[str, typer.Option("--recipe", help="How to train: lab, fast or best.")]


def _version(asked: bool) -> None:
    if asked:
        terminal.say(f"fissura {__version__}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[bool, typer.Option("--version", help="Print the version.", callback=_version)] = False,
) -> None:
    """Teach and trust small image classifiers. Start with: fissura lab"""


@app.command()
def lab(
    part: Annotated[str, typer.Option(help="Which part of the lab: digits.")] = "digits",
    recipe: RecipeName = "lab",
    seeds: Annotated[int, typer.Option(help="Trainings of each network, with seeds counting up.")] = 1,
    epochs: Annotated[int | None, typer.Option(help="Epochs instead of the recipe's.", show_default=False)] = None,
    source: Source = "auto",
    data_dir: DataDir = None,
    no_download: NoDownload = False,
    out: Out = None,
    device: Device = "auto",
    lang: Lang = None,
    as_json: Json = False,
) -> None:
    """Run the course lab: train, judge and compare three networks on handwritten digits, and write a report.

    Example: fissura lab --lang fr --seeds 5
    """
    from fissura.lab import LabSettings, run_lab
    from fissura.names import unknown
    from fissura.reporting import lines
    from fissura.reporting.tables import comparison_rows, evaluation_rows, layer_rows
    from fissura.reporting.words import conclusion

    spoken = language(lang)
    if part != "digits":
        raise unknown("--part", part, ["digits"])
    _at_least("--seeds", seeds, 1)
    data = _open(source, data_dir, no_download, spoken).data
    settings = LabSettings(recipe, seeds, epochs, device)
    folder = out or Path("runs") / "-".join(
        ["lab", data.source] + ([recipe] if recipe != "lab" else []) + ([f"{epochs}-epochs"] if epochs else [])
    )
    _say_device(device, spoken)
    with terminal.progress_bar() as bar:

        def on_progress(network: str, seed: int, share_done: float, progress: Progress) -> None:
            what = spoken.say(
                "{network}, seed {seed}: epoch {epoch} of {epochs}",
                network=network,
                seed=seed,
                epoch=progress.epoch,
                epochs=progress.epochs,
            )
            bar("lab", what, share_done, 1.0)

        def on_result(result: RunResult) -> None:
            if not as_json:
                terminal.remark(lines.result_line(result, spoken))

        result = run_lab(data, folder, spoken, settings, on_progress, on_result)
    if as_json:
        _print_json({**result.as_dict(), "folder": str(folder)})
        return
    for contender in result.contenders:
        terminal.show(layer_rows(contender.first.table, spoken))
    terminal.show(evaluation_rows(result.contenders[-1].first.test, spoken))
    terminal.show(comparison_rows(result, spoken))
    for sentence in conclusion(result, spoken):
        terminal.say(sentence)
    terminal.say(spoken.say("The report is {path}", path=folder / "report.html"))


@app.command()
def train(
    model: Annotated[
        str | None, typer.Option(help="Network (see: fissura models); else the recipe's own.", show_default=False)
    ] = None,
    recipe: RecipeName = "lab",
    epochs: Annotated[int | None, typer.Option(help="Instead of the recipe's.", show_default=False)] = None,
    batch_size: Annotated[int | None, typer.Option(help="Instead of the recipe's.", show_default=False)] = None,
    learning_rate: Annotated[float | None, typer.Option(help="Instead of the recipe's.", show_default=False)] = None,
    seed: Annotated[int | None, typer.Option(help="Instead of the recipe's, 12.", show_default=False)] = None,
    seeds: Annotated[int, typer.Option(help="How many trainings, with seeds counting up from --seed.")] = 1,
    same_padding: Annotated[bool, typer.Option(help="Convolutions that keep the image size.")] = False,
    validation: Annotated[
        int, typer.Option(help="Hold out so many training images and judge on them; the test images stay unseen.")
    ] = 0,
    source: Source = "auto",
    data_dir: DataDir = None,
    no_download: NoDownload = False,
    out: Out = None,
    device: Device = "auto",
    lang: Lang = None,
    as_json: Json = False,
) -> None:
    """Train one network and leave a run folder: classifier, results, loss curves, report.

    Example: fissura train --model cnn1 --data mnist --out runs/my-cnn1
    """
    from fissura.data.splits import held_out
    from fissura.reporting import lines
    from fissura.runs import Plan, changes, run, train_command, write_run_report
    from fissura.training import named_recipe

    spoken = language(lang)
    named = named_recipe(recipe)
    _at_least("--seeds", seeds, 1)
    given = {"epochs": epochs, "batch_size": batch_size, "learning_rate": learning_rate, "seed": seed}
    base = named.recipe.with_changes({name: value for name, value in given.items() if value is not None})
    network = model or named.network
    options = {"same_padding": True} if same_padding else {}
    _check_network(network, options)
    data = _open(source, data_dir, no_download, spoken).data
    if validation:
        kept, held = held_out(data.train, validation)
        data = replace(data, train=kept, test=held)
    _say_device(device, spoken)
    results = []
    for number in range(base.seed, base.seed + seeds):
        plan = Plan(network, base.with_seed(number), device, options)
        folder = out or Path("runs") / "-".join([network, recipe, data.source, *changes(plan, recipe, validation)])
        folder = folder / f"seed-{number}" if seeds > 1 or out is None else folder
        with terminal.progress_bar() as bar:
            result = run(plan, data, folder, _draws(bar, network, spoken))
        write_run_report(
            result, data, folder, spoken, train_command(plan, recipe, data.source, spoken.code, validation)
        )
        if not as_json:
            terminal.say(lines.result_line(result, spoken))
            terminal.say(spoken.say("The run is in {path}", path=folder))
        results.append((folder, result))
    if as_json:
        _print_json([{**result.as_dict(), "folder": str(folder)} for folder, result in results])
        return
    if seeds > 1:
        terminal.say(lines.spread_line([result for _, result in results], spoken))


@app.command()
def evaluate(
    classifier: Annotated[Path, typer.Argument(help="A classifier file, or the folder of a run.")],
    source: Source = "auto",
    data_dir: DataDir = None,
    no_download: NoDownload = False,
    out: Annotated[Path | None, typer.Option("--out", help="Also write evaluation.json and pictures here.")] = None,
    lang: Lang = None,
    as_json: Json = False,
) -> None:
    """Judge a classifier on training and test images: accuracy with its interval, recall, precision, confusion.

    Example: fissura evaluate runs/cnn2-lab-mnist/seed-12
    """
    from fissura.classifier import load
    from fissura.evaluation import evaluate as judge
    from fissura.reporting.tables import evaluation_rows
    from fissura.reporting.words import doubts, what_an_accuracy_is_worth
    from fissura.runs import claim, write_evaluation

    spoken = language(lang)
    loaded = load(classifier)
    if out is not None:
        claim(out, {"kind": "evaluation", "classifier": loaded.fingerprint})
    data = _open(source, data_dir, no_download, spoken).data
    train_part, test_part = judge(loaded, data.train), judge(loaded, data.test)
    if out is not None:
        write_evaluation(train_part, test_part, out, spoken)
    if as_json:
        _print_json({"train": train_part.as_dict(), "test": test_part.as_dict()})
        return
    for part in (train_part, test_part):
        terminal.show(evaluation_rows(part, spoken))
    for remark in doubts(loaded, data, spoken):
        terminal.remark(remark)
    terminal.say(what_an_accuracy_is_worth(test_part, spoken, data.embedded))


@app.command()
def compare(
    classifiers: Annotated[list[Path], typer.Argument(help="Two or more classifier files or run folders.")],
    source: Source = "auto",
    data_dir: DataDir = None,
    no_download: NoDownload = False,
    out: Annotated[Path | None, typer.Option("--out", help="Also write comparison.svg and results.json here.")] = None,
    lang: Lang = None,
    as_json: Json = False,
) -> None:
    """Compare classifiers on the same test images: complexity, accuracy, and whether the difference is real.

    Example: fissura compare runs/cnn1-lab-mnist/seed-12 runs/cnn2-lab-mnist/seed-12
    """
    from fissura.reporting.results import Contender, LabResult
    from fissura.reporting.tables import comparison_rows
    from fissura.reporting.words import conclusion, doubts
    from fissura.runs import claim, reopen, write_comparison

    spoken = language(lang)
    if len(classifiers) < 2:
        raise SettingsError("{n} classifier was given; wanted two or more to compare.", n=len(classifiers))
    data = _open(source, data_dir, no_download, spoken).data
    runs = [reopen(path, data) for path in classifiers]
    names = [run.name for run in runs]
    labels = [name if names.count(name) == 1 else str(path) for name, path in zip(names, classifiers, strict=True)]
    contenders = tuple(Contender((replace(run, label=label),)) for run, label in zip(runs, labels, strict=True))
    result = LabResult(data, "", contenders, "fissura compare")
    for remark in sorted({remark for run in runs for remark in doubts(run.classifier, data, spoken)}):
        terminal.remark(remark)
    if out is not None:
        claim(out, {"kind": "comparison", "classifiers": [run.classifier.fingerprint for run in runs]})
        write_comparison(result, out, spoken)
    if as_json:
        _print_json(result.as_dict())
        return
    terminal.show(comparison_rows(result, spoken))
    for sentence in conclusion(result, spoken):
        terminal.say(sentence)


@app.command()
def models(
    name: Annotated[str | None, typer.Argument(help="Show this network's layers.", show_default=False)] = None,
    same_padding: Annotated[bool, typer.Option(help="Convolutions that keep the image size.")] = False,
    size: Annotated[int, typer.Option(help="Height and width of the images in pixels.")] = 28,
    classes: Annotated[int, typer.Option(help="Number of classes.")] = 10,
    lang: Lang = None,
    as_json: Json = False,
) -> None:
    """List the networks, or show the layers of one: dimensions, parameters, formulas, multiply-adds.

    Example: fissura models cnn2
    """
    from fissura.layers import layer_table
    from fissura.models import MODELS, build
    from fissura.reporting.tables import layer_rows, network_rows

    spoken = language(lang)
    _at_least("--size", size, 1)
    _at_least("--classes", classes, 2)
    options = {"same_padding": True} if same_padding else {}
    if name is None and same_padding:
        raise SettingsError("--same-padding goes with one network: fissura models cnn2 --same-padding.")
    if name is not None:
        _check_network(name, options)
        table = layer_table(build(name, (size, size), classes, **options), (1, size, size))
        if as_json:
            _print_json({"network": name, "layers": table.as_dicts(), "parameters": table.parameters})
            return
        terminal.show(layer_rows(table, spoken))
        return
    tables = {known: layer_table(build(known, (size, size), classes), (1, size, size)) for known in MODELS}
    if as_json:
        _print_json(
            [
                {"network": known, "parameters": table.parameters, "multiply_adds": table.multiply_adds}
                for known, table in tables.items()
            ]
        )
        return
    terminal.show(network_rows(tables, spoken))


@data_app.callback()
def data(
    context: typer.Context,
    data_dir: DataDir = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="Also draw the sheets of samples and first batch here.")
    ] = None,
    lang: Lang = None,
    as_json: Json = False,
) -> None:
    """Show what images there are: counts per class, where they come from, the first batch's shape and labels.

    Example: fissura data --out runs/pictures
    """
    if context.invoked_subcommand is not None:
        return
    from fissura.data import data_folder, describe_folder
    from fissura.reporting import lines
    from fissura.reporting.tables import source_rows
    from fissura.runs import claim, write_samples
    from fissura.training import Recipe, first_batch

    spoken = language(lang)
    states = describe_folder(data_folder(data_dir))
    there = {state.name: state.data for state in states if state.data is not None}
    if out is not None:
        claim(out, {"kind": "pictures"})
    written = {name: write_samples(images, out / name, spoken) for name, images in there.items()} if out else {}
    if as_json:
        _print_json([lines.source_as_dict(state) for state in states])
        raise typer.Exit(_checked(states))
    for state in states:
        terminal.show(source_rows(state, spoken))
        if state.problem is not None:
            terminal.remark(spoken.error(state.problem))
        if state.data is not None:
            terminal.say(lines.batch_line(first_batch(state.data.train, Recipe()), spoken))
    for paths in written.values():
        for path in paths:
            terminal.say(str(path))
    raise typer.Exit(_checked(states))


@data_app.command("get")
def data_get(
    name: Annotated[str, typer.Argument(help="What to bring: mnist.")],
    data_dir: DataDir = None,
    lang: Lang = None,
) -> None:
    """Download a data set into the data folder, checked, going on where an earlier download stopped.

    Example: fissura data get mnist
    """
    from fissura.data import data_folder, download_mnist
    from fissura.names import unknown

    spoken = language(lang)
    if name != "mnist":
        raise unknown(N_("data set"), name, ["mnist"])
    folder = data_folder(data_dir)
    with terminal.progress_bar() as bar:
        download_mnist(folder, lambda done, total: bar("get", "MNIST", done, total or done))
    terminal.say(spoken.say("MNIST is complete in {folder}", folder=folder / "mnist"))


def _open(source: str, data_dir: Path | None, no_download: bool, spoken: Language) -> Opened:
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


def _say_device(name: str, spoken: Language) -> None:
    from fissura.training import choose_device, device_name

    terminal.remark(spoken.say("Computing on: {device}", device=device_name(choose_device(name))))


def _draws(bar: Callable[[str, str, float, float], None], network: str, spoken: Language) -> Callable[[Progress], None]:
    def on_progress(progress: Progress) -> None:
        what = spoken.say(
            "{network}: epoch {epoch} of {epochs}, loss {loss}",
            network=network,
            epoch=progress.epoch,
            epochs=progress.epochs,
            loss=spoken.number(progress.loss, 4),
        )
        bar("train", what, progress.done, progress.total)

    return on_progress


def _check_network(name: str, options: dict[str, Any]) -> None:
    """Fail on an unknown network before the data is read."""
    from fissura.models import build

    build(name, (28, 28), 10, **options)


def _at_least(option: str, got: int, least: int) -> None:
    if got < least:
        raise SettingsError(
            "{option} is {got}; wanted a whole number from {least}.", option=option, got=got, least=least
        )


def _checked(states: Sequence[SourceState]) -> int:
    """The exit code of a look at a data folder: 1 where something in it is incomplete or damaged."""
    return CHECK_FAILED if any(state.problem is not None for state in states) else 0


def _print_json(value: Any) -> None:
    sys.stdout.write(json.dumps(value, indent=2, allow_nan=False) + "\n")


def main() -> NoReturn:
    """Run the command line; the process exits with 0, 1 (a check failed) or 2 (the user's input)."""
    # a waiting thread spins for microseconds, not milliseconds, before it sleeps: on a machine that is busy with
    # something else that is several times faster, on a quiet one as fast (docs/decisions/0002-one-loop.md)
    os.environ.setdefault("GOMP_SPINCOUNT", "30000")  # read when PyTorch starts
    signal.signal(signal.SIGINT, _stop)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and not stream.isatty():
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")  # a pipe on Windows would refuse "×"
    try:
        app()
    except (FissuraError, Stopped) as error:
        terminal.remark(_error_language(sys.argv).error(error))
        sys.exit(INPUT_ERROR)
    except OSError as error:
        spoken = _error_language(sys.argv)
        sentence = N_("{path} cannot be used: {reason}. Check the name and the permissions.")
        terminal.remark(spoken.say(sentence, path=error.filename or "-", reason=error.strerror or error))
        sys.exit(INPUT_ERROR)
    raise AssertionError("typer exits by itself")


def _stop(_signal: int, _frame: object) -> NoReturn:
    """Ctrl-C ends a command as any other reason to stop does: with a sentence."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a second one would interrupt the sentence
    raise Stopped(N_("Stopped. What was finished is kept: the same command goes on from there."))


def _error_language(arguments: list[str]) -> Language:
    """The language asked for, read from the bare arguments: an error may come before the command has read them."""
    for index, argument in enumerate(arguments):
        code = argument.removeprefix("--lang=") if argument.startswith("--lang=") else None
        if argument == "--lang" and index + 1 < len(arguments):
            code = arguments[index + 1]
        if code in LANGUAGES:
            return language(code)
    return language()
