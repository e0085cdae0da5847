"""Pictures drawn anew each time: studio backdrops, rooms, patterns and discs on black, and plain landscapes.

The labelled photos hold few of the first, and a smooth bright field above something dark is just what a sky looks
like. The landscapes keep the network from taking every drawn sky for a wall.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from augment import invented_sky
from label import CLASSES
from numpy.typing import NDArray
from photos import SKY, Sample

Pixels = NDArray[Any]
OTHER = CLASSES.index("other")
SUBJECTS = [CLASSES.index(name) for name in ("person", "animal", "object", "other")]
VEGETATION, GRASS = CLASSES.index("vegetation"), CLASSES.index("grass")
LANDS = [CLASSES.index(name) for name in ("water", "sand", "grass", "vegetation", "rock", "mountain", "snow", "road")]
SIZE = (448, 640)
"""Height and width of what is drawn."""


def _color(rng: np.random.Generator, low: float, high: float, colorful: float) -> Pixels:
    """A BGR colour about as bright as low..high; colorful 0 is grey."""
    return np.clip(rng.uniform(low, high) * (1 + colorful * rng.uniform(-1, 1, 3)), 0, 255).astype(np.float32)


def _shaded(height: int, width: int, a: Pixels, b: Pixels, rng: np.random.Generator) -> Pixels:
    """A smooth field from one colour to another in any direction, darker towards the corners or around a lamp."""
    y, x = np.meshgrid(np.linspace(-1, 1, height), np.linspace(-1, 1, width), indexing="ij")
    turn = rng.uniform(0, 2 * np.pi)
    t = ((x * np.cos(turn) + y * np.sin(turn)) / 2.8 + 0.5)[..., None]
    light = 1 - rng.uniform(0, 0.6) * ((x - rng.uniform(-1, 1)) ** 2 + (y - rng.uniform(-1, 1)) ** 2) / 4
    return np.asarray((a * (1 - t) + b * t) * light[..., None], np.float32)


def _field(height: int, width: int, rng: np.random.Generator, blue: bool = False) -> Pixels:
    """A wall, a cloth or paper: white, grey or of any colour; a sky's own blue only if `blue`."""
    kind = int(rng.integers(4))
    if kind == 0:
        white = np.full(3, rng.uniform(235, 255), np.float32)
        return _shaded(height, width, white, white * rng.uniform(0.85, 1.0), rng)
    low, high, colorful = ((60, 200, 0.08), (120, 240, 0.25), (30, 220, 0.6))[kind - 1]
    a = _color(rng, low, high, colorful)
    if a[0] > 1.05 * a[2] and not blue:
        a = np.ascontiguousarray(a[::-1])
    return _shaded(height, width, a, np.clip(a * rng.uniform(0.6, 1.3), 0, 255), rng)


def backdrop(others: list[Sample], rng: np.random.Generator) -> Sample | None:
    """A subject cut out of a photo, before a plain background; None if the photo drawn has no subject."""
    donor = others[int(rng.integers(len(others)))]
    mask = np.isin(donor.labels, SUBJECTS).astype(np.uint8)
    count, parts, stats, _ = cv2.connectedComponentsWithStats(mask)
    if count < 2:
        return None
    part = 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA]))
    x, y, w, h, area = (int(v) for v in stats[part])
    if area < 0.01 * mask.size or (w > 0.97 * mask.shape[1] and h > 0.9 * mask.shape[0]):
        return None
    alpha = cv2.GaussianBlur((parts == part).astype(np.float32), (0, 0), 1.0)[y : y + h, x : x + w]
    subject, labels = donor.image[y : y + h, x : x + w], donor.labels[y : y + h, x : x + w]
    height, width = SIZE
    scale = min(height / h, width / w) * rng.uniform(0.65, 0.98)
    size = (max(8, round(w * scale)), max(8, round(h * scale)))
    alpha = cv2.resize(alpha, size)
    subject = cv2.resize(subject, size, interpolation=cv2.INTER_AREA)
    labels = cv2.resize(labels, size, interpolation=cv2.INTER_NEAREST)
    left = int(rng.integers(0, width - size[0] + 1))
    top = height - size[1] if rng.random() < 0.5 else int(rng.integers(0, height - size[1] + 1))
    large = size[1] > 0.8 * height and top + size[1] == height
    image, where = _field(height, width, rng, blue=large), (slice(top, top + size[1]), slice(left, left + size[0]))
    if rng.random() < 0.5:  # the table, with an edge or without
        edge = int(rng.uniform(0.55, 0.95) * height)
        table = _field(height - edge, width, rng)
        image[edge:] = table if rng.random() < 0.5 else image[edge:] * rng.uniform(0.75, 0.97)
    if rng.random() < 0.6:
        shadow = np.zeros((height, width), np.float32)
        shadow[where] = alpha
        shadow = cv2.GaussianBlur(np.roll(shadow, rng.integers(-12, 13, 2), (0, 1)), (0, 0), rng.uniform(4, 20))
        image *= (1 - rng.uniform(0.1, 0.5) * shadow)[..., None]
    image[where] = image[where] * (1 - alpha[..., None]) + subject * alpha[..., None]
    target = np.full((height, width), OTHER, np.uint8)
    target[where] = np.where(alpha > 0.5, labels, OTHER)
    return Sample("backdrop", np.clip(image, 0, 255).astype(np.uint8), target)


def room(rng: np.random.Generator) -> Sample:
    """Walls, floor and ceiling in perspective, furniture of boxes, pictures, lamps."""
    height, width = SIZE
    image = _field(height, width, rng)
    left, right = int(rng.uniform(-0.2, 0.4) * width), int(rng.uniform(0.6, 1.2) * width)
    top, foot = int(rng.uniform(-0.1, 0.25) * height), int(rng.uniform(0.55, 0.85) * height)
    corners = {
        "ceiling": [(0, 0), (width, 0), (right, top), (left, top)],
        "left": [(0, 0), (left, top), (left, foot), (0, height)],
        "right": [(width, 0), (right, top), (right, foot), (width, height)],
        "floor": [(0, height), (width, height), (right, foot), (left, foot)],
    }
    for name, polygon in corners.items():
        part = np.zeros((height, width), np.uint8)
        cv2.fillPoly(part, [np.array(polygon, np.int32)], 1)
        colour = _field(height, width, rng) if name == "floor" else image * np.float32(rng.uniform(0.7, 1.15))
        image = np.where(part[..., None] > 0, colour, image)
    for _ in range(int(rng.integers(1, 7))):
        w, h = (int(rng.uniform(0.04, 0.4) * s) for s in (width, height))
        x = int(rng.uniform(-0.1, 1) * width)
        y = int(rng.uniform(0.5, 1.0) * height) - h if rng.random() < 0.7 else int(rng.uniform(0, 0.6) * height)
        colour = tuple(float(c) for c in _color(rng, 15, 200, 0.5))
        cv2.rectangle(image, (x, y), (x + w, y + h), colour, -1)
        if rng.random() < 0.5:
            cv2.rectangle(image, (x, y), (x + w, y + h), tuple(0.5 * c for c in colour), int(rng.integers(1, 6)))
    for _ in range(int(rng.integers(0, 3))):
        x, y = rng.uniform(0, width), rng.uniform(0, 0.6) * height
        distance = np.hypot(np.arange(height, dtype=np.float32)[:, None] - y, np.arange(width, dtype=np.float32) - x)
        glow = np.exp(-distance / rng.uniform(10, 120)).astype(np.float32)[..., None]
        image = image + glow * np.array([90, 140, 170], np.float32)
    image = cv2.GaussianBlur(image, (0, 0), rng.uniform(0.4, 1.6))
    return Sample("room", np.clip(image, 0, 255).astype(np.uint8), np.full(SIZE, OTHER, np.uint8), plain=True)


def pattern(rng: np.random.Generator) -> Sample:
    """Chessboards, stripes, dots, written pages, in two colours."""
    height, width = SIZE
    y, x = np.meshgrid(np.arange(height), np.arange(width), indexing="ij")
    turn = rng.uniform(-0.4, 0.4) if rng.random() < 0.5 else 0.0
    u, v = x * np.cos(turn) + y * np.sin(turn) + 2000, y * np.cos(turn) - x * np.sin(turn) + 2000
    cell, kind = float(np.exp(rng.uniform(np.log(5), np.log(140)))), int(rng.integers(4))
    if kind == 0:
        dark = (u // cell + v // cell) % 2
    elif kind == 1:
        dark = (v // cell) % 2
    elif kind == 2:
        dark = (np.hypot(u % cell - cell / 2, v % cell - cell / 2) < cell * rng.uniform(0.15, 0.45)).astype(np.float64)
    else:
        line = rng.uniform(8, 40)
        words = rng.random((200, 800)) < 0.8
        dark = (v % line < 0.5 * line) & words[(v // line).astype(int) % 200, (u / line * 2).astype(int) % 800]
    a, b = _field(height, width, rng), _color(rng, 0, 255, 0.4)
    image = np.where(dark[..., None] > 0, b, a)
    return Sample("pattern", np.clip(image, 0, 255).astype(np.uint8), np.full(SIZE, OTHER, np.uint8), plain=True)


def disc(rng: np.random.Generator) -> Sample:
    """A lit round on black, as a microscope, a telescope or an eye doctor sees it."""
    height, width = SIZE
    image = np.full((height, width, 3), rng.uniform(0, 15), np.float32)
    part = np.zeros((height, width), np.uint8)
    radius = int(rng.uniform(0.25, 0.8) * height)
    cv2.circle(part, (int(rng.uniform(0.3, 0.7) * width), int(rng.uniform(0.3, 0.7) * height)), radius, 1, -1)
    inside = _field(height, width, rng)
    for _ in range(int(rng.integers(0, 30))):
        points = np.cumsum(np.vstack([rng.uniform(0, 1, 2) * (width, height), rng.normal(0, 14, (25, 2))]), 0)
        colour = tuple(float(c) for c in inside.mean((0, 1)) * rng.uniform(0.4, 1.3))
        cv2.polylines(inside, [points.astype(np.int32)], False, colour, int(rng.integers(1, 7)), cv2.LINE_AA)
    image = cv2.GaussianBlur(np.where(part[..., None] > 0, inside, image), (0, 0), 1.2)
    return Sample("disc", np.clip(image, 0, 255).astype(np.uint8), np.full(SIZE, OTHER, np.uint8), plain=True)


def landscape(rng: np.random.Generator) -> Sample:
    """An invented sky over bands of water, sand, grass or rock, with a level or hilly skyline and perhaps trunks."""
    height, width = SIZE
    foot = int(rng.uniform(0.25, 0.75) * height)
    image = np.zeros((height, width, 3), np.float32)
    image[:] = _field(height, width, rng, blue=True) * np.float32(rng.uniform(0.3, 0.8))
    labels = np.full((height, width), int(rng.choice(LANDS)), np.uint8)
    if rng.random() < 0.6:  # a nearer band
        edge = int(rng.uniform(foot + 10, height))
        image[edge:] = _field(height - edge, width, rng)
        labels[edge:] = int(rng.choice(LANDS))
    x = np.linspace(0, 2 * np.pi, width)
    waves = sum(np.sin(x * f + rng.uniform(0, 6)) / f for f in (1, 2.3, 5.1, 11.7))
    skyline = np.clip(foot + (waves * rng.uniform(0, 0.06) * height if rng.random() < 0.5 else 0 * waves), 8, height)
    above = np.arange(height)[:, None] < skyline[None]
    low = int(skyline.max())
    sky = invented_sky(low, width, rng).astype(np.float32)
    if rng.random() < 0.4:  # no clouds: a mere slope of colour
        a, b = sky[: low // 2].mean((0, 1)), sky[low // 2 :].mean((0, 1))
        t = np.linspace(0, 1, low, dtype=np.float32)[:, None, None]
        sky = np.broadcast_to(a * (1 - t) + b * t, sky.shape)
    image[:low] = np.where(above[:low, :, None], sky, image[:low])
    labels[above] = SKY
    for _ in range(int(rng.integers(0, 12)) if rng.random() < 0.4 else 0):
        at, thick = int(rng.uniform(0, width)), int(rng.integers(2, 12))
        shape = np.zeros((height, width), np.uint8)
        cv2.line(shape, (at, int(rng.uniform(foot, height))), (at, int(rng.uniform(0, foot))), 1, thick)
        image[shape > 0] = _color(rng, 15, 120, 0.2)
        labels[shape > 0] = VEGETATION
    return Sample("landscape", np.clip(image, 0, 255).astype(np.uint8), labels)


def fog(rng: np.random.Generator) -> Sample:
    """Trunks that fade into a pale sky over a dim meadow: the further, the less of them is left."""
    height, width = SIZE
    air = _color(rng, 120, 235, 0.05)
    foot = int(rng.uniform(0.5, 0.85) * height)
    image = _shaded(height, width, air, air * np.float32(rng.uniform(0.85, 1.1)), rng)
    labels = np.full((height, width), SKY, np.uint8)
    fade = (np.linspace(rng.uniform(0, 0.4), rng.uniform(0.6, 1), height - foot, dtype=np.float32) ** 1.5)[
        :, None, None
    ]
    image[foot:] = image[foot:] * (1 - fade) + _color(rng, 30, 120, 0.3) * fade
    labels[foot:] = GRASS
    wood = _color(rng, 15, 70, 0.2)
    for depth in np.sort(rng.uniform(0.15, 1.0, int(rng.integers(4, 22)))):
        x, thick = int(rng.uniform(0, width)), max(1, round(12 * depth))
        base, top = int(foot + (height - foot) * depth * 0.8), int(rng.uniform(-0.3, 0.7) * foot)
        tree = np.zeros((height, width), np.uint8)
        cv2.line(tree, (x, base), (x + int(rng.normal(0, 8)), top), 1, thick)
        for _ in range(int(rng.integers(0, 9))):
            y, reach = int(rng.uniform(top, base)), int(rng.uniform(5, 45) * depth)
            cv2.line(tree, (x, y), (x + reach * int(rng.choice((-1, 1))), y - reach), 1, max(1, thick // 3))
        share = np.float32(min(1.0, depth * rng.uniform(0.7, 1.2)))
        image[tree > 0] = image[tree > 0] * (1 - share) + wood * share
        labels[tree > 0] = VEGETATION
    return Sample("fog", np.clip(image, 0, 255).astype(np.uint8), labels)


def drawn(others: list[Sample], rng: np.random.Generator) -> Sample:
    """Any of them. others: photos to cut subjects from."""
    if rng.random() < 0.35:
        return fog(rng) if rng.random() < 0.3 else landscape(rng)
    kind = rng.random()
    if kind < 0.5:
        for _ in range(8):
            made = backdrop(others, rng)
            if made is not None:
                return made
    if kind < 0.75:
        return room(rng)
    return pattern(rng) if kind < 0.9 else disc(rng)
