"""Turns of phrase, things put in, complaints with their cures, and the white balance of a measured light."""

from __future__ import annotations

from dataclasses import replace

import pytest
from test_interpret import scene as seen

from fluxroom.language import interpret
from fluxroom.scene import Scene


def done(text: str, scene: Scene | None = None) -> list[str]:
    return [f"{a.operator} {a.region}" for a in interpret(text, scene).recipe.adjustments]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("add a boat", ["sailboat everything"]),
        ("加一艘小船", ["sailboat everything"]),
        ("加个 lighthouse", ["lighthouse everything"]),
        ("再来点 fog", ["fog everything"]),
        ("add a tree on the left and make it brighter", ["exposure everything", "tree left"]),
        ("put the boat on the left third", ["compose object"]),
        ("远处的山有点暗，提亮一些", ["exposure mountain"]),
        ("the sky is boring, put some fluffy clouds in it", ["clouds sky"]),
        ("let the light hit her from the right side", ["side_light everything"]),
        ("take the land down by half a stop", ["exposure ground"]),
        ("sharpen after denoising", ["noise_reduction everything", "sharpen everything"]),
        ("降噪，但石头的细节不许抹掉", ["noise_reduction everything"]),
    ],
)
def test_what_is_done(text: str, expected: list[str]) -> None:
    assert done(text) == expected


def test_trees_that_are_to_be_greener_are_not_planted() -> None:
    assert not any(d.startswith("tree") for d in done("I want the trees greener"))


def test_a_storm_brings_clouds_and_lightning() -> None:
    names = {d.split()[0] for d in done("I want a real storm: heavy clouds and lightning")}
    assert {"clouds", "lightning"} <= names


@pytest.mark.parametrize(("text", "turn"), [("turn it 3 degrees to the left", -3.0), ("顺时针转2度", 2.0)])
def test_which_way_it_is_turned(text: str, turn: float) -> None:
    (one,) = interpret(text).recipe.adjustments
    assert one.parameters["turn"] == turn


def test_what_is_said_by_the_way_is_a_note() -> None:
    made = interpret("抢镜的那只狗去掉吧")
    assert not made.not_understood and "抢镜" in made.notes[-1]


def test_a_request_that_nobody_can_do_is_named() -> None:
    assert interpret("Brighten the sky and close his mouth").not_understood


@pytest.mark.parametrize("text", ["auto white balance", "remove the colour cast", "自动白平衡"])
@pytest.mark.parametrize(("kelvin", "sure", "low", "high"), [(4000.0, 0.9, 4100, 5000), (4000.0, 0.1, 0, 0)])
def test_white_balance_by_itself(text: str, kelvin: float, sure: float, low: float, high: float) -> None:
    """Taken back in part, and only where the measured temperature is sure enough."""
    plain = seen()
    scene = replace(plain, light=replace(plain.light, kelvin=kelvin, kelvin_confidence=sure))
    made = [a for a in interpret(f"{text}, more contrast", scene).recipe.adjustments if a.operator == "white_balance"]
    assert [low <= float(a.parameters["kelvin"]) <= high for a in made] == ([True] if high else [])


def test_what_cannot_be_replaced_is_named_beside_another_wish() -> None:
    made = interpret("replace the car and add 2 people")
    assert [a.operator for a in made.recipe.adjustments] == ["person"]
    assert "replace" in " ".join(made.not_understood)
