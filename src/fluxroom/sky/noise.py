"""Tiling noise: the stuff that clouds are cut from.

Perlin-Worley volumes after Schneider & Vos, "The Real-Time Volumetric Cloudscapes of Horizon: Zero
Dawn", SIGGRAPH 2015 course: gradient noise gives the connected body, inverted cellular noise the
billows. Values are equalised to a uniform distribution, so that a threshold of 1 - c leaves the
share c of space: coverage then means what it says.

The volumes are made once (about a second) and kept in the user's cache folder; a broken or missing
cache only costs that second again.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import platformdirs
from numpy.typing import NDArray

from fluxroom.sky._jit import inline, jit, over_rows

VERSION = 5
"""Part of the cache's file name; raise it when any number below changes."""

BASE, DETAIL, PLANE = 128, 64, 512
"""Edge lengths: cloud bodies (3-D), fine erosion (3-D), weather and screen grain (2-D)."""

F32 = NDArray[np.float32]


NAMES = ("base", "detail", "plane", "fine", "cells")
"""What is stored; the coarse base is made from the base."""


@dataclass(frozen=True, slots=True)
class Noise:
    """Everything in 0..1, uniform, tiling with period 1 in texture coordinates.

    base    (128, 128, 128) Perlin-Worley, lowest frequency 4 per tile
    coarse  (64, 64, 64) the same at half the resolution, small enough for the processor's cache
    detail  (64, 64, 64) Worley fbm, lowest frequency 4 per tile
    plane   (512, 512) gradient fbm, lowest frequency 4 per tile
    fine    (512, 512) gradient fbm, lowest frequency 8 per tile
    cells   (512, 512) Perlin-Worley, lowest frequency 10 per tile: rounded bodies with gaps between
    """

    base: F32
    coarse: F32
    detail: F32
    plane: F32
    fine: F32
    cells: F32


@inline
def _hash(x: int, y: int, z: int, salt: int) -> int:
    h = (x * 374761393 + y * 668265263 + z * 2147483647 + salt * 1274126177) & 0xFFFFFFFF
    h = ((h ^ (h >> 13)) * 1274126177) & 0xFFFFFFFF
    h = ((h ^ (h >> 16)) * 2246822519) & 0xFFFFFFFF
    return h ^ (h >> 15)


@inline
def _fade(t: float) -> float:
    return t * t * t * (t * (t * 6.0 - 15.0) + 10.0)


@inline
def _gradient(h: int, x: float, y: float, z: float) -> float:
    a = ((h & 1023) / 1023.0) * 2.0 - 1.0
    b = (((h >> 10) & 1023) / 1023.0) * 2.0 - 1.0
    c = (((h >> 20) & 1023) / 1023.0) * 2.0 - 1.0
    return a * x + b * y + c * z


@jit
def _perlin(x: float, y: float, z: float, period: int, salt: int) -> float:
    """Gradient noise with the given period in cells, about -1..1."""
    xi, yi, zi = int(np.floor(x)), int(np.floor(y)), int(np.floor(z))
    fx, fy, fz = x - xi, y - yi, z - zi
    u, v, w = _fade(fx), _fade(fy), _fade(fz)
    total = 0.0
    for k in range(8):
        dx, dy, dz = k & 1, (k >> 1) & 1, (k >> 2) & 1
        h = _hash((xi + dx) % period, (yi + dy) % period, (zi + dz) % period, salt)
        g = _gradient(h, fx - dx, fy - dy, fz - dz)
        total += g * (u if dx else 1.0 - u) * (v if dy else 1.0 - v) * (w if dz else 1.0 - w)
    return total


@jit
def _worley(x: float, y: float, z: float, period: int, salt: int) -> float:
    """1 at a cell's feature point, falling with distance to the nearest one; 0..1."""
    xi, yi, zi = int(np.floor(x)), int(np.floor(y)), int(np.floor(z))
    best = 9.0
    for dz in range(-1, 2):
        for dy in range(-1, 2):
            for dx in range(-1, 2):
                cx, cy, cz = xi + dx, yi + dy, zi + dz
                h = _hash(cx % period, cy % period, cz % period, salt)
                px = cx + (h & 1023) / 1024.0 - x
                py = cy + ((h >> 10) & 1023) / 1024.0 - y
                pz = cz + ((h >> 20) & 1023) / 1024.0 - z
                best = min(best, px * px + py * py + pz * pz)
    return float(max(0.0, 1.0 - np.sqrt(best)))


@jit
def _base_slices(out: F32, first: int, last: int) -> None:
    n = out.shape[0]
    for k in range(first, last):
        for j in range(n):
            for i in range(n):
                x, y, z = i / n, j / n, k / n
                body, weight, f = 0.0, 1.0, 4
                for octave in range(5):
                    body += weight * _perlin(x * f, y * f, z * f, f, 11 + octave)
                    weight *= 0.52
                    f *= 2
                cells = 0.62 * _worley(x * 4, y * 4, z * 4, 4, 31)
                cells += 0.26 * _worley(x * 9, y * 9, z * 9, 9, 32)
                cells += 0.12 * _worley(x * 18, y * 18, z * 18, 18, 33)
                out[k, j, i] = 0.62 * body + 1.0 * cells


@jit
def _detail_slices(out: F32, first: int, last: int) -> None:
    n = out.shape[0]
    for k in range(first, last):
        for j in range(n):
            for i in range(n):
                x, y, z = i / n, j / n, k / n
                cells = 0.5 * _worley(x * 4, y * 4, z * 4, 4, 51)
                cells += 0.3 * _worley(x * 8, y * 8, z * 8, 8, 52)
                cells += 0.2 * _worley(x * 16, y * 16, z * 16, 16, 53)
                out[k, j, i] = cells + 0.35 * _perlin(x * 8, y * 8, z * 8, 8, 54)


@jit
def _plane_rows(out: F32, low: int, octaves: int, salt: int, first: int, last: int) -> None:
    n = out.shape[0]
    for j in range(first, last):
        for i in range(n):
            x, y = i / n, j / n
            total, weight, f = 0.0, 1.0, low
            for octave in range(octaves):
                value = _perlin(x * f, y * f, 0.37 + octave, f, salt + octave)
                total += weight * value
                weight *= 0.58
                f *= 2
            out[j, i] = total


@jit
def _cell_rows(out: F32, first: int, last: int) -> None:
    n = out.shape[0]
    for j in range(first, last):
        for i in range(n):
            x, y = i / n, j / n
            body, weight, f = 0.0, 1.0, 10
            for octave in range(4):
                body += weight * _perlin(x * f, y * f, 0.21 + octave, f, 111 + octave)
                weight *= 0.55
                f *= 2
            lumps = 0.66 * _worley(x * 10, y * 10, 0.5, 10, 131)
            lumps += 0.24 * _worley(x * 23, y * 23, 0.5, 23, 132)
            lumps += 0.10 * _worley(x * 51, y * 51, 0.5, 51, 133)
            out[j, i] = 0.55 * body + lumps


def _equalised(values: F32) -> F32:
    """Map to a uniform distribution on 0..1 by the cumulative histogram."""
    counts, edges = np.histogram(values, bins=4096)
    cumulative = np.concatenate([[0.0], np.cumsum(counts) / values.size])
    flat = np.interp(values.ravel(), edges, cumulative)
    return np.ascontiguousarray(flat.reshape(values.shape), dtype=np.float32)


def make_noise() -> Noise:
    """Compute everything (deterministic; about one second on two cores once compiled)."""
    base = np.empty((BASE, BASE, BASE), np.float32)
    over_rows(BASE, lambda a, b: _base_slices(base, a, b), 8)
    detail = np.empty((DETAIL, DETAIL, DETAIL), np.float32)
    over_rows(DETAIL, lambda a, b: _detail_slices(detail, a, b), 8)
    plane = np.empty((PLANE, PLANE), np.float32)
    over_rows(PLANE, lambda a, b: _plane_rows(plane, 4, 6, 71, a, b), 64)
    fine = np.empty((PLANE, PLANE), np.float32)
    over_rows(PLANE, lambda a, b: _plane_rows(fine, 8, 6, 91, a, b), 64)
    cells = np.empty((PLANE, PLANE), np.float32)
    over_rows(PLANE, lambda a, b: _cell_rows(cells, a, b), 64)
    made = {"base": base, "detail": detail, "plane": plane, "fine": fine, "cells": cells}
    return _noise({name: _equalised(values) for name, values in made.items()})


def _noise(fields: dict[str, F32]) -> Noise:
    base = fields["base"]
    return Noise(base, _halved(base), *(fields[name] for name in NAMES[1:]))


def _halved(volume: F32) -> F32:
    """Half the resolution of a tiling volume, each cell where every second one was: weights 1, 2, 1 on each axis."""
    for axis in range(3):
        near = np.roll(volume, 1, axis) + np.roll(volume, -1, axis)
        volume = np.take(volume + np.float32(0.5) * near, np.arange(0, volume.shape[axis], 2), axis) * np.float32(0.5)
    return np.ascontiguousarray(volume, np.float32)


def _unpacked(packed: Mapping[str, NDArray[np.uint16]]) -> Noise:
    return _noise({name: packed[name].astype(np.float32) / np.float32(65535) for name in NAMES})


def _cache_file() -> Path:
    return Path(platformdirs.user_cache_dir("fluxroom")) / f"noise-v{VERSION}.npz"


def _load(path: Path) -> Noise | None:
    try:
        with np.load(path, allow_pickle=False) as data:
            noise = _unpacked(data)
    except (OSError, ValueError, KeyError, EOFError):
        return None
    whole = noise.base.shape == (BASE,) * 3 and noise.detail.shape == (DETAIL,) * 3
    flat = all(getattr(noise, name).shape == (PLANE, PLANE) for name in ("plane", "fine", "cells"))
    return noise if whole and flat else None


def _store(path: Path, packed: dict[str, NDArray[np.uint16]]) -> None:
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".noise-")
        try:
            with os.fdopen(handle, "wb") as file:
                np.savez(file, allow_pickle=False, **packed)
            os.replace(name, path)
        except BaseException:
            os.unlink(name)
            raise


@lru_cache(maxsize=1)
def noise() -> Noise:
    """The noise, from the cache or made now. The same numbers either way (both pass through 16 bit)."""
    path = _cache_file()
    found = _load(path)
    if found is not None:
        return found
    made = make_noise()
    packed = {name: np.round(getattr(made, name) * 65535).astype(np.uint16) for name in NAMES}
    _store(path, packed)
    return _unpacked(packed)
