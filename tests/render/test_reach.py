"""Feathered, grown and shrunk regions and rectangles: exact far away, no seams, the same for any tile."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from synthetic import make_codes, make_photo, make_scene

from fluxroom.operators.declare import Window
from fluxroom.recipe import MOST_PERCENT, Adjustment, Recipe, Region
from fluxroom.render import full_mask, preview_mask, render
from fluxroom.render.masks import MaskMaker
from fluxroom.render.reach import reached, rectangle

PHOTO = make_photo(make_codes(120, 180))
SCENE = make_scene(PHOTO, side=90)
NAMES = st.sampled_from(["sky", "water", "ground", "clouds", "left", "shadows", "everything", "person"])
PERCENT = st.floats(0, MOST_PERCENT).map(lambda p: round(p, 2))
PLACE = st.floats(0, 1).map(lambda p: round(p, 3))
BOXES = st.tuples(PLACE, PLACE, PLACE, PLACE).filter(lambda b: b[0] != b[2] and b[1] != b[3])
LEAVES = NAMES | BOXES.map(lambda b: "box({} {} {} {})".format(*b))
REGIONS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.builds(lambda op, a, p: f"{op}({a}, {p}%)", st.sampled_from(["feather", "grow", "shrink"]), inner, PERCENT),
        st.builds(lambda a, op, b: f"({a}) {op} ({b})", inner, st.sampled_from("+-&"), inner),
    ),
    max_leaves=4,
)


def whole(text: str, rows: int, columns: int) -> np.ndarray:
    """The full mask put together from tiles."""
    mask = MaskMaker(SCENE).make(Region(text))
    out = np.empty((PHOTO.height, PHOTO.width), np.float32)
    for y in range(0, PHOTO.height, rows):
        for x in range(0, PHOTO.width, columns):
            h, w = min(rows, PHOTO.height - y), min(columns, PHOTO.width - x)
            window = Window(x, y, w, h, PHOTO.width, PHOTO.height)
            out[y : y + h, x : x + w] = mask.window(window, lambda y=y, x=x, h=h, w=w: PHOTO.linear(y, x, h, w))
    return out


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(REGIONS, st.integers(7, 130), st.integers(9, 200))
def test_a_mask_is_the_same_for_any_tile_and_within_0_and_1(text: str, rows: int, columns: int) -> None:
    one = full_mask(PHOTO, SCENE, Region(text))
    assert (one == whole(text, rows, columns)).all()
    assert one.dtype == np.float32
    for mask in (one, preview_mask(SCENE, Region(text))):
        assert mask.min() >= 0
        assert mask.max() <= 1


@settings(max_examples=40, deadline=None)
@given(PERCENT.filter(lambda p: p >= 0.6), st.integers(0, 2**31))
def test_grown_holds_the_region_and_the_region_holds_shrunk(percent: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    mask = np.kron(rng.integers(0, 2, (6, 9)), np.ones((10, 10))).astype(np.float32)
    grown, shrunk = reached(mask, "grow", percent), reached(mask, "shrink", percent)
    assert (grown >= mask - 1e-6).all()
    assert (shrunk <= mask + 1e-6).all()
    assert np.allclose(shrunk, 1 - reached(1 - mask, "grow", percent))


@pytest.mark.parametrize("percent", [0.5, 1.0, 3.0, 10.0])
def test_growing_moves_the_edge_by_the_amount_and_far_away_is_exact(percent: float) -> None:
    mask = np.zeros((300, 400), np.float32)
    mask[100:200, 150:250] = 1
    by = percent / 100 * 400
    for op, sign in (("grow", 1), ("shrink", -1)):
        moved = reached(mask, op, percent)  # type: ignore[arg-type]
        rows = np.flatnonzero(moved[:, 200] > 0.5)
        assert rows[0] == pytest.approx(100 - sign * by, abs=1)
        assert rows[-1] == pytest.approx(199 + sign * by, abs=1)
        assert (moved[: int(98 - by)] == 0).all()
    soft = reached(mask, "feather", percent)
    reach = int(by) + 4
    assert (soft[: max(0, 100 - reach)] == 0).all()
    inner = soft[100 + reach : 200 - reach, 150 + reach : 250 - reach]
    assert (inner == 1).all()
    assert soft[100, 200] == pytest.approx(0.5, abs=0.15)
    assert np.abs(np.diff(soft[:, 200])).max() < 2.2 / max(3.0, by)


def test_the_frame_s_border_is_no_edge() -> None:
    mask = np.zeros((60, 90), np.float32)
    mask[:30] = 1
    assert (reached(mask, "shrink", 5)[:20] == 1).all()
    assert (reached(mask, "feather", 5)[0] == 1).all()


def test_a_grown_region_has_no_stairs_at_full_size() -> None:
    photo = make_photo(make_codes(400, 600))
    scene = make_scene(photo, side=100)
    mask = full_mask(photo, scene, Region("grow(sky, 2%)"))
    assert np.abs(np.diff(mask, axis=0)).max() < 0.2  # six pixels for one of the preview: a ramp, not a step
    assert (mask == 1).any()
    assert (mask == 0).any()
    assert mask.mean() > full_mask(photo, scene, Region("sky")).mean()


def test_an_amount_of_nothing_is_the_region_itself() -> None:
    assert (full_mask(PHOTO, SCENE, Region("grow(sky, 0%)")) == full_mask(PHOTO, SCENE, Region("sky"))).all()


def test_half_of_the_sky_is_crisp_by_a_box_and_smooth_by_a_name() -> None:
    sky, half = full_mask(PHOTO, SCENE, Region("sky")), full_mask(PHOTO, SCENE, Region("sky & box(0 0 0.5 1)"))
    middle = PHOTO.width // 2
    assert (half[:, :middle] == sky[:, :middle]).all()
    assert (half[:, middle:] == 0).all()
    smooth = full_mask(PHOTO, SCENE, Region("left"))
    assert np.abs(np.diff(smooth, axis=1)).max() < 0.05


@settings(max_examples=60, deadline=None)
@given(BOXES, st.integers(1, 40), st.integers(1, 40))
def test_a_rectangle_covers_its_area(box: tuple[float, float, float, float], height: int, width: int) -> None:
    x0, x1, y0, y1 = *sorted((box[0], box[2])), *sorted((box[1], box[3]))
    mask = rectangle((x0, y0, x1, y1), 0, 0, height, width, height, width)
    assert mask.sum() == pytest.approx((x1 - x0) * (y1 - y0) * height * width, rel=1e-4, abs=1e-4)


def test_what_is_grown_and_kept_stays_untouched() -> None:
    keep = Region("grow(water, 2%)")
    result = render(PHOTO, SCENE, Recipe((Adjustment("exposure", {"stops": -2.0}),), keep=keep))
    kept = full_mask(PHOTO, SCENE, keep) >= 0.5
    assert kept.any()
    assert (result.codes[kept] == PHOTO.codes[kept]).all()
    assert not result.untouched.all()
