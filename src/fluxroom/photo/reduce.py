"""The photo made small, for looking and measuring."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import cv2
import numpy as np

from fluxroom.photo.photo import Photo
from fluxroom.scene import Float


def reduced(photo: Photo, width: int, height: int) -> Float:
    """The whole photo at width x height (never larger than it is), (h, w, 3) float32 linear Rec.2020.

    Averaged over areas of code values, which is fast and differs little from
    averaging light at the scales that are looked at.
    """
    codes: Any = photo.codes
    if (width, height) != (photo.width, photo.height):
        codes = cv2.resize(codes, (width, height), interpolation=cv2.INTER_AREA)
        if codes.ndim == 2:
            codes = codes[..., None]
    return photo.profile.to_linear(np.ascontiguousarray(codes))


def within(photo: Photo, side: int) -> Float:
    """The whole photo with a long side of at most `side` pixels, as `reduced`."""
    scale = min(1.0, side / max(photo.width, photo.height))
    return reduced(photo, max(1, round(photo.width * scale)), max(1, round(photo.height * scale)))


def preview_of(photo: Photo, side: int) -> Photo:
    """The photo itself with a long side of at most `side` pixels, to try edits on; it keeps no file behind it."""
    scale = min(1.0, side / max(photo.width, photo.height))
    size = (max(1, round(photo.width * scale)), max(1, round(photo.height * scale)))

    def small(plane: Any) -> Any:
        out = cv2.resize(plane, size, interpolation=cv2.INTER_AREA)
        return np.ascontiguousarray(out[..., None] if out.ndim < plane.ndim else out)

    alpha = None if photo.alpha is None else small(photo.alpha)
    return replace(photo, codes=small(photo.codes), alpha=alpha, path=None, sha256="")
