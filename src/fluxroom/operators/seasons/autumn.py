"""Autumn: leaves turn gold, orange and red, crown by crown; grass becomes straw."""

from __future__ import annotations

import numpy as np

from fluxroom.operators.declare import Label, Operator, Overview, Param, Parameters, register
from fluxroom.operators.seasons.foliage import Foliage, advise, crowns, look, noise, uniform
from fluxroom.operators.seasons.turn import Double, Turn, apply_turn, band, direction, leaf_weight, usual_direction
from fluxroom.operators.tables import hue_angles
from fluxroom.scene import Float
from fluxroom.sky import maps

STAGES = np.array([0.0, 0.18, 0.4, 0.65, 0.85, 1.0])
"""What a leaf may become: lime, gold, deep gold, orange, red-orange, red."""
HUES = np.array([98.0, 87.0, 78.0, 63.0, 48.0, 36.0])
"""Oklab hue of each, degrees."""
LIGHTS = np.array([1.14, 1.21, 1.16, 1.06, 0.96, 0.88])
"""Lightness against the green leaf: without chlorophyll a leaf reflects much more red light (Gitelson, Merzlyak &
Chivkunova 2001, "Optical properties and nondestructive estimation of anthocyanin content in plant leaves"; anthocyanin
in a red one takes the green away again). Half of what leaves measured there gain, so that light in the photo holds."""
CHROMAS = np.array([1.45, 1.60, 1.70, 1.80, 1.90, 1.90])
"""Saturation against the green leaf."""
MOST = 0.28
FLAT = 5.0
"""How much wider than high patches of dry grass look."""
DRIED = np.array([0.0, 0.3, 0.6, 0.85, 1.0])
"""What grass may become: straw, ochre, tawny, russet, the red of heath and bilberry."""
DRIED_HUES = np.array([96.0, 90.0, 83.0, 74.0, 62.0])
DRIED_LIGHTS = np.array([1.24, 1.20, 1.14, 1.06, 0.98])
DRIED_CHROMAS = np.array([0.98, 1.08, 1.14, 1.16, 1.14])


def _named(red: float) -> float:
    """1 where one colour was asked for (all gold, all red) .. 0 for a mixture."""
    return max(0.0, 2.5 * abs(2 * red - 1) - 1.5)


def _gate(named: float, green: float) -> Double:
    """Green leaves; where one colour was asked for, leaves that have turned already follow too."""
    low = 98.0 + 0.7 * min(4.0, max(-10.0, green - 118.0))
    leaf = band(low - 5, low + 8, 158.0, 172.0)
    warm = band(22.0, 34.0, low, low + 12)
    angle = hue_angles()
    trees = np.maximum(leaf, named * warm)
    starts = np.where(angle < low, 0.12, 0.035)
    grass = band(low - 5, low + 8, 150.0, 165.0)
    return np.stack([trees, starts, grass, np.full_like(angle, 0.04)], axis=-1)


def _prepare(overview: Overview, parameters: Parameters, seed: int) -> Turn | None:
    strength, red = float(parameters["strength"]), float(parameters["red"])
    if strength <= 0.0:
        return None
    plants = look(overview)
    if plants is None:
        return None
    gates = _gate(_named(red), plants.green)
    chosen = leaf_weight(plants.lab, np.maximum(plants.trees, plants.grass) * overview.mask, gates[:, 0])
    again = _turned_already(plants.lab, chosen)
    stage, ripe = _ripeness(plants, overview, red, seed)
    turned = np.clip(1.55 * strength - 0.55 * ripe, 0, 1) * min(1.0, 2 * strength) * plants.sure
    turned = turned * (1 - 0.92 * plants.evergreen)
    share = plants.grass / np.maximum(plants.grass + plants.trees, 1e-3)
    dried = _dried((share.shape[0], share.shape[1]), red, seed)
    straw = min(1.0, 1.1 * strength) * plants.sure

    def mixed(trees: Double, grass: Double) -> Double:
        return np.asarray(trees + share * (grass - trees))

    ta, tb = direction(mixed(np.interp(stage, STAGES, HUES), np.interp(dried, DRIED, DRIED_HUES)))
    chroma, light = np.interp(stage, STAGES, CHROMAS), np.interp(stage, STAGES, LIGHTS)
    planes = np.stack(
        [
            turned * plants.trees,
            straw * plants.grass,
            ta,
            tb,
            mixed(1 + (1 - 0.5 * again) * (chroma - 1), np.interp(dried, DRIED, DRIED_CHROMAS)),
            mixed(1 + (1 - 0.6 * again) * (light - 1), np.interp(dried, DRIED, DRIED_LIGHTS)),
            np.zeros_like(ta),
        ]
    ).astype(np.float32)
    usual = usual_direction(plants.lab, chosen)
    return Turn(np.ascontiguousarray(planes), gates.astype(np.float32), usual, MOST, 0.4 - 0.2 * _named(red))


def _turned_already(lab: Float, chosen: Double) -> float:
    """0..1: the part of the leaves that is gold to red by now; those have their light and colour."""
    warm = np.degrees(np.arctan2(lab[..., 2], lab[..., 1])) < 92
    return float((chosen * warm).sum() / max(1e-6, float(chosen.sum())))


def _ripeness(plants: Foliage, overview: Overview, red: float, seed: int) -> tuple[Double, Double]:
    """(h, w) place on STAGES, and 0..1 how late each place turns."""
    shape = (plants.trees.shape[0], plants.trees.shape[1])
    random = np.random.default_rng(seed + 1)
    leaves = noise(shape, 0.0012, random)
    bunches = noise(shape, 0.006, random)
    crown = crowns(overview, seed)
    low = 0.72 * max(0.0, 2 * red - 1) + 0.1 * max(0.0, 1 - 4 * red)
    high = 0.30 + 0.70 * min(1.0, 2 * red)
    stage = low + (high - low) * uniform(crown + np.float32(0.25) * bunches) ** 1.2
    stage = np.clip(stage + 0.07 * leaves * (0.3 + 0.7 * (high - low)), 0, 1)
    late = uniform(np.float32(0.5) * noise(shape, 0.02, random) - np.float32(0.5) * crown + np.float32(0.5) * leaves)
    return np.asarray(stage), late


def _dried(shape: tuple[int, int], red: float, seed: int) -> Double:
    """(h, w) place on DRIED: wide patches of one kind of grass or heath, tufts within, the more russet the redder."""
    random = np.random.default_rng(seed + 2)
    h, w = shape
    flat = (h, max(1, round(w / FLAT)))  # patches on the ground are seen from its side: wide and low
    wide = maps.resize(noise(flat, 0.05, random), w, h) + np.float32(0.6) * maps.resize(
        noise(flat, 0.014, random), w, h
    )
    tufts = noise(shape, 0.0022, random)
    kind = uniform(np.asarray(np.float32(0.8) * wide + np.float32(0.25) * tufts, np.float32))
    return np.asarray(kind * min(1.0, 0.25 + 1.6 * red))


AUTUMN = register(
    Operator(
        name="autumn",
        version=1,
        family="seasons",
        kind="layer",
        label=Label("Autumn", "秋天"),
        doc="Green leaves turn gold, orange and red, each crown in its own way; needles stay, grass becomes straw, all"
        " that is not green stays. Red: the share of orange and red crowns; at 0 all is gold, at 1 all is red, and"
        " then leaves that have turned already follow too. Default: 0.8 with 0.4.",
        params=(
            Param("strength", 0.8, 0.0, 1.0, "", Label("Strength", "强度")),
            Param("red", 0.4, 0.0, 1.0, "", Label("Share of red", "红叶比例")),
        ),
        prepare=_prepare,
        apply=apply_turn,
        region="vegetation + mountain",
        advise=advise,
    )
)
