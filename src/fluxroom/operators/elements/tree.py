"""A tree, grown anew for each seed, standing on the ground with its shadow or small on the skyline."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from fluxroom.operators.declare import LUMA, Label, Operator, Overview, Param, Parameters, register
from fluxroom.operators.elements.finish import Drawn, Finished, apply
from fluxroom.operators.elements.place import PLACE, lit
from fluxroom.operators.elements.sprite import LARGEST, Placed
from fluxroom.operators.elements.stand import (
    BARE,
    GROWN,
    Foot,
    Standing,
    Sun,
    air_share,
    before_foot,
    below_skyline,
    crisp,
    on_ground,
    on_ridge,
    reference,
    region,
    shadow,
    standing,
    sunlight,
)
from fluxroom.operators.elements.tree_draw import Sunlight, draw
from fluxroom.operators.elements.tree_grow import Tree, grow
from fluxroom.scene import Float, Scene

CAMERA, TALL = 1.6, {"round": 9.0, "poplar": 13.0, "conifer": 12.0}
"""Assumed height of the camera and of the kinds, metres."""
WIDE = {"round": 1.05, "poplar": 0.36, "conifer": 0.40}
LEAVES = {
    "green": ((0.044, 0.062, 0.017), (0.095, 0.108, 0.029)),
    "gold": ((0.15, 0.088, 0.012), (0.27, 0.175, 0.026)),
    "red": ((0.105, 0.022, 0.011), (0.22, 0.062, 0.016)),
    "conifer": ((0.022, 0.038, 0.018), (0.046, 0.062, 0.026)),
}
"""Albedo of leaves from one leaf to another, linear Rec.2020 (after leaf spectra in the PROSPECT literature)."""
BARK = {"round": (0.100, 0.078, 0.058), "poplar": (0.20, 0.185, 0.155), "conifer": (0.11, 0.075, 0.055)}
SEASONS = ("green", "gold", "red", "bare")
_Y = np.array(LUMA, np.float32)


def _season(scene: Scene, wanted: str) -> str:
    """Leaves as the season has them, unless they were asked for."""
    if wanted != "season":
        return wanted
    winter = scene.season.value == "winter" and scene.season.confidence > 0.6
    snow = scene.regions.get("snow")
    if winter or (snow is not None and float(snow.mean()) > 0.12) or scene.weather.value == "snow":
        return "bare"
    return "gold" if scene.season.value == "autumn" and scene.season.confidence > 0.7 else "green"


def _colors(overview: Overview, foot: Foot, kind: str, leaves: str) -> Float:
    """Albedo of leaves: of the kind, and partly of the colour that this photo gives to green."""
    leaf = np.array(LEAVES["conifer" if kind == "conifer" else leaves if leaves != "bare" else "green"], np.float32)
    own = reference(overview, foot, region(overview, "trees", *GROWN))
    if own is None or leaves in ("gold", "red") or own[1] < max(own[0], own[2]):
        return leaf
    own = own / max(1e-4, float(own @ _Y))
    lum = (leaf @ _Y)[:, None]
    return np.asarray(lum * (0.65 * leaf / lum + 0.35 * np.clip(own, 0, 3)), np.float32)


def _exposed(overview: Overview, foot: Foot, light: Sun, leaves: str) -> float:
    """Factor that brings a tree to the tones of this photo: green land around it says what its light gives."""
    if foot.ridge:
        own = reference(overview, foot, below_skyline(overview, foot), 60)
        if own is not None:
            return max(float(own @ _Y), 0.002) / (0.16 * (float(light.sun @ _Y) + float(light.sky @ _Y)))
    seen = (reference(overview, foot, region(overview, "trees")), reference(overview, foot, region(overview, *GROWN)))
    ground = reference(overview, foot, region(overview, "ground", *BARE))
    if seen[0] is not None and seen[1] is not None:
        # Forest shows its own shadows, grass hardly any.
        level = max(float(seen[0] @ _Y), 1e-4) ** 0.25 * float(seen[1] @ _Y) ** 0.75
        albedo = 0.095 if seen[1][1] > seen[1][0] else 0.14
    elif seen[1] is not None:
        # Dry grass is paler than green.
        level, albedo = float(seen[1] @ _Y), 0.11 if seen[1][1] > seen[1][0] else 0.17
    elif ground is not None:
        level, albedo = float(ground @ _Y), 0.22
    else:
        level, albedo = 0.5 * float((np.maximum(overview.pixels, 0) @ _Y).mean()), 0.15
    # What level ground takes of both lights.
    taken = float(light.sun @ _Y) * max(0.25, float(light.toward[1])) + float(light.sky @ _Y)
    # Before the sun one sees the sides turned away.
    dim = 1.8 * (1 - 0.3 * max(0.0, float(light.toward[2]))) * (1 - 0.55 * lit(overview).against)
    return float(dim * max(level, 0.002) / (albedo * taken))


def _put(
    overview: Overview, foot: Foot, tree: Tree, kind: str, leaves: str, seed: int, cast: float, fall_on: Float
) -> Standing:
    """The tree and its shadows."""
    scene = overview.scene
    sun = sunlight(overview)
    gain = np.float32(_exposed(overview, foot, sun, leaves))
    floor = reference(overview, foot, fall_on)
    under = sun.sun * max(0.2, float(sun.toward[1])) + sun.sky
    bounced = 0.2 * under if floor is None else under * np.minimum(0.5, floor / (gain * under))
    light = Sunlight(sun.toward, gain * sun.sun, gain * sun.sky, gain * np.asarray(bounced, np.float32))
    height = int(np.clip(2.0 * foot.h * scene.height, 420, LARGEST))
    bark = np.array(BARK[kind], np.float32) * np.float32(0.7 if leaves == "bare" else 1.0)
    picture, middle, _ = draw(tree, light, _colors(overview, foot, kind, leaves), bark, height, seed,
                           0.4 if kind == "conifer" else 0.8)  # fmt: skip
    picture = crisp(picture, height / max(1.0, foot.h * scene.height))
    rng = np.random.default_rng(seed + 2)
    grown = region(overview, *GROWN)
    h, w = grown.shape
    tufts = float(grown[min(h - 1, int(foot.y * h)), min(w - 1, int(foot.x * w))])
    before_foot(picture, 0.003 + 0.016 * tufts, rng)
    share = picture.shape[0] / height
    tall = foot.h * share
    aspect = scene.width / max(1, scene.height)
    off = (0.5 * picture.shape[1] - middle) / height * foot.h / aspect
    haze = air_share(overview, foot, lit(overview).air)
    drawn = Drawn(picture, foot.x + off, foot.y - foot.h + 0.5 * tall, tall, haze, on="ground")
    out: list[Placed] = []
    if foot.ridge or cast == 0:
        return Standing(foot, drawn, tuple(out))
    pick = slice(None, None, max(1, len(tree.leaves) // 40000))
    # Wood is spread over its thickness.
    wood = np.repeat(tree.nodes, 4, 0) + np.repeat(tree.radius, 4)[:, None] * rng.uniform(
        -1, 1, (4 * len(tree.nodes), 3)
    )
    points = np.concatenate([tree.leaves[pick], wood]).astype(np.float32)
    each = 0.5 * tree.leaf**2 * (len(tree.leaves) / max(1, len(tree.leaves[pick])))
    area = np.concatenate([np.full(len(tree.leaves[pick]), each), np.repeat(tree.radius * 0.008, 4)])
    above = replace(sun, toward=np.array([0, 1, 0], np.float32))
    for cover in (
        shadow(overview, foot, points, area, above, 0.42 * cast, 0.06, fall_on),
        shadow(overview, foot, points, area, sun, (0.14 + 0.58 * sun.hard) * cast, 0.006 + 0.05 * (1 - sun.hard),
               fall_on) if sun.hard > 0.08 else None,
    ):  # fmt: skip
        if cover is not None:
            out.append(cover)
    return Standing(foot, drawn, tuple(out))


def _ground(overview: Overview) -> tuple[Float, Float]:
    """(h, w) each: where plants grow that are no trees, and where a tree may stand at all."""
    hard_floor = region(overview, "water", "sky", "road", "person", "animal", "building", "object")
    meadow = region(overview, *GROWN) * (1 - region(overview, "trees"))
    return np.asarray(meadow, np.float32), ((overview.mask > 0.5) & (hard_floor < 0.3)).astype(np.float32)


def _advise(overview: Overview, parameters: Parameters) -> tuple[str, ...]:
    at = (float(parameters["x"]), float(parameters["y"]))
    kind, size, where = str(parameters["kind"]), float(parameters["size"]), str(parameters["where"])
    found = _foot(overview, *_ground(overview), kind, size, where, at, np.random.default_rng(0))
    return () if found else ("tree: no open ground and no near ridge is seen here that a tree could stand on",)


def _prepare(overview: Overview, parameters: Parameters, seed: int) -> Finished | None:
    size, kind, where = float(parameters["size"]), str(parameters["kind"]), str(parameters["where"])
    count = round(float(parameters["count"]))
    if size == 0 or count == 0:
        return None
    scene = overview.scene
    leaves = _season(scene, str(parameters["leaves"]))
    rng = np.random.default_rng(seed)
    fall_on = 1 - np.clip(region(overview, "sky", "water", "building"), 0, 1)
    meadow, allowed = _ground(overview)
    things: list[Standing] = []
    for number in range(count):
        at = (float(parameters["x"]), float(parameters["y"])) if number == 0 else (-1.0, -1.0)
        scale = size * (1.0 if number == 0 else float(rng.uniform(0.7, 1.05)))
        foot = _foot(overview, meadow, allowed, kind, scale, where, at, rng)
        if foot is None:
            continue
        w = allowed.shape[1]
        aspect = scene.width / max(1, scene.height)
        half = 0.5 * WIDE[kind] * foot.h / aspect
        allowed = allowed.copy()
        allowed[:, max(0, int((foot.x - half) * w)) : int((foot.x + half) * w) + 1] = 0
        tree = grow(kind, leaves != "bare", seed + 17 * number)
        cast = float(parameters["shadow"])
        things.append(_put(overview, foot, tree, kind, leaves, seed + 17 * number, cast, fall_on))
    return standing(overview, things, seed)


def _foot(
    overview: Overview, meadow: Float, allowed: Float, kind: str, size: float, where: str, at: tuple[float, float],
    rng: np.random.Generator
) -> Foot | None:  # fmt: skip
    ratio = size * TALL[kind] / CAMERA
    if at[0] >= 0 and at[1] >= 0:
        fall = max(0.0, at[1] - overview.scene.horizon.y(0.5))
        tall = float(np.clip(ratio * fall, 0.08 * size, min(0.45 * size, at[1] - 0.02)))
        return Foot(at[0], at[1], tall, fall, where == "ridge")
    wished = 0.34 if where != "far" else 0.12
    heights = (0.5 * wished * size, wished * size, min(0.85, 1.35 * wished * size))
    found: Foot | None = None
    if where != "ridge":
        for ground in (meadow, np.maximum(meadow, region(overview, *BARE))):
            if found is None:
                free = (ground * (1 - region(overview, "mountain")) > 0.5).astype(np.float32) * allowed
                found = on_ground(overview, free, ratio, heights, WIDE[kind], (0.10, at[0]), rng, 3.0)
    if found is None:
        found = on_ridge(overview, float(min(0.5, 0.1 * size)), WIDE[kind], at[0], rng)
        if found is not None:
            # Far ridges stand in air and are mountains: what grows there is small.
            veil = air_share(overview, found, lit(overview).air)
            if veil > 0.3:
                return None  # nothing could be made out there
            far = 8 * veil
            far += float((region(overview, "mountain") * below_skyline(overview, found)).max())
            found = replace(found, h=found.h * (1 - 0.62 * min(1.0, far)))
    return found


TREE = register(
    Operator(
        name="tree",
        version=1,
        family="elements",
        kind="layer",
        label=Label("Tree", "树"),
        doc="A tree grown by code, standing on free ground with its shadow, as large as its distance under the horizon"
        " says (camera 1.6 m), or small on the skyline; lit through its crown from the scene's own side, in the tones"
        " of the green land around it. Another seed grows another. Size 1: an oak of 9 m. x, y: the first one's foot;"
        " -1 finds a free place.",
        params=(
            Param("size", 1.0, 0.0, 3.0, "", Label("Size", "大小")),
            Param("count", 1.0, 0.0, 8.0, "", Label("Count", "数量")),
            Param("shadow", 1.0, 0.0, 1.5, "", Label("Shadow", "影子")),
            Param("kind", "round", label=Label("Kind", "树种"), choices=tuple(TALL)),
            Param(
                "leaves", "season", label=Label("Leaves", "叶子"), choices=("season", "green", "gold", "red", "bare")
            ),
            Param("where", "auto", label=Label("Where", "位置"), choices=("auto", "far", "ridge")),
            *PLACE,
        ),
        prepare=_prepare,
        apply=apply,
        region="everything",
        advise=_advise,
        places=True,
    )
)
