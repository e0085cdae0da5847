"""The light that a lamp or a fire throws on the ground around: Lambert and the inverse square, on the ground plane.

What lies there sends back its own share of it: the photo's light is albedo times the scene's light, so a lamp adds
photo * lamp / scene, colour by colour. The scene's colour is the mean of the ground around (a grey world there).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from fluxroom.operators.declare import LUMA, Overview
from fluxroom.operators.elements.place import Lit
from fluxroom.operators.elements.sprite import Placed, gains_of
from fluxroom.operators.sky.common import own_chroma
from fluxroom.scene import Float
from fluxroom.sky.camera import Camera

EYE = 1.6
"""Assumed height of the camera over the ground, metres."""
UPRIGHT = 0.42
"""Share of the light that rough ground, rails and stones take as if they faced the lamp."""


@dataclass(frozen=True, slots=True)
class Lamp:
    """x, y: its foot, shares of the picture; high: of the flame over the ground, metres; power: its light on what faces
    it at 1 m, as a share of the scene's own light on the ground there."""

    x: float
    y: float
    high: float
    power: float


def thrown(overview: Overview, light: Lit, lamps: Sequence[Lamp], color: Float, reach: float = 7.0) -> Placed | None:
    """Gains for the ground around lamps of one colour (3,), whose light adds up; reach in metres."""
    pixels = np.maximum(overview.pixels, 0)
    h, w = pixels.shape[:2]
    gy, gx = np.mgrid[0:h, 0:w].astype(np.float32)
    ray = Camera.of(overview.scene).directions((gx + 0.5) / w, (gy + 0.5) / h).astype(np.float32)
    takes = _takes(overview, ray)
    chroma = np.float32(own_chroma(overview, np.ones((h, w), np.float32)))
    gray = np.float32(float(color @ np.array(LUMA, np.float32)))
    gain = np.zeros((h, w, 3), np.float32)
    for lamp in lamps:
        share, square = _share(overview, ray, lamp, reach)
        share *= takes
        near = (square < 2.5**2) & (share > 0)
        around = pixels[near].mean(0) if int(near.sum()) > 20 else pixels.mean((0, 1))
        tint = around / max(1e-4, float(around @ np.array(LUMA, np.float32)))
        tint = 1 + chroma * (np.clip(0.15 + 0.85 * tint, 0.3, 3) - 1)
        gain += np.float32(lamp.power) * share[..., None] * ((gray + chroma * (color - gray)) / tint)
    # A camera holds what becomes too bright.
    here = np.asarray(cv2.GaussianBlur(pixels, (0, 0), 1.5), np.float32) + np.float32(2e-3)
    lit = here * (1 + gain)
    half = np.float32(0.5 * max(0.75, 0.9 * light.top))
    held = np.where(lit > half, half + half * np.tanh((lit - half) / half), lit)
    gain = np.minimum(gain, np.maximum(held / here - 1, 0))
    strong = gain.max(-1) > 0.004
    if not strong.any():
        return None
    rows, columns = np.flatnonzero(strong.any(1)), np.flatnonzero(strong.any(0))
    y0, y1, x0, x1 = int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1
    part = np.ascontiguousarray(gain[y0:y1, x0:x1])
    return gains_of(part, 0.5 * (x0 + x1) / w, 0.5 * (y0 + y1) / h, (x1 - x0) / w, (y1 - y0) / h)


def _takes(overview: Overview, ray: Float) -> Float:
    """(h, w) how well a place takes light that falls on it: water hardly, sky not at all."""
    out = (-ray[..., 1] >= 1e-3).astype(np.float32)
    for name, left in (("water", 0.10), ("sky", 0.0)):
        mask = overview.scene.regions.get(name)
        if mask is not None and mask.shape == out.shape:
            out *= 1 - (1 - left) * np.clip((mask - 0.25) / 0.4, 0, 1)
    return out


def _share(overview: Overview, ray: Float, lamp: Lamp, reach: float) -> tuple[Float, Float]:
    """The lamp's light on the ground of each place, 1 on what faces it at 1 m, and the distance squared, m2."""
    foot = Camera.of(overview.scene).directions(np.array(lamp.x), np.array(lamp.y))
    down, drop = np.maximum(-ray[..., 1], 1e-4), max(2e-3, float(-foot[1]))
    dx = EYE * ray[..., 0] / down - np.float32(EYE * foot[0] / drop)
    dz = EYE * ray[..., 2] / down - np.float32(EYE * foot[2] / drop)
    flat = dx * dx + dz * dz
    square = flat + np.float32(lamp.high**2)
    share = (UPRIGHT + (1 - UPRIGHT) * lamp.high / np.sqrt(square)) / square
    # Its own foot keeps the light from the place right under it; far off it ends softly.
    share *= np.clip(np.sqrt(flat) / (0.9 * lamp.high), 0.12, 1) * np.clip(1 - square / reach**2, 0, 1) ** 2
    return np.asarray(share, np.float32), np.asarray(square, np.float32)


def bloom(color: Float, strength: float, size: int = 128) -> Float:
    """Light in the air and in the lens around a lamp, (size, size, 4): almost no cover, only light."""
    y, x = np.mgrid[-1 : 1 : size * 1j, -1 : 1 : size * 1j].astype(np.float32)
    away = np.hypot(x, y)
    glow = (0.55 / (1 + (away / 0.10) ** 2) + 0.45 * np.exp(-((away / 0.35) ** 2))) * np.clip(1 - away, 0, 1) ** 1.5
    out = np.zeros((size, size, 4), np.float32)
    out[..., :3] = np.float32(strength) * glow[..., None] * color
    out[..., 3] = np.clip(0.12 * strength * glow, 0, 0.3)
    return out
