"""Highlights that come down around what is burnt out without turning it grey.

Where a sky is burnt out, there is no detail to bring back: lowered, it only becomes a grey patch with an edge where the
picture begins again. So the effect fades there, over some way, and what stays white takes a trace of the warm light
around it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from fluxroom.operators import kernels
from fluxroom.operators.declare import LUMA, Overview, Window
from fluxroom.scene import Float
from fluxroom.sky import maps
from fluxroom.sky._jit import jit

HELD = 0.85
"""How far the effect fades where the picture is burnt out."""
SIDE = 512
"""Long side of the maps, pixels."""
WHITE, CLIPPED = 0.88, 0.985
"""Luminance of the original from which on it counts as burnt out, if its highest channel is above `CLIPPED`."""


@dataclass(frozen=True, slots=True)
class Burnt:
    """planes: (1, h, w), how far each place is held; tint: its colour there, the highest channel 1."""

    planes: Float
    tint: Float


def find_burnt(overview: Overview) -> Burnt | None:
    """Broad burnt-out parts of the original; None where there are none."""
    was = maps.shrink(np.ascontiguousarray(overview.scene.preview, np.float32), SIDE)
    long = max(was.shape[:2])
    luma = _luminance(was)
    white = ((luma > WHITE) & (was.max(-1) > CLIPPED)).astype(np.float32)
    hold = np.clip((maps.blur(white, 0.006 * long) - 0.30) / 0.5, 0, 1).astype(np.float32)
    if not hold.any():
        return None
    hold = np.maximum(hold, maps.blur(hold, 0.02 * long))
    # The light's colour is seen just outside of what is burnt, where much of that is warm and bright.
    ring = np.clip(2.0 * maps.blur(hold, 0.02 * long), 0, 1) * (luma < WHITE) * (luma > 0.4)
    tints = was / np.maximum(luma, 1e-3)[..., None] - 1.0
    warm = np.clip((tints[..., 0] - tints[..., 2]) / 0.3, 0, 1) * ring
    total, around = float(warm.sum(dtype=np.float64)), float(ring.sum(dtype=np.float64))
    tint = np.zeros(3) if total <= 0.0 else (tints * (warm * warm)[..., None]).sum((0, 1), dtype=np.float64) / total
    sure = min(1.0, max(0.0, (total / max(1.0, around) - 0.15) / 0.25))
    color = 1.0 + np.clip(0.6 * sure * tint, -0.3, 0.3)
    # Round a sun it is small; a picture or a sky that is white all over is meant to come down.
    wide = min(1.0, max(0.0, (float(hold.mean(dtype=np.float64)) - 0.08) / 0.2))
    plane = np.ascontiguousarray((np.float32(HELD * (1.0 - 0.7 * wide)) * hold)[None], np.float32)
    return Burnt(plane, np.asarray(color / color.max(), np.float32))


def _luminance(rgb: Float) -> Float:
    return np.asarray(rgb[..., 0] * LUMA[0] + rgb[..., 1] * LUMA[1] + rgb[..., 2] * LUMA[2], np.float32)


@jit
def _hold(
    tile: Float, before: Float, planes: Float, tint: Float, x0: int, y0: int, image_width: int, image_height: int
) -> None:
    th, tw = tile.shape[0], tile.shape[1]
    index, part = np.empty(tw, np.int32), np.empty(tw, np.float32)
    maps_columns(x0, image_width, planes.shape[2], index, part)
    line = np.empty(planes.shape[2], np.float32)
    g = np.empty((1, tw), np.float32)
    for r in range(th):
        maps_row_of(planes, y0 + r, image_height, index, part, line, g)
        for c in range(tw):
            held = g[0, c]
            for k in range(3):
                tile[r, c, k] += held * (before[r, c, k] * tint[k] - tile[r, c, k])


maps_columns, maps_row_of = maps.columns, maps.row_of


def apply_held(tile: Float, window: Window, prepared: Any) -> None:
    """`prepared`: None (change nothing) or what `tone.apply_layer` takes and a `Burnt` or None."""
    if prepared is None:
        return
    (ab, tone, detail, core, limit), burnt = prepared
    before = tile.copy() if burnt is not None else tile
    kernels.layer_tone(
        tile, window.x, window.y, window.image_width, window.image_height, ab, tone, detail,
        np.float32(core), np.float32(limit),
    )  # fmt: skip
    if burnt is not None:
        _hold(tile, before, burnt.planes, burnt.tint, window.x, window.y, window.image_width, window.image_height)
