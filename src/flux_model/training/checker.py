"""Looks at a small picture and says whether a coloured thing is there, how many, and on which side.

It shares nothing with the renderer: colours are ranges of hue, things are connected patches of such pixels. It is only
right for saturated things on a plain ground, so `evaluate` first measures it on drawn scenes whose labels are known.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

HUES = {"red": (345.0, 12.0), "orange": (18.0, 38.0), "yellow": (42.0, 66.0), "purple": (270.0, 318.0)}
"""Degrees, from and to, going up."""
LEAST = 10
"""Pixels of 64 x 64 that make a patch."""


@dataclass(frozen=True)
class Patch:
    """Area in pixels; middle across and down, 0..1."""

    area: int
    x: float
    y: float


def hue_saturation_value(picture: NDArray[np.float32]) -> tuple[NDArray[np.float32], ...]:
    """(H, W, 3) in [0, 1] -> hue in degrees, saturation, value."""
    top, low = picture.max(-1), picture.min(-1)
    span = np.maximum(top - low, 1e-6)
    r, g, b = picture[..., 0], picture[..., 1], picture[..., 2]
    hue = np.where(top == r, (g - b) / span % 6, np.where(top == g, (b - r) / span + 2, (r - g) / span + 4)) * 60
    return hue.astype(np.float32), (span / np.maximum(top, 1e-6)).astype(np.float32), top.astype(np.float32)


def patches(picture: NDArray[np.float32], color: str) -> list[Patch]:
    """Connected patches of a colour, the largest first."""
    hue, saturation, value = hue_saturation_value(picture)
    low, high = HUES[color]
    within = (hue >= low) & (hue <= high) if low < high else (hue >= low) | (hue <= high)
    mask = within & (saturation > 0.55) & (value > 0.45)
    found, free = [], mask.copy()
    height, width = mask.shape
    for y0, x0 in zip(*np.nonzero(mask), strict=True):
        if not free[y0, x0]:
            continue
        free[y0, x0] = False
        stack, inside = [(int(y0), int(x0))], []
        while stack:
            y, x = stack.pop()
            inside.append((y, x))
            for ny, nx in ((y + 1, x), (y - 1, x), (y, x + 1), (y, x - 1)):
                if 0 <= ny < height and 0 <= nx < width and free[ny, nx]:
                    free[ny, nx] = False
                    stack.append((ny, nx))
        if len(inside) >= LEAST:
            at = np.mean(inside, axis=0)
            found.append(Patch(len(inside), float(at[1] + 0.5) / width, float(at[0] + 0.5) / height))
    return sorted(found, key=lambda p: -p.area)


def exists(picture: NDArray[np.float32], color: str) -> bool:
    return bool(patches(picture, color))


def main_color(picture: NDArray[np.float32]) -> str:
    """The colour of the largest patch, "" if there is none."""
    sizes = {color: found[0].area for color in HUES if (found := patches(picture, color))}
    return max(sizes, key=lambda c: sizes[c]) if sizes else ""


def side(picture: NDArray[np.float32], color: str) -> str:
    """left, center or right: where the largest patch of the colour is; "" if there is none."""
    found = patches(picture, color)
    return "" if not found else ("left", "center", "right")[min(2, int(found[0].x * 3))]


def count(picture: NDArray[np.float32], color: str) -> int:
    """How many patches at least a third as large as the largest."""
    found = patches(picture, color)
    return sum(p.area * 3 >= found[0].area for p in found)
