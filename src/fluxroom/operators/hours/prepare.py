"""From an hour and a photo to the maps and tables that `kernel.relight` reads."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fluxroom.operators.declare import Overview
from fluxroom.operators.hours import kernel, land, place
from fluxroom.operators.hours.heaven import luma, sky_maps
from fluxroom.operators.hours.hour import Hour
from fluxroom.operators.hours.windows import Lights, lights
from fluxroom.scene import Float, Scene
from fluxroom.sky import maps

SIDE = 320
"""Long side of the maps."""


@dataclass(frozen=True, slots=True)
class Prepared:
    coef: Float
    state: NDArray[np.uint8]
    planes: Float
    tables: Float
    numbers: Float
    lights: Lights | None


def _chroma(pixels: Float) -> float:
    """0 on a monochrome photo, which stays one .. 1."""
    y = np.maximum(luma(pixels), 1e-3)[..., None]
    return float(min(1.0, max(0.0, float(np.abs(pixels / y - 1.0).mean(dtype=np.float64)) / 0.04 - 0.25)))


def _named(scene: Scene, names: tuple[str, ...]) -> float:
    """How likely it is one of these times of day, 0..1."""
    p = scene.time_of_day.probabilities or {scene.time_of_day.value: scene.time_of_day.confidence}
    return sum(p.get(name, 0.0) for name in names) / (sum(p.values()) or 1.0)


def already(scene: Scene, hour: Hour, key: float) -> float:
    """How surely it is that hour in the photo, 0..1, by perception and by what the pixels bear out."""
    named = _named(scene, hour.already)
    if hour.sun < 0:
        # A bright day taken for dusk is told by its land; a night with bright lamps is seldom taken for another time.
        least = 0.7 if _named(scene, ("night", "blue_hour")) > 0.4 else 0.0
        return named * min(1.0, max(least, 1.6 - 0.3 * key / hour.land_key))
    return named * (scene.light.warmth if hour.sun < 20 else 1.0)


def _tables(hour: Hour, strength: float, soft: float, lamps: float, spread: float) -> Float:
    """`kernel.relight`'s tables. lamps: how likely what shines in the sky are lamps, and no sun, 0..1; spread: stops
    from the clouds' dark parts to their bright ones."""
    x = np.linspace(0.0, 4.0, kernel.TABLE) ** 2
    x[0] = 1e-4
    z = np.log2(np.maximum(x, 1e-4))
    sky = np.power(np.maximum(x, 0.02), strength * ((0.85 if hour.sun < 0 else 1.05) - 1.0))
    cloud = np.power(np.clip(x, 0.05, 4.0), hour.cloud_tone)
    # What shines far above its sky (the sun's disc, its glare) is held down after sunset.
    if hour.sun < 0:
        over = np.maximum(x / 1.25, 1.0)
        sky = sky * np.power(over, -0.55 * strength * (1.0 - lamps))
    flat = hour.flatten * (0.7 if hour.flatten < 0 and soft > 0.7 else 1.0)
    ground = np.power(np.clip(x, 0.03, 12.0), -strength * flat)

    def between(low: float, high: float) -> NDArray[np.float64]:
        t = np.clip((z - low) / (high - low), 0, 1)
        return np.asarray(t * t * (3 - 2 * t))

    lit = between(-0.7, 1.2)
    return np.stack([sky, ground, lit, cloud, between(-0.60 * spread, 0.65 * spread)]).astype(np.float32)


def prepare(overview: Overview, hour: Hour, strength: float, share: float, seed: int) -> Prepared | None:
    if strength <= 0.0:
        return None
    scene = overview.scene
    pixels = overview.pixels
    h, w = pixels.shape[:2]
    sky_full, water_full = place.sky_and_water(scene, (h, w))
    small = maps.shrink(np.ascontiguousarray(pixels, np.float32), SIDE)
    shape = (small.shape[0], small.shape[1])
    sky = maps.resize(np.ascontiguousarray(sky_full), shape[1], shape[0])
    around = land.around(small, sky)
    now = already(scene, hour, land.key(around, sky))
    strength *= 1.0 - 0.7 * now
    if hour.sun > 30:  # night does not become day
        strength *= 1.0 - 0.7 * _named(scene, ("night", "blue_hour"))
    water = maps.resize(water_full, shape[1], shape[0])
    line = place.horizon(scene, sky_full)
    sun, chroma = place.bearing(overview, sky_full), _chroma(small)
    up = sky_maps(scene, hour, small, sky, line, sun, chroma, strength)
    limit = np.log2(np.array([5.0, 3.0, 2.5]))
    ratio = np.minimum(np.log2(up.target / up.base), limit).astype(np.float32)
    clouds = 0.4 * up.shade + 0.6 * up.lit
    cloud_ratio = np.minimum(np.log2(clouds / up.bright[..., None]), limit).astype(np.float32)
    planes = np.empty((kernel.PLANES, *shape), np.float32)
    planes[kernel.SKY_INVERSE : kernel.SKY_TARGET] = (1.0 / up.base).transpose(2, 0, 1)
    planes[kernel.SKY_TARGET : kernel.CLOUD_LIT] = (up.base * np.exp2(ratio)).transpose(2, 0, 1)
    planes[kernel.CLOUD_LIT : kernel.CLOUD_SHADE] = up.lit.transpose(2, 0, 1)
    planes[kernel.CLOUD_SHADE : kernel.CLOUD_INVERSE] = up.shade.transpose(2, 0, 1)
    planes[kernel.CLOUD_INVERSE] = 1.0 / up.bright
    planes[kernel.BLUE : kernel.SHADE] = up.blue
    planes[kernel.SHADE :] = land.land_maps(
        scene, hour, small, around, sky, water, line, sun, chroma, (ratio, cloud_ratio), (up.target, clouds), strength
    )
    coef, state = place.matte(pixels, sky_full)
    inside = sky > 0.6
    foot = up.target[inside] if inside.any() else up.target.reshape(-1, 3)
    haze = np.median(foot[-max(1, len(foot) // 5) :], axis=0)
    kept = 1.0 + strength * (0.55 - 1.0)
    # Lamps that burn already stay; by day what is as bright against its surroundings is a white wall in the sun.
    burning = 0.9 * (1.0 - _named(scene, ("day", "golden_hour"))) if hour.sun < 0 else 0.0
    numbers = np.array([strength, kept, strength * hour.rods, *haze, burning, hour.rims], np.float32)
    found = lights(overview, share * hour.lights * (1.0 - now), chroma, strength, seed) if hour.lights > 0 else None
    lamps = _named(scene, ("night", "blue_hour"))
    tables = _tables(hour, strength, scene.light.softness, lamps, up.spread)
    return Prepared(coef, state, planes, tables, numbers, found)
