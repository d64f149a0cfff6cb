"""``fissura inspect`` as it is typed: what is said, what is left, how each mistake is answered."""

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time

import pytest
import torch
from inspection_case import ONE, TWO, inspector, wall
from PIL import Image
from test_cli import fissura

from fissura import survey
from fissura.classifier import Classifier, Decision, Preprocessing
from fissura.models import build


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """A detector that learned nothing; in most of these tests the fake looks at the photographs."""
    torch.manual_seed(12)
    network = build("detector", (224, 224), 2)
    path = tmp_path_factory.mktemp("model") / "detector.safetensors"
    Classifier(
        "detector", {}, network, ("intact", "crack"), Preprocessing((224, 224), 0.0, 1.0), decision=Decision(1)
    ).save(path)
    return path


@pytest.fixture
def walls(tmp_path, monkeypatch):
    monkeypatch.setattr(survey, "detector", lambda model, settings: inspector)
    folder = tmp_path / "walls"
    (folder / "sub").mkdir(parents=True)
    (folder / "one.jpg").write_bytes(wall(ONE))
    (folder / "sub" / "two.jpg").write_bytes(wall(TWO, seed=3))
    return folder


def inspect(model, *arguments, cwd, rc=0):
    return fissura("inspect", "--model", str(model), "--workers", "1", *arguments, cwd=cwd, rc=rc)


def test_folder_gives_a_table_the_warning_and_the_report(walls, model):
    said = inspect(model, "walls", cwd=walls.parent).stdout
    assert "one.jpg" in said
    assert "Findings: 3. Photographs with findings: 2 of 2 inspected." in said
    assert "not proof of nothing" in said
    assert (walls.parent / "runs" / "inspection-walls" / "report.html").exists()


def test_that_nothing_found_proves_nothing_is_said_once_in_the_terminal(walls, model):
    for name in ("one.jpg", "sub/two.jpg"):
        (walls / name).write_bytes(wall())
    said = " ".join(inspect(model, "walls", cwd=walls.parent).stdout.split())
    assert "Nothing was found on 2 photographs. This is not proof that there is nothing. Cracks are missed" in said
    assert said.count("proof") == 1


def test_the_report_of_another_photograph_is_not_replaced(walls, model):
    inspect(model, "walls/one.jpg", "--out", "named", cwd=walls.parent)
    before = (walls.parent / "named" / "report.html").read_bytes()
    for other in (["walls/sub/two.jpg"], ["walls/one.jpg", "walls/sub/two.jpg"], ["walls"]):
        done = inspect(model, *other, "--out", "named", cwd=walls.parent, rc=2)
        assert "holds another run" in done.stderr
    inspect(model, "walls/one.jpg", "--out", "named", cwd=walls.parent)
    assert (walls.parent / "named" / "report.html").read_bytes() == before


def test_folders_of_one_name_are_two_inspections(walls, model):
    """Without --out both would go to runs/inspection-photos."""
    for place in ("A", "B"):
        (walls.parent / place / "photos").mkdir(parents=True)
        shutil.copy(walls / "one.jpg", walls.parent / place / "photos" / "one.jpg")
    report = walls.parent / "runs" / "inspection-photos" / "report.html"
    inspect(model, "A/photos", cwd=walls.parent)
    before = report.read_bytes()
    for other in ("B/photos", "B/photos/one.jpg", "A/photos/o*.jpg"):
        done = inspect(model, other, cwd=walls.parent, rc=2)
        assert (
            "inspection-photos holds another run (other photographs). Choose another folder with --out" in done.stderr
        )
        assert report.read_bytes() == before
    shutil.copy(walls / "sub" / "two.jpg", walls.parent / "A" / "photos" / "two.jpg")
    assert "2 of 2 inspected" in inspect(model, "A/photos/", cwd=walls.parent).stdout


def test_pattern_is_another_inspection_than_one_that_fits_fewer(walls, model):
    inspect(model, "walls/**/*.jpg", "--out", "out", cwd=walls.parent)
    done = inspect(model, "walls/**/o*.jpg", "--out", "out", cwd=walls.parent, rc=2)
    assert "holds another run" in done.stderr
    inspect(model, "./walls/**/*.jpg", "--out", "out", cwd=walls.parent)


def test_photographs_and_results_moved_together_go_on(walls, model):
    def records(folder):
        return {path.relative_to(folder): path.stat().st_mtime_ns for path in folder.rglob("result.json")}

    inspect(model, "walls", "--out", "out", cwd=walls.parent)
    before = records(walls.parent / "out")
    (walls.parent / "moved").mkdir()
    for name in ("walls", "out"):
        (walls.parent / name).rename(walls.parent / "moved" / name)
    inspect(model, "walls", "--out", "out", cwd=walls.parent / "moved")
    inspect(model, "moved/walls", "--out", "moved/out", cwd=walls.parent)
    assert len(before) > 0
    assert records(walls.parent / "moved" / "out") == before  # none was inspected again


def test_pictures_of_an_earlier_inspection_are_no_photographs(walls, model):
    first = json.loads(inspect(model, ".", "--out", "first", "--json", cwd=walls).stdout)
    again = json.loads(inspect(model, ".", "--out", "second", "--json", cwd=walls).stdout)
    assert [each["name"] for each in again["photographs"]] == [each["name"] for each in first["photographs"]]
    for name in ("first", "second"):
        shutil.rmtree(walls / name)


def test_same_command_again_says_and_leaves_the_same(walls, model):
    first = inspect(model, "walls", "--out", "out", cwd=walls.parent)
    page = (walls.parent / "out" / "report.html").read_bytes()
    again = inspect(model, "walls", "--out", "out", cwd=walls.parent)
    assert again.stdout == first.stdout
    assert (walls.parent / "out" / "report.html").read_bytes() == page


@pytest.mark.parametrize("typed", ["0.1", "0,1"])
def test_scale_turns_pixels_into_millimetres_and_classes(walls, model, typed):
    said = inspect(model, "walls", "--mm-per-px", typed, "--scale-error", "2%", "--out", "out", cwd=walls.parent).stdout
    assert "above 0.4 mm" in said
    found = json.loads((walls.parent / "out" / "inspection.json").read_text(encoding="utf-8"))
    assert {each["scale"]["error_mm_per_px"] for each in found["photographs"]} == {0.002}


def test_threshold_and_shortest_length_take_a_decimal_comma(walls, model):
    inspect(model, "walls", "--threshold", "0,6", "--shortest", "10,5", "--out", "out", cwd=walls.parent)
    found = json.loads((walls.parent / "out" / "inspection.json").read_text(encoding="utf-8"))
    assert (found["settings"]["threshold"], found["settings"]["shortest_px"]) == (0.6, 10.5)


def test_distance_without_a_lens_is_refused_and_with_one_for_some_says_for_which_not(walls, model):
    done = inspect(model, "walls", "--distance", "1.5m", "--out", "out", cwd=walls.parent, rc=2)
    assert "does not say through which lens it was taken. Give --focal-length" in done.stderr
    assert not (walls.parent / "out").exists()
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0xA405] = 26
    (walls / "one.jpg").write_bytes(wall(ONE, exif=exif))
    done = inspect(model, "walls", "--distance", "1.5m", "--out", "out", cwd=walls.parent, rc=1)
    assert "sub/two.jpg: A distance alone gives no scale" in done.stderr
    assert "one.jpg: A distance" not in done.stderr
    assert "No scale was found for 1 photograph of 2; its lengths are in pixels." in done.stderr
    done = inspect(model, "walls", "--distance", "1.5m", "--out", "out", "--lang", "fr", cwd=walls.parent, rc=1)
    assert "pour 1 photographie sur 2" in done.stderr


def test_json_is_what_the_file_holds(walls, model):
    printed = inspect(model, "walls", "--out", "out", "--json", cwd=walls.parent).stdout
    assert json.loads(printed) == json.loads((walls.parent / "out" / "inspection.json").read_text(encoding="utf-8"))


def test_command_on_the_page_does_the_same_again(walls, model):
    options = ("--mm-per-px", "0.1", "--threshold", "0.6", "--workers", "1", "--out", "my results")
    inspect(model, "walls", *options, cwd=walls.parent)
    (walls.parent / "my results").rename(walls.parent / "before")
    before = (walls.parent / "before" / "inspection.json").read_bytes()
    words = shlex.split(json.loads(before)["command"])
    assert words[:3] == ["fissura", "inspect", "walls"]
    fissura(*words[1:], cwd=walls.parent)
    assert (walls.parent / "my results" / "inspection.json").read_bytes() == before


def test_everything_is_said_in_french(walls, model):
    (walls / "empty.jpg").write_bytes(b"")
    done = inspect(model, "walls", "--lang", "fr", "--out", "out", cwd=walls.parent, rc=1)
    assert "Signalements" in done.stdout
    assert "est vide" in done.stderr


def test_bad_file_among_others_ends_with_1(walls, model):
    (walls / "empty.jpg").write_bytes(b"")
    done = inspect(model, "walls", "--out", "out", cwd=walls.parent, rc=1)
    assert "empty.jpg is empty" in done.stderr
    assert "2 of 2 inspected" in done.stdout


def test_names_and_links_that_lead_nowhere_are_rows(walls, model):
    (walls / "sub" / "link.jpg").symlink_to(walls / "gone.jpg")
    (walls / "sub" / "circle.jpg").symlink_to("circle.jpg")
    done = inspect(model, "walls/one.jpg", "walls/missing.jpg", "walls/sub", "--out", "out", cwd=walls.parent, rc=1)
    assert "2 of 2 inspected. Photographs not inspected: 3." in done.stdout
    for name in ("missing.jpg", "sub/link.jpg"):
        assert f"{name} is not there" in done.stderr
    assert "sub/circle.jpg cannot be opened" in done.stderr


def test_truth_is_scored_and_printed(walls, model):
    (walls.parent / "masks").mkdir()
    Image.fromarray(inspector((walls / "one.jpg").read_bytes(), "one", None).mask).save(
        walls.parent / "masks" / "one.png"
    )
    said = inspect(model, "walls", "--truth", "masks", "--out", "out", cwd=walls.parent).stdout
    assert re.search(r"Cracks found +1 / 1", said)
    assert re.search(r"clIoU.* 1\.000", said)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["nowhere"], "nowhere is not there"),
        (["empty-folder"], "There is no image in empty-folder"),
        (["walls", "--mm-per-px", "0"], "0.0 mm per pixel is not a scale"),
        (["walls", "--mm-per-px", "-1"], "-1.0 mm per pixel is not a scale"),
        (["walls", "--mm-per-px", "1e-300"], "A scale of 1e-300 mm per pixel cannot be that of a photograph"),
        (["walls", "--mm-per-px", "1e300"], "A scale of 1e+300 mm per pixel cannot be that of a photograph"),
        (["walls", "--mm-per-px", "wide"], "What was given for --mm-per-px is not a number"),
        (["walls", "--mm-per-px", "0.1", "--scale-error", "much"], "--scale-error is much"),
        (["walls", "--scale-error", "1%"], "--scale-error goes with"),
        (["walls", "--distance", "near"], "near is no distance"),
        (["walls", "--distance", "1m", "--mm-per-px", "1"], "both give the scale"),
        (["walls", "--focal-length", "4"], "go with --distance"),
        (["walls", "--scales", "none.csv"], "none.csv cannot be read"),
        (["walls", "--severity", "iso"], "--severity is iso"),
        (["walls", "--truth", "nowhere"], "--truth nowhere is not a folder"),
        (["walls", "--truth", "empty-folder"], "holds no mask"),
        (["walls", "--threshold", "2"], "2.0 is not a threshold"),
        (["walls", "--workers", "0"], "--workers is 0"),
        (["walls", "--out", "walls/one.jpg"], "a file stands where a folder is needed"),
    ],
)
def test_mistake_is_one_sentence_and_2_and_leaves_nothing(walls, model, arguments, sentence):
    (walls.parent / "empty-folder").mkdir()
    before = sorted(walls.parent.rglob("*"))
    done = inspect(model, *arguments, cwd=walls.parent, rc=2)
    assert sentence in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr
    assert sorted(walls.parent.rglob("*")) == before


def test_network_without_a_map_is_refused_with_2_before_a_folder_is_made(tmp_path):
    (tmp_path / "one.jpg").write_bytes(wall(ONE))
    network = build("crack", (64, 64), 2)
    sizes = Preprocessing((64, 64), 0.5, 0.2)
    Classifier("crack", {}, network, ("intact", "crack"), sizes, decision=Decision(1)).save(tmp_path / "m.safetensors")
    done = inspect(tmp_path / "m.safetensors", "one.jpg", cwd=tmp_path, rc=2)
    assert "cannot inspect photographs" in done.stderr
    assert not (tmp_path / "runs").exists()


@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_stopped_by_force_it_goes_on_with_the_same_command(tmp_path, model):
    """With the network itself, in processes of their own: they end with the one that is killed."""
    folder = tmp_path / "walls"
    folder.mkdir()
    for k in range(6):
        (folder / f"{k}.jpg").write_bytes(wall(ONE, seed=k))
    command = [sys.executable, "-m", "fissura", "inspect", "walls", "--model", str(model), "--out", "out"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    running = subprocess.Popen([*command, "--workers", "2"], cwd=tmp_path, env=environment, stderr=subprocess.DEVNULL)
    kept = tmp_path / "out" / "photographs"
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline and running.poll() is None and not list(kept.glob("*/result.json")):
        time.sleep(0.02)
    running.send_signal(signal.SIGKILL)
    running.wait()
    finished = {path: path.stat().st_mtime_ns for path in kept.glob("*/result.json")}
    assert finished
    fissura(*command[3:], "--workers", "1", cwd=tmp_path)
    assert {path: path.stat().st_mtime_ns for path in finished} == finished
    assert len(list(kept.glob("*/result.json"))) == 6
    assert (tmp_path / "out" / "report.html").exists()
