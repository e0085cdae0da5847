"""One typed door to numba: exact arithmetic (no fastmath), no GIL, compiled code kept on disk."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar, cast

import numba
import numpy as np
from numpy.typing import NDArray

F = TypeVar("F", bound=Callable[..., Any])


def jit(function: F) -> F:
    """Compile without fastmath, so that the same input gives the same bytes on any thread."""
    return cast(F, numba.njit(cache=True, nogil=True, fastmath=False, error_model="numpy")(function))


def inline(function: F) -> F:
    """As `jit`, for small helpers that LLVM should merge into their caller."""
    return cast(F, numba.njit(cache=True, nogil=True, fastmath=False, error_model="numpy", inline="always")(function))


def over_rows(rows: int, work: Callable[[int, int], None], block: int = 16) -> None:
    """Run `work(first, last)` over blocks of rows on all cores; blocks must be independent.

    Plain threads around nogil kernels: numba's own thread layers are not all safe to enter from
    several threads, and rows that do not depend on each other cannot depend on their order.
    """
    blocks = [(y, min(rows, y + block)) for y in range(0, rows, block)]
    workers = min(len(blocks), os.cpu_count() or 1)
    if workers <= 1:
        for first, last in blocks:
            work(first, last)
        return
    with ThreadPoolExecutor(workers) as pool:
        for done in [pool.submit(work, first, last) for first, last in blocks]:
            done.result()


ONE = np.float32(1.0)
HALF = np.float32(0.5)


@jit
def log2_row(values: NDArray[np.float32], out: NDArray[np.float32]) -> None:
    """log2 of positive numbers, to about 1e-7; plain arithmetic on whole rows, so that it vectorises."""
    bits = values.view(np.int32)
    mantissa = out.view(np.int32)
    for i in range(values.shape[0]):
        mantissa[i] = (bits[i] & 0x7FFFFF) | 0x3F800000
    for i in range(values.shape[0]):
        exponent = np.float32((bits[i] >> 23) - 127)
        z = (out[i] - np.float32(1.41421356)) / (out[i] + np.float32(1.41421356))
        q = z * z
        series = np.float32(0.5770780) + q * np.float32(0.4121985)
        series = np.float32(2.8853901) + q * (np.float32(0.9617967) + q * series)
        out[i] = exponent + HALF + z * series


@jit
def exp2_row(values: NDArray[np.float32], out: NDArray[np.float32]) -> None:
    """2 to the power of numbers between -100 and 100; `out` must be other memory."""
    power = out.view(np.int32)
    for i in range(values.shape[0]):
        power[i] = (np.int32(values[i] + np.float32(128.5)) - np.int32(1)) << 23
    for i in range(values.shape[0]):
        f = values[i] - np.float32((power[i] >> 23) - 127)
        p = np.float32(0.00961813) + f * (np.float32(0.00133336) + f * np.float32(0.000154035))
        p = np.float32(0.69314718) + f * (np.float32(0.24022651) + f * (np.float32(0.05550411) + f * p))
        out[i] *= ONE + f * p
