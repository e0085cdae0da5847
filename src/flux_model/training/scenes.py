"""Small drawn scenes with exact labels: what `flux_model` is trained on.

A scene is a place (sea, lake, meadow, desert, snow), an hour, a weather, perhaps mountains, and up to two groups of
things, each with a colour, a count and a side. `draw` renders it at any square size as float32 sRGB, (H, W, 3) in [0,
1], by signed distances in plain numpy; the same scene and seed give the same picture.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.float32]

PLACES = ("sea", "lake", "meadow", "desert", "snow")
HOURS = ("day", "sunset", "dusk", "night")
WEATHERS = ("clear", "cloudy", "overcast", "foggy")
SIDES = ("left", "center", "right")
COLORS: dict[str, tuple[float, float, float]] = {
    "red": (0.82, 0.10, 0.10),
    "orange": (0.95, 0.52, 0.08),
    "yellow": (0.96, 0.84, 0.12),
    "green": (0.13, 0.50, 0.16),
    "blue": (0.12, 0.25, 0.80),
    "purple": (0.52, 0.16, 0.62),
    "white": (0.95, 0.95, 0.93),
    "black": (0.06, 0.06, 0.07),
}
KINDS: dict[str, tuple[str, ...]] = {
    "balloon": ("red", "yellow", "blue", "purple", "white", "green", "orange"),
    "boat": ("white", "red", "yellow", "blue"),
    "house": ("white", "red", "yellow", "blue"),
    "tree": ("green", "orange", "yellow"),
    "lantern": ("red", "yellow"),
    "bird": ("black", "white"),
}
"""What can be drawn and in which colours."""
ON_WATER = frozenset({"boat"})
ON_LAND = frozenset({"house", "tree", "lantern"})


@dataclass(frozen=True)
class Group:
    """A thing, its colour, how many, and where the (first of) them stands."""

    kind: str
    color: str
    count: int = 1
    side: str = "center"


@dataclass(frozen=True)
class Scene:
    """Everything that a caption can say of a drawn scene."""

    place: str
    hour: str
    weather: str
    mountains: bool
    heavenly: str  # "sun", "moon" or ""
    groups: tuple[Group, ...] = ()


def random_scene(rng: np.random.Generator) -> Scene:
    """A scene whose parts go together: boats on water, houses on land, a moon at night."""
    place = str(rng.choice(PLACES))
    hour = str(rng.choice(HOURS, p=(0.4, 0.25, 0.15, 0.2)))
    weather = str(rng.choice(WEATHERS, p=(0.4, 0.3, 0.15, 0.15)))
    mountains = bool(rng.random() < (0.8 if place == "lake" else 0.15 if place == "sea" else 0.45))
    heavenly = ""
    if weather in ("clear", "cloudy"):
        if hour in ("day", "sunset") and rng.random() < 0.55:
            heavenly = "sun"
        if hour in ("dusk", "night") and rng.random() < 0.6:
            heavenly = "moon"
    water = place in ("sea", "lake")
    kinds = [k for k in KINDS if not (k in ON_WATER and not water) and not (k in ON_LAND and water)]
    number = int(rng.choice((0, 1, 2), p=(0.12, 0.6, 0.28)))
    picked = rng.permutation(kinds)[:number]
    sides = rng.permutation(SIDES)
    groups = tuple(
        Group(
            str(kind),
            str(rng.choice(KINDS[str(kind)])),
            int(rng.choice((1, 2, 3), p=(0.6, 0.2, 0.2))) if number == 1 or kind == "bird" else 1,
            str(sides[i]),
        )
        for i, kind in enumerate(picked)
    )
    return Scene(place, hour, weather, mountains, heavenly, groups)


SKY: dict[str, tuple[tuple[float, float, float], tuple[float, float, float]]] = {
    "day": ((0.25, 0.50, 0.85), (0.75, 0.86, 0.95)),
    "sunset": ((0.32, 0.34, 0.60), (0.98, 0.62, 0.30)),
    "dusk": ((0.13, 0.15, 0.36), (0.62, 0.42, 0.52)),
    "night": ((0.01, 0.02, 0.07), (0.06, 0.09, 0.20)),
}
"""Zenith and horizon by hour."""
GROUND: dict[str, tuple[tuple[float, float, float], tuple[float, float, float]]] = {
    "sea": ((0.16, 0.38, 0.50), (0.05, 0.20, 0.30)),
    "lake": ((0.30, 0.45, 0.50), (0.10, 0.24, 0.28)),
    "meadow": ((0.42, 0.58, 0.22), (0.22, 0.42, 0.10)),
    "desert": ((0.86, 0.70, 0.45), (0.74, 0.52, 0.28)),
    "snow": ((0.88, 0.91, 0.95), (0.95, 0.96, 0.98)),
}
"""Far and near ground by day."""
LIGHT: dict[str, tuple[float, float, float]] = {
    "day": (1.0, 1.0, 1.0),
    "sunset": (0.95, 0.72, 0.55),
    "dusk": (0.42, 0.40, 0.55),
    "night": (0.20, 0.23, 0.36),
}
"""What the hour makes of a colour by day."""


def _noise(rng: np.random.Generator, size: int, cells: int) -> Picture:
    """Smooth value noise in [0, 1], (size, size), by bilinear growth of a lattice."""
    lattice = rng.random((cells + 1, cells + 1), dtype=np.float32)
    at = np.linspace(0, cells, size, endpoint=False, dtype=np.float32)
    i = at.astype(np.int64)
    f = at - i
    f = f * f * (3 - 2 * f)
    rows = lattice[i] * (1 - f)[:, None] + lattice[i + 1] * f[:, None]
    return (rows[:, i] * (1 - f) + rows[:, i + 1] * f).astype(np.float32)


def _ridge(rng: np.random.Generator, size: int) -> Picture:
    """A mountain skyline: height in [0, 1] for each column."""
    x = np.linspace(0, 1, size, dtype=np.float32)
    line = np.zeros(size, np.float32)
    for peaks, weight in ((2, 0.55), (5, 0.3), (11, 0.15)):
        at = np.linspace(-0.2, 1.2, peaks + 2, dtype=np.float32)
        line += weight * np.interp(x, at, rng.random(peaks + 2)).astype(np.float32)
    return line


class _Canvas:
    """A picture that coverage masks are painted on; x and y run from 0 to 1."""

    def __init__(self, size: int) -> None:
        at = (np.arange(size, dtype=np.float32) + 0.5) / size
        self.size = size
        self.x, self.y = np.meshgrid(at, at)
        self.pixels = np.zeros((size, size, 3), np.float32)

    def cover(self, distance: NDArray[np.floating]) -> Picture:
        """Antialiased coverage of where the signed distance is negative."""
        return np.asarray(np.clip(0.5 - distance * self.size, 0, 1), np.float32)

    def paint(self, cover: Picture, color: object) -> None:
        self.pixels += cover[..., None] * (np.asarray(color, np.float32) - self.pixels)

    def ellipse(self, x: float, y: float, a: float, b: float) -> Picture:
        r = np.sqrt(((self.x - x) / a) ** 2 + ((self.y - y) / b) ** 2)
        return self.cover((r - 1) * min(a, b))

    def box(self, x0: float, y0: float, x1: float, y1: float) -> Picture:
        dx = np.maximum(x0 - self.x, self.x - x1)
        dy = np.maximum(y0 - self.y, self.y - y1)
        return self.cover(np.maximum(dx, dy))

    def triangle(self, *corners: tuple[float, float]) -> Picture:
        """Corners in clockwise order on the screen."""
        inside = np.full_like(self.x, -1.0)
        for (ax, ay), (bx, by) in zip(corners, (*corners[1:], corners[0]), strict=True):
            length = float(np.hypot(bx - ax, by - ay))
            inside = np.maximum(inside, ((self.x - ax) * (by - ay) - (self.y - ay) * (bx - ax)) / length)
        return self.cover(inside)


def _thing(c: _Canvas, kind: str, tint: Picture, x: float, foot: float, s: float, dark: bool) -> None:
    """Draw one thing of height about `s` that stands (or hovers, or flies) at (x, foot)."""
    wood = np.asarray((0.30, 0.20, 0.12), np.float32) * (0.35 if dark else 1.0)
    if kind == "balloon":
        c.paint(c.ellipse(x, foot - 0.62 * s, 0.36 * s, 0.38 * s), tint)
        c.paint(c.ellipse(x - 0.10 * s, foot - 0.70 * s, 0.12 * s, 0.2 * s) * 0.35, np.minimum(tint * 1.5 + 0.1, 1))
        c.paint(c.triangle((x - 0.25 * s, foot - 0.36 * s), (x + 0.25 * s, foot - 0.36 * s), (x, foot - 0.1 * s)), tint)
        c.paint(c.box(x - 0.07 * s, foot - 0.12 * s, x + 0.07 * s, foot), wood)
    elif kind == "boat":
        c.paint(c.triangle((x, foot - s), (x + 0.5 * s, foot - 0.22 * s), (x, foot - 0.22 * s)), tint)
        c.paint(
            c.triangle(
                (x - 0.06 * s, foot - 0.85 * s), (x - 0.06 * s, foot - 0.22 * s), (x - 0.4 * s, foot - 0.22 * s)
            ),
            tint,
        )
        c.paint(c.ellipse(x, foot - 0.17 * s, 0.5 * s, 0.17 * s) * c.box(x - s, foot - 0.17 * s, x + s, foot + s), wood)
    elif kind == "house":
        c.paint(c.box(x - 0.42 * s, foot - 0.52 * s, x + 0.42 * s, foot), tint)
        c.paint(c.triangle((x, foot - s), (x + 0.55 * s, foot - 0.5 * s), (x - 0.55 * s, foot - 0.5 * s)), wood * 1.2)
        c.paint(c.box(x - 0.08 * s, foot - 0.3 * s, x + 0.1 * s, foot), (0.98, 0.8, 0.4) if dark else wood * 0.7)
    elif kind == "tree":
        c.paint(c.box(x - 0.06 * s, foot - 0.4 * s, x + 0.06 * s, foot), wood)
        for dx, dy, r in ((0, 0.68, 0.3), (-0.18, 0.52, 0.22), (0.18, 0.52, 0.22)):
            c.paint(c.ellipse(x + dx * s, foot - dy * s, r * s, r * s), tint)
    elif kind == "lantern":
        glow = np.exp(-(((c.x - x) ** 2 + (c.y - foot + 0.4 * s) ** 2) / (0.7 * s) ** 2)) * (0.55 if dark else 0.2)
        c.paint(glow.astype(np.float32), (1.0, 0.75, 0.35))
        c.paint(c.ellipse(x, foot - 0.42 * s, 0.26 * s, 0.34 * s), np.minimum(tint * 1.1 + 0.05, 1))
        c.paint(c.box(x - 0.12 * s, foot - 0.82 * s, x + 0.12 * s, foot - 0.74 * s), wood)
        c.paint(c.box(x - 0.12 * s, foot - 0.1 * s, x + 0.12 * s, foot), wood)
    else:  # bird: two wings
        for turn in (-1.0, 1.0):
            wing = np.abs(c.y - (foot - 0.30 * s + 0.9 * np.abs(c.x - x) * (0.7 - 1.2 * np.abs(c.x - x) / s) * -1))
            c.paint(
                c.cover(np.maximum(wing - 0.07 * s, np.maximum(-turn * (c.x - x), np.abs(c.x - x) - 0.55 * s))), tint
            )


def draw(scene: Scene, size: int = 64, seed: int = 0) -> Picture:
    """Render the scene at `size` x `size`; what the labels leave open (where the clouds are, ...) comes from `seed`."""
    rng = np.random.default_rng(seed)
    c = _Canvas(size)
    light = np.asarray(LIGHT[scene.hour], np.float32)
    dark = scene.hour in ("night", "dusk")
    horizon = float(rng.uniform(0.55, 0.68))
    top, low = (np.asarray(v, np.float32) for v in SKY[scene.hour])
    grey = np.full(3, float(np.mean(low)) * 0.8, np.float32)
    if scene.weather in ("overcast", "foggy"):
        top, low = top * 0.25 + grey * 0.75, low * 0.35 + grey * 0.75
    c.pixels[:] = top + (low - top) * np.clip(c.y / horizon, 0, 1)[..., None] ** 1.4

    heaven_x = float(rng.uniform(0.15, 0.85))
    if scene.heavenly == "sun":
        y = horizon - float(rng.uniform(0.04, 0.12) if scene.hour == "sunset" else rng.uniform(0.35, 0.5))
        away = np.sqrt((c.x - heaven_x) ** 2 + (c.y - y) ** 2)
        c.paint(0.7 * np.exp(-away * 7), (1.0, 0.85, 0.55))
        c.paint(c.ellipse(heaven_x, y, 0.055, 0.055), (1.0, 0.97, 0.85))
    elif scene.heavenly == "moon":
        y = float(rng.uniform(0.08, 0.25))
        c.paint(0.35 * np.exp(-np.sqrt((c.x - heaven_x) ** 2 + (c.y - y) ** 2) * 12), (0.7, 0.75, 0.9))
        c.paint(c.ellipse(heaven_x, y, 0.05, 0.05), (0.93, 0.93, 0.88))
    if scene.hour == "night" and scene.weather == "clear":
        stars = rng.random((size, size)) > 0.985
        c.paint((stars * (c.y < horizon) * rng.random((size, size))).astype(np.float32) * 0.8, (0.9, 0.92, 1.0))
    if scene.weather in ("cloudy", "overcast"):
        billow = 0.6 * _noise(rng, size, 4) + 0.4 * _noise(rng, size, 9)
        need = 0.52 if scene.weather == "cloudy" else 0.30
        edge = 7.0 if scene.weather == "cloudy" else 2.5
        cover = np.clip((billow - need) * edge, 0, 1) * np.clip((horizon - c.y) * 9, 0, 1)
        white = np.asarray((0.97, 0.97, 0.98), np.float32) * light if scene.weather == "cloudy" else grey * 0.8
        if scene.hour == "sunset":
            white = white * 0.6 + np.asarray((1.0, 0.55, 0.35), np.float32) * 0.4
        c.paint((cover * 0.85).astype(np.float32), white)

    far, near = (np.asarray(v, np.float32) * light for v in GROUND[scene.place])
    if scene.mountains:
        ridge = horizon - 0.02 - float(rng.uniform(0.15, 0.3)) * _ridge(rng, size)
        stone = np.asarray((0.36, 0.38, 0.46), np.float32) * (light * 0.8 + 0.05)
        c.paint(c.cover(np.broadcast_to(ridge, (size, size)) - c.y) * c.cover(c.y - horizon), stone * 0.8 + low * 0.2)
    depth = np.clip((c.y - horizon) / (1 - horizon), 0, 1)
    ground = far + (near - far) * depth[..., None]
    if scene.place in ("sea", "lake"):
        ground = ground * 0.6 + low * 0.4 * (1 - 0.6 * depth[..., None])
        rows = rng.random(size).astype(np.float32)[:, None] * 0.6 + _noise(rng, size, 16) * 0.4
        ground *= 1 + 0.25 * (rows - 0.5)[..., None] * (0.3 + depth[..., None])
        if scene.heavenly:
            path = np.exp(-(((c.x - heaven_x) / (0.05 + 0.1 * depth)) ** 2)) * 0.45 * (0.5 + rows)
            ground += path[..., None] * (
                np.asarray((1.0, 0.8, 0.5) if scene.heavenly == "sun" else (0.6, 0.65, 0.75)) - ground
            )
    else:
        ground = ground * (0.88 + 0.24 * (0.5 * _noise(rng, size, 5) + 0.5 * _noise(rng, size, 20)))[..., None]
    c.paint(c.cover(horizon - c.y), ground)
    if scene.weather == "foggy":
        veil = 0.75 * np.exp(-(((c.y - horizon) / 0.28) ** 2))
        c.paint(veil.astype(np.float32), low * 0.6 + grey * 0.5)

    for group in scene.groups:
        tint = np.asarray(COLORS[group.color], np.float32) * (light * 0.75 + 0.25)
        center = {"left": 0.2, "center": 0.5, "right": 0.8}[group.side] + float(rng.uniform(-0.06, 0.06))
        spread = (0.0, 0.34, 0.30)[group.count - 1]
        middle = center if group.count == 1 else 0.5
        for i in range(group.count):
            x = middle + spread * (i - (group.count - 1) / 2) + (float(rng.uniform(-0.03, 0.03)) if i else 0)
            if group.kind == "bird":
                _thing(c, "bird", tint, x, float(rng.uniform(0.12, 0.42)), float(rng.uniform(0.09, 0.14)), dark)
            elif group.kind == "balloon":
                _thing(c, "balloon", tint, x, float(rng.uniform(0.34, 0.52)), float(rng.uniform(0.24, 0.32)), dark)
            else:
                foot = horizon + float(rng.uniform(0.06, 0.2))
                s = {"boat": 0.26, "house": 0.26, "tree": 0.36, "lantern": 0.24}[group.kind] * float(
                    rng.uniform(0.85, 1.15)
                )
                _thing(c, group.kind, tint, x, foot, s, dark)
    return np.clip(c.pixels, 0, 1)
