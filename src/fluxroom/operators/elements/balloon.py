"""A hot-air balloon in the free sky, lit by the scene's own light."""

from __future__ import annotations

import numpy as np

from fluxroom.operators.declare import Label, Operator, Overview, Param, Parameters, register
from fluxroom.operators.elements.canvas import Canvas
from fluxroom.operators.elements.place import PLACE, Lit, faded, free_place, lit
from fluxroom.operators.elements.sprite import Placed, apply, placed
from fluxroom.scene import Float

DYES = np.array(
    [[0.42, 0.045, 0.03], [0.55, 0.36, 0.04], [0.06, 0.13, 0.33], [0.62, 0.58, 0.48], [0.45, 0.16, 0.03]], np.float32
)
"""Albedo of cloth: red, yellow, blue, cream, orange."""


def draw(light: Lit, rng: np.random.Generator, height: int = 900) -> Float:
    """(h, w, 4) premultiplied."""
    canvas = Canvas(height, 0.74)
    middle, top, neck = 0.37, 0.02, 0.80
    v = np.linspace(0, 1, 80)
    # Sphere above, narrowing in a smooth line to the neck.
    radius = 0.345 * np.sqrt(np.maximum(0, 1 - (2.15 * v - 1.0) ** 2)) * (v < 0.47)
    lower = 0.345 * np.cos(np.clip((v - 0.465) / 0.535, 0, 1) * 1.36) ** 1.05
    radius = np.where(v < 0.47, radius, np.maximum(lower, 0.055))
    y = top + (neck - top) * v
    outline = np.concatenate([np.stack([middle + radius, y], -1), np.stack([middle - radius, y], -1)[::-1]])
    px, py = canvas.places()
    across = np.interp(py, y, np.maximum(radius, 1e-3)).astype(np.float32)
    u = np.clip((px - middle) / across, -0.999, 0.999)
    angle = np.arcsin(u)
    gores = 14
    turn = rng.random()
    across_gores = (angle / np.pi + 0.5) * gores / 2 + turn * gores
    odd = 0.5 + 0.5 * np.clip(np.sin(np.pi * across_gores) / 0.08, -1, 1)
    dyes = DYES[rng.permutation(len(DYES))[:3]]
    low = py + 0.035 * np.cos(angle)  # bands bend, seen from below
    band = np.clip(np.minimum(low - (top + 0.39), (top + 0.48) - low) / 0.004 + 0.5, 0, 1)[..., None]
    cloth = dyes[0] + odd[..., None] * (dyes[1] - dyes[0])
    cloth = cloth + band * (dyes[2] - cloth)
    # A normal from the angle round and the slope down; light from its own side and a little above.
    slope = np.interp(py, y, np.gradient(radius, y)).astype(np.float32)
    facing = np.cos(angle) * 0.55 + np.sin(angle) * 0.75 * light.toward - 0.30 * np.clip(slope, -2, 2) * -1
    share = np.clip(0.02 + 0.98 * facing, 0.01, 1.0)
    seam = np.abs(np.mod(across_gores, 1) - 0.5)
    share *= 1 - 0.10 * np.clip((seam - 0.42) / 0.08, 0, 1)
    glow = 0.18 * light.against * np.cos(angle)  # light through thin cloth
    color = cloth * (
        light.shade * 1.1 + (share + glow)[..., None].astype(np.float32) * (light.white - light.shade * 0.5)
    )
    canvas.polygon(outline, np.asarray(1.6 * color, np.float32))
    dark = 0.25 * light.shade
    for side in (-1, 1):
        canvas.line([(middle + side * 0.05, neck), (middle + side * 0.036, 0.915)], 0.003, dark)
    wicker = light.shade * np.array([0.75, 0.5, 0.3], np.float32) + 0.15 * light.white
    basket = [(middle - 0.042, 0.912), (middle + 0.042, 0.912), (middle + 0.036, 0.975), (middle - 0.036, 0.975)]
    canvas.polygon(basket, np.asarray(0.6 * wicker, np.float32))
    for x in (-0.016, 0.014):
        head = np.linspace(0, 2 * np.pi, 16)
        canvas.polygon(np.stack([middle + x + 0.010 * np.cos(head), 0.900 + 0.013 * np.sin(head)], -1), dark)
    return canvas.pixels


def _prepare(overview: Overview, parameters: Parameters, seed: int) -> tuple[Placed, ...] | None:
    count, size = round(float(parameters["count"])), float(parameters["size"])
    if size == 0 or count == 0:
        return None
    scene = overview.scene
    rng = np.random.default_rng(seed)
    sky = scene.regions.get("sky")
    mask = overview.mask if sky is None or sky.shape != overview.mask.shape else overview.mask * sky
    mask = np.ascontiguousarray(mask).copy()
    aspect = scene.width / max(1, scene.height)
    light = lit(overview)
    out: list[Placed] = []
    for number in range(count):
        tall = 0.13 * size * (1.0 if number == 0 else float(rng.uniform(0.3, 0.75)))
        x, y = float(parameters["x"]), float(parameters["y"])
        if number or x < 0 or y < 0:
            side = 0.33 if scene.light.x > 0.5 else 0.67
            want = (side if number == 0 else float(rng.uniform(0.1, 0.9)), 0.5 * scene.horizon.y(0.5))
            found = None
            for room in (2.4, 1.6, 1.1):
                if found is None:
                    found = free_place(mask, overview.pixels, room * tall / aspect, room * tall, want, rng)
            if found is None:
                continue
            x, y = found
        h, w = mask.shape
        rows = slice(max(0, int((y - 0.8 * tall) * h)), int((y + 0.8 * tall) * h) + 1)
        mask[rows, max(0, int((x - 0.8 * tall / aspect) * w)) : int((x + 0.8 * tall / aspect) * w) + 1] = 0
        fade = float(np.clip(0.26 - 1.2 * tall, 0.06, 0.40))
        out.append(placed(faded(draw(light, rng), light.air, fade), x, y, tall, scene))
    return tuple(sorted(out, key=lambda thing: thing.height)) or None


BALLOON = register(
    Operator(
        name="hot_air_balloon",
        version=1,
        family="elements",
        kind="layer",
        label=Label("Hot-air balloon", "热气球"),
        doc="Hot-air balloons in the free sky, the first the largest, lit from the scene's own side, faded by the air."
        " Size 1: 13 % of the frame's height. x, y: the first one's middle; -1 finds a calm place.",
        params=(
            Param("count", 1.0, 0.0, 20.0, "", Label("Count", "数量")),
            Param("size", 1.0, 0.0, 4.0, "", Label("Size", "大小")),
            *PLACE,
        ),
        prepare=_prepare,
        apply=apply,
        region="sky",
    )
)
