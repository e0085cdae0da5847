"""The shadow of a thing on the ground: dark and narrow at its foot, long and soft away from the sun."""

from __future__ import annotations

import cv2
import numpy as np

from fluxroom.operators.declare import LUMA, Overview
from fluxroom.operators.elements.place import Lit
from fluxroom.operators.elements.sprite import Placed, gains_of
from fluxroom.scene import Float

SIDE = 160
"""Most pixels a side of a shadow's map: shadows are soft."""


def shadows(
    picture: Float, x: float, y: float, height: float, stands: float, overview: Overview, light: Lit
) -> list[Placed]:
    """Gains for the ground under and beside a thing; see `Drawn` for the numbers."""
    foot = y + (stands - 0.5) * height
    alpha = np.asarray(picture[: max(2, round(stands * len(picture))), :, 3], np.float32)
    scale = min(1.0, SIDE / max(alpha.shape))
    alpha = np.asarray(cv2.resize(alpha, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.float32)
    h, w = alpha.shape
    tall = stands * height
    pixel = tall / h  # share of the frame's height a pixel of the map covers
    low = np.flatnonzero(alpha[-max(2, h // 12) :].max(0) > 0.3)
    if len(low) < 1:
        return []
    base, middle = max(2.0, float(low[-1] - low[0] + 1)), float(low[-1] + low[0]) / 2
    out = [_contact(base, x, foot, (middle + 0.5) / w - 0.5, w, pixel, overview)]
    cast = _cast(alpha, middle, x, foot, pixel, overview, light)
    return [*out, *([] if cast is None else [cast])]


def _contact(base: float, x: float, foot: float, off: float, w: int, pixel: float, overview: Overview) -> Placed:
    """What a foot takes of the sky's light close around it (an ambient occlusion)."""
    gy, gx = np.mgrid[-1:1:40j, -1:1:96j].astype(np.float32)
    dark = 0.62 * np.clip(1 - np.hypot(gx, gy), 0, 1) ** 1.1
    aspect = overview.scene.width / max(1, overview.scene.height)
    wide = 1.9 * base * pixel / aspect
    middle = x + off * w * pixel / aspect
    return gains_of(np.repeat(-dark[..., None], 3, -1), middle, foot, wide, max(0.004, 0.30 * wide * aspect))


def _cast(
    alpha: Float, middle: float, x: float, foot: float, pixel: float, overview: Overview, light: Lit
) -> Placed | None:
    """The thing's outline laid on the ground, away from the sun."""
    direct, around = (float(v @ np.array(LUMA, np.float32)) for v in (light.direct, light.above))
    hard = 1 - overview.scene.light.softness
    sx, sy, sz = (float(v) for v in light.sun)
    if sy < 0.05 or hard < 0.15:
        return None
    # Along the ground: right and toward the camera, for each unit of height; seen flat, so the latter is short.
    run = min(2.5, float(np.hypot(sx, sz)) / sy)
    level = max(1e-6, float(np.hypot(sx, sz)))
    across, down = -sx / level * run, 0.28 * sz / level * run
    seen = overview.scene.light.shadow
    if seen is not None:
        across, down = seen[0] * run, seen[1] * run * 0.5
    h, w = alpha.shape
    long, deep = abs(across) * h, max(3.0, abs(down) * h)
    width, rows = round(w + long) + 12, round(deep) + 12
    left = (long if across < 0 else 0.0) + 6
    # From the map's pixel back to the outline's: row t over the foot lies at down * t.
    gy, gx = np.mgrid[0:rows, 0:width].astype(np.float32)
    top = 6.0 if down >= 0 else rows - 6.0
    t = (gy - top) / np.float32(down if abs(down) > 0.02 else 0.02)
    column = gx - left - np.float32(across) * t
    shape = np.asarray(cv2.remap(alpha, column, np.float32(h - 1) - t, cv2.INTER_LINEAR), np.float32)
    near = cv2.GaussianBlur(shape, (0, 0), 0.8)
    far = cv2.GaussianBlur(shape, (0, 0), 1 + 0.05 * h * (1 - hard + 0.3))
    share = np.clip(t / h, 0, 1)
    dark = (near + share * (far - near)) * (1 - 0.35 * share) * (direct * sy / (direct * sy + 1.2 * around)) * hard
    aspect = overview.scene.width / max(1, overview.scene.height)
    cx = x + ((width / 2 - left) - alpha.shape[1] / 2) * pixel / aspect
    cy = foot + (rows / 2 - top) * pixel
    blue = np.array([1.0, 0.97, 0.90], np.float32)  # the sky still lights it
    return gains_of(-0.85 * dark[..., None] * blue, cx, cy, width * pixel / aspect, rows * pixel)
