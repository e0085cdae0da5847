"""Composing by cropping: a thing on a third, or near; only within what the photo shows."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np

from fluxroom.operators.declare import Label, Operator, Overview, Param, Parameters, Window, register
from fluxroom.operators.frame import Change, weight
from fluxroom.photo.framing import Framing, cropped
from fluxroom.scene import Float

LEAST = 0.55
"""Smallest part of the width that is kept to put a thing on a third."""
THIRDS = (1 / 3, 2 / 3)
ROOM = 1.5
"""Tighter on a thing: the part shown is so much larger than the thing."""
NEAREST = 2.5
WHOLE = 0.5
"""A region of more than this is no thing to compose with."""


def subject(overview: Overview) -> tuple[float, float, float, float] | None:
    """Left, top, right, bottom (0..1) of what is meant: the largest piece of the region, or of what one looks at."""
    mask = overview.mask
    if float(mask.mean(dtype=np.float64)) > WHOLE:
        mask = _striking(overview)
    marks = (mask > 0.5).astype(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(marks, connectivity=8)
    if count < 2:
        return None
    sums = np.bincount(labels.ravel(), mask.ravel().astype(np.float64))
    sums[0] = 0
    at = int(np.argmax(sums))
    h, w = mask.shape
    left, top, wide, high = (int(v) for v in stats[at, :4])
    return left / w, top / h, (left + wide) / w, (top + high) / h


def _striking(overview: Overview) -> Float:
    """(h, w) 0 or 1: people, animals and things first, else where most is to be seen."""
    for name in ("person", "animal", "object", "building"):
        found = overview.scene.regions.get(name)
        if found is not None and 0.0008 < float(found.mean(dtype=np.float64)) < 0.3:
            return np.asarray(found > 0.5, np.float32)
    soft = cv2.GaussianBlur(weight(overview), (0, 0), 0.03 * max(overview.mask.shape))
    return np.asarray(soft > 0.9 * soft.max(), np.float32)


def _thirds(box: tuple[float, float, float, float], most: float) -> tuple[float, float, float] | None:
    """(centre x, centre y, zoom) of the largest part, of the photo's shape, with the thing's middle on a third (across,
    and down where that costs little); None if it is there already or would cost too much."""
    x, y = 0.5 * (box[0] + box[2]), 0.5 * (box[1] + box[3])
    best: tuple[float, float, float, float] | None = None
    for size in np.arange(1.0, LEAST - 0.001, -0.01):
        for third in THIRDS:
            left = x - third * size
            if not (-1e-6 <= left <= 1 - size + 1e-6):
                continue
            tops = [y - t * size for t in THIRDS] + [min(max(y - 0.5 * size, 0), 1 - size)]
            for top in tops:
                top = min(max(top, 0.0), 1 - size)
                off = min(abs((y - top) / size - t) for t in THIRDS)
                inside = left <= box[0] and top <= box[1] and box[2] <= left + size and box[3] <= top + size
                score = float(size) - 0.6 * off - (0.0 if inside else 0.5)
                if best is None or score > best[0] + 1e-9:
                    best = score, left + 0.5 * size, top + 0.5 * size, 1 / float(size)
    if best is None or best[3] <= 1.005:
        return None
    return best[1], best[2], min(best[3], most)


def _close(box: tuple[float, float, float, float], amount: float) -> tuple[float, float, float]:
    size = max(box[2] - box[0], box[3] - box[1]) * ROOM
    zoom = min(max(1.0, 1 / max(size, 1e-3)), NEAREST)
    return 0.5 * (box[0] + box[2]), 0.5 * (box[1] + box[3]), 1 + amount * (zoom - 1)


def _found(overview: Overview, parameters: Parameters) -> tuple[float, float, float] | None:
    box = subject(overview)
    if box is None:
        return None
    if parameters["rule"] == "thirds":
        return _thirds(box, 1 / LEAST)
    x, y, zoom = _close(box, float(parameters["amount"]))
    return (x, y, zoom) if zoom > 1.005 else None


def _prepare(overview: Overview, parameters: Parameters, seed: int) -> Change | None:
    if float(parameters["amount"]) == 0:
        return None
    found = _found(overview, parameters)
    if found is None:
        return None
    x, y, zoom = found
    scene = overview.scene

    def change(framing: Framing) -> Framing:
        return cropped(framing, 0.0, zoom, x, y, scene.width, scene.height)

    return change


def _advise(overview: Overview, parameters: Parameters) -> tuple[str, ...]:
    if float(parameters["amount"]) == 0 or _found(overview, parameters) is not None:
        return ()
    if subject(overview) is None:
        return ("compose: nothing was found to compose with; name it, or pick it",)
    return ("compose: it is there already, or this photo does not show enough around it",)


def _nothing(tile: Any, window: Window, prepared: Any) -> None:
    """Pixels stay; see `render.engine`."""


register(
    Operator(
        name="compose",
        version=1,
        family="frame",
        kind="frame",
        label=Label("Compose", "构图"),
        doc="Crops, in the photo's shape, so that a thing (the region, or what one looks at first) lies on a third of"
        " the width and, where that costs little, of the height; or, with the rule `close`, so that it fills most of"
        " the picture. At least 55 percent of the width stays for thirds.",
        params=(
            Param("amount", 1.0, 0.0, 1.0, "", Label("Amount", "程度")),
            Param("rule", "thirds", choices=("thirds", "close"), label=Label("Rule", "法则")),
        ),
        prepare=_prepare,
        apply=_nothing,
        chromatic=False,
        advise=_advise,
        optional=frozenset({"everything"}),
    )
)
