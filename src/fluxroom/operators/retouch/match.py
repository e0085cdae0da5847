"""Nearest patches by random search and propagation, and the vote of overlapping patches.

PatchMatch (Barnes, Shechtman, Finkelstein & Goldman 2009) for filling a hole: every patch that touches the hole
looks for its like among the patches that do not. The search is one thread in scan order, with random numbers from
a hash of the place and the round, so that it gives the same on every machine.

Pictures are (h, w, 5) float32: encoded colours (square root of linear light, 0..1), how rough the texture is there,
and a guide: what kind of place it is, known inside the hole as well. `sy`, `sx` (h, w) int32 hold for each
target pixel the middle of its source patch; `cost` (h, w) float32 the weighted mean square difference.
"""

from __future__ import annotations

import numba
import numpy as np

HALF = 3
"""Half a patch: patches are 7 x 7 pixels."""
UPRIGHT = 30.0
"""How much more it costs to come from above or below than from the side."""


@numba.njit(nogil=True, cache=True, error_model="numpy")
def _hash(a, b, c):  # type: ignore[no-untyped-def]
    """A well mixed 32-bit number (after Wellons' lowbias32)."""
    x = np.uint32(a * 0x9E3779B1 ^ b * 0x85EBCA77 ^ c * 0xC2B2AE3D)
    x ^= x >> np.uint32(16)
    x = np.uint32(x * np.uint32(0x7FEB352D))
    x ^= x >> np.uint32(15)
    x = np.uint32(x * np.uint32(0x846CA68B))
    x ^= x >> np.uint32(16)
    return x


@numba.njit(nogil=True, cache=True, error_model="numpy", fastmath=False)
def _difference(image, trust, ty, tx, y, x, near, most):  # type: ignore[no-untyped-def]
    """Weighted mean square difference of two patches, plus what distance costs (far up or down
    costs more: a landscape lies in layers); `most` ends early."""
    h, w, _ = image.shape
    top, bottom = max(-HALF, -ty), min(HALF, h - 1 - ty)
    left, right = max(-HALF, -tx), min(HALF, w - 1 - tx)
    total = np.float32(0)
    weight = np.float32(0)
    for dy in range(top, bottom + 1):
        for dx in range(left, right + 1):
            weight += trust[ty + dy, tx + dx]
    penalty = near * np.float32(UPRIGHT * (ty - y) * (ty - y) + (tx - x) * (tx - x))
    limit = (most - penalty) * weight
    if limit <= 0:
        return most + np.float32(1)
    for dy in range(top, bottom + 1):
        for dx in range(left, right + 1):
            a = image[ty + dy, tx + dx, 0] - image[y + dy, x + dx, 0]
            b = image[ty + dy, tx + dx, 1] - image[y + dy, x + dx, 1]
            c = image[ty + dy, tx + dx, 2] - image[y + dy, x + dx, 2]
            d = image[ty + dy, tx + dx, 3] - image[y + dy, x + dx, 3]
            e = image[ty + dy, tx + dx, 4] - image[y + dy, x + dx, 4]
            total += trust[ty + dy, tx + dx] * (a * a + b * b + c * c + d * d)
            total += e * e
        if total > limit:
            return most + np.float32(1)
    return total / weight + penalty


@numba.njit(nogil=True, cache=True, error_model="numpy")
def measure(image, trust, target, sy, sx, near, cost):  # type: ignore[no-untyped-def]
    """Costs of the sources as they stand."""
    for y in range(target.shape[0]):
        for x in range(target.shape[1]):
            if target[y, x]:
                cost[y, x] = _difference(image, trust, y, x, sy[y, x], sx[y, x], near, np.float32(1e9))


@numba.njit(nogil=True, cache=True, error_model="numpy")
def scatter(target, places, seed, sy, sx):  # type: ignore[no-untyped-def]
    """A source at random for each target. places (n, 2) int32: middles of patches that may be sources."""
    n = places.shape[0]
    for y in range(target.shape[0]):
        for x in range(target.shape[1]):
            if target[y, x]:
                i = _hash(y, x, seed) % np.uint32(n)
                sy[y, x] = places[i, 0]
                sx[y, x] = places[i, 1]


@numba.njit(nogil=True, cache=True, error_model="numpy")
def search(image, trust, target, source, near, reach, seed, backwards, sy, sx, cost):  # type: ignore[no-untyped-def]
    """One round: sources of the neighbours, shifted by one, then random places ever closer.

    source   (h, w) bool: middles of patches that may be sources
    reach    pixels: how far the random search starts
    """
    h, w = target.shape
    step = -1 if backwards else 1
    for i in range(h):
        y = h - 1 - i if backwards else i
        for j in range(w):
            x = w - 1 - j if backwards else j
            if not target[y, x]:
                continue
            best, by, bx = cost[y, x], sy[y, x], sx[y, x]
            for k in range(2):
                ny, nx = (y - step, x) if k == 0 else (y, x - step)
                if 0 <= ny < h and 0 <= nx < w and target[ny, nx]:
                    cy, cx = sy[ny, nx] + (y - ny), sx[ny, nx] + (x - nx)
                    if 0 <= cy < h and 0 <= cx < w and source[cy, cx] and (cy != by or cx != bx):
                        d = _difference(image, trust, y, x, cy, cx, near, best)
                        if d < best:
                            best, by, bx = d, cy, cx
            r, turn = reach, 0
            while r >= 1:
                a = _hash(y * 65536 + x, seed, turn)
                b = _hash(a, seed, turn)
                cy = by + int(np.int64(a % np.uint32(2 * r + 1))) - r
                cx = bx + int(np.int64(b % np.uint32(2 * r + 1))) - r
                if 0 <= cy < h and 0 <= cx < w and source[cy, cx]:
                    d = _difference(image, trust, y, x, cy, cx, near, best)
                    if d < best:
                        best, by, bx = d, cy, cx
                r //= 2
                turn += 1
            sy[y, x], sx[y, x], cost[y, x] = by, bx, best


@numba.njit(nogil=True, cache=True, error_model="numpy")
def vote(image, trust, hole, target, sy, sx, cost, width, out):  # type: ignore[no-untyped-def]
    """Each pixel of the hole becomes the mean of what the patches over it have there, better ones counting more
    (Wexler, Shechtman & Irani 2007). width: a cost that counts e^-1/2."""
    h, w = hole.shape
    for y in range(h):
        for x in range(w):
            if not hole[y, x]:
                continue
            r = np.float32(0)
            g = np.float32(0)
            b = np.float32(0)
            t = np.float32(0)
            total = np.float32(0)
            for dy in range(-HALF, HALF + 1):
                for dx in range(-HALF, HALF + 1):
                    ty, tx = y + dy, x + dx
                    if ty < 0 or tx < 0 or ty >= h or tx >= w or not target[ty, tx]:
                        continue
                    fy, fx = sy[ty, tx] - dy, sx[ty, tx] - dx
                    weight = trust[ty, tx] * np.exp(np.float32(-0.5) * cost[ty, tx] / width) + np.float32(1e-12)
                    r += weight * image[fy, fx, 0]
                    g += weight * image[fy, fx, 1]
                    b += weight * image[fy, fx, 2]
                    t += weight * image[fy, fx, 3]
                    total += weight
            out[y, x, 0] = r / total
            out[y, x, 1] = g / total
            out[y, x, 2] = b / total
            out[y, x, 3] = t / total
