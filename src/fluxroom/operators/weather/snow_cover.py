"""Snow that lies: on ground, slopes, rocks, roofs and boughs that face up, broken by what sticks out.

Nothing tells a photo's heights, but light from above does: what is brighter than the place right above it and than
its surroundings faces up (Horn 1970's shape from shading, in its simplest form). Snow hides the ground's colour but
not its light: the new brightness is the photo's own shading, compressed, at the high albedo of snow (Wiscombe & Warren
1980); shadows are lit by the sky alone and so are blue.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from fluxroom.operators.declare import LUMA, Label, Operator, Overview, Param, Parameters, Window, register
from fluxroom.operators.sky.common import (
    FLB,
    FLG,
    FLR,
    STRENGTH,
    light_color,
    maps_columns,
    maps_row_of,
    own_chroma,
    single,
    sky_mask,
)
from fluxroom.operators.weather import depth, tops
from fluxroom.scene import Float, Scene
from fluxroom.sky import maps
from fluxroom.sky import noise as sky_noise
from fluxroom.sky._jit import exp2_row, jit, log2_row
from fluxroom.sky.light import dayness, luminance, nightness

F0, F1, F2, F3 = (single(v) for v in (0, 1, 2, 3))
Color = tuple[float, float, float]
FLOOR, MOST = single(0.004), single(1e4)
SHADOW = np.array([0.84, 0.98, 1.24])
"""Colour of snow in the sky's light, relative to luminance."""


@dataclass(frozen=True, slots=True)
class _Snow:
    """planes (6, h, w): how much lies, how much what is fine tells, most that lies, local log2 luminance, log2
    brightness of the snow, mute. base: the snow's luminance; lit, shadow: its colours."""

    planes: Float
    lit: Color
    shadow: Color
    base: float


def _drifts(scene: Scene, ends: Float, w: int, h: int, seed: int) -> Float:
    """(h, w) -0.5..0.5: snow lies thicker here and thinner there, in perspective."""
    texture = sky_noise.noise().plane
    n = texture.shape[0]
    shift = np.random.Generator(np.random.PCG64(seed)).integers(0, n, 2)
    x = (np.arange(w) + 0.5)[None] / w - 0.5
    y = (np.arange(h) + 0.5)[:, None] / h
    z = 1.0 / np.clip((y - ends[None]) / np.maximum(0.12, 1.0 - ends[None]), 1 / depth.FARTHEST, 1.0)
    u = np.floor(180.0 * x * z).astype(np.int64) + shift[0]
    v = np.broadcast_to(np.floor(150.0 * z).astype(np.int64) + shift[1], u.shape)
    # Over the plane's end the noise has no depth to lie in.
    there = np.clip((y - ends[None] - 0.02) / 0.06, 0, 1)
    return maps.blur(np.asarray((texture[v % n, u % n] - 0.5) * there, np.float32), 0.8)


def _foliage(pixels: Float, y: Float) -> Float:
    """(h, w) 0..1: how green, so that snow lies on leaves and needles and not on upright bark."""
    green = (pixels[..., 1] - pixels[..., 0]) / np.maximum(y, 0.01)
    return np.asarray(np.clip((maps.blur(green.astype(np.float32), 1.0) + 0.02) / 0.14, 0, 1), np.float32)


def _guide(pixels: Float) -> Float:
    return np.sqrt(np.clip(pixels, 0, 1)).astype(np.float32)


def _roofs(scene: Scene, pixels: Float) -> Float:
    h, w = pixels.shape[:2]
    return tops.roofs(_guide(pixels), depth.region(scene, "building", w, h), sky_mask(scene, (h, w)))


def _to_the_edge(mask: Float, pixels: Float) -> Float:
    """A soft mask (h, w) drawn to the photo's edges (guided filter)."""
    if float(mask.mean(dtype=np.float64)) < 0.004:
        return mask
    drawn = tops.drawn_to_edges(mask, _guide(pixels), 0.009, 4e-4)
    # Nowhere but where the mask has a doubt.
    return np.asarray(np.where((mask > 0.02) & (mask < 0.98), np.clip(1.5 * drawn - 0.25, 0, 1), mask), np.float32)


@jit
def _images(cover: Float, water: Float, end: float, out: Float) -> None:
    """(h, w) snow that stands over water, turned over at its foot: where its mirror image lies.

    end  row of the horizon: what is near shows its underside in the mirror, not its top
    """
    h, w = cover.shape
    for x in range(w):
        foot = -1
        for r in range(h):
            if water[r, x] < np.float32(0.5):
                foot = r + 1
                continue
            source = 2 * foot - r - 1
            if foot > 0 and source >= 0 and water[source, x] < np.float32(0.5):
                under = (np.float32(foot) - np.float32(end)) / np.float32(0.22 * h)
                out[r, x] = cover[source, x] * max(np.float32(0.0), np.float32(1.0) - max(np.float32(0.0), under))


def _reflected(cover: Float, water: Float, logs: Float, horizon: float) -> Float:
    """(h, w) 0..1 snow in the mirror of calm water, smeared upright; none in waves."""
    h, w = cover.shape
    if float(water.mean(dtype=np.float64)) < 0.01:
        return np.zeros_like(cover)
    out = np.zeros_like(cover)
    _images(np.ascontiguousarray(cover), np.ascontiguousarray(maps.blur(water, 0.002 * w)), horizon * h, out)
    fine = logs - maps.blur(logs, 0.006 * w)
    rough = np.sqrt(np.maximum(maps.blur(fine * fine, 0.02 * w), 0))
    calm = np.clip((0.30 - rough) / 0.12, 0, 1)
    out = np.asarray(cv2.GaussianBlur(out, (0, 0), 0.002 * w, sigmaY=0.010 * h), np.float32)
    return np.asarray(out * calm * np.clip(1.5 * water - 0.25, 0, 1), np.float32)


def _rounded(cover: Float, side: int) -> Float:
    """(h, w) log2 of light on a layer of snow with thick round edges: bright above, turned away from the sky below."""
    h = cover.shape[0]
    total = np.zeros_like(cover)
    for sigma, amount in ((0.0016, 0.5), (0.005, 0.7)):
        soft = maps.blur(cover, sigma * side)
        step = max(1, round(sigma * side))
        slope = np.zeros_like(cover)
        slope[step : h - step] = soft[2 * step :] - soft[: h - 2 * step]
        total += np.float32(amount) * np.clip(slope, -1.0, 0.5)
    return total


def _prepare(overview: Overview, parameters: Parameters, seed: int) -> _Snow | None:
    strength = float(parameters["strength"])
    if strength <= 0.0:
        return None
    scene = overview.scene
    pixels = np.maximum(overview.pixels, 0)
    h, w = pixels.shape[:2]
    side = max(h, w)
    y = luminance(pixels)
    logs = np.log2(y + FLOOR).astype(np.float32)
    near = maps.blur(logs, 0.004 * side)
    # The sky's brightness is none of the land's.
    land = np.maximum(1.0 - sky_mask(scene, (h, w)), np.float32(0.02))
    wide = maps.blur(logs * land, 0.02 * side) / np.maximum(maps.blur(land, 0.02 * side), np.float32(0.01))
    middle = near - wide
    step = max(1, round(0.004 * side))
    up = np.zeros_like(logs)
    up[step:] = near[step:] - near[:-step]

    scale = min(1.0, 420 / side)
    sw, sh = max(2, round(w * scale)), max(2, round(h * scale))
    small, (ends, _) = depth.log_distance(scene, sw, sh)
    far = maps.resize(small, w, h)
    columns = maps.resize(np.repeat(ends[None], 2, axis=0), w, 2)[0]
    flat = depth.region_sum(scene, ("grass", "sand", "road"), w, h)
    slopes = _to_the_edge(depth.region(scene, "mountain", w, h), pixels)
    rocks = _to_the_edge(depth.region(scene, "rock", w, h), pixels)
    house = _roofs(scene, pixels)
    trees = depth.region(scene, "trees", w, h)
    water = depth.region(scene, "water", w, h)
    drifts = _drifts(scene, columns, w, h, seed)
    lie_flat = 1.5 * strength - 0.55 + 0.9 * middle + 0.5 * drifts + 0.23 * np.minimum(far, 1.6)
    # Tall grass stands through it: stalks with snow between them.
    blades = depth.region(scene, "grass", w, h) * np.clip((1.3 - far) / 0.4, 0, 1)
    if float(blades.mean(dtype=np.float64)) > 0.002:
        blades = blades * _upright(logs, side)
    lie_flat = lie_flat - blades * (0.10 + 0.25 * strength)
    lie_slopes = 1.4 * strength - 0.7 + middle + up
    blue = _bluer(pixels, rocks)
    # A low sun lights what stands upright: its light and shade tell nothing of what faces up, the sky's blue does.
    low = _low_sun(pixels, rocks)
    top, cap, hill, shelf = tops.rock_tops(_guide(pixels), rocks, far, 1.0 - low)
    told = (1.0 - low) * np.clip(middle + up, -1, 1) + low * np.clip(1.2 * blue, -1, 0.35)
    lie_rocks = (
        1.25 * strength - 1.05 + 1.45 * top + 0.25 * told + 0.5 * low * np.clip(blue, 0, 1) * shelf + 0.45 * drifts
    )
    lie_hill = 1.4 * strength - 0.62 + 0.9 * np.clip(middle + up, -1, 1) + 0.5 * drifts + 0.2 * np.minimum(far, 1.6)
    hill = hill * np.float32(1.0 - low)
    lie_rocks = lie_rocks + hill * (lie_hill - lie_rocks)
    lie_house = 1.1 * strength + 0.30 + 0.15 * np.clip(middle, -1, 1) + 0.3 * drifts
    leaves = _foliage(pixels, y) * np.clip(1.1 - 0.2 * far, 0.4, 1)
    lie_trees = 1.1 * strength - 0.75 + 1.3 * np.minimum(up, 0.8) + 0.5 * middle
    total = np.maximum(flat + slopes + rocks + house + trees, 1e-3)
    lie = flat * lie_flat + slopes * lie_slopes + rocks * lie_rocks + house * lie_house + trees * lie_trees
    lie = lie / total / 0.5
    tell = (flat * (0.45 + 0.5 * blades) + slopes * 0.75 + rocks * 0.16 + house * 0.12 + trees * 0.9) / total / 0.5
    most = (flat * (1 - 0.30 * blades) + 0.95 * slopes + 0.97 * rocks + 0.94 * house + 0.6 * trees * leaves) * min(
        1.0, strength / 0.2
    )
    most = np.clip(most, 0, 1)

    ground = (flat + slopes + rocks) > 0.5
    inside = logs[ground] if int(ground.sum()) > 64 else logs.ravel()
    level = float(np.median(inside))
    base = float(np.clip(7.0 * 2.0**level, max(0.01 + 0.58 * dayness(scene), _skylight(y, scene)), 0.66))
    shading = 0.60 * np.clip(wide - level, -2.2, 0.4) + 0.40 * np.clip(middle, -0.8, 0.6)
    # Snow has waves of its own.
    shading += 0.45 * maps.blur(drifts, 0.003 * side) - 0.12
    # On rocks and roofs snow lies as a cushion with an edge, and its own shape tells its light.
    cushion = np.clip(rocks * (1 - hill) + house, 0, 1)
    cover = most * _smooth(lie)
    lifted = tops.capped(cover * np.clip(cap * 1.5, 0, 1), 0.006 * h * (1.0 if strength >= 0.3 else strength / 0.3))
    # What is far is too small for that to be seen.
    reach = np.asarray(cv2.erode(far, np.ones((max(3, round(0.02 * h)) | 1,) * 2, np.uint8)), np.float32)
    over = np.clip(lifted - cover, 0, 1) * np.clip(1.0 - flat - slopes - trees, 0, 1) * np.clip(2.1 - reach, 0, 1)
    over = over * (1 - maps.blur(hill, 0.01 * w))
    edges = _rounded(np.maximum(cover, over), side) * (1 - 0.6 * np.clip(house, 0, 1))
    # A roof is one slope: how dark its tiles are tells nothing.
    own = np.clip(house * 1.5, 0, 1)
    shade = np.clip(0.5 * shading, -0.8, 0.4) * (1 - 0.8 * own) + edges
    shading = shading + np.clip(cushion + over, 0, 1) * (shade - shading)
    mirrored = np.float32(0.5) * _reflected(cover * cushion, water, logs, scene.horizon.y(0.5))
    add = np.maximum(over, mirrored)
    lie = lie + np.clip(3.0 * add, 0, 1) * (np.float32(1.0) - lie)
    tell = tell * (1 - np.clip(3.0 * add, 0, 1))
    shading = shading - np.float32(0.9) * np.clip(mirrored * 3, 0, 1)
    most = np.maximum(most * np.clip(1 - 3 * mirrored, 0, 1), add)
    mute = strength * (0.42 * np.clip(flat + slopes + rocks + trees, 0, 1) + 0.15 * sky_mask(scene, (h, w)))
    mute = np.maximum(mute, np.float32(min(1.0, 1.3 * strength)) * 0.85 * blades)
    # What the low sun painted red goes grey with it.
    mute = np.maximum(mute, np.float32(0.85 * low * min(1.0, 2.0 * strength)) * rocks)
    planes = np.stack([lie, tell, np.clip(most, 0, 1), near, shading, mute]).astype(np.float32)
    lit, shadow = _colors(overview)
    return _Snow(np.ascontiguousarray(planes), lit, shadow, base)


def _upright(logs: Float, side: int) -> Float:
    """(h, w) 0..1: whether what is fine runs upright: blades and stalks seen from the side (structure tensor)."""
    soft = maps.blur(logs, max(0.8, 0.0012 * side))
    gy, gx = (maps.blur(_slope(soft, axis) ** 2, 0.025 * side) for axis in (0, 1))
    return np.asarray(np.clip((gx / np.maximum(gx + gy, 1e-6) - 0.58) / 0.14, 0, 1), np.float32)


def _slope(values: Float, axis: int) -> Float:
    if values.shape[axis] < 2:
        return np.zeros_like(values)
    return np.asarray(np.gradient(values, axis=axis), np.float32)


def _smooth(x: Float) -> Float:
    x = np.clip(x, 0, 1)
    return np.asarray(x * x * (3 - 2 * x), np.float32)


def _bluer(pixels: Float, rocks: Float) -> Float:
    """(h, w) how much bluer a place of rock is than rock is here, log2 of blue over red."""
    side = max(pixels.shape[:2])
    soft = maps.blur(np.ascontiguousarray(pixels, np.float32), 0.002 * side)
    ratio = np.log2((soft[..., 2] + np.float32(0.004)) / (soft[..., 0] + np.float32(0.004)))
    inside = rocks > 0.6
    return np.asarray(ratio - (np.median(ratio[inside]) if bool(inside.any()) else 0.0), np.float32)


def _low_sun(pixels: Float, rocks: Float) -> float:
    """0..1: how surely the rocks are lit from the side by a low sun: what is bright on them is far warmer."""
    inside = rocks > 0.6
    if int(inside.sum()) < 256:
        return 0.0
    y = luminance(pixels)[inside]
    warm = pixels[..., 0][inside] / np.maximum(pixels[..., 2][inside], 0.004)
    bright, dark = y > np.percentile(y, 75), y < np.percentile(y, 45)
    if not bright.any() or not dark.any():  # all of one tone
        return 0.0
    ratio = float(np.median(warm[bright]) / max(1e-3, float(np.median(warm[dark]))))
    return min(1.0, max(0.0, (ratio - 1.4) / 0.8))


def _skylight(y: Float, scene: Scene) -> float:
    """Snow's luminance in the sky's light alone: nearly the sky's own."""
    h, w = y.shape
    inside = sky_mask(scene, (h, w)) > 0.6
    mean = float(np.clip(y[inside], 0, 1).mean(dtype=np.float64)) if int(inside.sum()) > 64 else 0.0
    return 1.3 * mean * (1.0 - nightness(scene))


def _colors(overview: Overview) -> tuple[Color, Color]:
    """Of snow in the sun and in the shade, luminance about 1: under a glowing sky both take its warmth."""
    scene = overview.scene
    sky = sky_mask(scene, (overview.pixels.shape[0], overview.pixels.shape[1]))
    chroma = own_chroma(overview, sky)
    weight = np.clip((sky - 0.5) * 2, 0, 1).astype(np.float64) + 1e-6
    mean = (np.clip(overview.pixels, 0, 1) * weight[..., None]).sum((0, 1)) / weight.sum()
    own = np.clip(mean / max(1e-4, float(mean @ np.array(LUMA))), 0.2, 2.0)
    warm = min(1.0, max(0.0, float(own[0] - own[2]) / 0.35))
    cold = 1.0 + chroma * (SHADOW - 1.0)
    shadow = cold + 0.85 * warm * (own - cold)
    sun = np.array(light_color(scene, 0.8 * chroma))
    lit = 0.6 * (sun + 0.8 * warm * (own - sun)) + 0.4 * (0.75 + 0.25 * shadow)
    (a, b, c), (d, e, f) = lit.tolist(), shadow.tolist()
    return (a, b, c), (d, e, f)


def _advise(overview: Overview, parameters: Parameters) -> tuple[str, ...]:
    scene = overview.scene
    if scene.share("building") <= 0.03 or float(parameters["strength"]) <= 0:
        return ()
    if float(_roofs(scene, overview.pixels).mean(dtype=np.float64)) < 0.03 * scene.share("building"):
        return ("no snow was laid on the buildings: which of their faces are roofs is not known",)
    return ()


@jit
def _tile(
    tile: Float,
    planes: Float,
    lit: Float,
    shadow: Float,
    base: float,
    x0: int,
    y0: int,
    image_width: int,
    image_height: int,
) -> None:
    th, tw = tile.shape[0], tile.shape[1]
    index, part = np.empty(tw, np.int32), np.empty(tw, np.float32)
    maps_columns(x0, image_width, planes.shape[2], index, part)
    line = np.empty(planes.shape[2], np.float32)
    g = np.empty((6, tw), np.float32)
    logs, light = np.empty(tw, np.float32), np.empty(tw, np.float32)
    fifth, third = single(0.32), single(0.82)
    for r in range(th):
        maps_row_of(planes, y0 + r, image_height, index, part, line, g)
        for c in range(tw):
            y = FLR * tile[r, c, 0] + FLG * tile[r, c, 1] + FLB * tile[r, c, 2]
            light[c] = min(MOST, max(F0, y)) + FLOOR
        log2_row(light, logs)
        for c in range(tw):
            logs[c] = min(F1, max(-F1, logs[c] - g[3, c]))
            g[4, c] += fifth * logs[c]
        exp2_row(g[4], light)
        for c in range(tw):
            cover = min(F1, max(F0, g[0, c] + g[1, c] * logs[c]))
            cover = g[2, c] * cover * cover * (F3 - F2 * cover)
            a, b, d = tile[r, c, 0], tile[r, c, 1], tile[r, c, 2]
            y = FLR * a + FLG * b + FLB * d
            keep = F1 - g[5, c]
            snow = min(third, base * light[c])
            cold = min(F1, max(F0, -g[4, c]))
            a, b, d = y + keep * (a - y), y + keep * (b - y), y + keep * (d - y)
            tile[r, c, 0] = a + cover * (snow * (lit[0] + cold * (shadow[0] - lit[0])) - a)
            tile[r, c, 1] = b + cover * (snow * (lit[1] + cold * (shadow[1] - lit[1])) - b)
            tile[r, c, 2] = d + cover * (snow * (lit[2] + cold * (shadow[2] - lit[2])) - d)


def _apply(tile: NDArray[np.float32], window: Window, prepared: Any) -> None:
    if prepared is None:
        return
    p: _Snow = prepared
    lit, shadow = np.array(p.lit, np.float32), np.array(p.shadow, np.float32)
    size = (window.x, window.y, window.image_width, window.image_height)
    _tile(tile, p.planes, lit, shadow, single(p.base), *size)


SNOW_COVER = register(
    Operator(
        name="snow_cover",
        version=1,
        family="weather",
        kind="layer",
        label=Label("Snow cover", "积雪"),
        doc=(
            "Snow on ground, slopes, rocks, roofs and boughs that face up, broken by what sticks out, with bluish "
            "shadows; none on walls, water, people. Default: 0.8."
        ),
        params=(Param("strength", 0.8, 0.0, 1.0, label=STRENGTH),),
        prepare=_prepare,
        apply=_apply,
        advise=_advise,
    )
)
