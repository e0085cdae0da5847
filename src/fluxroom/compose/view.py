"""A land, its cover, its water and a clear sky from one camera: the picture that everything else is put into."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from fluxroom.compose.houses import House, Stage, draw_houses, with_glow
from fluxroom.compose.land import Ground, distances, stand
from fluxroom.compose.paint import SKY, WATER, Cover, ground_colors, water_colors
from fluxroom.sky.atmosphere import MIE, RAYLEIGH, dome

F32 = NDArray[np.float32]

WEIGHTS = np.array([0.2627, 0.6780, 0.0593], np.float32)
"""Luminance of linear Rec.2020."""
BAND = 128
"""Rows of sky computed at once."""
GRAIN = 1.25
"""Pixels of the first picture to one of the finished one, each way."""


@dataclass(frozen=True)
class View:
    """Where one stands and what light there is. Angles in degrees."""

    ground: Ground
    cover: Cover = field(default_factory=Cover)
    eye: float = 8.0
    """Metres above where one stands."""
    field_of_view: float = 58.0
    horizon: float = 0.56
    """Height of the horizon in the picture, 0 top .. 1 bottom."""
    sun_height: float = 30.0
    sun_bearing: float = -50.0
    """0 ahead, 90 right, 180 behind."""
    turbidity: float = 2.4
    wind: float = 0.06
    key: float = 0.30
    """How bright the picture's middle becomes, linear."""
    moonlit: bool = False
    cool: float = 0.0
    """How far the colours go to the blue of twilight, 0..1."""
    dull: float = 0.0
    """1: clouds hide the sun and the sky lights the land evenly."""


@dataclass(frozen=True)
class Seen:
    """pixels (H, W, 3) linear Rec.2020 in 0..1, tone-mapped; kind and distance (H, W); sun: its place, normalised;
    horizon, 0..1; the sun's height in degrees; inside: under trees, where no sky is open."""

    pixels: F32
    kind: NDArray[np.uint8]
    distance: F32
    sun: tuple[float, float]
    horizon: float
    sun_height: float
    inside: bool = False


def look(
    view: View,
    width: int,
    height: int,
    houses: tuple[House, ...] = (),
    *,
    lamps: float = 0.0,
    neon: float = 0.0,
    seed: int = 0,
) -> Seen:
    """Compute the picture; equal arguments give equal pixels. lamps, neon: how much of the houses is lit, 0..1."""
    w, h = round(width * GRAIN), round(height * GRAIN)
    focal = w / 2 / math.tan(math.radians(view.field_of_view) / 2)
    horizon = view.horizon * h
    eye = stand(view.ground) + view.eye
    distance = distances(w, h, horizon, focal, eye, 0.5 * view.eye * focal / max(h - horizon, 1.0), view.ground)
    air = dome(view.sun_height, view.turbidity)
    high, bearing = math.radians(view.sun_height), math.radians(view.sun_bearing)
    sun = np.array([math.sin(bearing) * math.cos(high), math.sin(high), math.cos(bearing) * math.cos(high)])

    x = (np.arange(w) + 0.5 - w / 2) / focal
    y = (horizon - (np.arange(h) + 0.5)) / focal
    out = np.empty((h, w, 3), np.float32)
    for top in range(0, h, BAND):
        part = slice(top, min(h, top + BAND))
        rays = np.stack([*np.broadcast_arrays(x[None, :], y[part, None]), np.ones((len(y[part]), w))], axis=-1)
        rays /= np.linalg.norm(rays, axis=-1, keepdims=True)
        out[part] = air.radiance(rays, view.sun_bearing)
        if not view.moonlit and not view.dull:
            _sun_disc(out[part], rays, sun, air.sun)
    level = np.stack([x, np.full(w, 0.012), np.ones(w)], axis=-1)
    level /= np.linalg.norm(level, axis=-1, keepdims=True)
    low = np.ascontiguousarray(air.radiance(level[None], view.sun_bearing)[0])
    around = air.table.mean(axis=(0, 1), dtype=np.float64)
    sunlight = air.sun * (1.0 - 0.97 * view.dull)
    around = around * (1.0 + 0.6 * view.dull)
    if view.dull:
        grey = out @ WEIGHTS
        out += np.float32(0.8 * view.dull) * (grey[..., None] * np.array([0.96, 1.0, 1.05], np.float32) - out)
        low = np.ascontiguousarray(low * 0.2 + 0.8 * low.mean(axis=-1, keepdims=True))
    extinction = RAYLEIGH * 1.0 + MIE * max(0.2, view.turbidity - 1.0) * 0.9
    kind = ground_colors(
        distance, horizon, focal, eye, view.ground, view.cover, sun, sunlight, math.pi * around, low, extinction, out
    )
    glow = np.zeros_like(out) if houses else out[:0]
    if houses:
        stage = Stage(
            out,
            glow,
            distance,
            kind,
            horizon,
            focal,
            eye,
            sun,
            sunlight,
            math.pi * around,
            extinction,
            low,
            lamps,
            neon,
            view.cover.snow_line < 0,
        )
        draw_houses(stage, list(houses), view.ground, np.random.default_rng([seed, 11]))
    deep = 0.045 * math.pi * around * np.array([0.25, 0.75, 1.0]) + 0.002 * sunlight * max(0.0, sun[1])
    water_colors(kind, horizon, focal, eye, view.ground, view.wind, deep, low, extinction, out)

    finished = developed(out, view.moonlit, view.key, view.cool)
    if houses and (lamps or neon):
        finished = shoulder(with_glow(finished, glow, kind, WATER, horizon))
    pixels = np.asarray(cv2.resize(finished, (width, height), interpolation=cv2.INTER_AREA), np.float32)
    kinds = cv2.resize(kind, (width, height), interpolation=cv2.INTER_NEAREST)
    far = np.asarray(cv2.resize(distance, (width, height), interpolation=cv2.INTER_NEAREST), np.float32)
    ahead = max(sun[2], 1e-3)
    place = (0.5 + sun[0] / ahead * focal / w, view.horizon - sun[1] / ahead * focal / h)
    return Seen(pixels, np.asarray(kinds), far, place, view.horizon, view.sun_height)


def _sun_disc(out: F32, rays: NDArray[np.float64], sun: NDArray[np.float64], light: NDArray[np.float64]) -> None:
    cosine = rays @ sun
    away = np.degrees(np.arccos(np.clip(cosine, -1, 1))).astype(np.float32)
    disc = np.clip((0.42 - away) / 0.08, 0, 1)
    glow = 0.9 * np.exp(-((away / 0.9) ** 1.3)) + 0.10 * np.exp(-away / 4.0)
    out += (disc * 60.0 + glow)[..., None] * light.astype(np.float32)


def developed(linear: F32, moonlit: bool = False, key: float = 0.30, cool: float = 0.0) -> F32:
    """Exposure that brings the picture's own middle to `key`, and a film-like shoulder; 0..1. By moonlight: dark, and
    bluish as eyes see it."""
    light = linear @ WEIGHTS
    middle = float(np.exp(np.mean(np.log(np.maximum(light, 1e-7)))))
    bright = float(np.percentile(light, 97))
    gain = min(key / max(middle, 1e-7), (0.55 + key) / max(bright, 1e-7))
    out = np.empty(linear.shape, np.float32)
    for top in range(0, len(linear), BAND):
        out[top : top + BAND] = _toned(linear[top : top + BAND] * np.float32(gain), moonlit, cool)
    return out


def _toned(x: F32, moonlit: bool, cool: float) -> F32:
    if moonlit or cool:
        grey = (x @ WEIGHTS)[..., None]
    if moonlit:
        x = (0.45 * x + 0.55 * grey) * np.array([0.085, 0.120, 0.190], np.float32)
    elif cool:
        x = x + np.float32(cool) * ((0.5 * x + 0.5 * grey) * np.array([0.62, 0.86, 1.30], np.float32) - x)
    # By the peak channel, so that hues stay; a part of each channel's own, for the sun's whiteness.
    peak = np.maximum(x.max(axis=-1, keepdims=True), 1e-7)
    together = x * (shoulder(peak) / peak)
    return np.asarray(0.65 * together + 0.35 * shoulder(x), np.float32)


def shoulder(x: F32) -> F32:
    """Straight up to 0.5, then ever flatter towards 1."""
    over = np.maximum(x - 0.5, 0)
    return np.asarray(np.where(x <= 0.5, x, 0.5 + 0.5 * (1 - np.exp(-over / 0.5))), np.float32)


__all__ = ["SKY", "Seen", "View", "look"]
