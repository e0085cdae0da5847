"""What the language room says to the user, in the user's language."""

from __future__ import annotations

from fluxroom.language.tagger import Token

EXAMPLES_EN = "try e.g. 'make the sky moodier and warmer near the sun, keep the sea'"
EXAMPLES_ZH = "可以这样说：“天空更有戏剧性，太阳附近暖一点，海面保持不变”"


def phrases(tokens: list[Token]) -> list[str]:
    """The user's own words, neighbours joined."""
    out: list[str] = []
    last: Token | None = None
    for token in sorted({id(t): t for t in tokens}.values(), key=lambda t: t.start):
        near = 1 if last is not None and last.text.isascii() and token.text.isascii() else 0
        if last is not None and 0 <= token.start - last.end <= near:
            out[-1] += " " * (token.start - last.end) + token.text
        else:
            out.append(token.text)
        last = token
    return out


def phrase(tokens: list[Token]) -> str:
    return " … ".join(phrases(tokens))


def nothing(words: list[str], notes: list[str], zh: bool) -> str:
    named = ("、" if zh else ", ").join(f"“{w}”" if zh else repr(w) for w in words)
    why = f" ({'; '.join(notes)})" if notes else ""
    if zh:
        return (f"没有听懂：{named}{why}；" if words else f"这句话没有要做的修改{why}；") + EXAMPLES_ZH
    return (f"nothing understood in {named}{why}; " if words else f"the words ask for no change{why}; ") + EXAMPLES_EN


def opposite(a: str, b: str, zh: bool) -> str:
    if zh:
        return f"“{a}”和“{b}”互相矛盾；请只留一个，或用“先……再……”说明顺序"
    return f"{a!r} and {b!r} contradict each other; keep one, or say an order ('first ..., then ...')"


def kept(a: str, b: str, zh: bool) -> str:
    if zh:
        return f"“{a}”要修改，“{b}”又要保持不变，互相矛盾；请说明哪里改、哪里不动"
    return f"{a!r} asks for a change and {b!r} for none of the same thing; say what to change and what to keep"


def no_less(words: str, zh: bool) -> str:
    return f"“{words}”还不能减少" if zh else f"{words!r}: less of it cannot be made yet"


def not_there(words: str, where: str, zh: bool) -> str:
    return f"“{words}”不能用在 {where} 上" if zh else f"{words!r} does not work on {where}"


def sky_carries(words: str, zh: bool) -> str:
    if zh:
        return f"“{words}”由天空来表现，画面其余部分不动；要改整张请说“整体”"
    return f"{words!r} is carried by the sky, the rest stays untouched; say 'whole photo' for all of it"


def new_clouds(zh: bool) -> str:
    return "照片里云很少，所以添加新的云" if zh else "the photo has few clouds, so new ones are added"


def unseen(names: list[str], zh: bool) -> str:
    if zh:
        return f"照片里没有看到 {'、'.join(names)}，所以没有修改"
    return f"no {', '.join(names)} can be seen in this photo, so nothing was changed there"


def elsewhere(names: list[str], zh: bool) -> str:
    if zh:
        return f"照片里没有看到 {'、'.join(names)}，所以放在空地上"
    return f"no {', '.join(names)} can be seen in this photo, so free ground is looked for"


def unseen_keep(names: list[str], zh: bool) -> str:
    if zh:
        return f"照片里没有看到要保持的 {'、'.join(names)}"
    return f"asked to keep {', '.join(names)}, which cannot be seen in this photo"


def clipped(operator: str, name: str, asked: float, used: float, zh: bool) -> str:
    if zh:
        return f"{operator}.{name}：{asked:g} 超出范围，改用 {used:g}"
    return f"{operator}.{name}: {asked:g} is out of range, {used:g} is used"


def unnamed_direction(words: str, zh: bool) -> str:
    if zh:
        return f"“{words}”：请说明多一点还是少一点"
    return f"{words!r}: say whether more or less"


def described(words: list[str], zh: bool) -> str:
    if zh:
        return f"{'、'.join(f'“{w}”' for w in words)}当作说明，没有单独处理"
    return f"taken as description: {', '.join(repr(w) for w in words)}"


def cast_unknown(zh: bool) -> str:
    if zh:
        return "看不准这张照片光线的色温；请说出颜色（如“少一点黄”）或色温（如“5600K”）"
    return (
        "the temperature of the light is not sure enough in this photo; say the colour of the cast (e.g. 'less yellow')"
        " or a temperature ('5600K')"
    )


def cast_taken(measured: float | None, used: float, zh: bool) -> str:
    if measured is None:
        return "色温要看到照片才能读出" if zh else "the temperature is read from the photo"
    if zh:
        return f"画面光线约 {measured:.0f} K，按 {used:.0f} K 部分校正"
    return f"the light looks like {measured:.0f} K; corrected in part, as for {used:.0f} K"


def model_used(model: str, shown: str, zh: bool) -> str:
    return f"由 {shown} 上的 {model} 理解" if zh else f"understood by {model} at {shown}"


def model_silent(shown: str, why: str, zh: bool) -> str:
    return (
        f"{shown} 没有答复（{why}），改用内置的理解" if zh else f"no answer from {shown} ({why}); understood without it"
    )


def model_useless(shown: str, zh: bool) -> str:
    return (
        f"{shown} 的答复不能用，改用内置的理解" if zh else f"the answer of {shown} is of no use; understood without it"
    )


def refused(why: str, zh: bool) -> str:
    return f"模型给出的一项被拒绝：{why}" if zh else f"refused from the model: {why}"
