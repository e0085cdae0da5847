"""Recipes as text: what goes in comes out, and what is wrong is named."""

from __future__ import annotations

import re
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fluxroom.describe import region_in_words
from fluxroom.errors import RecipeError, RecipeTooNew, RegionError
from fluxroom.recipe import (
    MOST_PERCENT,
    PLACE_NAMES,
    REGION_NAMES,
    Adjustment,
    Recipe,
    Region,
    parse_region,
    pick_text,
)

NAMES = st.sampled_from(REGION_NAMES + PLACE_NAMES)
PLACE = st.floats(0, 1).map(lambda p: round(p, 4))
CORNERS = st.tuples(PLACE, PLACE, PLACE, PLACE).filter(lambda b: b[0] != b[2] and b[1] != b[3])
PICKS = st.builds(
    pick_text,
    st.lists(st.tuples(PLACE, PLACE, st.booleans()), max_size=3).map(lambda c: ((0.5, 0.25, True), *c)),
    st.none() | CORNERS,
)
LEAVES = NAMES | PICKS | CORNERS.map(lambda b: "box({:.4f} {:.4f} {:.4f} {:.4f})".format(*b))
TEXTS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.builds(lambda a, op, b: f"({a}) {op} ({b})", inner, st.sampled_from("+-&"), inner),
        st.builds(
            lambda op, a, by: f"{op}({a}, {by:.2f}%)",
            st.sampled_from(["feather", "grow", "shrink"]), inner, st.floats(0, MOST_PERCENT),
        ),
    ),
    max_leaves=6,
)  # fmt: skip
REGIONS = TEXTS.map(Region)
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
    ("text", "says"),
    [
        ("", "ends too early"),
        ("sky -", "ends too early"),
        ("- sky", "unexpected '-'"),
        ("(sky", "')' is missing"),
        ("sky)", "unexpected ')'"),
        ("skyy", "nobody knows 'skyy'"),
        ("sky ~ water", "cannot read"),
        ("(" * 60 + "sky" + ")" * 60, "nests too deeply"),
        ("grow(" * 60 + "sky", "nests too deeply"),
        ("grow sky", "grow needs a '('"),
        ("grow(sky)", "a comma and an amount"),
        ("grow(sky, 1)", "a comma and an amount"),
        ("grow(sky,", "a comma and an amount"),
        ("grow(sky, -1%)", "a comma and an amount"),
        ("feather(sky, 10.5%)", "too far"),
        ("shrink(sky, 1%", "')' is missing"),
        ("box", "box needs a '('"),
        ("box(0 0 1)", "no place from 0 to 1"),
        ("box(0 0 0 1)", "two opposite corners"),
        ("box(0 0 2 1)", "no place from 0 to 1"),
        ("box(0 0 50% 1)", "no place from 0 to 1"),
        ("pick()", "a click on the thing or a box"),
        ("pick(-0.5 0.5)", "a click on the thing or a box"),
        ("pick(0.5)", "no place from 0 to 1"),
        ("pick(box 0 0 1 1, box 0 0 1 1)", "one box"),
        ("pick(0.5 0.5, sky)", "no place from 0 to 1"),
        ("0.5", "unexpected '0.5'"),
        ("sky, water", "unexpected ','"),
        (" + ".join(["sky"] * 300), "too long"),
    ],
)
def test_a_bad_region_is_refused_in_one_clear_line(text: str, says: str) -> None:
    with pytest.raises(RegionError, match=re.escape(says)) as caught:
        parse_region(text)
    assert "\n" not in str(caught.value)


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="skyboxpigrw feathr()+-&,.%0159\n", max_size=40))
def test_any_text_is_a_region_or_refused(text: str) -> None:
    with suppress(RegionError):
        parse_region(text)


@settings(max_examples=100, deadline=None)
@given(REGIONS)
def test_any_region_can_be_said_in_both_languages(region: Region) -> None:
    assert region_in_words(region, "en")
    assert region_in_words(region, "zh")


def test_reaches_boxes_and_picks_are_read() -> None:
    tree = parse_region("feather(sky - clouds, 0.5%) & box(0.6 1 .1 0)")
    assert tree.left is not None
    assert (tree.left.op, tree.left.amount) == ("feather", 0.5)
    assert tree.right is not None
    assert tree.right.box == (0.1, 0.0, 0.6, 1.0)
    assert tree.names() == {"sky", "clouds", "everything"}
    pick = parse_region("pick(0.42 0.31, -0.6 0.2, box 0.1 0.2 0.5 0.9)")
    assert pick.clicks == ((0.42, 0.31, True), (0.6, 0.2, False))
    assert pick.box == (0.1, 0.2, 0.5, 0.9)


def test_regions_bind_from_the_left_and_intersections_first() -> None:
    tree = parse_region("sky - clouds + water & left")
    assert tree.op == "+"
    assert tree.left is not None
    assert tree.left.op == "-"
    assert tree.right is not None
    assert tree.right.op == "&"
    assert tree.names() == {"sky", "clouds", "water", "left"}
