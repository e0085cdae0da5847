"""What is where: soft region masks of a picture."""

from __future__ import annotations

import cv2
import numpy as np

from fluxroom.perception.eye import CLASSES, look
from fluxroom.perception.matte import guided, sky_matte
from fluxroom.scene import Float

GROUND = ("sand", "snow", "rock", "mountain", "road")
PLAIN = ("water", "sand", "snow", "rock", "mountain", "building", "road", "person", "animal")


def display(linear: Float) -> Float:
    """Linear Rec.2020 -> sRGB-encoded sRGB, 0..1, clipped: what a screen (and the network) sees."""
    matrix = np.array(
        [[1.6605, -0.5876, -0.0728], [-0.1246, 1.1329, -0.0083], [-0.0182, -0.1006, 1.1187]], np.float32
    )
    rgb = np.clip(linear @ matrix.T, 0, 1)
    return np.where(rgb <= 0.0031308, 12.92 * rgb, 1.055 * rgb ** np.float32(1 / 2.4) - 0.055).astype(np.float32)


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
    sky = sky_matte(pixels, full["sky"])
    grey = np.ascontiguousarray(pixels.mean(2))
    radius = max(2, round(max(height, width) / 128))
    soft = {name: np.clip(guided(grey, full[name], radius, 1e-3), 0, 1) for name in CLASSES if name != "sky"}
    total = np.maximum(sum(soft.values()), 1e-3)
    rest = (1 - sky) / total
    parts = {name: (mask * rest).astype(np.float32) for name, mask in soft.items()}
    regions: dict[str, Float] = {"sky": sky, "clouds": cloud_mask(preview, sky)}
    regions |= {name: parts[name] for name in PLAIN}
    regions["vegetation"] = parts["vegetation"] + parts["grass"]
    regions["ground"] = np.clip(sum(parts[name] for name in (*GROUND, "grass")), 0, 1).astype(np.float32)
    regions["object"] = parts["object"] + parts["other"]
    confidence = {name: _sureness(full, name) for name in CLASSES}
    confidence["clouds"] = 0.6 * confidence["sky"]
    confidence["ground"] = min(confidence[name] for name in GROUND)
    keep = {}
    for name, mask in regions.items():
        faint = mask < 0.02
        keep[name] = np.where(faint, 0, mask).astype(np.float32)
    return keep, {name: confidence.get(name, 0.5) for name in keep}


def _sureness(full: dict[str, Float], name: str) -> float:
    """How decided the network is about a class: 1 when every pixel is plainly in or out."""
    p = full[name]
    area = float(np.maximum(p, 1e-6).sum())
    undecided = float((p * (1 - p)).sum()) / area
    return round(float(np.clip(1 - 2 * undecided, 0, 1)), 3)


def cloud_mask(preview: Float, sky: Float) -> Float:
    """Clouds inside the sky: what stands off from the smooth clear-sky gradient.

    A clear sky's colour changes slowly; clouds are less blue than it, or have
    structure at the scale of some per cent of the frame.
    """
    inside = sky > 0.5
    if inside.sum() < 64:
        return np.zeros_like(sky)
    height, width = sky.shape
    light = np.log2(np.maximum(preview.mean(2), 1e-4)).astype(np.float32)
    blueness = np.log2(np.maximum(preview[..., 2], 1e-4) / np.maximum(preview[..., 0], 1e-4)).astype(np.float32)
    weight = inside.astype(np.float32)
    sigma = max(height, width) * 0.04

    def mean(x: Float) -> Float:
        step = max(1, int(sigma // 4))
        size = (max(1, width // step), max(1, height // step))
        small = cv2.GaussianBlur(cv2.resize(x * weight, size, interpolation=cv2.INTER_AREA), (0, 0), sigma / step)
        mass = cv2.GaussianBlur(cv2.resize(weight, size, interpolation=cv2.INTER_AREA), (0, 0), sigma / step)
        return np.asarray(cv2.resize(small / np.maximum(mass, 1e-4), (width, height)), np.float32)

    structure = np.sqrt(mean((light - mean(light)) ** 2))
    clear = float(np.quantile(blueness[inside], 0.95))
    if clear < 0.5:  # no blue anywhere: dusk or overcast, only structure tells
        grey = np.zeros_like(light)
    else:
        grey = np.clip((clear - blueness - 0.35) / 0.6, 0, 1)
    textured = np.clip((structure - 0.05) / 0.12, 0, 1)
    return (np.clip(np.maximum(grey, textured), 0, 1) * sky).astype(np.float32)
