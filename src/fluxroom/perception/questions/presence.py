"""Is there ...? Where is it? How much of the frame? Is A left of B?"""

from __future__ import annotations

from fluxroom.perception.questions.evidence import look_for, mask_of, picked, pieces
from fluxroom.perception.questions.lexicon import say, things
from fluxroom.perception.questions.parse import Query
from fluxroom.perception.questions.reply import Answer, box_of, centre_of, place, reply
from fluxroom.scene import Float, Scene


def exists(scene: Scene, query: Query) -> Answer:
    seen = {name: look_for(scene, name) for name in query.targets}
    name = max(seen, key=lambda n: seen[n].probability)
    thing, found = things()[name], seen[name]
    there = found.probability >= 0.5
    sure = tempered(found.probability if there else 1 - found.probability)
    if thing.unsure:
        sure = min(sure, 0.55)
    word = "、".join(things()[n].word(True) for n in seen) if query.zh else " or ".join(
        things()[n].word(False) for n in seen
    )  # fmt: skip
    why = tuple(w[1 if query.zh else 0] for w in found.why)
    if not there:
        text = f"没有看到{word}。" if query.zh else f"No, I see no {word}."
        return reply(text, "exists", "no", sure, why)
    mask = mask_of(scene, name)
    spot, box = "", None
    if mask is not None and float((mask > 0.5).mean()) > 0.001:
        where = say("place", place(*centre_of(mask * (mask > 0.5))), query.zh)
        spot, box = (f"，在画面{where}" if query.zh else f", {where}"), box_of(mask)
    word = thing.word(query.zh)
    text = f"有{word}{spot}。" if query.zh else f"Yes, {word}{spot}."
    return reply(text, "exists", "yes", sure, why, box)


def tempered(p: float, by: float = 0.6) -> float:
    """A probability drawn towards a half: the evidence is not independent, so it claims too much."""
    odds = (max(p, 1e-4) / max(1 - p, 1e-4)) ** by
    return float(odds / (1 + odds))


def _main_piece(mask: Float) -> Float:
    """The largest piece, if it is most of it; of many pieces, all."""
    parts = pieces(mask)
    return parts[0] if parts and float(parts[0].sum()) > 0.6 * float((mask > 0.5).sum()) else mask


def find(scene: Scene, query: Query) -> Float | None:
    """The mask of what is asked about, within the named parts of the frame."""
    for name in query.targets:
        if name == "brightest spot":
            around = mask_of(scene, query.things[0].name) if len(query.things) > 1 else None
            return _brightest(scene, around)
        if name == "sun":
            return _brightest(scene, None)
        mask = mask_of(scene, name)
        if mask is not None and float((mask > 0.3).mean()) > 0.0005:
            return mask
    return None


def _brightest(scene: Scene, around: Float | None) -> Float:
    height, width = scene.preview.shape[:2]
    if scene.light.visible:
        spot = scene.preview[..., 0] * 0
        spot[int(min(0.999, max(0, scene.light.y)) * height), int(min(0.999, max(0, scene.light.x)) * width)] = 1
        return spot
    base = around if around is not None else scene.regions["sky"]
    if float((base > 0.5).mean()) < 0.01:
        base = scene.preview[..., 0] * 0 + 1
    found = picked(scene, base, "brightest")
    assert found is not None
    return found


def where(scene: Scene, query: Query) -> Answer:
    if not query.targets:
        text = "我认不出要找的是什么。" if query.zh else "I do not know the thing you are looking for."
        return Answer(text, "where", "", 0.05)
    name = query.targets[0]
    word = things()[name].word(query.zh)
    mask = find(scene, query)
    if mask is None:
        text = f"我没有找到{word}。" if query.zh else f"I cannot find {word}."
        return reply(text, "where", "none", 0.5)
    solid = mask * (mask > 0.35) if float(mask.max()) > 0.35 else mask
    main = _main_piece(solid) if name not in ("person", "tree") else solid
    x, y = centre_of(main)
    spot = place((0.2 if x < 0.5 else 0.8) if "side" in query.cues else x, y)
    words = say("place", spot, query.zh)
    sure = 0.8 if name == "brightest spot" else 0.35 + 0.55 * look_for(scene, name).probability
    if things()[name].unsure and name != "brightest spot":
        sure = min(sure, 0.5)
    text = f"{word}在画面{words}。" if query.zh else f"{word[0].upper() + word[1:]}: {words}."
    return reply(text, "where", spot, sure, (), box_of(main))


def share(scene: Scene, query: Query) -> Answer:
    targets = query.targets or ("sky",)
    name = targets[0]
    mask = mask_of(scene, name)
    word = things()[name].word(query.zh)
    part = 0.0 if mask is None else float(mask.mean())
    sure = 0.9 * scene.confidence.get(things()[name].region[0] if things()[name].region else "", 0.4)
    text = f"{word}约占画面的 {part:.0%}。" if query.zh else f"About {part:.0%} of the frame is {word}."
    return reply(text, "share", f"{part:.3f}", max(0.3, sure), (), box_of(mask))


RELATIONS = {"relation_left": (0, -1), "relation_right": (0, 1), "relation_above": (1, -1), "relation_below": (1, 1)}


def relation(scene: Scene, query: Query) -> Answer:
    """Is A left of (right of, above, below) B: by the centres of their masks."""
    names = list(dict.fromkeys(m.name for m in query.things))[:2]
    masks = [mask_of(scene, name) for name in names]
    words = [things()[name].word(query.zh) for name in names]
    lost = [w for w, m in zip(words, masks, strict=True) if m is None or float((m > 0.5).mean()) < 0.0005]
    if len(names) < 2 or lost:
        text = f"我没有找到{'、'.join(lost)}。" if query.zh else f"I cannot find {' and '.join(lost)}."
        return reply(text, "relation", "none", 0.4)
    centres = [centre_of(m * (m > 0.5)) for m in masks if m is not None]
    axis, sign = next(v for k, v in RELATIONS.items() if k in query.cues)
    distance = sign * (centres[0][axis] - centres[1][axis])
    yes = distance > 0
    spots = [say("place", place(*c), query.zh) for c in centres]
    text = (
        f"{'是' if yes else '不是'}：{words[0]}在画面{spots[0]}，{words[1]}在画面{spots[1]}。"
        if query.zh
        else f"{'Yes' if yes else 'No'}: {words[0]} is {spots[0]}, {words[1]} {spots[1]}."
    )
    return reply(text, "relation", "yes" if yes else "no", 0.5 + min(0.4, 2 * abs(distance)), (), box_of(masks[0]))
