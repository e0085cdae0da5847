"""Photo -> Scene."""

from __future__ import annotations

import numpy as np

from fluxroom.perception.circumstances import facts, find_season, find_time, find_weather
from fluxroom.perception.direction import direct
from fluxroom.perception.form import LEAST, doubted, form, is_mere_pattern
from fluxroom.perception.horizon import find_horizon
from fluxroom.perception.light import find_light
from fluxroom.perception.little import little
from fluxroom.perception.regions import find_regions
from fluxroom.perception.taken import read_taken
from fluxroom.photo import Photo
from fluxroom.photo.reduce import within
from fluxroom.scene import ANALYSIS_SIDE, Float, Scene

ASSUMED_FIELD_OF_VIEW = 60.0


def small(photo: Photo, side: int = ANALYSIS_SIDE) -> Float:
    """The photo with a long side of at most `side`, (h, w, 3) float32 linear Rec.2020."""
    return within(photo, side)


def perceive(photo: Photo) -> Scene:
    """Look at a photo on a picture of at most ANALYSIS_SIDE pixels; see `Scene`."""
    preview = small(photo)
    regions, confidence = find_regions(preview)
    shown = form(preview)
    if is_mere_pattern(preview, shown):
        regions["object"] = np.minimum(regions["object"] + regions["sky"], 1)
        regions["sky"], regions["clouds"] = np.zeros_like(regions["sky"]), np.zeros_like(regions["sky"])
    horizon = find_horizon(regions, preview)
    half, masks = little(preview, regions)
    light = find_light(half, masks, horizon, ASSUMED_FIELD_OF_VIEW)
    seen = facts(half, masks, light)
    taken = read_taken(photo)
    time, weather = doubted(find_time(seen, taken), shown), doubted(find_weather(seen), shown)
    return Scene(
        width=photo.width,
        height=photo.height,
        preview=preview,
        regions=regions,
        confidence={name: round(sure * max(LEAST, shown), 3) for name, sure in confidence.items()},
        horizon=horizon,
        light=direct(light, half, masks, horizon, seen, time, taken, ASSUMED_FIELD_OF_VIEW),
        time_of_day=time,
        weather=weather,
        season=doubted(find_season(seen, taken), shown),
        field_of_view=ASSUMED_FIELD_OF_VIEW,
    )
