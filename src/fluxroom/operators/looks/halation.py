"""Halation: light that went through the film and came back from its base, as a red-orange rim of bright edges."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np

from fluxroom.operators.declare import Label, Operator, Overview, Param, Parameters, Window, register
from fluxroom.operators.sky.common import F0, F1, FLB, FLG, FLR, maps_columns, maps_row_of
from fluxroom.operators.tables import luminance, smoothstep
from fluxroom.scene import Float
from fluxroom.sky import maps
from fluxroom.sky._jit import jit

COLOR = (1.0, 0.30, 0.06)
"""Linear Rec.2020: what the red layer, deepest in the film, catches most of."""


def _prepare(overview: Overview, parameters: Parameters, seed: int) -> Any:
    strength, size = float(parameters["strength"]), float(parameters["size"])
    if strength == 0:
        return None
    y = np.maximum(luminance(overview.pixels), overview.pixels.max(axis=-1) * np.float32(0.6))
    y = np.minimum(y, 2)
    side = max(y.shape)
    usual, top = (float(v) for v in np.percentile(y, (80, 99.7)))
    low = min(0.85, max(0.5, 1.15 * usual))
    bright = (smoothstep(low, max(low + 0.1, min(0.95, top)), y) * y).astype(np.float32)
    # A wide bright sky lights all of its film alike, and a red line along each ridge is not what people mean: what
    # holds a disc counts little (white top-hat); lamps, sparkle and rims stand out.
    small = maps.shrink(bright, 384)
    n = max(3, round(0.03 * max(small.shape))) | 1
    wide = cv2.morphologyEx(small, cv2.MORPH_OPEN, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (n, n)))
    wide = maps.resize(maps.blur(np.asarray(wide, np.float32), 0.3 * n), y.shape[1], y.shape[0])
    alone = np.maximum(bright - np.float32(0.92) * np.minimum(2.2 * wide, bright), 0).astype(np.float32)
    near, far = (maps.blur(alone, size * part * side) for part in (0.0035, 0.011))
    glow = np.float32(1.5 * strength) * (np.float32(0.55) * near + np.float32(0.75) * far)
    return np.ascontiguousarray(np.maximum(glow, 0)[None], np.float32)


@jit
def _add(tile: Float, planes: Float, color: Float, x0: int, y0: int, image_width: int, image_height: int) -> None:
    """Add the glow where the picture itself is not bright: the rim shows beside a lamp, not in it."""
    h, w, _ = tile.shape
    index, part = np.empty(w, np.int32), np.empty(w, np.float32)
    maps_columns(x0, image_width, planes.shape[2], index, part)
    line, g = np.empty(planes.shape[2], np.float32), np.empty((1, w), np.float32)
    red, green, blue = color
    for y in range(h):
        maps_row_of(planes, y0 + y, image_height, index, part, line, g)
        for x in range(w):
            r, s, b = tile[y, x, 0], tile[y, x, 1], tile[y, x, 2]
            room = max(F1 - max(FLR * r + FLG * s + FLB * b, F0), F0)
            k = g[0, x] * room * room
            tile[y, x, 0] = r + k * red * max(F1 - r, F0)
            tile[y, x, 1] = s + k * green * max(F1 - s, F0)
            tile[y, x, 2] = b + k * blue * max(F1 - b, F0)


def _apply(tile: Float, window: Window, prepared: Any) -> None:
    if prepared is not None:
        color = np.array(COLOR, np.float32)
        _add(tile, prepared, color, window.x, window.y, window.image_width, window.image_height)


HALATION = register(
    Operator(
        name="halation",
        version=1,
        family="looks",
        kind="layer",
        label=Label("Halation", "光晕溢散"),
        doc="A red-orange rim around lamps, sparkle and bright edges, as in film without a layer that stops stray"
        " light. Size: 1 is as in 35 mm film. Default: 0.5.",
        params=(
            Param("strength", 0.5, 0.0, 1.0, "", Label("Strength", "强度")),
            Param("size", 1.0, 0.5, 3.0, "", Label("Size", "大小")),
        ),
        prepare=_prepare,
        apply=_apply,
        blind=True,
    )
)
