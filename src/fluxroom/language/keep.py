"""What stays: "keep the sea as it is", "天空别动", "keep the contrast"."""

from __future__ import annotations

from fluxroom.language.asks import LIMITED, Ask, Wishes, minus
from fluxroom.language.clauses import Clause
from fluxroom.language.found import Scan, Where
from fluxroom.language.tagger import Token
from fluxroom.language.together import merge_ranges


def is_keep(clause: Clause, result: Scan, wishes: Wishes) -> bool:
    negated = clause.has("neg")
    if clause.has("keep", "keep_suffix"):
        return not (clause.has("keep") and negated and not clause.has("keep_suffix") and bool(result.asks))
    if negated and clause.has("touch"):
        return True
    if clause.has("fine") and not negated and not result.asks:
        return any(w.kind in ("region", "place", "rest") for w in result.wheres)
    if negated and clause.has("adjust") and not clause.has("more", "less"):
        return True
    if negated and result.wheres and not result.asks:
        return True
    return wishes.keeping and bool(result.wheres) and not result.asks and not clause.has("more", "less", "add")


def read_keep(clause: Clause, result: Scan, wishes: Wishes) -> None:
    again, wishes.keeping = wishes.keeping, True
    words = [
        t
        for t in clause.tokens
        if t.kind in ("keep", "keep_suffix", "neg", "touch", "limit", "only", "adjust", "enough", "fine")
    ]
    regions = [w for w in result.wheres if w.kind in ("region", "place")]
    if again and not result.items:  # "..., keep the sea as it is, don't change it"
        for token in words:
            token.led_to.append("stays as it is")
        return
    merge_ranges(result)
    rest = any(w.kind == "rest" for w in result.wheres)
    if result.asks and not ((regions or rest) and clause.has("keep_suffix", "touch")):
        for ask in result.asks:
            if ask.noun and not ask.directed and ask.concept.key == ask.concept.range:  # "hands off the midtones"
                keep_region(Where(ask.concept.range, ask.tokens), words, wishes)
            else:
                _keep_quality(ask, regions, words, wishes)
        return
    for ask in result.asks:  # "keep the blue of the sea as it is"
        for token in ask.tokens:
            token.led_to.append("stays as it is")
    for where in regions:
        if where.excluded:  # "除天空外不要动"
            where.text = minus("everything", where.text)
        keep_region(where, words, wishes)
    if wishes.topic is not None and not regions and not result.asks and wishes.topic_tokens:
        keep_region(Where(wishes.topic, wishes.topic_tokens), words, wishes)
        wishes.topic = None
        return
    if regions and wishes.topic is not None and wishes.topic_tokens:
        keep_region(Where(wishes.topic, wishes.topic_tokens), [], wishes)  # "天空，海面都不变"
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


def keep_region(where: Where, words: list[Token], wishes: Wishes) -> None:
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
        keep_region(Where(wishes.last_where, where.tokens), words, wishes)
        return
    wishes.keep_all += [*where.tokens, *words]
    for token in [*where.tokens, *words]:
        token.led_to.append("keep everything")


def _keep_quality(ask: Ask, regions: list[Where], words: list[Token], wishes: Wishes) -> None:
    """ "keep the contrast", "keep the sky dark": that quality is not changed."""
    ask.forbidden = ask.stays = True
    if ask.noun:
        ask.sign = 0
    elif not any(t.kind == "neg" for t in ask.tokens):
        ask.sign = -ask.sign
    if regions:
        ask.where = regions[0].text
    for token in [*words, *(t for w in regions for t in w.tokens)]:
        token.led_to.append("stays as it is")
    wishes.forbidden.append(ask)
