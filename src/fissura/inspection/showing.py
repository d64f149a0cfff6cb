"""An inspection as text, as a table and as a picture."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import numpy as np

from fissura.errors import DataError, SettingsError
from fissura.inspection.record import MEASURED, NOT_MEASURABLE, REASONS, SIGNS, WARNINGS, Finding, Inspection, Quantity
from fissura.language import N_, Language, language

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from pandas import DataFrame

_SHOWN = 20  # findings in the text; the table has all
_HEADS = (N_("finding"), N_("length"), N_("mean width"), N_("widest"), N_("branches"), N_("probability"))


def told(quantity: Quantity, say: Language) -> str:
    """``12.43 ± 0.31 px``; or that and why it could not be measured.

    >>> told(Quantity(12.43, 0.31, "px"), language("en")).replace("\\xa0", " ")
    '12.43 ± 0.31 px'
    """
    if quantity.value is None or quantity.error is None:
        return f"{say.say(NOT_MEASURABLE)} ({say.say(REASONS[quantity.reason])})"
    return say.measured(quantity.value, quantity.error, SIGNS.get(quantity.unit, quantity.unit))


def text(inspection: Inspection, say: Language) -> str:
    """A few lines: what was found, how long and how wide, and what to beware of."""
    if inspection.error is not None:
        return say.say("{name}: not inspected. {reason}", name=inspection.name, reason=inspection.error)
    height, width = inspection.size_hw
    lines = [
        say.say(
            "{name}: {height} x {width} px, {scale}, findings: {count}",
            name=inspection.name,
            height=height,
            width=width,
            scale=_scale(inspection, say),
            count=len(inspection.findings),
        )
    ]
    lines += [f"  {say.say(WARNINGS[code])}" for code in inspection.warnings]
    if not inspection.ok:
        lines.append("  " + say.say("Nothing was looked for: that there is no finding says nothing."))
        return "\n".join(lines)
    if not inspection.findings:
        lines.append("  " + say.say("No crack was found, which does not prove that there is none."))
        return "\n".join(lines)
    rows = [tuple(say.say(head) for head in _HEADS)]
    rows += [_row(inspection, finding, say) for finding in inspection.findings[:_SHOWN]]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEADS))]
    lines += [
        "  " + "  ".join(cell.ljust(size) for cell, size in zip(row, widths, strict=True)).rstrip() for row in rows
    ]
    if len(inspection.findings) > _SHOWN:
        lines.append("  " + say.say("and {count} more", count=len(inspection.findings) - _SHOWN))
    length, density = inspection.scaled(inspection.length), inspection.scaled(inspection.density)
    lines.append(
        "  " + say.say("in all {length}, {density} of wall", length=told(length, say), density=told(density, say))
    )
    return "\n".join(lines)


def _scale(inspection: Inspection, say: Language) -> str:
    if inspection.scale is None:
        return say.say("no scale: lengths in pixels")
    return told(Quantity(inspection.scale.mm_per_px, inspection.scale.error_mm_per_px, "mm/px"), say)


def _row(inspection: Inspection, finding: Finding, say: Language) -> tuple[str, ...]:
    shown = (told(inspection.scaled(each), say) for each in (finding.length, finding.width_mean, finding.width_max))
    return (finding.id, *shown, str(finding.branches), say.probability(finding.probability, 0))


def table(inspection: Inspection) -> DataFrame:
    """One row per finding; numbers as floats, in millimetres where the scale is known, with their uncertainties.

    Without a finding it has no row and the same columns.

    Raises:
        SettingsError: pandas is not installed.
    """
    try:
        import pandas as pd
    except ImportError as error:
        raise SettingsError("A table needs pandas, which is not installed. Install it: pip install pandas.") from error
    findings = inspection.findings
    columns: dict[str, Any] = {
        "photo": pd.Series([inspection.name] * len(findings), dtype=str),
        "id": pd.Series([each.id for each in findings], dtype=str),
        "probability": np.array([each.probability for each in findings], dtype=float),
    }
    for name, measured_in in MEASURED.items():
        of_it = [inspection.scaled(getattr(each, name)) for each in findings]
        told_in = inspection.scaled(Quantity(None, None, measured_in)).unit
        unit = f"_{told_in}" if told_in else ""
        columns[f"{name}{unit}"] = np.array([each.value for each in of_it], dtype=float)  # None becomes NaN
        columns[f"{name}_error{unit}"] = np.array([each.error for each in of_it], dtype=float)
    columns["branches"] = np.array([each.branches for each in findings], dtype=int)
    for k, side in enumerate(("top", "left", "bottom", "right")):
        columns[side] = np.array([each.box_rc[k] for each in findings], dtype=int)
    columns["warnings"] = pd.Series([" ".join(each.warnings) for each in findings], dtype=str)
    return pd.DataFrame(columns)


def plot(inspection: Inspection, pixels: Any = None, axes: Axes | None = None) -> Axes:
    """The findings drawn: their centre lines, numbered in their order, a ring where each is widest.

    Args:
        inspection: of a photograph.
        pixels: its pixels, to draw on; without them the map is drawn below.
        axes: where; None: a new figure's, which a notebook shows; ``.figure.savefig`` of what comes back writes it.

    Raises:
        DataError: the pixels are none, such as the axes that were meant, or not those of a photograph of this size.
    """
    if pixels is not None and np.asarray(pixels).dtype.kind not in "biuf":
        raise DataError(
            "The pixels to draw on are a {kind}; wanted an array. Axes are given by their name: plot(axes=...).",
            kind=type(pixels).__name__,
        )
    height, width = inspection.size_hw
    if pixels is not None and np.shape(pixels)[:2] != (height, width):
        raise DataError(
            "The pixels to draw on are of shape {shape}; the photograph is {height} x {width} px (height, width). "
            "fissura.images.read_rgb reads its file upright, as it was inspected.",
            shape=np.shape(pixels),
            height=height,
            width=width,
        )
    from matplotlib.collections import LineCollection

    if axes is None:
        scale = 10 / max(height, width, 1)
        figsize = max(4.0, width * scale), max(3.0, height * scale)
        axes = _new_figure(figsize).add_subplot()
    extent = (-0.5, width - 0.5, height - 0.5, -0.5)
    if pixels is not None:
        axes.imshow(pixels, cmap="gray", vmin=0, vmax=255, extent=extent)
    elif inspection.log_odds.size:
        axes.imshow(inspection.log_odds, cmap="Greys", vmin=-8, vmax=8, extent=extent)
    for number, finding in enumerate(inspection.findings, start=1):
        for line in finding.lines:
            axes.add_collection(LineCollection([line.points_rc[:, ::-1]], colors="#d1495b", linewidths=1.4))
        row, column = finding.lines[0].points_rc[0]
        axes.annotate(
            str(number), (column, row), color="white", fontsize=8, ha="center", va="center",
            bbox={"boxstyle": "circle,pad=0.2", "fc": "#d1495b", "ec": "none"},
        )  # fmt: skip
        if finding.width_max_rc is not None:
            axes.plot(finding.width_max_rc[1], finding.width_max_rc[0], "o", mfc="none", mec="#edae49", ms=9)
    axes.set(xlim=(-0.5, width - 0.5), ylim=(height - 0.5, -0.5))
    axes.set_axis_off()
    return axes


def _new_figure(figsize: tuple[float, float]) -> Figure:
    """One of pyplot in a session, which shows those; in a script one that goes with whoever holds it."""
    if hasattr(sys, "ps1") or "IPython" in sys.modules:
        from matplotlib import pyplot as plt

        return plt.figure(figsize=figsize, layout="constrained")
    from matplotlib.figure import Figure

    return Figure(figsize=figsize, layout="constrained")


def english(inspection: Inspection) -> str:
    """``text`` in English, which is what ``print`` shows."""
    return text(inspection, language("en"))
