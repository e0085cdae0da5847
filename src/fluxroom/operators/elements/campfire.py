"""A wood fire on the ground: flames, sparks, a ring of stones, and its light on what is around."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from fluxroom.operators.declare import LUMA, Label, Operator, Overview, Param, Parameters, register
from fluxroom.operators.elements.finish import Drawn, Finished, apply, finish
from fluxroom.operators.elements.flame import FOOT, SOOT, TOP, draw, ring
from fluxroom.operators.elements.glow import Lamp, bloom, thrown
from fluxroom.operators.elements.place import PLACE, lit
from fluxroom.operators.elements.stand import (
    Foot,
    Sun,
    exposed,
    on_ground,
    open_ground,
    reference,
    region,
    shadow,
    sunlight,
)
from fluxroom.scene import Float

CAMERA, TALL = 1.6, 0.85
"""Assumed height of the camera and of the flames, metres."""
LIGHT = np.array([1.0, 0.50, 0.15], np.float32)
"""Firelight as a camera set for dusk shows it, linear Rec.2020, its largest channel 1."""


def _free(overview: Overview) -> Float:
    """Where one may light a fire: not on roads and jetties, unless one was asked to."""
    free = open_ground(overview, "sand", "grass", "ground", "snow", "road")
    if float(overview.mask.mean()) > 0.6:
        free *= 1 - (region(overview, "road") > 0.4)
    return free


def _advise(overview: Overview, parameters: Parameters) -> tuple[str, ...]:
    at = (float(parameters["x"]), float(parameters["y"]))
    found = _foot(overview, float(parameters["size"]), at, np.random.default_rng(0))
    return () if found else ("campfire: no open level ground is seen here to light it on",)


def _prepare(overview: Overview, parameters: Parameters, seed: int) -> Finished | None:
    size, strength = float(parameters["size"]), float(parameters["glow"])
    if size == 0:
        return None
    scene = overview.scene
    rng = np.random.default_rng(seed)
    foot = _foot(overview, size, (float(parameters["x"]), float(parameters["y"])), rng)
    if foot is None:
        return None
    light = lit(overview)
    level = float((np.maximum(overview.pixels, 0) @ np.array(LUMA, np.float32)).mean())
    dark = max(light.dim, float(np.clip((0.18 - level) / 0.14, 0, 1)))
    under = reference(overview, foot, region(overview, "ground", "sand", "grass", "road"))
    if under is not None:  # on bright ground its light is hardly seen, whatever the hour
        dark *= float(np.clip((0.45 - float(under @ np.array(LUMA, np.float32))) / 0.35, 0.15, 1))
    sun: Sun = sunlight(overview)
    gain = np.float32(exposed(overview, foot, sun))
    # By day a fire is hardly brighter than what the sun shines on, and one sees through it.
    shine = 0.55 + 0.45 * dark
    grass = region(overview, "grass", "vegetation")
    h, w = grass.shape
    tufts = 0.05 * float(grass[min(h - 1, int(foot.y * h)), min(w - 1, int(foot.x * w))])
    height = int(np.clip(1.6 * foot.h * scene.height * (TOP + FOOT), 260, 760))
    picture = draw(gain * sun.sky, gain * np.float32(0.4) * (sun.sun + sun.sky), shine, tufts, height, rng)
    tall = foot.h * (TOP + FOOT)
    middle = foot.y - foot.h * (TOP + FOOT) * (0.5 - FOOT / (TOP + FOOT))
    power = strength * (0.12 + 0.15 * scene.light.softness + 8.0 * dark**1.6) * size**2
    pool = thrown(overview, light, [Lamp(foot.x, foot.y, 0.45 * TALL * size, power)], LIGHT, 11.0)
    things = [
        Drawn(picture, foot.x, middle, tall, 0.0, 1 - 0.5 * FOOT / (TOP + FOOT), "air", glows=True),
        Drawn(
            bloom(SOOT, 0.20 * strength * (0.04 + 0.96 * dark)), foot.x, foot.y - 0.4 * foot.h, 5 * foot.h,
            on="air", glows=True,
        ),
    ]  # fmt: skip
    above = replace(sun, toward=np.array([0, 1, 0], np.float32))
    fall_on = 1 - np.clip(region(overview, "sky", "water", "building"), 0, 1)
    below = shadow(overview, foot, *ring(rng), above, 0.55, 0.02, fall_on)
    return finish(overview, things, light, seed, [cover for cover in (pool, below) if cover is not None])


def _foot(overview: Overview, size: float, at: tuple[float, float], rng: np.random.Generator) -> Foot | None:
    ratio = size * TALL / CAMERA
    if at[0] >= 0 and at[1] >= 0:
        fall = max(0.01, at[1] - overview.scene.horizon.y(0.5))
        return Foot(at[0], at[1], float(np.clip(ratio * fall, 0.02, 0.35)), fall, False)
    heights = (0.03 * size, 0.10 * size, 0.22 * size)
    return on_ground(overview, _free(overview), ratio, heights, 1.0, (0.55, at[0]), rng)


CAMPFIRE = register(
    Operator(
        name="campfire",
        version=1,
        family="elements",
        kind="layer",
        label=Label("Campfire", "篝火"),
        doc="A wood fire in a ring of stones on free ground, as large as its place on the ground plane says, with"
        " sparks and warm light on what is around by the inverse square: strong at dusk and by night, faint by day."
        " Size 1: flames of 85 cm. x, y: its middle; -1 finds a free place.",
        params=(
            Param("size", 1.0, 0.0, 3.0, "", Label("Size", "大小")),
            Param("glow", 1.0, 0.0, 3.0, "", Label("Light thrown", "光照")),
            *PLACE,
        ),
        prepare=_prepare,
        apply=apply,
        region="everything",
        advise=_advise,
        places=True,
    )
)
