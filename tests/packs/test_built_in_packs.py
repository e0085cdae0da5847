"""What holds for every operator of the packs that fluxroom brings, and what each is for."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
import skimage.data
from PIL import Image

import fluxroom
from fluxroom.cli.main import run as command
from fluxroom.language import interpret
from fluxroom.looks import find_look
from fluxroom.operators import Operator, Overview, Window, all_operators, find
from fluxroom.packs.photo_pro.skin_tone import skin
from fluxroom.packs.studio.calibrate import card_gains
from fluxroom.packs.studio.chart import reference
from fluxroom.recipe import Adjustment, Recipe, Region, Value
from fluxroom.scene import Float, Guess, Horizon, Light, Scene

OPERATORS = [o for o in all_operators() if o.family in ("studio", "photo_pro")]
NAMES = [o.name for o in OPERATORS]
LUMA = np.array([0.2627, 0.6780, 0.0593])
H, W = 200, 300


def product() -> tuple[Float, Float]:
    """A blue ball with its shadow before a white backdrop under uneven, warm light; and the ball's mask."""
    y, x = np.mgrid[0:H, 0:W]
    light = 0.75 * 2.0 ** (-1.1 * (((x - 90) / 300) ** 2 + ((y - 60) / 260) ** 2))
    picture = light[..., None] * np.array([1.05, 1.0, 0.86])
    shadow = np.exp(-(((x - 175) / 40) ** 2 + ((y - 158) / 9) ** 2))
    picture = picture * (1 - 0.6 * shadow[..., None])
    ball = np.clip(45 - np.hypot(x - 150, y - 110), 0, 1)
    paint = np.array([0.05, 0.12, 0.4]) * (0.5 + 0.5 * np.clip((150 - x + 110 - y) / 90, -1, 1))[..., None]
    picture = picture * (1 - ball[..., None]) + paint * ball[..., None]
    noise = np.random.default_rng(1).normal(0, 0.002, picture.shape)
    return (picture + noise).astype(np.float32), ball.astype(np.float32)


def shoot(seed: int = 3) -> Float:
    """A colour checker and a grey card on a table, under a warm light."""
    rng = np.random.default_rng(seed)
    picture = np.array([0.14, 0.09, 0.06]) * rng.uniform(0.6, 1.4, (400, 600, 1))
    picture[22:172, 22:228] = 0.03
    for k, colour in enumerate(reference()):
        j, i = divmod(k, 6)
        picture[30 + 32 * j : 56 + 32 * j, 30 + 32 * i : 56 + 32 * i] = colour
    picture[220:340, 380:560] = 0.18
    picture = cv2.GaussianBlur(picture, (0, 0), 0.7) * np.array([1.0, 0.72, 0.45])
    return (picture + rng.normal(0, 0.001, picture.shape)).astype(np.float32)


def face() -> Float:
    """The astronaut's picture, linear."""
    return ((skimage.data.astronaut()[..., :3] / 255.0) ** 2.2).astype(np.float32)


def scene(pixels: Float) -> Scene:
    h, w = pixels.shape[:2]
    sky, person = np.zeros((h, w), np.float32), np.zeros((h, w), np.float32)
    sky[: h // 4] = 1
    person[h // 4 :, w // 4 : 3 * w // 4] = 1
    light = Light(0.3, 0.2, True, (1.0, 1.0, 1.0), 0.0, 30.0, 0.2, 1.0)
    guess = Guess("day", 1.0)
    return Scene(w, h, pixels, {"sky": sky, "person": person}, {}, Horizon(0.4, 0.4, 1.0), light, guess, guess)


def overview(pixels: Float, mask: Float | None = None) -> Overview:
    whole = np.ones(pixels.shape[:2], np.float32)
    return Overview(pixels, whole if mask is None else mask, scene(pixels), np.zeros_like(whole))


def run(operator: Operator, given: dict[str, Value], pixels: Float, mask: Float | None = None) -> Float:
    h, w = pixels.shape[:2]
    prepared = operator.prepare(overview(pixels, mask), operator.parameters(given), 5)
    out = pixels.copy()
    operator.apply(out, Window(0, 0, w, h, w, h), prepared)
    return out


PICTURES = {
    "backdrop": lambda: product()[0], "color_checker": shoot, "grey_card": shoot,
    "skin_tone": face, "depth_grade": face,
}  # fmt: skip


def test_the_packs_are_there_with_words_and_looks_in_both_languages() -> None:
    assert set(NAMES) == set(PICTURES)
    for name in NAMES:
        operator = find(name)
        assert operator.label.en and operator.label.zh and "Default" in operator.doc
    for words, wanted in (
        ("make the background pure white", "backdrop"), ("把背景变成白色", "backdrop"), ("背景要均匀", "backdrop"),
        ("calibrate the colours with the color checker", "color_checker"), ("用色卡校色", "color_checker"),
        ("white balance off the grey card", "grey_card"), ("用灰卡校白平衡", "grey_card"),
        ("even out the skin tone", "skin_tone"), ("肤色均匀一点", "skin_tone"),
        ("a warm foreground before a cool distance", "depth_grade"), ("近暖远冷", "depth_grade"),
    ):  # fmt: skip
        made = interpret(words).recipe
        assert [a.operator for a in made.adjustments] == [wanted], words
        assert not made.not_understood, words
    for key in ("catalogue_white", "layered_ridges", "studio_portrait"):
        assert find_look(key).recipe.adjustments


@pytest.mark.parametrize("name", NAMES)
def test_strength_zero_is_the_identity_and_more_does_more(name: str) -> None:
    operator, pixels = find(name), PICTURES[name]()
    assert operator.prepare(overview(pixels), operator.parameters({"strength": 0.0}), 5) is None
    changes = [float(np.abs(run(operator, {"strength": s}, pixels) - pixels).mean()) for s in (0.0, 0.3, 0.6, 1.0)]
    assert changes[0] == 0 and (np.diff(changes) > 0).all()


@pytest.mark.parametrize("name", NAMES)
def test_tiles_repetition_and_extremes(name: str) -> None:
    operator, pixels = find(name), PICTURES[name]()
    pixels.flags.writeable = False
    h, w = pixels.shape[:2]
    prepared = operator.prepare(overview(pixels), operator.parameters({}), 5)
    whole = run(operator, {}, pixels)
    assert (whole == run(operator, {}, pixels)).all() and np.isfinite(whole).all()
    for y, x, th, tw in ((0, 0, 37, 51), (h - 9, w - 13, 9, 13), (h // 2, 3, 1, w - 3)):
        tile = pixels[y : y + th, x : x + tw].copy()
        operator.apply(tile, Window(x, y, tw, th, w, h), prepared)
        assert (tile == whole[y : y + th, x : x + tw]).all()
    wild = np.array([[[-1, 0, 1e4], [0, 0, 0], [1, 1, 1], [8, -3, 1e-30]]], np.float32)
    operator.apply(wild, Window(0, 0, 4, 1, 4, 1), prepared)
    assert np.isfinite(wild).all()
    for flat in (np.zeros((40, 60, 3), np.float32), np.ones((1, 1, 3), np.float32)):
        assert np.isfinite(run(operator, {}, flat)).all()


@pytest.mark.parametrize("bits", [8, 16])
def test_kept_is_kept_through_the_renderer(tmp_path: Path, bits: int) -> None:
    file = tmp_path / "face.png"
    Image.fromarray(skimage.data.astronaut()).save(file)
    photo = fluxroom.open(file, library=None)
    recipe = Recipe(
        tuple(Adjustment(n) for n in ("backdrop", "skin_tone", "depth_grade")), keep=Region("box(0 0 1 0.5)")
    )
    out = photo.render(recipe, bits=bits).photo.codes
    half = out.shape[0] // 2 - 1
    before = photo.pixels.codes.astype(out.dtype) * (1 if bits == 8 else 257)
    assert (out[:half] == before[:half]).all() and (out[half + 2 :] != before[half + 2 :]).any()


def test_a_backdrop_becomes_white_the_subject_stays_and_the_shadow_keeps_its_depth() -> None:
    pixels, ball = product()
    out = run(find("backdrop"), {}, pixels)
    open_ground = np.ones((H, W), bool)
    open_ground[50:190, 80:240] = False
    assert np.abs(out[open_ground] - 1).mean() < 0.012 and out[open_ground].min() > 0.9
    inside = cv2.erode(ball, np.ones((9, 9), np.uint8)) > 0.99
    assert (out[inside] == pixels[inside]).all()
    assert 0.3 < float(out[158, 205].mean()) < 0.75
    grey = run(find("backdrop"), {"to": "grey"}, pixels)
    assert abs(float(grey[open_ground].mean()) - 0.18) < 0.01
    even = run(find("backdrop"), {"to": "even"}, pixels)
    assert even[open_ground].mean(axis=1).std() < 0.25 * pixels[open_ground].mean(axis=1).std()


def test_white_that_was_asked_for_is_no_fault(tmp_path: Path) -> None:
    file = tmp_path / "ball.png"
    Image.fromarray((np.clip(product()[0], 0, 1) ** (1 / 2.2) * 255).round().astype(np.uint8)).save(file)
    result = fluxroom.open(file, library=None).edit("make the background pure white")
    assert result.recipe.adjustments[0].parameters["strength"] == 1.0
    assert result.photo.codes[2, 2].min() >= 250


@pytest.mark.parametrize("name", ["chelsea", "rocket", "coffee"])
def test_no_backdrop_where_there_is_none(name: str) -> None:
    pixels = ((getattr(skimage.data, name)()[..., :3] / 255.0) ** 2.2).astype(np.float32)
    operator = find("backdrop")
    assert operator.prepare(overview(pixels), operator.parameters({}), 5) is None
    assert operator.advise(overview(pixels), operator.parameters({}))


def test_the_chart_takes_the_light_away_and_its_matrix_serves_the_shoot() -> None:
    pixels = shoot()
    out = run(find("color_checker"), {}, pixels)
    grey = out[220:340, 380:560].reshape(-1, 3).mean(axis=0)
    assert np.ptp(grey) / grey.mean() < 0.02
    assert abs(float(LUMA @ grey) / float(LUMA @ pixels[230, 400]) - 1) < 0.06


def test_the_grey_card_is_found_or_named() -> None:
    pixels = shoot()
    everywhere, named = np.ones(pixels.shape[:2], np.float32), np.zeros(pixels.shape[:2], np.float32)
    named[230:330, 390:550] = 1
    found, said = card_gains(pixels, everywhere), card_gains(pixels, named)
    assert found is not None and said is not None
    assert np.abs(found / said - 1).max() < 0.01
    card = pixels[230:330, 390:550].reshape(-1, 3).mean(axis=0) * said
    assert np.ptp(card) / card.mean() < 0.01
    assert card_gains(face() * 0 + 0.5, everywhere) is None


def test_skin_comes_together_and_other_reds_stay() -> None:
    pixels = face()
    cloth = np.zeros((40, pixels.shape[1], 3), np.float32)
    cloth[:] = (0.5, 0.03, 0.03)
    both = np.concatenate([pixels, cloth])
    out = run(find("skin_tone"), {"strength": 1.0}, both)
    assert (out[-40:] == cloth).all()
    whole = np.ones(pixels.shape[:2], np.float32)
    part = (slice(60, 200), slice(170, 280))
    before, after = (skin(np.ascontiguousarray(p[part]), whole[part]) for p in (both, out))
    assert before is not None and after is not None
    assert abs(before[1] - after[1]) < 6


def test_calibrate_keeps_a_look(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    chart = tmp_path / "chart.png"
    Image.fromarray((np.clip(shoot(), 0, 1) ** (1 / 2.2) * 255).round().astype(np.uint8)).save(chart)
    library = str(tmp_path / "library")
    assert command(["looks", "calibrate", str(chart), "today", "--library", library]) == 0
    look = find_look("today", tmp_path / "library")
    (adjustment,) = look.recipe.adjustments
    assert adjustment.operator == "color_checker"
    assert float(adjustment.parameters["m00"]) > 0
    other = tmp_path / "other.png"
    Image.fromarray(skimage.data.coffee()).save(other)
    assert command(["looks", "calibrate", str(other), "no", "--library", library]) == 2
    assert "colour checker" in capsys.readouterr().err
