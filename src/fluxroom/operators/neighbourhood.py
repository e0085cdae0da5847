"""Kernels that look at a pixel's neighbours: sharpening and noise reduction.

In place on a (h, w, 3) float32 C-contiguous tile of linear Rec.2020. At the tile's border the nearest pixel is
repeated; the renderer brings enough of a margin that this only shows at the border of the picture.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from fluxroom.operators.fastmath import F
from fluxroom.scene import Float

LR, LG, LB = F(0.2627), F(0.6780), F(0.0593)
ZERO, ONE, HALF = F(0), F(1), F(0.5)
_TINY = F(1e-3)
_OUTER, _INNER, _CENTRE = F(1 / 16), F(4 / 16), F(6 / 16)


@njit(nogil=True, cache=True, error_model="numpy")
def _signed_sqrt(v: np.float32) -> np.float32:
    return F(np.sqrt(v)) if v >= ZERO else -F(np.sqrt(-v))


@njit(nogil=True, cache=True, error_model="numpy")
def sharpen(tile: Float, taps: Float, amount: np.float32, core: np.float32, limit: np.float32) -> None:
    """Unsharp mask on the square root of luminance.

    taps    half of a symmetric kernel, from its centre on; they add up to 1 with the other half
    core    differences below about this count as noise; limit: those above about this are not raised further
    """
    h, w, _ = tile.shape
    n = taps.size
    root = np.empty((h, w), np.float32)
    side = np.empty((h, w), np.float32)
    for y in range(h):
        for x in range(w):
            lum = LR * tile[y, x, 0] + LG * tile[y, x, 1] + LB * tile[y, x, 2]
            root[y, x] = np.sqrt(max(lum, ZERO))
        for x in range(w):
            side[y, x] = taps[0] * root[y, x]
        for k in range(1, n):
            inner = min(k, w)
            for x in range(inner):
                side[y, x] += taps[k] * (root[y, 0] + root[y, min(x + k, w - 1)])
            for x in range(inner, w - k):
                side[y, x] += taps[k] * (root[y, x - k] + root[y, x + k])
            for x in range(max(inner, w - k), w):
                side[y, x] += taps[k] * (root[y, max(x - k, 0)] + root[y, w - 1])
    blurred = np.empty(w, np.float32)
    core2 = core * core + F(1e-12)
    for y in range(h):
        for x in range(w):
            blurred[x] = taps[0] * side[y, x]
        for k in range(1, n):
            up, down = max(y - k, 0), min(y + k, h - 1)
            for x in range(w):
                blurred[x] += taps[k] * (side[up, x] + side[down, x])
        for x in range(w):
            v = root[y, x]
            d = v - blurred[x]
            dd = d * d
            d = d * dd / (dd + core2)
            d = d / (ONE + abs(d) / limit)
            m = max(v + amount * d, HALF * v) / (v + _TINY) + _TINY / (v + _TINY)
            m = min(m * m, F(4))
            tile[y, x, 0] *= m
            tile[y, x, 1] *= m
            tile[y, x, 2] *= m


@njit(nogil=True, cache=True, error_model="numpy")
def _smooth(plane: Float, step: int, side: Float, out: Float) -> None:
    """B3-spline smoothing with holes of `step` pixels (Starck & Murtagh, a-trous wavelets)."""
    h, w = plane.shape
    s = step
    for y in range(h):
        first, last = min(2 * s, w), max(w - 2 * s, 0)
        for x in range(w):
            if x == first and last > first:
                break
            side[y, x] = (
                _CENTRE * plane[y, x]
                + _INNER * (plane[y, max(x - s, 0)] + plane[y, min(x + s, w - 1)])
                + _OUTER * (plane[y, max(x - 2 * s, 0)] + plane[y, min(x + 2 * s, w - 1)])
            )
        for x in range(first, last):
            side[y, x] = (
                _CENTRE * plane[y, x]
                + _INNER * (plane[y, x - s] + plane[y, x + s])
                + _OUTER * (plane[y, x - 2 * s] + plane[y, x + 2 * s])
            )
        for x in range(max(last, first), w):
            side[y, x] = (
                _CENTRE * plane[y, x]
                + _INNER * (plane[y, max(x - s, 0)] + plane[y, min(x + s, w - 1)])
                + _OUTER * (plane[y, max(x - 2 * s, 0)] + plane[y, min(x + 2 * s, w - 1)])
            )
    for y in range(h):
        a, b, c, d = max(y - 2 * s, 0), max(y - s, 0), min(y + s, h - 1), min(y + 2 * s, h - 1)
        for x in range(w):
            out[y, x] = _CENTRE * side[y, x] + _INNER * (side[b, x] + side[c, x]) + _OUTER * (side[a, x] + side[d, x])


@njit(nogil=True, cache=True, error_model="numpy")
def denoise(tile: Float, steps: NDArray[np.int64], luma: Float, chroma: Float) -> None:
    """Shrink the wavelet coefficients that look like noise, in square-root-encoded luma and two colour differences.

    steps   of the levels, pixels: 1, 2, 4 ...
    luma, chroma    for each level: coefficients well below this vanish, those well above stay
    """
    h, w, _ = tile.shape
    planes = np.empty((3, h, w), np.float32)
    for y in range(h):
        for x in range(w):
            r = _signed_sqrt(tile[y, x, 0])
            g = _signed_sqrt(tile[y, x, 1])
            b = _signed_sqrt(tile[y, x, 2])
            planes[0, y, x] = F(0.25) * (r + b) + HALF * g
            planes[1, y, x] = r - b
            planes[2, y, x] = g - HALF * (r + b)
    side = np.empty((h, w), np.float32)
    low = np.empty((h, w), np.float32)
    kept = np.empty((h, w), np.float32)
    for p in range(3):
        plane = planes[p]
        kept[...] = ZERO
        for k in range(steps.size):
            _smooth(plane, steps[k], side, low)
            t = luma[k] if p == 0 else chroma[k]
            t4 = t * t * t * t + F(1e-20)
            for y in range(h):
                for x in range(w):
                    d = plane[y, x] - low[y, x]
                    d4 = d * d * d * d
                    kept[y, x] += d * (d4 / (d4 + t4))
                    plane[y, x] = low[y, x]
        for y in range(h):
            for x in range(w):
                plane[y, x] += kept[y, x]
    for y in range(h):
        for x in range(w):
            m = planes[0, y, x] - HALF * planes[2, y, x]
            g = m + planes[2, y, x]
            r = m + HALF * planes[1, y, x]
            b = m - HALF * planes[1, y, x]
            tile[y, x, 0] = r * abs(r)
            tile[y, x, 1] = g * abs(g)
            tile[y, x, 2] = b * abs(b)
