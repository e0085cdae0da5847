"""A sailboat on the water, as large as its distance says, with its reflection."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from fluxroom.operators.declare import Label, Operator, Overview, Param, Parameters, register
from fluxroom.operators.elements.canvas import Canvas, curve
from fluxroom.operators.elements.dyes import COLOR, DYES
from fluxroom.operators.elements.finish import Drawn, Finished, apply, finish
from fluxroom.operators.elements.place import PLACE, Lit, free_place, lit
from fluxroom.operators.elements.shade import shaded
from fluxroom.scene import Float

MAST = 11.0
"""Height of the mast over the water, metres."""
EYE = 3.5
"""Assumed height of the camera over the water, metres."""
_WATERLINE = 0.965
SAIL = np.array([0.80, 0.78, 0.73], np.float32)
HULLS = np.array([[0.70, 0.69, 0.66], [0.70, 0.69, 0.66], [0.03, 0.05, 0.12], [0.22, 0.03, 0.03]], np.float32)
"""Albedo of sail cloth and of hulls: white, blue, red."""
Place = Callable[[float, float], tuple[float, float]]


def draw(light: Lit, heading: float, rng: np.random.Generator, height: int = 800, dye: str = "any") -> Float:
    """(h, w, 4) premultiplied; the waterline lies at _WATERLINE of the height. heading: -1 or 1, where the bow is."""
    canvas = Canvas(height, 0.92)
    narrow = float(rng.uniform(0.78, 1.0))  # seen more or less from the side
    heel = float(rng.uniform(-0.015, 0.085)) * (1 if rng.random() < 0.5 else -1)

    def at(x: float, y: float) -> tuple[float, float]:
        return 0.46 + heading * narrow * x + heel * (_WATERLINE - y), y

    x, y = canvas.places()
    along = (x - 0.46 - np.float32(heel) * (_WATERLINE - y)) * np.float32(heading / narrow)
    _sails(canvas, at, along, y, heading, light, rng, DYES.get(dye, SAIL))
    _rig(canvas, at, light)
    _hull(canvas, at, y, heading, light, rng)
    return canvas.pixels


def _sails(
    canvas: Canvas, at: Place, along: Float, y: Float, heading: float, light: Lit, rng: np.random.Generator, sail: Float
) -> None:
    """Two bellied sails of cloth: lit on one side, glowing where the light comes through."""
    luff, bow = 0.018, 0.33
    jib = np.concatenate(
        [
            curve([at(luff + 0.004, 0.075), at(0.175, 0.46), at(bow, 0.845)]),
            curve([at(bow, 0.845), at(0.16, 0.822), at(-0.03, 0.832)]),
            curve([at(-0.03, 0.832), at(0.015, 0.50), at(luff + 0.004, 0.075)]),
        ]
    )
    main = np.concatenate(
        [
            curve([at(-0.010, 0.030), at(-0.125, 0.33), at(-0.225, 0.60), at(-0.290, 0.806)]),
            curve([at(-0.290, 0.806), at(-0.15, 0.822), at(-0.010, 0.822)]),
        ]
    )
    # Trimmed so that the side that we see takes the sun, if any does.
    trim = float(rng.uniform(0.3, 0.7)) * (1.0 if light.sun[0] > 0 else -1.0)
    for outline, chord, deep, reef in ((main, 0.30 * (y / 0.82), -0.75, 13), (jib, 0.36 * (y / 0.84), 0.85, 11)):
        share = np.clip(np.abs(along) / np.maximum(chord, 0.02), 0, 1)
        angle = trim + heading * deep * (share - 0.45) + 0.25 * (0.5 - y)
        normal = np.stack([np.sin(angle), np.full_like(angle, 0.12), -np.cos(angle)], -1).astype(np.float32)
        normal /= np.sqrt((normal * normal).sum(-1, keepdims=True))
        run = y * reef + 1.2 * share * np.sign(deep)
        seams = 1 - 0.07 * np.exp(-(((run % 1) - 0.5) ** 2) / 0.002)
        folds = 1 + 0.035 * np.sin(40 * share + 9 * y) * np.clip((y - 0.55) / 0.3, 0, 1)
        albedo = sail * (seams * folds)[..., None]
        cloth = shaded(albedo.astype(np.float32), normal, light, 0.45) * np.float32(1 - 0.35 * light.against)
        edge = np.clip((share - 0.93) / 0.07, 0, 1)[..., None]
        canvas.polygon(outline, np.asarray(cloth * (1 - 0.25 * edge), np.float32))


def _rig(canvas: Canvas, at: Place, light: Lit) -> None:
    metal = shaded(np.array([0.22, 0.22, 0.23], np.float32), np.array([0.0, 0.0, -1.0], np.float32), light)
    canvas.line([at(0.004, 0.012), at(0.004, 0.875)], 0.0075, metal)
    canvas.line([at(-0.002, 0.828), at(-0.305, 0.814)], 0.0085, 0.8 * metal)
    canvas.line([at(0.004, 0.05), at(0.348, 0.858)], 0.0022, 0.6 * metal)
    canvas.line([at(0.004, 0.015), at(-0.345, 0.868)], 0.0016, 0.6 * metal)


def _hull(canvas: Canvas, at: Place, y: Float, heading: float, light: Lit, rng: np.random.Generator) -> None:
    water = _WATERLINE
    sheer = curve([at(-0.345, 0.870), at(-0.10, 0.879), at(0.15, 0.873), at(0.375, 0.852)])
    stem = curve([at(0.375, 0.852), at(0.335, 0.905), at(0.295, water)])
    stern = curve([at(-0.305, water), at(-0.335, 0.905), at(-0.345, 0.870)])
    outline = np.concatenate([sheer, stem, stern])
    round_ = np.clip((y - 0.86) / (water - 0.86), 0, 1)
    side = 0.35 * heading
    normal = np.stack([np.full_like(y, side), 0.35 - 0.75 * round_, np.full_like(y, -0.8)], -1).astype(np.float32)
    normal /= np.sqrt((normal * normal).sum(-1, keepdims=True))
    paint = HULLS[int(rng.integers(len(HULLS)))]
    cover = (1 - 0.45 * round_).astype(np.float32)
    up = shaded(SAIL, np.array([0.25 * heading, 0.35, -0.9], np.float32), light)
    cabin = curve([at(-0.115, 0.882), at(-0.10, 0.846), at(0.075, 0.842), at(0.145, 0.876)])
    canvas.polygon(cabin, np.asarray(0.85 * up, np.float32))
    canvas.line([at(-0.07, 0.861), at(0.06, 0.858)], 0.010, 0.16 * up)
    for x in (-0.20, -0.255)[: int(rng.integers(1, 3))]:
        coat = shaded(np.array(rng.uniform(0.03, 0.35, 3), np.float32), np.array([0.0, 0.2, -0.98], np.float32), light)
        t = np.linspace(0, 2 * np.pi, 14)
        px, py = at(x, 0.856)
        canvas.polygon(np.stack([px + 0.017 * np.cos(t), py + 0.026 * np.sin(t)], -1), coat)
        canvas.polygon(np.stack([px + 0.010 * np.cos(t), py - 0.032 + 0.012 * np.sin(t)], -1), 0.5 * up)
    hull = shaded(paint, normal, light, cover=cover) * np.float32(1 - 0.55 * light.against)
    canvas.polygon(outline, hull)
    canvas.line(sheer, 0.0045, 0.75 * up)
    boot = [at(-0.312, water - 0.012), at(0.305, water - 0.012), at(0.295, water), at(-0.305, water)]
    canvas.polygon(boot, np.asarray(0.08 * up, np.float32))


def _advise(overview: Overview, parameters: Parameters) -> tuple[str, ...]:
    asked = round(float(parameters["count"])) > 0 and float(parameters["size"]) > 0
    if not asked or overview.scene.share("water") >= 0.01:
        return ()
    return ("sailboat: no water is seen in this photo, so none is put in",)


def _prepare(overview: Overview, parameters: Parameters, seed: int) -> Finished | None:
    count, size = round(float(parameters["count"])), float(parameters["size"])
    water = overview.scene.regions.get("water")
    if count == 0 or size == 0 or water is None or water.shape != overview.mask.shape or float(water.mean()) < 0.01:
        return None
    scene = overview.scene
    rng = np.random.default_rng(seed)
    rows = np.flatnonzero(water.mean(axis=1) > 0.06)
    horizon = scene.horizon.y(0.5)
    if scene.horizon.confidence < 0.3 and len(rows):
        horizon = float(rows[0]) / len(water)
    free = ((water > 0.7) & (overview.mask > 0.97)).astype(np.float32)
    light = lit(overview)
    boats = []
    for number in range(count):
        tall = 0.10 * size * (1.0 if number == 0 else float(rng.uniform(0.35, 0.8)))
        at = (float(parameters["x"]), float(parameters["y"])) if number == 0 else (-1.0, -1.0)
        found = _berth(overview, free, horizon, float(np.clip(tall, 0.01, 0.5)), at, rng)
        if found is not None:
            boats.append(found)
    out: list[Drawn] = []
    for x, line, tall in sorted(boats, key=lambda boat: boat[2]):  # the farthest first
        fine = round(min(800, max(160, 1.5 * tall * scene.height)))
        boat = draw(light, 1.0 if rng.random() < 0.5 else -1.0, rng, fine, str(parameters["color"]))
        haze = float(np.clip(0.16 - 1.0 * tall, 0.03, 0.16)) * (1 - 0.6 * light.against)
        whole = tall / _WATERLINE
        out.append(Drawn(boat, x, line + whole * (0.5 - _WATERLINE), whole, haze, _WATERLINE, "water"))
    return finish(overview, out, light, seed)


def _berth(
    overview: Overview, free: Float, horizon: float, tall: float, at: tuple[float, float], rng: np.random.Generator
) -> tuple[float, float, float] | None:
    """Place across, waterline and height of a boat, shares of the frame; its berth is taken out of `free`."""
    scene = overview.scene
    aspect = scene.width / max(1, scene.height)
    # A boat of that height in the picture lies this far under the horizon.
    line = horizon + tall * EYE / MAST
    x, y = at
    if y >= 0:
        line = y
        if line > horizon + 0.004:
            tall = float(np.clip((line - horizon) * MAST / EYE, 0.01, 0.5))
    if x < 0:
        want = (0.33 if scene.light.x > 0.5 else 0.67, line + 0.12 * tall)
        near = np.ascontiguousarray(free).copy()
        near[round((line + 0.9 * tall) * len(near)) :] = 0  # first where it is as large as asked
        found = None
        for room in (near, np.ascontiguousarray(free)):
            if found is None:
                found = free_place(room, overview.pixels, 0.75 * tall / aspect, 0.24 * tall, want, rng)
        if found is None:
            return None
        x = found[0]
        if y < 0:
            line = max(line, found[1] - 0.10 * tall)
            # Nearer than wished: larger, as far as that is not another picture.
            tall = float(np.clip((line - horizon) * MAST / EYE, tall, 1.6 * tall))
    h, w = free.shape
    rows = slice(max(0, int((line - 0.3 * tall) * h)), int((line + 0.5 * tall) * h) + 1)
    free[rows, max(0, int((x - 0.8 * tall / aspect) * w)) : int((x + 0.8 * tall / aspect) * w) + 1] = 0
    return x, line, tall


SAILBOAT = register(
    Operator(
        name="sailboat",
        version=1,
        family="elements",
        kind="layer",
        label=Label("Sailboat", "帆船"),
        doc="Sailboats on the water with their reflections, as large as their distance under the horizon says (camera"
        " 3.5 m over the water, mast 11 m), in the light of the scene: white in sun, a dark shape against it. Size 1:"
        " 10 % of the frame's height. x, y: the waterline's middle; -1 finds a calm place. Nothing without water.",
        params=(
            Param("count", 1.0, 0.0, 12.0, "", Label("Count", "数量")),
            Param("size", 1.0, 0.0, 5.0, "", Label("Size", "大小")),
            COLOR,
            *PLACE,
        ),
        prepare=_prepare,
        apply=apply,
        advise=_advise,
        region="everything",
        places=True,
    )
)
