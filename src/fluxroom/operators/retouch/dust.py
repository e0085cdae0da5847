"""Dust on the sensor: small, round, soft, darker spots where the picture is even."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from fluxroom.operators.declare import Label, Operator, Overview, Param, Parameters, register
from fluxroom.operators.retouch.hole import Bool
from fluxroom.operators.retouch.marks import in_pieces, light, stretched_to
from fluxroom.operators.retouch.mend import Hole, Mending, Read
from fluxroom.operators.retouch.remove import nothing
from fluxroom.scene import Float

RADII = (0.0006, 0.0009, 0.0014, 0.002, 0.003, 0.0044, 0.0064)
"""Of the long side."""
FAINTEST, DARKEST = 0.005, 0.2
"""How much darker a spot is than what is around it, encoded light. A darker one is a bird."""
CLEAR = 7.0
"""So many times the scatter of its surroundings."""
MOST = 400
EVEN = 0.0015
"""Radius, of the long side, over which a place must be even to be looked at."""


def spots(picture: Float, where: Bool, sensitivity: float) -> Bool:
    """(h, w) the spots. picture: encoded light; where: the part that is looked at."""
    long = max(picture.shape)
    out = np.zeros(picture.shape, np.uint8)
    found: list[tuple[float, int, int, float]] = []
    for share in RADII:
        r = max(1.2, share * long)
        found += _of_size(picture, where, r, sensitivity)
    found.sort(reverse=True)
    for _, y, x, r in found[:MOST]:
        cv2.circle(out, (x, y), max(2, round(1.9 * r + 1)), 1, -1)
    return out > 0


def _of_size(picture: Float, where: Bool, r: float, sensitivity: float) -> list[tuple[float, int, int, float]]:
    """(how clear, y, x, radius) of spots of about that radius."""
    soft = cv2.GaussianBlur(picture, (0, 0), 0.6 * r)
    around = cv2.GaussianBlur(picture, (0, 0), 2.4 * r)
    depth = around - soft
    side = 2 * round(r) + 1
    peak = (depth >= cv2.dilate(depth, np.ones((side, side), np.uint8))) & where
    peak &= depth > 0.5 * FAINTEST / sensitivity
    h, w = picture.shape
    margin = round(4 * r) + 1
    peak[:margin] = peak[h - margin :] = False
    peak[:, :margin] = peak[:, w - margin :] = False
    angles = np.arange(16) * (2 * np.pi / 16)
    places = np.argwhere(peak)
    y, x = places[:, :1], places[:, 1:]
    ring = soft[_at(y, 2.6 * r * np.sin(angles)), _at(x, 2.6 * r * np.cos(angles))].astype(np.float64)
    near = soft[_at(y, r * np.sin(angles)), _at(x, r * np.cos(angles))].astype(np.float64)
    dark = np.median(ring, axis=1) - soft[y[:, 0], x[:, 0]]
    slope = 0.5 * (ring - np.roll(ring, 8, axis=1))  # a gradient across is half forgiven
    scatter = np.std(ring - slope, axis=1) + 0.3 * np.std(slope, axis=1) + 4e-4
    good = (dark > FAINTEST / sensitivity) & (dark < DARKEST) & (dark >= CLEAR / sensitivity * scatter)
    good &= ((ring - near).min(axis=1) >= 0.05 * dark) & (np.std(near, axis=1) <= 0.3 * dark)  # round
    return [(float(dark[i] / scatter[i]), int(y[i, 0]), int(x[i, 0]), r) for i in np.flatnonzero(good)]


def _at(start: NDArray[np.int64], offset: NDArray[np.float64]) -> NDArray[np.int64]:
    return start + np.round(offset).astype(np.int64)


def _prepare(overview: Overview, parameters: Parameters, seed: int) -> Mending | None:
    amount = float(parameters["amount"])
    if amount <= 0 or not overview.mask.any():
        return None
    mask, keep = overview.mask, overview.keep
    elsewhere = mask < 0.3

    def find(read: Read, height: int, width: int) -> list[Hole]:
        picture = light(read, height, width)
        where = (stretched_to(mask, picture.shape) > 0.5) & (stretched_to(keep, picture.shape) < 0.5)
        reach = round(EVEN * max(picture.shape))
        where = cv2.erode(where.astype(np.uint8), np.ones((2 * reach + 1,) * 2, np.uint8)) > 0
        return in_pieces(spots(picture, where, amount), height, width)

    return Mending(find, seed, elsewhere, np.zeros(mask.shape, np.float32), plain=True)


register(
    Operator(
        name="remove_dust",
        version=1,
        family="retouch",
        kind="retouch",
        label=Label("Remove dust spots", "去除污点"),
        doc="Finds small, round, soft, darker spots in even places (dust on the sensor shows in skies) and fills them"
        " from beside. Default 1; more finds fainter ones.",
        params=(Param("amount", 1.0, 0.0, 3.0, "", Label("Sensitivity", "灵敏度")),),
        prepare=_prepare,
        apply=nothing,
        region="sky",
        chromatic=False,
        optional=frozenset({"sky"}),
    )
)
