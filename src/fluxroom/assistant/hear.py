"""What a turn of a dialogue says beside plain edits: history, references to the step before, talk. Words are data."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from fluxroom.language.normalise import fold

_DIGITS = "一二三四五六七八九十"
_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
_CARDINALS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_NUMBER = rf"(?:\d+|[{_DIGITS}两]+|{'|'.join(_ORDINALS + _CARDINALS)})"
_SLOTS = {
    "<n>": rf"(?P<n>{_NUMBER})",
    "<m>": rf"(?P<m>{_NUMBER})",
    "<what>": r"(?P<what>.+?)",
    "<with>": r"(?P<with>.+)",
}
_BREAK = re.compile(
    r"\s*(?:[,;.!]|,? and then |,? then |,? and "
    r"|,?(?:然后|接着|再(?=加|把|让|调|来)|改成))\s*"
)
"""Where one turn may end and the next begin."""
_LEAD = re.compile(
    r"^(?:make|have|push|keep|turn|do|bring)(?: it| that| this| the last one| the effect)? "
    r"|^(?:把|让)?(?:它|这个|效果|强度|力度|程度)(?:再)?"
)


@dataclass(frozen=True, slots=True)
class Heard:
    """A turn that is no plain edit. kind: a key of words.yaml; slots: what the pattern caught; rest: what follows."""

    kind: str
    slots: dict[str, str] = field(default_factory=dict)
    rest: str = ""

    @property
    def n(self) -> int:
        return 2 if self.slots.get("both") else number(self.slots.get("n", ""))

    @property
    def what(self) -> str:
        return self.slots.get("what", "").strip()


@lru_cache(maxsize=1)
def words() -> dict[str, Any]:
    """words.yaml."""
    text = (Path(__file__).parent / "words.yaml").read_text("utf-8")
    data = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    assert isinstance(data, dict)
    return data


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> re.Pattern[str]:
    for slot, group in _SLOTS.items():
        pattern = pattern.replace(slot, group)
    return re.compile(pattern)


@lru_cache(maxsize=1)
def _politeness() -> tuple[re.Pattern[str], re.Pattern[str]]:
    before, after = ("".join(words()[key].split("\n")).replace("  ", "") for key in ("before", "after"))
    return re.compile(rf"^(?:{before})(?![a-z])[ ,]*"), re.compile(rf"[ ,]*(?<![a-z])(?:{after})[ .!?]*$")


_KNOWN = (
    "more", "less", "undo", "redo", "back", "version", "original", "stronger", "weaker", "bigger", "smaller",
    "brighter", "darker", "compare", "remove", "little", "history", "the", "bit",
)  # fmt: skip


@lru_cache(maxsize=512)
def _spelt(word: str) -> str:
    """A word of the dialogue with two letters swapped, put right ("mroe")."""
    if not word.isascii() or not word.isalpha() or len(word) < 4 or word in _KNOWN:
        return word
    return next((k for k in _KNOWN if sorted(k) == sorted(word) and k[0] == word[0] and _swapped(k, word)), word)


def _swapped(a: str, b: str) -> bool:
    apart = [i for i, (x, y) in enumerate(zip(a, b, strict=True)) if x != y]
    return len(apart) == 2 and apart[1] == apart[0] + 1


def plain(text: str) -> str:
    """Folded, without politeness at either end and without marks at the end."""
    said = " ".join(_spelt(w) for w in fold(text).split()).strip(" .!,;~")
    before, after = _politeness()
    while True:
        shorter = after.sub("", before.sub("", said, count=1), count=1).strip(" .!,;~")
        if not shorter or shorter == said:
            return said
        said = shorter


def number(text: str) -> int:
    """ "3", "third", "three", "三", "十二" as a number; 0 if it is none."""
    text = text.strip()
    if text.isascii() and text.isdigit():
        return int(text)
    for names in (_ORDINALS, _CARDINALS):
        if text in names:
            return names.index(text) + 1
    text = text.replace("两", "二")
    if not text or any(c not in _DIGITS for c in text):
        return 0
    if "十" in text:
        tens, ones = text.split("十", 1)
        return 10 * (_DIGITS.index(tens) + 1 if tens else 1) + (_DIGITS.index(ones) + 1 if ones else 0)
    return _DIGITS.index(text) + 1


def _match(patterns: str, said: str) -> dict[str, str] | None:
    """The slots of the first pattern, one a line, that matches all that was said."""
    for pattern in patterns.splitlines():
        found = _compiled(pattern).fullmatch(said)
        if found is not None:
            return {k: v for k, v in found.groupdict().items() if v is not None}
    return None


def _as_written(slot: str, text: str) -> str:
    """A file's or a version's name as the user wrote it, not folded."""
    at = fold(text).rfind(slot)
    return text[at : at + len(slot)] if at >= 0 else slot


_NAMED = {"go_named": ("name",), "compare_named": ("one", "two")}
"""Kinds that only count if what they catch are names of versions."""
_BACK = ("undo", "redo", "original", "go", "go_with", "go_before")


def hear(text: str, names: Collection[str] = ()) -> Heard | None:
    """History commands and talk; with more to do behind them ("go back to v1, then add fog") as `rest`.

    names   of versions, folded: only those can be gone back to by name
    """
    said = plain(text)
    for kind, patterns in words()["turns"].items():
        slots = _match(patterns, said)
        if slots is not None and all(slots[k] in names for k in _NAMED.get(kind, ())):
            return Heard(
                kind,
                {
                    k: _as_written(v, text) if k == "file" or (k, kind) == ("name", "name") else v
                    for k, v in slots.items()
                },
            )
    if said in names:
        return Heard("go_named", {"name": said})
    return _among_clauses(said, text, names)


def _among_clauses(said: str, text: str, names: Collection[str]) -> Heard | None:
    """The clause that goes back, names or shows something; chatter before it is passed over, the rest handed on."""
    starts = [0, *(cut.end() for cut in _BREAK.finditer(said))]
    ends = [*(cut.start() for cut in _BREAK.finditer(said)), len(said)]
    for start, end in zip(starts, ends, strict=True):
        clause, rest = plain(said[start:end]), said[end:].lstrip(" ,.;!")
        if not clause:
            continue
        for kind in (*_BACK, "undo_but", "list", "describe", "suggest"):
            slots = _match(words()["turns"][kind], clause)
            if slots is not None and kind in ("undo", "original") and _SPARING.match(rest):
                return _undoing(f"{clause},{rest}")
            if slots is not None and (rest == "" or kind in _BACK):
                return Heard(kind, slots, _joined_to(rest))
        loose = _loosely(said[start:] if "undo" in clause or "撤" in clause else clause, text, names)
        if loose is not None and (rest == "" or loose.kind in (*_BACK, "go_named", "undo_but")):
            return replace(loose, rest="" if loose.kind == "undo_but" else _joined_to(rest))
    clauses = [plain(said[i:j]) for i, j in zip(starts, ends, strict=True)]
    if clauses and _match(words()["turns"]["praise"], clauses[0]) is not None and len(clauses) > 1:
        return Heard("praise", {}, said[starts[1] :])
    praise = _compiled(words()["loosely"]["praise"])
    if (
        sum(len(c) for c in clauses) < 40
        and any(praise.search(c) for c in clauses)
        and not any(_busy(c) for c in clauses)
    ):
        return Heard("praise")
    return None


_SPARING = re.compile(r"(?:but |just |only )*(?:keep|leave)|(?:但|只|不过)*(?:保留|留下|留着|只留)")
"""What follows an undo that spares something."""


def _busy(clause: str) -> bool:
    """Whether the clause asks for something: it holds a verb or a comparison."""
    return bool(
        re.search(
            r"\b(?:make|add|remove|put|more|less|try|keep|but)\b|\w+er\b|把|加|去|再|更|让|变|不要|调|换|一点", clause
        )
    )


def _joined_to(rest: str) -> str:
    """What follows, without the word that joins it."""
    return re.sub(r"^(?:and|then|but|instead|然后|接着|再(?=加|把|让|调|来))\s*", "", rest.strip())


def _loosely(clause: str, text: str, names: Collection[str]) -> Heard | None:
    """A clause by the words in it, if no pattern fits all of it."""
    loose = words()["loosely"]
    if _compiled(loose["undo"]).search(clause):
        return _undoing(clause)
    back = _compiled(loose["back"]).search(clause)
    if back is not None:
        return _going(plain(back["where"] or back["where_"] or ""), names)
    if _compiled(loose["redo"]).search(clause):
        return Heard("redo")
    if _compiled(loose["compare"]).search(clause):
        return _comparing(clause, names)
    found = _compiled(loose["name"]).search(clause)
    if found is not None and len(clause) < 40:
        return Heard("name", {"name": _as_written((found["name"] or found["name_"]).strip("'\"“”「」 "), text)})
    for kind in ("list", "suggest", "describe"):
        if _compiled(loose[kind]).search(clause):
            return Heard(kind)
    return None


def _undoing(clause: str) -> Heard:
    but = re.search(
        r"(?:but|except|apart from|,? just|only) (?:for |keep(?:ing)? |leav(?:e|ing) )?(?P<what>.+)"
        r"|(?:但是?|不过|只|,)*(?:要)?(?:保留|留下|留着|只留|只要)(?P<what_>.+)|除了(?P<what__>.+?)(?:以外|之外|,|都|其)",
        clause,
    )
    everything = bool(re.search(r"\b(?:everything|all)\b|全部|所有|都", clause))
    if but is not None:
        what = next(w for w in but.groups() if w)
        return Heard("undo_but", {"what": what, **({"all": "all"} if everything else {})})
    if everything:
        return Heard("original")
    many = re.search(rf"twice|both|两次|(?P<n>{_NUMBER})(?:\b|步|次|个)", clause)
    n = "" if many is None else (many["n"] or "two")
    return Heard("undo", {"n": n} if n and n != "one" else {})


def _going(where: str, names: Collection[str]) -> Heard | None:
    """Where "back to ..." leads: the original, a number, a name, or a version with something in it."""
    bare = re.sub(
        r"^the | (?:one|version|try|look)$|(?:的)?(?:那|这)?(?:一)?(?:个)?(?:版本?|张|样子)$", "", where
    ).strip()
    if re.search(r"\b(?:original|start|beginning|scratch)\b|原图|原片|原始|最初|最开始|一开始", where):
        return Heard("original")
    for name in (where, bare):
        if name in names:
            return Heard("go_named", {"name": name})
    of_number = re.fullmatch(rf"(?:version |v|第)?(?P<n>{_NUMBER})(?:st|nd|rd|th)?", bare)
    if of_number is not None:
        return Heard("go", {"n": of_number["n"]})
    thing = re.sub(r"^(?:the )?(?:one|version)? ?(?:with|where|that has|that had) |^有|^加了|^带", "", bare).strip()
    return Heard("go_with", {"what": thing}) if thing else None


def _comparing(clause: str, names: Collection[str]) -> Heard:
    said = [name for name in names if name in clause]
    if len(said) == 2:
        one, two = sorted(said, key=clause.index)
        return Heard("compare_named", {"one": one, "two": two})
    numbers = re.findall(rf"(?:version |v|第)({_NUMBER})", clause)
    slots = dict(zip(("n", "m"), numbers, strict=False))
    return Heard("compare_name", {"name": said[0]}) if said else Heard("compare", slots)


def chosen(text: str, count: int) -> int | None:
    """Which of `count` things was picked, from 0; None if the words pick none."""
    slots = _match(words()["choose"], plain(text))
    if slots is None:
        return None
    if any(k.startswith("first") for k in slots):
        return 0
    at = count if any(k.startswith("last") for k in slots) else number(slots.get("n", ""))
    return at - 1 if 1 <= at <= count else None


def refining(text: str) -> list[Heard]:
    """The ways in which the words may speak of the step before, in the order in which they are to be tried."""
    said = plain(text)
    out = []
    for form in dict.fromkeys((said, said.removeprefix("just "))):
        for kind, patterns in words()["refine"].items():
            slots = _match(patterns, form)
            if slots is not None:
                out.append(Heard(kind, slots))
    return out


def how_much(text: str) -> float | None:
    """The factor that words such as "half of that", "再强一点", "too much", "30% stronger" put on the step before."""
    said = plain(text)
    percent = re.fullmatch(
        r"(?:make (?:it|that) )?(?:(?P<a>\d+) ?% (?P<more>more|stronger)|(?P<b>\d+) ?% (?P<less>less|weaker)|"
        r"(?:再)?(?P<up>强|增强|加强|提高)(?P<c>\d+) ?%|(?:再)?(?P<down>弱|减弱|降低|减少)(?P<d>\d+) ?%|"
        r"(?:to |at |only )?(?P<e>\d+) ?%(?: of (?:it|that))?(?:的?(?:强度|力度))?(?:就好|就行|就够了?)?)",
        said,
    )
    if percent is not None:
        value = next(float(percent[k]) for k in "abcde" if percent[k]) / 100
        if percent["more"] or percent["up"]:
            return 1 + value
        if percent["less"] or percent["down"]:
            return max(0.0, 1 - value)
        return value
    for said_so in (said, _LEAD.sub("", said)):
        for factor, pattern in words()["relative"].items():
            if _compiled(str(pattern).strip()).fullmatch(said_so) is not None:
                return float(factor)
    return None


_FILLER = re.compile(
    r"\b(?:the|a|an|bit|little|slightly|somewhat|of|is|are|be|even|make|made|just|only|it's|that|those|this|these|some|have|turn|get|give)\b"
    r"|,|把|让|将|(?:这|那)(?:片|些|个|条|只|层|座|团|盏)?|再|更|稍微|稍|一点点|一点|一些|点|些|有点|了|得|调|变|弄|的|效果|那么|这么"
)
"""Little words around a quality."""


def quality(text: str, thing: str) -> float | None:
    """The factor that is put on a thing that is named ("雾再淡一点", "make the fog thicker", "more fog")."""
    rest = plain(text).replace(thing, " ", 1)
    bare = " ".join(_FILLER.sub(" ", f" {rest} ").split())
    for said in (" ".join(rest.split()), bare):
        factor = how_much(said) if said else None
        if factor is not None:
            return factor
    too = re.match(r"(?:too|太|过于|过)\s*(?P<bare>.+)", bare)
    asked = (too["bare"] if too else bare).replace(" ", "")
    if asked in ("too", "太"):
        return 0.6
    if asked in ("more", "many"):
        return 0.6 if too else 1.4
    if asked in ("less", "fewer"):
        return 0.6
    for value, pattern in words()["qualities"].items():
        if re.fullmatch(str(pattern).strip(), asked):
            return round(1 / float(value), 2) if too else float(value)
    return None
