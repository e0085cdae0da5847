"""One operator: colours that hung in the sun. What an operator may do is told in fluxroom.operators.declare."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fluxroom.operators import LUMA, Label, Operator, Overview, Param, Window, register

PAPER = np.array([0.016, 0.013, 0.009], np.float32)
"""Light that the faded dye lets through at full strength: linear Rec.2020, a warm lift of the blacks."""


def _prepare(overview: Overview, parameters: Any, seed: int) -> float | None:
    """Once, on the small whole picture. None: nothing is to be done."""
    return float(parameters["strength"]) or None


def _apply(tile: NDArray[np.float32], window: Window, prepared: float | None) -> None:
    """On each tile, in place: float32, linear Rec.2020. It must not matter where tiles begin."""
    if prepared is None:
        return
    grey = tile @ np.array(LUMA, np.float32)
    tile += np.float32(0.35 * prepared) * (grey[..., None] - tile)
    tile += np.float32(prepared) * PAPER


SUN_BLEACHED = register(
    Operator(
        name="sun_bleached",
        version=1,
        family="my-pack",
        kind="color",
        label=Label("Sun bleached", "日晒褪色"),
        doc="Colours fade and blacks lift a little, warm, like a print that hung in the sun. Default: 0.6.",
        params=(Param("strength", 0.6, 0.0, 1.0, "", Label("Strength", "强度")),),
        prepare=_prepare,
        apply=_apply,
        blind=True,
    )
)
