"""The horizon and the roll: drawn pictures whose line is known."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from fluxroom.perception.horizon import find_horizon
from fluxroom.perception.roll import upright_roll
from fluxroom.scene import Float, Horizon


def half_plane(height: int, width: int, left: float, right: float) -> NDArray[np.bool_]:
    """True below the line from (0, left) to (1, right)."""
    x = (np.arange(width) + 0.5) / width
    return (np.arange(height)[:, None] + 0.5) / height > left + (right - left) * x[None, :]


def sea(height: int, width: int, left: float, right: float, seed: int = 0) -> tuple[Float, dict[str, Float]]:
    """A bright sky over a dark sea, with the masks a little wrong along the edge."""
    below = half_plane(height, width, left, right)
    noise = np.random.default_rng(seed).normal(0, 0.01, (height, width, 1))
    picture = np.where(below[..., None], [0.05, 0.1, 0.15], [0.5, 0.6, 0.8]) + noise
    soft = cv2.GaussianBlur(below.astype(np.float32), (0, 0), 4)
    return picture.astype(np.float32).clip(0, 1), {"sky": 1 - soft, "water": soft}


@pytest.mark.parametrize(("height", "width"), [(400, 600), (600, 400), (200, 800)])
@pytest.mark.parametrize("degrees", [-8.0, -3.0, 0.0, 1.5, 8.0])
def test_a_tilted_sea(height: int, width: int, degrees: float) -> None:
    rise = np.tan(np.radians(degrees)) * width / height
    picture, regions = sea(height, width, 0.5 - rise / 2, 0.5 + rise / 2)
    found = find_horizon(regions, picture)
    assert found.confidence > 0.8
    assert abs(found.angle(width, height) - degrees) < 0.3
    assert abs(found.y(0.5) - 0.5) < 0.006


def test_the_line_is_drawn_to_the_edge_in_the_picture() -> None:
    picture, _ = sea(400, 600, 0.5, 0.5)
    _, regions = sea(400, 600, 0.508, 0.508)  # masks that are three pixels off
    assert abs(find_horizon(regions).y(0.5) - 0.508) < 0.004
    assert abs(find_horizon(regions, picture).y(0.5) - 0.5) < 0.004


def test_a_coast_between_sky_and_sea_does_not_lift_the_line() -> None:
    picture, regions = sea(400, 600, 0.5, 0.5)
    coast = np.zeros((400, 600), np.float32)
    coast[186:200, :240] = 1
    regions = {"sky": regions["sky"] * (1 - coast), "water": regions["water"] * (1 - coast)}
    picture[coast > 0] = (0.1, 0.12, 0.08)
    found = find_horizon(regions, picture)
    assert abs(found.angle(600, 400)) < 0.4
    assert abs(found.y(0.5) - 0.5) < 0.01


def test_hills_are_no_line() -> None:
    x = np.linspace(0, 1, 600)
    ridge = 0.4 + 0.12 * np.sin(9 * x) + 0.06 * np.sin(31 * x)
    land = ((np.arange(400)[:, None] + 0.5) / 400 > ridge[None, :]).astype(np.float32)
    picture = np.where(land[..., None] > 0, 0.1, 0.6).repeat(3, 2).astype(np.float32)
    found = find_horizon({"sky": 1 - land, "water": np.zeros_like(land)}, picture)
    assert found.confidence < 0.5
    assert found.angle_confidence < 0.5


def test_without_anything_nothing_is_sure() -> None:
    blank = np.zeros((50, 70), np.float32)
    found = find_horizon({"sky": blank, "water": blank}, np.full((50, 70, 3), 0.2, np.float32))
    assert found.confidence < 0.1
    assert found.left == found.right


def posts(degrees: float, converge: float = 0.0) -> Float:
    """Upright posts in a picture turned so that its horizon falls to the right; converge: degrees across the width."""
    picture = np.full((320, 480), 0.7, np.float32)
    for i, x in enumerate(np.linspace(60, 420, 9)):
        lean = np.radians(degrees + converge * (x / 480 - 0.5))
        foot = np.array([x, 260.0])
        top = foot + 180 * np.array([np.sin(lean), -np.cos(lean)])
        color = 0.2 if i % 2 else 0.3
        cv2.line(picture, tuple(np.rint(foot).astype(int)), tuple(np.rint(top).astype(int)), color, 6, cv2.LINE_AA)
    return picture


@pytest.mark.parametrize("degrees", [-7.0, -2.0, 0.0, 4.0])
@pytest.mark.parametrize("converge", [0.0, 8.0, -8.0])
def test_posts_tell_the_roll(degrees: float, converge: float) -> None:
    found, sure = upright_roll(posts(degrees, converge))
    assert sure > 0.5
    assert abs(found - degrees) < 0.7


def test_mirrored_posts_lean_the_other_way() -> None:
    there, _ = upright_roll(posts(3.0))
    back, _ = upright_roll(np.ascontiguousarray(posts(3.0)[:, ::-1]))
    assert abs(there + back) < 0.3


def test_noise_tells_no_roll() -> None:
    noise = np.random.default_rng(1).random((320, 480)).astype(np.float32)
    assert upright_roll(noise)[1] < 0.5


def test_angle_takes_the_shape_into_account() -> None:
    line = Horizon(0.45, 0.55, 1.0)
    assert line.angle(100, 100) == pytest.approx(np.degrees(np.arctan(0.1)))
    assert line.angle(400, 100) < line.angle(100, 400)
    assert Horizon(0.6, 0.4, 1.0).angle(3, 2) < 0
