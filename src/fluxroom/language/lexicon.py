"""The lexicon: every phrase that means something, built once from the data files."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from fluxroom.language.data import families, load, look_files, phrases, read, words
from fluxroom.language.forms import Entry, Form, Forms
from fluxroom.language.normalise import fold, fold_han, units
from fluxroom.recipe import Value


@dataclass(frozen=True, slots=True)
class Action:
    """One operator with its numbers, as written in the data files."""

    operator: str
    parameters: dict[str, Value]
    region: str | None = None


@dataclass(frozen=True, slots=True)
class Concept:
    """What can be asked for; see the head of concepts.yaml."""

    key: str
    type: str
    do: tuple[Action, ...]
    undo: tuple[Action, ...]
    sky_do: tuple[Action, ...]
    sky_undo: tuple[Action, ...]
    counts: str = ""
    reverse: bool = False
    whole: bool = False
    follows: str = ""
    region: str = ""
    range: str = ""
    hue_band: str = ""
    degrees: float = 0.0
    thing: bool = False


def form_of(phrase: str) -> Form:
    if phrase.isascii() and phrase.islower() and phrase.replace(" ", "").isalpha():
        return tuple(phrase.split())
    if all("\u4e00" <= c <= "\u9fff" for c in phrase) and not _NUMERAL.intersection(phrase):
        return tuple(fold_han(phrase))
    return tuple(u.text for u in units(fold(phrase)))


_NUMERAL = frozenset("一二两三四五六七八九十百半负减降收压成分档")


@dataclass(slots=True)
class Lexicon:
    forms: Forms = field(default_factory=lambda: Forms(form_of))
    ordinary: set[str] = field(default_factory=set)
    concepts: dict[str, Concept] = field(default_factory=dict)
    impossible: dict[str, dict[str, str]] = field(default_factory=dict)
    operators: dict[str, dict[str, Any]] = field(default_factory=dict)
    things: dict[Form, str] = field(default_factory=dict)
    thing_words: list[str] = field(default_factory=list)

    @property
    def vocabulary(self) -> set[str]:
        return self.forms.vocabulary

    def add_things(self, line: str | None, key: str) -> None:
        for phrase in words(line):
            form = form_of(phrase)
            self.things.setdefault(form, key)
            self.vocabulary.update(form)
            self.thing_words += [w for w in form if w.isascii() and len(w) > 5]

    def add_all(self, line: str | None, entry: Entry) -> None:
        for phrase in phrases(line):
            self.forms.add(phrase, entry)


def parse_actions(text: str | None) -> tuple[Action, ...]:
    """Read "contrast amount=0.2; [sky] cloud_drama strength=0.6"."""
    out = []
    for part in (text or "").split(";"):
        piece = part.strip()
        if not piece:
            continue
        region = None
        if piece.startswith("["):
            region, _, piece = piece[1:].partition("]")
        operator, *settings = piece.split()
        out.append(Action(operator, dict(_setting(s) for s in settings), region))
    return tuple(out)


def _setting(text: str) -> tuple[str, Value]:
    name, _, value = text.partition("=")
    try:
        return name, float(value)
    except ValueError:
        return name, value


def _concept(key: str, data: dict[str, Any], kind: str) -> Concept:
    return Concept(
        key=key,
        type=data.get("type", kind),
        do=parse_actions(data["do"]),
        undo=parse_actions(data.get("undo")),
        sky_do=parse_actions(data.get("sky do")),
        sky_undo=parse_actions(data.get("sky undo")),
        counts=data.get("counts", ""),
        reverse=bool(data.get("reverse number", False)),
        whole=bool(data.get("whole", False)),
        follows=data.get("follows", ""),
        region=data.get("region", ""),
        range=data.get("range", ""),
        hue_band=data.get("hue_band", ""),
        degrees=float(data.get("degrees", 0.0)),
        thing=bool(data.get("thing")),
    )


def _add_concepts(lexicon: Lexicon) -> None:
    lexicon.operators = dict(load("operators"))
    sources = [load("concepts")]
    for family in families():
        effects = read(family)
        lexicon.operators |= effects.get("operators") or {}
        sources.append(effects.get("concepts") or {})
    for key, data in (item for source in sources for item in source.items()):
        lexicon.concepts[key] = _concept(key, data, "quality")
        lexicon.add_things(data.get("thing"), key)
        for name, pole in (("noun", 0), ("more", 1), ("less", -1)):
            lexicon.add_all(data.get(name), Entry("concept", key, pole))
    for key, data in load("moods").items():
        lexicon.concepts[key] = _concept(key, data, "mood")
        lexicon.add_all(data["words"], Entry("concept", key, 1))
    for key, data in load("colors").items():
        lexicon.concepts[key] = _concept(key, data, "color")
        lexicon.add_all(data["words"], Entry("concept", key, 1))
        lexicon.add_all(data.get("band"), Entry("concept", key, 2))


def _add_places(lexicon: Lexicon) -> None:
    data = load("regions")
    for text, line in data["regions"].items():
        name, _, note = str(text).partition(" (")
        lexicon.add_all(line, Entry("region", name, int(note.startswith("sunset"))))
    for text, line in data["places"].items():
        lexicon.add_all(line, Entry("place", str(text)))
    for mood, line in data["times"].items():
        lexicon.add_all(line, Entry("time", mood, 1))
    lexicon.add_all(data["everything"], Entry("everything", "everything"))
    lexicon.add_all(data["rest"], Entry("rest"))


_CALLED = ("{}", "{} look", "{} style", "{} mood", "{} feel", "{} vibe", "{} grade", "{} preset", "{} filter")
_CALLED_HAN = (
    "{}", "{}风", "{}风格", "{}感", "{}调", "{}色调", "{}影调", "{}滤镜", "{}效果", "{}质感", "{}氛围",
    "换成{}", "换成{}风", "换成{}风格", "换成{}色调",
)  # fmt: skip


def _add_looks(lexicon: Lexicon) -> None:
    """Looks by their names. A phrase that means something already keeps its meaning; only a mood yields to a title."""
    for key, data in (item for file in look_files() for item in read(file).items()):
        concept = f"look {key}"
        lexicon.concepts[concept] = _concept(concept, {**data, "whole": True}, "mood")
        titles = data["title"].lower().split(" / ")
        for name in (*titles, *words(data.get("words"))):
            for called in _CALLED if name.isascii() else _CALLED_HAN:
                form = form_of(called.format(name))
                if name in titles and _is_mood(lexicon, form):
                    lexicon.forms.forget(form)
                if not lexicon.forms.get(form):
                    lexicon.forms.add(called.format(name), Entry("concept", concept, 1))


def _is_mood(lexicon: Lexicon, form: Form) -> bool:
    entries = lexicon.forms.get(form)
    return bool(entries) and all(e.kind == "concept" and lexicon.concepts[e.key].type == "mood" for e in entries)


@lru_cache(maxsize=1)
def lexicon() -> Lexicon:
    """The lexicon, built on first use (some tens of milliseconds) and kept."""
    out = Lexicon()
    _add_concepts(out)
    _add_places(out)
    for factor, line in load("strengths").items():
        out.add_all(line, Entry("strength", "", 0, float(factor)))
    for key, data in load("impossible").items():
        out.impossible[key] = {"en": data["en"], "zh": data["zh"]}
        out.add_all(data["words"], Entry("impossible", key))
    for line_name, line in load("grammar").items():
        out.add_all(line, Entry(line_name))
    out.add_all(load("function")["words"], Entry("function"))
    for phrase in words(load("ordinary")["words"]):
        out.ordinary.update(phrase.split())
    _add_looks(out)
    return out
