"""Sun consistency: on rendered scenes whose sun is known, shafts point to it, the glow is brightest at it, light falls
from its side; on photos with a sun in them, shafts meet where perception found it."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from fluxroom.operators.declare import Overview, Window, find
from fluxroom.recipe import Value
from fluxroom.scene import Float, Guess, Horizon, Light, Scene

LUMA = np.array([0.2627, 0.6780, 0.0593], np.float32)
HEIGHT, WIDTH = 300, 450
LINE = 150
Y, X = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
INSIDE = ((0.5, 0.3), (0.22, 0.42), (0.8, 0.15))
OUTSIDE = ((1.15, 0.1), (-0.12, 0.25), (0.5, -0.3), (0.3, -0.8))
DATA = Path(os.environ.get("FLUXROOM_DATA", "data"))
"""The folder of photos for development; without it those tests skip."""
WITH_SUN = ("photos/20_skye_valley_sunset.jpg", "pool/009.jpg", "pool/116.jpg")


def rendered(sun: tuple[float, float]) -> Scene:
    """Broken clouds lit by the sun's glow over a jagged, nearly black land."""
    rng = np.random.default_rng(7)
    noise = sum(
        w * cv2.GaussianBlur(rng.standard_normal((HEIGHT, WIDTH)).astype(np.float32), (0, 0), s) * s
        for w, s in ((1.0, 18.0), (0.7, 8.0), (0.4, 4.0))
    )
    clouds = np.clip(0.5 + noise / float(np.std(noise)) * 0.5, 0, 1).astype(np.float32)
    glow = np.exp(-np.hypot(X - sun[0] * WIDTH, Y - sun[1] * HEIGHT) / 160)
    light = (0.25 + 0.6 * glow) * (1 - 0.75 * clouds)
    ridge = LINE + 18 * np.sin(X / 31) + 9 * np.sin(X / 11)
    sky = (ridge > Y).astype(np.float32)
    light = np.where(sky > 0, light, 0.003)
    picture = (light[..., None] * np.array([1.0, 1.0, 1.05])).astype(np.float32)
    none = np.zeros((HEIGHT, WIDTH), np.float32)
    regions = {"sky": sky, "clouds": sky * clouds, "water": none, "mountain": 1 - sky, "ground": 1 - sky}
    seen = 0 <= sun[0] <= 1 and 0 <= sun[1] <= 1
    lamp = Light(sun[0], sun[1], seen, (1.3, 1.0, 0.7), 0.3, 20.0, 0.2, 0.9)
    guess = Guess("golden_hour", 0.8, {"golden_hour": 0.8})
    sure = dict.fromkeys(regions, 0.9)
    foot = LINE / HEIGHT
    return Scene(
        WIDTH, HEIGHT, picture, regions, sure, Horizon(foot, foot, 0.9), lamp, guess, Guess("partly_cloudy", 0.8)
    )


def run(name: str, scene: Scene, **given: Value) -> Float:
    operator = find(name)
    whole = np.ones(scene.preview.shape[:2], np.float32)
    prepared = operator.prepare(Overview(scene.preview, whole, scene, 0 * whole), operator.parameters(given), 3)
    out = scene.preview.copy()
    h, w = out.shape[:2]
    operator.apply(out, Window(0, 0, w, h, w, h), prepared)
    return out


def faded(logs: NDArray[np.float64]) -> NDArray[np.float64]:
    """What fades with height and place alone: the least squares surface of third degree."""
    y, x = (v.ravel() for v in np.mgrid[-1 : 1 : logs.shape[0] * 1j, -1 : 1 : logs.shape[1] * 1j])
    terms = np.stack([x**i * y**j for i in range(4) for j in range(4 - i)], -1)
    return np.asarray((terms @ np.linalg.lstsq(terms, logs.ravel(), rcond=None)[0]).reshape(logs.shape))


def lines(light: Float) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Structure tensor (Bigun & Granlund 1987): places (n, 2), unit directions along the light (n, 2), weights."""
    wide = light.shape[1]
    logs = np.log(np.maximum(light.astype(np.float64), 1e-3 * float(light.max())))
    soft = cv2.GaussianBlur(logs - faded(logs), (0, 0), 1.5)
    gx, gy = cv2.Sobel(soft, cv2.CV_64F, 1, 0), cv2.Sobel(soft, cv2.CV_64F, 0, 1)
    xx, yy, xy = (cv2.GaussianBlur(p, (0, 0), 4.0) for p in (gx * gx, gy * gy, gx * gy))
    along = 0.5 * np.arctan2(2 * xy, xx - yy) + np.pi / 2
    size = xx + yy
    coherent = np.hypot(xx - yy, 2 * xy) / np.maximum(size, 1e-18)
    margin = 12
    inside = np.zeros_like(size, bool)
    inside[margin:-margin, margin:-margin] = True
    at = inside & (coherent > 0.75) & (size > np.percentile(size[inside], 85))
    y, x = np.nonzero(at)
    place = np.stack([(x + 0.5) / wide, (y + 0.5) / wide], -1)
    return place, np.stack([np.cos(along[at]), np.sin(along[at])], -1), coherent[at] * np.sqrt(size[at])


def meeting(place: NDArray[np.float64], way: NDArray[np.float64], weight: NDArray[np.float64]) -> NDArray[np.float64]:
    """Where the lines meet (in widths): least squares of distances, lines that miss it weighted down in turns."""
    normal = np.stack([-way[:, 1], way[:, 0]], -1)
    w = weight.copy()
    point = np.zeros(2)
    for _ in range(30):
        matrix = np.einsum("n,ni,nj->ij", w, normal, normal)
        point = np.linalg.solve(matrix, np.einsum("n,ni,nj,nj->i", w, normal, normal, place))
        miss = np.abs(((point - place) * normal).sum(-1))
        w = weight / (1 + (miss / 0.03) ** 2)
    return point


def off_by(place: NDArray[np.float64], way: NDArray[np.float64], sun: NDArray[np.float64]) -> NDArray[np.float64]:
    """Degrees between the lines and the directions to the sun."""
    to = sun - place
    turn = np.abs(way[:, 0] * to[:, 1] - way[:, 1] * to[:, 0]) / np.maximum(np.hypot(to[:, 0], to[:, 1]), 1e-9)
    return np.asarray(np.degrees(np.arcsin(np.clip(turn, 0, 1))))


@pytest.mark.parametrize("sun", [*INSIDE, *OUTSIDE])
def test_shafts_point_to_the_sun(sun: tuple[float, float]) -> None:
    scene = rendered(sun)
    gain = (run("light_shafts", scene, strength=1.0) - scene.preview) @ LUMA
    land = Y > LINE + 40
    assert float(gain[land].max()) > 0.05, "beams are seen before dark land"
    # On land that is nearly black only the light in the air is seen.
    place, way, weight = lines(gain[LINE + 30 :])
    place[:, 1] += (LINE + 30) / WIDTH
    true = np.array([sun[0], sun[1] * HEIGHT / WIDTH])
    assert len(place) > 500
    assert float(np.median(off_by(place, way, true))) < 3.0
    reach = float(np.hypot(*(true - [0.5, 0.5 * HEIGHT / WIDTH])))
    assert float(np.hypot(*(meeting(place, way, weight) - true))) < 0.04 + 0.16 * reach


def test_beams_are_parted_and_do_not_wash_the_picture() -> None:
    scene = rendered((0.5, 0.25))
    before, after = scene.preview @ LUMA, run("light_shafts", scene, strength=0.8) @ LUMA
    ring = (np.abs(np.hypot(X - 225, Y - 75) - 130) < 2) & (Y > LINE + 35)
    values = (after - before)[ring]
    assert float(np.percentile(values, 95)) > 3 * float(np.percentile(values, 30)) + 0.01
    assert float(after.mean()) < 1.25 * float(before.mean())
    clouds = (scene.regions["clouds"] > 0.8) & (np.hypot(X - 225, Y - 75) > 60)
    assert float((after / before)[clouds].mean()) < 1.25


@pytest.mark.parametrize("sun", INSIDE)
def test_the_glow_is_brightest_at_the_sun(sun: tuple[float, float]) -> None:
    scene = rendered(sun)
    flat = np.where(scene.regions["sky"][..., None] > 0, np.float32(0.3), np.float32(0.02))
    scene = replace(scene, preview=np.repeat(flat, 3, -1), regions={**scene.regions, "clouds": 0 * X})
    gain = (run("sun_glow", scene, strength=0.8) - scene.preview) @ LUMA
    at = np.unravel_index(int(gain.argmax()), gain.shape)
    assert np.hypot(at[1] + 0.5 - sun[0] * WIDTH, at[0] + 0.5 - sun[1] * HEIGHT) < 0.01 * WIDTH


@pytest.mark.parametrize("x", [0.1, 0.9])
def test_relit_land_is_brighter_on_the_suns_side(x: float) -> None:
    scene = rendered((x, 0.3))
    land = scene.regions["ground"] > 0.5
    now = np.where(land[..., None], np.float32(0.1), scene.preview * np.float32(0.5))
    scene = replace(scene, preview=np.where(land[..., None], np.float32(0.1), scene.preview))
    operator = find("relight")
    whole = np.ones_like(X)
    prepared = operator.prepare(Overview(now, whole, scene, 0 * whole), operator.parameters({"strength": 1.0}), 3)
    out = now.copy()
    operator.apply(out, Window(0, 0, WIDTH, HEIGHT, WIDTH, HEIGHT), prepared)
    left, right = (float((out @ LUMA)[LINE + 30 :, part].mean()) for part in (slice(0, 100), slice(350, 450)))
    assert (left - right) * (0.5 - x) > 0


@pytest.mark.skipif(not (DATA / WITH_SUN[0]).is_file(), reason="needs FLUXROOM_DATA=folder of photos")
@pytest.mark.parametrize("name", WITH_SUN)
def test_shafts_of_photos_meet_at_the_sun_that_was_found(name: str) -> None:
    import fluxroom

    scene = fluxroom.open(DATA / name, library=None).scene
    assert scene.light.visible
    operator = find("light_shafts")
    whole = np.ones(scene.preview.shape[:2], np.float32)
    overview = Overview(scene.preview, whole, scene, 0 * whole)
    added = operator.prepare(overview, operator.parameters({"strength": 0.8}), 3).planes[3]
    h, w = added.shape
    true = np.array([scene.light.x, scene.light.y * h / w])
    place, way, weight = lines(added)
    assert float(np.hypot(*(meeting(place, way, weight) - true))) < 0.05
