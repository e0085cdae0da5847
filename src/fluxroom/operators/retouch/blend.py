"""Tones across seams: a smooth correction that makes copied pieces meet each other and the photo around.

The filled pixels are copies of real ones; beside a seam two sources differ by an amount that should not be seen.
A field e on the hole, 0 at its rim, makes the gradients of copy + e those that the sources have (Perez, Gangnet &
Blake 2003, Poisson image editing):

    minimise  sum over neighbours p, q of  w (e_p - e_q - b)^2

b is what the sources disagree by. Where they disagree by far more than a tone (an edge that has no counterpart) w
falls, so that the jump stays there and does not spread. Solved by conjugate gradients with one multigrid cycle as
preconditioner; cells of a coarser grid are two by two of the finer one (plain aggregation, Galerkin operator).
"""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import NDArray

from fluxroom.scene import Float

ROUNDS = 24
ENOUGH = 1e-3
"""The solution is taken once its residual is this small a part of what it was."""
Double = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Grid:
    """A weighted Laplacian: weights to the right, down, and to the rim (where e is 0). (h, w) float32 each."""

    right: Float
    down: Float
    rim: Float
    diagonal: Float


def grid(right: Float, down: Float, rim: Float) -> Grid:
    diagonal = rim + right + down
    diagonal[:, 1:] += right[:, :-1]
    diagonal[1:] += down[:-1]
    return Grid(right, down, rim, diagonal)


def _coarser(g: Grid) -> Grid:
    h, w = g.rim.shape
    h2, w2 = (h + 1) // 2, (w + 1) // 2

    def padded(a: Float) -> Float:
        return np.pad(a, ((0, 2 * h2 - h), (0, 2 * w2 - w)))

    right, down, rim = padded(g.right), padded(g.down), padded(g.rim)
    across = right[0::2, 1::2] + right[1::2, 1::2]
    along = down[1::2, 0::2] + down[1::2, 1::2]
    border = rim[0::2, 0::2] + rim[1::2, 0::2] + rim[0::2, 1::2] + rim[1::2, 1::2]
    # piecewise constant corrections are too small by about two (Braess 1995): weaker couplings make up for it
    return grid(across * np.float32(0.5), along * np.float32(0.5), border * np.float32(0.75))


@numba.njit(nogil=True, cache=True, error_model="numpy")
def _smooth(right, down, diagonal, b, e, first):  # type: ignore[no-untyped-def]
    """Gauss-Seidel on one colour of the chess board, then on the other."""
    h, w = diagonal.shape
    for half in range(2):
        colour = first ^ half
        for y in range(h):
            for x in range((y + colour) & 1, w, 2):
                d = diagonal[y, x]
                if d <= 0:
                    continue
                for c in range(3):
                    s = b[y, x, c]
                    if x + 1 < w:
                        s += right[y, x] * e[y, x + 1, c]
                    if x > 0:
                        s += right[y, x - 1] * e[y, x - 1, c]
                    if y + 1 < h:
                        s += down[y, x] * e[y + 1, x, c]
                    if y > 0:
                        s += down[y - 1, x] * e[y - 1, x, c]
                    e[y, x, c] = s / d


@numba.njit(nogil=True, cache=True, error_model="numpy")
def _apply(right, down, diagonal, e, out):  # type: ignore[no-untyped-def]
    h, w = diagonal.shape
    for y in range(h):
        for x in range(w):
            d = diagonal[y, x]
            for c in range(3):
                if d <= 0:
                    out[y, x, c] = 0
                    continue
                s = d * e[y, x, c]
                if x + 1 < w:
                    s -= right[y, x] * e[y, x + 1, c]
                if x > 0:
                    s -= right[y, x - 1] * e[y, x - 1, c]
                if y + 1 < h:
                    s -= down[y, x] * e[y + 1, x, c]
                if y > 0:
                    s -= down[y - 1, x] * e[y - 1, x, c]
                out[y, x, c] = s


def _cycle(grids: list[Grid], level: int, b: Float) -> Float:
    g = grids[level]
    e = np.zeros_like(b)
    if level + 1 == len(grids):
        for _ in range(20):
            _smooth(g.right, g.down, g.diagonal, b, e, 0)
            _smooth(g.right, g.down, g.diagonal, b, e, 1)
        return e
    _smooth(g.right, g.down, g.diagonal, b, e, 0)
    rest = np.empty_like(b)
    _apply(g.right, g.down, g.diagonal, e, rest)
    rest = b - rest
    rest[g.diagonal <= 0] = 0
    h, w = g.rim.shape
    rest = np.pad(rest, ((0, h % 2), (0, w % 2), (0, 0)))
    small = rest[0::2, 0::2] + rest[1::2, 0::2] + rest[0::2, 1::2] + rest[1::2, 1::2]
    coarse = _cycle(grids, level + 1, np.ascontiguousarray(small))
    e += coarse.repeat(2, 0).repeat(2, 1)[:h, :w] * (g.diagonal > 0)[..., None]
    _smooth(g.right, g.down, g.diagonal, b, e, 1)
    return e


def solve(g: Grid, b: Float) -> Float:
    """(h, w, 3) float32 e with  L e = b  on the grid; 0 where it has no weight."""
    grids = [g]
    while max(grids[-1].rim.shape) > 8:
        grids.append(_coarser(grids[-1]))
    e = np.zeros_like(b)
    rest = b.copy()
    start = float(np.abs(rest).max(initial=0))
    if start == 0:
        return e
    along = _cycle(grids, 0, rest)
    power = _dot(rest, along)
    product = np.empty_like(b)
    for _ in range(ROUNDS):
        _apply(g.right, g.down, g.diagonal, along, product)
        step = (power / np.maximum(_dot(along, product), 1e-30)).astype(np.float32)
        e += step * along
        rest -= step * product
        if float(np.abs(rest).max()) < ENOUGH * start:
            break
        z = _cycle(grids, 0, rest)
        before, power = power, _dot(rest, z)
        along = z + (power / np.maximum(before, 1e-30)).astype(np.float32) * along
    return e


def _dot(a: Float, b: Float) -> Double:
    return np.asarray(np.einsum("yxc,yxc->c", a, b, dtype=np.float64))
