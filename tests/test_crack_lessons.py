import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.nn import functional

from fissura.data.labelled import LabelledImages
from fissura.data.teaching import Drawn, Material, MaterialSettings, Photograph
from fissura.errors import SettingsError
from fissura.models import CrackDetector
from fissura.training import Recipe
from fissura.training.crack_lessons import CrackLessons, Portions, Truth
from fissura.training.device import has_bfloat16
from fissura.training.fit import learn
from fissura.training.warping import placed, windows

SIDE = 224


@pytest.fixture(autouse=True)
def one_seed():
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(12)
        yield


def line(shade: int = 20) -> tuple[np.ndarray, np.ndarray]:
    image, mask = np.full((SIDE, SIDE), 150, np.uint8), np.zeros((SIDE, SIDE), bool)
    image[:, 110:114], mask[:, 110:114] = shade, True
    return image, mask


def material(patches: bool = True) -> Material:
    image, mask = line()
    plain = np.full_like(image, 150)
    scenes = Drawn(np.stack([plain, image] * 8), np.stack([np.zeros_like(mask), mask] * 8))
    ratio, _ = line(shade=19)
    cracks = Drawn(np.where(mask, ratio, 128)[None].astype(np.uint8), mask[None])
    large = np.full((300, 320), 120, np.uint8)
    asphalt = (Photograph("a.jpg", large, np.zeros(large.shape, bool)),)
    metu = LabelledImages(
        np.stack([plain, image]), np.array([0, 1]), ("intact", "crack"), ("a", "b"), "METU", "train", positive=1
    )
    settings = MaterialSettings(scenes=16, cracks=1)
    return Material(scenes, cracks, metu if patches else None, asphalt, asphalt, settings)


def lessons(patches: bool = True) -> CrackLessons:
    return CrackLessons(material(patches), Portions(patches=8, asphalt=8, textures=4, laid=32), torch.device("cpu"))


def test_windows_at_rest_are_the_source_turned_or_mirrored():
    source = torch.randint(0, 256, (1, 32, 32)).float()
    forms = {tuple(form.flatten().tolist()) for turn in range(4) for form in _mirrored(source[0].rot90(turn))}
    for _ in range(20):
        (found,) = windows([source], placed(1, 32, 32, (1.0, 1.0), 0), 32)
        assert tuple(found.round().flatten().tolist()) in forms


def _mirrored(image: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    return image, image.flip(1)


def test_windows_lie_where_affine_grid_says_a_picture_and_its_mask_alike():
    picture, mask = torch.randint(0, 256, (5, 60, 60), dtype=torch.uint8), torch.rand(5, 60, 60) < 0.3
    where = placed(5, 60, 40, (0.7, 2.0), 30)
    grid = functional.affine_grid(where, [5, 1, 40, 40], align_corners=False)
    for found, source in zip(windows([picture, mask], where, 40), (picture, mask), strict=True):
        expected = functional.grid_sample(source.float()[:, None], grid, padding_mode="reflection", align_corners=False)
        torch.testing.assert_close(found, expected[:, 0], atol=2e-2, rtol=0)


def test_an_enlarged_window_shows_its_share_of_the_source():
    where = placed(500, 300, 100, (1.0, 2.0), 30)
    shown = where[:, 0, :2].norm(dim=1) * 300
    assert float(shown.min()) >= 100 / 2.0 - 1e-3
    assert float(shown.max()) <= 100 + 1e-3
    assert float(where[:, :, 2].abs().max()) <= 1 - 50 / 300 + 1e-6


def test_every_kind_of_window_is_in_an_epoch_and_its_mask_follows_its_picture():
    taught = lessons()
    assert len(taught) == 16 + 8 + 8 + 4 + 32
    inputs, truth = taught.batch(torch.arange(len(taught)), 0.0)
    assert inputs.shape == (len(taught), 1, SIDE, SIDE)
    assert float(inputs.min()) >= 0
    assert float(inputs.max()) <= 1
    assert truth.cells.shape == truth.seen.shape == (len(taught), 1, SIDE // 4, SIDE // 4)
    drawn = slice(0, 16)
    dark = torch.nn.functional.max_pool2d((inputs[drawn] < 0.35).float(), 4)
    assert torch.equal(truth.cells[drawn].amax(dim=(1, 2, 3)), truth.cracked[drawn])
    overlap = (dark * truth.cells[drawn]).sum() / truth.cells[drawn].sum()
    assert float(overlap) > 0.9


def test_of_a_cracked_patch_only_the_class_is_known():
    taught = lessons()
    _, truth = taught.batch(torch.arange(16, 24), 1.0)
    for cracked, seen, cells in zip(truth.cracked, truth.seen, truth.cells, strict=True):
        assert float(cells.sum()) == 0
        assert float(seen.sum()) == (0 if cracked else SIDE * SIDE / 16)


def test_a_laid_crack_darkens_the_wall_under_its_mask_and_nowhere_else():
    taught = lessons()
    inputs, truth = taught.batch(torch.arange(36, 68), 0.0)
    share = float(truth.cracked.mean())
    assert 0.3 < share < 0.9  # the same walls are seen with and without one
    for picture, cells, cracked in zip(inputs[:, 0], truth.cells[:, 0], truth.cracked, strict=True):
        covered = cells.repeat_interleave(4, 0).repeat_interleave(4, 1) > 0
        assert bool(covered.any()) == bool(cracked)
        if cracked:
            assert float(picture[covered].min()) < 0.45


def test_what_lies_before_a_laid_crack_hides_it():
    sheet = Drawn(np.full((1, SIDE, SIDE), 200, np.uint8), np.ones((1, SIDE, SIDE), bool))
    taught = CrackLessons(replace(material(), clutter=sheet), Portions(0, 0, 0, laid=64), torch.device("cpu"))
    inputs, truth = taught.batch(torch.arange(16, 80), 0.0)
    bright = inputs.amax(dim=(1, 2, 3)) > 0.7  # of walls of 120 and 150 with what is 1.56 times as bright before them
    assert 0.1 < float(bright.float().mean()) < 0.5
    assert not truth.cracked[bright].any()
    assert float(inputs[bright].amin()) > 0.6  # nothing dark shows through
    assert 0.3 < float(truth.cracked[~bright].mean()) < 0.9


def test_a_sliver_of_a_crack_is_neither_cracked_nor_intact():
    image, mask = np.full((SIDE, SIDE), 150, np.uint8), np.zeros((SIDE, SIDE), bool)
    mask[110:114, 110:114] = True  # 16 px of 50,176
    drawn = Drawn(np.stack([image, image]), np.stack([np.zeros_like(mask), mask]))
    only = Material(drawn, Drawn(image[None], mask[None]), None, (), (), MaterialSettings(scenes=2, cracks=1))
    taught = CrackLessons(only, Portions(laid=0), torch.device("cpu"))
    _, truth = taught.batch(torch.tensor([0, 1]), 0.0)
    assert truth.weighs.tolist() == [1.0, 0.0]


def test_the_same_seed_gives_the_same_batch():
    taught = lessons()
    batches = []
    for _ in range(2):
        torch.manual_seed(5)
        batches.append(taught.batch(torch.arange(40), 1.0))
    assert torch.equal(batches[0][0], batches[1][0])
    assert all(torch.equal(a, b) for a, b in zip(batches[0][1], batches[1][1], strict=True))


def test_without_photographs_the_drawn_scenes_are_enough():
    taught = lessons(patches=False)
    inputs, truth = taught.batch(torch.arange(len(taught)), 1.0)
    assert len(inputs) == len(truth.cracked) == len(taught) == 16 + 8 + 4 + 32


def test_the_right_answer_costs_least():
    taught = lessons()
    cells = torch.zeros(2, 1, 56, 56)
    cells[1, :, :, 28] = 1
    truth = Truth(torch.tensor([0.0, 1.0]), torch.ones(2), cells, torch.ones_like(cells))
    right = (torch.tensor([-6.0, 6.0]), torch.where(cells > 0, 6.0, -6.0))
    wrong = (-right[0], -right[1])
    unsure = (torch.zeros(2), torch.zeros_like(cells))
    losses = [float(taught.loss(outputs, truth)) for outputs in (right, unsure, wrong)]
    assert losses == sorted(losses)
    # by hand: ln 2 for the windows, 3 ln 2 for the cells, half the overlap that is missing at probability 1/2
    found = 0.25 * cells.numel()
    overlap = 2 * 0.5 * 56 / (found + 56)
    assert losses[1] == pytest.approx(math.log(2) + 3 * math.log(2) + 0.5 * (1 - overlap), rel=1e-5)


def test_cells_beside_a_crack_count_little():
    _, truth = lessons().batch(torch.tensor([1]), 0.0)
    crack = truth.cells[0, 0] > 0
    beside = torch.nn.functional.max_pool2d(truth.cells, 3, 1, 1)[0, 0] - truth.cells[0, 0] > 0
    assert truth.seen[0, 0][beside].unique().tolist() == pytest.approx([0.2])
    assert truth.seen[0, 0][crack].unique().tolist() == [1.0]


def test_a_detector_learns_a_line_from_its_lessons():
    taught = lessons()
    model = CrackDetector()
    optimiser = torch.optim.AdamW(model.parameters(), lr=3e-3)
    losses = []
    for step in range(30):
        inputs, truth = taught.batch(torch.arange(step % 4, 16, 4), 0.3)
        loss = taught.loss(taught.forward(model, inputs), truth)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(float(loss.detach()))
    assert np.mean(losses[-5:]) < 0.5 * np.mean(losses[:5])


def test_wrong_settings_name_the_nearest():
    with pytest.raises(SettingsError, match="nearest name is metu"):
        MaterialSettings(without=("mtu",))
    with pytest.raises(SettingsError, match="scenes is 1"):
        MaterialSettings(scenes=1)
    assert "brick" not in MaterialSettings(without=("brick",)).surfaces


@pytest.mark.skipif(not has_bfloat16(torch.device("cpu")), reason="this processor has no instructions for bfloat16")
def test_in_mixed_precision_the_detector_learns_what_it_learns_in_float32():
    found = {}
    for precision in ("float32", "mixed"):
        torch.manual_seed(12)
        model = CrackDetector((SIDE, SIDE))
        recipe = Recipe(epochs=2, batch_size=16, optimiser="adamw", learning_rate=1e-3, precision=precision)
        history = learn(model, lessons(), recipe, torch.Generator().manual_seed(1), {})
        found[precision] = history.losses
        assert {value.dtype for value in model.state_dict().values()} == {torch.float32, torch.int64}
    assert found["mixed"] != found["float32"]
    assert found["mixed"] == pytest.approx(found["float32"], rel=0.02)
