"""Grading by depth: light and warmth of what is near and of what is far, each for itself.

Painters' aerial perspective: warm, deep foregrounds before cool, light distances. Depth is told from the horizon and
from where things stand (`weather.depth`); the sky is left as it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fluxroom.operators.declare import Label, Operator, Overview, Param, Parameters, Window, register
from fluxroom.operators.light.common import seen, small_scene, step
from fluxroom.operators.light.kernel import Lit, along_edges, apply, lit
from fluxroom.operators.sky.common import own_chroma
from fluxroom.operators.weather.depth import log_distance
from fluxroom.scene import Float

WARM, COOL = (1.18, 0.985, 0.62), (0.84, 1.0, 1.36)
"""The light's colours at full warmth and coolness, luminance about 1."""


@dataclass(frozen=True, slots=True)
class Graded:
    near: Lit
    far: Lit


def _prepare(overview: Overview, parameters: Parameters, seed: int) -> Graded | None:
    strength = float(parameters["strength"])
    if strength <= 0.0:
        return None
    _, sky, luma = small_scene(overview)
    h, w = luma.shape
    if min(h, w) < 8:
        return None
    land = (1 - sky) * (1 - 0.6 * seen(overview.scene, ("clouds",), luma))
    logs, _ = log_distance(overview.scene, w, h)
    on_land = logs[land > 0.5]
    low, high = (float(v) for v in np.percentile(on_land, (4, 92))) if on_land.size > 64 else (0.0, 1.0)
    depth = np.clip((logs - low) / max(high - low, 0.3), 0, 1).astype(np.float32)
    chroma = float(own_chroma(overview, np.ones_like(overview.mask)))

    def part(name: str, weight: Float) -> Lit:
        stops = float(parameters[f"{name}_light"])
        warmth = float(parameters[f"{name}_warmth"]) * chroma
        slope, base = along_edges(luma, (strength * stops * weight).astype(np.float32), 0.02, 0.3)
        tint = (strength * abs(warmth) * weight).astype(np.float32)
        limits = (min(0.0, strength * stops) - 1e-6, max(0.0, strength * stops) + 1e-6)
        return lit(base, slope, tint, None, WARM if warmth > 0 else COOL, limits)

    return Graded(part("near", land * step(0.55, 0.05, depth)), part("far", land * step(0.35, 0.95, depth)))


def _apply(tile: NDArray[np.float32], window: Window, prepared: Any) -> None:
    if prepared is not None:
        apply(tile, window, prepared.near)
        apply(tile, window, prepared.far)


def _signed(name: str, default: float, high: float, unit: str, en: str, zh: str) -> Param:
    return Param(name, default, -high, high, unit, Label(en, zh))


DEPTH_GRADE = register(
    Operator(
        name="depth_grade",
        version=1,
        family="photo_pro",
        kind="layer",
        label=Label("Grading by depth", "按远近调色"),
        doc="Light and warmth of the foreground and of the distance, each for itself, and smooth between; the sky"
        " stays. Default: a warm, slightly deeper foreground before a cooler, lighter distance.",
        params=(
            Param("strength", 0.7, 0.0, 1.0, label=Label("Strength", "强度")),
            _signed("near_light", -0.25, 2.0, "EV", "Foreground light", "近处明暗"),
            _signed("far_light", 0.3, 2.0, "EV", "Distance light", "远处明暗"),
            _signed("near_warmth", 0.3, 1.0, "", "Foreground warmth", "近处冷暖"),
            _signed("far_warmth", -0.35, 1.0, "", "Distance warmth", "远处冷暖"),
        ),
        prepare=_prepare,
        apply=_apply,
        chromatic=False,
    )
)
