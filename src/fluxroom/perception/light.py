"""Where the light comes from, and its colour."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from fluxroom.operators.declare import LUMA
from fluxroom.perception.illuminant import chromaticity, color_temperature, light_color, off_locus
from fluxroom.perception.little import little
from fluxroom.perception.regions import masked_mean
from fluxroom.scene import Float, Horizon, Light

LOW_SUN = 10.0
"""Degrees above the horizon up to which a sun may be warm and dimmed."""


def find_light(preview: Float, regions: dict[str, Float], horizon: Horizon, field_of_view: float) -> Light:
    """The sun or, without one, where the sky is brightest.

    A sun in the frame is a small, nearly white spot with a round glow: brightness falls
    off alike in all directions (a bright cloud has ragged surroundings). Otherwise the
    sky's slope of brightness tells the side; under a blue sky the sun stands high. Its kind, azimuth and shadows are
    left to `direction.direct`.
    """
    preview, regions = little(preview, regions)
    height, width = preview.shape[:2]
    side = max(height, width)
    luma = (preview @ np.array(LUMA, np.float32)).astype(np.float32)
    inside = (regions["sky"] > 0.6).astype(np.float32)
    if inside.sum() < 0.004 * inside.size:
        mean = preview.reshape(-1, 3).mean(0)
        color = _color(mean)
        kelvin, sure = _kelvin(preview, regions, mean, False)
        return Light(
            0.5, -0.3, False, color, _warmth(color), 40.0, 0.7, 0.05, kelvin=kelvin, kelvin_confidence=sure
        )  # fmt: skip
    wide = masked_mean(luma, inside, side * 0.06)
    fine = masked_mean(luma, inside, side * 0.008)
    score = np.where(inside > 0, fine + 0.7 * wide, 0)
    row, column = np.unravel_index(int(score.argmax()), score.shape)
    around = luma[inside > 0]
    typical = float(np.median(around))
    around_spot = np.exp(
        -((np.arange(height) - row)[:, None] ** 2 + (np.arange(width) - column) ** 2) / (0.02 * side**2)
    )
    spot = np.asarray(around_spot * inside, np.float32)
    warmth = _warmth(_color((preview * spot[..., None]).sum((0, 1)) / max(float(spot.sum()), 1e-6)))
    low = (horizon.y((column + 0.5) / width) - (row + 0.5) / height) * height / width * field_of_view < LOW_SUN
    disc = _is_sun(luma, inside, int(row), int(column), typical, warmth, low)
    glow = wide[inside > 0]
    slope = float(np.log2(max(float(np.quantile(glow, 0.98)) / max(float(np.quantile(glow, 0.1)), 1e-3), 1)))
    if not disc:
        row, column = np.unravel_index(int(np.where(inside > 0, wide, 0).argmax()), wide.shape)
    x, y = (float(column) + 0.5) / width, (float(row) + 0.5) / height
    beside, above = np.arange(width) + 0.5 - x * width, np.arange(height) + 0.5 - y * height
    near_x, near_y = (np.exp(-(d**2) / (2 * (0.12 * side) ** 2)).astype(np.float32) for d in (beside, above))
    weight = near_y[:, None] * near_x * inside
    color = _color((preview * weight[..., None]).sum((0, 1)) / max(float(weight.sum()), 1e-6))
    confidence, softness = 0.9, 0.2
    if not disc:
        confidence = float(np.clip(0.1 + 0.25 * slope, 0.1, 0.6))
        softness = float(np.clip(1.1 - 0.4 * slope, 0, 1))
        colors = np.maximum(preview[inside > 0], 1e-4)
        blue = float(np.median(np.log2(colors[:, 2] / colors[:, 0]))) > 0.5
        if blue and typical > 0.12 and _warmth(color) < 0.25 and warmth < 0.15:
            # a blue day sky: the sun stands high, outside the frame
            x, y, softness = 0.5 + 0.8 * (x - 0.5), min(y, 0.0) - 0.6, min(softness, 0.5)
        elif x < 0.04 or x > 0.96:
            x = -0.12 if x < 0.5 else 1.12
        elif y < 0.04:
            y = -0.15
    elevation = (horizon.y(x) - y) * height / width * field_of_view
    kelvin, sure = _kelvin(preview, regions, np.array(color, np.float32), disc)
    return Light(
        x=round(x, 4),
        y=round(y, 4),
        visible=disc,
        color=color,
        warmth=_warmth(color),
        elevation=round(float(elevation), 1),
        softness=round(softness, 3),
        confidence=round(confidence, 3),
        kelvin=kelvin,
        kelvin_confidence=sure,
    )


def _kelvin(preview: Float, regions: dict[str, Float], near: Float, disc: bool) -> tuple[float, float]:
    """Colour temperature and how sure; a tint that no black body has (a sunset's pink, a filter) makes it less so."""
    color, agree = light_color(preview, regions, near, disc)
    x, y = chromaticity(color)
    return round(color_temperature(x, y)), round(agree * float(np.clip(1.2 - 25 * off_locus(x, y), 0.1, 1)), 3)


def _is_sun(luma: Float, inside: Float, row: int, column: int, typical: float, warmth: float, low: bool) -> bool:
    """Whether the spot is nearly white, stands out and its surroundings fall off evenly all around.

    A low sun may be dimmer if it is plainly warm; a bright cloud at the edge of the frame is none. Clouds and hills
    may cut into the glow of one that is warm and outshines the sky by far; a lamp's glow is narrower.
    """
    height, width = luma.shape
    side = max(height, width)
    if min(row, column, height - 1 - row, width - 1 - column) < 0.015 * side:
        return False
    distance = np.hypot((np.arange(height) - row)[:, None], np.arange(width) - column) / side
    core = luma[(distance < 0.006) & (inside > 0)]
    if core.size == 0:
        return False
    bright = float(core.mean())
    if low and warmth > 0.15 and bright > max(0.75, 4 * typical):
        glow = [luma[(distance >= a) & (distance < b) & (inside > 0)] for a, b in ((0.02, 0.035), (0.05, 0.07))]
        if all(g.size and float(g.mean()) > part * bright for g, part in zip(glow, (0.6, 0.35), strict=True)):
            return True
    if bright < (0.8 if warmth > 0.3 else 0.92) or bright < (1.3 if warmth > 0.15 else 1.45) * typical:
        return False
    means = []
    for near, far, ragged in ((0.0, 0.01, 1.0), (0.02, 0.035, 0.11), (0.05, 0.07, 0.13), (0.1, 0.13, 1.0)):
        ring = luma[(distance >= near) & (distance < far) & (inside > 0)]
        if ring.size < 20:
            return False
        means.append(float(ring.mean()))
        if float(ring.std()) > ragged * float(ring.mean()):
            return False
    falls_to = 0.82 if means[0] > 0.985 else 0.76  # a clipped sun blooms, so its glow seems to fall less
    return all(b < 1.02 * a for a, b in pairwise(means)) and means[-1] < falls_to * means[0]


def _color(rgb: Float) -> tuple[float, float, float]:
    safe = np.maximum(rgb.astype(np.float64), 1e-5)
    safe /= safe.mean()
    return (round(float(safe[0]), 4), round(float(safe[1]), 4), round(float(safe[2]), 4))


def _warmth(color: tuple[float, float, float]) -> float:
    return round(float(np.clip(np.log2(color[0] / color[2]) / 2.2, 0, 1)), 3)
