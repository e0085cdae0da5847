"""Wisps: sheets of fog standing one behind the other, each with gaps, torn tops and its own place on the ground.

A marched volume averages its own structure away; a photograph of mist shows a few banks at a few distances, each hiding
what is behind it alone. So the fog's structure is drawn as `COUNT` upright sheets: cut from tiling noise stretched
along the horizon, bent by a second noise (domain warping: Perlin 1985), as high as perspective makes them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fluxroom.scene import Float
from fluxroom.sky import noise as sky_noise
from fluxroom.sky._jit import inline, jit, over_rows

COUNT = 7


@dataclass(frozen=True, slots=True)
class Sheets:
    """Sheets of fog.

    density   optical depth of a whole sheet
    height    of the nearest sheet, in heights of the eye
    least     height of the farthest sheets, in heights of the frame
    start     distance of the nearest, in distances of the picture's lower edge; last: of the farthest
    cover     0 wisps .. 1 closed banks
    """

    density: float
    height: float
    least: float
    start: float = 1.6
    last: float = 20.0
    cover: float = 0.5


@inline
def _tiled(texture: Float, x: float, y: float) -> float:
    n = texture.shape[0]
    x = (x - np.floor(x)) * n
    y = (y - np.floor(y)) * n
    i, j = int(x), int(y)
    u, v = x - i, y - j
    i, j = i % n, j % n
    i1, j1 = (i + 1) % n, (j + 1) % n
    a = texture[j, i] + u * (texture[j, i1] - texture[j, i])
    b = texture[j1, i] + u * (texture[j1, i1] - texture[j1, i])
    value: float = a + v * (b - a)
    return value


@jit
def _sheets(
    logs: Float,
    rows: Float,
    where: Float,
    texture: Float,
    shift: NDArray[np.float64],
    settings: NDArray[np.float64],
    out: Float,
    first: int,
    after: int,
) -> None:
    h, w = logs.shape
    density, height, least, start, last, cover, count = settings
    n_sheets = int(count)
    aspect = w / h
    for x in range(first, after):
        end = rows[x]
        room = max(0.12, 1.0 - end)
        across = ((x + 0.5) / w - 0.5) * aspect
        for r in range(h):
            out[r, x] = 0.0
        for k in range(n_sheets):
            share = (k + 0.5) / n_sheets
            log_z = np.log(start) + share * (np.log(last) - np.log(start))
            z = np.exp(log_z)
            base = end + room / z
            row = int(min(h - 1.0, max(0.0, base * h)))
            presence = where[row, x]
            if presence < 0.003:
                continue
            pace = 0.16 * z**0.55
            sx, sy = shift[2 * k], shift[2 * k + 1]
            # What all sheets share makes gaps that can be seen through; what each has alone, depth.
            common = _tiled(texture, 0.30 * across + shift[0], shift[1])
            own = _tiled(texture, 0.5 * pace * across + sy + 0.5, sx + 0.2)
            bank = min(1.0, max(0.0, (0.5 * common + 0.5 * own + cover - 0.68) / 0.42))
            bank = bank * bank * (3.0 - 2.0 * bank)
            full = height * room / z + least
            # Its foot is no ruled line, and the nearest are thin.
            base += 0.22 * full * (_tiled(texture, 1.7 * pace * across + sy, sx + 0.7) - 0.5)
            thick = density * presence * (0.12 + 0.88 * bank) * min(1.0, 0.35 + 0.35 * k)
            for r in range(h):
                up = base - (r + 0.5) / h
                if up < -full or up > 5.0 * full:
                    continue
                behind = min(1.0, (logs[r, x] - log_z) / 0.5 + 0.5)
                if behind <= 0.0:
                    continue
                bend = 0.10 * (_tiled(texture, 0.9 * pace * across + sx + 0.3, 1.7 * up + sy) - 0.5)
                # The tops drift with the wind: higher, farther along.
                drift = across + 0.9 * up + 0.6 * bend
                swell = 0.5 * common + 0.5 * _tiled(texture, 0.8 * pace * drift + sy, sx + 0.6 * up)
                plume = _tiled(texture, 0.7 * drift + shift[1] + 0.09 * share, shift[0] + 0.4 + 0.8 * up)
                q = up / (full * (0.35 + 0.8 * swell + 1.3 * max(0.0, plume - 0.6)))
                if q > 2.4:
                    continue
                v = 1.6 * up / max(0.3, pace) + sy + 1.5 * bend
                n = 0.50 * _tiled(texture, 0.8 * pace * across + sx + bend, v)
                n += 0.32 * _tiled(texture, 2.3 * pace * across + sx + 1.6 * bend, 2.4 * v + 0.19)
                n += 0.18 * _tiled(texture, 5.9 * pace * across + sy + 2.5 * bend, 5.5 * v + 0.41)
                # The foot is closed, the top is torn.
                hold = np.exp(-0.75 * q * q) if q > 0.0 else np.exp(-q * q * 6.0)
                torn = min(1.0, max(0.0, (n + 0.5 * cover + 0.25 * bank - 0.36 - 0.24 * max(0.0, q)) / 0.42))
                torn = torn * torn * (3.0 - 2.0 * torn)
                out[r, x] += thick * hold * torn * behind


def wisps(logs: Float, rows: Float, where: Float, s: Sheets, seed: int) -> Float:
    """(h, w) optical depth before each pixel; `where` (h, w): how much fog may stand on each place of the ground."""
    texture = sky_noise.noise().plane
    shift = np.random.Generator(np.random.PCG64(seed)).uniform(0, 1, 2 * COUNT)
    w = logs.shape[1]
    out = np.empty(logs.shape, np.float32)
    settings = np.array([s.density, s.height, s.least, s.start, s.last, s.cover, COUNT], np.float64)
    over_rows(w, lambda a, b: _sheets(logs, rows, where, texture, shift, settings, out, a, b), 32)
    return out
