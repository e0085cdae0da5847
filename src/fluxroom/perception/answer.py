"""Questions about a photo, answered from its Scene with evidence.

Understood now: when, weather, how much sky, which colours, whether and where a
region is seen, where the light comes from. Anything else gets an honest word
and the list of what can be asked.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from fluxroom.errors import NothingUnderstood
from fluxroom.perception.regions import display
from fluxroom.scene import Float, Scene


@dataclass(frozen=True, slots=True)
class Answer:
    """One sentence in the question's language, with what it rests on.

    kind        the type of question that was understood ("unknown" if none)
    value       the bare answer
    confidence  0..1
    box         (x0, y0, x1, y1) normalised, where the answer is to be seen, or None
    """

    text: str
    kind: str
    value: str
    confidence: float
    evidence: tuple[str, ...] = ()
    box: tuple[float, float, float, float] | None = None

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


TIMES = {
    "day": ("in daylight", "白天"),
    "golden_hour": ("in the golden hour, with a low warm sun", "黄金时刻(太阳很低,光线温暖)"),
    "dusk": ("at dusk or dawn", "黄昏或黎明"),
    "blue_hour": ("in the blue hour", "蓝调时刻"),
    "night": ("at night", "夜里"),
}
WEATHERS = {
    "clear": ("clear", "晴朗"),
    "partly_cloudy": ("partly cloudy", "多云间晴"),
    "overcast": ("overcast", "阴天"),
    "storm": ("stormy", "风暴将至"),
    "fog": ("foggy or hazy", "有雾或霾"),
    "snow": ("snowy", "有雪"),
}
REGIONS: dict[str, tuple[str, str, str]] = {  # name -> English pattern, Chinese pattern, Chinese word
    "sky": (r"\bsk(?:y|ies)\b", "天空|蓝天", "天空"),
    "clouds": (r"\bclouds?\b|\bcloudy\b", "云", "云"),
    "water": (r"\bwater\b|\bsea\b|\bocean\b|\blake\b|\briver\b|\bpond\b", "水|海|湖|河|江", "水面"),
    "sand": (r"\bsand\b|\bbeach\b|\bdunes?\b|\bdesert\b", "沙|海滩", "沙地"),
    "vegetation": (
        r"\btrees?\b|\bgrass\b|\bplants?\b|\bforest\b|\bvegetation\b|\bbush(?:es)?\b|\bleaves\b",
        "树|草|植物|森林|植被|叶",
        "植被",
    ),
    "snow": (r"\bsnow\b", "雪", "雪"),
    "rock": (r"\brocks?\b|\bcliffs?\b|\bstones?\b", "岩|石|悬崖", "岩石"),
    "mountain": (r"\bmountains?\b|\bhills?\b", "山", "山"),
    "building": (r"\bbuildings?\b|\bhouses?\b|\btowers?\b|\bbridges?\b", "建筑|房|楼|塔|桥", "建筑"),
    "road": (r"\broads?\b|\bpaths?\b|\bstreets?\b", "路|街", "道路"),
    "person": (r"\bperson\b|\bpeople\b|\bman\b|\bwoman\b|\banyone\b|\bhuman", "人(?!造|工)", "人"),
    "animal": (r"\banimals?\b|\bdogs?\b|\bbirds?\b|\bcats?\b", "动物|狗|鸟|猫|马", "动物"),
}
CAN_ASK = {
    "en": "when it was taken, the weather, how much is sky, the main colours, where the light comes from, "
    "and whether (and where) sky, clouds, water, sand, plants, snow, rock, mountains, buildings, roads, "
    "people or animals are seen",
    "zh": "什么时候拍的、天气、天空占多少、主要颜色、光从哪里来,"
    "以及图里有没有(在哪里)天空、云、水、沙、植被、雪、岩石、山、建筑、道路、人、动物",
}


def answer(scene: Scene, question: str) -> Answer:
    """Answer a question about the photo. Raises NothingUnderstood for an empty one."""
    text = question.strip()
    if not text:
        raise NothingUnderstood('the question is empty; ask e.g. "when was this taken?" or "图里有没有水?"')
    zh = re.search(r"[\u4e00-\u9fff]", text) is not None
    low = text.lower()
    for pattern, reply in _QUESTIONS:
        if re.search(pattern, low):
            return reply(scene, zh)
    share = re.search(r"how much|percent|proportion|share|多少|占比|比例|占", low) is not None
    for name, (english, chinese, _) in REGIONS.items():
        if re.search(english, low) or re.search(chinese, low):
            return _share(scene, zh, name) if share else _presence(scene, zh, name)
    return Answer(
        f"我还不会回答这个问题。可以问:{CAN_ASK['zh']}。"
        if zh
        else f"I cannot answer that yet. You can ask {CAN_ASK['en']}.",
        "unknown",
        "",
        0.0,
    )


def _when(scene: Scene, zh: bool) -> Answer:
    guess = scene.time_of_day
    words = TIMES[guess.value][1 if zh else 0]
    text = f"看起来是{words}拍的。" if zh else f"It looks as if it was taken {words}."
    return Answer(text + _unsure(guess.confidence, zh), "time", guess.value, guess.confidence, guess.evidence)


def _weather(scene: Scene, zh: bool) -> Answer:
    guess = scene.weather
    words = WEATHERS[guess.value][1 if zh else 0]
    text = f"天气:{words}。" if zh else f"The weather is {words}."
    return Answer(text + _unsure(guess.confidence, zh), "weather", guess.value, guess.confidence, guess.evidence)


def _light(scene: Scene, zh: bool) -> Answer:
    light = scene.light
    side = 0 if light.x < 0.4 else 2 if light.x > 0.6 else 1
    words = (("the left", "左侧"), ("ahead", "前方"), ("the right", "右侧"))[side][1 if zh else 0]
    seen = ("太阳在画面里" if light.visible else "太阳不在画面里") if zh else (
        "the sun is in the frame" if light.visible else "the sun is not in the frame"
    )  # fmt: skip
    text = f"光主要来自{words},{seen}。" if zh else f"The light comes mainly from {words}; {seen}."
    box = (light.x - 0.04, light.y - 0.04, light.x + 0.04, light.y + 0.04) if light.visible else None
    return Answer(text + _unsure(light.confidence, zh), "light", words, light.confidence, (), box)


def _share(scene: Scene, zh: bool, name: str) -> Answer:
    share, confidence = scene.share(name), scene.confidence.get(name, 0.3)
    word = REGIONS[name][2] if zh else name
    text = f"{word}约占画面的 {share:.0%}。" if zh else f"About {share:.0%} of the frame is {word}."
    return Answer(text, "share", f"{share:.3f}", confidence, (), _box(scene.regions.get(name)))


def _presence(scene: Scene, zh: bool, name: str) -> Answer:
    mask = scene.regions.get(name)
    strong = 0.0 if mask is None else float((mask > 0.5).mean())
    found = strong > 0.004
    sure = scene.confidence.get(name, 0.3)
    confidence = round(sure * (0.5 + min(0.45, 6 * strong)) if found else 0.55 + 0.3 * (strong < 0.0008), 3)
    word = REGIONS[name][2] if zh else name
    if not found:
        text = f"没有看到{word}。" if zh else f"No {word} is to be seen."
        return Answer(text + _unsure(confidence, zh), "presence", "no", confidence)
    place = _place(mask, zh)
    share = scene.share(name)
    text = (
        f"有,{word}在{place},约占画面 {share:.0%}。" if zh else f"Yes: {word}, {place}, about {share:.0%} of the frame."
    )
    return Answer(text + _unsure(confidence, zh), "presence", "yes", confidence, (), _box(mask))


def _colors(scene: Scene, zh: bool) -> Answer:
    names = dominant_colors(scene.preview)
    words = [(c[2] if zh else c[1]) + f" {share:.0%}" for c, share in names]
    text = ("主要颜色:" + "、".join(words) + "。") if zh else ("The main colours are " + ", ".join(words) + ".")
    return Answer(text, "color", names[0][0][1], 0.8, tuple(words))


COLORS = (  # hue in degrees (HSV), English, Chinese
    (0, "red", "红"), (28, "orange", "橙"), (52, "yellow", "黄"), (110, "green", "绿"), (180, "cyan", "青"),
    (222, "blue", "蓝"), (275, "purple", "紫"), (325, "pink", "粉"), (360, "red", "红"),
)  # fmt: skip


def dominant_colors(preview: Float) -> list[tuple[tuple[float, str, str], float]]:
    """The up to three commonest colours of a picture and their share of it, commonest first."""
    rgb = display(preview)
    high, low = rgb.max(2), rgb.min(2)
    chroma = high - low
    saturation = np.where(high > 1e-4, chroma / np.maximum(high, 1e-4), 0)
    safe = np.maximum(chroma, 1e-6)
    r, g, b = rgb[..., 0], rgb[..., 1], rgb[..., 2]
    hue = np.where(high == r, (g - b) / safe % 6, np.where(high == g, (b - r) / safe + 2, (r - g) / safe + 4)) * 60
    colored = (saturation > 0.18) & (high > 0.12)
    shares: dict[tuple[float, str, str], float] = {}
    nearest = np.abs(hue[..., None] - np.array([c[0] for c in COLORS])).argmin(-1)
    for index, color in enumerate(COLORS):
        share = float((colored & (nearest == index)).mean())
        key = COLORS[0] if color[1] == "red" else color
        shares[key] = shares.get(key, 0) + share
    plain = ~colored
    shares[(-1, "black", "黑")] = float((plain & (high < 0.2)).mean())
    shares[(-2, "grey", "灰")] = float((plain & (high >= 0.2) & (high < 0.82)).mean())
    shares[(-3, "white", "白")] = float((plain & (high >= 0.82)).mean())
    ranked = sorted(shares.items(), key=lambda item: -item[1])
    return [item for i, item in enumerate(ranked[:3]) if i == 0 or item[1] > 0.08]


def _box(mask: Float | None) -> tuple[float, float, float, float] | None:
    if mask is None or not (mask > 0.5).any():
        return None
    rows, columns = np.flatnonzero((mask > 0.5).any(1)), np.flatnonzero((mask > 0.5).any(0))
    h, w = mask.shape
    return (
        round(float(columns[0]) / w, 3),
        round(float(rows[0]) / h, 3),
        round(float(columns[-1] + 1) / w, 3),
        round(float(rows[-1] + 1) / h, 3),
    )


def _place(mask: Float | None, zh: bool) -> str:
    assert mask is not None
    h, w = mask.shape
    weight = mask * (mask > 0.5)
    total = float(weight.sum())
    x = float((weight.sum(0) * np.arange(w)).sum()) / total / w
    y = float((weight.sum(1) * np.arange(h)).sum()) / total / h
    side = 0 if x < 0.36 else 2 if x > 0.64 else 1
    level = 0 if y < 0.36 else 2 if y > 0.64 else 1
    if zh:
        words = ("上方", "中部", "下方")[level] if side == 1 else ("左", "", "右")[side] + ("上方", "侧", "下方")[level]
        return f"画面{words}"
    if side == 1:
        return ("at the top", "in the middle", "at the bottom")[level]
    return ("at the top ", "at the ", "at the bottom ")[level] + ("left", "", "right")[side]


def _unsure(confidence: float, zh: bool) -> str:
    if confidence >= 0.5:
        return ""
    return "(把握不大)" if zh else " (not sure)"


_QUESTIONS: tuple[tuple[str, Callable[[Scene, bool], Answer]], ...] = (
    (r"weather|sunny|rain|fog|storm|天气|晴|阴天|下雨|雾", _weather),
    (
        r"\bwhen\b|time of day|what time|daytime|night|dusk|dawn|sunset|sunrise|"
        r"什么时候|几点|时间|时候|白天|夜|黄昏|早晨|傍晚|日落|日出",
        _when,
    ),
    (r"colou?r|颜色|色调|色彩", _colors),
    (r"\blight\b|\bsun\b|光线|光从|光源|太阳", _light),
)  # fmt: skip
