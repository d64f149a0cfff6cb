"""A detector on folders as people have them: any names, one class, any sizes; the numbers are those of predict."""

import json
import shutil
from pathlib import Path

import jsonschema
import numpy as np
import pytest
from PIL import Image
from test_cli import fissura
from test_page import read
from test_prediction import detector, digits, shut, wall  # noqa: F401 - fixtures

from fissura.data.class_names import is_positive
from fissura.data.folder import read_folder
from fissura.errors import DataError
from fissura.field_test import field_test
from fissura.prediction import predict
from fissura.reporting.judgement_part import PICTURES

OF = ("intact", "crack")
SCHEMA = json.loads((Path(__file__).parent.parent / "docs" / "results.schema.json").read_text(encoding="utf-8"))


def save(path, grey):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(grey).save(path)


@pytest.fixture
def walls(tmp_path):
    for k in range(4):
        save(tmp_path / "walls" / "Cracked" / f"{k}.png", wall(224, 224, k))
        save(tmp_path / "walls" / "UnCracked" / f"{k}.png", wall(200, 227, 50 + k, crack=False))
    save(tmp_path / "walls" / "Cracked" / "large.png", wall(600, 500, 9))
    save(tmp_path / "walls" / "UnCracked" / "long.png", wall(100, 300, 10, crack=False))
    return tmp_path / "walls"


def test_evaluate_gives_each_picture_the_probability_of_predict(detector, walls, tmp_path):  # noqa: F811
    test = field_test(detector, walls, cache_dir=tmp_path / "cache")
    images = test.judgement.images
    paths = [walls / name for name in images.names]
    found = [said.probabilities[1] for said in predict(detector, paths)]
    np.testing.assert_allclose(test.judgement.scores, found, atol=1e-5)
    assert images.classes == OF
    assert [images.classes[label] for label in images.labels] == ["crack"] * 5 + ["intact"] * 5
    assert dict(zip(images.names, test.windows.tolist(), strict=True))["Cracked/large.png"] > 1
    shown = detector.scores(images.images)  # what the report shows of a picture is what decided
    np.testing.assert_allclose(shown, test.judgement.scores, atol=1e-5)


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (("crack", "intact"), [1, 0]),
        (("Positive", "Negative"), [1, 0]),
        (("cracked", "uncracked"), [1, 0]),
        (("fissures", "sain"), [1, 0]),
        (("CD", "UD"), [1, 0]),
        (("crack", "walls"), [1, 0]),
        (("doors", "no crack"), [1, 0]),
        (("intact",), [0]),
        (("crack-free",), [0]),
        (("Cracks",), [1]),
    ],
)
def test_names_of_class_folders_are_understood(tmp_path, names, expected):
    for name in names:
        save(tmp_path / name / "one.png", wall(32, 32))
    found = read_folder(tmp_path, least=1, of=OF)
    labels = {file.name.split("/")[0]: file.label for file in found.files}
    assert [labels[name] for name in names] == expected
    assert found.positive == 1
    assert len(found.classes) == 2


def test_an_empty_class_folder_counts_as_absent(tmp_path):
    save(tmp_path / "intact" / "one.png", wall(32, 32))
    (tmp_path / "crack").mkdir()
    assert read_folder(tmp_path, least=1, of=OF).counts == (1, 0)


def test_walls_may_be_said_to_be_without_cracks(tmp_path):
    save(tmp_path / "walls" / "one.png", wall(32, 32))
    with pytest.raises(DataError, match="--positive crack"):
        read_folder(tmp_path, least=1, of=OF)
    assert read_folder(tmp_path, "crack", least=1, of=OF).counts == (1, 0)
    assert read_folder(tmp_path, "walls", least=1, of=OF).counts == (0, 1)


@pytest.mark.parametrize("names", [("this", "that"), ("crack", "intact", "unsure")])
def test_names_that_say_nothing_are_asked_for(tmp_path, names):
    for name in names:
        save(tmp_path / name / "one.png", wall(32, 32))
    with pytest.raises(DataError, match="do not say"):
        read_folder(tmp_path, least=1, of=OF)


def test_the_folder_of_several_sites_is_told_where_their_classes_lie(tmp_path):
    for name in ("road A/crack", "road A/intact", "road B/crack"):
        save(tmp_path / name / "one.png", wall(32, 32))
    with pytest.raises(DataError, match=r"road A, road B, and classes \(crack, intact\) lie in .*road A\. "):
        read_folder(tmp_path, least=1, of=OF)


def test_one_word_says_whether_it_is_looked_for():
    assert [is_positive(name) for name in ("Crack", "NO-crack", "ok", "with cracks", "wall")] == [
        True,
        False,
        False,
        True,
        None,
    ]


def test_one_class_alone_gives_the_share_that_is_flagged(detector, walls, tmp_path):  # noqa: F811
    (walls / "Cracked").rename(tmp_path / "elsewhere")
    test = field_test(detector, walls, cache_dir=tmp_path / "cache")
    flagged = int((test.judgement.scores >= 0.5).sum())
    assert test.flagged.value == pytest.approx(flagged / 5)
    assert test.flagged.low <= test.flagged.value <= test.flagged.high
    told = test.as_dict()
    assert told["auc"]["value"] is None
    assert told["flagged"]["value"] == pytest.approx(flagged / 5)
    json.dumps(told, allow_nan=False)


def test_what_cannot_be_judged_is_left_out_with_its_reason(detector, walls, tmp_path):  # noqa: F811
    (walls / "Cracked" / "broken.jpg").write_bytes(b"nothing")
    save(walls / "Cracked" / "tiny.png", wall(8, 8))
    test = field_test(detector, walls, cache_dir=tmp_path / "cache")
    assert [left.name for left in test.left_out] == ["Cracked/broken.jpg", "Cracked/tiny.png"]
    assert len(test.judgement.images) == 10


def test_a_file_that_is_no_image_is_named_and_fails_nothing(detector, walls):  # noqa: F811
    detector.save(walls.parent / "detector.safetensors")
    asked = ["evaluate", "--model", "detector.safetensors", "walls", "--cache-dir", "cache", "--json"]
    (walls / "Cracked" / "notes.txt").write_text("seen on Monday", encoding="utf-8")
    (walls / "Cracked" / "again").symlink_to(walls / "Cracked")
    done = fissura(*asked, cwd=walls.parent)
    assert [left["name"] for left in json.loads(done.stdout)["left_out"]] == ["Cracked/again", "Cracked/notes.txt"]
    assert "Cracked/notes.txt has not the name of an image" in done.stderr
    (walls / "Cracked" / "gone.jpg").symlink_to("nowhere.jpg")
    fissura(*asked, cwd=walls.parent, rc=1)


def test_images_beside_the_class_folders_are_told_and_not_judged(detector, walls, tmp_path):  # noqa: F811
    shutil.rmtree(walls / "UnCracked")
    for k in range(2):
        save(walls / f"{k}.png", wall(224, 224, 60 + k, crack=False))
    test = field_test(detector, walls, cache_dir=tmp_path / "cache")
    (left,) = test.left_out
    assert len(test.judgement.images) == 5
    assert "holds images beside the class folders (2): they are of no class" in str(left.reason)


def test_the_command_prints_and_writes_every_number(detector, walls):  # noqa: F811
    detector.save(walls.parent / "detector.safetensors")
    asked = ["evaluate", "--model", "detector.safetensors", "walls", "--cache-dir", "cache"]
    told = json.loads(fissura(*asked, "--json", "--out", "out", cwd=walls.parent).stdout)
    assert told == json.loads((walls.parent / "out" / "evaluation.json").read_text(encoding="utf-8"))
    assert list(jsonschema.Draft202012Validator(SCHEMA).iter_errors(told)) == []
    page = (walls.parent / "out" / "report.html").read_text(encoding="utf-8")
    assert "detector.safetensors walls --cache-dir cache --out out --lang en" in " ".join(
        "".join(read(page).text).split()
    )
    pictures = {"confusion.svg", "roc.svg", "precision-recall.svg", "reliability.svg", "probabilities.svg"}
    found = {path.name for path in (walls.parent / "out").iterdir()}
    assert pictures | {"where-it-looks.png"} <= found
    assert {"misses.png", "false-alarms.png"} & found  # of a network that knows nothing
    assert page.count("data:image/") == len([name for name in found if name.endswith((".svg", ".png"))])
    table = fissura(*asked, "--lang", "fr", cwd=walls.parent).stdout
    assert "Exactitude" in table
    other = json.loads(
        fissura(
            "evaluate", "detector.safetensors", "--data", "walls", "--cache-dir", "cache", "--json", cwd=walls.parent
        ).stdout
    )
    assert other == told


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--model", "detector.safetensors", "nowhere"], "does not exist"),
        (["--model", "detector.safetensors", "walls", "--data", "cracks"], "leave out --data"),
        (["--model", "detector.safetensors", "walls", "--positive", "rust"], "rust"),
        (["--model", "detector.safetensors", "walls", "--split-file", "split.json"], "walls is judged whole"),
        (["--model", "digits.safetensors", "walls", "--positive", "Cracked"], "the classifier was trained for 0"),
    ],
)
def test_what_cannot_be_evaluated_is_one_sentence(detector, digits, walls, arguments, said):  # noqa: F811
    detector.save(walls.parent / "detector.safetensors")
    digits.save(walls.parent / "digits.safetensors")
    done = fissura("evaluate", *arguments, "--cache-dir", "cache", rc=2, cwd=walls.parent)
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_what_the_built_in_detector_learned_from_is_said_beside_what_it_is_worth(walls):
    done = fissura("evaluate", "--model", "built-in", "walls", "--cache-dir", "cache", cwd=walls.parent)
    assert "learned from photographs of METU, SUT-Crack" in done.stderr


def test_a_report_is_not_replaced_by_that_of_another_class_looked_for(walls):
    asked = ["evaluate", "--model", "built-in", "walls", "--cache-dir", "cache", "--out", "e"]
    fissura(*asked, "--positive", "Cracked", cwd=walls.parent)
    before = (walls.parent / "e" / "evaluation.json").read_bytes()
    for other in (["--positive", "UnCracked"], ["--positive", "Cracked", "--classes", "Cracked"]):
        done = fissura(*asked, *other, cwd=walls.parent, rc=2)
        assert f"holds another run (other {other[-2].removeprefix('--')})" in done.stderr
    assert (walls.parent / "e" / "evaluation.json").read_bytes() == before
    fissura(*asked, "--positive", "Cracked", cwd=walls.parent)


def test_a_report_is_found_again_however_its_images_are_named(walls):
    (walls.parent / "link").symlink_to(walls)
    asked = ["evaluate", "--model", "built-in", "--cache-dir", "cache", "--out", "e"]
    fissura(*asked, "walls", "--positive", "Cracked", cwd=walls.parent)
    remembered = (walls.parent / "e" / "run.json").read_bytes()
    assert json.loads(remembered)["source"] == "../walls"
    assert str(walls.parent).encode() not in remembered
    for name in ("./walls", "walls/../walls/", "link", str(walls)):
        fissura(*asked, name, "--positive", "cracked", cwd=walls.parent)
    shutil.copytree(walls, walls.parent / "others")
    assert "(other source)" in fissura(*asked, "others", "--positive", "Cracked", cwd=walls.parent, rc=2).stderr


def test_a_picture_of_mistakes_that_are_none_any_more_is_removed_and_nothing_else(walls):
    asked = ["evaluate", "--model", "built-in", "walls", "--cache-dir", "cache", "--out", "e"]
    fissura(*asked, cwd=walls.parent)
    drawn = {path.name for path in (walls.parent / "e").iterdir()} & set(PICTURES)
    for name in (*PICTURES, "mine.png"):
        (walls.parent / "e" / name).write_bytes(b"of another day")
    fissura(*asked, cwd=walls.parent)
    left = {path.name: path.read_bytes() for path in (walls.parent / "e").iterdir()}
    assert set(left) & set(PICTURES) == drawn < set(PICTURES)
    assert [name for name, content in left.items() if content == b"of another day"] == ["mine.png"]


def test_what_fails_before_it_is_judged_leaves_the_folder_to_the_command_as_it_is_mended(walls):
    asked = ["evaluate", "--cache-dir", "cache", "--out", "e"]
    fissura(*asked, "--model", "built-in", "nope", cwd=walls.parent, rc=2)
    assert not (walls.parent / "e").exists()
    fissura(*asked, "--model", "built-in", "walls", cwd=walls.parent)
    assert (walls.parent / "e" / "report.html").is_file()


def test_only_the_classes_that_are_named_are_judged_and_the_report_says_how(walls):
    save(walls / "unsure" / "one.png", wall(224, 224, 3))
    asked = ["evaluate", "--model", "built-in", "walls", "--cache-dir", "cache", "--json", "--out", "e"]
    named = ["--classes", "Cracked", "--classes", "UnCracked"]
    told = json.loads(fissura(*asked, *named, cwd=walls.parent).stdout)
    assert (told["n"], told["positives"]) == (10, 5)
    page = (walls.parent / "e" / "report.html").read_text(encoding="utf-8")
    typed = "walls --classes Cracked --classes UnCracked --cache-dir cache --out e --lang en"
    assert typed in " ".join("".join(read(page).text).split())


def test_a_class_folder_that_cannot_be_listed_is_said_and_not_taken_for_an_absent_class(walls, shut):  # noqa: F811
    shut(walls / "Cracked")
    found = read_folder(walls, of=OF, least=1)
    assert found.counts == (5, 0)
    assert [left.name for left in found.left_out] == ["Cracked"]
    with pytest.raises(DataError, match=r"Cracked cannot be listed \(Permission denied\)"):
        read_folder(walls)  # to learn from
