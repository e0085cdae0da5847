"""The sky's parts: camera, noise, small maps."""

from __future__ import annotations

import math

import numpy as np
import pytest

from fluxroom.scene import Guess, Horizon, Light, Scene
from fluxroom.sky import _jit, maps, noise
from fluxroom.sky.camera import Camera


def scene(left: float = 0.7, right: float = 0.7, x: float = 0.5, y: float = 0.4) -> Scene:
    light = Light(x, y, True, (1.0, 1.0, 1.0), 0.0, 10.0, 0.3, 0.5)
    guess = Guess("day", 0.5)
    none = np.zeros((20, 30), np.float32)
    horizon = Horizon(left, right, 1.0)
    return Scene(3000, 2000, np.zeros((20, 30, 3), np.float32), {"sky": none}, {}, horizon, light, guess, guess)


@pytest.mark.parametrize("horizon", [0.2, 0.5, 0.8])
def test_the_horizon_lies_level_in_the_middle(horizon: float) -> None:
    camera = Camera.of(scene(horizon, horizon))
    direction = camera.directions(np.array([0.5]), np.array([horizon]))
    assert direction[0, 1] == pytest.approx(0.0, abs=1e-9)
    assert camera.directions(np.array([0.5]), np.array([0.0]))[0, 1] > 0


def test_a_tilted_horizon_is_rolled_away() -> None:
    camera = Camera.of(scene(0.5, 0.6))
    ends = camera.directions(np.array([0.0, 1.0]), np.array([0.5, 0.6]))
    assert ends[0, 1] == pytest.approx(ends[1, 1], abs=0.01)


def test_projecting_comes_back() -> None:
    camera = Camera.of(scene(0.6, 0.65))
    direction = camera.directions(np.array(0.3), np.array(0.2))
    place = camera.project((float(direction[0]), float(direction[1]), float(direction[2])))
    assert place == pytest.approx((0.3, 0.2))
    assert camera.project((0.0, 0.0, -1.0)) is None


def test_the_sun_keeps_to_heights_that_light_clouds() -> None:
    for y in (-3.0, 0.2, 1.4):
        s = scene(y=y)
        x, up, z = Camera.of(s).sun(s)
        assert math.hypot(math.hypot(x, up), z) == pytest.approx(1.0)
        assert -1.01 <= math.degrees(math.asin(up)) <= 75.01


def test_noise_is_uniform_and_tiles() -> None:
    n = noise.noise()
    for values in (n.base, n.detail, n.plane, n.fine):
        assert values.dtype == np.float32
        assert float(values.min()) >= 0
        assert float(values.max()) <= 1
        assert float((values < 0.25).mean()) == pytest.approx(0.25, abs=0.01)
        inner = np.abs(np.diff(values, axis=0)).mean()
        seam = np.abs(values[0] - values[-1]).mean()
        assert seam < 2 * inner


def test_a_broken_noise_cache_is_made_anew(tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    from pathlib import Path

    path = Path(str(tmp_path)) / "noise.npz"
    path.write_bytes(b"not a cache")
    assert noise._load(path) is None
    assert noise._load(path.with_name("missing.npz")) is None


def test_enlarging_does_not_depend_on_the_tile() -> None:
    rng = np.random.default_rng(1)
    small = rng.random((7, 9, 2)).astype(np.float32)
    whole = np.empty((40, 60, 2), np.float32)
    maps.enlarge(small, 0, 0, 60, 40, whole)
    part = np.empty((11, 13, 2), np.float32)
    maps.enlarge(small, 17, 23, 60, 40, part)
    np.testing.assert_array_equal(part, whole[23:34, 17:30])
    assert float(whole.min()) >= float(small.min())
    assert float(whole.max()) <= float(small.max())


def test_the_masked_base_is_blind_outside() -> None:
    rng = np.random.default_rng(2)
    values = rng.random((40, 40)).astype(np.float32)
    weight = np.zeros((40, 40), np.float32)
    weight[:20] = 1
    other = values.copy()
    other[20:] = -9
    a1, b1 = maps.guided(values, weight, 5, 0.01)
    a2, b2 = maps.guided(other, weight, 5, 0.01)
    np.testing.assert_allclose((a1 * values + b1)[:20], (a2 * other + b2)[:20], atol=1e-3)


def test_rows_come_to_the_same_as_tiles() -> None:
    rng = np.random.default_rng(3)
    for h, w in ((7, 9), (1, 1), (2, 1), (1, 4)):
        small = rng.random((h, w, 3)).astype(np.float32)
        tile = np.empty((5, 13, 3), np.float32)
        maps.enlarge(small, 17, 23, 60, 40, tile)
        index, share = np.empty(13, np.int32), np.empty(13, np.float32)
        maps.columns(17, 60, w, index, share)
        planes = np.ascontiguousarray(small.transpose(2, 0, 1))
        out = np.empty((3, 13), np.float32)
        for r in range(5):
            maps.row_of(planes, 23 + r, 40, index, share, np.empty(w, np.float32), out)
            np.testing.assert_allclose(out.T, tile[r], atol=1e-6)


def test_regression_finds_a_line_and_is_blind_outside() -> None:
    rng = np.random.default_rng(4)
    guide = rng.random((40, 40)).astype(np.float32)
    weight = np.ones((40, 40), np.float32)
    weight[20:] = 0
    values = (0.7 - 0.4 * guide).astype(np.float32)
    values[20:] = 9
    a, b = maps.regression(guide, values, weight, 4, 1e-6)
    np.testing.assert_allclose((a * guide + b)[:19], values[:19], atol=5e-3)


def test_fast_logarithm_and_power() -> None:
    values = np.exp2(np.linspace(-12, 6, 5001)).astype(np.float32)
    log, back = np.empty_like(values), np.empty_like(values)
    _jit.log2_row(values, log)
    np.testing.assert_allclose(log, np.log2(values), atol=2e-6)
    _jit.exp2_row(log, back)
    np.testing.assert_allclose(back, values, rtol=3e-6)
