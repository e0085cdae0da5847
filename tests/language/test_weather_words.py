"""How people ask for weather, and what it becomes; fog may be wished away as well."""

from __future__ import annotations

import pytest

from fluxroom.errors import NothingUnderstood
from fluxroom.language import interpret

WEATHER = ("fog", "mist", "haze", "rain", "rain_shafts", "wet_ground", "dust", "snowfall", "snow_cover")
SAID = {
    "add fog": "fog everything 0.55",
    "make it foggy": "fog everything 0.55",
    "foggy": "fog everything 0.55",
    "雾蒙蒙": "fog everything 0.55",
    "雾蒙蒙的感觉": "fog everything 0.55",
    "加点雾": "fog everything 0.55",
    "山里加点雾": "fog everything 0.55",
    "add a little fog": "fog everything 0.33",
    "dense fog": "fog everything 0.85",
    "云雾缭绕": "fog everything 0.55",
    "add morning mist over the lake": "mist everything 0.6 0.4",
    "给湖面加点雾": "mist everything 0.6 0.4",
    "add fog over the water": "mist everything 0.6 0.4",
    "清晨的薄雾": "mist everything 0.6 0.4",
    "morning mist on the river": "mist everything 0.6 0.4",
    "hazy distance": "haze everything 0.6",
    "make it rain": "rain everything 0.6",
    "让它下雨": "rain everything 0.6",
    "下大雨": "rain everything 0.95 0.5",
    "drizzle on the street": "rain everything 0.3 0.15",
    "light fog over the trees": "fog everything 0.62 0.2",
    "林间薄雾": "fog everything 0.62 0.2",
    "cover the ground with snow": "snow_cover everything 0.8",
    "变成雪景": "snow_cover everything 0.8",
    "白雪皑皑": "snow_cover everything 0.8",
    "add snow": "snow_cover everything 0.8",
    "把地面铺上雪": "snow_cover ground 0.8",
    "snow on the mountains": "snow_cover mountain 0.85",
    "远山加点雪": "snow_cover mountain 0.85",
    "add snow flakes": "snowfall everything 0.5",
    "rain in the distance": "rain_shafts everything 0.65",
    "远处的雨幕": "rain_shafts everything 0.65",
    "make the road wet": "wet_ground everything 0.7",
    "雨后": "wet_ground everything 0.7",
    "sandstorm": "dust everything 0.55",
    "沙尘暴": "dust everything 0.55",
    "飘着雪花": "snowfall everything 0.5",
}


@pytest.mark.parametrize(("text", "meant"), SAID.items())
def test_weather_is_understood(text: str, meant: str) -> None:
    found = interpret(text)
    assert not found.not_understood
    said = [a for a in found.recipe.adjustments if a.operator in WEATHER]
    assert [
        " ".join([a.operator, a.region.text, *(f"{v:g}" for v in a.parameters.values() if isinstance(v, float))])
        for a in said
    ] == [meant]


@pytest.mark.parametrize(
    "text",
    ["去雾", "remove the fog", "less fog", "too foggy", "远山有雾，去一下", "雾霾太重", "dehaze", "remove the mist"],
)
def test_fog_that_is_to_go_is_dehazed(text: str) -> None:
    found = interpret(text).recipe.adjustments
    assert [a.operator for a in found] == ["dehaze"]
    assert float(found[0].parameters["amount"]) > 0


def test_snow_that_falls_lies_as_well() -> None:
    for text in ("make it snow", "下雪", "下点小雪，保持人物不变", "heavy snow", "大雪纷飞", "winter wonderland"):
        assert [a.operator for a in interpret(text).recipe.adjustments] == ["snow_cover", "snowfall"]


@pytest.mark.parametrize("text", ["no rain", "add a tornado", "hail"])
def test_what_is_not_to_come_or_cannot_come_does_not(text: str) -> None:
    with pytest.raises(NothingUnderstood):
        interpret(text)


def test_a_storm_that_is_only_coming_brings_no_rain() -> None:
    for text in ("rain clouds", "暴风雨将至"):
        assert "rain" not in {a.operator for a in interpret(text).recipe.adjustments}
