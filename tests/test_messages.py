"""Every sentence in every language."""

import subprocess
import sys
from pathlib import Path

import pytest

from fissura.errors import DataError, SettingsError
from fissura.language import language

TOOL = Path(__file__).parent.parent / "tools" / "messages.py"


def test_no_sentence_lacks_a_translation_and_the_catalogues_are_up_to_date():
    done = subprocess.run([sys.executable, str(TOOL), "--check"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_numbers_are_written_as_in_the_language():
    english, french = language("en"), language("fr")
    assert english.number(225034) == "225,034"
    assert french.number(225034) == "225\N{NARROW NO-BREAK SPACE}034"
    assert french.number(1234.5, 1) == "1\N{NARROW NO-BREAK SPACE}234,5"
    assert english.percent(0.9728) == "97.28\N{NO-BREAK SPACE}%"
    assert french.interval(0.9694, 0.9758) == ("96,94\N{NO-BREAK SPACE}–\N{NO-BREAK SPACE}97,58\N{NO-BREAK SPACE}%")


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
