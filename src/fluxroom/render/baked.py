"""Runs of colour operators as one table from code values to code values.

Operators of the kind "color" look at nothing but a pixel's colour. Where a recipe has only such, over the whole
picture, everything from decoding to encoding is one function of three 8-bit codes. It is computed exactly at the
points of a lattice and interpolated between them by tetrahedra (Kasson, Nin, Plouffe & Hafner 1995), in whole
numbers: the three channels of a point lie in 21-bit lanes of one 64-bit word, so one multiplication weighs them
all, and the dither is one addition. Cells in which the function bends too much for that (where a channel meets the
end of the gamut, mostly) are marked by the bit that is left; their pixels go through the operators one by one.
What all of this is off by is measured on the photo's own colours; above BOUND no table is used.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from fluxroom.operators.declare import Window
from fluxroom.photo.color import ColorProfile
from fluxroom.photo.photo import Codes, Photo
from fluxroom.render import kernels
from fluxroom.render.masks import Whole
from fluxroom.render.plan import Step

CELLS = 64
"""Cells of the lattice along each channel."""
POINTS = CELLS + 1
BENT = 0.9
"""Cells in which straight lines may be off by about this many 8-bit code values are marked."""
BOUND = 2.0
"""Most that the result may be off by on the photo's own colours, 8-bit code values before dither."""
WORTH = 1 << 19
"""A photo of fewer pixels than this is done sooner without a table."""
SAMPLES = 1 << 15
"""About how many of the photo's pixels the table is compared with the operators on."""
_FRACTION = 13
"""Bits behind the point of a code value once it is weighed; 8 of them are the weights'."""

Words = NDArray[np.uint64]


@dataclass(frozen=True, slots=True)
class Baked:
    """A recipe as a table.

    table    (POINTS ** 3,) uint64: code values in units of 1/32, red in the lowest 21 bits, then green, then blue;
             the highest bit marks the cell above a point
    error    most that it was off by on the photo's own colours, 8-bit code values before dither
    odd      the share of the photo's pixels in marked cells
    """

    steps: tuple[Step, ...]
    source: ColorProfile
    target: ColorProfile
    table: Words
    error: float = 0.0
    odd: float = 0.0

    def window(self, codes: Codes, x0: int, y0: int, seed: int, out: Codes) -> None:
        """Into `out` (h, w, 3) uint8 from codes of that size; x0, y0 is their place in the picture (dither)."""
        h, w, _ = codes.shape
        marked = np.empty(h * w, np.int32)
        seed &= 0x7FFFFFFFFFFFFFFF
        n = look_up(codes, self.table, CELL, PART, x0, y0, seed, True, out, marked)
        if n:
            rare = np.empty((1, n, 3), np.uint8)
            gather(codes, marked, rare)
            scatter(_exact(self.source, self.target, self.steps, rare)[0], marked, x0, y0, seed, out)


def bakeable(steps: Sequence[Step]) -> bool:
    """Whether the steps are functions of the pixel's colour alone, the same all over the picture."""
    return bool(steps) and all(
        s.operator.kind == "color" and isinstance(s.mask, Whole) and not s.keep and s.opacity > 0 for s in steps
    )


def bake(photo: Photo, steps: Sequence[Step], profile: ColorProfile) -> Baked | None:
    """The table of these steps for an 8-bit colour photo, or None where a table cannot be or is not exact enough."""
    if photo.codes.dtype != np.uint8 or photo.codes.shape[2] != 3 or not bakeable(steps):
        return None
    if photo.width * photo.height < WORTH:
        return None
    axis = np.arange(POINTS) * (65535 / CELLS)
    fixed = np.rint(_exact(photo.profile, profile, steps, _lattice(axis)) / np.float32(257 / 32)).astype(np.uint64)
    fixed = fixed.reshape(-1, 3)
    table = fixed[:, 0] | fixed[:, 1] << np.uint64(21) | fixed[:, 2] << np.uint64(42)
    mark(table, 32 * 8 * BENT)
    baked = Baked(tuple(steps), photo.profile, profile, table)
    error, odd = _error(photo, baked)
    return replace(baked, error=error, odd=odd) if error <= BOUND else None


def _lattice(axis: NDArray[Any]) -> Codes:
    """(n * n, n, 3) uint16: all combinations of these 16-bit codes."""
    codes = np.rint(axis).astype(np.uint16)
    red, green, blue = np.meshgrid(codes, codes, codes, indexing="ij")
    return np.ascontiguousarray(np.stack([red, green, blue], -1).reshape(axis.size * axis.size, axis.size, 3))


def _exact(source: ColorProfile, target: ColorProfile, steps: Sequence[Step], codes: Codes) -> NDArray[np.uint16]:
    """What the steps make of code values: 16-bit ones, without dither."""
    work = source.to_linear(codes)
    h, w = work.shape[:2]
    window = Window(0, 0, w, h, w, h)
    for step in steps:
        if step.opacity >= 1:
            step.operator.apply(work, window, step.prepared)
            continue
        after = work.copy()
        step.operator.apply(after, window, step.prepared)
        kernels.blend(work, after, np.full((h, w), step.opacity, np.float32))
    return np.asarray(target.encode(work, np.uint16, dither=False), np.uint16)


def _error(photo: Photo, baked: Baked) -> tuple[float, float]:
    """The largest difference on pixels spread over the photo, and the share of them in marked cells."""
    every = max(1, round((photo.width * photo.height / SAMPLES) ** 0.5))
    codes: Codes = np.ascontiguousarray(photo.codes[every // 2 :: every, every // 2 :: every], np.uint8)
    fixed, marked = np.empty(codes.shape, np.uint32), np.empty(codes.shape[0] * codes.shape[1], np.int32)
    n = look_up(codes, baked.table, CELL, PART, 0, 0, 0, False, fixed, marked)
    exact = _exact(baked.source, baked.target, baked.steps, codes).astype(np.float64) / 257
    off = np.abs(fixed.astype(np.float64) / (1 << _FRACTION) - exact).max(axis=2).ravel()
    off[marked[:n]] = 0.0
    return float(off.max(initial=0)), n / max(1, off.size)


_PLACE = np.rint(np.arange(256) * (CELLS * 256 / 255)).astype(np.int64)
CELL = np.minimum(_PLACE >> 8, CELLS - 1)
"""(256,) the lattice cell of a code."""
PART = (_PLACE - (CELL << 8)).astype(np.uint64)
"""(256,) how far into it, 1/256."""
_LANE, _BYTE = np.uint64(0x1FFFFF), np.uint64(0xFF)
_FULL = np.uint64(256)
_GRAIN = np.uint64(0x1FFF | 0x1FFF << 21 | 0x1FFF << 42)


_FAR, _MID = POINTS * POINTS, POINTS
_TOP = np.uint64(1 << 63)


@njit(nogil=True, cache=True, error_model="numpy")
def mark(table: Words, most: float) -> None:
    """Set the highest bit of cells at whose corners the function bends: where a second difference, along an axis or a
    diagonal, is more than `most` (a straight line is off by an eighth of it)."""
    n = POINTS
    bent = np.zeros((n, n, n), np.bool_)
    for i in range(n):
        for j in range(n):
            for k in range(n):
                at = i * _FAR + j * _MID + k
                for way in range(1, 8):
                    di, dj, dk = way & 1, (way >> 1) & 1, way >> 2
                    edge = di and (i == 0 or i == n - 1)
                    edge = edge or (dj and (j == 0 or j == n - 1)) or (dk and (k == 0 or k == n - 1))
                    if edge:
                        continue
                    step = di * _FAR + dj * _MID + dk
                    low, here, high = table[at - step], table[at], table[at + step]
                    for c in range(3):
                        shift = np.uint64(21 * c)
                        second = np.int64((low >> shift) & _LANE) + np.int64((high >> shift) & _LANE)
                        second -= 2 * np.int64((here >> shift) & _LANE)
                        if abs(second) > most:
                            bent[i, j, k] = True
    for i in range(n - 1):
        for j in range(n - 1):
            for k in range(n - 1):
                if bent[i : i + 2, j : j + 2, k : k + 2].any():
                    table[i * _FAR + j * _MID + k] |= _TOP


@njit(nogil=True, cache=True, error_model="numpy", inline="always")
def _grain_at(x: int, y: int, key: np.uint64) -> np.uint64:
    """The noise of `ColorProfile.encode` at a place, 13 bits of it in each lane."""
    n = np.uint64((y << 32) ^ x) + key
    n = (n ^ (n >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    n = (n ^ (n >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    n = n ^ (n >> np.uint64(31))
    return (n >> np.uint64(8)) & _GRAIN


@njit(nogil=True, cache=True, error_model="numpy")
def look_up(
    codes: Any, table: Words, cell: NDArray[np.int64], part: Words, x0: int, y0: int, seed: int, dither: bool,
    out: Any, marked: NDArray[np.int32],
) -> int:  # fmt: skip
    """Codes (h, w, 3) uint8 through the table into `out`.

    dither   out is uint8, with noise before cutting to whole codes; otherwise it is uint32, in units of 2 ** -13
    marked   (h * w,) takes the places (y * w + x) of pixels in marked cells, whose `out` is not to be relied on

    Returns how many those are.
    """
    h, w, _ = codes.shape
    key = np.uint64(seed) * np.uint64(0xD1342543DE82EF95)
    far, mid, near = _FAR, _MID, 1
    count = 0
    for y in range(h):
        source, target = codes[y], out[y]
        for x in range(w):
            r, g, b = source[x, 0], source[x, 1], source[x, 2]
            at = cell[r] * far + cell[g] * mid + cell[b]
            u, v, t = part[r], part[g], part[b]
            most, least = max(u, max(v, t)), min(u, min(v, t))
            middle = u + v + t - most - least
            # From the cell's low corner to its high one: first along the largest part, last along the smallest.
            first = (far if u >= t else near) if u >= v else (mid if v >= t else near)
            last = (near if t <= v else mid) if v <= u else (near if t <= u else far)
            low = table[at]
            value = (
                (_FULL - most) * low
                + (most - middle) * table[at + first]
                + (middle - least) * table[at + far + mid + near - last]
                + least * table[at + far + mid + near]
            )
            marked[count] = y * w + x
            count += int(low >> np.uint64(63))
            if dither:
                value += _grain_at(x0 + x, y0 + y, key)
                target[x, 0] = (value >> np.uint64(13)) & _BYTE
                target[x, 1] = (value >> np.uint64(34)) & _BYTE
                target[x, 2] = (value >> np.uint64(55)) & _BYTE
            else:
                target[x, 0] = value & _LANE
                target[x, 1] = (value >> np.uint64(21)) & _LANE
                target[x, 2] = (value >> np.uint64(42)) & _LANE
    return count


@njit(nogil=True, cache=True, error_model="numpy")
def gather(codes: Any, places: NDArray[np.int32], out: Any) -> None:
    """The codes at the first n places, into out (1, n, 3)."""
    w = codes.shape[1]
    for i in range(out.shape[1]):
        y, x = places[i] // w, places[i] % w
        for c in range(3):
            out[0, i, c] = codes[y, x, c]


@njit(nogil=True, cache=True, error_model="numpy")
def scatter(exact: Any, places: NDArray[np.int32], x0: int, y0: int, seed: int, out: Any) -> None:
    """Put (n, 3) 16-bit codes to their places in `out` (h, w, 3) uint8, with the dither of those places."""
    w = out.shape[1]
    key = np.uint64(seed) * np.uint64(0xD1342543DE82EF95)
    for i in range(exact.shape[0]):
        y, x = places[i] // w, places[i] % w
        noise = _grain_at(x0 + x, y0 + y, key)
        for c in range(3):
            fixed = (np.uint64(exact[i, c]) * np.uint64(1 << _FRACTION) + np.uint64(128)) // np.uint64(257)
            fixed += (noise >> np.uint64(21 * c)) & np.uint64(0x1FFF)
            out[y, x, c] = fixed >> np.uint64(_FRACTION)
