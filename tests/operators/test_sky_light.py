"""Light in the sky: what glow, shafts, drama, highlights and reflections must leave alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from fluxroom.operators.burnt import find_burnt
from fluxroom.operators.declare import Overview, Window, find
from fluxroom.operators.sky.common import no_green, sun_seen
from fluxroom.operators.sky.sky_reflection import calm_water
from fluxroom.scene import Float, Guess, Horizon, Light, Scene

LUMA = np.array([0.2627, 0.6780, 0.0593], np.float32)
HEIGHT, WIDTH = 160, 240
LINE = 80
Y, X = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)


def scene_of(picture: Float, sky: Float, light: Light, **regions: Float) -> Scene:
    none = np.zeros((HEIGHT, WIDTH), np.float32)
    every = {"sky": sky, "clouds": none, "water": none, "ground": 1 - sky, **regions}
    guess = Guess("golden_hour", 0.8, {"golden_hour": 0.8})
    sure = dict.fromkeys(every, 0.9)
    horizon = Horizon(LINE / HEIGHT, LINE / HEIGHT, 0.9)
    return Scene(WIDTH, HEIGHT, picture, every, sure, horizon, light, guess, Guess("clear", 0.8))


def sun(x: float, y: float, visible: bool = True, elevation: float = 8.0, confidence: float = 0.8) -> Light:
    return Light(x, y, visible, (1.4, 1.0, 0.6), 0.4, elevation, 0.2, confidence)


def run(
    name: str,
    scene: Scene,
    mask: Float,
    now: Float | None = None,
    version: int | None = None,
    tile: int = 999,
    **given: float,
) -> Float:
    operator = find(name, version)
    before = scene.preview if now is None else now
    overview = Overview(before, mask, scene, np.zeros_like(mask))
    prepared = operator.prepare(overview, operator.parameters(given), 3)
    out = before.copy()
    for y in range(0, HEIGHT, tile):
        for x in range(0, WIDTH, tile):
            piece = before[y : y + tile, x : x + tile].copy()
            operator.apply(piece, Window(x, y, piece.shape[1], piece.shape[0], WIDTH, HEIGHT), prepared)
            out[y : y + tile, x : x + tile] = piece
    return out


SKY = (Y < LINE).astype(np.float32)
ALL = np.ones((HEIGHT, WIDTH), np.float32)


def evening() -> Scene:
    """A sky brighter toward a sun at the horizon, with one dark cloud and one bright one, over dark land."""
    glow = np.exp(-np.hypot(X - 170, 1.4 * (Y - 70)) / 45)
    light = 0.18 + 0.75 * glow
    picture = light[..., None] * np.array([0.9, 1.0, 1.15], np.float32)
    dark = (np.hypot((X - 130) / 1.6, Y - 40) < 13).astype(np.float32)
    bright = (np.hypot(X - 50, Y - 40) < 14).astype(np.float32)
    picture = picture * (1 - dark[..., None]) + dark[..., None] * 0.12
    picture = picture * (1 - bright[..., None]) + bright[..., None] * 0.7
    picture[SKY == 0] = (0.03, 0.035, 0.02)
    return scene_of(picture.astype(np.float32), SKY, sun(170.5 / WIDTH, 70.5 / HEIGHT), clouds=np.maximum(dark, bright))


def test_no_glow_where_only_a_bright_cloud_was_taken_for_the_sun() -> None:
    scene = evening()
    guessed = replace(scene, light=sun(50 / WIDTH, 40 / HEIGHT, visible=False, elevation=12.0, confidence=0.5))
    assert sun_seen(guessed) == 0.0
    np.testing.assert_array_equal(run("sun_glow", guessed, ALL), guessed.preview)
    operator = find("sun_glow")
    overview = Overview(guessed.preview, ALL, guessed, np.zeros_like(ALL))
    assert operator.advise(overview, operator.parameters({}))
    assert not operator.advise(overview, operator.parameters({"strength": 0.0}))
    for light in (
        scene.light,
        sun(1.1, 0.3, visible=False, confidence=0.5),
        sun(0.6, 0.49, visible=False, elevation=0.5, confidence=0.5),
    ):
        known = replace(scene, light=light)
        assert sun_seen(known) > 0.5
        assert not np.array_equal(run("sun_glow", known, ALL), known.preview)
    assert sun_seen(replace(scene, light=sun(0.5, -1.5, visible=False))) == 0.0


def test_the_glow_lies_behind_bright_clouds() -> None:
    scene = evening()
    change = np.abs(run("sun_glow", scene, ALL, strength=0.8, radius=0.6) - scene.preview).mean(-1)
    cloud = np.hypot(X - 50, Y - 40) < 9
    # As far from the sun, on the other side of the cloud's height.
    beside = (np.abs(np.hypot(X - 170, Y - 70) - 123) < 6) & (SKY > 0) & (np.hypot(X - 50, Y - 40) > 20)
    assert float(change[cloud].mean()) < 0.7 * float(change[beside].mean())


def test_light_over_blue_is_not_green() -> None:
    r, g, b = no_green((1.3, 1.0, 0.3))
    assert g <= 0.5 * (r + b) + 1e-6
    assert r * 0.2627 + g * 0.6780 + b * 0.0593 == pytest.approx(1.0)


def test_highlights_hold_what_is_burnt_out_and_keep_it_warm() -> None:
    near = np.exp(-np.hypot(X - 120, Y - 40) / 30)
    light = np.clip(0.25 + 1.6 * near, 0, 1)
    picture = np.stack([light, light * (0.93 + 0.07 * (light >= 1)), light * (0.7 + 0.3 * (light >= 1))], -1)
    scene = scene_of(picture.astype(np.float32), SKY, sun(0.5, 0.25))
    now = (picture * np.float32(0.8)).astype(np.float32)
    core = np.hypot(X - 120, Y - 40) < 8
    new = run("highlights", scene, ALL, now, amount=-0.6)[core].mean(0)
    assert float(new @ LUMA) > 0.92 * float(now[core].mean(0) @ LUMA)
    assert new[0] > 1.05 * new[2]
    # The same level elsewhere, not burnt out in the original, does come down.
    plain = scene_of(np.full_like(picture, 0.8, dtype=np.float32), SKY, sun(0.5, 0.25))
    even = np.full_like(now, 0.8)
    assert float(run("highlights", plain, ALL, even, amount=-0.6).mean()) < 0.9 * 0.8
    whole = run("highlights", scene, ALL, now, amount=-0.6)
    np.testing.assert_array_equal(run("highlights", scene, ALL, now, tile=37, amount=-0.6), whole)


def test_nothing_is_burnt_out_in_a_dark_picture_or_by_single_bright_points() -> None:
    rng = np.random.default_rng(2)
    picture = np.full((HEIGHT, WIDTH, 3), 0.3, np.float32)
    picture[rng.random((HEIGHT, WIDTH)) < 0.01] = 1.0
    scene = scene_of(picture, SKY, sun(0.5, 0.2))
    assert find_burnt(Overview(picture, ALL, scene, np.zeros_like(ALL))) is None


def test_drama_ends_softly_at_water() -> None:
    banks = 0.3 * 2 ** (0.5 * np.sin(X * 0.11) * np.sin(Y * 0.4))
    picture = (banks[..., None] * np.array([1.1, 1.0, 0.8], np.float32)).astype(np.float32)
    water = 1 - SKY
    over_water = scene_of(picture, SKY, sun(0.9, 0.3), water=water)
    over_land = scene_of(picture, SKY, sun(0.9, 0.3))
    change = [
        np.abs(np.log2(run("cloud_drama", s, SKY, strength=0.9) / picture)).mean(-1) for s in (over_water, over_land)
    ]
    foot, top = np.s_[LINE - 4 : LINE], np.s_[: LINE // 2]
    assert float(change[0][foot].mean()) < 0.5 * float(change[1][foot].mean())
    np.testing.assert_allclose(change[0][top], change[1][top], atol=0.02)


def lake(ripples: float = 0.0) -> Scene:
    """Hills under a sky, and all of it mirrored below the line, darker; or rough water instead."""
    hills = (LINE - 14 - 10 * np.sin(X * 0.05) < Y) & (Y < LINE)
    light = 0.5 - 0.2 * Y / LINE
    light = np.where(hills, 0.06 + 0.03 * np.sin(X * 0.3), light)
    mirrored = 0.75 * light[np.clip(2 * LINE - np.arange(HEIGHT) - 1, 0, HEIGHT - 1)]
    rng = np.random.default_rng(4)
    rough = 0.15 * np.exp(rng.standard_normal((HEIGHT, WIDTH)))
    below = mirrored + ripples * (rough - mirrored)
    light = np.where(Y < LINE, light, below)
    picture = (light[..., None] * np.array([0.9, 1.0, 1.2], np.float32)).astype(np.float32)
    sky = ((Y < LINE) & ~hills).astype(np.float32)
    return scene_of(picture, sky, sun(0.4, 0.2), water=(Y >= LINE).astype(np.float32))


def test_calm_water_mirrors_what_the_sky_became() -> None:
    scene = lake()
    assert calm_water(scene) > 0.9
    water = scene.regions["water"]
    now = scene.preview.copy()
    cloud = (np.hypot((X - 100) / 2, Y - 30) < 12) & (Y < LINE)
    now[cloud] *= np.float32(0.4)
    out = run("sky_reflection", scene, water, now)
    assert np.isfinite(out).all()
    gain = (out / now).mean(-1)
    image = np.hypot((X - 100) / 2, (2 * LINE - 1 - Y) - 30) < 8
    assert float(gain[image].mean()) < 0.75
    assert float(np.abs(gain[:LINE][SKY[:LINE] > 0] - 1).max()) < 0.02
    aside = (Y > LINE + 30) & (np.abs(X - 100) > 70)
    assert float(np.abs(gain[aside] - 1).max()) < 0.05
    for tile in (37, 64):
        np.testing.assert_array_equal(run("sky_reflection", scene, water, now, tile=tile), out)


def test_rough_water_and_an_unchanged_sky_are_left_alone() -> None:
    rough = lake(ripples=1.0)
    assert calm_water(rough) < 0.05
    darker = rough.preview * np.float32(0.5)
    np.testing.assert_array_equal(run("sky_reflection", rough, rough.regions["water"], darker), darker)
    scene = lake()
    np.testing.assert_array_equal(run("sky_reflection", scene, scene.regions["water"]), scene.preview)
    now = scene.preview * np.float32(0.5)
    np.testing.assert_array_equal(run("sky_reflection", scene, scene.regions["water"], now, strength=0.0), now)
    assert calm_water(replace(scene, regions={"sky": scene.regions["sky"]})) == 0.0
    operator = find("sky_reflection")
    overview = Overview(darker, rough.regions["water"], rough, np.zeros_like(ALL))
    assert operator.advise(overview, operator.parameters({}))


def test_a_tower_before_sky_and_sea_is_no_reflection() -> None:
    rough = lake(ripples=1.0)
    tower = np.abs(X - 90) < 20
    picture = np.where(tower[..., None], np.float32(0.05), rough.preview)
    regions = {name: np.where(tower, np.float32(0), mask) for name, mask in rough.regions.items()}
    assert calm_water(replace(rough, preview=picture, regions=regions)) < 0.2


@pytest.mark.parametrize("level", [0.0, 1.0, 3.0])
def test_reflections_of_flat_pictures_are_finite(level: float) -> None:
    scene = lake()
    flat = np.full_like(scene.preview, level)
    out = run("sky_reflection", replace(scene, preview=flat), scene.regions["water"], flat * np.float32(0.6) + 0.1)
    assert np.isfinite(out).all()
