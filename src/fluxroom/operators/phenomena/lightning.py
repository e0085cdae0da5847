"""Lightning: a branching channel from cloud to ground, its glow, and the clouds that it lights.

The channel walks down by midpoint displacement: every stretch is broken in its middle and pushed aside by a share of
its length (Reed & Wyvill 1994, "Visual Simulation of Lightning"); branches leave at 15 to 45 degrees, downward,
thinner and dimmer than what they leave.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from fluxroom.operators.declare import Label, Operator, Overview, Param, Parameters, Window, register
from fluxroom.operators.fastmath import exp2
from fluxroom.operators.phenomena.common import STRENGTH, Skyward, look_up, sample, single, step
from fluxroom.operators.phenomena.water import add_to_water, look_down, mirrored, water_planes
from fluxroom.operators.sky.common import F0, F1, maps_columns, maps_row_of, sky_mask
from fluxroom.scene import Float
from fluxroom.sky import maps
from fluxroom.sky._jit import jit

F64 = NDArray[np.float64]
WIDTH = 0.00062
"""Half width of the main channel's core, as a share of the long side."""
SIDE = 640
"""Long side of the map of glow."""
COLOR = (0.88, 0.90, 1.0)
"""Linear Rec.2020 of the hot channel's halo: a black body of about 20000 K through air."""


@dataclass(frozen=True, slots=True)
class _Bolt:
    segments: Float  # (n, 6): x0, y0, x1, y1 in long sides, half width in long sides, brightness 0..1; by upper y
    lowest: NDArray[np.float64]  # (n,) lower end of each, running maximum
    planes: Float  # (2, h, w): glow added, light on the clouds
    water: Float | None  # (4, h, w): its image in the water
    strength: float


def broken(random: np.random.Generator, start: F64, end: F64, rough: float, levels: int) -> F64:
    """A jagged line (2**levels + 1, 2) from start to end."""
    points = np.stack([start, end])
    push = rough
    for _ in range(levels):
        a, b = points[:-1], points[1:]
        along = b - a
        side = np.stack([-along[:, 1], along[:, 0]], axis=1)
        aside = np.clip(push * random.standard_t(2.6, len(a)), -0.3, 0.3)[:, None]
        middle = a + along * random.uniform(0.38, 0.62, len(a))[:, None] + side * aside
        joined = np.empty((len(points) + len(middle), 2))
        joined[::2], joined[1::2] = points, middle
        points, push = joined, push * 0.92
    return points


def grow(random: np.random.Generator, start: F64, end: F64, branches: float) -> list[tuple[F64, float, float]]:
    """Lines with how wide and how bright each is beside the main one, which comes first."""
    length = float(np.hypot(*(end - start)))
    main = broken(random, start, end, 0.085, 8)
    lines: list[tuple[F64, float, float]] = [(main, 1.0, 1.0)]
    todo = [(main, 1.0, 1.0, length, 0)]
    while todo and len(lines) < 90:
        line, wide, bright, size, depth = todo.pop(0)
        count = int(random.poisson((15.0, 5.0, 2.0)[depth] * branches))
        for at in np.sort(random.beta(1.3, 1.6, count)) if count else ():
            i = int(at * (len(line) - 2))
            k = min(len(line) - 1, i + 12)
            heading = math.atan2(*(line[k] - line[i])[::-1])
            turn = math.radians(random.uniform(14, 44)) * random.choice([-1.0, 1.0])
            far = size * (1 - at) * random.uniform(0.18, 0.75) * (0.8 if depth == 0 else 0.6)
            if far < 0.02 * length:
                continue
            tip = line[i] + far * np.array([math.cos(heading + turn), math.sin(heading + turn)])
            tip[1] = max(tip[1], line[i][1] + 0.15 * far)
            levels = max(2, min(7, round(math.log2(max(2.0, 256 * far / length)))))
            twig = broken(random, line[i], tip, 0.10, levels)
            thin, dim = wide * random.uniform(0.4, 0.65), bright * random.uniform(0.35, 0.7)
            lines.append((twig, thin, dim))
            if depth < 2:
                todo.append((twig, thin, dim, far, depth + 1))
    return lines


def _segments(lines: list[tuple[F64, float, float]]) -> Float:
    """Sorted by upper end; the channel swells and thins along its way, branches fade toward their tips."""
    rows = []
    for number, (line, wide, bright) in enumerate(lines):
        t = np.linspace(0, 1, len(line) - 1)
        fade = np.ones_like(t) if number == 0 else (1 - t) ** 0.7
        thin = 1.0 + 0.22 * np.sin(19 * t + number) * np.sin(47 * t) - (0.15 if number == 0 else 0.65) * t
        body = [line[:-1], line[1:], (WIDTH * wide * thin)[:, None], (bright * fade)[:, None]]
        rows.append(np.concatenate(body, axis=1))
    table = np.concatenate(rows)
    order = np.argsort(np.minimum(table[:, 1], table[:, 3]), kind="stable")
    return np.ascontiguousarray(table[order], np.float32)


def _ends(sky: Skyward, shape: tuple[int, int], x: float, random: np.random.Generator) -> tuple[F64, F64]:
    """Where it starts, in cloud high up, and where it strikes, just below the sky's lower edge; in long sides."""
    h, w = shape
    long = max(h, w)
    mh, mw = sky.mask.shape
    inside = sky.mask > 0.5
    low = np.where(inside.any(axis=0), mh - np.argmax(inside[::-1], axis=0), 0) / mh
    tall = inside.sum(axis=0) / mh
    across = (np.arange(mw) + 0.5) / mw
    if x < 0:
        dark = 1.2 - np.clip((sky.field * inside).sum(axis=0) / np.maximum(1, inside.sum(axis=0)), 0, 1)
        third = 0.4 + np.exp(-((np.minimum(np.abs(across - 0.34), np.abs(across - 0.66)) / 0.13) ** 2))
        score = tall * dark**2 * third * random.uniform(0.85, 1.15, mw)
        x = float(across[int(np.argmax(score))])
    column = min(mw - 1, int(x * mw))
    foot = float(low[column]) if tall[column] > 0 else sky.foot
    top = foot - max(0.15, float(tall[column]))
    start = np.array([(x + random.uniform(-0.09, 0.09)) * w, (top - 0.02) * h]) / long
    return start, np.array([x * w, (foot + 0.015) * h]) / long


def _lit(sky: Skyward, segments: Float, shape: tuple[int, int]) -> tuple[Float, Float]:
    """Maps (h, w) of the glow close by and of the wide light on the clouds, 0..1."""
    h, w = shape
    drawn = np.zeros((h, w), np.float32)
    long = max(h, w)
    for x0, y0, x1, y1, _, bright in segments:
        a, b = (
            (round(float(x0) * long * 16), round(float(y0) * long * 16)),
            (round(float(x1) * long * 16), round(float(y1) * long * 16)),
        )
        cv2.line(drawn, a, b, float(bright), 1, cv2.LINE_8, 4)
    close = (
        1.1 * maps.blur(drawn, 0.0035 * long)
        + 2.2 * maps.blur(drawn, 0.012 * long)
        + 4.0 * maps.blur(drawn, 0.05 * long)
    )
    rows = np.linspace(0, 1, h)[:, None]
    upper = drawn * np.exp(-((rows / max(0.1, 0.7 * sky.foot)) ** 2))
    wide = maps.blur(upper, 0.09 * long) + 0.8 * maps.blur(upper, 0.2 * long)
    wide = wide / max(1e-6, float(wide.max()))
    return np.asarray(close, np.float32), np.asarray(wide, np.float32)


def _prepare(overview: Overview, parameters: Parameters, seed: int) -> _Bolt | None:
    strength = float(parameters["strength"])
    if strength <= 0.0 or float(overview.mask.max(initial=0)) <= 0.0:
        return None
    sky = look_up(overview)
    scene = overview.scene
    scale = SIDE / max(scene.width, scene.height)
    w, h = max(2, round(scene.width * scale)), max(2, round(scene.height * scale))
    random = np.random.Generator(np.random.PCG64(seed))
    start, end = _ends(sky, (h, w), float(parameters["x"]), random)
    segments = _segments(grow(random, start, end, float(parameters["branches"])))
    lowest = np.maximum.accumulate(np.maximum(segments[:, 1], segments[:, 3]).astype(np.float64))
    close, wide = _lit(sky, segments, (h, w))
    middle = (np.array([end[0] * max(h, w) / w]), np.array([0.5 * (start[1] + end[1]) * max(h, w) / h]))
    behind = float(np.clip(sample(sky.field, *middle)[0], 0, 1))
    # A flash outshines a dark sky by far and a bright one hardly.
    open_to = 1.0 - 0.75 * float(step(0.1, 0.7, behind))
    planes = np.stack([close * (0.16 * open_to), wide * (3.4 * open_to)]) * np.float32(strength)
    image = _image(overview, close, wide, strength * open_to)
    return _Bolt(segments, lowest, np.ascontiguousarray(planes, np.float32), image, strength)


def _image(overview: Overview, close: Float, wide: Float, strength: float) -> Float | None:
    """The bolt and the lit cloud in the water: a streak in a mirror, a sheen on waves."""
    water = look_down(overview)
    if water is None:
        return None
    light = (strength * (0.75 * np.minimum(close, 1.6) + 0.10 * wide))[..., None] * np.array(COLOR)
    sky = sky_mask(overview.scene, (overview.pixels.shape[0], overview.pixels.shape[1]))
    sent = mirrored(water, light, maps.resize(sky, water.sends.shape[1], water.sends.shape[0]), 0.6)
    return water_planes(water, sent)


@jit
def _light(tile: Float, planes: Float, x0: int, y0: int, width: int, height: int) -> None:
    th, tw = tile.shape[0], tile.shape[1]
    index, part = np.empty(tw, np.int32), np.empty(tw, np.float32)
    maps_columns(x0, width, planes.shape[2], index, part)
    line = np.empty(planes.shape[2], np.float32)
    light = np.empty((2, tw), np.float32)
    red, green, blue = single(COLOR[0]), single(COLOR[1]), single(COLOR[2])
    for r in range(th):
        maps_row_of(planes, y0 + r, height, index, part, line, light)
        for c in range(tw):
            glow, lit = light[0, c], light[1, c]
            for k in range(3):
                tint = red if k == 0 else (green if k == 1 else blue)
                v = tile[r, c, k]
                room = min(F1, max(F0, F1 - v))
                # Clouds are lit by it as they are, so their forms stay; the air between glows a little.
                tile[r, c, k] = v + room * tint * (glow + lit * min(F1, max(F0, v)))


@jit
def _core(tile: Float, hot: Float, segments: Float, first: int, last: int, x0: int, y0: int, long: float) -> None:
    """The channel itself into hot (h, w): the most of all stretches, so their order does not matter."""
    th, tw = tile.shape[0], tile.shape[1]
    for i in range(first, last):
        ax, ay = segments[i, 0] * single(long) - single(x0 + 0.5), segments[i, 1] * single(long) - single(y0 + 0.5)
        bx, by = segments[i, 2] * single(long) - single(x0 + 0.5), segments[i, 3] * single(long) - single(y0 + 0.5)
        wide = segments[i, 4] * single(long)
        # Thinner than a pixel: drawn as wide as one, and dimmer.
        drawn = max(wide, single(0.6))
        bright = segments[i, 5] * min(F1, wide / drawn + single(0.25))
        reach = single(3.2) * drawn + single(1)
        left, right = max(0, int(np.ceil(min(ax, bx) - reach))), min(tw - 1, int(np.floor(max(ax, bx) + reach)))
        top, bottom = max(0, int(np.ceil(min(ay, by) - reach))), min(th - 1, int(np.floor(max(ay, by) + reach)))
        dx, dy = bx - ax, by - ay
        length = max(single(1e-6), dx * dx + dy * dy)
        fall = single(-0.72134752) / (drawn * drawn)
        for r in range(top, bottom + 1):
            for c in range(left, right + 1):
                px, py = single(c) - ax, single(r) - ay
                t = min(F1, max(F0, (px * dx + py * dy) / length))
                ox, oy = px - t * dx, py - t * dy
                light = bright * exp2((ox * ox + oy * oy) * fall)
                hot[r, c] = max(hot[r, c], light)
    for r in range(th):
        for c in range(tw):
            if hot[r, c] > single(0.004):
                much = min(F1, single(1.25) * hot[r, c])
                for k in range(3):
                    tint = single(COLOR[0]) if k == 0 else (single(COLOR[1]) if k == 1 else single(COLOR[2]))
                    white = single(0.25) * tint + single(0.75)
                    v = tile[r, c, k]
                    tile[r, c, k] = v + much * max(F0, white - v)


def _apply(tile: NDArray[np.float32], window: Window, prepared: Any) -> None:
    if prepared is None:
        return
    bolt: _Bolt = prepared
    _light(tile, bolt.planes, window.x, window.y, window.image_width, window.image_height)
    if bolt.water is not None:
        add_to_water(tile, bolt.water, window.x, window.y, window.image_width, window.image_height)
    long = float(max(window.image_width, window.image_height))
    reach = 4 * max(WIDTH, 1.0 / long) + 2 / long
    first = int(np.searchsorted(bolt.lowest, window.y / long - reach))
    upper = np.minimum(bolt.segments[:, 1], bolt.segments[:, 3])
    last = int(np.searchsorted(upper, (window.y + window.height) / long + reach))
    if last > first:
        hot = np.zeros(tile.shape[:2], np.float32)
        segments = bolt.segments.copy()
        segments[:, 5] *= min(1.0, 1.15 * bolt.strength)
        _core(tile, hot, segments, first, last, window.x, window.y, long)


def _advise(overview: Overview, parameters: Parameters) -> tuple[str, ...]:
    sky = look_up(overview)
    inside = sky.mask > 0.5
    if inside.any() and float(np.percentile(sky.field[inside], 40)) > 0.45:
        return ("lightning: the sky is bright, so the flash lights little of it; storm clouds or a darker sky suit it",)
    return ()


LIGHTNING = register(
    Operator(
        name="lightning",
        version=1,
        family="phenomena",
        kind="layer",
        label=Label("Lightning", "闪电"),
        doc=(
            "A bolt from the sky's upper part to where it meets the land at `x` (below 0: chosen), with `branches`, a "
            "glow, light on the clouds around it, and its image in the water of the region."
        ),
        params=(
            Param("strength", 0.8, 0.0, 1.0, label=STRENGTH),
            Param("branches", 0.6, 0.0, 1.0, label=Label("Branches", "分叉")),
            Param("x", -1.0, -1.0, 1.0, label=Label("Place", "位置")),
        ),
        prepare=_prepare,
        apply=_apply,
        region="sky",
        advise=_advise,
        optional=frozenset({"water"}),
    )
)
