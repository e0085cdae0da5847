"""Teal and orange: cool colours gather at teal, warm ones at orange; skin and greys stay."""

from __future__ import annotations

from typing import Any

import numpy as np

from fluxroom.operators import kernels
from fluxroom.operators.declare import Label, Operator, Overview, Param, Parameters, Window, register
from fluxroom.operators.tables import chroma_levels, hue_angles, light_levels, oklab_tables, smoothstep
from fluxroom.scene import Float

TEAL, ORANGE = 215.0, 58.0
"""Oklab hue, degrees."""
SKIN = 52.0


def _prepare(overview: Overview, parameters: Parameters, seed: int) -> Any:
    s = float(parameters["strength"])
    if s == 0:
        return None
    hue = hue_angles()
    to_teal = np.mod(TEAL - hue + 180, 360) - 180
    to_orange = np.mod(ORANGE - hue + 180, 360) - 180
    cool = smoothstep(165, 190, hue) * smoothstep(318, 285, hue)
    leaves = smoothstep(112, 130, hue) * smoothstep(190, 165, hue)
    warm = smoothstep(118, 96, hue) + smoothstep(325, 350, hue)
    skin = 1 - smoothstep(9, 22, np.abs(np.mod(hue - SKIN + 180, 360) - 180))
    turn = 0.62 * cool * to_teal + 0.36 * warm * to_orange * (1 - skin)
    turn -= 9 * leaves  # leaves go towards yellow, not into the teal
    scale = 1 + 0.10 * cool + 0.16 * warm * (1 - skin) - 0.18 * leaves
    t = np.radians(s * turn)
    k = 1 + s * (scale - 1)
    table = np.stack([k * np.cos(t), k * np.sin(t), -0.03 * s * cool], axis=-1)
    light = light_levels()
    tint = 0.016 * s * smoothstep(0.08, 0.22, light) * smoothstep(0.62, 0.35, light)
    angle = np.radians(TEAL)
    shade = tint[:, None] * np.array([np.cos(angle), np.sin(angle)])
    return oklab_tables(table, smoothstep(0.008, 0.055, chroma_levels()), shade)


def _apply(tile: Float, window: Window, prepared: Any) -> None:
    if prepared is not None:
        kernels.oklab_adjust(tile, *prepared)


TEAL_ORANGE = register(
    Operator(
        name="teal_orange",
        version=1,
        family="looks",
        kind="color",
        label=Label("Teal and orange", "青橙色调"),
        doc="Blues and purples gather at teal, reds and yellows at orange, greens grow quiet; deep shadows take a trace"
        " of teal. Skin, greys and whites stay. Default: 0.7.",
        params=(Param("strength", 0.7, 0.0, 1.0, "", Label("Strength", "强度")),),
        prepare=_prepare,
        apply=_apply,
        blind=True,
    )
)
