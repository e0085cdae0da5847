"""Land as a height field, seen from a level camera: which point of it each pixel shows.

World: x right, y up, z ahead, metres; the camera stands at (0, eye, 0) and looks level along z, its horizon moved by a
lens shift, so that each picture column is one vertical plane of the world and can be marched from near to far with the
part already covered growing upwards (the "voxel space" way of drawing height fields). Heights are sums of gradient
noise
(Perlin 2002), ridged for mountains (Musgrave et al. 1989, "The synthesis and rendering of eroded fractal terrains").
Trees are part of the height field: a cone or a dome in each cell of a jittered grid.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fluxroom.sky._jit import inline, jit, over_rows

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]


@dataclass(frozen=True)
class Ground:
    """The shape of a land, metres. Heights below 0 are under water."""

    level: float = 1.0
    """Height of the plain."""
    hill: float = 0.0
    hill_length: float = 400.0
    mountain: float = 0.0
    mountain_length: float = 3000.0
    mountain_from: float = 1500.0
    """Distance at which mountains begin to rise, and after as far again are full."""
    dune: float = 0.0
    dune_length: float = 90.0
    shore_near: float = 0.0
    """Distance of the near shore: land before it, water behind; 0: no near shore."""
    shore_far: float = 0.0
    """Distance of the far shore: land behind it; 0 and a near shore: open sea."""
    depth: float = 6.0
    forest: float = 0.0
    """Share of the ground under trees, 0..1."""
    tree_height: float = 13.0
    conifers: float = 1.0
    """1: cones, 0: domes."""
    clear: float = 60.0
    """No tree stands nearer than this."""
    seed: int = 0

    def packed(self) -> F64:
        names = ("level", "hill", "hill_length", "mountain", "mountain_length", "mountain_from", "dune", "dune_length")
        more = ("shore_near", "shore_far", "depth", "forest", "tree_height", "conifers", "clear", "seed")
        return np.array([float(getattr(self, n)) for n in (*names, *more)])


(LEVEL, HILL, HILL_L, MOUNT, MOUNT_L, MOUNT_Z, DUNE, DUNE_L, NEAR, FAR, DEPTH, FOREST, TREE_H, CONES, CLEAR, SEED) = (
    range(16)
)


_TURNS = np.arange(64) * (2 * math.pi / 64)
COS, SIN = np.cos(_TURNS), np.sin(_TURNS)


@inline
def mixed(i: int, j: int, salt: int) -> int:
    """32 well-mixed bits for a lattice point."""
    h = (i * 374761393 + j * 668265263 + salt * 2246822519) & 0xFFFFFFFF
    h = ((h ^ (h >> 13)) * 1274126177) & 0xFFFFFFFF
    return h ^ (h >> 16)


@jit
def hashed(i: int, j: int, salt: int) -> float:
    """A number in [0, 1) for a lattice point."""
    h = (mixed(i, j, salt) * 2654435761) & 0xFFFFFFFF
    return float((h ^ (h >> 15)) & 0xFFFFFF) / 16777216.0


@jit
def perlin(x: float, y: float, salt: int) -> float:
    """Gradient noise, about -0.7..0.7."""
    fi, fj = math.floor(x), math.floor(y)
    i, j = int(fi), int(fj)
    u, v = x - fi, y - fj
    a = mixed(i, j, salt) & 63
    b = mixed(i + 1, j, salt) & 63
    c = mixed(i, j + 1, salt) & 63
    d = mixed(i + 1, j + 1, salt) & 63
    na = COS[a] * u + SIN[a] * v
    nb = COS[b] * (u - 1) + SIN[b] * v
    nc = COS[c] * u + SIN[c] * (v - 1)
    nd = COS[d] * (u - 1) + SIN[d] * (v - 1)
    fu = u * u * u * (u * (u * 6 - 15) + 10)
    fv = v * v * v * (v * (v * 6 - 15) + 10)
    low = na + (nb - na) * fu
    return float(low + (nc + (nd - nc) * fu - low) * fv)


@inline
def step(low: float, high: float, x: float) -> float:
    t = min(1.0, max(0.0, (x - low) / (high - low)))
    return t * t * (3.0 - 2.0 * t)


@jit
def fbm(x: float, z: float, length: float, finest: float, salt: int, octaves: int) -> float:
    """Sum of octaves, -1..1 about; none with a wavelength under `finest` metres."""
    total, amount = 0.0, 0.5
    for k in range(octaves):
        if length < finest:
            break
        total += amount * perlin(x / length + 17.3 * k, z / length - 9.1 * k, salt + k)
        length *= 0.487
        amount *= 0.5
    return total * 1.6


@jit
def ridged(x: float, z: float, length: float, finest: float, salt: int) -> float:
    """Ridged multifractal, 0..1: sharp crests, and the finer ones stronger where it is high."""
    bend = length * 0.16
    wx = x + bend * perlin(x / length * 1.7, z / length * 1.7, salt + 60)
    wz = z + bend * perlin(x / length * 1.7 + 5.2, z / length * 1.7 + 1.3, salt + 61)
    total, amount, weight = 0.0, 0.56, 1.0
    for k in range(10):
        if length < finest:
            break
        n = 1.0 - min(1.0, 1.55 * abs(perlin(wx / length + 31.7 * k, wz / length + 11.9 * k, salt + k)))
        n = n * n * weight
        total += amount * n
        weight = min(1.0, max(0.0, n * 1.7))
        length *= 0.46
        amount *= 0.46
    return total


@jit
def bare(x: float, z: float, p: F64, finest: float) -> float:
    """Height of the ground without trees."""
    salt = int(p[SEED]) * 131
    y = p[LEVEL]
    if p[HILL] > 0:
        y += p[HILL] * (fbm(x, z, p[HILL_L], finest, salt + 3, 9) + 0.25)
    if p[DUNE] > 0:
        bent = 0.75 * z + 0.66 * x + 0.8 * p[DUNE_L] * fbm(x, z, p[DUNE_L] * 4.0, finest, salt + 11, 2)
        phase = bent / p[DUNE_L] + 0.3 * perlin(x / p[DUNE_L] / 2.5, z / p[DUNE_L] / 2.5, salt + 14)
        part = phase - math.floor(phase)
        form = part / 0.68 if part < 0.68 else (1.0 - part) / 0.32
        crest = 0.35 + 0.65 * step(-0.35, 0.35, perlin(x / p[DUNE_L] / 3.1, z / p[DUNE_L] / 4.7, salt + 15))
        y += p[DUNE] * crest * form * form * (3.0 - 2.0 * form)
        y += (
            0.018
            * math.sin(6.2831853 * (bent + 1.5 * fbm(x, z, 7.0, finest, salt + 12, 3)) / 0.55)
            * step(0.12, 0.02, finest)
        )
    if p[MOUNT] > 0:
        far = step(p[MOUNT_Z], 2.2 * p[MOUNT_Z], math.sqrt(x * x + z * z))
        if far > 0:
            massif = 0.55 + 0.9 * perlin(x / (p[MOUNT_L] * 2.3), z / (p[MOUNT_L] * 2.3), salt + 40)
            y += p[MOUNT] * far * (max(0.12, massif) * ridged(x, z, p[MOUNT_L], finest, salt + 20) * 1.25)
    if p[NEAR] > 0:
        coast = p[NEAR] * (1.0 + 0.35 * fbm(x, 7.7, p[NEAR] * 2.2 + 20.0, finest, salt + 50, 5)) + 0.12 * x
        inside = z - coast
        if p[FAR] > 0:
            other = p[FAR] * (1.0 + 0.22 * fbm(x, 3.3, p[FAR] * 0.5, finest, salt + 55, 6))
            inside = min(inside, other - z)
        wide = 0.35 * p[NEAR] + 6.0
        y = y + (-p[DEPTH] - y) * step(-wide, wide * 2.5, inside) if inside > -wide else y
    return float(y)


@jit
def tree_at(x: float, z: float, p: F64, ground: float) -> tuple[float, float, float, float, float]:
    """The tree that stands highest over a point: its height here above the ground, its number in [0, 1), where the
    point lies from its middle in parts of its radius (x and z), and its whole height."""
    best, who, bx, bz, whole = 0.0, 0.0, 0.0, 0.0, 1.0
    if p[FOREST] <= 0 or ground < 0.8:
        return best, who, bx, bz, whole
    salt = int(p[SEED]) * 131 + 77
    size = p[TREE_H] * (0.40 if p[CONES] > 0.5 else 0.75)
    ci, cj = math.floor(x / size), math.floor(z / size)
    for di in range(-1, 2):
        for dj in range(-1, 2):
            i, j = ci + di, cj + dj
            tx = (i + 0.15 + 0.7 * hashed(i, j, salt)) * size
            tz = (j + 0.15 + 0.7 * hashed(i, j, salt + 1)) * size
            ax, az = x - tx, z - tz
            wide = size * (0.40 if p[CONES] > 0.5 else 0.56) * (0.75 + 0.45 * hashed(i, j, salt + 3))
            d = math.sqrt(ax * ax + az * az)
            if d >= 1.3 * wide or tx * tx + tz * tz < p[CLEAR] * p[CLEAR]:
                continue
            patch = (
                0.5 + 0.75 * perlin(tx / 170.0, tz / 170.0, salt + 5) + 0.35 * perlin(tx / 43.0, tz / 43.0, salt + 6)
            )
            if patch < 1.0 - p[FOREST] or ground > 620.0 + 220.0 * patch:
                continue
            tall = p[TREE_H] * (0.5 + 0.65 * hashed(i, j, salt + 2))
            if p[CONES] > 0.5:
                d *= 1.0 + 0.45 * perlin(x * 1.3, z * 1.3, salt + 8)
            else:
                d *= 1.0 + 0.30 * perlin(x * 0.55, z * 0.55, salt + 8) + 0.14 * perlin(x * 1.9, z * 1.9, salt + 9)
            if d < wide:
                slope = 14.0
                here = bare(tx, tz, p, 20.0)
                if abs(bare(tx + slope, tz, p, 20.0) - here) + abs(bare(tx, tz + slope, p, 20.0) - here) > 0.95 * slope:
                    continue
                r = d / wide
                high = tall * (1.0 - r) ** 0.85 if p[CONES] > 0.5 else tall * (0.10 + 0.90 * math.sqrt(1.0 - r * r))
                if high > best:
                    best, who, bx, bz, whole = high, hashed(i, j, salt + 4), ax / wide, az / wide, tall
    return best, who, bx, bz, whole


@jit
def _columns(
    first: int,
    last: int,
    width: int,
    height: int,
    horizon: float,
    focal: float,
    eye: float,
    near: float,
    p: F64,
    out: F32,
) -> None:
    """out (width, height): distance z along the view axis of what a pixel shows, 0 where sky."""
    reach = 26000.0
    for column in range(first, last):
        slope = (column + 0.5 - width / 2) / focal
        top = float(height)  # rows from here down are covered
        z = near
        before = z
        while z < reach and top > 0:
            x = slope * z
            finest = 1.6 * z / focal
            ground = bare(x, z, p, finest)
            y = max(ground, 0.0)
            if z < 5200.0 and p[FOREST] > 0:
                tall, _, _, _, _ = tree_at(x, z, p, ground)
                y = max(y, ground + tall)
            row = horizon - (y - eye) / z * focal
            if row < top:
                start = math.ceil(row - 0.5)
                for r in range(max(start, 0), min(math.ceil(top - 0.5), height)):
                    share = (top - (r + 0.5)) / max(top - row, 1e-9)
                    out[column, r] = before + (z - before) * min(1.0, max(0.0, share))
                top = row
            before = z
            z += max(0.12, z * (0.0011 if z < 3000.0 else 0.0022))


def stand(ground: Ground) -> float:
    """Height of the ground where the camera stands and close before it, metres (at least the water's)."""
    p = ground.packed()
    near = [
        bare(0.35 * x * z, z, p, 0.5) for z in (0.0, 4.0, 9.0, 16.0, 26.0, 40.0) for x in (-1.0, -0.5, 0.0, 0.5, 1.0)
    ]
    return max(0.0, *near)


def distances(width: int, height: int, horizon: float, focal: float, eye: float, near: float, ground: Ground) -> F32:
    """(height, width) float32: z of what each pixel shows, 0 where it shows sky. Rows and focal length in pixels;
    nothing is nearer than `near`."""
    out = np.zeros((width, height), np.float32)
    p = ground.packed()
    over_rows(width, lambda a, b: _columns(a, b, width, height, horizon, focal, eye, near, p, out))
    return np.ascontiguousarray(out.T)


__all__ = ["Ground", "distances", "stand", "bare", "tree_at", "fbm", "perlin", "hashed", "step"]
