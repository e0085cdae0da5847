"""Star trails: what a camera sees that stands open while the sky turns about its pole."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fluxroom.operators.declare import Label, Operator, Overview, Param, Parameters, Window, register
from fluxroom.operators.phenomena.common import STRENGTH, Skyward, look_up, sample, shown
from fluxroom.operators.phenomena.spectrum import black_body
from fluxroom.operators.phenomena.stars import (
    KNEE,
    LEAST,
    Points,
    all_sky,
    draw,
    held_against,
    image_too,
    light_of,
    points,
    seen_through,
    temperatures,
    too_bright,
)

F64 = NDArray[np.float64]
CLOSE = 0.00045
"""Distance of the points that a trail is drawn with, in long sides; little more than a star's breadth."""
MOST = 700_000
"""Points drawn at the most: there are fewer stars where trails are long."""


def pole(sky: Skyward, x: float) -> F64:
    """The direction about which the sky turns: over place x, in the upper part of the sky."""
    h = sky.mask.shape[0]
    rows = np.flatnonzero((sky.mask > 0.5).any(axis=1)) / h
    top, low = (float(rows.min()), float(rows.max())) if rows.size else (0.0, 1.0)
    return np.asarray(sky.camera.directions(np.array(x), np.array(low - 0.62 * (low - top))), np.float64)


def trails(
    sky: Skyward, axis: F64, random: np.random.Generator, density: float, length: float, aspect: float
) -> tuple[F64, F64, F64]:
    """x, y (0..1) and light (n, 3) of the points of all trails; `length` in radians, `aspect` height / width."""
    faintest = 5.8 + 2.6 * density
    # Stars about the pole, as many as there are within 75 degrees of it.
    count = int(min(30000, all_sky(faintest) * 0.5 * (1 - math.cos(math.radians(75)))))
    away = np.arccos(1.0 - random.random(count) * (1.0 - math.cos(math.radians(75))))
    turn = random.uniform(0, 2 * math.pi, count)
    magnitudes = faintest + np.log10(np.maximum(random.random(count), 1e-9)) / 0.51
    light = light_of(magnitudes, faintest)[:, None] ** 0.55 * black_body(temperatures(random, count))
    tan_x = sky.camera.tan_x
    per = 2 * tan_x * CLOSE * max(1.0, aspect)
    steps = np.maximum(2, np.ceil(length * np.sin(away) / per)).astype(np.int64)
    side = np.cross(axis, np.array([0.0, 1.0, 0.0]))
    side /= max(1e-6, float(np.linalg.norm(side)))
    up = np.cross(side, axis)

    def around(away: F64, angle: F64) -> tuple[F64, F64, NDArray[np.bool_]]:
        r, deep = np.sin(away), np.cos(away)
        d = deep[:, None] * axis + r[:, None] * (np.cos(angle)[:, None] * side + np.sin(angle)[:, None] * up)
        x, y, ahead = _project(sky, d)
        return x, y, (ahead > 0.05) & (x > 0) & (x < 1) & (y > 0) & (y < 1)

    seen = np.zeros(count, np.bool_)
    for part in (0.0, 0.25, 0.5, 0.75, 1.0):
        x, y, inside = around(away, turn + length * part)
        seen |= inside & (sample(sky.mask, x, y) > 0.1)
    kept = seen & (np.cumsum(steps * seen) <= MOST)
    away, turn, light, steps = away[kept], turn[kept], light[kept], steps[kept]
    if not kept.any():
        nothing = np.zeros(0)
        return nothing, nothing, np.zeros((0, 3))
    which = np.repeat(np.arange(away.size), steps)
    first = np.concatenate([[0], np.cumsum(steps)[:-1]])
    t = (np.arange(which.size) - first[which]) / steps[which]
    x, y, inside = around(away[which], turn[which] + length * t)
    return x[inside], y[inside], light[which[inside]]


def _project(sky: Skyward, d: F64) -> tuple[F64, F64, F64]:
    c = sky.camera
    cp, sp, cr, sr = math.cos(c.pitch), math.sin(c.pitch), math.cos(c.roll), math.sin(c.roll)
    ahead = d[:, 1] * sp + d[:, 2] * cp
    safe = np.maximum(ahead, 1e-3)
    rx, ry = d[:, 0] / safe, (d[:, 1] * cp - d[:, 2] * sp) / safe
    cx, cy = rx * cr + ry * sr, -rx * sr + ry * cr
    return cx / (2 * c.tan_x) + 0.5, 0.5 - cy / (2 * c.tan_y), ahead


def _prepare(overview: Overview, parameters: Parameters, seed: int) -> tuple[Points, ...] | None:
    strength, density = float(parameters["strength"]), float(parameters["density"])
    if strength <= 0.0 or density <= 0.0:
        return None
    sky = look_up(overview)
    if shown(sky, KNEE) < LEAST:
        return None
    random = np.random.Generator(np.random.PCG64(seed))
    told = float(parameters["x"])
    at = told if told >= 0 else float(random.choice([0.42, 0.58]))
    scene = overview.scene
    length = math.radians(float(parameters["length"]))
    x, y, light = trails(sky, pole(sky, at), random, density, length, scene.height / scene.width)
    if x.size == 0:
        return None
    light = light * seen_through(sky, x, y, KNEE) * held_against(sky, x, y) * (1.5 * strength)
    light = light * min(1.0, density / 0.05)
    worth = (light.max(axis=1) > 0.01) & (sample(sky.mask, x, y) > 0.0)
    return image_too(overview, points(x[worth], y[worth], light[worth])) if worth.any() else None


def _apply(tile: NDArray[np.float32], window: Window, prepared: Any) -> None:
    for found in prepared or ():
        draw(tile, window, found)


def _advise(overview: Overview, parameters: Parameters) -> tuple[str, ...]:
    return too_bright(overview, "star_trails", KNEE)


STAR_TRAILS = register(
    Operator(
        name="star_trails",
        version=1,
        family="phenomena",
        kind="layer",
        label=Label("Star trails", "星轨"),
        doc=(
            "Arcs of stars about the sky's pole behind a dark sky, mirrored in still water of the region. `length`: "
            "how far the sky turned, 15 degrees an hour; `x`: over which place the pole stands (below 0: chosen)."
        ),
        params=(
            Param("strength", 0.7, 0.0, 1.0, label=STRENGTH),
            Param("density", 0.5, 0.0, 1.0, label=Label("Number", "数量")),
            Param("length", 24.0, 2.0, 120.0, unit="degrees", label=Label("Length", "长度")),
            Param("x", -1.0, -1.0, 1.0, label=Label("Pole", "北极星位置")),
        ),
        prepare=_prepare,
        apply=_apply,
        region="sky",
        advise=_advise,
        optional=frozenset({"water"}),
    )
)
