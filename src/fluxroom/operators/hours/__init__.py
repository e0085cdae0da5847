"""Hours: the same scene at another time of day.

Sky and land are each relit by maps made from `fluxroom.sky.atmosphere` and the photo's own sky, light and forms.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from fluxroom.operators.declare import Label, Operator, Overview, Param, Parameters, Window, register
from fluxroom.operators.hours import kernel
from fluxroom.operators.hours.hour import HOURS, Hour
from fluxroom.operators.hours.prepare import Prepared, prepare
from fluxroom.scene import Float
from fluxroom.sky.light import luminance


def _apply(tile: Float, window: Window, prepared: Any) -> None:
    if prepared is None:
        return
    p: Prepared = prepared
    place = (window.x, window.y, window.image_width, window.image_height)
    if p.lights is None:
        kernel.relight(tile, *place, p.coef, p.state, p.planes, p.tables, p.numbers)
        return
    before = np.sqrt(np.maximum(luminance(tile), 0)).astype(np.float32)
    kernel.relight(tile, *place, p.coef, p.state, p.planes, p.tables, p.numbers)
    kernel.shine(tile, before, *place, p.lights.ab, p.lights.planes, p.lights.frame)


def _operator(hour: Hour) -> Operator:
    lit = hour.lights > 0

    def ready(overview: Overview, parameters: Parameters, seed: int) -> Prepared | None:
        share = float(parameters["lights"]) if lit else 0.0
        return prepare(overview, hour, float(parameters["strength"]), share, seed)

    strength = Param("strength", 0.85, 0.0, 1.0, "", Label("Strength", "强度"))
    lights = Param("lights", 1.0, 0.0, 2.0, "", Label("Lit windows", "亮灯的窗"))
    return register(
        Operator(
            name=hour.name,
            version=1,
            family="hours",
            kind="layer",
            label=hour.label,
            doc=hour.doc,
            params=(strength, lights) if lit else (strength,),
            prepare=ready,
            apply=_apply,
        )
    )


OPERATORS = tuple(_operator(hour) for hour in HOURS)
