"""Recipes of several steps, and fingerprints of pixels."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fluxroom.history import combine, fingerprint
from fluxroom.recipe import Adjustment, Recipe, Region

DARK = Adjustment("exposure", {"stops": -0.5}, Region("water"), version=1)
WARM = Adjustment("temperature", {"amount": 0.3}, Region("sky + vegetation"), version=1)


def test_the_first_step_is_itself() -> None:
    step = Recipe((DARK,), keep=Region("sand"), seed=3, say="darker sea")
    assert combine(None, step) == step
    assert combine(Recipe(), step) == step


def test_later_steps_come_after_and_words_add_up() -> None:
    both = combine(Recipe((DARK,), say="darker sea"), Recipe((WARM,), say="warmer sky", not_understood=("zing",)))
    assert both.adjustments == (DARK, WARM)
    assert both.say == "darker sea\nwarmer sky"
    assert both.not_understood == ("zing",)
    assert Recipe.from_yaml(both.to_yaml()) == both


def test_keep_does_not_undo_an_earlier_step() -> None:
    both = combine(Recipe((DARK,)), Recipe((WARM,), keep=Region("water + sand")))
    assert both.keep is None
    assert both.adjustments[0] == DARK
    assert both.adjustments[1] == replace(WARM, keep=Region("water + sand"))


def test_an_earlier_keep_holds_for_the_earlier_step_only() -> None:
    both = combine(Recipe((WARM,), keep=Region("vegetation")), Recipe((DARK,)))
    assert both.keep is None
    assert both.adjustments == (replace(WARM, keep=Region("vegetation")), DARK)
    again = combine(both, Recipe((WARM,), keep=Region("sand")))
    assert again.adjustments == (*both.adjustments, replace(WARM, keep=Region("sand")))


def test_the_same_keep_stays_a_keep() -> None:
    both = combine(Recipe((DARK,), keep=Region("sand")), Recipe((WARM,), keep=Region("sand")))
    assert both.keep == Region("sand")
    assert both.adjustments == (DARK, WARM)


def test_seeds_of_earlier_steps_stay() -> None:
    first = Recipe((DARK, WARM), seed=1)
    same, other = combine(first, Recipe((WARM,), seed=1)), combine(first, Recipe((WARM,), seed=2))
    assert same.seed == other.seed == 1
    assert same.adjustments[2].seed is None
    seed = other.adjustments[2].seed
    assert seed is not None
    assert 0 <= seed < 2**63
    assert other.adjustments[:2] == first.adjustments
    assert combine(first, Recipe((WARM,), seed=3)).adjustments[2].seed != seed


@given(st.integers(1, 40), st.integers(1, 40), st.sampled_from(["u1", "u2"]), st.integers(0, 99))
def test_fingerprints_tell_pictures_apart(height: int, width: int, kind: str, seed: int) -> None:
    codes = np.random.default_rng(seed).integers(0, 255, (height, width, 3)).astype(kind)
    assert fingerprint(codes) == fingerprint(np.asfortranarray(codes)) == fingerprint(codes.astype(">" + kind))
    other = codes.copy()
    other[-1, -1, -1] ^= 1
    assert fingerprint(other) != fingerprint(codes)
    assert fingerprint(codes, codes[..., 0]) != fingerprint(codes)
    if height != width:
        assert fingerprint(codes.reshape(width, height, 3)) != fingerprint(codes)


def test_fingerprints_do_not_depend_on_the_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    codes = np.arange(50 * 40 * 3, dtype="u2").reshape(50, 40, 3)
    whole = fingerprint(codes)
    monkeypatch.setattr("fluxroom.history.replay.BYTES_AT_ONCE", 100)
    assert fingerprint(codes) == whole
