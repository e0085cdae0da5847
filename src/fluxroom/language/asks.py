"""What one clause asks for: the types, shared by the readers of clauses and the planner."""

from __future__ import annotations

from dataclasses import dataclass, field

from fluxroom.language.lexicon import Concept
from fluxroom.language.tagger import Token

REST = "@rest"
"""Stands for "the rest" in region texts until the whole sentence is read."""

LIMITED = 0.6
"""What "not too much" makes of the plain amounts."""


@dataclass(slots=True, eq=False)
class Ask:
    """One wish.

    sign      +1 more, -1 less
    strength  factor on the plain amount, None: plain
    number    the number said, with its unit
    where     region text, None: not said
    place     a place within the region ("near_sun")
    band      the colour band it works on ("blue"), for color_mixer
    tint_of   "shadows" or "highlights": a colour pushed into that range
    step      the place in a sequence ("then")
    stays     forbidden, because something is to stay as it is
    wrong     what is wrong was stated, the cure is meant
    """

    concept: Concept
    sign: int = 1
    strength: float | None = None
    number: tuple[float, str, bool] | None = None
    where: str | None = None
    place: str | None = None
    band: str = ""
    tint_of: str = ""
    step: int = 0
    noun: bool = False
    directed: bool = False
    forbidden: bool = False
    stays: bool = False
    wrong: bool = False
    limited: bool = False
    whole_said: bool = False
    clause: int = 0
    tokens: list[Token] = field(default_factory=list)

    @property
    def key(self) -> str:
        return f"{self.band}:{self.concept.key}" if self.band else self.concept.key


@dataclass(slots=True)
class Wishes:
    """Everything a sentence asks for."""

    asks: list[Ask] = field(default_factory=list)
    forbidden: list[Ask] = field(default_factory=list)
    limits: list[Ask] = field(default_factory=list)
    keep: list[tuple[str, tuple[Token, ...]]] = field(default_factory=list)
    natural: list[tuple[str, tuple[Token, ...]]] = field(default_factory=list)
    keep_all: list[Token] = field(default_factory=list)
    rest_named: bool = False  # "the rest" was spoken of, mostly to say that it stays
    only: str | None = None
    factor: float = 1.0
    impossible: list[tuple[str, tuple[Token, ...]]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    mentioned: list[str] = field(default_factory=list)
    last_where: str | None = None
    topic: str | None = None
    topic_tokens: list[Token] = field(default_factory=list)
    excluded: list[tuple[str, list[Token]]] = field(default_factory=list)
    keeping: bool = False
    step: int = 0
    clause: int = 0


def union(a: str, b: str) -> str:
    """Both regions as one text, each name once."""
    if a == b:
        return a
    parts = [p.strip() for p in a.split(" + ")] if not set(a) & set("-&(") else [a]
    if b in parts:
        return a
    return f"{a} + {_grouped(b)}" if "&" not in b else f"{a} + {b}"


def within(region: str, place: str) -> str:
    """The part of a region at a place."""
    return f"{_grouped(region)} & {_grouped(place)}"


def minus(region: str, other: str) -> str:
    parts = [p.strip() for p in other.split(" + ")] if "&" not in other and "-" not in other else [_grouped(other)]
    return " - ".join([region, *parts])


def _grouped(region: str) -> str:
    return f"({region})" if any(c in region for c in "+-") else region
