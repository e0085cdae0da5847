"""Phenomena: nothing at strength 0, light added only, the same for any tiling and size, where sky and optics let it."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st

from fluxroom.operators import Operator, Overview, Window, find
from fluxroom.operators.phenomena import aurora, common, milky_way, moon_face, rainbow, spectrum, star_trails, stars
from fluxroom.photo.color import ColorProfile
from fluxroom.photo.photo import Encoding, Metadata, Photo
from fluxroom.recipe import Adjustment, Recipe, Region, Value
from fluxroom.render import render
from fluxroom.scene import Float, Guess, Horizon, Light, Scene

NAMES = ["stars", "milky_way", "moon", "aurora", "rainbow", "lightning", "meteors", "star_trails"]
FAINT = ["stars", "milky_way", "aurora", "star_trails"]
DRY: dict[str, dict[str, Value]] = {"rainbow": {"rain": 0.0}}
"""Parameters with which nothing gets darker."""
WIDTH, HEIGHT = 240, 160
FOOT = 0.7
LUMA = np.array([0.2627, 0.6780, 0.0593], np.float32)


def sky_scene(level: float = 0.02, time: str = "night", sun: tuple[float, float, bool] = (0.3, 1.4, False)) -> Scene:
    """A plain sky of that luminance over dark land with water at its foot."""
    y = (np.arange(HEIGHT, dtype=np.float32) + 0.5)[:, None] / HEIGHT
    tone = level * (0.7 + 0.6 * y)
    image = np.stack([np.broadcast_to(tone * c, (HEIGHT, WIDTH)) for c in (0.6, 0.9, 1.9)], axis=-1)
    image = np.ascontiguousarray(image, np.float32)
    sky = np.zeros((HEIGHT, WIDTH), np.float32)
    sky[: int(FOOT * HEIGHT)] = 1
    image[int(FOOT * HEIGHT) :] *= 0.4
    water = np.zeros_like(sky)
    water[int(0.75 * HEIGHT) :] = 1
    none = np.zeros_like(sky)
    light = Light(sun[0], sun[1], sun[2], (1.0, 1.0, 1.0), 0.1, 12.0, 0.3, 0.9 if sun[2] else 0.2)
    return Scene(
        WIDTH, HEIGHT, image, {"sky": sky, "water": water, "clouds": none}, {}, Horizon(FOOT, FOOT, 1.0), light,
        Guess(time, 1.0, {time: 1.0}), Guess("clear", 1.0),
    )  # fmt: skip


def overview(scene: Scene, mask: Float | None = None) -> Overview:
    mask = scene.regions["sky"] if mask is None else mask
    return Overview(scene.preview, mask, scene, np.zeros(scene.preview.shape[:2], np.float32))


def prepared(name: str, scene: Scene, given: dict[str, Value] | None = None, seed: int = 5) -> tuple[Operator, Any]:
    operator = find(name)
    return operator, operator.prepare(overview(scene), operator.parameters(given or {}), seed)


def run(name: str, scene: Scene, given: dict[str, Value] | None = None, seed: int = 5) -> Float:
    operator, ready = prepared(name, scene, given, seed)
    out = scene.preview.copy()
    if ready is not None:
        operator.apply(out, Window(0, 0, WIDTH, HEIGHT, WIDTH, HEIGHT), ready)
    return out


@pytest.mark.parametrize("name", NAMES)
def test_at_strength_zero_nothing_is_done(name: str) -> None:
    assert prepared(name, sky_scene(), {"strength": 0.0})[1] is None


@pytest.mark.parametrize("name", NAMES)
def test_it_says_what_it_is_in_both_languages(name: str) -> None:
    operator = find(name)
    assert operator.family == "phenomena"
    assert operator.label.en
    assert operator.label.zh
    assert all(p.label.en and p.label.zh for p in operator.params)


@pytest.mark.parametrize("name", NAMES)
def test_light_is_only_added_and_more_with_strength(name: str) -> None:
    scene = sky_scene()
    added = []
    for strength in (0.1, 0.4, 0.7, 1.0):
        out = run(name, scene, {"strength": strength} | DRY.get(name, {}))
        assert (out >= scene.preview - 1e-6).all()
        added.append(float((out - scene.preview).mean()))
    assert added[0] > 0
    assert added == sorted(added)


@pytest.mark.parametrize("name", NAMES)
def test_a_trace_of_strength_changes_next_to_nothing(name: str) -> None:
    scene = sky_scene()
    assert float(np.abs(run(name, scene, {"strength": 1e-4}) - scene.preview).max()) < 5e-3


@pytest.mark.parametrize("name", NAMES)
def test_the_same_twice_and_another_with_another_seed(name: str) -> None:
    scene = sky_scene()
    scene.preview.flags.writeable = False
    given: dict[str, Value] = {"lit": 0.5} if name == "moon" else {}
    assert (run(name, scene, given) == run(name, scene, given)).all()
    assert (run(name, scene, given) != run(name, scene, given, seed=6)).any()


@pytest.mark.parametrize("name", NAMES)
def test_tiles_do_not_show(name: str) -> None:
    scene = sky_scene()
    operator, ready = prepared(name, scene, {"strength": 1.0})
    whole = run(name, scene, {"strength": 1.0})
    pieces = scene.preview.copy()
    for y0, y1 in ((0, 1), (1, 37), (37, 38), (38, 101), (101, HEIGHT)):
        for x0, x1 in ((0, 13), (13, 14), (14, 130), (130, WIDTH)):
            tile = np.ascontiguousarray(pieces[y0:y1, x0:x1])
            operator.apply(tile, Window(x0, y0, x1 - x0, y1 - y0, WIDTH, HEIGHT), ready)
            pieces[y0:y1, x0:x1] = tile
    assert np.array_equal(pieces, whole)


@pytest.mark.parametrize("name", NAMES)
def test_a_larger_picture_made_small_looks_the_same(name: str) -> None:
    scene = sky_scene()
    given: dict[str, Value] = {"strength": 0.8} | DRY.get(name, {})
    operator, ready = prepared(name, scene, given)
    factor = 6
    large = np.repeat(np.repeat(scene.preview, factor, axis=0), factor, axis=1)
    h, w = large.shape[:2]
    operator.apply(large, Window(0, 0, w, h, w, h), ready)
    small = cv2.resize(large, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)
    here = run(name, scene, given) - scene.preview
    there = small - scene.preview
    blur = (0, 0)
    a, b = (cv2.GaussianBlur(v, blur, 2.0) for v in (here, there))
    assert float(np.abs(a - b).mean()) < 0.2 * float(a.mean()) + 1e-4


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("level", [0.0, 1e-6, 0.5, 1.0, 7.0, -0.3])
def test_extreme_pictures_stay_finite(name: str, level: float) -> None:
    scene = sky_scene()
    noise = np.random.default_rng(3).normal(level, 0.2, scene.preview.shape).astype(np.float32)
    for picture in (np.full_like(scene.preview, level), noise):
        out = run(name, replace(scene, preview=picture), {"strength": 1.0})
        assert np.isfinite(out).all()
        assert float(np.abs(out).max()) < 40.0


@pytest.mark.parametrize("name", NAMES)
def test_no_sky_and_one_pixel(name: str) -> None:
    scene = sky_scene()
    operator = find(name)
    nothing = overview(scene, np.zeros((HEIGHT, WIDTH), np.float32))
    ready = operator.prepare(nothing, operator.parameters({}), 1)
    if ready is not None:
        out = scene.preview.copy()
        operator.apply(out, Window(0, 0, WIDTH, HEIGHT, WIDTH, HEIGHT), ready)
        assert np.isfinite(out).all()
    one = np.full((1, 1, 3), 0.01, np.float32)
    tiny = replace(scene, preview=one, width=1, height=1, regions={"sky": np.ones((1, 1), np.float32)})
    ready = operator.prepare(overview(tiny), operator.parameters({}), 1)
    if ready is not None:
        operator.apply(one, Window(0, 0, 1, 1, 1, 1), ready)
        assert np.isfinite(one).all()


@settings(max_examples=40, deadline=None)
@drawn(data=st.data(), name=st.sampled_from(NAMES))
def test_any_parameters_give_finite_light(data: st.DataObject, name: str) -> None:
    operator = find(name)
    given: dict[str, Value] = {
        p.name: data.draw(st.sampled_from(p.choices) if p.choices else st.floats(p.low, p.high))
        for p in operator.params
    }
    out = run(name, sky_scene(data.draw(st.sampled_from([0.005, 0.05, 0.3]))), given, data.draw(st.integers(0, 99)))
    assert np.isfinite(out).all()
    assert (out >= -1e-6).all()


@pytest.mark.parametrize("name", FAINT)
def test_a_brighter_sky_shows_less_and_a_day_sky_nothing_but_a_note(name: str) -> None:
    shown = []
    for level in (0.01, 0.08, 0.2):
        scene = sky_scene(level, "blue_hour")
        # Beside the sky it stands in: a camera exposes for what there is.
        shown.append(float((run(name, scene) - scene.preview).mean()) / level)
    assert shown[0] > shown[1] > shown[2]
    day = sky_scene(0.4, "day")
    operator, ready = prepared(name, day)
    assert ready is None
    assert "night" in operator.advise(overview(day), operator.parameters({}))[0]
    assert operator.advise(overview(sky_scene()), operator.parameters({})) == ()


def test_a_deep_blue_day_sky_hides_stars_until_it_is_darkened() -> None:
    day = sky_scene(0.10, "day")
    assert float((run("stars", day) - day.preview).max()) < 0.1
    operator = find("stars")
    darker = replace(overview(day), pixels=day.preview * np.float32(0.1))
    assert operator.prepare(darker, operator.parameters({}), 1) is not None


def test_star_counts_grow_as_the_catalogues_do() -> None:
    assert stars.all_sky(8.5) / stars.all_sky(6.5) == pytest.approx(10**1.02)
    dense = [len(prepared("stars", sky_scene(), {"density": d})[1][0].rows) for d in (0.3, 0.6, 0.9)]
    assert dense[0] < dense[1] < dense[2]


def test_stars_thin_out_toward_the_horizon_and_lose_blue() -> None:
    low, high = common.extinction(np.array([0.05, 1.0]))
    assert high == pytest.approx([1, 1, 1], abs=1e-3)
    assert low[2] < low[1] < low[0] < 0.5


def test_clouds_hide_stars() -> None:
    scene = sky_scene(0.05)
    clouds = np.zeros((HEIGHT, WIDTH), np.float32)
    clouds[:, : WIDTH // 2] = scene.regions["sky"][:, : WIDTH // 2]
    picture = scene.preview.copy()
    picture[:, : WIDTH // 2] *= 2.5
    scene = replace(scene, preview=picture, regions=scene.regions | {"clouds": clouds})
    light = (run("stars", scene, {"strength": 1.0}) - picture).mean(axis=(0, 2))
    assert light[: WIDTH // 2 - 20].mean() < 0.5 * light[WIDTH // 2 + 20 :].mean()


def test_black_bodies_and_lines_have_their_colours() -> None:
    cool, warm = spectrum.black_body([3500.0, 15000.0])
    assert cool[0] > cool[2]
    assert warm[2] > warm[0]
    assert spectrum.black_body(6500.0) @ LUMA == pytest.approx(1.0)
    green, red = spectrum.line(557.7), spectrum.line(630.0)
    assert green.argmax() == 1
    assert red.argmax() == 0


def test_the_bow_stands_where_descartes_found_it() -> None:
    first, second = rainbow.bow_angles(np.array([400.0, 700.0]))
    assert first == pytest.approx([40.6, 42.4], abs=0.15)
    assert second == pytest.approx([53.6, 50.2], abs=0.25)
    table = rainbow.bow_table()
    low, high = (math.cos(math.radians(a)) for a in (rainbow.FAR, rainbow.NEAR))

    def at(degrees: float) -> Any:
        return table[round((math.cos(math.radians(degrees)) - low) / (high - low) * rainbow.STEPS)]

    assert at(42.2)[0] > 3 * at(42.2)[2]
    assert at(40.6)[2] > 1.5 * at(40.6)[0]
    assert at(50.6)[0] > at(50.6)[2]
    assert at(53.4)[2] > at(53.4)[0]
    assert (at(46.0) == 0).all()


def test_a_bow_is_round_about_the_antisolar_point_and_needs_the_sun_behind() -> None:
    scene = sky_scene(0.15, "day")
    _, bow = prepared("rainbow", scene, {"x": 0.5, "sun": 25.0, "strength": 1.0})
    light = (run("rainbow", scene, {"x": 0.5, "sun": 25.0, "strength": 1.0}) - scene.preview) @ LUMA
    gy, gx = np.mgrid[0:HEIGHT, 0:WIDTH]
    directions = bow.camera.directions((gx + 0.5) / WIDTH, (gy + 0.5) / HEIGHT)
    angle = np.degrees(np.arccos(directions @ np.array(bow.axis)))
    near = (np.abs(angle - 41.5) < 0.6) & (scene.regions["sky"] > 0)
    between = (np.abs(angle - 46.0) < 2) & (scene.regions["sky"] > 0)
    assert light[near].mean() > 20 * (light[between].mean() + 1e-6)
    facing = sky_scene(0.15, "day", sun=(0.5, 0.4, True))
    operator, ready = prepared("rainbow", facing)
    assert ready is None
    assert "opposite" in operator.advise(overview(facing), operator.parameters({}))[0]
    assert prepared("rainbow", facing, {"x": 0.4})[1] is not None


@pytest.mark.parametrize("lit", [0.1, 0.5, 0.8, 1.0])
def test_the_moon_is_lit_as_far_as_its_phase_says_on_the_suns_side(lit: float) -> None:
    ground, _ = moon_face.face(128, lit, 0.0, 0.0, 1)
    at = (np.arange(128) + 0.5) / 64 - 1
    u, v = np.meshgrid(at, -at)
    disc = u * u + v * v < 0.96
    assert float((ground[disc] > 0.05).mean()) == pytest.approx(lit, abs=0.08)
    if lit < 1:
        assert ground[disc & (u > 0.3)].mean() > ground[disc & (u < -0.3)].mean()


def test_the_full_moon_has_its_seas() -> None:
    ground, _ = moon_face.face(256, 1.0, 0.0, 0.0, 1)

    def around(latitude: float, longitude: float) -> float:
        a, o = math.radians(latitude), math.radians(longitude)
        x, y = 128 * (1 + math.cos(a) * math.sin(o)), 128 * (1 - math.sin(a))
        return float(ground[int(y) - 4 : int(y) + 5, int(x) - 4 : int(x) + 5].mean())

    seas = [around(28, 17), around(8, 31), around(33, -16)]
    assert max(seas) < 0.8 * around(-45, 20)


def test_the_moon_has_its_true_size_and_stands_where_told_or_in_free_sky() -> None:
    scene = sky_scene()
    given: dict[str, Value] = {"size": 8.0, "x": 0.3, "y": 0.25, "strength": 1.0}
    _, moon = prepared("moon", scene, given)
    across = math.degrees(2 * math.atan(2 * moon.radius * math.tan(math.radians(scene.field_of_view / 2))))
    assert across == pytest.approx(8 * 0.52, rel=0.02)
    light = (run("moon", scene, given) - scene.preview) @ LUMA
    y, x = np.argwhere(light > 0.3).mean(axis=0)
    assert x / WIDTH == pytest.approx(0.3, abs=0.02)
    assert y / HEIGHT == pytest.approx(0.25, abs=0.02)
    _, free = prepared("moon", scene)
    assert 0.1 < free.x < 0.9
    assert 0.05 < free.y < FOOT - 0.05


def test_an_aurora_is_green_over_red_tops_and_mirrored_in_water() -> None:
    assert aurora.colors("classic")[1].argmax() == 1
    assert aurora.colors("classic")[2].argmax() == 0
    scene = sky_scene()
    operator = find("aurora")
    both = overview(scene, np.maximum(scene.regions["sky"], scene.regions["water"]))
    ready = operator.prepare(both, operator.parameters({"strength": 1.0}), 5)
    assert ready.sky.max() > 0.2
    water = ready.water[:3]
    assert water[:, int(0.8 * water.shape[1]) :].max() > 0.02
    assert water.max() < ready.sky.max()
    dry = replace(scene, regions={k: v for k, v in scene.regions.items() if k != "water"})
    assert prepared("aurora", dry, {"strength": 1.0})[1].water is None
    assert operator.optional == {"water"}


def test_the_milky_way_is_brightest_in_its_middle_and_parted_by_dust() -> None:
    longitude, latitude = np.meshgrid(np.linspace(-60, 60, 241), np.linspace(-30, 30, 121))
    light = milky_way.band_light(longitude, latitude, (0.1, 0.07)) @ LUMA
    assert light[:, 110:131].mean() > 1.5 * light[:, :20].mean()
    assert light[50:71].mean() > 2.5 * light[:12].mean()
    lanes, above, below = (
        light[54:70, 100:180].min(axis=0),
        light[64:80, 100:180].max(axis=0),
        light[44:58, 100:180].max(axis=0),
    )
    assert (lanes < 0.7 * np.minimum(above, below)).mean() > 0.6


def test_lightning_comes_down_and_ends_at_the_land() -> None:
    _, bolt = prepared("lightning", sky_scene(), {"x": 0.6})
    foot = float(np.maximum(bolt.segments[:, 1], bolt.segments[:, 3]).max()) * WIDTH / HEIGHT
    assert foot == pytest.approx(FOOT, abs=0.06)
    few = len(prepared("lightning", sky_scene(), {"branches": 0.0})[1].segments)
    assert few == 256
    assert len(prepared("lightning", sky_scene(), {"branches": 1.0})[1].segments) > few


@pytest.mark.parametrize("bits", [8, 16])
def test_rendered_it_leaves_the_land_as_it_was_with_any_threads(bits: int) -> None:
    scene = sky_scene(0.03)
    kind = np.uint8 if bits == 8 else np.uint16
    top = np.iinfo(kind).max
    codes = np.clip(np.sqrt(np.maximum(scene.preview, 0)) * top, 0, top).astype(kind)
    photo = Photo(codes, None, ColorProfile.srgb(), Metadata(), Encoding("tiff", bits=bits))
    recipe = Recipe(adjustments=tuple(Adjustment(name, {}, Region("sky")) for name in NAMES))
    one, two = (render(photo, scene, recipe, threads=n) for n in (1, 2))
    assert (one.codes == two.codes).all()
    assert one.codes.dtype == kind
    land = one.untouched
    assert land[int(0.8 * HEIGHT) :].all()
    assert (one.codes[land] == codes[land]).all()
    assert (one.codes != codes).any()


def with_water(scene: Scene) -> Scene:
    """The same, its water a mirror of its sky but for a dark log in it."""
    picture = scene.preview.copy()
    top = picture[: int(FOOT * HEIGHT)]
    below = HEIGHT - int(FOOT * HEIGHT)
    picture[int(FOOT * HEIGHT) :] = 0.8 * top[::-1][:below]
    picture[int(0.85 * HEIGHT) : int(0.89 * HEIGHT), 60:150] = 0.1 * picture[int(0.85 * HEIGHT), 100]
    water = np.zeros((HEIGHT, WIDTH), np.float32)
    water[int(FOOT * HEIGHT) :] = 1
    return replace(scene, preview=picture, regions=scene.regions | {"water": water})


@pytest.mark.parametrize("name", ["aurora", "lightning", "rainbow"])
def test_water_shows_it_and_what_stands_in_the_water_does_not(name: str) -> None:
    scene = with_water(sky_scene(0.05))
    operator = find(name)
    both = overview(scene, np.maximum(scene.regions["sky"], scene.regions["water"]))
    given: dict[str, Value] = {"strength": 1.0} | ({"x": 0.5, "sun": 20.0} if name == "rainbow" else {})
    given = given | DRY.get(name, {})
    ready = operator.prepare(both, operator.parameters(given), 5)
    out = scene.preview.copy()
    operator.apply(out, Window(0, 0, WIDTH, HEIGHT, WIDTH, HEIGHT), ready)
    more = (out - scene.preview) @ LUMA
    log = np.zeros((HEIGHT, WIDTH), np.bool_)
    log[int(0.86 * HEIGHT) : int(0.88 * HEIGHT), 64:146] = True
    wet = np.zeros_like(log)
    wet[int(0.75 * HEIGHT) :] = True
    assert more[wet & ~log].max() > 0.01
    assert more[log].max() < 0.2 * more[wet & ~log].max()
    alone = operator.prepare(overview(scene), operator.parameters(given), 5)
    assert alone.water is None


def test_the_moons_path_lies_below_the_moon() -> None:
    scene = with_water(sky_scene(0.05))
    operator = find("moon")
    both = overview(scene, np.maximum(scene.regions["sky"], scene.regions["water"]))
    given: dict[str, Value] = {"x": 0.3, "y": 0.4, "size": 6.0}
    ready = operator.prepare(both, operator.parameters(given), 5)
    light = ready.water[:3].sum(axis=(0, 1))
    assert float(np.argmax(light)) / light.size == pytest.approx(0.3, abs=0.05)


def test_rain_behind_a_bow_only_darkens() -> None:
    scene = sky_scene(0.3, "day")
    given: dict[str, Value] = {"x": 0.5, "sun": 20.0, "strength": 0.5}
    wet, dry = (run("rainbow", scene, given | {"rain": much}) for much in (1.0, 0.0))
    assert (wet <= dry + 0.02).all()
    assert float((dry - wet).mean()) > 0.005


def test_cast_light_falls_on_the_land_alone_and_most_on_snow() -> None:
    scene = with_water(sky_scene(0.05))
    land = np.zeros((HEIGHT, WIDTH), np.float32)
    land[int(0.5 * HEIGHT) : int(FOOT * HEIGHT)] = 1
    snow = land.copy()
    snow[:, : WIDTH // 2] = 0
    sky = scene.regions["sky"] * (1 - land)
    trees = land - snow
    regions = scene.regions | {"sky": sky, "snow": snow, "trees": trees, "vegetation": trees}
    picture = scene.preview.copy()
    picture[land > 0] = 0.05
    scene = replace(scene, preview=picture, regions=regions)
    operator = find("cast_light")
    seen = overview(scene, land)
    assert operator.prepare(seen, operator.parameters({"strength": 0.0}), 1) is None
    ready = operator.prepare(seen, operator.parameters({"strength": 0.5}), 1)
    out = picture.copy()
    operator.apply(out, Window(0, 0, WIDTH, HEIGHT, WIDTH, HEIGHT), ready)
    more = out - picture
    row = int(0.6 * HEIGHT)
    assert more[row, WIDTH - 20, 1] > 1.5 * more[row, 20, 1] > 0
    assert more[row, WIDTH - 20].argmax() == 1
    assert np.abs(more[: int(0.4 * HEIGHT)]).max() < 1e-3


def test_trails_run_about_the_pole() -> None:
    sky = common.look_up(overview(sky_scene()))
    axis = star_trails.pole(sky, 0.5)
    x, y, _ = star_trails.trails(sky, axis, np.random.default_rng(1), 0.1, 0.4, HEIGHT / WIDTH)
    assert x.size > 1000
    away = np.degrees(np.arccos(sky.camera.directions(x, y) @ axis))
    assert len(np.unique(np.round(away, 2))) < 0.05 * x.size
