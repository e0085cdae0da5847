"""What people say for a time of day, and what only describes the photo."""

from __future__ import annotations

import pytest

from fluxroom.errors import InstructionError
from fluxroom.language import interpret

ASKED = {
    "变成夜晚": "night",
    "make it night": "night",
    "day to night": "night",
    "白天变黑夜": "night",
    "blue hour": "blue_hour",
    "蓝调时刻": "blue_hour",
    "dusk": "dusk",
    "黄昏": "dusk",
    "make it look like dusk": "dusk",
    "让它像日落时分": "golden_hour",
    "turn this into a golden hour shot": "golden_hour",
}


@pytest.mark.parametrize(("words", "operator"), ASKED.items())
def test_an_hour_is_asked_for(words: str, operator: str) -> None:
    (adjustment,) = interpret(words).recipe.adjustments
    assert (adjustment.operator, adjustment.region.text) == (operator, "everything")


@pytest.mark.parametrize("words", ["this dusk photo brighter", "夜景太暗", "the night is too dark", "让这张黄昏照更暖"])
def test_an_hour_that_describes_the_photo_is_left(words: str) -> None:
    made = {a.operator for a in interpret(words).recipe.adjustments}
    assert made
    assert not made & set(ASKED.values())


def test_lit_windows_belong_to_the_night() -> None:
    (adjustment,) = interpret("把它变成夜景，窗户亮灯").recipe.adjustments
    assert adjustment.parameters == {"strength": 0.9, "lights": 1.4}


@pytest.mark.parametrize("words", ["turn night into day", "变成白天"])
def test_night_does_not_become_day(words: str) -> None:
    with pytest.raises(InstructionError):
        interpret(words)
