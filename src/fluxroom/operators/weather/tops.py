"""What faces up on rocks and houses, told from outlines: where snow comes to lie, whatever side the sun lights.

A rock's top is what comes first under its outline, or under an edge within a heap of rocks; a roof is what has the
colour of the house's parts right under the sky, if most of the house has another.
"""

from __future__ import annotations

import cv2
import numpy as np

from fluxroom.scene import Float
from fluxroom.sky import maps
from fluxroom.sky._jit import jit


@jit
def _runs(inside: Float, edge: Float, out: Float) -> None:
    """(h, w) how far under the last outline or edge, in heights of the frame; 9 outside."""
    h, w = inside.shape
    step = np.float32(1.0) / np.float32(h)
    for x in range(w):
        run = np.float32(9.0)
        for r in range(h):
            if inside[r, x] < np.float32(0.5):
                run = np.float32(0.0)
                out[r, x] = np.float32(9.0)
                continue
            run = (run + step) * (np.float32(1.0) - edge[r, x])
            out[r, x] = run


def rock_tops(guide: Float, rock: Float, far: Float) -> Float:
    """(h, w) 0..1: how surely a place of rock faces up. guide: (h, w, 3) square-root colours; far: log distance."""
    h, w = rock.shape
    tone = maps.blur(np.ascontiguousarray(guide.mean(-1), np.float32), 0.0025 * w)
    step = max(1, round(0.004 * h))
    rise = np.zeros_like(tone)
    rise[step:] = tone[step:] - tone[:-step]
    # Under a dark gap the next rock begins.
    rise = np.asarray(cv2.blur(rise, (max(3, round(0.02 * w)) | 1, 1)), np.float32)
    edge = np.clip((rise - 0.035) / 0.05, 0, 1).astype(np.float32)
    run = np.empty((h, w), np.float32)
    _runs(rock, edge, run)
    scale = 0.055 / (1.0 + 0.35 * np.exp(np.minimum(far, 2.5)) / 3.0)
    top = np.exp(-((run / scale.astype(np.float32)) ** 1.5)).astype(np.float32)
    return maps.blur(np.where(run < 5, top, np.float32(0)), 0.002 * w)


def roofs(guide: Float, building: Float, sky: Float) -> Float:
    """(h, w) 0..1: parts of houses with the colour that is right under the sky."""
    h, w = building.shape
    soft = maps.blur(guide, 0.003 * w)
    near = max(2, round(0.02 * h))
    above = np.zeros_like(sky)
    above[near:] = sky[:-near]
    rim = (building > 0.7) & (above > 0.6)
    solid = building > 0.6
    if int(rim.sum()) < 24 or int(solid.sum()) < 64:
        return np.zeros_like(building)
    own = np.median(soft[rim], axis=0)
    away = np.abs(soft - own).sum(-1)
    like = np.clip(1.5 - away / 0.22, 0, 1) * np.clip(2 * building - 1, 0, 1)
    share = float(like[solid].mean(dtype=np.float64))
    sure = min(1.0, max(0.0, (0.50 - share) / 0.12))
    return np.asarray(np.float32(sure) * like, np.float32)
