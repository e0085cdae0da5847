"""Seasons: what grows turns, everything else stays; crowns differ; the same for any tiles."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st

from fluxroom.operators.declare import Operator, Overview, Window, find
from fluxroom.operators.seasons import AUTUMN, SPRING_GREEN, SUMMER_GREEN, WINTER
from fluxroom.operators.seasons.foliage import crowns, oklab
from fluxroom.photo import Photo, open_photo
from fluxroom.recipe import Adjustment, Recipe, Region, Value
from fluxroom.render import render
from fluxroom.render.plan import make_plan
from fluxroom.scene import Float, Guess, Horizon, Light, Scene

ALL = (AUTUMN, SPRING_GREEN, SUMMER_GREEN, WINTER)
NAMES = [o.name for o in ALL]
WIDTH, HEIGHT = 240, 160
TREES, GRASS = slice(60, 110), slice(110, 160)
GREEN, LAWN = (0.10, 0.16, 0.05), (0.14, 0.22, 0.07)
STRAW, BARK, PETAL, STONE = (0.35, 0.30, 0.14), (0.12, 0.08, 0.05), (0.5, 0.12, 0.3), (0.3, 0.3, 0.3)


def colour(rgb: tuple[float, float, float]) -> Float:
    return np.array(rgb, np.float32)


def park(leaf: tuple[float, float, float] = GREEN) -> Scene:
    """Sky above, a row of crowns, a lawn; light and shade on all of them."""
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    shade = 1 + 0.45 * np.sin(x / 4.1) * np.sin(y / 3.7)
    random = np.random.default_rng(3).normal(1, 0.08, (HEIGHT, WIDTH)).astype(np.float32)
    picture = np.empty((HEIGHT, WIDTH, 3), np.float32)
    picture[:] = colour((0.35, 0.5, 0.8))
    picture[TREES] = colour(leaf) * (shade * random)[TREES][..., None]
    picture[GRASS] = colour(LAWN) * random[GRASS][..., None]
    trees, grass, sky = (np.zeros((HEIGHT, WIDTH), np.float32) for _ in range(3))
    trees[TREES], grass[GRASS], sky[:60] = 1, 1, 1
    regions = {"sky": sky, "vegetation": trees + grass, "trees": trees, "grass": grass}
    sure = dict.fromkeys(regions, 0.9)
    light = Light(0.3, 0.2, False, (1.0, 1.0, 1.0), 0.0, 30.0, 0.2, 1.0)
    day, clear = Guess("day", 1.0), Guess("clear", 1.0)
    return Scene(WIDTH, HEIGHT, picture, regions, sure, Horizon(0.4, 0.4, 1.0), light, day, clear)


def run(operator: Operator, scene: Scene, given: dict[str, Value] | None = None, tile: int = 10_000, seed: int = 5,
        now: Float | None = None) -> Float:  # fmt: skip
    now = scene.preview if now is None else now
    mask = scene.regions["vegetation"]
    prepared = operator.prepare(Overview(now, mask, scene, np.zeros_like(mask)), operator.parameters(given or {}), seed)
    out = now.copy()
    for y in range(0, HEIGHT, tile):
        for x in range(0, WIDTH, tile):
            piece = now[y : y + tile, x : x + tile].copy()
            h, w = piece.shape[:2]
            operator.apply(piece, Window(x, y, w, h, WIDTH, HEIGHT), prepared)
            out[y : y + h, x : x + w] = piece
    return out


def hues(pixels: Float) -> Float:
    lab = oklab(pixels)
    return np.asarray(np.degrees(np.arctan2(lab[..., 2], lab[..., 1])) % 360, np.float32)


def saturation(pixels: Float) -> float:
    lab = oklab(pixels)
    return float((np.hypot(lab[..., 1], lab[..., 2]) / lab[..., 0]).mean())


@pytest.mark.parametrize("name", NAMES)
def test_registered_with_labels_in_both_languages(name: str) -> None:
    operator = find(name)
    assert operator.family == "seasons"
    assert operator.region == "vegetation + mountain"
    assert "Default" in operator.doc
    assert operator.label.en
    assert operator.label.zh
    for p in operator.params:
        assert p.label.en
        assert p.label.zh
        p.check(name, p.default)


@pytest.mark.parametrize("operator", ALL, ids=NAMES)
def test_at_strength_zero_and_without_plants_there_is_nothing_to_do(operator: Operator) -> None:
    scene = park()
    ones = np.ones((HEIGHT, WIDTH), np.float32)
    view = Overview(scene.preview, ones, scene, np.zeros_like(ones))
    assert operator.prepare(view, operator.parameters({"strength": 0.0}), 5) is None
    bare = replace(scene, regions={"sky": scene.regions["sky"]})
    assert operator.prepare(replace(view, scene=bare), operator.parameters({}), 5) is None
    masked = replace(view, mask=scene.regions["sky"])
    assert operator.prepare(masked, operator.parameters({}), 5) is None


@pytest.mark.parametrize("operator", ALL, ids=NAMES)
def test_what_is_no_leaf_stays_value_for_value(operator: Operator) -> None:
    scene = park()
    scene.preview[80:100, 60:90] = colour(PETAL)
    scene.preview[80:100, 110:140] = colour(STONE)
    scene.preview[80:100, 160:190] = colour((0.1, 0.15, 0.4))
    out = run(operator, scene)
    assert not np.array_equal(out, scene.preview)
    np.testing.assert_array_equal(out[:50], scene.preview[:50])
    for x in (65, 115, 165):
        np.testing.assert_array_equal(out[85:95, x : x + 20], scene.preview[85:95, x : x + 20])


@pytest.mark.parametrize("operator", ALL, ids=NAMES)
def test_same_bytes_again_and_for_any_tile(operator: Operator) -> None:
    scene = park()
    scene.preview.flags.writeable = False
    whole = run(operator, scene)
    for tile in (37, 64):
        np.testing.assert_array_equal(whole, run(operator, scene, tile=tile))
    assert not np.array_equal(whole, run(operator, scene, seed=6))


@pytest.mark.parametrize("operator", ALL, ids=NAMES)
@pytest.mark.parametrize("level", [0.0, 1.0, 3.0, -0.2, 1e-7, 1e4])
def test_finite_on_flat_pictures_and_greys_stay(operator: Operator, level: float) -> None:
    scene = park()
    flat = np.full_like(scene.preview, level)
    out = run(operator, replace(scene, preview=flat))
    np.testing.assert_array_equal(out, flat)


@settings(max_examples=25, deadline=None)
@drawn(
    operator=st.sampled_from(ALL), seed=st.integers(0, 2**62), strength=st.floats(0.05, 1),
    rgb=st.tuples(*(st.floats(-0.25, 6, width=32),) * 3), noise=st.floats(0, 2),
)  # fmt: skip
def test_finite_and_bounded_on_anything(
    operator: Operator, seed: int, strength: float, rgb: tuple[float, float, float], noise: float
) -> None:
    scene = park()
    wild = np.random.default_rng(seed).normal(0, noise, scene.preview.shape).astype(np.float32) + colour(rgb)
    out = run(operator, replace(scene, preview=wild), {"strength": strength}, seed=seed)
    assert np.isfinite(out).all()
    assert float(np.abs(out).max()) < 4 * max(1.0, float(np.abs(wild).max()))


@pytest.mark.parametrize("operator", ALL, ids=NAMES)
def test_more_strength_changes_more_and_a_little_changes_little(operator: Operator) -> None:
    scene = park()
    change = [float(np.abs(run(operator, scene, {"strength": s}) - scene.preview).mean()) for s in (0.01, 0.3, 0.6, 1)]
    assert change == sorted(change)
    assert change[0] < 0.05 * change[3]


def test_autumn_turns_leaves_far_and_grass_less() -> None:
    scene = park()
    before, after = hues(scene.preview), hues(run(AUTUMN, scene))
    leaf, blade = (float(np.median(before[s] - after[s])) for s in (TREES, GRASS))
    assert leaf > 25
    assert 5 < blade < leaf
    assert float(np.median(after[TREES])) < 95


def test_crowns_differ_from_each_other_more_than_inside() -> None:
    scene = park()
    one = hues(run(AUTUMN, scene, {"strength": 1.0, "red": 0.5}))[TREES]
    assert np.percentile(one, 90) - np.percentile(one, 10) > 20
    values = crowns(Overview(scene.preview, scene.preview[..., 0], scene, scene.preview[..., 0]), 5)[TREES]
    beside = np.corrcoef(values[:, 1:].ravel(), values[:, :-1].ravel())[0, 1]
    far = np.corrcoef(values[:, 60:].ravel(), values[:, :-60].ravel())[0, 1]
    assert beside > 0.9
    assert abs(far) < 0.6


def test_the_share_of_red_says_the_colour() -> None:
    scene = park()
    gold, mixed, red = (float(np.median(hues(run(AUTUMN, scene, {"red": r}))[TREES])) for r in (0.0, 0.5, 1.0))
    assert gold > mixed > red
    assert 78 < gold < 100
    assert 30 < red < 62


def test_gold_after_autumn_makes_red_leaves_gold_too() -> None:
    scene = park()
    autumn = run(AUTUMN, scene, {"red": 0.7})
    gold = hues(run(AUTUMN, scene, {"red": 0.0, "strength": 1.0}, now=autumn))[TREES]
    assert np.percentile(hues(autumn)[TREES], 20) < 65
    assert np.percentile(gold, 20) > 70


def test_needles_stay_green() -> None:
    scene = park()
    scene.preview[TREES, 120:] *= colour((0.22, 0.25, 0.35))
    turned = hues(scene.preview) - hues(run(AUTUMN, scene))
    leaves, needles = (float(np.median(turned[TREES, part])) for part in (slice(110), slice(130, None)))
    assert leaves > 20
    assert needles < 0.35 * leaves


def test_spring_is_lighter_and_yellower_than_summer_and_straw_greens_up() -> None:
    scene = park()
    spring, summer = run(SPRING_GREEN, scene), run(SUMMER_GREEN, scene)
    assert spring[TREES].mean() > scene.preview[TREES].mean() > summer[TREES].mean()
    assert np.median(hues(spring)[TREES]) < np.median(hues(summer)[TREES])
    dry = park()
    dry.preview[GRASS] = colour(STRAW)
    for operator in (SPRING_GREEN, SUMMER_GREEN):
        assert np.median(hues(run(operator, dry))[GRASS]) > np.median(hues(dry.preview)[GRASS]) + 10
        np.testing.assert_array_equal(run(operator, park(BARK))[65:90], park(BARK).preview[65:90])


def test_winter_takes_the_colour_and_frost_lies_on_grass_alone() -> None:
    scene = park()
    bare, frosty = (run(WINTER, scene, {"frost": f, "strength": 1.0}) for f in (0.0, 1.0))
    assert saturation(bare[TREES]) < 0.7 * saturation(scene.preview[TREES])
    assert float(np.median(hues(bare)[TREES])) < 100
    assert frosty[GRASS].mean() > 1.2 * bare[GRASS].mean()
    np.testing.assert_allclose(frosty[65:100], bare[65:100], atol=0.02)


def photo(path: Path, bits: int) -> Photo:
    """The park as a file, three times as large as the scene that was seen of it."""
    codes = np.sqrt(np.clip(np.kron(park().preview, np.ones((3, 3, 1))), 0, 1)) * (2**bits - 1)
    path = path / "park.png"
    assert cv2.imwrite(str(path), codes.astype(np.uint8 if bits == 8 else np.uint16)[..., ::-1])
    return open_photo(path)


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("name", NAMES)
def test_a_file_keeps_its_values_outside_and_any_threads_give_the_same(name: str, bits: int, tmp_path: Path) -> None:
    file = photo(tmp_path, bits)
    recipe = Recipe(adjustments=(Adjustment(name, region=Region("vegetation")),))
    one = render(file, park(), recipe, threads=1, tile=(64, 100))
    assert one.codes.dtype == file.codes.dtype
    np.testing.assert_array_equal(one.codes[:150], file.codes[:150])
    assert (one.codes[200:320] != file.codes[200:320]).any(-1).mean() > 0.5
    np.testing.assert_array_equal(one.codes, render(file, park(), recipe, threads=3).codes)


@pytest.mark.parametrize("operator", ALL, ids=NAMES)
def test_a_larger_picture_of_the_same_looks_the_same(operator: Operator) -> None:
    scene = park()
    mask = scene.regions["vegetation"]
    prepared = operator.prepare(Overview(scene.preview, mask, scene, 0 * mask), operator.parameters({}), 5)
    small, large = scene.preview.copy(), np.kron(scene.preview, np.ones((3, 3, 1), np.float32))
    operator.apply(small, Window(0, 0, WIDTH, HEIGHT, WIDTH, HEIGHT), prepared)
    operator.apply(large, Window(0, 0, 3 * WIDTH, 3 * HEIGHT, 3 * WIDTH, 3 * HEIGHT), prepared)
    change = np.abs(small - scene.preview)[60:].mean()
    assert np.abs(large[1::3, 1::3] - small)[60:].mean() < 0.05 * change


def test_a_photo_without_plants_or_colours_is_told_of() -> None:
    scene = park()
    recipe = Recipe(adjustments=(Adjustment("autumn", region=Region("vegetation")),))
    bare = replace(scene, regions={"sky": scene.regions["sky"]})
    grey = replace(scene, preview=scene.preview.mean(axis=-1, keepdims=True).repeat(3, axis=-1))
    for seen, word in ((bare, "vegetation"), (grey, "leaves")):
        plan = make_plan(seen, recipe, full=False)
        assert not plan.steps
        assert word in plan.notes[0]
    assert not make_plan(scene, recipe, full=False).notes


def test_a_green_hillside_turns_and_bare_rock_does_not() -> None:
    scene = park()
    scene.preview[:60, :120], scene.preview[:60, 120:] = colour(LAWN), colour((0.12, 0.11, 0.10))
    hills = (scene.regions["sky"] > 0).astype(np.float32)
    hilly = replace(scene, regions={"mountain": hills, "vegetation": scene.regions["vegetation"] + hills})
    out = run(AUTUMN, hilly)
    assert float(hues(out[5:50, 10:100]).mean()) < float(hues(scene.preview[5:50, 10:100]).mean()) - 15
    np.testing.assert_array_equal(out[5:55, 135:], scene.preview[5:55, 135:])
