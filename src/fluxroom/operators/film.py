"""Film: vignette and grain."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from fluxroom.operators.declare import Label, Operator, Overview, Param, Parameters, Window, register
from fluxroom.operators.fastmath import F
from fluxroom.operators.kernels import LB, LG, LR, ONE, ZERO, rolloff
from fluxroom.operators.tables import smoothstep
from fluxroom.scene import Float

FALLOFF_SIZE = 257
_FALLOFF_SCALE = F(FALLOFF_SIZE - 1)
_FALLOFF_END = F(FALLOFF_SIZE - 1.001)
GRAIN_SIDE = 2000.0
"""Grain of size 1 is one pixel wide in a picture of this long side."""


@njit(nogil=True, cache=True, error_model="numpy")
def shade(tile: Float, x0: int, y0: int, iw: int, ih: int, gains: Float, round_: np.float32) -> None:
    """Times a gain by the distance from the centre of the picture: 0 there, 1 in the corners."""
    h, w, _ = tile.shape
    side = max(iw, ih)
    positive = max(round_, ZERO)
    ax = F(1 + positive * ((iw / side) ** 2 - 1))
    ay = F(1 + positive * ((ih / side) ** 2 - 1))
    square = max(-round_, ZERO)
    norm = ONE / (ax + ay)
    for y in range(h):
        v = F(2 * (y0 + y + 0.5) / ih - 1)
        vv = v * v
        for x in range(w):
            u = F(2 * (x0 + x + 0.5) / iw - 1)
            uu = u * u
            d = F(np.sqrt((ax * uu + ay * vv) * norm))
            if square > ZERO:
                d += square * (F(np.sqrt(np.sqrt(F(0.5) * (uu * uu + vv * vv)))) - d)
            s = min(d * _FALLOFF_SCALE, _FALLOFF_END)
            i = np.int32(s)
            m = gains[i] + (s - F(i)) * (gains[i + 1] - gains[i])
            r, g, b = tile[y, x, 0], tile[y, x, 1], tile[y, x, 2]
            k = rolloff(m, max(r, max(g, b)))
            tile[y, x, 0] = r * k
            tile[y, x, 1] = g * k
            tile[y, x, 2] = b * k


@njit(nogil=True, cache=True, error_model="numpy")
def _noise(x: int, y: int, seed: int) -> np.float32:
    """-1..1, triangular, from a hash of the place (splitmix64's finaliser)."""
    h = np.uint64(seed) + np.uint64(x + 65536) * np.uint64(0x9E3779B97F4A7C15)
    h += np.uint64(y + 65536) * np.uint64(0xD1342543DE82EF95)
    h = (h ^ (h >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    h = (h ^ (h >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    h ^= h >> np.uint64(31)
    a = np.int64(h & np.uint64(0xFFFFFF)) - np.int64((h >> np.uint64(32)) & np.uint64(0xFFFFFF))
    return F(a / 16777216.0)


@njit(nogil=True, cache=True, error_model="numpy")
def _weights(t: np.float32) -> tuple[np.float32, np.float32, np.float32]:
    """Quadratic B-spline at t = -1/2..1/2 from the middle point."""
    a, b = F(0.5) - t, F(0.5) + t
    return F(0.5) * a * a, F(0.75) - t * t, F(0.5) * b * b


@njit(nogil=True, cache=True, error_model="numpy")
def add_lattice(noise: Float, x0: int, y0: int, scale: float, share: np.float32, seed: int) -> None:
    """Add `share` of a smooth noise (quadratic B-spline over random values 1 / scale pixels apart) to noise (h, w)."""
    h, w = noise.shape
    left, top = int(np.floor(x0 * scale)) - 2, int(np.floor(y0 * scale)) - 2
    nx = int(np.floor((x0 + w) * scale)) + 3 - left
    ny = int(np.floor((y0 + h) * scale)) + 3 - top
    points = np.empty((ny, nx), np.float32)
    for j in range(ny):
        for i in range(nx):
            points[j, i] = _noise(left + i, top + j, seed)
    row = np.empty(nx, np.float32)
    for y in range(h):
        v = (y0 + y + 0.5) * scale
        j = int(np.floor(v + 0.5))
        a, m, c = _weights(F(v - j))
        j -= top
        for i in range(nx):
            row[i] = a * points[j - 1, i] + m * points[j, i] + c * points[j + 1, i]
        for x in range(w):
            u = (x0 + x + 0.5) * scale
            i = int(np.floor(u + 0.5))
            a, m, c = _weights(F(u - i))
            i -= left
            noise[y, x] += share * (a * row[i - 1] + m * row[i] + c * row[i + 1])


@njit(nogil=True, cache=True, error_model="numpy")
def grain(tile: Float, x0: int, y0: int, spacing: float, strength: np.float32, seed: int) -> None:
    """Add smooth noise to the square root of luminance: two lattices, `spacing` and 0.57 spacing pixels wide."""
    h, w, _ = tile.shape
    noise = np.zeros((h, w), np.float32)
    add_lattice(noise, x0, y0, 1.0 / spacing, F(0.8), seed)
    add_lattice(noise, x0, y0, 1.0 / max(1.0, 0.57 * spacing), F(0.6), seed + 1)
    for y in range(h):
        for x in range(w):
            r, g, b = tile[y, x, 0], tile[y, x, 1], tile[y, x, 2]
            root = F(np.sqrt(max(LR * r + LG * g + LB * b, ZERO)))
            t = min(root * F(4), ONE)
            weight = t * t * (F(3) - F(2) * t)
            t = min(max((root - F(0.45)) * F(2), ZERO), ONE)
            weight *= ONE - F(0.8) * t * t * (F(3) - F(2) * t)
            k = max(ONE + strength * weight * noise[y, x] / (root + F(0.02)), ZERO)
            k *= k
            tile[y, x, 0] = r * k
            tile[y, x, 1] = g * k
            tile[y, x, 2] = b * k


def _vignette(overview: Overview, parameters: Parameters, seed: int) -> Any:
    a = float(parameters["amount"])
    if a == 0:
        return None
    distance = np.linspace(0, 1, FALLOFF_SIZE)
    start = 0.75 * float(parameters["size"])
    gains = 2.0 ** (a * (2.2 if a < 0 else 1.5) * smoothstep(start, 1.15, distance))
    return gains.astype(np.float32), float(parameters["roundness"])


def _apply_vignette(tile: Float, window: Window, prepared: Any) -> None:
    if prepared is not None:
        gains, roundness = prepared
        shade(tile, window.x, window.y, window.image_width, window.image_height, gains, np.float32(roundness))


def _grain(overview: Overview, parameters: Parameters, seed: int) -> Any:
    a = float(parameters["amount"])
    return None if a == 0 else (a, float(parameters["size"]), seed & 0x3FFFFFFFFFFFFFFF)


def _apply_grain(tile: Float, window: Window, prepared: Any) -> None:
    if prepared is None:
        return
    strength, size, seed = prepared
    spacing = size * max(window.image_width, window.image_height) / GRAIN_SIDE
    seen = min(1.0, spacing)  # finer than a pixel, it averages out
    grain(tile, window.x, window.y, max(1.0, spacing), np.float32(0.16 * strength * seen), seed)


register(
    Operator(
        name="vignette",
        version=1,
        family="film",
        kind="pixel",
        label=Label("Vignette", "暗角"),
        doc="Darker (negative) or brighter edges of the frame, by up to two stops in the corners. Size: how much of"
        " the middle stays. Roundness: 0 follows the frame, 1 is a circle, -1 nearly a rectangle. Default: -0.3.",
        params=(
            Param("amount", -0.3, -1.0, 1.0, "", Label("Amount", "数量")),
            Param("size", 0.4, 0.0, 1.0, "", Label("Size", "大小")),
            Param("roundness", 0.0, -1.0, 1.0, "", Label("Roundness", "圆度")),
        ),
        prepare=_vignette,
        apply=_apply_vignette,
        chromatic=False,
        blind=True,
    )
)
register(
    Operator(
        name="grain",
        version=1,
        family="film",
        kind="pixel",
        label=Label("Film grain", "胶片颗粒"),
        doc="Soft film grain, strongest in the midtones, faint in bright skies. Size is relative to the frame, so the"
        " look is the same at any resolution; where grain is finer than a pixel it averages out. Default: 0.25.",
        params=(
            Param("amount", 0.25, 0.0, 1.0, "", Label("Amount", "数量")),
            Param("size", 1.0, 0.5, 4.0, "1/2000 of the long side", Label("Size", "大小")),
        ),
        prepare=_grain,
        apply=_apply_grain,
        chromatic=False,
        blind=True,
    )
)
