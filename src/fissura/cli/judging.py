"""``fissura evaluate``: a classifier on labelled images."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fissura import terminal
from fissura.cli.asked import NAMED, images_asked, photographs_asked
from fissura.cli.options import (
    CHECK_FAILED,
    DIGITS,
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
    check_of_digits,
    open_images,
    open_photographs,
    print_json,
    typed_command,
)
from fissura.errors import SettingsError
from fissura.language import Language, language

if TYPE_CHECKING:
    from fissura.classifier import Classifier
    from fissura.data.labelled import TrainTest
    from fissura.data.photographs import Photographs
    from fissura.judgement import Judgement

PHOTOGRAPH_NETWORK = "crack"
MOST_REMARKS = 5
MOST_CLASSES = 12  # whose confusion a terminal has room for


def evaluate(
    classifier: Annotated[
        Path,
        typer.Argument(
            help="A classifier file, the folder of a run, or built-in; with --model the folder of labelled images."
        ),
    ],
    source: Source = "auto",
    model: Annotated[
        str | None,
        typer.Option("--model", help="The classifier, where the images are named first.", show_default=False),
    ] = None,
    split: SplitHow = "grouped",
    split_file: SplitFile = None,
    positive: Positive = None,
    classes: Classes = None,
    data_dir: DataDir = None,
    cache_dir: CacheDir = None,
    no_download: NoDownload = False,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            help="Also write a report, its pictures and evaluation.json here.",
        ),
    ] = None,
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
    from fissura.data.photographs import PhotographSettings
    from fissura.data.splits import HOWS, SEED
    from fissura.evaluation import evaluate as judge
    from fissura.files import IDENTITY, claim, see_free, write_json
    from fissura.reporting.evaluation_page import accuracy_worth
    from fissura.reporting.lines import interval_line, judged_interval_line
    from fissura.reporting.photograph_words import leak_words
    from fissura.reporting.tables import confusion_rows, evaluation_rows, judged_rows
    from fissura.reporting.words import doubts
    from fissura.runs import REPORT, write_evaluation, write_judgement

    spoken = language(lang)
    if model is not None:
        if source != "auto":
            raise SettingsError("With --model the images are named first: leave out --data {source}.", source=source)
        classifier, source = Path(model), str(classifier)
    elif classifier.is_dir() and not any(classifier.glob("*.safetensors")) and not (classifier / IDENTITY).exists():
        raise SettingsError(
            "{folder} is no run's folder: there is no classifier in it. To judge a classifier on the images in it, "
            "name that one: fissura evaluate --model built-in {folder}",
            folder=shlex.quote(str(classifier)),
        )
    loaded = load(classifier)
    if not is_photographed(source, loaded):
        check_of_digits(split=split, split_file=split_file, positive=positive, classes=classes)
    identity: dict[str, Any] = {"kind": "evaluation", "classifier": loaded.fingerprint}
    if out is not None:
        parted = None if loaded.scans and source not in (*DIGITS, *NAMED) else split
        identity |= images_asked(out, source, data_dir) | photographs_asked(parted, split_file, positive, classes)
        see_free(out, identity)  # it is claimed when there is something to write
    given: dict[str, Any] = {"split": None if split == HOWS[0] else split, "split-file": split_file}
    given |= {"positive": positive, "classes": classes, "data-dir": data_dir, "cache-dir": cache_dir, "out": out}
    if loaded.scans and source not in (*DIGITS, *NAMED):
        if split_file is not None:
            raise SettingsError(
                "{folder} is judged whole, as nothing in it was learned from. Leave out --split-file.", folder=source
            )
        given |= {"split": None, "data-dir": None}  # neither says anything of a folder that is judged whole
        command = typed_command("evaluate", ["--model", str(classifier), source], given, spoken)
        whole = _Whole(Path(source), positive, classes or None, cache_dir)
        _in_the_field(loaded, str(classifier), whole, identity, out, spoken, as_json, command)
        return
    photographs = None
    if is_photographed(source, loaded):
        side = loaded.preprocessing.size_hw[0]
        settings = PhotographSettings(side, split, SEED, positive, split_file, cache_dir, classes=classes)
        photographs = open_photographs(source, data_dir, settings, spoken)
    if photographs is not None and loaded.decision is not None:
        judged, note = _seen_apart(loaded, classifier, photographs, source, split_file is not None, spoken)
        if note:
            terminal.remark(note)
        if out is not None:
            claim(out, identity | images_asked(out, photographs.source, data_dir))
            command = typed_command("evaluate", [str(classifier), "--data", source], given, spoken)
            write_json(out / "evaluation.json", judged.as_dict())
            leak = "" if len(judged.images) == len(photographs.images) else leak_words(photographs.data, spoken)
            notes = [each for each in (note, leak) if each]
            write_judgement(judged, loaded, str(classifier), out, spoken, command, notes)
        if as_json:
            print_json(judged.as_dict())
            return
        terminal.show(judged_rows([judged], spoken))
        terminal.say(judged_interval_line(judged, spoken))
        if out is not None:
            terminal.say(spoken.say("The report is {path}", path=out / REPORT))
        return
    data = photographs.data if photographs else open_images(source, data_dir, no_download, spoken).data
    if photographs is not None and not taught_with(loaded, data):
        check_unseen(classifier, photographs, whole=False)
    train_part, test_part = judge(loaded, data.train), judge(loaded, data.test)
    if out is not None:
        claim(out, identity | images_asked(out, data.source, data_dir))
        command = typed_command("evaluate", [str(classifier), "--data", data.source], given, spoken)
        write_evaluation((train_part, test_part), loaded, data, str(classifier), out, spoken, command)
    if as_json:
        print_json({"train": train_part.as_dict(), "test": test_part.as_dict()})
        return
    for part in (train_part, test_part):
        terminal.show(evaluation_rows(part, spoken))
    if len(data.test.classes) <= MOST_CLASSES:
        terminal.show(confusion_rows(test_part, spoken))
    for remark in doubts(loaded, data, spoken):
        terminal.remark(remark)
    terminal.say(interval_line(data.test, spoken))
    terminal.say(accuracy_worth(loaded, test_part, data, spoken))
    if out is not None:
        terminal.say(spoken.say("The report is {path}", path=out / REPORT))


@dataclass(frozen=True)
class _Whole:
    """A folder that is judged whole: the class looked for, the classes taken, where decoded pictures are kept."""

    folder: Path
    positive: str | None
    classes: list[str] | None
    cache_dir: Path | None


def _in_the_field(
    classifier: Classifier,
    name: str,
    whole: _Whole,
    identity: dict[str, Any],
    out: Path | None,
    spoken: Language,
    as_json: bool,
    command: str,
) -> None:
    """Judge a detector on a folder of pictures of any size; ``identity`` is what its folder of results remembers."""
    from fissura.field_test import field_test
    from fissura.files import claim, write_json
    from fissura.reporting.field_page import field_notes
    from fissura.reporting.judgement_words import calibrated_words, unlike_words
    from fissura.reporting.lines import judged_interval_line
    from fissura.reporting.tables import judged_rows
    from fissura.runs import REPORT, write_judgement

    with terminal.progress_bar() as bar:
        test = field_test(
            classifier,
            whole.folder,
            whole.positive,
            whole.cache_dir,
            lambda what, done, total: bar(what, spoken.say(what), done, total),
            whole.classes,
        )
    flattered = _learned_from(classifier, spoken)
    if flattered:
        terminal.remark(flattered)
    if out is not None:
        claim(out, identity)
        notes, left_out = field_notes(test, spoken)
        notes = (*notes, flattered) if flattered else notes
        write_json(out / "evaluation.json", test.as_dict())
        write_judgement(test.judgement, classifier, name, out, spoken, command, notes, left_out)
    for left in test.left_out[:MOST_REMARKS]:
        terminal.remark(spoken.error(left.reason))
    if len(test.left_out) > MOST_REMARKS:
        terminal.remark(spoken.say("and {n} more", n=spoken.number(len(test.left_out) - MOST_REMARKS)))
    if as_json:
        print_json(test.as_dict())
    else:
        terminal.show(judged_rows([test.judgement], spoken))
        terminal.say(judged_interval_line(test.judgement, spoken))
        terminal.say(calibrated_words(test.judgement, spoken))
        if test.share_unlike is not None:
            terminal.say(unlike_words(test.share_unlike, spoken))
        if out is not None:
            terminal.say(spoken.say("The report is {path}", path=out / REPORT))
    raise typer.Exit(CHECK_FAILED if test.left_out else 0)


def _learned_from(classifier: Classifier, spoken: Language) -> str:
    """That a detector is better on some photographs than on any other; empty where that is not known."""
    data = classifier.provenance.data
    learned = [called for name, called in (("metu", "METU"), ("sut-crack", "SUT-Crack")) if data.get(name)]
    if not learned:
        return ""
    return spoken.say(
        "The detector learned from photographs of {sources}: on those it is better than on any other, and what is said "
        "here would be flattered.",
        sources=", ".join(learned),
    )


def is_photographed(source: str, classifier: Classifier) -> bool:
    """Whether ``source`` names photographs, for a classifier that may say it where the source does not."""
    return source not in DIGITS and (source != "auto" or classifier.network == PHOTOGRAPH_NETWORK or classifier.scans)


def _seen_apart(
    classifier: Classifier, path: Path, photographs: Photographs, source: str, chosen: bool, spoken: Language
) -> tuple[Judgement, str]:
    """(what the classifier says of the test part where it learned from these photographs, else of all; why of these).

    The test part also where the split was ``chosen``.
    """
    from fissura.decision import judge, matched

    whole, data = photographs.images, photographs.data
    learned = classifier.provenance.data
    own = taught_with(classifier, data)
    alike = abs(int(learned.get("n", 0)) - len(data.train)) <= len(whole) / 20  # of another folder of that name, hardly
    if not own and alike and whole.origin == learned.get("origin"):
        raise SettingsError(
            "The classifier was trained on {origin}, with another split than this one: its training images would be "
            "judged as if they were new. Use the split of its run with --split-file: split.json in its folder.",
            origin=whole.origin,
        )
    if not own:
        check_unseen(path, photographs, whole=not chosen)
    if not own and learned.get("metu") and source in NAMED and not photographs.embedded:
        raise SettingsError(
            "The classifier learned from these crack images, split in another way: its training images would be judged "
            "as if they were new. Split them as it was taught with: fissura data split cracks --out split.json, and "
            "give --split-file split.json."
        )
    note = ""
    if not own and chosen:
        note = spoken.say(
            "Judged is the test part of the split that was named; the classifier was not trained on this split, and "
            "whether it learned from these images is not known."
        )
    elif not own:
        note = spoken.say(
            "The classifier was not trained on this split of these images: all {n} are judged.", n=len(whole)
        )
    images = data.test if own or chosen else replace(whole, split="test")
    with terminal.progress_bar() as bar:
        what = spoken.say("judging")
        said = judge(classifier, matched(images, classifier), lambda done, total: bar("judging", what, done, total))
    return said, note


def taught_with(classifier: Classifier, data: TrainTest) -> bool:
    """Whether it learned from this training part, so that the test part is its own, copies of images or not."""
    learned = classifier.provenance.data
    return data.train.fingerprint in (learned.get("fingerprint"), learned.get("metu_fingerprint"))


def check_unseen(path: Path, photographs: Photographs, whole: bool) -> None:
    """Fail where a classifier's run says that it learned from images that it would be judged on: the test or all."""
    from fissura.runs import SPLIT, learned_from_files

    if not photographs.sha256:
        return
    learned, parts = learned_from_files(path), photographs.parts
    judged = [photographs.sha256[k] for k in (range(len(photographs.sha256)) if whole else parts.test)]
    seen = sum(each in learned for each in judged)
    if seen:
        raise SettingsError(
            "{path} learned from {seen} of these {n} images: judged on them it would look better than it is. Give "
            "images that it did not learn from, or those of its run with its split: --split-file {split}.",
            path=path,
            seen=seen,
            n=len(judged),
            split=(path if path.is_dir() else path.parent) / SPLIT,
        )
