"""The page is whole, self-contained, safe and repeats itself."""

import html
import re
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest
import torch

from fissura.classifier import Classifier, Preprocessing, Provenance
from fissura.data.labelled import LabelledImages, TrainTest
from fissura.evaluation import evaluate
from fissura.language import language
from fissura.layers import layer_table
from fissura.models import build
from fissura.reporting.page import lab_page, run_page
from fissura.reporting.results import Contender, LabResult, RunResult, Timing
from fissura.training import History, Recipe

ENGLISH, FRENCH = language("en"), language("fr")
NETWORKS = ("multinomial", "cnn1", "cnn2")
HOSTILE = "<script>alert('&')</script>"
VOID = {"meta", "img", "br", "link", "input", "hr"}


class Reader(HTMLParser):
    """Checks that what is opened is closed, and collects what a browser would load."""

    def __init__(self):
        super().__init__()
        self.open, self.loads, self.text, self.tags, self.language = [], [], [], [], None

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        self.tags.append(tag)
        self.loads += [values[name] for name in ("src", "href", "srcset", "action", "data") if values.get(name)]
        self.language = values["lang"] if tag == "html" else self.language
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open
        assert self.open.pop() == tag

    def handle_data(self, data):
        if not self.open or self.open[-1] not in ("style", "script"):
            self.text.append(data)


def commands(page):
    """What the page says to type, word for word."""
    written = re.findall(r"<pre>(.*?)</pre>", page, re.DOTALL)
    return [" ".join(html.unescape(re.sub(r"<[^>]*>", "", each)).split()) for each in written]


def read(page):
    reader = Reader()
    reader.feed(page)
    reader.close()
    assert reader.open == []
    return reader


def images(n, split, classes, origin):
    labels = np.arange(n, dtype=np.int64) % len(classes)
    pixels = np.random.default_rng(n).integers(0, 256, (n, 12, 12), dtype=np.uint8)
    return LabelledImages(pixels, labels, classes, tuple(f"{split}-{k}" for k in range(n)), origin, split)


def data(classes=("0", "1", "2"), origin="drawn", embedded=False, split="test"):
    return TrainTest(images(70, "train", classes, origin), images(30, split, classes, origin), "drawn", embedded)


def result(network, source, seed=12):
    torch.manual_seed(seed)
    model = build(network, (12, 12), len(source.train.classes)).eval()
    recipe = Recipe(seed=seed).as_dict()
    provenance = Provenance(recipe=recipe, versions={"fissura": "0.1.0", "torch": "2"})
    classifier = Classifier(network, {}, model, source.train.classes, Preprocessing((12, 12), 0.5, 0.25), provenance)
    return RunResult(
        classifier=classifier,
        table=layer_table(model, (1, 12, 12)),
        history=History((0.9, 0.5, 0.4)),
        train=evaluate(classifier, source.train),
        test=evaluate(classifier, source.test),
        timing=Timing(3.0, "CPU, 1 thread"),
    )


def lab(source, seeds=(12,), networks=NETWORKS):
    contenders = tuple(Contender(tuple(result(name, source, seed) for seed in seeds)) for name in networks)
    return LabResult(source, "lab", contenders, "fissura lab --seeds 1")


@pytest.fixture(scope="module")
def whole():
    return lab(data(embedded=True))


@pytest.fixture(scope="module")
def page(whole):
    return lab_page(whole, ENGLISH)


def test_page_is_well_formed_and_says_its_language(page):
    assert read(page).language == "en"


def test_page_loads_nothing_from_anywhere(page):
    loads = read(page).loads
    assert loads
    assert all(address.startswith("data:image/") for address in loads)
    outside = re.sub(r"data:image/[a-z+]+;base64,[A-Za-z0-9+/=]+", "", page)
    assert not re.search(r"https?://|[\"'(]//|@import|url\(", outside)


def test_same_lab_gives_the_same_bytes(whole, page):
    assert lab_page(whole, ENGLISH) == page


def test_page_is_small(page):
    assert len(page.encode()) < 3_000_000


def test_every_question_of_the_course_has_its_heading(page):
    numbered = re.findall(r'<h2 id="q(\d)"><span class="q">\d</span> ([^<]+)</h2>', page)
    assert numbered == [
        ("1", "Data"),
        ("2", "Multinomial regression"),
        ("3", "Training"),
        ("4", "Evaluation"),
        ("5", "CNN 1"),
        ("6", "CNN 2"),
    ]


def test_numbers_of_every_network_are_there(whole, page):
    text = " ".join(read(page).text)
    for contender in whole.contenders:
        share = contender.first.test.accuracy
        assert ENGLISH.number(contender.first.table.parameters) in text
        assert ENGLISH.number(contender.first.table.multiply_adds) in text
        assert ENGLISH.percent(share.value) in text
        unbroken = ENGLISH.interval(share.low, share.high).replace("–", "–\N{WORD JOINER}")
        assert unbroken in text
    assert "(64, 1, 12, 12)" in text
    assert whole.data.train.fingerprint in text
    assert commands(page) == ["fissura lab --seeds 1"]


def test_embedded_images_carry_a_banner_and_others_do_not(page):
    assert 'class="banner"' in page
    assert 'class="banner"' not in lab_page(lab(data(), networks=("multinomial",)), ENGLISH)


def test_other_epochs_than_the_recipes_have_their_reason(whole):
    few = lab(data(embedded=True), networks=("multinomial",))
    recipe = few.contenders[0].first.classifier.provenance.recipe
    recipe["epochs"] = 122
    assert "Epochs here: 122, because so few images" in lab_page(few, ENGLISH)
    assert "Epochs here: 122, as asked." in lab_page(replace(few, command="fissura lab --epochs 122"), ENGLISH)
    assert "Epochs here" not in lab_page(whole, ENGLISH)


def test_every_picture_says_what_it_shows(page):
    alts = re.findall(r'<img src="[^"]+" alt="([^"]*)"', page)
    assert len(alts) == page.count("<img ")
    assert all(alts)


def test_names_from_the_data_are_text_and_never_markup():
    source = data(classes=(HOSTILE, "1"), origin=HOSTILE)
    page = run_page(result("multinomial", source), source, ENGLISH, f"fissura train {HOSTILE}")
    assert "<script>alert" not in page
    assert read(page).tags.count("script") == 1
    assert HOSTILE in "".join(read(page).text)


def test_run_page_is_whole_and_calls_validation_images_what_they_are():
    source = data(split="validation")
    page = run_page(result("cnn2", source), source, ENGLISH, "fissura train")
    text = " ".join(read(page).text)
    assert "Accuracy on the validation images" in text
    assert "Accuracy on the test images" not in text
    assert "whether a ReLU follows the dense layer of 128" in text


def test_several_seeds_and_unknown_times_are_said():
    several = lab(data(), seeds=(12, 13), networks=("multinomial", "cnn1"))
    text = " ".join(read(lab_page(several, ENGLISH)).text)
    assert "Over 2 seeds" in text
    assert "±" in text
    run = replace(several.contenders[0].first, timing=Timing(float("nan"), "CPU"))
    assert "nan" not in " ".join(read(run_page(run, several.data, ENGLISH, "x")).text).split()


def test_french_page_is_whole():
    french = lab_page(lab(data(), networks=("multinomial", "cnn2")), FRENCH)
    assert read(french).language == "fr"
    assert "nan" not in " ".join(read(french).text).split()
