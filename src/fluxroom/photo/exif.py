"""EXIF blocks: the TIFF structure that JPEG, PNG, WebP and TIFF files share (CIPA DC-008 / EXIF 2.32, TIFF 6.0).

A block starts with the byte order mark; offsets count from there. Blocks are edited in
place, so that maker notes, whose inner offsets nobody knows, stay where they were.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

ORIENTATION = 0x0112
EXIF_IFD = 0x8769
GPS_IFD = 0x8825
INTEROP_IFD = 0xA005
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}

DESCRIPTIVE = frozenset({270, 271, 272, 305, 306, 315, 316, 18246, 18249, 33432, 40091, 40092, 40093, 40094, 40095})
"""Tags of the first directory that describe the picture, not how its pixels are stored."""


class ExifError(ValueError):
    """Not a TIFF structure, or one that points outside itself."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One field: its value as raw bytes in the block's byte order, where the entry and where the value stand."""

    tag: int
    type: int
    count: int
    raw: bytes
    at: int = 0
    value_at: int = 0

    def number(self, order: str) -> int:
        """The first value of a BYTE, SHORT or LONG field. Raises ExifError."""
        letter = {1: "B", 3: "H", 4: "I", 13: "I", 16: "Q", 18: "Q"}.get(self.type)
        if letter is None or not self.raw:
            raise ExifError(f"field {self.tag} is no whole number")
        return int(struct.unpack_from(order + letter, self.raw)[0])


def byte_order(block: bytes) -> tuple[str, bool, int]:
    """(struct order character, BigTIFF, offset of the first directory). Raises ExifError."""
    order = {b"II": "<", b"MM": ">"}.get(block[:2])
    if order is None or len(block) < 8:
        raise ExifError("no byte order mark")
    (version,) = struct.unpack_from(order + "H", block, 2)
    if version == 43 and len(block) >= 16:
        return order, True, int(struct.unpack_from(order + "Q", block, 8)[0])
    return order, False, int(struct.unpack_from(order + "I", block, 4)[0])


def read_ifd(block: bytes, offset: int, order: str, big: bool = False) -> tuple[list[Entry], int]:
    """The entries of the directory at offset, and where its pointer to the next directory stands.

    Fields that point outside the block are left out. Raises ExifError if the directory itself does.
    """
    head, size, inline, pointer = ("Q", 20, 8, "Q") if big else ("H", 12, 4, "I")
    try:
        (count,) = struct.unpack_from(order + head, block, offset)
        start = offset + struct.calcsize(order + head)
        if offset < 8 or count > 4096 or start + size * count > len(block):
            raise ExifError("a directory runs past the end")
        entries = []
        for i in range(count):
            at = start + size * i
            tag, kind, number = struct.unpack_from(order + ("HHQ" if big else "HHI"), block, at)
            length = _SIZES.get(kind, 0) * number
            value_at = at + size - inline
            if length > inline:
                (value_at,) = struct.unpack_from(order + pointer, block, value_at)
            if length and value_at + length <= len(block):
                entries.append(Entry(tag, kind, number, bytes(block[value_at : value_at + length]), at, value_at))
    except struct.error:
        raise ExifError("a directory lies outside the block") from None
    return entries, start + size * count


def directories(block: bytes) -> dict[int, list[Entry]]:
    """The first directory under key 0, and EXIF, GPS and interoperability under their tags. Raises ExifError."""
    order, big, offset = byte_order(block)
    found = {0: read_ifd(block, offset, order, big)[0]}
    for parent, tag in ((0, EXIF_IFD), (0, GPS_IFD), (EXIF_IFD, INTEROP_IFD)):
        for entry in found.get(parent, []):
            if entry.tag == tag:
                try:
                    found[tag] = read_ifd(block, entry.number(order), order, big)[0]
                except ExifError:
                    continue
    return found


def orientation(block: bytes) -> int:
    """1..8; 1 where absent, unreadable or out of range."""
    try:
        order = byte_order(block)[0]
        for entry in directories(block)[0]:
            if entry.tag == ORIENTATION:
                value = entry.number(order)
                return value if 1 <= value <= 8 else 1
    except ExifError:
        pass
    return 1


def dpi(block: bytes) -> tuple[float, float] | None:
    """Dots per inch across and down as stored, None where absent or nonsense."""
    try:
        order = byte_order(block)[0]
        fields = {e.tag: e for e in directories(block)[0]}
        unit = fields[0x0128].number(order) if 0x0128 in fields else 2
        values = [struct.unpack_from(order + "II", fields[tag].raw) for tag in (0x011A, 0x011B)]
    except (ExifError, KeyError, struct.error):
        return None
    if unit not in (2, 3) or any(0 in v for v in values):
        return None
    x, y = (a / b * (2.54 if unit == 3 else 1.0) for a, b in values)
    return x, y


def is_adobe_rgb(block: bytes) -> bool:
    """True if the interoperability index is R03: Adobe RGB by the DCF optional colour space (CIPA DC-009)."""
    try:
        entries = directories(block).get(INTEROP_IFD, [])
    except ExifError:
        return False
    return any(entry.tag == 1 and entry.raw[:3] == b"R03" for entry in entries)


def refresh(block: bytes, width: int, height: int) -> bytes:
    """The block for an upright picture of width x height pixels: Orientation 1, sizes right, no thumbnail.

    Everything else keeps its bytes and its place. A block that cannot be read comes back as it is.
    """
    try:
        order, big, offset = byte_order(block)
        found = directories(block)
        _, next_at = read_ifd(block, offset, order, big)
    except ExifError:
        return block
    if big:
        return block
    out = bytearray(block)
    new = {ORIENTATION: 1, 0x0100: width, 0x0101: height, 0xA002: width, 0xA003: height}
    for entry in (*found[0], *found.get(EXIF_IFD, [])):
        if entry.tag in new and entry.count == 1 and entry.type in (3, 4):
            number = new[entry.tag]
            kind = 3 if number < 65536 and entry.type == 3 else 4
            struct.pack_into(order + "HI", out, entry.at + 2, kind, 1)
            out[entry.at + 8 : entry.at + 12] = struct.pack(
                order + ("HH" if kind == 3 else "I"), number, *[0][: kind == 3]
            )
    return _without_thumbnail(out, found, order, offset, next_at)


def _without_thumbnail(out: bytearray, found: dict[int, list[Entry]], order: str, offset: int, next_at: int) -> bytes:
    if next_at + 4 > len(out):
        return bytes(out)
    (second,) = struct.unpack_from(order + "I", out, next_at)
    struct.pack_into(order + "I", out, next_at, 0)
    try:
        fields = {e.tag: e for e in read_ifd(bytes(out), second, order)[0]} if second else {}
        start, length = (fields[0x0201].number(order), fields[0x0202].number(order)) if fields else (0, 0)
    except (ExifError, KeyError):
        return bytes(out)
    end = start + length
    used = [(0, 8), (offset, next_at + 4)]
    for entries in found.values():
        used += [(min(e.at, e.value_at), e.at + 12) for e in entries if e.value_at == e.at + 8]
        used += [span for e in entries for span in ((e.at, e.at + 12), (e.value_at, e.value_at + len(e.raw)))]
    if start >= 8 and end <= len(out) and all(end <= a or b <= start for a, b in used):
        out[start:end] = bytes(length)
        if end == len(out) and second < start:
            del out[start:]
    return bytes(out)


def from_tiff(data: bytes) -> bytes:
    """An EXIF block of its own from the directories of a TIFF file; b"" if there is nothing to tell."""
    try:
        order, _, _ = byte_order(data)
        found = directories(data)
    except ExifError:
        return b""
    root = [e for e in found[0] if e.tag in DESCRIPTIVE or e.tag == ORIENTATION]
    if not root and EXIF_IFD not in found and GPS_IFD not in found:
        return b""
    mark = b"II*\0" if order == "<" else b"MM\0*"
    return mark + struct.pack(order + "I", 8) + write_ifds(root, found, order, 8)


def write_ifds(root: list[Entry] | None, found: dict[int, list[Entry]], order: str, at: int) -> bytes:
    """A directory `root` at offset `at`, then its EXIF (with interoperability) and GPS directories."""
    entries = list(root or [])
    body = b""
    place = at + _length(entries, sum(tag in found for tag in (EXIF_IFD, GPS_IFD)))
    for tag in (EXIF_IFD, GPS_IFD):
        if tag in found:
            entries.append(_pointer(tag, place + len(body), order))
            body += sub_ifd(found, tag, order, place + len(body))
    return _write_ifd(entries, order, at) + body


def sub_ifd(found: dict[int, list[Entry]], tag: int, order: str, at: int) -> bytes:
    """The bytes of one directory (and of the one below it) for offset `at`, of even length."""
    below = [e for e in found[tag] if e.tag == INTEROP_IFD and INTEROP_IFD in found]
    entries = [e for e in found[tag] if e.tag != INTEROP_IFD and e.type < 14]
    tail = b""
    if below:
        tail_at = at + _length(entries, 1)
        entries.append(_pointer(INTEROP_IFD, tail_at, order))
        tail = _write_ifd(found[INTEROP_IFD], order, tail_at)
    return _write_ifd(entries, order, at) + tail


def _pointer(tag: int, offset: int, order: str) -> Entry:
    return Entry(tag, 4, 1, struct.pack(order + "I", offset))


def _overflow(entries: list[Entry]) -> Iterator[int]:
    return (len(e.raw) + len(e.raw) % 2 for e in entries if len(e.raw) > 4)


def _length(entries: list[Entry], more: int = 0) -> int:
    return 6 + 12 * (len(entries) + more) + sum(_overflow(entries))


def _write_ifd(entries: list[Entry], order: str, at: int) -> bytes:
    entries = sorted(entries, key=lambda e: e.tag)
    table = struct.pack(order + "H", len(entries))
    values = b""
    start = at + 6 + 12 * len(entries)
    for e in entries:
        table += struct.pack(order + "HHI", e.tag, e.type, e.count)
        if len(e.raw) <= 4:
            table += e.raw.ljust(4, b"\0")
        else:
            table += struct.pack(order + "I", start + len(values))
            values += e.raw + b"\0" * (len(e.raw) % 2)
    return table + struct.pack(order + "I", 0) + values
