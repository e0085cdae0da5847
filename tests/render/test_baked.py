"""A table stands for a run of colour operators, as exactly as it says."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from synthetic import make_codes, make_photo, make_scene

from fluxroom.operators import all_operators
from fluxroom.photo.photo import Codes, Photo
from fluxroom.recipe import Adjustment, Recipe, Region
from fluxroom.render import is_blind, render
from fluxroom.render.baked import BOUND, WORTH, bake
from fluxroom.render.plan import make_plan
from fluxroom.scene import Scene, unseen

ALL = Region("everything")
LOOK = Recipe(
    adjustments=(
        Adjustment("white_balance", region=ALL, parameters={"temperature": 0.4}),
        Adjustment("exposure", region=ALL, parameters={"stops": 0.5}),
        Adjustment("contrast", region=ALL, parameters={"amount": 0.5}, opacity=0.7),
        Adjustment("vibrance", region=ALL, parameters={"amount": 0.6}),
        Adjustment("split_toning", region=ALL),
    )
)


def noise_photo() -> Photo:
    """Every colour, evenly: the hardest picture for a table."""
    codes: Codes = np.random.default_rng(0).integers(0, 256, (800, 800, 3), dtype=np.uint8)
    return make_photo(codes)


@pytest.fixture(scope="module")
def photo() -> Photo:
    return make_photo(make_codes(700, 900))


@pytest.fixture(scope="module")
def scene(photo: Photo) -> Scene:
    return make_scene(photo)


def without_table(photo: Photo, scene: Scene, recipe: Recipe) -> Codes:
    """The same by the operators one by one, 16 bits deep, as 8-bit code values with their fraction."""
    deep = render(photo, scene, recipe, bits=16)
    assert deep.table is None
    return deep.codes


def test_a_global_look_is_one_table_and_close_to_the_operators(photo: Photo, scene: Scene) -> None:
    result = render(photo, scene, LOOK)
    assert result.table is not None
    assert result.table <= BOUND
    assert [p.name for p in result.parts if p.stage == "pixels"] == ["table"]
    off = np.abs(result.codes - without_table(photo, scene, LOOK) / 257)
    assert off.max() <= BOUND + 1  # and the dither's half code on either side
    assert off.mean() < 0.3
    assert not result.untouched.any()


@settings(max_examples=12, deadline=None)
@given(
    stops=st.floats(-2, 2),
    amounts=st.tuples(*[st.floats(-1, 1)] * 4),
    hue=st.floats(0, 360),
)
def test_any_colour_operators(photo: Photo, scene: Scene, stops: float, amounts: tuple[float, ...], hue: float) -> None:
    a, b, c, d = amounts
    recipe = Recipe(
        adjustments=(
            Adjustment("exposure", region=ALL, parameters={"stops": stops}),
            Adjustment("white_balance", region=ALL, parameters={"temperature": a, "tint": b}),
            Adjustment("tone_curve", region=ALL, parameters={"shadows": c, "midtones": d}),
            Adjustment("saturation", region=ALL, parameters={"amount": b}),
            Adjustment("split_toning", region=ALL, parameters={"shadow_hue": hue}),
        )
    )
    result = render(photo, scene, recipe)
    if result.table is not None:
        off = np.abs(result.codes - without_table(photo, scene, recipe) / 257)
        assert np.quantile(off, 0.9999) <= BOUND + 1


def test_marked_colours_are_exact() -> None:
    photo = noise_photo()
    scene = make_scene(photo)
    plan = make_plan(scene, LOOK)
    baked = bake(photo, plan.steps, photo.profile)
    assert baked is not None
    assert 0 < baked.odd < 0.5
    off = np.abs(render(photo, scene, LOOK).codes - without_table(photo, scene, LOOK) / 257)
    assert off.max() <= BOUND + 1


@pytest.mark.parametrize("tile", [(1, 900), (700, 7), (33, 41)])
@pytest.mark.parametrize("threads", [1, 2])
def test_tiles_and_threads_change_nothing(photo: Photo, scene: Scene, tile: tuple[int, int], threads: int) -> None:
    whole = render(photo, scene, LOOK)
    parts = render(photo, scene, LOOK, tile=tile, threads=threads)
    assert parts.table == whole.table
    assert np.array_equal(whole.codes, parts.codes)


def test_seeds_give_another_dither_only(photo: Photo, scene: Scene) -> None:
    one, other = (render(photo, scene, Recipe(LOOK.adjustments, seed=seed)).codes.astype(int) for seed in (1, 2))
    assert (one != other).any()
    assert np.abs(one - other).max() <= 1


def test_what_looks_at_more_than_colour_is_no_table(photo: Photo, scene: Scene) -> None:
    sky = Adjustment("exposure", region=Region("sky"), parameters={"stops": 0.5})
    clarity = Adjustment("clarity", region=ALL, parameters={"amount": 0.3})
    for extra in (sky, clarity, Adjustment("vignette", region=ALL), Adjustment("grain", region=ALL)):
        assert render(photo, scene, Recipe((*LOOK.adjustments, extra))).table is None
    assert render(photo, scene, Recipe(LOOK.adjustments, keep=Region("water"))).table is None
    small = make_photo(make_codes(300, 400))
    assert small.width * small.height < WORTH
    assert render(small, make_scene(small), LOOK).table is None


def test_operators_that_look_at_pixels_only_need_no_more_than_the_small_picture(photo: Photo, scene: Scene) -> None:
    bare = unseen(photo.width, photo.height, scene.preview)
    extra = [Adjustment(name, region=ALL) for name in ("clarity", "shadows", "sharpen", "vignette", "grain")]
    for recipe in (LOOK, Recipe((*LOOK.adjustments, *extra))):
        assert is_blind(recipe)
        assert np.array_equal(render(photo, scene, recipe).codes, render(photo, bare, recipe).codes)
    for operator in all_operators():
        if operator.blind:
            alone = Recipe((Adjustment(operator.name, version=operator.version, region=ALL),))
            assert np.array_equal(render(photo, scene, alone).codes, render(photo, bare, alone).codes), operator.name
    assert not is_blind(Recipe((Adjustment("exposure", region=Region("sky")),)))
    assert not is_blind(Recipe(LOOK.adjustments, keep=Region("water")))
    assert not is_blind(Recipe((Adjustment("dehaze", region=ALL),)))
