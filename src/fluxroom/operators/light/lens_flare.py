"""Lens flare: what a sun near the frame does in a lens: a veil around it, short spikes, small ghosts.

Ghosts lie on the line through the sun and the frame's middle, the optical axis (Hullin, Eisemann, Seidel & Lee 2011).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from fluxroom.operators.declare import Label, Operator, Overview, Param, Parameters, register
from fluxroom.operators.light.common import beam_color, smooth, step
from fluxroom.operators.light.kernel import Color, screen
from fluxroom.operators.sky.common import STRENGTH, sun_seen
from fluxroom.scene import Float

SIDE = 1024
GHOSTS: tuple[tuple[float, float, float, Color], ...] = (
    # place on the line (0 sun, 1 middle), radius of the long side, light, colour
    (0.42, 0.010, 0.30, (1.0, 0.62, 0.30)),
    (0.68, 0.018, 0.13, (0.55, 0.85, 0.60)),
    (1.18, 0.008, 0.34, (1.0, 0.75, 0.42)),
    (1.36, 0.030, 0.11, (0.95, 0.55, 0.40)),
    (1.62, 0.014, 0.17, (0.45, 0.70, 0.85)),
    (1.95, 0.052, 0.075, (0.60, 0.80, 0.50)),
)
BLADES = 7


def _ghost(x: Float, y: Float, radius: float) -> Float:
    """A soft polygon of the iris, brighter at its rim."""
    turn = np.arctan2(y, x)
    wedge = np.mod(turn + 0.3, 2 * math.pi / BLADES) - math.pi / BLADES
    away = (np.hypot(x, y) * np.cos(wedge) / (radius * math.cos(math.pi / BLADES))).astype(np.float32)
    return np.asarray((1 - step(0.88, 1.08, away)) * (0.55 + 0.45 * np.clip(away, 0, 1) ** 3), np.float32)


def _burnt(overview: Overview) -> float:
    """1 where the sun's place is burnt out .. 0 where something dark stands before it."""
    h, w = overview.pixels.shape[:2]
    light, reach = overview.scene.light, 0.012 * max(h, w)
    x, y = light.x * w, light.y * h
    around = overview.pixels[
        max(0, int(y - reach)) : int(y + reach) + 2, max(0, int(x - reach)) : int(x + reach) + 2
    ].max(-1)
    return smooth(0.4, 0.85, float(np.percentile(around, 75))) if around.size else 0.0


def _prepare(overview: Overview, parameters: Parameters, seed: int) -> Any:
    strength = float(parameters["strength"])
    light = overview.scene.light
    outside = max(0.0, -light.x, light.x - 1.0, -light.y, light.y - 1.0)
    open_ = 1.0 if outside > 0 else _burnt(overview)
    sun = sun_seen(overview.scene) * open_ * max(0.0, 1.0 - outside / 0.25)
    if strength <= 0.0 or sun <= 0.0:
        return None
    h, w = overview.pixels.shape[:2]
    scale = min(1.0, SIDE / max(h, w))
    h, w = max(2, round(h * scale)), max(2, round(w * scale))
    long = max(h, w)
    gy, gx = np.mgrid[0:h, 0:w].astype(np.float32)
    x, y = (gx + 0.5 - light.x * w) / long, (gy + 0.5 - light.y * h) / long
    away = np.hypot(x, y)
    turn = np.arctan2(y, x)
    veil = 0.30 * np.exp(-((away / 0.05) ** 2)) + 0.16 * np.exp(-away / 0.14)
    rng = np.random.default_rng(seed)
    spikes = np.zeros_like(away)
    for blade in range(2 * BLADES):
        at = blade * math.pi / BLADES + 0.3
        reach = 0.05 * (0.6 + 0.8 * rng.random())
        off = np.abs(np.sin(0.5 * (turn - at))) * 2 * away
        ahead = np.cos(turn - at) > 0
        spikes += ahead * np.exp(-off / (0.0012 + 0.012 * away)) * np.exp(-away / reach)
    warm = np.array(beam_color(overview, 0.18), np.float32)
    out = (strength * sun * (veil + 0.6 * spikes))[..., None] * warm
    middle_x, middle_y = (0.5 - light.x) * w / long, (0.5 - light.y) * h / long
    for place, radius, level, color in GHOSTS:
        ghost = _ghost(x - np.float32(place * middle_x), y - np.float32(place * middle_y), radius)
        out += (strength * sun * level * ghost)[..., None] * np.array(color, np.float32)
    return np.ascontiguousarray(out.transpose(2, 0, 1), np.float32)


def _advise(overview: Overview, parameters: Parameters) -> tuple[str, ...]:
    if float(parameters["strength"]) <= 0.0 or sun_seen(overview.scene) > 0.0:
        return ()
    return ("lens_flare: no sun is seen in or near this photo, so no lens would flare",)


LENS_FLARE = register(
    Operator(
        name="lens_flare",
        version=1,
        family="light",
        kind="layer",
        label=Label("Lens flare", "镜头光晕"),
        doc="A veil around the sun, short spikes and small ghosts on the line through the frame's middle; only where"
        " the sun is in the frame or close to it. Default: 0.5.",
        params=(Param("strength", 0.5, 0.0, 1.0, label=STRENGTH),),
        prepare=_prepare,
        apply=screen,
        region="everything",
        advise=_advise,
    )
)
