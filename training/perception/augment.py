"""Random crops, lights, hazes and skies: what makes few photos many.

Each function is pure but for the generator that it draws from.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import cv2
import numpy as np
from label import CLASSES, UNKNOWN
from numpy.typing import NDArray
from photos import SKY, Sample

Pixels = NDArray[Any]

SHAPES = ((320, 448), (288, 448), (256, 448), (448, 320), (384, 384))
"""Heights and widths of training pictures; one for each batch."""
PALETTES = (  # top and horizon of invented skies, BGR 0..255
    ((190, 110, 50), (235, 205, 170)),  # clear day
    ((225, 215, 205), (235, 232, 228)),  # white overcast
    ((150, 140, 132), (190, 185, 180)),  # grey overcast
    ((90, 82, 78), (150, 140, 130)),  # storm
    ((140, 90, 90), (90, 150, 245)),  # sunset
    ((110, 70, 60), (160, 150, 225)),  # dusk
    ((60, 35, 20), (110, 75, 45)),  # blue hour
    ((25, 15, 10), (45, 30, 22)),  # night
    ((255, 255, 255), (250, 250, 250)),  # blown out
)
_NOISE = np.random.default_rng(0).normal(0, 1, 1 << 20).astype(np.float32)


def _uniform(rng: np.random.Generator, low: float, high: float) -> float:
    return float(rng.uniform(low, high))


def fractal(height: int, width: int, rng: np.random.Generator) -> Pixels:
    """(h, w) float32 of mean 0 and spread 1: value noise in octaves, flattened towards the bottom as clouds are."""
    total = np.zeros((height, width), np.float32)
    cells = _uniform(rng, 2, 5)
    for octave in range(5):
        n = max(2, round(cells * 2**octave))
        small = rng.normal(0, 1, (max(2, round(n * _uniform(rng, 1, 2.5))), n)).astype(np.float32)
        total += cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC) * 0.55**octave
    rows = (np.linspace(0, 1, height, dtype=np.float32) ** 0.6 * (height - 1))[:, None].repeat(width, 1)
    columns = np.arange(width, dtype=np.float32)[None].repeat(height, 0)
    total = cv2.remap(total, columns, rows, cv2.INTER_LINEAR)
    return np.asarray((total - total.mean()) / max(float(total.std()), 1e-3), np.float32)


def invented_sky(height: int, width: int, rng: np.random.Generator) -> Pixels:
    """(h, w, 3) uint8 BGR: a slope of colour, clouds, a sun's glow, stars or curtains of aurora."""
    top, low = (np.array(c, np.float32) * _uniform(rng, 0.75, 1.2) for c in PALETTES[int(rng.integers(len(PALETTES)))])
    ramp = np.linspace(0, 1, height, dtype=np.float32)[:, None, None] ** _uniform(rng, 0.5, 2)
    sky = np.broadcast_to(top * (1 - ramp) + low * ramp, (height, width, 3)).astype(np.float32)
    dark = float(top.mean()) < 50
    if rng.random() < 0.75:
        noise = fractal(height, width, rng)
        cover = np.clip((noise - _uniform(rng, -1, 1.2)) * _uniform(rng, 0.6, 2.5), 0, 1)[..., None]
        shade = np.clip(fractal(height, width, rng) * 0.25 + _uniform(rng, 0.4, 1.1), 0, 1.3)[..., None]
        tint = low * 0.5 + float(low.max()) * 0.5
        sky = sky * (1 - cover) + np.clip(tint * shade, 0, 255) * cover
    if rng.random() < 0.25 and not dark:
        y, x = _uniform(rng, 0.1, 1.1) * height, _uniform(rng, 0, 1) * width
        distance = np.hypot(np.arange(height, dtype=np.float32)[:, None] - y, np.arange(width, dtype=np.float32) - x)
        glow = np.exp(-distance / (_uniform(rng, 0.05, 0.3) * width))[..., None]
        sky = sky + glow * np.array([150, 200, 255], np.float32)
    if dark and rng.random() < 0.7:
        stars = (rng.random((height, width)) < _uniform(rng, 0.0003, 0.004)).astype(np.float32)
        sky = sky + cv2.GaussianBlur(stars, (0, 0), 0.7)[..., None] * 600
    if dark and rng.random() < 0.5:
        curtain = np.clip(fractal(8, width, rng).mean(0, keepdims=True) + 0.3, 0, 2)
        bend = cv2.GaussianBlur(fractal(height, width, rng), (0, 0), 0.03 * width) * 0.06 * width
        columns = np.arange(width, dtype=np.float32)[None] + bend
        rows = np.zeros_like(columns)
        bands = cv2.remap(curtain.astype(np.float32), columns.astype(np.float32), rows, cv2.INTER_LINEAR)
        fade = np.sin(np.linspace(0, np.pi, height, dtype=np.float32))[:, None]
        color = np.array(((120, 230, 60), (150, 120, 130), (60, 200, 120))[int(rng.integers(3))], np.float32)
        sky = sky + (bands * fade)[..., None] * color
    return np.clip(sky, 0, 255).astype(np.uint8)


def borrowed_sky(other: Sample, size: tuple[int, int]) -> Pixels | None:
    """Another photo's sky stretched to (height, width), or None if it has too little of it."""
    donor = other.labels == SKY
    if donor.mean() < 0.15:
        return None
    rows, columns = np.flatnonzero(donor.mean(1) > 0.5), np.flatnonzero(donor.mean(0) > 0.3)
    if rows.size < 40 or columns.size < 40:
        return None
    patch = other.image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    return np.asarray(cv2.resize(patch, (size[1], size[0]), interpolation=cv2.INTER_LINEAR))


def with_sky(sample: Sample, sky: Pixels) -> Sample:
    """The photo with another sky behind it; sky is (h', w, 3), as high as the lowest of the old one."""
    mask = sample.labels == SKY
    back = np.concatenate([sky, np.repeat(sky[-1:], mask.shape[0] - sky.shape[0], 0)])
    alpha = cv2.GaussianBlur(mask.astype(np.float32), (0, 0), 1.0)[..., None]
    return replace(sample, image=(sample.image * (1 - alpha) + back * alpha).astype(np.uint8))


def other_sky(sample: Sample, others: list[Sample], rng: np.random.Generator) -> Sample:
    """Now and then another's sky or an invented one, so that skies and lands meet in new pairs."""
    chance = rng.random()
    if sample.sky is not None or chance > 0.4:
        return sample
    mask = sample.labels == SKY
    if mask.mean() < 0.05:
        return sample
    size = (int(np.flatnonzero(mask.any(1))[-1]) + 1, mask.shape[1])
    other = others[int(rng.integers(len(others)))]
    sky = borrowed_sky(other, size) if chance > 0.2 else invented_sky(*size, rng)
    return sample if sky is None else with_sky(sample, sky)


def crop(sample: Sample, shape: tuple[int, int], rng: np.random.Generator) -> Sample:
    """A random part of the photo with the aspect of `shape`, at that size, perhaps mirrored."""
    height, width = sample.labels.shape
    zoom = 1.0 if rng.random() < 0.35 else _uniform(rng, 0.45, 1.0)
    scale = min(height / shape[0], width / shape[1]) * zoom
    stretch = _uniform(rng, 0.85, 1.15)
    h, w = min(height, round(shape[0] * scale * stretch)), min(width, round(shape[1] * scale))
    if zoom == 1.0 and rng.random() < 0.6:
        h, w = height, width  # the whole photo, a little out of proportion
    y, x = int(rng.integers(0, height - h + 1)), int(rng.integers(0, width - w + 1))
    part, size = (slice(y, y + h), slice(x, x + w)), (shape[1], shape[0])
    image = cv2.resize(sample.image[part], size, interpolation=cv2.INTER_AREA)
    labels = cv2.resize(sample.labels[part], size, interpolation=cv2.INTER_NEAREST)
    sky = None if sample.sky is None else cv2.resize(sample.sky[part], size)
    taken = replace(sample, image=image, labels=labels, sky=sky)
    return taken.mirrored() if rng.random() < 0.5 else taken


def hazed(image: Pixels, labels: Pixels, rng: np.random.Generator) -> Pixels:
    """Air between: what lies far, near the sky's lower edge, fades into its colour."""
    sky = labels == SKY
    if sky.mean() < 0.03 or not (~sky).any():
        return image
    lowest = float(np.median(np.where(sky.any(0), sky.shape[0] - np.argmax(sky[::-1], axis=0), 0)))
    band = slice(max(0, int(lowest) - 30), int(lowest) + 1)
    near = image[band][sky[band]]
    color = near.mean(0) if len(near) > 20 else np.array([200.0] * 3)
    rows = np.arange(sky.shape[0], dtype=np.float32)
    fade = np.exp(-np.maximum(rows - 0.7 * lowest, 0) / (_uniform(rng, 0.05, 0.4) * sky.shape[0]))
    alpha = (_uniform(rng, 0.3, 0.9) * fade)[:, None, None] * ~sky[..., None]
    return np.asarray(image * (1 - alpha) + color * alpha).astype(np.uint8)


def relit(image: Pixels, rng: np.random.Generator) -> Pixels:
    """Other exposure, contrast, colour, sharpness, noise and compression; sometimes night or black and white."""
    night = rng.random() < 0.1
    gamma = _uniform(rng, 1.5, 2.8) if night else _uniform(rng, 0.6, 1.7)
    gain = _uniform(rng, 0.6, 1.4) * rng.uniform(0.82, 1.2, 3) * ((1.15, 0.95, 0.8) if night else (1, 1, 1))
    contrast = _uniform(rng, 0.7, 1.3)
    codes = (np.arange(256, dtype=np.float32)[:, None] / 255) ** gamma * gain
    table = np.clip(((codes - 0.5) * contrast + 0.5) * 255, 0, 255).astype(np.uint8)
    out = cv2.LUT(image, table[None])
    saturation = 0.0 if rng.random() < 0.08 else _uniform(rng, 0.4, 1.5)
    mix = np.full((3, 3), (1 - saturation) / 3, np.float32) + np.eye(3, dtype=np.float32) * np.float32(saturation)
    out = cv2.transform(out, mix)
    if rng.random() < 0.25:
        out = cv2.GaussianBlur(out, (0, 0), _uniform(rng, 0.4, 1.8))
    if rng.random() < 0.6:
        start = int(rng.integers(_NOISE.size))
        noise = np.roll(_NOISE, start)[: out.size] if out.size <= _NOISE.size else np.resize(_NOISE, out.size)
        out = np.clip(out + noise.reshape(out.shape) * np.float32(_uniform(rng, 0, 9)), 0, 255).astype(np.uint8)
    if rng.random() < 0.2:
        coded = cv2.imencode(".jpg", out, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(25, 90))])[1]
        out = cv2.imdecode(coded, cv2.IMREAD_COLOR)
    return np.asarray(out)


def targets(sample: Sample) -> tuple[Pixels, Pixels, Pixels]:
    """Shares of each class (classes, h/4, w/4), of the sky and of where it is known, (h/4, w/4), float32."""
    labels = sample.labels
    grid = (labels.shape[1] // 4, labels.shape[0] // 4)

    def shrink(x: Pixels) -> Pixels:
        return np.asarray(cv2.resize(x.astype(np.float32), grid, interpolation=cv2.INTER_AREA))

    shares = np.stack([shrink(labels == i) for i in range(len(CLASSES))])
    if sample.sky is not None:
        return shares, shrink(sample.sky), np.ones_like(shares[0])
    return shares, shares[SKY], shrink(labels != UNKNOWN)


def example(
    sample: Sample, shape: tuple[int, int], others: list[Sample], rng: np.random.Generator
) -> tuple[Pixels, ...]:
    """One training example: image (3, h, w) uint8 RGB and `targets`."""
    sample = crop(other_sky(sample, others, rng), shape, rng)
    image = sample.image
    if sample.sky is None and rng.random() < 0.2:
        image = hazed(image, sample.labels, rng)
    image = relit(image, rng)
    return np.ascontiguousarray(image[:, :, ::-1].transpose(2, 0, 1)), *targets(sample)
