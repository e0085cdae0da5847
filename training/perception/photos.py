"""The labelled photos as training sees them, and which of them training never sees."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from label import CLASSES, UNKNOWN, load, rasterise
from numpy.typing import NDArray

SKY = CLASSES.index("sky")
SIDE = 512
"""Long side of the picture that the network sees."""
LABELS = Path(__file__).parent / "labels"


@dataclass(frozen=True)
class Sample:
    """A photo, its class map and, where only the sky is known, a soft sky map.

    image   (h, w, 3) uint8 BGR, long side <= 1024
    labels  (h, w) uint8 class index or UNKNOWN
    sky     (h, w) float32 0..1, or None where the labels tell
    plain   all of it is one class: a macro, an interior, an abstract picture
    """

    name: str
    image: NDArray[Any]
    labels: NDArray[Any]
    sky: NDArray[Any] | None = None
    plain: bool = False

    def mirrored(self) -> Sample:
        sky = None if self.sky is None else np.ascontiguousarray(self.sky[:, ::-1])
        flipped = np.ascontiguousarray(self.image[:, ::-1]), np.ascontiguousarray(self.labels[:, ::-1])
        return replace(self, image=flipped[0], labels=flipped[1], sky=sky)


def held_out(name: str) -> bool:
    """A third of all photos, by hash of the name: only ever measured."""
    return int(hashlib.sha256(name.encode()).hexdigest(), 16) % 3 == 0


def network_size(height: int, width: int, side: int = SIDE) -> tuple[int, int]:
    scale = side / max(height, width)
    return max(64, round(height * scale / 32) * 32), max(64, round(width * scale / 32) * 32)


def labelled(data: Path) -> list[Sample]:
    """Every photo with a label file."""
    out = []
    for path in sorted(LABELS.glob("*.json")):
        label = json.loads(path.read_text())
        photo = data / label["folder"] / label["file"]
        if hashlib.sha256(photo.read_bytes()).hexdigest() != label["sha256"]:
            raise SystemExit(f"{photo} is not the photo that {path.name} was drawn on")
        image = load(photo, 1024)
        labels = rasterise(label, image)
        out.append(Sample(path.stem, image, labels, plain=len(np.unique(labels)) == 1))
    return out


def night_skies(data: Path) -> list[Sample]:
    """Night photos with soft sky masks (Apache-2.0); what is not sky is unknown."""
    out = []
    folder = data / "seg" / "google_night_sky"
    for photo in sorted((folder / "images").glob("*")):
        found = next(iter(sorted((folder / "masks").glob(photo.stem + "*"))), None)
        if found is None:
            continue
        image = load(photo, 1024)
        mask = cv2.imread(str(found), cv2.IMREAD_GRAYSCALE)
        sky = cv2.resize(mask, image.shape[1::-1]).astype(np.float32) / 255
        labels = np.where(sky > 0.9, SKY, UNKNOWN).astype(np.uint8)
        out.append(Sample(f"night_{photo.stem}", image, labels, sky))
    return out
