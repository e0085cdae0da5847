"""Sun consistency: on drawn skies with a known sun, the bright edges of clouds are those towards it."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from fluxroom.operators.declare import Overview, Window, find
from fluxroom.scene import Float, Guess, Horizon, Light, Scene
from fluxroom.sky.camera import Camera

LUMA = np.array([0.2627, 0.6780, 0.0593], np.float32)
WIDTH, HEIGHT = 330, 220
FOOT = 0.80
SKY = (np.mgrid[0:HEIGHT, 0:WIDTH][0] < FOOT * HEIGHT).astype(np.float32)
KINDS = ("broken", "stratocumulus", "heavy", "cumulus", "altocumulus")
SUNS = [(x, y) for x in (0.08, 0.5, 0.92) for y in (0.12, 0.45, 0.74)]
"""Places of the sun in the frame: left, middle and right; high, half way up and at the horizon."""


def drawn(sun: tuple[float, float]) -> Scene:
    """An evening sky with its glow around the sun, over dark land."""
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    away = np.hypot((x + 0.5) / WIDTH - sun[0], ((y + 0.5) / HEIGHT - sun[1]) * HEIGHT / WIDTH)
    near = np.exp(-away / 0.3)[..., None]
    cold, warm = np.array([0.16, 0.20, 0.27], np.float32), np.array([0.62, 0.46, 0.26], np.float32)
    picture = (cold + near * (warm - cold)).astype(np.float32)
    picture[SKY == 0] = (0.02, 0.02, 0.015)
    none = np.zeros_like(SKY)
    rise = float(Camera.of(_scene(picture, sun, 0.0, none)).directions(np.array(sun[0]), np.array(sun[1]))[1])
    return _scene(picture, sun, float(np.degrees(np.arcsin(rise))), none)


def _scene(picture: Float, sun: tuple[float, float], elevation: float, none: Float) -> Scene:
    light = Light(sun[0], sun[1], True, (1.4, 1.0, 0.6), 0.4, elevation, 0.2, 0.9)
    hour = Guess("golden_hour", 0.8, {"golden_hour": 0.8, "day": 0.2})
    regions = {"sky": SKY, "clouds": none, "water": none, "ground": 1 - SKY, "vegetation": none}
    return Scene(
        WIDTH, HEIGHT, picture, regions, dict.fromkeys(regions, 0.9), Horizon(FOOT, FOOT, 0.9), light, hour, hour
    )


def over(scene: Scene, background: float, **given: float | str) -> Float:
    """The clouds of the scene laid over a plain grey."""
    operator = find("clouds")
    parameters = operator.parameters(given)
    prepared = operator.prepare(Overview(scene.preview, SKY, scene, np.zeros_like(SKY)), parameters, 3)
    out = np.full_like(scene.preview, background)
    operator.apply(out, Window(0, 0, WIDTH, HEIGHT, WIDTH, HEIGHT), prepared)
    return out


def parts(scene: Scene, **given: float | str) -> tuple[Float, Float]:
    """The clouds' share of each pixel, and their own luminance: from what they look like over black and over grey."""
    black, grey = over(scene, 0.0, **given), over(scene, 0.2, **given)
    alpha = np.clip(1.0 - (grey - black).mean(-1) / 0.2, 0, 1).astype(np.float32)
    return alpha, np.asarray((black @ LUMA) / np.maximum(alpha, 1e-3), np.float32)


Edges = tuple[NDArray[np.float64], NDArray[np.float64]]


def edges(alpha: Float, color: Float, sun: tuple[float, float]) -> Edges:
    """At each edge of a cloud: how far it looks to the sun, -1..1, and how bright it is for where it is."""
    soft = cv2.GaussianBlur(alpha, (0, 0), 1.5)
    gx, gy = cv2.Sobel(soft, cv2.CV_64F, 1, 0, ksize=3), cv2.Sobel(soft, cv2.CV_64F, 0, 1, ksize=3)
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH] + 0.5
    dx, dy = sun[0] * WIDTH - x, sun[1] * HEIGHT - y
    steep, away = np.hypot(gx, gy), np.hypot(dx, dy)
    edge = (steep > np.quantile(steep[SKY > 0], 0.75)) & (alpha > 0.25) & (alpha < 0.9) & (away > 20) & (SKY > 0)
    face = -(gx * dx + gy * dy) / np.maximum(steep * away, 1e-9)
    # The sky is brighter near the sun for all alike: each edge is measured against the edges around it.
    around = cv2.GaussianBlur(color * edge, (0, 0), 28) / np.maximum(cv2.GaussianBlur(edge * 1.0, (0, 0), 28), 1e-6)
    return face[edge], (color / np.maximum(around, 1e-6))[edge]


def margin(found: Edges) -> float:
    """How much brighter edges are that look to the sun than edges that look away."""
    face, light = found
    return float(light[face > 0.5].mean() / light[face < -0.5].mean())


@pytest.mark.parametrize("kind", KINDS)
def test_the_brightest_edges_of_new_clouds_lie_towards_the_sun(kind: str) -> None:
    for sun in SUNS:
        alpha, color = parts(drawn(sun), kind=kind, coverage=0.5, density=0.7)
        found = face, light = edges(alpha, color, sun)
        assert face.size > 1000
        assert margin(found) > 1.2, sun
        brightest = light > np.quantile(light, 0.9)
        assert face[brightest].mean() > face.mean() + 0.25, sun
        if abs(sun[0] - 0.5) > 0.3:  # no wonder of the measure: they do not lie towards where the sun is not
            assert margin(edges(alpha, color, (1.0 - sun[0], 2.0 * FOOT - sun[1]))) < 0.9 * margin(found), sun


@pytest.mark.parametrize("sun", [(0.08, 0.12), (0.92, 0.45), (0.5, 0.74)])
def test_drama_keeps_the_light_on_the_suns_side(sun: tuple[float, float]) -> None:
    scene = drawn(sun)
    alpha, color = parts(scene, kind="cumulus", coverage=0.5, density=0.7)
    picture = scene.preview * (1 - alpha[..., None]) + (color * alpha)[..., None] * np.ones(3, np.float32)
    cloudy = replace(scene, preview=picture.astype(np.float32), regions={**scene.regions, "clouds": alpha * SKY})
    operator = find("cloud_drama")
    parameters = operator.parameters({"strength": 0.9})
    prepared = operator.prepare(Overview(cloudy.preview, SKY, cloudy, np.zeros_like(SKY)), parameters, 3)
    out = cloudy.preview.copy()
    operator.apply(out, Window(0, 0, WIDTH, HEIGHT, WIDTH, HEIGHT), prepared)
    before = margin(edges(alpha, cloudy.preview @ LUMA, sun))
    after = margin(edges(alpha, out @ LUMA, sun))
    assert after > 1.1 * before > 1.1
