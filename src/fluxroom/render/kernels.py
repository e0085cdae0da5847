"""Compiled loops of the renderer: masks at full size, blending, and the last step to code values."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from fluxroom.scene import Float

ZERO, ONE = np.float32(0), np.float32(1)
GUIDE_TOP = np.float32(1.2)


@njit(nogil=True, cache=True, error_model="numpy")
def refine(linear: Float, x0: int, y0: int, iw: int, ih: int, coef: Float, state: NDArray[np.uint8],
           low: np.float32, high: np.float32, out: Float) -> None:  # fmt: skip
    """A mask at full size from guided-filter coefficients at preview size.

    coef    (h, w, 4), mask ~ c0 r + c1 g + c2 b + c3 of the square roots of the pixel's linear values
    state   (h, w): 0 and 1 force the mask to be exactly that; 2 means: by the coefficients
    low, high   mask values that become 0 and 1
    """
    h, w = out.shape
    ph, pw, _ = coef.shape
    sy, sx = ph / ih, pw / iw
    gain = ONE / (high - low)
    row = np.empty((pw, 4), np.float32)
    first = max(int((x0 + 0.5) * sx - 0.5) - 1, 0)
    last = min(int((x0 + w - 0.5) * sx - 0.5) + 2, pw - 1)
    for y in range(h):
        at = (y0 + y + 0.5) * sy
        near = min(int(at), ph - 1)
        v = min(max(at - 0.5, 0.0), ph - 1.0)
        j = min(int(v), ph - 1)
        j2 = min(j + 1, ph - 1)
        t = np.float32(v - j)
        for i in range(first, last + 1):
            for c in range(4):
                row[i, c] = coef[j, i, c] + t * (coef[j2, i, c] - coef[j, i, c])
        for x in range(w):
            at = (x0 + x + 0.5) * sx
            s = state[near, min(int(at), pw - 1)]
            if s != 2:
                out[y, x] = ONE if s == 1 else ZERO
                continue
            u = min(max(at - 0.5, 0.0), pw - 1.0)
            i = int(u)
            i2 = min(i + 1, pw - 1)
            f = np.float32(u - i)
            m = row[i, 3] + f * (row[i2, 3] - row[i, 3])
            for c in range(3):
                k = row[i, c] + f * (row[i2, c] - row[i, c])
                m += k * np.sqrt(min(max(linear[y, x, c], ZERO), GUIDE_TOP))
            m = (m - low) * gain
            out[y, x] = min(max(m, ZERO), ONE)


@njit(nogil=True, cache=True, error_model="numpy")
def stretch(small: Float, x0: int, y0: int, iw: int, ih: int, out: Float) -> None:
    """A window of a smooth preview-size map, bilinear, by the pixel's place in the picture."""
    h, w = out.shape
    ph, pw = small.shape
    sy, sx = ph / ih, pw / iw
    for y in range(h):
        v = min(max((y0 + y + 0.5) * sy - 0.5, 0.0), ph - 1.0)
        j = int(v)
        j2 = min(j + 1, ph - 1)
        t = np.float32(v - j)
        for x in range(w):
            u = min(max((x0 + x + 0.5) * sx - 0.5, 0.0), pw - 1.0)
            i = int(u)
            i2 = min(i + 1, pw - 1)
            f = np.float32(u - i)
            a = small[j, i] + f * (small[j, i2] - small[j, i])
            b = small[j2, i] + f * (small[j2, i2] - small[j2, i])
            out[y, x] = a + t * (b - a)


@njit(nogil=True, cache=True, error_model="numpy")
def blend(before: Float, after: Float, mask: Float) -> None:
    """before += mask * (after - before); exactly `before` where the mask is 0, exactly `after` where it is 1."""
    h, w = mask.shape
    for y in range(h):
        for x in range(w):
            m = mask[y, x]
            if m <= ZERO:
                continue
            if m >= ONE:
                for c in range(3):
                    before[y, x, c] = after[y, x, c]
            else:
                for c in range(3):
                    before[y, x, c] += m * (after[y, x, c] - before[y, x, c])


@njit(nogil=True, cache=True, error_model="numpy")
def put(out: Any, codes: Any, source: Any, untouched: NDArray[np.bool_], factor: int) -> None:
    """Into `out`: the encoded pixel where touched, the source's own value times `factor` elsewhere."""
    h, w, n = out.shape
    grey = source.shape[2] == 1
    for y in range(h):
        for x in range(w):
            if untouched[y, x]:
                for c in range(n):
                    out[y, x, c] = source[y, x, 0 if grey else c] * factor
            else:
                for c in range(n):
                    out[y, x, c] = codes[y, x, c]


@njit(nogil=True, cache=True, error_model="numpy")
def changed(source: Any, result: Any, factor: int, out: NDArray[np.bool_]) -> None:
    """Into `out` (h, w): whether a pixel is anything but the source's own value times `factor` (0: 16 bits to 8)."""
    h, w, n = result.shape
    m = source.shape[2]
    for y in range(h):
        one, other = source[y].reshape(-1), result[y].reshape(-1)
        for x in range(w):
            different = False
            for c in range(n):
                code = np.int64(one[m * x + (c if m > 1 else 0)])
                code = code * factor if factor else (code + 128) // 257
                different |= code != other[n * x + c]
            out[y, x] = different
