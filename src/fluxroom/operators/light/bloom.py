"""Bloom: bright light spreads softly over what is around it, as in a lens with a little haze.

The point spread is a sum of Gaussians over three sizes (Spencer, Shirley, Zimmerman & Greenberg 1995, in spirit).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from fluxroom.operators.declare import Label, Operator, Overview, Param, Parameters, register
from fluxroom.operators.light.common import SIDE, step
from fluxroom.operators.light.kernel import screen
from fluxroom.operators.sky.common import STRENGTH
from fluxroom.sky import maps
from fluxroom.sky.light import luminance


def _prepare(overview: Overview, parameters: Parameters, seed: int) -> Any:
    strength, radius = float(parameters["strength"]), float(parameters["radius"])
    if strength <= 0.0:
        return None
    small = np.clip(maps.shrink(overview.pixels, SIDE), 0, 1.5)
    luma = luminance(small)
    low, high = (float(v) for v in np.percentile(luma, (70, 99.5)))
    low = max(low, 0.45 * high, 0.02)
    bright = small * step(low, max(high, low + 0.02), luma)[..., None]
    # What burnt out in the file was brighter than the file can say: lamps by far, a sky by little.
    burnt = step(0.8, 1.0, luma)
    beyond = 14.0 / (1.0 + 150.0 * float(burnt.mean(dtype=np.float64)))
    bright = bright * (1 + np.float32(beyond) * burnt)[..., None]
    span = radius * max(luma.shape)
    glow = 0.5 * maps.blur(bright, 0.25 * span) + 0.32 * maps.blur(bright, span) + 0.18 * maps.blur(bright, 3.0 * span)
    # A whole bright sky would only veil the picture: it glows by what stands out of it.
    share = float((luma * step(low, max(high, low + 0.02), luma)).mean(dtype=np.float64))
    glow = glow * np.float32(1.2 * strength / (1.0 + 6.0 * share))
    return np.ascontiguousarray(np.maximum(glow, 0).transpose(2, 0, 1), np.float32)


BLOOM = register(
    Operator(
        name="bloom",
        version=1,
        family="light",
        kind="layer",
        label=Label("Bloom", "高光泛光"),
        doc="Highlights glow softly in their own colour. Radius: of the glow. Default: 0.5.",
        params=(
            Param("strength", 0.5, 0.0, 1.0, label=STRENGTH),
            Param("radius", 0.02, 0.005, 0.08, "of the long side", Label("Radius", "半径")),
        ),
        prepare=_prepare,
        apply=screen,
        region="everything",
        blind=True,
    )
)
