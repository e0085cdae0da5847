"""Small maps and how they come to full size: bilinear per tile, by absolute place, so tiles never show.

Also the guided filter with normalised convolution, which sees nothing outside its mask: dark land
does not bleed into a sky's base (He, Sun & Tang 2013, "Guided Image Filtering"; Knutsson & Westin
1993, "Normalized and differential convolution").
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from fluxroom.sky._jit import inline, jit

F32 = NDArray[np.float32]


@inline
def place(pixel: int, size: int, cells: int) -> float:
    """Where a pixel's centre falls on a grid of `cells` laid over `size` pixels, clamped to its centres."""
    at = (pixel + 0.5) * cells / size - 0.5
    return max(0.0, min(cells - 1.0, at))


@jit
def enlarge(small: F32, x0: int, y0: int, image_width: int, image_height: int, out: F32) -> None:
    """Bilinear values of `small` (h, w, c) for the tile `out` (th, tw, c) at x0, y0 of the picture."""
    h, w, channels = small.shape
    for r in range(out.shape[0]):
        v = place(y0 + r, image_height, h)
        j = min(int(v), max(0, h - 2))
        fv = v - j
        j1 = min(j + 1, h - 1)
        for c in range(out.shape[1]):
            u = place(x0 + c, image_width, w)
            i = min(int(u), max(0, w - 2))
            fu = u - i
            i1 = min(i + 1, w - 1)
            for k in range(channels):
                a = small[j, i, k] + fu * (small[j, i1, k] - small[j, i, k])
                b = small[j1, i, k] + fu * (small[j1, i1, k] - small[j1, i, k])
                out[r, c, k] = a + fv * (b - a)


@jit
def columns(x0: int, image_width: int, cells: int, index: NDArray[np.int32], share: F32) -> None:
    """For each pixel of a row that starts at x0: the cell left of it and how far it lies beyond."""
    for c in range(index.shape[0]):
        u = place(x0 + c, image_width, cells)
        i = min(int(u), max(0, cells - 2))
        index[c] = i
        share[c] = np.float32(u - i)


@jit
def row_of(
    planes: F32, pixel_y: int, image_height: int, index: NDArray[np.int32], share: F32, line: F32, out: F32
) -> None:
    """One row of `planes` (channels, h, w) at full size into `out` (channels, width); `line` is scratch, w long."""
    h, w = planes.shape[1], planes.shape[2]
    v = place(pixel_y, image_height, h)
    j = min(int(v), max(0, h - 2))
    fv = np.float32(v - j)
    j1 = min(j + 1, h - 1)
    count = index.shape[0]
    first, last = index[0], min(w, index[count - 1] + 2)
    step = 1 if w > 1 else 0
    for k in range(planes.shape[0]):
        for i in range(first, last):
            line[i] = planes[k, j, i] + fv * (planes[k, j1, i] - planes[k, j, i])
        for c in range(count):
            a = line[index[c]]
            out[k, c] = a + share[c] * (line[index[c] + step] - a)


def shrink(picture: F32, long_side: int) -> F32:
    """Area-averaged so that the long side is at most `long_side`."""
    h, w = picture.shape[:2]
    scale = long_side / max(h, w)
    if scale >= 1.0:
        return np.ascontiguousarray(picture, dtype=np.float32)
    size = (max(1, round(w * scale)), max(1, round(h * scale)))
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), dtype=np.float32)


def resize(picture: F32, width: int, height: int) -> F32:
    return np.asarray(cv2.resize(picture, (width, height), interpolation=cv2.INTER_LINEAR), dtype=np.float32)


def blur(picture: F32, sigma: float) -> F32:
    """Gaussian with mirrored borders; three boxes' cost by shrinking first where sigma is wide."""
    h, w = picture.shape[:2]
    factor = max(1, int(sigma // 6))
    if factor == 1 or min(h, w) < 4 * factor:
        return np.asarray(cv2.GaussianBlur(picture, (0, 0), max(0.3, sigma)), dtype=np.float32)
    small = np.asarray(
        cv2.resize(picture, (max(2, w // factor), max(2, h // factor)), interpolation=cv2.INTER_AREA), np.float32
    )
    small = np.asarray(cv2.GaussianBlur(small, (0, 0), sigma / factor), np.float32)
    return np.asarray(cv2.resize(small, (w, h), interpolation=cv2.INTER_CUBIC), dtype=np.float32)


def fill(picture: F32, weight: F32, sigma: float) -> F32:
    """Smooth field that follows `picture` where `weight` is and carries on smoothly where it is not."""
    h, w = picture.shape[:2]
    total = np.zeros_like(picture)
    norm = np.zeros((h, w), np.float32)
    share = 1.0
    for scale in (1.0, 3.0, 9.0):
        s = min(sigma * scale, 0.5 * max(h, w))
        total += np.float32(share) * blur(picture * weight[..., None], s)
        norm += np.float32(share) * blur(weight, s)
        share *= 0.02
    mean = (picture * weight[..., None]).sum((0, 1), dtype=np.float64) / max(1e-6, float(weight.sum(dtype=np.float64)))
    total += np.float32(1e-5) * mean.astype(np.float32)
    return np.asarray(np.maximum(total, 0) / (np.maximum(norm, 0) + 1e-5)[..., None], dtype=np.float32)


def guided(values: F32, weight: F32, radius: int, eps: float) -> tuple[F32, F32]:
    """Coefficients (a, b) of the edge-aware base  a * value + b,  blind to where `weight` is 0."""
    size = (2 * max(1, radius) + 1,) * 2
    w64 = weight.astype(np.float64) + 1e-6
    v64 = values.astype(np.float64)

    def mean(x: NDArray[np.float64]) -> NDArray[np.float64]:
        boxed = cv2.boxFilter(x * w64, -1, size, borderType=cv2.BORDER_REFLECT)
        return np.asarray(boxed / norm, dtype=np.float64)

    norm = np.asarray(cv2.boxFilter(w64, -1, size, borderType=cv2.BORDER_REFLECT), dtype=np.float64)
    m = mean(v64)
    variance = np.maximum(0.0, mean(v64 * v64) - m * m)
    a = variance / (variance + eps)
    b = m - a * m
    return mean(a).astype(np.float32), mean(b).astype(np.float32)


def regression(guide: F32, values: F32, weight: F32, radius: int, eps: float) -> tuple[F32, F32]:
    """Coefficients (a, b) of  values ~ a * guide + b  around each place, blind to where `weight` is 0."""
    size = (2 * max(1, radius) + 1,) * 2
    w64 = weight.astype(np.float64) + 1e-6
    norm = np.asarray(cv2.boxFilter(w64, -1, size, borderType=cv2.BORDER_REFLECT), dtype=np.float64)

    def mean(x: NDArray[np.float64]) -> NDArray[np.float64]:
        boxed = cv2.boxFilter(x * w64, -1, size, borderType=cv2.BORDER_REFLECT)
        return np.asarray(boxed / norm, dtype=np.float64)

    g64, v64 = guide.astype(np.float64), values.astype(np.float64)
    mg, mv = mean(g64), mean(v64)
    a = (mean(g64 * v64) - mg * mv) / (np.maximum(0.0, mean(g64 * g64) - mg * mg) + eps)
    return mean(a).astype(np.float32), mean(mv - a * mg).astype(np.float32)
