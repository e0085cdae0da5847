"""Which animal? How many? What is to be seen at all?"""

from __future__ import annotations

import numpy as np

from fluxroom.perception.labels import class_names, labels_of
from fluxroom.perception.questions.evidence import look_for, mask_of, pieces, subject_mask
from fluxroom.perception.questions.lexicon import Thing, countable, things
from fluxroom.perception.questions.parse import Query
from fluxroom.perception.questions.reply import Answer, box_of, reply
from fluxroom.scene import Float, Scene

UNKNOWN_ANIMAL = 0.35
"""Below this confidence the kind of an animal is not claimed."""


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
    offered = [t for t in query.targets if t not in ("animal", "bird", "insect")] if "choice" in query.cues else []
    if offered:
        ranked = [(t, q) for t, q in ranked if t.name in offered] or ranked
    best, p = ranked[0]
    if offered:
        p /= max(sum(q for _, q in ranked), 1e-9)
    elif best.group:  # a narrower kind within it, if one stands out
        inner = [(t, q) for t, q in ranked if t.of == best.name]
        if inner and inner[0][1] > 0.4 * p:
            best, p = inner[0]
    there = look_for(scene, "animal")
    if there.probability < 0.3:
        text = "我没有看到动物。" if query.zh else "I see no animal."
        return reply(text, "which_animal", "none", min(UNSEEN, 1 - there.probability))
    top = labels_of(scene)
    views = [v for _, v in top.subjects] + [*top.parts, top.whole]
    view = max(views, key=lambda v: float(v.probabilities[:398].max()))
    close = class_names()[int(view.probabilities[:398].argmax())]
    word = best.word(query.zh)
    sure = float(np.clip(p, 0, 0.95)) * (0.5 + 0.5 * there.probability)
    why = (f"最像的类别：{close}" if query.zh else f"closest class: {close}",)
    mask = subject_mask(scene, best)
    if sure < UNKNOWN_ANIMAL:
        text = f"有动物，但认不准是哪一种，最像{word}。" if query.zh else (
            f"There is an animal, but I cannot tell which; the nearest is this: {word}."
        )  # fmt: skip
        return reply(text, "which_animal", best.name, sure, why, box_of(mask), mask)
    text = f"看起来是{word}。" if query.zh else f"It looks like this: {word}."
    return reply(text, "which_animal", best.name, sure, why, box_of(mask), mask)


ALWAYS = (
    "sky", "clouds", "sun", "stars", "sea", "lake", "river", "waterfall", "beach", "sand", "snow", "rock", "mountain",
    "forest", "tree", "grass", "flower", "building", "bridge", "road", "boat", "vehicle", "person", "animal",
)  # fmt: skip


def contents(scene: Scene, query: Query) -> Answer:
    """The plain things that are seen, the likeliest first; an animal by its kind where that is sure."""
    seen = {name: look_for(scene, name) for name in ALWAYS}
    found = sorted((n for n in seen if seen[n].probability > 0.6), key=lambda n: -seen[n].probability)
    if "forest" in found and "tree" in found:
        found.remove("tree")
    if "beach" in found and "sand" in found:
        found.remove("sand")
    words = [things()[n].word(query.zh) for n in found[:8]]
    if "animal" in found[:8]:
        kind = which_animal(scene, query)
        if kind.sure:
            words[found.index("animal")] = things()[kind.value].word(query.zh)
    if not found:
        text = "我认不出里面有什么。" if query.zh else "I recognise nothing in it."
        return reply(text, "contents", "", 0.2)
    text = f"看得到：{'、'.join(words)}。" if query.zh else f"I see: {', '.join(words)}."
    sure = float(np.mean([seen[n].probability for n in found[:8]]))
    return reply(text, "contents", ", ".join(found[:8]), sure)


MOST_COUNTED = 6
UNSEEN = 0.55
"""Who asks which or how many has seen some: that none are there is never claimed surely."""


def _in_piece(piece: Float, name: str) -> int:
    """How many in one piece: people who stand side by side are wider than one is."""
    if name != "person":
        return 1
    rows, columns = np.flatnonzero(piece.any(1)), np.flatnonzero(piece.any(0))
    wide, high = columns[-1] - columns[0] + 1, rows[-1] - rows[0] + 1
    return max(1, min(4, round(float(wide / high) / 0.45)))


def count(scene: Scene, query: Query) -> Answer:
    """The pieces of the thing's region, which is a lower bound where things touch; never claimed surely."""
    name = query.targets[0] if query.targets else "animal"
    thing = things()[name]
    seen = look_for(scene, name)
    regions = [r for r in thing.region if r in ("animal", "person", "object", "building")]
    mask = scene.regions.get(regions[0]) if regions else mask_of(scene, name)
    if name in ("boat", "vehicle"):
        mask = mask_of(scene, name)
    parts = pieces(mask, 0.0004) if mask is not None else []
    largest = float(parts[0].sum()) if parts else 0.0
    kept = [part for part in parts if float(part.sum()) > 0.12 * largest]
    number = sum(_in_piece(part, name) for part in kept)
    word = thing.word(query.zh)
    if seen.probability < 0.4:
        text = f"没有看到{word}。" if query.zh else f"None: I see no {word}."
        return reply(
            text, "count", "0", min(UNSEEN, 1 - seen.probability), tuple(w[1 if query.zh else 0] for w in seen.why)
        )
    number = max(number, 1)
    if not countable(thing) or number > MOST_COUNTED:
        text = (
            f"{word}太多或连成一片，数不出来。"
            if query.zh
            else f"I cannot count it: too many, or grown together ({word})."
        )
        return reply(text, "count", str(number), 0.15, (), box_of(mask), mask)
    text = f"大约能分出 {number} 个{word}，挨在一起的会算成一个。" if query.zh else (
        f"I can tell about {number} apart ({word}); those that touch count as one."
    )  # fmt: skip
    return reply(text, "count", str(number), min(0.55, 0.6 * seen.probability), (), box_of(mask), mask)
