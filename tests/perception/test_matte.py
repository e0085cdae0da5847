"""The sky's edge on drawn pictures where the truth is known, and that nothing depends on threads."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from fluxroom.perception import kernels
from fluxroom.perception.eye import look
from fluxroom.perception.matte import learn, sky_matte
from fluxroom.perception.regions import display, find_regions, views
from fluxroom.scene import Float

SKY, LEAF = (0.75, 0.85, 0.95), (0.15, 0.25, 0.1)


def canopy() -> tuple[Float, Float, Float]:
    """A tree with round gaps before the sky, square roots of light; the true sky; where the tree is seen to be."""
    height, width = 300, 400
    gaps = np.zeros((height, width), np.uint8)
    rng = np.random.default_rng(3)
    for y, x, r in zip(rng.integers(114, 200, 90), rng.integers(20, 380, 90), rng.integers(2, 6, 90), strict=True):
        cv2.circle(gaps, (int(x), int(y)), int(r), 1, -1)
    gaps[:110] = 1
    sky = gaps.astype(np.float32)
    pixels = sky[..., None] * np.array(SKY) + (1 - sky[..., None]) * np.array(LEAF)
    pixels += rng.normal(0, 0.02, pixels.shape)
    tree = np.zeros((height, width), np.float32)
    tree[110:] = 1
    return pixels.clip(0, 1).astype(np.float32), sky, cv2.GaussianBlur(tree, (0, 0), 3)


def matte(pixels: Float, prior: Float, trees: Float) -> Float:
    return sky_matte(pixels, learn(pixels, prior, trees), pixels.mean(2).astype(np.float32))


def test_the_sky_shows_between_leaves_but_not_in_a_wall() -> None:
    pixels, sky, tree = canopy()
    near = np.s_[118:128]  # within reach of the open sky
    gaps = sky[near] > 0
    through = matte(pixels, 1 - tree, tree)[near]
    assert through[gaps].mean() > 0.7
    assert through[~gaps].mean() < 0.1
    wall = matte(pixels, 1 - tree, np.zeros_like(tree))[128:]  # the same colours where no tree was seen
    assert (wall == 0).all()


def test_a_mixed_pixel_is_sky_by_its_part() -> None:
    pixels = np.full((60, 80, 3), LEAF, np.float32)
    pixels[:30] = SKY
    share = np.linspace(0.1, 0.7, 80, dtype=np.float32)[:, None]
    pixels[30] = share * np.array(SKY) + (1 - share) * np.array(LEAF)
    alpha = np.zeros((60, 80), np.float32)
    alpha[:30] = 1
    model = {name: np.tile(np.array([*color, 0.01, 0.01, 0.01], np.float32), (6, 8, 1)) for name, color in
             (("sky", SKY), ("land", LEAF))}  # fmt: skip
    out = np.empty_like(alpha)
    kernels.mix_rims(0, 60, pixels, alpha, model["sky"], model["land"], out)
    assert np.allclose(out[30], share[:, 0], atol=1e-4)
    assert (out[:30] == 1).all()
    assert (out[31:] == 0).all()


@pytest.mark.parametrize("height", [40, 300, 301])
def test_rows_shared_by_threads_are_the_same_rows(height: int) -> None:
    linear = np.random.default_rng(1).uniform(-0.1, 1.2, (height, 50, 3)).astype(np.float32)
    view = views(linear)
    assert np.abs(view.screen - display(linear) * 255).max() < 0.6
    assert np.allclose(view.pixels, np.sqrt(np.clip(linear, 0, 1)), atol=1e-6)
    assert np.allclose(view.grey, view.pixels.mean(2), atol=1e-6)


def test_regions_do_not_depend_on_threads() -> None:
    pixels, _, _ = canopy()
    picture = cv2.resize(pixels**2, (700, 520))
    threads = cv2.getNumThreads()
    try:
        cv2.setNumThreads(1)
        one, sure = find_regions(picture)
        cv2.setNumThreads(4)
        four, as_sure = find_regions(picture)
    finally:
        cv2.setNumThreads(threads)
    assert sure == as_sure
    for name, mask in one.items():
        assert np.array_equal(mask, four[name]), name


def test_regions_beside_the_sky_fill_the_rest() -> None:
    pixels, _, _ = canopy()
    regions, _ = find_regions(pixels**2)
    apart = ("sky", "water", "sand", "snow", "rock", "mountain", "building", "road", "person", "animal", "trees",
             "grass", "object")  # fmt: skip
    total = sum(regions[name] for name in apart)
    assert total.max() < 1 + 1e-5
    assert total.min() > 0.8  # faint parts are left out
    assert look(views(pixels**2).screen).shape[0] == 14
