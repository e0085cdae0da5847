"""Where the far distance ends."""

from __future__ import annotations

import numpy as np

from fluxroom.scene import Float, Horizon


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


def _repeated_median(
    x: np.ndarray[tuple[int], np.dtype[np.float64]], y: np.ndarray[tuple[int], np.dtype[np.float64]]
) -> tuple[float, float]:
    run = x[None, :] - x[:, None]
    rise = y[None, :] - y[:, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        slopes = np.where(run == 0, np.nan, rise / run)
    slope = float(np.median(np.nanmedian(slopes, axis=1)))
    return slope, float(np.median(y - slope * x))
