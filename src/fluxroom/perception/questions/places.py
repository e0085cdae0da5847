"""Where something is: the part of the frame, and what it stands in or on."""

from __future__ import annotations

import cv2
import numpy as np

from fluxroom.perception.questions.evidence import pieces
from fluxroom.perception.questions.lexicon import Thing, countable, say
from fluxroom.perception.questions.reply import centre_of, place
from fluxroom.scene import Float, Scene

AROUND = ("sky", "water", "sand", "snow", "grass", "trees", "rock", "mountain", "road", "building")
MOST = 0.4
"""A region must fill this part of the ring around a thing to be named."""
RING = 0.02
"""Width of the ring, in parts of the frame's long side."""


def main_piece(mask: Float) -> Float:
    """The largest piece, if it is most of it; of many pieces, all."""
    parts = pieces(mask)
    return parts[0] if parts and float(parts[0].sum()) > 0.6 * float((mask > 0.5).sum()) else mask


def surroundings(scene: Scene, thing: Thing, mask: Float) -> str:
    """The region that a thing stands in or on, or "" where there is none plainly or it makes no sense to say.

    It is what fills most of a ring around it, the lower part of the ring counting double: things stand on it.
    """
    if not countable(thing) or thing.name in ("sun", "reflection", "clouds"):
        return ""
    inside = (mask > 0.4).astype(np.uint8)
    if not inside.any() or inside.mean() > 0.4:
        return ""
    reach = 2 * max(2, round(RING * max(mask.shape))) + 1
    ring = (cv2.dilate(inside, np.ones((reach, reach), np.uint8)) > 0) & (inside == 0)
    middle = float(np.median(np.flatnonzero(inside.any(1))))
    weight = ring * np.where(np.arange(mask.shape[0])[:, None] > middle, 2.0, 1.0)
    total = max(float(weight.sum()), 1e-6)
    own = set(thing.region)
    shares = {
        name: float((scene.regions[name] * weight).sum()) / total
        for name in AROUND
        if name in scene.regions and name not in own
    }
    best = max(shares, key=lambda n: shares[n], default="")
    return best if best and shares[best] > MOST else ""


def spot_of(scene: Scene, thing: Thing, mask: Float, zh: bool) -> str:
    """In words: "on the left, in the grass"."""
    solid = main_piece(mask * (mask > 0.35))
    words = say("place", place(*centre_of(solid)), zh)
    around = surroundings(scene, thing, solid)
    return words + (f"{'，' if zh else ', '}{say('around', around, zh)}" if around else "")
