"""The moon's near side: its seas where they lie, rayed craters, highlands, lit from any side."""

from __future__ import annotations

import math
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from fluxroom.scene import Float
from fluxroom.sky import noise as sky_noise

F64 = NDArray[np.float64]

SEAS = (
    # latitude, longitude (degrees north and east), half widths north-south and east-west (degrees), darkness
    (33, -16, 19, 21, 0.95),  # Imbrium
    (28, 17, 13, 13, 1.0),  # Serenitatis
    (8, 31, 14, 16, 1.1),  # Tranquillitatis
    (17, 59, 7, 9, 1.05),  # Crisium
    (-6, 51, 15, 10, 0.9),  # Fecunditatis
    (-15, 35, 7, 7, 0.9),  # Nectaris
    (20, -54, 26, 19, 0.95),  # Procellarum
    (0, -40, 17, 20, 0.85),  # Procellarum, south
    (-24, -39, 7, 7, 1.0),  # Humorum
    (-20, -16, 11, 11, 0.9),  # Nubium
    (-10, -23, 9, 11, 0.9),  # Cognitum
    (57, -10, 3, 24, 0.7),  # Frigoris, west
    (56, 20, 3, 16, 0.6),  # Frigoris, east
    (13, 4, 5, 5, 0.9),  # Vaporum
    (8, -8, 6, 9, 0.7),  # Aestuum and Medii
    (51.6, -9.4, 1.6, 1.9, 1.2),  # Plato
)
"""After the IAU Gazetteer of Planetary Nomenclature: centres and diameters, as ellipses."""
RAYED = ((-43.3, -11.4, 1.6, 1.0, 55), (9.6, -20.1, 1.5, 0.6, 18), (8.1, -38.0, 0.8, 0.55, 13),
         (23.7, -47.4, 0.8, 0.9, 10), (16.1, 46.8, 0.7, 0.5, 11), (-8.9, 60.9, 2.0, 0.35, 14))  # fmt: skip
"""Tycho, Copernicus, Kepler, Aristarchus, Proclus, Langrenus: latitude, longitude, radius, brightness, rays' length."""


def _unit(latitude: float, longitude: float) -> F64:
    a, o = math.radians(latitude), math.radians(longitude)
    return np.array([math.cos(a) * math.sin(o), math.sin(a), math.cos(a) * math.cos(o)])


def _noise(u: F64, v: F64, soft: float = 1.0) -> F64:
    """Fractal noise, 0..1, period 1; smoothed over `soft` of its 512 texels."""
    plane = sky_noise.noise().plane
    n = plane.shape[0]
    around = np.asarray(cv2.GaussianBlur(np.pad(plane, 32, mode="wrap"), (0, 0), soft), np.float32)
    plane = around[32:-32, 32:-32]
    found: F64 = plane[(v * n).astype(np.int64) % n, (u * n).astype(np.int64) % n].astype(np.float64)
    return found


def _smooth(low: float, high: float, x: Any) -> Any:
    t = np.clip((x - low) / (high - low), 0, 1)
    return t * t * (3 - 2 * t)


def _albedo(points: F64, longitude: F64, latitude: F64) -> F64:
    """Brightness 0..1 of the ground: highlands 0.9, seas about half."""
    rough = _noise(longitude / 150, latitude / 150, 6.0) - 0.5
    fine = _noise(longitude / 50 + 0.4, latitude / 50 + 0.2) - 0.5
    sea = np.zeros_like(latitude)
    # Shores wander: broad bays and small ones.
    north_of = 15 * (_noise(longitude / 120 + 0.3, latitude / 120 + 0.1, 5.0) - 0.5)
    east_of = 15 * (_noise(longitude / 120 + 0.8, latitude / 120 + 0.6, 5.0) - 0.5)
    for north, east, tall, wide, dark in SEAS:
        share = min(1.0, min(tall, wide) / 10.0)
        across = (longitude - east + share * east_of) * np.cos(np.radians(latitude)) / wide
        away = np.sqrt(((latitude - north + share * north_of) / tall) ** 2 + across**2) + share * 0.45 * fine
        sea = 1 - (1 - sea) * (1 - 0.9 * dark * (1 - _smooth(0.62, 1.30, away)))
    ground = 0.86 + 0.16 * rough + 0.12 * fine - sea * (0.44 + 0.25 * rough + 0.10 * fine)
    for north, east, radius, bright, length in RAYED:
        middle = _unit(north, east)
        away = np.degrees(np.arccos(np.clip(points @ middle, -1, 1)))
        side = np.cross(middle, np.array([0.0, 1.0, 0.0]))
        side /= np.linalg.norm(side)
        turn = np.arctan2(points @ np.cross(side, middle), points @ side)
        streaks = _noise(0.35 * np.cos(turn) + 0.31 * north, 0.35 * np.sin(turn) + 0.17 * east)
        ray = _smooth(0.52, 0.95, streaks) * np.exp(-away / (0.45 * length)) * _smooth(0.6 * radius, 2.5 * radius, away)
        spot = np.exp(-((away / (1.9 * radius)) ** 2))
        ground = ground + bright * (0.30 * ray + 0.12 * np.exp(-away / (0.25 * length)) + 0.16 * spot)
    return np.asarray(np.clip(ground, 0.2, 1.15), dtype=np.float64)


def _slopes(u: F64, v: F64, random: np.random.Generator, craters: int) -> tuple[F64, F64]:
    """Tilt of the ground to the right and up, from bowls and rims of craters, foreshortened by the sphere."""
    size = u.shape[0]
    right, up = np.zeros_like(u), np.zeros_like(u)
    place = random.uniform(-1, 1, (craters, 2))
    radii = 0.007 * random.random(craters) ** -0.45
    for (a, b), radius in zip(place, np.minimum(radii, 0.06), strict=True):
        if a * a + b * b > 0.97:
            continue
        squeeze = math.sqrt(1 - a * a - b * b)
        reach = 2.2 * radius
        i0, i1 = (int(np.clip((t + 1) / 2 * size, 0, size)) for t in (a - reach, a + reach))
        j0, j1 = (int(np.clip((1 - t) / 2 * size, 0, size)) for t in (b + reach, b - reach))
        if i1 <= i0 or j1 <= j0:
            continue
        du, dv = u[j0:j1, i0:i1] - a, v[j0:j1, i0:i1] - b
        length = math.hypot(a, b) or 1.0
        out = (du * a + dv * b) / length
        du, dv = du + out * a / length * (1 / squeeze - 1), dv + out * b / length * (1 / squeeze - 1)
        q = np.sqrt(du * du + dv * dv) / radius
        rise = np.where(q < 1, q**3, -np.exp(-4.0 * (q - 1.0)))
        right[j0:j1, i0:i1] += rise * du / (radius * np.maximum(q, 0.05))
        up[j0:j1, i0:i1] += rise * dv / (radius * np.maximum(q, 0.05))
    return right, up


def face(size: int, lit: float, toward: float, turn: float, seed: int) -> tuple[Float, Float]:
    """The disc in a square of `size` pixels: light from the ground (0..1.15) and what earth shines on it (0..1).

    lit     share of the disc that the sun lights, 0 new .. 1 full
    toward  direction of the sun on the picture, radians from right, anticlockwise
    turn    how far the moon's north leans from up, radians anticlockwise
    Lommel-Seeliger's law: a full moon is as bright at its rim as in its middle (Hapke 1993, section 8).
    """
    at = (np.arange(size) + 0.5) / size * 2 - 1
    u, v = np.meshgrid(at, -at)
    radius = np.sqrt(u * u + v * v)
    inside = np.minimum(1.0, 0.9999 / np.maximum(radius, 1e-9))
    u, v = u * inside, v * inside  # the rim's ground goes on beyond it, for soft edges
    w = np.sqrt(np.maximum(1e-6, 1 - u * u - v * v))
    ca, sa = math.cos(turn), math.sin(turn)
    east, north = u * ca + v * sa, -u * sa + v * ca
    latitude = np.degrees(np.arcsin(np.clip(north, -1, 1)))
    longitude = np.degrees(np.arctan2(east, w))
    points = np.stack([east, north, w], axis=-1)
    ground = _albedo(points, longitude, latitude)
    random = np.random.Generator(np.random.PCG64(seed))
    right, up = _slopes(u, v, random, 900)
    phase = math.acos(max(-1.0, min(1.0, 2 * lit - 1)))
    sun = np.array([math.sin(phase) * math.cos(toward), math.sin(phase) * math.sin(toward), math.cos(phase)])
    rough = 0.42
    facing = (u - rough * right) * sun[0] + (v - rough * up) * sun[1] + w * sun[2]
    smooth = u * sun[0] + v * sun[1] + w * sun[2]
    held = np.maximum(0.0, facing) * _smooth(-0.02, 0.06, smooth)
    shine = np.minimum(1.0, 2 * held / (held + w + 1e-4)) if phase > 1e-3 else np.ones_like(w)
    earth = ground * (0.35 + 0.65 * w) * (1 - lit)
    return np.asarray(ground * shine, np.float32), np.asarray(earth, np.float32)
