"""Whether an edit reaches where it should, and stops where it should: counted on whole pixels, told at preview size."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from fluxroom.critic.edges import Found, box_of
from fluxroom.scene import Float

SPARE = 1
"""Preview pixels to either side of an edge in which nothing is said: there masks are soft."""
STRIP = 0.012
"""Width of the strip beside an edge that is looked at, of the long side."""
LEAST = 0.004
"""Change of square-root encoded values that counts as one: a code of 255."""


def spill(before: Float, after: Float, changed: Float, allowed: Float) -> Found:
    """The share of the frame that changed where no adjustment was to work.

    before, after   (h, w, 3) linear
    changed         (h, w) 0..1, the share of whole pixels that changed
    allowed         (h, w) 0..1, the largest mask of all adjustments
    """
    open_ground = cv2.dilate((allowed > 0).astype(np.uint8), np.ones((2 * SPARE + 1,) * 2, np.uint8)) == 0
    step = np.abs(np.sqrt(np.maximum(after, 0)) - np.sqrt(np.maximum(before, 0))).max(2)
    marks = open_ground & (changed > 0.5) & (step > LEAST)
    return Found(float(marks.mean()), box_of(marks))


def short(changed: Float, mask: Float, distance: Float) -> Found:
    """How much of the strip along a region's edge was left as it was while the rest of the region changed, 0..1.

    changed    (h, w) 0..1, the share of whole pixels that changed
    mask       (h, w) 0..1, the region as it is at full size
    distance   (h, w) signed, pixels, above 0 inside (`edges.edge_of` of the mask)
    """
    side = max(mask.shape)
    width = max(STRIP * side, SPARE + 3)
    whole = mask > 0.95
    strip = whole & (distance > SPARE) & (distance <= width)
    deep = whole & (distance > 2 * width) & (distance <= 6 * width)
    if int(strip.sum()) < 50 or int(deep.sum()) < 200:
        return Found(0.0)
    idle = changed < 0.05
    if float(idle[deep].mean()) > 0.2:
        return Found(0.0)  # an edit that leaves much as it is has no strip of its own
    left = strip & idle
    lines: NDArray[np.bool_] = cv2.morphologyEx(left.astype(np.uint8), cv2.MORPH_OPEN, np.ones((2, 2), np.uint8)) > 0
    return Found(float(lines.sum()) / float(strip.sum()) - float(idle[deep].mean()), box_of(lines))
