"""The critic measures what was asked, on a photo drawn for the purpose."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from synthetic import make_codes, make_photo, make_scene

from fluxroom.critic import Claim, Verdict, review, revise
from fluxroom.critic.measure import measure
from fluxroom.photo import Photo
from fluxroom.recipe import Adjustment, Recipe, Region
from fluxroom.render import Rendered, render
from fluxroom.scene import Scene


@pytest.fixture(scope="module")
def photo() -> Photo:
    return make_photo(make_codes(160, 240))


@pytest.fixture(scope="module")
def scene(photo: Photo) -> Scene:
    return make_scene(photo)


def recipe(*adjustments: Adjustment, keep: str | None = None) -> Recipe:
    return Recipe(adjustments, None if keep is None else Region(keep))


def verdict_of(photo: Photo, scene: Scene, r: Recipe) -> Verdict:
    return review(photo, scene, r, render(photo, scene, r))


@pytest.mark.parametrize(
    ("adjustment", "name", "sign"),
    [
        (Adjustment("exposure", {"stops": -0.7}, Region("sky")), "sky: luminance", -1),
        (Adjustment("exposure", {"stops": 0.4}, Region("foreground")), "foreground: luminance", 1),
        (Adjustment("white_balance", {"temperature": 0.5}, Region("sky")), "sky: warmth", 1),
        (Adjustment("white_balance", {"temperature": -0.5}), "everything: warmth", -1),
        (Adjustment("saturation", {"amount": -0.6}, Region("sky")), "sky: chroma", -1),
        (Adjustment("contrast", {"amount": 0.5}), "everything: contrast", 1),
    ],
)
def test_what_was_asked_is_measured(photo: Photo, scene: Scene, adjustment: Adjustment, name: str, sign: int) -> None:
    verdict = verdict_of(photo, scene, recipe(adjustment))
    claim = next(c for c in verdict.claims if c.name == name)
    assert claim.passed
    assert np.sign(float(claim.measured.split()[0])) == sign
    assert verdict.words("en")
    assert verdict.words("zh")


def test_nothing_done_is_noticed_and_made_stronger(photo: Photo, scene: Scene) -> None:
    asked = recipe(Adjustment("exposure", {"stops": -0.6}, Region("sky")))
    idle = render(photo, scene, recipe())
    verdict = review(photo, scene, asked, idle)
    assert not verdict.passed
    better = revise(asked, verdict)
    assert better is not None
    assert better.recipe.adjustments[0].parameters["stops"] == pytest.approx(-1.8)
    assert better.en and better.zh


def test_a_touched_kept_region_is_noticed(photo: Photo, scene: Scene) -> None:
    asked = recipe(Adjustment("exposure", {"stops": -0.6}), keep="water")
    honest = render(photo, scene, asked)
    assert review(photo, scene, asked, honest).passed
    wrong = honest.codes.copy()
    wrong[-1, 1] ^= 1
    verdict = review(photo, scene, asked, replace(honest, codes=wrong))
    assert {c.fault for c in verdict.claims if not c.passed} == {"leak"}
    better = revise(asked, verdict)
    assert better is not None
    assert better.recipe.keep == Region("grow(water, 0.5%)")
    json.dumps(verdict.to_dict())


@pytest.mark.parametrize(("given", "wanted"), [(16, 8), (8, 16), (16, 16)])
def test_another_depth_is_no_change(given: int, wanted: int) -> None:
    photo = make_photo(make_codes(80, 120, bits=given))
    scene, asked = make_scene(photo), recipe(Adjustment("exposure", {"stops": -0.6}, Region("sky")), keep="water")
    rendered = render(photo, scene, asked, bits=wanted)
    verdict = review(photo, scene, asked, rendered)
    assert not [c for c in verdict.claims if c.fault == "leak"]
    wrong = rendered.codes.copy()
    wrong[-1, 1] ^= 1
    assert [c for c in review(photo, scene, asked, replace(rendered, codes=wrong)).claims if c.fault == "leak"]


def test_blown_tones_are_noticed_and_made_weaker(photo: Photo, scene: Scene) -> None:
    asked = recipe(Adjustment("exposure", {"stops": 2.0}))
    rendered = render(photo, scene, asked)
    white: Rendered = replace(rendered, codes=np.full_like(rendered.codes, 255))
    verdict = review(photo, scene, asked, white)
    assert any(c.fault == "strong" for c in verdict.claims)
    better = revise(asked, verdict)
    assert better is not None
    assert better.recipe.adjustments[0].parameters["stops"] == pytest.approx(1.0)


def test_pulling_both_ways_claims_nothing(photo: Photo, scene: Scene) -> None:
    both = recipe(Adjustment("exposure", {"stops": 1.0}, Region("sky")), Adjustment("exposure", {"stops": -1.0}))
    verdict = verdict_of(photo, scene, both)
    assert not any("luminance" in c.name for c in verdict.claims)


def test_strength_stays_in_range() -> None:
    strong = recipe(Adjustment("saturation", {"amount": 0.9}))
    weak = Verdict((Claim("x", "", "", False, "", "", (0,), "weak"),))
    better = revise(strong, weak)
    assert better is not None
    assert better.recipe.adjustments[0].parameters["amount"] == 1.0
    full = recipe(Adjustment("saturation", {"amount": 1.0}))
    assert revise(full, weak) is None


def test_measures_are_finite_on_odd_pictures() -> None:
    for value in (0.0, 1.0, -0.2, 50.0):
        m = measure(np.full((20, 30, 3), value, np.float32), np.ones((20, 30), np.float32))
        assert all(np.isfinite(getattr(m, name)) for name in m.__dataclass_fields__)
