"""How sharp the photo is: the spread of its sharpest edges, so that what is put in is no sharper.

An edge blurred once more loses gradient by a ratio that tells how blurred it was: R = |grad I| / |grad (I * G(s0))|
gives s = s0 / sqrt(R^2 - 1) (Zhuo & Sim 2011, "Defocus map estimation from a single image").
"""

from __future__ import annotations

import cv2
import numpy as np

from fluxroom.operators.declare import Overview
from fluxroom.scene import Float

PROBE = 1.0
"""Standard deviation of the second blur, pixels."""
LEAST = 0.012
"""Slope of what counts as an edge, square root of light a pixel."""
OWN = 0.42
"""Variance that a difference over two pixels and the pixels themselves add, square pixels."""
FINEST, COARSEST = 0.45, 3.0
"""Limits of what is believed, pixels of the overview."""


def sharpness(overview: Overview, x: float | None, y: float, reach: float = 0.22) -> float:
    """Standard deviation of the blur around a place, pixels of the overview. x None: all across the picture.

    Clouds and waves are soft by themselves: only what stands on the land tells, if there is enough of it.
    """
    pixels = overview.pixels
    h, w = pixels.shape[:2]
    light = np.sqrt(np.clip(pixels[..., 1], 0, 1)).astype(np.float32)
    soft = np.zeros((h, w), np.float32)
    for name in ("sky", "water"):
        mask = overview.scene.regions.get(name)
        if mask is not None and mask.shape == soft.shape:
            soft = np.maximum(soft, cv2.erode(mask, np.ones((5, 5), np.uint8)))
    rows = slice(max(0, int((y - reach) * h)), max(8, int((y + reach) * h)))
    columns = slice(0, w) if x is None else slice(max(0, int((x - reach) * w)), max(8, int((x + reach) * w)))
    slope = _slope(light)
    again = _slope(np.asarray(cv2.GaussianBlur(light, (0, 0), PROBE), np.float32))
    slope[soft > 0.5] = 0
    for part in ((rows, columns), (rows, slice(0, w)), (slice(0, h), slice(0, w))):
        steep, less = slope[part], again[part]
        if steep.size == 0:
            continue
        strong = steep >= max(LEAST, float(np.quantile(steep, 0.97)))
        if int(strong.sum()) < 60:
            continue
        ratio = steep[strong] / np.maximum(less[strong], 1e-4)
        square = PROBE**2 / np.maximum(ratio**2 - 1, 0.02) - OWN
        return float(np.clip(np.sqrt(max(0.0, float(np.quantile(square, 0.15)))), FINEST, COARSEST))
    return 0.6


def _slope(light: Float) -> Float:
    across = cv2.Sobel(light, cv2.CV_32F, 1, 0, scale=0.125)
    down = cv2.Sobel(light, cv2.CV_32F, 0, 1, scale=0.125)
    return np.asarray(np.hypot(across, down), np.float32)
