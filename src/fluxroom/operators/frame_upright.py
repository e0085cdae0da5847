"""Upright lines made parallel: how far the camera looked up or down, read from the picture's own edges.

Lines that are upright in the world meet in the vertical vanishing point. Segments (Grompone von Gioi, Jakubowicz,
Morel & Randall 2010, LSD) vote for where it lies: for a camera of known focal length that is two angles, its tilt and
its roll (Kosecka & Zhang 2002). Undoing both is a rotation of the camera, so that nothing is stretched that a level
camera would not have shown so.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from fluxroom.operators.declare import Label, Operator, Overview, Param, Parameters, Window, register
from fluxroom.operators.frame import Change
from fluxroom.photo.framing import Framing, upright
from fluxroom.scene import Scene

LEAST, MOST = 0.3, 25.0
"""Degrees of tilt below which nothing is seen, and above which too little of the picture would be left."""
ROLL = 8.0
SPREAD = 1.2
"""Degrees that an upright edge may be off."""
SHORTEST = 0.025
"""Length of a segment, of the long side."""
SURE = 0.3
"""How much of the length of all steep segments must agree."""
Double = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Uprights:
    """tilt, roll   degrees; the camera looked up by `tilt` and was turned clockwise by `roll`
    sure            0..1, how much of the steep lines agrees
    """

    tilt: float
    roll: float
    sure: float


def uprights(scene: Scene) -> Uprights:
    """How the camera stood, by the upright edges in the preview."""
    height, width = scene.preview.shape[:2]
    segments = _segments(scene)
    if len(segments) < 5:
        return Uprights(0.0, 0.0, 0.0)
    focal = focal_length(scene) * width
    segments[:, [0, 2]] -= 0.5 * width
    segments[:, [1, 3]] -= 0.5 * height
    length = np.hypot(segments[:, 2] - segments[:, 0], segments[:, 3] - segments[:, 1])
    tilts, rolls = np.arange(-30, 30.01, 0.5), np.arange(-ROLL, ROLL + 0.01, 0.5)
    best = _best(segments, length, focal, tilts, rolls, 1.6 * SPREAD)
    for step, spread in ((0.1, SPREAD), (0.02, SPREAD)):
        near = [np.arange(v - 6 * step, v + 6.01 * step, step) for v in best]
        best = _best(segments, length, focal, near[0], near[1], spread)
    off = _off(segments, focal, np.array([best[0]]), np.array([best[1]]))[0, 0]
    agree = np.exp(-((off / SPREAD) ** 2))
    middle = 0.5 * (segments[:, 0] + segments[:, 2])
    wide = math.sqrt(float(np.cov(middle, aweights=length * agree + 1e-9))) / width  # lines in one place tell no tilt
    share = float((agree * length).sum() / length.sum())
    many = min(1.0, float(agree.sum()) / 8)
    return Uprights(best[0], best[1], share * many * min(1.0, wide / 0.08))


def focal_length(scene: Scene) -> float:
    """Share of the photo's width."""
    return 0.5 / math.tan(math.radians(0.5 * min(max(scene.field_of_view, 10.0), 120.0)))


def _segments(scene: Scene) -> Double:
    """(n, 4) x, y, x, y of steep segments, pixels of the preview; none of what grows or lies about."""
    roots = np.sqrt(np.clip(scene.preview, 0, 1))
    picture = np.round(255 * roots @ np.array([0.2627, 0.678, 0.0593], np.float32)).astype(np.uint8)
    found = cv2.createLineSegmentDetector(cv2.LSD_REFINE_STD).detect(picture)[0]
    lines = np.zeros((0, 4)) if found is None else found.reshape(-1, 4).astype(np.float64)
    dx, dy = lines[:, 2] - lines[:, 0], lines[:, 3] - lines[:, 1]
    long = np.hypot(dx, dy) >= SHORTEST * max(picture.shape)
    steep = np.abs(dx) < 0.6 * np.abs(dy)
    lines = lines[long & steep]
    wild = sum((scene.regions[n] for n in ("vegetation", "water", "clouds") if n in scene.regions), np.zeros(1))
    if np.ndim(wild) == 2 and len(lines):
        x = np.clip(0.5 * (lines[:, 0] + lines[:, 2]), 0, picture.shape[1] - 1).astype(int)
        y = np.clip(0.5 * (lines[:, 1] + lines[:, 3]), 0, picture.shape[0] - 1).astype(int)
        lines = lines[np.asarray(wild)[y, x] < 0.5]
    return np.asarray(lines, np.float64)


def _off(lines: Double, focal: float, tilts: Double, rolls: Double) -> Double:
    """(tilts, rolls, n) degrees between each segment and the direction to where uprights meet."""
    t, r = np.radians(tilts)[:, None, None], np.radians(rolls)[None, :, None]
    # up, seen by the camera: (0, -cos t, sin t), turned by the roll; times focal / sin t it is the vanishing point
    up_x, up_y, up_z = np.sin(r) * np.cos(t), -np.cos(r) * np.cos(t), np.sin(t)
    x, y = 0.5 * (lines[:, 0] + lines[:, 2]), 0.5 * (lines[:, 1] + lines[:, 3])
    to_x, to_y = focal * up_x - up_z * x, focal * up_y - up_z * y
    dx, dy = lines[:, 2] - lines[:, 0], lines[:, 3] - lines[:, 1]
    across = np.abs(to_x * dy - to_y * dx)
    along = np.abs(to_x * dx + to_y * dy)
    return np.asarray(np.degrees(np.arctan2(across, along)))


def _best(
    lines: Double, length: Double, focal: float, tilts: Double, rolls: Double, spread: float
) -> tuple[float, float]:
    """The tilt and roll on which most length agrees; a little is said for a level camera."""
    score = (np.exp(-((_off(lines, focal, tilts, rolls) / spread) ** 2)) * length).sum(-1)
    score = score * (1 - 2e-5 * (tilts[:, None] ** 2 + 4 * rolls[None, :] ** 2))
    at = np.unravel_index(int(np.argmax(score)), score.shape)
    return float(tilts[at[0]]), float(rolls[at[1]])


def _tilt(overview: Overview, parameters: Parameters) -> tuple[float, float, str]:
    """(tilt, turn) degrees to undo, and why nothing is done."""
    amount, given = float(parameters["amount"]), float(parameters["tilt"])
    if given != 0:
        return amount * given, 0.0, ""
    found = uprights(overview.scene)
    if found.sure < SURE:
        return 0.0, 0.0, "perspective: too few upright lines agree here to tell how the camera was tilted"
    if abs(found.tilt) > MOST:
        why = f"perspective: the camera was tilted by {abs(found.tilt):.0f} degrees; above {MOST:g} too little of the"
        return 0.0, 0.0, f"{why} photo would be left"
    if abs(found.tilt) < LEAST:
        return 0.0, 0.0, "perspective: the upright lines are parallel already"
    return amount * found.tilt, -amount * found.roll, ""


def _prepare(overview: Overview, parameters: Parameters, seed: int) -> Change | None:
    if float(parameters["amount"]) == 0:
        return None
    tilt, turn, _ = _tilt(overview, parameters)
    if tilt == 0:
        return None
    scene = overview.scene
    focal = focal_length(scene)

    def change(framing: Framing) -> Framing:
        return upright(framing, tilt, turn - framing.turn, focal, scene.width, scene.height)

    return change


def _advise(overview: Overview, parameters: Parameters) -> tuple[str, ...]:
    why = _tilt(overview, parameters)[2] if float(parameters["amount"]) > 0 else ""
    return (why,) if why else ()


def _nothing(tile: Any, window: Window, prepared: Any) -> None:
    """Pixels stay; see `render.engine`."""


register(
    Operator(
        name="perspective",
        version=1,
        family="frame",
        kind="frame",
        label=Label("Upright perspective", "校正透视"),
        doc="Makes upright lines parallel and upright, as if the camera had been level, where enough of them agree and"
        " it was tilted by 0.3 to 25 degrees; shows the largest part of the same shape. `tilt`, if not 0, is taken"
        " instead: degrees up.",
        params=(
            Param("amount", 1.0, 0.0, 1.0, "", Label("Amount", "程度")),
            Param("tilt", 0.0, -MOST, MOST, "degrees", Label("Tilt", "俯仰")),
        ),
        prepare=_prepare,
        apply=_nothing,
        chromatic=False,
        advise=_advise,
    )
)
