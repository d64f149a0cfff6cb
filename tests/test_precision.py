"""Mixed precision: bfloat16 in the layers, float32 everywhere else; the same run twice gives the same bytes."""

import re
from dataclasses import replace

import numpy as np
import pytest
import torch
from typer.testing import CliRunner

from fissura.cli import app
from fissura.data.digits import embedded_digits
from fissura.errors import DeviceError, SettingsError
from fissura.layers import LogMeanExpPool2d
from fissura.training import RECIPES, Recipe, device, train
from fissura.training.device import has_bfloat16

CPU = torch.device("cpu")
able = pytest.mark.skipif(not has_bfloat16(CPU), reason="this processor has no instructions for bfloat16")
MIXED = Recipe(epochs=2, batch_size=32, learning_rate=0.05, momentum=0.9, precision="mixed")


@pytest.fixture(scope="module")
def some():
    return embedded_digits().train.subset(np.arange(320))


@able
def test_mixed_precision_learns_nearly_what_float32_learns(some):
    mixed = train("cnn1", some, MIXED, device="cpu")
    exact = train("cnn1", some, replace(MIXED, precision="float32"), device="cpu")
    assert mixed.history.losses != exact.history.losses
    assert mixed.history.losses == pytest.approx(exact.history.losses, rel=0.02)
    weights = mixed.classifier.model.state_dict().values()
    assert {value.dtype for value in weights} <= {torch.float32, torch.int64}


@able
def test_mixed_precision_stopped_and_gone_on_with_ends_with_the_same_bytes(some, tmp_path):
    whole = train("cnn1", some, MIXED, device="cpu")
    place = tmp_path / "checkpoint.safetensors"

    def stop(progress):
        if progress.epoch == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train("cnn1", some, MIXED, device="cpu", checkpoint=place, on_progress=stop)
    resumed = train("cnn1", some, MIXED, device="cpu", checkpoint=place)
    assert resumed.classifier.fingerprint == whole.classifier.fingerprint
    assert resumed.classifier.provenance.recipe["precision"] == "mixed"


def test_a_device_without_the_instructions_refuses_before_anything_is_computed(some, monkeypatch):
    monkeypatch.setattr(device, "has_bfloat16", lambda _: False)
    with pytest.raises(DeviceError, match=r"Mixed precision is for .*Leave out --precision"):
        train("cnn1", some, MIXED, device="cpu", on_progress=lambda _: pytest.fail("it was begun"))


def test_a_command_that_is_refused_leaves_its_folder_free_for_what_it_advises(tmp_path, monkeypatch):
    options = ["train", "--data", "digits", "--epochs", "1", "--device", "cpu", "--out", str(tmp_path / "run")]
    monkeypatch.setattr(device, "has_bfloat16", lambda _: False)
    refused = CliRunner().invoke(app, [*options, "--precision", "mixed"])
    assert isinstance(refused.exception, DeviceError)
    assert not (tmp_path / "run").exists()
    assert CliRunner().invoke(app, options).exit_code == 0


@pytest.mark.parametrize("able", [True, False])
def test_an_older_pytorch_is_asked_in_its_own_way(able, monkeypatch):
    """``torch.cpu.get_capabilities`` is not in every version that the package takes."""
    monkeypatch.delattr(torch.cpu, "get_capabilities", raising=False)
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: able, raising=False)
    assert has_bfloat16.__wrapped__(CPU) is able
    monkeypatch.delattr(torch.cpu, "_is_avx512_bf16_supported")
    assert has_bfloat16.__wrapped__(CPU) is False


def test_the_nearest_precision_is_named():
    with pytest.raises(SettingsError, match="mixed"):
        Recipe(precision="mixd")


def test_log_mean_exp_is_taken_in_float32_of_coarser_maps_and_in_float64_of_finer_ones():
    maps = torch.full((1, 1, 64, 64), 1.0)
    maps[..., 0, 0] = 5.0
    pool = LogMeanExpPool2d()
    assert pool(maps.bfloat16()).dtype == torch.float32
    assert torch.equal(pool(maps.bfloat16()), pool(maps))
    assert pool(maps.double()).dtype == torch.float64


@able
def test_the_command_names_its_folder_and_report_after_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    options = ["train", "--data", "digits", "--epochs", "1", "--precision", "mixed", "--device", "cpu"]
    done = CliRunner().invoke(app, options)
    assert done.exit_code == 0, done.output
    (folder,) = (tmp_path / "runs").iterdir()
    assert "precision-mixed" in folder.name
    report = next(folder.rglob("report.html")).read_text(encoding="utf-8")
    words = re.sub(r"<[^>]*>", " ", report).split()
    assert words[words.index("--precision") + 1] == "mixed"
    assert "bfloat16," in words


def test_recipes_of_the_lab_compute_in_float32():
    assert {named.recipe.precision for named in RECIPES.values()} == {"float32"}


def test_the_detectors_training_is_refused_before_there_is_a_folder(tmp_path, monkeypatch):
    monkeypatch.setattr(device, "has_bfloat16", lambda _: False)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DeviceError, match="Leave out --precision"):
        CliRunner().invoke(app, ["train", "built-in", "--precision", "mixed"], catch_exceptions=False)
    assert list(tmp_path.iterdir()) == []
