import math

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from fissura.errors import SettingsError
from fissura.models import CNN1, CNN2, MODELS, CrackDetector, build, reached_hw

FORMATS = (torch.contiguous_format, torch.channels_last)


def images(count: int = 16, seed: int = 12) -> torch.Tensor:
    return torch.randn(count, 1, 28, 28, generator=torch.Generator().manual_seed(seed))


def in_the_handouts_order(model: nn.Module, batch: torch.Tensor) -> torch.Tensor:
    """The same weights, with each ReLU right behind its convolution."""
    if isinstance(model, CNN1):
        return model.dense(F.max_pool2d(F.relu(model.convolution(batch)), 2).flatten(1))
    maps = F.max_pool2d(F.relu(model.convolution1(batch)), 2)
    maps = F.max_pool2d(F.relu(model.convolution2(maps)), 2)
    return model.dense2(F.relu(model.dense1(maps.flatten(1))))


@pytest.fixture(autouse=True)
def one_seed():
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(12)
        yield


@pytest.mark.parametrize(
    ("name", "options", "parameters"),
    [
        ("multinomial", {}, 7850),
        ("cnn1", {}, 54410),
        ("cnn2", {}, 225034),
        ("cnn1", {"same_padding": True}, 63050),
        ("cnn2", {"same_padding": True}, 421642),
    ],
)
def test_parameters_are_those_of_the_handout(name, options, parameters):
    model = build(name, (28, 28), 10, **options)
    assert sum(each.numel() for each in model.parameters()) == parameters
    assert model(images(3)).shape == (3, 10)


@pytest.mark.parametrize("same_padding", [False, True])
@pytest.mark.parametrize("memory_format", FORMATS, ids=str)
@pytest.mark.parametrize("network", [CNN1, CNN2])
def test_pooling_before_relu_is_bit_for_bit_the_handouts_order(network, memory_format, same_padding):
    model = network(same_padding=same_padding).to(memory_format=memory_format)
    batch = images().to(memory_format=memory_format)
    labels = torch.arange(len(batch)) % 10
    results = []
    for logits in (model(batch), in_the_handouts_order(model, batch)):
        model.zero_grad()
        F.cross_entropy(logits, labels).backward()
        results.append((logits, *(each.grad.clone() for each in model.parameters())))
    assert all(torch.equal(ours, theirs) for ours, theirs in zip(*results, strict=True))


@pytest.mark.parametrize("name", MODELS)
def test_loss_starts_near_that_of_guessing(name):
    loss = F.cross_entropy(build(name, (28, 28), 10)(images(256)), torch.arange(256) % 10)
    assert loss.item() == pytest.approx(math.log(10), abs=0.5)


@pytest.mark.parametrize("name", MODELS)
def test_one_batch_of_noise_can_be_learned_by_heart(name):
    model = build(name, (28, 28), 10)
    batch, labels = images(32), torch.randint(10, (32,))
    for _ in range(150):
        slopes = torch.autograd.grad(F.cross_entropy(model(batch), labels), list(model.parameters()))
        with torch.no_grad():
            for weights, slope in zip(model.parameters(), slopes, strict=True):
                weights.sub_(slope, alpha=0.1)
    assert F.cross_entropy(model(batch), labels).item() < 0.1


@pytest.mark.parametrize("name", MODELS)
def test_each_image_has_its_own_logits_and_no_effect_on_the_others(name):
    model = build(name, (28, 28), 10).eval()
    batch = images(4)
    changed = batch.clone()
    changed[2] = changed[2].flip(1)  # not brighter: the detector takes the light out
    moved = (model(changed) - model(batch)).abs().amax(1)
    assert moved[2] > 1e-4  # a network that looks at small places sees nearly the same in a mirror
    assert moved[[0, 1, 3]].max() < 1e-6


@pytest.mark.parametrize(
    ("network", "same_padding", "side"), [(CNN1, False, 4), (CNN1, True, 2), (CNN2, False, 10), (CNN2, True, 4)]
)
def test_smallest_image_is_told_and_works(network, same_padding, side):
    assert network((side, side), 3, same_padding)(torch.zeros(1, 1, side, side)).shape == (1, 3)
    with pytest.raises(SettingsError, match=rf"at least {side} x {side} px"):
        network((side, side - 1), 3, same_padding)


def test_height_and_width_are_not_confused():
    for name in MODELS:
        assert build(name, (20, 33), 3)(torch.zeros(5, 1, 20, 33)).shape == (5, 3)


def test_two_classes_of_photographs_take_one_cell_and_its_map_pools_to_it():
    model = build("crack", (64, 80), 2).eval()
    batch = torch.randn(3, 1, 64, 80)
    with torch.inference_mode():
        mapped, logits = model.map(batch), model(batch)
    assert (mapped.shape, logits.shape) == ((3, 1, 8, 10), (3, 1))
    assert torch.allclose(mapped.exp().mean(dim=(1, 2, 3)).log(), logits[:, 0], atol=1e-5)
    assert sum(weights.numel() for weights in model.parameters()) <= 250_000


def test_unknown_network_and_option_name_the_nearest():
    with pytest.raises(SettingsError, match="nearest name is cnn2"):
        build("ccn2", (28, 28), 10)
    with pytest.raises(SettingsError, match="nearest name is same_padding"):
        build("cnn1", (28, 28), 10, padding_same=True)
    with pytest.raises(SettingsError, match="has no options; leave out same_padding"):
        build("multinomial", (28, 28), 10, same_padding=True)


def test_weights_have_readable_names():
    assert list(build("cnn2", (28, 28), 10).state_dict()) == [
        f"{layer}.{part}"
        for layer in ("convolution1", "convolution2", "dense1", "dense2")
        for part in ("weight", "bias")
    ]


def test_every_network_stands_under_its_own_name_with_a_description():
    assert all(name == spec.name and spec.description for name, spec in MODELS.items())
    assert [spec.options for spec in MODELS.values()][:3] == [(), ("same_padding",), ("same_padding",)]


@pytest.mark.parametrize("name", list(MODELS))
@pytest.mark.parametrize("size_hw", [(28, 28), (27, 30), (33, 25)])
def test_what_lies_outside_the_reached_part_changes_nothing(name, size_hw):
    model = build(name, size_hw, 10).eval()
    batch = torch.randn(3, 1, *size_hw)
    height, width = reached_hw(model, size_hw)
    other = torch.full_like(batch, 1e3)
    other[:, :, :height, :width] = batch[:, :, :height, :width]
    with torch.inference_mode():
        assert torch.equal(model(batch), model(other))
        if (height, width) != size_hw:
            torch.testing.assert_close(model(batch[:, :, :height, :width]), model(batch))


def test_two_rows_and_columns_of_a_digit_reach_nothing_in_cnn2():
    assert reached_hw(build("cnn2", (28, 28), 10), (28, 28)) == (26, 26)
    assert reached_hw(build("cnn2", (28, 28), 10, same_padding=True), (28, 28)) == (28, 28)


def detector() -> CrackDetector:
    """One whose normalisations are not what they are at the start, so that every path carries something."""
    model = CrackDetector().eval()
    with torch.no_grad():
        for value in model.parameters():
            if value.ndim == 1:
                value.uniform_(0.5, 1.5)
    return model


def test_the_detectors_map_has_a_cell_per_4_px_and_pools_to_its_answer():
    model = detector()
    batch = torch.rand(2, 1, 61, 90)
    with torch.inference_mode():
        mapped = model.map(batch)
        assert mapped.shape == (2, 1, 16, 23)
        assert torch.equal(model.pooled(mapped), model(batch))
    assert sum(weights.numel() for weights in model.parameters()) * 4 <= 2_000_000


def test_a_part_cut_at_the_detectors_alignment_has_the_cells_of_the_whole():
    model = detector()
    photograph = torch.rand(1, 1, 1008, 64)
    top, halo, rows = 400, -(-model.reach_px // model.alignment_px) * model.alignment_px, 128
    part = photograph[:, :, top - halo : top + rows + halo]
    with torch.inference_mode():
        whole = model.map(photograph)[:, :, top // 4 : (top + rows) // 4]
        alone = model.map(part)[:, :, halo // 4 : (halo + rows) // 4]
    torch.testing.assert_close(alone, whole, atol=1e-5, rtol=1e-5)


def test_no_pixel_beyond_its_reach_changes_the_detectors_map():
    model = detector().to(torch.float64)
    photograph = torch.rand(1, 1, 1024, 48, dtype=torch.float64)
    changed = photograph.clone()
    changed[:, :, 508:516] = 1 - changed[:, :, 508:516]
    with torch.inference_mode():
        moved = (model.map(changed) - model.map(photograph)).abs().amax(dim=(0, 1, 3)).nonzero().flatten() * 4
    assert moved.min() >= 508 - model.reach_px - 3
    assert moved.max() <= 516 + model.reach_px
    assert moved.max() - moved.min() > model.reach_px  # and it does see far


def test_the_detector_does_not_mind_how_bright_a_photograph_is():
    model = detector()
    photograph = torch.rand(1, 1, 96, 96)
    with torch.inference_mode():
        torch.testing.assert_close(model.map(photograph * 0.7 + 0.2), model.map(photograph), atol=0.2, rtol=0.1)
