"""One clause to items in order: wishes with their modifiers, places, and the "and"s between."""

from __future__ import annotations

from fluxroom.language.asks import REST, Ask, union, within
from fluxroom.language.clauses import Clause
from fluxroom.language.counts import place_numbers
from fluxroom.language.faults import Context, leaning, states_fault
from fluxroom.language.found import Pending, Scan, Where
from fluxroom.language.lexicon import lexicon
from fluxroom.language.tagger import Token

LEAST = 0.5
"""However little is asked for, it must still be seen."""
DEEPER = frozenset({"deeper", "deepen", "深", "更深", "深一点"})
_SUBJECTS = frozenset({"颜色", "色彩", "color", "colour", "colors", "colours", "光线", "light", "光"})
_GROUND = frozenset({"foreground", "everything - foreground"})
_LINKS = frozenset({"in", "in the", "on", "of", "of the", "within"})
_GENTLE = frozenset({"take the edge off", "take the sting out of", "take the bite out of", "knock the edge off"})
_IS_NOT = frozenset({"不是", "并不是", "not", "isn't", "aren't", "never"})
_AVOID = frozenset({"without", "w/o", "avoid", "avoiding", "prevent", "避免", "防止", "免得", "以免", "不会"})
_NOT_WANTED = frozenset(
    {"i don't want", "i do not want", "we don't want", "don't want", "do not want", "don't want any", "别加",
     "不要加", "不用加",
     "不加", "我不要", "我不想要", "不想要", "no need for", "skip the", "不需要"}
)  # fmt: skip
_TRAILING = frozenset(
    {"不要", "就免了", "免了", "不用", "就算了", "不必", "别要", "不需要", "就不用了", "不需要了", "不加", "不要加"}
)
_BEFORE = frozenset({"more", "less", "少一点", "多一点", "少点", "多点", "少些", "多些"})


class _Scanner:
    def __init__(self, clause: Clause) -> None:
        self.clause = clause
        self.tokens = clause.tokens
        self.scan = Scan()
        self.pending = Pending()
        self.neg: Token | None = None
        self.except_: Token | None = None
        self.last_ask_at = -9
        self.positions: dict[int, int] = {}
        self.kept_direction: tuple[int, Token] | None = None
        self.requested = clause.has("want", "make", "more", "less", "become", "add")

    def run(self) -> Scan:
        for at, token in enumerate(self.tokens):
            self.take(at, token)
        self.finish()
        return self.scan

    def take(self, at: int, token: Token) -> None:
        kind = token.kind
        if kind == "concept":
            self.concept(at, token)
        elif kind in ("region", "place", "everything", "rest"):
            self.where(at, token)
        elif kind == "it":
            self.scan.items.append(Where("it", [token], kind="it"))
        elif kind == "photo":
            self.scan.items.append(Where("everything", [token], kind="photo"))
        elif kind in ("more", "less", "add", "remove"):
            self.direction(at, token)
        elif kind == "strength":
            self.strength(at, token)
        elif kind == "number":
            self.scan.numbers.append((at, token))
            self.stops_for(at, token)
        elif kind == "too" and token.plain == "over" and self.next_is(at, "everything", "region", "place", "it"):
            token.led_to.append("")  # "grain over everything"
        elif kind == "too":
            self.pending.too = True
            self.pending.tokens.append(token)
        elif kind == "complaint":
            self.pending.tokens.append(token)
        elif kind == "lack":
            self.pending.lack = True
            self.pending.tokens.append(token)
        elif kind == "limit":
            self.pending.limited = True
            self.pending.tokens.append(token)
        elif kind == "enough":
            self.enough(token)
        elif kind == "neg":
            self.neg = token
        elif kind == "except":
            self.except_ = token
        elif kind == "except_suffix":
            last = self.scan.items[-1] if self.scan.items else None
            if self.except_ is None and isinstance(last, Where) and last.kind in ("region", "place"):
                last.excluded = True  # "天空除外"
            self.except_ = None
            token.led_to.append("")
        elif kind == "and":
            self.scan.items.append("and")

    def stops_for(self, at: int, token: Token) -> None:
        """ "bring the lake down a third of a stop and cool it": the direction is that of the stops."""
        following = self.tokens[at + 1] if at + 1 < len(self.tokens) else None
        if token.unit != "ev" or not self.pending.direction or self.scan.asks or following is None:
            return
        if following.kind == "and":
            pending, self.pending = self.pending, Pending()
            ask = Ask(lexicon().concepts["brightness"], noun=True, directed=True, tokens=pending.tokens)
            ask.sign = pending.direction
            self.kept_direction = None
            self.scan.items.append(ask)
            self.positions[id(ask)] = at

    def next_is(self, at: int, *kinds: str) -> bool:
        following = next((t for t in self.tokens[at + 1 :] if t.kind != "function"), None)
        return following is not None and following.kind in kinds

    # wishes

    def concept(self, at: int, token: Token) -> None:
        concept = lexicon().concepts[token.key]
        pending, self.pending = self.pending, Pending()
        ask = Ask(concept, noun=token.pole in (0, 2), tokens=[*pending.tokens, token], strength=pending.strength)
        if token.pole == 2:
            ask.band = concept.hue_band
        ask.sign = -1 if token.pole == -1 else 1
        if pending.lack:
            ask.directed = True
        elif pending.direction:
            ask.directed = True
            ask.sign *= pending.direction
        elif ask.noun and self.kept_direction is not None and self.scan.items[-1:] == ["and"]:
            ask.sign *= self.kept_direction[0]
            ask.tokens.insert(0, self.kept_direction[1])
            ask.directed = True
        if (pending.too and not pending.lack) or (not pending.lack and states_fault(ask, token, self.context(pending))):
            ask.sign = -ask.sign
            ask.directed = ask.wrong = True
        if self.neg is not None and self.neg.plain in _IS_NOT and leaning(token, pending):  # "不是偏黄"
            for word in (self.neg, *ask.tokens):
                word.led_to.append("describes the photo")
            return
        ask.limited = pending.limited
        self.negate(ask, token)
        if concept.type == "fault":
            ask.sign, ask.limited, ask.directed, ask.wrong = 1, False, True, True
            ask.forbidden = self.neg is not None and (self.caused() or token.pole == 1)
        if self.joins_subject(ask, token):
            return
        self.scan.items.append(ask)
        self.positions[id(ask)] = at
        self.last_ask_at = at

    def caused(self) -> bool:
        """ "brighter, but not overexposed", "w/o making it grey": a fault to be avoided, not one to be cured."""
        assert self.neg is not None
        return self.neg.plain in _AVOID or self.clause.lead == "but" or self.clause.has("make", "become")

    def joins_subject(self, ask: Ask, token: Token) -> bool:
        """ "颜色更艳", "warmer colors": the noun only says of what."""
        last = self.scan.items[-1] if self.scan.items else None
        if not isinstance(last, Ask) or last.clause:
            return False
        word = last.tokens[-1].plain
        about = word in _SUBJECTS or last.concept.key == ask.concept.key
        subject = last.noun or (word in _SUBJECTS and last.concept.key == "brightness")
        if subject and not last.directed and not ask.noun and about:
            ask.tokens = [*last.tokens, *ask.tokens]
            self.scan.items.pop()
            return False
        same = ask.noun and ask.concept.key == last.concept.key
        of = token.plain in _SUBJECTS or same
        if not ask.directed and not last.noun and of and last.concept.type in ("quality", "mood", "color"):
            last.tokens.append(token)
            return True
        return False

    def context(self, pending: Pending) -> Context:
        return Context(self.tokens, self.scan.items, pending, self.requested, self.neg is not None)

    def negate(self, ask: Ask, token: Token) -> None:
        if self.neg is None:
            return
        if self.neg not in ask.tokens:
            ask.tokens.insert(0, self.neg)
        if ask.limited:
            return
        quality = ask.concept.type == "quality" and ask.noun
        if ask.concept.key == "haze" and self.neg.plain in _NOT_WANTED:
            ask.forbidden = True
        elif ask.concept.key == "haze":
            ask.sign, ask.directed = -1, True
        elif quality and not ask.directed and self.neg.plain in ("没有", "没", "无"):
            ask.directed = True
        elif any(t.kind == "too" for t in ask.tokens):
            ask.sign, ask.limited = -ask.sign, True
        else:
            ask.forbidden = True

    def enough(self, token: Token) -> None:
        if self.scan.asks and self.scan.asks[-1].forbidden:
            ask = self.scan.asks[-1]
            ask.forbidden, ask.directed = False, True
            ask.tokens.append(token)
        elif self.neg is not None:
            self.pending.lack = True
            self.pending.tokens += [self.neg, token]
            self.neg = None
        elif self.scan.asks and self.scan.asks[-1].noun and not self.scan.asks[-1].directed:  # "亮度够了"
            ask = self.scan.asks[-1]
            self.scan.items.remove(ask)
            for word in [*ask.tokens, token]:
                word.led_to.append("stays as it is")

    # modifiers

    def direction(self, at: int, token: Token) -> None:
        sign = 1 if token.kind in ("more", "add") else -1
        trailing = [] if token.plain in _BEFORE and self.wish_follows(at) else self.trailing_nouns()
        if trailing and token.kind == "add" and not self.goes_on(at):  # "饱和度加一点"
            trailing = trailing[:1]
        elif token.kind == "add":
            trailing = []
        if trailing and token.kind != "remove":
            lacking = -1 if self.pending.too else 1
            for ask in trailing:
                ask.sign, ask.directed = ask.sign * sign * lacking, True
                ask.tokens += [*self.pending.tokens, token]
                if self.pending.strength is not None:
                    ask.strength = self.pending.strength
                if self.pending.limited:
                    ask.limited = True
                if self.neg is not None and not ask.forbidden and not ask.limited and ask.concept.type != "fault":
                    self.negate(ask, token)
            self.pending = Pending()
            return
        if trailing and token.kind == "remove":
            for ask in trailing:
                ask.sign, ask.directed = -1, True
                ask.tokens.append(token)
            return
        last = self.scan.items[-1] if self.scan.items else None
        if token.plain in DEEPER and isinstance(last, Ask) and last.concept.type == "color":
            last.band, last.directed = last.concept.hue_band, True
            last.tokens.append(token)
            return
        if token.plain in _GENTLE:
            self.pending.strength = 0.5
        self.pending.direction = min(sign, self.pending.direction or sign)
        self.pending.tokens.append(token)
        self.kept_direction = (sign, token)

    def goes_on(self, at: int) -> bool:
        return any(t.kind in ("concept", "region", "place", "impossible", "unknown") for t in self.tokens[at + 1 :])

    def trailing_nouns(self) -> list[Ask]:
        out: list[Ask] = []
        for item in reversed(self.scan.items):
            if isinstance(item, Where) and item.kind in ("it", "photo"):
                continue
            if isinstance(item, Where):
                break
            if item == "and":
                if not out:
                    break
                continue
            if isinstance(item, Ask):
                if not item.noun or item.directed:
                    break
                out.append(item)
        return out

    def strength(self, at: int, token: Token) -> None:
        suffix = not token.plain.isascii()
        close = all(
            t.kind in ("function", "more", "less", "want", "strength") for t in self.tokens[self.last_ask_at + 1 : at]
        )
        wish_follows = self.wish_follows(at)
        if self.scan.asks and close and (suffix or not wish_follows) and self.scan.items[-1] != "and":
            ask = self.scan.asks[-1]
            value = token.entries[0].value * (1.0 if ask.strength is None else min(ask.strength, 1.2))
            ask.strength = max(value, LEAST)
            ask.tokens.append(token)
        elif wish_follows or self.any_follows(at):
            old = self.pending.strength
            value = token.entries[0].value
            self.pending.strength = max(value if old is None else value * old, LEAST)
            self.pending.tokens.append(token)
        elif self.scan.asks:
            self.scan.asks[-1].strength = token.entries[0].value
            self.scan.asks[-1].tokens.append(token)
        else:
            self.scan.strengths.append(token)

    def wish_follows(self, at: int) -> bool:
        for token in self.tokens[at + 1 :]:
            if token.kind in ("concept", "more", "less", "too", "add", "lack"):
                return True
            if token.kind not in ("function", "strength", "make", "mark", "prep", "complaint"):
                return False
        return False

    def any_follows(self, at: int) -> bool:
        return not self.scan.asks and any(t.kind == "concept" for t in self.tokens[at + 1 :])

    # places

    def where(self, at: int, token: Token) -> None:
        excluded = self.except_ is not None and token.kind in ("region", "place")
        kind = token.kind
        before = next((t for t in reversed(self.tokens[:at]) if t.plain != "the"), None)
        if (
            before is not None
            and before.kind == "beside"
            and self.scan.wheres
            and self.scan.wheres[-1].kind == "region"
        ):
            token.led_to.append("describes the photo")
            return
        last = self.scan.items[-1] if self.scan.items else None
        previous = last
        joined = False
        if last == "and" and len(self.scan.items) > 1:
            previous, joined = self.scan.items[-2], True
        if (
            isinstance(previous, Where)
            and previous.kind in ("region", "place")
            and kind in ("region", "place")
            and (previous.excluded == excluded and self.adjacent(previous, at))
        ):
            if joined:
                self.scan.items.pop()
            self.extend(previous, token, joined)
            return
        text = REST if kind == "rest" else token.key or kind
        new = Where(text, [token], kind == "place", kind, excluded)
        if excluded and self.except_ is not None:
            new.tokens.insert(0, self.except_)
        self.scan.items.append(new)

    def adjacent(self, previous: Where, at: int) -> bool:
        start = self.tokens.index(previous.tokens[-1])
        return all(t.kind in ("function", "prep", "and", "mark", "this") for t in self.tokens[start + 1 : at])

    def linked(self, where: Where, token: Token) -> bool:
        """ "前景的石头", "the trees in the background": one names where the other stands."""
        if "place" in (token.kind, where.tokens[-1].kind) or token.key == where.text or where.lone:
            return False
        if {token.key, where.text} <= {"sky", "clouds"}:
            return False
        start, end = self.tokens.index(where.tokens[-1]), self.tokens.index(token)
        between = [t.plain for t in self.tokens[start + 1 : end]]
        behind = any(b in _LINKS for b in between)
        return "的" in between or behind

    def extend(self, where: Where, token: Token, joined: bool) -> None:
        place = token.kind == "place"
        if not joined and self.linked(where, token):
            where.text = _part_of(where.text, token)
        elif joined and place == where.lone:
            where.text = union(where.text, token.key)
        elif place or where.lone:
            region, spot = (where.text, token.key) if place and not where.lone else (token.key, where.text)
            where.text = within(region, spot)
        elif token.key in ("sky", "clouds") and where.text in ("sky", "clouds"):
            where.text = "clouds"  # "the clouds in the sky"
        else:
            where.text = union(where.text, token.key)
        where.lone = where.lone and place
        where.tokens.append(token)

    def finish(self) -> None:
        asks = self.scan.asks
        pending = self.pending
        if pending.tokens:
            flips = pending.direction or pending.lack or (pending.too and not self.clause.has("unknown"))
            if asks and flips and not asks[-1].directed and asks[-1].noun:
                asks[-1].sign *= -1 if (pending.direction < 0) != pending.too and not pending.lack else 1
                asks[-1].directed = True
                asks[-1].tokens += pending.tokens
            elif asks and asks[-1].wrong and pending.direction < 0:  # "the haze has got to go"
                asks[-1].tokens += pending.tokens
            elif asks and pending.direction and not asks[-1].noun:  # "冷暖对比强一点"
                factor = 1.3 if pending.direction > 0 else 0.6
                asks[-1].strength = factor * (asks[-1].strength or 1.0)
                asks[-1].tokens += pending.tokens
            elif pending.limited and not asks:
                self.scan.limits += pending.tokens
            elif pending.limited or any(t.kind == "complaint" for t in pending.tokens):
                (asks[-1].tokens if asks else self.scan.loose).extend(pending.tokens)
            else:
                self.scan.loose += pending.tokens
                if not asks and pending.strength is not None:
                    self.scan.strengths += [t for t in pending.tokens if t.kind == "strength"]
        if self.neg is not None and not asks:
            self.scan.loose.append(self.neg)
        elif self.neg is not None and self.neg.plain in _TRAILING and self.clause.tokens[-1] is self.neg:
            for ask in asks:  # "暗角就免了", "一点红都不要"
                if ask.concept.type in ("effect", "mood", "color") and self.neg not in ask.tokens:
                    ask.forbidden = True
                    ask.tokens.append(self.neg)
        self.share_strength()
        place_numbers(self.scan, self.positions, self.pending)

    def share_strength(self) -> None:
        """ "slightly brighter and warmer": one strength for both."""
        items = self.scan.items
        for i, item in enumerate(items[:-2]):
            following = items[i + 2]
            if isinstance(item, Ask) and items[i + 1] == "and" and isinstance(following, Ask):
                leading = bool(item.tokens) and item.tokens[0].kind == "strength"
                if leading and following.strength is None and following.tokens[0].kind == "concept":
                    following.strength = item.strength


def _part_of(first: str, token: Token) -> str:
    """The thing, within the near or far part of the photo if that was named."""
    chinese = not token.plain.isascii()
    thing, setting = (token.key, first) if chinese else (first, token.key)
    if thing in _GROUND and setting not in _GROUND:
        thing, setting = setting, thing
    if thing in ("mountain", "sky", "clouds"):  # "远处的山" are all the mountains
        return thing
    return within(thing, setting) if setting in _GROUND else thing


def scan(clause: Clause) -> Scan:
    """Read a clause left to right."""
    return _Scanner(clause).run()
