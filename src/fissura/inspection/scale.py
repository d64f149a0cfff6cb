"""How many millimetres of the wall one pixel shows, and how sure that is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Scale:
    """Millimetres per pixel.

    Attributes:
        mm_per_px: positive.
        error_mm_per_px: its standard uncertainty, from 0.
        source: ``"given"``, ``"distance"`` (from distance and lens) or ``"table"`` (a file of scales).
    """

    mm_per_px: float
    error_mm_per_px: float = 0.0
    source: str = "given"
