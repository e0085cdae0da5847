"""From where patches came to pixels: pieces made whole, and their tones met."""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

from fluxroom.operators.retouch.blend import grid, solve
from fluxroom.scene import Float

JUMP = np.float32(0.05)
"""Two sources that differ by more than this (encoded) are no longer one tone."""
FAR = 0.25
"""Corrections fade over this much of the hole's size: what is amiss at one place of the rim stays there."""


@numba.njit(nogil=True, cache=True, error_model="numpy")
def _at(image, filled, y, x, sy, sx):  # type: ignore[no-untyped-def]
    """How unlike the guess and the source are around a pixel (5 x 5)."""
    h, w, _ = image.shape
    total = np.float32(0)
    count = 0
    for dy in range(-2, 3):
        for dx in range(-2, 3):
            ty, tx, fy, fx = y + dy, x + dx, sy + dy, sx + dx
            if ty < 0 or tx < 0 or ty >= h or tx >= w:
                continue
            for c in range(3):
                d = filled[ty, tx, c] - image[fy, fx, c]
                total += d * d
            count += 1
    return total / count


@numba.njit(nogil=True, cache=True, error_model="numpy")
def _seam(image, y, x, ny, nx, oy, ox, qy, qx):  # type: ignore[no-untyped-def]
    """What is seen between two neighbours if one comes by offset o and the other by q (Kwatra et al. 2003)."""
    h, w, _ = image.shape
    a0, a1, b0, b1 = y + oy, x + ox, ny + oy, nx + ox
    c0, c1, d0, d1 = y + qy, x + qx, ny + qy, nx + qx
    if min(a0, a1, b0, b1, c0, c1, d0, d1) < 0:
        return np.float32(1)
    if max(a0, b0, c0, d0) >= h or max(a1, b1, c1, d1) >= w:
        return np.float32(1)
    total = np.float32(0)
    for c in range(3):
        p = image[a0, a1, c] - image[c0, c1, c]
        q = image[b0, b1, c] - image[d0, d1, c]
        total += p * p + q * q
    return total


@numba.njit(nogil=True, cache=True, error_model="numpy")
def _round(image, filled, hole, source, sy, sx, seam, backwards):  # type: ignore[no-untyped-def]
    h, w = hole.shape
    changed = 0
    for i in range(h):
        y = h - 1 - i if backwards else i
        for j in range(w):
            x = w - 1 - j if backwards else j
            if not hole[y, x]:
                continue
            oy, ox = sy[y, x] - y, sx[y, x] - x
            best = np.float32(-1)
            by, bx = oy, ox
            for k in range(5):
                if k == 0:
                    cy, cx = oy, ox
                else:
                    ny, nx = y + (k == 1) - (k == 2), x + (k == 3) - (k == 4)
                    if ny < 0 or nx < 0 or ny >= h or nx >= w or not hole[ny, nx]:
                        continue
                    cy, cx = sy[ny, nx] - ny, sx[ny, nx] - nx
                    if cy == oy and cx == ox:
                        continue
                    fy, fx = y + cy, x + cx
                    if fy < 0 or fx < 0 or fy >= h or fx >= w or not source[fy, fx]:
                        continue
                cost = _at(image, filled, y, x, y + cy, x + cx)
                for m in range(4):
                    ny, nx = y + (m == 0) - (m == 1), x + (m == 2) - (m == 3)
                    if ny < 0 or nx < 0 or ny >= h or nx >= w:
                        continue
                    if hole[ny, nx]:
                        qy, qx = sy[ny, nx] - ny, sx[ny, nx] - nx
                        if qy != cy or qx != cx:
                            cost += seam * (_seam(image, y, x, ny, nx, cy, cx, qy, qx) + np.float32(2e-4))
                if best < 0 or cost < best:
                    best, by, bx = cost, cy, cx
            if by != oy or bx != ox:
                sy[y, x], sx[y, x] = y + by, x + bx
                changed += 1
    return changed


def settle(
    image: Float, filled: Float, hole: NDArray[np.bool_], source: NDArray[np.bool_],
    sy: NDArray[np.int32], sx: NDArray[np.int32],
) -> None:  # fmt: skip
    """Pieces with ragged edges become whole: each pixel takes a neighbour's offset where that shows less seam."""
    for turn in range(6):
        if not _round(image, filled, hole, source, sy, sx, np.float32(1.0), turn % 2 == 1):
            break


@numba.njit(nogil=True, cache=True, error_model="numpy")
def _mismatch(image, hole, sy, sx, jump, y0, x0, right, down, rim, b):  # type: ignore[no-untyped-def]
    """Weights and right side of the membrane (see `blend`), in a window at y0, x0."""
    h, w, _ = image.shape
    for i in range(rim.shape[0]):
        for j in range(rim.shape[1]):
            y, x = y0 + i, x0 + j
            if not hole[y, x]:
                continue
            py, px = sy[y, x], sx[y, x]
            for m in range(4):
                dy, dx = (m == 0) * 1 - (m == 1) * 1, (m == 2) * 1 - (m == 3) * 1
                ny, nx = y + dy, x + dx
                if ny < 0 or nx < 0 or ny >= h or nx >= w:
                    continue
                inside = hole[ny, nx]
                if inside and (m == 1 or m == 3):
                    continue
                ey, ex = min(max(py + dy, 0), h - 1), min(max(px + dx, 0), w - 1)
                v0 = np.float32(0)
                v1 = np.float32(0)
                v2 = np.float32(0)
                if inside:
                    qy, qx = sy[ny, nx], sx[ny, nx]
                    fy, fx = min(max(qy - dy, 0), h - 1), min(max(qx - dx, 0), w - 1)
                    v0 = np.float32(0.5) * (image[qy, qx, 0] - image[ey, ex, 0] + image[fy, fx, 0] - image[py, px, 0])
                    v1 = np.float32(0.5) * (image[qy, qx, 1] - image[ey, ex, 1] + image[fy, fx, 1] - image[py, px, 1])
                    v2 = np.float32(0.5) * (image[qy, qx, 2] - image[ey, ex, 2] + image[fy, fx, 2] - image[py, px, 2])
                else:
                    v0 = image[ny, nx, 0] - image[ey, ex, 0]
                    v1 = image[ny, nx, 1] - image[ey, ex, 1]
                    v2 = image[ny, nx, 2] - image[ey, ex, 2]
                size = (v0 * v0 + v1 * v1 + v2 * v2) / (jump * jump)
                weight = np.float32(1) / (np.float32(1) + size)
                if inside:
                    if m == 0:
                        down[i, j] = weight
                    else:
                        right[i, j] = weight
                    b[i + dy, j + dx, 0] -= weight * v0
                    b[i + dy, j + dx, 1] -= weight * v1
                    b[i + dy, j + dx, 2] -= weight * v2
                else:
                    rim[i, j] += weight
                b[i, j, 0] += weight * v0
                b[i, j, 1] += weight * v1
                b[i, j, 2] += weight * v2


def toned(image: Float, hole: NDArray[np.bool_], sy: NDArray[np.int32], sx: NDArray[np.int32]) -> Float:
    """The picture with its hole filled by copies, their tones corrected so that seams are not seen."""
    rows, columns = np.flatnonzero(hole.any(1)), np.flatnonzero(hole.any(0))
    y0, y1, x0, x1 = int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1
    part = np.ascontiguousarray(hole[y0:y1, x0:x1])
    right, down, rim = (np.zeros(part.shape, np.float32) for _ in range(3))
    b = np.zeros((*part.shape, 3), np.float32)
    _mismatch(image, hole, sy, sx, JUMP, y0, x0, right, down, rim, b)
    rim += part / np.float32(max(8.0, FAR * float(np.sqrt(part.sum())))) ** 2
    out = image.copy()
    inside = out[y0:y1, x0:x1]
    from_y, from_x = sy[y0:y1, x0:x1][part], sx[y0:y1, x0:x1][part]
    inside[part] = image[from_y, from_x] + solve(grid(right, down, rim), b)[part]
    return out
