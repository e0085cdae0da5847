"""A lighthouse on a skerry in open water, its lamp lit when the light goes."""

from __future__ import annotations

import cv2
import numpy as np

from fluxroom.operators.declare import LUMA, Label, Operator, Overview, Param, Parameters, register
from fluxroom.operators.elements.canvas import Canvas
from fluxroom.operators.elements.finish import Drawn, Finished, apply, finish
from fluxroom.operators.elements.glow import bloom
from fluxroom.operators.elements.place import PLACE, Lit, lit
from fluxroom.operators.elements.shade import shaded
from fluxroom.operators.elements.stand import Foot, air_share, horizon, on_ground, region
from fluxroom.scene import Float

LAMP = np.array([1.0, 0.72, 0.36], np.float32)
"""Light of the lamp, linear Rec.2020, its largest channel 1."""
ROCK = 0.20
"""Height of the skerry, a share of the whole."""
WIDE = 0.95
"""Width of the picture over its height."""
_MIDDLE = 0.44


def _noise(shape: tuple[int, int], cell: float, rng: np.random.Generator) -> Float:
    small = rng.standard_normal((max(2, int(shape[0] / cell)), max(2, int(shape[1] / cell)))).astype(np.float32)
    return np.asarray(cv2.resize(small, (shape[1], shape[0]), interpolation=cv2.INTER_CUBIC), np.float32)


def _rock(canvas: Canvas, light: Lit, rng: np.random.Generator) -> None:
    """A low skerry: cracked rock, dark where it is wet, surf at its foot."""
    h, w = canvas.pixels.shape[:2]
    x, y = canvas.places()
    across = (x[0] - _MIDDLE - 0.02) / 0.43
    top = ROCK * np.clip(1 - np.abs(across) ** 1.7, 0, 1) ** 0.8
    for cell, much in ((0.10, 0.022), (0.04, 0.014), (0.012, 0.006)):
        top = top + much * _noise((1, w), cell * h, rng)[0] * np.clip(6 * top, 0, 1)
    top = np.maximum(top, 0.004 * np.clip(1.15 - np.abs(across), 0, 1))
    relief: Float = np.zeros((h, w), np.float32)
    for cell, much in ((0.075, 1.0), (0.030, 0.7), (0.012, 0.4), (0.005, 0.2)):
        n = _noise((h, w), cell * h, rng)
        relief += np.float32(much * cell) * (1 - 2 * np.abs(n))  # ridges and cracks
    gy, gx = np.gradient(relief * h)
    normal = np.stack([-1.1 * gx, 0.45 + 1.1 * gy, -np.ones_like(gx)], -1)
    normal /= np.linalg.norm(normal, axis=-1, keepdims=True)
    wet = np.clip(((1 - y) - 0.028 - 0.008 * _noise((1, w), 0.03 * h, rng)) / 0.012, 0, 1)
    crack = np.clip(0.55 + 6 * relief, 0.3, 1.15)
    albedo = np.array([0.135, 0.115, 0.095], np.float32) * (crack * (0.35 + 0.65 * wet))[..., None]
    color = shaded(albedo.astype(np.float32), normal.astype(np.float32), light)
    alpha = np.clip((top[None] - (1 - y)) * h + 0.5, 0, 1)
    canvas.pixels *= (1 - alpha)[..., None]
    canvas.pixels[..., :3] += alpha[..., None] * color
    canvas.pixels[..., 3] += alpha
    # Surf: white in broken lumps along the waterline.
    surf = 0.010 + 0.010 * _noise((1, w), 0.02 * h, rng)[0] + 0.006 * _noise((1, w), 0.006 * h, rng)[0]
    lumps = 0.6 + 0.4 * np.clip(_noise((h, w), 0.008 * h, rng), -1, 1)
    foam = np.clip((surf[None] - (1 - y)) * h * 0.6 + 0.5, 0, 1) * lumps * (np.abs(across) < 1.08)[None]
    white = 0.75 * shaded(np.full(3, 0.8, np.float32), np.array([0, 0.8, -0.6], np.float32), light)
    canvas.pixels *= (1 - foam)[..., None]
    canvas.pixels[..., :3] += foam[..., None] * white
    canvas.pixels[..., 3] += foam


def _round(canvas: Canvas, light: Lit, albedo: Float, foot: float, top: float, ra: float, rb: float) -> None:
    """A round wall between two heights over the lower end, radii ra below and rb above."""
    x, y = canvas.places()
    up = np.clip(((1 - y) - foot) / max(1e-4, top - foot), 0, 1)
    turn = np.clip((x - _MIDDLE) / (ra + up * (rb - ra)), -0.98, 0.98)
    normal = np.stack([turn, np.full_like(turn, 0.05), -np.sqrt(1 - turn**2)], -1).astype(np.float32)
    color = shaded(albedo, normal, light)
    t = np.linspace(-1, 1, 15)
    bow = 0.10 * np.sqrt(1 - t**2)  # seen a little from below
    lower = np.stack([_MIDDLE + ra * t, 1 - foot + 0 * bow], -1)
    upper = np.stack([_MIDDLE + rb * t[::-1], 1 - top - 0.25 * rb * bow[::-1]], -1)
    canvas.polygon(np.concatenate([lower, upper]), color)


def _box(x: float, foot: float, half: float, tall: float) -> list[tuple[float, float]]:
    """An upright box on `foot`, canvas coordinates."""
    return [(x - half, foot), (x + half, foot), (x + half, foot - tall), (x - half, foot - tall)]


def draw(light: Lit, burning: float, rng: np.random.Generator, height: int) -> tuple[Float, float]:
    """(h, w, 4) premultiplied, and the height of its lamp over the lower end, a share of the height."""
    canvas = Canvas(height, WIDE)
    _rock(canvas, light, rng)
    base = 0.72 * ROCK
    long = 1 - base
    x, y = canvas.places()
    weather = 1 - 0.10 * np.clip(_noise(x.shape, 0.03 * height, rng), 0, 2) - 0.06 * np.clip((y - 0.5) * 2, 0, 1)
    plaster = (np.array([0.74, 0.72, 0.68], np.float32) * weather[..., None]).astype(np.float32)
    if rng.random() < 0.45:  # a day mark: a broad red band
        band = np.clip(np.minimum((1 - y) - (base + 0.34 * long), (base + 0.56 * long) - (1 - y)) * height, 0, 1)
        plaster += band[..., None] * (np.array([0.34, 0.040, 0.030], np.float32) * weather[..., None] - plaster)
    _house(canvas, light, base, long, rng)
    ra, rb = 0.070 * long, 0.044 * long
    neck = base + 0.76 * long
    _round(canvas, light, plaster, base - 0.01, neck, ra, rb)
    dark = shaded(np.array([0.03, 0.035, 0.04], np.float32), np.array([0, 0, -1], np.float32), light)
    glass = np.asarray(dark + (0.35 + 0.65 * burning) * burning * LAMP, np.float32)
    for share, side in ((0.18, 0.012), (0.40, -0.010), (0.60, 0.006)):
        at, w = base + share * long, 0.0075 * long
        canvas.polygon(_box(_MIDDLE + side, 1 - at, w, 3.2 * w), np.asarray(dark + 0.25 * burning * LAMP, np.float32))
    iron = np.array([0.045, 0.042, 0.042], np.float32)
    red = np.array([0.20, 0.030, 0.024], np.float32)
    _round(canvas, light, iron, neck, neck + 0.018 * long, 1.05 * rb, 1.42 * rb)
    room = neck + 0.018 * long
    lamp = room + 0.055 * long
    glow = np.exp(-(((x - _MIDDLE) / (0.5 * rb)) ** 2) - ((1 - y - lamp) / (0.03 * long)) ** 2)
    pane = np.asarray(glass * np.float32(0.55) + (1.6 * burning * glow)[..., None] * (0.4 + 0.6 * LAMP), np.float32)
    pane += 0.25 * light.air * np.float32(1 - burning)
    canvas.polygon(_box(_MIDDLE, 1 - room, 0.62 * rb, 0.10 * long), pane)
    for side in (-0.62, -0.22, 0.22, 0.62):
        canvas.line([(_MIDDLE + side * rb, 1 - room), (_MIDDLE + side * rb, 1 - room - 0.10 * long)], 0.003, dark)
    for rail in (0.028, 0.05):
        at = 1 - neck - rail * long
        canvas.line([(_MIDDLE - 1.38 * rb, at), (_MIDDLE + 1.38 * rb, at)], 0.0022, dark)
    for side in np.linspace(-1.38, 1.38, 9):
        canvas.line([(_MIDDLE + side * rb, 1 - neck), (_MIDDLE + side * rb, 1 - neck - 0.05 * long)], 0.0018, dark)
    cap = room + 0.10 * long
    _round(canvas, light, red, cap, cap + 0.020 * long, 0.82 * rb, 0.66 * rb)
    _round(canvas, light, red, cap + 0.020 * long, cap + 0.055 * long, 0.66 * rb, 0.10 * rb)
    canvas.line([(_MIDDLE, 1 - cap - 0.05 * long), (_MIDDLE, 1 - cap - 0.095 * long)], 0.004, dark)
    return canvas.pixels, lamp


def _house(canvas: Canvas, light: Lit, base: float, long: float, rng: np.random.Generator) -> None:
    """The keeper's house beside the tower."""
    side = 1.0 if rng.random() < 0.5 else -1.0
    near, far = _MIDDLE + side * 0.05 * long, _MIDDLE + side * 0.23 * long
    floor, eaves, ridge = base - 0.015, base + 0.085 * long, base + 0.145 * long
    wall = shaded(np.array([0.62, 0.60, 0.56], np.float32), np.array([0.0, 0.0, -1.0], np.float32), light)
    slate = shaded(np.array([0.17, 0.06, 0.045], np.float32), np.array([0.0, 0.70, -0.71], np.float32), light)
    dark = shaded(np.array([0.03, 0.035, 0.04], np.float32), np.array([0.0, 0.0, -1.0], np.float32), light)
    canvas.polygon([(near, 1 - floor), (far, 1 - floor), (far, 1 - eaves), (near, 1 - eaves)], wall)
    out = side * 0.008
    roof = [(near - out, 1 - eaves), (far + out, 1 - eaves), (far - out, 1 - ridge), (near + out, 1 - ridge)]
    canvas.polygon(roof, slate)
    for share in (0.30, 0.62):
        at, w = near + share * (far - near), 0.008 * long
        low = base + 0.028 * long
        canvas.polygon(_box(at, 1 - low, w, 3 * w), dark)


def _prepare(overview: Overview, parameters: Parameters, seed: int) -> Finished | None:
    size, glow = float(parameters["size"]), float(parameters["glow"])
    if size == 0:
        return None
    scene = overview.scene
    rng = np.random.default_rng(seed)
    light = lit(overview)
    foot = _site(overview, size, (float(parameters["x"]), float(parameters["y"])), rng)
    if foot is None:
        return None
    # Dusk by perception, or by what an hour asked for before has left of the day.
    level = float((np.maximum(overview.pixels, 0) @ np.array(LUMA, np.float32)).mean())
    dark = max(1.3 * light.dim - 0.05, float(np.clip((0.11 - level) / 0.07, 0, 1)))
    burning = float(np.clip(glow * max(0.0, dark), 0, 1))
    height = int(np.clip(2.0 * foot.h * scene.height, 360, 1500))
    picture, lamp = draw(light, burning, rng, height)
    haze = max(0.03, min(0.35, air_share(overview, foot, light.air)))
    aspect = scene.width / max(1, scene.height)
    x = foot.x + (0.5 * WIDE - _MIDDLE) * foot.h / aspect
    things = [Drawn(picture, x, foot.y - 0.5 * foot.h, foot.h, haze, 1.0, "water")]
    if burning > 0.05:
        air = bloom(LAMP, 0.55 * burning)
        things.append(Drawn(air, foot.x, foot.y - lamp * foot.h, 1.1 * foot.h, on="air", glows=True))
    return finish(overview, things, light, seed)


def _site(overview: Overview, size: float, at: tuple[float, float], rng: np.random.Generator) -> Foot | None:
    """A place in water just under the horizon, or None."""
    high = float(min(0.6, 0.19 * size))
    if at[0] >= 0 and at[1] >= 0:
        return Foot(at[0], at[1], high, 0.01, False)
    wet = region(overview, "water") * (overview.mask > 0.5)
    h, line = len(wet), horizon(overview)
    free = (wet > 0.6).astype(np.float32)
    far = np.zeros_like(free)
    far[max(0, int((line - 0.01) * h)) : int((line + 0.05) * h) + 2] = 1
    return on_ground(overview, free * far, high / 0.016, (0.9 * high, high, 1.1 * high), WIDE, (0.40, at[0]), rng)


def _advise(overview: Overview, parameters: Parameters) -> tuple[str, ...]:
    at = (float(parameters["x"]), float(parameters["y"]))
    found = _site(overview, float(parameters["size"]), at, np.random.default_rng(0))
    return () if found else ("lighthouse: no open water is seen here near the horizon",)


LIGHTHOUSE = register(
    Operator(
        name="lighthouse",
        version=1,
        family="elements",
        kind="layer",
        label=Label("Lighthouse", "灯塔"),
        doc="A lighthouse on a skerry in open water near the horizon, with surf and a reflection; its lamp is lit from"
        " dusk on. Size 1: 19 % of the frame's height. x, y: its foot; -1 finds a place.",
        params=(
            Param("size", 1.0, 0.0, 3.0, "", Label("Size", "大小")),
            Param("glow", 1.0, 0.0, 3.0, "", Label("Lamp", "灯光")),
            *PLACE,
        ),
        prepare=_prepare,
        apply=apply,
        region="everything",
        advise=_advise,
        places=True,
    )
)
