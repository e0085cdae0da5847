"""Snowfall: flakes in depth through a lens, and the pale air that those too far to tell apart make."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fluxroom.operators.declare import Label, Operator, Overview, Param, Parameters, Window, register
from fluxroom.operators.sky.common import STRENGTH
from fluxroom.operators.weather import air, depth, overcast, particles
from fluxroom.scene import Scene

WIND = Label("Wind", "风")


@dataclass(frozen=True, slots=True)
class _Snow:
    dull: overcast.Dull
    veil: air.Veil
    flakes: particles.Particles


def flakes(scene: Scene, strength: float, size: float, wind: float, seed: int) -> NDArray[np.float32]:
    """The table of flakes, far to near: as many in each metre of depth, sharp in the middle, discs when near.

    The circle of confusion grows as |1/z - 1/focus| (thin lens); a flake's light spreads over it.
    """
    random = np.random.Generator(np.random.PCG64(seed))
    count = round(9000 * strength)
    near, last, focus = 1.0, 15.0, 7.0
    # The volume seen grows with the square of distance, what is too small to see thins it out.
    z = (near**2.7 + random.uniform(0, 1, count) * (last**2.7 - near**2.7)) ** (1 / 2.7)
    z = np.sort(z)[::-1]
    body = 0.0095 * size * np.exp(random.normal(0, 0.35, count)) / z
    blur = 0.012 * size * np.abs(1 / z - 1 / focus)
    radius = np.hypot(body, blur)
    opacity = 0.92 * np.minimum(1.0, (body / radius) ** 2 * 1.25)
    angle = 0.9 * wind + random.normal(0, 0.22, count)
    trail = 0.4 * body * np.exp(random.normal(0, 0.4, count))
    soft = np.clip(1.15 - 0.4 * blur / radius, 0.7, 1.2)
    x, y = random.uniform(-0.02, 1.02, (2, count))
    table = np.stack([x, y, trail * np.sin(angle), trail * np.cos(angle), radius, opacity, soft], axis=-1)
    # What is large enough to have a shape is a clump: more crystals beside the first.
    long = max(scene.width, scene.height)
    clumps = np.repeat(np.flatnonzero(z < 8.0), 3)
    beside = table[clumps]
    turn, away = random.uniform(0, 2 * np.pi, clumps.size), 0.75 * body[clumps] * random.uniform(0.5, 1.1, clumps.size)
    beside[:, 0] += away * np.cos(turn) * long / scene.width
    beside[:, 1] += away * np.sin(turn) * long / scene.height
    beside[:, 4] *= random.uniform(0.45, 0.8, clumps.size)
    beside[:, 5] *= 0.7
    return np.ascontiguousarray(np.concatenate([table, beside]), np.float32)


def _prepare(overview: Overview, parameters: Parameters, seed: int) -> _Snow | None:
    strength = float(parameters["strength"])
    if strength <= 0.0:
        return None
    scene = overview.scene
    w, h = air.size_of(scene)
    logs, _ = depth.log_distance(scene, w, h)
    color = air.air_color(overview, 0.7)
    tau = (0.10 * strength * np.maximum(0, np.exp(logs) - 1.4)).astype(np.float32)
    tau = air.settled(scene, tau, 1.6 * strength, 1.8)
    tau *= 1.0 - 0.45 * depth.region(scene, "sky", w, h)
    table = flakes(scene, strength, float(parameters["size"]), float(parameters["wind"]), seed)
    return _Snow(
        overcast.dull(overview, strength**0.7, 1.0),
        air.veil(overview, np.exp(-tau).astype(np.float32), color),
        particles.Particles(table, air.lit_by(color, 1.35, 0.92)),
    )


def _apply(tile: NDArray[np.float32], window: Window, prepared: Any) -> None:
    if prepared is None:
        return
    p: _Snow = prepared
    overcast.cover(tile, p.dull)
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
