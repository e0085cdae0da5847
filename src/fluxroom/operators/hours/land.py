"""What the land and the water become: gains in shade and in light, and haze."""

from __future__ import annotations

import math

import numpy as np

from fluxroom.operators.declare import LUMA
from fluxroom.operators.hours import place
from fluxroom.operators.hours.colour import Double
from fluxroom.operators.hours.heaven import above, luma
from fluxroom.operators.hours.hour import Hour
from fluxroom.operators.sky.sky_reflection import calm_water
from fluxroom.operators.weather.depth import FARTHEST, log_distance
from fluxroom.scene import Float, Horizon, Scene
from fluxroom.sky import maps

EVEN = ("building", "person", "animal", "object", "road")
"""What has no slopes that its own brightness would tell of."""


def around(small: Float, sky: Float) -> Float:
    """The land's brightness around each place, the sky left out: geometric mean."""
    y = np.log(np.maximum(luma(small), 0) + 4e-3)
    land = np.clip(1.0 - 1.6 * sky, 0, 1).astype(np.float32)
    pair = np.repeat(np.asarray(y + 6.0, np.float32)[..., None], 2, axis=-1)  # cv2 drops a single channel's axis
    smooth = maps.fill(pair, land, 0.07 * max(sky.shape))[..., 0]
    return np.asarray(np.exp(smooth - 6.0), np.float32)


def key(bright: Float, sky: Float) -> float:
    """Geometric mean luminance of the land; middle grey where there is none."""
    land = np.clip(1.0 - 1.6 * sky, 0, 1)
    total = float(land.sum(dtype=np.float64))
    return math.exp(float((np.log(bright) * land).sum(dtype=np.float64)) / total) if total > 1 else 0.18


def stops(hour: Hour, now: float) -> float:
    """By how many stops the land becomes brighter."""
    down, up = hour.land_most
    return max(-down, min(up, math.log2(hour.land_key / max(now, 1e-4))))


def slopes(scene: Scene, small: Float, land: Float, turn: float) -> Double:
    """(h, w) -1..1: what faces the light and what is turned from it, by forms of middle size.

    Brightness stands for height, as in a relief that is lit from one side; weak shape from shading (Horn 1975), good
    enough for which side of a bush, a rock or a hill is the light's.
    """
    if min(land.shape) < 3:
        return np.zeros(land.shape)
    long = max(land.shape)
    weight = np.clip(land, 1e-3, 1).astype(np.float32)
    for name in EVEN:
        weight = weight * (1 - np.clip(place.region(scene, name, land.shape), 0, 1))
    log = np.log2(np.maximum(luma(small), 0) + np.float32(0.01)) + np.float32(8.0)
    pair = np.dstack([log, log]).astype(np.float32)
    out = np.zeros(land.shape)
    across, along = math.sin(math.radians(turn)), -0.55 * math.cos(math.radians(turn))
    for sigma, share in ((0.006, 0.5), (0.014, 0.35), (0.03, 0.25)):
        smooth = maps.fill(pair, weight, sigma * long)[..., 0].astype(np.float64)
        down, right = np.gradient(smooth)
        out -= share * sigma * long * (right * across + down * along) / 0.45
    return np.asarray(np.tanh(1.5 * out) * maps.blur(weight, 0.004 * long))


def land_maps(
    scene: Scene,
    hour: Hour,
    small: Float,
    bright: Float,
    sky: Float,
    water: Float,
    line: Horizon,
    sun: tuple[float, float],
    chroma: float,
    ratio: tuple[Float, Float],
    becomes: tuple[Float, Float],
    strength: float,
) -> Float:
    """(8, h, w): gains in shade and in light, 1 / brightness around, haze.

    ratio, becomes: by how many stops the clear sky and clouds change, and what they become.
    """
    h, w = sky.shape
    change = stops(hour, key(bright, sky))
    turn, sure = sun
    x = (np.arange(w) + 0.5) / w
    toward = math.sin(math.radians(turn)) * (2 * x - 1) * sure
    behind = 0.5 - 0.5 * math.cos(math.radians(turn))  # 0 against the light .. 1 with it
    shade, light = np.log2(np.array(hour.shade)), np.log2(np.array(hour.light))
    if hour.sun > 30:  # the evening's colour is taken back
        own = np.maximum(np.array(scene.light.color), 0.2)
        own = np.log2(own / float(own @ np.array(LUMA)))
        shade, light = shade - 0.5 * own, light - 1.15 * own
    shade, light = (g.mean() + chroma * (g - g.mean()) for g in (shade, light))
    hard = 1.0 - 0.35 * scene.light.softness
    middle = 0.5 * (shade + light)
    shade, light = middle + hard * (shade - middle), middle + hard * (light - middle)
    sunny = 1.0 if hour.sun > 0 else 0.0
    low = hour.raking / 0.55  # how far light comes from one side
    # Against the light less of what one sees is lit; the side toward the sun has more of it.
    lights = light[None, None] * (1 - sunny * (0.25 * (1 - behind) * sure)) + low * 0.28 * toward[None, :, None] * (
        light - shade
    )
    land = np.clip(1.0 - sky - water, 0, 1).astype(np.float32)
    faces = hour.raking * slopes(scene, small, land, turn) * (0.45 + 0.55 * sure)
    faces += 0.30 * hour.raking * toward[None, :] * land
    warm = (light - shade) - (light - shade).mean()
    gains = np.empty((8, h, w), np.float64)
    gains[0:3] = (shade + change + 0.6 * faces[..., None] + 0.15 * faces[..., None] * warm).transpose(2, 0, 1)
    gains[3:6] = (lights + change + faces[..., None] + 0.45 * faces[..., None] * warm).transpose(2, 0, 1)
    # Water mirrors the sky that stands as high above the horizon as it lies below; wet sand does so a little.
    if float(water.max(initial=0)) > 0.05:
        rows = np.arange(h)[:, None] + 0.5
        edge = (line.left + (line.right - line.left) * x[None, :]) * h
        depth = np.maximum(0.0, rows - edge)
        calm = calm_water(scene)
        mirrored = np.clip(edge - (1.7 - 0.8 * calm) * depth, 0.5, h - 0.5).astype(np.float32) - np.float32(0.5)
        # Waves tilt, and show what stands higher. Where land stands there, land is what the water shows.
        mirrors = above(maps.blur(sky, 2.0), mirrored)
        # Surf mirrors nothing in its place: each row shows what all of it mirrors.
        beach = np.clip(water + 0.5 * place.region(scene, "sand", (h, w)) * (scene.share("water") > 0.04), 0, 1)
        share = (mirrors * beach).sum(axis=1, keepdims=True) / np.maximum(beach.sum(axis=1, keepdims=True), 1e-3)
        mirrors = share + np.float32(calm) * (mirrors - share)
        wet = (beach * (0.25 + 0.65 * np.clip(mirrors, 0, 1)))[None]
        # What is bright in the water mirrors clouds, the rest the sky between them.
        own = np.log2(np.maximum(maps.fill(small, beach, 0.05 * max(h, w)), 2e-3))
        own -= np.log2(np.maximum(luma(np.exp2(own)), 1e-3))[..., None]
        for at, changed, new in zip((0, 3), ratio, becomes, strict=True):
            as_sky = np.clip(above(changed, mirrored) / strength, -5.0, 1.2).transpose(2, 0, 1).astype(np.float64)
            even = as_sky.mean(axis=0, keepdims=True)
            # Its colour goes over to that of the new sky, whatever it was.
            hue = np.log2(np.maximum(above(new, mirrored), 1e-4))
            hue = hue - np.log2(np.maximum(luma(np.exp2(hue)), 1e-4))[..., None] - own
            hue = np.clip(hue.transpose(2, 0, 1), -1.5, 1.5)
            hue = chroma * (hue - hue.mean(axis=0, keepdims=True))
            as_sky = even + 0.30 * (as_sky - even) + 0.65 * hue - (0.15 if sunny else 0.35)  # it mirrors but a part
            gains[at : at + 3] += wet * (as_sky - gains[at : at + 3])
        gains[3:6] += hour.silver * (0.3 + 0.9 * calm) * np.clip(water, 0, 1)[None]
    gains[0:6] = np.exp2(strength * gains[0:6])
    gains[6] = 1.0 / bright
    gains[7] = strength * _haze(scene, hour, sky, water, x, sun)
    return gains.astype(np.float32)


def _haze(scene: Scene, hour: Hour, sky: Float, water: Float, x: Double, sun: tuple[float, float]) -> Double:
    """(h, w) 0..1: the share of the horizon's light before the land, by its distance, more of it toward the sun."""
    h, w = sky.shape
    turn, sure = sun
    if hour.haze <= 0:
        return np.zeros((h, w))
    far = np.expm1(log_distance(scene, w, h)[0]) / np.float32(FARTHEST - 1.0)
    distance = maps.blur(np.asarray(far, np.float32), 1.0)
    near_sun = np.exp(-((np.abs(turn / max(20.0, scene.field_of_view) + 0.5 - x) / 0.6) ** 2)) * sure
    amount = hour.haze * (0.45 + 0.75 * near_sun)
    thick = 1.0 - np.exp(-4.0 * np.clip(distance, 0, 1))
    return np.asarray(thick * amount[None, :] * (1 - 0.5 * np.clip(water, 0, 1)))
