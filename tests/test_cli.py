"""The commands as a user types them: what comes out, what is left, and how each mistake is answered."""

import contextlib
import io
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from unittest import mock

import jsonschema
import numpy as np
import pytest
import torch
from PIL import Image
from test_page import commands, read

from fissura import terminal
from fissura.cli import main
from fissura.cli.judged import Images
from fissura.data import embedded_digits, write_idx
from fissura.data.filling import only_run
from fissura.files import LOCK
from fissura.language import language
from fissura.reporting.rendering import data_address

OFFLINE = {"FISSURA_DATA": "", "LC_ALL": "C.UTF-8", "OMP_NUM_THREADS": "1", "COLUMNS": "100"}
FAST = ["--data", "digits", "--epochs", "1", "--device", "cpu"]


@dataclass(frozen=True)
class Done:
    stdout: str
    stderr: str


def fissura(*arguments: str, cwd: Path, rc: int = 0, **environment: str) -> Done:
    """Run the command line in this process, as ``python -m fissura`` would in one of its own."""
    out, err = io.StringIO(), io.StringIO()
    before, handler = Path.cwd(), signal.getsignal(signal.SIGINT)
    terminal._console.cache_clear()
    try:
        os.chdir(cwd)
        with (
            mock.patch.dict(os.environ, {**OFFLINE, **environment}),
            mock.patch.object(sys, "argv", ["fissura", *arguments]),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
            pytest.raises(SystemExit) as stopped,
        ):
            main()
    finally:
        os.chdir(before)
        signal.signal(signal.SIGINT, handler)
        terminal._console.cache_clear()
    done = Done(out.getvalue(), err.getvalue())
    assert (stopped.value.code or 0) == rc, done
    return done


@pytest.fixture(scope="module")
def trained(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("runs")
    for model in ("multinomial", "cnn1"):
        fissura("train", "--model", model, *FAST, "--out", model, cwd=folder)
    return folder


@pytest.fixture(scope="module")
def lab(tmp_path_factory) -> tuple[Path, Done]:
    folder = tmp_path_factory.mktemp("lab")
    done = fissura("lab", "--part", "digits", *FAST, "--seeds", "2", "--lang", "fr", "--out", "out", cwd=folder)
    return folder / "out", done


def test_run_folder_holds_classifier_results_curves_and_report(trained):
    names = {path.name for path in (trained / "cnn1").iterdir()}
    assert names >= {
        "run.json",
        "classifier.safetensors",
        "card.md",
        "card.fr.md",
        "results.json",
        "timing.json",
        "curves.svg",
        "report.html",
    }
    assert not names & {"checkpoint.safetensors", "run.lock.part"}
    results = json.loads((trained / "cnn1" / "results.json").read_text(encoding="utf-8"))
    assert results["parameters"] == 54410


def test_same_command_again_reads_what_is_there(trained):
    before = (trained / "cnn1" / "classifier.safetensors").stat().st_mtime_ns
    fissura("train", "--model", "cnn1", *FAST, "--out", "cnn1", cwd=trained)
    assert (trained / "cnn1" / "classifier.safetensors").stat().st_mtime_ns == before


def test_same_command_again_does_without_the_seconds_where_somebody_removed_them(tmp_path):
    asked = ["train", "--model", "multinomial", *FAST, "--out", "run"]
    fissura(*asked, cwd=tmp_path)
    (tmp_path / "run" / "timing.json").unlink()
    assert "trained in –" in fissura(*asked, cwd=tmp_path).stdout


def test_a_training_in_a_folder_that_another_one_is_filling_is_refused_and_the_other_s_files_stay(tmp_path):
    asked = ["train", "--model", "multinomial", *FAST, "--out", "run"]
    with only_run(tmp_path / "run", "--out", tmp_path / "run" / LOCK):
        (tmp_path / "run" / "timing.json.part").write_text("half", encoding="utf-8")
        assert "run is being filled by another run" in fissura(*asked, cwd=tmp_path, rc=2).stderr
        assert (tmp_path / "run" / "timing.json.part").read_text(encoding="utf-8") == "half"
    fissura(*asked, cwd=tmp_path)
    assert (tmp_path / "run" / "classifier.safetensors").exists()


def test_another_command_on_the_same_folder_is_refused_and_changes_nothing(trained):
    before = {path: path.read_bytes() for path in (trained / "cnn1").iterdir()}
    done = fissura("train", "--model", "multinomial", *FAST, "--out", "cnn1", cwd=trained, rc=2)
    assert "holds another run (other network)" in done.stderr
    assert before == {path: path.read_bytes() for path in (trained / "cnn1").iterdir()}


def test_evaluate_gives_the_accuracy_of_the_run_as_json(trained):
    done = fissura("evaluate", "cnn1", "--data", "digits", "--json", cwd=trained)
    evaluation = json.loads(done.stdout)
    results = json.loads((trained / "cnn1" / "results.json").read_text(encoding="utf-8"))
    assert evaluation["test"] == results["test"]
    assert evaluation["train"]["n"] + evaluation["test"]["n"] == 1797


@pytest.mark.parametrize("spoken", ["en", "fr"])
def test_the_report_of_a_classifier_of_digits_has_every_number_picture_and_the_command(trained, spoken):
    asked = ["evaluate", "cnn1", "--data", "digits", "--out", f"report-{spoken}", "--lang", spoken]
    done = fissura(*asked, cwd=trained)
    assert f"report-{spoken}/report.html" in done.stdout
    folder = trained / f"report-{spoken}"
    content = (folder / "report.html").read_text(encoding="utf-8")
    text = " ".join("".join(read(content).text).split())
    test = json.loads((folder / "evaluation.json").read_text(encoding="utf-8"))["test"]
    words = language(spoken)
    shares = [each[what] for each in test["classes"] for what in ("recall", "precision")]
    for share in (test["accuracy"], *(share for share in shares if share["n"])):
        ends = words.interval(share["low"], share["high"])
        for said in (words.percent(share["value"]), ends):
            assert " ".join(said.replace("–", "–\N{WORD JOINER}").split()) in text
    for name in ("confusion.svg", "mistakes.png"):
        assert data_address((folder / name).read_bytes()) in content
    assert " ".join(["fissura", *asked]) in commands(content)
    assert ("NOT MNIST" if spoken == "en" else "CE N'EST PAS MNIST") in text


def test_the_report_says_when_a_classifier_learned_from_other_images(trained, tmp_path, small_set):
    small_set(tmp_path / "data" / "mnist")
    asked = ["evaluate", str(trained / "cnn1"), "--data", "mnist", "--data-dir", "data", "--out", "e"]
    fissura(*asked, cwd=tmp_path)
    text = "".join(read((tmp_path / "e" / "report.html").read_text(encoding="utf-8")).text)
    assert "was trained on other images than these training images" in " ".join(text.split())


def test_of_three_classes_it_is_said_what_an_accuracy_on_photographs_is_worth_and_what_was_learned_is_refused(tmp_path):
    noise = np.random.default_rng(5)
    for number, name in enumerate(36 * "abc"):
        (tmp_path / "walls" / name).mkdir(parents=True, exist_ok=True)
        Image.fromarray(noise.integers(0, 255, (32, 32), np.uint8)).save(tmp_path / "walls" / name / f"{number}.png")
    fissura(
        "train", "--data", "walls", "--size", "64", "--epochs", "1", "--device", "cpu", "--out", "run", cwd=tmp_path
    )
    done = fissura("evaluate", "run", "--data", "walls", "--out", "e", cwd=tmp_path)
    page = " ".join("".join(read((tmp_path / "e" / "report.html").read_text(encoding="utf-8")).text).split())
    for said in (page, " ".join(done.stdout.split())):
        assert "neither another wall, camera or light nor another training (this is one, with seed 12)" in said
        assert "another pen" not in said
    other = fissura("evaluate", "run", "--data", "walls", "--split", "random", cwd=tmp_path, rc=2)
    assert re.search(r"run learned from \d+ of these \d+ images: judged on them it would look better", other.stderr)


@pytest.mark.parametrize("classes", [("crack", "intact"), ("crack", "intact", "rust")])
def test_reports_say_that_test_images_have_copies_in_training_and_its_own_split_is_judged(tmp_path, classes):
    noise = np.random.default_rng(5)
    for number, name in enumerate(12 * classes):
        (tmp_path / "walls" / name).mkdir(parents=True, exist_ok=True)
        image = Image.fromarray(noise.integers(0, 255, (32, 32), np.uint8))
        for copy in "abc":
            image.save(tmp_path / "walls" / name / f"{number}{copy}.png")
    asked = ["--data", "walls", "--split", "random"]
    fissura("train", *asked, "--size", "64", "--epochs", "1", "--device", "cpu", "--out", "run", cwd=tmp_path)
    fissura("evaluate", "run", *asked, "--out", "e", cwd=tmp_path)
    settings = ["--size", "64", "--epochs", "1", "--seed", "13", "--device", "cpu", "--out", "other"]
    fissura("train", *asked, *settings, cwd=tmp_path)
    fissura("compare", "run", "other", *asked, cwd=tmp_path)
    for folder in ("run", "e"):
        page = " ".join("".join(read((tmp_path / folder / "report.html").read_text(encoding="utf-8")).text).split())
        assert re.search(r"\d+ of \d+ test images have a twin \(.*\) in training or validation", page)


def test_evaluate_shows_tables_and_draws_pictures(trained):
    done = fissura("evaluate", "cnn1", "--data", "digits", "--out", "pictures", cwd=trained)
    assert "95 %" in done.stdout.replace("\N{NO-BREAK SPACE}", " ")
    assert {path.name for path in (trained / "pictures").iterdir()} == {
        "run.json",
        "evaluation.json",
        "confusion.svg",
        "mistakes.png",
        "report.html",
    }


def test_compare_answers_whether_the_difference_is_real(trained):
    done = fissura("compare", "multinomial", "cnn1", "--data", "digits", "--json", cwd=trained)
    (duel,) = json.loads(done.stdout)["comparisons"]
    assert (duel["first"], duel["second"]) == ("multinomial", "cnn1")
    assert 0 <= duel["p_value"] <= 1
    words = fissura("compare", "multinomial", "cnn1", "--data", "digits", "--out", "versus", cwd=trained).stdout
    assert "McNemar" in words
    assert {path.name for path in (trained / "versus").iterdir()} == {"run.json", "results.json", "comparison.svg"}


def test_compare_wants_two(trained):
    assert "two or more" in fissura("compare", "cnn1", cwd=trained, rc=2).stderr
    twice = fissura("compare", "cnn1", "multinomial", "./cnn1", "--data", "digits", cwd=trained, rc=2).stderr
    assert "cnn1 and cnn1 are the same classifier" in " ".join(twice.split())


def test_lab_leaves_a_report_in_the_language_asked_for(lab):
    folder, done = lab
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert '<html lang="fr">' in page
    assert "Régression multinomiale" in page
    assert "225" in done.stdout
    results = json.loads((folder / "results.json").read_text(encoding="utf-8"))
    assert [network["parameters"] for network in results["networks"]] == [7850, 54410, 225034]
    assert len(results["comparisons"]) == 3
    assert results["embedded"] is True


def test_lab_on_the_embedded_digits_says_so_in_capitals(lab):
    folder, done = lab
    assert "PAS MNIST" in done.stderr
    assert "MNIST" in (folder / "report.html").read_text(encoding="utf-8")


def test_lab_without_data_or_network_falls_back_to_the_embedded_digits(tmp_path):
    done = fissura(
        "lab", "--part", "digits", "--epochs", "1", "--no-download", "--json", "--device", "cpu", cwd=tmp_path
    )
    assert json.loads(done.stdout)["source"] == "digits"
    assert "NOT MNIST" in done.stderr
    assert not (tmp_path / "data").exists()


def test_validation_images_stand_in_for_the_test_images(tmp_path):
    done = fissura("train", "--model", "multinomial", *FAST, "--validation", "200", "--json", cwd=tmp_path)
    (results,) = json.loads(done.stdout)
    assert results["test"]["split"] == "validation"
    assert results["test"]["n"] == 200
    assert results["history"]["validation_correct"] == [results["test"]["accuracy"]["count"]]


def test_seeds_give_mean_and_standard_deviation(tmp_path):
    done = fissura("train", "--model", "multinomial", *FAST, "--seeds", "2", "--out", "both", cwd=tmp_path)
    assert re.search(r"Over 2 seeds: mean accuracy \d+\.\d+", done.stdout)
    assert {path.name for path in (tmp_path / "both").iterdir()} == {"seed-12", "seed-13"}


def test_models_shows_the_lab_s_reference_answers(tmp_path):
    table = fissura("models", "cnn2", cwd=tmp_path).stdout
    assert "225,034" in table
    assert "does not say whether a ReLU follows the dense layer of 128 cells" in table
    assert "ReLU follows" not in fissura("models", "cnn1", cwd=tmp_path).stdout
    table = fissura("models", "cnn2", "--same-padding", "--json", cwd=tmp_path).stdout
    assert json.loads(table)["parameters"] == 421642
    names = [model["network"] for model in json.loads(fissura("models", "--json", cwd=tmp_path).stdout)]
    assert names[:3] == ["multinomial", "cnn1", "cnn2"]


def test_data_shows_counts_and_draws_sheets(tmp_path):
    done = fissura("data", "--out", "sheets", cwd=tmp_path)
    assert "(64, 1, 28, 28)" in done.stdout
    assert {path.name for path in (tmp_path / "sheets" / "digits").iterdir()} == {"samples.png", "first-batch.png"}
    states = json.loads(fissura("data", "--json", cwd=tmp_path).stdout)
    assert [state["state"] for state in states] == ["absent", "present", "absent"]


@pytest.mark.parametrize(
    "command", [[], ["lab"], ["train"], ["evaluate"], ["compare"], ["models"], ["data"], ["data", "get"]]
)
def test_every_command_has_help_with_an_example(tmp_path, command):
    text = fissura(*command, "--help", cwd=tmp_path).stdout
    assert "Usage:" in text
    assert "fissura lab" in text if not command else "Example: fissura" in text


def test_a_command_whose_output_is_closed_does_its_work(tmp_path):
    (tmp_path / "empty.jpg").write_bytes(b"")
    before, handler = sys.stdout, signal.getsignal(signal.SIGINT)
    sys.stdout = None  # as Python has it after: fissura ... >&-
    try:
        with (
            mock.patch.object(sys, "argv", ["fissura", "predict", str(tmp_path)]),
            pytest.raises(SystemExit) as stopped,
        ):
            main()
        sys.stdout.close()
    finally:
        sys.stdout = before
        signal.signal(signal.SIGINT, handler)
        terminal._console.cache_clear()
    assert stopped.value.code == 1


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs the device that is always full")
def test_output_onto_a_full_disk_is_one_sentence():
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "fissura", "models"], stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert done.returncode == 2
    assert done.stderr.startswith("What the command prints cannot be written")
    assert "No space left on device" in done.stderr


def test_a_mistake_of_ours_is_not_called_a_want_of_memory(tmp_path):
    with mock.patch("fissura.models.build", side_effect=RuntimeError("shapes differ")), pytest.raises(RuntimeError):
        fissura("models", "cnn1", cwd=tmp_path)


def test_a_training_prints_nothing_after_its_last_line(tmp_path):
    command = [sys.executable, "-m", "fissura", "train", "--data", "digits", "--model", "multinomial", "--epochs", "1"]
    done = subprocess.run(
        [*command, "--out", "run", "--lang", "en"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert "leaked" not in done.stderr
    assert done.stdout.splitlines()[-1].startswith("The run is in")


def test_help_does_not_import_torch_or_rich():
    code = (
        "import sys, fissura.cli\n"
        "try: fissura.cli.app(['--help'])\n"
        "except SystemExit: pass\n"
        "print({'torch', 'matplotlib', 'sklearn', 'numpy', 'rich.console'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.endswith("set()\n")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["train", "--model", "cnn22"], "cnn2"),
        (["train", "--recipe", "labb"], "lab"),
        (["train", "--data", "minst"], "mnist"),
        (["train", "--device", "gpu"], "cpu"),
        (["lab", "--part", "digit"], "digits"),
        (["lab", "--epochs", "0"], "--epochs is 0"),
        (["lab", "--data", "minst"], "The nearest name is mnist; choose one of: auto, mnist, digits."),
        (["lab", "--recipe", "cracks"], "Choose one of: lab, fast, best."),
        (["lab", "--crack-recipe", "crack"], "--crack-recipe: 'crack' is not known. The nearest name is cracks"),
        (["train", "--epochs", "0"], "epochs is 0"),
        (["train", "--epochs", "-3"], "epochs is -3"),
        (["train", "--batch-size", "0"], "batch_size is 0"),
        (["train", "--learning-rate", "nan"], "learning_rate is nan"),
        (["train", "--seeds", "0"], "--seeds is 0"),
        (["train", "--data", "digits", "--validation", "5000"], "--validation is 5000"),
        (["models", "resnet"], "not known"),
        (["models", "cnn2", "--size", "4"], "4"),
        (["models", "cnn1", "--size", "10000000"], "wanted a whole number from 1 to 10000"),
        (["models", "--classes", "0"], "--classes is 0"),
        (["evaluate", "nothing"], "does not exist"),
        (["data", "get", "mnst"], "mnist"),
        (["lab", "--lang", "de"], "en, fr"),
        (["lab", "--data-dir", "nowhere"], "nowhere"),
        (["lab", "--sedes", "3"], "--seeds"),
    ],
)
def test_wrong_input_is_one_sentence_and_exit_code_2(tmp_path, arguments, sentence):
    done = fissura(*arguments, cwd=tmp_path, rc=2)
    assert sentence in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU here")
def test_gpu_asked_for_where_there_is_none_is_one_sentence(tmp_path):
    done = fissura("train", *FAST[:-1], "cuda", cwd=tmp_path, rc=2)
    assert "No cuda device" in done.stderr


def test_errors_speak_french_when_asked(tmp_path):
    done = fissura("train", "--epochs", "0", "--lang", "fr", cwd=tmp_path, rc=2)
    assert "epochs vaut 0" in done.stderr


def test_folder_with_something_else_in_it_is_left_alone(tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.tex").write_text("years of work")
    done = fissura("lab", "--part", "digits", *FAST, "--out", "mine", cwd=tmp_path, rc=2)
    assert "is not empty and holds no run" in done.stderr
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["thesis.tex"]


def test_output_folder_that_is_a_file_is_refused_before_training(tmp_path):
    (tmp_path / "file").write_text("x")
    done = fissura("train", *FAST, "--out", "file", cwd=tmp_path, rc=2)
    assert "a file stands where a folder is needed" in done.stderr


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_read_only_folder_is_refused_before_training(tmp_path):
    (tmp_path / "sealed").mkdir(mode=0o555)
    done = fissura("train", *FAST, "--out", "sealed/run", cwd=tmp_path, rc=2)
    assert "could not be written" in done.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a disk that is always full is a Linux device")
def test_disk_that_is_full_half_way_is_one_sentence_and_what_was_finished_is_kept(tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "classifier.safetensors.part").symlink_to("/dev/full")
    done = fissura("train", "--model", "multinomial", *FAST, "--out", "run", cwd=tmp_path, rc=2)
    assert "the disk is full" in done.stderr
    kept = {"run.json", "checkpoint.safetensors", "timing.json", "card.md", "card.fr.md"}
    assert {path.name for path in (tmp_path / "run").iterdir()} == kept
    fissura("train", "--model", "multinomial", *FAST, "--out", "run", cwd=tmp_path)
    assert (tmp_path / "run" / "report.html").exists()


@pytest.mark.parametrize("option", ["--out", "--data-dir"])
def test_name_too_long_for_the_system_is_one_sentence(tmp_path, option):
    done = fissura("train", *FAST, option, "a" * 300, cwd=tmp_path, rc=2)
    assert "a" * 20 in done.stderr.replace("\n", "")


def test_default_folders_of_two_settings_do_not_collide(tmp_path):
    fissura("train", "--model", "multinomial", *FAST, cwd=tmp_path)
    fissura("train", "--model", "multinomial", *FAST, "--learning-rate", "0.1", cwd=tmp_path)
    assert sorted(path.name for path in (tmp_path / "runs").iterdir()) == [
        "multinomial-lab-digits-epochs-1",
        "multinomial-lab-digits-epochs-1-learning-rate-0.1",
    ]


def test_command_in_the_report_does_the_same_run_again(tmp_path):
    asked = [
        "--model",
        "cnn1",
        *FAST,
        "--batch-size",
        "100",
        "--learning-rate",
        "0.05",
        "--seed",
        "3",
        "--same-padding",
    ]
    fissura("train", *asked, "--out", "a", cwd=tmp_path)
    (command,) = commands((tmp_path / "a" / "report.html").read_text(encoding="utf-8"))
    fissura(*shlex.split(command)[1:], "--out", "b", cwd=tmp_path)
    assert (tmp_path / "a" / "results.json").read_bytes() == (tmp_path / "b" / "results.json").read_bytes()


def test_command_in_the_report_of_a_part_of_the_lab_does_that_part_again(lab):
    (command,) = commands((lab[0] / "report.html").read_text(encoding="utf-8"))
    done = fissura(*shlex.split(command)[1:], "--out", "again", cwd=lab[0].parent)
    assert "crack" not in done.stdout
    first, again = (
        json.loads((place / "results.json").read_text(encoding="utf-8")) for place in (lab[0], lab[0].parent / "again")
    )
    assert _without_times(again) == _without_times(first)


def _without_times(value):
    if isinstance(value, dict):
        return {key: _without_times(each) for key, each in value.items() if "second" not in key and key != "timing"}
    return [_without_times(each) for each in value] if isinstance(value, list) else value


def test_results_are_as_the_schema_says(trained, lab):
    schema = json.loads((Path(__file__).parent.parent / "docs" / "results.schema.json").read_text(encoding="utf-8"))
    for folder in (trained / "cnn1", lab[0]):
        results = json.loads((folder / "results.json").read_text(encoding="utf-8"))
        assert list(jsonschema.Draft202012Validator(schema).iter_errors(results)) == []
    parts = json.loads(fissura("evaluate", "cnn1", "--data", "digits", "--json", cwd=trained).stdout)
    assert list(jsonschema.Draft202012Validator(schema).iter_errors(parts)) == []


def test_evaluation_does_not_overwrite_what_another_left(trained, tmp_path):
    fissura("evaluate", str(trained / "cnn1"), "--data", "digits", "--out", "same", cwd=tmp_path)
    fissura("evaluate", str(trained / "cnn1"), "--data", "digits", "--out", "same", cwd=tmp_path)
    done = fissura("evaluate", str(trained / "multinomial"), "--data", "digits", "--out", "same", cwd=tmp_path, rc=2)
    assert "holds another run (other classifier)" in done.stderr


def test_a_comparison_on_other_images_does_not_replace_the_first(trained, tmp_path, small_set):
    small_set(tmp_path / "data" / "mnist")
    asked = ["compare", str(trained / "cnn1"), str(trained / "multinomial"), "--out", "both"]
    fissura(*asked, "--data", "digits", cwd=tmp_path)
    before = (tmp_path / "both" / "results.json").read_bytes()
    done = fissura(*asked, "--data", "mnist", "--data-dir", "data", cwd=tmp_path, rc=2)
    assert "holds another run (other source, data_dir)" in done.stderr
    assert (tmp_path / "both" / "results.json").read_bytes() == before
    fissura(*asked, "--data", "digits", cwd=tmp_path)


@pytest.mark.parametrize("command", ["evaluate", "compare"])
@pytest.mark.parametrize("option", [("--split-file", "absent.json"), ("--split", "random"), ("--positive", "crack")])
def test_options_of_photographs_are_refused_for_digits(trained, command, option):
    models = ["cnn1", "multinomial"][: 1 + (command == "compare")]
    done = fissura(command, *models, "--data", "digits", *option, "--out", "none", cwd=trained, rc=2)
    assert f"{option[0]} is for photographs; digits have their own size, split and classes" in done.stderr
    assert not (trained / "none").exists()


@pytest.mark.parametrize("command", ["evaluate", "compare"])
def test_what_auto_came_to_is_remembered_and_other_images_do_not_replace_it(trained, tmp_path, small_set, command):
    (tmp_path / "data").mkdir()
    models = [str(trained / name) for name in ("cnn1", "multinomial")]
    asked = [command, *models[: 1 + (command == "compare")], "--data-dir", "data", "--no-download", "--out", "kept"]
    fissura(*asked, cwd=tmp_path)
    fissura(*asked, "--data", "digits", cwd=tmp_path)
    small_set(tmp_path / "data" / "mnist")
    assert "holds another run (other source, data_dir)" in fissura(*asked, cwd=tmp_path, rc=2).stderr


@pytest.mark.parametrize("command", ["evaluate", "compare"])
def test_other_images_than_its_own_are_said_to_be_others_where_none_are_named(trained, tmp_path, small_set, command):
    models = [str(trained / name) for name in ("cnn1", "multinomial")]
    asked = [command, *models[: 1 + (command == "compare")], "--data-dir", "data", "--no-download", "--lang", "fr"]
    small_set(tmp_path / "data" / "mnist")
    said = fissura(*asked, cwd=tmp_path).stderr
    assert "Images d'apprentissage du classifieur\N{NO-BREAK SPACE}: chiffres de l'UCI" in said
    assert "Sans --data, il est évalué sur d'autres images\N{NO-BREAK SPACE}: " in said
    if command == "compare":  # which of them learned from others is said
        assert f"{', '.join(models)}\N{NO-BREAK SPACE}: " in said
    assert "Sans --data" not in fissura(*asked, "--data", "mnist", cwd=tmp_path).stderr
    assert "Sans --data" not in fissura(*asked[:-5], "--data", "digits", "--lang", "fr", cwd=tmp_path).stderr


def test_a_folder_that_a_classifier_learned_from_keeps_its_name_in_every_language(capsys):
    learned = SimpleNamespace(provenance=SimpleNamespace(data={"origin": "plaster"}), scans=False)
    images = Images("auto", "grouped", None, None, None, None, None, True)
    images.say_if_others([learned], "MNIST", language("fr"))
    assert "\N{NO-BREAK SPACE}: plaster. " in capsys.readouterr().err


def test_evaluating_on_other_images_than_it_learned_from_is_said(tmp_path):
    fissura("train", "--model", "multinomial", *FAST, "--validation", "300", "--out", "part", cwd=tmp_path)
    done = fissura("evaluate", "part", "--data", "digits", cwd=tmp_path)
    assert "was trained on other images than these" in done.stderr


def test_damaged_data_folder_is_a_failed_check(tmp_path):
    folder = tmp_path / "data" / "mnist"
    folder.mkdir(parents=True)
    write_idx(folder / "train-images-idx3-ubyte.gz", embedded_digits().train.images)
    assert "train-labels-idx1-ubyte" in fissura("data", cwd=tmp_path, rc=1).stderr


def test_half_downloaded_mnist_is_told_and_not_replaced_by_the_digits(tmp_path):
    folder = tmp_path / "data" / "mnist"
    folder.mkdir(parents=True)
    write_idx(folder / "train-images-idx3-ubyte.gz", embedded_digits().train.images)
    done = fissura("lab", "--part", "digits", "--no-download", cwd=tmp_path, rc=2)
    assert "train-labels-idx1-ubyte" in done.stderr


def test_corrupt_classifier_is_one_sentence(tmp_path):
    (tmp_path / "x.safetensors").write_bytes(b"\0" * 100)
    assert "is not a classifier file" in fissura("evaluate", "x.safetensors", cwd=tmp_path, rc=2).stderr


def test_output_folder_may_have_spaces_accents_and_quotes(tmp_path):
    name = 'été d\'essai "1" <b>'
    fissura("train", "--model", "multinomial", *FAST, "--out", name, cwd=tmp_path)
    assert (tmp_path / name / "report.html").exists()


def test_evaluate_shows_the_confusion_of_the_test_images(trained):
    done = fissura("evaluate", "cnn1", "--data", "digits", cwd=trained)
    lines = done.stdout[done.stdout.index("Confusion") :].splitlines()
    results = json.loads((trained / "cnn1" / "results.json").read_text(encoding="utf-8"))
    shown = [[int(cell.replace("–", "0")) for cell in line.split()[1:]] for line in lines[4:14]]
    assert shown == results["test"]["confusion"]


def test_advice_after_divergence_works_as_it_is_written(tmp_path):
    again = ("train", "--model", "cnn1", *FAST, "--out")
    said = fissura(*again, "wild", "--learning-rate", "1e30", cwd=tmp_path, rc=2).stderr
    assert "another folder with --out" in said
    fissura(*again, "tame", "--learning-rate", "0.01", cwd=tmp_path)


def test_a_folder_of_images_is_no_classifier_and_the_answer_says_how_to_judge_one_on_it(tmp_path):
    (tmp_path / "walls").mkdir()
    said = fissura("evaluate", "walls", cwd=tmp_path, rc=2).stderr
    assert "does not exist" not in said
    assert "fissura evaluate --model built-in walls" in said
    assert "is a folder without a classifier" in fissura("compare", "walls", "walls", cwd=tmp_path, rc=2).stderr


def test_a_folder_of_several_runs_is_told_from_one_of_images(trained, tmp_path):
    for seed in (12, 13):
        shutil.copytree(trained / "cnn1", tmp_path / "seeds" / f"seed-{seed}")
    for command in (["evaluate", "seeds"], ["compare", "seeds", "seeds"]):
        said = fissura(*command, cwd=tmp_path, rc=2).stderr
        assert "seeds is a folder of several runs; wanted one of them, such as seeds/seed-12." in said


def test_what_is_wrong_with_also_is_said_before_anything_is_decoded(tmp_path):
    for command in (("ladder", "nothing-there"), ("lab", "--part", "cracks", "--cracks", "nothing-there")):
        said = fissura(*command, "--also", "asphalt", cwd=tmp_path, rc=2).stderr
        assert "--also is asphalt" in said
