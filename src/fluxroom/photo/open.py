"""Open a photo file: what it is, its pixels turned upright, its colours, and what came with it."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from fluxroom.errors import PhotoError
from fluxroom.photo import exif, jpeg, png, tiff, webp
from fluxroom.photo.color import Codes, ColorProfile
from fluxroom.photo.decoded import MAX_PIXELS, Decoded, upright
from fluxroom.photo.icc import ProfileError, color_space, parse_icc
from fluxroom.photo.photo import Metadata, Photo
from fluxroom.photo.reduce import within
from fluxroom.scene import Float

_RAW = frozenset(
    "3fr arw cr2 cr3 dng erf iiq kdc mef mos mrw nef nrw orf pef raf raw rw2 rwl sr2 srw x3f".split()  # noqa: SIM905
)
_GIVE = "give a JPEG, PNG, WebP or TIFF file"


def open_photo(path: str | os.PathLike[str], *, max_pixels: int | None = MAX_PIXELS) -> Photo:
    """Open a JPEG, PNG, WebP or TIFF file.

    max_pixels   largest width x height that is decoded, checked in the file's header; None: no limit

    EXIF orientation is applied. A profile that cannot be read, or of another colour space, is kept for
    saving, colours are read as sRGB, and a warning says so. Photos whose profile holds lookup tables only are
    converted to Display P3, with a warning.
    Without a profile colours are sRGB, or Adobe RGB where EXIF says so (interoperability index R03).
    Raises PhotoError and PhotoTooLarge, each with one line that names the file.
    """
    place = Path(path)
    with _named(place):
        data = _read(place)
        decoded = _decode(data, place.suffix.lower().lstrip("."), max_pixels)
        return _photo(decoded, place, hashlib.sha256(data).hexdigest())


@dataclass(frozen=True, slots=True)
class Glimpse:
    """A photo made small: (h, w, 3) float32 linear Rec.2020; its own size as displayed, what came with it, identity."""

    linear: Float
    width: int
    height: int
    metadata: Metadata
    sha256: str


def glimpse(path: str | os.PathLike[str], side: int, *, max_pixels: int | None = MAX_PIXELS) -> Glimpse:
    """A photo with a long side of at most `side` pixels, to look at and to measure; as `open_photo` in all else.

    A JPEG is decoded small, which costs a fraction of the time and memory; other formats are opened in full.
    """
    place = Path(path)
    with _named(place):
        data = _read(place)
        suffix, sha256 = place.suffix.lower().lstrip("."), hashlib.sha256(data).hexdigest()
        if _sniff(data[:64], suffix) != "jpeg":
            photo = _photo(_decode(data, suffix, max_pixels), place, sha256)
            return Glimpse(within(photo, side), photo.width, photo.height, photo.metadata, sha256)
        decoded, width, height = jpeg.read_small(data, max_pixels, side)
        photo = _photo(decoded, place, sha256)
        if photo.metadata.orientation >= 5:
            width, height = height, width
        return Glimpse(within(photo, side), width, height, photo.metadata, sha256)


@contextmanager
def _named(place: Path) -> Iterator[None]:
    """What goes wrong names the file, in one line."""
    name = " ".join(str(place).split())
    try:
        yield
    except PhotoError as error:
        raise type(error)(" ".join(f"{name} {error}".split())) from error.__cause__
    except MemoryError:
        raise PhotoError(f"{name} does not fit into memory; open a smaller copy") from None


def _read(path: Path) -> bytes:
    """The whole file, unless its beginning says that it is no photo."""
    try:
        info = path.stat()
        if stat.S_ISDIR(info.st_mode):
            raise PhotoError(f"is a folder, not a photo; {_GIVE}")
        if not stat.S_ISREG(info.st_mode):
            raise PhotoError(f"is not an ordinary file; {_GIVE}")
        with path.open("rb") as file:
            head = file.read(64)
            if not head:
                raise PhotoError("is empty (zero bytes); get an intact copy of the photo")
            _sniff(head, path.suffix.lower().lstrip("."))
            return head + file.read()
    except FileNotFoundError:
        raise PhotoError("does not exist; check the path") from None
    except PermissionError:
        raise PhotoError("cannot be read: permission denied; allow reading it") from None
    except (OSError, ValueError) as error:
        raise PhotoError(f"cannot be read: {getattr(error, 'strerror', None) or error}; check the path") from error


def _sniff(head: bytes, suffix: str) -> str:
    """The format by the first bytes. Raises PhotoError naming the kind of other files where it is known."""
    if suffix in _RAW and not head.startswith((b"\xff\xd8", b"\x89PNG")):
        raise PhotoError("is a raw camera file; develop it to a 16-bit TIFF first, then open that")
    if head.startswith(b"\xff\xd8\xff"):
        return "jpeg"
    if head.startswith(png.SIGNATURE):
        return "png"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "webp"
    if head[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"):
        return "tiff"
    if head[:6] in (b"GIF87a", b"GIF89a"):
        raise PhotoError(f"is a GIF (animation or at most 256 colours), not a photo; {_GIVE}")
    brand = head[8:12] if head[4:8] == b"ftyp" else b""
    for sign, kind in (
        (brand in (b"heic", b"heix", b"mif1", b"msf1", b"hevc"), "a HEIC picture"),
        (brand in (b"avif", b"avis"), "an AVIF picture"),
        (bool(brand), "a film"),
        (head[:2] == b"\xff\x0a" or head[4:8] == b"JXL ", "a JPEG XL picture"),
        (head[4:8] == b"jP  ", "a JPEG 2000 picture"),
        (head[:2] == b"BM", "a BMP picture"),
        (head[:4] == b"8BPS", "a Photoshop document"),
        (head[:4] == b"%PDF", "a PDF document"),
        (b"<svg" in head, "an SVG drawing"),
    ):
        if sign:
            raise PhotoError(f"is {kind}, which fluxroom cannot read; convert it to JPEG, PNG, WebP or TIFF")
    raise PhotoError(f"is not a photo; {_GIVE}")


def _decode(data: bytes, suffix: str, max_pixels: int | None) -> Decoded:
    readers = {"jpeg": jpeg.read, "png": png.read, "webp": webp.read, "tiff": tiff.read}
    return readers[_sniff(data[:64], suffix)](data, max_pixels)


def _photo(decoded: Decoded, path: Path, sha256: str) -> Photo:
    warnings = list(decoded.warnings)
    metadata = decoded.metadata
    codes, profile, metadata = _color(decoded.codes, metadata, warnings)
    turn = metadata.orientation
    if turn >= 5 and metadata.dpi:
        metadata = replace(metadata, dpi=(metadata.dpi[1], metadata.dpi[0]))
    alpha = None if decoded.alpha is None else upright(decoded.alpha, turn)
    return Photo(
        upright(codes, turn),
        alpha,
        profile,
        metadata,
        decoded.encoding,
        path.absolute(),
        sha256,
        tuple(warnings),
    )


def _color(codes: Codes, metadata: Metadata, warnings: list[str]) -> tuple[Codes, ColorProfile, Metadata]:
    """The profile of these codes; codes and profile converted if it holds lookup tables only."""
    grey = codes.shape[2] == 1
    plain = ColorProfile.grey_srgb() if grey else ColorProfile.srgb()
    if not metadata.icc:
        if exif.is_adobe_rgb(metadata.exif) and not grey:
            return codes, ColorProfile.adobe_rgb(), metadata
        return codes, plain, metadata
    space = color_space(metadata.icc)
    if space == "GRAY" and not grey:
        warnings.append("the embedded colour profile is for grey pictures; colours were read as sRGB")
        return codes, plain, metadata
    try:
        if not grey and parse_icc(metadata.icc).lookup:
            return _through_tables(codes, metadata, warnings)
        return codes, ColorProfile.from_icc(metadata.icc), metadata
    except ProfileError as error:
        warnings.append(f"the embedded colour profile cannot be used ({error}); colours were read as sRGB")
        return codes, plain, metadata


def _through_tables(codes: Codes, metadata: Metadata, warnings: list[str]) -> tuple[Codes, ColorProfile, Metadata]:
    """Convert codes from a profile of lookup tables to Display P3, relative colorimetric. Raises ProfileError."""
    import imagecodecs

    target = ColorProfile.display_p3()
    icc = target.to_icc()
    try:
        converted = imagecodecs.cms_transform(
            codes, metadata.icc, icc, colorspace="rgb", outcolorspace="rgb", intent=1, outdtype=codes.dtype
        )
    except (ValueError, RuntimeError, TypeError) as error:
        raise ProfileError(f"its lookup tables cannot be read: {error}") from error
    warnings.append("the colour profile holds lookup tables; the photo was converted to Display P3")
    return np.ascontiguousarray(converted).reshape(codes.shape), target, replace(metadata, icc=icc)
