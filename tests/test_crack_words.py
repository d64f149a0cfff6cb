"""The sentences on cracks say what the numbers say, and no more."""

from dataclasses import replace
from types import SimpleNamespace

import crack_case
import numpy as np
import pytest
from crack_case import judged

from fissura.data.splits import Leaks
from fissura.judgement import Judgement
from fissura.language import language
from fissura.metrics import alarm_at_most, miss_at_most, share_of, threshold_for
from fissura.metrics.calibration import CalibrationError, Temperature
from fissura.reporting.cells import three_digits
from fissura.reporting.crack_results import Ladder, Rung
from fissura.reporting.crack_words import audit_words, cost_words, crack_conclusion, key_words, memory_words
from fissura.reporting.curve_figures import threshold_name
from fissura.reporting.judgement_tables import judged_rows, judgement_rows, ladder_rows
from fissura.reporting.judgement_words import (
    calibrated_words,
    calibration_words,
    counted_words,
    interval_words,
    unlike_words,
    wish_words,
)
from fissura.reporting.ladder_words import elsewhere_words, ladder_words
from fissura.reporting.lines import judged_interval_line, surface_line
from fissura.reporting.recipe_table import recipe_rows
from fissura.training import RECIPES

ENGLISH, FRENCH = language("en"), language("fr")
TRAINED = SimpleNamespace()


@pytest.fixture(scope="module")
def lab():
    return crack_case.crack_lab()


def plain(text):
    return text.replace("\N{NO-BREAK SPACE}", " ")


def told(random=None, grouped=None, *further, leaking=30):
    """What is said of each rung; judgements by their four counts."""
    grouped = judged(*(grouped or (95, 5, 95, 5)))
    rungs = [Rung("grouped", grouped, TRAINED, Leaks(len(grouped.images), 0, 0, 0))]
    if random is not None:
        first = judged(*random)
        rungs.insert(0, Rung("random", first, TRAINED, Leaks(len(first.images), leaking, 0, leaking)))
    rungs += [Rung(f"elsewhere-{k}", judged(*counts)) for k, counts in enumerate(further)]
    return [plain(paragraph) for paragraph in ladder_words(Ladder(tuple(rungs)), ENGLISH)]


def test_every_rung_has_its_number_and_its_name():
    words = told((98, 2, 98, 2), None, (50, 50, 90, 10))
    assert [text.split(":")[0] for text in words[:3]] == ["1. Random split", "2. Grouped split", "3. elsewhere-0"]


def test_leak_is_counted_and_called_remembering():
    first = told((98, 2, 98, 2))[0]
    assert "30 of 200 test images (15.0 %) have a twin" in first
    assert "remembering" in first


def test_split_without_twins_is_not_accused():
    words = told((98, 2, 98, 2), (50, 50, 50, 50), leaking=0)
    assert "nothing is given away" in words[0]
    assert "memory" not in " ".join(words)
    assert "no twins were given away" in words[1]


def test_a_difference_whose_interval_holds_0_is_said_to_tell_nothing():
    second = told((97, 3, 97, 3), (95, 5, 95, 5))[1]
    assert "That is −2.00 points from the random split" in second
    assert "holds 0, so these numbers cannot tell" in second
    assert "memory" not in second


def test_clear_drop_is_called_partly_memory():
    second = told((100, 0, 100, 0), (80, 20, 80, 20))[1]
    assert "does not hold 0: the drop is more than" in second
    assert "partly memory" in second


def test_higher_number_on_the_grouped_split_is_no_drop():
    second = told((80, 20, 80, 20), (100, 0, 100, 0))[1]
    assert "the grouped split has the higher number" in second
    assert "memory" not in second


def test_twins_that_remain_on_the_grouped_split_are_told():
    grouped = judged(95, 5, 95, 5)
    rung = Rung("grouped", grouped, TRAINED, Leaks(200, 7, 0, 7))
    assert "Still 7 of 200 test images have a twin" in ladder_words(Ladder((rung,)), ENGLISH)[0]


def test_loss_elsewhere_is_told_with_its_points_and_its_kind_of_mistake():
    blind = told(None, None, (30, 70, 99, 1))[1]
    assert "−30.5 points from the grouped split (95 % interval −" in blind
    assert "), more than the chance of drawing images explains" in blind
    assert "sees too little" in blind
    loud = told(None, None, (99, 1, 30, 70))[1]
    assert "sees too much" in loud


def test_an_order_with_a_slip_in_it_is_not_told_as_all_cases():
    scores = np.r_[np.linspace(0.9, 1, 1000), np.linspace(0, 0.1, 999), 0.905]
    slip = replace(judged(1000, 0, 1000, 0), scores=scores)
    rungs = (Rung("grouped", judged(95, 5, 95, 5), TRAINED, Leaks(200, 0, 0, 0)), Rung("elsewhere", slip))
    words = plain(ladder_words(Ladder(rungs), ENGLISH)[1])
    assert "AUC 0.99995 (" in words
    assert "scores the right one higher in 99.995 % of the cases" in words


def test_no_loss_elsewhere_is_not_called_proof():
    same = told(None, None, (94, 6, 95, 5))[1]
    assert "do not show whether anything is lost" in same
    assert "sees too" not in same


def test_guessing_elsewhere_is_called_guessing():
    assert "cannot be told from guessing" in told(None, None, (50, 50, 50, 50))[1]
    assert "worse than guessing" in told(None, None, (10, 90, 10, 90))[1]


def test_folder_with_one_class_has_only_the_share_of_that():
    cracks = told(None, None, (70, 30, 0, 0))[1]
    assert "100 images of a single class; rightly classified: 70.00 %" in cracks
    assert "nan" not in cracks
    intact = told(None, None, (0, 0, 60, 40))[1]
    assert "100 images of a single class; rightly classified: 60.00 %" in intact


def test_conclusion_names_price_errors_wish_and_worth(lab):
    text = plain(" ".join(crack_conclusion(lab, ENGLISH)))
    test = lab.run.decided.test.here
    assert f"{lab.run.table.parameters:,} parameters" in text
    assert "the weights of epoch 2 are kept" in text
    assert f"Missed: {test.false_negatives} of" in text
    assert "The wish: to miss at most 20 %" in text
    assert "this is one, with seed 12" in text
    assert "asphalt: 40 images from elsewhere" in text
    assert "NOT PHOTOGRAPHS" not in text


def test_what_belongs_together_is_not_called_unknown_where_the_split_s_file_says_it(lab):
    by_file = replace(lab, photographs=replace(lab.photographs, grouped_by_file=True))
    for result, known in ((lab, False), (by_file, True)):
        said = " ".join(crack_conclusion(result, ENGLISH))
        assert ("is not known: neighbours" in said) is not known
        assert "neighbours that do not overlap may lie on both sides even of the grouped split" in said
        assert ("what the file of the split says" in said) is known


def test_drawn_images_are_announced_first():
    drawn = crack_case.crack_lab(embedded=True, also=False, wish=None)
    paragraphs = crack_conclusion(drawn, ENGLISH)
    assert paragraphs[0].startswith("NOT PHOTOGRAPHS: these are 120 drawn images")
    assert "random split" not in " ".join(paragraphs)
    assert audit_words(drawn, ENGLISH) == ["Each image was drawn anew, so there are no copies to look for."]
    assert memory_words(drawn, ENGLISH) == ""


def test_audit_words_count_twins_of_both_splits(lab):
    text = plain(" ".join(audit_words(lab, ENGLISH)))
    assert f"{lab.ladder.rungs[0].leaks.in_either} of 24 with the random split, 0 of 24 with the grouped one" in text


def copied(n, groups, together=None):
    """A lab whose audit found these groups of copies, and of copies and overlapping views."""
    copies = SimpleNamespace(distinct=max(groups) + 1)
    found = SimpleNamespace(names=["x"] * n, copies=copies, groups=np.array(together or groups))
    return SimpleNamespace(photographs=None, audit=found, ladder=Ladder(()))


def test_nothing_is_called_a_copy_where_there_is_none():
    assert audit_words(copied(3, [0, 1, 2]), ENGLISH) == [
        "No copies were found: 3 images, no two of which are the same, saved again, mirrored or turned."
    ]


def test_copies_are_counted_and_groups_told_where_views_overlap_alone():
    (told_of_copies,) = audit_words(copied(4, [0, 1, 2, 0]), ENGLISH)
    assert told_of_copies.endswith("mirrored or turned: 1 of 4 images. Distinct images: 3.")
    assert audit_words(copied(4, [0, 1, 2, 0], [0, 1, 1, 0]), ENGLISH)[1].endswith("they make 2 groups.")
    assert audit_words(copied(4, [0, 1, 2, 0], [0, 0, 0, 0]), ENGLISH)[1].endswith("they make a single group.")
    assert audit_words(copied(4, [0, 1, 2, 0], [0, 0, 0, 0]), FRENCH)[1].endswith("un seul groupe.")


def test_one_of_something_is_not_said_in_the_plural():
    assert "0 of 1 image of crack" in plain(counted_words(judged(1, 0, 9, 1), ENGLISH))
    assert "0 sur 1 image de la classe crack" in plain(counted_words(judged(1, 0, 9, 1), FRENCH))
    first = told((98, 2, 98, 2), leaking=1)[0]
    assert "1 of 200 test images (0.5 %) has a twin" in first
    one = Rung("grouped", judged(9, 1, 9, 1), TRAINED, Leaks(20, 1, 0, 1))
    assert "Still 1 of 20 test images has a twin" in ladder_words(Ladder((one,)), ENGLISH)[0]


def test_the_only_epoch_is_not_called_the_best_of_several(lab):
    history = replace(lab.run.history, losses=(0.9,), validation_losses=(0.8,), validation_correct=(10,))
    assert "are kept" not in cost_words(replace(lab.run, history=history), ENGLISH)
    assert "the weights of epoch 2 are kept" in cost_words(lab.run, ENGLISH)


def test_none_is_not_said_to_have_a_twin_where_some_have(lab):
    leaking = [replace(each, leaks=Leaks(24, 1, 0, 1)) if each.name == "grouped" else each for each in lab.ladder.rungs]
    text = plain(key_words(replace(lab, ladder=Ladder(tuple(leaking))), ENGLISH))
    assert "none has a known twin" not in text
    assert "on the test part of the grouped split: 12 of 24 images" in text


def test_what_is_unlike_is_warned_of_only_where_something_is():
    assert "is worth less" not in unlike_words(share_of(np.zeros(5, bool)), ENGLISH)
    assert "1 of 5 images" in unlike_words(share_of(np.arange(5) == 0), ENGLISH)
    assert "is worth less" in unlike_words(share_of(np.arange(5) == 0), ENGLISH)


def test_remembered_and_new_test_images_are_told_apart(lab):
    text = plain(memory_words(lab, ENGLISH))
    assert "of the test images with a twin" in text
    assert "proves nothing" in text


def test_key_sentence_names_errors_and_what_holds_elsewhere(lab):
    text = plain(key_words(lab, ENGLISH))
    assert "none has a known twin (a copy, a mirror image or an overlapping view) elsewhere: 12 of 24 images" in text
    assert "On other photographs, asphalt" in text


def test_counts_are_of_the_judgement():
    text = plain(counted_words(judged(90, 10, 95, 5), ENGLISH))
    assert "Rightly classified at threshold 0.5: 185 of 200 images, an accuracy of 92.50 %" in text
    assert "Missed: 10 of 100 images of crack, 10.00 %" in text
    assert "False alarms: 5 of 100 images of intact, 5.00 %" in text
    assert "False alarms" not in counted_words(judged(9, 1, 0, 0), ENGLISH)


def test_intervals_that_know_groups_say_so():
    assert "200 images are only 100 groups" in plain(interval_words(judged(90, 10, 95, 5, grouped=True), ENGLISH))
    assert "groups" not in interval_words(judged(90, 10, 95, 5), ENGLISH)


def decided(wish, validation, test, **changes):
    chosen = threshold_for(validation.scores, validation.positive, wish, validation.images.groups)
    return SimpleNamespace(
        chosen=chosen,
        wished=Judgement(test.images, test.scores, chosen.seen.threshold),
        test=test,
        uncalibrated=test,
        temperature=Temperature(1.5, 0.2, 0.1, 200, None, 200.0),
        **changes,
    )


@pytest.mark.parametrize(
    ("test", "fact"),
    [
        (judged(100, 0, 95, 5), "comes to 0 of 100, 0.00 % (0.00 – 3.70 %): the wish is kept there"),
        (judged(96, 4, 95, 5), "comes to 4 of 100, 4.00 % (1.57 – 9.84 %): the wish is kept there"),  # 1 - 0.96 > 0.04
        (judged(94, 6, 95, 5), "the wish is not kept there, but the interval reaches down to it"),
        (judged(60, 40, 95, 5), "by more than the chance of drawing these images explains"),
        (judged(17, 3, 95, 5), "with so few mistakes that may still be the chance"),  # from 5.2 %; exactly from 3.2 %
        (judged(0, 0, 95, 5), "hold none of that class"),
    ],
)
def test_wish_is_read_against_the_test_images(test, fact):
    settled = decided(miss_at_most("4%"), judged(96, 4, 100, 0), test)  # the threshold is half-way, near 0.5
    assert fact in plain(" ".join(wish_words(settled, ENGLISH)))


def test_promise_is_made_with_enough_images_and_refused_with_few():
    many = decided(miss_at_most("4%"), judged(297, 3, 95, 5), judged(100, 0, 95, 5))
    assert "To promise with 95 % confidence that the wish is kept" in plain(wish_words(many, ENGLISH)[1])
    few = decided(miss_at_most("1%"), judged(97, 3, 95, 5), judged(100, 0, 95, 5))
    assert "it takes 299" in wish_words(few, ENGLISH)[1]
    grouped = decided(miss_at_most("4%"), judged(297, 3, 95, 5, grouped=True), judged(100, 0, 95, 5))
    assert "of all groups" in wish_words(grouped, ENGLISH)[1]


def test_a_threshold_just_below_1_is_not_called_1():
    below = ["0.9997", "0.999681", "0.99999997"]
    assert [three_digits(value, ENGLISH) for value in (0.9997, 0.99968123, 1 - 3e-8)] == below
    assert [three_digits(value, ENGLISH) for value in (0.9987, 0.99, 1.0, 1.0004)] == ["0.999", "0.99", "1", "1"]
    assert threshold_name(0.9997, ENGLISH) == "Threshold 0.9997"
    assert threshold_name(1.0, ENGLISH) == "Threshold 1.0"


def test_wish_for_few_alarms_speaks_of_alarms():
    settled = decided(alarm_at_most("2%"), judged(97, 3, 95, 5), judged(100, 0, 95, 5))
    text = plain(wish_words(settled, ENGLISH)[0])
    assert "The wish: a false alarm on at most 2 % of the images of intact" in text


def test_without_a_wish_the_option_is_named():
    none = SimpleNamespace(chosen=None, wished=None)
    assert "--miss-at-most" in wish_words(none, ENGLISH)[0]


@pytest.mark.parametrize(
    ("temperature", "fact"),
    [
        (Temperature(1.5, 0.2, 0.1, 200, None, 200.0), "above 1, so the network was too sure"),
        (Temperature(1.0, 0.1, 0.1, 200, None, 200.0), "it is 1; these images cannot tell it from 1"),
        (Temperature(1.2, 0.1095, 0.1, 200, None, 200.0), "it is 1.2; these images cannot tell it from 1"),
        (Temperature(1.2, 0.1097, 0.1, 200, None, 200.0), "it is 1.2: above 1, so the network was too sure"),
        (Temperature(0.8, 0.2, 0.1, 200, None, 200.0), "below 1, so this network was not sure enough"),
        (Temperature(1.0, 0.0, 0.0, 200, "undetermined", 200.0), "leave it open"),
        (Temperature(20.0, 0.7, 0.6, 200, "flattest", 200.0), "its end was taken, 20"),
    ],
)
def test_temperature_is_explained(temperature, fact):
    settled = decided(miss_at_most("4%"), judged(97, 3, 95, 5), judged(90, 10, 95, 5))
    settled.temperature = temperature
    assert fact in plain(calibration_words(settled, ENGLISH)[0])


@pytest.mark.parametrize(
    ("value", "limit", "said"),
    [
        (0.70, 0.28, "off by more than chance explains"),
        (0.10, 0.28, "So few images cannot tell"),
        (0.02, 0.03, "hold nothing against"),
        (0.04, 0.03, "off by more than chance explains"),
    ],
)
def test_probabilities_are_called_off_wherever_they_are_and_fine_only_where_it_can_be_told(value, limit, said):
    judgement = SimpleNamespace(calibration={"mass": CalibrationError(value, 0.01, limit)})
    settled = SimpleNamespace(
        temperature=Temperature(1.5, 0.2, 0.1, 200, None, 200.0), uncalibrated=judgement, test=judgement
    )
    for text in (calibrated_words(judgement, ENGLISH), calibration_words(settled, ENGLISH)[1]):
        assert [each for each in ("off by more", "few images cannot", "hold nothing") if each in text] == [
            each for each in ("off by more", "few images cannot", "hold nothing") if each in said
        ]


def test_a_class_that_is_one_photograph_leaves_the_auc_without_an_interval():
    one = judged(97, 3, 95, 5)
    groups = np.where(one.positive, 0, 1 + np.arange(len(one.images)))
    images = replace(one.images, groups=groups.astype(np.int64))
    there = Judgement(images, one.scores, one.threshold)
    said = elsewhere_words(Rung("NAME", there, TRAINED), Rung("grouped", one, TRAINED), ENGLISH)
    assert "nan" not in said
    assert "The AUC has no interval" in said
    assert "nan" not in surface_line(there, ENGLISH)
    assert "AUC and average precision have none" in judged_interval_line(there, ENGLISH)


def test_calibration_error_is_read_against_chance():
    def with_error(value, limit):
        return SimpleNamespace(calibration={"mass": CalibrationError(value, 0.01, limit)})

    fine = SimpleNamespace(
        temperature=Temperature(1.5, 0.2, 0.1, 200, None, 200.0),
        uncalibrated=with_error(0.05, 0.03),
        test=with_error(0.02, 0.03),
    )
    text = calibration_words(fine, ENGLISH)[1]
    assert "hold nothing against these probabilities" in text
    assert "did not bring them nearer" not in text
    bad = SimpleNamespace(
        temperature=Temperature(1.5, 0.2, 0.1, 200, None, 200.0),
        uncalibrated=with_error(0.05, 0.03),
        test=with_error(0.06, 0.03),
    )
    text = calibration_words(bad, ENGLISH)[1]
    assert "off by more than chance explains" in text
    assert "did not bring them nearer" in text


def test_tables_have_a_cell_for_each_column(lab):
    for table in (judgement_rows(lab.run.decided, ENGLISH), ladder_rows(lab.ladder, ENGLISH)):
        assert {len(row) for row in table.rows} == {len(table.columns)}


def test_judgement_table_has_counts_scores_and_both_calibration_errors(lab):
    table = judgement_rows(lab.run.decided, ENGLISH)
    names = [row[0] for row in table.rows]
    assert names[:4] == ["Found", "Missed", "False alarms", "Rightly passed"]
    assert names[-5:] == [
        "Brier score",
        "Log loss",
        "Calibration error",
        "Calibration error by chance alone",
        "Calibration error before the temperature",
    ]
    assert len(table.columns) == 3


def test_ladder_table_has_no_twins_for_other_folders(lab):
    table = ladder_rows(lab.ladder, ENGLISH)
    assert [row[0] for row in table.rows] == ["1. Random split", "2. Grouped split", "3. asphalt"]
    assert [row[1] for row in table.rows][1:] == ["24\n0 with a twin", "40"]


def test_recipe_table_tells_what_is_special_about_cracks():
    rows = {row[0]: row[1:] for row in recipe_rows(RECIPES["cracks"].recipe.as_dict(), ENGLISH, one_cell=True).rows}
    assert rows["Loss"][0] == "binary_cross_entropy_with_logits"
    assert rows["augmentation"][0] == "photographs"
    assert {"class_weights", "keep"} <= rows.keys()
    assert "patience" not in rows
    literal = RECIPES["cracks-lab"].recipe
    rows = {row[0]: row[1:] for row in recipe_rows(literal.as_dict(), ENGLISH, one_cell=True).rows}
    assert rows["Optimiser"][0] == "adam"
    assert rows["Learning rate"][1].startswith("what each step")  # of Adam not what the gradient is multiplied by
    assert rows["Normalisation"][0] == "half"
    assert "augmentation" not in rows
    patient = replace(literal, patience=2, augmentation="symmetries").as_dict()
    rows = {row[0]: row[1:] for row in recipe_rows(patient, ENGLISH).rows}
    assert rows["Loss"][0] == "cross_entropy"
    assert rows["patience"][0] == "2"
    assert "8 forms" in rows["augmentation"][1]


@pytest.mark.parametrize("spoken", [ENGLISH, FRENCH], ids=lambda spoken: spoken.code)
def test_every_case_can_be_said_in_every_language(spoken, lab):
    cases = [lab, crack_case.crack_lab(embedded=True, also=False, wish=None)]
    said = [text for case in cases for text in crack_conclusion(case, spoken) + ladder_words(case.ladder, spoken)]
    said += [text for case in cases for text in calibration_words(case.run.decided, spoken)]
    counts = [(100, 0, 100, 0), (80, 20, 80, 20), (50, 50, 50, 50), (9, 1, 0, 0)]
    for first in counts[:3]:
        for second in counts[:3]:
            random = Rung("random", judged(*first), TRAINED, Leaks(200, 3, 0, 3))
            grouped = Rung("grouped", judged(*second), TRAINED, Leaks(200, 0, 0, 0))
            also = [Rung("elsewhere", judged(*each)) for each in counts]
            said += ladder_words(Ladder((random, grouped, *also)), spoken)
    assert all("{" not in text and "nan" not in text for text in said)


def test_threshold_of_a_judgement_is_that_of_its_counts():
    judgement = judged(90, 10, 95, 5)
    lower = Judgement(judgement.images, judgement.scores, 0.0)
    assert "at threshold 0:" in counted_words(lower, ENGLISH)
    assert np.count_nonzero(lower.scores >= 0) == lower.here.true_positives + lower.here.false_positives


def test_the_line_under_a_table_calls_only_the_intervals_of_shares_wilsons():
    def line(grouped, scores=None):
        said = judged(90, 10, 95, 5, grouped=grouped)
        if scores is not None:
            said = Judgement(said.images, scores(said.positive))
        return plain(judged_interval_line(said, ENGLISH))

    assert line(True) == (
        "The intervals of shares are Wilson's, of 95 %, on the effective number of images: these 200 are only 100 "
        "groups, and images that show the same thing stand or fall together. Those of AUC, average precision, Brier "
        "score and log loss are from a bootstrap of whole groups."
    )
    assert line(False).endswith("Brier score and log loss are from a bootstrap of the images.")
    parted = line(False, lambda positive: np.where(positive, 0.9, 0.1))
    assert parted.endswith(
        "the intervals of AUC and average precision follow from those of recall and specificity there."
    )
    assert "AUC, average precision, Brier" not in parted
    for grouped, drawn in ((False, "the images"), (True, "whole groups")):
        reverse = line(grouped, lambda positive: np.where(positive, 0.1, 0.9))
        assert f"Those of average precision, Brier score and log loss are from a bootstrap of {drawn}." in reverse
        assert reverse.endswith("its interval follows from those of recall and specificity in the other order.")


def test_a_single_image_has_no_interval_from_a_bootstrap_and_none_is_named():
    said = judged(1, 0, 0, 0)
    assert np.isnan(said.brier.low)
    assert "bootstrap" not in judged_interval_line(said, ENGLISH)


def test_accuracy_has_one_word_in_the_french_of_the_cracks_and_precision_another(lab):
    said = [counted_words(judged(90, 10, 95, 5), FRENCH), *ladder_words(lab.ladder, FRENCH)]
    rows = dict(row for row in judged_rows([judged(90, 10, 95, 5)], FRENCH).rows)
    assert "Exactitude" in rows
    assert [name for name in rows if name.startswith("Précision")] == [
        "Précision (valeur prédictive)",
        "Précision moyenne (AP)",
    ]
    assert not [sentence for sentence in said if "précision globale" in sentence.lower()]


@pytest.mark.parametrize(("counts", "known"), [((0, 0, 8, 2), False), ((8, 2, 0, 0), False), ((8, 2, 7, 3), True)])
def test_precision_and_f1_are_not_told_where_a_class_has_no_image(counts, known):
    """Of intact images alone both are 0, of cracked ones alone precision is 100 %, whatever the classifier says."""
    rows = dict(row for row in judged_rows([judged(*counts)], ENGLISH).rows)
    assert (rows["Precision"] != "–", rows["F1"] != "–") == (known, known)
