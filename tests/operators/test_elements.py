"""Things put into the picture: whole, in their place, the same each time, and nothing else changed."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent.parent / "render"))
from synthetic import make_codes, make_photo, make_scene

from fluxroom.language import interpret
from fluxroom.operators import find
from fluxroom.photo.photo import Photo
from fluxroom.recipe import Adjustment, Recipe, Region, Value
from fluxroom.render import render
from fluxroom.scene import Scene

NAMES = ("birds", "hot_air_balloon", "sailboat", "lantern")


@pytest.fixture(scope="module")
def photo() -> Photo:
    return make_photo(make_codes(480, 640))


@pytest.fixture(scope="module")
def scene(photo: Photo) -> Scene:
    """Sky above, water below on the left, ground on the right; see `make_scene`."""
    seen = make_scene(photo, side=256)
    return seen


def recipe(name: str, seed: int = 0, region: str | None = None, **parameters: Value) -> Recipe:
    where = Region(region or find(name).region)
    return Recipe((Adjustment(name, region=where, parameters=parameters),), seed=seed)


def box_of(photo: Photo, changed: np.ndarray) -> tuple[float, float, float, float]:
    """left, top, right, bottom of what changed, shares of the frame."""
    rows, columns = np.flatnonzero(changed.any(1)), np.flatnonzero(changed.any(0))
    return columns[0] / photo.width, rows[0] / photo.height, columns[-1] / photo.width, rows[-1] / photo.height


def changes(photo: Photo, scene: Scene, wanted: Recipe) -> np.ndarray:
    return np.asarray((render(photo, scene, wanted).codes != photo.codes).any(-1))


@pytest.mark.parametrize("name", NAMES)
def test_none_of_it_is_nothing(photo: Photo, scene: Scene, name: str) -> None:
    for parameters in ({"count": 0.0}, {"size": 0.0}):
        assert not changes(photo, scene, recipe(name, **parameters)).any()


@pytest.mark.parametrize("name", ["birds", "hot_air_balloon", "sailboat"])
def test_it_is_there_and_small_and_the_rest_is_left_alone(photo: Photo, scene: Scene, name: str) -> None:
    changed = changes(photo, scene, recipe(name))
    assert 1e-4 < changed.mean() < 0.05


@pytest.mark.parametrize("name", NAMES)
def test_the_same_for_any_tile_and_threads_and_another_for_another_seed(photo: Photo, scene: Scene, name: str) -> None:
    wanted = recipe(name, x=0.4, y=0.75 if name in ("lantern", "sailboat") else 0.12)
    whole = render(photo, scene, wanted).codes
    assert (whole != photo.codes).any()
    assert np.array_equal(whole, render(photo, scene, wanted, tile=(37, 53), threads=2).codes)
    assert np.array_equal(whole, render(photo, scene, wanted, threads=1).codes)
    if name == "birds":
        assert not np.array_equal(whole, render(photo, scene, recipe(name, 5, x=0.4, y=0.12)).codes)


def test_birds_and_balloons_fly_in_the_sky(photo: Photo, scene: Scene) -> None:
    for name in ("birds", "hot_air_balloon"):
        left, top, right, bottom = box_of(photo, changes(photo, scene, recipe(name, size=0.6)))
        assert bottom < 0.36
        assert 0 <= left < right < 1
        assert top >= 0


def test_a_sailboat_sits_on_the_water_and_rises_over_it(photo: Photo, scene: Scene) -> None:
    changed = changes(photo, scene, recipe("sailboat", region="water"))
    _, _, right, bottom = box_of(photo, changed)
    assert right < 0.55  # the water lies on the left
    assert bottom > 0.3
    nearer = changes(photo, scene, recipe("sailboat", x=0.25, y=0.6))
    assert nearer.sum() > changed.sum()  # the nearer, the larger


def test_without_water_there_is_no_boat(photo: Photo, scene: Scene) -> None:
    from dataclasses import replace

    dry = replace(scene, regions={**scene.regions, "water": np.zeros_like(scene.regions["water"])})
    assert not changes(photo, dry, recipe("sailboat")).any()
    assert any("no water" in note for note in render(photo, dry, recipe("sailboat")).notes)
    assert not render(photo, scene, recipe("sailboat")).notes


def test_without_ground_there_is_no_lantern(photo: Photo, scene: Scene) -> None:
    from dataclasses import replace

    nothing = np.zeros_like(scene.regions["sky"])
    afloat = replace(scene, regions=dict.fromkeys(scene.regions, nothing))
    result = render(photo, afloat, recipe("lantern"))
    assert np.array_equal(result.codes, photo.codes)
    assert any("no free ground" in note for note in result.notes)


def test_what_is_kept_is_not_drawn_over(photo: Photo, scene: Scene) -> None:
    kept = Recipe(recipe("sailboat", x=0.25, y=0.6).adjustments, keep=Region("sky"))
    result = render(photo, scene, kept)
    assert np.array_equal(result.codes[result.untouched], photo.codes[result.untouched])
    assert result.untouched[:100].any()


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("value", [0, 255])
def test_black_and_white_pictures(bits: int, value: int, scene: Scene) -> None:
    top = 1 if bits == 8 else 257
    codes = np.full((480, 640, 3), value * top, np.uint8 if bits == 8 else np.uint16)
    photo = make_photo(codes)
    for name in NAMES:
        assert render(photo, scene, recipe(name, x=0.4, y=0.7)).codes.dtype == codes.dtype


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("add some birds", "birds"),
        ("天空加几只海鸥", "birds"),
        ("add a sailboat on the left", "sailboat"),
        ("在湖面加一艘帆船，其余不变", "sailboat"),
        ("a hot air balloon please", "hot_air_balloon"),
        ("天空中加一个热气球", "hot_air_balloon"),
        ("put a lantern on the path", "lantern"),
        ("在小路上加一盏灯笼", "lantern"),
    ],
)
def test_words(words: str, name: str) -> None:
    assert [a.operator for a in interpret(words).recipe.adjustments] == [name]


@pytest.mark.parametrize(
    ("words", "name", "region", "count", "size"),
    [
        ("add three birds", "birds", "sky", 3, 1),
        ("天空中加五只海鸥", "birds", "sky", 5, 1),
        ("add a few gulls", "birds", "sky", 7, 1),
        ("add a dozen seagulls", "birds", "sky", 12, 1),
        ("add a flock of twenty geese", "birds", "sky", 20, 1),
        ("加十几只飞鸟", "birds", "sky", 13, 1),
        ("add a flock of seagulls", "birds", "sky", 13, 1),
        ("add 5 birds on the left", "birds", "left", 5, 1),
        ("天上飞过一群大雁", "birds", "sky", 13, 1),
        ("add two sailboats", "sailboat", "everything", 2, 1),
        ("在左边加两艘小帆船", "sailboat", "left", 2, 0.65),
        ("add a small sailboat near the horizon", "sailboat", "everything", 1, 0.423),
        ("远处加一艘帆船", "sailboat", "everything", 1, 0.6),
        ("add sailboats", "sailboat", "everything", 3, 1),
        ("two balloons", "hot_air_balloon", "sky", 2, 1),
        ("add a large hot air balloon over the lake", "hot_air_balloon", "sky", 1, 1.5),
        ("右边加三个热气球", "hot_air_balloon", "right", 3, 1),
        ("在码头上放三盏灯笼", "lantern", "building + road + object", 3, 1),
        ("put a big lantern on the path", "lantern", "road", 1, 1.5),
    ],
)
def test_how_many_how_large_and_where_by_words(words: str, name: str, region: str, count: int, size: float) -> None:
    (made,) = interpret(words).recipe.adjustments
    assert (made.operator, str(made.region)) == (name, region)
    assert (made.parameters["count"], made.parameters["size"]) == (count, size)


@pytest.mark.parametrize(
    "words",
    [
        "add a hot air balloon and a few birds, put a small sailboat on the lake",
        "加一个热气球和几只海鸥，湖面上放一艘小帆船",
    ],
)
def test_several_things_in_one_sentence(words: str) -> None:
    made = {a.operator: a.parameters for a in interpret(words).recipe.adjustments}
    assert {name: (p["count"], p["size"]) for name, p in made.items()} == {
        "birds": (7, 1),
        "hot_air_balloon": (1, 1),
        "sailboat": (1, 0.65),
    }


def test_what_is_said_after_a_thing_is_of_the_photo() -> None:
    made = interpret("add birds on the left, make it warmer").recipe.adjustments
    assert str(next(a for a in made if a.operator == "white_balance").region) == "everything"
    assert str(next(a for a in made if a.operator == "birds").region) == "left"


def test_numbers_of_other_wishes_are_left_to_them() -> None:
    boat, exposure = sorted(interpret("add two sailboats and make it one stop brighter").recipe.adjustments,
                            key=lambda a: a.operator, reverse=True)  # fmt: skip
    assert boat.parameters["count"] == 2
    assert exposure.parameters["stops"] == 1


def test_the_same_nouns_still_name_what_is_there() -> None:
    assert interpret("make the boat brighter").recipe.adjustments[0].operator == "exposure"
    assert str(interpret("keep the sailboat as it is, make the sky darker").recipe.keep) == "object"
    assert interpret("make the two boats brighter").recipe.adjustments[0].operator == "exposure"
