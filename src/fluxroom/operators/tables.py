"""Making the tables that the kernels read, and small things the families share."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from fluxroom.operators import kernels as k
from fluxroom.operators.declare import LUMA, Overview, Window
from fluxroom.operators.guided import fit_self
from fluxroom.scene import Float, Scene

Double = NDArray[np.float64]
GAMMA = 2.2
"""Curves are drawn over brightness ** (1 / GAMMA), which is close to how bright a display value looks."""


def luminance(pixels: Float) -> Float:
    """Luminance of linear Rec.2020 pixels, negative values taken as 0."""
    r, g, b = (np.float32(weight) for weight in LUMA)
    return np.asarray(np.maximum(r * pixels[..., 0] + g * pixels[..., 1] + b * pixels[..., 2], 0), np.float32)


def log_luminance(pixels: Float) -> Float:
    """log2 luminance in EV under white, with the kernels' floor."""
    return np.asarray(np.log2(luminance(pixels) + np.float32(k.LOG_FLOOR)), np.float32)


def key(overview: Overview) -> float:
    """Mean brightness of the picture as the eye adapts to it: the geometric mean luminance, 0.02..0.6."""
    return float(np.clip(2.0 ** log_luminance(overview.pixels).mean(dtype=np.float64), 0.02, 0.6))


def gain_table(shape: Callable[[Double], Double], lift: float = 0.0, most: float = 8.0) -> Float:
    """Gains for `kernels.curve` from a curve over display brightness x (1 = white); at most `most`."""
    n = np.linspace(0, np.sqrt(k.CURVE_TOP), k.CURVE_SIZE) ** 2
    n[0] = n[1] / 16
    y = np.maximum(shape(n ** (1 / GAMMA)), 0) ** GAMMA
    gain = (y - lift * np.maximum(1 - n, 0) ** 2) / n
    return np.clip(gain, 0, most).astype(np.float32)


def base_levels() -> Double:
    """The base luminances (EV under white) at which `layer_tone`'s tables are given."""
    return np.linspace(k.LOG_LOW, k.LOG_HIGH, k.LOG_SIZE)


def base_layer(overview: Overview, radius: float, contrast: float) -> Float:
    """(h, w, 2) coefficients of the edge-preserving base of log luminance.

    radius    share of the long side
    contrast  EV; edges well above it stay in the base, detail well below it does not
    """
    r = max(1, round(radius * max(overview.pixels.shape[:2])))
    return np.stack(fit_self(log_luminance(overview.pixels), r, contrast**2), axis=-1)


def smoothstep(low: float, high: float, x: Double) -> Double:
    """0 below low, 1 above high, smooth between (low > high turns it round)."""
    t = np.clip((x - low) / (high - low), 0, 1)
    return np.asarray(t * t * (3 - 2 * t))


def pseudo_angle(degrees: Double) -> Double:
    """What `oklab_adjust` uses in place of the angle: 0..4 round the circle, without any arc tangent."""
    a, b = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    p = b / (np.abs(a) + np.abs(b))
    return np.asarray(np.where(a < 0, 2 - p, np.where(b >= 0, p, p + 4)))


def hue_angles() -> Double:
    """The hues (degrees 0..360) at which `oklab_adjust`'s hue table is given."""
    p = np.linspace(0, 4, k.HUE_SIZE)
    b = np.where(p <= 1, p, np.where(p < 3, 2 - p, p - 4))  # of a point on the square |a| + |b| = 1
    a = np.where((p <= 1) | (p >= 3), 1, -1) * (1 - np.abs(b))
    return np.asarray(np.mod(np.degrees(np.arctan2(b, a)), 360))


def oklab_tables(
    hue: Double | None = None, chroma: Double | None = None, light: Double | None = None
) -> tuple[Float, Float, Float]:
    """Tables for `oklab_adjust`; those left out change nothing."""
    still = np.tile(np.array([1.0, 0.0, 0.0]), (k.HUE_SIZE, 1))
    return (
        np.ascontiguousarray(still if hue is None else hue, np.float32),
        np.ascontiguousarray(np.ones(k.CHROMA_SIZE) if chroma is None else chroma, np.float32),
        np.ascontiguousarray(np.zeros((k.LIGHT_SIZE, 2)) if light is None else light, np.float32),
    )


def chroma_levels() -> Double:
    """The Oklab chromas at which `oklab_adjust`'s chroma table is given."""
    return np.linspace(0, k.CHROMA_TOP, k.CHROMA_SIZE)


def light_levels() -> Double:
    """The Oklab lightnesses at which `oklab_adjust`'s light table is given."""
    return np.linspace(0, k.LIGHT_TOP, k.LIGHT_SIZE)


def photo_side(scene: Scene) -> int:
    """Long side of the full-size photo, pixels."""
    return max(scene.width, scene.height)


def scale_of(window: Window, side: int) -> float:
    """How large the picture being worked on is against the full-size photo: 1 at full size, less on the overview."""
    return max(window.image_width, window.image_height) / side
