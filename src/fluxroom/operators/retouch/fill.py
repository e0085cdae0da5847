"""A hole filled with pixels of the photo itself, at full size.

Coarse to fine (Wexler, Shechtman & Irani 2007, space-time completion; Barnes et al. 2009): on each level of a pyramid
patches over the hole find their likes outside (`match`), vote for its colours, and look again. What goes up to the
next level is where each pixel came from. On the finest level pixels are copied from there, so that texture and grain
are real, and only their tone is corrected across seams (`blend`).
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from fluxroom.operators.retouch import match
from fluxroom.operators.retouch.seams import settle, toned
from fluxroom.scene import Float

Bool = NDArray[np.bool_]
Whole = NDArray[np.int32]

THIN = 7.0
"""A hole is thin enough to begin with once no pixel of it lies deeper than this."""
THOROUGH = 40_000
"""Levels of up to so many hole pixels are searched thoroughly; finer ones follow, within a few pixels."""
BEGINNING = 8
"""Rounds on the coarsest level, for each beginning."""
LEAST_SOURCES = 400
ROUGH = 4
"""Texture is how steep the picture is in the mean over so many pixels to each side."""
GUIDE = 0.3
"""How much a difference of kind counts beside one of colour."""
TEXTURE = 6.0
"""How much a difference of texture counts beside one of colour."""
FADE = 1.3
"""How much less a pixel of the hole is trusted with each pixel of depth, on the coarsest level."""


@dataclass(slots=True)
class _Level:
    """image (h, w, 5) as in `match`, the hole as yet unknown; barred: nothing is copied from there (nor the hole)."""

    image: Float
    hole: Bool
    barred: Bool


@dataclass(slots=True)
class _Found:
    sy: Whole
    sx: Whole


@dataclass(frozen=True, slots=True)
class Filled:
    """image (h, w, 3) with its hole filled; sy, sx (h, w) int32: where its pixels came from."""

    image: Float
    sy: Whole
    sx: Whole


def fill(image: Float, hole: Bool, barred: Bool, guide: Float, seed: int, plain: bool = False) -> Filled | None:
    """The picture with its hole filled; None if there is too little to copy from.

    image    (h, w, 3) float32, square roots of linear light
    hole     (h, w) what is to be filled
    barred   (h, w) what must not be copied either (other holes, what shall not be seen twice)
    guide    (h, w) float32 0..1: what kind of place it is, inside the hole too; only its like is copied there
    plain    it is small and lies in an even place: less is tried
    """
    levels = _pyramid(_described(image, hole, guide), hole, barred | hole)
    while len(levels) > 1 and len(_places(_sources(levels[-1]))) < LEAST_SOURCES:
        levels.pop()
    if len(_places(_sources(levels[-1]))) < LEAST_SOURCES:
        return None
    top = len(levels) - 1
    filled, found = _begun(levels[top], top, seed, plain)
    source = _sources(levels[top])
    for at in range(top - 1, -1, -1):
        level = levels[at]
        target, source = _touching(level.hole), _sources(level)
        trust = _trust(level, at, top)
        found = _finer(found, target, source)
        filled = level.image.copy()
        _vote(level, filled, trust, target, found, None)
        thorough = int(level.hole.sum()) <= THOROUGH
        for turn in range((2 if plain else 4) if thorough else 1):
            cost = _look(filled, trust, target, source, found, seed + 1000 * at + 10 * turn, thorough)
            _vote(level, filled, trust, target, found, cost)
    settle(levels[0].image, filled, levels[0].hole, source, found.sy, found.sx)
    return Filled(toned(image, hole, found.sy, found.sx), found.sy, found.sx)


def _described(image: Float, barred: Bool, guide: Float) -> Float:
    """(h, w, 5): with how rough the texture is, so that it is known on coarse levels as well (Newson et al. 2014), and
    the guide."""
    light = image @ np.array([0.3, 0.6, 0.1], np.float32)
    slope = np.hypot(cv2.Sobel(light, -1, 1, 0, ksize=3), cv2.Sobel(light, -1, 0, 1, ksize=3)) / 8
    clear = (cv2.dilate(barred.astype(np.uint8), np.ones((3, 3), np.uint8)) == 0).astype(np.float32)
    side = (2 * ROUGH + 1, 2 * ROUGH + 1)
    weight = cv2.blur(clear, side)
    mean = cv2.blur(np.minimum(slope, 0.1) * clear, side) / np.maximum(weight, 1e-4)
    return np.ascontiguousarray(np.dstack([image, np.float32(TEXTURE) * mean, np.float32(GUIDE) * guide]), np.float32)


def _pyramid(image: Float, hole: Bool, barred: Bool) -> list[_Level]:
    levels = [_Level(image, hole, barred)]
    while True:
        last = levels[-1]
        deep = float(cv2.distanceTransform(last.hole.astype(np.uint8), cv2.DIST_L2, 3).max())
        if deep <= THIN or min(last.hole.shape) < 4 * (2 * match.HALF + 1):
            return levels
        known = (~last.hole).astype(np.float32)
        weight = _halved(known)
        small = _halved(last.image * known[..., None]) / np.maximum(weight, 1e-6)[..., None]
        small[..., 4] = _halved(last.image[..., 4])
        hole = _halved(last.hole.astype(np.float32)) > 0.3
        hole |= weight < 1e-6
        barred = hole | (_halved(last.barred.astype(np.float32)) > 0.3)
        levels.append(_Level(np.ascontiguousarray(small, np.float32), hole, barred))


def _halved(a: Float) -> Float:
    h, w = a.shape[:2]
    even = np.pad(a, ((0, h % 2), (0, w % 2), *((0, 0),) * (a.ndim - 2)), mode="edge")
    return np.asarray(0.25 * (even[0::2, 0::2] + even[1::2, 0::2] + even[0::2, 1::2] + even[1::2, 1::2]), np.float32)


def _touching(hole: Bool) -> Bool:
    """Middles of patches that have some of the hole in them."""
    side = 2 * match.HALF + 1
    return np.asarray(cv2.dilate(hole.astype(np.uint8), np.ones((side, side), np.uint8)) > 0)


def _sources(level: _Level) -> Bool:
    """Middles of patches that lie inside and have nothing barred in them."""
    free = ~_touching(level.barred)
    r = match.HALF
    inside = np.zeros_like(free)
    inside[r:-r, r:-r] = True
    return np.asarray(free & inside)


def _places(source: Bool) -> Whole:
    return np.ascontiguousarray(np.argwhere(source), np.int32)


def _first_guess(level: _Level) -> Float:
    """The hole filled by ever wider means of what is known."""
    known = (~level.hole).astype(np.float32)
    out = level.image.copy()
    left = level.hole.copy()
    sigma = 1.5
    while left.any():
        weight = cv2.GaussianBlur(known, (0, 0), sigma)
        mean = cv2.GaussianBlur(level.image * known[..., None], (0, 0), sigma) / np.maximum(weight, 1e-6)[..., None]
        good = left & (weight > 1e-3)
        out[good, :4] = mean[good, :4]
        left &= ~good
        sigma *= 2
    return np.ascontiguousarray(out, np.float32)


def _trust(level: _Level, at: int, top: int) -> Float:
    """(h, w) how much a pixel counts: 1 where it is known, less inside the hole the deeper it lies."""
    depth = cv2.distanceTransform(level.hole.astype(np.uint8), cv2.DIST_L2, 3)
    fade = FADE ** (0.5 ** (top - at))
    return np.asarray(np.maximum(np.float32(fade) ** -depth, np.float32(0.05)), np.float32)


def _begun(level: _Level, top: int, seed: int, plain: bool) -> tuple[Float, _Found]:
    """The coarsest level filled from several beginnings, and the one that fits best in the end: ring by ring from the
    rim, or by what lies beside, as a landscape goes on to both sides."""
    target, source = _touching(level.hole), _sources(level)
    trust = _trust(level, top, top)
    best: tuple[float, Float, _Found] | None = None
    for start in range(1 if plain else 4):
        filled = _first_guess(level)
        found = _scattered(target, source, seed + start)
        if start < 2:
            _peel(level, filled, target, source, found, seed + start)
        elif not _beside(level, filled, target, source, found, 1 if start == 2 else -1):
            continue
        for turn in range(3 if plain else BEGINNING):
            cost = _look(filled, trust, target, source, found, seed + 10 * turn + 500 * start, True)
            _vote(level, filled, trust, target, found, cost)
        misfit = float((cost * trust)[target].mean(dtype=np.float64))
        if best is None or misfit < best[0]:
            best = misfit, filled, found
    assert best is not None
    return best[1], best[2]


def _beside(level: _Level, filled: Float, target: Bool, source: Bool, found: _Found, side: int) -> bool:
    """Begin with what lies to one side, as far away as it takes; False if there is not enough of it."""
    w = target.shape[1]
    columns = np.flatnonzero(target.any(0))
    y, x = np.nonzero(target)
    shift = side * (int(np.ptp(columns)) + 2 * match.HALF)
    there = np.clip(x + shift, 0, w - 1)
    good = source[y, there] & (there == x + shift)
    if good.mean() < 0.5:
        return False
    found.sy[y[good], x[good]], found.sx[y[good], x[good]] = y[good], there[good]
    hole = level.hole[y, x] & good
    filled[y[hole], x[hole], :4] = level.image[y[hole], there[hole], :4]
    return True


def _peel(level: _Level, filled: Float, target: Bool, source: Bool, found: _Found, seed: int) -> None:
    """The first filling, ring by ring from the rim, each from what is known or filled by then (Newson et al. 2014)."""
    depth = cv2.distanceTransform(level.hole.astype(np.uint8), cv2.DIST_L2, 3)
    done = ~level.hole
    for ring in range(1, int(np.ceil(depth.max())) + 1):
        now = level.hole & (depth <= ring) & ~done
        if not now.any():
            continue
        trust = done.astype(np.float32)
        at = _touching(now) & (cv2.blur(trust, (2 * match.HALF + 1,) * 2) > 0.05) & target
        cost = _look(filled, trust, at, source, found, seed + 77 * ring, True)
        match.vote(level.image, np.ones_like(trust), now, at, found.sy, found.sx, cost, _width(cost, at), filled)
        done |= now


def _width(cost: Float, target: Bool) -> np.float32:
    return np.float32(max(1e-6, float(np.percentile(cost[target], 60)) * 0.5))


def _scattered(target: Bool, source: Bool, seed: int) -> _Found:
    sy, sx = np.zeros(target.shape, np.int32), np.zeros(target.shape, np.int32)
    match.scatter(target, _places(source), seed & 0x7FFFFFFF, sy, sx)
    return _Found(sy, sx)


def _finer(found: _Found, target: Bool, source: Bool) -> _Found:
    """The same sources on a level twice as fine; what is no source there takes the nearest that is."""
    h, w = target.shape
    y, x = np.mgrid[0:h, 0:w].astype(np.int32)
    up = [a.repeat(2, 0).repeat(2, 1)[:h, :w] for a in (found.sy, found.sx)]
    sy, sx = 2 * up[0] + (y & 1), 2 * up[1] + (x & 1)
    sy, sx = np.clip(sy, 0, h - 1), np.clip(sx, 0, w - 1)
    bad = target & ~source[sy, sx]
    if bad.any():
        _, labels = cv2.distanceTransformWithLabels(
            (~source).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
        )
        where = np.zeros((int(labels.max()) + 1, 2), np.int32)
        where[labels[source]] = np.argwhere(source)
        nearest = where[labels[sy[bad], sx[bad]]]
        sy[bad], sx[bad] = nearest[:, 0], nearest[:, 1]
    return _Found(np.ascontiguousarray(sy, np.int32), np.ascontiguousarray(sx, np.int32))


def _look(filled: Float, trust: Float, target: Bool, source: Bool, found: _Found, seed: int, thorough: bool) -> Float:
    """Search for better sources; returns their costs."""
    h, w = target.shape
    near = np.float32(0.01 / (h * h + w * w))
    cost = np.zeros((h, w), np.float32)
    match.measure(filled, trust, target, found.sy, found.sx, near, cost)
    reach = max(h, w) if thorough else 2
    for turn in range(4 if thorough else 2):
        mixed = (seed * 7919 + turn) & 0x7FFFFFFF
        match.search(filled, trust, target, source, near, reach, mixed, turn % 2 == 1, found.sy, found.sx, cost)
    return cost


def _vote(level: _Level, filled: Float, trust: Float, target: Bool, found: _Found, cost: Float | None) -> None:
    if cost is None:
        cost = np.zeros(target.shape, np.float32)
        width = np.float32(1)
    else:
        width = _width(cost, target)
    match.vote(level.image, trust, level.hole, target, found.sy, found.sx, cost, width, filled)
