"""Holes to patches: each hole filled on its own part of the picture, whatever the picture's size."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from fluxroom.operators.retouch.fill import fill
from fluxroom.operators.retouch.hole import Bool
from fluxroom.scene import Float

Read = Callable[[int, int, int, int], Float]
"""(y, x, height, width) -> (height, width, 3) float32 linear Rec.2020."""
LARGEST = 9_000_000
"""Pixels of the part of a picture that is looked at for one hole."""


@dataclass(frozen=True, slots=True)
class Hole:
    """What is to be filled: `mask` (h, w) bool with its top left pixel at y, x."""

    y: int
    x: int
    mask: Bool


@dataclass(frozen=True, slots=True)
class Mending:
    """What a retouching operator gives to the renderer, which carries it out before all else.

    find   (read, height, width) -> the holes in the picture at that size; the same operator looks at the preview and
           at the photo itself
    bars   (h, w) bool at preview size: what must not be copied either, so that nothing is seen twice
    guide  (h, w) float32 0..1 at preview size: what kind of place it is once the thing is gone (`kinds`)
    plain  the holes are small and lie in even places: less is tried
    """

    find: Callable[[Read, int, int], list[Hole]]
    seed: int
    bars: Bool
    guide: Float
    plain: bool = False


@dataclass(frozen=True, slots=True)
class Patch:
    """New pixels for a hole: (h, w, 3) float32 linear Rec.2020, and the row and column that each came from."""

    hole: Hole
    pixels: Float
    from_y: NDArray[np.int32]
    from_x: NDArray[np.int32]


def mend(read: Read, mending: Mending, holes: list[Hole], height: int, width: int) -> Iterator[Patch]:
    """Fill holes from their surroundings, one after another; `read` gives the picture as it is by then. Where there is
    too little to fill one from, it is left out."""
    left = np.zeros((height, width), np.bool_)
    for hole in holes:
        left[_place(hole)] |= hole.mask
    for number, hole in enumerate(holes):
        patch = _mended(read, hole, left, mending, mending.seed + number) if hole.mask.any() else None
        left[_place(hole)] &= ~hole.mask
        if patch is not None:
            yield patch


def _place(hole: Hole) -> tuple[slice, slice]:
    h, w = hole.mask.shape
    return slice(hole.y, hole.y + h), slice(hole.x, hole.x + w)


def _mended(read: Read, hole: Hole, left: Bool, mending: Mending, seed: int) -> Patch | None:
    """left (H, W): what is not filled yet, of this hole and of others."""
    y0, x0, y1, x1 = _around(hole, *left.shape)
    light = read(y0, x0, y1 - y0, x1 - x0)
    image = np.copysign(np.sqrt(np.abs(light)), light).astype(np.float32)
    h, w = hole.mask.shape
    inner = (slice(hole.y - y0, hole.y - y0 + h), slice(hole.x - x0, hole.x - x0 + w))
    part = np.ascontiguousarray(left[y0:y1, x0:x1])
    bars = _window(mending.bars.astype(np.float32), y0, x0, y1 - y0, x1 - x0, *left.shape) > 0.1
    kind = _window(mending.guide, y0, x0, y1 - y0, x1 - x0, *left.shape)
    done = fill(image, part, bars, kind, seed, mending.plain)
    if done is None:
        return None
    pixels = (done.image[inner] * np.abs(done.image[inner])).astype(np.float32)
    return Patch(hole, pixels, done.sy[inner] + np.int32(y0), done.sx[inner] + np.int32(x0))


def _around(hole: Hole, height: int, width: int) -> tuple[int, int, int, int]:
    """The part of the picture (y0, x0, y1, x1) whose pixels may fill the hole: as much again to each side, less for
    what is long and thin."""
    h, w = hole.mask.shape
    padded = np.pad(hole.mask, 1).astype(np.uint8)
    deep = float(cv2.distanceTransform(padded, cv2.DIST_L2, 3).max())
    margin = max(5.0 * deep, 0.6 * min(max(h, w), 8 * deep), 0.012 * max(height, width), 24.0)
    while True:
        m = round(margin)
        y0, x0 = max(0, hole.y - m), max(0, hole.x - round(1.5 * m))
        y1, x1 = min(height, hole.y + h + m), min(width, hole.x + w + round(1.5 * m))
        if (y1 - y0) * (x1 - x0) <= LARGEST or m <= 24:
            return y0, x0, y1, x1
        margin *= 0.7


def boxed(mask: Bool) -> Hole | None:
    """A whole-picture mask as a hole; None if it is empty."""
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    if len(rows) == 0:
        return None
    y, x = int(rows[0]), int(columns[0])
    return Hole(y, x, np.ascontiguousarray(mask[y : int(rows[-1]) + 1, x : int(columns[-1]) + 1]))


def stretched(mask: Bool, height: int, width: int) -> Hole | None:
    """A mask of the preview as a hole in a picture of that size, its outline smooth."""
    small = boxed(mask)
    if small is None:
        return None
    h, w = mask.shape
    if (h, w) == (height, width):
        return small
    sh, sw = small.mask.shape
    y0, x0 = max(0, (small.y - 1) * height // h), max(0, (small.x - 1) * width // w)
    y1 = min(height, -(-(small.y + sh + 1) * height // h))
    x1 = min(width, -(-(small.x + sw + 1) * width // w))
    soft = _window(mask.astype(np.float32), y0, x0, y1 - y0, x1 - x0, height, width)
    inner = boxed(soft > 0.4)
    return None if inner is None else Hole(inner.y + y0, inner.x + x0, inner.mask)


def _window(small: Float, y: int, x: int, h: int, w: int, height: int, width: int) -> Float:
    """(h, w) at y, x of a map stretched to height x width."""
    sy, sx = small.shape[0] / height, small.shape[1] / width
    matrix = np.array([[sx, 0, (x + 0.5) * sx - 0.5], [0, sy, (y + 0.5) * sy - 0.5]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpAffine(small, matrix, (w, h), flags=flags, borderMode=cv2.BORDER_REPLICATE), np.float32)
