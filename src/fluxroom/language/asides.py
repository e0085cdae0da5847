"""What is said by the way: reasons, comparisons, and the kind of thing that is meant.

Words that nobody could use are named to the user as not understood where they may have asked for something. Said beside
a wish that was understood, as its reason ("so the town looks like a toy",
"我要发朋友圈") or as a word that says which thing is
meant ("抢镜的那只狗", "thin crescent moon"), they are told as a note instead.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from fluxroom.language.normalise import is_han
from fluxroom.language.tagger import Token

_REASONS = frozenset(
    {"so", "so that", "because", "since", "cause", "cos", "coz", "like", "as if", "as though", "as in", "for",
     "for my", "for a",
     "they", "we", "it", "it's", "its", "he", "she", "i", "i'm", "im", "my", "which", "who", "that", "as",
      "while", "where", "when",
     "otherwise", "or", "think", "to", "ready", "it'll", "i'll", "we'll", "the idea is", "there", "there's",
      "there is"}
) | frozenset(
    {"像", "好像", "就像", "仿佛", "如同", "似", "不然", "否则", "要不", "要不然", "免得", "省得", "因为",
     "由于", "毕竟", "我要", "我想", "我",
     "我们", "准备", "打算", "用来", "用于", "方便", "好让", "这样", "显得", "会", "那种", "有种", "昨天",
      "今天", "当时", "那天", "本来", "结果",
     "看着", "看起来", "感觉", "觉得", "想要", "要", "给", "拿来", "反正", "可惜", "其实", "因此", "所以",
      "毕业", "他", "她", "它", "不"}
)  # fmt: skip
_PURPOSES = frozenset("发印投贴送裱挂晒交")
_PURPOSE_WORDS = frozenset(
    {
        "用",
        "做",
        "当",
        "封面",
        "海报",
        "壁纸",
        "朋友圈",
        "请柬",
        "请帖",
        "头像",
        "参赛",
        "作业",
        "客户",
        "ig",
        "小红书",
        "微博",
        "打印",
    }
    | {
        "print",
        "poster",
        "wallpaper",
        "instagram",
        "post",
        "client",
        "album",
        "wall",
        "card",
        "cover",
        "website",
        "blog",
    }
)
_ASKING = frozenset({"add", "remove", "impossible", "fix", "adjust", "become", "make", "want", "keep", "more", "less"})
_STATING = frozenset({"copula", "complaint", "narrative", "lack", "too"})


def by_the_way(clauses: Sequence[Sequence[Token]], left_over: Callable[[Token], bool]) -> list[Token]:
    """The left-over tokens that ask for nothing. `clauses`: the tokens of each, as they were before they were read."""
    served = [any(_served(t) for t in clause) for clause in clauses]
    if not any(served):
        return []
    out: list[Token] = []
    for at, clause in enumerate(clauses):
        left = [t for t in clause if left_over(t)]
        if not left:
            continue
        if not served[at]:
            if _explains(clause, later=any(served[at + 1 :])):
                out += left
            continue
        out += [t for t in left if _qualifies(clause, t, left_over)]
    return out


def _served(token: Token) -> bool:
    return any(led and led != "describes the photo" for led in token.led_to)


def _explains(clause: Sequence[Token], later: bool) -> bool:
    """Whether a clause that led to nothing gives a reason, a purpose or a comparison, or says what is wrong."""
    if any(t.kind == "impossible" for t in clause):
        return False
    first = clause[0]
    content = [t for t in clause if t.kind not in ("function", "mark", "and", "this", "prep", "photo")]
    asking = [t for t in content if t.kind in _ASKING and t is not first]
    texts = {t.plain for t in clause}
    purpose = texts & _PURPOSE_WORDS or any(t.kind == "unknown" and t.plain in _PURPOSES for t in clause)
    if purpose and not any(t.kind in ("add", "remove") for t in clause):
        return True
    if first.plain in _REASONS and not any(t.kind in ("add", "remove", "keep") for t in content):
        return True
    stated = any(t.kind in _STATING for t in clause)
    return stated and later and not asking


def _qualifies(clause: Sequence[Token], token: Token, left_over: Callable[[Token], bool]) -> bool:
    """Whether a left-over word stands before something that was used, as what says which one or how."""
    if token.kind not in (
        "unknown",
        "number",
        "region",
        "place",
        "rim",
        "only",
        "make",
        "copula",
        "neg",
        "times",
        "time",
    ):
        return False
    at = next(i for i, t in enumerate(clause) if t is token)
    following = [t for t in clause[at + 1 :] if not left_over(t)]
    nearest = next((t for t in following if t.kind not in ("function", "prep", "mark", "this", "only")), None)
    if token.kind == "rim":
        return True
    if is_han(token.text[0]):
        return nearest is not None and _served(nearest) and nearest.kind not in ("and",)
    if token.kind != "unknown":
        return False
    trailing = token.plain.endswith(("ing", "ed", "ly")) or token.plain in ("sits", "lies", "stands", "straight")
    if trailing and any(_served(t) for t in clause[:at]):
        return True
    before = next((t for t in reversed(clause[:at]) if t.kind != "function" and not left_over(t)), None)
    opens = before is None or before.kind == "and"
    direct = at + 1 < len(clause) and _run_ends_in_use(clause, at + 1, left_over)
    return (
        direct
        if opens
        else direct or (nearest is not None and _served(nearest) and before is not None and _served(before))
    )


def _run_ends_in_use(clause: Sequence[Token], at: int, left_over: Callable[[Token], bool]) -> bool:
    while at < len(clause) and left_over(clause[at]) and clause[at].kind == "unknown":
        at += 1
    return at < len(clause) and _served(clause[at])
