"""From the network's coarse guess to masks that follow branches, masts and roofs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import cv2
import numba
import numpy as np

from fluxroom.scene import Float

F = TypeVar("F", bound=Callable[..., Any])


def _kernel(function: F) -> F:
    compiled: Any = numba.njit(nogil=True, cache=True, error_model="numpy")(function)
    return cast(F, compiled)


class Guide:
    """Guided filter with a grey guide, (h, w) float32 (He, Sun & Tang 2013); what targets share is computed once."""

    def __init__(self, guide: Float, radius: int, eps: float) -> None:
        self.guide = guide
        self.size = (2 * radius + 1, 2 * radius + 1)
        self.means = self._mean(guide)
        self.share: Float = np.float32(1) / (self._mean(guide * guide) - self.means * self.means + np.float32(eps))

    def _mean(self, x: Float) -> Float:
        return np.asarray(cv2.boxFilter(x, -1, self.size, borderType=cv2.BORDER_REFLECT), np.float32)

    def filtered(self, target: Float) -> Float:
        """target: (h, w) float32."""
        mean = self._mean(target)
        a: Float = (self._mean((self.guide * target).astype(np.float32, copy=False)) - self.means * mean) * self.share
        b = mean - a * self.means
        return self._mean(a) * self.guide + self._mean(b)


Stack = tuple[tuple[Float, Float], ...]
"""By sigma: the small blurred (h, w, 4) weighted pixels and weight, (h, w, 3) weighted squares."""


def _blurred(pixels: Float, squares: Float, weight: Float, sigmas: tuple[float, ...]) -> Stack:
    first = cv2.merge([*cv2.split(pixels * weight[..., None]), weight])
    second = squares * weight[..., None]
    found = []
    for sigma in sigmas:
        step = max(1, int(sigma // 4))
        size = (max(1, pixels.shape[1] // step), max(1, pixels.shape[0] // step))
        small = (cv2.resize(x, size, interpolation=cv2.INTER_AREA) for x in (first, second))
        soft = (cv2.GaussianBlur(x, (0, 0), sigma / step, borderType=cv2.BORDER_REFLECT) for x in small)
        found.append(tuple(np.asarray(x, np.float32) for x in soft))
    return cast(Stack, tuple(found))


@_kernel
def _local_gaussian(first: Any, second: Any, y: Any, x: Any, out: Any) -> None:
    """Mix in one sigma's answer, stretched by bilinear interpolation to the places (y, x), 0..1.

    out   (n, 7): mean and variance by channel of the pixels under the weight near each place (normalised
          convolution), and how much of the answer there is already; the rest is mixed in as far as weight is near
    """
    h, w, _ = first.shape
    for i in range(len(y)):
        v = min(max(y[i] * h - 0.5, 0.0), h - 1.0)
        u = min(max(x[i] * w - 0.5, 0.0), w - 1.0)
        j, k = int(v), int(u)
        j2, k2 = min(j + 1, h - 1), min(k + 1, w - 1)
        t, s = np.float32(v - j), np.float32(u - k)
        a, b, c, d = (1 - t) * (1 - s), (1 - t) * s, t * (1 - s), t * s
        mass = a * first[j, k, 3] + b * first[j, k2, 3] + c * first[j2, k, 3] + d * first[j2, k2, 3]
        share = (1 - out[i, 6]) * min(max(mass / np.float32(0.05), np.float32(0)), np.float32(1))
        safe = max(mass, np.float32(1e-6))
        for n in range(3):
            m = (a * first[j, k, n] + b * first[j, k2, n] + c * first[j2, k, n] + d * first[j2, k2, n]) / safe
            q = (a * second[j, k, n] + b * second[j, k2, n] + c * second[j2, k, n] + d * second[j2, k2, n]) / safe
            out[i, n] += share * m
            out[i, 3 + n] += share * max(q - m * m, np.float32(0))
        out[i, 6] += share


def _misfit(pixels: Float, stack: Stack, y: Float, x: Float, floor: float) -> Float:
    """(n,): how badly pixels (n, 3) at the places fit the local Gaussians, minus twice the log likelihood.

    Where no weight is near, the next wider sigma answers, and at last one of variance 1.
    """
    local = np.zeros((len(y), 7), np.float32)
    for first, second in stack:
        _local_gaussian(first, second, y, x, local)
    variance = local[:, 3:6] + (1 - local[:, 6:]) + np.float32(floor)
    fit = (pixels - local[:, :3]) ** 2 / variance + np.log(variance)
    return np.asarray(fit[:, 0] + fit[:, 1] + fit[:, 2], np.float32)


def sky_matte(pixels: Float, prior: Float) -> Float:
    """Sky alpha, pixel by pixel, from the network's prior and local colour statistics.

    Near the edge each pixel is judged by how well it fits the sky's colour close by
    against the colour of what is not sky close by (a local Gaussian of each, as in
    Bayesian matting, Chuang et al. 2001), with the network's guess as the prior.

    pixels: (h, w, 3) float32, square-root encoded linear light, 0..1; prior: (h, w) float32 0..1.
    """
    height, width = prior.shape
    reach = max(2, round(max(height, width) * 0.012))
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    prior = without_warm_things(pixels, prior, reach)
    high = (prior > 0.8).astype(np.uint8)
    low = (prior < 0.2).astype(np.uint8)
    small = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach | 1, reach | 1))
    sure_sky = cv2.erode(high, small).astype(np.float32)
    sure_not = cv2.erode(low, small).astype(np.float32)
    if sure_sky.sum() < 16:
        return np.zeros_like(prior)
    if sure_not.sum() < 16:
        return np.asarray(np.clip((prior - 0.2) / 0.6, 0, 1), np.float32)
    doubt_sky, doubt_not = (prior <= 0.93).astype(np.uint8), (prior >= 0.07).astype(np.uint8)
    band = cv2.dilate(doubt_sky, kernel) * cv2.dilate(doubt_not, kernel)
    sigmas = (reach * 1.2, reach * 4.0, reach * 16.0)
    rows, columns = np.nonzero(band)
    y = (rows + np.float32(0.5)) / np.float32(height)
    x = (columns + np.float32(0.5)) / np.float32(width)
    squares, here = pixels * pixels, pixels[rows, columns]
    floor = 0.02**2
    fit_sky = _misfit(here, _blurred(pixels, squares, sure_sky, sigmas), y, x, floor)
    fit_not = _misfit(here, _blurred(pixels, squares, sure_not, sigmas), y, x, 4 * floor)
    p = np.clip(prior[rows, columns], 0.02, 0.98)
    logit = 1.5 * np.log(p / (1 - p)) + 0.5 * np.clip(fit_not - fit_sky, -12, 12)
    alpha = high.astype(np.float32)
    believed = np.clip((prior[rows, columns] - 0.06) / 0.2, 0, 1)  # colour alone makes no sky
    alpha[rows, columns] = believed / (1 + np.exp(-logit))
    alpha = Guide(grey_of(pixels), max(1, reach // 6), 1e-4).filtered(alpha)
    return np.asarray(np.clip((alpha - 0.06) / 0.88, 0, 1), np.float32)


def without_warm_things(pixels: Float, prior: Float, reach: int) -> Float:
    """The prior, doubted where a little of a cold sky, close to land, is much warmer than the rest of it.

    That is a sunlit roof or wall; where much of the sky is warm it is a sunset, and nothing is doubted.
    """
    high = prior > 0.8
    warmth = pixels[..., 0] - pixels[..., 2]
    if not high.any():
        return prior
    warm = (prior > 0.1) & (warmth > float(np.median(warmth[high])) + 0.25)
    if float((warm & high).sum()) > 0.02 * float(high.sum()):
        return prior
    near_land = cv2.dilate((prior < 0.2).astype(np.uint8), np.ones((8 * reach + 1, 8 * reach + 1), np.uint8)) > 0
    doubtful = cv2.dilate((warm & near_land).astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    return np.where(doubtful, np.minimum(prior, np.float32(0.05)), prior).astype(np.float32)


def grey_of(pixels: Float) -> Float:
    """(h, w): the mean of the channels."""
    return np.asarray((pixels[..., 0] + pixels[..., 1] + pixels[..., 2]) * np.float32(1 / 3), np.float32)


def connected_sky(pixels: Float, prior: Float, water: Float) -> Float:
    """The prior with patches taken out that hang below the sky but do not look like it.

    The open sky is one piece, joined to the upper part of the frame. A patch apart from it (after
    thin bridges are cut) is sky only if its colour is that of the sky nearest to it, as gaps
    between leaves are; a lake's mirror, a hazy slope or a pale wall is not.

    pixels: (h, w, 3) square-root encoded; prior, water: (h, w) probabilities.
    """
    height, width = prior.shape
    reach = max(1, round(max(height, width) * 0.006))
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    likely = (prior > 0.5).astype(np.uint8)
    core = cv2.erode(likely, kernel, borderType=cv2.BORDER_CONSTANT, borderValue=1)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(core, connectivity=8)
    if count < 2:
        return prior
    # The open sky: the piece that covers most of the upper half, else the largest.
    weight = np.linspace(2, 0.2, height)[:, None]
    size = [float(weight[stats[i, 1] : stats[i, 1] + stats[i, 3]].mean()) * stats[i, 4] for i in range(1, count)]
    main = 1 + int(np.argmax(size))
    sky = labels == main
    lowest = np.where(sky.any(0), height - 1 - np.argmax(sky[::-1], axis=0), -1)
    # What is likely, or likely enough to be taken for sky by its colour later, and not of that piece.
    joined = cv2.dilate(sky.astype(np.uint8), kernel, iterations=3)
    rest = (prior > 0.1) & (joined == 0)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(rest.astype(np.uint8), connectivity=8)
    out = prior.copy()
    for i in range(1, count):
        x, y, w, h, area = (int(v) for v in stats[i])
        inside = labels[y : y + h, x : x + w] == i
        columns = slice(max(0, x - w), min(width, x + 2 * w))
        near = lowest[columns]
        if (near < 0).all() or y <= int(np.median(near[near >= 0])) - h // 2:
            continue  # beside or above the open sky, not below it
        if area < 0.0004 * prior.size and h < 0.02 * height:
            continue  # too small to tell: gaps between leaves
        patch = pixels[y : y + h, x : x + w][inside]
        bottom = int(near.max())
        band = slice(max(0, bottom - round(0.12 * height)), bottom + 1)
        reference = pixels[band, columns][sky[band, columns]]
        if reference.shape[0] < 16:
            continue
        apart = float(np.abs(patch.mean(0) - np.median(reference, axis=0)).max())
        mirrored = float(water[y : y + h, x : x + w][inside].mean()) > 0.12
        if apart > 0.1 or mirrored:
            out[y : y + h, x : x + w][inside] = 0.02
    return out
