"""Captions of drawn scenes in English and Chinese: every statement is true of the labels, none says everything."""

from __future__ import annotations

import numpy as np

from flux_model.training.scenes import Group, Scene

EN_HOUR = {
    "day": ("by day", "in daylight", "at noon"),
    "sunset": ("at sunset", "in the evening light"),
    "dusk": ("at dusk", "at twilight"),
    "night": ("at night", "in the night"),
}
EN_WEATHER = {
    "clear": ("clear sky", "under a clear sky"),
    "cloudy": ("white clouds", "some clouds", "cloudy sky"),
    "overcast": ("overcast", "grey sky"),
    "foggy": ("fog", "in the fog", "misty"),
}
EN_PLACE = {
    "sea": ("the sea", "the ocean"),
    "lake": ("a lake", "a calm lake"),
    "meadow": ("a green meadow", "a meadow", "grassland"),
    "desert": ("the desert", "sand dunes"),
    "snow": ("a snowy field", "snow", "a winter landscape"),
}
EN_COUNT = {1: ("a", "one"), 2: ("two",), 3: ("three",)}
EN_KIND = {
    "balloon": ("hot air balloon", "balloon"),
    "boat": ("sailboat", "boat"),
    "house": ("house", "cottage"),
    "tree": ("tree",),
    "lantern": ("lantern",),
    "bird": ("bird",),
}
EN_SIDE = {"left": "on the left", "center": "in the middle", "right": "on the right"}
ZH_HOUR = {
    "day": ("白天", "正午", "白天的"),
    "sunset": ("日落时分", "夕阳下", "日落"),
    "dusk": ("黄昏", "暮色中"),
    "night": ("夜晚", "夜里", "夜色中"),
}
ZH_WEATHER = {
    "clear": ("晴空", "天空晴朗"),
    "cloudy": ("有白云", "多云", "天上有云"),
    "overcast": ("阴天", "灰色的天空"),
    "foggy": ("有雾", "大雾", "雾中"),
}
ZH_PLACE = {
    "sea": ("大海", "海面"),
    "lake": ("湖面", "平静的湖"),
    "meadow": ("绿色草地", "草原"),
    "desert": ("沙漠", "沙丘"),
    "snow": ("雪地", "冬天的雪原"),
}
ZH_COUNT = {1: "一", 2: "两", 3: "三"}
ZH_KIND = {
    "balloon": ("个", ("热气球", "气球")),
    "boat": ("艘", ("帆船", "小船")),
    "house": ("座", ("房子", "小屋")),
    "tree": ("棵", ("树",)),
    "lantern": ("盏", ("灯笼",)),
    "bird": ("只", ("鸟", "飞鸟")),
}
ZH_SIDE = {"left": ("左边", "左侧"), "center": ("中间", "中央"), "right": ("右边", "右侧")}
ZH_COLOR = {
    "red": "红色",
    "orange": "橙色",
    "yellow": "黄色",
    "green": "绿色",
    "blue": "蓝色",
    "purple": "紫色",
    "white": "白色",
    "black": "黑色",
}


def _one(rng: np.random.Generator, words: tuple[str, ...]) -> str:
    return words[int(rng.integers(len(words)))]


def _group_en(rng: np.random.Generator, group: Group) -> str:
    kind = _one(rng, EN_KIND[group.kind]) + ("s" if group.count > 1 else "")
    color = f"{group.color} " if rng.random() < 0.9 else ""
    count = _one(rng, EN_COUNT[group.count])
    if count == "a" and (color or kind)[0] in "aeiou":
        count = "an"
    side = f" {EN_SIDE[group.side]}" if group.count == 1 and rng.random() < 0.8 else ""
    return f"{count} {color}{kind}{side}"


def _group_zh(rng: np.random.Generator, group: Group) -> str:
    measure, kinds = ZH_KIND[group.kind]
    color = f"{ZH_COLOR[group.color]}的" if rng.random() < 0.9 else ""
    side = f"{_one(rng, ZH_SIDE[group.side])}有" if group.count == 1 and rng.random() < 0.8 else ""
    return f"{side}{ZH_COUNT[group.count]}{measure}{color}{_one(rng, kinds)}"


def caption(scene: Scene, seed: int = 0, language: str = "") -> str:
    """Say the scene in `language` ("en", "zh", by chance if empty); now and then something is left unsaid."""
    rng = np.random.default_rng(seed)
    chinese = rng.random() < 0.5 if not language else language == "zh"
    hour, weather, place = (ZH_HOUR, ZH_WEATHER, ZH_PLACE) if chinese else (EN_HOUR, EN_WEATHER, EN_PLACE)
    parts = [_group_zh(rng, g) if chinese else _group_en(rng, g) for g in scene.groups]
    setting = _one(rng, place[scene.place])
    if rng.random() < 0.9:
        when = _one(rng, hour[scene.hour])
        setting = f"{when}{'' if when.endswith('的') else '的'}{setting}" if chinese else f"{setting} {when}"
    rest = []
    if scene.mountains and rng.random() < 0.85:
        rest.append("远处有山" if chinese else "mountains")
    if scene.heavenly and rng.random() < 0.85:
        rest.append(("太阳" if scene.heavenly == "sun" else "月亮") if chinese else f"the {scene.heavenly}")
    if rng.random() < 0.8:
        rest.append(_one(rng, weather[scene.weather]))
    if chinese:
        return "，".join([setting, *parts, *rest])
    things = " and ".join(parts)
    over = "over" if parts and all(g.kind in ("balloon", "bird") for g in scene.groups) else "in"
    if setting in ("the sea", "the ocean") or setting.startswith(("the sea ", "the ocean ", "a lake", "a calm lake")):
        over = "over" if over == "over" else "on"
    return ", ".join([f"{things} {over} {setting}" if things else setting, *rest])
