"""People far away, standing or walking, seen from behind or the side, with their shadows and reflections."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from fluxroom.operators.declare import Label, Operator, Overview, Param, Parameters, register
from fluxroom.operators.elements.figure import body, draw, pose
from fluxroom.operators.elements.finish import Drawn, Finished, apply
from fluxroom.operators.elements.place import PLACE, lit
from fluxroom.operators.elements.stand import (
    Foot,
    Standing,
    air_share,
    before_foot,
    crisp,
    exposed,
    on_ground,
    open_ground,
    reference,
    region,
    shadow,
    standing,
    sunlight,
)
from fluxroom.scene import Float

FLOORS = ("grass", "sand", "road", "snow", "ground")
CAMERA, TALL = 1.6, 1.72
"""Assumed height of the camera and of a person, metres: on level ground the eyes lie on the horizon."""


def _figure(overview: Overview, foot: Foot, kind: str, cast: float, seed: int) -> Standing:
    scene = overview.scene
    rng = np.random.default_rng((seed, int(1000 * foot.x), int(1000 * foot.y)))
    turn = float(rng.choice([-90, 90, 0]) + rng.normal(0, 18)) if kind == "walking" else float(rng.normal(0, 28))
    figure = pose(kind, turn, rng)
    sun = sunlight(overview)
    gain = np.float32(exposed(overview, foot, sun) * (1 - 0.5 * lit(overview).against))
    fall_on = 1 - np.clip(region(overview, "sky", "building"), 0, 1)
    floor = reference(overview, foot, region(overview, "ground", "grass", "sand", "road"))
    bounced = 0.2 * gain * (sun.sun + sun.sky) if floor is None else floor
    height = int(np.clip(4 * foot.h * scene.height, 320, 1200))
    picture = draw(figure, sun.toward, gain * sun.sun, gain * sun.sky, np.asarray(0.7 * bounced, np.float32), height)
    picture = crisp(picture, height / max(1.0, foot.h * scene.height))
    grown = region(overview, "grass", "vegetation")
    h, w = grown.shape
    tufts = float(grown[min(h - 1, int(foot.y * h)), min(w - 1, int(foot.x * w))])
    before_foot(picture, 0.004 + 0.045 * tufts, rng)
    haze = air_share(overview, foot, lit(overview).air)
    drawn = Drawn(picture, foot.x, foot.y - 0.5 * foot.h, foot.h, haze, on="ground")
    points, area = body(figure, rng)
    above = replace(sun, toward=np.array([0, 1, 0], np.float32))
    covers = [shadow(overview, foot, points, area, above, 0.40 * cast, 0.05, fall_on)]
    if sun.hard > 0.08:
        covers.append(
            shadow(overview, foot, points, area, sun, (0.14 + 0.56 * sun.hard) * cast, 0.008 + 0.05 * (1 - sun.hard),
                   fall_on)
        )  # fmt: skip
    return Standing(foot, drawn, tuple(c for c in covers if c is not None), _wet(overview))


def _wet(overview: Overview) -> Float | None:
    """Sand that the last wave has wet and that mirrors; None where there is none."""
    sand, water = region(overview, "sand"), region(overview, "water")
    if float(sand.max(initial=0)) < 0.5 or float(water.mean()) < 0.02:
        return None
    reach = max(3, round(0.16 * len(sand)) | 1)
    near = cv2.dilate(water, np.ones((reach, 1), np.uint8))
    return np.asarray(sand * cv2.blur(near, (9, 9)), np.float32)


def _advise(overview: Overview, parameters: Parameters) -> tuple[str, ...]:
    at = (float(parameters["x"]), float(parameters["y"]))
    rng = np.random.default_rng(0)
    found = _foot(
        overview,
        open_ground(overview, *FLOORS),
        float(parameters["size"]),
        str(parameters["where"]),
        at,
        None,
        rng,
    )
    return () if found else ("person: no open level ground is seen here that somebody could stand on",)


def _prepare(overview: Overview, parameters: Parameters, seed: int) -> Finished | None:
    size, count = float(parameters["size"]), round(float(parameters["count"]))
    if size == 0 or count == 0:
        return None
    rng = np.random.default_rng(seed)
    free = open_ground(overview, *FLOORS)
    path = free * (region(overview, "road") > 0.5)
    things: list[Standing] = []
    together: Foot | None = None
    for number in range(count):
        x, y = (float(parameters["x"]), float(parameters["y"])) if number == 0 else (-1.0, -1.0)
        kind = str(parameters["pose"])
        if kind == "any":
            kind = "walking" if rng.random() < 0.5 else "standing"
        foot = None
        for ground in (path, free):
            foot = foot or _foot(overview, ground, size, str(parameters["where"]), (x, y), together, rng)
        if foot is None:
            continue
        together = together or foot
        _take(free, foot, overview)
        _take(path, foot, overview)
        things.append(_figure(overview, foot, kind, float(parameters["shadow"]), seed + 31 * number))
    return standing(overview, things, seed)


def _take(free: Float, foot: Foot, overview: Overview) -> None:
    """Where somebody stands nobody else does."""
    h, w = free.shape
    half = 0.25 * foot.h * overview.scene.height / max(1, overview.scene.width)
    rows = slice(int((foot.y - 0.02) * h), int((foot.y + 0.02) * h) + 1)
    free[rows, max(0, int((foot.x - half) * w)) : int((foot.x + half) * w) + 1] = 0


def _foot(
    overview: Overview, free: Float, size: float, where: str, at: tuple[float, float], beside: Foot | None,
    rng: np.random.Generator
) -> Foot | None:  # fmt: skip
    ratio = size * TALL / CAMERA
    if overview.scene.horizon.confidence < 0.5:  # among hills one mostly looks down
        ratio *= 0.85
    if at[0] >= 0 and at[1] >= 0:
        fall = max(0.004, at[1] - overview.scene.horizon.y(0.5))
        return Foot(at[0], at[1], float(np.clip(ratio * fall, 0.02, 0.2)), fall, False)
    wished = (0.035 if where == "far" else 0.085) * size
    heights = (0.4 * wished, wished, 2.6 * wished)
    want = at[0]
    if beside is not None:  # company keeps together
        want = beside.x + float(rng.choice([-1, 1])) * beside.h * float(rng.uniform(0.3, 0.5))
        heights = (0.85 * beside.h, beside.h, 1.15 * beside.h)
    return on_ground(overview, free, ratio, heights, 0.3, (0.15, want), rng)


PERSON = register(
    Operator(
        name="person",
        version=1,
        family="elements",
        kind="layer",
        label=Label("Person", "人物"),
        doc="A person far away, standing or walking, seen from behind or the side: on level ground the eyes lie at the"
        " horizon (camera 1.6 m), with a shadow, and a reflection in still water and on wet sand. Another seed gives"
        " another. x, y: the first one's feet; -1 finds a free place.",
        params=(
            Param("size", 1.0, 0.0, 2.5, "", Label("Size", "大小")),
            Param("count", 1.0, 0.0, 6.0, "", Label("Count", "数量")),
            Param("shadow", 1.0, 0.0, 1.5, "", Label("Shadow", "影子")),
            Param("pose", "any", label=Label("Pose", "姿态"), choices=("any", "standing", "walking")),
            Param("where", "auto", label=Label("Where", "位置"), choices=("auto", "far")),
            *PLACE,
        ),
        prepare=_prepare,
        apply=apply,
        region="everything",
        advise=_advise,
        places=True,
    )
)
