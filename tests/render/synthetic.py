"""Small made-up photos and scenes for the renderer's tests."""

from __future__ import annotations

import cv2
import numpy as np

from fluxroom.photo.color import ColorProfile
from fluxroom.photo.photo import Codes, Encoding, Metadata, Photo
from fluxroom.scene import Float, Guess, Horizon, Light, Scene


def make_codes(height: int, width: int, bits: int = 8, channels: int = 3, seed: int = 0) -> Codes:
    """A blue sky over a dark textured ground with a wavy edge, a thin mast and some noise."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width] / max(height, width)
    edge = 0.3 * height / max(height, width) + 0.03 * np.sin(x * 20)
    sky = np.stack([0.45 + 0.3 * y, 0.6 + 0.2 * y, 0.85 + 0 * y], -1)
    ground = np.stack([0.3 + 0.1 * np.sin(x * 90), 0.28 + 0.1 * np.sin(y * 110), 0.15 + 0 * y], -1)
    above = (y < edge)[..., None]
    image = np.where(above, sky, ground) + rng.normal(0, 0.01, (height, width, 3))
    image[: height * 2 // 3, width // 3] = 0.1
    top = 255 if bits == 8 else 65535
    codes = (np.clip(image, 0, 1) * top + 0.5).astype(np.uint8 if bits == 8 else np.uint16)
    return np.ascontiguousarray(codes if channels == 3 else codes[..., :1])


def make_photo(codes: Codes) -> Photo:
    profile = ColorProfile.srgb() if codes.shape[2] == 3 else ColorProfile.grey_srgb()
    bits = 8 if codes.dtype == np.uint8 else 16
    return Photo(codes, None, profile, Metadata(), Encoding("tiff", bits=bits))


def make_scene(photo: Photo, side: int = 96) -> Scene:
    """A scene whose sky is what is bluish and above the edge; soft by area averaging."""
    linear = photo.linear()
    h, w = linear.shape[:2]
    scale = min(1.0, side / max(h, w))
    size = (max(1, round(w * scale)), max(1, round(h * scale)))
    preview: Float = cv2.resize(linear, size, interpolation=cv2.INTER_AREA).reshape(size[1], size[0], 3)
    y, x = np.mgrid[0:h, 0:w] / max(h, w)
    hard = (y < 0.3 * h / max(h, w) + 0.03 * np.sin(x * 20)).astype(np.float32)
    hard[: h * 2 // 3, w // 3] = 0
    sky: Float = cv2.resize(hard, size, interpolation=cv2.INTER_AREA).reshape(size[1], size[0])
    nothing = np.zeros_like(sky)
    regions = dict.fromkeys(("clouds", "vegetation", "building", "object"), nothing)
    water = (1 - sky) * (np.arange(size[0]) < size[0] / 2).astype(np.float32)
    regions |= {"sky": sky, "water": water, "ground": 1 - sky - water}
    light = Light(0.2, 0.2, True, (1.0, 1.0, 1.0), 0.2, 20.0, 0.1, 1.0)
    day, clear = Guess("day", 1.0), Guess("clear", 1.0)
    return Scene(w, h, preview, regions, {}, Horizon(0.3, 0.3, 1.0), light, day, clear)
