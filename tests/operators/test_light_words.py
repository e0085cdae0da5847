"""What people say of light, and what it becomes."""

from __future__ import annotations

import pytest

from fluxroom.language import interpret

SAID = {
    "rim light": "rim_light everything",
    "加轮廓光": "rim_light everything",
    "dodge and burn": "dodge_burn everything",
    "顺光加减光": "dodge_burn everything",
    "bloom": "bloom everything",
    "让高光发光": "bloom everything",
    "add a lens flare": "lens_flare everything",
    "加一点镜头光晕": "lens_flare everything",
    "light from the left": "side_light everything left",
    "relight it from the right": "side_light everything right",
    "光从右边来": "side_light everything right",
    "顶光": "side_light everything above",
    "brighten the subject": "subject_light everything",
    "提亮主体": "subject_light everything",
    "让主体更突出": "subject_light everything",
    "a patch of sunlight on the hill": "sun_patch mountain",
    "一束光照在山上": "sun_patch mountain",
    "局部光": "sun_patch everything",
    "丁达尔光": "light_shafts everything",
    "rays of light breaking through the clouds": "light_shafts everything",
}


@pytest.mark.parametrize("words", SAID)
def test_light_is_understood(words: str) -> None:
    operator, region, *side = SAID[words].split()
    made = {a.operator: a for a in interpret(words).recipe.adjustments}
    assert operator in made
    assert made[operator].region.text == region
    assert [made[operator].parameters.get("side")] == (side or [None])


@pytest.mark.parametrize("words", ["暖光穿透云层", "金色光束", "warm sunlight breaking through"])
def test_warm_light_breaking_through_is_shafts_glow_and_warmth(words: str) -> None:
    made = {a.operator for a in interpret(words).recipe.adjustments}
    assert {"light_shafts", "white_balance"} <= made
