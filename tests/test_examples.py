"""The examples in docstrings are run, and say what comes out."""

import doctest
import importlib
from pathlib import Path

import pytest

SOURCES = Path(__file__).parent.parent / "src"


def modules() -> list[str]:
    shown = [path.relative_to(SOURCES) for path in sorted(SOURCES.rglob("*.py")) if ">>> " in path.read_text("utf-8")]
    return [".".join(path.with_suffix("").parts).removesuffix(".__init__") for path in shown]


@pytest.mark.parametrize("name", modules())
def test_examples_say_what_comes_out(name):
    result = doctest.testmod(importlib.import_module(name))
    assert result.attempted > 0
    assert result.failed == 0
