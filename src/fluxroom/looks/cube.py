"""Tables of colours as .cube text (Adobe, "Cube LUT Specification" 1.0, 2013), with what Resolve writes besides.

    TITLE "..."                      LUT_1D_SIZE n, LUT_3D_SIZE n     a file of Resolve may have both: curves, then cube
    DOMAIN_MIN r g b, DOMAIN_MAX     Adobe: the input values at the first and the last point
    LUT_1D_INPUT_RANGE low high, LUT_3D_INPUT_RANGE     Resolve: the same, one for all channels

Lines of three numbers follow, red changing fastest. "#" begins a comment. Nothing is guessed: a file that does not say
its size, or has another number of lines than it says, is refused.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from fluxroom.errors import InputError
from fluxroom.operators.table import FULL, Table
from fluxroom.scene import Float

MOST_BYTES = 64 << 20
MOST_CURVE, MOST_LATTICE = 65536, 129
FAR = 1000.0
"""Values beyond this are no colours."""


def read_cube(text: str) -> Table:
    """The table of a .cube file. Raises InputError, one line with the line's number and what is wrong."""
    if len(text) > MOST_BYTES:
        raise InputError(f"the .cube file is larger than {MOST_BYTES >> 20} MB")
    sizes = {"LUT_1D_SIZE": 0, "LUT_3D_SIZE": 0}
    ranges: dict[str, list[float]] = {}
    rows: list[list[float]] = []
    for number, raw in enumerate(text.lstrip("\ufeff").splitlines(), 1):
        line = raw.split("#", 1)[0].strip() if not raw.lstrip().upper().startswith("TITLE") else ""
        if not line:
            continue
        word, *rest = line.split()
        if word[0].isalpha() and word.lower() not in ("nan", "inf", "infinity"):
            _header(word.upper(), rest, number, sizes, ranges, bool(rows))
            continue
        rows.append(_numbers([word, *rest], 3, number))
        if len(rows) > sizes["LUT_1D_SIZE"] + sizes["LUT_3D_SIZE"] ** 3:
            raise InputError(f"line {number}: more rows than LUT_1D_SIZE and LUT_3D_SIZE say")
    m, n = sizes["LUT_1D_SIZE"], sizes["LUT_3D_SIZE"]
    if not m and not n:
        raise InputError("the file says neither LUT_1D_SIZE nor LUT_3D_SIZE; is it a .cube file?")
    if len(rows) != m + n**3:
        raise InputError(f"the file has {len(rows)} rows of numbers, its size needs {m + n**3}; it is cut off")
    values = np.array(rows, np.float32)
    domain = tuple(ranges.get("DOMAIN_MIN", [0.0] * 3) + ranges.get("DOMAIN_MAX", [1.0] * 3))
    both = [_range(ranges, key, domain if not (m and n) or key.startswith("LUT_1D") else FULL) for key in _RANGES]
    return Table(values[:m], values[m:].reshape(n, n, n, 3), *both)


_RANGES = ("LUT_1D_INPUT_RANGE", "LUT_3D_INPUT_RANGE")


def _header(
    word: str, rest: list[str], number: int, sizes: dict[str, int], ranges: dict[str, list[float]], late: bool
) -> None:
    if word in sizes:
        most = MOST_CURVE if word == "LUT_1D_SIZE" else MOST_LATTICE
        if late:
            raise InputError(f"line {number}: {word} comes after the numbers")
        if len(rest) != 1 or not rest[0].isdecimal() or not 2 <= int(rest[0]) <= most:
            raise InputError(f"line {number}: {word} must be a whole number from 2 to {most}")
        sizes[word] = int(rest[0])
    elif word in ("DOMAIN_MIN", "DOMAIN_MAX"):
        ranges[word] = _numbers(rest, 3, number)
    elif word in _RANGES:
        ranges[word] = _numbers(rest, 2, number)
    elif word != "LUT_IN_VIDEO_RANGE" and word != "LUT_OUT_VIDEO_RANGE":
        raise InputError(f"line {number}: {word[:40]!r} is no word of a .cube file")
    else:
        raise InputError(f"line {number}: a table for video range (16-235) is not supported; export it for full range")


def _numbers(words: list[str], count: int, line: int) -> list[float]:
    try:
        values = [float(w) for w in words]
    except ValueError:
        raise InputError(f"line {line}: {' '.join(words)[:40]!r} is not {count} numbers") from None
    if len(values) != count:
        raise InputError(f"line {line}: {count} numbers are needed, here are {len(values)}")
    if not all(math.isfinite(v) and abs(v) <= FAR for v in values):
        raise InputError(f"line {line}: a number is not finite, or beyond {FAR:g}")
    return values


def _range(ranges: dict[str, list[float]], key: str, domain: tuple[float, ...]) -> tuple[float, ...]:
    low_high = ranges.get(key)
    out = domain if low_high is None else (*[low_high[0]] * 3, *[low_high[1]] * 3)
    if not all(a < b for a, b in zip(out[:3], out[3:], strict=True)):
        raise InputError("DOMAIN_MIN (or the input range's low end) must be below DOMAIN_MAX in every channel")
    return out


def write_cube(function: Callable[[Float], Float], size: int, title: str, notes: Sequence[str]) -> str:
    """A 3D table of a function from (n, 3) code values 0..1 to code values."""
    axis = np.linspace(0, 1, size, dtype=np.float32)
    blue, green, red = np.meshgrid(axis, axis, axis, indexing="ij")
    out = function(np.stack([red, green, blue], -1).reshape(-1, 3))
    head = [f'TITLE "{title.replace(chr(34), chr(39))}"', *(f"# {' '.join(n.split())}" for n in notes)]
    head += [f"LUT_3D_SIZE {size}", "DOMAIN_MIN 0.0 0.0 0.0", "DOMAIN_MAX 1.0 1.0 1.0"]
    return "\n".join([*head, *(f"{r:.6f} {g:.6f} {b:.6f}" for r, g, b in out.tolist())]) + "\n"
