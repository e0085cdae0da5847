"""Units to tokens: the cheapest way to cover the text with phrases of the lexicon."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache

from fluxroom.language.forms import Entry
from fluxroom.language.lexicon import Lexicon, lexicon
from fluxroom.language.normalise import STEP, Unit, fold, units
from fluxroom.language.things import Thing, find_things

UNKNOWN = Entry("unknown")
_NUMBERED = re.compile(r"([a-z]{3,})(\d{2,4})")
_UNKNOWN_COST = 4.0
_TYPO_COST = 0.3
_THING_COST = 0.9
_STOPS = frozenset(".;!?\n")
_COMMAS = frozenset(",:")


@dataclass(slots=True, eq=False)
class Token:
    """A phrase with its meanings. `led_to` says what became of it; empty means nobody could use it.

    value, size, color    of a thing put in: how many (0: not said, -1: a few), how large, and of what colour
    """

    entries: tuple[Entry, ...]
    start: int
    end: int
    text: str
    plain: str
    value: float = 0.0
    unit: str = ""
    signed: bool = False
    size: float = 1.0
    color: str = ""
    led_to: list[str] = field(default_factory=list)

    @property
    def kind(self) -> str:
        return self.entries[0].kind

    @property
    def key(self) -> str:
        return self.entries[0].key

    @property
    def pole(self) -> int:
        return self.entries[0].pole

    def get(self, kind: str) -> Entry | None:
        return next((e for e in self.entries if e.kind == kind), None)


def tag(text: str) -> list[Token]:
    """Every part of the text as a token, in order."""
    known = lexicon()
    pieces = _split_hyphens(units(fold(text)), known)
    things = {thing.start: thing for thing in find_things(pieces, known)}
    tokens = []
    for i, j, entries in _cover(pieces, known, things):
        token = _token(text, pieces[i:j], entries)
        thing = things.get(i)
        if thing is not None and thing.end == j:
            token.value, token.size, token.color = thing.count, thing.size, thing.color
        tokens.append(token)
    return tokens


def _token(text: str, pieces: list[Unit], entries: tuple[Entry, ...]) -> Token:
    first, last = pieces[0], pieces[-1]
    words = text[first.start : last.end]
    plain = " ".join(p.text for p in pieces) if first.kind == "word" else "".join(p.text for p in pieces)
    return Token(entries, first.start, last.end, words, plain, first.value, first.unit, first.signed)


def _split_hyphens(pieces: list[Unit], known: Lexicon) -> list[Unit]:
    out: list[Unit] = []
    for piece in pieces:
        named = _NUMBERED.fullmatch(piece.text) if piece.kind == "word" and piece.text not in known.vocabulary else None
        if named is not None and named[1] in known.vocabulary:  # "portra400"
            middle = piece.start + len(named[1])
            out.append(Unit("word", named[1], piece.start, middle))
            out.append(Unit("number", named[2], middle, piece.end, float(named[2])))
            continue
        if piece.kind == "word" and piece.text.startswith("over") and _over(piece.text, known):
            out.append(Unit("word", "over", piece.start, piece.start + 4))
            out.append(Unit("word", piece.text[4:], piece.start + 4, piece.end))
            continue
        if (
            piece.kind != "word"
            or piece.text in known.vocabulary
            or not ("-" in piece.text or piece.text.endswith("'s"))
        ):
            out.append(piece)
            continue
        at = piece.start
        for part in piece.text.replace("'s", "-s").split("-"):
            if part == "s" and piece.text.endswith("'s"):
                out.append(Unit("mark", "'s", at - 1, piece.end))
            elif part:
                out.append(Unit("word", part, at, at + len(part)))
            at += len(part) + 1
    return out


def _over(word: str, known: Lexicon) -> bool:
    """ "oversharpened" is too sharp."""
    if word in known.vocabulary or len(word) < 8:
        return False
    return any(stem in known.vocabulary for stem in (word[4:], *_stems(word[4:])))


def _cover(pieces: list[Unit], known: Lexicon, things: dict[int, Thing]) -> list[tuple[int, int, tuple[Entry, ...]]]:
    count = len(pieces)
    literal = [p.text for p in pieces]
    corrected = [_correct(p.text)[0] if p.kind == "word" else p.text for p in pieces]
    best: list[float] = [0.0] * (count + 1)
    choice: list[tuple[int, tuple[Entry, ...]]] = [(0, ())] * count
    for i in range(count - 1, -1, -1):
        best[i], choice[i] = _single(pieces[i], best[i + 1], i)
        thing = things.get(i)
        if thing is not None and _THING_COST + best[thing.end] < best[i]:
            best[i], choice[i] = _THING_COST + best[thing.end], (thing.end, (Entry("concept", thing.key, 1),))
        said = known.forms.starting(literal, i)
        meant = known.forms.starting(corrected, i) if corrected != literal else {}
        for j in sorted({*said, *meant}):
            entries, extra = (said[j], 0.0) if j in said else (meant[j], _TYPO_COST)
            if 1.0 + extra + best[j] <= best[i]:
                best[i] = 1.0 + extra + best[j]
                choice[i] = (j, entries)
    out = []
    at = 0
    while at < count:
        end, entries_at = choice[at]
        out.append((at, end, entries_at))
        at = end
    return out


def _single(piece: Unit, rest: float, i: int) -> tuple[float, tuple[int, tuple[Entry, ...]]]:
    if piece.kind == "number":
        return 0.5 + rest, (i + 1, (Entry("number"),))
    if piece.kind == "mark":
        kind = "stop" if piece.text in _STOPS else "comma" if piece.text in _COMMAS else "mark"
        kind = "then" if piece.text == STEP else kind
        if piece.text in ("、", "/", "+"):
            kind = "and"
        if piece.text == "'s":
            kind = "function"
        return 1.0 + rest, (i + 1, (Entry(kind),))
    return _UNKNOWN_COST + rest, (i + 1, (UNKNOWN,))


@lru_cache(maxsize=4096)
def _correct(word: str) -> tuple[str, bool]:
    """The lexicon's word that this one is a form or a misspelling of, else the word itself."""
    known = lexicon()
    if word in known.vocabulary:
        return word, False
    for stem in _stems(word):
        if stem in known.vocabulary and len(stem) >= 3:
            return stem, False
    if len(word) < 4 or word in known.ordinary or any(s in known.ordinary for s in _stems(word)):
        return word, False
    near = _nearest(word)
    return (word, False) if near is None else (near, True)


def _stems(word: str) -> list[str]:
    out = []
    for ending, replacements in (
        ("'s", ("",)),
        ("iest", ("y",)),
        ("ier", ("y",)),
        ("ies", ("y",)),
        ("ied", ("y",)),
        ("ing", ("", "e")),
        ("est", ("", "e")),
        ("er", ("", "e")),
        ("ed", ("", "e")),
        ("es", ("", "e")),
        ("ly", ("",)),
        ("ish", ("", "e")),
        ("ness", ("",)),
        ("s", ("",)),
        ("y", ("", "e")),
    ):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            stem = word[: len(word) - len(ending)]
            out += [stem + r for r in replacements]
            if len(stem) > 3 and stem[-1] == stem[-2]:
                out.append(stem[:-1])
    return out


@lru_cache(maxsize=1)
def _by_letter() -> dict[str, list[str]]:
    out: dict[str, list[str]] = {}
    for word in sorted(lexicon().vocabulary):
        if len(word) >= 4 and word.isascii() and word.isalpha():
            out.setdefault(word[0], []).append(word)
    return out


def _nearest(word: str) -> str | None:
    limit = 1 if len(word) < 8 else 2
    candidates = _by_letter().get(word[0], [])
    if len(word) > 1 and word[1] != word[0]:
        swapped = word[1] + word[0] + word[2:]
        if swapped in lexicon().vocabulary:
            return swapped
    best: tuple[int, int, str] | None = None
    for candidate in candidates:
        if abs(len(candidate) - len(word)) > limit:
            continue
        if len(word) == 4 and sorted(word) != sorted(candidate):
            continue  # four letters: only two of them swapped
        distance = _distance(word, candidate, limit)
        if distance <= limit and (best is None or (distance, -len(candidate), candidate) < best):
            best = (distance, -len(candidate), candidate)
    return None if best is None else best[2]


def _distance(a: str, b: str, limit: int) -> int:
    """Damerau-Levenshtein distance (neighbours may swap), or more than `limit`."""
    before: list[int] = []
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        new = [i]
        for j, y in enumerate(b, 1):
            cost = min(row[j] + 1, new[-1] + 1, row[j - 1] + (x != y))
            if i > 1 and j > 1 and x == b[j - 2] and a[i - 2] == y:
                cost = min(cost, before[j - 2] + 1)
            new.append(cost)
        if min(new) > limit:
            return limit + 1
        before, row = row, new
    return row[-1]
