"""Flames of a wood fire, its logs, stones and sparks.

A flame is a thin glowing sheet, brightest where one looks along it, at its sides; many tongues rise from the wood, sway
more the higher they are and tear off at their tips. Soot glows near 1900 K: what the tongues add up to goes through a
film's shoulder in each channel, so that the middle is yellow-white, the tips deep orange, as photographs show it.
Units: the flames' height is 1, x to the right, y up, the middle of the fire at the origin.
"""

from __future__ import annotations

import cv2
import numpy as np

from fluxroom.operators.elements.figure import lay_rods
from fluxroom.scene import Float

SOOT = np.array([1.0, 0.34, 0.045], np.float32)
"""Light of glowing soot, about 1900 K, linear Rec.2020, its largest channel 1."""
RING = (0.50, 0.115)
"""Half the width of the ring of stones, and half its depth as seen from a little above."""
WIDE, TOP, FOOT = 1.9, 2.3, 0.22
"""Extent of the picture: across, above and under the middle of the fire."""


def tongues(height: int, rng: np.random.Generator) -> Float:
    """How much soot glows at each pixel, (h, w)."""
    scale = height / (TOP + FOOT)
    w = round(WIDE * scale)
    out: Float = np.zeros((height, w), np.float32)
    y = (TOP - (np.arange(height, dtype=np.float32) + 0.5) / scale)[:, None]
    x = ((np.arange(w, dtype=np.float32) + 0.5) / scale - WIDE / 2)[None]
    lean = float(rng.normal(0, 0.09))
    for _ in range(30):
        foot = float(np.clip(rng.normal(0, 0.16), -0.33, 0.33))
        tall = float((1 - 1.6 * abs(foot)) * rng.uniform(0.38, 1.05))
        start = float(rng.uniform(-0.01, 0.08 + 0.30 * rng.random() * tall))
        wide = float(rng.uniform(0.035, 0.085))
        waves, phase = rng.uniform(0.7, 1.7, 2), rng.uniform(0, 6.3, 2)
        rows = slice(max(0, int((TOP - start - tall) * scale)), int((TOP - start) * scale) + 1)
        reach = [foot + side * 0.22 + min(0.0, side * lean) * side for side in (-1, 1)]
        columns = slice(max(0, int((reach[0] - 0.1 + WIDE / 2) * scale)), int((reach[1] + 0.1 + WIDE / 2) * scale) + 1)
        t = np.clip((y[rows] - start) / tall, 0, 1)
        sway = 0.075 * t * np.sin(6.3 * waves[0] * t + phase[0]) + 0.030 * t * np.sin(13 * waves[1] * t + phase[1])
        middle = foot * (1 - 0.6 * t) + lean * t**1.4 + sway
        thick = wide * (1 - t) ** 0.8 * (0.4 + 0.6 * np.minimum(1, 4 * t)) + 1e-3
        d = (x[:, columns] - middle) / thick
        sheet = np.exp(-(d**4)) * (0.30 + 0.70 * np.minimum(1.2, d * d))
        glow = sheet * (1 - t) ** 0.6 * np.minimum(1, 6 * t + 0.1)
        out[rows, columns] += np.asarray(rng.uniform(0.3, 1.0) * glow, np.float32)
    soft = cv2.GaussianBlur(out, (0, 0), sigmaX=0.004 * scale, sigmaY=0.018 * scale)
    halo = cv2.GaussianBlur(out, (0, 0), 0.05 * scale)
    return np.asarray(soft + 0.10 * halo, np.float32)


def draw(sky: Float, ground: Float, shine: float, tufts: float, height: int, rng: np.random.Generator) -> Float:
    """(h, w, 4) premultiplied. sky, ground (3,): the scene's own light from above and below; shine: how bright the
    fire is beside white, about 1 by night; tufts: how high grass stands before the stones."""
    scale = height / (TOP + FOOT)
    soot = tongues(height, rng)
    w = soot.shape[1]
    back = np.zeros((height, w, 4), np.float32)
    warm = np.float32(1.1 * shine) * SOOT
    at = (float(scale), 0.5 * w, TOP * scale)
    depth = np.full((height, w), np.inf, np.float32)
    stones = [(np.pi * (k + 0.5 * rng.random()) / 7.5, float(rng.uniform(0.62, 1.3))) for k in range(15)]
    _stones([s for s in stones if np.sin(s[0]) > -0.1], back, depth, np.array([0, 0.35, -0.93]), warm, sky, ground, at)
    depth[:] = np.inf
    _logs(back, depth, 0.5 * warm, sky, ground, at, rng)
    out = back
    # Flames lie before the wood and add their light; they hide little.
    light = 1 - np.exp(-np.float32(2.8) * soot[..., None] * SOOT)
    cover = np.clip(0.55 * soot, 0, 0.85)[..., None]
    out *= 1 - cover
    out[..., :3] += np.float32(shine) * light
    out[..., 3:] += cover
    _embers(out, shine, at, rng)
    front = np.zeros_like(out)
    depth[:] = np.inf
    near = [s for s in stones if np.sin(s[0]) <= -0.1]
    _stones(near, front, depth, np.array([0, 0.55, 0.83]), 1.0 * warm, sky, ground, at)
    front *= _ground_line(front, tufts, at, rng)
    out = out * (1 - front[..., 3:]) + front
    _sparks(out, shine, at, rng)
    return np.asarray(out, np.float32)


def _ground_line(picture: Float, tufts: float, at: tuple[float, float, float], rng: np.random.Generator) -> Float:
    """1 above the ground along the ring's near side, 0 under it: the stones lie half sunk, grass before them."""
    scale, middle, foot = at
    h, w = picture.shape[:2]
    x = (np.arange(w, dtype=np.float32) - middle) / scale
    rough = np.interp(np.linspace(0, 1, w), np.linspace(0, 1, 60), rng.random(60))
    blades = np.interp(np.linspace(0, 1, w), np.linspace(0, 1, 240), rng.random(240))
    level = -RING[1] * np.sqrt(np.maximum(0, 1 - (x / (1.25 * RING[0])) ** 2)) + 0.018 * rough + tufts * blades
    y = (foot - np.arange(h, dtype=np.float32)[:, None]) / scale
    return np.asarray(np.clip((y - level[None]) * scale / 2 + 0.5, 0, 1)[..., None], np.float32)


def ring(rng: np.random.Generator) -> tuple[Float, Float]:
    """Points (n, 3) on the ring and their opaque areas, for its shadow."""
    t = rng.uniform(0, 2 * np.pi, 500)
    r = RING[0] * (1 + rng.normal(0, 0.10, 500))
    points = np.stack([r * np.cos(t), np.full(500, 0.03), r * np.sin(t)], -1)
    return points.astype(np.float32), np.full(500, 0.0011, np.float32)


def _stones(
    stones: list[tuple[float, float]], picture: Float, depth: Float, toward: np.ndarray, warm: Float, sky: Float,
    ground: Float, at: tuple[float, float, float]
) -> None:  # fmt: skip
    """A ring of stones seen from a little above: by their angle round and their size."""
    a = np.array(
        [[RING[0] * np.cos(t), 0.04 * s + RING[1] * np.sin(t), RING[0] * np.sin(t)] for t, s in stones], np.float32
    )
    side = np.array([[0.05 * s * np.sin(3 * t + 1), 0.016 * np.cos(5 * t), 0] for t, s in stones], np.float32)
    r = np.array([0.062 * s for _, s in stones], np.float32)
    grey = np.array([[0.105, 0.095, 0.085]], np.float32) * np.array(
        [[0.7 + 0.5 * (7 * t % 1)] for t, _ in stones], np.float32
    )
    lay_rods(picture, depth, a - side, a + side, r, 0.85 * r, grey, toward.astype(np.float32), warm, sky, ground, *at)


def _logs(
    picture: Float, depth: Float, warm: Float, sky: Float, ground: Float, at: tuple[float, float, float],
    rng: np.random.Generator
) -> None:  # fmt: skip
    """Logs leaning on each other, charred."""
    count = 7
    turn = np.linspace(0, 2 * np.pi, count, endpoint=False) + rng.normal(0, 0.25, count)
    foot = np.stack([0.40 * np.cos(turn), 0.02 + 0.09 * np.sin(turn), 0.4 * np.sin(turn)], -1)
    tip = np.stack([-0.07 * np.cos(turn), rng.uniform(0.24, 0.40, count), -0.07 * np.sin(turn)], -1)
    r = rng.uniform(0.034, 0.050, count).astype(np.float32)
    bark = np.array([[0.055, 0.042, 0.034]], np.float32) * rng.uniform(0.6, 1.3, (count, 1)).astype(np.float32)
    lay_rods(picture, depth, foot.astype(np.float32), tip.astype(np.float32), r, 0.8 * r, bark,
             np.array([0, -0.3, -0.95], np.float32), warm, sky, ground, *at)  # fmt: skip


def _embers(picture: Float, shine: float, at: tuple[float, float, float], rng: np.random.Generator) -> None:
    """The bed of coals: a flat glowing heap, in grains."""
    scale, middle, foot = at
    h, w = picture.shape[:2]
    y, x = (foot - np.arange(h)[:, None]) / scale, (np.arange(w)[None] - middle) / scale
    heap = np.exp(-((x / 0.27) ** 2) - ((y - 0.02) / 0.055) ** 2)
    grain = cv2.GaussianBlur(rng.random((h, w)).astype(np.float32), (0, 0), max(0.6, 0.012 * scale))
    grain = np.clip((grain - grain.mean()) / max(1e-6, float(grain.std())) * 0.5 + 0.6, 0.05, 1.8)
    glow = (1 - np.exp(-2.2 * (heap * grain).astype(np.float32)[..., None] * SOOT)) * np.float32(shine)
    picture[..., :3] += glow * (1 - 0.5 * picture[..., 3:])
    picture[..., 3] = np.maximum(picture[..., 3], np.clip(heap * 0.8, 0, 1))


def _sparks(picture: Float, shine: float, at: tuple[float, float, float], rng: np.random.Generator) -> None:
    """Sparks that rise and drift, each a short streak."""
    scale, middle, foot = at
    glow = np.zeros(picture.shape[:2], np.float32)
    for _ in range(26):
        high = float(rng.beta(1.3, 2.2)) * 1.8 + 0.35
        x = float(rng.normal(0, 0.09 + 0.13 * high))
        long = float(rng.uniform(0.006, 0.035))
        way = float(rng.normal(0, 0.5))
        p = np.array([[x, high], [x + long * way, high + long]]) * scale
        ends = np.rint((np.array([middle, foot]) + p * [1, -1]) * 64).astype(np.int32)
        cv2.line(glow, tuple(ends[0]), tuple(ends[1]), float(rng.uniform(0.4, 1.2)), 1, cv2.LINE_AA, 6)
    glow = cv2.GaussianBlur(glow, (0, 0), max(0.5, 0.0035 * scale)) * np.float32(max(1.0, 0.006 * scale))
    picture[..., :3] += np.float32(shine) * (1 - np.exp(-4 * glow[..., None] * SOOT))
    picture[..., 3] = np.maximum(picture[..., 3], np.clip(glow, 0, 0.6))
