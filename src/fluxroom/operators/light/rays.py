"""Beams in the air, followed outward from the sun in polar coordinates.

Light leaves the sun in straight lines, so in a picture unrolled around it every beam is a row. Gaps give light to
their row, occluders take it away, air lets it fade; a blur along the angle is a penumbra that grows with distance, as
the sun's disc makes it. (The radial blur of Mitchell 2007, GPU Gems 3, ch. 13, followed the other way; Minnaert, The
Nature of Light and Colour in the Open Air, 1954, para. 187, on what such beams look like.)
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from fluxroom.scene import Float
from fluxroom.sky._jit import jit

RINGS = 384
TURNS = 720


@dataclass(frozen=True, slots=True)
class Polar:
    """A grid of TURNS angles by RINGS distances around (cx, cy), pixels; only the angles under which the frame lies.

    first, last   angles, radians; they are 2 pi apart when the sun is in the frame
    start, far    distance of the frame's nearest point and of its farthest corner, pixels
    around        the sun is in the frame
    """

    cx: float
    cy: float
    width: int
    height: int
    first: float
    last: float
    start: float
    far: float
    around: bool

    @staticmethod
    def of(cx: float, cy: float, width: int, height: int) -> Polar:
        corners = [(x - cx, y - cy) for x in (-0.5, width - 0.5) for y in (-0.5, height - 0.5)]
        far = max(math.hypot(x, y) for x, y in corners)
        if -0.5 <= cx <= width - 0.5 and -0.5 <= cy <= height - 0.5:
            return Polar(cx, cy, width, height, 0.0, 2 * math.pi, 0.0, far, True)
        middle = math.atan2((height - 1) / 2 - cy, (width - 1) / 2 - cx)
        turned = [
            math.remainder(math.atan2(y, x) - middle, 2 * math.pi) for x, y in corners
        ]  # the frame lies within half a turn
        dx = max(0.0, -cx, cx - width + 1)
        dy = max(0.0, -cy, cy - height + 1)
        return Polar(cx, cy, width, height, middle + min(turned), middle + max(turned), math.hypot(dx, dy), far, False)

    def _lines(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        angle = self.first + (np.arange(TURNS) + 0.5) * ((self.last - self.first) / TURNS)
        ring = self.start + (np.arange(RINGS) + 0.5) * ((self.far - self.start) / RINGS)
        x = self.cx + ring[None, :] * np.cos(angle)[:, None]
        y = self.cy + ring[None, :] * np.sin(angle)[:, None]
        return x.astype(np.float32), y.astype(np.float32)

    def unroll(self, picture: Float) -> Float:
        x, y = self._lines()
        flat = cv2.remap(picture, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        return np.asarray(flat, np.float32)

    def inside(self) -> Float:
        x, y = self._lines()
        within = (x >= -0.5) & (x <= self.width - 0.5) & (y >= -0.5) & (y <= self.height - 0.5)
        return np.asarray(within, np.float32)

    def roll(self, polar: Float) -> Float:
        gy, gx = np.mgrid[0 : self.height, 0 : self.width].astype(np.float32)
        turn = np.arctan2(gy - self.cy, gx - self.cx) - self.first
        turn = np.mod(turn + 1e-4, 2 * math.pi) - 1e-4
        v = turn * (TURNS / (self.last - self.first)) - 0.5
        u = (np.hypot(gx - self.cx, gy - self.cy) - self.start) * (RINGS / (self.far - self.start)) - 0.5
        if self.around:
            polar = np.concatenate([polar[-1:], polar, polar[:1]])
            v = v + 1
        u, v = u.astype(np.float32), v.astype(np.float32)
        return np.asarray(cv2.remap(polar, u, v, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), np.float32)

    def blur(self, polar: Float, turns: float, rings: float = 0.0) -> Float:
        """turns: sigma along the angle, of the frame's TURNS; rings: of RINGS."""
        pad = min(TURNS, max(1, round(3 * turns)))
        wide = np.pad(polar, ((pad, pad), (0, 0)), mode="wrap" if self.around else "edge")
        soft = cv2.GaussianBlur(wide, (0, 0), sigmaX=max(1e-3, rings), sigmaY=max(1e-3, turns))
        return np.asarray(soft[pad:-pad], np.float32)


@jit
def follow(gaps: Float, walls: Float, begin: Float, gain: float, fade: float, out: Float) -> None:
    """The light on each ray, outward: what begins it, what gaps add, what walls take, what the air takes.

    gaps, walls (turns, rings) 0..1; begin (turns,); gain, fade per ring.
    """
    turns, rings = gaps.shape
    for t in range(turns):
        light = begin[t]
        for r in range(rings):
            open_ = gaps[t, r]
            light += np.float32(gain) * open_ * (np.float32(1.0) - light)
            light -= (np.float32(fade) + walls[t, r]) * light
            out[t, r] = light


def breaks(seed: int, count: float, turns: int, around: bool) -> Float:
    """(turns,) 0..1: light let through by cover that nobody sees (clouds, crowns outside the frame): beams of
    unlike widths and strengths, about `count` of them over the frame."""
    rng = np.random.default_rng(seed)
    total = np.zeros(turns, np.float64)
    for octave, weight in ((1.0, 1.0), (2.1, 0.9), (4.3, 0.55), (9.0, 0.22)):
        knots = max(4, round(count * octave))
        values = rng.random(knots)
        if around:
            values = np.append(values, values[0])
        at = np.linspace(0, len(values) - 1, turns, endpoint=not around)
        index = np.minimum(at.astype(int), len(values) - 2)
        part = at - index
        part = part * part * (3 - 2 * part)
        total += weight * (values[index] + part * (values[index + 1] - values[index]))
    low, high = np.percentile(total, (38, 94))
    level = np.clip((total - low) / max(1e-6, high - low), 0, 1)
    return np.asarray(level**1.3, np.float32)
