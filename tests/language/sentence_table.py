"""What a sentence was taken to mean, as one short line, for tables of sentences.

    brightness- sky, warmth+ sky & near_sun, contrast+=20, !vignette+, ~saturation+ | keep water | cannot add_object

A concept, more (+) or less (-), =number where said, and the place; "!" must not
happen, "~" not too much.
"""

from __future__ import annotations

from fluxroom.language.asks import Ask
from fluxroom.language.clauses import set_descriptions_aside, split
from fluxroom.language.phrasing import settle
from fluxroom.language.read import read
from fluxroom.language.tagger import tag


def _one(ask: Ask, mark: str = "") -> str:
    sign = {1: "+", -1: "-", 0: "±"}[ask.sign]
    tint = f"@{ask.tint_of}" if ask.tint_of else ""
    number = "" if ask.number is None else f"={ask.number[0]:.3g}{ {'percent': '%'}.get(ask.number[1], ask.number[1]) }"
    place = "" if ask.where in (None, "everything") else f" {ask.where}"
    return f"{mark}{ask.key}{tint}{sign}{number}{place}"


def meaning(text: str) -> str:
    """The meaning of a sentence in one line."""
    tokens = tag(text)
    settle(tokens)
    wishes = read(split(set_descriptions_aside(tokens)))
    parts = sorted({_one(a) for a in wishes.asks})
    parts += sorted({_one(a, "!") for a in wishes.forbidden}) + sorted({_one(a, "~") for a in wishes.limits})
    line = ", ".join(parts)
    if wishes.keep_all:
        line += " | keep everything"
    keep: list[str] = []
    for region, _ in wishes.keep:
        keep += [p for p in region.split(" + ") if p not in keep]
    if keep:
        line += f" | keep {' + '.join(keep)}"
    if wishes.impossible:
        line += f" | cannot {' '.join(sorted({kind for kind, _ in wishes.impossible}))}"
    return line.strip()
