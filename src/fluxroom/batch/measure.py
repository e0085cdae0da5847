"""What makes photos of a set look alike or not: brightness, colour of the light, contrast.

Everything is measured on a picture of about 500 pixels in linear light.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from fluxroom.operators.declare import LUMA
from fluxroom.photo.color import REC2020, primaries_to_xyz
from fluxroom.scene import Float

SIDE = 512
"""Long side in pixels of the picture that is measured."""
Double = NDArray[np.float64]
REC2020_XYZ = primaries_to_xyz(REC2020, (0.3127, 0.3290))
MINKOWSKI = 6.0
"""Power of the mean in shades of grey and grey edge; 6 is the optimum both papers found."""


@dataclass(frozen=True, slots=True)
class Measure:
    """One photo in figures.

    stops      log2 luminance of the midtones, 0 is diffuse white: the mean of the middle three fifths of what is
               neither black nor clipped (a plain median jumps when a picture is half sky and half land)
    red, blue  the estimated white of the scene as log2(R/G) and log2(B/G), linear Rec.2020
    mired      correlated colour temperature of that white, 1e6/K (154 is D65; more is warmer)
    l, a, b    mean of CIE L*a*b* (D65)
    contrast   standard deviation of L*
    """

    stops: float
    red: float
    blue: float
    mired: float
    l: float  # noqa: E741 (CIE's own name)
    a: float
    b: float
    contrast: float

    def to_dict(self) -> dict[str, float]:
        return {name: round(value, 5) for name, value in asdict(self).items()}

    @staticmethod
    def from_dict(data: dict[str, Any]) -> Measure:
        return Measure(**{name: float(value) for name, value in data.items()})


def measure(linear: Float) -> Measure:
    """Of (h, w, 3) float32 linear Rec.2020, 1.0 diffuse white. Rounded as it is kept in the journal."""
    pixels = linear.astype(np.float64)
    luma = pixels @ np.array(LUMA, np.float64)
    midtones = luma[(luma > 0.002) & (luma < 0.95)]
    if midtones.size < 0.02 * luma.size:
        midtones = luma.ravel()  # nearly all black or white: say so
    levels = np.sort(np.log2(np.maximum(midtones, 1e-4)))
    fifth = levels.size // 5
    stops = float(levels[fifth : levels.size - fifth].mean())
    white = scene_white(pixels)
    lab = to_lab(pixels)
    l, a, b = (float(v) for v in lab.reshape(-1, 3).mean(axis=0))  # noqa: E741
    red, blue = math.log2(white[0] / white[1]), math.log2(white[2] / white[1])
    figures = Measure(stops, red, blue, mired(white), l, a, b, float(lab[..., 0].std()))
    return Measure.from_dict(figures.to_dict())


def scene_white(pixels: Double) -> Double:
    """(3,) the likely colour of white in a picture, linear RGB with G = 1.

    The mean, in logarithms, of shades of grey (Finlayson and Trezzi, CIC 12, 2004) and grey edge of the first order
    (van de Weijer, Gevers and Gijsenij, IEEE TIP 16, 2007). Clipped and very dark pixels do not count; strongly
    coloured ones, such as blue sky and sunset, count the less the stronger their colour.
    """
    top, low = pixels.max(axis=2), np.maximum(pixels.min(axis=2), 0.0)
    saturation = (top - low) / np.maximum(top, 1e-6)
    ramp = np.clip((saturation - 0.25) / 0.45, 0, 1)
    weight = 1 - ramp * ramp * (3 - 2 * ramp) + 0.01
    weight = weight * ((top < 0.97) & (top > 0.004)) + 1e-6
    safe = np.clip(pixels, 1e-5, 1.0)
    shades = _mean(safe, weight)
    smooth: Any = cv2.GaussianBlur(safe, (0, 0), 1.0)
    across = np.abs(np.gradient(smooth, axis=1)) if smooth.shape[1] > 1 else np.zeros_like(smooth)
    down = np.abs(np.gradient(smooth, axis=0)) if smooth.shape[0] > 1 else np.zeros_like(smooth)
    # An edge beside a clipped pixel is as false as the pixel itself.
    whole: Any = cv2.erode(weight, np.ones((5, 5), np.uint8))
    edges = _mean(np.hypot(across, down) + 1e-6, whole)
    white: Double = np.exp(0.5 * (np.log(shades / shades[1]) + np.log(edges / edges[1])))
    return white


def _mean(values: Double, weight: Double) -> Double:
    total = (values**MINKOWSKI * weight[..., None]).reshape(-1, 3).sum(axis=0) / weight.sum()
    mean: Double = total ** (1 / MINKOWSKI)
    return mean


def mired(white: Double) -> float:
    """Correlated colour temperature in mired (McCamy, Color Research and Application 17, 1992), held to 50..600."""
    xyz = REC2020_XYZ @ white
    x, y = xyz[0] / xyz.sum(), xyz[1] / xyz.sum()
    n = (x - 0.3320) / min(y - 0.1858, -1e-6) if y < 0.1858 else (x - 0.3320) / max(y - 0.1858, 1e-6)
    kelvin = -449.0 * n**3 + 3525.0 * n**2 - 6823.3 * n + 5520.33
    return float(min(600.0, max(50.0, 1e6 / max(kelvin, 1.0))))


def to_lab(pixels: Double) -> Double:
    """(..., 3) CIE L*a*b* of linear Rec.2020, D65 (CIE 15:2018)."""
    xyz = np.clip(pixels, 0.0, None) @ REC2020_XYZ.T / REC2020_XYZ.sum(axis=1)
    f = np.where(xyz > 216 / 24389, np.cbrt(xyz), (24389 / 27 * xyz + 16) / 116)
    return np.stack([116 * f[..., 1] - 16, 500 * (f[..., 0] - f[..., 1]), 200 * (f[..., 1] - f[..., 2])], axis=-1)
