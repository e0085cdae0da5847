"""Mist: low banks over water, or in the hollows of the land where there is no water."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from fluxroom.operators.declare import Label, Operator, Overview, Param, Parameters, Window, register
from fluxroom.operators.sky.common import STRENGTH
from fluxroom.operators.weather import air, depth, sheets
from fluxroom.scene import Float
from fluxroom.sky import maps
from fluxroom.sky.light import dayness

HEIGHT = Label("Height", "高度")


def _over(water: Float, land_ends: Float, water_ends: Float) -> tuple[Float, Float, float]:
    """Over which ground the mist lies (h, w), 0..1, the rows at which its plane ends, and from which distance."""
    h, w = water.shape
    part = min(1.0, float(water.mean(dtype=np.float64)) / 0.02)
    ends = water_ends if part >= 0.5 else land_ends
    # It spreads over the shore, and what stands before the water hides only a part of it.
    spread = np.maximum(
        np.clip(2.0 * maps.blur(water, 0.02 * w), 0, 1), np.clip(3.0 * maps.blur(water, 0.08 * w), 0, 1)
    )
    below = ((np.arange(h, dtype=np.float32)[:, None] + 0.5) / h - ends[None]) / np.maximum(0.12, 1.0 - ends[None])
    far = np.clip((0.30 - below) / 0.2, 0, 1)
    own = np.maximum(np.clip(2.0 * maps.blur(water, 0.02 * w), 0, 1), spread * far)
    over: Float = part * own + (1.0 - part) * far
    return np.ascontiguousarray(over, np.float32), ends, 1.5 if part >= 0.5 else 3.0


def _mirrored(lake: Float, tau: Float, rows: Float) -> Float:
    """(h, w): the mist that still water mirrors; the mirror image comes through it too."""
    h, w = tau.shape
    at = (np.arange(h, dtype=np.float32)[:, None] + 0.5) / h
    source = 2.0 * rows[None] * h - (at * h) - 0.5
    x = np.broadcast_to(np.arange(w, dtype=np.float32)[None], (h, w))
    seen = cv2.remap(tau, np.ascontiguousarray(x), source.astype(np.float32), cv2.INTER_LINEAR)
    water = maps.blur(lake, 1.0) * (at > rows[None])
    return np.asarray(0.55 * water * np.where(source >= 0, seen, 0), np.float32)


def _mist_prepare(overview: Overview, parameters: Parameters, seed: int) -> air.Veil | None:
    strength, height = float(parameters["strength"]), float(parameters["height"])
    if strength <= 0.0:
        return None
    scene = overview.scene
    w, h = air.size_of(scene)
    lake = depth.lake(scene, w, h)
    logs, (land, water) = depth.log_distance(scene, w, h, lake)
    where, rows, start = _over(lake, land, water)
    layer = air.Layer(0.25 * strength**1.3, 0.25 + 2.0 * height, 0.9, start)
    tau = air.settled(scene, air.optical_depth(scene, logs, rows, where, layer, seed, 28), 0.5 * strength, 2.5)
    banks = sheets.Sheets(
        density=1.25 * strength,
        height=0.20 + 0.9 * height,
        least=0.02 + 0.07 * height,
        start=start,
        last=22.0,
        cover=0.12 + 0.45 * strength,
    )
    tau = tau + sheets.wisps(logs, rows, where, banks, seed + 1)
    tau = (tau + _mirrored(0.35 * lake + 0.65 * depth.region(scene, "water", w, h), tau, rows)).astype(np.float32)
    color = air.glowing(overview, air.air_color(overview, 0.3 + 0.3 * dayness(scene)))
    return air.veil(overview, np.exp(-tau), color)


def _apply(tile: NDArray[np.float32], window: Window, prepared: Any) -> None:
    if prepared is not None:
        air.lay(tile, window, prepared)


MIST = register(
    Operator(
        name="mist",
        version=1,
        family="weather",
        kind="layer",
        label=Label("Mist", "薄雾"),
        doc=(
            "Low banks of mist on the water, or in the distance of the land where no water is seen, torn at the top. "
            "Default: 0.5 at a height of 0.4."
        ),
        params=(
            Param("strength", 0.5, 0.0, 1.0, label=STRENGTH),
            Param("height", 0.4, 0.0, 1.0, label=HEIGHT),
        ),
        prepare=_mist_prepare,
        apply=_apply,
    )
)
