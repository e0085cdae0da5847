"""Tokens to clauses, and what merely describes the photo set aside."""

from __future__ import annotations

from dataclasses import dataclass, field

from fluxroom.language.forms import Entry
from fluxroom.language.tagger import Token

_DESCRIBING = frozenset(
    {
        "region",
        "place",
        "time",
        "function",
        "prep",
        "concept",
        "impossible",
        "and",
        "unknown",
        "narrative",
        "this",
        "strength",
    }
)
_STARTERS = frozenset({"make", "become", "add", "remove", "keep", "neg", "limit", "want"})
_BREAKS = frozenset({"comma", "stop"})


@dataclass(slots=True)
class Clause:
    """A part of the sentence with one job. `lead` is the word that opened it ("but", "then" or "")."""

    tokens: list[Token] = field(default_factory=list)
    lead: str = ""
    after_stop: bool = False

    def has(self, *kinds: str) -> bool:
        return any(t.kind in kinds for t in self.tokens)


def set_descriptions_aside(tokens: list[Token]) -> list[Token]:
    """Mark what describes the photo ("this dusk beach photo", "I took this yesterday"); return the rest."""
    out: list[Token] = []
    at = 0
    while at < len(tokens):
        end = _description_end(tokens, at)
        if end is None:
            out.append(tokens[at])
            at += 1
            continue
        for token in tokens[at : end - 1]:
            if token.kind not in ("function", "prep", "and", "this"):
                token.led_to.append("describes the photo")
        photo = tokens[end - 1]
        out.append(photo)
        at = end
    return out


def _description_end(tokens: list[Token], at: int) -> int | None:
    """If a description of the photo starts here, the place after its noun ("photo", "照")."""
    opened = tokens[at].kind == "this" or tokens[at].plain == "the"
    made = any(t.get("become") or t.kind in ("make", "want") for t in tokens[max(0, at - 3) : at])
    if not opened and (at > 0 and tokens[at - 1].kind not in ("stop", "comma", "make", "prep", "fix")):
        return None
    if tokens[at].plain in ("a", "an") and made:
        return None
    if at > 0 and tokens[at - 1].kind == "remove":
        return None
    if tokens[at].kind not in ("this", "time", "region", "function", "impossible"):
        return None
    if not opened and any(t.get("become") for t in tokens[max(0, at - 3) : at]):
        return None
    end = at + 1
    while end < len(tokens) and end - at < 9:
        token = tokens[end]
        if token.kind == "photo" and token.plain not in ("look", "view", "scene", "composition", "场景"):
            inner = tokens[at + 1 : end] if opened else tokens[at:end]
            return end + 1 if _describes(inner, opened) else None
        if token.kind not in _DESCRIBING or token.plain in ("to", "to the", "in", "on", "in the", "里", "中"):
            return None
        end += 1
    return None


def _describes(inner: list[Token], opened: bool) -> bool:
    content = [t for t in inner if t.kind not in ("function", "prep", "and")]
    if not content:
        return False
    if any(t.kind == "concept" and t.plain.endswith("er") for t in content):
        return False
    nouns = [t for t in content if t.kind in ("region", "time", "impossible", "unknown")]
    return bool(nouns) and (opened or len(nouns) == len(content))


def split(tokens: list[Token]) -> list[Clause]:
    """Cut at commas, stops, "but", "then", and at "and" before a new command."""
    _correlate(tokens)
    out = [Clause()]
    for at, token in enumerate(tokens):
        following = tokens[at + 1] if at + 1 < len(tokens) else None
        if token.plain == "," and _adjectives(tokens, at):
            token.led_to.append("")
        elif token.kind in _BREAKS:
            token.led_to.append("")
            out.append(Clause(after_stop=token.kind == "stop"))
        elif token.kind in ("but", "then"):
            token.led_to.append("")
            _open(out, token.kind)
        elif token.kind == "then_or_more" and (not out[-1].tokens or _starts_command(tokens, at + 1)):
            token.led_to.append("")
            _open(out, "then")
        elif token.kind == "first":
            token.led_to.append("")
        elif token.kind == "and" and following is not None and _new_command(tokens, at + 1, out[-1]):
            token.led_to.append("")
            _open(out, "and")
        elif out[-1].has("concept") and _turns(tokens, at, out[-1]):
            _open(out, "but")
            out[-1].tokens.append(token)
        else:
            out[-1].tokens.append(token)
    return [c for c in out if c.tokens]


def _correlate(tokens: list[Token]) -> None:
    """ "rather warm than cold" and "不是更亮，是更暖" say what is wanted and what is not."""
    rather = denied = None
    for at, token in enumerate(tokens):
        if token.kind == "stop":
            rather = denied = None
        elif token.plain == "rather":
            rather = token
        elif token.plain in ("than", "than the") and rather is not None:
            rather.entries, token.entries = (Entry("function"),), (Entry("neg"),)
            rather = None
        elif token.plain in ("不是", "并不是"):
            denied = token
        elif token.plain == "是" and denied is not None and at and tokens[at - 1].kind in ("comma", "but"):
            token.entries = (Entry("but"),)


def _adjectives(tokens: list[Token], at: int) -> bool:
    """ "a dark, brooding sky": this comma does not part two wishes."""
    if at < 2 or tokens[at - 1].kind != "concept" or tokens[at - 2].plain not in ("a", "an", "more"):
        return False
    end = at + 1
    while end < len(tokens) and tokens[end].kind in ("concept", "and", "strength") and end - at < 5:
        end += 1
    return end > at + 1 and end < len(tokens) and tokens[end].kind == "region"


def _turns(tokens: list[Token], at: int, clause: Clause) -> bool:
    """Does a protection or a limit start here, after a wish, without a comma?"""
    token = tokens[at]
    if token.plain in ("without", "w/o", "instead of", "rather than", "而不是", "而非"):
        return True
    if token.plain in ("than", "than the") and token.kind == "neg":
        return True
    if token.kind == "make" and clause.tokens[0].plain in ("instead of", "rather than"):
        return True
    if token.kind == "keep":
        return not clause.has("neg", "keep") and _goes_on(tokens, at + 1)
    return token.kind == "limit" and not _limits_next(tokens, at + 1)


def _goes_on(tokens: list[Token], at: int) -> bool:
    """Is there anything to keep after this word? In "暖调要留着" there is not: it was named before."""
    for token in tokens[at:]:
        if token.kind in ("comma", "stop", "but", "then"):
            return False
        if token.kind not in ("function", "want", "mark"):
            return True
    return False


def _open(out: list[Clause], lead: str) -> None:
    if out[-1].tokens:
        out.append(Clause(lead=lead))
    else:
        out[-1].lead = lead


def _starts_command(tokens: list[Token], at: int) -> bool:
    return at < len(tokens) and tokens[at].kind in ("make", "add", "remove", "adjust", "keep")


def _limits_next(tokens: list[Token], at: int) -> bool:
    return at < len(tokens) and tokens[at].kind in ("concept", "function", "strength", "more", "too", "less")


def _new_subject(tokens: list[Token], at: int) -> bool:
    """ "... and the sky should be darker"."""
    while at < len(tokens) and tokens[at].kind in ("function", "prep"):
        at += 1
    if at + 1 >= len(tokens) or tokens[at].kind not in ("region", "place"):
        return False
    return tokens[at + 1].kind in ("want", "copula")


def _ellipsis(tokens: list[Token], at: int) -> bool:
    """ "... and less in the sky": a direction and a place; the wish is that of before."""
    placed = False
    for token in tokens[at + 1 :]:
        if token.kind in ("comma", "stop", "but", "then", "and"):
            break
        if token.kind not in ("function", "prep", "region", "place", "strength", "this", "mark"):
            return False
        placed = placed or token.kind in ("region", "place")
    return placed


def _pushes_it(clause: Clause) -> bool:
    """ "pull it back down"."""
    return any(t.kind in ("more", "less") and " it" in f" {t.plain}" for t in clause.tokens) or (
        clause.has("more", "less") and clause.has("it")
    )


def _new_command(tokens: list[Token], at: int, clause: Clause) -> bool:
    """Does a new command follow this "and"?"""
    while (
        at < len(tokens)
        and tokens[at].kind in ("function", "it")
        and tokens[at].plain in ("please", "also", "then", "to", "i", "也", "请")
    ):
        at += 1
    if at >= len(tokens):
        return False
    kind = tokens[at].kind
    if kind in ("more", "less", "number") and clause.has("concept") and _ellipsis(tokens, at):
        return True
    if kind == "concept" and tokens[at].pole != 0 and not clause.has("concept") and _pushes_it(clause):
        return True
    if clause.has("concept") and _new_subject(tokens, at):
        return True
    if kind in ("keep", "neg", "limit", "only", "except") or tokens[at].plain in ("make", "let", "turn", "bring"):
        return True
    if kind in ("add", "remove", "make", "become") and clause.has(
        "concept", "keep_suffix", "add", "remove", "impossible"
    ):
        return True
    if clause.has("keep", "keep_suffix", "neg"):
        return kind in _STARTERS or (kind == "concept" and tokens[at].pole != 0 and clause.has("keep_suffix"))
    return False
