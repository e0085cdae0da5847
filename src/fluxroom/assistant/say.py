"""What the darkroom says in a dialogue, in the user's language."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fluxroom.describe import describe

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from fluxroom.api import Result
    from fluxroom.describe import Language
    from fluxroom.history import Version
    from fluxroom.recipe import Recipe


def made(result: Result, before: Recipe, language: Language) -> list[str]:
    """What an edit changed against the version before, what it could not do, what the check found."""
    zh = language == "zh"
    lines = [
        f"没有听懂“{words}”，这部分没有做" if zh else f"not understood and not done: “{words}”"
        for words in result.recipe.not_understood
    ]
    lines += result.notes
    name = result.version.name if result.version is not None else ""
    lines += [name, *changes(before, result.recipe, language)]
    if result.verdict is not None:
        lines += [f"  ✗ {c.zh if zh else c.en}" for c in result.verdict.claims if not c.passed]
    return lines


def changes(one: Recipe, other: Recipe, language: Language) -> list[str]:
    """What the second recipe does that the first does not (+), and the other way round (−)."""
    a, b = describe(one, language), describe(other, language)
    return [*(f"  + {line}" for line in b if line not in a), *(f"  − {line}" for line in a if line not in b)]


def which(texts: Sequence[str], language: Language) -> list[str]:
    listed = [f"  {i}. {text}" for i, text in enumerate(texts, 1)]
    if language == "zh":
        return ["这句话可以有两种理解：", *listed, "要哪一种？（第一个/第二个）"]
    return ["That can be read in two ways:", *listed, "Which one? (the first / the second)"]


def no_further(language: Language) -> str:
    return "已经到头了，不能再调" if language == "zh" else "that is as far as it goes"


def nothing_to_change(language: Language) -> str:
    return "这样说不会有变化" if language == "zh" else "that would change nothing"


def cannot_move(language: Language) -> str:
    return "它不能移动或改变大小" if language == "zh" else "its place and size cannot be changed"


def no_version(number: int, newest: int, language: Language) -> str:
    if language == "zh":
        return f"没有第 {number} 版；现在有 v0（原图）到 v{newest}"
    return f"there is no version {number}; there are v0 (the original) to v{newest}"


def untouched(language: Language) -> str:
    return "这是原图，还没有修改" if language == "zh" else "this is the original; nothing has been done to it"


def nothing_undone(language: Language) -> str:
    return "没有可以重做的步骤" if language == "zh" else "there is nothing to redo"


def never_there(what: str, language: Language) -> str:
    return f"没有哪一版里有“{what}”" if language == "zh" else f"no version has “{what}”"


def not_in_step(what: str, language: Language) -> str:
    return f"上一步里没有“{what}”" if language == "zh" else f"“{what}” was not part of the last step"


def at(number: int, doing: Sequence[str], language: Language) -> str:
    if number == 0:
        return "回到原图" if language == "zh" else "back at the original"
    listed = ("；" if language == "zh" else "; ").join(doing)
    return f"现在是 v{number}：{listed}" if language == "zh" else f"now at v{number}: {listed}"


def versions(versions: Sequence[Version], current: int, language: Language) -> list[str]:
    zh = language == "zh"
    lines = [f"{'*' if current == 0 else ' '} v0  {'原图' if zh else 'the original'}"]
    for v in versions:
        mark = "*" if v.number == current else " "
        origin = f"{'基于' if zh else 'from'} v{v.parent}"
        lines.append(f"{mark} {v.name}  {v.words.splitlines()[-1] if v.words else ''}  ({origin})")
    return lines


def difference(one: Recipe, other: Recipe, first: int, second: int, language: Language) -> list[str]:
    same = "  两版一样" if language == "zh" else "  the same recipe"
    return [f"v{first} → v{second}", *(changes(one, other, language) or [same])]


def glad(language: Language) -> str:
    return "好的。" if language == "zh" else "Good."


def no_ideas(language: Language) -> str:
    return "这张照片暂时没有建议" if language == "zh" else "no ideas for this photo"


def named(number: int, name: str, language: Language) -> str:
    return f"v{number} 现在叫“{name}”" if language == "zh" else f"v{number} is called “{name}” now"


def saved(path: Path, language: Language) -> str:
    return f"已保存：{path}" if language == "zh" else f"saved: {path}"


def help_lines(language: Language) -> list[str]:
    if language == "zh":
        return [
            "直接说想要的效果：“云层更厚重，海面不动”、“变成秋天”、“加一艘帆船”",
            "接着说：“再强一点”、“雾淡一点”、“把船移到左边”、“水面也一样”、“只要天空”",
            "历史：“撤销”、“撤销上一步，但保留云”、“回到第二版”、“和原图对比一下”、“历史”",
            "提问：“图里有没有动物？”；要主意：“有什么建议？”；“保存为 out.jpg”；“退出”",
        ]
    return [
        "Say what you want: “heavier clouds, keep the sea”, “make it autumn”, “add a sailboat”",
        "Go on from there: “stronger”, “less fog”, “move the boat left”, “the same for the water”, “only the sky”",
        "History: “undo”, “undo that but keep the clouds”, “back to v2”, “compare with the original”, “history”",
        "Ask: “is there an animal?”; get ideas: “any ideas?”; “save as out.jpg”; “quit”",
    ]
