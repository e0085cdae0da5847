"""From a wish to what is looked at: the land of each place, the sun of each hour, the cover of each season."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from fluxroom.compose.land import Ground, bare, stand
from fluxroom.compose.paint import Cover
from fluxroom.compose.read import Wish
from fluxroom.compose.view import View

SUN = {
    "dawn": (3.0, 24.0),
    "morning": (17.0, -62.0),
    "day": (38.0, -58.0),
    "golden": (8.0, 55.0),
    "sunset": (1.6, -9.0),
    "dusk": (-3.2, 12.0),
    "blue": (-6.0, 20.0),
    "night": (32.0, -120.0),
}
"""Height and bearing of the sun, degrees; by night of the moon that lights the land."""

KEY = {
    "dawn": 0.20,
    "morning": 0.28,
    "day": 0.30,
    "golden": 0.23,
    "sunset": 0.15,
    "dusk": 0.13,
    "blue": 0.10,
    "night": 0.30,
}
"""How bright the middle of the picture becomes; by night it is darkened afterwards."""

LANDS = {
    "sea": View(Ground(level=1.2, hill=0.8, hill_length=30, shore_near=20), Cover(), eye=1.8, horizon=0.5, wind=0.075),
    "lake": View(
        Ground(
            level=3,
            hill=10,
            hill_length=300,
            mountain=1500,
            mountain_length=2600,
            mountain_from=1300,
            shore_near=26,
            shore_far=700,
            forest=0.55,
        ),
        Cover(snow_line=700),
        eye=2.5,
        wind=0.022,
    ),
    "mountains": View(
        Ground(
            level=2,
            hill=55,
            hill_length=600,
            mountain=1900,
            mountain_length=3000,
            mountain_from=1500,
            forest=0.52,
            clear=130,
        ),
        Cover(snow_line=620),
        eye=14,
        horizon=0.62,
    ),
    "meadow": View(
        Ground(level=2, hill=26, hill_length=420, forest=0.40, conifers=0, clear=170), Cover(), eye=6, horizon=0.58
    ),
    "desert": View(Ground(level=1, dune=17, dune_length=74), Cover(desert=True), eye=20, horizon=0.44, turbidity=3.0),
    "snowfield": View(
        Ground(level=2, hill=22, hill_length=420, forest=0.42, clear=140),
        Cover("winter", snow_line=-1),
        eye=5,
        horizon=0.56,
    ),
    "forest": View(
        Ground(level=2, hill=70, hill_length=700, mountain=700, mountain_from=2500, forest=0.85, clear=90),
        Cover(),
        eye=26,
        horizon=0.42,
    ),
    "village": View(
        Ground(
            level=3,
            hill=34,
            hill_length=380,
            mountain=1300,
            mountain_length=2400,
            mountain_from=1000,
            forest=0.5,
            clear=240,
        ),
        Cover(snow_line=700),
        eye=22,
        horizon=0.47,
    ),
    "city": View(
        Ground(level=5, hill=4, hill_length=500, shore_near=12, shore_far=330),
        Cover(),
        eye=4,
        horizon=0.60,
        turbidity=3.2,
        wind=0.04,
    ),
}


def view_of(wish: Wish, seed: int) -> View:
    """The view that a wish asks for; what it leaves open comes from the seed."""
    rng = np.random.default_rng([seed, 5])
    view = LANDS[wish.place]
    ground = replace(view.ground, seed=int(rng.integers(1, 4000)))
    if wish.second == "mountains" and not ground.mountain:
        ground = replace(ground, mountain=1300.0, mountain_length=2600.0, mountain_from=2300.0)
    if wish.second == "forest":
        ground = replace(ground, forest=max(ground.forest, 0.75))
    if wish.season == "autumn" and wish.place in ("meadow", "village", "forest"):
        ground = replace(ground, conifers=0.0)
    height, bearing = SUN[wish.hour]
    if wish.place == "desert" and wish.hour in ("morning", "day", "golden"):
        height, bearing = min(height, 20.0), 78.0  # from the side, so that dunes have form
    if "sun" in wish.phenomena or wish.hour in ("sunset", "dawn", "dusk"):
        bearing = float(rng.uniform(6, 15)) * (1 if rng.random() < 0.5 else -1)
        height = min(height, 12.0)
    elif rng.random() < 0.5:
        bearing = -bearing
    cover = replace(view.cover, season=wish.season)
    if "snow" in wish.weather:
        cover = replace(cover, season="winter", snow_line=-1.0)
    wind = view.wind
    if "calm" in wish.looks:
        wind *= 0.35
    if wish.weather & {"storm", "drama"}:
        wind *= 1.8
    dull = 1.0 if wish.weather & {"overcast", "storm", "rain", "snowfall", "fog"} else 0.0
    if wish.weather & {"storm"}:
        dull = 0.85  # some of the light still has a direction
    turbidity = view.turbidity + 1.2 * dull + (1.0 if wish.hour in ("sunset", "dawn") else 0.0)
    if ground.dune:
        ground = _relief(ground, view.eye)
    return replace(
        view, ground=ground, cover=cover, sun_height=height, sun_bearing=bearing, wind=wind, turbidity=turbidity,
        moonlit=wish.hour == "night", dull=dull, cool={"blue": 0.9, "dusk": 0.25}.get(wish.hour, 0.0),
        key=KEY[wish.hour] * (0.55 if "storm" in wish.weather else 0.75 if "rain" in wish.weather else 1.0),
    )  # fmt: skip


def _relief(ground: Ground, eye: float) -> Ground:
    """Of two dozen lands of the kind the one whose dunes rise highest over where one stands."""

    def rise(one: Ground) -> float:
        p = one.packed()
        seen = max(bare(k * 0.2 * z, float(z), p, 4.0) for z in range(70, 420, 25) for k in (-2, -1, 0, 1, 2))
        return seen - stand(one) - eye

    return max((replace(ground, seed=ground.seed + k) for k in range(24)), key=rise)
