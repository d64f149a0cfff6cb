"""Reports tell of their uncertainties what the committed benchmark found, in its numbers."""

import json
import sys
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from inspection_case import MODEL

from fissura.classifier import load
from fissura.inspection.record import Settings
from fissura.language import language
from fissura.reporting.findings.results import Inspected
from fissura.reporting.findings.severity import read_scheme
from fissura.reporting.findings.words import ON_INTACT, UNCERTAINTIES, limits

ROOT = Path(__file__).parent.parent


def nothing() -> Inspected:
    """An inspection of no photograph."""
    return Inspected("walls", (), read_scheme("en1992"), {}, MODEL, {}, "fissura inspect walls")


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
    (said,) = [each for each in limits(nothing(), language(code)) if "±" in each]
    found = json.loads(UNCERTAINTIES.read_text(encoding="utf-8"))
    assert "68" in said
    for shares in (found["all"]["width_mean"], found["lit wall"]["width_mean"]):
        assert of_a_hundred.format(*shares) in said


def test_what_is_found_on_intact_walls_is_what_the_page_on_inspecting_shows():
    found = json.loads(ON_INTACT.read_text(encoding="utf-8"))
    page = (ROOT / "docs" / "inspecting.md").read_text(encoding="utf-8")
    (row,) = [line for line in page.splitlines() if line.startswith(f"| intact | {found['patches']} |")]
    assert row.endswith(f"| {found['findings'] / (found['patches'] * 227**2 / 1e6):.2f} |")
    assert found["megapixels"] == round(found["patches"] * 227**2 / 1e6)
    assert found["detector"] == load("built-in").fingerprint, "run benchmarks/findings_on_patches.py"


@pytest.mark.parametrize(("code", "of_intact"), [("en", "called intact"), ("fr", "dit sain")])
@pytest.mark.parametrize(
    ("changes", "detector", "told"),
    [
        ({}, "", True),
        ({"max_pixels": 10**6}, "", True),
        ({"threshold": 0.4}, "", False),
        ({"two_scales": True}, "", False),
        ({"shortest_px": 10.0}, "", False),
        ({}, "f" * 64, False),
    ],
)
def test_what_is_found_on_intact_walls_is_told_of_the_built_in_detector_as_it_was_judged(
    code, of_intact, changes, detector, told
):
    model = replace(MODEL, fingerprint=detector or json.loads(ON_INTACT.read_text(encoding="utf-8"))["detector"])
    record = replace(nothing(), model=model, settings=asdict(Settings(**changes)))
    assert sum(of_intact in sentence for sentence in limits(record, language(code))) == told
