"""Snowfall: flakes in depth through a lens, and the pale air that those too far to tell apart make."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fluxroom.operators.declare import Label, Operator, Overview, Param, Parameters, Window, register
from fluxroom.operators.sky.common import STRENGTH
from fluxroom.operators.weather import air, deck, depth, overcast, particles
from fluxroom.sky import maps

WIND = Label("Wind", "风")


@dataclass(frozen=True, slots=True)
class _Snow:
    dull: overcast.Dull
    veil: air.Veil
    flakes: particles.Particles


def flakes(strength: float, size: float, wind: float, seed: int) -> NDArray[np.float32]:
    """The table of flakes, far to near: as many in each metre of depth, sharp in the middle, discs when near.

    The circle of confusion grows as |1/z - 1/focus| (thin lens); a flake's light spreads over it.
    """
    random = np.random.Generator(np.random.PCG64(seed))
    count = round(12000 * strength)
    near, last, focus = 0.9, 17.0, 8.0
    # The volume seen grows with the square of distance, what is too small to see thins it out.
    z = (near**2.5 + random.uniform(0, 1, count) * (last**2.5 - near**2.5)) ** (1 / 2.5)
    z = np.sort(z)[::-1]
    body = 0.0062 * size * np.exp(random.normal(0, 0.35, count)) / z
    blur = 0.0125 * size * np.abs(1 / z - 1 / focus) + 0.55 * body
    radius = np.hypot(body, blur)
    opacity = np.minimum(0.6, (body / radius) ** 2 * 1.15) * random.uniform(0.55, 1.0, count)
    angle = 0.9 * wind + random.normal(0, 0.25, count)
    # It falls a way of its own size or two while the shutter is open.
    trail = (0.35 + 0.9 * abs(wind)) * body * np.exp(random.normal(0, 0.5, count))
    soft = np.clip(1.35 - 0.35 * blur / radius, 1.0, 1.3)
    x, y = random.uniform(-0.02, 1.02, (2, count))
    table = np.stack([x, y, trail * np.sin(angle), trail * np.cos(angle), radius, opacity, soft], axis=-1)
    return np.ascontiguousarray(table, np.float32)


def _prepare(overview: Overview, parameters: Parameters, seed: int) -> _Snow | None:
    strength = float(parameters["strength"])
    if strength <= 0.0:
        return None
    scene = overview.scene
    wind = float(parameters["wind"])
    w, h = air.size_of(scene)
    logs, _ = depth.log_distance(scene, w, h)
    color, hidden = deck.deck(overview, 1.18, 0.36, seed + 2)
    tau = (0.10 * strength * np.maximum(0, np.exp(logs) - 1.4)).astype(np.float32)
    tau = air.settled(scene, tau, 1.45 * strength, 1.8) * deck.curtains(w, h, 0.5 * wind, seed + 3)
    sky = maps.resize(hidden, w, h)
    tau = tau * (1 - sky) - np.log(1 - deck.share(strength) * sky)
    light = math.tanh(2.0 * strength)
    table = flakes(strength, float(parameters["size"]), wind, seed)
    return _Snow(
        overcast.dull(overview, light, 1.0 + 0.06 * light, 0.40, 0.25),
        air.veil(overview, np.exp(-tau).astype(np.float32), color),
        particles.Particles(table, air.lit_by(color, 1.45, 0.92)),
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
