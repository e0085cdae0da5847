"""Opening: every format, orientation, profile; and everything that is no photo."""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import struct
import zlib
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st
from photo_samples import (
    BROKEN_ICC,
    IPTC,
    XMP,
    exif_block,
    grey_icc,
    jpeg_bytes,
    p3_icc,
    png_chunk,
    png_header_only,
    scene,
)
from PIL import Image

from fluxroom.errors import PhotoError, PhotoTooLarge
from fluxroom.photo import glimpse, open_photo
from fluxroom.photo.jpeg import PHOTOSHOP
from fluxroom.photo.reduce import within


def put(folder: Path, name: str, data: bytes) -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


def refused(path: Path, *words: str, **options: Any) -> str:
    """Opening fails with one line that names the file and says these words."""
    with pytest.raises(PhotoError) as caught:
        open_photo(path, **options)
    line = str(caught.value)
    assert "\n" not in line
    assert line.startswith(str(path))
    for word in words:
        assert word in line
    return line


# --- what opens ---


def test_jpeg(tmp_path: Path) -> None:
    data = jpeg_bytes(quality=83, subsampling="4:2:2", progressive=True, dpi=(300, 200), comment=b"hello")
    photo = open_photo(put(tmp_path, "a.jpg", data))
    expected = np.asarray(Image.open(io.BytesIO(data)))
    np.testing.assert_array_equal(photo.codes, expected)
    assert photo.sha256 == hashlib.sha256(data).hexdigest()
    encoding = photo.encoding
    assert (encoding.format, encoding.bits, encoding.lossless) == ("jpeg", 8, False)
    assert (encoding.jpeg_subsampling, encoding.jpeg_progressive) == ("4:2:2", True)
    assert [list(t) for t in encoding.jpeg_tables] == [
        v
        for _, v in sorted(Image.open(io.BytesIO(data)).quantization.items())  # type: ignore[attr-defined]
    ]
    assert photo.metadata.dpi == (300.0, 200.0)
    assert photo.metadata.extra == (("COM", b"hello"),)
    assert (photo.profile.name, photo.warnings, photo.alpha) == ("sRGB", (), None)
    assert (photo.width, photo.height) == (64, 48)
    assert photo.linear(8, 16, 10, 20).shape == (10, 20, 3)


def test_grey_jpeg_with_its_profile(tmp_path: Path) -> None:
    photo = open_photo(put(tmp_path, "a.jpg", jpeg_bytes(scene(channels=1), icc_profile=grey_icc())))
    assert photo.codes.shape == (48, 64, 1)
    assert photo.profile.grey
    assert photo.linear().shape == (48, 64, 3)


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_png_keeps_every_bit(tmp_path: Path, bits: int, channels: int) -> None:
    colours = 1 if channels < 3 else 3
    codes = scene(channels=colours, bits=bits)
    raw = codes if channels in (1, 3) else np.concatenate([codes, codes[..., :1]], axis=2)
    photo = open_photo(put(tmp_path, "a.png", bytes(imagecodecs.png_encode(raw))))
    np.testing.assert_array_equal(photo.codes, codes)
    assert photo.codes.dtype == raw.dtype
    assert photo.encoding.bits == bits
    if channels in (2, 4):
        np.testing.assert_array_equal(photo.alpha, raw[..., -1])
    else:
        assert photo.alpha is None


def test_png_of_few_bits_of_a_palette_and_with_a_transparent_colour(tmp_path: Path) -> None:
    picture = Image.fromarray(scene())
    picture.convert("1").save(tmp_path / "one.png")
    one = open_photo(tmp_path / "one.png")
    assert one.codes.shape[2] == 1
    assert set(np.unique(one.codes)) == {0, 255}

    palette = picture.quantize(32)
    palette.save(tmp_path / "palette.png")
    photo = open_photo(tmp_path / "palette.png")
    np.testing.assert_array_equal(photo.codes, np.asarray(palette.convert("RGB")))
    assert "palette" in photo.warnings[0]

    palette.save(tmp_path / "seen.png", transparency=3)
    seen = open_photo(tmp_path / "seen.png")
    assert seen.alpha is not None
    np.testing.assert_array_equal(seen.alpha == 0, np.asarray(palette) == 3)

    for dtype in (np.uint8, np.uint16):
        codes = scene(bits=np.dtype(dtype).itemsize * 8)
        data = bytes(imagecodecs.png_encode(codes))
        key = png_chunk(b"tRNS", struct.pack(">3H", *(int(v) for v in codes[3, 4])))
        keyed = open_photo(put(tmp_path, "key.png", data[:33] + key + data[33:]))
        assert keyed.alpha is not None
        assert keyed.alpha[3, 4] == 0
        assert keyed.alpha[0, 0] == np.iinfo(dtype).max
        np.testing.assert_array_equal(keyed.codes, codes)


@pytest.mark.parametrize("lossless", [True, False])
@pytest.mark.parametrize("alpha", [True, False])
def test_webp(tmp_path: Path, lossless: bool, alpha: bool) -> None:
    raw = np.dstack([scene(), scene()[..., 0]]) if alpha else scene()
    Image.fromarray(raw).save(tmp_path / "a.webp", lossless=lossless, exact=True)
    photo = open_photo(tmp_path / "a.webp")
    assert photo.encoding.lossless == lossless
    assert (photo.alpha is not None) == alpha
    if lossless:
        np.testing.assert_array_equal(photo.codes, raw[..., :3])


@pytest.mark.parametrize("compression", ["none", "lzw", "deflate", "packbits", "zstd", "lzma"])
@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_tiff(tmp_path: Path, compression: str, bits: int, channels: int) -> None:
    raw = scene(channels=min(channels, 3), bits=bits)
    if channels == 4:
        raw = np.concatenate([raw, raw[..., :1]], axis=2)
    tifffile.imwrite(
        tmp_path / "a.tif",
        raw if channels > 1 else raw[..., 0],
        photometric="rgb" if channels > 1 else "minisblack",
        extrasamples=["unassalpha"] if channels == 4 else None,
        compression=None if compression == "none" else compression,
        predictor=compression in ("lzw", "deflate"),
        byteorder=">" if bits == 16 else "<",
    )
    photo = open_photo(tmp_path / "a.tif")
    np.testing.assert_array_equal(photo.codes, raw[..., :3])
    assert photo.codes.dtype == raw.dtype
    assert photo.codes.dtype.isnative
    assert photo.encoding.tiff_compression == compression
    assert photo.encoding.tiff_predictor == (compression in ("lzw", "deflate"))
    assert (photo.alpha is not None) == (channels == 4)


def test_tiff_in_planes_in_tiles_of_a_palette_upside_down_white_and_of_many_pages(tmp_path: Path) -> None:
    codes = scene(64, 80)
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, np.moveaxis(codes, -1, 0), photometric="rgb", planarconfig="separate")
    np.testing.assert_array_equal(open_photo(path).codes, codes)
    tifffile.imwrite(path, codes, photometric="rgb", tile=(16, 32), compression="lzw")
    np.testing.assert_array_equal(open_photo(path).codes, codes)
    tifffile.imwrite(path, codes[..., 0], photometric="miniswhite")
    np.testing.assert_array_equal(open_photo(path).codes[..., 0], 255 - codes[..., 0])
    Image.fromarray(codes).quantize(16).save(path)
    photo = open_photo(path)
    np.testing.assert_array_equal(photo.codes, np.asarray(Image.fromarray(codes).quantize(16).convert("RGB")))
    assert "palette" in photo.warnings[0]
    tifffile.imwrite(path, np.stack([codes, codes]), photometric="rgb")
    photo = open_photo(path)
    assert photo.codes.shape == codes.shape
    assert "2 pictures" in photo.warnings[0]
    Image.fromarray(codes).save(path, compression="jpeg", quality=95)
    photo = open_photo(path)
    assert photo.codes.shape == codes.shape
    assert np.abs(photo.codes.astype(int) - codes).mean() < 6
    assert not photo.encoding.lossless


# --- orientation ---


def turned(codes: np.ndarray, orientation: int) -> np.ndarray:
    method = {2: 0, 3: 3, 4: 1, 5: 5, 6: 4, 7: 6, 8: 2}.get(orientation)  # as in PIL.ImageOps.exif_transpose
    return codes if method is None else np.asarray(Image.fromarray(codes).transpose(Image.Transpose(method)))


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["jpg", "png", "webp", "tif"])
def test_orientation_is_applied_in_every_format(tmp_path: Path, kind: str, orientation: int) -> None:
    codes, path = scene(), tmp_path / f"a.{kind}"
    exif = exif_block(orientation, ">" if orientation % 2 else "<")
    if kind == "tif":
        tifffile.imwrite(path, codes, photometric="rgb", extratags=[(274, 3, 1, orientation, True)])
    else:
        options: dict[str, Any] = {"lossless": True} if kind == "webp" else {}
        Image.fromarray(codes).save(path, exif=(b"Exif\0\0" if kind == "jpg" else b"") + exif, **options)
    stored = codes if kind != "jpg" else np.asarray(Image.open(path))
    photo = open_photo(path)
    np.testing.assert_array_equal(photo.codes, turned(stored, orientation))
    assert photo.codes.flags.c_contiguous
    assert photo.metadata.orientation == orientation


# --- colour ---


def test_profiles(tmp_path: Path) -> None:
    photo = open_photo(put(tmp_path, "a.jpg", jpeg_bytes(icc_profile=p3_icc())))
    assert photo.profile.name == "Display P3"
    assert photo.metadata.icc == p3_icc()
    assert not photo.warnings
    adobe = open_photo(put(tmp_path, "b.jpg", jpeg_bytes(exif=b"Exif\0\0" + exif_block(adobe=True))))
    assert adobe.profile.name == "Adobe RGB (1998)"
    assert open_photo(put(tmp_path, "c.jpg", jpeg_bytes(exif=b"Exif\0\0" + exif_block()))).profile.name == "sRGB"


@pytest.mark.parametrize("kind", ["jpg", "png", "webp", "tif"])
@pytest.mark.parametrize("icc", [BROKEN_ICC, p3_icc()[:300], grey_icc()], ids=["junk", "cut", "grey"])
def test_a_profile_that_cannot_be_used_is_kept_and_said(tmp_path: Path, kind: str, icc: bytes) -> None:
    Image.fromarray(scene()).save(tmp_path / f"a.{kind}", icc_profile=icc)
    photo = open_photo(tmp_path / f"a.{kind}")
    assert photo.profile.name == "sRGB"
    assert photo.metadata.icc == icc
    assert len(photo.warnings) == 1
    assert "read as sRGB" in photo.warnings[0]


def test_a_packed_profile_that_does_not_unpack(tmp_path: Path) -> None:
    data = bytes(imagecodecs.png_encode(scene()))
    photo = open_photo(put(tmp_path, "a.png", data[:33] + png_chunk(b"iCCP", b"x\0\0oops") + data[33:]))
    assert "broken" in photo.warnings[0]
    assert photo.profile.name == "sRGB"


@pytest.mark.parametrize(
    ("chunk", "words"), [((b"gAMA", (100000).to_bytes(4, "big")), "gamma"), ((b"cICP", b"\x09\x10\0\1"), "cICP")]
)
def test_a_png_that_states_its_colours_otherwise(tmp_path: Path, chunk: tuple[bytes, bytes], words: str) -> None:
    data = bytes(imagecodecs.png_encode(scene()))
    photo = open_photo(put(tmp_path, "a.png", data[:33] + png_chunk(*chunk) + data[33:]))
    assert words in photo.warnings[0]
    assert len(photo.warnings) == 1


def lut_icc() -> bytes:
    """An RGB profile with a lookup table (lut8) that swaps nothing: device RGB is XYZ/2 by identity."""
    table = bytes(v for r in range(2) for g in range(2) for b in range(2) for v in (r * 120, g * 120, b * 120))
    lut = b"mft1\0\0\0\0" + bytes((3, 3, 2, 0)) + struct.pack(">9i", *(65536 * (i % 4 == 0) for i in range(9)))
    lut += bytes(range(256)) * 3 + table + bytes(range(256)) * 3
    white = b"XYZ \0\0\0\0" + struct.pack(">3i", 63190, 65536, 54061)
    parts = [(b"A2B0", lut), (b"wtpt", white)]
    body, rows, at = b"", b"", 132 + 12 * len(parts)
    for tag, content in parts:
        content += bytes(-len(content) % 4)
        rows += struct.pack(">4sII", tag, at + len(body), len(content))
        body += content
    header = struct.pack(">I4sI", at + len(body), b"", 0x02400000) + b"scnrRGB XYZ " + bytes(12) + b"acsp"
    header = (header + bytes(28) + struct.pack(">3i", 63190, 65536, 54061)).ljust(128, b"\0")
    return header + struct.pack(">I", len(parts)) + rows + body


@pytest.mark.parametrize("bits", [8, 16])
def test_a_profile_of_lookup_tables_is_converted_and_said(tmp_path: Path, bits: int) -> None:
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, scene(bits=bits), photometric="rgb", iccprofile=lut_icc())
    photo = open_photo(path)
    assert photo.profile.name == "Display P3"
    assert "lookup tables" in photo.warnings[0]
    assert photo.codes.dtype == (np.uint8 if bits == 8 else np.uint16)
    assert photo.metadata.icc == p3_icc()


# --- what came with it ---


def test_blocks_are_read(tmp_path: Path) -> None:
    exif = exif_block(3)
    data = jpeg_bytes(exif=b"Exif\0\0" + exif, xmp=XMP)
    iptc = PHOTOSHOP + IPTC
    data = data[:2] + b"\xff\xed" + struct.pack(">H", len(iptc) + 2) + iptc + data[2:]
    m = open_photo(put(tmp_path, "a.jpg", data)).metadata
    assert (m.exif, m.xmp, m.iptc, m.orientation) == (exif, XMP, IPTC, 3)
    Image.fromarray(scene()).save(tmp_path / "a.webp", exif=exif, xmp=XMP, icc_profile=p3_icc())
    m = open_photo(tmp_path / "a.webp").metadata
    assert (m.exif, m.xmp, m.icc) == (exif, XMP, p3_icc())


def test_png_with_exif_in_a_text_of_old(tmp_path: Path) -> None:
    exif = exif_block(6)
    text = f"\nexif\n{len(exif) + 6:8}\n{(b'Exif' + bytes(2) + exif).hex()}\n".encode()
    chunk = png_chunk(b"zTXt", b"Raw profile type exif\0\0" + zlib.compress(text))
    data = bytes(imagecodecs.png_encode(scene()))
    photo = open_photo(put(tmp_path, "a.png", data[:33] + chunk + data[33:]))
    assert photo.metadata.exif == exif
    assert photo.height == 64


def test_a_jpeg_with_further_pictures(tmp_path: Path) -> None:
    first = Image.fromarray(scene())
    first.save(tmp_path / "a.jpg", "MPO", save_all=True, append_images=[Image.fromarray(scene(seed=2))])
    photo = open_photo(tmp_path / "a.jpg")
    assert photo.codes.shape == (48, 64, 3)
    assert "further pictures" in photo.warnings[0]


# --- what does not open ---


def test_missing_folder_empty_and_unreadable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    refused(tmp_path / "none.jpg", "does not exist", "check the path")
    refused(tmp_path, "is a folder")
    refused(put(tmp_path, "zero.jpg", b""), "empty", "intact copy")
    path = put(tmp_path, "locked.jpg", jpeg_bytes())

    def deny(self: Path, *args: object, **kwargs: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", deny)
    refused(path, "permission denied", "allow reading")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_does_not_hang(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jpg")
    refused(tmp_path / "pipe.jpg", "not an ordinary file")


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("a.jpg", b"Hello, I am a text file.\n" * 10, "not a photo"),
        ("a.jpg", b"\0" * 100, "not a photo"),
        ("a.heic", b"\0\0\0\x18ftypheic\0\0\0\0", "HEIC"),
        ("a.avif", b"\0\0\0\x18ftypavif\0\0\0\0", "AVIF"),
        ("a.mp4", b"\0\0\0\x18ftypisom\0\0\0\0", "film"),
        ("a.jxl", b"\xff\x0a" + bytes(50), "JPEG XL"),
        ("a.bmp", b"BM" + bytes(50), "BMP"),
        ("a.psd", b"8BPS" + bytes(50), "Photoshop"),
        ("a.pdf", b"%PDF-1.7" + bytes(50), "PDF"),
        ("a.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>", "SVG"),
        ("a.nef", b"II*\0" + bytes(50), "raw camera file"),
    ],
)
def test_other_files_are_named(tmp_path: Path, name: str, data: bytes, words: str) -> None:
    refused(put(tmp_path, name, data), words)


def test_animations(tmp_path: Path) -> None:
    frames = [Image.fromarray(scene(seed=i)) for i in range(3)]
    for name in ("a.gif", "a.webp", "a.png"):
        frames[0].save(tmp_path / name, save_all=True, append_images=frames[1:])
    refused(tmp_path / "a.gif", "GIF")
    refused(tmp_path / "a.webp", "animated WebP", "frame")
    refused(tmp_path / "a.png", "animated PNG", "frame")


def test_cmyk_and_other_kinds(tmp_path: Path) -> None:
    cmyk = Image.fromarray(scene()).convert("CMYK")
    for name in ("a.jpg", "a.tif"):
        cmyk.save(tmp_path / name)
        refused(tmp_path / name, "CMYK", "convert it to RGB")
    Image.fromarray(scene()).convert("LAB").save(tmp_path / "lab.tif")
    refused(tmp_path / "lab.tif", "CIELab")
    for dtype in (np.float32, np.uint32, np.int16):
        tifffile.imwrite(tmp_path / "f.tif", scene().astype(dtype), photometric="rgb")
        refused(tmp_path / "f.tif", "8 or 16 bits")
    tifffile.imwrite(tmp_path / "r.tif", scene(), photometric="rgb", extratags=[(50706, 1, 4, b"\1\4\0\0", True)])
    refused(tmp_path / "r.tif", "raw camera file")


def test_bombs_are_refused_by_their_header(tmp_path: Path) -> None:
    png = put(tmp_path, "a.png", png_header_only(40000, 40000))
    line = refused(png, "40000 x 40000", "1600 megapixels", "250 megapixels", "max_pixels")
    with pytest.raises(PhotoTooLarge):
        open_photo(png)
    assert len(line) < 400
    jpeg = bytearray(jpeg_bytes())
    at = jpeg.index(b"\xff\xc0")
    struct.pack_into(">HH", jpeg, at + 5, 40000, 40000)
    refused(put(tmp_path, "a.jpg", bytes(jpeg)), "1600 megapixels")
    webp = b"WEBPVP8X" + struct.pack("<IB3x", 10, 0) + (16382).to_bytes(3, "little") + (16382).to_bytes(3, "little")
    refused(put(tmp_path, "a.webp", b"RIFF" + struct.pack("<I", len(webp)) + webp), "16383 x 16383")
    tifffile.imwrite(tmp_path / "a.tif", scene(), photometric="rgb")
    data = bytearray((tmp_path / "a.tif").read_bytes())
    start = struct.unpack_from("<I", data, 4)[0]
    for i in range(2):
        struct.pack_into("<HII", data, start + 2 + 12 * i + 2, 4, 1, 40000)
    refused(put(tmp_path, "b.tif", bytes(data)), "1600 megapixels")
    photo = put(tmp_path, "ok.png", bytes(imagecodecs.png_encode(scene())))
    refused(photo, "64 x 48", max_pixels=1000)
    assert open_photo(photo, max_pixels=64 * 48).width == 64
    assert open_photo(photo, max_pixels=None).width == 64


def test_pillows_own_bomb_limit_does_not_leak(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 10)
    Image.fromarray(scene()).save(tmp_path / "a.jpg")
    Image.fromarray(scene()).quantize(8).save(tmp_path / "a.png")
    put(tmp_path, "a.webp", bytes(imagecodecs.webp_encode(scene())))
    for name in ("a.jpg", "a.png", "a.webp"):
        assert open_photo(tmp_path / name).width == 64


@pytest.mark.parametrize("kind", ["jpg", "png", "webp", "tif"])
def test_pictures_of_one_pixel(tmp_path: Path, kind: str) -> None:
    Image.new("RGB", (1, 1)).save(tmp_path / f"a.{kind}")
    refused(tmp_path / f"a.{kind}", "1 x 1 pixels", "at least 8 x 8")


def whole_files() -> dict[str, bytes]:
    codes = scene()
    tiff = io.BytesIO()
    tifffile.imwrite(tiff, codes, photometric="rgb", compression="lzw", extratags=[(274, 3, 1, 6, True)])
    webp = io.BytesIO()
    Image.fromarray(codes).save(webp, "WEBP", exif=exif_block(), icc_profile=p3_icc())
    png = io.BytesIO()
    Image.fromarray(codes).save(png, "PNG", exif=exif_block(), icc_profile=p3_icc())
    return {
        "jpg": jpeg_bytes(exif=b"Exif\0\0" + exif_block(), icc_profile=p3_icc()),
        "png": png.getvalue(),
        "png16.png": bytes(imagecodecs.png_encode(scene(bits=16))),
        "webp": webp.getvalue(),
        "tif": tiff.getvalue(),
    }


WHOLE = whole_files()


@pytest.mark.parametrize("kind", sorted(WHOLE))
@pytest.mark.parametrize("share", [0.02, 0.3, 0.6, 0.9, 0.99])
def test_cut_files(tmp_path: Path, kind: str, share: float) -> None:
    data = WHOLE[kind]
    refused(put(tmp_path, f"a.{kind}", data[: max(int(len(data) * share), 12)]), "cut short or damaged", "intact copy")


@pytest.mark.parametrize("kind", sorted(WHOLE))
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_any_damage_is_survived_or_named(tmp_path_factory: pytest.TempPathFactory, kind: str, data: Any) -> None:
    whole = WHOLE[kind]
    broken = bytearray(whole)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, min(len(whole), 2000) - 1))
        broken[at] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.getbasetemp() / f"damaged.{kind}"
    path.write_bytes(bytes(broken))
    with contextlib.suppress(PhotoError):
        assert open_photo(path, max_pixels=1_000_000).codes.ndim == 3


# --- small ---


@pytest.mark.parametrize("kind", ["baseline", "progressive", "grey", "png", "p3"])
@pytest.mark.parametrize("orientation", [1, 3, 6])
def test_a_glimpse_shows_the_whole_photo_small(tmp_path: Path, kind: str, orientation: int) -> None:
    codes = np.asarray(Image.fromarray(scene(60, 80)).resize((900, 600), Image.Resampling.BICUBIC))
    image = Image.fromarray(codes[..., 1] if kind == "grey" else codes)
    path = tmp_path / ("x.png" if kind == "png" else "x.jpg")
    options: dict[str, Any] = {} if kind == "png" else {"quality": 95, "progressive": kind == "progressive"}
    profile = {"icc_profile": p3_icc()} if kind == "p3" else {}
    image.save(path, exif=exif_block(orientation), **options, **profile)
    whole = open_photo(path)
    seen = glimpse(path, 96)
    assert (seen.width, seen.height) == (whole.width, whole.height)
    assert seen.sha256 == whole.sha256
    assert seen.metadata == whole.metadata
    assert max(seen.linear.shape[:2]) == 96
    assert np.abs(seen.linear - within(whole, 96)).max() < 0.04
    assert glimpse(path, 5000).linear.shape == (whole.height, whole.width, 3)


def test_a_glimpse_refuses_what_opening_refuses(tmp_path: Path) -> None:
    path = put(tmp_path, "x.jpg", jpeg_bytes())
    with pytest.raises(PhotoTooLarge, match="over the limit"):
        glimpse(path, 64, max_pixels=100)
    with pytest.raises(PhotoError, match="is not a photo"):
        glimpse(put(tmp_path, "y.jpg", b"words"), 64)
    with pytest.raises(PhotoError, match=r"cut short or damaged"):
        glimpse(put(tmp_path, "z.jpg", path.read_bytes()[:400]), 64)
    with pytest.raises(PhotoError, match="does not exist"):
        glimpse(tmp_path / "nothing.jpg", 64)
