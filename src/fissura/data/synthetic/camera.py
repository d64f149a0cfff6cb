"""What a camera does to a picture: exposure, vignetting, blur, noise, sharpening, resizing, JPEG."""

from __future__ import annotations

import io
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from fissura.data.synthetic.view import Grey

if TYPE_CHECKING:
    from PIL.Image import Image


@dataclass(frozen=True)
class Camera:
    """How a picture is taken.

    Attributes:
        zoom: how many times the picture is enlarged after it was taken (1: not at all).
        exposure: brightness that the mean of the wall gets, in [0, 1].
        gamma: 1 keeps the light linear.
        contrast: about the exposure; under 1 as through haze or glass, above 1 as after a correction.
        uneven: how much the light falls from one side to the other, a share of the mean.
        vignette: how much darker the corners are, a share.
        slope: direction in which the light falls, in radians.
        defocus_px: radius of the disk that a point becomes.
        motion_px, motion_angle: how far and where the camera moved.
        noise: standard deviation at mid-grey, in grey levels of 255.
        sharpen: strength of the camera's own sharpening.
        jpeg: quality, 1 to 95; None where the picture is not compressed.
        saved: quality with which the enlarged picture is compressed once more; None: not.
    """

    zoom: float = 1.0
    exposure: float = 0.5
    gamma: float = 1.0
    contrast: float = 1.0
    uneven: float = 0.0
    vignette: float = 0.0
    slope: float = 0.0
    defocus_px: float = 0.0
    motion_px: float = 0.0
    motion_angle: float = 0.0
    noise: float = 0.0
    sharpen: float = 0.0
    jpeg: int | None = None
    saved: int | None = None


AS_IT_IS = Camera()


def random_camera(random: np.random.Generator) -> Camera:
    """A camera and a hand at random: mostly a good phone, at times dark, blurred, enlarged or much compressed."""
    return Camera(
        zoom=float(random.uniform(1.0, 2.3)) if random.random() < 0.6 else 1.0,
        exposure=float(random.triangular(0.22, 0.62, 0.85)),
        gamma=float(random.uniform(0.8, 1.25)),
        contrast=float(random.uniform(0.4, 1.8)) if random.random() < 0.25 else 1.0,
        uneven=float(abs(random.normal(0.0, 0.18))),
        vignette=float(random.uniform(0.0, 0.3)) if random.random() < 0.3 else 0.0,
        slope=float(random.uniform(-math.pi, math.pi)),
        defocus_px=float(random.gamma(1.2, 0.45)),
        motion_px=float(random.uniform(1.0, 5.0)) if random.random() < 0.15 else 0.0,
        motion_angle=float(random.uniform(0.0, math.pi)),
        noise=float(random.gamma(1.3, 2.0)),
        sharpen=float(random.uniform(0.3, 1.6)) if random.random() < 0.4 else 0.0,
        jpeg=int(random.triangular(20, 85, 97)) if random.random() < 0.85 else None,
        saved=int(random.integers(50, 96)) if random.random() < 0.3 else None,
    )


def taken(
    light: Grey, level: float, camera: Camera, size_hw: tuple[int, int], random: np.random.Generator
) -> npt.NDArray[np.uint8]:
    """The picture of ``light`` ``(h, w)`` that ``camera`` takes, ``size_hw`` uint8.

    ``level`` is the light that becomes the camera's exposure: measured before a crack is drawn, so that a crack does
    not brighten the wall around it. The random stream gives as many numbers whatever is in the picture.
    """
    from PIL.Image import Resampling, fromarray

    exposed = light * np.float32(camera.exposure / max(level, 1e-3)) * _falling_off(light.shape, camera)
    shaped: Grey = np.power(np.clip(exposed, 0.0, 4.0), np.float32(camera.gamma))
    if camera.contrast != 1.0:
        middle = np.float32(camera.exposure**camera.gamma)
        shaped = middle + np.float32(camera.contrast) * (shaped - middle)
    shaped = _smeared(shaped, _disk(camera.defocus_px))
    shaped = _smeared(shaped, _track(camera.motion_px, camera.motion_angle))
    if camera.sharpen:
        shaped = shaped + np.float32(camera.sharpen) * (shaped - _smeared(shaped, _disk(1.3)))
    grain = random.standard_normal(light.shape, dtype=np.float32)
    if camera.noise:
        # photons: the deviation grows with the root of the light; the rest is the sensor's own
        shaped = shaped + grain * np.float32(camera.noise / 255) * np.sqrt(0.3 + 1.4 * np.clip(shaped, 0.0, 1.0))
    picture = fromarray(np.clip(np.rint(shaped * 255), 0, 255).astype(np.uint8))
    picture = _compressed(picture, camera.jpeg)
    if picture.size != (size_hw[1], size_hw[0]):
        picture = picture.resize((size_hw[1], size_hw[0]), Resampling.BICUBIC)
        picture = _compressed(picture, camera.saved)
    return np.asarray(picture)


def _compressed(picture: Image, quality: int | None) -> Image:
    from PIL.Image import open as opened

    if quality is None:
        return picture
    stream = io.BytesIO()
    picture.save(stream, "JPEG", quality=quality)
    return opened(stream)


def _falling_off(shape: tuple[int, ...], camera: Camera) -> Grey:
    """Light from one side and dark corners, as a factor per pixel."""
    down = np.linspace(-1.0, 1.0, shape[0], dtype=np.float32)[:, None]
    right = np.linspace(-1.0, 1.0, shape[1], dtype=np.float32)[None, :]
    side = down * np.float32(math.sin(camera.slope)) + right * np.float32(math.cos(camera.slope))
    corners = (down**2 + right**2) / 2
    return np.clip((1 + camera.uneven * side) * (1 - camera.vignette * corners), 0.1, 3.0)


Kernel = list[tuple[int, int, float]]


def _disk(radius: float) -> Kernel:
    """A disk of ``radius`` px with soft edge, as (row, column, weight)."""
    if radius < 0.3:
        return [(0, 0, 1.0)]
    reach = math.ceil(radius)
    near = [(row, column) for row in range(-reach, reach + 1) for column in range(-reach, reach + 1)]
    return _summing_to_one([(row, column, radius + 0.5 - math.hypot(row, column)) for row, column in near])


def _track(length: float, angle: float) -> Kernel:
    """A straight track of ``length`` px."""
    if length < 0.5:
        return [(0, 0, 1.0)]
    weights: dict[tuple[int, int], float] = {}
    for along in np.linspace(-length / 2, length / 2, max(3, 2 * math.ceil(length) + 1)):
        row, column = along * math.sin(angle), along * math.cos(angle)
        low_row, low_column = math.floor(row), math.floor(column)
        for down in (0, 1):
            for right in (0, 1):
                weight = (1 - abs(row - low_row - down)) * (1 - abs(column - low_column - right))
                place = (low_row + down, low_column + right)
                weights[place] = weights.get(place, 0.0) + weight
    return _summing_to_one([(row, column, weight) for (row, column), weight in weights.items()])


def _summing_to_one(kernel: Kernel) -> Kernel:
    kept = [(row, column, min(weight, 1.0)) for row, column, weight in kernel if weight > 1e-6]
    total = sum(weight for _, _, weight in kept)
    return [(row, column, weight / total) for row, column, weight in kept]


def _smeared(image: Grey, kernel: Kernel) -> Grey:
    """``image`` convolved with a few taps: local to the last bit, which a Fourier transform is not."""
    if len(kernel) == 1:
        return image
    reach = max(max(abs(row), abs(column)) for row, column, _ in kernel)
    padded = np.pad(image, reach, mode="edge")
    height, width = image.shape
    result = np.zeros_like(image)
    for row, column, weight in kernel:
        result += (
            np.float32(weight) * padded[reach + row : reach + row + height, reach + column : reach + column + width]
        )
    return result
