"""Volumetric cloud layers, marched ray by ray into scalar buffers.

What a ray returns is free of colour: how much sunlight its cloud scatters to the camera, how much
sky light, how much of the background it hides. The toning into the photo (`fluxroom.sky.light`)
needs no second march.

Sources: density from equalised Perlin-Worley noise over a weather map, and Beer's law with a sun
march (Schneider & Vos 2015, "The Real-Time Volumetric Cloudscapes of Horizon: Zero Dawn"); multiple
scattering as octaves of weaker, blinder, rounder single scattering (Wrenninge, Kulla & Lundqvist
2013, "Oz: The Great and Volumetric"); dual Henyey-Greenstein phase and energy-conserving
integration over a step (Hillaire 2016, "Physically Based Sky, Atmosphere and Cloud Rendering in
Frostbite"); a layer on the round Earth, so that it sinks into the horizon (Hillaire 2020).

Lengths are kilometres.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from fluxroom.sky._jit import inline, jit, over_rows
from fluxroom.sky.noise import Noise

F32 = NDArray[np.float32]
EARTH = 6371.0


@dataclass(frozen=True, slots=True)
class Kind:
    """What makes one sort of layer.

    base, thickness   height above ground and depth of the layer
    cell              size of one cloud body
    weather           size of the clearings and banks
    stretch           how much longer than wide bodies are, along the wind
    flat              0 lens-shaped .. 1 flat base and domed tops
    patchy            how strongly the weather map moves the coverage
    erosion           how deep the fine noise bites into the edges
    extinction        per kilometre at full density
    rough             size of the erosion noise, relative to `cell`
    filled            how much more closed the layer is than its coverage says
    relief            how much light and dark there is inside a cloud
    widest            how wide a cloud may look at the upper edge of a picture, as a share of its width; 0: any
    lumps             how much finer light and dark there is, relative to `relief`
    """

    base: float
    thickness: float
    cell: float
    weather: float
    stretch: float
    flat: float
    patchy: float
    erosion: float
    extinction: float
    rough: float
    filled: float = 0.0
    relief: float = 1.0
    widest: float = 0.0
    lumps: float = 0.0


KINDS: dict[str, Kind] = {
    "storm": Kind(1.4, 1.0, 1.6, 10.0, 1.8, 0.45, 0.42, 0.30, 40.0, 0.36, 0.95, 1.8, 0.34, 0.9),
}


@dataclass(frozen=True, slots=True)
class Buffers:
    """One value a ray, (h, w) float32.

    sun      sunlight scattered to the camera, in units of a fully lit thin edge; times alpha
    ambient  sky light, 0 dark base .. 1 open top; times alpha
    alpha    share of the background hidden, haze already taken off
    depth    mean distance of what is seen, kilometres
    opacity  share of the background hidden if the air were clear
    """

    sun: F32
    ambient: F32
    alpha: F32
    depth: F32
    opacity: F32


@inline
def _sample3(volume: F32, x: float, y: float, z: float) -> float:
    n = volume.shape[0]
    x = (x - np.floor(x)) * n
    y = (y - np.floor(y)) * n
    z = (z - np.floor(z)) * n
    i, j, k = int(x), int(y), int(z)
    u, v, w = np.float32(x - i), np.float32(y - j), np.float32(z - k)
    i, j, k = i & (n - 1), j & (n - 1), k & (n - 1)
    i1, j1, k1 = (i + 1) & (n - 1), (j + 1) & (n - 1), (k + 1) & (n - 1)
    a = volume[k, j, i] + u * (volume[k, j, i1] - volume[k, j, i])
    b = volume[k, j1, i] + u * (volume[k, j1, i1] - volume[k, j1, i])
    c = volume[k1, j, i] + u * (volume[k1, j, i1] - volume[k1, j, i])
    d = volume[k1, j1, i] + u * (volume[k1, j1, i1] - volume[k1, j1, i])
    e = a + v * (b - a)
    f = c + v * (d - c)
    return float(e + w * (f - e))


@inline
def _sample2(plane: F32, x: float, y: float) -> float:
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
def _smooth(low: float, high: float, x: float) -> float:
    t = min(1.0, max(0.0, (x - low) / (high - low)))
    return t * t * (3.0 - 2.0 * t)


@inline
def _cover(plane: F32, x: float, z: float, k: NDArray[np.float64]) -> float:
    """Local coverage on the ground plane: two incommensurate looks at the weather map."""
    a = _sample2(plane, x * k[9] + 0.13, z * k[9] + 0.71)
    b = _sample2(plane, (0.81 * x - 0.59 * z) * k[9] * 2.236 + 0.37, (0.59 * x + 0.81 * z) * k[9] * 2.236)
    w = 0.65 * a + 0.35 * b - 0.5
    return float(min(1.0, max(0.0, k[0] + k[1] * w * 1.15)))


@inline
def _shape(
    base: F32, coarse: F32, x: float, h: float, z: float, cover: float, least: float, k: NDArray[np.float64]
) -> float:
    """Signed depth inside a cloud body, about -1..1, before fine erosion. x along the wind; h above ground.

    Where it is certainly below `least`, that it is so is all that the value says.
    """
    f = (h - k[2]) / k[3]
    if f <= 0.0 or f >= 1.0 or cover <= 0.0:
        return -1.0
    # Flat base and domed tops, or a lens, by k[4].
    domed = 1.0 - _smooth(0.15, 1.0, f) * 0.85
    lens = 4.0 * f * (1.0 - f)
    profile = k[4] * domed + (1.0 - k[4]) * (0.15 + 0.85 * lens)
    s = k[5]
    a = _sample3(base, x * s * k[6], h * s * 1.15 + 0.31, z * s)
    ends = _smooth(0.0, 0.10, f) * _smooth(0.0, 0.12, 1.0 - f)
    rest = cover * (0.25 + 0.75 * profile) - 0.30 * (1.0 - ends) - 1.0
    most = 0.60 * a + 0.40 + rest  # noise is at most 1
    if most < least:
        return float(most)
    b = _sample3(coarse, (0.736 * x + 0.677 * z) * s * 0.618, h * s * 0.8, (0.736 * z - 0.677 * x) * s * 0.618)
    return float(0.60 * a + 0.40 * b + rest)


@inline
def _eroded(
    detail: F32, s: float, x: float, h: float, z: float, f: float, near: float, k: NDArray[np.float64]
) -> float:
    """Displace the surface by fine noise, most at the billowing top (after Schneider & Vos 2015)."""
    q = k[7]
    e = _sample3(detail, x * q * k[6] + 0.2, h * q, z * q) - 0.5
    e2 = 0.0
    if near > 0.0:
        e2 = _sample3(detail, (0.8 * x + 0.6 * z) * q * 3.3, h * q * 3.3 + 0.5, (0.8 * z - 0.6 * x) * q * 3.3) - 0.5
    billow = 0.60 + 0.40 * _smooth(0.05, 0.5, f)
    return float(s + k[13] * (billow * e + 0.42 * near * e2))


@inline
def henyey(cosine: float, g: float) -> float:
    return float((1.0 - g * g) / (1.0 + g * g - 2.0 * g * cosine) ** 1.5)


@jit
def _march_rows(
    base: F32,
    coarse: F32,
    detail: F32,
    plane: F32,
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
    """March rows first..last. k: see `march`. out: (5, h, w) sun, ambient, alpha, depth, opacity."""
    wc, ws = np.cos(k[10]), np.sin(k[10])
    ox, oz = k[11], k[12]
    # The sun in wind coordinates.
    sx, sy, sz = wc * sun[0] - ws * sun[2], sun[1], ws * sun[0] + wc * sun[2]
    sigma, erosion, haze, sharp = k[8], k[13], k[14], k[16]
    low, thick = k[2], k[3]
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
            t1 = min(t1, t0 + 45.0)
            cosine = dx * sun[0] + dy * sun[1] + dz * sun[2]
            p0 = 0.72 * min(3.6, henyey(cosine, 0.78)) + 0.28 * henyey(cosine, -0.22)
            p1 = 0.72 * henyey(cosine, 0.47) + 0.28 * henyey(cosine, -0.13)
            p2 = 0.72 * henyey(cosine, 0.28) + 0.28 * henyey(cosine, -0.08)
            # Thin edges scatter little back to a camera that has the sun behind it (Schneider & Vos 2015).
            powder = 0.75 * (0.5 - 0.5 * cosine) + 0.15
            vx, vz = wc * dx - ws * dz, ws * dx + wc * dz
            more = bias[r, c]
            through = 1.0
            s_sun = 0.0
            s_amb = 0.0
            s_alpha = 0.0
            s_depth = 0.0
            t = t0
            moved = 0.0
            inside = False
            known = False
            t_lit = 0.0
            rim = 0.0
            deep = 0.0
            open_sky = 0.0
            short = 1.0
            for i in range(240):
                step = max(thick / 30.0, t * 0.0055)
                if i == 0:
                    t += 0.6 * step * jitter[r, c]
                if t >= t1 or through < 0.018:
                    break
                x, z = ox + vx * t, oz + vz * t
                h = t * dy + a * t * t
                cover = min(1.0, _cover(plane, x, z, k) + more)
                if cover < 0.02:
                    moved = 2.0 * step
                    t += moved
                    inside = False
                    continue
                f = (h - low) / thick
                s = _shape(base, coarse, x, h, z, cover, -1.6 * erosion, k)
                if s < -0.6 * erosion:
                    moved = step * (1.6 if s < -1.6 * erosion else 1.1)
                    t += moved
                    inside = False
                    continue
                # The finest noise fades where it is finer than a ray is wide.
                near = 1.0 - _smooth(9.0, 34.0, t)
                clear = 1.0 - _smooth(16.0, 55.0, t)
                e = _eroded(detail, s, x, h, z, f, near, k)
                # Banks differ: here crisp and bright of edge, there wispy.
                crisp = _smooth(0.15, 0.85, _sample2(plane, x * k[17] + 0.41, z * k[17] + 0.83))
                edge = sharp * (0.4 + 0.6 * near) * (0.22 + 0.78 * crisp)
                d = min(1.0, e * edge)
                if d <= 0.0:
                    moved = step
                    t += moved
                    inside = False
                    continue
                if not inside:
                    # Halve back to the surface and go on in short steps: no grain from where rays happen to start.
                    inside = True
                    known = False
                    short = 0.2
                    back = 0.0
                    for _ in range(5):
                        moved *= 0.5
                        tb = t - back - moved
                        if tb <= t0:
                            continue
                        hb = tb * dy + a * tb * tb
                        sb = _shape(base, coarse, ox + vx * tb, hb, oz + vz * tb, cover, -erosion, k)
                        fb = (hb - low) / thick
                        db = _eroded(detail, sb, ox + vx * tb, hb, oz + vz * tb, fb, near, k)
                        if db > 0.0:
                            back += moved
                            d = min(1.0, db * edge)
                    t -= back
                    x, z = ox + vx * t, oz + vz * t
                    h = t * dy + a * t * t
                    f = (h - low) / thick
                full = step
                step *= short
                short = min(1.0, short * 1.5)
                # Light changes little over a short step, and counts little behind what hides it.
                if not known or (t - t_lit > 0.6 * full and through > 0.1):
                    known = True
                    t_lit = t
                    # Toward the sun: growing steps through the uneroded shape.
                    tau = 0.0
                    length = 0.045
                    at = 0.0225
                    for i_sun in range(6):
                        lx, lz = x + sx * at, z + sz * at
                        lh = h + sy * at
                        if lh > top:
                            break
                        if lh > low:
                            near_cover = cover if at < 0.3 else min(1.0, _cover(plane, lx, lz, k) + more)
                            dl = _shape(
                                base if i_sun < 1 else coarse, coarse, lx, lh, lz, near_cover, -0.6 * erosion, k
                            )
                            if i_sun < 2 and near > 0.0 and dl > -0.6 * erosion:
                                # The nearest steps see the fine bumps, so lobes shade each other.
                                dl = _eroded(detail, dl, lx, lh, lz, f, near, k) * (1.0 + near)
                            tau += min(1.0, max(0.0, (dl + 0.03) * 6.0)) * length
                        at += 0.5 * length
                        length *= 1.75
                        at += 0.5 * length
                    tau *= sigma * k[15]
                    # Upward: what hides the open sky.
                    above = 0.0
                    for i_up in range(3):
                        rise = (0.06 + 0.13 * i_up + 0.09 * i_up * i_up) * thick
                        du = _shape(coarse, coarse, x, h + rise, z, cover, -0.6 * erosion, k)
                        if i_up == 0 and du > -0.6 * erosion:
                            du = _eroded(detail, du, x, h + rise, z, f, 0.6 * near, k)
                        above += min(1.0, max(0.0, du * sharp)) * (0.10 + 0.16 * i_up) * thick
                    # Far rims are thinner than a ray: their light spreads over what the ray sees.
                    relief = _sample3(detail, x * k[18] + 0.6, h * k[18] * 1.6, z * k[18] + 0.3) - 0.5
                    if k[20] > 0.0:
                        q = k[18] * 2.9
                        relief += k[20] * (
                            _sample3(detail, (0.8 * x + 0.6 * z) * q, h * q * 1.6, (0.8 * z - 0.6 * x) * q) - 0.5
                        )
                    rim = (0.15 + 0.85 * clear) * (0.25 + 0.75 * crisp) * p0 * np.exp(-tau)
                    rim += (0.30 + 0.25 * clear) * p1 * np.exp(-0.40 * tau)
                    deep = 0.34 * p2 * np.exp(-0.13 * tau) + 0.26 * np.exp(-0.045 * tau)
                    deep *= max(0.15, 1.0 + 0.7 * relief * k[19])
                    open_sky = (0.12 + 0.88 / (1.0 + 0.13 * sigma * above)) * max(0.15, 1.0 + 0.55 * relief * k[19])
                lit = rim * (1.0 - powder * (1.0 - d)) + deep
                optical = sigma * d * step
                gone = through * (1.0 - np.exp(-optical))
                seen = gone * np.exp(-t / haze)
                s_sun += seen * lit
                s_amb += seen * open_sky
                s_alpha += seen
                s_depth += seen * t
                through *= np.exp(-optical)
                t += step
            if s_alpha > 1e-4:
                out[0, r, c] = s_sun
                out[1, r, c] = s_amb
                out[2, r, c] = min(1.0, s_alpha)
                out[3, r, c] = s_depth / s_alpha
                out[4, r, c] = 1.0 - through


def ray_jitter(height: int, width: int) -> F32:
    """Interleaved gradient noise (Jimenez 2014): neighbouring rays start at well spread depths."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float64)
    inner = 0.06711056 * x + 0.00583715 * y
    return np.asarray(np.modf(52.9829189 * np.modf(inner)[0])[0], dtype=np.float32)


def march(
    noise: Noise,
    directions: NDArray[np.float64],
    wanted: NDArray[np.bool_],
    sun: tuple[float, float, float],
    kind: Kind,
    coverage: float,
    density: float,
    seed: int,
    haze: float | None = None,
    bias: F32 | None = None,
) -> Buffers:
    """March the rays of `directions` (h, w, 3) where `wanted` and return their buffers.

    coverage, density   0..1 as in the operator
    haze                distance at which the air hides all but 37 % of a cloud, kilometres; None: by the layer's height
    bias                (h, w) added to each ray's coverage, -1..1; None: nothing
    seed                where in the endless layer the camera stands, and the wind's direction
    """
    height, width = wanted.shape
    random = np.random.Generator(np.random.PCG64(seed))
    offset = random.uniform(-400.0, 400.0, 2)
    wind = random.uniform(-0.6, 0.6) + math.pi / 2  # mostly across the view: banks lie along the horizon
    k = np.zeros(21, np.float64)
    k[0] = 0.06 + 0.88 * coverage + kind.filled * coverage * (1.0 - coverage)
    k[1] = kind.patchy * (1.0 - 0.45 * coverage)
    k[2], k[3], k[4] = kind.base, kind.thickness, kind.flat
    k[5] = 1.0 / (4.0 * kind.cell)
    k[6] = 1.0 / kind.stretch
    k[7] = 1.0 / (4.0 * kind.cell * kind.rough)
    k[8] = kind.extinction * (0.25 + 1.15 * density)
    k[9] = 1.0 / (4.0 * kind.weather)
    k[10] = wind
    k[11], k[12] = offset
    k[13] = kind.erosion
    k[14] = 36.0 * (kind.base / 1.5) ** 0.6 if haze is None else haze
    k[15] = 0.42
    k[16] = 1.0 / 0.10
    k[17] = 1.0 / (4.0 * 2.6 * kind.cell)
    k[18] = 1.0 / (4.0 * 0.8 * kind.cell)
    k[19] = kind.relief
    k[20] = kind.lumps
    out = np.zeros((5, height, width), np.float32)
    jitter = ray_jitter(height, width)
    light = np.array(sun, np.float64)
    rays = np.ascontiguousarray(directions, dtype=np.float64)
    lean = np.zeros((height, width), np.float32) if bias is None else np.ascontiguousarray(bias, np.float32)
    over_rows(
        height,
        lambda a, b: _march_rows(
            noise.base, noise.coarse, noise.detail, noise.plane, rays, wanted, jitter, light, k, lean, out, a, b
        ),
        8,
    )
    # Near the horizon neighbouring rays see different clouds; a soft mean of them is what a lens would see.
    far = np.clip((out[3] - 10.0) / 25.0, 0.0, 1.0) * (out[2] > 0)
    far = np.asarray(cv2.GaussianBlur(far.astype(np.float32), (0, 0), 1.5), np.float32)
    for i in range(3):
        soft = np.asarray(cv2.GaussianBlur(out[i], (0, 0), sigmaX=1.8, sigmaY=1.1), np.float32)
        out[i] += (soft - out[i]) * far
    return Buffers(out[0], out[1], out[2], out[3], out[4])
