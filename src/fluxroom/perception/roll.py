"""How far a picture is turned, by the upright things in it."""

from __future__ import annotations

import cv2
import numpy as np

from fluxroom.scene import Float

LEANING = 18.0
"""Degrees from upright up to which a straight edge may be a wall, a mast or a trunk."""
SIDE = 320
AGREES = 1.5
"""Degrees within which edges say the same."""


def upright_roll(grey: Float) -> tuple[float, float]:
    """(degrees by which the picture's horizon falls to the right, confidence 0..1) from upright straight edges.

    grey: (h, w) 0..1, looked at with a long side of at most SIDE. Straight edges by LSD (von Gioi et al., IPOL 2012).
    A camera that looks up or down makes uprights lean towards each other, symmetric about the middle, so their lean is
    fitted as a straight function of x (iteratively reweighted least squares, Cauchy weights); its value in the middle
    is the roll.
    """
    scale = min(1.0, SIDE / max(grey.shape))
    height, width = (max(3, round(side * scale)) for side in grey.shape)
    grey = np.asarray(cv2.resize(grey, (width, height), interpolation=cv2.INTER_AREA), np.float32)
    lines = cv2.createLineSegmentDetector(cv2.LSD_REFINE_STD).detect(np.rint(grey * 255).clip(0, 255).astype(np.uint8))
    if lines[0] is None:
        return 0.0, 0.0
    x1, y1, x2, y2 = lines[0].reshape(-1, 4).astype(np.float64).T
    length = np.hypot(x2 - x1, y2 - y1)
    # The lean to the left of an upright that runs from (x1, y1) up: a horizon that falls to the right by the same.
    flip = np.where(y2 > y1, 1.0, -1.0)
    lean = np.degrees(np.arctan2((x1 - x2) * flip, np.abs(y2 - y1)))
    middle = (x1 + x2) / 2
    keep = (np.abs(lean) < LEANING) & (length > 0.04 * max(height, width))
    keep &= (np.minimum(x1, x2) > 3) & (np.maximum(x1, x2) < width - 4)  # no frame
    if keep.sum() < 4:
        return 0.0, 0.0
    lean, length, place = lean[keep], length[keep] / max(height, width), middle[keep] / width - 0.5
    design = np.stack([np.ones_like(place), place], 1)
    best, best_score = np.zeros(2), -1.0
    for start in (0.0, -6.0, 6.0):
        c = np.array([start, 0.0])
        for _ in range(12):
            off = lean - design @ c
            weight = length / (1 + (off / AGREES) ** 2)
            # A little is expected: most pictures are about level, and few look steeply up.
            normal = design.T @ (design * weight[:, None]) + np.diag([0.002, 0.02])
            c = np.linalg.solve(normal, design.T @ (weight * lean))
        score = float((length / (1 + ((lean - design @ c) / AGREES) ** 2)).sum())
        if score > best_score:
            best, best_score = c, score
    agree = np.abs(lean - design @ best) < AGREES
    part = float(length[agree].sum() / length.sum())
    spread = float(np.ptp(place[agree])) if agree.any() else 0.0
    mass = float(length[agree].sum())
    sure = part * min(1.0, mass / 1.2) * min(1.0, 0.5 + spread)
    if abs(best[0]) > 12:
        return 0.0, 0.0
    return float(best[0]), round(min(0.9, sure), 3)
