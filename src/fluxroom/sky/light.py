"""The photo's own sky as the palette of everything put into it.

No colour here is fixed: lit edges take the warm part of the brightest sky, shadows the sky's own
muted chroma, so a monochrome photo stays monochrome and a midday one neutral.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fluxroom.scene import Scene
from fluxroom.sky import maps

F32 = NDArray[np.float32]
LUMA = np.array([0.2627, 0.6780, 0.0593], np.float32)


def luminance(rgb: F32) -> F32:
    # Element by element: a matrix product may round differently for another tile shape.
    y: F32 = rgb[..., 0] * LUMA[0] + rgb[..., 1] * LUMA[1] + rgb[..., 2] * LUMA[2]
    return y


@dataclass(frozen=True, slots=True)
class Palette:
    """Colours for things in the sky; linear Rec.2020, small smooth maps (h, w, 3) over the frame.

    sun      of a thin cloud edge in full light
    ambient  of a cloud under open sky, out of the sun
    field    the smoothed sky itself, carried on behind the land
    low      luminance range of the photo's sky: 5th, 50th, 95th, 99th percentile
    day      0 sun low or gone .. 1 high sun
    chroma   how much colour the sky has, 0 monochrome .. about 1
    blue     how far the light is the sky's own deep blue, the sun gone, 0..1
    night    0..1
    haze     how pale and bright the air is, 0 clear .. 1 white
    """

    sun: F32
    ambient: F32
    field: F32
    levels: tuple[float, float, float, float]
    day: float
    chroma: float
    blue: float
    night: float
    haze: float


def dayness(scene: Scene) -> float:
    """0 at dusk and dawn .. 1 in plain day, from all that perception says."""
    p = scene.time_of_day.probabilities or {scene.time_of_day.value: 1.0}
    total = sum(p.values()) or 1.0
    named = p.get("day", 0.0) / total
    high = min(1.0, max(0.0, (scene.light.elevation - 4.0) / 20.0))
    return float(min(1.0, max(0.0, (0.65 * named + 0.35 * high) * (1.0 - 0.7 * scene.light.warmth))))


def nightness(scene: Scene) -> float:
    """1 where night is the likeliest time .. 0."""
    p = scene.time_of_day.probabilities or {scene.time_of_day.value: 1.0}
    return float(min(1.0, max(0.0, 1.6 * p.get("night", 0.0) / (max(p.values()) or 1.0) - 0.5)))


def _step(low: float, high: float, x: float) -> float:
    t = min(1.0, max(0.0, (x - low) / (high - low)))
    return t * t * (3.0 - 2.0 * t)


def sunlight(scene: Scene) -> float:
    """How much sun there is to light a cloud: 1, less in the blue hour, next to none at night."""
    p = scene.time_of_day.probabilities or {scene.time_of_day.value: 1.0}
    total = sum(p.values()) or 1.0
    return 1.0 - (0.85 * p.get("night", 0.0) + 0.30 * p.get("blue_hour", 0.0)) / total


def sky_levels(pixels: F32, mask: F32) -> tuple[float, float, float, float]:
    """Luminance percentiles (5, 50, 95, 99) where the mask is mostly sky."""
    inside = luminance(pixels)[mask > 0.6]
    if inside.size < 16:
        inside = luminance(pixels).ravel()
    p5, p50, p95, p99 = (float(v) for v in np.percentile(inside, (5, 50, 95, 99)))
    return max(1e-4, p5), max(1e-4, p50), max(1e-4, p95), max(1e-4, p99)


def palette(pixels: F32, mask: F32, scene: Scene, dark: float = 0.0) -> Palette:
    """Read the palette off the photo's sky. `dark` 0..1 deepens the shadows (storm)."""
    small = maps.shrink(np.maximum(pixels, 0), 160)
    weight = maps.resize(np.ascontiguousarray(mask, dtype=np.float32), small.shape[1], small.shape[0])
    weight = np.clip((weight - 0.5) * 2, 0, 1).astype(np.float32)
    if float(weight.sum()) < 4.0:
        weight = np.full_like(weight, 0.01)
    field = maps.fill(small, weight, 0.03 * max(small.shape[:2]))
    y = np.maximum(luminance(field), 1e-4)
    levels = sky_levels(pixels, mask)
    day = dayness(scene)

    # Chroma as (rgb / Y - 1): zero for neutral, scale free.
    tint = field / y[..., None] - 1.0
    sky_y = np.maximum(luminance(small), 1e-4)
    chroma = float(np.sqrt((weight * (tint**2).sum(-1)).sum() / weight.sum()))

    levels_5, p50, p95, p99 = levels
    night = nightness(scene)
    # The blue hour: deep colour and little light. Haze: little colour and much light.
    cold = float((weight * (tint[..., 2] - tint[..., 0])).sum() / weight.sum())
    blue = _step(0.9, 1.8, cold) * (1.0 - _step(0.3, 0.6, p95)) * (1.0 - scene.light.warmth)
    haze = (1.0 - _step(0.35, 0.9, chroma)) * _step(0.35, 0.65, p50) * _step(0.15, 0.6, levels_5 / p50)

    # No cloud is green, whatever the air's cast.
    tint[..., 1] -= np.float32(0.6) * np.maximum(0.0, tint[..., 1] - np.maximum(tint[..., 0], tint[..., 2]))

    h, w = y.shape
    gy, gx = np.mgrid[0:h, 0:w].astype(np.float32)
    aspect = scene.height / max(1, scene.width)
    away = np.hypot((gx + 0.5) / w - scene.light.x, ((gy + 0.5) / h - scene.light.y) * aspect)
    bright = weight * (0.15 + np.exp(-away / 0.35)) * np.minimum(sky_y / levels[3], 1.0) ** 2 * (sky_y < 0.97)
    # The sun's colour shows where the sky is warmest and on what it lights already.
    own_tint = small / sky_y[..., None] - 1.0
    bright = bright * (0.12 + np.clip((own_tint[..., 0] - own_tint[..., 2]) / 0.6, 0.0, 1.0))
    there = scene.regions.get("clouds")
    if there is not None:
        bright = bright * (0.5 + maps.resize(np.ascontiguousarray(there, np.float32), w, h))
    bright += 1e-6 * weight
    glow = (own_tint * bright[..., None]).sum((0, 1)) / bright.sum()

    # Only the warm part of the light colours clouds; what is blue there is the air, not the sun.
    def warm_part(t: NDArray[Any]) -> F32:
        warmth = np.clip((t[..., 0] - t[..., 2]) / 0.25, 0.0, 1.0)
        return np.asarray(t * warmth[..., None], dtype=np.float32)

    own = min(1.0, chroma / 0.08)  # no colour of ours on a monochrome photo
    color = np.array(scene.light.color, np.float32)
    told = color / max(1e-4, float(color @ LUMA)) - 1.0
    near = np.exp(-away / 0.45)[..., None].astype(np.float32)
    # Where the sky is blown out it has no colour left to read: there the glow stands for it.
    blown = np.clip((y - 0.75) / 0.2, 0.0, 1.0)[..., None]
    seen = tint + blown * (np.broadcast_to(glow, tint.shape) - tint)
    lit_tint: NDArray[Any] = 0.5 * warm_part(np.broadcast_to(glow, tint.shape)) + 0.5 * warm_part(seen)
    lit_tint = lit_tint + np.float32(0.35 * own * scene.light.warmth * (1.0 - day)) * near * warm_part(
        np.broadcast_to(told, tint.shape)
    )
    lit_tint = _soft_limit(lit_tint * (1.0 + 0.6 * (1.0 - day)), 0.95)
    # With no sun the brightest edges too have the sky's light only.
    lit_tint = lit_tint + np.float32(max(blue, night)) * _muted(tint - warm_part(tint), 0.5)
    share = 0.56 + 0.39 * (1.0 - day)
    share = share + max(dark, 0.9 * blue) * max(0.0, 0.85 - share)
    shade_tint = _soft_limit(_muted(tint, share), 0.8 + 1.1 * blue)

    top = p99 * (1.25 + 0.9 * day * (1.0 - min(1.0, p99)))
    lit = np.float32(min(1.0, 0.6 * top + 0.4 * np.tanh(top)))
    local = maps.blur(y, 0.06 * max(h, w))
    # A lit edge is brighter than the sky behind it everywhere, by less where that is already bright.
    lit_y = np.maximum(lit * (0.55 + 0.45 * np.clip(local / p95, 0.0, 1.0)), 1.12 * np.minimum(local, 0.85))
    near_share = 0.35 + 0.15 * day
    shade_y = ((1.0 - near_share) * p50 + near_share * local) * (0.60 + 0.55 * day) * (1.0 - 0.55 * dark)
    # Haze lights the shadows; a white sky leaves no dark clouds in it unless they are a storm's.
    shade_y = shade_y + (haze * (1.0 - 0.7 * dark)) * np.maximum(0.0, 0.92 * local - shade_y)
    shade_y = np.minimum(shade_y, (0.62 + 0.2 * haze * (1.0 - dark)) * lit_y)
    # At night clouds have what light the sky around them has, little more.
    lit_y = lit_y + night * (np.minimum(lit_y, 1.25 * local + 0.02 * p95) - lit_y)
    shade_y = shade_y + night * (np.minimum(shade_y, 0.6 * local) - shade_y)
    sun = lit_y[..., None] * np.maximum(0.05, 1.0 + lit_tint)
    ambient = shade_y[..., None] * np.maximum(0.05, 1.0 + shade_tint)
    return Palette(
        np.ascontiguousarray(sun, np.float32),
        np.ascontiguousarray(ambient, np.float32),
        np.ascontiguousarray(field, np.float32),
        levels,
        day,
        chroma,
        blue,
        night,
        haze,
    )


def _soft_limit(tint: NDArray[Any], limit: float) -> F32:
    size = np.sqrt((tint**2).sum(-1, keepdims=True))
    return np.asarray(tint * (limit * np.tanh(size / limit) / np.maximum(size, 1e-6)), dtype=np.float32)


_TO_XYZ = np.array([[0.6369580, 0.1446169, 0.1688810], [0.2627002, 0.6779981, 0.0593017], [0.0, 0.0280727, 1.0609851]])
_TO_CONES = np.array(
    [
        [0.8189330101, 0.3618667424, -0.1288597137],
        [0.0329845436, 0.9293118715, 0.0361456387],
        [0.0482003018, 0.2643662691, 0.6338517070],
    ]
)
_CONES = _TO_CONES @ _TO_XYZ
_CONES = _CONES / _CONES.sum(axis=1, keepdims=True)  # white is exactly neutral
_RGB = np.linalg.inv(_CONES)


def _muted(tint: NDArray[Any], share: float) -> F32:
    """The tint with that share of its chroma in Oklab (Ottosson 2020): muted blue stays blue, not violet.

    Oklab is linear in the cube roots of the cones' answers, so a share of its chroma is a step from
    their lightness toward them.
    """

    def times(matrix: NDArray[np.float64], v: NDArray[np.float64]) -> NDArray[np.float64]:
        rows = [m[0] * v[..., 0] + m[1] * v[..., 1] + m[2] * v[..., 2] for m in matrix]
        return np.stack(rows, axis=-1)

    roots = np.cbrt(times(_CONES, np.maximum(0.0, 1.0 + tint).astype(np.float64)))
    lightness = (0.2104542553 * roots[..., 0] + 0.7936177850 * roots[..., 1] - 0.0040720468 * roots[..., 2])[..., None]
    rgb = times(_RGB, (lightness + share * (roots - lightness)) ** 3)
    y = np.maximum(1e-4, (rgb * LUMA).sum(-1, keepdims=True))
    return np.asarray(rgb / y - 1.0, dtype=np.float32)
