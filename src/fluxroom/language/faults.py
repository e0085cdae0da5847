"""Is a fault stated ("the sky is dark", "左边暗了", "有点冷") rather than a wish made?"""

from __future__ import annotations

from dataclasses import dataclass

from fluxroom.language.asks import Ask
from fluxroom.language.found import Pending, Where
from fluxroom.language.tagger import Token

_VERY = frozenset({"很", "非常", "特别", "忒", "贼", "老", "超", "好", "挺", "真", "相当", "太过"})
_STATED = frozenset({"brightness", "warmth", "contrast", "saturation", "clarity", "haze", "vibrance"})
_BAD = frozenset({"cheap", "ugly", "horrible", "awful", "terrible", "nasty", "hideous", "不好看", "难看", "丑"})
_SEEN = frozenset({"reads", "looking a little", "looking a bit"})
_BECAME = frozenset("暗黑亮冷暖淡艳软硬糊深浅")


@dataclass(slots=True)
class Context:
    """The clause around a quality. `requested`: it has words that ask ("make", "more"); `negated`: a "not" before."""

    tokens: list[Token]
    items: list[Ask | Where | str]
    pending: Pending
    requested: bool
    negated: bool

    def has(self, kind: str) -> bool:
        return any(t.kind == kind for t in self.tokens)


def states_fault(ask: Ask, token: Token, context: Context) -> bool:
    """Does the quality say what is wrong? Then the opposite of it is wanted."""
    pending = context.pending
    if token.plain.endswith("er") or token.plain.startswith("更") or pending.direction or context.negated:
        return False
    if ask.concept.key == "vignette" and any(t.plain in _BAD for t in pending.tokens):
        return True
    if _became(ask, token, context) and any(t.plain == "都" for t in context.tokens):
        return True
    if context.requested:
        return False
    if ask.concept.key == "brightness" and any(t.kind == "strength" and t.plain in _VERY for t in pending.tokens):
        return True
    if _became(ask, token, context):
        return True
    if ask.concept.key == "haze" and ask.noun:
        return True
    if leaning(token, pending) and _leans(context):
        return True
    complained = any(t.get("complaint") or (t.plain == "偏" and token.key == "brightness") for t in pending.tokens)
    if ask.concept.type == "color":
        seen = any(t.plain in _SEEN for t in context.tokens[: context.tokens.index(token)])
        return complained or seen or context.has("cast") or token.plain.startswith(("发", "泛"))
    if ask.concept.key == "vignette":
        return complained
    if ask.concept.key not in _STATED or (ask.noun and ask.concept.key != "haze"):
        return False
    before = context.tokens[: context.tokens.index(token)]
    return complained or any(t.kind == "copula" for t in before)


def leaning(token: Token, pending: Pending) -> bool:
    """ "偏蓝"."""
    return token.plain.startswith("偏") or any(t.plain == "偏" for t in pending.tokens)


def _leans(context: Context) -> bool:
    """ "雪地偏蓝" states a fault; "偏蓝一点" and "阴影偏青" ask for it."""
    last = context.items[-1] if context.items else None
    if isinstance(last, Ask) and last.concept.type == "color":  # "绿色偏青"
        last.band = last.concept.hue_band
        return False
    plain = [t.plain for t in context.tokens]
    asked = any(p.endswith(("一点", "一些", "点", "些")) or p in ("色调", "调子", "调") for p in plain)
    return not asked and not any(isinstance(i, Ask) and i.concept.range for i in context.items)


def _became(ask: Ask, token: Token, context: Context) -> bool:
    """ "左边暗了", "脸都黑了": how it is, not how it should be."""
    at = context.tokens.index(token)
    after = context.tokens[at + 1] if at + 1 < len(context.tokens) else None
    if after is None or after.plain != "了":
        return False
    if any(t.plain == "都" for t in context.tokens[:at]):
        return ask.concept.key == "brightness"
    return ask.concept.key in _STATED and token.plain in _BECAME
