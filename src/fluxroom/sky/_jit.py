"""One typed door to numba: exact arithmetic (no fastmath), no GIL, compiled code kept on disk."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar, cast

import numba

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
