"""Saving: what came with the photo stays with it, and nothing is ever half written."""

from __future__ import annotations

import errno
import hashlib
import io
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pytest
import tifffile
from photo_samples import BROKEN_ICC, IPTC, XMP, exif_block, grey_icc, jpeg_bytes, p3_icc, scene
from PIL import ExifTags, Image, ImageCms

from fluxroom.errors import OutputError, OutputExists
from fluxroom.photo import Encoding, Metadata, Photo, open_photo, save_photo
from fluxroom.photo import exif as exif_room
from fluxroom.photo.jpeg import MAX_SIDE, encode, standard_quality
from fluxroom.photo.metadata import resources, without_thumbnails
from fluxroom.photo.save import to_8_bits

KINDS = ["jpg", "png", "webp", "tif"]


def photo_with_everything(folder: Path, orientation: int = 6, order: str = "<") -> Photo:
    """A JPEG with EXIF, XMP, IPTC, a Display P3 profile and a comment, opened."""
    data = jpeg_bytes(
        exif=b"Exif\0\0" + exif_block(orientation, order),
        xmp=XMP,
        icc_profile=p3_icc(),
        dpi=(300, 240),
        comment=b"a comment",
        quality=83,
        subsampling="4:2:2",
    )
    iptc = b"Photoshop 3.0\0" + IPTC
    at = data.index(b"\xff\xe1")
    data = data[:at] + b"\xff\xed" + (len(iptc) + 2).to_bytes(2, "big") + iptc + data[at:]
    path = folder / f"source{orientation}.jpg"
    path.write_bytes(data)
    return open_photo(path)


def exif_of(path: Path) -> dict[str, Any]:
    """EXIF as an independent reader (Pillow) sees it, all directories in one."""
    with Image.open(path) as image:
        found = image.getexif()
        fields: dict[int, Any] = dict(found)
        for ifd in (ExifTags.IFD.Exif, ExifTags.IFD.GPSInfo):
            fields |= {k + (100000 if ifd == ExifTags.IFD.GPSInfo else 0): v for k, v in found.get_ifd(ifd).items()}
        thumbnail = found.get_ifd(ExifTags.IFD.IFD1)
    fields["thumbnail"] = thumbnail  # type: ignore[index]
    return fields  # type: ignore[return-value]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("orientation", "order"), [(1, "<"), (6, "<"), (8, ">")])
def test_everything_that_came_stays(tmp_path: Path, kind: str, orientation: int, order: str) -> None:
    photo = photo_with_everything(tmp_path, orientation, order)
    out = tmp_path / f"out.{kind}"
    save_photo(photo, out)
    fields: dict[Any, Any] = exif_of(out)
    assert fields[271] == "Testmaker"
    assert fields[274] == 1
    assert fields[315] == "Someone"
    assert fields[0x9003] == "2026:05:04 18:30:00"
    assert fields[0x829A] == 1 / 250
    assert fields[0x927C] == b"MakerNote with offsets!\0"
    assert (fields[0xA002], fields[0xA003]) == (photo.width, photo.height)
    assert fields[100001] == "N"
    assert fields[100002] == (48.0, 51.0, 30.0)
    assert not fields["thumbnail"]
    with Image.open(out) as image:
        assert image.size == (photo.width, photo.height)
        assert image.info["icc_profile"] == p3_icc()
        xmp = image.info.get("xmp") or image.info.get("XML:com.adobe.xmp")
        xmp = xmp.encode() if isinstance(xmp, str) else bytes(xmp)
        assert xmp == (XMP if orientation == 1 else XMP.replace(b'Orientation="6"', b'Orientation="1"'))
        dpi = image.info.get("dpi")
        if kind != "webp":
            assert dpi is not None
            assert [round(float(d)) for d in dpi] == ([300, 240] if orientation < 5 else [240, 300])
        if kind == "jpg":
            assert image.info["comment"] == b"a comment"
            assert image.info["photoshop"][0x0404] == b"\x1c\x02\x19\0\x05beach"
    if kind == "tif":
        with tifffile.TiffFile(out) as file:
            tags = file.pages[0].tags  # type: ignore[union-attr]
            assert bytes(tags[34377].value) == IPTC
            assert bytes(tags[33723].value) == b"\x1c\x02\x19\0\x05beach"
            assert tags[34665].value["DateTimeOriginal"] == "2026:05:04 18:30:00"
            assert tags[34853].value["GPSLatitudeRef"] == "N"
            assert 305 not in tags
    again = open_photo(out)
    assert again.metadata.orientation == 1
    assert again.profile.name == "Display P3"
    if kind in ("png", "tif"):
        np.testing.assert_array_equal(again.codes, photo.codes)


@pytest.mark.parametrize("first", KINDS)
@pytest.mark.parametrize("second", KINDS)
def test_exif_survives_from_any_format_to_any(tmp_path: Path, first: str, second: str) -> None:
    save_photo(photo_with_everything(tmp_path, 6, ">"), tmp_path / f"1.{first}")
    save_photo(open_photo(tmp_path / f"1.{first}"), tmp_path / f"2.{second}")
    fields: dict[Any, Any] = exif_of(tmp_path / f"2.{second}")
    assert (fields[271], fields[315], fields[0x9003]) == ("Testmaker", "Someone", "2026:05:04 18:30:00")
    assert fields[100002] == (48.0, 51.0, 30.0)
    assert fields[274] == 1
    assert open_photo(tmp_path / f"2.{second}").metadata.icc == p3_icc()


@pytest.mark.parametrize("sampling", ["4:4:4", "4:2:2", "4:2:0"])
@pytest.mark.parametrize("progressive", [True, False])
def test_a_jpeg_keeps_its_tables_and_subsampling(tmp_path: Path, sampling: str, progressive: bool) -> None:
    tables = [[1 + (i * 7) % 90 for i in range(64)], [3 + (i * 11) % 120 for i in range(64)]]
    (tmp_path / "a.jpg").write_bytes(
        jpeg_bytes(qtables=tables, subsampling=sampling, progressive=progressive, quality=-1)
    )
    photo = open_photo(tmp_path / "a.jpg")
    assert [list(t) for t in photo.encoding.jpeg_tables] == tables
    save_photo(replace(photo, codes=255 - photo.codes), tmp_path / "b.jpg")
    again = open_photo(tmp_path / "b.jpg")
    assert again.encoding == photo.encoding
    with Image.open(tmp_path / "b.jpg") as image:
        assert [v for _, v in sorted(image.quantization.items())] == tables  # type: ignore[attr-defined]
    save_photo(photo, tmp_path / "c.jpg", quality=60, subsampling="4:4:4")
    told = open_photo(tmp_path / "c.jpg").encoding
    assert told.jpeg_subsampling == "4:4:4"
    assert told.jpeg_tables == open_photo_of(jpeg_bytes(quality=60), tmp_path).encoding.jpeg_tables


def open_photo_of(data: bytes, folder: Path) -> Photo:
    (folder / "reference.jpg").write_bytes(data)
    return open_photo(folder / "reference.jpg")


@pytest.mark.parametrize("sampling", ["4:4:4", "4:2:2", "4:2:0", "grey"])
@pytest.mark.parametrize("quality", [1, 30, 50, 76, 93, 100])
@pytest.mark.parametrize("dpi", [None, (300, 240)])
def test_standard_tables_give_the_bytes_that_pillow_gives(
    sampling: str, quality: int, dpi: tuple[int, int] | None
) -> None:
    grey = sampling == "grey"
    codes = scene(101, 133)[..., : 1 if grey else 3].astype(np.uint8)
    options: dict[str, Any] = {"quality": quality} | ({} if grey else {"subsampling": sampling})
    file = io.BytesIO()
    Image.fromarray(codes[..., 0] if grey else codes).save(file, "JPEG", **options | ({"dpi": dpi} if dpi else {}))
    with Image.open(file) as image:
        tables = tuple(tuple(t) for t in image.quantization.values())  # type: ignore[attr-defined]
    assert standard_quality(tables) == quality
    encoding = Encoding("jpeg", jpeg_tables=tables, jpeg_subsampling="4:4:4" if grey else sampling)
    assert encode(codes, encoding, None, None, dpi) == file.getvalue()
    assert encode(codes, encoding, quality, None, dpi) == file.getvalue()


def test_a_cameras_own_tables_are_kept() -> None:
    tables = (tuple(range(2, 66)), tuple(range(3, 67)))
    assert standard_quality(tables) == 0
    for used in (tables, tables[:1]):  # one for both: a grey photo that became coloured
        encoding = Encoding("jpeg", jpeg_tables=used)
        with Image.open(io.BytesIO(encode(scene(64, 64).astype(np.uint8), encoding, None, None, None))) as image:
            written = image.quantization  # type: ignore[attr-defined]
        assert [tuple(written[i]) for i in range(len(used))] == list(used)


def test_a_noisy_progressive_jpeg_of_the_highest_quality(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (300, 300, 3)).astype(np.uint8)
    photo = open_photo_of(jpeg_bytes(qtables=[[1] * 64, [1] * 64], subsampling="4:4:4", quality=-1), tmp_path)
    photo = replace(photo, codes=noise, encoding=replace(photo.encoding, jpeg_progressive=True))
    save_photo(photo, tmp_path / "noise.jpg")
    assert np.abs(open_photo(tmp_path / "noise.jpg").codes.astype(int) - noise).max() <= 4


@pytest.mark.parametrize("kind", ["png", "tif"])
@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("alpha", [True, False])
def test_lossless_formats_return_every_code(tmp_path: Path, kind: str, bits: int, channels: int, alpha: bool) -> None:
    codes: Any = scene(channels=channels, bits=bits)
    blank = open_photo_of(jpeg_bytes(), tmp_path)
    photo = replace(blank, codes=codes, alpha=codes[..., 0].copy() if alpha else None, path=None)
    save_photo(photo, tmp_path / f"a.{kind}")
    again = open_photo(tmp_path / f"a.{kind}")
    np.testing.assert_array_equal(again.codes, codes)
    assert again.codes.dtype == codes.dtype
    if alpha:
        np.testing.assert_array_equal(again.alpha, codes[..., 0])
    else:
        assert again.alpha is None


@pytest.mark.parametrize("compression", ["none", "lzw", "deflate", "packbits", "zstd", "lzma"])
def test_a_tiff_keeps_its_compression_and_alpha_kind(tmp_path: Path, compression: str) -> None:
    raw = np.concatenate([scene(bits=16), scene(bits=16)[..., :1]], axis=2)
    tifffile.imwrite(
        tmp_path / "a.tif",
        raw,
        photometric="rgb",
        extrasamples=["assocalpha"],
        compression=None if compression == "none" else compression,
        predictor=compression == "lzw",
        resolution=(118.0, 118.0),
        resolutionunit="centimeter",
    )
    photo = open_photo(tmp_path / "a.tif")
    assert photo.metadata.dpi == pytest.approx((299.72, 299.72))
    save_photo(photo, tmp_path / "b.tif")
    assert open_photo(tmp_path / "b.tif").encoding == photo.encoding
    with tifffile.TiffFile(tmp_path / "b.tif") as file:
        page: Any = file.pages[0]
        np.testing.assert_array_equal(page.asarray(), raw)
        assert page.extrasamples == (1,)
        assert page.get_resolution("inch") == pytest.approx((299.72, 299.72))


def test_png_keeps_texts_and_colour_chunks(tmp_path: Path) -> None:
    from PIL.PngImagePlugin import PngInfo

    info = PngInfo()
    info.add_text("Title", "Beach")
    info.add_itxt("Caption", "海滩", "zh", "说明", zip=True)
    info.add(b"gAMA", (45455).to_bytes(4, "big"))
    Image.fromarray(scene()).save(tmp_path / "a.png", pnginfo=info)
    save_photo(open_photo(tmp_path / "a.png"), tmp_path / "b.png")
    with Image.open(tmp_path / "b.png") as image:
        assert image.info["Title"] == "Beach"
        assert image.info["Caption"] == "海滩"
        assert image.info["gamma"] == pytest.approx(0.45455)


def test_extended_xmp_stays_in_a_jpeg(tmp_path: Path) -> None:
    body = b"http://ns.adobe.com/xmp/extension/\0" + b"A" * 32 + (60000).to_bytes(4, "big") + bytes(4) + b"x" * 60000
    data = jpeg_bytes(xmp=XMP)
    data = data[:2] + b"\xff\xe1" + (len(body) + 2).to_bytes(2, "big") + body + data[2:]
    photo = open_photo_of(data, tmp_path)
    save_photo(photo, tmp_path / "b.jpg")
    assert body in (tmp_path / "b.jpg").read_bytes()


def test_a_profile_longer_than_a_segment(tmp_path: Path) -> None:
    icc = p3_icc() + bytes(range(256)) * 600
    photo = open_photo_of(jpeg_bytes(icc_profile=icc), tmp_path)
    assert photo.metadata.icc == icc
    for kind in KINDS:
        save_photo(photo, tmp_path / f"b.{kind}")
        assert open_photo(tmp_path / f"b.{kind}").metadata.icc == icc


@pytest.mark.parametrize("kind", KINDS)
def test_a_broken_profile_is_not_lost(tmp_path: Path, kind: str) -> None:
    save_photo(open_photo_of(jpeg_bytes(icc_profile=BROKEN_ICC), tmp_path), tmp_path / f"b.{kind}")
    assert open_photo(tmp_path / f"b.{kind}").metadata.icc == BROKEN_ICC


@pytest.mark.parametrize("kind", KINDS)
def test_a_grey_photo_that_became_coloured(tmp_path: Path, kind: str) -> None:
    grey = open_photo_of(jpeg_bytes(scene(channels=1), icc_profile=grey_icc(1.8)), tmp_path)
    coloured = replace(grey, codes=grey.codes.repeat(3, axis=2))
    save_photo(coloured, tmp_path / f"b.{kind}")
    again = open_photo(tmp_path / f"b.{kind}")
    assert again.codes.shape[2] == 3
    assert not again.profile.grey
    assert not again.warnings
    np.testing.assert_allclose(again.profile.curve, grey.profile.curve, atol=1e-5)
    if kind in ("png", "tif"):
        np.testing.assert_allclose(again.linear(), grey.linear(), atol=1e-5)
    with Image.open(tmp_path / f"b.{kind}") as image:
        read = ImageCms.ImageCmsProfile(io.BytesIO(image.info["icc_profile"])).profile
        assert read.xcolor_space.strip() == "RGB"
    plain = open_photo_of(jpeg_bytes(scene(channels=1)), tmp_path)
    save_photo(replace(plain, codes=plain.codes.repeat(3, axis=2)), tmp_path / f"c.{kind}")
    assert open_photo(tmp_path / f"c.{kind}").metadata.icc == b""


def test_16_bits_into_8(tmp_path: Path) -> None:
    codes = np.arange(65536, dtype=np.uint16)
    np.testing.assert_array_equal(to_8_bits(codes), np.rint(codes / 257.0).astype(np.uint8))
    photo = replace(open_photo_of(jpeg_bytes(), tmp_path), codes=scene(bits=16))
    save_photo(photo, tmp_path / "b.jpg")
    save_photo(photo, tmp_path / "b.webp")
    assert open_photo(tmp_path / "b.jpg").codes.dtype == np.uint8


def test_transparency(tmp_path: Path) -> None:
    base = open_photo_of(jpeg_bytes(), tmp_path)
    half = replace(base, alpha=np.full((48, 64), 128, np.uint8), path=None)
    with pytest.raises(OutputError, match="no transparency"):
        save_photo(half, tmp_path / "b.jpg")
    save_photo(half, tmp_path / "b.webp")
    np.testing.assert_array_equal(open_photo(tmp_path / "b.webp").alpha, half.alpha)
    save_photo(replace(base, alpha=np.full((48, 64), 255, np.uint8)), tmp_path / "b.jpg")


def test_a_lossless_webp_stays_lossless(tmp_path: Path) -> None:
    (tmp_path / "a.webp").write_bytes(bytes(imagecodecs.webp_encode(scene(), lossless=True)))
    photo = open_photo(tmp_path / "a.webp")
    assert photo.encoding.lossless
    save_photo(photo, tmp_path / "b.webp")
    np.testing.assert_array_equal(open_photo(tmp_path / "b.webp").codes, scene())


def test_the_same_photo_gives_the_same_bytes(tmp_path: Path) -> None:
    photo = photo_with_everything(tmp_path)
    for kind in KINDS:
        for name in ("1", "2"):
            save_photo(photo, tmp_path / f"{name}.{kind}")
        assert (tmp_path / f"1.{kind}").read_bytes() == (tmp_path / f"2.{kind}").read_bytes()


# --- EXIF and Photoshop blocks by themselves ---


@pytest.mark.parametrize("order", ["<", ">"])
def test_exif_is_edited_in_place(order: str) -> None:
    block = exif_block(6, order)
    fresh = exif_room.refresh(block, 70000, 480)
    assert exif_room.orientation(fresh) == 1
    assert b"\xff\xd8" not in fresh  # no thumbnail
    assert len(fresh) < len(block)
    inner = {e.tag: e for e in exif_room.directories(fresh)[exif_room.EXIF_IFD]}
    assert inner[0xA002].number(order) == 70000
    assert inner[0xA003].number(order) == 480
    assert fresh.index(b"MakerNote") == block.index(b"MakerNote")
    assert exif_room.refresh(fresh, 70000, 480) == fresh


def test_exif_that_cannot_be_read_stays_as_it_is() -> None:
    for block in (b"", b"II*\0", b"junk" * 30, exif_block()[:30], b"MM\0*\xff\xff\xff\xff" + bytes(20)):
        assert exif_room.refresh(block, 10, 10) == block
        assert exif_room.orientation(block) == 1
        assert not exif_room.is_adobe_rgb(block)


def test_the_thumbnail_of_photoshop_is_dropped() -> None:
    thumb = b"8BIM\x04\x0c\0\0" + (5).to_bytes(4, "big") + b"JPEG!\0"
    assert without_thumbnails(IPTC + thumb) == IPTC
    assert without_thumbnails(IPTC) == IPTC
    assert [n for n, _, _ in resources(thumb + IPTC)] == [0x040C, 0x0404]
    assert without_thumbnails(b"junk") == b"junk"


# --- what is refused ---


def leftovers(folder: Path) -> list[str]:
    return [p.name for p in folder.iterdir() if p.name.endswith(".part")]


def refused(photo: Photo, path: Path, *words: str, kind: type[OutputError] = OutputError, **options: Any) -> None:
    with pytest.raises(kind) as caught:
        save_photo(photo, path, **options)
    line = str(caught.value)
    assert "\n" not in line
    for word in words:
        assert word in line
    if path.parent.is_dir():
        assert not leftovers(path.parent)


def test_an_existing_file_stays(tmp_path: Path) -> None:
    photo = photo_with_everything(tmp_path)
    target = tmp_path / "b.jpg"
    target.write_bytes(b"old")
    refused(photo, target, "exists; add --overwrite", kind=OutputExists)
    assert target.read_bytes() == b"old"
    save_photo(photo, target, overwrite=True)
    assert open_photo(target).width == photo.width
    (tmp_path / "dangling.jpg").symlink_to(tmp_path / "nowhere.jpg")
    refused(photo, tmp_path / "dangling.jpg", "exists", kind=OutputExists)


def test_a_file_that_appears_meanwhile_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    photo = photo_with_everything(tmp_path)
    target = tmp_path / "b.png"
    fsync = os.fsync

    def slow(handle: int) -> None:
        target.write_bytes(b"theirs")
        fsync(handle)

    monkeypatch.setattr(os, "fsync", slow)
    refused(photo, target, "exists", kind=OutputExists)
    assert target.read_bytes() == b"theirs"

    def no_links(*_: object) -> None:
        raise OSError(errno.EPERM, "no links here")

    target.unlink()
    monkeypatch.setattr(os, "link", no_links)
    refused(photo, target, "exists", kind=OutputExists)
    monkeypatch.setattr(os, "fsync", fsync)
    target.unlink()
    save_photo(photo, target)
    assert not leftovers(tmp_path)


@pytest.mark.parametrize("way", ["itself", "symlink", "hardlink", "dots", "relative"])
def test_the_source_is_never_written(tmp_path: Path, way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    photo = photo_with_everything(tmp_path)
    assert photo.path is not None
    before = photo.path.read_bytes()
    target = tmp_path / "b.jpg"
    if way == "itself":
        target = photo.path
    elif way == "symlink":
        target.symlink_to(photo.path)
    elif way == "hardlink":
        target.hardlink_to(photo.path)
    elif way == "dots":
        target = tmp_path / "x" / ".." / photo.path.name
        (tmp_path / "x").mkdir()
    else:
        monkeypatch.chdir(tmp_path)
        target = Path(photo.path.name)
    refused(photo, target, "original photo", "another name", overwrite=True)
    assert photo.path.read_bytes() == before
    assert hashlib.sha256(before).hexdigest() == photo.sha256


def test_places_that_cannot_be_written(tmp_path: Path) -> None:
    photo = photo_with_everything(tmp_path)
    refused(photo, tmp_path / "none" / "b.jpg", "folder", "does not exist")
    refused(photo, tmp_path / "b.bmp", "ending", ".tiff")
    refused(photo, tmp_path / "b", "ending")
    (tmp_path / "d.jpg").mkdir()
    refused(photo, tmp_path / "d.jpg", "is a folder", overwrite=True)
    refused(photo, tmp_path / "b.jpg", "quality 0", quality=0)
    refused(photo, tmp_path / "b.jpg", "4:2:0", subsampling="4:1:7")
    refused(photo, tmp_path / ("b" * 300 + ".jpg"), "cannot be written")
    wide = replace(photo, codes=np.zeros((8, MAX_SIDE + 1, 3), np.uint8), metadata=Metadata())
    refused(wide, tmp_path / "b.jpg", "at most 65500")
    refused(wide, tmp_path / "b.webp", "at most 16383")
    huge = replace(photo, metadata=replace(photo.metadata, xmp=bytes(70000)))
    refused(huge, tmp_path / "b.jpg", "XMP packet", "too long for a JPEG")


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOSPC, "disk is full"),
        (errno.EDQUOT, "disk is full"),
        (errno.EACCES, "permission denied"),
        (errno.EROFS, "read-only"),
        (errno.EIO, "cannot be written"),
    ],
)
def test_errors_of_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, words: str) -> None:
    photo = photo_with_everything(tmp_path)

    def fail(handle: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", fail)
    refused(photo, tmp_path / "b.jpg", words)
    assert not (tmp_path / "b.jpg").exists()


FULL_DISK = """
import resource, sys
from fluxroom.errors import OutputError
from fluxroom.photo import open_photo, save_photo
photo = open_photo(sys.argv[1])
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
try:
    save_photo(photo, sys.argv[2], overwrite=True)
except OutputError as error:
    print(error)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="needs resource limits")
def test_a_file_that_may_not_grow_leaves_the_old_one(tmp_path: Path) -> None:
    photo = photo_with_everything(tmp_path)
    target = tmp_path / "b.tif"
    target.write_bytes(b"old")
    command = [sys.executable, "-c", FULL_DISK, str(photo.path), str(target)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "larger than allowed" in done.stdout
    assert target.read_bytes() == b"old"
    assert not leftovers(tmp_path)
