"""A storm lantern on the ground or a jetty, with the warm light that it throws around."""

from __future__ import annotations

import numpy as np

from fluxroom.operators.declare import LUMA, Label, Operator, Overview, Param, Parameters, register
from fluxroom.operators.elements.canvas import Canvas, curve
from fluxroom.operators.elements.finish import Drawn, Finished, apply, finish
from fluxroom.operators.elements.glow import Lamp, bloom, thrown
from fluxroom.operators.elements.place import PLACE, Lit, free_place, lit
from fluxroom.operators.elements.shade import shaded
from fluxroom.scene import Float

FLAME = np.array([1.0, 0.56, 0.19], np.float32)
"""Light of an oil flame as a camera set for dusk shows it, linear Rec.2020, its largest channel 1."""
GROUND = ("road", "sand", "grass", "ground", "snow", "rock")
TALL = 0.45
"""Height of a lantern of size 1, metres; the camera stands 1.6 m high."""
_FOOT = 0.975


def draw(light: Lit, flame: Float, height: int = 700) -> Float:
    """A storm lantern, (h, w, 4) premultiplied; its foot lies at _FOOT of the height."""
    canvas = Canvas(height, 0.62)
    middle = 0.31
    x, y = canvas.places()
    u = (x - middle) / 0.2
    turn = np.clip(u, -0.97, 0.97)
    normal = np.stack([turn, np.full_like(turn, 0.15), -np.sqrt(1 - turn**2)], -1)
    normal = (normal / np.sqrt((normal * normal).sum(-1, keepdims=True))).astype(np.float32)
    iron = shaded(np.array([0.085, 0.08, 0.075], np.float32), normal, light)
    # The flame lights the iron that faces the glass.
    near = np.exp(-(((y - 0.62) / 0.20) ** 2)) * np.exp(-((u / 0.9) ** 2))
    iron = np.asarray(iron + 0.10 * near[..., None] * flame, np.float32)
    ring = np.linspace(0, np.pi, 24)
    canvas.line(np.stack([middle + 0.17 * np.cos(ring), 0.30 - 0.27 * np.sin(ring)], -1), 0.009, iron)
    for side in (-1, 1):  # the air pipes at both sides
        pipe = [(middle + side * 0.10, 0.30), (middle + side * 0.185, 0.36), (middle + side * 0.195, 0.80),
                (middle + side * 0.150, 0.88)]  # fmt: skip
        canvas.line(curve(pipe, 10), 0.028, iron)
    globe = [(0.085, 0.40), (0.125, 0.50), (0.142, 0.60), (0.130, 0.70), (0.090, 0.785)]
    right = curve([(middle + r, h) for r, h in globe], 8)
    left = curve([(middle - r, h) for r, h in reversed(globe)], 8)
    away = np.hypot((x - middle) / 0.085, (y - 0.655) / 0.125)
    rim = np.clip(np.abs(x - middle) / 0.142, 0, 1) ** 4
    glass = 0.22 + 1.25 * np.exp(-(away**2) / 1.1) - 0.12 * rim
    warm = flame + (1 - flame) * 0.45 * np.exp(-(away**2))[..., None] * flame[:1]
    canvas.polygon(np.concatenate([right, left]), np.asarray(glass[..., None] * warm, np.float32))
    gleam = curve([(middle - 0.085, 0.48), (middle - 0.108, 0.58), (middle - 0.098, 0.69)], 8)
    canvas.line(gleam, 0.010, np.asarray(0.5 * light.above + 0.35 * flame, np.float32))
    t = np.linspace(0, 2 * np.pi, 40)
    drop = np.stack([middle + 0.030 * np.sin(t) * (1 - 0.5 * np.cos(t)), 0.675 - 0.080 * np.cos(t)], -1)
    hot = np.array([1.0, 0.86, 0.58], np.float32) * max(1.0, 1.2 * float(flame[0]))
    canvas.polygon(drop, hot)
    for bow in (-0.35, 0.35):  # wires that guard the glass
        wire = [(middle + bow * 0.20, 0.39), (middle + bow * 0.40, 0.60), (middle + bow * 0.22, 0.80)]
        canvas.line(curve(wire, 8), 0.007, 0.8 * iron)
    canvas.line([(middle - 0.16, 0.60), (middle + 0.16, 0.60)], 0.006, 0.8 * iron)
    half = [(0.105, 0.405), (0.115, 0.37), (0.08, 0.30), (0.075, 0.25), (0.045, 0.215)]
    cap = [(middle + r, h) for r, h in half] + [(middle - r, h) for r, h in reversed(half)]
    canvas.polygon(cap, iron)
    canvas.line([(middle - 0.115, 0.372), (middle + 0.115, 0.372)], 0.008, 1.5 * iron)
    canvas.polygon([(middle - 0.10, 0.78), (middle + 0.10, 0.78), (middle + 0.115, 0.84), (middle - 0.115, 0.84)], iron)
    half = [(0.115, 0.835), (0.195, 0.875), (0.205, 0.95), (0.19, _FOOT)]
    tank = [(middle + r, h) for r, h in half] + [(middle - r, h) for r, h in reversed(half)]
    canvas.polygon(tank, iron)
    canvas.line([(middle - 0.165, 0.862), (middle + 0.165, 0.862)], 0.007, iron + np.float32(0.16) * flame)
    return canvas.pixels


def _ground(overview: Overview) -> Float:
    """1 where something can be put down: ground near enough, in the lower part."""
    scene = overview.scene
    ground: Float = np.zeros(overview.mask.shape[:2], np.float32)
    for name in GROUND:
        seen = scene.regions.get(name)
        if seen is not None and seen.shape == ground.shape:
            ground = np.maximum(ground, seen)
    ground = ((ground > 0.6) & (overview.mask > 0.9)).astype(np.float32)
    below = max(0.12, 1 - scene.horizon.y(0.5))
    ground[: round(max(0.6, scene.horizon.y(0.5) + 0.4 * below) * len(ground))] = 0
    return ground


def _advise(overview: Overview, parameters: Parameters) -> tuple[str, ...]:
    asked = round(float(parameters["count"])) > 0 and float(parameters["size"]) > 0 and float(parameters["x"]) < 0
    if not asked or float(_ground(overview).mean()) > 1e-3:
        return ()
    return ("lantern: no free ground near the camera is seen, so none is put down",)


def _prepare(overview: Overview, parameters: Parameters, seed: int) -> Finished | None:
    count, size, strength = round(float(parameters["count"])), float(parameters["size"]), float(parameters["glow"])
    if count == 0 or size == 0:
        return None
    scene = overview.scene
    rng = np.random.default_rng(seed)
    ground = _ground(overview)
    light = lit(overview)
    level = float((np.maximum(overview.pixels, 0) @ np.array(LUMA, np.float32)).mean())
    # As a camera exposed for this scene would see it: plain by day, blazing at dusk and night.
    dark = max(light.dim, float(np.clip((0.16 - level) / 0.12, 0, 1)))
    flame = FLAME * np.float32(0.55 + 0.45 * dark)
    aspect = scene.width / max(1, scene.height)
    below = max(0.12, 1 - scene.horizon.y(0.5))
    lanterns: list[Drawn] = []
    lamps: list[Lamp] = []
    for number in range(count):
        x, y = float(parameters["x"]), float(parameters["y"])
        if number or x < 0 or y < 0:
            far = 0.62 if number == 0 else float(rng.uniform(0.25, 0.75))
            want = (0.40 if rng.random() < 0.5 else 0.60, scene.horizon.y(0.5) + far * below)
            if number == 0:
                want = (x if x >= 0 else want[0], y if y >= 0 else want[1])
            found = free_place(ground, overview.pixels, 0.05, 0.04, want, rng)
            if found is None:
                continue
            x, y = found
        tall = float(np.clip(size * TALL / 1.6 * max(0.02, y - scene.horizon.y(0.5)), 0.02, 0.4))
        h, w = ground.shape
        rows = slice(max(0, int((y - tall) * h)), int((y + tall) * h) + 1)
        ground[rows, max(0, int((x - tall / aspect) * w)) : int((x + tall / aspect) * w) + 1] = 0
        power = strength * (0.10 + 0.12 * scene.light.softness + 5.2 * dark)
        lamps.append(Lamp(x, y, 0.35 * TALL * size, power * size**2))
        lanterns.append(Drawn(draw(light, flame), x, y + (0.5 - _FOOT) * tall, tall, 0.0, _FOOT, "ground", glows=True))
        air = bloom(FLAME, 0.17 * strength * (0.05 + 0.95 * dark))
        lanterns.append(Drawn(air, x, y - 0.33 * tall, 3.4 * tall, glows=True, on="air"))
    # The farthest first, each bloom over its own lantern.
    order = sorted(range(len(lanterns)), key=lambda i: lanterns[i - i % 2].y + 0.5 * lanterns[i - i % 2].height)
    pool = thrown(overview, light, lamps, FLAME)
    return finish(overview, [lanterns[i] for i in order], light, seed, () if pool is None else (pool,))


LANTERN = register(
    Operator(
        name="lantern",
        version=1,
        family="elements",
        kind="layer",
        label=Label("Lantern", "灯笼"),
        doc="Storm lanterns standing on the ground, as large as their place on the ground plane says, with warm light"
        " on what is around, by the inverse square: faint by day, strong at dusk. Size 1: 45 cm. x, y: the first one's"
        " foot; -1 finds a calm place.",
        params=(
            Param("count", 1.0, 0.0, 12.0, "", Label("Count", "数量")),
            Param("size", 1.0, 0.0, 4.0, "", Label("Size", "大小")),
            Param("glow", 1.0, 0.0, 3.0, "", Label("Light thrown", "光照")),
            *PLACE,
        ),
        prepare=_prepare,
        apply=apply,
        advise=_advise,
        region="everything",
        places=True,
    )
)
