"""A table made narrower for a terminal: cells folded between words, and columns of words put into one."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from fissura.reporting.cells import Table

BETWEEN = 2  # signs between columns, and as many at both ends together


def folded(table: Table, width: int) -> Table | None:
    """``table`` within ``width`` signs; as it is where it fits, and None where no folding makes it fit.

    Nothing is left out. The widest columns are folded first, and never inside a word: no-break spaces hold. The columns
    of words are put into one, below each other, where columns of their own are too much.
    """
    for tried in (table, _words_together(table)):
        wide = _fitting(tried, width - BETWEEN * len(tried.columns))
        if wide is not None:
            rows = tuple(tuple(map(_fold, row, wide)) for row in tried.rows)
            columns = tuple(_fold(column, w, hyphens=True) for column, w in zip(tried.columns, wide, strict=True))
            return Table(table.title, columns, rows, tried.left, tried.total)
    return None


def folded_line(text: str, width: int, hyphens: bool = False, indent: str = "") -> list[str]:
    """``text`` in lines of at most ``width`` signs; a path or another word that is longer stays in one piece.

    Lines may end at ``hyphens`` too; the second and further ones begin with ``indent``.
    """
    return textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=hyphens, subsequent_indent=indent) or [
        ""
    ]


def _fold(cell: str, width: int, hyphens: bool = False) -> str:
    return "\n".join(part for line in cell.split("\n") for part in folded_line(line, width, hyphens))


def _fitting(table: Table, budget: int) -> list[int] | None:
    """How wide each column is to be; None where the longest words alone take more than ``budget``."""
    columns = list(zip(table.columns, *table.rows, strict=True))
    broken = zip((column.replace("-", "- ") for column in table.columns), *table.rows, strict=True)
    least = [max(len(word) for cell in column for word in cell.replace("\n", " ").split(" ")) for column in broken]
    wide = [max(len(line) for cell in column for line in cell.split("\n")) for column in columns]
    if sum(least) > budget:
        return None
    while sum(wide) > budget:
        k = max((k for k in range(len(wide)) if wide[k] > least[k]), key=wide.__getitem__)
        wide[k] -= 1
    return wide


def _words_together(table: Table) -> Table:
    """The columns of words as one."""
    if table.left < 2:
        return table

    def together(cells: Sequence[str]) -> tuple[str, ...]:
        return ("\n".join(filter(None, cells[: table.left])), *cells[table.left :])

    return Table(table.title, together(table.columns), tuple(map(together, table.rows)), 1, table.total)
