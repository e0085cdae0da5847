"""Looks: neutral at zero, finite, the same for any tiles, and each does what its name says."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pytest
from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st

from fluxroom.operators import Operator, Overview, Window, find
from fluxroom.operators.looks.black_and_white import FILTERS
from fluxroom.operators.looks.emulsion import EV_HIGH, EV_LOW, EV_SIZE
from fluxroom.operators.looks.film_stock import STOCKS
from fluxroom.operators.tables import luminance
from fluxroom.photo.color import ColorProfile
from fluxroom.photo.metadata import Metadata
from fluxroom.photo.photo import Encoding, Photo
from fluxroom.recipe import Adjustment, Recipe, Region, Value
from fluxroom.render import render
from fluxroom.scene import Float, Guess, Horizon, Light, Scene

COLOR = ("film_stock", "bleach_bypass", "cross_process", "cyanotype", "sepia", "matte", "teal_orange")
OTHER = ("halation", "orton", "tilt_shift", "long_exposure")
NEW = (*COLOR, *OTHER)
ALL = (*NEW, "grain", "black_and_white")
HEIGHT, WIDTH = 96, 144


def strength(name: str) -> str:
    return "amount" if name in ("grain", "black_and_white") else "strength"


@lru_cache
def picture() -> Float:
    """Sky with small lamps over rippled water with a dark post in it."""
    rng = np.random.default_rng(3)
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    sky = np.stack([0.10 + 0.1 * y / HEIGHT, 0.25 + 0.1 * y / HEIGHT, np.full_like(x, 0.55)], -1)
    wave = 1 + 0.35 * np.sin(y * 1.9 + np.sin(x * 0.7)) * np.sin(x * 0.9)
    water = wave[..., None] * np.array([0.06, 0.14, 0.16])
    out = np.where((y < HEIGHT / 2)[..., None], sky, water)
    out[20:23, 30:33] = 1.0
    out[60:88, 100:106] = 0.004
    out[12:24, 90:110] = (0.55, 0.28, 0.16)
    return np.clip(out + rng.normal(0, 0.003, out.shape), 0, 1).astype(np.float32)


def scene_of(pixels: Float) -> Scene:
    h, w = pixels.shape[:2]
    sky = np.zeros((h, w), np.float32)
    sky[: h // 2] = 1
    light = Light(0.3, 0.2, True, (1.0, 1.0, 1.0), 0.0, 30.0, 0.2, 1.0)
    regions = {"sky": sky, "water": 1 - sky}
    return Scene(
        w, h, pixels, regions, {"sky": 0.9, "water": 0.9}, Horizon(0.5, 0.5, 1.0), light, Guess("day", 1.0),
        Guess("clear", 1.0),
    )  # fmt: skip


def overview(pixels: Float, mask: Float | None = None) -> Overview:
    whole = np.ones(pixels.shape[:2], np.float32)
    return Overview(pixels, whole if mask is None else mask, scene_of(pixels), 0 * whole)


def run(name: str, pixels: Float | None = None, tile: int = 10_000, on: Float | None = None, **given: Value) -> Float:
    """The operator on `pixels`, prepared on `on` (the same, if not given), in tiles of that size."""
    operator, source = find(name), picture() if pixels is None else pixels
    parameters = operator.parameters(given)
    prepared = operator.prepare(overview(source if on is None else on), parameters, 5)
    h, w = source.shape[:2]
    halo, out = operator.halo(parameters, max(h, w)), np.empty_like(source)
    for y in range(0, h, tile):
        for x in range(0, w, tile):
            bottom, right = min(h, y + tile), min(w, x + tile)
            top, left = max(0, y - halo), max(0, x - halo)
            piece = source[top : bottom + halo, left : right + halo].copy()
            operator.apply(piece, Window(left, top, piece.shape[1], piece.shape[0], w, h), prepared)
            out[y:bottom, x:right] = piece[y - top : bottom - top, x - left : right - left]
    return out


def everything(operator: Operator) -> list[dict[str, Value]]:
    """Everything low, everything high, and each choice."""
    numbers = [p for p in operator.params if not p.choices]
    choices: list[dict[str, Value]] = [{p.name: c} for p in operator.params for c in p.choices]
    return [{p.name: p.low for p in numbers}, {p.name: p.high for p in numbers}, {}, *choices]


@pytest.mark.parametrize("name", ALL)
def test_labels_and_defaults(name: str) -> None:
    operator = find(name)
    assert operator.label.en and operator.label.zh
    assert "Default" in operator.doc
    for p in operator.params:
        assert p.label.en and p.label.zh
        assert p.check(name, p.default) == p.default
    assert operator.kind == "color" or name not in (*COLOR, "black_and_white")


@pytest.mark.parametrize("name", ALL)
def test_zero_is_nothing_and_more_is_more(name: str) -> None:
    operator = find(name)
    zero = operator.parameters({strength(name): 0.0})
    assert operator.prepare(overview(picture()), zero, 5) is None
    np.testing.assert_array_equal(run(name, **{strength(name): 0.0}), picture())
    change = [float(np.abs(run(name, **{strength(name): s}) - picture()).mean()) for s in (1e-4, 0.3, 0.6, 1.0)]
    assert change == sorted(change)
    assert change[0] < 1e-3
    assert change[3] > (5e-5 if name == "halation" else 1e-3)


@pytest.mark.parametrize("name", NEW)
def test_same_bytes_again_and_in_any_tiles(name: str) -> None:
    for given in everything(find(name))[1:]:
        whole = run(name, **given)
        np.testing.assert_array_equal(whole, run(name, **given))
        for tile in (17, 40):
            np.testing.assert_array_equal(whole, run(name, tile=tile, **given))


@pytest.mark.parametrize("name", ALL)
def test_extreme_pixels_stay_finite(name: str) -> None:
    colours = [
        [0, 0, 0],
        [1, 1, 1],
        [1, 0, 0],
        [0, 1, 0],
        [0, 0, 1],
        [-0.2, 0.3, 1.4],
        [8, 8, 8],
        [1e4, 0, -1e4],
        [-1, -1, -1],
    ]
    wild = np.repeat(np.array(colours, np.float32)[None], 9, axis=0)
    noise = np.random.default_rng(1).random((12, 9, 3), np.float32)
    for given in everything(find(name)):
        for on in (wild, noise, np.zeros((5, 4, 3), np.float32), np.ones((1, 1, 3), np.float32)):
            assert np.isfinite(run(name, on, **given)).all()
        assert np.isfinite(run(name, wild, on=np.zeros_like(wild), **given)).all()


@settings(max_examples=60, deadline=None)
@drawn(name=st.sampled_from([*STOCKS, *COLOR[1:6]]), amount=st.floats(0.05, 1.0))
def test_curves_rise_and_stay_in_range(name: str, amount: float) -> None:
    ramp = np.repeat(np.linspace(0, 1, 400, dtype=np.float32)[None, :, None], 3, axis=-1)
    given: dict[str, Value] = {"strength": amount}
    out = run("film_stock", ramp, stock=name, **given) if name in STOCKS else run(name, ramp, **given)
    tone = luminance(out)[0]
    assert (np.diff(tone) >= -2e-5).all()
    assert tone[0] < 0.02 and 0.8 < tone[-1] <= 1.02


def test_stocks_differ_as_their_names_say() -> None:
    def chroma(stock: str) -> float:
        out = run("film_stock", stock=stock, strength=1.0)
        return float((np.ptp(out, axis=-1) / (luminance(out) + 0.05)).mean())

    neutral = float((np.ptp(picture(), axis=-1) / (luminance(picture()) + 0.05)).mean())
    assert chroma("vivid_slide") > 1.2 * neutral > 1.2 * chroma("portrait_negative")
    assert np.ptp(run("film_stock", stock="classic_mono", strength=0.9), axis=-1).max() < 1e-5
    grey = np.full((2, 2, 3), 0.2, np.float32)
    gold, cinema = (
        run("film_stock", grey, stock=s, strength=1.0)[0, 0] for s in ("consumer_negative", "tungsten_cinema")
    )
    assert gold[0] > 1.05 * gold[2]
    assert cinema[2] > cinema[0]


def test_the_exposure_range_covers_the_floor() -> None:
    assert EV_LOW == -11.0 and EV_HIGH > 2 and EV_SIZE > 1000


def test_filters_darken_what_they_hold_back() -> None:
    sky, leaf, brick = (
        np.full((1, 1, 3), c, np.float32) for c in ((0.1, 0.25, 0.55), (0.1, 0.22, 0.04), (0.4, 0.14, 0.07))
    )

    def grey(pixel: Float, name: str) -> float:
        out = run("black_and_white", pixel, filter=name)
        assert np.ptp(out) < 1e-4
        return float(out[0, 0, 0])

    order = [grey(sky, name) for name in ("blue", "yellow", "orange", "red")]
    assert order == sorted(order, reverse=True)
    assert order[-1] < 0.45 * order[0]
    assert grey(leaf, "green") > 1.3 * grey(leaf, "red")
    assert grey(brick, "red") > 1.5 * grey(brick, "blue")
    for name in FILTERS:
        assert np.isclose(grey(np.full((1, 1, 3), 0.3, np.float32), name), 0.3, rtol=2e-3)


def test_version_1_of_grain_and_black_and_white_is_still_there() -> None:
    for name in ("grain", "black_and_white"):
        assert find(name, 1).version == 1
        assert find(name).version == 2


def test_grain_is_least_in_bright_sky_and_blacks() -> None:
    levels = (
        np.repeat(np.array([0.0005, 0.14, 0.75], np.float32), 200)[None, :, None].repeat(90, axis=0).repeat(3, axis=2)
    )
    out = np.sqrt(run("grain", levels, amount=1.0, size=4.0)) - np.sqrt(levels)
    black, middle, bright = (float(out[:, i * 200 : (i + 1) * 200].std()) for i in range(3))
    assert middle > 4 * bright
    assert middle > 4 * black


def test_teal_orange_leaves_greys_and_skin() -> None:
    grey, skin = np.full((1, 1, 3), 0.35, np.float32), np.array([[[0.50, 0.31, 0.21]]], np.float32)
    assert np.abs(run("teal_orange", grey, strength=1.0) - grey).max() < 1e-3
    assert np.abs(run("teal_orange", skin, strength=1.0) / skin - 1).max() < 0.12
    blue = np.array([[[0.05, 0.10, 0.5]]], np.float32)
    turned = run("teal_orange", blue, strength=1.0)
    assert turned[0, 0, 1] > 1.15 * blue[0, 0, 1]
    assert turned[0, 0, 2] < blue[0, 0, 2]


def test_bleach_bypass_takes_colour_and_adds_contrast() -> None:
    out = run("bleach_bypass", strength=1.0)
    sky = np.s_[2:10, 2:60]
    spread = [float((np.ptp(p[sky], axis=-1) / luminance(p[sky])).mean()) for p in (picture(), out)]
    assert spread[1] < 0.8 * spread[0]


def test_halation_is_red_and_around_the_lamp_alone() -> None:
    change = run("halation", strength=1.0) - picture()
    beside, far = change[19, 34], change[5, 70]
    assert beside[0] > 3 * beside[2] > 0
    assert beside[0] > 0.002
    assert np.abs(far).max() < 0.05 * beside[0]
    assert np.abs(change[20:23, 30:33]).max() < 0.02
    flat = np.full((60, 90, 3), 0.95, np.float32)
    assert np.abs(run("halation", flat, strength=1.0) - flat).max() < 0.01


def test_orton_glows_and_keeps_the_brightness() -> None:
    out = run("orton", strength=1.0)
    assert 0.9 < float(np.sqrt(luminance(out)).mean() / np.sqrt(luminance(picture())).mean()) < 1.25
    assert luminance(out)[24, 32] > 1.02 * luminance(picture())[24, 32]


def test_tilt_shift_keeps_the_band_and_blurs_away_from_it() -> None:
    noise = np.random.default_rng(2).random((300, 200, 3), np.float32)
    out = run("tilt_shift", noise, strength=1.0, position=0.5, width=0.2)
    np.testing.assert_array_equal(out[122:178], noise[122:178])
    away = [float(out[y : y + 10, 20:180].std()) for y in (200, 230, 285)]
    assert away == sorted(away, reverse=True)
    assert away[2] < 0.35 * float(noise.std())
    assert abs(float(out.mean()) - float(noise.mean())) < 0.01
    tilted = run("tilt_shift", noise, strength=1.0, position=0.5, width=0.2, angle=90.0)
    assert np.array_equal(tilted[:, 95:105], noise[:, 95:105])
    assert not np.array_equal(tilted[150, :20], noise[150, :20])


def test_long_exposure_calms_water_and_leaves_post_and_sky() -> None:
    pixels = picture()
    mask = np.zeros((HEIGHT, WIDTH), np.float32)
    mask[HEIGHT // 2 :] = 1
    operator = find("long_exposure")
    out = pixels.copy()
    prepared = operator.prepare(overview(pixels, mask), operator.parameters({"strength": 1.0}), 5)
    operator.apply(out, Window(0, 0, WIDTH, HEIGHT, WIDTH, HEIGHT), prepared)
    water = np.s_[54:90, 8:80]
    assert luminance(out)[water].std() < 0.3 * luminance(pixels)[water].std()
    assert abs(float(out[water].mean() / pixels[water].mean()) - 1) < 0.1
    assert luminance(out)[70:80, 102:104].mean() < 0.35 * luminance(out)[70:80, 60:80].mean()
    np.testing.assert_array_equal(out[:40], pixels[:40])


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("name", ALL)
def test_nothing_changes_outside_the_mask_at_any_depth_and_threads(name: str, bits: int) -> None:
    codes = np.round(np.clip(picture(), 0, 1) ** (1 / 2.2) * (2**bits - 1)).astype(np.uint8 if bits == 8 else np.uint16)
    photo = Photo(codes, None, ColorProfile.srgb(), Metadata(), Encoding("tiff", bits=bits))
    scene = scene_of(picture())
    region = "water & left" if name == "long_exposure" else "left"
    recipe = Recipe((Adjustment(name, region=Region(region)),))
    first = render(photo, scene, recipe, threads=1)
    again = render(photo, scene, recipe, threads=2, tile=(23, 31))
    np.testing.assert_array_equal(first.codes, again.codes)
    assert (first.codes[first.untouched] == codes[first.untouched]).all()
    assert first.untouched.mean() > 0.2
    assert (first.codes != codes).any()
