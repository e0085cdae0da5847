"""Sky operators: neutral at zero, the same for any tiling, finite, monotone, and lit from the sun's side."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from fluxroom.operators.declare import Overview, Window, find
from fluxroom.operators.sky import CLOUD_DRAMA, CLOUDS, LIGHT_SHAFTS, RELIGHT, SUN_GLOW
from fluxroom.operators.sky.cloud_room import afterglow, lowered
from fluxroom.scene import Float, Guess, Horizon, Light, Scene
from fluxroom.sky import grain

LUMA = np.array([0.2627, 0.6780, 0.0593], np.float32)
ALL = ["cloud_drama", "clouds", "sun_glow", "light_shafts", "relight"]
WIDTH, HEIGHT = 192, 128
FOOT = 0.72
NEUTRAL = {"cloud_drama": "strength", "clouds": "density", "sun_glow": "strength", "light_shafts": "strength"}
NEUTRAL["relight"] = "strength"


def dusk(sun: tuple[float, float] = (0.7, 0.6), grey: bool = False, visible: bool = True) -> Scene:
    """A gradient sky with soft banks over dark land."""
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    ny, nx = (y + 0.5) / HEIGHT, (x + 0.5) / WIDTH
    base = 0.12 + 0.35 * np.clip(ny / FOOT, 0, 1) ** 2
    banks = 1 + 0.35 * np.sin(nx * 19 + 3 * np.sin(ny * 23)) * np.sin(ny * 31)
    luminance = base * banks
    color = np.stack([0.8 + 0.6 * ny, np.full_like(ny, 0.95), 1.5 - 0.9 * ny], -1)
    if grey:
        color = np.ones_like(color)
    picture = (luminance[..., None] * color).astype(np.float32)
    sky = (ny < FOOT).astype(np.float32)
    picture[sky == 0] = (0.03, 0.035, 0.02) if not grey else 0.03
    none = np.zeros_like(sky)
    regions = {"sky": sky, "clouds": none, "water": none, "ground": 1 - sky, "vegetation": none}
    light = Light(sun[0], sun[1], visible, (1.4, 1.0, 0.6), 0.6, 6.0, 0.2, 0.8)
    if grey:
        light = replace(light, color=(1.0, 1.0, 1.0), warmth=0.0)
    guess = Guess("golden_hour", 0.8, {"golden_hour": 0.8})
    sure = dict.fromkeys(regions, 0.9)
    horizon = Horizon(FOOT, FOOT, 0.9)
    return Scene(WIDTH, HEIGHT, picture, regions, sure, horizon, light, guess, Guess("clear", 0.8))


def run(
    name: str,
    scene: Scene,
    seed: int = 5,
    tile: int | None = None,
    picture: Float | None = None,
    **given: float | str,
) -> Float:
    operator = find(name)
    parameters = operator.parameters(given)
    now = scene.preview if picture is None else picture
    mask = scene.regions["sky"] if operator.region == "sky" else np.ones((HEIGHT, WIDTH), np.float32)
    overview = Overview(now, mask, scene, np.zeros_like(mask))
    prepared = operator.prepare(overview, parameters, seed)
    halo = operator.halo(parameters, WIDTH)
    size = tile or 10_000
    out = np.empty_like(now)
    for y in range(0, HEIGHT, size):
        for x in range(0, WIDTH, size):
            y1, x1 = min(HEIGHT, y + size), min(WIDTH, x + size)
            ya, xa = max(0, y - halo), max(0, x - halo)
            yb, xb = min(HEIGHT, y1 + halo), min(WIDTH, x1 + halo)
            piece = now[ya:yb, xa:xb].copy()
            operator.apply(piece, Window(xa, ya, xb - xa, yb - ya, WIDTH, HEIGHT), prepared)
            out[y:y1, x:x1] = piece[y - ya : y1 - ya, x - xa : x1 - xa]
    return out


def test_all_five_are_registered_with_labels_in_both_languages() -> None:
    for operator in (CLOUD_DRAMA, CLOUDS, SUN_GLOW, LIGHT_SHAFTS, RELIGHT):
        assert find(operator.name) is operator
        assert operator.label.en
        assert operator.label.zh
        assert operator.doc
        for param in operator.params:
            assert param.label.en
            assert param.label.zh
            assert param.check(operator.name, param.default) == param.default


@pytest.mark.parametrize("name", ALL)
def test_neutral_value_changes_nothing(name: str) -> None:
    scene = dusk()
    darker = scene.preview * np.float32(0.7)
    out = run(name, scene, picture=darker, **{NEUTRAL[name]: 0.0})
    np.testing.assert_array_equal(out, darker)


def test_no_coverage_changes_nothing() -> None:
    scene = dusk()
    np.testing.assert_array_equal(run("clouds", scene, coverage=0.0), scene.preview)


@pytest.mark.parametrize("name", ALL)
def test_same_bytes_again_and_for_any_tile(name: str) -> None:
    scene = dusk()
    darker = scene.preview * np.float32(0.8)
    whole = run(name, scene, picture=darker)
    assert not np.array_equal(whole, darker)
    np.testing.assert_array_equal(whole, run(name, scene, picture=darker))
    for tile in (37, 64):
        np.testing.assert_array_equal(whole, run(name, scene, tile=tile, picture=darker))


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("level", [0.0, 1.0, 3.0, -0.2])
def test_finite_on_flat_pictures(name: str, level: float) -> None:
    scene = dusk()
    flat = np.full_like(scene.preview, level)
    out = run(name, replace(scene, preview=flat))
    assert np.isfinite(out).all()
    assert float(np.abs(out).max()) < 8.0


@pytest.mark.parametrize("kind", ["broken", "cumulus", "altocumulus", "stratocumulus", "cirrus", "storm"])
def test_every_kind_covers_part_of_the_sky_and_more_with_coverage(kind: str) -> None:
    scene = dusk()
    shares, light = [], []
    for coverage in (0.2, 0.5, 0.9):
        out = run("clouds", scene, kind=kind, coverage=coverage)
        assert np.isfinite(out).all()
        changed = np.abs(out - scene.preview).max(-1) > 0.01
        shares.append(float(changed[: int(FOOT * HEIGHT)].mean()))
        light.append(float((out @ LUMA)[: int(FOOT * HEIGHT)].mean()))
    assert shares[2] > 0.5
    if kind == "storm":  # it tones what lies between its clouds as well: all of the sky
        before = float((scene.preview @ LUMA)[: int(FOOT * HEIGHT)].mean())
        assert before > light[0] > light[1]
        assert light[2] < 0.7 * before
    else:
        assert shares[0] < shares[1] < shares[2]


def test_seeds_give_other_formations() -> None:
    scene = dusk()
    assert not np.allclose(run("clouds", scene, seed=1), run("clouds", scene, seed=2))


@pytest.mark.parametrize("name", ["cloud_drama", "sun_glow", "light_shafts", "relight"])
def test_more_strength_is_more_change(name: str) -> None:
    scene = dusk()
    darker = scene.preview * np.float32(0.7)
    change = [float(np.abs(run(name, scene, picture=darker, strength=s) - darker).mean()) for s in (0.1, 0.3, 0.6, 1.0)]
    assert change == sorted(change)
    assert change[0] > 0


def test_drama_raises_local_contrast_and_leaves_smooth_sky_smooth() -> None:
    scene = dusk()
    rows = slice(8, int(FOOT * HEIGHT) - 8)
    out = run("cloud_drama", scene, strength=0.8)

    def spread(p: Float) -> float:
        log = np.log2(p[rows] @ LUMA)
        return float((log - log.mean(1, keepdims=True)).std())

    assert spread(out) > 1.15 * spread(scene.preview)

    y = (np.arange(HEIGHT, dtype=np.float32) + 0.5) / HEIGHT
    rng = np.random.default_rng(3)
    noise = 1 + 0.01 * rng.standard_normal((HEIGHT, WIDTH, 1)).astype(np.float32)
    smooth = (np.repeat((0.1 + 0.3 * y)[:, None, None], WIDTH, 1) * np.array([0.7, 0.9, 1.3], np.float32)) * noise
    smooth = smooth.astype(np.float32)
    after = run("cloud_drama", replace(scene, preview=smooth), strength=0.8)

    def grain(p: Float) -> float:
        return float(np.diff(np.log2(p[rows] @ LUMA), axis=1).std())

    assert grain(after) < 1.25 * grain(smooth)


def test_drama_does_not_see_the_land() -> None:
    """The sky just above dark land changes as if there were bright land: no halo along the ridge."""
    scene = dusk()
    foot = int(FOOT * HEIGHT)
    bright = scene.preview.copy()
    bright[foot:] = 0.9
    a = run("cloud_drama", scene, strength=1.0)[: foot - 1]
    b = run("cloud_drama", scene, picture=bright, strength=1.0)[: foot - 1]
    np.testing.assert_allclose(a, b, rtol=0.02, atol=2e-3)


def test_no_colour_of_ours_on_a_monochrome_photo() -> None:
    scene = dusk(grey=True)
    for name in ("clouds", "sun_glow", "light_shafts", "cloud_drama"):
        out = run(name, scene)
        assert float((out.max(-1) - out.min(-1)).max()) < 2e-3, name


@pytest.mark.parametrize("side", [0.15, 0.85])
def test_clouds_are_brighter_toward_the_sun(side: float) -> None:
    scene = dusk(sun=(side, 0.6))
    left, right = [], []
    for seed in range(4):
        out = run("clouds", scene, seed=seed, coverage=0.7) @ LUMA
        gain = np.maximum(0, out - scene.preview @ LUMA)[: int(FOOT * HEIGHT)]
        left.append(gain[:, : WIDTH // 3].mean())
        right.append(gain[:, -WIDTH // 3 :].mean())
    toward, away = (left, right) if side < 0.5 else (right, left)
    assert np.mean(toward) > 1.3 * np.mean(away)


def test_glow_falls_with_distance_and_shafts_keep_blacks() -> None:
    scene = dusk(sun=(0.5, 0.5))
    gain = (run("sun_glow", scene, strength=0.8) - scene.preview) @ LUMA
    row = gain[HEIGHT // 2]
    assert row[WIDTH // 2] > row[WIDTH // 2 + 40] > row[-1] >= 0
    out = run("light_shafts", scene, strength=1.0)
    land = slice(int(0.9 * HEIGHT), HEIGHT)
    assert float((out[land] @ LUMA).mean()) < 1.15 * float((scene.preview[land] @ LUMA).mean())


def test_relight_follows_the_sky() -> None:
    scene = dusk()
    land = slice(int(FOOT * HEIGHT) + 2, HEIGHT)

    def level(factor: float) -> float:
        now = scene.preview.copy()
        now[: int(FOOT * HEIGHT)] *= np.float32(factor)
        return float((run("relight", scene, picture=now) @ LUMA)[land].mean())

    assert level(0.4) < level(0.7) < level(1.0)
    assert level(0.4) > 0.5 * level(1.0)


def bare(width: int, height: int, left: float, right: float, sky: float | None) -> Scene:
    """A scene of any size with little in it."""
    picture = np.full((height, width, 3), 0.4, np.float32)
    regions = {} if sky is None else {"sky": np.full((height, width), sky, np.float32)}
    light = Light(1.4, -0.8, False, (1.0, 1.0, 1.0), 0.0, 50.0, 0.8, 0.1)
    guess = Guess("day", 0.5)
    return Scene(width, height, picture, regions, {}, Horizon(left, right, 0.1), light, guess, guess)


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize(
    ("width", "height", "left", "right", "sky"),
    [
        (1, 1, 0.5, 0.5, 1.0),
        (3, 90, -2.0, -2.0, 1.0),
        (90, 3, 4.0, 3.0, 1.0),
        (40, 30, 0.2, 0.9, 0.0),
        (40, 30, 1, 1, None),
    ],
)
def test_odd_pictures_come_through(
    name: str, width: int, height: int, left: float, right: float, sky: float | None
) -> None:
    scene = bare(width, height, left, right, sky)
    operator = find(name)
    mask = np.full((height, width), 1.0 if sky is None else sky, np.float32)
    overview = Overview(scene.preview, mask, scene, np.zeros_like(mask))
    prepared = operator.prepare(overview, operator.parameters({}), 9)
    out = scene.preview.copy()
    operator.apply(out, Window(0, 0, width, height, width, height), prepared)
    assert np.isfinite(out).all()


def test_bright_heads_of_clouds_already_there_stay_in_front() -> None:
    scene = dusk()
    day = replace(
        scene, time_of_day=Guess("day", 1.0, {"day": 1.0}), light=replace(scene.light, warmth=0.0, x=0.5, y=-1)
    )
    head = np.zeros((HEIGHT, WIDTH), np.float32)
    head[30:60, 60:110] = 1
    picture = day.preview.copy()
    picture[head > 0] = 0.95
    with_head = replace(day, preview=picture, regions={**day.regions, "clouds": head})
    inside = np.s_[36:54, 68:102]
    kept = np.abs(run("clouds", with_head, coverage=0.9)[inside] - picture[inside]).mean()
    hidden = np.abs(run("clouds", replace(day, preview=picture), coverage=0.9)[inside] - picture[inside]).mean()
    assert kept < 0.5 * hidden


def blue_day() -> Scene:
    """A pale blue sky with a few white clouds over land, the sun high out of the frame."""
    scene = dusk(sun=(0.5, -0.6), visible=False)
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    cloud = np.clip(np.sin(x * 0.12) * np.sin(y * 0.17) * 3 - 1.6, 0, 1)
    blue = np.array([0.19, 0.25, 0.33], np.float32)
    picture = blue + cloud[..., None] * (np.array([0.36, 0.36, 0.35], np.float32) - blue)
    picture[scene.regions["sky"] == 0] = (0.05, 0.06, 0.03)
    light = replace(scene.light, warmth=0.0, color=(1.0, 1.0, 1.0), elevation=45.0, confidence=0.4)
    day = Guess("day", 0.9, {"day": 0.9})
    return replace(
        scene,
        preview=np.ascontiguousarray(picture, np.float32),
        regions={**scene.regions, "clouds": (cloud * scene.regions["sky"]).astype(np.float32)},
        light=light,
        time_of_day=day,
    )


def test_drama_deepens_blue_and_parts_clouds_from_it() -> None:
    scene = blue_day()
    out = run("cloud_drama", scene, strength=0.75)
    top = np.zeros((HEIGHT, WIDTH), bool)
    top[6 : int(0.5 * HEIGHT)] = True
    clouds = scene.regions["clouds"]
    clear, white = top & (clouds == 0), top & (clouds > 0.9)

    def cold(p: Float) -> float:
        mean = p[clear].mean(0)
        return float((mean[2] - mean[0]) / (mean @ LUMA))

    assert cold(out) > 1.15 * cold(scene.preview)
    assert float((out[clear] @ LUMA).mean()) < 0.8 * float((scene.preview[clear] @ LUMA).mean())
    before = float((scene.preview[white] @ LUMA).mean() / (scene.preview[clear] @ LUMA).mean())
    after = float((out[white] @ LUMA).mean() / (out[clear] @ LUMA).mean())
    assert after > 1.25 * before
    assert float(out[clear].min()) > 0.02


def test_after_sunset_the_light_of_clouds_comes_from_below() -> None:
    noon = blue_day()
    late = replace(
        noon,
        time_of_day=Guess("dusk", 0.9, {"dusk": 0.9}),
        light=replace(noon.light, x=0.5, y=FOOT - 0.01, elevation=0.5, warmth=0.3),
        regions={**noon.regions, "clouds": np.zeros((HEIGHT, WIDTH), np.float32)},
    )
    assert afterglow(late) == 1.0
    assert afterglow(noon) == 0.0
    x, y, z = lowered((0.0, 0.1, 0.995), 1.0)
    assert y < 0 < z
    assert x * x + y * y + z * z == pytest.approx(1.0)


def test_new_clouds_leave_the_light_of_the_sky_open() -> None:
    """Where the sky is far brighter than elsewhere there are fewer clouds."""
    scene = blue_day()
    x = (np.arange(WIDTH, dtype=np.float32) + 0.5) / WIDTH
    glow = (1 + 4 * np.exp(-(((x - 0.8) / 0.12) ** 2)))[None, :, None]
    picture = (np.array([0.10, 0.12, 0.15], np.float32) * glow * scene.regions["sky"][..., None]).astype(np.float32)
    bright = replace(scene, preview=picture, regions={"sky": scene.regions["sky"]})
    near, far = [], []
    for seed in range(5):
        out = run("clouds", bright, seed=seed, coverage=0.5)
        changed = (np.abs(out - picture).max(-1) > 0.02)[: int(0.9 * FOOT * HEIGHT)]
        near.append(changed[:, int(0.72 * WIDTH) : int(0.88 * WIDTH)].mean())
        far.append(changed[:, int(0.2 * WIDTH) : int(0.5 * WIDTH)].mean())
    assert np.mean(near) < 0.75 * np.mean(far)


def test_a_storm_over_clouds_keeps_their_forms_and_deepens_them() -> None:
    scene = blue_day()
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    forms = 0.25 * 2 ** (0.6 * np.sin(x * 0.13) * np.sin(y * 0.17))
    picture = (forms[..., None] * np.ones(3)).astype(np.float32)
    full = replace(scene, preview=picture, regions={**scene.regions, "clouds": scene.regions["sky"]})
    out = run("clouds", full, kind="storm", coverage=0.9)
    sky = np.s_[4 : int(0.8 * FOOT * HEIGHT)]
    before, after = np.log2(picture[sky] @ LUMA).ravel(), np.log2(out[sky] @ LUMA).ravel()
    assert float(np.corrcoef(before, after)[0, 1]) > 0.9
    assert after.mean() < before.mean() - 0.4
    assert after.std() > 1.1 * before.std()


@pytest.mark.parametrize("sigma", [1.0, 2.5])
def test_the_grain_of_the_sky_is_measured_by_frequency(sigma: float) -> None:
    rng = np.random.default_rng(5)
    noise = cv2.GaussianBlur(rng.standard_normal((200, 300, 3)).astype(np.float32), (0, 0), sigma)
    noise *= 0.02 / noise.std()
    level = np.linspace(0.2, 0.4, 200, dtype=np.float32)[:, None, None]
    pixels = (level * np.exp(noise)).astype(np.float32)
    seen = grain.measure(pixels, np.ones((200, 300), np.float32), 1)
    np.testing.assert_array_equal(seen.tile, grain.measure(pixels, np.ones((200, 300), np.float32), 1).tile)

    def fine(p: Float) -> float:
        return float((np.diff(p, axis=1)[:-1] ** 2).mean() + (np.diff(p, axis=0)[:, :-1] ** 2).mean())

    log = np.log(pixels) - cv2.GaussianBlur(np.log(pixels), (0, 0), grain.SLOW)
    assert float(seen.tile.std()) == pytest.approx(float(log.std()), rel=0.25)
    assert fine(seen.tile) == pytest.approx(fine(log), rel=0.35)
    assert 0.15 < seen.level < 0.45


def test_no_grain_is_made_up() -> None:
    smooth = np.full((200, 300, 3), 0.3, np.float32)
    assert float(np.abs(grain.measure(smooth, np.ones((200, 300), np.float32), 1).tile).max()) < 1e-5
    assert not grain.measure(smooth, np.zeros((200, 300), np.float32), 1).tile.any()


def test_a_storm_tones_the_whole_sky() -> None:
    scene = blue_day()
    plain = replace(scene, regions={"sky": scene.regions["sky"]})
    sky = np.s_[: int(0.65 * HEIGHT)]
    for seed in range(3):
        out = run("clouds", plain, kind="storm", seed=seed)
        ratio = (out[sky] @ LUMA) / (plain.preview[sky] @ LUMA)
        assert float(np.percentile(ratio, 80)) < 1.0
        # Dark down to the horizon, without an edge, and paler there.
        assert 0.35 < float(ratio[int(0.6 * HEIGHT) :].mean()) < 0.9


def test_shade_of_clouds_in_the_blue_hour_is_blue() -> None:
    scene = blue_day()
    sky = scene.regions["sky"] > 0
    deep = scene.preview.copy()
    deep[sky] = (0.02, 0.12, 0.33)
    guess = Guess("blue_hour", 0.5, {"day": 0.6, "blue_hour": 0.3})
    late = replace(
        scene, preview=deep, time_of_day=guess, regions={**scene.regions, "clouds": np.zeros_like(deep[..., 0])}
    )
    out = run("clouds", late, coverage=0.8)
    changed = sky & (np.abs(out - deep).max(-1) > 0.02)
    mean = out[changed].mean(0)
    assert changed.mean() > 0.1
    assert mean[2] > 1.3 * mean[1] > 1.3 * mean[0]


def test_drama_leaves_no_dome_where_the_sun_was_guessed_wrongly() -> None:
    y = np.full((HEIGHT, WIDTH), 0.25, np.float32)
    scene = replace(dusk(visible=False), preview=y[..., None] * np.array([0.6, 1.0, 1.6], np.float32))
    out = run("cloud_drama", scene, strength=0.9)[8 : int(FOOT * HEIGHT) - 8] @ LUMA
    assert float((out.max(1) / out.min(1)).max()) < 1.02


@pytest.mark.parametrize("kind", ["cumulus", "heavy", "cirrus"])
def test_a_photo_and_a_small_copy_get_the_same_clouds(kind: str) -> None:
    scene = dusk()
    large = replace(scene, width=2 * WIDTH, height=2 * HEIGHT)
    sky = scene.regions["sky"]
    operator = find("clouds")
    parameters = operator.parameters({"kind": kind})

    def drawn(of: Scene, factor: int) -> Float:
        prepared = operator.prepare(Overview(of.preview, sky, of, np.zeros_like(sky)), parameters, 5)
        size = (factor * WIDTH, factor * HEIGHT)
        out = np.asarray(cv2.resize(of.preview, size, interpolation=cv2.INTER_LINEAR), np.float32)
        before = out @ LUMA
        width, height = size
        operator.apply(out, Window(0, 0, width, height, width, height), prepared)
        change = np.asarray(out @ LUMA - before, np.float32)
        return np.asarray(cv2.resize(change, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA), np.float32)

    a, b = (d[: int(0.9 * FOOT * HEIGHT)].ravel() for d in (drawn(scene, 1), drawn(large, 2)))
    assert float(np.corrcoef(a, b)[0, 1]) > 0.9
