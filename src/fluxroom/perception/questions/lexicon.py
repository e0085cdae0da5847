"""The words of questions, read from data/things.yaml, questions.yaml and words.yaml."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

IRREGULAR = {"skies": "sky", "leaves": "leaf", "wolves": "wolf", "people": "people", "grass": "grass"}


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

    def word(self, zh: bool) -> str:
        return self.zh[0] if zh else self.en[0]


@dataclass(frozen=True, slots=True)
class Words:
    """The ways to say one thing: whole English words (one form for singular and plural) and Chinese strings."""

    en: tuple[str, ...]
    zh: tuple[str, ...]

    def find(self, english: str, chinese: str) -> list[tuple[int, int]]:
        """Where it is heard: spans, in `english` (from `normal`) or `chinese`, whichever is not empty."""
        if english:
            return [
                (m.start(), m.end()) for w in self.en for m in re.finditer(rf"(?<!\w){re.escape(w)}(?!\w)", english)
            ]
        return [(m.start(), m.end()) for w in self.zh for m in re.finditer(re.escape(w), chinese)]

    def heard(self, english: str, chinese: str) -> bool:
        return bool(self.find(english, chinese))


def normal(text: str) -> str:
    """English in lower case, plain apostrophes dropped, each word in the singular."""
    words = re.findall(r"[a-z0-9]+|[^a-z0-9\s]", re.sub(r"['’]s\b|['’]", "", text.lower()))
    return " ".join(singular(w) for w in words)


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


def _load(name: str) -> Any:
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
    for entry in _load("things"):
        found[entry["name"]] = Thing(
            name=entry["name"], en=tuple(entry["en"]), zh=tuple(entry["zh"]), of=entry.get("of", ""),
            tag=entry.get("tag", ""), region=tuple(entry.get("region", ())), least=entry.get("least", 0.006),
            labels=_numbers(entry.get("labels", "")), need=tuple(entry.get("need", ())),
            rivals=tuple(entry.get("rivals", ())),
            others=tuple(entry.get("or", ())), instead=entry.get("instead", ""), pick=entry.get("pick", ""),
            group=entry.get("group", False), unsure=entry.get("unsure", False),
        )  # fmt: skip
    return found


def words_of(entry: dict[str, list[str]]) -> Words:
    return Words(tuple({normal(str(w)) for w in entry.get("en", ())}), tuple(entry.get("zh", ())))


@cache
def thing_words() -> tuple[tuple[str, Words], ...]:
    return tuple((name, words_of({"en": list(t.en), "zh": list(t.zh)})) for name, t in things().items())


@dataclass(frozen=True, slots=True)
class Rule:
    kind: str
    cues: tuple[tuple[str, ...], ...]
    without: tuple[str, ...]
    things: int


@dataclass(frozen=True, slots=True)
class Grammar:
    """questions.yaml."""

    cues: dict[str, Words]
    rules: tuple[Rule, ...]
    there: Words
    options: dict[str, dict[str, Words]]
    places: dict[str, Words]
    compare: dict[str, tuple[Words, Words]]


@cache
def grammar() -> Grammar:
    data = _load("questions")
    rules = tuple(
        Rule(
            r["kind"],
            tuple((c,) if isinstance(c, str) else tuple(c) for c in r["cues"]),
            tuple(r.get("not", ())),
            r.get("things", 0),
        )
        for r in data["rules"]
    )
    return Grammar(
        cues={name: words_of(entry) for name, entry in data["cues"].items()},
        rules=rules,
        there=words_of(data["there"]),
        options={k: {v: words_of(e) for v, e in values.items()} for k, values in data["options"].items()},
        places={name: words_of(entry) for name, entry in data["places"].items()},
        compare={k: (words_of(e["more"]), words_of(e["less"])) for k, e in data["compare"].items()},
    )


@cache
def wording() -> dict[str, Any]:
    """words.yaml."""
    return dict(_load("words"))


def say(table: str, value: str, zh: bool) -> str:
    """A value in words; itself where there are none."""
    pair = wording()[table].get(value)
    return value.replace("_", " ") if pair is None else str(pair[1 if zh else 0])
