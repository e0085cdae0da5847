"""Drops and flakes in the air: drawn one by one, each a soft capsule, so that a tile only pays for those over it.

A particle thinner than a pixel keeps its light: it is drawn a pixel wide and fainter by as much.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fluxroom.operators.declare import Window
from fluxroom.operators.sky.common import single
from fluxroom.scene import Float
from fluxroom.sky._jit import jit

F0, F1, F2, F3 = (single(v) for v in (0, 1, 2, 3))
LEAST = single(0.6)
"""Least radius drawn, pixels."""


@dataclass(frozen=True, slots=True)
class Particles:
    """table (n, 7) float32, drawn in order: x, y of the middle (of width and height), half its length along x and y and
    its radius (of the long side), opacity, width of its
    soft edge (of the radius). color: of its light, linear Rec.2020."""

    table: Float
    color: tuple[float, float, float]


@jit
def _draw(
    tile: Float, table: Float, red: float, green: float, blue: float, x0: int, y0: int, width: int, height: int
) -> None:
    th, tw = tile.shape[0], tile.shape[1]
    long = single(max(width, height))
    for n in range(table.shape[0]):
        cx, cy = table[n, 0] * single(width), table[n, 1] * single(height)
        hx, hy = table[n, 2] * long, table[n, 3] * long
        wanted = table[n, 4] * long
        radius = max(LEAST, wanted)
        reach = radius + F1
        top, bottom = int(np.floor(cy - abs(hy) - reach)) - y0, int(np.ceil(cy + abs(hy) + reach)) - y0
        if bottom < 0 or top >= th or cx + abs(hx) + reach < single(x0) or cx - abs(hx) - reach > single(x0 + tw):
            continue
        thin = wanted / radius
        length = hx * hx + hy * hy
        # A streak loses in width alone, a flake on both sides.
        opacity = table[n, 5] * (thin if length > radius * radius else thin * thin)
        edge = max(F1, table[n, 6] * radius)
        outer = radius + single(0.5) * (edge - table[n, 6] * radius)
        inverse = F1 / max(single(1e-6), length)
        slope = hx / hy if abs(hy) > single(1e-3) else F0
        for r in range(max(0, top), min(th, bottom + 1)):
            dy = single(y0 + r) + single(0.5) - cy
            if abs(hy) > abs(hx):
                near = min(abs(hy), max(-abs(hy), dy)) * slope
                spread = reach * (F1 + abs(slope))
            else:
                near, spread = F0, abs(hx) + reach
            left, right = int(np.floor(cx + near - spread)) - x0, int(np.ceil(cx + near + spread)) - x0
            for c in range(max(0, left), min(tw, right + 1)):
                dx = single(x0 + c) + single(0.5) - cx
                along = min(F1, max(-F1, (dx * hx + dy * hy) * inverse))
                ex, ey = dx - along * hx, dy - along * hy
                away = np.sqrt(ex * ex + ey * ey)
                a = min(F1, max(F0, (outer - away) / edge))
                if a <= F0:
                    continue
                a = opacity * a * a * (F3 - F2 * a)
                # Streaks fade toward both ends.
                if length > single(16.0) * radius * radius:
                    a *= F1 - along * along
                tile[r, c, 0] += a * (red - tile[r, c, 0])
                tile[r, c, 1] += a * (green - tile[r, c, 1])
                tile[r, c, 2] += a * (blue - tile[r, c, 2])


def draw(tile: Float, window: Window, p: Particles) -> None:
    """All particles over a tile, in place."""
    red, green, blue = (single(v) for v in p.color)
    _draw(tile, p.table, red, green, blue, window.x, window.y, window.image_width, window.image_height)
