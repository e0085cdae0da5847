"""PNG: chunks, pixels of 8 and 16 bits, and back (W3C PNG specification, third edition)."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator
from typing import Any

import imagecodecs
import numpy as np
from PIL import PngImagePlugin

from fluxroom.errors import PhotoError
from fluxroom.photo import exif
from fluxroom.photo.decoded import AGAIN, DAMAGED, Decoded, check_size
from fluxroom.photo.photo import Codes, Encoding, Metadata

SIGNATURE = b"\x89PNG\r\n\x1a\n"
XMP_KEY = b"XML:com.adobe.xmp"
_KEPT = ("sRGB", "gAMA", "cHRM", "cICP", "tEXt", "zTXt", "iTXt")
_COLOUR = ("sRGB", "gAMA", "cHRM", "cICP")
_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
_LONGEST_TEXT = 64 << 20


def chunks(data: bytes) -> Iterator[tuple[str, bytes, bytes]]:
    """(type, content, whole chunk) up to IEND. Raises PhotoError where the file ends before or a checksum is wrong."""
    at = len(SIGNATURE)
    while at + 12 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        end = at + 12 + length
        if end > len(data):
            break
        if zlib.crc32(data[at + 4 : end - 4]) != struct.unpack_from(">I", data, end - 4)[0]:
            raise PhotoError(f"{DAMAGED}: a checksum in the PNG is wrong; {AGAIN}")
        yield kind.decode("latin-1"), data[at + 8 : end - 4], data[at:end]
        if kind == b"IEND":
            return
        at = end
    raise PhotoError(f"{DAMAGED}: the PNG ends before its last part; {AGAIN}")


def read(data: bytes, max_pixels: int | None) -> Decoded:
    """Decode. Raises PhotoError and PhotoTooLarge (before any pixel is decoded)."""
    walk = chunks(data)
    kind, header, whole = next(walk)
    if kind != "IHDR" or len(header) != 13:
        raise PhotoError(f"{DAMAGED}: the PNG has no header; {AGAIN}")
    width, height, bits, color = struct.unpack_from(">IIBB", header)
    check_size(width, height, max_pixels)
    found: dict[str, bytes] = {}
    kept = []
    bare = [SIGNATURE, whole]  # all that decoding needs
    for kind, body, whole in walk:
        if kind in ("PLTE", "tRNS", "IDAT", "IEND"):
            bare.append(whole)
        if kind == "acTL":
            raise PhotoError("is an animated PNG, not one photo; save the frame you want as a still picture")
        if kind in ("iCCP", "eXIf", "pHYs", "tRNS"):
            found.setdefault(kind, body)
        elif kind in _KEPT:
            kept.append((kind, body))
    warnings: list[str] = []
    metadata = _metadata(found, kept, warnings)
    try:
        codes, alpha = _pixels(b"".join(bare), bits, color, found.get("tRNS"))
    except (OSError, SyntaxError, ValueError, RuntimeError) as error:
        raise PhotoError(f"{DAMAGED}: the PNG's pixels cannot all be decoded ({error}); {AGAIN}") from error
    if color == 3:
        warnings.append("a palette picture of at most 256 colours; it was converted to full colour")
    if "iCCP" not in found and not any(k in ("sRGB", "cICP") for k, _ in kept):
        gamma = next((b for k, b in kept if k == "gAMA" and len(b) == 4), struct.pack(">I", 45455))
        if abs(struct.unpack(">I", gamma)[0] - 45455) > 500:
            warnings.append("the PNG states a gamma of its own without a colour profile; it was read as sRGB")
    if any(k == "cICP" and b[:2] != b"\x01\x0d" for k, b in kept) and "iCCP" not in found:
        warnings.append(
            "the PNG states colours (cICP, perhaps HDR) that fluxroom does not know; they were read as sRGB"
        )
    return Decoded(codes, alpha, metadata, Encoding("png", bits=16 if bits == 16 else 8), tuple(warnings))


def _pixels(data: bytes, bits: int, color: int, transparent: bytes | None) -> tuple[Codes, Codes | None]:
    if color == 3 or bits < 8 or (bits == 8 and transparent is not None):
        with PngImagePlugin.PngImageFile(io.BytesIO(data)) as image:
            grey = color == 0 and transparent is None
            mode = "L" if grey else "RGBA" if transparent is not None else "RGB"
            raw = np.array(image.convert(mode))
    else:
        raw = np.asarray(imagecodecs.png_decode(data))
    raw = raw.reshape(*raw.shape[:2], -1)
    if bits == 16 and transparent is not None and raw.shape[2] in (1, 3):
        key = np.frombuffer(transparent, ">u2", raw.shape[2])
        opaque = (raw != key).any(axis=2)
        return raw, np.where(opaque, np.uint16(65535), np.uint16(0))
    if raw.shape[2] in (2, 4):
        return np.ascontiguousarray(raw[..., :-1]), np.ascontiguousarray(raw[..., -1])
    return raw, None


def _metadata(found: dict[str, bytes], kept: list[tuple[str, bytes]], warnings: list[str]) -> Metadata:
    xmp = b""
    block = found.get("eXIf", b"")
    rest = []
    for kind, body in kept:
        if kind == "iTXt" and body.startswith(XMP_KEY + b"\0"):
            xmp = _international(body)
        elif kind == "zTXt" and body.startswith((b"Raw profile type exif\0", b"Raw profile type APP1\0")):
            block = block or _raw_profile(body)
        else:
            rest.append((kind, body))
    block = block.removeprefix(b"Exif\0\0")
    icc = b""
    if "iCCP" in found:
        _, _, packed = found["iCCP"].partition(b"\0")
        try:
            icc = _inflate(packed[1:])
        except zlib.error:
            warnings.append("the colour profile is broken and cannot be kept; colours were read as sRGB")
    dpi = None
    if len(found.get("pHYs", b"")) == 9:
        x, y, unit = struct.unpack(">IIB", found["pHYs"])
        dpi = (x * 0.0254, y * 0.0254) if unit == 1 and x and y else None
    return Metadata(block, xmp, icc, b"", exif.orientation(block), dpi, tuple(rest))


def _inflate(packed: bytes) -> bytes:
    unpacker = zlib.decompressobj()
    out = bytes(unpacker.decompress(packed, _LONGEST_TEXT))
    if not unpacker.eof:
        raise zlib.error("cut short or too long")
    return out


def _international(body: bytes) -> bytes:
    _, _, rest = body.partition(b"\0")
    packed = rest[:1] == b"\1"
    text = rest[2:].partition(b"\0")[2].partition(b"\0")[2]
    try:
        return _inflate(text) if packed else bytes(text)
    except zlib.error:
        return b""


def _raw_profile(body: bytes) -> bytes:
    """EXIF as ImageMagick wrote it before eXIf existed: a name, a length and hexadecimal digits."""
    try:
        text = _inflate(body.partition(b"\0")[2][1:])
        return bytes.fromhex("".join(text.decode("ascii").split("\n")[3:]))
    except (zlib.error, ValueError):
        return b""


def write(codes: Codes, alpha: Codes | None, metadata: Metadata, encoding: Encoding) -> bytes:
    """(H, W, 1 or 3) uint8 or uint16, with alpha if there is any, as a PNG file."""
    pixels: Any = codes if alpha is None else np.concatenate([codes, alpha[..., None]], axis=2)
    picture = bytes(imagecodecs.png_encode(np.ascontiguousarray(pixels), level=3))
    start = len(SIGNATURE) + 25
    parts = []
    if metadata.icc:
        parts.append(_chunk(b"iCCP", b"icc\0\0" + zlib.compress(metadata.icc)))
    if encoding.format == "png":
        instead = ("sRGB", "cICP") if metadata.icc else ()  # a profile and these exclude each other
        parts += [_chunk(k.encode(), b) for k, b in metadata.extra if k in _COLOUR and k not in instead]
    if metadata.dpi:
        x, y = (round(d / 0.0254) for d in metadata.dpi)
        parts.append(_chunk(b"pHYs", struct.pack(">IIB", x, y, 1)))
    if metadata.exif:
        parts.append(_chunk(b"eXIf", metadata.exif))
    if metadata.xmp:
        parts.append(_chunk(b"iTXt", XMP_KEY + b"\0\0\0\0\0" + metadata.xmp))
    if encoding.format == "png":
        parts += [_chunk(k.encode(), b) for k, b in metadata.extra if k not in _COLOUR]
    return picture[:start] + b"".join(parts) + picture[start:]


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
