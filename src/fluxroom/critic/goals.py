"""Claims of direction and amount: is the sky darker, by as much as was asked, and can it be seen?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from fluxroom.critic.look import Look
from fluxroom.critic.measure import Measures, measure
from fluxroom.critic.verdict import Claim
from fluxroom.describe import Language, region_in_words
from fluxroom.operators import find, resolve
from fluxroom.recipe import PLACE_NAMES, Recipe, Region
from fluxroom.render import preview_mask
from fluxroom.scene import Float


@dataclass(frozen=True, slots=True)
class Goal:
    """An operator's aim: moving `parameter` by 1 should move `metric` by `expected` at least (sign counts)."""

    metric: str
    parameter: str
    expected: float


GOALS: Mapping[str, Goal] = {
    "exposure": Goal("luminance", "stops", 0.35),
    "contrast": Goal("contrast", "amount", 0.08),
    "highlights": Goal("highlights", "amount", 0.06),
    "shadows": Goal("shadows", "amount", 0.10),
    "whites": Goal("highlights", "amount", 0.05),
    "blacks": Goal("shadows", "amount", 0.05),
    "white_balance": Goal("warmth", "temperature", 0.12),
    "saturation": Goal("chroma", "amount", 0.03),
    "vibrance": Goal("chroma", "amount", 0.015),
    "clarity": Goal("structure", "amount", 0.01),
    "dehaze": Goal("contrast", "amount", 0.04),
    "cloud_drama": Goal("structure", "strength", 0.04),
}
SEASONS = frozenset({"spring", "summer", "autumn", "winter"})
HOURS = frozenset({"golden_hour", "dusk", "blue_hour", "night", "noon"})
LIT = frozenset({"rim_light", "side_light", "sun_patch", "dodge_burn", "subject_light", "bloom", "lens_flare"})
WEATHER = frozenset({"dust", "fog", "haze", "mist", "rain", "rain_shafts", "snow_cover", "snowfall", "wet_ground"})
LIGHT = HOURS | LIT | WEATHER | frozenset({"sky_reflection"})
"""What changes the light of the whole picture, or of its water."""
DISTURBED_BY: Mapping[str, frozenset[str]] = {
    "luminance": frozenset({"clouds", "cloud_drama", "sun_glow", "light_shafts", "vignette", "highlights", "whites",
                            "shadows", "contrast", "tone_curve", "relight", "dehaze"}) | SEASONS | LIGHT,
    "contrast": frozenset({"clouds", "vignette", "highlights", "shadows", "whites", "blacks", "exposure", "clarity",
                           "sun_glow", "tone_curve", "light_shafts", "tilt_shift"}) | SEASONS | LIGHT,
    "structure": frozenset({"highlights", "shadows", "contrast", "sun_glow", "light_shafts", "tone_curve",
                            "clouds", "grain", "film_stock"}) | LIGHT,
    "warmth": frozenset({"split_toning", "sun_glow", "color_mixer", "relight", "light_shafts", "cloud_drama",
                         "black_and_white", "clouds", "dehaze", "saturation", "vibrance"}) | SEASONS | LIGHT,
    "chroma": frozenset({"split_toning", "white_balance", "color_mixer", "contrast", "black_and_white", "clouds",
                         "dehaze", "cloud_drama", "sun_glow", "exposure", "blacks", "shadows"}) | SEASONS | LIGHT,
    "highlights": frozenset({"exposure", "contrast", "clouds", "cloud_drama", "sun_glow", "light_shafts", "tone_curve",
                             "white_balance", "dehaze", "vignette"}) | LIGHT,
    "shadows": frozenset({"exposure", "contrast", "tone_curve", "dehaze", "vignette", "clouds", "cloud_drama",
                          "clarity", "light_shafts"}) | LIGHT,
}  # fmt: skip
"""Operators that move a metric as a side effect: where one works in the same place, no single direction was asked."""
FOLLOWING = frozenset({"sky_reflection"})
"""Operators that carry on what another did elsewhere: as visible as that makes them."""
WORDS: Mapping[str, tuple[str, str, str, str, str]] = {  # metric -> en, en up, en down, zh up, zh down
    "luminance": ("brightness", "brighter", "darker", "变亮", "变暗"),
    "contrast": ("contrast", "more contrast", "less contrast", "反差增强", "反差减弱"),
    "structure": ("cloud and form contrast", "stronger forms", "softer forms", "层次增强", "层次变柔"),
    "detail": ("fine contrast", "crisper", "softer", "细节增强", "细节变柔"),
    "warmth": ("warmth", "warmer", "cooler", "变暖", "变冷"),
    "tint": ("tint", "more magenta", "greener", "偏品红", "偏绿"),
    "chroma": ("colourfulness", "more colourful", "less colourful", "更鲜艳", "更素净"),
    "shadows": ("shadows", "lighter shadows", "deeper shadows", "暗部提亮", "暗部压暗"),
    "highlights": ("highlights", "brighter highlights", "darker highlights", "高光提亮", "高光压低"),
}
LANGUAGES: tuple[Language, ...] = ("en", "zh")
VISIBLE = 0.008
"""Least change (root mean square of the channels, square-root encoded) in a region that an edit names: two of 255."""
AS_PLANNED, MISPLACED = 0.5, 0.05
"""How much of the planned change must be there, and below what share it went elsewhere, or nowhere."""
FAINT = frozenset({"grain", "halation", "rim_light", "lens_flare", "skin_tone"})
"""Operators that work in small things: where there is nothing else, a quarter of that is enough."""


def goal_claims(look: Look) -> list[Claim]:
    """One claim for each region and metric that the recipe moves in one direction."""
    scene, recipe, before, after = look.scene, look.recipe, look.before, look.after
    asked: dict[tuple[str, str], list[tuple[int, float]]] = {}
    for index, adjustment in enumerate(recipe.adjustments):
        goal = GOALS.get(adjustment.operator)
        if goal is None:
            continue
        _, parameters = resolve(adjustment)
        value = parameters.get(goal.parameter)
        if not isinstance(value, float) or abs(value) < 0.02 or adjustment.opacity < 0.02:
            continue
        key = (adjustment.region.text, goal.metric)
        asked.setdefault(key, []).append((index, value * adjustment.opacity * goal.expected))
    whole = kept_by_all(recipe)
    keep = preview_mask(scene, whole) if whole is not None else None
    claims = []
    cache: dict[str, tuple[Measures, Measures] | None] = {}
    for (text, metric), wants in asked.items():
        expected = sum(amount for _, amount in wants)
        if any(amount * expected < 0 for _, amount in wants) or _confounded(recipe, text, metric, expected):
            continue  # pulls both ways: no single direction was asked
        if text not in cache:
            mask = preview_mask(scene, Region(text))
            if keep is not None:
                mask = mask * (1 - keep)
            cache[text] = (measure(before, mask), measure(after, mask)) if mask.mean() > 1e-3 else None
        measures = cache[text]
        if measures is None:
            continue
        first, second = (getattr(m, metric) for m in measures)
        change = second - first
        passed = change * np.sign(expected) >= 0.5 * abs(expected)
        claims.append(_claim(text, metric, expected, change, bool(passed), tuple(i for i, _ in wants)))
    return claims


def visible_claims(look: Look) -> list[Claim]:
    """In each region that was named, the picture changed enough to be seen, and by as much as the plan shows."""
    scene, recipe = look.scene, look.recipe
    step = np.sqrt(np.maximum(look.after, 0)) - np.sqrt(np.maximum(look.before, 0))
    change = np.sqrt((step**2).mean(2))
    plan = look.planned.overview
    aim = None if plan is None else np.sqrt(np.maximum(plan, 0)) - np.sqrt(np.maximum(look.before, 0))
    places: dict[tuple[str, str], list[int]] = {}
    for index, adjustment in enumerate(recipe.adjustments):
        if find(adjustment.operator, adjustment.version).family in ("elements", "phenomena", "frame", "retouch"):
            continue  # small things (see _drawn_claims, _removed_claims), and what changes no light
        if adjustment.operator in FOLLOWING:
            continue
        kept = "" if adjustment.keep is None else adjustment.keep.text
        places.setdefault((adjustment.region.text, kept), []).append(index)
    claims = []
    for (text, kept), indices in places.items():
        mask = preview_mask(scene, Region(text))
        for keep in (recipe.keep, Region(kept) if kept else None):
            if keep is not None:
                mask = mask * (1 - preview_mask(scene, keep))
        total = float(mask.sum(dtype=np.float64))
        if total < 1e-3 * mask.size:
            continue
        amount = _most_changed(change, mask)
        faint = all(recipe.adjustments[i].operator in FAINT for i in indices)
        least = 0.25 * VISIBLE if faint else VISIBLE
        passed = amount >= least
        en, zh = (region_in_words(Region(text), language) for language in LANGUAGES)
        measured = f"{255 * amount:.1f} of 255 in its most changed quarter"
        claims.append(
            Claim(
                f"{text}: visible", "a visible change", measured, passed,
                f"{en} changed visibly: {measured}" if passed else f"{en} hardly changed: {measured}",
                f"{zh}{'有可见的变化' if passed else '几乎没有变化'}:变化最大的四分之一平均 {255 * amount:.1f}/255",
                tuple(indices), "" if passed else "weak", amount, least,
            )
        )  # fmt: skip
        reached = None if aim is None else _reached(step, aim, mask)
        if reached is None:
            continue
        passed = reached >= AS_PLANNED
        claims.append(
            Claim(
                f"{text}: as planned", "as strong as planned, in its place", f"{reached:.0%}", passed,
                f"{en} changed as planned: {reached:.0%} of it is there",
                f"{zh}按计划变化:达到 {reached:.0%}",
                tuple(indices), "" if passed else ("place" if reached < MISPLACED else "weak"), reached, AS_PLANNED,
            )
        )  # fmt: skip
    return claims


def _most_changed(change: Float, mask: Float) -> float:
    """Mean change over the quarter of the mask that changed most: a season turns the leaves, not the rock."""
    values, weights = change[mask > 0].astype(np.float64), mask[mask > 0].astype(np.float64)
    order = np.argsort(values)[::-1]
    reached = np.cumsum(weights[order])
    top = order[: int(np.searchsorted(reached, 0.25 * reached[-1])) + 1]
    return float(np.average(values[top], weights=weights[top]))


def _reached(step: Float, aim: Float, mask: Float) -> float | None:
    """How much of the planned change (h, w, 3) is in the one that came out, within a mask: 1 all of it, 0 none.

    The least-squares factor of the one on the other; None where next to nothing was planned.
    """
    power = float(((aim**2).sum(2) * mask).sum(dtype=np.float64))
    if power < (0.5 * VISIBLE) ** 2 * 3 * float(mask.sum(dtype=np.float64)):
        return None
    return float(((aim * step).sum(2) * mask).sum(dtype=np.float64)) / power


def _confounded(recipe: Recipe, text: str, metric: str, expected: float) -> bool:
    """Whether another adjustment in the same place moves the metric as well, against it or by the way."""
    for adjustment in recipe.adjustments:
        if not _meet(Region(text), adjustment.region):
            continue
        goal = GOALS.get(adjustment.operator)
        if goal is not None and goal.metric == metric:
            _, parameters = resolve(adjustment)
            value = parameters.get(goal.parameter)
            if isinstance(value, float) and value * goal.expected * expected < 0:
                return True
        elif adjustment.operator in DISTURBED_BY.get(metric, ()):
            return True
    return False


def _meet(one: Region, other: Region) -> bool:
    """Whether two regions may share pixels, judged by their names."""
    if one.text == other.text:
        return True
    a, b = one.tree.names(), other.tree.names()
    wide = {"everything", "foreground", *PLACE_NAMES}
    return bool(a & b or a & wide or b & wide or {"sky", "clouds"} <= a | b or "ground" in a | b)


def _claim(text: str, metric: str, expected: float, change: float, passed: bool, indices: tuple[int, ...]) -> Claim:
    noun, up, down, zh_up, zh_down = WORDS[metric]
    unit = "" if metric == "chroma" else " EV"
    en, zh = (region_in_words(Region(text), language) for language in LANGUAGES)
    asked = up if expected > 0 else down
    measured = f"{change:+.2f}{unit}"
    return Claim(
        name=f"{text}: {metric}",
        asked=asked,
        measured=measured,
        passed=passed,
        en=f"{en} {asked}: {noun} {measured}",
        zh=f"{zh}{zh_up if expected > 0 else zh_down}:实测 {measured}",
        adjustments=indices,
        fault="" if passed else "weak",
        value=change,
        limit=0.5 * expected,
    )


def kept_by_all(recipe: Recipe) -> Region | None:
    """The region that no adjustment may touch: the recipe's keep, or what every adjustment keeps."""
    if recipe.keep is not None:
        return recipe.keep
    own = {a.keep for a in recipe.adjustments}
    return own.pop() if len(own) == 1 else None
