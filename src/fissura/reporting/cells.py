"""``Table``, and how numbers are written into its cells."""

from __future__ import annotations

import math
import textwrap
import unicodedata
from dataclasses import dataclass
from typing import Any

from fissura.language import N_, Language
from fissura.metrics import Measure, Share

NOTHING = "–"
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
SPLITS = {"train": N_("train"), "test": N_("test"), "validation": N_("validation")}


@dataclass(frozen=True)
class Table:
    """Text in rows and columns.

    Attributes:
        title: what the table shows.
        columns: their headings.
        rows: as many cells in each as there are columns; a cell may have several lines.
        left: how many columns, from the first, hold words rather than numbers.
        total: whether the last row sums up the others.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    left: int = 1
    total: bool = False


def split_name(split: str, language: Language) -> str:
    """The part of the data in the reader's words."""
    return language.say(SPLITS[split]) if split in SPLITS else split


def with_interval(measure: Share | Measure, language: Language) -> str:
    """``97.28 % (96.94 – 97.58 %)``; a dash where it is not defined."""
    if math.isnan(measure.value):
        return NOTHING
    return f"{language.share(measure.value)} ({language.interval(measure.low, measure.high)})"


def share_cells(share: Share, language: Language) -> tuple[str, str]:
    """The share and its interval, each for a cell of its own."""
    if share.n == 0 or math.isnan(share.low):
        return NOTHING, NOTHING
    return language.share(share.value), language.interval(share.low, share.high)


def measure_cell(measure: Share | Measure, language: Language) -> str:
    """A number in percent and its interval in the second line; a dash where it is not defined."""
    if math.isnan(measure.value):
        return NOTHING
    if math.isnan(measure.low):
        return language.share(measure.value)
    return f"{language.share(measure.value)}\n{language.interval(measure.low, measure.high)}"


def number_cell(measure: Measure, language: Language, decimals: int = 4) -> str:
    """The same for what is no share: ``0.9971`` and, in the second line, ``0.9960 – 0.9979``."""
    if math.isnan(measure.value):
        return NOTHING
    value = language.fraction(measure.value, decimals)
    if math.isnan(measure.low):
        return value
    return f"{value}\n{ends(measure.low, measure.high, language, decimals)}"


def area(measure: Measure, language: Language, decimals: int = 3) -> str:
    """An area below a curve within a sentence: ``0.971 (0.960 – 0.980)``; without the ends where they are not known."""
    value = language.fraction(measure.value, decimals)
    if math.isnan(measure.low):
        return value
    return f"{value} ({ends(measure.low, measure.high, language, decimals)})"


def ends(low: float, high: float, language: Language, decimals: int) -> str:
    """``0.9960 – 0.9979``, neither 0 nor 1 unless it is."""
    written = (language.fraction(end, decimals) for end in (low, high))
    return "\N{NO-BREAK SPACE}–\N{NO-BREAK SPACE}".join(written)


def shown_of(title: str, shown: int, n: int, language: Language) -> str:
    """A table's ``title``, with how many of its ``n`` rows are ``shown`` where it is not all."""
    if shown >= n:
        return title
    return f"{title} ({language.say('{shown} of {n}', shown=language.number(shown), n=language.number(n))})"


def images(n: int, language: Language) -> str:
    """``1 image``, ``32,004 images``."""
    return language.count("{n} image", "{n} images", n)


def three_digits(value: float, language: Language) -> str:
    """0.5, 0.0123, 2.31: at most three digits that count, none a last 0; of 0.99968 those of what lacks to 1."""
    if value == 0:
        return "0"
    text = f"{value:.{decimals_of_three(value)}f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return language.number(float(text), len(text.partition(".")[2]))


def decimals_of_three(value: float) -> int:
    """The decimals of the third digit that counts; where what is below 1 would be shown as 1, of what lacks to it.

    >>> [decimals_of_three(value) for value in (0.0123, 0.5, 0.99968, 1.0)]
    [4, 3, 6, 2]
    """
    decimals = _decimals(value)
    return _decimals(1 - value) if value < 1 and round(value, decimals) == 1 else decimals


def _decimals(value: float) -> int:
    return max(0, min(12, 2 - math.floor(math.log10(abs(value)))))


def duration(seconds: float, language: Language) -> str:
    """A length of time; a dash where it is not known."""
    return NOTHING if math.isnan(seconds) else language.seconds(seconds)


def csv_cell(value: Any) -> Any:
    """A cell of a CSV file: nothing for None, a list's values in one text, and no text is run as a formula.

    A spreadsheet runs what begins with ``=``, ``+``, ``-`` or ``@`` when the file is opened, and names of files come
    from anywhere: such a text gets an apostrophe before it. Numbers stay.

    Source: OWASP, CSV Injection.
    """
    if isinstance(value, list):
        value = " ".join(str(each) for each in value)
    if value is None:
        return ""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def cells_of(text: str) -> int:
    """How many columns of a terminal ``text`` takes: none for an accent of its own, two for a Chinese sign."""
    return sum(map(_sign_cells, text))


def _sign_cells(sign: str) -> int:
    if unicodedata.combining(sign):
        return 0
    return 2 if unicodedata.east_asian_width(sign) in "WF" else 1


def left_of(text: str, most: int) -> str:
    """``text`` with spaces up to ``most`` columns."""
    return text + " " * (most - cells_of(text))


def right_of(text: str, most: int) -> str:
    """``text`` after spaces, ``most`` columns in all."""
    return " " * (most - cells_of(text)) + text


def middle_left_out(name: str, most: int) -> str:
    """A path in at most ``most`` columns: of a longer one the beginning and, of which more is worth, the end."""
    if cells_of(name) <= most:
        return name
    head, tail, room = "", "", most - 1
    for sign in reversed(name):
        if cells_of(sign + tail) > room - room // 3:
            break
        tail = sign + tail
    for sign in name:
        if cells_of(head + sign) > room - cells_of(tail):
            break
        head += sign
    return f"{head}…{tail}"


def lines_below(text: str, width: int, indent: str) -> list[str]:
    """``text`` in lines of at most ``width`` columns, each after ``indent``; a word that is longer is cut."""
    return textwrap.wrap(text, max(width, len(indent) + 8), initial_indent=indent, subsequent_indent=indent)
