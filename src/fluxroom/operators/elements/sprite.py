"""Things drawn by us and laid over the picture: small pictures with an opacity, placed by their centre and size.

A shape is drawn large with antialiased polygons, shrunk to what the photo's size needs, and laid over each tile by
bilinear interpolation at the pixel's place in the picture; so it is the same for any tile, and as fine as the photo.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from fluxroom.operators.declare import Window
from fluxroom.scene import Float, Scene
from fluxroom.sky._jit import jit

LARGEST = 1600
"""Most pixels a side of a drawn thing."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A thing in the picture.

    levels   the same picture at half the size each time, (h, w, 4) float32: linear Rec.2020 times opacity, opacity
    x, y     its centre, shares of the picture's width and height
    width    share of the picture's width;  height  share of the picture's height
    """

    levels: tuple[Float, ...]
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Grained:
    """The photo's grain for what hides it: (n, n, 3) relative deviations, tiling, seen at luminance `level` in a
    picture `width` pixels wide."""

    tile: Float
    level: float
    width: int


NO_GRAIN = Grained(np.zeros((1, 1, 3), np.float32), 1.0, 1)


def placed(picture: Float, x: float, y: float, height: float, scene: Scene, blur: float = 0.0) -> Placed:
    """A drawn picture with its centre at x, y and a share `height` of the photo's height; its own aspect is kept.

    blur    standard deviation of the photo's own blur, pixels of the photo
    """
    wanted = min(LARGEST, max(8, round(height * scene.height * 1.1)))
    scale = wanted / picture.shape[0]
    if scale < 1:
        size = (max(2, round(picture.shape[1] * scale)), wanted)
        picture = np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.float32)
    sigma = blur * picture.shape[0] / max(1.0, height * scene.height)
    # A clear rim, so that nothing ends in a hard line.
    rim = 2 + int(2.5 * sigma + 0.5)
    picture = np.pad(picture, ((rim, rim), (rim, rim), (0, 0))).astype(np.float32)
    if sigma > 0.2:
        picture = np.asarray(cv2.GaussianBlur(picture, (0, 0), sigma), np.float32)
    grown = height * picture.shape[0] / max(1, picture.shape[0] - 2 * rim)
    width = grown * picture.shape[1] / picture.shape[0] * scene.height / max(1, scene.width)
    return Placed(_halved(picture), x, y, width, grown)


def gains_of(values: Float, x: float, y: float, width: float, height: float) -> Placed:
    """(h, w, 3) changes of the light, 0 at rest, -1 to black, with the centre at x, y, shares of the picture."""
    picture = np.zeros((values.shape[0] + 2, values.shape[1] + 2, 4), np.float32)
    picture[1:-1, 1:-1, :3] = values
    grow_y, grow_x = picture.shape[0] / values.shape[0], picture.shape[1] / values.shape[1]
    return Placed(_halved(picture), x, y, width * grow_x, height * grow_y)


def _halved(picture: Float) -> tuple[Float, ...]:
    levels = [np.ascontiguousarray(picture)]
    while min(levels[-1].shape[:2]) > 8:
        h, w = levels[-1].shape[:2]
        half = cv2.resize(levels[-1], (max(2, w // 2), max(2, h // 2)), interpolation=cv2.INTER_AREA)
        levels.append(np.ascontiguousarray(half, np.float32))
    return tuple(levels)


def lay(tile: Float, window: Window, things: Sequence[Placed], grained: Grained = NO_GRAIN) -> None:
    """Lay the things over a tile, the first at the back, under the photo's grain."""
    # A larger picture of the same photo has more grain in each pixel.
    share = (window.image_width / grained.width) ** 0.6 if len(grained.tile) > 1 else 0.0
    for level, *at in _inside(window, things):
        _lay(tile, level, grained.tile, share, grained.level, window.x, window.y, *at)


def gain(tile: Float, window: Window, things: Sequence[Placed]) -> None:
    """Multiply the light of a tile by 1 + what the things say."""
    for level, *at in _inside(window, things):
        _gain(tile, level, *at)


def _inside(window: Window, things: Sequence[Placed]) -> Iterator[Any]:
    """For each thing that touches the window: its level, left, top, extent, and the tile's part that it may touch."""
    for thing in things:
        across = thing.width * window.image_width
        level = thing.levels[0]
        for finer in thing.levels:
            if finer.shape[1] >= 0.9 * across:
                level = finer
        left = (thing.x - 0.5 * thing.width) * window.image_width
        top = (thing.y - 0.5 * thing.height) * window.image_height
        down = thing.height * window.image_height
        x0, x1 = max(0, int(left) - window.x), min(window.width, int(left + across) + 2 - window.x)
        y0, y1 = max(0, int(top) - window.y), min(window.height, int(top + down) + 2 - window.y)
        if x0 < x1 and y0 < y1:
            yield level, left - window.x, top - window.y, across, down, x0, y0, x1, y1


@jit
def _gain(
    tile: Float, level: Float, left: float, top: float, across: float, down: float, x0: int, y0: int, x1: int, y1: int
) -> None:
    h, w = level.shape[0], level.shape[1]
    for y in range(y0, y1):
        v = (y + 0.5 - top) / down * h - 0.5
        if v < 0.0 or v >= h - 1:
            continue
        j = int(v)
        fv = np.float32(v - j)
        for x in range(x0, x1):
            u = (x + 0.5 - left) / across * w - 0.5
            if u < 0.0 or u >= w - 1:
                continue
            i = int(u)
            fu = np.float32(u - i)
            a, b = (np.float32(1) - fu) * (np.float32(1) - fv), fu * (np.float32(1) - fv)
            c, d = (np.float32(1) - fu) * fv, fu * fv
            for k in range(3):
                more = a * level[j, i, k] + b * level[j, i + 1, k] + c * level[j + 1, i, k] + d * level[j + 1, i + 1, k]
                if abs(more) > np.float32(0.002):
                    tile[y, x, k] *= np.float32(1) + more


@jit
def _lay(
    tile: Float, level: Float, grain: Float, share: float, bright: float, ox: int, oy: int,
    left: float, top: float, across: float, down: float, x0: int, y0: int, x1: int, y1: int,
) -> None:  # fmt: skip
    n = grain.shape[0]
    h, w = level.shape[0], level.shape[1]
    for y in range(y0, y1):
        v = (y + 0.5 - top) / down * h - 0.5
        if v < 0.0 or v >= h - 1:
            continue
        j = int(v)
        fv = np.float32(v - j)
        for x in range(x0, x1):
            u = (x + 0.5 - left) / across * w - 0.5
            if u < 0.0 or u >= w - 1:
                continue
            i = int(u)
            fu = np.float32(u - i)
            a, b = (np.float32(1) - fu) * (np.float32(1) - fv), fu * (np.float32(1) - fv)
            c, d = (np.float32(1) - fu) * fv, fu * fv
            alpha = a * level[j, i, 3] + b * level[j, i + 1, 3] + c * level[j + 1, i, 3] + d * level[j + 1, i + 1, 3]
            if alpha <= np.float32(1e-5):
                continue
            keep = np.float32(1) - alpha
            gy, gx = (y + oy) % n, (x + ox) % n
            green = a * level[j, i, 1] + b * level[j, i + 1, 1] + c * level[j + 1, i, 1] + d * level[j + 1, i + 1, 1]
            # Brighter light has less grain for its size.
            much = np.float32(share * min(3.0, np.sqrt(bright / max(1e-3, green / alpha))))
            for k in range(3):
                light = (
                    a * level[j, i, k] + b * level[j, i + 1, k] + c * level[j + 1, i, k] + d * level[j + 1, i + 1, k]
                )
                rough = max(np.float32(-0.5), min(np.float32(0.5), much * grain[gy, gx, k]))
                tile[y, x, k] = tile[y, x, k] * keep + light * (np.float32(1) + rough)


def apply(tile: Float, window: Window, prepared: Any) -> None:
    """For operators whose `prepare` gives the things to lay."""
    if prepared is not None:
        lay(tile, window, prepared)
