"""What is wrong, and in the next words what to do about it: then the cure that was asked for is the only one.

"The sky is boring. Put some clouds in it", "颜色太闷了，鲜活一点": the first part gives the reason.
"""

from __future__ import annotations

from fluxroom.language.asks import Ask, Wishes

_VAGUE = frozenset({"flat", "grey", "garish", "fresh"})
_EXPOSED = frozenset({"overexposed", "underexposed", "backlit", "blown_highlights", "blocked_shadows"})
_LIGHT = frozenset({"brightness", "exposure", "shadows", "highlights", "subject_light", "dynamic_range", "relight"})
_COLOURED = frozenset(
    {"saturation", "vibrance", "warmth", "spring", "summer", "green_grass", "autumn", "tint", "garish"}
)
_DETAIL_OF = _EXPOSED | {"shadows", "highlights", "whites", "blacks"}
_PUSHES = frozenset({"压一压", "压下来", "压下去", "压压", "收一收", "压低", "往下压一压", "暗下去", "沉下去"})


def settle_complaints(wishes: Wishes) -> None:
    """Drop the general cures of complaints that are followed by the user's own cure."""
    for ask in list(wishes.asks):
        later = [a for a in wishes.asks if ask.clause < a.clause <= ask.clause + 2 and a is not ask]
        if any(_answers(ask, a) for a in later) or any(_says_why(a, ask) for a in wishes.asks if a is not ask):
            _drop(ask, wishes)
    for ask in list(wishes.asks):
        earlier = [a for a in wishes.asks if ask.clause - 1 <= a.clause <= ask.clause and a is not ask]
        if ask.concept.key == "detail" and ask.sign > 0 and any(a.concept.key in _DETAIL_OF for a in earlier):
            _drop(ask, wishes)  # "get some detail back in the blown-out bits"
        elif _same_again(ask, earlier):
            _drop(ask, wishes)


def _answers(complaint: Ask, cure: Ask) -> bool:
    """Whether the later wish is what the user wants done about the earlier complaint."""
    key, other = complaint.concept.key, cure.concept.key
    if key == other and complaint.sign != cure.sign and _states(complaint) and cure.step == complaint.step:
        return True
    if key == other:
        return False
    if any(t.plain in _PUSHES for t in cure.tokens):
        return False
    if key in ("fog", "dense_fog", "mist", "aerial_haze"):
        return other == "haze" and cure.sign < 0
    if key in _VAGUE:
        return complaint.concept.type == "fault" and cure.concept.type != "fault"
    if key in _EXPOSED:
        return cure.number is not None and other in _LIGHT
    complained = any(t.kind == "complaint" for t in complaint.tokens) and all(t.kind != "too" for t in complaint.tokens)
    return complained and complaint.concept.type == "color" and (cure.concept.type == "color" or other in _COLOURED)


def _says_why(first: Ask, ask: Ask) -> bool:
    """ "dodge and burn, for more depth", "light it so it stands out", "a moonlit night, quiet": what for, or how."""
    if not first.clause <= ask.clause <= first.clause + 1 or ask.whole_said or ask.number is not None:
        return False
    key, other = first.concept.key, ask.concept.key
    if key in ("dodge_burn", "rim_light") and other in ("depth", "drama"):
        return True
    if key == "subject_light" and other == "brightness" and ask.where in (None, "everything"):
        return ask.sign < 0 or any(t.plain in ("light", "lit") for t in ask.tokens)
    adjective = not ask.directed and not ask.noun and ask.strength is None
    hour = any(a.operator in _HOURS for a in first.concept.do)
    return hour and adjective and ask.clause > first.clause and other in ("serene", "cozy")


_HOURS = frozenset({"golden_hour", "dusk", "blue_hour", "night", "noon"})


def _states(ask: Ask) -> bool:
    """ "新娘的脸黑乎乎的": how it is."""
    word = ask.tokens[-1].plain if ask.tokens else ""
    said = [t for t in ask.tokens if t.kind == "concept"]
    if ask.directed or ask.noun or not said or ask.strength is not None:
        return False
    word = said[-1].plain
    return not word.endswith(("er", "en")) and not word.startswith("更") and not word.isascii() and len(word) > 2


def _same_again(ask: Ask, earlier: list[Ask]) -> bool:
    """ "高光全溢出了 压一压", "荧光绿受不了，压下来": the cure of what was called wrong, not the exposure."""
    pushed = ask.concept.key == "brightness" and ask.sign < 0 and any(t.plain in _PUSHES for t in ask.tokens)
    wrong = [
        a for a in earlier if a.concept.key in ("garish", "blown_highlights", "highlights", "whites", "saturation")
    ]
    return pushed and bool(wrong) and all(a.sign < 0 or a.concept.type == "fault" for a in wrong)


def _drop(ask: Ask, wishes: Wishes) -> None:
    wishes.asks.remove(ask)
    for token in ask.tokens:
        token.led_to.append("done by stronger words")
