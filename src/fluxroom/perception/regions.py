"""What is where: soft region masks of a picture."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from fluxroom.operators.declare import LUMA
from fluxroom.perception.eye import CLASSES, look
from fluxroom.perception.horizon import find_horizon
from fluxroom.perception.matte import Guide, connected_sky, grey_of, sky_matte
from fluxroom.scene import Float

GROUND = ("sand", "snow", "rock", "mountain", "road")
PLAIN = ("water", "sand", "snow", "rock", "mountain", "building", "road", "person", "animal")


def display(linear: Float) -> Float:
    """Linear Rec.2020 -> sRGB-encoded sRGB, 0..1, clipped: what a screen (and the network) sees."""
    matrix = np.array([[1.6605, -0.5876, -0.0728], [-0.1246, 1.1329, -0.0083], [-0.0182, -0.1006, 1.1187]], np.float32)
    rgb = np.clip(linear @ matrix.T, 0, 1).astype(np.float32)
    encoded = np.where(rgb <= 0.0031308, 12.92 * rgb, 1.055 * rgb ** np.float32(1 / 2.4) - 0.055)
    return np.asarray(encoded, np.float32)


def find_regions(preview: Float) -> tuple[dict[str, Float], dict[str, float]]:
    """Masks and confidences of a picture.

    preview: (h, w, 3) float32 linear Rec.2020. Returns (name -> (h, w) float32 0..1,
    name -> confidence 0..1).
    """
    height, width = preview.shape[:2]
    screen = display(preview)
    grid = look(np.round(screen * 255).astype(np.uint8))
    full = {
        name: np.asarray(cv2.resize(grid[i], (width, height), interpolation=cv2.INTER_LINEAR), np.float32)
        for i, name in enumerate(CLASSES)
    }
    pixels = np.sqrt(np.clip(preview, 0, 1))
    full["sky"] = connected_sky(pixels, full["sky"], full["water"])
    sky = sky_matte(pixels, full["sky"])
    sky, full["water"] = above_the_sea(pixels, sky, full)
    guide = Guide(grey_of(pixels), max(2, round(max(height, width) / 128)), 1e-3)
    soft = {name: np.clip(guide.filtered(full[name]), 0, 1) for name in CLASSES if name != "sky"}
    total = np.maximum(sum(soft.values()), 1e-3)
    rest = (1 - sky) / total
    parts = {name: (mask * rest).astype(np.float32) for name, mask in soft.items()}
    regions: dict[str, Float] = {"sky": sky, "clouds": cloud_mask(preview, sky)}
    regions |= {name: parts[name] for name in PLAIN}
    regions["vegetation"] = parts["vegetation"] + parts["grass"]
    regions["trees"], regions["grass"] = parts["vegetation"], parts["grass"]
    regions["ground"] = np.clip(sum(parts[name] for name in (*GROUND, "grass")), 0, 1).astype(np.float32)
    regions["object"] = parts["object"] + parts["other"]
    confidence = {name: _sureness(full, name) for name in CLASSES}
    confidence["trees"] = confidence["vegetation"]
    confidence["clouds"] = 0.6 * confidence["sky"]
    confidence["ground"] = min(confidence[name] for name in GROUND)
    keep = {}
    for name, mask in regions.items():
        faint = mask < 0.02
        keep[name] = np.where(faint, 0, mask).astype(np.float32)
    return keep, {name: confidence.get(name, 0.5) for name in keep}


def above_the_sea(pixels: Float, sky: Float, full: dict[str, Float]) -> tuple[Float, Float]:
    """Sky and water set right by the sea's horizon: no sea lies above it, no sky below it.

    Only where the line was found surely; the edge is judged again with what was learnt.
    """
    horizon = find_horizon({"sky": sky, "water": full["water"]})
    if horizon.confidence < 0.6:
        return sky, full["water"]
    height, width = sky.shape
    line = (horizon.left + (horizon.right - horizon.left) * (np.arange(width) + 0.5) / width)[None, :]
    rows = ((np.arange(height) + 0.5) / height)[:, None]
    above, below = rows < line - 0.004, rows > line + 0.006
    prior, water = full["sky"], full["water"]
    moved_up = np.where(above, water, 0)
    moved_down = np.where(below, prior, 0)
    if float(moved_up.max()) < 0.3 and float(moved_down.max()) < 0.3:
        return sky, water
    prior = (prior + moved_up - moved_down).astype(np.float32)
    full["sky"] = prior
    return sky_matte(pixels, prior), (water - moved_up + moved_down).astype(np.float32)


def _sureness(full: dict[str, Float], name: str) -> float:
    """How decided the network is about a class: 1 when every pixel is plainly in or out."""
    p = full[name]
    area = float(np.maximum(p, 1e-6).sum())
    undecided = float((p * (1 - p)).sum()) / area
    return round(float(np.clip(1 - 2 * undecided, 0, 1)), 3)


def cloud_mask(preview: Float, sky: Float) -> Float:
    """Clouds inside the sky: what stands off from the smooth gradient of a clear sky.

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
    return (np.clip(soft, 0, 1) * sky).astype(np.float32)


def _row_level(values: Float, where: NDArray[np.bool_], quantile: float) -> Float:
    """(h, 1): a quantile of each row's values at `where`, smoothed down the rows."""
    height = values.shape[0]
    known = [y for y in range(height) if where[y].sum() >= 8]
    level = [float(np.quantile(values[y, where[y]], quantile)) for y in known]
    rows = np.interp(np.arange(height), known, level) if known else np.zeros(height)
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
