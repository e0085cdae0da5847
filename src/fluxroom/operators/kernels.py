"""The per-pixel kernels that the operators share.

Each works in place on a (h, w, 3) float32 C-contiguous tile of linear Rec.2020 and computes a pixel from that pixel,
its place in the picture and tables made beforehand; so the result does not depend on where tiles begin.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from fluxroom.operators.fastmath import F, cbrt, exp2, log2
from fluxroom.scene import Float

LR, LG, LB = F(0.2627), F(0.6780), F(0.0593)
ZERO, ONE, TWO, HALF = F(0), F(1), F(2), F(0.5)

CURVE_TOP = 4.0
"""Norm where gain tables end; beyond it the last gain holds."""
CURVE_SIZE = 1025
_CURVE_SCALE = F((CURVE_SIZE - 1) / np.sqrt(CURVE_TOP))
_CURVE_END = F(CURVE_SIZE - 1.001)
_BIG = F(1e4)

LOG_LOW, LOG_HIGH, LOG_SIZE = -12.0, 4.0, 513
"""Range in EV (log2 of luminance, 1 = white) and length of tables over the base layer."""
_LOG_SCALE = F((LOG_SIZE - 1) / (LOG_HIGH - LOG_LOW))
_LOG_LOW = F(LOG_LOW)
_LOG_END = F(LOG_SIZE - 1.001)
LOG_FLOOR = 2.0**-11
"""Added to luminance before the logarithm, so that noise in black is no detail."""
_LOG_FLOOR = F(LOG_FLOOR)


@njit(nogil=True, cache=True, error_model="numpy")
def rolloff(g: np.float32, n: np.float32) -> np.float32:
    """The gain to use for gain g at brightness n: g in the shadows, 1 at n >= 1, so that g > 1 never clips."""
    v = min(max(n, ZERO), ONE)
    v *= v
    q = max(g, ONE)
    q *= q
    return F(g / np.sqrt(np.sqrt(ONE + (q * q - ONE) * v * v)))


@njit(nogil=True, cache=True, error_model="numpy")
def curve(tile: Float, table: Float, lift: np.float32) -> None:
    """Multiply each pixel by a gain that depends on its brightness; hue and the ratios of channels stay.

    table   gains at CURVE_SIZE equal steps of sqrt(brightness) from 0 to sqrt(CURVE_TOP)
    lift    linear light added at black, fading to none at white

    Brightness is (r^3 + g^3 + b^3) / (r^2 + g^2 + b^2): the grey value for greys, near the largest channel for
    saturated colours, which therefore do not clip into another hue.
    """
    h, w, _ = tile.shape
    for y in range(h):
        for x in range(w):
            r, g, b = tile[y, x, 0], tile[y, x, 1], tile[y, x, 2]
            p = min(max(r, ZERO), _BIG)
            q = min(max(g, ZERO), _BIG)
            s = min(max(b, ZERO), _BIG)
            pp, qq, ss = p * p, q * q, s * s
            n = (pp * p + qq * q + ss * s) / (pp + qq + ss + F(1e-12))
            u = F(np.sqrt(n)) * _CURVE_SCALE
            u = u if u < _CURVE_END else _CURVE_END
            i = np.int32(u)
            k = table[i] + (u - F(i)) * (table[i + 1] - table[i])
            d = max(ONE - n, ZERO)
            d = lift * d * d
            tile[y, x, 0] = r * k + d
            tile[y, x, 1] = g * k + d
            tile[y, x, 2] = b * k + d


@njit(nogil=True, cache=True, error_model="numpy")
def matrix(tile: Float, m: Float) -> None:
    """Each pixel times a 3x3 matrix."""
    h, w, _ = tile.shape
    a, b, c = m[0, 0], m[0, 1], m[0, 2]
    d, e, f = m[1, 0], m[1, 1], m[1, 2]
    i, j, k = m[2, 0], m[2, 1], m[2, 2]
    for y in range(h):
        for x in range(w):
            r, g, s = tile[y, x, 0], tile[y, x, 1], tile[y, x, 2]
            tile[y, x, 0] = a * r + b * g + c * s
            tile[y, x, 1] = d * r + e * g + f * s
            tile[y, x, 2] = i * r + j * g + k * s


@njit(nogil=True, cache=True, error_model="numpy")
def _rows(maps: Float, y: int, x0: int, w: int, iw: int, ih: int, out: Float) -> tuple[float, int, int]:
    """Blend the two rows of (h, w, k) maps that lie around picture row y; returns the column scale and range."""
    ph, pw, n = maps.shape
    v = min(max((y + 0.5) * ph / ih - 0.5, 0.0), ph - 1.0)
    j = min(int(v), ph - 1)
    j2 = min(j + 1, ph - 1)
    t = F(v - j)
    scale = pw / iw
    first = max(int((x0 + 0.5) * scale - 0.5) - 1, 0)
    last = min(int((x0 + w - 0.5) * scale - 0.5) + 2, pw - 1)
    for i in range(first, last + 1):
        for c in range(n):
            out[i, c] = maps[j, i, c] + t * (maps[j2, i, c] - maps[j, i, c])
    return scale, first, last


@njit(nogil=True, cache=True, error_model="numpy")
def _between(row: Float, scale: float, x0: int, level: Float, out: Float) -> None:
    """a * level + b for every pixel of a row, with (a, b) between the two nearest columns of `row`."""
    end = row.shape[0] - 1
    for x in range(out.size):
        u = min(max((x0 + x + 0.5) * scale - 0.5, 0.0), float(end))
        i = np.int32(u)
        k = min(i + 1, end)
        t = F(u - i)
        a = row[i, 0] + t * (row[k, 0] - row[i, 0])
        out[x] = a * level[x] + row[i, 1] + t * (row[k, 1] - row[i, 1])


@njit(nogil=True, cache=True, error_model="numpy")
def layer_tone(
    tile: Float, x0: int, y0: int, iw: int, ih: int, ab: Float, tone: Float, detail: Float, core: np.float32,
    limit: np.float32,
) -> None:  # fmt: skip
    """Change brightness by a smooth base layer, and the detail above it by its own gain.

    ab      (h, w, 2) guided-filter coefficients: base = a * log2(luminance) + b, in EV
    tone    EV to add, by base (LOG_SIZE steps from LOG_LOW to LOG_HIGH)
    detail  share of the detail (pixel minus base, EV) to add again, by base
    core    detail below about this many EV counts as noise and is left alone
    limit   detail above about this many EV is not raised further (no halos)
    """
    h, w, _ = tile.shape
    pw = ab.shape[1]
    row = np.empty((pw, 2), np.float32)
    core2 = core * core + F(1e-12)
    level = np.empty(w, np.float32)
    base = np.empty(w, np.float32)
    ev = np.empty(w, np.float32)
    for y in range(h):
        scale, _first, _last = _rows(ab, y0 + y, x0, w, iw, ih, row)
        for x in range(w):
            lum = LR * tile[y, x, 0] + LG * tile[y, x, 1] + LB * tile[y, x, 2]
            level[x] = log2(max(lum, ZERO) + _LOG_FLOOR)
        _between(row, scale, x0, level, base)
        for x in range(w):
            d = level[x] - base[x]
            s = (base[x] - _LOG_LOW) * _LOG_SCALE
            s = s if s > ZERO else ZERO
            base[x] = s if s < _LOG_END else _LOG_END
            dd = d * d
            level[x] = d * dd / (dd + core2) / (ONE + abs(d) / limit)
        for x in range(w):
            s = base[x]
            k = np.int32(s)
            f = s - F(k)
            ev[x] = tone[k] + f * (tone[k + 1] - tone[k]) + (detail[k] + f * (detail[k + 1] - detail[k])) * level[x]
        for x in range(w):
            r, g, b = tile[y, x, 0], tile[y, x, 1], tile[y, x, 2]
            m = rolloff(exp2(ev[x]), max(r, max(g, b)))
            tile[y, x, 0] = r * m
            tile[y, x, 1] = g * m
            tile[y, x, 2] = b * m


HUE_SIZE = 513
CHROMA_SIZE, CHROMA_TOP = 257, 0.4
LIGHT_SIZE, LIGHT_TOP = 257, 1.2
_HUE_SCALE = F((HUE_SIZE - 1) / 4)
_CHROMA_SCALE = F((CHROMA_SIZE - 1) / CHROMA_TOP)
_CHROMA_END = F(CHROMA_SIZE - 1.001)
_LIGHT_SCALE = F((LIGHT_SIZE - 1) / LIGHT_TOP)
_LIGHT_END = F(LIGHT_SIZE - 1.001)

_REC2020_XYZ = np.array(
    [[0.6369580483, 0.1446169036, 0.1688809752], [0.2627002120, 0.6779980715, 0.0593017165],
     [0.0, 0.0280726930, 1.0609850577]]
)  # fmt: skip
_XYZ_LMS = np.array(
    [[0.8189330101, 0.3618667424, -0.1288597137], [0.0329845436, 0.9293118715, 0.0361456387],
     [0.0482003018, 0.2643662691, 0.6338517070]]
)  # fmt: skip
_LMS_LAB = np.array(
    [[0.2104542553, 0.7936177850, -0.0040720468], [1.9779984951, -2.4285922050, 0.4505937099],
     [0.0259040371, 0.7827717662, -0.8086757660]]
)  # fmt: skip
_to_lms = _XYZ_LMS @ _REC2020_XYZ
_to_lms /= _to_lms.sum(axis=1, keepdims=True)  # white is exactly 1, 1, 1
_LMS_LAB[1] -= _LMS_LAB[1].sum() / 3  # and greys have exactly no colour
_LMS_LAB[2] -= _LMS_LAB[2].sum() / 3
TO_LMS = _to_lms.astype(np.float32)
TO_LAB = _LMS_LAB.astype(np.float32)
FROM_LAB = np.linalg.inv(_LMS_LAB).astype(np.float32)
FROM_LMS = np.linalg.inv(_to_lms).astype(np.float32)


@njit(nogil=True, cache=True, error_model="numpy")
def oklab_adjust(tile: Float, hue: Float, chroma: Float, light: Float) -> None:
    """Turn, scale and shift colours in Oklab (Ottosson 2020), by hue, by chroma and by lightness.

    hue     (HUE_SIZE, 3): by pseudo-angle (see `tables.pseudo_angle`): s cos(turn), s sin(turn), lightness gain - 1
    chroma  (CHROMA_SIZE,): how much of the above applies, by Oklab chroma from 0 to CHROMA_TOP
    light   (LIGHT_SIZE, 2): what is added to (a, b), by Oklab lightness from 0 to LIGHT_TOP
    """
    h, w, _ = tile.shape
    p0 = np.empty(w, np.float32)
    p1 = np.empty(w, np.float32)
    p2 = np.empty(w, np.float32)
    sat = np.empty(w, np.float32)
    ang = np.empty(w, np.float32)
    for y in range(h):
        for x in range(w):
            r, g, b = tile[y, x, 0], tile[y, x, 1], tile[y, x, 2]
            p0[x] = TO_LMS[0, 0] * r + TO_LMS[0, 1] * g + TO_LMS[0, 2] * b
            p1[x] = TO_LMS[1, 0] * r + TO_LMS[1, 1] * g + TO_LMS[1, 2] * b
            p2[x] = TO_LMS[2, 0] * r + TO_LMS[2, 1] * g + TO_LMS[2, 2] * b
        for x in range(w):
            l1 = cbrt(p0[x])
            m1 = cbrt(p1[x])
            s1 = cbrt(p2[x])
            ll = TO_LAB[0, 0] * l1 + TO_LAB[0, 1] * m1 + TO_LAB[0, 2] * s1
            aa = TO_LAB[1, 0] * l1 + TO_LAB[1, 1] * m1 + TO_LAB[1, 2] * s1
            bb = TO_LAB[2, 0] * l1 + TO_LAB[2, 1] * m1 + TO_LAB[2, 2] * s1
            u = F(np.sqrt(aa * aa + bb * bb)) * _CHROMA_SCALE
            sat[x] = u if u < _CHROMA_END else _CHROMA_END
            p = bb / (abs(aa) + abs(bb) + F(1e-20))
            p = TWO - p if aa < ZERO else (p if bb >= ZERO else p + F(4))
            u = p * _HUE_SCALE
            ang[x] = u if u < F(HUE_SIZE - 1.001) else F(HUE_SIZE - 1.001)
            p0[x] = ll
            p1[x] = aa
            p2[x] = bb
        for x in range(w):
            ll = p0[x]
            aa = p1[x]
            bb = p2[x]
            u = sat[x]
            i = np.int32(u)
            k = chroma[i] + (u - F(i)) * (chroma[i + 1] - chroma[i])
            u = ang[x]
            i = np.int32(u)
            f = u - F(i)
            t0 = hue[i, 0] + f * (hue[i + 1, 0] - hue[i, 0])
            t1 = hue[i, 1] + f * (hue[i + 1, 1] - hue[i, 1])
            t2 = hue[i, 2] + f * (hue[i + 1, 2] - hue[i, 2])
            t0 = ONE + k * (t0 - ONE)
            t1 *= k
            u = ll * _LIGHT_SCALE
            u = u if u > ZERO else ZERO
            u = u if u < _LIGHT_END else _LIGHT_END
            i = np.int32(u)
            f = u - F(i)
            p1[x] = aa * t0 - bb * t1 + light[i, 0] + f * (light[i + 1, 0] - light[i, 0])
            p2[x] = aa * t1 + bb * t0 + light[i, 1] + f * (light[i + 1, 1] - light[i, 1])
            p0[x] = ll * (ONE + k * t2)
        for x in range(w):
            l2 = p0[x]
            a2 = p1[x]
            b2 = p2[x]
            l1 = FROM_LAB[0, 0] * l2 + FROM_LAB[0, 1] * a2 + FROM_LAB[0, 2] * b2
            m1 = FROM_LAB[1, 0] * l2 + FROM_LAB[1, 1] * a2 + FROM_LAB[1, 2] * b2
            s1 = FROM_LAB[2, 0] * l2 + FROM_LAB[2, 1] * a2 + FROM_LAB[2, 2] * b2
            l1, m1, s1 = l1 * l1 * l1, m1 * m1 * m1, s1 * s1 * s1
            tile[y, x, 0] = FROM_LMS[0, 0] * l1 + FROM_LMS[0, 1] * m1 + FROM_LMS[0, 2] * s1
            tile[y, x, 1] = FROM_LMS[1, 0] * l1 + FROM_LMS[1, 1] * m1 + FROM_LMS[1, 2] * s1
            tile[y, x, 2] = FROM_LMS[2, 0] * l1 + FROM_LMS[2, 1] * m1 + FROM_LMS[2, 2] * s1


@njit(nogil=True, cache=True, error_model="numpy")
def veil(
    tile: Float, x0: int, y0: int, iw: int, ih: int, ab: Float, air: Float, low: np.float32, high: np.float32,
    gain: np.float32,
) -> None:  # fmt: skip
    """Take away or add haze: pixel = (pixel - air) q + air, then times `gain` with a shoulder.

    ab      (h, w, 2) guided-filter coefficients: q = a * log2(luminance) + b, kept within low..high
    air     (3,) the light of the haze
    """
    h, w, _ = tile.shape
    pw = ab.shape[1]
    row = np.empty((pw, 2), np.float32)
    level = np.empty(w, np.float32)
    clear = np.empty(w, np.float32)
    for y in range(h):
        scale, _first, _last = _rows(ab, y0 + y, x0, w, iw, ih, row)
        for x in range(w):
            lum = LR * tile[y, x, 0] + LG * tile[y, x, 1] + LB * tile[y, x, 2]
            level[x] = log2(max(lum, ZERO) + _LOG_FLOOR)
        _between(row, scale, x0, level, clear)
        for x in range(w):
            r, g, b = tile[y, x, 0], tile[y, x, 1], tile[y, x, 2]
            q = min(max(clear[x], low), high)
            r2 = max((r - air[0]) * q + air[0], r * F(0.2))
            g2 = max((g - air[1]) * q + air[1], g * F(0.2))
            b2 = max((b - air[2]) * q + air[2], b * F(0.2))
            if q > ONE:  # half of it by brightness alone, or colours grow garish
                y1, y2 = LR * r + LG * g + LB * b, LR * r2 + LG * g2 + LB * b2
                k = min(max(y2, ZERO) / (max(y1, ZERO) + F(1e-6)), q)
                r2 = F(0.5) * (r2 + r * k)
                g2 = F(0.5) * (g2 + g * k)
                b2 = F(0.5) * (b2 + b * k)
            m = rolloff(gain, max(r2, max(g2, b2)))
            tile[y, x, 0] = r2 * m
            tile[y, x, 1] = g2 * m
            tile[y, x, 2] = b2 * m
