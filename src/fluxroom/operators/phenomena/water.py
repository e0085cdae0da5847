"""What water shows of lights in the sky: where each place of it looks, how much it sends on, and what stands in it.

The line it mirrors about and how still it lies are those of `sky.sky_reflection`. How much of the light comes back is
what came back of the sky in the photo: the water's brightness beside that of the sky that it mirrors, and at least
Fresnel's share (Schlick 1994). Logs, stones and boats are told from water by their tone, pixel by pixel.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from fluxroom.operators.declare import LUMA, Overview, Window
from fluxroom.operators.phenomena.common import apply_light, planes_of
from fluxroom.operators.sky.common import F0, F1, maps_columns, maps_row_of, single, sky_mask
from fluxroom.operators.sky.sky_reflection import calmness, mirror_of
from fluxroom.scene import Float
from fluxroom.sky import maps
from fluxroom.sky._jit import jit
from fluxroom.sky.camera import Camera
from fluxroom.sky.light import luminance

SIDE = 512
"""Long side of the maps."""
FEW = 0.004
"""Share of the frame under which water is not looked at."""
LR, LG, LB = (single(v) for v in LUMA)
DARK, PLAIN, BRIGHT, WHITE = (single(v) for v in (0.40, 0.72, 2.6, 5.0))
"""Brightness beside the water's around: what is darker or brighter is not water that looks at the sky."""

FLOOR = single(0.004)
"""Tone under which a picture's steps and noise tell nothing any more, linear."""


@dataclass(frozen=True, slots=True)
class Water:
    """Maps (h, w), long side <= SIDE.

    line    (w,) row about which it mirrors at each column
    sends   how much of the light above comes back, 0 outside the water
    around  the water's own luminance, smoothed
    clear   1 where the water is as bright as around .. 0 where something dark stands in it
    calm    0 rough .. 1 a mirror
    rough   median of its fine contrast, in stops
    """

    line: Float
    sends: Float
    around: Float
    clear: Float
    calm: float
    rough: float


@dataclass(frozen=True, slots=True)
class Lights:
    """Light added to the sky, (3, h, w), and its image in the water, (4, h, w)."""

    sky: Float
    water: Float | None


def look_down(overview: Overview) -> Water | None:
    """The water of the photo; None where there is none."""
    scene = overview.scene
    water = scene.regions.get("water")
    if water is None or scene.share("water") < FEW:
        return None
    now = maps.shrink(np.maximum(overview.pixels, 0), SIDE)
    h, w = now.shape[:2]
    if min(h, w) < 16:
        return None
    was = maps.resize(np.ascontiguousarray(np.maximum(scene.preview, 0), np.float32), w, h)
    sky = maps.resize(sky_mask(scene, (overview.pixels.shape[0], overview.pixels.shape[1])), w, h)
    # Only what this adjustment may touch: water that is kept stays as it is.
    there = np.minimum(water, overview.mask) if water.shape == overview.mask.shape else water
    on = np.clip(1.3 * maps.resize(np.ascontiguousarray(there, np.float32), w, h) - 0.15, 0, 1)
    if float(on.max(initial=0.0)) < 0.5:
        return None
    line, mirrors, smooth = mirror_of(was, sky, on, scene)
    calm = calmness(mirrors, smooth, scene)
    tone = np.log2(np.maximum(luminance(was), 1e-3)).astype(np.float32)
    rough = float(np.median(np.abs(tone - maps.blur(tone, 2.0))[on > 0.9])) if (on > 0.9).any() else 0.0
    gy, gx = np.mgrid[0:h, 0:w].astype(np.float32)
    at = (2.0 * line[None, :] - gy - 1.0).astype(np.float32)
    # The part of the sky that it mirrors, and how bright that was.
    seen = np.asarray(cv2.remap(np.dstack([was * sky[..., None], sky]), gx, at, cv2.INTER_LINEAR,
                                borderMode=cv2.BORDER_REPLICATE), np.float32)  # fmt: skip
    mirror = luminance(maps.blur(np.ascontiguousarray(seen[..., :3]), 0.006 * max(h, w))) + 1e-3
    ratio = luminance(maps.blur(was, 0.006 * max(h, w))) / mirror
    # A near shore hides the sky where the line alone would show it.
    usual = (
        float(np.median(ratio[(on > 0.8) & (seen[..., 3] > 0.8)])) if ((on > 0.8) & (seen[..., 3] > 0.8)).any() else 1
    )
    shows = np.clip((ratio / max(usual, 1e-3) - 0.25) / 0.35, 0, 1)
    open_to = _by_colour(was, np.clip(seen[..., 3] * shows, 0, 1).astype(np.float32), on)
    log_sky = maps.fill(was, np.clip(2 * sky - 1, 0, 1) + 1e-4, 0.05 * max(h, w))
    above = luminance(np.asarray(cv2.remap(log_sky, gx, at, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)))
    weight = (on * (0.003 + open_to**2)).astype(np.float32)
    around_was = luminance(maps.fill(was, weight, 0.03 * max(h, w)))
    around = luminance(maps.fill(now, weight, 0.03 * max(h, w)))
    down = np.maximum(0.0, -Camera.of(scene).directions((gx + 0.5) / w, (gy + 0.5) / h)[..., 1])
    fresnel = 0.02 + 0.98 * (1.0 - np.clip(down, 0, 1)) ** 5
    back = np.clip(around_was / np.maximum(above, 1e-3), 0.0, 0.92)
    sends = np.maximum(fresnel, back)
    # Rough water shows every height of the sky at every place: hills hide less of it.
    hidden = open_to + 0.6 * max(0.0, 1.0 - 1.6 * calm) * (1.0 - open_to)
    below = np.clip(0.6 * (gy - line[None, :]), 0, 1)
    sends = maps.blur(np.asarray(sends, np.float32), 0.01 * max(h, w)) * hidden * below * on
    clear = np.clip((luminance(now) / np.maximum(around, 1e-4) - 0.4) / 0.32, 0, 1)
    around = np.maximum(around, 1e-4).astype(np.float32)
    return Water(line, np.asarray(sends, np.float32), around, np.asarray(clear, np.float32), calm, rough)


def _by_colour(was: Float, guess: Float, water: Float) -> Float:
    """Where the water shows sky rather than land: the guess from the line, moved to where its colours change.

    The line is right to a few pixels only, and a slope's image is steeper than the slope.
    """
    hue = np.log2((np.maximum(was[..., 2], 0) + 0.01) / (np.maximum(was[..., 0], 0) + 0.01))
    tone = np.log2(np.maximum(luminance(was), 1e-3))
    features = np.stack([tone, hue], axis=-1).astype(np.float64)
    sky, land = (water * guess).astype(np.float64), (water * (1.0 - guess)).astype(np.float64)
    if min(float(sky.sum()), float(land.sum())) < 20.0:
        return np.asarray(np.clip(1.6 * guess - 0.3, 0, 1), np.float32)
    # Fisher's discriminant of what is thought to be sky's image and land's.
    middles = [(features * m[..., None]).sum((0, 1)) / m.sum() for m in (sky, land)]
    spread = sum(((features - c) ** 2 * m[..., None]).sum((0, 1)) for c, m in zip(middles, (sky, land), strict=True))
    way = (middles[0] - middles[1]) / (spread / (sky.sum() + land.sum()) + 0.01)
    guide = np.asarray((features @ way) / max(1e-6, float(np.linalg.norm(way))), np.float32)
    radius = max(3, round(0.07 * max(guess.shape)))
    a, b = maps.regression(guide, guess.astype(np.float32), np.clip(water, 0, 1), radius, 0.05**2)
    return np.asarray(np.clip(1.9 * (np.maximum(a, 0) * guide + b) - 0.45, 0, 1), np.float32)


def mirrored(water: Water, light: NDArray[np.float64], sky: Float, drawn: float = 1.0) -> Float:
    """(h, w, 3) what the water sends back of light (lh, lw, 3) in the sky; `drawn`: how far ripples draw it out."""
    h, w = water.sends.shape
    source = maps.resize(np.ascontiguousarray(light, np.float32), w, h) * np.clip(sky, 0, 1)[..., None]
    gy, gx = np.mgrid[0:h, 0:w].astype(np.float32)
    at = (2.0 * water.line[None, :] - gy - 1.0).astype(np.float32)
    # Beyond the upper edge nobody knows the sky: the edge's own light, fading.
    far = np.exp(-np.maximum(0.0, -at) / np.float32(0.12 * h))[..., None]
    flat = np.asarray(cv2.remap(source, gx, at, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), np.float32) * far
    depth = np.clip((gy - water.line[None, :]) / (0.4 * h), 0, 1)[..., None]
    rough = 1.0 - water.calm
    near = _down(flat, drawn * (0.004 + 0.05 * rough) * h)
    wide = _down(flat, drawn * (0.016 + 0.16 * rough) * h)
    return np.asarray((near + depth * (wide - near)) * water.sends[..., None], np.float32)


def dry(overview: Overview, w: int, h: int) -> Float:
    """(h, w) 1 where light in the sky may be added: not on the water below it, which gets its own."""
    sky = sky_mask(overview.scene, (overview.pixels.shape[0], overview.pixels.shape[1]))
    water = overview.scene.regions.get("water")
    if water is None or water.shape != sky.shape:
        return np.ones((h, w), np.float32)
    # Land between them may be either's: only what is nearer to water than to sky is the water's.
    ratio = maps.blur(maps.resize(sky, w, h), 0.006 * max(h, w))
    below = maps.blur(maps.resize(np.ascontiguousarray(water, np.float32), w, h), 0.006 * max(h, w))
    near = maps.blur(maps.resize(sky, w, h), 0.012 * max(h, w)) > 0.01
    return np.asarray(near & (ratio + 1e-3 > 0.5 * below), np.float32)


def _down(light: Float, sigma: float) -> Float:
    return np.asarray(cv2.GaussianBlur(light, (0, 0), max(0.4, 0.22 * sigma), sigmaY=max(0.6, sigma)), np.float32)


def water_planes(water: Water, light: Float) -> Float:
    """(4, h, w): light on the water, and 1 / its own brightness, for `add_to_water`."""
    return np.ascontiguousarray(np.concatenate([light.transpose(2, 0, 1), 1.0 / water.around[None]]), np.float32)


@jit
def add_to_water(tile: Float, planes: Float, x0: int, y0: int, image_width: int, image_height: int) -> None:
    """Add light (3, h, w) where the water is as bright as around: what stands dark in it or lies white on it gets none.

    Bright facets send more of it than dark ones, so that ripples show in it.
    """
    th, tw = tile.shape[0], tile.shape[1]
    index, part = np.empty(tw, np.int32), np.empty(tw, np.float32)
    maps_columns(x0, image_width, planes.shape[2], index, part)
    line = np.empty(planes.shape[2], np.float32)
    light = np.empty((4, tw), np.float32)
    for r in range(th):
        maps_row_of(planes, y0 + r, image_height, index, part, line, light)
        for c in range(tw):
            if max(light[0, c], max(light[1, c], light[2, c])) <= single(1e-5):
                continue
            y = LR * tile[r, c, 0] + LG * tile[r, c, 1] + LB * tile[r, c, 2]
            y = (max(F0, y) + FLOOR) / (F1 / max(light[3, c], single(1e-3)) + FLOOR)
            t = min(F1, max(F0, (y - DARK) / (PLAIN - DARK)))
            u = min(F1, max(F0, (y - BRIGHT) / (WHITE - BRIGHT)))
            much = t * t * (single(3) - single(2) * t) * (F1 - u) * min(single(1.15), single(0.55) + single(0.45) * y)
            for k in range(3):
                v = tile[r, c, k]
                tile[r, c, k] = v + much * light[k, c] * min(F1, max(F0, F1 - v))


def with_image(overview: Overview, light: NDArray[np.float64], share: float, drawn: float = 1.0) -> Lights:
    """Light (h, w, 3) in the sky, with `share` of what the water in the region sends back of it."""
    h, w = light.shape[:2]
    water = look_down(overview)
    if water is None:
        return Lights(planes_of(light), None)
    sky = sky_mask(overview.scene, (overview.pixels.shape[0], overview.pixels.shape[1]))
    sent = mirrored(water, light, maps.resize(sky, water.sends.shape[1], water.sends.shape[0]), drawn)
    return Lights(planes_of(light * dry(overview, w, h)[..., None]), water_planes(water, np.float32(share) * sent))


def add_lights(tile: NDArray[np.float32], window: Window, lights: Lights) -> None:
    apply_light(tile, window, lights.sky)
    if lights.water is not None:
        add_to_water(tile, lights.water, window.x, window.y, window.image_width, window.image_height)
