"""Wishes to adjustments: amounts, regions, protection, contradictions, order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fluxroom.language import say
from fluxroom.language.asks import Wishes
from fluxroom.language.guard import ALWAYS, SEEN, check, forbid, kept_region, limit
from fluxroom.language.lexicon import lexicon
from fluxroom.language.mirror import mirrored
from fluxroom.language.places import made_of
from fluxroom.language.steps import FIXED, Plan, Step, steps_of
from fluxroom.recipe import Adjustment, Region

if TYPE_CHECKING:
    from fluxroom.scene import Scene

HOURS = frozenset({"golden_hour", "dusk", "blue_hour", "night", "noon"})
"""Operators that make an hour of the day; a picture has but one."""

SMALL = frozenset({"remove", "compose"})
"""Operators that are for small things."""
LITTLE = 1e-4
"""Share of the frame from which on they see them."""

STANDING = frozenset({"lantern", "campfire", "tree", "person"})
"""Things that stand on free ground where the ground that was named is not seen."""
UNDERFOOT = frozenset({"road", "sand", "grass", "snow", "ground"})


def plan(wishes: Wishes, scene: Scene | None, zh: bool) -> Plan:
    """The steps that carry out the wishes, in order. Raises Contradiction."""
    check(wishes, zh)
    out = Plan()
    steps: list[Step] = []
    for ask in wishes.asks:
        steps += steps_of(ask, wishes, scene, out, zh)
    for step in steps:
        _place_tokens(step)
    steps = forbid(steps, wishes)
    steps = limit(steps, wishes, zh)
    steps = mirrored(_look(steps, scene, out, zh), wishes, scene)
    out.steps = _in_order(_merged(_latest_hour(steps)))
    out.keep = kept_region(wishes, scene, out, zh)
    return out


def _look(steps: list[Step], scene: Scene | None, out: Plan, zh: bool) -> list[Step]:
    if scene is None:
        return steps
    seen = []
    for step in steps:
        absent = _absent(step.region, scene, LITTLE if step.operator in SMALL else SEEN)
        if absent and step.operator in STANDING and set(absent) <= UNDERFOOT:
            out.notes.append(say.elsewhere(absent, zh))
            step.region = "everything"
            seen.append(step)
        elif absent:
            out.notes.append(say.unseen(absent, zh))
            out.missing += step.tokens
        else:
            seen.append(step)
    used = {id(t) for s in seen for t in s.tokens}
    out.missing = [t for t in out.missing if id(t) not in used]
    return seen


def _absent(region: str, scene: Scene, least: float) -> list[str]:
    """The names without which nothing is left of the region."""
    names = [n for n in sorted(made_of(region)) if n not in ALWAYS]
    gone = [n for n in names if scene.meant_share(n) < least]
    return gone if gone and len(gone) == len(names) else []


def _place_tokens(step: Step) -> None:
    step.tokens = sorted({id(t): t for t in step.tokens}.values(), key=lambda t: t.start)


def _latest_hour(steps: list[Step]) -> list[Step]:
    """Of several hours of the day for the same place the last one said holds; the others' words count as heard."""
    out: list[Step] = []
    for step in steps:
        if step.operator in HOURS:
            earlier = [
                s for s in out if s.operator in HOURS and s.operator != step.operator and s.region == step.region
            ]
            step.tokens = [t for s in earlier for t in s.tokens] + step.tokens
            out = [s for s in out if s not in earlier]
        out.append(step)
    return out


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
        if stronger.parameters.get("kind") == "broken" and weaker.parameters.get("kind", "broken") != "broken":
            stronger, weaker = weaker, stronger  # "fill the sky with wispy cirrus"
        both = dict(weaker.parameters)
        equal = (stronger.number, stronger.explicit) == (weaker.number, weaker.explicit)
        for name, value in stronger.parameters.items():
            other = both.get(name)
            if equal and name.endswith("_hue"):  # the hue of the stronger toning
                amount = name.replace("_hue", "_saturation")
                value = other if _more(weaker, stronger, amount) and other is not None else value
            elif equal and isinstance(value, float) and isinstance(other, float) and abs(other) > abs(value):
                value = other
            both[name] = value
        twin.parameters, twin.tokens = both, tokens
        twin.explicit, twin.number = stronger.explicit, stronger.number
    return [s for s in out if _does_something(s)]


def _more(a: Step, b: Step, name: str) -> bool:
    one, other = a.parameters.get(name, 0.0), b.parameters.get(name, 0.0)
    return isinstance(one, float) and isinstance(other, float) and abs(one) > abs(other)


def _twins(a: Step, b: Step) -> bool:
    if (a.operator, a.region, a.step) != (b.operator, b.region, b.step):
        return False
    if a.operator == "clouds":
        return True
    return all(a.parameters.get(n) == v for n, v in b.parameters.items() if isinstance(v, str))


def _does_something(step: Step) -> bool:
    return any(isinstance(v, float) and v for n, v in step.parameters.items() if n not in FIXED - {"kelvin"})


def _in_order(steps: list[Step]) -> list[Step]:
    stages = lexicon().operators
    return sorted(steps, key=lambda s: (s.step, stages[s.operator]["stage"]))


def adjustment(step: Step) -> Adjustment:
    """The step as an adjustment, with everything unsaid at rest."""
    neutral = lexicon().operators[step.operator].get("neutral", [])
    parameters = step.parameters | {name: 0.0 for name in neutral if name not in step.parameters}
    place = step.region.removeprefix("everything & ")
    region = Region(place if place.isidentifier() else step.region)
    return Adjustment(step.operator, parameters, region, because=tuple(say.phrases(step.tokens)))
