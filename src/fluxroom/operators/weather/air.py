"""The air between camera and things: its colour, its fog banks, and how much light comes through.

Light through air (Koschmieder 1924):  seen = transmission * thing + (1 - transmission) * air,
transmission = exp(-optical depth); the optical depth is marched through layers of fog whose density falls with height
over the ground plane, as exp(-height / scale), with fractal banks in perspective. Heights count in heights of the eye.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from fluxroom.operators.declare import LUMA, Overview, Window
from fluxroom.operators.guided import ColorGuide
from fluxroom.operators.sky.common import maps_columns, maps_row_of, single
from fluxroom.operators.weather import depth
from fluxroom.scene import Float, Scene
from fluxroom.sky import maps
from fluxroom.sky import noise as sky_noise
from fluxroom.sky._jit import inline, jit, over_rows
from fluxroom.sky.light import dayness, luminance

SIDE = 420
"""Long side of the maps, and of the march."""
FIT_SIDE = 768
"""Long side on which transmission is fitted to the photo's colours."""
F0, F1, F1P5 = single(0), single(1), single(1.5)


def size_of(scene: Scene, side: int = SIDE) -> tuple[int, int]:
    h, w = scene.preview.shape[:2]
    scale = min(1.0, side / max(h, w))
    return max(2, round(w * scale)), max(2, round(h * scale))


def air_color(overview: Overview, plain: float) -> Float:
    """(h, w, 3) the light of thick air: the photo's own sky over the horizon, wide and smooth.

    plain  0 the sky's own colour .. 1 grey: fog is drops that scatter all colours alike
    """
    scene = overview.scene
    w, h = size_of(scene, 128)
    small = np.maximum(maps.resize(maps.shrink(np.ascontiguousarray(overview.pixels), max(w, h)), w, h), 0)
    small = np.minimum(small, np.float32(1.2))
    y = luminance(small)
    sky = depth.region(scene, "sky", w, h)
    weight = np.clip((sky - 0.6) * 2.5, 0, 1)
    rows = ((np.arange(h, dtype=np.float32) + 0.5) / h)[:, None]
    share = float(weight.mean(dtype=np.float64))
    lowest = np.cumsum(weight.sum(1, dtype=np.float64))
    foot = np.float32((np.searchsorted(lowest, 0.95 * lowest[-1]) + 0.5) / h)
    weight = weight * np.exp(-np.abs(foot - rows) / np.float32(0.18))
    # Without a sky the brightest tenth tells the light.
    limit = float(np.percentile(y, 90))
    bright = np.clip((y - 0.7 * limit) / max(1e-4, 0.3 * limit), 0, 1) * np.minimum(
        1.0, 1.2 * limit / np.maximum(y, 1e-4)
    )
    trust = min(1.0, share / 0.01)
    weight = (trust * weight + (1.0 - trust) * 0.2 * bright + 1e-6).astype(np.float32)
    field = maps.fill(small, weight, 0.22 * max(w, h))
    mean = (small * weight[..., None]).sum((0, 1), dtype=np.float64) / float(weight.sum(dtype=np.float64))
    field = (0.6 * field + 0.4 * mean).astype(np.float32)
    tone = luminance(field)[..., None]
    own = np.float32((1.0 - plain) * (0.4 + 0.6 * trust))
    color = tone + own * (field - tone)
    # Never brighter than paper. Fog in daylight is lit like everything: brighter than middling land.
    ground = y[sky < 0.3]
    land = float(np.mean(ground, dtype=np.float64)) if ground.size > 16 else 0.2
    lit = min(0.62, max(min(0.34, 8.0 * land), 2.8 * land)) * dayness(scene)
    level = np.minimum(np.maximum(tone * np.float32(0.94), np.float32(lit)), np.float32(0.80))
    level = np.maximum(level, np.float32(min(0.3, (1.2 + 3.0 * (1.0 - trust)) * land)))
    level = np.maximum(level, np.float32(1e-6))
    raised = np.clip(tone / level, 0, 1)
    color = tone + (color - tone) * raised
    return np.ascontiguousarray(color * (level / np.maximum(tone, 1e-5)), np.float32)


def glowing(overview: Overview, color: Float, amount: float = 0.16) -> Float:
    """The air's colour with light in it: warm towards the sun, cool and a little darker away from it and low down.

    What is bright behind thick air glows in it (multiple scattering: Narasimhan & Nayar 2003); here a wide blur.
    """
    scene = overview.scene
    h, w = color.shape[:2]
    x, y = (np.arange(w, dtype=np.float32) + 0.5) / w, (np.arange(h, dtype=np.float32) + 0.5) / h
    aspect = scene.height / max(1, scene.width)
    sure = np.float32(0.35 + 0.65 * min(1.0, scene.light.confidence))
    away = np.hypot(x[None] - scene.light.x, (y[:, None] - scene.light.y) * aspect)
    near = sure * np.exp(-np.minimum(away, 3.0) / 0.35).astype(np.float32)
    small = maps.resize(maps.shrink(np.ascontiguousarray(overview.pixels), max(w, h)), w, h)
    wide = maps.blur(np.clip(small, 0, 1), 0.10 * max(w, h))
    tone = luminance(color)[..., None]
    own = color + np.float32(0.12) * (wide / np.maximum(luminance(wide)[..., None], 1e-3) * tone - color)
    own_color = chromatic(color)
    warm = np.array([1.05, 1.0, 0.91] if own_color else [1.0] * 3, np.float32)
    cool = np.array([0.985, 1.0, 1.03] if own_color else [1.0] * 3, np.float32)
    tint = cool + near[..., None] * (warm - cool)
    low = np.clip((y[:, None, None] - 0.45) / 0.55, 0, 1).astype(np.float32)
    level = 1.0 + amount * near[..., None] - 0.10 * low
    return np.ascontiguousarray(np.clip(own * tint * level, 0, 0.88), np.float32)


def chromatic(color: Float) -> bool:
    """Whether there is any colour in it: a monochrome photo's air is grey."""
    y = np.maximum(luminance(color), 1e-3)[..., None]
    return float(np.abs(color / y - 1.0).mean(dtype=np.float64)) > 0.004


def lit_by(air: Float, brighter: float, most: float) -> tuple[float, float, float]:
    """The colour of something pale in that air: `brighter` times its mean, of luminance `most` at the most."""
    mean = air.reshape(-1, 3).mean(0, dtype=np.float64)
    y = max(1e-6, float(mean @ np.array(LUMA)))
    red, green, blue = (float(v) for v in mean * (min(most, brighter * y) / y))
    return red, green, blue


@dataclass(frozen=True, slots=True)
class Layer:
    """A layer of fog.

    density  extinction per distance of the picture's lower edge, at the ground
    scale    height at which it has fallen to 1/e, in heights of the eye
    banks    0 even .. 1 torn into banks
    start    distance from which there is any
    """

    density: float
    scale: float
    banks: float
    start: float = 1.0


@inline
def _tiled(texture: Float, x: float, y: float) -> float:
    n = texture.shape[0]
    x = (x - np.floor(x)) * n
    y = (y - np.floor(y)) * n
    i, j = int(x), int(y)
    u, v = x - i, y - j
    i, j = i % n, j % n
    i1, j1 = (i + 1) % n, (j + 1) % n
    a = texture[j, i] + u * (texture[j, i1] - texture[j, i])
    b = texture[j1, i] + u * (texture[j1, i1] - texture[j1, i])
    value: float = a + v * (b - a)
    return value


@jit
def _march(
    logs: Float,
    rows: Float,
    where: Float,
    texture: Float,
    settings: NDArray[np.float64],
    out: Float,
    first: int,
    after: int,
) -> None:
    """Optical depth of each pixel (h, w), from distance 1 to what is seen there.

    where (h, w): how much fog may lie over each place of the ground, looked up at the row of that distance.
    """
    h, w = logs.shape
    density, scale, banks, start, shift_x, shift_y, steps = settings
    count = int(steps)
    for x in range(first, after):
        end = rows[x]
        room = max(0.12, 1.0 - end)
        across = (x + 0.5) / w - 0.5
        for r in range(h):
            below = ((r + 0.5) / h - end) / room
            last = logs[r, x]
            total = 0.0
            pace = 3.7 / count
            at = 0.5 * pace
            while at < last + 0.5 * pace:
                part = min(1.0, (last - (at - 0.5 * pace)) / pace)
                z = np.exp(at)
                # The ray's height over the ground plane; the eye stands at 1.
                up = max(0.0, 1.0 - z * below)
                if z >= start and up < 6.0 * scale:
                    ground = end + room / z
                    row = int(min(h - 1.0, max(0.0, ground * h)))
                    presence = where[row, x]
                    if presence > 0.003:
                        u = 0.07 * across * z + shift_x
                        v = 0.35 * at + shift_y
                        n = 0.6 * _tiled(texture, u, v) + 0.4 * _tiled(texture, 2.3 * u + 0.3, 2.1 * v + 0.11 * up)
                        swell = 1.0 + banks * 0.9 * (2.0 * n - 1.0)
                        q = up / (scale * max(0.15, swell))
                        # Torn more at the top than at the foot.
                        body = np.exp(-q * (0.35 + 0.65 * q)) if q < 5.0 else 0.0
                        m = _tiled(texture, 4.1 * u + 0.7, 3.0 * v + 0.5 * up / scale)
                        torn = max(0.0, 1.0 + banks * (0.4 + 0.5 * min(1.0, q)) * (2.6 * (0.5 * n + 0.5 * m) - 1.3))
                        total += density * presence * body * torn * z * pace * part
                at += pace
            out[r, x] = total


def optical_depth(
    scene: Scene, logs: Float, rows: Float, where: Float, layer: Layer, seed: int, steps: int = 22
) -> Float:
    """(h, w) optical depth of a layer before each pixel."""
    texture = sky_noise.noise().plane
    shift = np.random.Generator(np.random.PCG64(seed)).uniform(0, 1, 2)
    h, w = logs.shape
    out = np.empty((h, w), np.float32)
    settings = np.array([layer.density, layer.scale, layer.banks, layer.start, shift[0], shift[1], steps], np.float64)
    over_rows(w, lambda a, b: _march(logs, rows, where, texture, settings, out, a, b), 32)
    return out


def settled(scene: Scene, tau: Float, aim: float, most: float) -> Float:
    """Optical depth scaled, by `most` times at the most, so that the thickest tenth over the land is near `aim`."""
    land = depth.region(scene, "sky", tau.shape[1], tau.shape[0]) < 0.3
    thick = float(np.percentile(tau[land], 92)) if int(land.sum()) > 64 else aim
    return np.asarray(tau * np.float32(min(most, max(1.0 / most, aim / max(1e-3, thick)))), np.float32)


@dataclass(frozen=True, slots=True)
class Veil:
    """planes (9, h, w): transmission as 3 coefficients of the square-root colours and a constant; the air's colour;
    least and most transmission."""

    planes: Float
    low: float


def veil(overview: Overview, transmission: Float, air: Float, reach: float = 0.0) -> Veil:
    """Fit the transmission to the photo's edges, so that what is near stands out of the fog to a hair.

    reach  how far around (of the long side) the transmission that a place takes is to be found; 0: anywhere. A pale
           roof under a pale sky is not fitted to the sky then, but at its very edge.
    """
    w, h = size_of(overview.scene, FIT_SIDE)
    pixels = maps.resize(maps.shrink(np.ascontiguousarray(overview.pixels), max(w, h)), w, h)
    guide = np.sqrt(np.clip(pixels, 0, 1.5)).astype(np.float32)
    radius = max(2, round(0.010 * max(w, h)))
    wanted = maps.resize(transmission, w, h)
    fitted = ColorGuide.of(guide, radius, 2.5e-4).fit(wanted)
    bounds = np.zeros((h, w, 2), np.float32)
    bounds[..., 1] = 1.0
    if reach > 0.0:
        around = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * max(1, round(reach * max(w, h))) + 1,) * 2)
        bounds = np.stack([cv2.erode(wanted, around), cv2.dilate(wanted, around)], -1).astype(np.float32)
    color = maps.resize(air, w, h)
    planes = np.ascontiguousarray(np.concatenate([fitted, color, bounds], axis=-1).transpose(2, 0, 1), np.float32)
    return Veil(planes, float(transmission.min(initial=1.0)))


@jit
def _veil_tile(tile: Float, planes: Float, low: float, x0: int, y0: int, image_width: int, image_height: int) -> None:
    th, tw = tile.shape[0], tile.shape[1]
    index, part = np.empty(tw, np.int32), np.empty(tw, np.float32)
    maps_columns(x0, image_width, planes.shape[2], index, part)
    line = np.empty(planes.shape[2], np.float32)
    g = np.empty((9, tw), np.float32)
    for r in range(th):
        maps_row_of(planes, y0 + r, image_height, index, part, line, g)
        for c in range(tw):
            a, b, d = tile[r, c, 0], tile[r, c, 1], tile[r, c, 2]
            t = g[3, c] + g[0, c] * np.sqrt(min(F1P5, max(F0, a)))
            t += g[1, c] * np.sqrt(min(F1P5, max(F0, b))) + g[2, c] * np.sqrt(min(F1P5, max(F0, d)))
            t = min(g[8, c], max(g[7, c], min(F1, max(low, t))))
            tile[r, c, 0] = g[4, c] + t * (a - g[4, c])
            tile[r, c, 1] = g[5, c] + t * (b - g[5, c])
            tile[r, c, 2] = g[6, c] + t * (d - g[6, c])


def lay(tile: Float, window: Window, v: Veil) -> None:
    """The veil over a tile, in place."""
    _veil_tile(tile, v.planes, single(v.low), window.x, window.y, window.image_width, window.image_height)
