"""A sailboat on the water, as large as its distance says, with its reflection."""

from __future__ import annotations

import cv2
import numpy as np

from fluxroom.operators.declare import Label, Operator, Overview, Param, Parameters, register
from fluxroom.operators.elements.canvas import Canvas, curve
from fluxroom.operators.elements.place import PLACE, Lit, faded, free_place, lit
from fluxroom.operators.elements.sprite import Placed, apply, placed
from fluxroom.scene import Float

MAST = 11.0
"""Height of the mast over the water, metres."""
EYE = 3.5
"""Assumed height of the camera over the water, metres."""
_WATERLINE = 0.94


def draw(light: Lit, heading: float, height: int = 900) -> Float:
    """(h, w, 4) premultiplied; the waterline lies at _WATERLINE of the height. heading: -1 or 1, where the bow is."""
    canvas = Canvas(height, 0.86)
    middle = 0.43

    def at(x: float, y: float) -> tuple[float, float]:
        return middle + heading * x, y

    x, y = canvas.places()
    side = np.clip(0.5 + 0.5 * light.toward * heading, 0, 1)
    lit_share = np.float32(0.35 + 0.65 * side)
    sail = light.shade + lit_share * (light.white - light.shade)
    # Cloth: brighter where it bellies toward the light, seams across, a little light through it.
    belly = 0.86 + 0.14 * np.cos((x - middle) * 9 * heading)
    seams = 1 - 0.05 * (np.abs(np.mod(y * 13 + 0.6 * x, 1) - 0.5) < 0.03)
    cloth = (belly * seams)[..., None].astype(np.float32) * sail
    mast_foot, mast_top = 0.86, 0.02
    jib = np.concatenate(
        [
            curve([at(0.025, 0.10), at(0.15, 0.48), at(0.33, 0.83)]),
            curve([at(0.33, 0.83), at(0.16, 0.80), at(0.03, 0.825)]),
        ]
    )
    canvas.polygon(jib, cloth * np.float32(0.93))
    main = np.concatenate(
        [
            curve([at(-0.012, mast_top + 0.02), at(-0.16, 0.42), at(-0.30, 0.79)]),
            curve([at(-0.30, 0.79), at(-0.15, 0.812), at(-0.012, 0.815)]),
        ]
    )
    canvas.polygon(main, cloth)
    dark = 0.35 * light.shade
    canvas.line([at(0.0, mast_top), at(0.0, mast_foot)], 0.009, dark)
    canvas.line([at(-0.01, 0.822), at(-0.31, 0.80)], 0.008, dark)
    canvas.line([at(0.0, 0.06), at(0.345, 0.845)], 0.0025, dark)
    hull = np.concatenate(
        [
            curve([at(-0.33, 0.858), at(0.0, 0.868), at(0.36, 0.842)]),
            curve([at(0.36, 0.842), at(0.30, 0.905), at(0.24, _WATERLINE)]),
            np.array([at(0.24, _WATERLINE), at(-0.29, _WATERLINE)]),
            curve([at(-0.29, _WATERLINE), at(-0.325, 0.90), at(-0.33, 0.858)]),
        ]
    )
    body = (light.shade + np.float32(0.8) * lit_share * (light.white - light.shade)) * np.float32(0.9)
    shaded = (1 - 0.45 * np.clip((y - 0.86) / 0.08, 0, 1))[..., None].astype(np.float32) * body
    canvas.polygon(hull, shaded)
    canvas.polygon(
        [at(-0.292, 0.925), at(0.262, 0.925), at(0.24, _WATERLINE), at(-0.29, _WATERLINE)], 0.3 * light.shade
    )
    canvas.polygon(curve([at(-0.10, 0.862), at(-0.09, 0.835), at(0.07, 0.832), at(0.11, 0.858)]), 0.8 * body)
    return canvas.pixels


def mirrored(boat: Float, rng: np.random.Generator, calm: float) -> Float:
    """The boat upside down in the water, broken by ripples, weaker with depth; its top is the waterline."""
    above = boat[: round(_WATERLINE * boat.shape[0])][::-1]
    h, w = above.shape[:2]
    squashed = np.asarray(cv2.resize(above, (w, max(8, round(0.8 * h))), interpolation=cv2.INTER_AREA), np.float32)
    h = squashed.shape[0]
    depth = np.linspace(0, 1, h, dtype=np.float32)
    period = 0.012 + 0.05 * depth
    phase = np.cumsum(1 / np.maximum(period, 1e-3)) / h * 2 * np.pi
    sway = (
        (np.sin(phase + 2 * rng.random()) + 0.6 * np.sin(1.7 * phase + 6 * rng.random())) * (0.004 + 0.03 * depth) * w
    )
    sway *= np.float32(1.2 - calm)
    columns = np.arange(w, dtype=np.float32)[None] + sway[:, None].astype(np.float32)
    rows = np.repeat(np.arange(h, dtype=np.float32)[:, None], w, 1)
    moved = np.asarray(cv2.remap(squashed, columns, rows, cv2.INTER_LINEAR), np.float32)
    moved = np.asarray(cv2.GaussianBlur(moved, (0, 0), sigmaX=0.004 * w, sigmaY=0.012 * h), np.float32)
    gaps = 0.65 + 0.35 * np.sin(1.3 * phase + 3)
    strength = (0.62 * np.exp(-1.6 * depth) * (0.55 + 0.45 * gaps)).astype(np.float32)
    return np.asarray(moved * strength[:, None, None], np.float32)


def _prepare(overview: Overview, parameters: Parameters, seed: int) -> tuple[Placed, ...] | None:
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
    under = overview.pixels[water > 0.7].mean(0).astype(np.float32)
    boats = []
    for number in range(count):
        tall = 0.075 * size * (1.0 if number == 0 else float(rng.uniform(0.35, 0.8)))
        at = (float(parameters["x"]), float(parameters["y"])) if number == 0 else (-1.0, -1.0)
        found = _berth(overview, free, horizon, float(np.clip(tall, 0.01, 0.5)), at, rng)
        if found is not None:
            boats.append(found)
    out: list[Placed] = []
    for x, line, tall in sorted(boats, key=lambda boat: boat[2]):  # the farthest first
        boat = draw(light, 1.0 if rng.random() < 0.5 else -1.0)
        below = 0.8 * tall
        mirror = faded(mirrored(boat, rng, 0.5), under, 0.25)
        haze = float(np.clip(0.22 - 1.4 * tall, 0.04, 0.22)) * (1 - 0.7 * light.against)
        boat = faded(boat, light.air, haze)
        whole = tall / _WATERLINE
        out.append(placed(mirror, x, line + 0.5 * below, below, scene))
        out.append(placed(boat, x, line + whole * (0.5 - _WATERLINE), whole, scene))
    return tuple(out) or None


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
        want = (0.33 if scene.light.x > 0.5 else 0.67, line + 0.2 * tall)
        found = free_place(np.ascontiguousarray(free), overview.pixels, 0.75 * tall / aspect, 0.4 * tall, want, rng)
        if found is None:
            return None
        x = found[0]
        if y < 0:
            line = max(line, found[1] - 0.2 * tall)
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
        " 7.5 % of the frame's height. x, y: the waterline's middle; -1 finds a calm place. Nothing without water.",
        params=(
            Param("count", 1.0, 0.0, 12.0, "", Label("Count", "数量")),
            Param("size", 1.0, 0.0, 5.0, "", Label("Size", "大小")),
            *PLACE,
        ),
        prepare=_prepare,
        apply=apply,
        region="everything",
        places=True,
    )
)
