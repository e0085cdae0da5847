"""What the phenomena share: how bright and how open the sky is, how high each place stands, and light added to it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from fluxroom.operators.declare import Label, Overview, Window
from fluxroom.operators.sky.common import F0, F1, maps_columns, maps_row_of, single, sky_mask
from fluxroom.scene import Float, Scene
from fluxroom.sky import maps
from fluxroom.sky._jit import jit
from fluxroom.sky.camera import Camera
from fluxroom.sky.light import luminance

STRENGTH = Label("Strength", "强度")
SIDE = 256
"""Long side of the small maps."""
DAY = 4.0
"""How many times brighter a daylit sky counts than it looks."""


@dataclass(frozen=True, slots=True)
class Skyward:
    """The sky as light from behind it meets it; maps of (h, w), long side <= SIDE.

    field   luminance of the smoothed sky, carried on behind the land
    near    luminance with less smoothing: lamps and bright clouds stand out
    open    1 clear .. 0 behind thick cloud
    mask    where the adjustment works, without water
    high    sine of the height above the horizon
    day     0..1, how surely it is day
    foot    y of the horizon in the middle, 0..1
    """

    field: Float
    near: Float
    open: Float
    mask: Float
    high: Float
    day: float
    foot: float
    camera: Camera

    def shows(self, knee: float) -> NDArray[np.float64]:
        """How much of a faint light shows at each place, see `dark_gain`.

        By day the sun is up however deep the blue: what lies behind the sky is fainter than its tone tells.
        """
        return np.asarray(dark_gain(self.field * (1 + DAY * self.day), knee), dtype=np.float64)


def _daylight(scene: Scene) -> float:
    """How sure it is that the photo was taken by daylight, 0..1."""
    p = scene.time_of_day.probabilities or {scene.time_of_day.value: 1.0}
    return float(step(0.35, 0.75, (p.get("day", 0.0) + p.get("golden_hour", 0.0)) / (sum(p.values()) or 1.0)))


def look_up(overview: Overview) -> Skyward:
    pixels = maps.shrink(np.maximum(overview.pixels, 0), SIDE)
    h, w = pixels.shape[:2]
    full = (overview.pixels.shape[0], overview.pixels.shape[1])
    mask = maps.resize(np.ascontiguousarray(overview.mask, np.float32), w, h)
    water = overview.scene.regions.get("water")
    if water is not None:  # it may have the lights' image, but is no place for themselves
        mask = np.minimum(mask, 1.0 - np.clip(maps.resize(np.ascontiguousarray(water, np.float32), w, h), 0, 1))
    sky = maps.resize(sky_mask(overview.scene, full), w, h)
    weight = np.maximum(sky, mask)
    weight = np.clip((weight - 0.5) * 2, 0, 1).astype(np.float32)
    if float(weight.sum()) < 4.0:
        weight = np.full_like(weight, 0.01)
    long = max(h, w)
    if min(h, w) >= 5:  # stars and lamps are not the sky
        pixels = np.asarray(cv2.medianBlur(pixels, 5), np.float32)
    field = luminance(maps.fill(pixels, weight, 0.05 * long))
    near = luminance(maps.fill(pixels, weight, 0.006 * long))
    clouds = overview.scene.regions.get("clouds")
    there = np.zeros((h, w), np.float32)
    if clouds is not None:
        there = np.clip(maps.resize(np.ascontiguousarray(clouds, np.float32), w, h), 0, 1)
    # A cloud hides what is behind it the more the more it stands out from the sky around.
    apart = np.clip(np.abs(near / np.maximum(field, 1e-4) - 1.0) / 0.35, 0, 1)
    out = maps.blur(np.asarray(apart, np.float32), 0.008 * long)
    # In the dark nobody tells cloud from clear sky for sure.
    sure = 0.4 + 0.6 * step(0.01, 0.06, field)
    hidden = there * sure * (0.6 + 0.4 * out)
    was = maps.shrink(np.maximum(overview.scene.preview, 0), SIDE)
    before = float((luminance(was) * weight).sum()) if was.shape == pixels.shape else 0.0
    now = float((luminance(pixels) * weight).sum())
    day = _daylight(overview.scene) * float(step(0.15, 0.6, now / before)) if before > 0 else 0.0
    camera = Camera.of(overview.scene)
    gy, gx = np.mgrid[0:h, 0:w]
    high = camera.directions((gx + 0.5) / w, (gy + 0.5) / h)[..., 1]
    return Skyward(
        np.ascontiguousarray(field, np.float32),
        np.ascontiguousarray(near, np.float32),
        np.asarray(1.0 - hidden, np.float32),
        mask,
        np.asarray(high, np.float32),
        day,
        overview.scene.horizon.y(0.5),
        camera,
    )


def dark_gain(level: Any, knee: float) -> Any:
    """How much of a faint light shows before a sky of that luminance: 1 on black, 1/2 at the knee, then next to none.

    A camera exposes for the sky: ten times brighter a sky leaves a tenth of the light of what lies behind.
    """
    return 1.0 / (1.0 + (level / knee) ** 2.5)


def shown(sky: Skyward, knee: float) -> float:
    """The greatest part of a faint light that shows anywhere in the mask, 0..1."""
    inside = sky.mask > 0.5
    if not inside.any():
        return 0.0
    return float(np.percentile(sky.shows(knee)[inside], 90))


def air_mass(high: Any) -> Any:
    """Atmospheres that light crosses from a height of that sine; Kasten & Young 1989."""
    sine = np.maximum(high, 0.0)
    degrees = np.degrees(np.arcsin(np.minimum(sine, 1.0)))
    return 1.0 / (sine + 0.50572 * (degrees + 6.07995) ** -1.6364)


def extinction(high: Any) -> NDArray[np.float64]:
    """What the air leaves of a light, (..., 3), 1 overhead; magnitudes per air mass of a clear site, B most."""
    mass = np.asarray(air_mass(high), dtype=np.float64)[..., None] - 1.0
    return np.asarray(10.0 ** (-0.4 * mass * np.array([0.12, 0.17, 0.26])), dtype=np.float64)


def sample(grid: NDArray[Any], x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
    """Bilinear values of a map at normalised places, clamped to its edges."""
    h, w = grid.shape[:2]
    u = np.clip(x * w - 0.5, 0, w - 1)
    v = np.clip(y * h - 0.5, 0, h - 1)
    i, j = np.minimum(u.astype(np.int64), max(0, w - 2)), np.minimum(v.astype(np.int64), max(0, h - 2))
    i1, j1 = np.minimum(i + 1, w - 1), np.minimum(j + 1, h - 1)
    fu, fv = u - i, v - j
    if grid.ndim == 3:
        fu, fv = fu[..., None], fv[..., None]
    top = grid[j, i] * (1 - fu) + grid[j, i1] * fu
    low = grid[j1, i] * (1 - fu) + grid[j1, i1] * fu
    return np.asarray(top * (1 - fv) + low * fv, dtype=np.float64)


def step(low: float, high: float, x: Any) -> Any:
    t = np.clip((x - low) / (high - low), 0.0, 1.0)
    return t * t * (3.0 - 2.0 * t)


@jit
def add_light(tile: Float, planes: Float, x0: int, y0: int, image_width: int, image_height: int) -> None:
    """Add the light of `planes` (3, h, w), stretched, each channel held to what room it has."""
    th, tw = tile.shape[0], tile.shape[1]
    index, part = np.empty(tw, np.int32), np.empty(tw, np.float32)
    maps_columns(x0, image_width, planes.shape[2], index, part)
    line = np.empty(planes.shape[2], np.float32)
    light = np.empty((3, tw), np.float32)
    for r in range(th):
        maps_row_of(planes, y0 + r, image_height, index, part, line, light)
        for c in range(tw):
            for k in range(3):
                v = tile[r, c, k]
                tile[r, c, k] = v + light[k, c] * min(F1, max(F0, F1 - v))


def apply_light(tile: NDArray[np.float32], window: Window, planes: Float) -> None:
    add_light(tile, planes, window.x, window.y, window.image_width, window.image_height)


def planes_of(light: NDArray[Any]) -> Float:
    """(h, w, 3) as (3, h, w), float32, in one piece."""
    return np.ascontiguousarray(np.asarray(light, dtype=np.float32).transpose(2, 0, 1))


def sun_heading(camera: Camera, overview: Overview) -> tuple[float, float]:
    """Azimuth (radians from straight ahead, to the right) and height of the scene's light as it stands."""
    light = overview.scene.light
    x, y, z = (float(v) for v in camera.directions(np.array(light.x), np.array(light.y)))
    return math.atan2(x, z), math.asin(max(-1.0, min(1.0, y)))


__all__ = [
    "STRENGTH", "Skyward", "add_light", "air_mass", "apply_light", "dark_gain", "extinction", "look_up", "planes_of",
    "sample", "shown", "single", "step", "sun_heading",
]  # fmt: skip
