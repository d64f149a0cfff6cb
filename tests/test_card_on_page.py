"""A model's card stands on the page of an inspection as text, whole."""

from inspection_case import MODEL, ONE, make_inspector, wall
from test_page import read

from fissura.inspection import Settings
from fissura.language import language
from fissura.reporting.findings.markdown import Block, blocks
from fissura.reporting.findings.severity import read_scheme
from fissura.survey import Plan, listed, survey

CARD = """# Model card: x

## What it is

- Network `detector`, **small**.
- <script>alert(1)</script>

| Data | How many |
|---|---:|
| METU | 19,203 |

A paragraph
of two lines with [a link](https://example.org).

![a picture](failures.png)
"""


def test_card_becomes_headings_lists_tables_and_texts():
    assert blocks(CARD) == [
        Block("heading", (("What it is",),)),
        Block("list", (("Network detector, small.",), ("<script>alert(1)</script>",))),
        Block("table", (("Data", "How many"), ("METU", "19,203"))),
        Block("text", (("A paragraph of two lines with a link.",),)),
    ]


def test_card_is_text_on_the_page(tmp_path):
    (tmp_path / "one.jpg").write_bytes(wall(ONE))
    listing = listed([str(tmp_path / "one.jpg")])
    plan = Plan(listing, MODEL, Settings(), read_scheme("en1992"), card=CARD)
    survey(plan, make_inspector, tmp_path / "out", language("en"))
    reader = read((tmp_path / "out" / "report.html").read_text(encoding="utf-8"))
    text = "".join(reader.text)
    assert reader.tags.count("script") == 1
    for words in ("Network detector, small.", "<script>alert(1)</script>", "19,203", "of two lines with a link."):
        assert words in text


def test_no_text_speaks_of_a_picture_that_the_page_does_not_show():
    text = "Before.\n\n![Its mistakes](mistakes.png)\n\nMisses in the first row.\n\nAfter.\n\n## Next\n\nLast."
    said = [block.rows[0][0] for block in blocks(text)]
    assert said == ["Before.", "After.", "Next", "Last."]
