"""From the network's coarse guess to masks that follow branches, masts and roofs."""

from __future__ import annotations

import cv2
import numpy as np

from fluxroom.scene import Float


def guided(guide: Float, target: Float, radius: int, eps: float) -> Float:
    """Guided filter with a grey guide (He, Sun & Tang 2013). guide, target: (h, w) float32."""
    size = (2 * radius + 1, 2 * radius + 1)

    def mean(x: Float) -> Float:
        return np.asarray(cv2.boxFilter(x, -1, size, borderType=cv2.BORDER_REFLECT), np.float32)

    mean_i, mean_p = mean(guide), mean(target)
    covariance = mean((guide * target).astype(np.float32)) - mean_i * mean_p
    a = (covariance / (mean(guide * guide) - mean_i * mean_i + np.float32(eps))).astype(np.float32)
    b = mean_p - a * mean_i
    return np.asarray(mean(a) * guide + mean(b), np.float32)


def _local_gaussian(pixels: Float, weight: Float, sigmas: tuple[float, ...]) -> tuple[Float, Float]:
    """Mean and variance per channel of the pixels under `weight`, near each place (normalised convolution).

    Where no weight is near, the next wider sigma answers.
    """
    mean = np.zeros_like(pixels)
    variance = np.zeros_like(pixels)
    filled = np.zeros(weight.shape, np.float32)
    squares = pixels * pixels
    for sigma in sigmas:
        step = max(1, int(sigma // 4))
        size = (max(1, pixels.shape[1] // step), max(1, pixels.shape[0] // step))

        def blur(x: Float, size: tuple[int, int] = size, sigma: float = sigma, step: int = step) -> Float:
            small = cv2.resize(x, size, interpolation=cv2.INTER_AREA)
            soft = cv2.GaussianBlur(small, (0, 0), sigma / step, borderType=cv2.BORDER_REFLECT)
            return np.asarray(cv2.resize(soft, (x.shape[1], x.shape[0]), interpolation=cv2.INTER_LINEAR), np.float32)

        mass = blur(weight)
        safe = np.maximum(mass, 1e-6)[..., None]
        m = blur(pixels * weight[..., None]) / safe
        v = np.maximum(blur(squares * weight[..., None]) / safe - m * m, 0)
        share = ((1 - filled) * np.clip(mass / 0.05, 0, 1))[..., None]
        mean += share * m
        variance += share * v
        filled += share[..., 0]
    return mean, variance + (1 - filled)[..., None]


def sky_matte(pixels: Float, prior: Float) -> Float:
    """Sky alpha, pixel by pixel, from the network's prior and local colour statistics.

    Near the edge each pixel is judged by how well it fits the sky's colour close by
    against the colour of what is not sky close by (a local Gaussian of each, as in
    Bayesian matting, Chuang et al. 2001), with the network's guess as the prior.

    pixels: (h, w, 3) float32, square-root encoded linear light, 0..1; prior: (h, w) float32 0..1.
    """
    height, width = prior.shape
    prior = without_specks(prior)
    reach = max(2, round(max(height, width) * 0.012))
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    high = (prior > 0.8).astype(np.uint8)
    low = (prior < 0.2).astype(np.uint8)
    small = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach | 1, reach | 1))
    sure_sky = cv2.erode(high, small).astype(np.float32)
    sure_not = cv2.erode(low, small).astype(np.float32)
    if sure_sky.sum() < 16:
        return np.zeros_like(prior)
    if sure_not.sum() < 16:
        return np.asarray(np.clip((prior - 0.2) / 0.6, 0, 1), np.float32)
    band = cv2.dilate(1 - high, kernel) * cv2.dilate(1 - low, kernel)
    sigmas = (reach * 1.2, reach * 4.0, reach * 16.0)
    sky_mean, sky_var = _local_gaussian(pixels, sure_sky, sigmas)
    not_mean, not_var = _local_gaussian(pixels, sure_not, sigmas)
    floor = 0.02**2
    sky_var = sky_var + floor
    not_var = not_var + 4 * floor
    fit_sky = ((pixels - sky_mean) ** 2 / sky_var + np.log(sky_var)).sum(2)
    fit_not = ((pixels - not_mean) ** 2 / not_var + np.log(not_var)).sum(2)
    p = np.clip(prior, 0.02, 0.98)
    logit = 1.5 * np.log(p / (1 - p)) + 0.5 * np.clip(fit_not - fit_sky, -12, 12)
    posterior = (1 / (1 + np.exp(-logit))).astype(np.float32)
    alpha = np.where(band > 0, posterior, high.astype(np.float32))
    grey = np.ascontiguousarray(pixels.mean(2))
    alpha = guided(grey, alpha.astype(np.float32), max(1, reach // 6), 1e-4)
    return np.asarray(np.clip((alpha - 0.06) / 0.88, 0, 1), np.float32)


def without_specks(prior: Float, smallest: float = 0.001) -> Float:
    """The prior with small islands of sky taken out that lie wholly below the large ones.

    smallest: as a share of the frame. Gaps between leaves above or beside the sky stay.
    """
    count, labels, stats, _ = cv2.connectedComponentsWithStats((prior > 0.5).astype(np.uint8), connectivity=8)
    large = [i for i in range(1, count) if stats[i, cv2.CC_STAT_AREA] >= 10 * smallest * prior.size]
    if not large:
        return prior
    lowest = max(int(stats[i, cv2.CC_STAT_TOP] + stats[i, cv2.CC_STAT_HEIGHT]) for i in large)
    specks = [
        i
        for i in range(1, count)
        if stats[i, cv2.CC_STAT_AREA] < smallest * prior.size and stats[i, cv2.CC_STAT_TOP] >= lowest
    ]
    if not specks:
        return prior
    grown = cv2.dilate(np.isin(labels, specks).astype(np.uint8), np.ones((9, 9), np.uint8)) > 0
    return np.where(grown & (prior < 0.999), np.minimum(prior, 0.02), prior).astype(np.float32)
