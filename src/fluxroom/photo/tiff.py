"""TIFF: pages, pixels of 8 and 16 bits, and back (TIFF 6.0, TIFF technical note 3, EXIF 2.32)."""

from __future__ import annotations

import io
import logging
import struct
from typing import Any

import numpy as np
import tifffile

from fluxroom.errors import PhotoError
from fluxroom.photo import exif
from fluxroom.photo.decoded import AGAIN, DAMAGED, Decoded, check_size
from fluxroom.photo.metadata import iptc_records, wrap_iptc
from fluxroom.photo.photo import Codes, Encoding, Metadata

XMP, IPTC, PHOTOSHOP, ICC, LAYERS, DNG = 700, 33723, 34377, 34675, 37724, 50706

_NAMES = {1: "none", 5: "lzw", 8: "deflate", 32946: "deflate", 32773: "packbits", 50000: "zstd", 34925: "lzma"}
_WRITTEN = {"none": None, "lzw": "lzw", "deflate": "adobe_deflate", "packbits": "packbits", "zstd": "zstd",
            "lzma": "lzma"}  # fmt: skip
_KINDS = {
    0: "white-is-zero grey", 1: "grey", 2: "RGB", 3: "palette", 4: "mask", 5: "CMYK", 6: "YCbCr", 8: "CIELab",
    9: "ICCLab", 10: "ITULab", 32803: "raw sensor", 34892: "raw sensor",
}  # fmt: skip

logging.getLogger("tifffile").addHandler(logging.NullHandler())


def read(data: bytes, max_pixels: int | None) -> Decoded:
    """Decode the first page. Raises PhotoError and PhotoTooLarge (before any pixel is decoded)."""
    try:
        with tifffile.TiffFile(io.BytesIO(data)) as file:
            page = file.pages.first
            check_size(page.imagewidth, page.imagelength, max_pixels)
            _refuse(page)
            for offset, length in zip(page.dataoffsets, page.databytecounts, strict=False):
                if offset + length > len(data):
                    raise PhotoError(f"{DAMAGED}: the TIFF's pixels run past its end; {AGAIN}")
            warnings = _page_warnings(file)
            raw = _as_array(page)
            return _decoded(data, page, raw, warnings)
    except (PhotoError, MemoryError):
        raise
    except Exception as error:  # codecs for many compressions raise what they like
        raise PhotoError(f"{DAMAGED}: the TIFF cannot be decoded ({error}); {AGAIN}") from error


def _refuse(page: Any) -> None:
    kind = int(page.photometric)
    bits, form = page.bitspersample, page.sampleformat
    if DNG in page.tags or kind in (32803, 34892):
        raise PhotoError("is a raw camera file; develop it to a 16-bit TIFF first, then open that")
    if kind == 5:
        raise PhotoError("is a CMYK TIFF, made for a printing press; convert it to RGB first, then open that")
    if kind not in (0, 1, 2, 3) and not (kind == 6 and int(page.compression) == 7):
        raise PhotoError(f"is a TIFF of kind {_KINDS.get(kind, kind)}; save it as an RGB or grey TIFF, then open that")
    if bits not in (8, 16) or form not in (1, None):
        number = {1: "whole number", 2: "signed", 3: "floating point"}.get(form, "unusual")
        raise PhotoError(f"is a TIFF with {bits}-bit {number} values; save it with 8 or 16 bits, then open that")
    if page.imagedepth > 1 or len(page.shape) > 3:
        raise PhotoError("is a volume of many layers, not a photo; save one layer as a TIFF, then open that")


def _page_warnings(file: Any) -> list[str]:
    page = file.pages.first
    warnings = []
    count = sum(1 for p in file.pages[1:] if not p.subfiletype & 1)
    if count:
        warnings.append(f"the TIFF holds {count + 1} pictures; only the first is used")
    if LAYERS in page.tags:
        warnings.append("the TIFF holds Photoshop layers; they are not kept")
    if int(page.photometric) == 3:
        warnings.append("a palette picture of at most 256 colours; it was converted to full colour")
    return warnings


def _as_array(page: Any) -> Any:
    """(H, W, samples), native byte order."""
    raw = page.asarray()
    if raw.ndim == 2:
        raw = raw[..., None]
    elif int(page.planarconfig) == 2:
        raw = np.moveaxis(raw, 0, -1)
    raw = np.ascontiguousarray(raw, dtype=raw.dtype.newbyteorder("="))
    kind = int(page.photometric)
    if kind == 0:
        raw = np.concatenate([np.iinfo(raw.dtype).max - raw[..., :1], raw[..., 1:]], axis=2)
    if kind == 3:
        colors = np.asarray(page.colormap) >> 8  # written as v * 256 or v * 257
        raw = np.ascontiguousarray(colors.T[raw[..., 0]].astype(np.uint8))
    return raw


def _decoded(data: bytes, page: Any, raw: Any, warnings: list[str]) -> Decoded:
    channels = 3 if int(page.photometric) in (2, 3, 6) else 1
    if raw.shape[2] < channels:
        raise PhotoError(f"{DAMAGED}: the TIFF has {raw.shape[2]} of {channels} channels; {AGAIN}")
    alpha, associated = None, False
    if raw.shape[2] > channels:
        kinds = [int(e) for e in page.extrasamples]
        alpha = np.ascontiguousarray(raw[..., channels])
        associated = kinds[:1] == [1]
        if raw.shape[2] > channels + 1:
            warnings.append(f"the TIFF has {raw.shape[2] - channels - 1} further channels; they are not kept")
    tags = {code: _bytes(page, code) for code in (XMP, IPTC, PHOTOSHOP, ICC)}
    iptc = tags[PHOTOSHOP]
    if tags[IPTC] and not iptc_records(iptc):
        iptc += wrap_iptc(tags[IPTC])
    block = exif.from_tiff(data)
    metadata = Metadata(block, tags[XMP], tags[ICC], iptc, exif.orientation(block), _dpi(page))
    compression = int(page.compression)
    name = _NAMES.get(compression) or page.compression.name.lower()
    encoding = Encoding(
        "tiff",
        bits=raw.dtype.itemsize * 8,
        tiff_compression=name,
        lossless=compression in _NAMES,
        tiff_predictor=int(page.predictor) == 2,
        alpha_associated=associated,
    )
    return Decoded(np.ascontiguousarray(raw[..., :channels]), alpha, metadata, encoding, tuple(warnings))


def _bytes(page: Any, code: int) -> bytes:
    tag = page.tags.get(code)
    if tag is None:
        return b""
    value = tag.value
    if isinstance(value, bytes):
        return value
    if isinstance(value, str):
        return value.encode()
    order = page.parent.byteorder
    if isinstance(value, tuple) and all(isinstance(v, int) for v in value):
        letter = {1: "B", 3: "H", 4: "I"}.get(int(tag.dtype), "B")
        return struct.pack(f"{order}{len(value)}{letter}", *value)
    return b""


def _dpi(page: Any) -> tuple[float, float] | None:
    unit = page.tags.valueof(296, 2)
    values = [page.tags.valueof(code) for code in (282, 283)]
    if int(unit) not in (2, 3) or any(not isinstance(v, tuple) or not all(v) for v in values):
        return None
    scale = 2.54 if int(unit) == 3 else 1.0
    x, y = (v[0] / v[1] * scale for v in values)
    return x, y


def write(codes: Codes, alpha: Codes | None, metadata: Metadata, encoding: Encoding) -> memoryview:
    """(H, W, 1 or 3) uint8 or uint16, with alpha if there is any, as a TIFF file.

    Compressed as the source was if that loses nothing, else by deflate. EXIF and GPS become sub-directories;
    maker notes move with them, so those with inner offsets may not be readable elsewhere.
    """
    pixels: Any = codes if alpha is None else np.concatenate([codes, alpha[..., None]], axis=2)
    if pixels.shape[2] == 1:
        pixels = pixels[..., 0]
    order: Any = "<"
    found: dict[int, list[exif.Entry]] = {}
    if metadata.exif:
        try:
            order = exif.byte_order(metadata.exif)[0]
            found = exif.directories(metadata.exif)
        except exif.ExifError:
            found = {}
    of_tiff = encoding.format == "tiff"
    compression = _WRITTEN.get(encoding.tiff_compression, "adobe_deflate") if of_tiff else "adobe_deflate"
    options: dict[str, Any] = {}
    if metadata.dpi:
        options = {"resolution": metadata.dpi, "resolutionunit": "INCH"}
    file = io.BytesIO()
    with tifffile.TiffWriter(file, byteorder=order, bigtiff=pixels.nbytes > 3_900_000_000) as writer:
        writer.write(
            pixels,
            photometric="rgb" if codes.shape[2] == 3 else "minisblack",
            planarconfig="contig" if pixels.ndim == 3 else None,
            extrasamples=None if alpha is None else ["assocalpha" if encoding.alpha_associated else "unassalpha"],
            compression=compression,
            predictor=compression is not None and (encoding.tiff_predictor or not of_tiff),
            metadata=None,
            software=False,
            iccprofile=metadata.icc or None,
            extratags=_extratags(metadata, found),
            **options,
        )
    if found and not pixels.nbytes > 3_900_000_000:
        _append_directories(file, found, order)
    return file.getbuffer()


def _extratags(metadata: Metadata, found: dict[int, list[exif.Entry]]) -> list[tuple[Any, int, int, Any, bool]]:
    tags: list[tuple[Any, int, int, Any, bool]] = [
        (e.tag, e.type, e.count, e.raw, True) for e in found.get(0, []) if e.tag in exif.DESCRIPTIVE
    ]
    if any(e.tag == exif.ORIENTATION for e in found.get(0, [])):
        tags.append((exif.ORIENTATION, 3, 1, 1, True))
    if metadata.xmp:
        tags.append((XMP, 1, len(metadata.xmp), metadata.xmp, True))
    if metadata.iptc:
        tags.append((PHOTOSHOP, 7, len(metadata.iptc), metadata.iptc, True))
        records = iptc_records(metadata.iptc)
        if records:
            tags.append((IPTC, 7, len(records), records, True))
    # By name, because tifffile leaves these out by number; they get their value afterwards.
    tags += [
        (name, 4, 1, 0, True) for tag, name in ((exif.EXIF_IFD, "ExifTag"), (exif.GPS_IFD, "GPSTag")) if tag in found
    ]
    return tags


def _append_directories(file: io.BytesIO, found: dict[int, list[exif.Entry]], order: str) -> None:
    """Write EXIF and GPS behind the pixels and point the waiting entries of the first directory at them."""
    head = bytes(file.getbuffer()[:8])
    start = exif.byte_order(head)[2]
    (count,) = struct.unpack_from(order + "H", file.getbuffer(), start)
    end = file.seek(0, io.SEEK_END)
    for i in range(count):
        at = start + 2 + 12 * i
        tag, kind, _, value = struct.unpack_from(order + "HHII", file.getbuffer(), at)
        if tag in (exif.EXIF_IFD, exif.GPS_IFD) and tag in found and kind == 4 and value == 0:
            end += end % 2
            body = exif.sub_ifd(found, tag, order, end)
            file.seek(at + 8)
            file.write(struct.pack(order + "I", end))
            file.seek(end)
            file.write(body)
            end += len(body)
