"""What holds for every operator of the darkroom's own families, and what each is for."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st

from fluxroom.operators import Operator, Overview, Window, all_operators, find
from fluxroom.operators.color import BANDS, adaptation, band_weight
from fluxroom.operators.guided import ColorGuide, box, fit_self
from fluxroom.operators.tables import hue_angles, luminance, pseudo_angle
from fluxroom.recipe import Value
from fluxroom.scene import Float, Guess, Horizon, Light, Scene

FAMILIES = ("tone", "color", "detail", "film")
OPERATORS = [o for o in all_operators() if o.family in FAMILIES]
NAMES = [o.name for o in OPERATORS]
HEIGHT, WIDTH = 60, 90


def picture(height: int = HEIGHT, width: int = WIDTH) -> Float:
    """Linear Rec.2020: ramps, colours, edges and noise, within 0..1."""
    rng = np.random.default_rng(4)
    y, x = np.mgrid[0:height, 0:width]
    ramp = (x / width) ** 2
    image = np.stack([ramp, 0.6 * ramp + 0.3 * (y / height), 0.8 - 0.7 * ramp], axis=-1)
    image[height // 2 :] *= 0.15
    return np.clip(image + rng.normal(0, 0.01, image.shape), 0, 1).astype(np.float32)


def overview(pixels: Float) -> Overview:
    h, w = pixels.shape[:2]
    day, clear = Guess("day", 1.0), Guess("clear", 1.0)
    sky = np.zeros((h, w), np.float32)
    sky[: h // 2] = 1
    light = Light(0.3, 0.2, True, (1.0, 1.0, 1.0), 0.0, 30.0, 0.2, 1.0)
    scene = Scene(w, h, pixels, {"sky": sky}, {}, Horizon(0.5, 0.5, 1.0), light, day, clear)
    return Overview(pixels, np.ones((h, w), np.float32), scene, np.zeros((h, w), np.float32))


def run(operator: Operator, given: dict[str, Value], pixels: Float, prepared: Any = None) -> Float:
    h, w = pixels.shape[:2]
    if prepared is None:
        prepared = operator.prepare(overview(pixels), operator.parameters(given), 5)
    out = pixels.copy()
    operator.apply(out, Window(0, 0, w, h, w, h), prepared)
    return out


def neutral(operator: Operator) -> dict[str, Value]:
    return {p.name: 0.0 for p in operator.params if not p.choices and p.low <= 0 <= p.high}


def extremes(operator: Operator) -> list[dict[str, Value]]:
    numbers = [p for p in operator.params if not p.choices]
    return [{p.name: p.low for p in numbers}, {p.name: p.high for p in numbers}, {}]


def test_every_promised_operator_is_there() -> None:
    assert set(NAMES) == {
        "exposure", "contrast", "highlights", "shadows", "whites", "blacks", "tone_curve",
        "white_balance", "saturation", "vibrance", "color_mixer", "split_toning", "black_and_white",
        "clarity", "texture", "dehaze", "sharpen", "noise_reduction", "vignette", "grain",
    }  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_an_operator_says_what_it_is(name: str) -> None:
    operator = find(name)
    assert operator.label.en
    assert operator.label.zh
    assert "Default" in operator.doc
    for p in operator.params:
        assert p.label.en
        assert p.label.zh
        p.check(name, p.default)


@pytest.mark.parametrize("name", NAMES)
def test_at_strength_zero_nothing_changes(name: str) -> None:
    operator = find(name)
    pixels = picture()
    assert operator.prepare(overview(pixels), operator.parameters(neutral(operator)), 5) is None
    assert (run(operator, neutral(operator), pixels) == pixels).all()


@pytest.mark.parametrize("name", NAMES)
def test_a_little_changes_little_and_the_default_something(name: str) -> None:
    operator = find(name)
    pixels = picture()
    slight = {n: 1e-4 for n in neutral(operator) if n not in ("kelvin", "roundness", "size")}
    assert np.abs(run(operator, slight, pixels) - pixels).max() < 2e-3
    change = np.abs(run(operator, {}, pixels) - pixels).mean()
    assert 1e-5 < change < 0.2


@pytest.mark.parametrize("name", NAMES)
def test_extreme_pixels_stay_finite(name: str) -> None:
    operator = find(name)
    colours = np.array(
        [[0, 0, 0], [1, 1, 1], [1, 0, 0], [0, 1, 0], [0, 0, 1], [-0.2, 0.3, 1.4], [1e-7, 0, 0], [-1, -1, -1],
         [8, 8, 8], [1e4, 0, -1e4], [1e-30, 1e-30, 1e-30], [0.18, 0.18, 0.18]], np.float32
    )  # fmt: skip
    wild = np.concatenate([np.repeat(colours[None], 7, axis=0), np.zeros((7, 1, 3), np.float32)], axis=1)
    for given in extremes(operator):
        for prepared_on in (picture(), wild, np.zeros((5, 4, 3), np.float32), np.ones((1, 1, 3), np.float32)):
            prepared = operator.prepare(overview(prepared_on), operator.parameters(given), 5)
            if prepared is not None:
                assert np.isfinite(run(operator, given, wild, prepared)).all()


@pytest.mark.parametrize("name", NAMES)
def test_the_result_does_not_depend_on_tiles(name: str) -> None:
    operator = find(name)
    pixels = picture()
    for given in extremes(operator):
        parameters = operator.parameters(given)
        prepared = operator.prepare(overview(pixels), parameters, 5)
        whole = run(operator, given, pixels, prepared) if prepared is not None else pixels
        halo = operator.halo(parameters, WIDTH)
        for y, x, h, w in ((0, 0, 13, 7), (13, 7, 29, 50), (41, 3, 19, 1), (59, 89, 1, 1)):
            top, left = max(y - halo, 0), max(x - halo, 0)
            bottom, right = min(y + h + halo, HEIGHT), min(x + w + halo, WIDTH)
            tile = np.ascontiguousarray(pixels[top:bottom, left:right])
            operator.apply(tile, Window(left, top, right - left, bottom - top, WIDTH, HEIGHT), prepared)
            assert (tile[y - top : y - top + h, x - left : x - left + w] == whole[y : y + h, x : x + w]).all()


@pytest.mark.parametrize("name", NAMES)
def test_the_same_twice_and_inputs_left_alone(name: str) -> None:
    operator = find(name)
    pixels = picture()
    pixels.flags.writeable = False
    assert (run(operator, {}, pixels) == run(operator, {}, pixels)).all()


@pytest.mark.parametrize("name", [o.name for o in OPERATORS if not o.chromatic])
def test_what_is_not_chromatic_leaves_greys_grey(name: str) -> None:
    grey = np.repeat(picture()[..., :1], 3, axis=-1)
    for given in extremes(find(name)):
        out = run(find(name), given, grey)
        assert np.allclose(out[..., 0], out[..., 1], atol=2e-6)
        assert np.allclose(out[..., 0], out[..., 2], atol=2e-6)


CURVES = ("exposure", "contrast", "whites", "blacks", "tone_curve")


@settings(max_examples=60, deadline=None)
@drawn(data=st.data(), name=st.sampled_from(CURVES))
def test_curves_never_fold_back(data: st.DataObject, name: str) -> None:
    operator = find(name)
    given = {p.name: data.draw(st.floats(p.low, p.high)) for p in operator.params}
    ramp = np.repeat(np.linspace(0, 1.5, 600, dtype=np.float32)[None, :, None], 3, axis=-1)
    prepared = operator.prepare(overview(picture()), operator.parameters(given), 5)
    out = run(operator, given, ramp, prepared) if prepared is not None else ramp
    assert (np.diff(out[0, :, 0]) >= -2e-5).all()
    assert (out >= 0).all()


@pytest.mark.parametrize(
    ("name", "where"), [("highlights", "bright"), ("shadows", "dark"), ("whites", "bright"), ("blacks", "dark")]
)
def test_tone_ranges_work_where_they_say(name: str, where: str) -> None:
    steps = np.array([0.006, 0.8], np.float32)
    pixels = np.repeat(np.repeat(steps, 40)[None, :, None], 3, axis=-1).repeat(40, axis=0)
    up, down = (luminance(run(find(name), {"amount": a}, pixels))[20, [20, 60]] / steps for a in (1.0, -1.0))
    here, there = (0, 1) if where == "dark" else (1, 0)
    assert up[here] > 1.05 > 0.95 > down[here]
    assert abs(up[there] - 1) < 0.06
    assert abs(down[there] - 1) < 0.06


def test_exposure_is_in_stops_and_does_not_clip_white() -> None:
    grey = np.full((2, 2, 3), 0.05, np.float32)
    assert np.allclose(run(find("exposure"), {"stops": 1.0}, grey), 0.1, rtol=5e-3)
    assert np.allclose(run(find("exposure"), {"stops": -2.0}, grey), 0.0125, rtol=1e-3)
    white = np.array([[[1.0, 0.8, 0.6]]], np.float32)
    out = run(find("exposure"), {"stops": 2.0}, white)
    assert out.max() < 1.2
    assert np.allclose(out / out.max(), white)
    assert 0.6 < run(find("exposure"), {"stops": -1.0}, white).max() < 0.95


def test_recovered_highlights_stay_light() -> None:
    white = np.full((40, 40, 3), 1.0, np.float32)
    assert 0.75 < run(find("highlights"), {"amount": -0.6}, white).max() < 0.9


def test_local_contrast_makes_no_halo_at_a_strong_edge() -> None:
    pixels = np.full((80, 120, 3), 0.02, np.float32)
    pixels[:, 60:] = 0.6
    for name in ("clarity", "shadows", "highlights", "texture"):
        out = luminance(run(find(name), {"amount": 1.0}, pixels))[40]
        assert np.ptp(out[5:57]) < 0.02 * 0.12, name
        assert np.ptp(out[63:115]) < 0.6 * 0.12, name


def test_white_balance_warms_cools_and_keeps_brightness() -> None:
    grey = np.full((1, 1, 3), 0.4, np.float32)
    r, _, b = run(find("white_balance"), {"temperature": 0.5}, grey)[0, 0]
    assert r > 0.4 > b
    r, _, b = run(find("white_balance"), {"kelvin": 4000.0}, grey)[0, 0]
    assert b > 0.4 > r
    r, g, b = run(find("white_balance"), {"temperature": 0.0, "tint": 1.0}, grey)[0, 0]
    assert g < 0.4 < min(r, b)
    for kelvin in (1000.0, 2500.0, 6504.0, 15000.0, 50000.0):
        assert np.allclose(luminance(run(find("white_balance"), {"kelvin": kelvin}, grey)), 0.4, atol=1e-3)
    assert np.allclose(adaptation(6504.0), np.eye(3), atol=1e-9)


def test_saturation_and_black_and_white_reach_grey() -> None:
    for name, given in (("saturation", {"amount": -1.0}), ("black_and_white", {"amount": 1.0})):
        out = run(find(name), given, picture())
        assert np.ptp(out, axis=-1).max() < 1e-4


def test_vibrance_spares_strong_colours_and_skin() -> None:
    muted, strong = np.array([0.3, 0.33, 0.4]), np.array([0.02, 0.05, 0.6])
    skin, leaf = np.array([0.42, 0.33, 0.27]), np.array([0.33, 0.40, 0.27])
    pixels = np.stack([muted, strong, skin, leaf])[None].astype(np.float32)
    out = run(find("vibrance"), {"amount": 1.0}, pixels)
    spread = np.ptp(out, axis=-1)[0] / np.ptp(pixels, axis=-1)[0]
    assert spread[0] > 1.2 * spread[1]
    assert spread[3] > spread[2]


def test_the_colour_bands_share_the_circle() -> None:
    hue = np.linspace(0, 360, 721)
    assert np.allclose(sum(band_weight(band, hue) for band in BANDS), 1)
    assert np.allclose(pseudo_angle(hue_angles())[:-1], np.linspace(0, 4, 513)[:-1])


def test_the_mixer_leaves_other_colours_and_greys() -> None:
    pixels = np.array([[[0.05, 0.12, 0.5], [0.5, 0.06, 0.02], [0.3, 0.3, 0.3]]], np.float32)
    out = run(find("color_mixer"), {"hue_band": "blue", "hue": 0.5, "saturation": 0.5, "luminance": -0.5}, pixels)
    change = np.abs(out - pixels).max(axis=-1)[0]
    assert change[0] > 0.05
    assert change[1:].max() < 1e-4


def test_split_toning_tints_both_ends_and_keeps_lightness() -> None:
    pixels = np.repeat(np.array([0.0, 0.03, 0.5, 1.0], np.float32)[None, :, None], 3, axis=-1)
    out = run(find("split_toning"), {"shadow_saturation": 0.6, "highlight_saturation": 0.6}, pixels)[0]
    assert out[1, 2] > out[1, 0]
    assert out[2, 0] > out[2, 2]
    assert np.allclose(luminance(out[None])[0], pixels[0, :, 0], rtol=0.12, atol=1e-4)
    assert np.ptp(out[0]) < 1e-4
    assert np.ptp(out[3]) < 0.03


def test_noise_reduction_quiets_flats_and_keeps_edges() -> None:
    rng = np.random.default_rng(0)
    clean = np.full((64, 64, 3), 0.2, np.float32)
    clean[:, 32:] = 0.6
    noisy = (clean + rng.normal(0, 0.01, clean.shape)).astype(np.float32)
    out = run(find("noise_reduction"), {"amount": 1.0}, noisy)
    assert out[:, 4:28].std() < 0.45 * noisy[:, 4:28].std()
    assert abs(out[:, 31].mean() - 0.2) < 0.02
    assert abs(out[:, 32].mean() - 0.6) < 0.02


def test_sharpening_steepens_edges_and_spares_faint_noise() -> None:
    x = np.linspace(-3, 3, 64)
    edge = np.repeat((0.3 + 0.2 * np.tanh(x * 4)).astype(np.float32)[None, :, None], 3, axis=-1).repeat(20, axis=0)
    out = run(find("sharpen"), {"amount": 1.0, "radius": 1.5}, edge)
    assert np.diff(out[10, :, 0]).max() > 1.15 * np.diff(edge[10, :, 0]).max()
    faint = (0.3 + np.random.default_rng(0).normal(0, 1e-3, (40, 40, 3))).astype(np.float32)
    assert run(find("sharpen"), {"amount": 1.0}, faint).std() < 1.1 * faint.std()


def test_dehaze_takes_a_veil_away_and_negative_adds_one() -> None:
    hazy = picture() * np.float32(0.5) + np.float32(0.35)
    clear = run(find("dehaze"), {"amount": 0.8}, hazy)
    veiled = run(find("dehaze"), {"amount": -0.8}, hazy)
    assert luminance(clear).std() > 1.15 * luminance(hazy).std() > luminance(veiled).std()


def test_a_vignette_darkens_corners_and_spares_the_middle() -> None:
    flat = np.full((60, 90, 3), 0.3, np.float32)
    for roundness in (-1.0, 0.0, 1.0):
        out = run(find("vignette"), {"amount": -1.0, "roundness": roundness}, flat)[..., 0]
        assert np.isclose(out[30, 45], 0.3, rtol=1e-3)
        assert out[0, 0] < 0.12
        assert np.allclose(out, out[::-1, ::-1], rtol=1e-4)


def test_grain_is_smooth_seeded_and_faint_in_highlights() -> None:
    grain = find("grain")
    tones = np.repeat(np.array([0.2, 0.9], np.float32), 300)[None, :, None].repeat(200, axis=0).repeat(3, axis=2)
    out = run(grain, {"amount": 0.5, "size": 4.0}, np.tile(tones, (1, 4, 1)))[:, :600, 0]
    middle, bright = out[:, :300] / 0.2 - 1, out[:, 300:] / 0.9 - 1
    assert middle.std() > 3 * bright.std()
    assert abs(middle.mean()) < 0.02
    beside = np.corrcoef(middle[:, 1:].ravel(), middle[:, :-1].ravel())[0, 1]
    assert beside > 0.4
    parameters = grain.parameters({})
    first, second = (grain.prepare(overview(tones), parameters, seed) for seed in (1, 2))
    assert (run(grain, {}, tones, first) != run(grain, {}, tones, second)).any()


def test_guided_filter_pieces() -> None:
    rng = np.random.default_rng(1)
    plane = rng.random((13, 17))
    expected = plane[2:9, 3:10].mean()
    assert np.isclose(box(plane, 3)[5, 6], expected)
    assert np.isclose(box(plane, 3)[0, 0], plane[:4, :4].mean())
    assert np.allclose(box(plane, 50), plane.mean())
    step = np.where(np.arange(40) < 20, 0.0, 4.0)[None].repeat(30, axis=0).astype(np.float32)
    a, b = fit_self(step, 5, 0.01)
    assert np.allclose(a * step + b, step, atol=0.05)
    guide = rng.random((30, 40, 3)).astype(np.float32)
    target = (0.5 * guide[..., 0] - 0.25 * guide[..., 2] + 0.1).astype(np.float32)
    coef = ColorGuide.of(guide, 4, 1e-6).fit(target)
    assert np.allclose((coef[..., :3] * guide).sum(-1) + coef[..., 3], target, atol=1e-3)
