"""A canvas for drawing things: antialiased polygons and lines in coordinates of the thing itself."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from fluxroom.scene import Float

Points = Sequence[tuple[float, float]] | NDArray[np.float64]
_FRACTION = 6


class Canvas:
    """(h, w, 4) premultiplied light, from x = 0..aspect and y = 0 (top) .. 1."""

    def __init__(self, height: int, aspect: float) -> None:
        self.height = height
        self.pixels: Float = np.zeros((height, max(2, round(height * aspect)), 4), np.float32)

    def _fixed(self, points: Points) -> NDArray[np.int32]:
        scaled = np.asarray(points, np.float64) * self.height - 0.5
        return np.rint(scaled * (1 << _FRACTION)).astype(np.int32)

    def _over(self, alpha: Float, color: Float, points: Points, wide: float = 0.0) -> None:
        """Lay a colour over, touching only the box around the points."""
        h, w = alpha.shape
        x, y = (np.asarray(points, np.float64) * self.height).T
        margin = 2 + wide
        rows = slice(max(0, int(y.min() - margin)), max(0, min(h, int(y.max() + margin) + 2)))
        columns = slice(max(0, int(x.min() - margin)), max(0, min(w, int(x.max() + margin) + 2)))
        part, cover = self.pixels[rows, columns], alpha[rows, columns]
        part *= (1 - cover)[..., None]
        part[..., :3] += cover[..., None] * (color[rows, columns] if color.ndim == 3 else color)
        part[..., 3] += cover

    def polygon(self, points: Points, color: Float) -> Float:
        """Fill a polygon with a colour (3,) or a field of colours (h, w, 3). Returns its opacity, (h, w)."""
        mask = np.zeros(self.pixels.shape[:2], np.uint8)
        cv2.fillPoly(mask, [self._fixed(points)], 255, cv2.LINE_AA, _FRACTION)
        alpha = mask.astype(np.float32) / np.float32(255)
        self._over(alpha, color, points)
        return alpha

    def line(self, points: Points, width: float, color: Float) -> None:
        """A line of that width, a share of the height."""
        mask = np.zeros(self.pixels.shape[:2], np.uint8)
        thick = max(1, round(width * self.height))
        share = min(1.0, width * self.height / thick)
        cv2.polylines(mask, [self._fixed(points)], False, 255, thick, cv2.LINE_AA, _FRACTION)
        self._over(mask.astype(np.float32) * np.float32(share / 255), color, points, thick)

    def places(self) -> tuple[Float, Float]:
        """x and y of each pixel."""
        h, w = self.pixels.shape[:2]
        y, x = np.mgrid[0:h, 0:w].astype(np.float32)
        return (x + 0.5) / np.float32(h), (y + 0.5) / np.float32(h)


def curve(points: Points, steps: int = 12) -> NDArray[np.float64]:
    """A smooth line through the points (Catmull-Rom)."""
    p = np.asarray(points, np.float64)
    p = np.concatenate([2 * p[:1] - p[1:2], p, 2 * p[-1:] - p[-2:-1]])
    t = np.linspace(0, 1, steps, endpoint=False)[:, None]
    parts = []
    for a, b, c, d in zip(p[:-3], p[1:-2], p[2:-1], p[3:], strict=True):
        parts.append(0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3))
    return np.concatenate([*parts, p[-2:-1]])
