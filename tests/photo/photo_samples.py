"""Small real files for the tests of the photo room."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import numpy as np
from PIL import Image

from fluxroom.photo import ColorProfile
from fluxroom.photo.icc import gamma_tag, write_icc

XMP = (
    b'<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF '
    b'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description xmlns:tiff="http://ns.adobe.com/'
    b'tiff/1.0/" tiff:Orientation="6" tiff:Make="Test"/></rdf:RDF></x:xmpmeta><?xpacket end="w"?>'
)
IPTC = b"8BIM\x04\x04\0\0\0\0\0\x0a" + b"\x1c\x02\x19\0\x05beach"
"""One image resource 0x0404 with the keyword "beach"."""

BROKEN_ICC = b"\0\0\2\0" + b"not a profile" * 20


def scene(height: int = 48, width: int = 64, channels: int = 3, bits: int = 8, seed: int = 1) -> np.ndarray[Any, Any]:
    """A gradient with some grain: (height, width, channels) uint8 or uint16."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width]
    planes = [x / width, y / height, (x + y) / (width + height)][:channels]
    values = np.stack(planes, axis=2) * 0.9 + rng.random((height, width, channels)) * 0.1
    top = 255 if bits == 8 else 65535
    return (values * top).astype(np.uint8 if bits == 8 else np.uint16)


def jpeg_bytes(codes: np.ndarray[Any, Any] | None = None, **options: Any) -> bytes:
    file = io.BytesIO()
    codes = scene() if codes is None else codes
    Image.fromarray(codes[..., 0] if codes.shape[2] == 1 else codes).save(file, "JPEG", **({"quality": 90} | options))
    return file.getvalue()


def png_chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png_header_only(width: int, height: int) -> bytes:
    """A PNG that claims any size, with hardly any pixels."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = png_chunk(b"IHDR", header) + png_chunk(b"IDAT", zlib.compress(bytes(100))) + png_chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts


def exif_block(orientation: int = 1, order: str = "<", adobe: bool = False) -> bytes:
    """IFD0, EXIF, GPS and interoperability directories, a maker note, and a thumbnail in IFD1."""

    def ifd(entries: list[tuple[int, int, int, bytes]], at: int, following: int = 0) -> bytes:
        table, values = struct.pack(order + "H", len(entries)), b""
        start = at + 6 + 12 * len(entries)
        for tag, kind, count, raw in entries:
            table += struct.pack(order + "HHI", tag, kind, count)
            if len(raw) > 4:
                table += struct.pack(order + "I", start + len(values))
                values += raw
            else:
                table += raw.ljust(4, b"\0")
        return table + struct.pack(order + "I", following) + values

    def short(v: int) -> bytes:
        return struct.pack(order + "H", v)

    def long(v: int) -> bytes:
        return struct.pack(order + "I", v)

    thumbnail = jpeg_bytes(scene(16, 16))
    places = {"exif": 200, "gps": 400, "interop": 500, "ifd1": 560, "thumb": 640}
    root = [
        (0x010F, 2, 10, b"Testmaker\0"),
        (0x0110, 2, 6, b"Box 1\0"),
        (0x0112, 3, 1, short(orientation)),
        (0x013B, 2, 8, b"Someone\0"),
        (0x8769, 4, 1, long(places["exif"])),
        (0x8825, 4, 1, long(places["gps"])),
    ]
    inner = [
        (0x829A, 5, 1, struct.pack(order + "II", 1, 250)),
        (0x9003, 2, 20, b"2026:05:04 18:30:00\0"),
        (0x927C, 7, 24, b"MakerNote with offsets!\0"),
        (0xA001, 3, 1, short(0xFFFF if adobe else 1)),
        (0xA002, 3, 1, short(999)),
        (0xA003, 4, 1, long(777)),
        (0xA005, 4, 1, long(places["interop"])),
    ]
    gps = [(1, 2, 2, b"N\0"), (2, 5, 3, struct.pack(order + "6I", 48, 1, 51, 1, 30, 1))]
    interop = [(1, 2, 4, b"R03\0" if adobe else b"R98\0")]
    second = [(0x0103, 3, 1, short(6)), (0x0201, 4, 1, long(640)), (0x0202, 4, 1, long(len(thumbnail)))]
    out = bytearray(640)
    out[:8] = (b"II*\0" if order == "<" else b"MM\0*") + long(8)
    for at, block in (
        (8, ifd(root, 8, places["ifd1"])),
        (200, ifd(inner, 200)),
        (400, ifd(gps, 400)),
        (500, ifd(interop, 500)),
        (560, ifd(second, 560)),
    ):
        out[at : at + len(block)] = block
    return bytes(out) + thumbnail


def grey_icc(gamma: float = 1.8) -> bytes:
    return write_icc("Grey gamma", gamma_tag(gamma), None)


def p3_icc() -> bytes:
    return ColorProfile.display_p3().to_icc()
