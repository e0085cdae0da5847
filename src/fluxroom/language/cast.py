"""White balance by itself: the light of the photo, as perception measured it, taken back most of the way to neutral."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fluxroom.scene import Light

NEUTRAL = 6504.0
"""Kelvin of daylight, at which white_balance changes nothing."""
SHARE = 0.75
"""How much of a cast is taken out: evening light is to stay a little warm."""
SURE = 0.4
"""Confidence in the measured temperature below which it is left alone."""
SEEN = 8.0
"""Mired (a million by kelvin) from neutral below which nobody sees a cast."""


def kelvin_for(light: Light) -> float | None:
    """The `kelvin` for white_balance, 1700..25000; NEUTRAL where there is no cast, None where it is not known."""
    if light.kelvin_confidence < SURE:
        return None
    off = 1e6 / light.kelvin - 1e6 / NEUTRAL
    if abs(off) < SEEN:
        return NEUTRAL
    return float(round(min(max(1e6 / (1e6 / NEUTRAL + SHARE * off), 1700.0), 25000.0)))
