"""Noise, banding and oversharpening: what only shows at full size, looked for in a few dozen small tiles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from fluxroom.photo.photo import Codes
from fluxroom.scene import Float

TILE = 64
"""Side of a tile, pixels."""
MOST = 48
"""Tiles of each sort."""
_LAPLACE = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32)

Tiles = list[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Grain:
    """Of one edit, in codes of 255.

    noise        noise that was added in smooth parts, beyond what the edit's own gain makes of the photo's
    banding      share of smooth parts where levels are missing that the photo had
    sharpening   how many times stronger the finest detail became against coarser detail
    smooth, sloping, detailed   how many tiles told it
    """

    noise: float
    banding: float
    sharpening: float
    smooth: int
    sloping: int
    detailed: int


def look(before: Codes, after: Codes, change: Float, small: tuple[Codes, Codes] | None = None) -> Grain:
    """before, after: (H, W, C) codes of any depth; change: (h, w) small map, 0 where nothing changed; small: both made
    small, to choose the tiles by."""
    smooth, sloping, detailed = _choose(before, after, change, small or (before, after))
    noises, bands, sharp = [], [], []
    for y, x in smooth:
        noises.append(_added(_tile(before, y, x), _tile(after, y, x)))
    for y, x in sloping:
        bands.append(_banded(_tile(before, y, x), _tile(after, y, x)))
    for y, x in detailed:
        one, other = (_tile(codes, y, x).mean(2) for codes in (before, after))
        sharp.append(_finest(other) / max(_finest(one), 1e-3))
    return Grain(
        float(np.median(noises)) if noises else 0.0,
        float(np.mean(bands)) if bands else 0.0,
        float(np.median(sharp)) if sharp else 1.0,
        len(smooth),
        len(sloping),
        len(detailed),
    )


def _choose(before: Codes, after: Codes, change: Float, pictures: tuple[Codes, Codes]) -> tuple[Tiles, Tiles, Tiles]:
    """The smoothest, the smooth with a tone that runs on, and the most detailed places that changed, away from pure
    black and white."""
    h, w = before.shape[:2]
    size = (max(1, w // TILE), max(1, h // TILE))
    if h < TILE or w < TILE:
        return [], [], []
    coarse = (size[0] * 8, size[1] * 8)
    small = []
    for codes in pictures:
        high, wide = (codes.shape[0] * size[1] * TILE // h, codes.shape[1] * size[0] * TILE // w)
        small.append(_grey(cv2.resize(codes[:high, :wide], coarse, interpolation=cv2.INTER_AREA)))
    rough, tone, slope = zip(*(_roughness(plane, size) for plane in small), strict=True)
    changed = cv2.resize(change, size, interpolation=cv2.INTER_AREA) > 1e-4
    usable = changed & (tone[1] > 16) & (tone[1] < 244) & (tone[0] > 6) & (tone[0] < 249)
    worse = np.maximum(rough[0], rough[1])
    calm = _places(np.where(usable & (worse < 12.0), -worse, -np.inf))
    sloping = _places(np.where(usable & (rough[0] < 2.0) & (worse < 8.0) & (slope[1] > 0.7), slope[1], -np.inf))
    busy = _places(np.where(usable & (rough[0] > 4.0), rough[0], -np.inf))
    return calm, sloping, busy


def _roughness(plane: Float, size: tuple[int, int]) -> tuple[Float, Float, Float]:
    """Per tile: standard deviation after a slope is taken out, the mean, and that of the slope, codes of 255."""
    blocks = plane.reshape(size[1], 8, size[0], 8).transpose(0, 2, 1, 3).astype(np.float64)
    mean = blocks.mean((2, 3))
    line = (np.arange(8) - 3.5) / 5.25**0.5
    across, down = (blocks * line).mean((2, 3)), (blocks * line[:, None]).mean((2, 3))
    left = (blocks**2).mean((2, 3)) - mean**2 - across**2 - down**2
    rough, slope = np.sqrt(np.maximum(left, 0)), np.hypot(across, down)
    return rough.astype(np.float32), mean.astype(np.float32), slope.astype(np.float32)


def _places(score: NDArray[np.float32]) -> Tiles:
    """The best-scoring tiles, at most MOST, as top left pixels."""
    order = np.argsort(-score, axis=None, kind="stable")[:MOST]
    rows, columns = np.unravel_index(order, score.shape)
    return [(int(r) * TILE, int(c) * TILE) for r, c in zip(rows, columns, strict=True) if np.isfinite(score[r, c])]


def _grey(codes: Any) -> Float:
    scale = np.float32(1 if codes.dtype == np.uint8 else 1 / 257)
    plane = codes if codes.ndim == 2 else codes.mean(2)
    return np.asarray(plane * scale, np.float32)


def _tile(codes: Codes, y: int, x: int) -> Float:
    part = codes[y : y + TILE, x : x + TILE].astype(np.float32)
    return np.asarray(part if codes.dtype == np.uint8 else part / np.float32(257), np.float32)


def _sigma(plane: Float) -> float:
    """Standard deviation of noise (Immerkaer 1996), codes."""
    response = cv2.filter2D(plane, cv2.CV_32F, _LAPLACE)[1:-1, 1:-1]
    return float(np.abs(response).mean() * np.sqrt(np.pi / 2) / 6)


def _added(before: Float, after: Float) -> float:
    """Noise of the noisiest channel beyond that of the photo times the gain of the edit there."""
    most = 0.0
    for c in range(after.shape[2]):
        one, other = before[..., min(c, before.shape[2] - 1)], after[..., c]
        gain = max(1.0, float(other.mean()) / max(float(one.mean()), 1.0))
        own = 1.15 * gain * _sigma(one)
        most = max(most, _sigma(other) ** 2 - own**2)
    return float(np.sqrt(most))


def _banded(before: Float, after: Float) -> float:
    """1 where flat steps with jumps between them stand in for a tone that ran on in the photo, else 0."""
    for c in range(after.shape[2]):
        one, other = before[..., min(c, before.shape[2] - 1)], after[..., c]
        jumps = _jumps(other)
        if jumps > 0 and _jumps(one) < 0.25 * jumps:
            return 1.0
    return 0.0


def _jumps(plane: Float) -> float:
    """How often, per pixel, a tone that stands still jumps by three codes or more; 0 where it hardly stands still."""
    steps = np.abs(np.concatenate([np.diff(plane, axis=0).ravel(), np.diff(plane, axis=1).ravel()]))
    if float((steps < 0.5).mean()) < 0.8:
        return 0.0
    moving = steps[steps >= 0.5]
    if len(moving) < 12 or float((moving >= 2.5).mean()) < 0.7:
        return 0.0
    return float((steps >= 2.5).mean())


def _finest(plane: Float) -> float:
    """Contrast of detail of about a pixel against that of about four."""
    fine = cv2.GaussianBlur(plane, (0, 0), 1.0)
    coarse = cv2.GaussianBlur(plane, (0, 0), 3.0)
    return float(np.abs(plane - fine).mean() / max(float(np.abs(fine - coarse).mean()), 0.2))
