"""Sky operators: stronger clouds, new clouds, glow, shafts, and land that follows the sky.

Each reads the photo's own sun, horizon and colours from the scene; `fluxroom.sky` does the physics.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from fluxroom.operators.declare import (
    LUMA,
    Label,
    Operator,
    Overview,
    Param,
    Parameters,
    Window,
    register,
)
from fluxroom.scene import Float, Scene
from fluxroom.sky import maps
from fluxroom.sky import noise as sky_noise
from fluxroom.sky._jit import HALF, exp2_row, inline, jit, log2_row, over_rows
from fluxroom.sky.camera import Camera
from fluxroom.sky.clouds import KINDS, Buffers, march
from fluxroom.sky.light import luminance, palette, sky_levels, sunlight

LR, LG, LB = LUMA

STRENGTH = Label("Strength", "强度")
WARMTH = Label("Warmth", "暖度")


def _sky(scene: Scene, shape: tuple[int, int]) -> Float:
    """The photo's sky mask at the overview's size; all of the picture if perception gave none."""
    mask = scene.regions.get("sky")
    if mask is None:
        return np.ones(shape, np.float32)
    if mask.shape != shape:
        mask = maps.resize(np.ascontiguousarray(mask, np.float32), shape[1], shape[0])
    return np.asarray(mask, dtype=np.float32)


def _sky_or_mask(overview: Overview) -> Float:
    """The sky inside this adjustment's mask; the mask itself where that leaves nothing."""
    shape = (overview.mask.shape[0], overview.mask.shape[1])
    sky = _sky(overview.scene, shape)
    inside: Float = sky * overview.mask
    if float((inside > 0.6).mean(dtype=np.float64)) < 1e-4:
        return np.asarray(overview.mask if float(overview.mask.max(initial=0)) > 0 else sky, dtype=np.float32)
    return inside


def _long(window: Window) -> int:
    return max(window.image_width, window.image_height)


def _sun_place(overview: Overview, sure: float = 0.35) -> tuple[float, float]:
    """Where the light comes from in the frame: the sun, or else the brightest part of the sky."""
    scene = overview.scene
    outside = not (0.0 <= scene.light.x <= 1.0 and 0.0 <= scene.light.y <= 1.0)
    if scene.light.visible or scene.light.confidence >= (0.35 if outside else sure):
        return scene.light.x, scene.light.y
    sky = _sky(scene, (overview.pixels.shape[0], overview.pixels.shape[1]))
    y = maps.blur(luminance(overview.pixels) * sky, 0.02 * max(sky.shape))
    if float(y.max(initial=0)) <= 0:
        return scene.light.x, scene.light.y
    weight = np.maximum(0, y / y.max() - 0.93).astype(np.float64)
    gy, gx = np.mgrid[0 : y.shape[0], 0 : y.shape[1]]
    total = weight.sum()
    return (
        float((weight * (gx + 0.5)).sum() / total / y.shape[1]),
        float((weight * (gy + 0.5)).sum() / total / y.shape[0]),
    )


def _sun_known(scene: Scene) -> float:
    """1 where the sun is in the frame .. 0.2 where nobody knows its place or an overcast hides it: rays need a sun."""
    light = scene.light
    if light.visible:
        return 1.0
    outside = max(0.0, -light.x, light.x - 1.0, -light.y, light.y - 1.0)
    sure = min(1.0, max(0.0, (light.confidence - 0.3) / 0.3)) * (1.0 - 0.6 * light.softness) / (1.0 + 3.0 * outside)
    return 0.2 + 0.8 * sure


# ------------------------------------------------------------------------------------------- cloud_drama


@dataclass(frozen=True, slots=True)
class _Drama:
    # (12, h, w): a, b of three bases; how far up; near the sun; a, b of how blue; how cloudy; how far from an edge
    planes: Float
    scale: float
    reference: float
    veil: float
    warm: float
    tilt: float
    blue: float
    middle: float  # what the relief of two sizes is multiplied by: more where all of it is faint
    small: float
    grain: float  # how rough the sky is all over, stops


def _drama_prepare(overview: Overview, parameters: Parameters, seed: int) -> _Drama | None:
    strength = float(parameters["strength"])
    if strength <= 0.0:
        return None
    pixels = overview.pixels
    h, w = pixels.shape[:2]
    long = max(h, w)
    sky = _sky_or_mask(overview)
    weight = np.clip((sky - 0.35) / 0.6, 0, 1).astype(np.float32)
    y = luminance(pixels)
    log_y = np.log2(np.maximum(y, 2.0**-10)).astype(np.float32)
    layers: list[Float] = []
    for part, eps in ((0.03, 0.20**2), (0.008, 0.10**2), (0.002, 0.04**2)):
        a, b = maps.guided(log_y, weight, max(1, round(part * long)), eps)
        layers += [a, b]

    # 0 at the sky's foot, 1 at its top; foot and top from the sky itself.
    rows = np.flatnonzero(sky.mean(axis=1) > 0.05)
    top, foot = (float(rows[0]), float(rows[-1] + 1)) if rows.size else (0.0, float(h))
    foot = max(foot, top + 0.1 * h)
    up = np.clip((foot - np.arange(h, dtype=np.float32) - 0.5) / (foot - top), 0, 1)
    up = up * up * (3 - 2 * up)
    sx, sy = _sun_place(overview)
    gy, gx = np.mgrid[0:h, 0:w].astype(np.float32)
    away = np.hypot(((gx + 0.5) / w - sx) * w, ((gy + 0.5) / h - sy) * h) / long
    # Only where the sky is in truth brighter there: a sun guessed at wrongly must leave no pale dome.
    p5, p50, _, _ = sky_levels(pixels, sky)
    lit = maps.blur(y * weight, 0.03 * long) / np.maximum(maps.blur(weight, 0.03 * long), 1e-3)
    glare = np.clip((np.log2(np.maximum(lit, 1e-3) / p50) - 0.35) / 0.65, 0, 1)
    near = (np.exp(-((away / 0.22) ** 2)) * glare * glare * (3 - 2 * glare)).astype(np.float32)
    rise = (up[:, None] * (1.0 - 0.75 * near)).astype(np.float32)
    layers += [rise, near]

    # How blue each place is, 0 as the clouds .. 1 as the clear sky; followed by luminance around each place.
    safe = np.maximum(y, 1e-3)
    cold = np.clip((pixels[..., 2] - pixels[..., 0]) / safe, -1.5, 4.0).astype(np.float32)
    inside = weight > 0.9
    blue = 0.0
    share = np.zeros_like(cold)
    if int(inside.sum()) >= 64:
        least, most = (float(v) for v in np.percentile(cold[inside], (10, 90)))
        least = max(0.0, least)
        most = max(most, least + 0.25)
        clear = inside & (cold > 0.5 * (least + most))
        # Violet is dusk, not a polariser's blue.
        green = float(((pixels[..., 1] - pixels[..., 0]) / safe)[clear].mean()) if clear.any() else 0.0
        blue = float(np.clip((most - 0.15) / 0.35, 0, 1) * np.clip((green - 0.06) / 0.08, 0, 1))
        # Pale blue counts nearly as deep blue: a hazy foot of the sky must not stay behind as a halo.
        share = np.clip((cold - least) / (0.7 * (most - least)), 0, 1).astype(np.float32)
    a, b = maps.regression(log_y, share, weight, max(1, round(0.008 * long)), 0.12**2)
    layers += [a, b]

    # Clouds are where perception saw them, and where the sky has relief at all.
    wide, middle, small = (layers[i] * log_y + layers[i + 1] for i in (0, 2, 4))
    spread = maps.blur((small - wide) ** 2 * weight, 0.012 * long)
    relief = np.sqrt(np.maximum(spread, 0) / (np.maximum(maps.blur(weight, 0.012 * long), 0) + 1e-3))
    cloudy = np.clip((relief - 0.04) / 0.10, 0, 1)
    there = overview.scene.regions.get("clouds")
    if there is not None:
        seen = maps.blur(maps.resize(np.ascontiguousarray(there, np.float32), w, h), 0.004 * long)
        cloudy = np.maximum(cloudy, seen)
    clear_air = np.float32(blue) * maps.blur(share * weight, 0.006 * long)
    layers += [(np.clip(cloudy, 0, 1) * weight * (1.0 - 0.8 * np.clip(clear_air, 0, 1))).astype(np.float32)]
    # Along the land no rim is raised: not the last pixels, nor the paler foot of a blue sky.
    rim = np.clip(2.0 * maps.blur(weight, 0.003 * long) - 1.0, 0, 1)
    wide_rim = 1.0 - np.clip(2.0 * maps.blur(weight, 0.025 * long) - 1.0, 0, 1)
    layers += [(rim * (1.0 - 0.9 * wide_rim * np.clip(1.6 * clear_air, 0, 1))).astype(np.float32)]
    grain = float(np.median(np.abs(log_y - small)[weight > 0.9])) if bool((weight > 0.9).any()) else 0.0
    inside = weight * cloudy > 0.5

    def boost(band: Float, usual: float) -> float:
        if int(inside.sum()) < 64:
            return 1.0
        return float(np.clip(usual / max(1e-3, float(np.percentile(np.abs(band[inside]), 85))), 1.0, 1.8))

    reference = math.log2(p50)
    # The photo's own warmth: how far its brighter sky leans from blue to red.
    lean = np.clip((pixels[..., 0] - pixels[..., 2]) / safe, -1, 1)
    bright = weight * (y > p50)
    own = float((lean * bright).sum() / max(1e-3, float(bright.sum())))
    warm = min(1.0, max(0.0, own / 0.5, 0.22 * _own_chroma(overview, sky)))
    stacked = np.ascontiguousarray(np.stack(layers), dtype=np.float32)
    middle_boost, small_boost = boost(middle - wide, 0.16), boost(small - middle, 0.10)
    return _Drama(
        stacked,
        strength,
        reference,
        0.22 * p5,
        warm,
        float(parameters["warmth"]),
        blue,
        middle_boost,
        small_boost,
        grain,
    )


_single: Any = np.float32
F0, F1, F3, F9, F27 = (_single(v) for v in (0, 1, 3, 9, 27))
maps_columns, maps_row_of = maps.columns, maps.row_of
FLR, FLG, FLB = (_single(v) for v in LUMA)
THIRD = _single(1 / 3)
F2, F102, F025, F02, F09, F085 = (_single(v) for v in (2, 1.02, 0.25, 0.2, 0.9, 0.85))
F005, F007, F01, F055, F07, F075 = (_single(v) for v in (0.05, 0.07, 0.1, 0.55, 0.7, 0.75))
F045, F022, F026, F1E6 = (_single(v) for v in (0.45, 0.22, 0.26, 1e-6))

# Gains of drama in stops at full strength: the four sizes, each with its limit and what counts as noise,
DW, DW_CLOUD, DW_LIMIT, DW_QUIET = (_single(v) for v in (0.30, 0.28, 0.9, 0.25))
DM, DM_CLOUD, DM_LIMIT, DM_QUIET = (_single(v) for v in (1.0, 1.2, 0.80, 0.03))
DS, DS_CLOUD, DS_LIMIT, DS_QUIET = (_single(v) for v in (0.9, 0.8, 0.50, 0.06))
DF, DF_CLOUD, DF_LIMIT, DF_QUIET = (_single(v) for v in (0.14, 0.1, 0.25, 0.08))
# the sky's deepening upward (less where blue itself deepens) and everywhere, of blue, of clouds in blue,
D_RISE, D_LESS, D_ALL, D_BLUE, D_CLOUD = (_single(v) for v in (0.34, 0.12, 0.05, 0.34, 0.20))
# and the growth of pale blue's chroma.
D_CHROMA, D_CYAN, F04 = (_single(v) for v in (0.40, 0.6, 0.38))


@inline
def _tanh(x: float) -> float:
    """Rational, within 0.003 of tanh; exactly odd and never beyond 1."""
    x = min(F3, max(-F3, x))
    q = x * x
    value: float = x * (F27 + q) / (F27 + F9 * q)
    return value


@inline
def _limited(x: float, limit: float, quiet: float) -> float:
    """x where it is plainly more than noise, softly limited."""
    q = x * x
    return limit * _tanh(x / limit) * q / (q + quiet * quiet)


@jit
def _drama_tile(
    tile: Float,
    planes: Float,
    settings: Float,
    x0: int,
    y0: int,
    image_width: int,
    image_height: int,
) -> None:
    th, tw = tile.shape[0], tile.shape[1]
    s, reference, veil = settings[0], settings[1], settings[2]
    warm, tilt, blues = settings[3], settings[4], settings[5]
    more_middle, more_small = settings[6], settings[7]
    small_quiet = max(DS_QUIET, F2 * settings[8]) * more_small
    fine_quiet = max(DF_QUIET, F3 * settings[8])
    index, part = np.empty(tw, np.int32), np.empty(tw, np.float32)
    maps_columns(x0, image_width, planes.shape[2], index, part)
    line = np.empty(planes.shape[2], np.float32)
    g = np.empty((planes.shape[0], tw), np.float32)
    luma, light = np.empty(tw, np.float32), np.empty(tw, np.float32)
    gains, ratios = np.empty(tw, np.float32), np.empty(tw, np.float32)
    thirds, chromas = np.empty(tw, np.float32), np.empty(tw, np.float32)
    shares, leans = np.empty(tw, np.float32), np.empty(tw, np.float32)
    least = np.float32(2.0**-10)
    for r in range(th):
        maps_row_of(planes, y0 + r, image_height, index, part, line, g)
        for c in range(tw):
            y = FLR * tile[r, c, 0] + FLG * tile[r, c, 1] + FLB * tile[r, c, 2]
            luma[c] = max(least, y)
        log2_row(luma, light)
        for c in range(tw):
            y, at = luma[c], light[c]
            wide = g[0, c] * at + g[1, c]
            middle = g[2, c] * at + g[3, c]
            small = g[4, c] * at + g[5, c]
            rise, near = g[6, c], g[7, c]
            share = blues * min(F1, max(F0, g[8, c] * at + g[9, c])) * (F1 - near)
            cloud = g[10, c]
            gain = (DW + DW_CLOUD * cloud) * _limited(wide - reference, DW_LIMIT, DW_QUIET)
            more = (DM + DM_CLOUD * cloud) * _limited(more_middle * (middle - wide), DM_LIMIT, DM_QUIET * more_middle)
            more += (DS + DS_CLOUD * cloud) * _limited(more_small * (small - middle), DS_LIMIT, small_quiet)
            more += (DF + DF_CLOUD * cloud) * _limited(at - small, DF_LIMIT, fine_quiet)
            gain += more * g[11, c] if more > F0 else more
            # The sky deepens upward, and its blue more, as through a polariser; clouds in the blue stay bright.
            gain -= (D_RISE - D_LESS * blues) * rise + D_ALL
            gain -= D_BLUE * share * (F1 - F02 * rise) - D_CLOUD * (blues - share)
            gain *= s
            # Highlights are held: what is near white hardly rises.
            head = min(F1, max(F0, (F102 - y) * F2))
            gain = gain * head if gain > F0 else gain
            # A veil of haze comes off, most where the sky is dull.
            off = s * veil * (F1 - near)
            cleared = (y - off) / (F1 - off)
            ratios[c] = cleared / y if cleared > F025 * y else F1
            gains[c] = min(F9, max(-F9, gain))
            shares[c] = share
            leans[c] = _tanh((middle - reference) * F09)
        exp2_row(gains, thirds)
        for c in range(tw):
            ratios[c] *= thirds[c]
            luma[c] = ratios[c]
        # Chroma as the eye counts it goes with the cube root of light: held, it grows against luminance.
        log2_row(luma, gains)
        for c in range(tw):
            gains[c] *= -THIRD
        exp2_row(gains, chromas)
        for c in range(tw):
            red, green, blue = tile[r, c, 0], tile[r, c, 1], tile[r, c, 2]
            y = FLR * red + FLG * green + FLB * blue
            if y <= least:
                continue
            ratio = ratios[c]
            new = y * ratio
            cold = min(F2, max(F0, (blue - red) / y))
            # Blue keeps its chroma while it darkens and gains a little where it was pale; elsewhere it is tamed.
            held = chromas[c] * (F1 + D_CHROMA * s * (F1 - HALF * cold))
            tame = F1 - s * min(F1, cold) * (F007 if ratio < F1 else F01)
            sure = min(F1, F2 * shares[c]) * max(F0, F1 - HALF * max(F0, cold - HALF))
            keep = tame + (max(tame, held) - tame) * sure
            # A deep sky is blue rather than cyan.
            green -= D_CYAN * s * sure * max(F0, green - red - F04 * (blue - red))
            y = FLR * red + FLG * green + FLB * blue
            dr, dg, db = red - y, green - y, blue - y
            # No channel of a blue sky is pressed to nothing.
            low = -min(dr, min(dg, db)) / y
            if keep > F1 and low > F005:
                keep = max(F1, min(keep, F085 / low))
            red = new + dr * ratio * keep
            green = new + dg * ratio * keep
            blue = new + db * ratio * keep
            # Lights lean warm and darks cool, as far as the photo itself does.
            lean = leans[c]
            amount = s * (F055 * warm * lean * (F1 if lean > F0 else F07) + F075 * tilt * (F055 + F045 * lean))
            mr, mb = F1 + F022 * amount, F1 - F026 * amount
            now = FLR * red + FLG * green + FLB * blue
            tinted = FLR * red * mr + FLG * green + FLB * blue * mb
            fix = now / tinted if tinted > F1E6 else F1
            tile[r, c, 0] = red * mr * fix
            tile[r, c, 1] = green * fix
            tile[r, c, 2] = blue * mb * fix


def _drama_apply(tile: NDArray[np.float32], window: Window, prepared: Any) -> None:
    if prepared is None:
        return
    p: _Drama = prepared
    settings = np.array([p.scale, p.reference, p.veil, p.warm, p.tilt, p.blue, p.middle, p.small, p.grain], np.float32)
    _drama_tile(tile, p.planes, settings, window.x, window.y, window.image_width, window.image_height)


# ------------------------------------------------------------------------------------------------ clouds

MARCH_SIDE = 864
"""Long side of the marched buffers, rays."""


@dataclass(frozen=True, slots=True)
class _Clouds:
    layer: Float  # (2 h, 2 w, 5): cloud colour times alpha, alpha, opacity in clear air; two cells a ray each way
    touched: NDArray[np.uint8]  # (h, w): 1 where a cloud may reach
    fine: tuple[Float, ...]  # the detail texture, each level half the last
    horizon: tuple[float, float]
    shift: tuple[float, float]


def _clouds_prepare(overview: Overview, parameters: Parameters, seed: int) -> _Clouds | None:
    coverage, density = float(parameters["coverage"]), float(parameters["density"])
    if coverage <= 0.0 or density <= 0.0 or float(overview.mask.max(initial=0)) <= 0.0:
        return None
    scene = overview.scene
    name = str(parameters["kind"])
    noise = sky_noise.noise()
    scale = min(1.0, MARCH_SIDE / max(scene.width, scene.height))
    width, height = max(2, round(scene.width * scale)), max(2, round(scene.height * scale))
    camera = Camera.of(scene)
    gy, gx = np.mgrid[0:height, 0:width]
    directions = camera.directions((gx + 0.5) / width, (gy + 0.5) / height)
    # Only rays near the mask are marched.
    reach = maps.blur((overview.mask > 0.003).astype(np.float32), 0.006 * max(overview.mask.shape))
    wanted = maps.resize(reach, width, height) > 0.004
    if not wanted.any():
        return None
    sky = _sky_or_mask(overview)
    storm = name == "storm"
    paint = palette(overview.pixels, sky, scene, dark=1.0 if storm else 0.0)
    sight = None if paint.haze <= 0.0 else 36.0 * (KINDS[name].base / 1.5) ** 0.6 * (1.0 - 0.55 * paint.haze)
    buffers = march(noise, directions, wanted, camera.sun(scene), KINDS[name], coverage, density, seed, sight)

    buffers = _without_crumbs(buffers)
    thick = buffers.alpha > 0.05
    lit = buffers.sun[thick] / buffers.alpha[thick]
    unit = float(np.percentile(lit, 98.5)) if lit.size else 1.0
    sun = np.minimum(buffers.sun / np.float32(max(unit, 1e-6)), 1.6 * buffers.alpha)
    # At night nothing shines from one side.
    sun += np.float32(0.75 * paint.night) * (0.45 * buffers.alpha - sun)
    sun_color, amb_color = maps.resize(paint.sun, width, height), maps.resize(paint.ambient, width, height)
    sun *= np.float32(sunlight(scene) * (1.0 - 0.25 * paint.blue))
    if storm:  # a storm lets little sun through, and only near its place
        sun *= 0.36
    color = sun[..., None] * sun_color + buffers.ambient[..., None] * amb_color
    # Roll off toward white, by luminance, so that colour stays.
    alpha = buffers.alpha
    y = luminance(color)
    full = y / np.maximum(alpha, 1e-5)
    held = np.where(full > 0.6, 0.6 + 0.4 * np.tanh((full - 0.6) / 0.4), full)
    color *= (held / np.maximum(full, 1e-6))[..., None]
    # Fade in with the first traces of both parameters; the sun's own disc burns through.
    ease = min(1.0, coverage / 0.08) * min(1.0, density / 0.12)
    through = np.full((height, width), np.float32(ease * (1.0 - (0.1 if storm else 0.3) * paint.haze)))
    burnt, head = np.ones((height, width), np.float32), np.zeros((height, width), np.float32)
    if scene.light.visible and scene.light.softness < 0.7:
        away = np.hypot((gx + 0.5) / width - scene.light.x, ((gy + 0.5) / height - scene.light.y) * height / width)
        hot = maps.resize(maps.blur(luminance(overview.pixels), 2.0), width, height)
        burn = np.clip((hot - 0.75) / 0.25, 0, 1) * np.exp(-((away / 0.09) ** 2))
        burnt = (1.0 - 0.85 * burn).astype(np.float32)
        through *= burnt
    # Clouds already there stand in front of the new ones, unless they are all of the sky.
    there = scene.regions.get("clouds")
    if there is not None:
        soft = 0.006 * max(there.shape)
        old = np.clip(maps.resize(maps.blur(np.ascontiguousarray(there, np.float32), soft), width, height), 0, 1)
        skyful = maps.resize(sky, width, height)
        share = float((old * skyful).sum(dtype=np.float64) / max(1.0, float(skyful.sum(dtype=np.float64))))
        apart = min(1.0, max(0.0, (0.80 - share) / 0.35))
        # In a full sky at least the bright heads stay, as far as they stand out.
        _, p50, p95, _ = paint.levels
        bright = maps.resize(maps.blur(luminance(overview.pixels), 0.6 * soft), width, height)
        head = np.clip((bright - p50) / max(1e-4, p95 - p50), 0, 1)
        head = old * head.astype(np.float32)
        head *= np.float32(min(1.0, math.log2(max(1.0, p95 / p50)) / 0.9) * paint.day**0.5)
        # Streaks and the edges of sheets are no heads: only what is broad and high enough to hold a disc counts.
        disc = max(3, round(0.018 * max(width, height))) | 1
        kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (disc, disc))
        compact = np.asarray(cv2.morphologyEx(head, cv2.MORPH_OPEN, kernel), np.float32)
        head = np.minimum(head, maps.blur(compact, 0.25 * disc))
        front = (0.35 + 0.5 * paint.day) * np.maximum(head, np.float32(apart) * old * np.minimum(1, 3 * head))
        front *= np.float32(0.15 if storm else 1.0)
        kept = maps.blur(np.clip(front, 0, 1).astype(np.float32), 0.003 * max(width, height))
        through *= 1.0 - np.clip(kept, 0, 1)
    color, alpha, opacity = color * through[..., None], alpha * through, buffers.opacity
    # The air of the photo lies in front: most at the foot of the sky, more at dusk and in haze.
    up = np.maximum(0.0, scene.horizon.y(0.5) - (gy + 0.5) / height) * height / width
    soft_air = max(0.0 if storm else 0.55 * paint.haze, (0.4 if storm else 0.85) * min(1.0, scene.light.warmth / 0.25))
    air = (0.75 * soft_air) * np.exp(-((up / 0.20) ** 2)) + 0.20 * soft_air
    color = color + (air * alpha)[..., None].astype(np.float32) * (
        maps.resize(paint.field, width, height) - color / np.maximum(alpha, 1e-5)[..., None]
    )
    blurred = 1.6 * soft_air
    if blurred > 0.3:
        color, alpha, opacity = (
            maps.blur(np.ascontiguousarray(v, np.float32), blurred) for v in (color, alpha, opacity)
        )
    if storm:
        # Under a storm what shows between has its tone too: deep overhead, a paler band of haze at the foot.
        up = np.maximum(0.0, scene.horizon.y(0.5) - (gy + 0.5) / height) * height / width
        band = np.exp(-up / 0.07).astype(np.float32)
        cover = min(1.0, max(0.0, (coverage - 0.2) / 0.3)) * min(1.0, density / 0.3)
        pall = np.float32(0.82 * cover) * (1.0 - 0.25 * band) * (burnt * wanted) * (1.0 - 0.1 * head)
        field = maps.resize(paint.field, width, height)
        tone = luminance(field)[..., None]
        deep = amb_color / np.maximum(luminance(amb_color), 1e-5)[..., None]
        level = tone * (0.42 + 0.33 * band)[..., None]
        mute = np.float32(0.6 + 0.3 * max(paint.blue, 1.0 - paint.day))
        veil = level * (1.0 + mute * (0.8 * deep + 0.2 * (field / np.maximum(tone, 1e-5)) - 1.0))
        behind = (1.0 - alpha) * pall
        color += behind[..., None] * veil
        alpha = alpha + behind
        opacity = opacity + (1.0 - opacity) * pall
        foot = (0.35 * cover * alpha * band)[..., None]
        color += foot * (0.8 * field - color / np.maximum(alpha, 1e-5)[..., None])
    layer = np.concatenate([color, alpha[..., None], opacity[..., None]], axis=-1)
    touched = cv2.dilate((alpha > 0).astype(np.uint8), np.ones((7, 7), np.uint8))
    random = np.random.Generator(np.random.PCG64(seed + 1))
    shift = random.uniform(0, 1, 2)
    return _Clouds(
        _doubled(np.ascontiguousarray(layer, dtype=np.float32)),
        np.asarray(touched, dtype=np.uint8),
        _halved(noise.fine),
        (scene.horizon.left, scene.horizon.right),
        (float(shift[0]), float(shift[1])),
    )


def _without_crumbs(buffers: Buffers) -> Buffers:
    """Without what is hardly there, and without small bits that hang on to nothing."""
    alpha = buffers.alpha
    h, w = alpha.shape
    body = (alpha > 0.12).astype(np.uint8)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(body, connectivity=8)
    large = stats[:, cv2.CC_STAT_AREA] >= max(4, round(1.5e-3 * h * w))
    large[0] = False
    near = cv2.dilate(large[labels].astype(np.uint8), np.ones((5, 5), np.uint8))
    keep = maps.blur(near.astype(np.float32), 1.2) * near
    return replace(
        buffers,
        sun=buffers.sun * keep,
        ambient=buffers.ambient * keep,
        alpha=alpha * keep,
        opacity=buffers.opacity * keep,
    )


DETAIL_SPAN = 44.0
"""Rays that one tile of the detail texture covers."""


def _halved(texture: Float) -> tuple[Float, ...]:
    levels = [texture]
    while levels[-1].shape[0] > 8:
        a = levels[-1]
        levels.append(np.ascontiguousarray((a[::2, ::2] + a[1::2, ::2] + a[::2, 1::2] + a[1::2, 1::2]) * 0.25))
    return tuple(levels)


def _level(levels: tuple[Float, ...], pixels: float) -> Float:
    """The level whose texels are no finer than pixels, when a tile of it covers that many of them."""
    for texture in levels:
        if texture.shape[0] <= 1.25 * pixels:
            return texture
    return np.full((8, 8), 0.5, np.float32)


@inline
def _fine_at(fine: Float, x: float, y: float) -> float:
    n = fine.shape[0]
    size = _single(n)
    x = (x - np.floor(x)) * size
    y = (y - np.floor(y)) * size
    i, j = int(x), int(y)
    u, v = x - _single(i), y - _single(j)
    i, j = i & (n - 1), j & (n - 1)
    i1, j1 = (i + 1) & (n - 1), (j + 1) & (n - 1)
    a = fine[j, i] + u * (fine[j, i1] - fine[j, i])
    b = fine[j1, i] + u * (fine[j1, i1] - fine[j1, i])
    value: float = a + v * (b - a)
    return value


# Cubic between Catmull-Rom and B-spline (Mitchell & Netravali 1988, B = C = 1/3).
M0, M1, M2, M3 = (_single(v) for v in (1 / 18, -0.5, 15 / 18, -7 / 18))
N0, N2, N3 = (_single(v) for v in (16 / 18, -2.0, 7 / 6))


@inline
def _weights(t: float) -> tuple[float, float, float, float]:
    s = F1 - t
    a = ((M3 * t + M2) * t + M1) * t + M0
    b = (N3 * t + N2) * t * t + N0
    c = (N3 * s + N2) * s * s + N0
    d = ((M3 * s + M2) * s + M1) * s + M0
    return a, b, c, d


@jit
def _double_rows(source: Float, out: Float) -> None:
    """Rows of (h, w, c) twice as dense, by cubic interpolation."""
    h, w, channels = source.shape
    for half in range(2):
        weights = _weights(_single(0.75 - 0.5 * half))
        for j in range(h):
            for d in range(4):
                row = source[min(h - 1, max(0, j + half + d - 2))]
                for i in range(w):
                    for c in range(channels):
                        value = weights[d] * row[i, c]
                        out[2 * j + half, i, c] = value if d == 0 else out[2 * j + half, i, c] + value


def _doubled(layer: Float) -> Float:
    """(2 h, 2 w, c): between rays by the cubic of `_weights`, so that two cells and a straight line are enough."""
    h, w, c = layer.shape
    tall = np.empty((2 * h, w, c), np.float32)
    _double_rows(layer, tall)
    wide = np.empty((2 * w, 2 * h, c), np.float32)
    _double_rows(np.ascontiguousarray(tall.transpose(1, 0, 2)), wide)
    return np.ascontiguousarray(wide.transpose(1, 0, 2))


F4, F6, F06, F08, F23 = (_single(v) for v in (4, 6, 0.6, 0.8, 2.3))
N011, N037, N0045, N027, N003 = (_single(v) for v in (0.11, 0.37, 0.045, 0.27, 0.03))
F256, TRACE, LEAST = (_single(v) for v in (1 / 256, 0.0005, 1e-4))


@jit
def _clouds_tile(
    tile: Float,
    layer: Float,
    touched: NDArray[np.uint8],
    fine: Float,
    finer: Float,
    left: float,
    right: float,
    shift_x: float,
    shift_y: float,
    x0: int,
    y0: int,
    image_width: int,
    image_height: int,
) -> None:
    """The grain of the photo is laid over what hides it."""
    lh, lw = layer.shape[0] // 2, layer.shape[1] // 2
    th, tw = tile.shape[0], tile.shape[1]
    ratio = image_width / lw
    # How much finer than the march this picture is decides how much detail may be drawn.
    extra = _single(min(1.0, max(0.0, (ratio - 1.0) / 2.0)))
    sway = _single(1.75) * (F025 + F075 * extra)
    span = _single(lw / DETAIL_SPAN)
    shape = _single(image_height / image_width)
    shift_u, shift_v = _single(shift_x), _single(shift_y)
    most_u, most_v = _single(2 * lw - 1.001), _single(2 * lh - 1.001)
    # The tile's luminance before, as rows in turn; a binomial blur of it tells grain from picture.
    source = np.empty((th, tw), np.float32)
    for r in range(th):
        for c in range(tw):
            source[r, c] = FLR * tile[r, c, 0] + FLG * tile[r, c, 1] + FLB * tile[r, c, 2]
    column = np.empty(tw + 4, np.float32)
    ups, flats = np.empty(tw, np.float32), np.empty(tw, np.float32)
    for r in range(th):
        py = (y0 + r + 0.5) / image_height
        v_row = _single(py * lh - 0.5)
        jv = min(lh - 1, max(0, int(np.floor(v_row + HALF))))
        for c in range(tw):
            px = (x0 + c + 0.5) / image_width
            up = _single(left + (right - left) * px - py) * shape
            ups[c] = up if up > F0 else F0
            flats[c] = ups[c] + F005
        log2_row(flats, column[:tw])
        for c in range(tw):
            flats[c] = column[c]
        ra, rb = max(0, r - 2), max(0, r - 1)
        rc, rd = min(th - 1, r + 1), min(th - 1, r + 2)
        for c in range(tw):
            edge = source[ra, c] + source[rd, c] + F4 * (source[rb, c] + source[rc, c])
            column[c + 2] = edge + F6 * source[r, c]
        column[0] = column[1] = column[2]
        column[tw + 2] = column[tw + 3] = column[tw + 1]
        for c in range(tw):
            px = (x0 + c + 0.5) / image_width
            u = _single(px * lw - 0.5)
            v = v_row
            if touched[jv, min(lw - 1, max(0, int(np.floor(u + HALF))))] == 0:
                continue
            # Screen-space detail that flattens toward the horizon like everything in a layer.
            up = ups[c]
            nx = (u + HALF) / _single(DETAIL_SPAN) + shift_u
            ny = flats[c] * LN2_4 * span + shift_v
            n1 = _fine_at(fine, nx, ny) - HALF
            n2 = _fine_at(fine, F08 * nx - F06 * ny + N037, F06 * nx + F08 * ny + N011) - HALF
            n3 = _fine_at(finer, nx * F23 + F07, ny * F23) - HALF
            near = min(F1, up / _single(0.12))
            wob = sway * near
            u += wob * (n1 + F025 * n3)
            v += wob * (n2 - F025 * n3)
            u = min(most_u, max(F0, F2 * u + HALF))
            v = min(most_v, max(F0, F2 * v + HALF))
            i, j = int(u), int(v)
            right_part, low_part = u - _single(i), v - _single(j)
            part_d = right_part * low_part
            part_c = low_part - part_d
            part_b = right_part - part_d
            part_a = F1 - right_part - part_c
            one, two = layer[j], layer[j + 1]
            v0 = part_a * one[i, 0] + part_b * one[i + 1, 0] + part_c * two[i, 0] + part_d * two[i + 1, 0]
            v1 = part_a * one[i, 1] + part_b * one[i + 1, 1] + part_c * two[i, 1] + part_d * two[i + 1, 1]
            v2 = part_a * one[i, 2] + part_b * one[i + 1, 2] + part_c * two[i, 2] + part_d * two[i + 1, 2]
            v3 = part_a * one[i, 3] + part_b * one[i + 1, 3] + part_c * two[i, 3] + part_d * two[i + 1, 3]
            v4 = part_a * one[i, 4] + part_b * one[i + 1, 4] + part_c * two[i, 4] + part_d * two[i + 1, 4]
            alpha = min(F1, max(F0, v3))
            if alpha <= TRACE:
                continue
            # Fine erosion of what is thin; detail sinks into the haze with the cloud.
            solid = min(F1, max(_single(1e-3), v4))
            clear = min(F1, alpha / solid)
            thin = F4 * solid * (F1 - solid) * min(F1, max(F0, (F09 - solid) / _single(0.3)))
            new = min(F1, max(F0, alpha * (F1 + near * extra * N027 * thin * clear * (n3 + n1) / solid)))
            part = new / alpha * (F1 + near * extra * N0045 * clear * clear * (n3 + n2))
            # The photo's grain: what is left of its luminance after a 5x5 binomial blur.
            total = column[c] + column[c + 4] + F4 * (column[c + 1] + column[c + 3]) + F6 * column[c + 2]
            smooth = max(LEAST, total * F256)
            grain = N003 * _tanh((source[r, c] - smooth) / (smooth * N003))
            # What is hidden loses its grain with it; give the cloud the same.
            keep = F1 - new
            boost = (F1 + grain) * part
            tile[r, c, 0] = tile[r, c, 0] * keep + max(F0, v0) * boost
            tile[r, c, 1] = tile[r, c, 1] * keep + max(F0, v1) * boost
            tile[r, c, 2] = tile[r, c, 2] * keep + max(F0, v2) * boost


LN2_4 = _single(0.25 * math.log(2.0))


def _clouds_apply(tile: NDArray[np.float32], window: Window, prepared: Any) -> None:
    if prepared is None:
        return
    p: _Clouds = prepared
    span = 2 * DETAIL_SPAN * window.image_width / p.layer.shape[1]
    _clouds_tile(
        tile,
        p.layer,
        p.touched,
        _level(p.fine, span),
        _level(p.fine, span / 2.3),
        p.horizon[0],
        p.horizon[1],
        p.shift[0],
        p.shift[1],
        window.x,
        window.y,
        window.image_width,
        window.image_height,
    )


def _clouds_halo(parameters: Parameters, long_side: int) -> int:
    return 2


# ---------------------------------------------------------------------------------------------- sun_glow


@dataclass(frozen=True, slots=True)
class _Glow:
    planes: Float  # (1, h, w): how much of the glow lies over each place
    x: float
    y: float
    radius: float
    color: tuple[float, float, float]
    bright: float


def _light_color(scene: Scene, chroma: float = 1.0) -> tuple[float, float, float]:
    """The light's colour with luminance 1; never much colder than white: a blue light is air, not sun."""
    r, g, b = (max(0.0, v) for v in scene.light.color)
    y = max(1e-4, LR * r + LG * g + LB * b)
    part = chroma * min(1.0, max(0.12, (r - b) / y / 0.2))
    return 1.0 + part * (r / y - 1.0), 1.0 + part * (g / y - 1.0), 1.0 + part * (b / y - 1.0)


def _own_chroma(overview: Overview, sky: Float) -> float:
    """0 on a monochrome photo .. 1 where the sky has colour."""
    weight = np.clip((sky - 0.5) * 2, 0, 1)
    if float(weight.sum()) < 1:
        weight = np.ones_like(sky)
    y = np.maximum(luminance(overview.pixels), 1e-3)[..., None]
    size = np.abs(overview.pixels / y - 1.0).mean(-1)
    return float(min(1.0, (size * weight).sum() / weight.sum() / 0.05))


def _glow_color(overview: Overview, sky: Float, x: float, y: float) -> tuple[float, float, float]:
    """The light's colour met half way with the sky around it; luminance 1."""
    h, w = sky.shape
    gy, gx = np.mgrid[0:h, 0:w].astype(np.float32)
    away = np.hypot((gx + 0.5) / w - x, ((gy + 0.5) / h - y) * h / w)
    pixels = np.maximum(overview.pixels, 0)
    luma = luminance(pixels)
    weight = np.clip((sky - 0.5) * 2, 0, 1) * np.exp(-away / 0.10) * (luma < 0.95) + 1e-7
    mean = (pixels.astype(np.float64) * weight[..., None]).sum((0, 1)) / float(weight.sum(dtype=np.float64))
    near = mean / max(1e-6, float(mean @ np.array(LUMA)))
    # What is cold around the sun is air, not light.
    near = 1.0 + (near - 1.0) * min(1.0, max(0.0, float(near[0] - near[2]) / 0.25))
    told = np.array(_light_color(overview.scene, _own_chroma(overview, sky)))
    # Twice the tint: added to a sky that has the colour already, a paler one would only whiten it.
    tint = 0.7 * near + 0.3 * told - 1.0
    red, green, blue = (float(v) for v in np.maximum(0.05, 1.0 + 0.95 * np.tanh(2.0 * tint / 0.95)))
    return red, green, blue


def _glow_prepare(overview: Overview, parameters: Parameters, seed: int) -> _Glow | None:
    strength, radius = float(parameters["strength"]), float(parameters["radius"])
    if strength <= 0.0:
        return None
    h, w = overview.pixels.shape[:2]
    sky = _sky(overview.scene, (h, w))
    x, y = _sun_place(overview)
    # Light spills over edges of the land, less the farther behind them.
    long = max(h, w)
    veil = 0.55 * maps.blur(sky, 0.006 * long) + 0.45 * maps.blur(sky, 0.04 * long)
    veil = np.clip(0.10 + 0.90 * veil, 0, 1).astype(np.float32)
    _, _, p95, p99 = sky_levels(overview.pixels, sky)
    peak = strength * (0.30 + 1.05 * min(1.0, p99))
    red, green, blue = _glow_color(overview, sky, x, y)
    return _Glow(np.ascontiguousarray(veil[None]), x, y, radius, (peak * red, peak * green, peak * blue), p95)


GLOW_STEPS = 4096
GLOW_END = 5.3
"""Where the glow falls under 1e-5, in radii."""


def _fall() -> Float:
    """The glow's fall over distance, in small steps."""
    q = (np.arange(GLOW_STEPS + 1, dtype=np.float64) / GLOW_STEPS) * GLOW_END
    fall = 0.42 * np.exp(-9.0 * q * q) + 0.38 * np.exp(-2.4 * q * q) + 0.20 * np.exp(-2.2 * q)
    return np.asarray(fall, dtype=np.float32)


FALL = _fall()


@jit
def _glow_tile(
    tile: Float,
    planes: Float,
    table: Float,
    settings: Float,
    x0: int,
    y0: int,
    image_width: int,
    image_height: int,
) -> None:
    th, tw = tile.shape[0], tile.shape[1]
    cx, cy, radius, red, green, blue, bright = settings
    long = max(image_width, image_height)
    scale = _single(1.0 / (radius * long))
    sun_x, sun_y = _single(cx * image_width), _single(cy * image_height)
    step = _single(GLOW_STEPS / GLOW_END)
    last = table.shape[0] - 1
    low, most = _single(0.22), _single(0.78)
    inverse = F1 / bright
    index, part = np.empty(tw, np.int32), np.empty(tw, np.float32)
    maps_columns(x0, image_width, planes.shape[2], index, part)
    line = np.empty(planes.shape[2], np.float32)
    g = np.empty((1, tw), np.float32)
    for r in range(th):
        maps_row_of(planes, y0 + r, image_height, index, part, line, g)
        dy = (_single(y0 + r) + HALF - sun_y) * scale
        for c in range(tw):
            dx = (_single(x0 + c) + HALF - sun_x) * scale
            at = np.sqrt(dx * dx + dy * dy) * step
            if at >= last:
                continue
            i = int(at)
            fall = table[i] + (at - _single(i)) * (table[i + 1] - table[i])
            a, b, d = tile[r, c, 0], tile[r, c, 1], tile[r, c, 2]
            # Dark clouds and land in front take less of it than the bright sky behind: contrast stays.
            y = FLR * a + FLG * b + FLB * d
            amount = fall * g[0, c] * (low + most * min(F1, max(F0, y * inverse)))
            # Screen in linear light, each channel held to what room it has.
            tile[r, c, 0] = a + amount * red * max(F0, F1 - a)
            tile[r, c, 1] = b + amount * green * max(F0, F1 - b)
            tile[r, c, 2] = d + amount * blue * max(F0, F1 - d)


def _glow_apply(tile: NDArray[np.float32], window: Window, prepared: Any) -> None:
    if prepared is None:
        return
    p: _Glow = prepared
    settings = np.array([p.x, p.y, p.radius, *p.color, p.bright], np.float32)
    _glow_tile(
        tile,
        p.planes,
        FALL,
        settings,
        window.x,
        window.y,
        window.image_width,
        window.image_height,
    )


# ------------------------------------------------------------------------------------------ light_shafts


@dataclass(frozen=True, slots=True)
class _Shafts:
    planes: Float  # (2, h, w): stops of gain, additive light
    color: tuple[float, float, float]


@jit
def _shaft_rows(source: Float, cx: float, cy: float, reach: float, out: Float, first: int, last: int) -> None:
    """Mean of the source between each place and the sun, nearer the sun counting more."""
    h, w = source.shape
    count = 72
    for r in range(first, last):
        for c in range(w):
            total = 0.0
            norm = 0.0
            for i in range(count):
                t = (i + 0.5) / count
                x = min(w - 1.001, max(0.0, c + (cx - c) * t))
                y = min(h - 1.001, max(0.0, r + (cy - r) * t))
                j, k = int(y), int(x)
                u, v = x - k, y - j
                a = source[j, k] + u * (source[j, k + 1] - source[j, k])
                b = source[j + 1, k] + u * (source[j + 1, k + 1] - source[j + 1, k])
                weight = np.exp(-2.0 * (1.0 - t))
                total += weight * (a + v * (b - a))
                norm += weight
            out[r, c] = total / norm


def _shafts_prepare(overview: Overview, parameters: Parameters, seed: int) -> _Shafts | None:
    strength, length = float(parameters["strength"]), float(parameters["length"])
    if strength <= 0.0 or length <= 0.0:
        return None
    scene = overview.scene
    small = maps.shrink(np.maximum(overview.pixels, 0), 512)
    h, w = small.shape[:2]
    if min(h, w) < 8:
        return None
    long = max(h, w)
    sky = maps.resize(_sky(scene, (overview.pixels.shape[0], overview.pixels.shape[1])), w, h)
    x, y = _sun_place(overview, 0.6)
    cx, cy = x * w - 0.5, y * h - 0.5
    bright = luminance(small)
    gy, gx = np.mgrid[0:h, 0:w].astype(np.float32)
    away = np.hypot(gx - cx, gy - cy) / long
    # Gaps are where the sky is brighter than around it; land is shut.
    weight = np.maximum(sky, 1e-3)
    around = maps.blur(bright * weight, 0.06 * long) / np.maximum(maps.blur(weight, 0.06 * long), 1e-4)
    gaps = sky * np.clip(0.5 + 2.6 * np.log2(np.maximum(bright, 1e-3) / np.maximum(around, 1e-3)), 0, 1)
    gaps = (gaps * np.exp(-((away / (0.30 + 0.45 * length)) ** 2))).astype(np.float32)
    gaps = np.ascontiguousarray(maps.blur(gaps, 0.8))
    open_ = np.empty((h, w), np.float32)
    reach = length
    over_rows(h, lambda a, b: _shaft_rows(gaps, cx, cy, reach, open_, a, b), 16)
    # What stands out from the same distance's mean, around the sun: shafts, and the shade between them.
    turn = _around(open_, cx, cy)
    rays = np.clip((open_ - turn) / max(0.02, float(np.percentile(np.abs(open_ - turn), 95))), -1.5, 1.5)
    rays = maps.blur(rays.astype(np.float32), 1.0)
    fall = np.exp(-((away / (0.12 + 0.55 * length)) ** 1.6)) * (1.0 - np.exp(-((away / 0.015) ** 2)))
    rays = rays * fall.astype(np.float32)
    over = 0.22 + 0.78 * maps.blur(sky, 0.01 * long)
    _, _, _, p99 = sky_levels(small, sky)
    # Broken light shows rays even where the sun is only guessed at.
    amount = 2.0 * strength * max(0.55, _sun_known(scene))
    gain = amount * rays * np.where(rays > 0, 0.80, 0.60) * over
    added = amount * 0.30 * p99 * np.maximum(rays, 0) * np.maximum(0.0, over - 0.15)
    stacked = np.ascontiguousarray(np.stack([gain, added]), dtype=np.float32)
    return _Shafts(stacked, _light_color(scene, 0.8 * _own_chroma(overview, _sky(scene, overview.mask.shape))))


def _around(values: Float, cx: float, cy: float) -> Float:
    """Mean over wide arcs around the sun at each distance, by a polar blur."""
    h, w = values.shape
    radius = float(np.hypot(max(abs(cx), abs(w - cx)), max(abs(cy), abs(h - cy))))
    gy, gx = np.mgrid[0:h, 0:w].astype(np.float32)
    inside = np.ones_like(values)
    rings, turns = 256, 360
    angle = np.arange(turns, dtype=np.float32) * np.float32(2 * math.pi / turns)
    ring = np.arange(rings, dtype=np.float32) * np.float32(radius / rings)
    mx = (cx + ring[None, :] * np.cos(angle)[:, None]).astype(np.float32)
    my = (cy + ring[None, :] * np.sin(angle)[:, None]).astype(np.float32)

    def unrolled(picture: Float) -> Float:
        flat = cv2.remap(picture, mx, my, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=0)
        return np.asarray(flat, dtype=np.float32)

    polar, weight = unrolled(values), unrolled(inside)
    wide = 18.0

    def soft(p: Float) -> Float:
        wrapped = np.concatenate([p[-90:], p, p[:90]])
        return np.asarray(cv2.GaussianBlur(wrapped, (0, 0), sigmaX=3.0, sigmaY=wide)[90:-90], np.float32)

    mean = soft(polar) / np.maximum(soft(weight), 1e-3)
    mean = np.concatenate([mean, mean[:1]])
    turn = (np.mod(np.arctan2(gy - cy, gx - cx), 2 * math.pi) * (turns / (2 * math.pi))).astype(np.float32)
    out_r = (np.hypot(gx - cx, gy - cy) * (rings / max(radius, 1e-3))).astype(np.float32)
    return np.asarray(
        cv2.remap(mean, out_r, turn, interpolation=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), np.float32
    )


@jit
def _shafts_tile(
    tile: Float, planes: Float, color: Float, x0: int, y0: int, image_width: int, image_height: int
) -> None:
    th, tw = tile.shape[0], tile.shape[1]
    red, green, blue = color
    index, part = np.empty(tw, np.int32), np.empty(tw, np.float32)
    maps_columns(x0, image_width, planes.shape[2], index, part)
    line = np.empty(planes.shape[2], np.float32)
    g = np.empty((2, tw), np.float32)
    power = np.empty(tw, np.float32)
    inverse = _single(1 / 0.6)
    for r in range(th):
        maps_row_of(planes, y0 + r, image_height, index, part, line, g)
        for c in range(tw):
            y = FLR * tile[r, c, 0] + FLG * tile[r, c, 1] + FLB * tile[r, c, 2]
            room = min(F1, max(F0, (F105 - y) * inverse))
            g[0, c] *= room if g[0, c] > F0 else F1
        exp2_row(g[0], power)
        for c in range(tw):
            scale, added = power[c], g[1, c]
            a, b, d = tile[r, c, 0] * scale, tile[r, c, 1] * scale, tile[r, c, 2] * scale
            tile[r, c, 0] = a + added * red * max(F0, F1 - a)
            tile[r, c, 1] = b + added * green * max(F0, F1 - b)
            tile[r, c, 2] = d + added * blue * max(F0, F1 - d)


F105 = _single(1.05)


def _shafts_apply(tile: NDArray[np.float32], window: Window, prepared: Any) -> None:
    if prepared is None:
        return
    p: _Shafts = prepared
    color = np.array(p.color, np.float32)
    _shafts_tile(tile, p.planes, color, window.x, window.y, window.image_width, window.image_height)


# ----------------------------------------------------------------------------------------------- relight


@dataclass(frozen=True, slots=True)
class _Relight:
    planes: Float  # (3, h, w): stops per channel toward and away from the light, smooth


def _sky_mean(pixels: Float, sky: Float) -> NDArray[np.float64]:
    weight = np.clip((sky - 0.5) * 2, 0, 1).astype(np.float64)
    total = float(weight.sum())
    if total < 1:
        return np.ones(3)
    mean = (np.maximum(pixels, 0).astype(np.float64) * weight[..., None]).sum((0, 1)) / total
    return np.asarray(np.maximum(mean, 1e-4), dtype=np.float64)


def _relight_prepare(overview: Overview, parameters: Parameters, seed: int) -> _Relight | None:
    strength, warmth = float(parameters["strength"]), float(parameters["warmth"])
    if strength <= 0.0:
        return None
    scene = overview.scene
    now = overview.pixels
    h, w = now.shape[:2]
    was = scene.preview
    if was.shape != now.shape:
        was = maps.resize(np.ascontiguousarray(was, np.float32), w, h)
    sky = _sky(scene, (h, w))
    luma = np.array(LUMA)
    before, after = _sky_mean(was, sky), _sky_mean(now, sky)
    y0, y1 = float(before @ luma), float(after @ luma)
    # Amount: half of the sky's change in stops; colour: a part of its change in chromaticity.
    stops = max(-1.4, min(0.7, math.log2(y1 / y0))) * 0.75
    shift = np.clip(np.log2((after / y1) / (before / y0)), -0.5, 0.5) * 0.6
    x, _ = _sun_place(overview)
    gx = (np.arange(w, dtype=np.float64) + 0.5) / w
    toward = np.exp(-(((gx - x) / 0.45) ** 2))
    color = np.log2(np.maximum(np.array(_light_color(scene, _own_chroma(overview, sky))), 0.2))
    lean = np.array([0.20, 0.0, -0.28]) * warmth
    # The side that faces the light is lit by it; the other side only loses.
    rows = np.arange(h, dtype=np.float64)[:, None, None] / max(1, h)
    foot = float(scene.horizon.y(0.5))
    near = np.clip((rows - foot) / max(0.15, 1.0 - foot), 0, 1)
    side = toward[None, :, None] - 0.4
    gain = stops * (0.92 + 0.16 * near) + shift[None, None, :] + lean[None, None, :]
    gain = gain + side * (0.10 + 0.22 * color[None, None, :] * scene.light.warmth) * min(1.0, 0.35 + abs(stops))
    grid = np.broadcast_to(strength * gain, (h, w, 3)).astype(np.float32)
    return _Relight(np.ascontiguousarray(maps.shrink(np.ascontiguousarray(grid), 64).transpose(2, 0, 1)))


@jit
def _relight_tile(tile: Float, planes: Float, x0: int, y0: int, image_width: int, image_height: int) -> None:
    th, tw = tile.shape[0], tile.shape[1]
    index, part = np.empty(tw, np.int32), np.empty(tw, np.float32)
    maps_columns(x0, image_width, planes.shape[2], index, part)
    line = np.empty(planes.shape[2], np.float32)
    g = np.empty((3, tw), np.float32)
    power = np.empty(tw, np.float32)
    for r in range(th):
        maps_row_of(planes, y0 + r, image_height, index, part, line, g)
        for c in range(tw):
            y = FLR * tile[r, c, 0] + FLG * tile[r, c, 1] + FLB * tile[r, c, 2]
            # What shines by itself or is near white is held.
            hold = F1 - HALF * min(F1, max(F0, (y - F06) * F2))
            for k in range(3):
                g[k, c] *= hold
        for k in range(3):
            exp2_row(g[k], power)
            for c in range(tw):
                tile[r, c, k] *= power[c]


def _relight_apply(tile: NDArray[np.float32], window: Window, prepared: Any) -> None:
    if prepared is None:
        return
    p: _Relight = prepared
    _relight_tile(tile, p.planes, window.x, window.y, window.image_width, window.image_height)


# ----------------------------------------------------------------------------------------- declarations

CLOUD_DRAMA = register(
    Operator(
        name="cloud_drama",
        version=1,
        family="sky",
        kind="layer",
        label=Label("Cloud drama", "云层戏剧性"),
        doc=(
            "Strengthens the clouds that are there: local contrast in three sizes inside the sky only, most in the "
            "clouds; haze taken off, the clear sky a little deeper upward, lights leaning warm and darks cool as far "
            "as the photo itself does. Smooth sky stays smooth."
        ),
        params=(
            Param("strength", 0.6, 0.0, 1.0, label=STRENGTH),
            Param("warmth", 0.0, -1.0, 1.0, label=WARMTH),
        ),
        prepare=_drama_prepare,
        apply=_drama_apply,
        region="sky",
    )
)

CLOUDS = register(
    Operator(
        name="clouds",
        version=1,
        family="sky",
        kind="neighbourhood",
        label=Label("New clouds", "新云层"),
        doc=(
            "Volumetric clouds in the photo's perspective, lit by the photo's own sun and toned from its own sky. "
            "The photo's sky stays as background and fades the distance; clouds already there show between."
        ),
        params=(
            Param("kind", "broken", choices=tuple(KINDS), label=Label("Kind", "云种")),
            Param("coverage", 0.55, 0.0, 1.0, label=Label("Coverage", "云量")),
            Param("density", 0.7, 0.0, 1.0, label=Label("Density", "浓密度")),
        ),
        prepare=_clouds_prepare,
        apply=_clouds_apply,
        halo=_clouds_halo,
        region="sky",
    )
)

SUN_GLOW = register(
    Operator(
        name="sun_glow",
        version=1,
        family="sky",
        kind="layer",
        label=Label("Sun glow", "太阳光晕"),
        doc=(
            "Light spread around the sun (or the brightest sky) in the light's own colour; it spills a little over "
            "ridges. `radius` is a share of the long side."
        ),
        params=(
            Param("strength", 0.5, 0.0, 1.0, label=STRENGTH),
            Param("radius", 0.35, 0.02, 1.0, unit="of the long side", label=Label("Radius", "半径")),
        ),
        prepare=_glow_prepare,
        apply=_glow_apply,
        region="everything",
    )
)

LIGHT_SHAFTS = register(
    Operator(
        name="light_shafts",
        version=1,
        family="sky",
        kind="layer",
        label=Label("Light shafts", "云隙光"),
        doc=(
            "Rays from the sun through the gaps in the clouds (Mitchell 2007, GPU Gems 3, ch. 13), as light and as "
            "the shade between them; blacks stay black."
        ),
        params=(
            Param("strength", 0.5, 0.0, 1.0, label=STRENGTH),
            Param("length", 0.6, 0.0, 1.0, label=Label("Length", "长度")),
        ),
        prepare=_shafts_prepare,
        apply=_shafts_apply,
        region="everything",
    )
)

RELIGHT = register(
    Operator(
        name="relight",
        version=1,
        family="sky",
        kind="layer",
        label=Label("Relight", "前景光随天色"),
        doc=(
            "The land follows its sky: darker and cooler or warmer by a part of what the sky has changed since the "
            "original, a little warmer on the side toward the light."
        ),
        params=(
            Param("strength", 0.4, 0.0, 1.0, label=STRENGTH),
            Param("warmth", 0.0, -1.0, 1.0, label=WARMTH),
        ),
        prepare=_relight_prepare,
        apply=_relight_apply,
        region="foreground",
    )
)

__all__ = ["CLOUD_DRAMA", "CLOUDS", "LIGHT_SHAFTS", "RELIGHT", "SUN_GLOW"]
