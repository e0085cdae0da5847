"""What of the picture has to go with a thing: its soft edge, what the mask has missed, its shadow on the ground.

All at preview size: a hole need not be tight, it only has to hold all of the thing.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from fluxroom.operators.retouch import match
from fluxroom.scene import Float

Bool = NDArray[np.bool_]

SEEN = 0.12
"""From this much of a mask on a pixel belongs to the thing."""
SURE = 0.4
"""A piece of a mask that is nowhere surer than this is not looked at if there are others."""
LEAST = 1e-5
"""Share of the frame below which a piece is a crumb of the mask."""
WORK = 220
"""Long side, pixels, at which a thing and its surroundings are looked at."""
ODD = 6.0
"""So many times as unlike as is usual around the thing: then it belongs to it."""
DARK = np.float32(0.8)
"""So much of the usual (encoded) light of its rows, and less, is shadow."""
PLAIN = 30.0
"""Squared Mahalanobis distance from the colours around, above which a pixel stands out."""
LEAST_ODD = 3e-4
"""Mean square difference (encoded) below which nothing is unlike."""


def things(mask: Float, place: Float) -> Bool:
    """(h, w) the pieces of a mask that are meant, whole: those that lie in the place as well as any does.

    mask, place   (h, w) float32 0..1
    """
    support = (mask > SEEN).astype(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(support, connectivity=8)
    sizes = stats[:, cv2.CC_STAT_AREA]
    pieces = [labels == i for i in range(count)]
    sure = [0.0] + [float(np.percentile(mask[piece], 80)) for piece in pieces[1:]]
    least = max(LEAST * mask.size, 0.02 * float(max(sizes[1:], default=0)))
    found = [i for i in range(1, count) if sure[i] >= SURE and sizes[i] >= least]
    if not found and count > 1:
        found = [max(range(1, count), key=lambda i: sure[i] * float(sizes[i]) ** 0.25)]
    there = {i: float(place[pieces[i]].mean()) for i in found}
    most = max(there.values(), default=0.0)
    kept = [i for i in found if there[i] >= max(0.8 * most, 0.05)]
    return np.isin(labels, kept)


def groups(hole: Bool, apart: int) -> list[Bool]:
    """Pieces that lie closer than so many pixels together."""
    near = cv2.dilate(hole.astype(np.uint8), np.ones((2 * (apart // 2) + 1,) * 2, np.uint8))
    count, labels = cv2.connectedComponents(near, connectivity=8)
    return [hole & (labels == i) for i in range(1, count)]


def widened(hole: Bool, pixels: float) -> Bool:
    r = max(1, round(pixels))
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * r + 1, 2 * r + 1))
    return np.asarray(cv2.dilate(hole.astype(np.uint8), disc) > 0)


def whole(roots: Float, thing: Bool, others: Bool) -> Bool:
    """(h, w) the thing with all that goes with it.

    roots    (h, w, 3) encoded preview
    others   what is no surroundings either
    """
    y, x = np.nonzero(thing)
    size = float(np.sqrt(thing.sum()))
    reach = 0.2 * size + 0.012 * max(thing.shape)
    long = max(np.ptp(y), np.ptp(x)) + 1
    margin = round(1.2 * long + 3 * reach + 0.09 * max(thing.shape))
    h, w = thing.shape
    y0, y1 = max(0, int(y.min()) - margin), min(h, int(y.max()) + 1 + margin)
    x0, x1 = max(0, int(x.min()) - margin), min(w, int(x.max()) + 1 + margin)
    part, bars, picture = thing[y0:y1, x0:x1], others[y0:y1, x0:x1], roots[y0:y1, x0:x1]
    scale = min(1.0, WORK / max(part.shape))
    width, height = max(16, round(part.shape[1] * scale)), max(16, round(part.shape[0] * scale))
    small = np.asarray(cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA), np.float32)
    core = cv2.resize(part.astype(np.float32), (width, height), interpolation=cv2.INTER_AREA) > 0.15
    core = widened(core, 1)
    core = widened(core | _shadow(small, core) | _plain(small, core, max(2.0, 0.3 * reach * scale)), 1)
    bars = cv2.resize(bars.astype(np.float32), (width, height), interpolation=cv2.INTER_AREA) > 0.05
    more = _odd(small, core, bars, reach * scale)
    back = cv2.resize(more.astype(np.float32), (part.shape[1], part.shape[0]), interpolation=cv2.INTER_LINEAR) > 0.4
    out = thing.copy()
    out[y0:y1, x0:x1] |= back
    return out


def _touching(marks: Bool, core: Bool, most: float) -> Bool:
    """The pieces of `marks` that touch the core; not those that reach the picture's edge or have more than `most`
    pixels: what goes on and on is background."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats((marks & ~core).astype(np.uint8), connectivity=8)
    out = np.zeros_like(core)
    h, w = core.shape
    for i in np.setdiff1d(np.unique(labels[widened(core, 1)]), [0]) if count > 1 else ():
        left, top, wide, high, area = (int(v) for v in stats[i])
        if area <= most and left > 0 and top > 0 and left + wide < w and top + high < h:
            out |= labels == i
    return out


def _plain(picture: Float, core: Bool, reach: float) -> Bool:
    """What touches the thing and stands out from even surroundings: the wings of a bird, a shadow on sand."""
    around = widened(core, 6 * reach + 12) & ~widened(core, reach)
    if int(around.sum()) < 60:
        return np.zeros_like(core)
    soft = cv2.GaussianBlur(picture, (0, 0), 0.7)
    known = soft[around].astype(np.float64)
    middle = np.median(known, axis=0)
    off = known - middle
    off = off[np.abs(off).sum(1) <= np.percentile(np.abs(off).sum(1), 85)]
    spread = off.T @ off / len(off) * 2.0 + np.eye(3) * 0.012**2
    away = soft.astype(np.float64) - middle
    far = np.einsum("yxi,ij,yxj->yx", away, np.linalg.inv(spread), away)
    return _touching(far > PLAIN, core, max(8.0 * float(core.sum()), 0.06 * core.size))


def _shadow(picture: Float, core: Bool) -> Bool:
    """What touches the lower half of the thing and is plainly darker than its rows are elsewhere: cast shadows, and
    reflections in wet ground."""
    light = cv2.GaussianBlur(picture, (0, 0), 1.0) @ np.array([0.3, 0.6, 0.1], np.float32)
    rows = np.flatnonzero(core.any(axis=1))
    middle = int(rows[len(rows) // 2])
    usual = np.array([np.median(line[~at]) if (~at).sum() > 8 else 0.0 for line, at in zip(light, core, strict=True)])
    usual = cv2.blur(usual.astype(np.float32)[:, None], (1, 5))
    dark = light < DARK * usual
    dark[:middle] = False
    low = core.copy()
    low[:middle] = False
    return _touching(dark, low, 1.2 * float(low.sum())) & ~core


def _odd(picture: Float, core: Bool, bars: Bool, reach: float) -> Bool:
    """The core and what touches it, within reach, and has no like farther away."""
    near = widened(core, reach)
    below = np.zeros_like(near)  # shadows and reflections lie lower, and farther
    drop = max(1, round(1.5 * reach))
    for k in range(0, drop + 1, max(1, drop // 4)):
        below[k:] |= near[: near.shape[0] - k]
    ring = (near | below) & ~core
    barred = near | below | bars
    side = 2 * match.HALF + 1
    source = cv2.dilate(barred.astype(np.uint8), np.ones((side, side), np.uint8)) == 0
    r = match.HALF
    source[:r] = source[-r:] = False
    source[:, :r] = source[:, -r:] = False
    if int(source.sum()) < 200 or not ring.any():
        return core
    unlike = _unlike(picture, ~core, ring, source)
    usual = max(float(np.median(unlike[ring])), LEAST_ODD)
    odd = ring & (unlike > ODD * usual)
    odd = np.asarray(cv2.morphologyEx((odd | core).astype(np.uint8), cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8)) > 0)
    count, labels = cv2.connectedComponents(odd.astype(np.uint8), connectivity=8)
    joined = np.isin(labels, np.setdiff1d(np.unique(labels[core]), [0])) if count > 1 else core
    return np.asarray(joined)


def _unlike(picture: Float, known: Bool, target: Bool, source: Bool) -> Float:
    """(h, w) how unlike the patch round each target is to its nearest like among the sources."""
    h, w = target.shape
    image = np.ascontiguousarray(np.dstack([picture, np.zeros((h, w), np.float32)]), np.float32)
    trust = known.astype(np.float32) + np.float32(1e-3)
    sy, sx = np.zeros((h, w), np.int32), np.zeros((h, w), np.int32)
    cost = np.zeros((h, w), np.float32)
    match.scatter(target, np.ascontiguousarray(np.argwhere(source), np.int32), 11, sy, sx)
    match.measure(image, trust, target, sy, sx, np.float32(0), cost)
    for turn in range(6):
        match.search(image, trust, target, source, np.float32(0), max(h, w), 31 + turn, turn % 2 == 1, sy, sx, cost)
    return cost
