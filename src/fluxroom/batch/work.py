"""What is done with one photo, in a worker: look at it, then develop it. Plain data in, plain data out."""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fluxroom.batch.places import fetched, is_remote, put_part
from fluxroom.errors import PhotoError

if TYPE_CHECKING:
    from fluxroom.api import Photo, Result
    from fluxroom.recipe import Adjustment, Recipe

BASE = 500 << 20
"""Bytes that a worker takes with everything loaded and no photo open."""
PER_PIXEL = 30
"""Bytes a pixel that developing takes at most: codes twice, file, masks, and JPEG coefficients on the way out
(8-bit JPEG: 15; the rest is for 16 bits and PNG)."""
LEAST = 350 << 20
"""Bytes that looking takes for a moment, whatever the photo's size."""
THUMBNAIL = 240


@dataclass(frozen=True, slots=True)
class Look:
    """A photo to be looked at."""

    path: str
    max_megapixels: float | None = None

    @property
    def cost(self) -> int:
        """Bytes of memory beyond the worker's own: mostly a scaled decode; a whole PNG or TIFF is larger."""
        return 150 << 20


@dataclass(frozen=True, slots=True)
class Seen:
    """What a look told: identity, size as displayed, date (YYYY-MM-DD or "undated"), and `Measure.to_dict`."""

    sha256: str
    width: int
    height: int
    date: str
    measured: dict[str, float]


@dataclass(frozen=True, slots=True)
class Develop:
    """A photo to be developed.

    sha256      of its bytes, as it was looked at
    part        where the result goes, complete; whoever asked gives it its name
    thumbnail   where a small before and after goes; "" for nowhere
    words, recipe, keep, seed, quality, bits, review, max_megapixels   as in `Job`
    correction  the adjustments before the look, as in a recipe
    threads     CPU threads; the result is the same with any number
    pixels      width x height
    """

    path: str
    sha256: str
    part: str
    thumbnail: str
    words: str
    recipe: dict[str, Any] | None
    keep: str | None
    seed: int
    quality: int | None
    bits: int | None
    review: bool
    max_megapixels: float | None
    correction: list[dict[str, Any]]
    pixels: int
    threads: int = 1

    @property
    def cost(self) -> int:
        return max(LEAST, self.pixels * PER_PIXEL)


@dataclass(frozen=True, slots=True)
class Made:
    """What came out: identity of the result, and what the report tells."""

    sha256: str
    size: int
    seconds: dict[str, float]
    recipe: dict[str, Any]
    verdict: str
    passed: bool | None
    measured: dict[str, float]
    notes: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    not_understood: list[str] = field(default_factory=list)


def look(task: Look) -> Seen:
    """Identify and measure a photo, cheaply."""
    from fluxroom.batch.dates import changed_on, taken_on
    from fluxroom.batch.measure import SIDE, measure
    from fluxroom.photo import MAX_PIXELS, glimpse

    limit = MAX_PIXELS if task.max_megapixels is None else int(task.max_megapixels * 1e6)
    with fetched(task.path) as path:
        seen = glimpse(path, SIDE, max_pixels=limit)
        date = taken_on(seen.metadata.exif) or ("undated" if is_remote(task.path) else changed_on(path))
    return Seen(seen.sha256, seen.width, seen.height, date, measure(seen.linear).to_dict())


def develop(task: Develop) -> Made:
    """Develop a photo into its part."""
    from fluxroom import api
    from fluxroom.batch.measure import SIDE, measure
    from fluxroom.photo.reduce import within
    from fluxroom.recipe import Recipe

    with fetched(task.path) as path:
        photo = api.open(path, library=None, max_megapixels=task.max_megapixels)
        if photo.sha256 != task.sha256:
            raise PhotoError(f"{task.path} was changed while the batch ran; run it again")
        recipe, notes = _recipe(photo, task)
        before = Recipe.from_dict({"fluxroom": 1, "adjustments": task.correction}).adjustments
        recipe = replace(recipe, adjustments=before + _seeded(recipe))
        result = photo.render(recipe, review=task.review, remember=False, bits=task.bits, threads=task.threads)
        started = time.perf_counter()
        sha256, size = _save(result, task)
        result.timings["save"] = time.perf_counter() - started
        small = within(result.photo, SIDE)
        if task.thumbnail:
            _thumbnail(photo, result, Path(task.thumbnail))
    verdict = result.verdict
    return Made(
        sha256=sha256,
        size=size,
        seconds={stage: round(seconds, 4) for stage, seconds in result.timings.items()},
        recipe=result.recipe.to_dict(),
        verdict="" if verdict is None else "; ".join(c.en for c in verdict.claims if not c.passed) or "as asked",
        passed=None if verdict is None else verdict.passed,
        measured=measure(small).to_dict(),
        notes=[*notes, *result.notes],
        warnings=[" ".join(w.split()) for w in photo.pixels.warnings],
        not_understood=list(recipe.not_understood),
    )


def _recipe(photo: Photo, task: Develop) -> tuple[Recipe, list[str]]:
    """The look for this photo, without the correction, and what the user should know about it."""
    from fluxroom.recipe import Recipe, Region

    if task.recipe is None:
        started = time.perf_counter()
        _ = photo.scene
        looked = time.perf_counter()
        plan = photo.plan(task.words, seed=task.seed, keep=task.keep, base=0)
        photo.timings["perceive"] = looked - started
        photo.timings["interpret"] = time.perf_counter() - looked
        return plan.recipe, list(plan.interpretation.notes)
    recipe = Recipe.from_dict(task.recipe).with_seed(task.seed)
    if task.keep is not None:
        kept = task.keep if recipe.keep is None else f"{recipe.keep} + ({task.keep})"
        recipe = replace(recipe, keep=Region(kept))
    return recipe, []


def _seeded(recipe: Recipe) -> tuple[Adjustment, ...]:
    """The look with its seeds written down, so that clouds and grain do not depend on how many corrections precede."""
    from fluxroom.render.plan import derived_seed

    return tuple(
        replace(a, seed=derived_seed(recipe.seed, place)) if a.seed is None else a
        for place, a in enumerate(recipe.adjustments)
    )


def _save(result: Result, task: Develop) -> tuple[str, int]:
    """Write the result to its part; its SHA-256 and size."""
    if not is_remote(task.part):
        return _written(result, Path(task.part), task)
    import tempfile

    with tempfile.TemporaryDirectory(prefix="fluxroom-") as folder:
        local = Path(folder) / task.part.rpartition("/")[2]
        written = _written(result, local, task)
        put_part(local, task.part)
        return written


def _written(result: Result, part: Path, task: Develop) -> tuple[str, int]:
    result.save(part, overwrite=True, quality=task.quality)
    with part.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest(), part.stat().st_size


def _thumbnail(photo: Photo, result: Result, path: Path) -> None:
    """Before and after beside each other, for the contact sheet; it may be missing."""
    from PIL import Image

    from fluxroom.pictures import small

    pair = [small(p, THUMBNAIL, THUMBNAIL) for p in (photo.pixels, result.photo)]
    sheet = Image.new("RGB", (2 * pair[0].width + 4, pair[0].height), "white")
    for i, picture in enumerate(pair):
        sheet.paste(picture, (i * (picture.width + 4), 0))
    sheet.save(path, format="JPEG", quality=80)
