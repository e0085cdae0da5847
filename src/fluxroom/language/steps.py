"""One wish to steps: operators, amounts and regions."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from fluxroom.language import say
from fluxroom.language.asks import Ask, Wishes, within
from fluxroom.language.cast import NEUTRAL, kelvin_for
from fluxroom.language.company import (
    CLOUD_KEYS,
    CLOUDY,
    MOODS_CLOUDY,
    PINK_BANDS,
    in_company,
    is_pink,
    where_light_falls,
)
from fluxroom.language.heavens import in_the_sky
from fluxroom.language.lexicon import Action, Concept, lexicon
from fluxroom.language.mirror import sun_known
from fluxroom.language.tagger import Token
from fluxroom.language.things import as_said
from fluxroom.recipe import Value, parse_region

if TYPE_CHECKING:
    from fluxroom.scene import Scene

FIXED = frozenset(
    {"size", "radius", "shadow_hue", "highlight_hue", "balance", "kelvin", "length", "density", "aspect", "zoom", "red"}
    | {"x", "lit"}
)
INSIDE_SKY = frozenset({"sky", "clouds"})
_LIGHT = frozenset({"light_shafts", "sun_glow"})
_SOFT = frozenset({"soft", "softer", "thin", "wispy", "gentle", "delicate", "柔和", "柔软", "轻柔", "薄", "淡淡的"})
_SKY_ONLY = frozenset({"cloud_drama", "clouds"})
_LIES = frozenset({"wet_ground", "snow_cover"})
"""What lies on things, and so where it is said to."""
_CLEAR = ("通透", "透", "清透", "更通透", "干净通透", "空气通透", "clearer", "cleaner")
"""Words for clear air where no haze was named."""
_HUES = {"red": 0, "orange": 30, "yellow": 55, "green": 120, "aqua": 185, "blue": 225, "purple": 275, "magenta": 320}
_BAND_PARAMETER = {
    "brightness": "luminance",
    "saturation": "saturation",
    "vibrance": "saturation",
    "garish": "saturation",
}


@dataclass(slots=True)
class Step:
    """An adjustment in the making."""

    operator: str
    parameters: dict[str, Value]
    region: str
    tokens: list[Token]
    step: int
    explicit: bool
    number: bool = False


@dataclass(slots=True)
class Plan:
    steps: list[Step] = field(default_factory=list)
    keep: str | None = None
    notes: list[str] = field(default_factory=list)
    missing: list[Token] = field(default_factory=list)


def names_in(region: str) -> frozenset[str]:
    return parse_region(region).names()


def steps_of(ask: Ask, wishes: Wishes, scene: Scene | None, out: Plan, zh: bool) -> list[Step]:
    where = where_light_falls(ask)
    if wishes.only and where in (None, "everything"):
        where = wishes.only
    if ask.band:
        return _band_steps(ask, where, scene)
    if ask.tint_of in ("shadows", "highlights"):
        return [_tint_step(ask, where)]
    if ask.concept.key == "auto_wb":
        return _cast_step(ask, where, scene, out, zh)
    if ask.number is not None and ask.concept.counts and ask.number[1] != "percent_of":
        return [_number_step(ask, where, out, zh)]
    actions, flipped = actions_of(ask.concept, ask.sign, where)
    if not actions:
        out.notes.append(say.no_less(say.phrase(ask.tokens), zh))
        out.missing += ask.tokens
        return []
    actions = _narrowed(ask, actions, where, wishes, scene, out, zh)
    actions, where = in_the_sky(actions, where)
    actions, where = as_said(ask, actions, where)
    strength = ask.strength if ask.strength is not None and not ask.concept.thing else 1.0
    if ask.number is not None and ask.number[1] == "percent":
        strength = min(abs(ask.number[0]) / 50.0, 2.0)
    if ask.concept.key == "haze" and any(t.plain.startswith(_CLEAR) for t in ask.tokens):
        strength *= 0.82
    strength *= wishes.factor
    factor = -strength if flipped else strength
    steps = []
    if any(t.plain in _SOFT or t.plain.startswith(("wisp", "thin", "薄")) for t in ask.tokens):
        actions = tuple(_softer(a) for a in actions)
    for action in actions:
        region = region_of(action, ask.concept, where)
        if region is not None:
            explicit = ask.concept.type not in ("mood", "color")
            steps.append(Step(action.operator, scaled(action, factor), region, ask.tokens, ask.step, explicit))
    if not steps:
        out.notes.append(say.not_there(say.phrase(ask.tokens), where or "everything", zh))
        out.missing += ask.tokens
    return steps


def _cast_step(ask: Ask, where: str | None, scene: Scene | None, out: Plan, zh: bool) -> list[Step]:
    """ "remove the colour cast", "自动白平衡": by the temperature that was measured, if it is sure enough.

    Without a photo the step is there, at the temperature that changes nothing.
    """
    kelvin = NEUTRAL if scene is None else kelvin_for(scene.light)
    if kelvin is None:
        out.notes.append(say.cast_unknown(zh))
        out.missing += ask.tokens
        return []
    out.notes.append(say.cast_taken(None if scene is None else scene.light.kelvin, kelvin, zh))
    return [Step("white_balance", {"kelvin": kelvin}, where or "everything", ask.tokens, ask.step, True, True)]


def _softer(action: Action) -> Action:
    """ "soft clouds": thinner ones."""
    density = action.parameters.get("density")
    if action.operator != "clouds" or not isinstance(density, float):
        return action
    return Action("clouds", action.parameters | {"density": round(0.75 * density, 4)}, action.region)


def actions_of(concept: Concept, sign: int, where: str | None) -> tuple[tuple[Action, ...], bool]:
    """The actions, and whether their amounts are to be turned round."""
    in_sky = where is not None and bool(names_in(where) & INSIDE_SKY) and not where.startswith("everything")
    if sign >= 0:
        return (concept.sky_do if in_sky and concept.sky_do else concept.do), False
    if in_sky and concept.sky_undo:
        return concept.sky_undo, False
    return concept.undo, False


def _narrowed(
    ask: Ask, actions: tuple[Action, ...], where: str | None, wishes: Wishes, scene: Scene | None, out: Plan, zh: bool
) -> tuple[Action, ...]:
    """The rules of taste: a mood carried by the sky alone; new clouds only where they are wanted."""
    concept = ask.concept
    actions = in_company(ask, actions, wishes, scene, _about_sky(ask))
    sky_asked = any(a is not ask and _about_sky(a) for a in wishes.asks)
    if (
        concept.type == "mood"
        and concept.follows == "sky"
        and not ask.whole_said
        and where in (None, "everything")
        and ask.sign > 0
        and sky_asked
        and concept.sky_do
    ):
        out.notes.append(say.sky_carries(say.phrase(ask.tokens), zh))
        actions = tuple(Action(a.operator, a.parameters, "sky") for a in concept.sky_do)
    if scene is not None:
        actions = _clouds_seen(ask, actions, scene, out, zh)
        dull = concept.type == "mood" and concept.key != "golden_hour" and not _lit(scene)
        others = tuple(a for a in actions if a.operator != "sun_glow")
        if dull or (others and not sun_known(scene)):
            actions = others
    return actions


def _clouds_seen(ask: Ask, actions: tuple[Action, ...], scene: Scene, out: Plan, zh: bool) -> tuple[Action, ...]:
    """Clouds that are there are worked on; new ones come where there are few, or where they were asked for."""
    sky = scene.share("sky")
    cloudy = scene.share("clouds") / max(sky, 1e-6)
    concept = ask.concept
    new = any(a.operator == "clouds" for a in actions)
    if concept.type == "mood" or (concept.key == "storm_clouds" and not _clouds_asked(ask)):
        if cloudy > (MOODS_CLOUDY if concept.type == "mood" else CLOUDY):
            return tuple(a for a in actions if a.operator != "clouds")
        if new and sky > 0.02:
            out.notes.append(say.new_clouds(zh))
        return actions
    few = CLOUD_KEYS.get(concept.key, -1.0)
    if cloudy <= few and sky > 0.02 and ask.sign > 0 and _about_sky(ask):
        masses: dict[str, Value] = {
            "kind": "heavy",
            "coverage": 0.7 if concept.key == "weight" else 0.62,
            "density": 0.7,
        }
        actions += (Action("clouds", masses),)
        out.notes.append(say.new_clouds(zh))
    return actions


def _clouds_asked(ask: Ask) -> bool:
    return ask.noun or any(t.kind == "add" for t in ask.tokens)


def _lit(scene: Scene) -> bool:
    """Is there light that can glow: a sun that is known, or a warm sky?"""
    light = scene.light
    warm = light.warmth > 0.3 or scene.time_of_day.value in ("golden_hour", "dusk")
    return light.visible or light.confidence > 0.3 or warm


def _about_sky(ask: Ask) -> bool:
    if ask.concept.region == "sky":
        return True
    return ask.where is not None and not ask.where.startswith("everything") and bool(names_in(ask.where) & INSIDE_SKY)


def region_of(action: Action, concept: Concept, where: str | None) -> str | None:
    """Where an action works, or None if that lies outside of what was asked."""
    own = action.region
    if where is not None and action.operator == "subject_light" and where.startswith("everything -"):
        return "everything"
    if where is not None and action.operator == "compose":
        where = where.split(" & ")[0]  # "the boat on the left third" says where it goes to
    if where is not None and action.operator in _LIGHT:  # light does not stop at the edge of a cloud or a tree
        if action.operator == "sun_glow":
            where = where.replace("clouds", "sky")
        elif not names_in(where) <= PLACES and " - " not in where:
            where = None
    if own == "everything" and where is not None and where.startswith("everything"):
        return where
    if own == "everything" and where is not None and action.operator in _LIES:
        return where
    if own is None and action.operator in _SKY_ONLY:
        own = "sky"
    if where is None or where == "everything":
        if own is not None:
            return own
        return concept.region or ("sky" if action.operator == "sun_glow" else "everything")
    if action.operator in _SKY_ONLY:
        if where in ("clouds", "sky"):
            return "sky"
        return where if names_in(where) & INSIDE_SKY or names_in(where) <= PLACES else None
    if own is None or own == where or (own == "sky" and where == "clouds"):
        return where
    if own.startswith("everything & "):
        return within(where, own.removeprefix("everything & "))
    if where.startswith("everything - "):
        return None if names_in(own) & names_in(where) else own + where.removeprefix("everything")
    if names_in(own) <= {"sky", "near_sun"} and names_in(where) & INSIDE_SKY:
        return where if own == "sky" else own
    if own.startswith(f"{where} & "):
        return own
    return where if where in own else None


PLACES = frozenset({"left", "right", "top", "bottom", "center", "near_sun", "away_from_sun", "everything"})


def scaled(action: Action, factor: float) -> dict[str, Value]:
    out: dict[str, Value] = {}
    for name, value in action.parameters.items():
        if isinstance(value, float) and name not in FIXED:
            value = clip(action.operator, name, value * factor)
        out[name] = value
    return out


def clip(operator: str, name: str, value: float) -> float:
    low, high = lexicon().operators[operator][name]
    return round(min(max(value, float(low)), float(high)), 4)


def _band_steps(ask: Ask, where: str | None, scene: Scene | None) -> list[Step]:
    first = _band_step(ask, where)
    bands: tuple[str, ...] = (ask.band,)
    turned = "hue" in first.parameters
    if ask.band == "magenta" and is_pink(ask):
        bands = PINK_BANDS[:2] if turned else PINK_BANDS
    elif ask.band == "green" and ask.concept.key in ("yellow", "warmth") and turned:  # leaves are as much yellow
        bands = ("green", "yellow")
        if where in (None, "everything") and (scene is None or scene.share("vegetation") > 0.01):
            first.region = "vegetation"
    return [replace(first, parameters=first.parameters | {"hue_band": band}) for band in bands]


def _band_step(ask: Ask, where: str | None) -> Step:
    amount = (ask.strength or 1.0) * ask.sign
    parameters: dict[str, Value] = {"hue_band": ask.band}
    key = ask.concept.key
    if ask.tint_of == "deeper":
        parameters |= {"luminance": clip("color_mixer", "luminance", -0.3 * abs(amount)), "saturation": 0.15}
    elif key in _BAND_PARAMETER:
        name = _BAND_PARAMETER[key]
        parameters[name] = clip("color_mixer", name, _counted(ask, 0.35 * amount * (-1 if key == "garish" else 1)))
    else:
        target = 30.0 if key == "warmth" else _HUES[ask.concept.hue_band or "orange"]
        turn = (target - _HUES[ask.band] + 180) % 360 - 180
        if turn == 0:  # "more blue blues"
            parameters["saturation"] = clip("color_mixer", "saturation", _counted(ask, 0.35 * amount))
        else:
            parameters["hue"] = clip("color_mixer", "hue", math.copysign(0.35, turn) * amount)
    return Step("color_mixer", parameters, where or "everything", ask.tokens, ask.step, True)


def _counted(ask: Ask, amount: float) -> float:
    if ask.number is None:
        return amount
    value = abs(ask.number[0])
    return math.copysign(
        value / 100 if value > 1 or ask.number[1] == "percent" else value, amount * (ask.number[0] or 1)
    )


def _tint_step(ask: Ask, where: str | None) -> Step:
    part = ask.tint_of.removesuffix("s")
    other = "highlight" if part == "shadow" else "shadow"
    saturation = clip("split_toning", f"{part}_saturation", 0.28 * (ask.strength or 1.0))
    if ask.sign < 0:  # "less blue in the shadows": towards the opposite colour
        saturation = round(saturation * 0.5, 4)
    hue = (ask.concept.degrees + (180 if ask.sign < 0 else 0)) % 360
    parameters: dict[str, Value] = {f"{part}_hue": hue, f"{part}_saturation": saturation, f"{other}_saturation": 0.0}
    return Step("split_toning", parameters, where or "everything", ask.tokens, ask.step, True)


def _number_step(ask: Ask, where: str | None, out: Plan, zh: bool) -> Step:
    assert ask.number is not None
    value, unit, signed = ask.number
    if unit == "ratio":
        shape: dict[str, Value] = {"aspect": clip("crop", "aspect", value), "amount": 1.0}
        return Step("crop", shape, "everything", ask.tokens, ask.step, True, True)
    operator, _, name = ask.concept.counts.partition(".")
    sign = ask.sign * (-1 if ask.concept.reverse and ask.sign > 0 and not ask.noun else 1)
    if ask.concept.key == "overexposed":
        value = -abs(value)
    if unit == "kelvin" and abs(value) < 1500:  # "cooler by 500K": a shift, in mired about daylight
        shift = 1e6 / NEUTRAL - 1e6 / (NEUTRAL + abs(value))
        value, unit, signed = math.copysign(shift / 110, value), "", signed
    if unit == "kelvin" or (operator == "white_balance" and value >= 1500):
        name, amount = "kelvin", value
    elif operator == "exposure":
        amount = value if unit in ("ev", "") and abs(value) <= 10 else _stops(value, ask.sign)
    else:
        amount = value / 100 if unit == "percent" or abs(value) > lexicon().operators[operator][name][1] else value
    if name != "kelvin" and not (
        (operator == "exposure" and unit not in ("ev", "")) or (operator == "exposure" and abs(value) > 10)
    ):
        amount = amount * sign if not (signed and value < 0 and sign < 0) else amount
    if ask.concept.reverse:
        amount = -abs(amount) if ask.concept.key == "vignette" and ask.sign > 0 else abs(amount)
    if ask.concept.type in ("fault", "effect") and operator != "vignette":
        amount = abs(amount) if ask.concept.key != "overexposed" else -abs(amount)
    clipped = clip(operator, name, amount)
    if abs(clipped - amount) > 1e-3:
        out.notes.append(say.clipped(operator, name, amount, clipped, zh))
    return Step(
        operator, {name: clipped}, where or ask.concept.region or "everything", ask.tokens, ask.step, True, True
    )


def _stops(percent: float, sign: int) -> float:
    """ "20% brighter" in stops."""
    share = percent / 100 * (1 if sign > 0 else -1)
    return math.log2(max(1 + share, 0.05))
