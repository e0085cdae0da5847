"""What faces up on rocks and houses, told from outlines: where snow comes to lie, whatever side the sun lights.

A rock's top is what comes first under its outline, or under an edge within a heap of rocks, as far as the outline is
not steep there; a roof is the band of one colour right under the sky that ends well over the ground.
"""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np

from fluxroom.operators.guided import ColorGuide
from fluxroom.scene import Float
from fluxroom.sky import maps
from fluxroom.sky._jit import jit

REST = 0.55
"""Run of rise of an outline at which half the snow slides off (about 60 degrees)."""


@jit
def _runs(inside: Float, edge: Float, run: Float, height: Float, first: Float) -> None:
    """Each column from above: rows under the last outline or edge, rows from there to the next, and whether that was
    an outline (against sky, water or other ground); all 0 outside."""
    h, w = inside.shape
    for x in range(w):
        start = -1
        open_top = np.float32(0.0)
        for r in range(h + 1):
            rock = r < h and inside[r, x] >= np.float32(0.5)
            ledge = rock and start >= 0 and edge[r, x] > np.float32(0.5) and r - start > h // 60
            if start >= 0 and (not rock or ledge):
                for k in range(start, r):
                    run[k, x] = np.float32(k - start)
                    height[k, x] = np.float32(r - start)
                    first[k, x] = open_top
                start = -1
            if rock and start < 0:
                start = r
                open_top = np.float32(0.0) if ledge else np.float32(1.0)


class Rock(NamedTuple):
    """Of each place of rock, (h, w) 0..1, how surely it

    up     faces up
    cap    is the part that faces up right under an outline
    hill   is no rock but a slope: an unbroken face of rock colour that goes down a long way
    shelf  lies in the upper half
    """

    up: Float
    cap: Float
    hill: Float
    shelf: Float


def rock_tops(guide: Float, rock: Float, far: Float, ledges: float = 1.0) -> Rock:
    """What faces up on rocks.

    guide  (h, w, 3) square-root colours; far: log distance
    ledges  0..1: how far light and dark within the rock can be trusted to tell ledges
    """
    h, w = rock.shape
    if float(rock.mean(dtype=np.float64)) < 0.002:
        nothing = np.zeros_like(rock)
        return Rock(nothing, nothing, nothing, nothing)
    tone = maps.blur(np.ascontiguousarray(guide.mean(-1), np.float32), 0.0025 * w)
    step = max(1, round(0.004 * h))
    rise = np.zeros_like(tone)
    rise[step:] = tone[step:] - tone[:-step]
    # Under a dark gap the next rock begins.
    rise = np.asarray(cv2.blur(rise, (max(3, round(0.02 * w)) | 1, 1)), np.float32)
    edge = (rise * np.float32(0.15 + 0.85 * ledges) > 0.06).astype(np.float32)
    # A ledge is a line along the rock, not a spot on it.
    thick = np.asarray(cv2.dilate(edge, np.ones((max(3, round(0.004 * h)) | 1, 3), np.uint8)), np.float32)
    edge *= np.asarray(
        cv2.morphologyEx(thick, cv2.MORPH_OPEN, np.ones((1, max(3, round(0.03 * w))), np.uint8)), np.float32
    )
    solid = maps.blur(rock, 0.002 * w)
    run, height, first = (np.zeros((h, w), np.float32) for _ in range(3))
    _runs(solid, edge, run, height, first)
    inside = (height > 0).astype(np.float32)
    # How steep the outline is over each place: the top's row, smoothed within the rock, and its slope.
    rows = np.arange(h, dtype=np.float32)[:, None]
    norm = np.maximum(maps.blur(inside, 0.006 * w), np.float32(1e-3))
    top_row = maps.blur(inside * (rows - run), 0.006 * w) / norm
    tall = maps.blur(inside * height, 0.012 * w) / np.maximum(maps.blur(inside, 0.012 * w), np.float32(1e-3))
    slope = np.zeros_like(top_row)
    reach = max(1, round(0.006 * w))
    slope[:, reach:-reach] = (top_row[:, 2 * reach :] - top_row[:, : -2 * reach]) / np.float32(2 * reach)
    rest = 1.0 / (1.0 + (REST * slope) ** 4)
    nearer = np.exp(-np.minimum(far, 2.5) / 4.0)
    deep = np.maximum(0.24 * tall, 0.012 * h * nearer)
    top = rest * np.exp(-((run / np.maximum(deep, 1.0)) ** 2)) * inside
    top = np.asarray(cv2.GaussianBlur(top.astype(np.float32), (0, 0), 0.004 * w, sigmaY=0.0015 * w), np.float32)
    shelf = maps.blur((inside * np.exp(-((run / np.maximum(0.5 * tall, 1.0)) ** 4))).astype(np.float32), 0.003 * w)
    whole, unbroken = np.zeros((h, w), np.float32), np.zeros((h, w), np.float32)
    _runs(solid, np.zeros_like(edge), np.zeros_like(run), unbroken, whole)
    norm = np.maximum(maps.blur(inside, 0.04 * w), np.float32(1e-3))
    slope_like = inside * np.clip((maps.blur(inside * unbroken, 0.04 * w) / norm / h - 0.20) / 0.12, 0, 1)
    # What is large far off is no boulder, but a hill.
    large = np.clip((unbroken / h - 0.10) / 0.06, 0, 1) * np.clip((far - 1.3) / 0.5, 0, 1)
    slope_like = np.maximum(slope_like, inside * maps.blur(large.astype(np.float32), 0.01 * w)).astype(np.float32)
    return Rock(top, np.asarray(top * maps.blur(first, 0.002 * w), np.float32), slope_like, shelf)


def capped(cap: Float, thick: float) -> Float:
    """(h, w) 0..1: a cap of snow with its thickness, that stands over the outline it lies on. thick: rows."""
    rows = max(1, round(thick))
    kernel = np.ones((rows + 1, 1), np.uint8)
    # Anchored below: what is right under a place lifts it.
    grown = np.asarray(cv2.dilate(cap, kernel, anchor=(0, 0)), np.float32)
    return np.maximum(cap, maps.blur(grown, max(0.6, 0.3 * rows)))


def drawn_to_edges(mask: Float, guide: Float, reach: float, eps: float) -> Float:
    """A soft mask (h, w) as its guide (h, w, 3) has it: fitted at half the size (He & Sun 2015, fast guided filter).

    reach  of the window, of the width
    """
    h, w = mask.shape
    size = max(2, w // 2), max(2, h // 2)
    small, few = (np.asarray(cv2.resize(v, size, interpolation=cv2.INTER_AREA), np.float32) for v in (guide, mask))
    fitted = ColorGuide.of(small, max(2, round(reach * size[0])), eps).fit(few)
    fitted = np.asarray(cv2.resize(fitted, (w, h), interpolation=cv2.INTER_LINEAR), np.float32)
    drawn: Float = (fitted[..., :3] * guide).sum(-1) + fitted[..., 3]
    return drawn


@jit
def _bands(soft: Float, house: Float, sky: Float, most: float, out: Float) -> None:
    """Each column from above: the band of one colour from the sky down, if the house goes on under it in another."""
    h, w = house.shape
    for x in range(w):
        r = 0
        while r < h:
            under_sky = False
            for k in range(max(0, r - h // 40), r):
                under_sky = under_sky or sky[k, x] > np.float32(0.6)
            if house[r, x] < np.float32(0.5) or not under_sky:
                r += 1
                continue
            # The colour a little under the eave of the sky.
            start = min(h - 1, r + max(1, h // 150))
            end = r
            wall = 0
            for k in range(start, h):
                if house[k, x] < np.float32(0.4):
                    break
                away = np.float32(0.0)
                for c in range(3):
                    away += abs(soft[k, x, c] - soft[start, x, c])
                if away < np.float32(most) and wall == 0:
                    end = k
                else:
                    wall += 1
            tall = end - r + 1
            if tall > h // 200 and wall > tall // 3 and tall < h // 4:
                for k in range(r, end + 1):
                    out[k, x] = np.float32(1.0)
            r = max(end, r) + 1
            while r < h and house[r, x] >= np.float32(0.4):
                r += 1


@jit
def _walls_out(found: Float, bands: Float, house: Float) -> None:
    """Where a column of a house would be roof down to its foot, or in its lower half, the wall has the roof's colour:
    the band under the sky alone is left."""
    h, w = house.shape
    for x in range(w):
        r = 0
        while r < h:
            if house[r, x] < np.float32(0.5):
                r += 1
                continue
            first, roof, depth = r, 0, 0
            while r < h and house[r, x] >= np.float32(0.5):
                if found[r, x] > np.float32(0.4):
                    roof += 1
                    depth += r - first
                r += 1
            if 10 * roof > 7 * (r - first) or 2 * depth > roof * (r - first):
                for k in range(first, r):
                    found[k, x] = min(found[k, x], bands[k, x])


def roofs(guide: Float, building: Float, sky: Float) -> Float:
    """(h, w) 0..1: roofs: bands of one colour right under the sky, wide and over walls of another colour."""
    h, w = building.shape
    if float(building.mean(dtype=np.float64)) < 0.004:
        return np.zeros_like(building)
    soft = maps.blur(guide, 0.002 * w)
    bands = np.zeros((h, w), np.float32)
    _bands(np.ascontiguousarray(soft, np.float32), building, sky, 0.14, bands)
    # A roof is wider than a tower's lantern or a chimney, and its neighbours' columns agree.
    agree = (maps.blur(bands, 0.004 * w) > 0.5).astype(np.float32)
    wide = np.asarray(
        cv2.morphologyEx(agree, cv2.MORPH_OPEN, np.ones((1, max(3, round(0.028 * w))), np.uint8)), np.float32
    )
    # The rest of it, round a dormer or under a gable, has its colour and is near.
    norm = maps.blur(wide, 0.035 * w)
    own = maps.blur(soft * wide[..., None], 0.035 * w) / np.maximum(norm, 1e-4)[..., None]
    like = np.clip(1.7 - np.abs(soft - own).sum(-1) / 0.13, 0, 1) * np.clip(norm / 0.04 - 0.5, 0, 1)
    like = cv2.morphologyEx(like.astype(np.float32), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    found = (np.maximum(wide, np.asarray(like, np.float32)) * np.clip(4 * building - 1.6, 0, 1)).astype(np.float32)
    _walls_out(found, wide, building)
    # Up to the ridge, and to the eaves and gables (guided filter).
    under = np.asarray(cv2.dilate(found, np.ones((max(2, round(0.014 * h)), 1), np.uint8), anchor=(0, 0)), np.float32)
    found = np.maximum(found, under * np.clip(4 * building - 2, 0, 1)).astype(np.float32)
    found = maps.blur(found, 0.0015 * w)
    drawn = drawn_to_edges(found, guide, 0.004, 1e-4)
    around = np.asarray(cv2.dilate(found, np.ones((max(3, round(0.005 * w)) | 1,) * 2, np.uint8)), np.float32)
    return np.asarray(np.clip(2.0 * drawn - 0.4, 0, 1) * np.clip(2 * around, 0, 1) * (1 - sky), np.float32)
