"""A table of colours, as other programs make them (.cube): from code values to code values.

A .cube file does not say what its numbers mean. Here they are display code values: Rec.709 primaries with the sRGB
curve, as in a picture on a screen. What lies outside of that is brought inside as at encoding (the middle channel
keeps its place). A curve per channel comes first, if the table has one (linear between its points), then the lattice,
interpolated by tetrahedra (Kasson, Nin, Plouffe & Hafner 1995). Beyond its domain a table stays at its edge.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numba import njit

from fluxroom.errors import RecipeError
from fluxroom.operators.declare import Label, Operator, Overview, Param, Parameters, Window, register
from fluxroom.operators.fastmath import F, exp2, log2
from fluxroom.own import find_table
from fluxroom.photo.color import REC709, primaries_to_rec2020
from fluxroom.scene import Float

MAGIC = b"fluxroom table 1\n"
FULL = (0.0, 0.0, 0.0, 1.0, 1.0, 1.0)
HIGHEST = 2.0
"""Code values above it are cut; 1 is white."""
_ZERO, _ONE = F(0), F(1)


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """curves (m, 3) and lattice (n, n, n, 3), the latter by blue, green, red as in the files; either may be empty.

    Each has the input values at its first and last point: red, green, blue low, then high.
    """

    curves: Float
    lattice: Float
    curves_range: tuple[float, ...] = FULL
    lattice_range: tuple[float, ...] = FULL

    def to_bytes(self) -> bytes:
        """Always the same for the same table."""
        head = {
            "curves": len(self.curves), "curves_range": self.curves_range,
            "lattice": len(self.lattice), "lattice_range": self.lattice_range,
        }  # fmt: skip
        values = np.concatenate([self.curves.ravel(), self.lattice.ravel()]).astype("<f4")
        return MAGIC + json.dumps(head, sort_keys=True).encode() + b"\n" + values.tobytes()

    @staticmethod
    def from_bytes(content: bytes) -> Table:
        """Raises ValueError if this is no table."""
        if not content.startswith(MAGIC):
            raise ValueError("not a table")
        head, _, body = content[len(MAGIC) :].partition(b"\n")
        said = json.loads(head)
        m, n = int(said["curves"]), int(said["lattice"])
        values = np.frombuffer(body, "<f4").astype(np.float32)
        if m < 0 or n < 0 or len(values) != 3 * (m + n**3) or not np.isfinite(values).all():
            raise ValueError("not a whole table")
        ranges = [tuple(float(v) for v in said[k]) for k in ("curves_range", "lattice_range")]
        for low_high in ranges:
            if len(low_high) != 6 or not all(a < b for a, b in zip(low_high[:3], low_high[3:], strict=True)):
                raise ValueError("a range of the table is empty")
        return Table(values[: 3 * m].reshape(m, 3), values[3 * m :].reshape(n, n, n, 3), *ranges)


@njit(nogil=True, cache=True, error_model="numpy", inline="always")
def _coded(v: np.float32) -> np.float32:
    """The sRGB curve (IEC 61966-2-1) of 0..1."""
    if v <= F(0.0031308):
        return F(12.92) * v
    return F(1.055) * exp2(log2(v) * F(1 / 2.4)) - F(0.055)


@njit(nogil=True, cache=True, error_model="numpy", inline="always")
def _linear(v: np.float32) -> np.float32:
    """Back again, of 0..HIGHEST."""
    c = min(max(v, _ZERO), F(HIGHEST))
    if c <= F(0.04045):
        return c * F(1 / 12.92)
    return exp2(log2((c + F(0.055)) * F(1 / 1.055)) * F(2.4))


@njit(nogil=True, cache=True, error_model="numpy", inline="always")
def _place(v: np.float32, low: np.float32, high: np.float32, points: int) -> np.float32:
    """Where a value lies among `points` points, 0..points - 1."""
    t = (v - low) / (high - low)
    return min(max(t, _ZERO), _ONE) * F(points - 1)


@njit(nogil=True, cache=True, error_model="numpy")
def look_up(
    tile: Float, into: Float, back: Float, curves: Float, cr: Float, lattice: Float, lr: Float, strength: np.float32
) -> None:
    """The tile (h, w, 3), linear Rec.2020, through the table, in place. into, back: to linear Rec.709 and from it."""
    h, w, _ = tile.shape
    m, n = curves.shape[0], lattice.shape[0]
    v = np.empty(3, np.float32)
    c = np.empty(3, np.float32)
    cell = np.empty(3, np.int64)
    part = np.empty(3, np.float32)
    for y in range(h):
        for x in range(w):
            r, g, b = tile[y, x, 0], tile[y, x, 1], tile[y, x, 2]
            for k in range(3):
                v[k] = into[k, 0] * r + into[k, 1] * g + into[k, 2] * b
            high, low = max(v[0], max(v[1], v[2])), min(v[0], min(v[1], v[2]))
            if high > _ONE or low < _ZERO:
                bottom = min(max(low, _ZERO), _ONE)
                stretch = (min(max(high, _ZERO), _ONE) - bottom) / (high - low) if high > low else _ZERO
                for k in range(3):
                    v[k] = bottom + (v[k] - low) * stretch
            for k in range(3):
                v[k] = _coded(min(max(v[k], _ZERO), _ONE))
                c[k] = v[k]
                if m > 1:
                    t = _place(c[k], cr[k], cr[k + 3], m)
                    i = min(np.int64(t), m - 2)
                    t -= F(i)
                    c[k] = curves[i, k] + t * (curves[i + 1, k] - curves[i, k])
            if n > 1:
                for k in range(3):
                    t = _place(c[k], lr[k], lr[k + 3], n)
                    cell[k] = min(np.int64(t), n - 2)
                    part[k] = t - F(cell[k])
                i, j, l = cell[0], cell[1], cell[2]  # noqa: E741
                # From the cell's low corner to its high one: first along the largest part, last along the smallest.
                first = (0 if part[0] >= part[2] else 2) if part[0] >= part[1] else (1 if part[1] >= part[2] else 2)
                last = (2 if part[2] <= part[1] else 1) if part[1] <= part[0] else (2 if part[2] <= part[0] else 0)
                middle = 3 - first - last
                u, s, t = part[first], part[middle], part[last]
                i1, j1, l1 = i + (first == 0), j + (first == 1), l + (first == 2)
                i2, j2, l2 = i + (last != 0), j + (last != 1), l + (last != 2)
                for k in range(3):
                    c[k] = (
                        (_ONE - u) * lattice[l, j, i, k]
                        + (u - s) * lattice[l1, j1, i1, k]
                        + (s - t) * lattice[l2, j2, i2, k]
                        + t * lattice[l + 1, j + 1, i + 1, k]
                    )
            for k in range(3):
                v[k] = _linear(v[k] + strength * (c[k] - v[k]))
            for k in range(3):
                tile[y, x, k] = back[k, 0] * v[0] + back[k, 1] * v[1] + back[k, 2] * v[2]


@lru_cache(maxsize=8)
def _kept(digest: str, content: bytes) -> Table:
    return Table.from_bytes(content)


def load(digest: str) -> Table:
    """The table of that hash. Raises RecipeError if no library has it."""
    content = find_table(digest)
    if content is None:
        raise RecipeError(
            f"the table {digest[:12]} is not in the library; `fluxroom looks import` its .cube file, or `looks add` the"
            " look that was shared"
        )
    try:
        return _kept(digest, content)
    except (ValueError, KeyError, TypeError) as error:
        raise RecipeError(f"the table {digest[:12]} in the library cannot be used: {error}") from None


def digest_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _prepare(overview: Overview, parameters: Parameters, seed: int) -> Any:
    digest, strength = str(parameters["table"]), float(parameters["strength"])
    if not digest or strength == 0:
        return None
    table = load(digest)
    back = primaries_to_rec2020(REC709)
    matrices = [np.ascontiguousarray(m, np.float32) for m in (np.linalg.inv(back), back)]
    ranges = [np.array(r, np.float32) for r in (table.curves_range, table.lattice_range)]
    return (*matrices, table.curves, ranges[0], table.lattice, ranges[1], np.float32(strength))


def _apply(tile: Float, window: Window, prepared: Any) -> None:
    if prepared is not None:
        look_up(tile, *prepared)


TABLE = register(
    Operator(
        name="table",
        version=1,
        family="looks",
        kind="color",
        label=Label("Colour table", "色彩查找表"),
        doc="A table of colours that was imported from a .cube file (`fluxroom looks import`), on display code values:"
        " Rec.709 with the sRGB curve; colours beyond it are brought inside first. table: which, by its hash; none"
        " changes nothing. Default: strength 1.",
        params=(
            Param("table", "", label=Label("Table", "查找表"), digest=True),
            Param("strength", 1.0, 0.0, 1.0, "", Label("Strength", "强度")),
        ),
        prepare=_prepare,
        apply=_apply,
        blind=True,
    )
)
