"""New clouds: marched small, drawn between rays, toned from the photo's own sky."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
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
from fluxroom.operators.sky.cloud_draw import DETAIL_SPAN, doubled, draw, halved, level_for
from fluxroom.operators.sky.cloud_light import in_low_light, in_picture, low_sun, sun_on_clouds
from fluxroom.operators.sky.cloud_room import afterglow, lowered, room, seen_clouds, share_of, sized, without_crumbs
from fluxroom.operators.sky.cloud_tone import deepened, facing, like_own, own_forms, tempered
from fluxroom.operators.sky.common import before_haze, sky_or_mask
from fluxroom.scene import Float
from fluxroom.sky import grain, maps
from fluxroom.sky import noise as sky_noise
from fluxroom.sky.camera import Camera
from fluxroom.sky.clouds import KINDS, Buffers, Kind, march
from fluxroom.sky.light import Palette, luminance, palette, sunlight
from fluxroom.sky.sheets import SHEETS, Sheet, composed, march_sheet

DARK = {"storm": 1.0, "heavy": 0.55}
"""How much darker than others' the shade of some kinds is, 0..1."""
LAYERS: dict[str, Kind | Sheet] = {**SHEETS, **KINDS}

USUAL = Camera(tan_x=math.tan(math.radians(30.0)), tan_y=2.0 / 3.0 * math.tan(math.radians(30.0)), pitch=0.11, roll=0.0)
MARCH_SIDE = 864
"""Long side of the marched buffers, rays."""


DRIFT = 0.006
"""How far clouds are blurred at night, as a share of the long side."""


@dataclass(frozen=True, slots=True)
class _Clouds:
    layer: Float  # (2 h, 2 w, 5): cloud colour times alpha, alpha, opacity in clear air; two cells a ray each way
    touched: NDArray[np.uint8]  # (h, w): 1 where a cloud may reach
    fine: tuple[Float, ...]  # the detail texture, each level half the last
    horizon: tuple[float, float]
    shift: tuple[float, float]
    grain: grain.Grain
    width: int  # of the picture in which the grain was measured


def _clouds_prepare(overview: Overview, parameters: Parameters, seed: int) -> _Clouds | None:
    coverage, density = float(parameters["coverage"]), float(parameters["density"])
    if coverage <= 0.0 or density <= 0.0 or float(overview.mask.max(initial=0)) <= 0.0:
        return None
    scene = overview.scene
    name = str(parameters["kind"])
    storm = name == "storm"
    noise = sky_noise.noise()
    scale = min(1.0, MARCH_SIDE / max(scene.width, scene.height))
    width, height = max(2, round(scene.width * scale)), max(2, round(scene.height * scale))
    camera = Camera.of(scene)
    gy, gx = np.mgrid[0:height, 0:width]
    # Only rays near the mask are marched.
    reach = maps.blur((overview.mask > 0.003).astype(np.float32), 0.006 * max(overview.mask.shape))
    wanted = maps.resize(reach, width, height) > 0.004
    if not wanted.any():
        return None
    sky = sky_or_mask(overview)
    clouds = seen_clouds(scene, sky)
    share = share_of(clouds, sky)
    paint = palette(overview.pixels, sky, scene, dark=DARK.get(name, 0.0))
    share_for = share if name == "broken" else 0.0
    base = LAYERS[name].base
    sight = (
        None
        if paint.haze <= 0.0
        else 36.0 * (base / 1.5) ** 0.6 * (1.0 - (0.25 if name in DARK else 0.55) * paint.haze)
    )
    directions = camera.directions((gx + 0.5) / width, (gy + 0.5) / height)
    glow = afterglow(scene)
    low = low_sun(overview.pixels, sky, scene)
    sun_at = lowered(camera.sun(scene), glow) if storm else sun_on_clouds(scene, camera, low)
    space = room(overview, clouds, paint, name, width, height)
    if name in SHEETS:
        sheet = sized(SHEETS[name], camera, share_for)
        place = _place(name, coverage, seed)
        buffers = march_sheet(noise, directions, wanted, sun_at, sheet, coverage, density, place, sight, space)
    else:
        kind = sized(KINDS[name], camera, share_for)
        buffers = march(noise, directions, wanted, sun_at, kind, coverage, density, seed, sight, space)
        buffers = without_crumbs(buffers)
    paint = tempered(like_own(paint, overview.pixels, clouds, sky, glow), scene)
    if not storm:
        paint = in_low_light(paint, low)
    color, alpha = _lit(buffers, paint, overview, storm, low.share, in_picture(camera, sun_at))
    # Fade in with the first traces of both parameters; the sun's own disc burns through.
    ease = min(1.0, coverage / 0.08) * min(1.0, density / 0.12)
    burnt = _burnt(overview, width, height)
    through = burnt * np.float32(ease * (1.0 - (0.1 if name in DARK else 0.3) * paint.haze))
    color, alpha, opacity = color * through[..., None], alpha * through, buffers.opacity
    color, alpha, opacity = _in_air(color, alpha, opacity, paint, overview, name in DARK)
    if storm:
        cover = min(1.0, max(0.0, (coverage - 0.2) / 0.3)) * min(1.0, density / 0.3)
        own = own_forms(overview.pixels, sky, share)
        stops = deepened(overview.pixels, sky, width, height) if own > 0.0 else None
        color, alpha, opacity = _under_storm(color, alpha, opacity, paint, overview, cover, burnt * wanted, own, stops)
    color = _no_darker_than_haze(color, alpha, overview)
    layer = np.concatenate([color, alpha[..., None], opacity[..., None]], axis=-1)
    touched = cv2.dilate((alpha > 0).astype(np.uint8), np.ones((7, 7), np.uint8))
    shift = np.random.Generator(np.random.PCG64(seed + 1)).uniform(0, 1, 2)
    return _Clouds(
        doubled(np.ascontiguousarray(layer, dtype=np.float32)),
        np.asarray(touched, dtype=np.uint8),
        halved(noise.fine),
        (scene.horizon.left, scene.horizon.right),
        (float(shift[0]), float(shift[1])),
        grain.measure(overview.pixels, sky, seed + 2),
        overview.pixels.shape[1],
    )


@lru_cache(maxsize=64)
def _place(name: str, coverage: float, seed: int) -> int:
    """Where in the layer the camera stands, chosen in a view that all photos share."""
    x, y = np.meshgrid((np.arange(48) + 0.5) / 48, 0.62 * (np.arange(20) + 0.5) / 20)
    sheet = sized(SHEETS[name], USUAL, 0.0)
    return composed(sky_noise.noise(), USUAL.directions(x, y), sheet, coverage, seed)


def _lit(
    buffers: Buffers, paint: Palette, overview: Overview, storm: bool, late: float, sun_in: tuple[float, float]
) -> tuple[Float, Float]:
    """Colour times alpha, and alpha: the buffers in the palette's light.

    late     see `cloud_light.Low.share`
    sun_in   the sun's place in the picture
    """
    alpha, scene = buffers.alpha, overview.scene
    h, w = alpha.shape
    thick = alpha > 0.05
    lit = buffers.sun[thick] / alpha[thick]
    unit = float(np.percentile(lit, 98.5)) if lit.size else 1.0
    sun = np.minimum(buffers.sun / np.float32(max(unit, 1e-6)), 1.6 * alpha)
    # A low sun reaches flanks and bellies that face it; the rest keeps the sky's own light.
    if late > 0.0 and not storm:
        sun *= np.power(sun / np.maximum(alpha, 1e-5) + np.float32(0.02), np.float32(0.9 * late))
    # At night nothing shines from one side.
    sun += np.float32(0.75 * paint.night) * (0.25 * alpha - sun)
    sun *= np.float32(sunlight(scene) * (1.0 - 0.25 * paint.blue))
    if storm:  # a storm lets little sun through, and only near its place; no lone ray of it
        sun = 0.36 * np.minimum(sun, 1.6 * maps.blur(sun, 3.0))
    low = (1.0 - paint.day) * (1.0 - paint.night)
    if low > 0.0:
        sun *= facing(alpha, sun_in, low)
    color = sun[..., None] * maps.resize(paint.sun, w, h) + buffers.ambient[..., None] * maps.resize(
        paint.ambient, w, h
    )
    # Roll off toward white, by luminance, so that colour stays.
    full = luminance(color) / np.maximum(alpha, 1e-5)
    held = np.where(full > 0.6, 0.6 + 0.4 * np.tanh((full - 0.6) / 0.4), full)
    color *= (held / np.maximum(full, 1e-6))[..., None]
    return color, alpha


def _burnt(overview: Overview, width: int, height: int) -> Float:
    """1, less where the sun's own disc burns through, (height, width)."""
    light = overview.scene.light
    if not light.visible or light.softness >= 0.7:
        return np.ones((height, width), np.float32)
    gx = (np.arange(width, dtype=np.float32) + 0.5)[None, :] / width
    gy = (np.arange(height, dtype=np.float32) + 0.5)[:, None] / height
    away = np.hypot(gx - light.x, (gy - light.y) * height / width)
    hot = maps.resize(maps.blur(luminance(overview.pixels), 2.0), width, height)
    burn = np.clip((hot - 0.75) / 0.25, 0, 1) * np.exp(-((away / 0.09) ** 2))
    return np.asarray(1.0 - 0.85 * burn, np.float32)


def _in_air(
    color: Float, alpha: Float, opacity: Float, paint: Palette, overview: Overview, dark: bool
) -> tuple[Float, Float, Float]:
    """The air of the photo lies in front: most at the foot of the sky, more at dusk and in haze."""
    h, w = alpha.shape
    warm = min(1.0, overview.scene.light.warmth / 0.25)
    thick = max(0.0 if dark else 0.55 * paint.haze, (0.4 if dark else 0.85) * warm)
    air = (0.75 * thick) * np.exp(-((_up(overview, w, h) / 0.20) ** 2)) + 0.20 * thick
    field = maps.resize(paint.field, w, h)
    share = (air * alpha).astype(np.float32)[..., None]
    color = color + share * (field - color / np.maximum(alpha, 1e-5)[..., None])
    # Nights are exposed long: clouds drift while they are.
    blurred = max(0.7 * thick, DRIFT * max(h, w) * paint.night)
    if blurred <= 0.3:
        return color, alpha, opacity
    return maps.blur(np.ascontiguousarray(color), blurred), maps.blur(alpha, blurred), maps.blur(opacity, blurred)


def _no_darker_than_haze(color: Float, alpha: Float, overview: Overview) -> Float:
    """Clouds behind a far hazy rock stay brighter than the rock: the air between is before both."""
    near, tone = before_haze(overview)
    if float(near.max(initial=0)) <= 0.0:
        return color
    h, w = alpha.shape
    y = luminance(color) / np.maximum(alpha, 1e-5)
    least = 1.12 * maps.resize(tone, w, h)
    missing = np.clip(least - y, 0, None) * maps.resize(near, w, h)
    return np.asarray(color * (1.0 + missing / np.maximum(y, 1e-4))[..., None], np.float32)


def _up(overview: Overview, width: int, height: int) -> Float:
    """How far above the horizon each row is, in widths of the frame, (height, 1)."""
    gy = (np.arange(height, dtype=np.float32) + 0.5)[:, None] / height
    return np.maximum(0.0, np.float32(overview.scene.horizon.y(0.5)) - gy) * np.float32(height / width)


def _under_storm(
    color: Float,
    alpha: Float,
    opacity: Float,
    paint: Palette,
    overview: Overview,
    cover: float,
    where: Float,
    own: float,
    stops: Float | None,
) -> tuple[Float, Float, Float]:
    """A storm over all of the sky: deep overhead, a paler band of haze at the foot.

    own     0..1 how far the forms that are there stay: they are darkened by `stops` instead of hidden
    where   (h, w) 0..1
    """
    h, w = alpha.shape
    band = np.exp(-_up(overview, w, h) / 0.07).astype(np.float32)
    ambient = maps.resize(paint.ambient, w, h)
    field = maps.resize(paint.field, w, h)
    tone = luminance(field)[..., None]
    deep = ambient / np.maximum(luminance(ambient), 1e-5)[..., None]
    level = tone * (0.42 + 0.33 * band)[..., None]
    mute = np.float32(0.6 + 0.3 * max(paint.blue, 1.0 - paint.day))
    veil = level * (1.0 + mute * (0.8 * deep + 0.2 * (field / np.maximum(tone, 1e-5)) - 1.0))
    fewer = np.float32(1.0 - 0.9 * own)
    color, alpha, opacity = color * fewer, alpha * fewer, opacity * fewer
    pall = np.float32(0.82 * cover) * (1.0 - 0.25 * band) * where
    tinted = np.ones((h, w), np.float32)
    if stops is not None:
        gone = np.float32(cover) * (1.0 - np.exp2(-np.clip(stops, 0.0, 2.0))) * where
        pall = pall + np.float32(own) * (gone - pall)
        tinted = tinted - np.float32(0.88 * own)
    behind = (1.0 - alpha) * pall
    color = color + (behind * tinted)[..., None] * veil
    alpha = alpha + behind
    # What is darkened is no thin cloud: nothing is to nibble at it.
    opacity = opacity + (1.0 - opacity) * np.maximum(pall, np.float32(own))
    foot = (np.float32(0.35 * cover * (1.0 - own)) * alpha * band)[..., None]
    color = color + foot * (0.8 * field - color / np.maximum(alpha, 1e-5)[..., None])
    return color, alpha, opacity


def _clouds_apply(tile: NDArray[np.float32], window: Window, prepared: Any) -> None:
    if prepared is None:
        return
    p: _Clouds = prepared
    span = 2 * DETAIL_SPAN * window.image_width / p.layer.shape[1]
    settings = np.array([*p.horizon, *p.shift, p.grain.level, p.width], np.float64)
    draw(
        tile,
        p.layer,
        p.touched,
        level_for(p.fine, span),
        level_for(p.fine, span / 2.3),
        p.grain.tile,
        settings,
        window.x,
        window.y,
        window.image_width,
        window.image_height,
    )


def _clouds_halo(parameters: Parameters, long_side: int) -> int:
    return 2


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
            Param("kind", "broken", choices=tuple(LAYERS), label=Label("Kind", "云种")),
            Param("coverage", 0.55, 0.0, 1.0, label=Label("Coverage", "云量")),
            Param("density", 0.7, 0.0, 1.0, label=Label("Density", "浓密度")),
        ),
        prepare=_clouds_prepare,
        apply=_clouds_apply,
        halo=_clouds_halo,
        region="sky",
    )
)
