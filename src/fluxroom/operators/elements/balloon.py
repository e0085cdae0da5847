"""Hot-air balloons in the free sky: gores of dyed cloth in the scene's own light, a basket on ropes below."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fluxroom.operators.declare import Label, Operator, Overview, Param, Parameters, register
from fluxroom.operators.elements.canvas import Canvas
from fluxroom.operators.elements.dyes import COLOR, DYES
from fluxroom.operators.elements.finish import Drawn, Finished, apply, finish
from fluxroom.operators.elements.place import PLACE, Lit, flying_room, free_place, lit
from fluxroom.operators.elements.shade import shaded
from fluxroom.operators.elements.still import doubled
from fluxroom.scene import Float

Profile = NDArray[np.float64]

RED, YELLOW, BLUE, CREAM, ORANGE, TEAL, WINE = np.array(
    [[0.40, 0.045, 0.03], [0.60, 0.38, 0.05], [0.045, 0.085, 0.24], [0.66, 0.61, 0.52], [0.52, 0.17, 0.03],
     [0.06, 0.22, 0.24], [0.20, 0.02, 0.04]], np.float32)  # fmt: skip
"""Albedo of dyed nylon, linear Rec.2020; less pure than fresh dye, for the sun bleaches it."""
PALETTES = (
    (RED, YELLOW, CREAM), (ORANGE, CREAM, WINE), (YELLOW, RED, BLUE), (RED, CREAM, BLUE), (ORANGE, YELLOW, RED),
    (TEAL, CREAM, ORANGE),
)  # fmt: skip
FLAME = np.array([1.0, 0.62, 0.28], np.float32)
GORES, PANELS = 24, 16
"""Strips of cloth around, and panels from crown to mouth."""
_MIDDLE, _TOP, _NECK, _WIDE = 0.37, 0.02, 0.79, 0.345


def draw(light: Lit, rng: np.random.Generator, height: int = 640, dye: str = "any") -> Float:
    """(h, w, 4) premultiplied."""
    canvas = Canvas(height, 0.74)
    v = np.linspace(0, 1, 160)
    # A sphere above, narrowing in a smooth line to the mouth.
    upper = _WIDE * np.sqrt(np.maximum(0, 1 - (2.15 * v - 1.0) ** 2))
    lower = _WIDE * np.cos(np.clip((v - 0.465) / 0.535, 0, 1) * 1.36) ** 1.05
    radius = np.where(v < 0.465, upper, np.maximum(lower, 0.058))
    y = _TOP + (_NECK - _TOP) * v
    outline = np.concatenate([np.stack([_MIDDLE + radius, y], -1), np.stack([_MIDDLE - radius, y], -1)[::-1]])
    color = _cloth(canvas, y, radius, light, rng, dye)
    _mouth(canvas, light, color)
    canvas.polygon(outline, color)
    _basket(canvas, light, rng)
    return canvas.pixels


def _cloth(canvas: Canvas, y: Profile, radius: Profile, light: Lit, rng: np.random.Generator, dye: str) -> Float:
    """Colour of the envelope at each place of the canvas."""
    px, py = canvas.places()
    across = np.interp(py, y, np.maximum(radius, 1e-3)).astype(np.float32)
    angle = np.arcsin(np.clip((px - _MIDDLE) / across, -0.999, 0.999)).astype(np.float32)
    slope = np.interp(py, y, np.clip(np.gradient(radius, y), -3, 6)).astype(np.float32)
    down = np.clip((py - _TOP) / (_NECK - _TOP), 0, 1)
    # Seen from below, level bands arch.
    level = down + np.float32(0.055) * (across / np.float32(_WIDE)) * np.cos(angle)
    turn = float(rng.random())
    gore = (angle / np.float32(2 * np.pi)) * GORES + np.float32(turn + GORES)
    inside = gore - np.floor(gore)
    albedo = _dyed(np.floor(gore), np.floor(level * PANELS), rng, dye)
    # Each panel from its own roll of cloth.
    shade = rng.normal(1.0, 0.025, (2 * GORES, 2 * PANELS)).astype(np.float32)
    albedo = albedo * shade[np.floor(gore).astype(int) % (2 * GORES), np.floor(level * PANELS).astype(int)][..., None]
    # Gores bulge between their tapes; folds gather toward the mouth.
    bulge = np.float32(0.9 * np.pi / GORES) * (inside - np.float32(0.5)) * (1 + 1.8 * np.clip((down - 0.6) / 0.4, 0, 1))
    around = angle + bulge
    crease = 1 + 0.03 * np.sin(31 * down + 5 * np.sin(gore * 2.1 + 7 * turn)) * np.clip(1.5 - np.abs(slope), 0, 1)
    normal = np.stack([np.sin(around), slope + 0.04 * (crease - 1) / 0.03, -np.cos(around)], -1)
    normal /= np.sqrt((normal * normal).sum(-1, keepdims=True))
    seam = np.abs(inside - 0.5) * 2
    cover = 1 - 0.28 * np.clip((seam - 0.80) / 0.20, 0, 1) ** 2
    cover = cover * (1 - 0.45 * np.clip((down - 0.80) / 0.20, 0, 1))
    color = shaded(albedo * crease[..., None], normal.astype(np.float32), light, 0.30, cover.astype(np.float32))
    tape = np.clip((seam - 0.93) / 0.05, 0, 1) * 0.35 + 0.25 * (np.abs(level * PANELS % 1 - 0.5) > 0.47)
    color = color * (1 - np.minimum(tape, 0.45))[..., None]
    # After sunset the burner shows through the cloth.
    burner = 0.9 * light.dim * light.top * np.exp(-(((down - 0.78) / 0.34) ** 2)) * np.cos(angle)
    color = color + burner[..., None] * albedo * FLAME
    half = light.sun + np.array([0, 0, -1], np.float32)
    half = half / max(1e-4, float(np.sqrt((half * half).sum())))
    sheen = 0.05 * np.clip(normal @ half, 0, 1) ** 24
    return np.asarray(1.25 * color + sheen[..., None] * light.direct, np.float32)


def _dyed(gore: Float, panel: Float, rng: np.random.Generator, dye: str) -> Float:
    """Dye of each panel: stripes with a belt, a spiral, or zigzag belts; of one colour in two shades where one is
    named."""
    first, second, third = PALETTES[int(rng.integers(len(PALETTES)))]
    if dye in DYES:
        first, third = DYES[dye], CREAM if dye != "white" else DYES["blue"]
        second = np.asarray(0.72 * first + (0.03 if dye != "white" else 0.0), np.float32)
    kind = int(rng.integers(3))
    out = np.broadcast_to(first, (*gore.shape, 3)).copy()
    if kind == 0:
        out[np.mod(gore, 4) >= 2] = second
        out[(panel >= 7) & (panel < 9)] = third
    elif kind == 1:
        out[np.mod(gore + panel, 8) >= 4] = second
        out[np.mod(gore + panel, 8) >= 7] = third
    else:
        zigzag = panel + np.abs(np.mod(gore, 6) - 3)
        out[(zigzag >= 7) & (zigzag < 10)] = second
        out[(zigzag >= 10) & (zigzag < 11)] = third
        out[panel < 2] = second
    out[panel >= PANELS - 1] = 0.5 * third
    return np.asarray(out, np.float32)


def _mouth(canvas: Canvas, light: Lit, color: Float) -> None:
    """The opening, seen a little from below: the lit inside of the cloth."""
    t = np.linspace(0, 2 * np.pi, 40)
    rim = np.stack([_MIDDLE + 0.058 * np.cos(t), _NECK + 0.012 * np.sin(t)], -1)
    canvas.polygon(rim, np.asarray(0.35 * color.mean((0, 1)) + 0.15 * light.below, np.float32))


def _basket(canvas: Canvas, light: Lit, rng: np.random.Generator) -> None:
    rope = np.asarray(0.12 * light.above + 0.04 * light.direct, np.float32)
    for near in (0.4, 1.0):
        for side in (-1, -0.35, 0.35, 1):
            canvas.line([(_MIDDLE + side * 0.054, _NECK + 0.006), (_MIDDLE + side * 0.033, 0.905)], 0.0022 * near, rope)
    left, right, top, foot = _MIDDLE - 0.040, _MIDDLE + 0.040, 0.917, 0.978
    metal = shaded(np.array([0.2, 0.2, 0.2], np.float32), _facing(0.0), light)
    canvas.line([(_MIDDLE - 0.03, 0.872), (_MIDDLE + 0.03, 0.872)], 0.006, metal)
    for x in (-0.022, 0.002, 0.020):
        body = shaded(np.array(rng.uniform(0.04, 0.3, 3), np.float32), _facing(-0.2), light)
        lean = float(rng.uniform(-0.004, 0.004))
        t = np.linspace(0, 2 * np.pi, 16)
        canvas.polygon(np.stack([_MIDDLE + x + 0.011 * np.cos(t), 0.914 + 0.015 * np.sin(t)], -1), body)
        skin = shaded(np.array([0.28, 0.19, 0.13], np.float32), _facing(0.0), light)
        canvas.polygon(np.stack([_MIDDLE + x + lean + 0.0062 * np.cos(t), 0.894 + 0.008 * np.sin(t)], -1), skin)
    px, py = canvas.places()
    turn = np.clip((px - _MIDDLE) / 0.04, -0.95, 0.95)
    normal = np.stack([turn, np.zeros_like(turn), -np.sqrt(1 - turn**2)], -1).astype(np.float32)
    weave = 1 + 0.16 * np.sin(px * 900) * np.sin(py * 700)
    wicker = np.array([0.20, 0.115, 0.055], np.float32) * weave[..., None]
    inset = 0.004
    walls = [(left, top), (right, top), (right - inset, foot), (left + inset, foot)]
    canvas.polygon(walls, shaded(wicker.astype(np.float32), normal, light, cover=0.85))
    leather = shaded(np.array([0.10, 0.05, 0.03], np.float32), _facing(0.4), light)
    canvas.line([(left - 0.001, top), (right + 0.001, top)], 0.008, leather)
    canvas.line([(left + inset, foot - 0.002), (right - inset, foot - 0.002)], 0.005, 0.6 * leather)


def _facing(up: float) -> Float:
    """A normal toward the camera, a little up."""
    return np.array([0.0, up, -np.sqrt(1 - up * up)], np.float32)


def _prepare(overview: Overview, parameters: Parameters, seed: int) -> Finished | None:
    count, size = round(float(parameters["count"])), float(parameters["size"])
    if size == 0 or count == 0:
        return None
    scene = overview.scene
    rng = np.random.default_rng(seed)
    sky, mask = flying_room(overview)
    aspect = scene.width / max(1, scene.height)
    light = lit(overview)
    twice = doubled(overview)  # where still water shows it once more
    out: list[Drawn] = []
    for number in range(count):
        tall = 0.16 * size * (1.0 if number == 0 else float(rng.uniform(0.3, 0.75)))
        x, y = float(parameters["x"]), float(parameters["y"])
        if number or x < 0 or y < 0:
            side = 0.33 if scene.light.x > 0.5 else 0.67
            want = (side if number == 0 else float(rng.uniform(0.1, 0.9)), 0.5 * scene.horizon.y(0.5))
            if number == 0:
                want = (x if x >= 0 else want[0], y if y >= 0 else want[1])
            found = None
            for room, free in ((1.6, mask * twice), (1.1, mask * twice), (2.2, mask), (1.6, mask), (1.1, mask)):
                if found is None and free.any():
                    found = free_place(free, overview.pixels, room * 0.8 * tall / aspect, room * tall, want, rng)
            if found is None:
                continue
            x, y = found
        h, w = mask.shape
        rows = slice(max(0, int((y - 0.8 * tall) * h)), int((y + 0.8 * tall) * h) + 1)
        mask[rows, max(0, int((x - 0.8 * tall / aspect) * w)) : int((x + 0.8 * tall / aspect) * w) + 1] = 0
        fade = float(np.clip(0.22 - 0.9 * tall, 0.05, 0.32))
        fine = round(min(640, max(160, 1.4 * tall * scene.height)))
        out.append(Drawn(draw(light, rng, fine, str(parameters["color"])), x, y, tall, fade, within=sky))
    return finish(overview, sorted(out, key=lambda thing: thing.height), light, seed)


BALLOON = register(
    Operator(
        name="hot_air_balloon",
        version=1,
        family="elements",
        kind="layer",
        label=Label("Hot-air balloon", "热气球"),
        doc="Hot-air balloons in the free sky, the first the largest, in the scene's own light, faded by the air and"
        " mirrored in still water. Size 1: 16 % of the frame's height. x, y: the first one's middle; -1 finds a calm"
        " place.",
        params=(
            Param("count", 1.0, 0.0, 20.0, "", Label("Count", "数量")),
            Param("size", 1.0, 0.0, 4.0, "", Label("Size", "大小")),
            COLOR,
            *PLACE,
        ),
        prepare=_prepare,
        apply=apply,
        region="sky",
        places=True,
    )
)
