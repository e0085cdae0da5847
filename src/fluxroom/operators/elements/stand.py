"""Standing things: where on the ground or on the skyline, how large, in whose light, and what shadow they cast there.

All lengths are shares of the frame's height. On level ground a thing whose foot is at y and whose height is h has its
shadow in the picture without any metre known: a point of it that lies Z (in heights of the thing) behind the foot is
seen at  y - (y - horizon) q / (1 + q),  q = Z h / f,  f the focal length (the pinhole camera over a plane).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np

from fluxroom.operators.declare import LUMA, Overview
from fluxroom.operators.elements.finish import Drawn, Finished, finish
from fluxroom.operators.elements.place import lit
from fluxroom.operators.elements.sprite import Placed, gains_of
from fluxroom.operators.elements.still import Still, mirrored, still
from fluxroom.operators.sky.common import light_color, sky_mask
from fluxroom.scene import Float
from fluxroom.sky.camera import Camera

GROWN = ("grass", "vegetation")
BARE = ("sand", "ground", "snow", "rock")
TAKEN = ("person", "animal", "building", "object")
_Y = np.array(LUMA, np.float32)


@dataclass(frozen=True, slots=True)
class Foot:
    """Where a thing stands: x, y shares of the width and height; h its height; fall how far under the horizon, both
    shares of the height; ridge: on the skyline."""

    x: float
    y: float
    h: float
    fall: float
    ridge: bool


@dataclass(frozen=True, slots=True)
class Sun:
    """toward (3,) unit vector to the light, x right, y up, z away; hard 0 no shadows .. 1 clear sun; sun, sky (3,)
    what a white thing gives back of each, up to one factor for both."""

    toward: Float
    hard: float
    sun: Float
    sky: Float


@dataclass(frozen=True, slots=True)
class Standing:
    """A thing, where it stands, the shadows that it throws, and (h, w) where wet ground mirrors it."""

    foot: Foot
    drawn: Drawn
    shadows: tuple[Placed, ...] = ()
    wet: Float | None = None


def standing(overview: Overview, things: Sequence[Standing], seed: int) -> Finished | None:
    """All of them as the photo would show them, with shadows and with reflections in still water."""
    things = sorted(things, key=lambda thing: thing.foot.y)
    done = finish(overview, [thing.drawn for thing in things], lit(overview), seed)
    if done is None:
        return None
    gains = [cover for thing in things for cover in thing.shadows]
    for number, (thing, laid) in enumerate(zip(things, done.things, strict=True)):
        gains += in_water(overview, thing.foot, laid, thing.wet, seed + number)
    return replace(done, gains=tuple(gains))


def region(overview: Overview, *names: str) -> Float:
    """The largest of these regions at each place, 0 where none was seen."""
    out: Float = np.zeros(overview.mask.shape[:2], np.float32)
    for name in names:
        seen = overview.scene.regions.get(name)
        if seen is not None and seen.shape == out.shape:
            out = np.maximum(out, seen)
    return out


def sunlight(overview: Overview) -> Sun:
    """The light that falls on standing things."""
    light, scene = overview.scene.light, overview.scene
    sure = float(np.clip(light.azimuth_confidence / 0.4, 0, 1))
    azimuth = math.radians(light.azimuth if sure > 0.3 else math.copysign(55.0, light.x - 0.5))
    # Who does not know from where it comes knows little of how high it stands.
    high = math.radians(float(np.clip(light.elevation, 7.0 + 25.0 * (1 - sure), 65.0)))
    toward = np.array(
        [math.sin(azimuth) * math.cos(high), math.sin(high), -math.cos(azimuth) * math.cos(high)], np.float32
    )
    p = scene.time_of_day.probabilities or {scene.time_of_day.value: 1.0}
    down = (p.get("dusk", 0) + p.get("blue_hour", 0) + p.get("night", 0)) / (sum(p.values()) or 1.0)
    # An hour asked for before may have let night fall: then there is no sun, and little colour.
    level = [float((np.maximum(picture, 0) @ _Y).mean()) + 1e-3 for picture in (scene.preview, overview.pixels)]
    fallen = float(np.clip((math.log2(level[0] / level[1]) - 0.8) / 1.5, 0, 1))
    hard = (1 - 0.85 * fallen) * (1 - light.softness) * (1 - (0.0 if light.visible else 0.9) * down)
    hard = float(np.clip(1.35 * hard, 0, 1)) * (0.8 + 0.2 * sure)
    low = 1.0 if light.visible and light.elevation < 10 else 0.0
    color = np.array(light_color(scene, 0.7 + 0.5 * low), np.float32)
    color *= 1 + 0.6 * p.get("golden_hour", 0.0) * (np.array([1.13, 0.98, 0.72], np.float32) - 1)
    land = np.maximum(overview.pixels, 0)[region(overview, "ground", *GROWN) > 0.6]
    warm = max(low, p.get("golden_hour", 0.0)) * (1 - fallen)
    if len(land) > 200 and warm > 0.3:
        # A low sun dyes the land more than the sky tells; dry grass by noon is (1.25, 1, 0.55).
        cast = land.mean(0) / max(1e-4, float(land.mean(0) @ _Y)) / np.array([1.18, 0.98, 0.50], np.float32)
        color = color * np.clip(cast, 0.3, 2.0) ** np.float32(0.5 * warm)
        color = color / max(1e-4, float(color @ _Y))
    color = color + np.float32(fallen) * (np.array([0.82, 1.0, 1.25], np.float32) - color)
    sky = sky_mask(scene, (overview.mask.shape[0], overview.mask.shape[1]))
    above = np.maximum(overview.pixels, 0)[sky > 0.7]
    tint = above.mean(0) if len(above) > 50 else np.ones(3, np.float32)
    tint = 1 + (0.4 + 0.4 * max(low, p.get("dusk", 0.0), p.get("blue_hour", 0.0))) * (
        tint / max(1e-4, float(tint @ _Y)) - 1
    )
    sun = np.maximum(0, color) * np.float32(0.15 + 0.85 * hard)
    return Sun(toward, hard, sun.astype(np.float32), (np.maximum(0, tint) * (0.55 - 0.33 * hard)).astype(np.float32))


def horizon(overview: Overview) -> float:
    """y of the horizon; where it is unsure, no lower than where the sky ends."""
    scene = overview.scene
    y = scene.horizon.y(0.5)
    sky = sky_mask(scene, (overview.mask.shape[0], overview.mask.shape[1]))
    if scene.horizon.confidence < 0.5 and 0.03 < float(sky.mean()) < 0.97:
        ends = np.array([np.flatnonzero(c)[-1] if c.any() else 0 for c in (sky > 0.5).T]) / len(sky)
        y = min(max(y, float(np.median(ends)) - 0.02), float(np.percentile(ends, 90)) + 0.02)
        flat = region(overview, *GROWN, "sand", "water", "road") - region(overview, "trees")
        level = np.flatnonzero(flat.mean(axis=1) > 0.25)
        if len(level):
            # Where level land ends, there it is far; a slope goes on higher.
            y = min(max(y, level[0] / len(sky) - 0.015), y + 0.06)
    return float(y)


def open_ground(overview: Overview, *names: str) -> Float:
    """1 where something can stand on the ground of these regions, else 0."""
    where_to = region(overview, *names)
    bad = region(overview, "water", "sky", "mountain", "trees", "rock", *TAKEN)
    # Bushes and woods are no ground to stand on.
    bad = np.maximum(bad, region(overview, "vegetation") * (1 - region(overview, "grass")))
    good = (where_to > 0.4) & (bad < 0.5)
    free = ((where_to > 0.5) & (bad < 0.3) & (overview.mask > 0.5)).astype(np.float32)
    # Ground goes on before the feet: no ledges, no far slopes beyond water.
    below = np.cumsum(good[::-1], axis=0)[::-1].astype(np.float32)
    h = len(free)
    step = round(0.2 * h)
    ahead = below - np.concatenate([below[step:], np.zeros((step, free.shape[1]), np.float32)])
    free[round(0.93 * h) :] = 0
    return np.asarray(free * (ahead > 0.75 * np.minimum(step, np.arange(h, 0, -1))[:, None]), np.float32)


def _sums(values: Float) -> Float:
    return np.asarray(cv2.integral(values.astype(np.float32)), np.float32)


def _box(total: Float, x0: Float, y0: Float, x1: Float, y1: Float) -> Float:
    """Means of boxes given in pixels, from a picture's running sums."""
    h, w = total.shape[0] - 1, total.shape[1] - 1
    a, c = np.clip(np.rint(x0), 0, w - 1).astype(int), np.clip(np.rint(x1), 1, w).astype(int)
    b, d = np.clip(np.rint(y0), 0, h - 1).astype(int), np.clip(np.rint(y1), 1, h).astype(int)
    c, d = np.maximum(c, a + 1), np.maximum(d, b + 1)
    return np.asarray((total[d, c] - total[b, c] - total[d, a] + total[b, a]) / ((c - a) * (d - b)), np.float32)


def on_ground(
    overview: Overview,
    free: Float,
    ratio: float,
    heights: tuple[float, float, float],
    wide: float,
    foot: tuple[float, float],
    rng: np.random.Generator,
    clear: float = 0.0,
) -> Foot | None:
    """A place on level ground, or None.

    free     (h, w) where a foot may stand
    ratio    height of the thing over the height of the camera
    heights  least, wished and greatest height in the picture
    wide     width over height
    foot     half width of what must be free around the foot, in heights; place across wished, -1: wherever
    clear    how much trees behind are shunned
    """
    scene = overview.scene
    h, w = free.shape
    aspect = scene.width / max(1, scene.height)
    line = horizon(overview)
    y, x = np.mgrid[0:h:4, 0:w:4].astype(np.float32)
    y, x = y + 0.5, x + 0.5
    fall = y / h - line
    tall = np.clip(ratio * fall, heights[0], heights[2])
    tall = np.minimum(tall, y / h - 0.03)
    half = foot[0] * tall * h
    usable = _box(_sums(free), x - half, y - 2 - 0.1 * half, x + half, y + 2 + 0.1 * half)
    crown = 0.5 * wide * tall * h
    taken = _box(_sums(region(overview, *TAKEN)), x - crown, y - tall * h, x + crown, y + 0.02 * h)
    light = np.sqrt(np.maximum(overview.pixels.mean(-1), 0)).astype(np.float32)
    busy = _box(_sums(np.abs(cv2.Laplacian(light, cv2.CV_32F))), x - crown, y - tall * h, x + crown, y)
    want = foot[1]
    if want < 0:
        want = 0.32 if scene.light.x > 0.5 else 0.68
    wood = _box(_sums(region(overview, "trees")), x - crown, y - tall * h, x + crown, y - 0.35 * tall * h)
    cost = np.abs(x / w - want) + clear * wood + 5 * taken + 0.6 * busy
    cost += 1.6 * np.abs(np.log(np.maximum(tall, 1e-3) / heights[1]))
    cost = cost + 0.06 * rng.random(cost.shape)
    # A young one or a giant at need, but no bonsai.
    odd = np.abs(np.log(np.maximum(tall, 1e-3) / np.maximum(ratio * fall, 1e-3)))
    cost += 1.5 * odd
    out = (usable < 0.93) | (fall < 0.006) | (odd > 1.0) | (tall < heights[0] * 0.98)
    edge = np.maximum(0.45 * wide * tall / aspect, 0.05)
    out |= (x / w < edge) | (x / w > 1 - edge)
    cost[out] = np.inf
    at = np.unravel_index(int(np.argmin(cost)), cost.shape)
    if not np.isfinite(cost[at]):
        return None
    return Foot(float(x[at] / w), float(y[at] / h), float(tall[at]), float(fall[at]), False)


def on_ridge(overview: Overview, height: float, wide: float, want: float, rng: np.random.Generator) -> Foot | None:
    """A place on the skyline: high, smooth, of land and not of houses or water; or None."""
    scene = overview.scene
    shape = (overview.mask.shape[0], overview.mask.shape[1])
    sky = sky_mask(scene, shape)
    h, w = shape
    aspect = scene.width / max(1, scene.height)
    # The first row from above where the sky has ended for good.
    land = np.cumsum((sky < 0.5)[::-1], axis=0)[::-1] >= 0.995 * np.arange(h, 0, -1)[:, None]
    line = np.where(land.any(0), land.argmax(0), -1).astype(np.float32)
    soft = cv2.blur(line[None], (max(3, w // 40) | 1, 1))[0]
    rough = cv2.blur(np.abs(line - soft)[None], (max(3, w // 20) | 1, 1))[0] / h
    x = np.arange(w)
    at = np.clip(line + 0.012 * h, 0, h - 1).astype(int)
    bad = region(overview, "water", "building", "person", "object")[at, x] + 0.5 * region(overview, "trees")[at, x]
    bad = bad + 0.4 * region(overview, "mountain", "snow")[at, x]
    steep = np.abs(np.gradient(cv2.blur(line[None], (max(3, w // 60) | 1, 1))[0]))
    allowed = overview.mask[np.clip(line + 0.03 * h, 0, h - 1).astype(int), x] > 0.3
    deep = np.clip(line + 0.035 * h, 0, h - 1).astype(int)
    allowed &= region(overview, "water")[deep, x] < 0.5
    # A skyline that is hardly seen is a bank of cloud, or too far for anything to stand on.
    tones = np.maximum(cv2.GaussianBlur(np.maximum(overview.pixels, 0) @ _Y, (0, 0), 0.004 * w), 1e-3)
    above = tones[np.clip(line - 0.02 * h, 0, h - 1).astype(int), x]
    faint = np.abs(np.log(tones[at, x] / above)) < 0.3
    if want < 0:
        want = 0.32 if scene.light.x > 0.5 else 0.68
    # Where the land is near: a tree on a peak ten miles off would be a giant.
    near = np.clip((horizon(overview) - line / h) / 0.15, 0, 1.5)
    narrow, broad = (cv2.GaussianBlur(line[None], (0, 0), share * w)[0] / h for share in (0.02, 0.12))
    cost = 0.7 * np.abs((x + 0.5) / w - want) + 40 * rough + 1.5 * np.maximum(0, steep - 0.25)
    cost += 2 * bad + 0.6 * near - 2.5 * (broad - narrow)
    cost = cost + 0.03 * rng.random(w)
    edge = 0.5 * wide * height / aspect
    cost[(line < (height + 0.02) * h) | (line > 0.93 * h) | ~allowed | faint | (x / w < edge) | (x / w > 1 - edge)] = (
        np.inf
    )
    best = int(np.argmin(cost))
    if not np.isfinite(cost[best]):
        return None
    return Foot((best + 0.5) / w, float(line[best] / h) + 0.006, height, 0.01, True)


def air_share(overview: Overview, foot: Foot, air: Float) -> float:
    """How much of the air's light lies before things at that distance, 0..0.6: what the darkest land there shows (the
    dark channel prior, He, Sun & Tang 2009)."""
    h, w = overview.mask.shape[:2]
    half = max(0.03, 0.25 * foot.h)
    rows = slice(max(0, round((foot.y - (0.0 if foot.ridge else half)) * h)), max(1, round((foot.y + half) * h)))
    columns = slice(max(0, round((foot.x - 0.08) * w)), max(1, round((foot.x + 0.08) * w)))
    land = overview.pixels[rows, columns][
        sky_mask(overview.scene, (h, w))[rows, columns] + region(overview, "water")[rows, columns] < 0.3
    ]
    if len(land) < 30:
        return 0.03
    dark = float(np.percentile(np.maximum(land, 0).max(-1), 2))
    seen = float(np.clip(0.8 * dark / max(1e-3, float(air.max())), 0.005, 0.6))
    # On level ground it is some tens of metres away: hardly any air.
    return seen if foot.ridge else min(seen, 0.02)


def below_skyline(overview: Overview, foot: Foot) -> Float:
    """(h, w) 1 on the land of the ridge that the foot stands on, near it; else 0."""
    h, w = overview.mask.shape[:2]
    out: Float = np.zeros((h, w), np.float32)
    rows = slice(max(0, int((foot.y + 0.004) * h)), int((foot.y + 0.05) * h) + 2)
    columns = slice(max(0, int((foot.x - 0.06) * w)), int((foot.x + 0.06) * w) + 2)
    out[rows, columns] = 1
    return np.asarray(
        out * (1 - np.clip(sky_mask(overview.scene, (h, w)) + region(overview, "water"), 0, 1)), np.float32
    )


def shadow(
    overview: Overview, foot: Foot, points: Float, area: Float, sun: Sun, dark: float, soft: float, fall_on: Float
) -> Placed | None:
    """The shadow on the ground of points (n, 3) of a thing of height 1 with an opaque area (n,) each; or None.

    dark  how much light it takes at most;  soft  blur, shares of the thing's height;  fall_on (h, w) where it may lie
    """
    scene = overview.scene
    camera = Camera.of(scene)
    f = 0.5 / camera.tan_y
    fall = max(foot.fall, 0.012)
    way = sun.toward.astype(np.float64)
    steep = max(0.26, way[1] / max(1e-6, math.hypot(way[0], way[2])))
    flat = way[[0, 2]] / max(1e-6, math.hypot(way[0], way[2]))
    gx = points[:, 0] - points[:, 1] / steep * flat[0]
    gz = points[:, 2] - points[:, 1] / steep * flat[1]
    q = np.maximum(gz * foot.h / f, -0.75)
    x = gx * foot.h / (1 + q)
    y = -fall * q / (1 + q)
    left, right = float(x.min()) - 0.1 * foot.h, float(x.max()) + 0.1 * foot.h
    top, bottom = float(y.min()) - 0.12 * fall, min(1.05 - foot.y, float(y.max()) + 0.25 * fall)
    if right - left < 1e-4 or bottom - top < 1e-4:
        return None
    nx, ny = int(np.clip((right - left) / foot.h * 90, 24, 420)), int(np.clip((bottom - top) / fall * 70, 16, 300))
    cx, cy = (x - left) / (right - left) * nx, (y - top) / (bottom - top) * ny
    ok = (cx >= 0) & (cx < nx) & (cy >= 0) & (cy < ny)
    flat_at = cy[ok].astype(int) * nx + cx[ok].astype(int)
    # Area of a cell on the ground, in square heights of the thing: wide by deep.
    rows = top + (np.arange(ny) + 0.5) / ny * (bottom - top)
    behind = np.clip(-rows / (fall + rows + 1e-9), -0.75, 30)
    step = (bottom - top) / ny * (1 + behind) ** 2 / fall * f / foot.h
    cell = (right - left) / nx * (1 + behind) / foot.h * np.abs(step)
    got = np.bincount(flat_at, weights=area[ok], minlength=nx * ny).reshape(ny, nx) / cell[:, None]
    got *= 1 / max(0.3, way[1])
    alpha = (dark * (1 - np.exp(-got))).astype(np.float32)
    wide = (max(0.6, soft * 90), max(0.6, soft * foot.h / f * 70))
    alpha = np.asarray(cv2.GaussianBlur(alpha, (0, 0), sigmaX=wide[0], sigmaY=wide[1]), np.float32)
    edge = np.minimum(1, np.minimum(np.arange(ny), np.arange(ny)[::-1]) / 2.0)
    if foot.y + bottom < 1.0:
        alpha *= edge[:, None].astype(np.float32)
    aspect = scene.width / max(1, scene.height)
    h, w = fall_on.shape
    xs = foot.x + (left + (np.arange(nx) + 0.5) / nx * (right - left)) / aspect
    gx, gy = np.meshgrid((xs * w - 0.5).astype(np.float32), ((foot.y + rows) * h - 0.5).astype(np.float32))
    alpha = alpha * np.asarray(cv2.remap(fall_on, gx, gy, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE))
    # The sky still lights it: what is left is bluer.
    gains = -alpha[..., None] * np.array([1.0, 0.98, 0.92], np.float32)
    return gains_of(
        gains.astype(np.float32), foot.x + 0.5 * (left + right) / aspect, foot.y + 0.5 * (top + bottom),
        (right - left) / aspect, bottom - top,
    )  # fmt: skip


GROUNDS = {"sand": 0.32, "snow": 0.75, "road": 0.19, "rock": 0.20, "grass": 0.12, "vegetation": 0.10, "ground": 0.21}
"""Albedo of what one stands on (Coakley 2003, "Reflectance and albedo, surface")."""


def exposed(overview: Overview, foot: Foot, light: Sun) -> float:
    """Factor that brings a thing lit by `light` to this photo's tones; the ground around says what the light gives."""
    taken = float(light.sun @ _Y) * max(0.22, float(light.toward[1])) + float(light.sky @ _Y)
    total, weights = 0.0, 0.0
    for name, albedo in GROUNDS.items():
        among = region(overview, name)
        seen = reference(overview, foot, among, 60)
        if seen is None:
            continue
        h, w = among.shape
        near = among[max(0, int((foot.y - 0.05) * h)) : int((foot.y + 0.1) * h) + 1]
        near = near[:, max(0, int((foot.x - 0.1) * w)) : int((foot.x + 0.1) * w) + 1]
        weight = 0.02 + float(near.mean()) * (0.3 if name == "ground" else 1.0)
        total += weight * float(np.log(max(float(seen @ _Y), 0.002) / (albedo * taken)))
        weights += weight
    if weights == 0:
        return float(max(0.002, 0.5 * float((np.maximum(overview.pixels, 0) @ _Y).mean())) / (0.18 * taken))
    return float(np.exp(total / weights))


def crisp(picture: Float, pixel: float) -> Float:
    """The picture with part of what the photo's own blur will take given back: a lens keeps edges crisper than a
    Gaussian. pixel: a pixel of the photo, in pixels of the picture."""
    soft = cv2.GaussianBlur(picture, (0, 0), max(0.5, 0.65 * pixel))
    out = np.maximum(picture + np.float32(0.7) * (picture - soft), 0)
    out[..., 3] = np.minimum(out[..., 3], 1)
    return np.asarray(out, np.float32)


def before_foot(picture: Float, deep: float, rng: np.random.Generator) -> None:
    """Blades of what grows on the ground stand before the foot; `deep` their height, a share of the picture's."""
    h, w = picture.shape[:2]
    blades = np.zeros(w, np.float32)
    for size, much in ((0.035, 0.35), (0.008, 0.35), (0.0025, 0.5)):
        n = max(2, round(w / max(1.0, size * h)))
        blades += much * np.interp(np.linspace(0, n - 1, w), np.arange(n), rng.random(n)).astype(np.float32)
    cut = h - (0.3 + blades) * deep * h
    row = np.arange(h, dtype=np.float32)[:, None] + 0.5
    picture *= np.clip((cut[None] - row) / max(1.0, 0.0015 * h) + 0.5, 0, 1)[..., None]


def in_water(overview: Overview, foot: Foot, thing: Placed, wet: Float | None, seed: int) -> list[Placed]:
    """What still water before a standing thing, or the wet ground that it stands on, shows of it."""
    water = still(overview)
    if water is None:
        return []
    if foot.ridge:
        return mirrored(thing, None, water, overview, seed)
    h, w = water.mask.shape
    if wet is not None and float(wet[int(foot.y * h), min(w - 1, int(foot.x * w))]) > 0.3:
        film = Still(water.line, max(0.35, water.calm), max(0.45, water.smooth), np.maximum(0.75 * wet, water.mask))
        return mirrored(thing, foot.y, film, overview, seed)
    column = water.mask[int(foot.y * h) : int((foot.y + 0.12) * h) + 1, min(w - 1, int(foot.x * w))]
    shore = np.flatnonzero(column > 0.5)
    if not len(shore):
        return []
    return mirrored(thing, foot.y + 0.5 * float(shore[0]) / h, water, overview, seed)


def reference(overview: Overview, foot: Foot, among: Float, least: int = 200) -> Float | None:
    """Mean colour of what `among` (h, w) marks, the nearer to the foot the more; None where there is too little."""
    h, w = among.shape
    y, x = np.mgrid[0:h, 0:w].astype(np.float32)
    away = ((x + 0.5) / w - foot.x) ** 2 + ((y + 0.5) / h - foot.y) ** 2
    weight = np.where(among > 0.6, np.exp(-away / 0.05) + 0.02, 0).astype(np.float32)
    if int((weight > 0).sum()) < least:
        return None
    pixels = np.sqrt(np.maximum(overview.pixels, 0))
    mean = (pixels * weight[..., None]).sum((0, 1)) / weight.sum()
    return np.asarray(mean**2, np.float32)
