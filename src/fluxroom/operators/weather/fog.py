"""Fog and haze: the air between, thicker the farther."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fluxroom.operators.declare import Label, Operator, Overview, Param, Parameters, Window, register
from fluxroom.operators.sky.common import STRENGTH
from fluxroom.operators.weather import air, depth, overcast, sheets
from fluxroom.scene import Float
from fluxroom.sky import maps
from fluxroom.sky.light import dayness, luminance

HEIGHT = Label("Height", "高度")


@dataclass(frozen=True, slots=True)
class _Fog:
    dull: overcast.Dull | None
    veil: air.Veil


def _low(logs: Float, rows: Float) -> Float:
    """(h, w) 0..1: below which the far lies, for fog that hugs the ground: the foot of what is behind the land."""
    h = logs.shape[0]
    at = (np.arange(h, dtype=np.float32)[:, None] + 0.5) / h
    return np.asarray(np.exp(-np.maximum(0.0, rows[None] - at) / np.float32(0.07)), np.float32)


def _gaps(overview: Overview, w: int, h: int) -> Float:
    """(h, w) about 1: in a wood the dark between two crowns is farther off than the crowns."""
    small = maps.resize(maps.shrink(np.ascontiguousarray(overview.pixels), max(w, h)), w, h)
    logs = np.log2(np.maximum(luminance(small), 0) + np.float32(0.01)).astype(np.float32)
    fine = maps.blur(logs, 0.9)
    gap = np.clip(maps.blur(logs, 0.02 * w) - fine, -1, 1)
    return np.asarray(1 + 0.25 * depth.region(overview.scene, "trees", w, h) * gap, np.float32)


def _fog_prepare(overview: Overview, parameters: Parameters, seed: int) -> _Fog | None:
    strength, height = float(parameters["strength"]), float(parameters["height"])
    if strength <= 0.0:
        return None
    scene = overview.scene
    w, h = air.size_of(scene)
    logs, (rows, _) = depth.log_distance(scene, w, h)
    everywhere = np.ones((h, w), np.float32)
    layer = air.Layer(0.30 * strength**1.5, (2.5 + 9.0 * strength) * (0.15 + 0.85 * height), 0.35, 1.5)
    tau = air.optical_depth(scene, logs, rows, everywhere, layer, seed)
    tau = air.settled(scene, tau, 1.3 * strength * (0.35 + 0.65 * height), 1.8)
    tau *= height + (1.0 - height) * _low(logs, rows)
    banks = sheets.Sheets(
        density=(0.9 - 0.53 * height) * strength**0.8,
        height=0.5 + 1.5 * height,
        least=0.05 + 0.09 * height,
        start=1.5,
        last=16.0,
        cover=0.30 + 0.35 * strength,
    )
    tau = (tau + sheets.wisps(logs, rows, everywhere, banks, seed + 1)) * _gaps(overview, w, h)
    light = overcast.dull(overview, 0.75 * height * strength**0.7, 1.0) if height > 0.5 else None
    color = air.glowing(overview, air.air_color(overview, 0.35 + 0.15 * height + 0.35 * dayness(scene)))
    return _Fog(light, air.veil(overview, np.exp(-tau), color))


def _haze_prepare(overview: Overview, parameters: Parameters, seed: int) -> _Fog | None:
    strength = float(parameters["strength"])
    if strength <= 0.0:
        return None
    scene = overview.scene
    w, h = air.size_of(scene)
    logs, (rows, _) = depth.log_distance(scene, w, h)
    tau = (0.045 * strength * (np.exp(logs) - 1.0)).astype(np.float32)
    up = np.maximum(0.0, rows[None] - (np.arange(h, dtype=np.float32)[:, None] + 0.5) / h)
    sky = depth.region(scene, "sky", w, h)
    tau *= 1.0 - sky * (1.0 - np.exp(-up / np.float32(0.16)))
    return _Fog(None, air.veil(overview, np.exp(-tau), air.air_color(overview, 0.2)))


def _apply(tile: NDArray[np.float32], window: Window, prepared: Any) -> None:
    if prepared is None:
        return
    p: _Fog = prepared
    if p.dull is not None:
        overcast.cover(tile, window, p.dull)
    air.lay(tile, window, p.veil)


FOG = register(
    Operator(
        name="fog",
        version=1,
        family="weather",
        kind="layer",
        label=Label("Fog", "雾"),
        doc=(
            "Fog in depth: near things stay clear, far ones and the foot of the sky go under in banks and wisps, in "
            "the colour of the photo's own sky. Low height: it lies between and over the tree tops and leaves the sky "
            "alone. Default: 0.5 at a height of 1."
        ),
        params=(
            Param("strength", 0.5, 0.0, 1.0, label=STRENGTH),
            Param("height", 1.0, 0.0, 1.0, label=HEIGHT),
        ),
        prepare=_fog_prepare,
        apply=_apply,
    )
)

HAZE = register(
    Operator(
        name="haze",
        version=1,
        family="weather",
        kind="layer",
        label=Label("Haze in the distance", "远处薄霾"),
        doc="Aerial perspective: distance pales into the sky's colour, the near stays as it is. Default: 0.5.",
        params=(Param("strength", 0.5, 0.0, 1.0, label=STRENGTH),),
        prepare=_haze_prepare,
        apply=_apply,
    )
)
