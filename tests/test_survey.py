"""Photographs inspected into a folder: everything is there, repeats itself, goes on, and one bad file ends nothing."""

import csv
import errno
import io
import json
import math
import os
import pickle
import re
import shutil
import warnings
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from functools import partial
from pathlib import Path

import jsonschema
import numpy as np
import pytest
from inspection_case import MODEL, ONE, TWO, inspector, make_inspector, wall
from PIL import Image
from test_exif import position
from test_page import read

from fissura.data.filling import only_run
from fissura.errors import OutputError, SettingsError
from fissura.files import LOCK, write_whole
from fissura.images import read_mask, where_white
from fissura.inspection.record import Quantity, Settings
from fissura.inspection.scale import Scale
from fissura.language import language
from fissura.reporting.findings.records import Photograph
from fissura.reporting.findings.severity import read_scheme
from fissura.reporting.findings.words import key_sentence
from fissura.survey import Inspector, Once, Plan, detector, listed, survey
from fissura.survey.listing import Entry
from fissura.survey.truth import masks_of
from fissura.survey.work import Task, done, kept

ENGLISH, FRENCH = language("en"), language("fr")
DOCS = Path(__file__).parent.parent / "docs"
SCALE = Scale(0.1, 0.002)


@pytest.fixture
def walls(tmp_path):
    folder = tmp_path / "walls"
    (folder / "sub").mkdir(parents=True)
    (folder / "one.jpg").write_bytes(wall(ONE))
    (folder / "sub" / "two.jpg").write_bytes(wall(TWO, seed=3))
    (folder / "clean.jpg").write_bytes(wall(seed=4))
    return folder


def planned(folder, scale=None, **more):
    listing = listed([str(folder)])
    scales = {} if scale is None else {each.name: scale for each in listing.entries}
    return Plan(listing, MODEL, Settings(), read_scheme("en1992"), scales, command="fissura inspect walls", **more)


def inspect(folder, out, scale=None, spoken=ENGLISH, make=make_inspector, **more):
    return survey(planned(folder, scale, **more), make, out, spoken)


def everything(folder):
    """All files but run.json, which says where the photographs lie."""
    files = (path for path in folder.rglob("*") if path.is_file() and path.name != "run.json")
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def test_folder_holds_page_tables_and_the_pictures_of_each_photograph(walls, tmp_path):
    result = inspect(walls, tmp_path / "out")
    there = set(everything(tmp_path / "out"))
    assert {
        "report.html",
        "inspection.json",
        "findings.csv",
        "photographs.csv",
        "findings.geojson",
        "coco.json",
    } <= there
    for photograph in result.photographs:
        pictures = {"preview.jpg", "thumbnail.jpg", "overlay.jpg", "mask.png", "map.png", "widths.csv", "result.json"}
        assert {f"{photograph.folder}/{name}" for name in pictures} <= there
        assert {f"{photograph.folder}/{found.crop}" for found in photograph.findings} <= there
    assert [each.name for each in result.ranked] == ["sub/two.jpg", "one.jpg", "clean.jpg"]


def test_same_photographs_elsewhere_give_the_same_bytes(walls, tmp_path):
    inspect(walls, tmp_path / "out", SCALE)
    (tmp_path / "elsewhere").mkdir()
    walls.rename(tmp_path / "elsewhere" / "walls")
    inspect(tmp_path / "elsewhere" / "walls", tmp_path / "again", SCALE)
    assert everything(tmp_path / "out") == everything(tmp_path / "again")


def test_several_processes_give_the_same_bytes_as_one(walls, tmp_path):
    inspect(walls, tmp_path / "one", workers=1)
    inspect(walls, tmp_path / "two", workers=2)
    assert everything(tmp_path / "one") == everything(tmp_path / "two")


def test_an_inspector_is_made_once_in_each_process(tmp_path):
    made = []

    def make() -> Inspector:
        made.append(len(made))
        return lambda path, name, scale: made[-1]

    once = Once(make)
    assert once() is once()
    assert made == [0]
    elsewhere = pickle.loads(pickle.dumps(Once(partial(detector, "built-in", Settings()))))
    assert elsewhere() is elsewhere()


def test_mask_is_the_findings_and_polygons_paint_it_again(walls, tmp_path):
    result = inspect(walls, tmp_path / "out")
    for photograph in result.seen:
        mask = np.asarray(Image.open(tmp_path / "out" / photograph.folder / "mask.png"))
        original = inspector((walls / photograph.name).read_bytes(), photograph.name, None)
        assert (mask == original.mask).all()


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # pycocotools 2.0.11 with NumPy 2
def test_coco_file_is_read_by_cocos_own_tools_and_gives_the_masks_back(walls, tmp_path, capsys):
    from pycocotools.coco import COCO

    result = inspect(walls, tmp_path / "out")
    found = COCO(tmp_path / "out" / "coco.json")
    capsys.readouterr()
    by_name = {each["file_name"]: number for number, each in found.imgs.items()}
    assert len(found.anns) == 3
    for photograph in result.seen:
        original = inspector((walls / photograph.name).read_bytes(), photograph.name, None)
        annotations = found.loadAnns(found.getAnnIds(by_name[photograph.name]))
        painted = np.zeros(photograph.size_hw, dtype=bool)
        for annotation in annotations:
            mask = found.annToMask(annotation).astype(bool)
            assert mask.sum() == annotation["area"]
            painted |= mask
        assert (painted == original.mask).all()


def test_json_fits_its_schema(walls, tmp_path):
    (walls / "bad.jpg").write_bytes(b"")
    schema = json.loads((DOCS / "inspection.schema.json").read_text(encoding="utf-8"))
    for name, scale in (("px", None), ("mm", SCALE)):
        inspect(walls, tmp_path / name, scale)
        found = json.loads((tmp_path / name / "inspection.json").read_text(encoding="utf-8"))
        jsonschema.Draft202012Validator.check_schema(schema)
        assert list(jsonschema.Draft202012Validator(schema).iter_errors(found)) == []
        assert [each["name"] for each in found["photographs"] if each["error"]] == ["bad.jpg"]


def test_csv_has_a_row_per_finding_the_widest_first(walls, tmp_path):
    inspect(walls, tmp_path / "out", SCALE)
    rows = list(csv.DictReader(io.StringIO((tmp_path / "out" / "findings.csv").read_text(encoding="utf-8"))))
    assert sorted(row["photograph"] for row in rows) == ["one.jpg", "sub/two.jpg", "sub/two.jpg"]
    widths = [float(row["width_max_mm"]) for row in rows]
    assert widths == sorted(widths, reverse=True)
    for row in rows:
        assert float(row["width_max_mm"]) == pytest.approx(0.1 * float(row["width_max_px"]), abs=1e-3)


def test_files_have_two_digits_of_every_uncertainty_at_the_scale_of_a_microscope(walls, tmp_path):
    scale = Scale(0.0004, 0.0000012)
    inspect(walls, tmp_path / "out", scale)
    text = (tmp_path / "out" / "findings.csv").read_text(encoding="utf-8")
    found = json.loads((tmp_path / "out" / "inspection.json").read_text(encoding="utf-8"))
    each = {one["id"]: one for photograph in found["photographs"] for one in photograph["findings"]}
    for row in csv.DictReader(io.StringIO(text)):
        assert (row["mm_per_px"], row["mm_per_px_error"]) == ("0.0004", "1.2e-06")
        for name, power, unit in (("length", 1, "mm"), ("width_max", 1, "mm"), ("area", 2, "mm2")):
            value, error = (float(row[f"{name}{kind}_px{unit[2:]}"]) for kind in ("", "_error"))
            of_scale = value * power * scale.mm_per_px ** (power - 1) * scale.error_mm_per_px
            error = math.hypot(error * scale.mm_per_px**power, of_scale)
            assert float(row[f"{name}_error_{unit}"]) == pytest.approx(error, rel=0.06)
            assert float(row[f"{name}_{unit}"]) == pytest.approx(value * scale.mm_per_px**power, abs=0.06 * error)
            in_json = each[row["finding"]][f"{name}_mm"]
            told = [float(row[f"{name}{kind}_{unit}"]) for kind in ("", "_error")]
            assert told == [in_json["value"], in_json["error"]]
    table = next((tmp_path / "out" / "photographs").glob("one*/widths.csv")).read_text(encoding="utf-8")
    for row in (each for each in csv.DictReader(io.StringIO(table)) if each["width_px"]):
        assert float(row["width_mm"]) == pytest.approx(0.0004 * float(row["width_px"]), abs=0.01 * scale.mm_per_px)


def test_pixels_are_not_compared_with_millimetres(walls, tmp_path):
    """Of two photographs the one with a scale comes first, however many pixels wide the other's crack is."""
    plan = planned(walls)
    plan = replace(plan, scales={"one.jpg": SCALE})
    result = survey(plan, make_inspector, tmp_path / "out", ENGLISH)
    assert [photograph.name for photograph, _ in result.findings] == ["one.jpg", "sub/two.jpg", "sub/two.jpg"]
    assert [each.name for each in result.ranked] == ["one.jpg", "sub/two.jpg", "clean.jpg"]
    mm, px = result.lengths
    assert (mm.unit, px.unit) == ("mm", "px")
    assert mm.value == pytest.approx(result.findings[0][1].length.value * SCALE.mm_per_px)
    assert px.value == pytest.approx(sum(found.length.value for _, found in result.findings[1:]))
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    shown = re.findall(r'<tr role="row" [^>]*data-width="([^"]+)"', page)
    assert [float(each) > 1e6 for each in shown] == [True, False, False]
    text = "".join(read(page).text)
    assert "length of all findings, with a scale" in text
    assert "greatest width measured, with a scale" in text
    assert "stand after those in millimetres" in text


def test_csv_cell_that_a_spreadsheet_would_compute_is_text(walls, tmp_path):
    (walls / "one.jpg").rename(walls / "=cmd()|x.jpg")
    inspect(walls, tmp_path / "out")
    assert "'=cmd()|x.jpg" in (tmp_path / "out" / "findings.csv").read_text(encoding="utf-8")


def test_widths_of_every_point_add_up_to_the_record(walls, tmp_path):
    result = inspect(walls, tmp_path / "out", SCALE)
    one = next(each for each in result.photographs if each.name == "one.jpg")
    text = (tmp_path / "out" / one.folder / "widths.csv").read_text(encoding="utf-8")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert rows[0]["width_px"] == ""
    assert float(rows[1]["width_mm"]) == pytest.approx(0.1 * float(rows[1]["width_px"]), rel=1e-3)
    assert len(rows) > len(one.findings[0].lines[0])


def test_positions_are_the_cameras_or_none(walls, tmp_path):
    head = Image.Exif()
    head.get_ifd(0x8825).update(position(45.75, 4.83))
    (walls / "placed.jpg").write_bytes(wall(ONE, seed=9, exif=head))
    inspect(walls, tmp_path / "out")
    found = json.loads((tmp_path / "out" / "findings.geojson").read_text(encoding="utf-8"))
    by_name = {}
    for feature in found["features"]:
        by_name.setdefault(feature["properties"]["photograph"], []).append(feature)
    for feature in by_name["placed.jpg"]:
        assert feature["geometry"] == {"type": "Point", "coordinates": [4.83, 45.75]}
        assert feature["properties"]["position"] == "camera"
    assert {each["geometry"] for each in by_name["one.jpg"]} == {None}
    finding = by_name["one.jpg"][1]["properties"]
    assert (finding["kind"], len(finding["centre_lines_px"])) == ("finding", 1)


def test_stopped_run_goes_on_without_doing_anything_twice(walls, tmp_path):
    inspected = []

    def stops(path, name, scale):
        if name == "one.jpg" and "stopped" not in inspected:
            inspected.append("stopped")
            raise KeyboardInterrupt
        inspected.append(name)
        return inspector(path, name, scale)

    with pytest.raises(KeyboardInterrupt):
        inspect(walls, tmp_path / "out", make=lambda: stops)
    inspect(walls, tmp_path / "out", make=lambda: stops)
    assert inspected == ["clean.jpg", "stopped", "one.jpg", "sub/two.jpg"]
    inspect(walls, tmp_path / "whole")
    assert everything(tmp_path / "out") == everything(tmp_path / "whole")


def test_a_folder_that_another_run_is_filling_is_left_to_it(walls, tmp_path):
    inspect(walls, tmp_path / "out")
    before = everything(tmp_path / "out")
    held, refused = only_run(tmp_path / "out", "--out", tmp_path / "out" / LOCK), pytest.raises(OutputError)
    with held, refused as caught:
        inspect(walls, tmp_path / "out")
    assert "is being filled by another run" in str(caught.value)
    assert everything(tmp_path / "out") == before
    inspect(walls, tmp_path / "out")
    assert everything(tmp_path / "out") == before


def test_photograph_that_changed_is_inspected_anew(walls, tmp_path):
    inspect(walls, tmp_path / "out")
    (walls / "clean.jpg").write_bytes(wall(ONE, seed=77))
    result = inspect(walls, tmp_path / "out")
    assert [len(each.findings) for each in result.photographs] == [1, 1, 2]


@pytest.mark.parametrize("lose", [Path.unlink, lambda path: path.write_bytes(b"")], ids=["removed", "emptied"])
def test_a_picture_that_was_lost_is_made_anew(walls, tmp_path, lose):
    inspect(walls, tmp_path / "out")
    before = everything(tmp_path / "out")
    one = next(path for path in (tmp_path / "out" / "photographs").glob("one-*"))
    for gone in (one / "preview.jpg", *(one / "crops").glob("*.jpg")):
        lose(gone)
    inspect(walls, tmp_path / "out")
    assert everything(tmp_path / "out") == before


def test_what_an_earlier_photograph_left_goes_where_the_one_in_its_place_is_not_inspected(walls, tmp_path):
    before = inspect(walls, tmp_path / "out")
    folders = {each.name: tmp_path / "out" / each.folder for each in before.photographs}
    (folders["one.jpg"] / "notes.txt").write_text("mine", encoding="utf-8")
    (folders["one.jpg"] / "crops" / "mine.jpg").write_bytes(b"mine")
    content = (walls / "one.jpg").read_bytes()
    for name in ("one.jpg", "sub/two.jpg"):
        (walls / name).write_bytes(b"")
    inspect(walls, tmp_path / "out")
    assert set(everything(folders["one.jpg"])) == {"notes.txt", "crops/mine.jpg"}
    assert not folders["sub/two.jpg"].exists()
    assert "result.json" in everything(folders["clean.jpg"])
    (walls / "one.jpg").write_bytes(content)
    inspect(walls, tmp_path / "out")
    assert "mask.png" in everything(folders["one.jpg"])


def test_cut_outs_of_an_earlier_photograph_do_not_stay_beside_those_of_the_one_in_its_place(walls, tmp_path):
    result = inspect(walls, tmp_path / "out")
    folder = tmp_path / "out" / next(each.folder for each in result.photographs if each.name == "one.jpg")
    assert (folder / "crops").is_dir()
    (walls / "one.jpg").write_bytes((walls / "clean.jpg").read_bytes())
    assert inspect(walls, tmp_path / "out").ranked[-1].findings == ()
    assert not (folder / "crops").exists()


def test_photograph_that_is_away_for_a_while_loses_nothing(walls, tmp_path):
    inspect(walls, tmp_path / "out")
    plan, before = planned(walls), everything(tmp_path / "out")
    content = (walls / "one.jpg").read_bytes()
    (walls / "one.jpg").unlink()
    assert len(survey(plan, make_inspector, tmp_path / "out", ENGLISH).unseen) == 1
    (walls / "one.jpg").write_bytes(content)
    inspect(walls, tmp_path / "out", make=lambda: None)
    assert everything(tmp_path / "out") == before


def test_damaged_record_is_made_anew(walls, tmp_path):
    result = inspect(walls, tmp_path / "out")
    before = everything(tmp_path / "out")
    (tmp_path / "out" / result.photographs[0].folder / "result.json").write_text("{", encoding="utf-8")
    inspect(walls, tmp_path / "out")
    assert everything(tmp_path / "out") == before


def test_folder_with_something_else_is_left_as_it_is(walls, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    (out / "mine.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(OutputError, match="not empty"):
        inspect(walls, out)
    assert everything(out) == {"mine.txt": b"mine"}


def test_folder_of_another_inspection_is_refused(walls, tmp_path):
    inspect(walls, tmp_path / "out")
    before = everything(tmp_path / "out")
    plan = replace(planned(walls), settings=Settings(threshold=0.7))
    with pytest.raises(OutputError, match="holds another run"):
        survey(plan, make_inspector, tmp_path / "out", ENGLISH)
    assert everything(tmp_path / "out") == before


def test_record_comes_back_whole_from_its_file(walls, tmp_path):
    for photograph in inspect(walls, tmp_path / "out", SCALE).photographs:
        assert Photograph.from_dict(json.loads(json.dumps(photograph.as_dict()))) == photograph


BAD = {
    "corrupt.jpg": b"\xff\xd8\xff\xe0 no image",
    "empty.jpg": b"",
    "cut.jpg": wall(ONE)[:900],
}


def test_each_bad_file_is_a_row_with_its_reason_and_the_rest_is_inspected(walls, tmp_path):
    for name, content in BAD.items():
        (walls / name).write_bytes(content)
    (walls / "gone.jpg").symlink_to(walls / "nowhere.jpg")
    result = inspect(walls, tmp_path / "out")
    assert {each.name for each in result.unseen} == {*BAD, "gone.jpg"}
    assert len(result.seen) == 3
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    for name in result.unseen:
        assert name.name in page


def test_photograph_beyond_the_limit_is_a_row(walls, tmp_path):
    listing = listed([str(walls)])
    plan = Plan(listing, MODEL, Settings(max_pixels=1000), read_scheme("en1992"))

    def limited(path, name, scale):
        from fissura.images import read_grey

        read_grey(path, name=name, max_pixels=1000)
        return inspector(path, name, scale)

    result = survey(plan, lambda: limited, tmp_path / "out", ENGLISH)
    assert len(result.unseen) == 3
    assert "at most 1000" in str(result.unseen[0].error)


def test_photograph_that_vanishes_between_listing_and_reading_is_a_row(walls, tmp_path):
    plan = planned(walls)
    (walls / "one.jpg").unlink()
    result = survey(plan, make_inspector, tmp_path / "out", ENGLISH)
    assert [each.name for each in result.unseen] == ["one.jpg"]


def test_photograph_too_large_for_the_memory_is_a_row(walls, tmp_path):
    def starved(path, name, scale):
        if name == "one.jpg":
            raise MemoryError
        if name == "clean.jpg":
            raise RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried ...")
        return inspector(path, name, scale)

    result = inspect(walls, tmp_path / "out", make=lambda: starved)
    assert [each.name for each in result.unseen] == ["clean.jpg", "one.jpg"]


def test_mistake_of_ours_on_one_photograph_is_said_to_be_ours_and_costs_no_other(walls, tmp_path):
    def broken(path, name, scale):
        if name == "one.jpg":
            raise IndexError("list index out of range")
        return inspector(path, name, scale)

    result = inspect(walls, tmp_path / "out", make=lambda: broken)
    assert [each.name for each in result.unseen] == ["one.jpg"]
    assert "mistake in fissura (IndexError" in str(result.unseen[0].error)


def test_full_disk_half_way_is_one_sentence_and_nothing_is_lost(walls, tmp_path, monkeypatch):
    written = []

    def full(path, content):
        if "clean" not in str(path) and path.name == "mask.png":
            raise OutputError("{path} could not be written: the disk is full.", path=path)
        written.append(path)
        write_whole(path, content)

    with monkeypatch.context() as patched:
        patched.setattr("fissura.survey.work.write_whole", full)
        with pytest.raises(OutputError, match="disk is full"):
            inspect(walls, tmp_path / "out")
    assert list((tmp_path / "out").rglob("*.part")) == []
    inspect(walls, tmp_path / "out")
    inspect(walls, tmp_path / "whole")
    assert everything(tmp_path / "out") == everything(tmp_path / "whole")


HOSTILE = [
    "<script>alert(1)<script>.jpg",
    'it\'s "quoted" & more.jpg',
    "new\nline.jpg",
    "été à l'œil.jpg",
    "x" * 200 + ".jpg",
]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such names")
@pytest.mark.parametrize("spoken", [ENGLISH, FRENCH], ids=["en", "fr"])
def test_names_of_all_kinds_are_text_on_a_page_that_loads_nothing(tmp_path, spoken):
    folder = tmp_path / "walls"
    folder.mkdir()
    for k, name in enumerate(HOSTILE):
        (folder / name).write_bytes(wall(ONE, seed=k))
    (folder / "<img src=x>.jpg").write_bytes(b"")
    result = inspect(folder, tmp_path / "out", spoken=spoken)
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    reader = read(page)
    assert reader.language == spoken.code
    assert reader.tags.count("script") == 1
    assert all(each.startswith(("data:", "#")) for each in reader.loads)
    assert "url(" not in page
    assert "@import" not in page
    text = "".join(reader.text)
    for photograph in result.photographs:
        assert photograph.name in text
    assert "new\\nline.jpg" in text
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'href="#([^"]+)"', page)) <= set(ids)


def test_wall_without_cracks_is_no_proof(tmp_path):
    (tmp_path / "walls").mkdir()
    (tmp_path / "walls" / "clean.jpg").write_bytes(wall())
    result = inspect(tmp_path / "walls", tmp_path / "out")
    assert result.findings == ()
    for spoken, sentence in ((ENGLISH, "not proof"), (FRENCH, "ne prouve pas")):
        inspect(tmp_path / "walls", tmp_path / "out", spoken=spoken)
        text = "".join(read((tmp_path / "out" / "report.html").read_text(encoding="utf-8")).text)
        assert text.count(sentence) >= 1
    assert json.loads((tmp_path / "out" / "coco.json").read_text(encoding="utf-8"))["annotations"] == []


@pytest.mark.parametrize(
    ("code", "said", "french"),
    [
        ("black", "it is black, or nearly", "elle est noire"),
        ("white", "it is white, or nearly", "elle est blanche"),
        ("flat", "it shows one even tone", "elle est d'un seul ton"),
        ("tiny", "it is less than 48 px high or wide", "moins de 48 px"),
    ],
)
def test_photograph_on_which_nothing_can_be_seen_is_not_inspected(walls, tmp_path, code, said, french):
    """It must not stand as a wall without cracks, nor in any sum."""
    seen = inspector(walls / "one.jpg", "one.jpg", None)
    unfit = replace(seen, findings=(), probability=None, log_odds=np.full_like(seen.log_odds, np.nan), warnings=(code,))

    def make():
        return lambda path, name, scale: unfit if name == "one.jpg" else inspector(path, name, scale)

    for spoken, sentence in ((FRENCH, french), (ENGLISH, said)):
        result = inspect(walls, tmp_path / "out", make=make, spoken=spoken)
        text = "".join(read((tmp_path / "out" / "report.html").read_text(encoding="utf-8")).text)
        assert sentence in text
        assert sentence in (tmp_path / "out" / "photographs.csv").read_text(encoding="utf-8")
    assert (len(result.seen), len(result.unseen)) == (2, 1)
    assert "1 of 2 inspected. Photographs not inspected: 1." in key_sentence(result, ENGLISH)
    values = json.loads((tmp_path / "out" / "inspection.json").read_text(encoding="utf-8"))
    jsonschema.validate(values, json.loads((DOCS / "inspection.schema.json").read_text(encoding="utf-8")))
    (entry,) = [each for each in values["photographs"] if each["name"] == "one.jpg"]
    assert said in entry["error"]
    assert entry["probability"] is entry["length"]["value"] is entry["density"]["value"] is None
    assert (entry["warnings"], entry["height_px"]) == ([code], seen.size_hw[0])
    names = [
        each["properties"]["photograph"]
        for each in json.loads((tmp_path / "out" / "findings.geojson").read_text(encoding="utf-8"))["features"]
    ]
    assert "one.jpg" not in names


def test_table_of_photographs_has_a_row_for_each_and_no_numbers_where_nothing_was_looked_for(walls, tmp_path):
    (walls / "gone.jpg").write_bytes(b"")
    inspect(walls, tmp_path / "out", SCALE)
    rows = list(csv.DictReader(io.StringIO((tmp_path / "out" / "photographs.csv").read_text(encoding="utf-8"))))
    assert [(row["photograph"], row["inspected"], row["findings"]) for row in rows] == [
        ("sub/two.jpg", "yes", "2"),
        ("one.jpg", "yes", "1"),
        ("clean.jpg", "yes", "0"),
        ("gone.jpg", "no", ""),
    ]
    assert [(row["height_px"], row["width_px"]) for row in rows[:3]] == [("120", "160")] * 3
    assert float(rows[0]["width_max_mm"]) == pytest.approx(0.1 * float(rows[0]["width_max_px"]), abs=1e-4)
    assert "is empty" in rows[-1]["reason"]
    assert [rows[-1][name] for name in ("probability", "length_px", "width_max_px", "height_px")] == ["", "", "", ""]


def test_truth_scores_the_photographs_that_have_a_mask(walls, tmp_path):
    masks = tmp_path / "masks"
    (masks / "sub").mkdir(parents=True)
    for name in ("sub/two.jpg", "clean.jpg"):
        mask = inspector((walls / name).read_bytes(), name, None).mask
        Image.fromarray(mask).save((masks / name).with_suffix(".png"))
    result = inspect(walls, tmp_path / "out", masks=masks)
    assert result.truth is not None
    assert (result.truth.images, result.truth.true, result.truth.found, result.truth.alarms) == (2, 2, 2, 0)
    assert result.truth.pixels.iou == 1.0
    found = json.loads((tmp_path / "out" / "inspection.json").read_text(encoding="utf-8"))
    assert found["truth"]["missed_cracks"] == 0
    text = "".join(read((tmp_path / "out" / "report.html").read_text(encoding="utf-8")).text)
    assert "clIoU" in text
    assert "not those measured along the centre lines that stand elsewhere" in text


class Killed:
    """Processes of which the one that inspects clean.jpg is killed each time, and with it all others."""

    def __init__(self, workers, make_inspector, _sizes):
        self.executor, self.inspector = ThreadPoolExecutor(workers), make_inspector()

    def results(self, tasks):
        for task in tasks:
            if task.entry.name == "clean.jpg":
                raise BrokenProcessPool("killed")
            yield task, done(task, self.inspector)


def test_a_photograph_that_ends_its_process_is_told_and_the_others_are_inspected(walls, tmp_path, monkeypatch):
    monkeypatch.setattr("fissura.survey.many._Pool", Killed)
    result = inspect(walls, tmp_path / "out", workers=2)
    assert [each.name for each in result.seen] == ["one.jpg", "sub/two.jpg"]
    (lost,) = result.unseen
    assert "The process that inspected clean.jpg was ended from outside or broke down" in str(lost.error)


class Unstartable:
    """Processes that cannot be started any more once one photograph is done."""

    def __init__(self, workers, make_inspector, _sizes):
        self.executor, self.inspector = ThreadPoolExecutor(workers), make_inspector()

    def results(self, tasks):
        yield tasks[0], done(tasks[0], self.inspector)
        raise OSError(errno.EAGAIN, "Resource temporarily unavailable")


def no_processes(_workers, _make_inspector, _sizes):
    raise OSError(errno.ENOSYS, "Function not implemented")  # a semaphore, where there is no /dev/shm


@pytest.mark.parametrize("pool", [Unstartable, no_processes])
def test_where_no_process_can_be_started_the_photographs_are_inspected_one_by_one(walls, tmp_path, monkeypatch, pool):
    inspect(walls, tmp_path / "one")
    monkeypatch.setattr("fissura.survey.many._Pool", pool)
    inspect(walls, tmp_path / "out", workers=2)
    assert everything(tmp_path / "out") == everything(tmp_path / "one")


def test_a_mask_that_is_changed_is_compared_anew(walls, tmp_path):
    masks = tmp_path / "masks"
    masks.mkdir()
    mask = inspector((walls / "one.jpg").read_bytes(), "one.jpg", None).mask
    for drawn, missed in ((mask, 0), (mask | np.roll(mask, 60, axis=0), 1)):
        Image.fromarray(drawn).save(masks / "one.png")
        assert inspect(walls, tmp_path / "out", masks=masks).truth.missed == missed


def test_mask_of_another_size_is_a_remark_beside_the_findings(walls, tmp_path):
    masks = tmp_path / "masks"
    masks.mkdir()
    Image.new("1", (10, 10)).save(masks / "one.png")
    result = inspect(walls, tmp_path / "out", masks=masks)
    again = inspect(walls, tmp_path / "out", masks=masks)  # said as often as it is asked for
    for each in (result, again):
        assert each.truth is None
        one = next(photograph for photograph in each.photographs if photograph.name == "one.jpg")
        assert (len(one.findings), len(one.remarks)) == (1, 1)
        assert "10 x 10" in str(one.remarks[0])


def test_what_is_no_mask_is_a_remark_and_not_a_score(walls, tmp_path):
    masks = tmp_path / "masks"
    masks.mkdir()
    shutil.copy(walls / "one.jpg", masks / "one.jpg")  # a photograph
    mask = inspector((walls / "sub" / "two.jpg").read_bytes(), "two.jpg", None).mask
    Image.fromarray(~mask).save(masks / "two.png")
    result = inspect(walls, tmp_path / "out", masks=masks)
    assert result.truth is None
    said = {each.name: [str(remark) for remark in each.remarks] for each in result.photographs}
    assert "neither black nor white" in said["one.jpg"][0]
    assert "exchanged" in said["sub/two.jpg"][0]


def test_masks_of_every_make_say_where_the_crack_is():
    crack = np.zeros((40, 40), np.uint8)
    crack[10:13] = 1
    soft = np.asarray(Image.fromarray(crack * 255).resize((20, 20)).resize((40, 40)))
    for grey in (crack, crack * 255, crack * 128, soft):
        assert (where_white(grey, "x.png") == (grey > grey.max() // 2)).all()
    assert where_white(crack, "x.png").sum() == 120
    assert not where_white(crack * 0, "x.png").any()


def test_where_the_page_draws_no_more_traces_it_says_where_they_are(walls, tmp_path, monkeypatch):
    monkeypatch.setattr("fissura.reporting.findings.views.WHOLE", 1)
    result = inspect(walls, tmp_path / "out")
    text = "".join(read((tmp_path / "out" / "report.html").read_text(encoding="utf-8")).text)
    first, *others = (each for each in result.ranked if each.findings)
    assert others
    for each in (first, *others):
        said = f"The page draws no more traces; those of this photograph are in {each.folder}/overlay.jpg." in text
        assert said == (each is not first)


@pytest.mark.parametrize("white", [1, 255, 65535])
def test_deep_masks_say_where_the_crack_is_whatever_their_white(tmp_path, white):
    crack = np.zeros((40, 50), np.uint16)
    crack[10:13] = white
    Image.fromarray(crack).save(tmp_path / "deep.png")
    assert where_white(read_mask(tmp_path / "deep.png"), "deep.png").sum() == 150
    Image.fromarray(crack * 0).save(tmp_path / "empty.png")
    assert not read_mask(tmp_path / "empty.png").any()


@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
def test_black_masks_are_masks_however_large(tmp_path, monkeypatch, kind):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    Image.fromarray(np.zeros((40, 50), kind)).save(tmp_path / "black.png")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert read_mask(tmp_path / "black.png").shape == (40, 50)


def test_photographs_on_two_drives_are_one_sentence(walls, monkeypatch):
    def refuse(paths):
        raise ValueError("Paths don't have the same drive")

    monkeypatch.setattr("os.path.commonpath", refuse)
    with pytest.raises(SettingsError, match="lie on several drives"):
        listed([str(walls)])


def test_fingerprint_on_the_signed_page_is_what_the_docs_make_of_the_results(walls, tmp_path, monkeypatch, capsys):
    inspect(walls, tmp_path / "out", Scale(0.21, 0.007))
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    docs = (Path(__file__).parent.parent / "docs" / "inspecting.md").read_text(encoding="utf-8")
    snippet = docs.split("## Signing")[1].split("```python\n")[1].split("```")[0]
    monkeypatch.chdir(tmp_path / "out")
    exec(snippet, {})
    assert re.search("Fingerprint of the results: ([0-9a-f]{64})", page)[1] == capsys.readouterr().out.strip()


def test_wrong_photograph_is_not_taken_for_kept(walls, tmp_path):
    entry = listed([str(walls)]).entries[0]
    task = Task(entry, tmp_path / "out", Settings(), MODEL.fingerprint)
    assert kept(task) is None
    first = done(task, inspector)
    assert kept(task) == first
    assert kept(replace(task, model="0" * 64)) is None
    assert kept(replace(task, scale=SCALE)) is None


def test_class_of_a_width_stands_in_the_json_and_on_the_page(walls, tmp_path):
    result = inspect(walls, tmp_path / "out", Scale(0.06, 0.01))
    found = json.loads((tmp_path / "out" / "inspection.json").read_text(encoding="utf-8"))
    one = next(each for each in found["photographs"] if each["name"] == "one.jpg")["findings"][0]
    width = Quantity(one["width_max"]["value"], one["width_max"]["error"], "px").in_mm(Scale(0.06, 0.01))
    expected = result.scheme.severity(width)
    assert one["severity"]["level"] == expected.level
    assert one["severity"]["straddles_mm"] == [result.scheme.limits[k].width_mm for k in expected.straddles]
    assert "straddles" in (tmp_path / "out" / "report.html").read_text(encoding="utf-8")


def test_a_mask_in_other_capitals_is_that_of_its_photograph(tmp_path):
    for name in ("IMG_1.png", "two.png", "sub/a.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    entries = [Entry(tmp_path / name, name, name) for name in ("img_1.jpg", "two.jpg", "Sub/A.jpg", "three.jpg")]
    found = {name: path.relative_to(tmp_path).as_posix() for name, path in masks_of(entries, tmp_path).items()}
    assert found == {"img_1.jpg": "IMG_1.png", "two.jpg": "two.png", "Sub/A.jpg": "sub/a.png"}
