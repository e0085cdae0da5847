"""A recipe in words, in Chinese or English."""

from __future__ import annotations

from typing import Literal

from fluxroom.operators import Param, resolve
from fluxroom.recipe import Adjustment, Node, Recipe, Region, Value

Language = Literal["en", "zh"]

_REGIONS_ZH = {
    "everything": "整张照片",
    "sky": "天空",
    "clouds": "云",
    "water": "水面",
    "ground": "地面",
    "sand": "沙滩",
    "vegetation": "植物",
    "trees": "树木",
    "grass": "草地",
    "snow": "雪",
    "rock": "岩石",
    "mountain": "山",
    "building": "建筑",
    "road": "道路",
    "person": "人物",
    "animal": "动物",
    "object": "物体",
    "foreground": "前景",
    "left": "左侧",
    "right": "右侧",
    "top": "上部",
    "bottom": "下部",
    "center": "中央",
    "near_sun": "太阳附近",
    "away_from_sun": "远离太阳处",
    "shadows": "暗部",
    "midtones": "中间调",
    "highlights": "亮部",
}
_REGIONS_EN = {
    "everything": "the whole photo",
    "near_sun": "the part near the sun",
    "away_from_sun": "the part away from the sun",
    "left": "the left",
    "right": "the right",
    "top": "the top",
    "bottom": "the bottom",
    "center": "the centre",
}
_PLACES_EN = {
    "near_sun": "near the sun",
    "away_from_sun": "away from the sun",
    "left": "on the left",
    "right": "on the right",
    "top": "at the top",
    "bottom": "at the bottom",
    "center": "in the centre",
    "shadows": "in its shadows",
    "midtones": "in its midtones",
    "highlights": "in its highlights",
}


_REACHES = {"feather": ("feathered by", "羽化"), "grow": ("grown by", "扩大"), "shrink": ("shrunk by", "缩小")}


def language_of(text: str) -> Language:
    """Chinese if the text has any Chinese character, else English."""
    return "zh" if any("\u3400" <= c <= "\u9fff" or "\uf900" <= c <= "\ufaff" for c in text) else "en"


def describe(recipe: Recipe, language: Language = "en") -> list[str]:
    """One line for each adjustment, then what is kept."""
    lines = [_adjustment(a, language) for a in recipe.adjustments]
    if recipe.keep is not None:
        kept = region_in_words(recipe.keep, language)
        lines.append(f"{kept}保持不变" if language == "zh" else f"kept exactly as it is: {kept}")
    return lines


def region_in_words(region: Region, language: Language) -> str:
    return _region(region.tree, language)


def _region(node: Node, language: Language) -> str:
    zh = language == "zh"
    if node.op == "name":
        return _REGIONS_ZH[node.name] if zh else _REGIONS_EN.get(node.name, node.name)
    if node.op == "box":
        return "一个方框" if zh else "a box"
    if node.op == "pick":
        return "选中的部分" if zh else "what was picked"
    assert node.left is not None
    left = _region(node.left, language)
    if node.op in _REACHES:
        return (
            f"{left}（{_REACHES[node.op][1]} {node.amount:g}%）"
            if zh
            else f"{left} ({_REACHES[node.op][0]} {node.amount:g}%)"
        )
    assert node.right is not None
    right = _region(node.right, language)
    if node.op == "-":
        return f"{left}（{right}除外）" if zh else f"{left} without {right}"
    if node.op == "+":
        return f"{left}和{right}" if zh else f"{left} and {right}"
    if zh:
        return f"{left}的{right}"
    return f"{left} {_PLACES_EN.get(node.right.name) or 'where it is ' + right}"


def _adjustment(a: Adjustment, language: Language) -> str:
    operator, _ = resolve(a)
    params = {p.name: p for p in operator.params}
    details = ", ".join(_parameter(params[name], value, language) for name, value in a.parameters.items())
    label = getattr(operator.label, language) or operator.name
    colon, opening, closing = ("：", "（", "）") if language == "zh" else (": ", " (", ")")
    line = f"{region_in_words(a.region, language)}{colon}{label}"
    if details:
        line += f"{opening}{details}{closing}"
    if a.opacity != 1.0:
        line += f" {a.opacity:.0%}"
    if a.because:
        line += " ← " + ", ".join(f"“{words}”" for words in a.because)
    return line


def _parameter(param: Param, value: Value, language: Language) -> str:
    label = getattr(param.label, language) or param.name
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        signed = f"{value:+.3g}" if param.low < 0 else f"{value:.3g}"
        return f"{label} {signed} {param.unit}".rstrip()
    return f"{label} {str(value)[:8] if param.digest else value}"
