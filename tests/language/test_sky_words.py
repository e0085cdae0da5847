"""How people ask for what shows in the sky, and what it becomes."""

from __future__ import annotations

import pytest

from fluxroom.language import interpret
from fluxroom.language.heavens import HEAVENLY

SAID = {
    "加入极光": "aurora sky + water strength=0.75; stars sky + water strength=0.5 density=0.5",
    "add an aurora": "aurora sky + water strength=0.75; stars sky + water strength=0.5 density=0.5",
    "show the northern lights": "aurora sky + water strength=0.75; stars sky + water strength=0.5 density=0.5",
    "aurora on the right": (
        "aurora (sky + water) & right strength=0.75; stars (sky + water) & right strength=0.5 density=0.5"
    ),
    "add aurora everywhere except the lake": (
        "aurora sky + water - water strength=0.75; stars sky + water - water strength=0.5 density=0.5"
    ),
    "subtle aurora": "aurora sky + water strength=0.45; stars sky + water strength=0.3 density=0.5",
    "湖面上方的极光": "aurora sky + water strength=0.75; stars sky + water strength=0.5 density=0.5",
    "红色极光": "aurora sky + water strength=0.75 hue=red; stars sky + water strength=0.5 density=0.5",
    "starry sky": "stars sky + water strength=0.7 density=0.6",
    "make the sky starry": "stars sky + water strength=0.7 density=0.6",
    "add the stars": "stars sky + water strength=0.7 density=0.6",
    "满天繁星": "stars sky + water strength=0.85 density=0.85",
    "银河": "milky_way sky + water strength=0.75; stars sky + water strength=0.6 density=0.6",
    "add the milky way": "milky_way sky + water strength=0.75; stars sky + water strength=0.6 density=0.6",
    "a full moon above the mountain": "moon sky + water strength=0.95 size=2.8 lit=1",
    "在山的上方加一轮满月": "moon sky + water strength=0.95 size=2.8 lit=1",
    "add a crescent moon on the left": "moon sky + water strength=0.95 size=3 lit=0.1 x=0.25",
    "巨大的月亮": "moon sky + water strength=0.95 size=8 lit=1",
    "彩虹": "rainbow sky + mountain + water strength=0.75",
    "double rainbow over the lake": "rainbow sky + mountain + water strength=1 rain=0.75",
    "右边天空加一道淡淡的彩虹": "rainbow sky + mountain + water strength=0.4 rain=0.35 x=0.75",
    "流星": "meteors sky + water strength=0.85 count=1; stars sky + water strength=0.6 density=0.55",
    "add a meteor shower": "meteors sky + water strength=0.85 count=14; stars sky + water strength=0.6 density=0.55",
    "星轨": "star_trails sky + water strength=0.75",
    "star trails": "star_trails sky + water strength=0.75",
    "闪电": "lightning sky + water strength=0.85 branches=0.6",
    "在左边加一道闪电": "lightning sky + water strength=0.85 branches=0.6 x=0.25",
    "add lightning to the stormy sky": "lightning sky + water strength=0.85 branches=0.6",
}


@pytest.mark.parametrize(("text", "meant"), SAID.items())
def test_what_shows_in_the_sky_is_understood(text: str, meant: str) -> None:
    found = interpret(text)
    assert not found.not_understood
    put_in = [a for a in found.recipe.adjustments if a.operator in HEAVENLY]
    said = []
    for a in put_in:
        numbers = [f"{n}={v:g}" if isinstance(v, float) else f"{n}={v}" for n, v in a.parameters.items()]
        said.append(" ".join([a.operator, a.region.text, *numbers]))
    assert "; ".join(said) == meant


@pytest.mark.parametrize(
    "text", ["turn it into a starry night", "有星星的夜晚", "变成夜晚，满天繁星", "add stars and make it night"]
)
def test_night_comes_before_its_stars(text: str) -> None:
    operators = [a.operator for a in interpret(text).recipe.adjustments]
    assert operators == ["night", "stars"]


@pytest.mark.parametrize(
    "text",
    [
        "sharpen the moon",
        "make the moon brighter",
        "the stars are too dim",
        "reduce noise in the milky way",
        "less glow around the moon",
        "brighten this starry night photo",
        "提亮银河",
        "星星更亮",
        "月亮更清晰",
        "让极光更亮",
        "把这张星空照片提亮一点",
        "银河照片，降噪",
        "keep the stars, brighten the foreground",
    ],
)
def test_what_is_in_the_photo_already_is_not_added_again(text: str) -> None:
    found = interpret(text)
    assert not found.not_understood
    assert found.recipe.adjustments
    assert not [a for a in found.recipe.adjustments if a.operator in HEAVENLY | {"night"}]
