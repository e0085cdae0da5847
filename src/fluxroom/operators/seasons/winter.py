"""Winter: leaves lose their green to a grey brown, grass pales and bears frost. No snow: that is the weather's."""

from __future__ import annotations

import numpy as np

from fluxroom.operators.declare import Label, Operator, Overview, Param, Parameters, register
from fluxroom.operators.seasons.foliage import advise, crowns, look, noise, uniform
from fluxroom.operators.seasons.turn import Turn, apply_turn, band, direction, gate, leaf_weight, usual_direction
from fluxroom.operators.tables import hue_angles, smoothstep

BROWN, STRAW = 74.0, 88.0
"""Oklab hues of dead leaves and of dead grass, degrees."""


def _prepare(overview: Overview, parameters: Parameters, seed: int) -> Turn | None:
    strength, frost = float(parameters["strength"]), float(parameters["frost"])
    if strength <= 0.0:
        return None
    plants = look(overview)
    if plants is None:
        return None
    angle = hue_angles()
    low = min(98.0, plants.green - 16.0)
    leaf = band(low - 6, low + 6, 165.0, 180.0)
    warm = band(20.0, 36.0, low, low + 10)
    gates = gate(
        np.maximum(leaf, warm), np.where(angle < low, 0.09, 0.02), np.maximum(leaf, warm), np.full_like(angle, 0.02)
    )
    shape = (plants.trees.shape[0], plants.trees.shape[1])
    random = np.random.default_rng(seed)
    crown = uniform(crowns(overview, seed))
    share = plants.grass / np.maximum(plants.grass + plants.trees, 1e-3)
    ta, tb = direction(BROWN + 14 * (crown - 0.5) + share * (STRAW - BROWN))
    patch = noise(shape, 0.012, random) + np.float32(0.8) * noise(shape, 0.0016, random)
    rime = frost * strength * share * (0.30 + 0.45 * smoothstep(-1.2, 1.6, patch.astype(np.float64)))
    reach = min(1.0, 1.2 * strength) * plants.sure
    pale = 0.56 + 0.14 * crown
    planes = np.stack(
        [
            reach * plants.trees * (1 - 0.75 * plants.evergreen),
            reach * plants.grass,
            ta,
            tb,
            pale + share * (0.72 - pale),
            0.97 + 0.09 * share,
            rime,
        ]
    ).astype(np.float32)
    chosen = leaf_weight(plants.lab, np.maximum(plants.trees, plants.grass) * overview.mask, leaf)
    usual = usual_direction(plants.lab, chosen)
    return Turn(np.ascontiguousarray(planes), gates, usual, 0.2)


WINTER = register(
    Operator(
        name="winter",
        version=1,
        family="seasons",
        kind="layer",
        label=Label("Winter", "冬天"),
        doc="Leaves lose their green to a grey brown, needles a little of it; grass pales and bears frost. Frost: how"
        " much of it. Leaves stay on their trees, and no snow falls. Default: 0.8 with frost 0.5.",
        params=(
            Param("strength", 0.8, 0.0, 1.0, "", Label("Strength", "强度")),
            Param("frost", 0.5, 0.0, 1.0, "", Label("Frost", "霜")),
        ),
        prepare=_prepare,
        apply=apply_turn,
        region="vegetation + mountain",
        advise=advise,
    )
)
