"""Snowfall: flakes in depth through a lens, and the pale air that those too far to tell apart make."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fluxroom.operators.declare import Label, Operator, Overview, Param, Parameters, Window, register
from fluxroom.operators.sky.common import STRENGTH
from fluxroom.operators.weather import air, deck, overcast, particles
from fluxroom.sky import maps

WIND = Label("Wind", "风")


@dataclass(frozen=True, slots=True)
class _Snow:
    dull: overcast.Dull
    veil: air.Veil
    flakes: particles.Particles


def flakes(strength: float, size: float, wind: float, seed: int) -> NDArray[np.float32]:
    """The table of flakes, far to near: specks far off, tufts in focus, pale soft discs before the lens.

    The circle of confusion grows as |1/z - 1/focus| (thin lens); a flake's light spreads over it. Flakes are clumps of
    crystals, each a few soft bodies side by side, and draw a trail of their own way while the shutter is open.
    """
    random = np.random.Generator(np.random.PCG64(seed))
    near, last, focus = 0.5, 19.0, 6.0
    count = round(13000 * strength)
    # The volume seen grows with the square of distance, what is too small to see thins it out.
    z = (near**2.1 + random.uniform(0, 1, count) * (last**2.1 - near**2.1)) ** (1 / 2.1)
    z = np.sort(z)[::-1]
    body = 0.0072 * size * np.exp(random.normal(0, 0.40, count)) / z
    blur = 0.0085 * size * np.abs(1 / z - 1 / focus)
    radius = np.minimum(np.hypot(body, blur), 0.015 * size)
    opacity = np.minimum(0.85, (body / radius) ** 1.8 * random.uniform(0.4, 1.0, count))
    opacity = np.where(z < 2.2, np.minimum(opacity, 0.20 + 0.14 * (z - near)), opacity)
    swirl = random.normal(0, 0.30, count)
    angle = 0.9 * wind + swirl
    way = (0.30 + 0.7 * abs(wind)) * body * np.exp(random.normal(0.0, 0.5, count))
    x, y = random.uniform(-0.02, 1.02, (2, count))
    parts = []
    # Those in focus and near enough to have a shape get three bodies, the others one.
    shaped = (radius > 0.0011) & (blur < 0.9 * body)
    for k in range(3):
        here = shaped if k else np.ones(count, bool)
        turn = random.uniform(0, 2 * np.pi, count)
        off = 0.75 * radius * shaped * random.uniform(0.3, 1.0, count)
        scale = np.where(shaped, random.uniform(0.5, 0.85, count), 1.0)
        light = np.where(shaped, 0.75 * opacity, opacity)
        rows = np.stack(
            [x + off * np.cos(turn), y + off * np.sin(turn), way * np.sin(angle), way * np.cos(angle), radius * scale,
             light, np.clip(1.5 - 0.5 * blur / radius, 1.0, 1.5)], axis=-1
        )  # fmt: skip
        parts.append(np.where(here[:, None], rows, np.nan))
    table = np.stack(parts, axis=1).reshape(-1, 7)
    return np.ascontiguousarray(table[~np.isnan(table[:, 0])], np.float32)


def _prepare(overview: Overview, parameters: Parameters, seed: int) -> _Snow | None:
    strength = float(parameters["strength"])
    if strength <= 0.0:
        return None
    wind = float(parameters["wind"])
    color, hidden = deck.deck(overview, 1.12, 0.36, seed + 2)
    size = air.size_of(overview.scene)
    tau = deck.distant(overview, 2.1 * strength, color) * deck.curtains(*size, 0.5 * wind, seed + 3)
    sky = maps.resize(hidden, tau.shape[1], tau.shape[0])
    tau = tau * (1 - sky) - np.log(1 - deck.share(strength) * sky)
    light = math.tanh(2.0 * strength)
    table = flakes(strength, float(parameters["size"]), wind, seed)
    return _Snow(
        overcast.dull(overview, light, 1.0 - 0.02 * light, 0.34, 0.22, closed=1.0),
        air.veil(overview, np.exp(-tau).astype(np.float32), color, 0.004),
        particles.Particles(table, air.lit_by(color, 1.40, 0.90)),
    )


def _apply(tile: NDArray[np.float32], window: Window, prepared: Any) -> None:
    if prepared is None:
        return
    p: _Snow = prepared
    overcast.cover(tile, window, p.dull)
    air.lay(tile, window, p.veil)
    particles.draw(tile, window, p.flakes)


SNOWFALL = register(
    Operator(
        name="snowfall",
        version=1,
        family="weather",
        kind="layer",
        label=Label("Snowfall", "下雪"),
        doc=(
            "Falling snow: flakes by depth, small and sharp or near and out of focus, drifting with the wind, and the "
            "pale air behind. Default: 0.5."
        ),
        params=(
            Param("strength", 0.5, 0.0, 1.0, label=STRENGTH),
            Param("size", 1.0, 0.4, 2.5, label=Label("Flake size", "雪花大小")),
            Param("wind", 0.3, -1.0, 1.0, label=WIND),
        ),
        prepare=_prepare,
        apply=_apply,
    )
)
