"""The tone of new clouds: the colours of those that are there, rims toward the sun, a storm over real forms."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from fluxroom.scene import Float, Scene
from fluxroom.sky import maps
from fluxroom.sky.light import Palette, luminance


def like_own(paint: Palette, pixels: Float, clouds: Float, sky: Float, glow: float) -> Palette:
    """The palette with the tints of the photo's own clouds, lit and shaded, as far as there are any.

    glow   see `afterglow`: then each height has a colour of its own, and streaks at the horizon do not tell the rest
    """
    inside = clouds > 0.6
    count = int(inside.sum())
    part = 0.85 * (1.0 - glow) * min(1.0, count / max(1.0, 0.08 * float((sky > 0.6).sum())))
    if count < 64 or part <= 0.0:
        return paint
    y = luminance(pixels)
    low, high = (float(v) for v in np.percentile(y[inside], (45, 90)))

    def toward(color: Float, chosen: Float) -> Float:
        mean = pixels[chosen > 0].mean(0, dtype=np.float64).astype(np.float32)
        tint = mean / max(1e-5, float(luminance(mean)))
        return np.asarray(color + np.float32(part) * (luminance(color)[..., None] * tint - color), np.float32)

    return replace(
        paint,
        sun=toward(paint.sun, (inside & (y >= high)).astype(np.float32)),
        ambient=toward(paint.ambient, (inside & (y <= low)).astype(np.float32)),
    )


def tempered(paint: Palette, scene: Scene) -> Palette:
    """No blue lights: what is cold in the palette is the air between. A low sun's light is warm in a photo with colour.

    Deep blue hours and nights keep their blue, which is then all the light there is.
    """
    p = scene.time_of_day.probabilities or {scene.time_of_day.value: 1.0}
    golden = p.get("golden_hour", 0.0) / (sum(p.values()) or 1.0)
    keep = max(paint.blue, paint.night)

    def less_cold(color: Float, most: float, warmer: float) -> Float:
        y = np.maximum(luminance(color), 1e-5)[..., None]
        tint = color / y - 1.0
        cold = np.clip((tint[..., 2] - tint[..., 0]) / 0.5, 0, 1)[..., None]
        tint = tint * (1.0 - np.float32(most * (1.0 - keep)) * cold)
        lean = np.clip(1.0 - (tint[..., 0] - tint[..., 2]) / 0.35, 0, 1)[..., None]
        tint = tint + np.float32(warmer) * lean * WARM
        return np.asarray(y * np.maximum(0.05, 1.0 + tint), np.float32)

    warmer = golden * (1.0 - keep) * min(1.0, paint.chroma / 0.08)
    return replace(paint, sun=less_cold(paint.sun, 0.85, warmer), ambient=less_cold(paint.ambient, 0.55, 0.3 * warmer))


WARM = np.array([0.16, -0.04, -0.25], np.float32)
"""Toward a low sun, as a tint (colour / luminance - 1) of luminance 0 but for rounding."""


def facing(alpha: Float, sun: tuple[float, float], low: float) -> Float:
    """A factor for the sunlight on each edge: 1 where it looks to the sun, little where it looks away.

    sun   its place in the picture, which may lie far outside
    low   0 high sun (no effect) .. 1 sun at the horizon
    """
    h, w = alpha.shape
    soft = maps.blur(alpha, 0.004 * max(h, w))
    gx = np.asarray(cv2.Sobel(soft, cv2.CV_32F, 1, 0, ksize=3), np.float32)
    gy = np.asarray(cv2.Sobel(soft, cv2.CV_32F, 0, 1, ksize=3), np.float32)
    dx = np.float32(sun[0] * w) - np.arange(w, dtype=np.float32)[None, :]
    dy = np.float32(sun[1] * h) - np.arange(h, dtype=np.float32)[:, None]
    size = np.hypot(gx, gy)
    face = -(gx * dx + gy * dy) / (np.hypot(dx, dy) + 1.0) / (size + 0.02)
    edge = np.clip(size / 0.25, 0, 1)
    factor = 1.0 + edge * (0.15 + 0.85 * np.clip(0.5 + 0.9 * face, 0, 1) - 1.0)
    return np.asarray(1.0 + np.float32(low) * (factor - 1.0), np.float32)


def own_forms(pixels: Float, sky: Float, share: float) -> float:
    """0 in a clear or even sky .. 1 where real clouds fill it with forms worth keeping in a storm."""
    log = np.log2(np.maximum(luminance(pixels), 1e-3)).astype(np.float32)
    weight = np.clip((sky - 0.5) * 2.0, 0, 1).astype(np.float32)
    long = max(sky.shape)

    def base(sigma: float) -> Float:
        return np.asarray(maps.blur(log * weight, sigma) / np.maximum(maps.blur(weight, sigma), 1e-2), np.float32)

    relief = base(0.006 * long) - base(0.05 * long)
    spread = float(np.sqrt((weight * relief**2).sum(dtype=np.float64) / max(1.0, float(weight.sum(dtype=np.float64)))))
    full = min(1.0, max(0.0, (share - 0.35) / 0.3))
    return full * min(1.0, max(0.0, (spread - 0.05) / 0.08))


def deepened(pixels: Float, sky: Float, width: int, height: int) -> Float:
    """Stops by which a storm darkens the clouds that are there, about 0..1.3: most where dark already, and overhead."""
    long = max(sky.shape)
    log = np.log2(np.maximum(luminance(pixels), 1e-3)).astype(np.float32)
    weight = np.clip((sky - 0.5) * 2.0, 0, 1).astype(np.float32)
    smooth = maps.blur(log * weight, 0.004 * long) / np.maximum(maps.blur(weight, 0.004 * long), 1e-2)
    inside = weight > 0.9
    low, middle, high = (float(v) for v in np.percentile(smooth[inside] if inside.any() else smooth, (8, 50, 92)))
    dark = np.clip((middle - smooth) / max(0.15, 0.5 * (high - low)), -1.0, 1.2)
    rows = np.flatnonzero(sky.mean(axis=1) > 0.05)
    foot = float(rows[-1] + 1) if rows.size else float(sky.shape[0])
    up = np.clip(1.0 - np.arange(sky.shape[0], dtype=np.float32) / foot, 0, 1)[:, None]
    return maps.resize(np.asarray(0.50 + 0.42 * dark + 0.30 * up, np.float32), width, height)
