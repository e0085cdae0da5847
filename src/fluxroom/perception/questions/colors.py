"""What colour is it? Colour names by the examples of data/colors.yaml that lie near in OKLab."""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np

from fluxroom.perception.questions.evidence import look_for, mask_of, picked, within
from fluxroom.perception.questions.lexicon import load, say, things
from fluxroom.perception.questions.parse import Query
from fluxroom.perception.questions.reply import Answer, box_of, cannot_find, reply
from fluxroom.perception.regions import display
from fluxroom.scene import Float, Scene

SIDE = 192
"""Colours are named on a picture of at most this long side."""
NEAR = 0.035
"""Distance in the scaled OKLab at which an example counts e times less."""
LIGHTNESS = 0.45
"""How much a difference in lightness counts beside one in hue or chroma."""
PLAIN = {"black": 0.55, "grey": 0.7, "white": 0.75}
"""Colourless names count less: a shadow or a glint does not name a thing."""
ALSO = 0.6
"""A second colour with at least this part of the first one's share is named too."""


def oklab(rgb: Float) -> Float:
    """(..., 3) sRGB-encoded 0..1 -> OKLab (B. Ottosson, A perceptual color space for image processing, 2020)."""
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    to_cones = [[0.4122214708, 0.5363325363, 0.0514459929], [0.2119034982, 0.6806995451, 0.1073969566],
                [0.0883024619, 0.2817188376, 0.6299787005]]  # fmt: skip
    to_lab = [[0.2104542553, 0.7936177850, -0.0040720468], [1.9779984951, -2.4285922050, 0.4505937099],
              [0.0259040371, 0.7827717662, -0.8086757660]]  # fmt: skip
    cones = np.cbrt(linear @ np.array(to_cones).T)
    return np.asarray(cones @ np.array(to_lab).T, np.float32)


@cache
def _examples() -> tuple[tuple[str, ...], tuple[int, ...], Float]:
    """Names, which of them each example is of, and the examples' scaled OKLab."""
    table: dict[str, list[list[int]]] = load("colors")
    owner = tuple(i for i, rows in enumerate(table.values()) for _ in rows)
    rgb = np.array([row for rows in table.values() for row in rows], np.float32) / np.float32(255)
    return tuple(table), owner, _scaled(oklab(rgb))


def _scaled(lab: Float) -> Float:
    return np.asarray(lab * np.array([LIGHTNESS, 1, 1], np.float32), np.float32)


def memberships(rgb: Float) -> Float:
    """(n, names): how much each colour is called each name; rows sum to 1. rgb: (n, 3) sRGB-encoded 0..1."""
    names, owner, examples = _examples()
    distance = np.linalg.norm(_scaled(oklab(rgb))[:, None] - examples[None], axis=2)
    by_name = np.stack([distance[:, [o == i for o in owner]].min(1) for i in range(len(names))], 1)
    weight = np.exp(-(by_name - by_name.min(1, keepdims=True)) / NEAR)
    return np.asarray(weight / weight.sum(1, keepdims=True), np.float32)


def ranked(scene: Scene, mask: Float | None) -> list[tuple[str, float]]:
    """Colours of the masked part (of everything without) by their share, commonest first; shares sum to 1."""
    height, width = scene.preview.shape[:2]
    scale = min(1.0, SIDE / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    rgb = np.asarray(cv2.resize(display(scene.preview), size, interpolation=cv2.INTER_AREA), np.float32).reshape(-1, 3)
    weight = np.ones(len(rgb), np.float32)
    if mask is not None:
        small = cv2.resize(mask, size, interpolation=cv2.INTER_AREA)
        core = cv2.erode(small, np.ones((3, 3), np.uint8))
        small = core if (core > 0.5).sum() > 0.4 * (small > 0.5).sum() else small
        level = 0.5 if (small > 0.5).sum() > 4 else 0.5 * float(small.max())
        weight = np.where(small.ravel() > level, small.ravel(), 0).astype(np.float32)
    if weight.sum() <= 0:
        weight = np.ones(len(rgb), np.float32)
    inside = weight > 0
    names = _examples()[0]
    shares = (memberships(rgb[inside]) * weight[inside, None]).sum(0)
    shares = shares * np.array([PLAIN.get(name, 1.0) for name in names])
    shares = shares / max(float(shares.sum()), 1e-9)
    return sorted(((n, float(s)) for n, s in zip(names, shares, strict=True)), key=lambda item: -item[1])


def _target(scene: Scene, query: Query) -> tuple[str, Float | None]:
    """What is asked about ("" for the whole) and its mask; None for a named thing that is not found."""
    name = query.targets[0] if query.targets else ""
    if "background" in query.cues and (not name or name == "animal" or things()[name].of == "animal"):
        subject = np.maximum(scene.regions["animal"], np.maximum(scene.regions["object"], scene.regions["person"]))
        return "", (1 - subject).astype(np.float32)
    if not name:
        return "", None
    mask = mask_of(scene, name)
    if mask is None or float((mask > 0.3).mean()) < 1e-4:
        return name, None
    mask = within(mask, query.places)
    return name, picked(scene, mask, "vivid") if things()[name].pick == "vivid" else mask


def color(scene: Scene, query: Query) -> Answer:
    """The colour of what is named, or of the whole; whether it is the one named, or which of those offered."""
    name, mask = _target(scene, query)
    if name and mask is None:
        return cannot_find(name, "color", query.zh)
    found = ranked(scene, mask)
    share = dict(found)
    zh = query.zh
    seen = look_for(scene, name).probability if name else 1.0
    sure = (0.55 + 0.42 * min(1.0, 1.6 * (found[0][1] - found[1][1]))) * (0.65 + 0.35 * seen)
    if name and things()[name].unsure:
        sure = min(sure, 0.5)
    why = tuple(f"{say('color', n, zh)} {s:.0%}" for n, s in found[:3] if s > 0.08)
    subject = (things()[name].word(zh) if zh else f"The {things()[name].word(False)}") if name else ""
    box = box_of(mask) if name else None
    offered = [o for o in query.options if o in share] if name else []
    if len(offered) == 1 and not query.open:
        yes = share[offered[0]] > ALSO * found[0][1]
        word = say("color", offered[0] if yes else found[0][0], zh)
        text = f"{'是' if yes else '不是'}，{subject}{'' if yes else '主要'}是{word}的。" if zh else (
            f"{'Yes' if yes else 'No'}, it is {'' if yes else 'mostly '}{word}."
        )  # fmt: skip
        return reply(text, "color", "yes" if yes else "no", sure, why, box, mask)
    if len(offered) > 1:
        found = [(n, s) for n, s in found if n in offered]
    if query.strange and not name:
        text = f"我不认得{query.strange}；画面主要是{in_words(found, zh)}。" if zh else (
            f"I do not know {query.strange}; the picture is mainly {in_words(found, zh)}."
        )  # fmt: skip
        return reply(text, "color", found[0][0], 0.25, why)
    text = f"{subject or '主要颜色'}是{in_words(found, zh)}{'的' if name else ''}。" if zh else (
        f"{subject} is {in_words(found, zh)}." if name else f"The main colours: {in_words(found, zh)}."
    )  # fmt: skip
    return reply(text, "color", found[0][0], sure, why, box, mask if name else None)


def in_words(found: list[tuple[str, float]], zh: bool) -> str:
    """One colour, two together ("blue and white"), or a tinged grey ("blue-grey")."""
    (first, most), (second, next_most) = found[0], found[1]
    if next_most < ALSO * most or most > 0.6:
        return say("color", first, zh)
    if "grey" in (first, second) and not {first, second} & {"black", "white"}:
        tinge = second if first == "grey" else first
        return f"{say('color', tinge, True).removesuffix('色')}灰色" if zh else f"{say('color', tinge, False)}-grey"
    return f"{say('color', first, zh)}{'和' if zh else ' and '}{say('color', second, zh)}"
