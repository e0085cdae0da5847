"""Codes to light and back."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from photo_samples import grey_icc
from PIL import ImageCms

from fluxroom.photo import ColorProfile
from fluxroom.photo.color import REC709, primaries_to_rec2020
from fluxroom.photo.icc import D50, ProfileError, gamma_tag, parse_icc, table_tag, write_icc

RGB = [
    ColorProfile.srgb(),
    ColorProfile.display_p3(),
    ColorProfile.adobe_rgb(),
    ColorProfile.prophoto(),
    ColorProfile.rec2020(),
]
SHARP = [p for p in RGB if p.name != "Adobe RGB (1998)"]
ramp16 = np.arange(65536, dtype=np.uint16).reshape(256, 256, 1)


@pytest.mark.parametrize("profile", RGB, ids=lambda p: p.name)
def test_every_neutral_code_returns_exactly(profile: ColorProfile) -> None:
    grey = ramp16.repeat(3, axis=2)
    np.testing.assert_array_equal(profile.encode(profile.to_linear(grey), np.uint16), grey)
    grey8 = np.arange(256, dtype=np.uint8).reshape(16, 16, 1).repeat(3, axis=2)
    np.testing.assert_array_equal(profile.encode(profile.to_linear(grey8), np.uint8), grey8)


@pytest.mark.parametrize("profile", RGB, ids=lambda p: p.name)
@settings(max_examples=40, deadline=None)
@given(hnp.arrays(np.uint8, (6, 7, 3)))
def test_every_8_bit_code_returns_exactly(profile: ColorProfile, codes: np.ndarray) -> None:
    np.testing.assert_array_equal(profile.encode(profile.to_linear(codes), np.uint8, dither=False), codes)


@pytest.mark.parametrize("profile", SHARP, ids=lambda p: p.name)
@settings(max_examples=40, deadline=None)
@given(hnp.arrays(np.uint16, (6, 7, 3)), st.integers(0, 2**40))
def test_every_16_bit_code_returns_exactly(profile: ColorProfile, codes: np.ndarray, seed: int) -> None:
    np.testing.assert_array_equal(profile.encode(profile.to_linear(codes), np.uint16, seed=seed), codes)


def test_every_saturated_pair_of_8_bit_codes_survives_dither() -> None:
    a, b = np.mgrid[0:256, 0:256].astype(np.uint8)
    for profile in SHARP:
        for order in ((a, b, b), (b, a, b), (b, b, a)):
            codes = np.stack(order, axis=2)
            np.testing.assert_array_equal(profile.encode(profile.to_linear(codes), np.uint8, 3, 5, 7), codes)


def test_srgb_decodes_by_the_formula_and_the_matrix() -> None:
    codes = np.random.default_rng(0).integers(0, 256, (20, 20, 3)).astype(np.uint8)
    x = codes / 255.0
    linear = np.where(x <= 0.04045, x / 12.92, ((x + 0.055) / 1.055) ** 2.4)
    # ITU-R BT.2087-0, table 1: linear BT.709 to BT.2020
    bt2087 = np.array([[0.6274, 0.3293, 0.0433], [0.0691, 0.9195, 0.0114], [0.0164, 0.0880, 0.8956]])
    np.testing.assert_allclose(ColorProfile.srgb().to_linear(codes), linear @ bt2087.T, atol=2e-4)
    np.testing.assert_allclose(primaries_to_rec2020(REC709), bt2087, atol=1e-4)


def test_encode_is_within_half_a_16_bit_code_of_the_exact_curve() -> None:
    light = np.random.default_rng(1).random(30000).astype(np.float32) ** 3
    grey = np.repeat(light.reshape(100, 300, 1), 3, axis=2)
    exact = np.where(light <= 0.0031308, light * 12.92, 1.055 * light.astype(np.float64) ** (1 / 2.4) - 0.055) * 65535
    got = ColorProfile.srgb().encode(grey, np.uint16).reshape(-1, 3)
    assert np.abs(got - exact[:, None]).max() <= 0.52  # half a code of rounding, and a fiftieth


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 40), st.integers(0, 40), st.integers(1, 30), st.integers(1, 30), st.booleans(), st.integers(0, 9))
def test_a_tile_is_the_same_as_the_whole(y: int, x: int, h: int, w: int, eight: bool, seed: int) -> None:
    linear = np.random.default_rng(5).normal(0.5, 0.5, (70, 70, 3)).astype(np.float32)
    dtype = np.uint8 if eight else np.uint16
    profile = ColorProfile.srgb()
    whole = profile.encode(linear, dtype, 0, 0, seed)
    tile = profile.encode(linear[y : y + h, x : x + w], dtype, x, y, seed)
    np.testing.assert_array_equal(tile, whole[y : y + h, x : x + w])


def test_dither_keeps_the_mean_of_a_smooth_sky_and_leaves_16_bits_alone() -> None:
    profile = ColorProfile.srgb()
    codes = np.full((128, 128, 3), 30000, np.uint16)
    linear = profile.to_linear(codes)
    eight = profile.encode(linear, np.uint8)
    assert set(np.unique(eight)) == {116, 117}
    assert abs(eight.mean() - 30000 / 257) < 0.01
    assert (profile.encode(linear, np.uint8, seed=1) != eight).any()
    assert np.corrcoef(eight[..., 0].ravel(), eight[..., 1].ravel())[0, 1] < 0.05
    neighbours = np.corrcoef(eight[:, 1:, 0].ravel(), eight[:, :-1, 0].ravel())[0, 1]
    assert abs(neighbours) < 0.05


def test_clipping_keeps_the_hue_and_survives_nonsense() -> None:
    profile = ColorProfile.rec2020()
    orange = np.array([[[1.4, 0.9, 0.3], [0.5, 0.3, -0.1], [5.0, 4.0, 3.0], [-1.0, -2.0, -3.0]]], np.float32)
    light = profile.to_linear(profile.encode(orange, np.uint16))[0]
    np.testing.assert_allclose(light[0], [1.0, 0.3 + 0.7 * 0.6 / 1.1, 0.3], atol=1e-3)
    np.testing.assert_allclose(light[1], [0.5, 0.5 * 0.4 / 0.6, 0.0], atol=1e-3)
    np.testing.assert_array_equal(light[2], 1.0)
    np.testing.assert_array_equal(light[3], 0.0)
    bad = np.array([[[np.nan] * 3, [np.inf] * 3, [-np.inf] * 3, [np.inf, 0.0, -np.inf]]], np.float32)
    for dtype in (np.uint8, np.uint16):
        codes = profile.encode(bad, dtype)
        assert codes[0, 0].max() == 0
        assert codes[0, 1].min() == np.iinfo(dtype).max
        assert codes[0, 2].max() == 0
        assert codes[0, 3, 0] == np.iinfo(dtype).max


def test_encode_rises_with_light() -> None:
    light = np.sort(np.random.default_rng(3).random(65536).astype(np.float32) ** 4).reshape(256, 256, 1)
    for profile in RGB:
        codes = profile.encode(light.repeat(3, axis=2), np.uint16)[..., 0].ravel().astype(int)
        assert (np.diff(codes) >= 0).all()


def test_grey_codes_and_their_colour_counterpart() -> None:
    profile = ColorProfile.from_icc(grey_icc(1.8))
    assert profile.grey
    linear = profile.to_linear(ramp16)
    np.testing.assert_allclose(linear[..., 1], (ramp16[..., 0] / 65535.0) ** 1.8, atol=3e-4)
    np.testing.assert_array_equal(linear[..., 0], linear[..., 2])
    np.testing.assert_array_equal(profile.encode(linear, np.uint16, channels=1), ramp16)
    colour = profile.as_rgb()
    assert not colour.grey
    np.testing.assert_array_equal(colour.encode(linear, np.uint16), ramp16.repeat(3, axis=2))
    np.testing.assert_array_equal(profile.encode(linear, np.uint16), ramp16.repeat(3, axis=2))
    assert ColorProfile.grey_srgb().as_rgb().name == "sRGB"


@pytest.mark.parametrize("profile", RGB, ids=lambda p: p.name)
def test_our_profiles_are_read_back_and_lcms_agrees(profile: ColorProfile) -> None:
    data = profile.to_icc()
    again = ColorProfile.from_icc(data)
    assert again.name == profile.name
    np.testing.assert_allclose(again.matrix, profile.matrix, atol=5e-5)
    np.testing.assert_allclose(again.curve, profile.curve, atol=2e-5)
    imagecodecs = pytest.importorskip("imagecodecs")
    codes = np.random.default_rng(2).integers(0, 65536, (16, 16, 3)).astype(np.uint16)
    xyz = imagecodecs.cms_transform(
        codes, data, imagecodecs.cms_profile("xyz"), colorspace="rgb", outcolorspace="xyz", outdtype="float64", intent=1
    )
    to_xyz = parse_icc(data).matrix
    assert to_xyz is not None
    linear = np.stack([again.curve[codes[..., i]] for i in range(3)], axis=2)
    np.testing.assert_allclose(xyz, linear @ to_xyz.T, atol=2e-3)


def test_the_srgb_profile_of_lcms_is_srgb() -> None:
    data = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    profile = ColorProfile.from_icc(data)
    codes = np.random.default_rng(2).integers(0, 256, (30, 30, 3)).astype(np.uint8)
    np.testing.assert_allclose(profile.to_linear(codes), ColorProfile.srgb().to_linear(codes), atol=5e-4)


def para(function: int, *numbers: float) -> bytes:
    return struct.pack(">4sIHH", b"para", 0, function, 0) + struct.pack(
        f">{len(numbers)}i", *(round(n * 65536) for n in numbers)
    )


def with_curve(tag: bytes) -> bytes:
    """A grey profile with this very curve tag at its end."""
    data = bytearray(grey_icc())
    count = struct.unpack_from(">I", data, 128)[0]
    for i in range(count):
        at = 132 + 12 * i
        if data[at : at + 4] == b"kTRC":
            struct.pack_into(">II", data, at + 4, len(data), len(tag))
    return bytes(data) + tag


X = np.linspace(0, 1, 65536)


def test_a_table_stands_for_a_curve() -> None:
    (curve,) = parse_icc(with_curve(table_tag(X**2))).curves
    np.testing.assert_allclose(curve, X**2, atol=2e-5)


@pytest.mark.parametrize(
    ("tag", "expected"),
    [
        (para(0, 2.2), X**2.2),
        (para(1, 2.0, 1.25, -0.25), np.where(X >= 0.2, np.maximum(1.25 * X - 0.25, 0) ** 2, 0)),
        (para(2, 2.0, 0.9, -0.09, 0.1), np.where(X >= 0.1, np.maximum(0.9 * X - 0.09, 0) ** 2 + 0.1, 0.1)),
        (para(3, 2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045), ColorProfile.srgb().curve),
        (para(4, 2.0, 0.9, 0.0, 0.5, 0.1, 0.1, 0.05), np.where(X >= 0.1, 0.81 * X**2 + 0.1, 0.5 * X + 0.05)),
        (struct.pack(">4sII", b"curv", 0, 0), X),
        (struct.pack(">4sIIH", b"curv", 0, 1, 0x0200), X**2),
        (struct.pack(">4sII3H", b"curv", 0, 3, 0, 16384, 65535), np.interp(X, [0, 0.5, 1], [0, 16384 / 65535, 1])),
    ],
    ids=["para0", "para1", "para2", "para3", "para4", "identity", "gamma", "table"],
)
def test_curves_of_every_kind(tag: bytes, expected: np.ndarray) -> None:
    (curve,) = parse_icc(with_curve(tag)).curves
    np.testing.assert_allclose(curve, expected, atol=6e-5)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"x" * 500,
        grey_icc()[:140],
        with_curve(b"what\0\0\0\0\0\0\0\0"),
        with_curve(struct.pack(">4sII", b"curv", 0, 400)),
        with_curve(struct.pack(">4sII2H", b"curv", 0, 2, 65535, 0)),
        with_curve(struct.pack(">4sII2H", b"curv", 0, 2, 500, 500)),
        with_curve(para(1, 2.0, 0.0, 0.0)),
        with_curve(para(9, 2.0)),
        write_icc("flat", gamma_tag(1.0), np.stack([D50, D50, D50], axis=1) / 3),
        b"\0" * 16 + b"CMYK" + b"\0" * 16 + b"acsp" + b"\0" * 200,
    ],
)
def test_broken_profiles_are_named_not_crashed_on(data: bytes) -> None:
    with pytest.raises(ProfileError):
        ColorProfile.from_icc(data)


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 9000), st.binary(min_size=1, max_size=12), st.integers(100, 9000))
def test_any_damage_to_a_profile_is_read_or_named(at: int, noise: bytes, length: int) -> None:
    data = bytearray(ColorProfile.display_p3().to_icc())
    data[at : at + len(noise)] = noise
    try:
        profile = ColorProfile.from_icc(bytes(data[:length]))
    except ProfileError:
        return
    assert np.isfinite(profile.to_linear(np.arange(27, dtype=np.uint8).reshape(3, 3, 3))).all()


def test_wrong_shapes_are_refused() -> None:
    profile = ColorProfile.srgb()
    with pytest.raises(ValueError, match="codes must be"):
        profile.to_linear(np.zeros((4, 4, 4), np.uint8))
    with pytest.raises(ValueError, match="cannot encode"):
        profile.encode(np.zeros((4, 4, 3), np.float32), np.float32)
