"""Long exposure: water whose ripples have run together while the shutter was open."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np

from fluxroom.operators.declare import Label, Operator, Overview, Param, Parameters, Window, register
from fluxroom.operators.sky.common import F0, maps_columns, maps_row_of
from fluxroom.operators.tables import luminance, smoothstep
from fluxroom.scene import Float
from fluxroom.sky import maps
from fluxroom.sky._jit import jit

ACROSS, UP, DRIFT = 0.030, 0.0045, 0.05
"""Half the window that is averaged, along the horizon and across it, and along it in clouds; share of the long side."""
CALM, ROUGH = 0.025, 0.12
"""Differences (square root of light) well above this are no ripples but reflections, shores and things, and stay: it
goes by how rough the water is, between these."""
DRIFT_EDGE = 0.16
"""The same in the sky: edges of clouds run out along the wind."""


def _prepare(overview: Overview, parameters: Parameters, seed: int) -> Any:
    strength = float(parameters["strength"])
    regions, none = overview.scene.regions, np.zeros_like(overview.mask)
    water, sky = (np.minimum(regions.get(name, none), overview.mask) for name in ("water", "sky"))
    if strength == 0 or float(np.maximum(water, sky).max(initial=0)) < 0.05:
        return None
    v = np.sqrt(np.clip(overview.pixels, 0, 4)).astype(np.float32)
    side = max(v.shape[:2])
    ripple = _ripple(v, water, side)
    smooth = _waves(v, np.ascontiguousarray(water**2), side, min(ROUGH, max(CALM, 4 * ripple)))
    # What stands in the water and is darker than its ripples is no wave.
    y, base = luminance(maps.blur(v, 0.0012 * side)), luminance(maps.blur(smooth, 0.012 * side))
    least = 0.015 + 3 * ripple
    thing = smoothstep(least, 2 * least, (base - y).astype(np.float64)).astype(np.float32)
    part = np.clip(2 * water, 0, 1) * (1 - maps.blur(thing, 0.002 * side))
    if float(sky.mean()) > 0.01:
        drifted = _together(v, np.ascontiguousarray(sky**2), DRIFT * side, 2 * UP * side, DRIFT_EDGE**2)
        smooth += np.clip(2 * sky, 0, 1)[..., None] * (drifted - smooth)
        part = np.maximum(part, np.clip(2 * sky, 0, 1))
    planes = np.concatenate([smooth * smooth, (strength * part)[..., None]], axis=-1)
    return np.ascontiguousarray(planes.transpose(2, 0, 1), np.float32)


def _ripple(v: Float, water: Float, side: int) -> float:
    """How high the ripples are: half of the water differs by less from what is around it."""
    light = luminance(v)
    off = np.abs(light - maps.blur(light, 0.004 * side))[water > 0.9]
    return float(np.median(off)) if off.size else 0.0


def _waves(v: Float, weight: Float, side: int, edge: float) -> Float:
    """Fine ripples first, then what is left of the waves."""
    first = _together(v, weight, 0.35 * ACROSS * side, 0.45 * UP * side, (0.6 * edge) ** 2)
    return _together(first, weight, ACROSS * side, UP * side, edge**2)


def _together(v: Float, weight: Float, across: float, up: float, eps: float) -> Float:
    """Edge-keeping mean in a flat window (guided filter with normalised convolution), of what lies in the water."""
    size = (2 * max(1, round(across)) + 1, 2 * max(1, round(up)) + 1)
    guide = luminance(v).astype(np.float64)
    w = weight.astype(np.float64) + 1e-6

    def mean(x: Any) -> Any:
        once = cv2.boxFilter(x * w, -1, size, borderType=cv2.BORDER_REFLECT)
        return once / norm

    norm = cv2.boxFilter(w, -1, size, borderType=cv2.BORDER_REFLECT)
    m = mean(guide)
    variance = np.maximum(0.0, mean(guide * guide) - m * m)
    out = np.empty_like(v)
    for c in range(3):
        x = v[..., c].astype(np.float64)
        mx = mean(x)
        a = (mean(guide * x) - m * mx) / (variance + eps)
        a *= variance / (variance + eps)
        out[..., c] = np.maximum(mean(a) * guide + mean(mx - a * m), 0)
    return out


@jit
def _mix(tile: Float, planes: Float, x0: int, y0: int, image_width: int, image_height: int) -> None:
    h, w, _ = tile.shape
    index, part = np.empty(w, np.int32), np.empty(w, np.float32)
    maps_columns(x0, image_width, planes.shape[2], index, part)
    line, g = np.empty(planes.shape[2], np.float32), np.empty((4, w), np.float32)
    for y in range(h):
        maps_row_of(planes, y0 + y, image_height, index, part, line, g)
        for x in range(w):
            k = max(F0, g[3, x])
            for c in range(3):
                tile[y, x, c] += k * (g[c, x] - tile[y, x, c])


def _apply(tile: Float, window: Window, prepared: Any) -> None:
    if prepared is not None:
        _mix(tile, prepared, window.x, window.y, window.image_width, window.image_height)


LONG_EXPOSURE = register(
    Operator(
        name="long_exposure",
        version=1,
        family="looks",
        kind="layer",
        label=Label("Long exposure", "长曝光"),
        doc="Ripples and small waves run together along the horizon, as in seconds of exposure; shores, things in the"
        " water and the reflections' forms stay. For the region water; where the region holds sky, its clouds drift."
        " Default: 0.9.",
        params=(Param("strength", 0.9, 0.0, 1.0, "", Label("Strength", "强度")),),
        prepare=_prepare,
        apply=_apply,
        region="water",
    )
)
