"""``Material``: everything a detector is taught from, as arrays, each with where it comes from."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from fissura.data.cracks import cracks_folder
from fissura.data.folder import read_folder
from fissura.data.labelled import LabelledImages
from fissura.data.photographs import PhotographSettings, Progress, open_photographs
from fissura.data.pixel_cache import cache_folder
from fissura.data.pixels import open_pixels
from fissura.data.split_manifest import read_manifest
from fissura.data.splits import Split
from fissura.data.teaching.drawn import Drawn, drawn_clutter, drawn_cracks, drawn_scenes
from fissura.data.teaching.settings import DRAWN, SIDE_PX, MaterialSettings
from fissura.data.tiles import has_masks, with_mask
from fissura.images import has_image_name, read_grey
from fissura.language import N_

SUT_FOLDER, TEXTURE_FOLDER = "sut-crack", "textures"
_EVERY = 3  # of the asphalt photographs in the order of their hashes, every third is kept for judging


@dataclass(frozen=True, eq=False)
class Photograph:
    """One photograph of which each pixel is known.

    Attributes:
        name: of its file.
        image: ``(h, w)`` uint8.
        mask: ``(h, w)`` bool, True where crack is.
    """

    name: str
    image: npt.NDArray[np.uint8]
    mask: npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class RealPhotographs:
    """The photographs that a detector is taught from; see ``Material`` for what each is."""

    patches: LabelledImages | None
    asphalt: tuple[Photograph, ...]
    textures: tuple[Photograph, ...]
    missing: tuple[str, ...]

    def described(self) -> dict[str, Any]:
        """What a file says about them."""
        return {
            "metu": 0 if self.patches is None else len(self.patches),
            "metu_fingerprint": None if self.patches is None else self.patches.fingerprint,
            "sut-crack": [photograph.name for photograph in self.asphalt],
            "textures": [photograph.name for photograph in self.textures],
            "missing": list(self.missing),
        }


@dataclass(frozen=True, eq=False)
class Material:
    """What a detector is taught from.

    Attributes:
        scenes: drawn photographs with masks.
        cracks: drawn cracks alone.
        clutter: drawn things alone that are no cracks; None where there are none.
        patches: METU's training patches, ``(n, 224, 224)``; class 1 is cracked. None where they are not there.
        asphalt: asphalt photographs with masks; may be empty.
        textures: photographs of surfaces without any crack; may be empty.
        settings: what was asked for.
        missing: real photographs that were wanted and are not in the data folder.
    """

    scenes: Drawn
    cracks: Drawn
    patches: LabelledImages | None
    asphalt: tuple[Photograph, ...]
    textures: tuple[Photograph, ...]
    settings: MaterialSettings
    missing: tuple[str, ...] = ()
    clutter: Drawn | None = None

    @property
    def fingerprint(self) -> str:
        """SHA-256 over everything in it."""
        digest = hashlib.sha256()
        for drawn in (self.scenes, self.cracks, *(() if self.clutter is None else (self.clutter,))):
            digest.update(np.ascontiguousarray(drawn.images).data)
            digest.update(np.packbits(drawn.masks).data)
        if self.patches is not None:
            digest.update(self.patches.fingerprint.encode())
        for photograph in (*self.asphalt, *self.textures):
            digest.update(np.ascontiguousarray(photograph.image).data)
            digest.update(np.packbits(photograph.mask).data)
        return digest.hexdigest()

    def described(self) -> dict[str, Any]:
        """What a file says about it."""
        return {
            **self.settings.as_dict(),
            "surfaces": list(self.settings.surfaces),
            **RealPhotographs(self.patches, self.asphalt, self.textures, self.missing).described(),
            "fingerprint": self.fingerprint,
        }


def gathered(data_dir: Path, settings: MaterialSettings, on_progress: Progress | None = None) -> Material:
    """Draw what is drawn, read what is photographed.

    Args:
        data_dir: the folder with the photographs: METU's patches, ``sut-crack``, ``textures``. What is not there is
            named in ``missing``.
        settings: how much of what.
        on_progress: told (what is being done, done, total) now and then.

    Raises:
        DataError: photographs that are there cannot be used.
        OutputError: the drawings cannot be kept.
    """

    def told(what: str) -> Callable[[int, int], None] | None:
        return None if on_progress is None else lambda done, total: on_progress(what, done, total)

    kept = cache_folder() if settings.cache_dir is None else settings.cache_dir
    strewn = settings.clutter > 0
    drawing = told(N_("drawing photographs"))
    scenes = drawn_scenes(settings.scenes, settings.seed, DRAWN, kept, drawing, clutter=strewn)
    scenes = scenes.without(settings.without)
    cracks = drawn_cracks(settings.cracks, settings.seed + 1, kept, told(N_("drawing cracks")))
    clutter = None
    if strewn:
        clutter = drawn_clutter(settings.clutter, settings.seed + 2, kept, told(N_("drawing things")))
    real = real_photographs(data_dir, settings, on_progress)
    return Material(scenes, cracks, real.patches, real.asphalt, real.textures, settings, real.missing, clutter)


def real_photographs(
    data_dir: Path, settings: MaterialSettings, on_progress: Progress | None = None
) -> RealPhotographs:
    """The photographs in ``data_dir`` that are to be learned from.

    Raises:
        DataError: photographs that are there cannot be used.
    """
    patches = None if "metu" in settings.without else metu_patches(data_dir, settings, on_progress)
    asphalt = () if "sut-crack" in settings.without else masked(data_dir / SUT_FOLDER)
    textures = () if "textures" in settings.without else plain(data_dir / TEXTURE_FOLDER)
    found = {"metu": patches is not None, "sut-crack": bool(asphalt), "textures": bool(textures)}
    missing = tuple(name for name, there in found.items() if not there and name not in settings.without)
    return RealPhotographs(patches, taught(asphalt), textures, missing)


def metu_patches(
    data_dir: Path, settings: MaterialSettings, on_progress: Progress | None = None, part: int = 0
) -> LabelledImages | None:
    """METU's patches of the grouped split at 224 px, by default those to learn from; None where they are not there.

    ``part`` is 0 to learn from, 1 to validate, 2 to test.
    """
    folder = cracks_folder(data_dir)
    if folder is None:
        return None
    told = None if on_progress is None else lambda done, total: on_progress(N_("decoding"), done, total)
    large = open_pixels(read_folder(folder), (SIDE_PX, SIDE_PX), settings.cache_dir, on_progress=told)
    if settings.manifest is not None:
        parts = Split.from_manifest(read_manifest(settings.manifest), large.images.names, large.sha256)
    else:  # copies are looked for as everywhere, at the usual size
        parts = open_photographs(folder, PhotographSettings(cache_dir=settings.cache_dir), on_progress).parts
    return parts.of(large.images)[part]


def masked(folder: Path) -> tuple[Photograph, ...]:
    """Photographs with masks, by name; empty where the folder is not there.

    Raises:
        DataError: one of them cannot be read, or its mask has another size.
    """
    if not has_masks(folder):
        return ()
    masks = {path.stem: path for path in (folder / "masks").iterdir() if has_image_name(path.name)}
    images = sorted(path for path in (folder / "images").iterdir() if path.stem in masks)
    return tuple(Photograph(path.name, *with_mask(path, masks[path.stem])) for path in images)


def plain(folder: Path) -> tuple[Photograph, ...]:
    """Photographs without any crack, by name; empty where the folder is not there."""
    if not folder.is_dir():
        return ()
    images = sorted(path for path in folder.iterdir() if has_image_name(path.name))
    found = [(path.name, read_grey(path)) for path in images]
    return tuple(Photograph(name, image, np.zeros(image.shape, dtype=np.bool_)) for name, image in found)


def taught(photographs: tuple[Photograph, ...]) -> tuple[Photograph, ...]:
    """Those to learn from: two of three, by the hash of their names."""
    return tuple(each for number, each in enumerate(_mixed(photographs)) if number % _EVERY)


def kept_for_judging(photographs: tuple[Photograph, ...]) -> tuple[Photograph, ...]:
    """The third that is never learned from."""
    return tuple(_mixed(photographs)[::_EVERY])


def _mixed(photographs: tuple[Photograph, ...]) -> list[Photograph]:
    return sorted(photographs, key=lambda each: hashlib.sha256(each.name.encode()).hexdigest())
