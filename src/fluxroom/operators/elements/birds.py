"""Birds: a loose flock of silhouettes in the free sky, each at another beat of its wings."""

from __future__ import annotations

import numpy as np

from fluxroom.operators.declare import Label, Operator, Overview, Param, Parameters, register
from fluxroom.operators.elements.canvas import Canvas, curve
from fluxroom.operators.elements.place import PLACE, faded, free_place, lit
from fluxroom.operators.elements.sprite import Placed, apply, placed
from fluxroom.scene import Float


def draw(beat: float, turn: float, color: Float, height: int = 160) -> Float:
    """One bird, (h, w, 4) premultiplied. beat: -1 wings down .. 1 up; turn: -1 seen flying left .. 1 right."""
    canvas = Canvas(height, 2.2)
    middle, y = 1.1, 0.55
    spread = 1.0 - 0.18 * abs(beat)
    for side in (-1.0, 1.0):
        near = 1.0 + 0.22 * turn * side  # the wing on the far side looks shorter
        wrist = (middle + side * 0.42 * spread * near, y - 0.30 * beat - 0.10)
        tip = (middle + side * 0.98 * spread * near, y - 0.38 * beat + 0.10 + 0.04 * abs(beat))
        front = curve([(middle, y - 0.035), wrist, tip])
        back = curve([tip, (wrist[0] - 0.02 * side, wrist[1] + 0.105), (middle, y + 0.075)])
        canvas.polygon(np.concatenate([front, back]), color)
    body = np.linspace(0, 2 * np.pi, 24)
    long, thick = 0.17 + 0.10 * abs(turn), 0.062
    canvas.polygon(np.stack([middle + long * np.cos(body), y + 0.02 + thick * np.sin(body)], -1), color)
    head = middle + long * (0.9 if turn >= 0 else -0.9)
    canvas.polygon(np.stack([head + 0.05 * np.cos(body), y + 0.045 * np.sin(body)], -1), color)
    return canvas.pixels


def _prepare(overview: Overview, parameters: Parameters, seed: int) -> tuple[Placed, ...] | None:
    count, size = round(float(parameters["count"])), float(parameters["size"])
    if count == 0 or size == 0:
        return None
    scene = overview.scene
    rng = np.random.default_rng(seed)
    sky = scene.regions.get("sky")
    mask = overview.mask if sky is None or sky.shape != overview.mask.shape else overview.mask * sky
    aspect = scene.width / max(1, scene.height)
    high = 0.021 * size
    wide = min(0.5, high * (2.0 + 1.3 * np.sqrt(count)) * 2 / aspect)
    tall = min(0.4, high * (1.5 + 0.8 * np.sqrt(count)))
    x, y = float(parameters["x"]), float(parameters["y"])
    if x < 0 or y < 0:
        want = (0.32 if scene.light.x > 0.5 else 0.68, max(0.12, 0.55 * scene.horizon.y(0.5)))
        found = None
        for smaller in (1.5, 1.0, 0.7, 0.45):
            found = free_place(np.ascontiguousarray(mask), overview.pixels, smaller * wide, smaller * tall, want, rng)
            if found is not None:
                wide, tall = min(1.0, smaller) * wide, min(1.0, smaller) * tall
                break
        if found is None:
            return None
        x, y = found
    light = lit(overview)
    dark = np.minimum(light.shade, 0.25 * light.air) + 0.002
    heading = 1.0 if rng.random() < 0.5 else -1.0
    out = []
    # A loose slanted line with gaps: birds follow one another, none on a grid.
    taken: list[tuple[float, float]] = []
    for along in np.sort(rng.uniform(-0.5, 0.5, count)):
        depth = float(rng.uniform(0.7, 1.1))
        for _ in range(12):  # none before another
            across = float(np.clip(0.55 * along * heading + rng.normal(0, 0.16), -0.5, 0.5))
            px, py = x + along * wide, y + across * tall
            if all(np.hypot((px - qx) * aspect, py - qy) > 1.7 * high for qx, qy in taken):
                break
        else:
            continue
        taken.append((px, py))
        picture = draw(float(rng.uniform(-0.9, 1)), heading * float(rng.uniform(0.2, 0.9)), dark)
        picture = faded(picture, light.air, 0.22 - 0.14 * depth)
        out.append(placed(picture, px, py, high * depth, scene))
    return tuple(out)


BIRDS = register(
    Operator(
        name="birds",
        version=1,
        family="elements",
        kind="layer",
        label=Label("Birds", "飞鸟"),
        doc="A loose flock of distant birds in the free sky, dark against it and faded by the air. Size 1: a wing span"
        " of about 3 % of the frame's height for the nearest. x, y: the flock's middle; -1 finds a calm place.",
        params=(
            Param("count", 14.0, 0.0, 60.0, "", Label("Count", "数量")),
            Param("size", 1.0, 0.0, 4.0, "", Label("Size", "大小")),
            *PLACE,
        ),
        prepare=_prepare,
        apply=apply,
        region="sky",
        chromatic=False,
    )
)
