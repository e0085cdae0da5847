"""A picture from words alone: read, looked at from a place, finished by the operators that edits use.

Land, water, houses, groves and the clear sky are computed; clouds, weather, stars and things are put in by the
operators of `fluxroom.operators` with exact masks, for nothing need be perceived that was just drawn.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np

from fluxroom.compose import paint
from fluxroom.compose.finish import finishing
from fluxroom.compose.grove import BAMBOO, FLOOR, FOREST, LEAVES, PATH, STEMS, grove
from fluxroom.compose.houses import House, towers, village
from fluxroom.compose.known import ROAD, known_scene
from fluxroom.compose.land import Ground
from fluxroom.compose.places import SUN, view_of
from fluxroom.compose.read import Thing, Wish, read
from fluxroom.compose.view import Seen, developed, look
from fluxroom.errors import InputError
from fluxroom.photo import Photo
from fluxroom.photo.color import ColorProfile
from fluxroom.photo.photo import Encoding, Metadata
from fluxroom.recipe import Recipe
from fluxroom.render import render
from fluxroom.scene import Scene

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
    inside = wish.place in GROVES
    seen = _grove(wish, width, height, seed) if inside else _land(wish, width, height, seed, notes)
    codes = ColorProfile.srgb().encode(seen.pixels, np.uint16)
    photo = Photo(codes, None, ColorProfile.srgb(), Metadata(), Encoding("png", 16))
    scene = known_scene(seen, wish)
    recipe = finishing(wish, scene, seed, notes)
    rendered = render(photo, scene, recipe, bits=16)
    done = Photo(rendered.codes, None, rendered.profile, photo.metadata, photo.encoding)
    return Composed(done, scene, wish, recipe, (*notes, *rendered.notes))


def _land(wish: Wish, width: int, height: int, seed: int, notes: list[str]) -> Seen:
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
    return look(view, width, height, tuple(houses), lamps=lamps, neon=neon, seed=seed)


def _placed(ground: Ground, thing: Thing, rng: np.random.Generator, notes: list[str]) -> list[House]:
    """Houses that were counted and given a side."""
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


GROVES = {"bamboo": BAMBOO, "woods": FOREST}
BARE_WOODS = replace(FOREST, leaves=0, floor=(0.62, 0.66, 0.72))
"""Without leaves, with snow on the ground."""
Color = tuple[float, float, float]
GROVE_LIGHT: dict[str, tuple[Color, Color]] = {
    "dawn": ((1.00, 0.90, 0.70), (1.00, 0.86, 0.60)),
    "sunset": ((1.00, 0.80, 0.55), (1.00, 0.70, 0.38)),
    "golden": ((1.00, 0.85, 0.60), (1.00, 0.78, 0.48)),
    "dusk": ((0.50, 0.52, 0.70), (0.55, 0.52, 0.66)),
    "blue": ((0.32, 0.42, 0.70), (0.34, 0.44, 0.72)),
    "night": ((0.20, 0.28, 0.50), (0.16, 0.24, 0.42)),
}
"""By hour: what falls in, and the bright air at the end of the path."""
GROVE_DAY: tuple[Color, Color] = ((1.0, 1.0, 0.92), (0.88, 0.95, 0.86))
DARKENED = {"night": 0.22, "blue": 0.5, "dusk": 0.7}
LEAVES_OF: dict[str, Color] = {"autumn": (0.42, 0.20, 0.03), "spring": (0.16, 0.26, 0.05)}


def _grove(wish: Wish, width: int, height: int, seed: int) -> Seen:
    light, fog = GROVE_LIGHT.get(wish.hour, GROVE_DAY)
    leaves = LEAVES_OF.get(wish.season) if wish.place == "woods" else None
    w, h = round(width * 1.25), round(height * 1.25)
    colors = None if leaves is None else np.array(leaves)
    kind = BARE_WOODS if wish.place == "woods" and "snow" in wish.weather else GROVES[wish.place]
    linear, what, horizon = grove(kind, np.array(light), np.array(fog), w, h, seed, colors)
    pixels = developed(linear, key=0.26) * np.float32(DARKENED.get(wish.hour, 1.0))
    names = np.zeros(4, np.uint8)
    names[PATH], names[FLOOR], names[STEMS], names[LEAVES] = ROAD, paint.GRASS, paint.TREES, paint.TREES
    return Seen(
        np.asarray(cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA), np.float32),
        names[cv2.resize(what, (width, height), interpolation=cv2.INTER_NEAREST)],
        np.full((height, width), 20.0, np.float32),
        (0.5, horizon - 0.08),
        horizon,
        SUN[wish.hour][0],
        inside=True,
    )
