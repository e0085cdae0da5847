"""Prompts as the composer reads them."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from fluxroom.compose.read import read
from fluxroom.errors import FluxroomError, InstructionError


def test_the_documents_prompts() -> None:
    wish = read("A surreal sunset over a neon-lit mountain village, cyberpunk style")
    assert (wish.place, wish.hour, wish.looks, wish.left) == ("village", "sunset", {"surreal", "neon"}, ())
    wish = read("Kyoto bamboo grove at dawn")
    assert (wish.place, wish.hour, wish.left) == ("bamboo", "dawn", ())


@pytest.mark.parametrize(
    "prompt",
    [
        "a red sailboat on the left and three gulls over the sea at sunset",
        "日落时分的大海，左边有一艘红色的帆船，天上有三只海鸥",
        "日落時分的大海，左邊有一艘紅色的帆船，天上有三隻海鷗",
    ],
)
def test_things_have_count_color_and_side(prompt: str) -> None:
    wish = read(prompt)
    assert (wish.place, wish.hour) == ("sea", "sunset")
    boat, birds = wish.things
    assert (boat.kind, boat.count, boat.color, boat.side) == ("sailboat", 1, "red", "left")
    assert (birds.kind, birds.count) == ("birds", 3)
    assert wish.left == ()


def test_relations_become_sides() -> None:
    first, second = read("a lighthouse to the left of a sailboat").things
    assert (first.side, second.side) == ("left", "right")
    first, second = read("a tree to the right of a house in a meadow").things
    assert (first.kind, first.side, second.side) == ("tree", "right", "left")


def test_what_is_not_known_is_named() -> None:
    assert read("a purple dragon over snowy mountains").left == ("dragon",)
    assert "龙" in read("雪山上的一条龙").left
    assert read("a huge tree in a meadow").left == ("huge",)


def test_winter_brings_snow_and_stars_bring_night() -> None:
    assert "snow" in read("a village in winter").weather
    assert read("the milky way over a lake").hour == "night"


@pytest.mark.parametrize("prompt", ["", "   ", "qwertz uiop", "？？"])
def test_nothing_known_is_one_clear_error(prompt: str) -> None:
    with pytest.raises(InstructionError):
        read(prompt)


def test_every_word_of_the_list_is_understood() -> None:
    from importlib.resources import files

    told = yaml.safe_load(files("fluxroom.compose").joinpath("words.yaml").read_text(encoding="utf-8"))
    for kind in ("place", "hour", "season", "weather", "phenomenon", "thing", "look"):
        for meaning, words in told[kind].items():
            for word in words:
                prompt = f"{word} over the sea" if str(word).isascii() else f"海，{word}"
                assert read(prompt).left == (), (meaning, word)


@given(st.text(max_size=80))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        wish = read(text)
    except FluxroomError:
        return
    assert wish.place
