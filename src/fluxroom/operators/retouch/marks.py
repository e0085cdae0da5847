"""Small marks in even places: looked for at a fixed scale of the whole picture, whatever its size."""

from __future__ import annotations

import cv2
import numpy as np

from fluxroom.operators.retouch.hole import Bool
from fluxroom.operators.retouch.mend import Hole, Read, boxed
from fluxroom.scene import Float

SIDE = 3000
"""Long side, pixels, at which marks are looked for."""
ROWS = 512
PIECE = 0.05
"""A long hole is filled in pieces of about so much of the long side."""


def light(read: Read, height: int, width: int) -> Float:
    """(h, w) float32: the picture's light, encoded, at a long side of at most SIDE pixels."""
    scale = min(1.0, SIDE / max(height, width))
    h, w = max(1, round(height * scale)), max(1, round(width * scale))
    out = np.empty((h, w), np.float32)
    rows = max(1, int(ROWS * scale))
    for top in range(0, h, rows):
        bottom = min(h, top + rows)
        y0, y1 = top * height // h, -(-bottom * height // h)
        part = np.sqrt(np.maximum(read(y0, 0, y1 - y0, width) @ np.array([0.2627, 0.678, 0.0593], np.float32), 0))
        out[top:bottom] = cv2.resize(part, (w, bottom - top), interpolation=cv2.INTER_AREA)
    return out


def stretched_to(mask: Float, shape: tuple[int, int]) -> Float:
    return np.asarray(cv2.resize(mask, shape[::-1], interpolation=cv2.INTER_LINEAR), np.float32)


def in_pieces(mask: Bool, height: int, width: int) -> list[Hole]:
    """A mask at the scale of `light` as holes in the picture, cut where they are long."""
    h, w = mask.shape
    step = max(16, round(PIECE * max(h, w)))
    out = []
    for top in range(0, h, step):
        for left in range(0, w, step):
            part = mask[top : top + step, left : left + step]
            if not part.any():
                continue
            y0, y1 = top * height // h, min(top + step, h) * height // h
            x0, x1 = left * width // w, min(left + step, w) * width // w
            inner = boxed(_stretched(mask, y0, x0, y1 - y0, x1 - x0, height, width) > 0.3)
            if inner is not None:
                out.append(Hole(inner.y + y0, inner.x + x0, inner.mask))
    return out


def _stretched(mask: Bool, y: int, x: int, h: int, w: int, height: int, width: int) -> Float:
    sy, sx = mask.shape[0] / height, mask.shape[1] / width
    matrix = np.array([[sx, 0, (x + 0.5) * sx - 0.5], [0, sy, (y + 0.5) * sy - 0.5]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpAffine(mask.astype(np.float32), matrix, (w, h), flags=flags), np.float32)
