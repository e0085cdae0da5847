"""What colour is it? Colour names in CIE LCh, by lightness, chroma and hue."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from fluxroom.perception.questions.evidence import mask_of, picked, within
from fluxroom.perception.questions.lexicon import say, things
from fluxroom.perception.questions.parse import Query
from fluxroom.perception.questions.reply import Answer, box_of, reply
from fluxroom.perception.regions import display
from fluxroom.scene import Float, Scene

NAMES = ("black", "grey", "white", "red", "orange", "brown", "yellow", "green", "cyan", "blue", "purple", "pink")
HUES = (  # up to this hue angle (degrees, CIELAB) in turn
    (12, "pink"), (42, "red"), (72, "orange"), (100, "yellow"), (166, "green"), (222, "cyan"), (304, "blue"),
    (328, "purple"), (360, "pink"),
)  # fmt: skip


def named(rgb: Float) -> NDArray[np.int64]:
    """(h, w) index into NAMES of each pixel. rgb: sRGB-encoded, 0..1."""
    lab = cv2.cvtColor(np.ascontiguousarray(rgb, np.float32), cv2.COLOR_RGB2LAB)
    light, a, b = lab[..., 0], lab[..., 1], lab[..., 2]
    chroma, hue = np.hypot(a, b), np.degrees(np.arctan2(b, a)) % 360
    found = np.full(light.shape, NAMES.index("pink"))
    lowest = np.zeros(light.shape, bool)
    for limit, name in HUES:
        here = (hue < limit) & ~lowest
        found[here] = NAMES.index(name)
        lowest |= here
    index = {name: NAMES.index(name) for name in NAMES}
    found[(found == index["red"]) & (light > 68) & (chroma < 50)] = index["pink"]
    found[(found == index["pink"]) & (light < 45)] = index["purple"]
    found[(found == index["orange"]) & ((light < 52) | (chroma < 22)) & (light < 72)] = index["brown"]
    found[(found == index["red"]) & (chroma < 25) & (light < 55)] = index["brown"]
    found[(found == index["yellow"]) & (light < 38)] = index["brown"]
    plain = chroma < np.where(light < 30, 7, 9)
    found[plain & (light < 80)] = index["grey"]
    found[plain & (light >= 80)] = index["white"]
    found[(light < 14) | (plain & (light < 24))] = index["black"]
    found[(light > 92) & (chroma < 14)] = index["white"]
    return found


def ranked(scene: Scene, mask: Float | None) -> list[tuple[str, float]]:
    """Colours of the masked part (of everything without) by their share, commonest first.

    A colour counts for more than grey, black and white, as it does for those who name colours.
    """
    names = named(display(scene.preview))
    inside = mask > 0.5 if mask is not None and (mask > 0.5).sum() > 20 else np.ones(names.shape, bool)
    shares = np.bincount(names[inside], minlength=len(NAMES)) / max(1, int(inside.sum()))
    order = np.argsort(-shares * np.where(np.arange(len(NAMES)) < 3, 0.7, 1.0))
    return [(NAMES[i], float(shares[i])) for i in order if shares[i] > 0]


def color(scene: Scene, query: Query) -> Answer:
    """The colour of what is named, or of the whole."""
    target = query.targets[0] if query.targets and "whole" not in query.cues else ""
    mask = None
    if "background" in query.cues and (not target or things()[target].of == "animal" or target == "animal"):
        subject = np.maximum(scene.regions["animal"], np.maximum(scene.regions["object"], scene.regions["person"]))
        mask, target = (1 - subject).astype(np.float32), ""
    elif target:
        mask = mask_of(scene, target)
        if mask is None:
            word = things()[target].word(query.zh)
            text = f"我没有找到{word}。" if query.zh else f"I cannot find {word}."
            return reply(text, "color", "", 0.2)
        mask = within(mask, query.places)
        if things()[target].pick == "vivid":
            mask = picked(scene, mask, "vivid")
    found = ranked(scene, mask)
    shown = [f"{say('color', n, query.zh)} {s:.0%}" for n, s in found[:3] if s > 0.08] or [found[0][0]]
    word = things()[target].word(query.zh) if target else ""
    if query.zh:
        text = f"{word or '主要颜色'}：{'、'.join(shown)}。"
    else:
        text = f"{word[0].upper() + word[1:] if word else 'The main colours'}: {', '.join(shown)}."
    sure = 0.45 + 0.5 * found[0][1]
    if target and things()[target].unsure:
        sure = min(sure, 0.5)
    return reply(text, "color", found[0][0], sure, tuple(shown), box_of(mask) if target else None)
