"""A person far away, as a jointed figure of rounded rods in clothes, seen from behind or from the side.

Proportions after Drillis & Contini 1966 (segment lengths as shares of the height). Units: the height is 1, x to the
right, y up, z away from the camera; the feet are at the origin.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fluxroom.scene import Float
from fluxroom.sky._jit import jit

COATS = np.array(
    [[0.30, 0.030, 0.024], [0.030, 0.045, 0.11], [0.09, 0.095, 0.05], [0.24, 0.165, 0.085], [0.04, 0.042, 0.048],
     [0.22, 0.135, 0.045], [0.045, 0.085, 0.095], [0.36, 0.34, 0.31]], np.float32)  # fmt: skip
"""Albedo of jackets: red, navy, olive, camel, charcoal, ochre, petrol, off-white."""
TROUSERS = np.array(
    [[0.030, 0.036, 0.060], [0.024, 0.024, 0.026], [0.16, 0.125, 0.085], [0.055, 0.07, 0.12]], np.float32
)
HAIR = np.array([[0.015, 0.011, 0.009], [0.05, 0.030, 0.016], [0.11, 0.072, 0.034]], np.float32)
SKIN = np.array([0.33, 0.20, 0.135], np.float32)
_V = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Figure:
    """Rods: ends a, b (n, 3), radii ra, rb (n,), albedo (n, 3)."""

    a: Float
    b: Float
    ra: Float
    rb: Float
    color: Float


def _by(x: float, y: float, z: float) -> _V:
    return np.array([x, y, z])


class _Rods:
    def __init__(self) -> None:
        self.rows: list[tuple[_V, _V, float, float, Float]] = []

    def add(self, a: _V, b: _V, ra: float, rb: float, color: Float) -> None:
        self.rows.append((np.asarray(a, float), np.asarray(b, float), ra, rb, color))

    def chain(self, points: list[_V], radii: list[float], color: Float) -> None:
        for a, b, ra, rb in zip(points[:-1], points[1:], radii[:-1], radii[1:], strict=True):
            self.add(a, b, ra, rb, color)


def pose(kind: str, turn: float, rng: np.random.Generator) -> Figure:
    """kind: standing or walking; turn: degrees, 0 seen from behind, 90 going to the right."""
    rods = _Rods()
    coat = COATS[int(rng.integers(len(COATS)))]
    legs = TROUSERS[int(rng.integers(len(TROUSERS)))]
    hair = HAIR[int(rng.integers(len(HAIR)))]
    shoe = np.array([0.03, 0.027, 0.025], np.float32)
    long_coat = bool(rng.random() < 0.45)
    stride = 0.145 * float(rng.uniform(0.8, 1.1)) if kind == "walking" else 0.0
    sway = float(rng.normal(0, 0.006))
    hip = np.array([sway, 0.515 - 0.3 * stride**2 / 0.5, 0.0])
    lean = 0.012 if stride else 0.0
    for side in (-1.0, 1.0):
        step = side * stride  # the right leg goes ahead (ahead is +z before turning)
        top = hip + _by(side * 0.043, 0.0, 0.0)
        foot = np.array([side * (0.038 if stride else 0.052), 0.030, step])
        lift = 0.0
        if stride and step < 0:
            lift = 0.035
            foot = foot + _by(0, lift, 0)
        bend = 0.020 if not stride else (0.012 if step > 0 else 0.045)
        knee = 0.5 * (top + foot) + [0, 0.01, bend]
        rods.chain([top, knee, foot], [0.047, 0.034, 0.023], legs)
        toe = foot + _by(side * 0.010, -0.018 - 0.3 * lift, 0.062)
        rods.add(foot + _by(0, -0.012, -0.012), toe, 0.020, 0.013, shoe)
    shoulder = np.array([sway * 0.3, 0.800, lean])
    chest = np.array([sway * 0.6, 0.70, 0.6 * lean])
    # The trunk: side by side so that it is wider than deep.
    for side in (-1.0, 1.0):
        out = np.array([side, 0.0, 0.0])
        rods.chain(
            [shoulder + 0.060 * out + _by(0, -0.030, 0), chest + 0.052 * out, hip + 0.040 * out + _by(0, 0.06, 0)],
            [0.046, 0.056, 0.054], coat,
        )  # fmt: skip
        hem = 0.30 if long_coat else 0.505
        flare = 0.055 if long_coat else 0.044
        rods.add(hip + 0.040 * out + _by(0, 0.06, 0), np.array([side * flare, hem, 0.15 * stride * side]),
                 0.057, 0.062 if long_coat else 0.055, coat)  # fmt: skip
    rods.add(chest, hip + _by(0, 0.04, 0), 0.062, 0.058, coat)
    rods.add(shoulder + _by(0, -0.005, 0), chest, 0.045, 0.062, coat)
    for side in (-1.0, 1.0):  # shoulders fall away from the neck
        rods.add(shoulder + _by(side * 0.012, 0.026, 0), shoulder + _by(side * 0.088, -0.018, 0), 0.026, 0.036, coat)
    pockets = not stride and bool(rng.random() < 0.5)
    for side in (-1.0, 1.0):
        swing = -0.75 * side * stride
        top = shoulder + _by(side * 0.096, -0.026, 0)
        if pockets:
            elbow, hand = top + _by(side * 0.036, -0.158, -0.045), np.array([side * 0.085, 0.53, 0.03])
        else:
            elbow = top + _by(side * 0.022, -0.160, 0.55 * swing)
            hand = elbow + _by(-side * 0.004, -0.140, 0.6 * swing + 0.03)
        rods.chain([top, elbow, elbow + 0.85 * (hand - elbow)], [0.038, 0.029, 0.022], coat)
        if not pockets:
            rods.add(elbow + 0.85 * (hand - elbow), hand + _by(0, -0.02, 0), 0.016, 0.014, SKIN)
    neck = shoulder + _by(0, 0.04, 0.004)
    rods.add(neck, neck + _by(0, 0.03, 0.003), 0.026, 0.025, SKIN)
    head = np.array([sway * 0.2, 0.925, lean + 0.006])
    rods.add(head + _by(0, -0.030, 0.012), head + _by(0, 0.008, 0.006), 0.040, 0.049, SKIN)
    kind_of_head = rng.random()
    if kind_of_head < 0.25:  # a woollen hat
        hat = COATS[int(rng.integers(len(COATS)))]
        rods.add(head + _by(0, 0.012, -0.002), head + _by(0, 0.030, -0.006), 0.054, 0.050, hat)
    else:
        rods.add(head + _by(0, 0.018, -0.006), head + _by(0, -0.012, -0.018), 0.055, 0.047, hair)
        if kind_of_head > 0.6:  # long hair
            rods.add(head + _by(0, 0.0, -0.020), head + _by(0, -0.10, -0.036), 0.049, 0.034, hair)
    if not long_coat and rng.random() < 0.35:  # a rucksack
        pack = COATS[int(rng.integers(len(COATS)))] * 0.7
        for x in (-0.03, 0.03):
            rods.add(chest + _by(x, 0.065, -0.085), chest + _by(x, -0.095, -0.090), 0.048, 0.054, pack)
    angle = np.radians(turn)
    # At 0 the figure goes away from the camera: its own ahead is +z.
    spin = np.array([[np.cos(angle), 0, np.sin(angle)], [0, 1, 0], [-np.sin(angle), 0, np.cos(angle)]])
    a, b = (np.stack([r[k] for r in rods.rows]) @ spin.T for k in (0, 1))
    ra, rb = (np.array([r[k] for r in rods.rows], np.float32) for k in (2, 3))
    return Figure(a.astype(np.float32), b.astype(np.float32), ra, rb, np.stack([r[4] for r in rods.rows]))


@jit
def lay_rods(
    color: Float, depth: Float, a: Float, b: Float, ra: Float, rb: Float, albedo: Float, light: Float, sun: Float,
    sky: Float, ground: Float, scale: float, left: float, foot: float
) -> None:  # fmt: skip
    """Lay rounded rods, lit; the nearest wins. Pixel of a point: x * scale + left, foot - y * scale."""
    h, w = depth.shape
    for i in range(a.shape[0]):
        ax, ay = a[i, 0] * scale + left, foot - a[i, 1] * scale
        bx, by = b[i, 0] * scale + left, foot - b[i, 1] * scale
        r = max(ra[i], rb[i]) * scale + 1
        lx, ly = bx - ax, by - ay
        long2 = lx * lx + ly * ly + 1e-6
        for y in range(max(0, int(min(ay, by) - r)), min(h, int(max(ay, by) + r) + 2)):
            for x in range(max(0, int(min(ax, bx) - r)), min(w, int(max(ax, bx) + r) + 2)):
                dx, dy = x + 0.5 - ax, y + 0.5 - ay
                t = min(1.0, max(0.0, (dx * lx + dy * ly) / long2))
                rad = (ra[i] + t * (rb[i] - ra[i])) * scale
                ox, oy = dx - t * lx, dy - t * ly
                d2 = (ox * ox + oy * oy) / (rad * rad)
                if d2 > 1:
                    continue
                out = np.sqrt(1 - d2)
                z = a[i, 2] + t * (b[i, 2] - a[i, 2]) - out * rad / scale
                if z >= depth[y, x]:
                    continue
                depth[y, x] = z
                nx, ny, nz = ox / rad, -oy / rad, -out
                high = (foot - y) / scale
                across = (x - left) / scale
                # Folds of cloth.
                fold = np.sin(high * 61 + 9 * np.sin(across * 40 + i) + i) * np.sin(high * 23 - across * 35 + 2.0 * i)
                ny = ny + 0.18 * fold
                facing = max(0.0, (nx * light[0] + ny * light[1] + nz * light[2] + 0.1) / 1.1)
                up = min(1.0, max(0.0, 0.5 + 0.5 * ny))
                shut = 1 - 0.35 * min(1.0, max(0.0, (0.5 - high) / 0.5)) * max(0.0, -nz)
                for k in range(3):
                    got = sun[k] * facing + (up * sky[k] + (1 - up) * ground[k]) * shut
                    color[y, x, k] = albedo[i, k] * got * (1 + 0.10 * fold)
                color[y, x, 3] = 1


def draw(figure: Figure, toward: Float, sun: Float, sky: Float, ground: Float, height: int) -> Float:
    """(h, w, 4) premultiplied, `height` pixels high, the feet at its lower end, x = 0 in its middle."""
    half = 1.05 * float(max(np.abs(figure.a[:, 0]).max() + 0.07, np.abs(figure.b[:, 0]).max() + 0.07))
    color = np.zeros((height, 2 * round(half * height) + 2, 4), np.float32)
    depth = np.full(color.shape[:2], np.inf, np.float32)
    lay_rods(color, depth, figure.a, figure.b, figure.ra, figure.rb, figure.color, toward, sun, sky, ground,
          float(height), 0.5 * color.shape[1], float(height))  # fmt: skip
    return color


def body(figure: Figure, rng: np.random.Generator) -> tuple[Float, Float]:
    """Points (n, 3) spread through the figure and the opaque area of each, for its shadow."""
    t = rng.random((len(figure.a), 60, 1))
    axis = figure.a[:, None] + t * (figure.b - figure.a)[:, None]
    rad = (figure.ra[:, None] + t[..., 0] * (figure.rb - figure.ra)[:, None])[..., None]
    points = axis + rad * rng.uniform(-0.8, 0.8, (*axis.shape[:2], 3))
    long = np.linalg.norm(figure.b - figure.a, axis=1) + figure.ra + figure.rb
    area = np.repeat(long * (figure.ra + figure.rb) / 60, 60) * 1.6
    return points.reshape(-1, 3).astype(np.float32), area.astype(np.float32)
