"""Film grain, version 2: finer, and in the tones in which film shows it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from fluxroom.operators.declare import Label, Operator, Overview, Param, Parameters, Window, register
from fluxroom.operators.fastmath import F
from fluxroom.operators.film import add_lattice
from fluxroom.operators.kernels import LB, LG, LR, ONE, ZERO
from fluxroom.operators.tables import smoothstep
from fluxroom.scene import Float

SIDE = 3000.0
"""Grain of size 1 is one pixel wide in a picture of this long side."""
TONES = 257
"""Steps of the table of grain by the square root of luminance, 0..1."""
_SCALE, _END = F(TONES - 1), F(TONES - 1.001)
CLUMP = 2.3
"""Width of the clumps against that of the grains."""


def tone_weights() -> Float:
    """How strong the grain is by the square root of luminance.

    Grain in the negative grows with density, and the print's curve hides it in blacks and whites (Mees & James, "The
    Theory of the Photographic Process", ch. on granularity): most a little under middle grey, hardly any in bright sky.
    """
    x = np.linspace(0, 1, TONES)
    weight = smoothstep(0.0, 0.30, x) * (1 - 0.90 * smoothstep(0.34, 0.86, x))
    return np.asarray(weight, np.float32)


WEIGHTS = tone_weights()


@njit(nogil=True, cache=True, error_model="numpy")
def grain(tile: Float, x0: int, y0: int, spacing: float, strength: np.float32, seed: int, weights: Float) -> None:
    """Add noise to the square root of luminance: grains `spacing` pixels wide, and clumps of them."""
    h, w, _ = tile.shape
    noise = np.zeros((h, w), np.float32)
    add_lattice(noise, x0, y0, 1.0 / max(1.0, spacing), F(0.9), seed)
    add_lattice(noise, x0, y0, 1.0 / max(1.0, spacing * CLUMP), F(0.42), seed + 1)
    for y in range(h):
        for x in range(w):
            r, g, b = tile[y, x, 0], tile[y, x, 1], tile[y, x, 2]
            root = F(np.sqrt(max(LR * r + LG * g + LB * b, ZERO)))
            at = min(root * _SCALE, _END)
            cell = np.int32(at)
            weight = weights[cell] + (at - F(cell)) * (weights[cell + 1] - weights[cell])
            k = max(ONE + strength * weight * noise[y, x] / (root + F(0.02)), ZERO)
            k *= k
            tile[y, x, 0] = r * k
            tile[y, x, 1] = g * k
            tile[y, x, 2] = b * k


def _prepare(overview: Overview, parameters: Parameters, seed: int) -> Any:
    a = float(parameters["amount"])
    return None if a == 0 else (a, float(parameters["size"]), seed & 0x3FFFFFFFFFFFFFFF)


def _apply(tile: Float, window: Window, prepared: Any) -> None:
    if prepared is None:
        return
    strength, size, seed = prepared
    spacing = size * max(window.image_width, window.image_height) / SIDE
    seen = min(1.0, spacing)  # finer than a pixel, it averages out
    grain(tile, window.x, window.y, spacing, np.float32(0.26 * strength * seen), seed, WEIGHTS)


GRAIN = register(
    Operator(
        name="grain",
        version=2,
        family="film",
        kind="pixel",
        label=Label("Film grain", "胶片颗粒"),
        doc="Fine film grain, strongest a little under middle grey, hardly any in bright skies and deep blacks. Size is"
        " relative to the frame, so the look is the same at any resolution; where grain is finer than a pixel it"
        " averages out. Default: 0.35.",
        params=(
            Param("amount", 0.35, 0.0, 1.0, "", Label("Amount", "数量")),
            Param("size", 1.0, 0.5, 4.0, "1/3000 of the long side", Label("Size", "大小")),
        ),
        prepare=_prepare,
        apply=_apply,
        blind=True,
        chromatic=False,
    )
)
