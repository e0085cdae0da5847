"""Rain seen from afar: grey shafts under the clouds, over the horizon.

A shaft is a column of drops between cloud and ground: it takes the light of what is behind (extinction, Koschmieder
1924) and is lit less than the open sky; the wind shears it, and it is soft at both sides.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fluxroom.operators.declare import Label, Operator, Overview, Param, Parameters, Window, register
from fluxroom.operators.sky.common import STRENGTH
from fluxroom.operators.weather import air, deck, depth
from fluxroom.scene import Float
from fluxroom.sky import maps
from fluxroom.sky import noise as sky_noise

WIND = Label("Wind", "风")


def shafts(foot: float, w: int, h: int, wind: float, seed: int) -> Float:
    """(h, w) 0..1: how thick the shafts are, were all of it open sky. foot: row share at which they meet the land."""
    texture = sky_noise.noise().plane
    random = np.random.Generator(np.random.PCG64(seed))
    y, x = np.mgrid[0:h, 0:w].astype(np.float64)
    x, y = (x + 0.5) / w, (y + 0.5) / h
    up = np.clip((foot - y) / max(0.05, foot), 0, 1)
    # Sheared: what falls longest is blown farthest.
    lean = -math.tan(0.55 * wind) * 0.35 * up**1.3
    total = np.zeros((h, w))
    wide = random.uniform(0.10, 0.17)
    for place, width, thick in (
        (random.uniform(0.22, 0.42), wide, 1.0),
        (random.uniform(0.62, 0.80), 0.55 * wide, 0.75),
    ):
        shift = random.uniform(0, 1, 2)
        across = x - lean - place
        edge = width * (0.8 + 0.5 * deck.sampled(texture, 0.5 * across + shift[0], 0.20 * up + shift[1]))
        body = np.exp(-(np.abs(across / edge) ** 1.8))
        threads = 0.5 * deck.sampled(texture, 1.3 * across + shift[0], 0.05 * up + shift[1])
        threads += 0.3 * deck.sampled(texture, 3.6 * across + shift[1], 0.07 * up + shift[0])
        threads += 0.2 * deck.sampled(texture, 8.5 * across + shift[1], 0.09 * up + shift[0])
        ragged = 0.62 + 0.30 * deck.sampled(texture, 0.9 * across + shift[1], 0.1 * up + 0.5)
        top = np.clip((ragged - up) / 0.35, 0, 1)
        total += thick * body * (0.35 + 1.3 * threads) * top * top * (3 - 2 * top)
    return np.asarray(np.clip(total, 0, 1.5), np.float32)


def _prepare(overview: Overview, parameters: Parameters, seed: int) -> air.Veil | None:
    strength = float(parameters["strength"])
    if strength <= 0.0:
        return None
    scene = overview.scene
    w, h = air.size_of(scene)
    logs, _ = depth.log_distance(scene, w, h)
    foot = deck.foot_of_sky(overview, w, h)
    sky = depth.region(scene, "sky", w, h)
    behind = np.clip((logs - 2.0) / 1.0, 0, 1)
    thick = shafts(foot, w, h, float(parameters["wind"]), seed)
    # Before the far hills they are seen as well, down to their foot.
    at = (np.arange(h, dtype=np.float32)[:, None] + 0.5) / h
    thick = thick * np.maximum(sky, 0.6 * behind * np.clip(1 - (at - foot) / 0.12, 0, 1))
    small = maps.resize(maps.shrink(np.ascontiguousarray(overview.pixels), max(w, h)), w, h)
    weight = np.clip((sky - 0.5) * 2, 0, 1).astype(np.float32) + np.float32(1e-4)
    light = maps.fill(np.clip(small, 0, 1), weight, 0.10 * w)
    grey = light.mean(-1, keepdims=True)
    tint = np.array([0.95, 1.0, 1.06] if air.chromatic(light) else [1.0] * 3, np.float32)
    color = (0.85 * light + 0.15 * grey) * tint * np.float32(0.46)
    tau = (3.2 * strength * thick).astype(np.float32)
    return air.veil(overview, np.exp(-tau), np.ascontiguousarray(color, np.float32))


def _apply(tile: NDArray[np.float32], window: Window, prepared: Any) -> None:
    if prepared is not None:
        air.lay(tile, window, prepared)


RAIN_SHAFTS = register(
    Operator(
        name="rain_shafts",
        version=1,
        family="weather",
        kind="layer",
        label=Label("Distant rain", "远处雨幕"),
        doc="Shafts of rain under the clouds far away, sheared by the wind. Default: 0.6.",
        params=(
            Param("strength", 0.6, 0.0, 1.0, label=STRENGTH),
            Param("wind", 0.3, -1.0, 1.0, label=WIND),
        ),
        prepare=_prepare,
        apply=_apply,
    )
)
