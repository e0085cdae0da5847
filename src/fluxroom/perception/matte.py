"""From the network's coarse guess to masks that follow branches, masts and roofs."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from fluxroom.perception import kernels
from fluxroom.scene import Float

SIGMAS = (1.2, 4.0, 16.0)
"""Reaches of the local colour statistics, in parts of `reach_of`; the first that has enough to go by answers."""
FLOOR = 0.02**2
"""Least variance of the sky's colours; of the land's four times that."""


def reach_of(height: int, width: int) -> int:
    """How far from the network's edge the true edge may lie, pixels."""
    return max(2, round(max(height, width) * 0.012))


class Guide:
    """Guided filter with a grey guide, (h, w) float32 (He, Sun & Tang 2013); what targets share is computed once."""

    def __init__(self, guide: Float, radius: int, eps: float) -> None:
        self.guide = guide
        self.size = (2 * radius + 1, 2 * radius + 1)
        self.means = self._mean(guide)
        self.share: Float = np.float32(1) / (self._mean(guide * guide) - self.means * self.means + np.float32(eps))

    def _mean(self, x: Float) -> Float:
        return np.asarray(cv2.boxFilter(x, -1, self.size, borderType=cv2.BORDER_REFLECT), np.float32)

    def fit(self, target: Float) -> tuple[Float, Float]:
        """target ~ slope * guide + offset, both (h, w)."""
        mean = self._mean(target)
        a: Float = (self._mean(self.guide * target) - self.means * mean) * self.share
        return self._mean(a), self._mean(mean - a * self.means)

    def filtered(self, target: Float) -> Float:
        """target: (h, w) float32."""
        slope, offset = self.fit(target)
        slope *= self.guide
        slope += offset
        return slope


@dataclass(frozen=True, slots=True)
class Learnt:
    """What sky and not sky look like close by, at the small picture's size.

    prior       (h, w) float32, the network's guess with its plain mistakes taken out
    band        (h, w) uint8, 1 where the edge may lie
    leaves      (h, w) float32 0..1, trees close to the sky, which may have gaps that the network is too coarse to see
    sky, land   (h', w', 6) float32, mean and variance by channel of the colours close by; None where all is sky
    """

    prior: Float
    band: NDArray[np.uint8]
    leaves: Float
    sky: Float | None
    land: Float | None


def _colours_near(pixels: Float, where: NDArray[np.uint8], reach: int, floor: float) -> Float:
    """(h', w', 6): mean and variance by channel of the pixels at `where` (normalised convolution).

    On a grid as fine as the smallest sigma needs. Where no such pixel is near, the next wider sigma answers, and at
    last one of variance 1. floor: least variance.
    """
    step = min(max(1, int(reach * SIGMAS[0] / 2)), *where.shape)
    fine = np.zeros((where.shape[0] // step, where.shape[1] // step, 7), np.float32)
    kernels.gathered(pixels, where, step, fine)
    height, width = fine.shape[:2]
    planes = [np.ascontiguousarray(fine[..., n]) for n in range(7)]
    mean, variance = np.zeros((height, width, 3), np.float32), np.zeros((height, width, 3), np.float32)
    known = np.zeros((height, width, 1), np.float32)
    for sigma in (reach * s / step for s in SIGMAS):
        soft = cv2.merge([_blurred(plane, sigma) for plane in planes])
        mass = soft[..., 6:]
        share = (1 - known) * np.clip(mass / np.float32(0.05), 0, 1)
        here, square = (soft[..., k : k + 3] / np.maximum(mass, np.float32(1e-6)) for k in (0, 3))
        mean += share * here
        variance += share * np.maximum(square - here * here, 0)
        known += share
    return np.concatenate([mean, variance + (1 - known) + np.float32(floor)], -1)


def _blurred(plane: Float, sigma: float) -> Float:
    """Gaussian blur of (h, w), computed small."""
    height, width = plane.shape
    step = max(1, int(sigma // 2))
    small = cv2.resize(plane, (max(1, width // step), max(1, height // step)), interpolation=cv2.INTER_AREA)
    soft = cv2.GaussianBlur(small, (0, 0), sigma / step, borderType=cv2.BORDER_REFLECT)
    return np.asarray(cv2.resize(soft, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)


def learn(pixels: Float, prior: Float, trees: Float) -> Learnt | None:
    """Colours of what is surely sky and surely not, near the edge; None where there is no sky.

    pixels: (h, w, 3) float32, square-root encoded linear light, 0..1; prior, trees: (h, w) float32 0..1, the
    network's guesses.
    """
    reach = reach_of(*prior.shape)
    prior = without_warm_things(pixels, prior, reach)
    small = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach | 1, reach | 1))
    sure_sky, sure_not = (
        np.asarray(cv2.erode(where.astype(np.uint8), small), np.uint8) for where in (prior > 0.8, prior < 0.2)
    )
    if sure_sky.sum() < 16:
        return None
    if sure_not.sum() < 16:
        return Learnt(prior, np.zeros(prior.shape, np.uint8), np.zeros_like(prior), None, None)
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    doubt_sky, doubt_not = (prior <= 0.93).astype(np.uint8), (prior >= 0.07).astype(np.uint8)
    around = np.ones((8 * reach + 1, 8 * reach + 1), np.uint8)
    near_sky = np.asarray(cv2.dilate((prior > 0.5).astype(np.uint8), around), np.float32)
    leaves = np.asarray(np.clip((trees - 0.5) / 0.3, 0, 1) * near_sky, np.float32)
    band = np.asarray(cv2.bitwise_and(cv2.dilate(doubt_sky, kernel), cv2.dilate(doubt_not, kernel)), np.uint8)
    band |= leaves > 0
    sky = _colours_near(pixels, sure_sky, reach, FLOOR)
    return Learnt(prior, band, leaves, sky, _colours_near(pixels, sure_not, reach, 4 * FLOOR))


def sky_matte(pixels: Float, learnt: Learnt | None, guide: Float) -> Float:
    """Sky alpha, pixel by pixel, from the network's prior and local colour statistics.

    Near the edge each pixel is judged by how well it fits the sky's colour close by
    against the colour of what is not sky close by (a local Gaussian of each, as in
    Bayesian matting, Chuang et al. 2001), with the network's guess as the prior.

    pixels: (h, w, 3) float32, square-root encoded linear light, 0..1, of any size; guide: (h, w), their mean.
    """
    height, width = guide.shape
    if learnt is None:
        return np.zeros((height, width), np.float32)
    if learnt.sky is None:
        prior = cv2.resize(learnt.prior, (width, height), interpolation=cv2.INTER_LINEAR)
        return np.asarray(np.clip((prior - 0.2) / 0.6, 0, 1), np.float32)
    judged, alpha = np.empty((height, width), np.float32), np.empty((height, width), np.float32)
    near = (learnt.sky, learnt.land)
    kernels.by_rows(kernels.judge, height, pixels, learnt.prior, learnt.band, learnt.leaves, *near, judged)
    kernels.by_rows(kernels.mix_rims, height, pixels, judged, *near, alpha)
    alpha = Guide(guide, max(1, reach_of(height, width) // 6), 1e-4).filtered(alpha)
    alpha -= np.float32(0.06)
    alpha *= np.float32(1 / 0.88)
    return np.clip(alpha, 0, 1, out=alpha)


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


SURE_SKY = 0.85
"""A piece apart of which most is likelier sky than this is believed without looking like the rest."""


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
        mirrored = float(water[y : y + h, x : x + w][inside].mean()) > 0.12
        if not mirrored and float(np.quantile(prior[y : y + h, x : x + w][inside], 0.6)) > SURE_SKY:
            continue  # the network has no doubt: sky under a bridge, below a branch
        patch = pixels[y : y + h, x : x + w][inside]
        bottom = int(near.max())
        band = slice(max(0, bottom - round(0.12 * height)), bottom + 1)
        reference = pixels[band, columns][sky[band, columns]]
        if reference.shape[0] < 16:
            continue
        apart = float(np.abs(patch.mean(0) - np.median(reference, axis=0)).max())
        if apart > 0.1 or mirrored:
            out[y : y + h, x : x + w][inside] = 0.02
    return out
