"""From an hour and a photo to the maps and tables that `kernel.relight` reads."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from fluxroom.operators.declare import LUMA, Overview
from fluxroom.operators.hours import kernel, place
from fluxroom.operators.hours.hour import Hour
from fluxroom.operators.hours.windows import Lights, lights
from fluxroom.operators.sky.sky_reflection import calm_water
from fluxroom.scene import Float, Horizon, Scene
from fluxroom.sky import maps
from fluxroom.sky.atmosphere import dome
from fluxroom.sky.light import luminance

SIDE = 320
"""Long side of the maps."""
Double = NDArray[np.float64]


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
    y = np.maximum(_luma(pixels), 1e-3)[..., None]
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


def _luma(rgb: Float) -> Float:
    return np.asarray(luminance(rgb), np.float32)


@dataclass(frozen=True, slots=True)
class _Sky:
    """(h, w, 3): the clear sky's smoothed base, what it and what clouds become; (h, w): brightness of clouds around."""

    base: Float
    target: Float
    clouds: Float
    bright: Float
    blue: Float


def _model(scene: Scene, hour: Hour, rays: Double, sun: tuple[float, float]) -> Float:
    """(h, w, 3): the model sky's radiance in the photo's frame."""
    turn, sure = sun
    model = dome(hour.sun, hour.turbidity)
    about = model.radiance(rays, turn)
    if sure < 1.0:  # where nobody knows the sun's place, its glow goes all round
        even = np.mean([model.radiance(rays, turn + a) for a in (-75.0, 75.0, 110.0, -110.0)], axis=0)
        about = np.exp(sure * np.log(about + 1e-9) + (1 - sure) * np.log(even + 1e-9)).astype(np.float32)
    return about


def _sky_maps(
    scene: Scene,
    hour: Hour,
    small: Float,
    sky: Float,
    line: Horizon,
    sun: tuple[float, float],
    chroma: float,
    strength: float,
) -> _Sky:
    shape = (small.shape[0], small.shape[1])
    long = max(shape)
    weight = np.clip((sky - 0.6) * 2.5, 0, 1).astype(np.float32)
    small = np.maximum(small, 0)
    seen = place.region(scene, "clouds", shape)
    # The base is the clear sky's between the clouds, and the clouds' own where there is no other.
    clear = weight * np.clip(1.0 - 1.3 * seen, 4e-4, 1.0).astype(np.float32)
    both = maps.fill(np.dstack([small, seen]), clear, 0.035 * long)
    base, covered = np.maximum(both[..., :3], 2e-3), np.clip(both[..., 3], 0, 1)
    base_y = np.maximum(_luma(base), 2e-3)
    bright = np.maximum(_luma(maps.fill(small, weight, 0.05 * long)), 2e-3)
    rays = place.directions(scene, line, shape)
    about = _model(scene, hour, rays, sun)
    model_y = np.maximum(_luma(about), 1e-9)
    color = about / model_y[..., None]
    color = np.maximum(1.0 + hour.sky_chroma * (color - 1.0), 0.08) * np.array(hour.sky_tint)
    color = color / _luma(np.asarray(color, np.float32))[..., None]
    inside = weight > 0.5
    if not inside.any():
        inside = np.ones(shape, np.bool_)
    own80 = float(np.percentile(bright[inside], 80))
    aim = hour.sky_level if hour.land_most[1] > 1.0 else min(hour.sky_level, 1.25 * own80)
    level = model_y / np.percentile(model_y[inside], 80)
    level = aim * np.power(np.minimum(level, 6.0), hour.sky_range)
    level = np.minimum(level, 0.30 * aim + 0.70 * np.minimum(level, 1.45 * aim))

    def own(y: Float) -> Float:
        scaled = np.maximum(y * (aim / own80), 0.15 * level)
        return np.asarray(np.exp((1 - hour.own[0]) * np.log(level) + hour.own[0] * np.log(scaled)), np.float32)

    own_color = np.clip(base / base_y[..., None], 0.2, 4.0)
    color = np.exp((1 - hour.own[1]) * np.log(color) + hour.own[1] * np.log(own_color))
    color = 1.0 + chroma * (color - 1.0)
    # Clouds are lit by the sun's light, warm low down, and by the dome.
    up = np.clip(np.arcsin(np.clip(rays[..., 1], 0, 1)) / math.radians(28.0), 0, 1)[..., None]
    low, high = (np.array(c) for c in hour.cloud_color)
    lit = low + (high - low) * np.sqrt(up)
    lit_color = lit / np.maximum(1e-6, (lit * np.array(LUMA)).sum(-1, keepdims=True))
    lit_color = color + hour.cloud * (1.0 + chroma * (lit_color - 1.0) - color)
    clouds = own(bright)[..., None] * hour.cloud_level * lit_color
    blueness = (base[..., 2] - base[..., 0]) / base_y
    sure = np.clip((blueness - 0.10) / 0.25, 0, 1)
    # Clouds are told by how far a pixel is from the blue; where there is none, by what perception saw.
    inner = np.clip(1.6 * covered - 0.2, 0, 1) * (1 - sure)
    blue = np.stack([np.maximum(sure, inner), sure * (1 - inner) / np.maximum(blueness, 0.1)])
    target = own(base_y)[..., None] * (color + inner[..., None] * (lit_color - color))

    def toward(result: Double | Float, start: Float) -> Float:
        held = result / np.maximum(1.0, result.max(-1, keepdims=True) / 0.93)
        mixed = np.exp(strength * np.log(np.maximum(held, 1e-5)) + (1 - strength) * np.log(start))
        return np.asarray(mixed, np.float32)

    grey = np.repeat(bright[..., None], 3, axis=-1)
    return _Sky(base, toward(target, base), toward(clouds, grey), bright, blue.astype(np.float32))


def _around(small: Float, sky: Float) -> Float:
    """The land's brightness around each place, the sky left out: geometric mean."""
    y = np.log(np.maximum(_luma(small), 0) + 4e-3)
    land = np.clip(1.0 - 1.6 * sky, 0, 1).astype(np.float32)
    pair = np.repeat(np.asarray(y + 6.0, np.float32)[..., None], 2, axis=-1)  # cv2 drops a single channel's axis
    smooth = maps.fill(pair, land, 0.07 * max(sky.shape))[..., 0]
    return np.asarray(np.exp(smooth - 6.0), np.float32)


def _key(around: Float, sky: Float) -> float:
    """Geometric mean luminance of the land; middle grey where there is none."""
    land = np.clip(1.0 - 1.6 * sky, 0, 1)
    total = float(land.sum(dtype=np.float64))
    return math.exp(float((np.log(around) * land).sum(dtype=np.float64)) / total) if total > 1 else 0.18


def _stops(hour: Hour, key: float) -> float:
    """By how many stops the land becomes brighter."""
    down, up = hour.land_most
    return max(-down, min(up, math.log2(hour.land_key / max(key, 1e-4))))


def _land_maps(
    scene: Scene,
    hour: Hour,
    around: Float,
    sky: Float,
    water: Float,
    line: Horizon,
    sun: tuple[float, float],
    chroma: float,
    ratio: tuple[Float, Float],
    strength: float,
) -> Float:
    """(8, h, w): gains in shade and in light, 1 / brightness around, haze."""
    h, w = sky.shape
    stops = _stops(hour, _key(around, sky))
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
    soft = scene.light.softness
    hard = 1.0 - 0.55 * soft
    middle = 0.5 * (shade + light)
    shade, light = middle + hard * (shade - middle), middle + hard * (light - middle)
    sunny = 1.0 if hour.sun > 0 else 0.0
    # Against the light less of what one sees is lit; the side toward the sun has more of its colour.
    light = light[None, None] * (1 - sunny * (0.25 * (1 - behind) * sure)) + sunny * 0.16 * toward[None, :, None] * (
        light - shade
    )
    gains = np.empty((8, h, w), np.float64)
    gains[0:3] = (np.broadcast_to(shade, (h, w, 3)) + stops).transpose(2, 0, 1)
    gains[3:6] = (np.broadcast_to(light, (h, w, 3)) + stops).transpose(2, 0, 1)
    # Water mirrors the sky that stands as high above the horizon as it lies below.
    if float(water.max(initial=0)) > 0.05:
        rows = np.arange(h)[:, None] + 0.5
        edge = (line.left + (line.right - line.left) * x[None, :]) * h
        depth = np.maximum(0.0, rows - edge)
        mirrored = np.clip(edge - 0.9 * depth, 0.5, h - 0.5).astype(np.float32) - np.float32(0.5)
        columns = np.broadcast_to(np.arange(w, dtype=np.float32)[None, :], (h, w))
        # Where land stands at the mirrored place, land is what the water shows.
        mirrors = cv2.remap(
            maps.blur(sky, 2.0), np.ascontiguousarray(columns), mirrored, cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REPLICATE,
        )  # fmt: skip
        # Surf mirrors nothing in its place: each row shows what all of it mirrors.
        along = (mirrors * water).sum(axis=1, keepdims=True) / np.maximum(water.sum(axis=1, keepdims=True), 1e-3)
        mirrors = along + np.float32(calm_water(scene)) * (mirrors - along)
        wet = (np.clip(water, 0, 1) * (0.25 + 0.65 * np.clip(mirrors, 0, 1)))[None]
        # What is bright in the water mirrors clouds, the rest the sky between them.
        for at, changed in zip((0, 3), ratio, strict=True):
            above = cv2.remap(
                changed, np.ascontiguousarray(columns), mirrored, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
            )
            as_sky = np.clip(above / strength, -5.0, 1.2).transpose(2, 0, 1).astype(np.float64)
            calm = as_sky.mean(axis=0, keepdims=True)
            as_sky = calm + 0.9 * (as_sky - calm) - (0.15 if sunny else 0.5)  # it mirrors but a part
            gains[at : at + 3] += wet * (as_sky - gains[at : at + 3])
    gains[0:6] = np.exp2(strength * gains[0:6])
    gains[6] = 1.0 / around
    far = np.clip(((np.arange(h) + 0.5) / h - line.y(0.5)) / 0.16, -1.0, 20.0)
    near_sun = np.exp(-((np.abs(turn / max(20.0, scene.field_of_view) + 0.5 - x) / 0.45) ** 2)) * sure
    amount = hour.haze * (0.35 + 0.65 * near_sun if hour.sun > 0 else np.ones(w)) * scene_far(scene)
    gains[7] = strength * np.exp(-np.maximum(far, 0.0))[:, None] * amount[None, :] * (1 - 0.5 * np.clip(water, 0, 1))
    return gains.astype(np.float32)


def scene_far(scene: Scene) -> float:
    """How sure it is that there is a far distance to be hazy, 0..1."""
    return min(1.0, scene.horizon.confidence * 1.2)


def _tables(hour: Hour, strength: float, soft: float, lamps: float) -> Float:
    """`kernel.relight`'s tables. lamps: how likely what shines in the sky are lamps, and no sun, 0..1"""
    x = np.linspace(0.0, 4.0, kernel.TABLE) ** 2
    x[0] = 1e-4
    sky = np.power(np.maximum(x, 0.02), strength * (hour.relief - 1.0))
    # What shines far above its sky (the sun's disc, its glare) is held down after sunset.
    if hour.sun < 0:
        over = np.maximum(x / 1.25, 1.0)
        sky = sky * np.power(over, -0.55 * strength * (1.0 - lamps))
    flat = hour.flatten * (0.7 if hour.flatten < 0 and soft > 0.7 else 1.0)
    land = np.power(np.clip(x, 0.03, 12.0), -strength * flat)
    z = np.log2(np.maximum(x, 1e-4))
    t = np.clip((z + 0.7) / 1.9, 0, 1)
    lit = t * t * (3 - 2 * t)
    return np.stack([sky, land, lit]).astype(np.float32)


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
    around = _around(small, sky)
    key = _key(around, sky)
    now = already(scene, hour, key)
    strength *= 1.0 - 0.7 * now
    water = maps.resize(water_full, shape[1], shape[0])
    line = place.horizon(scene, sky_full)
    sun, chroma = place.bearing(overview, sky_full), _chroma(small)
    up = _sky_maps(scene, hour, small, sky, line, sun, chroma, strength)
    limit = np.log2(np.array([5.0, 3.0, 2.5]))
    ratio = np.minimum(np.log2(up.target / up.base), limit).astype(np.float32)
    cloud_ratio = np.minimum(np.log2(up.clouds / up.bright[..., None]), limit).astype(np.float32)
    planes = np.empty((kernel.PLANES, *shape), np.float32)
    planes[kernel.SKY_INVERSE : kernel.SKY_TARGET] = (1.0 / up.base).transpose(2, 0, 1)
    planes[kernel.SKY_TARGET : kernel.CLOUD_TARGET] = (up.base * np.exp2(ratio)).transpose(2, 0, 1)
    planes[kernel.CLOUD_TARGET : kernel.CLOUD_INVERSE] = up.clouds.transpose(2, 0, 1)
    planes[kernel.CLOUD_INVERSE] = 1.0 / up.bright
    planes[kernel.BLUE : kernel.SHADE] = up.blue
    planes[kernel.SHADE :] = _land_maps(
        scene, hour, around, sky, water, line, sun, chroma, (ratio, cloud_ratio), strength
    )
    coef, state = place.matte(pixels, sky_full)
    inside = sky > 0.6
    foot = up.target[inside] if inside.any() else up.target.reshape(-1, 3)
    haze = np.median(foot[-max(1, len(foot) // 5) :], axis=0)
    kept = 1.0 + strength * (0.55 - 1.0)
    # Lamps that burn already stay; by day what is as bright against its surroundings is a white wall in the sun.
    burning = 0.9 * (1.0 - _named(scene, ("day", "golden_hour"))) if hour.sun < 0 else 0.0
    numbers = np.array([strength, kept, strength * hour.rods, *haze, burning], np.float32)
    found = lights(overview, share * hour.lights * (1.0 - now), chroma, strength, seed) if hour.lights > 0 else None
    lamps = _named(scene, ("night", "blue_hour"))
    return Prepared(coef, state, planes, _tables(hour, strength, scene.light.softness, lamps), numbers, found)
