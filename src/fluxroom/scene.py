"""Scene: what is seen in a photo, as data. Made by `perception`, read by everyone.

All positions are normalised: x from 0 (left edge) to 1 (right edge), y from 0
(top) to 1 (bottom), in the photo as displayed (after EXIF orientation).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import atan2, degrees

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float32]

ANALYSIS_SIDE = 1024
"""Long side in pixels of the picture that perception looks at, and of region masks."""


STANDS_IN = {"mountain": "rock", "rock": "mountain", "trees": "vegetation", "grass": "vegetation"}
"""Narrow region -> the neighbour that stands in where the narrow one is hardly seen."""


@dataclass(frozen=True, slots=True)
class Guess:
    """One judgement: the likeliest value, how sure (0..1), every candidate, and why, in words.

    given: by value, how well it goes with what EXIF says, 0..1; empty where it says nothing. The probabilities have it
    in them already; who blends in a judgement of pixels alone needs it.
    """

    value: str
    confidence: float
    probabilities: dict[str, float] = field(default_factory=dict)
    evidence: tuple[str, ...] = ()
    given: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Horizon:
    """The line where the far distance ends: y at the left and at the right edge (may lie outside 0..1).

    confidence        0..1 of the line as a whole, its place and its slope
    angle_confidence  0..1 of the slope alone: upright and level edges may tell it where no line is seen
    """

    left: float
    right: float
    confidence: float
    angle_confidence: float = 0.0

    def y(self, x: float) -> float:
        return self.left + (self.right - self.left) * x

    def angle(self, width: float, height: float) -> float:
        """Degrees as displayed, for a photo of that size (or shape): above 0 the line falls to the right."""
        return degrees(atan2((self.right - self.left) * height, width))


@dataclass(frozen=True, slots=True)
class Light:
    """The main light.

    x, y        where the sun (or brightest sky) stands, normalised; may lie outside the frame
    visible     the disc or its glow is inside the frame
    color       linear Rec.2020 RGB, its mean scaled to 1
    warmth      0 neutral or cold .. 1 deep orange
    elevation   degrees above the horizon, by the assumed field of view or, where EXIF tells time and place, by
                astronomy; may be negative at dusk
    softness    0 hard sun .. 1 overcast
    confidence  0..1 of x, y
    kind        front, side, back, top or diffuse, with evidence in words; "" where nobody judged
    azimuth     degrees from where it comes, seen from above: 0 from behind the camera (front light), 90 from the
                right, -90 from the left, 180 or -180 towards the camera (back light)
    azimuth_confidence  0..1
    kelvin      correlated colour temperature of the light as the picture shows it, 1500..20000 (6500 neutral)
    kelvin_confidence   0..1
    shadow      unit vector (x to the right, y down) along which shadows fall on the ground in the middle of the
                picture's lower part; None where there is none or nobody can tell
    """

    x: float
    y: float
    visible: bool
    color: tuple[float, float, float]
    warmth: float
    elevation: float
    softness: float
    confidence: float
    kind: Guess = Guess("", 0.0)
    azimuth: float = 0.0
    azimuth_confidence: float = 0.0
    kelvin: float = 6500.0
    kelvin_confidence: float = 0.0
    shadow: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class Scene:
    """What is seen.

    width, height   of the photo as displayed, pixels
    preview         (h, w, 3) float32 linear Rec.2020, long side <= ANALYSIS_SIDE
    regions         name -> (h, w) float32 in 0..1, soft, at preview size, edge-refined.
                    Always has "sky", "clouds", "water", "ground", "vegetation", "building",
                    "object"; more where seen. All but "clouds" (inside sky) and the
                    wider words ("ground" holds sand, snow, rock, road) are disjoint.
    confidence      region name -> 0..1; 0 where the region is absent and surely so is 1 as well:
                    it is how sure the mask is right, not how much of it there is
    field_of_view   horizontal, degrees (from EXIF focal length, else assumed 60)
    exact           the regions are known, not perceived: where they have the picture's own size, edges need not be
                    looked for in its colours
    """

    width: int
    height: int
    preview: Float
    regions: dict[str, Float]
    confidence: dict[str, float]
    horizon: Horizon
    light: Light
    time_of_day: Guess  # day, golden_hour, dusk, blue_hour, night
    weather: Guess  # clear, partly_cloudy, overcast, storm, fog, snow
    field_of_view: float = 60.0
    season: Guess = Guess("", 0.0)  # spring, summer, autumn, winter; "" where nobody judged
    exact: bool = False

    def mask(self, region: str) -> Float | None:
        """The mask that a word means here, or None if nothing of it is seen.

        Where a narrow word is hardly seen, its neighbour stands in (STANDS_IN): what one
        person calls a mountain, another calls rock, and a lawn may have been seen as plants.
        """
        mask = self.regions.get(region)
        other = self.regions.get(STANDS_IN.get(region, ""))
        if other is None:
            return mask
        if mask is None:
            return other
        few, many = float(mask.mean(dtype=np.float64)), float(other.mean(dtype=np.float64))
        return np.maximum(mask, other) if few < 0.25 * many and few < 0.05 else mask

    def share(self, region: str) -> float:
        """How much of the frame the region itself covers, 0..1 (0 if it is not seen)."""
        return _mean(self.regions.get(region))

    def meant_share(self, region: str) -> float:
        """How much of the frame the word means here, neighbours that stand in included; see `mask`."""
        return _mean(self.mask(region))


def _mean(mask: Float | None) -> float:
    return 0.0 if mask is None else float(mask.mean(dtype=np.float64))


def unseen(width: int, height: int, preview: Float) -> Scene:
    """A scene in which nothing was looked for: the photo's size and its small picture, and no more."""
    light = Light(0.5, 0.5, False, (1.0, 1.0, 1.0), 0.0, 45.0, 1.0, 0.0)
    nothing = Guess("", 0.0)
    return Scene(width, height, preview, {}, {}, Horizon(0.5, 0.5, 0.0), light, nothing, nothing)
