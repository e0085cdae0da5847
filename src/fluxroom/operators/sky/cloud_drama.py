"""Cloud drama: the clouds that are there, strengthened."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from fluxroom.operators.declare import (
    Label,
    Operator,
    Overview,
    Param,
    Parameters,
    Window,
    register,
)
from fluxroom.operators.sky.common import (
    F0,
    F005,
    F007,
    F01,
    F02,
    F022,
    F025,
    F026,
    F045,
    F055,
    F07,
    F075,
    F085,
    F09,
    F1,
    F1E6,
    F2,
    F3,
    F9,
    FLB,
    FLG,
    FLR,
    STRENGTH,
    THIRD,
    WARMTH,
    before_haze,
    maps_columns,
    maps_row_of,
    own_chroma,
    single,
    sky_or_mask,
    sun_place,
    tanh,
)
from fluxroom.scene import Float
from fluxroom.sky import maps
from fluxroom.sky._jit import HALF, exp2_row, inline, jit, log2_row
from fluxroom.sky.light import luminance, sky_levels


@dataclass(frozen=True, slots=True)
class _Drama:
    # (14, h, w): a, b of three bases; how far up; near the sun; a, b of how blue; how cloudy; how far from an edge;
    # how much of it all; undersides
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


NOISY = 3.0
"""Times the noise's deviation by which a relief must stand out to be one."""


def _noise(log_y: Float, weight: Float) -> float:
    """Deviation of the finest grain in the smoother half of the sky, stops."""
    inside = weight > 0.9
    if int(inside.sum()) < 256:
        return 0.0
    quick = np.abs(log_y - cv2.GaussianBlur(log_y, (0, 0), 1.2))
    around = cv2.blur(quick, (9, 9))[inside]
    return float(1.25 * 1.4 * np.mean(around[around <= np.median(around)], dtype=np.float64))


def _drama_prepare(overview: Overview, parameters: Parameters, seed: int) -> _Drama | None:
    strength = float(parameters["strength"])
    if strength <= 0.0:
        return None
    pixels = overview.pixels
    h, w = pixels.shape[:2]
    long = max(h, w)
    sky = sky_or_mask(overview)
    weight = np.clip((sky - 0.35) / 0.6, 0, 1).astype(np.float32)
    y = luminance(pixels)
    log_y = np.log2(np.maximum(y, 2.0**-10)).astype(np.float32)
    layers: list[Float] = []
    noise = _noise(log_y, weight)
    for part, least in ((0.03, 0.20), (0.008, 0.10), (0.002, 0.04)):
        # Noise is no relief, in whichever size: the bases must not follow it.
        a, b = maps.guided(log_y, weight, max(1, round(part * long)), least**2 + (NOISY * noise) ** 2)
        layers += [a, b]

    # 0 at the sky's foot, 1 at its top; foot and top from the sky itself.
    rows = np.flatnonzero(sky.mean(axis=1) > 0.05)
    top, foot = (float(rows[0]), float(rows[-1] + 1)) if rows.size else (0.0, float(h))
    foot = max(foot, top + 0.1 * h)
    up = np.clip((foot - np.arange(h, dtype=np.float32) - 0.5) / (foot - top), 0, 1)
    up = up * up * (3 - 2 * up)
    sx, sy = sun_place(overview)
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
        blue = float(np.clip((most - 0.12) / 0.30, 0, 1) * np.clip((green - 0.02) / 0.08, 0, 1))
        # Pale blue counts nearly as deep blue: a hazy foot of the sky must not stay behind as a halo.
        share = np.clip((cold - least) / (0.7 * (most - least)), 0, 1).astype(np.float32)
    # Clouds are where perception saw them, and where the sky has relief at all.
    wide, middle, small = (layers[i] * log_y + layers[i + 1] for i in (0, 2, 4))
    spread = maps.blur((small - wide) ** 2 * weight, 0.012 * long)
    relief = np.sqrt(np.maximum(spread, 0) / (np.maximum(maps.blur(weight, 0.012 * long), 0) + 1e-3))
    cloudy = np.clip((relief - 0.04) / 0.10, 0, 1)
    there = overview.scene.regions.get("clouds")
    if there is not None:
        seen = maps.blur(maps.resize(np.ascontiguousarray(there, np.float32), w, h), 0.004 * long)
        cloudy = np.maximum(cloudy, seen)
    # What is pale but smooth is air, not cloud: along a ridge it must not stay behind as a halo.
    share = np.maximum(share, np.float32(0.75) * (1.0 - np.clip(1.5 * cloudy, 0, 1)).astype(np.float32))
    blueness = maps.regression(log_y, share, weight, max(1, round(0.008 * long)), 0.12**2)
    clear_air = np.float32(blue) * maps.blur(share * weight, 0.006 * long)
    layers += [*blueness, (np.clip(cloudy, 0, 1) * weight * (1.0 - 0.8 * np.clip(clear_air, 0, 1))).astype(np.float32)]
    # Along the land no rim is raised: not the last pixels, nor the paler foot of a blue sky.
    rim = np.clip(2.0 * maps.blur(weight, 0.003 * long) - 1.0, 0, 1)
    wide_rim = 1.0 - np.clip(2.0 * maps.blur(weight, 0.025 * long) - 1.0, 0, 1)
    layers += [(rim * (1.0 - 0.9 * wide_rim * np.clip(1.6 * clear_air, 0, 1))).astype(np.float32)]
    bright_part = np.clip((middle - math.log2(p50)) * 2.5, 0, 1).astype(np.float32)
    # What lies behind a far hazy rock is not made darker than the rock.
    layers += [
        _meeting_water(overview, sky) * (1.0 - 0.85 * before_haze(overview)[0]),
        _undersides(cloudy * bright_part, weight, clear_air),
    ]
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
    warm = min(1.0, max(0.0, own / 0.5, 0.22 * own_chroma(overview, sky)))
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


def _undersides(cloudy: Float, weight: Float, clear_air: Float) -> Float:
    """Where cloud has more cloud above it than below, (h, w) 0..1; blind to the land."""
    long = max(cloudy.shape)
    body = (np.clip(cloudy, 0, 1) * (1.0 - np.clip(1.6 * clear_air, 0, 1))).astype(np.float32)
    reach = max(1, round(0.035 * long))

    def shifted(rows: int) -> Float:
        """The share of cloud in the sky that lies so many rows below (above, if negative)."""
        away = np.array([[1, 0, 0], [0, 1, -rows]], np.float32)
        size = (body.shape[1], body.shape[0])
        a, b = (
            maps.blur(
                np.asarray(cv2.warpAffine(v, away, size, borderMode=cv2.BORDER_REPLICATE), np.float32), 0.5 * reach
            )
            for v in (body * weight, weight)
        )
        # Where there is no sky that way, it is as here.
        return np.asarray(a + (1.0 - np.clip(b, 0, 1)) * body, np.float32)

    low = np.clip(shifted(-reach) - shifted(reach), 0, 1) * body
    return np.asarray(maps.blur(np.asarray(low * weight, np.float32), 0.3 * reach), np.float32)


def _meeting_water(overview: Overview, sky: Float) -> Float:
    """Less where the sky meets water: a band that ends at the horizon shows where the edit does."""
    h, w = sky.shape
    water = overview.scene.regions.get("water")
    if water is None or not water.any():
        return np.ones_like(sky)
    small = maps.shrink(np.ascontiguousarray(water, np.float32), 320)
    long = max(small.shape)
    # Water just below: its mask carried up by the width of the band.
    reach = max(1, round(0.045 * long))
    below = np.asarray(cv2.dilate(small, np.ones((2 * reach + 1, 3), np.uint8)), np.float32)
    return maps.resize(np.asarray(1.0 - 0.95 * maps.blur(below, 0.012 * long), np.float32), w, h)


# Gains of drama in stops at full strength: the four sizes, each with its limit and what counts as noise,
DW, DW_CLOUD, DW_LIMIT, DW_QUIET = (single(v) for v in (0.30, 0.28, 0.9, 0.25))
DM, DM_CLOUD, DM_LIMIT, DM_QUIET = (single(v) for v in (1.0, 1.2, 0.80, 0.03))
DS, DS_CLOUD, DS_LIMIT, DS_QUIET = (single(v) for v in (0.9, 0.8, 0.50, 0.06))
DF, DF_CLOUD, DF_LIMIT, DF_QUIET = (single(v) for v in (0.14, 0.1, 0.25, 0.08))
# the sky's deepening upward (less where blue itself deepens) and everywhere, of blue, of clouds in blue,
D_RISE, D_LESS, D_ALL, D_BLUE, D_CLOUD = (single(v) for v in (0.34, 0.12, 0.05, 0.34, 0.20))
# how far white clouds and their undersides come down, from which level on (log2) and over which,
D_HOLD, D_BELLY, D_GREY, D_PER_GREY = (single(v) for v in (0.70, 0.70, math.log2(0.35), 1.0 / math.log2(0.9 / 0.35)))
# and the growth of pale blue's chroma.
D_CHROMA, D_CYAN, F04 = (single(v) for v in (0.40, 0.6, 0.38))


@inline
def _limited(x: float, limit: float, quiet: float) -> float:
    """x where it is plainly more than noise, softly limited."""
    q = x * x
    return limit * tanh(x / limit) * q / (q + quiet * quiet)


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
            lit = min(F1, max(F0, (middle - reference) * F3))
            # What is dark beside a bright cloud may be the sky: there it would only be a halo.
            gain += more * g[11, c] if more > F0 else more * (F04 + (F1 - F04) * lit)
            # The sky deepens upward, and its blue more, as through a polariser; clouds in the blue stay bright.
            gain -= (D_RISE - D_LESS * blues) * rise + D_ALL
            gain -= D_BLUE * share * (F1 - F02 * rise) - D_CLOUD * (blues - share)
            gain *= s * g[12, c]
            # White clouds come down as a whole, so that their relief has room; undersides more.
            white = cloud * min(F1, max(F0, (wide - D_GREY) * D_PER_GREY))
            gain -= (D_HOLD * white + D_BELLY * lit * g[13, c]) * g[12, c] * s
            # A veil of haze comes off, most where the sky is dull.
            off = s * g[12, c] * veil * (F1 - near)
            cleared = (y - off) / (F1 - off)
            ratios[c] = cleared / y if cleared > F025 * y else F1
            gains[c] = min(F9, max(-F9, gain))
            shares[c] = share
            leans[c] = tanh((middle - reference) * F09)
        exp2_row(gains, thirds)
        for c in range(tw):
            ratio = ratios[c] * thirds[c]
            new = luma[c] * ratio
            # Highlights are held: what rises comes near white, but keeps its relief.
            if ratio > F1 and new > F075:
                ratio = max(F1, (F075 + F025 * tanh((new - F075) / F025)) / luma[c])
            ratios[c] = ratio
            luma[c] = ratio
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
