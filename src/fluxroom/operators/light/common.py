"""What the light operators share: where the light stands, the land's regions, numbers that many of them need."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from fluxroom.operators.declare import LUMA, Overview
from fluxroom.operators.sky.common import light_color, own_chroma, sky_mask
from fluxroom.operators.weather.depth import region_sum
from fluxroom.scene import Float, Scene
from fluxroom.sky import maps
from fluxroom.sky.light import luminance

SIDE = 512
"""Long side of the maps."""
LIVING = ("person", "animal")
SURE = 0.35
"""From this confidence on perception's own place of the light is taken."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where the light stands: normalised, maybe outside the frame. known: 1 seen .. 0 only guessed from brightness."""

    x: float
    y: float
    known: float


def light_place(overview: Overview) -> Place:
    """The sun that perception found; else a light high outside the frame, on the side that the picture is lit from.

    A sun that nobody found is not put into the frame: rays from a spot of empty sky look wrong, but for a bright gap
    in clouds, behind which it may well stand.
    """
    scene = overview.scene
    light = scene.light
    if light.visible or light.confidence >= SURE:
        return Place(light.x, max(-1.2, light.y), 1.0 if light.visible else 0.7)
    gap = _bright_gap(overview)
    if gap is not None:
        return Place(*gap, 0.4)
    return Place(0.5 + 0.42 * lit_side(overview), -0.22, 0.0)


def _bright_gap(overview: Overview) -> tuple[float, float] | None:
    """The brightest place of a clouded sky, if it stands out; None for a clear or an even one."""
    scene = overview.scene
    h, w = overview.pixels.shape[:2]
    clouds = scene.regions.get("clouds")
    sky = sky_mask(scene, (h, w))
    if clouds is None or "sky" not in scene.regions or float(clouds.sum()) < 0.25 * float(sky.sum()):
        return None
    soft = maps.blur(luminance(overview.pixels) * sky, 0.02 * max(h, w))
    inside = sky > 0.6
    if int(inside.sum()) < 64 or float(soft.max()) < 1.6 * float(np.median(soft[inside])):
        return None
    weight = np.maximum(0, soft / soft.max() - 0.92).astype(np.float64)
    gy, gx = np.mgrid[0:h, 0:w]
    total = float(weight.sum())
    return float((weight * (gx + 0.5)).sum() / total / w), float((weight * (gy + 0.5)).sum() / total / h)


def lit_side(overview: Overview) -> float:
    """-1 lit from the left .. 1 from the right: by perception's azimuth where it is sure, else by the upper half."""
    light = overview.scene.light
    told = math.sin(math.radians(light.azimuth)) * min(1.0, max(0.0, (light.azimuth_confidence - 0.1) / 0.3))
    top = luminance(np.sqrt(np.clip(overview.pixels, 0, 1)))[: max(2, overview.pixels.shape[0] // 2)]
    across = np.linspace(-1, 1, top.shape[1])
    lean = float((top.mean(0, dtype=np.float64) * across).sum() / max(1e-6, float(top.mean(0, dtype=np.float64).sum())))
    side = told + (1.0 - min(1.0, abs(told))) * max(-1.0, min(1.0, 6.0 * lean))
    return side if abs(side) > 0.35 else math.copysign(0.35, side if side != 0 else 1.0)


def small_scene(overview: Overview, side: int = SIDE) -> tuple[Float, Float, Float]:
    """Pixels, sky and luminance at map size."""
    small = maps.shrink(np.maximum(overview.pixels, 0), side)
    h, w = small.shape[:2]
    sky = maps.resize(sky_mask(overview.scene, overview.pixels.shape[:2]), w, h)
    return small, sky, luminance(small)


def seen(scene: Scene, names: tuple[str, ...], like: Float) -> Float:
    """The sum of regions at the size of `like`."""
    return region_sum(scene, names, like.shape[1], like.shape[0])


def beam_color(overview: Overview, warmth: float) -> tuple[float, float, float]:
    """The light's own colour, warmed: 0.15 is a clear sun's, 0.4 a setting one's; none on a monochrome photo."""
    whole = np.ones_like(overview.mask)
    chroma = own_chroma(overview, whole)
    red, green, blue = light_color(overview.scene, 0.9 * chroma)
    w = warmth * chroma
    red, green, blue = red * (1 + w), green, max(0.15, blue * (1 - 1.7 * w))
    y = LUMA[0] * red + LUMA[1] * green + LUMA[2] * blue
    return red / y, green / y, blue / y


def toward(place: Place, like: Float) -> tuple[Float, Float]:
    """Unit vectors (x, y) from each pixel to the light."""
    h, w = like.shape
    gy, gx = np.mgrid[0:h, 0:w].astype(np.float32)
    dx, dy = np.float32(place.x * w - 0.5) - gx, np.float32(place.y * h - 0.5) - gy
    size = np.maximum(np.hypot(dx, dy), np.float32(1e-3))
    return dx / size, dy / size


def moved(picture: Float, dx: Float, dy: Float) -> Float:
    """`picture` at each pixel's place moved by (dx, dy) pixels."""
    h, w = picture.shape
    gy, gx = np.mgrid[0:h, 0:w].astype(np.float32)
    return np.asarray(
        cv2.remap(picture, gx + dx, gy + dy, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), np.float32
    )


def within(values: Float, mask: Float, sigma: float) -> Float:
    """Blurred within the mask alone."""
    weight = np.maximum(mask, np.float32(1e-3))
    return np.asarray(maps.blur(values * weight, sigma) / np.maximum(maps.blur(weight, sigma), 1e-3), np.float32)


def smooth(low: float, high: float, x: float) -> float:
    t = min(1.0, max(0.0, (x - low) / (high - low)))
    return t * t * (3.0 - 2.0 * t)


def step(low: float, high: float, x: Float) -> Float:
    t = np.clip((x - np.float32(low)) / np.float32(high - low), 0, 1)
    return np.asarray(t * t * (3 - 2 * t), np.float32)
