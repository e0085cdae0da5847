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
from fluxroom.operators.weather import air, depth
from fluxroom.scene import Float, Scene
from fluxroom.sky import maps
from fluxroom.sky import noise as sky_noise
from fluxroom.sky._jit import jit

F0, F1 = single(0), single(1)
SIDE = 512
place = maps.place


@dataclass(frozen=True, slots=True)
class Wet:
    planes: Float  # (5, h, w): darkening 0..1, depth of colour 0..1, what is mirrored, times its share
    rows: NDArray[np.bool_]  # (h,): whether there is anything wet from this row to the next


@jit
def _mirrored(picture: Float, flat: Float, standing: Float, ends: Float, out: Float) -> None:
    """Flat places mirror what stands over the nearest foot above them, or else the distance about the horizon."""
    h, w = flat.shape
    for x in range(w):
        foot = -1
        for r in range(h):
            source = r
            if flat[r, x] >= 0.5:
                source = 2 * foot - r - 1
                if foot < 0 or source < 0 or standing[source, x] < 0.5:
                    source = int(2.0 * ends[x] * h) - r
            else:
                foot = r + 1 if standing[r, x] >= 0.5 else -1
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
    return np.asarray(np.clip((total - 0.42) / 0.22, 0, 1), np.float32)


def wet(overview: Overview, strength: float, seed: int) -> Wet:
    """How the ground looks wet. `strength` 0..1."""
    scene = overview.scene
    w, h = air.size_of(scene, SIDE)
    pixels = np.maximum(maps.resize(maps.shrink(np.ascontiguousarray(overview.pixels), max(w, h)), w, h), 0)
    road = depth.region(scene, "road", w, h)
    soil = depth.region_sum(scene, ("sand", "rock"), w, h)
    grass, building = depth.region(scene, "grass", w, h), depth.region(scene, "building", w, h)
    water = depth.region(scene, "water", w, h)
    ends, _ = depth.plane_ends(scene, np.maximum(road, grass), water)
    # Where the horizon is only guessed, the road's own far end tells how flatly we look on it.
    seen = np.flatnonzero((road > 0.5).sum(1) > 0.01 * w)
    if seen.size:
        own = np.maximum(ends, np.float32(seen[0] / h - 0.03))
        ends = ends + np.float32(1.0 - scene.horizon.confidence) * (own - ends)
    flat = np.clip(road + 0.35 * depth.region(scene, "sand", w, h), 0, 1).astype(np.float32)
    picture = np.empty((h, w, 3), np.float32)
    standing = depth.region_sum(scene, (*depth.STANDING, "trees"), w, h)
    _mirrored(pixels, maps.blur(flat, 1.0), standing, ends, picture)
    # The smear: long upright, short sideways.
    picture = np.asarray(cv2.GaussianBlur(np.minimum(picture, 1.0), (0, 0), 0.004 * w, sigmaY=0.03 * h), np.float32)
    y = (np.arange(h, dtype=np.float32)[:, None] + 0.5) / h
    field = math.tan(math.radians(min(100.0, max(20.0, scene.field_of_view))) / 2) * 2 * h / w
    cosine = np.clip((y - ends[None]) * field, 0.03, 1)
    fresnel = 0.02 + 0.98 * (1 - cosine) ** 5
    puddle = _puddles(scene, ends, w, h, seed)
    share = (
        strength
        * flat
        * np.clip(y - ends[None], 0, 0.02)
        / 0.02
        * np.maximum(0.12, np.minimum(1.3 * fresnel, 0.9))
        * (0.5 + 0.5 * puddle)
    )
    dark = strength * (0.62 * road * (0.75 + 0.25 * puddle) + 0.34 * soil + 0.16 * grass + 0.12 * building)
    deep = strength * (0.10 * road + 0.25 * soil + 0.15 * grass)
    stack = np.concatenate([np.stack([np.maximum(dark, share * 0.9), deep], -1), picture * share[..., None]], -1)
    some = (dark > 0).any(1)
    some[:-1] |= some[1:]
    return Wet(np.ascontiguousarray(stack.transpose(2, 0, 1), np.float32), some)


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
