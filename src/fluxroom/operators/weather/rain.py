"""Rain: the light of a closed sky, grey distance, wet ground, and streaks that show where it is dark behind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fluxroom.operators.declare import Label, Operator, Overview, Param, Parameters, Window, register
from fluxroom.operators.sky.common import STRENGTH
from fluxroom.operators.weather import air, depth, overcast, particles, wet

WIND = Label("Wind", "风")


@dataclass(frozen=True, slots=True)
class _Rain:
    dull: overcast.Dull
    wet: wet.Wet
    veil: air.Veil
    streaks: particles.Particles


def streaks(strength: float, wind: float, seed: int) -> NDArray[np.float32]:
    """The table of streaks in two depths: many fine short ones far off, few long blurred ones near.

    A drop draws a streak of its way in one exposure and bends the bright sky into it (Garg & Nayar 2007), so its light
    is the sky's: bright on dark, nearly unseen on sky.
    """
    random = np.random.Generator(np.random.PCG64(seed))
    tables = []
    for count, length, radius, opacity, soft, waver in (
        (2600, 0.011, 0.00045, 0.50, 1.4, 0.035),
        (420, 0.028, 0.00095, 0.22, 1.6, 0.025),
    ):
        n = round(count * (0.35 + 0.65 * strength))
        x, y = random.uniform(-0.05, 1.05, (2, n))
        half = length * np.exp(random.normal(0, 0.3, n)) * (0.7 + 0.6 * strength)
        angle = -0.35 * wind + random.normal(0, waver, n)
        thick = radius * np.exp(random.normal(0, 0.25, n))
        light = opacity * (0.5 + 0.5 * strength) * random.uniform(0.3, 1.0, n)
        tables.append(np.stack([x, y, half * np.sin(angle), half * np.cos(angle), thick, light, np.full(n, soft)], -1))
    return np.ascontiguousarray(np.concatenate(tables), np.float32)


def _prepare(overview: Overview, parameters: Parameters, seed: int) -> _Rain | None:
    strength = float(parameters["strength"])
    if strength <= 0.0:
        return None
    scene = overview.scene
    w, h = air.size_of(scene)
    logs, _ = depth.log_distance(scene, w, h)
    color = air.air_color(overview, 0.75)
    color *= np.float32(0.82)
    tau = (0.07 * strength * np.maximum(0, np.exp(logs) - 1.6)).astype(np.float32)
    tau = air.settled(scene, tau, 0.9 * strength, 1.8)
    tau *= 1.0 - 0.3 * depth.region(scene, "sky", w, h)
    light = strength**0.7
    return _Rain(
        overcast.dull(overview, light, 1.0 - 0.34 * light),
        wet.wet(overview, light, seed + 1),
        air.veil(overview, np.exp(-tau).astype(np.float32), color),
        particles.Particles(streaks(strength, float(parameters["wind"]), seed), air.lit_by(color, 1.25, 0.85)),
    )


def _apply(tile: NDArray[np.float32], window: Window, prepared: Any) -> None:
    if prepared is None:
        return
    p: _Rain = prepared
    overcast.cover(tile, p.dull)
    wet.soak(tile, window, p.wet)
    air.lay(tile, window, p.veil)
    particles.draw(tile, window, p.streaks)


RAIN = register(
    Operator(
        name="rain",
        version=1,
        family="weather",
        kind="layer",
        label=Label("Rain", "下雨"),
        doc=(
            "Rain: muted light, grey distance, ground that is dark and mirrors at flat angles, and faint streaks "
            "in two depths that lean with the wind. Default: 0.5."
        ),
        params=(
            Param("strength", 0.5, 0.0, 1.0, label=STRENGTH),
            Param("wind", 0.3, -1.0, 1.0, label=WIND),
        ),
        prepare=_prepare,
        apply=_apply,
    )
)
