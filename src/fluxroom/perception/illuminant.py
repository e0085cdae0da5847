"""The colour of the light, and its correlated colour temperature.

A rendered photo was white-balanced by its camera, so what can be told is the light as the picture shows it: daylight
that the camera took for white comes out near 6500 K, whatever it was in nature.
"""

from __future__ import annotations

import math

import numpy as np

from fluxroom.operators.declare import LUMA
from fluxroom.scene import Float

XYZ_OF_REC2020 = np.array(
    [[0.636958, 0.144617, 0.168881], [0.262700, 0.677998, 0.059302], [0.0, 0.028073, 1.060985]], np.float64
)
"""ITU-R BT.2020-2 primaries, D65."""
COLDEST, WARMEST = 20000.0, 1500.0


def chromaticity(rgb: tuple[float, float, float] | Float) -> tuple[float, float]:
    """CIE 1931 (x, y) of a linear Rec.2020 colour."""
    big_x, big_y, big_z = XYZ_OF_REC2020 @ np.maximum(np.asarray(rgb, np.float64), 1e-9)
    total = big_x + big_y + big_z
    return float(big_x / total), float(big_y / total)


def color_temperature(x: float, y: float) -> float:
    """Correlated colour temperature in kelvin, held within 1500..20000.

    Hernandez-Andres, Lee and Romero, Applied Optics 38 (1999), eq. 3 (3000 K and more); below, McCamy, Color
    Research and Application 17 (1992).
    """
    n = (x - 0.3366) / (y - 0.1735) if abs(y - 0.1735) > 1e-6 else 0.0
    kelvin = (
        -949.86315
        + 6253.80338 * math.exp(min(-n / 0.92159, 8.0))
        + 28.70599 * math.exp(min(-n / 0.20039, 8.0))
        + 0.00004 * math.exp(min(-n / 0.07125, 20.0))
    )
    if kelvin < 3000:
        m = (x - 0.3320) / (0.1858 - y) if abs(y - 0.1858) > 1e-6 else 0.0
        kelvin = 449.0 * m**3 + 3525.0 * m**2 + 6823.3 * m + 5520.33
    return min(COLDEST, max(WARMEST, kelvin))


def off_locus(x: float, y: float) -> float:
    """How far from the black-body locus, in CIE 1960 uv: 0 plain light, 0.02 and more a tint that no daylight has.

    The locus by Krystek's approximation, Color Research and Application 10 (1985), 1000..15000 K.
    """
    t = min(15000.0, color_temperature(x, y))
    u0 = (0.860117757 + 1.54118254e-4 * t + 1.28641212e-7 * t * t) / (1 + 8.42420235e-4 * t + 7.08145163e-7 * t * t)
    v0 = (0.317398726 + 4.22806245e-5 * t + 4.20481691e-8 * t * t) / (1 - 2.89741816e-5 * t + 1.61456053e-7 * t * t)
    bottom = -2 * x + 12 * y + 3
    return math.hypot(4 * x / bottom - u0, 6 * y / bottom - v0)


def shade_of_grey(pixels: Float, power: float = 6.0) -> Float:
    """The illuminant of pixels (n, 3): the Minkowski mean of each channel (Finlayson and Trezzi, CIC 12, 2004)."""
    safe = np.clip(pixels, 1e-4, 1.0).astype(np.float64)
    return np.array([np.mean(safe[:, i] ** power) ** (1 / power) for i in range(3)], np.float32)


def light_color(small: Float, regions: dict[str, Float], near: Float, visible: bool) -> tuple[Float, float]:
    """(linear RGB of the main light, how well the witnesses agree 0..1).

    small: (h, w, 3) linear Rec.2020; regions at that size; near: mean colour around the light in the sky. Witnesses
    are what is nearly grey by nature: bright cloud, snow, sand, and everything that is no sky as shades of grey; a
    sun in the frame speaks for itself.
    """
    small = np.ascontiguousarray(small[::2, ::2])  # a mean needs no more
    regions = {name: mask[::2, ::2] for name, mask in regions.items()}
    luma = small @ np.array(LUMA, np.float32)
    plain = (luma < 0.97) & (luma > 0.004)
    witnesses: list[tuple[Float, float]] = []
    for name, weight in (("clouds", 1.0), ("snow", 1.0), ("building", 0.3), ("road", 0.4)):
        inside = (regions[name] > 0.6) & plain if name in regions else np.zeros_like(plain)
        if inside.mean() > 0.02:
            bright = inside & (luma >= np.quantile(luma[inside], 0.6))
            witnesses.append((shade_of_grey(small[bright]), weight))
    green = small[..., 1] > 1.1 * np.maximum(small[..., 0], small[..., 2])
    rest = (regions["sky"] < 0.3) & plain & ~green
    if rest.mean() > 0.05:
        witnesses.append((shade_of_grey(small[rest]), 0.7))
    if visible or not witnesses:
        witnesses.append((near, 1.5 if visible else 0.5))
    colors = np.array([np.log(np.maximum(c / max(float(c.mean()), 1e-6), 1e-4)) for c, _ in witnesses])
    weights = np.array([w for _, w in witnesses])
    mean = (colors * weights[:, None]).sum(0) / weights.sum()
    spread = math.sqrt(float((((colors - mean) ** 2).sum(1) * weights).sum() / weights.sum()))
    agree = math.exp(-spread / 0.35) * min(1.0, 0.25 + 0.35 * weights.sum())
    return np.asarray(np.exp(mean), np.float32), float(agree)
