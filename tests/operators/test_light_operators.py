"""Light: neutral at zero, the same for any tiles, finite, and each does what its name says."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import numpy as np
import pytest
from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st

from fluxroom.operators.declare import Overview, Window, all_operators, find
from fluxroom.operators.light.common import light_place
from fluxroom.photo.color import ColorProfile
from fluxroom.photo.metadata import Metadata
from fluxroom.photo.photo import Encoding, Photo
from fluxroom.recipe import Adjustment, Recipe, Region, Value
from fluxroom.render import render
from fluxroom.scene import Float, Guess, Horizon, Light, Scene

LUMA = np.array([0.2627, 0.6780, 0.0593], np.float32)
OWN = [o.name for o in all_operators() if o.family == "light"]
ALL = [*OWN, "light_shafts"]
HEIGHT, WIDTH = 160, 240
LINE = 90
Y, X = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)


@lru_cache
def field() -> Scene:
    """A meadow under an evening sky with the sun in it, a round dark beast in the meadow."""
    rng = np.random.default_rng(2)
    glow = np.exp(-np.hypot(X - 190, Y - 40) / 40)
    sky = (Y < LINE).astype(np.float32)
    light = np.where(sky > 0, 0.25 + 0.75 * glow, 0.12 + 0.04 * np.sin(X / 9) * np.sin(Y / 5))
    beast = (np.hypot(X - 80, Y - 95) < 26).astype(np.float32)
    light = np.where(beast > 0, 0.03, light)
    light = np.where(np.hypot(X - 190, Y - 40) < 6, 1.0, light)
    color = np.where(sky[..., None] > 0, np.array([1.0, 1.0, 1.1]), np.array([1.0, 1.1, 0.7]))
    picture = np.clip(light[..., None] * color + rng.normal(0, 0.002, (HEIGHT, WIDTH, 3)), 0, 1).astype(np.float32)
    sky = sky * (1 - beast)
    grass = (1 - sky) * (1 - beast)
    regions = {"sky": sky, "clouds": 0 * X, "water": 0 * X, "animal": beast, "grass": grass, "ground": grass}
    foot = LINE / HEIGHT
    lamp = Light(190 / WIDTH, 40 / HEIGHT, True, (1.3, 1.0, 0.7), 0.3, 15.0, 0.2, 0.9)
    sure = dict.fromkeys(regions, 0.9)
    day, clear = Guess("golden_hour", 0.8), Guess("clear", 0.8)
    return Scene(WIDTH, HEIGHT, picture, regions, sure, Horizon(foot, foot, 0.9), lamp, day, clear)


def overview(scene: Scene, mask: Float | None = None) -> Overview:
    whole = np.ones(scene.preview.shape[:2], np.float32)
    return Overview(scene.preview, whole if mask is None else mask, scene, 0 * whole)


def run(name: str, scene: Scene | None = None, mask: Float | None = None, **given: Value) -> Float:
    scene = scene or field()
    operator = find(name)
    prepared = operator.prepare(overview(scene, mask), operator.parameters(given), 3)
    out = scene.preview.copy()
    h, w = out.shape[:2]
    operator.apply(out, Window(0, 0, w, h, w, h), prepared)
    return out


def gain(name: str, scene: Scene | None = None, mask: Float | None = None, **given: Value) -> Float:
    """log2 of how much brighter each pixel became."""
    before = np.maximum((scene or field()).preview @ LUMA, 1e-3)
    return np.asarray(np.log2(np.maximum(run(name, scene, mask, **given) @ LUMA, 1e-3) / before), np.float32)


def test_the_family_is_complete() -> None:
    assert set(OWN) == {
        "bloom", "dodge_burn", "lens_flare", "rim_light", "side_light", "subject_light", "sun_patch",
    }  # fmt: skip


@pytest.mark.parametrize("name", OWN)
def test_an_operator_says_what_it_is(name: str) -> None:
    operator = find(name)
    assert operator.label.en
    assert operator.label.zh
    assert "Default" in operator.doc
    for p in operator.params:
        assert p.label.en
        assert p.label.zh


@pytest.mark.parametrize("name", ALL)
def test_at_strength_zero_nothing_changes(name: str) -> None:
    operator = find(name)
    assert operator.prepare(overview(field()), operator.parameters({"strength": 0.0}), 3) is None
    np.testing.assert_array_equal(run(name, strength=0.0), field().preview)


@pytest.mark.parametrize("name", ALL)
def test_more_strength_is_more_change(name: str) -> None:
    change = [float(np.abs(run(name, strength=s) - field().preview).mean()) for s in (0.1, 0.3, 0.6, 1.0)]
    assert change == sorted(change)
    assert change[0] > 0


@pytest.mark.parametrize("name", ALL)
def test_the_same_again_and_in_tiles(name: str) -> None:
    operator, scene = find(name), field()
    first = operator.prepare(overview(scene), operator.parameters({}), 3)
    again = operator.prepare(overview(scene), operator.parameters({}), 3)
    whole, parts = scene.preview.copy(), scene.preview.copy()
    operator.apply(whole, Window(0, 0, WIDTH, HEIGHT, WIDTH, HEIGHT), first)
    for y in range(0, HEIGHT, 33):
        for x in range(0, WIDTH, 47):
            piece = parts[y : y + 33, x : x + 47].copy()
            operator.apply(piece, Window(x, y, piece.shape[1], piece.shape[0], WIDTH, HEIGHT), again)
            parts[y : y + 33, x : x + 47] = piece
    np.testing.assert_array_equal(whole, parts)


@pytest.mark.parametrize("name", ALL)
@settings(max_examples=6, deadline=None)
@drawn(seed=st.integers(0, 9), level=st.sampled_from([0.0, 1e-6, 0.2, 1.0, 4.0]), strength=st.floats(0.01, 1.0))
def test_any_picture_stays_finite(name: str, seed: int, level: float, strength: float) -> None:
    rng = np.random.default_rng(seed)
    picture = (
        (level * rng.random((HEIGHT, WIDTH, 3))).astype(np.float32)
        if seed % 2
        else np.full_like(field().preview, level)
    )
    picture[:9, :9] = (-0.3, 1.4, 0.0)
    out = run(name, replace(field(), preview=picture), strength=strength)
    assert np.isfinite(out).all()


@pytest.mark.parametrize("name", [n for n in ALL if n != "lens_flare"])
def test_no_colour_of_ours_on_a_monochrome_photo(name: str) -> None:
    """But for the ghosts of a flare, which have the colours of the lens's coatings."""
    grey = np.repeat(field().preview.mean(-1, keepdims=True), 3, -1)
    out = run(name, replace(field(), preview=grey))
    assert float((out.max(-1) - out.min(-1)).max()) < 2e-3


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("bits", [8, 16])
def test_outside_the_mask_every_value_is_the_sources(name: str, bits: int) -> None:
    scene = field()
    depth = np.uint8 if bits == 8 else np.uint16
    codes = (np.sqrt(np.clip(scene.preview, 0, 1)) * (2**bits - 1)).astype(depth)
    photo = Photo(codes, None, ColorProfile.srgb(), Metadata(), Encoding("tiff", bits=bits))
    recipe = Recipe((Adjustment(name, {"strength": 0.8}),), keep=Region("sky"))
    out = render(photo, scene, recipe)
    kept = out.untouched
    assert kept.mean() > 0.3
    np.testing.assert_array_equal(out.codes[kept], codes[kept])
    assert not np.array_equal(out.codes, codes)


def test_a_rim_lies_on_the_suns_side_and_within() -> None:
    rim = gain("rim_light", strength=0.8)
    away = np.hypot(X - 80, Y - 95)
    inside, outside = (away > 20) & (away < 25), (away > 30) & (away < 40)
    toward = (X - 80) * (190 - 80) + (Y - 95) * (40 - 95) > 0
    assert float(rim[inside & toward].mean()) > 0.5
    assert float(rim[inside & toward].mean()) > 5 * float(rim[inside & ~toward].mean())
    assert float(np.abs(rim[outside]).mean()) < 0.05


def test_dodging_and_burning_part_light_and_shade() -> None:
    change = gain("dodge_burn", strength=0.8)
    luma = field().preview @ LUMA
    meadow = (Y > LINE + 4) & (np.hypot(X - 80, Y - 95) > 40)
    bright, dark = luma > np.percentile(luma[meadow], 80), luma < np.percentile(luma[meadow], 20)
    assert float(change[meadow & bright].mean()) > float(change[meadow & dark].mean()) + 0.05


def test_bloom_lies_around_highlights_alone() -> None:
    added = (run("bloom", strength=0.8) - field().preview) @ LUMA
    assert added.min() > -1e-6
    near, far = (np.abs(np.hypot(X - 190, Y - 40) - 12) < 3), (X < 40) & (Y > LINE + 30)
    assert float(added[near].mean()) > 5 * float(added[far].mean())


def test_flare_needs_a_sun_and_lies_on_the_axis() -> None:
    added = (run("lens_flare", strength=1.0) - field().preview) @ LUMA
    # The farthest ghost, mirrored through the middle.
    place = 1.95
    gx, gy = 190 + place * (120 - 190), 40 + place * (80 - 40)
    ghost, beside = np.hypot(X - gx, Y - gy) < 6, np.hypot(X - gx, Y - (gy - 40)) < 6
    assert float(added[ghost].mean()) > 1.5 * float(added[beside].mean())
    operator = find("lens_flare")
    dull = replace(field(), light=Light(0.5, -1.5, False, (1.0, 1.0, 1.0), 0.0, 50.0, 0.8, 0.2))
    assert operator.prepare(overview(dull), operator.parameters({}), 3) is None
    assert operator.advise(overview(dull), operator.parameters({}))
    hidden = field().preview.copy()
    hidden[20:60, 170:210] = 0.02
    assert operator.prepare(overview(replace(field(), preview=hidden)), operator.parameters({}), 3) is None


@pytest.mark.parametrize(("side", "sign"), [("left", 1), ("right", -1)])
def test_light_falls_from_the_side_that_was_asked(side: str, sign: int) -> None:
    change = gain("side_light", strength=0.8, side=side)
    meadow = Y > LINE + 30
    left, right = (float(change[meadow & part].mean()) for part in (X < 60, X > 180))
    assert sign * (left - right) > 0.5
    beast = np.hypot(X - 80, Y - 95) < 24
    assert sign * float(change[beast & (X < 70)].mean() - change[beast & (X > 90)].mean()) > 0.2
    # A slope across the picture, no vignette: the middle lies between.
    middle = float(change[meadow & (np.abs(X - 120) < 20)].mean())
    assert min(left, right) < middle < max(left, right)


def test_the_subject_is_lit_and_the_rest_is_not() -> None:
    change = gain("subject_light", strength=0.8)
    beast, corner = np.hypot(X - 80, Y - 95) < 22, (X > 190) & (Y > 130)
    assert float(change[beast].mean()) > 0.6
    assert -1.0 < float(change[corner].mean()) < -0.1
    still = gain("subject_light", strength=0.8, surroundings=0.0)
    assert abs(float(still[corner].mean())) < 0.05


def test_without_anyone_what_stands_out_is_the_subject() -> None:
    scene = field()
    picture = np.full_like(scene.preview, 0.1)
    thing = np.hypot(X - 110, Y - 90) < 14
    picture[thing] = (0.4, 0.08, 0.05)
    nobody = {**scene.regions, "animal": 0 * X, "sky": 0 * X}
    change = gain("subject_light", replace(scene, preview=picture, regions=nobody), strength=0.8)
    assert float(change[thing].mean()) > 0.3 > float(change[Y > 140].mean())


def test_sun_falls_where_it_was_asked() -> None:
    mask = ((Y > LINE + 5) & (X > 150)).astype(np.float32)
    change = gain("sun_patch", mask=mask, strength=0.8, size=0.1)
    at = np.unravel_index(int(np.argmax(change)), change.shape)
    assert mask[at] > 0
    assert float(change.max()) > 0.8
    assert float(change[(Y > LINE + 30) & (X < 40)].mean()) < -0.1


def test_a_light_that_nobody_saw_stands_outside_the_frame_on_the_bright_side() -> None:
    light = Light(0.5, 0.4, False, (1.0, 1.0, 1.0), 0.0, 30.0, 0.5, 0.1)
    for flip in (False, True):
        picture = (0.1 + 0.6 * X / WIDTH)[..., None].repeat(3, -1).astype(np.float32)
        picture = np.ascontiguousarray(picture[:, ::-1]) if flip else picture
        place = light_place(overview(replace(field(), preview=picture, light=light)))
        assert place.y < 0
        assert (place.x - 0.5) * (-1 if flip else 1) > 0.1
        assert place.known == 0.0
