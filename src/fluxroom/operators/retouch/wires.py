"""Wires and contrails: long thin lines before an even sky."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numba
import numpy as np
from numpy.typing import NDArray

from fluxroom.operators.declare import Label, Operator, Overview, Param, Parameters, register
from fluxroom.operators.retouch.hole import Bool, widened
from fluxroom.operators.retouch.marks import in_pieces, light, stretched_to
from fluxroom.operators.retouch.mend import Hole, Mending, Read
from fluxroom.operators.retouch.remove import nothing
from fluxroom.scene import Float

WIDTHS = {"wires": (0.0004, 0.0007, 0.0012), "contrails": (0.0012, 0.0022, 0.004, 0.007)}
"""Standard deviations of the ridges looked for, of the long side."""
FAINTEST = 0.004
CLEAR = 5.0
SHORTEST = 0.07
"""Length of a line, of the long side; and of the gaps that may be in it."""
GAP = 0.012
WHOLE = 0.85
"""How much of a line that is begun with must be there; the streaks of a cloud have gaps."""
EDGE = 0.008
"""A line must lie so far, of the long side, inside the sky: its own edge is a line as well."""
STEEPEST = 55.0
"""Degrees; a steeper dark line is a mast or a tower."""


def lines(picture: Float, inside: Bool, where: Bool, kind: str, sensitivity: float) -> Bool:
    """(h, w) the lines, somewhat wider than they are.

    picture        encoded light
    inside, where  the part that is looked at, and the part to which a line that was found may go on
    """
    long = max(picture.shape)
    ridges = _ridges(picture, kind)
    usual = 1.4826 * float(np.median(np.abs(ridges.height[inside]))) if inside.any() else 1.0
    strong = (ridges.height > max(FAINTEST, CLEAR * usual) / sensitivity) & where
    crest = _crest(picture, ridges, strong)
    taken = np.zeros(picture.shape, np.uint8)
    found = cv2.HoughLinesP(
        (crest & inside).astype(np.uint8) * 255, 1, np.pi / 360, threshold=round(0.4 * SHORTEST * long),
        minLineLength=SHORTEST * long, maxLineGap=GAP * long,
    )  # fmt: skip
    thick = widened(crest, 1)
    least = np.float32(0.3 * max(FAINTEST, CLEAR * usual) / sensitivity)
    for x0, y0, x1, y1 in () if found is None else found.reshape(-1, 4).astype(float):
        steep = np.degrees(np.arctan2(abs(y1 - y0), abs(x1 - x0)))
        if kind == "wires" and steep > STEEPEST:
            continue
        length = float(np.hypot(y1 - y0, x1 - x0))
        t = np.linspace(0, 1, max(2, round(length)))
        if (
            float(thick[np.round(y0 + t * (y1 - y0)).astype(int), np.round(x0 + t * (x1 - x0)).astype(int)].mean())
            < WHOLE
        ):
            continue
        cv2.line(taken, (int(x0), int(y0)), (int(x1), int(y1)), 1, 2)
        dy, dx = (y1 - y0) / length, (x1 - x0) / length
        memory = float(max(12, round(0.01 * long)))
        _follow(ridges.height, where, y1, x1, dy, dx, least, memory, taken)
        _follow(ridges.height, where, y0, x0, -dy, -dx, least, memory, taken)
    if not taken.any():
        return taken > 0
    on = crest & (taken > 0)
    r = 1.7 * float(np.median(ridges.width[on])) + 1.2 if on.any() else 2.0
    return np.asarray(widened((taken > 0) & where, r))


@numba.njit(nogil=True, cache=True, error_model="numpy")
def _follow(height, where, y, x, dy, dx, least, memory, out):  # type: ignore[no-untyped-def]
    """Walk along a ridge from y, x in the direction dy, dx as long as there is one, and mark the way."""
    h, w = height.shape
    mean = np.float32(2) * least
    back_y, back_x = y - memory * dy, x - memory * dx
    while True:
        y, x = y + dy, x + dx
        best, side = np.float32(-1e9), 0
        for k in range(-1, 2):
            iy, ix = int(np.floor(y + k * dx + 0.5)), int(np.floor(x - k * dy + 0.5))
            if iy < 0 or ix < 0 or iy >= h or ix >= w:
                continue
            value = height[iy, ix] - np.float32(0.2) * abs(k) * least
            if value > best:
                best, side = value, k
        y, x = y + 0.5 * side * dx, x - 0.5 * side * dy
        iy, ix = int(np.floor(y + 0.5)), int(np.floor(x + 0.5))
        if iy < 0 or ix < 0 or iy >= h or ix >= w or not where[iy, ix]:
            return
        mean += np.float32(0.04) * (max(best, np.float32(0)) - mean)
        if mean < least:
            return
        out[iy, ix] = 1
        back_y, back_x = back_y + (y - back_y) / memory, back_x + (x - back_x) / memory
        ny, nx = y - back_y, x - back_x
        length = np.sqrt(ny * ny + nx * nx)
        if length > 1e-6:  # a smooth line turns slowly
            dy, dx = 0.9 * dy + 0.1 * ny / length, 0.9 * dx + 0.1 * nx / length
            length = np.sqrt(dy * dy + dx * dx)
            dy, dx = dy / length, dx / length


@dataclass(frozen=True, slots=True)
class _Ridges:
    """height: curvature times width^1.5; width: standard deviation, pixels; across: unit x, y; sign: 1 dark."""

    height: Float
    width: Float
    across: Float
    sign: Float


def _ridges(picture: Float, kind: str) -> _Ridges:
    """Lines by the larger curvature at several widths (Lindeberg 1998): dark or bright wires, bright contrails."""
    h, w = picture.shape
    best, width, sign = (np.zeros((h, w), np.float32) for _ in range(3))
    across = np.zeros((h, w, 2), np.float32)
    for share in WIDTHS[kind]:
        s = max(0.8, share * max(h, w))
        soft = cv2.GaussianBlur(picture, (0, 0), s)
        xx = cv2.Sobel(soft, cv2.CV_32F, 2, 0, ksize=3) / 4
        yy = cv2.Sobel(soft, cv2.CV_32F, 0, 2, ksize=3) / 4
        xy = cv2.Sobel(soft, cv2.CV_32F, 1, 1, ksize=3) / 4
        middle, half = 0.5 * (xx + yy), np.sqrt(0.25 * (xx - yy) ** 2 + xy**2)
        high, low = middle + half, middle - half
        # a line bends one way and not the other; a spot both
        dark = np.where(np.abs(low) < 0.5 * high, high, 0) if kind == "wires" else np.zeros_like(high)
        bright = np.where(np.abs(high) < 0.5 * -low, -low, 0)
        value = (s**1.5 * np.maximum(dark, bright)).astype(np.float32)
        better = value > best
        angle = 0.5 * np.arctan2(2 * xy, xx - yy) + np.where(bright > dark, np.pi / 2, 0)
        across[better] = np.stack([np.cos(angle), np.sin(angle)], axis=-1)[better]
        width[better], best[better] = s, value[better]
        sign[better] = np.where(bright > dark, -1, 1)[better]
    return _Ridges(best, width, across, sign)


def _crest(picture: Float, ridges: _Ridges, strong: Bool) -> Bool:
    """Where a ridge is highest across itself, and both its sides are of one light: a line, not an edge."""
    y, x = np.nonzero(strong)
    out = np.zeros(strong.shape, np.bool_)
    if len(y) == 0:
        return out
    n, s = ridges.across[y, x], ridges.width[y, x]

    def at(source: Float, distance: NDArray[np.float32]) -> Float:
        px = (x + n[:, 0] * distance).astype(np.float32)[:, None]
        py = (y + n[:, 1] * distance).astype(np.float32)[:, None]
        parts = [
            cv2.remap(source, px[i : i + 30000], py[i : i + 30000], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
            for i in range(0, len(px), 30000)
        ]
        return np.asarray(np.concatenate(parts)[:, 0], np.float32)

    here = ridges.height[y, x]
    one = np.float32(1) * np.ones_like(s)
    crest = (here >= at(ridges.height, one)) & (here > at(ridges.height, -one))
    soft = np.asarray(cv2.GaussianBlur(picture, (0, 0), 0.7), np.float32)
    reach = np.asarray(3.2 * s + 1, np.float32)
    left, right = at(soft, reach), at(soft, -reach)
    depth = ridges.sign[y, x] * (0.5 * (left + right) - soft[y, x])
    both = (depth > 0.5 * FAINTEST) & (np.abs(left - right) < 1.2 * depth)
    out[y, x] = crest & both
    return out


def _prepare(overview: Overview, parameters: Parameters, seed: int) -> Mending | None:
    amount, kind = float(parameters["amount"]), str(parameters["kind"])
    if amount <= 0 or not overview.mask.any():
        return None
    h, w = overview.mask.shape
    side = 2 * round(0.012 * max(h, w)) + 1
    closed = cv2.morphologyEx((overview.mask > 0.5).astype(np.uint8), cv2.MORPH_CLOSE, np.ones((side, side), np.uint8))
    keep = overview.keep

    def find(read: Read, height: int, width: int) -> list[Hole]:
        picture = light(read, height, width)
        where = stretched_to(closed.astype(np.float32), picture.shape) > 0.5
        where &= stretched_to(keep, picture.shape) < 0.5
        side = 2 * round(EDGE * max(picture.shape)) + 1
        inside = cv2.erode(where.astype(np.uint8), np.ones((side, side), np.uint8)) > 0
        return in_pieces(lines(picture, inside, where, kind, amount), height, width)

    return Mending(find, seed, closed == 0, np.zeros((h, w), np.float32), plain=True)


register(
    Operator(
        name="remove_wires",
        version=1,
        family="retouch",
        kind="retouch",
        label=Label("Remove wires", "去除电线"),
        doc="Finds long thin lines before the sky (wires, or with `kind` contrails: broad and bright) and fills them"
        " from beside. What hangs before land or trees stays. Default 1; more finds fainter ones.",
        params=(
            Param("amount", 1.0, 0.0, 3.0, "", Label("Sensitivity", "灵敏度")),
            Param("kind", "wires", choices=("wires", "contrails"), label=Label("Kind", "种类")),
        ),
        prepare=_prepare,
        apply=nothing,
        region="sky",
        chromatic=False,
    )
)
