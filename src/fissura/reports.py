"""The reports of runs, comparisons, evaluations and judgements: each page in its folder, with its pictures and numbers.

A page is written last, so that a folder with a report has all that it speaks of.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from fissura.classifier import Classifier
from fissura.data.labelled import TrainTest
from fissura.evaluation import Evaluation
from fissura.files import EVALUATION, REPORT, RESULTS, make_folder, remove, write_json, write_text, write_whole
from fissura.judgement import Judgement
from fissura.language import Language
from fissura.reporting.complexity_figure import complexity_picture
from fissura.reporting.evaluation_page import evaluation_page
from fissura.reporting.evaluation_part import evaluation_part
from fissura.reporting.field_page import judgement_page
from fissura.reporting.figures import first_batch_sheet, loss_curves, sample_sheet
from fissura.reporting.judgement_part import PICTURES, field_part
from fissura.reporting.page import run_page
from fissura.reporting.phrases import network_title
from fissura.reporting.results import LabResult, RunResult
from fissura.training import Recipe, first_batch

CURVES = "curves.svg"
COMPARISON = "comparison.svg"


def write_run_report(result: RunResult, data: TrainTest, folder: Path, language: Language, command: str) -> None:
    """Write the report and the loss curves of a run into its folder."""
    write_whole(folder / CURVES, loss_curves([result], language))
    write_text(folder / REPORT, run_page(result, data, language, command))


def write_comparison(comparison: LabResult, folder: Path, language: Language) -> None:
    """Write the numbers of a comparison and its picture."""
    write_json(folder / RESULTS, comparison.as_dict())
    write_whole(folder / COMPARISON, complexity_picture(comparison.contenders, language))


def write_evaluation(
    parts: tuple[Evaluation, Evaluation],
    classifier: Classifier,
    data: TrainTest,
    name: str,
    folder: Path,
    language: Language,
    command: str,
) -> None:
    """Write the report of an evaluation on (training, test) images of ``data``, its numbers and its pictures.

    ``name`` is what the classifier is called, ``command`` what to type to do the same again.
    """
    train_part, test_part = parts
    make_folder(folder)
    write_json(folder / EVALUATION, {"train": train_part.as_dict(), "test": test_part.as_dict()})
    part = evaluation_part(network_title(classifier.network, language), train_part, test_part, language)
    for each in (part.confusion, part.mistakes):
        write_whole(folder / each.file_name, each.content)
    write_text(folder / REPORT, evaluation_page(part, classifier, data, name, command, language))


def write_judgement(
    judged: Judgement,
    classifier: Classifier,
    name: str,
    folder: Path,
    language: Language,
    command: str,
    notes: Sequence[str] = (),
    left_out: Sequence[str] = (),
) -> None:
    """Write the report of a judgement and its pictures: curves, confusion, mistakes, where the network looks.

    ``folder`` is one that this judgement has claimed: a picture that an earlier run left there and that is not drawn
    any more, as of false alarms where there are none now, is removed.
    """
    part = field_part(judged, classifier, language)
    make_folder(folder)
    for each in part.pictures:
        write_whole(folder / each.file_name, each.content)
    remove(folder, set(PICTURES) - {each.file_name for each in part.pictures})
    page = judgement_page(judged, part, classifier, name, command, language, notes, left_out)
    write_text(folder / REPORT, page)


def write_samples(data: TrainTest, folder: Path, language: Language) -> tuple[Path, Path]:
    """Draw the sheet of samples and the first mini-batch of the lab's recipe; returns where they are."""
    make_folder(folder)
    sheet, batch = folder / "samples.png", folder / "first-batch.png"
    write_whole(sheet, sample_sheet(data.train, language))
    write_whole(batch, first_batch_sheet(first_batch(data.train, Recipe()), language))
    return sheet, batch
