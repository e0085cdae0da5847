"""Text to units: one English word, one Chinese character, one number or one mark each.

Folding is one character for one character (full width to half width, Traditional to
Simplified, capitals to small), so every unit still knows its place in the user's own text.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from typing import Literal

from fluxroom.han import simplified, simplified_of
from fluxroom.language.data import load

UnitKind = Literal["word", "han", "number", "mark"]

_QUOTES = {"’": "'", "‘": "'", "`": "'", "´": "'", "–": "-", "—": ",", "−": "-", "。": ".", "、": "、", "…": "."}

_NUMBER = re.compile(
    r"(?P<sign>[+-])?\s?(?P<value>\d+(?:\.\d+)?|\.\d+)(?P<fraction>/\d+)?"
    r"(?:\s*(?:of\s+)?(?:an?\s+)?个?(?P<unit>ev(?![a-z])|kelvin|k(?![a-z])|f?-?stops?(?![a-z])|%|percent|pct|points?(?![a-z])|pts(?![a-z])|档|挡|级|°|度|degrees?(?![a-z])|deg(?![a-z])))?(?P<half>半)?"
)
_HAN_DIGITS = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"两": 2, "俩": 2}
_HAN_NUMBER = re.compile(
    r"(?:(?P<down>负|减|降|收|少|降低|减少|压)(?:个|了|掉)?)?"
    r"(?P<value>(?:[一二两三](?:又|加|零))?[一二两三四五六七八九]分之[一二两三四五六七八九]|半|[一二两三四五六七八九十](?:点[一二三四五六七八九])?)个?"
    r"(?P<unit>档|挡|级曝光|(?:个)?ev(?![a-z])|度)(?P<half>半)?"
)
_HAN_PERCENT = re.compile(
    r"百分之(?P<value>[一二两三四五六七八九十百\d]+)|(?P<tenths>[一二两三四五六七八九])成(?![为])"
)
_WORD_STOPS = re.compile(
    r"(?P<value>(?:one|two|three)\s+and\s+a\s+half\s+|(?:one|a|two|three)\s+(?:third|quarter|half)s?\s+(?:of\s+)?(?:a\s+)?|half\s+(?:of\s+)?(?:an?\s+)?|a\s+half\s+|"
    r"a\s+full\s+|a\s+|one\s+|two\s+|three\s+|four\s+|a\s+couple\s+(?:of\s+)?|full\s+)(?P<unit>f?-?stops?|ev)(?P<half>\s+and\s+a\s+half)?(?![a-z])"
)
_RATIO = re.compile(
    r"(?P<across>\d{1,2}(?:\.\d{1,2})?)\s*(?:[:：比xX×*]|\bby\b|-to-)\s*(?P<down>\d{1,2}(?:\.\d{1,2})?)(?![\d:：.]|\s*(?:stop|ev|档))"
)
_LIST_MARK = re.compile(r"(?<![\d.])(\d)([.)、:])(?=\s*[^\d\s.])")
STEP = "➔"
"""Stands where a numbered list begins its next line."""
_CIRCLED = "①②③④⑤⑥⑦⑧⑨"
_WORD = re.compile(r"[a-z0-9]*[a-z][a-z0-9]*(?:['-][a-z0-9]+)*")


@dataclass(frozen=True, slots=True)
class Unit:
    """A piece of text. `value` and `unit` ("ev", "kelvin", "percent", "") are of numbers; `signed` if it had + or -."""

    kind: UnitKind
    text: str
    start: int
    end: int
    value: float = 0.0
    unit: str = ""
    signed: bool = False


def fold(text: str) -> str:
    """The same text, plainly written, character for character."""
    table = simplified_of()
    out = []
    for char in text:
        plain = STEP if char in _CIRCLED else _QUOTES.get(char)
        if plain is None:
            plain = unicodedata.normalize("NFKC", char).lower()
            if len(plain) != 1:
                plain = char
        out.append(table.get(plain, plain))
    return _listed(_mended("".join(out)))


@cache
def _typos() -> tuple[re.Pattern[str], dict[str, str]]:
    table = {str(wrong): str(right) for wrong, right in load("typos").items()}
    return re.compile("|".join(sorted(map(re.escape, table), key=len, reverse=True))), table


def _mended(folded: str) -> str:
    """Chinese typos put right, character for character."""
    if folded.isascii():
        return folded
    pattern, table = _typos()
    return pattern.sub(lambda match: table[match.group()], folded)


def _listed(folded: str) -> str:
    """ "1. brighter 2. warmer": numbers that count lines, not amounts, become marks of the next step."""
    marks = list(_LIST_MARK.finditer(folded))
    if len(marks) < 2 or folded[: marks[0].start()].strip() or [m[1] for m in marks] != list("123456789"[: len(marks)]):
        return folded
    for mark in marks:
        folded = folded[: mark.start()] + STEP + " " + folded[mark.end() :]
    return folded


def fold_han(text: str) -> str:
    """`fold` for text that is Chinese characters only."""
    return simplified(text)


def is_han(char: str) -> bool:
    return "㐀" <= char <= "鿿" or "豈" <= char <= "﫿" or "\U00020000" <= char <= "\U0003134f"


def units(folded: str) -> list[Unit]:
    """Split folded text. Spaces vanish; everything else becomes a unit."""
    out: list[Unit] = []
    at = 0
    while at < len(folded):
        char = folded[at]
        if char == "\n":
            out.append(Unit("mark", "\n", at, at + 1))
        if char.isspace():
            at += 1
            continue
        unit = _number(folded, at) or _word(folded, at)
        if unit is None:
            kind: UnitKind = "han" if is_han(char) else "word" if char.isalpha() else "mark"
            unit = Unit(kind, char, at, at + 1)
        out.append(unit)
        at = unit.end
    return out


def _word(folded: str, at: int) -> Unit | None:
    match = _WORD.match(folded, at)
    return None if match is None else Unit("word", match.group(), at, match.end())


def _ratio(folded: str, at: int) -> Unit | None:
    """ "16:9", "4比5", "3 by 2", "2.35x1": width over height."""
    match = _RATIO.match(folded, at) if folded[at].isdecimal() else None
    if match is None or not float(match["down"]) or (at and folded[at - 1] in "+-."):
        return None
    value = float(match["across"]) / float(match["down"])
    return Unit("number", re.sub(r"[^\d.]+", ":", match.group()), at, match.end(), value, "ratio")


def _number(folded: str, at: int) -> Unit | None:
    if (ratio := _ratio(folded, at)) is not None:
        return ratio
    if folded[at] in "+-.0123456789" and (match := _NUMBER.match(folded, at)):
        return _plain_number(folded, match)
    if (match := _HAN_PERCENT.match(folded, at)) is not None:
        value = _han_value(match["value"]) if match["value"] else 10 * _han_value(match["tenths"])
        return Unit("number", match.group(), at, match.end(), value, "percent")
    if (match := _HAN_NUMBER.match(folded, at)) is not None:
        value = _han_value(match["value"]) + (0.5 if match["half"] else 0.0)
        down = match["down"] is not None
        unit = "" if match["unit"] == "度" else "ev"
        return Unit("number", match.group(), at, match.end(), -value if down else value, unit, down)
    if (at == 0 or not folded[at - 1].isalnum()) and (match := _WORD_STOPS.match(folded, at)) is not None:
        value = _spoken(match["value"]) + (0.5 if match["half"] else 0.0)
        return Unit("number", match.group(), at, match.end(), value, "ev")
    return None


def _plain_number(folded: str, match: re.Match[str]) -> Unit | None:
    end = match.end()
    unit = match["unit"] or ""
    if not unit and end < len(folded) and "a" <= folded[end] <= "z":
        return None  # "35mm", "70s"
    if (
        match["sign"]
        and match.start()
        and (before := folded[match.start() - 1]).isascii()
        and before.isalnum()
        and match["sign"] == "-"
    ):
        return None
    value = float(match["value"])
    if match["fraction"]:
        below = float(match["fraction"][1:])
        value = value / below if below else value
    if match["half"]:
        value += 0.5
    if match["sign"] == "-":
        value = -value
    kind = {
        "%": "percent",
        "point": "percent",
        "points": "percent",
        "pts": "percent",
        "percent": "percent",
        "pct": "percent",
        "k": "kelvin",
        "kelvin": "kelvin",
        "°": "",
        "度": "",
        "degree": "",
        "degrees": "",
        "deg": "",
    }
    name = kind.get(unit, "ev" if unit else "")
    if unit == "k" and abs(value) < 100:
        if abs(value) < 1.5 or "." not in match["value"]:
            return None  # "4k"
        value *= 1000  # "5.6k"
    return Unit("number", match.group(), match.start(), end, value, name, bool(match["sign"]))


def _han_value(text: str) -> float:
    if "分之" in text:
        below, above = text.split("分之")
        if len(below) > 2:  # "一又三分之一"
            return _han_value(below[0]) + _han_value(f"{below[2:]}分之{above}")
        return _han_value(above) / max(_han_value(below), 1.0)
    if text == "半":
        return 0.5
    if text.isdecimal():
        return float(text)
    if "点" in text:
        whole, tenth = text.split("点")
        return _han_value(whole) + _han_value(tenth) / 10
    if text.startswith("百"):
        return 100.0
    if "十" in text:
        tens, ones = text.split("十", 1)
        return 10 * (_HAN_DIGITS.get(tens, 1) if tens else 1) + (_HAN_DIGITS.get(ones, 0) if ones else 0)
    return float(_HAN_DIGITS.get(text[:1], 1))


def _spoken(text: str) -> float:
    words = text.split()
    count = {"two": 2.0, "three": 3.0, "four": 4.0}.get(words[0], 1.0)
    if "couple" in words:
        return 2.0
    if words[1:4] == ["and", "a", "half"]:
        return count + 0.5
    for part, size in (("third", 3.0), ("quarter", 4.0)):
        if any(w.startswith(part) for w in words):
            return count / size
    return 0.5 if any(w.startswith("half") for w in words) else count
