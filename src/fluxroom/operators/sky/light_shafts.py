"""Light shafts: rays from the sun through the gaps in the clouds."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from fluxroom.operators.declare import (
    Label,
    Operator,
    Overview,
    Param,
    Parameters,
    Prepare,
    Window,
    register,
)
from fluxroom.operators.sky.common import (
    F0,
    F02,
    F1,
    FLB,
    FLG,
    FLR,
    STRENGTH,
    light_color,
    maps_columns,
    maps_row_of,
    no_green,
    own_chroma,
    single,
    sky_mask,
    sun_known,
    sun_place,
    sun_seen,
)
from fluxroom.scene import Float
from fluxroom.sky import maps
from fluxroom.sky._jit import exp2_row, jit, over_rows
from fluxroom.sky.light import luminance, sky_levels


@dataclass(frozen=True, slots=True)
class _Shafts:
    planes: Float  # (2, h, w): stops of gain, additive light
    color: tuple[float, float, float]
    bright: float = 0.0  # luminance from which on a place takes all of the added light; 0: any does


@jit
def _shaft_rows(source: Float, cx: float, cy: float, reach: float, out: Float, first: int, last: int) -> None:
    """Mean of the source between each place and the sun, nearer the sun counting more."""
    h, w = source.shape
    count = 72
    for r in range(first, last):
        for c in range(w):
            total = 0.0
            norm = 0.0
            for i in range(count):
                t = (i + 0.5) / count
                x = min(w - 1.001, max(0.0, c + (cx - c) * t))
                y = min(h - 1.001, max(0.0, r + (cy - r) * t))
                j, k = int(y), int(x)
                u, v = x - k, y - j
                a = source[j, k] + u * (source[j, k + 1] - source[j, k])
                b = source[j + 1, k] + u * (source[j + 1, k + 1] - source[j + 1, k])
                weight = np.exp(-2.0 * (1.0 - t))
                total += weight * (a + v * (b - a))
                norm += weight
            out[r, c] = total / norm


def _shafts_prepare_1(overview: Overview, parameters: Parameters, seed: int) -> _Shafts | None:
    return _shafts_prepare(overview, parameters, seed, first=True)


def _shafts_prepare(overview: Overview, parameters: Parameters, seed: int, first: bool = False) -> _Shafts | None:
    """first: as in version 1, where rays veiled dark clouds and land too."""
    strength, length = float(parameters["strength"]), float(parameters["length"])
    if strength <= 0.0 or length <= 0.0:
        return None
    scene = overview.scene
    small = maps.shrink(np.maximum(overview.pixels, 0), 512)
    h, w = small.shape[:2]
    if min(h, w) < 8:
        return None
    long = max(h, w)
    sky = maps.resize(sky_mask(scene, (overview.pixels.shape[0], overview.pixels.shape[1])), w, h)
    x, y = sun_place(overview, 0.6)
    cx, cy = x * w - 0.5, y * h - 0.5
    bright = luminance(small)
    gy, gx = np.mgrid[0:h, 0:w].astype(np.float32)
    away = np.hypot(gx - cx, gy - cy) / long
    # Gaps are where the sky is brighter than around it; land is shut.
    weight = np.maximum(sky, 1e-3)
    around = maps.blur(bright * weight, 0.06 * long) / np.maximum(maps.blur(weight, 0.06 * long), 1e-4)
    gaps = sky * np.clip(0.5 + 2.6 * np.log2(np.maximum(bright, 1e-3) / np.maximum(around, 1e-3)), 0, 1)
    gaps = (gaps * np.exp(-((away / (0.30 + 0.45 * length)) ** 2))).astype(np.float32)
    gaps = np.ascontiguousarray(maps.blur(gaps, 0.8))
    open_ = np.empty((h, w), np.float32)
    reach = length
    over_rows(h, lambda a, b: _shaft_rows(gaps, cx, cy, reach, open_, a, b), 16)
    # What stands out from the same distance's mean, around the sun: shafts, and the shade between them.
    turn = _around(open_, cx, cy)
    rays = np.clip((open_ - turn) / max(0.02, float(np.percentile(np.abs(open_ - turn), 95))), -1.5, 1.5)
    rays = maps.blur(rays.astype(np.float32), 1.0)
    fall = np.exp(-((away / (0.12 + 0.55 * length)) ** 1.6)) * (1.0 - np.exp(-((away / 0.015) ** 2)))
    rays = rays * fall.astype(np.float32)
    _, p50, p95, p99 = sky_levels(small, sky)
    # Broken light shows rays even where the sun is only guessed at.
    known = sun_known(scene) if first else max(sun_known(scene), 0.85 * sun_seen(scene))
    amount = 2.0 * strength * max(0.55, known)
    chroma = 0.8 * own_chroma(overview, sky_mask(scene, overview.mask.shape))
    if first:
        over = 0.22 + 0.78 * maps.blur(sky, 0.01 * long)
        gain = amount * rays * np.where(rays > 0, 0.80, 0.60) * over
        added = amount * 0.30 * p99 * np.maximum(rays, 0) * np.maximum(0.0, over - 0.15)
        stacked = np.ascontiguousarray(np.stack([gain, added]), dtype=np.float32)
        return _Shafts(stacked, light_color(scene, chroma))
    over = 0.05 + 0.95 * np.clip(2.0 * maps.blur(sky, 0.006 * long) - 1.0, 0, 1)
    # Clouds darker than the sky around stand before the light: they lose none of their depth to it.
    dark = np.clip(1.3 * np.log2(np.maximum(around, 1e-3) / np.maximum(bright, 1e-3)), 0, 1) * sky
    behind = 1.0 - 0.9 * maps.blur(dark.astype(np.float32), 0.004 * long)
    # Shade between rays where the sun is only guessed at would be smoke.
    gain = amount * rays * np.where(rays > 0, 0.80 * behind, 0.75 * known**2) * over
    added = amount * 0.27 * p99 * np.maximum(rays, 0) * over * behind
    stacked = np.ascontiguousarray(np.stack([gain, added]), dtype=np.float32)
    return _Shafts(stacked, no_green(light_color(scene, chroma)), p50 + 0.5 * (p95 - p50))


def _around(values: Float, cx: float, cy: float) -> Float:
    """Mean over wide arcs around the sun at each distance, by a polar blur."""
    h, w = values.shape
    radius = float(np.hypot(max(abs(cx), abs(w - cx)), max(abs(cy), abs(h - cy))))
    gy, gx = np.mgrid[0:h, 0:w].astype(np.float32)
    inside = np.ones_like(values)
    rings, turns = 256, 360
    angle = np.arange(turns, dtype=np.float32) * np.float32(2 * math.pi / turns)
    ring = np.arange(rings, dtype=np.float32) * np.float32(radius / rings)
    mx = (cx + ring[None, :] * np.cos(angle)[:, None]).astype(np.float32)
    my = (cy + ring[None, :] * np.sin(angle)[:, None]).astype(np.float32)

    def unrolled(picture: Float) -> Float:
        flat = cv2.remap(picture, mx, my, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=0)
        return np.asarray(flat, dtype=np.float32)

    polar, weight = unrolled(values), unrolled(inside)
    wide = 18.0

    def soft(p: Float) -> Float:
        wrapped = np.concatenate([p[-90:], p, p[:90]])
        return np.asarray(cv2.GaussianBlur(wrapped, (0, 0), sigmaX=3.0, sigmaY=wide)[90:-90], np.float32)

    mean = soft(polar) / np.maximum(soft(weight), 1e-3)
    mean = np.concatenate([mean, mean[:1]])
    turn = (np.mod(np.arctan2(gy - cy, gx - cx), 2 * math.pi) * (turns / (2 * math.pi))).astype(np.float32)
    out_r = (np.hypot(gx - cx, gy - cy) * (rings / max(radius, 1e-3))).astype(np.float32)
    return np.asarray(
        cv2.remap(mean, out_r, turn, interpolation=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), np.float32
    )


@jit
def _shafts_tile(
    tile: Float, planes: Float, color: Float, bright: float, x0: int, y0: int, image_width: int, image_height: int
) -> None:
    th, tw = tile.shape[0], tile.shape[1]
    red, green, blue = color
    index, part = np.empty(tw, np.int32), np.empty(tw, np.float32)
    maps_columns(x0, image_width, planes.shape[2], index, part)
    line = np.empty(planes.shape[2], np.float32)
    g = np.empty((2, tw), np.float32)
    power = np.empty(tw, np.float32)
    inverse = single(1 / 0.6)
    share = F0 if bright <= F0 else F1 / bright
    low = F1 if bright <= F0 else F02
    for r in range(th):
        maps_row_of(planes, y0 + r, image_height, index, part, line, g)
        for c in range(tw):
            y = FLR * tile[r, c, 0] + FLG * tile[r, c, 1] + FLB * tile[r, c, 2]
            room = min(F1, max(F0, (F105 - y) * inverse))
            g[0, c] *= room if g[0, c] > F0 else F1
            g[1, c] *= low + (F1 - low) * min(F1, max(F0, y * share))
        exp2_row(g[0], power)
        for c in range(tw):
            scale, added = power[c], g[1, c]
            a, b, d = tile[r, c, 0] * scale, tile[r, c, 1] * scale, tile[r, c, 2] * scale
            tile[r, c, 0] = a + added * red * max(F0, F1 - a)
            tile[r, c, 1] = b + added * green * max(F0, F1 - b)
            tile[r, c, 2] = d + added * blue * max(F0, F1 - d)


F105 = single(1.05)


def _shafts_apply(tile: NDArray[np.float32], window: Window, prepared: Any) -> None:
    if prepared is None:
        return
    p: _Shafts = prepared
    color = np.array(p.color, np.float32)
    _shafts_tile(tile, p.planes, color, single(p.bright), window.x, window.y, window.image_width, window.image_height)


def _operator(version: int, prepare: Prepare) -> Operator:
    return Operator(
        name="light_shafts",
        version=version,
        family="sky",
        kind="layer",
        label=Label("Light shafts", "云隙光"),
        doc=(
            "Rays from the sun through the gaps in the clouds (Mitchell 2007, GPU Gems 3, ch. 13), as light and as "
            "the shade between them; blacks stay black, dark clouds dark and the land clear."
        ),
        params=(
            Param("strength", 0.5, 0.0, 1.0, label=STRENGTH),
            Param("length", 0.6, 0.0, 1.0, label=Label("Length", "长度")),
        ),
        prepare=prepare,
        apply=_shafts_apply,
        region="everything",
    )


LIGHT_SHAFTS_1 = register(_operator(1, _shafts_prepare_1))
LIGHT_SHAFTS = register(_operator(2, _shafts_prepare))
