"""Weather: what holds for each operator, and that distance, mist, wet ground and particles are where they belong."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st
from numpy.typing import NDArray

import fluxroom
from fluxroom.operators import Operator, Overview, Window, all_operators, find
from fluxroom.operators.tables import luminance
from fluxroom.operators.weather import depth, overcast, particles, rain_shafts, tops, wet
from fluxroom.operators.weather.rain import streaks
from fluxroom.operators.weather.snowfall import flakes
from fluxroom.recipe import Adjustment, Recipe, Region, Value
from fluxroom.scene import Float, Guess, Horizon, Light, Scene

OPERATORS = [o for o in all_operators() if o.family == "weather"]
NAMES = [o.name for o in OPERATORS]
HEIGHT, WIDTH = 96, 144
HORIZON = 0.4


def regions(height: int, width: int) -> dict[str, Float]:
    """Sky over a far shore; a lake on the left, a road on the right, a house on the road's far end."""
    y, x = (np.mgrid[0:height, 0:width].astype(np.float32) + 0.5) / np.array([height, width], np.float32)[:, None, None]
    house = (abs(x - 0.8) < 0.08) & (y > 0.25) & (y < 0.6)
    sky = (y < HORIZON) & ~house
    return {
        "sky": sky.astype(np.float32),
        "building": house.astype(np.float32),
        "water": ((y >= HORIZON) & (x < 0.5)).astype(np.float32),
        "road": ((y >= HORIZON) & (x >= 0.5) & ~house).astype(np.float32),
    }


def picture(height: int = HEIGHT, width: int = WIDTH) -> Float:
    """Linear Rec.2020: a blue sky, dark water, a grey road, a red house, fine noise."""
    colours = {"sky": (0.35, 0.5, 0.8), "building": (0.3, 0.06, 0.04), "water": (0.02, 0.05, 0.07), "road": (0.2,) * 3}
    out = sum(m[..., None] * np.array(colours[n], np.float32) for n, m in regions(height, width).items())
    noise = np.random.default_rng(4).normal(0, 0.004, (height, width, 3))
    return np.clip(out + noise, 0, 1).astype(np.float32)


def overview(pixels: Float, seen: dict[str, Float] | None = None, day: str = "day") -> Overview:
    h, w = pixels.shape[:2]
    light = Light(0.3, 0.1, True, (1.0, 1.0, 1.0), 0.1, 30.0, 0.2, 1.0)
    found = regions(h, w) if seen is None else seen
    line = Horizon(HORIZON, HORIZON, 0.9)
    scene = Scene(w, h, pixels, found, {}, line, light, Guess(day, 1.0), Guess("clear", 1.0))
    return Overview(pixels, np.ones((h, w), np.float32), scene, np.zeros((h, w), np.float32))


def run(operator: Operator, given: dict[str, Value], pixels: Float, prepared: Any = None) -> Float:
    h, w = pixels.shape[:2]
    if prepared is None:
        prepared = operator.prepare(overview(pixels), operator.parameters(given), 5)
    out = pixels.copy()
    operator.apply(out, Window(0, 0, w, h, w, h), prepared)
    return out


def test_the_promised_operators_are_there_and_say_what_they_are() -> None:
    assert set(NAMES) == {
        "dust", "fog", "haze", "mist", "rain", "rain_shafts", "snow_cover", "snowfall", "wet_ground"
    }  # fmt: skip
    for operator in OPERATORS:
        assert operator.label.en
        assert operator.label.zh
        assert "Default" in operator.doc
        for p in operator.params:
            assert p.label.en
            assert p.label.zh


@pytest.mark.parametrize("name", NAMES)
def test_strength_zero_is_the_identity(name: str) -> None:
    pixels = picture()
    operator = find(name)
    assert operator.prepare(overview(pixels), operator.parameters({"strength": 0.0}), 5) is None
    assert (run(operator, {"strength": 0.0}, pixels) == pixels).all()


@pytest.mark.parametrize("name", NAMES)
def test_a_little_changes_little_and_more_changes_more(name: str) -> None:
    pixels = picture()
    change = [np.abs(run(find(name), {"strength": s}, pixels) - pixels).mean() for s in (1e-4, 0.25, 0.5, 1.0)]
    assert change[0] < 2e-3
    assert change == sorted(change)
    assert change[2] > 0.01


@pytest.mark.parametrize("name", NAMES)
def test_the_result_does_not_depend_on_tiles_or_threads(name: str) -> None:
    operator = find(name)
    pixels = picture()
    prepared = operator.prepare(overview(pixels), operator.parameters({"strength": 0.8}), 5)
    whole = run(operator, {}, pixels, prepared)

    def tile(place: tuple[int, int, int, int]) -> bool:
        y, x, h, w = place
        part = pixels[y : y + h, x : x + w].copy()
        operator.apply(part, Window(x, y, w, h, WIDTH, HEIGHT), prepared)
        return bool((part == whole[y : y + h, x : x + w]).all())

    places = [(0, 0, 13, 7), (13, 7, 29, 50), (41, 3, 19, 1), (95, 143, 1, 1), (0, 0, 96, 31), (60, 0, 36, 144)]
    with ThreadPoolExecutor(3) as pool:
        assert all(pool.map(tile, places * 2))


@pytest.mark.parametrize("name", NAMES)
def test_the_same_seed_gives_the_same_and_inputs_are_left_alone(name: str) -> None:
    pixels = picture()
    pixels.flags.writeable = False
    assert (run(find(name), {}, pixels) == run(find(name), {}, pixels)).all()


@pytest.mark.parametrize("name", NAMES)
def test_extreme_pixels_stay_finite(name: str) -> None:
    operator = find(name)
    colours = np.array(
        [[0, 0, 0], [1, 1, 1], [1, 0, 0], [0, 1, 0], [0, 0, 1], [-0.2, 0.3, 1.4], [1e-7, 0, 0], [-1, -1, -1],
         [8, 8, 8], [1e4, 0, -1e4], [1e-30, 1e-30, 1e-30], [0.18, 0.18, 0.18]], np.float32
    )  # fmt: skip
    wild = np.ascontiguousarray(np.repeat(colours[None], 9, axis=0))
    noise = np.random.default_rng(1).uniform(0, 1, (40, 60, 3)).astype(np.float32)
    for base in (wild, noise, np.zeros((12, 9, 3), np.float32), np.ones((9, 12, 3), np.float32), wild[:1, :1]):
        for seen in (None, {}, {"sky": np.ones(base.shape[:2], np.float32)}):
            prepared = operator.prepare(overview(np.ascontiguousarray(base), seen), operator.parameters({}), 5)
            assert np.isfinite(run(operator, {}, wild, prepared)).all()


@settings(max_examples=25, deadline=None)
@drawn(data=st.data(), name=st.sampled_from(["fog", "mist", "haze"]))
def test_a_veil_lies_between_the_picture_and_the_air(data: st.DataObject, name: str) -> None:
    """Fog mixes with one colour: it never leaves the span between the pixel and what fog there can look like."""
    strength = data.draw(st.floats(0.05, 1.0))
    pixels = picture(48, 72)
    out = run(find(name), {"strength": strength}, pixels)
    assert out.min() >= min(0.0, float(pixels.min()))
    assert out.max() <= max(0.9, float(pixels.max()))


@pytest.mark.parametrize("name", ["fog", "haze"])
def test_what_is_far_goes_under_first(name: str) -> None:
    """Of the road's fine noise the more is left the nearer it is."""
    pixels = picture()
    out = run(find(name), {"strength": 0.5}, pixels)

    def grain(of: Float, rows: slice) -> float:
        return float(np.diff(luminance(of)[rows, 75:95], axis=1).std())

    kept = [grain(out, rows) / grain(pixels, rows) for rows in (slice(86, 96), slice(56, 66), slice(41, 46))]
    assert kept == sorted(kept, reverse=True)
    assert kept[0] > 0.75
    assert kept[2] < 0.9 * kept[0]


def test_what_stands_is_as_far_as_its_foot() -> None:
    scene = overview(picture()).scene
    logs, _ = depth.log_distance(scene, WIDTH, HEIGHT)
    house = logs[30:55, 110:120]
    assert np.ptp(house) < 0.4
    assert abs(float(house.mean()) - float(logs[60, 112])) < 0.4
    assert float(logs[20, 60]) > float(house.mean()) + 1
    road = logs[45:95, 80]
    assert (np.diff(road) <= 1e-5).all()


def test_mist_lies_on_the_water_and_thins_out_above() -> None:
    pixels = picture()
    change = luminance(np.abs(run(find("mist"), {"strength": 0.6}, pixels) - pixels))
    line = change[40:46, 10:60].mean()
    assert line > 3 * change[:12, 10:60].mean()
    assert line > 3 * change[88:, 10:60].mean()
    assert line > 1.5 * change[40:46, 125:].mean()


def test_no_fog_is_brighter_than_its_sky_at_night() -> None:
    pixels = picture() * 0.02
    out = find("fog")
    prepared = out.prepare(overview(pixels, day="night"), out.parameters({"strength": 1.0}), 1)
    assert luminance(run(out, {}, pixels, prepared)).max() < 0.05


def test_wet_roads_are_darker_near_and_mirror_far() -> None:
    pixels = picture()
    w = wet.wet(overview(pixels), 1.0, np.full((4, 4, 3), 0.4, np.float32), 3)
    dark, mirror = w.planes[0], luminance(np.ascontiguousarray(w.planes[2:].transpose(1, 2, 0)))
    assert dark[90, 80:100].mean() > 0.3
    assert mirror[42:46, 80:100].mean() > 2 * mirror[86:, 80:100].mean()
    assert dark[:30].max() < 0.15
    assert mirror[:30].max() < 1e-3
    # Under the house its red shows in the road.
    foot = w.planes[2:, 60:66, 108:122].mean((1, 2))
    assert foot[0] > 2 * foot[2]


def test_particles_are_the_same_picture_at_any_size() -> None:
    table = flakes(0.7, 1.0, 0.3, 8)
    means = []
    for scale in (1, 2, 4):
        w, h = 300 * scale, 200 * scale
        tile = np.zeros((h, w, 3), np.float32)
        particles.draw(tile, Window(0, 0, w, h, w, h), particles.Particles(table, (1.0, 1.0, 1.0)))
        means.append(float(tile.mean(dtype=np.float64)))
    assert max(means) < 1.35 * min(means)
    assert 0.002 < means[-1] < 0.15


def test_streaks_are_faint_lean_with_the_wind_and_vanish_before_the_sky() -> None:
    left, right = streaks(0.5, -1.0, 3), streaks(0.5, 1.0, 3)
    assert (left[:, 2].mean() > 0) != (right[:, 2].mean() > 0)
    assert left[:, 5].max() < 0.45
    tile = np.full((200, 300, 3), 0.5, np.float32)
    particles.draw(tile, Window(0, 0, 300, 200, 300, 200), particles.Particles(right, (0.5, 0.5, 0.5)))
    assert np.abs(tile - 0.5).max() < 1e-6


def test_low_fog_leaves_the_sky_alone_and_high_fog_does_not() -> None:
    pixels = picture()
    low = np.abs(run(find("fog"), {"strength": 0.6, "height": 0.1}, pixels) - pixels)[:12].mean()
    high = np.abs(run(find("fog"), {"strength": 0.6, "height": 1.0}, pixels) - pixels)[:12].mean()
    assert low < 0.1 * high


def test_a_closed_sky_draws_sun_and_shade_together() -> None:
    pixels = picture()
    pixels[60:, 75:110] *= 2.5
    pixels[60:, 110:] *= 0.3
    planned = overcast.dull(overview(pixels), 1.0, 1.0)
    out = pixels.copy()
    overcast.cover(out, Window(0, 0, WIDTH, HEIGHT, WIDTH, HEIGHT), planned)

    def span(of: Float) -> float:
        y = luminance(of)
        return float(y[70:90, 85:100].mean() / y[70:90, 120:135].mean())

    assert span(out) < 0.7 * span(pixels)


def test_shadows_cast_on_a_road_are_filled_in_rain_and_what_is_pale_stays() -> None:
    pixels = picture()
    pixels[75:80, 80:120] *= 0.4
    even = regions(HEIGHT, WIDTH)["road"]
    out = pixels.copy()
    planned = overcast.dull(overview(pixels), 1.0, 1.0, closed=1.0, even=even)
    overcast.cover(out, Window(0, 0, WIDTH, HEIGHT, WIDTH, HEIGHT), planned)

    def depth_of(of: Float) -> float:
        y = luminance(of)
        return float(np.log2(y[66:70, 90:110].mean() / y[76:79, 90:110].mean()))

    assert depth_of(out) < 0.5 * depth_of(pixels)


def test_water_goes_grey_with_a_closed_sky_and_evening_light_is_taken_back() -> None:
    pixels = picture()
    pixels[70:, 80:110] = (0.5, 0.34, 0.18)
    out = pixels.copy()
    planned = overcast.dull(overview(pixels), 1.0, 1.0, closed=1.0)
    overcast.cover(out, Window(0, 0, WIDTH, HEIGHT, WIDTH, HEIGHT), planned)

    def colour(of: Float, place: tuple[slice, slice]) -> float:
        mean = of[place].mean((0, 1))
        return float(np.ptp(mean) / mean.mean())

    water, lit = (slice(60, 90), slice(5, 60)), (slice(75, 90), slice(85, 105))
    assert colour(out, water) < 0.5 * colour(pixels, water)
    assert colour(out, lit) < 0.6 * colour(pixels, lit)


def test_wet_roads_mirror_a_car_over_the_shadow_at_its_foot() -> None:
    pixels = picture()
    seen = regions(HEIGHT, WIDTH)
    car = np.zeros((HEIGHT, WIDTH), np.float32)
    car[62:70, 90:100] = 1
    shade = np.zeros_like(car)
    shade[70:72, 90:100] = 1
    seen["road"] = seen["road"] * (1 - car - shade)
    seen["object"] = car
    pixels[62:70, 90:100] = (0.6, 0.05, 0.05)
    pixels[70:72, 90:100] = 0.01
    w = wet.wet(overview(pixels, seen), 1.0, np.full((4, 4, 3), 0.4, np.float32), 3)
    foot, beside = w.planes[2:, 73:77, 92:98].mean((1, 2)), w.planes[2:, 73:77, 82:86].mean((1, 2))
    assert foot[0] / foot[2] > 1.5 * beside[0] / beside[2]


def test_snow_over_calm_water_shows_in_its_mirror() -> None:
    pixels = picture()
    seen = regions(HEIGHT, WIDTH)
    rock = np.zeros((HEIGHT, WIDTH), np.float32)
    rock[44:52, 20:40] = 1
    seen["rock"], seen["sky"], seen["water"] = rock, seen["sky"] * (1 - rock), seen["water"] * (1 - rock)
    pixels[44:52, 20:40] = 0.12
    planes = find("snow_cover").prepare(overview(pixels, seen), {"strength": 1.0}, 5).planes
    assert np.isfinite(planes).all()
    assert planes[2, 44:46, 25:35].mean() > 0.5
    assert planes[2, 55:60, 24:36].max() > 0.08
    assert planes[2, 60:, :15].max() < 1e-3


def test_rocks_face_up_under_their_outline() -> None:
    rock = np.zeros((90, 120), np.float32)
    rock[30:70, 40:80] = 1
    top = tops.rock_tops(np.full((90, 120, 3), 0.4, np.float32), rock, np.zeros((90, 120), np.float32)).up
    assert top[31, 50:70].min() > 0.6
    assert top[50:, 50:70].max() < 0.05
    assert top[:25].max() < 1e-6


def test_roofs_have_the_colour_under_the_sky_and_plain_houses_none() -> None:
    house = np.zeros((90, 120), np.float32)
    house[30:80, 40:80] = 1
    sky = 1 - house
    sky[80:] = 0
    guide = np.full((90, 120, 3), 0.7, np.float32)
    guide[30:80, 40:80] = (0.5, 0.2, 0.2)
    assert tops.roofs(guide, house, sky).max() < 1e-6
    guide[30:44, 40:80] = (0.6, 0.6, 0.5)
    found = tops.roofs(guide, house, sky)
    assert found[33:41, 45:75].min() > 0.8
    assert found[50:, 45:75].max() < 0.05


def test_lamps_run_down_wet_roads() -> None:
    pixels = picture()
    pixels[52:54, 114:116] = (1.0, 0.8, 0.4)
    above = np.full((4, 4, 3), 0.1, np.float32)
    shone = wet.wet(overview(pixels), 1.0, above, 3).planes[2:] - wet.wet(overview(picture()), 1.0, above, 3).planes[2:]
    assert shone[0, 60:66, 113:117].max() > 0.02
    assert np.abs(shone[0, 60:, :60]).max() < 0.01


def test_dust_is_ochre_and_grey_on_a_grey_photo() -> None:
    pixels = picture()
    out = run(find("dust"), {"strength": 1.0}, pixels)[:30, :100].mean((0, 1))
    assert out[0] > 1.3 * out[2]
    grey = np.repeat(luminance(pixels)[..., None], 3, axis=-1)
    out = run(find("dust"), {"strength": 1.0}, grey)
    assert np.abs(out - out.mean(-1, keepdims=True)).max() < 0.02


def test_shafts_hang_from_the_sky_and_lean_with_the_wind() -> None:
    pixels = picture()
    change = np.abs(run(find("rain_shafts"), {"strength": 1.0}, pixels) - pixels).max(-1)
    assert change[15:38, :100].max() > 0.05
    assert change[60:].max() < 1e-3
    left, right = (rain_shafts.shafts(0.8, 200, 160, wind, 4) for wind in (-1.0, 1.0))
    assert left[:20].max() < 0.3
    x = np.arange(200)[None]

    def foot_from_top(of: Float) -> float:
        return float((of[118:124] * x).sum() / of[118:124].sum() - (of[40:50] * x).sum() / of[40:50].sum())

    assert foot_from_top(right) > foot_from_top(left) + 5


def test_rain_dulls_and_darkens() -> None:
    pixels = picture()
    out = run(find("rain"), {"strength": 0.8}, pixels)
    assert luminance(out)[60:, 80:].mean() < luminance(pixels)[60:, 80:].mean()
    sky = out[:20, :60].mean((0, 1))
    assert np.ptp(sky / sky.mean()) < 0.6 * np.ptp(np.array([0.35, 0.5, 0.8]) / 0.55)


def test_snow_lies_on_the_ground_and_not_on_walls_or_water() -> None:
    pixels = picture()
    out = run(find("snow_cover"), {"strength": 1.0}, pixels)
    assert luminance(out)[70:, 80:].mean() > 2 * luminance(pixels)[70:, 80:].mean()
    assert np.abs(out - pixels)[30:54, 109:121].max() < 1e-6
    assert np.abs(out - pixels)[60:, :60].max() < 1e-6


def test_snow_is_brighter_where_the_ground_faced_up_and_blue_in_the_shade() -> None:
    pixels = picture()
    pixels[70:, 110:] *= 0.25
    out = run(find("snow_cover"), {"strength": 1.0}, pixels)
    lit, shade = out[75:, 80:100].mean((0, 1)), out[75:, 120:140].mean((0, 1))
    assert lit.mean() > 1.3 * shade.mean()
    assert shade[2] / shade[0] > lit[2] / lit[0]


def test_snow_says_that_it_leaves_roofs_bare() -> None:
    operator = find("snow_cover")
    assert operator.advise(overview(picture()), operator.parameters({}))
    assert not operator.advise(overview(picture()), operator.parameters({"strength": 0.0}))


@pytest.mark.parametrize("depth_of_file", [np.uint8, np.uint16])
def test_what_is_kept_stays_and_the_file_keeps_its_depth(tmp_path: Path, depth_of_file: type) -> None:
    top = np.iinfo(depth_of_file).max
    codes: NDArray[Any] = (np.sqrt(picture(120, 180)) * top).astype(depth_of_file)
    path = tmp_path / "photo.png"
    cv2.imwrite(str(path), codes[..., ::-1])
    photo = fluxroom.open(path, library=None)
    recipe = Recipe((Adjustment("rain"), Adjustment("mist")), keep=Region("box(0 0 0.5 1)"))
    photo.render(recipe).save(tmp_path / "out.png")
    out = cv2.imread(str(tmp_path / "out.png"), cv2.IMREAD_UNCHANGED)
    assert out is not None
    assert out.dtype == depth_of_file
    assert (out[:, :85, ::-1] == codes[:, :85]).all()
    assert (out[..., ::-1] != codes).any()
