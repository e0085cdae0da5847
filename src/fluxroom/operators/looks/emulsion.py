"""What an emulsion does to colours: couplings between its layers, and a characteristic curve in each.

Shapes follow the textbooks (Hunt, "The Reproduction of Colour", 6th ed. 2004, ch. 14-16: toe, straight line, shoulder,
interimage effects, unwanted absorptions of the dyes); the numbers are our own, made by eye on display pictures.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit

from fluxroom.operators.color import BANDS, band_weight
from fluxroom.operators.fastmath import F, exp2, log2
from fluxroom.operators.kernels import CURVE_SIZE, CURVE_TOP, LB, LG, LOG_FLOOR, LR, ONE, ZERO, oklab_adjust
from fluxroom.operators.tables import GAMMA, Double, chroma_levels, hue_angles, oklab_tables, smoothstep
from fluxroom.operators.tone import monotone_cubic
from fluxroom.scene import Float

EV_LOW, EV_HIGH, EV_SIZE = -11.0, 2.5, 1081
"""Range in EV (1 = white) and length of characteristic curves."""
_EV_SCALE = F((EV_SIZE - 1) / (EV_HIGH - EV_LOW))
_EV_LOW = F(EV_LOW)
_EV_END = F(EV_SIZE - 1.001)
_FLOOR = F(LOG_FLOOR)
_REACH = F(3)
"""EV: how far apart the layers may be before a coupling grows no further."""
_RAMP_SCALE = F((CURVE_SIZE - 1) / np.sqrt(CURVE_TOP))
_RAMP_END = F(CURVE_SIZE - 1.001)
_DIM = F(0.4)

Points = tuple[tuple[float, float], ...]
Triple = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Emulsion:
    """How a stock or process renders colours.

    curve       display brightness in -> out (0..1), points of a monotone cubic
    shadows, middle, highlights   what is added to red, green and blue there, in display brightness
    coupling    interimage effect: share of the distance (EV) between layers that is added, + more colour
    depth       EV by which colours darken for each EV between their layers: dyes take light away
    silver      neutral density that is added for each EV under the middle grey, and taken away a little above it
    bands       hue band -> (turn in degrees, scale of chroma, gain of lightness)
    weights     of red, green and blue where the emulsion sees no colour, else None; from a strength of 0.8 on there
                is no colour left
    """

    curve: Points
    shadows: Triple = (0.0, 0.0, 0.0)
    middle: Triple = (0.0, 0.0, 0.0)
    highlights: Triple = (0.0, 0.0, 0.0)
    coupling: float = 0.0
    depth: float = 0.0
    silver: float = 0.0
    bands: tuple[tuple[str, float, float, float], ...] = ()
    weights: Triple | None = None


@dataclass(frozen=True, slots=True)
class Developed:
    """An emulsion at some strength, as tables: settings = coupling, depth, silver."""

    settings: Float
    table: Float
    bands: tuple[Float, Float, Float] | None


@dataclass(frozen=True, slots=True)
class Grey:
    """A monochrome rendering: weights (3,), the colours of its greys (CURVE_SIZE, 3), how much of it."""

    weights: Float
    ramp: Float
    amount: float


Prepared = Developed | Grey


def prepare(emulsion: Emulsion, strength: float) -> Prepared | None:
    """The tables of an emulsion; 0 is nothing, 1 all of it."""
    if strength == 0:
        return None
    if emulsion.weights is not None:
        ramp = np.stack([_channel(emulsion, c, _ramp_levels(), 1.0) for c in range(3)], axis=-1)
        return Grey(np.array(emulsion.weights, np.float32), ramp.astype(np.float32), min(1.0, 1.25 * strength))
    levels = 2.0 ** np.linspace(EV_LOW, EV_HIGH, EV_SIZE) - LOG_FLOOR
    table = np.stack([_channel(emulsion, c, levels, strength) for c in range(3)])
    settings = strength * np.array([emulsion.coupling, emulsion.depth, emulsion.silver])
    return Developed(settings.astype(np.float32), table.astype(np.float32), band_tables(emulsion.bands, strength))


def _ramp_levels() -> Double:
    return np.linspace(0, np.sqrt(CURVE_TOP), CURVE_SIZE) ** 2


def grey_ramp() -> Float:
    """The ramp that leaves greys as they are."""
    return np.repeat(_ramp_levels()[:, None], 3, axis=1).astype(np.float32)


def _channel(emulsion: Emulsion, channel: int, levels: Double, strength: float) -> Double:
    """Linear light out of linear light in, for one layer."""
    x = np.maximum(levels, 0) ** (1 / GAMMA)
    xs, ys = (np.array(v, np.float64) for v in zip(*emulsion.curve, strict=True))
    inside = np.clip(x, 0, 1)
    y = monotone_cubic(xs, ys, inside)
    y = y + emulsion.shadows[channel] * smoothstep(0.6, 0.05, inside) * smoothstep(0.0, 0.12, inside)
    y = y + emulsion.middle[channel] * 4 * inside * (1 - inside)
    y = y + emulsion.highlights[channel] * smoothstep(0.45, 1.0, inside)
    y = np.maximum.accumulate(np.maximum(y, 0))
    y = y + 0.35 * np.maximum(x - 1, 0)
    return np.asarray((x + strength * (y - x)) ** GAMMA)


def band_tables(
    bands: tuple[tuple[str, float, float, float], ...], strength: float
) -> tuple[Float, Float, Float] | None:
    """Tables for `oklab_adjust`; greys are left as they are."""
    if not bands:
        return None
    assert {b[0] for b in bands} <= set(BANDS)
    hue = hue_angles()
    turn, scale, light = np.zeros_like(hue), np.ones_like(hue), np.zeros_like(hue)
    for name, degrees, chroma, gain in bands:
        weight = strength * band_weight(name, hue)
        turn += weight * degrees
        scale += weight * (chroma - 1)
        light += weight * gain
    t = np.radians(turn)
    table = np.stack([scale * np.cos(t), scale * np.sin(t), light], axis=-1)
    return oklab_tables(table, smoothstep(0.004, 0.05, chroma_levels()))


def apply(tile: Float, prepared: Prepared | None) -> None:
    """Carry out what `prepare` made, in place."""
    if prepared is None:
        return
    if isinstance(prepared, Grey):
        monochrome(tile, prepared.weights, prepared.ramp, np.float32(prepared.amount))
        return
    develop(tile, prepared.settings, prepared.table)
    if prepared.bands is not None:
        oklab_adjust(tile, *prepared.bands)


@njit(nogil=True, cache=True, error_model="numpy", inline="always")
def _held(t: np.float32) -> np.float32:
    return F(t / (ONE + abs(t) / _REACH))


@njit(nogil=True, cache=True, error_model="numpy")
def develop(tile: Float, settings: Float, table: Float) -> None:
    """Couple the three layers in EV, then put each through its characteristic curve.

    settings  coupling, depth, silver as in `Emulsion`
    table     (3, EV_SIZE) linear light out, by EV (log2 of linear light and a floor) from EV_LOW to EV_HIGH

    What lies below zero is carried through.
    """
    h, w, _ = tile.shape
    coupling, depth, silver = settings
    middle = F(np.log2(0.2))
    e = np.empty((3, w), np.float32)
    for y in range(h):
        row = tile[y]
        for c in range(3):
            for x in range(w):
                e[c, x] = log2(max(row[x, c], ZERO) + _FLOOR)
        for x in range(w):
            r, g, b = e[0, x], e[1, x], e[2, x]
            rg, gb, br = _held(r - g), _held(g - b), _held(b - r)
            grey = F(0.3) * r + F(0.55) * g + F(0.15) * b
            over = grey - middle
            over = over * max(ONE + over / middle, ZERO) if over > ZERO else over  # white stays where it is
            add = silver * over - depth * _held(max(r, max(g, b)) - min(r, min(g, b)))
            e[0, x] = (r + coupling * (rg - br) + add - _EV_LOW) * _EV_SCALE
            e[1, x] = (g + coupling * (gb - rg) + add - _EV_LOW) * _EV_SCALE
            e[2, x] = (b + coupling * (br - gb) + add - _EV_LOW) * _EV_SCALE
        for c in range(3):
            curve = table[c]
            for x in range(w):
                u = max(e[c, x], ZERO)
                u = u if u < _EV_END else _EV_END
                i = np.int32(u)
                row[x, c] = curve[i] + (u - F(i)) * (curve[i + 1] - curve[i]) + min(row[x, c], ZERO)


@njit(nogil=True, cache=True, error_model="numpy")
def monochrome(tile: Float, weights: Float, ramp: Float, amount: np.float32) -> None:
    """Grey by the light that a film behind a filter catches, then the colour of that grey.

    weights  of red, green and blue, which add up to 1; negative ones make for a steeper filter
    ramp     (CURVE_SIZE, 3) linear light by equal steps of the grey's square root
    """
    h, w, _ = tile.shape
    a, b, c = weights
    for y in range(h):
        for x in range(w):
            red, green, blue = tile[y, x, 0], tile[y, x, 1], tile[y, x, 2]
            p, q, s = max(red, ZERO), max(green, ZERO), max(blue, ZERO)
            lum = LR * p + LG * q + LB * s
            share = (a * p + b * q + c * s) / (lum + F(1e-9))
            if share < _DIM:  # never quite black: no filter is that steep
                share = _DIM * exp2((share / _DIM - ONE) * F(1.4426950))
            light = lum * share
            most = max(p, max(q, s))
            if light > most:  # a filter of the colour's own kind lightens it, but not to plain white
                room = max(ONE - most, F(1e-6))
                light = most + (light - most) * room / (light - most + room)
            u = min(F(np.sqrt(light)) * _RAMP_SCALE, _RAMP_END)
            i = np.int32(u)
            f = u - F(i)
            tile[y, x, 0] = red + amount * (ramp[i, 0] + f * (ramp[i + 1, 0] - ramp[i, 0]) - red)
            tile[y, x, 1] = green + amount * (ramp[i, 1] + f * (ramp[i + 1, 1] - ramp[i, 1]) - green)
            tile[y, x, 2] = blue + amount * (ramp[i, 2] + f * (ramp[i + 1, 2] - ramp[i, 2]) - blue)
