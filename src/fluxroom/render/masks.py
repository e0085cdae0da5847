"""Masks at full size, a window at a time.

A region is split into parts. A part that follows what is in the picture (sky, water, shadows ...) is combined at
preview size, fitted to the preview's colours by a guided filter with a small window (He, Sun & Tang 2013), and its
coefficients are evaluated against the full-size pixels; so an edge lies where the photo's edge lies, and a branch too
thin for the preview still comes out. Far from edges it is exactly 0 or 1. A part that is a place in the frame, or
was feathered, grown or shrunk, has no edge of the picture to follow: it is smooth and only stretched. Nothing here
depends on where a window begins.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fluxroom.operators.declare import Window
from fluxroom.operators.guided import ColorGuide
from fluxroom.photo.photo import Photo
from fluxroom.recipe import Box, Node, Region
from fluxroom.render import kernels
from fluxroom.render.reach import rectangle
from fluxroom.render.regions import PLACES, combine, leaf_mask, place_mask, settled, tree_mask
from fluxroom.scene import Float, Scene

RADIUS = 4
"""Half the guided filter's window, preview pixels."""
EPS = 2e-4
"""Its regularisation: variance of square-root-encoded values below which a colour difference is no edge."""
TOE, SHOULDER = np.float32(0.12), np.float32(0.88)

Mask = Float | np.float32
"""A window of a mask, or one value for all of it."""
Pixels = Callable[[], Float]


@dataclass(frozen=True, slots=True)
class Edged:
    """A part that follows edges: coefficients (h, w, 4) and where it is settled (see `kernels.refine`)."""

    coef: Float
    state: NDArray[np.uint8]

    def window(self, window: Window, pixels: Pixels) -> Mask:
        h, w = self.state.shape
        rows = slice(window.y * h // window.image_height, _end(window.y + window.height, h, window.image_height))
        columns = slice(window.x * w // window.image_width, _end(window.x + window.width, w, window.image_width))
        part = self.state[rows, columns]
        low, high = int(part.min()), int(part.max())
        if low == high != 2:
            return np.float32(low)
        out = np.empty((window.height, window.width), np.float32)
        kernels.refine(
            pixels(), window.x, window.y, window.image_width, window.image_height,
            self.coef, self.state, TOE, SHOULDER, out,
        )  # fmt: skip
        return out


def _end(edge: int, cells: int, size: int) -> int:
    """One past the last preview cell that pixels before `edge` fall into."""
    return min((edge * cells + size - 1) // size + 1, cells)


@dataclass(frozen=True, slots=True)
class Smooth:
    """A part that follows no edge: a smooth map at preview size."""

    small: Float

    def window(self, window: Window, pixels: Pixels) -> Mask:
        out = np.empty((window.height, window.width), np.float32)
        kernels.stretch(self.small, window.x, window.y, window.image_width, window.image_height, out)
        return out


@dataclass(frozen=True, slots=True)
class Whole:
    def window(self, window: Window, pixels: Pixels) -> Mask:
        return np.float32(1)


@dataclass(frozen=True, slots=True)
class Rectangle:
    corners: Box

    def window(self, window: Window, pixels: Pixels) -> Mask:
        w = window
        return rectangle(self.corners, w.y, w.x, w.height, w.width, w.image_height, w.image_width)


@dataclass(frozen=True, slots=True)
class Pair:
    node: Node
    left: FullMask
    right: FullMask

    def window(self, window: Window, pixels: Pixels) -> Mask:
        mask: Mask = combine(self.node, self.left.window(window, pixels), self.right.window(window, pixels))
        return mask


FullMask = Edged | Smooth | Whole | Rectangle | Pair


class MaskMaker:
    """Makes full-size masks of one scene; parts used twice are fitted once."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self._guide: ColorGuide | None = None
        self._made: dict[Any, FullMask] = {}

    def make(self, region: Region) -> FullMask:
        return self._node(region.tree)

    def _node(self, node: Node) -> FullMask:
        if node not in self._made:
            self._made[node] = self._new(node)
        return self._made[node]

    def _new(self, node: Node) -> FullMask:
        if node.op == "name" and node.name == "everything" and "everything" not in self.scene.regions:
            return Whole()
        if node.op == "name" and node.name in PLACES:
            return Smooth(place_mask(self.scene, node.name))
        if node.op == "box":
            assert node.box is not None
            return Rectangle(node.box)
        if node.op in ("feather", "grow", "shrink"):
            assert node.left is not None
            return Smooth(tree_mask(self.scene, node, leaf_mask)) if node.amount else self._node(node.left)
        if node.right is not None and node.names() & (PLACES | {"everything"}):
            assert node.left is not None
            return Pair(node, self._node(node.left), self._node(node.right))
        small = tree_mask(self.scene, node, leaf_mask)
        if self.scene.exact and small.shape == (self.scene.height, self.scene.width):
            return Smooth(small)
        if self._guide is None:
            encoded = np.sqrt(np.clip(self.scene.preview, 0, kernels.GUIDE_TOP))
            self._guide = ColorGuide.of(encoded, RADIUS, EPS)
        return Edged(self._guide.fit(small), settled(small, 2 * RADIUS + 1))


def full_mask(photo: Photo, scene: Scene, region: Region) -> Float:
    """(H, W) float32 0..1: the region at the photo's full size, edges where the photo's edges are."""
    mask = MaskMaker(scene).make(region)
    height, width = photo.height, photo.width
    out = np.empty((height, width), np.float32)
    rows = max(1, (1 << 18) // width)
    for y in range(0, height, rows):
        n = min(rows, height - y)
        read: list[Float] = []  # once, however many parts ask

        def pixels(y: int = y, n: int = n, read: list[Float] = read) -> Float:
            if not read:
                read.append(photo.linear(y, 0, n, width))
            return read[0]

        out[y : y + n] = mask.window(Window(0, y, width, n, width, height), pixels)
    return out
