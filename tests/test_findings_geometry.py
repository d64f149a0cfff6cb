"""What must hold of every finding on any photograph, looked at on real ones and drawn ones alike.

The bounds are of what the shape itself allows, with room for what was met over some 800 photographs.
"""

import numpy as np
import pytest
from scipy.ndimage import distance_transform_edt
from scipy.spatial import cKDTree

import fissura
from fissura.data.synthetic import draw
from fissura.inspection.record import Finding, Inspection, Line

REAL = {"sut-crack": ("images/*", 12), "omu-quay": ("images/*", 40), "metu": ("Positive/*.jpg", 1600)}


@pytest.mark.parametrize("number", [3, 40, 57, 100, 113])
def test_findings_on_a_drawn_wall(number):
    inspection = fissura.inspect(draw(77, number, (480, 640), crack=True).image)
    assert inspection.findings
    _check(inspection, "drawn")


@pytest.mark.parametrize("name", REAL)
def test_findings_on_photographs(real_data, name):
    pattern, every = REAL[name]
    photographs = sorted(real_data(name).glob(pattern))[::every]
    found = [fissura.inspect(path) for path in photographs]
    assert sum(len(inspection.findings) for inspection in found) >= 5
    for inspection in found:
        _check(inspection, inspection.name)


def _check(inspection: Inspection, name: str) -> None:
    taken = np.zeros(inspection.size_hw, dtype=int)
    for number, finding in enumerate(inspection.findings):
        where = f"{name}, finding {number}"
        top, left, bottom, right = finding.box_rc
        assert 0 <= top < bottom <= inspection.size_hw[0], where
        assert 0 <= left < right <= inspection.size_hw[1], where
        assert finding.mask.shape == (bottom - top, right - left), where
        assert finding.mask.any(), where
        taken[top:bottom, left:right] += finding.mask
        for line in finding.lines:
            _check_line(line, finding, inspection.size_hw, where)
        _check_numbers(finding, where)
        _check_connected(finding, where)
    assert (taken > 1).sum() <= 0.05 * max(1, taken.sum()), f"{name}: masks lie on one another"


def _check_line(line: Line, finding: Finding, size_hw: tuple[int, int], where: str) -> None:
    points = line.points_rc
    steps = np.hypot(*np.diff(points, axis=0).T)
    assert len(steps) >= 1, where
    assert 0.4 < np.median(steps) < 1.6, where
    assert steps.max() < 15, f"{where}: a jump of {steps.max():.1f} px"
    assert (points >= -0.5).all(), f"{where}: beyond the border"
    assert (points <= np.array(size_hw) - 0.5).all(), f"{where}: beyond the border"
    known = np.isfinite(line.width_px)
    assert (known == np.isfinite(line.error_px)).all(), where
    assert (line.width_px[known] > 0).all(), where
    assert (line.error_px[known] > 0).all(), where

    top, left = finding.box_rc[:2]
    away = distance_transform_edt(~np.pad(finding.mask, 4))
    rows, columns = (np.round(points).astype(int) - [top - 4, left - 4]).T
    away = away[rows.clip(0, away.shape[0] - 1), columns.clip(0, away.shape[1] - 1)]
    assert away.max() <= 1.5, f"{where}: {away.max():.1f} px beside its own mask"
    assert not away[known].any(), f"{where}: {away.max():.1f} px beside its own mask"


def _check_numbers(finding: Finding, where: str) -> None:
    assert 0 < finding.probability < 1, where
    length, extent, area = finding.length, finding.extent, finding.area
    along = sum(line.length_px for line in finding.lines)
    assert length.value == pytest.approx(along, rel=0.15, abs=6), where
    assert length.error > 0, where
    assert 0 <= extent.value <= 1.01 * finding.lines[0].length_px + 1, where
    assert 0 <= finding.straightness.value <= 1, where
    assert 0 <= finding.orientation.value < 180, where
    if finding.darkness.measurable:
        assert finding.darkness.value <= 1, where
    mean, large, greatest = (each.value for each in (finding.width_mean, finding.width_p95, finding.width_max))
    if mean is not None:
        assert mean <= large + 1e-9, where
        assert large <= greatest + 1e-9, where
        assert 0.5 < area.value / (mean * length.value) < 1.6, where
        assert 0.8 < area.value / finding.mask.sum() < 1.3, where
        top, left, bottom, right = finding.box_rc
        row, column = finding.width_max_rc
        assert top - 1 <= row <= bottom, where
        assert left - 1 <= column <= right, where


def _check_connected(finding: Finding, where: str) -> None:
    """Each branch begins where the crack is, which may be half of a wide one's width beside its centre line."""
    lines = [line.points_rc for line in finding.lines]
    joined, left = lines[0], lines[1:]
    while left:
        tree = cKDTree(joined)
        gaps = [tree.query(points)[0].min() for points in left]
        nearest = int(np.argmin(gaps))
        assert gaps[nearest] <= 24, f"{where}: a branch {gaps[nearest]:.1f} px from the crack"
        joined = np.concatenate([joined, left.pop(nearest)])
