"""``fissura evaluate``: a classifier on labelled images."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fissura import terminal
from fissura.cli.field import judge_folder
from fissura.cli.judged import Images, Judged
from fissura.cli.learned import check_unseen, taught_with, unseen
from fissura.cli.options import (
    CacheDir,
    Classes,
    DataDir,
    Json,
    Lang,
    NoDownload,
    Positive,
    Source,
    SplitFile,
    SplitHow,
    print_json,
)
from fissura.errors import SettingsError
from fissura.language import language

if TYPE_CHECKING:
    from fissura.data.labelled import TrainTest
    from fissura.data.photographs import Photographs

MOST_CLASSES = 12  # whose confusion a terminal has room for

ClassifierOrFolder = Annotated[
    Path,
    typer.Argument(
        help="A classifier file, the folder of a run, or built-in; with --model the folder of labelled images."
    ),
]
Model = Annotated[
    str | None,
    typer.Option("--model", help="The classifier, where the images are named first.", show_default=False),
]
ReportFolder = Annotated[
    Path | None, typer.Option("--out", help="Also write a report, its pictures and evaluation.json here.")
]


def evaluate(
    classifier: ClassifierOrFolder,
    source: Source = "auto",
    model: Model = None,
    split: SplitHow = "grouped",
    split_file: SplitFile = None,
    positive: Positive = None,
    classes: Classes = None,
    data_dir: DataDir = None,
    cache_dir: CacheDir = None,
    no_download: NoDownload = False,
    out: ReportFolder = None,
    lang: Lang = None,
    as_json: Json = False,
) -> None:
    """Judge a classifier on training and test images: accuracy with its interval, recall, precision, confusion.

    The built-in detector is judged on a folder with one subfolder per class, such as crack and intact; one may be
    absent, and the images may be of any size. Where some cannot be read they are named, and the exit code is 1.

    Example: fissura evaluate runs/cnn2-lab-mnist/seed-12

    Example: fissura evaluate --model built-in walls/
    """
    from fissura.classifier import load

    spoken = language(lang)
    path, source = _named(classifier, source, model)
    images = Images(source, split, split_file, positive, classes, data_dir, cache_dir, no_download)
    judged = Judged(load(path), path, images, out, spoken, as_json)
    photographed = images.photographed(judged.classifier)
    judged.see_free()
    if judged.whole:
        judge_folder(judged)
    elif not photographed:
        digits = images.digits(spoken)
        images.say_if_others([judged.classifier], digits.train.origin, spoken)
        _judge_parts(judged, digits)
    else:
        photographs = images.photographs(judged.classifier, spoken)
        images.say_if_others([judged.classifier], photographs.images.origin, spoken)
        if judged.classifier.decision is not None:
            _judge_unseen(judged, photographs)
        else:
            if not taught_with(judged.classifier, photographs.data):
                check_unseen(path, photographs, whole=False)
            _judge_parts(judged, photographs.data)


def _named(first: Path, source: str, model: str | None) -> tuple[Path, str]:
    """(the classifier, the images): with ``model`` the images are what was named ``first``.

    Raises:
        SettingsError: the images are named twice, or a folder of images stands where a classifier should.
    """
    from fissura.files import IDENTITY

    if model is not None:
        if source != "auto":
            raise SettingsError("With --model the images are named first: leave out --data {source}.", source=source)
        return Path(model), str(first)
    held = [*first.glob("*.safetensors"), *first.glob("*/*.safetensors")]
    if first.is_dir() and not held and not (first / IDENTITY).exists():
        raise SettingsError(
            "{folder} is no run's folder: there is no classifier in it. To judge a classifier on the images in it, "
            "name that one: fissura evaluate --model built-in {folder}",
            folder=shlex.quote(str(first)),
        )
    return first, source


def _judge_unseen(judged: Judged, photographs: Photographs) -> None:
    """Tell how a classifier that looks for one of two classes does on photographs that it did not learn from."""
    from fissura.decision import judge, matched
    from fissura.files import EVALUATION, write_json
    from fissura.reporting.judgement_tables import judged_rows
    from fissura.reporting.lines import judged_interval_line
    from fissura.reporting.photograph_words import leak_words
    from fissura.reports import write_judgement

    classifier, source, spoken = judged.classifier, judged.images.source, judged.spoken
    chosen = judged.images.split_file is not None
    images, note = unseen(classifier, judged.path, photographs, source, chosen, spoken)
    with terminal.progress_bar() as bar:
        what = spoken.say("judging")
        said = judge(classifier, matched(images, classifier), lambda done, total: bar("judging", what, done, total))
    if note:
        terminal.remark(note)
    if judged.out is not None:
        judged.claim(judged.out, photographs.source)
        write_json(judged.out / EVALUATION, said.as_dict())
        leak = "" if len(said.images) == len(photographs.images) else leak_words(photographs.data, spoken)
        notes = [each for each in (note, leak) if each]
        command = judged.command(source)
        write_judgement(said, classifier, str(judged.path), judged.out, spoken, command, notes)
    if judged.as_json:
        print_json(said.as_dict())
        return
    terminal.show(judged_rows([said], spoken))
    terminal.say(judged_interval_line(said, spoken))
    judged.say_report()


def _judge_parts(judged: Judged, data: TrainTest) -> None:
    """Tell what a classifier gets right of the training and of the test images."""
    from fissura.evaluation import evaluate as judge
    from fissura.reporting.evaluation_page import accuracy_worth
    from fissura.reporting.lines import interval_line
    from fissura.reporting.tables import confusion_rows, evaluation_rows
    from fissura.reporting.worth import doubts
    from fissura.reports import write_evaluation

    classifier, spoken = judged.classifier, judged.spoken
    parts = train_part, test_part = judge(classifier, data.train), judge(classifier, data.test)
    if judged.out is not None:
        judged.claim(judged.out, data.source)
        command = judged.command(data.source)
        write_evaluation(parts, classifier, data, str(judged.path), judged.out, spoken, command)
    if judged.as_json:
        print_json({"train": train_part.as_dict(), "test": test_part.as_dict()})
        return
    for part in parts:
        terminal.show(evaluation_rows(part, spoken))
    if len(data.test.classes) <= MOST_CLASSES:
        terminal.show(confusion_rows(test_part, spoken))
    for remark in doubts(classifier, data, spoken):
        terminal.remark(remark)
    terminal.say(interval_line(data.test, spoken))
    terminal.say(accuracy_worth(classifier, test_part, data, spoken))
    judged.say_report()
