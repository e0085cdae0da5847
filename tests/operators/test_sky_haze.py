"""What lies behind a far hazy rock is not drawn darker than the rock."""

from __future__ import annotations

import numpy as np
import pytest

from fluxroom.operators.declare import Overview, Window, find
from fluxroom.operators.sky.common import before_haze
from fluxroom.scene import Float, Guess, Horizon, Light, Scene

WIDTH, HEIGHT = 192, 128


def coast(rock: float, speckle: float = 0.0) -> Overview:
    """A bright sky, a rock before it above the horizon, the sea below."""
    picture = np.empty((HEIGHT, WIDTH, 3), np.float32)
    picture[:] = (0.62, 0.52, 0.40)
    picture[88:] = (0.2, 0.2, 0.2)
    noise = np.random.default_rng(2).random((48, 60, 1)).astype(np.float32)
    picture[40:88, 60:120] = np.float32(rock) * (1 - speckle * (noise > 0.5)) * np.array((1.0, 0.8, 0.6), np.float32)
    sky = np.ones((HEIGHT, WIDTH), np.float32)
    sky[88:] = 0
    sky[40:88, 60:120] = 0
    light = Light(0.8, 0.4, False, (1.1, 1.0, 0.8), 0.4, 8.0, 0.3, 0.8)
    scene = Scene(
        WIDTH, HEIGHT, picture, {"sky": sky}, {"sky": 0.9}, Horizon(88 / 128, 88 / 128, 1.0), light,
        Guess("golden_hour", 1.0), Guess("clear", 1.0),
    )  # fmt: skip
    return Overview(picture, sky, scene, np.zeros_like(sky))


def drawn(overview: Overview, operator: str) -> Float:
    known = find(operator)
    given = {"kind": "heavy", "coverage": 0.9, "density": 1.0} if operator == "clouds" else {"strength": 1.0}
    prepared = known.prepare(overview, known.parameters(given), 0)
    out = overview.pixels.copy()
    known.apply(out, Window(0, 0, WIDTH, HEIGHT, WIDTH, HEIGHT), prepared)
    return np.asarray(out, np.float32)


def test_only_pale_land_darker_than_the_sky_counts() -> None:
    near, tone = before_haze(coast(0.32))
    assert float(near[36, 90]) > 0.5
    assert float(near[5, 5]) == pytest.approx(0.0, abs=1e-3)
    assert 0.2 < float(tone[36, 90]) < 0.32
    assert float(before_haze(coast(0.03))[0].max()) == 0.0  # a dark rock
    assert float(before_haze(coast(0.9))[0].max()) == 0.0  # snow brighter than the sky
    assert float(before_haze(coast(0.32, 0.9))[0].max()) < 0.2  # sunlit rock with shadows


@pytest.mark.parametrize("operator", ["clouds", "cloud_drama"])
def test_the_sky_at_its_edge_stays_brighter_than_a_hazy_rock(operator: str) -> None:
    overview = coast(0.32)
    out = drawn(overview, operator)
    rock = float(overview.pixels[60, 90].mean())
    edge = out[34:38, 64:116].mean(-1)
    assert float(np.percentile(edge, 5)) > 0.95 * rock
