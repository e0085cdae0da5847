"""Clauses that leave something unsaid: a place for the wish before, a strength, a bare "boost the sky"."""

from __future__ import annotations

from dataclasses import replace

from fluxroom.language.asks import LIMITED, Ask, Wishes, minus, union
from fluxroom.language.bind import joined, resolve
from fluxroom.language.clauses import Clause
from fluxroom.language.found import Scan, Where
from fluxroom.language.lexicon import lexicon
from fluxroom.language.tagger import Token

_PUSHES = frozenset({"lift", "raise", "up", "push", "bring up", "push up", "pull up", "升高", "推高"}) | frozenset(
    {"提", "提一提", "提一下", "拉", "推", "拉一下", "提起来", "拉起来"}
)
_PRESSED = frozenset(
    {
        "压",
        "往下压",
        "往下压一压",
        "压一压",
        "压压",
        "压下来",
        "压一下",
        "往上提",
        "往上拉",
        "往下拉",
        "压一点",
        "收一收",
        "bring down",
        "bring it down",
        "take down",
    }
)
_EMPTY = frozenset(
    {"more", "less", "多", "少", "更", "更多", "fewer", "大", "小", "extra", "additional", "plus", "minus", "高", "低"}
)
_RELATIVE = frozenset(
    {"more", "less", "stronger", "weaker", "higher", "lower", "milder", "gentler", "多", "少", "更多", "更少", "强一点"}
) | frozenset({"多一点", "少一点", "弱一点", "弱", "高一点", "低一点", "强些", "少些", "多些", "轻一点", "重一点"})
_NATURAL = frozenset({"natural", "natural looking", "look natural", "looks natural", "realistic", "believable"}) | {
    *("自然", "自然一点", "自然些", "自然点", "真实", "真实一点", "保持自然")
}
_NO_MORE = frozenset({"neg", "add", "more", "less", "adjust", "touch", "function", "it", "then_or_more", "mark"})
_ABOVE_ALL = frozenset({"especially", "mainly", "mostly", "尤其是", "尤其", "特别是", "主要是"})


def ellipsis(clause: Clause, result: Scan, wishes: Wishes) -> bool:
    """ "more drama in the sky, less in the foreground": the wish of before, in another place or the other way."""
    named = [w for w in result.wheres if w.kind in ("region", "place", "rest") and not w.excluded]
    pushes = [t for t in clause.tokens if t.kind in ("more", "less")]
    if not named or not wishes.asks or clause.has("keep", "neg", "add", "unknown", "impossible"):
        return False
    before = [a for a in wishes.asks if a.clause == wishes.asks[-1].clause and a.where and not a.concept.whole]
    if not before or before[-1].clause != wishes.clause - 1:
        return False
    number = result.numbers[-1][1] if len(result.numbers) == 1 else None
    counted = number is not None and before[-1].number is not None and number.unit in ("", before[-1].number[1])
    relative = bool(pushes) and pushes[-1].plain in _RELATIVE and before[-1].directed and number is None
    if not counted and not relative:
        return False
    for ask in before:
        again = replace(ask, number=None, strength=None, where=None, place=None)
        if number is not None:
            again.number = (number.value, number.unit, number.signed)
            again.sign = -1 if pushes and pushes[-1].kind == "less" else 1
        else:
            again.sign = _turned(ask, pushes[-1])
        if result.strengths:
            again.strength = result.strengths[-1].entries[0].value
        again.tokens = [*pushes, *result.strengths, *([number] if number else [])]
        result.items.append(again)
    result.loose.clear()
    result.numbers.clear()
    return True


def _turned(ask: Ask, push: Token) -> int:
    """The sign of the repeated wish: "more contrast ..., less ..." turns it."""
    was = next((t.kind for t in ask.tokens if t.kind in ("more", "less")), "more" if ask.sign > 0 else "less")
    return ask.sign if push.kind == was else -ask.sign


def read_without_wish(clause: Clause, result: Scan, wishes: Wishes) -> None:
    wheres = [w for w in result.wheres if w.kind in ("region", "place", "rest", "everything")]
    if wheres and all(w.excluded for w in wheres):
        text = joined(wheres)
        tokens = [t for w in wheres for t in w.tokens]
        if (wishes.asks and clause.lead != "") or (wishes.asks and wishes.asks[-1].clause == wishes.clause - 1):
            for ask in wishes.asks:
                if ask.clause == wishes.asks[-1].clause:
                    ask.where = minus(ask.where or "everything", text)
        else:
            wishes.excluded.append((text, tokens))
        for token in tokens:
            token.led_to.append(f"not {text}")
        return
    if _natural(clause, wheres, wishes) or _the_fault_again(clause, result, wishes):
        return
    if result.limits or (clause.has("limit") and not wheres):
        wishes.factor = min(wishes.factor, LIMITED)
        for token in [*result.limits, *(t for t in clause.tokens if t.kind in ("limit", "neg"))]:
            token.led_to.append("gentler")
    if result.strengths and wishes.asks:
        _late_strength(result, wishes)
    if clause.has("less", "more") and wishes.asks and not wheres and clause.has("strength") and not result.strengths:
        return
    if wishes.asks and clause.has("neg") and all(t.kind in _NO_MORE for t in clause.tokens):
        for token in clause.tokens:  # "亮度够了，别再加了"
            token.led_to.append("no more of it")
        return
    if not wheres:
        return
    if all(w.kind == "rest" for w in wheres) and wishes.asks and not clause.has("more", "less", "unknown"):
        for token in (t for w in wheres for t in w.tokens):  # "saturate the grass, nothing else"
            token.led_to.append("everything else stays as it is")
        return
    if clause.has("only"):
        wishes.only = joined(wheres)
        tokens = [*(t for t in clause.tokens if t.kind == "only"), *(t for w in wheres for t in w.tokens)]
        for token in tokens:
            token.led_to.append(f"only {wishes.only}")
        if wishes.asks and wishes.asks[-1].clause == wishes.clause - 1:
            for ask in wishes.asks:
                if ask.where in (None, "everything"):
                    ask.where = wishes.only
        wishes.topic = wishes.only
        return
    text = resolve(wheres[0], wishes) if len(wheres) == 1 else joined(wheres)
    if _late_place(clause, wheres, wishes):
        return
    wishes.topic = text if wishes.topic is None or not wishes.topic_tokens else union(wishes.topic, text)
    wishes.topic_tokens += [t for w in wheres for t in w.tokens]


def _natural(clause: Clause, wheres: list[Where], wishes: Wishes) -> bool:
    """ "natural skin on the hikers", "肤色要自然": what was natural stays."""
    words = [t for t in clause.tokens if t.plain in _NATURAL]
    regions = [w for w in wheres if w.kind == "region" and not w.excluded]
    if not words or not regions:
        return False
    tokens = (*words, *(t for w in regions for t in w.tokens))
    wishes.natural.append((joined(regions), tokens))
    return True


def _the_fault_again(clause: Clause, result: Scan, wishes: Wishes) -> bool:
    """ "..., fix", "undo that feel": the cure of what was called wrong."""
    words = [t for t in clause.tokens if t.kind in ("remove", "fix", "adjust")]
    quiet = {"remove", "fix", "adjust", "it", "this", "function", "copula", "mark", "photo", "want", "make", "strength"}
    if not words or not wishes.asks:
        return False
    last = wishes.asks[-1]
    seen = last.concept.type == "color" and not last.directed and any(t.kind == "fix" for t in words)
    if not last.wrong and not seen:
        return False
    if any(t.kind not in quiet for t in clause.tokens):
        return False
    for token in words:
        token.led_to.append("the same again")
    for ask in [a for a in wishes.asks if a.clause == wishes.asks[-1].clause and not a.wrong]:
        ask.sign, ask.wrong = -ask.sign, True  # "skin looks orange, fix it"
    for ask in wishes.asks:
        if ask.clause == wishes.asks[-1].clause and result.strengths:
            ask.strength = result.strengths[-1].entries[0].value
            ask.tokens += result.strengths
    return True


def _late_strength(result: Scan, wishes: Wishes) -> None:
    """ "make it warmer, just a little": the strength of what came before."""
    last = wishes.asks[-1].clause
    for ask in wishes.asks:
        if ask.clause == last:
            ask.strength = result.strengths[-1].entries[0].value
            ask.tokens += [t for t in result.strengths if t not in ask.tokens]


def _late_place(clause: Clause, wheres: list[Where], wishes: Wishes) -> bool:
    """ "more contrast, in the sky": the place of what came before."""
    opened = clause.tokens[0]
    placed = all(t.kind in ("place", "region", "function", "prep", "mark", "everything", "and") for t in clause.tokens)
    last_asks = [a for a in wishes.asks if a.clause == wishes.asks[-1].clause] if wishes.asks else []
    if (
        placed
        and last_asks
        and all(a.concept.type in ("effect", "fault") for a in last_asks)
        and last_asks[0].clause >= wishes.clause - 2
    ):
        for ask in last_asks:  # "a crescent moon, top left", "漏下几道光，打在山谷上"
            ask.where = joined(wheres) if ask.where in (None, "everything") else ask.where
            ask.tokens += [t for w in wheres for t in w.tokens]
        return True
    if (
        opened.plain
        not in ("in", "on", "for", "at", "especially", "mainly", "mostly", "尤其是", "尤其", "特别是", "主要是")
        or not wishes.asks
    ):
        return False
    if opened.plain in ("for", "in", "on") and clause.after_stop:
        return False
    last = wishes.asks[-1]
    if last.where not in (None, "everything") or opened.plain in ("for",):
        return False
    text = joined(wheres)
    if opened.plain in _ABOVE_ALL:
        for ask in [a for a in wishes.asks if a.clause == last.clause and not a.concept.whole]:
            more = replace(ask, where=text, strength=0.6 * (ask.strength or 1.0))
            more.tokens = [*ask.tokens, opened, *(t for w in wheres for t in w.tokens)]
            wishes.asks.append(more)
        return True
    for ask in wishes.asks:
        if ask.clause == last.clause and not ask.concept.whole:
            ask.where = text
            ask.tokens += [t for w in wheres for t in w.tokens]
    return True


def bare_push(clause: Clause, result: Scan, wishes: Wishes) -> bool:
    """ "天空压一下", "boost the sky": a direction and a place, and what is meant goes without saying."""
    pushes = [t for t in clause.tokens if t.kind in ("more", "less", "add")]
    if not pushes or clause.has("keep", "neg"):
        return False
    named = [w for w in result.wheres if w.kind in ("region", "place", "rest")]
    if not named and pushes[-1].plain in _PRESSED | _PUSHES:
        named = [w for w in result.wheres if w.kind in ("everything", "photo")]
    if not named and not wishes.topic_tokens:
        if wishes.asks and not clause.has("unknown"):  # "the sky is too bright, 压一下"
            for token in [*pushes, *result.strengths]:
                token.led_to.append("the same again")
            for ask in wishes.asks:
                if ask.clause == wishes.asks[-1].clause and result.strengths and ask.strength is None:
                    ask.strength = result.strengths[-1].entries[0].value
        return False
    push = pushes[-1]
    if push.kind == "add" or push.plain in _EMPTY or clause.has("unknown", "impossible"):
        return False
    up = push.kind == "more"
    concepts = lexicon().concepts
    key = "brightness" if not up or push.plain in _PUSHES else "pop"
    ask = Ask(concepts[key], 1 if up else -1, directed=True, tokens=[*pushes, *result.strengths])
    if result.strengths:
        ask.strength = result.strengths[-1].entries[0].value
    result.items.append(ask)
    result.loose.clear()
    return True
