"""A small reader and writer of ICC profiles: matrix/TRC for RGB, TRC for grey (ICC.1:2022).

Only what a photo needs. Profiles whose colours are lookup tables alone are
recognised (`IccProfile.lookup`), not evaluated here.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]

D50 = np.array([0.9642, 1.0, 0.8249])
"""White of the profile connection space, XYZ (ICC.1:2022, 7.2.16)."""

STEPS = 65536
"""Points at which a tone curve is tabulated: every 16-bit code value."""


class ProfileError(ValueError):
    """The bytes are no profile that can be used; the message says why, without a full stop."""


@dataclass(frozen=True, slots=True)
class IccProfile:
    """What a profile says.

    space     "RGB" or "GRAY"
    name      its own description
    curves    1 or 3 arrays of STEPS float64 in 0..1, rising: linear light at each 16-bit code
    matrix    (3, 3) float64, linear device RGB to XYZ relative to D50; None for grey
    lookup    True if there are only lookup tables: curves is empty and matrix None
    tag       the grey or green curve as it stands in the profile
    """

    space: str
    name: str
    curves: tuple[Doubles, ...]
    matrix: Doubles | None
    lookup: bool = False
    tag: bytes = b""


def color_space(data: bytes) -> str:
    """The device colour space signature, "RGB", "GRAY", "CMYK", ...; "" if the bytes are no profile."""
    if len(data) < 132 or data[36:40] != b"acsp":
        return ""
    return data[16:20].decode("latin-1").strip()


def parse_icc(data: bytes) -> IccProfile:
    """Read a profile. Raises ProfileError."""
    space = color_space(data)
    if not space:
        raise ProfileError("it is too short or lacks the profile signature")
    if space not in ("RGB", "GRAY"):
        raise ProfileError(f"it is a {space!r} profile, not one for RGB or grey")
    tags = _tags(data)
    name = _description(tags.get("desc", b"")) or "unnamed"
    if space == "GRAY":
        if "kTRC" not in tags:
            raise ProfileError("it has no grey tone curve")
        return IccProfile("GRAY", name, (_curve(tags["kTRC"]),), None, tag=tags["kTRC"])
    needed = ("rTRC", "gTRC", "bTRC", "rXYZ", "gXYZ", "bXYZ")
    missing = [tag for tag in needed if tag not in tags]
    if missing or data[20:24] != b"XYZ ":
        if any(tag in tags for tag in ("A2B0", "A2B1", "A2B2")):
            return IccProfile("RGB", name, (), None, lookup=True)
        raise ProfileError(f"it lacks {', '.join(missing) or 'the XYZ connection space'}")
    raw = [tags[tag] for tag in needed]
    curves: dict[bytes, Doubles] = {tag: _curve(tag) for tag in dict.fromkeys(raw[:3])}
    matrix = np.stack([_xyz(tag) for tag in raw[3:]], axis=1)
    return IccProfile("RGB", name, tuple(curves[tag] for tag in raw[:3]), matrix, tag=raw[1])


def _tags(data: bytes) -> dict[str, bytes]:
    (count,) = struct.unpack_from(">I", data, 128)
    if count > 1000 or 132 + 12 * count > len(data):
        raise ProfileError("its tag table runs past its end")
    tags = {}
    for i in range(count):
        signature, offset, size = struct.unpack_from(">4sII", data, 132 + 12 * i)
        if offset + size > len(data):
            raise ProfileError("one of its tags runs past its end")
        tags[signature.decode("latin-1")] = data[offset : offset + size]
    return tags


def _xyz(tag: bytes) -> Doubles:
    if len(tag) < 20 or tag[:4] != b"XYZ ":
        raise ProfileError("a colorant is not an XYZ value")
    return np.array(struct.unpack_from(">3i", tag, 8)) / 65536.0


def _curve(tag: bytes) -> Doubles:
    """`curv` (ICC.1:2022, 10.6) or `para` (10.18), at every 16-bit code."""
    x = np.linspace(0.0, 1.0, STEPS)
    kind = tag[:4]
    if kind == b"curv" and len(tag) >= 12:
        (count,) = struct.unpack_from(">I", tag, 8)
        if len(tag) < 12 + 2 * count:
            raise ProfileError("a tone curve is cut short")
        points = np.frombuffer(tag, ">u2", count, 12).astype(np.float64)
        if count == 0:
            y = x
        elif count == 1:
            y = x ** float(points[0] / 256.0)
        else:
            y = np.interp(x, np.linspace(0.0, 1.0, count), points / 65535.0)
    elif kind == b"para" and len(tag) >= 12:
        y = _parametric(tag, x)
    else:
        raise ProfileError("a tone curve is of an unknown type")
    return rising(y)


def _parametric(tag: bytes, x: Doubles) -> Doubles:
    (function,) = struct.unpack_from(">H", tag, 8)
    counts = (1, 3, 4, 5, 7)
    if function >= len(counts) or len(tag) < 12 + 4 * counts[function]:
        raise ProfileError("a parametric tone curve is of an unknown type or cut short")
    numbers = [n / 65536.0 for n in struct.unpack_from(f">{counts[function]}i", tag, 12)]
    g, a, b, c, d, e, f = numbers + [0.0] * (7 - len(numbers))
    if function == 0:
        a, b, d = 1.0, 0.0, 0.0
    elif function in (1, 2):
        if a == 0.0:
            raise ProfileError("a parametric tone curve divides by zero")
        e, f, c, d = c, c, 0.0, -b / a  # the constant below the threshold is the offset c
    with np.errstate(all="ignore"):  # `rising` refuses what is not finite
        power = np.maximum(a * x + b, 0.0) ** g + e
    return np.asarray(np.where(x >= d, power, c * x + f))


def rising(y: Doubles) -> Doubles:
    """Clip to 0..1 and check that the curve rises. Raises ProfileError."""
    if not np.isfinite(y).all():
        raise ProfileError("a tone curve is not finite")
    y = np.clip(y, 0.0, 1.0)
    if (np.diff(y) < -1e-3).any() or y[-1] - y[0] < 0.1:
        raise ProfileError("a tone curve falls instead of rising")
    return np.maximum.accumulate(y)


def _description(tag: bytes) -> str:
    try:
        if tag[:4] == b"desc":
            (count,) = struct.unpack_from(">I", tag, 8)
            text = tag[12 : 12 + count].decode("latin-1")
        elif tag[:4] == b"mluc":
            length, offset = struct.unpack_from(">II", tag, 20)
            text = tag[offset : offset + length].decode("utf-16-be", "replace")
        else:
            return ""
    except struct.error:
        return ""
    return " ".join(text.replace("\0", " ").split())[:80]


def table_tag(curve: Doubles) -> bytes:
    """A curve (values 0..1 at even steps) as a `curv` table of 4096 points."""
    points = np.interp(np.linspace(0, 1, 4096), np.linspace(0, 1, len(curve)), curve)
    return struct.pack(">4sII", b"curv", 0, 4096) + np.rint(points * 65535.0).astype(">u2").tobytes()


def gamma_tag(gamma: float) -> bytes:
    """A pure power as a `curv` of one number, in steps of 1/256."""
    return struct.pack(">4sIIH", b"curv", 0, 1, round(gamma * 256))


def parametric_tag(function: int, *numbers: float) -> bytes:
    """A `para` curve, function 0..4 of ICC.1:2022 table 68; numbers in steps of 1/65536."""
    body = struct.pack(f">{len(numbers)}i", *(round(n * 65536) for n in numbers))
    return struct.pack(">4sIHH", b"para", 0, function, 0) + body


def write_icc(name: str, trc: bytes, matrix: Doubles | None) -> bytes:
    """Make a version 4 profile: one curve tag for all channels and a D50 matrix, or grey without one."""
    grey = matrix is None
    tags: list[tuple[bytes, bytes]] = [(b"desc", _mluc(name)), (b"cprt", _mluc("No copyright, use freely"))]
    tags.append((b"wtpt", b"XYZ \0\0\0\0" + _fixed(D50)))
    if matrix is None:
        tags.append((b"kTRC", trc))
    else:
        tags += [(t, trc) for t in (b"rTRC", b"gTRC", b"bTRC")]
        tags += [(t, b"XYZ \0\0\0\0" + _fixed(matrix[:, i])) for i, t in enumerate((b"rXYZ", b"gXYZ", b"bXYZ"))]
    table, body, places = b"", b"", dict[bytes, int]()
    start = 132 + 12 * len(tags)
    for signature, content in tags:
        if content not in places:
            places[content] = start + len(body)
            body += content + b"\0" * (-len(content) % 4)
        table += struct.pack(">4sII", signature, places[content], len(content))
    header = struct.pack(">I4sI", start + len(body), b"\0\0\0\0", 0x04400000)
    header += b"mntr" + (b"GRAY" if grey else b"RGB ") + b"XYZ " + struct.pack(">6H", 2026, 1, 1, 0, 0, 0)
    header += b"acsp" + b"\0" * 28 + _fixed(D50)
    header = header.ljust(128, b"\0")
    return header + struct.pack(">I", len(tags)) + table + body


def _mluc(text: str) -> bytes:
    words = text.encode("utf-16-be")
    return struct.pack(">4sIII2s2sII", b"mluc", 0, 1, 12, b"en", b"US", len(words), 28) + words


def _fixed(values: Doubles) -> bytes:
    return struct.pack(">3i", *(round(float(v) * 65536) for v in values))
