"""Colour: code values of a file to linear Rec.2020 and back.

Decoding is one table per channel and a 3x3 matrix. Encoding is the inverse
matrix, a clip that keeps the hue, and the inverse of the table. Both are compiled,
release the interpreter lock, and give the same result for any tile size: a pixel
depends on its own value and, where 8-bit dither is on, on its place in the picture.

Sources: ITU-R BT.2020-2 (working primaries), IEC 61966-2-1 (sRGB), SMPTE EG 432-1
(Display P3), Adobe RGB (1998) 4.3, ISO 22028-2 (ROMM / ProPhoto), ICC.1:2022, Bradford
adaptation (Lam 1985); hue-keeping clip after the tone curve of the Adobe DNG SDK.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any, TypeVar, cast

import numba
import numpy as np
from numpy.typing import DTypeLike, NDArray

from fluxroom.photo.icc import (
    D50,
    STEPS,
    Doubles,
    ProfileError,
    gamma_tag,
    parametric_tag,
    parse_icc,
    table_tag,
    write_icc,
)
from fluxroom.scene import Float

Codes = NDArray[np.uint8] | NDArray[np.uint16]
F = TypeVar("F", bound=Callable[..., Any])

D65_XY = (0.3127, 0.3290)
REC2020 = ((0.708, 0.292), (0.170, 0.797), (0.131, 0.046))
REC709 = ((0.640, 0.330), (0.300, 0.600), (0.150, 0.060))
DISPLAY_P3 = ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060))
ADOBE_RGB = ((0.640, 0.330), (0.210, 0.710), (0.150, 0.060))
ROMM = ((0.7347, 0.2653), (0.1596, 0.8404), (0.0366, 0.0001))
D50_XY = (0.3457, 0.3585)

# The inverse tone curve is tabulated over float32 numbers themselves: 1024 steps
# in each octave from 2^-44 to 1, so that the darkest 16-bit codes of a pure power curve
# are told apart too. Bits of 2^-44, shifted: where the table starts.
_SHIFT = 13
_FIRST = (127 - 44) << (23 - _SHIFT)
_CELLS = 44 << (23 - _SHIFT)


def _kernel(function: F) -> F:
    compiled: Any = numba.njit(nogil=True, cache=True)(function)
    return cast(F, compiled)


def primaries_to_xyz(primaries: tuple[tuple[float, float], ...], white: tuple[float, float]) -> Doubles:
    """(3, 3) float64, linear RGB to XYZ with Y = 1 for white (SMPTE RP 177)."""
    columns = np.array([[x / y, 1.0, (1.0 - x - y) / y] for x, y in primaries]).T
    x, y = white
    scale = np.linalg.solve(columns, np.array([x / y, 1.0, (1.0 - x - y) / y]))
    return np.asarray(columns * scale)


def _bradford(source: Doubles, target: Doubles) -> Doubles:
    cone = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])
    return np.asarray(np.linalg.inv(cone) @ np.diag((cone @ target) / (cone @ source)) @ cone)


_REC2020_XYZ = primaries_to_xyz(REC2020, D65_XY)
_D65 = _REC2020_XYZ.sum(axis=1)
_XYZ50_REC2020 = np.linalg.inv(_REC2020_XYZ) @ _bradford(D50, _D65)


@_kernel
def _decode(codes: Any, table: Any, m: Any, out: Any) -> None:
    height, width, channels = codes.shape
    for y in range(height):
        for x in range(width):
            if channels == 1:
                v = table[codes[y, x, 0], 1]
                out[y, x, 0] = v
                out[y, x, 1] = v
                out[y, x, 2] = v
            else:
                r = table[codes[y, x, 0], 0]
                g = table[codes[y, x, 1], 1]
                b = table[codes[y, x, 2], 2]
                out[y, x, 0] = m[0, 0] * r + m[0, 1] * g + m[0, 2] * b
                out[y, x, 1] = m[1, 0] * r + m[1, 1] * g + m[1, 2] * b
                out[y, x, 2] = m[2, 0] * r + m[2, 1] * g + m[2, 2] * b


@_kernel
def _inverse(v: Any, table: Any, channel: int) -> Any:
    """Linear v to 0..65535, by the table over float32 bits, linear between its points."""
    f = np.float32(v)
    if f >= np.float32(1.0):
        return np.float64(table[_CELLS, channel])
    bits = f.view(np.int32)
    cell = (bits >> _SHIFT) - _FIRST
    if cell < 0:
        return max(v, 0.0) * 2.0**44 * table[0, channel]
    part = (bits & ((1 << _SHIFT) - 1)) * (1.0 / (1 << _SHIFT))
    low = np.float64(table[cell, channel])
    return low + part * (table[cell + 1, channel] - low)


@_kernel
def _finite(v: Any) -> Any:
    """A number within reach: not a number becomes 0, infinities +-1e6."""
    if v != v:
        return 0.0
    return min(max(v, -1.0e6), 1.0e6)


@_kernel
def _encode(linear: Any, table: Any, m: Any, top: Any, dither: Any, x0: Any, y0: Any, seed: Any, out: Any) -> None:
    height, width, channels = out.shape
    scale = top / 65535.0
    u = np.zeros(3)
    v = np.zeros(3)
    for y in range(height):
        for x in range(width):
            if dither:
                # splitmix64 of the place; 21 bits for each channel, evenly between -0.499 and 0.499
                h = np.uint64(((y0 + y) << 32) ^ (x0 + x)) + np.uint64(seed) * np.uint64(0xD1342543DE82EF95)
                h = (h ^ (h >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
                h = (h ^ (h >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
                h = h ^ (h >> np.uint64(31))
                for c in range(3):
                    k = np.int64((h >> np.uint64(21 * c)) & np.uint64(0x1FFFFF))
                    u[c] = ((k + 0.5) / 2097152.0 - 0.5) * 0.998
            r = _finite(np.float64(linear[y, x, 0]))
            g = _finite(np.float64(linear[y, x, 1]))
            b = _finite(np.float64(linear[y, x, 2]))
            if channels == 1:
                v[0] = min(max(0.2627 * r + 0.6780 * g + 0.0593 * b, 0.0), 1.0)
                code = _inverse(v[0], table, 1) * scale + u[0]
                out[y, x, 0] = int(min(max(code + 0.5, 0.0), top))
                continue
            v[0] = m[0, 0] * r + m[0, 1] * g + m[0, 2] * b
            v[1] = m[1, 0] * r + m[1, 1] * g + m[1, 2] * b
            v[2] = m[2, 0] * r + m[2, 1] * g + m[2, 2] * b
            high = max(v[0], v[1], v[2])
            low = min(v[0], v[1], v[2])
            if high > 1.0 or low < 0.0:
                new_high = min(max(high, 0.0), 1.0)
                new_low = min(max(low, 0.0), 1.0)
                stretch = (new_high - new_low) / (high - low) if high > low else 0.0
                for c in range(3):
                    v[c] = new_low + (v[c] - low) * stretch
            for c in range(3):
                code = _inverse(v[c], table, c) * scale + u[c]
                out[y, x, c] = int(min(max(code + 0.5, 0.0), top))


def _inverse_table(curve: Doubles) -> NDArray[np.float32]:
    edges = (np.arange(_FIRST, _FIRST + _CELLS + 1, dtype=np.int32) << _SHIFT).view(np.float32)
    codes = np.arange(STEPS, dtype=np.float64)
    keep = np.concatenate(([True], np.diff(curve) > 0))
    return np.interp(edges.astype(np.float64), curve[keep], codes[keep]).astype(np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class ColorProfile:
    """Converts between code values and linear Rec.2020 (D65, 1.0 = diffuse white of the file).

    name     for people
    grey     the profile describes one channel
    matrix   (3, 3) float64, linear RGB of the file to linear Rec.2020; white stays (1, 1, 1)
    curve    STEPS float64 in 0..1: linear light at each 16-bit code, of the second channel

    Make one with `srgb()`, `display_p3()`, `adobe_rgb()`, `prophoto()`, `rec2020()`, `grey_srgb()` or
    `from_icc()`. Grey codes of an RGB profile use its green curve; colour codes of a grey profile have
    the primaries of sRGB and the grey curve, so that a grey photo can become a coloured one and
    keep its code values where nothing is changed.
    """

    name: str
    grey: bool
    matrix: Doubles
    curve: Doubles
    _inverse_matrix: Doubles
    _matrix32: NDArray[np.float32]
    _table8: NDArray[np.float32]
    _table16: NDArray[np.float32]
    _inverse_tables: NDArray[np.float32]
    _tag: bytes

    @staticmethod
    def make(name: str, curves: tuple[Doubles, ...], matrix: Doubles | None, tag: bytes = b"") -> ColorProfile:
        """From 1 or 3 curves (STEPS values each) and the matrix to linear Rec.2020 (None: grey).

        tag   the grey or green curve as an ICC tag, for `to_icc`; b"": a table is made

        The matrix' rows are scaled so that white becomes (1, 1, 1) exactly: neutral codes give neutral light.
        Raises ProfileError if it cannot be inverted or its white is far off.
        """
        grey = matrix is None
        m = primaries_to_rec2020(REC709) if matrix is None else np.asarray(matrix, dtype=np.float64)
        white = m.sum(axis=1)
        if not np.isfinite(m).all() or (np.abs(white - 1.0) > 0.4).any() or np.linalg.cond(m) > 1e3:
            raise ProfileError("its colorants make no usable colour space")
        m = m / white[:, None]
        tables: dict[int, NDArray[np.float32]] = {}
        for curve in curves:
            if id(curve) not in tables:
                tables[id(curve)] = _inverse_table(curve)
        three = curves * 3 if len(curves) == 1 else curves
        table16 = np.stack(three, axis=1).astype(np.float32)
        return ColorProfile(
            name,
            grey,
            m,
            three[1],
            np.ascontiguousarray(np.linalg.inv(m)),
            np.ascontiguousarray(m, dtype=np.float32),
            np.ascontiguousarray(table16[::257]),
            table16,
            np.ascontiguousarray(np.stack([tables[id(c)] for c in three], axis=1)),
            tag or table_tag(three[1]),
        )

    @staticmethod
    def srgb() -> ColorProfile:
        return _standard("sRGB")

    @staticmethod
    def display_p3() -> ColorProfile:
        return _standard("Display P3")

    @staticmethod
    def adobe_rgb() -> ColorProfile:
        return _standard("Adobe RGB (1998)")

    @staticmethod
    def prophoto() -> ColorProfile:
        return _standard("ProPhoto RGB")

    @staticmethod
    def rec2020() -> ColorProfile:
        """Rec.2020 primaries with the sRGB tone curve."""
        return _standard("Rec.2020, sRGB curve")

    @staticmethod
    def grey_srgb() -> ColorProfile:
        return _standard("grey, sRGB curve")

    @staticmethod
    def from_icc(data: bytes) -> ColorProfile:
        """A matrix/TRC or grey profile. Raises ProfileError (a ValueError), also for lookup tables only."""
        return _from_icc(data)

    def to_icc(self) -> bytes:
        """An ICC profile of these colours (one curve, the green one, for all channels)."""
        to_xyz50 = None if self.grey else np.linalg.inv(_XYZ50_REC2020) @ self.matrix
        return write_icc(self.name, self._tag, to_xyz50)

    def as_rgb(self) -> ColorProfile:
        """Itself, or for a grey profile the RGB one in which R = G = B = the grey code is the same light."""
        if not self.grey:
            return self
        name = "sRGB" if self is ColorProfile.grey_srgb() else f"{self.name}, sRGB primaries"
        return ColorProfile.make(name, (self.curve,), primaries_to_rec2020(REC709), self._tag)

    def to_linear(self, codes: Codes) -> Float:
        """(h, w, 1 or 3) uint8 or uint16 to (h, w, 3) float32, linear Rec.2020.

        Values lie in 0..1 but for colours outside Rec.2020 (ProPhoto), which go below 0.
        """
        if codes.ndim != 3 or codes.shape[2] not in (1, 3) or codes.dtype not in (np.uint8, np.uint16):
            raise ValueError(f"codes must be (h, w, 1 or 3) uint8 or uint16, not {codes.shape} {codes.dtype}")
        table = self._table8 if codes.dtype == np.uint8 else self._table16
        out = np.empty((codes.shape[0], codes.shape[1], 3), dtype=np.float32)
        _decode(np.require(codes, requirements=["C", "W"]), table, self._matrix32, out)
        return out

    def encode(
        self,
        linear: Float,
        dtype: DTypeLike,
        x0: int = 0,
        y0: int = 0,
        seed: int = 0,
        channels: int = 3,
        dither: bool = True,
    ) -> Codes:
        """(h, w, 3) float32 linear Rec.2020 to (h, w, channels) uint8 or uint16 code values.

        x0, y0     place of the top left pixel in the whole picture, pixels, 0 or more
        channels   3, or 1 for luminance only (BT.2020 weights)
        dither     8 bit only: evenly spread noise within +-0.5 code from a hash of place, channel and seed.
                   On average the exact value comes out, so smooth skies do not band, while
                   a value that already is a whole code never changes.

        Light outside 0..1 is clipped keeping its hue: the largest and smallest channels are clipped, the middle
        one keeps its relative place between them. Not-a-number becomes black.
        """
        kind = np.dtype(dtype)
        if linear.ndim != 3 or linear.shape[2] != 3 or kind not in (np.uint8, np.uint16) or channels not in (1, 3):
            raise ValueError(f"cannot encode {linear.shape} to {kind} with {channels} channels")
        out = np.empty((linear.shape[0], linear.shape[1], channels), dtype=kind)
        source = np.require(linear, dtype=np.float32, requirements=["C", "W"])
        eight = kind == np.uint8
        top = 255.0 if eight else 65535.0
        place = (int(x0), int(y0), int(seed) & 0x7FFFFFFFFFFFFFFF)
        _encode(source, self._inverse_tables, self._inverse_matrix, top, bool(dither and eight), *place, out)
        return out


def primaries_to_rec2020(primaries: tuple[tuple[float, float], ...], white: tuple[float, float] = D65_XY) -> Doubles:
    """(3, 3) float64: linear RGB of these primaries to linear Rec.2020, adapted to D65 (Bradford)."""
    to_xyz = primaries_to_xyz(primaries, white)
    return np.asarray(np.linalg.inv(_REC2020_XYZ) @ _bradford(to_xyz.sum(axis=1), _D65) @ to_xyz)


def _srgb_curve() -> Doubles:
    x = np.linspace(0.0, 1.0, STEPS)
    return np.where(x <= 0.04045, x / 12.92, ((x + 0.055) / 1.055) ** 2.4)


def _romm_curve() -> Doubles:
    x = np.linspace(0.0, 1.0, STEPS)
    return np.where(x < 16 / 512, x / 16, x**1.8)


@cache
def _standard(name: str) -> ColorProfile:
    srgb = parametric_tag(3, 2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)
    if name == "grey, sRGB curve":
        return ColorProfile.make(name, (_srgb_curve(),), None, srgb)
    if name == "ProPhoto RGB":
        tag = parametric_tag(3, 1.8, 1.0, 0.0, 1 / 16, 1 / 32)
        return ColorProfile.make(name, (_romm_curve(),), primaries_to_rec2020(ROMM, D50_XY), tag)
    if name == "Adobe RGB (1998)":
        curve = np.linspace(0.0, 1.0, STEPS) ** (563 / 256)
        return ColorProfile.make(name, (curve,), primaries_to_rec2020(ADOBE_RGB), gamma_tag(563 / 256))
    primaries = {"sRGB": REC709, "Display P3": DISPLAY_P3, "Rec.2020, sRGB curve": REC2020}[name]
    return ColorProfile.make(name, (_srgb_curve(),), primaries_to_rec2020(primaries), srgb)


@lru_cache(maxsize=16)
def _from_icc(data: bytes) -> ColorProfile:
    profile = parse_icc(data)
    if profile.lookup:
        raise ProfileError("it holds lookup tables only")
    matrix = None if profile.matrix is None else _XYZ50_REC2020 @ profile.matrix
    return ColorProfile.make(profile.name, profile.curves, matrix, profile.tag)
