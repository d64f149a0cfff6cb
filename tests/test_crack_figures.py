"""The figures of the lab's second part are drawn, always the same, for every case that data may bring."""

import io
import xml.etree.ElementTree as ElementTree
from types import SimpleNamespace

import crack_case
import numpy as np
import pytest
from crack_case import judged
from PIL import Image

from fissura.data.splits import Leaks
from fissura.judgement import Judgement
from fissura.language import language
from fissura.reporting.crack_figures import (
    five_and_five,
    ladder_picture,
    looked_at,
    where_it_looks,
    wrong_calls_sheet,
)
from fissura.reporting.crack_results import Ladder, Rung
from fissura.reporting.figures import validation_curves
from fissura.training import History

ENGLISH, FRENCH = language("en"), language("fr")


@pytest.fixture(scope="module")
def run():
    shots = crack_case.photographs()
    return crack_case.run_result(shots.data)


def size(png):
    with Image.open(io.BytesIO(png)) as picture:
        picture.load()
        return picture.size


def written(svg):
    """The words of an SVG: Matplotlib leaves them as comments beside the drawn letters."""
    ElementTree.fromstring(svg)
    return svg.decode("utf-8").replace("\N{NO-BREAK SPACE}", " ").replace("\N{NARROW NO-BREAK SPACE}", " ")


def ladder(*rungs):
    """Rungs from (name, counts); the first two names are of the trainings."""
    made = []
    for name, counts in rungs:
        own = name in ("random", "grouped")
        leaks = Leaks(200, 3, 0, 3) if own else None
        made.append(Rung(name, judged(*counts), SimpleNamespace() if own else None, leaks))
    return Ladder(tuple(made))


CASES = {
    "three": [("random", (99, 1, 99, 1)), ("grouped", (97, 3, 98, 2)), ("asphalt", (30, 70, 80, 20))],
    "drawn": [("grouped", (97, 3, 98, 2))],
    "perfect": [("random", (100, 0, 100, 0)), ("grouped", (100, 0, 100, 0))],
    "worse than chance": [("grouped", (60, 40, 60, 40)), ("asphalt", (5, 95, 5, 95))],
    "one class": [("grouped", (97, 3, 98, 2)), ("asphalt", (30, 70, 0, 0))],
    "many": [("grouped", (97, 3, 98, 2)), *((f"wall {k}", (60 + k, 40 - k, 80, 20)) for k in range(6))],
    "hostile": [("grouped", (97, 3, 98, 2)), ("<script>$x\x00" + "w" * 60, (60, 40, 80, 20))],
}


@pytest.mark.parametrize("spoken", [ENGLISH, FRENCH], ids=lambda spoken: spoken.code)
@pytest.mark.parametrize("case", CASES)
def test_every_ladder_is_drawn(case, spoken):
    first = ladder_picture(ladder(*CASES[case]), spoken)
    assert "</svg>" in written(first)
    assert ladder_picture(ladder(*CASES[case]), spoken) == first


def test_rungs_have_their_numbers_names_and_scores():
    text = written(ladder_picture(ladder(*CASES["three"]), ENGLISH))
    for words in ("1. Random split, n = 200", "2. Grouped split, n = 200", "3. asphalt, n = 200", "99.00 %", "55.00 %"):
        assert f"<!-- {words} -->" in text
    assert "nan" not in written(ladder_picture(ladder(*CASES["one class"]), ENGLISH))


def test_crowded_first_rungs_are_enlarged_when_another_lies_far_below():
    crowded = [("random", (4000, 1, 4000, 1)), ("grouped", (3990, 10, 3995, 5)), ("asphalt", (30, 70, 80, 20))]
    assert "The first rungs, enlarged" in written(ladder_picture(ladder(*crowded), ENGLISH))
    assert "enlarged" not in written(ladder_picture(ladder(*crowded[:2]), ENGLISH))
    assert "enlarged" not in written(ladder_picture(ladder(*CASES["worse than chance"]), ENGLISH))


def test_chance_is_drawn_where_it_is_in_view():
    assert "Chance" in written(ladder_picture(ladder(*CASES["worse than chance"]), ENGLISH))
    assert "Chance" not in written(ladder_picture(ladder(*CASES["perfect"]), ENGLISH))


def test_five_of_each_class_lie_in_two_rows():
    images = crack_case.stripes(40)
    width, height = size(five_and_five(images, ENGLISH))
    assert width > height
    assert five_and_five(images, ENGLISH) == five_and_five(images, ENGLISH)


def test_class_with_few_images_shows_what_it_has():
    few = crack_case.stripes(40).subset(np.array([0, 2, 4, 1]))
    assert size(five_and_five(few, ENGLISH))


def test_evidence_is_drawn_beside_every_chosen_image(run):
    test = run.decided.test
    two = where_it_looks(run.classifier, test.images, [0, 1], ENGLISH)
    four = where_it_looks(run.classifier, test.images, [0, 1, 2, 3], ENGLISH)
    assert two == where_it_looks(run.classifier, test.images, [0, 1], ENGLISH)
    assert size(four)[1] > size(two)[1]


def test_network_without_a_map_has_no_picture_of_it(run):
    images = run.decided.test.images
    assert where_it_looks(crack_case.classifier_without_map(), images, [0], ENGLISH) is None
    assert where_it_looks(run.classifier, images, [], ENGLISH) is None


def test_hits_are_spread_and_mistakes_are_the_surest():
    judgement = judged(50, 9, 50, 2)
    chosen = looked_at(judgement, each=4)
    assert chosen[:4] == [0, 16, 33, 49]
    assert chosen[4:] == [
        *(call.index for call in judgement.misses(4)),
        *(call.index for call in judgement.false_alarms(4)),
    ]
    assert len(chosen) == 10
    assert looked_at(judged(0, 0, 5, 0)) == []


def test_wrong_calls_fill_the_sheet_row_by_row():
    images = crack_case.stripes(40)
    judgement = Judgement(images, np.where(images.labels == 1, 0.2, 0.1))
    assert len(judgement.misses()) == 20
    _, four = size(wrong_calls_sheet(judgement, judgement.misses()[:4], ENGLISH))
    _, all_of_them = size(wrong_calls_sheet(judgement, judgement.misses(), ENGLISH))
    assert abs(all_of_them - 3 * four) <= 3


def test_least_validation_loss_is_marked_and_named():
    run = SimpleNamespace(history=History((0.9, 0.5, 0.4), (0.8, 0.5, 0.6), (10, 20, 18)))
    text = written(validation_curves(run, 24, ENGLISH))
    for words in ("Training", "Validation", "Lowest validation loss: epoch 2"):
        assert f"<!-- {words} -->" in text
    assert validation_curves(run, 24, ENGLISH) == validation_curves(run, 24, ENGLISH)
    assert written(validation_curves(SimpleNamespace(history=History((0.9,), (0.8,), (10,))), 24, FRENCH))
