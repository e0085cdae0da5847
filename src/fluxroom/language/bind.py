"""Wishes to places: which wish of a clause goes with which place."""

from __future__ import annotations

from fluxroom.language.asks import REST, Ask, Wishes, minus, union, within
from fluxroom.language.clauses import Clause
from fluxroom.language.found import Scan, Where


def bind(clause: Clause, result: Scan, wishes: Wishes) -> None:
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
            ask.where = resolve(where, wishes)
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
        wishes.last_where = resolve(last, wishes)
        spoken_of = last.kind in ("region", "place", "rest") and not all(a.concept.thing for a in result.asks)
        wishes.topic = wishes.last_where if spoken_of else None  # "birds on the left": the talk is of the photo
        wishes.topic_tokens = []
    if any(a.concept.key == "remove" for a in result.asks):  # what is gone is no topic any more
        wishes.topic, wishes.last_where = None, None
    if not named and any(a.concept.region == "sky" and not a.concept.thing and not a.where for a in result.asks):
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
        for ask in before if wheres[0].kind == "everything" and len(before) == 1 else _object_only(before):
            out[id(ask)] = wheres[0]
        for ask in after:
            out[id(ask)] = None if ask.concept.whole and wheres[0].kind != "everything" else wheres[0]
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
    own = ask.concept.region not in ("", "everything", "vegetation + mountain")
    if wishes.topic is None or ask.concept.whole or own:
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
    meant = clause.has("it") or any(t.plain.endswith(("它", " it")) for t in clause.tokens)
    if not fresh and clause.has("make", "become") and not meant and clause.lead != "and":
        return
    ask.where = wishes.topic
    ask.tokens += [t for t in wishes.topic_tokens if t not in ask.tokens]


def joined(wheres: list[Where]) -> str:
    text = wheres[0].text
    for where in wheres[1:]:
        text = union(text, where.text)
    return text


def resolve(where: Where, wishes: Wishes) -> str:
    if where.kind == "rest":
        return REST
    if where.kind == "it":
        return wishes.last_where or "everything"
    return where.text
