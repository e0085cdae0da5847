"""Composed pictures: the same for the same words, and holding what the words say."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fluxroom.compose.compose import GROVES, Composed, compose
from fluxroom.compose.places import LANDS, SUN
from fluxroom.errors import InputError, InstructionError

PLACES = {
    "sea": "the sea",
    "lake": "a lake",
    "mountains": "mountains",
    "meadow": "a meadow",
    "desert": "the desert",
    "snowfield": "a snowy field",
    "forest": "a forest",
    "village": "a village",
    "city": "a city",
    "bamboo": "a bamboo grove",
    "woods": "the woods",
}
HOURS = {
    **{hour: hour for hour in ("dawn", "morning", "day", "sunset", "dusk", "night")},
    "golden": "golden hour",
    "blue": "blue hour",
}


def rgb(made: Composed) -> np.ndarray:
    return made.photo.codes.astype(np.float32) / 65535


def test_every_place_and_hour_is_tried() -> None:
    assert set(PLACES) == {*LANDS, *GROVES}
    assert set(HOURS) == set(SUN)


@pytest.mark.parametrize("place", PLACES)
def test_every_place_at_every_hour(place: str) -> None:
    bright = {}
    for hour, words in HOURS.items():
        made = compose(f"{PLACES[place]} at {words}", 120, 80)
        assert made.photo.codes.shape == (80, 120, 3) and made.photo.codes.dtype == np.uint16
        assert made.wish.left == () and made.wish.hour == hour and made.wish.place == place
        pixels = rgb(made)
        assert pixels.std() > 0.01
        bright[hour] = float(pixels.mean())
    assert bright["night"] < 0.75 * bright["day"]


@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.sampled_from(sorted(PLACES)), st.integers(0, 2**31), st.sampled_from([(96, 64), (64, 96), (130, 70)]))
def test_same_words_same_picture(place: str, seed: int, size: tuple[int, int]) -> None:
    first, second = (compose(f"{PLACES[place]} with birds", *size, seed) for _ in range(2))
    assert np.array_equal(first.photo.codes, second.photo.codes)


def test_another_seed_is_another_picture() -> None:
    a, b = (compose("mountains", 120, 80, seed) for seed in (1, 2))
    assert np.abs(rgb(a) - rgb(b)).mean() > 0.01


def _redness(pixels: np.ndarray) -> np.ndarray:
    return np.asarray(pixels[..., 0] - pixels[..., 1:].max(axis=-1))


@pytest.mark.parametrize(("side", "columns"), [("left", slice(0, 120)), ("right", slice(180, 300))])
def test_a_red_balloon_hangs_where_it_was_said(side: str, columns: slice) -> None:
    made = compose(f"a red hot air balloon on the {side} over a meadow, clear sky", 300, 200)
    without = compose("a meadow, clear sky", 300, 200)
    more = _redness(rgb(made)) - _redness(rgb(without))
    red = more > 0.1
    assert red.sum() > 60
    assert red[:, columns].sum() > 0.95 * red.sum()


def test_colors_differ() -> None:
    red, blue = (rgb(compose(f"a {c} hot air balloon, a meadow, clear sky", 300, 200)) for c in ("red", "blue"))
    changed = np.abs(red - blue).max(axis=-1) > 0.1
    assert changed.any()
    assert (red[changed, 0] > blue[changed, 0]).mean() > 0.7 and (blue[changed, 2] > red[changed, 2]).mean() > 0.7


def test_things_that_cannot_be_are_named() -> None:
    made = compose("a sailboat in the desert", 96, 64)
    assert any("no water" in note for note in made.notes)
    assert any("dragon" in note for note in compose("a dragon over the sea", 96, 64).notes)


def test_houses_are_counted() -> None:
    few, many = (compose(f"{n} white houses in a meadow", 300, 200) for n in ("one", "five"))
    assert 0 < few.scene.share("building") < many.scene.share("building")


def test_lit_windows_by_night() -> None:
    made = rgb(compose("a village at night", 300, 200))
    warm = (made[..., 0] > 0.5) & (made[..., 0] > made[..., 2] + 0.15)
    assert warm.sum() > 20


def test_the_scene_is_exact() -> None:
    scene = compose("a lake with mountains", 300, 200).scene
    assert scene.exact
    total = scene.regions["sky"] + scene.regions["water"] + scene.regions["ground"] + scene.regions["vegetation"]
    assert np.allclose(total + scene.regions["building"], 1, atol=1e-3)


@pytest.mark.parametrize("size", [(63, 100), (100, 8193), (0, 0)])
def test_sizes_out_of_range(size: tuple[int, int]) -> None:
    with pytest.raises(InputError, match="64 to 8192"):
        compose("the sea", *size)


def test_nothing_understood() -> None:
    with pytest.raises(InstructionError):
        compose("xyzzy", 96, 64)
