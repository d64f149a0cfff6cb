"""The little of Markdown that our model cards use, as blocks that a page can show: nothing in it becomes HTML."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import groupby

_MARKS = re.compile(r"\*\*(.+?)\*\*|`(.+?)`|\[(.+?)\]\([^)]*\)")
_RULE = re.compile(r"[\s|:-]+")


@dataclass(frozen=True)
class Block:
    """One piece of a text.

    Attributes:
        kind: ``"heading"``, ``"list"``, ``"table"`` or ``"text"``.
        rows: one of one text for a heading or a text, one for each item of a list, cells for each row of a table, the
            first being its head.
    """

    kind: str
    rows: tuple[tuple[str, ...], ...]


def blocks(text: str) -> list[Block]:
    """The blocks of a card, without its title, and without its pictures and the text under each.

    >>> [block.kind for block in blocks("# Title\\n\\n## Part\\n\\n- one\\n- two\\n\\nA text\\nof two lines.")]
    ['heading', 'list', 'text']
    """
    found: list[Block] = []
    under_picture = False
    for kind, lines in groupby(text.splitlines(), key=_kind):
        caption, under_picture = under_picture and kind == "text", kind == "picture" or (under_picture and not kind)
        if caption:
            continue
        if kind == "heading":
            found += [Block(kind, ((_plain(line.lstrip("# ")),),)) for line in lines]
        elif kind == "list":
            found.append(Block(kind, tuple((_plain(line[2:]),) for line in lines)))
        elif kind == "table":
            found.append(Block(kind, tuple(_cells(line) for line in lines if not _RULE.fullmatch(line))))
        elif kind == "text":
            found.append(Block(kind, ((_plain(" ".join(lines)),),)))
    return found


def _kind(line: str) -> str:
    if line.startswith(("## ", "### ")):
        return "heading"
    if not line.strip() or line.startswith("# "):
        return ""
    if line.startswith("!["):
        return "picture"
    return "list" if line.startswith("- ") else "table" if line.startswith("|") else "text"


def _cells(line: str) -> tuple[str, ...]:
    return tuple(_plain(cell.strip()) for cell in line.strip().strip("|").split("|"))


def _plain(text: str) -> str:
    return _MARKS.sub(lambda found: next(group for group in found.groups() if group is not None), text)
