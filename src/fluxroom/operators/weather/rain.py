"""Rain: the light of a closed sky, grey distance, wet ground, and streaks that show where it is dark behind."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fluxroom.operators.declare import Label, Operator, Overview, Param, Parameters, Window, register
from fluxroom.operators.sky.common import STRENGTH
from fluxroom.operators.weather import air, deck, depth, overcast, particles, wet
from fluxroom.sky import maps

WIND = Label("Wind", "风")


@dataclass(frozen=True, slots=True)
class _Rain:
    dull: overcast.Dull
    wet: wet.Wet
    veil: air.Veil
    streaks: particles.Particles


def streaks(strength: float, wind: float, seed: int) -> NDArray[np.float32]:
    """The table of streaks in three depths: many fine short ones far off, few long blurred ones near.

    A drop draws a streak of its way in one exposure and bends the bright sky into it (Garg & Nayar 2007), so its light
    is the sky's: bright on dark, nearly unseen on sky.
    """
    random = np.random.Generator(np.random.PCG64(seed))
    tables = []
    for count, length, radius, opacity, soft, waver in (
        (7000, 0.0085, 0.00038, 0.28, 1.8, 0.026),
        (1500, 0.0190, 0.00070, 0.20, 1.8, 0.022),
        (190, 0.0480, 0.00240, 0.10, 1.9, 0.018),
    ):
        n = round(count * (0.35 + 0.65 * strength))
        x, y = random.uniform(-0.05, 1.05, (2, n))
        half = length * np.exp(random.normal(0, 0.35, n)) * (0.7 + 0.6 * strength)
        angle = 0.35 * wind + random.normal(0, waver, n)
        thick = radius * np.exp(random.normal(0, 0.3, n))
        light = opacity * (0.5 + 0.5 * strength) * min(1.0, 8.0 * strength) * random.uniform(0.25, 1.0, n)
        tables.append(np.stack([x, y, half * np.sin(angle), half * np.cos(angle), thick, light, np.full(n, soft)], -1))
    return np.ascontiguousarray(np.concatenate(tables), np.float32)


def _prepare(overview: Overview, parameters: Parameters, seed: int) -> _Rain | None:
    strength = float(parameters["strength"])
    if strength <= 0.0:
        return None
    scene = overview.scene
    wind = float(parameters["wind"])
    w, h = air.size_of(scene)
    logs, _ = depth.log_distance(scene, w, h)
    color, hidden = deck.deck(overview, 1.0 - 0.45 * strength, 1.0, seed + 2)
    tau = (0.07 * strength * np.maximum(0, np.exp(logs) - 1.6)).astype(np.float32)
    tau = air.settled(scene, tau, 0.75 * strength, 1.8) * deck.curtains(w, h, wind, seed + 3)
    sky = maps.resize(hidden, w, h)
    tau = tau * (1 - sky) - np.log(1 - deck.share(strength) * sky)
    light = math.tanh(2.0 * strength)
    return _Rain(
        overcast.dull(overview, light, 1.0 - 0.36 * light, 0.10, 0.08),
        wet.wet(overview, light, color, seed + 1),
        air.veil(overview, np.exp(-tau).astype(np.float32), color),
        particles.Particles(streaks(strength, wind, seed), air.lit_by(color, 1.9, 0.80)),
    )


def _apply(tile: NDArray[np.float32], window: Window, prepared: Any) -> None:
    if prepared is None:
        return
    p: _Rain = prepared
    overcast.cover(tile, window, p.dull)
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
            "in three depths that lean with the wind. Default: 0.5."
        ),
        params=(
            Param("strength", 0.5, 0.0, 1.0, label=STRENGTH),
            Param("wind", 0.3, -1.0, 1.0, label=WIND),
        ),
        prepare=_prepare,
        apply=_apply,
    )
)
