"""What augmentation does to photographs: known forms, known means, and JPEG as Pillow does it."""

import io

import numpy as np
import pytest
import torch
from PIL import Image

from fissura.training.augmentation import AUGMENTATIONS, Augmentation, augmented
from fissura.training.photography import Camera, _compressed, _cosines, photographed


@pytest.fixture(autouse=True)
def one_seed():
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(12)
        yield


def textured(n: int = 6, height: int = 40, width: int = 40) -> torch.Tensor:
    random = np.random.default_rng(12)
    smooth = np.cumsum(random.normal(0, 4, (n, height, width)), axis=2) + 128
    return torch.from_numpy(smooth.clip(0, 255).astype(np.uint8))


def test_each_symmetry_comes_and_nothing_else():
    images = textured(1).expand(400, -1, -1)
    moved = augmented(images, AUGMENTATIONS["symmetries"], 1.0)
    seen = {image.numpy().tobytes() for image in moved}
    first = images[0].numpy().astype(np.float32)
    forms = {np.rot90(side, k).tobytes() for side in (first, first[:, ::-1]) for k in range(4)}
    assert seen == forms
    assert len(forms) == 8


def test_images_that_are_not_square_keep_their_shape():
    moved = augmented(textured(50, 24, 40), AUGMENTATIONS["symmetries"], 1.0)
    assert moved.shape == (50, 24, 40)


@pytest.mark.parametrize("name", ["photographs", "elastic", "affine"])
def test_without_strength_images_stay_as_they_are(name):
    how = AUGMENTATIONS[name]
    plain = Augmentation(how.degrees, how.scale, how.shear, how.shift_px, how.bend_px, camera=how.camera)
    images = textured()
    assert torch.allclose(augmented(images, plain, 1e-4), images.float(), atol=0.6)
    state = torch.get_rng_state()
    assert torch.equal(augmented(images, plain, 0.0), images.float())
    assert torch.equal(torch.get_rng_state(), state)  # nothing is drawn for what is not done


def test_without_strength_images_are_mirrored_and_turned_all_the_same():
    torch.manual_seed(3)
    turned = augmented(textured(), AUGMENTATIONS["symmetries"], 1.0)
    torch.manual_seed(3)
    assert torch.equal(augmented(textured(), AUGMENTATIONS["photographs"], 0.0), turned)


def test_a_photograph_stays_in_range_and_repeats_with_its_seed():
    results = []
    for _ in range(2):
        torch.manual_seed(3)
        results.append(augmented(textured(), AUGMENTATIONS["photographs"], 1.0))
    assert torch.equal(*results)
    assert results[0].min() >= 0
    assert results[0].max() <= 255
    assert not torch.equal(results[0], textured().float())


@pytest.mark.parametrize("camera", [Camera(blur_px=1.0), Camera(noise=5.0), Camera(jpeg=1.0)])
def test_blur_noise_and_jpeg_keep_the_mean(camera):
    images = textured().float().clamp(40, 210)
    changed = photographed(images, camera)
    assert (changed.mean(dim=(1, 2)) - images.mean(dim=(1, 2))).abs().max() < 1.5
    assert not torch.equal(changed, images)


def test_cosines_are_orthonormal():
    assert torch.allclose(_cosines() @ _cosines().T, torch.eye(8), atol=1e-6)


def test_compression_loses_what_pillows_jpeg_loses(monkeypatch):
    monkeypatch.setattr("fissura.training.photography.QUALITIES", (60.0, 60.0))
    images = textured(4, 48, 48)
    ours = _compressed(images.float(), 1.1)
    for image, mine in zip(images.numpy(), ours.numpy(), strict=True):
        file = io.BytesIO()
        Image.fromarray(image).save(file, "JPEG", quality=60)
        theirs = np.asarray(Image.open(file), dtype=np.float32)
        assert np.abs(mine - theirs).mean() < 1.0
        assert np.abs(image - theirs).mean() > 2.0


def test_a_crack_survives():
    images = torch.full((40, 64, 64), 170, dtype=torch.uint8)
    images[:, :, 31:33] = 60
    changed = augmented(images, AUGMENTATIONS["photographs"], 1.0)
    contrast = changed.amax(dim=(1, 2)) - changed.amin(dim=(1, 2))
    assert (contrast > 40).all()
