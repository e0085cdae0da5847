"""Measuring, and bringing photos of a set toward one exposure and white balance."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from batch_samples import china, drawn
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from fluxroom.batch.harmony import MOST_STOPS, Reference, correction, median_of, one, spread
from fluxroom.batch.measure import SIDE, Measure, measure
from fluxroom.operators import resolve
from fluxroom.operators.declare import Overview, Window
from fluxroom.photo import glimpse
from fluxroom.recipe import Adjustment
from fluxroom.scene import Float

NUMBERS = st.floats(-8, 2)


def picture(number: int | None = None) -> Float:
    """Linear Rec.2020 of a drawn or the real photo."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "x.jpg"
        (china() if number is None else drawn(number)).save(path, quality=95)
        return glimpse(path, SIDE).linear


def applied(pixels: Float, adjustments: tuple[Adjustment, ...]) -> Float:
    """The operators themselves on a whole picture."""
    height, width = pixels.shape[:2]
    out = pixels.copy()
    for adjustment in adjustments:
        operator, parameters = resolve(adjustment)
        overview = Overview(out.copy(), np.ones((height, width), np.float32), None, None)  # type: ignore[arg-type]
        operator.apply(out, Window(0, 0, width, height, width, height), operator.prepare(overview, parameters, 0))
    return out


def test_light_and_colour_are_measured_as_such() -> None:
    plain = picture() * 0.7  # nothing clipped
    base = measure(plain)
    assert measure(plain * 0.5).stops == pytest.approx(base.stops - 1, abs=0.1)
    warm = measure(plain * np.array([1.2, 1.0, 0.8], np.float32) * 0.8)
    assert warm.mired > base.mired + 20
    assert warm.red - base.red == pytest.approx(np.log2(1.2), abs=0.1)
    assert warm.blue - base.blue == pytest.approx(np.log2(0.8), abs=0.1)


def test_clipped_and_blue_sky_do_not_count_for_white() -> None:
    land = picture()[60:]
    base = measure(land)
    sky = np.full((60, land.shape[1], 3), (0.15, 0.3, 0.8), np.float32)
    assert measure(np.concatenate([sky, land])).mired == pytest.approx(base.mired, abs=12)
    sun = land.copy()
    sun[:40, :60] = 1.0
    assert measure(sun).mired == pytest.approx(base.mired, abs=12)


def test_a_set_comes_together() -> None:
    tints = np.array([[1.15, 1, 0.85], [1, 1, 1], [0.9, 1, 1.12], [1.05, 1, 0.95]], np.float32)
    pixels = [picture() * 0.8 * 2.0**e * t for e, t in zip((-0.8, 0.0, -0.4, -1.2), tints, strict=True)]
    before = [measure(p) for p in pixels]
    reference = median_of(before)
    after = [measure(applied(p, correction(m, reference, 1.0))) for p, m in zip(pixels, before, strict=True)]
    was, now = spread(before), spread(after)
    assert now["stops"] < 0.35 * was["stops"]
    assert now["mired"] < 0.65 * was["mired"]
    assert now["mired"] > 0.3 * was["mired"]  # half of it is the light the photos were taken in, and stays
    assert now["l"] < 0.5 * was["l"]


def test_what_meets_the_reference_is_left_alone_and_strength_zero_does_nothing() -> None:
    figures = measure(picture(1))
    assert correction(figures, one(figures), 1.0) == ()
    assert correction(figures, Reference(0.0, 1.0, -1.0), 0.0) == ()


@given(a=NUMBERS, b=NUMBERS, target=NUMBERS)
def test_night_stays_night(a: float, b: float, target: float) -> None:
    def corrected(stops: float) -> float:
        figures = Measure(stops, 0.0, 0.0, 154.0, 50.0, 0.0, 0.0, 20.0)
        changes = correction(figures, Reference(target, 0.0, 0.0), 1.0)
        assert len(changes) <= 1
        shift = float(changes[0].parameters["stops"]) if changes else 0.0
        assert abs(shift) <= MOST_STOPS
        return stops + shift

    low, high = sorted((a, b))
    assert corrected(low) <= corrected(high) + 0.03  # the darker photo stays the darker one


def test_the_scaled_look_agrees_with_the_whole_photo(tmp_path: Path) -> None:
    china().resize((2400, 1600)).save(tmp_path / "x.jpg", quality=92)
    Image.open(tmp_path / "x.jpg").save(tmp_path / "x.png")
    scaled = glimpse(tmp_path / "x.jpg", SIDE)
    a, b = measure(scaled.linear), measure(glimpse(tmp_path / "x.png", SIDE).linear)
    assert a.stops == pytest.approx(b.stops, abs=0.03)
    assert a.mired == pytest.approx(b.mired, abs=2)
