"""Repair: from what was missed to a changed recipe, with the reasons in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from fluxroom.critic.verdict import Claim, Verdict
from fluxroom.describe import region_in_words
from fluxroom.operators import find, resolve
from fluxroom.recipe import MOST_PERCENT, Adjustment, Recipe, Region, Value

STRENGTHS = ("strength", "amount", "stops", "temperature", "coverage")
ENTIRE = frozenset({"black_and_white", "cyanotype", "sepia"})
"""Operators of which three quarters are something else: colours left in a grey picture."""
READINGS: Mapping[str, str] = {
    "clouds": "sky", "trees": "vegetation", "grass": "vegetation", "sand": "ground", "snow": "ground",
    "rock": "mountain", "mountain": "rock", "road": "ground", "person": "object", "animal": "object",
    "building": "object", "vegetation": "foreground", "ground": "foreground", "object": "foreground",
}  # fmt: skip
"""Another reading of a region in which nothing happened."""
INSTEAD: Mapping[str, tuple[str, dict[str, Value]]] = {"cloud_drama": ("clouds", {"coverage": 0.5})}
"""Another operator where one has nothing to work on, and its parameters."""
FEATHER, MOST_FEATHER = 2.0, 8.0
"""Percent of the long side by which an edge is softened at first, and at most."""


@dataclass(frozen=True, slots=True)
class Revision:
    """A changed recipe and why: each reason in English and in Chinese."""

    recipe: Recipe
    en: tuple[str, ...]
    zh: tuple[str, ...]


@dataclass(slots=True)
class _Draft:
    asked: Recipe
    recipe: Recipe
    adjustments: list[Adjustment]
    en: list[str]
    zh: list[str]
    touched: set[int]
    kept_anew: bool = False

    def put(self, index: int, adjustment: Adjustment, claim: Claim, what_en: str, what_zh: str) -> None:
        """Replace an adjustment, once in a revision, and say why."""
        if index in self.touched or adjustment == self.adjustments[index]:
            return
        self.touched.add(index)
        self.adjustments[index] = adjustment
        self.en.append(f"{claim.name} ({claim.measured}): {what_en}")
        self.zh.append(f"{claim.zh}:{what_zh}")


def revise(recipe: Recipe, verdict: Verdict, asked: Recipe | None = None) -> Revision | None:
    """A recipe changed so that the missed claims may be met, or None when nothing more can be done.

    recipe   what was carried out;  asked   what it is judged by (the same, at first)

    Too weak: what departs from what was asked goes back to it, else the strength rises by as much as is missing, else
    the region is read otherwise, else another operator does it. Too much: everything is made weaker. Rims and seams:
    the mask gets a soft edge. A thing that is not there: another place and seed. What should have stayed: it is kept
    with a margin. Grain and bands: what makes them is weakened.
    """
    wanted = asked or recipe
    draft = _Draft(wanted, recipe, list(recipe.adjustments), [], [], set())
    for claim in sorted(verdict.failed, key=lambda c: _ORDER.index(c.fault) if c.fault in _ORDER else 99):
        mend = _MENDS.get(claim.fault)
        if mend is not None:
            mend(draft, claim)
    changed = replace(draft.recipe, adjustments=tuple(draft.adjustments))
    return None if changed == recipe else Revision(changed, tuple(draft.en), tuple(draft.zh))


def _weak(draft: _Draft, claim: Claim) -> None:
    for index in claim.adjustments:
        adjustment = draft.adjustments[index]
        if _back(draft, index, claim):
            continue
        ratio = claim.value / claim.limit if claim.limit else 0.0
        stronger, what = _scaled(adjustment, min(max(1.2 / ratio, 1.5), 8.0) if ratio > 0.1 else 3.0)
        if stronger != adjustment:
            draft.put(index, stronger, claim, f"stronger, {what}", f"加强,{what}")
            continue
        other = READINGS.get(adjustment.region.text)
        if other is not None and ratio < 0.3:
            en, zh = (region_in_words(Region(other), language) for language in ("en", "zh"))
            draft.put(index, replace(adjustment, region=Region(other)), claim, f"in {en} instead", f"改在{zh}")
            continue
        instead = INSTEAD.get(adjustment.operator)
        if instead is not None and not any(a.operator == instead[0] for a in draft.adjustments):
            name, parameters = instead
            draft.put(
                index, replace(adjustment, operator=name, parameters=dict(parameters), version=find(name).version),
                claim, f"{name} instead of {adjustment.operator}, which has nothing to work on here",
                f"改用 {name}",
            )  # fmt: skip


def _back(draft: _Draft, index: int, claim: Claim) -> bool:
    """Put back what departs from what was asked; whether there was any."""
    if index >= len(draft.asked.adjustments):
        return False
    mine, wanted = draft.adjustments[index], draft.asked.adjustments[index]
    if mine.operator != wanted.operator:
        return False
    region = wanted.region if claim.value < 0.3 * claim.limit or claim.fault == "place" else mine.region
    back = replace(mine, region=region, opacity=max(mine.opacity, wanted.opacity))
    if back == mine:
        return False
    draft.put(index, back, claim, "as it was asked", "按原来的要求")
    return True


def _place(draft: _Draft, claim: Claim) -> None:
    """Something happened where it should not, or elsewhere."""
    back = [_back(draft, i, claim) for i in (claim.adjustments or range(len(draft.adjustments)))]
    if any(back):
        return
    if claim.adjustments:
        _weak(draft, claim)
        return
    for index, adjustment in enumerate(draft.adjustments):
        if adjustment.region.text != "everything":
            _reach(draft, index, claim, "shrink", 0.5)


def _leak(draft: _Draft, claim: Claim) -> None:
    """What was to stay did not: keep what was asked, then with a margin."""
    wanted, mine = draft.asked, draft.recipe
    if draft.kept_anew:
        return
    draft.kept_anew = True
    own = [a.keep for a in wanted.adjustments]
    if mine.keep != wanted.keep or [a.keep for a in mine.adjustments] != own:
        draft.recipe = replace(draft.recipe, keep=wanted.keep)
        draft.adjustments[:] = [
            replace(a, keep=k) for a, k in zip(draft.adjustments, own, strict=False)
        ] + draft.adjustments[len(own) :]
    elif mine.keep is not None and not mine.keep.text.startswith("grow("):
        draft.recipe = replace(draft.recipe, keep=Region(f"grow({mine.keep}, 0.5%)"))
    else:
        return
    draft.en.append(f"{claim.name} ({claim.measured}): kept out of it")
    draft.zh.append(f"{claim.zh}:重新排除")


def _soften(draft: _Draft, claim: Claim) -> None:
    """A soft edge for every mask that has one; where there is none, less of everything."""
    soft = [i for i, a in enumerate(draft.adjustments) if a.region.text != "everything" and not resolve(a)[0].places]
    done = False
    for index in soft:
        done = _reach(draft, index, claim, "feather", FEATHER) or done
    if not done:
        _less(draft, claim, 0.6)


def _reach(draft: _Draft, index: int, claim: Claim, how: str, percent: float) -> bool:
    """Feather, grow or shrink a region; one that was grown or shrunk goes back first. Whether there was a way."""
    adjustment = draft.adjustments[index]
    tree, text = adjustment.region.tree, adjustment.region.text
    if tree.op in ("grow", "shrink") and how == "feather":
        inner = text[text.index("(") + 1 : text.rindex(",")]
        draft.put(
            index, replace(adjustment, region=Region(inner)), claim, f"{inner} with its own edge", f"{inner} 用原边缘"
        )
        return True
    if tree.op == how:
        percent = tree.amount * 2
        text = text[text.index("(") + 1 : text.rindex(",")]
    if percent > min(MOST_FEATHER, MOST_PERCENT):
        return False
    region = Region(f"{how}({text}, {percent:g}%)")
    draft.put(index, replace(adjustment, region=region), claim, f"{region}", f"{region}")
    return True


def _absent(draft: _Draft, claim: Claim) -> None:
    for index in claim.adjustments:
        adjustment = draft.adjustments[index]
        if resolve(adjustment)[0].family == "retouch":
            continue
        if _back(draft, index, claim):
            continue
        parameters = {k: v for k, v in adjustment.parameters.items() if k not in ("x", "y")}
        seed = (draft.recipe.seed if adjustment.seed is None else adjustment.seed) + 1
        draft.put(
            index,
            replace(adjustment, parameters=parameters, seed=seed),
            claim,
            "another place and seed",
            "换个位置再画",
        )


def _strong(draft: _Draft, claim: Claim) -> None:
    _less(draft, claim, 0.75 if claim.value < 1.5 * claim.limit else 0.5)


def _grainy(draft: _Draft, claim: Claim) -> None:
    """Less of what works on detail; where nothing does, less of everything."""
    detail = [i for i, a in enumerate(draft.adjustments) if resolve(a)[0].family == "detail"]
    _less(draft, claim, 0.5, detail or None)


def _less(draft: _Draft, claim: Claim, factor: float, indices: list[int] | None = None) -> None:
    for index in range(len(draft.adjustments)) if indices is None else indices:
        adjustment = draft.adjustments[index]
        if adjustment.operator in ENTIRE:
            continue
        weaker, what = _scaled(adjustment, factor)
        draft.put(index, weaker, claim, f"weaker, {what}", f"减弱,{what}")


_ORDER = ("leak", "place", "absent", "weak", "strong", "halo", "seam", "noise", "banding", "sharpened", "colour")
_MENDS: Mapping[str, Callable[[_Draft, Claim], None]] = {
    "weak": _weak, "place": _place, "leak": _leak, "absent": _absent, "strong": _strong, "halo": _soften,
    "seam": _soften, "noise": _grainy, "banding": _grainy, "sharpened": _grainy, "colour": _strong,
}  # fmt: skip


def _scaled(adjustment: Adjustment, factor: float) -> tuple[Adjustment, str]:
    """With its strength multiplied, within the range, and what changed in words; as it was if it has no strength."""
    operator = find(adjustment.operator, adjustment.version)
    _, parameters = resolve(adjustment)
    name = next((n for n in STRENGTHS if isinstance(parameters.get(n), float) and parameters[n] != 0), None)
    if name is None:
        return adjustment, ""
    param = next(p for p in operator.params if p.name == name)
    old = parameters[name]
    assert isinstance(old, float)
    new: Value = round(min(max(old * factor, param.low), param.high), 4)
    scaled = replace(adjustment, parameters={**adjustment.parameters, name: new})
    return (adjustment, "") if new == old else (scaled, f"{operator.name} {name} {old:g} -> {new:g}")
