"""Sky reflection: calm water mirrors what its sky became.

Water shows a share of the sky above it, by Fresnel's equations (Schlick 1994, "An Inexpensive BRDF Model"), and its own
depth for the rest. That share of it changes as the sky has changed since the original, at the place that it mirrors;
ripples, banks and stones stay as they are. How well the water mirrors is measured on the original: where it shows the
land above it upside down it is a mirror, where it is only smooth it is a dull one, and rough water is left alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from fluxroom.operators.declare import Label, Operator, Overview, Param, Parameters, Window, register
from fluxroom.operators.sky.common import STRENGTH, maps_columns, maps_row_of, sky_mask
from fluxroom.scene import Float, Scene
from fluxroom.sky import maps
from fluxroom.sky._jit import exp2_row, jit
from fluxroom.sky.camera import Camera
from fluxroom.sky.light import luminance

SIDE = 512
"""Long side of the maps, pixels."""
MOST = 2.0
"""No place changes by more stops than this."""
SEEK = 256
"""Long side of the maps on which the mirror's line is sought."""
ABOVE, BELOW = 0.16, 0.08
"""How far from the horizon it may lie, as a share of the height: shores hide it, and they are often taken for it."""
FORMS = 0.2
"""Spread of what there is to mirror, stops, from which on a likeness counts in full."""
OWN_LIGHT = 0.2
"""The most that water sends up from its depth, as a share of the light above it (its bed seen through little of it)."""


@dataclass(frozen=True, slots=True)
class _Mirror:
    planes: Float  # (3, h, w): stops for each channel


def _reflection_prepare(overview: Overview, parameters: Parameters, seed: int) -> _Mirror | None:
    strength = float(parameters["strength"])
    if strength <= 0.0 or not overview.mask.any():
        return None
    scene = overview.scene
    now = maps.shrink(np.maximum(overview.pixels, 0), SIDE)
    h, w = now.shape[:2]
    if min(h, w) < 16:
        return None
    was = maps.resize(np.ascontiguousarray(np.maximum(scene.preview, 0), np.float32), w, h)
    sky = maps.resize(sky_mask(scene, (overview.pixels.shape[0], overview.pixels.shape[1])), w, h)
    water = maps.resize(np.ascontiguousarray(overview.mask, np.float32), w, h)
    change = np.log2((now + 0.01) / (was + 0.01)) * np.clip(2.0 * sky - 1.0, 0, 1)[..., None]
    if float(np.abs(change).max(initial=0.0)) < 0.02:
        return None
    line, mirrors, smooth = mirror_of(was, sky, water, scene)
    calm = calmness(mirrors, smooth, scene)
    if calm <= 0.05:
        return None
    gy, gx = np.mgrid[0:h, 0:w].astype(np.float32)
    at = (2.0 * line[None, :] - gy - 1.0).astype(np.float32)

    def mirrored(values: Float) -> Float:
        flat = cv2.remap(values, gx, at, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        return np.asarray(flat, np.float32)

    weight = np.clip(2.0 * mirrored(sky) - 1.0, 0, 1)
    # Beyond the upper edge nobody knows the sky: the edge's own change, fading.
    weight *= np.exp(-np.maximum(0.0, -at) / np.float32(0.10 * h)) * np.clip(gy - line[None, :], 0, 1)
    stops = _smeared(mirrored(change.astype(np.float32)), weight, gy - line[None, :], mirrors)
    down = np.maximum(0.0, -Camera.of(scene).directions((gx + 0.5) / w, (gy + 0.5) / h)[..., 1]).astype(np.float32)
    fresnel = 0.02 + 0.98 * (1.0 - np.clip(down, 0, 1)) ** 5
    weight = _along_edges(was, weight, water)
    # The part of each channel's light that is the sky's: what the mirror sends, but no more than is there; and what is
    # brighter than water can be by itself.
    here = np.maximum(maps.blur(was, 1.0), 1e-3)
    above = np.maximum(mirrored(was), 1e-3)
    part = np.maximum(fresnel[..., None] * above, here - OWN_LIGHT * above) / here
    part = np.clip(part, 0, 1)
    # Half way to one share for all: a bed that shows in one colour alone must not be dyed by what the rest does.
    part = 0.5 * (part + luminance(part)[..., None]) * weight[..., None]
    part = maps.blur(part.astype(np.float32), 1.0) * np.float32(strength * calm)
    gain = np.log2(np.maximum(0.02, 1.0 + part * (np.exp2(stops) - 1.0)))
    if float((np.abs(gain).max(-1) * water).max(initial=0.0)) < 0.01:
        return None
    planes = np.clip(gain, -MOST, MOST).transpose(2, 0, 1)
    return _Mirror(np.ascontiguousarray(planes, np.float32))


def calmness(mirrors: float, smooth: float, scene: Scene) -> float:
    """0 rough .. 1 a mirror, by how well it mirrors the land and how smooth it is."""
    sure = min(1.0, scene.confidence.get("water", 1.0) / 0.5)
    return max(min(1.0, max(0.0, (mirrors - 0.25) / 0.4)), 0.5 * smooth) * sure


def calm_water(scene: Scene) -> float:
    """How well the photo's water mirrors its sky: 0 none seen or rough .. 1 a mirror."""
    water = scene.regions.get("water")
    if water is None or scene.share("water") < 0.02:
        return 0.0
    was = maps.shrink(np.ascontiguousarray(np.maximum(scene.preview, 0), np.float32), SIDE)
    h, w = was.shape[:2]
    if min(h, w) < 16:
        return 0.0
    sky, there = (
        maps.resize(np.ascontiguousarray(m, np.float32), w, h)
        for m in (sky_mask(scene, (water.shape[0], water.shape[1])), water)
    )
    return calmness(*mirror_of(was, sky, there, scene)[1:], scene)


def _advise(overview: Overview, parameters: Parameters) -> tuple[str, ...]:
    if float(parameters["strength"]) <= 0.0 or not overview.mask.any() or calm_water(overview.scene) > 0.05:
        return ()
    return ("sky_reflection: the water is too rough to mirror the sky; it stays as it is",)


def _along_edges(was: Float, weight: Float, water: Float) -> Float:
    """The weight with its edges where the water shows them: lines and slopes are known only to a few pixels."""
    log = np.log2(np.maximum(luminance(was), 1e-3)).astype(np.float32)
    radius = max(2, round(0.02 * max(weight.shape)))
    a, b = maps.regression(log, weight.astype(np.float32), np.clip(water, 0, 1), radius, 0.3**2)
    return np.asarray(np.clip(1.3 * (a * log + b) - 0.15, 0, 1), np.float32)


def _smeared(values: Float, weight: Float, depth: Float, mirrors: float) -> Float:
    """Ripples draw what is mirrored out toward the camera, the more the nearer; blind to where `weight` is 0."""
    h = values.shape[0]
    spread = (0.004 + 0.03 * (1.0 - mirrors)) * h
    near, far = (_drawn(values, weight, s) for s in (max(0.8, 0.5 * spread), max(1.5, 3.0 * spread)))
    share = np.clip(depth / (0.35 * h), 0, 1)[..., None]
    return np.asarray(near + share * (far - near), np.float32)


def _drawn(values: Float, weight: Float, sigma: float) -> Float:
    def blur(v: Float) -> Float:
        return np.asarray(cv2.GaussianBlur(v, (0, 0), sigmaX=max(0.5, 0.35 * sigma), sigmaY=sigma), np.float32)

    return np.asarray(blur(values * weight[..., None]) / np.maximum(blur(weight), 1e-2)[..., None], np.float32)


def mirror_of(was: Float, sky: Float, water: Float, scene: Scene) -> tuple[Float, float, float]:
    """The mirror's line (row at each column), how well the water mirrors, and how smooth it is, 0..1 each.

    Forms of tone and of colour are sought upside down in the water, in the sky and at its foot: what stands nearer is
    mirrored about other lines. They must be alike across columns and along them, for all that changes with height
    alone is like its mirror image about some line.
    """
    h, w = water.shape
    seek = (maps.shrink(np.ascontiguousarray(m, np.float32), SEEK) for m in (was, sky, water))
    found, line = _alike(next(seek), next(seek), next(seek), scene)
    inside = (water > 0.6).astype(np.float32)
    log = np.log2(np.maximum(luminance(was), 1e-3)).astype(np.float32)
    fine = log - maps.blur(log, 2.0)
    core = cv2.erode(inside, np.ones((5, 5), np.uint8)) > 0
    rough = float(np.median(np.abs(fine[core]))) if core.any() else 1.0
    slope = np.linspace(scene.horizon.left, scene.horizon.right, w, dtype=np.float32) + np.float32(line)
    return (
        np.asarray(slope * np.float32(h), np.float32),
        float(np.clip((found - 0.48) / 0.09, 0, 1)),
        float(np.clip((0.035 - rough) / 0.025, 0, 1)),
    )


def _alike(was: Float, sky: Float, water: Float, scene: Scene) -> tuple[float, float]:
    """The best likeness of the water to what is above a line, 0..1, and how far below the horizon that line is."""
    h, w = water.shape
    long = max(h, w)
    log = np.log2(np.maximum(luminance(was), 1e-3)).astype(np.float32)
    hue = np.log2((np.maximum(was[..., 2], 0) + 0.01) / (np.maximum(was[..., 0], 0) + 0.01)).astype(np.float32)
    # Forms only: without what changes slowly.
    forms = [np.clip(maps.blur(v - maps.blur(v, 0.15 * long), 0.005 * long), -1.5, 1.5) for v in (log, hue)]
    inside = (water > 0.6).astype(np.float32)
    foot = np.ones((max(1, round(0.05 * h)), 3), np.uint8)
    far = np.asarray(cv2.dilate((sky > 0.5).astype(np.float32), foot), np.float32)
    stack = np.dstack([*forms, inside, far]).astype(np.float32)
    gy, gx = np.mgrid[0:h, 0:w].astype(np.float32)
    slope = np.linspace(scene.horizon.left, scene.horizon.right, w, dtype=np.float32) * np.float32(h)
    best, best_line = 0.0, 0.0
    lowest, highest = -round(ABOVE * h), round(BELOW * h)
    for offset in range(lowest, highest + 1):
        line = slope + np.float32(offset)
        at = 2.0 * line[None, :] - gy - 1.0
        other = np.asarray(cv2.remap(stack, gx, at.astype(np.float32), cv2.INTER_LINEAR), np.float32)
        # Water is like itself across any line: only what stands above it counts.
        ok = inside * ((at >= 0) & (at < line[None, :]) & (other[..., 2] < 0.3) & (other[..., 3] > 0.5))
        count = float(ok.sum())
        if count < 0.2 * float(inside.sum()) or count < 64:
            continue
        found = min(_likeness(forms, other, ok, axis, count) for axis in (0, 1))
        if found > best and lowest < offset < highest:  # at the limit nothing was found, only approached
            best, best_line = found, offset / h
    return best, best_line if best > 0.48 else 0.0


def _likeness(forms: list[Float], other: Float, ok: Float, axis: int, count: float) -> float:
    """Correlation of the forms where `ok`, each column's (axis 0) or row's own mean taken off."""
    both, norm = 0.0, 0.0
    many = np.maximum(ok.sum(axis, keepdims=True), 1.0)
    for k, form in enumerate(forms):
        a, b = form * ok, other[..., k] * ok
        a, b = a - ok * (a.sum(axis, keepdims=True) / many), b - ok * (b.sum(axis, keepdims=True) / many)
        both += float((a * b).sum(dtype=np.float64))
        norm += float(np.sqrt((a * a).sum(dtype=np.float64) * (b * b).sum(dtype=np.float64)))
    # Faint forms are like each other by chance: there must be something to mirror.
    return both / max(norm, 1e-6) * min(1.0, norm / count / FORMS**2)


@jit
def _mirror_tile(tile: Float, planes: Float, x0: int, y0: int, image_width: int, image_height: int) -> None:
    th, tw = tile.shape[0], tile.shape[1]
    index, part = np.empty(tw, np.int32), np.empty(tw, np.float32)
    maps_columns(x0, image_width, planes.shape[2], index, part)
    line = np.empty(planes.shape[2], np.float32)
    g = np.empty((3, tw), np.float32)
    power = np.empty(tw, np.float32)
    for r in range(th):
        maps_row_of(planes, y0 + r, image_height, index, part, line, g)
        for k in range(3):
            exp2_row(g[k], power)
            for c in range(tw):
                tile[r, c, k] *= power[c]


def _reflection_apply(tile: NDArray[np.float32], window: Window, prepared: Any) -> None:
    if prepared is None:
        return
    p: _Mirror = prepared
    _mirror_tile(tile, p.planes, window.x, window.y, window.image_width, window.image_height)


SKY_REFLECTION = register(
    Operator(
        name="sky_reflection",
        version=1,
        family="sky",
        kind="layer",
        label=Label("Sky reflection", "天空倒影"),
        doc=(
            "Calm water mirrors what its sky became: new clouds, another light. Comes after what changes the sky; "
            "rough water, and water under an unchanged sky, stay as they are."
        ),
        params=(Param("strength", 0.95, 0.0, 1.0, label=STRENGTH),),
        prepare=_reflection_prepare,
        apply=_reflection_apply,
        region="water",
        advise=_advise,
        optional=frozenset({"water"}),
    )
)
