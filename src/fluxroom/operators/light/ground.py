"""Patches of light on the ground, in perspective."""

from __future__ import annotations

import cv2
import numpy as np

from fluxroom.operators.light.common import step
from fluxroom.scene import Float

CELLS = 64
OCTAVES = ((2.2, 1.0), (5.0, 0.6), (11.0, 0.35))


def unevenness(logs: Float, seed: int) -> Float:
    """(h, w) noise of mean about 0, deviation about 1.2, that lies on the ground: smaller and flatter far off.

    logs: log distance, as of `weather.depth.log_distance`.
    """
    h, w = logs.shape
    rng = np.random.default_rng(seed + 1)
    total = np.zeros((h, w), np.float32)
    across = (np.arange(w, dtype=np.float32) + 0.5) / max(h, w) - 0.5
    away = np.exp(np.float32(0.7) * logs)
    for scale, weight in OCTAVES:
        noise = np.asarray(cv2.GaussianBlur(rng.random((CELLS, CELLS), np.float32), (0, 0), 1.0), np.float32)
        noise = (noise - noise.mean()) / noise.std()
        u = np.mod(across[None, :] * away * np.float32(scale) + np.float32(17.3), CELLS - 2)
        v = np.mod(logs * np.float32(2.6 * scale) + np.float32(5.7), CELLS - 2)
        total += np.float32(weight) * np.asarray(cv2.remap(noise, u, v, cv2.INTER_LINEAR), np.float32)
    return total


def patches(logs: Float, seed: int) -> Float:
    """(h, w) 0..1: lit patches, as light falls through leaves or clouds."""
    return step(-0.5, 1.3, unevenness(logs, seed))
