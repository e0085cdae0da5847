"""Tilt and shift: a sharp band and a lens blur that grows away from it, so that real places look like models."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from fluxroom.operators.declare import Label, Operator, Overview, Param, Parameters, Window, register
from fluxroom.operators.detail import gaussian_half
from fluxroom.operators.sky.common import F0, F1, single
from fluxroom.scene import Float
from fluxroom.sky import maps
from fluxroom.sky._jit import inline, jit

FINEST = 0.0010
"""Radius of the blur that is made at full size, share of the long side; each further level has twice the radius."""
LEVELS = 4
MOST = 0.015
"""Radius at full strength."""
REACH = 0.42
"""Distance over which the blur grows to its full radius, share of the frame's height."""
START = single(0.45)
"""How steeply it begins to grow, against the mean."""


@dataclass(frozen=True, slots=True)
class _Blur:
    levels: tuple[Float, ...]  # (h, w, 3) each, discs of 2, 4, 8, 16 times FINEST
    band: Float  # centre x, y, sine and cosine of the angle, half width, radius


def disc(radius: float) -> Float:
    """A disc of that radius in pixels, its rim smooth; it adds up to 1. What a point becomes in a lens out of focus."""
    n = math.ceil(radius + 0.5)
    y, x = np.mgrid[-n : n + 1, -n : n + 1]
    d = np.clip(radius + 0.5 - np.hypot(x, y), 0, 1)
    return np.asarray(d / d.sum(), np.float32)


def _prepare(overview: Overview, parameters: Parameters, seed: int) -> _Blur | None:
    strength = float(parameters["strength"])
    if strength == 0:
        return None
    levels = []
    for level in range(1, LEVELS + 1):
        small = maps.shrink(overview.pixels, 1024 if level < 3 else 2048 >> (level - 2))
        radius = max(0.6, FINEST * 2**level * max(small.shape[:2]))
        soft = cv2.filter2D(small, -1, disc(radius), borderType=cv2.BORDER_REFLECT)
        levels.append(np.ascontiguousarray(soft, np.float32))
    angle = math.radians(float(parameters["angle"]))
    band = (0.5, float(parameters["position"]), math.sin(angle), math.cos(angle))
    half = 0.5 * float(parameters["width"])
    return _Blur(tuple(levels), np.array([*band, half, MOST * strength / FINEST], np.float32))


@jit
def _gauss(tile: Float, taps: Float, out: Float) -> None:
    """Blur a tile by half a kernel, both ways; at its border the nearest pixel is repeated."""
    h, w, _ = tile.shape
    n = taps.size
    long = 3 * w
    side = np.empty((h, long), np.float32)
    for y in range(h):
        row, line = tile[y].reshape(long), side[y]
        for x in range(long):
            line[x] = taps[0] * row[x]
        for k in range(1, n):
            tap = taps[k]
            first, last = 3 * min(k, w), 3 * max(w - k, 0)
            for x in range(first, long):
                line[x] += tap * row[x - 3 * k]
            for x in range(first):
                line[x] += tap * row[x % 3]
            for x in range(last):
                line[x] += tap * row[x + 3 * k]
            for x in range(last, long):
                line[x] += tap * row[long - 3 + x % 3]
    for y in range(h):
        target, line = out[y].reshape(long), side[y]
        for x in range(long):
            target[x] = taps[0] * line[x]
        for k in range(1, n):
            tap = taps[k]
            up, down = side[max(y - k, 0)], side[min(y + k, h - 1)]
            for x in range(long):
                target[x] += tap * (up[x] + down[x])


@inline
def _away(band: Float, x: float, y: float, image_width: int, image_height: int) -> float:
    """Distance from the band's middle line in picture heights, with a sign."""
    dx = single(x - band[0] * image_width)
    dy = single(y - band[1] * image_height)
    distance: float = (dy * band[3] - dx * band[2]) / single(image_height)
    return distance


@inline
def _radius(band: Float, away: float) -> float:
    """The blur's radius at that distance, in units of FINEST."""
    d = max(F0, min(F1, (abs(away) - band[4]) / single(REACH)))
    radius: float = band[5] * d * (START + (F1 - START) * d)
    return radius


@jit
def _blurred(tile: Float, soft: Float, levels: Any, band: Float, x0: int, y0: int, iw: int, ih: int) -> None:
    """Each pixel between the two blurs next to the radius that it should have."""
    h, w, _ = tile.shape
    last = len(levels) - 1
    two = single(2)
    for y in range(h):
        v = (y0 + y + 0.5) / ih
        for x in range(w):
            r = _radius(band, _away(band, x0 + x + 0.5, y0 + y + 0.5, iw, ih))
            if r <= F0:
                continue
            if r < F1:
                for c in range(3):
                    tile[y, x, c] += r * (soft[y, x, c] - tile[y, x, c])
                continue
            u = (x0 + x + 0.5) / iw
            at, size = 0, two
            while r > size and at < last:
                at += 1
                size *= two
            share = min(F1, r / size * two - F1)
            p, q, s = soft[y, x, 0], soft[y, x, 1], soft[y, x, 2]
            for step in range(0 if at else 1, 2):
                level = levels[at - 1 + step]
                lh, lw = level.shape[0], level.shape[1]
                gx = max(0.0, min(lw - 1.0, u * lw - 0.5))
                gy = max(0.0, min(lh - 1.0, v * lh - 0.5))
                i, j = min(int(gx), max(0, lw - 2)), min(int(gy), max(0, lh - 2))
                k, m = min(i + 1, lw - 1), min(j + 1, lh - 1)
                fx, fy = single(gx - i), single(gy - j)
                a, b = (F1 - fx) * (F1 - fy), fx * (F1 - fy)
                d, e = (F1 - fx) * fy, fx * fy
                r0 = a * level[j, i, 0] + b * level[j, k, 0] + d * level[m, i, 0] + e * level[m, k, 0]
                r1 = a * level[j, i, 1] + b * level[j, k, 1] + d * level[m, i, 1] + e * level[m, k, 1]
                r2 = a * level[j, i, 2] + b * level[j, k, 2] + d * level[m, i, 2] + e * level[m, k, 2]
                if step == 0:
                    p, q, s = r0, r1, r2
                else:
                    p, q, s = p + share * (r0 - p), q + share * (r1 - q), s + share * (r2 - s)
            tile[y, x, 0], tile[y, x, 1], tile[y, x, 2] = p, q, s


def _radii(window: Window, band: Float) -> tuple[float, float]:
    """The least and the largest radius in a window, FINEST = 1."""
    w, h = window.image_width, window.image_height
    corners = [(x, y) for x in (window.x, window.x + window.width) for y in (window.y, window.y + window.height)]
    away = [float(_away(band, x, y, w, h)) for x, y in corners]
    least = 0.0 if min(away) < 0 < max(away) else min(abs(a) for a in away)
    return float(_radius(band, least)), float(_radius(band, max(abs(a) for a in away)))


def _apply(tile: Float, window: Window, prepared: Any) -> None:
    if prepared is None:
        return
    p: _Blur = prepared
    least, most = _radii(window, p.band)
    if most <= 0:
        return
    soft = tile
    if least <= 2.01:  # beyond that only the small pictures are looked at
        soft = np.empty_like(tile)
        _gauss(tile, gaussian_half(_sigma(max(window.image_width, window.image_height))), soft)
    _blurred(tile, soft, p.levels, p.band, window.x, window.y, window.image_width, window.image_height)


def _sigma(long_side: int) -> float:
    """Of the Gaussian that stands for a disc of FINEST, pixels."""
    return max(0.3, 0.5 * FINEST * long_side)


def _halo(parameters: Any, long_side: int) -> int:
    return math.ceil(3 * _sigma(long_side)) + 1


TILT_SHIFT = register(
    Operator(
        name="tilt_shift",
        version=1,
        family="looks",
        kind="neighbourhood",
        label=Label("Tilt-shift", "移轴"),
        doc="A sharp band; away from it the picture goes out of focus as in a close-up of a model. Position: of the"
        " band's middle, from the top. Width: of what is quite sharp. Angle: + falls to the right. Default: 0.7.",
        params=(
            Param("strength", 0.7, 0.0, 1.0, "", Label("Strength", "强度")),
            Param("position", 0.58, 0.0, 1.0, "of the height", Label("Position", "位置")),
            Param("width", 0.14, 0.0, 0.8, "of the height", Label("Width", "宽度")),
            Param("angle", 0.0, -90.0, 90.0, "degrees", Label("Angle", "角度")),
        ),
        prepare=_prepare,
        apply=_apply,
        blind=True,
        halo=_halo,
    )
)
