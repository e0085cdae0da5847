"""Turns of phrase settled before the sentence is cut into clauses: verbs with a word split off ("pull ... back"),
adjectives that only say which one is meant ("the dark rocks"), directions of movement ("往右推"), similes."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from fluxroom.language.forms import Entry
from fluxroom.language.lexicon import lexicon
from fluxroom.language.tagger import Token

_BREAKS = frozenset({"comma", "stop", "but", "then"})
_VERBS = frozenset(
    {"pull", "take", "bring", "push", "drag", "dial", "turn", "crank", "draw", "reel", "rein", "hold", "knock", "scale",
     "get", "put", "give", "bump", "nudge", "ramp", "tone", "calm", "drop", "move", "lift", "ease", "back", "claw"}
)  # fmt: skip
_RESTORING = frozenset({"bring", "get", "put", "give", "claw"})
_PARTICLES = frozenset({"down", "up", "back", "off", "out", "away"})
_DETERMINERS = frozenset({"the", "those", "these", "that", "this", "her", "his", "its", "my", "our", "their", "in the"})
_PARTS = frozenset({"part", "parts", "bits", "area", "areas", "side", "region", "half"})
_TOWARDS = frozenset({"往", "向", "朝", "to", "towards", "toward", "into", "偏", "靠"})
_MOVED = frozenset({"推", "吹", "拉", "移", "挪", "走", "飘", "飞", "拖", "吹着", "往上推", "推一推"})
_LIKE = frozenset({"like", "as if", "as though", "as in", "similar to", "像", "就像", "好像", "仿佛", "如同"})
_LIGHTS = {
    "moon": "moon", "full moon": "moon", "stars": "stars", "milky way": "milky_way", "aurora": "aurora",
    "northern lights": "aurora", "rainbow": "rainbow", "lightning": "lightning",
}  # fmt: skip
_AURORAS = {
    "red": "red_aurora",
    "purple": "purple_aurora",
    "magenta": "purple_aurora",
    "green": "aurora",
    "aqua": "aurora",
}


def settle(tokens: list[Token]) -> None:
    """Settle the phrases of each part of the sentence."""
    _put_in_order(tokens)
    parts = list(_parts(tokens))
    for part in parts:
        _particles(part)
        _which_one(part)
        _movements(part)
        _turned(part)
        _towards(part)
        _also(part)
        _from_a_side(part)
        _lights(part)
        _similes(part)
        _closer(part)
        _results(part)
        _counts(part)
    _aurora_colours(parts)


def _parts(tokens: list[Token]) -> Iterator[list[Token]]:
    part: list[Token] = []
    for token in tokens:
        if token.kind in _BREAKS:
            if part:
                yield part
            part = []
        else:
            part.append(token)
    if part:
        yield part


def _mean(token: Token, kind: str, key: str = "", pole: int = 0) -> None:
    token.entries = (Entry(kind, key, pole),)


def _aside(token: Token) -> None:
    token.led_to.append("describes the photo")
    _mean(token, "function")


def _particles(part: list[Token]) -> None:
    """ "pull the highlights back", "take the land down", "take that car out"."""
    for at, verb in enumerate(part):
        if verb.plain not in _VERBS or verb.kind not in ("unknown", "make", "more", "less"):
            continue
        end = next((i for i in range(at + 2, min(at + 8, len(part))) if part[i].plain in _PARTICLES), None)
        if end is None or any(t.kind == "and" for t in part[at:end]) or not any(_noun(t) for t in part[at:end]):
            continue
        particle = part[end]
        if particle.plain in ("off", "out", "away"):
            leaving = verb.plain == "get" and end + 1 < len(part) and part[end + 1].plain in ("of", "of the")
            if verb.plain != "take" and not (leaving and particle.plain == "out"):
                continue
            _mean(verb, "remove")
            _mean(particle, "function")
        else:
            if particle.plain == "back":
                _mean(particle, "more" if verb.plain in _RESTORING else "less")
            _mean(verb, "function")


def _noun(token: Token) -> bool:
    return token.kind in ("region", "place", "it", "everything", "rest", "photo") or (
        token.kind == "concept" and token.pole in (0, 2)
    )


def _which_one(part: list[Token]) -> None:
    """ "let the bright windows bloom", "the dark part of the sky", "把黑黑的石头提亮": the quality says which."""
    for at, token in enumerate(part):
        if token.kind != "concept" or lexicon().concepts[token.key].type not in ("quality", "color"):
            continue
        if token.pole == 0 or token.plain.endswith(("er", "en")) or at + 1 >= len(part):
            continue
        chinese = not token.plain.isascii()
        noun = at + 1
        if chinese:
            if part[noun].plain != "的" or noun + 1 >= len(part):
                continue
            noun += 1
        elif at == 0 or part[at - 1].plain.split()[-1] not in _DETERMINERS:
            continue
        named = part[noun].kind in ("region", "place") or part[noun].plain in _PARTS
        rest = [t for i, t in enumerate(part) if i != at]
        wished = [t for t in rest if t.kind in ("concept", "remove") or (t.kind == "impossible" and not chinese)]
        if named and wished and not (chinese and any(part[i].kind == "concept" for i in range(at))):
            _aside(token)


def _movements(part: list[Token]) -> None:
    """ "往右推", "风往左吹": where something is moved to, not where it is."""
    for at, token in enumerate(part):
        before = part[at - 1].plain if at else ""
        after = part[at + 1].plain if at + 1 < len(part) else ""
        if token.kind == "place" and before in ("往", "向", "朝") and after in _MOVED:
            _aside(token)


def _turned(part: list[Token]) -> None:
    """ "turn it 3 degrees to the left", "向左转2度"."""
    verb = next((t for t in part if t.kind == "concept" and t.key == "rotate"), None)
    if verb is None or not any(t.kind == "number" for t in part):
        return
    for token in part:
        if token.kind == "place" and token.key in ("left", "right"):
            if verb.pole == 0:
                _mean(verb, "concept", "rotate", 1 if token.key == "right" else -1)
            _aside(token)


def _towards(part: list[Token]) -> None:
    """ "绿色往黄偏", "push the greens to yellow": a colour that is there, and the one it turns to."""
    colours = [i for i, t in enumerate(part) if t.kind == "concept" and lexicon().concepts[t.key].type == "color"]
    for first, second in pairwise(colours):
        between = {t.plain for t in part[first + 1 : second]}
        if between & _TOWARDS or (second - first < 4 and part[second].plain.startswith("偏")):
            _mean(part[first], "concept", part[first].key, 2)


def _also(part: list[Token]) -> None:
    """ "... and snow on the ground too": at the end it means "also"."""
    if len(part) > 2 and part[-1].plain in ("too", "as well"):
        _mean(part[-1], "function")


def _lights(part: list[Token]) -> None:
    """ "the Milky Way over the tent": with nothing asked of it, it is what should be there."""
    if any(
        t.kind in ("concept", "keep", "keep_suffix", "except", "less", "more", "remove", "neg", "copula") for t in part
    ):
        return
    for token in part:
        name = token.plain.removeprefix("the ")
        if token.kind == "region" and token.plain.startswith("the ") and name in _LIGHTS:
            _mean(token, "concept", _LIGHTS[name], 0)


def _similes(part: list[Token]) -> None:
    """ "star trails like a two hour exposure": what it is compared with asks for nothing more."""
    for at, token in enumerate(part):
        if token.plain not in _LIKE or not any(_effect(t) for t in part[:at]):
            continue
        rest = part[at + 1 :]
        if not any(_effect(t) or (t.kind == "concept" and t.pole) for t in rest):
            for word in (token, *rest):
                _aside(word)
            return


def _effect(token: Token) -> bool:
    return token.kind == "concept" and lexicon().concepts[token.key].type in ("effect", "mood")


_SIDES = {"left": "light_from_left", "right": "light_from_right", "top": "light_from_above"}


def _from_a_side(part: list[Token]) -> None:
    """ "let the light hit her from the right", "relight the barn from the left", "左边打一束硬光"."""
    for at, token in enumerate(part):
        before = [t.plain for t in part[max(0, at - 2) : at]]
        sided = any(b in ("from", "from the", "从", "自", "来自") for b in before)
        if token.kind != "place" or token.key not in _SIDES or not sided:
            continue
        light = next((t for t in part if t.kind == "concept" and t.key in ("brightness", "relight", "sunlight")), None)
        if light is None or (light.plain.endswith(("er", "en")) or light.pole < 0):
            continue
        _mean(light, "concept", _SIDES[token.key], 1)
        for word in part:
            if word is token or (word.kind == "concept" and word.key == "brightness"):
                _aside(word)
        return


def _put_in_order(tokens: list[Token]) -> None:
    """ "crop after straightening it", "before sharpening, denoise": into the order in which it is to be done."""
    for at, token in enumerate(tokens):
        following = tokens[at + 1] if at + 1 < len(tokens) else None
        if (
            token.plain not in ("after", "before", "once")
            or following is None
            or following.kind not in ("concept", "remove", "add")
        ):
            continue
        start = next((i + 1 for i in range(at - 1, -1, -1) if tokens[i].kind in _BREAKS), 0)
        end = next((i for i in range(at + 1, len(tokens)) if tokens[i].kind in _BREAKS), len(tokens))
        _mean(token, "then")
        if token.plain == "before":
            if start == at and end < len(tokens):  # "before X, Y"
                last = next((i for i in range(end + 1, len(tokens)) if tokens[i].kind in _BREAKS), len(tokens))
                tokens[start:last] = [*tokens[end + 1 : last], token, *tokens[at + 1 : end]]
        elif start == at:  # "after X, Y"
            if end < len(tokens) and tokens[end].kind == "comma":
                tokens[start : end + 1] = [*tokens[at + 1 : end], token]
        else:  # "Y after X"
            tokens[start:end] = [*tokens[at + 1 : end], token, *tokens[start:at]]
        return


def _closer(part: list[Token]) -> None:
    """ "zoom in a lot on the deer": a crop around it."""
    for at, token in enumerate(part):
        tighter = (
            token.kind == "concept" and token.key == "crop_closer" and any(t.plain == "around" for t in part[at + 1 :])
        )
        if tighter and any(t.kind == "region" for t in part[at + 1 :]):
            _mean(token, "concept", "closer_on", 1)
        turned = token.kind == "concept" and token.key == "rotate" and at + 2 < len(part)
        if turned and any(
            t.kind == "region" and t.key in ("object", "person", "animal") for t in part[at + 1 : at + 3]
        ):
            _mean(token, "impossible", "motion")  # "rotate the car so we see its front"
        if token.kind == "concept" and token.plain in ("刺眼", "太刺眼", "晃眼") and any(_colour(t) for t in part[:at]):
            _mean(token, "concept", "garish", 0)
        if token.kind != "impossible" or token.plain not in ("zoom in", "zoom", "zoom right in", "放大", "enlarge"):
            continue
        if any(t.kind in ("region", "place") for t in part[at + 1 :]) and any(
            t.plain in ("on", "to", "onto", "到") for t in part[at + 1 :]
        ):
            _mean(token, "concept", "closer_on", 1)
            for word in part:
                if word.kind == "strength":
                    _aside(word)


def _results(part: list[Token]) -> None:
    """ "皮肤会显得白一些": what comes of it."""
    words = [t.plain for t in part]
    if ("会" in words or "就" in words) and "显得" in words and not any(t.kind in ("add", "remove") for t in part):
        for token in part:
            _aside(token)


def _counts(part: list[Token]) -> None:
    """ "..., five of them" was read with the thing that it counts."""
    if (
        len(part) == 3
        and part[1].plain == "of"
        and part[2].plain in ("them", "those")
        and part[0].kind in ("unknown", "number")
    ):
        for token in part:
            _aside(token)


def _colour(token: Token) -> bool:
    return token.kind == "concept" and lexicon().concepts[token.key].type == "color"


def _aurora_colours(parts: list[list[Token]]) -> None:
    """ "add an aurora, green ones", "极光换成紫红色": the colour is that of the aurora."""
    for at, part in enumerate(parts):
        aurora = next((t for t in part if t.kind == "concept" and "aurora" in t.key), None)
        if aurora is None:
            continue
        near = [*part, *(parts[at + 1] if at + 1 < len(parts) else [])]
        if any(t.kind == "region" and t.key not in ("sky", "clouds") for t in near):
            continue
        for token in near:
            if token.kind == "concept" and token.key in _AURORAS and token.pole == 1:
                if aurora.key == "aurora":
                    _mean(aurora, "concept", _AURORAS[token.key], 0)
                _aside(token)
            elif token.kind == "impossible" and token.key == "replace":
                _mean(token, "become")
