"""The light under a closed sky: no sun, so lights and darks draw together, colours are muted, all is a little cold."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fluxroom.operators.declare import Overview
from fluxroom.operators.sky.common import FLB, FLG, FLR, single
from fluxroom.operators.weather import depth
from fluxroom.scene import Float
from fluxroom.sky._jit import exp2_row, jit, log2_row
from fluxroom.sky.light import luminance

F0, F1 = single(0), single(1)
FLOOR, MOST = single(0.004), single(1e6)


@dataclass(frozen=True, slots=True)
class Dull:
    """pivot: luminance that stays; power: of luminance over it; chroma: part kept; gains of red, green, blue."""

    pivot: float
    power: float
    chroma: float
    gains: tuple[float, float, float]


def dull(overview: Overview, strength: float, gain: float) -> Dull:
    """How this photo looks without its sun. What is soft or cold already changes less."""
    scene = overview.scene
    h, w = overview.pixels.shape[:2]
    land = depth.region(scene, "sky", w, h) < 0.3
    y = luminance(overview.pixels)
    inside = y[land] if int(land.sum()) > 64 else y.ravel()
    pivot = float(np.exp(np.mean(np.log(np.clip(inside, 0.004, 1.0)), dtype=np.float64)))
    hard = (1.0 - scene.light.softness) * (
        0.6 + 0.4 * min(1.0, scene.light.elevation / 15.0 if scene.light.elevation > 0 else 0.0)
    )
    cold = strength * (0.25 + 0.75 * scene.light.warmth)
    gains = (gain * (1.0 - 0.10 * cold), gain, gain * (1.0 + 0.12 * cold))
    return Dull(pivot, 1.0 - strength * (0.12 + 0.22 * hard), 1.0 - 0.38 * strength, gains)


@jit
def _tile(tile: Float, pivot: float, power: float, chroma: float, red: float, green: float, blue: float) -> None:
    more = power - F1
    inverse = F1 / pivot
    width = tile.shape[1]
    over, gain = np.empty(width, np.float32), np.empty(width, np.float32)
    for r in range(tile.shape[0]):
        # Only what is lighter than the pivot falls: shadows stay deep.
        for c in range(width):
            y = FLR * tile[r, c, 0] + FLG * tile[r, c, 1] + FLB * tile[r, c, 2]
            over[c] = min(MOST, max(F1, (y + FLOOR) * inverse))
        log2_row(over, gain)
        for c in range(width):
            over[c] = more * gain[c]
        exp2_row(over, gain)
        for c in range(width):
            a, b, d = tile[r, c, 0], tile[r, c, 1], tile[r, c, 2]
            y = FLR * a + FLG * b + FLB * d
            tile[r, c, 0] = red * gain[c] * (y + chroma * (a - y))
            tile[r, c, 1] = green * gain[c] * (y + chroma * (b - y))
            tile[r, c, 2] = blue * gain[c] * (y + chroma * (d - y))


def cover(tile: Float, d: Dull) -> None:
    """The closed sky's light on a tile, in place."""
    _tile(tile, single(d.pivot), single(d.power), single(d.chroma), *(single(v) for v in d.gains))
