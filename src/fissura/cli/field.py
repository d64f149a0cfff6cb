"""``fissura evaluate`` of a detector on a folder of pictures of any size, which is judged whole."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from fissura import terminal
from fissura.cli.judged import Judged
from fissura.cli.learned import flattering
from fissura.cli.options import CHECK_FAILED, print_json
from fissura.cli.watching import steps
from fissura.errors import SettingsError

if TYPE_CHECKING:
    from fissura.field_test import FieldTest

MOST_REMARKS = 5


def judge_folder(judged: Judged) -> None:
    """Judge a detector on a folder; the command ends with exit code 1 where some pictures of it cannot be read.

    Raises:
        SettingsError: a split of the folder was named.
    """
    from fissura.data.splits import HOWS

    images, spoken = judged.images, judged.spoken
    images.check_positive(judged.classifier)
    usual = images.split == HOWS[0]
    if images.split_file is not None or not usual:
        raise SettingsError(
            "{folder} is judged whole, as every folder is by a detector of fissura train built-in. Leave out {option}.",
            folder=images.source,
            option="--split" if images.split_file is None else "--split-file",
        )
    test = _test(judged)
    flattered = flattering(judged.classifier, spoken)
    if flattered:
        terminal.remark(flattered)
    if judged.out is not None:
        _write(judged, test, flattered, judged.out)
    for left in test.left_out[:MOST_REMARKS]:
        terminal.remark(spoken.error(left.reason))
    if len(test.left_out) > MOST_REMARKS:
        terminal.remark(spoken.say("and {n} more", n=spoken.number(len(test.left_out) - MOST_REMARKS)))
    if judged.as_json:
        print_json(test.as_dict())
    else:
        _show(judged, test)
    raise typer.Exit(CHECK_FAILED if test.misses_images else 0)


def _test(judged: Judged) -> FieldTest:
    from fissura.field_test import field_test

    images = judged.images
    with terminal.progress_bar() as bar:
        return field_test(
            judged.classifier,
            Path(images.source),
            images.positive,
            images.cache_dir,
            steps(bar, judged.spoken),
            images.classes or None,
        )


def _write(judged: Judged, test: FieldTest, flattered: str, out: Path) -> None:
    from fissura.files import EVALUATION, write_json
    from fissura.reporting.field_page import field_notes
    from fissura.reports import write_judgement

    judged.claim(out, judged.images.source)
    notes, left_out = field_notes(test, judged.spoken)
    notes = (*notes, flattered) if flattered else notes
    write_json(out / EVALUATION, test.as_dict())
    command = judged.command(judged.images.source)
    write_judgement(test.judgement, judged.classifier, str(judged.path), out, judged.spoken, command, notes, left_out)


def _show(judged: Judged, test: FieldTest) -> None:
    from fissura.reporting.judgement_tables import judged_rows
    from fissura.reporting.judgement_words import calibrated_words, unlike_words
    from fissura.reporting.lines import judged_interval_line

    spoken = judged.spoken
    terminal.show(judged_rows([test.judgement], spoken))
    terminal.say(judged_interval_line(test.judgement, spoken))
    terminal.say(calibrated_words(test.judgement, spoken))
    if test.share_unlike is not None:
        terminal.say(unlike_words(test.share_unlike, spoken))
    judged.say_report()
