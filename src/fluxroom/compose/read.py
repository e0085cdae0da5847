"""Words -> what a composed picture must hold: place, hour, weather, season, things with colour, count and side.

A greedy scan by the longest known word; what is left over and means something is named, never dropped.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from functools import lru_cache
from importlib.resources import files
from typing import Any

import yaml

from fluxroom.errors import InstructionError
from fluxroom.han import simplified


@dataclass(frozen=True)
class Thing:
    """A thing to be put in: kind, how many (0: not said), colour and side ("" where not said)."""

    kind: str
    count: int = 0
    color: str = ""
    side: str = ""


@dataclass(frozen=True)
class Wish:
    """A prompt as read. `left` are the words that were not understood."""

    place: str
    second: str = ""
    """Another place that was named beside it: mountains behind a lake, a village in the mountains."""
    hour: str = "day"
    season: str = "summer"
    weather: frozenset[str] = frozenset()
    phenomena: frozenset[str] = frozenset()
    looks: frozenset[str] = frozenset()
    things: tuple[Thing, ...] = ()
    left: tuple[str, ...] = ()
    said: frozenset[str] = field(default_factory=frozenset)
    """Which of place, hour and season were said, not assumed."""


@lru_cache(maxsize=1)
def _words() -> tuple[dict[str, tuple[str, str]], frozenset[str], int]:
    """Word -> (kind, meaning); silent words; and the length of the longest in tokens."""
    told: dict[str, Any] = yaml.safe_load(files("fluxroom.compose").joinpath("words.yaml").read_text(encoding="utf-8"))
    silent = {str(w) for line in told.pop("silent") for w in line}
    known: dict[str, tuple[str, str]] = {}
    for kind, meanings in told.items():
        for meaning, words in meanings.items():
            for word in words:
                known[str(word)] = (kind, str(meaning))
                if str(word).isascii() and kind in ("place", "thing", "phenomenon", "weather"):
                    for plural in (f"{word}s", f"{word}es", re.sub("y$", "ies", str(word))):
                        known.setdefault(plural, (kind, str(meaning)))
    longest = max(len(tokens(w)) for w in known)
    return known, frozenset(silent), longest


def tokens(text: str) -> list[str]:
    """English words, single Chinese characters, and marks that end a phrase."""
    return re.findall(r"[a-z0-9&]+(?:['\-][a-z0-9]+)*|[一-鿿]|[,;.，。；、]", simplified(text).lower())


def _joined(parts: list[str]) -> str:
    return "".join(parts) if parts and not parts[0].isascii() else " ".join(parts)


def _found(text: str) -> list[tuple[str, str, str]]:
    """(kind, meaning, words) in order; kind "left" where nothing is known, "," between phrases."""
    known, silent, longest = _words()
    parts, out, at = tokens(text), list[tuple[str, str, str]](), 0
    while at < len(parts):
        if parts[at] in ",;.，。；、":
            out.append((",", "", parts[at]))
            at += 1
            continue
        for length in range(min(longest, len(parts) - at), 0, -1):
            word = _joined(parts[at : at + length])
            if word in known:
                out.append((*known[word], word))
                break
            if word in silent:
                out.append(("silent", "", word))
                break
        else:
            length = 1
            out.append(("left", "", parts[at]))
        at += length
    return out


def read(prompt: str) -> Wish:
    """Read a prompt in English or Chinese. Raises InstructionError if it is empty or names nothing that is known."""
    if not prompt.strip():
        raise InstructionError(
            "the prompt is empty: say what the picture shall hold, e.g. 'a sailboat on a lake at dawn'"
        )
    found = _found(prompt)
    places = [m for k, m, _ in found if k == "place"]
    picked: dict[str, list[str]] = {
        k: [m for kk, m, _ in found if kk == k] for k in ("hour", "season", "weather", "phenomenon", "look")
    }
    things = _things(found)
    if not places and not things and not any(picked.values()):
        raise InstructionError(
            f"nothing in {prompt!r} is known to the composer; it draws landscapes: a place, an hour, things"
        )
    place = _main(places, things)
    second = next((p for p in places if p != place), "")
    hour = picked["hour"][-1] if picked["hour"] else _hour_of(picked["phenomenon"])
    weather = set(picked["weather"])
    season = picked["season"][-1] if picked["season"] else ""
    if season == "winter" and place not in ("sea", "desert", "bamboo", "city"):
        weather.add("snow")
    if place == "snowfield" or "snow" in weather or (not season and "snowfall" in weather):
        season = season or "winter"
        weather.add("snow")
    said = {
        name for name, value in (("place", places), ("hour", picked["hour"]), ("season", picked["season"])) if value
    }
    return Wish(
        place,
        second,
        hour,
        season or "summer",
        frozenset(weather),
        frozenset(picked["phenomenon"]),
        frozenset(picked["look"]),
        tuple(things),
        tuple(_left(found)),
        frozenset(said),
    )


def _main(places: list[str], things: list[Thing]) -> str:
    """The place that decides the ground: mountains stand behind anything else, houses and woods stand in it."""
    for special in ("bamboo", "woods"):
        if special in places:
            return special
    for place in ("sea", "lake", "village", "city", "desert", "snowfield", "meadow", "forest", "mountains"):
        if place in places:
            return place
    kinds = {t.kind for t in things}
    if kinds & {"sailboat", "lighthouse"}:
        return "sea"
    return "meadow"


def _hour_of(phenomena: list[str]) -> str:
    dark = {"aurora", "milky_way", "stars", "meteors", "star_trails", "moon"}
    return "night" if dark & set(phenomena) else "day"


def _things(found: list[tuple[str, str, str]]) -> list[Thing]:
    """Each named thing with what was said before it in its phrase, or after it of its side."""
    out: list[Thing] = []
    count, color, side, relation = 0, "", "", ""
    for kind, meaning, word in found:
        if kind == ",":
            count, color, relation = 0, "", ""
            side = ""
        elif kind == "count":
            count = max(count, int(meaning)) if meaning != "1" or not count else count
            if meaning == "1" and not count:
                count = 1
        elif kind == "color":
            color = meaning
        elif kind == "relation":
            relation = meaning
        elif kind == "side":
            if out and word.isascii() and not (count or color):
                out[-1] = replace(out[-1], side=meaning)
            else:
                side = meaning
        elif kind == "thing":
            many = count or (13 if meaning == "birds" and word not in ("bird", "gull", "seagull", "鸟") else 0)
            many = many or (2 if word.isascii() and word.endswith("s") and meaning != "birds" else 0)
            out.append(Thing(meaning, many, color, side))
            if relation and len(out) > 1:
                first, second = ("left", "right") if relation == "left_of" else ("right", "left")
                out[-2], out[-1] = replace(out[-2], side=first), replace(out[-1], side=second)
            count, color, side, relation = 0, "", "", ""
        elif kind == "place":
            count, color = 0, ""
    return out


def _left(found: list[tuple[str, str, str]]) -> list[str]:
    """Neighbouring unknown words as one."""
    out: list[str] = []
    fresh = True
    for kind, _, word in found:
        if kind != "left":
            fresh = True
            continue
        if fresh:
            out.append(word)
        else:
            out[-1] += ("" if not word.isascii() else " ") + word
        fresh = False
    return out
