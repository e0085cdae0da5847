"""A lantern on the ground or a jetty, with the warm light that it throws around."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from fluxroom.operators.declare import LUMA, Label, Operator, Overview, Param, Parameters, Window, register
from fluxroom.operators.elements.canvas import Canvas
from fluxroom.operators.elements.place import PLACE, free_place, lit
from fluxroom.operators.elements.sprite import Placed, lay, placed
from fluxroom.scene import Float
from fluxroom.sky._jit import jit

FLAME = np.array([1.0, 0.48, 0.10], np.float32)
"""Colour of candle light, about 1900 K, linear Rec.2020, its largest channel 1."""
GROUND = ("road", "sand", "grass", "ground", "snow", "rock")


@dataclass(frozen=True, slots=True)
class _Lanterns:
    """things: drawn, the farthest first; pools: (n, 6) float32 x, y, radius across and down (shares of the width and
    height), gain at the middle, light in the air at the middle."""

    things: tuple[Placed, ...]
    pools: Float


def draw(shade: Float, flame: Float, height: int = 700) -> Float:
    """A hand lantern of iron and glass, (h, w, 4) premultiplied; its foot lies at the lower end."""
    canvas = Canvas(height, 0.62)
    middle = 0.31
    dark = 0.22 * shade + 0.004
    x, y = canvas.places()
    ring = np.linspace(0, np.pi, 24)
    canvas.line(np.stack([middle + 0.13 * np.cos(ring), 0.22 - 0.17 * np.sin(ring)], -1), 0.014, dark)
    glass = [(middle - 0.155, 0.40), (middle + 0.155, 0.40), (middle + 0.175, 0.86), (middle - 0.175, 0.86)]
    # The flame behind the glass: hot in the middle, falling off to the panes.
    away = np.hypot((x - middle) / 0.13, (y - 0.68) / 0.20)
    canvas.polygon(glass, (0.10 + 0.95 * np.exp(-(away**2)))[..., None].astype(np.float32) * flame)
    t = np.linspace(0, 2 * np.pi, 40)
    drop = np.stack([middle + 0.035 * np.sin(t) * (1 - 0.45 * np.cos(t)), 0.70 - 0.085 * np.cos(t)], -1)
    canvas.polygon(drop, np.minimum(1.6 * flame + 0.25, 2.0).astype(np.float32))
    canvas.polygon([(middle - 0.035, 0.76), (middle + 0.035, 0.76), (middle + 0.037, 0.87), (middle - 0.037, 0.87)],
                   (0.75 * flame).astype(np.float32))  # fmt: skip
    for side in (-0.165, -0.06, 0.06, 0.165):
        canvas.line([(middle + 0.93 * side, 0.39), (middle + 1.05 * side, 0.87)], 0.013, dark)
    canvas.line([(middle - 0.165, 0.63), (middle + 0.165, 0.63)], 0.009, dark)
    roof = [(middle - 0.21, 0.41), (middle + 0.21, 0.41), (middle + 0.085, 0.27), (middle + 0.06, 0.20),
            (middle - 0.06, 0.20), (middle - 0.085, 0.27)]  # fmt: skip
    canvas.polygon(roof, dark)
    foot = [(middle - 0.20, 0.86), (middle + 0.20, 0.86), (middle + 0.235, 0.955), (middle - 0.235, 0.955)]
    canvas.polygon(foot, dark)
    return canvas.pixels


def _shadow() -> Float:
    """What a thing's foot takes of the light around it: a soft dark round, premultiplied."""
    y, x = np.mgrid[-1:1:48j, -1:1:160j].astype(np.float32)
    dark = 0.6 * np.clip(1 - np.hypot(x, y), 0, 1) ** 0.8
    return np.stack([np.zeros_like(dark)] * 3 + [dark], -1).astype(np.float32)


def _prepare(overview: Overview, parameters: Parameters, seed: int) -> _Lanterns | None:
    count, size, glow = round(float(parameters["count"])), float(parameters["size"]), float(parameters["glow"])
    if count == 0 or size == 0:
        return None
    scene = overview.scene
    rng = np.random.default_rng(seed)
    ground: Float = np.zeros(overview.mask.shape[:2], np.float32)
    for name in GROUND:
        seen = scene.regions.get(name)
        if seen is not None and seen.shape == ground.shape:
            ground = np.maximum(ground, seen)
    ground = ((ground > 0.6) & (overview.mask > 0.9)).astype(np.float32)
    below = max(0.12, 1 - scene.horizon.y(0.5))
    # Not on far slopes: where the ground plane is near enough to put something down.
    ground[: round((scene.horizon.y(0.5) + 0.4 * below) * len(ground))] = 0
    ground[: round(0.6 * len(ground))] = 0
    light = lit(overview)
    level = float((np.maximum(overview.pixels, 0) @ np.array(LUMA, np.float32)).mean())
    # As a camera exposed for this scene would see it: plain by day, blazing at night.
    flame = FLAME * np.float32(min(1.0, 0.55 + 0.25 / (1 + 20 * level)))
    strength = glow * 2.6 / (0.25 + 9 * level)
    aspect = scene.width / max(1, scene.height)
    things: list[tuple[float, Placed]] = []
    pools = []
    for number in range(count):
        x, y = float(parameters["x"]), float(parameters["y"])
        if number or x < 0 or y < 0:
            far = 0.62 if number == 0 else float(rng.uniform(0.25, 0.75))
            want = (0.38 if rng.random() < 0.5 else 0.62, scene.horizon.y(0.5) + far * below)
            found = free_place(ground, overview.pixels, 0.05, 0.04, want, rng)
            if found is None:
                continue
            x, y = found
        # By the ground plane: 45 cm high, a camera at 1.6 m.
        tall = float(np.clip(size * 0.45 / 1.6 * max(0.02, y - scene.horizon.y(0.5)), 0.02, 0.4))
        h, w = ground.shape
        rows = slice(max(0, int((y - tall) * h)), int((y + tall) * h) + 1)
        ground[rows, max(0, int((x - tall / aspect) * w)) : int((x + tall / aspect) * w) + 1] = 0
        things.append((y - 1e-3, placed(_shadow(), x, y, 0.22 * tall, scene)))
        things.append((y, placed(draw(light.shade, flame), x, y - 0.48 * tall, tall, scene)))
        pools.append((x, y, 3.2 * tall / aspect, 1.1 * tall, strength, 0.02 * strength))
    if not things:
        return None
    things.sort(key=lambda thing: thing[0])
    return _Lanterns(tuple(thing for _, thing in things), np.array(pools, np.float32))


@jit
def _pools(tile: Float, pools: Float, flame: Float, x0: int, y0: int, image_width: int, image_height: int) -> None:
    th, tw = tile.shape[0], tile.shape[1]
    one = np.float32(1)
    for n in range(pools.shape[0]):
        px, py, wide, high, gain, air = pools[n]
        for r in range(th):
            v = (np.float32((y0 + r + 0.5) / image_height) - py) / high
            # The ground in front and behind takes the light; above it only the air does.
            up = (np.float32((y0 + r + 0.5) / image_height) - py + np.float32(0.4) * high) / (np.float32(1.6) * high)
            if abs(v) > 4 and abs(up) > 4:
                continue
            for c in range(tw):
                u = (np.float32((x0 + c + 0.5) / image_width) - px) / wide
                d = u * u + v * v
                e = u * u * np.float32(4) + up * up
                lit_by = gain / (one + np.float32(3) * d) ** 2 * max(np.float32(0), one - d / np.float32(9))
                hazy = air / (one + np.float32(4) * e) ** 2 * max(np.float32(0), one - e / np.float32(9))
                if lit_by + hazy <= np.float32(1e-4):
                    continue
                for k in range(3):
                    a = tile[r, c, k]
                    more = a * lit_by * flame[k] + hazy * flame[k]
                    tile[r, c, k] = a + more * max(np.float32(0), one - a)


def _apply(tile: Float, window: Window, prepared: Any) -> None:
    if prepared is None:
        return
    p: _Lanterns = prepared
    _pools(tile, p.pools, FLAME, window.x, window.y, window.image_width, window.image_height)
    lay(tile, window, p.things)


LANTERN = register(
    Operator(
        name="lantern",
        version=1,
        family="elements",
        kind="layer",
        label=Label("Lantern", "灯笼"),
        doc="Lanterns standing on the ground, as large as their place on the ground plane says, with warm light on what"
        " is around: faint by day, plain at dusk. Size 1: 45 cm. x, y: the first one's foot; -1 finds a calm place.",
        params=(
            Param("count", 1.0, 0.0, 12.0, "", Label("Count", "数量")),
            Param("size", 1.0, 0.0, 4.0, "", Label("Size", "大小")),
            Param("glow", 1.0, 0.0, 3.0, "", Label("Light thrown", "光照")),
            *PLACE,
        ),
        prepare=_prepare,
        apply=_apply,
        region="everything",
        places=True,
    )
)
