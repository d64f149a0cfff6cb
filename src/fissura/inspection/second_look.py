"""A second look at the two edges: where the grey rises steepest.

The fit looks at the whole profile and is led astray by what lies beside the crack; the steepest place beside its edge
looks only at the edge and is noisier. Half-way between them is better than either (docs/measuring.md).
"""

from __future__ import annotations

import numpy as np

from fissura.inspection.edges import Edges
from fissura.inspection.profiles import Profiles, Values

_STEP_PX = 0.25
_AWAY = np.arange(-8.0, 14.01, _STEP_PX)  # px, from an edge outwards
_SOFT, _SOFT_REACH = 2.0, 8  # samples: deviation of the Gaussian under whose smoothing the steepest place is sought


def second_look(profiles: Profiles, fit: Edges, blur: float) -> tuple[Values, Values]:
    """(left, right) edge of n ``profiles``, px across: half-way between ``fit``'s and the steepest place beside it.

    ``blur`` is the photograph's, px: so far the steepest place may lie from the fit's edge, and a little more.
    """
    left, right = (
        edge + sign / 2 * _steepest(profiles.at(edge[:, None] + sign * _AWAY), 2 * blur + 1.5)
        for edge, sign in ((fit.left, -1.0), (fit.right, 1.0))
    )
    return left, right


def _steepest(grey: Values, reach: float) -> Values:
    """``(n,)`` px: where the grey rises most within ``reach`` of the edge, between samples by a parabola."""
    from scipy.ndimage import gaussian_filter1d

    within = np.flatnonzero(np.abs(_AWAY) <= reach)
    first = max(0, within[0] - 1 - _SOFT_REACH)  # what lies further tells nothing of the slope within
    slope = np.zeros(grey.shape)
    looked_at = slice(first, within[-1] + 2 + _SOFT_REACH)
    gaussian_filter1d(grey[:, looked_at], _SOFT, axis=1, order=1, output=slope[:, looked_at], radius=_SOFT_REACH)
    best = within[slope[:, within].argmax(axis=1)]
    rows = np.arange(len(grey))
    before, here, after = slope[rows, best - 1], slope[rows, best], slope[rows, best + 1]
    bend = before - 2 * here + after
    part = np.where(bend < -1e-9, 0.5 * (before - after) / np.where(bend < -1e-9, bend, -1.0), 0.0)
    return np.asarray(np.clip(_AWAY[best] + _STEP_PX * np.clip(part, -0.5, 0.5), -reach, reach))
