"""Where a thing goes and what light falls on it."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from fluxroom.operators.declare import LUMA, Label, Overview, Param
from fluxroom.operators.sky.common import light_color
from fluxroom.scene import Float, Scene
from fluxroom.sky.camera import Camera

PLACE = (
    Param("x", -1.0, -1.0, 1.0, "of the width", Label("Place across", "水平位置")),
    Param("y", -1.0, -1.0, 1.0, "of the height", Label("Place down", "垂直位置")),
)
"""Where a thing goes; -1 finds a free and calm place."""


@dataclass(frozen=True, slots=True)
class Lit:
    """The light on things in the picture, linear Rec.2020.

    white     a white thing in the full light of the scene
    shade     the same turned away from it
    air       what distance fades into: the sky just above the horizon
    toward    -1 light from the left .. 1 from the right
    against   0 light from behind the camera .. 1 into the camera: things are dark shapes
    sun       unit vector toward the light: x right, y up, z ahead
    direct    what a white thing square to it takes from it, the rest of the sky shut out
    above     what a white thing that looks up takes from the sky without the sun
    below     what one that looks down takes from the ground
    black, top  luminance of the photo's own black and white points
    dim       0 the sun is up .. 1 it is down
    """

    white: Float
    shade: Float
    air: Float
    toward: float
    against: float
    sun: Float
    direct: Float
    above: Float
    below: Float
    black: float
    top: float
    dim: float


def lit(overview: Overview) -> Lit:
    """From the photo's own tones: nothing put in is brighter than what is there, nor of another colour of light."""
    scene, pixels = overview.scene, np.maximum(overview.pixels, 0)
    y = pixels @ np.array(LUMA, np.float32)
    high = float(np.percentile(y, 90))
    low = float(np.percentile(y, 25))
    color = np.array(scene.light.color, np.float32)
    color = color / max(1e-4, float(color @ np.array(LUMA, np.float32)))
    color = 1 + 0.6 * (color - 1)
    air = _air(overview, pixels)
    blue = air / max(1e-4, float(air @ np.array(LUMA, np.float32)))
    against = 0.0
    if scene.light.visible:
        against = 0.85
    elif scene.light.kind.value == "back":
        against = 0.7 * scene.light.kind.confidence
    sky = scene.regions.get("sky")
    if sky is not None and sky.shape == y.shape and 0.02 < float(sky.mean()) < 0.98:
        # Before a glowing horizon, two stops or more brighter than the land, one sees dark shapes.
        land = float(np.median(y[sky < 0.5])) if bool((sky < 0.5).any()) else high
        bright = float(air @ np.array(LUMA, np.float32)) + 1e-3
        glowing = float(np.clip((air[0] - air[2]) / bright / 0.4, 0, 1))
        against = max(against, glowing * float(np.clip((np.log2(bright / (land + 1e-3)) - 1.7) / 1.6, 0, 0.9)))
    lum = min(0.85, 0.9 * high)
    white = (lum * (1 - 0.88 * against)) * color
    shade = (max(0.6 * low, 0.28 * lum) * (1 - 0.8 * against)) * (0.5 + 0.5 * blue)
    sun = _sun(scene, against)
    hard, dim = 1 - 0.8 * scene.light.softness, _low(scene)
    warm = np.array(light_color(scene, 0.7), np.float32)
    golden = scene.time_of_day.probabilities.get("golden_hour", 0.0)
    # With the sun down the whole photo has the colour of its light, however cold.
    seen = np.maximum(np.array(scene.light.color, np.float32), 0)
    off = seen / max(1e-4, float(seen @ np.array(LUMA, np.float32))) - 1
    cast = np.asarray(1 + 0.7 * min(1.0, 1.6 * dim) * off, np.float32)
    warm = warm * cast
    warm = warm * (1 + 0.6 * golden * (np.array([1.13, 0.98, 0.72], np.float32) - 1))
    # Where the sun is down, the bright part of the sky is the light.
    full = min(0.85, max(lum, 0.92 * float(np.percentile(y, 99))))
    direct = 1.1 * full * (1 - dim) * max(1 - 0.5 * scene.light.softness, 0.2) * warm + 0.5 * dim * air
    ambient = max(0.5 * low, (0.20 + 0.25 * (1 - hard)) * lum) * (1 - 0.55 * max(against, dim))
    own = 0.55 + 0.3 * dim  # at dusk all light is the sky's
    above = ambient * (1.15 * (1 - own + own * blue)) * (0.5 + 0.5 * cast)
    ground = _ground_color(overview, pixels, y)
    below = 0.55 * ambient * (0.4 + 0.6 * ground)
    return Lit(
        white.astype(np.float32),
        shade.astype(np.float32),
        air,
        float(np.clip(2 * scene.light.x - 1, -1, 1)),
        float(min(1.0, against)),
        sun,
        direct.astype(np.float32),
        above.astype(np.float32),
        below.astype(np.float32),
        float(np.percentile(y, 0.5)),
        float(np.percentile(y, 99.5)),
        dim,
    )


def _low(scene: Scene) -> float:
    """0 the sun is up .. 1 it is down: dusk, the blue hour, night."""
    p = scene.time_of_day.probabilities or {scene.time_of_day.value: 1.0}
    down = sum(p.get(name, 0.0) for name in ("dusk", "blue_hour", "night")) / (sum(p.values()) or 1.0)
    high = float(np.clip((scene.light.elevation - 6.0) / 20.0, 0, 1)) * scene.light.confidence
    return float(np.clip(1.2 * down - 0.1, 0, 1) * (1 - 0.8 * high))


def _sun(scene: Scene, against: float) -> Float:
    """Unit vector toward the light. Where nobody knows it: from one side, behind the camera, half high."""
    light = scene.light
    if light.visible or against > 0.45:
        at = Camera.of(scene).directions(np.array(light.x), np.array(max(-0.5, light.y)))
        v = np.array([at[0], max(0.03, at[1]), max(0.2, at[2])])
    else:
        sure = light.azimuth_confidence > 0.35 or (light.kind.value == "side" and light.azimuth_confidence > 0.25)
        known = abs(light.azimuth) if sure else 68.0
        side = light.azimuth if sure and abs(light.azimuth) > 5 else 2 * light.x - 1
        around = np.radians(np.clip(known, 25, 130)) * (1.0 if side > 0 else -1.0)
        high = np.radians(np.clip(light.elevation, 12, 50))
        v = np.array([np.sin(around) * np.cos(high), np.sin(high), -np.cos(around) * np.cos(high)])
    return np.asarray(v / np.sqrt((v * v).sum()), np.float32)


def _ground_color(overview: Overview, pixels: Float, y: Float) -> Float:
    """Colour of the land, luminance 1."""
    sky = overview.scene.regions.get("sky")
    rows = np.arange(len(y))[:, None] > overview.scene.horizon.y(0.5) * len(y)
    land = rows & (y > 0.02) if sky is None or sky.shape != y.shape else (sky < 0.2) & rows & (y > 0.02)
    if int(land.sum()) < 50:
        return np.ones(3, np.float32)
    mean = pixels[land].mean(0)
    return np.asarray(mean / max(1e-4, float(mean @ np.array(LUMA, np.float32))), np.float32)


def _air(overview: Overview, pixels: Float) -> Float:
    """Mean colour of the lowest quarter of the sky; of all the picture where there is none."""
    sky = overview.scene.regions.get("sky")
    if sky is not None and sky.shape == pixels.shape[:2] and float(sky.mean()) > 0.01:
        rows = np.flatnonzero(sky.mean(axis=1) > 0.05)
        band = sky.copy()
        band[: int(rows[-1] - 0.25 * (rows[-1] - rows[0]))] = 0
        if float(band.sum()) > 20:
            return np.asarray((pixels * band[..., None]).sum((0, 1)) / band.sum(), np.float32)
    return np.asarray(pixels.mean((0, 1)), np.float32)


def faded(picture: Float, air: Float, share: float) -> Float:
    """A drawn picture seen through air: premultiplied light mixed with the air's."""
    out = picture.copy()
    out[..., :3] += np.float32(share) * (air * picture[..., 3:] - picture[..., :3])
    return out


def flying_room(overview: Overview) -> tuple[Float | None, Float]:
    """The sky behind what stands before it (None: unknown), and where in it things may go, a copy."""
    sky = overview.scene.regions.get("sky")
    if sky is None or sky.shape != overview.mask.shape:
        return None, np.ascontiguousarray(overview.mask).copy()
    return sky, np.ascontiguousarray(overview.mask * sky)


def free_place(
    mask: Float, pixels: Float, wide: float, high: float, want: tuple[float, float], rng: np.random.Generator
) -> tuple[float, float] | None:
    """Centre (x, y) for a box of that share of the frame, inside `mask`, calm, and near the place wanted; or None.

    mask     (h, w) where it may be;  pixels  (h, w, 3), busy parts are avoided
    """
    h, w = mask.shape
    bw, bh = max(1, round(wide * w)), max(1, round(high * h))
    if bw >= w or bh >= h:
        return None
    inside = cv2.boxFilter(mask, -1, (bw, bh), borderType=cv2.BORDER_CONSTANT)
    light = np.sqrt(np.maximum(pixels.mean(-1), 0)).astype(np.float32)
    busy = np.abs(cv2.Laplacian(light, cv2.CV_32F, ksize=3))
    busy = cv2.boxFilter(busy, -1, (bw, bh))
    y, x = np.mgrid[0:h, 0:w].astype(np.float32)
    away = np.hypot((x + 0.5) / w - want[0], ((y + 0.5) / h - want[1]) * h / w)
    score = away + 4 * busy + 0.03 * rng.random((h, w))
    score[inside < 0.97] = np.inf
    score[: bh // 2], score[h - bh // 2 :], score[:, : bw // 2], score[:, w - bw // 2 :] = (np.inf,) * 4
    at = int(np.argmin(score))
    if not np.isfinite(score.ravel()[at]):
        return None
    return (at % w + 0.5) / w, (at // w + 0.5) / h
