"""docs/files.md names the files, columns and codes that are written, and no others."""

import csv
import io
import json
import re
from pathlib import Path

import inspection_case
import numpy as np
import pytest

from fissura.data.audit import write_groups
from fissura.data.drawn_files import write_scenes
from fissura.data.split_manifest import write_manifest
from fissura.data.splits import split
from fissura.data.synthetic import synthetic_scenes
from fissura.images import CameraFacts
from fissura.inspection.record import REASONS, WARNINGS, Settings
from fissura.inspection.scale import Scale
from fissura.language import language
from fissura.reporting.findings.exchange import csv_text, geojson, photographs_csv
from fissura.reporting.findings.pictures import CROPS, FILES
from fissura.reporting.findings.records import photograph
from fissura.reporting.findings.results import Inspected
from fissura.reporting.findings.severity import read_scheme
from fissura.reporting.findings.widths import widths_csv
from fissura.survey import run as survey
from fissura.survey.work import RECORD, WIDTHS

PAGE = (Path(__file__).parent.parent / "docs" / "files.md").read_text(encoding="utf-8")


def named(head: str) -> list[str]:
    """What is named in the first column of the table that has this head of its first column, in order."""
    rows = re.search(rf"^\| {re.escape(head)} \|.*\n\|[-|]+\n((?:\|.*\n)+)", PAGE, flags=re.MULTILINE)
    assert rows is not None, head
    return [name for row in rows[1].splitlines() for name in re.findall("`([^`]+)`", row.split("|")[1])]


def columns(section: str) -> list[str]:
    """What is named in the first column of the table of columns under that heading, in order."""
    below = PAGE.split(f"### {section}\n")[1]
    table = below[below.index("| column |") :].split("\n\n")[0]
    return [name for row in table.splitlines()[2:] for name in re.findall("`([^`]+)`", row.split("|")[1])]


@pytest.fixture(scope="module")
def seen():
    return inspection_case.inspector(inspection_case.wall(inspection_case.TWO), "wall.jpg", Scale(0.2, 0.01))


@pytest.fixture(scope="module")
def inspected(seen):
    record = photograph(seen, "wall.jpg", "photographs/wall", CameraFacts(latitude_deg=48.8, longitude_deg=2.3))
    return Inspected("walls", (record,), read_scheme("en1992"), {}, inspection_case.MODEL, {}, "fissura inspect")


def head(text: str) -> list[str]:
    return next(csv.reader(io.StringIO(text)))


def test_columns_of_an_inspections_tables_are_those_of_the_page(inspected, seen):
    english = language("en")
    assert columns("`findings.csv`") == head(csv_text(inspected, english))
    assert columns("`photographs.csv`") == head(photographs_csv(inspected, english))
    assert columns("`widths.csv`") == head(widths_csv(seen))


def test_properties_of_the_map_are_those_of_the_page(inspected):
    features = geojson(inspected, language("en"))["features"]
    of_photograph, of_finding = (features[k]["properties"].keys() for k in (0, 1))
    page = set(named("property"))
    assert of_photograph <= page
    assert of_finding <= page | set(columns("`findings.csv`"))
    assert page - {"findings.csv"} <= of_photograph | of_finding


def test_codes_are_those_of_the_page():
    assert named("reason") == list(REASONS)
    assert sorted(named("warning")) == sorted(WARNINGS)


def test_files_of_an_inspection_are_those_of_the_page():
    page = PAGE.split("## `fissura inspect`")[1].split("### ")[0]
    files = re.findall(r"^\| `([^`]+)`", page, flags=re.MULTILINE)
    whole = (survey.REPORT, survey.RESULTS, survey.CSV, survey.PHOTOGRAPHS_CSV, survey.GEOJSON, survey.COCO)
    assert set(files) == {*whole, "photographs/NAME/", "run.json", *FILES, f"{CROPS}/ID.jpg", WIDTHS, RECORD}


def test_usual_settings_are_those_that_help_and_page_tell():
    docs = Path(__file__).parent.parent / "docs"
    table = (docs / "inspecting.md").read_text(encoding="utf-8").split("## Settings")[1].split("\n## ")[0]
    usual = dict(re.findall(r"^\| `([^`]+)` \| ([^|]+) \|", table, flags=re.MULTILINE))
    settings = Settings()
    assert usual["--threshold"] == f"{settings.threshold:g}"
    assert usual["--shortest"] == f"{settings.shortest_px:g} px"
    assert usual["--max-pixels"] == f"{settings.max_pixels:,}"
    told = " ".join((docs / "commands.md").read_text(encoding="utf-8").split())
    assert f"is crack; by default {settings.threshold:g}." in told
    assert f"so many pixels; by default {settings.shortest_px:g}." in told


def test_fields_of_drawn_images_are_those_of_the_page(tmp_path):
    scenes = synthetic_scenes(2, (32, 32))
    write_scenes(scenes, tmp_path)
    truth = json.loads((tmp_path / "truth.json").read_text(encoding="utf-8"))
    assert named("field in `truth.json`") == list(truth[0])
    assert sorted(path.name for path in (tmp_path / "images").iterdir()) == ["crack", "intact"]
    assert sorted(path.name for path in (tmp_path / "masks").iterdir()) == ["crack", "intact"]


def test_fields_of_a_split_are_those_of_the_page(tmp_path):
    labels, names = np.arange(20) % 2, [f"{n}.jpg" for n in range(20)]
    parts = split(names, labels, groups=np.arange(20))
    hashes = [f"{n:064x}" for n in range(20)]
    path = tmp_path / "split.json"
    write_manifest(path, parts, names, hashes, ["a"] * 20, sizes_bytes=[1] * 20, groups=np.arange(20))
    content = json.loads(path.read_text(encoding="utf-8"))
    assert named("field of an image in `split.json`") == list(content["images"][0])
    for field in content.keys() - {"format", "version", "images"}:
        assert f"`{field}`" in PAGE
    write_groups(tmp_path / "groups.json", {"1.jpg": 0})
    assert all(f"`{field}`" in PAGE for field in json.loads((tmp_path / "groups.json").read_text(encoding="utf-8")))
