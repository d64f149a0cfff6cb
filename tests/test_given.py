"""What somebody names on the command line and cannot be used: devices, pipes, empty words, numbers beyond all sense."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from PIL import Image
from typer.testing import CliRunner

import fissura.cli
from fissura.classifier import load
from fissura.classifier_file import check_weights
from fissura.cli import app
from fissura.cli.judged import Images
from fissura.cli.usage import check_arguments
from fissura.data.archives import unpack
from fissura.data.audit.record import read_groups
from fissura.data.split_manifest import read_manifest
from fissura.errors import FissuraError, SettingsError
from fissura.files import see_free
from fissura.given_file import given_bytes
from fissura.reporting.findings.severity import read_scheme


@pytest.fixture
def pipe(tmp_path):
    if not hasattr(os, "mkfifo"):
        pytest.skip("this system has no named pipes")
    os.mkfifo(tmp_path / "pipe.toml")
    return tmp_path / "pipe.toml"


@pytest.mark.parametrize(
    "read",
    [
        load,
        read_manifest,
        read_groups,
        lambda path: unpack(path, path.parent / "out"),
        lambda path: read_scheme(str(path)),
    ],
)
def test_a_pipe_is_named_instead_of_waited_for(pipe, read):
    with pytest.raises(FissuraError, match="no ordinary file"):
        read(pipe)


def test_what_a_command_of_the_shell_gives_is_read():
    if not Path("/dev/fd").is_dir():
        pytest.skip("this system has no /dev/fd")
    reader, writer = os.pipe()
    os.write(writer, b"text")
    os.close(writer)
    assert given_bytes(Path(f"/dev/fd/{reader}")) == b"text"
    os.close(reader)


def test_what_lies_behind_a_link_is_read(tmp_path):
    (tmp_path / "a").write_bytes(b"text")
    (tmp_path / "b").symlink_to(tmp_path / "a")
    assert given_bytes(tmp_path / "b") == b"text"
    with pytest.raises(FileNotFoundError):
        given_bytes(tmp_path / "c")
    with pytest.raises(IsADirectoryError):
        given_bytes(tmp_path)


@pytest.mark.parametrize(
    ("arguments", "before"),
    [
        (["train", "--data", ""], "--data"),
        (["ladder", ""], "ladder"),
        (["train", "--data="], "--data"),
        ([""], "fissura"),
    ],
)
def test_an_empty_argument_is_not_this_folder(arguments, before):
    with pytest.raises(SettingsError, match=f"What stands behind {before} is empty"):
        check_arguments(arguments)
    check_arguments(["train", "--data", "digits", "--classes=a=b", "-"])


def test_an_empty_argument_ends_the_command_with_a_sentence():
    done = subprocess.run(
        [sys.executable, "-m", "fissura", "data", "check", "", "--lang", "fr"],
        check=False,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert "Ce qui suit check est vide" in done.stderr


@pytest.mark.parametrize("asked", [["--size", "99999999999999"], ["--classes", "99999999999999999999"]])
def test_a_network_beyond_all_sense_is_refused(asked):
    with pytest.raises(SettingsError, match=r"wanted a whole number from \d to \d+"):
        CliRunner().invoke(app, ["models", "cnn2", *asked], catch_exceptions=False)


def test_weights_that_are_no_numbers_are_told_from_those_of_another_kind():
    kinds = {"weight": torch.float32}
    check_weights({"weight": torch.ones(2)}, kinds)
    with pytest.raises(FloatingPointError):
        check_weights({"weight": torch.tensor([1.0, torch.nan])}, kinds)
    with pytest.raises(ValueError, match="float64"):
        check_weights({"weight": torch.ones(2, dtype=torch.float64)}, kinds)


def test_another_class_than_the_classifier_looks_for_is_refused(tmp_path):
    classifier = SimpleNamespace(classes=("intact", "crack"), decision=SimpleNamespace(positive=1))
    for name in ("intact", "crack"):
        (tmp_path / name).mkdir()

    with pytest.raises(SettingsError, match="the classifier looks for crack"):
        CliRunner().invoke(
            app, ["evaluate", "--model", "built-in", str(tmp_path), "--positive", "Intact"], catch_exceptions=False
        )

    def looked_for(positive):
        return Images(str(tmp_path), "grouped", None, positive, None, None, None, False)._looked_for(classifier)

    assert looked_for(None) == looked_for("crack") == "crack"
    assert looked_for("Fissures") == "Fissures"  # what this folder calls cracks
    with pytest.raises(SettingsError, match="the classifier looks for crack"):
        looked_for("intact")


def test_a_cache_that_is_not_there_is_not_called_cleaned(tmp_path):
    with pytest.raises(SettingsError, match="is no folder"):
        CliRunner().invoke(app, ["data", "clean", "--cache-dir", str(tmp_path / "nowhere")], catch_exceptions=False)


def test_a_read_only_file_system_is_called_so(tmp_path, monkeypatch):
    if not hasattr(os, "statvfs"):
        pytest.skip("this system does not say it")
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    monkeypatch.setattr(os, "statvfs", lambda path: SimpleNamespace(f_flag=os.ST_RDONLY))
    with pytest.raises(FissuraError, match="Read-only file system"):
        see_free(tmp_path / "out", {})
    monkeypatch.setattr(os, "statvfs", lambda path: SimpleNamespace(f_flag=0))
    with pytest.raises(FissuraError, match="Permission denied"):
        see_free(tmp_path / "out", {})


def test_brackets_without_end_are_no_severity_file(tmp_path):
    (tmp_path / "deep.toml").write_text("title = " + "[" * 3000 + "]" * 3000)
    with pytest.raises(SettingsError, match="is not a TOML file"):
        read_scheme(str(tmp_path / "deep.toml"))
    (tmp_path / "none.toml").write_text('title = "t"')
    with pytest.raises(SettingsError, match=r"has no \[\[limit\]\]"):
        read_scheme(str(tmp_path / "none.toml"))


def test_a_number_with_an_underscore_is_none():
    asked = ["inspect", "x.jpg", "--mm-per-px", "1_0"]
    assert CliRunner().invoke(app, asked).exit_code == 2


def test_a_split_of_a_folder_that_is_judged_whole_is_refused(tmp_path):
    for name in ("intact", "crack"):
        (tmp_path / name).mkdir()
        Image.new("L", (64, 64), 99).save(tmp_path / name / "a.png")
    asked = ["evaluate", "--model", "built-in", str(tmp_path), "--split", "random"]
    with pytest.raises(SettingsError, match="Leave out --split"):
        CliRunner().invoke(app, asked, catch_exceptions=False)


def test_a_folder_of_something_else_is_no_place_for_a_detector(tmp_path):
    (tmp_path / "photograph.jpg").write_bytes(b"mine")
    asked = ["train", "built-in", "--data-dir", str(tmp_path), "--out"]
    with pytest.raises(FissuraError, match="holds no run of fissura"):
        CliRunner().invoke(app, [*asked, str(tmp_path)], catch_exceptions=False)
    with pytest.raises(FissuraError, match="manifest"):
        CliRunner().invoke(
            app, [*asked, str(tmp_path / "new"), "--split-file", str(tmp_path / "nothere")], catch_exceptions=False
        )
    assert sorted(path.name for path in tmp_path.iterdir()) == ["photograph.jpg"]


def test_too_little_memory_ends_with_a_sentence(monkeypatch, capsys):
    def short(**_):
        raise RuntimeError("[enforce fail at alloc_cpu.cpp:118] DefaultCPUAllocator: can't allocate memory")

    monkeypatch.setattr(fissura.cli, "app", short)
    monkeypatch.setattr(sys, "argv", ["fissura", "models", "--lang", "en"])
    handler = signal.getsignal(signal.SIGINT)
    with pytest.raises(SystemExit) as ended:
        fissura.cli.main()
    signal.signal(signal.SIGINT, handler)
    assert ended.value.code == 2
    assert "more memory than there is" in capsys.readouterr().err


def test_data_check_tells_what_is_too_large_from_what_is_not_there(tmp_path):
    random = np.random.default_rng(1)
    for name in ("intact", "crack"):
        (tmp_path / "walls" / name).mkdir(parents=True)
        for number in range(5):
            pixels = random.integers(0, 256, (40, 40), dtype=np.uint8)
            Image.fromarray(pixels).save(tmp_path / "walls" / name / f"{number}.png")
    Image.new("L", (90, 90), 99).save(tmp_path / "walls" / "crack" / "large.png")
    (tmp_path / "walls" / "crack" / "gone.jpg").symlink_to(tmp_path / "nowhere")
    asked = ["data", "check", str(tmp_path / "walls"), "--cache-dir", str(tmp_path / "cache"), "--lang", "en"]
    done = CliRunner().invoke(app, [*asked, "--max-pixels", "5000"], catch_exceptions=False)
    said = " ".join(done.output.split())
    assert "Images with more pixels than are read, left out: 1. Raise the limit with --max-pixels." in said
    assert "Names of images with no file behind them" in said
    assert "cannot be read and are left out" not in said
    assert "Every image file can be read" not in said
