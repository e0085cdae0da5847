"""What can be measured of a region before and after an edit."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from fluxroom.operators.declare import LUMA
from fluxroom.scene import Float

DARK = 2e-3
"""Linear luminance floor of the logarithms: below it noise decides."""
WHITE, BLACK = 0.995, 4e-4
"""Linear values that count as pure: all channels at or above, at or below."""


@dataclass(frozen=True, slots=True)
class Measures:
    """Of one region of one picture, mask-weighted.

    luminance   mean log2 luminance, EV
    contrast    standard deviation of log2 luminance, EV
    structure   the same within a band of 1 % to 8 % of the long side (clouds live here), EV
    detail      the same below 1 % of the long side, EV
    warmth      mean log2(red / blue), stops
    tint        mean log2(red * blue / green^2) / 2, stops: positive is magenta
    chroma      mean of (max - min) / (max + min)
    shadows, highlights   mean log2 luminance of the darkest and the lightest fifth, EV
    clipped     share of pixels at or above white
    crushed     share of pixels at black
    """

    luminance: float
    contrast: float
    structure: float
    detail: float
    warmth: float
    tint: float
    chroma: float
    shadows: float
    highlights: float
    clipped: float
    crushed: float


def measure(pixels: Float, mask: Float) -> Measures:
    """pixels: (h, w, 3) float32 linear Rec.2020; mask: (h, w) float32 0..1, not all zero."""
    weight = mask.astype(np.float64)
    total = weight.sum()
    safe = np.maximum(pixels, 0)
    luma = np.log2(np.maximum(safe @ np.array(LUMA, np.float32), DARK)).astype(np.float32)

    def mean(x: Float) -> float:
        return float((x * weight).sum() / total)

    side = max(mask.shape)
    soft = mask.astype(np.float32)
    near = _blur(luma, soft, side * 0.01)
    fine, band = luma - near, near - _blur(luma, soft, side * 0.08)
    low, high = _extremes(safe)
    pure, black = low >= WHITE, high <= BLACK
    low, high = low + np.float32(DARK), high + np.float32(DARK)
    red, green, blue = (np.log2(safe[..., c] + np.float32(DARK)) for c in range(3))
    inside = luma[mask > 0.5]
    if inside.size == 0:
        inside = luma.ravel()
    q20, q80 = np.quantile(inside, [0.2, 0.8])
    centre = mean(luma)
    return Measures(
        luminance=centre,
        contrast=float(np.sqrt(mean((luma - centre) ** 2))),
        structure=float(np.sqrt(mean(band**2))),
        detail=float(np.sqrt(mean(fine**2))),
        warmth=mean(red - blue),
        tint=mean(red + blue - 2 * green) / 2,
        chroma=mean((high - low) / (high + low)),
        shadows=float(inside[inside <= q20].mean()),
        highlights=float(inside[inside >= q80].mean()),
        clipped=mean(pure.astype(np.float32)),
        crushed=mean(black.astype(np.float32)),
    )


def pure_tones(pixels: Float) -> tuple[float, float]:
    """Shares of pure white and pure black in a whole picture, (h, w, 3) linear."""
    low, high = _extremes(pixels)
    return float((low >= WHITE).mean()), float((high <= BLACK).mean())


def _extremes(pixels: Float) -> tuple[Float, Float]:
    """The smallest and the largest channel of each pixel."""
    r, g, b = pixels[..., 0], pixels[..., 1], pixels[..., 2]
    return np.minimum(np.minimum(r, g), b), np.maximum(np.maximum(r, g), b)


def _blur(image: Float, mask: Float, sigma: float) -> Float:
    """Gaussian mean over the mask only (normalised convolution)."""
    step = max(1, int(sigma // 3))
    size = (max(1, image.shape[1] // step), max(1, image.shape[0] // step))
    top = cv2.GaussianBlur(cv2.resize(image * mask, size, interpolation=cv2.INTER_AREA), (0, 0), sigma / step)
    mass = cv2.GaussianBlur(cv2.resize(mask, size, interpolation=cv2.INTER_AREA), (0, 0), sigma / step)
    return np.asarray(cv2.resize(top / np.maximum(mass, 1e-3), (image.shape[1], image.shape[0])), np.float32)
