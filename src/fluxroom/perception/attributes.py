"""What a picture has about it ("reflection", "fence", "by the sea"), by small linear models.

They stand on the classifier's features of the whole and of its parts, on how much of each
region there is, and on the facts of `circumstances`. Coefficients: data/attributes.npz,
fitted by `training/perception/fit_judgements.py` on photos judged by looking.
"""

from __future__ import annotations

import weakref
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from io import BytesIO
from typing import Any

import numpy as np

from fluxroom.perception.circumstances import Facts, facts, standardised
from fluxroom.perception.form import form, tempered
from fluxroom.perception.labels import Labels, labels_of
from fluxroom.scene import Float, Scene

REGIONS = (
    "sky", "clouds", "water", "sand", "snow", "rock", "mountain", "building", "road", "person", "animal",
    "vegetation", "ground", "object",
)  # fmt: skip
REGION_WEIGHT, FACT_WEIGHT = 0.15, 0.2


@dataclass(frozen=True, slots=True)
class Attributes:
    """Probabilities: of each tag on its own, and over the values of time, weather, season and scene."""

    tags: dict[str, float]
    choices: dict[str, dict[str, float]]
    facts: Facts


def deep_features(labels: Labels) -> Float:
    """(2560,): square roots of the features of the whole and, meaned, of its parts."""
    parts = np.stack([np.sqrt(np.maximum(view.features, 0)) for view in labels.parts]).mean(0)
    return np.concatenate([np.sqrt(np.maximum(labels.whole.features, 0)), parts]).astype(np.float32)


def region_features(scene: Scene) -> Float:
    """Log share of each region that is plainly there."""
    return np.array(
        [np.log((scene.regions[n] > 0.5).mean() + 2e-3 if n in scene.regions else 2e-3) for n in REGIONS], np.float32
    )


def combined(deep: Float, region: Float, fact: Float, scale: dict[str, Float]) -> Float:
    """One vector out of the three kinds, each standardised and weighted. fact: standardised already."""
    far = (deep - scale["deep_mean"]) / scale["deep_scale"] / np.sqrt(len(deep))
    near = REGION_WEIGHT * (region - scale["region_mean"]) / scale["region_scale"]
    return np.concatenate([far, near, FACT_WEIGHT * fact]).astype(np.float32)


@cache
def _models() -> dict[str, Any]:
    with np.load(BytesIO(files("fluxroom.perception").joinpath("data/attributes.npz").read_bytes())) as stored:
        return {
            name: stored[name].astype(np.float32) if stored[name].dtype.kind == "f" else stored[name] for name in stored
        }


def find_attributes(scene: Scene) -> Attributes:
    """Look with the classifier (once per scene) and judge."""
    model = _models()
    fact = facts(scene.preview, scene.regions, scene.light)
    x = combined(deep_features(labels_of(scene)), region_features(scene), standardised(fact), model)
    scores = model["weights"] @ x + model["bias"]
    tags: dict[str, float] = {}
    choices: dict[str, dict[str, float]] = {}
    for head, value, score in zip(model["heads"], model["values"], scores, strict=True):
        if head == "tag":
            tags[str(value)] = float(1 / (1 + np.exp(-score)))
        else:
            choices.setdefault(str(head), {})[str(value)] = float(score)
    for values in choices.values():
        top = max(values.values())
        total = sum(np.exp(v - top) for v in values.values())
        for name in values:
            values[name] = float(np.exp(values[name] - top) / total)
    shown = form(scene.preview)
    return Attributes(tags, {head: tempered(values, shown) for head, values in choices.items()}, fact)


_seen: dict[int, tuple[weakref.ref[Any], Attributes]] = {}


def attributes_of(scene: Scene) -> Attributes:
    """`find_attributes`, kept as long as the scene's preview lives."""
    key = id(scene.preview)
    kept = _seen.get(key)
    if kept is not None and kept[0]() is scene.preview:
        return kept[1]
    found = find_attributes(scene)
    _seen[key] = (weakref.ref(scene.preview, lambda _: _seen.pop(key, None)), found)
    return found
