"""Compiled loops of perception: each goes over the picture once, row by row.

No row needs another's result, so `by_rows` may share the rows among threads without changing a bit.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar, cast

import numba
import numpy as np

F = TypeVar("F", bound=Callable[..., Any])
ZERO, ONE = np.float32(0), np.float32(1)


def kernel(function: F) -> F:
    compiled: Any = numba.njit(nogil=True, cache=True, error_model="numpy")(function)
    return cast(F, compiled)


def by_rows(function: Callable[..., None], height: int, *arguments: Any) -> None:
    """function(top, end, *arguments) for all rows, shared by two threads."""
    if height < 256:
        function(0, height, *arguments)
        return
    with ThreadPoolExecutor(1) as pool:  # one of its own: a pool that is kept does not survive a fork
        other = pool.submit(function, height // 2, height, *arguments)
        function(0, height // 2, *arguments)
        other.result()


@kernel
def encode(top: int, end: int, linear: Any, matrix: Any, table: Any, screen: Any, pixels: Any, grey: Any) -> None:
    """One pass over rows of a picture for all that looks at it.

    linear   (h, w, 3) float32, linear Rec.2020
    matrix   (3, 3) float32: to linear sRGB
    table    (n,) uint8: the screen's code value by the square root of light, 0..1
    screen   out (h, w, 3) uint8, sRGB
    pixels   out (h, w, 3) float32, square roots of the light, clipped to 0..1
    grey     out (h, w) float32, mean of `pixels`
    """
    w = linear.shape[1]
    last = np.float32(len(table) - 1)
    for y in range(top, end):
        for x in range(w):
            total = ZERO
            for c in range(3):
                root = np.sqrt(min(max(linear[y, x, c], ZERO), ONE))
                pixels[y, x, c] = root
                total += root
                light = ZERO
                for k in range(3):
                    light += matrix[c, k] * linear[y, x, k]
                at = np.sqrt(min(max(light, ZERO), ONE)) * last + np.float32(0.5)
                screen[y, x, c] = table[int(at)]
            grey[y, x] = total * np.float32(1 / 3)


@kernel
def _misfit(pixel: Any, model: Any, v: Any, u: Any) -> Any:
    """Minus twice the log likelihood of a pixel (3,) at the place (v, u), 0..1, under Gaussians on a grid.

    model   (h, w, 6): mean and variance by channel, stretched by bilinear interpolation
    """
    h, w, _ = model.shape
    v = min(max(v * h - 0.5, 0.0), h - 1.0)
    u = min(max(u * w - 0.5, 0.0), w - 1.0)
    j, k = int(v), int(u)
    j2, k2 = min(j + 1, h - 1), min(k + 1, w - 1)
    t, s = np.float32(v - j), np.float32(u - k)
    a, b, c, d = (ONE - t) * (ONE - s), (ONE - t) * s, t * (ONE - s), t * s
    fit, product = ZERO, ONE
    for n in range(3):
        mean = a * model[j, k, n] + b * model[j, k2, n] + c * model[j2, k, n] + d * model[j2, k2, n]
        m = n + 3
        variance = a * model[j, k, m] + b * model[j, k2, m] + c * model[j2, k, m] + d * model[j2, k2, m]
        distance = pixel[n] - mean
        fit += distance * distance / variance
        product *= variance
    return fit + np.log(product)


@kernel
def judge(top: int, end: int, pixels: Any, prior: Any, band: Any, leaves: Any, sky: Any, land: Any, alpha: Any) -> None:
    """Sky alpha pixel by pixel: in the band by local colour statistics and prior, elsewhere by the prior alone.

    pixels   (h, w, 3) float32
    prior, leaves   (h', w') float32, band (h', w') uint8: at the size the statistics were learnt at
    sky, land   (h'', w'', 6) float32, see `_misfit`
    alpha    out (h, w) float32
    """
    h, w, _ = pixels.shape
    ph, pw = prior.shape
    for y in range(top, end):
        v = (y + 0.5) / h
        near = min(int(v * ph), ph - 1)
        pv = min(max(v * ph - 0.5, 0.0), ph - 1.0)
        j = int(pv)
        j2, t = min(j + 1, ph - 1), np.float32(pv - j)
        for x in range(w):
            u = (x + 0.5) / w
            pu = min(max(u * pw - 0.5, 0.0), pw - 1.0)
            i = int(pu)
            i2, s = min(i + 1, pw - 1), np.float32(pu - i)
            above = prior[j, i] + s * (prior[j, i2] - prior[j, i])
            below = prior[j2, i] + s * (prior[j2, i2] - prior[j2, i])
            p = above + t * (below - above)
            beside = min(int(u * pw), pw - 1)
            if band[near, beside] == 0:
                alpha[y, x] = ONE if p > np.float32(0.8) else ZERO
                continue
            gaps = leaves[near, beside]
            # Colour alone makes no sky, but between leaves.
            believed = min(max((p + np.float32(0.26) * gaps - np.float32(0.06)) / np.float32(0.2), ZERO), ONE)
            if believed <= ZERO:
                alpha[y, x] = ZERO
                continue
            q = min(max(p, np.float32(0.02) + np.float32(0.1) * gaps), np.float32(0.98))
            evidence = _misfit(pixels[y, x], land, v, u) - _misfit(pixels[y, x], sky, v, u)
            evidence = min(max(evidence, np.float32(-12)), np.float32(12))
            logit = np.float32(1.5) * np.log(q / (ONE - q)) + np.float32(0.5) * evidence
            alpha[y, x] = believed / (ONE + np.exp(-logit))


@kernel
def mix_rims(top: int, end: int, pixels: Any, alpha: Any, sky: Any, land: Any, out: Any) -> None:
    """A pixel beside the sky that is a mixture of sky and what stands before it is sky by its part of the mixture.

    That part is how far its colour lies on the way from the land's colour close by to the sky's, where these differ
    plainly. Without it a pale rim of half-sky pixels would stay round branches and leaves.

    alpha   (h, w) float32 as `judge` leaves it; out (h, w) float32; the rest as in `judge`
    """
    h, w = alpha.shape
    mh, mw, _ = sky.shape
    for y in range(top, end):
        for x in range(w):
            out[y, x] = alpha[y, x]
            if alpha[y, x] >= np.float32(0.8):
                continue
            most = ZERO
            for j in range(max(y - 1, 0), min(y + 2, h)):
                for i in range(max(x - 1, 0), min(x + 2, w)):
                    most = max(most, alpha[j, i])
            if most < np.float32(0.8):
                continue
            j, i = min(int((y + 0.5) / h * mh), mh - 1), min(int((x + 0.5) / w * mw), mw - 1)
            along, length = ZERO, ZERO
            for n in range(3):
                way = sky[j, i, n] - land[j, i, n]
                along += (pixels[y, x, n] - land[j, i, n]) * way
                length += way * way
            if length > np.float32(0.02):
                out[y, x] = max(alpha[y, x], min(max(along / length, ZERO), ONE))


@kernel
def gathered(pixels: Any, where: Any, step: int, out: Any) -> None:
    """Means over blocks of step x step pixels.

    pixels   (h, w, 3) float32; where (h, w) uint8, 0 or 1
    out      (h // step, w // step, 7) float32: `where` times the channels, times their squares; `where` itself
    """
    h, w, _ = out.shape
    share = ONE / np.float32(step * step)
    for y in range(h * step):
        row = out[y // step]
        for x in range(w * step):
            if where[y, x] != 0:
                cell = row[x // step]
                for c in range(3):
                    value = pixels[y, x, c]
                    cell[c] += value * share
                    cell[3 + c] += value * value * share
                cell[6] += share


@kernel
def filtered(top: int, end: int, slope: Any, offset: Any, grey: Any, out: Any, total: Any) -> None:
    """out = slope grey + offset, clipped to 0..1, and added to `total`; all (h, w) float32."""
    for y in range(top, end):
        for x in range(out.shape[1]):
            value = min(max(slope[y, x] * grey[y, x] + offset[y, x], ZERO), ONE)
            out[y, x] = value
            total[y, x] += value


@kernel
def shared(top: int, end: int, sky: Any, total: Any, least: Any, planes: Any) -> None:
    """Scale planes (n, h, w), whose sum is `total`, so that together with the sky they make 1; below `least`: 0."""
    for y in range(top, end):
        for x in range(sky.shape[1]):
            total[y, x] = (ONE - sky[y, x]) / max(total[y, x], np.float32(1e-3))
        for n in range(len(planes)):
            for x in range(sky.shape[1]):
                value = planes[n, y, x] * total[y, x]
                planes[n, y, x] = value if value >= least else ZERO
