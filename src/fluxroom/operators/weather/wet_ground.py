"""Ground after the rain: dark, rich in colour, a mirror at flat angles; no rain in the air and the light left alone."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fluxroom.operators.declare import Label, Operator, Overview, Param, Parameters, Window, register
from fluxroom.operators.sky.common import STRENGTH
from fluxroom.operators.weather import air, depth, wet
from fluxroom.sky import maps


def _prepare(overview: Overview, parameters: Parameters, seed: int) -> wet.Wet | None:
    strength = float(parameters["strength"])
    if strength <= 0.0:
        return None
    w, h = air.size_of(overview.scene)
    sky = depth.region(overview.scene, "sky", w, h)
    small = maps.resize(maps.shrink(np.ascontiguousarray(overview.pixels), max(w, h)), w, h)
    weight = np.clip((sky - 0.5) * 2, 0, 1).astype(np.float32) + np.float32(1e-4)
    above = np.minimum(maps.fill(np.clip(small, 0, 1), weight, 0.05 * w), np.float32(0.55))
    return wet.wet(overview, strength, above, seed)


def _apply(tile: NDArray[np.float32], window: Window, prepared: Any) -> None:
    if prepared is not None:
        wet.soak(tile, window, prepared)


WET_GROUND = register(
    Operator(
        name="wet_ground",
        version=1,
        family="weather",
        kind="layer",
        label=Label("Wet ground", "湿地面"),
        doc="Ground after rain: darker, deeper in colour, and roads that mirror what stands over them. Default: 0.7.",
        params=(Param("strength", 0.7, 0.0, 1.0, label=STRENGTH),),
        prepare=_prepare,
        apply=_apply,
    )
)
