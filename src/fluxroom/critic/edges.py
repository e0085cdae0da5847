"""Halos and seams: what an edit leaves along the edge of a region. All at preview size."""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from fluxroom.operators.declare import LUMA
from fluxroom.scene import Float

FLOOR = 4e-3
"""Linear luminance below which nobody sees a rim."""
REACHES = (0.004, 0.008, 0.015)
"""Widths of halos that are looked for, of the long side."""
NEAR = 0.03
"""How far from a region's edge a seam may lie, of the long side."""
SOFT = 0.03
"""Slope of a mask at its edge, per pixel, below which it fades out rather than ends."""
AT_EDGE = 1.5
"""Pixels to either side of an edge in which a new line is the region's own end, not a seam beside it."""
SEAM_STEP = 0.006
"""Least step of a new edge, square-root encoded, from pixel to pixel; a code and a half of 255."""

Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Found:
    """A figure and where it comes from: left, top, right, bottom, each 0..1; None where it is nowhere in particular."""

    value: float
    box: Box | None = None


def edge_of(mask: Float) -> Float | None:
    """(h, w) signed distance in pixels to where a mask ends, above 0 inside; None where it does so hardly anywhere.

    Where it only fades out, there is no edge.
    """
    hard = (mask > 0.5).astype(np.uint8)
    if not 0.02 < float(hard.mean()) < 0.98:
        return None
    ends = (cv2.morphologyEx(hard, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)) > 0) & (
        np.hypot(*_slopes(mask)) > SOFT
    )
    if int(ends.sum()) < max(mask.shape) // 8:
        return None
    distance = cv2.distanceTransform(1 - ends.astype(np.uint8), cv2.DIST_L2, 3) + np.float32(0.5)
    return np.asarray(np.where(hard > 0, distance, -distance), np.float32)


@dataclass(slots=True)
class Pair:
    """A picture before and after, (h, w, 3) linear, and what halos and seams are told by; each made once."""

    before: Float
    after: Float
    _logs: tuple[Float, Float] | None = None
    _contrast: dict[float, Float] = field(default_factory=dict)
    _steps: tuple[Float, Float, Float, Float] | None = None

    def logs(self) -> tuple[Float, Float]:
        """log2 light of the photo, and the change of it, EV."""
        if self._logs is None:
            weights = np.array(LUMA, np.float32)
            light = np.log2(np.maximum(self.before @ weights, 0) + np.float32(FLOOR))
            change = np.log2(np.maximum(self.after @ weights, 0) + np.float32(FLOOR)) - light
            self._logs = light, change
        return self._logs

    def contrast(self, sigma: float) -> Float:
        """The photo's light less its mean around each place, EV."""
        if sigma not in self._contrast:
            light, _ = self.logs()
            self._contrast[sigma] = np.asarray(light - cv2.GaussianBlur(light, (0, 0), sigma), np.float32)
        return self._contrast[sigma]

    def steps(self) -> tuple[Float, Float, Float, Float]:
        """The slope of what the edit did (in the channel in which it is steepest, and its parts across and down), and
        the steepest slope that the photo has close by; square-root encoded, per pixel."""
        if self._steps is None:
            one, other = (np.sqrt(np.maximum(x, 0)).astype(np.float32) for x in (self.before, self.after))
            old = np.maximum.reduce([np.hypot(*_slopes(one[..., c])) for c in range(3)])
            change = other - one
            steepest, dx, dy = (np.zeros(old.shape, np.float32) for _ in range(3))
            for c in range(3):
                gx, gy = _slopes(change[..., c])
                size = np.hypot(gx, gy)
                more = size > steepest
                steepest[more], dx[more], dy[more] = size[more], gx[more], gy[more]
            self._steps = steepest, dx, dy, np.asarray(cv2.dilate(old, np.ones((5, 5), np.uint8)), np.float32)
        return self._steps


def halo(pair: Pair, distance: Float) -> Found:
    """The rim along an edge that the photo did not have, in EV: the most of several widths.

    distance   as `edge_of` gives it

    What the edit did (in log light) to either side is told by the tone there, as a curve; what is left, and goes with
    the photo's own contrast across the edge, is a rim: an overshoot, or a strip that a mask left out.
    """
    light, change = pair.logs()
    side = max(distance.shape)
    band = np.abs(distance) < 4 * REACHES[-1] * side
    left = np.zeros_like(change)
    for part in (band & (distance > 0), band & (distance <= 0)):
        if int(part.sum()) > 200:
            left[part] = change[part] - _by_tone(light[part], change[part])
    best = Found(0.0)
    for reach in REACHES:
        within = np.abs(distance) < 2 * reach * side
        contrast = pair.contrast(reach * side)
        plain = within & (np.abs(contrast) > 0.1)
        if int(plain.sum()) < 50:
            continue
        seen, rim = contrast[plain].astype(np.float64), left[plain] - float(left[within].mean())
        power = float((seen**2).sum())
        slope = float((rim * seen).sum()) / power
        value = abs(slope) * float(np.sqrt(power / len(seen)))
        if value > best.value:
            best = Found(value, box_of(plain & (left * contrast * np.sign(slope) > 0)))
    return best


def _by_tone(light: Float, change: Float) -> Float:
    """The change as a smooth curve of the tone: means of 24 equal shares, straight lines between."""
    order = np.argsort(light)
    shares = np.array_split(order, 24)
    x = np.array([light[s].mean() for s in shares])
    y = np.array([np.median(change[s]) for s in shares])
    return np.asarray(np.interp(light, x, y), np.float32)


def seam(pair: Pair, distance: Float, drawn_inside: bool = False) -> Found:
    """The length of new edges that run along the edge of a region, as a share of that edge's length.

    distance       as `edge_of` gives it
    drawn_inside   something is drawn into the region, and has edges of its own: only the other side is looked at
    """
    side = max(distance.shape)
    steepest, dx, dy, old = pair.steps()
    nx, ny = _slopes(np.asarray(cv2.GaussianBlur(distance, (0, 0), 2.0), np.float32))
    along = np.abs(dx * nx + dy * ny) > 0.8 * steepest * np.hypot(nx, ny)
    new = along & (steepest > SEAM_STEP) & (steepest > 1.2 * old)
    edge = max(float((np.abs(distance) < 1).sum()), 1.0)
    best = Found(0.0)
    for sign in (-1,) if drawn_inside else (1, -1):
        depth = sign * distance
        lines = _long(new & (depth > AT_EDGE) & (depth < NEAR * side), max(8, round(0.02 * side)))
        deep = (depth > 1.5 * NEAR * side) & (depth < 6 * NEAR * side)
        # What is drawn into a region has edges everywhere, not only along its border.
        drawn = float(new[deep].mean()) if int(deep.sum()) > 500 else 0.0
        value = (float(lines.sum()) - drawn * NEAR * side * edge) / edge
        if value > best.value:
            best = Found(value, box_of(lines))
    return best


def _slopes(plane: Float) -> tuple[Float, Float]:
    """Central differences across and down, per pixel."""
    dx = cv2.Sobel(plane, cv2.CV_32F, 1, 0, ksize=1, scale=0.5)
    dy = cv2.Sobel(plane, cv2.CV_32F, 0, 1, ksize=1, scale=0.5)
    return np.asarray(dx, np.float32), np.asarray(dy, np.float32)


def _long(marks: NDArray[np.bool_], least: int) -> NDArray[np.bool_]:
    """Only those connected parts that reach over at least so many pixels across or down."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(marks.astype(np.uint8), connectivity=8)
    reach = np.maximum(stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_HEIGHT])
    kept = reach >= least
    kept[0] = False
    return np.asarray(kept[labels]) if count > 1 else np.zeros_like(marks)


def box_of(marks: NDArray[np.bool_]) -> Box | None:
    """Around nine tenths of what is marked."""
    rows, columns = np.nonzero(marks)
    if len(rows) == 0:
        return None
    h, w = marks.shape
    x0, x1 = np.quantile(columns, [0.05, 0.95])
    y0, y1 = np.quantile(rows, [0.05, 0.95])
    return tuple(round(float(v), 3) for v in (x0 / w, y0 / h, (x1 + 1) / w, (y1 + 1) / h))  # type: ignore[return-value]
