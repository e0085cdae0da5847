"""The pixel loops of the hours: sky and land each by its own maps, mixed by a matte that follows the photo's edges."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from fluxroom.scene import Float
from fluxroom.sky import maps

F = np.float32
ZERO, ONE = F(0), F(1)
LR, LG, LB = F(0.2627), F(0.6780), F(0.0593)
ROD_R, ROD_G, ROD_B = F(0.04), F(0.56), F(0.40)
"""How the eye's rods weigh linear Rec.2020: the scotopic curve (CIE 1951) at its primaries, made to add up to 1."""
TABLE = 512
"""Steps of the tables over the square root of brightness against the surroundings."""
TABLE_TOP = F(4)
"""That square root where the tables end: 16 times as bright."""
GUIDE_TOP = F(4)

# Which plane is which.
SKY_INVERSE, SKY_TARGET, CLOUD_LIT, CLOUD_SHADE, CLOUD_INVERSE, BLUE, SHADE, LIT, AROUND, HAZE, PLANES = (
    0, 3, 6, 9, 12, 13, 15, 18, 21, 22, 23,
)  # fmt: skip

_columns, _row_of = maps.columns, maps.row_of


@njit(nogil=True, cache=True, error_model="numpy")
def _read(table: Float, x: np.float32) -> np.float32:
    """The table at brightness x against the surroundings."""
    at = min(np.sqrt(max(x, ZERO)), TABLE_TOP) * F((TABLE - 1) / 4)
    i = min(int(at), TABLE - 2)
    value: np.float32 = table[i] + (at - F(i)) * (table[i + 1] - table[i])
    return value


@njit(nogil=True, cache=True, error_model="numpy")
def relight(
    tile: Float, x0: int, y0: int, iw: int, ih: int,
    coef: Float, state: NDArray[np.uint8], planes: Float, tables: Float, numbers: Float,
) -> None:  # fmt: skip
    """In place.

    coef, state   the sky's matte at overview size: guided-filter coefficients (h, w, 4) on square roots, and 0, 1
                  where it is settled, 2 where not
    planes        (PLANES, h, w) small maps: 1 / the clear sky's base, what it becomes, what lit and shaded clouds
                  become, 1 / their brightness around, where the blue between them is told (how surely; by how much
                  bluer than grey it is), the land's gains in shade and in light, 1 / the land's brightness around, haze
    tables        (5, TABLE): the sky's tone, the land's tone, how lit the land is, the clouds' tone, how lit they are;
                  by brightness against around
    numbers       strength, sky chroma kept, rods' share, haze red, green, blue, how far lamps that burn stay, how far
                  clouds may be no darker than the sky at their rims
    """
    th, tw = tile.shape[0], tile.shape[1]
    mh, mw = state.shape
    strength, kept, rods, hr, hg, hb = numbers[0], numbers[1], numbers[2], numbers[3], numbers[4], numbers[5]
    burning, rims = numbers[6], numbers[7]
    sky_tone, land_tone, lit_table, cloud_tone, cloud_lit = tables[0], tables[1], tables[2], tables[3], tables[4]
    index, part = np.empty(tw, np.int32), np.empty(tw, np.float32)
    _columns(x0, iw, planes.shape[2], index, part)
    m_index, m_part = np.empty(tw, np.int32), np.empty(tw, np.float32)
    _columns(x0, iw, mw, m_index, m_part)
    line = np.empty(planes.shape[2], np.float32)
    g = np.empty((PLANES, tw), np.float32)
    m_step = 1 if mw > 1 else 0
    for r in range(th):
        near = min(int((y0 + r + 0.5) * mh / ih), mh - 1)
        v = maps.place(y0 + r, ih, mh)
        j = min(int(v), max(0, mh - 2))
        t = F(v - j)
        j2 = min(j + 1, mh - 1)
        low, high = 2, 0
        for c in range(tw):
            s = int(state[near, min(int((x0 + c + 0.5) * mw / iw), mw - 1)])
            low, high = min(low, 0 if s == 2 else s), max(high, 1 if s == 2 else s)
        any_sky, any_land = high > 0, low < 1
        if any_sky:
            _row_of(planes[SKY_INVERSE:SHADE], y0 + r, ih, index, part, line, g[SKY_INVERSE:SHADE])
        if any_land:
            _row_of(planes[SHADE:PLANES], y0 + r, ih, index, part, line, g[SHADE:PLANES])
        for c in range(tw):
            p0, p1, p2 = tile[r, c, 0], tile[r, c, 1], tile[r, c, 2]
            s = int(state[near, min(int((x0 + c + 0.5) * mw / iw), mw - 1)])
            alpha = ONE if s == 1 else ZERO
            if s == 2:
                i = m_index[c]
                i2 = i + m_step
                f = m_part[c]
                alpha = ZERO
                for k in range(4):
                    a = coef[j, i, k] + t * (coef[j2, i, k] - coef[j, i, k])
                    b = coef[j, i2, k] + t * (coef[j2, i2, k] - coef[j, i2, k])
                    a += f * (b - a)
                    if k < 3:
                        a *= np.sqrt(min(max(tile[r, c, k], ZERO), GUIDE_TOP))
                    alpha += a
                alpha = min(max((alpha - F(0.12)) * F(1 / 0.76), ZERO), ONE)
            o0, o1, o2 = ZERO, ZERO, ZERO
            if alpha > ZERO:
                q0, q1, q2 = p0 * g[0, c], p1 * g[1, c], p2 * g[2, c]
                y = LR * q0 + LG * q1 + LB * q2
                # Where the blue is known, what is brighter than it goes over to clouds, and is none of its own light.
                if y > F(1.1):
                    f = (F(1.1) + (y - F(1.1)) * (ONE - strength * g[13, c])) / y
                    q0, q1, q2, y = q0 * f, q1 * f, q2 * f, y * f
                least = min(y, ONE) * (LR * g[3, c] + LG * g[4, c] + LB * g[5, c])
                gain = _read(sky_tone, y)
                q0, q1, q2 = y + kept * (q0 - y), y + kept * (q1 - y), y + kept * (q2 - y)
                q0, q1, q2 = q0 * gain * g[3, c], q1 * gain * g[4, c], q2 * gain * g[5, c]
                # How much of a cloud the pixel is: by how far it is from the blue around toward grey.
                y = LR * p0 + LG * p1 + LB * p2
                cloud = g[13, c] - g[14, c] * (p2 - p0) / max(y, F(1e-4))
                whole = min(max(cloud, ZERO), ONE)
                cloud = min(max((cloud - F(0.08)) * F(1.3), ZERO), ONE)
                if cloud > ZERO:
                    # That is the cloud's share of the light. From it follow how bright so much cloud before that sky
                    # would be, and how much of the pixel it covers.
                    behind = LR * g[0, c] + LG * g[1, c] + LB * g[2, c]
                    y *= whole * g[12, c] + (ONE - whole) * behind
                    cloud *= g[12, c] / (cloud * g[12, c] + (ONE - cloud) * behind)
                    gain = _read(cloud_tone, y)
                    # A rim is thin and lit through; its brightness is in part the sky's behind.
                    lit = _read(cloud_lit, y)
                    lit += rims * (ONE - cloud) * (ONE - lit) * F(0.35)
                    c0 = gain * (g[9, c] + lit * (g[6, c] - g[9, c]))
                    c1 = gain * (g[10, c] + lit * (g[7, c] - g[10, c]))
                    c2 = gain * (g[11, c] + lit * (g[8, c] - g[11, c]))
                    # It is no darker than the sky around it becomes.
                    bright = LR * c0 + LG * c1 + LB * c2
                    least *= rims * (ONE - cloud * cloud * cloud * cloud)
                    if bright < least and bright > ZERO:
                        gain = least / bright
                        c0, c1, c2 = c0 * gain, c1 * gain, c2 * gain
                    cloud *= strength
                    q0, q1, q2 = q0 + cloud * (c0 - q0), q1 + cloud * (c1 - q1), q2 + cloud * (c2 - q2)
                top = max(q0, max(q1, q2))
                if top > F(0.72):
                    more = top - F(0.72)
                    held = (F(0.72) + more / (ONE + strength * more * F(1 / 0.27))) / top
                    q0, q1, q2 = q0 * held, q1 * held, q2 * held
                o0, o1, o2 = q0, q1, q2
            if alpha < ONE:
                y = LR * p0 + LG * p1 + LB * p2
                around = y * g[AROUND, c]
                lit = _read(lit_table, around)
                tone = _read(land_tone, around)
                m = ROD_R * p0 + ROD_G * p1 + ROD_B * p2
                q0, q1, q2 = p0 + rods * (m - p0), p1 + rods * (m - p1), p2 + rods * (m - p2)
                k0 = tone * (g[15, c] + lit * (g[18, c] - g[15, c]))
                k1 = tone * (g[16, c] + lit * (g[19, c] - g[16, c]))
                k2 = tone * (g[17, c] + lit * (g[20, c] - g[17, c]))
                # Where it gets brighter, white stays white.
                over = max(k0, max(k1, k2)) - ONE
                if over > ZERO:
                    hold = ONE / (ONE + over * min(max(max(p0, max(p1, p2)), ZERO), ONE))
                    k0, k1, k2 = k0 * hold, k1 * hold, k2 * hold
                h = g[HAZE, c]
                q0, q1, q2 = q0 * k0, q1 * k1, q2 * k2
                if burning > ZERO and around > F(7) and y > F(0.6):
                    a, b = min((around - F(7)) * F(0.2), ONE), min((y - F(0.6)) * F(3), ONE)
                    a = burning * a * a * b * b
                    q0, q1, q2 = q0 + a * (p0 - q0), q1 + a * (p1 - q1), q2 + a * (p2 - q2)
                q0, q1, q2 = q0 + h * (hr - q0), q1 + h * (hg - q1), q2 + h * (hb - q2)
                o0, o1, o2 = q0 + alpha * (o0 - q0), q1 + alpha * (o1 - q1), q2 + alpha * (o2 - q2)
            tile[r, c, 0], tile[r, c, 1], tile[r, c, 2] = o0, o1, o2


@njit(nogil=True, cache=True, error_model="numpy")
def shine(
    tile: Float, before: Float, x0: int, y0: int, iw: int, ih: int, ab: Float, planes: Float, frame: NDArray[np.int64]
) -> None:
    """Lit windows and their halos, in place.

    before  (th, tw) luminance of the tile before `relight`, square roots
    ab      (h, w, 2): pane ~ a * before + b, so that bars and frames stay dark in front of the light
    planes  (6, h, w): the light of panes, and the halos; red, green, blue
    frame   top, bottom, left, right beyond which there is none, in cells of the maps
    """
    th, tw = tile.shape[0], tile.shape[1]
    h, w = planes.shape[1], planes.shape[2]
    for r in range(th):
        v = maps.place(y0 + r, ih, h)
        if v < frame[0] or v > frame[1]:
            continue
        j = min(int(v), max(0, h - 2))
        t = F(v - j)
        j2 = min(j + 1, h - 1)
        for c in range(tw):
            u = maps.place(x0 + c, iw, w)
            if u < frame[2] or u > frame[3]:
                continue
            i = min(int(u), max(0, w - 2))
            f = F(u - i)
            i2 = min(i + 1, w - 1)
            pane = ZERO
            for k in range(2):
                a = ab[j, i, k] + t * (ab[j2, i, k] - ab[j, i, k])
                b = ab[j, i2, k] + t * (ab[j2, i2, k] - ab[j, i2, k])
                a += f * (b - a)
                pane += a * before[r, c] if k == 0 else a
            pane = min(max((pane - F(0.1)) * F(1.4), ZERO), ONE)
            for k in range(3):
                a = planes[k, j, i] + t * (planes[k, j2, i] - planes[k, j, i])
                b = planes[k, j, i2] + t * (planes[k, j2, i2] - planes[k, j, i2])
                light = pane * (a + f * (b - a))
                a = planes[k + 3, j, i] + t * (planes[k + 3, j2, i] - planes[k + 3, j, i])
                b = planes[k + 3, j, i2] + t * (planes[k + 3, j2, i2] - planes[k + 3, j, i2])
                light += a + f * (b - a)
                tile[r, c, k] += light
