"""Orton glow: a sharp picture and a bright blurred one on top of each other, as in Michael Orton's slide sandwiches."""

from __future__ import annotations

from typing import Any

import numpy as np

from fluxroom.operators.declare import Label, Operator, Overview, Param, Parameters, Window, register
from fluxroom.operators.sky.common import F0, F1, maps_columns, maps_row_of, single
from fluxroom.scene import Float
from fluxroom.sky import maps
from fluxroom.sky._jit import jit

SIDE = 512


def _prepare(overview: Overview, parameters: Parameters, seed: int) -> Any:
    strength, radius = float(parameters["strength"]), float(parameters["radius"])
    if strength == 0:
        return None
    small = np.sqrt(np.clip(maps.shrink(overview.pixels, SIDE), 0, 1.5))
    soft = np.clip(maps.blur(small, radius * max(small.shape[:2])), 0, 1)
    glow = np.float32(0.95 * strength) * soft * np.sqrt(soft)
    after = small + glow * np.maximum(1 - small, 0)
    # The sandwich is darker in the middle: as much as keeps the picture's brightness, but for a little.
    gain = float((after - small).mean(dtype=np.float64))
    bend = float((after * np.maximum(1 - after, 0)).mean(dtype=np.float64))
    darker = min(0.8, max(0.0, 0.6 * gain / max(1e-4, bend)))
    return np.ascontiguousarray(glow.transpose(2, 0, 1), np.float32), darker


@jit
def _screen(tile: Float, planes: Float, darker: float, x0: int, y0: int, image_width: int, image_height: int) -> None:
    """Screen with the glow in square roots of light, then v -> v - darker v (1 - v), which gives back depth."""
    h, w, _ = tile.shape
    index, part = np.empty(w, np.int32), np.empty(w, np.float32)
    maps_columns(x0, image_width, planes.shape[2], index, part)
    line, g = np.empty(planes.shape[2], np.float32), np.empty((3, w), np.float32)
    bend = single(darker)
    for y in range(h):
        maps_row_of(planes, y0 + y, image_height, index, part, line, g)
        for c in range(3):
            for x in range(w):
                light = tile[y, x, c]
                v = single(np.sqrt(max(light, F0)))
                v += g[c, x] * max(F1 - v, F0)
                v -= bend * v * max(F1 - v, F0)
                tile[y, x, c] = v * v + min(light, F0)


def _apply(tile: Float, window: Window, prepared: Any) -> None:
    if prepared is not None:
        planes, darker = prepared
        _screen(tile, planes, darker, window.x, window.y, window.image_width, window.image_height)


ORTON = register(
    Operator(
        name="orton",
        version=1,
        family="looks",
        kind="layer",
        label=Label("Orton glow", "奥顿柔光"),
        doc="A blurred, bright copy laid over the sharp picture: lights glow, colours deepen, detail stays."
        " Radius: of the blur. Default: 0.5.",
        params=(
            Param("strength", 0.5, 0.0, 1.0, "", Label("Strength", "强度")),
            Param("radius", 0.018, 0.004, 0.05, "of the long side", Label("Radius", "半径")),
        ),
        prepare=_prepare,
        apply=_apply,
        blind=True,
    )
)
