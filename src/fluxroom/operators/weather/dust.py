"""Dust in the wind: a sandstorm's walls and veils, in the colour of the ground that it was torn from."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fluxroom.operators.declare import LUMA, Label, Operator, Overview, Param, Parameters, Window, register
from fluxroom.operators.sky.common import STRENGTH
from fluxroom.operators.weather import air, deck, depth, overcast, sheets
from fluxroom.scene import Float
from fluxroom.sky.light import nightness

OCHRE = np.array([1.28, 0.985, 0.42])
"""Mineral dust, linear Rec.2020 at luminance 1: it swallows blue (Patterson, Gillette & Stockton 1977)."""


@dataclass(frozen=True, slots=True)
class _Dust:
    dull: overcast.Dull
    veil: air.Veil


def _color(overview: Overview) -> Float:
    """(h, w, 3) lit dust: ochre, drawn to the photo's own bare ground; grey on a monochrome photo."""
    scene = overview.scene
    color = air.air_color(overview, 1.0)
    if not air.chromatic(air.air_color(overview, 0.0)):
        return color
    h, w = overview.pixels.shape[:2]
    bare = depth.region_sum(scene, ("sand", "rock", "road"), w, h) > 0.6
    tint = OCHRE / float(OCHRE @ np.array(LUMA))
    if float(bare.mean(dtype=np.float64)) > 0.03:
        own = np.clip(overview.pixels[bare], 0, 1).mean(0, dtype=np.float64)
        own = np.clip(own / max(1e-4, float(own @ np.array(LUMA))), 0.3, 1.8)
        if own[0] > own[2]:
            tint = 0.75 * tint + 0.25 * own
    day = 1.0 - 0.5 * nightness(scene)
    lit = np.clip(color * tint.astype(np.float32) * np.float32(0.74 * day), 0, 0.85)
    return np.ascontiguousarray(lit, np.float32)


def _prepare(overview: Overview, parameters: Parameters, seed: int) -> _Dust | None:
    strength = float(parameters["strength"])
    if strength <= 0.0:
        return None
    scene = overview.scene
    w, h = air.size_of(scene)
    logs, (rows, _) = depth.log_distance(scene, w, h)
    everywhere = np.ones((h, w), np.float32)
    tau = (0.12 * strength * np.maximum(0, np.exp(logs) - 0.7)).astype(np.float32)
    tau = air.settled(scene, tau, 2.0 * strength, 2.0)
    walls = sheets.Sheets(
        density=0.75 * strength, height=2.2, least=0.20, start=1.6, last=18.0, cover=0.35 + 0.3 * strength
    )
    tau = tau + sheets.wisps(logs, rows, everywhere, walls, seed)
    # Overhead it is thinner, and torn by the wind.
    sky = depth.region(scene, "sky", w, h)
    at = (np.arange(h, dtype=np.float32)[:, None] + 0.5) / h
    foot = max(0.1, deck.foot_of_sky(overview, w, h))
    high = np.clip((foot - at) / foot, 0, 1)
    torn = 1.0 + 0.60 * deck.mottled(overview, w, h, seed + 1)
    tau = tau * (1 - sky) + sky * strength * (2.4 - 1.4 * high) * torn
    light = math.tanh(1.8 * strength)
    dull = overcast.dull(overview, light, 1.0 - 0.12 * light, 0.30, 0.15)
    color = _color(overview)
    mean = color.reshape(-1, 3).mean(0, dtype=np.float64)
    own = mean / max(1e-4, float(mean @ np.array(LUMA)))
    # All light comes through it.
    r, g, b = (float(v) ** (0.45 * light) for v in np.maximum(own, 0.2))
    warm = overcast.Dull(
        dull.planes,
        dull.pivot,
        dull.high,
        dull.low,
        dull.chroma,
        0.0,
        ((1 - 0.12 * light) * r, (1 - 0.12 * light) * g, (1 - 0.12 * light) * b),
    )
    return _Dust(warm, air.veil(overview, np.exp(-tau).astype(np.float32), color))


def _apply(tile: NDArray[np.float32], window: Window, prepared: Any) -> None:
    if prepared is None:
        return
    p: _Dust = prepared
    overcast.cover(tile, window, p.dull)
    air.lay(tile, window, p.veil)


DUST = register(
    Operator(
        name="dust",
        version=1,
        family="weather",
        kind="layer",
        label=Label("Dust storm", "沙尘"),
        doc="Dust in the wind: walls and veils in the distance, the sky ochre, the light dim and warm. Default: 0.5.",
        params=(Param("strength", 0.5, 0.0, 1.0, label=STRENGTH),),
        prepare=_prepare,
        apply=_apply,
    )
)
