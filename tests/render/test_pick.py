"""The thing at a click or in a box: on drawn pictures, where the truth is known, and on a real photo."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from synthetic import make_codes, make_photo, make_scene

import fluxroom
from fluxroom.errors import RegionError
from fluxroom.recipe import Region
from fluxroom.render import full_mask, preview_mask
from fluxroom.render.pick import pick_mask
from fluxroom.scene import Float, Scene

HEIGHT, WIDTH = 240, 360


def drawn(with_object: bool) -> tuple[Scene, Float]:
    """Sky over a meadow with a red ball and a blue one on it; the truth of the red one.

    with_object: whether perception saw them as objects, or overlooked them
    """
    rng = np.random.default_rng(0)
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    sky = y < 100
    red, blue = np.hypot(x - 100, y - 160) < 30, np.hypot(x - 260, y - 160) < 30
    image = np.where(sky[..., None], (150, 180, 230), (70, 120, 50)).astype(np.float64)
    image[red], image[blue] = (190, 40, 30), (30, 40, 190)
    image += rng.normal(0, 4, image.shape)
    photo = make_photo(image.clip(0, 255).astype(np.uint8))
    plain = make_scene(photo, side=WIDTH)
    things = (red | blue).astype(np.float32) * with_object
    above = sky.astype(np.float32)
    nothing = np.zeros_like(above)
    regions = dict.fromkeys(plain.regions, nothing)
    meadow = (1 - above) * (1 - things)
    regions |= {"sky": above, "object": things, "grass": meadow, "vegetation": meadow}
    return replace(plain, regions=regions), red.astype(np.float32)


def overlap(a: Float, b: Float) -> float:
    return float(np.minimum(a, b).sum() / np.maximum(a, b).sum())


@pytest.mark.parametrize("with_object", [True, False])
@pytest.mark.parametrize(
    "text",
    [
        "pick(0.28 0.67)",
        "pick(box 0.17 0.5 0.4 0.83)",
        "pick(0.28 0.67, -0.72 0.67)",
        "pick(0.28 0.67, box 0.1 0.4 0.5 0.9)",
    ],
)
def test_a_ball_is_found(text: str, with_object: bool) -> None:
    scene, ball = drawn(with_object)
    mask = preview_mask(scene, Region(text))
    assert mask.dtype == np.float32
    assert mask.shape == ball.shape
    if with_object or "box" not in text:
        assert overlap(mask, ball) > 0.9
    assert (mask[:90] == 0).all()


def test_a_click_on_the_sky_or_the_meadow_is_all_of_it() -> None:
    scene, _ = drawn(True)
    for text, name in (("pick(0.5 0.2)", "sky"), ("pick(0.5 0.6)", "grass")):
        assert overlap(preview_mask(scene, Region(text)), scene.regions[name]) > 0.95


def test_a_click_beside_takes_away() -> None:
    scene, ball = drawn(True)
    both = preview_mask(scene, Region("pick(0.28 0.67, 0.72 0.67)"))
    one = preview_mask(scene, Region("pick(0.28 0.67, -0.72 0.67)"))
    assert both.sum() > 1.8 * ball.sum()
    assert one.sum() < 1.1 * ball.sum()


def test_a_pick_is_cut_at_the_photo_s_edges_and_combines() -> None:
    photo = make_photo(make_codes(480, 640))
    scene = make_scene(photo, side=320)
    sky = full_mask(photo, scene, Region("pick(0.7 0.1)"))
    assert overlap(sky, full_mask(photo, scene, Region("sky"))) > 0.93
    assert (sky[400:] == 0).all()
    rest = full_mask(photo, scene, Region("everything - grow(pick(0.7 0.1), 1%)"))
    assert np.minimum(sky, rest).mean() < 0.01


PLACE = st.floats(0, 1).map(lambda p: round(p, 3))


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.tuples(PLACE, PLACE, st.booleans()), max_size=4),
    st.none() | st.tuples(PLACE, PLACE, PLACE, PLACE).filter(lambda b: b[0] != b[2] and b[1] != b[3]),
    st.sampled_from([(1, 1), (5, 90), (60, 80), (200, 130)]),
)
def test_any_clicks_and_boxes_give_a_mask_and_the_same_again(
    clicks: list[tuple[float, float, bool]], box: tuple[float, float, float, float] | None, shape: tuple[int, int]
) -> None:
    if box is not None:
        box = (min(box[0], box[2]), min(box[1], box[3]), max(box[0], box[2]), max(box[1], box[3]))
    elif not any(there for _, _, there in clicks):
        clicks.append((0.5, 0.5, True))
    codes = make_codes(*shape)
    first, again = (pick_mask(make_scene(make_photo(codes)), tuple(clicks), box) for _ in range(2))
    assert (first == again).all()
    assert np.isfinite(first).all()
    assert first.min() >= 0
    assert first.max() <= 1


def test_the_temple_is_picked_by_the_api(tmp_path: Path) -> None:
    from sklearn.datasets import load_sample_image

    path = tmp_path / "china.png"
    cv2.imwrite(str(path), load_sample_image("china.jpg")[:, :, ::-1])
    photo = fluxroom.open(path, library=None)
    picked = photo.pick([(0.33, 0.4)])
    assert picked.region == Region("pick(0.33 0.4)")
    assert picked.mask.shape == photo.scene.preview.shape[:2]
    assert 0.12 < picked.mask.mean() < 0.35
    assert np.minimum(picked.mask, photo.regions["sky"]).mean() < 0.01
    assert (photo.pick(box=(0.1, 0.02, 0.6, 0.95)).mask[:, int(0.65 * 640) :] == 0).all()
    again = photo.pick([(0.33, 0.4, True), (0.9, 0.5, False)], box=(0.6, 0.95, 0.1, 0.02))
    assert again.region.text == "pick(0.33 0.4, -0.9 0.5, box 0.1 0.02 0.6 0.95)"
    assert photo.mask(picked.region).shape == (photo.height, photo.width)
    with pytest.raises(RegionError, match="a click on the thing or a box"):
        photo.pick()
    with pytest.raises(RegionError, match="no place from 0 to 1"):
        photo.pick([(1.2, 0.5)])
