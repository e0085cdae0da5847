"""The thing at a click or in a box, as a mask at preview size.

What perception saw (the region masks, which share each pixel among the classes) says what the thing may be; a graph
cut on the colours (GrabCut, Rother, Kolmogorov & Blake 2004) finds its outline on a small picture; a guided filter
brings the outline to the preview's edges. The same clicks on the same scene give the same mask.
"""

from __future__ import annotations

import weakref
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from fluxroom.operators.guided import ColorGuide
from fluxroom.recipe import Box, Click
from fluxroom.scene import Float, Scene

WORK_SIDE = 288
"""Long side of the small picture, pixels."""
ROUNDS = 3
_CLASSES = (
    "sky", "water", "sand", "snow", "rock", "mountain", "building", "road", "person", "animal", "trees", "grass",
    "object",
)  # fmt: skip
_DISC = 0.012
"""Radius of what a click surely means, share of the long side."""
_ODD = 0.12
"""A click on a colour that less than this share of its class has means the odd thing, not the class."""

_made: dict[int, tuple[weakref.ref[Any], dict[Any, Float]]] = {}


def pick_mask(scene: Scene, clicks: tuple[Click, ...] = (), box: Box | None = None) -> Float:
    """(h, w) float32 0..1 at preview size: the thing under the clicks that say "there", or in the box.

    clicks   (x, y, there), x and y 0..1; those that are not there push the outline back
    box      left, top, right, bottom, 0..1: nothing outside it is taken

    Kept as long as the scene's preview lives: planning and rendering ask for it more than once.
    """
    key = id(scene.preview)
    entry = _made.get(key)
    if entry is None or entry[0]() is not scene.preview:
        entry = (weakref.ref(scene.preview, lambda _: _made.pop(key, None)), {})
        _made[key] = entry
    if (clicks, box) not in entry[1]:
        mask = _refined(scene, _cut(scene, clicks, box))
        mask.flags.writeable = False
        entry[1][clicks, box] = mask
    return entry[1][clicks, box]


def _cut(scene: Scene, clicks: tuple[Click, ...], box: Box | None) -> NDArray[np.bool_]:
    """(h', w') bool at WORK_SIDE."""
    height, width = scene.preview.shape[:2]
    scale = min(1.0, WORK_SIDE / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    roots = np.sqrt(np.clip(scene.preview, 0, 1))
    colors = np.asarray(cv2.resize(roots, size, interpolation=cv2.INTER_AREA), np.float32).reshape(size[1], size[0], 3)
    planes = np.stack([_small(scene.regions.get(name), size) for name in _CLASSES])
    inside = np.ones((size[1], size[0]), np.bool_) if box is None else _in_box(box, size)
    yes, no = _discs(clicks, True, size) & inside, _discs(clicks, False, size)
    like = _likeness(planes, yes, no, inside, box)
    if yes.any():
        near = _color_likeness(colors, yes)
        typical = float((near * (like > 0.5) > 0.3).sum()) / max(1.0, float((like > 0.5).sum()))
        if typical < _ODD:
            like = near
    state = np.where(like > 0.5, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    state[~inside | no] = cv2.GC_BGD
    state[yes & ~no] = cv2.GC_FGD
    taken = _grab_cut(colors, state)
    return _joined(taken, yes) if yes.any() else taken


def _small(mask: Float | None, size: tuple[int, int]) -> Float:
    if mask is None or not mask.any():
        return np.zeros(size[::-1], np.float32)
    return np.asarray(cv2.resize(mask, size, interpolation=cv2.INTER_AREA), np.float32).reshape(size[::-1])


def _in_box(box: Box, size: tuple[int, int]) -> NDArray[np.bool_]:
    """At least one pixel."""
    width, height = size
    inside = np.zeros((height, width), np.bool_)
    x0, y0 = min(int(box[0] * width), width - 1), min(int(box[1] * height), height - 1)
    inside[y0 : max(y0 + 1, round(box[3] * height)), x0 : max(x0 + 1, round(box[2] * width))] = True
    return inside


def _discs(clicks: tuple[Click, ...], there: bool, size: tuple[int, int]) -> NDArray[np.bool_]:
    """Where clicks of this kind are, with what lies right beside."""
    width, height = size
    out = np.zeros((height, width), np.uint8)
    for x, y, kind in clicks:
        if kind == there:
            at = (min(int(x * width), width - 1), min(int(y * height), height - 1))
            cv2.circle(out, at, max(1, round(_DISC * max(size))), 1, -1)
    return out > 0


def _likeness(
    planes: Float, yes: NDArray[np.bool_], no: NDArray[np.bool_], inside: NDArray[np.bool_], box: Box | None
) -> Float:
    """(h, w) 0..1: how much each pixel is of the classes that are meant, by what was seen there."""
    zero = np.zeros(len(planes))
    against = planes[:, no].mean(1) if no.any() else zero
    if yes.any():
        meant = planes[:, yes].mean(1)
    else:  # what the box has and its surroundings have not
        meant = planes[:, inside].mean(1)
        reach = max(2, round(0.25 * np.sqrt(inside.sum())))
        around = cv2.dilate(inside.astype(np.uint8), np.ones((2 * reach + 1, 2 * reach + 1), np.uint8)) > 0
        ring = around & ~inside
        against = np.maximum(against, planes[:, ring].mean(1) if ring.any() else zero)
    weight = meant**2 / (meant**2 + against**2 + 0.04)
    like = np.tensordot(weight, planes, 1).astype(np.float32) * inside
    if box is not None and not (like > 0.5).any():
        return inside.astype(np.float32)
    return like


def _color_likeness(colors: Float, yes: NDArray[np.bool_]) -> Float:
    """(h, w) 0..1: how near each pixel's colour is to those of the clicks."""
    sample = colors[yes]
    spread = sample.var(0) + np.float32(0.05**2)
    nearest = np.full(colors.shape[:2], np.inf, np.float32)
    for color in sample[:: max(1, len(sample) // 8)]:
        nearest = np.minimum(nearest, ((colors - color) ** 2 / spread).sum(-1))
    return np.asarray(np.exp(np.float32(-0.5) * nearest), np.float32)


def _grab_cut(colors: Float, state: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """The cut itself. Where only one side has pixels there is nothing to cut."""
    taken = (state == cv2.GC_FGD) | (state == cv2.GC_PR_FGD)
    if min(taken.sum(), (~taken).sum()) < 8:  # fewer than the colour models have parts
        return np.asarray(taken)
    cv2.setRNGSeed(7)  # the colour models start from random places
    picture = np.round(colors * 255).astype(np.uint8)
    models = np.zeros((1, 65)), np.zeros((1, 65))
    cv2.grabCut(picture, state, (0, 0, 1, 1), *models, ROUNDS, cv2.GC_INIT_WITH_MASK)
    return np.asarray((state == cv2.GC_FGD) | (state == cv2.GC_PR_FGD))


def _joined(taken: NDArray[np.bool_], yes: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The pieces that hold a click."""
    _, labels = cv2.connectedComponents(taken.astype(np.uint8), connectivity=8)
    held = np.unique(labels[yes & taken])
    return np.isin(labels, held[held > 0])


def _refined(scene: Scene, taken: NDArray[np.bool_]) -> Float:
    """To preview size, edges where the preview's edges are."""
    height, width = scene.preview.shape[:2]
    wide = np.asarray(cv2.resize(taken.astype(np.float32), (width, height), interpolation=cv2.INTER_LINEAR), np.float32)
    if not (taken.any() and not taken.all()):
        return wide
    roots = np.sqrt(np.clip(scene.preview, 0, 1))
    radius = max(1, round(1.5 * width / taken.shape[1]))
    c = ColorGuide.of(roots, radius, 5e-4).fit(wide)
    soft = c[..., 0] * roots[..., 0] + c[..., 1] * roots[..., 1] + c[..., 2] * roots[..., 2] + c[..., 3]
    return np.asarray(np.clip((soft - np.float32(0.15)) / np.float32(0.7), 0, 1), np.float32)
