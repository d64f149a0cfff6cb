"""The sentences say what the numbers say, and no more."""

import math
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from fissura.data.labelled import LabelledImages, TrainTest
from fissura.data.mnist import FOREIGN_ORIGIN, OFFICIAL_ORIGIN
from fissura.evaluation import Evaluation
from fissura.language import Language, language
from fissura.layers import layer_table
from fissura.metrics import Measure
from fissura.models import build
from fissura.reporting.cells import duration, number_cell, with_interval
from fissura.reporting.phrases import network_title, p_value, points
from fissura.reporting.recipe_table import recipe_rows
from fissura.reporting.results import Contender, LabResult
from fissura.reporting.tables import comparison_rows, duel_rows, evaluation_rows, layer_rows
from fissura.reporting.words import conclusion, key_sentence
from fissura.reporting.worth import what_an_accuracy_is_worth
from fissura.training import Recipe

ENGLISH = language("en")
CLASSES = ("0", "1")


def images(n, split="test", origin=OFFICIAL_ORIGIN):
    names = tuple(f"{split}-{index}" for index in range(n))
    labels = np.arange(n, dtype=np.int64) % 2
    return LabelledImages(np.zeros((n, 2, 2), np.uint8), labels, CLASSES, names, origin, split)


def evaluation(wrong, n=1000, split="test", origin=OFFICIAL_ORIGIN):
    """An evaluation that is wrong on just the images at ``wrong``."""
    judged = images(n, split, origin)
    predicted = judged.labels.copy()
    predicted[list(wrong)] = 1 - predicted[list(wrong)]
    return Evaluation(judged, np.where(np.eye(2)[predicted] > 0, 0.9, 0.1).astype(np.float32))


def contender(name, wrong, parameters=100, multiply_adds=1000, train_errors=0, seeds=(12,), **kind):
    runs = tuple(
        SimpleNamespace(
            name=name,
            table=SimpleNamespace(parameters=parameters, multiply_adds=multiply_adds),
            test=evaluation(range(k, max(wrong, default=-1) + 1) if k else wrong, **kind),
            train=evaluation(range(train_errors), split="train"),
            classifier=SimpleNamespace(provenance=SimpleNamespace(recipe={"seed": seed}, data={})),
            timing=SimpleNamespace(seconds=2.0, device="CPU"),
        )
        for k, seed in enumerate(seeds)
    )
    return Contender(runs)


def lab(*contenders, embedded=False):
    test = contenders[0].first.test.images
    return LabResult(TrainTest(images(1000, "train"), test, "mnist", embedded), "lab", contenders, "fissura lab")


def told(*contenders, **kind):
    return " ".join(conclusion(lab(*contenders, **kind), ENGLISH)).replace("\N{NO-BREAK SPACE}", " ")


def test_price_and_errors_are_the_ratio_and_the_share():
    text = told(contender("multinomial", range(829), 7850, 7840), contender("cnn1", range(358), 54410, 248768))
    assert "54,410 in CNN 1 against 7,850 in multinomial regression, 6.9 times as many" in text
    assert "248,768 against 7,840, 31.7 times as many" in text
    assert "829 with multinomial regression, 358 with CNN 1; that is 471 fewer (57 % fewer)" in text


def test_a_network_has_its_article_inside_a_french_sentence_and_a_capital_where_an_english_one_begins_with_it():
    networks = contender("cnn1", range(100)), contender("multinomial", range(20))
    assert "Multinomial regression is really the better" in told(*networks)
    assert key_sentence(lab(*networks), ENGLISH).startswith("Multinomial regression makes the fewest errors")
    french = " ".join(conclusion(lab(*networks), language("fr")))
    assert "20 avec la régression multinomiale" in french
    assert "le meilleur est réellement la régression multinomiale" in french


def test_a_path_that_stands_for_a_network_keeps_its_letters_where_a_sentence_begins_with_it():
    assert "runs/b is really the better" in told(contender("runs/a", range(100)), contender("runs/b", range(20)))


def test_significant_difference_is_said_to_be_real_with_its_interval():
    text = told(contender("cnn1", range(100)), contender("cnn2", range(20)))
    assert "CNN 2 is really the better of these two trained networks (McNemar, p < 0.001)" in text
    assert "between +6.28 and +9.68 percentage points" in text  # 81/1002 - 1/1002 ± 1.96 x 0.008678, by hand
    assert "cannot tell" not in text


def test_worse_second_network_is_called_worse():
    text = told(contender("cnn1", range(20)), contender("cnn2", range(100)))
    assert "that is 80 more (400 % more)" in text
    assert "CNN 2 is really the worse" in text


def test_no_significance_is_never_called_equal():
    text = told(contender("cnn1", range(30)), contender("cnn2", range(5, 30)))
    assert "The test images cannot tell them apart (McNemar, p = 0.062)" in text
    assert "This does not show that they are worth the same" in text
    assert "equal" not in text
    assert "really" not in text


def test_same_number_of_errors_has_no_percentage():
    text = told(contender("cnn1", range(30)), contender("cnn2", range(10, 40)))
    assert "30 with CNN 1 and 30 with CNN 2." in text
    assert "cannot tell them apart (McNemar, p = 1.00)" in text
    assert "fewer" not in text
    assert "more (" not in text


def test_no_errors_at_all_or_in_the_first_network():
    assert "Neither makes an error" in told(contender("cnn1", ()), contender("cnn2", ()))
    assert "0 with CNN 1, 3 with CNN 2; that is 3 more." in told(contender("cnn1", ()), contender("cnn2", range(3)))


def test_interval_beside_zero_of_a_single_comparison_is_not_put_down_to_several():
    text = told(contender("a", range(60)), contender("b", range(60, 100)))  # 60 against 40: exact p = 0.0569
    assert "cannot tell them apart (McNemar, p = 0.057)" in text
    assert "comparisons" not in text
    assert "an approximation, leaves out 0; but the exact test does not find the evidence enough" in text


def test_interval_beside_zero_that_the_correction_overrules_is_explained():
    text = told(contender("a", range(9)), contender("b", [9]), contender("c", range(4, 9)))  # a, b: raw p = 0.021
    assert "cannot tell them apart (McNemar, p = 0.064)" in text
    assert "leaves out 0; but 3 comparisons were made at once" in text


def test_equal_price_is_not_a_ratio():
    text = told(contender("cnn1", range(3)), contender("cnn1", range(4)))
    assert "Parameters: 100 in both. Multiply-adds for one image: 1,000 in both." in text


def test_single_training_claims_nothing_about_other_seeds():
    text = told(contender("cnn1", range(30)), contender("cnn2", range(5)))
    assert "trained once, with seed 12. A single training says nothing about another seed" in text
    assert "not the recipes" in text
    assert "±" not in text
    assert "nan" not in text


def test_trainings_of_different_seeds_are_told_with_all_of_them_in_order():
    text = told(contender("cnn1", range(30), seeds=(12,)), contender("cnn2", range(5), seeds=(2,)))
    assert "trained once, with a seed of its own (2, 12)" in text


def test_several_seeds_have_mean_and_deviation():
    text = told(contender("cnn1", range(30), seeds=(12, 13, 14)), contender("cnn2", range(5), seeds=(12, 13, 14)))
    assert "Over 3 seeds" in text
    assert "CNN 1 97.10 ± 0.10 %" in text
    assert "networks of the first seed (12), not the recipes" in text


def test_gap_between_training_and_test_is_read_against_the_interval():
    assert "better than new ones" in told(contender("cnn1", range(100)))
    assert "(+10.00 points)" in told(contender("cnn1", range(100)))
    assert "no sign here" in told(contender("cnn1", range(100), train_errors=95))
    assert "easier ones" in told(contender("cnn1", range(100), train_errors=300))


def test_embedded_images_are_announced_first_with_their_own_number():
    paragraphs = conclusion(lab(contender("cnn1", range(5), n=382), embedded=True), ENGLISH)
    assert paragraphs[0].startswith("NOT MNIST")
    assert "382 test digits" in paragraphs[0]


def test_key_sentence_claims_only_what_the_duels_show():
    clear = lab(contender("multinomial", range(300)), contender("cnn1", range(100)), contender("cnn2", range(20)))
    assert "CNN 2 makes the fewest errors" in key_sentence(clear, ENGLISH)
    close = lab(contender("multinomial", range(300)), contender("cnn1", range(22)), contender("cnn2", range(20)))
    assert "cannot tell it apart from: CNN 1." in key_sentence(close, ENGLISH)
    assert key_sentence(lab(contender("cnn1", range(3))), ENGLISH) == "Errors of CNN 1 on the 1,000 test images: 3."


@pytest.mark.parametrize(
    ("judged", "kind", "fact"),
    [
        (evaluation(range(3)), {}, "written by other people"),
        (evaluation(range(3), origin=FOREIGN_ORIGIN), {}, "not known here"),
        (evaluation(range(3), n=382), {"embedded": True}, "13 people filled in 14 forms"),
        (evaluation(range(3), split="train"), {}, "learned from"),
        (evaluation(range(3), split="validation"), {}, "held out"),
    ],
)
def test_worth_of_an_accuracy_names_what_may_leak(judged, kind, fact):
    text = what_an_accuracy_is_worth(judged, ENGLISH, **kind)
    assert fact in text
    assert ENGLISH.interval(judged.accuracy.low, judged.accuracy.high) in text


def test_p_values_points_and_durations():
    assert p_value(0.0004, ENGLISH).replace("\N{NO-BREAK SPACE}", " ") == "p < 0.001"
    assert p_value(0.0321, ENGLISH).endswith("0.032")
    assert [p_value(p, ENGLISH)[-6:] for p in (0.0499, 0.0501)] == ["0.0499", "\N{NO-BREAK SPACE}0.050"]
    assert p_value(1.0, ENGLISH).endswith("1.00")
    assert p_value(0.0004, language("fr")).endswith("0,001")
    assert (points(0.0086, ENGLISH), points(-0.0145, ENGLISH), points(0.0, ENGLISH)) == ("+0.86", "−1.45", "0.00")
    assert duration(math.nan, ENGLISH) == "–"


def test_unknown_network_keeps_its_own_name():
    assert network_title("resnet", ENGLISH) == "resnet"
    assert network_title("multinomial", ENGLISH) == "Multinomial regression"


def test_layer_table_holds_the_answers_of_the_course():
    table = layer_table(build("cnn2", (28, 28), 10), (1, 28, 28))
    rows = layer_rows(table, ENGLISH).rows
    parameters = ["0", "320", "0", "18,496", "0", "0", "204,928", "1,290", "225,034"]
    assert [row[3].split("\n")[0] for row in rows] == parameters
    assert rows[1][2].replace("\N{NO-BREAK SPACE}", " ") == "26 × 26 × 32\n(28 − 3 + 2 × 0)/1 + 1 = 26"
    assert rows[1][3].replace("\N{NO-BREAK SPACE}", " ").endswith("(3 × 3 × 1 + 1) × 32")


def test_class_without_images_has_a_dash_and_no_nan():
    judged = evaluation(())
    three = replace(judged.images, classes=("0", "1", "2"))
    probabilities = np.pad(judged.probabilities, ((0, 0), (0, 1)))
    table = evaluation_rows(Evaluation(three, probabilities), ENGLISH)
    assert table.rows[2] == ("2", "0", "–", "–", "–", "–")
    assert with_interval(evaluation((), n=0).accuracy, ENGLISH) == "–"


def test_no_share_with_a_mistake_is_written_as_all_and_none_that_is_not_none_as_nothing():
    nearly = evaluation((0,), n=60000).accuracy
    assert with_interval(nearly, ENGLISH).startswith("99.998\N{NO-BREAK SPACE}%")
    assert with_interval(evaluation((), n=60000).accuracy, ENGLISH).startswith("100.00\N{NO-BREAK SPACE}%")
    assert "accuracy of 99.998\N{NO-BREAK SPACE}%" in what_an_accuracy_is_worth(evaluation((0,), n=60000), ENGLISH)
    assert (
        number_cell(Measure(0.99996, 0.999, 1.0), ENGLISH)
        == "0.99996\n0.9990\N{NO-BREAK SPACE}–\N{NO-BREAK SPACE}1.0000"
    )
    assert ENGLISH.share(0.00003, 1) == "0.003\N{NO-BREAK SPACE}%"
    assert (ENGLISH.fraction(0.0, 3), ENGLISH.fraction(1.0, 3), ENGLISH.fraction(1.00001, 3)) == (
        "0.000",
        "1.000",
        "1.000",
    )
    assert language("fr").share(0.99998) == "99,998\N{NO-BREAK SPACE}%"


def test_a_difference_says_which_network_is_taken_from_which():
    table = duel_rows(lab(contender("cnn1", range(30)), contender("cnn2", range(10))), ENGLISH)
    told = dict(zip(table.columns, table.rows[0], strict=True))
    assert told["First and second network"] == "CNN 1 – CNN 2"
    assert (told["Only the second is right"], told["Second minus first, in points"]) == ("20", "+2.00")


def test_every_row_has_as_many_cells_as_columns():
    several = lab(contender("cnn1", range(9), seeds=(1, 2)), contender("cnn2", range(4), seeds=(1, 2)))
    recipe = Recipe(momentum=0.9, schedule="one-cycle", warmup=0.2, augmentation="affine")
    tables = (
        comparison_rows(several, ENGLISH),
        comparison_rows(lab(contender("cnn1", ())), ENGLISH),
        duel_rows(several, ENGLISH),
        evaluation_rows(several.contenders[0].first.test, ENGLISH),
        recipe_rows(recipe.as_dict(), ENGLISH),
    )
    for table in tables:
        assert {len(row) for row in table.rows} == {len(table.columns)}


@pytest.mark.parametrize("spoken", [ENGLISH, language("fr")], ids=lambda spoken: spoken.code)
def test_every_case_can_be_said_in_every_language(spoken: Language):
    cases = [
        (contender("multinomial", range(40)), contender("cnn1", range(9)), contender("cnn2", range(8))),
        (contender("cnn1", ()), contender("cnn2", ())),
        (contender("cnn1", (), seeds=(1, 2)), contender("cnn2", range(3), seeds=(1, 2))),
        (contender("cnn1", range(99), parameters=5),),
    ]
    for case in cases:
        for paragraph in conclusion(lab(*case, embedded=True), spoken):
            assert "{" not in paragraph
            assert "nan" not in paragraph
