"""The moon: its disc where the sky has room for it, with a phase, a face and a glow."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from fluxroom.operators.declare import Label, Operator, Overview, Param, Parameters, Window, register
from fluxroom.operators.fastmath import exp2
from fluxroom.operators.phenomena.common import STRENGTH, Skyward, extinction, look_up, sample, single, step
from fluxroom.operators.phenomena.glitter import disc_in_water
from fluxroom.operators.phenomena.moon_face import face
from fluxroom.operators.phenomena.water import add_to_water, look_down
from fluxroom.operators.sky.common import F0, F1, maps_columns, maps_row_of
from fluxroom.scene import Float, Scene
from fluxroom.sky._jit import jit

TRUE_SIZE = 0.52
"""The moon's angle across, degrees."""
LARGEST = 512
"""Pixels of the largest face drawn."""
REACH = 14.0
"""How far the glow reaches, in radii of the disc."""


@dataclass(frozen=True, slots=True)
class _Moon:
    faces: tuple[tuple[Float, Float], ...]  # from large to small: lit ground, earthshine
    open: Float  # (2, h, w): how much comes through, how much lights the air
    x: float
    y: float
    radius: float  # share of the long side
    color: tuple[float, float, float]
    glow: float
    earth: float
    water: Float | None  # (4, h, w): its image in the water


def _toward_sun(sky: Skyward, scene: Scene, x: float, y: float) -> float:
    """Direction of the sun on the picture; when it has set: below the brightest part of the sky's foot."""
    light = scene.light
    p = scene.time_of_day.probabilities or {scene.time_of_day.value: 1.0}
    up = (p.get("day", 0.0) + p.get("golden_hour", 0.0)) / (sum(p.values()) or 1.0)
    sun_x, sun_y = light.x, light.y
    if not light.visible and (light.confidence < 0.35 or up < 0.5):
        foot = (sky.field * sky.mask * np.exp(-np.maximum(sky.high, 0) / 0.12)).sum(axis=0)
        # Where no side is brighter it may have set anywhere: to the right.
        sided = float(foot.max(initial=0)) > 1.15 * float(foot.mean()) > 0
        sun_x = (int(np.argmax(foot)) + 0.5) / foot.size if sided else 1.1
        sun_y = sky.foot + 0.35
    return math.atan2(-(sun_y - y) * scene.height, (sun_x - x) * scene.width)


def find_place(
    sky: Skyward, scene: Scene, radius: float, told: tuple[float, float] = (-1.0, -1.0)
) -> tuple[float, float] | None:
    """Free sky for a disc of that radius (share of the long side): away from edges, clouds and the sun, near thirds.

    told    x and y that were given, below 0 where they were not: the other one is then sought there
    """
    h, w = sky.mask.shape
    long = max(h, w)
    free = np.pad((sky.mask > 0.85).astype(np.uint8), 1)
    room = cv2.distanceTransform(free, cv2.DIST_L2, 5)[1:-1, 1:-1] / long
    if float(room.max()) <= 0:
        return None
    gy, gx = np.mgrid[0:h, 0:w]
    x, y = (gx + 0.5) / w, (gy + 0.5) / h
    wanted = min(2.2 * radius, 0.8 * float(room.max()))
    fits = step(0.5 * wanted, wanted, room)
    rows = np.flatnonzero((sky.mask > 0.5).any(axis=1))
    top, low = float(rows.min()) / h, float(rows.max() + 1) / h
    up = (y - top) / max(1e-6, low - top)
    third = np.exp(-((np.minimum(np.abs(x - 0.33), np.abs(x - 0.67)) / 0.16) ** 2))
    score = fits * (0.25 + third) * np.exp(-(((up - 0.36) / 0.25) ** 2)) * (0.05 + 0.95 * sky.open**3)
    score = score * (sky.mask**2) / (0.25 + sky.field / max(1e-4, float(sky.field.max())))
    light = scene.light
    if light.visible or light.confidence > 0.35:
        away = np.hypot(x - light.x, (y - light.y) * h / w)
        score = score * (0.1 + step(0.05, 0.7, away))
    for at, given in ((x, told[0]), (y, told[1])):
        if given >= 0:
            score = score * (1e-6 + np.exp(-(((at - given) / 0.03) ** 2)))
    j, i = np.unravel_index(int(np.argmax(score)), score.shape)
    return (float(i) + 0.5) / w, (float(j) + 0.5) / h


def _prepare(overview: Overview, parameters: Parameters, seed: int) -> _Moon | None:
    strength, lit = float(parameters["strength"]), float(parameters["lit"])
    if strength <= 0.0 or float(overview.mask.max(initial=0)) <= 0.0:
        return None
    sky = look_up(overview)
    scene = overview.scene
    across = math.radians(TRUE_SIZE * float(parameters["size"]))
    wide = 2 * sky.camera.tan_x * max(scene.width, scene.height) / scene.width
    radius = min(0.2, 0.5 * across / wide)
    told = (float(parameters["x"]), float(parameters["y"]))
    free = find_place(sky, scene, radius, told)
    if free is None:
        return None
    x, y = (given if given >= 0 else found for given, found in zip(told, free, strict=True))
    size = int(min(LARGEST, max(32, 2 * math.ceil(radius * max(scene.width, scene.height)))))
    faces = [face(size, lit, _toward_sun(sky, scene, x, y), math.radians(-18 + 30 * (x - 0.5)), seed)]
    while faces[-1][0].shape[0] >= 16:
        half = tuple(cv2.resize(f, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA) for f in faces[-1])
        faces.append((np.ascontiguousarray(half[0], np.float32), np.ascontiguousarray(half[1], np.float32)))
    at = (np.array([x]), np.array([y]))
    behind = float(sample(sky.field, *at)[0])
    # Before a bright sky it is pale; at dusk it outshines what is as bright by day.
    day = float(step(0.05, 0.55, behind)) * (0.25 + 0.75 * sky.day)
    high = float(sky.camera.directions(np.array(x), np.array(y))[1])
    air = extinction(np.array(max(0.04, high))) ** (0.75 - 0.35 * day)
    color = air / air.max() * np.array([1.0, 0.965, 0.90]) ** (1 - day)
    peak = strength * (0.96 - 0.40 * day)
    glow = strength * (1 - day) ** 1.5 * 0.20 * (0.15 + 0.85 * lit)
    through = np.clip(sky.open, 0.06, 1)
    veil = np.clip(0.55 + 1.0 * (1 - sky.open), 0, 1.3)
    tint = (float(peak * color[0]), float(peak * color[1]), float(peak * color[2]))
    water = look_down(overview)
    shine = (1.0 - 0.75 * day) * lit**0.7 * float(sample(sky.open, *at)[0])
    image = None
    if water is not None:
        image = disc_in_water(water, x, y, radius, (tint[0] * shine, tint[1] * shine, tint[2] * shine))
    return _Moon(
        tuple(faces),
        np.ascontiguousarray(np.stack([through, veil]), np.float32),
        x,
        y,
        radius,
        tint,
        float(glow),
        0.035 * (1 - day),
        image,
    )


@jit
def _tile(
    tile: Float, ground: Float, earth: Float, planes: Float, settings: Float, x0: int, y0: int, width: int, height: int
) -> None:
    th, tw = tile.shape[0], tile.shape[1]
    cx, cy, radius, red, green, blue, glow, earthshine = settings
    long = single(max(width, height))
    r_px = radius * long
    mx, my = cx * single(width) - single(x0 + 0.5), cy * single(height) - single(y0 + 0.5)
    reach = single(REACH) * r_px
    left, right = max(0, int(np.ceil(mx - reach))), min(tw - 1, int(np.floor(mx + reach)))
    top, bottom = max(0, int(np.ceil(my - reach))), min(th - 1, int(np.floor(my + reach)))
    if right < left or bottom < top:
        return
    n = ground.shape[0]
    index, part = np.empty(tw, np.int32), np.empty(tw, np.float32)
    maps_columns(x0, width, planes.shape[2], index, part)
    line = np.empty(planes.shape[2], np.float32)
    air = np.empty((2, tw), np.float32)
    half, texel = single(0.5), single(n) / (single(2) * r_px)
    edge = single((1.0 / REACH) ** 2)
    for r in range(top, bottom + 1):
        maps_row_of(planes, y0 + r, height, index, part, line, air)
        dy = single(r) - my
        for c in range(left, right + 1):
            dx = single(c) - mx
            away = np.sqrt(dx * dx + dy * dy)
            q = away / r_px
            if q >= single(REACH):
                continue
            fade = F1 - q * q * edge
            beyond = max(F0, q - F1)
            ring = single(0.55) * exp2(single(-1.9) * beyond) + single(0.45) * exp2(single(-0.48) * beyond)
            around = glow * air[1, c] * ring * fade * fade
            inner = min(F1, max(F0, r_px - away + half))
            disc = F0
            if inner > F0:
                u = min(single(n - 1), max(F0, (dx + r_px) * texel - half))
                v = min(single(n - 1), max(F0, (dy + r_px) * texel - half))
                i, j = min(int(u), max(0, n - 2)), min(int(v), max(0, n - 2))
                fu, fv = u - single(i), v - single(j)
                i1, j1 = min(i + 1, n - 1), min(j + 1, n - 1)
                a = ground[j, i] + fu * (ground[j, i1] - ground[j, i])
                b = ground[j1, i] + fu * (ground[j1, i1] - ground[j1, i])
                e = earth[j, i] + fu * (earth[j, i1] - earth[j, i])
                disc = inner * air[0, c] * (a + fv * (b - a) + earthshine * e)
            tint = (red, green, blue)
            for k in range(3):
                v0 = tile[r, c, k]
                room = min(F1, max(F0, F1 - v0))
                tile[r, c, k] = v0 + (disc + around) * tint[k] * room


def _apply(tile: NDArray[np.float32], window: Window, prepared: Any) -> None:
    if prepared is None:
        return
    moon: _Moon = prepared
    across = 2 * moon.radius * max(window.image_width, window.image_height)
    ground, earth = next((f for f in reversed(moon.faces) if f[0].shape[0] >= 0.9 * across), moon.faces[0])
    settings = np.array([moon.x, moon.y, moon.radius, *moon.color, moon.glow, moon.earth], np.float32)
    _tile(
        tile, ground, earth, moon.open, settings, window.x, window.y, window.image_width, window.image_height
    )  # fmt: skip
    if moon.water is not None:
        add_to_water(tile, moon.water, window.x, window.y, window.image_width, window.image_height)


def _advise(overview: Overview, parameters: Parameters) -> tuple[str, ...]:
    sky = look_up(overview)
    if find_place(sky, overview.scene, 0.01) is None:
        return ("moon: there is no free sky for it",)
    inside = sky.mask > 0.5
    if inside.any() and float(np.percentile(sky.field[inside], 20)) > 0.6:
        return ("moon: the sky is bright, so the moon is pale",)
    return ()


MOON = register(
    Operator(
        name="moon",
        version=1,
        family="phenomena",
        kind="layer",
        label=Label("Moon", "月亮"),
        doc=(
            "The moon in free sky, or at `x`, `y` (below 0: chosen), behind the land's edges. `size` is in moons: 1 is "
            "the true angle, photographers with long lenses show 2 to 8. `lit` is the share of the disc that shines. "
            "In the water of the region stands its image, or a path of glints."
        ),
        params=(
            Param("strength", 0.9, 0.0, 1.0, label=STRENGTH),
            Param("size", 2.8, 1.0, 20.0, unit="times the true angle", label=Label("Size", "大小")),
            Param("lit", 1.0, 0.02, 1.0, label=Label("Phase", "月相")),
            Param("x", -1.0, -1.0, 1.0, label=Label("From left", "水平位置")),
            Param("y", -1.0, -1.0, 1.0, label=Label("From top", "垂直位置")),
        ),
        prepare=_prepare,
        apply=_apply,
        region="sky",
        advise=_advise,
        optional=frozenset({"water"}),
    )
)
