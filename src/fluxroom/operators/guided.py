"""The guided filter, as coefficients at overview size.

He, Sun & Tang, "Guided Image Filtering", PAMI 2013; evaluated at another size than it was fitted at as in
He & Sun, "Fast Guided Filter", 2015. All sums run in float64 in a fixed order, so results do not depend on threads.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from fluxroom.scene import Float

Double = NDArray[np.float64]


@njit(nogil=True, cache=True, error_model="numpy")
def _box(plane: Double, radius: int) -> Double:
    """Mean over a (2 radius + 1) square window, cut at the border."""
    h, w = plane.shape
    rows = np.empty((h, w), np.float64)
    for y in range(h):
        total = 0.0
        for x in range(min(radius, w)):
            total += plane[y, x]
        for x in range(w):
            if x + radius < w:
                total += plane[y, x + radius]
            if x - radius - 1 >= 0:
                total -= plane[y, x - radius - 1]
            rows[y, x] = total / (min(x + radius, w - 1) - max(x - radius, 0) + 1)
    out = np.empty((h, w), np.float64)
    column = np.zeros(w, np.float64)
    for y in range(min(radius, h)):
        for x in range(w):
            column[x] += rows[y, x]
    for y in range(h):
        if y + radius < h:
            for x in range(w):
                column[x] += rows[y + radius, x]
        if y - radius - 1 >= 0:
            for x in range(w):
                column[x] -= rows[y - radius - 1, x]
        count = min(y + radius, h - 1) - max(y - radius, 0) + 1
        for x in range(w):
            out[y, x] = column[x] / count
    return out


def box(plane: Double | Float, radius: int) -> Double:
    """Mean over a square window of side 2 radius + 1 pixels."""
    out: Double = _box(np.ascontiguousarray(plane, np.float64), max(0, int(radius)))
    return out


def boxes(planes: Iterable[Double | Float], radius: int) -> list[Double]:
    """`box` of each, side by side."""
    with ThreadPoolExecutor(min(4, os.cpu_count() or 1)) as pool:
        return list(pool.map(lambda plane: box(plane, radius), planes))


def fit_grey(guide: Float, target: Float, radius: int, eps: float) -> tuple[Float, Float]:
    """Coefficients (a, b) with target ~ a * guide + b in every window, averaged over windows.

    radius in pixels of the given picture; eps in squared units of the guide: variation well below sqrt(eps) is
    smoothed away, variation well above is kept.
    """
    g = guide.astype(np.float64)
    p = target.astype(np.float64)
    mean_g, mean_p = box(g, radius), box(p, radius)
    variance = np.maximum(box(g * g, radius) - mean_g * mean_g, 0.0)
    a = (box(g * p, radius) - mean_g * mean_p) / (variance + eps)
    b = mean_p - a * mean_g
    return box(a, radius).astype(np.float32), box(b, radius).astype(np.float32)


def fit_self(guide: Float, radius: int, eps: float) -> tuple[Float, Float]:
    """`fit_grey` of a picture to itself: a * guide + b is its edge-preserving base."""
    return fit_grey(guide, guide, radius, eps)


@dataclass(frozen=True, slots=True)
class ColorGuide:
    """A three-channel guide with what every fit against it needs (window means, inverse covariance)."""

    planes: tuple[Double, Double, Double]
    means: tuple[Double, Double, Double]
    inverse: tuple[Double, Double, Double, Double, Double, Double]  # rr rg rb gg gb bb
    radius: int

    @staticmethod
    def of(guide: Float, radius: int, eps: float) -> ColorGuide:
        """guide (h, w, 3); radius in its pixels; eps in its squared units."""
        r, g, b = (np.ascontiguousarray(guide[..., c], np.float64) for c in range(3))
        mr, mg, mb, rr, gg, bb, rg, rb, gb = boxes((r, g, b, r * r, g * g, b * b, r * g, r * b, g * b), radius)
        rr = np.maximum(rr - mr * mr, 0) + eps
        gg = np.maximum(gg - mg * mg, 0) + eps
        bb = np.maximum(bb - mb * mb, 0) + eps
        rg, rb, gb = rg - mr * mg, rb - mr * mb, gb - mg * mb
        irr, irg, irb = gg * bb - gb * gb, gb * rb - rg * bb, rg * gb - gg * rb
        igg, igb, ibb = rr * bb - rb * rb, rb * rg - rr * gb, rr * gg - rg * rg
        det = np.maximum(irr * rr + irg * rg + irb * rb, 1e-18)
        inverse = (irr / det, irg / det, irb / det, igg / det, igb / det, ibb / det)
        return ColorGuide((r, g, b), (mr, mg, mb), inverse, radius)

    def fit(self, target: Float) -> Float:
        """(h, w, 4) float32: target ~ c0 r + c1 g + c2 b + c3."""
        p = target.astype(np.float64)
        mean, *products = boxes((p, *(i * p for i in self.planes)), self.radius)
        cov = [product - m * mean for product, m in zip(products, self.means, strict=True)]
        rr, rg, rb, gg, gb, bb = self.inverse
        a0 = rr * cov[0] + rg * cov[1] + rb * cov[2]
        a1 = rg * cov[0] + gg * cov[1] + gb * cov[2]
        a2 = rb * cov[0] + gb * cov[1] + bb * cov[2]
        a3 = mean - a0 * self.means[0] - a1 * self.means[1] - a2 * self.means[2]
        return np.stack([a.astype(np.float32) for a in boxes((a0, a1, a2, a3), self.radius)], axis=-1)
