"""The pages on cracks are whole, self-contained, safe and repeat themselves; their numbers fit the schema."""

import html
import json
import re
from dataclasses import replace
from pathlib import Path

import crack_case
import jsonschema
import pytest
from test_page import HOSTILE, read

from fissura.data.folder import LeftOut
from fissura.errors import DataError
from fissura.language import language
from fissura.reporting.crack_page import audit_rows, crack_lab_page, ladder_page
from fissura.reporting.crack_results import GROUPED
from fissura.reporting.page import run_page

ENGLISH, FRENCH = language("en"), language("fr")
SCHEMA = json.loads((Path(__file__).parent.parent / "docs" / "results.schema.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def lab():
    return crack_case.crack_lab()


@pytest.fixture(scope="module")
def page(lab):
    return crack_lab_page(lab, ENGLISH)


@pytest.fixture(scope="module")
def drawn():
    return crack_case.crack_lab(embedded=True, also=False, wish=None, recipe="cracks-lab")


def text_of(page):
    return " ".join(" ".join(read(page).text).replace("\N{NO-BREAK SPACE}", " ").split())


def test_every_question_of_the_course_has_its_heading(page):
    numbered = re.findall(r'<h2 id="q(\d)"><span class="q">\d</span> ([^<]+)</h2>', page)
    assert numbered == [
        ("1", "Data"),
        ("2", "Look at it"),
        ("3", "Split"),
        ("4", "Dataset and normalisation"),
        ("5", "Loss and optimiser"),
        ("6", "A convolutional network"),
    ]


def test_page_loads_nothing_from_anywhere(page):
    loads = read(page).loads
    assert loads
    assert all(address.startswith("data:image/") for address in loads)
    outside = re.sub(r"data:image/[a-z+]+;base64,[A-Za-z0-9+/=]+", "", page)
    assert not re.search(r"https?://|[\"'(]//|@import|url\(", outside)


def test_every_picture_says_what_it_shows(page):
    alts = re.findall(r'<img src="[^"]+" alt="([^"]*)"', page)
    assert len(alts) == page.count("<img ")
    assert len(alts) >= 8
    assert all(alts)


def test_same_lab_gives_the_same_bytes(lab, page):
    assert crack_lab_page(lab, ENGLISH) == page


def test_numbers_of_the_lab_are_there(lab, page):
    text = text_of(page)
    test = lab.run.decided.test.here
    for words in (
        ENGLISH.number(lab.run.table.parameters),
        ENGLISH.percent(test.accuracy.value),
        f"{test.false_negatives} of {test.recall.n}",
        "Training images: 72; validation images: 24; test images: 24",
        "(64, 1, 24, 24)",
        "3. asphalt",
        lab.photographs.parted(GROUPED).data.test.fingerprint,
        "fissura lab --part cracks",
        "BCEWithLogitsLoss",
        "2 ★",
    ):
        assert words.replace("\N{NO-BREAK SPACE}", " ") in text


def test_the_batch_that_is_shown_is_not_called_the_one_trained_on(page):
    assert "in training the weights are drawn before it, which changes its order" in text_of(page)


def test_the_handouts_recipe_is_named_where_another_one_was_used(page, drawn):
    assert "--crack-recipe cracks-lab" in text_of(page)
    assert "--crack-recipe cracks-lab" not in text_of(crack_lab_page(drawn, ENGLISH))


def test_the_handouts_word_for_accuracy_is_explained_in_french(lab):
    assert "l'énoncé du TP l'appelle « précision »" in text_of(crack_lab_page(lab, FRENCH))


def test_traps_are_told_where_they_teach(page):
    assert page.count('class="note trap"') == 5


def test_photographs_carry_no_banner_and_drawn_images_do(page, drawn):
    assert 'class="banner"' not in page
    text = crack_lab_page(drawn, ENGLISH)
    assert 'class="banner"' in text
    assert "NOT PHOTOGRAPHS" in text
    assert "What the audit found" not in text
    assert "0.5000 is taken off and the rest is divided by 0.5000" in text_of(text)


@pytest.mark.parametrize("which", ["lab", "drawn"])
def test_french_pages_are_whole(which, request):
    result = request.getfixturevalue(which)
    french = read(crack_lab_page(result, FRENCH))
    assert french.language == "fr"
    assert "nan" not in " ".join(french.text).split()


def test_names_from_the_data_are_text_and_never_markup():
    images = crack_case.stripes(classes=("intact", HOSTILE), origin=HOSTILE)
    result = crack_case.crack_lab(images=images, also=False)
    left = LeftOut(HOSTILE, DataError("{name} is empty.", name=HOSTILE))
    result = replace(result, photographs=replace(result.photographs, left_out=(left,)), command=HOSTILE)
    page = crack_lab_page(result, ENGLISH)
    assert "<script>alert" not in page
    assert read(page).tags.count("script") == 1
    assert HOSTILE in "".join(read(page).text)
    assert f"{HOSTILE} is empty." in html.unescape(page)


def test_ladder_page_has_every_rung_and_its_command(lab):
    page = ladder_page(lab.ladder, lab.photographs, ENGLISH, "fissura ladder stripes")
    text = text_of(page)
    for words in ("1. Random split", "2. Grouped split", "3. asphalt", "fissura ladder stripes", "Random seed 12"):
        assert words in text
    assert read(page).language == "en"
    assert page == ladder_page(lab.ladder, lab.photographs, ENGLISH, "fissura ladder stripes")


def test_run_page_of_two_classes_has_the_judgement(lab):
    data = lab.photographs.parted(GROUPED).data
    page = run_page(lab.run, data, ENGLISH, "fissura train")
    text = text_of(page)
    for words in (
        "A threshold for a wish",
        "Do the probabilities mean what they say?",
        "Where the network looks",
        "validation images: 24",
        "binary_cross_entropy_with_logits",
        "Validation accuracy",
        "neither another wall, camera or light",
    ):
        assert words in text
    assert "another pen, scanner" not in text
    assert 'class="banner"' not in page


def test_run_page_of_drawn_images_does_not_speak_of_mnist(drawn):
    page = run_page(drawn.run, drawn.photographs.parted(GROUPED).data, FRENCH, "fissura train")
    assert 'class="banner"' in page
    assert "MNIST" not in page


def test_audit_table_counts_pairs_by_kind(lab):
    rows = dict(audit_rows(lab.audit, ENGLISH).rows)
    assert rows["Images"] == "120"
    assert rows["Copies with different labels"] == "0"
    assert sum(name.startswith("Pairs: ") for name in rows) == len(lab.audit.kinds)


@pytest.mark.parametrize("which", ["lab", "drawn"])
def test_results_are_as_the_schema_says(which, request):
    result = request.getfixturevalue(which)
    ladder = {"kind": "ladder", "rungs": result.ladder.as_dict()}
    validator = jsonschema.Draft202012Validator(SCHEMA)
    for record in (result.as_dict(), result.run.as_dict(), ladder):
        whole = json.loads(json.dumps(record, allow_nan=False))
        assert list(validator.iter_errors(whole)) == []


def test_schema_notices_what_is_missing_or_new(lab):
    validator = jsonschema.Draft202012Validator(SCHEMA)
    whole = json.loads(json.dumps(lab.as_dict()))
    assert list(validator.iter_errors({key: whole[key] for key in whole if key != "ladder"}))
    assert list(validator.iter_errors({**whole, "new": 1}))
