"""Where the light comes from, how hard and how warm it is, where shadows fall."""

from __future__ import annotations

import math

from fluxroom.perception.direction import HARD, reasons_in_chinese
from fluxroom.perception.questions.lexicon import say
from fluxroom.perception.questions.parse import Query
from fluxroom.perception.questions.reply import Answer, reply
from fluxroom.scene import Light, Scene

ASKED_KINDS = {"backlit": "back", "frontlit": "front", "sidelit": "side"}
"""Cues of questions.yaml that name a kind of light."""
ENOUGH = 0.38
"""Probability from which a kind of light is granted: kinds shade into each other, so two may hold at once."""
FACING = 0.26
"""Sine of the azimuth (15 degrees) up to which a sun in the frame stands straight ahead."""
WARMTH = (  # up to that many kelvin
    (3500, ("very warm", "很暖")), (4800, ("warm", "偏暖")), (5900, ("slightly warm", "略偏暖")),
    (7300, ("neutral", "中性")), (9500, ("cool", "偏冷")), (math.inf, ("very cool, bluish", "很冷，偏蓝")),
)  # fmt: skip


def light(scene: Scene, query: Query) -> Answer:
    """Any question about the light."""
    seen = scene.light
    if "kelvin" in query.cues:
        return _temperature(seen, query.zh)
    if "shadows" in query.cues:
        return _shadows(seen, query.zh)
    if query.cues & {"soft_light", "hard_light"}:
        return _softness(seen, query)
    asked = [kind for cue, kind in ASKED_KINDS.items() if cue in query.cues]
    if len(asked) == 1 and not query.open and "yes_no" in query.cues:
        return _is_kind(seen, asked[0], query.zh)
    sides = {"left", "right"} & set(query.places)
    if len(sides) == 1 and not asked and not query.open and "yes_no" in query.cues:
        return _is_side(seen, sides.pop(), query.zh)
    return _direction(seen, query)


def _why(seen: Light, zh: bool) -> tuple[str, ...]:
    return reasons_in_chinese(seen.kind.evidence) if zh else seen.kind.evidence


def _sun(seen: Light, zh: bool) -> str:
    if zh:
        return "太阳在画面里" if seen.visible else "太阳不在画面里"
    return "the sun is in the frame" if seen.visible else "the sun is not in the frame"


def _box(seen: Light) -> tuple[float, float, float, float] | None:
    return (seen.x - 0.04, seen.y - 0.04, seen.x + 0.04, seen.y + 0.04) if seen.visible else None


def _sure(seen: Light) -> float:
    """The kind's confidence is about how often a fair eye grants it."""
    return 0.85 if seen.visible else seen.kind.confidence


def _direction(seen: Light, query: Query) -> Answer:
    """From the left, the right, behind what is seen, the front, above or all sides."""
    text = query.text.lower()
    asked_depth = any(w in text for w in ("behind", "front", "背", "后面", "顺光", "逆光", "正面"))
    asked_side = "side" in query.cues or any(w in text for w in ("left", "左边"))
    across = math.sin(math.radians(seen.azimuth))
    side = "right" if across > 0 else "left"
    p = seen.kind.probabilities or {"diffuse": 1.0}
    names = {"back": "behind", "side": side, "front": "front", "top": "above", "diffuse": "above"}
    sure = _sure(seen)
    if asked_side and not asked_depth and not (seen.visible and abs(across) < FACING):
        value, sure = side, 0.45 + 0.35 * abs(across) * min(1.0, seen.azimuth_confidence / 0.6)
    elif asked_depth:
        value = names["back" if seen.visible else max(("back", "side", "front"), key=lambda k: p.get(k, 0.0))]
    else:
        value = names["back" if seen.visible else max(p, key=lambda k: p[k])]
    words, hard = say("light", value, query.zh), seen.softness < HARD
    said = f"光主要{words}，光线偏{'硬' if hard else '柔'}，{_sun(seen, True)}。" if query.zh else (
        f"The light comes mainly {words}; it is rather {'hard' if hard else 'soft'}, and {_sun(seen, False)}."
    )  # fmt: skip
    return reply(said, "light", value, sure, _why(seen, query.zh), _box(seen))


def _is_kind(seen: Light, kind: str, zh: bool) -> Answer:
    p = 0.95 if seen.visible and kind == "back" else seen.kind.probabilities.get(kind, 0.0)
    yes = p >= ENOUGH
    word = {"back": ("backlit", "逆光"), "front": ("lit from the front", "顺光"), "side": ("lit from the side", "侧光")}
    name = word[kind][1 if zh else 0]
    text = f"{'是' if yes else '不是'}{name}，{_sun(seen, True)}。" if zh else (
        f"{'Yes, it is' if yes else 'No, it is not'} {name}; {_sun(seen, False)}."
    )  # fmt: skip
    sure = min(0.9, 0.5 + abs(p - ENOUGH) * (0.75 if yes else 1.1))
    return reply(text, "light", "yes" if yes else "no", sure, _why(seen, zh) if yes else (), _box(seen))


def _is_side(seen: Light, side: str, zh: bool) -> Answer:
    across = math.sin(math.radians(seen.azimuth)) * (1 if side == "right" else -1)
    yes = across > 0.35
    words = say("light", side, zh)
    text = f"{'是' if yes else '不是'}{words}。" if zh else f"{'Yes' if yes else 'No'}, {'' if yes else 'not '}{words}."
    sure = 0.45 + 0.45 * min(1.0, abs(across - 0.35)) * min(1.0, seen.azimuth_confidence / 0.6)
    return reply(text, "light", "yes" if yes else "no", sure, _why(seen, zh) if yes else ())


def _temperature(seen: Light, zh: bool) -> Answer:
    """In kelvin, rounded as far as it can be known."""
    step = 100 if seen.kelvin < 8000 else 500
    kelvin = round(seen.kelvin / step) * step
    word = next(pair for most, pair in WARMTH if seen.kelvin < most)[1 if zh else 0]
    text = f"画面呈现的主光色温约 {kelvin} K，{word}（6500 K 为中性）。" if zh else (
        f"The main light is about {kelvin} K as the picture shows it: {word} (6500 K is neutral)."
    )  # fmt: skip
    why = "由云、雪和地面等近灰处估计，相机的白平衡已计入" if zh else (
        "estimated from what is nearly grey: clouds, snow, land; after the camera's white balance"
    )  # fmt: skip
    return reply(text, "light", str(kelvin), min(0.85, seen.kelvin_confidence), (why,))


def _softness(seen: Light, query: Query) -> Answer:
    soft = seen.softness >= HARD
    sure = 0.5 + 0.5 * abs(seen.softness - HARD)
    text = f"光线偏{'柔' if soft else '硬'}。" if query.zh else f"The light is rather {'soft' if soft else 'hard'}."
    both = {"soft_light", "hard_light"} <= query.cues
    value = "soft" if soft else "hard"
    if not both and not query.open and "yes_no" in query.cues:
        value = "yes" if soft == ("soft_light" in query.cues) else "no"
    return reply(text, "light", value, min(0.85, sure), ())


def _shadows(seen: Light, zh: bool) -> Answer:
    if seen.shadow is None:
        text = "看不出清楚的影子方向。" if zh else "I cannot tell where shadows fall."
        return reply(text, "light", "none", 0.45)
    dx, dy = seen.shadow
    if abs(dx) > 0.5:
        value, words = ("right", ("to the right", "向右")) if dx > 0 else ("left", ("to the left", "向左"))
    else:
        value, words = (
            ("near", ("towards the viewer", "向镜头")) if dy > 0 else ("far", ("away from the viewer", "向远处"))
        )
    text = f"影子{words[1]}。" if zh else f"Shadows fall {words[0]}."
    return reply(text, "light", value, min(0.75, seen.azimuth_confidence), _why(seen, zh))
