"""Sun glow: light spread around the sun."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from fluxroom.operators.declare import (
    LUMA,
    Label,
    Operator,
    Overview,
    Param,
    Parameters,
    Window,
    register,
)
from fluxroom.operators.sky.common import (
    F0,
    F1,
    FLB,
    FLG,
    FLR,
    STRENGTH,
    light_color,
    maps_columns,
    maps_row_of,
    no_green,
    own_chroma,
    single,
    sky_mask,
    sun_place,
    sun_seen,
)
from fluxroom.scene import Float, Scene
from fluxroom.sky import maps
from fluxroom.sky._jit import HALF, jit
from fluxroom.sky.light import luminance, sky_levels


@dataclass(frozen=True, slots=True)
class _Glow:
    planes: Float  # (1, h, w): how much of the glow lies over each place
    x: float
    y: float
    radius: float
    color: tuple[float, float, float]
    bright: float


def glow_color(overview: Overview, sky: Float, x: float, y: float) -> tuple[float, float, float]:
    """The light's colour met half way with the sky around it; luminance 1."""
    h, w = sky.shape
    gy, gx = np.mgrid[0:h, 0:w].astype(np.float32)
    away = np.hypot((gx + 0.5) / w - x, ((gy + 0.5) / h - y) * h / w)
    pixels = np.maximum(overview.pixels, 0)
    luma = luminance(pixels)
    weight = np.clip((sky - 0.5) * 2, 0, 1) * np.exp(-away / 0.10) * (luma < 0.95) + 1e-7
    mean = (pixels.astype(np.float64) * weight[..., None]).sum((0, 1)) / float(weight.sum(dtype=np.float64))
    near = mean / max(1e-6, float(mean @ np.array(LUMA)))
    # What is cold around the sun is air, not light.
    near = 1.0 + (near - 1.0) * min(1.0, max(0.0, float(near[0] - near[2]) / 0.25))
    told = np.array(light_color(overview.scene, own_chroma(overview, sky)))
    # Twice the tint: added to a sky that has the colour already, a paler one would only whiten it.
    tint = 0.7 * near + 0.3 * told - 1.0
    red, green, blue = (float(v) for v in np.maximum(0.05, 1.0 + 0.95 * np.tanh(2.0 * tint / 0.95)))
    return red, green, blue


def _glow_prepare(overview: Overview, parameters: Parameters, seed: int) -> _Glow | None:
    strength, radius = float(parameters["strength"]), float(parameters["radius"])
    strength *= sun_seen(overview.scene)
    if strength <= 0.0:
        return None
    h, w = overview.pixels.shape[:2]
    scene = overview.scene
    sky = sky_mask(scene, (h, w))
    x, y = sun_place(overview)
    # Light spills over edges of the land, hardly behind them.
    long = max(h, w)
    veil = 0.75 * maps.blur(sky, 0.004 * long) + 0.25 * maps.blur(sky, 0.02 * long)
    veil = np.clip(0.03 + 0.97 * veil, 0, 1) * (1.0 - 0.85 * _tops(overview.pixels, scene, sky))
    _, _, p95, p99 = sky_levels(overview.pixels, sky)
    peak = strength * (0.26 + 0.9 * min(1.0, p99))
    red, green, blue = no_green(glow_color(overview, sky, x, y))
    planes = np.ascontiguousarray(veil[None], np.float32)
    return _Glow(planes, x, y, radius, (peak * red, peak * green, peak * blue), p95)


def _advise(overview: Overview, parameters: Parameters) -> tuple[str, ...]:
    if float(parameters["strength"]) <= 0.0 or sun_seen(overview.scene) > 0.0:
        return ()
    return ("sun_glow: no sun is seen in this photo, so nothing glows",)


def _tops(pixels: Float, scene: Scene, sky: Float) -> Float:
    """Clouds that stand bright before a darker sky, lit from our side: the sun's glow lies behind them, 0..1."""
    clouds = scene.regions.get("clouds")
    if clouds is None:
        return np.zeros_like(sky)
    h, w = sky.shape
    long = max(h, w)
    clouds = maps.resize(np.ascontiguousarray(clouds, np.float32), w, h)
    light = luminance(pixels)
    weight = sky + np.float32(1e-3)
    around = maps.blur(light * weight, 0.06 * long) / np.maximum(maps.blur(weight, 0.06 * long), 1e-3)
    stands = np.clip(np.log2(np.maximum(light, 1e-3) / np.maximum(around, 1e-3)) / 0.6, 0, 1)
    disc = max(3, round(0.012 * long)) | 1
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (disc, disc))
    broad = np.asarray(cv2.morphologyEx((clouds * stands).astype(np.float32), cv2.MORPH_OPEN, kernel), np.float32)
    # What is burnt out is the sun's own place, no top.
    return maps.blur(broad * (light < 0.93), 0.004 * long)


GLOW_STEPS = 4096
GLOW_END = 5.3
"""Where the glow falls under 1e-5, in radii."""


def _fall() -> Float:
    """The glow's fall over distance, in small steps."""
    q = (np.arange(GLOW_STEPS + 1, dtype=np.float64) / GLOW_STEPS) * GLOW_END
    fall = 0.42 * np.exp(-9.0 * q * q) + 0.38 * np.exp(-2.4 * q * q) + 0.20 * np.exp(-2.2 * q)
    return np.asarray(fall, dtype=np.float32)


FALL = _fall()


@jit
def _glow_tile(
    tile: Float,
    planes: Float,
    table: Float,
    settings: Float,
    x0: int,
    y0: int,
    image_width: int,
    image_height: int,
) -> None:
    th, tw = tile.shape[0], tile.shape[1]
    cx, cy, radius, red, green, blue, bright = settings
    long = max(image_width, image_height)
    scale = single(1.0 / (radius * long))
    sun_x, sun_y = single(cx * image_width), single(cy * image_height)
    step = single(GLOW_STEPS / GLOW_END)
    last = table.shape[0] - 1
    low, most = single(0.22), single(0.78)
    inverse = F1 / bright
    index, part = np.empty(tw, np.int32), np.empty(tw, np.float32)
    maps_columns(x0, image_width, planes.shape[2], index, part)
    line = np.empty(planes.shape[2], np.float32)
    g = np.empty((1, tw), np.float32)
    for r in range(th):
        maps_row_of(planes, y0 + r, image_height, index, part, line, g)
        dy = (single(y0 + r) + HALF - sun_y) * scale
        for c in range(tw):
            dx = (single(x0 + c) + HALF - sun_x) * scale
            at = np.sqrt(dx * dx + dy * dy) * step
            if at >= last:
                continue
            i = int(at)
            fall = table[i] + (at - single(i)) * (table[i + 1] - table[i])
            a, b, d = tile[r, c, 0], tile[r, c, 1], tile[r, c, 2]
            # Dark clouds and land in front take less of it than the bright sky behind: contrast stays.
            y = FLR * a + FLG * b + FLB * d
            amount = fall * g[0, c] * (low + most * min(F1, max(F0, y * inverse)))
            # Screen in linear light, each channel held to what room it has.
            tile[r, c, 0] = a + amount * red * max(F0, F1 - a)
            tile[r, c, 1] = b + amount * green * max(F0, F1 - b)
            tile[r, c, 2] = d + amount * blue * max(F0, F1 - d)


def _glow_apply(tile: NDArray[np.float32], window: Window, prepared: Any) -> None:
    if prepared is None:
        return
    p: _Glow = prepared
    settings = np.array([p.x, p.y, p.radius, *p.color, p.bright], np.float32)
    _glow_tile(
        tile,
        p.planes,
        FALL,
        settings,
        window.x,
        window.y,
        window.image_width,
        window.image_height,
    )


SUN_GLOW = register(
    Operator(
        name="sun_glow",
        version=1,
        family="sky",
        kind="layer",
        label=Label("Sun glow", "太阳光晕"),
        doc=(
            "Light spread around the sun in the light's own colour; it spills a little over ridges and lies behind "
            "bright clouds. Where no sun is seen, nor known to stand just outside, it does nothing. `radius` is a "
            "share of the long side."
        ),
        params=(
            Param("strength", 0.5, 0.0, 1.0, label=STRENGTH),
            Param("radius", 0.35, 0.02, 1.0, unit="of the long side", label=Label("Radius", "半径")),
        ),
        prepare=_glow_prepare,
        apply=_glow_apply,
        region="everything",
        advise=_advise,
    )
)
