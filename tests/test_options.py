"""What every command has, and what every sentence names: options that are there, advice that works as it is written."""

import re
import runpy
from pathlib import Path
from typing import Any

import pytest
import typer

from fissura.cli import app

ROOT = Path(__file__).parent.parent
MESSAGES = runpy.run_path(str(ROOT / "tools" / "messages.py"))


def commands(command: Any, name: str = "fissura") -> dict[str, Any]:
    found = {name: command}
    for sub, each in getattr(command, "commands", {}).items():
        found |= commands(each, f"{name} {sub}")
    return found


COMMANDS = commands(typer.main.get_command(app))
OPTIONS = {
    name: {option for each in command.params if each.param_type_name == "option" for option in each.opts} | {"--help"}
    for name, command in COMMANDS.items()
}


@pytest.mark.parametrize("name", [name for name in COMMANDS if name != "fissura"])
def test_every_command_speaks_both_languages_prints_json_and_shows_an_example(name):
    assert {"--lang", "--json"} <= OPTIONS[name]
    assert "Example: fissura" in (COMMANDS[name].help or "")


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
