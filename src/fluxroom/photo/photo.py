"""Photo: pixels and what came with them. Never the path back to writing the source."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from fluxroom.photo.color import ColorProfile
from fluxroom.scene import Float

Codes = NDArray[np.uint8] | NDArray[np.uint16]
Format = Literal["jpeg", "png", "webp", "tiff"]


@dataclass(frozen=True, slots=True)
class Metadata:
    """Blocks as they were in the file (b"" when absent), and the EXIF orientation 1..8.

    exif          TIFF structure, from its byte order mark on
    xmp           the packet
    icc           the profile, kept even if it is broken
    iptc          Photoshop image resources (8BIM ...), which hold the IPTC records
    orientation   as it was in the file; already applied to the pixels
    dpi           dots per inch across and down, as displayed; None if not told
    extra         (kind, bytes) of the source's own format, written only to the same format:
                  JPEG comments and extended XMP, PNG text and colour chunks
    """

    exif: bytes = b""
    xmp: bytes = b""
    icc: bytes = b""
    iptc: bytes = b""
    orientation: int = 1
    dpi: tuple[float, float] | None = None
    extra: tuple[tuple[str, bytes], ...] = ()


@dataclass(frozen=True, slots=True)
class Encoding:
    """How the source was encoded, so that a result can be written the same way.

    jpeg_tables        quantisation tables by component (luma, chroma), 64 values each, natural order
    jpeg_subsampling   "4:4:4", "4:2:2", "4:2:0", "4:4:0" or "4:1:1"
    tiff_compression   "none", "lzw", "deflate", "packbits", "zstd", "lzma", or another's own name
    tiff_predictor     differences between neighbours are compressed, not values
    alpha_associated   colours were multiplied by alpha (TIFF)
    """

    format: Format
    bits: int = 8
    jpeg_tables: tuple[tuple[int, ...], ...] = ()
    jpeg_subsampling: str = "4:2:0"
    tiff_compression: str = "none"
    lossless: bool = True
    jpeg_progressive: bool = False
    tiff_predictor: bool = False
    alpha_associated: bool = False


@dataclass(frozen=True, slots=True)
class Photo:
    """A photo as displayed (orientation applied).

    codes     (H, W, C) uint8 or uint16, C = 1 or 3: the file's own values, in its own profile
    alpha     (H, W) same type, or None
    profile   converts codes <-> linear Rec.2020
    """

    codes: Codes
    alpha: Codes | None
    profile: ColorProfile
    metadata: Metadata
    encoding: Encoding
    path: Path | None = None
    sha256: str = ""
    warnings: tuple[str, ...] = field(default=())

    @property
    def width(self) -> int:
        return int(self.codes.shape[1])

    @property
    def height(self) -> int:
        return int(self.codes.shape[0])

    def linear(self, y: int = 0, x: int = 0, height: int | None = None, width: int | None = None) -> Float:
        """A window as (h, w, 3) float32 linear Rec.2020; the whole photo by default."""
        rows = slice(y, None if height is None else y + height)
        columns = slice(x, None if width is None else x + width)
        return self.profile.to_linear(self.codes[rows, columns])
