"""Colour: code values of a file to linear Rec.2020 and back.

Decoding is one table per channel and a 3x3 matrix. Encoding is the inverse
matrix, a clip that keeps the hue, and the inverse of the table. Both are compiled, work
row by row on buffers that stay in the cache, release the interpreter lock, and give the
same result for any tile size: a pixel depends on its own value and, where 8-bit dither
is on, on its place in the picture.

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
_PART = (1 << _SHIFT) - 1
_FINE = np.float32(2.0**-_SHIFT)
_LOWEST = np.float32(2.0**-44)
_ZERO, _HALF, _ONE, _FAR = np.float32(0), np.float32(0.5), np.float32(1), np.float32(1e6)
_GRAIN = np.float32(0.998 / 2**21)
_HALF_RANGE = np.float32(0.499)


def _kernel(function: F) -> F:
    compiled: Any = numba.njit(nogil=True, cache=True, error_model="numpy")(function)
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
        source, target = codes[y].reshape(-1), out[y].reshape(-1)  # flat rows: the step of 3 is known to the compiler
        if channels == 1:
            for x in range(width):
                v = table[source[x], 1]
                target[3 * x] = v
                target[3 * x + 1] = v
                target[3 * x + 2] = v
            continue
        for x in range(width):
            r = table[source[3 * x], 0]
            g = table[source[3 * x + 1], 1]
            b = table[source[3 * x + 2], 2]
            target[3 * x] = m[0, 0] * r + m[0, 1] * g + m[0, 2] * b
            target[3 * x + 1] = m[1, 0] * r + m[1, 1] * g + m[1, 2] * b
            target[3 * x + 2] = m[2, 0] * r + m[2, 1] * g + m[2, 2] * b


@_kernel
def _finite(v: Any) -> Any:
    """A number within reach: not a number becomes 0, infinities +-1e6."""
    v = v if v == v else _ZERO
    v = v if v < _FAR else _FAR
    return v if v > -_FAR else -_FAR


@_kernel
def _row_to_file(linear: Any, m: Any, out: Any) -> Any:
    """A row to the file's own linear light, one row a channel. Returns how many values are outside 0..1."""
    m00, m01, m02, m10, m11, m12, m20, m21, m22 = (
        m[0, 0], m[0, 1], m[0, 2], m[1, 0], m[1, 1], m[1, 2], m[2, 0], m[2, 1], m[2, 2],
    )  # fmt: skip
    outside: Any = 0
    for x in range(out.shape[1]):
        r, g, b = _finite(linear[3 * x]), _finite(linear[3 * x + 1]), _finite(linear[3 * x + 2])
        p = np.float32(m00 * r + m01 * g + m02 * b)
        q = np.float32(m10 * r + m11 * g + m12 * b)
        s = np.float32(m20 * r + m21 * g + m22 * b)
        out[0, x] = p
        out[1, x] = q
        out[2, x] = s
        outside += (p < _ZERO) | (q < _ZERO) | (s < _ZERO) | (p > _ONE) | (q > _ONE) | (s > _ONE)
    return outside


@_kernel
def _row_to_grey(linear: Any, out: Any) -> None:
    for x in range(out.shape[1]):
        r, g, b = _finite(linear[3 * x]), _finite(linear[3 * x + 1]), _finite(linear[3 * x + 2])
        out[0, x] = 0.2627 * r + 0.6780 * g + 0.0593 * b


@_kernel
def _keep_hue(row: Any) -> None:
    """Clip to 0..1: the largest and smallest channels are clipped, the middle one keeps its relative place."""
    for x in range(row.shape[1]):
        r, g, b = row[0, x], row[1, x], row[2, x]
        high, low = max(r, g, b), min(r, g, b)
        if high > _ONE or low < _ZERO:
            new_low = min(max(low, _ZERO), _ONE)
            span = min(max(high, _ZERO), _ONE) - new_low
            stretch = span / (high - low) if high > low else _ZERO
            row[0, x] = new_low + (r - low) * stretch
            row[1, x] = new_low + (g - low) * stretch
            row[2, x] = new_low + (b - low) * stretch


@_kernel
def _row_noise(x0: Any, y: Any, seed: Any, out: Any) -> None:
    """splitmix64 of the place; 21 bits for each channel, evenly between -0.499 and 0.499."""
    key = np.uint64(seed) * np.uint64(0xD1342543DE82EF95)
    for x in range(out.shape[1]):
        h = np.uint64((y << 32) ^ (x0 + x)) + key
        h = (h ^ (h >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        h = (h ^ (h >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        h = h ^ (h >> np.uint64(31))
        out[0, x] = np.float32(np.int32(h & np.uint64(0x1FFFFF))) * _GRAIN - _HALF_RANGE
        out[1, x] = np.float32(np.int32((h >> np.uint64(21)) & np.uint64(0x1FFFFF))) * _GRAIN - _HALF_RANGE
        out[2, x] = np.float32(np.int32((h >> np.uint64(42)) & np.uint64(0x1FFFFF))) * _GRAIN - _HALF_RANGE


@_kernel
def _clamped(v: Any) -> Any:
    """Into the table's range."""
    v = v if v > _LOWEST else _LOWEST
    return np.float32(v if v < _ONE else _ONE)


@_kernel
def _row_to_codes(light: Any, noise: Any, table: Any, top: Any, cells: Any, steps: Any, out: Any) -> None:
    """By the table over float32 bits, linear between its points and below its first; three loops, so that all but
    the looking up is vector instructions."""
    scale = np.float32(top / 65535.0)
    steep = np.float32(2.0**44) * table[0, 0]
    for x in range(light.shape[0]):
        cells[x] = np.uint32((np.float32(_clamped(light[x])).view(np.int32) >> np.int32(_SHIFT)) - np.int32(_FIRST))
    for x in range(light.shape[0]):
        steps[0, x] = table[cells[x], 0]
        steps[1, x] = table[cells[x], 1]
    for x in range(light.shape[0]):
        v = light[x]
        part = np.float32(np.float32(_clamped(v)).view(np.int32) & np.int32(_PART)) * _FINE
        dark = (v if v > _ZERO else _ZERO) * steep
        code = steps[0, x] + part * steps[1, x] if v >= _LOWEST else dark
        code = code * scale + noise[x] + _HALF
        code = code if code > _ZERO else _ZERO
        out[x] = np.int32(code if code < np.float32(top) else np.float32(top))


@_kernel
def _encode(linear: Any, table: Any, m: Any, top: Any, dither: Any, x0: Any, y0: Any, seed: Any, out: Any) -> None:
    height, width, channels = out.shape
    light = np.empty((3, width), np.float32)
    noise = np.zeros((3, width), np.float32)
    cells = np.empty(width, np.uint32)
    steps = np.empty((2, width), np.float32)
    codes = np.empty((3, width), out.dtype)
    for y in range(height):
        source, target = linear[y].reshape(-1), out[y].reshape(-1)
        if dither:
            _row_noise(x0, y0 + y, seed, noise)
        if channels == 1:
            _row_to_grey(source, light)
            _row_to_codes(light[0], noise[0], table[1], top, cells, steps, target)
            continue
        if _row_to_file(source, m, light):
            _keep_hue(light)
        for c in range(3):
            _row_to_codes(light[c], noise[c], table[c], top, cells, steps, codes[c])
        for x in range(width):
            target[3 * x] = codes[0, x]
            target[3 * x + 1] = codes[1, x]
            target[3 * x + 2] = codes[2, x]


def _inverse_table(curve: Doubles) -> NDArray[np.float32]:
    """(cells, 2): the 16-bit code at each point, and how much more it is at the next."""
    edges = (np.arange(_FIRST, _FIRST + _CELLS + 1, dtype=np.int32) << _SHIFT).view(np.float32)
    codes = np.arange(STEPS, dtype=np.float64)
    keep = np.concatenate(([True], np.diff(curve) > 0))
    values = np.interp(edges.astype(np.float64), curve[keep], codes[keep])
    return np.stack([values, np.diff(values, append=values[-1:])], axis=1).astype(np.float32)


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
            np.ascontiguousarray(np.stack([tables[id(c)] for c in three])),
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
