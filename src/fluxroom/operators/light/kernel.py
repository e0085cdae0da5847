"""The two kernels of the light operators: gain that follows edges with the light's colour, and light laid over."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fluxroom.operators.declare import Window
from fluxroom.operators.guided import fit_grey
from fluxroom.operators.sky.common import F0, F1, FLB, FLG, FLR, maps_columns, maps_row_of, single
from fluxroom.scene import Float
from fluxroom.sky._jit import exp2_row, jit, log2_row

Color = tuple[float, float, float]
WHITE: Color = (1.0, 1.0, 1.0)
DARKEST = single(1e-4)
ROOM, INVERSE_ROOM = single(1.05), single(1 / 0.6)


@dataclass(frozen=True, slots=True)
class Lit:
    """Maps that `apply` stretches over the picture.

    planes  (4, h, w) float32: slope and base of the gain, stops = slope * log2 luminance + base; how much of `color`
            the light on things takes, 0..1; light added in the air, luminance
    color   the light's, luminance 1
    low, high  stops that the gain keeps to
    """

    planes: Float
    color: Color = WHITE
    low: float = -4.0
    high: float = 4.0


def lit(
    base: Float,
    slope: Float | None = None,
    tint: Float | None = None,
    added: Float | None = None,
    color: Color = WHITE,
    limits: tuple[float, float] = (-4.0, 4.0),
) -> Lit:
    none = np.zeros_like(base)
    planes = [none if p is None else p for p in (slope, base, tint, added)]
    return Lit(np.ascontiguousarray(np.stack(planes), np.float32), color, *limits)


def along_edges(luma: Float, stops: Float, radius: float, eps: float) -> tuple[Float, Float]:
    """(slope, base) of a gain that follows the photo's own edges at full size (He & Sun 2015, on log luminance).

    radius: share of the long side; eps: squared stops of luminance below which nothing counts as an edge.
    """
    logs = np.log2(np.maximum(luma, np.float32(DARKEST)))
    return fit_grey(logs, stops.astype(np.float32), max(1, round(radius * max(luma.shape))), eps)


@jit
def _tile(
    tile: Float,
    planes: Float,
    color: Float,
    low: float,
    high: float,
    x0: int,
    y0: int,
    image_width: int,
    image_height: int,
) -> None:
    th, tw = tile.shape[0], tile.shape[1]
    red, green, blue = color
    index, part = np.empty(tw, np.int32), np.empty(tw, np.float32)
    maps_columns(x0, image_width, planes.shape[2], index, part)
    line = np.empty(planes.shape[2], np.float32)
    g = np.empty((4, tw), np.float32)
    luma, logs, power = np.empty(tw, np.float32), np.empty(tw, np.float32), np.empty(tw, np.float32)
    for r in range(th):
        maps_row_of(planes, y0 + r, image_height, index, part, line, g)
        for c in range(tw):
            luma[c] = max(DARKEST, FLR * tile[r, c, 0] + FLG * tile[r, c, 1] + FLB * tile[r, c, 2])
        log2_row(luma, logs)
        for c in range(tw):
            stops = min(high, max(low, g[0, c] * logs[c] + g[1, c]))
            # What is nearly white takes no more light.
            if stops > F0:
                stops *= min(F1, max(F0, (ROOM - luma[c]) * INVERSE_ROOM))
            g[1, c] = stops
        exp2_row(g[1], power)
        for c in range(tw):
            gain, tint, added = power[c], g[2, c], g[3, c]
            a = tile[r, c, 0] * gain * (F1 + tint * (red - F1))
            b = tile[r, c, 1] * gain * (F1 + tint * (green - F1))
            d = tile[r, c, 2] * gain * (F1 + tint * (blue - F1))
            tile[r, c, 0] = a + added * red * max(F0, F1 - a)
            tile[r, c, 1] = b + added * green * max(F0, F1 - b)
            tile[r, c, 2] = d + added * blue * max(F0, F1 - d)


def apply(tile: NDArray[np.float32], window: Window, prepared: Any) -> None:
    if prepared is None:
        return
    p: Lit = prepared
    color = np.array(p.color, np.float32)
    place = (window.x, window.y, window.image_width, window.image_height)
    _tile(tile, p.planes, color, single(p.low), single(p.high), *place)


@jit
def _screen(tile: Float, planes: Float, x0: int, y0: int, image_width: int, image_height: int) -> None:
    """Each channel takes the light laid over it by what room it has."""
    th, tw = tile.shape[0], tile.shape[1]
    index, part = np.empty(tw, np.int32), np.empty(tw, np.float32)
    maps_columns(x0, image_width, planes.shape[2], index, part)
    line = np.empty(planes.shape[2], np.float32)
    g = np.empty((3, tw), np.float32)
    for r in range(th):
        maps_row_of(planes, y0 + r, image_height, index, part, line, g)
        for c in range(tw):
            for k in range(3):
                tile[r, c, k] += g[k, c] * max(F0, F1 - tile[r, c, k])


def screen(tile: NDArray[np.float32], window: Window, prepared: Any) -> None:
    """prepared: (3, h, w) float32, light laid over."""
    if prepared is not None:
        _screen(tile, prepared, window.x, window.y, window.image_width, window.image_height)
