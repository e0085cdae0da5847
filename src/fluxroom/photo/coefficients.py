"""JPEG without loss where nothing changed: quantised DCT coefficients read, exchanged and written (ITU-T T.81).

A picture that is decoded and encoded again with the same tables comes out a little different everywhere. So, where an
edit left a block's pixels alone, the block's coefficients are taken from the source file instead. Reads baseline,
extended (8 bit) and progressive Huffman files; writes baseline with Huffman tables made for the picture (annex K.2).
"""

from __future__ import annotations

import os
import struct
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar, cast

import numba
import numpy as np
from numpy.typing import NDArray

# Zigzag position -> natural (row by row) position, T.81 figure A.6
ZIGZAG = sorted(range(64), key=lambda i: (i // 8 + i % 8, i // 8 if (i // 8 + i % 8) % 2 else i % 8))

_U1, _U2, _U3 = np.uint64(1), np.uint64(2), np.uint64(3)

F = TypeVar("F", bound=Callable[..., Any])


class Unsupported(Exception):
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
    compiled: Any = numba.njit(nogil=True, cache=True, error_model="numpy")(function)
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
def _unstuffed(data: Any, at: int, restarts: bool, out: Any, starts: Any) -> Any:
    """Copy a scan's bytes without the zeros behind 0xFF. starts: where each restart interval begins in `out`.

    Returns the position of the marker that ends the scan, the number of intervals and the bytes in `out`.
    """
    length, count = 0, 1
    starts[0] = 0
    while at < len(data):
        byte = data[at]
        at += 1
        if byte == 0xFF:
            following = data[at] if at < len(data) else 0xD9
            if following == 0:
                at += 1
            elif restarts and 0xD0 <= following <= 0xD7 and count < len(starts):
                starts[count] = length
                count += 1
                at += 1
                continue
            else:
                return at - 1, count, length
        out[length] = byte
        length += 1
    return at, count, length


@_kernel
def _shortcuts(table: Any, short: Any) -> None:
    """All 12-bit beginnings that hold a whole symbol and its value -> value << 16 | bits << 8 | symbol, else 0."""
    for i in range(4096):
        entry = table[i << 4]
        size = entry & 15
        length = (entry >> 8) + size
        short[i] = 0
        if entry != 0 and length <= 12:
            value = (i >> (12 - length)) & ((1 << size) - 1)
            if size > 0 and value < 1 << (size - 1):
                value -= (1 << size) - 1
            short[i] = value * 65536 + (length << 8 | (entry & 255))


@_kernel
def _baseline_scan(data: Any, starts: Any, parts: Any, tables: Any, short: Any, mcus: Any, restart: Any,
                   blocks: Any) -> Any:  # fmt: skip
    """Read a baseline scan. data: unstuffed; starts: of the intervals, and the end; parts, mcus: as for `_scan`;
    short: the `_shortcuts` of the tables. Returns whether the data is intact.

    All in one loop, without a call: handing the reader's state back and forth would cost more than reading.
    """
    previous = np.zeros(len(parts), dtype=np.int64)
    interval = done = 0
    at, end = starts[0], starts[1]
    buffer = bits = np.int64(0)
    for my in range(mcus[1]):
        for mx in range(mcus[0]):
            if restart > 0 and done == restart:
                interval += 1
                if interval + 1 >= len(starts):
                    return False
                at, end = starts[interval], starts[interval + 1]
                buffer = bits = np.int64(0)
                previous[:] = 0
                done = 0
            done += 1
            for c in range(len(parts)):
                h, v, across, start = parts[c, 0], parts[c, 1], parts[c, 2], parts[c, 3]
                for by in range(v):
                    for bx in range(h):
                        place = start + (my * v + by) * across + mx * h + bx
                        table = parts[c, 4]
                        k = 0
                        while k < 64:
                            if bits < 32:  # fill up; zeros behind the end
                                if at + 4 <= end:
                                    i = np.uint64(at)  # unsigned: spares a check for indices below zero
                                    buffer = buffer << 32 | np.int64(data[i]) << 24 | np.int64(data[i + _U1]) << 16
                                    buffer |= np.int64(data[i + _U2]) << 8 | np.int64(data[i + _U3])
                                else:
                                    for n in range(4):
                                        byte = np.int64(data[at + n]) if at + n < end else np.int64(0)
                                        buffer = buffer << 8 | byte
                                at += 4
                                bits += 32
                            entry = short[table, np.uint64((buffer >> (bits - 12)) & 0xFFF)]
                            if entry != 0:
                                bits -= (entry >> 8) & 255
                                value = np.int64(entry >> 16)
                            else:
                                entry = tables[table, np.uint64((buffer >> (bits - 16)) & 0xFFFF)]
                                if entry == 0:
                                    return False
                                size = np.int64(entry & 15)
                                bits -= (entry >> 8) + size
                                value = (buffer >> bits) & ((1 << size) - 1)
                                if size > 0 and value < 1 << (size - 1):
                                    value -= (1 << size) - 1
                            if k == 0:
                                previous[c] += value
                                blocks[place, 0] = previous[c]
                                table = 4 + parts[c, 5]
                                k = 1
                                continue
                            k += (entry >> 4) & 15
                            if entry & 15:
                                if k < 64:
                                    blocks[place, k] = value
                            elif entry & 0xF0 != 0xF0:
                                break
                            k += 1
            if at > end + 64:
                return False
    return True


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
    """Read one scan of a progressive file. parts: a row a component (h, v, across, start, dc table, ac table);
    how: (first, last, high, low); mcus: across, down. Returns the position behind, or -1 if the data is damaged."""
    state = np.zeros(4, dtype=np.int64)
    state[0] = at
    previous = np.zeros(len(parts), dtype=np.int64)
    first, last, high, low = how[0], how[1], how[2], how[3]
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
                        if first == 0:
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
    stream = np.frombuffer(data, np.uint8)
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
    parts, across = np.array(rows, dtype=np.int64), np.array(mcus, dtype=np.int64)
    if not progressive:
        starts = np.zeros(mcus[0] * mcus[1] // restart + 2 if restart else 2, dtype=np.int64)
        bare = np.empty(len(stream) - at, dtype=np.uint8)
        end, intervals, length = _unstuffed(stream, at, restart > 0, bare, starts[:-1])
        starts[intervals] = length
        short = np.empty((8, 4096), dtype=np.int32)
        for table, shortcuts in zip(tables, short, strict=True):
            _shortcuts(table, shortcuts)
        if not _baseline_scan(bare, starts[: intervals + 1], parts, tables, short, across, restart, result.blocks):
            raise Unsupported("damaged data")
        return int(end)
    how = np.array([first, last, high, low], dtype=np.int64)
    end = int(_scan(stream, at, parts, tables, how, across, restart, result.blocks))
    if end < 0:
        raise Unsupported("damaged data")
    return end


# --- writing ---


STRETCHES = 4
"""How many stretches, at least, a scan is written in."""
_SIZES = np.array([i.bit_length() for i in range(4096)], dtype=np.int64)


@_kernel
def _code(blocks: Any, parts: Any, mcus: Any, sizes: Any, counts: Any, codes: Any, out: Any, write: bool) -> Any:
    """Go through some rows as a stretch of a baseline scan: count symbols, or write them, a zero byte behind each 0xFF.

    mcus: how many across, first row, row behind the last; it begins as behind a restart marker.

    parts: a row a component (h, v, across, start, table); counts, codes: (1024,), tables DC 0, DC 1, AC 0, AC 1 of 256;
    codes: length << 16 | code. Returns the number of bytes written, or -1 for a coefficient that baseline cannot hold.
    """
    at = buffer = bits = np.int64(0)
    previous = np.zeros(len(parts), dtype=np.int64)
    fours = blocks.view(np.int64)  # four coefficients at once, most of them zero
    symbols, values = np.empty(72, dtype=np.int64), np.zeros(72, dtype=np.int64)  # of one block, at most 64 and 4 runs
    for my in range(mcus[1], mcus[2]):
        for mx in range(mcus[0]):
            for c in range(len(parts)):
                h, v, across, start, table = parts[c, 0], parts[c, 1], parts[c, 2], parts[c, 3], 256 * parts[c, 4]
                for by in range(v):
                    for bx in range(h):
                        place = start + (my * v + by) * across + mx * h + bx
                        value = np.int64(blocks[place, 0]) - previous[c]
                        previous[c] = blocks[place, 0]
                        if abs(value) > 2047:
                            return -1
                        symbols[0] = table + sizes[abs(value)]
                        values[0] = value
                        n = 1
                        run = -1  # the DC coefficient is passed over below
                        for four in range(16):
                            if fours[place, four] == 0:
                                run += 4
                                continue
                            for k in range(4 * four, 4 * four + 4):
                                value = np.int64(blocks[place, k])
                                if value == 0 or k == 0:
                                    run += 1
                                    continue
                                while run > 15:
                                    symbols[n] = 512 + table + 0xF0
                                    n += 1
                                    run -= 16
                                if abs(value) > 1023:
                                    return -1
                                symbols[n] = 512 + table + (run << 4 | sizes[abs(value)])
                                values[n] = value
                                n += 1
                                run = 0
                        if run > 0:
                            symbols[n] = 512 + table
                            n += 1
                        if not write:
                            for i in range(n):
                                counts[symbols[i]] += 1
                            continue
                        for i in range(n):
                            code, size = codes[symbols[i]], symbols[i] & 15
                            value = (values[i] + (values[i] >> 63)) & ((1 << size) - 1)
                            buffer = (buffer << (code >> 16) | (code & 0xFFFF)) << size | value
                            bits += (code >> 16) + size
                            if bits < 32:
                                continue
                            bits -= 32
                            word = (buffer >> bits) & 0xFFFFFFFF
                            if ((word ^ 0xFFFFFFFF) - 0x01010101) & word & 0x80808080 == 0:  # no byte is 0xFF
                                for shift in range(4):
                                    out[at + shift] = (word >> (24 - 8 * shift)) & 0xFF
                                at += 4
                                continue
                            for shift in range(24, -8, -8):
                                out[at] = (word >> shift) & 0xFF
                                at += 1
                                if (word >> shift) & 0xFF == 0xFF:
                                    out[at] = 0
                                    at += 1
    while write and bits > 0:  # ones up to a whole byte
        byte = ((buffer << 8 | 0xFF) >> bits) & 0xFF
        out[at] = byte
        at += 1
        if byte == 0xFF:
            out[at] = 0
            at += 1
        bits -= 8
    return at


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
    """The JPEG `picture` (baseline, of the same layout but for its height) with these coefficients instead.

    Raises Unsupported.
    """
    head, at = b"\xff\xd8", 2
    while True:
        marker, body, end = _next_segment(picture, at)
        if marker == 0xDA:
            break
        if 0xC0 <= marker <= 0xC2:
            head += picture[at : at + 5] + struct.pack(">H", coefficients.height) + picture[at + 7 : end]
        elif marker not in (0xC4, 0xDD):
            head += picture[at:end]
        at = end
    rows = [(c.h, c.v, c.across, c.start, min(i, 1)) for i, c in enumerate(coefficients.components)]
    first = coefficients.components[0]
    parts = np.array(rows, dtype=np.int64)
    across, down = first.across // first.h, first.down // first.v
    # Stretches of rows with restart markers between, coded on all cores; where they begin depends on the size alone.
    high = max(1, min(_ceil(down, STRETCHES), 65535 // across))
    stretches = [np.array([across, top, min(top + high, down)], dtype=np.int64) for top in range(0, down, high)]
    codes = np.zeros((4, 256), dtype=np.int64)
    nothing = np.zeros(1, dtype=np.uint8)

    def count(mcus: NDArray[np.int64]) -> NDArray[np.int64]:
        found = np.zeros((4, 256), dtype=np.int64)
        if _code(coefficients.blocks, parts, mcus, _SIZES, found.ravel(), codes.ravel(), nothing, False) < 0:
            raise Unsupported("coefficients beyond the range of baseline")
        return found

    def code(mcus: NDArray[np.int64], counts: NDArray[np.int64]) -> bytes:
        bits = int((counts * ((codes >> 16) + (np.arange(256) & 15))).sum())
        out = np.zeros(bits // 4 + 16, dtype=np.uint8)  # twice the bytes: each may be 0xFF and need a zero behind it
        length = _code(coefficients.blocks, parts, mcus, _SIZES, counts.ravel(), codes.ravel(), out, True)
        return out[: int(length)].tobytes()

    with ThreadPoolExecutor(min(len(stretches), os.cpu_count() or 1)) as pool:
        found = list(pool.map(count, stretches))
        head += _huffman_tables(np.sum(found, axis=0), codes)
        if len(stretches) > 1:
            head += struct.pack(">BBHH", 0xFF, 0xDD, 4, across * high)
        coded = list(pool.map(code, stretches, found))
    scan = b"".join(part + bytes((0xFF, 0xD0 + i % 8)) for i, part in enumerate(coded[:-1])) + coded[-1]
    return head + struct.pack(">BBH", 0xFF, 0xDA, len(body) + 2) + body + scan + b"\xff\xd9"


def _huffman_tables(counts: NDArray[np.int64], codes: NDArray[np.int64]) -> bytes:
    """The tables for symbols (4, 256) that occur so often, as segments; and into `codes` (see `_code`)."""
    head = b""
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
                code += 1
                index += 1
            code <<= 1
    return head


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


@_kernel
def _touched(before: Any, after: Any, wide: int, high: int, out: Any) -> None:
    """out (down, across): whether any value differs in each cell of wide x high pixels."""
    height, width, channels = before.shape
    length = width * channels
    row = np.empty(length, dtype=np.uint8)
    for top in range(0, height, high):
        row[:] = 0
        for y in range(top, min(top + high, height)):
            one, other = before[y].reshape(-1), after[y].reshape(-1)
            for i in range(length):
                row[i] |= one[i] ^ other[i]
        for i in range(length):
            if row[i]:
                out[top // high, i // (wide * channels)] = True


def touched(c: Coefficients, before: NDArray[np.uint8], after: NDArray[np.uint8]) -> tuple[NDArray[np.bool_], ...]:
    """For each component (down, across): the blocks with a pixel that differs. Both (H, W, 1 or 3), C contiguous."""
    widest, highest = max(p.h for p in c.components), max(p.v for p in c.components)
    found: dict[tuple[int, int], NDArray[np.bool_]] = {}
    for p in c.components:
        if (p.h, p.v) not in found:
            found[p.h, p.v] = np.zeros((p.down, p.across), dtype=np.bool_)
            _touched(before, after, 8 * widest // p.h, 8 * highest // p.v, found[p.h, p.v])
    return tuple(found[p.h, p.v] for p in c.components)


def no_cell_is_equal(before: NDArray[np.uint8], after: NDArray[np.uint8]) -> bool:
    """Whether each 8 x 8 cell has a pixel that differs, so that no block of any component is left as it was."""
    cells = np.zeros((_ceil(before.shape[0], 8), _ceil(before.shape[1], 8)), dtype=np.bool_)
    _touched(before, after, 8, 8, cells)
    return bool(cells.all())


def all_touched(c: Coefficients, changed: tuple[NDArray[np.bool_], ...]) -> bool:
    """Whether there is a changed pixel in every block that holds picture."""
    return all(cells[: p.used_down, : p.used_across].all() for p, cells in zip(c.components, changed, strict=True))


def keep_untouched(
    old: Coefficients, changed: tuple[NDArray[np.bool_], ...], encode: Callable[[int, int], bytes]
) -> bytes:
    """An edit as a JPEG, with the source's coefficients in all blocks that are not changed.

    old      coefficients of the source, turned upright; written over
    changed  by component, see `touched`
    encode   (first row, row behind the last) -> these rows of the edit as a JPEG with the source's quantisation tables
             (transposed with the picture) and sampling. Asked only for the rows that hold changed blocks, whole MCUs.

    Raises Unsupported.
    """
    rows = np.zeros(old.components[0].down // old.components[0].v, dtype=np.bool_)
    for cells in changed:
        rows |= cells.reshape(len(rows), -1).any(axis=1)
    hit = np.flatnonzero(rows)
    first, last = (int(hit[0]), int(hit[-1]) + 1) if len(hit) else (0, 1)
    high = 8 * max(c.v for c in old.components)
    picture = encode(first * high, min(last * high, old.height))
    new = read(picture)
    for c, n, cells in zip(old.components, new.components, changed, strict=True):
        if (c.h, c.v, c.across, (last - first) * c.v) != (n.h, n.v, n.across, n.down):
            raise Unsupported("another layout")
        rows = cells[first * c.v : last * c.v].ravel()
        start = c.start + first * c.v * c.across
        part = old.blocks[start : start + len(rows)]
        np.copyto(part, new.blocks[n.start : n.start + len(rows)], where=rows[:, None])
    return write(picture, old)
