"""Render a recipe at full size: tiles, threads, and untouched pixels that stay value for value."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from fluxroom.errors import InputError
from fluxroom.operators.declare import Window
from fluxroom.photo.color import ColorProfile
from fluxroom.photo.framing import WHOLE, Framing
from fluxroom.photo.photo import Codes, Photo
from fluxroom.recipe import Recipe
from fluxroom.render import kernels
from fluxroom.render.baked import Baked, bake
from fluxroom.render.masks import Mask
from fluxroom.render.plan import Plan, Progress, Step, Thing, make_plan
from fluxroom.render.regions import carve
from fluxroom.render.retouch import mended_photo
from fluxroom.render.trace import Part, Trace
from fluxroom.scene import Float, Scene

TILE_PIXELS = 1 << 17
"""About how many pixels a strip has: its float copies stay within the processor's cache."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """The result of a recipe.

    codes      (H, W, C) uint8 or uint16 code values
    profile    what the codes mean: the photo's own, or its RGB form when a grey photo was coloured
    untouched  (H, W) bool: the mask of every adjustment is exactly 0 there, and `codes` are the photo's own
    seconds    by stage: prepare (overview and mask fitting), pixels
    notes      what the user should know, in words
    parts      what each part of it took
    table      whether all of it was one table, and the most that this was off by in 8-bit code values; else None
    tile       (rows, columns) of the tiles;  threads   how many at once
    framing    the part of `codes` that is shown in the end (`photo.framing.framed`)
    overview   (h, w, 3) float32 linear: the small picture after the whole recipe, as planned; None where nobody planned
    things     what was put in, each: place in the recipe, and its difference in the overview (`plan.Plan.things`)
    """

    codes: Codes
    profile: ColorProfile
    untouched: NDArray[np.bool_]
    seconds: dict[str, float] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    parts: tuple[Part, ...] = ()
    table: float | None = None
    tile: tuple[int, int] = (0, 0)
    threads: int = 1
    framing: Framing = WHOLE
    overview: Float | None = None
    things: tuple[Thing, ...] = ()


@dataclass(frozen=True, slots=True)
class _Job:
    photo: Photo
    plan: Plan
    baked: Baked | None
    seed: int
    out: Codes
    untouched: NDArray[np.bool_]
    factor: int
    trace: Trace

    def tile(self, x0: int, y0: int, x1: int, y1: int) -> None:
        """Render the pixels x0 <= x < x1, y0 <= y < y1."""
        trace = Trace()
        self._tile(x0, y0, x1, y1, trace)
        self.trace.add(trace)

    def _tile(self, x0: int, y0: int, x1: int, y1: int, trace: Trace) -> None:
        count = (x1 - x0) * (y1 - y0)
        if self.baked is not None:
            with trace.part("pixels", "table", "", count):
                codes = self.photo.codes[y0:y1, x0:x1]
                self.baked.window(codes, x0, y0, self.seed, self.out[y0:y1, x0:x1])
                self.untouched[y0:y1, x0:x1] = False
            return
        width, height = self.photo.width, self.photo.height
        halo = sum(step.halo for step in self.plan.steps)
        left, top = max(x0 - halo, 0), max(y0 - halo, 0)
        right, bottom = min(x1 + halo, width), min(y1 + halo, height)
        window = Window(left, top, right - left, bottom - top, width, height)
        source: list[Float] = []

        def original() -> Float:
            if not source:
                with trace.part("pixels", "decode", "", window.height * window.width):
                    source.append(self.photo.linear(top, left, window.height, window.width))
            return source[0]

        inner = (slice(y0 - top, y1 - top), slice(x0 - left, x1 - left))
        touched = np.zeros((y1 - y0, x1 - x0), np.bool_)
        masks: dict[tuple[str, tuple[str, ...], float], Mask] = {}
        kept: dict[str, Mask] = {}
        work: Float | None = None
        for step in self.plan.steps:
            name = (step.region, tuple(kept for kept, _ in step.keep), float(step.opacity))
            if name not in masks:
                masks[name] = self._mask(step, window, original, kept, trace)
            mask = masks[name]
            if isinstance(mask, np.ndarray):
                rows = np.flatnonzero(mask.any(axis=1))
                if len(rows) == 0:
                    continue
                first, last = int(rows[0]), int(rows[-1]) + 1
                np.logical_or(touched, mask[inner] > 0, out=touched)
            elif mask > 0:
                first, last = 0, window.height
                touched[...] = True
            else:
                continue
            if work is None:
                work = original().copy()
            self._step(step, work, mask, window, first, last, trace)
        source_codes = self.photo.codes[y0:y1, x0:x1]
        untouched = ~touched
        self.untouched[y0:y1, x0:x1] = untouched
        out = self.out[y0:y1, x0:x1]
        if work is None or not touched.any():
            out[...] = self._widened(source_codes)
            return
        with trace.part("pixels", "encode", "", count):
            light = np.ascontiguousarray(work[inner])
            codes = self.photo.profile.encode(light, out.dtype, x0, y0, self.seed, out.shape[2])
        with trace.part("pixels", "put", "", count):
            if touched.all():
                out[...] = codes
            elif self.factor:
                kernels.put(out, codes, source_codes, untouched, self.factor)
            else:
                np.copyto(out, codes)
                np.copyto(out, self._widened(source_codes), where=untouched[..., None])

    def _mask(
        self, step: Step, window: Window, original: Callable[[], Float], kept: dict[str, Mask], trace: Trace
    ) -> Mask:
        """The step's mask in a window, what is kept carved out of it, times its opacity."""
        assert step.mask is not None
        with trace.part("pixels", "mask", step.region, window.width * window.height):
            mask: Mask = step.mask.window(window, original)
            for text, keep in step.keep:
                if text not in kept:
                    kept[text] = keep.window(window, original)
                mask = carve(mask, kept[text])
            return mask * step.opacity

    def _widened(self, codes: Codes) -> Codes:
        """The source's values in the result's depth: exact from 8 to 16 bits, rounded from 16 to 8."""
        if self.factor == 0:
            return ((codes.astype(np.uint32) + 128) // 257).astype(np.uint8)
        if self.factor == 1:
            return codes
        return codes.astype(np.uint16) * np.uint16(self.factor)

    def _step(self, step: Step, work: Float, mask: Mask, window: Window, first: int, last: int, trace: Trace) -> None:
        """Apply to the rows from first to last of work, in place, blended by the mask."""
        name, region = step.operator.name, step.region
        if not isinstance(mask, np.ndarray) and mask >= 1:
            with trace.part("pixels", name, region, window.width * window.height):
                step.operator.apply(work, window, step.prepared)
            return
        top, bottom = max(first - step.halo, 0), min(last + step.halo, window.height)
        part = Window(window.x, window.y + top, window.width, bottom - top, window.image_width, window.image_height)
        with trace.part("pixels", name, region, part.width * part.height):
            after = work[top:bottom].copy()
            step.operator.apply(after, part, step.prepared)
        if not isinstance(mask, np.ndarray):
            mask = np.full((window.height, window.width), mask, np.float32)
        with trace.part("pixels", "blend", region, window.width * (last - first)):
            kernels.blend(work[first:last], after[first - top : last - top], mask[first:last])


def _tiles(width: int, height: int, tile: tuple[int, int]) -> Iterator[tuple[int, int, int, int]]:
    for y in range(0, height, tile[0]):
        for x in range(0, width, tile[1]):
            yield x, y, min(x + tile[1], width), min(y + tile[0], height)


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return max(1, len(os.sched_getaffinity(0)))
    return os.cpu_count() or 1


def _run(job: _Job, tile: tuple[int, int], threads: int, progress: Progress | None) -> None:
    tiles = list(_tiles(job.photo.width, job.photo.height, tile))
    done = 0

    def report() -> None:
        if progress is not None:
            progress("pixels", done / len(tiles))

    report()
    if threads == 1:
        for t in tiles:
            job.tile(*t)
            done += 1
            report()
        return
    with ThreadPoolExecutor(threads) as pool:
        waiting: set[Future[None]] = {pool.submit(job.tile, *t) for t in tiles}
        try:
            while waiting:
                finished, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                for future in finished:
                    future.result()
                done += len(finished)
                report()
        finally:
            for future in waiting:
                future.cancel()


def render(
    photo: Photo,
    scene: Scene,
    recipe: Recipe,
    *,
    bits: int | None = None,
    threads: int | None = None,
    tile: tuple[int, int] | None = None,
    progress: Progress | None = None,
) -> Rendered:
    """Carry out a recipe on a photo.

    bits      8 or 16; None: as the photo
    threads   how many tiles at once; None: one a core
    tile      (rows, columns) pixels; None: strips of full width. The result is the same for any tile and threads.
    progress  called with a stage ("prepare", "pixels") and how much of it is done, 0..1, in the calling thread

    Raises RecipeError before any work when an operator or parameter is wrong.
    """
    if bits not in (None, 8, 16):
        raise InputError(f"bits = {bits!r}: choose 8 or 16")
    if threads is not None and threads < 1:
        raise InputError(f"threads = {threads!r}: needs a whole number from 1")
    if tile is not None and min(tile) < 1:
        raise InputError(f"tile = {tile!r}: needs rows and columns from 1")
    start = time.perf_counter()
    trace = Trace()
    plan = make_plan(scene, recipe, progress=progress, trace=trace)
    height, width, channels = photo.codes.shape
    notes = list(plan.notes)
    profile = photo.profile
    if channels == 1 and any(step.operator.chromatic for step in plan.steps):
        channels, profile = 3, photo.profile.as_rgb()
        notes.append("the photo is grey and the edit has colour: the result has three channels")
    dtype = photo.codes.dtype if bits is None else np.dtype(np.uint8 if bits == 8 else np.uint16)
    factor = 1 if dtype == photo.codes.dtype else (257 if dtype == np.uint16 else 0)
    mended: NDArray[np.bool_] | None = None
    if plan.mended:
        with trace.part("prepare", "retouch", "", height * width):
            photo, mended, further = mended_photo(photo, scene, plan.mended, recipe.seed)
        notes += further
    baked: Baked | None = None
    if dtype == np.uint8:
        with trace.part("prepare", "table"):
            baked = bake(photo, plan.steps, profile)
    prepared = time.perf_counter()
    out: Codes = np.empty((height, width, channels), dtype)
    untouched = np.empty((height, width), np.bool_)
    if tile is None:
        halo = sum(step.halo for step in plan.steps)
        tile = (max(8, TILE_PIXELS // width, 4 * halo), width)
    job = _Job(photo, plan, baked, recipe.seed, out, untouched, factor, trace)
    threads = threads or _cores()
    _run(job, tile, threads, progress)
    if mended is not None:
        untouched &= ~mended
    seconds = {"prepare": prepared - start, "pixels": time.perf_counter() - prepared}
    table = None if baked is None else baked.error
    return Rendered(
        out, profile, untouched, seconds, tuple(notes), trace.parts(), table, tile, threads,
        plan.framing, plan.overview, plan.things,
    )  # fmt: skip


def render_preview(scene: Scene, recipe: Recipe) -> Float:
    """(h, w, 3) float32 linear Rec.2020: the recipe carried out on the scene's preview."""
    return make_plan(scene, recipe, full=False).overview
