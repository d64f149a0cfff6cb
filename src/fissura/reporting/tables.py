"""Tables as text: the same rows for the terminal and for the page, in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from fissura.data.labelled import TrainTest
from fissura.data.sources import SourceState
from fissura.evaluation import Evaluation
from fissura.language import N_, Language
from fissura.layers import LayerRow, LayerTable
from fissura.reporting.cells import NOTHING, Table, duration, share_cells, split_name
from fissura.reporting.phrases import mean_and_deviation, network_title, p_value, points
from fissura.reporting.results import Contender, LabResult

INPUT = "input"

STATES = {
    "present": N_("present"),
    "absent": N_("absent"),
    "incomplete": N_("incomplete"),
    "damaged": N_("damaged"),
}


def layer_rows(table: LayerTable, language: Language, title: str = "") -> Table:
    """The course's table of a network, its last columns filled in: each number, and under it how it comes about."""
    columns = (
        language.say("Layer"),
        language.say("Specification"),
        language.say("Output dimension"),
        language.say("Number of parameters"),
        language.say("Multiply-adds"),
        language.say("Receptive field"),
    )
    total = (
        language.say("Total"),
        "",
        "",
        language.number(table.parameters),
        language.number(table.multiply_adds),
        "",
    )
    rows = (*(_layer_row(row, language) for row in table.rows), total)
    return Table(title or language.say("Layers"), columns, rows, left=2, total=True)


def layers_title(name: str, size_hw: tuple[int, int], classes: int, language: Language) -> str:
    """What the layers are of: the network, the images that it takes and how many classes it tells apart."""
    return language.say(
        "{network}: layers for images of {height} × {width} px, {classes} classes",
        network=network_title(name, language),
        height=size_hw[0],
        width=size_hw[1],
        classes=classes,
    )


def layers_note(network: str, table: LayerTable, language: Language) -> str:
    """What the handout leaves open about the network's layers, and what is done here; nothing where all is said."""
    dense = [row for row in table.rows if row.kind == "dense"]
    if network != "cnn2" or dense[0].specification[-1].template != "ReLU":
        return ""
    return language.say(
        "The course does not say whether a ReLU follows the dense layer of 128 cells. The usual reading is yes, and so "
        "it is here; it has no parameters, so the numbers above are the same either way."
    )


def comparison_rows(lab: LabResult, language: Language) -> Table:
    """A row for each network: what it costs and what it gets right."""
    several = any(len(contender.runs) > 1 for contender in lab.contenders)
    columns = (
        language.say("Network"),
        language.say("Parameters"),
        language.say("Multiply-adds"),
        language.say("Training time"),
        language.say("Training accuracy"),
        language.say("Test accuracy, 95 % interval"),
        language.say("Errors"),
        *((language.say("Mean ± standard deviation over the seeds"),) if several else ()),
    )
    rows = tuple(_contender_row(contender, several, language) for contender in lab.contenders)
    return Table(language.say("The networks compared"), columns, rows)


def duel_rows(lab: LabResult, language: Language) -> Table:
    """A row for every two networks: McNemar's test, with the images that decide it."""
    columns = (
        language.say("First and second network"),
        language.say("Only the first is right"),
        language.say("Only the second is right"),
        language.say("Second minus first, in points"),
        language.say("95 % interval"),
        language.say("McNemar"),
        language.say("After Holm's correction"),
        language.say("Told apart"),
    )
    rows = tuple(
        (
            f"{network_title(duel.first, language)} – {network_title(duel.second, language)}",
            language.number(duel.paired.only_first),
            language.number(duel.paired.only_second),
            points(duel.paired.difference, language),
            _from_to(duel.paired.low, duel.paired.high, language),
            p_value(duel.paired.p_value, language),
            p_value(duel.p_adjusted, language),
            language.say("yes") if duel.real else language.say("no"),
        )
        for duel in lab.duels
    )
    return Table(language.say("Are the differences real?"), columns, rows)


def evaluation_rows(evaluation: Evaluation, language: Language, network: str = "") -> Table:
    """A row for each class with its recall and precision, and one for all images with the accuracy.

    ``network`` is named in the title, where there are several.
    """
    rows = [
        (name, language.number(n), *share_cells(recall, language), *share_cells(precision, language))
        for name, n, recall, precision in zip(
            evaluation.images.classes,
            evaluation.images.counts,
            evaluation.recalls,
            evaluation.precisions,
            strict=True,
        )
    ]
    whole = (language.say("All (accuracy)"), language.number(len(evaluation.images)))
    rows.append((*whole, *share_cells(evaluation.accuracy, language), "", ""))
    on = {"split": split_name(evaluation.images.split, language), "origin": evaluation.images.origin}
    if network:
        title = language.say(
            "{network}: evaluation on {split} ({origin})", network=network_title(network, language), **on
        )
    else:
        title = language.say("Evaluation on: {split} ({origin})", **on)
    columns = (
        language.say("Class"),
        language.say("Images"),
        language.say("Recall"),
        language.say("95 % interval"),
        language.say("Precision"),
        language.say("95 % interval"),
    )
    return Table(title, columns, tuple(rows), total=True)


def confusion_rows(evaluation: Evaluation, language: Language) -> Table:
    """A row for each true class and a column for each that its images were taken for; a dash for none."""
    classes = evaluation.images.classes
    rows = tuple(
        (name, *(language.number(count) if count else NOTHING for count in row))
        for name, row in zip(classes, evaluation.confusion.tolist(), strict=True)
    )
    title = language.say(
        "Confusion on: {split} (rows: true class, columns: taken for)",
        split=split_name(evaluation.images.split, language),
    )
    return Table(title, (language.say("Class"), *classes), rows)


def network_rows(
    tables: Mapping[str, LayerTable], made_for: Mapping[str, tuple[int, int]], language: Language
) -> Table:
    """A row for each network by its name: what it is called and what it costs.

    ``made_for`` says of each on images of which side in pixels, and for how many classes, that is.
    """
    columns = (
        language.say("Name"),
        language.say("Network"),
        language.say("Images, px"),
        language.say("Classes"),
        language.say("Parameters"),
        language.say("Multiply-adds"),
    )
    rows = tuple(
        (
            name,
            network_title(name, language),
            "{0} × {0}".format(made_for[name][0]),
            language.number(made_for[name][1]),
            language.number(table.parameters),
            language.number(table.multiply_adds),
        )
        for name, table in tables.items()
    )
    return Table(language.say("Networks"), columns, rows, left=2)


def source_rows(source: SourceState, language: Language) -> Table:
    """What a data folder holds of one source: the images of each class, or the files that are missing."""
    state = language.say(STATES[source.state])
    title = f"{source.name}{language.colon}{state}" + (f", {source.folder}" if source.folder is not None else "")
    if source.data is None:
        return Table(title, (language.say("Missing files"),), tuple((name,) for name in source.missing))
    return replace(count_rows(source.data, language), title=title)


def count_rows(data: TrainTest, language: Language) -> Table:
    """How many images each class has in each part, and their sums."""
    parts = [part for part in (data.train, data.validation, data.test) if part is not None]
    counts = zip(*(part.counts for part in parts), strict=True)
    rows = [(name, *map(language.number, each)) for name, each in zip(data.train.classes, counts, strict=True)]
    rows.append((language.say("All"), *(language.number(len(part)) for part in parts)))
    columns = (language.say("Class"), *(split_name(part.split, language) for part in parts))
    return Table(language.say("Images of each class"), columns, tuple(rows), total=True)


def _layer_row(row: LayerRow, language: Language) -> tuple[str, ...]:
    """A layer's cells; the specification does not say again what kind of layer it is."""
    kind = language.say(row.kind)
    details = row.specification[1:] if row.specification[0].template == row.kind else row.specification
    if row.kind == INPUT:
        details = ()  # its size is in the next column
    formula = row.formula.rpartition(" = ")[0]
    note = "" if row.note is None else language.say(row.note.template, **row.note.values)
    seen = "" if row.receptive_field is None else "{} x {}".format(*row.receptive_field)
    return (
        kind,
        _whole(", ".join(language.say(each.template, **each.values) for each in details)),
        "\n".join((_whole(row.output_shape), *map(_typeset, dict.fromkeys(row.output_formula)))),
        "\n".join(filter(None, (language.number(row.parameters), _typeset(formula), note))),
        language.number(row.multiply_adds),
        _whole(seen),
    )


def _whole(size: str) -> str:
    """Sizes as ``3 x 3`` with their sign, and in one piece."""
    return size.replace(" x ", "\N{NO-BREAK SPACE}\N{MULTIPLICATION SIGN}\N{NO-BREAK SPACE}")


def _typeset(arithmetic: str) -> str:
    """``x`` and ``-`` between numbers as the signs that they stand for, and no line break before them."""
    space = "\N{NO-BREAK SPACE}"
    signs = {" x ": f"{space}\N{MULTIPLICATION SIGN} ", " - ": f"{space}\N{MINUS SIGN} ", " + ": f"{space}+ "}
    for plain, sign in signs.items():
        arithmetic = arithmetic.replace(plain, sign)
    return arithmetic


def _contender_row(contender: Contender, several: bool, language: Language) -> tuple[str, ...]:
    run = contender.first
    test = contender.test_spread
    row = (
        network_title(contender.name, language),
        language.number(run.table.parameters),
        language.number(run.table.multiply_adds),
        duration(contender.seconds_spread.mean, language),
        language.share(run.train.accuracy.value),
        "\n".join(share_cells(run.test.accuracy, language)),
        language.number(run.test.errors),
    )
    if not several:
        return row
    return (*row, mean_and_deviation(test.mean, test.std, language))


def _from_to(low: float, high: float, language: Language) -> str:
    return language.say("{low} to {high}", low=points(low, language), high=points(high, language))
