"""Drawing marched clouds at full size: between rays by cubics, with finer detail, under the photo's own grain."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from fluxroom.operators.sky.common import (
    F0,
    F005,
    F025,
    F07,
    F075,
    F09,
    F1,
    F2,
    FLB,
    FLG,
    FLR,
    single,
    tanh,
)
from fluxroom.scene import Float
from fluxroom.sky._jit import HALF, inline, jit, log2_row, over_rows

DETAIL_SPAN = 44.0
"""Rays that one tile of the detail texture covers."""


def halved(texture: Float) -> tuple[Float, ...]:
    levels = [texture]
    while levels[-1].shape[0] > 8:
        a = levels[-1]
        levels.append(np.ascontiguousarray((a[::2, ::2] + a[1::2, ::2] + a[::2, 1::2] + a[1::2, 1::2]) * 0.25))
    return tuple(levels)


def level_for(levels: tuple[Float, ...], pixels: float) -> Float:
    """The level whose texels are no finer than pixels, when a tile of it covers that many of them."""
    for texture in levels:
        if texture.shape[0] <= 1.25 * pixels:
            return texture
    return np.full((8, 8), 0.5, np.float32)


@inline
def fine_at(fine: Float, x: float, y: float) -> float:
    n = fine.shape[0]
    size = single(n)
    x = (x - np.floor(x)) * size
    y = (y - np.floor(y)) * size
    i, j = int(x), int(y)
    u, v = x - single(i), y - single(j)
    i, j = i & (n - 1), j & (n - 1)
    i1, j1 = (i + 1) & (n - 1), (j + 1) & (n - 1)
    a = fine[j, i] + u * (fine[j, i1] - fine[j, i])
    b = fine[j1, i] + u * (fine[j1, i1] - fine[j1, i])
    value: float = a + v * (b - a)
    return value


# Cubic between Catmull-Rom and B-spline (Mitchell & Netravali 1988, B = C = 1/3).
M0, M1, M2, M3 = (single(v) for v in (1 / 18, -0.5, 15 / 18, -7 / 18))
N0, N2, N3 = (single(v) for v in (16 / 18, -2.0, 7 / 6))


@inline
def _weights(t: float) -> tuple[float, float, float, float]:
    s = F1 - t
    a = ((M3 * t + M2) * t + M1) * t + M0
    b = (N3 * t + N2) * t * t + N0
    c = (N3 * s + N2) * s * s + N0
    d = ((M3 * s + M2) * s + M1) * s + M0
    return a, b, c, d


@jit
def _double_rows(source: Float, out: Float, first: int, last: int) -> None:
    """Rows first..last of (h, w, c), twice as dense, by cubic interpolation."""
    h, w, channels = source.shape
    for half in range(2):
        weights = _weights(single(0.75 - 0.5 * half))
        for j in range(first, last):
            for d in range(4):
                row = source[min(h - 1, max(0, j + half + d - 2))]
                for i in range(w):
                    for c in range(channels):
                        value = weights[d] * row[i, c]
                        out[2 * j + half, i, c] = value if d == 0 else out[2 * j + half, i, c] + value


def doubled(layer: Float) -> Float:
    """(2 h, 2 w, c): between rays by the cubic of `_weights`, so that two cells and a straight line are enough."""
    h, w, c = layer.shape
    # Below the sky there is nothing to do.
    used = np.flatnonzero(layer.any(axis=(1, 2)))
    rows = min(h, int(used[-1]) + 4) if used.size else 1
    tall = np.empty((2 * rows, w, c), np.float32)
    part = np.ascontiguousarray(layer[:rows])
    over_rows(rows, lambda a, b: _double_rows(part, tall, a, b), 32)
    turned = np.ascontiguousarray(tall.transpose(1, 0, 2))
    wide = np.empty((2 * w, 2 * rows, c), np.float32)
    over_rows(w, lambda a, b: _double_rows(turned, wide, a, b), 32)
    out = np.zeros((2 * h, 2 * w, c), np.float32)
    out[: 2 * rows] = wide.transpose(1, 0, 2)
    return out


F4, F6, F06, F08, F23 = (single(v) for v in (4, 6, 0.6, 0.8, 2.3))
N011, N037, N007, N042, N003 = (single(v) for v in (0.11, 0.37, 0.07, 0.42, 0.03))
F256, TRACE, LEAST = (single(v) for v in (1 / 256, 0.0005, 1e-4))
G_LOW, G_HIGH = single(0.5), single(1.6)


@jit
def draw(
    tile: Float,
    layer: Float,
    touched: NDArray[np.uint8],
    fine: Float,
    finer: Float,
    grain: Float,
    settings: NDArray[np.float64],
    x0: int,
    y0: int,
    image_width: int,
    image_height: int,
) -> None:
    """Lay the clouds over the tile.

    layer     (2 h, 2 w, 5): colour times alpha, alpha, opacity in clear air; two cells a ray each way
    touched   (h, w): 1 where a cloud may reach
    grain     (n, n, 3): see `fluxroom.sky.grain`
    settings  horizon's left and right, shift of the detail x and y, luminance of the grain, width of its picture
    """
    left, right, shift_x, shift_y, seen_at, seen_width = settings
    lh, lw = layer.shape[0] // 2, layer.shape[1] // 2
    th, tw = tile.shape[0], tile.shape[1]
    ratio = image_width / lw
    # How much finer than the march this picture is decides how much detail may be drawn.
    extra = single(min(1.0, max(0.0, (ratio - 1.0) / 2.0)))
    detail = single(0.35) + single(0.65) * extra
    sway = single(1.75) * (F025 + F075 * extra)
    span = single(lw / DETAIL_SPAN)
    shape = single(image_height / image_width)
    shift_u, shift_v = single(shift_x), single(shift_y)
    most_u, most_v = single(2 * lw - 1.001), single(2 * lh - 1.001)
    # The grain measured on the small picture; what is finer than that is carried over from the tile itself.
    texels = min(1.0, seen_width / image_width)
    carried = single(min(1.0, max(0.0, image_width / seen_width - 1.0))) * N003
    gn = grain.shape[0]
    seen = single(seen_at)
    # The tile's luminance before, as rows in turn; a binomial blur of it tells grain from picture.
    source = np.empty((th, tw), np.float32)
    for r in range(th):
        for c in range(tw):
            source[r, c] = FLR * tile[r, c, 0] + FLG * tile[r, c, 1] + FLB * tile[r, c, 2]
    column = np.empty(tw + 4, np.float32)
    ups, flats = np.empty(tw, np.float32), np.empty(tw, np.float32)
    for r in range(th):
        py = (y0 + r + 0.5) / image_height
        v_row = single(py * lh - 0.5)
        jv = min(lh - 1, max(0, int(np.floor(v_row + HALF))))
        for c in range(tw):
            px = (x0 + c + 0.5) / image_width
            up = single(left + (right - left) * px - py) * shape
            ups[c] = up if up > F0 else F0
            flats[c] = ups[c] + F005
        log2_row(flats, column[:tw])
        for c in range(tw):
            flats[c] = column[c]
        ra, rb = max(0, r - 2), max(0, r - 1)
        rc, rd = min(th - 1, r + 1), min(th - 1, r + 2)
        for c in range(tw):
            edge = source[ra, c] + source[rd, c] + F4 * (source[rb, c] + source[rc, c])
            column[c + 2] = edge + F6 * source[r, c]
        column[0] = column[1] = column[2]
        column[tw + 2] = column[tw + 3] = column[tw + 1]
        at = (y0 + r) * texels
        gj = int(at)
        g_low = single(at - gj)
        gj, gk = gj % gn, (gj + 1) % gn
        for c in range(tw):
            px = (x0 + c + 0.5) / image_width
            u = single(px * lw - 0.5)
            v = v_row
            if touched[jv, min(lw - 1, max(0, int(np.floor(u + HALF))))] == 0:
                continue
            # Screen-space detail that flattens toward the horizon like everything in a layer.
            up = ups[c]
            nx = (u + HALF) / single(DETAIL_SPAN) + shift_u
            ny = flats[c] * LN2_4 * span + shift_v
            n1 = fine_at(fine, nx, ny) - HALF
            n2 = fine_at(fine, F08 * nx - F06 * ny + N037, F06 * nx + F08 * ny + N011) - HALF
            n3 = fine_at(finer, nx * F23 + F07, ny * F23) - HALF
            near = min(F1, up / single(0.12))
            wob = sway * near
            u += wob * (n1 + F025 * n3)
            v += wob * (n2 - F025 * n3)
            u = min(most_u, max(F0, F2 * u + HALF))
            v = min(most_v, max(F0, F2 * v + HALF))
            i, j = int(u), int(v)
            right_part, low_part = u - single(i), v - single(j)
            part_d = right_part * low_part
            part_c = low_part - part_d
            part_b = right_part - part_d
            part_a = F1 - right_part - part_c
            one, two = layer[j], layer[j + 1]
            v0 = part_a * one[i, 0] + part_b * one[i + 1, 0] + part_c * two[i, 0] + part_d * two[i + 1, 0]
            v1 = part_a * one[i, 1] + part_b * one[i + 1, 1] + part_c * two[i, 1] + part_d * two[i + 1, 1]
            v2 = part_a * one[i, 2] + part_b * one[i + 1, 2] + part_c * two[i, 2] + part_d * two[i + 1, 2]
            v3 = part_a * one[i, 3] + part_b * one[i + 1, 3] + part_c * two[i, 3] + part_d * two[i + 1, 3]
            v4 = part_a * one[i, 4] + part_b * one[i + 1, 4] + part_c * two[i, 4] + part_d * two[i + 1, 4]
            alpha = min(F1, max(F0, v3))
            if alpha <= TRACE:
                continue
            # Fine erosion of what is thin; detail sinks into the haze with the cloud.
            solid = min(F1, max(single(1e-3), v4))
            clear = min(F1, alpha / solid)
            thin = F4 * solid * (F1 - solid) * min(F1, max(F0, (F09 - solid) / single(0.3)))
            new = min(F1, max(F0, alpha * (F1 + near * detail * N042 * thin * clear * (n3 + n1) / solid)))
            part = new / alpha * (F1 + near * detail * N007 * clear * clear * (n3 + n2 + HALF * n1))
            # The photo's grain: what is left of its luminance after a 5x5 binomial blur.
            total = column[c] + column[c + 4] + F4 * (column[c + 1] + column[c + 3]) + F6 * column[c + 2]
            smooth = max(LEAST, total * F256)
            own = F1
            if carried > F0:
                own += carried * tanh((source[r, c] - smooth) / (smooth * N003))
            # Brighter light has less grain for its size.
            bright = (FLR * v0 + FLG * v1 + FLB * v2) / alpha
            size = min(G_HIGH, max(G_LOW, np.sqrt(seen / max(LEAST, bright))))
            at_x = (x0 + c) * texels
            gi = int(at_x)
            g_right = single(at_x - gi)
            gi, gl = gi % gn, (gi + 1) % gn
            ga, gb, gc, gd = grain[gj, gi], grain[gj, gl], grain[gk, gi], grain[gk, gl]
            w_d = g_right * g_low
            w_c = g_low - w_d
            w_b = g_right - w_d
            w_a = F1 - g_right - w_c
            # What is hidden loses its grain with it; give the cloud the same.
            keep = F1 - new
            tile[r, c, 0] = tile[r, c, 0] * keep + max(F0, v0) * part * (
                own + size * (w_a * ga[0] + w_b * gb[0] + w_c * gc[0] + w_d * gd[0])
            )
            tile[r, c, 1] = tile[r, c, 1] * keep + max(F0, v1) * part * (
                own + size * (w_a * ga[1] + w_b * gb[1] + w_c * gc[1] + w_d * gd[1])
            )
            tile[r, c, 2] = tile[r, c, 2] * keep + max(F0, v2) * part * (
                own + size * (w_a * ga[2] + w_b * gb[2] + w_c * gc[2] + w_d * gd[2])
            )


LN2_4 = single(0.25 * math.log(2.0))
