"""The photo's camera: from a place in the picture to a direction in the world, and back.

A pinhole with the photo's horizontal field of view, pitched and rolled so that its horizon falls on
the photo's. World axes: x right, y up, z ahead; directions have length 1.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fluxroom.scene import Scene


@dataclass(frozen=True, slots=True)
class Camera:
    """tan_x, tan_y: half the picture's extent at distance 1; pitch, roll in radians (pitch > 0 looks up)."""

    tan_x: float
    tan_y: float
    pitch: float
    roll: float

    @staticmethod
    def of(scene: Scene) -> Camera:
        field = min(120.0, max(8.0, scene.field_of_view))
        tan_x = math.tan(math.radians(field) / 2)
        aspect = scene.height / max(1, scene.width)
        tan_y = tan_x * aspect
        slope = (scene.horizon.right - scene.horizon.left) * aspect
        roll = max(-0.35, min(0.35, math.atan(slope)))
        below = (scene.horizon.y(0.5) - 0.5) * 2 * tan_y * math.cos(roll)
        return Camera(tan_x, tan_y, max(-1.0, min(1.2, math.atan(below))), roll)

    def directions(self, x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
        """Directions (..., 3) of normalised places."""
        cx = (np.asarray(x) - 0.5) * 2 * self.tan_x
        cy = (0.5 - np.asarray(y)) * 2 * self.tan_y
        cr, sr = math.cos(self.roll), math.sin(self.roll)
        rx, ry = cx * cr - cy * sr, cx * sr + cy * cr
        cp, sp = math.cos(self.pitch), math.sin(self.pitch)
        out = np.stack([rx, ry * cp + sp, cp - ry * sp], axis=-1)
        unit: NDArray[np.float64] = out / np.sqrt((out * out).sum(axis=-1, keepdims=True))
        return unit

    def project(self, direction: tuple[float, float, float]) -> tuple[float, float] | None:
        """The normalised place of a direction; None behind the camera."""
        dx, dy, dz = direction
        cp, sp = math.cos(self.pitch), math.sin(self.pitch)
        ahead = dy * sp + dz * cp
        if ahead <= 1e-6:
            return None
        rx, ry = dx / ahead, (dy * cp - dz * sp) / ahead
        cr, sr = math.cos(self.roll), math.sin(self.roll)
        cx, cy = rx * cr + ry * sr, -rx * sr + ry * cr
        return cx / (2 * self.tan_x) + 0.5, 0.5 - cy / (2 * self.tan_y)

    def sun(self, scene: Scene) -> tuple[float, float, float]:
        """Direction of the scene's light, kept within what lights a cloud layer (-1 to 75 degrees high).

        A light that nobody saw for sure stands higher the likelier it is plain day.
        """
        x, y, z = (float(v) for v in self.directions(np.array(scene.light.x), np.array(scene.light.y)))
        high = math.asin(max(-1.0, min(1.0, y)))
        p = scene.time_of_day.probabilities or {scene.time_of_day.value: 1.0}
        plain_day = p.get("day", 0.0) / (sum(p.values()) or 1.0)
        unseen = 0.0 if scene.light.visible else 1.0 - scene.light.confidence
        high = max(math.radians(34.0 * plain_day * unseen - 1.0), min(math.radians(75.0), high))
        level = math.hypot(x, z)
        if level < 1e-9:
            x, z, level = 0.0, 1.0, 1.0
        return x / level * math.cos(high), math.sin(high), z / level * math.cos(high)
