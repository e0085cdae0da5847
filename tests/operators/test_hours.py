"""Hours: what holds for each of them on any picture, and what each is for on a small drawn scene."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fluxroom.language import interpret
from fluxroom.operators import Overview, Window, find
from fluxroom.operators.hours.windows import candidates, windows
from fluxroom.operators.tables import luminance
from fluxroom.photo import ColorProfile, Encoding, Metadata, Photo
from fluxroom.recipe import Adjustment, Recipe, Region
from fluxroom.render import full_mask, render
from fluxroom.scene import Float, Guess, Horizon, Light, Scene
from fluxroom.sky.atmosphere import dome

NAMES = ("golden_hour", "dusk", "blue_hour", "night", "noon")
DARK = ("dusk", "blue_hour", "night")
H, W = 96, 144


def landscape() -> Float:
    """Linear Rec.2020: a blue sky with a white cloud over a green meadow with a house and, below right, water."""
    y, x = np.mgrid[0:H, 0:W].astype(np.float64)
    out = np.empty((H, W, 3))
    up = (1 - y / (H / 2))[..., None]
    out[:] = (1 - up) * np.array([0.35, 0.45, 0.65]) + up * np.array([0.10, 0.20, 0.50])
    cloud = np.exp(-(((x - 50) / 16) ** 2 + ((y - 16) / 6) ** 2))[..., None]
    out += np.clip(1.5 * cloud, 0, 1) * (np.array([0.8, 0.8, 0.8]) - out)
    land = y >= H // 2
    out[land] = (0.10, 0.16, 0.04)
    out[land & (x > 90)] = (0.15, 0.22, 0.30)
    out[52:84, 20:60] = (0.45, 0.40, 0.35)
    for top in (56, 70):
        for left in (24, 34, 44):
            out[top : top + 8, left : left + 5] = 0.03
    noise = np.random.default_rng(3).normal(1.0, 0.03, (H, W, 1))
    return np.clip(out * noise, 0, 1).astype(np.float32)


def scene(pixels: Float, **light: Any) -> Scene:
    h, w = pixels.shape[:2]
    y, x = np.mgrid[0:h, 0:w]
    sky = (y < h // 2).astype(np.float32)
    water = ((y >= h // 2) & (x > 0.63 * w)).astype(np.float32)
    building = np.zeros((h, w), np.float32)
    building[int(0.55 * h) : int(0.87 * h), int(0.14 * w) : int(0.41 * w)] = 1
    clouds = (sky * (pixels.min(-1) > 0.55)).astype(np.float32)
    sun = {"visible": False, "azimuth": 90.0, "azimuth_confidence": 0.9} | light
    return Scene(
        w, h, pixels, {"sky": sky, "water": water, "building": building, "clouds": clouds}, {},
        Horizon(0.5, 0.5, 0.9), Light(1.2, 0.3, sun["visible"], (1.0, 1.0, 1.0), 0.0, 35.0, 0.2, 0.9,
                                      azimuth=sun["azimuth"], azimuth_confidence=sun["azimuth_confidence"]),
        Guess("day", 1.0, {"day": 1.0}), Guess("clear", 1.0),
    )  # fmt: skip


def overview(pixels: Float, **light: Any) -> Overview:
    h, w = pixels.shape[:2]
    return Overview(pixels, np.ones((h, w), np.float32), scene(pixels, **light), np.zeros((h, w), np.float32))


def run(name: str, pixels: Float, over: Overview | None = None, seed: int = 5, **given: float) -> Float:
    operator = find(name)
    h, w = pixels.shape[:2]
    prepared = operator.prepare(over or overview(pixels), operator.parameters(given), seed)
    out = pixels.copy()
    operator.apply(out, Window(0, 0, w, h, w, h), prepared)
    return out


def mean(pixels: Float, rows: slice, columns: slice = slice(None)) -> Float:
    return np.asarray(pixels[rows, columns].reshape(-1, 3).mean(0))


SKY_LOW, SKY_HIGH = slice(42, 47), slice(0, 6)
MEADOW, WATER = (slice(86, 94), slice(4, 60)), (slice(52, 60), slice(100, 140))


@pytest.mark.parametrize("name", NAMES)
def test_says_what_it_is(name: str) -> None:
    operator = find(name)
    assert operator.family == "hours"
    assert operator.label.en
    assert operator.label.zh
    assert all(p.label.en and p.label.zh for p in operator.params)


@pytest.mark.parametrize("name", NAMES)
def test_no_strength_is_nothing_and_a_little_is_little(name: str) -> None:
    pixels = landscape()
    operator = find(name)
    assert operator.prepare(overview(pixels), operator.parameters({"strength": 0.0}), 5) is None
    assert (run(name, pixels, strength=0.0) == pixels).all()
    assert np.abs(run(name, pixels, strength=1e-3) - pixels).max() < 1e-2


@pytest.mark.parametrize("name", NAMES)
def test_more_strength_is_more(name: str) -> None:
    pixels = landscape()
    changes = [float(np.abs(run(name, pixels, strength=s) - pixels).mean()) for s in (0.2, 0.5, 0.8, 1.0)]
    assert changes == sorted(changes)
    assert changes[-1] > 0.01


@pytest.mark.parametrize("name", NAMES)
def test_tiles_do_not_show(name: str) -> None:
    pixels = landscape()
    operator = find(name)
    prepared = operator.prepare(overview(pixels), operator.parameters({"strength": 1.0}), 5)
    whole = pixels.copy()
    operator.apply(whole, Window(0, 0, W, H, W, H), prepared)
    for y, x, h, w in ((0, 0, 13, 7), (37, 11, 29, 60), (41, 3, 19, 1), (H - 1, W - 1, 1, 1), (50, 20, 40, 90)):
        tile = np.ascontiguousarray(pixels[y : y + h, x : x + w])
        operator.apply(tile, Window(x, y, w, h, W, H), prepared)
        assert (tile == whole[y : y + h, x : x + w]).all()


@pytest.mark.parametrize("name", NAMES)
def test_extreme_pixels_stay_finite(name: str) -> None:
    colours = np.array(
        [[0, 0, 0], [1, 1, 1], [1, 0, 0], [0, 1, 0], [0, 0, 1], [-0.2, 0.3, 1.4], [-1, -1, -1], [8, 8, 8],
         [1e4, 0, -1e4], [1e-30, 1e-30, 1e-30]], np.float32
    )  # fmt: skip
    wild = np.repeat(np.repeat(colours[None], 12, axis=0), 3, axis=1)
    for on in (landscape(), wild, np.zeros((20, 30, 3), np.float32), np.ones((1, 1, 3), np.float32)):
        operator = find(name)
        prepared = operator.prepare(overview(on), operator.parameters({"strength": 1.0}), 5)
        out = wild.copy()
        operator.apply(out, Window(0, 0, out.shape[1], out.shape[0], out.shape[1], out.shape[0]), prepared)
        assert np.isfinite(out).all()


@settings(max_examples=12, deadline=None)
@given(
    name=st.sampled_from(NAMES),
    strength=st.floats(0.05, 1.0),
    seed=st.integers(0, 2**40),
    gain=st.floats(0.05, 1.0),
    azimuth=st.floats(-180, 180),
    sure=st.floats(0, 1),
)
def test_any_light_gives_a_picture(
    name: str, strength: float, seed: int, gain: float, azimuth: float, sure: float
) -> None:
    pixels = landscape() * np.float32(gain)
    over = overview(pixels, azimuth=azimuth, azimuth_confidence=sure)
    once = run(name, pixels, over, seed, strength=strength)
    assert np.isfinite(once).all()
    assert once.min() >= -1e-3
    assert once.max() < 1.3
    assert (once == run(name, pixels, over, seed, strength=strength)).all()


def test_the_model_sky_is_blue_by_day_and_warm_at_the_horizon_by_evening() -> None:
    noon, evening, late = dome(60.0), dome(3.0), dome(-6.0)
    zenith = noon.table[-4, 10]
    assert zenith[2] > 2.5 * zenith[0]
    low, high = evening.table[1, 0], evening.table[30, 16]
    assert low[0] > 3 * low[2]
    assert high[2] > high[0]
    assert late.table[20, 16, 2] > late.table[20, 16, 0]  # the ozone's blue
    brightness = [float(dome(e).table.mean()) for e in (40.0, 10.0, 0.0, -4.0, -8.0)]
    assert brightness == sorted(brightness, reverse=True)
    assert (evening.sun[0] > evening.sun[2]) and (noon.sun > evening.sun).all()


def test_golden_light_is_warm_and_leaves_the_zenith_blue() -> None:
    pixels = landscape()
    out = run("golden_hour", pixels)
    before, after = mean(pixels, SKY_LOW), mean(out, SKY_LOW)
    assert after[0] / after[2] > 1.3 * before[0] / before[2]
    high = mean(out, SKY_HIGH)
    assert high[2] > high[0]
    cloud = out[14:18, 46:54].reshape(-1, 3).mean(0)
    assert cloud[0] > 1.15 * cloud[2]
    assert out.max() <= 1.0


def test_no_glow_where_no_sun_is() -> None:
    """With nobody knowing where the sun stands, left and right are treated alike; with it on the right, right glows."""
    pixels = np.ascontiguousarray(0.5 * (landscape() + landscape()[:, ::-1]))
    unsure = run("golden_hour", pixels, overview(pixels, azimuth=0.0, azimuth_confidence=0.0))
    sure = run("golden_hour", pixels, overview(pixels, azimuth=150.0, azimuth_confidence=1.0))
    side = [luminance(p[SKY_LOW, 110:]).mean() / luminance(p[SKY_LOW, :34]).mean() for p in (unsure, sure)]
    assert 0.85 < side[0] < 1.18
    assert side[1] > 1.1 * side[0]


@pytest.mark.parametrize("name", DARK)
def test_after_sunset_the_land_is_dark_and_cold(name: str) -> None:
    pixels = landscape()
    out = run(name, pixels)
    rows, columns = MEADOW
    assert luminance(out[rows, columns]).mean() < 0.35 * luminance(pixels[rows, columns]).mean()
    assert mean(out, rows, columns)[2] / mean(out, rows, columns)[0] > 1.1 * 0.04 / 0.10


def test_later_is_darker() -> None:
    pixels = landscape()
    sky = [float(luminance(run(n, pixels)[:40]).mean()) for n in ("golden_hour", "dusk", "blue_hour", "night")]
    assert sky == sorted(sky, reverse=True)


def test_dusk_is_orange_low_and_blue_high() -> None:
    out = run("dusk", landscape())
    low, high = mean(out, SKY_LOW), mean(out, SKY_HIGH)
    assert low[0] > 1.3 * low[2]
    assert high[2] > 1.1 * high[0]


@pytest.mark.parametrize("name", DARK)
def test_water_follows_the_sky(name: str) -> None:
    pixels = landscape()
    out = run(name, pixels)
    water = np.log2(luminance(out[WATER]).mean() / luminance(pixels[WATER]).mean())
    sky = np.log2(luminance(out[SKY_LOW]).mean() / luminance(pixels[SKY_LOW]).mean())
    meadow = np.log2(luminance(out[MEADOW]).mean() / luminance(pixels[MEADOW]).mean())
    assert abs(water - sky) < abs(meadow - sky) + 0.3


def test_windows_are_found_and_some_of_them_lit() -> None:
    pixels = landscape()
    building = scene(pixels).regions["building"]
    found = candidates(pixels, building)
    assert len(found) == 6
    assert len(set(windows(found).tolist())) == 6
    dark, lit = run("night", pixels, lights=0.0), run("night", pixels, lights=1.0)
    panes = [(slice(p.top, p.top + p.height), slice(p.left, p.left + p.width)) for p in found]
    shining = [float(luminance(lit[p]).mean()) > 10 * float(luminance(dark[p]).mean()) for p in panes]
    assert 1 <= sum(shining) <= 6
    p = panes[shining.index(True)]
    assert mean(lit, *p)[0] > 1.5 * mean(lit, *p)[2]
    assert (lit >= dark - 1e-6).all()


def test_other_seeds_light_other_windows_and_kept_ones_stay_dark() -> None:
    pixels = landscape()
    assert any((run("night", pixels, seed=s) != run("night", pixels, seed=9)).any() for s in range(4))
    kept = overview(pixels)
    kept = replace(kept, keep=np.ones((H, W), np.float32))
    assert (run("night", pixels, kept) == run("night", pixels, lights=0.0)).all()


def test_a_lamp_that_burns_stays() -> None:
    pixels = landscape()
    pixels[62:, :20] = 0.02
    pixels[80:83, 10:13] = (1.0, 0.9, 0.7)
    over = overview(pixels)
    dusk = replace(over.scene, time_of_day=Guess("dusk", 1.0, {"dusk": 1.0}))
    lamp = run("night", pixels, replace(over, scene=dusk))[81, 11]
    assert lamp[0] > 0.5
    assert lamp[0] > lamp[1] > lamp[2]
    assert run("night", pixels)[81, 11].max() < 0.3  # by day that is a white thing in the sun


def test_a_night_stays_a_night() -> None:
    pixels = landscape() * np.float32(0.04)
    over = overview(pixels)
    night = Guess("night", 1.0, {"night": 1.0})
    out = run("night", pixels, replace(over, scene=replace(over.scene, time_of_day=night)))
    assert abs(np.log2(luminance(out).mean() / luminance(pixels).mean())) < 0.7


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("name", ["golden_hour", "night"])
def test_whole_photos(name: str, bits: int) -> None:
    """Through the renderer: kept is kept exactly, any number of threads, in 8 and 16 bits."""
    pixels = landscape()
    top = 255 if bits == 8 else 65535
    codes = np.round(np.clip(pixels, 0, 1) ** (1 / 2.2) * top).astype(np.uint8 if bits == 8 else np.uint16)
    photo = Photo(codes, None, ColorProfile.srgb(), Metadata(), Encoding("tiff", bits=bits))
    seen = scene(pixels)
    recipe = Recipe((Adjustment(name),), keep=Region("water"))
    one, two = (render(photo, seen, recipe, threads=n) for n in (1, 2))
    assert one.codes.dtype == codes.dtype
    assert (one.codes == two.codes).all()
    kept = full_mask(photo, seen, Region("water")) >= 1.0
    assert kept.any()
    assert (one.codes[kept] == codes[kept]).all()
    assert (one.codes[~kept] != codes[~kept]).any()


@pytest.mark.parametrize("name", NAMES)
def test_a_monochrome_photo_stays_one(name: str) -> None:
    grey = np.repeat(landscape()[..., 1:2], 3, axis=-1)
    out = run(name, np.ascontiguousarray(grey))
    assert np.ptp(out, axis=-1).max() < 2e-3


@pytest.mark.parametrize(
    ("words", "hour"),
    [
        ("make it noon", "noon"),
        ("变成正午", "noon"),
        ("like sunrise", "golden_hour"),
        ("像日出一样", "golden_hour"),
        ("日转夜", "night"),
        ("day for night", "night"),
        ("turn it into blue hour", "blue_hour"),
        ("make it dusk, then make it night", "night"),
        ("变成黄昏，再变成夜晚", "night"),
    ],
)
def test_words_for_hours_and_the_last_one_holds(words: str, hour: str) -> None:
    assert [a.operator for a in interpret(words).recipe.adjustments] == [hour]


def test_clouds_at_dusk_are_warm_where_lit_and_blue_in_shade() -> None:
    pixels = landscape()
    y, x = np.mgrid[0:H, 0:W]
    cloud = (np.abs(x - 72) < 30) & (np.abs(y - 20) < 10)
    pixels[cloud & (y < 20)] = 0.85
    pixels[cloud & (y >= 20)] = 0.45
    out = run("dusk", pixels)
    lit, shade = mean(out, slice(13, 17), slice(60, 84)), mean(out, slice(22, 26), slice(60, 84))
    assert lit[0] / lit[2] > 1.3 * shade[0] / shade[2]
    assert luminance(lit[None])[0] > 1.3 * luminance(shade[None])[0]


@pytest.mark.parametrize("name", ["dusk", "blue_hour"])
def test_orange_goes_over_to_blue_without_green(name: str) -> None:
    pixels = landscape()
    pixels[: H // 2] = np.array([0.12, 0.25, 0.6], np.float32)
    sky = run(name, pixels)[: H // 2 - 4].mean(axis=1)
    assert (sky[:, 1] <= np.maximum(sky[:, 0], sky[:, 2])).all()


def test_low_light_rakes_over_the_land() -> None:
    """What faces the sun's side is brighter and warmer than what is turned from it."""
    pixels = landscape()
    y, x = np.mgrid[0:H, 0:W]
    bump = np.exp(-(((x - 70) / 9) ** 2 + ((y - 72) / 9) ** 2))[..., None]
    pixels = np.ascontiguousarray(pixels + 0.25 * bump * (y > H // 2)[..., None], np.float32)
    over = overview(pixels)
    over.scene.regions["building"][:] = 0
    out = run("golden_hour", pixels, over)
    gain = luminance(out) / luminance(pixels)
    assert gain[70:74, 75:80].mean() > 1.05 * gain[70:74, 60:65].mean()


def test_far_towns_have_lights() -> None:
    pixels = landscape()
    town = np.zeros((H, W), np.float32)
    town[44:54, 6:140] = 1
    pixels[44:54, 6:140] = np.random.default_rng(2).uniform(0.05, 0.5, (10, 134, 1)).astype(np.float32)
    over = overview(pixels)
    over.scene.regions["building"][:] = town
    dark, lit = (run("night", pixels, over, lights=n) for n in (0.0, 1.0))
    more = luminance(lit) - luminance(dark)
    assert 0.02 < float((more[45:53, 7:139] > 0.05).mean()) < 0.5
    assert float(more[60:].max()) < 0.02
