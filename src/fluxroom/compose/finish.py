"""What the operators shall do to a drawn land: sky, weather, phenomena, things, look, in a retoucher's order."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from fluxroom.compose.read import Thing, Wish
from fluxroom.operators import find
from fluxroom.recipe import Adjustment, Recipe, Region, Value
from fluxroom.scene import Scene

Add = Callable[..., None]
SIDES = {"left": 0.2, "center": 0.5, "right": 0.8}


AIR = {"mist": 0.6, "fog": 0.6, "rain": 0.6, "snowfall": 0.6}
"""Weather in the air -> strength of the operator of that name."""
HEAVENLY: dict[str, dict[str, Value]] = {
    "aurora": {"strength": 0.75},
    "moon": {},
    "meteors": {},
    "rainbow": {"strength": 0.7},
    "lightning": {},
}
LOOKS: dict[str, tuple[tuple[str, dict[str, Value]], ...]] = {
    "neon": (("bloom", {}),),
    "surreal": (("orton", {}), ("vibrance", {"amount": 0.2})),
    "epic": (("contrast", {"amount": 0.18}), ("vignette", {})),
    "black_and_white": (("black_and_white", {}),),
    "film": (("film_stock", {}),),
}


def finishing(wish: Wish, scene: Scene, seed: int, notes: list[str]) -> Recipe:
    """The recipe for a wish; what cannot be is added to `notes`."""
    steps: list[Adjustment] = []

    def add(operator: str, **parameters: Value) -> None:
        known = find(operator)
        steps.append(Adjustment(operator, parameters, Region() if known.places else Region(known.region)))

    sky = scene.share("sky") > 0.03
    if sky:
        _clouds(wish, add)
    _air(wish, add)
    if sky and wish.hour in ("night", "blue", "dusk"):
        _stars(wish, add)
    for name in [name for name in HEAVENLY if name in wish.phenomena]:
        if not sky:
            notes.append(f"{name}: no open sky in this place")
            continue
        add(name, **HEAVENLY[name])
        if name == "aurora":
            add("cast_light", strength=0.2)
    if "shafts" in wish.phenomena:
        add("light_shafts")
    if sky and wish.hour in ("sunset", "dawn"):
        add("white_balance", temperature=0.22 if wish.hour == "sunset" else 0.12)
        add("sun_glow", strength=0.4)
    for thing in wish.things:
        if thing.kind != "house":
            _thing(thing, wish, scene, add, notes)
    for look, operators in LOOKS.items():
        for operator, parameters in operators if look in wish.looks else ():
            add(operator, **parameters)
    return Recipe(tuple(steps), seed=seed)


def _air(wish: Wish, add: Add) -> None:
    """Before things are put in, for what veils the sky would veil them where they stand before it."""
    weather = wish.weather
    if "mist" in weather and wish.place not in ("lake", "sea"):
        weather = weather - {"mist"}
        add("fog", strength=0.5, height=0.35)
    for name, strength in AIR.items():
        if name in weather:
            add(name, strength=strength)
    if "storm" in weather and "rain" not in weather:
        add("rain", strength=0.35)


def _stars(wish: Wish, add: Add) -> None:
    veiled = wish.weather & {"overcast", "storm", "rain", "fog", "snowfall"}
    if "star_trails" in wish.phenomena:
        add("star_trails")
    elif "stars" in wish.phenomena or (wish.hour == "night" and not veiled):
        add("stars", strength=0.75 if wish.phenomena & {"stars", "milky_way"} else 0.45)
    if "milky_way" in wish.phenomena:
        add("milky_way", strength=0.7)


def _clouds(wish: Wish, add: Add) -> None:
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
    elif "clear" in weather or wish.hour in ("night", "blue"):
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


def _thing(thing: Thing, wish: Wish, scene: Scene, add: Add, notes: list[str]) -> None:
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
    if thing.kind in ("sailboat", "lighthouse") and scene.share("water") < 0.02:
        notes.append(f"{thing.kind}: there is no water in this place")
        return
    add(thing.kind, **parameters)
