"""Limits of width are data, read with clear errors; a width near a limit is said to straddle it."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fissura.errors import SettingsError
from fissura.inspection.record import Quantity
from fissura.language import language
from fissura.reporting.findings.severity import SCHEMES, Severity, read_scheme, said

ENGLISH, FRENCH = language("en"), language("fr")
OWN = """
title = "Our bridges"
measure = "width_p95"
below = "hairline"
[[limit]]
width_mm = 0.1
above = { en = "fine", fr = "fine" }
[[limit]]
width_mm = 1
text = "to be sealed"
above = { en = "wide", fr = "large" }
"""


def mm(value, error=0.0):
    return Quantity(value, error, "mm")


def test_published_limits_are_those_of_their_tables():
    assert [each.width_mm for each in read_scheme("en1992").limits] == [0.2, 0.3, 0.4]
    assert [each.width_mm for each in read_scheme("aci224r").limits] == [0.10, 0.15, 0.18, 0.30, 0.41]


@pytest.mark.parametrize("name", SCHEMES)
def test_published_limits_name_their_source_and_speak_both_languages(name):
    scheme = read_scheme(name)
    assert "Table" in said(scheme.source, None)
    for text in (scheme.title, scheme.source, scheme.note, *(each.text for each in scheme.limits)):
        assert said(text, ENGLISH) != said(text, FRENCH)


def test_level_counts_the_limits_that_are_exceeded():
    scheme = read_scheme("en1992")
    assert [scheme.severity(mm(width)).level for width in (0.1, 0.2, 0.25, 0.35, 2.0)] == [0, 0, 1, 2, 3]


def test_width_whose_uncertainty_reaches_over_a_limit_straddles_it():
    scheme = read_scheme("en1992")
    assert scheme.severity(mm(0.29, 0.006)) == Severity(1, (1,))
    assert scheme.severity(mm(0.29, 0.004)) == Severity(1, ())
    assert scheme.severity(mm(0.3, 0.1)) == Severity(1, (0, 1, 2))


@given(st.floats(0.01, 2), st.floats(0, 0.5))
def test_limits_straddled_are_those_within_two_uncertainties(width, error):
    scheme = read_scheme("aci224r")
    found = scheme.severity(mm(width, error))
    for k, limit in enumerate(scheme.limits):
        assert (k in found.straddles) == (width - 2 * error < limit.width_mm < width + 2 * error)


def test_width_in_pixels_or_without_a_value_has_no_class():
    scheme = read_scheme("en1992")
    assert scheme.severity(Quantity(3.0, 0.1, "px")).level is None
    assert scheme.severity(Quantity(None, None, "mm", "narrow")).level is None


def test_classes_are_named_by_their_limits_in_the_readers_language():
    scheme = read_scheme("en1992")
    assert [scheme.class_name(k, ENGLISH) for k in range(4)] == [
        "up to 0.2 mm",
        "0.2 to 0.3 mm",
        "0.3 to 0.4 mm",
        "above 0.4 mm",
    ]
    assert "0,2" in scheme.class_name(0, FRENCH)


def test_own_limits_bring_their_own_names(tmp_path):
    (tmp_path / "own.toml").write_text(OWN, encoding="utf-8")
    scheme = read_scheme(str(tmp_path / "own.toml"))
    assert (scheme.name, scheme.measure, said(scheme.title, ENGLISH)) == ("own.toml", "width_p95", "Our bridges")
    assert [scheme.class_name(k, FRENCH) for k in range(3)] == ["hairline", "fine", "large"]


@pytest.mark.parametrize(
    ("old", "new", "said_so"),
    [
        ("width_mm = 1\n", "width_mm = -1\n", r"own.toml: limit 2: width_mm is -1; wanted a number above 0"),
        ("width_mm = 1\n", "width_mm = 'wide'\n", r"limit 2: width_mm is 'wide'"),
        ("width_mm = 1\n", "width_mm = 0.1\n", r"limit 2: width_mm is 0.1; wanted > 0.1"),
        ("width_mm = 1\n", "width_mm = nan\n", r"limit 2: width_mm is nan"),
        ("width_mm = 1\n", "", r"limit 2: width_mm is None"),
        ("width_p95", "width", r"measure is 'width'; wanted width_max, width_p95, width_mean"),
        ("below", "bellow", r"own.toml: 'bellow' is not known. The nearest name is below"),
        ("text =", "words =", r"own.toml: 'words' is not known"),
        ('"Our bridges"', "7", r"title is 7"),
        ("[[limit]]", "[limit]", r"own.toml"),
        ("title", "title title", r"own.toml is not a TOML file"),
    ],
)
def test_error_names_file_key_what_it_is_and_what_is_wanted(tmp_path, old, new, said_so):
    (tmp_path / "own.toml").write_text(OWN.replace(old, new), encoding="utf-8")
    with pytest.raises(SettingsError, match=said_so):
        read_scheme(str(tmp_path / "own.toml"))


def test_file_that_the_docs_show_is_read(tmp_path):
    page = (Path(__file__).parent.parent / "docs" / "inspecting.md").read_text(encoding="utf-8")
    shown = re.findall(r"```toml\n(.*?)```", page, flags=re.DOTALL)
    assert len(shown) == 1
    (tmp_path / "ours.toml").write_text(shown[0], encoding="utf-8")
    scheme = read_scheme(str(tmp_path / "ours.toml"))
    assert [scheme.class_name(k, ENGLISH) for k in range(3)] == ["hairline", "fine", "to be sealed"]


def test_scheme_without_limits_is_refused(tmp_path):
    (tmp_path / "own.toml").write_text("title = 'x'", encoding="utf-8")
    with pytest.raises(SettingsError, match=r"has no \[\[limit\]\]"):
        read_scheme(str(tmp_path / "own.toml"))


def test_scheme_that_is_not_there_names_the_known_ones(tmp_path):
    with pytest.raises(SettingsError, match="en1992, aci224r"):
        read_scheme("eurocode")
    with pytest.raises(SettingsError, match="could not be read"):
        read_scheme(str(tmp_path / "none.toml"))
    (tmp_path / "bytes.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SettingsError, match="not a TOML file"):
        read_scheme(str(tmp_path / "bytes.toml"))
