"""The card of a classifier: what its file knows stands in it, in both languages, and nothing that was not measured."""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
from test_cli import fissura
from test_prediction import detector, digits, wall  # noqa: F401 - fixtures

from fissura.classifier import Provenance, load
from fissura.data.synthetic.distractors import OBJECTS
from fissura.decision import acquainted
from fissura.language import language
from fissura.reporting.card import card, sources_of, write_cards
from fissura.reporting.card_numbers import Measured
from fissura.reporting.card_phrases import chosen_words, surface_words
from fissura.settling import UNSURE

ROOT = Path(__file__).parent.parent
SHARE = {"value": 0.995, "low": 0.99, "high": 0.998, "count": 199, "n": 200}
NOTHING = {"value": None, "low": None, "high": None}
MEASURED = Measured(
    surfaces={
        "asphalt, 160 px": {
            "n": 200,
            "auroc": {"value": 0.973, "low": 0.95, "high": 0.99},
            "balanced_accuracy": {"value": 0.91, "low": 0.88, "high": 0.94},
            "found": {"value": 0.85},
            "flagged": {"value": 0.013, "low": 0.003, "high": 0.04, "n": 100},
            "calibration_error": 0.034,
        },
        "synthetic: brick": {
            "n": 73,
            "auroc": NOTHING,
            "balanced_accuracy": NOTHING,
            "found": NOTHING,
            "flagged": {"value": 0.0, "low": 0.0, "high": 0.05, "n": 73},
            "calibration_error": 0.02,
        },
    },
    masks={"asphalt": {"n": 30, "iou": 0.4, "f1": 0.57, "cliou_4px": {"value": 0.71, "low": 0.65, "high": 0.77}}},
    corruptions=(
        {"set": "METU", "kind": "blur", "strength": 3.0, "auroc": {"value": 0.8, "low": 0.7, "high": 0.9}},
        {"set": "METU", "kind": "none", "strength": 0.0, "auroc": {"value": 0.99, "low": 0.98, "high": 1.0}},
    ),
    unlike=(
        {"group": "no wall at all", "kind": "drawn: sky", "unlike": {"value": 0.61}},
        {"group": "no wall at all", "kind": "drawn: digits", "unlike": {"value": 1.0}},
        {"group": "no wall at all", "kind": "drawn: leaves", "n": 100, "unlike": {"value": 0.0}},
        {"group": "no wall at all", "kind": "mean", "unlike": {"value": 0.8}},
    ),
    things=(
        {"thing": "nothing", "kind": "", "n": 300, "flagged": {"value": 0.01, "low": 0.003, "high": 0.029}},
        {"thing": "cable", "kind": "taught", "n": 300, "flagged": {"value": 0.4, "low": 0.3, "high": 0.5}},
        {"thing": "netting", "kind": "never taught", "n": 300, "flagged": {"value": 0.04, "low": 0.02, "high": 0.07}},
        {"thing": "ivy", "kind": "never taught", "n": 300, "flagged": {"value": 0.13, "low": 0.09, "high": 0.18}},
        {"thing": "twigs", "kind": "never taught", "n": 300, "flagged": {"value": 0.33, "low": 0.27, "high": 0.39}},
    ),
    command="python benchmarks/detector_surfaces.py",
    failures="failures.png",
)
TAUGHT = {"scenes": 24000, "metu": 19201, "sut-crack": ["1.jpg", "2.jpg"], "textures": [], "fingerprint": "ab12"}


@pytest.fixture(scope="module")
def taught(detector):  # noqa: F811
    known = np.stack([wall(224, 224, k) for k in range(40)])
    with_data = dataclasses.replace(detector, provenance=Provenance(recipe={"epochs": 11, "seed": 12}, data=TAUGHT))
    return acquainted(with_data, known, known)


def test_a_detectors_card_says_what_it_takes_for_cracks_the_worst_first(taught):
    text = card(taught, "built-in", language("en"), MEASURED)
    told = text.replace("\N{NO-BREAK SPACE}", " ")
    assert "cables 40 % (30 \N{EN DASH} 50 %), twigs (never taught) 33 % (27 \N{EN DASH} 39 %), ivy (" in told
    assert "before 300 tiles each" in text
    assert "netting" not in text  # seldom
    assert "brindilles (" in card(taught, "built-in", language("fr"), MEASURED)
    seldom = dataclasses.replace(MEASURED, things=(MEASURED.things[0], MEASURED.things[2]))
    assert "Things before intact walls" not in card(taught, "built-in", language("en"), seldom)


def test_a_detectors_card_says_what_was_learned_from_and_on_which_terms(taught):
    text = card(taught, "built-in", language("en"), MEASURED)
    assert "| METU, concrete walls and floors: patches with a label each | 19,201 | CC BY 4.0 | Ç. F. Özgenel" in text
    assert "| SUT-Crack, asphalt: photographs with masks | 2 | CC BY 4.0 |" in text
    assert "24,000 | MIT | Fissura |" in text
    assert "scikit-image" not in text  # no texture was learned from
    assert taught.fingerprint in text
    assert "epochs 11, seed 12" in text


def test_a_detectors_card_gives_every_number_with_its_interval(taught):
    text = card(taught, "built-in", language("en"), MEASURED)
    text = text.replace("\N{NO-BREAK SPACE}", " ")
    row = next(line for line in text.splitlines() if line.startswith("| asphalt, 160 px"))
    assert "0.973 (0.950 – 0.990)" in row
    assert "0.910 (0.880 – 0.940)" in row
    assert "1.3 % (0.3" in row
    assert "clIoU with 4 px 0.710 (0.650 – 0.770)" in text
    assert "blur of 3 (standard deviation in px) on METU harms most: ROC AUC 0.800 (0.700 – 0.900)" in text
    assert "(drawn: sky) only 61 % are called unlike" in text
    assert "None of the 100 pictures that show no wall (drawn: leaves) is called unlike the training data." in text
    assert "drawn: digits" not in text
    assert "![Its surest mistakes](failures.png)" in text
    assert "95 % of held-out images of the surfaces that it was taught" in text


def test_a_card_says_nothing_that_is_not_known(detector, digits):  # noqa: F811
    text = card(detector, "mine", language("en"))
    assert "Nothing was measured." in text
    assert "The file does not say." in text
    assert "95 % of held-out" not in text
    plain = card(digits, "digits", language("en"))
    assert "It tells 0, 1, 2" in plain
    assert "Known failures" not in plain
    assert "cracks" not in plain


def test_cards_are_french_too_and_have_the_same_shape(taught):
    english, french = (card(taught, "built-in", language(code), MEASURED) for code in ("en", "fr"))
    assert french.startswith("# Fiche du modèle\N{NO-BREAK SPACE}: built-in")
    assert "0,973 (0,950\N{NO-BREAK SPACE}–\N{NO-BREAK SPACE}0,990)" in french
    marks = [[line[:1] if line[:1] in "#|-!" else "text" for line in text.splitlines()] for text in (english, french)]
    assert marks[0] == marks[1]
    assert not set(english.splitlines()) & {line for line in french.splitlines() if len(line.split()) > 12}


def test_a_french_card_has_its_space_before_the_colon_of_an_accuracy(digits):  # noqa: F811
    provenance = dataclasses.replace(digits.provenance, metrics={"test_accuracy": SHARE})
    told = card(dataclasses.replace(digits, provenance=provenance), "chiffres", language("fr"))
    assert "- Exactitude sur les images de test\N{NO-BREAK SPACE}: 99,50" in told


def test_a_card_says_how_many_test_images_have_a_copy_where_that_is_known(digits):  # noqa: F811
    def told(**metrics):
        provenance = dataclasses.replace(digits.provenance, metrics={"test_accuracy": SHARE, **metrics})
        return card(dataclasses.replace(digits, provenance=provenance), "mine", language("en"))

    assert "overlapping view in training or validation: 17 of 200" in told(leaking_test_images=17)
    assert "overlapping view in training or validation: 0 of 200" in told(leaking_test_images=0)
    assert "overlapping view" not in told()


@pytest.mark.parametrize("unsure", UNSURE)
def test_the_card_says_of_a_set_without_a_say_that_it_had_none(unsure):
    chosen = {"wish": "flags at most 2% of intact windows", "surfaces": [f"{unsure}, 128 px", "drawn: wet"]}
    assert "had no say in the threshold" in chosen_words(chosen, language("en"))
    assert "had no say" not in chosen_words(chosen | {"surfaces": ["drawn: wet"]}, language("en"))


def test_own_photographs_are_their_owners():
    assert sources_of({"origin": "my walls", "n": 10}) == []
    assert [source.sign for source, _ in sources_of({"origin": "MNIST (LeCun, Cortes, Burges)", "n": 60000})] == [
        "mnist"
    ]


def test_two_cards_are_written_whole(taught, tmp_path):
    write_cards(taught, "built-in", tmp_path, MEASURED, "built-in")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["built-in.fr.md", "built-in.md"]
    first = (tmp_path / "built-in.md").read_bytes()
    write_cards(taught, "built-in", tmp_path, MEASURED, "built-in")
    assert (tmp_path / "built-in.md").read_bytes() == first


def test_models_built_in_shows_the_card(taught, tmp_path, monkeypatch):
    monkeypatch.setattr("fissura.classifier.WEIGHTS", tmp_path)
    monkeypatch.setattr("fissura.reporting.card.WEIGHTS", tmp_path)
    done = fissura("models", "built-in", rc=2, cwd=tmp_path)
    assert "does not exist" in done.stderr
    taught.save(tmp_path / "built-in.safetensors")
    assert "Nothing was measured." in fissura("models", "built-in", cwd=tmp_path).stdout
    write_cards(taught, "built-in", tmp_path, MEASURED, "built-in")
    assert "0.973" in fissura("models", "built-in", cwd=tmp_path).stdout
    assert "0,973" in fissura("models", "built-in", "--lang", "fr", cwd=tmp_path).stdout
    told = json.loads(fissura("models", "built-in", "--json", cwd=tmp_path).stdout)
    assert told["fingerprint"] == taught.fingerprint


def test_drawings_that_trainings_share_count_once():
    first = {"scenes": 100, "fingerprint": "a"}
    second = {**first, "start": {"data": first}}
    third = {"scenes": 100, "fingerprint": "b", "start": {"data": second}}
    assert [sources_of(data)[0][1] for data in (first, second, third)] == [100, 100, 200]


def test_what_only_an_earlier_training_learned_from_is_credited_as_well():
    later = {"scenes": 5, "fingerprint": "b", "start": {"data": {"metu": 7, "textures": ["a.png"]}}}
    assert {source.sign: n for source, n in sources_of(later)} == {"metu": 7, "textures": 1, "drawn": 5}


def test_the_built_in_ones_card_names_each_of_its_trainings():
    text = card(load("built-in"), "built-in", language("en"))
    third, before = text.split("It goes on from an earlier training")
    second, first = before.split("That one went on from another")
    assert "epochs 4," in third
    assert "epochs 4," in second
    assert "epochs 16," in first
    assert "with a share of 25" in third


def test_nothing_is_told_of_pictures_that_the_built_in_one_learned_from():
    measured = json.loads((ROOT / "docs" / "measured" / "detector_surfaces.json").read_text(encoding="utf-8"))
    (found,) = measured.values()
    learned = [name.removesuffix(".png") for name in load("built-in").provenance.data["textures"]]
    assert learned
    assert not {f"texture: {name}" for name in learned} & found["surfaces"].keys()


def test_no_english_of_a_record_is_left_in_a_french_card(taught):
    chosen = {"wish": "flags at most 2% of intact windows", "n": 2345, "walls": 600, "scale": 1.0002021859869237}
    chosen["surfaces"] = ["drawn: wet", "asphalt, 112 px"]
    settled = dataclasses.replace(taught, decision=dataclasses.replace(taught.decision, chosen=chosen))
    text = card(settled, "built-in", language("fr"), MEASURED)
    assert "au plus 2\N{NO-BREAK SPACE}% des fenêtres intactes" in text
    assert "dessin : mur mouillé ; enrobé, 112 px" in text.replace("\N{NO-BREAK SPACE}", " ")
    assert "| dessin\N{NO-BREAK SPACE}: brique |" in text
    assert not any(
        word in text for word in ("wish", "flags", "intact windows", "brick", "1.0002", "asphalt", "cherche crack")
    )


def test_a_threshold_for_a_wish_is_explained_on_the_card():
    for wish, words in (("miss", "1 % of those of the class that is looked for are missed"), ("alarm", "false alarm")):
        said = chosen_words({"wish": wish, "at_most": 0.01, "validation_images": 1}, language("en"))
        assert words in said.replace("\N{NO-BREAK SPACE}", " ")
        assert "(1 image)" in said
    assert chosen_words({"reason": "by hand"}, language("en")) == "The threshold was chosen so: reason by hand."


def test_a_card_says_on_which_intact_tiles_the_threshold_was_chosen():
    chosen = {"wish": "flags at most 2% of intact windows", "surfaces": ["drawn: wet"], "n": 2345, "walls": 600}
    with_metu = chosen_words(chosen, language("en"))
    assert with_metu.endswith("of the surfaces named below and on 600 intact patches of METU's validation part.")
    assert "2,345" not in with_metu  # counts tiles with cracks and the quay's as well
    assert chosen_words({**chosen, "walls": 0}, language("en")).endswith("intact tiles of the surfaces named below.")
    with_quay = chosen_words({**chosen, "surfaces": ["drawn: wet", "quay, 128 px"]}, language("fr"))
    assert "Les imagettes du quai n'ont pas compté" in with_quay


def test_a_surface_that_is_not_known_keeps_its_name():
    assert surface_words("METU, grouped test split", language("en")) == "METU, test part of the grouped split"
    assert surface_words("my wall: north, 2 m", language("fr")) == "my wall: north, 2 m"


def test_every_thing_that_can_stand_before_a_wall_has_a_name_in_both_languages():
    measured = json.loads((ROOT / "docs" / "measured" / "detector_things.json").read_text(encoding="utf-8"))
    for thing in {*OBJECTS, *(row["thing"] for row in measured["rows"])} - {"nothing"}:
        assert surface_words(thing, language("fr")) != thing, thing
