"""The commands of ``fissura data`` as a user types them."""

import json
import os
import shutil
import struct
import subprocess
import sys
import zipfile
import zlib
from pathlib import Path

import jsonschema
import numpy as np
import pytest
from PIL import Image
from test_cli import fissura
from test_images import huge_png
from test_page import commands

from fissura.data.audit import read_groups
from fissura.data.audit.copies import KINDS
from fissura.data.cracks import CLASSES
from fissura.data.split_manifest import read_manifest
from fissura.examination import ExaminationSettings, cracks_there, examine
from fissura.images import PROBLEMS, ImageError

SIDE = 96
EACH = 22


def wall(seed: int, cracked: bool) -> np.ndarray:
    random = np.random.default_rng(seed)
    image = 150 + random.normal(0, 8, (SIDE, SIDE)) + np.repeat(random.normal(0, 6, (SIDE // 8, SIDE)), 8, axis=0)
    if cracked:
        rows = SIDE / 2 + np.cumsum(random.normal(0, 1, SIDE))
        image -= 90 * np.exp(-(((np.arange(SIDE)[:, None] - rows) / 2) ** 2))
    return np.clip(image, 0, 255).astype(np.uint8)


def save(path: Path, image: np.ndarray, **options: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(image).save(path, **options)


def fill(root: Path, each: int = EACH) -> Path:
    """Walls with and without a crack, all different."""
    for k in range(each):
        save(root / "no_crack" / f"{k:03d}.png", wall(k, cracked=False))
        save(root / "crack" / f"{k:03d}.png", wall(1000 + k, cracked=True))
    return root


def spoil(root: Path) -> Path:
    """Copies of every kind, a wrong label on one of them, and files that nobody wants."""
    crack, intact = root / "crack", root / "no_crack"
    (crack / "same file.png").write_bytes((crack / "000.png").read_bytes())
    save(crack / "saved-again.jpg", wall(1001, cracked=True), quality=92)
    save(crack / "mirrored.png", wall(1002, cracked=True)[:, ::-1])
    save(crack / "turned.png", np.rot90(wall(1003, cracked=True)))
    save(intact / "wrong label.png", wall(1004, cracked=True)[::-1])
    whole = (crack / "saved-again.jpg").read_bytes()
    (crack / "truncated.jpg").write_bytes(whole[: len(whole) // 2])
    (crack / "empty.jpg").write_bytes(b"")
    (crack / "no-image.jpg").write_bytes(b"hello")
    (crack / "misnamed.jpg").write_bytes((intact / "000.png").read_bytes())
    (crack / "notes.txt").write_text("by me")
    (crack / "folder.jpg").mkdir()
    (intact / "huge.png").write_bytes(png_header(40_000))
    return root


def png_header(side: int) -> bytes:
    """A small PNG that says it has ``side`` x ``side`` pixels."""

    def chunk(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    head = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


@pytest.fixture(scope="module")
def clean(tmp_path_factory) -> Path:
    return fill(tmp_path_factory.mktemp("clean"))


@pytest.fixture(scope="module")
def spoilt(tmp_path_factory):
    """(folder that holds the photographs, the results and the cache; what was printed) of a check in French."""
    folder = tmp_path_factory.mktemp("spoilt")
    spoil(fill(folder / "photographs"))
    options = ["--out", "out", "--cache-dir", "cache", "--lang", "fr"]
    return folder, fissura("data", "check", "photographs", *options, cwd=folder, rc=1)


def audit_of(folder: Path) -> dict:
    return json.loads((folder / "audit.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("command", ["get", "show", "check", "split", "draw", "clean"])
def test_every_command_has_help_with_an_example(tmp_path, command):
    assert f"Example: fissura data {command}" in fissura("data", command, "--help", cwd=tmp_path).stdout


@pytest.mark.parametrize("command", [["show"], ["split", "--out", "split.json"]])
def test_photographs_are_looked_at_and_parted_without_torch(clean, tmp_path, command):
    """Importing it takes longer than either."""
    name, *options = command
    arguments = ["data", name, str(clean), "--cache-dir", "cache", *options]
    code = (
        "import sys, fissura.cli\n"
        f"try: fissura.cli.app({arguments!r})\n"
        "except SystemExit: pass\n"
        "print('torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.endswith("False\n")


# check


def test_audits_are_as_the_schema_says(spoilt, clean, tmp_path):
    schema = json.loads((Path(__file__).parent.parent / "docs" / "audit.schema.json").read_text(encoding="utf-8"))
    found = json.loads(fissura("data", "check", str(clean), "--cache-dir", "cache", "--json", cwd=tmp_path).stdout)
    assert schema["$defs"]["problem"]["enum"] == list(PROBLEMS)
    assert schema["$defs"]["kind"]["enum"] == list(KINDS)
    for told in (audit_of(spoilt[0] / "out"), found):
        assert list(jsonschema.Draft202012Validator(schema).iter_errors(told)) == []


def test_check_leaves_report_findings_and_groups(spoilt):
    folder, _ = spoilt
    assert {path.name for path in (folder / "out").iterdir()} == {
        "run.json",
        "report.html",
        "audit.json",
        "groups.json",
    }


def test_formats_are_those_of_the_images_that_can_be_read(spoilt):
    found = audit_of(spoilt[0] / "out")
    assert sum(each["images"] for each in found["formats"]) == found["images"]


def test_every_planted_copy_is_found_with_its_kind(spoilt):
    kinds = audit_of(spoilt[0] / "out")["kinds"]
    assert {kind: kinds[kind] for kind in ("file", "left-right", "up-down")} == {
        "file": 2,  # one under a wrong name, as well
        "left-right": 1,
        "up-down": 1,
    }
    assert kinds["saved-again"] == 1
    assert kinds["turned-left"] == 1


def test_copy_under_another_label_is_a_conflict(spoilt):
    conflicts = audit_of(spoilt[0] / "out")["conflicts"]
    named = [sorted(each["image"] for each in conflict) for conflict in conflicts]
    assert ["crack/004.png", "no_crack/wrong label.png"] in named


def test_every_bad_file_is_counted_named_and_left_out(spoilt):
    folder, done = spoilt
    audit = audit_of(folder / "out")
    left_out = {each["file"]: each["problems"] for each in audit["problems"] if each["error"]}
    assert left_out == {
        "crack/empty.jpg": ["empty"],
        "crack/folder.jpg": [],
        "crack/no-image.jpg": ["unreadable"],
        "crack/notes.txt": [],
        "crack/truncated.jpg": ["truncated"],
        "no_crack/huge.png": ["too-large"],
    }
    assert {each["file"]: each["problems"] for each in audit["problems"]}["crack/misnamed.jpg"] == ["misnamed"]
    assert audit["images"] == 2 * EACH + 6
    assert "tronqué" in done.stdout


def test_groups_file_is_the_one_that_a_split_reads(spoilt):
    groups = read_groups(spoilt[0] / "out" / "groups.json")
    assert groups["crack/000.png"] == groups["crack/same file.png"]
    assert groups["crack/002.png"] == groups["crack/mirrored.png"] != groups["crack/000.png"]


def test_report_is_in_the_language_asked_for(spoilt):
    page = (spoilt[0] / "out" / "report.html").read_text(encoding="utf-8")
    assert '<html lang="fr">' in page
    assert commands(page) == ["fissura data check photographs --size 112 --cache-dir cache --lang fr"]


def test_same_check_again_gives_the_same_bytes(spoilt):
    folder, _ = spoilt
    before = {path.name: path.read_bytes() for path in (folder / "out").iterdir()}
    options = ["--out", "out", "--cache-dir", "cache", "--lang", "fr"]
    fissura("data", "check", "photographs", *options, cwd=folder, rc=1)
    assert before == {path.name: path.read_bytes() for path in (folder / "out").iterdir()}


def test_clean_folder_is_exit_code_0_and_json_is_one_object(clean, tmp_path):
    done = fissura("data", "check", str(clean), "--cache-dir", "cache", "--json", cwd=tmp_path)
    audit = json.loads(done.stdout)
    assert audit["needs_a_person"] is False
    assert audit["distinct"] == audit["images"] == 2 * EACH
    assert audit["random_split"]["with_copy"] == 0
    assert [path.name for path in tmp_path.iterdir()] == ["cache"]


def test_larger_images_are_left_out_by_the_limit_and_read_without(tmp_path):
    fill(tmp_path / "photographs", 6)
    save(tmp_path / "photographs" / "crack" / "large.png", np.tile(wall(5, cracked=True), (3, 3)))
    options = ["--cache-dir", "cache", "--json"]
    done = fissura("data", "check", "photographs", "--max-pixels", "40000", *options, cwd=tmp_path, rc=1)
    (problem,) = json.loads(done.stdout)["problems"]
    assert problem["problems"] == ["too-large"]
    assert "--max-pixels" in problem["error"]
    fissura("data", "check", "photographs", *options, cwd=tmp_path)


def test_the_limit_of_pixels_can_be_raised_above_the_usual_one(tmp_path):
    fill(tmp_path / "photographs", 6)
    (tmp_path / "photographs" / "crack" / "huge.png").write_bytes(huge_png(20_001, 20_000))  # a head without pixels
    check = ["data", "check", "photographs", "--cache-dir", "cache", "--json"]
    (usual,) = json.loads(fissura(*check, cwd=tmp_path, rc=1).stdout)["problems"]
    assert usual["problems"] == ["too-large"]
    assert "data check can be allowed more, with --max-pixels 400020000" in usual["error"]
    (raised,) = json.loads(fissura(*check, "--max-pixels", "400020000", cwd=tmp_path, rc=1).stdout)["problems"]
    assert raised["problems"] == ["unreadable"]


def test_a_look_is_found_again_however_its_folder_is_named(tmp_path, clean):
    shutil.copytree(clean, tmp_path / "photos")
    (tmp_path / "link").symlink_to(tmp_path / "photos")
    show = ("data", "show", "--out", "look", "--cache-dir", "cache")
    for name in ("photos", "./photos", "photos/../photos", "link", str(tmp_path / "photos")):
        fissura(*show, name, cwd=tmp_path)
    assert json.loads((tmp_path / "look" / "run.json").read_text(encoding="utf-8"))["source"] == "../photos"
    shutil.copytree(clean, tmp_path / "others")
    assert "(other source)" in fissura(*show, "others", cwd=tmp_path, rc=2).stderr


@pytest.mark.parametrize("command", ["check", "show"])
def test_a_report_made_otherwise_is_not_replaced(tmp_path, clean, command):
    asked = ("data", command, str(clean), "--out", "out", "--cache-dir", "cache")
    fissura(*asked, cwd=tmp_path)
    before = (tmp_path / "out" / "report.html").read_bytes()
    classes = ("--classes", "no_crack", "--classes", "crack")
    for more, said in ((("--size", "64"), "size"), (("--positive", "no_crack"), "positive"), (classes, "classes")):
        assert f"(other {said})" in fissura(*asked, *more, cwd=tmp_path, rc=2).stderr
    assert (tmp_path / "out" / "report.html").read_bytes() == before
    fissura(*asked, "--size", "112", cwd=tmp_path)


def test_report_on_another_folder_of_the_same_name_is_not_replaced(tmp_path, clean):
    for place in ("A", "B"):
        shutil.copytree(clean, tmp_path / place / "photos")
    check = ("data", "check", "--out", "out", "--cache-dir", "cache")
    fissura(*check, "A/photos", cwd=tmp_path)
    done = fissura(*check, "B/photos", cwd=tmp_path, rc=2)
    assert "out holds another run (other folder). Choose another folder with --out" in done.stderr
    fissura(*check, "A/photos", cwd=tmp_path)


def test_class_too_small_to_be_split_is_still_checked(tmp_path):
    fill(tmp_path / "photographs", 12)
    for path in list((tmp_path / "photographs" / "crack").iterdir())[2:]:
        path.unlink()
    done = fissura("data", "check", "photographs", "--cache-dir", "cache", "--json", cwd=tmp_path)
    assert json.loads(done.stdout)["random_split"] is None


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such names")
def test_names_of_every_kind_are_shown_and_never_markup(tmp_path):
    fill(tmp_path / "photographs", 6)
    folder = tmp_path / "photographs" / "crack"
    names = ["with space.png", "été.png", "new\nline.png", "<b>&.png", "a" * 200 + ".png", "$x$ {y}.png"]
    for k, name in enumerate(names):
        save(folder / name, wall(2000 + k, cracked=True))
        (folder / f"copy of {name[-40:]}").write_bytes((folder / name).read_bytes())
    (folder / "circle").symlink_to(folder)
    done = fissura("data", "check", "photographs", "--cache-dir", "cache", "--out", "out", cwd=tmp_path)
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "<b>" not in page
    assert r"new\nline.png" in done.stdout + page
    assert audit_of(tmp_path / "out")["kinds"] == {"file": 6}


def bare(root: Path) -> None:
    save(root / "0.png", wall(0, cracked=False))


def one_class(root: Path) -> None:
    save(root / "crack" / "0.png", wall(0, cracked=True))


def empty_class(root: Path) -> None:
    fill(root, 6)
    (root / "stain").mkdir()


def three_images(root: Path) -> None:
    fill(root, 2)
    (root / "crack" / "001.png").unlink()


def no_image_at_all(root: Path) -> None:
    for k in range(8):
        for name in ("crack", "no_crack"):
            (root / name).mkdir(parents=True, exist_ok=True)
            (root / name / f"{k}.jpg").write_bytes(b"not an image")


@pytest.mark.parametrize("command", ["check", "show", "split"])
@pytest.mark.parametrize(
    ("make", "words"),
    [
        (bare, "has no subfolder"),
        (one_class, "holds a single class"),
        (empty_class, "no image in stain"),
        (three_images, "holds 3 images"),
        (no_image_at_all, "none can be read"),
        (lambda root: root.write_text("x"), "is a file"),
    ],
)
def test_folder_that_cannot_be_used_is_one_sentence(tmp_path, command, make, words):
    make(tmp_path / "photographs")
    out = ["--out", "out"] if command == "split" else []
    done = fissura("data", command, "photographs", "--cache-dir", "cache", *out, cwd=tmp_path, rc=2)
    assert words in done.stderr.replace("\n", " ")
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("command", ["check", "show", "split"])
def test_folder_that_is_not_there_is_one_sentence(tmp_path, command):
    out = ["--out", "out"] if command == "split" else []
    done = fissura("data", command, "photograps", *out, cwd=tmp_path, rc=2)
    assert done.stderr.startswith("photograps ")
    assert "folder" in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["check", "x", "--size", "8"], "--size is 8"),
        (["check", "x", "--max-pixels", "0"], "--max-pixels is 0"),
        (["check", "cracks"], "holds no crack images"),
        (["show", "cracks"], "holds no crack images"),
        (["show", "synthetic", "--n", "0"], "0 synthetic images"),
        (["split", "x", "--out", "s.json", "--split", "groupd"], "grouped"),
        (["draw", "--n", "0", "--out", "d"], "--n is 0"),
        (["draw", "--size", "4", "--out", "d"], "--size is 4"),
        (["draw", "--seed", "-1", "--out", "d"], "--seed is -1"),
        (["get", "mnist", "--from", "x.zip"], "goes with cracks"),
        (["get", "cracks", "--from", "x.zip"], "x.zip"),
        (["get", "crack"], "cracks"),
    ],
)
def test_wrong_input_is_one_sentence_and_exit_code_2(tmp_path, arguments, words):
    done = fissura("data", *arguments, cwd=tmp_path, rc=2)
    assert words in done.stderr.replace("\n", " ")
    assert "Traceback" not in done.stderr
    assert not any((tmp_path / name).exists() for name in ("d", "s.json"))


def test_results_are_not_put_where_something_else_is(clean, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.tex").write_text("years of work")
    for command in (["check", str(clean)], ["show", str(clean)], ["draw"]):
        options = [] if command == ["draw"] else ["--cache-dir", "cache"]
        done = fissura("data", *command, "--out", "mine", *options, cwd=tmp_path, rc=2)
        assert "is not empty" in done.stderr
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["thesis.tex"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a disk that is always full is a Linux device")
def test_disk_that_is_full_for_the_report_is_one_sentence(tmp_path):
    fill(tmp_path / "photographs", 6)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "report.html.part").symlink_to("/dev/full")
    done = fissura("data", "check", "photographs", "--cache-dir", "cache", "--out", "out", cwd=tmp_path, rc=2)
    assert "the disk is full" in done.stderr
    assert not (tmp_path / "out" / "report.html").exists()


@pytest.mark.parametrize("step", ["reading the files", "decoding", "copies"])
def test_files_that_vanish_during_the_check_are_counted_or_compared_as_decoded(tmp_path, step):
    folder = fill(tmp_path / "photographs", 6)
    (folder / "crack" / "copy.png").write_bytes((folder / "crack" / "000.png").read_bytes())

    def on_progress(what, done, total):
        if what == step:
            (folder / "crack" / "000.png").unlink(missing_ok=True)
            (folder / "crack" / "001.png").unlink(missing_ok=True)

    found = examine(folder, ExaminationSettings(64, cache_dir=tmp_path / "cache"), on_progress)
    gone = [each for each in found.audit.problems if isinstance(each.error, ImageError)]
    assert len(found.audit.names) + len(gone) == 13
    assert all(each.problems == ("missing",) for each in gone)
    assert found.needs_a_person is bool(gone)


# show


def test_show_gives_counts_and_leaves_pictures(clean, tmp_path):
    done = fissura("data", "show", str(clean), "--cache-dir", "cache", "--out", "look", cwd=tmp_path)
    assert "no_crack" in done.stdout
    assert f"{SIDE}\xa0×\xa0{SIDE}" in done.stdout
    assert {path.name for path in (tmp_path / "look").iterdir()} == {
        "run.json",
        "report.html",
        "samples.png",
        "mean-images.png",
        "distributions.svg",
    }


def test_show_knows_the_drawn_images(tmp_path):
    done = fissura("data", "show", "synthetic", "--n", "12", "--size", "64", "--json", cwd=tmp_path)
    seen = json.loads(done.stdout)
    assert seen["classes"] == ["intact", "crack"]
    assert seen["counts"] == [6, 6]
    assert seen["sizes"] == [{"height": 64, "width": 64, "images": 12}]


@pytest.mark.parametrize("command", ["show", "check"])
def test_digits_are_not_looked_for_among_folders_of_photographs(tmp_path, command):
    done = fissura("data", command, "mnist", cwd=tmp_path, rc=2)
    assert "mnist is handwritten digits" in done.stderr
    assert "type: fissura data" in done.stderr


def test_show_says_what_was_left_out(tmp_path):
    (fill(tmp_path / "photographs", 6) / "crack" / "empty.jpg").write_bytes(b"")
    done = fissura("data", "show", "photographs", "--cache-dir", "cache", cwd=tmp_path)
    assert "crack/empty.jpg" in done.stderr


# split


def test_split_writes_a_manifest_without_leaks_and_will_not_overwrite_another(spoilt, tmp_path):
    source = str(spoilt[0] / "photographs")
    options = ["--cache-dir", str(spoilt[0] / "cache")]
    done = fissura("data", "split", source, "--out", "split.json", *options, "--json", cwd=tmp_path)
    printed = json.loads(done.stdout)
    assert printed["leaking_test_images"]["in_either"] == 0
    manifest = read_manifest(tmp_path / "split.json")
    assert len(manifest.images) == sum(printed["sizes"].values()) == 2 * EACH + 6
    before = (tmp_path / "split.json").read_bytes()
    fissura("data", "split", source, "--out", "split.json", *options, cwd=tmp_path)
    done = fissura("data", "split", source, "--out", "split.json", "--split", "random", *options, cwd=tmp_path, rc=2)
    assert "holds another split" in done.stderr
    assert (tmp_path / "split.json").read_bytes() == before


def test_split_by_a_groups_file_keeps_its_groups_together(clean, tmp_path):
    names = [f"{label}/{k:03d}.png" for label in ("crack", "no_crack") for k in range(EACH)]
    groups = {name: index // 2 for index, name in enumerate(names)}
    (tmp_path / "groups.json").write_text(json.dumps({"format": "fissura groups 1", "groups": groups}))
    options = ["--cache-dir", "cache", "--groups", "groups.json"]
    table = fissura("data", "split", str(clean), "--out", "split.json", *options, cwd=tmp_path).stdout
    assert "split.json" in table
    part = {image.name: image.part for image in read_manifest(tmp_path / "split.json").images}
    assert all(part[names[k]] == part[names[k + 1]] for k in range(0, len(names), 2))


def test_split_by_a_table_keeps_photographs_and_copies_together(spoilt, tmp_path):
    source, cache = str(spoilt[0] / "photographs"), str(spoilt[0] / "cache")
    fissura("data", "split", source, "--out", "copies.json", "--cache-dir", cache, cwd=tmp_path)
    copies = {image.name: image.group for image in read_manifest(tmp_path / "copies.json").images}
    lines = [f"{name};wall {index // 3}" for index, name in enumerate(copies)]
    (tmp_path / "walls.CSV").write_text("\n".join(["image;photograph", *lines]), encoding="utf-8")
    options = ["--cache-dir", cache, "--groups", "walls.CSV"]
    fissura("data", "split", source, "--out", "walls.json", *options, cwd=tmp_path)
    images = read_manifest(tmp_path / "walls.json").images
    for belongs in (copies, {name: index // 3 for index, name in enumerate(copies)}):
        for number in set(belongs.values()):
            assert len({image.part for image in images if belongs[image.name] == number}) == 1
    (tmp_path / "walls.csv").write_text("image,photograph\nnone.jpg,1\n", encoding="utf-8")
    done = fissura("data", "split", source, "--out", "none.json", *options[:-1], "walls.csv", cwd=tmp_path, rc=2)
    said = " ".join(done.stderr.split())
    assert f"does not say which photograph {len(copies)} of {len(copies)} images are from" in said
    assert not (tmp_path / "none.json").exists()


def test_split_leaves_a_file_that_is_no_manifest_alone(clean, tmp_path):
    (tmp_path / "split.json").write_text("mine")
    fissura("data", "split", str(clean), "--out", "split.json", "--cache-dir", "cache", cwd=tmp_path, rc=2)
    assert (tmp_path / "split.json").read_text(encoding="utf-8") == "mine"


def test_class_too_small_to_be_split_is_one_sentence(tmp_path):
    fill(tmp_path / "photographs", 12)
    for path in list((tmp_path / "photographs" / "crack").iterdir())[2:]:
        path.unlink()
    done = fissura("data", "split", "photographs", "--out", "s.json", "--cache-dir", "cache", cwd=tmp_path, rc=2)
    assert "too small" in done.stderr


# draw


def test_drawn_files_can_be_read_and_their_masks_fit(tmp_path):
    fissura("data", "draw", "--n", "12", "--size", "64", "--out", "drawn", cwd=tmp_path)
    drawn = tmp_path / "drawn"
    assert {path.name for path in (drawn / "images").iterdir()} == {"intact", "crack"}
    truth = json.loads((drawn / "truth.json").read_text(encoding="utf-8"))
    assert len(truth) == 12
    for each in truth:
        with Image.open(drawn / "images" / each["name"]) as image, Image.open(drawn / "masks" / each["name"]) as mask:
            assert image.size == mask.size == (64, 64)
            white = np.asarray(mask) == 255
        assert white.sum() == each["crack_pixels"]
        assert white.any() == each["name"].startswith("crack/")
    before = {path: path.read_bytes() for path in drawn.rglob("*.png")}
    fissura("data", "draw", "--n", "12", "--size", "64", "--out", "drawn", cwd=tmp_path)
    assert before == {path: path.read_bytes() for path in drawn.rglob("*.png")}
    done = fissura("data", "draw", "--n", "13", "--size", "64", "--out", "drawn", cwd=tmp_path, rc=2)
    assert "nothing was changed" in done.stderr
    done = fissura("data", "show", "drawn/images", "--cache-dir", "cache", "--json", cwd=tmp_path)
    assert json.loads(done.stdout)["classes"] == ["intact", "crack"]


# clean, get, and the bare command


def test_clean_removes_the_decoded_images_and_nothing_else(tmp_path):
    fill(tmp_path / "photographs", 6)
    fissura("data", "show", "photographs", "--cache-dir", "cache", cwd=tmp_path)
    (tmp_path / "cache" / "mine.txt").write_text("x")
    done = fissura("data", "clean", "--cache-dir", "cache", "--dry-run", "--json", cwd=tmp_path)
    (entry,) = json.loads(done.stdout)["entries"]
    assert (entry["images"], entry["size_hw"]) == (12, [112, 112])
    assert len(list((tmp_path / "cache").iterdir())) == 2
    assert "photographs" in fissura("data", "clean", "--cache-dir", "cache", cwd=tmp_path).stdout
    assert [path.name for path in (tmp_path / "cache").iterdir()] == ["mine.txt"]
    assert len(list((tmp_path / "photographs").rglob("*.png"))) == 12


def lab_images(root: Path) -> Path:
    fill(root, 3)
    (root / "crack").rename(root / "Positive")
    (root / "no_crack").rename(root / "Negative")
    return root


def test_crack_images_come_from_an_archive_and_are_listed(tmp_path):
    lab_images(tmp_path / "unpacked")
    with zipfile.ZipFile(tmp_path / "archive.zip", "w") as archive:
        for path in sorted((tmp_path / "unpacked").rglob("*.png")):
            archive.write(path, path.relative_to(tmp_path / "unpacked"))
    done = fissura("data", "get", "cracks", "--from", "archive.zip", cwd=tmp_path)
    assert "3 images without a crack and 3 with one" in done.stdout
    assert "20000 of each" in done.stderr.replace("\n", " ")
    table = fissura("data", FISSURA_CACHE="cache", cwd=tmp_path).stdout
    assert "cracks: present" in table
    french = fissura("data", "--lang", "fr", FISSURA_CACHE="cache", cwd=tmp_path).stdout
    assert "cracks\N{NO-BREAK SPACE}: présent" in french
    assert "fissura data clean" in table
    states = json.loads(fissura("data", "--json", cwd=tmp_path).stdout)
    assert states[-1]["counts"] == {"Negative": 3, "Positive": 3}


def test_archive_that_leads_out_of_the_folder_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "evil.zip", "w") as archive:
        archive.writestr("../../escaped.txt", "x")
    (tmp_path / "a" / "b").mkdir(parents=True)
    fissura("data", "get", "cracks", "--from", "../../evil.zip", cwd=tmp_path / "a" / "b", rc=2)
    assert not list(tmp_path.rglob("escaped.txt"))


def test_archive_that_waits_and_folder_with_an_empty_class_are_told(tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "archive.zip").write_bytes(b"")
    assert "waits to be unpacked" in fissura("data", FISSURA_CACHE="cache", cwd=tmp_path).stdout
    lab_images(tmp_path / "data" / "cracks")
    for path in (tmp_path / "data" / "cracks" / "Positive").iterdir():
        path.unlink()
    assert cracks_there(tmp_path / "data").problem is not None
    done = fissura("data", FISSURA_CACHE="cache", cwd=tmp_path, rc=1)
    assert "0 with one" in done.stderr.replace("\n", " ")


# the real images


def test_known_copies_among_real_patches_are_found_with_their_kinds(real_data, tmp_path):
    metu = real_data("metu")
    copies = {
        "file": ("Negative/00160.jpg", "Negative/00271.jpg"),
        "saved-again": ("Positive/00629.jpg", "Positive/06168.jpg"),
        "left-right": ("Positive/14501_1.jpg", "Positive/16581_1.jpg"),
        "up-down": ("Positive/05325.jpg", "Positive/19058_1.jpg"),
    }
    others = [
        path.relative_to(metu).as_posix() for label in CLASSES for path in sorted((metu / label).iterdir())[:300:20]
    ]
    for name in {*others, *sum(copies.values(), ())}:
        (tmp_path / "part" / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(metu / name, tmp_path / "part" / name)
    done = fissura("data", "check", "part", "--cache-dir", "cache", "--json", cwd=tmp_path)
    found = {each["kind"]: (each["first"], each["second"]) for each in json.loads(done.stdout)["copies"]}
    assert found == copies


def test_a_folder_given_to_get_stays_where_it_is_and_the_answer_says_what_to_do_with_it(tmp_path):
    (tmp_path / "data").mkdir()
    fill(tmp_path / "mine", 3)
    (tmp_path / "mine" / "crack").rename(tmp_path / "mine" / "Positive")
    (tmp_path / "mine" / "no_crack").rename(tmp_path / "mine" / "Negative")
    command = ("data", "get", "cracks", "--from", "mine", "--data-dir", "data")
    assert "fissura lab --cracks mine" in fissura(*command, cwd=tmp_path).stdout
    told = json.loads(fissura(*command, "--json", cwd=tmp_path).stdout)
    assert told == {"name": "cracks", "folder": "mine", "counts": {"negative": 3, "positive": 3}}


def test_classes_chooses_what_is_shown_and_checked(tmp_path):
    fill(tmp_path / "walls", 6)
    save(tmp_path / "walls" / "sky" / "1.png", wall(7, cracked=False))
    options = ["--classes", "crack", "--classes", "no_crack", "--cache-dir", "cache", "--json"]
    shown = json.loads(fissura("data", "show", "walls", *options, cwd=tmp_path).stdout)
    checked = json.loads(fissura("data", "check", "walls", *options, cwd=tmp_path).stdout)
    assert "sky" not in json.dumps(shown)
    assert checked["images"] == 12


def test_drawing_tells_programs_where_the_images_are(tmp_path):
    done = fissura("data", "draw", "--n", "2", "--size", "64", "--out", "drawn", "--json", cwd=tmp_path)
    assert json.loads(done.stdout)["images"] == str(Path("drawn") / "images")
