"""What must not happen: contradictions, what is forbidden, what is only a limit, what is kept."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from fluxroom.errors import Contradiction
from fluxroom.language import say
from fluxroom.language.asks import Ask, Wishes, minus
from fluxroom.language.lexicon import Action
from fluxroom.language.steps import FIXED, PLACES, Plan, Step, actions_of, names_in, region_of, scaled
from fluxroom.recipe import Value

if TYPE_CHECKING:
    from fluxroom.scene import Scene

SEEN = 0.005
"""A region smaller than this share of the photo is not there."""
ALWAYS = PLACES | {"shadows", "midtones", "highlights", "foreground"}


def check(wishes: Wishes, zh: bool) -> None:
    asks = [a for a in wishes.asks if a.concept.type != "mood"]
    for i, a in enumerate(asks):
        for b in asks[i + 1 :]:
            same = a.key == b.key and a.tint_of == b.tint_of and (a.where or "everything") == (b.where or "everything")
            if same and a.sign != b.sign and a.step == b.step and a.concept.type != "fault":
                raise Contradiction(say.opposite(say.phrase(a.tokens), say.phrase(b.tokens), zh))
        for f in (f for f in wishes.forbidden if f.concept.type != "fault"):
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
    kept = set(names_in(keep)) if not set(keep) & set("-&") else {keep}
    if "sky" in kept:
        kept.add("clouds")
    if "ground" in kept:
        kept |= {"sand", "road"}
    if region in kept or region == keep:
        return True
    if set(region) & set("-("):
        return False
    return all(part.strip().split(" & ")[0].strip() in kept for part in region.split(" + "))


def forbid(steps: list[Step], wishes: Wishes) -> list[Step]:
    """Take out, or out of a place, what does the forbidden thing by the way; a fault to be avoided: gentler."""
    out = list(steps)
    for ask in wishes.forbidden:
        actions = ask.concept.do if ask.sign >= 0 else ask.concept.undo
        if ask.concept.type == "fault":
            _avoid(actions, out)
        elif actions:
            _without(ask, actions[0], out)
    return out


def _without(ask: Ask, action: Action, steps: list[Step]) -> None:
    signs = _main_sign(action.parameters)
    elsewhere = ask.where not in (None, "everything")
    for step in list(steps):
        if step.operator != action.operator:
            continue
        if not (ask.concept.type == "effect" or ask.sign == 0 or _signs(step.parameters) & signs):
            continue
        lies = step.operator == "snow_cover" and ask.where in ("ground", "road", "grass", "foreground")
        if lies and not step.number:
            steps.remove(step)
        elif elsewhere and ask.where is not None and step.region != ask.where:
            if step.region.startswith("everything"):
                step.region = minus(step.region, ask.where)
        elif not step.explicit:
            steps.remove(step)


def _avoid(cure: tuple[Action, ...], steps: list[Step]) -> None:
    """ "but not oversaturated": what works against the cure is done more gently."""
    for action in cure:
        against = {(name, -sign) for name, sign in _signs(action.parameters)}
        for step in steps:
            if step.operator == action.operator and not step.number and _signs(step.parameters) & against:
                step.parameters = scaled(Action(step.operator, step.parameters), 0.75)


def _main_sign(parameters: dict[str, Value]) -> set[tuple[str, int]]:
    """The direction of the largest number: "not yellow" is about warmth, not about the bit of tint in it."""
    numbers = [(abs(v), n, v) for n, v in parameters.items() if isinstance(v, float) and v and n not in FIXED]
    if not numbers:
        return set()
    _, name, value = max(numbers)
    return {(name, 1 if value > 0 else -1)}


def _signs(parameters: dict[str, Value]) -> set[tuple[str, int]]:
    return {
        (n, int(math.copysign(1, v))) for n, v in parameters.items() if isinstance(v, float) and v and n not in FIXED
    }


def limit(steps: list[Step], wishes: Wishes, zh: bool) -> list[Step]:
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
            step.parameters = scaled(action, 0.6)
        for token in ask.tokens:
            token.led_to.append("gentler")
        if (
            not affected
            and not any(a.concept.type == "mood" for a in wishes.asks)
            and ask.concept.type in ("quality", "color")
        ):
            where = ask.where or "everything"
            actions, _ = actions_of(ask.concept, -ask.sign, where)
            for action in actions:
                region = region_of(action, ask.concept, where)
                if region is not None:
                    out.append(Step(action.operator, scaled(action, 0.35), region, ask.tokens, ask.step, True))
    return out


def kept_region(wishes: Wishes, scene: Scene | None, out: Plan, zh: bool) -> str | None:
    names: list[str] = []
    for text, _ in wishes.keep:
        for part in text.split(" + ") if not set(text) & set("-&(") else [text]:
            if part not in names:
                names.append(part)
    if scene is not None:
        gone = [n for n in names if (n not in ALWAYS) and not set(n) & set("-&(") and scene.meant_share(n) < SEEN]
        if gone:
            out.notes.append(say.unseen_keep(gone, zh))
    if not names:
        return None
    plain = [n for n in names if "-" not in n]
    rest = [f"({n})" for n in names if "-" in n]
    return " + ".join(plain + rest)
