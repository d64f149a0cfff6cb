"""A table that a person wrote and saved as CSV: its lines with their numbers, read by what its columns are called."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from fissura.errors import DataError
from fissura.given_file import given_bytes
from fissura.language import N_, cause


@dataclass(frozen=True)
class TableFile:
    """What a table needs to hold.

    Attributes:
        columns: without one of them it is refused; it may have others.
        described: the columns in words, for what is said then.
        example: a line of it, whose semicolons show how a comma may stand in a value.
    """

    columns: tuple[str, ...]
    described: str
    example: str

    def read(self, path: Path, called: str) -> tuple[str, list[tuple[int, dict[str, str]]]]:
        """(the sign between columns, the lines: their number and their cells, stripped, by column).

        Commas or semicolons between, whichever the line of the columns has more of. Lines in which no cell is filled,
        as spreadsheets leave them below a table, are passed over; a line may lack cells, which are empty then.

        Args:
            path: the file, text in UTF-8.
            called: its name as it is to be said.

        Raises:
            DataError: it cannot be read, is no table, lacks a column, or a line has more cells than there are columns.
        """
        text = self._text(path, called)
        first = text.lstrip().partition("\n")[0]
        between = ";" if first.count(";") > first.count(",") else ","
        return between, self._rows(text, between, called)

    def _text(self, path: Path, called: str) -> str:
        try:
            return io.TextIOWrapper(io.BytesIO(given_bytes(path)), encoding="utf-8-sig").read()
        except OSError as error:
            raise DataError(
                "{name} cannot be read ({reason}). Name a CSV file with the columns {columns}.",
                name=called,
                reason=cause(error),
                columns=self.described,
            ) from error
        except UnicodeDecodeError as error:
            raise DataError("{name} is not text in UTF-8. Save the table as CSV in UTF-8.", name=called) from error

    def _rows(self, text: str, between: str, called: str) -> list[tuple[int, dict[str, str]]]:
        columns, lines = self._lines(text, between, called)
        rows = []
        for number, cells in lines:
            if not any(cells):
                continue
            if any(cells[len(columns) :]):  # 0,2 between commas is two values: the first would be taken for both
                raise DataError(
                    "{name}, line {line} has more values than there are columns. Where a value holds a comma, put "
                    "semicolons between the columns: {example}",
                    name=called,
                    line=number,
                    example=self.example,
                )
            padded = [*cells, *("" for _ in columns)]
            rows.append((number, dict(zip(columns, padded, strict=False))))
        return rows

    def _lines(self, text: str, between: str, called: str) -> tuple[Sequence[str], list[tuple[int, list[str]]]]:
        """(the columns, the other lines with their numbers), cells stripped."""
        try:
            reader = csv.reader(io.StringIO(text), delimiter=between)
            lines = [(reader.line_num, [cell.strip() for cell in cells]) for cells in reader]
        except csv.Error as error:
            raise DataError(
                "{name} is no table that can be read ({reason}). Save it as CSV with the columns {columns}.",
                name=called,
                reason=error,
                columns=self.described,
            ) from error
        columns = next((cells for _, cells in lines if any(cells)), [])
        if not set(self.columns) <= set(columns):
            raise DataError(
                "{name} has the columns {got}; wanted {columns}.",
                name=called,
                got=", ".join(columns) or N_("(none)"),
                columns=self.described,
            )
        return columns, [(number, cells) for number, cells in lines if cells is not columns]
