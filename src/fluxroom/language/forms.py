"""What phrases mean: those written out in a table, and those with choices, "{add|put} {a|two} bird", as an automaton.

A phrase with choices stands for all its combinations, tens of thousands for some; they are never written out. Each
choice is a step between two states of a nondeterministic automaton (Thompson 1968), which is walked along the words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

Form = tuple[str, ...]

MOST_WRITTEN_OUT = 12
"""A phrase with no more combinations is written out: looking up is quicker than walking."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One meaning of a phrase.

    kind    concept, region, place, rest, everything, strength, impossible, function, or a grammar word's line
    key     name of the concept, region text, kind of impossible thing
    pole    concepts: +1 the word says more, -1 less, 0 it only names the quality, 2 the band of a colour
    value   strengths: the factor
    """

    kind: str
    key: str = ""
    pole: int = 0
    value: float = 1.0


Ranked = tuple[int, Entry]
"""An entry and its place among all: what was added first comes first."""


@dataclass(slots=True, eq=False)
class State:
    after: dict[str, list[State]] = field(default_factory=dict)
    means: list[Ranked] = field(default_factory=list)


@dataclass(slots=True)
class Forms:
    """All phrases, by their units (`form_of` splits a phrase into them)."""

    form_of: Callable[[str], Form]
    written: dict[Form, list[Ranked]] = field(default_factory=dict)
    start: State = field(default_factory=State)
    longest: dict[str, int] = field(default_factory=dict)
    vocabulary: set[str] = field(default_factory=set)
    choices: list[str] = field(default_factory=list)
    count: int = 0

    def add(self, phrase: str, entry: Entry) -> None:
        """`phrase` may hold choices in braces."""
        pieces = pieces_of(phrase)
        ranked = (self.count, entry)
        self.count += 1
        if combinations(pieces) > MOST_WRITTEN_OUT and whole_units(pieces):
            self.choices.append(phrase)
            self._walked(pieces, ranked)
            return
        for words in spelt_out(pieces):
            if form := self.form_of(words):
                self.written.setdefault(form, []).append(ranked)
                self.longest[form[0]] = max(self.longest.get(form[0], 0), len(form))
                self.vocabulary.update(form)

    def _walked(self, pieces: list[list[str]], ranked: Ranked) -> None:
        reached = [self.start]
        for options in pieces:
            end, firsts = State(), []
            for option in options:
                form = self.form_of(option)
                self.vocabulary.update(form)
                then = end
                for word in reversed(form[1:]):
                    then = State({word: [then]})
                firsts += [(form[0], then)] if form else []
            for state in reached:
                for word, then in firsts:
                    state.after.setdefault(word, []).append(then)
            reached = [end, *reached] if "" in (option.strip() for option in options) else [end]
        for state in reached:
            if state is not self.start:
                state.means.append(ranked)

    def starting(self, words: Sequence[str], at: int) -> dict[int, tuple[Entry, ...]]:
        """The phrases that start at `at`: {where one ends: what it means}."""
        found: dict[int, list[Ranked]] = {}
        for end in range(at + 1, min(len(words), at + self.longest.get(words[at], 0)) + 1):
            if (written := self.written.get(tuple(words[at:end]))) is not None:
                found[end] = list(written)
        states = [self.start]
        for end in range(at + 1, len(words) + 1):
            states = list(dict.fromkeys(then for state in states for then in state.after.get(words[end - 1], ())))
            if not states:
                break
            if means := [ranked for state in states for ranked in state.means]:
                found.setdefault(end, []).extend(means)
        return {end: _in_order(ranked) for end, ranked in found.items()}

    def get(self, form: Form) -> tuple[Entry, ...]:
        """What the phrase means; empty if nothing."""
        return self.starting(form, 0).get(len(form), ()) if form else ()

    def forget(self, form: Form) -> None:
        """Of phrases that are written out."""
        del self.written[form]

    def all(self) -> Iterator[tuple[Form, tuple[Entry, ...]]]:
        """Every phrase that is written out, and of each with choices one in a hundred."""
        yield from ((form, _in_order(ranked)) for form, ranked in self.written.items())
        for phrase in self.choices:
            for words in list(spelt_out(pieces_of(phrase)))[::100]:
                form = self.form_of(words)
                yield form, self.get(form)


def _in_order(ranked: list[Ranked]) -> tuple[Entry, ...]:
    """First added first; of entries with the same kind and key the first only."""
    kept: dict[tuple[str, str], Entry] = {}
    for _, entry in sorted(ranked, key=lambda r: r[0]):
        kept.setdefault((entry.kind, entry.key), entry)
    return tuple(kept.values())


def pieces_of(phrase: str) -> list[list[str]]:
    """ "a {b|c} d" as [["a "], ["b", "c"], [" d"]]."""
    out: list[list[str]] = []
    rest = phrase
    while rest:
        plain, _, rest = rest.partition("{")
        out += [[plain]] if plain else []
        choices, brace, rest = rest.partition("}")
        out += [choices.split("|")] if brace else []
    return out


def combinations(pieces: list[list[str]]) -> int:
    out = 1
    for options in pieces:
        out *= len(options)
    return out


def spelt_out(pieces: list[list[str]]) -> Iterator[str]:
    """All combinations, the last piece changing quickest."""
    if not pieces:
        yield ""
        return
    for option in pieces[0]:
        for rest in spelt_out(pieces[1:]):
            yield option + rest


def whole_units(pieces: list[list[str]]) -> bool:
    """Whether no unit crosses from one piece into the next.

    Chinese characters are units each, but in numbers; between English words stands a space.
    """
    options = [option for piece in pieces for option in piece]
    if all("\u4e00" <= c <= "\u9fff" and c not in _OF_NUMBERS for option in options for c in option):
        return True
    if not all(c in " -'" or "a" <= c <= "z" for option in options for c in option):
        return False
    loose = [False]
    for piece in pieces:
        for option in piece:
            if option and any(loose) and not option.startswith(" "):
                return False
        ends = [not option.endswith(" ") for option in piece if option]
        loose = ends + (loose if "" in piece else [])
    return True


_OF_NUMBERS = frozenset("档挡级度成")
"""A numeral with one of these is one unit: 一档, 三成."""
