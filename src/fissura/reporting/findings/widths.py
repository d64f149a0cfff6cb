"""The width at every point of every centre line, as CSV: what the few points in the record were taken from."""

from __future__ import annotations

import io
import math

from fissura.inspection.record import Inspection

_HEAD = "finding,line,row_px,column_px,width_px,error_px"


def widths_csv(inspection: Inspection) -> str:
    """One row per point, about one px apart; lines from 0, the longest way first; empty where not measurable."""
    out = io.StringIO()
    mm = inspection.scale is not None
    out.write(_HEAD + (",width_mm,error_mm" if mm else "") + "\n")
    per_px = inspection.scale.mm_per_px if inspection.scale is not None else 1.0
    of_scale = 0.0 if inspection.scale is None else inspection.scale.error_mm_per_px / inspection.scale.mm_per_px
    decimals = max(4, 2 - math.floor(math.log10(per_px)))  # a hundredth of a pixel is told
    for finding in inspection.findings:
        for number, line in enumerate(finding.lines):
            rows = zip(line.points_rc.tolist(), line.width_px.tolist(), line.error_px.tolist(), strict=True)
            for (row, column), width, error in rows:
                out.write(f"{finding.id},{number},{row:.2f},{column:.2f},{_number(width)},{_number(error)}")
                if mm:
                    wide = width * per_px
                    unsure = ((error * per_px) ** 2 + (wide * of_scale) ** 2) ** 0.5
                    out.write(f",{_number(wide, decimals)},{_number(unsure, decimals)}")
                out.write("\n")
    return out.getvalue()


def _number(value: float, decimals: int = 3) -> str:
    """Empty where it is no number."""
    return "" if math.isnan(value) else f"{value:.{decimals}f}"
