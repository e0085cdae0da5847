"""Black and white, version 2: with the filters that photographers put before the lens."""

from __future__ import annotations

from typing import Any

import numpy as np

from fluxroom.operators import kernels
from fluxroom.operators.declare import Label, Operator, Overview, Param, Parameters, Window, register
from fluxroom.operators.looks import emulsion
from fluxroom.operators.looks.emulsion import Grey, grey_ramp
from fluxroom.operators.tables import oklab_tables
from fluxroom.scene import Float

FILTERS = {
    "none": (0.0, 0.0, 0.0),
    "yellow": (0.52, 0.60, -0.12),
    "orange": (0.95, 0.34, -0.29),
    "red": (1.65, -0.24, -0.41),
    "green": (0.02, 1.12, -0.14),
    "blue": (-0.22, 0.22, 1.00),
}
"""Weights of linear red, green and blue behind Wratten 8, 21, 25, 58 and 47 by where they cut, exposure corrected.
Parts below zero make up for cameras' channels, which overlap more than a filter's edge does."""


def _prepare(overview: Overview, parameters: Parameters, seed: int) -> Any:
    amount, name = float(parameters["amount"]), str(parameters["filter"])
    if amount == 0:
        return None
    if name == "none":
        table = np.zeros((kernels.HUE_SIZE, 3))
        table[:, 0] = 1 - amount
        return oklab_tables(table)
    return Grey(np.array(FILTERS[name], np.float32), grey_ramp(), amount)


def _apply(tile: Float, window: Window, prepared: Any) -> None:
    if isinstance(prepared, Grey):
        emulsion.apply(tile, prepared)
    elif prepared is not None:
        kernels.oklab_adjust(tile, *prepared)


BLACK_AND_WHITE = register(
    Operator(
        name="black_and_white",
        version=2,
        family="color",
        kind="color",
        label=Label("Black and white", "黑白"),
        doc="Greys, or part of the way there. Filter: what stands before the lens; yellow, orange and red darken blue"
        " skies more and more, green brightens leaves, blue brings haze. none: greys of the same lightness (Oklab)."
        " Default: 1 without a filter.",
        params=(
            Param("amount", 1.0, 0.0, 1.0, "", Label("Amount", "数量")),
            Param("filter", "none", label=Label("Filter", "滤镜"), choices=tuple(FILTERS)),
        ),
        prepare=_prepare,
        apply=_apply,
        blind=True,
    )
)
