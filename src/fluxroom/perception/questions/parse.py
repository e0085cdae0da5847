"""Question -> Query: what kind of question it is and what it is about."""

from __future__ import annotations

import itertools
import re
import unicodedata
from dataclasses import dataclass

from fluxroom.han import simplified
from fluxroom.perception.questions.lexicon import (
    Grammar,
    Words,
    countable,
    grammar,
    normal,
    respelt,
    thing_words,
    things,
)

_JOIN_EN = re.compile(r"^\s*(?:(?:or|and|,|/|any|other|a|an|the|some|it|is)\s*)+$")
_JOIN_ZH = re.compile(r"^(?:或者?|还是|是|和|与|、|，|其他|别的|或是|之类的|有没有|有)+$")
_OR_EN = re.compile(r"^\s*(?:or|/|, or)\s+(?:(?:a|an|the|is|it|are|to|by|in|at)\s+)*$")
_OR_ZH = re.compile(r"^(?:[，,]?(?:还是|或者?|或是)是?(?:[一两][只条个头匹座艘])?|、)$")
_OF_EN = re.compile(r"^\s*(?:(?:the|a|an|that|this|his|her|my|its|some)\s+)?$")
_LOCATIVE = re.compile(r"^(?:上|里|中|边|旁|下|间|后|前|外|内|底)(?:面|头|边|央)?[^，,。]{0,3}$")
_PICTURE_EN = re.compile(r"^ (?:photo|picture|image|shot|scene|snap|landscape)(?!\w)")
_PICTURE_ZH = re.compile(r"^(?:照|的?图片|的?画面|的?照片|景色|风光|写真)")
_STRANGE_EN = re.compile(
    r"\b(?:is there|are there|(?:do|can|could) you (?:see|spot|find|notice)|any sign of|look for)"
    r" (?:(?:a|an|any|some|the|one|more|other|kind of)\s+)*([a-z]+)"
)
_STRANGE_ZH = re.compile(
    r"(?:有没有|有无|看得到|看得见|能看到|能看见|看到|有)(?:[一几]?[只个条座艘些])?(.{1,6}?)(?:吗|么|没有|没|呢|不)?$"
)
_NAMED_EN = re.compile(
    r"\b(?:colour|color|where) (?:is|are|wa|of|doe)\s+(?:the|a|his|her|this|that|its)\s+(?:\w+ing )?(\w+)"
)
_NAMED_ZH = re.compile(
    r"^(?:图里|画面里|照片里)?[那这]?[只个条座艘辆]?([^的是呈在，]{1,5}?)(?:的颜色|是什么颜色|是啥颜色|什么颜色|在哪)"
)


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
    strange: str = ""


def read(question: str) -> tuple[str, str]:
    """(English, Chinese) of a question, one of them empty: plainly written, for `Words.find`."""
    plain = unicodedata.normalize("NFKC", question)
    if re.search(r"[\u4e00-\u9fff]", plain) is None:
        return respelt(normal(plain)), ""
    return "", re.sub(r"\s+", "", simplified(plain)).rstrip("?.!。")


def parse(question: str) -> Query:
    english, chinese = read(question)
    zh = bool(chinese)
    known = grammar()
    measures = known.cues["count"].find("", chinese) if zh else []  # 头 in 多少头 is no head
    mentions = [
        m
        for m in find_things(english, chinese)
        if m.name == "person" or not any(a <= m.start and m.end <= b for a, b in measures)
    ]
    cues = {name for name, words in known.cues.items() if words.heard(english, chinese)}
    asked = _after_there(english, chinese, known.there, mentions)
    if asked and not _where_first(known, english, chinese):
        cues.add("exists_there")
    offered = {
        kind: tuple(v for v, words in values.items() if words.heard(english, chinese))
        for kind, values in known.options.items()
    }
    cues |= _built(english, chinese, mentions, offered)
    strange = "" if mentions else _strange(english, chinese)
    if strange:
        cues.add("strange")
    kind = _kind(cues, len(mentions))
    targets = _targets(english or chinese, mentions, asked if kind in ("exists", "count") else None, zh)
    options = offered.get(kind, ())
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
        strange if kind in ("exists", "where") or (kind == "color" and "whole" not in cues) else "",
    )


def _built(english: str, chinese: str, mentions: list[Mention], offered: dict[str, tuple[str, ...]]) -> set[str]:
    """Cues that lie in how the text is built; see data/questions.yaml."""
    found = set()
    text, known = english or chinese, grammar()
    if _joins(known, english, chinese, mentions):
        found.add("between")
    if len({m.name for m in mentions}) == 1 and "between" not in found and known.frame.heard(english, chinese):
        found.add("in_frame")
    if offered["color"] and mentions:
        spans = [s for v in offered["color"] for s in known.options["color"][v].find(english, chinese)]
        free = [start for start, end in spans if not any(m.start <= start < m.end for m in mentions)]
        said = chinese or re.match(r"(?:is|are|wa|was|were|do|does|doe|did|would|so) ", english)
        if free and said and min(free) >= mentions[-1].end:
            found.add("said_color")
    pairs = list(itertools.pairwise(mentions))
    if any((_OR_EN if english else _OR_ZH).match(text[a.end : b.start]) and a.name != b.name for a, b in pairs):
        found.add("choice")
    table = things()
    if mentions and all(table[m.name].region == ("animal",) and m.name != "animal" for m in mentions):
        found.add("animals")
    if len(offered["scene"]) > 1 and re.search(r"\bor\b|还是|, |、", text):
        found.add("scenes")
    if mentions and countable(table[mentions[0].name]):
        found.add("countable")
    return found


def _joins(known: Grammar, english: str, chinese: str, mentions: list[Mention]) -> bool:
    """Whether a word of place stands between two things: "A left of B", "A 在 B 左边"."""
    for side in ("left", "right", "above", "below"):
        for start, end in known.cues[f"relation_{side}"].find(english, chinese):
            before = [m for m in mentions if m.end <= start]
            if english and before and any(_OF_EN.match(english[end : m.start]) for m in mentions if m.start >= end):
                return True
            if english and len(mentions) > 1 and english[start:end].startswith(("further", "farther", "more")):
                return True
            if chinese and (chinese[start] == "比" or "靠" in chinese[start:end]):
                return len(mentions) > 1
            if chinese and len(before) > 1 and chinese[before[-1].end : start] in ("", "的"):
                return True
    return False


def _strange(english: str, chinese: str) -> str:
    """The thing asked for that the lexicon does not know."""
    patterns = (_STRANGE_EN, _NAMED_EN) if english else (_NAMED_ZH, _STRANGE_ZH)
    found = [m[1] for m in (p.search(english or chinese) for p in patterns) if m]
    plain = [word for word in found if word not in grammar().nothing and not word.startswith("什么")]
    return plain[0] if plain else ""


def find_things(english: str, chinese: str) -> list[Mention]:
    """Things named, longest words first, none overlapping; words that only look like things are passed over."""
    spans = [Mention(name, start, end) for name, words in thing_words() for start, end in words.find(english, chinese)]
    spans.sort(key=lambda m: (m.start - m.end, m.start))
    taken: list[Mention] = []
    for span in spans:
        if all(span.end <= t.start or span.start >= t.end for t in taken):
            taken.append(span)
    picture = _PICTURE_EN if english else _PICTURE_ZH
    text = english or chinese
    return sorted((m for m in taken if m.name and not picture.match(text[m.end :])), key=lambda m: m.start)


def _kind(cues: set[str], things: int) -> str:
    for rule in grammar().rules:
        if (
            rule.things <= things <= rule.most
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
    if any("left" in english[start:end] or "还是" in chinese[start:end] for start, end in asked):
        return True
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
    said = [m.name for m in mentions if text[m.start : m.end] in (*things()[m.name].says.en, *things()[m.name].says.zh)]
    if said:
        return (said[0],)
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
    for before, after in itertools.pairwise(chosen[head:]):
        if not join.match(text[before.end : after.start]):
            break
        found.append(after.name)
    return tuple(dict.fromkeys(found))


def _leads_on(between: str) -> bool:
    """Whether a Chinese thing only describes the next one: nothing but 的 or a word of place stands between."""
    if between in ("", "的") or _LOCATIVE.match(between):
        return True
    return between.endswith("的") and len(between) <= 6 and "，" not in between
