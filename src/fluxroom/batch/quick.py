"""A photo made small without decoding all of it: enough to measure by."""

from __future__ import annotations

import io
import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import Image

from fluxroom.errors import PhotoTooLarge
from fluxroom.photo import MAX_PIXELS, ColorProfile, Photo, open_photo
from fluxroom.photo.exif import is_adobe_rgb
from fluxroom.photo.reduce import reduced
from fluxroom.scene import Float

SIDE = 512
"""Long side in pixels of the picture that is measured."""
_EXIF_IFD, _TAKEN = 0x8769, 0x9003


@dataclass(frozen=True, slots=True)
class Quick:
    """(h, w, 3) float32 linear Rec.2020 with a long side of at most SIDE; the photo's own size; its date or ""."""

    linear: Float
    width: int
    height: int
    date: str


def quick(path: Path, data: bytes, max_megapixels: float | None) -> Quick:
    """Measure-size picture of a file with these bytes. Raises PhotoError.

    A JPEG is decoded at 1/8, 1/4 or 1/2 of its size, which the format allows for the price of a look at it;
    everything else, and every JPEG with something odd about it, is opened in full.
    """
    limit = MAX_PIXELS if max_megapixels is None else int(max_megapixels * 1e6)
    if data[:3] == b"\xff\xd8\xff":
        try:
            return _scaled(data, limit)
        except (OSError, ValueError, SyntaxError, PhotoTooLarge, Image.DecompressionBombError, EOFError):
            pass  # open_photo says what is wrong, or copes
    photo = open_photo(path, max_pixels=limit)
    return Quick(shrunk(photo), photo.width, photo.height, _date(photo.metadata.exif))


def shrunk(photo: Photo) -> Float:
    """An open photo at the size that is measured."""
    scale = min(1.0, SIDE / max(photo.width, photo.height))
    return reduced(photo, max(1, round(photo.width * scale)), max(1, round(photo.height * scale)))


def _scaled(data: bytes, limit: int) -> Quick:
    image: Any = Image.open(io.BytesIO(data), formats=["JPEG"])
    width, height = image.size
    if width * height > limit:
        raise PhotoTooLarge("over the limit")
    if image.mode not in ("RGB", "L"):
        raise ValueError("a JPEG of four colours")
    exif, icc = image.info.get("exif", b"").removeprefix(b"Exif\0\0"), image.info.get("icc_profile")
    image.draft(image.mode, (SIDE, SIDE))
    codes: Any = np.asarray(image.convert("RGB"))
    scale = min(1.0, SIDE / max(codes.shape[:2]))
    size = (max(1, round(codes.shape[1] * scale)), max(1, round(codes.shape[0] * scale)))
    small = cv2.resize(codes, size, interpolation=cv2.INTER_AREA)
    profile = ColorProfile.adobe_rgb() if is_adobe_rgb(exif) else ColorProfile.srgb()
    if icc:
        try:
            profile = ColorProfile.from_icc(icc)
        except ValueError:
            profile = ColorProfile.srgb()  # tables only, or broken: near enough for measuring
    if profile.grey:
        profile = ColorProfile.srgb()
    return Quick(profile.to_linear(np.ascontiguousarray(small)), width, height, _date(exif))


def _date(exif: bytes) -> str:
    """YYYY-MM-DD of the moment of taking, or ""."""
    if not exif:
        return ""
    try:
        tags = Image.Exif()
        tags.load(exif)
        text = str(tags.get_ifd(_EXIF_IFD).get(_TAKEN, ""))
        return datetime.strptime(text[:10], "%Y:%m:%d").strftime("%Y-%m-%d")
    except Exception:  # EXIF is often broken, in many ways, and a date is only for names
        return ""


def changed_on(path: Path) -> str:
    """YYYY-MM-DD when a file was last changed."""
    return datetime.fromtimestamp(os.stat(path).st_mtime).strftime("%Y-%m-%d")
