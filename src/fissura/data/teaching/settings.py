"""``MaterialSettings``: what is drawn, how much of it, and what is left out."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from fissura.data.split_manifest import read_manifest
from fissura.data.synthetic import SURFACES
from fissura.errors import SettingsError
from fissura.names import unknown

SIDE_PX = 224
HELD_OUT = ("grooved concrete", "wet", "ashlar", "slates")
"""Drawn surfaces that no scene for teaching is drawn on: what the detector is judged and calibrated on."""
DRAWN = tuple(name for name in SURFACES if name not in HELD_OUT)
REAL = ("metu", "sut-crack", "textures")
"""Real photographs, under terms that allow them in a file that is given away: CC BY 4.0, CC BY 4.0, CC0."""


@dataclass(frozen=True)
class MaterialSettings:
    """What a detector is taught from.

    Attributes:
        scenes: drawn photographs with their masks; every second one is cracked. Those of surfaces that are left out are
            drawn too and then dropped, so that the others stay the same.
        cracks: drawn cracks without a surface, to be laid on photographs of intact walls.
        clutter: drawn things of ``CLUTTER`` without a surface, to be laid on photographs of walls as well; with any,
            such things also stand before four drawn scenes of ten.
        seed: of the drawings.
        without: surfaces to leave out, to see what the detector does on one it never saw: names of drawn surfaces or of
            ``REAL``.
        manifest: a split of the METU patches to use again; None to find copies and split now.
        cache_dir: where drawn and decoded images are kept.
    """

    scenes: int = 26_000
    cracks: int = 2_000
    clutter: int = 0
    seed: int = 12
    without: tuple[str, ...] = ()
    manifest: Path | None = None
    cache_dir: Path | None = None

    def __post_init__(self) -> None:
        for name, least in (("scenes", 2), ("cracks", 1), ("clutter", 0)):
            if getattr(self, name) < least:
                raise SettingsError(
                    "{option} is {got}; wanted a whole number from {least}.",
                    option=name,
                    got=getattr(self, name),
                    least=least,
                )
        for name in self.without:
            if name not in (*SURFACES, *REAL):
                raise unknown("--without", name, (*SURFACES, *REAL))

    @property
    def surfaces(self) -> tuple[str, ...]:
        """The drawn surfaces that are taught."""
        return tuple(name for name in DRAWN if name not in self.without)

    def as_dict(self) -> dict[str, Any]:
        """What decides the material, for JSON; where it is kept does not. A manifest is its parts' digest, if given.

        Raises:
            DataError: the manifest cannot be read.
        """
        fields = asdict(self)
        del fields["cache_dir"], fields["manifest"]
        if not self.clutter:
            del fields["clutter"]  # a file that was taught without it says nothing about it
        parts = {} if self.manifest is None else {"manifest": _digest(self.manifest)}
        return {**fields, "without": list(self.without), **parts}


def _digest(manifest: Path) -> str:
    """SHA-256 of which image is in which part; who wrote it with which versions does not count."""
    parts = sorted((image.name, image.sha256, image.part) for image in read_manifest(manifest).images)
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()
