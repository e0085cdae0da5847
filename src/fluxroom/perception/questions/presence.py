"""Is there ...? Which of them? Where is it? How much of the frame, how big? Is A left of B?"""

from __future__ import annotations

import numpy as np

from fluxroom.perception.questions.evidence import label_evidence, look_for, mask_of, picked, pieces
from fluxroom.perception.questions.lexicon import Thing, class_called, say, things
from fluxroom.perception.questions.parse import Query
from fluxroom.perception.questions.places import main_piece, spot_of, surroundings
from fluxroom.perception.questions.reply import Answer, box_of, cannot_find, centre_of, place, reply
from fluxroom.scene import Float, Scene


def exists(scene: Scene, query: Query) -> Answer:
    if not query.targets:
        return _strange(scene, query)
    seen = {name: look_for(scene, name) for name in query.targets}
    name = max(seen, key=lambda n: seen[n].probability)
    thing, found = things()[name], seen[name]
    there = found.probability >= 0.5
    sure = found.probability if there else 1 - found.probability
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
        where = spot_of(scene, thing, mask, query.zh)
        spot, box = (f"，在画面{where}" if query.zh else f", {where}"), box_of(mask)
    word = thing.word(query.zh)
    text = f"有{word}{spot}。" if query.zh else f"Yes: {word}{spot}."
    return reply(text, "exists", "yes", sure, why, box, mask if box else None)


def _strange(scene: Scene, query: Query) -> Answer:
    """A thing that the lexicon lacks: by the classifier's own classes if one is called so, else an honest "unknown"."""
    labels = class_called(query.strange) if not query.zh else ()
    if not labels:
        text = (
            f"我不认得“{query.strange}”，说不出有没有。"
            if query.zh
            else f'I do not know what "{query.strange}" looks like, so I cannot say.'
        )
        return Answer(text, "exists", "", 0.05)
    mass = label_evidence(scene, Thing("", (query.strange,), (query.strange,), labels=labels))
    there = mass > 0.35
    text = f"Yes, it looks like {query.strange}." if there else f"No, I see no {query.strange}."
    return reply(text, "exists", "yes" if there else "no", 0.55 if there else 0.58)


def choice(scene: Scene, query: Query) -> Answer:
    """Which of the things offered it is ("a river or a lake?"): the likeliest, if any is likely."""
    names = list(dict.fromkeys(m.name for m in query.things))
    seen = {n: look_for(scene, n).probability for n in names}
    best = max(seen, key=lambda n: seen[n])
    if seen[best] < 0.35:
        words = [things()[n].word(query.zh) for n in names]
        text = (
            f"看起来都不是：没有看到{'、'.join(words)}。"
            if query.zh
            else f"Neither, it seems: I see no {' or '.join(words)}."
        )
        return reply(text, "choice", "none", 0.5)
    mask = mask_of(scene, best)
    word = things()[best].word(query.zh)
    others = max(v for n, v in seen.items() if n != best)
    text = f"看起来是{word}。" if query.zh else f"It looks like this: {word}."
    return reply(text, "choice", best, seen[best] / (seen[best] + others) * seen[best], (), box_of(mask), mask)


def find(scene: Scene, query: Query) -> Float | None:
    """The mask of what is asked about, within the named parts of the frame."""
    for name in query.targets:
        if name == "brightest spot":
            around = mask_of(scene, query.things[0].name) if len(query.things) > 1 else None
            return _brightest(scene, around)
        if name == "sun":
            return _brightest(scene, None)
        if name == "horizon":
            return _line(scene)
        mask = mask_of(scene, name)
        if mask is not None and float((mask > 0.3).mean()) > 0.0005:
            return mask
    return None


def _line(scene: Scene) -> Float | None:
    """The horizon as a thin band, where one is seen."""
    if scene.horizon.confidence < 0.3:
        return None
    height, width = scene.preview.shape[:2]
    line = np.array([scene.horizon.y(x) for x in (np.arange(width) + 0.5) / width])
    rows = ((np.arange(height) + 0.5) / height)[:, None]
    return np.asarray(np.abs(rows - line[None, :]) < max(0.006, 1.0 / height), np.float32)


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


def _where_unknown(scene: Scene, query: Query) -> Answer:
    """Where a thing is that the lexicon lacks: nobody knows; the plainest single object may be it."""
    word = query.strange or ("要找的东西" if query.zh else "the thing you are looking for")
    text = f"我不认得{word}。" if query.zh else f"I do not know {word}."
    parts = pieces(scene.regions["object"])
    if not parts or float(parts[0].mean()) > 0.5:
        return Answer(text, "where", "", 0.05)
    spot = place(*centre_of(parts[0]))
    said = say("place", spot, query.zh)
    text = f"{text[:-1]}，最显眼的物体在画面{said}。" if query.zh else f"{text[:-1]}; the plainest object is {said}."
    return reply(text, "where", spot, 0.2, (), box_of(parts[0]), parts[0])


def where(scene: Scene, query: Query) -> Answer:
    if not query.targets:
        return _where_unknown(scene, query)
    name = query.targets[0]
    word = things()[name].word(query.zh)
    mask = find(scene, query)
    if mask is None:
        return cannot_find(name, "where", query.zh)
    solid = mask * (mask > 0.35) if float(mask.max()) > 0.35 else mask
    main = main_piece(solid) if name not in ("person", "tree") else solid
    x, y = centre_of(main)
    spot = place((0.2 if x < 0.5 else 0.8) if "side" in query.cues else x, y)
    words = say("place", spot, query.zh)
    sure = 0.8 if name == "brightest spot" else 0.35 + 0.55 * look_for(scene, name).probability
    if things()[name].unsure and name != "brightest spot":
        sure = min(sure, 0.5)
    around = surroundings(scene, things()[name], main)
    if around:
        words += ("，" if query.zh else ", ") + say("around", around, query.zh)
    text = f"{word}在画面{words}。" if query.zh else f"{word[0].upper() + word[1:]}: {words}."
    return reply(text, "where", spot, sure, (around,) if around else (), box_of(main), main)


def share(scene: Scene, query: Query) -> Answer:
    targets = query.targets or ("sky",)
    name = targets[0]
    mask = mask_of(scene, name)
    word = things()[name].word(query.zh)
    part = 0.0 if mask is None else float(mask.mean())
    sure = 0.9 * scene.confidence.get(things()[name].region[0] if things()[name].region else "", 0.4)
    text = f"{word}约占画面的 {part:.0%}。" if query.zh else f"About {part:.0%} of the frame is {word}."
    return reply(text, "share", f"{part:.3f}", max(0.3, sure), (), box_of(mask), mask)


def size(scene: Scene, query: Query) -> Answer:
    """How big it is in the frame: its part of the area, of the width and of the height. The value is the first."""
    name = query.targets[0]
    mask = find(scene, query)
    box = box_of(mask, 0.35)
    if mask is None or box is None:
        return cannot_find(name, "size", query.zh)
    main = main_piece(mask * (mask > 0.35))
    box = box_of(main, 0.35) or box
    part, wide, high = float((main > 0.35).mean()), box[2] - box[0], box[3] - box[1]
    word = things()[name].word(query.zh)
    whole = f"{part:.0%}" if part >= 0.01 else f"{part:.1%}"
    text = f"{word}约占画面的 {whole}，宽为画面的 {wide:.0%}，高为 {high:.0%}；实际大小看不出来。" if query.zh else (
        f"The {word} takes up about {whole} of the frame, {wide:.0%} of its width and {high:.0%} of its height; "
        "how big it really is I cannot tell."
    )  # fmt: skip
    sure = 0.8 * look_for(scene, name).probability * (0.6 if things()[name].unsure else 1)
    return reply(text, "size", f"{part:.3f}", sure, (), box, main)


def side(scene: Scene, query: Query) -> Answer:
    """Whether a thing lies in the named half of the frame."""
    name = query.targets[0]
    mask = find(scene, query)
    if mask is None:
        return cannot_find(name, "side", query.zh)
    main = main_piece(mask * (mask > 0.35))
    x, y = centre_of(main)
    inside = {"left": 0.5 - x, "right": x - 0.5, "top": 0.5 - y, "bottom": y - 0.5}
    asked = [inside[p] for p in query.places] or [0.0]
    yes = min(asked) > 0
    words, zh = things()[name].word(query.zh), query.zh
    spot = say("place", place(x, y), zh)
    text = f"{'是' if yes else '不是'}：{words}在画面{spot}。" if zh else f"{'Yes' if yes else 'No'}: {words} {spot}."
    sure = (0.5 + min(0.45, 2.5 * abs(min(asked)))) * look_for(scene, name).probability
    return reply(text, "side", "yes" if yes else "no", sure, (), box_of(main), main)


RELATIONS = {"relation_left": (0, -1), "relation_right": (0, 1), "relation_above": (1, -1), "relation_below": (1, 1)}


def relation(scene: Scene, query: Query) -> Answer:
    """Is A left of (right of, above, below) B, or on which side of it: by the centres of their masks."""
    names = list(dict.fromkeys(m.name for m in query.things))[:2]
    masks = [mask_of(scene, name) for name in names]
    zh = query.zh
    words = [things()[name].word(zh) for name in names]
    lost = [n for n, m in zip(names, masks, strict=True) if m is None or float((m > 0.5).mean()) < 0.0005]
    if lost:
        return cannot_find(lost[0], "relation", zh)
    if len(names) < 2:
        text = f"只听到一样东西：{words[0]}；和什么比？" if zh else f"I heard one thing only, {words[0]}; beside what?"
        return reply(text, "relation", "none", 0.1)
    mains = [main_piece(m * (m > 0.5)) for m in masks if m is not None]
    centres = [centre_of(m) for m in mains]
    asked = [RELATIONS[k] for k in RELATIONS if k in query.cues]
    axis, sign = asked[0]
    distance = sign * (centres[0][axis] - centres[1][axis])
    sure = (0.5 + min(0.45, 2.5 * abs(distance))) * min(look_for(scene, n).probability for n in names)
    box, mask = box_of(mains[0]), mains[0]
    spots = [say("place", place(*c), zh) for c in centres]
    plain = (
        f"{words[0]}在画面{spots[0]}，{words[1]}在画面{spots[1]}"
        if zh
        else f"{words[0]} {spots[0]}, {words[1]} {spots[1]}"
    )
    if len({a for a, _ in asked}) == 1 and len(asked) > 1:  # "left or right of it?"
        side = (("left", "right"), ("above", "below"))[axis][int(centres[0][axis] > centres[1][axis])]
        said = say("relation", side, zh)
        text = f"{words[0]}在{words[1]}的{said}。" if zh else f"The {words[0]} is {said} the {words[1]}."
        return reply(text, "relation", side, sure, (plain,), box, mask)
    if query.open and ("哪" in query.text or "which" in query.text.lower()):  # "which is further left?"
        first = distance > 0
        text = f"{words[0 if first else 1]}。" if zh else f"The {words[0 if first else 1]}."
        return reply(text, "relation", names[0 if first else 1], sure, (plain,), box_of(mains[0 if first else 1]))
    yes = distance > 0
    text = f"{'是' if yes else '不是'}：{plain}。" if zh else f"{'Yes' if yes else 'No'}: {plain}."
    return reply(text, "relation", "yes" if yes else "no", sure, (), box, mask)
