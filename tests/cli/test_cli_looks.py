"""`fluxroom looks` on a real photo."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from conftest import Desk
from PIL import Image


def test_list_and_search(desk: Desk) -> None:
    said = desk.say("looks", "list")
    assert said.code == 0
    assert "nordic" in said.out
    assert "宋画水墨" in said.out
    found = json.loads(desk.say("looks", "list", "--tag", "film", "--search", "grain", "--json").out)["looks"]
    assert found
    assert all("film" in look["tags"] for look in found)
    assert "no look" in desk.say("looks", "list", "--tag", "nothing of it").out


def test_show_prints_the_recipe_and_tries_it(desk: Desk) -> None:
    said = desk.say("looks", "show", "北欧", "--picture", desk.photo)
    assert said.code == 0
    assert "operator: white_balance@1" in said.out
    with Image.open(desk.folder / "beach_nordic.jpg") as picture:
        assert picture.width > 320
    assert "v1" not in desk.say("history", desk.photo).out
    assert desk.say("looks", "show", "nordic", "--picture", desk.photo).code == 2


def test_apply_builds_on_what_is_there_as_edit_does(desk: Desk) -> None:
    assert desk.say("edit", desk.photo, "a little warmer", "--no-review").code == 0
    said = desk.say("looks", "apply", desk.photo, "nordic", "--strength", "0.5", "-o", desk.folder / "n.png")
    assert said.code == 0, said.err
    assert "v2 (from v1)" in said.out
    assert (desk.folder / "n.png").is_file()
    assert "Nordic 50% look" in desk.say("history", desk.photo).out
    assert desk.say("replay", desk.photo, "v2", "-o", desk.folder / "again.png").code == 0
    assert (desk.folder / "again.png").read_bytes() == (desk.folder / "n.png").read_bytes()


def test_save_share_add(desk: Desk, tmp_path: Path) -> None:
    assert desk.say("looks", "save", desk.photo, "mine").code == 2
    desk.say("edit", desk.photo, "cinematic", "--no-review")
    desk.say("edit", desk.photo, "warmer", "--no-review")
    assert "adjustments of v2" in desk.say("looks", "save", desk.photo, "Mine", "--zh", "我的", "--tag", "own").out
    assert "adjustments of v1" in desk.say("looks", "save", desk.photo, "v1", "first").out
    assert "(your own)" in desk.say("looks", "list", "--tag", "own").out
    assert desk.say("looks", "save", desk.photo, "nordic").code == 2
    file = tmp_path / "mine.yaml"
    assert desk.say("looks", "share", "我的", file).code == 0
    assert desk.say("looks", "share", "我的", file).code == 2
    assert "already" in desk.say("looks", "add", file).err
    assert desk.say("looks", "add", file, "--name", "theirs").code == 0
    assert desk.say("looks", "apply", desk.photo, "theirs").code == 0


def test_export_names_what_cannot_go_in(desk: Desk, tmp_path: Path) -> None:
    for ending in ("cube", "xmp", "dtstyle"):
        said = desk.say("looks", "export", "nordic", tmp_path / f"n.{ending}", "--size", "17")
        assert said.code == 0, said.err
        assert "not in it: saturation: only in sky" in said.err
    assert "LUT_3D_SIZE 17" in (tmp_path / "n.cube").read_text("utf-8")
    assert desk.say("looks", "export", "nordic", tmp_path / "n.lut").code == 2


def test_a_cube_there_and_back(desk: Desk, tmp_path: Path) -> None:
    cube = tmp_path / "n.cube"
    desk.say("looks", "export", "iron_blue_print", cube)
    assert desk.say("looks", "import", cube, "blue").code == 0
    said = desk.say("looks", "apply", desk.photo, "blue", "-o", tmp_path / "blue.png")
    assert said.code == 0, said.err
    with Image.open(tmp_path / "blue.png") as picture:
        red, _, blue = picture.convert("RGB").resize((1, 1)).getpixel((0, 0))  # type: ignore[misc]
    assert blue > red + 20
    file = tmp_path / "blue.yaml"
    desk.say("looks", "share", "blue", file)
    assert desk.say("--library", tmp_path / "other", "looks", "add", file, library=False).code == 0
    assert desk.say("--library", tmp_path / "other", "looks", "apply", desk.photo, "blue", library=False).code == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("apply", "PHOTO", "norddic"), "did you mean nordic"),
        (("apply", "PHOTO", "nordic", "--strength", "2"), "0"),
        (("show", "zzzzz"), "looks list"),
        (("import", "PHOTO", "x"), "only .cube"),
        (("import", "nowhere.cube", "x"), "cannot be read"),
        (("add", "PHOTO"), "no text file"),
        (("add", "nowhere.yaml"), "cannot be read"),
        (("export", "nordic", "nowhere/x.cube"), "cannot be written"),
        (("save", "PHOTO", "a", "b", "c"), "quotes"),
    ],
)
def test_what_is_wrong_is_one_line(desk: Desk, arguments: tuple[str, ...], said: str) -> None:
    told = desk.say("looks", *(str(desk.photo) if a == "PHOTO" else a for a in arguments))
    assert told.code == 2
    assert said in told.err
    assert len(told.err.strip().splitlines()) == 1


def test_a_bad_cube_is_named_with_its_line(desk: Desk, tmp_path: Path) -> None:
    file = tmp_path / "bad.cube"
    file.write_text("LUT_1D_SIZE 2\n0 0 0\n1 1\n", encoding="utf-8")
    told = desk.say("looks", "import", file, "bad")
    assert told.code == 2
    assert f"{file}: line 3: 3 numbers are needed, here are 2" in told.err
