"""WebP: chunks, pixels, and back (RFC 9649)."""

from __future__ import annotations

import io
import struct

import imagecodecs
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from fluxroom.errors import OutputError, PhotoError
from fluxroom.photo import exif
from fluxroom.photo.decoded import AGAIN, DAMAGED, Decoded, check_size
from fluxroom.photo.photo import Encoding, Metadata

MAX_SIDE = 16383


def read(data: bytes, max_pixels: int | None) -> Decoded:
    """Decode. Raises PhotoError and PhotoTooLarge (before any pixel is decoded)."""
    found = _chunks(data)
    width, height = _size(found)
    check_size(width, height, max_pixels)
    if "ANIM" in found or "ANMF" in found:
        raise PhotoError("is an animated WebP, not one photo; save the frame you want as a still picture")
    try:
        raw = np.asarray(imagecodecs.webp_decode(data))
    except (ValueError, RuntimeError) as error:
        raise PhotoError(f"{DAMAGED}: the WebP's pixels cannot all be decoded ({error}); {AGAIN}") from error
    block = found.get("EXIF", b"").removeprefix(b"Exif\0\0")
    metadata = Metadata(block, found.get("XMP ", b""), found.get("ICCP", b""), b"", exif.orientation(block))
    alpha = np.ascontiguousarray(raw[..., 3]) if raw.shape[2] == 4 else None
    codes = np.ascontiguousarray(raw[..., :3])
    return Decoded(codes, alpha, metadata, Encoding("webp", lossless="VP8L" in found))


def _chunks(data: bytes) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    end = 8 + struct.unpack_from("<I", data, 4)[0]
    if end > len(data):
        raise PhotoError(f"{DAMAGED}: the WebP ends before its last part; {AGAIN}")
    at = 12
    while at + 8 <= end:
        kind, length = struct.unpack_from("<4sI", data, at)
        found.setdefault(kind.decode("latin-1"), data[at + 8 : at + 8 + length])
        at += 8 + length + length % 2
    return found


def _size(found: dict[str, bytes]) -> tuple[int, int]:
    try:
        if "VP8X" in found:
            body = found["VP8X"]
            return 1 + int.from_bytes(body[4:7], "little"), 1 + int.from_bytes(body[7:10], "little")
        if "VP8L" in found:
            (bits,) = struct.unpack_from("<I", found["VP8L"], 1)
            return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
        width, height = struct.unpack_from("<HH", found["VP8 "], 6)
        return width & 0x3FFF, height & 0x3FFF
    except (struct.error, KeyError):
        raise PhotoError(f"{DAMAGED}: the WebP does not say its size; {AGAIN}") from None


def write(
    codes: NDArray[np.uint8],
    alpha: NDArray[np.uint8] | None,
    metadata: Metadata,
    encoding: Encoding,
    quality: int | None,
) -> bytes:
    """(H, W, 3) uint8 as a WebP file: lossless if the source was a lossless WebP, else lossy (quality 90)."""
    height, width = codes.shape[:2]
    if max(width, height) > MAX_SIDE:
        raise OutputError(f"a WebP has at most {MAX_SIDE} pixels a side, this is {width} x {height}; save as tiff")
    lossless = encoding.format == "webp" and encoding.lossless and quality is None
    pixels = codes if alpha is None else np.dstack([codes, alpha])
    file = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).save(
        file,
        "WEBP",
        lossless=lossless,
        quality=(50 if lossless else 90) if quality is None else quality,
        method=4,
        exact=True,
        exif=metadata.exif,
        xmp=metadata.xmp,
        icc_profile=metadata.icc,
    )
    return file.getvalue()
