"""`fluxroom explain` tells how a photo would be rendered, and leaves nothing behind."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from PIL import Image

if TYPE_CHECKING:
    from conftest import Desk


def test_words(desk: Desk) -> None:
    before = desk.files()
    said = desk.say("explain", desk.photo, "make the sky more dramatic")
    assert said.code == 0, said
    assert "cloud_drama" in said.out
    assert "320 x 214" in said.out
    assert "MB read and written once" in said.out
    data = json.loads(desk.say("explain", desk.photo, "让天空更有戏剧性", "--json").out)
    stages = {part["stage"] for part in data["parts"]}
    assert stages == {"prepare", "pixels"}
    assert sum(p["thread_seconds"] for p in data["parts"] if p["stage"] == "prepare") <= data["seconds"]["prepare"]
    encoded = next(p for p in data["parts"] if p["name"] == "encode")
    assert 0 < encoded["pixels"] <= 320 * 214
    assert desk.files() == before


def test_a_recipe_of_colour_only_is_one_table(desk: Desk) -> None:
    large = desk.folder / "large.png"
    with Image.open(desk.photo) as image:
        image.resize((960, 642)).save(large)
    recipe = desk.folder / "look.yaml"
    said = desk.say("edit", large, "warmer and more vibrant", "--dry-run")
    recipe.write_text(said.out, encoding="utf-8")
    said = desk.say("explain", large, recipe)
    assert said.code == 0, said
    assert "one table of colours" in said.out


def test_what_is_wrong_is_told_in_a_line(desk: Desk) -> None:
    for arguments in ((desk.photo, "xyzzy"), (desk.photo, desk.folder / "none.yaml"), (desk.folder / "none.jpg", "x")):
        said = desk.say("explain", *arguments)
        assert said.code == 2, said
        assert said.err.strip().count("\n") == 0
