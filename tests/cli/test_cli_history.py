"""From the first edit to the last replay, by the command line alone."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

if TYPE_CHECKING:
    from conftest import Desk

RECIPE = """\
fluxroom: 1
say: the sky darker
seed: 7
keep: water
adjustments:
- operator: exposure
  region: sky
  parameters: {stops: -0.5}
- operator: grain
  parameters: {amount: 0.4}
"""


def _versions(desk: Desk) -> list[tuple[str, str]]:
    data = json.loads(desk.say("history", desk.photo, "--json").out)
    return [(v["version"], v["parent"]) for v in data["versions"]]


def test_edit_branch_roll_back_replay(desk: Desk) -> None:
    source = desk.photo.read_bytes()
    first = desk.say("edit", desk.photo, "make the sky darker", "-o", desk.folder / "one.jpg")
    assert first.code == 0, first
    assert "one.jpg" in first.out
    second = desk.say("edit", desk.photo, "warmer", "-o", desk.folder / "two.jpg")
    assert second.code == 0, second
    assert "builds on v1" in second.err
    assert desk.say("rollback", desk.photo, "v1").code == 0
    third = desk.say("edit", desk.photo, "更冷一点", "--json")
    assert third.code == 0, third
    data = json.loads(third.out)
    assert (data["version"], data["parent"]) == ("v3", "v1")
    assert data["result"] == str(desk.folder / "beach_v3.jpg")
    assert _versions(desk) == [("v1", "v0"), ("v2", "v1"), ("v3", "v1")]

    listed = desk.say("history", desk.photo).out
    assert "from v1" in listed
    assert "* " in next(line for line in listed.splitlines() if "v3" in line)

    for number, name in ((1, "one.jpg"), (2, "two.jpg"), (3, "beach_v3.jpg")):
        again = desk.folder / f"again{number}.jpg"
        said = desk.say("replay", desk.photo, f"v{number}", "-o", again)
        assert said.code == 0, said
        assert again.read_bytes() == (desk.folder / name).read_bytes()
    assert desk.photo.read_bytes() == source


def test_render_keeps_a_version_whose_recipe_can_be_printed_and_rendered_again(desk: Desk) -> None:
    recipe = desk.folder / "recipe.yaml"
    recipe.write_text(RECIPE)
    said = desk.say("render", desk.photo, recipe, "-o", desk.folder / "out.tif", "--bits", "16", "--threads", "1")
    assert said.code == 0, said
    printed = desk.say("history", desk.photo, "v1").out
    assert "exposure@" in printed
    recipe.write_text(printed)
    said = desk.say("render", desk.photo, recipe, "-o", desk.folder / "out2.tif", "--bits", "16", "--no-history")
    assert said.code == 0, said
    assert (desk.folder / "out.tif").read_bytes() == (desk.folder / "out2.tif").read_bytes()
    assert _versions(desk) == [("v1", "v0")]
    again = desk.folder / "again.tif"
    assert desk.say("replay", desk.photo, "v1", "-o", again).code == 0
    assert again.read_bytes() == (desk.folder / "out.tif").read_bytes()


def test_a_moved_photo_keeps_its_history_and_a_changed_one_is_told(desk: Desk) -> None:
    assert desk.say("edit", desk.photo, "darker", "-q").code == 0
    moved = desk.folder / "moved.jpg"
    desk.photo.rename(moved)
    assert "v1" in desk.say("history", moved).out
    assert "v1" in desk.say("history", desk.photo).out  # by the place where it was seen
    assert desk.say("replay", moved, "v1", "-o", desk.folder / "again.jpg").code == 0
    gone = desk.say("replay", desk.photo, "v1", "-o", desk.folder / "again2.jpg")
    assert gone.code == 2
    assert gone.err.count("\n") == 1
    assert "not there any more" in gone.err

    Image.fromarray(np.zeros((50, 60, 3), np.uint8)).save(desk.photo)
    changed = desk.say("replay", desk.photo, "v1", "-o", desk.folder / "again3.jpg")
    assert changed.code == 2
    assert "has changed" in changed.err
    assert not (desk.folder / "again3.jpg").exists()


def test_history_of_a_photo_never_edited(desk: Desk) -> None:
    said = desk.say("history", desk.photo)
    assert (said.code, said.err) == (0, "")
    assert "not been edited" in said.out
    assert not desk.library.exists()


def test_a_dry_run_writes_nothing_and_prints_a_recipe_that_renders(desk: Desk) -> None:
    before = desk.files()
    said = desk.say("edit", desk.photo, "make the sky moodier, keep the water as it is", "--dry-run")
    assert said.code == 0, said
    assert said.out.startswith("fluxroom: 1\n")
    assert "sky" in said.err
    assert desk.files() == before
    assert not desk.library.exists()
    recipe = desk.folder / "recipe.yaml"
    recipe.write_text(said.out)
    assert desk.say("render", desk.photo, recipe, "-o", desk.folder / "out.png").code == 0


def test_words_that_are_not_known_are_named(desk: Desk) -> None:
    said = desk.say("edit", desk.photo, "make the sky darker and flurbify the wibble", "-o", desk.folder / "out.jpg")
    assert said.code == 0, said
    assert "flurbify" in said.err


def test_before_after_takes_a_name_or_none(desk: Desk) -> None:
    words = "darker"
    assert desk.say("edit", "--before-after", desk.photo, words, "-o", desk.folder / "a.jpg", "-q").code == 0
    assert (desk.folder / "a_before_after.jpg").exists()
    picture = desk.folder / "pair.png"
    assert desk.say("edit", desk.photo, words, "-q", "--before-after", picture).code == 0
    with Image.open(picture) as image:
        assert image.width > image.height


def test_quiet_says_nothing(desk: Desk) -> None:
    said = desk.say("edit", desk.photo, "darker", "--quiet")
    assert (said.code, said.out, said.err) == (0, "", "")
    assert (desk.folder / "beach_v1.jpg").exists()


def test_default_names_never_collide(desk: Desk) -> None:
    (desk.folder / "beach_v1.jpg").write_bytes(b"precious")
    assert desk.say("edit", desk.photo, "darker", "-q").code == 0
    assert (desk.folder / "beach_v1.jpg").read_bytes() == b"precious"
    assert (desk.folder / "beach_v1-2.jpg").exists()


@pytest.mark.parametrize("threads", ["1", "2"])
def test_the_same_bytes_with_any_threads(desk: Desk, threads: str) -> None:
    recipe = desk.folder / "recipe.yaml"
    recipe.write_text(RECIPE)
    for name, number in (("a.png", "3"), ("b.png", threads)):
        said = desk.say("render", desk.photo, recipe, "-o", desk.folder / name, "--no-history", "--threads", number)
        assert said.code == 0, said
    assert (desk.folder / "a.png").read_bytes() == (desk.folder / "b.png").read_bytes()


def test_exif_stays(desk: Desk) -> None:
    assert desk.say("edit", desk.photo, "darker", "-q").code == 0
    with Image.open(desk.folder / "beach_v1.jpg") as image:
        assert image.getexif()[0x010F] == "Maker of cameras"
        assert image.size == (320, 214)
