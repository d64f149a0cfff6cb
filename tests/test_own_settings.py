"""Whatever a notebook has set PyTorch and NumPy to, the same comes out, and what it had set is there afterwards."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext

import numpy as np
import pytest
import torch

import fissura

MOVING = fissura.Recipe(epochs=1, augmentation="affine", averaging=0.9)


@contextmanager
def double():
    torch.set_default_dtype(torch.float64)
    try:
        yield
    finally:
        torch.set_default_dtype(torch.float32)


SET = {
    "nothing": nullcontext,
    "double precision": double,
    "no gradients": torch.no_grad,
    "inference": torch.inference_mode,
    "half precision": lambda: torch.autocast("cpu", torch.bfloat16),
    "another device": lambda: torch.device("meta"),
    "NumPy stopping at what is small": lambda: np.errstate(all="raise"),
}


@pytest.fixture(scope="module")
def digits():
    return fissura.embedded_digits().test.subset(range(100))


@pytest.fixture(scope="module")
def wall():
    return fissura.synthetic_cracks(2, (224, 224), 3).images[1]


def everything(digits, wall):
    """Bytes and numbers of all that computes with PyTorch."""
    trained = [fissura.train(name, digits, MOVING, device="cpu").classifier for name in ("cnn1", "cnn2", "cnn3")]
    detector = fissura.load("built-in")
    found = fissura.inspect(wall, detector)
    return (
        [each.fingerprint for each in trained],
        [each.probabilities(digits.images).tobytes() for each in trained],
        detector.predict(wall).probabilities.tobytes(),
        found.log_odds.tobytes(),
        found.unlike,
        [finding.id for finding in found.findings],
        str(fissura.layer_table(trained[1].model, (1, 28, 28))),
    )


@pytest.fixture(scope="module")
def as_ever(digits, wall):
    return everything(digits, wall)


@pytest.mark.parametrize("setting", SET)
def test_the_same_comes_out_whatever_they_are_set_to(digits, wall, as_ever, setting):
    with SET[setting]():
        before = [torch.get_default_dtype(), torch.get_default_device(), torch.is_grad_enabled()]
        assert everything(digits, wall) == as_ever
        assert [torch.get_default_dtype(), torch.get_default_device(), torch.is_grad_enabled()] == before


def test_pytorch_may_be_set_to_double_precision_before_fissura_is_there():
    script = (
        "import torch; torch.set_default_dtype(torch.float64); import fissura, numpy;"
        "digits = fissura.embedded_digits().test;"
        "classifier = fissura.train('cnn2', digits, fissura.Recipe(epochs=1), device='cpu').classifier;"
        "print(classifier.probabilities(digits.images).dtype, fissura.load('built-in').network)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.stdout.split() == ["float32", "detector"], done.stderr


def test_trainings_in_several_threads_give_the_same_and_leave_the_settings(digits, as_ever):
    with ThreadPoolExecutor(3) as pool:
        made = list(pool.map(lambda _: fissura.train("cnn1", digits, MOVING, device="cpu").classifier, range(3)))
    assert {each.fingerprint for each in made} == {as_ever[0][0]}
    assert not torch.are_deterministic_algorithms_enabled()
    assert np.allclose(made[0].probabilities(digits.images).sum(axis=1), 1)
