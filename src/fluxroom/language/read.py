"""Clauses to wishes: which wish goes with which place, what is protected, what is only a limit."""

from __future__ import annotations

from fluxroom.language.asks import LIMITED, REST, Wishes, minus
from fluxroom.language.bind import bind
from fluxroom.language.clauses import Clause
from fluxroom.language.complaints import settle_complaints
from fluxroom.language.found import Scan
from fluxroom.language.keep import is_keep, read_keep
from fluxroom.language.lexicon import lexicon
from fluxroom.language.recast import recast
from fluxroom.language.scan import scan
from fluxroom.language.together import merge_bands, merge_beams, merge_moods, merge_ranges, merge_rims, merge_soft
from fluxroom.language.unsaid import bare_push, ellipsis, read_without_wish
from fluxroom.recipe import parse_region


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
    wishes.rest_named = any(t.kind == "rest" for clause in clauses for t in clause.tokens)
    settle_complaints(wishes)
    _settle_heroes(wishes)
    _settle_rest(wishes)
    _settle_kept(wishes)
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


def _settle_heroes(wishes: Wishes) -> None:
    """ "the barn should be the hero, tone down everything around it": then the barn itself stays as it is."""
    receding = any(a.where == REST and a.sign < 0 for a in wishes.asks)
    for ask in [a for a in wishes.asks if a.concept.key == "hero" and a.where and receding]:
        wishes.asks.remove(ask)
        wishes.keep.append((ask.where or "everything", tuple(ask.tokens)))
        for token in ask.tokens:
            token.led_to.append(f"keep {ask.where}")


def _settle_kept(wishes: Wishes) -> None:
    """A quality that must stay somewhere ("the rocks stay sharp"): if nothing else is asked there, that place stays."""
    moods = any(a.concept.type == "mood" for a in wishes.asks)
    for ask in list(wishes.forbidden):
        if ask.where in (None, "everything") or ask.concept.type in ("effect", "fault") or not wishes.asks:
            continue
        assert ask.where is not None
        if (ask.stays or not moods) and not _asked_at(ask.where, wishes):
            wishes.forbidden.remove(ask)
            wishes.keep.append((ask.where, tuple(ask.tokens)))
            for token in ask.tokens:
                token.led_to.append(f"keep {ask.where}")
    for text, tokens in wishes.natural:
        asked = _asked_at(text, wishes)
        if asked:
            wishes.factor = min(wishes.factor, LIMITED)
        else:
            wishes.keep.append((text, tokens))
        for token in tokens:
            token.led_to.append("gentler" if asked else f"keep {text}")


def _asked_at(text: str, wishes: Wishes) -> bool:
    """Is something asked of this very place, or of a part of it?"""
    kept = parse_region(text).names()
    if "sky" in kept:
        kept |= {"clouds"}
    places = [a.where for a in wishes.asks if a.where and not a.where.startswith("everything")]
    return any(parse_region(w).names() & kept for w in places)


_TOLD = frozenset(
    {"narrative", "function", "too", "unknown", "number", "this", "photo", "it", "copula", "prep", "time", "mark"}
)


def _tells(clause: Clause) -> bool:
    """ "I took this at the beach yesterday": tells, asks for nothing."""
    if clause.has("narrative") and all(t.kind in _TOLD for t in clause.tokens):
        for token in clause.tokens:
            token.led_to.append("describes the photo")
        return True
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
    if is_keep(clause, result, wishes):
        read_keep(clause, result, wishes)
        return
    if not result.asks and not ellipsis(clause, result, wishes) and not bare_push(clause, result, wishes):
        read_without_wish(clause, result, wishes)
        return
    wishes.keeping = False
    merge_moods(result)
    merge_rims(clause, result)
    merge_beams(result)
    merge_soft(result)
    merge_ranges(result)
    merge_bands(result)
    bind(clause, result, wishes)
    _same_band(result, wishes)
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


def _same_band(result: Scan, wishes: Wishes) -> None:
    """ "绿色往黄偏一点，饱和降一点": the saturation of that colour."""
    before = [a for a in wishes.asks if a.band and a.clause == wishes.clause - 1]
    for ask in result.asks:
        sliders = any(t.plain.startswith(("饱和", "明度", "色相", "saturation", "luminance")) for t in ask.tokens)
        if before and sliders and not ask.band and ask.where is None:
            ask.band = before[-1].band


def _spend(clause: Clause, result: Scan) -> None:
    """Grammar words that did their work in a clause with a wish."""
    for token in clause.tokens:
        if token.kind == "only":
            token.led_to.append("only that")
