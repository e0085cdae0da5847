"""Leaves and grass in a photo: where they are, which trees keep their needles, and one value a crown.

Everything here is made small, on the overview, and stretched by `fluxroom.sky.maps`; the pixel's own colour then
decides, at full size, what is a leaf (see `turn.py`).
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from fluxroom.operators.declare import Overview, Parameters
from fluxroom.operators.kernels import TO_LAB, TO_LMS
from fluxroom.operators.tables import luminance, smoothstep
from fluxroom.scene import Float
from fluxroom.sky import maps

Double = NDArray[np.float64]
LEAST = 1e-3
"""Share of the frame below which leaves and grass are taken for a slip of the eye."""
CROWN = 0.011
"""Half the distance between crowns, of the long side."""
SIDE = 512
"""Long side of the picture in which crowns are looked for."""


@dataclass(frozen=True, slots=True)
class Foliage:
    """All (h, w) float32 0..1 unless said otherwise.

    trees      leaves of trees and bushes, what is neither grass nor anything else
    grass      blades near the ground
    evergreen  how surely a place shows needles or other dark bluish leaves that stay as they are
    lab        (h, w, 3) Oklab of the picture as it stands
    green      the hue of this photo's leaves in Oklab, degrees: about 118 at noon, 105 in warm light, 135 in cold
    sure       0..1 for the photo: how far to trust the masks
    """

    trees: Float
    grass: Float
    evergreen: Float
    lab: Float
    green: float
    sure: float


def oklab(pixels: Float) -> Float:
    """Oklab (Ottosson 2020) of linear Rec.2020 pixels (..., 3)."""
    return np.asarray(np.cbrt(np.maximum(pixels, 0) @ TO_LMS.T) @ TO_LAB.T, np.float32)


def look(overview: Overview) -> Foliage | None:
    """What grows inside this adjustment's mask and has colour; None where nothing does."""
    plants, grass = _seen(overview)
    lab = oklab(overview.pixels)
    if not _grows(lab, plants * (overview.mask > 0)):
        return None
    trees = np.maximum(plants - grass, 0)
    sure = max((overview.scene.confidence.get(n, 0.5) for n in ("vegetation", "trees", "grass")), default=0.5)
    blurred = 0.0015 * max(plants.shape)
    green = _green(lab, plants)
    return Foliage(
        _wider(trees, blurred),
        _wider(grass, blurred),
        _evergreen(lab, trees, green),
        lab,
        green,
        0.75 + 0.25 * min(1.0, sure),
    )


def _seen(overview: Overview) -> tuple[Float, Float]:
    """(h, w) 0..1 of all plants, and of grass alone.

    A hillside belongs to the mountain; where it is green it is grass as well.
    """
    shape = (overview.pixels.shape[0], overview.pixels.shape[1])
    grass = np.maximum(_region(overview, "grass", shape), _slopes(overview, shape))
    return np.maximum(_region(overview, "vegetation", shape), grass), grass


def _slopes(overview: Overview, shape: tuple[int, int]) -> Float:
    """(h, w) 0..1 of hillsides that are green over a wide stretch (far woods are bluer and are left alone)."""
    mountain = _region(overview, "mountain", shape)
    if float(mountain.max()) <= 0:
        return mountain
    lab = oklab(overview.pixels)
    hue, chroma = np.degrees(np.arctan2(lab[..., 2], lab[..., 1])), np.hypot(lab[..., 1], lab[..., 2])
    green = (
        smoothstep(96, 104, hue)
        * smoothstep(142, 132, hue)
        * smoothstep(0.05, 0.1, chroma / np.maximum(lab[..., 0], 0.08))
    )
    wide = maps.blur(np.asarray(green * mountain, np.float32), 0.006 * max(shape)) / np.maximum(
        maps.blur(mountain, 0.006 * max(shape)), np.float32(1e-3)
    )
    return np.asarray(mountain * smoothstep(0.25, 0.6, wide), np.float32)


def _grows(lab: Float, plants: Float) -> bool:
    """Whether there are plants, and any of them from yellow to green: a photo without colours has no season."""
    hue, chroma = np.arctan2(lab[..., 2], lab[..., 1]), np.hypot(lab[..., 1], lab[..., 2])
    leaf = (np.abs(hue - np.float32(1.75)) < 1.1) & (chroma > 0.03 * lab[..., 0]) & (lab[..., 0] > 0.08)
    return float((plants * leaf).mean(dtype=np.float64)) >= LEAST


def advise(overview: Overview, parameters: Parameters) -> tuple[str, ...]:
    """A word to the user where the season finds nothing to turn."""
    if float(parameters["strength"]) <= 0:
        return ()
    if not _grows(oklab(overview.pixels), _seen(overview)[0] * (overview.mask > 0)):
        return ("no leaves or grass with colour were seen here; the season changed nothing",)
    return ()


def _green(lab: Float, plants: Float) -> float:
    """Median hue of what is green, drawn towards 118 degrees where there is little of it."""
    light, a, b = (lab[..., k] for k in range(3))
    hue = np.degrees(np.arctan2(b, a))
    chosen = hue[(plants > 0.5) & (hue > 90) & (hue < 165) & (np.hypot(a, b) > 0.05 * light) & (light > 0.15)]
    known = min(1.0, chosen.size / (0.01 * plants.size))
    return 118.0 + known * (float(np.median(chosen)) - 118.0) if chosen.size else 118.0


def _region(overview: Overview, name: str, shape: tuple[int, int]) -> Float:
    mask = overview.scene.regions.get(name)
    if mask is None:
        return np.zeros(shape, np.float32)
    if mask.shape != shape:
        mask = maps.resize(np.ascontiguousarray(mask, np.float32), shape[1], shape[0])
    return np.asarray(mask, np.float32)


def _wider(mask: Float, sigma: float) -> Float:
    """Also a little beyond its edge: there the adjustment's own mask, fine at full size, decides."""
    return np.asarray(np.clip(1.6 * maps.blur(mask, sigma), 0, 1), np.float32)


def local_mean(values: Float, weight: Float, sigma: float) -> Float:
    """Mean of (h, w, c) values around each place, blind to where the weight is 0."""
    total = maps.blur(np.ascontiguousarray(values * weight[..., None]), sigma)
    return np.asarray(total / (np.maximum(maps.blur(weight, sigma), 0) + np.float32(1e-4))[..., None], np.float32)


def _evergreen(lab: Float, trees: Float, green: float) -> Float:
    """Needles are darker than the leaves of broad-leaved trees beside them, and often bluer.

    Judged over the size of a crown, because a single leaf in shade is dark and blue as well.
    """
    lit = smoothstep(0.05, 0.15, lab[..., 0].astype(np.float64)).astype(np.float32)
    mean = local_mean(lab, trees * lit, 0.006 * max(lab.shape[:2])).astype(np.float64)
    light, hue = mean[..., 0], np.degrees(np.arctan2(mean[..., 2], mean[..., 1])) % 360
    inside = trees > 0.5
    if int(inside.sum()) < 16:
        return np.zeros(trees.shape, np.float32)
    bright = max(0.1, float(np.percentile(light[inside], 80)))
    dark = smoothstep(0.90 * bright, 0.58 * bright, light) * smoothstep(0.50, 0.34, light)
    bluish = smoothstep(green - 3.0, green + 9.0, hue) * smoothstep(300.0, 270.0, hue)
    cold = smoothstep(140.0, 158.0, hue) * smoothstep(300.0, 270.0, hue)
    return np.asarray(np.maximum(dark * (0.65 + 0.35 * bluish), cold), np.float32)


def noise(shape: tuple[int, int], sigma: float, random: np.random.Generator) -> Float:
    """Smooth noise of mean 0 and deviation 1; sigma is a share of the long side."""
    h, w = shape
    long = max(shape)
    cells = max(4, min(long, round(2.5 / max(sigma, 1e-4))))
    small = (max(4, round(h * cells / long)), max(4, round(w * cells / long)))
    field = maps.blur(random.standard_normal(small).astype(np.float32), sigma * cells)
    out = np.asarray(cv2.resize(field, (w, h), interpolation=cv2.INTER_CUBIC), np.float32)
    return np.asarray((out - out.mean(dtype=np.float64)) / max(1e-6, float(out.std(dtype=np.float64))), np.float32)


def crowns(overview: Overview, seed: int) -> Float:
    """(h, w) float32 of deviation about 1: one value a crown, alike in neighbouring crowns of a stand.

    Crowns are found as foresters find them in pictures from the air: a treetop is a local maximum of brightness,
    its crown the basin of a watershed on the turned-over brightness (Wang, Gong & Biging 2004, "Individual tree-crown
    delineation and treetop detection in high-spatial-resolution aerial imagery"). The original photo is looked at,
    so that an earlier adjustment does not deal the colours anew.
    """
    picture = maps.shrink(np.sqrt(luminance(overview.scene.preview)), SIDE)
    h, w = picture.shape
    random = np.random.default_rng(seed)
    smooth = maps.blur(picture, CROWN * 0.55 * SIDE)
    reach = max(1, round(CROWN * SIDE))
    peak = np.asarray(cv2.dilate(smooth, np.ones((2 * reach + 1,) * 2, np.uint8))) <= smooth
    count, markers = cv2.connectedComponents(peak.astype(np.uint8))
    turned = np.clip(255 - 255 * smooth / max(1e-6, float(smooth.max())), 0, 255).astype(np.uint8)
    labels = cv2.watershed(cv2.merge([turned] * 3), np.asarray(markers, np.int32))
    single = random.standard_normal(count + 1).astype(np.float32)
    inside = (labels > 0).astype(np.float32)
    own = single[np.maximum(labels, 0)] * inside
    soft = 0.0022 * SIDE
    own = maps.blur(own, soft) / np.maximum(maps.blur(inside, soft), np.float32(1e-3))
    stand = noise((h, w), 0.05, random)
    value = np.float32(0.75) * own + np.float32(0.66) * stand
    size = overview.pixels.shape
    return maps.resize(np.ascontiguousarray(value, np.float32), size[1], size[0])


def uniform(normal: Float) -> Double:
    """Values of a normal distribution to about 0..1, evenly spread (logistic approximation of its integral)."""
    return np.asarray(1 / (1 + np.exp(-1.702 * normal.astype(np.float64))))
