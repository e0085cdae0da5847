"""A picture from words alone: read, looked at from a place, finished by the operators that edits use.

Land, water, houses, groves and the clear sky are computed; clouds, weather, stars and things are put in by the
operators of `fluxroom.operators` with exact masks, for nothing need be perceived that was just drawn.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from fluxroom.compose import paint
from fluxroom.compose.grove import BAMBOO, FLOOR, FOREST, LEAVES, PATH, STEMS, grove
from fluxroom.compose.houses import BUILDING, House, towers, village
from fluxroom.compose.places import SUN, view_of
from fluxroom.compose.read import Thing, Wish, read
from fluxroom.compose.view import Seen, developed, look
from fluxroom.errors import InputError
from fluxroom.operators import find
from fluxroom.photo import Photo
from fluxroom.photo.color import ColorProfile
from fluxroom.photo.photo import Encoding, Metadata
from fluxroom.recipe import Adjustment, Recipe, Region, Value
from fluxroom.render import render
from fluxroom.scene import ANALYSIS_SIDE, Float, Guess, Horizon, Light, Scene

LEAST, MOST = 64, 8192
"""Pixels a side."""


@dataclass(frozen=True)
class Composed:
    """photo: the finished picture, 16 bits; scene: what is in it, exactly; wish: the words as read; recipe: what the
    operators did; notes: what was not understood or could not be placed."""

    photo: Photo
    scene: Scene
    wish: Wish
    recipe: Recipe
    notes: tuple[str, ...]


def compose(prompt: str, width: int = 1024, height: int = 1024, seed: int = 0) -> Composed:
    """Make a picture of words in English or Chinese; the same words, size and seed give the same picture.

    Raises InstructionError where nothing is understood, InputError for a size outside 64..8192 pixels.
    """
    if not (LEAST <= width <= MOST and LEAST <= height <= MOST):
        raise InputError(f"size {width}x{height}: each side must be from {LEAST} to {MOST} pixels")
    wish = read(prompt)
    notes = [f"not understood: {', '.join(wish.left)}"] if wish.left else []
    if wish.place == "bamboo":
        seen, horizon, warm = _grove(wish, width, height, seed)
    else:
        seen, horizon, warm = _land(wish, width, height, seed, notes)
    codes = ColorProfile.srgb().encode(seen.pixels, np.uint16)
    photo = Photo(codes, None, ColorProfile.srgb(), Metadata(), Encoding("png", 16))
    scene = _scene(seen, wish, horizon, width, height, warm)
    recipe = _recipe(wish, scene, seed, notes)
    rendered = render(photo, scene, recipe, bits=16)
    done = Photo(rendered.codes, None, rendered.profile, photo.metadata, photo.encoding)
    return Composed(done, scene, wish, recipe, (*notes, *rendered.notes))


def _land(wish: Wish, width: int, height: int, seed: int, notes: list[str]) -> tuple[Seen, float, float]:
    view = view_of(wish, seed)
    rng = np.random.default_rng([seed, 9])
    houses: list[House] = []
    if wish.place == "village" or wish.second == "village":
        houses += village(view.ground, 70, 60, 420, 0.40, rng)
    if wish.place == "city" or wish.second == "city":
        near = 390.0 if wish.place == "city" else 900.0
        houses += towers(320, near, near + 900, 0.62, rng)
    for thing in wish.things:
        if thing.kind == "house":
            houses += _placed(view.ground, thing, rng, notes)
    lamps = {"night": 1.0, "blue": 0.9, "dusk": 0.75, "sunset": 0.35, "dawn": 0.3}.get(wish.hour, 0.0)
    neon = 1.0 if "neon" in wish.looks else 0.0
    if neon:
        lamps = max(lamps, 0.8)
    seen = look(view, width, height, tuple(houses), lamps=lamps, neon=neon, seed=seed)
    return seen, view.horizon, view.sun_height


def _placed(ground: object, thing: Thing, rng: np.random.Generator, notes: list[str]) -> list[House]:
    """Houses that were counted and given a side."""
    from fluxroom.compose.land import Ground

    assert isinstance(ground, Ground)
    count = thing.count or 1
    made: list[House] = []
    for _ in range(60):
        more = village(ground, 1, 48, 110, 0.36, rng, thing.color)
        side = {"left": -1.0, "right": 1.0}.get(thing.side, 0.0)
        for h in more:
            at = h.x / h.z
            fits = at * side > 0.10 if side else (abs(at) < 0.12 if thing.side == "center" else True)
            apart = all(abs(o.x / o.z - at) > 1.45 * (o.wide / o.z + h.wide / h.z) + 0.02 for o in made)
            if fits and apart and len(made) < count:
                made.append(h)
    if len(made) < count:
        notes.append(f"found room for {len(made)} of {count} houses")
    return made


def _grove(wish: Wish, width: int, height: int, seed: int) -> tuple[Seen, float, float]:
    light, fog = {
        "dawn": ((1.00, 0.90, 0.70), (1.00, 0.86, 0.60)),
        "sunset": ((1.00, 0.80, 0.55), (1.00, 0.70, 0.38)),
        "golden": ((1.00, 0.85, 0.60), (1.00, 0.78, 0.48)),
        "dusk": ((0.50, 0.52, 0.70), (0.55, 0.52, 0.66)),
        "blue": ((0.32, 0.42, 0.70), (0.34, 0.44, 0.72)),
        "night": ((0.20, 0.28, 0.50), (0.16, 0.24, 0.42)),
    }.get(wish.hour, ((1.0, 1.0, 0.92), (0.88, 0.95, 0.86)))
    kind = BAMBOO if wish.place == "bamboo" else FOREST
    w, h = round(width * 1.25), round(height * 1.25)
    linear, what, horizon = grove(kind, np.array(light), np.array(fog), w, h, seed)
    pixels = developed(linear, key=0.26)
    if wish.hour in ("night", "blue", "dusk"):
        pixels = pixels * {"night": 0.22, "blue": 0.5, "dusk": 0.7}[wish.hour]
    pixels = np.asarray(cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA), np.float32)
    names = np.zeros(4, np.uint8)
    names[PATH], names[FLOOR], names[STEMS], names[LEAVES] = ROAD, paint.GRASS, paint.TREES, paint.TREES
    kinds = names[cv2.resize(what, (width, height), interpolation=cv2.INTER_NEAREST)]
    distance = np.full((height, width), 20.0, np.float32)
    return (
        Seen(pixels, kinds, distance, (0.5, horizon - 0.08), width / 2 / math.tan(math.radians(31))),
        horizon,
        SUN[wish.hour][0],
    )


ROAD = 8
NAMES: dict[str, tuple[int, ...]] = {
    "sky": (paint.SKY,),
    "water": (paint.WATER,),
    "ground": (paint.GRASS, paint.SAND, paint.SNOW, paint.ROCK, ROAD),
    "sand": (paint.SAND,),
    "grass": (paint.GRASS,),
    "vegetation": (paint.TREES,),
    "trees": (paint.TREES,),
    "snow": (paint.SNOW,),
    "rock": (paint.ROCK,),
    "building": (BUILDING,),
    "road": (ROAD,),
}


def _scene(seen: Seen, wish: Wish, horizon: float, width: int, height: int, sun_height: float) -> Scene:
    scale = min(1.0, ANALYSIS_SIDE / max(width, height))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    preview = np.asarray(cv2.resize(seen.pixels, size, interpolation=cv2.INTER_AREA), np.float32)

    def mask(where: NDArray[np.bool_]) -> Float:
        return np.asarray(cv2.resize(where.astype(np.float32), size, interpolation=cv2.INTER_AREA), np.float32)

    regions = {name: mask(np.isin(seen.kind, kinds)) for name, kinds in NAMES.items()}
    regions["mountain"] = mask(
        np.isin(seen.kind, (paint.ROCK, paint.TREES, paint.SNOW, paint.GRASS)) & (seen.distance > 1500)
    )
    regions["clouds"] = np.zeros_like(regions["sky"])
    regions["object"] = np.zeros_like(regions["sky"])
    regions = {
        k: v
        for k, v in regions.items()
        if k in ("sky", "clouds", "water", "ground", "vegetation", "building", "object") or v.any()
    }
    x, y = seen.sun
    low = max(0.0, min(1.0, (12.0 - sun_height) / 12.0))
    moonlit = wish.hour == "night"
    visible = 0 <= x <= 1 and 0 <= y <= horizon and not moonlit and sun_height > -1 and wish.place != "bamboo"
    color = np.array([1.0, 1.0 - 0.25 * low, 1.0 - 0.6 * low])
    color = color / color.mean()
    light = Light(
        x=float(x), y=float(y), visible=visible, color=(float(color[0]), float(color[1]), float(color[2])), warmth=0.8 *
        low,
        elevation=sun_height if not moonlit else -12.0, softness=0.9 if wish.weather & {"overcast", "fog", "rain"} else
        0.1, confidence=0.95, kelvin=6500 - 3200 * low,
    )  # fmt: skip
    time = {"day": "day", "morning": "day", "dawn": "golden_hour", "golden": "golden_hour", "sunset": "golden_hour",
            "dusk": "dusk", "blue": "blue_hour", "night": "night"}[wish.hour]  # fmt: skip
    weather = next(
        (
            name
            for word, name in (("storm", "storm"), ("fog", "fog"), ("overcast", "overcast"), ("snowfall", "snow"))
            if word in wish.weather
        ),
        "clear",
    )
    return Scene(
        width, height, preview, regions, dict.fromkeys(regions, 0.98),
        Horizon(horizon, horizon, 0.98, 0.98), light,
        Guess(time, 0.98, {time: 0.98}), Guess(weather, 0.98, {weather: 0.98}), 58.0, Guess(wish.season, 0.98,
        {wish.season: 0.98}), exact=True,
    )  # fmt: skip


SIDES = {"left": 0.2, "center": 0.5, "right": 0.8}


def _recipe(wish: Wish, scene: Scene, seed: int, notes: list[str]) -> Recipe:
    """What the operators shall do, in the order in which a retoucher would: sky, phenomena, things, air, look."""
    steps: list[Adjustment] = []

    def add(operator: str, **parameters: Value) -> None:
        known = find(operator)
        steps.append(Adjustment(operator, parameters, Region() if known.places else Region(known.region)))

    open_sky = scene.share("sky") > 0.03
    dark = wish.hour in ("night", "blue")
    weather, phenomena = wish.weather, wish.phenomena
    if open_sky:
        _clouds(wish, add)
    if "mist" in weather and wish.place not in ("lake", "sea"):
        weather = weather - {"mist"}
        add("fog", strength=0.5, height=0.35)
    for word, operator, strength in (
        ("mist", "mist", 0.6),
        ("fog", "fog", 0.6),
        ("rain", "rain", 0.6),
        ("snowfall", "snowfall", 0.6),
    ):
        if word in weather:
            add(operator, strength=strength)
    if "storm" in weather and "rain" not in weather:
        add("rain", strength=0.35)
    if open_sky and (dark or wish.hour == "dusk"):
        if "star_trails" in phenomena:
            add("star_trails")
        elif (
            wish.hour == "night" and not weather & {"overcast", "storm", "rain", "fog", "snowfall"}
        ) or "stars" in phenomena:
            add("stars", strength=0.75 if "stars" in phenomena or "milky_way" in phenomena else 0.45)
        if "milky_way" in phenomena:
            add("milky_way", strength=0.7)
    for name, parameters in (
        ("aurora", {"strength": 0.75}),
        ("moon", {}),
        ("meteors", {}),
        ("rainbow", {"strength": 0.7}),
        ("lightning", {}),
    ):
        if name in phenomena and open_sky:
            add(name, **parameters)
            if name == "aurora":
                add("cast_light", strength=0.2)
        elif name in phenomena:
            notes.append(f"{name}: no open sky in this place")
    if "shafts" in phenomena:
        add("light_shafts")
    if wish.hour in ("sunset", "dawn") and open_sky:
        add("white_balance", temperature=0.22 if wish.hour == "sunset" else 0.12)
        add("sun_glow", strength=0.4)
    for thing in wish.things:
        if thing.kind != "house":
            _thing(thing, wish, scene, add, notes)
    if "neon" in wish.looks:
        add("bloom")
    if "surreal" in wish.looks:
        add("orton")
        add("vibrance", amount=0.2)
    if "epic" in wish.looks:
        add("contrast", amount=0.18)
        add("vignette")
    if "black_and_white" in wish.looks:
        add("black_and_white")
    if "film" in wish.looks:
        add("film_stock")
    return Recipe(tuple(steps), seed=seed, say="")


def _clouds(wish: Wish, add: object) -> None:
    assert callable(add)
    weather, low = wish.weather, wish.hour in ("sunset", "dawn", "dusk", "golden")
    if weather & {"storm"}:
        add("clouds", kind="storm", coverage=0.85, density=0.9)
    elif "rain" in weather:
        add("clouds", kind="storm", coverage=0.7, density=0.7)
    elif weather & {"overcast", "snowfall", "fog"}:
        add("clouds", kind="stratocumulus", coverage=0.85, density=0.7)
    elif "drama" in weather or "epic" in wish.looks:
        add("clouds", kind="heavy" if low else "cumulus", coverage=0.62, density=0.8)
    elif "clouds" in weather:
        add("clouds", kind="altocumulus" if low else "cumulus", coverage=0.5, density=0.7)
    elif "clear" in weather or wish.hour in ("night", "blue") or wish.place == "bamboo":
        return
    elif low:
        add("clouds", kind="altocumulus", coverage=0.42, density=0.55)
    else:
        add("clouds", kind="cumulus", coverage=0.3, density=0.6)
    if wish.place == "lake":
        add("sky_reflection")


FALL = {"tree": 0.065, "person": 0.12, "lantern": 0.20, "campfire": 0.18}
"""How far under the horizon a thing stands that was given a side, in parts of the height: that decides its size."""


def _foothold(scene: Scene, kind: str, x: float) -> float | None:
    """The height in the picture, 0..1, of free ground at `x`, as near as can be to where the kind should stand."""
    ground = scene.regions["ground"] * (1 - scene.regions["vegetation"])
    h, w = ground.shape
    rows = ground[:, max(0, int((x - 0.04) * w)) : int((x + 0.04) * w) + 1].min(axis=1)
    free = np.flatnonzero(rows > 0.9) / h
    want = scene.horizon.y(x) + FALL[kind]
    free = free[(free > scene.horizon.y(x) + 0.02) & (free < 0.95)]
    return float(free[np.abs(free - want).argmin()]) if len(free) else None


def _thing(thing: Thing, wish: Wish, scene: Scene, add: object, notes: list[str]) -> None:
    assert callable(add)
    parameters: dict[str, Value] = {}
    if thing.side:
        parameters["x"] = SIDES[thing.side]
        y = _foothold(scene, thing.kind, SIDES[thing.side]) if thing.kind in FALL else None
        if y is not None:
            parameters["y"] = y
    if thing.count and thing.kind not in ("lighthouse", "campfire"):
        parameters["count"] = float(thing.count)
    elif thing.kind == "birds":
        parameters["count"] = 1.0 if thing.count == 1 else 9.0
    if thing.color:
        if thing.kind in ("hot_air_balloon", "sailboat"):
            parameters["color"] = thing.color
        elif thing.kind == "tree" and thing.color in ("green", "red", "yellow", "orange"):
            parameters["leaves"] = {"green": "green", "red": "red"}.get(thing.color, "gold")
        elif not (thing.kind == "birds" and thing.color in ("white", "black")):
            notes.append(f"a {thing.kind.replace('_', ' ')} cannot be made {thing.color}")
    if thing.kind == "sailboat":
        parameters["size"] = 1.6 if wish.hour in ("night", "blue") else 1.3
    if thing.kind == "hot_air_balloon":
        parameters["size"] = 1.25
    if thing.kind in ("sailboat", "lighthouse") and wish.place not in ("sea", "lake"):
        notes.append(f"{thing.kind}: there is no water in this place")
        return
    add(thing.kind, **parameters)
