"""Ideas for a photo: what the scene allows, why, and a recipe that is ready."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import yaml

from fluxroom.errors import FluxroomError
from fluxroom.language import interpret
from fluxroom.operators.declare import LUMA
from fluxroom.recipe import Recipe

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from fluxroom.describe import Language
    from fluxroom.scene import Float, Scene

MOST, FEWEST = 5, 3
LEAST = 0.12
"""Ideas of less worth are not shown, unless there would be fewer than FEWEST."""


@dataclass(frozen=True, slots=True)
class Idea:
    """One proposal: what to say for it, why, and what it would do.

    worth   how well it suits the photo, 0 to about 1.3
    """

    key: str
    kind: str
    words: str
    reason: str
    recipe: Recipe
    worth: float


def suggest(
    scene: Scene,
    language: Language = "en",
    *,
    most: int = MOST,
    done: frozenset[str] = frozenset(),
    liking: Callable[[Recipe], float] = lambda recipe: 1.0,
) -> list[Idea]:
    """The best ideas, the best first, no two of a kind.

    done     operators that the photo has been through already: ideas that repeat them are left out
    liking   factor on an idea's worth: the user's taste
    """
    seen = features(scene)
    ranked: list[Idea] = []
    for key, idea in _ideas().items():
        worth = float(idea["weight"]) * _fits(idea["when"], seen)
        if worth < 0.02:
            continue
        words = idea["say"][language]
        try:
            made = interpret(words, scene)
        except FluxroomError:
            continue
        if made.not_understood or {a.operator for a in made.recipe.adjustments} & done:
            continue
        worth *= liking(made.recipe)
        ranked.append(Idea(key, idea["kind"], words, idea["because"][language], made.recipe, worth))
    ranked.sort(key=lambda i: (-i.worth, i.key))
    best: dict[str, Idea] = {}
    for idea in ranked:
        best.setdefault(idea.kind, idea)
    chosen = list(best.values())[:most]
    good = [i for i in chosen if i.worth >= LEAST]
    return good if len(good) >= FEWEST else chosen[:FEWEST]


def _fits(when: Mapping[str, list[float]], seen: Mapping[str, float]) -> float:
    """Product over the conditions: 1 inside the range, falling to 0 over a third of its end beside it."""
    fit = 1.0
    for name, (low, high) in when.items():
        value = seen[name]
        under = (low - value) / max(0.35 * low, 1e-6) if value < low else 0.0
        over = (value - high) / max(0.35 * high, 1e-6) if value > high else 0.0
        fit *= max(0.0, 1 - under - over)
    return fit


def features(scene: Scene) -> dict[str, float]:
    """What ideas ask for. Shares of the frame, probabilities, and measures of the small picture.

    clouds      share of the sky;  tilt degrees of the horizon, 0 if unsure;  median linear luminance
    range       stops between the 5th and the 95th percentile, over 2.5;  white share close to white
    colour      mean chroma (opponent differences of square-root encoded values)
    calm        1 still water .. 0 rough;  subject_dark  stops that people are darker than the rest
    """
    picture = np.asarray(scene.preview, np.float32)
    luma = np.maximum(picture @ np.array(LUMA, np.float32), 1e-5)
    sky = scene.share("sky")
    hours = scene.time_of_day.probabilities or {scene.time_of_day.value: scene.time_of_day.confidence}
    weather = scene.weather.probabilities or {scene.weather.value: scene.weather.confidence}
    coded = np.sqrt(np.clip(picture, 0, 1))
    opponent = np.stack([coded[..., 0] - coded[..., 1], 0.5 * (coded[..., 0] + coded[..., 1]) - coded[..., 2]], -1)
    chroma = np.hypot(opponent[..., 0], opponent[..., 1])
    low, middle, high = (float(v) for v in np.percentile(luma, (5, 50, 95)))
    h, w = luma.shape
    level = abs(scene.horizon.angle(w, h)) if scene.horizon.angle_confidence > 0.5 else 0.0
    green = (opponent[..., 0] < -0.01) & (opponent[..., 1] > 0.02)
    return {
        "tilt": level,
        "sky": sky,
        "clouds": scene.share("clouds") / max(sky, 1e-3) if sky > 0.01 else 0.0,
        "water": scene.share("water"),
        "water_most": float(scene.share("water") > 0.6),
        "vegetation": scene.share("vegetation"),
        "green": float((_region(scene, "vegetation", luma) * green).mean()),
        "snow": scene.share("snow"),
        "building": scene.share("building"),
        "person": scene.share("person"),
        "things": scene.share("object") + scene.share("animal"),
        "day": hours.get("day", 0.0),
        "golden": hours.get("golden_hour", 0.0),
        "dusk": hours.get("dusk", 0.0) + hours.get("blue_hour", 0.0),
        "night": hours.get("night", 0.0),
        "dark": hours.get("night", 0.0) + 0.7 * (hours.get("dusk", 0.0) + hours.get("blue_hour", 0.0)),
        "clear": weather.get("clear", 0.0),
        "fog": weather.get("fog", 0.0),
        "snowing": weather.get("snow", 0.0),
        "soft": scene.light.softness,
        "sun": scene.light.confidence if scene.light.visible else 0.0,
        "median": middle,
        "range": float(np.log2(high / low)) / 2.5,
        "white": float((luma > 0.9).mean()),
        "colour": float(chroma.mean()),
        "sky_colour": _inside(chroma, _region(scene, "sky", luma)),
        "haze": _haze(picture, luma, scene),
        "noise": _noise(scene),
        "calm": _calm(coded, _region(scene, "water", luma)),
        "subject_dark": _subject_dark(scene, luma),
        "aspect": scene.width / scene.height,
    }


def _region(scene: Scene, name: str, like: Float) -> Float:
    mask = scene.regions.get(name)
    return np.zeros_like(like) if mask is None or mask.shape != like.shape else mask


def _inside(values: Float, mask: Float) -> float:
    total = float(mask.sum(dtype=np.float64))
    return float((values * mask).sum(dtype=np.float64)) / total if total > 1 else 0.0


def _haze(picture: Float, luma: Float, scene: Scene) -> float:
    """The dark channel (He, Sun & Tang 2011) of what is neither sky nor snow nor water: near 0 in clear air."""
    import cv2

    dark = cv2.erode(np.ascontiguousarray(picture.min(-1)), np.ones((15, 15), np.uint8))
    land = 1 - np.maximum.reduce([_region(scene, name, luma) for name in ("sky", "snow", "water")])
    if float(land.mean()) < 0.08:
        return 0.0
    return float(np.sqrt(max(0.0, _inside(np.asarray(dark, np.float32), land))))


def _noise(scene: Scene) -> float:
    from fluxroom.perception.questions.technical import noise_level

    return noise_level(scene)


def _calm(coded: Float, water: Float) -> float:
    """1 where the water has no structure of a few pixels."""
    import cv2

    if float(water.mean()) < 0.02:
        return 0.5
    grey = np.ascontiguousarray(coded.mean(-1))
    rough = np.abs(grey - cv2.GaussianBlur(grey, (0, 0), 2.0))
    return float(np.clip(1.4 - 70 * _inside(np.asarray(rough, np.float32), water), 0, 1))


def _subject_dark(scene: Scene, luma: Float) -> float:
    person = _region(scene, "person", luma)
    if float(person.mean()) < 0.005:
        return 0.0
    inside, outside = _inside(luma, person), _inside(luma, 1 - person)
    return float(np.clip(np.log2(max(outside, 1e-5) / max(inside, 1e-5)), 0, 4))


@lru_cache(maxsize=1)
def _ideas() -> dict[str, Any]:
    text = (Path(__file__).parent / "ideas.yaml").read_text("utf-8")
    data = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    assert isinstance(data, dict)
    return data
