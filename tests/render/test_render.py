"""What the renderer promises: untouched is untouched, and the same bytes whatever the tiles and threads."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from synthetic import make_codes, make_photo, make_scene

from fluxroom.errors import InputError, ParameterError, UnknownOperator
from fluxroom.recipe import Adjustment, Recipe, Region, Value
from fluxroom.render import full_mask, preview_mask, render, render_preview
from fluxroom.render.regions import settled


def adjust(name: str, region: str = "everything", opacity: float = 1.0, **parameters: Value) -> Adjustment:
    return Adjustment(name, parameters, Region(region), opacity)


STRONG = Recipe(
    (
        adjust("exposure", "sky - (left & top)", stops=-1.0),
        adjust("highlights", "sky", amount=-1.0),
        adjust("saturation", "near_sun", 0.7, amount=0.8),
        adjust("shadows", "water + shadows", amount=1.0),
    ),
    seed=3,
)


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("region", ["sky", "water", "sky & left", "ground - shadows", "highlights"])
def test_outside_the_mask_every_value_is_the_source_s(bits: int, region: str) -> None:
    photo = make_photo(make_codes(180, 260, bits))
    scene = make_scene(photo)
    recipe = Recipe((adjust("exposure", region, stops=-2.0), adjust("saturation", region, amount=-1.0)))
    result = render(photo, scene, recipe)
    outside = full_mask(photo, scene, Region(region)) == 0
    assert outside.any()
    assert (result.untouched == outside).all()
    assert (result.codes[outside] == photo.codes[outside]).all()
    assert (result.codes[~outside] != photo.codes[~outside]).any(axis=-1).mean() > 0.9


def test_what_is_kept_keeps_its_values() -> None:
    photo = make_photo(make_codes(180, 260))
    scene = make_scene(photo)
    result = render(photo, scene, Recipe((adjust("exposure", stops=-2.0),), keep=Region("water")))
    kept = full_mask(photo, scene, Region("water")) >= 0.5
    assert kept.any()
    assert result.untouched[kept].all()
    assert (result.codes[kept] == photo.codes[kept]).all()
    assert not result.untouched[full_mask(photo, scene, Region("water")) == 0].any()


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    height=st.integers(1, 70),
    width=st.integers(1, 90),
    rows=st.integers(1, 80),
    columns=st.integers(1, 100),
    threads=st.sampled_from([1, 2, 8]),
    bits=st.sampled_from([8, 16]),
)
def test_any_tile_and_any_threads_give_the_same(
    height: int, width: int, rows: int, columns: int, threads: int, bits: int
) -> None:
    rows, columns = max(rows, height // 8), max(columns, width // 8)
    photo = make_photo(make_codes(height, width, bits))
    scene = make_scene(photo, side=40)
    one = render(photo, scene, STRONG, threads=1)
    other = render(photo, scene, STRONG, threads=threads, tile=(rows, columns))
    assert (one.codes == other.codes).all()
    assert (one.untouched == other.untouched).all()


def test_eight_bits_to_sixteen_keeps_untouched_values_exactly() -> None:
    photo = make_photo(make_codes(90, 120))
    scene = make_scene(photo)
    recipe = Recipe((adjust("exposure", "sky", stops=0.3),))
    result = render(photo, scene, recipe, bits=16)
    assert result.codes.dtype == np.uint16
    assert (result.codes[result.untouched] == photo.codes[result.untouched].astype(np.uint16) * 257).all()
    photo = make_photo(make_codes(90, 120, bits=16))
    result = render(photo, make_scene(photo), recipe, bits=8)
    expected = np.round(photo.codes[result.untouched] / 257).astype(np.uint8)
    assert (result.codes[result.untouched] == expected).all()


def test_an_empty_recipe_and_neutral_operators_touch_nothing() -> None:
    photo = make_photo(make_codes(50, 60))
    scene = make_scene(photo)
    for recipe in (
        Recipe(),
        Recipe((adjust("exposure", stops=0.0), adjust("contrast", amount=0.0))),
        Recipe((adjust("exposure", opacity=0.0),)),
    ):
        result = render(photo, scene, recipe)
        assert result.untouched.all()
        assert (result.codes == photo.codes).all()
        assert not np.shares_memory(result.codes, photo.codes)


def test_a_grey_photo_becomes_three_channels_only_when_coloured() -> None:
    photo = make_photo(make_codes(50, 60, channels=1))
    scene = make_scene(photo)
    assert render(photo, scene, Recipe((adjust("exposure"),))).codes.shape == (50, 60, 1)
    result = render(photo, scene, Recipe((adjust("split_toning", "sky", shadow_saturation=1.0),)))
    assert result.codes.shape == (50, 60, 3)
    assert not result.profile.grey
    assert any("grey" in note for note in result.notes)
    assert (result.codes[result.untouched] == photo.codes[result.untouched]).all()


def test_a_region_that_was_not_seen_changes_nothing_and_is_told() -> None:
    photo = make_photo(make_codes(50, 60))
    result = render(photo, make_scene(photo), Recipe((adjust("exposure", "person"),)))
    assert result.untouched.all()
    assert any("person" in note for note in result.notes)


def test_wrong_recipes_are_refused_before_any_work() -> None:
    photo = make_photo(make_codes(20, 20))
    scene = make_scene(photo)
    calls: list[str] = []
    for bad, error in (
        (adjust("exposur"), UnknownOperator),
        (adjust("exposure", stops=9.0), ParameterError),
        (adjust("exposure", amount=0.1), ParameterError),
    ):
        with pytest.raises(error):
            render(photo, scene, Recipe((adjust("contrast"), bad)), progress=lambda s, f: calls.append(s))
    assert not calls
    for wrong in ({"bits": 12}, {"threads": 0}, {"tile": (0, 5)}):
        with pytest.raises(InputError):
            render(photo, scene, Recipe(), **wrong)  # type: ignore[arg-type]


def test_progress_rises_to_one_in_each_stage() -> None:
    photo = make_photo(make_codes(64, 64))
    seen: dict[str, list[float]] = {}
    render(photo, make_scene(photo), STRONG, tile=(16, 64), progress=lambda s, f: seen.setdefault(s, []).append(f))
    assert list(seen) == ["prepare", "pixels"]
    for fractions in seen.values():
        assert fractions == sorted(fractions)
        assert fractions[-1] == 1.0


def test_the_preview_shows_what_the_full_size_becomes() -> None:
    photo = make_photo(make_codes(180, 260, 16))
    scene = make_scene(photo, side=260)
    preview = render_preview(scene, STRONG)
    result = render(photo, scene, STRONG)
    full = photo.profile.to_linear(result.codes)
    assert np.abs(full - preview).mean() < 0.01
    assert (render_preview(scene, Recipe()) == scene.preview).all()


def test_the_result_of_two_renders_is_the_same() -> None:
    photo = make_photo(make_codes(64, 80))
    scene = make_scene(photo)
    assert (render(photo, scene, STRONG).codes == render(photo, scene, STRONG).codes).all()


def test_preview_mask_follows_the_region_algebra() -> None:
    photo = make_photo(make_codes(120, 160))
    scene = make_scene(photo)
    sky, water = scene.regions["sky"], scene.regions["water"]

    def mask(text: str) -> np.ndarray:
        return preview_mask(scene, Region(text))

    assert (mask("everything") == 1).all()
    assert np.allclose(mask("foreground"), 1 - sky - water, atol=1e-6)  # what lies in front: land, where there is some
    assert np.allclose(mask("sky + water"), np.minimum(sky + water, 1))
    assert np.allclose(mask("sky & left"), sky * mask("left"))
    assert np.allclose(mask("everything - sky"), 1 - sky)
    assert np.allclose(mask("left + right").min(), 0.75, atol=0.01)
    assert np.allclose(mask("shadows") + mask("midtones") + mask("highlights"), 1, atol=1e-6)
    assert (mask("person") == 0).all()
    assert mask("near_sun")[24, 32 * 96 // 160] > 0.9
    for name in ("left", "top", "center", "near_sun", "shadows"):
        assert mask(name).dtype == np.float32
        assert mask(name).shape == sky.shape
        assert mask(name).min() >= 0
        assert mask(name).max() <= 1


def test_full_mask_follows_the_photo_s_edges() -> None:
    photo = make_photo(make_codes(600, 800))
    scene = make_scene(photo, side=200)
    mask = full_mask(photo, scene, Region("sky"))
    assert mask.dtype == np.float32
    y, x = np.mgrid[0:600, 0:800] / 800
    truth = y < 0.3 * 600 / 800 + 0.03 * np.sin(x * 20)
    truth[:400, 800 // 3] = False
    assert (mask == 0).mean() > 0.65
    assert (mask == 1).mean() > 0.15
    assert ((mask > 0.5) == truth).mean() > 0.995
    assert mask[20:100, 800 // 3].max() < 0.35  # a mast a quarter of a preview pixel wide is not sky


def test_noise_far_from_edges_never_reaches_a_mask() -> None:
    codes = make_codes(300, 400)
    noise = np.random.default_rng(9).normal(0, 20, codes.shape)
    photo = make_photo(np.clip(codes + noise, 0, 255).astype(np.uint8))
    clean = make_photo(codes)
    scene = make_scene(clean, side=200)
    mask = full_mask(photo, scene, Region("sky"))
    assert (mask[:60, 200:] == 1).all()
    assert (mask[180:, :100] == 0).all()
    small = preview_mask(scene, Region("sky"))
    state = settled(small, 3)
    assert (state[:30, 100:] == 1).all()
    assert (state[90:] != 1).all()
    assert (state == 2).mean() < 0.3


def test_another_process_gives_the_same_bytes() -> None:
    program = (
        "import hashlib, test_render as t\n"
        "photo = t.make_photo(t.make_codes(64, 80))\n"
        "print(hashlib.sha256(t.render(photo, t.make_scene(photo), t.STRONG).codes.tobytes()).hexdigest())\n"
    )
    here = subprocess.run(
        [sys.executable, "-c", program], cwd=Path(__file__).parent, capture_output=True, text=True, check=True
    )
    photo = make_photo(make_codes(64, 80))
    codes = render(photo, make_scene(photo), STRONG).codes
    assert here.stdout.strip() == hashlib.sha256(codes.tobytes()).hexdigest()


def test_each_adjustment_has_a_keep_of_its_own() -> None:
    photo = make_photo(make_codes(90, 120))
    scene = make_scene(photo, 60)
    first = Adjustment("exposure", {"stops": -0.5}, Region("foreground"), keep=Region("water"))
    second = Adjustment("saturation", {"amount": 0.5}, Region("foreground"))
    kept = full_mask(photo, scene, Region("water")) >= 0.5
    alone = render(photo, scene, Recipe((first,)))
    assert np.array_equal(alone.codes[kept], photo.codes[kept])
    both = render(photo, scene, Recipe((first, second)))
    assert not np.array_equal(both.codes[kept], photo.codes[kept])
    third = Adjustment("exposure", {"stops": 0.5}, keep=Region("water"))
    both_kept = kept | (full_mask(photo, scene, Region("sky")) >= 0.5)
    together = render(photo, scene, Recipe((first, third), keep=Region("sky")))
    assert np.array_equal(together.codes[both_kept], photo.codes[both_kept])
