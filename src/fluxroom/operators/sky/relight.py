"""Relight: the land follows what its sky became."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fluxroom.operators.declare import (
    LUMA,
    Label,
    Operator,
    Overview,
    Param,
    Parameters,
    Window,
    register,
)
from fluxroom.operators.sky.common import (
    F0,
    F1,
    F2,
    FLB,
    FLG,
    FLR,
    STRENGTH,
    WARMTH,
    light_color,
    maps_columns,
    maps_row_of,
    own_chroma,
    single,
    sky_mask,
    sun_place,
)
from fluxroom.scene import Float
from fluxroom.sky import maps
from fluxroom.sky._jit import HALF, exp2_row, jit

F06 = single(0.6)


@dataclass(frozen=True, slots=True)
class _Relight:
    planes: Float  # (3, h, w): stops per channel toward and away from the light, smooth


def _sky_mean(pixels: Float, sky: Float) -> NDArray[np.float64]:
    weight = np.clip((sky - 0.5) * 2, 0, 1).astype(np.float64)
    total = float(weight.sum())
    if total < 1:
        return np.ones(3)
    mean = (np.maximum(pixels, 0).astype(np.float64) * weight[..., None]).sum((0, 1)) / total
    return np.asarray(np.maximum(mean, 1e-4), dtype=np.float64)


def _relight_prepare(overview: Overview, parameters: Parameters, seed: int) -> _Relight | None:
    strength, warmth = float(parameters["strength"]), float(parameters["warmth"])
    if strength <= 0.0:
        return None
    scene = overview.scene
    now = overview.pixels
    h, w = now.shape[:2]
    was = scene.preview
    if was.shape != now.shape:
        was = maps.resize(np.ascontiguousarray(was, np.float32), w, h)
    sky = sky_mask(scene, (h, w))
    luma = np.array(LUMA)
    before, after = _sky_mean(was, sky), _sky_mean(now, sky)
    y0, y1 = float(before @ luma), float(after @ luma)
    # Amount: half of the sky's change in stops; colour: a part of its change in chromaticity.
    stops = max(-1.4, min(0.7, math.log2(y1 / y0))) * 0.75
    shift = np.clip(np.log2((after / y1) / (before / y0)), -0.5, 0.5) * 0.6
    x, _ = sun_place(overview)
    gx = (np.arange(w, dtype=np.float64) + 0.5) / w
    toward = np.exp(-(((gx - x) / 0.45) ** 2))
    color = np.log2(np.maximum(np.array(light_color(scene, own_chroma(overview, sky))), 0.2))
    lean = np.array([0.20, 0.0, -0.28]) * warmth
    # The side that faces the light is lit by it; the other side only loses.
    rows = np.arange(h, dtype=np.float64)[:, None, None] / max(1, h)
    foot = float(scene.horizon.y(0.5))
    near = np.clip((rows - foot) / max(0.15, 1.0 - foot), 0, 1)
    side = toward[None, :, None] - 0.4
    gain = stops * (0.92 + 0.16 * near) + shift[None, None, :] + lean[None, None, :]
    gain = gain + side * (0.10 + 0.22 * color[None, None, :] * scene.light.warmth) * min(1.0, 0.35 + abs(stops))
    grid = np.broadcast_to(strength * gain, (h, w, 3)).astype(np.float32)
    return _Relight(np.ascontiguousarray(maps.shrink(np.ascontiguousarray(grid), 64).transpose(2, 0, 1)))


@jit
def _relight_tile(tile: Float, planes: Float, x0: int, y0: int, image_width: int, image_height: int) -> None:
    th, tw = tile.shape[0], tile.shape[1]
    index, part = np.empty(tw, np.int32), np.empty(tw, np.float32)
    maps_columns(x0, image_width, planes.shape[2], index, part)
    line = np.empty(planes.shape[2], np.float32)
    g = np.empty((3, tw), np.float32)
    power = np.empty(tw, np.float32)
    for r in range(th):
        maps_row_of(planes, y0 + r, image_height, index, part, line, g)
        for c in range(tw):
            y = FLR * tile[r, c, 0] + FLG * tile[r, c, 1] + FLB * tile[r, c, 2]
            # What shines by itself or is near white is held.
            hold = F1 - HALF * min(F1, max(F0, (y - F06) * F2))
            for k in range(3):
                g[k, c] *= hold
        for k in range(3):
            exp2_row(g[k], power)
            for c in range(tw):
                tile[r, c, k] *= power[c]


def _relight_apply(tile: NDArray[np.float32], window: Window, prepared: Any) -> None:
    if prepared is None:
        return
    p: _Relight = prepared
    _relight_tile(tile, p.planes, window.x, window.y, window.image_width, window.image_height)


RELIGHT = register(
    Operator(
        name="relight",
        version=1,
        family="sky",
        kind="layer",
        label=Label("Relight", "前景光随天色"),
        doc=(
            "The land follows its sky: darker and cooler or warmer by a part of what the sky has changed since the "
            "original, a little warmer on the side toward the light."
        ),
        params=(
            Param("strength", 0.4, 0.0, 1.0, label=STRENGTH),
            Param("warmth", 0.0, -1.0, 1.0, label=WARMTH),
        ),
        prepare=_relight_prepare,
        apply=_relight_apply,
        region="foreground",
    )
)
