"""What the sky operators share: the sky's mask, the sun's place, the light's colour, numbers of one precision."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np

from fluxroom.operators.declare import (
    LUMA,
    Label,
    Overview,
    Window,
)
from fluxroom.scene import Float, Scene
from fluxroom.sky import maps
from fluxroom.sky._jit import inline
from fluxroom.sky.light import luminance, nightness

LR, LG, LB = LUMA

STRENGTH = Label("Strength", "强度")
WARMTH = Label("Warmth", "暖度")


def sky_mask(scene: Scene, shape: tuple[int, int]) -> Float:
    """The photo's sky mask at the overview's size; all of the picture if perception gave none."""
    mask = scene.regions.get("sky")
    if mask is None:
        return np.ones(shape, np.float32)
    if mask.shape != shape:
        mask = maps.resize(np.ascontiguousarray(mask, np.float32), shape[1], shape[0])
    return np.asarray(mask, dtype=np.float32)


def sky_or_mask(overview: Overview) -> Float:
    """The sky inside this adjustment's mask; the mask itself where that leaves nothing."""
    shape = (overview.mask.shape[0], overview.mask.shape[1])
    sky = sky_mask(overview.scene, shape)
    inside: Float = sky * overview.mask
    if float((inside > 0.6).mean(dtype=np.float64)) < 1e-4:
        return np.asarray(overview.mask if float(overview.mask.max(initial=0)) > 0 else sky, dtype=np.float32)
    return inside


HAZY = 0.3
"""Land whose darkest parts are brighter than this against the sky stands far off in bright air."""


def before_haze(overview: Overview) -> tuple[Float, Float]:
    """Where the sky meets land that stands in bright air, (h, w) 0..1, and how bright that land is, (h, w).

    The air before a far hazy rock lies before the clouds behind it too: they cannot be darker than it. Hazy land has
    no dark part (He, Sun & Tang 2011, the dark channel), as lit land has, and is darker than the sky all the same.
    """
    pixels = overview.pixels
    h, w = pixels.shape[:2]
    long = max(h, w)
    sky = sky_mask(overview.scene, (h, w))
    above = (np.arange(h, dtype=np.float32)[:, None] < overview.scene.horizon.y(0.5) * h).astype(np.float32)
    land = (sky < 0.1).astype(np.float32) * above
    y = luminance(pixels)
    level = float(np.median(y[sky > 0.9])) if bool((sky > 0.9).any()) else 0.0
    if level <= 1e-6 or float(land.sum()) < 64:
        return np.zeros((h, w), np.float32), np.zeros((h, w), np.float32)
    size = max(3, 2 * round(0.01 * long) + 1)
    dark = np.asarray(
        cv2.erode(np.where(land > 0, y, level).astype(np.float32), np.ones((size, size), np.uint8)), np.float32
    )
    pale = land * np.clip((dark / level - HAZY) / 0.12, 0, 1) * np.clip((1.0 - y / level) / 0.1, 0, 1)
    reach = 0.05 * long
    around = maps.blur(np.ascontiguousarray(pale, np.float32), reach)
    tone = maps.blur(np.ascontiguousarray(pale * y, np.float32), reach) / np.maximum(around, 1e-4)
    near = np.clip(around / 0.12, 0, 1)
    return np.asarray(near, np.float32), np.asarray(tone, np.float32)


def long_side(window: Window) -> int:
    return max(window.image_width, window.image_height)


def sun_place(overview: Overview, sure: float = 0.35) -> tuple[float, float]:
    """Where the light comes from in the frame: the sun, or else the brightest part of the sky."""
    scene = overview.scene
    outside = not (0.0 <= scene.light.x <= 1.0 and 0.0 <= scene.light.y <= 1.0)
    if scene.light.visible or scene.light.confidence >= (0.35 if outside else sure):
        return scene.light.x, scene.light.y
    sky = sky_mask(scene, (overview.pixels.shape[0], overview.pixels.shape[1]))
    y = maps.blur(luminance(overview.pixels) * sky, 0.02 * max(sky.shape))
    if float(y.max(initial=0)) <= 0:
        return scene.light.x, scene.light.y
    weight = np.maximum(0, y / y.max() - 0.93).astype(np.float64)
    gy, gx = np.mgrid[0 : y.shape[0], 0 : y.shape[1]]
    total = weight.sum()
    return (
        float((weight * (gx + 0.5)).sum() / total / y.shape[1]),
        float((weight * (gy + 0.5)).sum() / total / y.shape[0]),
    )


def sun_known(scene: Scene) -> float:
    """1 where the sun is in the frame .. 0.2 where nobody knows its place or an overcast hides it: rays need a sun."""
    light = scene.light
    if light.visible:
        return 1.0
    outside = max(0.0, -light.x, light.x - 1.0, -light.y, light.y - 1.0)
    sure = min(1.0, max(0.0, (light.confidence - 0.3) / 0.3)) * (1.0 - 0.6 * light.softness) / (1.0 + 3.0 * outside)
    return 0.2 + 0.8 * sure


def sun_seen(scene: Scene) -> float:
    """1 where the sun is in the frame, at its edge or at the horizon .. 0 where only a cloud was taken for it."""
    light = scene.light
    if light.visible:
        return 1.0
    outside = max(0.0, -light.x, light.x - 1.0, -light.y, light.y - 1.0)
    sure = min(1.0, max(0.0, (light.confidence - 0.3) / 0.1)) * (1.0 - nightness(scene))
    if outside > 0.0:
        return sure * min(1.0, max(0.0, (0.45 - outside) / 0.2))
    if light.elevation < 4.0:
        return sure * (1.0 - 0.5 * light.softness)
    clouds = scene.regions.get("clouds")
    if clouds is None:
        return sure
    h, w = clouds.shape
    around = clouds[
        max(0, round((light.y - 0.03) * h)) : max(1, round((light.y + 0.03) * h)),
        max(0, round((light.x - 0.03) * w)) : max(1, round((light.x + 0.03) * w)),
    ]
    return sure * (1.0 - min(1.0, 1.5 * float(around.mean(dtype=np.float64)))) if around.size else sure


def no_green(color: tuple[float, float, float]) -> tuple[float, float, float]:
    """The colour of luminance 1 with no more green than the mean of red and blue: laid over blue it stays clean."""
    r, g, b = color
    g = min(g, 0.5 * (r + b))
    y = LR * r + LG * g + LB * b
    return r / y, g / y, b / y


def light_color(scene: Scene, chroma: float = 1.0) -> tuple[float, float, float]:
    """The light's colour with luminance 1; never much colder than white: a blue light is air, not sun."""
    r, g, b = (max(0.0, v) for v in scene.light.color)
    y = max(1e-4, LR * r + LG * g + LB * b)
    part = chroma * min(1.0, max(0.12, (r - b) / y / 0.2))
    return 1.0 + part * (r / y - 1.0), 1.0 + part * (g / y - 1.0), 1.0 + part * (b / y - 1.0)


def own_chroma(overview: Overview, sky: Float) -> float:
    """0 on a monochrome photo .. 1 where the sky has colour."""
    weight = np.clip((sky - 0.5) * 2, 0, 1)
    if float(weight.sum()) < 1:
        weight = np.ones_like(sky)
    y = np.maximum(luminance(overview.pixels), 1e-3)[..., None]
    size = np.abs(overview.pixels / y - 1.0).mean(-1)
    return float(min(1.0, (size * weight).sum() / weight.sum() / 0.05))


single: Any = np.float32
F0, F1, F3, F9, F27 = (single(v) for v in (0, 1, 3, 9, 27))
maps_columns, maps_row_of = maps.columns, maps.row_of
FLR, FLG, FLB = (single(v) for v in LUMA)
THIRD = single(1 / 3)
F2, F102, F025, F02, F09, F085 = (single(v) for v in (2, 1.02, 0.25, 0.2, 0.9, 0.85))
F005, F007, F01, F055, F07, F075 = (single(v) for v in (0.05, 0.07, 0.1, 0.55, 0.7, 0.75))
F045, F022, F026, F1E6 = (single(v) for v in (0.45, 0.22, 0.26, 1e-6))


@inline
def tanh(x: float) -> float:
    """Rational, within 0.003 of tanh; exactly odd and never beyond 1."""
    x = min(F3, max(-F3, x))
    q = x * x
    value: float = x * (F27 + q) / (F27 + F9 * q)
    return value
