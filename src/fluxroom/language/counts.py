"""Numbers to the wishes they belong to."""

from __future__ import annotations

from fluxroom.language.asks import Ask
from fluxroom.language.found import Pending, Scan
from fluxroom.language.lexicon import lexicon
from fluxroom.language.tagger import Token


def place_numbers(scan: Scan, positions: dict[int, int], pending: Pending) -> None:
    """Give each number of the clause to the nearest wish that can take it. `positions`: where each wish stands."""
    for at, token in scan.numbers:
        if token.unit == "ratio":
            _crop_to(at, token, scan, positions)
            continue
        candidates = [a for a in scan.asks if _fits(a, token)]
        if not candidates:
            ask = _made_by(token, scan, pending)
            if ask is None:
                scan.loose.append(token)
                continue
            scan.items.append(ask)
            positions[id(ask)] = at
            continue
        ask = min(candidates, key=lambda a: abs(positions[id(a)] - at))
        ask.number = (token.value, token.unit, token.signed)
        ask.tokens.append(token)


def _crop_to(at: int, token: Token, scan: Scan, positions: dict[int, int]) -> None:
    """ "crop 2.35:1", "裁成竖幅4比5", or the bare "16:9": the shape the photo is cut to."""
    ask = next((a for a in scan.asks if a.concept.key.startswith("crop_")), None)
    if ask is None:
        ask = Ask(lexicon().concepts["crop_ratio"])
        scan.items.append(ask)
        positions[id(ask)] = at
    ask.concept, ask.number = lexicon().concepts["crop_ratio"], (token.value, "ratio", False)
    ask.tokens.append(token)


def _fits(ask: Ask, token: Token) -> bool:
    if ask.number is not None:
        return False
    if token.unit == "ev":
        return ask.concept.counts == "exposure.stops" or ask.concept.key == "midtones" or bool(ask.concept.range)
    if token.unit == "kelvin":
        return ask.concept.key == "warmth"
    if token.unit == "" and token.value >= 1500:
        return ask.concept.key == "warmth"
    return bool(ask.concept.counts) or token.unit == "percent"


def _made_by(token: Token, scan: Scan, pending: Pending) -> Ask | None:
    """A number that says by itself what it is: "+0.7 EV", "5600K"."""
    name = {"ev": "brightness", "kelvin": "warmth"}.get(token.unit)
    if name is None:
        return None
    ask = Ask(lexicon().concepts[name], noun=True, directed=True, tokens=[*pending.tokens, token])
    ask.number = (token.value, token.unit, token.signed)
    if pending.direction < 0:
        ask.sign = -1
    scan.loose = [t for t in scan.loose if t not in pending.tokens]
    return ask
