"""XMP packets and Photoshop image resources (which carry IPTC), and the blocks of a result.

Sources: XMP specification part 1 and 3; Adobe Photoshop file format, "Image resource blocks"; IPTC-IIM 4.2.
"""

from __future__ import annotations

import re
import struct
from dataclasses import replace

from fluxroom.photo import exif
from fluxroom.photo.icc import ProfileError, color_space, parse_icc
from fluxroom.photo.photo import Metadata, Photo

_THUMBNAILS = (0x0409, 0x040C)
_IPTC = 0x0404
_XMP_ORIENTATION = re.compile(rb"""(tiff:Orientation(?:\s*=\s*["']|>)\s*)[2-8]""")


def upright_xmp(xmp: bytes) -> bytes:
    """The packet with tiff:Orientation set to 1, of the same length."""
    return _XMP_ORIENTATION.sub(rb"\g<1>1", xmp)


def resources(block: bytes) -> list[tuple[int, bytes, bytes]]:
    """Photoshop image resources as (id, whole resource, its data); stops at the first that is damaged."""
    found = []
    at = 0
    while at + 12 <= len(block) and block[at : at + 4] in (b"8BIM", b"8B64", b"MeSa", b"AgHg", b"PHUT", b"DCSR"):
        (number,) = struct.unpack_from(">H", block, at + 4)
        name = (block[at + 6] + 2) & ~1
        if at + 6 + name + 4 > len(block):
            break
        (size,) = struct.unpack_from(">I", block, at + 6 + name)
        start = at + 10 + name
        end = start + size + size % 2
        if start + size > len(block):
            break
        found.append((number, block[at:end], block[start : start + size]))
        at = end
    return found


def without_thumbnails(block: bytes) -> bytes:
    """Image resources less the picture's thumbnail; unreadable blocks come back as they are."""
    found = resources(block)
    if not any(number in _THUMBNAILS for number, _, _ in found):
        return block
    return b"".join(whole + b"\0" * (len(whole) % 2) for number, whole, _ in found if number not in _THUMBNAILS)


def iptc_records(block: bytes) -> bytes:
    """The IPTC-IIM records inside image resources, b"" if none."""
    return next((data for number, _, data in resources(block) if number == _IPTC), b"")


def wrap_iptc(records: bytes) -> bytes:
    """Bare IPTC-IIM records as one image resource."""
    return b"8BIM" + struct.pack(">HHI", _IPTC, 0, len(records)) + records + b"\0" * (len(records) % 2)


def for_result(photo: Photo, channels: int) -> Metadata:
    """The blocks to write beside `channels` colour channels of this photo, which stands upright.

    A grey profile cannot stand beside colour: it gives way to an RGB profile with its tone curve (see
    ColorProfile.as_rgb), or to none if that is plain sRGB.
    """
    m = photo.metadata
    icc = m.icc
    if channels == 3 and color_space(icc) == "GRAY":
        plain = photo.profile.as_rgb()
        icc = b"" if plain.name == "sRGB" or not _readable(icc) else plain.to_icc()
    return replace(
        m,
        exif=exif.refresh(m.exif, photo.width, photo.height),
        xmp=upright_xmp(m.xmp) if m.orientation != 1 else m.xmp,
        icc=icc,
        iptc=without_thumbnails(m.iptc),
    )


def _readable(icc: bytes) -> bool:
    try:
        parse_icc(icc)
    except ProfileError:
        return False
    return True
