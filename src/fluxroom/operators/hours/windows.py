"""Windows of buildings that can be lit: dark upright boxes against their wall, in company; some of them chosen."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from fluxroom.operators.declare import Overview
from fluxroom.operators.guided import fit_grey
from fluxroom.operators.hours.place import region
from fluxroom.scene import Float, Scene
from fluxroom.sky import maps
from fluxroom.sky.light import luminance

LAMPS = np.array([[1.0, 0.52, 0.17], [1.0, 0.60, 0.26], [1.0, 0.66, 0.34], [1.0, 0.74, 0.46]])
"""Lamps of about 2500 to 3800 K, linear Rec.2020."""
SCALES = ((0.024, 3, 9.0), (0.012, 2, 9.0), (0.006, 2, 0.24), (0.003, 3, 0.2))
"""Sizes looked for, shares of the long side; how many others of its size must be in line with it; how much the wall
around may vary in brightness, against its mean."""
FAR = 12
"""From so many windows on, the buildings are near, and specks a quarter of their size are none."""
DARK = (0.50, 0.64, 0.78)
"""Brightness (square roots) against the wall around below which it may be a pane."""
MOST = 1500
TOWN = 0.002
"""Fewer windows than this for each of the buildings' pixels, and they are too far away to be told."""
FEW = 0.45
"""Share of a far town's specks that shine, of those that would in windows."""


@dataclass(frozen=True, slots=True)
class Lights:
    """For `kernel.shine`: ab (h, w, 2), planes (6, h, w), frame (top, bottom, left, right) in cells."""

    ab: Float
    planes: Float
    frame: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Pane:
    """What looks like a window, in overview pixels; cells (height, width)."""

    left: int
    top: int
    width: int
    height: int
    cells: NDArray[np.bool_]


def _boxes(dark: NDArray[np.uint8], size: float) -> list[Pane]:
    """Parts that fill an upright box of about that size."""
    out: list[Pane] = []
    _, labels, stats, _ = cv2.connectedComponentsWithStats(dark, connectivity=4)
    left, top, width, height, area = stats[1:].T
    upright = (width >= max(2.0, 0.5 * size)) & (width <= 2.6 * size) & (height >= max(2.0, 0.7 * size))
    upright &= (height <= 3.5 * size) & (width >= 0.25 * height) & (width <= 1.6 * height)
    for i in np.flatnonzero(upright & (area >= 0.66 * width * height)):
        x, y, w, h = int(left[i]), int(top[i]), int(width[i]), int(height[i])
        out.append(Pane(x, y, w, h, labels[y : y + h, x : x + w] == i + 1))
    return out


def _in_company(found: list[Pane], least: int) -> list[Pane]:
    """Those with others of their size not far away: windows come in rows."""
    if not found:
        return []
    box = np.array([(p.left + 0.5 * p.width, p.top + 0.5 * p.height, p.width, p.height) for p in found[:MOST]])
    out = []
    for p, (x, y, w, h) in zip(found, box, strict=False):
        alike = (np.abs(np.log(box[:, 2] / w)) < 0.45) & (np.abs(np.log(box[:, 3] / h)) < 0.45)
        near = (np.abs(box[:, 0] - x) < 8 * max(w, h)) & (np.abs(box[:, 1] - y) < 6 * max(w, h))
        level = (np.abs(box[:, 1] - y) < 0.6 * h) | (np.abs(box[:, 0] - x) < 0.6 * w)
        if int((alike & near & level).sum()) - 1 >= least:
            out.append(p)
    return out


def windows(panes: list[Pane]) -> NDArray[np.int64]:
    """For each pane the number of its window: panes with only a bar between them belong together."""
    if not panes:
        return np.zeros(0, np.int64)
    a = np.array([(p.left, p.left + p.width, p.top, p.top + p.height) for p in panes], np.float64)
    bar = 0.30 * np.minimum(a[:, 1] - a[:, 0], a[:, 3] - a[:, 2]) + 1.0
    apart_x = np.maximum(a[:, None, 0], a[None, :, 0]) - np.minimum(a[:, None, 1], a[None, :, 1])
    apart_y = np.maximum(a[:, None, 2], a[None, :, 2]) - np.minimum(a[:, None, 3], a[None, :, 3])
    joined = np.maximum(apart_x, apart_y) < np.minimum(bar[:, None], bar[None, :])
    numbers = np.arange(len(panes))
    for _ in range(4):  # enough for the panes of one window; a facade shall not become one
        numbers = np.where(joined, numbers[None, :], len(panes)).min(axis=1)
    return numbers


def skyline(scene: Scene, building: Float) -> bool:
    """Is it a town along the horizon? Then specks are windows, too."""
    rows = np.flatnonzero((building > 0.5).any(1))
    if not rows.size or scene.horizon.confidence < 0.5:
        return False
    where = np.median(np.nonzero(building > 0.5)[0]) / building.shape[0] - scene.horizon.y(0.5)
    return bool(-0.08 <= where <= 0.2 and (building > 0.5).any(0).mean() > 0.5)


def candidates(pixels: Float, building: Float, far: bool = False) -> list[Pane]:
    """What looks like windows. pixels (h, w, 3) linear; building (h, w) 0..1; far: specks may be some, too."""
    rows, columns = np.flatnonzero((building > 0.5).any(1)), np.flatnonzero((building > 0.5).any(0))
    if not rows.size:
        return []
    y, x = int(rows[0]), int(columns[0])
    part = slice(y, int(rows[-1]) + 1), slice(x, int(columns[-1]) + 1)
    inside = np.ascontiguousarray(building[part])
    found = _panes(np.ascontiguousarray(pixels[part]), inside, max(building.shape), far)
    return [replace(p, left=p.left + x, top=p.top + y) for p in found]


def _panes(pixels: Float, building: Float, long: int, far: bool) -> list[Pane]:
    """As `candidates`, of a part of a picture whose long side is `long`."""
    h, w = building.shape
    y = np.sqrt(np.maximum(luminance(pixels), 0)).astype(np.float32)
    inside = cv2.erode(building, np.ones((3, 3), np.uint8)) > 0.6
    taken = np.zeros((h, w), np.bool_)
    out: list[Pane] = []
    for scale, least, plain in SCALES:
        size = scale * long
        if size < 1.5 or (scale < 0.004 and len(out) >= FAR):
            continue
        wall = maps.blur(y * building, 1.6 * size) / np.maximum(maps.blur(building, 1.6 * size), 0.05)
        light = ((y > 0.75 * wall) & (building > 0.5)).astype(np.float32)
        share = np.maximum(maps.blur(light, 1.6 * size), 0.02)
        mean = maps.blur(y * light, 1.6 * size) / share
        spread = np.sqrt(np.maximum(maps.blur(y * y * light, 1.6 * size) / share - mean * mean, 0)) / (mean + 1e-3)
        found: list[Pane] = []
        seen = taken.copy()
        for part in DARK:
            dark = (y < part * wall) & inside & (wall > 0.12) & ~seen
            for pane in _boxes(dark.astype(np.uint8), size):
                where = slice(pane.top, pane.top + pane.height), slice(pane.left, pane.left + pane.width)
                rough = float(spread[where].mean()) > (0.6 if far else plain)
                if not rough and not (seen[where] & pane.cells).any():
                    seen[where] |= pane.cells
                    found.append(pane)
        for pane in _in_company(found, least):
            taken[pane.top : pane.top + pane.height, pane.left : pane.left + pane.width] |= pane.cells
            out.append(pane)
    return out[:MOST]


def specks(pixels: Float, building: Float) -> list[Pane]:
    """Places of small lights in a town too far away for its windows to be told: where walls change most, one in each
    little square, a pixel or two of the overview."""
    h, w = building.shape
    y = np.sqrt(np.maximum(luminance(pixels), 0)).astype(np.float32)
    inside = cv2.erode((building > 0.6).astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    fine = np.abs(y - maps.blur(y, 0.004 * max(h, w)))
    cell = max(4, round(0.0065 * max(h, w)))
    out: list[Pane] = []
    for top in range(0, h - cell, cell):
        for left in range(0, w - cell, cell):
            part = slice(top, top + cell), slice(left, left + cell)
            if not inside[part].any():
                continue
            here = np.where(inside[part], fine[part], 0)
            at = int(here.argmax())
            if here.flat[at] > 0.03:
                out.append(Pane(left + at % cell, top + at // cell, 1, 1, np.ones((1, 1), np.bool_)))
    return out


def lights(overview: Overview, share: float, chroma: float, strength: float, seed: int) -> Lights | None:
    """The chosen windows and their halos; None where no building has any. chroma: 0 no colour .. 1"""
    pixels = overview.pixels
    h, w = pixels.shape[:2]
    building = region(overview.scene, "building", (h, w)) * (1.0 - overview.keep)
    if share <= 0 or float(building.mean(dtype=np.float64)) < 0.002:
        return None
    found = candidates(pixels, np.ascontiguousarray(building, np.float32), skyline(overview.scene, building))
    far = skyline(overview.scene, building) and len(found) < TOWN * float((building > 0.5).sum(dtype=np.float64))
    if far:
        found += specks(pixels, building)
    random = np.random.default_rng(seed & 0xFFFFFFFFFFFF)
    pane = np.zeros((h, w), np.float32)
    light, spark = np.zeros((h, w, 3), np.float32), np.zeros((h, w, 3), np.float32)
    draws = random.random((max(1, len(found)), 3))
    for p, number in zip(found, windows(found), strict=True):
        chosen, lamp, level = draws[number]
        speck = p.cells.size == 1
        if chosen > share * (FEW if speck else 1.0):
            continue
        bright = 0.12 + 1.1 * level**3 if speck else 0.30 + 0.65 * level
        color = (0.6 + chroma * (LAMPS[int(lamp * len(LAMPS))] - 0.6)) * bright
        part = slice(p.top, p.top + p.height), slice(p.left, p.left + p.width)
        if speck:
            spark[part] = color
            continue
        pane[part] = np.maximum(pane[part], p.cells)
        light[part] = np.where(p.cells[..., None], color, light[part])
    shines = np.maximum(pane, spark[..., 0])
    if not shines.any():
        return None
    rows, columns = np.flatnonzero(shines.any(1)), np.flatnonzero(shines.any(0))
    long = max(h, w)
    halo = 0.26 * maps.blur(light, 0.004 * long) + 0.15 * maps.blur(light, 0.016 * long)
    halo += 2.2 * maps.blur(spark, 0.0007 * long) + 0.8 * maps.blur(spark, 0.004 * long)
    guide = np.sqrt(np.maximum(luminance(pixels), 0)).astype(np.float32)
    ab = np.stack(fit_grey(guide, pane, 2, 4e-4), axis=-1)
    near = maps.blur(pane, 1.2)
    filled = maps.blur(light, 1.2) / np.maximum(near, 0.05)[..., None] * np.minimum(1.0, near[..., None] * 6.0)
    planes = np.concatenate([filled, np.maximum(halo, 0)], axis=-1).transpose(2, 0, 1) * np.float32(strength)
    wide = round(0.05 * long)
    frame = np.array([rows[0] - wide, rows[-1] + wide, columns[0] - wide, columns[-1] + wide], np.int64)
    return Lights(ab.astype(np.float32), np.ascontiguousarray(planes, np.float32), frame)
