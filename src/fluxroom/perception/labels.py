"""The second eye: what the picture and its parts look like, by a classifier of 1000 classes.

The weights and their card lie in `weights/`; `training/perception/export_labels.py` makes them. Looked at
only when a question needs it.
"""

from __future__ import annotations

import json
import weakref
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from fluxroom.perception.regions import display
from fluxroom.perception.session import open_network
from fluxroom.scene import Float, Scene

Box = tuple[float, float, float, float]

WHOLE_SIDE = 384
"""Long side of the whole picture as the classifier sees it."""
CROP_SIDE = 224
SUBJECTS = ("animal", "person", "object")


@dataclass(frozen=True, slots=True)
class View:
    """One look: at which part of the photo, the probability of each class there, and by place.

    probabilities   (1000,)
    places          (h, w, 1000) logits on a coarse grid over the box
    features        (1280,), which small models stand on
    """

    box: Box
    probabilities: Float
    places: Float
    features: Float


@dataclass(frozen=True, slots=True)
class Labels:
    """The whole picture, five overlapping parts, and the regions that may be a subject, each with the region's name."""

    whole: View
    parts: tuple[View, ...]
    subjects: tuple[tuple[str, View], ...]


@cache
def class_names() -> tuple[str, ...]:
    """English names of the 1000 classes (see data/README.md for the source)."""
    text = files("fluxroom.perception").joinpath("data/imagenet_names.json").read_text("utf-8")
    return tuple(json.loads(text))


@cache
def _session() -> Any:
    return open_network("labels")


def _look(pictures: list[NDArray[np.uint8]]) -> tuple[Float, Float]:
    """Pictures of one shape, sides multiples of 32 -> logits (n, h, w, 1000) and features (n, 1280)."""
    batch = np.stack(pictures).transpose(0, 3, 1, 2).astype(np.float32)
    logits, features = _session().run(None, {"image": np.ascontiguousarray(batch)})
    return np.asarray(logits.transpose(0, 2, 3, 1), np.float32), np.asarray(features, np.float32)


def pretrained_places(rgb: NDArray[np.uint8]) -> Float:
    """The classifier's 1000 logits at each place of a picture (h, w, 3) uint8 sRGB: (h', w', 1000), h' about h / 32."""
    scale = WHOLE_SIDE / max(rgb.shape[:2])
    size = (max(64, round(rgb.shape[1] * scale / 32) * 32), max(64, round(rgb.shape[0] * scale / 32) * 32))
    return np.asarray(_look([_cut(rgb, (0, 0, 1, 1), size)])[0][0], np.float32)


def softmax(logits: Float) -> Float:
    """Over the last axis."""
    e = np.exp(logits - logits.max(-1, keepdims=True))
    return np.asarray(e / e.sum(-1, keepdims=True), np.float32)


def _view(box: Box, logits: Float, features: Float) -> View:
    return View(box, softmax(logits.mean((0, 1))), logits, features)


def _cut(screen: NDArray[np.uint8], box: Box, size: tuple[int, int]) -> NDArray[np.uint8]:
    height, width = screen.shape[:2]
    x0, x1 = int(box[0] * width), max(int(box[0] * width) + 2, int(np.ceil(box[2] * width)))
    y0, y1 = int(box[1] * height), max(int(box[1] * height) + 2, int(np.ceil(box[3] * height)))
    return np.asarray(cv2.resize(screen[y0:y1, x0:x1], size, interpolation=cv2.INTER_AREA), np.uint8)


def subject_boxes(scene: Scene, names: tuple[str, ...] = SUBJECTS, most: int = 4) -> list[tuple[str, Box]]:
    """Square boxes, a little wider than each piece of a region that may be a subject; the largest first."""
    found: list[tuple[float, str, Box]] = []
    height, width = scene.preview.shape[:2]
    for name in names:
        mask = scene.regions.get(name)
        if mask is None:
            continue
        count, _, stats, _ = cv2.connectedComponentsWithStats((mask > 0.4).astype(np.uint8), connectivity=8)
        for i in range(1, count):
            x, y, w, h, area = (int(v) for v in stats[i])
            if area < 0.0006 * mask.size or (name == "object" and area > 0.5 * mask.size):
                continue
            half = max(w, h) * 0.65 + 8
            cx, cy = x + w / 2, y + h / 2
            box = (
                max(0.0, (cx - half) / width), max(0.0, (cy - half) / height),
                min(1.0, (cx + half) / width), min(1.0, (cy + half) / height),
            )  # fmt: skip
            found.append((area * (0.3 if name == "object" else 1.0), name, box))
    found.sort(key=lambda item: -item[0])
    return [(name, box) for _, name, box in found[:most]]


def find_labels(scene: Scene) -> Labels:
    """Look at the whole picture and at parts of it. About a quarter of a second on two cores."""
    screen = np.round(display(scene.preview) * 255).astype(np.uint8)
    height, width = screen.shape[:2]
    scale = WHOLE_SIDE / max(height, width)
    size = (max(64, round(width * scale / 32) * 32), max(64, round(height * scale / 32) * 32))
    logits, features = _look([_cut(screen, (0, 0, 1, 1), size)])
    whole = _view((0.0, 0.0, 1.0, 1.0), logits[0], features[0])
    part = 0.6
    boxes: list[Box] = [(x, y, x + part, y + part) for y in (0.0, 1 - part) for x in (0.0, 1 - part)]
    boxes.append((0.2, 0.2, 0.8, 0.8))
    subjects = subject_boxes(scene)
    boxes += [box for _, box in subjects]
    logits, features = _look([_cut(screen, box, (CROP_SIDE, CROP_SIDE)) for box in boxes])
    views = [_view(*some) for some in zip(boxes, logits, features, strict=True)]
    named = tuple((name, view) for (name, _), view in zip(subjects, views[5:], strict=True))
    return Labels(whole, tuple(views[:5]), named)


_seen: dict[int, tuple[weakref.ref[Any], Labels]] = {}


def labels_of(scene: Scene) -> Labels:
    """`find_labels`, kept as long as the scene's preview lives."""
    key = id(scene.preview)
    kept = _seen.get(key)
    if kept is not None and kept[0]() is scene.preview:
        return kept[1]
    found = find_labels(scene)
    _seen[key] = (weakref.ref(scene.preview, lambda _: _seen.pop(key, None)), found)
    return found
