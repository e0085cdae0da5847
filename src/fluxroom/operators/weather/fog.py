"""Fog and haze: the air between, thicker the farther."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fluxroom.operators.declare import Label, Operator, Overview, Param, Parameters, Window, register
from fluxroom.operators.sky.common import STRENGTH
from fluxroom.operators.weather import air, depth
from fluxroom.sky.light import dayness


def _fog_prepare(overview: Overview, parameters: Parameters, seed: int) -> air.Veil | None:
    strength = float(parameters["strength"])
    if strength <= 0.0:
        return None
    scene = overview.scene
    w, h = air.size_of(scene)
    logs, (rows, _) = depth.log_distance(scene, w, h)
    layer = air.Layer(0.30 * strength**1.5, 2.5 + 9.0 * strength, 0.35, 1.5)
    tau = air.optical_depth(scene, logs, rows, np.ones((h, w), np.float32), layer, seed)
    tau = air.settled(scene, tau, 2.3 * strength, 1.8)
    return air.veil(overview, np.exp(-tau), air.air_color(overview, 0.4 + 0.35 * dayness(scene)))


def _haze_prepare(overview: Overview, parameters: Parameters, seed: int) -> air.Veil | None:
    strength = float(parameters["strength"])
    if strength <= 0.0:
        return None
    scene = overview.scene
    w, h = air.size_of(scene)
    logs, (rows, _) = depth.log_distance(scene, w, h)
    tau = (0.045 * strength * (np.exp(logs) - 1.0)).astype(np.float32)
    up = np.maximum(0.0, rows[None] - (np.arange(h, dtype=np.float32)[:, None] + 0.5) / h)
    sky = depth.region(scene, "sky", w, h)
    tau *= 1.0 - sky * (1.0 - np.exp(-up / np.float32(0.16)))
    return air.veil(overview, np.exp(-tau), air.air_color(overview, 0.2))


def _apply(tile: NDArray[np.float32], window: Window, prepared: Any) -> None:
    if prepared is not None:
        air.lay(tile, window, prepared)


FOG = register(
    Operator(
        name="fog",
        version=1,
        family="weather",
        kind="layer",
        label=Label("Fog", "雾"),
        doc=(
            "Fog in depth: near things stay clear, far ones and the foot of the sky go under in the colour of the "
            "photo's own sky. Default: 0.5."
        ),
        params=(Param("strength", 0.5, 0.0, 1.0, label=STRENGTH),),
        prepare=_fog_prepare,
        apply=_apply,
    )
)

HAZE = register(
    Operator(
        name="haze",
        version=1,
        family="weather",
        kind="layer",
        label=Label("Haze in the distance", "远处薄霾"),
        doc="Aerial perspective: distance pales into the sky's colour, the near stays as it is. Default: 0.5.",
        params=(Param("strength", 0.5, 0.0, 1.0, label=STRENGTH),),
        prepare=_haze_prepare,
        apply=_apply,
    )
)
