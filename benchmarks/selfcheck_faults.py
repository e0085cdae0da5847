"""Faults put into edits, at strengths near visibility: for benchmarks/selfcheck.py.

A fault of the picture is drawn into what was rendered; a fault of the recipe goes into the recipe that is rendered.
"""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from fluxroom.operators import find, resolve
from fluxroom.photo import Photo
from fluxroom.recipe import Adjustment, Recipe, Region
from fluxroom.render import Rendered, full_mask, preview_mask
from fluxroom.scene import Scene

PICTURE: dict[str, tuple[float, ...]] = {
    "halo": (0.35, 0.6, 0.9),  # share of the edge's own contrast that overshoots
    "seam": (0.004, 0.008, 0.016),  # shift, of the long side
    "banding": (6, 9, 14),  # codes of 255 from level to level
    "clipping": (0.03, 0.05, 0.1),  # share of the frame
    "noise": (4, 6, 10),  # standard deviation, codes of 255
    "kept": (1, 4, 12),  # codes of 255 by which the kept region moves
    "mud": (0.85, 0.95, 1.0),  # share of all colour that goes
    "sharpening": (2.0, 3.0, 5.0),  # amount of an unsharp mask of one pixel
}
RECIPE = ("weak", "region", "missing", "keep")
GRAINS = ("noise", "banding", "sharpening")
ASKED_GRAIN = ("grain", "film_stock", "rain", "snowfall", "sandstorm")
"""Where grain or drops were asked for, more of them is no fault that anybody could name."""
THINGS = ("elements", "phenomena")
Array = NDArray[np.float32]


def by_words(recipe: Recipe, kind: str, strength: float, scene: Scene) -> Recipe | None:
    """The recipe with a fault of that kind, or None where it has no meaning here."""
    adjustments = recipe.adjustments
    if kind == "weak":
        return replace(recipe, adjustments=tuple(_weaker(a, strength) for a in adjustments))
    if kind == "keep":
        if recipe.keep is None and not any(a.keep for a in adjustments):
            return None
        return _over_what_stays(recipe)
    if kind == "missing":
        things = [i for i, a in enumerate(adjustments) if find(a.operator, a.version).family in THINGS]
        if not things:
            return None
        return replace(
            recipe, adjustments=tuple(replace(a, opacity=0.0) if i in things else a for i, a in enumerate(adjustments))
        )
    return _elsewhere(recipe, scene)


def _weaker(adjustment: Adjustment, factor: float) -> Adjustment:
    return replace(adjustment, opacity=adjustment.opacity * factor)


def _over_what_stays(recipe: Recipe) -> Recipe:
    """The first adjustment with a mask that takes in what was to stay."""
    kept = recipe.keep or next(a.keep for a in recipe.adjustments if a.keep)
    first = recipe.adjustments[0]
    wide = replace(first, keep=None, region=Region(f"({first.region}) + ({kept})"))
    rest = tuple(replace(a, keep=None) for a in recipe.adjustments[1:])
    return replace(recipe, keep=None, adjustments=(wide, *rest))


def _elsewhere(recipe: Recipe, scene: Scene) -> Recipe | None:
    """Every adjustment of one region at work in another."""
    for adjustment in recipe.adjustments:
        region = adjustment.region
        operator = find(adjustment.operator, adjustment.version)
        if region.text == "everything" or operator.family in (*THINGS, "seasons", "frame", "retouch"):
            continue
        own = preview_mask(scene, region)
        if float(own.mean()) < 0.03:
            continue
        for other in ("foreground", "sky", "water", "ground", "box(0 0.5 1 1)"):
            mask = preview_mask(scene, Region(other))
            if float(mask.mean()) > 0.1 and float((mask * own).mean()) < 0.1 * float(own.mean()):
                moved = tuple(replace(a, region=Region(other)) if a.region == region else a for a in recipe.adjustments)
                return replace(recipe, adjustments=moved)
    return None


def in_picture(
    photo: Photo, scene: Scene, recipe: Recipe, rendered: Rendered, kind: str, strength: float, seed: int
) -> Rendered | None:
    """The rendering with a fault of that kind, or None where it has no meaning here."""
    if rendered.codes.shape[2] != 3 or (kind in GRAINS and any(a.operator in ASKED_GRAIN for a in recipe.adjustments)):
        return None
    draw = {
        "halo": _halo, "seam": _seam, "banding": _banding, "clipping": _clipping, "noise": _noise,
        "kept": _kept, "mud": _mud, "sharpening": _sharpening,
    }[kind]  # fmt: skip
    source = photo.codes if photo.codes.shape[2] == 3 else np.repeat(photo.codes[..., :1], 3, 2)
    top = float(np.iinfo(rendered.codes.dtype).max)
    before = source.astype(np.float32) / float(np.iinfo(photo.codes.dtype).max)
    out = draw(
        before, rendered.codes.astype(np.float32) / top, photo, scene, recipe, strength, np.random.default_rng(seed)
    )
    if out is None:
        return None
    codes = np.clip(out * top + 0.5, 0, top).astype(rendered.codes.dtype)
    # A renderer that goes wrong takes what it changed for touched: its own word must not give it away.
    untouched = rendered.untouched & (codes == rendered.codes).all(2)
    return replace(rendered, codes=codes, untouched=untouched)


def edged_region(scene: Scene, recipe: Recipe) -> Region | None:
    """A region of the recipe that has an edge in the picture, else the sky if there is one."""
    named = [a.region for a in recipe.adjustments if a.region.text != "everything"]
    if recipe.keep is not None:
        named.append(recipe.keep)
    for region in [*named, Region("sky")]:
        share = float((preview_mask(scene, region) > 0.5).mean())
        if 0.05 < share < 0.95:
            return region
    return None


def _halo(
    before: Array, after: Array, photo: Photo, scene: Scene, recipe: Recipe, strength: float, rng: np.random.Generator
) -> Array | None:
    """An unsharp overshoot of a wide radius along the edge of a region."""
    region = edged_region(scene, recipe)
    if region is None:
        return None
    mask = full_mask(photo, scene, region)
    side = max(mask.shape)
    sigma = side * float(rng.choice([0.004, 0.008, 0.014]))
    hard = (mask > 0.5).astype(np.uint8)
    distance = cv2.distanceTransform(hard, cv2.DIST_L2, 3) + cv2.distanceTransform(1 - hard, cv2.DIST_L2, 3)
    band = np.exp(-0.5 * (distance / (1.5 * sigma)) ** 2)[..., None].astype(np.float32)
    luma = np.log(np.maximum(after.mean(2), 0.02))
    detail = luma - cv2.GaussianBlur(luma, (0, 0), sigma)
    if float(np.abs(detail[band[..., 0] > 0.6]).mean()) < 0.06:
        return None  # an edge of no contrast has no halo
    return after * np.exp(strength * band * np.clip(detail, -0.7, 0.7)[..., None])


def _seam(
    before: Array, after: Array, photo: Photo, scene: Scene, recipe: Recipe, strength: float, rng: np.random.Generator
) -> Array | None:
    """The mask of one region hard and beside where it belongs."""
    region = next((a.region for a in recipe.adjustments if a.region.text != "everything"), None)
    if region is None:
        return None
    mask = full_mask(photo, scene, region)
    hard = (mask > 0.5).astype(np.uint8)
    if not 0.05 < float(hard.mean()) < 0.95:
        return None
    step = strength * max(mask.shape)
    angle = float(rng.choice([0.5, 0.35, 0.65])) * np.pi * float(rng.choice([-1, 1]))
    shift = np.array([[1, 0, step * np.cos(angle)], [0, 1, step * np.sin(angle)]], np.float32)
    moved = cv2.warpAffine(hard, shift, (mask.shape[1], mask.shape[0]), borderMode=cv2.BORDER_REPLICATE)
    inside = (hard * (cv2.erode(hard, np.ones((5, 5), np.uint8)) > 0)).astype(np.float32)
    ratio = np.log(np.maximum(after, 0.01) / np.maximum(before, 0.01))
    reach = 3 * step + 6
    weight = cv2.GaussianBlur(inside, (0, 0), reach)
    near = np.dstack([cv2.GaussianBlur(ratio[..., c] * inside, (0, 0), reach) for c in range(3)])
    spilled = before * np.exp(near / np.maximum(weight, 1e-3)[..., None])
    gone, added = (hard > moved)[..., None], (moved > hard)[..., None]
    out = np.where(gone, before, np.where(added, spilled, after))
    changed = np.abs(out - after).max(2) > 6 / 255
    if float(changed.sum()) < 0.25 * float((gone | added).sum()):
        return None  # an edit that hardly differs from the photo has no seam to see
    return out.astype(np.float32)


def _banding(
    before: Array, after: Array, photo: Photo, scene: Scene, recipe: Recipe, strength: float, rng: np.random.Generator
) -> Array | None:
    """Levels too far apart, in what is smooth."""
    smooth = _smooth(after)
    if float(smooth.mean()) < 0.08:
        return None
    step = strength / 255
    calm = cv2.GaussianBlur(after, (0, 0), max(after.shape) / 800)
    bands = (np.floor(calm / step) + 0.5) * step
    return np.where(smooth[..., None], bands, after).astype(np.float32)


def _smooth(picture: Array) -> NDArray[np.bool_]:
    """Where there is little structure but a tone that changes."""
    grey = cv2.GaussianBlur(picture.mean(2), (0, 0), max(picture.shape) / 600)
    slope = np.hypot(cv2.Sobel(grey, cv2.CV_32F, 1, 0), cv2.Sobel(grey, cv2.CV_32F, 0, 1)) / 8
    rough = cv2.GaussianBlur((slope > 0.004).astype(np.float32), (0, 0), max(picture.shape) / 150)
    return np.asarray((rough < 0.02) & (grey > 0.08) & (grey < 0.98))


def _clipping(
    before: Array, after: Array, photo: Photo, scene: Scene, recipe: Recipe, strength: float, rng: np.random.Generator
) -> Array | None:
    """The lightest or the darkest part of the frame gone to pure white or black."""
    low, high = after.min(2), after.max(2)
    if bool(rng.integers(2)):
        edge = float(np.quantile(low, 1 - strength))
        if edge > 0.97 or edge < 0.2:
            return None
        return after / edge * 1.002
    edge = float(np.quantile(high, strength))
    if edge < 0.03 or edge > 0.5:
        return None
    return (after - edge - 0.002) / (1 - edge)


def _noise(
    before: Array, after: Array, photo: Photo, scene: Scene, recipe: Recipe, strength: float, rng: np.random.Generator
) -> Array | None:
    grain = rng.normal(0, strength / 255, after.shape).astype(np.float32)
    return after + (grain if bool(rng.integers(2)) else grain[..., :1])


def _kept(
    before: Array, after: Array, photo: Photo, scene: Scene, recipe: Recipe, strength: float, rng: np.random.Generator
) -> Array | None:
    """A patch of what was to stay moved by a little."""
    if recipe.keep is None:
        return None
    kept = full_mask(photo, scene, recipe.keep) >= 0.9
    if float(kept.mean()) < 0.02:
        return None
    rows, columns = np.nonzero(kept)
    place = int(rng.integers(len(rows)))
    reach = max(kept.shape) // 40
    patch = np.zeros(kept.shape, np.bool_)
    y, x = int(rows[place]), int(columns[place])
    patch[max(y - reach, 0) : y + reach, max(x - reach, 0) : x + reach] = True
    sign = np.where(after.mean(2) > 0.5, -1, 1)
    moved = after + (sign * (patch & kept))[..., None] * np.float32(strength / 255)
    return np.asarray(moved, np.float32)


def _mud(
    before: Array, after: Array, photo: Photo, scene: Scene, recipe: Recipe, strength: float, rng: np.random.Generator
) -> Array | None:
    """All colour gone to grey, or to one hue."""
    hue = (after[..., :2] - after[..., 1:]) / (after.sum(2, keepdims=True) + 0.15)
    if float(np.hypot(hue[..., 0].std(), hue[..., 1].std())) < 0.04:
        return None  # hardly any colour to lose
    grey = after.mean(2, keepdims=True)
    tint = np.array([[1, 1, 1], [1.15, 1.0, 0.8], [0.85, 1.0, 1.15]], np.float32)[int(rng.integers(3))]
    return np.asarray(after + np.float32(strength) * (grey * tint - after), np.float32)


def _sharpening(
    before: Array, after: Array, photo: Photo, scene: Scene, recipe: Recipe, strength: float, rng: np.random.Generator
) -> Array | None:
    return np.asarray(after + np.float32(strength) * (after - cv2.GaussianBlur(after, (0, 0), 1.0)), np.float32)


OWN = ("faint", "rim", "hard edge", "harsh", "blown")
"""Faults that a recipe makes by itself."""


def made_by_recipe(recipe: Recipe, kind: str, scene: Scene) -> Recipe | None:
    """A recipe that asks for what spoils the picture, or None where that has no meaning here."""
    named = [a for a in recipe.adjustments if a.region.text != "everything" and not resolve(a)[0].places]
    edged = next((a for a in named if 0.08 < float((preview_mask(scene, a.region) > 0.5).mean()) < 0.9), None)
    if kind == "faint":
        return replace(recipe, adjustments=tuple(_faint(a) for a in recipe.adjustments))
    if kind == "harsh":
        if any(a.operator in ASKED_GRAIN for a in recipe.adjustments):
            return None
        return _with(recipe, Adjustment("sharpen", {"amount": 1.0, "radius": 1.0}))
    if kind == "blown":
        return _with(recipe, Adjustment("exposure", {"stops": 1.6}))
    if edged is None:
        return None
    region = edged.region
    moved = {"rim": Region(f"shrink({region}, 1%)"), "hard edge": _cut(scene, region)}[kind]
    if moved is None:
        return None
    return replace(
        recipe, adjustments=tuple(replace(a, region=moved) if a.region == region else a for a in recipe.adjustments)
    )


def _faint(adjustment: Adjustment) -> Adjustment:
    """A twentieth of its strength."""
    _, parameters = resolve(adjustment)
    name = next((n for n in ("strength", "amount", "stops", "temperature", "coverage") if parameters.get(n)), None)
    if name is None:
        return adjustment
    value = parameters[name]
    assert isinstance(value, float)
    return replace(adjustment, parameters={**adjustment.parameters, name: round(0.05 * value, 4)})


def _with(recipe: Recipe, extra: Adjustment) -> Recipe:
    return replace(recipe, adjustments=(*recipe.adjustments, replace(extra, version=find(extra.operator).version)))


def _cut(scene: Scene, region: Region) -> Region | None:
    """The region cut off by a straight line through its middle."""
    mask = preview_mask(scene, region) > 0.5
    rows = np.nonzero(mask.any(axis=1))[0]
    middle = float(rows[len(rows) // 2] + 0.5) / mask.shape[0]
    return Region(f"({region}) & box(0 0 1 {middle:.3f})") if 0.1 < middle < 0.9 else None


def is_seen(one: Array, other: Array, least: float = 0.005) -> bool:
    """Whether two pictures (codes of the same depth) differ by three codes of 255 in more than that share."""
    step = np.abs(one.astype(np.int32) - other.astype(np.int32)).max(2)
    return float((step >= (3 if one.dtype == np.uint8 else 3 * 257)).mean()) > least
