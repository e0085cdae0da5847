"""Spring and summer: young, light green leaves, and full, deep ones; dry grass greens up in both."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fluxroom.operators.declare import Label, Operator, Overview, Param, Parameters, register
from fluxroom.operators.seasons.foliage import advise, look, noise
from fluxroom.operators.seasons.turn import Turn, apply_turn, band, direction, gate, leaf_weight, usual_direction
from fluxroom.operators.tables import hue_angles


@dataclass(frozen=True, slots=True)
class Green:
    """A season's green: Oklab hue (degrees) and what it adds to a photo in other light (`cast` of its difference),
    saturation and lightness gains, how far needles and dry grass follow (0..1), and the saturation not passed."""

    hue: float
    cast: float
    chroma: float
    light: float
    needles: float
    dry: float
    turned: float
    most: float


SPRING = Green(hue=119.0, cast=0.35, chroma=1.45, light=1.13, needles=0.35, dry=1.0, turned=0.9, most=0.26)
"""Young leaves hold less chlorophyll: lighter, yellower, clearer (Gitelson & Merzlyak 1997, "Remote estimation of
chlorophyll content in higher plant leaves": green and red-edge reflectance fall as chlorophyll grows)."""
SUMMER = Green(hue=132.0, cast=0.35, chroma=1.40, light=0.92, needles=0.6, dry=0.9, turned=0.9, most=0.25)


def _prepare(green: Green, overview: Overview, parameters: Parameters, seed: int) -> Turn | None:
    strength = float(parameters["strength"])
    if strength <= 0.0:
        return None
    plants = look(overview)
    if plants is None:
        return None
    angle = hue_angles()
    low = min(100.0, plants.green - 14.0)
    leaf = band(low - 4, low + 8, 160.0, 175.0)
    trees = np.maximum(leaf, green.turned * band(25.0, 45.0, low, low + 12))
    grass = np.maximum(leaf, green.dry * band(46.0, 62.0, low, low + 12))
    gates = gate(trees, np.where(angle < low, 0.13, 0.03), grass, np.where(angle < low, 0.05, 0.03))
    shape = (plants.trees.shape[0], plants.trees.shape[1])
    random = np.random.default_rng(seed)
    crown = 0.5 * noise(shape, 0.014, random) + 0.5 * noise(shape, 0.0015, random)
    ta, tb = direction(green.hue + green.cast * (plants.green - 118.0) - 2.5 * crown.astype(np.float64))
    reach = strength * plants.sure
    still = np.ones(shape)
    planes = np.stack(
        [
            reach * plants.trees * (1 - (1 - green.needles) * plants.evergreen),
            reach * plants.grass,
            ta,
            tb,
            green.chroma * still,
            green.light + 0.02 * crown,
            0 * still,
        ]
    ).astype(np.float32)
    chosen = leaf_weight(plants.lab, np.maximum(plants.trees, plants.grass) * overview.mask, trees)
    usual = usual_direction(plants.lab, chosen)
    return Turn(np.ascontiguousarray(planes), gates, usual, green.most, 0.2)


def _season(name: str, label: Label, doc: str, default: float, green: Green) -> Operator:
    def prepare(overview: Overview, parameters: Parameters, seed: int) -> Turn | None:
        return _prepare(green, overview, parameters, seed)

    return register(
        Operator(
            name=name,
            version=1,
            family="seasons",
            kind="layer",
            label=label,
            doc=doc,
            params=(Param("strength", default, 0.0, 1.0, "", Label("Strength", "强度")),),
            prepare=prepare,
            apply=apply_turn,
            region="vegetation + mountain",
            advise=advise,
        )
    )


SPRING_GREEN = _season(
    "spring", Label("Spring", "春天"),
    "Leaves and grass take the light, yellowish green of young leaves; straw and leaves that have turned green up."
    " Default: 0.7.",
    0.7, SPRING,
)  # fmt: skip
SUMMER_GREEN = _season(
    "summer", Label("Summer", "夏天"),
    "Leaves and grass take a full, deep green; straw and leaves that have turned go green again. Default: 0.7.",
    0.7, SUMMER,
)  # fmt: skip
