"""Framing: code values as they are unless turned, level in the end, nothing from outside the photo."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

import fluxroom
from fluxroom.language import interpret
from fluxroom.photo.framing import WHOLE, Framing, cropped, framed, size_of, straightened
from fluxroom.recipe import Adjustment, Recipe, Region, Value

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
