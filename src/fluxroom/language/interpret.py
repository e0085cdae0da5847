"""`interpret`: the user's words to a recipe, with reasons."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from fluxroom.errors import NothingUnderstood
from fluxroom.language import say
from fluxroom.language.asides import by_the_way
from fluxroom.language.asks import Wishes
from fluxroom.language.clauses import set_descriptions_aside, split
from fluxroom.language.lexicon import lexicon
from fluxroom.language.normalise import is_han
from fluxroom.language.phrasing import settle
from fluxroom.language.plan import adjustment, plan
from fluxroom.language.read import read
from fluxroom.language.steps import Plan
from fluxroom.language.tagger import UNKNOWN, Token, tag
from fluxroom.recipe import Adjustment, Recipe, Region

if TYPE_CHECKING:
    from fluxroom.scene import Scene

Language = Literal["zh", "en", "mixed"]

STRUCTURE = frozenset(
    {"function", "prep", "make", "want", "copula", "this", "and", "comma", "stop", "mark", "but", "then", "first", "it"}
    | {
        "enough",
        "then_or_more",
        "photo",
        "become",
        "complaint",
        "except_suffix",
        "fix",
        "adjust",
        "narrative",
        "beside",
        "fine",
        "cast",
    }
)
"""Kinds of tokens that carry no content of their own."""

_CALLS = frozenset("哇啦呀哈嘿啊哦嘛噢咯哟")
_TERMS = frozenset({"ev", "hdr", "wb", "k", "raw", "iso", "ins", "jpeg", "pop"})


@dataclass(frozen=True, slots=True)
class Interpretation:
    """What was understood.

    recipe          the edit; `recipe.not_understood` repeats the words that were not
    language        of the words
    reasons         pairs: the user's words, what they led to
    not_understood  words that nobody could use, or that ask for more than the engine can do
    notes           what the user should know, in the user's language
    """

    recipe: Recipe
    language: Language
    reasons: tuple[tuple[str, str], ...]
    not_understood: tuple[str, ...]
    notes: tuple[str, ...]


def language_of(text: str) -> Language:
    """Which language the words are in; units and terms such as "EV" or "HDR" do not count."""
    han = any(is_han(c) for c in text)
    latin = (
        any(t.plain.isascii() and t.plain.isalpha() and len(t.plain) > 1 and t.plain not in _TERMS for t in tag(text))
        if han
        else True
    )
    return ("mixed" if latin else "zh") if han else "en"


def interpret(text: str, scene: Scene | None = None, seed: int = 0) -> Interpretation:
    """Turn words into a recipe. Raises NothingUnderstood or Contradiction.

    text    what the user said, Chinese, English or both
    scene   what is seen in the photo; without it every region is taken to be there
    seed    goes into the recipe
    """
    language = language_of(text)
    zh = language != "en"
    tokens = tag(text)
    settle(tokens)
    clauses = split(set_descriptions_aside(tokens))
    said = [tuple(clause.tokens) for clause in clauses]
    wishes = read(clauses)
    drawn = plan(wishes, scene, zh)
    adjustments = tuple(adjustment(s) for s in drawn.steps)
    _credit(wishes, drawn, adjustments)
    asides = _asides(said, wishes, drawn) if adjustments else []
    not_understood = _not_understood(tokens, wishes, drawn)
    notes = _notes(wishes, drawn, zh)
    if asides:
        notes.append(say.described(say.phrases(asides), zh))
    if not adjustments:
        raise NothingUnderstood(say.nothing(not_understood, notes, zh))
    recipe = Recipe(
        adjustments=adjustments,
        keep=Region(drawn.keep) if drawn.keep else None,
        seed=seed,
        say=text,
        not_understood=tuple(not_understood),
    )
    return Interpretation(recipe, language, _reasons(tokens), tuple(not_understood), tuple(notes))


def _credit(wishes: Wishes, drawn: Plan, adjustments: tuple[Adjustment, ...]) -> None:
    """Write on each token what it led to."""
    for step, made in zip(drawn.steps, adjustments, strict=True):
        for token in step.tokens:
            token.led_to.append(f"{made.operator} ({made.region})")
    for ask in wishes.forbidden:
        for token in ask.tokens:
            token.led_to.append("avoided")
    for ask in wishes.asks:
        if any(t.led_to for t in ask.tokens):
            for token in ask.tokens:
                if not token.led_to and token not in drawn.missing:
                    token.led_to.append("done by stronger words")


def _asides(said: list[tuple[Token, ...]], wishes: Wishes, drawn: Plan) -> list[Token]:
    """Words left over that asked for nothing; they are credited as such."""
    named = {id(t) for _, tokens in wishes.impossible for t in tokens} | {id(t) for t in drawn.missing}

    def left_over(token: Token) -> bool:
        return id(token) not in named and not token.led_to and token.kind not in STRUCTURE

    asides = by_the_way(said, left_over)
    for token in asides:
        token.led_to.append("describes the photo")
    return asides


def _not_understood(tokens: list[Token], wishes: Wishes, drawn: Plan) -> list[str]:
    """Words left over, neighbours joined into one phrase."""
    _join_nonsense(tokens)
    groups = [list(ts) for _, ts in wishes.impossible if ts]
    impossible = {id(t) for g in groups for t in g}
    missing = {id(t) for t in drawn.missing}
    out: list[tuple[int, str]] = []
    for group in groups:
        out += [(group[0].start, w) for w in say.phrases(_with_articles(group, tokens))]
    run: list[Token] = []
    for token in [*tokens, None]:
        left_over = (
            token is not None
            and id(token) not in impossible
            and (id(token) in missing or (not token.led_to and token.kind not in STRUCTURE))
        )
        if left_over and token is not None and (not run or token.start - run[-1].end <= 1):
            run.append(token)
            continue
        if run:
            out.append((run[0].start, say.phrase(run)))
        run = [token] if left_over and token is not None else []
    out.sort(key=lambda pair: pair[0])
    return list(dict.fromkeys(words for _, words in out))


def _join_nonsense(tokens: list[Token]) -> None:
    """ "哇咔咔嘟噜噜": small words inside or beside a run of unknown characters belong to it."""
    unknown = [t.kind == "unknown" and is_han(t.text[0]) and not t.led_to for t in tokens]
    small = [t.kind in STRUCTURE and len(t.text) == 1 and is_han(t.text) for t in tokens]
    for at, token in enumerate(tokens):
        before = at > 0 and unknown[at - 1]
        after = at + 1 < len(tokens) and unknown[at + 1]
        inside = before and after
        call = token.text in _CALLS and (before or after)
        if small[at] and (inside or call):
            token.entries = (UNKNOWN,)


def _with_articles(group: list[Token], tokens: list[Token]) -> list[Token]:
    """ "add a tree": with the little words between."""
    first, last = min(t.start for t in group), max(t.end for t in group)
    inside = [t for t in tokens if first <= t.start and t.end <= last]
    return inside if all(t in group or t.kind in STRUCTURE for t in inside) else group


def _notes(wishes: Wishes, drawn: Plan, zh: bool) -> list[str]:
    notes = [*wishes.notes, *drawn.notes]
    for kind, _ in wishes.impossible:
        notes.append(lexicon().impossible[kind]["zh" if zh else "en"])
    return list(dict.fromkeys(notes))


def _reasons(tokens: list[Token]) -> tuple[tuple[str, str], ...]:
    out: list[tuple[list[Token], str]] = []
    for token in tokens:
        led_to = ", ".join(dict.fromkeys(x for x in token.led_to if x))
        if not led_to:
            continue
        if out and out[-1][1] == led_to and 0 <= token.start - out[-1][0][-1].end <= 1:
            out[-1][0].append(token)
        else:
            out.append(([token], led_to))
    return tuple((say.phrase(group), led_to) for group, led_to in out)
