"""Save a photo: encoded as it came, written beside its target, then put in place in one step."""

from __future__ import annotations

import errno
import hashlib
import os
import secrets
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from fluxroom.errors import OutputError, OutputExists
from fluxroom.photo import jpeg, png, tiff, webp
from fluxroom.photo.decoded import differs
from fluxroom.photo.metadata import for_result
from fluxroom.photo.open import open_photo
from fluxroom.photo.photo import Codes, Format, Photo

_FORMATS: dict[str, Format] = {
    ".jpg": "jpeg", ".jpeg": "jpeg", ".png": "png", ".webp": "webp", ".tif": "tiff", ".tiff": "tiff",
}  # fmt: skip
SUBSAMPLINGS = ("4:4:4", "4:2:2", "4:2:0")


def free_name(source: Path, tag: str) -> Path:
    """`beach_v1.jpg` beside `beach.jpg`; if that is taken, `beach_v1-2.jpg` and so on."""
    suffix = source.suffix if source.suffix.lower() in _FORMATS else ".jpg"
    target = source.with_name(f"{source.stem}_{tag}{suffix}")
    count = 2
    while os.path.lexists(target):
        target = source.with_name(f"{source.stem}_{tag}-{count}{suffix}")
        count += 1
    return target


@dataclass(frozen=True, slots=True)
class Difference:
    """Pixels that an edit left alone, how many of them differ in the saved file, and by how many codes at most."""

    untouched: int
    different: int
    largest: int


def save_photo(
    photo: Photo,
    path: str | os.PathLike[str],
    *,
    overwrite: bool = False,
    quality: int | None = None,
    subsampling: str | None = None,
    before: Codes | None = None,
) -> None:
    """Write `photo.codes` with everything that came with the photo; the format goes by the file name's ending.

    overwrite     replace an existing file; never the photo's own source
    quality       1..100 for JPEG and WebP; None: the source's own tables, or 95 (JPEG) and 90 (WebP)
    subsampling   "4:4:4", "4:2:2" or "4:2:0" for JPEG; None: as the source, or "4:4:4"
    before        the codes of the photo as it was opened, which spares decoding the source again

    A JPEG saved as a JPEG with nothing told keeps the 8 x 8 blocks without a changed pixel as they are in the source,
    if that still is where it was opened (turned, if EXIF said so; then decoders may round differently by a few codes,
    and tables are transposed with the picture). `saved_difference` tells what remains.
    JPEG and WebP hold 8 bits: 16-bit codes are rounded. Transparency is refused for JPEG unless it is nowhere.
    A crash leaves the old file or the new one, never half of one. Raises OutputError and OutputExists.
    """
    target = Path(path)
    name = " ".join(str(target).split())
    try:
        kind = _check(photo, target, overwrite)
        if quality is not None and not 1 <= quality <= 100:
            raise OutputError(f"cannot be written with quality {quality}; choose 1 to 100")
        if subsampling is not None and subsampling not in SUBSAMPLINGS:
            raise OutputError(f"cannot be written with subsampling {subsampling}; choose {', '.join(SUBSAMPLINGS)}")
        _put(_encode(photo, kind, quality, subsampling, before), target, overwrite)
    except OutputError as error:
        raise type(error)(f"{name} {error}") from error.__cause__
    except OSError as error:
        raise OutputError(f"{name} {_reason(error)}") from error


def _check(photo: Photo, target: Path, overwrite: bool) -> Format:
    kind = _FORMATS.get(target.suffix.lower())
    if kind is None:
        raise OutputError(f"has no ending that names a format; end it in {', '.join(_FORMATS)}")
    folder = target.parent
    if not folder.is_dir():
        raise OutputError(f"cannot be written: the folder {folder} does not exist; make it first")
    if target.is_dir():
        raise OutputError("is a folder; name a file in it")
    if photo.path is not None and _same(photo.path, target):
        raise OutputError("is the original photo, which is never written to; choose another name")
    if not overwrite and os.path.lexists(target):
        raise OutputExists("exists; add --overwrite to replace it, or choose another name")
    return kind


def _same(source: Path, target: Path) -> bool:
    """The same file, through any symbolic or hard link."""
    try:
        return os.path.samefile(source, target)
    except OSError:
        return os.path.realpath(source) == os.path.realpath(target)


def _encode(
    photo: Photo, kind: Format, quality: int | None, subsampling: str | None, before: Codes | None
) -> bytes | memoryview:
    codes: Codes = photo.codes
    alpha = photo.alpha
    if kind == "jpeg" and alpha is not None:
        if (alpha != np.iinfo(alpha.dtype).max).any():
            raise OutputError("cannot be written: a JPEG holds no transparency; save as png, webp or tiff")
        alpha = None
    if kind in ("jpeg", "webp"):
        codes, alpha = to_8_bits(codes), None if alpha is None else to_8_bits(alpha)
    if kind == "webp" and codes.shape[2] == 1:
        codes = codes.astype(np.uint8).repeat(3, axis=2)
    metadata = for_result(photo, codes.shape[2])
    if kind == "png":
        return png.write(codes, alpha, metadata, photo.encoding)
    if kind == "tiff":
        return tiff.write(codes, alpha, metadata, photo.encoding)
    eight = codes.astype(np.uint8, copy=False)
    if kind == "jpeg":
        known = before.astype(np.uint8, copy=False) if before is not None and before.dtype == np.uint8 else None
        return jpeg.write(eight, metadata, photo.encoding, quality, subsampling, _source(photo), known)
    alpha8 = None if alpha is None else alpha.astype(np.uint8, copy=False)
    return webp.write(eight, alpha8, metadata, photo.encoding, quality)


def _source(photo: Photo) -> bytes:
    """The file the photo was opened from, if it still is the same; else b""."""
    try:
        data = photo.path.read_bytes() if photo.path is not None else b""
    except OSError:
        return b""
    return data if hashlib.sha256(data).hexdigest() == photo.sha256 else b""


def saved_difference(before: Photo, after: Photo, path: str | os.PathLike[str]) -> Difference:
    """How well a saved file keeps what an edit left alone.

    before   as opened;  after   as edited, of the same size;  path   the file that `after` was saved to

    Compares the file's decoded codes with those of `before` at all pixels where `after` equals it.
    Raises PhotoError if the file cannot be opened, ValueError for pictures of different shape.
    """
    saved = open_photo(path, max_pixels=None).codes
    if not before.codes.shape == after.codes.shape == saved.shape:
        raise ValueError(f"different shapes: {before.codes.shape}, {after.codes.shape}, {saved.shape}")
    same = ~differs(before.codes, after.codes)
    eight = to_8_bits(before.codes) if saved.dtype == np.uint8 else before.codes
    wrong = same & differs(saved, eight)
    off = np.abs(saved[wrong].astype(np.int32) - eight[wrong])
    return Difference(int(same.sum()), int(wrong.sum()), int(off.max(initial=0)))


def to_8_bits(codes: Codes) -> Codes:
    """16-bit codes to the nearest 8-bit ones (65535 to 255); 8-bit ones as they are."""
    if codes.dtype == np.uint8:
        return codes
    return ((codes.astype(np.uint32) + 128) // 257).astype(np.uint8)


def _put(content: bytes | memoryview, target: Path, overwrite: bool) -> None:
    """Write beside the target, flush to the disk, then give it the target's name in one step."""
    beside = target.parent / f".{target.name[:60]}.{secrets.token_hex(6)}.part"
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if overwrite:
            os.replace(beside, target)
        else:
            rename_new(beside, target)
    except FileExistsError:
        raise OutputExists("exists; add --overwrite to replace it, or choose another name") from None
    finally:
        with suppress(FileNotFoundError):
            os.unlink(beside)
    flush_folder(target.parent)


def rename_new(beside: Path, target: Path) -> None:
    """Rename without replacing a file that appeared meanwhile. Raises FileExistsError."""
    try:
        os.link(beside, target)
    except FileExistsError:
        raise
    except OSError:  # a file system without hard links
        if os.path.lexists(target):
            raise FileExistsError(target) from None
        os.rename(beside, target)


def flush_folder(folder: Path) -> None:
    """Make the new name last through a power cut, where the system allows to flush a folder."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _reason(error: OSError) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return "cannot be written: the disk is full; free some space or choose another disk"
    if error.errno == errno.EFBIG:
        return "cannot be written: the file is larger than allowed here; choose another disk or raise the limit"
    if error.errno in (errno.EACCES, errno.EPERM):
        return "cannot be written: permission denied in that folder; choose another folder"
    if error.errno == errno.EROFS:
        return "cannot be written: the disk is read-only; choose another folder"
    return f"cannot be written: {error.strerror or error}; choose another place"
