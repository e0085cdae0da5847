"""Recipes as text: what goes in comes out, and what is wrong is named."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fluxroom.errors import RecipeError, RecipeTooNew, RegionError
from fluxroom.recipe import PLACE_NAMES, REGION_NAMES, Adjustment, Recipe, Region, parse_region

NAMES = st.sampled_from(REGION_NAMES + PLACE_NAMES)
REGIONS = st.recursive(
    NAMES,
    lambda inner: st.builds(lambda a, op, b: f"({a}) {op} ({b})", inner, st.sampled_from("+-&"), inner),
    max_leaves=6,
).map(Region)
VALUES = st.one_of(st.floats(-5, 5), st.integers(-5, 5), st.sampled_from(["broken", "storm"]), st.booleans())
ADJUSTMENTS = st.builds(
    Adjustment,
    operator=st.sampled_from(["exposure", "clouds"]),
    parameters=st.dictionaries(st.sampled_from(["stops", "kind", "amount"]), VALUES),
    region=REGIONS,
    opacity=st.floats(0, 1),
    version=st.none() | st.integers(1, 9),
    seed=st.none() | st.integers(0, 2**63 - 1),
    because=st.lists(st.text(max_size=8), max_size=3).map(tuple),
    keep=st.none() | REGIONS,
)
RECIPES = st.builds(
    Recipe,
    adjustments=st.lists(ADJUSTMENTS, max_size=4).map(tuple),
    keep=st.none() | REGIONS,
    seed=st.integers(0, 2**63 - 1),
    say=st.text(max_size=40),
    not_understood=st.lists(st.text(min_size=1, max_size=8), max_size=3).map(tuple),
)


@settings(max_examples=150, deadline=None)
@given(RECIPES)
def test_a_recipe_survives_its_text(recipe: Recipe) -> None:
    assert Recipe.from_yaml(recipe.to_yaml()) == recipe


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "mapping"),
        ("- 1", "mapping"),
        ("fluxroom: [", "YAML"),
        ("adjustments: []", "format"),
        ("fluxroom: 1\nadjustment: []", "'adjustment'"),
        ("fluxroom: 1\nadjustments: 3", "list"),
        ("fluxroom: 1\nadjustments: [{region: sky}]", "operator"),
        ("fluxroom: 1\nadjustments: [{operator: exposure, opacity: 2}]", "0 to 1"),
        ("fluxroom: 1\nadjustments: [{operator: exposure@x}]", "version"),
        ("fluxroom: 1\nadjustments: [{operator: exposure, parameters: [1]}]", "parameters"),
        ("fluxroom: 1\nseed: -1", "seed"),
        ("fluxroom: 1\nkeep: 4", "keep"),
    ],
)
def test_a_bad_recipe_is_one_clear_line(text: str, says: str) -> None:
    with pytest.raises(RecipeError, match=says) as caught:
        Recipe.from_yaml(text)
    assert "\n" not in str(caught.value)


def test_a_newer_recipe_is_refused_by_name() -> None:
    with pytest.raises(RecipeTooNew, match="update fluxroom"):
        Recipe.from_yaml("fluxroom: 99\nadjustments: []")


@pytest.mark.parametrize(
    "text", ["", "sky -", "- sky", "(sky", "sky)", "skyy", "sky ~ water", "(" * 60 + "sky" + ")" * 60]
)
def test_a_bad_region_is_refused(text: str) -> None:
    with pytest.raises(RegionError):
        parse_region(text)


def test_regions_bind_from_the_left_and_intersections_first() -> None:
    tree = parse_region("sky - clouds + water & left")
    assert tree.op == "+"
    assert tree.left is not None
    assert tree.left.op == "-"
    assert tree.right is not None
    assert tree.right.op == "&"
    assert tree.names() == {"sky", "clouds", "water", "left"}
