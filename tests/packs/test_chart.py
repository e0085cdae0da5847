"""The colour checker is found where one lies, at any turn and tilt, under any light; nowhere else."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import skimage.data

from fluxroom.packs.studio.chart import find_chart, fit, reference
from fluxroom.scene import Float

CAST = np.diag([0.9, 0.6, 0.35]) @ np.array([[0.9, 0.08, 0.02], [0.1, 0.8, 0.1], [0.0, 0.15, 0.85]])
PATCH, GAP = 90, 14


def _photo(name: str) -> Float:
    return ((getattr(skimage.data, name)()[..., :3] / 255.0) ** 2.2).astype(np.float32)


def _with_chart(photo: Float, turn: float, size: float, seed: int) -> Float:
    """A chart under a cast laid into a linear photo: turned by degrees, a share of the short side wide, tilted."""
    rng = np.random.default_rng(seed)
    wide, high = 6 * PATCH + 7 * GAP, 4 * PATCH + 5 * GAP
    board = np.full((high, wide, 3), 0.03)
    for k, colour in enumerate(reference()):
        j, i = divmod(k, 6)
        y, x = GAP + j * (PATCH + GAP), GAP + i * (PATCH + GAP)
        board[y : y + PATCH, x : x + PATCH] = colour
    height, width = photo.shape[:2]
    a = np.radians(turn)
    corners = np.array([[-0.5, -0.34], [0.5, -0.34], [0.5, 0.34], [-0.5, 0.34]]) * size * min(height, width)
    corners = corners @ np.array([[np.cos(a), np.sin(a)], [-np.sin(a), np.cos(a)]])
    corners = corners * (1 + rng.uniform(-0.08, 0.08, (4, 1))) + (width / 2, height / 2)
    to = cv2.getPerspectiveTransform(
        np.array([[0, 0], [wide, 0], [wide, high], [0, high]], np.float32), corners.astype(np.float32)
    )
    laid = cv2.warpPerspective((board @ CAST.T).astype(np.float32), to, (width, height))
    there = cv2.warpPerspective(np.ones((high, wide), np.float32), to, (width, height))[..., None]
    out = photo * (1 - there) + laid * there
    noise = rng.normal(0, 0.004, out.shape) * np.sqrt(np.maximum(out, 0.01))
    return np.asarray(out + noise, np.float32)


@pytest.mark.parametrize("turn", [0, 37, 90, 145, 180, 260])
@pytest.mark.parametrize("name", ["astronaut", "coffee", "chelsea"])
def test_it_is_found_and_measured(name: str, turn: int) -> None:
    chart = find_chart(_with_chart(_photo(name), turn, 0.7, turn))
    assert chart is not None
    assert np.abs(chart.measured - reference() @ CAST.T).max() < 0.03
    assert chart.corners.shape == (4, 2) and (chart.corners > 0).all() and (chart.corners < 1).all()


@pytest.mark.parametrize("name", ["astronaut", "coffee", "chelsea", "rocket", "retina", "brick"])
def test_it_is_not_found_where_none_lies(name: str) -> None:
    picture = getattr(skimage.data, name)()
    picture = np.repeat(picture[..., None], 3, axis=2) if picture.ndim == 2 else picture
    assert find_chart(((picture[..., :3] / 255.0) ** 2.2).astype(np.float32)) is None


@pytest.mark.parametrize("value", [0.0, 1.0, 4.0])
def test_plain_pictures_hold_none(value: float) -> None:
    assert find_chart(np.full((60, 80, 3), value, np.float32)) is None


def test_the_matrix_takes_the_cast_away() -> None:
    wanted = reference()
    m = fit(wanted @ CAST.T, wanted)
    left = (wanted @ CAST.T) @ m.T
    assert np.abs(left - wanted).max() < 0.03
    greys = left[19:23]
    assert (np.ptp(greys, axis=1) / greys.mean(axis=1) < 0.05).all()
