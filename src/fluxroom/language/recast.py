"""Words with two meanings: the rest of the clause decides.

Clouds are a place ("darken the clouds") or a thing to add ("add clouds"); a sunset is
a sky or a look; dusk describes the photo or is what it should become; and a thing that
is added or removed is beyond the engine, while a quality of that thing is not.
"""

from __future__ import annotations

from itertools import pairwise

from fluxroom.language.asks import Wishes
from fluxroom.language.clauses import Clause
from fluxroom.language.forms import Entry
from fluxroom.language.lexicon import lexicon
from fluxroom.language.steps import PLACES
from fluxroom.language.tagger import Token
from fluxroom.language.things import puts
from fluxroom.recipe import parse_region

_SKIPPED = frozenset({"function", "strength", "more", "this", "unknown", "mark"})
_SCENIC = frozenset({"night", "season", "weather"})
_SEASONS = frozenset({"spring", "summer", "autumn", "winter"})
_EDITS = frozenset({"add", "remove"})


def recast(clause: Clause, wishes: Wishes) -> None:
    """Settle the meaning of each ambiguous token of the clause; takes out what is impossible."""
    _little_words(clause, wishes)
    _choose_entries(clause)
    _exchanged(clause, wishes)
    _painted(clause)
    _heavy(clause)
    _how_much(clause)
    _fog(clause)
    _clouds(clause)
    _leaves(clause)
    _sunsets_and_times(clause)
    _belongings(clause)
    _objects(clause, wishes)
    _impossible(clause, wishes)


def _mean(token: Token, *entries: Entry) -> None:
    token.entries = entries


def _next(
    tokens: list[Token], at: int, skip: frozenset[str] = frozenset({"function", "strength", "mark"})
) -> Token | None:
    for token in tokens[at + 1 :]:
        if token.kind not in skip:
            return token
    return None


def _choose_entries(clause: Clause) -> None:
    tokens = clause.tokens
    for at, token in enumerate(tokens):
        if len(token.entries) < 2:
            continue
        following = _next(tokens, at)
        strength, more, complaint = token.get("strength"), token.get("more"), token.get("complaint")
        concept_follows = following is not None and following.kind in ("concept", "more", "less", "too")
        if strength and token.kind == "concept" and concept_follows:
            _mean(token, strength)
        elif more and token.kind == "concept" and any(t.kind == "concept" and t is not token for t in tokens):
            _mean(token, more)
        elif complaint and strength:
            _mean(token, complaint if concept_follows else strength)
        elif token.kind == "impossible" and token.get("function") and any(t.kind == "concept" for t in tokens):
            _mean(token, Entry("function"))  # "色温往冷的方向挪一点"
        elif token.get("touch") and token.kind == "concept" and clause.has("neg"):
            _mean(token, Entry("touch"))  # "细节不许抹掉"


def _little_words(clause: Clause, wishes: Wishes) -> None:
    colored = any(t.kind == "concept" and lexicon().concepts[t.key].type == "color" for t in clause.tokens)
    for token in clause.tokens:
        again = token.key == "auto_wb" and bool(wishes.asks) and wishes.asks[-1].concept.type == "color"
        if again and token.get("fix") and len(clause.tokens) <= 4:
            _mean(token, Entry("fix"))  # "the sand looks magenta, can you neutralise it?"
        elif colored and token.key == "auto_wb":
            _mean(token, Entry("cast"))  # "the colour cast is magenta": which colour is said
            token.led_to.append("describes the photo")
        fix = token.get("fix")
        if fix and token.kind == "concept" and len(clause.tokens) == 1 and wishes.asks and wishes.asks[-1].wrong:
            _mean(token, fix)  # "整体偏绿，修一下"
    for before, token in pairwise(clause.tokens):
        if token.plain == "只" and before.kind == "add":  # "加只天鹅" counts swans, it does not mean "only"
            _mean(token, Entry("function"))
        if before.kind == "neg" and token.plain in ("lose", "losing", "kill", "killing"):
            _mean(token, Entry("touch"))


def _is_clouds(token: Token) -> bool:
    if token.kind == "concept":
        return lexicon().concepts[token.key].region == "sky"
    return token.kind == "region" and token.key == "clouds"


_INSTEAD = frozenset({"with", "for", "to", "into", "by"})
"""Without one of these "trade ..." and a wish are two things: "replace the car and make it darker"."""


def _instead(between: list[Token], made: Token) -> bool:
    """Whether a word of exchange stands before what shall be made, or begins it."""
    return bool(_INSTEAD.intersection([t.plain for t in between] + made.plain.split(" ")[:1]))


def _exchanged(clause: Clause, wishes: Wishes) -> None:
    """ "天空换成有层次的云", "树换成深秋", "change the sky to dusk": what can be made is made."""
    tokens = clause.tokens
    verb = next((t for t in tokens if t.kind == "impossible" and t.key == "replace"), None)
    if verb is None:
        return
    after = tokens[tokens.index(verb) + 1 :]
    others = [t for t in after if t.kind == "impossible"]
    made = [t for t in after if t.kind in ("concept", "time") and not puts(t.plain)]
    into = [t for t in made if _is_clouds(t)] + [t for t in after if t.kind == "region" and t.key == "clouds"]
    if others:
        return
    if into:
        if any(t.kind == "region" and t.key == "sky" for t in tokens[: tokens.index(verb)]) or verb.plain.isascii():
            wishes.impossible.append(("replace", ()))
        _mean(verb, Entry("add"))
        if into[-1].kind == "region":
            _mean(into[-1], Entry("concept", "add_clouds", 0))
    elif (
        made
        and (not verb.plain.isascii() or _instead(after[: after.index(made[-1])], made[-1]))
        and not any(t.kind == "unknown" for t in after)
        and not _swapped(tokens, verb)
    ):
        _mean(verb, Entry("become"))
    elif made and (verb.plain.isascii() or any(t.kind == "unknown" for t in after)):
        _take_out(clause, wishes, "replace", tokens[tokens.index(verb) :])


def _swapped(tokens: list[Token], verb: Token) -> bool:
    """ "swap his shirt for a blue one", "change the background": one thing for another."""
    return "background" in verb.plain or (
        any(t.plain in ("for", "with") for t in tokens) and any(t.kind == "region" and t.key in _THINGS for t in tokens)
    )


_THINGS = frozenset({"object", "building", "person", "animal"})


def _painted(clause: Clause) -> None:
    """ "except the red umbrella": the colour says which one."""
    tokens = clause.tokens
    for at, token in enumerate(tokens):
        if token.kind != "concept" or lexicon().concepts[token.key].type != "color" or token.plain.endswith("er"):
            continue
        following = _next(tokens, at)
        if following is None or following.kind != "region":
            continue
        if following.key in _THINGS or clause.has("except", "only", "keep", "keep_suffix"):
            token.led_to.append("describes the photo")
            _mean(token, Entry("function"))


def _heavy(clause: Clause) -> None:
    """ "heavier clouds": there the word is no strength but a quality."""
    if any(t.kind == "concept" for t in clause.tokens):
        return
    if not any(t.kind == "region" and t.key in ("sky", "clouds") for t in clause.tokens):
        return
    for token in clause.tokens:
        if token.kind == "strength" and token.plain in ("heavy", "heavier", "重重", "浓重"):
            _mean(token, Entry("concept", "weight", 1))


_FAINT_WORDS = frozenset(
    {
        "淡淡的",
        "淡",
        "薄薄的",
        "薄",
        "浅浅的",
        "浅",
        "柔和",
        "柔",
        "soft",
        "gentle",
        "thin",
        "faint",
        "light",
        "pale",
        "wispy",
        "delicate",
        "low",
    }
)
_STRONG_WORDS = frozenset({"浓", "厚", "深", "重", "thick", "dense", "heavy", "deep", "bold", "rich", "厚重", "浓厚"})


def _how_much(clause: Clause) -> None:
    """ "a gentle S-curve", "加个淡淡的暗角", "thick fog": how strong the effect is to be."""
    tokens = clause.tokens
    for at, token in enumerate(tokens[:-1]):
        if token.plain not in _FAINT_WORDS | _STRONG_WORDS or token.kind not in ("concept", "unknown", "less", "more"):
            continue
        following = _next(tokens, at, frozenset({"function", "mark", "prep"}))
        if following is None or following.kind != "concept" or tokens.index(following) - at > 2:
            continue
        concept = lexicon().concepts[following.key]
        effect = concept.type == "effect" or (following.key in ("haze", "contrast") and following.plain != "contrast")
        if effect and (
            concept.region != "sky" or token.kind == "unknown" or not any(a.operator == "clouds" for a in concept.do)
        ):
            _mean(token, Entry("strength", "", 0, 0.6 if token.plain in _FAINT_WORDS else 1.3))


_FOGS = {"fog": "fog", "mist": "mist", "雾": "fog", "薄雾": "mist", "雾气": "mist", "水汽": "mist"}
_BRINGING = frozenset({"with", "some", "a bit of", "come", "带", "带点", "飘", "起", "飘着", "弥漫"})


def _fog(clause: Clause) -> None:
    """ "autumn woods with thin mist": fog that is to come, for it is not said to be too much."""
    tokens = clause.tokens
    if clause.has("remove", "less", "neg", "too", "complaint", "lack", "copula", "keep", "except"):
        return
    for at, token in enumerate(tokens):
        if token.kind == "concept" and token.plain in _FOGS:
            before = list(tokens[max(0, at - 4) : at])
            if any(t.plain in _BRINGING for t in before) and not any(t.kind == "and" for t in before):
                _mean(token, Entry("concept", _FOGS[token.plain], 0))


def _clouds(clause: Clause) -> None:
    tokens = clause.tokens
    concepts = [t for t in tokens if t.kind == "concept"]
    if clause.has("impossible"):
        return
    for at, token in enumerate(tokens):
        if token.kind != "region" or token.key != "clouds":
            continue
        before = _before(tokens, at)
        following = _next(tokens, at)
        quality_follows = following is not None and following.kind == "concept" and following.pole == 0
        if "remove" in before or (before[:1] == ["less"] and not concepts):
            _mean(token, Entry("impossible", "clear_sky"))
        elif (
            ("add" in before and not quality_follows)
            or (before[:1] == ["more"] and not quality_follows)
            or (
                not concepts
                and (clause.has("more", "add", "lack") or _alone(token, tokens))
                and not clause.has("keep", "keep_suffix", "touch", "except", "only", "less", "neg", "number")
            )
        ):
            _mean(token, Entry("concept", "add_clouds", 0))


_TURNED = {
    "红叶": "red_leaves", "枫叶": "red_leaves", "autumn leaves": "autumn", "fall leaves": "autumn",
}  # fmt: skip


def _leaves(clause: Clause) -> None:
    """ "红叶", "add autumn leaves": without a word for what to do with them, they are what the trees should have."""
    quiet = ("function", "strength", "want", "make", "mark", "photo", "this", "prep", "add", "become", "more")
    for token in clause.tokens:
        if token.plain in _TURNED and all(t is token or t.kind in quiet for t in clause.tokens):
            _mean(token, Entry("concept", _TURNED[token.plain], 1))


def _before(tokens: list[Token], at: int) -> list[str]:
    """Kinds of what stands right before, nearest first; qualities in adjective form are passed over after an "add"."""
    out = []
    for token in reversed(tokens[:at]):
        if token.kind in ("add", "remove", "more", "less"):
            out.append("add" if token.kind == "add" else token.kind)
            if token.kind in ("add", "remove"):
                break
        elif token.kind == "concept" and (token.pole == 0 and not token.plain.isascii()):
            continue
        elif token.kind == "concept" and token.pole in (1, -1):
            out.append("quality")
        elif token.kind not in ("function", "strength", "mark", "unknown", "region") and token.plain != "的":
            break
    return out


def _alone(token: Token, tokens: list[Token]) -> bool:
    quiet = ("function", "strength", "want", "make", "mark", "photo", "this", "prep")
    return all(t is token or t.kind in quiet for t in tokens) and any(
        t.kind == "want" or t.plain in ("please",) for t in tokens
    )


def _sunsets_and_times(clause: Clause) -> None:
    tokens = clause.tokens
    concepts = [t for t in tokens if t.kind == "concept"]
    protecting = clause.has("keep", "keep_suffix", "except", "touch", "only")
    for at, token in enumerate(tokens):
        if token.kind == "region" and token.pole == 1 and not concepts and not protecting:
            if clause.has("become"):
                _mean(token, Entry("concept", "golden_hour", 1))
            elif clause.has("more", "less", "add", "lack", "want", "strength"):
                _mean(token, Entry("concept", "sunset_colors", 0))
        elif token.kind == "time":
            made = bool(at and tokens[at - 1].get("make")) or (clause.has("more", "strength") and not concepts)
            if token.key in _SEASONS and made and not protecting:
                _mean(token, Entry("concept", token.key, 1))
                continue
            led = any(t.get("become") for t in tokens[max(0, at - 2) : at])
            only = all(t is token or t.kind in ("function", "this", "photo", "and", "prep") for t in tokens)
            if not protecting and (
                (clause.has("become") and (led or not concepts))
                or (not concepts and (only or clause.has("make", "add", "want")))
            ):
                _mean(token, Entry("concept", token.key, 1))
            else:
                token.led_to.append("describes the photo")
                _mean(token, Entry("function"))


_BELONGINGS = frozenset({"shadow", "shadows", "reflection", "reflections", "影子", "阴影", "倒影"})


def _belongings(clause: Clause) -> None:
    """ "remove the dog and its shadow": it goes with the dog anyway."""
    tokens = clause.tokens
    if not clause.has("remove") and not any(t.kind == "concept" and t.key == "remove" for t in tokens):
        return
    for at, token in enumerate(tokens):
        if token.plain not in _BELONGINGS:
            continue
        start = at
        while start > 0 and tokens[start - 1].kind in ("function", "copula", "prep", "it", "this"):
            start -= 1
        if start < 2 or tokens[start - 1].kind != "and" or not any(t.kind == "region" for t in tokens[: start - 1]):
            continue
        for word in tokens[start - 1 : at + 1]:
            word.led_to.append("goes with it")
            _mean(word, Entry("function"))


def _objects(clause: Clause, wishes: Wishes) -> None:
    """Adding a tree, removing a person."""
    tokens = clause.tokens
    if any(t.kind == "concept" and t.key in _BLEMISHES for t in tokens):
        for token in tokens:
            if token.kind == "concept" and token.key == "remove":
                _mean(token, Entry("remove"))  # "erase the wires": they are found by themselves
    for at, verb in enumerate(tokens):
        if verb.kind not in _EDITS:
            continue
        end = at + 1
        taken: list[Token] = []
        while end < len(tokens) and (
            tokens[end].kind in _SKIPPED
            or tokens[end].kind == "region"
            or (taken and tokens[end].kind == "and")
            or (verb.kind == "remove" and _passes(tokens[end]))
        ):
            if tokens[end].kind == "region":
                taken.append(tokens[end])
            end += 1
        if not taken and verb.kind == "remove" and not any(t.kind == "concept" for t in tokens):
            taken = [t for t in tokens[:at] if t.kind in ("region", "place")]
            end = len(tokens)
        if not taken:
            _unknown_object(tokens, at, wishes)
            continue
        following = tokens[end] if end < len(tokens) and tokens[end - 1].kind != "and" else None
        if following is not None and (
            following.kind == "concept" or following.plain in ("的", "里", "里面", "中", "上")
        ):
            continue
        if following is not None and following.kind in ("more", "less", "copula"):
            continue
        if all(t.kind != "concept" for t in tokens[end:]):
            taken += [t for t in tokens[end:] if t.kind in ("place", "region")]
        if verb.kind == "remove" and _removable(taken):
            for token in taken:  # "the birds in the sky" says where they are
                if token.kind == "region" and not _is_thing(token):
                    token.led_to.append("describes the photo")
                    _mean(token, Entry("function"))
            _mean(verb, Entry("concept", "remove", 1))
            return
        kind = "add_object" if verb.kind == "add" else "remove_object"
        _take_out(clause, wishes, kind, sorted([verb, *taken], key=lambda t: t.start))


_BETWEEN = frozenset(
    {"的", "上", "上的", "里", "里的", "中", "中的", "from", "from the", "in", "in the", "on", "on the"}
)
_BLEMISHES = frozenset({"dust_spots", "wires", "contrails"})
_REMOVABLE = frozenset({"person", "animal", "object", "building", "trees"})


def _passes(token: Token) -> bool:
    """What may stand between the verb and the thing that goes."""
    return token.kind in ("place", "complaint") or token.plain in _BETWEEN


def _is_thing(token: Token) -> bool:
    return parse_region(token.key).names() <= _REMOVABLE | PLACES


def _removable(taken: list[Token]) -> bool:
    """Is there a thing with a place of its own among them? Nothing would be left where the sky is gone."""
    return any(t.kind == "region" and _is_thing(t) for t in taken)


def _unknown_object(tokens: list[Token], at: int, wishes: Wishes) -> None:
    rest = tokens[at + 1 :]
    if any(t.kind == "unknown" for t in rest) and not any(t.kind in ("concept", "impossible", "region") for t in rest):
        wishes.impossible.append(("add_object" if tokens[at].kind == "add" else "remove_object", ()))


def _take_out(clause: Clause, wishes: Wishes, kind: str, tokens: list[Token]) -> None:
    wishes.impossible.append((kind, tuple(tokens)))
    clause.tokens = [t for t in clause.tokens if t not in tokens]


_WRITTEN = frozenset({"write", "writing", "写上", "写", "打字", "caption", "text", "加字", "letters"})


def _impossible(clause: Clause, wishes: Wishes) -> None:
    found = [t for t in clause.tokens if t.kind == "impossible"]
    if not found:
        return
    others = any(t.kind == "concept" for t in clause.tokens)
    for token in found:
        if token.key == "text" and token.plain in _WRITTEN:
            _take_out(clause, wishes, "text", clause.tokens[clause.tokens.index(token) :])
            return
        told = token.key == "remove_object" and others and not clause.has("remove", "add")
        moving = token.key == "motion" and any(t.kind == "remove" or t.key == "remove" for t in clause.tokens)
        if told or moving:  # "the wrinkles sharper", "海里游泳那几个人去掉"
            token.led_to.append("describes the photo")
            clause.tokens.remove(token)
            continue
        if clause.has("neg", "limit") and not clause.has("remove", "less"):
            words = [t for t in clause.tokens if t.kind in ("neg", "add", "become", "touch", "limit", "impossible")]
            for word in words:
                word.led_to.append("nothing of the kind is done")
            clause.tokens = [t for t in clause.tokens if t not in words]
            return
        if token.key in _SCENIC and others and not clause.has("become", "add", "make"):
            token.led_to.append("describes the photo")
            clause.tokens.remove(token)
            continue
        verbs = [t for t in clause.tokens if t.kind in ("add", "remove", "become", "fix", "adjust")]
        if not others:
            verbs += [
                t for t in clause.tokens if t.kind in ("region", "place", "strength", "more", "less", "everything")
            ]
        ordered = sorted([token, *verbs], key=lambda t: t.start)
        _take_out(clause, wishes, token.key, ordered)
