"""The small picture that light and circumstances are judged on."""

from __future__ import annotations

import cv2
import numpy as np

from fluxroom.scene import Float

LITTLE_SIDE = 384
NAMES = ("sky", "clouds", "water", "ground", "snow", "vegetation", "building", "road")


def little(preview: Float, regions: dict[str, Float]) -> tuple[Float, dict[str, Float]]:
    """(preview, the masks that are needed) with a long side of at most LITTLE_SIDE; as they are if small already."""
    masks = {name: regions[name] for name in NAMES if name in regions}
    if max(preview.shape[:2]) <= LITTLE_SIDE:
        return preview, masks
    scale = LITTLE_SIDE / max(preview.shape[:2])
    size = (max(1, round(preview.shape[1] * scale)), max(1, round(preview.shape[0] * scale)))
    # Masks are soft, so nothing is lost by the faster way.
    small = {n: np.asarray(cv2.resize(m, size, interpolation=cv2.INTER_LINEAR), np.float32) for n, m in masks.items()}
    return np.asarray(cv2.resize(preview, size, interpolation=cv2.INTER_AREA), np.float32), small
