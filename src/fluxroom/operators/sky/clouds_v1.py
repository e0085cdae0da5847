"""New clouds as they were in version 1, for recipes that name it: larger bodies, old clouds standing in front."""

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
from fluxroom.operators.sky.cloud_draw import DETAIL_SPAN, LN2_4, doubled, fine_at, halved, level_for
from fluxroom.operators.sky.cloud_room import without_crumbs
from fluxroom.operators.sky.common import (
    F0,
    F005,
    F025,
    F07,
    F075,
    F09,
    F1,
    F2,
    FLB,
    FLG,
    FLR,
    single,
    sky_or_mask,
    tanh,
)
from fluxroom.scene import Float
from fluxroom.sky import maps
from fluxroom.sky import noise as sky_noise
from fluxroom.sky._jit import HALF, jit, log2_row
from fluxroom.sky.camera import Camera
from fluxroom.sky.clouds import Kind, march
from fluxroom.sky.light import luminance, palette, sunlight

MARCH_SIDE = 864
"""Long side of the marched buffers, rays."""
KINDS = {
    "broken": Kind(1.5, 0.85, 1.9, 13.0, 1.35, 0.75, 0.85, 0.26, 38.0, 0.34),
    "altocumulus": Kind(3.6, 0.42, 0.95, 17.0, 1.25, 0.25, 0.8, 0.30, 38.0, 0.40),
    "stratocumulus": Kind(1.5, 0.55, 2.4, 16.0, 2.3, 0.5, 0.55, 0.22, 34.0, 0.30),
    "storm": Kind(1.2, 1.1, 2.6, 12.0, 1.9, 0.45, 0.42, 0.30, 40.0, 0.36, 0.95, 1.8),
}


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
    sky = sky_or_mask(overview)
    storm = name == "storm"
    paint = palette(overview.pixels, sky, scene, dark=1.0 if storm else 0.0)
    sight = None if paint.haze <= 0.0 else 36.0 * (KINDS[name].base / 1.5) ** 0.6 * (1.0 - 0.55 * paint.haze)
    buffers = march(noise, directions, wanted, camera.sun(scene), KINDS[name], coverage, density, seed, sight)

    buffers = without_crumbs(buffers)
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
        doubled(np.ascontiguousarray(layer, dtype=np.float32)),
        np.asarray(touched, dtype=np.uint8),
        halved(noise.fine),
        (scene.horizon.left, scene.horizon.right),
        (float(shift[0]), float(shift[1])),
    )


F4, F6, F06, F08, F23 = (single(v) for v in (4, 6, 0.6, 0.8, 2.3))
N011, N037, N0045, N027, N003 = (single(v) for v in (0.11, 0.37, 0.045, 0.27, 0.03))
F256, TRACE, LEAST = (single(v) for v in (1 / 256, 0.0005, 1e-4))


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
    extra = single(min(1.0, max(0.0, (ratio - 1.0) / 2.0)))
    sway = single(1.75) * (F025 + F075 * extra)
    span = single(lw / DETAIL_SPAN)
    shape = single(image_height / image_width)
    shift_u, shift_v = single(shift_x), single(shift_y)
    most_u, most_v = single(2 * lw - 1.001), single(2 * lh - 1.001)
    # The tile's luminance before, as rows in turn; a binomial blur of it tells grain from picture.
    source = np.empty((th, tw), np.float32)
    for r in range(th):
        for c in range(tw):
            source[r, c] = FLR * tile[r, c, 0] + FLG * tile[r, c, 1] + FLB * tile[r, c, 2]
    column = np.empty(tw + 4, np.float32)
    ups, flats = np.empty(tw, np.float32), np.empty(tw, np.float32)
    for r in range(th):
        py = (y0 + r + 0.5) / image_height
        v_row = single(py * lh - 0.5)
        jv = min(lh - 1, max(0, int(np.floor(v_row + HALF))))
        for c in range(tw):
            px = (x0 + c + 0.5) / image_width
            up = single(left + (right - left) * px - py) * shape
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
            u = single(px * lw - 0.5)
            v = v_row
            if touched[jv, min(lw - 1, max(0, int(np.floor(u + HALF))))] == 0:
                continue
            # Screen-space detail that flattens toward the horizon like everything in a layer.
            up = ups[c]
            nx = (u + HALF) / single(DETAIL_SPAN) + shift_u
            ny = flats[c] * LN2_4 * span + shift_v
            n1 = fine_at(fine, nx, ny) - HALF
            n2 = fine_at(fine, F08 * nx - F06 * ny + N037, F06 * nx + F08 * ny + N011) - HALF
            n3 = fine_at(finer, nx * F23 + F07, ny * F23) - HALF
            near = min(F1, up / single(0.12))
            wob = sway * near
            u += wob * (n1 + F025 * n3)
            v += wob * (n2 - F025 * n3)
            u = min(most_u, max(F0, F2 * u + HALF))
            v = min(most_v, max(F0, F2 * v + HALF))
            i, j = int(u), int(v)
            right_part, low_part = u - single(i), v - single(j)
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
            solid = min(F1, max(single(1e-3), v4))
            clear = min(F1, alpha / solid)
            thin = F4 * solid * (F1 - solid) * min(F1, max(F0, (F09 - solid) / single(0.3)))
            new = min(F1, max(F0, alpha * (F1 + near * extra * N027 * thin * clear * (n3 + n1) / solid)))
            part = new / alpha * (F1 + near * extra * N0045 * clear * clear * (n3 + n2))
            # The photo's grain: what is left of its luminance after a 5x5 binomial blur.
            total = column[c] + column[c + 4] + F4 * (column[c + 1] + column[c + 3]) + F6 * column[c + 2]
            smooth = max(LEAST, total * F256)
            grain = N003 * tanh((source[r, c] - smooth) / (smooth * N003))
            # What is hidden loses its grain with it; give the cloud the same.
            keep = F1 - new
            boost = (F1 + grain) * part
            tile[r, c, 0] = tile[r, c, 0] * keep + max(F0, v0) * boost
            tile[r, c, 1] = tile[r, c, 1] * keep + max(F0, v1) * boost
            tile[r, c, 2] = tile[r, c, 2] * keep + max(F0, v2) * boost


def _clouds_apply(tile: NDArray[np.float32], window: Window, prepared: Any) -> None:
    if prepared is None:
        return
    p: _Clouds = prepared
    span = 2 * DETAIL_SPAN * window.image_width / p.layer.shape[1]
    _clouds_tile(
        tile,
        p.layer,
        p.touched,
        level_for(p.fine, span),
        level_for(p.fine, span / 2.3),
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


CLOUDS_1 = register(
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
