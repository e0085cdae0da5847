"""How sharp the photo is: the spread of its sharpest edges, so that what is put in is no sharper.

An edge blurred once more loses gradient by a ratio that tells how blurred it was: R = |grad I| / |grad (I * G(s0))|
gives s = s0 / sqrt(R^2 - 1) (Zhuo & Sim 2011, "Defocus map estimation from a single image").
"""

from __future__ import annotations

import cv2
import numpy as np

from fluxroom.scene import Float

PROBE = 1.0
"""Standard deviation of the second blur, pixels."""
FINEST, COARSEST = 0.45, 3.0
"""Limits of what is believed, pixels of the overview."""


def sharpness(pixels: Float, middle: float, reach: float = 0.25) -> float:
    """Standard deviation of the blur, pixels of `pixels` (h, w, 3), around that height (share of the picture)."""
    h = len(pixels)
    light = np.sqrt(np.clip(pixels[..., 1], 0, 1)).astype(np.float32)
    rows = slice(max(0, int((middle - reach) * h)), max(8, int((middle + reach) * h)))
    for part in (light[rows], light):
        slope = _slope(part)
        again = _slope(np.asarray(cv2.GaussianBlur(part, (0, 0), PROBE), np.float32))
        strong = slope > max(0.03, float(np.quantile(slope, 0.97)))
        if int(strong.sum()) < 60:
            continue
        ratio = slope[strong] / np.maximum(again[strong], 1e-4)
        spread = PROBE / np.sqrt(np.maximum(ratio**2 - 1, 0.02))
        return float(np.clip(np.quantile(spread, 0.12), FINEST, COARSEST))
    return 0.8


def _slope(light: Float) -> Float:
    across = cv2.Sobel(light, cv2.CV_32F, 1, 0, scale=0.125)
    down = cv2.Sobel(light, cv2.CV_32F, 0, 1, scale=0.125)
    return np.asarray(np.hypot(across, down), np.float32)
