"""Trees and other things that stand on the ground: where they may, lit as the land is, the same each time."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent.parent / "render"))
from synthetic import make_codes, make_photo, make_scene

from fluxroom.language import interpret
from fluxroom.operators import find
from fluxroom.operators.elements.tree_draw import Sunlight, draw
from fluxroom.operators.elements.tree_grow import grow
from fluxroom.photo.photo import Photo
from fluxroom.recipe import Adjustment, Recipe, Region, Value
from fluxroom.render import render
from fluxroom.scene import Scene

NAMES = ("tree", "person", "campfire", "lighthouse")
PLACES: dict[str, dict[str, Value]] = {
    "tree": {"x": 0.7, "y": 0.5},
    "person": {"x": 0.7, "y": 0.5},
    "campfire": {"x": 0.7, "y": 0.6},
    "lighthouse": {"x": 0.25, "y": 0.38},
}


@pytest.fixture(scope="module")
def photo() -> Photo:
    return make_photo(make_codes(480, 640))


@pytest.fixture(scope="module")
def scene(photo: Photo) -> Scene:
    """Sky above, water below on the left, ground on the right; see `make_scene`."""
    return make_scene(photo, side=256)


def recipe(name: str, seed: int = 0, **parameters: Value) -> Recipe:
    return Recipe((Adjustment(name, region=Region(find(name).region), parameters=parameters),), seed=seed)


def changes(photo: Photo, scene: Scene, wanted: Recipe) -> np.ndarray:
    return np.asarray((render(photo, scene, wanted).codes != photo.codes).any(-1))


@pytest.mark.parametrize("name", NAMES)
def test_none_of_it_is_nothing(photo: Photo, scene: Scene, name: str) -> None:
    for parameters in ({"count": 0.0}, {"size": 0.0}):
        if next(iter(parameters)) not in {p.name for p in find(name).params}:
            continue
        assert not changes(photo, scene, recipe(name, **(PLACES[name] | parameters))).any()


@pytest.mark.parametrize("name", NAMES)
def test_the_same_for_any_tile_and_threads_and_another_for_another_seed(photo: Photo, scene: Scene, name: str) -> None:
    wanted = recipe(name, **PLACES[name])
    whole = render(photo, scene, wanted).codes
    assert (whole != photo.codes).any()
    assert np.array_equal(whole, render(photo, scene, wanted, tile=(37, 53), threads=2).codes)
    assert np.array_equal(whole, render(photo, scene, wanted, threads=1).codes)
    assert not np.array_equal(whole, render(photo, scene, recipe(name, 5, **PLACES[name])).codes)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("value", [0, 255])
def test_black_and_white_pictures(bits: int, value: int, scene: Scene, name: str) -> None:
    top = 1 if bits == 8 else 257
    codes = np.full((480, 640, 3), value * top, np.uint8 if bits == 8 else np.uint16)
    assert render(make_photo(codes), scene, recipe(name, **PLACES[name])).codes.dtype == codes.dtype


@pytest.mark.parametrize("name", NAMES)
def test_what_is_kept_is_not_drawn_over(photo: Photo, scene: Scene, name: str) -> None:
    kept = Recipe(recipe(name, **PLACES[name]).adjustments, keep=Region("sky"))
    result = render(photo, scene, kept)
    assert np.array_equal(result.codes[result.untouched], photo.codes[result.untouched])
    assert result.untouched[:100].any()


def test_a_tree_stands_on_the_ground_with_its_foot(photo: Photo, scene: Scene) -> None:
    changed = changes(photo, scene, recipe("tree", x=0.7, y=0.5, shadow=0))
    rows = np.flatnonzero(changed.any(1)) / photo.height
    assert abs(rows[-1] - 0.5) < 0.02
    assert 0.08 < rows[-1] - rows[0] < 0.47
    assert not changes(photo, scene, recipe("tree", x=0.7, y=0.5, shadow=0))[:, : photo.width // 4].any()


def test_nearer_trees_are_larger(photo: Photo, scene: Scene) -> None:
    far, near = (changes(photo, scene, recipe("tree", x=0.7, y=y, shadow=0)).sum() for y in (0.37, 0.41))
    assert near > far


def test_trees_grow_to_their_height_and_branches_carry_what_is_above() -> None:
    for kind in ("round", "poplar", "conifer"):
        tree = grow(kind, True, 3)
        assert 0.9 < float(tree.leaves[:, 1].max()) < 1.1
        assert float(tree.radius[0]) == pytest.approx(float(tree.radius.max()), rel=0.05)
        assert (tree.parent[1:] < np.arange(1, len(tree.parent))).all()
        assert np.array_equal(tree.leaves, grow(kind, True, 3).leaves)
        assert len(grow(kind, False, 3).leaves) == (0 if kind != "conifer" else len(tree.leaves))


def test_the_side_of_a_tree_that_the_sun_sees_is_brighter() -> None:
    tree = grow("round", True, 1)
    one = np.ones(3, np.float32)
    leaf = np.full((2, 3), 0.1, np.float32)
    for side in (-1.0, 1.0):
        light = Sunlight(np.array([0.8 * side, 0.6, 0.0], np.float32), one, 0.2 * one, 0.1 * one)
        picture, middle, _ = draw(tree, light, leaf, 0.1 * one, 300, 1)
        crown = picture[: round(0.6 * len(picture))]
        left, right = (part[..., 1].sum() / part[..., 3].sum() for part in np.split(crown, [round(middle)], axis=1))
        assert (right > 1.15 * left) if side > 0 else (left > 1.15 * right)


def test_light_through_the_crown_lets_sky_through() -> None:
    one = np.ones(3, np.float32)
    light = Sunlight(np.array([0.0, 1.0, 0.0], np.float32), one, 0.2 * one, 0.1 * one)
    picture, middle, _ = draw(grow("round", True, 2), light, np.full((2, 3), 0.1, np.float32), 0.1 * one, 500, 2)
    crown = picture[60:300, round(middle) - 120 : round(middle) + 120, 3]
    assert 0.6 < crown.mean() < 0.99
    assert float(picture.min()) >= 0
    assert np.isfinite(picture).all()


def test_trees_are_bare_in_winter_and_green_in_summer(photo: Photo, scene: Scene) -> None:
    winter = replace(scene, season=replace(scene.season, value="winter", confidence=0.9))
    asked = render(photo, scene, recipe("tree", leaves="bare", **PLACES["tree"])).codes
    assert np.array_equal(asked, render(photo, winter, recipe("tree", **PLACES["tree"])).codes)
    assert not np.array_equal(asked, render(photo, scene, recipe("tree", leaves="green", **PLACES["tree"])).codes)


def test_the_eyes_of_a_person_lie_on_the_horizon(photo: Photo, scene: Scene) -> None:
    changed = changes(photo, scene, recipe("person", x=0.7, y=0.45, shadow=0, pose="standing"))
    rows = np.flatnonzero(changed.any(1)) / photo.height
    eyes = rows[-1] - 1.6 / 1.72 * (rows[-1] - rows[0])
    assert abs(eyes - scene.horizon.y(0.7)) < 0.02


def test_a_fire_lights_the_ground_the_more_the_darker_it_is(photo: Photo, scene: Scene) -> None:
    def lit_around(seen: Scene, glow: float) -> float:
        """How much brighter the ground beside the ring is."""
        after = render(photo, seen, recipe("campfire", x=0.7, y=0.75, size=0.5, glow=glow)).codes.astype(float)
        part = np.s_[370:400, 360:400]
        return float((after[part] - photo.codes[part]).mean())

    night = replace(scene, time_of_day=replace(scene.time_of_day, value="night", probabilities={"night": 1.0}))
    night = replace(night, light=replace(scene.light, elevation=-10.0))
    assert lit_around(scene, 0.0) == pytest.approx(0, abs=0.3)
    assert lit_around(night, 1.0) > 2 * lit_around(scene, 1.0) > 0
    assert lit_around(night, 2.0) > lit_around(night, 1.0)


def test_a_lighthouse_stands_in_the_water_and_its_lamp_burns_by_night(photo: Photo, scene: Scene) -> None:
    changed = changes(photo, scene, recipe("lighthouse"))
    columns = np.flatnonzero(changed.any(0)) / photo.width
    assert changed.any()
    assert columns[-1] < 0.6  # the water lies on the left
    dry = {**scene.regions, "water": np.zeros_like(scene.regions["water"])}
    assert not changes(photo, replace(scene, regions=dry), recipe("lighthouse")).any()
    night = replace(scene, time_of_day=replace(scene.time_of_day, value="night", probabilities={"night": 1.0}))
    night = replace(night, light=replace(scene.light, elevation=-10.0))
    lit, out = (render(photo, night, recipe("lighthouse", x=0.25, y=0.38, glow=glow)).codes for glow in (1.0, 0.0))
    assert int(lit.max(initial=0)) > 0
    assert (lit.astype(int) - out).max() > 40
    assert (lit.astype(int) - out).min() > -12


def test_nobody_stands_where_there_is_no_ground(photo: Photo, scene: Scene) -> None:
    assert changes(photo, scene, recipe("person")).any()
    seas = {name: np.zeros_like(mask) for name, mask in scene.regions.items()}
    seas["water"] = np.ones_like(scene.regions["water"])
    assert not changes(photo, replace(scene, regions=seas), recipe("person")).any()


@pytest.mark.parametrize(
    ("words", "region", "wanted"),
    [
        ("add a person on the beach", "sand", {"count": 1.0}),
        ("在沙滩上加一个人", "sand", {"count": 1.0}),
        ("add a lone figure on the right", "right", {"count": 1.0}),
        ("在左边添加一个人影", "left", {"count": 1.0}),
        ("add a man walking on the road", "road", {"pose": "walking"}),
        ("加一个散步的人", "everything", {"pose": "walking"}),
        ("在远处加一个人", "everything", {"where": "far"}),
        ("add two people on the beach", "sand", {"count": 2.0}),
    ],
)
def test_words_for_people(words: str, region: str, wanted: dict[str, Value]) -> None:
    (made,) = interpret(words).recipe.adjustments
    assert (made.operator, str(made.region)) == ("person", region)
    assert wanted.items() <= dict(made.parameters).items()


@pytest.mark.parametrize(
    ("words", "region"),
    [
        ("add a lighthouse", "everything"),
        ("add a lighthouse in the distance", "everything"),
        ("put a lighthouse on the left", "left"),
        ("加一座灯塔", "everything"),
        ("在远处加一座灯塔", "everything"),
    ],
)
def test_words_for_lighthouses(words: str, region: str) -> None:
    (made,) = interpret(words).recipe.adjustments
    assert (made.operator, str(made.region)) == ("lighthouse", region)


@pytest.mark.parametrize(
    ("words", "region"),
    [
        ("add a campfire", "everything"),
        ("light a bonfire on the beach", "sand"),
        ("在沙滩上生一堆篝火", "sand"),
        ("点燃篝火", "everything"),
        ("build a big campfire on the left", "left"),
    ],
)
def test_words_for_fires(words: str, region: str) -> None:
    (made,) = interpret(words).recipe.adjustments
    assert (made.operator, str(made.region)) == ("campfire", region)


@pytest.mark.parametrize(
    ("words", "region", "wanted"),
    [
        ("add a tree", "everything", {"count": 1.0}),
        ("加一棵树", "everything", {"count": 1.0}),
        ("add a lone tree on the hill", "everything", {"where": "ridge"}),
        ("在山脊上加一棵树", "everything", {"where": "ridge"}),
        ("add a tree on the left", "left", {"count": 1.0}),
        ("在左边加一棵树", "left", {"count": 1.0}),
        ("add a small tree in the distance", "everything", {"where": "far"}),
        ("在远处加一棵树", "everything", {"where": "far"}),
        ("plant a pine on the right", "right", {"kind": "conifer"}),
        ("加一棵松树", "everything", {"kind": "conifer"}),
        ("add a golden tree", "everything", {"leaves": "gold"}),
        ("加一棵枫树", "everything", {"leaves": "red"}),
        ("在草地上加一棵枯树", "grass", {"leaves": "bare"}),
        ("add three trees", "everything", {"count": 3.0}),
        ("加一排白杨", "everything", {"kind": "poplar"}),
    ],
)
def test_words(words: str, region: str, wanted: dict[str, Value]) -> None:
    (made,) = interpret(words).recipe.adjustments
    assert (made.operator, str(made.region)) == ("tree", region)
    assert wanted.items() <= dict(made.parameters).items()


def test_the_same_nouns_still_name_what_is_there() -> None:
    assert interpret("make the tree darker").recipe.adjustments[0].operator == "exposure"
    assert interpret("i want the trees greener").recipe.adjustments[0].operator != "tree"
    assert interpret("make the person brighter").recipe.adjustments[0].operator == "exposure"
    assert interpret("make the lighthouse brighter").recipe.adjustments[0].operator == "exposure"
    assert str(interpret("keep the person, darker sky").recipe.keep) == "person"
