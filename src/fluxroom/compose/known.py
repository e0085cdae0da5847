"""What was drawn, as a `Scene`: masks, horizon and light that need not be perceived."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from fluxroom.compose import paint
from fluxroom.compose.houses import BUILDING
from fluxroom.compose.read import Wish
from fluxroom.compose.view import Seen
from fluxroom.scene import ANALYSIS_SIDE, Float, Guess, Horizon, Light, Scene

ROAD = 8
"""The material of paths, beside those of `paint` and `houses`."""
NAMES: dict[str, tuple[int, ...]] = {
    "sky": (paint.SKY,),
    "water": (paint.WATER,),
    "ground": (paint.GRASS, paint.SAND, paint.SNOW, paint.ROCK, ROAD),
    "sand": (paint.SAND,),
    "grass": (paint.GRASS,),
    "vegetation": (paint.TREES,),
    "trees": (paint.TREES,),
    "snow": (paint.SNOW,),
    "rock": (paint.ROCK,),
    "building": (BUILDING,),
    "road": (ROAD,),
}


ALWAYS = frozenset({"sky", "clouds", "water", "ground", "vegetation", "building", "object"})
"""Regions that every scene has."""
TIMES = {
    "day": "day",
    "morning": "day",
    "dawn": "golden_hour",
    "golden": "golden_hour",
    "sunset": "golden_hour",
    "dusk": "dusk",
    "blue": "blue_hour",
    "night": "night",
}
WEATHERS = {"storm": "storm", "fog": "fog", "overcast": "overcast", "snowfall": "snow"}


def _sure(value: str) -> Guess:
    return Guess(value, 0.98, {value: 0.98})


def known_scene(seen: Seen, wish: Wish) -> Scene:
    """The scene of a picture (H, W, 3); its masks have the picture's size, or ANALYSIS_SIDE where that is smaller."""
    height, width = seen.kind.shape
    scale = min(1.0, ANALYSIS_SIDE / max(width, height))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))

    def mask(where: NDArray[np.bool_]) -> Float:
        return np.asarray(cv2.resize(where.astype(np.float32), size, interpolation=cv2.INTER_AREA), np.float32)

    regions = {name: mask(np.isin(seen.kind, kinds)) for name, kinds in NAMES.items()}
    far = (seen.distance > 1500) & np.isin(seen.kind, (paint.ROCK, paint.TREES, paint.SNOW, paint.GRASS))
    regions["mountain"] = mask(far)
    regions["clouds"] = regions["object"] = np.zeros_like(regions["sky"])
    regions = {name: found for name, found in regions.items() if name in ALWAYS or found.any()}
    weather = next((name for word, name in WEATHERS.items() if word in wish.weather), "clear")
    return Scene(
        width,
        height,
        np.asarray(cv2.resize(seen.pixels, size, interpolation=cv2.INTER_AREA), np.float32),
        regions,
        dict.fromkeys(regions, 0.98),
        Horizon(seen.horizon, seen.horizon, 0.98, 0.98),
        _light(seen, wish),
        _sure(TIMES[wish.hour]),
        _sure(weather),
        58.0,
        _sure(wish.season),
        exact=True,
    )


def _light(seen: Seen, wish: Wish) -> Light:
    x, y = seen.sun
    low = max(0.0, min(1.0, (12.0 - seen.sun_height) / 12.0))
    night = wish.hour == "night"
    color = np.array([1.0, 1.0 - 0.25 * low, 1.0 - 0.6 * low])
    red, green, blue = (float(c) for c in color / color.mean())
    return Light(
        x=float(x),
        y=float(y),
        visible=0 <= x <= 1 and 0 <= y <= seen.horizon and not night and seen.sun_height > -1 and not seen.inside,
        color=(red, green, blue),
        warmth=0.8 * low,
        elevation=-12.0 if night else seen.sun_height,
        softness=0.9 if wish.weather & {"overcast", "fog", "rain"} else 0.1,
        confidence=0.95,
        kelvin=6500 - 3200 * low,
    )
