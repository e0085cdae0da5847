"""JPEG without loss where nothing changed: quantised DCT coefficients read, exchanged and written (ITU-T T.81).

A picture that is decoded and encoded again with the same tables comes out a little different everywhere. So, where an
edit left a block's pixels alone, the block's coefficients are taken from the source file instead. Reads baseline,
extended (8 bit) and progressive Huffman files; writes baseline with Huffman tables made for the picture (annex K.2).
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar, cast

import numba
import numpy as np
from numpy.typing import NDArray

# Zigzag position -> natural (row by row) position, T.81 figure A.6
ZIGZAG = sorted(range(64), key=lambda i: (i // 8 + i % 8, i // 8 if (i // 8 + i % 8) % 2 else i % 8))

F = TypeVar("F", bound=Callable[..., Any])


class Unsupported(Exception):  # noqa: N818
    """A JPEG of a kind whose coefficients are not read here; the caller encodes pixels instead."""


@dataclass(frozen=True, slots=True)
class Component:
    """Sampling factors, blocks across and down (padded to whole MCUs), blocks that hold picture, first block."""

    h: int
    v: int
    across: int
    down: int
    used_across: int
    used_down: int
    start: int


@dataclass(frozen=True, slots=True)
class Coefficients:
    """(blocks, 64) int16 in zigzag order, block after block by component; and how they lie in the picture."""

    width: int
    height: int
    components: tuple[Component, ...]
    blocks: NDArray[np.int16]


def _kernel(function: F) -> F:
    compiled: Any = numba.njit(nogil=True, cache=True)(function)
    return cast(F, compiled)


def _ceil(a: int, b: int) -> int:
    return (a + b - 1) // b


def _layout(width: int, height: int, factors: list[tuple[int, int]]) -> tuple[Component, ...]:
    if len(factors) == 1:
        factors = [(1, 1)]
    widest, highest = max(h for h, _ in factors), max(v for _, v in factors)
    mcus_across, mcus_down = _ceil(width, 8 * widest), _ceil(height, 8 * highest)
    found, start = [], 0
    for h, v in factors:
        used = _ceil(_ceil(width * h, widest), 8), _ceil(_ceil(height * v, highest), 8)
        found.append(Component(h, v, mcus_across * h, mcus_down * v, *used, start))
        start += mcus_across * h * mcus_down * v
    return tuple(found)


# --- reading ---


@_kernel
def _bits(data: Any, state: Any, count: int) -> Any:
    """The next bits; zeros where a marker or the end stands. state: position, buffer, bits in buffer, overrun."""
    while state[2] < count:
        byte: Any = 0
        if state[0] < len(data):
            byte = np.int64(data[state[0]])
            if byte == 0xFF:
                following = data[state[0] + 1] if state[0] + 1 < len(data) else 0xD9
                if following == 0:
                    state[0] += 2
                else:
                    byte = 0
                    state[3] += 1
            else:
                state[0] += 1
        else:
            state[3] += 1
        state[1] = ((state[1] & 0xFFFFFFFF) << 8) | byte
        state[2] += 8
    return (state[1] >> (state[2] - count)) & ((1 << count) - 1)


@_kernel
def _receive(data: Any, state: Any, count: int) -> Any:
    if count == 0:
        return 0
    value = _bits(data, state, count)
    state[2] -= count
    return value


@_kernel
def _symbol(data: Any, state: Any, table: Any) -> Any:
    entry = table[_bits(data, state, 16)]
    if entry == 0:
        state[3] += 1 << 30  # no such code
        state[2] -= 16
        return 0
    state[2] -= entry >> 8
    return entry & 255


@_kernel
def _signed(data: Any, state: Any, size: int) -> Any:
    if size == 0:
        return 0
    value = _receive(data, state, size)
    return value if value >= 1 << (size - 1) else value - (1 << size) + 1


@_kernel
def _baseline_block(data: Any, state: Any, block: Any, dc: Any, ac: Any, previous: int) -> Any:
    value = previous + _signed(data, state, _symbol(data, state, dc) & 15)
    block[0] = value
    k = 1
    while k < 64:
        rs = _symbol(data, state, ac)
        if rs & 15:
            k += rs >> 4
            value_ac = _signed(data, state, rs & 15)
            if k < 64:
                block[k] = value_ac
            k += 1
        elif rs == 0xF0:
            k += 16
        else:
            break
    return value


@_kernel
def _progressive_first(data: Any, state: Any, block: Any, ac: Any, first: int, last: int, low: int, run: int) -> Any:
    if run > 0:
        return run - 1
    k = first
    while k <= last:
        rs = _symbol(data, state, ac)
        r, size = rs >> 4, rs & 15
        if size:
            k += r
            value = _signed(data, state, size) * (1 << low)
            if k < 64:
                block[k] = value
            k += 1
        elif r == 15:
            k += 16
        else:
            return (1 << r) - 1 + _receive(data, state, r)
    return 0


@_kernel
def _refine(data: Any, state: Any, block: Any, k: int, bit: int) -> None:
    if _receive(data, state, 1) and (abs(block[k]) & bit) == 0:
        block[k] += bit if block[k] > 0 else -bit


@_kernel
def _progressive_again(data: Any, state: Any, block: Any, ac: Any, first: int, last: int, low: int, run: int) -> Any:
    bit = 1 << low
    k = first
    if run == 0:
        while k <= last:
            rs = _symbol(data, state, ac)
            r, size = rs >> 4, rs & 15
            value = 0
            if size:
                value = bit if _receive(data, state, 1) else -bit
            elif r < 15:
                run = (1 << r) + _receive(data, state, r)
                break
            while k <= last:
                if block[k] != 0:
                    _refine(data, state, block, k, bit)
                elif r == 0:
                    break
                else:
                    r -= 1
                k += 1
            if value != 0 and k <= last:
                block[k] = value
            k += 1
    if run > 0:
        while k <= last:
            if block[k] != 0:
                _refine(data, state, block, k, bit)
            k += 1
        run -= 1
    return run


@_kernel
def _scan(data: Any, at: int, parts: Any, tables: Any, how: Any, mcus: Any, restart: int, blocks: Any) -> Any:
    """Read one scan. parts: a row a component (h, v, across, start, dc table, ac table); how: (progressive, first,
    last, high, low); mcus: across, down. Returns the position behind, or -1 if the data is damaged."""
    state = np.zeros(4, dtype=np.int64)
    state[0] = at
    previous = np.zeros(len(parts), dtype=np.int64)
    progressive, first, last, high, low = how[0], how[1], how[2], how[3], how[4]
    run = 0
    done = 0
    for my in range(mcus[1]):
        for mx in range(mcus[0]):
            if restart > 0 and done > 0 and done % restart == 0:
                at = state[0]
                while at + 1 < len(data) and not (data[at] == 0xFF and 0xD0 <= data[at + 1] <= 0xD7):
                    if data[at] == 0xFF and data[at + 1] != 0 and data[at + 1] != 0xFF:
                        return -1
                    at += 1
                state[:] = 0
                state[0] = at + 2
                previous[:] = 0
                run = 0
            done += 1
            for c in range(len(parts)):
                h, v, across, start = parts[c, 0], parts[c, 1], parts[c, 2], parts[c, 3]
                dc, ac = tables[parts[c, 4]], tables[4 + parts[c, 5]]
                for by in range(v):
                    for bx in range(h):
                        block = blocks[start + (my * v + by) * across + mx * h + bx]
                        if progressive == 0:
                            previous[c] = _baseline_block(data, state, block, dc, ac, previous[c])
                        elif first == 0:
                            if high == 0:
                                previous[c] += _signed(data, state, _symbol(data, state, dc) & 15)
                                block[0] = previous[c] * (1 << low)
                            elif _receive(data, state, 1):
                                block[0] |= 1 << low
                        elif high == 0:
                            run = _progressive_first(data, state, block, ac, first, last, low, run)
                        else:
                            run = _progressive_again(data, state, block, ac, first, last, low, run)
            if state[3] > 64:
                return -1
    return state[0]


def _huffman_lookup(counts: bytes, symbols: bytes) -> NDArray[np.int32]:
    """All 16-bit beginnings -> length << 8 | symbol, 0 where no code begins so (annex C)."""
    table = np.zeros(65536, dtype=np.int32)
    code = index = 0
    for length in range(1, 17):
        for _ in range(counts[length - 1]):
            span = 1 << (16 - length)
            if index >= len(symbols) or (code + 1) * span > 65536:
                raise Unsupported("a Huffman table is damaged")
            table[code * span : (code + 1) * span] = length << 8 | symbols[index]
            code += 1
            index += 1
        code <<= 1
    return table


def read(data: bytes) -> Coefficients:
    """The quantised coefficients of a JPEG file. Raises Unsupported."""
    stream = np.frombuffer(data, np.uint8).copy()
    tables = np.zeros((8, 65536), dtype=np.int32)
    frame: tuple[int, list[tuple[int, int, int]]] | None = None
    result: Coefficients | None = None
    restart, at = 0, 2
    while True:
        marker, body, at = _next_segment(data, at)
        if marker == 0xD9:
            break
        if marker in (0xC0, 0xC1, 0xC2):
            if frame is not None or len(body) < 6 or body[0] != 8 or len(body) < 6 + 3 * body[5]:
                raise Unsupported("an unusual frame")
            height, width = struct.unpack_from(">HH", body, 1)
            parts = [(body[i], body[i + 1] >> 4, body[i + 1] & 15) for i in range(6, 6 + 3 * body[5], 3)]
            if not parts or any(not (1 <= h <= 4 and 1 <= v <= 4) for _, h, v in parts) or not width or not height:
                raise Unsupported("an unusual frame")
            frame = (marker, parts)
            layout = _layout(width, height, [(h, v) for _, h, v in parts])
            total = layout[-1].start + layout[-1].across * layout[-1].down
            result = Coefficients(width, height, layout, np.zeros((total, 64), dtype=np.int16))
        elif 0xC3 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            raise Unsupported("arithmetic or lossless coding")
        elif marker == 0xC4:
            _read_tables(body, tables)
        elif marker == 0xDD and len(body) >= 2:
            (restart,) = struct.unpack_from(">H", body)
        elif marker == 0xDB and at > 0 and result is not None and result.blocks.any():
            raise Unsupported("tables that change between scans")
        elif marker == 0xDA:
            if frame is None or result is None:
                raise Unsupported("a scan before its frame")
            at = _read_scan(stream, at, body, frame, result, tables, restart)
    if result is None:
        raise Unsupported("no frame")
    return result


def _next_segment(data: bytes, at: int) -> tuple[int, bytes, int]:
    while at + 1 < len(data):
        if data[at] == 0xFF and data[at + 1] not in (0, 0xFF) and not 0xD0 <= data[at + 1] <= 0xD8:
            marker = data[at + 1]
            if marker == 0xD9:
                return marker, b"", at
            if at + 4 > len(data):
                break
            (length,) = struct.unpack_from(">H", data, at + 2)
            return marker, data[at + 4 : at + 2 + length], at + 2 + length
        at += 1
    raise Unsupported("no end of image")


def _read_tables(body: bytes, tables: NDArray[np.int32]) -> None:
    at = 0
    while at + 17 <= len(body):
        kind, number = body[at] >> 4, body[at] & 15
        counts = body[at + 1 : at + 17]
        symbols = body[at + 17 : at + 17 + sum(counts)]
        if kind > 1 or number > 3:
            raise Unsupported("a Huffman table is damaged")
        tables[4 * kind + number] = _huffman_lookup(counts, symbols)
        at += 17 + sum(counts)


def _read_scan(
    stream: NDArray[np.uint8],
    at: int,
    body: bytes,
    frame: tuple[int, list[tuple[int, int, int]]],
    result: Coefficients,
    tables: NDArray[np.int32],
    restart: int,
) -> int:
    count = body[0] if body else 0
    if not 1 <= count <= 4 or len(body) < 4 + 2 * count:
        raise Unsupported("an unusual scan")
    names = [name for name, _, _ in frame[1]]
    rows = []
    for i in range(count):
        name, coding = body[1 + 2 * i], body[2 + 2 * i]
        if name not in names or coding >> 4 > 3 or coding & 15 > 3:
            raise Unsupported("an unusual scan")
        c = result.components[names.index(name)]
        single = count == 1  # not interleaved: block by block, only those that hold picture
        rows.append((1 if single else c.h, 1 if single else c.v, c.across, c.start, coding >> 4, coding & 15))
        mcus = (c.used_across, c.used_down) if single else (c.across // c.h, c.down // c.v)
    first, last, bits = body[1 + 2 * count : 4 + 2 * count]
    high, low = bits >> 4, bits & 15
    progressive = frame[0] == 0xC2
    if progressive and (last > 63 or first > last or low > 13 or (first > 0 and count > 1)):
        raise Unsupported("an unusual scan")
    how = np.array([progressive, first, last, high, low], dtype=np.int64)
    parts, across = np.array(rows, dtype=np.int64), np.array(mcus, dtype=np.int64)
    end = int(_scan(stream, at, parts, tables, how, across, restart, result.blocks))
    if end < 0:
        raise Unsupported("damaged data")
    return end


# --- writing ---


@_kernel
def _size(value: Any) -> Any:
    value = abs(value)
    size = 0
    while value:
        size += 1
        value >>= 1
    return size


@_kernel
def _emit(out: Any, state: Any, value: Any, count: Any) -> None:
    """Append bits to out, a zero byte behind each 0xFF. state: position, buffer, bits in buffer."""
    state[1] = ((state[1] & 0xFFFFFFFF) << count) | (value & ((1 << count) - 1))
    state[2] += count
    while state[2] >= 8:
        byte = (state[1] >> (state[2] - 8)) & 0xFF
        out[state[0]] = byte
        state[0] += 1
        if byte == 0xFF:
            out[state[0]] = 0
            state[0] += 1
        state[2] -= 8


@_kernel
def _code(blocks: Any, parts: Any, mcus: Any, counts: Any, codes: Any, out: Any, write: bool) -> Any:
    """Go through all blocks as a baseline scan: count symbols, or write them.

    parts: a row a component (h, v, across, start, table); counts, codes: (4, 256), tables DC 0, DC 1, AC 0, AC 1.
    Returns the number of bytes written, or -1 for a coefficient that baseline cannot hold.
    """
    state = np.zeros(3, dtype=np.int64)
    previous = np.zeros(len(parts), dtype=np.int64)
    for my in range(mcus[1]):
        for mx in range(mcus[0]):
            for c in range(len(parts)):
                h, v, across, start, table = parts[c, 0], parts[c, 1], parts[c, 2], parts[c, 3], parts[c, 4]
                for by in range(v):
                    for bx in range(h):
                        block = blocks[start + (my * v + by) * across + mx * h + bx]
                        value = np.int64(block[0]) - previous[c]
                        previous[c] = block[0]
                        size = _size(value)
                        if size > 11:
                            return -1
                        if write:
                            _emit(out, state, codes[table, size] & 0xFFFF, codes[table, size] >> 16)
                            _emit(out, state, value if value >= 0 else value - 1, size)
                        else:
                            counts[table, size] += 1
                        run = 0
                        for k in range(1, 64):
                            value = np.int64(block[k])
                            if value == 0:
                                run += 1
                                continue
                            while run > 15:
                                if write:
                                    _emit(out, state, codes[2 + table, 0xF0] & 0xFFFF, codes[2 + table, 0xF0] >> 16)
                                else:
                                    counts[2 + table, 0xF0] += 1
                                run -= 16
                            size = _size(value)
                            if size > 10:
                                return -1
                            rs = run << 4 | size
                            if write:
                                _emit(out, state, codes[2 + table, rs] & 0xFFFF, codes[2 + table, rs] >> 16)
                                _emit(out, state, value if value >= 0 else value - 1, size)
                            else:
                                counts[2 + table, rs] += 1
                            run = 0
                        if run > 0:
                            if write:
                                _emit(out, state, codes[2 + table, 0] & 0xFFFF, codes[2 + table, 0] >> 16)
                            else:
                                counts[2 + table, 0] += 1
    if write and state[2] > 0:
        _emit(out, state, 0x7F, 8 - state[2])
    return state[0]


def _lengths(counts: NDArray[np.int64]) -> tuple[bytes, bytes]:
    """(codes of each length 1..16, symbols by length): the best Huffman code of at most 16 bits (annex K.2)."""
    frequency = [int(n) for n in counts] + [1]  # symbol 256 keeps the code of ones free
    groups = {i: [i] for i, n in enumerate(frequency) if n}
    depth = dict.fromkeys(groups, 0)
    while len(groups) > 1:
        a, b = sorted(groups, key=lambda i: (frequency[i], -i))[:2]
        for symbol in (*groups[a], *groups[b]):
            depth[symbol] += 1
        groups[a] += groups.pop(b)
        frequency[a] += frequency[b]
    of_length = [0] * (max(max(depth.values()), 16) + 1)
    for length in depth.values():
        of_length[length] += 1
    for length in range(len(of_length) - 1, 16, -1):
        while of_length[length] > 0:
            shorter = length - 2
            while of_length[shorter] == 0:
                shorter -= 1
            of_length[length] -= 2
            of_length[length - 1] += 1
            of_length[shorter + 1] += 2
            of_length[shorter] -= 1
    longest = max(i for i in range(1, 17) if of_length[i])
    of_length[longest] -= 1  # symbol 256 itself
    symbols = sorted((s for s in depth if s != 256), key=lambda s: (depth[s], s))
    return bytes(of_length[1:17]), bytes(symbols)


def write(picture: bytes, coefficients: Coefficients) -> bytes:
    """The JPEG `picture` (baseline, of the same layout) with these coefficients instead. Raises Unsupported."""
    head, at = b"\xff\xd8", 2
    while True:
        marker, body, end = _next_segment(picture, at)
        if marker == 0xDA:
            break
        if marker not in (0xC4, 0xDD):
            head += picture[at:end]
        at = end
    rows = [(c.h, c.v, c.across, c.start, min(i, 1)) for i, c in enumerate(coefficients.components)]
    first = coefficients.components[0]
    parts = np.array(rows, dtype=np.int64)
    mcus = np.array([first.across // first.h, first.down // first.v], dtype=np.int64)
    counts = np.zeros((4, 256), dtype=np.int64)
    codes = np.zeros((4, 256), dtype=np.int64)
    nothing = np.zeros(1, dtype=np.uint8)
    if _code(coefficients.blocks, parts, mcus, counts, codes, nothing, False) < 0:
        raise Unsupported("coefficients beyond the range of baseline")
    bits = 0
    for table in range(4):
        if not counts[table].any():
            continue
        of_length, symbols = _lengths(counts[table])
        head += struct.pack(">BBHB", 0xFF, 0xC4, 19 + len(symbols), (table // 2) << 4 | table % 2)
        head += of_length + symbols
        code = index = 0
        for length in range(1, 17):
            for _ in range(of_length[length - 1]):
                codes[table, symbols[index]] = length << 16 | code
                bits += int(counts[table, symbols[index]]) * (length + (symbols[index] & 15))
                code += 1
                index += 1
            code <<= 1
    out = np.zeros(bits // 4 + 16, dtype=np.uint8)  # twice the bytes: each may be 0xFF and need a zero behind it
    length = int(_code(coefficients.blocks, parts, mcus, counts, codes, out, True))
    return head + struct.pack(">BBH", 0xFF, 0xDA, len(body) + 2) + body + out[:length].tobytes() + b"\xff\xd9"


# --- exchanging ---


def turned(c: Coefficients, orientation: int) -> Coefficients:
    """The picture turned upright from EXIF orientation 1..8, as jpegtran does it: blocks move, coefficients are
    transposed and change sign. Sides that are mirrored must hold whole MCUs. Raises Unsupported.
    """
    if orientation == 1:
        return c
    swap, down, across = orientation >= 5, orientation in (3, 4, 7, 8), orientation in (2, 3, 6, 7)
    width, height = (c.height, c.width) if swap else (c.width, c.height)
    factors = [(p.v, p.h) if swap else (p.h, p.v) for p in c.components]
    widest, highest = (max(f[i] for f in factors) for i in (0, 1)) if len(factors) > 1 else (1, 1)
    if (across and width % (8 * widest)) or (down and height % (8 * highest)):
        raise Unsupported("a mirrored side that ends inside a block")
    place = np.empty(64, dtype=np.int64)  # zigzag position of each natural one
    place[ZIGZAG] = np.arange(64)
    rows, columns = np.divmod(np.array(ZIGZAG), 8)
    origin = place[columns * 8 + rows] if swap else np.arange(64)
    sign = np.where((rows % 2 * down + columns % 2 * across) % 2, -1, 1).astype(np.int16)
    layout = _layout(width, height, factors)
    blocks = np.empty_like(c.blocks)
    for old, new in zip(c.components, layout, strict=True):
        grid = c.blocks[old.start : old.start + old.across * old.down].reshape(old.down, old.across, 64)
        grid = grid.transpose(1, 0, 2) if swap else grid
        grid = grid[:: -1 if down else 1, :: -1 if across else 1]
        if grid.shape != (new.down, new.across, 64):
            raise Unsupported("another layout")
        blocks[new.start : new.start + new.across * new.down] = (grid[..., origin] * sign).reshape(-1, 64)
    return Coefficients(width, height, layout, blocks)


def keep_untouched(source: bytes, picture: bytes, changed: NDArray[np.bool_], orientation: int = 1) -> bytes:
    """`picture` (an encoded edit) with the source's coefficients in all blocks without a changed pixel.

    changed       (H, W), True where the edit's pixels differ from the decoded source, turned upright
    orientation   EXIF orientation of the source

    Both must have the same size, quantisation tables (transposed for 5..8) and sampling. Raises Unsupported.
    """
    old, new = turned(read(source), orientation), read(picture)
    if (old.width, old.height, old.components) != (new.width, new.height, new.components):
        raise Unsupported("another layout")
    widest, highest = max(c.h for c in old.components), max(c.v for c in old.components)
    blocks = new.blocks.copy()
    for c in old.components:
        wide, high = 8 * widest // c.h, 8 * highest // c.v
        padded = np.zeros((c.down * high, c.across * wide), dtype=bool)
        padded[: old.height, : old.width] = changed
        touched = padded.reshape(c.down, high, c.across, wide).any(axis=(1, 3)).ravel()
        span = slice(c.start, c.start + c.across * c.down)
        blocks[span] = np.where(touched[:, None], new.blocks[span], old.blocks[span])
    return write(picture, Coefficients(new.width, new.height, new.components, blocks))
