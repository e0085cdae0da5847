"""Review and revise: did what was asked happen, and nothing else?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from fluxroom.critic.measure import Measures, measure, pure_tones
from fluxroom.critic.verdict import Claim, Verdict
from fluxroom.describe import Language, region_in_words
from fluxroom.operators import find, resolve
from fluxroom.photo import Photo
from fluxroom.photo.reduce import reduced
from fluxroom.recipe import PLACE_NAMES, Adjustment, Recipe, Region, Value
from fluxroom.render import Rendered, full_mask, kernels, preview_mask
from fluxroom.scene import Float, Scene


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
                           "sun_glow", "tone_curve", "light_shafts"}) | SEASONS | LIGHT,
    "structure": frozenset({"highlights", "shadows", "contrast", "sun_glow", "light_shafts", "tone_curve",
                            "clouds"}) | LIGHT,
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
STRENGTHS = ("strength", "amount", "stops", "temperature", "coverage")
LANGUAGES: tuple[Language, ...] = ("en", "zh")
VISIBLE = 0.008
"""Least mean change of square-root encoded values in a region that an edit names; about two codes of 255."""
LEAST_DRAWN = 5e-5
"""Least share of the frame that things put in change plainly."""
FAINT = frozenset({"grain", "halation", "rim_light", "lens_flare"})
"""Operators that work in small things: where there is nothing else, a quarter of that is enough."""
ENTIRE = frozenset({"black_and_white", "cyanotype", "sepia"})
"""Operators of which three quarters are something else: colours left in a grey picture."""
MAX_CLIPPED = 0.02
"""New pure white allowed, as a share of the frame."""
MAX_CRUSHED = 0.03


def review(photo: Photo, scene: Scene, recipe: Recipe, rendered: Rendered) -> Verdict:
    """Measure the rendered result against the recipe, region by region."""
    after = _small(photo, rendered, scene)
    before = scene.preview
    claims = _goal_claims(scene, recipe, before, after)
    claims += _visible_claims(scene, recipe, before, after)
    claims += _drawn_claims(recipe, before, after)
    claims += _removed_claims(recipe, rendered)
    claims += _kept_claims(photo, scene, recipe, rendered)
    claims += _sanity_claims(before, after)
    return Verdict(tuple(claims))


def _small(photo: Photo, rendered: Rendered, scene: Scene) -> Float:
    """The result at preview size, linear."""
    height, width = scene.preview.shape[:2]
    return reduced(replace(photo, codes=rendered.codes), width, height)


def _goal_claims(scene: Scene, recipe: Recipe, before: Float, after: Float) -> list[Claim]:
    """One claim for each region and metric that the recipe moves in one direction."""
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


def _visible_claims(scene: Scene, recipe: Recipe, before: Float, after: Float) -> list[Claim]:
    """In each region that was named, the picture changed enough to be seen."""
    change = np.abs(np.sqrt(np.maximum(after, 0)) - np.sqrt(np.maximum(before, 0))).mean(2)
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
        passed = amount >= (0.25 * VISIBLE if faint else VISIBLE)
        en, zh = (region_in_words(Region(text), language) for language in LANGUAGES)
        measured = f"{255 * amount:.1f} of 255 in its most changed quarter"
        claims.append(
            Claim(
                f"{text}: visible", "a visible change", measured, passed,
                f"{en} changed visibly: {measured}", f"{zh}有可见的变化:变化最大的四分之一平均 {255 * amount:.1f}/255",
                tuple(indices), "" if passed else "weak",
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


DRAWN: Mapping[str, tuple[float, str, str]] = {
    "elements": (8 * VISIBLE, "no free place was found for {}", "没有找到放置{}的位置"),
    "phenomena": (3 * VISIBLE, "{} cannot be seen in this sky", "这片天空里看不出{}"),
}
"""Families of things put in: how much they change their place (square-root encoded), and what to say if none does."""


def _drawn_claims(recipe: Recipe, before: Float, after: Float) -> list[Claim]:
    """What was put in stands somewhere: some of the picture changed plainly."""
    operators = [find(a.operator, a.version) for a in recipe.adjustments]
    change = np.abs(np.sqrt(np.maximum(after, 0)) - np.sqrt(np.maximum(before, 0))).max(2)
    claims = []
    for family, (plainly, absent_en, absent_zh) in DRAWN.items():
        indices = tuple(i for i, operator in enumerate(operators) if operator.family == family)
        if not indices:
            continue
        share = float((change > plainly).mean())
        passed = share >= LEAST_DRAWN
        en = ", ".join(operators[i].label.en.lower() for i in indices)
        zh = "、".join(operators[i].label.zh for i in indices)
        claims.append(
            Claim(
                f"drawn: {family}", "a visible thing", f"{share:.2%} of the frame", passed,
                f"{en} can be seen: {share:.2%} of the frame" if passed else absent_en.format(en),
                f"{zh}可见:占画面 {share:.2%}" if passed else absent_zh.format(zh),
                indices, "" if passed else "absent",
            )
        )  # fmt: skip
    return claims


def _removed_claims(recipe: Recipe, rendered: Rendered) -> list[Claim]:
    """What was to be taken out was found and filled; the renderer's notes say where it was not."""
    claims = []
    for index, adjustment in enumerate(recipe.adjustments):
        operator = find(adjustment.operator, adjustment.version)
        if operator.family != "retouch":
            continue
        why = next((note for note in rendered.notes if note.startswith(f"{operator.name}: ")), "")
        en, zh = (region_in_words(adjustment.region, language) for language in LANGUAGES)
        claims.append(
            Claim(
                f"{operator.name}: {adjustment.region.text}", "taken out", why or "filled from around it", not why,
                why or f"{operator.label.en.lower()}: {en}, filled from around it",
                f"{operator.label.zh}:{zh},{'未能去除' if why else '已用周围的像素填补'}",
                (index,), "absent" if why else "",
            )
        )  # fmt: skip
    return claims


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
    )


def _kept_claims(photo: Photo, scene: Scene, recipe: Recipe, rendered: Rendered) -> list[Claim]:
    """Where nothing may change, nothing did: counted on every pixel at full size."""
    changed = _changed(photo, rendered)
    claims = []
    outside = int(np.count_nonzero(changed & rendered.untouched))
    share = int(np.count_nonzero(rendered.untouched)) / rendered.untouched.size
    if share > 0:
        claims.append(
            Claim(
                "outside", "untouched", f"{outside} pixels changed", outside == 0,
                f"outside the edit ({share:.0%} of the frame) {outside} pixels changed",
                f"选区之外({share:.0%} 的画面)有 {outside} 个像素变化", (), "" if outside == 0 else "leak",
            )
        )  # fmt: skip
    keep = kept_by_all(recipe)
    if keep is not None:
        kept = full_mask(photo, scene, keep) >= 0.5
        en, zh = (region_in_words(keep, language) for language in LANGUAGES)
        moved = int(np.count_nonzero(changed & kept))
        claims.append(
            Claim(
                f"keep: {keep}", "unchanged", f"{moved} pixels changed", moved == 0,
                f"kept as it was: {en} ({float(kept.mean()):.0%} of the frame), {moved} pixels changed",
                f"保持不变:{zh}({float(kept.mean()):.0%} 的画面),{moved} 个像素变化",
                (), "" if moved == 0 else "leak",
            )
        )  # fmt: skip
    return claims


def kept_by_all(recipe: Recipe) -> Region | None:
    """The region that no adjustment may touch: the recipe's keep, or what every adjustment keeps."""
    if recipe.keep is not None:
        return recipe.keep
    own = {a.keep for a in recipe.adjustments}
    return own.pop() if len(own) == 1 else None


def _changed(photo: Photo, rendered: Rendered) -> NDArray[np.bool_]:
    out = np.empty(photo.codes.shape[:2], np.bool_)
    depth = rendered.codes.dtype.itemsize - photo.codes.dtype.itemsize
    kernels.changed(photo.codes, rendered.codes, (0, 1, 257)[depth + 1], out)
    return out


def _sanity_claims(before: Float, after: Float) -> list[Claim]:
    clipped, crushed = (then - now for then, now in zip(pure_tones(after), pure_tones(before), strict=True))
    fine = clipped <= MAX_CLIPPED and crushed <= MAX_CRUSHED
    return [
        Claim(
            "clipping", "no new pure white or black", f"white {clipped:+.1%}, black {crushed:+.1%}", fine,
            f"tones hold: pure white {clipped:+.1%}, pure black {crushed:+.1%} of the frame",
            f"影调完好:纯白 {clipped:+.1%},纯黑 {crushed:+.1%}", (), "" if fine else "strong",
        )
    ]  # fmt: skip


def revise(recipe: Recipe, verdict: Verdict) -> Recipe | None:
    """The recipe with strengths changed to meet the missed claims, or None when nothing can be done.

    Too weak: the adjustments that the claim judges are made 1.5 times as strong, within
    their ranges. Tones clipped: everything is made 0.75 times as strong.
    """
    factors: dict[int, float] = {}
    for claim in verdict.claims:
        if claim.passed:
            continue
        if claim.fault == "weak":
            for index in claim.adjustments:
                factors[index] = 1.5
        elif claim.fault == "strong":
            for index, adjustment in enumerate(recipe.adjustments):
                if adjustment.operator not in ENTIRE:
                    factors.setdefault(index, 0.75)
    changed = tuple(_scaled(a, factors[i]) if i in factors else a for i, a in enumerate(recipe.adjustments))
    return None if changed == recipe.adjustments else replace(recipe, adjustments=changed)


def _scaled(adjustment: Adjustment, factor: float) -> Adjustment:
    operator = find(adjustment.operator, adjustment.version)
    _, parameters = resolve(adjustment)
    name = next((n for n in STRENGTHS if isinstance(parameters.get(n), float) and parameters[n] != 0), None)
    if name is None:
        return adjustment
    param = next(p for p in operator.params if p.name == name)
    old = parameters[name]
    assert isinstance(old, float)
    new: Value = round(min(max(old * factor, param.low), param.high), 4)
    return replace(adjustment, parameters={**adjustment.parameters, name: new})
