"""Stars: a sky of plausible magnitudes and colours, as a wide lens sees it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fluxroom.operators.declare import Label, Operator, Overview, Param, Parameters, Window, register
from fluxroom.operators.fastmath import exp2
from fluxroom.operators.phenomena.common import (
    DAY,
    STRENGTH,
    Skyward,
    dark_gain,
    extinction,
    look_up,
    sample,
    shown,
    single,
)
from fluxroom.operators.phenomena.spectrum import black_body
from fluxroom.operators.phenomena.water import Water, look_down
from fluxroom.scene import Float
from fluxroom.sky._jit import jit

F64 = NDArray[np.float64]
KNEE = 0.17
"""Sky luminance (linear) before which half of a star's light shows."""
LEAST = 0.06
"""Under this part of their light stars are not worth drawing."""
SPREAD = 0.00026
"""Standard deviation of a star's image as a share of the long side: 1.6 pixels at 6000."""
PIXEL = 0.42
"""A pixel's own spread, in pixels."""
HALO, HALO_SHARE = 4.5, 0.09
"""Wide skirt of a bright star's image: times as wide, with that share of its light."""
FAINTEST = 0.0105
"""Peak of the faintest stars drawn, linear, in a picture of REFERENCE pixels."""
SOFT = 1.7
"""How many times as wide a star's image in water is."""
REFERENCE = 1024.0


@dataclass(frozen=True, slots=True)
class Points:
    """Points of light sorted by y: rows of x, y (normalised), r, g, b: light in units of one long side squared.

    soft    how many times as wide as a star's image each is
    """

    rows: Float
    y: NDArray[np.float64]
    soft: float = 1.0


def all_sky(magnitude: float) -> float:
    """Stars of the whole sky brighter than that; about 9000 to 6.5, ten times as many every two magnitudes."""
    return 9000.0 * math.pow(10.0, 0.51 * (magnitude - 6.5))


def temperatures(random: np.random.Generator, count: int) -> NDArray[np.float64]:
    """Kelvin of stars as the eye's catalogues hold them: many A and B, a third orange giants, few red ones."""
    kinds = random.choice(5, count, p=[0.20, 0.34, 0.16, 0.25, 0.05])
    middle = np.array([14000.0, 9000.0, 6300.0, 4700.0, 3600.0])[kinds]
    return np.asarray(middle * np.exp(random.normal(0, 0.10, count)), dtype=np.float64)


def light_of(magnitudes: NDArray[np.float64], faintest: float) -> NDArray[np.float64]:
    """Light by magnitude, 1 for the faintest: 2.512 times a magnitude, less for bright ones, as film's shoulder."""
    up = np.maximum(faintest - magnitudes, 0.0)
    return np.asarray(10.0 ** (0.4 * (up - 0.025 * up * up)), dtype=np.float64)


def points(x: NDArray[Any], y: NDArray[Any], light: NDArray[Any], soft: float = 1.0) -> Points:
    """Sorted, with the unit of light such that 1 is a faintest star in a picture of REFERENCE pixels."""
    spread = (SPREAD * REFERENCE) ** 2 + PIXEL**2
    unit = FAINTEST * 2 * math.pi * spread / REFERENCE**2
    rows = np.column_stack([x, y, light * unit])[np.argsort(y, kind="stable")]
    return Points(np.ascontiguousarray(rows, np.float32), np.ascontiguousarray(rows[:, 1], np.float64), soft)


def held_against(sky: Skyward, x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
    """How many times brighter stars are drawn before a sky that is not black: a camera exposes for what there is."""
    most: F64 = np.clip(sample(sky.field, x, y) / 0.012, 1.0, 4.0)[..., None] ** (0.8 * (1.0 - sky.day))
    return most


def mirrored_points(water: Water, found: Points, strength: float) -> Points | None:
    """The image of points in still water: dimmer and softer, none where something stands in it or land is mirrored."""
    if water.calm < 0.3:
        return None
    h = water.sends.shape[0]
    x = found.rows[:, 0].astype(np.float64)
    y = 2.0 * sample(water.line[None, :], x, np.full_like(x, 0.5)) / h - found.y
    part = sample(water.sends * water.clear, x, y) * (y < 1.0) * ((water.calm - 0.2) / 0.8) ** 1.5 * strength
    light = found.rows[:, 2:].astype(np.float64) * part[:, None]
    worth = part > 0.02
    if not worth.any():
        return None
    rows = np.column_stack([x, y, light])[worth]
    rows = rows[np.argsort(rows[:, 1], kind="stable")]
    return Points(np.ascontiguousarray(rows, np.float32), np.ascontiguousarray(rows[:, 1], np.float64), SOFT)


def seen_through(sky: Skyward, x: NDArray[np.float64], y: NDArray[np.float64], knee: float) -> NDArray[np.float64]:
    """What sky, cloud and air leave of a light at these places, (n, 3)."""
    level = np.maximum(sample(sky.field, x, y), sample(sky.near, x, y))
    gain = dark_gain(level * (1 + DAY * sky.day), knee)
    high = sky.camera.directions(x, y)[..., 1]
    air = extinction(high) * np.clip(high / 0.03, 0, 1)[..., None]
    left: NDArray[np.float64] = (gain * (0.25 + 0.75 * sample(sky.open, x, y)) ** 2)[..., None] * air
    return left


@jit
def _draw(
    tile: Float, rows: Float, soft: float, first: int, last: int, x0: int, y0: int, width: int, height: int
) -> None:
    th, tw = tile.shape[0], tile.shape[1]
    long = max(width, height)
    area = single(float(long) * float(long))
    wide = single(soft) * single(SPREAD * long)
    pixel = single(soft * soft) * single(PIXEL * PIXEL)
    core = wide * wide + pixel
    skirt = single(HALO * HALO) * wide * wide + pixel
    core_top, skirt_top = area / (single(6.2831853) * core), area / (single(6.2831853) * skirt)
    core_fall, skirt_fall = single(-0.72134752) / core, single(-0.72134752) / skirt
    share, rest = single(HALO_SHARE), single(1 - HALO_SHARE)
    for i in range(first, last):
        # In the picture's own coordinates and twice the precision: the same wherever a tile begins.
        cx, cy = np.float64(rows[i, 0]) * width - 0.5, np.float64(rows[i, 1]) * height - 0.5
        most = max(rows[i, 2], rows[i, 3], rows[i, 4])
        bright = most * share * skirt_top > single(0.0015)
        reach = single(4.5) * np.sqrt(skirt if bright else core)
        left, right = max(0, int(np.ceil(cx - reach)) - x0), min(tw - 1, int(np.floor(cx + reach)) - x0)
        top, bottom = max(0, int(np.ceil(cy - reach)) - y0), min(th - 1, int(np.floor(cy + reach)) - y0)
        for r in range(top, bottom + 1):
            dy = single(y0 + r - cy)
            for c in range(left, right + 1):
                dx = single(x0 + c - cx)
                away = dx * dx + dy * dy
                light = rest * core_top * exp2(away * core_fall)
                if bright:
                    light += share * skirt_top * exp2(away * skirt_fall)
                for k in range(3):
                    tile[r, c, k] += rows[i, 2 + k] * light


def draw(tile: NDArray[np.float32], window: Window, found: Points) -> None:
    """Add the points to a tile; each pixel meets them in the same order in any tile."""
    long = max(window.image_width, window.image_height)
    reach = 5.0 * found.soft * math.hypot(SPREAD * HALO * long, PIXEL) + 2
    low, high = (window.y - reach) / window.image_height, (window.y + window.height + reach) / window.image_height
    first, last = np.searchsorted(found.y, (low, high))
    if last > first:
        _draw(
            tile, found.rows, found.soft, int(first), int(last),
            window.x, window.y, window.image_width, window.image_height,
        )  # fmt: skip


def in_frame(
    sky: Skyward, random: np.random.Generator, count: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Places of stars strewn evenly over the sphere, as many as fall into the frame when all the sky has `count`."""
    tan_x, tan_y = sky.camera.tan_x, sky.camera.tan_y
    tries = count * 4 * tan_x * tan_y / (4 * math.pi)
    x, y = random.random((2, int(min(200000, max(60, tries)))))
    away = 1.0 + ((x - 0.5) * 2 * tan_x) ** 2 + ((y - 0.5) * 2 * tan_y) ** 2
    kept = random.random(x.size) < away**-1.5
    return x[kept], y[kept]


def _prepare(overview: Overview, parameters: Parameters, seed: int) -> tuple[Points, ...] | None:
    strength, density = float(parameters["strength"]), float(parameters["density"])
    if strength <= 0.0 or density <= 0.0:
        return None
    sky = look_up(overview)
    if shown(sky, KNEE) < LEAST:
        return None
    random = np.random.Generator(np.random.PCG64(seed))
    faintest = 6.0 + 3.6 * density
    x, y = in_frame(sky, random, all_sky(faintest))
    if x.size == 0:
        return None
    magnitudes = faintest + np.log10(np.maximum(random.random(x.size), 1e-9)) / 0.51
    color = black_body(temperatures(random, x.size))
    light = light_of(magnitudes, faintest)[:, None] * color * seen_through(sky, x, y, KNEE) * held_against(sky, x, y)
    light *= 2.4 * strength
    light *= min(1.0, density / 0.05)
    worth = (light.max(axis=1) > 0.05) & (sample(sky.mask, x, y) > 0.0)
    return image_too(overview, points(x[worth], y[worth], light[worth])) if worth.any() else None


def image_too(overview: Overview, found: Points) -> tuple[Points, ...]:
    """The points, and their image where the region has still water."""
    water = look_down(overview)
    image = mirrored_points(water, found, 0.75) if water is not None else None
    return (found,) if image is None else (found, image)


def _apply(tile: NDArray[np.float32], window: Window, prepared: Any) -> None:
    for found in prepared or ():
        draw(tile, window, found)


def too_bright(overview: Overview, what: str, knee: float) -> tuple[str, ...]:
    """Say so where the sky is too bright for a faint light."""
    part = shown(look_up(overview), knee)
    if part < LEAST:
        return (f"{what}: the sky is too bright here, nothing is drawn; ask for night as well",)
    if part < 0.2:
        return (f"{what}: the sky is bright, so little of it shows; a darker sky shows more",)
    return ()


def _advise(overview: Overview, parameters: Parameters) -> tuple[str, ...]:
    return too_bright(overview, "stars", KNEE)


STARS = register(
    Operator(
        name="stars",
        version=1,
        family="phenomena",
        kind="layer",
        label=Label("Stars", "星空"),
        doc=(
            "Stars behind a dark sky: magnitudes and colours as catalogues have them, fewer near the horizon, behind "
            "cloud and where the sky is bright; none by day. Still water in the region mirrors them."
        ),
        params=(
            Param("strength", 0.6, 0.0, 1.0, label=STRENGTH),
            Param("density", 0.6, 0.0, 1.0, label=Label("Number", "数量")),
        ),
        prepare=_prepare,
        apply=_apply,
        region="sky",
        advise=_advise,
        optional=frozenset({"water"}),
    )
)
