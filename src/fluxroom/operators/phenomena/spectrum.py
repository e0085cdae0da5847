"""Light by wavelength: what a line, a star or a part of the rainbow looks like in linear Rec.2020.

Colour matching: Wyman, Sloan & Shirley 2013, "Simple Analytic Approximations to the CIE XYZ Color Matching Functions"
(JCGT 2-2), the multi-lobe fit. Black bodies: Planck 1901.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

F64 = NDArray[np.float64]

_FROM_XYZ = np.array(
    [
        [1.7166511880, -0.3556707838, -0.2533662814],
        [-0.6666843518, 1.6164812366, 0.0157685458],
        [0.0176398574, -0.0427706133, 0.9421031212],
    ]
)
_LUMA = np.array([0.2627, 0.6780, 0.0593])


def _lobe(nm: F64, middle: float, below: float, above: float) -> F64:
    t = (nm - middle) * np.where(nm < middle, below, above)
    return np.asarray(np.exp(-0.5 * t * t), dtype=np.float64)


def rgb_of_wavelengths(nm: Any) -> F64:
    """Linear Rec.2020 (..., 3) of equal energy at wavelengths in nm; luminance peaks at 1; out of gamut is below 0."""
    w = np.asarray(nm, dtype=np.float64)
    x = 1.056 * _lobe(w, 599.8, 0.0264, 0.0323) + 0.362 * _lobe(w, 442.0, 0.0624, 0.0374)
    x = x - 0.065 * _lobe(w, 501.1, 0.0490, 0.0382)
    y = 0.821 * _lobe(w, 568.8, 0.0213, 0.0247) + 0.286 * _lobe(w, 530.9, 0.0613, 0.0322)
    z = 1.217 * _lobe(w, 437.0, 0.0845, 0.0278) + 0.681 * _lobe(w, 459.0, 0.0385, 0.0725)
    return np.asarray(np.stack([x, y, z], axis=-1) @ _FROM_XYZ.T, dtype=np.float64)


def black_body(kelvin: Any) -> F64:
    """Linear Rec.2020 (..., 3) of black bodies, luminance 1, within the gamut; D65's cast is taken off."""
    nm = np.linspace(390, 720, 67)
    t = np.asarray(kelvin, dtype=np.float64)[..., None]
    power = (560.0 / nm) ** 5 * (np.exp(1.43877e7 / (560.0 * t)) - 1.0) / (np.exp(1.43877e7 / (nm * t)) - 1.0)
    rgb = np.maximum(power @ rgb_of_wavelengths(nm), 0.0)
    return np.asarray(rgb / (rgb @ _LUMA)[..., None], dtype=np.float64)


def line(nm: float, gamut: float = 0.0) -> F64:
    """Linear Rec.2020 (3,) of one spectral line, luminance 1, with `gamut` of white mixed in, negatives cut off."""
    rgb = rgb_of_wavelengths(nm)
    rgb = np.maximum(rgb / float(rgb @ _LUMA), 0.0) * (1.0 - gamut) + gamut
    return np.asarray(rgb / float(rgb @ _LUMA), dtype=np.float64)
