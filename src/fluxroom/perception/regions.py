"""What is where: soft region masks of a picture."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from fluxroom.operators.declare import LUMA
from fluxroom.perception import kernels
from fluxroom.perception.eye import CLASSES, look
from fluxroom.perception.horizon import find_horizon
from fluxroom.perception.matte import Guide, connected_sky, learn, sky_matte
from fluxroom.scene import Float

GROUND = ("sand", "snow", "rock", "mountain", "road")
PLAIN = ("water", "sand", "snow", "rock", "mountain", "building", "road", "person", "animal")
SMALL_SIDE = 512
"""Whatever needs no fine edges is looked for on a picture of at most this long side."""
FAINT = np.float32(0.02)
"""Mask values below it become 0."""
SEEN = 0.1
"""A class that is nowhere likelier than this is not there at all."""

_TO_SRGB = np.array(
    [[1.6605, -0.5876, -0.0728], [-0.1246, 1.1329, -0.0083], [-0.0182, -0.1006, 1.1187]], np.float32
)  # linear Rec.2020 to linear sRGB


def _encoded(light: Float) -> Float:
    """IEC 61966-2-1."""
    return np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** np.float32(1 / 2.4) - 0.055)


_TABLE = np.round(_encoded(np.linspace(0, 1, 16384, dtype=np.float32) ** 2) * 255).astype(np.uint8)


def display(linear: Float) -> Float:
    """Linear Rec.2020 -> sRGB-encoded sRGB, 0..1, clipped: what a screen (and the network) sees."""
    rgb = np.clip(linear @ _TO_SRGB.T, 0, 1).astype(np.float32)
    return np.asarray(_encoded(rgb), np.float32)


@dataclass(frozen=True, slots=True)
class Views:
    """The picture as the different eyes need it.

    screen   (h, w, 3) uint8 sRGB
    pixels   (h, w, 3) float32, square roots of linear light, 0..1
    grey     (h, w) float32, mean of `pixels`
    small, small_grey   `pixels` and `grey` at most SMALL_SIDE long
    """

    screen: NDArray[np.uint8]
    pixels: Float
    grey: Float
    small: Float
    small_grey: Float


def small_size(height: int, width: int) -> tuple[int, int]:
    """(width, height) with a long side of at most SMALL_SIDE."""
    scale = min(1.0, SMALL_SIDE / max(height, width))
    return max(1, round(width * scale)), max(1, round(height * scale))


def shrunk(image: Float) -> Float:
    """At most SMALL_SIDE long, averaged over areas."""
    size = small_size(*image.shape[:2])
    if size == (image.shape[1], image.shape[0]):
        return image
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.float32)


def views(preview: Float) -> Views:
    """preview: (h, w, 3) float32 linear Rec.2020."""
    screen, pixels = np.empty(preview.shape, np.uint8), np.empty(preview.shape, np.float32)
    grey = np.empty(preview.shape[:2], np.float32)
    kernels.by_rows(kernels.encode, len(grey), np.ascontiguousarray(preview), _TO_SRGB, _TABLE, screen, pixels, grey)
    return Views(screen, pixels, grey, shrunk(pixels), shrunk(grey))


def find_regions(preview: Float) -> tuple[dict[str, Float], dict[str, float]]:
    """Masks and confidences of a picture.

    preview: (h, w, 3) float32 linear Rec.2020. Returns (name -> (h, w) float32 0..1,
    name -> confidence 0..1).
    """
    height, width = preview.shape[:2]
    view = views(preview)
    grid = look(view.screen)
    size = small_size(height, width)
    coarse = {
        name: np.asarray(cv2.resize(grid[i], size, interpolation=cv2.INTER_LINEAR), np.float32)
        for i, name in enumerate(CLASSES)
    }
    coarse["sky"] = connected_sky(view.small, coarse["sky"], coarse["water"])
    learnt = learn(view.small, coarse["sky"], coarse["vegetation"])
    if float(coarse["water"].max()) > 0.5 and above_the_sea(sky_matte(view.small, learnt, view.small_grey), coarse):
        learnt = learn(view.small, coarse["sky"], coarse["vegetation"])
    sky = sky_matte(view.pixels, learnt, view.grey)
    parts = _beside_the_sky(view, coarse, sky)
    nothing = np.zeros((height, width), np.float32)
    cloudy = cloud_mask(shrunk(preview), shrunk(sky))
    clouds = np.asarray(cv2.resize(cloudy, (width, height), interpolation=cv2.INTER_LINEAR), np.float32) * sky
    clouds[clouds < FAINT] = 0
    regions: dict[str, Float] = {"sky": np.where(sky < FAINT, np.float32(0), sky), "clouds": clouds}
    regions |= {name: parts.get(name, nothing) for name in PLAIN}
    trees, grass = parts.get("vegetation", nothing), parts.get("grass", nothing)
    regions |= {"vegetation": trees + grass, "trees": trees, "grass": grass}
    ground = sum((parts[name] for name in (*GROUND, "grass") if name in parts), nothing)
    regions["ground"] = np.minimum(ground, 1)
    regions["object"] = parts.get("object", nothing) + parts.get("other", nothing)
    confidence = {name: _sureness(coarse, name) for name in CLASSES}
    confidence["trees"] = confidence["vegetation"]
    confidence["clouds"] = 0.6 * confidence["sky"]
    confidence["ground"] = min(confidence[name] for name in GROUND)
    return regions, {name: confidence.get(name, 0.5) for name in regions}


def _beside_the_sky(view: Views, coarse: dict[str, Float], sky: Float) -> dict[str, Float]:
    """(h, w) masks of the classes that are seen at all, edges where the picture has edges; with the sky they make 1."""
    height, width = sky.shape
    names = [name for name, mask in coarse.items() if name != "sky" and float(mask.max()) >= SEEN]
    guide = Guide(view.small_grey, max(2, round(max(view.small_grey.shape) / 128)), 1e-3)
    out, total = np.empty((len(names), height, width), np.float32), np.zeros((height, width), np.float32)
    slope, offset = np.empty((height, width), np.float32), np.empty((height, width), np.float32)
    for name, plane in zip(names, out, strict=True):
        for fitted, stretched in zip(guide.fit(coarse[name]), (slope, offset), strict=True):
            cv2.resize(fitted, (width, height), dst=stretched, interpolation=cv2.INTER_LINEAR)
        kernels.by_rows(kernels.filtered, height, slope, offset, view.grey, plane, total)
    kernels.by_rows(kernels.shared, height, sky, total, FAINT, out)
    return dict(zip(names, out, strict=True))


def above_the_sea(sky: Float, coarse: dict[str, Float]) -> bool:
    """Set sky and water in `coarse` right by the sea's horizon: no sea lies above it, no sky below it.

    Only where the line was found surely; tells whether anything changed. sky: (h, w), the first matte.
    """
    horizon = find_horizon({"sky": sky, "water": coarse["water"]})
    if horizon.confidence < 0.6:
        return False
    height, width = sky.shape
    line = (horizon.left + (horizon.right - horizon.left) * (np.arange(width) + 0.5) / width)[None, :]
    rows = ((np.arange(height) + 0.5) / height)[:, None]
    above, below = rows < line - 0.004, rows > line + 0.006
    moved_up = np.where(above, coarse["water"], 0)
    moved_down = np.where(below, coarse["sky"], 0)
    if float(moved_up.max()) < 0.3 and float(moved_down.max()) < 0.3:
        return False
    coarse["sky"] = (coarse["sky"] + moved_up - moved_down).astype(np.float32)
    coarse["water"] = (coarse["water"] - moved_up + moved_down).astype(np.float32)
    return True


def _sureness(full: dict[str, Float], name: str) -> float:
    """How decided the network is about a class: 1 when every pixel is plainly in or out."""
    p = full[name]
    area = float(np.maximum(p, 1e-6).sum())
    undecided = float((p * (1 - p)).sum()) / area
    return round(float(np.clip(1 - 2 * undecided, 0, 1)), 3)


def cloud_mask(preview: Float, sky: Float) -> Float:
    """How much of what is sky there is cloud: what stands off from the smooth gradient of a clear sky.

    The clear sky is a quadratic surface in brightness and blueness, fitted to the bluest
    part; clouds are less blue, brighter or darker than it, or have structure of their own.
    """
    inside = sky > 0.5
    side = max(sky.shape)
    reach = 2 * max(1, side // 200) + 1
    eroded = cv2.erode(inside.astype(np.float32), np.ones((reach, reach), np.uint8))  # clear of edge pixels
    weight = np.asarray(eroded, np.float32)
    if weight.sum() < 64:
        return np.zeros_like(sky)
    core = weight > 0
    safe = np.maximum(preview, 1e-4)
    light = np.log2(safe @ np.array(LUMA, np.float32)).astype(np.float32)
    blueness = np.log2(safe[..., 2] / safe[..., 0]).astype(np.float32)
    middle, bluest = np.quantile(blueness[core], [0.6, 0.9])
    clear = core & (blueness >= middle)
    off_blue = np.minimum(_surface(blueness, clear) - blueness, _row_level(blueness, core, 0.85) - blueness)
    fine = light - masked_mean(light, weight, side * 0.02)
    structure = np.sqrt(np.maximum(masked_mean(fine * fine, weight, side * 0.012), 0))
    blue_sky = float(np.clip(2 * bluest, 0, 1))
    stands_off = blue_sky * np.clip((off_blue - 0.25) / 0.5, 0, 1)
    middle = light - masked_mean(light, weight, side * 0.06)
    middle -= _row_level(middle, core, 0.5)  # a clear sky's own slope towards the horizon is no cloud
    stands_off = np.maximum(stands_off, np.clip((np.abs(middle) - 0.1) / 0.35, 0, 1))
    textured = np.clip((structure - 0.03) / 0.08, 0, 1)
    raw = np.clip(np.maximum(stands_off, textured), 0, 1).astype(np.float32)
    soft = masked_mean(raw, weight, side * 0.004)
    return np.clip(soft, 0, 1)


def _row_level(values: Float, where: NDArray[np.bool_], quantile: float) -> Float:
    """(h, 1): a quantile of each row's values at `where`, smoothed down the rows."""
    height = values.shape[0]
    known = np.flatnonzero(where.sum(1) >= 8)
    ordered = np.sort(np.where(where[known], values[known], np.float32(np.inf)), axis=1)
    at = quantile * (where[known].sum(1) - 1)
    below = at.astype(np.intp)
    low, high = (np.take_along_axis(ordered, (below + k)[:, None], 1)[:, 0] for k in (0, 1))
    level = low + (at - below) * (high - low)
    rows = np.interp(np.arange(height), known, level) if known.size else np.zeros(height)
    smooth = cv2.GaussianBlur(
        rows.astype(np.float32)[:, None], (1, 2 * max(1, height // 40) + 1), 0, sigmaY=max(1.0, 0.01 * height)
    )
    return np.asarray(smooth, np.float32).reshape(height, 1)


def _surface(values: Float, where: NDArray[np.bool_]) -> Float:
    """Least-squares quadratic surface through the values at `where`, everywhere."""
    height, width = values.shape
    y = np.linspace(-1, 1, height, dtype=np.float32)
    x = np.linspace(-1, 1, width, dtype=np.float32)
    where_flat = np.flatnonzero(where.ravel())
    chosen = where_flat[:: max(1, where_flat.size // 4000)]
    near_y, near_x = y[chosen // width].astype(np.float64), x[chosen % width].astype(np.float64)
    design = np.stack([np.ones_like(near_x), near_x, near_y, near_x**2, near_x * near_y, near_y**2], -1)
    ridge = np.diag([0, 1, 1, 4, 4, 4]) * 0.01 * len(chosen) + np.eye(6) * 1e-9
    found = values.ravel()[chosen].astype(np.float64)
    c = np.linalg.solve(design.T @ design + ridge, design.T @ found).astype(np.float32)
    low, high = np.quantile(found, [0.02, 0.98])
    up, across = (c[0] + c[2] * y + c[5] * y * y)[:, None], (c[1] + c[4] * y)[:, None]
    return np.asarray(np.clip(up + (across + c[3] * x) * x, low - 0.5, high + 0.5), np.float32)


def masked_mean(image: Float, mask: Float, sigma: float) -> Float:
    """Gaussian mean over the mask only (normalised convolution), computed small. (h, w) float32."""
    step = max(1, int(sigma // 3))
    size = (max(1, image.shape[1] // step), max(1, image.shape[0] // step))
    top = cv2.GaussianBlur(cv2.resize(image * mask, size, interpolation=cv2.INTER_AREA), (0, 0), sigma / step)
    mass = cv2.GaussianBlur(cv2.resize(mask, size, interpolation=cv2.INTER_AREA), (0, 0), sigma / step)
    out = cv2.resize(top / np.maximum(mass, 1e-4), (image.shape[1], image.shape[0]), interpolation=cv2.INTER_CUBIC)
    return np.asarray(out, np.float32)
