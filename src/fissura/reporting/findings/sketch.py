"""A sketch map: where the cameras stood, in metres, north up. No map is fetched: it shows positions, nothing else."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from fissura.reporting.findings.records import Photograph

WIDTH, HEIGHT, MARGIN = 720.0, 420.0, 40.0
_EARTH_M = 6_371_008.8  # mean radius, IUGG
_SMALLEST_M = 10.0  # what the sketch shows at least, so that one place does not fill it with its error


@dataclass(frozen=True)
class Spot:
    """One camera: centre in the sketch, and its photograph's place in the ranking, from 0."""

    x: float
    y: float
    rank: int


@dataclass(frozen=True)
class Sketch:
    """Positions in a drawing of ``WIDTH`` x ``HEIGHT``; the bar is ``bar_m`` metres long and ``bar_px`` units drawn."""

    spots: tuple[Spot, ...]
    bar_m: float
    bar_px: float


def sketch(ranked: Sequence[Photograph]) -> Sketch | None:
    """The cameras whose position is known; None where there is none.

    An equirectangular projection around their middle: over a few kilometres it is right within a thousandth.
    """
    placed = [
        (rank, each.camera.latitude_deg, each.camera.longitude_deg)
        for rank, each in enumerate(ranked)
        if each.camera.latitude_deg is not None and each.camera.longitude_deg is not None
    ]
    if not placed:
        return None
    first = placed[0][2]
    # longitudes near the first, so that a site across the date line stays in one piece
    turned = [(rank, lat, first + (lon - first + 180) % 360 - 180) for rank, lat, lon in placed]
    latitudes, longitudes = [lat for _, lat, _ in turned], [lon for _, _, lon in turned]
    middle = (min(latitudes) + max(latitudes)) / 2, (min(longitudes) + max(longitudes)) / 2
    metres = [
        (
            rank,
            math.radians(lon - middle[1]) * _EARTH_M * math.cos(math.radians(middle[0])),
            math.radians(lat - middle[0]) * _EARTH_M,
        )
        for rank, lat, lon in turned
    ]
    across = max(_SMALLEST_M, 2 * max(abs(x) for _, x, _ in metres))
    up = max(_SMALLEST_M, 2 * max(abs(y) for _, _, y in metres))
    per_m = min((WIDTH - 2 * MARGIN) / across, (HEIGHT - 2 * MARGIN) / up)
    spots = tuple(
        Spot(round(WIDTH / 2 + x * per_m, 1), round(HEIGHT / 2 - y * per_m, 1), rank) for rank, x, y in metres
    )
    bar = _round_length((WIDTH / 4) / per_m)
    return Sketch(spots, bar, round(bar * per_m, 1))


def _round_length(most_m: float) -> float:
    """The greatest of 1, 2, 5 times a power of ten that is not above ``most_m``."""
    power = 10.0 ** math.floor(math.log10(most_m))  # too great by ten where the logarithm was rounded up
    return next(step * power for step in (5.0, 2.0, 1.0, 0.5) if step * power <= most_m)
