"""What a reader of one format hands to `open_photo`, and the limits that all readers share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fluxroom.errors import PhotoError, PhotoTooLarge
from fluxroom.photo.photo import Codes, Encoding, Metadata

MAX_PIXELS = 250_000_000
"""Default limit on width x height."""

MIN_SIDE = 8
"""Smallest width and height, pixels."""

DAMAGED = "is cut short or damaged"
AGAIN = "get an intact copy, e.g. copy it again from the camera or the backup"


@dataclass(frozen=True, slots=True)
class Decoded:
    """Pixels as stored, not yet turned upright; the blocks' orientation says how."""

    codes: Codes
    alpha: Codes | None
    metadata: Metadata
    encoding: Encoding
    warnings: tuple[str, ...] = ()


def differs(a: Codes, b: Codes) -> NDArray[np.bool_]:
    """(H, W) True where any channel of two pictures of one shape differs."""
    changed: NDArray[np.bool_] = a[..., 0] != b[..., 0]
    for channel in range(1, a.shape[2]):
        changed |= a[..., channel] != b[..., channel]
    return changed


def check_size(width: int, height: int, max_pixels: int | None) -> None:
    """Raise PhotoTooLarge over the limit and PhotoError below the smallest side; None is no limit."""
    if max_pixels is not None and width * height > max_pixels:
        raise PhotoTooLarge(
            f"has {width} x {height} = {width * height / 1e6:.4g} megapixels, over the limit of "
            f"{max_pixels / 1e6:.4g} megapixels; raise max_pixels if you trust the file and have the memory"
        )
    if min(width, height) < MIN_SIDE:
        raise PhotoError(
            f"has {width} x {height} pixels, too few to edit; give a photo of at least {MIN_SIDE} x {MIN_SIDE} pixels"
        )


def upright(pixels: Codes, orientation: int) -> Codes:
    """Turn stored pixels (H, W, ...) as EXIF orientation 1..8 says (CIPA DC-008, tag 0x0112)."""
    turned: Any = pixels.swapaxes(0, 1) if orientation >= 5 else pixels
    if orientation in (3, 4, 7, 8):
        turned = turned[::-1]
    if orientation in (2, 3, 6, 7):
        turned = turned[:, ::-1]
    upright_pixels: Codes = np.ascontiguousarray(turned)
    return upright_pixels
