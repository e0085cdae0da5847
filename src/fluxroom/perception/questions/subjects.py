"""Which animal? How many?"""

from __future__ import annotations

import numpy as np

from fluxroom.perception.labels import class_names, labels_of
from fluxroom.perception.questions.evidence import look_for, mask_of, pieces, subject_mask
from fluxroom.perception.questions.lexicon import Thing, things
from fluxroom.perception.questions.parse import Query
from fluxroom.perception.questions.reply import Answer, box_of, reply
from fluxroom.scene import Float, Scene


def kinds(scene: Scene, wide: str) -> list[tuple[Thing, float]]:
    """Kinds of an animal by how likely the looks find them, likeliest first."""
    found = labels_of(scene)
    views = [(v, 1.5 if region == "animal" else 1.0) for region, v in found.subjects]
    views += [(v, 1.0) for v in (found.whole, *found.parts)]
    strength = np.array([w * float(v.probabilities[:398].max()) for v, w in views]) ** 2
    weight = strength / max(float(strength.sum()), 1e-9)
    p = sum(w * v.probabilities[:398] for w, (v, _) in zip(weight, views, strict=True))
    p = np.asarray(p) / max(float(np.sum(p)), 1e-9)
    listed = [t for t in things().values() if t.labels and max(t.labels) < 398]
    near = [t for t in listed if t.of == wide or things().get(t.of, t).of == wide]
    return sorted(((t, float(p[list(t.labels)].sum())) for t in near), key=lambda item: -item[1])


def which_animal(scene: Scene, query: Query) -> Answer:
    wide = "bird" if "bird" in query.targets or "鸟" in query.text else "animal"
    ranked = kinds(scene, wide)
    best, p = ranked[0]
    if best.group:  # a narrower kind within it, if one stands out
        inner = [(t, q) for t, q in ranked if t.of == best.name]
        if inner and inner[0][1] > 0.4 * p:
            best, p = inner[0]
    there = look_for(scene, "animal")
    top = labels_of(scene)
    views = [v for _, v in top.subjects] + [*top.parts, top.whole]
    view = max(views, key=lambda v: float(v.probabilities[:398].max()))
    close = class_names()[int(view.probabilities[:398].argmax())]
    word = best.word(query.zh)
    sure = float(np.clip(p, 0, 0.95)) * (0.5 + 0.5 * there.probability)
    text = f"看起来是{word}。" if query.zh else f"It looks like this: {word}."
    why = (f"最像的类别：{close}" if query.zh else f"closest class: {close}",)
    return reply(text, "which_animal", best.name, sure, why, box_of(subject_mask(scene, best)))


def _in_piece(piece: Float, name: str) -> int:
    """How many in one piece: people who stand side by side are wider than one is."""
    if name != "person":
        return 1
    rows, columns = np.flatnonzero(piece.any(1)), np.flatnonzero(piece.any(0))
    wide, high = columns[-1] - columns[0] + 1, rows[-1] - rows[0] + 1
    return max(1, min(4, round(float(wide / high) / 0.45)))


def count(scene: Scene, query: Query) -> Answer:
    """The pieces of the thing's region, which is a lower bound where things touch."""
    targets = query.targets or ("animal",)
    name = targets[0]
    thing = things()[name]
    seen = look_for(scene, name)
    regions = [r for r in thing.region if r in ("animal", "person", "object", "building")]
    mask = scene.regions.get(regions[0]) if regions else mask_of(scene, name)
    if name in ("boat", "vehicle"):
        mask = mask_of(scene, name)
    parts = pieces(mask, 0.0004) if mask is not None else []
    largest = float(parts[0].sum()) if parts else 0.0
    number = sum(_in_piece(part, name) for part in parts if float(part.sum()) > 0.12 * largest)
    if seen.probability < 0.35 and number == 0:
        number = 0
    elif number == 0:
        number = 1
    word = thing.word(query.zh)
    sure = 0.55 * max(seen.probability, 0.3) if number < 6 else 0.2
    text = f"大约能分出 {number} 个{word}，挨在一起的会算成一个。" if query.zh else (
        f"I can tell about {number} apart ({word}); those that touch count as one."
    )  # fmt: skip
    return reply(text, "count", str(number), sure, (), box_of(mask))
