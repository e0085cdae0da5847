"""The light under a closed sky: no sun, so sunlit and shaded places draw together, warm light cools, colours are muted.

What the sun did to the land is read off its base: log luminance smoothed within edges (guided filter: He, Sun & Tang
2013). The base is compressed, detail over it stays (Durand & Dorsey 2002's base and detail), so a hard shadow fades
and the ground's texture does not. Warm colour goes where the base is bright: that is the sun's, not the thing's.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fluxroom.operators.declare import LUMA, Overview, Window
from fluxroom.operators.guided import fit_self
from fluxroom.operators.sky.common import FLB, FLG, FLR, maps_columns, maps_row_of, single
from fluxroom.operators.weather import air, depth
from fluxroom.scene import Float
from fluxroom.sky import maps
from fluxroom.sky._jit import exp2_row, jit, log2_row
from fluxroom.sky.light import luminance

F0, F1 = single(0), single(1)
FLOOR, MOST = single(0.004), single(1e6)
SIDE = 640


@dataclass(frozen=True, slots=True)
class Dull:
    """planes (3, h, w): the base as a factor and a constant of log2 luminance, how much of the sun goes.

    pivot   log2 luminance that the base is drawn to
    high, low  part of the base over and under it that goes
    chroma  part of the colour kept
    warm    how much of the warm light goes where the base is bright
    gains   of red, green, blue
    """

    planes: Float
    pivot: float
    high: float
    low: float
    chroma: float
    warm: float
    gains: tuple[float, float, float]


def _daylight(overview: Overview, part: float) -> tuple[float, float, float]:
    """Gains that take this part of an evening sky's warm cast back; none where the sky is neutral or blue."""
    mean = np.maximum(air.air_color(overview, 0.0).reshape(-1, 3).mean(0, dtype=np.float64), 1e-4)
    if mean[0] <= mean[2]:
        return 1.0, 1.0, 1.0
    own = mean / float(mean @ np.array(LUMA))
    gains = np.clip(own, 0.4, 1.8) ** -part
    red, green, blue = (float(v) for v in gains / float(gains @ np.array(LUMA)))
    return red, green, blue


def dull(overview: Overview, strength: float, gain: float, chroma: float = 0.32, lift: float = 0.30) -> Dull:
    """How this photo looks without its sun. What is soft or cold already changes less.

    gain  of all light; chroma: how much colour goes; lift: how far shadows come up
    """
    scene = overview.scene
    w, h = air.size_of(scene, SIDE)
    small = maps.resize(maps.shrink(np.ascontiguousarray(overview.pixels), max(w, h)), w, h)
    sky = depth.region(scene, "sky", w, h)
    logs = np.log2(np.maximum(luminance(small), 0) + np.float32(FLOOR)).astype(np.float32)
    land = sky < 0.3
    inside = logs[land] if int(land.sum()) > 64 else logs.ravel()
    pivot = float(np.mean(inside, dtype=np.float64))
    a, b = fit_self(logs, max(2, round(0.035 * max(w, h))), 0.55)
    hard = 0.45 + 0.55 * (1.0 - scene.light.softness)
    cold = strength * (0.4 + 0.6 * scene.light.warmth)
    red, green, blue = _daylight(overview, 0.65 * strength)
    gains = (gain * red * (1.0 - 0.07 * cold), gain * green, gain * blue * (1.0 + 0.09 * cold))
    there = (1.0 - 0.75 * sky).astype(np.float32)
    planes = np.ascontiguousarray(np.stack([a, b, there]), np.float32)
    return Dull(
        planes, pivot, strength * 0.62 * hard, strength * lift * hard, 1.0 - chroma * strength, 0.95 * strength, gains
    )


@jit
def _tile(tile: Float, planes: Float, n: Float, x0: int, y0: int, image_width: int, image_height: int) -> None:
    """n: pivot, high, low, chroma, warm, gains of red, green, blue."""
    th, tw = tile.shape[0], tile.shape[1]
    index, part = np.empty(tw, np.int32), np.empty(tw, np.float32)
    maps_columns(x0, image_width, planes.shape[2], index, part)
    line = np.empty(planes.shape[2], np.float32)
    g = np.empty((3, tw), np.float32)
    light, logs = np.empty(tw, np.float32), np.empty(tw, np.float32)
    for r in range(th):
        maps_row_of(planes, y0 + r, image_height, index, part, line, g)
        for c in range(tw):
            y = FLR * tile[r, c, 0] + FLG * tile[r, c, 1] + FLB * tile[r, c, 2]
            light[c] = min(MOST, max(F0, y) + FLOOR)
        log2_row(light, logs)
        for c in range(tw):
            over = min(single(5), max(single(-5), g[0, c] * logs[c] + g[1, c] - n[0]))
            g[1, c] = over
            logs[c] = -g[2, c] * over * (n[1] if over > F0 else n[2])
        exp2_row(logs, light)
        for c in range(tw):
            a, b, d = tile[r, c, 0], tile[r, c, 1], tile[r, c, 2]
            y = FLR * a + FLG * b + FLB * d
            # Orange over what is bright is the sun's.
            warm = min(F1, max(F0, (a - d) / (max(F0, y) + FLOOR) * single(0.6) - single(0.15)))
            sun = min(F1, max(F0, single(0.65) + single(0.4) * g[1, c]))
            keep = n[3] * (F1 - n[4] * warm * sun * g[2, c])
            tile[r, c, 0] = n[5] * light[c] * (y + keep * (a - y))
            tile[r, c, 1] = n[6] * light[c] * (y + keep * (b - y))
            tile[r, c, 2] = n[7] * light[c] * (y + keep * (d - y))


def cover(tile: Float, window: Window, d: Dull) -> None:
    """The closed sky's light on a tile, in place."""
    numbers = np.array([d.pivot, d.high, d.low, d.chroma, d.warm, *d.gains], np.float32)
    _tile(tile, d.planes, numbers, window.x, window.y, window.image_width, window.image_height)
