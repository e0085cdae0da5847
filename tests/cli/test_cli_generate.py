"""`fluxroom generate`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

if TYPE_CHECKING:
    from conftest import Desk


@pytest.mark.parametrize(
    ("name", "format"), [("a.jpg", "JPEG"), ("a.png", "PNG"), ("a.tif", "TIFF"), ("a.webp", "WEBP")]
)
def test_a_picture_of_words(desk: Desk, name: str, format: str) -> None:
    out = desk.folder / name
    said = desk.say("generate", "a lake with mountains at dawn", "-o", out, "--size", "192x128")
    assert said.code == 0, said.err
    assert "192x128" in said.out and "composer" in said.out
    with Image.open(out) as image:
        assert (image.size, image.format) == ((192, 128), format)


def test_what_was_understood_is_told(desk: Desk) -> None:
    said = desk.say("generate", "日落的大海，一条龙", "-o", desk.folder / "a.png", "--size", "96", "--json")
    told = json.loads(said.out)
    assert told["understood"]["place"] == "sea" and told["understood"]["hour"] == "sunset"
    assert "龙" in told["understood"]["not_understood"]
    assert (told["width"], told["height"]) == (96, 96)
    assert "龙" in said.err


def test_the_same_seed_gives_the_same_file(desk: Desk) -> None:
    files = []
    for name, seed in (("a.png", "4"), ("b.png", "4"), ("c.png", "5")):
        desk.say("generate", "mountains", "-o", desk.folder / name, "--size", "96x64", "--seed", seed)
        files.append(np.asarray(Image.open(desk.folder / name)))
    assert np.array_equal(files[0], files[1]) and not np.array_equal(files[0], files[2])


def test_a_generated_picture_can_be_edited(desk: Desk) -> None:
    out = desk.folder / "a.jpg"
    desk.say("generate", "a meadow, clear sky", "-o", out, "--size", "240x160")
    assert desk.say("edit", out, "more dramatic clouds", "-o", desk.folder / "b.jpg").code == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ["", "-o", "a.png"],
        ["xyzzy", "-o", "a.png"],
        ["the sea", "-o", "a.png", "--size", "huge"],
        ["the sea", "-o", "a.png", "--size", "10x10"],
        ["the sea", "-o", "a.png", "--size", "9000x100"],
        ["the sea", "-o", "a.gif", "--size", "96"],
        ["the sea", "-o", "nowhere/a.png", "--size", "96"],
        ["the sea", "-o", "a.png", "--model", "magic"],
    ],
)
def test_bad_input(desk: Desk, arguments: list[str]) -> None:
    desk.refused("generate", *[str(desk.folder / a) if "." in a and " " not in a else a for a in arguments])


def test_nothing_is_replaced_unasked(desk: Desk) -> None:
    out = desk.folder / "a.png"
    out.write_bytes(b"mine")
    desk.refused("generate", "the sea", "-o", out, "--size", "96")
    assert out.read_bytes() == b"mine"
