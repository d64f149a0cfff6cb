import pytest

from fissura.data.splits import HOWS
from fissura.errors import SettingsError
from fissura.language import LANGUAGES, language
from fissura.names import nearest, unknown


@pytest.mark.parametrize(
    ("word", "found"), [("minst", "mnist"), ("DIGIT", "digits"), ("digits", "digits"), ("zzz", None)]
)
def test_the_nearest_name_is_found_whatever_its_capitals(word: str, found: str | None) -> None:
    assert nearest(word, ("mnist", "digits")) == found


def test_the_dashes_of_an_option_make_nothing_alike() -> None:
    assert nearest("--miss-at-most", ("--classes", "--data")) is None
    assert nearest("--clases", ("--classes", "--data")) == "--classes"


@pytest.mark.parametrize("word", ["regression", ""])
def test_where_no_name_is_near_the_list_alone_is_the_answer(word: str) -> None:
    error = unknown("--model", word, ["cnn1", "detector"])
    assert str(error) == f"--model: {word!r} is not known. Choose one of: cnn1, detector."


def test_an_unknown_name_is_answered_with_the_nearest_and_the_whole_list() -> None:
    error = unknown("--model", "cnn3", ["multinomial", "cnn1"])
    assert isinstance(error, SettingsError)
    assert str(error) == "--model: 'cnn3' is not known. The nearest name is cnn1; choose one of: multinomial, cnn1."


def test_what_is_not_even_a_word_is_answered_too() -> None:
    assert "3 is not known" in str(unknown("recipe", 3, ["sgd"]))


@pytest.mark.parametrize("code", LANGUAGES)
def test_the_nearest_name_is_as_it_is_typed_in_every_language(code: str) -> None:
    said = language(code).error(unknown("--split", "randon", HOWS))
    assert said.count("random") == 2  # as the nearest and in the list
