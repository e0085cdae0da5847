"""What a model said -> checked data. Everything here assumes that the model may have said anything."""

from __future__ import annotations

import json
import math
import re
import unicodedata
from dataclasses import dataclass
from typing import Any, Literal

from fluxroom.perception.questions.reply import Box

Units = Literal["thousandths", "pixels"]
"""How a model counts places: 0..1000 across the picture, or pixels of the picture it was given."""

LONGEST_SAID = 20_000
LONGEST_TEXT = 400
LONGEST_VALUE = 60
MOST_FOUND = 50

_THOUGHTS = re.compile(r"<think>.*?(?:</think>|\Z)", re.DOTALL)
_CUT_OFF = re.compile(r'"answer"\s*:\s*("(?:[^"\\]|\\.)*")')


@dataclass(frozen=True, slots=True)
class Draft:
    """An answer as read, before it is weighed.

    text        cleaned and bounded, "" if there was none
    value       "" if there was none
    confidence  what the model says of itself, 0..1, or None
    """

    text: str
    value: str = ""
    confidence: float | None = None
    box: Box | None = None


def read_answer(said: str, size: tuple[int, int], units: Units | None) -> Draft:
    """The answer in what was said: from its JSON if there is any, else the words themselves.

    size    (width, height) in pixels that boxes in pixels refer to
    units   how the model was told to count; None: boxes are not believed
    """
    said = _THOUGHTS.sub("", said[:LONGEST_SAID])
    for data in _objects(said):
        text = _words(data.get("answer"), LONGEST_TEXT) if isinstance(data, dict) else ""
        if text:
            box = None if units is None else read_box(data.get("box"), size, units)
            return Draft(text, _words(data.get("value"), LONGEST_VALUE), _confidence(data.get("confidence")), box)
    cut_off = _CUT_OFF.search(said)
    if cut_off is not None:
        try:
            return Draft(clean(json.loads(cut_off[1], strict=False), LONGEST_TEXT))
        except ValueError:
            pass
    return Draft(clean(said, LONGEST_TEXT))


def read_found(said: str, size: tuple[int, int], units: Units, words: str) -> list[tuple[str, Box]]:
    """Label and box of each thing pointed at, from every JSON object with a box; a list may be cut off."""
    found: list[tuple[str, Box]] = []
    for data in _objects(_THOUGHTS.sub("", said[:LONGEST_SAID]), "[{"):
        for entry in data if isinstance(data, list) else [data]:
            if not isinstance(entry, dict):
                continue
            box = read_box(entry.get("bbox_2d", entry.get("box", entry.get("bbox"))), size, units)
            label = _words(entry.get("label"), LONGEST_VALUE) or clean(words, LONGEST_VALUE)
            if box is not None and (label, box) not in found:
                found.append((label, box))
    return found[:MOST_FOUND]


def read_box(value: Any, size: tuple[int, int], units: Units) -> Box | None:
    """Four numbers as a normalised box, or None if they make none.

    Numbers all within 0..1 are taken as normalised already, whatever was asked for; numbers
    above a thousand as pixels if they fit the picture.
    """
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if not isinstance(value, (list, tuple)) or len(value) != 4:
        return None
    if not all(isinstance(v, (int, float)) and not isinstance(v, bool) and 0 <= v < 1e6 for v in value):
        return None
    most = max(value)
    if most <= 1:
        across = down = 1.0
    elif units == "thousandths" and most <= 1000:
        across = down = 1000.0
    else:
        across, down = float(size[0]), float(size[1])
    x = sorted((value[0] / across, value[2] / across))
    y = sorted((value[1] / down, value[3] / down))
    if x[1] > 1.05 or y[1] > 1.05:
        return None
    box = (round(x[0], 3), round(y[0], 3), round(min(1.0, x[1]), 3), round(min(1.0, y[1]), 3))
    return box if box[2] > box[0] and box[3] > box[1] else None


def clean(text: str, longest: int) -> str:
    """One line without control characters, at most `longest` characters, cut at the end of a sentence or a word."""
    plain = "".join(" " if c.isspace() else c for c in text if c.isspace() or _shown(c))
    plain = " ".join(plain.split())
    if len(plain) <= longest:
        return plain
    cut = plain[:longest]
    ends = [m.end() for m in re.finditer(r"[.!?](?= )|[。！？]", cut)]
    if ends:
        return cut[: ends[-1]]
    return (cut.rsplit(" ", 1)[0] if " " in cut else cut[:-1]).rstrip() + "…"


def _shown(c: str) -> bool:
    """Whether a character is one to read: no control, format or private one, no stand-in for broken bytes."""
    return unicodedata.category(c)[0] != "C" and c != "\ufffd"


def follows(text: str, zh: bool) -> bool:
    """Whether the text is in the language of the question: Chinese, or not mostly so. Bare numbers are in any."""
    chinese = sum("\u3400" <= c <= "\u9fff" for c in text)
    letters = sum(c.isalpha() for c in text)
    if not letters:
        return True
    return chinese > 0 if zh else 2 * chinese < letters


def _objects(said: str, starts: str = "{") -> list[Any]:
    """The JSON objects (or lists) in a text, in order, whatever stands around them; a few at most."""
    decoder = json.JSONDecoder(strict=False)
    found: list[Any] = []
    at, tries = 0, 0
    while tries < 200:
        at = min((i for i in (said.find(c, at) for c in starts) if i >= 0), default=-1)
        if at < 0:
            break
        tries += 1
        try:
            value, at = decoder.raw_decode(said, at)
            found.append(value)
        except RecursionError:
            break
        except ValueError:
            at += 1
    return found


def _words(value: Any, longest: int) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (int, float)):
        return clean(f"{value:g}", longest) if math.isfinite(value) else ""
    return clean(value, longest) if isinstance(value, str) else ""


def _confidence(value: Any) -> float | None:
    """0..1; above that it is taken as per cent and then clipped."""
    if isinstance(value, str):
        try:
            value = float(value.strip().rstrip("%"))
        except ValueError:
            return None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        return None
    return float(min(1.0, max(0.0, value / 100 if value > 1 else value)))
