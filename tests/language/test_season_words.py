"""How people ask for seasons, and what it becomes."""

from __future__ import annotations

import pytest

from fluxroom.errors import NothingUnderstood
from fluxroom.language import interpret

SAID = {
    "make it autumn": "autumn vegetation + mountain 0.85 0.4",
    "turn this photo into autumn": "autumn vegetation + mountain 0.85 0.4",
    "变成秋天": "autumn vegetation + mountain 0.85 0.4",
    "把照片变成秋天": "autumn vegetation + mountain 0.85 0.4",
    "层林尽染": "autumn vegetation + mountain 0.85 0.4",
    "make it look like fall": "autumn vegetation + mountain 0.85 0.4",
    "深秋的感觉": "autumn vegetation + mountain 1 0.5",
    "slightly autumnal": "autumn vegetation + mountain 0.51 0.4",
    "turn the leaves gold": "autumn trees 1 0",
    "把树叶变成金色": "autumn trees 1 0",
    "make the trees golden": "autumn trees 1 0",
    "turn the trees on the left orange": "autumn trees & left 1 0.55",
    "红叶": "autumn trees 1 0.95",
    "加点红叶": "autumn trees 1 0.95",
    "turn the leaves red": "autumn trees 1 0.95",
    "把叶子变红": "autumn trees 1 0.95",
    "make it spring": "spring vegetation + mountain 0.8",
    "变成春天": "spring vegetation + mountain 0.8",
    "草变绿": "spring grass 0.9",
    "make it summer": "summer vegetation + mountain 0.8",
    "变成夏天": "summer vegetation + mountain 0.8",
    "turn it into winter": "winter vegetation + mountain 0.85 0.5",
    "变成冬天": "winter vegetation + mountain 0.85 0.5",
    "frost on the grass": "winter grass 0.7 0.9",
}


@pytest.mark.parametrize(("text", "meant"), SAID.items())
def test_a_season_is_understood(text: str, meant: str) -> None:
    found = interpret(text)
    assert not found.not_understood
    seasons = [a for a in found.recipe.adjustments if a.operator in ("spring", "summer", "autumn", "winter")]
    assert [
        " ".join([a.operator, a.region.text, *(f"{v:g}" for v in a.parameters.values() if isinstance(v, float))])
        for a in seasons
    ] == [meant]


@pytest.mark.parametrize("text", ["turn it into winter", "变成冬天"])
def test_winter_brings_snow_on_everything(text: str) -> None:
    snow = [a for a in interpret(text).recipe.adjustments if a.operator == "snow_cover"]
    assert [a.region.text for a in snow] == ["everything"]


@pytest.mark.parametrize(
    "text",
    [
        "brighten this autumn photo",
        "这张秋天的照片提亮一点",
        "saturate the autumn leaves",
        "warmer leaves",
        "红叶更鲜艳一点",
        "golden light on the trees",
        "last summer at the lake, make it brighter",
        "keep the autumn leaves, brighten",
    ],
)
def test_a_season_that_only_describes_is_not_made(text: str) -> None:
    recipe = interpret(text).recipe
    assert recipe.adjustments
    assert not {a.operator for a in recipe.adjustments} & {"spring", "summer", "autumn", "winter"}


def test_a_season_without_a_name_is_asked_back() -> None:
    with pytest.raises(NothingUnderstood, match="which season"):
        interpret("change the season")
