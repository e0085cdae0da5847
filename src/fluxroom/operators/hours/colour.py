"""Colours of whole maps in Oklab (Ottosson 2020), and how two of them are mixed."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fluxroom.operators.declare import LUMA

Double = NDArray[np.float64]

_XYZ = np.array([[0.6369580, 0.1446169, 0.1688810], [0.2627002, 0.6779981, 0.0593017], [0.0, 0.0280727, 1.0609851]])
_CONES = (
    np.array(
        [
            [0.8189330101, 0.3618667424, -0.1288597137],
            [0.0329845436, 0.9293118715, 0.0361456387],
            [0.0482003018, 0.2643662691, 0.6338517070],
        ]
    )
    @ _XYZ
)
_CONES = _CONES / _CONES.sum(axis=1, keepdims=True)  # white is exactly neutral
_RGB = np.linalg.inv(_CONES)
_LAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)
_ROOTS = np.linalg.inv(_LAB)
LEVEL = 0.35
"""Luminance at which colours are judged."""


def luma(rgb: Double) -> Double:
    return np.asarray(rgb @ np.array(LUMA, np.float64))


def plain(rgb: Double) -> Double:
    """Scaled to luminance 1."""
    return np.asarray(rgb / np.maximum(luma(rgb), 1e-9)[..., None])


def film(rgb: Double, chroma: float, most: float, rose: float) -> Double:
    """The model's colours as a photo shows them, (..., 3) at luminance 1.

    chroma  factor on it; most: the largest, approached softly (Oklab, at luminance LEVEL)
    rose    how far green is turned to rose where orange goes over to blue. The model has no stratospheric dust, whose
            purple light lies there (Lee & Hernandez-Andres 2003, "Measuring and modeling twilight's purple light").
    """
    lab = np.cbrt(np.maximum(LEVEL * plain(rgb), 1e-6) @ _CONES.T) @ _LAB.T
    a, b = chroma * lab[..., 1], chroma * lab[..., 2]
    between = np.exp(-((b / 0.042) ** 2))
    a = np.where(a < 0, a * (1.0 - min(1.0, 0.55 + 0.45 * rose) * (rose > 0) * np.clip((b + 0.06) / 0.05, 0, 1)), a)
    a = a + rose * (0.045 * between + 0.45 * np.maximum(b, 0))
    size = np.hypot(a, b)
    held = most * np.tanh(size / most) / np.maximum(size, 1e-9)
    lab = np.stack([lab[..., 0], a * held, b * held], axis=-1)
    return plain(np.maximum(((lab @ _ROOTS.T) ** 3) @ _RGB.T, 0.01))


def mixed(first: Double, second: Double, share: Double | float) -> Double:
    """Colours of luminance 1, mixed as light is: orange and blue make rose, not green."""
    part = np.asarray(share)
    part = part[..., None] if part.ndim else part
    return np.asarray(first + part * (second - first))
