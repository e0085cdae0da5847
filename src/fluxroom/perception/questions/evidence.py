"""Whether a thing is seen, how surely, and where: from regions, tags and labels together."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import cv2
import numpy as np

from fluxroom.operators.declare import LUMA
from fluxroom.perception.attributes import attributes_of
from fluxroom.perception.labels import View, labels_of, softmax
from fluxroom.perception.questions.lexicon import Thing, things
from fluxroom.scene import Float, Scene

NO_REGION, OWN_REGION, SHARED_REGION, SUBJECT = "none", "own", "shared", "subject"


@dataclass(frozen=True, slots=True)
class Seen:
    """probability that it is there, and in words what speaks for it (English, Chinese)."""

    probability: float
    why: tuple[tuple[str, str], ...] = ()


def _logit(p: float) -> float:
    p = min(max(p, 1e-4), 1 - 1e-4)
    return float(np.log(p / (1 - p)))


def _sigmoid(x: float) -> float:
    return float(1 / (1 + np.exp(-x)))


def strong_share(scene: Scene, name: str) -> float:
    """Share of the frame where the region is likelier than not."""
    mask = scene.regions.get(name)
    return 0.0 if mask is None else float((mask > 0.5).mean())


def label_mass(view: View, labels: tuple[int, ...]) -> float:
    return float(view.probabilities[list(labels)].sum())


def label_evidence(scene: Scene, thing: Thing) -> float:
    """0..1: the best look's probability for the thing's classes, above what is spread thin over any picture.

    The classifier must say one of 1000 things of everything; a group of k classes gets about k/1000 of what it is
    unsure about, so only what exceeds twice that counts.
    """
    found = labels_of(scene)
    views = [(found.whole, 1.0), *((v, 0.9) for v in found.parts), *((v, 1.0) for _, v in found.subjects)]
    best = 0.0
    for view, weight in views:
        listed = view.probabilities[list(thing.labels)]
        peak, total = float(listed.max()), float(listed.sum())
        spread = 2 * len(thing.labels) / 1000
        best = max(best, weight * max(0.0, (total - spread) / (1 - min(spread, 0.9))) * min(1.0, peak / 0.12))
    return best


def look_for(scene: Scene, name: str) -> Seen:
    """How likely the thing is in the photo: by itself, by what would do as well, and by what it needs."""
    thing, seen = things()[name], _alone(scene, name)
    probability = max([seen.probability, *(0.97 * _alone(scene, other).probability for other in thing.others)])
    if thing.rivals:  # some water that is neither sea nor lake is likely a river
        rival = max(_alone(scene, other).probability for other in thing.rivals)
        probability = max(probability, 0.9 * _alone(scene, thing.of).probability * (1 - rival))
    for other in thing.need:
        probability = min(probability, 0.05 + 1.2 * _alone(scene, other).probability)
    return Seen(probability, seen.why)


def region_kind(thing: Thing, tagged: bool) -> str:
    """Whether a thing has a region to itself, one that it shares with others, or none; see data/presence.json.

    Subjects share the regions of animals or objects, which say little of them, and are known by their classes.
    """
    bare = not thing.region and not tagged
    if (
        thing.labels
        and (bare or (thing.region and set(thing.region) <= {"animal", "object"}))
        and thing.name != "animal"
    ):
        return SUBJECT
    if not thing.region and tagged:
        return NO_REGION
    own = thing.name in thing.region or thing.name in ("tree", "person", "clouds")
    return OWN_REGION if own else SHARED_REGION


def clues(scene: Scene, thing: Thing) -> tuple[float, float]:
    """(how far its regions exceed the least share, how far its classes exceed chance), about -4 .. 4, 0 unknown."""
    region = label = 0.0
    if thing.region:
        share = max(strong_share(scene, r) for r in thing.region)
        region = float(np.clip(2.0 * np.log((share + 2e-4) / thing.least), -4, 4))
    if thing.labels:
        label = float(np.clip(8 * (label_evidence(scene, thing) - 0.3), -2.4, 4))
    return region, label


def tag_evidence(p: float, base: tuple[float, float]) -> float:
    """How far a tag's log odds exceed what it has in any photo, believed as far as it was seen often; -4 .. 4.

    base: (log odds in any photo, reliability 0..1), from data/presence.json.
    """
    return float(np.clip(_logit(p) - base[0], -4, 4)) * base[1]


def facts_of(tag: float | None, region: float, label: float, thing: Thing) -> Float:
    """What the models of data/presence.json stand on; the constants say what is lacking. tag: from `tag_evidence`."""
    return np.array([tag or 0.0, tag is None, region, label, bool(thing.labels)], np.float32)


@cache
def _models() -> tuple[dict[str, list[float]], dict[str, tuple[float, float]]]:
    """By kind of region the weights, by tag its base; see `tag_evidence`."""
    data = json.loads(files("fluxroom.perception").joinpath("data/presence.json").read_text("utf-8"))
    return dict(data["models"]), {tag: (float(base), float(trust)) for tag, (base, trust) in data["tags"].items()}


def _alone(scene: Scene, name: str) -> Seen:
    thing = things()[name]
    tags = attributes_of(scene).tags
    tag = tags.get(thing.tag)
    region, label = clues(scene, thing)
    why: list[tuple[str, str]] = []
    if tag is not None and tag > 0.5:
        why.append((f"the picture as a whole looks like it ({tag:.0%})", f"整体看像（{tag:.0%}）"))
    share = max((strong_share(scene, r) for r in thing.region), default=0.0)
    if share > 0.002:
        why.append((f"its region covers {share:.0%} of the frame", f"相应区域占画面 {share:.0%}"))
    if label > -0.8:
        mass = label / 8 + 0.3
        why.append((f"a look at a part says so ({mass:.0%})", f"局部辨认如此（{mass:.0%}）"))
    if thing.name == "horizon":
        return Seen(0.3 + 0.65 * scene.horizon.confidence)
    if tag is None and not thing.region and not thing.labels:
        return Seen(0.45)
    models, bases = _models()
    told = None if tag is None else tag_evidence(tag, bases[thing.tag])
    bias, *weights = models[region_kind(thing, tag is not None)]
    odds = bias + float(np.dot(weights, facts_of(told, region, label, thing)))
    if thing.name == "reflection":
        likeness = mirrored(scene)
        odds += float(np.clip(10 * (likeness - 0.45), -3, 3))
        if likeness > 0.45:
            why.append(
                (f"the water repeats what stands above it ({likeness:.2f})", f"水面重复上方的景物（{likeness:.2f}）")
            )
    probability = _sigmoid(odds)
    if thing.name == "sun":
        probability = max(probability, 0.9) if scene.light.visible else 0.8 * probability
    return Seen(probability, tuple(why))


def mirrored(scene: Scene) -> float:
    """How well the water repeats, upside down, what stands above it: the best correlation over likely waterlines.

    On a picture of 96 pixels' height, less its slow changes across, and 0 where hardly anything is left to compare.
    """
    height, width = 96, 72
    luma = np.log2(np.maximum(scene.preview @ np.array(LUMA, np.float32), 2e-3))
    small = cv2.resize(luma, (width, height), interpolation=cv2.INTER_AREA)
    small = small - cv2.GaussianBlur(small, (0, 0), sigmaX=9, sigmaY=0.01)
    water = cv2.resize(scene.regions["water"], (width, height), interpolation=cv2.INTER_AREA)
    rows = np.flatnonzero(water.mean(1) > 0.25)
    if rows.size < 6:
        return 0.0
    best = 0.0
    for line in range(max(14, int(rows[0]) - 16), min(height - 14, int(rows[0]) + 12)):
        reach = min(line, height - line, 36)
        a, b = small[line - reach : line][::-1], small[line : line + reach]
        weight = water[line : line + reach]
        if float(weight.mean()) < 0.2:
            continue
        scale = float((a * a * weight).sum() * (b * b * weight).sum()) ** 0.5
        best = max(best, float((a * b * weight).sum()) / (scale + 0.01 * float(weight.sum())))
    return best


def _is_subject(thing: Thing) -> bool:
    """Whether it is found by looks at pieces of regions rather than by a region itself."""
    family = {thing.name, thing.of}
    return bool(family & {"animal", "bird", "insect", "vehicle", "boat"}) or bool(thing.labels and not thing.region)


def mask_of(scene: Scene, name: str) -> Float | None:
    """(h, w) 0..1: where the thing is, or None if that cannot be told."""
    thing = things()[name]
    if thing.instead:
        mask = mask_of(scene, thing.instead)
    elif _is_subject(thing):
        mask = subject_mask(scene, thing)
    else:
        mask = None
        for region in thing.region:
            found = scene.mask(region)
            if found is not None and float((found > 0.5).mean()) > 0.0008:
                mask = found if mask is None else np.maximum(mask, found)
        if mask is None and thing.labels:
            mask = subject_mask(scene, thing)
        elif mask is not None and thing.labels and thing.of:
            mask = _sharpened(scene, thing, mask)
    if thing.pick and name != "brightest spot":
        mask = picked(scene, mask, thing.pick)
    return mask


def picked(scene: Scene, mask: Float | None, pick: str) -> Float | None:
    """The part of a mask that is brightest, most vivid, or uppermost."""
    if mask is None:
        return None
    inside = mask > 0.5
    if not inside.any():
        return mask
    if pick == "top":
        rows = np.flatnonzero(inside.any(1))
        cut = rows[0] + (rows[-1] - rows[0]) * 0.35
        return np.asarray(mask * (np.arange(mask.shape[0])[:, None] < cut), np.float32)
    high, low = scene.preview.max(2), scene.preview.min(2)
    value = scene.preview @ np.array(LUMA, np.float32) if pick == "brightest" else (high - low) / (high + 0.02)
    level = float(np.quantile(value[inside], 0.85))
    return np.asarray(mask * (value >= level), np.float32)


def subject_mask(scene: Scene, thing: Thing) -> Float | None:
    """Where a labelled thing is: the piece of a region that looks like it, else where its classes stand out."""
    found = labels_of(scene)
    if "animal" in thing.region:
        looks = max(
            (float(v.probabilities[:398].sum()) for region, v in found.subjects if region == "animal"), default=0
        )
        if strong_share(scene, "animal") > (0.004 if looks > 0.5 else 0.03):
            return scene.regions["animal"]
    best, mass = None, 0.12
    for region, view in found.subjects:
        share = label_mass(view, thing.labels) if thing.labels else 0.0
        share += 0.25 * (region in thing.region and region in ("animal", "person"))
        if share > mass:
            best, mass = (region, view), share
    height, width = scene.preview.shape[:2]
    if best is not None:
        region, view = best
        x0, y0, x1, y1 = view.box
        mask = np.zeros((height, width), np.float32)
        box = (slice(int(y0 * height), int(np.ceil(y1 * height))), slice(int(x0 * width), int(np.ceil(x1 * width))))
        mask[box] = scene.regions[region][box]
        return mask
    for region in thing.region:
        regional = scene.regions.get(region)
        if region in ("animal", "person") and regional is not None and float((regional > 0.5).mean()) > 0.002:
            return regional
    return standing_out(scene, thing.labels) if thing.labels else None


def standing_out(scene: Scene, labels: tuple[int, ...]) -> Float:
    """(h, w) 0..1: where the classes are likelier than elsewhere, from all looks together."""
    height, width = scene.preview.shape[:2]
    found = labels_of(scene)
    total, weight = np.zeros((24, 24), np.float32), np.full((24, 24), 1e-6, np.float32)
    for view in (found.whole, *found.parts):
        part = softmax(view.places)[..., list(labels)].sum(-1)
        x0, y0, x1, y1 = (round(24 * v) for v in view.box)
        total[y0:y1, x0:x1] += cv2.resize(part, (x1 - x0, y1 - y0), interpolation=cv2.INTER_LINEAR)
        weight[y0:y1, x0:x1] += 1
    grid = total / weight
    grid = np.clip((grid - np.quantile(grid, 0.6)) / max(float(grid.max() - np.quantile(grid, 0.6)), 1e-6), 0, 1)
    return np.asarray(cv2.resize(grid**2, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)


def _sharpened(scene: Scene, thing: Thing, mask: Float) -> Float:
    """A region's mask drawn to where the classes of the thing stand out in it."""
    there = standing_out(scene, thing.labels)
    drawn = mask * (0.15 + there)
    return drawn if float((drawn > 0.3).mean()) > 0.001 else mask


def within(mask: Float, places: tuple[str, ...]) -> Float:
    """The part of a mask in the named parts of the frame; all of it if that would leave nothing."""
    kept = mask.copy()
    height, width = mask.shape
    for name in places:
        half = width // 2 if name in ("left", "right") else height // 2
        if name == "left":
            kept[:, half:] = 0
        elif name == "right":
            kept[:, :half] = 0
        elif name == "top":
            kept[half:] = 0
        else:
            kept[:half] = 0
    return kept if float((kept > 0.5).mean()) > 0.001 else mask


def pieces(mask: Float, smallest: float = 0.0006) -> list[Float]:
    """The connected pieces of a mask, the largest first."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats((mask > 0.5).astype(np.uint8), connectivity=8)
    order = sorted(range(1, count), key=lambda i: -int(stats[i, cv2.CC_STAT_AREA]))
    return [(labels == i).astype(np.float32) for i in order if stats[i, cv2.CC_STAT_AREA] >= smallest * mask.size]
