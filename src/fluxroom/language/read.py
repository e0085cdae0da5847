"""Clauses to wishes: which wish goes with which place, what is protected, what is only a limit."""

from __future__ import annotations

from dataclasses import replace

from fluxroom.language.asks import REST, Ask, Wishes, minus, union, within
from fluxroom.language.clauses import Clause
from fluxroom.language.lexicon import lexicon
from fluxroom.language.recast import recast
from fluxroom.language.scan import DEEPER, Scan, Where, scan
from fluxroom.language.tagger import Token

_RANGE_MERGES = frozenset({"brightness"})
_BAND_QUALITIES = frozenset({"brightness", "saturation", "vibrance", "warmth", "garish"})
_PUSHES = frozenset({"lift", "raise", "up", "push", "bring up", "push up", "pull up", "升高", "推高"}) | frozenset(
    {"提", "提一提", "提一下", "拉", "推", "拉一下", "提起来", "拉起来"}
)
_EMPTY = frozenset(
    {"more", "less", "多", "少", "更", "更多", "fewer", "大", "小", "extra", "additional", "plus", "minus", "高", "低"}
)
_ABOVE_ALL = frozenset({"especially", "mainly", "mostly", "尤其是", "尤其", "特别是", "主要是"})
LIMITED = 0.6


def read(clauses: list[Clause]) -> Wishes:
    """Everything the clauses wish for."""
    wishes = Wishes()
    for clause in clauses:
        wishes.clause += 1
        if clause.lead == "then":
            wishes.step += 1
        if _tells(clause):
            continue
        recast(clause, wishes)
        if clause.tokens:
            _read_clause(clause, wishes)
    _settle_rest(wishes)
    for text, tokens in wishes.excluded:
        wishes.keep.append((text, tuple(tokens)))
    return wishes


def _settle_rest(wishes: Wishes) -> None:
    """ "the rest" is everything but what the whole sentence names."""
    text = "everything"
    for name in wishes.mentioned:
        text = minus(text, name)

    def settled(where: str) -> str:
        return text if where == REST else where.replace(REST, f"({text})" if "-" in text else text)

    for ask in [*wishes.asks, *wishes.forbidden, *wishes.limits]:
        ask.where = None if ask.where is None else settled(ask.where)
    wishes.keep = [(settled(where), tokens) for where, tokens in wishes.keep]
    wishes.excluded = [(settled(where), tokens) for where, tokens in wishes.excluded]
    wishes.only = None if wishes.only is None else settled(wishes.only)


def _tells(clause: Clause) -> bool:
    """ "I took this at the beach yesterday": tells, asks for nothing."""
    if not clause.has("narrative") or clause.has("too", "more", "less", "complaint", "want", "add", "lack", "copula"):
        return False
    if any(t.kind == "concept" and lexicon().concepts[t.key].type == "fault" for t in clause.tokens):
        return False
    for token in clause.tokens:
        token.led_to.append("describes the photo")
    return True


def _read_clause(clause: Clause, wishes: Wishes) -> None:
    result = scan(clause)
    for where in result.wheres:
        if where.kind == "region" and where.text not in wishes.mentioned:
            wishes.mentioned.append(where.text)
    if _is_keep(clause, result, wishes):
        _read_keep(clause, result, wishes)
        return
    if not result.asks and not _bare_push(clause, result, wishes):
        _read_without_wish(clause, result, wishes)
        return
    wishes.keeping = False
    _merge_moods(result)
    _merge_ranges(result)
    _merge_bands(result)
    _bind(clause, result, wishes)
    _spend(clause, result)
    for ask in result.asks:
        ask.step, ask.clause = wishes.step, wishes.clause
        if ask.limited:
            wishes.limits.append(ask)
        elif ask.forbidden:
            wishes.forbidden.append(ask)
        else:
            wishes.asks.append(ask)
    for token in result.limits:
        wishes.factor = min(wishes.factor, LIMITED)
        token.led_to.append("gentler")


def _spend(clause: Clause, result: Scan) -> None:
    """Grammar words that did their work in a clause with a wish."""
    for token in clause.tokens:
        if token.kind == "only":
            token.led_to.append("only that")


# What stays


def _is_keep(clause: Clause, result: Scan, wishes: Wishes) -> bool:
    negated = clause.has("neg")
    if clause.has("keep", "keep_suffix"):
        return not (clause.has("keep") and negated and not clause.has("keep_suffix") and bool(result.asks))
    if negated and clause.has("touch"):
        return True
    if negated and clause.has("adjust") and not clause.has("more", "less"):
        return True
    if negated and result.wheres and not result.asks:
        return True
    return wishes.keeping and bool(result.wheres) and not result.asks and not clause.has("more", "less", "add")


def _read_keep(clause: Clause, result: Scan, wishes: Wishes) -> None:
    again, wishes.keeping = wishes.keeping, True
    words = [
        t
        for t in clause.tokens
        if t.kind in ("keep", "keep_suffix", "neg", "touch", "limit", "only", "adjust", "enough")
    ]
    regions = [w for w in result.wheres if w.kind in ("region", "place")]
    if again and not result.items:  # "..., keep the sea as it is, don't change it"
        for token in words:
            token.led_to.append("stays as it is")
        return
    _merge_ranges(result)
    if result.asks and not (regions and clause.has("keep_suffix", "touch")):
        for ask in result.asks:
            _keep_quality(ask, regions, words, wishes)
        return
    for ask in result.asks:  # "keep the blue of the sea as it is"
        for token in ask.tokens:
            token.led_to.append("stays as it is")
    for where in regions:
        if where.excluded:  # "除天空外不要动"
            where.text = minus("everything", where.text)
        _keep_region(where, words, wishes)
    if wishes.topic is not None and not regions and not result.asks and wishes.topic_tokens:
        _keep_region(Where(wishes.topic, wishes.topic_tokens), words, wishes)
        wishes.topic = None
        return
    if regions and wishes.topic is not None and wishes.topic_tokens:
        _keep_region(Where(wishes.topic, wishes.topic_tokens), [], wishes)  # "天空，海面都不变"
        wishes.topic = None
    for where in result.wheres:
        if where.kind == "rest":
            for token in [*where.tokens, *words]:
                token.led_to.append("everything else stays as it is")
        elif (
            where.kind in ("it", "photo", "everything")
            and not regions
            and not any(w.kind == "rest" for w in result.wheres)
        ):
            _keep_whole(where, words, clause, result, wishes)
    if not result.wheres and not result.asks and clause.has("keep_suffix") and not clause.has("limit"):
        _keep_whole(Where("everything", [], kind="it"), words, clause, result, wishes)
    for token in words:
        if token.kind == "limit" and not token.led_to:
            wishes.factor = min(wishes.factor, LIMITED)
            token.led_to.append("gentler")


def _keep_region(where: Where, words: list[Token], wishes: Wishes) -> None:
    wishes.keep.append((where.text, tuple(where.tokens)))
    for token in [*where.tokens, *words]:
        token.led_to.append(f"keep {where.text}")


def _keep_whole(where: Where, words: list[Token], clause: Clause, result: Scan, wishes: Wishes) -> None:
    if clause.has("limit") or not clause.has("keep_suffix", "touch"):
        if clause.has("limit"):
            wishes.factor = min(wishes.factor, LIMITED)
        for token in [*where.tokens, *words] if clause.has("limit", "keep") else []:
            token.led_to.append("gentler" if clause.has("limit") else "stays as it is")
        return
    if where.kind == "it" and wishes.last_where not in (None, "everything"):
        assert wishes.last_where is not None
        _keep_region(Where(wishes.last_where, where.tokens), words, wishes)
        return
    wishes.keep_all += [*where.tokens, *words]
    for token in [*where.tokens, *words]:
        token.led_to.append("keep everything")


def _keep_quality(ask: Ask, regions: list[Where], words: list[Token], wishes: Wishes) -> None:
    """ "keep the contrast", "keep the sky dark": that quality is not changed."""
    ask.forbidden = True
    if ask.noun:
        ask.sign = 0
    elif not any(t.kind == "neg" for t in ask.tokens):
        ask.sign = -ask.sign
    if regions:
        ask.where = regions[0].text
    for token in [*words, *(t for w in regions for t in w.tokens)]:
        token.led_to.append("stays as it is")
    wishes.forbidden.append(ask)


# Clauses without a wish of their own


def _read_without_wish(clause: Clause, result: Scan, wishes: Wishes) -> None:
    wheres = [w for w in result.wheres if w.kind in ("region", "place", "rest", "everything")]
    if wheres and all(w.excluded for w in wheres):
        text = _joined(wheres)
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
    if result.limits or (clause.has("limit") and not wheres):
        wishes.factor = min(wishes.factor, LIMITED)
        for token in [*result.limits, *(t for t in clause.tokens if t.kind in ("limit", "neg"))]:
            token.led_to.append("gentler")
    if result.strengths and wishes.asks:
        _late_strength(result, wishes)
    if clause.has("less", "more") and wishes.asks and not wheres and clause.has("strength") and not result.strengths:
        return
    if not wheres:
        return
    if clause.has("only"):
        wishes.only = _joined(wheres)
        tokens = [*(t for t in clause.tokens if t.kind == "only"), *(t for w in wheres for t in w.tokens)]
        for token in tokens:
            token.led_to.append(f"only {wishes.only}")
        if wishes.asks and wishes.asks[-1].clause == wishes.clause - 1:
            for ask in wishes.asks:
                if ask.where in (None, "everything"):
                    ask.where = wishes.only
        wishes.topic = wishes.only
        return
    text = _resolve(wheres[0], wishes) if len(wheres) == 1 else _joined(wheres)
    if _late_place(clause, wheres, wishes):
        return
    wishes.topic = text if wishes.topic is None or not wishes.topic_tokens else union(wishes.topic, text)
    wishes.topic_tokens += [t for w in wheres for t in w.tokens]


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
    text = _joined(wheres)
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


def _joined(wheres: list[Where]) -> str:
    text = wheres[0].text
    for where in wheres[1:]:
        text = union(text, where.text)
    return text


def _resolve(where: Where, wishes: Wishes) -> str:
    if where.kind == "rest":
        return REST
    if where.kind == "it":
        return wishes.last_where or "everything"
    return where.text


# Words that work together


def _bare_push(clause: Clause, result: Scan, wishes: Wishes) -> bool:
    """ "天空压一下", "boost the sky": a direction and a place, and what is meant goes without saying."""
    pushes = [t for t in clause.tokens if t.kind in ("more", "less", "add")]
    if not pushes or clause.has("keep", "neg"):
        return False
    named = [w for w in result.wheres if w.kind in ("region", "place", "rest")]
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


def _merge_moods(result: Scan) -> None:
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


def _merge_ranges(result: Scan) -> None:
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
            and item.concept.type in ("quality", "color", "fault")
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


def _merge_bands(result: Scan) -> None:
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
        banded = bool(ask.band) or (
            not ask.directed
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


# Binding wishes to places


def _bind(clause: Clause, result: Scan, wishes: Wishes) -> None:
    excluded = [w for w in result.wheres if w.excluded]
    result.items = [i for i in result.items if not (isinstance(i, Where) and i.excluded)]
    regions = any(isinstance(i, Where) and i.kind in ("region", "place", "rest", "everything") for i in result.items)
    if regions:  # "the sky in this photo"
        result.items = [i for i in result.items if not (isinstance(i, Where) and i.kind in ("it", "photo"))]
    elif sum(isinstance(i, Where) for i in result.items) > 1:
        first = next(i for i in result.items if isinstance(i, Where))
        result.items = [i for i in result.items if not isinstance(i, Where) or i is first]
    _lone_places(result)
    wheres = result.wheres
    pairs = _pair(clause, result)
    for ask in result.asks:
        where = pairs.get(id(ask))
        if where is not None:
            ask.where = _resolve(where, wishes)
            ask.whole_said = where.kind == "everything"
            ask.tokens += [t for t in where.tokens if t not in ask.tokens and t.kind not in ("it", "photo")]
        else:
            _inherit(clause, ask, wishes)
            _sky_thing(result, ask)
        if ask.concept.whole and ask.where not in (None, "everything") and where is None:
            ask.where = None
    named = [w for w in wheres if id(w) in {id(p) for p in pairs.values() if p is not None}]
    _exclude(result, excluded, wishes)
    if named:
        last = named[-1]
        wishes.last_where = _resolve(last, wishes)
        wishes.topic = wishes.last_where if last.kind in ("region", "place", "rest") else None
        wishes.topic_tokens = []
    if not named and any(a.concept.region == "sky" and a.where is None for a in result.asks):
        wishes.topic, wishes.topic_tokens = "sky", []
    wishes.topic_tokens = []
    for ask in result.asks:
        if ask.place:
            base = ask.where if ask.where not in (None, "everything") else None
            if base is None and ask.place == "near_sun" and any(m in ("sky", "clouds") for m in wishes.mentioned):
                base = "sky"
            ask.where = within(base or "everything", ask.place)


def _exclude(result: Scan, excluded: list[Where], wishes: Wishes) -> None:
    texts = [(w.text, w.tokens) for w in excluded] + wishes.excluded
    if not texts:
        return
    for ask in result.asks:
        base = (
            "everything"
            if ask.where is None or (" - " in ask.where and ask.where.startswith("everything"))
            else ask.where
        )
        for text, tokens in texts:
            base = minus(base, text)
            ask.tokens += [t for t in tokens if t not in ask.tokens]
        ask.where = base
    wishes.excluded = []


def _lone_places(result: Scan) -> None:
    """A place that follows a wish ("warmer near the sun") narrows that wish."""
    items = result.items
    for i, item in enumerate(list(items)):
        if not isinstance(item, Where) or not item.lone:
            continue
        before = items[i - 1] if i else None
        if isinstance(before, Ask):
            others = [w for w in result.wheres if not w.lone]
            if item.text in ("shadows", "midtones", "highlights") or others or "sun" in item.text:
                before.place = item.text
                before.tokens += item.tokens
                items[i] = "placed"
    result.items = [i for i in items if i != "placed"]


def _pair(clause: Clause, result: Scan) -> dict[int, Where | None]:
    """Which wish goes with which place, by the order in which they stand."""
    items = [i for i in result.items if not isinstance(i, str)]
    wheres = [i for i in items if isinstance(i, Where)]
    out: dict[int, Where | None] = {}
    if not wheres:
        return out
    gaps: list[list[Ask]] = [[]]
    for item in items:
        if isinstance(item, Where):
            gaps.append([])
        else:
            gaps[-1].append(item)
    if len(wheres) == 1:
        before, after = gaps
        for ask in _object_only(before):
            out[id(ask)] = wheres[0]
        for ask in after:
            out[id(ask)] = None if ask.concept.whole else wheres[0]
        return out
    trailing = bool(gaps[-1])
    leading = bool(gaps[0])
    for i, gap in enumerate(gaps):
        for j, ask in enumerate(gap):
            if leading:
                target = wheres[min(i, len(wheres) - 1)]
            elif trailing:
                target = wheres[max(i - 1, 0)]
            else:
                last = i == len(gaps) - 2 and len(gap) > 1 and j == len(gap) - 1
                target = wheres[i] if last else wheres[max(i - 1, 0)]
            out[id(ask)] = target
    _unpaired_places(wheres, out, items)
    return out


def _unpaired_places(wheres: list[Where], out: dict[int, Where | None], items: list[Ask | Where]) -> None:
    paired = {id(w) for w in out.values() if w is not None}
    for where in wheres:
        if id(where) in paired or where.kind not in ("region", "place"):
            continue
        others = [w for w in wheres if id(w) in paired and w.kind in ("region", "place")]
        if others and where.lone != others[0].lone:
            target = others[0]
            region, place = (target, where) if where.lone else (where, target)
            target.text = within(region.text, place.text)
            target.lone = False
            target.tokens += where.tokens


def _object_only(before: list[Ask]) -> list[Ask]:
    """In "add contrast and darken the sky" the contrast is for the whole photo."""
    if len(before) < 2 or before[-1].noun or before[-1].concept.type == "mood":
        return [a for a in before if not a.concept.whole]
    out = [before[-1]]
    for ask in reversed(before[:-1]):
        if ask.noun and ask.directed and ask.concept.type in ("quality", "effect"):
            break
        out.append(ask)
    return out


def _sky_thing(result: Scan, ask: Ask) -> None:
    """In "add dramatic clouds" the drama is the clouds'."""
    at = result.items.index(ask)
    after = result.items[at + 1] if at + 1 < len(result.items) else None
    if ask.where is None and not ask.noun and isinstance(after, Ask) and after.concept.region == "sky" and after.noun:
        ask.where = "sky"


def _inherit(clause: Clause, ask: Ask, wishes: Wishes) -> None:
    """A wish without a place: the topic of the sentence, if it goes on about it."""
    if wishes.topic is None or ask.concept.whole or ask.concept.region == "sky":
        return
    fresh = bool(wishes.topic_tokens)
    commanded = any(
        t.kind in ("add", "remove", "more", "less") and len(t.plain) > 1 and t.plain not in ("more", "less", "更多")
        for t in ask.tokens
    )
    if not fresh and (clause.after_stop or clause.lead == "then"):
        return
    if not fresh and ask.noun and (commanded or clause.has("add") or ask.number is not None):
        return
    if not fresh and clause.has("make", "become") and not clause.has("it") and clause.lead != "and":
        return
    ask.where = wishes.topic
    ask.tokens += [t for t in wishes.topic_tokens if t not in ask.tokens]
