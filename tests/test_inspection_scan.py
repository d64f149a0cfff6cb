"""A photograph's map does not depend on how the photograph was cut."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from fissura.classifier import Classifier, Decision, Preprocessing, load
from fissura.errors import SettingsError
from fissura.inspection.photograph import inspect_pixels, inspected, unlikeness, unseen
from fissura.inspection.record import Settings
from fissura.inspection.scan import WindowEvidence, halved, log_odds_map, window_evidence
from fissura.models import build


@pytest.fixture(scope="module")
def detector():
    torch.manual_seed(5)
    model = build("detector", (224, 224), 2).eval()
    for module in model.modules():  # an untrained network answers nearly the same everywhere; make it speak up
        if isinstance(module, torch.nn.BatchNorm2d):
            module.weight.data.uniform_(0.5, 2.0)
            module.bias.data.uniform_(-0.5, 0.5)
    return Classifier(
        "detector", {}, model, ("intact", "crack"), Preprocessing((224, 224), 0.0, 1.0), decision=Decision(1, 0.5, 2.0)
    )


def photograph(height, width, seed=1):
    random = np.random.default_rng(seed)
    rough = random.normal(120, 30, (height, width)) + 40 * np.sin(np.arange(width) / 37)
    return np.clip(rough, 0, 255).astype(np.uint8)


def one_pass(detector, pixels):
    with torch.inference_mode():
        grey = torch.from_numpy(pixels)[None, None].float() / 255
        return (detector.model.map(grey)[0, 0] / 2.0).numpy()


@pytest.mark.parametrize("window_px", [16, 160, 400])
def test_windows_of_any_size_give_the_map_of_one_pass(detector, window_px):
    pixels = photograph(700, 410) if window_px > 16 else photograph(70, 90)
    whole = one_pass(detector, pixels)
    assert np.ptp(whole) > 0.02
    np.testing.assert_allclose(log_odds_map(detector, pixels, window_px=window_px), whole, atol=1e-5)


def test_pieces_give_the_map_of_one_pass_and_the_same_bits_on_two_threads(detector):
    pixels = photograph(1100, 1290)  # more than one piece of all but the deep layers, no multiple of anything
    threads = torch.get_num_threads()
    found = []
    try:
        for number in (1, 2):
            torch.set_num_threads(number)
            found.append(log_odds_map(detector, pixels))
            assert torch.get_num_threads() == number
    finally:
        torch.set_num_threads(threads)
    np.testing.assert_allclose(found[0], one_pass(detector, pixels), atol=1e-5)
    assert np.array_equal(*found)


def test_the_map_speaks_for_the_class_that_is_looked_for(detector):
    pixels = photograph(70, 90)
    of_other = replace(detector, decision=Decision(0, 0.5, 2.0))
    assert np.array_equal(log_odds_map(of_other, pixels), -log_odds_map(detector, pixels))


def test_bands_of_the_deep_layers_give_the_map_of_one_pass(detector):
    pixels = photograph(1650, 70)  # two bands: one is 1536 px high
    np.testing.assert_allclose(log_odds_map(detector, pixels), one_pass(detector, pixels), atol=1e-5)


@settings(max_examples=12, deadline=None)
@given(height=st.integers(16, 150), width=st.integers(16, 150), window_px=st.integers(16, 128), seed=st.integers(0, 99))
def test_no_seam_shows_whatever_the_size(detector, height, width, window_px, seed):
    pixels = photograph(height, width, seed)
    found = log_odds_map(detector, pixels, window_px=window_px)
    assert found.shape == (-(-height // 4), -(-width // 4))
    np.testing.assert_allclose(found, one_pass(detector, pixels), atol=1e-5)


def test_two_scales_change_the_map_and_keep_its_size(detector):
    pixels = photograph(131, 146)
    one, two = (log_odds_map(detector, pixels, two_scales=each) for each in (False, True))
    assert one.shape == two.shape == (33, 37)
    assert np.abs(one - two).max() > 1e-3


def test_halving_takes_the_mean_of_four_pixels():
    assert halved(np.array([[0, 2, 9], [4, 5, 9]], dtype=np.uint8)).tolist() == [[3]]


def test_the_probability_is_that_of_the_most_suspicious_window(detector):
    cells = np.full((150, 150), -9.0, dtype=np.float32)
    quiet = window_evidence(detector, cells).probability
    cells[100:110, 100:110] = 9.0
    assert window_evidence(detector, cells).probability > quiet
    where = log_odds_map(detector, photograph(224, 224))
    with torch.inference_mode():
        pooled = detector.model.pooled(torch.from_numpy(where)[None, None] * 2.0) / 2.0
    assert window_evidence(detector, where).probability == pytest.approx(float(torch.sigmoid(pooled)), abs=1e-6)


def test_a_network_without_a_map_or_a_class_to_look_for_is_refused(detector):
    for spoilt in (replace(detector, decision=None), replace(detector, classes=("a", "b", "c"))):
        with pytest.raises(SettingsError, match="looks for none of them"):
            log_odds_map(spoilt, photograph(64, 64))
    plain = Classifier("cnn1", {}, build("cnn1", (28, 28), 10), tuple("0123456789"), Preprocessing((28, 28), 0.0, 1.0))
    with pytest.raises(SettingsError, match="cnn1 cannot inspect"):
        log_odds_map(plain, photograph(40, 40))


def test_what_is_around_a_trace_is_its_most_suspicious_window():
    found = WindowEvidence((0, 28), (0,), (56, 56), np.array([[-3.0], [1.0]], dtype=np.float32))
    assert found.probability == pytest.approx(1 / (1 + np.exp(-1.0)))
    upper, lower = np.array([[20.0, 20.0]]), np.array([[300.0, 20.0]])
    assert found.around(upper) == pytest.approx(1 / (1 + np.exp(3.0)))
    assert found.around(lower) == found.around(np.concatenate([upper, lower])) == found.probability


def test_a_trace_in_no_window_that_holds_a_crack_is_no_finding():
    pixels = np.full((448, 448), 150, np.uint8)
    pixels[40:200, 100:104] = 30
    cells = np.full((112, 112), -6.0, dtype=np.float32)
    cells[10:50, 25:26] = 4.0
    windows = {  # of the same map: a network that believes, and one that does not
        p: WindowEvidence((0, 56), (0, 56), (56, 56), np.full((2, 2), p, dtype=np.float32)) for p in (2.0, -2.0)
    }
    begun = unseen("a", "0" * 64, pixels.shape)
    found = [inspected(begun, pixels, cells, 0.5, each).findings for each in windows.values()]
    assert [len(each) for each in found] == [1, 0]


def test_digits_are_unlike_walls():
    from fissura.data.synthetic import draw
    from fissura.data.synthetic.strangers import strangers

    built_in = load("built-in")
    digits = strangers("digits", 6, (224, 224), 3)
    walls = [draw(91, index, (224, 224), False, surface="plaster").image for index in range(6)]
    scores = [[unlikeness(each, built_in) for each in some] for some in (digits, walls)]
    assert np.median(scores[0]) > 1 > np.median(scores[1])
    strangest = digits[int(np.argmax(scores[0]))]
    said = inspect_pixels(strangest, built_in, scale=None, settings=Settings(), name="a", sha256="0" * 64)
    assert "unlike" in said.warnings
