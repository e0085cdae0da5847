"""Question -> Query: what kind of question it is and what it is about."""

from __future__ import annotations

import re
from dataclasses import dataclass

from fluxroom.perception.questions.lexicon import Grammar, Words, grammar, normal, thing_words

_JOIN_EN = re.compile(r"^\s*(?:(?:or|and|,|/|any|other|a|an|the|some)\s*)+$")
_JOIN_ZH = re.compile(r"^(?:或者?|还是|和|与|、|，|其他|别的|或是|之类的|有没有|有)+$")

_BEYOND = re.compile(r"^\s*(?:who|whose|why)\b|^(?:谁|是谁|为什么|为何|为啥)")
"""Questions about persons and reasons: nothing that pixels tell."""


@dataclass(frozen=True, slots=True)
class Mention:
    """A thing that is named, and where in the text."""

    name: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Query:
    """A question, understood.

    zh        asked in Chinese
    things    what is named, in the order of the text, the longest words first
    targets   the names asked about; if several, any of them will do
    cues      names of the cues heard (see questions.yaml)
    places    parts of the frame named: left, right, top, bottom
    options   values offered ("clear or overcast?"), of the kind asked for
    open      a "what/which/how" question, not one of yes or no
    """

    text: str
    zh: bool
    kind: str
    things: tuple[Mention, ...]
    targets: tuple[str, ...]
    cues: frozenset[str]
    places: tuple[str, ...]
    options: tuple[str, ...]
    open: bool


def parse(question: str) -> Query:
    zh = re.search(r"[\u4e00-\u9fff]", question) is not None
    chinese = re.sub(r"\s+", "", question).rstrip("？?。.!！") if zh else ""
    english = "" if zh else normal(question)
    known = grammar()
    mentions = find_things(english, chinese)
    cues = {name for name, words in known.cues.items() if words.heard(english, chinese)}
    asked = _after_there(english, chinese, known.there, mentions)
    if asked and not _where_first(known, english, chinese):
        cues.add("exists_there")
    kind = "unknown" if _BEYOND.match(english or chinese) else _kind(cues, len(mentions))
    targets = _targets(english or chinese, mentions, asked if kind == "exists" else None, zh)
    options: tuple[str, ...] = ()
    if kind in known.options:
        options = tuple(v for v, words in known.options[kind].items() if words.heard(english, chinese))
    places = tuple(p for p, words in known.places.items() if words.heard(english, chinese))
    return Query(
        question,
        zh,
        kind,
        tuple(mentions),
        targets,
        frozenset(cues),
        places,
        options,
        "what" in cues or "where" in cues,
    )


def find_things(english: str, chinese: str) -> list[Mention]:
    """Things named, longest words first, none overlapping; words that only look like things are passed over."""
    spans = [Mention(name, start, end) for name, words in thing_words() for start, end in words.find(english, chinese)]
    spans.sort(key=lambda m: (m.start - m.end, m.start))
    taken: list[Mention] = []
    for span in spans:
        if all(span.end <= t.start or span.start >= t.end for t in taken):
            taken.append(span)
    return sorted((m for m in taken if m.name), key=lambda m: m.start)


def _kind(cues: set[str], things: int) -> str:
    for rule in grammar().rules:
        if (
            things >= rule.things
            and all(any(c in cues for c in some) for some in rule.cues)
            and not any(c in cues for c in rule.without)
        ):
            return rule.kind
    return "unknown"


def _where_first(known: Grammar, english: str, chinese: str) -> bool:
    """Whether "where" is the question, and not a second one ("is there a dog, and where?")."""
    asked = known.cues["where"].find(english, chinese)
    if not asked:
        return False
    first = min(start for start, _ in asked)
    return first < 12 if english else not known.cues["yes_no"].heard("", chinese[:first])


def _after_there(english: str, chinese: str, there: Words, mentions: list[Mention]) -> list[Mention]:
    """The things after the last "is there" or 有 that is followed by one; in Chinese up to the next clause."""
    for _, end in sorted(there.find(english, chinese), key=lambda s: -s[1]):
        rest = [m for m in mentions if m.start >= end - (1 if chinese else 0)]
        if chinese:
            stop = min((i for i in (chinese.find(c, end) for c in "，,；。") if i >= 0), default=len(chinese))
            rest = [m for m in rest if m.start < stop]
        if rest:
            return rest
    return []


def _targets(text: str, mentions: list[Mention], asked: list[Mention] | None, zh: bool) -> tuple[str, ...]:
    """What is asked about: in English the first thing, in Chinese the head of the first phrase ("山的倒影": 倒影)."""
    chosen = asked or mentions
    if not chosen:
        return ()
    head = 0
    if zh:
        while head + 1 < len(chosen) and _leads_on(text[chosen[head].end : chosen[head + 1].start]):
            head += 1
    else:
        while head + 1 < len(chosen) and text[chosen[head].end : chosen[head + 1].start].strip() == "":
            head += 1
    found = [chosen[head].name]
    join = _JOIN_ZH if zh else _JOIN_EN
    for before, after in zip(chosen[head:], chosen[head + 1 :], strict=False):
        if not join.match(text[before.end : after.start]):
            break
        found.append(after.name)
    return tuple(dict.fromkeys(found))


def _leads_on(between: str) -> bool:
    """Whether a Chinese thing only describes the next one: nothing but 的 (or a word of place) stands between."""
    return between in ("", "的") or (between.endswith("的") and len(between) <= 6 and "，" not in between)
