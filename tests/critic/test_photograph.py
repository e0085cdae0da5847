"""Each way in which a picture looks worked on: the detector fires on the fault, and is silent on the clean edit."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from synthetic import make_photo, make_scene

from fluxroom.critic import edges, grain, reach, review
from fluxroom.critic.photograph import (
    MAX_BANDED,
    MAX_HALO,
    MAX_NOISE,
    MAX_SEAM,
    MAX_SHARP,
    MAX_SHORT,
)
from fluxroom.critic.things import MOST_SPILL
from fluxroom.photo import Photo
from fluxroom.recipe import Adjustment, Recipe, Region
from fluxroom.render import Rendered, render
from fluxroom.scene import Float, Scene

H, W = 320, 480
EDGE = 140


def land() -> np.ndarray:
    """(H, W, 3) 0..1: a smooth sky that grows lighter downwards over a dark rough ground, with a little noise."""
    rng = np.random.default_rng(3)
    y, x = np.mgrid[0:H, 0:W] / W
    sky = np.stack([0.40 + 0.5 * y, 0.55 + 0.4 * y, 0.80 + 0.2 * y], -1)
    ground = np.stack([0.22 + 0.07 * np.sin(x * 90), 0.2 + 0.06 * np.sin(y * 110), 0.12 + 0 * y], -1)
    edge = EDGE + 12 * np.sin(np.arange(W) / 40)
    picture = np.where((np.arange(H)[:, None] < edge)[..., None], sky, ground)
    return np.clip(picture + rng.normal(0, 0.003, picture.shape), 0, 1)


def codes(picture: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray((np.clip(picture, 0, 1) * 255 + 0.5).astype(np.uint8))


@pytest.fixture(scope="module")
def photo() -> Photo:
    return make_photo(codes(land()))


@pytest.fixture(scope="module")
def scene(photo: Photo) -> Scene:
    """What is above the wavy edge is sky, at full size: a preview as large as the photo."""
    made = make_scene(photo, side=W)
    edge = EDGE + 12 * np.sin(np.arange(W) / 40)
    sky = (np.arange(H)[:, None] < edge).astype(np.float32)
    return replace(made, regions=made.regions | {"sky": sky, "water": 0 * sky, "ground": 1 - sky})


DARKER = Recipe((Adjustment("exposure", {"stops": -0.6}, Region("sky")),))


@pytest.fixture(scope="module")
def clean(photo: Photo, scene: Scene) -> Rendered:
    return render(photo, scene, DARKER)


def faults(photo: Photo, scene: Scene, rendered: Rendered, picture: np.ndarray) -> set[str]:
    touched = codes(picture)
    untouched = rendered.untouched & (touched == rendered.codes).all(2)
    verdict = review(photo, scene, DARKER, replace(rendered, codes=touched, untouched=untouched), rendered)
    for claim in verdict.failed:
        assert claim.en and claim.zh
        assert claim.value != claim.limit
        if claim.box is not None:
            x0, y0, x1, y1 = claim.box
            assert 0 <= x0 < x1 <= 1.01 and 0 <= y0 < y1 <= 1.01
    return {c.fault for c in verdict.failed}


def distance(scene: Scene) -> Float:
    found = edges.edge_of(scene.regions["sky"])
    assert found is not None
    return found


def test_a_clean_edit_passes(photo: Photo, scene: Scene, clean: Rendered) -> None:
    assert faults(photo, scene, clean, clean.codes / 255) == set()


def test_a_halo_is_seen(photo: Photo, scene: Scene, clean: Rendered) -> None:
    after = clean.codes / 255
    rim = np.exp(-0.5 * (distance(scene) / 4) ** 2)[..., None]
    sign = np.where(distance(scene) > 0, 1, -1)[..., None]
    assert "halo" in faults(photo, scene, clean, after * (1 + 0.35 * rim * sign))


def test_a_seam_is_seen(photo: Photo, scene: Scene, clean: Rendered) -> None:
    after = clean.codes / 255
    strip = (distance(scene) > 0) & (distance(scene) <= 6)
    after[strip] = land()[strip]
    assert "seam" in faults(photo, scene, clean, after)


def test_a_line_in_the_smooth_beside_an_edge_is_seen(scene: Scene) -> None:
    before = make_photo(codes(land())).linear()
    after = before * np.where((distance(scene) > 8)[..., None], 0.7, 0.85).astype(np.float32)
    assert edges.seam(edges.Pair(before, after), distance(scene)).value > MAX_SEAM
    even = before * np.float32(0.7)
    assert edges.seam(edges.Pair(before, even), distance(scene)).value < MAX_SEAM


def test_what_spills_over_the_edge_is_seen(photo: Photo, scene: Scene, clean: Rendered) -> None:
    after = clean.codes / 255
    strip = (distance(scene) < 0) & (distance(scene) >= -8)
    after[strip] *= 0.7
    assert "place" in faults(photo, scene, clean, after)


def test_noise_is_seen(photo: Photo, scene: Scene, clean: Rendered) -> None:
    noise = np.random.default_rng(1).normal(0, 4 / 255, clean.codes.shape)
    assert "noise" in faults(photo, scene, clean, clean.codes / 255 + noise)


def test_bands_are_seen(photo: Photo, scene: Scene, clean: Rendered) -> None:
    after = clean.codes / 255
    calm = cv2.GaussianBlur(after, (0, 0), 3)
    sky = distance(scene) > 8
    after[sky] = (np.floor(calm * 255 / 8) * 8 / 255)[sky]
    assert "banding" in faults(photo, scene, clean, after)


def test_oversharpening_is_seen(photo: Photo, scene: Scene) -> None:
    base = land()
    sharp = codes(base + 4 * (base - cv2.GaussianBlur(base, (0, 0), 1.0)))
    everywhere = np.ones((H, W), np.float32)
    assert grain.look(photo.codes, sharp, everywhere).sharpening > MAX_SHARP
    assert grain.look(photo.codes, codes(base * 0.9), everywhere).sharpening < MAX_SHARP


def test_lost_colour_is_seen(photo: Photo, scene: Scene, clean: Rendered) -> None:
    after = clean.codes / 255
    grey = after.mean(2, keepdims=True) * np.array([1.1, 1.0, 0.85])
    assert "colour" in faults(photo, scene, clean, grey)


def test_lost_tones_are_seen(photo: Photo, scene: Scene, clean: Rendered) -> None:
    after = clean.codes / 255
    after[:30] = 1.0
    assert "strong" in faults(photo, scene, clean, after)


def test_an_edit_that_stops_short_of_the_edge_is_told(scene: Scene) -> None:
    changed = (distance(scene) > 6).astype(np.float32)
    assert reach.short(changed, scene.regions["sky"], distance(scene)).value > MAX_SHORT
    whole = (distance(scene) > 0).astype(np.float32)
    assert reach.short(whole, scene.regions["sky"], distance(scene)).value <= MAX_SHORT


@settings(max_examples=25, deadline=None)
@given(st.floats(0.5, 1.8), st.floats(-0.1, 0.1), st.floats(0.6, 1.2))
def test_an_even_change_is_no_fault(gain: float, warmth: float, other: float) -> None:
    """Whatever is done to sky and land, each evenly, leaves no rim, no seam, no noise and no bands."""
    base = land()
    scene_edge = EDGE + 12 * np.sin(np.arange(W) / 40)
    sky = (np.arange(H)[:, None] < scene_edge)[..., None]
    tint = np.array([1 + warmth, 1, 1 - warmth])
    rng = np.random.default_rng(5)
    dither = rng.uniform(-0.5, 0.5, base.shape) / 255
    changed = np.where(sky, base * min(gain, 1.05) * tint, base * other) + dither
    before, after = make_photo(codes(base)).linear(), make_photo(codes(changed)).linear()
    edge = edges.edge_of(sky[..., 0].astype(np.float32))
    assert edge is not None
    pair = edges.Pair(before, after)
    assert edges.halo(pair, edge).value < MAX_HALO
    assert edges.seam(pair, edge).value < MAX_SEAM
    seen = grain.look(codes(base), codes(changed), np.ones((H, W), np.float32))
    assert seen.noise < MAX_NOISE
    assert seen.banding < MAX_BANDED
    everywhere, nothing = np.ones((H, W), np.float32), np.zeros((H, W), np.float32)
    assert reach.spill(before, after, everywhere, everywhere).value <= MOST_SPILL
    assert reach.spill(before, before, nothing, nothing).value == 0


def test_tiny_pictures_are_judged_too() -> None:
    small = make_photo(np.full((5, 7, 3), 90, np.uint8))
    scene = make_scene(small)
    recipe = Recipe((Adjustment("exposure", {"stops": 0.5}),))
    assert review(small, scene, recipe, render(small, scene, recipe)).claims
