"""Colours of what is put in."""

from __future__ import annotations

import pytest

from fluxroom.language import interpret


@pytest.mark.parametrize(
    ("words", "operator", "color"),
    [
        ("add a red hot air balloon", "hot_air_balloon", "red"),
        ("加一个红色的热气球", "hot_air_balloon", "red"),
        ("put two yellow balloons on the left", "hot_air_balloon", "yellow"),
        ("三个蓝色热气球", "hot_air_balloon", "blue"),
        ("two blue boats", "sailboat", "blue"),
        ("add a hot air balloon", "hot_air_balloon", None),
        ("add a green balloon above the red rock", "hot_air_balloon", "green"),
    ],
)
def test_the_color_that_was_said(words: str, operator: str, color: str | None) -> None:
    made = interpret(words)
    assert not made.not_understood
    (step,) = made.recipe.adjustments
    assert (step.operator, step.parameters.get("color")) == (operator, color)


def test_each_thing_has_its_own() -> None:
    made = interpret("add a red sailboat and a purple balloon").recipe
    assert {a.operator: a.parameters["color"] for a in made.adjustments} == {
        "sailboat": "red",
        "hot_air_balloon": "purple",
    }


def test_trees_keep_their_kinds() -> None:
    assert interpret("add a golden tree").recipe.adjustments[0].parameters["leaves"] == "gold"
    assert interpret("加一棵红叶树").recipe.adjustments[0].parameters["leaves"] == "red"
