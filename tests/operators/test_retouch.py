"""Retouching: what is taken out goes, all else stays value for value, and what fills its place is of the photo."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from synthetic import make_photo, make_scene

from fluxroom.language import interpret
from fluxroom.operators.retouch.blend import grid, solve
from fluxroom.operators.retouch.fill import fill
from fluxroom.operators.retouch.hole import things
from fluxroom.operators.retouch.mend import Hole, stretched
from fluxroom.operators.retouch.wires import lines
from fluxroom.photo.photo import Codes, Photo
from fluxroom.recipe import Adjustment, Recipe, Region, Value
from fluxroom.render import Rendered, render, render_preview
from fluxroom.render.retouch import meant
from fluxroom.scene import Float, Scene

HEIGHT, WIDTH = 180, 270
LEFT, RIGHT = (100, 50), (110, 210)
"""Where two dark things stand on the ground: y, x."""


def codes(bits: int = 8, seed: int = 3) -> Codes:
    """A sky over sand with grain, and two dark balls on the sand."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float64)
    sky = np.stack([0.5 + 0.001 * y, 0.65 + 0.0008 * y, 0.85 + 0 * y], -1)
    sand = np.stack([0.7 + 0.04 * np.sin(x / 3) * np.sin(y / 2), 0.6 + 0 * y, 0.45 + 0 * y], -1)
    picture = np.where((y < 70)[..., None], sky, sand) + rng.normal(0, 0.012, (HEIGHT, WIDTH, 3))
    for cy, cx in (LEFT, RIGHT):
        picture[np.hypot(y - cy, x - cx) < 14] = (0.1, 0.05, 0.3)
    top = 255 if bits == 8 else 65535
    return (np.clip(picture, 0, 1) * top + 0.5).astype(np.uint8 if bits == 8 else np.uint16)


def seen(photo: Photo) -> Scene:
    scene = make_scene(photo, 270)
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    sky = (y < 70).astype(np.float32)
    things = sum(np.hypot(y - cy, x - cx) < 15 for cy, cx in (LEFT, RIGHT)).astype(np.float32)
    regions = scene.regions | {"sky": sky, "water": 0 * sky, "ground": 1 - sky - things, "object": things}
    return replace(scene, regions=regions)


@pytest.fixture(scope="module")
def photo() -> Photo:
    return make_photo(codes())


@pytest.fixture(scope="module")
def scene(photo: Photo) -> Scene:
    return seen(photo)


def carried_out(photo: Photo, scene: Scene, region: str = "object", keep: str = "", **given: Value) -> Rendered:
    recipe = Recipe((Adjustment("remove", given, Region(region)),), Region(keep) if keep else None, seed=5)
    return render(photo, scene, recipe)


def like_sand(picture: Codes, at: tuple[int, int], top: float = 255.0) -> bool:
    part = picture[at[0] - 10 : at[0] + 10, at[1] - 10 : at[1] + 10].astype(np.float64) / top
    return bool(np.abs(part.mean((0, 1)) - (0.7, 0.6, 0.45)).max() < 0.02 and 0.008 < part[..., 1].std() < 0.02)


def test_a_thing_goes_and_the_rest_stays(photo: Photo, scene: Scene) -> None:
    out = carried_out(photo, scene)
    assert like_sand(out.codes, LEFT)
    assert like_sand(out.codes, RIGHT)
    same = (out.codes == photo.codes).all(-1)
    assert same[out.untouched].all()
    assert 0.02 < 1 - out.untouched.mean() < 0.12
    assert out.untouched[:40].all()
    assert not out.notes


def test_sixteen_bits_stay_sixteen(scene: Scene) -> None:
    deep = make_photo(codes(16))
    out = carried_out(deep, seen(deep))
    assert out.codes.dtype == np.uint16
    assert like_sand(out.codes, LEFT, 65535)
    wide = render(make_photo(codes()), scene, Recipe((Adjustment("remove", region=Region("object")),)), bits=16)
    assert like_sand(wide.codes, RIGHT, 65535)
    assert (wide.codes[wide.untouched] == codes()[wide.untouched].astype(np.uint16) * 257).all()


def test_a_place_tells_which_one(photo: Photo, scene: Scene) -> None:
    out = carried_out(photo, scene, "object & left")
    assert like_sand(out.codes, LEFT)
    assert (out.codes[:, 180:] == photo.codes[:, 180:]).all()
    everywhere = meant(scene, Region("object"))
    assert meant(scene, Region("object & right"))[RIGHT] == everywhere[RIGHT] == 1


def test_what_is_kept_is_kept(photo: Photo, scene: Scene) -> None:
    out = carried_out(photo, scene, keep="box(0.6 0 1 1)")
    assert (out.codes[:, 163:] == photo.codes[:, 163:]).all()
    assert like_sand(out.codes, LEFT)


def test_nothing_of_it_nothing_done(photo: Photo, scene: Scene) -> None:
    for out in (carried_out(photo, scene, amount=0.0), carried_out(photo, scene, "animal")):
        assert (out.codes == photo.codes).all()
        assert out.untouched.all()
        assert any(n.startswith("remove: ") for n in out.notes)


def test_what_is_large_is_refused_in_one_line(photo: Photo, scene: Scene) -> None:
    out = carried_out(photo, scene, "sky")
    assert (out.codes == photo.codes).all()
    assert len(out.notes) == 1
    assert "flux" in out.notes[0] and "39%" in out.notes[0]


def test_it_comes_before_all_else(photo: Photo, scene: Scene) -> None:
    """Later adjustments find sand where the thing was: no ghost of it."""
    darker = Adjustment("exposure", {"stops": -1.0}, Region("ground"))
    gone = Adjustment("remove", region=Region("object"))
    one, other = (render(photo, scene, Recipe(steps, seed=5)) for steps in ((darker, gone), (gone, darker)))
    assert (one.codes == other.codes).all()
    part = one.codes[LEFT[0] - 25 : LEFT[0] + 25, LEFT[1] - 25 : LEFT[1] + 25, 1].astype(float)
    assert part[20:30, 20:30].mean() == pytest.approx(part[:5].mean(), abs=4)
    preview = render_preview(scene, Recipe((gone,)))
    assert preview[LEFT][0] > 0.3


def test_the_same_again(photo: Photo, scene: Scene) -> None:
    assert (carried_out(photo, scene).codes == carried_out(photo, scene).codes).all()


@settings(max_examples=12, deadline=None)
@given(st.sampled_from(["black", "white", "noise", "saturated"]), st.integers(0, 1000), st.integers(4, 24))
def test_any_picture_is_filled_finite(kind: str, seed: int, size: int) -> None:
    rng = np.random.default_rng(seed)
    picture = {
        "black": np.zeros((60, 80, 3)), "white": np.ones((60, 80, 3)), "noise": rng.random((60, 80, 3)),
        "saturated": np.broadcast_to([1.2, -0.1, 0.0], (60, 80, 3)),
    }[kind].astype(np.float32)  # fmt: skip
    hole = np.zeros((60, 80), np.bool_)
    y, x = int(rng.integers(0, 60 - size)), int(rng.integers(0, 80 - size))
    hole[y : y + size, x : x + size] = True
    done = fill(picture, hole, np.zeros_like(hole), np.zeros((60, 80), np.float32), seed)
    assert done is not None
    assert np.isfinite(done.image).all()
    assert (done.image[~hole] == picture[~hole]).all()
    assert not hole[done.sy[hole], done.sx[hole]].any()
    if kind != "noise":
        assert np.allclose(done.image, picture, atol=1e-5)


def test_too_little_to_copy_from() -> None:
    hole = np.ones((30, 30), np.bool_)
    hole[:3] = False
    assert fill(np.zeros((30, 30, 3), np.float32), hole, ~hole, np.zeros((30, 30), np.float32), 1) is None


def test_a_membrane_bridges_a_step() -> None:
    """On a square with one value at its left rim and another at its right the solution is smooth between."""
    ones = np.ones((24, 40), np.float32)
    right, down, rim = ones.copy(), ones.copy(), np.zeros_like(ones)
    right[:, -1] = down[-1] = 0
    rim[:, 0] = rim[:, -1] = 1
    b = np.zeros((24, 40, 3), np.float32)
    b[:, -1] = 1.0
    e = solve(grid(right, down, rim), b)
    expected = np.arange(1, 41) / 41
    assert np.allclose(e[12, :, 0], expected, atol=5e-3)


def test_pieces_are_whole_and_outlines_stretch() -> None:
    mask = np.zeros((50, 80), np.float32)
    mask[10:20, 10:20] = 0.9
    mask[30:34, 60:64] = 0.3
    place = np.broadcast_to(np.linspace(1, 0, 80, dtype=np.float32), (50, 80))
    kept = things(mask, place)
    assert kept[15, 15] and not kept[32, 62]
    hole = stretched(kept, 500, 800)
    assert isinstance(hole, Hole)
    assert hole.mask.sum() == pytest.approx(100 * 100, rel=0.1)
    assert (hole.y, hole.x) == pytest.approx((100, 100), abs=6)


def sky_with(kind: str, seed: int = 1) -> tuple[Codes, list[tuple[int, int]]]:
    rng = np.random.default_rng(seed)
    h, w = 400, 600
    y, x = np.mgrid[0:h, 0:w].astype(np.float64)
    light = 0.5 + 0.0006 * y + rng.normal(0, 0.006, (h, w))
    places = [(60, 80), (150, 300), (90, 480), (220, 200)]
    if kind == "dust":
        for cy, cx in places:
            light *= 1 - 0.12 * np.exp(-((np.hypot(y - cy, x - cx) / 4) ** 4))
    if kind == "wires":
        wire = np.zeros((h, w), np.uint8)
        t = np.linspace(0, 1, 200)
        points = np.stack([t * (w - 1), 100 + 40 * t + 60 * t * (1 - t)], 1)
        cv2.polylines(wire, [np.round(points * 16).astype(np.int32)], False, 255, 1, cv2.LINE_AA, 4)
        light *= 1 - 0.6 * wire / 255
    picture = np.stack([0.8 * light, light, 1.3 * light], -1)
    picture[320:] = np.array([0.2, 0.25, 0.15]) + rng.normal(0, 0.05, (80, w, 1))
    return (np.clip(picture, 0, 1) * 255 + 0.5).astype(np.uint8), places


def marked(kind: str, operator: str) -> tuple[Codes, Rendered, NDArray[np.bool_]]:
    made, _ = sky_with(kind)
    photo = make_photo(made)
    scene = make_scene(photo, 600)
    sky = np.zeros((400, 600), np.float32)
    sky[:320] = 1
    scene = replace(scene, regions=scene.regions | {"sky": sky, "water": 0 * sky, "ground": 1 - sky})
    out = render(photo, scene, Recipe((Adjustment(operator, region=Region("sky")),), seed=2))
    return made, out, (out.codes != made).any(-1)


def test_dust_is_found_and_filled() -> None:
    made, out, changed = marked("dust", "remove_dust")
    clean, _ = sky_with("nothing")
    for cy, cx in sky_with("dust")[1]:
        part = (slice(cy - 3, cy + 4), slice(cx - 3, cx + 4))
        assert changed[part].mean() > 0.5
        assert abs(float(out.codes[part].mean()) - float(clean[part].mean())) < 3
        assert abs(float(made[part].mean()) - float(clean[part].mean())) > 8
    assert changed.mean() < 0.02
    assert not changed[320:].any()


@pytest.mark.parametrize("operator", ["remove_dust", "remove_wires"])
def test_nothing_is_found_in_a_clean_sky(operator: str) -> None:
    _, out, changed = marked("nothing", operator)
    assert changed.mean() < 5e-4
    assert bool(out.notes) != bool(changed.any())


def test_a_wire_is_followed_from_end_to_end() -> None:
    made, out, changed = marked("wires", "remove_wires")
    clean, _ = sky_with("nothing")
    t = np.linspace(0.02, 0.98, 60)
    y, x = np.round(100 + 40 * t + 60 * t * (1 - t)).astype(int), np.round(t * 599).astype(int)
    assert changed[y, x].mean() > 0.9
    assert (
        np.abs(out.codes[y, x].astype(float) - clean[y, x]).mean()
        < 5
        < np.abs(made[y, x].astype(float) - clean[y, x]).mean()
    )
    assert changed.mean() < 0.04
    assert not changed[330:].any()


def test_an_edge_is_no_wire() -> None:
    y = np.mgrid[0:300, 0:500][0]
    step = np.where(y < 150, 0.7, 0.3).astype(np.float32)
    everywhere = np.ones(step.shape, np.bool_)
    assert not lines(cv2.GaussianBlur(step, (0, 0), 1.0), everywhere, everywhere, "wires", 1.0).any()


def asked(text: str) -> list[tuple[str, str]]:
    return [(a.operator, a.region.text) for a in interpret(text).recipe.adjustments]


@pytest.mark.parametrize(
    ("text", "operator", "region"),
    [
        ("remove the person on the left", "remove", "person & left"), ("去掉左边的人", "remove", "person & left"),
        ("remove the boat", "remove", "object"), ("把右边的船p掉", "remove", "object & right"),
        ("擦掉那只鸟", "remove", "animal"), ("erase the bird", "remove", "animal"),
        ("remove birds from the sky", "remove", "animal"), ("去掉天上的鸟", "remove", "animal"),
        ("remove the dog and its shadow", "remove", "animal"), ("去掉船和它的倒影", "remove", "object"),
        ("去掉路人", "remove", "person"), ("make the person on the left disappear", "remove", "person & left"),
        ("把电线去掉", "remove_wires", "sky"), ("get rid of the power lines", "remove_wires", "sky"),
        ("remove the contrails", "remove_wires", "sky"), ("remove the dust spots", "remove_dust", "sky"),
        ("去除污点", "remove_dust", "sky"), ("去除天空里的脏点", "remove_dust", "sky"),
        ("delete the tree", "remove", "trees"), ("remove the person and the boat", "remove", "person + object"),
    ],
)  # fmt: skip
def test_words(text: str, operator: str, region: str) -> None:
    assert asked(text) == [(operator, region)]


def test_what_is_gone_is_no_topic() -> None:
    assert asked("remove the tree on the right, golden hour") == [
        ("remove", "trees & right"), ("golden_hour", "everything")
    ]  # fmt: skip
    assert asked("remove the haze")[0][0] == "dehaze"
    assert interpret("去掉狗，其余保持不变").recipe.keep is None


def test_a_small_region_is_looked_at(scene: Scene) -> None:
    few: Float = np.zeros_like(scene.regions["object"])
    few[100:106, 50:56] = 1
    small = replace(scene, regions=scene.regions | {"object": few})
    assert interpret("remove the boat", small).recipe.adjustments[0].operator == "remove"
