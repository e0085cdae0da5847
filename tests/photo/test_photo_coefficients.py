"""JPEG blocks that an edit left alone come through a save without loss."""

from __future__ import annotations

import contextlib
import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from photo_samples import exif_block, jpeg_bytes, scene
from PIL import Image

from fluxroom.photo import coefficients as room
from fluxroom.photo import open_photo, save_photo, saved_difference


def decoded(data: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(data)))


@pytest.mark.parametrize("sampling", ["4:4:4", "4:2:2", "4:2:0", "grey"])
@pytest.mark.parametrize(
    "options", [{}, {"progressive": True}, {"restart_marker_blocks": 3}, {"optimize": True}], ids=str
)
@pytest.mark.parametrize("size", [(48, 64), (41, 67), (8, 9)])
@pytest.mark.parametrize("quality", [30, 100])
def test_reading_and_writing_changes_no_pixel(
    sampling: str, options: dict[str, Any], size: tuple[int, int], quality: int
) -> None:
    codes = scene(*size, channels=1 if sampling == "grey" else 3)
    rest = {} if sampling == "grey" else {"subsampling": sampling}
    source = jpeg_bytes(codes, quality=quality, **rest, **options)
    frame = jpeg_bytes(np.zeros_like(codes), quality=quality, **rest)
    again = room.write(frame, room.read(source))
    np.testing.assert_array_equal(decoded(again), decoded(source))
    np.testing.assert_array_equal(room.read(again).blocks, room.read(source).blocks)


def test_restart_markers_in_a_progressive_file() -> None:
    source = jpeg_bytes(scene(70, 90), progressive=True, restart_marker_rows=1)
    again = room.write(jpeg_bytes(scene(70, 90)), room.read(source))
    np.testing.assert_array_equal(decoded(again), decoded(source))


@pytest.mark.parametrize("sampling", ["4:4:4", "4:2:2", "4:2:0"])
@pytest.mark.parametrize("progressive", [False, True])
def test_an_edit_leaves_the_other_blocks_alone(tmp_path: Path, sampling: str, progressive: bool) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(jpeg_bytes(scene(100, 130), quality=70, subsampling=sampling, progressive=progressive))
    before = open_photo(path)
    codes = before.codes.copy()
    codes[20:45, 30:70] = 255 - codes[20:45, 30:70]
    after = replace(before, codes=codes)
    save_photo(after, tmp_path / "b.jpg")
    saved = open_photo(tmp_path / "b.jpg")
    assert saved.encoding == replace(before.encoding, jpeg_progressive=False)
    # blocks hit, 16 x 16 at most, and one pixel around them for the smooth enlargement of colour
    outside = np.ones((100, 130), dtype=bool)
    outside[15:49, 15:81] = False
    np.testing.assert_array_equal(saved.codes[outside], before.codes[outside])
    assert np.abs(saved.codes[24:40, 32:64].astype(int) - codes[24:40, 32:64]).mean() < 12
    report = saved_difference(before, after, tmp_path / "b.jpg")
    assert report.untouched == 100 * 130 - 25 * 40
    assert report.different < 34 * 66
    if sampling == "4:4:4":
        outside[:] = True
        outside[16:48, 24:72] = False
        np.testing.assert_array_equal(saved.codes[outside], before.codes[outside])


@pytest.mark.parametrize("progressive", [False, True])
def test_a_photo_that_was_not_edited_is_the_same_pixel_for_pixel(tmp_path: Path, progressive: bool) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(jpeg_bytes(scene(75, 91), quality=40, subsampling="4:2:0", progressive=progressive))
    photo = open_photo(path)
    save_photo(photo, tmp_path / "b.jpg")
    report = saved_difference(photo, photo, tmp_path / "b.jpg")
    assert (report.untouched, report.different, report.largest) == (75 * 91, 0, 0)
    save_photo(photo, tmp_path / "b.png")
    assert saved_difference(photo, photo, tmp_path / "b.png").largest == 0
    with pytest.raises(ValueError, match="different shapes"):
        saved_difference(photo, replace(photo, codes=photo.codes[1:]), tmp_path / "b.jpg")


@pytest.mark.parametrize("orientation", range(2, 9))
@pytest.mark.parametrize("sampling", ["4:4:4", "4:2:2", "4:2:0"])
def test_blocks_are_turned_with_the_picture(tmp_path: Path, orientation: int, sampling: str) -> None:
    exif = b"Exif\0\0" + exif_block(orientation)
    (tmp_path / "a.jpg").write_bytes(jpeg_bytes(scene(48, 64), quality=50, subsampling=sampling, exif=exif))
    before = open_photo(tmp_path / "a.jpg")
    codes = before.codes.copy()
    codes[:8, :8] = 0
    after = replace(before, codes=codes)
    save_photo(after, tmp_path / "b.jpg")
    if sampling == "4:2:2" and orientation >= 5:
        return  # would become 4:4:0, which is not written: encoded anew
    far = np.s_[18:, 18:]  # decoders round a turned block differently by very little
    off = np.abs(open_photo(tmp_path / "b.jpg").codes[far].astype(int) - before.codes[far]).max()
    assert off <= (0 if sampling == "4:4:4" and orientation < 5 else 4)


def test_a_turned_picture_that_ends_inside_a_block_is_encoded_anew(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(jpeg_bytes(scene(41, 67), exif=b"Exif\0\0" + exif_block(3)))
    photo = open_photo(tmp_path / "a.jpg")
    with pytest.raises(room.Unsupported):
        room.turned(room.read((tmp_path / "a.jpg").read_bytes()), 3)
    save_photo(photo, tmp_path / "b.jpg")
    assert np.abs(open_photo(tmp_path / "b.jpg").codes.astype(int) - photo.codes).mean() < 3


def test_where_blocks_cannot_be_kept_pixels_are_encoded(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(jpeg_bytes(quality=70, subsampling="4:2:0"))
    photo = open_photo(path)
    blocks = room.read(path.read_bytes()).blocks

    def saved(**changes: Any) -> bytes:
        save_photo(replace(photo, **changes), tmp_path / "b.jpg", overwrite=True)
        return (tmp_path / "b.jpg").read_bytes()

    np.testing.assert_array_equal(room.read(saved()).blocks, blocks)
    for changes in (
        {"path": None},
        {"path": tmp_path / "gone.jpg"},
        {"sha256": "0" * 64},
        {"codes": 255 - photo.codes},
        {"metadata": replace(photo.metadata, orientation=6)},
    ):
        assert decoded(saved(**changes)).shape == photo.codes.shape

    turned = tmp_path / "turned.jpg"
    turned.write_bytes(jpeg_bytes(exif=b"Exif\0\0" + exif_block(6)))
    save_photo(open_photo(turned), tmp_path / "c.jpg")
    assert open_photo(tmp_path / "c.jpg").codes.shape == (64, 48, 3)

    rgb = tmp_path / "rgb.jpg"
    Image.fromarray(scene()).save(rgb, keep_rgb=True, quality=90)
    photo = open_photo(rgb)
    save_photo(photo, tmp_path / "d.jpg")
    assert np.abs(open_photo(tmp_path / "d.jpg").codes.astype(int) - photo.codes).mean() < 8


def test_the_best_code_is_no_longer_than_16_bits() -> None:
    counts = np.zeros(256, dtype=np.int64)
    a, b = 1, 1
    for i in range(40):  # Fibonacci counts make the deepest tree
        counts[i], a, b = a, b, a + b
    of_length, symbols = room._lengths(counts)
    assert len(of_length) == 16
    assert sum(of_length) == len(symbols) == 40
    assert sorted(symbols) == list(range(40))
    assert sum(n * 2.0 ** -(i + 1) for i, n in enumerate(of_length)) < 1.0
    assert room._lengths(np.eye(1, 256, 7, dtype=np.int64)[0])[1] == b"\x07"


WHOLE = [jpeg_bytes(scene(40, 50)), jpeg_bytes(scene(40, 50), progressive=True)]


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 1), st.integers(0, 10**6), st.binary(min_size=1, max_size=6), st.integers(0, 10**6))
def test_any_damage_is_read_or_refused(which: int, at: int, noise: bytes, cut: int) -> None:
    data = bytearray(WHOLE[which])
    start = data.index(b"\xff\xc4")
    at = start + at % (len(data) - start)
    data[at : at + len(noise)] = noise
    with contextlib.suppress(room.Unsupported):
        room.read(bytes(data[: start + cut % (2 * len(data))]))
