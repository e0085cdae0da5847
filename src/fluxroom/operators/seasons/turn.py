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
KEPT = 0.4
"""How much of the difference in hue between leaves stays."""
_COLUMNS, _ROW = maps.columns, maps.row_of
_ZERO, _ONE, _TWO, _THREE, _FOUR = (F(v) for v in (0, 1, 2, 3, 4))
_SCALE, _END = F((HUE_SIZE - 1) / 4), F(HUE_SIZE - 1.001)
_STEEP = F(1 / WIDTH)
_DARK, _SEEN = F(0.05), F(1 / 0.12)
_PALE, _HALF = F(0.15), F(0.5)
_FROST_BLUE = F(-0.012)


@dataclass(frozen=True, slots=True)
class Turn:
    """planes (PLANES, h, w); gate (HUE_SIZE, 4) see `gate`; usual: the unit direction (a, b) of the photo's leaves;
    most: the saturation that is not passed."""

    planes: Float
    gate: Float
    usual: tuple[float, float]
    most: float


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
def turn_tile(
    tile: Float, planes: Float, gates: Float, usual: Float, most: float, x0: int, y0: int, iw: int, ih: int
) -> None:
    """Turn leaves and grass in place; `planes` are stretched over the picture of iw x ih."""
    th, tw = tile.shape[0], tile.shape[1]
    index, part = np.empty(tw, np.int32), np.empty(tw, np.float32)
    _COLUMNS(x0, iw, planes.shape[2], index, part)
    line = np.empty(planes.shape[2], np.float32)
    g = np.empty((planes.shape[0], tw), np.float32)
    ua, ub = usual
    inverse = _ONE / (most * most)
    for r in range(th):
        _ROW(planes, y0 + r, ih, index, part, line, g)
        for c in range(tw):
            trees, grass = g[0, c], g[1, c]
            if trees + grass < F(1e-4):
                continue
            p, q, s = tile[r, c, 0], tile[r, c, 1], tile[r, c, 2]
            l1 = cbrt(TO_LMS[0, 0] * p + TO_LMS[0, 1] * q + TO_LMS[0, 2] * s)
            m1 = cbrt(TO_LMS[1, 0] * p + TO_LMS[1, 1] * q + TO_LMS[1, 2] * s)
            s1 = cbrt(TO_LMS[2, 0] * p + TO_LMS[2, 1] * q + TO_LMS[2, 2] * s)
            ll = TO_LAB[0, 0] * l1 + TO_LAB[0, 1] * m1 + TO_LAB[0, 2] * s1
            aa = TO_LAB[1, 0] * l1 + TO_LAB[1, 1] * m1 + TO_LAB[1, 2] * s1
            bb = TO_LAB[2, 0] * l1 + TO_LAB[2, 1] * m1 + TO_LAB[2, 2] * s1
            chroma = F(np.sqrt(aa * aa + bb * bb))
            if ll < _DARK or chroma < F(1e-4):
                continue
            t = bb / (abs(aa) + abs(bb))
            t = _TWO - t if aa < _ZERO else (t if bb >= _ZERO else t + _FOUR)
            t = min(t * _SCALE, _END)
            i = np.int32(t)
            t -= F(i)
            sat = chroma / ll
            pale = _PALE * max(ll - _HALF, _ZERO)
            w = _ZERO
            for k in range(2):
                full = gates[i, 2 * k] + t * (gates[i + 1, 2 * k] - gates[i, 2 * k])
                start = gates[i, 2 * k + 1] + t * (gates[i + 1, 2 * k + 1] - gates[i, 2 * k + 1])
                e = min(max((sat - start - pale) * _STEEP, _ZERO), _ONE)
                w += g[k, c] * full * e * e * (_THREE - _TWO * e)
            e = min((ll - _DARK) * _SEEN, _ONE)
            w = min(w, _ONE) * e
            if w <= _ZERO:
                continue
            # The leaf's hue against the usual one, carried over to the target: (u / usual) * target.
            ca, cb = aa / chroma, bb / chroma
            da, db = ca * ua + cb * ub, cb * ua - ca * ub
            ta, tb = g[2, c], g[3, c]
            na = F(KEPT) * (ta * da - tb * db) + (_ONE - F(KEPT)) * ta
            nb = F(KEPT) * (ta * db + tb * da) + (_ONE - F(KEPT)) * tb
            size = F(np.sqrt(na * na + nb * nb)) + F(1e-6)
            gain = g[5, c]
            room = ll * ll
            light = ll * gain / (_ONE + max(gain - _ONE, _ZERO) * room * room)
            sat *= g[4, c]
            sat = sat / F(np.sqrt(_ONE + sat * sat * inverse))
            new = light * sat / size
            f = g[6, c]
            la, lb, l0 = new * na, new * nb, light
            if f > _ZERO:  # frost grows on the tips, which catch the light
                f *= min(ll * _TWO, _ONE)
                l0 += f * (max(F(0.88), light) - light)
                la -= f * la
                lb += f * (_FROST_BLUE - lb)
            ll += w * (l0 - ll)
            aa += w * (la - aa)
            bb += w * (lb - bb)
            l1 = FROM_LAB[0, 0] * ll + FROM_LAB[0, 1] * aa + FROM_LAB[0, 2] * bb
            m1 = FROM_LAB[1, 0] * ll + FROM_LAB[1, 1] * aa + FROM_LAB[1, 2] * bb
            s1 = FROM_LAB[2, 0] * ll + FROM_LAB[2, 1] * aa + FROM_LAB[2, 2] * bb
            l1, m1, s1 = l1 * l1 * l1, m1 * m1 * m1, s1 * s1 * s1
            tile[r, c, 0] = FROM_LMS[0, 0] * l1 + FROM_LMS[0, 1] * m1 + FROM_LMS[0, 2] * s1
            tile[r, c, 1] = FROM_LMS[1, 0] * l1 + FROM_LMS[1, 1] * m1 + FROM_LMS[1, 2] * s1
            tile[r, c, 2] = FROM_LMS[2, 0] * l1 + FROM_LMS[2, 1] * m1 + FROM_LMS[2, 2] * s1


def apply_turn(tile: Float, window: Window, prepared: Any) -> None:
    if prepared is None:
        return
    p: Turn = prepared
    usual = np.array(p.usual, np.float32)
    most: Any = F(p.most)
    turn_tile(tile, p.planes, p.gate, usual, most, window.x, window.y, window.image_width, window.image_height)


def usual_direction(lab: Float, weight: Float, by_hue: Double) -> tuple[float, float]:
    """The unit direction (a, b) in Oklab of the leaves that turn; a leaf's green (125 degrees) where there are none.

    weight   (h, w) where leaves are;  by_hue: a column of `gate`
    """
    light, a, b = (lab[..., k].astype(np.float64) for k in range(3))
    angle = hue_angles()
    order = np.argsort(angle, kind="stable")
    hue = np.degrees(np.arctan2(b, a)) % 360
    chosen = weight * np.interp(hue, angle[order], by_hue[order]) * smoothstep(0.1, 0.25, light)
    x = float((chosen * a).sum()) + float(np.cos(np.radians(125)))
    y = float((chosen * b).sum()) + float(np.sin(np.radians(125)))
    size = max(1e-9, float(np.hypot(x, y)))
    return x / size, y / size
