"""What every command has, and what every sentence names: options that are there, advice that works as it is written."""

import os
import re
import runpy
from pathlib import Path
from typing import Any

import pytest
import typer
from test_cli import fissura

from fissura.classifier import BUILT_IN
from fissura.cli import app, asked, options
from fissura.data import photographs
from fissura.images import MAX_PIXELS

ROOT = Path(__file__).parent.parent
MESSAGES = runpy.run_path(str(ROOT / "tools" / "messages.py"))


def commands(command: Any, name: str = "fissura") -> dict[str, Any]:
    found = {name: command}
    for sub, each in getattr(command, "commands", {}).items():
        found |= commands(each, f"{name} {sub}")
    return found


def test_what_help_does_not_import_is_stated_again_as_it_is():
    assert (options.MOST_PIXELS, options.BUILT_IN, options.SIZE_PX) == (MAX_PIXELS, BUILT_IN, photographs.SIZE_PX)
    assert set(asked.NAMED) == set(photographs.NAMES)


COMMANDS = commands(typer.main.get_command(app))
OPTIONS = {
    name: {option for each in command.params if each.param_type_name == "option" for option in each.opts} | {"--help"}
    for name, command in COMMANDS.items()
}


@pytest.mark.parametrize("name", [name for name in COMMANDS if name != "fissura"])
def test_every_command_speaks_both_languages_prints_json_and_shows_an_example(name):
    assert {"--lang", "--json"} <= OPTIONS[name]
    help_text = COMMANDS[name].help or ""
    assert "Example: fissura" in help_text
    for line in re.findall(r"^ *(Example: .*)$", help_text, re.MULTILINE):
        assert len(line) <= 76, "in a terminal of 80 columns it is broken, even at a hyphen, and cannot be copied"


def test_every_option_that_a_sentence_names_is_there():
    known = set().union(*OPTIONS.values())
    for sentence in sentences():
        assert set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", sentence)) <= known, sentence


def test_every_command_that_a_sentence_shows_takes_the_options_beside_it():
    for sentence in sentences():
        for shown in re.findall(r"fissura [a-z][^;:.,(]*", sentence):
            words = shown.split()
            name = " ".join(words[:3]) if " ".join(words[:3]) in COMMANDS else " ".join(words[:2])
            if name in COMMANDS:
                assert {word for word in words if re.fullmatch("--[a-z][a-z-]+", word)} <= OPTIONS[name], sentence


def sentences() -> list[str]:
    found = [message.id for message in MESSAGES["extracted"]() if message.id]
    return [each for said in found for each in ((said,) if isinstance(said, str) else said)]


@pytest.mark.parametrize(
    ("typed", "said", "en_francais"),
    [
        (["train", "--modle", "x"], "The nearest is --model;", "La plus proche est --model"),
        (["train", "built-in", "--seeed", "3"], "fissura train built-in has no option --seeed.", "n'a pas d'option"),
        (["evalute", "x"], "The nearest is evaluate;", "n'a pas de commande 'evalute'"),
        (["evaluate", "x", "--miss-at-most", "1%"], "--miss-at-most. All options are", "--miss-at-most. Toutes"),
        (["judge", "x"], "no command 'judge'. It has:", "pas de commande 'judge'. Il y a\xa0:"),
        (["data", "chek"], "The nearest is check;", "La plus proche est check"),
        (["data", "get"], "needs NAME", "a besoin de NAME"),
        (["data", "split", "x"], "needs --out", "a besoin de --out"),
        (["models", "--size", "abc"], "for --size is not a whole number", "n'est pas un entier"),
        (["train", "--learning-rate", "x"], "for --learning-rate is not a number", "n'est pas un nombre"),
        (["models", "cnn2", "cnn3"], "'cnn3', which is too much", "'cnn3', qui est de trop"),
        (["inspect", "s1", "--two-scales=3"], "shown by: fissura inspect --help", "fissura inspect --help"),
        (["train", "built-in", "--out"], "shown by: fissura train built-in --help", "fissura train built-in --help"),
        (["train", "cnn1", "--epochs", "1"], "Type: fissura train --model cnn1", "fissura train --model cnn1\n"),
        (["train", "mnist"], "Type: fissura train --data mnist", "fissura train --data mnist\n"),
        (["lab", "digits"], "Type: fissura lab --part digits", "fissura lab --part digits\n"),
        (["lab", "x"], "'x', which is too much", "'x', qui est de trop"),
        (["train", "--lr", "0.1"], "The nearest is --learning-rate;", "La plus proche est --learning-rate"),
        (["models", "--json=yes"], "--json takes no value", "--json ne prend pas de valeur"),
    ],
)
def test_a_command_line_with_a_slip_is_answered_in_one_sentence_of_the_language_asked_for(
    typed, said, en_francais, tmp_path
):
    english = fissura(*typed, cwd=tmp_path, rc=2).stderr
    french = fissura(*typed, "--lang", "fr", cwd=tmp_path, rc=2).stderr
    assert said in english
    assert en_francais in french
    assert "Usage" not in english + french
    assert len(english.strip().splitlines()) <= 2


def test_a_file_that_may_not_be_read_is_called_that(tmp_path, monkeypatch):
    (tmp_path / "scales.csv").write_text("photo,mm_per_px\n", encoding="utf-8")
    monkeypatch.setattr(os, "access", lambda *_: False)
    for code, said in (
        ("en", "--scales is not a file or folder that you are permitted to read"),
        ("fr", "le droit de"),
    ):
        assert said in fissura("inspect", "x", "--scales", "scales.csv", "--lang", code, cwd=tmp_path, rc=2).stderr
