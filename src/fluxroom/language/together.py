"""Words that work together: "brighten the shadows", "the greens less yellow", "a vintage vibe"."""

from __future__ import annotations

from fluxroom.language.asks import Ask
from fluxroom.language.clauses import Clause
from fluxroom.language.found import Scan, Where
from fluxroom.language.lexicon import lexicon
from fluxroom.language.scan import DEEPER

_RANGE_MERGES = frozenset({"brightness"})
_BAND_QUALITIES = frozenset({"brightness", "saturation", "vibrance", "warmth", "garish"})


def merge_moods(result: Scan) -> None:
    """ "a vintage vibe", "moody atmosphere": the vague word belongs to the exact one."""
    for ask in list(result.asks):
        if ask.concept.key != "atmosphere":
            continue
        at = result.items.index(ask)
        near = [result.items[i] for i in (at - 1, at + 1) if 0 <= i < len(result.items)]
        exact = [a for a in near if isinstance(a, Ask) and a.concept.key != "atmosphere"]
        if exact:
            exact[0].tokens += ask.tokens
            result.items.remove(ask)


def merge_rims(clause: Clause, result: Scan) -> None:
    """ "the corners are too dark": light and dark at the rim of the frame is the vignette."""
    rims = [t for t in clause.tokens if t.kind == "rim"]
    if not rims or any(w.kind in ("region", "place") for w in result.wheres):
        return
    for ask in result.asks:
        if ask.concept.key == "brightness":
            ask.concept, ask.sign, ask.noun, ask.directed = lexicon().concepts["vignette"], -ask.sign, True, True
            ask.tokens = [*rims, *ask.tokens]


def merge_beams(result: Scan) -> None:
    """ "sunlight breaking through the clouds": the light is what breaks through, the clouds are where."""
    beams = [a for a in result.asks if a.concept.key == "light_shafts" and not a.noun]
    if not beams:
        return
    for ask in result.asks:
        if ask.noun and not ask.directed and ask.concept.key in ("sunlight", "brightness"):
            beams[0].tokens = [*ask.tokens, *beams[0].tokens]
            result.items.remove(ask)


def merge_soft(result: Scan) -> None:
    """ "soft broken clouds": how the new clouds are, not a softening of the photo."""
    for ask in list(result.asks):
        at = result.items.index(ask)
        following = result.items[at + 1] if at + 1 < len(result.items) else None
        if ask.concept.key != "clarity" or ask.sign > 0 or ask.noun or not isinstance(following, Ask):
            continue
        if following.noun and any(a.operator == "clouds" for a in following.concept.do):
            following.tokens = [*ask.tokens, *following.tokens]
            result.items.remove(ask)


def merge_ranges(result: Scan) -> None:
    """ "brighten the shadows" is the shadows operator; "warm highlights" are warmth there; "blue shadows" a toning."""
    asks = result.asks
    used: set[int] = set()
    for ask in asks:
        if not ask.concept.range or not ask.noun or ask.directed:
            continue
        partner = _partner(result, ask, used)
        if partner is None:
            continue
        used.add(id(partner))
        used.add(id(ask))
        if partner.concept.key in _RANGE_MERGES:
            ask.sign, ask.strength, ask.directed = partner.sign, partner.strength, True
            ask.forbidden, ask.limited = partner.forbidden, partner.limited
            ask.number = ask.number or partner.number
            ask.tokens += partner.tokens
            result.items.remove(partner)
        elif partner.concept.type == "color" and ask.concept.range in ("shadows", "highlights"):
            partner.tint_of = ask.concept.range
            partner.tokens += ask.tokens
            result.items.remove(ask)
        else:
            place = "highlights" if ask.concept.key == "whites" else ask.concept.range
            at = result.items.index(ask)
            result.items[at] = Where(place, ask.tokens, lone=True, kind="place")


def _partner(result: Scan, ask: Ask, used: set[int]) -> Ask | None:
    items = result.items
    at = items.index(ask)
    before = items[at - 1] if at else None
    after = items[at + 1] if at + 1 < len(items) else None

    def suits(item: object) -> bool:
        return (
            isinstance(item, Ask)
            and id(item) not in used
            and not item.concept.range
            and not (item.noun and not item.directed)
            and (item.concept.type in ("quality", "color", "fault") or item.concept.key == "pop")
        )

    if suits(before):
        assert isinstance(before, Ask)
        return before
    if suits(after):
        assert isinstance(after, Ask)
        return after
    if after == "and" or before == "and":  # "lift highlights and shadows", "阴影和高光都提亮"
        others = [a for a in result.asks if a.concept.key in _RANGE_MERGES and not a.noun]
        return others[0] if len(others) == 1 else None
    return None


def merge_bands(result: Scan) -> None:
    """ "make the blues deeper", "the greens less yellow": a colour that is there already, and what happens to it."""
    for ask in list(result.asks):
        if ask.concept.type != "color" or ask not in result.asks:
            continue
        at = result.items.index(ask)
        near = [result.items[i] for i in (at + 1, at - 1) if 0 <= i < len(result.items)]
        asks = [a for a in near if isinstance(a, Ask) and not a.band]
        following = result.items[at + 1] if at + 1 < len(result.items) else None
        against = isinstance(following, Ask) and following.concept.type == "color" and following.directed
        if against and not ask.directed:
            ask.band = ask.concept.hue_band
        wished = any(t.plain.startswith("更") or t.plain.endswith(("dder", "er and")) for t in ask.tokens[-1:])
        banded = bool(ask.band) or (
            not ask.directed
            and not wished
            and any(
                a.concept.key in _BAND_QUALITIES
                for a in asks[:1]
                if at + 1 < len(result.items) and a is result.items[at + 1]
            )
        )
        partners = [a for a in asks if a.concept.key in _BAND_QUALITIES or (a.concept.type == "color" and ask.band)]
        if banded and partners and ask.number is None:
            partner = partners[0]
            partner.band = ask.concept.hue_band
            partner.tokens = [*ask.tokens, *partner.tokens]
            if ask.directed and partner.noun:
                partner.sign = ask.sign
            result.items.remove(ask)
        elif ask.band and ask.directed and any(t.plain in DEEPER for t in ask.tokens):
            ask.sign = -1
            ask.tint_of = "deeper"
