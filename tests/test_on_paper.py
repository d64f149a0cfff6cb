"""What only a browser can tell of the pages: how they come out on paper. Skipped, saying so, where there is none."""

import re
import shutil
import subprocess

import pytest
from inspection_case import wall
from test_survey import FRENCH, inspect

from fissura.inspection.scale import Scale

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
HEADINGS = ("No.", "Photograph", "Class", "Greatest width", "Length", "Direction", "Probability", "Id")


def printed(page, folder):
    """The text of each sheet of paper that the page is printed on."""
    if BROWSER is None or shutil.which("pdftotext") is None:
        pytest.skip("no Chromium or no pdftotext here")
    pdf = folder / "page.pdf"
    browser = [BROWSER, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={folder / 'browser'}"]
    subprocess.run(
        [*browser, "--no-pdf-header-footer", f"--print-to-pdf={pdf}", page.resolve().as_uri()],
        check=True,
        capture_output=True,
        timeout=120,
    )
    text = subprocess.run(["pdftotext", "-layout", str(pdf), "-"], check=True, capture_output=True, text=True).stdout
    return text.split("\f")


@pytest.mark.slow
def test_headings_stand_above_the_table_of_findings_on_each_sheet_of_paper(tmp_path):
    rows, columns = range(20, 760, 30), range(20, 960, 240)
    strokes = [([(left, top), (left + 180, top + 8)], 4) for top in rows for left in columns]
    (tmp_path / "walls").mkdir()
    (tmp_path / "walls" / "many.jpg").write_bytes(wall(strokes, (800, 1000)))
    result = inspect(tmp_path / "walls", tmp_path / "out", Scale(0.1, 0.002))
    assert len(result.findings) == len(strokes)
    sheets = printed(tmp_path / "out" / "report.html", tmp_path)
    ids = [found.id for _, found in result.findings]
    with_rows = [sheet for sheet in sheets if any(each in sheet for each in ids)]
    assert len(with_rows) >= 3
    assert sum(each in sheet for each in ids for sheet in with_rows) == len(ids)
    for sheet in with_rows:
        lines = sheet.splitlines()
        first = next(k for k, line in enumerate(lines) if any(each in line for each in ids))
        assert all(heading in " ".join(lines[:first]).split("All findings")[-1] for heading in HEADINGS), lines[:first]


@pytest.mark.slow
def test_paper_has_all_findings_with_their_reasons_and_no_heading_without_its_photograph(tmp_path):
    (tmp_path / "walls").mkdir()
    strokes = [([(20, 40), (380, 60)], 2), ([(20, 150), (380, 170)], 5)]
    for k in range(10):
        name = f"wall-{k}-of-the-northern-abutment-in-the-evening.jpg"  # so that two headings are two lines high
        (tmp_path / "walls" / name).write_bytes(wall(strokes[k % 2 :], (400, 400), seed=k))
    result = inspect(tmp_path / "walls", tmp_path / "out")
    assert len(result.findings) == 15
    page = tmp_path / "out" / "report.html"
    filtering = 'const form = document.forms[0]; form.words.value = "none"; form.dispatchEvent(new Event("input"));'
    text = page.read_text(encoding="utf-8")
    by_number = 'document.querySelector("table.all th button").click();'
    page.write_text(text.replace("</body>", f"<script>{filtering} {by_number}</script></body>"), encoding="utf-8")
    sheets = printed(page, tmp_path)
    whole = " ".join(" ".join(sheets).split())
    numbered = [found.id for each in result.ranked for photograph, found in result.findings if photograph is each]
    assert numbered != [found.id for _, found in result.findings]
    assert re.findall("|".join(numbered), whole) == numbered
    assert whole.count("(narrower than the") == sum(found.width_max.value is None for _, found in result.findings) > 0
    for sheet in sheets:
        assert len(re.findall(r"\bfindings: \d ·", sheet)) == sheet.count("Probability of a crack")


@pytest.mark.slow
def test_what_is_said_of_all_photographs_is_not_torn_apart_at_the_foot_of_a_sheet(tmp_path):
    (tmp_path / "walls").mkdir()
    (tmp_path / "walls" / "wall.jpg").write_bytes(wall([([(20, 150), (380, 170)], 5)], (400, 400)))
    inspect(tmp_path / "walls", tmp_path / "out", spoken=FRENCH)  # four lines
    page = tmp_path / "out" / "report.html"
    text = page.read_text(encoding="utf-8")
    said = re.search(r"<h2>Photographies avec signalements</h2>\s*(<p class=\"quiet\">.*?</p>)", text, re.DOTALL)
    everywhere = "".join(f"<section>{said[1]}<div style='height: {k}mm'></div></section>" for k in range(60))
    page.write_text(text.replace("</main>", f"{everywhere}</main>"), encoding="utf-8")
    sheets = printed(page, tmp_path)
    starts, ends = ([sheet.count(words) for sheet in sheets] for words in ("suivent les", "pu être mesurée."))
    assert sum(starts) == 61
    assert starts == ends
