"""Every sentence in every language."""

import pickle
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from babel.messages.pofile import read_po
from hypothesis import given
from hypothesis import strategies as st

from fissura.cli.learned import unseen
from fissura.data.labelled import LabelledImages, TrainTest
from fissura.errors import DataError, SettingsError
from fissura.files import cannot_write
from fissura.language import cause, language

TOOL = Path(__file__).parent.parent / "tools" / "messages.py"
LOCALE = Path(__file__).parent.parent / "src" / "fissura" / "locale"


def test_no_sentence_lacks_a_translation_and_the_catalogues_are_up_to_date():
    done = subprocess.run([sys.executable, str(TOOL), "--check"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def french():
    """Every French sentence of the catalogue."""
    with (LOCALE / "fr" / "LC_MESSAGES" / "fissura.po").open("rb") as stream:
        messages = [message.string for message in read_po(stream, locale="fr") if message.id]
    return [each for said in messages for each in ((said,) if isinstance(said, str) else said)]


def test_french_has_no_break_spaces_where_a_line_must_not_end():
    code = re.compile(r"https?:|\[\.\.\.,:3\]|\b[\d.]+%(?= (?:choisit|ou )|\.$)")  # what is typed, and addresses
    for sentence in french():
        written = code.sub("", sentence)
        assert not re.search(
            "[^\N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}][:;?!%»]|«[^\N{NO-BREAK SPACE}]| ×|× ", written
        ), sentence


def test_french_has_one_word_for_accuracy_and_another_for_precision():
    with (LOCALE / "fr" / "LC_MESSAGES" / "fissura.po").open("rb") as file:
        found = [(str(message.id).lower(), str(message.string).lower()) for message in read_po(file) if message.id]
    accuracy = [french for english, french in found if "accuracy" in english]
    assert [french for french in accuracy if "exactitude" not in french] == []
    (told_apart,) = [french for french in accuracy if "précision" in french]  # where it is first said what it is
    assert "énoncé du tp" in told_apart
    assert [french for english, french in found if "précision" in french and "precision" not in english] == [told_apart]


def test_french_has_one_kind_of_apostrophe_and_of_times_sign():
    for sentence in french():
        assert "’" not in sentence, sentence
        assert not re.search(r"[}\d]\sx\s[{\d]", sentence), sentence


def test_counts_of_none_and_one_follow_the_language():
    assert [language("en").count("{n} image", "{n} images", n) for n in (0, 1, 2)] == [
        "0 images",
        "1 image",
        "2 images",
    ]
    assert [language("fr").count("{n} image", "{n} images", n) for n in (0, 1, 2)] == ["0 image", "1 image", "2 images"]
    assert language("fr").count("{n} image", "{n} images", 32004) == "32\N{NARROW NO-BREAK SPACE}004 images"


def test_colon_has_a_no_break_space_in_french_alone():
    assert [f"a{language(code).colon}b" for code in ("en", "fr")] == ["a: b", "a\N{NO-BREAK SPACE}: b"]
    assert [f"a{language(code).semicolon}b" for code in ("en", "fr")] == ["a; b", "a\N{NO-BREAK SPACE}; b"]


def test_numbers_are_written_as_in_the_language():
    english, french = language("en"), language("fr")
    assert english.number(225034) == "225,034"
    assert french.number(225034) == "225\N{NARROW NO-BREAK SPACE}034"
    assert french.number(1234.5, 1) == "1\N{NARROW NO-BREAK SPACE}234,5"
    assert english.percent(0.9728) == "97.28\N{NO-BREAK SPACE}%"
    assert french.interval(0.9694, 0.9758) == ("96,94\N{NO-BREAK SPACE}–\N{NO-BREAK SPACE}97,58\N{NO-BREAK SPACE}%")


def test_an_end_of_an_interval_is_written_as_0_or_100_percent_only_where_it_is():
    shown = [
        language("en").interval(*ends).replace("\N{NO-BREAK SPACE}", " ")
        for ends in ((0.9994, 0.99998), (0.00002, 0.01), (0.0, 1.0), (1e-17, 1 - 1e-16))
    ]
    assert shown == ["99.94 – 99.998 %", "0.002 – 1.00 %", "0.00 – 100.00 %", "0.00 – 100.00 %"]


@given(st.floats(0, 1), st.integers(0, 2))
def test_what_is_not_quite_sure_is_never_called_0_or_100_percent(value, decimals):
    shown = language("en").probability(value, decimals)
    assert not re.match(r"(100|0)(\.0+)?\s", shown)
    number = float(re.search(r"[\d.]+", shown).group()) / 100
    if shown[0] not in "<>":
        assert number == pytest.approx(value, abs=0.51 * 10 ** -(2 + decimals))
    else:
        assert (value < number) == (shown[0] == "<")


def test_the_ends_of_probabilities_are_written_as_in_the_language():
    space = "\N{NO-BREAK SPACE}"
    assert [language("fr").probability(value) for value in (0, 0.0004, 0.5, 1)] == [
        *(f"<{space}0,1{space}%", f"<{space}0,1{space}%", f"50,0{space}%", f">{space}99,9{space}%")
    ]
    assert [language("en").probability(value, 0) for value in (0.005, 0.0051, 0.9949, 0.995)] == [
        *(f"<{space}1{space}%", f"1{space}%", f"99{space}%", f">{space}99{space}%")
    ]


@pytest.mark.parametrize(
    ("value", "error", "unit", "words"),
    [
        (34747.2, 8514.1, "mm/m²", "34,700 ± 8,500 mm/m²"),
        (117.31, 25.6, "mm", "117 ± 26 mm"),
        (43.21, 9.06, "mm", "43.2 ± 9.1 mm"),
        (43.21, 9.96, "mm", "43 ± 10 mm"),
        (0.42871, 0.0506, "mm", "0.429 ± 0.051 mm"),
        (0.42871, 0.000999, "", "0.4287 ± 0.0010"),
        (12.0, 140.0, "px", "10 ± 140 px"),
        (-0.2, 44.0, "px", "0 ± 44 px"),
        (30.44, 1.38, "°", "30.4 ± 1.4°"),
        (0.2, 0.0, "mm/px", "0.2 mm/px"),
        (0.213456789, 0.0, "mm/px", "0.213457 mm/px"),
        (1200.0, 0.0, "mm", "1,200 mm"),
        (0.0, 0.0, "mm", "0 mm"),
        (0.0, 0.03, "mm", "0.000 ± 0.030 mm"),
    ],
)
def test_measured_number_ends_where_its_uncertainty_has_two_digits_that_count(value, error, unit, words):
    assert language("en").measured(value, error, unit).replace("\N{NO-BREAK SPACE}", " ") == words


@given(st.floats(-1e9, 1e9), st.floats(1e-6, 1e9))
def test_rounding_a_measured_number_changes_it_by_less_than_its_uncertainty_and_this_by_a_twentieth(value, error):
    shown = language("en").measured(value, error).replace(",", "").split("\N{NO-BREAK SPACE}")
    assert abs(float(shown[2]) - error) <= 0.05 * error * 1.001
    assert abs(float(shown[0]) - value) <= 0.0501 * float(shown[2]) + 1e-9 * abs(value)
    assert len(shown[2].replace(".", "").strip("0")) <= 2


@pytest.mark.parametrize(
    ("seconds", "words"), [(0.04, "0.0 s"), (8.26, "8.3 s"), (47, "47 s"), (125, "2 min 05 s"), (3725, "1 h 02 min")]
)
def test_length_of_time_is_said_with_its_two_largest_units(seconds, words):
    assert language("en").seconds(seconds).replace("\N{NO-BREAK SPACE}", " ") == words


def test_language_comes_from_the_environment_where_none_is_given(monkeypatch):
    monkeypatch.delenv("LC_ALL", raising=False)
    monkeypatch.delenv("LC_MESSAGES", raising=False)
    monkeypatch.setenv("LANG", "fr_FR.UTF-8")
    assert language().code == "fr"
    monkeypatch.setenv("LC_ALL", "C")
    assert language().code == "en"


def test_unknown_language_names_the_known_ones():
    with pytest.raises(SettingsError, match="en, fr"):
        language("de")


def test_error_is_said_in_french_after_it_was_raised():
    error = DataError("{origin} holds no images to train on.", origin="x")
    assert str(error) == "x holds no images to train on."
    assert language("fr").error(error) != str(error)


def test_what_the_system_says_is_said_in_french(tmp_path):
    with pytest.raises(FileNotFoundError) as caught:
        (tmp_path / "absent").read_bytes()
    error = cannot_write(tmp_path, caught.value)
    assert "(No such file or directory)" in str(error)
    assert "(aucun fichier ou dossier de ce nom)" in language("fr").error(error)
    there_and_back = pickle.loads(pickle.dumps(error))
    assert language("fr").error(there_and_back) == language("fr").error(error)


def test_a_rare_reason_of_the_system_keeps_its_words():
    assert cause(OSError(71, "Protocol error")) == "Protocol error"
    assert cause(OSError("no number")) == "OSError"
    assert cause(ValueError("embedded null byte")) == "ValueError"


def test_the_number_of_images_judged_has_its_thousands_apart():
    whole = LabelledImages(
        np.zeros((1234, 1, 1), np.uint8), np.zeros(1234, np.int64), ("a", "b"), ("",) * 1234, "x", ""
    )
    data = TrainTest(train=whole.subset(range(2)), test=whole.subset(range(2)), source="x")
    photographs = SimpleNamespace(images=whole, data=data, sha256=(), embedded=False)
    known = SimpleNamespace(provenance=SimpleNamespace(data={}))
    _, note = unseen(known, Path("x"), photographs, "x", chosen=False, spoken=language("en"))
    assert note.endswith("all 1,234 are judged.")
