"""What kind of place is behind a thing: sky, water or land go on from one side of it to the other."""

from __future__ import annotations

import cv2
import numpy as np

from fluxroom.operators.retouch.blend import grid, solve
from fluxroom.operators.retouch.hole import Bool
from fluxroom.scene import Float, Scene

LEVEL = np.float32(0.03)
"""How much less a neighbour above or below tells than one to the side: horizons and shores are level."""
_VALUES = np.array([1.0, 0.0, 0.5], np.float32)


def kinds(scene: Scene, hole: Bool) -> Float:
    """(h, w) float32: 1 sky, 0 water, 0.5 anything else; inside the hole as its rim suggests."""
    h, w = hole.shape
    nothing = np.zeros((h, w), np.float32)
    sky, water = (scene.regions.get(name, nothing) for name in ("sky", "water"))
    parts = np.ascontiguousarray(np.dstack([sky, water, np.clip(1 - sky - water, 0, 1)]), np.float32)
    known = _continued(parts, hole)
    return np.asarray(cv2.GaussianBlur(_VALUES[np.argmax(known, axis=-1)], (0, 0), 0.8), np.float32)


def _continued(parts: Float, hole: Bool) -> Float:
    """(h, w, 3) with the hole filled smoothly from its rim, mostly from the sides."""
    h, w = hole.shape
    inside = hole.astype(np.float32)
    right, down, rim = (np.zeros((h, w), np.float32) for _ in range(3))
    right[:, :-1] = inside[:, :-1] * inside[:, 1:]
    down[:-1] = LEVEL * inside[:-1] * inside[1:]
    b = np.zeros((h, w, 3), np.float32)
    for dy, dx, weight in ((0, 1, np.float32(1)), (0, -1, np.float32(1)), (1, 0, LEVEL), (-1, 0, LEVEL)):
        beside = np.zeros((h, w), np.float32)
        values = np.zeros((h, w, 3), np.float32)
        to = (slice(max(0, -dy), h - max(0, dy)), slice(max(0, -dx), w - max(0, dx)))
        at = (slice(max(0, dy), h - max(0, -dy)), slice(max(0, dx), w - max(0, -dx)))
        beside[to] = weight * (1 - inside[at]) * inside[to]
        values[to] = parts[at]
        rim += beside
        b += beside[..., None] * values
    out = parts.copy()
    out[hole] = solve(grid(right, down, rim), b)[hole]
    return out
