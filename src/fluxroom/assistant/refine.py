"""Recipes changed by what is said of them: stronger, without the boat, the same for the water, moved to the left."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from fluxroom.assistant.hear import words
from fluxroom.operators import find, resolve
from fluxroom.recipe import Adjustment, Region

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from fluxroom.operators.declare import Operator
    from fluxroom.recipe import Recipe, Value

STEP = 0.16
"""How far "to the left" moves a thing, of the width."""
_SIDES = {
    "left": (-1, 0), "right": (1, 0), "up": (0, -1), "higher": (0, -1), "top": (0, -1), "down": (0, 1),
    "lower": (0, 1), "bottom": (0, 1), "左": (-1, 0), "右": (1, 0), "上": (0, -1), "高": (0, -1), "下": (0, 1),
    "低": (0, 1),
}  # fmt: skip
_NEAR = frozenset({"closer", "nearer", "foreground", "近", "前"})
_FAR = frozenset(
    {"farther", "further", "further away", "away", "back", "distance", "background", "horizon", "远", "后", "地平线"}
)
_STILL = frozenset(
    {"size", "radius", "shadow_hue", "highlight_hue", "balance", "kelvin", "length", "aspect", "zoom", "red", "x", "y",
     "lit", "hue", "degrees", "angle"}
)  # fmt: skip
"""Parameters that say what kind, where or how large, not how much."""


def focus(now: Recipe, before: Recipe | None) -> tuple[int, ...]:
    """The adjustments of `now` that its last step added or changed."""
    had = list(before.adjustments) if before is not None else []
    out = []
    for i, adjustment in enumerate(now.adjustments):
        if adjustment in had:
            had.remove(adjustment)
        else:
            out.append(i)
    return tuple(out)


def amounts(operator: Operator, given: dict[str, Value]) -> tuple[str, ...]:
    """The parameters that say how much the operator does."""
    names = [p.name for p in operator.params if isinstance(p.default, float) and p.name not in _STILL]
    if operator.family == "elements":
        return ("count",) if "count" in names else ("size",)
    for main in ("strength", "amount", "stops"):
        if main in names:
            return (main,)
    return tuple(n for n in names if n in given) or tuple(names)


def scaled(recipe: Recipe, where: Iterable[int], factor: float) -> Recipe:
    """The adjustments at those places, so many times as strong, within what their operators allow."""
    chosen = set(where)
    return replace(
        recipe, adjustments=tuple(_scaled(a, factor) if i in chosen else a for i, a in enumerate(recipe.adjustments))
    )


def _scaled(adjustment: Adjustment, factor: float) -> Adjustment:
    operator, full = resolve(adjustment)
    new = dict(adjustment.parameters)
    for name in amounts(operator, new):
        value = full[name]
        assert isinstance(value, float)
        low, high = next((p.low, p.high) for p in operator.params if p.name == name)
        wanted = value * factor
        if name == "count":
            wanted = float(math.ceil(wanted) if factor > 1 else max(1, math.floor(wanted)))
            wanted = value + 1 if factor > 1 and wanted <= value else wanted
        new[name] = round(min(max(wanted, low), high), 4)
    return replace(adjustment, parameters=new)


def main_amount(adjustment: Adjustment) -> float:
    """How much the adjustment does, by its largest amount."""
    operator, full = resolve(adjustment)
    values = [full[n] for n in amounts(operator, dict(adjustment.parameters))]
    return max((v for v in values if isinstance(v, float)), key=abs, default=0.0)


def set_parameter(recipe: Recipe, where: Iterable[int], name: str, change: Callable[[float], float]) -> Recipe | None:
    """One parameter of the adjustments at those places changed; None if none of them has it."""

    def changed(operator: Operator, full: dict[str, Value]) -> dict[str, Value] | None:
        param = next((p for p in operator.params if p.name == name), None)
        value = full.get(name)
        if param is None or not isinstance(value, float):
            return None
        return {name: round(min(max(change(value), param.low), param.high), 4)}

    return _each(recipe, where, changed)


def without(recipe: Recipe, where: Iterable[int]) -> Recipe:
    """Without the adjustments at those places."""
    gone = set(where)
    return replace(recipe, adjustments=tuple(a for i, a in enumerate(recipe.adjustments) if i not in gone))


def resized(recipe: Recipe, where: Iterable[int], how: str) -> Recipe | None:
    """The things at those places larger or smaller; None if none of them has a size."""
    factor = 1.4 if how in ("bigger", "larger", "enlarge", "grow", "大", "放大") else 0.7
    return _each(recipe, where, lambda o, full: _size(o, full, factor))


def _size(operator: Operator, full: dict[str, Value], factor: float) -> dict[str, Value] | None:
    param = next((p for p in operator.params if p.name == "size" and isinstance(p.default, float)), None)
    if param is None:
        return None
    value = full["size"]
    assert isinstance(value, float)
    return {"size": round(min(max(value * factor, param.low), param.high), 4)}


def moved(recipe: Recipe, where: Iterable[int], side: str) -> Recipe | None:
    """The things at those places further to a side, nearer or farther; None if they cannot be moved."""
    if side in _NEAR or side in _FAR:
        return resized(recipe, where, "bigger" if side in _NEAR else "smaller")
    if side in ("middle", "center", "centre", "中"):
        return _each(recipe, where, lambda o, full: {"x": 0.5} if "x" in full else None)
    dx, dy = _SIDES[side]
    return _each(recipe, where, lambda o, full: _move(full, dx, dy))


def _move(full: dict[str, Value], dx: int, dy: int) -> dict[str, Value] | None:
    name, step = ("x", dx) if dx else ("y", dy)
    value = full.get(name)
    if not isinstance(value, float):
        return None
    if value < 0:  # a free place was found by itself: now it is told
        return {name: (0.25 if step < 0 else 0.75) if name == "x" else (0.3 if step < 0 else 0.6)}
    return {name: round(min(max(value + STEP * step, 0.04), 0.96), 4)}


def _each(
    recipe: Recipe,
    where: Iterable[int],
    change: Callable[[Operator, dict[str, Value]], dict[str, Value] | None],
) -> Recipe | None:
    out, done = list(recipe.adjustments), False
    for i in where:
        operator, full = resolve(out[i])
        new = change(operator, full)
        if new is not None:
            out[i], done = replace(out[i], parameters={**out[i].parameters, **new}), True
    return replace(recipe, adjustments=tuple(out)) if done else None


def confined(recipe: Recipe, where: Iterable[int], region: str) -> Recipe:
    """The adjustments at those places in that region instead of where they were."""
    chosen = set(where)
    return replace(
        recipe,
        adjustments=tuple(
            replace(a, region=Region(region)) if i in chosen else a for i, a in enumerate(recipe.adjustments)
        ),
    )


def spared(recipe: Recipe, where: Iterable[int], region: str) -> Recipe:
    """The adjustments at those places nowhere in that region."""
    chosen = set(where)

    def spare(a: Adjustment) -> Adjustment:
        return replace(a, keep=Region(region) if a.keep is None else Region(f"{a.keep} + ({region})"))

    return replace(recipe, adjustments=tuple(spare(a) if i in chosen else a for i, a in enumerate(recipe.adjustments)))


def superseded(earlier: Recipe, step: Recipe) -> tuple[int, ...]:
    """Adjustments of `earlier` whose place the step takes: another season, the same weather anew, another hour."""
    groups = [frozenset(group) for group in words()["exclusive"]]
    out = []
    for i, old in enumerate(earlier.adjustments):
        for new in step.adjustments:
            wider = new.region.text in (old.region.text, "everything")
            kin = any(new.operator in g and old.operator in g for g in groups)
            same = new.operator == old.operator and find(new.operator).family in _ONE_OF_A_KIND
            if wider and (kin or same) and not (same and _other_kind(old, new)):
                out.append(i)
                break
    return tuple(out)


_ONE_OF_A_KIND = frozenset({"weather", "hours", "seasons", "phenomena", "sky", "looks"})
"""Families of which a second of the same operator in the same place is meant instead of the first."""


def _other_kind(old: Adjustment, new: Adjustment) -> bool:
    """Whether they differ in a word: cirrus beside cumulus."""
    return any(old.parameters.get(n) != v for n, v in new.parameters.items() if isinstance(v, str))
