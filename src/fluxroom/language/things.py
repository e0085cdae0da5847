"""Things to put in, with how many and how large: "add two small sailboats", "加两艘小帆船", "three balloons"."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from fluxroom.language.data import load, words
from fluxroom.language.lexicon import Action, Form, Lexicon, form_of
from fluxroom.language.normalise import Unit
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

    count  0 not said, FEW, PLURAL;  size  1 plain
    """

    start: int
    end: int
    key: str
    count: float
    size: float


@dataclass(frozen=True, slots=True)
class _Words:
    put: frozenset[Form]
    counts: dict[Form, float]
    sizes: dict[Form, float]
    plain: frozenset[Form]


@lru_cache(maxsize=1)
def _words() -> _Words:
    data = load("things")
    put, plain = (frozenset(form_of(w) for w in words(data[name])) for name in ("put", "plain"))
    counts = {form_of(w): float(n) or FEW for n, line in data["counts"].items() for w in words(line)}
    sizes = {form_of(w): float(n) for n, line in data["sizes"].items() for w in words(line)}
    return _Words(put, counts, sizes, plain)


def find_things(pieces: list[Unit], known: Lexicon) -> list[Thing]:
    """Each thing that the sentence puts in, at most one from any place."""
    text = [p.text for p in pieces]
    out: list[Thing] = []
    for start in range(len(pieces)):
        verb = _longest(text, start, _words().put)
        found = _after(pieces, text, start + verb, known) if verb else None
        joined = bool(out) and start and pieces[start - 1].text in _JOINING
        if found is None and joined and all(p.kind != "mark" for p in pieces[out[-1].end : start - 1]):
            found = _after(pieces, text, start, known)  # "add a balloon on the left and a few birds"
        if found is None and (start == 0 or pieces[start - 1].kind == "mark"):
            # With no verb it must stand alone, or it is what is in the photo: "two boats", but "the two boats darker".
            found = _after(pieces, text, start, known)
            if found is not None and not (found[1] and _ends(pieces, found[0])):
                found = None
        if found is not None:
            end, count, size, key = found
            out.append(Thing(start, end, key, count, size))
    return out


def _ends(pieces: list[Unit], at: int) -> bool:
    return at >= len(pieces) or pieces[at].kind == "mark" or pieces[at].text in ("please", "on", "in", "and", "吧")


def _after(pieces: list[Unit], text: list[str], at: int, known: Lexicon) -> tuple[int, float, float, str] | None:
    """End, count, size and concept of the thing that stands at `at`, after its numbers and sizes."""
    count, size, lexical = 0.0, 1.0, _words()
    while at < len(text):
        noun = _longest(text, at, known.things)
        if noun:
            form = tuple(text[at : at + noun])
            many = form[-1].isascii() and (form[-1].endswith("s") or form[-1] == "geese")
            return at + noun, PLURAL if many and count == 0 else count, size, known.things[form]
        if pieces[at].kind == "number" and pieces[at].unit == "" and count == 0:
            count, at = max(0.0, pieces[at].value), at + 1
            continue
        tables = (lexical.plain, lexical.counts, lexical.sizes)
        steps = [_longest(text, at, table) for table in tables]
        step = max(steps)
        if step == 0:
            return None
        form = tuple(text[at : at + step])
        if step == steps[0]:
            pass
        elif step == steps[1]:
            count = lexical.counts[form] if count in (0, 1) else count
        else:
            size *= lexical.sizes[form]
        at += step
    return None


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
    count, size = (0.0, 1.0) if token is None else (token.value, token.size)
    if where in _FAR:
        size *= _FAR[where or ""]
        where = where if where == "sky - top" and ask.concept.region == "sky" else None
    elif where is not None and ask.concept.region == "sky" and parse_region(where).names().isdisjoint(_SIDES):
        where = None if not where.startswith("everything") else where  # "over the lake" is in the sky
    return tuple(_sized(a, count, size) for a in actions), where


def _sized(action: Action, count: float, size: float) -> Action:
    plain, large = action.parameters.get("count"), action.parameters.get("size")
    if not isinstance(plain, float) or not isinstance(large, float):
        return action
    if count == FEW or (count == PLURAL and plain <= SOME):
        count = FLOCK if plain > SOME else SOME
    many = count if count > 0 else plain
    return Action(action.operator, action.parameters | {"count": many, "size": round(large * size, 3)}, action.region)
