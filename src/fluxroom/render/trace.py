"""Where the time of a rendering goes: what each part took, over how many pixels."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a rendering.

    stage    "prepare" (once, on the small picture), "pixels" (tiles, seconds added up over threads)
    name     an operator, or what the renderer does itself: decode, mask, blend, encode, table, copy
    detail   the region that it works in, or other words; may be empty
    seconds  of one thread's clock
    pixels   how many it went over
    """

    stage: str
    name: str
    detail: str
    seconds: float
    pixels: int


@dataclass(slots=True)
class Trace:
    """Collects parts. A part inside another counts for itself only. One thread at a time; see `add`."""

    rows: list[Part] = field(default_factory=list)
    _inside: list[float] = field(default_factory=list)

    @contextmanager
    def part(self, stage: str, name: str, detail: str = "", pixels: int = 0) -> Iterator[None]:
        started = time.perf_counter()
        self._inside.append(0.0)
        yield
        took = time.perf_counter() - started
        self.rows.append(Part(stage, name, detail, took - self._inside.pop(), pixels))
        if self._inside:
            self._inside[-1] += took

    def add(self, other: Trace) -> None:
        """Take over what another collected; any thread may do so."""
        self.rows.extend(other.rows)

    def parts(self) -> tuple[Part, ...]:
        """Those of the same name and detail added up, in the order in which they came first."""
        total: dict[tuple[str, str, str], tuple[float, int]] = {}
        for row in self.rows:
            key = (row.stage, row.name, row.detail)
            seconds, pixels = total.get(key, (0.0, 0))
            total[key] = (seconds + row.seconds, pixels + row.pixels)
        return tuple(Part(*key, seconds, pixels) for key, (seconds, pixels) in total.items())
