"""Sheets of cloud, soft where they are thin: stratocumulus, altocumulus, cirrus.

A sheet is a depth over the ground plane (how much cloud stands above each place), cut from cellular and fractal noise
and bent by the wind. Rays go through it in a few steps, so that near parts hide far ones and bellies have sides, but
its shape is that of one depth at each place: softer and cheaper than the volumes of `fluxroom.sky.clouds`, whose light
it shares (Beer's law toward the sun, octaves of weaker and rounder scattering).

Sources: two-dimensional cloud layers with self-shading toward the sun (Harris & Lastra 2001, "Real-Time Cloud
Rendering"; Schneider 2016, "Real-Time Volumetric Cloudscapes", GPU Pro 7, for high layers); bent coordinates (Perlin
1985; Quilez, "Domain warping"). Lengths are kilometres.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from fluxroom.sky._jit import inline, jit, over_rows
from fluxroom.sky.clouds import EARTH, F32, Buffers, henyey, ray_jitter
from fluxroom.sky.noise import Noise


@dataclass(frozen=True, slots=True)
class Sheet:
    """What makes one sort of sheet.

    base, thickness   height above ground and depth of the layer
    cell          size of one body
    weather       size of banks and breaks
    patchy        how strongly they move the coverage
    stretch       how much longer than wide bodies are, along the wind
    lumpy         1 rounded bodies with gaps .. 0 fibres of fractal noise
    bent          how far the wind bends it, in cells
    ragged        how much fine noise moves the edges
    soft          over how much of the noise an edge goes from nothing to full depth
    extinction    per kilometre at full density
    clear         how much of the light goes through in any case: ice, not water
    across        the wind's direction: 1 bodies lie along the horizon .. 0 they run toward it
    domed         1 flat base and heaped tops .. 0 bellies below
    steps         samples through the layer
    widest        as in `fluxroom.sky.clouds.Kind`
    """

    base: float
    thickness: float
    cell: float
    weather: float
    patchy: float
    stretch: float
    lumpy: float
    bent: float
    ragged: float
    soft: float
    extinction: float
    clear: float = 0.0
    across: float = 1.0
    widest: float = 0.0
    domed: float = 0.0
    steps: int = 22


SHEETS: dict[str, Sheet] = {
    "broken": Sheet(1.9, 0.42, 1.0, 7.0, 0.75, 1.5, 0.9, 0.20, 0.30, 0.55, 11.0, widest=0.24),
    "stratocumulus": Sheet(1.5, 0.42, 1.15, 9.0, 0.6, 2.0, 0.8, 0.22, 0.26, 0.65, 11.0, widest=0.34),
    "altocumulus": Sheet(4.0, 0.22, 0.52, 9.0, 0.7, 1.25, 1.0, 0.22, 0.22, 0.60, 13.0, widest=0.065),
    "cumulus": Sheet(1.3, 0.55, 0.85, 5.0, 0.8, 1.15, 1.0, 0.10, 0.46, 0.42, 16.0, widest=0.14, domed=1.0, steps=40),
    "heavy": Sheet(1.5, 0.65, 1.2, 7.0, 0.75, 1.6, 0.95, 0.18, 0.42, 0.48, 14.0, widest=0.36, domed=0.7, steps=30),
    "cirrus": Sheet(8.0, 0.5, 2.2, 14.0, 1.0, 6.0, 0.0, 0.32, 0.6, 1.3, 2.8, clear=0.3, across=0.55),
}


@inline
def _at(plane: F32, x: float, y: float) -> float:
    n = plane.shape[0]
    x = (x - np.floor(x)) * n
    y = (y - np.floor(y)) * n
    i, j = int(x), int(y)
    u, v = np.float32(x - i), np.float32(y - j)
    i, j = i & (n - 1), j & (n - 1)
    i1, j1 = (i + 1) & (n - 1), (j + 1) & (n - 1)
    a = plane[j, i] + u * (plane[j, i1] - plane[j, i])
    b = plane[j1, i] + u * (plane[j1, i1] - plane[j1, i])
    return float(a + v * (b - a))


@inline
def _ramp(low: float, high: float, x: float) -> float:
    t = min(1.0, max(0.0, (x - low) / (high - low)))
    return t * t * (3.0 - 2.0 * t)


@inline
def _depth(
    cells: F32,
    plane: F32,
    fine: F32,
    x: float,
    z: float,
    up: float,
    cover: float,
    sight: float,
    k: NDArray[np.float64],
) -> float:
    """How much cloud there is over a place: 0 or less none, 1 an edge's full depth .. 2.5. x along the wind.

    up      height above the base: fine noise differs with it, so that flanks are no curtains
    sight   what is smaller than this is not seen
    """
    s, lumpy, ragged, soft = k[4], k[6], k[8], k[9]
    u, v = x * s * k[5], z * s
    rough = sight * s  # in cells
    rise = up * s
    n = 0.0
    if lumpy > 0.0:
        a = _at(cells, u * 0.1 + 0.05 * rise, v * 0.1 - 0.04 * rise) - 0.5
        b = _at(cells, (0.81 * u - 0.59 * v) * 0.045 + 0.3, (0.59 * u + 0.81 * v) * 0.045 + 0.6) - 0.5
        n += lumpy * (0.80 * a * (1.0 - _ramp(0.5, 2.5, rough)) + 0.45 * b * (1.0 - _ramp(1.2, 6.0, rough)))
    if lumpy < 1.0:
        a = _at(plane, u * 0.11, v * 0.11) - 0.5
        b = _at(plane, u * 0.23 + 0.5, v * 0.27 + 0.2) - 0.5
        n += (1.0 - lumpy) * (0.85 * a * (1.0 - _ramp(0.7, 3.5, rough)) + 0.4 * b * (1.0 - _ramp(0.3, 1.5, rough)))
    if rough < 0.5 and n + cover - 0.5 + 0.5 * ragged > 0.0:
        e = _at(fine, u * 0.31 + 0.4 + 0.24 * rise, v * 0.31 + 0.19 * rise) - 0.5
        n += ragged * (0.6 * e * (1.0 - _ramp(0.12, 0.5, rough)))
        if rough < 0.16:
            e = _at(fine, (0.8 * u + 0.6 * v) * 0.83 - 0.6 * rise, (0.8 * v - 0.6 * u) * 0.83 + 0.55 * rise) - 0.5
            n += ragged * 0.4 * e * (1.0 - _ramp(0.04, 0.16, rough))
            if rough < 0.05:
                e = _at(fine, (0.6 * u - 0.8 * v) * 2.3 + 1.7 * rise, (0.6 * v + 0.8 * u) * 2.3 - 1.5 * rise) - 0.5
                n += ragged * 0.22 * e * (1.0 - _ramp(0.012, 0.05, rough))
    return float(min(2.5, (n + cover - 0.5) / soft))


@inline
def _density(depth: float, f: float, domed: float) -> float:
    """0..1 at the height f (0 base .. 1 top) over a place: domed above, bellied below."""
    t = min(1.0, depth)
    t = t * t * (3.0 - 2.0 * t)
    top = (1.0 - domed) * (0.30 + 0.70 * t) + domed * min(1.0, 0.10 + 0.55 * depth)
    low = (1.0 - domed) * (0.34 - 0.13 * depth) + domed * (0.10 - 0.04 * depth)
    d = min((top - f) * (3.5 + 5.0 * domed), (f - low) * (4.5 + 4.0 * domed) + 0.15)
    return float(min(1.0, max(0.0, d)) * min(1.0, (2.2 + 2.0 * domed) * t))


@jit
def _rows(
    cells: F32,
    plane: F32,
    fine: F32,
    directions: NDArray[np.float64],
    wanted: NDArray[np.bool_],
    jitter: F32,
    sun: NDArray[np.float64],
    k: NDArray[np.float64],
    bias: F32,
    out: F32,
    first: int,
    last: int,
) -> None:
    """As `fluxroom.sky.clouds._march_rows`. k: see `sheet`."""
    wc, ws = np.cos(k[10]), np.sin(k[10])
    ox, oz = k[11], k[12]
    sx, sy, sz = wc * sun[0] - ws * sun[2], sun[1], ws * sun[0] + wc * sun[2]
    low, thick, sigma, haze = k[2], k[3], k[13], k[14]
    cell = 1.0 / k[4]
    for r in range(first, last):
        for c in range(directions.shape[1]):
            if not wanted[r, c]:
                continue
            dx, dy, dz = directions[r, c, 0], directions[r, c, 1], directions[r, c, 2]
            a = max(1e-9, (1.0 - dy * dy) / (2.0 * EARTH))
            reach = dy if dy > -0.02 else -0.02
            t0 = 2.0 * low / (reach + np.sqrt(reach * reach + 4.0 * a * low))
            top = low + thick
            t1 = 2.0 * top / (reach + np.sqrt(reach * reach + 4.0 * a * top))
            if t0 > 5.0 * haze:
                continue
            cosine = dx * sun[0] + dy * sun[1] + dz * sun[2]
            p0 = 0.72 * min(3.6, henyey(cosine, 0.78)) + 0.28 * henyey(cosine, -0.22)
            p1 = 0.72 * henyey(cosine, 0.47) + 0.28 * henyey(cosine, -0.13)
            p2 = 0.72 * henyey(cosine, 0.28) + 0.28 * henyey(cosine, -0.08)
            vx, vz = wc * dx - ws * dz, ws * dx + wc * dz
            count = int(k[20])
            step = (t1 - t0) / count
            # One ray sees a strip of ground that grows with the distance and the slant.
            sight = t0 * k[15] * (1.0 + 0.35 * low / max(0.05 * t0, t0 * dy + low * 0.02))
            xm, zm = vx * (t0 + 0.3 * (t1 - t0)), vz * (t0 + 0.3 * (t1 - t0))
            xw, zw = xm * k[16] + k[21], zm * k[16] + k[22]
            w = 0.65 * _at(plane, xw + 0.13, zw + 0.71)
            w += 0.35 * _at(plane, (0.81 * xw - 0.59 * zw) * 2.236, (0.59 * xw + 0.81 * zw) * 2.236)
            cover = k[0] + k[1] * (w - 0.5) * 1.15 + bias[r, c]
            # The wind bends all of it, over many bodies.
            u, v = (ox + xm) * k[4] * 0.041, (oz + zm) * k[4] * 0.041
            px = ox + k[7] * (_at(plane, u + 0.17, v + 0.63) - 0.5)
            pz = oz + k[7] * (_at(plane, u + 0.71, v + 0.29) - 0.5)
            if cover < -0.125 - 0.5 * k[8]:  # the noise cannot lift it
                continue
            through = 1.0
            s_sun, s_amb, s_alpha, s_depth = 0.0, 0.0, 0.0, 0.0
            t = t0 + step * (0.35 + 0.3 * jitter[r, c])
            age = 2
            lit, open_sky = 0.0, 0.0
            for _ in range(count):
                if t > t1:
                    break
                x, z = px + vx * t, pz + vz * t
                f = (t * dy + a * t * t - low) / thick
                here = _depth(cells, plane, fine, x, z, f * thick, cover, max(sight, 0.35 * step), k)
                d = _density(here, f, k[19]) if here > 0.0 else 0.0
                if d > 0.003:
                    # Light changes little from one step to the next.
                    age += 1
                    if age > 1:
                        age = 0
                        # Toward the sun, in growing steps, seeing less and less detail.
                        tau = 0.0
                        slope = 0.0
                        at = 0.10 * cell
                        length = 0.16 * cell
                        for i_sun in range(4):
                            fs = f + sy * at / thick
                            if fs > 1.1 or fs < -0.1:
                                break
                            there = _depth(
                                cells, plane, fine, x + sx * at, z + sz * at, fs * thick, cover, max(sight, 0.5 * at), k
                            )
                            if i_sun < 2:
                                slope += (1.0 - 0.4 * i_sun) * (max(0.0, there) - here)
                            tau += _density(max(0.0, there), fs, k[19]) * length
                            at += 0.5 * length
                            length *= 1.9
                            at += 0.5 * length
                        tau *= 0.42 * sigma
                        rim = p0 * np.exp(-tau) + 0.5 * p1 * np.exp(-0.40 * tau)
                        deep = 0.34 * p2 * np.exp(-0.16 * tau) + 0.26 * np.exp(-0.05 * tau)
                        above = min(1.4, here) * max(0.0, 1.0 - f) * thick
                        open_sky = (
                            (k[23] + (1.0 - k[23]) / (1.0 + 0.9 * sigma * above))
                            * (1.0 - 0.24 * (here - 1.0))
                            * min(1.3, max(0.6, 1.0 - 0.35 * k[18] * slope))
                        )
                        # What turns toward the sun is lighter than what turns away.
                        lit = (rim * (0.45 + 0.55 * d) + deep) * min(1.9, max(0.25, 1.0 - k[18] * slope))
                    gone = through * (1.0 - np.exp(-sigma * d * step))
                    seen = gone * np.exp(-t / haze)
                    s_sun += seen * lit
                    s_amb += seen * open_sky
                    s_alpha += seen
                    s_depth += seen * t
                    through *= np.exp(-sigma * d * step)
                    if through < 0.02:
                        break
                else:
                    age = 2
                    if here < -0.6:  # well outside of any body
                        t += step
                t += step
            if s_alpha > 1e-4:
                most = 1.0 - k[17]
                out[0, r, c] = most * s_sun
                out[1, r, c] = most * s_amb
                out[2, r, c] = most * min(1.0, s_alpha)
                out[3, r, c] = s_depth / s_alpha
                out[4, r, c] = most * (1.0 - through)


def march_sheet(
    noise: Noise,
    directions: NDArray[np.float64],
    wanted: NDArray[np.bool_],
    sun: tuple[float, float, float],
    sheet: Sheet,
    coverage: float,
    density: float,
    seed: int,
    haze: float | None = None,
    bias: F32 | None = None,
) -> Buffers:
    """As `fluxroom.sky.clouds.march`, for a sheet."""
    height, width = wanted.shape
    random = np.random.Generator(np.random.PCG64(seed))
    offset = random.uniform(-400.0, 400.0, 4)
    wind = random.uniform(-0.5, 0.5) + (0.5 * math.pi) * (1.0 - sheet.across)
    k = np.zeros(24, np.float64)
    k[0] = 0.05 + 1.1 * coverage - sheet.domed * (0.12 + 0.25 * coverage)
    k[1] = sheet.patchy * (1.0 - 0.45 * coverage)
    k[2], k[3] = sheet.base, sheet.thickness
    k[4], k[5] = 1.0 / sheet.cell, 1.0 / sheet.stretch
    k[6], k[7] = sheet.lumpy, 6.0 * sheet.bent * sheet.cell
    k[8], k[9] = sheet.ragged, sheet.soft
    k[10] = wind
    # In bodies and in banks, not kilometres: the same sky whatever their size.
    k[11], k[12] = offset[:2] * sheet.cell
    k[21], k[22] = offset[2:]
    k[23] = 0.34 - 0.28 * density  # light from below: much under thin clouds
    k[13] = sheet.extinction * (0.25 + 1.15 * density)
    k[14] = 36.0 * (sheet.base / 1.5) ** 0.6 if haze is None else haze
    spread = directions[height // 2, -1] - directions[height // 2, 0]
    k[15] = 1.5 * float(np.sqrt((spread * spread).sum())) / max(1, width - 1)
    k[16] = 1.0 / (4.0 * sheet.weather)
    k[17] = sheet.clear
    k[18], k[19], k[20] = 1.1 * (1.0 - 2.5 * sheet.clear), sheet.domed, sheet.steps
    out = np.zeros((5, height, width), np.float32)
    jitter = ray_jitter(height, width)
    light = np.array(sun, np.float64)
    rays = np.ascontiguousarray(directions, dtype=np.float64)
    lean = np.zeros((height, width), np.float32) if bias is None else np.ascontiguousarray(bias, np.float32)
    over_rows(
        height,
        lambda a, b: _rows(noise.cells, noise.plane, noise.fine, rays, wanted, jitter, light, k, lean, out, a, b),
        8,
    )
    # What the jitter leaves of steps is finer than any cloud.
    for i in range(5):
        out[i] = cv2.GaussianBlur(out[i], (0, 0), 0.7)
    return Buffers(out[0], out[1], out[2], out[3], out[4])


TRIES = 8
"""Places in the endless layer among which `composed` chooses."""


def composed(noise: Noise, directions: NDArray[np.float64], sheet: Sheet, coverage: float, seed: int) -> int:
    """The seed, or one that comes from it, of a place that covers the sky about as much as was asked for.

    A frame sees few banks and breaks of an endless layer: the first place may be all break or all bank. The view of
    `directions` (h, w, 3) and the `sheet` should be the same for any photo: then a photo and a small copy of it get
    the same clouds.
    """
    wanted = np.ones(directions.shape[:2], np.bool_)
    best, least = seed, 2.0
    for i in range(TRIES):
        other = seed + 7919 * i
        opacity = march_sheet(noise, directions, wanted, (0.0, 1.0, 0.0), sheet, coverage, 0.6, other).opacity
        off = abs(float(opacity.mean(dtype=np.float64)) - coverage)
        if off < least:
            best, least = other, off
    return best
