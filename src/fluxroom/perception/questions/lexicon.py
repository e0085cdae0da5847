"""The words of questions, read from data/things.yaml, questions.yaml and words.yaml."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from fluxroom.perception.labels import class_names

IRREGULAR = {"skies": "sky", "leaves": "leaf", "wolves": "wolf", "people": "people", "grass": "grass"}


@dataclass(frozen=True, slots=True)
class Words:
    """The ways to say one thing: whole English words (one form for singular and plural), Chinese strings, patterns."""

    en: tuple[str, ...]
    zh: tuple[str, ...]
    patterns: tuple[re.Pattern[str], ...] = ()

    def find(self, english: str, chinese: str) -> list[tuple[int, int]]:
        """Where it is heard: spans, in `english` (from `normal`) or `chinese`, whichever is not empty."""
        plain = _whole_words(self.en) if english else _anywhere(self.zh)
        text = english or chinese
        return [m.span() for p in (plain, *self.patterns) if p is not None for m in p.finditer(text)]

    def heard(self, english: str, chinese: str) -> bool:
        return bool(self.find(english, chinese))


@dataclass(frozen=True, slots=True)
class Thing:
    """One entry of things.yaml; see there."""

    name: str
    en: tuple[str, ...]
    zh: tuple[str, ...]
    of: str = ""
    tag: str = ""
    region: tuple[str, ...] = ()
    least: float = 0.006
    labels: tuple[int, ...] = ()
    need: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    rivals: tuple[str, ...] = ()
    instead: str = ""
    pick: str = ""
    group: bool = False
    unsure: bool = False
    says: Words = Words((), ())

    def word(self, zh: bool) -> str:
        return self.zh[0] if zh else self.en[0]


@cache
def _whole_words(words: tuple[str, ...]) -> re.Pattern[str] | None:
    longest = sorted(words, key=len, reverse=True)
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, longest))})(?!\w)") if words else None


@cache
def _anywhere(words: tuple[str, ...]) -> re.Pattern[str] | None:
    return re.compile("|".join(map(re.escape, sorted(words, key=len, reverse=True)))) if words else None


def normal(text: str) -> str:
    """English in lower case, plain apostrophes dropped, each word in the singular."""
    words = re.findall(r"[a-z0-9]+|[^a-z0-9\s]", re.sub(r"['’]s\b|['’]", "", text.lower()))
    return " ".join(singular(w) for w in words)


def respelt(english: str) -> str:
    """Normal English with the ways people write made plain, and misspelt words of the lexicon put right."""
    for said, meant in grammar().spoken:
        english = said.sub(meant, english)
    known = vocabulary()
    return " ".join(w if w in known or len(w) < 5 or not w.isalpha() else _nearest(w) for w in english.split(" "))


def _nearest(word: str) -> str:
    """The one known word that is a slip of the keyboard away (two letters swapped, one left out, added or wrong)."""
    slips = {word[:i] + word[i + 1] + word[i] + word[i + 2 :] for i in range(1, len(word) - 1)}
    slips |= {word[:i] + word[i + 1 :] for i in range(1, len(word))}
    letters = "abcdefghijklmnopqrstuvwxyz"
    slips |= {word[:i] + c + word[i:] for i in range(1, len(word) + 1) for c in letters}
    if len(word) > 6:
        slips |= {word[:i] + c + word[i + 1 :] for i in range(1, len(word)) for c in letters}
    found = {w for w in slips if len(w) > 4} & vocabulary()
    return found.pop() if len(found) == 1 else word


@cache
def vocabulary() -> frozenset[str]:
    """Every English word of the lexicons (singular), of the classifier's names, and the ordinary ones."""
    known = grammar()
    groups = [
        *known.cues.values(),
        known.there,
        known.difference,
        *known.which.values(),
        *known.places.values(),
        *(w for _, w in thing_words()),
    ]
    groups += [words for values in known.options.values() for words in values.values()]
    groups += [words for pair in known.compare.values() for words in pair]
    texts = [text for words in groups for text in words.en] + [normal(name) for name in class_names()]
    return frozenset(word for text in texts for word in text.split(" ")) | known.ordinary


def singular(word: str) -> str:
    if word in IRREGULAR:
        return IRREGULAR[word]
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if word.endswith(("ches", "shes", "xes", "sses")):
        return word[:-2]
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


def load(name: str) -> Any:
    return yaml.safe_load(files("fluxroom.perception").joinpath(f"data/{name}.yaml").read_text("utf-8"))


def _numbers(text: str) -> tuple[int, ...]:
    found: list[int] = []
    for part in text.split(",") if text else ():
        first, _, last = part.partition("-")
        found += range(int(first), int(last or first) + 1)
    return tuple(found)


@cache
def things() -> dict[str, Thing]:
    """Every thing by name; the entry "" holds words that are none."""
    found = {}
    for entry in load("things"):
        found[entry["name"]] = Thing(
            name=entry["name"], en=tuple(entry["en"]), zh=tuple(entry["zh"]), of=entry.get("of", ""),
            tag=entry.get("tag", ""), region=tuple(entry.get("region", ())), least=entry.get("least", 0.006),
            labels=_numbers(entry.get("labels", "")), need=tuple(entry.get("need", ())),
            rivals=tuple(entry.get("rivals", ())),
            others=tuple(entry.get("or", ())), instead=entry.get("instead", ""), pick=entry.get("pick", ""),
            group=entry.get("group", False), unsure=entry.get("unsure", False),
            says=words_of(entry.get("says", {})),
        )  # fmt: skip
    return found


def countable(thing: Thing) -> bool:
    """Whether it comes in pieces ("how many"), not as stuff ("how much")."""
    stuff = {"sky", "clouds", "water", "sand", "snow", "grass", "vegetation", "ground", "road", "rock"}
    return not (stuff & set(thing.region)) or thing.name in ("flower", "tree", "leaf")


def class_called(word: str) -> tuple[int, ...]:
    """The classifier's classes that go by a word, alone or as the last of several ("piano": grand piano)."""
    names = [normal(name.split("(")[0]) for name in class_names()]
    return tuple(i for i, name in enumerate(names) if name == word or name.endswith(f" {word}"))


def words_of(entry: dict[str, list[str]]) -> Words:
    return Words(
        tuple(sorted({normal(str(w)) for w in entry.get("en", ())})),
        tuple(entry.get("zh", ())),
        tuple(re.compile(pattern) for pattern in entry.get("re", ())),
    )


@cache
def thing_words() -> tuple[tuple[str, Words], ...]:
    return tuple(
        (name, words_of({"en": [*t.en, *t.says.en], "zh": [*t.zh, *t.says.zh]})) for name, t in things().items()
    )


@dataclass(frozen=True, slots=True)
class Rule:
    kind: str
    cues: tuple[tuple[str, ...], ...]
    without: tuple[str, ...]
    things: int
    most: int


@dataclass(frozen=True, slots=True)
class Grammar:
    """questions.yaml."""

    cues: dict[str, Words]
    rules: tuple[Rule, ...]
    there: Words
    frame: Words
    options: dict[str, dict[str, Words]]
    places: dict[str, Words]
    compare: dict[str, tuple[Words, Words]]
    difference: Words
    which: dict[str, Words]
    spoken: tuple[tuple[re.Pattern[str], str], ...]
    ordinary: frozenset[str]
    nothing: frozenset[str]


@cache
def grammar() -> Grammar:
    data = load("questions")
    rules = tuple(
        Rule(
            r["kind"],
            tuple((c,) if isinstance(c, str) else tuple(c) for c in r["cues"]),
            tuple(r.get("not", ())),
            r.get("things", 0),
            r.get("most", 99),
        )
        for r in data["rules"]
    )
    return Grammar(
        cues={name: words_of(entry) for name, entry in data["cues"].items()},
        rules=rules,
        there=words_of(data["there"]),
        frame=words_of(data["frame"]),
        options={k: {v: words_of(e) for v, e in values.items()} for k, values in data["options"].items()},
        places={name: words_of(entry) for name, entry in data["places"].items()},
        compare={k: (words_of(e["more"]), words_of(e["less"])) for k, e in data["compare"].items()},
        difference=words_of(data["difference"]),
        which={name: words_of(data[name]) for name in ("first", "second")},
        spoken=tuple((re.compile(rf"(?<!\w){re.escape(normal(k))}(?!\w)"), v) for k, v in data["spoken"].items()),
        ordinary=frozenset(normal(str(w)) for w in data["ordinary"]),
        nothing=frozenset(str(w) for w in data["nothing"]),
    )


@cache
def wording() -> dict[str, Any]:
    """words.yaml."""
    return dict(load("words"))


def say(table: str, value: str, zh: bool) -> str:
    """A value in words; itself where there are none."""
    pair = wording()[table].get(value)
    return value.replace("_", " ") if pair is None else str(pair[1 if zh else 0])
