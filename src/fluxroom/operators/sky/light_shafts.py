"""Light shafts: beams from the sun through gaps in clouds, crowns and ridges, seen before what is dark."""

from __future__ import annotations

import math

import numpy as np

from fluxroom.operators.declare import Label, Operator, Overview, Param, Parameters, register
from fluxroom.operators.light.common import LIVING, beam_color, light_place, seen, small_scene, step, within
from fluxroom.operators.light.ground import patches
from fluxroom.operators.light.kernel import Lit, apply, lit
from fluxroom.operators.light.rays import RINGS, TURNS, Polar, breaks, follow
from fluxroom.operators.sky.common import STRENGTH, sky_mask
from fluxroom.operators.sky.sun_glow import glow_color
from fluxroom.operators.weather.depth import log_distance
from fluxroom.scene import Float, Scene
from fluxroom.sky import maps

GROUND = ("grass", "sand", "road", "rock", "snow", "mountain", "ground")


def _openness(small: Float, luma: Float, sky: Float, scene: Scene) -> Float:
    """(h, w) 0..1: where light comes through: bright sky, and bright spots high up in a wood that has none."""
    long = max(luma.shape)
    weight = np.maximum(sky, np.float32(1e-3))
    around = maps.blur(luma * weight, 0.07 * long) / np.maximum(maps.blur(weight, 0.07 * long), 1e-4)
    stands = np.log2(np.maximum(luma, 1e-3) / np.maximum(around, 1e-3))
    clouds = seen(scene, ("clouds",), luma)
    # Clear sky is open; in clouds what is brighter than they are around it.
    gap = sky * ((1 - clouds) * np.clip(0.75 + 1.2 * stands, 0, 1) + clouds * np.clip(0.35 + 2.2 * stands, 0, 1))
    if float(sky.mean()) < 0.06:
        rows = (np.arange(luma.shape[0], dtype=np.float32)[:, None] + 0.5) / luma.shape[0]
        shut = seen(scene, ("water", "snow", *LIVING, "building", "object"), luma)
        bright = step(float(np.percentile(luma, 90)), float(np.percentile(luma, 99)) + 1e-3, maps.blur(luma, 0.8))
        gap = np.maximum(gap, bright * (1 - shut) * step(-0.62, -0.30, -np.broadcast_to(rows, luma.shape)))
    return np.ascontiguousarray(maps.blur(gap.astype(np.float32), 0.7))


def _beams(polar: Polar, gaps: Float, dark: Float, seed: int) -> Float:
    """(h, w) about 0..1: light in the air of each place, what is between the beams 0."""
    inside = polar.inside()
    open_ = polar.unroll(gaps) * inside
    long = max(polar.width, polar.height)
    ring = (polar.far - polar.start) / RINGS / long  # of the long side
    # Cover outside the frame, or what stands before the sun itself.
    count = 11.0 if not polar.around else 26.0
    cover = breaks(seed, count, TURNS, polar.around)
    # Walls shut a beam near the sun only: farther out it passes before them.
    at = (np.arange(RINGS, dtype=np.float32)[None, :] + 0.5) * np.float32(ring)
    walls = polar.unroll(dark) * inside * np.exp(-((at / 0.22) ** 2)) * np.float32(min(0.9, ring / 0.05))
    light = np.empty((TURNS, RINGS), np.float32)
    start = np.full(TURNS, 0.15, np.float32)
    follow(np.ascontiguousarray(open_), np.ascontiguousarray(walls, np.float32), start, ring / 0.22, ring / 0.9, light)
    wide = TURNS / (16.0 if polar.around else 6.0)
    mean = polar.blur(light, wide)
    rays = (light - mean) / np.maximum(mean, 0.05)
    # The photo's own gaps part the light, about as far in every photo; cover that nobody sees, in finer beams.
    weight = inside * np.exp(-((at / 0.5) ** 2))
    spread = math.sqrt(float((weight * rays**2).sum() / max(1e-6, float(weight.sum()))))
    rays = np.clip(0.55 + rays * np.float32(0.36 / max(0.18, spread)), 0, 1.3)
    beams = np.asarray(rays * (0.06 + 1.1 * cover[:, None]), np.float32)
    # Penumbra: soft by the angle already; a little more far out.
    fine = polar.blur(beams, TURNS / (900.0 if polar.around else 360.0), 2.0)
    soft = polar.blur(beams, TURNS / (300.0 if polar.around else 110.0), 4.0)
    share = np.clip(at / 0.6, 0, 1)
    return polar.roll(np.asarray(fine + share * (soft - fine), np.float32))


def _prepare(overview: Overview, parameters: Parameters, seed: int) -> Lit | None:
    strength, length = float(parameters["strength"]), float(parameters["length"])
    if strength <= 0.0 or length <= 0.0:
        return None
    small, sky, luma = small_scene(overview)
    h, w = luma.shape
    if min(h, w) < 8:
        return None
    scene = overview.scene
    long = max(h, w)
    place = light_place(overview)
    cx, cy = place.x * w - 0.5, place.y * h - 0.5
    polar = Polar.of(cx, cy, w, h)
    gaps = _openness(small, luma, sky, scene)
    # Crowns, walls and thick clouds near the sun shut beams; over a ridge they come toward us.
    dark = (1 - gaps) * (1 - seen(scene, GROUND, luma))
    beams = _beams(polar, gaps, dark.astype(np.float32), seed)
    gy, gx = np.mgrid[0:h, 0:w].astype(np.float32)
    away = (np.hypot(gx - cx, gy - cy) - polar.start) / long
    near_sun = 1.0 - np.exp(-((np.maximum(0, away + polar.start / long) / 0.02) ** 2))
    fall = np.exp(-((np.maximum(0, away) / (0.18 + 0.75 * length)) ** 1.7)) * near_sun
    logs, _ = log_distance(scene, w, h)
    # The more air between, the more of a beam is seen; what lives stands before it.
    near, far = (float(v) for v in np.percentile(logs[sky < 0.5] if float(sky.min()) < 0.5 else logs, (22, 85)))
    air = (0.06 + 0.94 * step(near, max(far, near + 0.3), logs)) * (1 - 0.6 * seen(scene, LIVING, luma))
    # Land has no steps of depth but its edges; what tells of them may.
    land = 1 - sky
    flat = seen(scene, GROUND, luma) * land
    air += flat * (within(air.astype(np.float32), flat, 0.04 * long) - air)
    p99 = float(np.percentile(luma, 99))
    level = (0.68 if float(sky.mean()) > 0.06 else 0.75) * min(1.0, max(0.35, p99))
    # Before bright sky a beam is no lighter than the sky; clouds that it passes take the shade between.
    dim = 1.0 - step(0.35, 0.95, maps.blur(luma, 0.012 * long) / max(0.05, p99))
    # Clear blue air shows beams least of all.
    blueness = np.asarray(1 - small[..., 0] / np.maximum(small[..., 2], 1e-3), np.float32)
    clear = sky * (1 - seen(scene, ("clouds",), luma)) * step(0.1, 0.5, blueness)
    added = strength * level * beams * fall * air * (0.25 + 0.75 * dim) * (1 - 0.9 * clear)
    spots = patches(logs, seed)
    pool = np.clip(beams * fall * 1.3, 0, 1) * (0.25 + 0.75 * spots) * flat
    shade = fall * (1 - np.clip(beams, 0, 1)) * (0.55 * land + 0.25 * sky * dim)
    base = strength * (1.3 * pool - 0.6 * shade)
    base = maps.blur(base.astype(np.float32), 1.0)
    # A sun that is seen gives its beams the colour of the sky around it.
    color = beam_color(overview, 0.2)
    if scene.light.visible:
        full = sky_mask(scene, (overview.pixels.shape[0], overview.pixels.shape[1]))
        around = glow_color(overview, full, place.x, place.y)
        red, green, blue = (0.5 * (a + b) for a, b in zip(around, beam_color(overview, 0.35), strict=True))
        color = red, green, blue
    return lit(
        base,
        tint=(0.7 * strength * pool).astype(np.float32),
        added=maps.blur(added.astype(np.float32), 0.6),
        color=color,
    )


LIGHT_SHAFTS = register(
    Operator(
        name="light_shafts",
        version=1,
        family="sky",
        kind="layer",
        label=Label("Light shafts", "云隙光"),
        doc=(
            "Beams from the sun through gaps in clouds, crowns and ridges, seen before what is dark, with lit patches "
            "where they meet the ground and shade between them."
        ),
        params=(
            Param("strength", 0.5, 0.0, 1.0, label=STRENGTH),
            Param("length", 0.6, 0.0, 1.0, label=Label("Length", "长度")),
        ),
        prepare=_prepare,
        apply=apply,
        region="everything",
    )
)
