"""Wishes to adjustments: amounts, regions, protection, contradictions, order."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from fluxroom.errors import Contradiction
from fluxroom.language import say
from fluxroom.language.asks import Ask, Wishes, within
from fluxroom.language.lexicon import Action, Concept, lexicon
from fluxroom.language.tagger import Token
from fluxroom.recipe import Adjustment, Region, Value, parse_region

if TYPE_CHECKING:
    from fluxroom.scene import Scene

_FIXED = frozenset({"size", "radius", "shadow_hue", "highlight_hue", "balance", "kelvin", "length", "density"})
_INSIDE_SKY = frozenset({"sky", "clouds"})
_SKY_ONLY = frozenset({"cloud_drama", "clouds"})
_SEEN = 0.005
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


def plan(wishes: Wishes, scene: Scene | None, zh: bool) -> Plan:
    """The steps that carry out the wishes, in order. Raises Contradiction."""
    _check(wishes, zh)
    out = Plan()
    steps: list[Step] = []
    for ask in wishes.asks:
        steps += _steps(ask, wishes, scene, out, zh)
    for step in steps:
        _place_tokens(step)
    steps = _forbid(steps, wishes)
    steps = _limit(steps, wishes, zh)
    steps = _look(steps, scene, out, zh)
    out.steps = _in_order(_merged(steps))
    out.keep = _keep(wishes, scene, out, zh)
    return out


# Contradictions


def _names(region: str) -> frozenset[str]:
    return parse_region(region).names()


def _check(wishes: Wishes, zh: bool) -> None:
    asks = [a for a in wishes.asks if a.concept.type != "mood"]
    for i, a in enumerate(asks):
        for b in asks[i + 1 :]:
            same = a.key == b.key and a.tint_of == b.tint_of and (a.where or "everything") == (b.where or "everything")
            if same and a.sign != b.sign and a.step == b.step and a.concept.type != "fault":
                raise Contradiction(say.opposite(say.phrase(a.tokens), say.phrase(b.tokens), zh))
        for f in wishes.forbidden:
            if f.key == a.key and f.sign in (a.sign, 0) and _same_place(f.where, a.where) and f.clause != a.clause:
                raise Contradiction(say.opposite(say.phrase(a.tokens), say.phrase(f.tokens), zh))
    anywhere = [a for a in wishes.asks if a.where in (None, "everything") and not a.concept.region]
    if wishes.keep_all and anywhere and wishes.only is None:
        raise Contradiction(say.kept(say.phrase(anywhere[0].tokens), say.phrase(wishes.keep_all), zh))
    for text, tokens in wishes.keep:
        for ask in wishes.asks:
            if ask.where and _covered(ask.where, text):
                raise Contradiction(say.kept(say.phrase(ask.tokens), say.phrase(list(tokens)), zh))


def _same_place(forbidden: str | None, asked: str | None) -> bool:
    return forbidden in (None, "everything") or forbidden == asked


def _covered(region: str, keep: str) -> bool:
    """Is all of the region kept?"""
    kept = set(_names(keep)) if not set(keep) & set("-&") else {keep}
    if "sky" in kept:
        kept.add("clouds")
    if "ground" in kept:
        kept |= {"sand", "road"}
    if region in kept or region == keep:
        return True
    if set(region) & set("-("):
        return False
    return all(part.strip().split(" & ")[0].strip() in kept for part in region.split(" + "))


# Steps of one wish


def _steps(ask: Ask, wishes: Wishes, scene: Scene | None, out: Plan, zh: bool) -> list[Step]:
    where = ask.where
    if wishes.only and where in (None, "everything"):
        where = wishes.only
    if ask.band:
        return [_band_step(ask, where)]
    if ask.tint_of in ("shadows", "highlights"):
        return [_tint_step(ask, where)]
    if ask.number is not None and ask.concept.counts and ask.number[1] != "percent_of":
        return [_number_step(ask, where, out, zh)]
    actions, flipped = _actions(ask.concept, ask.sign, where)
    if not actions:
        out.notes.append(say.no_less(say.phrase(ask.tokens), zh))
        out.missing += ask.tokens
        return []
    actions = _narrowed(ask, actions, where, wishes, scene, out, zh)
    strength = ask.strength if ask.strength is not None else 1.0
    if ask.number is not None and ask.number[1] == "percent":
        strength = min(abs(ask.number[0]) / 50.0, 2.0)
    strength *= wishes.factor
    factor = -strength if flipped else strength
    steps = []
    for action in actions:
        region = _region(action, ask.concept, where)
        if region is not None:
            explicit = ask.concept.type not in ("mood", "color")
            steps.append(Step(action.operator, _scaled(action, factor), region, ask.tokens, ask.step, explicit))
    if not steps:
        out.notes.append(say.not_there(say.phrase(ask.tokens), where or "everything", zh))
        out.missing += ask.tokens
    return steps


def _actions(concept: Concept, sign: int, where: str | None) -> tuple[tuple[Action, ...], bool]:
    """The actions, and whether their amounts are to be turned round."""
    in_sky = where is not None and bool(_names(where) & _INSIDE_SKY) and not where.startswith("everything")
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
        cloudy = scene.share("clouds") / max(scene.share("sky"), 1e-6)
        if concept.type == "mood" and cloudy > 0.6:
            actions = tuple(a for a in actions if a.operator != "clouds")
        if (
            concept.key in ("drama", "depth", "detail")
            and cloudy < 0.08
            and scene.share("sky") > 0.02
            and ask.sign > 0
            and _about_sky(ask)
        ):
            actions += (Action("clouds", {"kind": "broken", "coverage": 0.45, "density": 0.55}),)
            out.notes.append(say.new_clouds(zh))
        if concept.type == "mood" and not scene.light.visible:
            actions = tuple(a for a in actions if a.operator != "sun_glow")
    return actions


def _about_sky(ask: Ask) -> bool:
    if ask.concept.region == "sky":
        return True
    return ask.where is not None and not ask.where.startswith("everything") and bool(_names(ask.where) & _INSIDE_SKY)


def _region(action: Action, concept: Concept, where: str | None) -> str | None:
    """Where an action works, or None if that lies outside of what was asked."""
    own = action.region
    if own is None and action.operator in _SKY_ONLY:
        own = "sky"
    if where is None or where == "everything":
        if own is not None:
            return own
        return concept.region or ("sky" if action.operator == "sun_glow" else "everything")
    if action.operator in _SKY_ONLY:
        if where in ("clouds", "sky"):
            return "sky"
        return where if _names(where) & _INSIDE_SKY or _names(where) <= _PLACES else None
    if own is None or own == where:
        return where
    if own.startswith("everything & "):
        return within(where, own.removeprefix("everything & "))
    return where if where in own else None


_PLACES = frozenset({"left", "right", "top", "bottom", "center", "near_sun", "away_from_sun", "everything"})


def _scaled(action: Action, factor: float) -> dict[str, Value]:
    out: dict[str, Value] = {}
    for name, value in action.parameters.items():
        if isinstance(value, float) and name not in _FIXED:
            value = _clip(action.operator, name, value * factor)
        out[name] = value
    return out


def _clip(operator: str, name: str, value: float) -> float:
    low, high = lexicon().operators[operator][name]
    return round(min(max(value, float(low)), float(high)), 4)


def _band_step(ask: Ask, where: str | None) -> Step:
    amount = (ask.strength or 1.0) * ask.sign
    parameters: dict[str, Value] = {"hue_band": ask.band}
    key = ask.concept.key
    if ask.tint_of == "deeper":
        parameters |= {"luminance": _clip("color_mixer", "luminance", -0.3 * abs(amount)), "saturation": 0.15}
    elif key in _BAND_PARAMETER:
        name = _BAND_PARAMETER[key]
        parameters[name] = _clip("color_mixer", name, _counted(ask, 0.35 * amount * (-1 if key == "garish" else 1)))
    else:
        target = 30.0 if key == "warmth" else _HUES[ask.concept.hue_band or "orange"]
        turn = (target - _HUES[ask.band] + 180) % 360 - 180
        if turn == 0:  # "more blue blues"
            parameters["saturation"] = _clip("color_mixer", "saturation", _counted(ask, 0.35 * amount))
        else:
            parameters["hue"] = _clip("color_mixer", "hue", math.copysign(0.35, turn) * amount)
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
    saturation = _clip("split_toning", f"{part}_saturation", 0.28 * (ask.strength or 1.0))
    if ask.sign < 0:  # "less blue in the shadows": towards the opposite colour
        saturation = round(saturation * 0.5, 4)
    hue = (ask.concept.degrees + (180 if ask.sign < 0 else 0)) % 360
    parameters: dict[str, Value] = {f"{part}_hue": hue, f"{part}_saturation": saturation, f"{other}_saturation": 0.0}
    return Step("split_toning", parameters, where or "everything", ask.tokens, ask.step, True)


def _number_step(ask: Ask, where: str | None, out: Plan, zh: bool) -> Step:
    assert ask.number is not None
    value, unit, signed = ask.number
    operator, _, name = ask.concept.counts.partition(".")
    sign = ask.sign * (-1 if ask.concept.reverse and ask.sign > 0 and not ask.noun else 1)
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
        amount = abs(amount)
    clipped = _clip(operator, name, amount)
    if abs(clipped - amount) > 1e-3:
        out.notes.append(say.clipped(operator, name, amount, clipped, zh))
    return Step(
        operator, {name: clipped}, where or ask.concept.region or "everything", ask.tokens, ask.step, True, True
    )


def _stops(percent: float, sign: int) -> float:
    """ "20% brighter" in stops."""
    share = percent / 100 * (1 if sign > 0 else -1)
    return math.log2(max(1 + share, 0.05))


# What must not happen, and limits


def _forbid(steps: list[Step], wishes: Wishes) -> list[Step]:
    out = list(steps)
    for ask in wishes.forbidden:
        actions = ask.concept.do if ask.sign >= 0 else ask.concept.undo
        if not actions:
            continue
        first = actions[0]
        signs = _signs(first.parameters)
        for step in list(out):
            if step.explicit or step.operator != first.operator:
                continue
            if ask.concept.type == "effect" or ask.sign == 0 or _signs(step.parameters) & signs:
                out.remove(step)
    return out


def _signs(parameters: dict[str, Value]) -> set[tuple[str, int]]:
    return {
        (n, int(math.copysign(1, v))) for n, v in parameters.items() if isinstance(v, float) and v and n not in _FIXED
    }


def _limit(steps: list[Step], wishes: Wishes, zh: bool) -> list[Step]:
    """ "not too saturated": what was asked of it is gentler; if nothing was, a little the other way."""
    out = list(steps)
    for ask in wishes.limits:
        if ask.concept.type == "mood":
            affected = list(out)
        else:
            actions = ask.concept.do if ask.sign >= 0 else ask.concept.undo
            operators = {a.operator for a in actions} | {a.operator for a in ask.concept.sky_do}
            signs = set().union(*(_signs(a.parameters) for a in actions)) if actions else set()
            affected = [s for s in out if s.operator in operators and _signs(s.parameters) & signs]
        for step in affected:
            action = Action(step.operator, step.parameters)
            step.parameters = _scaled(action, 0.6)
        for token in ask.tokens:
            token.led_to.append("gentler")
        if (
            not affected
            and not any(a.concept.type == "mood" for a in wishes.asks)
            and ask.concept.type in ("quality", "color")
        ):
            where = ask.where or "everything"
            actions, _ = _actions(ask.concept, -ask.sign, where)
            for action in actions:
                region = _region(action, ask.concept, where)
                if region is not None:
                    out.append(Step(action.operator, _scaled(action, 0.5), region, ask.tokens, ask.step, True))
    return out


# The photo itself


def _look(steps: list[Step], scene: Scene | None, out: Plan, zh: bool) -> list[Step]:
    if scene is None:
        return steps
    seen = []
    for step in steps:
        absent = _absent(step.region, scene)
        if absent:
            out.notes.append(say.unseen(absent, zh))
            out.missing += step.tokens
        else:
            seen.append(step)
    used = {id(t) for s in seen for t in s.tokens}
    out.missing = [t for t in out.missing if id(t) not in used]
    return seen


def _absent(region: str, scene: Scene) -> list[str]:
    """The names without which nothing is left of the region."""
    text = region.split(" - ")[0]
    names = [n for n in sorted(_names(text)) if n not in _ALWAYS]
    gone = [n for n in names if scene.share(n) < _SEEN]
    return gone if gone and len(gone) == len(names) else []


_ALWAYS = _PLACES | {"shadows", "midtones", "highlights", "foreground"}


def _keep(wishes: Wishes, scene: Scene | None, out: Plan, zh: bool) -> str | None:
    names: list[str] = []
    for text, _ in wishes.keep:
        for part in text.split(" + ") if not set(text) & set("-&(") else [text]:
            if part not in names:
                names.append(part)
    if scene is not None:
        gone = [n for n in names if (n not in _ALWAYS) and not set(n) & set("-&(") and scene.share(n) < _SEEN]
        if gone:
            out.notes.append(say.unseen_keep(gone, zh))
    if not names:
        return None
    plain = [n for n in names if "-" not in n]
    rest = [f"({n})" for n in names if "-" in n]
    return " + ".join(plain + rest)


# Order


def _place_tokens(step: Step) -> None:
    step.tokens = sorted({id(t): t for t in step.tokens}.values(), key=lambda t: t.start)


def _merged(steps: list[Step]) -> list[Step]:
    """The same operator twice in the same place becomes one: what was said outright wins, else the stronger."""
    out: list[Step] = []
    for step in steps:
        twin = next((s for s in out if _twins(s, step)), None)
        if twin is None:
            out.append(step)
            continue
        tokens = sorted({id(t): t for t in [*twin.tokens, *step.tokens]}.values(), key=lambda t: t.start)
        stronger, weaker = (
            (twin, step) if (twin.number, twin.explicit) >= (step.number, step.explicit) else (step, twin)
        )
        both = dict(weaker.parameters)
        for name, value in stronger.parameters.items():
            other = both.get(name)
            equal = (stronger.number, stronger.explicit) == (weaker.number, weaker.explicit)
            if equal and isinstance(value, float) and isinstance(other, float) and abs(other) > abs(value):
                value = other
            both[name] = value
        twin.parameters, twin.tokens = both, tokens
        twin.explicit, twin.number = stronger.explicit, stronger.number
    return [s for s in out if _does_something(s)]


def _twins(a: Step, b: Step) -> bool:
    if (a.operator, a.region, a.step) != (b.operator, b.region, b.step):
        return False
    if a.operator == "clouds":
        return True
    return all(a.parameters.get(n) == v for n, v in b.parameters.items() if isinstance(v, str))


def _does_something(step: Step) -> bool:
    return any(isinstance(v, float) and v for n, v in step.parameters.items() if n not in _FIXED - {"kelvin"})


def _in_order(steps: list[Step]) -> list[Step]:
    stages = lexicon().operators
    return sorted(steps, key=lambda s: (s.step, stages[s.operator]["stage"]))


def adjustment(step: Step) -> Adjustment:
    """The step as an adjustment, with everything unsaid at rest."""
    neutral = lexicon().operators[step.operator].get("neutral", [])
    parameters = step.parameters | {name: 0.0 for name in neutral if name not in step.parameters}
    return Adjustment(step.operator, parameters, Region(step.region), because=tuple(say.phrases(step.tokens)))
