"""The light under a closed sky: no sun, so sunlit and shaded places draw together, warm light cools, colours are muted.

What the sun did to the land is read off its base: log luminance smoothed within edges (guided filter: He, Sun & Tang
2013). The base is compressed, detail over it stays (Durand & Dorsey 2002's base and detail), so a hard shadow fades
and the ground's texture does not. Warm colour goes where the base is bright: that is the sun's, not the thing's; what
bright land has of it beyond shaded land is the sun's own colour, and is taken back as a white balance. Shadows cast on
even ground, a road, are filled up to its tone. Water, that is the colour of its sky, goes grey with it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

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
    """planes (6, h, w): the base as a factor and a constant of log2 luminance, how much of the sun goes, how far cast
    shadows are filled (log2), how much the sky tells the colour there (water), how little of a pale yellow is the
    thing's own (all but plants).

    pivot   log2 luminance that the base is drawn to
    high, low  part of the base over and under it that goes
    chroma  part of the colour kept
    warm    how much of the warm light goes where the base is bright
    gains   of red, green, blue
    cast    red, green and blue of the sun's light that are taken back where the base is bright, less 1
    closed  0..1: how surely there is a closed grey sky above
    """

    planes: Float
    pivot: float
    high: float
    low: float
    chroma: float
    warm: float
    gains: tuple[float, float, float]
    cast: tuple[float, float, float] = (0.0, 0.0, 0.0)
    closed: float = 0.0


def _daylight(overview: Overview, part: float) -> tuple[float, float, float]:
    """Gains that take this part of an evening sky's warm cast back; none where the sky is neutral or blue."""
    mean = np.maximum(air.air_color(overview, 0.0).reshape(-1, 3).mean(0, dtype=np.float64), 1e-4)
    if mean[0] <= mean[2]:
        return 1.0, 1.0, 1.0
    own = mean / float(mean @ np.array(LUMA))
    gains = np.clip(own, 0.4, 1.8) ** -part
    red, green, blue = (float(v) for v in gains / float(gains @ np.array(LUMA)))
    return red, green, blue


def _sunlight(small: Float, over: Float, land: NDArray[np.bool_]) -> tuple[NDArray[np.float64], float]:
    """Red, green, blue of the sun's light on the land, of luminance 1, and how low it stands, 0..1; 1 and 0 if cold.

    The warmer of two tellings: what is lit over what is shaded, and the palest bright things, which are often white
    (the white patch of Land & McCann 1971). The first alone, far apart, tells a low sun.

    over (h, w): log2 of the base over the land's mean
    """
    y = luminance(small)
    own = small / np.maximum(y, 1e-3)[..., None]

    def middle(part: NDArray[np.bool_]) -> NDArray[np.float64]:
        return np.maximum(np.median(own[part], axis=0), 0.05).astype(np.float64)

    found, low = np.ones(3), 0.0
    lit, shade = land & (over > 0.4), land & (over < -0.3)
    if int(lit.sum()) < 64:
        return found, low
    white = lit & (y >= np.percentile(y[lit], 70))
    pale = own.max(-1) - own.min(-1)
    white &= pale <= np.percentile(pale[white], 50)
    tellings = [middle(white) ** 0.8]
    if int(shade.sum()) >= 64:
        tellings.append(middle(lit) / middle(shade))
        low = min(1.0, max(0.0, 1.0 - 1.6 * float(tellings[1][2] / tellings[1][0])))
    for ratio in tellings:
        if ratio[0] > 1.0 > ratio[2] and ratio[2] / ratio[0] < found[2] / found[0]:
            found = np.array([min(1.45, ratio[0]), min(1.12, max(0.95, ratio[1])), max(0.5, ratio[2])])
    return np.asarray(found / float(found @ np.array(LUMA))), low


def _cast_shadows(logs: Float, even: Float) -> Float:
    """(h, w) log2 by which shadows on even ground are darker than it; paint and whatever is narrow is left alone."""
    w = logs.shape[1]
    inside = np.clip((even - 0.35) / 0.4, 0, 1).astype(np.float32)
    if float(inside.mean(dtype=np.float64)) < 0.01:
        return np.zeros_like(logs)
    norm = np.maximum(maps.blur(inside, 0.10 * w), np.float32(1e-3))
    soft = maps.blur(logs, 0.0025 * w)
    tone = maps.blur(soft * inside, 0.10 * w) / norm
    # The open road is brighter than its mean, that has the shadows in it.
    above = maps.blur(np.maximum(soft, tone) * inside, 0.10 * w) / norm
    return np.asarray(inside * np.clip(above - soft - 0.05, 0, 1.4), np.float32)


def dull(
    overview: Overview,
    strength: float,
    gain: float,
    chroma: float = 0.32,
    lift: float = 0.30,
    *,
    closed: float = 0.0,
    even: Float | None = None,
) -> Dull:
    """How this photo looks without its sun. What is soft or cold already changes less.

    gain  of all light; chroma: how much colour goes; lift: how far shadows come up
    closed  how surely there is a closed grey sky above, that water mirrors and no sun colours: 0 in fog and dust
    even  (., .) 0..1: even ground, on which cast shadows are filled
    """
    scene = overview.scene
    w, h = air.size_of(scene, SIDE)
    small = np.maximum(maps.resize(maps.shrink(np.ascontiguousarray(overview.pixels), max(w, h)), w, h), 0)
    sky = depth.region(scene, "sky", w, h)
    logs = np.log2(luminance(small) + np.float32(FLOOR)).astype(np.float32)
    land = sky < 0.3
    inside = logs[land] if int(land.sum()) > 64 else logs.ravel()
    pivot = float(np.mean(inside, dtype=np.float64))
    a, b = fit_self(logs, max(2, round(0.035 * max(w, h))), 0.55 - 0.25 * closed)
    hard = 0.45 + 0.55 * (1.0 - scene.light.softness)
    cold = strength * (0.4 + 0.6 * scene.light.warmth)
    red, green, blue = _daylight(overview, 0.65 * strength)
    gains = (gain * red * (1.0 - 0.07 * cold), gain * green, gain * blue * (1.0 + 0.09 * cold))
    there = (1.0 - 0.75 * sky).astype(np.float32)
    water = depth.region(scene, "water", w, h)
    warm, low = _sunlight(small, a * logs + b - np.float32(pivot), land & (water < 0.3))
    # Without a sky nobody knows that it is the sun, and not a green thing, that colours what is pale.
    outdoors = min(1.0, 0.2 + 0.8 * scene.share("sky") / 0.06)
    sun = warm ** (-0.85 * strength * closed * outdoors)
    filled = np.zeros_like(logs)
    if even is not None:
        filled = np.float32(strength) * _cast_shadows(logs, maps.resize(even, w, h))
    # Wet stones in the last light are its mirror, as water is.
    rocks = depth.region(scene, "rock", w, h)
    grey = np.clip(water + np.float32(0.65 * low) * rocks, 0, 1) * np.float32(closed * strength)
    bare = (1 - sky) * (1 - depth.region_sum(scene, ("trees", "grass"), w, h))
    planes = np.ascontiguousarray(np.stack([a, b, there, filled, grey, bare]), np.float32)
    return Dull(
        planes,
        pivot,
        strength * (0.62 + 0.10 * closed) * hard,
        strength * lift * hard,
        1.0 - chroma * strength,
        0.95 * strength,
        gains,
        (float(sun[0]) - 1.0, float(sun[1]) - 1.0, float(sun[2]) - 1.0),
        closed,
    )


@jit
def _tile(tile: Float, planes: Float, n: Float, x0: int, y0: int, image_width: int, image_height: int) -> None:
    """n: pivot, high, low, chroma, warm, gains and the sun's red, green, blue, how white stays, how its yellow goes."""
    th, tw = tile.shape[0], tile.shape[1]
    index, part = np.empty(tw, np.int32), np.empty(tw, np.float32)
    maps_columns(x0, image_width, planes.shape[2], index, part)
    line = np.empty(planes.shape[2], np.float32)
    g = np.empty((6, tw), np.float32)
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
            over += g[3, c]
            # What is very bright is white as well as lit, and white it stays.
            over = over / (F1 + n[11] * over) if over > F0 else over
            logs[c] = g[3, c] - g[2, c] * over * (n[1] if over > F0 else n[2])
        exp2_row(logs, light)
        for c in range(tw):
            # Orange over what is bright is the sun's; in water it is the sun's wherever it is.
            sun = min(F1, max(F0, single(0.85) + single(0.4) * g[1, c]))
            sun = max(sun, g[4, c])
            part_sun = sun * g[2, c]
            a = tile[r, c, 0] * (F1 + part_sun * n[8])
            b = tile[r, c, 1] * (F1 + part_sun * n[9])
            d = tile[r, c, 2] * (F1 + part_sun * n[10])
            y = FLR * a + FLG * b + FLB * d
            warm = min(F1, max(F0, (a - d) / (max(F0, y) + FLOOR) * single(0.6) - single(0.15) * (F1 - g[4, c])))
            keep = n[3] * (F1 - n[4] * warm * part_sun) * (F1 - single(0.8) * g[4, c])
            # A pale thing's yellow is the sun's, and what is burnt out has no colour of its own.
            pale = min(F1, max(F0, single(0.6) * g[1, c] - single(0.1)))
            yellow = min(F1, max(F0, single(1.8) * (min(a, b) - d) / (max(F0, y) + FLOOR)))
            burnt = min(F1, max(F0, single(5) * max(tile[r, c, 0], tile[r, c, 1]) - single(3.9)))
            keep *= F1 - n[12] * g[5, c] * max(pale * yellow, burnt)
            tile[r, c, 0] = n[5] * light[c] * (y + keep * (a - y))
            tile[r, c, 1] = n[6] * light[c] * (y + keep * (b - y))
            tile[r, c, 2] = n[7] * light[c] * (y + keep * (d - y))


def cover(tile: Float, window: Window, d: Dull) -> None:
    """The closed sky's light on a tile, in place."""
    white, yellow = 0.38 * d.closed, 0.75 * d.closed
    numbers = np.array([d.pivot, d.high, d.low, d.chroma, d.warm, *d.gains, *d.cast, white, yellow], np.float32)
    _tile(tile, d.planes, numbers, window.x, window.y, window.image_width, window.image_height)
