"""Things to put in, with how many and how large: "add two small sailboats", "加两艘小帆船", "three balloons"."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

from fluxroom.language.data import load, words
from fluxroom.language.forms import Form
from fluxroom.language.lexicon import Action, Lexicon, form_of
from fluxroom.language.normalise import Unit
from fluxroom.operators import find
from fluxroom.recipe import parse_region

if TYPE_CHECKING:
    from fluxroom.language.asks import Ask

FEW, PLURAL = -1.0, -2.0
"""Stand for "a few" and for a plural without a number."""
FLOCK, SOME = 7.0, 3.0
"""What "a few" means for what comes in flocks, and for the rest."""
_FAR = {"everything - foreground": 0.6, "sky - top": 0.65}
"""Places that say how far, and so how large a thing looks there."""
_JOINING = frozenset({"and", "plus", "with", "和", "与", "跟", "及", "、", ","})
_SIDES = frozenset({"sky", "clouds", "left", "right", "top", "bottom", "center", "near_sun", "away_from_sun"})


@dataclass(frozen=True, slots=True)
class Thing:
    """Pieces start..end of a sentence that put in the thing of concept `key`.

    count  0 not said, FEW, PLURAL;  size  1 plain;  color  "" not said
    """

    start: int
    end: int
    key: str
    count: float
    size: float
    color: str = ""


@dataclass(frozen=True, slots=True)
class _Words:
    put: frozenset[Form]
    wish: frozenset[Form]
    counts: dict[Form, float]
    sizes: dict[Form, float]
    kinds: dict[Form, str]
    colors: dict[Form, str]
    plain: frozenset[Form]


@lru_cache(maxsize=1)
def _words() -> _Words:
    data = load("things")
    put, wish, plain = (frozenset(form_of(w) for w in words(data[name])) for name in ("put", "wish", "plain"))
    counts = {form_of(w): float(n) or FEW for n, line in data["counts"].items() for w in words(line)}
    sizes = {form_of(w): float(n) for n, line in data["sizes"].items() for w in words(line)}
    kinds = {form_of(w): str(key) for key, line in data["kinds"].items() for w in words(line)}
    colors = {form_of(w): str(color) for color, line in data["colors"].items() for w in words(line)}
    return _Words(put, wish, counts, sizes, kinds, colors, plain)


def find_things(pieces: list[Unit], known: Lexicon) -> list[Thing]:
    """Each thing that the sentence puts in, at most one from any place."""
    text = [singular(p.text, known) if p.kind == "word" else p.text for p in pieces]
    out: list[Thing] = []
    for start in range(len(pieces)):
        if out and start < out[-1].end:
            continue
        thing = _put(pieces, text, start, known) or _standing(pieces, text, start, known, bool(out))
        if thing is not None:
            out.append(_counted_after(pieces, text, thing))
    return out


def puts(plain: str) -> bool:
    """Whether a phrase begins with a word that puts something in: "add two boats", "加一艘船"."""
    return plain.split(" ")[0] in _STRONG or plain[:1] in _STRONG


def singular(word: str, known: Lexicon) -> str:
    """The word, or the one of the things that it misspells: "seaguls", "lighthose", "sailbaots"."""
    if len(word) < 6 or word in known.vocabulary or not word.isascii():
        return word
    return next((w for w in known.thing_words if near(word, w)), word)


def near(a: str, b: str) -> bool:
    """One letter more, less or other, or two neighbours swapped; the first letter is right."""
    if a[0] != b[0] or abs(len(a) - len(b)) > 1 or a == b:
        return a == b
    at = next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
    rest_a, rest_b = a[at:], b[at:]
    swapped = len(a) == len(b) and rest_a[:2] == rest_b[1::-1] and rest_a[2:] == rest_b[2:]
    return swapped or rest_a[1:] == rest_b[1:] or rest_a[1:] == rest_b or rest_a == rest_b[1:]


def _put(pieces: list[Unit], text: list[str], start: int, known: Lexicon) -> Thing | None:
    """ "add a boat", "放三个热气球": a word that puts, and the thing."""
    verb = _longest(text, start, _words().put)
    if not verb:
        return None
    found = _after(pieces, text, start + verb, known)
    if found is None or _described(pieces, text, found):
        return None
    if found.definite and text[start] not in _NEW:  # "put the boat on a third" moves the one that is there
        return None
    strong = text[start] in _STRONG or (not found.definite and not found.bare)
    return Thing(start, found.end, found.key, found.count, found.size, found.color) if strong else None


def _standing(pieces: list[Unit], text: list[str], start: int, known: Lexicon, joined: bool) -> Thing | None:
    """Without a verb it must stand alone and be new: "two boats", "and a boat", but not "the two boats darker"."""
    weak = _longest(text, start, _words().wish)
    first = start == 0 or pieces[start - 1].kind == "mark" or pieces[start - 1].text in _NEXT
    if not weak and not first:
        return None
    found = _after(pieces, text, start + weak, known)
    if found is None or found.definite or not _stands(pieces, text, found, weak > 0):
        return None
    thing = Thing(start + weak, found.end, found.key, found.count, found.size, found.color)
    if found.bare and _counted_after(pieces, text, thing) is thing:
        return None
    before = text[max(0, start - 4) : start + weak]
    return None if _FORBIDDING.intersection(before) and not joined else thing


_NEW = frozenset({"add", "draw", "insert", "include", "paint", "plant"})
_STRONG = frozenset({"add", "put", "place", "draw", "insert", "include", "plant", "build", "paint"}) | frozenset(
    "加添放画种补"
)
_NEXT = frozenset({"➔", "then", "and", "also", "please"}) | frozenset("、和与跟及再先请")
_FORBIDDING = frozenset(
    {"no", "not", "without", "don't", "remove", "erase", "like", "than", "from", "keep", "of"}
) | frozenset("像除去删不别")
_QUALITIES = frozenset(
    {"is", "are", "looks", "look", "was", "were", "darker", "brighter", "too", "more", "less", "should"}
) | frozenset("太更得很偏再亮暗暖冷变调")


@dataclass(frozen=True, slots=True)
class _Found:
    """A thing after its words. `definite`: "the boats"; `bare`: no number, size or article said."""

    end: int
    count: float
    size: float
    key: str
    definite: bool
    bare: bool
    color: str = ""


def _described(pieces: list[Unit], text: list[str], found: _Found) -> bool:
    """Does a quality follow, so that it is what is there ("put the boats in more light", "给船加点对比度")?"""
    if found.end >= len(pieces):
        return False
    following = text[found.end]
    return following in _QUALITIES or following == "的"


def _stands(pieces: list[Unit], text: list[str], found: _Found, wished: bool) -> bool:
    """Whether what follows the thing says no more than where it is, or what it does there."""
    at = found.end
    while at < len(pieces) and pieces[at].kind != "mark":
        if text[at] in _QUALITIES or text[at] in ("的", "'s"):
            return False
        at += 1
    return True


def _counted_after(pieces: list[Unit], text: list[str], thing: Thing) -> Thing:
    """ "hot air balloons over the valley, five of them", "热气球，三个": the number follows."""
    if thing.count > 0:
        return thing
    at = thing.end
    while at < len(pieces) and pieces[at].kind != "mark":
        at += 1
    step = _longest(text, at + 1, _words().counts)
    if not step:
        return thing
    after = text[at + 1 + step : at + 3 + step]
    if after == ["of", "them"] or (
        after and after[0] in "个只艘座棵盏条" and (len(after) < 2 or pieces[at + 2 + step].kind == "mark")
    ):
        count = _words().counts[tuple(text[at + 1 : at + 1 + step])]
        return replace(thing, count=count)
    return thing


def _after(pieces: list[Unit], text: list[str], at: int, known: Lexicon) -> _Found | None:
    """The thing that stands at `at`, after its numbers, sizes and other words."""
    count, size, kind, definite, new, lexical = 0.0, 1.0, "", False, False, _words()
    start, color = at, ""
    tables = (lexical.plain, lexical.counts, lexical.sizes, lexical.kinds, lexical.colors)
    while at < len(text):
        noun = _longest(text, at, known.things)
        steps = [_longest(text, at, table) for table in tables]
        step = max(steps)
        if noun and noun >= step:
            form = tuple(text[at : at + noun])
            many = (
                form[-1].isascii()
                and (form[-1].endswith("s") or form[-1] in ("geese", "people"))
                and form[-1] != "cypress"
            )
            key, end = known.things[form], at + noun
            later = _longest(text, end, lexical.kinds)
            if later and lexical.kinds[tuple(text[end : end + later])].startswith(key):
                kind, end = lexical.kinds[tuple(text[end : end + later])], end + later
            if kind and kind.split("_")[0] != key and kind.split("_")[-1] != key:
                kind = ""
            new = new or form[0] in ("someone", "somebody") or bool(count)
            bare = not new and not (many and at > start) and not (many and size != 1.0)
            return _Found(end, PLURAL if many and count == 0 else count, size, kind or key, definite, bare, color)
        if pieces[at].kind == "number" and pieces[at].unit == "" and count == 0:
            count, at = max(0.0, pieces[at].value), at + 1
            continue
        if step == 0:
            return None
        form = tuple(text[at : at + step])
        color = lexical.colors.get(form, color)
        if step == steps[1]:
            count = lexical.counts[form] if count in (0, 1) else count
        elif step == steps[2]:
            size *= lexical.sizes[form]
        elif step == steps[3]:
            kind = lexical.kinds[form]
        elif form not in lexical.colors:
            definite = definite or form[0] == "the"
            new = new or form[0] in "一群队"
            if form[0] in _CLASSIFIERS and count == 0:
                count = 1.0
        at += step
    return None


_CLASSIFIERS = frozenset("只艘条个盏座棵株位名堆团架")


def _longest(text: list[str], at: int, table: Container[Form]) -> int:
    """How many pieces the longest phrase of the table at that place has; 0 for none."""
    for many in range(min(8, len(text) - at), 0, -1):
        if tuple(text[at : at + many]) in table:
            return many
    return 0


def as_said(ask: Ask, actions: tuple[Action, ...], where: str | None) -> tuple[tuple[Action, ...], str | None]:
    """The actions with the count and the size that were said, and the place as a size where it says how far."""
    if not ask.concept.thing:
        return actions, where
    token = next((t for t in ask.tokens if t.key == ask.concept.key), None)
    count, size, color = (0.0, 1.0, "") if token is None else (token.value, token.size, token.color)
    if ask.strength is not None and ask.strength < 1 and size == 1.0:  # "…, tiny ones", "小小的"
        size = 0.65
    if where is not None and where.endswith(" & (sky - top)") and ask.concept.region != "sky":
        where, size = where.removesuffix(" & (sky - top)"), size * _FAR["sky - top"]  # "near the horizon on the right"
    if where in _FAR:
        size *= _FAR[where or ""]
        where = where if where == "sky - top" and ask.concept.region == "sky" else None
    elif where is not None and ask.concept.region == "sky" and parse_region(where).names().isdisjoint(_SIDES):
        where = None if not where.startswith("everything") else where  # "over the lake" is in the sky
    return tuple(_dyed(_sized(a, count, size), color) for a in actions), where


def _dyed(action: Action, color: str) -> Action:
    """In a colour, where the operator has a choice of it."""
    choices = next((p.choices for p in find(action.operator).params if p.name == "color"), ())
    return replace(action, parameters=action.parameters | {"color": color}) if color in choices else action


def _sized(action: Action, count: float, size: float) -> Action:
    plain, large = action.parameters.get("count"), action.parameters.get("size")
    if not isinstance(plain, float) or not isinstance(large, float):
        return action
    if count == FEW or (count == PLURAL and plain <= SOME):
        count = FLOCK if plain > SOME else SOME
    many = count if count > 0 else plain
    return Action(action.operator, action.parameters | {"count": many, "size": round(large * size, 3)}, action.region)
