"""Meteors: streaks of light that come from one point of the sky, green where they begin, white and warm where they end.

Light grows along the way and ends soon after its flare (Hawkes & Jones 1975, a dustball's light curve); the colours are
of oxygen's green line at the top of the way, then of magnesium, sodium and iron (Jenniskens 2006, "Meteor Showers").
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fluxroom.operators.declare import Label, Operator, Overview, Param, Parameters, Window, register
from fluxroom.operators.phenomena.common import STRENGTH, look_up, sample, shown, step
from fluxroom.operators.phenomena.moon import find_place
from fluxroom.operators.phenomena.spectrum import line
from fluxroom.operators.phenomena.stars import LEAST, Points, draw, image_too, points, seen_through, too_bright
from fluxroom.operators.sky.common import sun_place

F64 = NDArray[np.float64]
KNEE = 0.25
CLOSE = 0.00032
"""Distance of the points that a streak is drawn with, in long sides; less than a star's breadth."""
PEAK = 26.0
"""Light of the brightest streaks per point, in faintest stars."""


def streak(start: F64, end: F64, bright: float) -> tuple[F64, F64, F64]:
    """x, y in long sides, (n,), and light (n, 3) of one meteor; `bright` 1 is a fine one."""
    length = float(np.hypot(*(end - start)))
    n = max(8, round(length / CLOSE))
    t = (np.arange(n) + 0.5) / n
    place = start + (end - start) * t[:, None]
    rise = t**1.7 * step(0.0, 0.25, t)
    flare = 1.0 + 0.9 * np.exp(-(((t - 0.80) / 0.055) ** 2))
    light = bright * PEAK * rise * flare * (1.0 - step(0.86, 1.0, t))
    green = 0.6 * line(557.7, 0.25) + 0.4
    warm = np.array([1.03, 1.0, 0.95])
    part = step(0.30, 0.80, t)[:, None]
    return place[:, 0], place[:, 1], light[:, None] * (green + part * (warm - green))


def _prepare(overview: Overview, parameters: Parameters, seed: int) -> tuple[Points, ...] | None:
    strength = float(parameters["strength"])
    if strength <= 0.0:
        return None
    sky = look_up(overview)
    if shown(sky, KNEE) < LEAST:
        return None
    h, w = sky.mask.shape
    tall, wide = h / max(h, w), w / max(h, w)
    random = np.random.Generator(np.random.PCG64(seed))
    count = round(float(parameters["count"]))
    told = float(parameters["x"])
    found = find_place(sky, overview.scene, 0.035, (told, -1.0))
    if found is None:
        return None
    middle = np.array([found[0] * wide, found[1] * tall])
    # They come from one point high up, on the side away from the frame's middle and from the light.
    side = -1.0 if middle[0] > 0.5 * wide else 1.0
    if told < 0 and count == 1:
        side = 1.0 if sun_place(overview)[0] * wide < middle[0] else -1.0
    origin = middle + np.array([side * random.uniform(0.5, 0.8), -random.uniform(0.35, 0.6)])
    if count > 1:
        origin = np.array([random.uniform(0.35, 0.65) * wide, -random.uniform(0.02, 0.25) * tall])
    xs, ys, lights = [], [], []
    for number in range(count):
        if number == 0:
            at, length, bright = middle, random.uniform(0.15, 0.21), 1.0
        else:
            at = np.array([random.uniform(0.03, 0.97) * wide, random.uniform(0.02, 0.9) * sky.foot * tall])
            away = float(np.hypot(*(at - origin)))
            length = random.uniform(0.06, 0.22) * min(1.0, 0.25 + away)
            bright = 0.15 + 0.6 * random.random() ** 2.5
        way = at - origin
        way = way / max(1e-6, float(np.hypot(*way)))
        if count == 1 and abs(way[0]) < 0.3:
            way = np.array([-side * math.cos(0.7), math.sin(0.7)])
        x, y, light = streak(at - 0.6 * length * way, at + 0.4 * length * way, bright)
        xs.append(x / wide)
        ys.append(y / tall)
        lights.append(light)
    x, y, light = np.concatenate(xs), np.concatenate(ys), np.concatenate(lights)
    inside = (x > 0) & (x < 1) & (y > 0) & (y < 1)
    x, y, light = x[inside], y[inside], light[inside]
    light = light * seen_through(sky, x, y, KNEE) * (1.4 * strength)
    worth = (light.max(axis=1) > 0.02) & (sample(sky.mask, x, y) > 0.0) if x.size else np.zeros(0, np.bool_)
    return image_too(overview, points(x[worth], y[worth], light[worth])) if worth.any() else None


def _apply(tile: NDArray[np.float32], window: Window, prepared: Any) -> None:
    for found in prepared or ():
        draw(tile, window, found)


def _advise(overview: Overview, parameters: Parameters) -> tuple[str, ...]:
    return too_bright(overview, "meteors", KNEE)


METEORS = register(
    Operator(
        name="meteors",
        version=1,
        family="phenomena",
        kind="layer",
        label=Label("Meteors", "流星"),
        doc=(
            "Shooting stars behind a dark sky, mirrored in still water of the region: one fine streak near `x` (below "
            "0: in free sky), the others of `count` shorter and dimmer, all from one point."
        ),
        params=(
            Param("strength", 0.8, 0.0, 1.0, label=STRENGTH),
            Param("count", 1.0, 1.0, 60.0, label=Label("Number", "数量")),
            Param("x", -1.0, -1.0, 1.0, label=Label("Place", "位置")),
        ),
        prepare=_prepare,
        apply=_apply,
        region="sky",
        advise=_advise,
        optional=frozenset({"water"}),
    )
)
