"""One visual language: what each photo's exposure and white balance need to meet the set's reference.

The corrections are ordinary adjustments before the look, so they stand in each recipe. They are held back:
a night stays night, and candlelight stays warmer than noon.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fluxroom.recipe import Adjustment

if TYPE_CHECKING:
    from fluxroom.batch.measure import Measure

MOST_STOPS = 1.5
"""No photo is brightened or darkened by more, however far it is from the reference (EV)."""
OF_WHITE = 0.5
"""Share of the way to the reference's white at full strength: the rest is the light the photo was taken in."""
MOST_TEMPERATURE, MOST_TINT = 0.5, 0.3
"""Limits of the white balance, in the operator's own units (0.5 is 55 mired)."""
LEAST_STOPS, LEAST_BALANCE = 0.02, 0.01
"""Smaller corrections are left out: nobody sees them, and the photo stays untouched where the look does not work."""
D65_MIRED = 1e6 / 6504


@dataclass(frozen=True, slots=True)
class Reference:
    """What the photos are brought to: log2 luminance of the midtones; white as log2(R/G) and log2(B/G)."""

    stops: float
    red: float
    blue: float


def median_of(measures: Sequence[Measure]) -> Reference:
    """The middle of the set, each figure for itself; the same for any order."""
    return Reference(*(round(statistics.median(getattr(m, k) for m in measures), 5) for k in ("stops", "red", "blue")))


def one(measured: Measure) -> Reference:
    return Reference(measured.stops, measured.red, measured.blue)


def correction(measured: Measure, reference: Reference, uniform: float) -> tuple[Adjustment, ...]:
    """Adjustments that bring a photo to the reference by `uniform` (0..1) of the way, within the limits."""
    out = []
    stops = round(held(uniform * (reference.stops - measured.stops), MOST_STOPS), 3)
    if abs(stops) >= LEAST_STOPS:
        out.append(Adjustment("exposure", {"stops": stops}, because=("--uniform",)))
    temperature, tint = balance(measured, reference, uniform * OF_WHITE)
    if max(abs(temperature), abs(tint)) >= LEAST_BALANCE:
        out.append(Adjustment("white_balance", {"temperature": temperature, "tint": tint}, because=("--uniform",)))
    return tuple(out)


def held(value: float, most: float) -> float:
    """Softly limited to +-most: small values stay, and the order of photos stays."""
    return most * math.tanh(value / most)


def balance(measured: Measure, reference: Reference, share: float) -> tuple[float, float]:
    """(temperature, tint) of the white_balance operator that moves the photo's white by a share of the way.

    Solved by Newton's method on the operator's own matrix, in log2(R/G) and log2(B/G).
    """
    import numpy as np

    from fluxroom.operators.color import adaptation

    white = np.array([2.0**measured.red, 1.0, 2.0**measured.blue])
    wanted = share * np.array([reference.red - measured.red, reference.blue - measured.blue])
    if float(np.abs(wanted).max()) < 1e-4:
        return 0.0, 0.0

    def moved(at: np.ndarray[tuple[int], np.dtype[np.float64]]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        kelvin = 1e6 / (D65_MIRED - 110 * float(np.clip(at[0], -0.95, 0.95)))
        r, g, b = np.maximum(adaptation(kelvin, float(at[1])) @ white, 1e-4)
        return np.array([math.log2(r / g) - measured.red, math.log2(b / g) - measured.blue])

    at = np.zeros(2)
    for _ in range(8):
        here = moved(at)
        slope = np.stack([(moved(at + step) - here) / 0.01 for step in (np.array([0.01, 0]), np.array([0, 0.01]))], 1)
        if abs(float(np.linalg.det(slope))) < 1e-9:
            break
        at = np.clip(at + np.linalg.solve(slope, wanted - here), -1, 1)
    return round(held(float(at[0]), MOST_TEMPERATURE), 3), round(held(float(at[1]), MOST_TINT), 3)


def spread(measures: Sequence[Measure]) -> dict[str, float]:
    """Standard deviation of each figure over the set: 0 is a set that is all alike in it."""
    figures = ("l", "a", "b", "contrast", "mired", "stops")
    if not measures:
        return {}
    return {name: round(statistics.pstdev(getattr(m, name) for m in measures), 3) for name in figures}
