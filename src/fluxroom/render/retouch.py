"""Retouching, carried out before all else: whatever its place in a recipe, other adjustments see the mended photo.

The preview is mended first, with all that was seen in it (the regions where a thing stood are those of where its new
pixels came from), then the photo itself, once and whole; so nothing of it depends on tiles or threads.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from fluxroom.operators import Window
from fluxroom.operators.retouch.hole import things
from fluxroom.operators.retouch.mend import Hole, Mending, mend
from fluxroom.photo.photo import Photo
from fluxroom.recipe import Node, Region
from fluxroom.render.masks import FullMask, MaskMaker
from fluxroom.render.reach import rectangle
from fluxroom.render.regions import PLACES, leaf_mask, tree_mask
from fluxroom.scene import Float, Scene

TOUCHED_BOX = 0.002
"""A box that holds less of a thing than this share of itself is taken as the thing."""

THINGS = frozenset({"person", "animal", "object", "building"})
SURE = 0.05
"""Confidence of a region below which nothing is taken out of it."""


@dataclass(frozen=True, slots=True)
class Mended:
    """One adjustment of retouching, ready for the photo. name: its operator; keep: what stays, value for value."""

    name: str
    mending: Mending
    keep: tuple[Region, ...]
    opacity: float


def meant(scene: Scene, region: Region) -> Float:
    """(h, w) float32 0..1: the things that a region names, whole; a place ("left") tells which ones."""
    thing, places = _split(region.tree)
    h, w = scene.preview.shape[:2]
    if thing is None:
        return tree_mask(scene, region.tree, leaf_mask)
    mask = tree_mask(scene, thing, _sure_mask)
    if thing.op == "pick" and thing.box is not None:
        frame = rectangle(thing.box, 0, 0, h, w, h, w)
        if float(mask.sum()) < TOUCHED_BOX * float(frame.sum()):
            mask = frame
    place = np.ones((h, w), np.float32)
    for node in places:
        place = place * tree_mask(scene, node, leaf_mask)
    return np.asarray(mask * things(mask, place), np.float32)


def unsure(scene: Scene, region: Region) -> list[str]:
    """Names in it of things that may as well be something else."""
    return [n for n in sorted(region.tree.names() & THINGS) if scene.confidence.get(n, 1.0) < SURE]


def _sure_mask(scene: Scene, name: str) -> Float:
    mask = leaf_mask(scene, name)
    return np.zeros_like(mask) if name in THINGS and scene.confidence.get(name, 1.0) < SURE else mask


def _split(node: Node) -> tuple[Node | None, list[Node]]:
    """What is named, and where: `person & left` -> person, [left]."""
    if node.op == "name" and node.name in PLACES:
        return None, [node]
    if node.op != "&":
        return node, []
    assert node.left is not None and node.right is not None
    one, here = _split(node.left)
    other, there = _split(node.right)
    if one is None or other is None:
        return one or other, here + there
    return node, []


def mended_scene(scene: Scene, mending: Mending, keep: Float) -> Scene:
    """The scene without what is taken out."""
    h, w = scene.preview.shape[:2]
    pixels = scene.preview.copy()
    regions = {name: mask.copy() for name, mask in scene.regions.items()}

    def read(y: int, x: int, height: int, width: int) -> Float:
        return pixels[y : y + height, x : x + width]

    holes = [_without(hole, keep) for hole in mending.find(read, h, w)]
    for patch in mend(read, mending, holes, h, w):
        hole = patch.hole
        rows, columns = np.nonzero(hole.mask)
        sy, sx = patch.from_y[rows, columns], patch.from_x[rows, columns]
        pixels[rows + hole.y, columns + hole.x] = patch.pixels[rows, columns]
        for name in regions:
            regions[name][rows + hole.y, columns + hole.x] = regions[name][sy, sx]
    return replace(scene, preview=pixels, regions=regions)


def _without(hole: Hole, keep: Float) -> Hole:
    h, w = hole.mask.shape
    return replace(hole, mask=hole.mask & (keep[hole.y : hole.y + h, hole.x : hole.x + w] < 0.5))


def mended_photo(
    photo: Photo, scene: Scene, work: Sequence[Mended], seed: int
) -> tuple[Photo, NDArray[np.bool_], list[str]]:
    """The photo without what is taken out, where (H, W) it was mended, and what to tell the user.

    scene   of the photo as it was
    """
    notes: list[str] = []
    codes = photo.codes.copy()
    touched = np.zeros(codes.shape[:2], np.bool_)
    height, width, channels = codes.shape
    maker = MaskMaker(scene)
    for one in work:
        now = replace(photo, codes=codes)

        def read(y: int, x: int, h: int, w: int, now: Photo = now) -> Float:
            return now.linear(y, x, h, w)

        filled = False
        keeps = [maker.make(region) for region in one.keep]
        holes = [_kept_out(hole, keeps, photo) for hole in one.mending.find(read, height, width)]
        for patch in mend(read, one.mending, holes, height, width):
            hole = patch.hole
            h, w = hole.mask.shape
            there = (slice(hole.y, hole.y + h), slice(hole.x, hole.x + w))
            light = patch.pixels
            if one.opacity < 1:
                before = now.linear(hole.y, hole.x, h, w)
                light = before + np.float32(one.opacity) * (light - before)
            new = photo.profile.encode(np.ascontiguousarray(light), codes.dtype, hole.x, hole.y, seed, channels)
            codes[there][hole.mask] = new[hole.mask]
            touched[there] |= hole.mask
            filled = True
        if not filled:
            notes.append(not_found(one.name))
    return replace(photo, codes=codes), touched, notes


def not_found(name: str) -> str:
    return f"{name}: nothing of it was found in this photo, so nothing was taken out"


def _kept_out(hole: Hole, keeps: list[FullMask], photo: Photo) -> Hole:
    """The hole without what is half kept or more."""
    h, w = hole.mask.shape
    window = Window(hole.x, hole.y, w, h, photo.width, photo.height)
    mask = hole.mask
    for keep in keeps:
        mask = mask & (keep.window(window, lambda: photo.linear(hole.y, hole.x, h, w)) < 0.5)
    return replace(hole, mask=mask)
