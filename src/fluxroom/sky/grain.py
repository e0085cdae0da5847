"""The grain of a photo's sky, measured by frequency and made anew for what hides it.

The calmest patch of sky is taken, its slow changes removed, and white noise given its spectrum: a tile with the
same power at each frequency in each channel and no picture in it (Galerne, Gousseau & Morel 2011, "Random Phase
Textures"; for film grain Newson et al. 2017 compare such models).
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from fluxroom.sky.light import luminance

F32 = NDArray[np.float32]
SIDE, PATCH = 128, 64
"""Edges of the tile and of the measured patch, pixels of the small picture."""
SLOW = 2.5
"""What is smoother than this many pixels (standard deviation) is picture, not grain."""
MOST = 0.05
"""No sky has more grain than this, as a share of its light: what looks like more is cloud."""


@dataclass(frozen=True, slots=True)
class Grain:
    """tile: (SIDE, SIDE, 3) relative deviations of linear light, tiling; level: the luminance they were seen at."""

    tile: F32
    level: float


def measure(pixels: F32, sky: F32, seed: int) -> Grain:
    """The grain of `pixels` (h, w, 3, linear) where `sky` (h, w) is 1; nothing where too little sky is seen."""
    none = Grain(np.zeros((SIDE, SIDE, 3), np.float32), 0.2)
    h, w = sky.shape
    side = PATCH
    while side > 16 and (side > min(h, w) or not _windows(sky, side).any()):
        side //= 2
    if side > min(h, w):
        return none
    free = _windows(sky, side)
    if not free.any():
        return none
    rows = np.flatnonzero(free.any(1))
    first, last = int(rows[0]), int(rows[-1]) + side
    free = free[rows[0] : rows[-1] + 1]
    light = np.log(np.maximum(luminance(pixels[first:last]), 2e-3)).astype(np.float32)
    quick = light - cv2.GaussianBlur(light, (0, 0), SLOW)
    energy = cv2.boxFilter(quick * quick, -1, (side, side), anchor=(0, 0), borderType=cv2.BORDER_REFLECT)
    energy = energy[: free.shape[0], : free.shape[1]]
    # The least of all may be a burnt patch without any grain; what is little above it stands for the sky.
    chosen = np.abs(energy - np.quantile(energy[free][::7], 0.08)) + 1e3 * ~free
    y, x = np.unravel_index(int(chosen.argmin()), chosen.shape)
    patch = pixels[first + y : first + y + side, x : x + side]
    level = float(np.median(luminance(patch)))
    patch = np.log(np.maximum(patch, 2e-3)).astype(np.float32)
    patch = patch - cv2.GaussianBlur(patch, (0, 0), SLOW)
    window = np.hanning(side + 2)[1:-1]
    window = window[:, None] * window[None, :]
    window /= np.sqrt((window**2).mean())
    power = np.abs(np.fft.fft2((patch - patch.mean((0, 1))) * window[..., None], axes=(0, 1))) ** 2 / side**2
    # The same density on the tile's finer grid of frequencies; smoothed, since one patch tells it roughly.
    middle = cv2.GaussianBlur(np.fft.fftshift(power, axes=(0, 1)), (0, 0), 1.0, borderType=cv2.BORDER_REFLECT_101)
    whole = np.asarray(cv2.resize(middle, (SIDE, SIDE), interpolation=cv2.INTER_LINEAR), np.float64)
    random = np.random.Generator(np.random.PCG64(seed))
    waves = np.fft.fft2(random.standard_normal((SIDE, SIDE)))[..., None]
    tile = np.fft.ifft2(waves * np.sqrt(np.fft.ifftshift(whole, axes=(0, 1))), axes=(0, 1)).real
    tile -= tile.mean((0, 1))
    tile *= min(1.0, MOST / max(float(tile.std()), 1e-9))
    return Grain(np.ascontiguousarray(tile, np.float32), max(1e-3, level))


def _windows(sky: F32, side: int) -> NDArray[np.bool_]:
    """Where a square of that side, from its top left corner on, lies all in the sky."""
    whole = cv2.boxFilter(
        (sky > 0.98).astype(np.float32), -1, (side, side), anchor=(0, 0), borderType=cv2.BORDER_CONSTANT
    )
    return np.asarray(whole[: sky.shape[0] - side + 1, : sky.shape[1] - side + 1] > 0.999)
