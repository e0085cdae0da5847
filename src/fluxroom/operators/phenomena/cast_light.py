"""Cast light: what an aurora or a flash sends down on the land, most on what faces up and is pale.

The land's own light is multiplied, as any light on a surface is: dark trees stay dark, snow shows it best.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fluxroom.operators.declare import LUMA, Label, Operator, Overview, Param, Parameters, Window, register
from fluxroom.operators.phenomena.common import STRENGTH, planes_of
from fluxroom.operators.sky.common import F0, F1, maps_columns, maps_row_of, sky_mask
from fluxroom.scene import Float
from fluxroom.sky import maps
from fluxroom.sky._jit import jit
from fluxroom.sky.light import luminance

SIDE = 384
"""Long side of the map."""
FACES_UP = {
    "snow": 1.0, "sand": 0.85, "road": 0.8, "grass": 0.7, "ground": 0.65, "mountain": 0.6, "rock": 0.6, "water": 0.0,
    "vegetation": 0.45, "trees": 0.4, "building": 0.4, "person": 0.4, "object": 0.4,
}  # fmt: skip
"""How much of a region looks at the sky, 0..1."""
SOURCES = {
    "aurora": (0.32, 1.0, 0.46),
    "aurora_red": (1.0, 0.40, 0.52),
    "aurora_purple": (0.82, 0.42, 1.0),
    "lightning": (0.90, 0.93, 1.15),
}
"""Linear Rec.2020 of the light, about as bright as each other."""
MOST = 1.6
"""By how much the palest ground that faces up grows, as a multiple of itself."""


def _facing(overview: Overview, w: int, h: int) -> Float:
    facing = np.full((h, w), 0.5, np.float32)
    for name, much in FACES_UP.items():
        region = overview.scene.regions.get(name)
        if region is not None:
            there = np.clip(maps.resize(np.ascontiguousarray(region, np.float32), w, h), 0, 1)
            facing += there * (np.float32(much) - facing)
    sky = sky_mask(overview.scene, (overview.pixels.shape[0], overview.pixels.shape[1]))
    # The sky's own place has none: no rim of light along the edges of the land.
    return np.asarray(facing * (1.0 - np.clip(maps.resize(sky, w, h), 0, 1)), np.float32)


def _prepare(overview: Overview, parameters: Parameters, seed: int) -> Float | None:
    strength = float(parameters["strength"])
    if strength <= 0.0 or float(overview.mask.max(initial=0)) <= 0.0:
        return None
    small = maps.shrink(np.maximum(overview.pixels, 0), SIDE)
    h, w = small.shape[:2]
    facing = maps.blur(_facing(overview, w, h), 0.006 * max(h, w))
    # What is pale beside its surroundings faces the light, or is snow that nobody saw.
    tone = luminance(maps.blur(small, 0.003 * max(h, w)))
    pale = np.clip(tone / (maps.blur(tone, 0.08 * max(h, w)) + 1e-4), 0.4, 1.8)
    gain = MOST * strength * facing * (0.35 + 0.65 * pale / 1.4)
    at = float(parameters["x"])
    if at >= 0.0:
        across = (np.arange(w, dtype=np.float32) + 0.5) / w
        gain = gain * (0.45 + 0.55 * np.exp(-(((across - at) / 0.3) ** 2)))[None, :]
    color = np.array(SOURCES[str(parameters["source"])])
    color = color / float(color @ np.array(LUMA))
    return planes_of(gain[..., None] * color)


@jit
def _tile(tile: Float, planes: Float, x0: int, y0: int, image_width: int, image_height: int) -> None:
    th, tw = tile.shape[0], tile.shape[1]
    index, part = np.empty(tw, np.int32), np.empty(tw, np.float32)
    maps_columns(x0, image_width, planes.shape[2], index, part)
    line = np.empty(planes.shape[2], np.float32)
    gain = np.empty((3, tw), np.float32)
    for r in range(th):
        maps_row_of(planes, y0 + r, image_height, index, part, line, gain)
        for c in range(tw):
            for k in range(3):
                v = tile[r, c, k]
                tile[r, c, k] = v + max(F0, v) * gain[k, c] * min(F1, max(F0, F1 - v))


def _apply(tile: NDArray[np.float32], window: Window, prepared: Any) -> None:
    if prepared is not None:
        _tile(tile, prepared, window.x, window.y, window.image_width, window.image_height)


CAST_LIGHT = register(
    Operator(
        name="cast_light",
        version=1,
        family="phenomena",
        kind="layer",
        label=Label("Light from the sky", "天光映照"),
        doc=(
            "What an aurora or lightning sends down on the land: a tint on snow, sand and whatever faces up. `x`: over "
            "which place of the frame it stands (below 0: over all of it)."
        ),
        params=(
            Param("strength", 0.4, 0.0, 1.0, label=STRENGTH),
            Param("source", "aurora", label=Label("Source", "光源"), choices=tuple(SOURCES)),
            Param("x", -1.0, -1.0, 1.0, label=Label("Place", "位置")),
        ),
        prepare=_prepare,
        apply=_apply,
        region="everything - sky - water",
        optional=frozenset({"sky", "water"}),
    )
)
