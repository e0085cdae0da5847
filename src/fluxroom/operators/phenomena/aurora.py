"""Aurora: curtains of light along folded lines high above the ground, seen in perspective.

A curtain hangs from 97 km up along a line some hundred kilometres away. Its light is summed over points of the line and
of the height, so that folds seen edge on are bright and borders are sharp below and soft above. The layers by height:
molecular nitrogen at the lower rim (purple), atomic oxygen at 557.7 nm (green) from 100 km, at 630.0 nm (red) above 200
(Vallance Jones 1974, "Aurora"; profiles after Baranoski & Rokne 2000, "Simulating the Aurora Borealis").
"""

from __future__ import annotations

import math
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from fluxroom.operators.declare import LUMA, Label, Operator, Overview, Param, Parameters, Window, register
from fluxroom.operators.phenomena.common import (
    STRENGTH,
    Skyward,
    apply_light,
    look_up,
    planes_of,
    sample,
    shown,
    step,
)
from fluxroom.operators.phenomena.spectrum import line
from fluxroom.operators.phenomena.stars import LEAST, too_bright
from fluxroom.operators.sky.common import sky_mask
from fluxroom.scene import Float
from fluxroom.sky import maps
from fluxroom.sky._jit import jit
from fluxroom.sky.camera import Camera

F64 = NDArray[np.float64]
KNEE = 0.20
SIDE = 640
"""Long side of the map of light."""
EARTH = 6371.0
ALONG, UPWARD = 7000, 150
"""Points along a curtain and up it."""
FLOOR, CEILING = 96.0, 330.0
"""Kilometres up, between which it shines."""


def _wander(random: np.random.Generator, t: F64, low: float, octaves: int, fall: float) -> F64:
    """Smooth random function of t with `low` waves in a unit of t; about -1..1."""
    total, weight, whole = np.zeros_like(t), 1.0, 0.0
    for i in range(octaves):
        for _ in range(2):
            total += weight * np.sin(2 * np.pi * (low * 2.0**i * random.uniform(0.75, 1.3) * t + random.random()))
        whole += 1.2 * weight
        weight *= fall
    return total / whole


def curtain(random: np.random.Generator, t: F64, far: float, wide: float, fold: float) -> tuple[F64, F64, F64]:
    """A line over the ground at t = 0..1: x to the right and z ahead in kilometres, and how bright it is there."""
    x = (t - 0.5) * wide
    slant = random.choice([-1.0, 1.0]) * random.uniform(0.2, 0.5)
    z = far * (1 + slant * (t - 0.5)) + 0.10 * wide * _wander(random, t, 0.8, 2, 0.5)
    # Folds: the line runs back and forth over itself, in broad bends and in small curls.
    bend = 2 * np.pi * (1.9 * t + 0.35 * _wander(random, t, 1.0, 2, 0.5)) + random.uniform(0, 6)
    x = x + fold * 0.10 * wide * np.sin(bend)
    z = z + fold * 0.17 * far * np.sin(bend + random.uniform(0.8, 1.6))
    much = step(-0.1, 0.7, _wander(random, t, 2.0, 2, 0.5))
    curl = 2 * np.pi * (8.5 * t + 0.6 * _wander(random, t, 2.5, 2, 0.5)) + random.uniform(0, 6)
    x = x + fold * much * 0.024 * wide * np.sin(curl)
    z = z + fold * (much * 0.06 * far * np.sin(curl + 1.2) + 0.02 * far * _wander(random, t, 14, 3, 0.6))
    bright = 0.15 + np.maximum(0.0, 0.55 + 0.8 * _wander(random, t, 1.2, 3, 0.65)) ** 1.6
    bright = bright * (0.2 + np.exp(-(((t - random.uniform(0.4, 0.6)) / 0.2) ** 2)))
    bright = bright * step(0.0, 0.08, t) * step(0.0, 0.08, 1 - t)
    return x, np.maximum(40.0, z), bright


@jit
def _splat(
    out: Float, x: F64, z: F64, bright: F64, tall: F64, heights: F64, layers: F64, cam: F64, middle: float
) -> None:
    """Sum light of the points into out (h, w, layers), each spread over its four nearest cells."""
    h, w, count = out.shape
    tan_x, tan_y, cp, sp, cr, sr = cam
    for i in range(x.shape[0]):
        if bright[i] <= 0.0:
            continue
        level = np.sqrt(x[i] * x[i] + z[i] * z[i])
        for k in range(heights.shape[0]):
            # Rays reach higher where they are strong; the ground falls away with distance.
            up = heights[0] + (heights[k] - heights[0]) * tall[i] - level * level / (2.0 * EARTH)
            ahead = up * sp + z[i] * cp
            if ahead <= 1.0:
                continue
            rx, ry = x[i] / ahead, (up * cp - z[i] * sp) / ahead
            u = ((rx * cr + ry * sr) / (2 * tan_x) + 0.5) * w - 0.5
            v = (0.5 - (ry * cr - rx * sr) / (2 * tan_y)) * h - 0.5
            if u < 0 or v < 0 or u >= w - 1 or v >= h - 1:
                continue
            a, b = int(u), int(v)
            fu, fv = u - a, v - b
            # Farther curtains are smaller: the same light on fewer cells, less of it through more air.
            much = bright[i] * (middle / level)
            for layer in range(count):
                light = much * layers[k, layer]
                out[b, a, layer] += light * (1 - fu) * (1 - fv)
                out[b, a + 1, layer] += light * fu * (1 - fv)
                out[b + 1, a, layer] += light * (1 - fu) * fv
                out[b + 1, a + 1, layer] += light * fu * fv


def _layers(upward: int) -> tuple[F64, F64]:
    """Heights in km, closer below, and the light of nitrogen, green and red oxygen at each (upward, 3)."""
    heights = FLOOR + (CEILING - FLOOR) * np.linspace(0, 1, upward) ** 1.35
    width = np.gradient(heights)
    over = np.maximum(0.0, heights - 107.0)
    rim = np.exp(-(((heights - 99.0) / 3.6) ** 2))
    green = step(97.0, 108.0, heights) * (0.9 * np.exp(-over / 21) + 0.1 * np.exp(-over / 60))
    red = step(150.0, 245.0, heights) * np.exp(-np.maximum(0.0, heights - 240.0) / 80)
    return heights, np.stack([0.13 * rim, green, 0.022 * red], axis=-1) * width[:, None]


HUES = {
    "classic": (1.0, 1.0, 1.0),
    "green": (0.25, 1.0, 0.25),
    "red": (0.8, 0.5, 9.0),
    "purple": (4.0, 0.6, 4.5),
}
"""How much of nitrogen, green and red a named colour has."""


def colors(hue: str) -> F64:
    """Linear Rec.2020 (3 layers, 3): the lines as a camera sees them, with the nitrogen bands that go with each."""
    blue = line(427.8, 0.05)
    green = line(557.7) + 0.16 * line(500.0) + 0.045 * blue
    red = 0.62 * line(630.0, 0.03) + 0.030 * blue
    rim = 0.42 * line(665.0, 0.1) + 0.055 * blue + 0.10
    table = np.stack([rim, green / float(green @ np.array(LUMA)), red])
    return np.asarray(table * np.array(HUES[hue])[:, None], dtype=np.float64)


def _camera(camera: Camera) -> F64:
    return np.array([
        camera.tan_x, camera.tan_y, math.cos(camera.pitch), math.sin(camera.pitch),
        math.cos(camera.roll), math.sin(camera.roll),
    ])  # fmt: skip


def curtains(sky: Skyward, shape: tuple[int, int], seed: int, level: float, fold: float, fine: bool = True) -> Float:
    """Light by layer (h, w, 3), about 1 at its brightest. level: height of the lower border, share of the sky's own."""
    random = np.random.Generator(np.random.PCG64(seed))
    h, w = shape
    long = max(h, w)
    t = np.linspace(0, 1, ALONG if fine else ALONG // 8)
    heights, layers = _layers(UPWARD if fine else UPWARD // 4)
    rows = np.flatnonzero((sky.mask > 0.5).any(axis=1)) / sky.mask.shape[0]
    top, low = (float(rows.min()), float(rows.max())) if rows.size else (0.0, 1.0)
    _, up, ahead = (float(v) for v in sky.camera.directions(np.array(0.5), np.array(low - level * (low - top))))
    slope = max(0.10, up / max(0.2, ahead))
    far = EARTH * (
        math.sqrt(slope * slope + 2 * FLOOR / EARTH) - slope
    )  # where a height of FLOOR is seen at that slope
    out = np.zeros((h, w, 3), np.float32)
    for place, share in ((1.0, 1.0), (1.35, 0.5)):
        distance = far * place
        wide = 3.3 * distance * max(0.7, sky.camera.tan_x)
        x, z, bright = curtain(random, t, distance, wide, fold)
        rayed = step(-0.5, 0.6, _wander(random, t, 2.2, 2, 0.6))
        rays = 1.0 + (0.25 + 0.75 * rayed) * _wander(random, t, 31, 4, 0.85)
        tall = 0.62 + 0.30 * np.clip(rays, 0, 2) * rayed + 0.30 * _wander(random, t, 3, 2, 0.6)
        light = share * bright * np.clip(rays, 0.1, 2.2) ** 1.4
        _splat(out, x, z, light, np.clip(tall, 0.25, 1.7), heights, layers, _camera(sky.camera), far)
    # A curtain's breadth and the seconds of an exposure; much light between curtains is diffuse.
    sharp = maps.blur(out, 0.0022 * long)
    inside = maps.resize(sky.mask, w, h) > 0.5
    most = np.percentile(sharp[inside], 95, axis=0) if inside.any() else sharp.max(axis=(0, 1))
    sharp /= 1.0 + sharp / np.maximum(1e-6, 1.1 * most).astype(np.float32)  # folds seen edge on do not burn out
    total = 0.8 * sharp + 0.55 * maps.blur(out, 0.02 * long) + 0.6 * maps.blur(out, 0.06 * long)
    brightest = float(np.percentile(total[..., 1][inside], 98.5)) if inside.any() else float(total.max())
    return np.asarray(total / max(1e-6, brightest), dtype=np.float32)


TRIES = 6


def _best_seed(sky: Skyward, aspect: float, seed: int, level: float, fold: float) -> int:
    """Of a few displays the one that fills the open sky of the frame best."""
    shape = (96, max(2, round(96 * aspect))) if aspect < 1 else (max(2, round(96 / aspect)), 96)
    h, w = shape
    seen = sky.mask * sky.shows(KNEE) * sky.open * step(0.0, 0.09, sky.high)
    weight = maps.resize(np.ascontiguousarray(seen, np.float32), w, h)
    middle = 1.0 - 0.5 * np.abs((np.arange(w) + 0.5) / w - 0.5)

    def score(candidate: int) -> float:
        green = curtains(sky, shape, candidate, level, fold, fine=False)[..., 1]
        return float((np.tanh(1.5 * green) * weight * middle).sum(dtype=np.float64))

    return max(range(TRIES * seed, TRIES * seed + TRIES), key=score)


def reflected(light: F64, overview: Overview, camera: Camera) -> F64:
    """What still water shows of it: each place the light at its mirrored direction, drawn out and dimmed."""
    h, w = light.shape[:2]
    water = overview.scene.regions.get("water")
    if water is None or float(water.max(initial=0)) <= 0.0:
        return np.zeros_like(light)
    gy, gx = np.mgrid[0:h, 0:w]
    d = camera.directions((gx + 0.5) / w, (gy + 0.5) / h)
    cp, sp, cr, sr = math.cos(camera.pitch), math.sin(camera.pitch), math.cos(camera.roll), math.sin(camera.roll)
    dx, dy, dz = d[..., 0], -d[..., 1], d[..., 2]
    ahead = np.maximum(dy * sp + dz * cp, 1e-3)
    rx, ry = dx / ahead, (dy * cp - dz * sp) / ahead
    u = (rx * cr + ry * sr) / (2 * camera.tan_x) + 0.5
    v = 0.5 - (ry * cr - rx * sr) / (2 * camera.tan_y)
    sky = sky_mask(overview.scene, (overview.pixels.shape[0], overview.pixels.shape[1]))
    source = light * np.clip(maps.resize(sky, w, h), 0, 1)[..., None]
    source = np.asarray(cv2.GaussianBlur(source.astype(np.float32), (0, 0), 1.0, sigmaY=0.016 * max(h, w)), np.float32)
    mirrored = sample(source, u, v) * ((v > 0) & (v < 1) & (d[..., 1] < 0))[..., None]
    # Fresnel: nearly a mirror far away, little at our feet.
    down = np.clip(-d[..., 1], 0, 1)
    mirror = 0.02 + 0.98 * (1 - down) ** 5
    on = np.clip(maps.resize(np.ascontiguousarray(water, np.float32), w, h), 0, 1)
    return np.asarray(0.75 * mirrored * (mirror * on)[..., None], dtype=np.float64)


def _prepare(overview: Overview, parameters: Parameters, seed: int) -> Float | None:
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
    part = maps.resize(np.ascontiguousarray(sky.shows(KNEE) * (0.1 + 0.9 * sky.open), np.float32), w, h)
    gy, gx = np.mgrid[0:h, 0:w]
    high = sky.camera.directions((gx + 0.5) / w, (gy + 0.5) / h)[..., 1]
    light = light * (part * step(0.0, 0.09, high))[..., None] * (0.42 * strength)
    # The film's shoulder: bright folds stay coloured.
    peak = light.max(axis=-1, keepdims=True)
    light = light * (np.tanh(peak / 0.55) * 0.55 / np.maximum(peak, 1e-6))
    return planes_of(light + reflected(light, overview, sky.camera))


def _apply(tile: NDArray[np.float32], window: Window, prepared: Any) -> None:
    if prepared is not None:
        apply_light(tile, window, prepared)


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
