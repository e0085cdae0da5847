"""Inside a grove: stems in depth on both sides of a path, leaves overhead, light at the end of it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from fluxroom.compose.land import fbm, hashed, perlin, step
from fluxroom.sky._jit import jit, over_rows

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
PATH, FLOOR, STEMS, LEAVES = range(4)
FAR = 75.0
CLEAR = 46.0
"""Metres after which a third of the contrast is left."""


@dataclass(frozen=True)
class Grove:
    """A kind of grove. Colours are radiances in light of one; lengths in metres."""

    stem: tuple[float, float, float]
    radius: float
    density: float
    """Stems a square metre."""
    nodes: float
    """Distance of rings along a stem; 0: bark instead."""
    leaf: tuple[float, float, float]
    leaf_length: float
    leaves: int
    floor: tuple[float, float, float]
    canopy: float
    """Height from which leaves hang."""


BAMBOO = Grove((0.16, 0.24, 0.07), 0.052, 0.42, 0.34, (0.20, 0.34, 0.05), 0.20, 110000, (0.16, 0.11, 0.06), 3.3)
FOREST = Grove((0.11, 0.075, 0.05), 0.19, 0.075, 0.0, (0.10, 0.19, 0.035), 0.11, 160000, (0.085, 0.095, 0.035), 2.6)


@jit
def path_at(z: float) -> float:
    return 1.1 * math.sin(z / 17.0) * step(2.0, 26.0, z)


@jit
def _floor_rows(
    first: int,
    last: int,
    horizon: float,
    focal: float,
    fog: F64,
    light: F64,
    floor: F64,
    out: F32,
    kind: NDArray[np.uint8],
) -> None:
    _height, width = kind.shape
    for row in range(first, last):
        below = row + 0.5 - horizon
        for column in range(width):
            x = (column + 0.5 - width / 2) / focal
            if below < 1.0:
                rise = -below / focal
                glow = math.exp(-(((x - 0.02) / 0.20) ** 2) - ((rise - 0.04) / 0.34) ** 2)
                for k in range(3):
                    out[row, column, k] = fog[k] * (0.35 + 1.25 * glow)
                kind[row, column] = LEAVES
                continue
            z = min(FAR, 1.6 * focal / below)
            wx = x * z
            foot = 1.2 * z / focal
            away = abs(wx - path_at(z))
            edge = 1.25 + 0.25 * fbm(wx, z, 1.9, foot, 11, 4)
            on = step(edge + 0.12, edge - 0.12, away)
            litter = (
                1.0
                + 0.8 * fbm(wx, z, 0.5, foot, 21, 5)
                + 0.5 * perlin(wx / 0.05, z / 0.09, 31) * step(0.05, 0.01, foot)
            )
            gravel = 1.0 + 0.25 * fbm(wx, z, 0.25, foot, 41, 5)
            spot = step(0.05, 0.5, fbm(wx * 1.6, z * 0.6, 1.3, foot, 51, 4)) * 1.6
            shade = 0.45 + spot * (0.4 + 0.6 * step(30.0, 8.0, z))
            clear = math.exp(-z / CLEAR)
            glow = math.exp(-((x / 0.25) ** 2))
            for k in range(3):
                value = (floor[k] * litter * (1 - on) + (0.20 - 0.02 * k) * gravel * on) * shade * light[k]
                out[row, column, k] = value * clear + fog[k] * (0.35 + 1.0 * glow) * (1 - clear)
            kind[row, column] = PATH if on > 0.5 else FLOOR


@jit
def _stem(
    x: float,
    z: float,
    radius: float,
    lean: float,
    tint: float,
    horizon: float,
    focal: float,
    nodes: float,
    who: int,
    fog: F64,
    light: F64,
    color: F64,
    out: F32,
    kind: NDArray[np.uint8],
) -> None:
    height, width = kind.shape
    base = horizon + 1.6 * focal / z
    half = radius * focal / z
    clear = math.exp(-z / CLEAR)
    last = min(height, int(base + 0.35 * half) + 1)
    ax = x / z
    glow = math.exp(-((ax / 0.22) ** 2))
    for row in range(0, last):
        up = 1.6 - (row + 0.5 - horizon) * z / focal  # metres above the ground
        middle = width / 2 + (x + lean * up + 0.02 * lean * up * up) / z * focal
        w = max(
            0.35,
            half
            * (1.0 - 0.025 * min(up, 20.0))
            * (1.0 + (0.15 if nodes > 0 else 0.7) * math.exp(-max(up, 0.0) / 0.22)),
        )
        ring, dark = 1.0, 1.0
        if nodes > 0:
            part = (up + 0.13 * who) / nodes * (1.0 - 0.01 * up)
            part -= math.floor(part)
            ring = (
                1.0
                + 0.55 * math.exp(-(((part - 0.5) * nodes / 0.012) ** 2))
                - 0.45 * math.exp(-(((part - 0.5) * nodes / 0.012 - 2.2) ** 2))
            )
            dark = 0.8 + 0.35 * step(0.5, 1.0, part)
            if abs((part - 0.5) * nodes) < 0.012:
                w *= 1.08
        fade = 0.35 + 0.65 * step(-0.05, 0.6, up)
        for column in range(max(0, int(middle - w - 1)), min(width, int(middle + w + 2))):
            t = (column + 0.5 - middle) / w
            cover = min(1.0, max(0.0, (1.0 - abs(t)) * w + 0.5)) * min(1.0, w / 0.35)
            sunk = row + 0.5 - base - 0.3 * w * (1.0 - t * t) - 0.2 * w * perlin(t * 3.0 + who, 0.5, 9)
            cover *= min(1.0, max(0.0, 0.5 - sunk))
            if cover <= 0.0:
                continue
            tt = min(1.0, abs(t))
            round_ = math.sqrt(max(0.0, 1.0 - tt * tt))
            side = 0.5 - 0.5 * t if x > 0 else 0.5 + 0.5 * t  # the side that faces the path is lit
            shade = 0.16 + 0.75 * side * round_ + 0.9 * side * tt**6
            bark = 1.0
            if nodes <= 0:
                bark = (
                    0.55
                    + 0.9 * hashed(int(t * 7.0 + 40 * who), int(up * 9.0), who) * 0.5
                    + 0.5 * perlin(t * 2.5 + who, up * 2.2, 7)
                )
            for k in range(3):
                shone = color[k] * tint * shade * ring * dark * bark * fade * light[k]
                value = shone * clear + fog[k] * (0.35 + 1.0 * glow) * (1 - clear)
                out[row, column, k] += cover * (value - out[row, column, k])
            if cover > 0.5:
                kind[row, column] = STEMS


@jit
def _leaf(
    x: float,
    y: float,
    z: float,
    length: float,
    wide: float,
    turn: float,
    tint: float,
    through: float,
    horizon: float,
    focal: float,
    fog: F64,
    light: F64,
    color: F64,
    out: F32,
    kind: NDArray[np.uint8],
) -> None:
    height, width = kind.shape
    cx, cy = width / 2 + x / z * focal, horizon - (y - 1.6) / z * focal
    a, b = 0.5 * length * focal / z, wide * length * focal / z
    thin = min(1.0, b / 0.45)
    b = max(b, 0.45)
    reach = int(a + 2)
    c, s = math.cos(turn), math.sin(turn)
    clear = math.exp(-z / CLEAR)
    glow = math.exp(-((x / z / 0.22) ** 2))
    for row in range(max(0, int(cy) - reach), min(height, int(cy) + reach + 1)):
        for column in range(max(0, int(cx) - reach), min(width, int(cx) + reach + 1)):
            dx, dy = column + 0.5 - cx, row + 0.5 - cy
            u, v = (dx * c + dy * s) / a, (-dx * s + dy * c)
            if abs(u) >= 1.0:
                continue
            cover = min(1.0, max(0.0, b * (1.0 - u * u) - abs(v) + 0.5)) * thin
            if cover <= 0.0:
                continue
            for k in range(3):
                value = color[k] * tint * light[k] * (0.25 + through * (0.7 + 0.8 * glow))
                value = value * clear + fog[k] * (0.35 + 1.1 * glow) * (1 - clear)
                out[row, column, k] += cover * (value - out[row, column, k])
            kind[row, column] = LEAVES


@jit
def _plants(
    order: NDArray[np.int64],
    what: F64,
    horizon: float,
    focal: float,
    nodes: float,
    fog: F64,
    light: F64,
    stem: F64,
    leaf: F64,
    out: F32,
    kind: NDArray[np.uint8],
) -> None:
    for n in range(order.shape[0]):
        q = what[order[n]]
        if q[0] < 0.5:
            _stem(q[1], q[3], q[4], q[5], q[6], horizon, focal, nodes, order[n], fog, light, stem, out, kind)
        else:
            _leaf(
                q[1],
                q[2],
                q[3],
                q[4],
                0.075 if nodes > 0 else 0.26,
                q[5],
                q[6],
                q[7],
                horizon,
                focal,
                fog,
                light,
                leaf,
                out,
                kind,
            )


def grove(
    kind: Grove, light: F64, fog: F64, width: int, height: int, seed: int, leaves: F64 | None = None
) -> tuple[F32, NDArray[np.uint8], float]:
    """(H, W, 3) linear radiance, the map of what is where, and the horizon's row in parts of the height.

    light, fog: colours of what falls in and of the bright air at the end; leaves: another colour of leaves.
    """
    rng = np.random.default_rng(seed)
    horizon, focal = 0.60 * height, width / 2 / math.tan(math.radians(31))
    out, what = np.zeros((height, width, 3), np.float32), np.zeros((height, width), np.uint8)
    floor = np.asarray(kind.floor, np.float64)
    over_rows(height, lambda a, b: _floor_rows(a, b, horizon, focal, fog, light, floor, out, what))

    count = int(kind.density * 44 * (FAR - 3))
    z = 3.0 + (FAR - 3) * rng.random(count)
    x = (rng.random(count) * 2 - 1) * np.minimum(22.0, 2.0 + 0.75 * z)
    path = np.array([path_at(float(v)) for v in z])
    free = np.abs(x - path) > 1.55 + 3.0 * kind.radius + 0.3 * rng.random(count)
    x, z = x[free], z[free]
    n = len(x)
    stems = np.zeros((n, 8))
    stems[:, 1], stems[:, 3] = x, z
    stems[:, 4] = kind.radius * rng.uniform(0.65, 1.3, n)
    stems[:, 5] = rng.normal(0, 0.018 if kind.nodes else 0.012, n) - 0.006 * np.sign(x)
    stems[:, 6] = rng.uniform(0.7, 1.35, n)

    m = kind.leaves
    hung = rng.integers(0, n, m)
    made = np.zeros((m, 8))
    made[:, 0] = 1
    spread = (0.55 if kind.nodes else 1.1) + 0.05 * z[hung]
    made[:, 1] = x[hung] + rng.normal(0, 1, m) * np.minimum(spread, 2.2)
    made[:, 3] = np.maximum(3.2 if kind.nodes else 10.0, z[hung] + rng.normal(0, 1, m) * 0.9)
    lowest = kind.canopy + 0.6 * rng.normal(0, 1, m)
    made[:, 2] = lowest + rng.exponential(2.4 + 0.14 * made[:, 3], m)
    made[:, 4] = kind.leaf_length * rng.uniform(0.6, 1.5, m)
    made[:, 5] = np.where(rng.random(m) < 0.5, 0.5, math.pi - 0.5) + rng.normal(0, 0.45, m)
    made[:, 6] = rng.uniform(0.55, 1.3, m)
    made[:, 7] = rng.random(m) ** 1.5
    everything = np.concatenate([stems, made])
    order = np.argsort(-everything[:, 3], kind="stable").astype(np.int64)
    color = np.asarray(kind.leaf, np.float64) if leaves is None else leaves
    _plants(
        order, everything, horizon, focal, kind.nodes, fog, light, np.asarray(kind.stem, np.float64), color, out, what
    )
    soft = cv2.GaussianBlur(out, (0, 0), 0.012 * width)
    return np.asarray(0.86 * out + 0.14 * soft, np.float32), what, horizon / height


__all__ = ["BAMBOO", "FOREST", "Grove", "grove"]
