"""The light on a land and its water: which colour each pixel of the height field has.

Linear Rec.2020; the sun above the air is (1, 1, 1). Ground is lit by the sun (Lambert, with shadows marched along the
height
field) and by the sky; the air between is that of `sky.atmosphere`. Water mirrors the picture above it through waves
whose slopes are averaged where they are finer than a pixel, weighted by Fresnel (Schlick 1994).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fluxroom.compose.land import CONES, FOREST, NEAR, TREE_H, Ground, bare, fbm, hashed, perlin, step, tree_at
from fluxroom.sky._jit import jit, over_rows

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]

SKY, WATER, GRASS, ROCK, SNOW, SAND, TREES = range(7)
"""Materials, as numbered in the map that `ground_colors` gives."""


@dataclass(frozen=True)
class Cover:
    """What lies on a land. Albedos are linear."""

    season: str = "summer"
    snow_line: float = 1e9
    """Height in metres above which snow lies where it is not too steep; under 0 everywhere."""
    desert: bool = False
    beach: float = 1.5
    """Height up to which the shore is sand."""

    def packed(self) -> F64:
        grass, tree, other = {
            "spring": ((0.130, 0.175, 0.045), (0.090, 0.150, 0.030), (0.110, 0.170, 0.045)),
            "summer": ((0.100, 0.140, 0.030), (0.045, 0.080, 0.018), (0.060, 0.100, 0.020)),
            "autumn": ((0.200, 0.160, 0.055), (0.420, 0.170, 0.025), (0.480, 0.300, 0.035)),
            "winter": ((0.180, 0.150, 0.090), (0.090, 0.080, 0.060), (0.100, 0.085, 0.065)),
        }[self.season]
        sand = (0.50, 0.33, 0.17) if self.desert else (0.42, 0.34, 0.23)
        return np.array([*grass, *tree, *other, *sand, self.snow_line, float(self.desert), self.beach], np.float64)


@jit
def _sun_reaches(x: float, y: float, z: float, sun: F64, p: F64) -> float:
    """0..1: how much of the sun is seen from a point."""
    if sun[1] <= 0.0:
        return 0.0
    light, s = 1.0, 1.2
    for k in range(40):
        px, py, pz = x + sun[0] * s, y + sun[1] * s, z + sun[2] * s
        if s > 12000.0:
            break
        ground = bare(px, pz, p, max(0.6, 0.06 * s))
        high = ground
        if s < 90.0 and k < 14:
            tall, _, _, _, _ = tree_at(px, pz, p, ground)
            high += tall * 0.9
        clear = (py - high) / (0.015 * s + 0.25)
        light = min(light, 0.5 + 0.5 * clear)
        if light <= 0.0:
            return 0.0
        s *= 1.27
    return min(1.0, max(0.0, light))


@jit
def _ground_rows(
    first: int,
    last: int,
    distance: F32,
    horizon: float,
    focal: float,
    eye: float,
    p: F64,
    c: F64,
    sun: F64,
    sunlight: F64,
    zenith: F64,
    low: F32,
    air: F64,
    snow_trees: float,
    out: F32,
    kind: NDArray[np.uint8],
) -> None:
    _height, width = distance.shape
    for row in range(first, last):
        for column in range(width):
            z = float(distance[row, column])
            if z <= 0.0:
                kind[row, column] = SKY
                continue
            x = (column + 0.5 - width / 2) / focal * z
            foot = 1.3 * z / focal
            ground = bare(x, z, p, foot)
            if ground < 0.0:
                kind[row, column] = WATER
                continue
            e = max(0.08, foot)
            tall, who, tx, tz, whole = 0.0, 0.0, 0.0, 0.0, 1.0
            if z < 5200.0:
                tall, who, tx, tz, whole = tree_at(x, z, p, ground)
            gx = (bare(x + e, z, p, foot) - ground) / e
            gz = (bare(x, z + e, p, foot) - ground) / e
            steep = math.sqrt(gx * gx + gz * gz)
            length = math.sqrt(gx * gx + gz * gz + 1.0)
            nx, ny, nz = -gx / length, 1.0 / length, -gz / length
            y = max(ground, eye - (row + 0.5 - horizon) * z / focal)  # on the side of a tree, lower than its top
            if (
                tall <= 0.25
                and p[FOREST] > 0
                and y - ground > (0.6 if ground < 2.0 else 1.5 + 0.004 * z)
                and z < 5200.0
            ):
                tall, whole, who = y - ground, p[TREE_H], hashed(int(x), int(z), 5)  # the near side of a tree's crown
            up = min(1.0, max(0.0, (y - ground) / whole))
            if tall > 0.25:
                nx, nz = (
                    tx + 0.4 * perlin(x * 1.1, y * 1.1 + z, 941),
                    tz + 0.4 * perlin(z * 1.1 + 7.0, y * 1.1 + x, 942),
                )
                ny = 0.42 if p[CONES] > 0.5 else 2.0 * up - 0.75
                length = math.sqrt(nx * nx + ny * ny + nz * nz) + 1e-6
                nx, ny, nz = nx / length, ny / length, nz / length
            rough = fbm(x, z, 3.1, foot, 901, 6)
            broad = fbm(x, z, 60.0, foot, 931, 5)
            r, g, b = 0.0, 0.0, 0.0
            occluded = 1.0
            if tall > 0.25:
                kind[row, column] = TREES
                turn = step(0.25, 0.75, who)
                leaf = 0.75 + 0.5 * hashed(int(who * 1e6), 3, 7)
                leaf *= 1.0 + 0.7 * fbm(x + 0.7 * z, y, 1.1, foot, 951, 4)
                if p[CONES] > 0.5:
                    tier = y / 1.3 + 0.8 * perlin(x * 0.8, z * 0.8, 953)
                    leaf *= 0.65 + 0.6 * (tier - math.floor(tier)) if foot < 0.5 else 0.95
                    r, g, b = 0.030 * leaf, 0.050 * leaf, 0.020 * leaf
                else:
                    r = (c[3] + (c[6] - c[3]) * turn) * leaf
                    g = (c[4] + (c[7] - c[4]) * turn) * leaf
                    b = (c[5] + (c[8] - c[5]) * turn) * leaf
                if snow_trees > 0:
                    white = snow_trees * step(0.1, 0.5, fbm(x + 0.7 * z, y * 1.4, 1.6, foot, 957, 4) + 0.5 * ny)
                    r, g, b = r + (0.75 - r) * white, g + (0.78 - g) * white, b + (0.82 - b) * white
                occluded = step(-0.05, 0.75, up) if p[CONES] > 0.5 else step(0.1, 0.7, up)
                occluded = 0.12 + 0.88 * occluded
            else:
                rock = step(0.62, 1.0, steep + 0.35 * rough)
                sandy = 1.0 if c[13] > 0.5 else step(c[14] + 0.8, c[14] - 0.3, ground + 0.6 * broad)
                if p[NEAR] <= 0 and c[13] < 0.5:
                    sandy = 0.0
                wide = fbm(x, z, 420.0, foot, 935, 4)
                snowy = step(-70.0, 110.0, ground - c[12] + 55.0 * broad + 25.0 * rough + 150.0 * wide) * step(
                    1.25, 0.72, steep
                )
                if c[12] < 0.0:
                    snowy = step(1.5, 0.9, steep + 0.2 * rough)
                tone = 1.0 + 0.55 * rough + 0.5 * broad
                r, g, b = c[0] * tone, c[1] * tone, c[2] * tone
                blades = step(0.35, 0.05, foot)
                if blades > 0:
                    stroke = (
                        perlin(x / 0.07, z / 0.45, 961)
                        + 0.8 * perlin(x / 0.19, z / 1.1, 962)
                        + 0.5 * perlin(x / 0.6, z / 1.7, 963)
                    )
                    tone = max(0.25, 1.0 + 0.75 * blades * stroke)
                    r, g, b = r * tone, g * tone, b * tone
                dry = step(-0.1, 0.5, broad)
                r, g = r + 0.05 * dry * tone, g + 0.02 * dry * tone
                if sandy > 0:
                    wet = step(0.9, 0.15, ground) * (0.0 if c[13] > 0.5 else 1.0)
                    s = (1.0 + 0.16 * rough + 0.1 * broad) * (1.0 - 0.5 * wet)
                    r, g, b = r + (c[9] * s - r) * sandy, g + (c[10] * s - g) * sandy, b + (c[11] * s - b) * sandy
                strata = 1.0 + 0.16 * perlin((ground + 9.0 * broad) / 17.0, x / 600.0, 977) + 0.4 * rough
                rr, rg, rb = (0.34, 0.20, 0.11) if c[13] > 0.5 else (0.165, 0.155, 0.145)
                r, g, b = r + (rr * strata - r) * rock, g + (rg * strata - g) * rock, b + (rb * strata - b) * rock
                r, g, b = r + (0.80 - r) * snowy, g + (0.83 - g) * snowy, b + (0.87 - b) * snowy
                kind[row, column] = SNOW if snowy > 0.5 else ROCK if rock > 0.5 else SAND if sandy > 0.5 else GRASS
            r, g, b = max(r, 0.008), max(g, 0.008), max(b, 0.008)
            facing = max(0.0, nx * sun[0] + ny * sun[1] + nz * sun[2])
            if tall > 0.25:
                facing = (0.2 * max(0.0, sun[1]) + 0.8 * facing + 0.15 * max(0.0, sun[2])) * (0.4 + 0.6 * occluded)
            lit = facing * _sun_reaches(x, y, z, sun, p) if facing > 0 else 0.0
            sky = (0.5 + 0.5 * ny) * occluded
            away = z / 1000.0
            for k in range(3):
                albedo = (r, g, b)[k]
                shone = (
                    albedo
                    / math.pi
                    * (sunlight[k] * lit + zenith[k] * sky + 0.12 * sunlight[k] * max(sun[1], 0.0) * (1 - ny))
                )
                clear = math.exp(-air[k] * away)
                out[row, column, k] = shone * clear + low[column, k] * (1.0 - clear)


def ground_colors(
    distance: F32,
    horizon: float,
    focal: float,
    eye: float,
    ground: Ground,
    cover: Cover,
    sun: F64,
    sunlight: F64,
    zenith: F64,
    low: F32,
    air: F64,
    out: F32,
) -> NDArray[np.uint8]:
    """Paint the land into `out` (H, W, 3); the map of materials (H, W) comes back.

    sun       unit vector to it; sunlight, zenith: irradiance of the sun and of the sky; low (W, 3): radiance of the sky
    at
              the horizon of each column; air (3,): extinction a kilometre
    """
    kind = np.zeros(distance.shape, np.uint8)
    p, c = ground.packed(), cover.packed()
    white = 0.8 if cover.snow_line < 0 else 0.0
    over_rows(
        distance.shape[0],
        lambda a, b: _ground_rows(
            a, b, distance, horizon, focal, eye, p, c, sun, sunlight, zenith, low, air, white, out, kind
        ),
    )
    return kind


@jit
def _water_rows(
    first: int,
    last: int,
    horizon: float,
    focal: float,
    eye: float,
    p: F64,
    wind: float,
    deep: F64,
    low: F32,
    air: F64,
    mirror: F32,
    kind: NDArray[np.uint8],
    out: F32,
) -> None:
    _height, width = kind.shape
    top = mirror.shape[0]
    for row in range(first, last):
        if row + 0.5 <= horizon:
            continue
        z = eye * focal / (row + 0.5 - horizon)
        for column in range(width):
            if kind[row, column] != WATER:
                continue
            x = (column + 0.5 - width / 2) / focal * z
            across, along = z / focal, z * z / (focal * eye)  # metres a pixel, to the side and into the depth
            sx, sz, lost = 0.0, 0.0, 0.0
            length, slope = 34.0, 0.55
            gust = 0.65 + 0.9 * perlin(x / 160.0, z / 420.0, 333)
            for k in range(7):
                amount = wind * slope * max(0.15, gust)
                seen = step(0.5, 2.2, length / max(along, across))
                if seen > 0:
                    e = 0.06 * length
                    h0 = perlin(x / length + 13.0 * k, z / length, 350 + k)
                    sx += seen * amount * (perlin((x + e) / length + 13.0 * k, z / length, 350 + k) - h0) / 0.06
                    sz += seen * amount * (perlin(x / length + 13.0 * k, (z + e) / length, 350 + k) - h0) / 0.06
                lost += (1.0 - seen) * amount * amount
                length *= 0.52
                slope *= 0.82
            spread = math.sqrt(lost) * 0.55
            fall = eye / z
            total = 0.0
            red, green, blue = 0.0, 0.0, 0.0
            taps = 9
            for t in range(taps):
                v = (t - 4) / 4.0
                jitter = hashed(column, row, t) - 0.5
                tz = sz + spread * (v + 0.25 * jitter) * 1.6
                tx = sx + spread * 0.6 * (hashed(row, column, t + 20) - 0.5)
                rise = fall + 2.0 * (tz if tz > -0.45 * fall else -0.45 * fall)
                up = min(top - 1.0, horizon - 0.6, max(0.0, horizon - rise * focal * 0.985))
                side = column + 2.0 * tx * focal * rise
                side = min(width - 1.001, max(0.0, side))
                i, j = int(up), int(side)
                fi, fj = up - i, side - j
                i2 = min(i + 1, top - 1) if top > 0 else i
                w = math.exp(-1.2 * v * v)
                cosine = min(1.0, max(0.02, fall + tz))
                fresnel = 0.02 + 0.98 * (1.0 - cosine) ** 5
                total += w
                for k in range(3):
                    a = mirror[i, j, k] + (mirror[i, j + 1, k] - mirror[i, j, k]) * fj
                    b = mirror[i2, j, k] + (mirror[i2, j + 1, k] - mirror[i2, j, k]) * fj
                    got = w * ((a + (b - a) * fi) * fresnel + deep[k] * (1.0 - fresnel))
                    if k == 0:
                        red += got
                    elif k == 1:
                        green += got
                    else:
                        blue += got
            shallow = 0.0
            foam = 0.0
            if p[NEAR] > 0 and z < 4.0 * p[NEAR] + 60.0:
                ground = bare(x, z, p, across)
                shallow = math.exp(ground * 0.9) * 0.5
                wave = fbm(x, z * 0.6, 9.0, across, 371, 5)
                edge = -ground * 1.9 + 0.55 * wave
                foam = step(0.42, 0.05, edge) * step(-0.1, 0.5, fbm(x, z, 1.6, across, 377, 4) + 0.35)
                foam = max(
                    foam,
                    0.8
                    * step(0.16, 0.02, abs(-ground - 1.25 - 0.5 * wave))
                    * step(-0.05, 0.4, fbm(x, z, 3.0, across, 381, 5)),
                )
                foam *= min(1.0, wind * 14.0)
            clear = 1.0
            for k in range(3):
                value = (red, green, blue)[k] / total
                value = value * (1.0 - 0.5 * shallow) + 0.5 * shallow * (deep[k] * 3.0 + 0.12 * low[column, k])
                value += foam * (0.75 * (low[column, k] * 0.8 + deep[k]) - 0.6 * value)
                clear = math.exp(-air[k] * z / 1000.0)
                out[row, column, k] = value * clear + low[column, k] * (1.0 - clear)


def water_colors(
    kind: NDArray[np.uint8],
    horizon: float,
    focal: float,
    eye: float,
    ground: Ground,
    wind: float,
    deep: F64,
    low: F32,
    air: F64,
    out: F32,
) -> None:
    """Paint the water into `out`, mirroring what is above the horizon there. wind: 0.02 a still lake .. 0.2 a rough
    sea."""
    mirror = out[: max(1, int(horizon))].copy()
    p = ground.packed()
    over_rows(
        kind.shape[0],
        lambda a, b: _water_rows(a, b, horizon, focal, eye, p, wind, deep, low, air, mirror, kind, out),
    )
