"""Whether a picture shows anything, and how judgements are doubted where it does not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from odd_pictures import DRAWN, INSTALLED, Odd

from fluxroom.perception.form import LEAST, doubted, form, tempered
from fluxroom.perception.perceive import small
from fluxroom.photo import open_photo
from fluxroom.scene import Guess

NOTHING = ("black", "white", "grey", "red", "fog", "noise", "noise_strip", "strip_8_high", "checkers_1")
SOMETHING = ("chelsea", "coffee", "brick", "camera", "flower", "clock", "white_over_white", "px_64", "branches")


def of(name: str) -> Odd:
    return next(p for p in (*INSTALLED, *DRAWN) if p.name == name)


@pytest.mark.parametrize("name", NOTHING)
def test_no_form_in_empty_frames_ramps_and_noise(name: str, tmp_path: Path) -> None:
    assert form(small(open_photo(of(name).write(tmp_path)))) < 0.5


@pytest.mark.parametrize("name", SOMETHING)
def test_photos_have_form(name: str, tmp_path: Path) -> None:
    assert form(small(open_photo(of(name).write(tmp_path)))) == 1


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (9, 1), (2, 3)])
def test_the_smallest_pictures(shape: tuple[int, int]) -> None:
    assert 0 <= form(np.random.default_rng(0).random((*shape, 3), np.float32)) <= 1


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(1e-4, 1), min_size=2, max_size=6), st.floats(0, 1))
def test_tempered_keeps_order_and_sum(weights: list[float], shown: float) -> None:
    p = {str(i): w / sum(weights) for i, w in enumerate(weights)}
    out = tempered(p, shown)
    assert abs(sum(out.values()) - 1) < 1e-9
    assert max(out.values()) <= max(p.values()) + 1e-9
    assert out[max(p, key=lambda n: p[n])] == max(out.values())


def test_what_exif_says_is_not_doubted() -> None:
    seen = Guess("day", 0.7, {"day": 0.9, "night": 0.1}, ("bright",))
    less = doubted(seen, 0.0)
    assert less.value == "day"
    assert less.confidence == pytest.approx(0.7 / 0.9 * 0.9**LEAST / (0.9**LEAST + 0.1**LEAST), abs=1e-3)
    assert doubted(seen, 1.0) is seen
    told = {"day": 0.05, "night": 1.0}
    clock = doubted(Guess("day", 0.3, {"day": 0.9 / 2.9, "night": 2.0 / 2.9}, (), told), 0.0)
    assert clock.value == "night"
    assert clock.probabilities["night"] > 0.9
