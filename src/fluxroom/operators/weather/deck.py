"""The deck of cloud that rain and snow fall from, and the curtains they hang in the distance.

A layer of cloud is a ceiling plane over the ground's (Hartley & Zisserman 2004): its mottling grows wider overhead and
closes toward the horizon. Its light is the photo's own sky's, without the sun; dark where it is thick, pale at its
foot.
"""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from fluxroom.operators.declare import Overview
from fluxroom.operators.weather import air, depth
from fluxroom.scene import Float
from fluxroom.sky import maps
from fluxroom.sky import noise as sky_noise
from fluxroom.sky.light import luminance, nightness

Double = NDArray[np.float64]


def sampled(texture: Float, u: Double, v: Double) -> Double:
    """Bilinear values of tiling noise at u, v (period 1)."""
    n = texture.shape[0]
    u, v = (u - np.floor(u)) * n, (v - np.floor(v)) * n
    i, j = u.astype(np.int64), v.astype(np.int64)
    fu, fv = u - i, v - j
    i, j = i % n, j % n
    i1, j1 = (i + 1) % n, (j + 1) % n
    top = texture[j, i] * (1 - fu) + texture[j, i1] * fu
    low = texture[j1, i] * (1 - fu) + texture[j1, i1] * fu
    return np.asarray(top * (1 - fv) + low * fv, np.float64)


def foot_of_sky(overview: Overview, w: int, h: int) -> float:
    """The row share near which the sky ends."""
    sky = depth.region(overview.scene, "sky", w, h)
    rows = np.cumsum((sky > 0.5).sum(1, dtype=np.float64))
    if rows[-1] < 1:
        return overview.scene.horizon.y(0.5)
    return float((np.searchsorted(rows, 0.97 * rows[-1]) + 1.0) / h)


def mottled(overview: Overview, w: int, h: int, seed: int) -> Float:
    """(h, w) -1..1: thin and thick places of the deck, in perspective; calm toward the horizon."""
    texture = sky_noise.noise().plane
    shift = np.random.Generator(np.random.PCG64(seed)).uniform(0, 1, 4)
    foot = foot_of_sky(overview, w, h)
    y = ((np.arange(h) + 0.5) / h)[:, None]
    up = np.maximum(foot - y, 0.0) * 0.9 + 0.10
    z = 0.30 / up
    x = (((np.arange(w) + 0.5) / w)[None] - 0.5) * (w / h) * z
    z = np.broadcast_to(z, x.shape)
    bend = sampled(texture, 0.22 * x + shift[0], 0.35 * z + shift[1]) - 0.5
    u, v = 0.26 * x + 0.06 * bend + shift[2], 0.52 * z + 0.08 * bend + shift[3]
    total = 0.48 * sampled(texture, u, v) + 0.30 * sampled(texture, 2.1 * u + 0.3, 2.1 * v + 0.1 * bend)
    total += 0.22 * sampled(texture, 4.7 * u + 0.1, 4.7 * v + 0.25 * bend)
    calm = np.clip(up / 0.32, 0.25, 1.0)
    return np.asarray(np.clip(3.2 * (total - 0.5), -1, 1) * calm, np.float32)


def _lamps(overview: Overview, w: int, h: int) -> Float:
    """(h, w) 0..1: lamps before the sky shine through the rain, with their glow."""
    small = maps.resize(maps.shrink(np.ascontiguousarray(overview.pixels), max(w, h)), w, h)
    y = np.maximum(luminance(small), 0)
    size = max(5, round(0.05 * w)) | 1
    around = maps.blur(np.asarray(cv2.morphologyEx(y, cv2.MORPH_OPEN, np.ones((size, size), np.uint8)), np.float32), 2)
    ratio = np.clip((y - 2.5 * around - 0.12) / 0.3, 0, 1)
    return np.asarray(np.clip(3.0 * maps.blur(ratio, 0.008 * w), 0, 1), np.float32)


def share(strength: float) -> float:
    """How much of a clear sky it hides: nearly all from middling strengths on."""
    return 0.93 * math.tanh(2.5 * strength)


def deck(overview: Overview, level: float, rough: float, seed: int, side: int = 400) -> tuple[Float, Float]:
    """(h, w, 3) what the air and the deck look like, and (h, w) how much of the sky it hides, 0..1.

    level  of the photo's own sky's brightness
    rough  0 even .. 1 heavy with structure
    """
    scene = overview.scene
    w, h = air.size_of(scene, side)
    sky = depth.region(scene, "sky", w, h)
    haze = maps.resize(air.air_color(overview, 0.9), w, h)
    tone = luminance(haze)[..., None]
    chill = np.array([0.945, 1.0, 1.075], np.float32) if air.chromatic(haze) else np.ones(3, np.float32)
    mean = float(tone.mean(dtype=np.float64))
    aim = min(mean * level, 0.52)
    # The photo's own brighter side of the sky stays the brighter one.
    own = np.clip(tone / max(mean, 1e-4), 0.7, 1.35)
    color = (haze / np.maximum(tone, 1e-4)) * chill * own * np.float32(aim)
    m = mottled(overview, w, h, seed)[..., None]
    foot = foot_of_sky(overview, w, h)
    at = ((np.arange(h, dtype=np.float32) + 0.5) / h)[:, None, None]
    high = np.clip((foot - at) / max(0.15, foot), 0, 1)
    heavy = np.exp2(np.float32(rough) * (1.05 * m - 0.75 * high)).astype(np.float32)
    over = maps.blur(np.clip(1.3 * sky, 0, 1).astype(np.float32), 0.012 * w)[..., None]
    color = color * (np.float32(1.0 - 0.20 * rough) + over * (heavy - np.float32(1.0 - 0.20 * rough)))
    clouds = scene.share("clouds") / max(0.02, scene.share("sky"))
    dull = clouds * max(scene.weather.probabilities.get(k, 0.0) for k in ("overcast", "storm", "fog", "snow"))
    hidden = sky * np.float32((1.0 - 0.5 * min(1.0, max(0.0, dull))) * (1.0 - 0.35 * nightness(scene)))
    hidden = hidden * (1 - _lamps(overview, w, h))
    return np.ascontiguousarray(np.clip(color, 0, 0.85), np.float32), np.asarray(hidden, np.float32)


def curtains(w: int, h: int, wind: float, seed: int) -> Float:
    """(h, w) about 1: rain and snow come in sheets that lean with the wind."""
    texture = sky_noise.noise().plane
    shift = np.random.Generator(np.random.PCG64(seed)).uniform(0, 1, 2)
    y, x = np.mgrid[0:h, 0:w].astype(np.float64)
    lean = math.tan(0.35 * wind)
    u = (x - lean * y) / w
    n = 0.6 * sampled(texture, 0.55 * u + shift[0], 0.07 * y / h + shift[1])
    n += 0.4 * sampled(texture, 1.9 * u + shift[1], 0.12 * y / h + shift[0])
    return np.asarray(1.0 + 0.8 * (n - 0.5), np.float32)
