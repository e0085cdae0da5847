"""Framing: code values as they are unless turned, level in the end, nothing from outside the photo."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

import fluxroom
from fluxroom.language import interpret
from fluxroom.operators import Overview, find
from fluxroom.operators.frame_upright import focal_length, uprights
from fluxroom.photo.framing import WHOLE, Framing, cropped, framed, size_of, straightened, upright
from fluxroom.recipe import Adjustment, Recipe, Region, Value
from fluxroom.scene import Scene, unseen

SIZE = (97, 61)


def numbers() -> np.ndarray:
    """A picture in which every pixel is told apart."""
    return np.arange(SIZE[0] * SIZE[1] * 3, dtype=np.uint16).reshape(SIZE[1], SIZE[0], 3)


@given(
    aspect=st.floats(0.3, 3), zoom=st.floats(1, 4), x=st.floats(0, 1), y=st.floats(0, 1), mirrored=st.booleans(),
)  # fmt: skip
def test_a_crop_is_a_part_of_the_photo(aspect: float, zoom: float, x: float, y: float, mirrored: bool) -> None:
    framing = cropped(Framing(mirrored=mirrored), aspect, zoom, x, y, *SIZE)
    out = framed(numbers(), framing)
    assert out.shape[:2] == size_of(framing, *SIZE)[::-1]
    assert abs(out.shape[1] / out.shape[0] / aspect - 1) < 0.15
    seen = out[:, ::-1] if mirrored else out
    top, left = divmod(int(seen[0, 0, 0]) // 3, SIZE[0])
    assert np.array_equal(seen, numbers()[top : top + out.shape[0], left : left + out.shape[1]])


@given(st.floats(-45, 45), st.floats(0.5, 2))
def test_a_turn_shows_nothing_from_outside(degrees: float, aspect: float) -> None:
    width, height = 300, round(300 / aspect)
    framing = straightened(WHOLE, degrees, width, height)
    assert 0.2 < framing.width <= 1
    inside = np.full((height, width), 200, np.uint8)
    inside[2:-2, 2:-2] = 100  # the rim is another value: it may come in by half a pixel only
    out = framed(inside, framing)
    assert np.mean(out > 110) < 0.05
    again = straightened(framing, -degrees, width, height)
    assert abs(again.turn) < 1e-9


def test_a_turned_line_is_level() -> None:
    height, width = 200, 300
    y, x = np.mgrid[0:height, 0:width]
    slope = np.tan(np.radians(3))
    picture = np.where(y - 100 > slope * (x - 150), 200, 50).astype(np.uint8)  # falls to the right by 3 degrees
    out = framed(picture, straightened(WHOLE, -3, width, height))
    edge = (out > 125).argmax(axis=0)
    assert edge.max() - edge.min() <= 1


def recipe(name: str, **parameters: Value) -> Recipe:
    return Recipe((Adjustment(name, region=Region("everything"), parameters=parameters),))


@pytest.fixture
def photo(tmp_path: Path) -> fluxroom.Photo:
    """Sea and sky, the horizon falling to the right by 2 degrees."""
    height, width = 400, 600
    y, x = np.mgrid[0:height, 0:width]
    above = y - 180 < np.tan(np.radians(2)) * (x - 300)
    picture = np.where(above[..., None], np.array([120, 170, 230]), np.array([30, 70, 90]))
    grain = np.random.default_rng(1).normal(0, 2, (height, width, 1))
    Image.fromarray((picture + grain).clip(0, 255).astype(np.uint8)).save(tmp_path / "sea.png")
    return fluxroom.open(tmp_path / "sea.png", library=tmp_path / "library")


def test_neutral_is_nothing(photo: fluxroom.Photo) -> None:
    for name in ("straighten", "crop", "flip"):
        assert np.array_equal(photo.render(recipe(name, amount=0.0)).photo.codes, photo.pixels.codes)


def test_straightened_by_what_is_seen(photo: fluxroom.Photo) -> None:
    result = photo.edit("straighten the horizon")
    codes = result.photo.codes
    assert codes.shape[0] < 400
    edge = (codes[..., 2] < 150).argmax(axis=0)
    assert edge.max() - edge.min() <= 4
    assert result.version is not None
    assert np.array_equal(photo.replay(result.version.number).photo.codes, codes)


def test_crop_keeps_code_values_and_is_saved(photo: fluxroom.Photo, tmp_path: Path) -> None:
    result = photo.edit("裁成正方形")
    assert result.photo.codes.shape == (400, 400, 3)
    result.save(tmp_path / "square.png")
    with Image.open(tmp_path / "square.png") as image:
        assert image.size == (400, 400)
    result.before_after(tmp_path / "both.png")
    further = photo.edit("make the sky darker")  # builds on the crop
    assert further.photo.codes.shape == (400, 400, 3)


def test_mirrored_twice_is_as_it_was(photo: fluxroom.Photo) -> None:
    once = photo.render(recipe("flip")).photo.codes
    assert np.array_equal(once[:, ::-1], photo.pixels.codes)
    both = Recipe(recipe("flip").adjustments * 2)
    assert np.array_equal(photo.render(both).photo.codes, photo.pixels.codes)


@settings(max_examples=10, deadline=None)
@given(st.sampled_from(["8", "16"]), st.integers(0, 2**31))
def test_any_depth(bits: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    codes = rng.integers(0, 2 ** int(bits), (60, 90, 1), dtype=np.uint16 if bits == "16" else np.uint8)
    out = framed(codes, straightened(WHOLE, 4.0, 90, 60))
    assert out.dtype == codes.dtype
    assert out.ndim == 3


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("拉直地平线", "straighten"),
        ("the horizon is crooked", "straighten"),
        ("crop to 16:9", "crop"),
        ("裁成16:9", "crop"),
        ("flip it horizontally", "flip"),
        ("水平翻转", "flip"),
    ],
)
def test_words(words: str, name: str) -> None:
    assert [a.operator for a in interpret(words).recipe.adjustments] == [name]


def houses(tilt: float, roll: float = 0.0, width: int = 900, height: int = 600) -> np.ndarray:
    """Upright and level bars as a camera sees them that looks up by `tilt` and is turned clockwise by `roll`."""
    level = np.full((3 * height, 3 * width, 3), 230, np.uint8)
    for x in range(0, 3 * width, 90):
        level[:, x : x + 40] = (60, 70, 80)
    level[::120] = 40
    f = focal_length(unseen(width, height, np.zeros((height, width, 3), np.float32))) * width
    t, r = np.radians(tilt), np.radians(roll)
    up = np.array([[1, 0, 0], [0, np.cos(t), np.sin(t)], [0, -np.sin(t), np.cos(t)]])
    turn = np.array([[np.cos(r), -np.sin(r), 0], [np.sin(r), np.cos(r), 0], [0, 0, 1]])
    into = np.array([[f, 0, width / 2], [0, f, height / 2], [0, 0, 1]])
    out_of = np.array([[1 / f, 0, -1.5 * width / f], [0, 1 / f, -1.5 * height / f - np.tan(t)], [0, 0, 1]])
    return cv2.warpPerspective(level, into @ turn @ up @ out_of, (width, height), flags=cv2.INTER_AREA)


def scene_of(picture: np.ndarray) -> Scene:
    height, width = picture.shape[:2]
    return unseen(width, height, (picture.astype(np.float32) / 255) ** 2)


@pytest.mark.parametrize(("tilt", "roll"), [(0.0, 0.0), (4.0, 0.0), (-6.0, 1.5), (12.0, -2.0), (20.0, 0.0)])
def test_uprights_tell_how_the_camera_stood(tilt: float, roll: float) -> None:
    found = uprights(scene_of(houses(tilt, roll)))
    assert found.sure > 0.5
    assert found.tilt == pytest.approx(tilt, abs=0.3)
    assert found.roll == pytest.approx(roll, abs=0.3)


@pytest.mark.parametrize("tilt", [4.0, -6.0, 15.0])
def test_uprights_are_made_upright(tilt: float) -> None:
    picture = houses(tilt, 1.0)
    scene = scene_of(picture)
    framing = upright(WHOLE, tilt, -1.0, focal_length(scene), 900, 600)
    out = framed(picture, framing)
    assert abs(out.shape[1] / out.shape[0] - 1.5) < 0.01
    assert framing.width > 0.65
    after = uprights(scene_of(out))
    assert abs(after.tilt) < 0.4 and abs(after.roll) < 0.3


@given(st.floats(-25, 25), st.floats(-8, 8), st.floats(0.5, 2))
@settings(max_examples=30, deadline=None)
def test_an_upright_picture_shows_nothing_from_outside(tilt: float, turn: float, aspect: float) -> None:
    width, height = 300, round(300 / aspect)
    framing = upright(WHOLE, tilt, turn, 0.9, width, height)
    assert 0.2 < framing.width <= 1
    inside = np.full((height, width), 200, np.uint8)
    inside[2:-2, 2:-2] = 100
    assert np.mean(framed(inside, framing) > 110) < 0.05


def advice(tilt: float) -> tuple[object, tuple[str, ...]]:
    scene = scene_of(houses(tilt))
    whole = np.ones(scene.preview.shape[:2], np.float32)
    overview, operator = Overview(scene.preview, whole, scene, 0 * whole), find("perspective")
    given = operator.parameters({})
    return operator.prepare(overview, given, 0), operator.advise(overview, given)


def test_limits_of_upright_perspective_are_told() -> None:
    made, told = advice(0.0)
    assert made is None and "parallel already" in told[0]
    made, told = advice(28.0)
    assert made is None and "28 degrees" in told[0]
    made, told = advice(8.0)
    assert made is not None and not told


@pytest.mark.parametrize("rule", ["thirds", "close"])
def test_a_thing_is_composed_with(rule: str) -> None:
    picture = np.full((200, 300, 3), 0.2, np.float32)
    mask = np.zeros((200, 300), np.float32)
    mask[70:110, 150:180] = 1
    overview = Overview(picture, mask, unseen(300, 200, picture), 0 * mask)
    operator = find("compose")
    change = operator.prepare(overview, operator.parameters({"rule": rule}), 0)
    assert change is not None
    framing = change(WHOLE)
    shown = framed(mask, framing) > 0.5
    assert shown.sum() == mask.sum()
    x = np.nonzero(shown)[1].mean() / shown.shape[1]
    if rule == "thirds":
        assert min(abs(x - 1 / 3), abs(x - 2 / 3)) < 0.02
        assert framing.width >= 0.55
    else:
        assert 2 < 1 / framing.width <= 2.5


@pytest.mark.parametrize(
    ("text", "operator", "given"),
    [
        ("rotate 2 degrees clockwise", "straighten", {"turn": 2.0}), ("顺时针转2度", "straighten", {"turn": 2.0}),
        ("rotate it 1.5 degrees counterclockwise", "straighten", {"turn": -1.5}),
        ("水平线向左转1.5°", "straighten", {"turn": -1.5}), ("逆时针转两度", "straighten", {"turn": -2.0}),
        ("straighten the verticals", "perspective", {}), ("fix the perspective of the building", "perspective", {}),
        ("校正透视", "perspective", {}), ("纠正垂直线", "perspective", {}),
        ("rule of thirds on the lighthouse", "compose", {"rule": "thirds"}),
        ("把灯塔放在三分线上", "compose", {"rule": "thirds"}), ("三分法构图", "compose", {"rule": "thirds"}),
        ("crop tighter on the dog", "compose", {"rule": "close"}), ("leave more sky", "crop", {"y": 0.0}),
        ("crop to a vertical 4:5", "crop", {"aspect": 0.8}), ("裁成竖构图", "crop", {"aspect": 0.8}),
    ],
)  # fmt: skip
def test_framing_in_words(text: str, operator: str, given: dict[str, Value]) -> None:
    (made,) = interpret(text).recipe.adjustments
    assert made.operator == operator
    assert given.items() <= dict(made.parameters).items()
