"""What the sky becomes: the clear sky between the clouds, clouds where they are lit, and where they are not."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from fluxroom.operators.hours import colour, place
from fluxroom.operators.hours.colour import Double
from fluxroom.operators.hours.hour import Hour
from fluxroom.scene import Float, Horizon, Scene
from fluxroom.sky import maps
from fluxroom.sky.atmosphere import dome
from fluxroom.sky.light import luminance


@dataclass(frozen=True, slots=True)
class Sky:
    """Maps (h, w, 3): the clear sky's smoothed base and what it becomes, what lit and shaded clouds become; (h, w):
    brightness of clouds around; (2, h, w): where the blue between them is told; spread: of the clouds' brightness,
    stops."""

    base: Float
    target: Float
    lit: Float
    shade: Float
    bright: Float
    blue: Float
    spread: float


def luma(rgb: Float) -> Float:
    return np.asarray(luminance(rgb), np.float32)


def _model(hour: Hour, rays: Double, sun: tuple[float, float]) -> Float:
    """(h, w, 3): the model sky's radiance in the photo's frame, its horizon stretched upward."""
    turn, sure = sun
    model = dome(hour.model, hour.turbidity)
    high = np.arcsin(np.clip(rays[..., 1], -1.0, 1.0))
    lower = np.maximum(high, 0.0) / (1.0 + (hour.stretch - 1.0) * np.exp(-np.maximum(high, 0.0) / 0.5))
    level = np.sqrt(np.maximum(1e-9, 1.0 - rays[..., 1] ** 2))
    bent = np.stack(
        [rays[..., 0] / level * np.cos(lower), np.sin(lower), rays[..., 2] / level * np.cos(lower)], axis=-1
    )
    about = model.radiance(bent, turn)
    if sure < 1.0:  # the less anybody knows the sun's place, the more its glow goes all round
        even = np.mean([model.radiance(bent, turn + a) for a in (-75.0, 75.0, 110.0, -110.0)], axis=0)
        about = np.exp(sure * np.log(about + 1e-9) + (1 - sure) * np.log(even + 1e-9)).astype(np.float32)
    return about


def _facing(covered: Float, turn: float, hour: Hour) -> Double:
    """(h, w) -1..1: sides of clouds that the sun's light reaches, by where a cloud's mass lies beside a place."""
    long = max(covered.shape)
    soft = maps.blur(covered, 0.014 * long).astype(np.float64)
    step = max(1, round(0.022 * long))
    rows = np.pad(soft, ((step, step), (0, 0)), "edge")
    columns = np.pad(soft, ((0, 0), (step, step)), "edge")
    lower = rows[: -2 * step] - rows[2 * step :]  # mass above, none below
    right = columns[:, : -2 * step] - columns[:, 2 * step :]
    side = math.sin(math.radians(turn)) * 0.5 * min(1.0, 2 * abs(hour.under))
    return np.asarray(np.tanh(1.6 * (hour.under * lower + side * right)))


def _kind(small: Float, weight: Float, base: Float, covered: Float, scene: Scene) -> tuple[Double, Double]:
    """(how surely blue sky is seen, how far the sky is a cloud deck in which no blue is told), (h, w) each."""
    y = np.maximum(luma(base), 2e-3)
    blueness = (base[..., 2] - base[..., 0]) / y
    sure = np.clip((blueness - 0.08) / 0.30, 0, 1)
    long = max(y.shape)
    # A deck is grey, or it has forms that no clear sky has.
    grey = np.clip(1.0 - ((base.max(-1) - base.min(-1)) / y - 0.10) / 0.14, 0, 1)
    p = scene.weather.probabilities or {scene.weather.value: scene.weather.confidence}
    closed = p.get("overcast", 0.0) + p.get("storm", 0.0) + 0.6 * p.get("partly_cloudy", 0.0) + 0.6 * p.get("fog", 0.0)
    grey = grey * min(1.0, 1.6 * closed / (sum(p.values()) or 1.0)) * (1 - 0.8 * np.clip((y - 0.82) / 0.1, 0, 1))
    log = np.log2(np.maximum(luma(small), 2e-3)).astype(np.float32)
    pair = np.dstack([log + 10.0, log + 10.0]).astype(np.float32)
    rough = log + 10.0 - maps.fill(pair, weight, 0.03 * long)[..., 0]
    rough = np.sqrt(np.maximum(maps.fill(np.dstack([rough * rough] * 2), weight, 0.08 * long)[..., 0], 0))
    deck = np.maximum(np.maximum(grey, np.clip((rough - 0.07) / 0.10, 0, 1)), np.clip(1.6 * covered - 0.2, 0, 1))
    # Smooth from place to place, for nothing in the picture marks where a veil of cloud ends.
    deck = maps.fill(np.dstack([deck, deck]).astype(np.float32), weight, 0.07 * long)[..., 0]
    deck = np.clip(1.25 * deck - 0.1, 0, 1)
    # A few clear places among clouds that were seen say less and less about what is farther off.
    fading = maps.fill(np.dstack([sure, sure]).astype(np.float32), weight, 0.07 * long)[..., 0]
    sure = sure + np.clip(2 * maps.blur(np.dstack([covered] * 2), 0.06 * long)[..., 0], 0, 1) * (fading - sure)
    return sure, deck * (1 - sure)


def sky_maps(
    scene: Scene,
    hour: Hour,
    small: Float,
    sky: Float,
    line: Horizon,
    sun: tuple[float, float],
    chroma: float,
    strength: float,
) -> Sky:
    """`sun`: its bearing and how sure that is; chroma: 0 on a monochrome photo .. 1."""
    shape = (small.shape[0], small.shape[1])
    long = max(shape)
    turn, known = sun
    weight = np.clip((sky - 0.6) * 2.5, 0, 1).astype(np.float32)
    small = np.maximum(small, 0)
    seen = place.region(scene, "clouds", shape)
    # The base is the clear sky's between the clouds, and the clouds' own where there is no other.
    clear = weight * np.clip(1.0 - 1.3 * seen, 4e-4, 1.0).astype(np.float32)
    both = maps.fill(np.dstack([small, seen]), clear, 0.035 * long)
    base, covered = np.maximum(both[..., :3], 2e-3), np.clip(both[..., 3], 0, 1)
    base_y = np.maximum(luma(base), 2e-3)
    sure, inner = _kind(small, weight, base, covered, scene)
    rays = place.directions(scene, line, shape)
    high = np.degrees(np.arcsin(np.clip(rays[..., 1], 0, 1)))
    about = _model(hour, rays, sun).astype(np.float64)
    model_y = np.maximum(colour.luma(about), 1e-9)
    color = colour.film(about * np.array(hour.sky_tint), *hour.chroma, hour.rose)
    inside = weight > 0.5
    if not inside.any():
        inside = np.ones(shape, np.bool_)
    # Clouds: brightness about a place, wide enough that a cloud keeps its own lit and shaded parts.
    blueness = (base[..., 2] - base[..., 0]) / base_y
    here = (small[..., 2] - small[..., 0]) / np.maximum(luma(small), 1e-3)
    cloud = np.clip(np.maximum(sure, inner) - sure * (1 - inner) / np.maximum(blueness, 0.1) * here - 0.12, 0, 1) * 1.6
    cloud = (np.clip(cloud, 0, 1) * weight).astype(np.float32)
    bright = np.maximum(luma(maps.fill(small, (cloud + 0.02 * weight).astype(np.float32), 0.06 * long)), 2e-3)
    part = cloud > 0.5
    spread = np.log2(np.maximum(luma(small)[part], 2e-3) / bright[part]) if int(part.sum()) > 30 else np.zeros(1)
    width = float(np.clip(np.percentile(spread, 88) - np.percentile(spread, 12), 0.25, 2.0))

    around = np.maximum(luma(maps.fill(small, weight, 0.05 * long)), 2e-3)
    own80 = float(np.percentile(around[inside], 80))
    aim = hour.sky_level if hour.land_most[1] > 1.0 else min(hour.sky_level, 1.25 * own80)
    level = model_y / np.percentile(model_y[inside], 80)
    level = aim * np.power(np.minimum(level, 6.0), hour.sky_range)
    level = np.minimum(level, 0.30 * aim + 0.70 * np.minimum(level, 1.45 * aim))

    def own(y: Float) -> Double:
        scaled = np.maximum(y * (aim / own80), 0.15 * level)
        return np.asarray(np.exp((1 - hour.own[0]) * np.log(level) + hour.own[0] * np.log(scaled)))

    own_color = colour.plain(np.clip(base / base_y[..., None], 0.2, 4.0).astype(np.float64))
    # By the golden hour what is warm already stays so.
    warm = 0.45 if 0 < hour.sun < 20 else 0.0
    color = colour.mixed(
        color, own_color, hour.own[1] + warm * np.clip((own_color[..., 0] - own_color[..., 2]) / 0.4, 0, 1)
    )
    # A closed deck leaves a gap low down, toward the sun first.
    off = np.degrees(np.arctan2(rays[..., 0], rays[..., 2])) - turn
    off = np.abs((off + 180.0) % 360.0 - 180.0)
    near = known * np.exp(-((off / 65.0) ** 2)) + (1 - known) * 0.5
    gap = np.exp(-((high / 4.5) ** 2)) * (0.35 + 0.55 * near) if hour.sun < 20 else np.zeros(shape)
    inner = inner * (1 - gap * (1 - seen))
    # Clouds take the sun's light where it reaches them, and the dome's where it does not.
    up = np.sqrt(np.clip(high / 32.0, 0, 1))
    toward, away, over = (np.array(c) for c in hour.cloud_lit)
    low = away + (toward - away) * near[..., None]
    lit = low + (over - low) * up[..., None]
    veiled = (inner * (0.15 + 0.40 * up) * (0.5 if hour.sun > 0 else 1.0) * (hour.sun < 20))[..., None]
    foot, top = (np.array(c) for c in hour.cloud_shade)
    shade = foot + (top - foot) * up[..., None]
    lit = lit + veiled * (shade - lit)  # no light gets under a closed deck but from its edge
    facing = _facing(cloud, turn if known > 0.3 else 0.0, hour)[..., None]
    lit, shade = (
        lit + np.maximum(-facing, 0) * 0.75 * (shade - lit),
        shade + np.maximum(facing, 0) * 0.85 * (lit - shade),
    )
    cloud_own = colour.plain(np.clip(maps.fill(small, weight, 0.05 * long) / around[..., None], 0.2, 4.0).astype(float))

    kept = hour.own[1] + warm * np.clip((cloud_own[..., 0] - cloud_own[..., 2]) / 0.4, 0, 1)

    def cloudy(light: Double, of_sky: float) -> Double:
        hue = colour.mixed(colour.mixed(colour.plain(light), color, of_sky), cloud_own, kept)
        return np.asarray((own(around) * colour.luma(light))[..., None] * (1.0 + chroma * (hue - 1.0)))

    target = own(base_y)[..., None] * (1.0 + chroma * (color - 1.0))
    blue = np.stack([np.maximum(sure, inner), sure * (1 - inner) / np.maximum(blueness, 0.1)])

    def toward_it(result: Double, start: Float) -> Float:
        """Brightness is mixed in stops, colour as light is."""
        held = np.maximum(result / np.maximum(1.0, result.max(-1, keepdims=True) / 0.93), 1e-5)
        start_y = np.maximum(luma(start), 1e-5).astype(np.float64)
        y = np.exp(strength * np.log(colour.luma(held)) + (1 - strength) * np.log(start_y))
        hue = colour.mixed(start.astype(np.float64) / start_y[..., None], colour.plain(held), strength)
        return np.asarray(hue * y[..., None], np.float32)

    grey = np.repeat(bright[..., None], 3, axis=-1)
    return Sky(
        base,
        toward_it(target, base),
        toward_it(cloudy(lit, 0.1), grey),
        toward_it(cloudy(shade, 0.45), grey),
        bright,
        blue.astype(np.float32),
        width,
    )


def above(picture: Float, rows: Float) -> Float:
    """`picture` at those rows of each column."""
    columns = np.broadcast_to(np.arange(rows.shape[1], dtype=np.float32)[None, :], rows.shape)
    return np.asarray(
        cv2.remap(picture, np.ascontiguousarray(columns), rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE),
        np.float32,
    )
