"""The image of a small bright disc in water: itself in a mirror, a path of glints on waves.

Waves tilt the water by a few degrees, so that every facet that looks at the light shows it: a path from the horizon
toward the camera, as long as the light is low (Minnaert 1937, "The Nature of Light and Colour in the Open Air", 14-18).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fluxroom.operators.phenomena.common import sample, step
from fluxroom.operators.phenomena.water import Water
from fluxroom.scene import Float
from fluxroom.sky import maps
from fluxroom.sky import noise as sky_noise

SIDE = 1024
"""Long side of the map; the disc is small."""


def disc_in_water(water: Water, x: float, y: float, radius: float, color: tuple[float, float, float]) -> Float | None:
    """(4, h, w) as `water.add_to_water` takes it, or None if none of it falls on water.

    x, y    of the disc in the sky, 0..1; radius as a share of the long side; colour linear, as bright as the disc
    """
    low_h, low_w = water.sends.shape
    scale = SIDE / max(low_h, low_w)
    h, w = round(low_h * scale), round(low_w * scale)
    line = float(sample(water.line[None, :], np.array([x]), np.array([0.5]))[0]) / low_h
    sends = maps.resize(water.sends, w, h)
    r = radius * SIDE
    gy, gx = np.mgrid[0:h, 0:w].astype(np.float32)
    gx, gy = gx + np.float32(0.5 - x * w), gy + np.float32(0.5)
    depth = np.clip((gy / h - line) / max(0.05, 1.0 - line), 0.0, 1.0)
    below = step(0.0, 0.01, gy / h - line)
    # The disc is brighter by far than white: its image is bright where the water sends little.
    image = 2.0 * water.calm * _image(gx, gy - (2 * line - y) * h, r, h)
    waves = (1.0 - water.calm) ** 0.7
    if waves > 0.05:
        image = image + waves * _path(gx, gy, depth, (2 * line - y) * h, r, water, h, w)
    light = (image * sends * below)[..., None] * np.array(color, np.float32)
    if float(light.max(initial=0.0)) < 0.004:
        return None
    around = 1.0 / maps.resize(water.around, w, h)
    return np.ascontiguousarray(np.concatenate([light.transpose(2, 0, 1), around[None]]), np.float32)


def _image(dx: Float, dy: Float, r: float, h: int) -> Float:
    """A disc in a mirror that is never quite still: its rim wavers from row to row, and it is drawn out a little."""
    rows = np.arange(h, dtype=np.float64)
    waver = 0.06 * r * (np.sin(rows / max(0.8, 0.13 * r)) + 0.7 * np.sin(rows / max(0.6, 0.071 * r) + 1.3))
    away = np.hypot(dx + waver[:, None], dy / 1.18)
    soft = 0.22 * r + 0.6
    disc = np.clip((r - away) / soft + 0.5, 0, 1)
    glow = 0.16 * np.exp(-((dx / (2.2 * r)) ** 2) - (dy / (5.5 * r)) ** 2)
    return np.asarray(disc + glow, np.float32)


def _path(dx: Float, gy: Float, depth: Float, mirror: float, r: float, water: Water, h: int, w: int) -> Float:
    """Glints about the light's mirrored place, drawn out up to the horizon and down toward the camera."""
    usual = 0.010 * SIDE
    wide = (r * usual) ** 0.5 * (1.1 + 5.0 * depth)
    reach = 0.30 * h
    along = np.exp(-((np.maximum(gy - mirror, 0.0) / reach) ** 2)) * np.exp(
        -((np.maximum(mirror - gy, 0) / (0.6 * h)) ** 2)
    )
    path = np.exp(-0.5 * (dx / wide) ** 2) * along
    glints = _glints(dx, depth, h, w)
    part = float(step(0.02, 0.07, water.rough))
    return np.asarray(path * (0.42 + part * (1.5 * glints - 0.30)), np.float32)


def _glints(dx: Float, depth: Float, h: int, w: int) -> Float:
    """Sparkle 0..1 in rows that are finer toward the horizon, wider than tall."""
    plane = sky_noise.noise().fine
    n = plane.shape[0]
    total: NDArray[np.float32] = np.zeros((h, w), np.float32)
    # Distance on the water goes as 1 / depth: rows crowd toward the horizon.
    far = np.log(depth + 0.035)
    for rows, salt in ((150.0, 0.0), (330.0, 0.37)):
        v = far * rows
        u = dx / (0.012 * SIDE * (0.12 + depth))
        i, j = np.floor(v).astype(np.int64), np.floor(u * 6).astype(np.int64)
        fv, fu = (v - i).astype(np.float32), (u * 6 - j).astype(np.float32)
        near, following = (7 * i + round(salt * n)) % n, (7 * i + 7 + round(salt * n)) % n
        a = plane[near, j % n] * (1 - fu) + plane[near, (j + 1) % n] * fu
        b = plane[following, j % n] * (1 - fu) + plane[following, (j + 1) % n] * fu
        total += a * (1 - fv) + b * fv
    return np.asarray(step(0.52, 0.85, 0.5 * total), np.float32)
