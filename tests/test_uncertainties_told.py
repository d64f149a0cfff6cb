"""Reports tell of their uncertainties what the committed benchmark found, in its numbers."""

import json
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from inspection_case import MODEL

from fissura.language import language
from fissura.reporting.findings.words import UNCERTAINTIES, limits

ROOT = Path(__file__).parent.parent


@pytest.fixture
def measuring(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    import measuring

    yield measuring
    sys.modules.pop("measuring")


def test_what_reports_tell_is_what_the_page_on_measuring_shows(measuring):
    page = (ROOT / "docs" / "measuring.md").read_text(encoding="utf-8")
    found = json.loads(UNCERTAINTIES.read_text(encoding="utf-8"))
    assert found == measuring.told(page), "run: python benchmarks/measuring.py --told docs/measuring.md"
    row = next(line for line in page.splitlines() if line.startswith("| lit wall or rubble inside |"))
    assert "{}% / {}%".format(*found["lit wall"]["width_mean"]) in row


@pytest.mark.parametrize(("code", "of_a_hundred"), [("en", "in {} and {}"), ("fr", "de {} et {} ouvertures moyennes")])
def test_the_68_of_100_are_not_said_without_what_was_found(code, of_a_hundred):
    empty = SimpleNamespace(seen=(), scaled=False, model=MODEL)
    (said,) = [each for each in limits(empty, language(code)) if "±" in each]
    found = json.loads(UNCERTAINTIES.read_text(encoding="utf-8"))
    assert "68" in said
    for shares in (found["all"]["width_mean"], found["lit wall"]["width_mean"]):
        assert of_a_hundred.format(*shares) in said
