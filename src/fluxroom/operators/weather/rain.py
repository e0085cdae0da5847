"""Rain: the light of a closed sky, grey distance, wet ground, and streaks that show where it is dark behind."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from fluxroom.operators.declare import Label, Operator, Overview, Param, Parameters, Window, register
from fluxroom.operators.sky.common import STRENGTH
from fluxroom.operators.weather import air, deck, overcast, particles, wet
from fluxroom.scene import Float
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
    is the sky's: bright on dark, nearly unseen on sky. They come in gusts, thick here and thin there.
    """
    random = np.random.Generator(np.random.PCG64(seed))
    gusts = random.normal(0, 1, (5, 7)).astype(np.float32)
    gusts = np.asarray(cv2.resize(gusts, (64, 48), interpolation=cv2.INTER_CUBIC), np.float32)
    tables = []
    for count, length, radius, opacity, soft, waver in (
        (9000, 0.0068, 0.00038, 0.40, 1.8, 0.030),
        (1700, 0.0180, 0.00066, 0.34, 1.8, 0.024),
        (170, 0.0500, 0.00280, 0.13, 1.9, 0.018),
    ):
        n = round(count * (0.35 + 0.65 * strength))
        x, y = random.uniform(-0.05, 1.05, (2, n))
        half = length * np.exp(random.normal(0, 0.45, n)) * (0.7 + 0.6 * strength)
        angle = 0.35 * wind + random.normal(0, waver, n)
        thick = radius * np.exp(random.normal(0, 0.35, n))
        gust = gusts[np.clip(48 * y, 0, 47).astype(np.int64), np.clip(64 * x, 0, 63).astype(np.int64)]
        light = opacity * (0.5 + 0.5 * strength) * min(1.0, 8.0 * strength) * random.beta(1.3, 2.2, n)
        light = np.minimum(light * np.clip(1.25 + 0.5 * gust, 0.3, 1.7), 0.44)
        tables.append(np.stack([x, y, half * np.sin(angle), half * np.cos(angle), thick, light, np.full(n, soft)], -1))
    return np.ascontiguousarray(np.concatenate(tables), np.float32)


def _splashes(flat: Float, ends: Float, strength: float, seed: int) -> NDArray[np.float32]:
    """The table of drops that burst on wet even ground: short low glints, smaller and denser with distance.

    flat (h, w) 0..1: the ground; ends (w,): the row share at which it ends in each column
    """
    random = np.random.Generator(np.random.PCG64(seed))
    h, w = flat.shape
    n = round(2600 * strength)
    x = random.uniform(0, 1, n)
    column = np.minimum(w - 1, (x * w).astype(np.int64))
    end = np.clip(ends[column], 0.0, 0.95)
    # As many on each square metre: far more of them in the rows far off.
    below = np.exp(random.uniform(math.log(0.12), 0.0, n))
    y = end + (1.0 - end) * below
    there = flat[np.minimum(h - 1, (y * h).astype(np.int64)), column] > random.uniform(0.3, 0.8, n)
    x, y, below = x[there], y[there], below[there]
    size = 0.0016 * below * np.exp(random.normal(0, 0.4, x.size))
    light = 0.34 * min(1.0, 8.0 * strength) * random.beta(1.5, 2.0, x.size)
    zero = np.zeros_like(x)
    return np.ascontiguousarray(
        np.stack([x, y, 1.3 * size, zero, 0.45 * size + 0.0002, light, zero + 1.6], -1), np.float32
    )


def _prepare(overview: Overview, parameters: Parameters, seed: int) -> _Rain | None:
    strength = float(parameters["strength"])
    if strength <= 0.0:
        return None
    wind = float(parameters["wind"])
    color, hidden = deck.deck(overview, 1.0 - 0.30 * strength, 0.5 + 0.5 * strength, seed + 2)
    tau = deck.distant(overview, 1.9 * strength, color) * deck.curtains(*air.size_of(overview.scene), wind, seed + 3)
    sky = maps.resize(hidden, tau.shape[1], tau.shape[0])
    tau = tau * (1 - sky) - np.log(1 - deck.share(strength) * sky)
    light = math.tanh(2.0 * strength)
    ground = wet.wet(overview, light, color, seed + 1)
    drops = np.concatenate([_splashes(ground.even, ground.ends, strength, seed + 4), streaks(strength, wind, seed)])
    return _Rain(
        overcast.dull(overview, light, 1.0 - 0.24 * light, 0.16, 0.16, closed=1.0, even=ground.even),
        ground,
        air.veil(overview, np.exp(-tau).astype(np.float32), color, 0.004),
        particles.Particles(drops, air.lit_by(color, 1.55, 0.80)),
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
