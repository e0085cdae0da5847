"""What still water shows of a thing: its upside-down picture, as far as the water mirrors.

A place of the water shows a share of the light above it, by Fresnel (Schlick 1994) or as the photo itself tells, and
its own depth for the rest. So a thing changes the water by the ratio of its own light to the light that it hides;
ripples and stones stay. Ripples draw a reflection out and break it, the more the nearer to the camera and the rougher.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from fluxroom.operators.declare import Overview
from fluxroom.operators.elements.sprite import Placed, gains_of
from fluxroom.operators.sky.common import sky_mask
from fluxroom.operators.sky.sky_reflection import OWN_LIGHT, calmness, mirror_of
from fluxroom.scene import Float
from fluxroom.sky import maps
from fluxroom.sky.light import luminance

SIDE = 512
BRIGHTEST = 1.6
"""The most that a reflection adds to the water, as a share of its light."""


@dataclass(frozen=True, slots=True)
class Still:
    """line: (w,) the mirror's line across the picture, share of the height; calm, smooth 0..1; mask (h, w) of water."""

    line: Float
    calm: float
    smooth: float
    mask: Float


def still(overview: Overview) -> Still | None:
    """The photo's water; None where none is seen."""
    scene = overview.scene
    water = scene.regions.get("water")
    shape = (overview.pixels.shape[0], overview.pixels.shape[1])
    if water is None or water.shape != shape or scene.share("water") < 0.01:
        return None
    was = maps.shrink(np.ascontiguousarray(np.maximum(scene.preview, 0), np.float32), SIDE)
    h, w = was.shape[:2]
    if min(h, w) < 16:
        return None
    sky, there = (maps.resize(np.ascontiguousarray(m, np.float32), w, h) for m in (sky_mask(scene, shape), water))
    line, mirrors, smooth = mirror_of(was, sky, there, scene)
    return Still(np.asarray(line / h, np.float32), float(calmness(mirrors, smooth, scene)), float(smooth), water)


def doubled(overview: Overview) -> Float:
    """(h, w) 1 where a thing in the sky is mirrored in still water within the frame; 0 all over where none is still."""
    water = still(overview)
    h, w = overview.mask.shape
    if water is None or water.calm < 0.5:
        return np.zeros((h, w), np.float32)
    line = np.interp((np.arange(w) + 0.5) / w, (np.arange(len(water.line)) + 0.5) / len(water.line), water.line)
    gy, gx = np.mgrid[0:h, 0:w].astype(np.float32)
    there = (2 * line[None] - (gy + 0.5) / h).astype(np.float32)
    seen = _at(water.mask[..., None], (gx + 0.5) / w, there)[..., 0]
    return np.asarray((seen > 0.6) & (there < 1), np.float32)


def mirrored(thing: Placed, axis: float | None, water: Still, overview: Overview, seed: int) -> list[Placed]:
    """Gains that put a thing's reflection into the water. axis: height of its own waterline; None: it is far away and
    flies, so that the horizon is its axis."""
    column = min(len(water.line) - 1, max(0, int(thing.x * len(water.line))))
    floats = axis is not None
    level = float(water.line[column])
    line = level if axis is None else axis
    if not floats and water.calm < 0.15:
        return []
    picture = thing.levels[0]
    if floats:  # what lies under its waterline is not mirrored
        rows = round((line - thing.y + 0.5 * thing.height) / thing.height * len(picture))
        picture = picture[: max(4, min(len(picture), rows))]
    high = thing.height * len(picture) / len(thing.levels[0])
    top = thing.y - 0.5 * thing.height
    centre = 2 * line - (top + 0.5 * high)
    if centre - 0.5 * high >= 1 or centre + 0.5 * high <= line - 0.01:
        return []
    flipped = np.ascontiguousarray(picture[::-1])
    scale = min(1.0, 700 / max(flipped.shape[:2]))
    if scale < 1:
        flipped = np.asarray(cv2.resize(flipped, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.float32)
    # Room for what ripples throw out.
    flipped, high, wide = _wider(flipped, high, thing.width, floats)
    h, w = flipped.shape[:2]
    gx = np.broadcast_to((thing.x + wide * ((np.arange(w) + 0.5) / w - 0.5))[None], (h, w)).astype(np.float32)
    gy = np.broadcast_to((centre + high * ((np.arange(h) + 0.5) / h - 0.5))[:, None], (h, w)).astype(np.float32)
    soft = np.maximum(overview.pixels, 1e-3)
    soft = np.asarray(cv2.GaussianBlur(soft, (0, 0), 2.0), np.float32)
    here = _at(soft, gx, gy)
    hidden = _sky_at(soft, gx, 2 * min(level, line) - gy)
    seen, above = luminance(here), luminance(hidden)
    # Ripples mirror many places: the water tells best what colour of sky it shows.
    hidden = (0.3 * hidden / above[..., None] + 0.7 * here / seen[..., None]) * above[..., None]
    alpha = flipped[..., 3:]
    change = flipped[..., :3] - alpha * hidden
    # What the water mirrors: Fresnel's part at the least; more where it is brighter than water can be by itself.
    fresnel = 0.10 + 0.5 * np.exp(-np.maximum(gy - line, 0) / 0.12)
    part = np.clip(np.maximum(fresnel, (seen - OWN_LIGHT * above) / above), 0, 1)[..., None]
    depth = np.clip((gy - line) / max(1e-4, high), 0, 1)
    rough = 1 - (water.calm if not floats else max(water.calm, 0.75 * water.smooth, 0.15))
    values = np.clip(change * part / here, -0.92, BRIGHTEST).astype(np.float32)
    values = _rippled(values, depth, rough, floats, np.random.default_rng(seed))
    strength = (0.92 - 0.35 * rough) * (water.calm if not floats else 1.0)
    fade = np.exp(-(0.5 + 1.3 * rough) * depth) if floats else np.ones_like(depth)
    inside = _at(water.mask[..., None], gx, gy)[..., 0] * np.clip((gy - line) / 0.002 + 0.5, 0, 1)
    values = values * (strength * fade * inside)[..., None]
    return [gains_of(np.asarray(values, np.float32), thing.x, centre, wide, high)]


def _wider(picture: Float, high: float, wide: float, below: bool) -> tuple[Float, float, float]:
    h, w = picture.shape[:2]
    side, end = round(0.25 * w) + 2, round(0.10 * h) + 2
    out = np.pad(picture, ((end, end), (side, side), (0, 0)))
    return out.astype(np.float32), high * (h + 2 * end) / h, wide * (w + 2 * side) / w


def _at(values: Float, x: Float, y: Float) -> Float:
    h, w, c = values.shape
    out = cv2.remap(
        np.ascontiguousarray(values), x * w - np.float32(0.5), y * h - np.float32(0.5), cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )  # fmt: skip
    return np.asarray(out, np.float32).reshape(*x.shape, c)


def _sky_at(soft: Float, x: Float, y: Float) -> Float:
    """What the water mirrors there without the thing."""
    return np.maximum(_at(soft, x, np.clip(y, 0, 1).astype(np.float32)), np.float32(0.02))


def _rippled(values: Float, depth: Float, rough: float, floats: bool, rng: np.random.Generator) -> Float:
    """Moved from side to side by long flat ripples and drawn out downward."""
    h, w = values.shape[:2]
    gy, gx = np.mgrid[0:h, 0:w].astype(np.float32)
    sway = np.zeros((h, w), np.float32)
    for size, share in ((0.011, 0.5), (0.024, 0.8), (0.06, 1.0)):
        waves = rng.standard_normal((h, w)).astype(np.float32)
        waves = np.asarray(cv2.GaussianBlur(waves, (0, 0), sigmaX=0.16 * w, sigmaY=max(0.7, size * h)), np.float32)
        sway += np.float32(share) * waves / max(1e-6, float(waves.std()))
    reach = (0.002 + 0.05 * rough * (0.25 + depth)) * w * (1.0 if floats else 0.5)
    reach = np.asarray(sway * reach, np.float32)
    moved = cv2.remap(values, gx + reach, gy + np.float32(0.35) * reach, cv2.INTER_LINEAR)
    near = cv2.GaussianBlur(moved, (0, 0), sigmaX=0.003 * w + 0.3, sigmaY=(0.003 + 0.012 * rough) * h + 0.3)
    far = cv2.GaussianBlur(moved, (0, 0), sigmaX=0.006 * w + 0.4, sigmaY=(0.006 + 0.06 * rough) * h + 0.4)
    return np.asarray(near + depth[..., None] * (far - near), np.float32)
