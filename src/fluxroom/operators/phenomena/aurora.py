"""Aurora: curtains of light that hang from folded bands high above the ground, seen in perspective.

A curtain is a sheet over a line on the map, from about 97 km up: sharp below, fading upward, of rays along the field's
lines. Its light is summed over points of the line and of the height, so folds seen edge on are bright. The layers by
height: molecular nitrogen at the lower rim (purple), atomic oxygen at 557.7 nm (green) from 100 km, at 630.0 nm (red)
above 200 (Vallance Jones 1974, "Aurora"; profiles after Baranoski & Rokne 2000, "Simulating the Aurora Borealis").
The bands are seen as a wide lens sees them, whatever lens took the photo: photographers use one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fluxroom.operators.declare import LUMA, Label, Operator, Overview, Param, Parameters, Window, register
from fluxroom.operators.phenomena.common import (
    STRENGTH,
    Skyward,
    look_up,
    shown,
    step,
)
from fluxroom.operators.phenomena.spectrum import line
from fluxroom.operators.phenomena.stars import LEAST, too_bright
from fluxroom.operators.phenomena.water import Lights, add_lights, with_image
from fluxroom.scene import Float
from fluxroom.sky import maps
from fluxroom.sky._jit import jit

F64 = NDArray[np.float64]
KNEE = 0.20
SIDE = 720
"""Long side of the map of light."""
ALONG, UPWARD = 9000, 170
"""Points along a curtain and up it."""
FLOOR, CEILING = 0.97, 3.4
"""Hundreds of kilometres up, between which it shines."""
WIDE = 1.15
"""Tangent of half the field that the curtains are laid out for, at the least."""


@dataclass(frozen=True, slots=True)
class View:
    """A camera for the curtains alone: its horizon is the photo's; tangents of half the field."""

    tan_x: float
    tan_y: float
    pitch: float

    @staticmethod
    def of(sky: Skyward) -> View:
        tan_x = max(WIDE, sky.camera.tan_x)
        tan_y = tan_x * sky.camera.tan_y / sky.camera.tan_x
        rows = np.flatnonzero((sky.mask > 0.5).any(axis=1)) / sky.mask.shape[0]
        # Hills hide the true horizon: the curtains come down to just behind them.
        foot = min(float(np.clip(sky.foot, -0.2, 1.4)), float(rows.max()) + 0.05 if rows.size else 1.4)
        return View(tan_x, tan_y, math.atan((foot - 0.5) * 2 * tan_y))


def _wander(random: np.random.Generator, t: F64, low: float, octaves: int, fall: float) -> F64:
    """Smooth random function of t with `low` waves in a unit of t; about -1..1."""
    total, weight, whole = np.zeros_like(t), 1.0, 0.0
    for i in range(octaves):
        for _ in range(2):
            total += weight * np.sin(2 * np.pi * (low * 2.0**i * random.uniform(0.75, 1.3) * t + random.random()))
        whole += 1.2 * weight
        weight *= fall
    return total / whole


def band(random: np.random.Generator, t: F64, near: float, fold: float, side: float) -> tuple[F64, F64]:
    """A band over the ground at t = 0..1: x to the right and z ahead, hundreds of kilometres.

    It comes from the far distance on one side, sweeps by at `near` and goes off on the other, in bends that run back
    over themselves and smaller curls on them.
    """
    start = near * np.array([side * random.uniform(1.2, 3.0), random.uniform(2.2, 3.6)])
    bow = near * np.array([side * random.uniform(0.2, 1.2), random.uniform(0.8, 1.4)])
    end = near * np.array([-side * random.uniform(1.8, 3.0), random.uniform(0.45, 0.9)])
    u = t[:, None]
    place = (1 - u) ** 2 * start + 2 * u * (1 - u) * bow + u * u * end
    along = np.gradient(place, t, axis=0)
    along /= np.linalg.norm(along, axis=1, keepdims=True)
    across = np.stack([-along[:, 1], along[:, 0]], axis=1)

    def bend(waves: float, aside: float, back: float, loose: float) -> F64:
        phase = 2 * np.pi * (waves * t + loose * _wander(random, t, 1.0, 2, 0.5)) + random.uniform(0, 6.3)
        moved = (aside * np.sin(phase))[:, None] * across + (back * np.sin(2 * phase + 0.5))[:, None] * along
        return np.asarray(moved, np.float64)

    size = near * fold
    place = place + bend(random.uniform(1.9, 2.9), 0.66 * size, 0.26 * size, 0.35)
    much = step(-0.2, 0.7, _wander(random, t, 2.0, 2, 0.5))[:, None]
    place = place + much * bend(random.uniform(8, 12), 0.15 * size, 0.085 * size, 0.6)
    place = place + bend(34.0, 0.016 * size, 0.008 * size, 1.0)
    place[:, 1] = np.maximum(0.36 * near, place[:, 1])
    return place[:, 0], place[:, 1]


@jit
def _splat(
    out: Float, x: F64, z: F64, bright: F64, tall: F64, heights: F64, layers: F64, view: F64, lean: float
) -> None:
    """Sum light of the points into out (h, w, layers), each spread over its four nearest cells."""
    h, w, count = out.shape
    tan_x, tan_y, cp, sp = view
    for i in range(x.shape[0]):
        if bright[i] <= 0.0:
            continue
        for k in range(heights.shape[0]):
            # Rays reach higher where they are strong, and lean along the field.
            above = (heights[k] - heights[0]) * tall[i]
            up = heights[0] + above
            deep = z[i] - lean * above
            ahead = up * sp + deep * cp
            if ahead <= 0.05:
                continue
            u = (x[i] / ahead / (2 * tan_x) + 0.5) * w - 0.5
            v = (0.5 - (up * cp - deep * sp) / ahead / (2 * tan_y)) * h - 0.5
            if u < 0 or v < 0 or u >= w - 1 or v >= h - 1:
                continue
            a, b = int(u), int(v)
            fu, fv = u - a, v - b
            # As much light from each piece of the sheet: what is near is spread over more cells.
            much = bright[i] * tall[i] / (ahead * ahead)
            for layer in range(count):
                light = much * layers[k, layer]
                out[b, a, layer] += light * (1 - fu) * (1 - fv)
                out[b, a + 1, layer] += light * fu * (1 - fv)
                out[b + 1, a, layer] += light * (1 - fu) * fv
                out[b + 1, a + 1, layer] += light * fu * fv


def _layers(upward: int) -> tuple[F64, F64]:
    """Heights, closer below, and the light of nitrogen, green and red oxygen at each (upward, 3)."""
    heights = FLOOR + (CEILING - FLOOR) * np.linspace(0, 1, upward) ** 1.5
    width = np.gradient(heights)
    over = np.maximum(0.0, heights - 1.05)
    rim = np.exp(-(((heights - 1.0) / 0.035) ** 2))
    green = step(0.97, 1.06, heights) * (0.82 * np.exp(-over / 0.27) + 0.18 * np.exp(-over / 0.85))
    red = step(1.35, 2.1, heights) * np.exp(-np.maximum(0.0, heights - 2.0) / 0.75)
    return heights, np.stack([0.22 * rim, green, 0.022 * red], axis=-1) * width[:, None]


HUES = {
    "classic": (1.0, 1.0, 1.0),
    "green": (0.25, 1.0, 0.25),
    "red": (0.9, 0.42, 7.0),
    "purple": (4.0, 0.55, 4.5),
}
"""How much of nitrogen, green and red a named colour has."""


def colors(hue: str) -> F64:
    """Linear Rec.2020 (3 layers, 3): the lines as a camera sees them, with the nitrogen bands that go with each."""
    blue = line(427.8, 0.05)
    green = line(557.7) + 0.12 * line(500.0) + 0.035 * blue
    red = 0.55 * line(630.0, 0.03) + 0.085 * blue
    rim = 0.42 * line(665.0, 0.1) + 0.055 * blue + 0.10
    table = np.stack([rim, green / float(green @ np.array(LUMA)), red])
    return np.asarray(table * np.array(HUES[hue])[:, None], dtype=np.float64)


def curtains(sky: Skyward, shape: tuple[int, int], seed: int, level: float, fold: float, fine: bool = True) -> Float:
    """Light by layer (h, w, 3), about 1 at its brightest. level: height of the lower border, share of the sky's own."""
    random = np.random.Generator(np.random.PCG64(seed))
    h, w = shape
    long = max(h, w)
    view = View.of(sky)
    t = np.linspace(0, 1, ALONG if fine else ALONG // 8)
    heights, layers = _layers(UPWARD if fine else UPWARD // 4)
    rows = np.flatnonzero((sky.mask > 0.5).any(axis=1)) / sky.mask.shape[0]
    top, low = (float(rows.min()), float(rows.max())) if rows.size else (0.0, 1.0)
    rise = math.atan((0.5 - (low - level * (low - top))) * 2 * view.tan_y) + view.pitch
    near = 0.72 * float(np.clip(FLOOR / math.tan(max(0.12, rise)), 0.9, 9.0))
    setup = np.array([view.tan_x, view.tan_y, math.cos(view.pitch), math.sin(view.pitch)])
    out = np.zeros((h, w, 3), np.float32)
    side = float(random.choice([-1.0, 1.0]))
    for place, share, toward in ((1.0, 1.0, side), (1.5, 0.42, side), (2.4, 0.25, -side)):
        x, z = band(random, t, near * place, fold, toward)
        pace = np.hypot(np.gradient(x), np.gradient(z)) * len(t)
        # Rays: fine streaks in groups; between the groups the sheet is even.
        rayed = step(-0.5, 0.5, _wander(random, t, 3.0, 2, 0.6))
        rays = 1.0 + (0.22 + 0.78 * rayed) * _wander(random, t, 46, 4, 0.8)
        tall = 0.38 + 0.50 * np.clip(rays, 0, 2) * (0.3 + 0.7 * rayed) + 0.34 * _wander(random, t, 2.2, 2, 0.6)
        bright = 0.06 + np.maximum(0.0, 0.5 + 0.95 * _wander(random, t, 1.6, 3, 0.65)) ** 1.9
        bright *= step(0.0, 0.05, t) * step(0.0, 0.10, 1 - t) * np.exp(-z / (3.2 * near))
        light = share * bright * np.clip(rays, 0.12, 2.4) ** 1.3 * pace
        _splat(out, x, z, light, np.clip(tall, 0.22, 1.6), heights, layers, setup, 0.16)
    # A curtain's breadth and the seconds of an exposure; much light between curtains is diffuse.
    sharp = maps.blur(out, 0.0035 * long)
    inside = maps.resize(sky.mask, w, h) > 0.5
    most = np.percentile(sharp[inside], 96, axis=0) if inside.any() else sharp.max(axis=(0, 1))
    sharp /= 1.0 + sharp / np.maximum(1e-6, 1.6 * most).astype(np.float32)  # folds seen edge on do not burn out
    total = 0.7 * sharp + 0.4 * maps.blur(out, 0.016 * long) + 0.3 * maps.blur(out, 0.07 * long)
    brightest = float(np.percentile(total[..., 1][inside], 99)) if inside.any() else float(total.max())
    return np.asarray(total / max(1e-6, brightest), dtype=np.float32)


TRIES = 8


def _best_seed(sky: Skyward, aspect: float, seed: int, level: float, fold: float) -> int:
    """Of a few displays the one that fills the open sky of the frame best, and has light and dark in it."""
    shape = (96, max(2, round(96 * aspect))) if aspect < 1 else (max(2, round(96 / aspect)), 96)
    h, w = shape
    weight = maps.resize(np.ascontiguousarray(sky.mask * sky.shows(KNEE), np.float32), w, h)
    weight = weight / max(1e-6, float(weight.sum()))

    def score(candidate: int) -> float:
        green = np.tanh(1.5 * curtains(sky, shape, candidate, level, fold, fine=False)[..., 1])
        mean = float((green * weight).sum(dtype=np.float64))
        spread = float((np.abs(green - mean) * weight).sum(dtype=np.float64))
        thirds = [float((green * weight)[:, int(a * w / 3) : int((a + 1) * w / 3)].sum()) for a in range(3)]
        return min(mean, 0.42) + 1.2 * spread + 0.6 * min(thirds)

    return max(range(TRIES * seed, TRIES * seed + TRIES), key=score)


def _prepare(overview: Overview, parameters: Parameters, seed: int) -> Lights | None:
    strength = float(parameters["strength"])
    if strength <= 0.0:
        return None
    sky = look_up(overview)
    if shown(sky, KNEE) < LEAST:
        return None
    scene = overview.scene
    scale = SIDE / max(scene.width, scene.height)
    w, h = max(2, round(scene.width * scale)), max(2, round(scene.height * scale))
    level, fold = float(parameters["height"]), float(parameters["folds"])
    layers = curtains(sky, (h, w), _best_seed(sky, w / h, seed, level, fold), level, fold)
    light = layers.astype(np.float64) @ colors(str(parameters["hue"]))
    # Thin cloud lets it through; thick cloud stands before it, without hard borders.
    cloud = maps.blur(np.asarray(sky.open, np.float32), 0.02 * max(sky.open.shape))
    part = maps.resize(np.ascontiguousarray(sky.shows(KNEE) * (0.5 + 0.5 * cloud), np.float32), w, h)
    gy = (np.arange(h) + 0.5) / h
    view = View.of(sky)
    high = step(0.0, 0.10, (0.5 + math.tan(view.pitch) / (2 * view.tan_y) - gy) * 2 * view.tan_y)
    light = light * (part * (0.25 + 0.75 * high)[:, None])[..., None] * (0.62 * strength)
    # The film's shoulder: bright folds stay coloured.
    peak = light.max(axis=-1, keepdims=True)
    light = light * (np.tanh(peak / 0.70) * 0.70 / np.maximum(peak, 1e-6))
    return with_image(overview, light, 0.85)


def _apply(tile: NDArray[np.float32], window: Window, prepared: Any) -> None:
    if prepared is not None:
        add_lights(tile, window, prepared)


def _advise(overview: Overview, parameters: Parameters) -> tuple[str, ...]:
    return too_bright(overview, "aurora", KNEE)


AURORA = register(
    Operator(
        name="aurora",
        version=1,
        family="phenomena",
        kind="layer",
        label=Label("Aurora", "极光"),
        doc=(
            "Curtains of northern light behind a dark sky, mirrored where the region has water: green, with red tops "
            "and a purple rim. `height`: where their lower border stands, as a share of the sky."
        ),
        params=(
            Param("strength", 0.6, 0.0, 1.0, label=STRENGTH),
            Param("height", 0.42, 0.1, 0.9, unit="of the sky", label=Label("Height", "高度")),
            Param("folds", 0.6, 0.0, 1.0, label=Label("Folds", "褶皱")),
            Param("hue", "classic", label=Label("Colour", "颜色"), choices=tuple(HUES)),
        ),
        prepare=_prepare,
        apply=_apply,
        region="sky",
        advise=_advise,
        optional=frozenset({"water"}),
    )
)
