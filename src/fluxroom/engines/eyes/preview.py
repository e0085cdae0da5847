"""The picture that a bigger eye is shown: small, as displayed, in sRGB, with nothing else of the file."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np

from fluxroom.photo import ColorProfile, Photo
from fluxroom.photo.reduce import reduced
from fluxroom.scene import ANALYSIS_SIDE

if TYPE_CHECKING:
    from PIL.Image import Image

QUALITY = 90


def preview(photo: Photo, side: int = ANALYSIS_SIDE) -> Image:
    """RGB, long side at most `side` pixels, never enlarged. What is transparent is white, not what lies under it."""
    import cv2
    from PIL import Image

    scale = min(1.0, side / max(photo.height, photo.width))
    width, height = max(1, round(photo.width * scale)), max(1, round(photo.height * scale))
    if photo.alpha is None:
        linear = reduced(photo, width, height)
    else:
        from dataclasses import replace

        full = np.float32(np.iinfo(photo.alpha.dtype).max)
        cover = (photo.alpha.astype(np.float32) / full)[..., None]
        over = photo.codes.astype(np.float32) * (1 if photo.encoding.alpha_associated else cover) + full * (1 - cover)
        codes = np.rint(over).clip(0, full).astype(photo.codes.dtype)
        linear = reduced(replace(photo, codes=codes, alpha=None), width, height)
    shown: Any = ColorProfile.srgb().encode(linear, np.uint8, dither=False)
    if max(width, height) / min(width, height) > 100:  # models' own resizing refuses anything so thin
        shown = cv2.resize(shown, (max(width, height // 100), max(height, width // 100)))
    return Image.fromarray(shown)


def as_jpeg(picture: Image) -> bytes:
    """Pixels only: no EXIF, no place, no profile (it is sRGB)."""
    file = io.BytesIO()
    picture.save(file, format="JPEG", quality=QUALITY)
    return file.getvalue()
