"""What all drawn things go through: tones, sharpness, grain, still water, shadows, thrown light."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent.parent / "render"))
from synthetic import make_codes, make_photo, make_scene

from fluxroom.operators.declare import Overview, Window
from fluxroom.operators.elements.canvas import Canvas
from fluxroom.operators.elements.finish import Drawn, apply, finish
from fluxroom.operators.elements.glow import Lamp, thrown
from fluxroom.operators.elements.place import Lit, lit
from fluxroom.operators.elements.shade import shaded, toned
from fluxroom.operators.elements.sharpness import sharpness
from fluxroom.operators.elements.still import doubled
from fluxroom.scene import Float, Horizon, Light

SIDE = 256


def lake(rng: np.random.Generator, grain: float = 0.01) -> Overview:
    """Sky over a forest line over a mirror of both, (SIDE, SIDE)."""
    photo = make_photo(make_codes(SIDE, SIDE))
    scene = make_scene(photo, side=SIDE)
    half = SIDE // 2
    y = np.linspace(0, 1, half)[:, None, None].astype(np.float32)
    above = np.array([0.25, 0.4, 0.6], np.float32) * (0.6 + 0.6 * y) * np.ones((half, SIDE, 1), np.float32)
    tops = half - 12 - (8 * np.abs(np.sin(np.arange(SIDE) / 9.0))).astype(int)
    sky = np.ones((half, SIDE), np.float32)
    for x, top in enumerate(tops):
        above[top:, x] = 0.04
        sky[top:, x] = 0
    pixels = np.concatenate([above, 0.6 * above[::-1]])
    pixels *= 1 + grain * rng.standard_normal((SIDE, SIDE, 1)).astype(np.float32)
    nothing = np.zeros((half, SIDE), np.float32)
    regions = {name: np.zeros((SIDE, SIDE), np.float32) for name in scene.regions}
    regions["sky"] = np.concatenate([sky, nothing])
    regions["water"] = np.concatenate([nothing, nothing + 1])
    light = Light(0.8, -0.3, False, (1.05, 1.0, 0.95), 0.2, 40.0, 0.2, 0.8)
    scene = replace(scene, preview=pixels, regions=regions, horizon=Horizon(0.5, 0.5, 0.9, 0.9), light=light,
                    confidence=dict.fromkeys(regions, 1.0))  # fmt: skip
    return Overview(pixels, np.ones((SIDE, SIDE), np.float32), scene, np.zeros((SIDE, SIDE), np.float32))


@pytest.fixture(scope="module")
def still_lake() -> Overview:
    return lake(np.random.default_rng(0))


def block(color: tuple[float, float, float]) -> Float:
    canvas = Canvas(64, 1.0)
    canvas.polygon([(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)], np.array(color, np.float32))
    return canvas.pixels


def laid(overview: Overview, drawn: Drawn, seed: int = 0) -> Float:
    out = overview.pixels.copy()
    apply(out, Window(0, 0, SIDE, SIDE, SIDE, SIDE), finish(overview, [drawn], lit(overview), seed))
    return out


def test_what_flies_is_mirrored_in_still_water_and_weaker_there(still_lake: Overview) -> None:
    out = laid(still_lake, Drawn(block((0.01, 0.01, 0.01)), 0.5, 0.25, 0.12))
    gone = 1 - out / still_lake.pixels
    above, below = gone[60:68, 124:132].mean(), gone[188:196, 124:132].mean()
    assert above > 0.8
    assert 0.3 < below < above
    assert np.abs(gone[188:196, :40]).max() == 0


def test_nothing_is_mirrored_in_what_is_no_water(still_lake: Overview) -> None:
    scene = still_lake.scene
    dry = replace(scene, regions={**scene.regions, "water": np.zeros((SIDE, SIDE), np.float32)})
    out = laid(replace(still_lake, scene=dry), Drawn(block((0.01, 0.01, 0.01)), 0.5, 0.25, 0.12))
    assert np.array_equal(out[SIDE // 2 :], still_lake.pixels[SIDE // 2 :])


def test_a_place_that_is_seen_twice(still_lake: Overview) -> None:
    twice = doubled(still_lake)
    assert twice[20:100].mean() > 0.9
    assert twice[140:].mean() == 0


def test_it_has_the_grain_of_the_photo() -> None:
    rough = {}
    for grain in (0.002, 0.02):
        overview = lake(np.random.default_rng(1), grain)
        out = laid(overview, Drawn(block((0.2, 0.3, 0.4)), 0.5, 0.22, 0.25))
        inside = out[40:72, 112:144, 1]
        rough[grain] = float(inside.std() / inside.mean())
    assert 0.008 < rough[0.02] < 0.04
    assert rough[0.002] < 0.5 * rough[0.02]


@pytest.mark.parametrize("spread", [0.8, 1.5, 2.5])
def test_sharpness_is_that_of_the_edges(still_lake: Overview, spread: float) -> None:
    step = np.zeros((SIDE, SIDE, 3), np.float32) + 0.05
    for x in range(20, SIDE, 40):
        step[:, x : x + 20] = 0.6
    square = cv2.GaussianBlur(np.sqrt(step), (0, 0), spread)
    scene = replace(still_lake.scene, regions={})
    seen = sharpness(replace(still_lake, pixels=square**2, scene=scene), 0.5, 0.5)
    assert seen == pytest.approx(spread, rel=0.3)


def test_it_stays_behind_what_stands_before_it(still_lake: Overview) -> None:
    within = still_lake.scene.regions["sky"]
    out = laid(still_lake, Drawn(block((0.7, 0.1, 0.1)), 0.5, 0.47, 0.12, within=within))
    assert np.array_equal(out[121:128, 120:136], still_lake.pixels[121:128, 120:136])


@given(st.floats(0, 4), st.floats(0.01, 0.9), st.floats(0, 0.009))
@settings(max_examples=40, deadline=None)
def test_no_tone_beyond_the_photo(still_lake: Overview, bright: float, top: float, black: float) -> None:
    light = replace(lit(still_lake), top=top, black=black)
    out = toned(block((bright, bright, bright)), light)
    assert np.isfinite(out).all()
    assert out[32, 32, 0] <= top + black + 1e-4
    assert out[32, 32, 0] >= 0.9 * min(black, top) - 1e-6


def test_brighter_where_it_faces_the_light(still_lake: Overview) -> None:
    light: Lit = lit(still_lake)
    toward, away = light.sun, -light.sun
    near, far = (shaded(np.full(3, 0.5, np.float32), n, light) for n in (toward, away))
    assert (near > far).all()
    assert (shaded(np.full(3, 0.5, np.float32), away, light, through=0.5) > far).all()


def test_thrown_light_falls_off_with_distance_and_is_warm(still_lake: Overview) -> None:
    scene = replace(still_lake.scene, regions={}, horizon=Horizon(0.3, 0.3, 0.9))
    ground = replace(still_lake, pixels=np.full((SIDE, SIDE, 3), 0.05, np.float32), scene=scene)
    warm = np.array([1.0, 0.5, 0.2], np.float32)
    pool = thrown(ground, lit(ground), [Lamp(0.5, 0.7, 0.2, 1.0)], warm)
    assert pool is not None
    gain = pool.levels[0]
    h, w = gain.shape[:2]
    row = gain[round((0.7 - pool.y + 0.5 * pool.height) / pool.height * h) - 1, :, 0]
    middle = w // 2
    side = row[middle + 12 :]
    assert side[0] > 0.2
    assert (np.diff(side) <= 1e-6).all()
    lit_pixels = gain[gain[..., 0] > 0.05]
    assert (lit_pixels[:, 0] >= lit_pixels[:, 2]).all()
    assert thrown(ground, lit(ground), [Lamp(0.5, 0.7, 0.2, 0.0)], warm) is None
    twice = thrown(ground, lit(ground), [Lamp(0.5, 0.7, 0.2, 0.5)] * 2, warm)
    assert twice is not None
    assert np.allclose(twice.levels[0], gain, atol=1e-4)  # light adds


def test_what_stands_on_the_ground_darkens_it(still_lake: Overview) -> None:
    out = laid(still_lake, Drawn(block((0.2, 0.2, 0.2)), 0.5, 0.6, 0.2, on="ground"))
    under = out[181:184, 120:136] / still_lake.pixels[181:184, 120:136]
    assert under.mean() < 0.9
    assert (out <= still_lake.pixels.max() + 1).all()
