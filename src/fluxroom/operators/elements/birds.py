"""Gulls in the free sky: a loose flock, each bird modelled in space, so that none looks like another.

A bird is a body, a tail and two wings of an arm and a hand each (Pennycuick 2008, "Modelling the flying bird": gulls
beat with the arm nearly straight, the hand lagging behind); it is banked, turned and seen a little from below.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from fluxroom.operators.declare import LUMA, Label, Operator, Overview, Param, Parameters, register
from fluxroom.operators.elements.canvas import Canvas, curve
from fluxroom.operators.elements.finish import Drawn, Finished, apply, finish
from fluxroom.operators.elements.place import PLACE, Lit, flying_room, free_place, lit
from fluxroom.operators.elements.shade import shaded
from fluxroom.scene import Float

Space = NDArray[np.float64]
Flat = Callable[[Space], Space]
Color = Callable[[Float, Space, float], Float]
WHITE, GREY, TIP, BILL = np.array(
    [[0.72, 0.71, 0.69], [0.36, 0.37, 0.39], [0.05, 0.05, 0.055], [0.5, 0.33, 0.06]], np.float32
)
"""Albedo of a gull's breast, back and wing tips, and bill."""
LEAD = ((0.07, 0.03), (0.135, 0.14), (0.15, 0.30), (0.06, 0.50), (-0.12, 0.70))
TRAIL = ((-0.12, 0.70), (-0.10, 0.52), (-0.075, 0.34), (-0.085, 0.18), (-0.115, 0.03))
"""Edges of a wing: forward and out, metres, for a span of 1.4 m."""
WRIST = 0.30


def draw(light: Lit, pose: tuple[float, float, float, float], against: float, height: int = 128) -> Float:
    """One bird, (h, w, 4) premultiplied; as wide as high, the span about 0.9 of it.

    pose      beat -1 (wings down) .. 1 (up), heading, bank and climb in radians; heading 0 flies to the right, half pi
              away from the camera
    against   0 lit as a near thing .. 1 a dark shape before a bright sky
    """
    canvas = Canvas(height, 1.0)
    beat, heading, bank, climb = pose
    turn = _turn(heading, bank, climb)
    view = np.array([0.0, np.sin(-0.22), np.cos(-0.22)])  # the camera looks up at it
    right, up = np.array([1.0, 0.0, 0.0]), np.array([0.0, np.cos(0.22), np.sin(0.22)])

    def flat(points: Space) -> Space:
        world = points @ turn.T
        return np.stack([0.5 + world @ right * 0.64, 0.5 - world @ up * 0.64], -1)

    def color(albedo: Float, normal: Space, cover: float) -> Float:
        seen = turn @ normal
        out = shaded(albedo, seen.astype(np.float32), light, 0.0, cover)
        return np.asarray(out * (1 - 0.75 * against), np.float32)

    wings = sorted((-1.0, 1.0), key=lambda s: -float((turn @ np.array([0.0, 0.0, s])) @ view))
    for number, side in enumerate(wings):
        if number == 1:
            _body(canvas, flat, color)
        _wing(canvas, side, beat, flat, color, turn, view)
    return canvas.pixels


def _turn(heading: float, bank: float, climb: float) -> Space:
    """Own axes (forward, up, to its right) to the world's (right, up, ahead)."""
    ch, sh, cb, sb, cc, sc = (f(v) for v in (heading, bank, climb) for f in (np.cos, np.sin))
    yaw = np.array([[ch, 0, sh], [0, 1, 0], [sh, 0, -ch]])
    roll = np.array([[1, 0, 0], [0, cb, -sb], [0, sb, cb]])
    pitch = np.array([[cc, -sc, 0], [sc, cc, 0], [0, 0, 1]])
    return np.asarray(yaw @ pitch @ roll)


def _wing(canvas: Canvas, side: float, beat: float, flat: Flat, color: Color, turn: Space, view: Space) -> None:
    arm, hand = 0.16 + 0.50 * beat, 0.02 + 0.50 * beat - 0.42 * (1 - abs(beat))

    def lifted(points: Space) -> Space:
        """Wing's plane (forward, out) to space: raised at the shoulder, bent at the wrist."""
        out = points[:, 1]
        inner, outer = np.minimum(out, WRIST), np.maximum(out - WRIST, 0)
        across = inner * np.cos(arm) + outer * np.cos(hand)
        rise = inner * np.sin(arm) + outer * np.sin(hand)
        return np.stack([points[:, 0], 0.02 + rise, side * across], -1)

    lead, trail = curve(LEAD, 8), curve(TRAIL, 8)
    whole = np.concatenate([lead, trail])
    for angle, first, last in ((arm, 0.0, WRIST + 0.015), (hand, WRIST, 0.8)):
        part = _between(whole, first, last)
        if len(part) < 3:
            continue
        normal = np.array([0.0, np.cos(angle), -side * np.sin(angle)])
        below = float((turn @ normal) @ view) > 0  # we see its lower side
        albedo = 0.85 * WHITE if below else GREY
        canvas.polygon(flat(lifted(part)), color(albedo, -normal if below else normal, 0.75 if below else 1.0))
    tip = _between(whole, 0.545, 0.8)
    normal = np.array([0.0, np.cos(hand), -side * np.sin(hand)])
    if len(tip) >= 3:
        canvas.polygon(flat(lifted(tip)), color(TIP, normal, 1.0))


def _between(edge: Space, first: float, last: float) -> Space:
    """The part of a wing's outline between two distances from the body."""
    inside = (edge[:, 1] >= first) & (edge[:, 1] <= last)
    return edge[inside]


def _body(canvas: Canvas, flat: Flat, color: Color) -> None:
    t = np.linspace(0, 2 * np.pi, 28)
    tail = np.array(
        [[-0.16, 0.0, -0.03], [-0.335, 0.0, -0.075], [-0.345, 0.0, 0.0], [-0.335, 0.0, 0.075], [-0.16, 0.0, 0.03]]
    )
    canvas.polygon(flat(tail), color(WHITE, np.array([0.0, -1.0, 0.0]), 0.8))
    for high, low, albedo, normal in (
        (0.060, 0.065, WHITE, np.array([0.0, -0.75, 0.0])),
        (0.060, -0.005, GREY, np.array([0.0, 1.0, 0.0])),
    ):
        x = 0.235 * np.cos(t) * (1 - 0.12 * np.sin(t) ** 2) - 0.015
        y = np.where(np.sin(t) > 0, high, low) * np.sin(t)
        round_ = np.stack([x, y, 0.0 * t], -1), np.stack([x, 0.0 * t, 0.065 * np.sin(t)], -1)
        for outline in round_:
            canvas.polygon(flat(outline), color(albedo, normal, 0.9))
    head = np.stack([0.235 + 0.055 * np.cos(t), 0.018 + 0.045 * np.sin(t), 0.0 * t], -1)
    canvas.polygon(flat(head), color(WHITE, np.array([0.3, 0.3, 0.0]), 0.9))
    bill = np.array([[0.275, 0.028, 0.0], [0.345, 0.006, 0.0], [0.275, -0.002, 0.0]])
    canvas.polygon(flat(bill), color(BILL, np.array([0.0, 0.5, 0.0]), 1.0))


def _flock(
    count: int,
    box: tuple[float, float, float, float],
    near: float,
    aspect: float,
    free: Float,
    rng: np.random.Generator,
) -> list[Space]:
    """Places (shares of the frame) and size of each bird: two or three loose groups and strays, all in the free sky.

    box   middle x, y, width and height of the flock;  free  (h, w) 1 where a bird may be
    """
    x, y, wide, tall = box
    h, w = free.shape
    groups = max(1, min(3, round(count / 5)))
    middles = np.stack([rng.uniform(-0.36, 0.36, groups), rng.uniform(-0.3, 0.3, groups)], -1)
    out: list[Space] = []
    for number in range(count):
        # A few near ones, many far.
        size = float(np.clip(np.exp(rng.normal(-0.12, 0.25)), 0.6, 1.2))
        if number == 0 or rng.random() < 0.14:
            size = float(rng.uniform(1.15, 1.6))
        for attempt in range(40):
            stray = 0.33 if rng.random() < 0.2 else 0.15
            middle = middles[int(rng.integers(groups))]
            away = np.clip(middle + rng.normal(0, stray * (1 + 0.04 * attempt), 2), -0.5, 0.5)
            place = np.array([x, y]) + away * (wide, tall)
            half = 0.5 * near * size
            rows = slice(max(0, round((place[1] - half) * h)), round((place[1] + half) * h) + 1)
            columns = slice(max(0, round((place[0] - half / aspect) * w)), round((place[0] + half / aspect) * w) + 1)
            if not free[rows, columns].size or float(free[rows, columns].min()) < 0.5:
                continue
            far = [np.hypot((place[0] - o[0]) * aspect, place[1] - o[1]) > 0.55 * near * (size + o[2]) for o in out]
            if all(far):
                out.append(np.array([*place, size]))
                break
    return out


def _against(overview: Overview, light: Lit, x: float, y: float, wide: float, tall: float) -> float:
    """How dark a bird looks: before a sky brighter than what the sun, seen from here, gives to its near side."""
    h, w = overview.mask.shape
    rows = slice(max(0, int((y - 0.5 * tall) * h)), max(1, int((y + 0.5 * tall) * h)))
    columns = slice(max(0, int((x - 0.5 * wide) * w)), max(1, int((x + 0.5 * wide) * w)))
    part = overview.pixels[rows, columns]
    sky = float(np.median(part @ np.array(LUMA, np.float32))) if part.size else 0.0
    bright = float(np.clip((sky / max(0.05, light.top) - 0.25) / 0.4, 0, 1))
    ahead = float(np.clip((light.sun[2] + 0.55) / 0.6, 0, 1))
    return float(np.clip(max(1.25 * light.against, 0.95 * bright * ahead, 0.3 * bright), 0, 1))


def _prepare(overview: Overview, parameters: Parameters, seed: int) -> Finished | None:
    count, size = round(float(parameters["count"])), float(parameters["size"])
    if count == 0 or size == 0:
        return None
    scene = overview.scene
    rng = np.random.default_rng(seed)
    sky, mask = flying_room(overview)
    aspect = scene.width / max(1, scene.height)
    near = 0.058 * size  # side of a bird's box of size 1
    wide = min(0.62, near * (1.6 + 1.9 * np.sqrt(count)) / aspect)
    tall = min(0.42, near * (1.2 + 0.95 * np.sqrt(count)))
    x, y = float(parameters["x"]), float(parameters["y"])
    if x < 0 or y < 0:
        want = (
            x if x >= 0 else 0.36 if scene.light.x > 0.5 else 0.64,
            y if y >= 0 else max(0.14, 0.52 * scene.horizon.y(0.5)),
        )
        found = None
        for smaller in (1.3, 1.0, 0.75, 0.5, 0.3):
            found = free_place(mask, overview.pixels, smaller * wide, smaller * tall, want, rng)
            if found is not None:
                wide, tall = min(1.0, smaller) * wide, min(1.0, smaller) * tall
                near *= min(1.0, smaller + 0.25)
                break
        if found is None:
            return None
        x, y = found
    light = lit(overview)
    free = mask if sky is None else sky  # a place asked for by number counts, not the region
    against = _against(overview, light, x, y, wide, tall)
    heading = 0.55 if rng.random() < 0.5 else np.pi - 0.55
    out = []
    for px, py, large in _flock(count, (x, y, wide, tall), near, aspect, free, rng):
        pose = (
            float(np.sin(rng.uniform(0, 2 * np.pi))),
            heading + float(rng.normal(0, 0.5)),
            float(rng.normal(0.1, 0.4)),
            float(rng.normal(0.05, 0.12)),
        )
        picture = draw(light, pose, against, 192 if large > 1.1 else 128)
        haze = float(np.clip(0.16 - 0.10 * large, 0.02, 0.12)) * (1 - 0.5 * against)
        out.append(Drawn(picture, px, py, near * large, haze, within=sky))
    return finish(overview, sorted(out, key=lambda bird: bird.height), light, seed)


BIRDS = register(
    Operator(
        name="birds",
        version=1,
        family="elements",
        kind="layer",
        label=Label("Birds", "飞鸟"),
        doc="A loose flock of gulls in the free sky: white and grey in the scene's light, dark shapes before a glowing"
        " sky. Size 1: a wing span of about 5 % of the frame's height, the nearest more. x, y: the flock's middle; -1"
        " finds a calm place.",
        params=(
            Param("count", 13.0, 0.0, 60.0, "", Label("Count", "数量")),
            Param("size", 1.0, 0.0, 4.0, "", Label("Size", "大小")),
            *PLACE,
        ),
        prepare=_prepare,
        apply=apply,
        region="sky",
        places=True,
    )
)
