"""JPEG: segments, pixels, and back with the same tables (ITU-T T.81, JFIF 1.02, EXIF 2.32, ICC.1:2022 B.4)."""

from __future__ import annotations

import io
import struct
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, JpegImagePlugin

from fluxroom.errors import OutputError, PhotoError
from fluxroom.photo import coefficients, exif
from fluxroom.photo.decoded import AGAIN, DAMAGED, Decoded, check_size, upright
from fluxroom.photo.photo import Encoding, Metadata

EXIF = b"Exif\0\0"
XMP = b"http://ns.adobe.com/xap/1.0/\0"
EXTENDED_XMP = b"http://ns.adobe.com/xmp/extension/\0"
ICC = b"ICC_PROFILE\0"
PHOTOSHOP = b"Photoshop 3.0\0"

_SUBSAMPLING = {(1, 1): "4:4:4", (2, 1): "4:2:2", (2, 2): "4:2:0", (1, 2): "4:4:0", (4, 1): "4:1:1"}
_NEAREST = {"4:4:0": "4:4:4", "4:1:1": "4:2:2"}
_QUICK = ("4:4:4", "4:2:2", "4:2:0")
_LONGEST = 65533
MAX_SIDE = 65500
_UNNEEDED = (0xFE, *(set(range(0xE1, 0xF0)) - {0xEE}))  # comments and APP1..15 but Adobe's APP14

_ANNEX_K = np.array(
    [
        [
            16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55,
            14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29, 51, 87, 80, 62,
            18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92,
            49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99,
        ],
        [
            17, 18, 24, 47, 99, 99, 99, 99, 18, 21, 26, 66, 99, 99, 99, 99,
            24, 26, 56, 99, 99, 99, 99, 99, 47, 66, 99, 99, 99, 99, 99, 99, *[99] * 32,
        ],
    ]
)  # fmt: skip


@dataclass(slots=True)
class Header:
    """What stands before the first scan."""

    width: int = 0
    height: int = 0
    precision: int = 8
    frame: int = 0
    components: list[tuple[int, int, int, int]] = field(default_factory=list)  # id, h, v, table
    tables: dict[int, tuple[int, ...]] = field(default_factory=dict)
    segments: list[tuple[int, bytes]] = field(default_factory=list)
    scan_at: int = 0
    bare: bytearray = field(default_factory=lambda: bytearray(b"\xff\xd8"))  # all that decoding needs


def read_header(data: bytes) -> Header:
    """Walk the segments up to the first scan. Raises PhotoError."""
    header = Header()
    at = 2
    while True:
        while at < len(data) and data[at] != 0xFF:
            at += 1  # stray bytes between segments: decoders skip them too
        while at < len(data) and data[at] == 0xFF:
            at += 1
        if at + 3 > len(data):
            raise PhotoError(f"{DAMAGED}: the JPEG ends before its pixels; {AGAIN}")
        marker = data[at]
        at += 1
        if marker == 0x01 or 0xD0 <= marker <= 0xD8:
            continue
        (length,) = struct.unpack_from(">H", data, at)
        body = data[at + 2 : at + length]
        if marker == 0xD9 or length < 2 or len(body) < length - 2:
            raise PhotoError(f"{DAMAGED}: the JPEG ends before its pixels; {AGAIN}")
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            _frame(header, marker, body)
        elif marker == 0xDB:
            _tables(header, body)
        elif marker == 0xDA:
            if not header.frame:
                raise PhotoError(f"{DAMAGED}: the JPEG does not say its size; {AGAIN}")
            header.scan_at = at - 2
            return header
        else:
            header.segments.append((marker, body))
        if marker not in _UNNEEDED:
            header.bare += b"\xff" + data[at - 1 : at + length]
        at += length


def _frame(header: Header, marker: int, body: bytes) -> None:
    if len(body) < 6 or len(body) < 6 + 3 * body[5]:
        raise PhotoError(f"{DAMAGED}: the JPEG's frame header is incomplete; {AGAIN}")
    header.precision, header.height, header.width, count = struct.unpack_from(">BHHB", body)
    header.frame = marker
    header.components = [
        (body[6 + 3 * i], body[7 + 3 * i] >> 4, body[7 + 3 * i] & 15, body[8 + 3 * i]) for i in range(count)
    ]


def _tables(header: Header, body: bytes) -> None:
    at = 0
    while at < len(body):
        wide, number = body[at] >> 4, body[at] & 15
        size = 128 if wide else 64
        if at + 1 + size > len(body):
            return
        values = np.frombuffer(body, ">u2" if wide else "u1", 64, at + 1)
        natural = np.empty(64, dtype=int)
        natural[coefficients.ZIGZAG] = values
        header.tables[number] = tuple(int(v) for v in natural)
        at += 1 + size


def read(data: bytes, max_pixels: int | None) -> Decoded:
    """Decode. Raises PhotoError and PhotoTooLarge (before any pixel is decoded)."""
    header = _readable(data, max_pixels)
    return _decoded(header, _pixels(header, data))


def read_small(data: bytes, max_pixels: int | None, side: int) -> tuple[Decoded, int, int]:
    """Decode at 1/8, 1/4, 1/2 or the whole size, whatever is the least with no side below `side`, for the price of a
    look at it; and the stored width and height. Raises PhotoError and PhotoTooLarge."""
    header = _readable(data, max_pixels)
    try:
        with JpegImagePlugin.JpegImageFile(io.BytesIO(bytes(header.bare) + data[header.scan_at :])) as image:
            mode = "L" if len(header.components) == 1 else "RGB"
            image.draft(mode, (side, side))
            codes = np.array(image.convert(mode))
    except (OSError, SyntaxError, ValueError, struct.error) as error:
        raise PhotoError(f"{DAMAGED}: the JPEG's pixels cannot all be decoded ({error}); {AGAIN}") from error
    return _decoded(header, codes), header.width, header.height


def _decoded(header: Header, codes: NDArray[np.uint8]) -> Decoded:
    metadata, warnings = _metadata(header)
    return Decoded(codes.reshape(*codes.shape[:2], -1), None, metadata, _encoding(header), tuple(warnings))


def _readable(data: bytes, max_pixels: int | None) -> Header:
    """The header of a JPEG that is read here. Raises PhotoError and PhotoTooLarge."""
    header = read_header(data)
    check_size(header.width, header.height, max_pixels)
    if len(header.components) == 4:
        raise PhotoError("is a CMYK JPEG, made for a printing press; convert it to RGB first, then open that")
    if header.precision != 8 or len(header.components) not in (1, 3):
        raise PhotoError(
            f"is a JPEG with {header.precision} bits and {len(header.components)} channels, which fluxroom cannot "
            "read; save it as an ordinary 8-bit JPEG or as a TIFF"
        )
    return header


def _pixels(header: Header, data: bytes) -> NDArray[np.uint8]:
    """Decode, by imagecodecs: it writes into the array itself. It takes cut data for grey, so files without an end
    go to Pillow, which says so; both are libjpeg-turbo and give the same values. Raises PhotoError."""
    import imagecodecs

    grey = len(header.components) == 1
    bare = bytes(header.bare) + data[header.scan_at :]
    try:
        if data.find(b"\xff\xd9", header.scan_at) >= 0:
            codes: NDArray[np.uint8] = imagecodecs.jpeg8_decode(bare, outcolorspace="GRAYSCALE" if grey else "RGB")
            return codes
        with JpegImagePlugin.JpegImageFile(io.BytesIO(bare)) as image:
            return np.array(image.convert("L" if grey else "RGB"))
    except (OSError, SyntaxError, ValueError, RuntimeError, struct.error) as error:
        raise PhotoError(f"{DAMAGED}: the JPEG's pixels cannot all be decoded ({error}); {AGAIN}") from error


def _encoding(header: Header) -> Encoding:
    used = [header.tables.get(table, ()) for _, _, _, table in header.components]
    while len(used) > 1 and used[-1] == used[-2] and len(used) > 2:
        used.pop()
    tables = tuple(used) if all(len(t) == 64 and max(t) < 256 for t in used) else ()
    sampling = "4:4:4"
    if len(header.components) == 3:
        (_, h, v, _), (_, h1, v1, _), (_, h2, v2, _) = header.components
        if h1 == h2 and v1 == v2 and h1 and v1:
            sampling = _SUBSAMPLING.get((h // h1, v // v1), "4:4:4")
    return Encoding(
        "jpeg", jpeg_tables=tables, jpeg_subsampling=sampling, lossless=False, jpeg_progressive=header.frame == 0xC2
    )


def _metadata(header: Header) -> tuple[Metadata, list[str]]:
    block = xmp = iptc = b""
    chunks: dict[int, bytes] = {}
    total = 0
    extra: list[tuple[str, bytes]] = []
    warnings = []
    for marker, body in header.segments:
        if marker == 0xE1 and body.startswith(EXIF) and not block:
            block = body[len(EXIF) :]
        elif marker == 0xE1 and body.startswith(XMP) and not xmp:
            xmp = body[len(XMP) :]
        elif marker == 0xE1 and body.startswith(EXTENDED_XMP):
            extra.append(("APP1", body))
        elif marker == 0xE2 and body.startswith(ICC) and len(body) > 14:
            chunks[body[12]] = body[14:]
            total = max(total, body[13])
        elif marker == 0xE2 and body.startswith(b"MPF\0"):
            warnings.append("the file holds further pictures (a preview or an HDR gain map); they are not kept")
        elif marker == 0xED and body.startswith(PHOTOSHOP):
            iptc += body[len(PHOTOSHOP) :]
        elif marker == 0xFE:
            extra.append(("COM", body))
    icc = b"".join(chunks[i] for i in sorted(chunks))
    if len(chunks) != total:
        warnings.append("the colour profile is incomplete")
    dpi = _density(header) or exif.dpi(block)
    return Metadata(block, xmp, icc, iptc, exif.orientation(block), dpi, tuple(extra)), warnings


def _density(header: Header) -> tuple[float, float] | None:
    """Dots per inch by the JFIF header."""
    for marker, body in header.segments:
        if marker == 0xE0 and body.startswith(b"JFIF\0") and len(body) >= 12:
            unit, x, y = struct.unpack_from(">BHH", body, 7)
            if unit in (1, 2) and x and y:
                scale = 2.54 if unit == 2 else 1.0
                return x * scale, y * scale
    return None


def write(
    codes: NDArray[np.uint8],
    metadata: Metadata,
    encoding: Encoding,
    quality: int | None,
    subsampling: str | None,
    source: bytes = b"",
    before: NDArray[np.uint8] | None = None,
) -> bytes:
    """(H, W, 1 or 3) uint8 as a JPEG file. Raises OutputError.

    before   what `source` decodes to, upright, where it is at hand
    source   the JPEG file that was edited: its blocks without a changed pixel are kept without loss, where tables,
             sampling and orientation allow; b"": there is none. Then a progressive source gives a baseline file.
    """
    same = encoding.format == "jpeg"
    picture = b""
    if source and same and quality is None and subsampling in (None, encoding.jpeg_subsampling):
        picture = _keeping_blocks(codes, metadata, encoding, source, before)
    return splice(picture or encode(codes, encoding, quality, subsampling, metadata.dpi), metadata, same)


def _keeping_blocks(
    codes: NDArray[np.uint8], metadata: Metadata, encoding: Encoding, source: bytes, before: NDArray[np.uint8] | None
) -> bytes:
    """The bare picture with the source's own blocks where nothing changed; b"" where that cannot be."""
    turn = metadata.orientation
    if not encoding.jpeg_tables or (turn >= 5 and encoding.jpeg_subsampling not in ("4:4:4", "4:2:0")):
        return b""
    tables = encoding.jpeg_tables
    if turn >= 5:
        tables = tuple(tuple(t[8 * (i % 8) + i // 8] for i in range(64)) for t in tables)
    plain = replace(encoding, jpeg_progressive=False, jpeg_tables=tables)
    try:
        if _is_rgb(read_header(source)):
            return b""
        codes = np.ascontiguousarray(codes)
        if before is not None and (before.shape != codes.shape or coefficients.no_cell_is_equal(before, codes)):
            return b""
        with ThreadPoolExecutor(1) as pool:  # both leave the interpreter alone
            reading = pool.submit(coefficients.read, source)
            if before is None:
                before = upright(read(source, None).codes, turn).astype(np.uint8, copy=False)
            old = coefficients.turned(reading.result(), turn)
        if before.shape != codes.shape:
            return b""
        changed = coefficients.touched(old, before, codes)
        if coefficients.all_touched(old, changed):
            return b""
        return coefficients.keep_untouched(
            old, changed, lambda top, end: encode(codes[top:end], plain, None, None, metadata.dpi)
        )
    except (PhotoError, coefficients.Unsupported):
        return b""


def _is_rgb(header: Header) -> bool:
    """Stored as RGB, not YCbCr, by the rules of libjpeg (JFIF and Adobe markers, component names)."""
    for marker, body in header.segments:
        if marker == 0xE0 and body.startswith(b"JFIF\0"):
            return False
        if marker == 0xEE and body.startswith(b"Adobe") and len(body) >= 12:
            return body[11] == 0
    return [name for name, *_ in header.components] == [ord("R"), ord("G"), ord("B")]


def encode(
    codes: NDArray[np.uint8],
    encoding: Encoding,
    quality: int | None,
    subsampling: str | None,
    dpi: tuple[float, float] | None,
) -> bytes:
    """The bare picture: the source's tables and subsampling unless told; 95 and 4:4:4 for other sources."""
    height, width = codes.shape[:2]
    if max(width, height) > MAX_SIDE:
        raise OutputError(f"a JPEG has at most {MAX_SIDE} pixels a side, this is {width} x {height}; save as tiff")
    options: dict[str, Any] = {}
    if quality is None and encoding.jpeg_tables:
        tables = encoding.jpeg_tables[: 1 if codes.shape[2] == 1 else 3]
        options["qtables"] = [list(t) for t in tables]
        level = standard_quality(tables) if len(tables) == min(codes.shape[2], 2) else 0
    else:
        level = options["quality"] = 95 if quality is None else quality
    source = encoding.jpeg_subsampling if encoding.format == "jpeg" else "4:4:4"
    chosen = subsampling or source
    if codes.shape[2] == 3:
        options["subsampling"] = _NEAREST.get(chosen, chosen)
    if dpi and all(1 <= round(d) <= 65535 for d in dpi):
        options["dpi"] = (round(dpi[0]), round(dpi[1]))
    if level and not encoding.jpeg_progressive and options.get("subsampling", "4:4:4") in _QUICK:
        return _quick(codes, level, options.get("subsampling", "4:4:4"), options.get("dpi"))
    image = Image.fromarray(np.ascontiguousarray(codes[..., 0] if codes.shape[2] == 1 else codes))
    file = io.BytesIO()
    image.save(file, "JPEG", **options)
    if encoding.jpeg_progressive and file.tell() < 0.9 * width * height:  # Pillow's buffer holds this much
        file = io.BytesIO()
        image.save(file, "JPEG", progressive=True, **options)
    return file.getvalue()


def _quick(codes: NDArray[np.uint8], level: int, subsampling: str, dpi: tuple[int, int] | None) -> bytes:
    """The bytes that Pillow would give, by imagecodecs: it cannot take other tables, but needs neither Pillow's copy
    with four bytes a pixel nor the time for it (docs/measurements/codecs.md)."""
    import imagecodecs

    grey = codes.shape[2] == 1
    sampling = None if grey else subsampling.replace(":", "")
    pixels = np.ascontiguousarray(codes[..., 0] if grey else codes)
    picture = bytes(imagecodecs.jpeg8_encode(pixels, level=level, subsampling=sampling))
    if dpi is None:
        return picture
    return picture[:13] + struct.pack(">BHH", 1, *dpi) + picture[18:]  # of the JFIF header, which stands first


@cache
def standard_quality(tables: tuple[tuple[int, ...], ...]) -> int:
    """The quality 1..100 whose tables in libjpeg these are (T.81 annex K.1, scaled); 0: another maker's tables."""
    if not 1 <= len(tables) <= 2:
        return 0
    given = np.array(tables)
    for quality in range(1, 101):
        scale = 5000 // quality if quality < 50 else 200 - 2 * quality
        if np.array_equal(given, np.clip((_ANNEX_K[: len(tables)] * scale + 50) // 100, 1, 255)):
            return quality
    return 0


def splice(picture: bytes, metadata: Metadata, same_format: bool) -> bytes:
    """Put the metadata segments behind the JFIF header. Raises OutputError if a block is too long for JPEG."""
    parts = []
    if metadata.exif:
        parts.append(_segment(0xE1, EXIF + metadata.exif, "EXIF block"))
    if metadata.xmp:
        parts.append(_segment(0xE1, XMP + metadata.xmp, "XMP packet"))
    if same_format:
        parts += [_segment(0xE1, body, "extended XMP") for kind, body in metadata.extra if kind == "APP1"]
    room = _LONGEST - len(ICC) - 2
    pieces = [metadata.icc[i : i + room] for i in range(0, len(metadata.icc), room)]
    if len(pieces) > 255:
        raise OutputError("the colour profile is too long for a JPEG; save as tiff or png")
    parts += [_segment(0xE2, ICC + bytes((i, len(pieces))) + p, "") for i, p in enumerate(pieces, 1)]
    room = _LONGEST - len(PHOTOSHOP)
    for i in range(0, len(metadata.iptc), room):
        parts.append(_segment(0xED, PHOTOSHOP + metadata.iptc[i : i + room], ""))
    if same_format:
        parts += [_segment(0xFE, body, "comment") for kind, body in metadata.extra if kind == "COM"]
    at = 2
    if picture[2:4] == b"\xff\xe0":
        at = 4 + struct.unpack_from(">H", picture, 4)[0]
    return picture[:at] + b"".join(parts) + picture[at:]


def _segment(marker: int, body: bytes, what: str) -> bytes:
    if len(body) > _LONGEST:
        raise OutputError(f"the {what} has {len(body)} bytes, too long for a JPEG; save as tiff or png")
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body
