"""Draw and check region labels: coarse polygons by eye, refined by graph cut.

    python training/perception/label.py grid PHOTO... -o sheet.png      photos with a coordinate grid
    python training/perception/label.py check LABEL.json... --photos DIR... -o sheet.png   overlays

A label file is JSON:

    {"file": "20_skye_valley_sunset.jpg", "folder": "photos", "sha256": "...", "source": "...", "licence": "...",
     "regions": [{"class": "sky", "polygon": [[0, 0], [1, 0], [1, 0.4], [0, 0.45]]}, ...]}

Polygons are in normalised coordinates of the photo as displayed; later ones lie
over earlier ones. Pixels under no polygon are unknown and are ignored in training
and measuring. A class pair such as "sky|vegetation" marks a mixed area (branches
against the sky) where the graph cut decides pixel by pixel between the two; a pair
of the same class, "object|object", takes the polygon exactly (thin things).
"""

from __future__ import annotations

import argparse
import hashlib
import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from fluxroom.perception.eye import CLASSES

UNKNOWN = 255
COLORS = {  # overlay colours, BGR
    "sky": (255, 160, 60),
    "water": (200, 60, 0),
    "sand": (120, 220, 255),
    "vegetation": (20, 120, 20),
    "grass": (60, 230, 120),
    "snow": (255, 255, 255),
    "rock": (90, 90, 130),
    "mountain": (140, 80, 140),
    "building": (40, 40, 230),
    "road": (128, 128, 128),
    "person": (0, 255, 255),
    "animal": (0, 160, 255),
    "object": (255, 0, 255),
    "other": (30, 60, 90),
}


def load(path: Path, side: int) -> np.ndarray[Any, Any]:
    """The photo as displayed, BGR uint8, long side at most `side`."""
    image = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if image is None:
        raise SystemExit(f"{path}: not a readable photo")
    scale = side / max(image.shape[:2])
    return cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) if scale < 1 else image


def rasterise(label: dict[str, Any], image: np.ndarray[Any, Any], refine: bool = True) -> np.ndarray[Any, Any]:
    """Class index per pixel (uint8, UNKNOWN = 255) at the image's size; boundaries refined on the image."""
    height, width = image.shape[:2]
    coarse = np.full((height, width), UNKNOWN, np.uint8)
    mixed: list[tuple[np.ndarray[Any, Any], tuple[str, str]]] = []
    for region in label["regions"]:
        points = np.round(np.array(region["polygon"], np.float64) * (width, height)).astype(np.int32)
        first, _, second = region["class"].partition("|")
        area = np.zeros((height, width), np.uint8)
        cv2.fillPoly(area, [points], 1)
        coarse[area > 0] = CLASSES.index(second or first)
        if second:
            mixed.append((area, (first, second)))
    if not refine:
        return coarse
    unknown = coarse == UNKNOWN
    band = max(2, round(0.012 * max(height, width)))
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * band + 1, 2 * band + 1))
    # Boundaries between classes: watershed from the insides of the polygons.
    markers = np.zeros((height, width), np.int32)
    for index in np.unique(coarse[~unknown]):
        area = (coarse == index).astype(np.uint8)
        inner = cv2.erode(area, kernel, borderType=cv2.BORDER_CONSTANT, borderValue=1)
        small = cv2.erode(area, np.ones((3, 3), np.uint8), borderType=cv2.BORDER_CONSTANT, borderValue=1)
        markers[(inner if inner.sum() > 0.25 * area.sum() else small) > 0] = int(index) + 1
    markers[unknown] = 99
    cv2.watershed(cv2.GaussianBlur(image, (0, 0), 1.0), markers)
    refined = np.where((markers > 0) & (markers != 99), markers - 1, coarse).astype(np.uint8)
    refined[unknown] = UNKNOWN
    # Sky edges and mixed areas: graph cut on colour.
    sky = CLASSES.index("sky")
    pairs = [(area, pair) for area, pair in mixed]
    has_sky = (refined == sky).any()
    if has_sky:
        edge = cv2.dilate((refined == sky).astype(np.uint8), kernel) - cv2.erode(
            (refined == sky).astype(np.uint8), kernel, borderType=cv2.BORDER_CONSTANT, borderValue=1
        )
        near = cv2.dilate(((refined != sky) & ~unknown).astype(np.uint8), kernel) > 0
        refined = _cut(image, refined, (edge > 0) & near & ~unknown, sky, None)
    for area, pair in pairs:
        refined = _cut(image, refined, (area > 0) & ~unknown, CLASSES.index(pair[0]), CLASSES.index(pair[1]))
    return refined


def _cut(
    image: np.ndarray[Any, Any],
    labels: np.ndarray[Any, Any],
    area: np.ndarray[Any, Any],
    first: int,
    second: int | None,
) -> np.ndarray[Any, Any]:
    """Decide between `first` and the rest inside `area` by GrabCut, trained on what is sure nearby."""
    if first == second:
        exact = labels.copy()
        exact[area] = first
        return exact
    trimap = np.where(labels == first, cv2.GC_FGD, cv2.GC_BGD).astype(np.uint8)
    trimap[area] = np.where(labels[area] == first, cv2.GC_PR_FGD, cv2.GC_PR_BGD)
    if not (trimap == cv2.GC_FGD).any() or not (trimap == cv2.GC_BGD).any():
        return labels
    background, foreground = np.zeros((1, 65)), np.zeros((1, 65))
    cv2.setRNGSeed(0)
    cv2.grabCut(image, trimap, None, background, foreground, 2, cv2.GC_INIT_WITH_MASK)
    out = labels.copy()
    chosen = area & ((trimap == cv2.GC_FGD) | (trimap == cv2.GC_PR_FGD))
    lost = area & ~chosen & (labels == first)
    out[chosen] = first
    if second is not None:
        out[area & ~chosen] = second
    elif lost.any():  # take the nearest other class
        others = np.where((labels == first) | (labels == UNKNOWN), 1, 0).astype(np.uint8)
        if (others == 0).any():
            _, nearest = cv2.distanceTransformWithLabels(others, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL)
            lookup = np.zeros(int(nearest.max()) + 1, np.uint8)
            lookup[nearest[others == 0]] = labels[others == 0]
            out[lost] = lookup[nearest[lost]]
    return out


def overlay(image: np.ndarray[Any, Any], labels: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """The photo with each class tinted and outlined; unknown stays as it is."""
    out = image.astype(np.float32)
    for index, name in enumerate(CLASSES):
        out[labels == index] = 0.45 * out[labels == index] + 0.55 * np.array(COLORS[name], np.float32)
    return out.astype(np.uint8)


def _tile(pictures: list[np.ndarray[Any, Any]], columns: int) -> np.ndarray[Any, Any]:
    height, width = max(p.shape[0] for p in pictures), max(p.shape[1] for p in pictures)
    rows = []
    for start in range(0, len(pictures), columns):
        row = [
            cv2.copyMakeBorder(p, 0, height - p.shape[0], 0, width - p.shape[1], cv2.BORDER_CONSTANT)
            for p in pictures[start : start + columns]
        ]
        row += [np.zeros((height, width, 3), np.uint8)] * (columns - len(row))
        rows.append(np.hstack(row))
    return np.vstack(rows)


def _grid(path: Path, side: int) -> np.ndarray[Any, Any]:
    image = load(path, side)
    height, width = image.shape[:2]
    for step in range(1, 20):
        x, y = round(width * step / 20), round(height * step / 20)
        weight = 1
        color = (0, 255, 255) if step % 2 == 0 else (90, 90, 90)
        cv2.line(image, (x, 0), (x, height), color, weight)
        cv2.line(image, (0, y), (width, y), color, weight)
        if step % 2 == 0:
            cv2.putText(image, f".{step * 5:02d}"[:3], (x + 1, 10), cv2.FONT_HERSHEY_SIMPLEX, 0.35, (0, 0, 255), 1)
            cv2.putText(image, f".{step * 5:02d}"[:3], (1, y - 2), cv2.FONT_HERSHEY_SIMPLEX, 0.35, (0, 0, 255), 1)
    return _titled(image, path.name)


def _titled(image: np.ndarray[Any, Any], title: str) -> np.ndarray[Any, Any]:
    out = cv2.copyMakeBorder(image, 18, 4, 0, 6, cv2.BORDER_CONSTANT)
    cv2.putText(out, title, (2, 13), cv2.FONT_HERSHEY_SIMPLEX, 0.45, (255, 255, 255), 1)
    return out


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=["grid", "check"])
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--photos", nargs="+", type=Path, default=[])
    parser.add_argument("--side", type=int, default=640)
    parser.add_argument("--columns", type=int, default=2)
    arguments = parser.parse_args()
    pictures = []
    for path in arguments.files:
        if arguments.command == "grid":
            pictures.append(_grid(path, arguments.side))
            continue
        label = json.loads(path.read_text())
        photo = next((d / label["file"] for d in arguments.photos if (d / label["file"]).exists()), None)
        if photo is None:
            raise SystemExit(f"{path}: its photo {label['file']} is in none of the folders")
        image = load(photo, 1024)
        picture = overlay(image, rasterise(label, image))
        scale = arguments.side / max(picture.shape[:2])
        picture = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        pictures.append(_titled(picture, label["file"]))
    cv2.imwrite(str(arguments.output), _tile(pictures, arguments.columns))


if __name__ == "__main__":
    main()
