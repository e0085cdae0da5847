"""The kernel of the seasons: the colour of each leaf turned towards what the maps say.

A pixel is a leaf by its own Oklab hue and saturation (chroma over lightness, which does not change with the light
that falls on it), inside the plants that perception saw. Its hue is carried over so that the difference between leaves
stays, and lightness and chroma are scaled together: shading and texture are kept as a change of pigment keeps them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fluxroom.operators.declare import Window
from fluxroom.operators.fastmath import F, cbrt
from fluxroom.operators.kernels import FROM_LAB, FROM_LMS, HUE_SIZE, TO_LAB, TO_LMS
from fluxroom.operators.tables import hue_angles, smoothstep
from fluxroom.scene import Float
from fluxroom.sky import maps
from fluxroom.sky._jit import jit

Double = NDArray[np.float64]
PLANES = 7
"""Maps of a Turn: trees, grass (how far each turns), target direction a and b, chroma gain, light gain, frost."""
WIDTH = 0.07
"""Saturation from where a leaf begins to count to where it counts in full."""
_COLUMNS, _ROW = maps.columns, maps.row_of
_ZERO, _ONE, _TWO, _THREE, _FOUR = (F(v) for v in (0, 1, 2, 3, 4))
_SCALE, _END = F((HUE_SIZE - 1) / 4), F(HUE_SIZE - 1.001)
_STEEP = F(1 / WIDTH)
_DARK, _SEEN = F(0.05), F(1 / 0.12)
_PALE, _HALF = F(0.15), F(0.5)
_CEILING, _LEAN = F(0.92), F(0.31)
_FROST, _FROST_BLUE, _TINY = F(0.88), F(-0.012), F(1e-12)
"""Oklab lightness and blueness of rime in soft light."""


@dataclass(frozen=True, slots=True)
class Turn:
    """planes (PLANES, h, w); gate (HUE_SIZE, 4) see `gate`; usual: the unit direction (a, b) of the photo's leaves;
    most: the saturation that is not passed; kept: how much of the difference in hue between leaves stays."""

    planes: Float
    gate: Float
    usual: tuple[float, float]
    most: float
    kept: float = 0.4


def gate(trees: Double, trees_from: Double, grass: Double, grass_from: Double) -> Float:
    """(HUE_SIZE, 4) over pseudo-angle: weight of a leaf of that hue, saturation from which it counts; for grass too."""
    return np.ascontiguousarray(np.stack([trees, trees_from, grass, grass_from], axis=-1), np.float32)


def band(low: float, full: float, end: float, gone: float) -> Double:
    """Weight over hue (at `hue_angles`, degrees): rises from low to full, falls from end to gone."""
    angle = hue_angles()
    return np.asarray(smoothstep(low, full, angle) * smoothstep(gone, end, angle))


def direction(degrees: Double | float) -> tuple[Double, Double]:
    turned = np.radians(np.asarray(degrees, np.float64))
    return np.cos(turned), np.sin(turned)


@jit
def _to_lab(row: Float, la: Float, lb: Float, lc: Float) -> None:
    """Oklab of a row of pixels (n, 3), into a line for each of L, a and b.

    Here and below loops are plain and run from 0 over lines of their own: then they become vector instructions.
    """
    n = la.shape[0]
    for c in range(n):
        p, q, s = row[c, 0], row[c, 1], row[c, 2]
        la[c] = TO_LMS[0, 0] * p + TO_LMS[0, 1] * q + TO_LMS[0, 2] * s
        lb[c] = TO_LMS[1, 0] * p + TO_LMS[1, 1] * q + TO_LMS[1, 2] * s
        lc[c] = TO_LMS[2, 0] * p + TO_LMS[2, 1] * q + TO_LMS[2, 2] * s
    for c in range(n):
        p, q, s = cbrt(la[c]), cbrt(lb[c]), cbrt(lc[c])
        la[c] = TO_LAB[0, 0] * p + TO_LAB[0, 1] * q + TO_LAB[0, 2] * s
        lb[c] = TO_LAB[1, 0] * p + TO_LAB[1, 1] * q + TO_LAB[1, 2] * s
        lc[c] = TO_LAB[2, 0] * p + TO_LAB[2, 1] * q + TO_LAB[2, 2] * s


@jit
def _weigh(la: Float, lb: Float, lc: Float, g: Float, gates: Float, weight: Float, place: Float) -> None:
    """How far each pixel turns (0 where it is no leaf): by hue and saturation, for trees and for grass."""
    n = la.shape[0]
    for c in range(n):
        aa, bb = lb[c], lc[c]
        t = bb / (abs(aa) + abs(bb) + _TINY)
        t = _TWO - t if aa < _ZERO else (t if bb >= _ZERO else t + _FOUR)
        t *= _SCALE
        place[c] = t if t < _END else _END
        weight[c] = F(np.sqrt(aa * aa + bb * bb)) / max(la[c], _DARK)
    for c in range(n):
        t = place[c]
        i = np.uint32(t)
        t -= F(i)
        ll = la[c]
        sat = weight[c] - _PALE * max(ll - _HALF, _ZERO)
        full = gates[i, 0] + t * (gates[i + 1, 0] - gates[i, 0])
        start = gates[i, 1] + t * (gates[i + 1, 1] - gates[i, 1])
        e = min(max((sat - start) * _STEEP, _ZERO), _ONE)
        w = g[0, c] * full * e * e * (_THREE - _TWO * e)
        full = gates[i, 2] + t * (gates[i + 1, 2] - gates[i, 2])
        start = gates[i, 3] + t * (gates[i + 1, 3] - gates[i, 3])
        e = min(max((sat - start) * _STEEP, _ZERO), _ONE)
        w += g[1, c] * full * e * e * (_THREE - _TWO * e)
        weight[c] = min(w, _ONE) * min(max((ll - _DARK) * _SEEN, _ZERO), _ONE)


@jit
def _recolour(
    la: Float, lb: Float, lc: Float, g: Float, ua: float, ub: float, inverse: float, kept: float, weight: Float
) -> None:
    """The new Oklab of each pixel, by its weight.

    Its hue against the usual leaf's is carried over to the target, (u / usual) * target as complex numbers, and drawn
    towards it; light and chroma are scaled together, short of what such a colour can be and of `most`.
    """
    for c in range(la.shape[0]):
        ll, aa, bb, w = la[c], lb[c], lc[c], weight[c]
        ta, tb, f = g[2, c], g[3, c], g[6, c]
        chroma = F(np.sqrt(aa * aa + bb * bb)) + _TINY
        ca, cb = aa / chroma, bb / chroma
        da, db = ca * ua + cb * ub, cb * ua - ca * ub
        na = kept * (ta * da - tb * db) + (_ONE - kept) * ta
        nb = kept * (ta * db + tb * da) + (_ONE - kept) * tb
        # A colour can only be so bright before it is none any more: in Oklab gold to 0.9, orange to 0.78, red to 0.67.
        light = ll * g[5, c]
        room = light / (_CEILING - _LEAN * ta)
        room *= room
        light /= F(np.sqrt(np.sqrt(_ONE + room * room)))
        sat = g[4, c] * chroma / max(ll, _DARK)
        new = light * sat / F(np.sqrt((_ONE + sat * sat * inverse) * (na * na + nb * nb + _TINY)))
        f *= min(max(ll * _TWO, _ZERO), _ONE)  # frost grows on the tips, which catch the light
        la[c] = ll + w * (light + f * (max(_FROST, light) - light) - ll)
        lb[c] = aa + w * (new * na * (_ONE - f) - aa)
        lc[c] = bb + w * (new * nb * (_ONE - f) + f * _FROST_BLUE - bb)


@jit
def _from_lab(la: Float, lb: Float, lc: Float, weight: Float, row: Float) -> None:
    """Back into the row, where the weight is above 0."""
    for c in range(la.shape[0]):
        p, q, s = la[c], lb[c], lc[c]
        l1 = FROM_LAB[0, 0] * p + FROM_LAB[0, 1] * q + FROM_LAB[0, 2] * s
        m1 = FROM_LAB[1, 0] * p + FROM_LAB[1, 1] * q + FROM_LAB[1, 2] * s
        s1 = FROM_LAB[2, 0] * p + FROM_LAB[2, 1] * q + FROM_LAB[2, 2] * s
        l1, m1, s1 = l1 * l1 * l1, m1 * m1 * m1, s1 * s1 * s1
        for k in range(3):
            v = FROM_LMS[k, 0] * l1 + FROM_LMS[k, 1] * m1 + FROM_LMS[k, 2] * s1
            row[c, k] = v if weight[c] > _ZERO else row[c, k]


@jit
def turn_tile(
    tile: Float, planes: Float, gates: Float, usual: Float, most: float, kept: float, x0: int, y0: int, iw: int, ih: int
) -> None:
    """Turn leaves and grass in place; `planes` are stretched over the picture of iw x ih."""
    th, tw = tile.shape[0], tile.shape[1]
    index, part = np.empty(tw, np.int32), np.empty(tw, np.float32)
    _COLUMNS(x0, iw, planes.shape[2], index, part)
    line = np.empty(planes.shape[2], np.float32)
    g = np.empty((planes.shape[0], tw), np.float32)
    la, lb, lc = np.empty(tw, np.float32), np.empty(tw, np.float32), np.empty(tw, np.float32)
    weight, place = np.empty(tw, np.float32), np.empty(tw, np.float32)
    inverse: Any = _ONE / (most * most)
    ua, ub = usual
    for r in range(th):
        _ROW(planes[:2], y0 + r, ih, index, part, line, g)
        i, j = 0, tw
        while i < j and g[0, i] + g[1, i] <= _ZERO:
            i += 1
        while j > i and g[0, j - 1] + g[1, j - 1] <= _ZERO:
            j -= 1
        if i >= j:
            continue
        _ROW(planes[2:], y0 + r, ih, index[i:j], part[i:j], line, g[2:, i:j])
        a, b, d, w = la[i:j], lb[i:j], lc[i:j], weight[i:j]
        _to_lab(tile[r, i:j], a, b, d)
        _weigh(a, b, d, g[:, i:j], gates, w, place[i:j])
        _recolour(a, b, d, g[:, i:j], ua, ub, inverse, kept, w)
        _from_lab(a, b, d, w, tile[r, i:j])


def apply_turn(tile: Float, window: Window, prepared: Any) -> None:
    if prepared is None:
        return
    p: Turn = prepared
    usual = np.array(p.usual, np.float32)
    most: Any = F(p.most)
    kept: Any = F(p.kept)
    turn_tile(tile, p.planes, p.gate, usual, most, kept, window.x, window.y, window.image_width, window.image_height)


def leaf_weight(lab: Float, weight: Float, by_hue: Double) -> Double:
    """(h, w): how much each pixel counts as a leaf of the hues in `by_hue`, a column of `gate`."""
    angle = hue_angles()
    order = np.argsort(angle, kind="stable")
    hue = np.degrees(np.arctan2(lab[..., 2], lab[..., 1])).astype(np.float64) % 360
    lit = smoothstep(0.1, 0.25, lab[..., 0].astype(np.float64))
    return np.asarray(weight * np.interp(hue, angle[order], by_hue[order]) * lit)


def usual_direction(lab: Float, chosen: Double) -> tuple[float, float]:
    """The unit direction (a, b) in Oklab of the leaves that turn; a leaf's green (125 degrees) where there are none."""
    x = float((chosen * lab[..., 1]).sum()) + float(np.cos(np.radians(125)))
    y = float((chosen * lab[..., 2]).sum()) + float(np.sin(np.radians(125)))
    size = max(1e-9, float(np.hypot(x, y)))
    return x / size, y / size
