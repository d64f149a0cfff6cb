"""CNN 1 and CNN 2 for prediction alone against the networks as the textbook writes them."""

import threading

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional as F

from fissura.classifier import Classifier, Preprocessing
from fissura.data import LabelledImages, embedded_digits, read_mnist
from fissura.models import FAST_BATCH, MODELS, build, fast_forward, logits_in_parts
from fissura.training import Recipe, train


def in_the_handouts_order(model: nn.Module, inputs: torch.Tensor) -> torch.Tensor:
    """The textbook's function in double precision: convolution, ReLU, pooling, one after the other."""
    weights = {name: value.detach().double() for name, value in model.named_parameters()}
    maps = inputs.double()
    for name in ("convolution", "convolution1", "convolution2"):
        if f"{name}.weight" in weights:
            maps = F.max_pool2d(F.relu(F.conv2d(maps, weights[f"{name}.weight"], weights[f"{name}.bias"])), 2)
    cells = maps.flatten(1)
    if "dense.weight" in weights:
        return F.linear(cells, weights["dense.weight"], weights["dense.bias"])
    cells = F.relu(F.linear(cells, weights["dense1.weight"], weights["dense1.bias"]))
    return F.linear(cells, weights["dense2.weight"], weights["dense2.bias"])


def seeded(name: str, size_hw: tuple[int, int], classes: int = 10, seed: int = 12) -> nn.Module:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return build(name, size_hw, classes).eval()


@pytest.mark.parametrize("name", ["cnn1", "cnn2"])
@given(
    height=st.integers(10, 35),
    width=st.integers(10, 35),
    n=st.integers(1, 9),
    classes=st.integers(2, 11),
    seed=st.integers(0, 99),
)
def test_logits_are_those_of_the_textbook_for_any_size_and_number(name, height, width, n, classes, seed):
    model = seeded(name, (height, width), classes, seed)
    inputs = 3 * torch.randn(n, 1, height, width, generator=torch.Generator().manual_seed(seed))
    with torch.inference_mode():
        torch.testing.assert_close(
            fast_forward(model)(inputs).double(), in_the_handouts_order(model, inputs), rtol=0, atol=2e-5
        )


@pytest.mark.parametrize("memory_format", [torch.contiguous_format, torch.channels_last], ids=str)
@pytest.mark.parametrize("name", ["cnn1", "cnn2"])
def test_memory_layout_of_the_weights_changes_no_bit(name, memory_format):
    inputs = torch.randn(5, 1, 28, 28, generator=torch.Generator().manual_seed(12))
    with torch.inference_mode():
        wanted = fast_forward(seeded(name, (28, 28)))(inputs)
        assert torch.equal(fast_forward(seeded(name, (28, 28)).to(memory_format=memory_format))(inputs), wanted)


def test_it_takes_the_weights_as_they_are_and_leaves_them_alone():
    model = seeded("cnn2", (28, 28))
    inputs = torch.randn(3, 1, 28, 28, generator=torch.Generator().manual_seed(12))
    before = {name: value.clone() for name, value in model.state_dict().items()}
    with torch.inference_mode():
        first = fast_forward(model)(inputs)
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    with torch.no_grad():
        model.convolution2.weight.mul_(2)
    with torch.inference_mode():
        second = fast_forward(model)(inputs)
        torch.testing.assert_close(second, model(inputs), rtol=0, atol=2e-5)
    assert (first - second).abs().max() > 1e-2


def test_other_networks_paddings_and_precisions_are_left_to_themselves():
    for name in MODELS:
        found = fast_forward(build(name, (28, 28), 10))
        assert (found is not None) == (name in ("cnn1", "cnn2"))
    assert fast_forward(build("cnn1", (28, 28), 10, same_padding=True)) is None
    assert fast_forward(build("cnn2", (28, 28), 10, same_padding=True)) is None
    assert fast_forward(build("cnn2", (28, 28), 10).double()) is None
    assert fast_forward(build("cnn2", (28, 28), 10).to("meta")) is None


@pytest.mark.parametrize("name", ["cnn1", "cnn2"])
def test_classifier_predicts_with_it_and_number_of_threads_changes_no_bit(name, monkeypatch):
    images = embedded_digits().test
    classifier = Classifier(name, {}, seeded(name, (28, 28)), images.classes, Preprocessing.of(images))
    model_ran = []
    classifier.model.register_forward_hook(lambda *_: model_ran.append(True))
    found = {}
    before = torch.get_num_threads()
    try:
        for threads in (1, 2, 3):
            torch.set_num_threads(threads)
            found[threads] = classifier.probabilities(images.images)
            assert torch.get_num_threads() == threads
    finally:
        torch.set_num_threads(before)
    assert not model_ran
    np.testing.assert_array_equal(found[2], found[1])
    np.testing.assert_array_equal(found[3], found[1])


def test_the_same_bits_however_often_with_a_last_part_of_few_images():
    # a new thread that computed on all processors before it was told of one changed one prediction in ten
    images = embedded_digits().test
    classifier = Classifier("cnn1", {}, seeded("cnn1", (28, 28)), images.classes, Preprocessing.of(images))
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(2)
        found = {classifier.probabilities(images.images[:70]).tobytes() for _ in range(60)}
    finally:
        torch.set_num_threads(before)
    assert len(found) == 1


def test_parts_cover_every_image_once_on_as_many_threads_as_there_are():
    meeting = threading.Barrier(2, timeout=60)  # both parts are in work at once, or this fails
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(2)
        found = logits_in_parts(lambda part: _numbers(part, meeting), 10, 5, 1)
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)
    assert found[:, 0].tolist() == list(range(10))
    assert logits_in_parts(_numbers, 7, 3, 1)[:, 0].tolist() == list(range(7))
    assert logits_in_parts(_numbers, 0, 3, 2).shape == (0, 2)


def _numbers(part: slice, meeting: threading.Barrier | None = None) -> torch.Tensor:
    if meeting is not None:
        meeting.wait()
    return torch.arange(part.start, part.stop, dtype=torch.float32).view(-1, 1)


def test_what_goes_wrong_in_a_part_is_heard_and_threads_come_back():
    def broken(_: slice) -> torch.Tensor:
        raise RuntimeError("told")

    before = torch.get_num_threads()
    try:
        torch.set_num_threads(2)
        with pytest.raises(RuntimeError, match="told"):
            logits_in_parts(broken, 10, 2, 1)
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


@pytest.fixture(scope="module")
def mnist(mnist_dir):
    return read_mnist(mnist_dir)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["cnn1", "cnn2"])
def test_trained_networks_predict_the_same_for_every_test_image_of_mnist(name, mnist):
    few: LabelledImages = mnist.train.subset(np.arange(6400))
    classifier = train(name, few, Recipe(epochs=1), device="cpu").classifier
    pixels, model = mnist.test.images, classifier.model
    textbook, fast = [], []
    forward = fast_forward(model)
    with torch.inference_mode():
        for start in range(0, len(pixels), 250):
            inputs = classifier.preprocessing(torch.tensor(pixels[start : start + 250]))
            textbook.append(model(inputs))
            fast += [forward(inputs[first : first + FAST_BATCH]) for first in range(0, 250, FAST_BATCH)]
    theirs, ours = torch.cat(textbook), torch.cat(fast)
    torch.testing.assert_close(ours, theirs, rtol=0, atol=5e-5)
    assert torch.equal(ours.argmax(1), theirs.argmax(1))
    np.testing.assert_array_equal(classifier.predict(pixels), theirs.argmax(1).numpy())
