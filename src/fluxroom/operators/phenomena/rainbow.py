"""Rainbow: the bow that rain and the scene's sun make around the point opposite the sun.

Geometric optics of drops (Descartes 1637; Newton 1704): light of each wavelength is bent by one or two inner
reflections and crowds at the angle of least deviation. Water's index by wavelength after Hale & Querry 1973. Summed
over wavelengths in linear light and over the sun's half degree: colours are pure at the outer edge, pale inside, where
the bows of all wavelengths overlap; the sky between the two bows gets nothing (Alexander's band).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fluxroom.operators.declare import LUMA, Label, Operator, Overview, Param, Parameters, Window, register
from fluxroom.operators.phenomena.common import STRENGTH, Skyward, look_up, single, step, sun_heading
from fluxroom.operators.phenomena.spectrum import black_body, rgb_of_wavelengths
from fluxroom.operators.phenomena.water import add_to_water, look_down, mirrored, water_planes
from fluxroom.operators.sky.common import F0, F1, maps_columns, maps_row_of, sky_mask
from fluxroom.scene import Float
from fluxroom.sky import maps
from fluxroom.sky import noise as sky_noise
from fluxroom.sky._jit import jit
from fluxroom.sky.camera import Camera
from fluxroom.sky.light import luminance

F64 = NDArray[np.float64]
NEAR, FAR, STEPS = 25.0, 62.0, 4096
"""Degrees from the antisolar point that the table of the bow covers, in even steps of the cosine."""
SECOND = 0.32
"""How bright the second bow is beside the first; nature's 0.43 at the edge, spread wider."""


def index_of_water(nm: Any) -> Any:
    """Refractive index, 400..700 nm: 1.3435 to 1.3305; Cauchy's form fitted to Hale & Querry 1973."""
    return 1.3242 + 3100.0 / np.asarray(nm, dtype=np.float64) ** 2


def bow_angles(nm: Any) -> tuple[F64, F64]:
    """Degrees from the antisolar point of the first bow's outer and the second bow's inner edge."""
    n = index_of_water(nm)
    one = np.arccos(np.sqrt((n * n - 1) / 3))
    two = np.arccos(np.sqrt((n * n - 1) / 8))
    first = 4 * np.arcsin(np.sin(one) / n) - 2 * one
    second = math.pi + 2 * two - 6 * np.arcsin(np.sin(two) / n)
    return np.degrees(first), np.degrees(second)


def _crowd(beyond: F64, soft: float) -> F64:
    """Light at an angle of `beyond` degrees on the lit side of a bow's edge, blurred by the sun's breadth."""
    fine = np.linspace(-1.5, 1.5, 61) * soft
    weight = np.sqrt(np.maximum(0.0, 1 - (fine / (1.5 * soft)) ** 2))
    total = np.zeros_like(beyond)
    for at, w in zip(fine, weight, strict=True):
        inside = beyond + at
        total += (
            w
            * np.where(inside > 0, 1 / np.sqrt(np.maximum(inside, 0) + 0.06), 0.0)
            * np.exp(-np.maximum(inside, 0) / 1.6)
        )
    return np.asarray(total / weight.sum(), dtype=np.float64)


@lru_cache(maxsize=1)
def bow_table() -> F64:
    """Linear Rec.2020 (STEPS + 1, 3) by the cosine of the angle from cos FAR to cos NEAR; luminance 1 at its most."""
    cosine = np.linspace(math.cos(math.radians(FAR)), math.cos(math.radians(NEAR)), STEPS + 1)
    angle = np.degrees(np.arccos(cosine))
    nm = np.linspace(405, 700, 60)
    colors = rgb_of_wavelengths(nm)
    first, second = bow_angles(nm)
    total = np.zeros((STEPS + 1, 3))
    for color, a, b in zip(colors, first, second, strict=True):
        total += _crowd(a - angle, 0.30)[:, None] * color
        total += SECOND * _crowd((angle - b) / 1.7, 0.30)[:, None] * color
    # Colours beyond the gamut move in to its edge, light kept.
    total = np.maximum(total, 0.0)
    return np.asarray(total / float((total @ np.array(LUMA)).max()), dtype=np.float64)


def diffuse() -> F64:
    """The pale light inside the first bow and, much less, outside the second, (STEPS + 1,); nothing between."""
    cosine = np.linspace(math.cos(math.radians(FAR)), math.cos(math.radians(NEAR)), STEPS + 1)
    angle = np.degrees(np.arccos(cosine))
    inside = step(42.3, 39.5, angle) * np.exp(-np.maximum(0.0, 40.5 - angle) / 7.0)
    outside = 0.22 * step(51.0, 54.0, angle) * np.exp(-np.maximum(0.0, angle - 54.0) / 4.0)
    return np.asarray((inside + outside) * step(NEAR, NEAR + 8, angle) * step(FAR, FAR - 5, angle), dtype=np.float64)


@dataclass(frozen=True, slots=True)
class _Bow:
    table: Float  # (STEPS + 1, 3)
    planes: Float  # (5, h, w): bright rain by place, how much the shower hides, its colour
    water: Float | None  # (4, h, w): the bow's image in the water
    axis: tuple[float, float, float]  # direction of the antisolar point
    camera: Camera


def _direction(azimuth: float, high: float) -> F64:
    return np.array([math.sin(azimuth) * math.cos(high), math.sin(high), math.cos(azimuth) * math.cos(high)])


def _score(sky: Skyward, directions: F64, axis: F64) -> float:
    """How much of the bow falls on sky that can show it: inside the mask, not white, its foot rather than its top."""
    angle = np.degrees(np.arccos(np.clip(directions @ axis, -1, 1)))
    high = directions[..., 1]
    on = np.exp(-(((angle - 41.5) / 1.2) ** 2)) * sky.mask * (high > 0)
    return float((on * (1.0 - 0.75 * np.minimum(sky.near, 1.0)) * (0.35 + np.exp(-high / 0.16))).sum())


def find_axis(sky: Skyward, overview: Overview, x: float, sun_height: float) -> tuple[F64, bool]:
    """Direction of the antisolar point, and whether it is the scene's own sun that gives it.

    With x given it lies below that place of the horizon. Else the scene's sun decides, if it is known and its bow falls
    into the sky of the frame; if not, the bow goes where it shows longest.
    """
    h, w = sky.mask.shape
    gy, gx = np.mgrid[0:h, 0:w]
    directions = sky.camera.directions((gx + 0.5) / w, (gy + 0.5) / h)
    light = overview.scene.light
    seen = min(38.0, max(4.0, light.elevation if light.confidence > 0.3 else 18.0))
    if x >= 0:
        d = sky.camera.directions(np.array(x), np.array(overview.scene.horizon.y(x)))
        return _direction(
            math.atan2(float(d[0]), float(d[2])), -math.radians(sun_height if sun_height >= 0 else seen)
        ), False
    azimuth, high = sun_heading(sky.camera, overview)
    if light.azimuth_confidence > 0.5:
        azimuth = math.pi - math.radians(light.azimuth)
    if max(light.confidence, light.azimuth_confidence) > 0.5:
        high = math.radians(sun_height) if sun_height >= 0 else min(math.radians(41.0), max(0.0, high))
        # Nobody knows the sun's place to better than some degrees: of those the one that shows most.
        near = [
            _direction(azimuth + math.pi + math.radians(turn), -max(0.0, high + math.radians(lift)))
            for turn in range(-24, 25, 6)
            for lift in ((0.0,) if sun_height >= 0 else (-8.0, 0.0, 8.0))
        ]
        own = max(near, key=lambda axis: _score(sky, directions, axis))
        if _score(sky, directions, own) > 0.004 * h * w:
            return own, True
    heights = (sun_height,) if sun_height >= 0 else (seen, 8.0, 15.0, 22.0, 30.0)
    best, most = _direction(0.0, -math.radians(heights[0])), -1.0
    side = math.degrees(azimuth)
    for degrees in range(-60, 61, 6):
        for number, height in enumerate(heights):
            axis = _direction(math.radians(degrees), -math.radians(height))
            score = _score(sky, directions, axis) * (1.0 if number == 0 else 0.85)
            # The side away from where the light seems to come from, and a leg rather than a cap.
            score *= 1.0 - 0.25 * light.confidence * math.cos(math.radians(degrees - side))
            if score > most:
                best, most = axis, score
    return best, False


def _noise(seed: int, w: int, h: int, tall: float) -> Float:
    """(h, w) noise 0..1; `tall`: how many times it is drawn out downward."""
    plane = sky_noise.noise().plane
    i, j = (int(v) for v in np.random.Generator(np.random.PCG64(seed)).integers(0, plane.shape[0], 2))
    rows = max(4, round(160 / tall))
    patch = np.roll(plane, (i, j), (0, 1))[:rows, : max(2, round(160 * w / h)) % 512 or 2]
    return maps.resize(np.ascontiguousarray(patch, np.float32), w, h)


def _reach(sky: Skyward, overview: Overview) -> Float:
    """(h, w) 1 on the sky .. 0: how far away what stands there is; a bow ends before the far land, not on the near."""
    h, w = sky.mask.shape
    up = sky_mask(overview.scene, (overview.pixels.shape[0], overview.pixels.shape[1]))
    above = maps.resize(up, w, h)
    rows = np.arange(h, dtype=np.float32)[:, None]
    # Rows below the sky's foot in each column.
    foot = np.max(np.where(above > 0.5, rows, -1.0), axis=0, keepdims=True)
    below = np.maximum(0.0, rows - foot) / np.float32(h)
    fade = np.exp(-((below / 0.055) ** 2)) * (foot >= 0)
    far = np.zeros((h, w), np.float32)
    for name in ("mountain", "rock"):
        region = overview.scene.regions.get(name)
        if region is not None:
            far = np.maximum(far, maps.resize(np.ascontiguousarray(region, np.float32), w, h))
    return np.asarray(np.maximum(np.clip(above, 0, 1), 0.8 * np.clip(far, 0, 1) * fade), np.float32)


def _shower(sky: Skyward, directions: F64, axis: F64, seed: int, much: float) -> Float:
    """(h, w) 0..1: the rain that carries the bow, darkest about its foot and outside of it, in leaning streaks."""
    h, w = sky.mask.shape
    angle = np.degrees(np.arccos(np.clip(directions @ axis, -1, 1)))
    high = np.maximum(directions[..., 1], 0.0)
    # Between the bows nothing is sent to us; inside the first the drops send pale light.
    ring = 0.62 + 0.38 * step(40.0, 43.0, angle) - 0.14 * step(50.0, 54.0, angle)
    on = np.exp(-(((angle - 42.0) / 2.0) ** 2)) * np.exp(-high / 0.12) * (directions[..., 1] > -0.02) * sky.mask
    across = on.sum(axis=0)
    if float(across.sum()) <= 0.0:
        return np.zeros((h, w), np.float32)
    place = maps.blur(np.repeat(across[None], 4, axis=0).astype(np.float32), 0.16 * w)[0]
    place = 0.40 + 0.60 * place / max(1e-6, float(place.max()))
    lean = np.clip(_noise(seed + 1, w, h, 7.0), 0, 1)
    streaks = 0.72 + 0.56 * maps.blur(lean, 0.012 * w)
    cloud = 0.75 + 0.5 * maps.blur(_noise(seed + 2, w, h, 1.0), 0.05 * w)
    return np.asarray(np.clip(much * ring * place[None] * streaks * cloud, 0.0, 0.85), np.float32)


def _prepare(overview: Overview, parameters: Parameters, seed: int) -> _Bow | None:
    strength, x = float(parameters["strength"]), float(parameters["x"])
    if strength <= 0.0 or float(overview.mask.max(initial=0)) <= 0.0 or _against(overview, parameters):
        return None
    sky = look_up(overview)
    axis, _ = find_axis(sky, overview, x, float(parameters["sun"]))
    h, w = sky.mask.shape
    gy, gx = np.mgrid[0:h, 0:w]
    directions = sky.camera.directions((gx + 0.5) / w, (gy + 0.5) / h)
    inside = sky.mask > 0.5
    level = float(np.percentile(sky.field[inside], 70)) if inside.any() else 0.3
    # Rain is uneven: the bow comes and goes along its arc, and ends softly at the ground.
    rain = 0.55 + 0.6 * step(0.25, 0.75, maps.blur(_noise(seed, w, h, 1.0), 0.06 * max(h, w)))
    reach = _reach(sky, overview)
    veil = _shower(sky, directions, axis, seed, 1.35 * float(parameters["rain"]) * min(1.0, 1.5 * strength)) * reach
    slate, held = _slate(sky, overview), np.minimum(sky.near, 1.0)
    # Before dark rain a bow shines; before white cloud it has no room.
    behind = held + veil * (luminance(slate) - held)
    light = np.clip(0.65 * level + 0.35 * behind, 0.02, 0.6) * rain * reach
    planes = np.concatenate([light[None], veil[None], slate.transpose(2, 0, 1)]).astype(np.float32)
    color = black_body(5200.0 - 1700.0 * overview.scene.light.warmth)
    table = bow_table() * color * (0.85 * strength) + diffuse()[:, None] * color * (0.11 * strength)
    place = (float(axis[0]), float(axis[1]), float(axis[2]))
    image = _image(overview, sky.camera, axis, table, light * sky.mask)
    return _Bow(np.ascontiguousarray(table, np.float32), np.ascontiguousarray(planes), image, place, sky.camera)


def _slate(sky: Skyward, overview: Overview) -> Float:
    """(h, w, 3) the colour of rain before that sky: darker, greyer, a trace of blue."""
    h, w = sky.mask.shape
    small = maps.resize(maps.shrink(np.maximum(overview.pixels, 0), max(h, w)), w, h)
    weight = np.clip(sky.mask, 1e-3, 1).astype(np.float32)
    field = maps.fill(small, weight, 0.10 * max(h, w))
    tone = luminance(field)[..., None]
    grey = 0.25 * field + 0.75 * tone * np.array([0.93, 1.0, 1.13], np.float32)
    return np.asarray(0.36 * np.minimum(tone, 0.75) / np.maximum(tone, 1e-4) * grey, np.float32)


def _image(overview: Overview, camera: Camera, axis: F64, table: F64, light: NDArray[np.float64]) -> Float | None:
    """The bow in the water: nearly the same, though other drops make it (Minnaert 1937, section 136)."""
    water = look_down(overview)
    if water is None:
        return None
    h, w = water.sends.shape
    gy, gx = np.mgrid[0:h, 0:w]
    cosine = camera.directions((gx + 0.5) / w, (gy + 0.5) / h) @ axis
    low, high = math.cos(math.radians(FAR)), math.cos(math.radians(NEAR))
    at = (cosine - low) / (high - low) * STEPS
    rows = np.clip(np.round(at), 0, STEPS).astype(np.int64)
    bow = table[rows] * ((at > 0) & (at < STEPS))[..., None]
    bow = bow * maps.resize(np.ascontiguousarray(light, np.float32), w, h)[..., None]
    up = maps.resize(sky_mask(overview.scene, (overview.pixels.shape[0], overview.pixels.shape[1])), w, h)
    return water_planes(water, mirrored(water, bow, up, 0.5))


@jit
def _tile(tile: Float, table: Float, planes: Float, settings: F64, x0: int, y0: int, width: int, height: int) -> None:
    th, tw = tile.shape[0], tile.shape[1]
    ax, ay, az, tan_x, tan_y, cp, sp, cr, sr, low, high = settings
    index, part = np.empty(tw, np.int32), np.empty(tw, np.float32)
    maps_columns(x0, width, planes.shape[2], index, part)
    line = np.empty(planes.shape[2], np.float32)
    rain = np.empty((5, tw), np.float32)
    # The axis in the camera's own frame: x right, y up, z ahead.
    up, ahead = ay * cp - az * sp, ay * sp + az * cp
    right, up = ax * cr + up * sr, up * cr - ax * sr
    last = table.shape[0] - 1
    scale = last / (high - low)
    for r in range(th):
        maps_row_of(planes, y0 + r, height, index, part, line, rain)
        cy = (0.5 - (y0 + r + 0.5) / height) * 2 * tan_y
        for c in range(tw):
            cx = ((x0 + c + 0.5) / width - 0.5) * 2 * tan_x
            cosine = (cx * right + cy * up + ahead) / np.sqrt(1.0 + cx * cx + cy * cy)
            at = (cosine - low) * scale
            veil = rain[1, c]
            inside = at > 0.0 and at < last
            i = int(at) if inside else 0
            f = single(at - i)
            for k in range(3):
                v = tile[r, c, k]
                # Rain only darkens.
                v += veil * min(F0, rain[2 + k, c] - v)
                if inside:
                    add = rain[0, c] * (table[i, k] + f * (table[i + 1, k] - table[i, k]))
                    v += add * min(F1, max(F0, F1 - v))
                tile[r, c, k] = v


def _apply(tile: NDArray[np.float32], window: Window, prepared: Any) -> None:
    if prepared is None:
        return
    bow: _Bow = prepared
    c = bow.camera
    settings = np.array([
        *bow.axis, c.tan_x, c.tan_y, math.cos(c.pitch), math.sin(c.pitch), math.cos(c.roll), math.sin(c.roll),
        math.cos(math.radians(FAR)), math.cos(math.radians(NEAR)),
    ])  # fmt: skip
    _tile(tile, bow.table, bow.planes, settings, window.x, window.y, window.image_width, window.image_height)
    if bow.water is not None:
        add_to_water(tile, bow.water, window.x, window.y, window.image_width, window.image_height)


def _against(overview: Overview, parameters: Parameters) -> bool:
    """Whether the sun stands in the frame, where no bow can be, and nobody placed one by hand."""
    return overview.scene.light.visible and overview.scene.light.confidence > 0.6 and float(parameters["x"]) < 0


def _advise(overview: Overview, parameters: Parameters) -> tuple[str, ...]:
    if _against(overview, parameters):
        return (
            "rainbow: the sun is in the frame and a rainbow stands opposite it; nothing is drawn (x places one anyway)",
        )
    sky = look_up(overview)
    inside = sky.mask > 0.5
    if inside.any() and float(np.percentile(sky.field[inside], 40)) > 0.65:
        return ("rainbow: the sky is nearly white, so the bow is faint; a darker sky shows more",)
    return ()


RAINBOW = register(
    Operator(
        name="rainbow",
        version=1,
        family="phenomena",
        kind="layer",
        label=Label("Rainbow", "彩虹"),
        doc=(
            "A rainbow 42 degrees around the point opposite the sun, and a faint second at 51, in the air before the "
            "sky and the far land, with a shower behind it (`rain`), mirrored in water of the region. `x` places its "
            "middle over the horizon and `sun` the sun's height (below 0: by the scene)."
        ),
        params=(
            Param("strength", 0.6, 0.0, 1.0, label=STRENGTH),
            Param("rain", 0.6, 0.0, 1.0, label=Label("Rain behind it", "雨幕")),
            Param("x", -1.0, -1.0, 1.0, label=Label("Middle", "中心位置")),
            Param("sun", -1.0, -1.0, 41.0, unit="degrees", label=Label("Sun's height", "太阳高度")),
        ),
        prepare=_prepare,
        apply=_apply,
        region="sky",
        advise=_advise,
        optional=frozenset({"mountain", "water"}),
    )
)
