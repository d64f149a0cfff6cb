"""Batch normalisation with a gradient of its own: PyTorch's function, PyTorch's gradient."""

import pytest
import torch
from torch import nn

from fissura.models.normalisation import ChannelsLastNorm


def both(channels: int) -> tuple[nn.BatchNorm2d, ChannelsLastNorm]:
    its, ours = nn.BatchNorm2d(channels), ChannelsLastNorm(channels)
    with torch.no_grad():
        its.weight.uniform_(0.5, 1.5)
        its.bias.uniform_(-1, 1)
    ours.load_state_dict(its.state_dict())
    return its, ours


@pytest.mark.parametrize("layout", [torch.channels_last, torch.contiguous_format])
@pytest.mark.parametrize("shape", [(3, 24, 10, 14), (2, 8, 1, 2), (5, 24, 6, 7), (2, 32, 4, 4), (40, 40, 30, 62)])
def test_values_gradients_and_statistics_are_those_of_pytorch(shape, layout):
    generator = torch.Generator().manual_seed(sum(shape))
    maps = (2 + 3 * torch.randn(shape, generator=generator)).contiguous(memory_format=layout)
    gradient = torch.randn(shape, generator=generator)
    its, ours = both(shape[1])
    found = []
    for norm in (its.double(), ours):
        inputs = maps.to(norm.weight.dtype).detach().requires_grad_()
        outputs = norm(inputs)
        outputs.backward(gradient.to(outputs.dtype))
        found.append((outputs, inputs.grad, norm.weight.grad, norm.bias.grad, norm.running_mean, norm.running_var))
    for expected, got in zip(*found, strict=True):
        torch.testing.assert_close(got.double(), expected, atol=1e-3, rtol=1e-3)
    assert int(ours.num_batches_tracked) == 1


def test_evaluation_is_that_of_pytorch_bit_for_bit():
    its, ours = both(24)
    maps = torch.randn(2, 24, 6, 8).contiguous(memory_format=torch.channels_last)
    assert torch.equal(its.eval()(maps), ours.eval()(maps))


@pytest.mark.parametrize("settings", [{"affine": False}, {"momentum": None}, {"track_running_stats": False}])
@pytest.mark.parametrize("shape", [(2, 24, 6, 8), (0, 24, 6, 8), (2, 24, 6, 0)])
def test_other_settings_and_empty_maps_are_those_of_pytorch_bit_for_bit(settings, shape):
    maps = torch.randn(shape).contiguous(memory_format=torch.channels_last)
    found = []
    for kind in (nn.BatchNorm2d, ChannelsLastNorm):
        inputs, norm = maps.clone().requires_grad_(), kind(24, **settings)
        norm(inputs).square().sum().backward()
        found.append((inputs.grad, norm.running_mean, norm.running_var, norm.num_batches_tracked))
    for expected, got in zip(*found, strict=True):
        assert (expected is None and got is None) or torch.equal(expected, got)


def test_maps_of_another_number_of_channels_are_refused():
    maps = torch.randn(2, 40, 6, 8).contiguous(memory_format=torch.channels_last)
    with pytest.raises(RuntimeError, match="should contain 40 elements not 24"):
        ChannelsLastNorm(24)(maps)


def test_frozen_weights_get_no_gradient_and_a_second_one_is_refused():
    maps = torch.randn(2, 24, 6, 8).contiguous(memory_format=torch.channels_last).requires_grad_()
    norm = ChannelsLastNorm(24).requires_grad_(False)
    (first,) = torch.autograd.grad(norm(maps).pow(3).sum(), maps, create_graph=True)
    assert norm.weight.grad is None
    with pytest.raises(RuntimeError, match="twice"):
        first.square().sum().backward()
