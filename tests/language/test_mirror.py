"""What new clouds bring with them over calm water, and what does not glow without a sun."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from fluxroom.language import interpret
from fluxroom.scene import Guess, Horizon, Light, Scene


def lake(calm: bool = True) -> Scene:
    """Hills under an empty sky; the water shows them upside down, or only waves."""
    y, x = np.mgrid[0:120, 0:180].astype(np.float32)
    hills = (y > 46 - 10 * np.sin(x * 0.05)) & (y < 60)
    light = np.where(hills, 0.06 + 0.03 * np.sin(x * 0.3), 0.5 - 0.003 * y)
    rough = 0.15 * np.exp(np.random.default_rng(4).standard_normal((120, 180)))
    below = 0.75 * light[np.clip(119 - np.arange(120), 0, 119)] if calm else rough
    picture = np.where(y < 60, light, below)[..., None] * np.array([0.9, 1.0, 1.2])
    sky = ((y < 60) & ~hills).astype(np.float32)
    none = np.zeros_like(sky)
    regions = {"sky": sky, "clouds": none, "water": (y >= 60).astype(np.float32), "ground": hills.astype(np.float32)}
    sun = Light(0.5, 0.2, True, (1.0, 1.0, 1.0), 0.3, 10.0, 0.2, 0.8)
    guess = Guess("golden_hour", 0.8, {"golden_hour": 0.8})
    return Scene(
        1800, 1200, picture.astype(np.float32), regions, dict.fromkeys(regions, 0.9), Horizon(0.5, 0.5, 0.9), sun,
        guess, Guess("clear", 0.8),
    )  # fmt: skip


def operators(text: str, scene: Scene | None) -> list[tuple[str, str]]:
    return [(a.operator, a.region.text) for a in interpret(text, scene).recipe.adjustments]


@pytest.mark.parametrize("text", ["add some clouds", "加些云", "epic, stormy sky"])
def test_calm_water_mirrors_new_clouds(text: str) -> None:
    assert ("sky_reflection", "water") in operators(text, lake())
    assert "sky_reflection" not in dict(operators(text, lake(calm=False)))
    assert "sky_reflection" not in dict(operators(text, None))


@pytest.mark.parametrize(
    "text",
    [
        "add some clouds, keep the water",
        "加些云，湖面不要动",
        "加些云，其余保持不变",
        "add clouds, nothing else",
        "make the sky bluer",
        "keep the foreground, add clouds",
    ],
)
def test_water_that_is_to_stay_stays(text: str) -> None:
    assert "sky_reflection" not in dict(operators(text, lake()))


@pytest.mark.parametrize("text", ["reflect the sky in the lake", "湖面倒映天空", "天空倒影"])
def test_a_reflection_can_be_asked_for(text: str) -> None:
    found = interpret(text)
    assert not found.not_understood
    assert [(a.operator, a.region.text) for a in found.recipe.adjustments] == [("sky_reflection", "water")]


def test_clouds_glow_by_themselves_where_no_sun_is_seen() -> None:
    scene = lake()
    scene = replace(scene, regions={**scene.regions, "clouds": 0.8 * scene.regions["sky"]})
    away = replace(scene, light=replace(scene.light, visible=False, x=0.5, y=-2.0))
    assert ("sun_glow", "sky") in operators("make the clouds glow warm", scene)
    found = operators("make the clouds glow warm", away)
    assert "sun_glow" not in dict(found)
    assert ("highlights", "clouds & highlights") in found


@pytest.mark.parametrize("text", ["满天繁星", "add an aurora", "银河"])
def test_night_falls_for_faint_lights_unless_it_is_night(text: str) -> None:
    found = [name for name, _ in operators(text, lake())]
    assert found.count("night") == 1
    assert found[0] == "night"
    dark = replace(lake(), time_of_day=Guess("night", 0.9, {"night": 0.9}))
    assert "night" not in dict(operators(text, dark))


def test_lightning_comes_out_of_storm_clouds() -> None:
    assert {"clouds", "lightning"} <= {name for name, _ in operators("add lightning", lake())}
    full = lake().regions | {"clouds": lake().regions["sky"]}
    storm = replace(lake(), regions=full, weather=Guess("storm", 0.9, {"storm": 0.9}))
    assert "clouds" not in dict(operators("add lightning", storm))
