"""Finds a colour checker of 24 patches in a picture, and measures its patches.

Patches are even patches of one size on a grid: even components are linked to a lattice, a homography is fitted to it,
and of all ways to lay the chart on it the one is taken whose colours fit a chart best after a 3 x 3 matrix.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from fluxroom.operators.color import REC2020_XYZ
from fluxroom.scene import Float

Double = NDArray[np.float64]

COLUMNS, ROWS = 6, 4
_LAB50 = np.array([
    [37.54, 14.37, 14.92], [64.66, 19.27, 17.50], [49.32, -3.82, -22.54], [43.46, -12.74, 22.72],
    [54.94, 9.61, -24.79], [70.48, -32.26, -0.37], [62.73, 35.83, 56.50], [39.43, 10.75, -45.17],
    [50.57, 48.64, 16.67], [30.10, 22.54, -20.87], [71.77, -24.13, 58.19], [71.51, 18.24, 67.37],
    [28.37, 15.42, -49.80], [54.38, -39.72, 32.27], [42.43, 51.05, 28.62], [81.80, 2.67, 80.41],
    [50.63, 51.28, -14.12], [49.57, -29.71, -28.32], [95.19, -1.03, 2.93], [81.29, -0.57, 0.44],
    [66.89, -0.75, -0.06], [50.76, -0.13, 0.14], [35.63, -0.46, -0.48], [20.64, 0.07, -0.46],
])  # fmt: skip
"""CIELAB (D50, 2 degrees) of the patches, row by row from dark skin to black: the maker's figures since 2014."""

_XYZ_LMS = np.array([
    [0.8189330101, 0.3618667424, -0.1288597137], [0.0329845436, 0.9293118715, 0.0361456387],
    [0.0482003018, 0.2643662691, 0.6338517070],
])  # fmt: skip
_LMS_LAB = np.array([
    [0.2104542553, 0.7936177850, -0.0040720468], [1.9779984951, -2.4285922050, 0.4505937099],
    [0.0259040371, 0.7827717662, -0.8086757660],
])  # fmt: skip

WORST = 0.055
"""Mean distance in Oklab between chart and picture, after the matrix, above which it is no chart."""


@dataclass(frozen=True, slots=True)
class Chart:
    """measured   (24, 3) linear Rec.2020, median of each patch
    corners    (4, 2) in shares of the frame: the middles of the patches dark skin, bluish green, black and white
    distance   mean distance in Oklab after the best matrix
    """

    measured: Double
    corners: Double
    distance: float


def reference() -> Double:
    """(24, 3) linear Rec.2020 of the patches under D65, white at Y = 1 (Bradford from D50)."""
    fy = (_LAB50[:, 0] + 16) / 116
    f = np.stack([fy + _LAB50[:, 1] / 500, fy, fy - _LAB50[:, 2] / 200], axis=1)
    xyz = np.where(f > 6 / 29, f**3, 3 * (6 / 29) ** 2 * (f - 4 / 29)) * np.array([0.9642, 1.0, 0.8251])
    bradford = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])
    white = REC2020_XYZ.sum(axis=1)
    gains = (bradford @ white) / (bradford @ np.array([0.9642, 1.0, 0.8251]))
    to_d65 = np.linalg.inv(bradford) @ np.diag(gains) @ bradford
    return np.asarray(xyz @ (np.linalg.inv(REC2020_XYZ) @ to_d65).T)


def fit(measured: Double, wanted: Double) -> Double:
    """The 3 x 3 matrix that takes measured patches to wanted ones, up to a common factor, and grey exactly to grey.

    The greys give the white; the rest is fitted with rows that add up to 1, so that white stays (Finlayson & Drew 1997,
    "White-point preserving color correction"). Dark patches count as much as light ones.
    """
    neutral = slice(19, 23)
    gains = wanted[neutral].mean(axis=0) / np.maximum(measured[neutral].mean(axis=0), 1e-6)
    balanced = measured * gains
    weight = 1 / (wanted @ np.array([0.2627, 0.6780, 0.0593]) + 0.05)
    rows = []
    for c in range(3):
        basis = balanced[:, [k for k in range(3) if k != c]] - balanced[:, [c]]
        answer = np.linalg.lstsq(basis * weight[:, None], (wanted[:, c] - balanced[:, c]) * weight, rcond=None)[0]
        row = np.zeros(3)
        row[[k for k in range(3) if k != c]] = answer
        row[c] = 1 - answer.sum()
        rows.append(row)
    return np.asarray(np.array(rows) * gains)


def find_chart(pixels: Float) -> Chart | None:
    """The colour checker in a picture (h, w, 3) of linear Rec.2020, or None. Any turn, tilts up to some 40 degrees."""
    height, width = pixels.shape[:2]
    top = max(1e-4, float(np.percentile(pixels, 99.5)))
    shown = np.clip(pixels / top, 0, 1) ** (1 / 2.2)
    best: Chart | None = None
    for points, sizes in _even_patches(shown):
        for nodes in _lattices(points, sizes):
            chart = _laid(pixels, nodes)
            if chart is not None and (best is None or chart.distance < best.distance):
                best = chart
        if best is not None and best.distance < WORST:
            break
    if best is None or best.distance > WORST:
        return None
    return Chart(best.measured, best.corners / np.array([width, height]), best.distance)


def _even_patches(shown: Float) -> Any:
    """Centres and sides of even, squarish components, for several thresholds of what is an edge."""
    codes = np.round(shown * 255).astype(np.uint8)
    soft = cv2.medianBlur(codes, 3)
    slope = np.zeros(shown.shape[:2], np.float32)
    for c in range(3):
        plane = soft[..., c].astype(np.float32)
        slope = np.maximum(slope, cv2.morphologyEx(plane, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)))
    frame = float(slope.size)
    for threshold in (14, 8, 22):
        even = cv2.morphologyEx((slope < threshold).astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
        count, labels, stats, centres = cv2.connectedComponentsWithStats(even, connectivity=4)
        points, sizes = [], []
        for k in range(1, count):
            x, y, w, h, area = (int(v) for v in stats[k])
            if not 4e-5 * frame < area < 0.03 * frame or max(w, h) > 3.5 * min(w, h):
                continue
            part = (labels[y : y + h, x : x + w] == k).astype(np.uint8)
            outline, _ = cv2.findContours(part, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
            (_, _), (a, b), _ = cv2.minAreaRect(max(outline, key=len))
            if min(a, b) < 3 or max(a, b) > 2.2 * min(a, b) or area < 0.72 * (a + 1) * (b + 1):
                continue
            points.append(centres[k])
            sizes.append((area) ** 0.5)
        if len(points) >= 10:
            yield np.array(points), np.array(sizes)


def _lattices(points: Double, sizes: Double) -> Any:
    """Grid places -> picture places, grown from each patch over neighbours of like size; those with 10 or more."""
    used: set[int] = set()
    for start in np.argsort(-sizes):
        if int(start) in used:
            continue
        like = np.flatnonzero((sizes > 0.55 * sizes[start]) & (sizes < 1.8 * sizes[start]))
        offsets = points[like] - points[start]
        length = np.hypot(offsets[:, 0], offsets[:, 1])
        near = [k for k in np.argsort(length) if 0 < length[k] < 2.2 * sizes[start]][:4]
        for first in near[:2]:
            u = offsets[first]
            across = [k for k in near if abs(float(offsets[k] @ u)) < 0.5 * length[k] * float(np.hypot(*u))]
            v = offsets[across[0]] if across else np.array([-u[1], u[0]])
            nodes = _grown(points, like, int(start), u, v)
            if len(nodes) >= 10:
                used.update(nodes.values())
                yield {place: points[k] for place, k in nodes.items()}


def _grown(points: Double, like: NDArray[np.intp], start: int, u: Double, v: Double) -> dict[tuple[int, int], int]:
    nodes = {(0, 0): start}
    steps = {(0, 0): (u, v)}
    todo = [(0, 0)]
    while todo:
        at = todo.pop(0)
        for axis in (0, 1):
            for sign in (1, -1):
                to = (at[0] + sign, at[1]) if axis == 0 else (at[0], at[1] + sign)
                if to in nodes or abs(to[0]) > 6 or abs(to[1]) > 6:
                    continue
                step = steps[at][axis]
                guess = points[nodes[at]] + sign * step
                far = np.hypot(*(points[like] - guess).T)
                k = int(np.argmin(far))
                if far[k] > 0.28 * float(np.hypot(*step)) or int(like[k]) in nodes.values():
                    continue
                nodes[to] = int(like[k])
                moved = sign * (points[like[k]] - points[nodes[at]])
                steps[to] = (moved, steps[at][1]) if axis == 0 else (steps[at][0], moved)
                todo.append(to)
    return nodes


def _laid(pixels: Float, nodes: dict[tuple[int, int], Double]) -> Chart | None:
    """The chart laid over the lattice in the way that fits best."""
    grid = np.array(list(nodes), np.float64)
    image = np.array(list(nodes.values()), np.float64)
    h, _ = cv2.findHomography(grid, image, cv2.RANSAC, 3.0)
    if h is None:
        return None
    (x0, y0), (x1, y1) = grid.min(axis=0).astype(int), grid.max(axis=0).astype(int)
    wanted = reference()
    best: Chart | None = None
    j, i = np.divmod(np.arange(24), COLUMNS)
    inner = np.stack([i, j], axis=1).astype(np.float64)
    for turned in range(4):
        wide, high = (COLUMNS, ROWS) if turned % 2 == 0 else (ROWS, COLUMNS)
        if x1 - x0 + 1 > wide or y1 - y0 + 1 > high:
            continue
        turn = _turn(inner, turned)
        for left in range(x1 - wide + 1, x0 + 1):
            for above in range(y1 - high + 1, y0 + 1):
                for mirrored in (False, True):  # the lattice's axes may stand either way round
                    places = turn.copy()
                    if mirrored:
                        places[:, 0] = wide - 1 - places[:, 0]
                    places += (left, above)
                    chart = _measured(pixels, np.asarray(h, np.float64), places, wanted)
                    if chart is not None and (best is None or chart.distance < best.distance):
                        best = chart
    return best


def _turn(inner: Double, quarter: int) -> Double:
    x, y = inner[:, 0], inner[:, 1]
    if quarter == 0:
        return np.stack([x, y], axis=1)
    if quarter == 1:
        return np.stack([ROWS - 1 - y, x], axis=1)
    if quarter == 2:
        return np.stack([COLUMNS - 1 - x, ROWS - 1 - y], axis=1)
    return np.stack([y, COLUMNS - 1 - x], axis=1)


def _through(h: Double, places: Double) -> Double:
    return np.asarray(cv2.perspectiveTransform(places[None].astype(np.float64), h)[0], np.float64)


def _measured(pixels: Float, h: Double, places: Double, wanted: Double) -> Chart | None:
    height, width = pixels.shape[:2]
    around = [_through(h, places + np.array(d)) for d in ((-0.22, -0.22), (0.22, -0.22), (0.22, 0.22), (-0.22, 0.22))]
    low, high = np.min(around, axis=0), np.max(around, axis=0)
    if not np.isfinite(low).all() or (low < 0).any() or (high >= (width, height)).any():
        return None
    measured = np.empty((24, 3))
    for k in range(24):
        (x0, y0), (x1, y1) = np.floor(low[k]).astype(int), np.ceil(high[k]).astype(int) + 1
        measured[k] = np.median(pixels[y0:y1, x0:x1].reshape(-1, 3), axis=0)
    greys = measured[18:24].mean(axis=1)
    if (np.diff(greys) >= 0).any() or greys[0] < 4 * greys[5]:
        return None
    m = fit(measured, wanted)
    distance = float(np.hypot.reduce(_oklab(np.clip(measured @ m.T, 0, None)) - _oklab(wanted), axis=1).mean())
    return Chart(measured, _through(h, places[[0, 5, 23, 18]]), distance)


def _oklab(linear: Double) -> Double:
    """Oklab of linear Rec.2020 (Ottosson 2020)."""
    return np.asarray(np.cbrt(linear @ REC2020_XYZ.T @ _XYZ_LMS.T) @ _LMS_LAB.T)
