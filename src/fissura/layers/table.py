"""``LayerTable`` and its rows: records that a renderer can put into any language, and their plain English text."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from fissura.language import N_

Field = tuple[int, int]


@dataclass(frozen=True)
class Words:
    """A template for the catalogues and what fills it, as in ``FissuraError``; ``str`` gives the English."""

    template: str
    values: dict[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.template.format(**self.values)


@dataclass(frozen=True)
class LayerRow:
    """One layer as it was met during the run; a layer that is called twice has two rows.

    Attributes:
        name: where the network keeps it (``convolution1``); the input has none.
        kind: what it is (``2-D convolution``), a template without fields.
        specification: the parts of its description, to be joined by commas; the activation is the last.
        output_size: (height, width, channels), or (cells,); none for weights that no layer was seen to use.
        parameters: weights and biases, less those that an earlier row has counted.
        trainable: those among ``parameters`` that training changes.
        formula: ``(3 x 3 x 1 + 1) x 32 = 320``; empty where ``note`` says why there is none.
        note: what else must be known about the count.
        multiply_adds: for one image; one multiplication with its addition counts as one. Only convolutions and dense
            layers count, without their biases. (torchinfo's "mult-adds" count the biases and normalisations too, and
            take a transposed convolution at the size of its output, which is too much by its stride squared.)
        multiply_adds_formula: ``26 x 26 x 3 x 3 x 1 x 32 = 194688``; empty where ``formula`` is.
        output_formula: ``(28 - 3 + 2 x 0)/1 + 1 = 26`` for the height and for the width, or nothing.
        receptive_field: height and width in pixels of the part of the image on which one cell depends, through weights
            and pooling but not through the statistics of a normalisation; never more than the image. ``None`` where
            the way from the image holds something unknown.
        jump: how many pixels of the image two neighbouring cells lie apart, down and across; ``None`` where there is no
            grid of cells any more or it is unknown.
    """

    name: str
    kind: str
    specification: tuple[Words, ...]
    output_size: tuple[int, ...]
    parameters: int = 0
    trainable: int = 0
    formula: str = "0"
    note: Words | None = None
    multiply_adds: int = 0
    multiply_adds_formula: str = "0"
    output_formula: tuple[str, ...] = ()
    receptive_field: Field | None = None
    jump: Field | None = None

    @property
    def output_shape(self) -> str:
        """As the handout writes it: ``26 x 26 x 32``, or ``1600``."""
        return " x ".join(map(str, self.output_size))

    @property
    def text(self) -> str:
        """The specification in English."""
        return ", ".join(map(str, self.specification))


@dataclass(frozen=True)
class LayerTable:
    """The rows in the order of the run, the input first.

    Attributes:
        rows: the layers.
        parameters: all weights and biases of the network, each once.
        trainable: those that training changes.
        multiply_adds: for one image, in the layers of known kind.
    """

    rows: tuple[LayerRow, ...]
    parameters: int
    trainable: int
    multiply_adds: int

    def as_dicts(self) -> list[dict[str, Any]]:
        """The rows for JSON, in English."""
        return [
            {
                "name": row.name,
                "kind": row.kind,
                "specification": row.text,
                "output_size": list(row.output_size),
                "output_shape": row.output_shape,
                "output_formula": list(row.output_formula),
                "parameters": row.parameters,
                "trainable": row.trainable,
                "formula": row.formula,
                "note": None if row.note is None else str(row.note),
                "multiply_adds": row.multiply_adds,
                "multiply_adds_formula": row.multiply_adds_formula,
                "receptive_field": None if row.receptive_field is None else list(row.receptive_field),
                "jump": None if row.jump is None else list(row.jump),
            }
            for row in self.rows
        ]

    def __repr__(self) -> str:
        """The table, which is what an interactive session shows."""
        return str(self)

    def __str__(self) -> str:
        """A table in plain text, in English."""
        head = ("Layer", "Output dimension", "Parameters", "Multiply-adds", "Receptive field", "Parameters, derived")
        body = [_cells(row) for row in self.rows]
        total = ("Total", "", f"{self.parameters:,}", f"{self.multiply_adds:,}", "", "")
        widths = [max(map(len, column)) for column in zip(head, *body, total, strict=True)]
        rule = tuple("-" * width for width in widths)
        return "\n".join(_line(cells, widths) for cells in (head, rule, *body, rule, total))


def _cells(row: LayerRow) -> tuple[str, ...]:
    seen = "?" if row.receptive_field is None else "{} x {}".format(*row.receptive_field)
    derived = ", ".join(part for part in (row.formula, str(row.note or "")) if part)
    return row.text, row.output_shape, f"{row.parameters:,}", f"{row.multiply_adds:,}", seen, derived


def _line(cells: tuple[str, ...], widths: list[int]) -> str:
    """The first and the last column to the left, numbers and dimensions to the right."""
    last = len(cells) - 1
    aligned = (
        cell.ljust(width) if index in (0, last) else cell.rjust(width)
        for index, (cell, width) in enumerate(zip(cells, widths, strict=True))
    )
    return "  ".join(aligned).rstrip()


NO_FORMULA = N_("no formula")
COUNTED_BEFORE = N_("weights shared with {name}, counted there")
NOT_SEEN = N_("not seen in use by a layer of its own")
