"""The light on new clouds when the sun is low: where it stands, how warm it is, how dark what it does not reach."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from fluxroom.operators.sky.cloud_room import Direction, afterglow, lowered
from fluxroom.scene import Float, Scene
from fluxroom.sky import maps
from fluxroom.sky.camera import Camera
from fluxroom.sky.light import Palette, luminance

SIDE = 160
"""Long side of the picture on which colours are read."""


ABOVE = -0.3
"""A light that was placed higher than this in the frame was not seen."""


@dataclass(frozen=True, slots=True)
class Low:
    """share: 0 high sun .. 1 a low sun seen in the sky's colours; tint: its colour / luminance - 1; x: where in the
    frame, 0..1, the sky is warmest."""

    share: float
    tint: Float
    x: float


def low_sun(pixels: Float, sky: Float, scene: Scene) -> Low:
    """How low the sun stands, by the hour that perception saw and by how warm the sky's warmest part is."""
    p = scene.time_of_day.probabilities or {scene.time_of_day.value: 1.0}
    late = p.get("golden_hour", 0.0) + p.get("dusk", 0.0) + 0.7 * p.get("blue_hour", 0.0)
    late = min(1.0, late / (sum(p.values()) or 1.0))
    small = maps.shrink(np.maximum(pixels, 0), SIDE)
    h, w = small.shape[:2]
    weight = np.clip((maps.resize(np.ascontiguousarray(sky, np.float32), w, h) - 0.6) / 0.3, 0, 1)
    inside = weight > 0.5
    none = Low(0.0, np.zeros(3, np.float32), scene.light.x)
    if late <= 0.0 or int(inside.sum()) < 24:
        return none
    y = np.maximum(luminance(small), 1e-3)
    tint = small / y[..., None] - 1.0
    lean = tint[..., 0] - tint[..., 2]
    ordinary, warmest = (float(v) for v in np.percentile(lean[inside], (75, 99)))
    share = late * min(1.0, max(0.0, (warmest - 0.05) / 0.2))
    if share <= 0.0:
        return none
    chosen = weight * np.clip((lean - ordinary) / max(0.02, warmest - ordinary), 0, 1) ** 2
    total = max(1e-6, float(chosen.sum(dtype=np.float64)))
    mean = (tint * chosen[..., None]).sum((0, 1), dtype=np.float64) / total
    x = float((chosen.sum(0, dtype=np.float64) * (np.arange(w) + 0.5)).sum() / total / w)
    return Low(share, np.asarray(mean, np.float32), x)


def sun_on_clouds(scene: Scene, camera: Camera, low: Low) -> Direction:
    """From where the sun lights the layer. One that was not seen stands where the hour and the sky's warmth say."""
    x, y, z = camera.sun(scene)
    light = scene.light
    if light.visible:
        return lowered((x, y, z), max(afterglow(scene), _under(y, low)))
    high = math.asin(max(-1.0, min(1.0, y)))
    level = max(1e-9, math.hypot(x, z))
    x, z = x / level, z / level
    if light.y < ABOVE:
        # A place above the frame is only a guess: the land tells better from where the light comes, ...
        told = min(1.0, light.azimuth_confidence / 0.25)
        angle = math.radians(light.azimuth)
        x, z = _toward(x, z, math.sin(angle), -math.cos(angle), told)
        # ... and in the evening, where it tells nothing, the sky's warm side.
        unsure = min(1.0, 1.8 * low.share * (1.0 - light.confidence))
        at = camera.directions(np.array(low.x), np.array(scene.horizon.y(low.x)))
        ground = math.hypot(float(at[0]), float(at[2])) or 1.0
        x, z = _toward(x, z, float(at[0]) / ground, float(at[2]) / ground, unsure * (1.0 - told))
        high += unsure * (math.radians(2.0) - high)
    y = math.sin(high)
    return lowered((x * math.cos(high), y, z * math.cos(high)), max(afterglow(scene), _under(y, low)))


def in_picture(camera: Camera, sun: Direction) -> tuple[float, float]:
    """Where in the picture a light stands; one behind the camera lies far off on the side from which it comes."""
    place = camera.project(sun)
    if place is not None:
        return min(50.0, max(-50.0, place[0])), min(50.0, max(-50.0, place[1]))
    return 0.5 + 50.0 * sun[0], 0.5 - 50.0 * sun[1]


def _toward(x: float, z: float, to_x: float, to_z: float, part: float) -> tuple[float, float]:
    x, z = x + part * (to_x - x), z + part * (to_z - z)
    level = math.hypot(x, z)
    return (x / level, z / level) if level > 1e-6 else (to_x, to_z)


def _under(rise: float, low: Low) -> float:
    """Seen from a layer the sun sets later: what is low here lights its underside there. rise: sine of its height."""
    elevation = math.degrees(math.asin(max(-1.0, min(1.0, rise))))
    return low.share * min(1.0, max(0.0, (9.0 - elevation) / 5.0))


def in_low_light(paint: Palette, low: Low) -> Palette:
    """The palette with lights as warm as the sky's warmest part and shades that hold the sky's own cold."""
    if low.share <= 0.0:
        return paint
    share = np.float32(low.share)
    y = np.maximum(luminance(paint.sun), 1e-5)[..., None]
    warm = np.clip(1.0 + 1.45 * low.tint, 0.05, None).astype(np.float32)
    warm = warm / max(1e-3, float(luminance(warm)))
    sun = paint.sun + np.float32(0.85) * share * (y * warm - paint.sun)
    ambient = paint.ambient * (1.0 - np.float32(0.30) * share)
    return replace(paint, sun=np.asarray(sun, np.float32), ambient=np.asarray(ambient, np.float32))
