"""The deck of cloud that rain and snow fall from, and the curtains they hang in the distance.

A layer of cloud is a ceiling plane over the ground's (Hartley & Zisserman 2004): its mottling grows wider overhead and
closes toward the horizon. Its light is the photo's own sky's, without the sun; dark where it is thick, pale at its
foot.
"""

from __future__ import annotations

import math
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from fluxroom.operators.declare import Overview
from fluxroom.operators.guided import ColorGuide
from fluxroom.operators.weather import air, depth
from fluxroom.scene import Float, Scene
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


@lru_cache(maxsize=1)
def _wide() -> tuple[Float, Float]:
    """Two tiling textures (64, 64) and (512, 512): the plane noise's widest waves alone, and soft rounded bodies."""
    n = sky_noise.noise()

    def soft(texture: Float, sigma: float) -> Float:
        side = texture.shape[0]
        blurred = cv2.GaussianBlur(np.tile(texture, (3, 3)), (0, 0), sigma)
        return np.ascontiguousarray(blurred[side : 2 * side, side : 2 * side], np.float32)

    small = np.asarray(cv2.resize(n.plane, (64, 64), interpolation=cv2.INTER_AREA), np.float32)
    return soft(small, 3.2), soft(n.cells, 3.0)


def mottled(overview: Overview, w: int, h: int, seed: int) -> Float:
    """(h, w) -1..1: thin and thick places of the deck, in perspective; calm toward the horizon.

    The deck has depth, so its bodies do not flatten without end as a plane's would: along the height of the sky they
    shrink as the logarithm. Wide waves bend all the rest (Quilez, "Domain warping"); edges stay soft, as in
    nimbostratus, whose rain hides them.
    """
    n = sky_noise.noise()
    wide, bodies = _wide()
    s = np.random.Generator(np.random.PCG64(seed)).uniform(0, 1, 10)
    foot = foot_of_sky(overview, w, h)
    y = ((np.arange(h) + 0.5) / h)[:, None]
    up = np.maximum(foot - y, 0.0) * (h / max(w, h))
    x = (((np.arange(w) + 0.5) / w)[None] - 0.5) * (w / max(w, h))
    u = x * (0.40 / (up + 0.13)) ** 0.7
    v = np.broadcast_to(-np.log(up + 0.13), u.shape)
    bend_u = sampled(wide, 0.30 * u + s[0], 0.30 * v + s[1]) - 0.5
    bend_v = sampled(wide, 0.30 * u + s[2], 0.30 * v + s[3]) - 0.5
    u, v = u + 0.55 * bend_u, v + 0.45 * bend_v
    total = 0.85 * (sampled(n.plane, 0.17 * u + s[4], 0.17 * v + s[5]) - 0.5)
    total += 0.42 * (sampled(n.plane, 0.40 * u + s[6], 0.42 * v + s[7]) - 0.5)
    total += 0.30 * (sampled(bodies, 0.34 * u + s[8], 0.36 * v + s[9]) - 0.5)
    total += 0.16 * (sampled(n.fine, 0.60 * u + s[1], 0.66 * v + s[2]) - 0.5)
    calm = np.clip((up + 0.02) / 0.16, 0.12, 1.0)
    return np.asarray(np.tanh(1.9 * total) * calm, np.float32)


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
    return 0.975 * math.tanh(4.0 * strength)


def _closed(scene: Scene, small: Float, sky: Float) -> float:
    """0..1: how surely the photo's own sky is an even closed deck, that can stay in part."""
    clouds = scene.share("clouds") / max(0.02, scene.share("sky"))
    told = clouds * max(scene.weather.probabilities.get(k, 0.0) for k in ("overcast", "storm", "fog", "snow"))
    inside = sky > 0.9
    if int(inside.sum()) < 64:
        return 0.0
    # Bright breaks and blue between clouds are no deck, whatever the weather is called.
    logs = np.log2(np.maximum(luminance(small)[inside], 0.01))
    rough = float(np.percentile(logs, 95) - np.percentile(logs, 10))
    blue = float(np.percentile(small[inside][:, 2] / np.maximum(small[inside][:, 0], 0.01), 80))
    even = min(1.0, max(0.0, (1.1 - rough) / 0.6)) * min(1.0, max(0.0, (1.45 - blue) / 0.25))
    return min(1.0, max(0.0, told)) * even


def deck(overview: Overview, level: float, rough: float, seed: int, side: int = 640) -> tuple[Float, Float]:
    """(h, w, 3) what the air and the deck look like, and (h, w) how much of the sky it hides, 0..1.

    level  of the photo's own sky's brightness
    rough  0 even .. 1 heavy with structure
    """
    scene = overview.scene
    w, h = air.size_of(scene, side)
    sky = depth.region(scene, "sky", w, h)
    small = np.maximum(maps.resize(maps.shrink(np.ascontiguousarray(overview.pixels), max(w, h)), w, h), 0)
    haze = maps.resize(air.air_color(overview, 0.94), w, h)
    tone = luminance(haze)[..., None]
    chill = np.array([0.955, 1.0, 1.06], np.float32) if air.chromatic(haze) else np.ones(3, np.float32)
    mean = float(tone.mean(dtype=np.float64))
    aim = min(mean * level, 0.55)
    # The photo's own brighter side of the sky stays the brighter one.
    own = np.clip(tone / max(mean, 1e-4), 0.7, 1.35)
    color = (haze / np.maximum(tone, 1e-4)) * chill * own * np.float32(aim)
    m = mottled(overview, w, h, seed)[..., None]
    foot = foot_of_sky(overview, w, h)
    at = ((np.arange(h, dtype=np.float32) + 0.5) / h)[:, None, None]
    high = np.clip((foot - at) / max(0.15, foot), 0, 1)
    # Thick parts are bluer than thin ones.
    heavy = np.exp2(np.float32(rough) * (0.80 * m - 0.55 * high)).astype(np.float32)
    tint = 1.0 + (np.float32(0.03 * rough) * m * np.array([1.0, 0.0, -1.0], np.float32) if air.chromatic(haze) else 0.0)
    over = maps.blur(np.clip(1.3 * sky, 0, 1).astype(np.float32), 0.012 * w)[..., None]
    color = color * (1.0 + over * (heavy * tint - 1.0))
    hidden = sky * np.float32((1.0 - 0.5 * _closed(scene, small, sky)) * (1.0 - 0.35 * nightness(scene)))
    hidden = hidden * (1 - _lamps(overview, w, h))
    return np.ascontiguousarray(np.clip(color, 0, 0.85), np.float32), np.asarray(hidden, np.float32)


def curtains(w: int, h: int, wind: float, seed: int) -> Float:
    """(h, w) about 1: rain and snow come in sheets that lean with the wind."""
    wide, _ = _wide()
    shift = np.random.Generator(np.random.PCG64(seed)).uniform(0, 1, 2)
    y, x = np.mgrid[0:h, 0:w].astype(np.float64)
    lean = math.tan(0.35 * wind)
    u = (x - lean * y) / w
    n = sampled(wide, 0.55 * u + shift[0], 0.10 * y / h + shift[1])
    return np.asarray(1.0 + 0.9 * (n - 0.5), np.float32)


def distant(overview: Overview, thick: float, color: Float) -> Float:
    """(h, w) optical depth of falling rain or snow before all things: it hides what is kilometres off, not the yard.

    thick  of the farthest hills
    What the photo's own air has paled already stands farther off than what it has not (He, Sun & Tang 2011, the dark
    channel): rain hides that more, whatever the horizon was taken for.
    """
    scene = overview.scene
    w, h = air.size_of(scene)
    logs, _ = depth.log_distance(scene, w, h)
    sky = depth.region(scene, "sky", w, h)
    hills = np.clip(depth.region_sum(scene, ("mountain", "snow"), w, h), 0, 1)
    small = np.maximum(maps.resize(maps.shrink(np.ascontiguousarray(overview.pixels), max(w, h)), w, h), 0)
    bright = float(np.percentile(luminance(small)[sky > 0.9], 60)) if bool((sky > 0.9).any()) else 0.6
    size = max(3, round(0.02 * w)) | 1
    solid = np.where(sky > 0.3, np.float32(1e3), small.min(-1))
    dark = np.asarray(cv2.erode(solid.astype(np.float32), np.ones((size, size), np.uint8)), np.float32)
    pale = maps.blur(np.clip(dark / max(0.05, bright), 0, 0.9).astype(np.float32), 0.012 * w)
    far = np.clip((logs - 1.5) / 1.6, 0, 1)
    hill = hills * (0.25 + 0.35 * far + 1.1 * np.minimum(-np.log(1 - pale), 1.2))
    plain = (1 - hills) * 0.45 * np.clip((logs - 1.2) / 2.1, 0, 1) ** 2.5
    tau = np.float32(thick) * (hill + plain).astype(np.float32)
    # Soft masks are drawn to the photo's edges: no clear air around what stands before the hills. The sky has no say.
    land = np.clip(1.0 - 1.2 * sky, 0, 1).astype(np.float32)
    norm = np.maximum(maps.blur(land, 0.02 * w), np.float32(1e-3))
    tau = land * tau + (1 - land) * np.maximum(maps.blur(land * tau, 0.02 * w), 0) / norm
    guide = np.sqrt(np.clip(small, 0, 1.5)).astype(np.float32)
    fitted = ColorGuide.of(guide, max(3, round(0.035 * w)), 2e-3).fit(tau)
    drawn = (fitted[..., :3] * guide).sum(-1) + fitted[..., 3]
    return np.asarray(np.clip(drawn, 0, float(tau.max(initial=0))) * (1 - sky) + np.float32(thick) * sky, np.float32)
