"""One turn's change to the recipe, worked out without rendering: about the step before, about a thing, or an edit."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from fluxroom.assistant import refine, say
from fluxroom.assistant.hear import Heard, how_much, number, plain, quality, refining
from fluxroom.assistant.places import region_said
from fluxroom.assistant.things import bare, is_it, meant, named_in, names
from fluxroom.describe import language_of, region_in_words
from fluxroom.errors import FluxroomError
from fluxroom.history import combine
from fluxroom.language import interpret
from fluxroom.language.tagger import tag
from fluxroom.operators import find
from fluxroom.recipe import Adjustment, Recipe, Region

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from fluxroom.describe import Language
    from fluxroom.language import Interpretation
    from fluxroom.scene import Scene

PLACED = frozenset({"elements", "frame", "phenomena"})
"""Families whose region only says where a thing goes."""
_DENSE = frozenset({"weather", "phenomena", "sky"})
"""Families of which "heavier", "淡一点" alone says how much."""
_CLAUSE = re.compile(
    r"\s*(?:[,;:.!]+|,?\s+(?:and|but|then)\s+|,?(?:但是|但|不过|然后|接着|并且|而且|同时|再(?=把|让|加|将)|还是(?=换|改)))\s*"
)


_AROUND = re.compile(r"^(?:just|换成|改成|换) ?(?=\w)|(?<!not)(?: too| as well| also| instead| though)$")
"""What may stand around an edit in a dialogue and says nothing to it."""


@dataclass(frozen=True, slots=True)
class Step:
    """A changed recipe.

    recipe   the whole of it
    made     how the words were understood, if they were interpreted as an edit
    unknown  clauses that nobody understood beside those that were
    scaled   operators that were made stronger or weaker, and by how much
    why      if nothing changed: what to say
    """

    recipe: Recipe
    made: Interpretation | None = None
    scaled: tuple[tuple[str, float], ...] = ()
    why: str = ""
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Desk:
    """What words can refer to.

    now      the recipe as it stands;  focus  the adjustments that the step before was about
    before   earlier recipes, newest first: what was taken out can be brought back
    """

    now: Recipe
    focus: tuple[int, ...]
    scene: Scene
    language: Language
    before: Sequence[Recipe] = field(default=())


def refined(words: str, desk: Desk) -> Step | None:
    """Words about the step before, or about a thing in the recipe; None if they are neither."""
    for heard in refining(words):
        step = _refining(heard, desk)
        if step is not None:
            return step
    if not desk.now.adjustments:
        return None
    factor = how_much(words)
    if factor is not None and desk.focus:
        return _scaled(desk, desk.focus, factor)
    if desk.focus and find(desk.now.adjustments[desk.focus[-1]].operator).family in _DENSE:
        factor = quality(f"it {words}", "it")
        if factor is not None:
            return _scaled(desk, desk.focus, factor)
    named = named_in(words, desk.now)
    if named is not None:
        factor = quality(words, named[0])
        if factor is not None:
            return _scaled(desk, named[1], factor)
    region = region_said(words)
    if region is not None and desk.focus and region != "everything":
        return _step(desk, combine(desk.now, _same_for(desk, region)))
    return None


def by_clauses(words: str, desk: Desk, may_edit: bool) -> Step | None:
    """Several clauses, each about the step before or a thing ("不要灯塔了，换成一艘帆船"); None if none is.

    may_edit   clauses may also be edits, but at least one must not be, unless nothing else works
    """
    said = [c for c in _CLAUSE.split(plain(words)) if c]
    if len(said) < 2:
        return None
    whole, made, about = desk, None, 0
    scaled: list[tuple[str, float]] = []
    unknown: list[str] = []
    for clause in said:
        if _leaves(clause, whole.now):
            about += 1
            continue
        step = refined(clause, whole) if _safe(clause) or (clause is said[0] and not may_edit) else None
        if step is not None and not step.why:
            about += 1
            scaled += step.scaled
        else:
            edit = _edited(clause, whole)
            if edit is None:
                unknown.append(clause)
                continue
            step, made = edit, edit.made
        focus = refine.focus(step.recipe, whole.now) or whole.focus
        whole = replace(whole, now=step.recipe, focus=tuple(i for i in focus if i < len(step.recipe.adjustments)))
    if (unknown or not may_edit) and not about:
        return None
    step = _step(desk, whole.now, made=made, scaled=tuple(scaled))
    return replace(step, unknown=tuple(unknown))


def joined(earlier: Recipe, step: Recipe, words: str) -> Recipe:
    """The recipe after a further edit; what the edit takes the place of is gone."""
    kept = refine.without(earlier, refine.superseded(earlier, step)) if earlier.adjustments else earlier
    if not kept.adjustments and earlier.adjustments:
        return replace(step, say="\n".join(w for w in (earlier.say, words) if w))
    return combine(kept, step)


def _edited(clause: str, desk: Desk) -> Step | None:
    """The clause as an edit, if every word of it is understood."""
    for text in dict.fromkeys((_AROUND.sub("", clause), clause)):
        for form in ("{}", "加{}", "变成{}") if desk.language == "zh" else ("{}", "add {}", "make it {}"):
            try:
                made = interpret(form.format(text), desk.scene)
            except FluxroomError:
                continue
            if not made.not_understood:
                return Step(joined(desk.now, made.recipe, clause), made)
    return None


def edited_fully(words: str, desk: Desk) -> Step | None:
    """All of the words as one edit, little words at the ends left out; None if a part is not understood."""
    return _edited(plain(words), desk)


def _safe(clause: str) -> bool:
    """Whether a clause beside others may speak of the step before: "keep the sea" may belong to the others."""
    return not any(h.kind in ("same_for", "only_there", "not_there") for h in refining(clause)) and (
        region_said(clause) is None
    )


def _leaves(clause: str, now: Recipe) -> bool:
    """ "keep the stars", "雾别动": a thing of the recipe that stays as it is."""
    return any(h.kind in ("not_there", "kept") and meant(h.what, now) for h in refining(clause))


def _step(
    desk: Desk, recipe: Recipe | None, why: str = "", made: Interpretation | None = None,
    scaled: tuple[tuple[str, float], ...] = (),
) -> Step:  # fmt: skip
    if recipe is None or recipe.adjustments == desk.now.adjustments:
        return Step(desk.now, why=why or say.nothing_to_change(desk.language))
    return Step(recipe, made, scaled)


def _scaled(desk: Desk, where: tuple[int, ...], factor: float) -> Step:
    new = refine.scaled(desk.now, where, factor)
    told = tuple((desk.now.adjustments[i].operator, factor) for i in where)
    return _step(desk, new, say.no_further(desk.language), scaled=told)


def _refining(heard: Heard, desk: Desk) -> Step | None:
    now, focus = desk.now, desk.focus
    if heard.kind == "restore":
        return _restored(desk, heard.what)
    if heard.kind in ("same_for", "only_there", "not_there", "meant"):
        region = region_said(heard.what)
        if heard.kind == "meant" and focus and (region is None or bare(heard.what) in names()):
            return _replaced(desk, focus, heard.what)
        if region is None or not focus:
            return None
        if heard.kind == "same_for":
            return _step(desk, combine(now, _same_for(desk, region)))
        if heard.kind == "meant":
            again = _same_for(desk, region)
            return _step(desk, combine(refine.without(now, focus), again))
        return _step(desk, (refine.confined if heard.kind == "only_there" else refine.spared)(now, focus, region))
    it = not heard.what or is_it(heard.what)
    where = focus if it else meant(heard.what, now)
    if not where:
        return None
    if heard.kind == "remove":
        return _step(desk, refine.without(now, where))
    if heard.kind == "replace":
        if it and find(now.adjustments[where[-1]].operator).family != "elements":
            return None  # "turn it into autumn" is said of the photo
        return _replaced(desk, where, heard.slots["with"])
    if heard.kind == "further":
        return _further(desk, where)
    things = tuple(i for i in where if find(now.adjustments[i].operator).family in ("elements", "phenomena"))
    return _of_things(heard, desk, things) if things else None


def _of_things(heard: Heard, desk: Desk, things: tuple[int, ...]) -> Step | None:
    """More of them, larger, elsewhere."""
    now = desk.now
    if heard.kind == "count":
        factor = 0.6 if heard.slots["how"] in ("fewer", "less", "少") else 1.5
        return _step(desk, refine.scaled(now, things, factor), say.no_further(desk.language))
    if heard.kind in ("number", "add_more", "add_less"):
        return _counted(heard, desk, things)
    if heard.kind == "glow":
        return _step(desk, refine.set_parameter(now, things, "glow", lambda v: v * 1.5), say.no_further(desk.language))
    if heard.kind == "too_size":
        how = "bigger" if heard.slots["how"] in ("small", "tiny", "little", "小") else "smaller"
        return _step(desk, refine.resized(now, things, how), say.cannot_move(desk.language))
    if heard.kind == "size":
        return _step(desk, refine.resized(now, things, heard.slots["how"]), say.cannot_move(desk.language))
    if heard.kind == "move":
        return _step(desk, refine.moved(now, things, heard.slots["side"]), say.cannot_move(desk.language))
    return None


def _counted(heard: Heard, desk: Desk, things: tuple[int, ...]) -> Step | None:
    several = 3 if heard.slots.get("some") else 0
    how_many = several or (number(heard.slots["n"]) if heard.slots.get("n") else 1)
    if heard.kind == "number":
        change: Callable[[float], float] = lambda v: float(how_many)  # noqa: E731
    else:
        change = lambda v: max(1.0, v + (how_many if heard.kind == "add_more" else -how_many))  # noqa: E731
    new = refine.set_parameter(desk.now, things[-1:], "count", change)
    return None if new is None else _step(desk, new, say.no_further(desk.language))


def _further(desk: Desk, where: tuple[int, ...]) -> Step:
    """ "再降一点": further in the way it went."""
    now = desk.now
    down = [i for i in where if refine.main_amount(now.adjustments[i]) < 0]
    new = refine.scaled(now, down, 1.4) if down else refine.scaled(now, where, 0.7)
    return _step(desk, new, say.no_further(desk.language))


def _restored(desk: Desk, what: str) -> Step | None:
    """Bring a thing back that an earlier version had."""
    for recipe in desk.before:
        found = meant(what, recipe)
        fresh = tuple(recipe.adjustments[i] for i in found if recipe.adjustments[i] not in desk.now.adjustments)
        if fresh:
            return _step(desk, replace(desk.now, adjustments=(*desk.now.adjustments, *fresh)))
    return None


def _same_for(desk: Desk, region: str) -> Recipe:
    """What was done in one place, for another: the same words said of it, else the same adjustments."""
    now, step = desk.now, []
    for reasons in dict.fromkeys(now.adjustments[i].because for i in desk.focus):
        same = [now.adjustments[i] for i in desk.focus if now.adjustments[i].because == reasons]
        plain_ones = all(find(a.operator).family in ("tone", "color", "detail", "film") for a in same)
        again = [] if plain_ones else _said_of(" ".join(reasons), region, desk.scene)
        step += again or [
            replace(a, region=Region(region)) for a in same if find(a.operator).family not in PLACED | {"sky"}
        ]
    return Recipe(adjustments=tuple(step), seed=now.seed)


def _said_of(words: str, region: str, scene: Scene) -> list[Adjustment]:
    """What the words would do if they named that region instead of their own."""
    kept = (t for t in tag(words) if t.kind not in ("region", "place", "everything"))
    quality = "".join(words[t.start : t.end] + (" " if t.text.isascii() else "") for t in kept).strip()
    language = language_of(quality)
    where = region_in_words(Region(region), language)
    form = "{where}{quality}" if language == "zh" else "make the {where} {quality}"
    try:
        made = interpret(form.format(where=where, quality=quality), scene)
    except FluxroomError:
        return []
    return [] if made.not_understood else list(made.recipe.adjustments)


def _replaced(desk: Desk, where: tuple[int, ...], other: str) -> Step | None:
    """One thing for another, in its place."""
    forms = ("加{}", "变成{}", "{}") if desk.language == "zh" else ("add {}", "make it {}", "{}")
    for form in forms:
        try:
            made = interpret(form.format(bare(other)) if form != "{}" else other, desk.scene)
        except FluxroomError:
            continue
        if made.not_understood:
            continue
        old = desk.now.adjustments[where[0]]
        place = {k: v for k, v in old.parameters.items() if k in ("x", "y")}
        fresh = tuple(
            replace(a, region=old.region, parameters={**a.parameters, **place})
            if find(a.operator).family == find(old.operator).family == "elements"
            else a
            for a in made.recipe.adjustments
        )
        rest = refine.without(desk.now, where)
        return _step(desk, joined(rest, replace(made.recipe, adjustments=fresh), other), made=made)
    return None
