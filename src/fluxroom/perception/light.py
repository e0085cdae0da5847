"""Where the far distance ends and where the light comes from."""

from __future__ import annotations

import cv2
import numpy as np

from fluxroom.operators.declare import LUMA
from fluxroom.scene import Float, Horizon, Light


def find_horizon(regions: dict[str, Float]) -> Horizon:
    """The horizon line.

    Where water meets sky it is that edge, fitted by a robust line (repeated median,
    Siegel 1982). Elsewhere it is guessed: hills hide it, so it lies below the lowest sky.
    """
    sky, water = regions["sky"], regions["water"]
    height, width = sky.shape
    columns = np.unique(np.linspace(0, width - 1, min(width, 160)).astype(int))
    sea_x, sea_y, land_y = [], [], []
    gap = max(2, round(height * 0.02))
    for x in columns:
        open_sky = np.flatnonzero(sky[:, x] > 0.5)
        if open_sky.size < 3:
            continue
        bottom = int(open_sky[-1])
        land_y.append((bottom + 1) / height)
        below = water[bottom + 1 : bottom + 1 + 3 * gap, x]
        if below.size > gap and below[gap:].mean() > 0.6:
            sea_x.append(x / width)
            sea_y.append((bottom + 1) / height)
    if len(sea_x) >= 0.12 * columns.size and len(sea_x) >= 8:
        xs, ys = np.array(sea_x), np.array(sea_y)
        slope, start = _repeated_median(xs, ys)
        fit = np.abs(ys - (start + slope * xs)) < 0.012
        if fit.mean() > 0.5 and abs(slope) < 0.15:
            confidence = float(np.clip(fit.mean() * (0.5 + len(sea_x) / columns.size), 0, 0.97))
            return Horizon(float(start), float(start + slope), round(confidence, 3))
    water_rows = np.flatnonzero((water > 0.5).mean(1) > 0.08)
    if water_rows.size:
        top = float(water_rows[0]) / height
        return Horizon(top, top, 0.5)
    if land_y:
        guess = float(np.clip(np.quantile(land_y, 0.9) + 0.02, 0.05, 0.95))
        return Horizon(guess, guess, 0.3)
    return Horizon(0.4, 0.4, 0.05)


def _repeated_median(x: np.ndarray[tuple[int], np.dtype[np.float64]], y: np.ndarray[tuple[int], np.dtype[np.float64]]) -> tuple[float, float]:
    run = x[None, :] - x[:, None]
    rise = y[None, :] - y[:, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        slopes = np.where(run == 0, np.nan, rise / run)
    slope = float(np.median(np.nanmedian(slopes, axis=1)))
    return slope, float(np.median(y - slope * x))


def find_light(preview: Float, regions: dict[str, Float], horizon: Horizon, field_of_view: float) -> Light:
    """The sun or, without one, the brightest part of the sky.

    A sun in the frame is a small, nearly white spot, much brighter than the sky around it;
    otherwise the sky's own slope of brightness tells the direction.
    """
    height, width = preview.shape[:2]
    luma = (preview @ np.array(LUMA, np.float32)).astype(np.float32)
    sky = regions["sky"]
    inside = (sky > 0.6).astype(np.float32)
    if inside.sum() < 0.004 * inside.size:
        color = _color(preview.reshape(-1, 3).mean(0))
        return Light(0.5, -0.3, False, color, _warmth(color), 40.0, 0.7, 0.05)
    side = max(height, width)
    wide = _masked_blur(luma, inside, side * 0.05)
    fine = _masked_blur(luma, inside, side * 0.008)
    masked = np.where(inside > 0, fine, 0)
    # A sun is where fine brightness and the glow around it agree.
    score = masked + 0.6 * np.where(inside > 0, wide, 0)
    row, column = np.unravel_index(int(score.argmax()), score.shape)
    x, y = (float(column) + 0.5) / width, (float(row) + 0.5) / height
    peak = float(masked[row, column])
    around = luma[inside > 0]
    typical = float(np.median(around))
    stands_out = peak / max(typical, 1e-3)
    saturated = float((luma[inside > 0] > 0.92 * max(peak, 1e-3)).mean())
    disc = peak > 0.7 and stands_out > 1.6 and saturated < 0.12
    near = np.exp(-(((np.arange(width) + 0.5)[None] / width - x) ** 2 + (((np.arange(height) + 0.5)[:, None] / height - y) * height / width) ** 2) / (2 * 0.12**2))
    weight = (near * inside).astype(np.float32)
    glow = (preview * weight[..., None]).sum((0, 1)) / max(float(weight.sum()), 1e-6)
    color = _color(glow)
    contrast = float(np.quantile(around, 0.98) / max(np.quantile(around, 0.3), 1e-3))
    confidence = 0.9 if disc else float(np.clip(0.15 + 0.2 * np.log2(max(contrast, 1)), 0.1, 0.6))
    if not disc:  # outside the frame: further along the slope of the sky's brightness
        x, y = _beyond(wide, inside, x, y)
    per_degree = 1 / field_of_view
    elevation = (horizon.y(x) - y) * height / width / per_degree
    softness = float(np.clip(1.2 - 0.45 * np.log2(max(contrast, 1)), 0, 1)) if not disc else 0.2
    return Light(
        round(x, 4), round(y, 4), disc, color, _warmth(color), round(float(elevation), 1), round(softness, 3), round(confidence, 3)
    )


def _masked_blur(image: Float, mask: Float, sigma: float) -> Float:
    step = max(1, int(sigma // 4))
    size = (max(1, image.shape[1] // step), max(1, image.shape[0] // step))
    top = cv2.GaussianBlur(cv2.resize(image * mask, size, interpolation=cv2.INTER_AREA), (0, 0), sigma / step)
    mass = cv2.GaussianBlur(cv2.resize(mask, size, interpolation=cv2.INTER_AREA), (0, 0), sigma / step)
    out = top / np.maximum(mass, 1e-3)
    return np.asarray(cv2.resize(out, (image.shape[1], image.shape[0]), interpolation=cv2.INTER_LINEAR), np.float32)


def _beyond(glow: Float, inside: Float, x: float, y: float) -> tuple[float, float]:
    """Push a peak that lies on the frame's edge a little outside it."""
    if x < 0.04:
        return -0.12, y
    if x > 0.96:
        return 1.12, y
    if y < 0.04:
        return x, -0.15
    return x, y


def _color(rgb: Float) -> tuple[float, float, float]:
    safe = np.maximum(rgb.astype(np.float64), 1e-5)
    safe /= safe.mean()
    return (round(float(safe[0]), 4), round(float(safe[1]), 4), round(float(safe[2]), 4))


def _warmth(color: tuple[float, float, float]) -> float:
    return round(float(np.clip(np.log2(color[0] / color[2]) / 2.2, 0, 1)), 3)
