"""Masks made softer, larger or smaller, at preview size; and rectangles."""

from __future__ import annotations

from typing import Literal

import cv2
import numpy as np

from fluxroom.operators.guided import box
from fluxroom.recipe import Box
from fluxroom.scene import Float

_REST = np.float32(1e-5)
"""Running sums leave a rest of rounding; what is this close to 0 or 1 is that exactly."""
_STEP = 4
"""Large discs are grown by small ones of this radius, pixels: much faster, and nearly as round."""


def reached(mask: Float, op: Literal["feather", "grow", "shrink"], percent: float) -> Float:
    """The mask feathered, grown or shrunk by percent of its long side. (h, w) float32 0..1, exact far from edges."""
    pixels = percent / 100 * max(mask.shape)
    if op == "feather":
        return _softened(mask, max(1, round(pixels / 3)), 3)
    if op == "shrink":
        return np.float32(1) - reached(np.float32(1) - mask, "grow", percent)
    left, grown = max(1, round(pixels)), mask
    while left > 0:
        radius = min(_STEP, left)
        disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
        grown = np.asarray(cv2.dilate(grown, disc), np.float32)
        left -= radius
    return np.maximum(_softened(grown, 1, 1), mask)  # no stairs when it is stretched; at corners nothing is lost


def _softened(mask: Float, radius: int, times: int) -> Float:
    """Box means one after another: nearly a Gaussian, but of finite reach (radius times `times`)."""
    soft = mask.astype(np.float64)
    for _ in range(times):
        soft = box(soft, radius)
    return np.asarray(np.clip((soft.astype(np.float32) - _REST) / (1 - 2 * _REST), 0, 1), np.float32)


def rectangle(corners: Box, y: int, x: int, height: int, width: int, image_height: int, image_width: int) -> Float:
    """(height, width) float32: how much of each pixel of a window at (y, x) lies inside the rectangle."""

    def covered(low: float, high: float, start: int, count: int, size: int) -> Float:
        at = start + np.arange(count, dtype=np.float64)
        inside = np.minimum(at + 1, high * size) - np.maximum(at, low * size)
        return np.asarray(np.clip(inside, 0, 1), np.float32)

    left, top, right, bottom = corners
    down, across = covered(top, bottom, y, height, image_height), covered(left, right, x, width, image_width)
    return np.asarray(np.outer(down, across), np.float32)
