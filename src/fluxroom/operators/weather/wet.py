"""Wet ground: darker, and a mirror at flat angles.

Water fills the pores of a surface, so more light is swallowed (Lekner & Dorf 1988): darker and deeper in colour. Its
film mirrors by Fresnel's law (Schlick 1994's form): little underfoot, much far ahead; rough ground smears the
mirror image, upright far more than sideways.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from fluxroom.operators.declare import Overview, Window
from fluxroom.operators.sky.common import FLB, FLG, FLR, maps_columns, maps_row_of, single
from fluxroom.operators.weather import air, deck, depth
from fluxroom.scene import Float, Scene
from fluxroom.sky import maps
from fluxroom.sky import noise as sky_noise
from fluxroom.sky._jit import jit
from fluxroom.sky.light import luminance

F0, F1 = single(0), single(1)
SIDE = 512
place = maps.place


@dataclass(frozen=True, slots=True)
class Wet:
    planes: Float  # (5, h, w): darkening 0..1, depth of colour 0..1, what is mirrored, times its share
    rows: NDArray[np.bool_]  # (h,): whether there is anything wet from this row to the next
    even: Float  # (h, w) 0..1: road and ground like it
    ends: Float  # (w,): row share at which it ends


@jit
def _mirrored(picture: Float, flat: Float, standing: Float, ends: Float, gap: int, out: Float, away: Float) -> None:
    """Flat places mirror what stands over the nearest foot above them, or else the distance about the horizon.

    gap   rows between a thing's foot and the flat ground that may be neither: shadow, tyres
    away  (h, w), filled: how far over its mirror image's foot the mirrored place stands, in heights of the frame
    """
    h, w = flat.shape
    for x in range(w):
        foot = -1
        for r in range(h):
            source = r
            if standing[r, x] >= 0.5:
                foot = r + 1
            elif flat[r, x] >= 0.5:
                # Below its own image a thing hides nothing: what stands behind it comes next, then the distance.
                source = 2 * foot - r - 1
                away[r, x] = np.float32(r - foot) / np.float32(h)
                if foot < 0 or source < 0 or standing[source, x] < 0.5:
                    source = int(2.0 * ends[x] * h) - r
                    away[r, x] = np.float32(1.0)
            elif r - foot > gap and flat[max(0, r - 1), x] < 0.5:
                foot = -1
            source = min(h - 1, max(0, source))
            for k in range(3):
                out[r, x, k] = picture[source, x, k]


def _puddles(scene: Scene, ends: Float, w: int, h: int, seed: int) -> Float:
    """(h, w) 0..1: where water stands, in perspective."""
    texture = sky_noise.noise().plane
    n = texture.shape[0]
    shift = np.random.Generator(np.random.PCG64(seed)).uniform(0, n, 2)
    x = (np.arange(w) + 0.5)[None] / w - 0.5
    y = (np.arange(h) + 0.5)[:, None] / h
    below = np.clip((y - ends[None]) / np.maximum(0.12, 1.0 - ends[None]), 1 / depth.FARTHEST, 1.0)
    z = 1.0 / below
    total = np.zeros((h, w))
    for scale, share in ((30.0, 0.65), (95.0, 0.35)):
        u, v = scale * x * z + shift[0], 0.8 * scale * z + shift[1]
        i, j = np.floor(u).astype(np.int64), np.floor(v).astype(np.int64)
        fu, fv = u - i, v - j
        a, b = texture[j % n, i % n], texture[j % n, (i + 1) % n]
        c, d = texture[(j + 1) % n, i % n], texture[(j + 1) % n, (i + 1) % n]
        # What is finer than a pixel is its mean.
        sharp = np.clip(1.5 - 0.02 * scale * z * z / 4, 0, 1)
        value = (a * (1 - fu) + b * fu) * (1 - fv) + (c * (1 - fu) + d * fu) * fv
        total += share * (0.5 + sharp * (value - 0.5))
    return np.asarray(np.clip((total - 0.44) / 0.14, 0, 1), np.float32)


def paved(scene: Scene, pixels: Float, ends: Float) -> Float:
    """(h, w) 0..1: road, and flat ground that looks like one: grey and even, where a road was seen at all."""
    h, w = pixels.shape[:2]
    road = depth.region(scene, "road", w, h)
    hint = min(1.0, float(road.mean(dtype=np.float64)) / 0.04)
    ground = depth.region_sum(scene, ("sand", "grass", "rock"), w, h)
    for name in ("snow", "water"):  # a speck of either in the road is the road; a lake is a lake
        ground += np.float32(max(0.0, 1.0 - scene.share(name) / 0.05)) * depth.region(scene, name, w, h)
    smooth = maps.blur(pixels, 0.004 * w)
    top = np.maximum(smooth.max(-1), 0.01)
    grey = np.clip(1 - ((top - smooth.min(-1)) / top - 0.30) / 0.18, 0, 1)
    logs = np.log2(luminance(pixels) + np.float32(0.01))
    fine = logs - maps.blur(logs, 0.006 * w)
    even = np.clip(1 - (np.sqrt(np.maximum(maps.blur(fine * fine, 0.010 * w), 0)) - 0.22) / 0.2, 0, 1)
    # A pale car on the road is no road; paint, that is narrow, is.
    wide = np.ones((max(3, round(0.010 * w)) | 1,) * 2, np.uint8)
    solid = np.asarray(cv2.morphologyEx(luminance(pixels), cv2.MORPH_OPEN, wide), np.float32)
    inside = road * grey + np.float32(1e-4)
    tone = np.maximum(maps.blur(luminance(pixels) * inside, 0.05 * w), 0) / np.maximum(
        maps.blur(inside, 0.05 * w), 1e-5
    )
    even = even * np.clip(2.4 - solid / np.maximum(tone, 0.02), 0, 1)
    road = road * np.clip(2.8 - solid / np.maximum(tone, 0.02), 0, 1)
    y = (np.arange(h, dtype=np.float32)[:, None] + 0.5) / h
    below = np.clip((y - ends[None] - 0.01) / 0.03, 0, 1)
    return np.asarray(np.clip(np.maximum(road * grey, hint * ground * grey * even), 0, 1) * below, np.float32)


@jit
def _run_down(lights: Float, flat: Float, fade: float, out: Float) -> None:
    """What shines runs down the wet ground under it, ever fainter (a rough mirror's upright streak)."""
    h, w = flat.shape
    for x in range(w):
        for k in range(3):
            carried = np.float32(0.0)
            for r in range(h):
                carried = np.float32(carried * fade) + lights[r, x, k]
                out[r, x, k] = carried * flat[r, x]


def _shining(pixels: Float, around: Float) -> Float:
    """(h, w, 3): lamps and other small things that outshine what is about them."""
    w = pixels.shape[1]
    y = luminance(pixels)
    size = max(3, round(0.016 * w)) | 1
    # Small both ways: a bright edge or a white car is no lamp.
    across, upright = np.ones((1, size), np.uint8), np.ones((size, 1), np.uint8)
    plain = np.maximum(*(np.asarray(cv2.morphologyEx(y, cv2.MORPH_OPEN, k), np.float32) for k in (across, upright)))
    mean = maps.blur(y, 0.02 * w)
    around = around * np.clip(y / np.maximum(mean, 1e-3) - 1.8, 0, 1)
    spot = np.clip((y - plain - 0.35) / 0.25, 0, 1) * np.clip((y - 0.6) / 0.25, 0, 1) * around
    return np.asarray(pixels * spot[..., None], np.float32)


def wet(overview: Overview, strength: float, above: Float, seed: int) -> Wet:
    """How the ground looks wet. `strength` 0..1; `above` (., ., 3): the sky that will stand over it."""
    scene = overview.scene
    w, h = air.size_of(scene, SIDE)
    pixels = np.maximum(maps.resize(maps.shrink(np.ascontiguousarray(overview.pixels), max(w, h)), w, h), 0)
    road = depth.region(scene, "road", w, h)
    soil = depth.region_sum(scene, ("sand", "rock"), w, h)
    grass, building = depth.region(scene, "grass", w, h), depth.region(scene, "building", w, h)
    trees = depth.region(scene, "trees", w, h)
    water = depth.region(scene, "water", w, h)
    ends, _ = depth.plane_ends(scene, np.maximum(road, grass), water)
    # Where the horizon is only guessed, the road's own far end tells how flatly we look on it.
    pavement = paved(scene, pixels, ends)
    mass = np.cumsum((pavement > 0.5).sum(1, dtype=np.float64))
    if mass[-1] > 0.02 * w * h:
        own = np.maximum(ends, np.float32(np.searchsorted(mass, 0.02 * mass[-1]) / h - 0.02))
        unsure = min(1.0, max(0.0, (0.6 - scene.horizon.confidence) / 0.2))
        ends = np.minimum(ends + np.float32(unsure) * (own - ends), np.float32(0.9))
    flat = np.clip(pavement + 0.35 * depth.region(scene, "sand", w, h), 0, 1).astype(np.float32)
    standing = depth.region_sum(scene, (*depth.STANDING, "trees"), w, h)
    # What is mirrored: the things as they will be under that sky.
    sky = depth.region(scene, "sky", w, h)[..., None]
    world = np.minimum(pixels, 1.0)
    world = world * np.float32(1 - 0.35 * strength) * (1 - sky) + sky * (
        world + np.float32(0.9 * strength) * (maps.resize(above, w, h) - world)
    )
    # A film on rough ground mirrors a tall lobe, up to the sky, unless something stands in its way.
    light = maps.resize(above, w, h)[max(0, int(deck.foot_of_sky(overview, w, h) * h) - 2)].mean(0, dtype=np.float64)
    open_ground = (1 - sky) * (1 - standing[..., None])
    world = world + np.float32(0.65) * open_ground * (np.asarray(1.15 * light, np.float32) - world)
    picture = np.empty((h, w, 3), np.float32)
    away = np.ones((h, w), np.float32)
    gap = max(2, round(0.03 * h))
    _mirrored(np.ascontiguousarray(world, np.float32), maps.blur(flat, 1.0), standing, ends, gap, picture, away)
    # The smear: long upright, short sideways; less so where it begins, and hardly any in puddles.
    long = np.asarray(cv2.GaussianBlur(picture, (0, 0), 0.004 * w, sigmaY=0.035 * h), np.float32)
    short = np.asarray(cv2.GaussianBlur(picture, (0, 0), 0.0015 * w, sigmaY=0.008 * h), np.float32)
    puddle = _puddles(scene, ends, w, h, seed)
    sharp = np.maximum(puddle, 0.85 * np.exp(-maps.blur(away, 0.004 * w) / 0.09)).astype(np.float32)
    picture = long + sharp[..., None] * (short - long)
    lamps = np.empty((h, w, 3), np.float32)
    around = np.clip(maps.blur(np.maximum(standing, building), 0.01 * w) * 2, 0, 1) if standing.any() else standing
    solid = np.clip(maps.blur(flat, 0.004 * w) * 1.6 - 0.3, 0, 1).astype(np.float32)
    _run_down(_shining(pixels, around), solid, 1.0 - 1.0 / (0.055 * h), lamps)
    lamps = np.asarray(cv2.GaussianBlur(lamps, (0, 0), 0.004 * w, sigmaY=0.006 * h), np.float32) * np.float32(0.42)
    y = (np.arange(h, dtype=np.float32)[:, None] + 0.5) / h
    # How flatly we look on it, degrees under its far end; Fresnel's law for water, near enough, by day's end of it.
    focal = 0.5 * w / h / math.tan(math.radians(min(120.0, max(20.0, scene.field_of_view)) / 2.0))
    under = np.degrees(np.arctan(np.maximum(y - ends[None], 0.0) / focal))
    fresnel = 0.04 + 0.92 * np.exp(-under / 11.0)
    share = (
        strength * flat * np.clip(y - ends[None], 0, 0.02) / 0.02 * np.minimum(fresnel * (0.55 + 0.65 * puddle), 0.92)
    )
    dark = strength * np.maximum(
        0.95 * pavement * (0.85 + 0.15 * puddle), 0.42 * soil + 0.24 * grass + 0.14 * building + 0.18 * trees
    )
    deep = strength * (0.10 * pavement + 0.30 * soil + 0.30 * grass + 0.22 * trees + 0.15 * building)
    mirror = picture * share[..., None] + lamps * np.float32(strength)
    stack = np.concatenate([np.stack([np.maximum(dark, share * 0.9), deep], -1), mirror], -1)
    some = (dark > 0).any(1)
    some[:-1] |= some[1:]
    return Wet(np.ascontiguousarray(stack.transpose(2, 0, 1), np.float32), some, pavement, ends)


@jit
def _tile(
    tile: Float, planes: Float, wet: NDArray[np.bool_], x0: int, y0: int, image_width: int, image_height: int
) -> None:
    th, tw = tile.shape[0], tile.shape[1]
    index, part = np.empty(tw, np.int32), np.empty(tw, np.float32)
    maps_columns(x0, image_width, planes.shape[2], index, part)
    line = np.empty(planes.shape[2], np.float32)
    g = np.empty((5, tw), np.float32)
    for r in range(th):
        at = place(y0 + r, image_height, planes.shape[1])
        if not wet[int(at)]:
            continue
        maps_row_of(planes, y0 + r, image_height, index, part, line, g)
        for c in range(tw):
            keep = F1 - min(F1, max(F0, g[0, c]))
            a, b, d = tile[r, c, 0], tile[r, c, 1], tile[r, c, 2]
            y = FLR * a + FLG * b + FLB * d
            deep = F1 + g[1, c]
            tile[r, c, 0] = keep * (y + deep * (a - y)) + g[2, c]
            tile[r, c, 1] = keep * (y + deep * (b - y)) + g[3, c]
            tile[r, c, 2] = keep * (y + deep * (d - y)) + g[4, c]


def soak(tile: Float, window: Window, p: Wet) -> None:
    """The wet ground on a tile, in place."""
    _tile(tile, p.planes, p.rows, window.x, window.y, window.image_width, window.image_height)
