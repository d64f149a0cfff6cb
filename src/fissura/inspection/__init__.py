"""Photograph to findings: scan, trace, measure; the frozen record of what was found.

``inspect`` takes one photograph, ``inspect_all`` many of them; both give ``Inspection``s.
"""

from fissura.inspection.photograph import attempt, inspect, inspect_all
from fissura.inspection.record import CELL_PX, Finding, Inspection, Line, Quantity, Settings
from fissura.inspection.scale import Scale

__all__ = [
    "CELL_PX",
    "Finding",
    "Inspection",
    "Line",
    "Quantity",
    "Scale",
    "Settings",
    "attempt",
    "inspect",
    "inspect_all",
]
