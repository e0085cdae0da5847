"""From a recipe to steps that can run on tiles: operators resolved, masks fitted, the overview looked at."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from fluxroom.operators import Operator, Overview, Window, resolve
from fluxroom.photo.framing import WHOLE, Framing
from fluxroom.recipe import Adjustment, Recipe, Region, Value
from fluxroom.render import kernels
from fluxroom.render.masks import FullMask, MaskMaker
from fluxroom.render.regions import carve, preview_mask, seen
from fluxroom.render.retouch import Mended, meant, mended_scene, not_found, unsure
from fluxroom.render.trace import Trace
from fluxroom.scene import Float, Scene

Progress = Callable[[str, float], None]
EVERYTHING = Region("everything")
PUT_IN = frozenset({"elements", "phenomena"})
"""Families of operators that put something into the picture."""
Thing = tuple[int, Float]


@dataclass(frozen=True, slots=True)
class Resolved:
    """An adjustment with its operator found and its parameters checked and filled in."""

    adjustment: Adjustment
    operator: Operator
    parameters: dict[str, Value]
    seed: int


@dataclass(frozen=True, slots=True)
class Step:
    """One adjustment, ready for tiles. halo in full-size pixels; no mask and keep when only the overview was wanted."""

    operator: Operator
    prepared: Any
    region: str
    opacity: np.float32
    mask: FullMask | None
    keep: tuple[tuple[str, FullMask], ...]
    halo: int


@dataclass(frozen=True, slots=True)
class Plan:
    """What is mended first, steps in order, the overview after all of them, what to tell the user, and what is shown
    at last.

    things   of each adjustment that puts something in: its place in the recipe, and what it changed in the overview
             (h, w), the largest channel's difference of square roots with its sign
    """

    steps: tuple[Step, ...]
    overview: Float
    notes: tuple[str, ...]
    framing: Framing = WHOLE
    mended: tuple[Mended, ...] = ()
    things: tuple[Thing, ...] = ()


def derived_seed(seed: int, place: int) -> int:
    """A seed for the adjustment at this place in the recipe: splitmix64 (Steele, Lea & Flood 2014)."""
    whole = (1 << 64) - 1
    z = (seed + (place + 1) * 0x9E3779B97F4A7C15) & whole
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & whole
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & whole
    return (z ^ (z >> 31)) >> 1


def resolve_all(recipe: Recipe) -> tuple[Resolved, ...]:
    """Every operator found and every parameter checked, before any work. Raises RecipeError."""
    out = []
    for place, adjustment in enumerate(recipe.adjustments):
        operator, parameters = resolve(adjustment)
        seed = derived_seed(recipe.seed, place) if adjustment.seed is None else adjustment.seed
        out.append(Resolved(adjustment, operator, parameters, seed))
    return tuple(out)


def _difference(before: Float, after: Float) -> Float:
    """(h, w): the difference of square roots in the channel in which it is largest, with its sign."""
    step = np.sqrt(np.maximum(after, 0)) - np.sqrt(np.maximum(before, 0))
    high, low = step.max(2), step.min(2)
    return np.asarray(np.where(high > -low, high, low), np.float32)


def is_blind(recipe: Recipe) -> bool:
    """Whether nothing in it looks at what was seen in a photo: the whole picture everywhere, by operators that look at
    pixels only."""
    regions = [a.region for a in recipe.adjustments]
    regions += [keep for keep in (recipe.keep, *(a.keep for a in recipe.adjustments)) if keep is not None]
    return all(r.text == "everything" for r in regions) and all(resolve(a)[0].blind for a in recipe.adjustments)


def _notes(scene: Scene, region: Region, what: str, optional: frozenset[str] = frozenset()) -> list[str]:
    missing = sorted(n for n in region.tree.names() - optional if not seen(scene, n))
    return [f"{what}: no {name} was seen in this photo" for name in missing]


def _kept(recipe: Recipe, adjustment: Adjustment) -> tuple[Region, ...]:
    """What this adjustment must not touch: the recipe's keep and its own, each with a mask of its own."""
    return tuple(dict.fromkeys(keep for keep in (recipe.keep, adjustment.keep) if keep is not None))


def _retouched(
    scene: Scene, recipe: Recipe, resolved: Sequence[Resolved], trace: Trace
) -> tuple[Scene, list[Mended], list[str]]:
    """The scene as it is once all that is to be taken out is gone, whatever its place in the recipe."""
    mended: list[Mended] = []
    notes: list[str] = []
    for r in resolved:
        if r.operator.kind != "retouch" or r.adjustment.opacity == 0:
            continue
        region, keeps = r.adjustment.region, _kept(recipe, r.adjustment)
        notes += _notes(scene, region, r.operator.name, r.operator.optional)
        keep = np.zeros(scene.preview.shape[:2], np.float32)
        for kept in keeps:
            notes += _notes(scene, kept, "keep")
            keep = np.maximum(keep, preview_mask(scene, kept))
        with trace.part("prepare", r.operator.name, region.text, keep.size):
            overview = Overview(scene.preview, meant(scene, region), scene, keep)
            own = r.adjustment.seed  # else by its place among its like, so that other adjustments do not change it
            seed = derived_seed(recipe.seed, len(mended)) if own is None else own
            mending = r.operator.prepare(overview, r.parameters, seed)
            advice = r.operator.advise(overview, r.parameters)
            notes += advice
            if mending is None:
                names = ", ".join(unsure(scene, region))
                if names and not advice:
                    notes.append(f"{r.operator.name}: no {names} is seen surely enough; point at it (pick, box)")
                elif not advice:
                    notes.append(not_found(r.operator.name))
                continue
            mended.append(Mended(r.operator.name, mending, keeps, r.adjustment.opacity))
            scene = mended_scene(scene, mending, keep)
    return scene, mended, notes


def make_plan(
    scene: Scene, recipe: Recipe, full: bool = True, progress: Progress | None = None, trace: Trace | None = None
) -> Plan:
    """Run the recipe on the preview, each operator preparing on the picture as it stands, and collect the steps.

    An operator whose `prepare` returns None has nothing to do: its pixels stay untouched.
    trace   is told what each took
    """
    trace = trace or Trace()
    resolved = resolve_all(recipe)
    scene, mended, notes = _retouched(scene, recipe, resolved, trace)
    maker = MaskMaker(scene)
    pixels = np.ascontiguousarray(scene.preview, np.float32).copy()
    h, w = pixels.shape[:2]
    window = Window(0, 0, w, h, w, h)
    kept_small: dict[str, Float] = {}
    kept_full: dict[str, FullMask] = {}
    small: dict[tuple[str, tuple[str, ...]], Float] = {}
    steps: list[Step] = []
    things: list[Thing] = []
    framing = WHOLE
    for i, r in enumerate(resolved):
        if progress is not None:
            progress("prepare", i / len(resolved))
        if r.operator.kind == "retouch":
            continue
        region, keeps = r.adjustment.region, _kept(recipe, r.adjustment)
        for keep in keeps:
            if keep.text not in kept_small:
                notes += _notes(scene, keep, "keep")
                kept_small[keep.text] = preview_mask(scene, keep)
                if full:
                    with trace.part("prepare", "mask", keep.text, h * w):
                        kept_full[keep.text] = maker.make(keep)
        names = tuple(keep.text for keep in keeps)
        keep_small = np.zeros((h, w), np.float32)
        for name in names:
            keep_small = np.maximum(keep_small, kept_small[name])
        if (region.text, names) not in small:
            notes += _notes(scene, region, r.operator.name, r.operator.optional)
            small[region.text, names] = carve(preview_mask(scene, region), keep_small)
        opacity = np.float32(r.adjustment.opacity)
        mask = small[region.text, names] * opacity
        drawn = EVERYTHING if r.operator.places else region
        if not mask.any():
            if opacity > 0:
                notes.append(f"{r.operator.name}: the region {region.text!r} is empty in this photo; nothing changed")
            continue
        before = pixels.copy()
        for array in (before, mask, keep_small):
            array.flags.writeable = False
        with trace.part("prepare", r.operator.name, region.text, h * w):
            overview = Overview(before, mask, scene, keep_small)
            prepared = r.operator.prepare(overview, r.parameters, r.seed)
        advice = r.operator.advise(overview, r.parameters)
        notes += advice
        if prepared is None:
            if r.operator.kind == "frame" and opacity > 0 and not advice:
                notes.append(f"{r.operator.name}: nothing to do in this photo, or its horizon is not seen surely")
            continue
        if r.operator.kind == "frame":
            framing = prepared(framing)
            continue
        with trace.part("prepare", "overview", "", h * w):
            after = before.copy()
            r.operator.apply(after, window, prepared)
            kernels.blend(pixels, after, (1 - keep_small) * opacity if r.operator.places else mask)
            if r.operator.family in PUT_IN:
                things.append((i, _difference(before, pixels)))
        keep_masks = tuple((name, kept_full[name]) for name in names if full)
        full_mask: FullMask | None = None
        if full:
            with trace.part("prepare", "mask", drawn.text, h * w):
                full_mask = maker.make(drawn)
        steps.append(
            Step(
                r.operator, prepared, drawn.text, opacity, full_mask,
                keep_masks, r.operator.halo(r.parameters, max(scene.width, scene.height)),
            )
        )  # fmt: skip
    if progress is not None:
        progress("prepare", 1.0)
    return Plan(tuple(steps), pixels, tuple(dict.fromkeys(notes)), framing, tuple(mended), tuple(things))
