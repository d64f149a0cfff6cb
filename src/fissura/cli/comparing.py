"""``fissura compare``: several classifiers on the same test images."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from fissura import terminal
from fissura.cli.asked import images_asked, photographs_asked
from fissura.cli.judging import check_unseen, is_photographed, taught_with
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
    check_of_digits,
    open_images,
    open_photographs,
    print_json,
)
from fissura.errors import SettingsError
from fissura.language import language


def compare(
    classifiers: Annotated[list[Path], typer.Argument(help="Two or more classifier files or run folders.")],
    source: Source = "auto",
    split: SplitHow = "grouped",
    split_file: SplitFile = None,
    positive: Positive = None,
    classes: Classes = None,
    data_dir: DataDir = None,
    cache_dir: CacheDir = None,
    no_download: NoDownload = False,
    out: Annotated[Path | None, typer.Option("--out", help="Also write comparison.svg and results.json here.")] = None,
    lang: Lang = None,
    as_json: Json = False,
) -> None:
    """Compare classifiers on the same test images: complexity, accuracy, and whether the difference is real.

    Example: fissura compare runs/cnn1-lab-mnist/seed-12 runs/cnn2-lab-mnist/seed-12
    """
    from fissura.classifier import load
    from fissura.data.photographs import PhotographSettings
    from fissura.data.splits import SEED
    from fissura.files import claim, see_free
    from fissura.reporting.lines import interval_line
    from fissura.reporting.results import Contender, LabResult
    from fissura.reporting.tables import comparison_rows
    from fissura.reporting.words import conclusion, doubts
    from fissura.runs import reopen, write_comparison

    spoken = language(lang)
    if len(classifiers) < 2:
        raise SettingsError("{n} classifier was given; wanted two or more to compare.", n=len(classifiers))
    loaded = [load(path) for path in classifiers]
    first = loaded[0]
    if not is_photographed(source, first):
        check_of_digits(split=split, split_file=split_file, positive=positive, classes=classes)
    identity: dict[str, Any] = {"kind": "comparison"}
    identity |= {"classifiers": [each.fingerprint for each in loaded]}
    if out is not None:
        identity |= images_asked(out, source, data_dir) | photographs_asked(split, split_file, positive, classes)
        see_free(out, identity)
    if is_photographed(source, first):
        side = first.preprocessing.size_hw[0]
        settings = PhotographSettings(side, split, SEED, positive, split_file, cache_dir, classes=classes)
        photographs = open_photographs(source, data_dir, settings, spoken)
        data = photographs.data
        for path, each in zip(classifiers, loaded, strict=True):
            if not taught_with(each, data):
                check_unseen(path, photographs, whole=False)
    else:
        data = open_images(source, data_dir, no_download, spoken).data
    runs = [reopen(path, data) for path in classifiers]
    names = [run.name for run in runs]
    labels = [name if names.count(name) == 1 else str(path) for name, path in zip(names, classifiers, strict=True)]
    contenders = tuple(Contender((replace(run, label=label),)) for run, label in zip(runs, labels, strict=True))
    result = LabResult(data, "", contenders, "fissura compare")
    for remark in sorted({remark for run in runs for remark in doubts(run.classifier, data, spoken)}):
        terminal.remark(remark)
    if out is not None:
        claim(out, identity | images_asked(out, data.source, data_dir))
        write_comparison(result, out, spoken)
    if as_json:
        print_json(result.as_dict())
        return
    terminal.show(comparison_rows(result, spoken))
    terminal.say(interval_line(data.test, spoken))
    if any(duel.paired.groups is not None for duel in result.duels):
        terminal.say(
            spoken.say(
                "The difference is tested on whole groups: images that show the same thing change sides together."
            )
        )
    for sentence in conclusion(result, spoken):
        terminal.say(sentence)
