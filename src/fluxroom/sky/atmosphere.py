"""The clear sky's colour by the sun's height: single scattering with ozone, and all further orders as one series.

Air and haze in spherical shells (Nishita et al. 1993, "Display of the Earth taking into account atmospheric
scattering"); the further orders of scattering summed as a geometric series, and the ozone layer that makes the
twilight blue, as in Hillaire 2020, "A scalable and production ready sky and atmosphere rendering technique".

The three channels are the light at 630, 560 and 450 nm, taken as linear Rec.2020 as they are: with those a clear
zenith comes out with the chromaticity of a clear zenith. The sun above the air is white, (1, 1, 1). Lengths in km,
angles in radians unless a name says degrees.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

Double = NDArray[np.float64]

GROUND, TOP = 6360.0, 6460.0
EYE = 0.2
"""Height of the viewer above the ground, km."""
WAVES = np.array([630.0, 560.0, 450.0])
RAYLEIGH = 13.558e-3 * (550.0 / WAVES) ** 4
"""Scattering of air at the ground, 1/km (Hillaire 2020 gives 13.558e-3 at 550 nm)."""
MIE = 3.996e-3 * (550.0 / WAVES) ** 1.0
"""Scattering of haze at the ground, 1/km, at turbidity 2; Angstrom exponent 1."""
MIE_ABSORBED = 0.11
"""Absorption of haze as a share of its scattering (Bruneton & Neyret 2008)."""
OZONE = np.array([2.25e-3, 1.75e-3, 0.10e-3])
"""Absorption in the middle of the ozone layer, 1/km: Hillaire's values moved to our wavelengths."""
AIR_SCALE, HAZE_SCALE = 8.0, 1.2
FORWARD = 0.76
"""Asymmetry of the haze's phase function (Cornette & Shanks 1992)."""
ALBEDO = 0.25

HEIGHTS = (np.linspace(0.0, 1.0, 28) ** 2) * (TOP - GROUND - 0.01)
COSINES = np.tanh(np.linspace(-3.0, 3.0, 81)) / math.tanh(3.0)
"""Cosines of the sun's zenith angle, dense about the horizon."""
VIEWS, TURNS = 40, 33


@dataclass(frozen=True, slots=True)
class Dome:
    """A clear sky. table (VIEWS, TURNS, 3): radiance by view height, 0..90 degrees with square-root spacing, and by
    the angle from the sun seen from above, 0..180 degrees; sun (3,): the sun's light that reaches the ground."""

    table: NDArray[np.float32]
    sun: Double

    def radiance(self, directions: Double, bearing: float) -> NDArray[np.float32]:
        """(h, w, 3) of unit directions (h, w, 3), x right, y up, z ahead; `bearing` of the sun in degrees, 0 ahead,
        90 right. Below the horizon it is the horizon's."""
        high = np.arcsin(np.clip(directions[..., 1], 0.0, 1.0)) / (math.pi / 2)
        turn = np.degrees(np.arctan2(directions[..., 0], directions[..., 2])) - bearing
        turn = np.abs((turn + 180.0) % 360.0 - 180.0) / 180.0
        rows = (np.sqrt(high) * (VIEWS - 1)).astype(np.float32)
        columns = (turn * (TURNS - 1)).astype(np.float32)
        return np.asarray(cv2.remap(self.table, columns, rows, cv2.INTER_LINEAR), np.float32)


def _densities(height: Double, haze: float) -> tuple[Double, Double, Double]:
    """Air's scattering, haze's scattering and all that is lost, (..., 3) 1/km, at heights over the ground."""
    h = np.maximum(height, 0.0)[..., None]
    air = RAYLEIGH * np.exp(-h / AIR_SCALE)
    dust = haze * MIE * np.exp(-h / HAZE_SCALE)
    ozone = OZONE * np.maximum(0.0, 1.0 - np.abs(h - 25.0) / 15.0)
    return air, dust, air + (1.0 + MIE_ABSORBED) * dust + ozone


def _reach(radius: Double, cosine: Double) -> tuple[Double, NDArray[np.bool_]]:
    """How far a ray goes until it leaves the air or meets the ground, and whether it meets the ground."""
    b = radius * cosine
    low = b * b - radius * radius + GROUND * GROUND
    down = (low > 0) & (cosine < 0)
    far = -b + np.sqrt(np.maximum(0.0, b * b - radius * radius + TOP * TOP))
    near = -b - np.sqrt(np.maximum(low, 0.0))
    return np.where(down, np.maximum(near, 0.0), far), down


@lru_cache(maxsize=4)
def _transmittance(haze: float) -> Double:
    """(heights, cosines, 3): the sun's light left at a height; soft where the disc sinks below the horizon."""
    radius = (GROUND + HEIGHTS)[:, None] + np.zeros_like(COSINES)[None, :]
    cosine = np.zeros_like(HEIGHTS)[:, None] + COSINES[None, :]
    length, _ = _reach(radius, cosine)
    steps = (np.arange(40) + 0.5) / 40
    depth = np.zeros((*radius.shape, 3))
    for s in steps:
        t = s * length
        at = np.sqrt(radius**2 + t**2 + 2 * radius * cosine * t) - GROUND
        depth += _densities(at, haze)[2] * (length / len(steps))[..., None]
    dip = -np.sqrt(np.maximum(0.0, 1.0 - (GROUND / radius) ** 2))
    up = np.clip((cosine - dip) / 0.0093 + 0.5, 0.0, 1.0)  # the disc is 0.53 degrees wide
    return np.asarray(np.exp(-depth) * up[..., None])


def _look_up(table: Double, height: Double, cosine: Double) -> Double:
    rows = np.interp(height, HEIGHTS, np.arange(len(HEIGHTS))).astype(np.float32)
    columns = np.interp(cosine, COSINES, np.arange(len(COSINES))).astype(np.float32)
    shape = rows.shape
    flat = cv2.remap(
        table.astype(np.float32),
        columns.reshape(-1, 1),
        rows.reshape(-1, 1),
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return np.asarray(flat, np.float64).reshape(*shape, 3)


@lru_cache(maxsize=4)
def _further(haze: float) -> Double:
    """(heights, cosines, 3): light of all further orders for isotropic scattering, per unit of sun (Hillaire 2020)."""
    lights = _transmittance(haze)
    ups = np.array([-0.75, -0.35, -0.08, 0.08, 0.35, 0.75])
    turns = np.radians(np.array([22.5, 67.5, 112.5, 157.5]))
    h = HEIGHTS[:, None] + np.zeros_like(COSINES)[None, :]
    sun = COSINES[None, :] + np.zeros_like(HEIGHTS)[:, None]
    second, again = np.zeros((*h.shape, 3)), np.zeros((*h.shape, 3))
    for up in ups:
        length, down = _reach(GROUND + h, np.full_like(h, up))
        for turn in turns:
            # Cosine between the view and the sun; only it and the heights matter on the sphere.
            flat = math.sqrt(1 - up * up) * math.cos(turn)
            through = np.ones((*h.shape, 3))
            steps = 14
            part = length / steps
            for i in range(steps):
                t = (i + 0.5) * part
                radius = np.sqrt((GROUND + h) ** 2 + t**2 + 2 * (GROUND + h) * up * t)
                along = up * sun + flat * np.sqrt(np.maximum(0.0, 1 - sun**2))
                mu = ((GROUND + h) * sun + t * along) / radius
                air, dust, lost = _densities(radius - GROUND, haze)
                shade = np.exp(-lost * part[..., None])
                inside = through * (air + dust) * (1 - shade) / np.maximum(lost, 1e-9)
                second += inside * _look_up(lights, radius - GROUND, np.clip(mu, -1, 1)) / (4 * math.pi)
                again += inside
                through = through * shade
            ground = np.clip(
                (GROUND + h) * sun + length * (up * sun + flat * np.sqrt(np.maximum(0, 1 - sun**2))), 0, None
            )
            mu = np.clip(ground / GROUND, 0, 1)
            bounce = _look_up(lights, np.zeros_like(h), mu) * mu[..., None] * ALBEDO / math.pi
            second += np.where(down[..., None], through * bounce, 0.0)
    count = len(ups) * len(turns)
    return np.asarray((second / count) / (1.0 - np.minimum(again / count, 0.95)))


@lru_cache(maxsize=16)
def dome(elevation: float, turbidity: float = 2.5) -> Dome:
    """The clear sky with the sun that many degrees over (below: under) the horizon; turbidity 1.5 clear .. 6 hazy."""
    haze = max(0.0, turbidity - 1.0)
    lights, further = _transmittance(haze), _further(haze)
    height = math.radians(elevation)
    sun = np.array([0.0, math.sin(height), math.cos(height)])
    view = np.radians(90.0) * np.linspace(0.0, 1.0, VIEWS)[:, None] ** 2 + np.zeros(TURNS)[None, :]
    view = np.maximum(view, 0.002)
    turn = np.linspace(0.0, math.pi, TURNS)[None, :] + np.zeros(VIEWS)[:, None]
    ray = np.stack([np.sin(turn) * np.cos(view), np.sin(view), np.cos(turn) * np.cos(view)], axis=-1)
    cosine = ray @ sun
    rayleigh = 3.0 / (16.0 * math.pi) * (1.0 + cosine**2)
    g = FORWARD
    mie = 3.0 / (8.0 * math.pi) * (1 - g * g) * (1 + cosine**2) / ((2 + g * g) * (1 + g * g - 2 * g * cosine) ** 1.5)
    radius = GROUND + EYE
    length, _ = _reach(np.full_like(view, radius), np.sin(view))
    out, through = np.zeros((VIEWS, TURNS, 3)), np.ones((VIEWS, TURNS, 3))
    edges = np.linspace(0.0, 1.0, 49) ** 2
    for a, b in pairwise(edges):
        t, part = 0.5 * (a + b) * length, (b - a) * length
        at = np.sqrt(radius**2 + t**2 + 2 * radius * np.sin(view) * t)
        mu = np.clip((radius * sun[1] + t * cosine) / at, -1, 1)
        air, dust, lost = _densities(at - GROUND, haze)
        light = _look_up(lights, at - GROUND, mu)
        more = _look_up(further, at - GROUND, mu)
        source = light * (air * rayleigh[..., None] + dust * mie[..., None]) + more * (air + dust)
        shade = np.exp(-lost * part[..., None])
        out += through * source * (1 - shade) / np.maximum(lost, 1e-9)
        through = through * shade
    reaches = _look_up(lights, np.array([EYE]), np.array([math.sin(height)]))[0]
    return Dome(np.ascontiguousarray(out, np.float32), reaches)
