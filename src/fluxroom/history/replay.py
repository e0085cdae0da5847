"""What makes a version repeatable: pinned operators, combined recipes, fingerprints of pixels."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from fluxroom.recipe import Adjustment, Recipe, Region

if TYPE_CHECKING:
    from numpy.typing import NDArray

BYTES_AT_ONCE = 1 << 24


def pin(recipe: Recipe) -> Recipe:
    """The recipe with every operator's version written down. Raises when one is unknown or out of range."""
    from fluxroom.operators import resolve

    return replace(recipe, adjustments=tuple(replace(a, version=resolve(a)[0].version) for a in recipe.adjustments))


def combine(earlier: Recipe | None, step: Recipe) -> Recipe:
    """The whole recipe after a further step: what was there before, then the new adjustments.

    The earlier adjustments keep their places, seeds and regions, so they look as
    they did. What a step asked to keep holds for that step's adjustments only: if
    the two steps keep different things, each one's keep is written into its own
    adjustments; otherwise a later "keep the sea" would take back what was done to
    the sea before.
    """
    if earlier is None or not earlier.adjustments:
        return step
    seeds_differ = earlier.seed != step.seed
    first = len(earlier.adjustments)
    fresh = tuple(
        replace(a, seed=_seed(step.seed, first + i)) if seeds_differ and a.seed is None else a
        for i, a in enumerate(step.adjustments)
    )
    before, keep = earlier.adjustments, earlier.keep
    if earlier.keep != step.keep:
        before = tuple(_without(a, earlier.keep) for a in before)
        fresh = tuple(_without(a, step.keep) for a in fresh)
        keep = None
    return Recipe(
        adjustments=before + fresh,
        keep=keep,
        seed=earlier.seed,
        say="\n".join(words for words in (earlier.say, step.say) if words),
        not_understood=step.not_understood,
    )


def fingerprint(codes: NDArray[Any], alpha: NDArray[Any] | None = None) -> str:
    """SHA-256 over the shape, type and values of pixels: equal if and only if the pictures are."""
    import numpy as np

    digest = hashlib.sha256()
    for plane in (codes, alpha):
        if plane is None:
            digest.update(b"none;")
            continue
        digest.update(f"{plane.shape} u{plane.dtype.itemsize * 8};".encode())
        rows = max(1, BYTES_AT_ONCE // max(1, plane[:1].nbytes))
        for y in range(0, plane.shape[0], rows):
            part = np.ascontiguousarray(plane[y : y + rows])
            digest.update(part.astype(part.dtype.newbyteorder("<"), copy=False).data)
    return digest.hexdigest()


def _without(adjustment: Adjustment, keep: Region | None) -> Adjustment:
    if keep is None:
        return adjustment
    own = adjustment.keep
    return replace(adjustment, keep=keep if own is None else Region(f"{own} + ({keep})"))


def _seed(seed: int, place: int) -> int:
    return int.from_bytes(hashlib.sha256(f"{seed}/{place}".encode()).digest()[:8], "big") >> 1
