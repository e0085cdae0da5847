"""Houses and towers on a land: boxes with gabled or flat roofs, walls with windows, lit from dusk on.

Each face is a small texture put into the picture by its four corners (a homography), behind what stands nearer. What
shines by itself goes into a layer of its own, in the units of the finished picture, and is added after development.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from fluxroom.compose.land import Ground, bare

F32 = NDArray[np.float32]
BUILDING = 7
WARM = np.array([1.0, 0.62, 0.26], np.float32)
NEON = np.array(
    [[1.0, 0.08, 0.55], [0.05, 0.75, 1.0], [0.55, 0.15, 1.0], [1.0, 0.35, 0.05], [0.1, 1.0, 0.65]], np.float32
)
PAINT = {
    "": ((0.42, 0.38, 0.32), (0.36, 0.26, 0.18), (0.50, 0.47, 0.42), (0.24, 0.17, 0.12)),
    "white": ((0.66, 0.64, 0.60),),
    "red": ((0.30, 0.045, 0.03),),
    "yellow": ((0.55, 0.38, 0.10),),
    "blue": ((0.08, 0.14, 0.30),),
    "green": ((0.10, 0.20, 0.09),),
    "orange": ((0.46, 0.20, 0.06),),
    "purple": ((0.20, 0.08, 0.26),),
    "black": ((0.05, 0.05, 0.055),),
}


@dataclass(frozen=True)
class House:
    """Where it stands (metres), its half widths, the height of its walls, its roof's rise, its turn and its paint."""

    x: float
    z: float
    wide: float
    deep: float
    wall: float
    roof: float
    turn: float
    paint: tuple[float, float, float]
    tower: bool = False


@dataclass(frozen=True)
class Stage:
    """What houses are drawn into. out, glow (H, W, 3); distance, kind (H, W)."""

    out: F32
    glow: F32
    distance: F32
    kind: NDArray[np.uint8]
    horizon: float
    focal: float
    eye: float
    sun: NDArray[np.float64]
    sunlight: NDArray[np.float64]
    sky: NDArray[np.float64]
    air: NDArray[np.float64]
    low: F32
    lamps: float
    """0 by day .. 1 by night: how many windows are lit."""
    neon: float
    """0..1."""
    snow: bool = False
    """Snow lies on the roofs."""


def village(
    ground: Ground, count: int, near: float, far: float, spread: float, rng: np.random.Generator, color: str = ""
) -> list[House]:
    """Houses on level dry ground, none inside another."""
    p = ground.packed()
    made: list[House] = []
    for _ in range(count * 60):
        if len(made) == count:
            break
        z = near + (far - near) * float(rng.random()) ** 0.8
        x = (float(rng.random()) * 2 - 1) * spread * z
        high = bare(x, z, p, 2.0)
        tilt = max(abs(bare(x + 8, z, p, 2.0) - high), abs(bare(x, z + 8, p, 2.0) - high)) / 8
        if high < 1.2 or tilt > 0.45 or any(math.hypot(h.x - x, h.z - z) < 2.1 * (h.wide + 4) for h in made):
            continue
        made.append(_house(x, z, rng, color))
    return made


def _house(x: float, z: float, rng: np.random.Generator, color: str) -> House:
    wide, deep = float(rng.uniform(4.0, 6.5)), float(rng.uniform(3.2, 4.5))
    paint = PAINT.get(color, PAINT[""])
    return House(
        x, z, wide, deep, float(rng.uniform(3.2, 6.2)), float(rng.uniform(2.2, 3.6)), float(rng.uniform(-0.6, 0.6)),
        paint[int(rng.integers(len(paint)))],
    )  # fmt: skip


def towers(count: int, near: float, far: float, spread: float, rng: np.random.Generator) -> list[House]:
    """A city: blocks on a grid, the tallest in the middle distance."""
    made = []
    for _ in range(count):
        z = near + (far - near) * float(rng.random())
        x = (float(rng.random()) * 2 - 1) * spread * z
        x, z = round(x / 42) * 42.0, round(z / 42) * 42.0
        centre = math.exp(-((x / (0.35 * far)) ** 2))
        wall = float(rng.uniform(14, 40)) + centre * float(rng.random()) ** 2 * 150
        grey = float(rng.uniform(0.12, 0.4))
        tint = (grey * 1.02, grey, grey * float(rng.uniform(0.9, 1.12)))
        made.append(House(x, z, float(rng.uniform(9, 16)), float(rng.uniform(9, 16)), wall, 0.0, 0.0, tint, tower=True))
    return list({(h.x, h.z): h for h in made}.values())


def draw_houses(stage: Stage, houses: list[House], ground: Ground, rng: np.random.Generator) -> None:
    """Far ones first."""
    p = ground.packed()
    for house in sorted(houses, key=lambda h: -h.z):
        foot = max(0.3, min(bare(house.x + dx, house.z + dz, p, 1.0) for dx in (-3, 3) for dz in (-3, 3))) - 0.3
        _draw(stage, house, foot, rng)


def _draw(stage: Stage, h: House, foot: float, rng: np.random.Generator) -> None:
    c, s = math.cos(h.turn), math.sin(h.turn)

    def at(a: float, b: float, y: float) -> tuple[float, float, float]:
        return h.x + a * c + b * s, foot + y, h.z - a * s + b * c

    w, d, wall, top = h.wide, h.deep, h.wall, h.wall + h.roof
    faces: list[tuple[list[tuple[float, float, float]], str]] = [
        ([at(-w, -d, wall), at(w, -d, wall), at(w, -d, 0), at(-w, -d, 0)], "wall"),
        ([at(w, -d, wall), at(w, d, wall), at(w, d, 0), at(w, -d, 0)], "wall"),
        ([at(-w, d, wall), at(-w, -d, wall), at(-w, -d, 0), at(-w, d, 0)], "wall"),
    ]
    if h.roof > 0:
        o, e = 0.55, 0.25
        for side in (w, -w):
            order = (-d, d) if side > 0 else (d, -d)
            faces.append(
                ([at(side, 0, top), at(side, 0, top), at(side, order[1], wall), at(side, order[0], wall)], "gable")
            )
        faces.append(
            ([at(-w - o, 0, top), at(w + o, 0, top), at(w + o, -d - o, wall - e), at(-w - o, -d - o, wall - e)], "roof")
        )
        faces.append(
            ([at(w + o, 0, top), at(-w - o, 0, top), at(-w - o, d + o, wall - e), at(w + o, d + o, wall - e)], "roof")
        )
    else:
        faces.append(([at(-w, d, wall), at(w, d, wall), at(w, -d, wall), at(-w, -d, wall)], "flat"))
    tint = NEON[int(rng.integers(len(NEON)))]
    for corners, what in faces:
        _face(stage, np.array(corners), what, h, tint, rng)


def _face(stage: Stage, corners: NDArray[np.float64], what: str, h: House, tint: F32, rng: np.random.Generator) -> None:
    across, down = corners[1] - corners[0], corners[3] - corners[0]
    if what == "gable":
        across = corners[2] - corners[3]
    normal = np.cross(across, down)
    normal /= max(1e-9, float(np.linalg.norm(normal)))
    middle = corners.mean(axis=0)
    if float(normal @ (middle - np.array([0.0, stage.eye, 0.0]))) >= 0 or corners[:, 2].min() < 4.0:
        return
    z = float(middle[2])
    screen = np.stack(
        [corners[:, 0] / corners[:, 2] * stage.focal + stage.out.shape[1] / 2,
         stage.horizon - (corners[:, 1] - stage.eye) / corners[:, 2] * stage.focal], axis=-1,
    )  # fmt: skip
    x0, y0 = np.floor(screen.min(axis=0)).astype(int) - 1
    x1, y1 = np.ceil(screen.max(axis=0)).astype(int) + 2
    x0, y0, x1, y1 = max(x0, 0), max(y0, 0), min(x1, stage.out.shape[1]), min(y1, stage.out.shape[0])
    if x1 - x0 < 1 or y1 - y0 < 1:
        return
    albedo, shine = _texture(what, h, float(np.linalg.norm(across)), float(np.linalg.norm(down)), stage, tint, rng)
    lit = max(0.0, float(normal @ stage.sun))
    arrives = (
        stage.sunlight * lit
        + stage.sky * (0.5 + 0.5 * float(normal[1]))
        + 0.08 * stage.sunlight * max(0.0, stage.sun[1])
    )
    clear = np.exp(-stage.air * z / 1000.0)
    column = min(max(int(screen[:, 0].mean()), 0), stage.low.shape[0] - 1)
    color = albedo * (arrives / math.pi * clear).astype(np.float32) + (stage.low[column] * (1 - clear)).astype(
        np.float32
    )
    size = (x1 - x0, y1 - y0)
    rows, columns = albedo.shape[:2]
    flat = screen.copy()
    if what == "gable":  # a triangle: its texture is that of the rectangle around it
        rise = screen[0] - (screen[2] + screen[3]) / 2
        flat[0], flat[1] = screen[3] + rise, screen[2] + rise
    source = np.array([[0, 0], [columns, 0], [columns, rows], [0, rows]], np.float32)
    turn = cv2.getPerspectiveTransform(source, (flat - [x0, y0]).astype(np.float32))
    inside = np.zeros(size[::-1], np.uint8)
    cv2.fillConvexPoly(inside, np.round((screen - [x0, y0]) * 16).astype(np.int32), 255, cv2.LINE_AA, 4)
    part = (slice(y0, y1), slice(x0, x1))
    far = stage.distance[part]
    cover = inside.astype(np.float32) / 255 * ((far == 0) | (far > z - 0.8 * max(h.wide, h.deep)))
    cover = cover[..., None]
    picture = cv2.warpPerspective(color, turn, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    light = cv2.warpPerspective(shine, turn, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    stage.out[part] += cover * (picture - stage.out[part])
    stage.glow[part] += cover * (light - stage.glow[part])
    hard = cover[..., 0] > 0.5
    stage.kind[part][hard] = BUILDING
    far[hard] = z


def _texture(
    what: str, h: House, across: float, down: float, stage: Stage, tint: F32, rng: np.random.Generator
) -> tuple[F32, F32]:
    """Albedo and own light of a face, a few texels a metre."""
    per = 3 if h.tower else 11
    rows, columns = max(4, int(down * per)), max(4, int(across * per))
    paint = np.asarray(h.paint, np.float32)
    albedo = np.broadcast_to(paint, (rows, columns, 3)) * rng.normal(1.0, 0.06, (rows, columns, 1)).astype(np.float32)
    albedo = np.ascontiguousarray(albedo, np.float32)
    shine = np.zeros_like(albedo)
    if what in ("roof", "flat"):
        tiles = (0.10, 0.075, 0.06) if what == "roof" else (0.10, 0.10, 0.10)
        slate = np.array((0.74, 0.77, 0.82) if stage.snow else tiles, np.float32)
        albedo[:] = slate * rng.normal(1.0, 0.03 if stage.snow else 0.1, (rows, columns, 1)).astype(np.float32)
        if what == "roof" and not stage.snow:
            albedo[:: max(2, per // 2)] *= 0.75
        if stage.neon and what == "roof":
            shine[-2:] = 1.6 * stage.neon * tint
        return albedo, shine
    step_x, step_y = (3.0, 3.4) if h.tower else (2.4, 2.7)
    count_x, count_y = max(1, int(across / step_x)), max(1, int(down / step_y))
    if what == "gable":
        return albedo, shine
    for i in range(count_x):
        for j in range(count_y):
            cx, cy = (i + 0.5) / count_x * columns, (j + 0.52) / count_y * rows
            hx, hy = (0.30 if h.tower else 0.19) * step_x * per, (0.30 if h.tower else 0.24) * step_y * per
            part = (
                slice(max(0, int(cy - hy)), max(1, round(cy + hy))),
                slice(max(0, int(cx - hx)), max(1, round(cx + hx))),
            )
            if not h.tower:
                rim = (
                    slice(max(0, int(cy - hy) - 1), round(cy + hy) + 1),
                    slice(max(0, int(cx - hx) - 1), round(cx + hx) + 1),
                )
                albedo[rim] = np.float32(0.55)
            albedo[part] = np.array([0.035, 0.045, 0.06], np.float32)
            if not h.tower:
                albedo[part[0], int(cx) : int(cx) + 1] = np.float32(0.4)
            if rng.random() < stage.lamps * (0.55 if h.tower else 0.75):
                strong = float(rng.uniform(0.5, 1.5))
                light = WARM if rng.random() < 0.85 else np.array([0.85, 0.92, 1.0], np.float32)
                if stage.neon and rng.random() < 0.45 * stage.neon:
                    light = NEON[int(rng.integers(len(NEON)))]
                shine[part] = strong * light
    if not h.tower and count_x >= 2 and what == "wall" and across > 7:
        at = int(columns * (count_x // 2) / count_x)
        albedo[rows - int(2.1 * per) :, at - per // 2 : at + per // 2] = np.array([0.10, 0.055, 0.03], np.float32)
    if stage.neon and rng.random() < 0.8:
        left = int(rng.integers(0, max(1, columns - per)))
        if rng.random() < 0.5:
            shine[rows // 5 : rows - rows // 6, left : left + max(2, per // 2)] = 1.8 * stage.neon * tint
        else:
            shine[rows // 3 : rows // 3 + max(2, per // 3), columns // 8 : columns - columns // 8] = (
                1.8 * stage.neon * tint
            )
    return albedo, shine


def with_glow(pixels: F32, glow: F32, kind: NDArray[np.uint8], water: int, horizon: float) -> F32:
    """Add what shines: itself, a halo in the air, light on what is around, and its long image in water. In place."""
    if not glow.any():
        return pixels
    h, w = glow.shape[:2]
    small = cv2.resize(glow, (max(1, w // 4), max(1, h // 4)), interpolation=cv2.INTER_AREA)
    halo = cv2.GaussianBlur(small, (0, 0), 0.004 * w) * 0.45 + cv2.GaussianBlur(small, (0, 0), 0.012 * w) * 0.35
    around = cv2.resize(halo, (w, h), interpolation=cv2.INTER_LINEAR)
    pixels += glow + around
    top = int(horizon)
    image = np.zeros_like(glow)
    rows = min(top, h - top)
    image[top : top + rows] = (glow + 0.5 * around)[top - rows : top][::-1]
    long = cv2.GaussianBlur(image, (0, 0), sigmaX=0.0012 * w + 0.3, sigmaY=0.02 * h)
    pixels += np.where((kind == water)[..., None], 0.75 * long, 0)
    return pixels
