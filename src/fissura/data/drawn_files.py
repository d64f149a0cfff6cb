"""Drawn photographs as files: PNG with one subfolder per class, and beside them their masks and what is on them."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import numpy.typing as npt

from fissura.data.download import Progress
from fissura.data.synthetic import SyntheticScenes
from fissura.files import write_json, write_whole

IMAGES, MASKS, TRUTH = "images", "masks", "truth.json"
_TOLD_EVERY = 32


def write_scenes(scenes: SyntheticScenes, folder: Path, on_progress: Progress | None = None) -> None:
    """Write ``images/CLASS/NAME.png``, ``masks/CLASS/NAME.png`` (white where crack is) and ``truth.json``.

    The masks lie apart, so that ``images`` is a folder with one subfolder per class like any other.

    Raises:
        OutputError: one cannot be written; those before it stay.
    """
    images = scenes.images
    truth = []
    for index, name in enumerate(images.names):
        place = Path(images.classes[int(images.labels[index])]) / f"{name}.png"
        write_whole(folder / IMAGES / place, _png(images.images[index]))
        write_whole(folder / MASKS / place, _png(scenes.masks[index].astype(np.uint8) * 255))
        truth.append(
            {
                "name": place.as_posix(),
                "surface": scenes.surfaces[index],
                "distractors": list(scenes.distractors[index]),
                "crack_pixels": int(scenes.masks[index].sum()),
                "widest_crack_px": round(float(scenes.widths_px[index].max()), 2),
            }
        )
        if on_progress is not None and (index + 1) % _TOLD_EVERY == 0:
            on_progress(index + 1, len(images))
    write_json(folder / TRUTH, truth)


def _png(image: npt.NDArray[np.uint8]) -> bytes:
    from PIL import Image

    stream = io.BytesIO()
    Image.fromarray(image).save(stream, "PNG")
    return stream.getvalue()
