"""When a photo was taken, for names."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path

from PIL import Image

_EXIF_IFD, _TAKEN = 0x8769, 0x9003


def taken_on(exif: bytes) -> str:
    """YYYY-MM-DD of the moment of taking, or "". exif: the TIFF structure, or b""."""
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
