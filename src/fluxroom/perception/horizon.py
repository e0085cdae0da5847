"""Where the far distance ends, and how far the picture is turned."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from fluxroom.operators.declare import LUMA
from fluxroom.perception.roll import upright_roll
from fluxroom.scene import Float, Horizon

STEEPEST = 12.0
"""Degrees: a steeper line is taken for a slope of the land."""
COLUMNS = 160
Line = tuple[float, float, float]
"""(y at x 0, y at x 1, confidence 0..1)"""
Doubles = NDArray[np.float64]


def find_horizon(regions: dict[str, Float], preview: Float | None = None) -> Horizon:
    """The horizon line.

    regions: "sky" and "water", (h, w) 0..1; preview: (h, w, 3) linear. Where water meets sky the line is that edge;
    elsewhere the far shore of water or the straight edge of flat land against the sky, if there is one; else it is
    guessed: hills hide it, so it lies below the lowest sky. With a preview the line is drawn to the edge that is in
    the picture, and upright things tell the roll where no line does.
    """
    sky, water = regions["sky"], regions["water"]
    height, width = sky.shape
    edges = _edges(sky, water)
    sea = _fitted(*edges["open sea"], height / width, 0.12) or _fitted(*edges["sea"], height / width, 0.12)
    if preview is None:
        return Horizon(*sea) if sea is not None else _guessed(edges, water)
    small = _grey(preview)
    if sea is not None:
        return _drawn(sea, small)
    guess = _guessed(edges, water)
    found = [
        (start, end, scale * sure)
        for name, scale in (("shore", 0.85), ("land", 0.75))
        for start, end, sure in [_fitted(*edges[name], height / width, 0.35) or (0.0, 0.0, 0.0)]
    ]
    line = max(found, key=lambda f: f[2])
    roll, sure = upright_roll(small)
    if line[2] < 0.3:  # no line: the guessed height, and the roll that upright things tell
        if sure < 0.3:
            return guess
        rise = math.tan(math.radians(roll)) * width / height
        middle = guess.y(0.5)
        return Horizon(middle - rise / 2, middle + rise / 2, guess.confidence, sure)
    drawn = _drawn(line, small)
    apart = abs(drawn.angle(width, height) - roll)
    if sure >= 0.3 and apart < 1.0:
        return Horizon(drawn.left, drawn.right, drawn.confidence, round(min(0.95, drawn.confidence + 0.3 * sure), 3))
    if sure >= 0.5 and apart > 2.5:  # a bank or a hillside that only looks like a horizon
        return Horizon(drawn.left, drawn.right, round(0.6 * drawn.confidence, 3))
    return drawn


def _edges(sky: Float, water: Float) -> dict[str, tuple[Doubles, Doubles]]:
    """Points (x, y), normalised, of edges: sea against sky (a low coast may lie between; "open sea" where none does),
    water's upper edge, land against sky."""
    height, width = sky.shape
    columns = np.unique(np.linspace(0, width - 1, min(width, COLUMNS)).astype(int))
    gap = max(2, round(height * 0.02))
    rows = np.arange(height)[:, None]
    is_sky, wet = sky[:, columns] > 0.5, water[:, columns]
    is_water = wet > 0.5
    seen = is_sky.sum(0) >= 3
    bottom = np.where(seen, height - np.argmax(is_sky[::-1], axis=0), 0)
    under = is_water & (rows >= bottom)
    has_water = under.sum(0) > gap
    top = np.where(has_water, np.argmax(under, axis=0), height)
    # Sums down the columns: sums[b] - sums[a] is that of rows a to b.
    sums = np.concatenate([np.zeros((1, len(columns))), np.cumsum(wet, axis=0, dtype=np.float64)])
    counts = np.concatenate([np.zeros((1, len(columns))), np.cumsum(is_water, axis=0, dtype=np.float64)])
    at = np.arange(len(columns))

    def mean(table: Doubles, start: NDArray[np.intp], stop: NDArray[np.intp]) -> Doubles:
        start, stop = np.minimum(start, height), np.minimum(stop, height)
        return np.asarray((table[stop, at] - table[start, at]) / np.maximum(stop - start, 1))

    at_sea = seen & (height - bottom > gap) & (mean(sums, bottom + gap, bottom + 3 * gap) > 0.6)
    found = {
        "sea": (at_sea, bottom),
        "open sea": (at_sea & (top - bottom <= max(2, 0.005 * height)), bottom),
        "shore": (has_water & (top < height - 2 * gap) & (mean(counts, top, top + 2 * gap) > 0.8), top),
        "land": (seen & ~at_sea, bottom),
    }
    x = (columns + 0.5) / width
    return {name: (x[which], y[which] / height) for name, (which, y) in found.items()}


def _fitted(x: Doubles, y: Doubles, aspect: float, least: float) -> Line | None:
    """A robust line (repeated median, Siegel 1982) through edge points; None if they do not lie on one.

    aspect: height / width; least: the part of the picture's width that must lie on the line. The confidence grows
    with that part and with how straight the edge is.
    """
    if len(x) < max(8, least * COLUMNS):
        return None
    slope, start = repeated_median(x, y)
    near = np.abs(y - (start + slope * x)) < 0.012
    close = np.abs(y - (start + slope * x)) < 0.005
    cover = float(near.sum()) / COLUMNS
    middle = start + 0.5 * slope
    if (
        near.mean() < 0.5
        or cover < least
        or not 0.03 < middle < 0.97
        or abs(math.degrees(math.atan(slope * aspect))) > STEEPEST
    ):
        return None
    straight = float(close.sum() / max(1, near.sum()))
    sure = float(np.clip(near.mean() * (0.5 + cover) * (0.4 + 0.6 * straight), 0, 0.97))
    return start, start + slope, round(sure, 3)


def _guessed(edges: dict[str, tuple[Doubles, Doubles]], water: Float) -> Horizon:
    """The height alone: the upper edge of the water, or below the lowest sky."""
    wet = np.flatnonzero((water > 0.5).mean(1) > 0.08)
    if wet.size:
        top = float(wet[0]) / water.shape[0]
        return Horizon(top, top, 0.4)
    under = np.concatenate([edges["land"][1], edges["sea"][1]])
    if under.size:
        guess = float(np.clip(np.quantile(under, 0.9) + 0.02, 0.05, 0.95))
        return Horizon(guess, guess, 0.3)
    return Horizon(0.4, 0.4, 0.05)


def _grey(preview: Float, side: int = 384) -> Float:
    """Brightness as the eye sees it (square root of the luminance), (h, w), long side at most `side`."""
    scale = min(1.0, side / max(preview.shape[:2]))
    size = (max(3, round(preview.shape[1] * scale)), max(3, round(preview.shape[0] * scale)))
    luma = np.clip(preview @ np.array(LUMA, np.float32), 0, 1)
    return np.asarray(cv2.resize(np.sqrt(luma), size, interpolation=cv2.INTER_AREA), np.float32)


def _drawn(line: Line, small: Float) -> Horizon:
    """The line moved by up to 1.2 % of the height at each end to where the picture has its steepest edge along it.

    The measure is the mean of the derivative down the picture, held within bounds so that a mast does not count for
    more than a stretch of sea.
    """
    height, width = small.shape
    steps = cv2.Sobel(cv2.GaussianBlur(small, (0, 0), 0.8), cv2.CV_32F, 0, 1, ksize=3) / 8
    x = np.linspace(0.02, 0.98, 120)
    at = np.clip((x * width).astype(int), 0, width - 1)
    moves = np.linspace(-0.012, 0.012, 17)
    left, right = np.meshgrid(line[0] + moves, line[1] + moves, indexing="ij")
    y = left[..., None] * (1 - x) + right[..., None] * x
    row = y * height - 0.5
    low = np.clip(np.floor(row).astype(int), 0, height - 2)
    part = np.clip(row - low, 0, 1)
    sampled = steps[low, at] * (1 - part) + steps[low + 1, at] * part
    inside = (y > 0.01) & (y < 0.99)
    bound = max(0.004, float(np.quantile(np.abs(sampled[8, 8]), 0.8)))
    held = np.where(inside, np.clip(sampled, -bound, bound), 0)
    score = np.abs(held.mean(-1)) * (1 - 10 * (np.abs(moves)[:, None] + np.abs(moves)[None, :]))
    weight = np.where(score > 0.85 * score.max(), score - 0.85 * score.max(), 0)
    if not weight.any():
        return Horizon(line[0], line[1], line[2])
    total = float(weight.sum())
    shift_left = float((weight.sum(1) * moves).sum()) / total
    shift_right = float((weight.sum(0) * moves).sum()) / total
    return Horizon(line[0] + shift_left, line[1] + shift_right, line[2])


def repeated_median(x: Doubles, y: Doubles) -> tuple[float, float]:
    """(slope, y at x 0)."""
    run = x[None, :] - x[:, None]
    rise = y[None, :] - y[:, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        slopes = np.where(run == 0, np.nan, rise / run)
    slope = float(np.median(np.nanmedian(slopes, axis=1)))
    return slope, float(np.median(y - slope * x))
