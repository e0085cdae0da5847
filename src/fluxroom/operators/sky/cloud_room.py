"""Where new clouds may gather, how large they look, and from where the sun reaches them."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TypeVar

import cv2
import numpy as np

from fluxroom.operators.declare import Overview
from fluxroom.scene import Float, Scene
from fluxroom.sky import maps
from fluxroom.sky.camera import Camera
from fluxroom.sky.clouds import Buffers, Kind
from fluxroom.sky.light import Palette, luminance
from fluxroom.sky.sheets import Sheet

Direction = tuple[float, float, float]
Layer = TypeVar("Layer", Kind, Sheet)


def seen_clouds(scene: Scene, sky: Float) -> Float:
    """The clouds that are there, (h, w) like `sky`, 0..1."""
    clouds = scene.regions.get("clouds")
    if clouds is None:
        return np.zeros_like(sky)
    return maps.resize(np.ascontiguousarray(clouds, np.float32), sky.shape[1], sky.shape[0]) * sky


def share_of(clouds: Float, sky: Float) -> float:
    """How much of the sky they cover, 0..1."""
    return float(clouds.sum(dtype=np.float64) / max(1.0, float(sky.sum(dtype=np.float64))))


def sized(kind: Layer, camera: Camera, share: float) -> Layer:
    """The layer with its clouds overhead no wider than `kind.widest` of the frame; smaller in a sky that has clouds.

    A cloud as high as the picture's upper edge and at the layer's height is that far away; what it measures there is
    what the eye takes for its size.
    """
    if kind.widest <= 0.0:
        return kind
    rise = max(0.2, float(camera.directions(np.array(0.5), np.array(0.0))[1]))
    frame = 2.0 * math.atan(camera.tan_x)
    most = kind.widest * (1.0 - 0.45 * min(1.0, share / 0.4)) * frame * kind.base / rise
    part = min(1.0, most / kind.cell)
    return replace(
        kind,
        cell=kind.cell * part,
        weather=kind.weather * part**0.5,
        thickness=kind.thickness * part**0.7,
        extinction=kind.extinction / part**0.7,
    )


def afterglow(scene: Scene) -> float:
    """1 where the sun has just set before the camera and lights clouds from below .. 0."""
    p = scene.time_of_day.probabilities or {scene.time_of_day.value: 1.0}
    late = p.get("dusk", 0.0) + p.get("blue_hour", 0.0) + 0.5 * p.get("golden_hour", 0.0)
    late = min(1.0, late / (sum(p.values()) or 1.0) / 0.7)
    return 0.0 if scene.light.visible else late * min(1.0, max(0.0, (5.0 - scene.light.elevation) / 3.0))


def lowered(sun: Direction, glow: float) -> Direction:
    """The sun as far below the layer's horizon as an afterglow wants it: then bases are lit and tops are dark."""
    x, y, z = sun
    high = math.asin(max(-1.0, min(1.0, y))) * (1.0 - glow) + math.radians(-7.0) * glow
    level = max(1e-9, math.hypot(x, z))
    return x / level * math.cos(high), math.sin(high), z / level * math.cos(high)


def room(overview: Overview, clouds: Float, paint: Palette, name: str, width: int, height: int) -> Float:
    """What is added to the coverage at each ray, (height, width), 0 or less.

    Clouds are cut by how dense they are, not by masks: so they thin out with edges of their own where the sky's light
    is and where large clouds stand already, and stay few before a sky of layers.
    """
    long = max(width, height)
    _, p50, p95, _ = paint.levels
    light = luminance(overview.pixels)
    out = np.zeros((height, width), np.float32)
    if name != "storm":
        y = maps.resize(maps.blur(light, 0.012 * max(light.shape)), width, height)
        t = np.clip((np.log2(np.maximum(y, 1e-4) / p50) - 0.5) / 1.3, 0, 1)
        out -= np.float32(0.28 * (1.0 - paint.night)) * (t * t * (3.0 - 2.0 * t))
    if float(clouds.max(initial=0.0)) <= 0.0:
        return out
    soft = 0.006 * max(clouds.shape)
    old = np.clip(maps.resize(maps.blur(clouds, soft), width, height), 0, 1)
    bright = maps.resize(maps.blur(light, 0.6 * soft), width, height)
    head = old * np.clip((bright - p50) / max(1e-4, p95 - p50), 0, 1)
    head *= np.float32(min(1.0, math.log2(max(1.0, p95 / p50)) / 0.9))
    # Only what holds a disc is a tower that nothing should hide; puffs and streaks are hidden like the sky.
    small = maps.shrink(head.astype(np.float32), round(long / 3))
    disc = max(3, round(0.015 * long)) | 1
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (disc, disc))
    towers = np.asarray(cv2.morphologyEx(small, cv2.MORPH_OPEN, kernel), np.float32)
    towers = maps.blur(np.asarray(cv2.dilate(towers, kernel), np.float32), 0.5 * disc)
    towers = maps.resize(towers, width, height)
    out -= np.float32(0.2 if name == "storm" else 0.75) * towers
    if name == "broken":
        out -= np.float32(0.22) * maps.blur(old, 0.02 * long)
    return out


def without_crumbs(buffers: Buffers) -> Buffers:
    """Without what is hardly there, and without small bits that hang on to nothing."""
    alpha = buffers.alpha
    h, w = alpha.shape
    body = (alpha > 0.12).astype(np.uint8)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(body, connectivity=8)
    large = stats[:, cv2.CC_STAT_AREA] >= max(4, round(1.5e-3 * h * w))
    large[0] = False
    near = cv2.dilate(large[labels].astype(np.uint8), np.ones((5, 5), np.uint8))
    keep = maps.blur(near.astype(np.float32), 1.2) * near
    return replace(
        buffers,
        sun=buffers.sun * keep,
        ambient=buffers.ambient * keep,
        alpha=alpha * keep,
        opacity=buffers.opacity * keep,
    )
