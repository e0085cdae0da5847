"""Where things are: the sky's matte, the horizon that the sky itself shows, the sun's bearing."""

from __future__ import annotations

import math
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from fluxroom.operators.declare import Overview
from fluxroom.operators.guided import ColorGuide
from fluxroom.operators.hours.kernel import GUIDE_TOP
from fluxroom.scene import Float, Horizon, Scene
from fluxroom.sky import maps
from fluxroom.sky.camera import Camera
from fluxroom.sky.light import luminance

RADIUS, EPS = 4, 2e-4
"""The matte's window in overview pixels, and its regularisation; as for the renderer's masks."""


def region(scene: Scene, name: str, shape: tuple[int, int]) -> Float:
    """A region's mask at that (h, w); zeros where it was not seen."""
    mask = scene.regions.get(name)
    if mask is None:
        return np.zeros(shape, np.float32)
    if mask.shape != shape:
        mask = maps.resize(np.ascontiguousarray(mask, np.float32), shape[1], shape[0])
    return np.asarray(mask, np.float32)


def sky_and_water(scene: Scene, shape: tuple[int, int]) -> tuple[Float, Float]:
    """The masks at that (h, w); what was taken for sky under a horizon that is seen is water that mirrors it."""
    sky, water = region(scene, "sky", shape), region(scene, "water", shape)
    line = scene.horizon
    if line.confidence < 0.35:
        return sky, water
    h, w = shape
    x = (np.arange(w) + 0.5) / w
    edge = (line.left + (line.right - line.left) * x) * h + 0.006 * max(shape)
    under = np.clip(np.arange(h)[:, None] + 0.5 - edge[None, :], 0, 1).astype(np.float32)
    low = sky * under
    if float(low.sum(dtype=np.float64)) > 0.15 * float(sky.sum(dtype=np.float64)):
        return sky, water  # so much is no slip: rather is the line wrong
    return sky - low, np.asarray(np.maximum(water, low), np.float32)


def matte(pixels: Float, sky: Float) -> tuple[Float, NDArray[np.uint8]]:
    """(coefficients (h, w, 4), state (h, w)) for `kernel.relight`."""
    guide = np.sqrt(np.clip(pixels, 0, GUIDE_TOP))
    around = np.ones((2 * (2 * RADIUS + 1) + 1,) * 2, np.uint8)
    state = np.full(sky.shape, 2, np.uint8)
    state[cv2.erode(sky, around) > 0.98] = 1
    state[cv2.dilate(sky, around) < 0.02] = 0
    if not (state == 2).any():
        return np.zeros((*sky.shape, 4), np.float32), state
    return ColorGuide.of(guide, RADIUS, EPS).fit(sky), state


def horizon(scene: Scene, sky: Float) -> Horizon:
    """The horizon as seen, or where it is not sure, the lower end of the sky."""
    rows = np.flatnonzero((sky > 0.5).mean(axis=1) > 0.02)
    foot = float(rows[-1] + 1) / sky.shape[0] if rows.size else 0.0
    seen = scene.horizon
    if seen.confidence >= 0.35:
        return seen
    middle = float(np.clip(max(foot, 0.35) if rows.size else 0.1, 0.05, 1.1))
    return Horizon(middle, middle, 0.0)


def directions(scene: Scene, line: Horizon, shape: tuple[int, int]) -> NDArray[np.float64]:
    """(h, w, 3) unit directions of the pixels, with that horizon."""
    h, w = shape
    y, x = np.mgrid[0:h, 0:w].astype(np.float64)
    return Camera.of(replace(scene, horizon=line)).directions((x + 0.5) / w, (y + 0.5) / h)


def bearing(overview: Overview, sky: Float) -> tuple[float, float]:
    """(degrees of the sun seen from above, 0 ahead and 90 right; how sure, 0..1)."""
    light = overview.scene.light
    if light.visible:
        there = Camera.of(overview.scene).directions(np.array(light.x), np.array(light.y))
        return float(np.degrees(np.arctan2(there[0], there[2]))), 1.0
    if light.azimuth_confidence > 0.25:
        side = 1.0 if light.azimuth >= 0 else -1.0
        return side * (180.0 - abs(light.azimuth)), min(1.0, light.azimuth_confidence * 1.2)
    # Nobody knows: ahead, from the side on which the sky is brighter.
    y = luminance(overview.pixels) * sky
    half = y.shape[1] // 2
    left = float(y[:, :half].sum()) / max(1e-6, float(sky[:, :half].sum()))
    right = float(y[:, half:].sum()) / max(1e-6, float(sky[:, half:].sum()))
    apart = abs(math.log2((right + 1e-3) / (left + 1e-3)))
    return (50.0 if right >= left else -50.0), 0.35 + 0.35 * min(1.0, apart)
