"""``fissura compare``: several classifiers on the same test images."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fissura import terminal
from fissura.cli.judged import Images
from fissura.cli.learned import check_metu, check_unseen, flattering, taught_with
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
from fissura.language import Language, language

if TYPE_CHECKING:
    from fissura.classifier import Classifier
    from fissura.data.labelled import TrainTest
    from fissura.reporting.results import LabResult

Classifiers = Annotated[list[Path], typer.Argument(help="Two or more classifier files or run folders.")]
ComparisonFolder = Annotated[
    Path | None, typer.Option("--out", help="Also write comparison.svg and results.json here.")
]


def compare(
    classifiers: Classifiers,
    source: Source = "auto",
    split: SplitHow = "grouped",
    split_file: SplitFile = None,
    positive: Positive = None,
    classes: Classes = None,
    data_dir: DataDir = None,
    cache_dir: CacheDir = None,
    no_download: NoDownload = False,
    out: ComparisonFolder = None,
    lang: Lang = None,
    as_json: Json = False,
) -> None:
    """Compare classifiers on the same test images: complexity, accuracy, and whether the difference is real.

    Example: fissura compare runs/a runs/b
    """
    from fissura.classifier import load
    from fissura.files import claim, see_free
    from fissura.reports import write_comparison

    spoken = language(lang)
    if len(classifiers) < 2:
        raise SettingsError("{n} classifier was given; wanted two or more to compare.", n=len(classifiers))
    images = Images(source, split, split_file, positive, classes, data_dir, cache_dir, no_download)
    loaded = [load(path) for path in classifiers]
    _see_different(classifiers, loaded)
    photographed = images.photographed(loaded[0])
    identity: dict[str, Any] = {"kind": "comparison", "classifiers": [each.fingerprint for each in loaded]}
    if out is not None:
        identity |= images.asked(out)
        see_free(out, identity)
    if photographed:
        seen = _unseen(classifiers, loaded, images, spoken)
    else:
        seen = [images.digits(spoken)] * len(loaded)
        images.say_if_others(loaded, seen[0].train.origin, spoken)
    result = _compared(classifiers, seen)
    _remark(classifiers, loaded, seen, spoken)
    if out is not None:
        claim(out, identity | images.opened(out, result.data.source))
        write_comparison(result, out, spoken)
    if as_json:
        print_json(result.as_dict())
    else:
        _show(result, spoken)


def _see_different(paths: Sequence[Path], loaded: Sequence[Classifier]) -> None:
    """Refuse one classifier that is named twice: that it does as well as itself would be told as a finding."""
    from fissura.images import printable_name

    seen: dict[str, Path] = {}
    for path, each in zip(paths, loaded, strict=True):
        if each.fingerprint in seen:
            raise SettingsError(
                "{first} and {second} are the same classifier; wanted different ones to compare.",
                first=printable_name(str(seen[each.fingerprint])),
                second=printable_name(str(path)),
            )
        seen[each.fingerprint] = path


def _unseen(paths: Sequence[Path], loaded: Sequence[Classifier], images: Images, spoken: Language) -> list[TrainTest]:
    """The photographs as each classifier sees them, in one split of which none learned from the test part."""
    from fissura.decision import matched

    first, seen = images.photographs(loaded[0], spoken), []
    images.say_if_others(loaded, first.images.origin, spoken)
    for path, each in zip(paths, loaded, strict=True):
        photographs = images.resized(first, each)
        data = photographs.data
        if not taught_with(each, data):
            check_unseen(path, photographs, whole=False)
            check_metu(each, photographs, images.source)
        seen.append(replace(data, train=matched(data.train, each), test=matched(data.test, each)))
    return seen


def _compared(paths: Sequence[Path], seen: Sequence[TrainTest]) -> LabResult:
    """The classifiers on the same images, as each sees them; those of one name are told apart by where they lie."""
    from fissura.reporting.results import Contender, LabResult
    from fissura.runs import reopen

    runs = [reopen(path, data) for path, data in zip(paths, seen, strict=True)]
    names = [run.name for run in runs]
    labels = [name if names.count(name) == 1 else str(path) for name, path in zip(names, paths, strict=True)]
    contenders = tuple(Contender((replace(run, label=label),)) for run, label in zip(runs, labels, strict=True))
    return LabResult(seen[0], "", contenders, "fissura compare")


def _remark(
    paths: Sequence[Path], classifiers: Sequence[Classifier], seen: Sequence[TrainTest], spoken: Language
) -> None:
    """Tell what is to be doubted in which of the classifiers, once where it is the same of several."""
    from fissura.images import printable_name
    from fissura.reporting.worth import doubts

    doubted: dict[str, list[str]] = {}
    for path, each, data in zip(paths, classifiers, seen, strict=True):
        flattered = "" if taught_with(each, data) else flattering(each, spoken)
        for remark in (*doubts(each, data, spoken), *([flattered] if flattered else [])):
            doubted.setdefault(remark, []).append(printable_name(str(path)))
    for remark, named in sorted(doubted.items()):
        terminal.remark(f"{', '.join(named)}{spoken.colon}{remark}")


def _show(result: LabResult, spoken: Language) -> None:
    from fissura.reporting.lines import interval_line, thresholds_line
    from fissura.reporting.tables import comparison_rows
    from fissura.reporting.words import conclusion

    terminal.show(comparison_rows(result, spoken))
    for sentence in filter(None, (thresholds_line(result, spoken), interval_line(result.data.test, spoken))):
        terminal.say(sentence)
    if any(duel.paired.groups is not None for duel in result.duels):
        terminal.say(
            spoken.say(
                "The difference is tested on whole groups: images that show the same thing change sides together."
            )
        )
    for sentence in conclusion(result, spoken):
        terminal.say(sentence)
