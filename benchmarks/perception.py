"""`make bench-perception DATA=folder`: how well regions are found, on labelled photos never trained on.

DATA has the folders photos/ and pool/ that the label files in training/perception/labels name. On the held-out third
it prints: intersection over union of the sky and its boundary's F-score (the network alone, the refined matte, and
three others in the same run: "blue or bright, above the middle"; the top third; the pretrained classifier with a linear
read-out fitted to the same training photos), each class, the confusion matrix, the worst photos, time and memory.
"""

from __future__ import annotations

import argparse
import resource
import sys
import time
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "training" / "perception"))

from label import CLASSES, UNKNOWN, overlay  # noqa: E402
from photos import SKY, Sample, held_out, labelled  # noqa: E402

from fluxroom.perception import perceive  # noqa: E402
from fluxroom.perception.eye import look  # noqa: E402
from fluxroom.perception.labels import pretrained_places  # noqa: E402
from fluxroom.photo import open_photo  # noqa: E402

Map = NDArray[Any]
NAMES = CLASSES[:-1]
"""The last class, "other", is part of the region "object" in a scene, so both count as one here."""
TOLERANCE = 0.004
"""A boundary point counts as found if the other boundary is within this share of the long side."""


def iou(a: Map, b: Map) -> float:
    return float((a & b).sum() / max(1, (a | b).sum()))


def boundary_f(truth: Map, guess: Map, known: Map) -> float:
    """F-score of the boundary (Csurka et al. 2013), where both sides of it are known."""
    reach = max(1, round(TOLERANCE * max(truth.shape)))
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    sure = cv2.erode(known.astype(np.uint8), np.ones((3, 3), np.uint8), borderValue=1) > 0

    def edge(mask: Map) -> Map:
        m = mask.astype(np.uint8)
        return np.asarray((cv2.morphologyEx(m, cv2.MORPH_GRADIENT, np.ones((2, 2), np.uint8)) > 0) & sure)

    a, b = edge(truth), edge(guess)
    if not a.any() or not b.any():
        return 0.0
    recall = float((cv2.dilate(b.astype(np.uint8), disc) > 0)[a].mean())
    precision = float((cv2.dilate(a.astype(np.uint8), disc) > 0)[b].mean())
    return 2 * precision * recall / max(precision + recall, 1e-9)


def naive_sky(image: Map) -> Map:
    hsv = cv2.cvtColor(image, cv2.COLOR_BGR2HSV).astype(np.float32) / 255
    blue = (hsv[..., 0] * 255 > 90) & (hsv[..., 0] * 255 < 130) & (hsv[..., 2] > 0.4)
    return np.asarray((blue | (hsv[..., 2] > 0.8)) & (np.arange(image.shape[0])[:, None] < 0.5 * image.shape[0]))


def top_third(image: Map) -> Map:
    return np.broadcast_to(np.arange(image.shape[0])[:, None] < image.shape[0] / 3, image.shape[:2])


def read_out(training: list[Sample]) -> Any:
    """A logistic regression from what the pretrained classifier says of each place to our classes."""
    from sklearn.linear_model import LogisticRegression

    rows, wanted = [], []
    for sample in training:
        places = pretrained_places(np.ascontiguousarray(sample.image[:, :, ::-1]))
        h, w = places.shape[:2]
        labels = cv2.resize(sample.labels, (w, h), interpolation=cv2.INTER_NEAREST)
        rows.append(places[labels != UNKNOWN])
        wanted.append(labels[labels != UNKNOWN])
    return LogisticRegression(C=1e-4, max_iter=300).fit(np.concatenate(rows), np.concatenate(wanted))


def linear_sky(model: Any, image: Map) -> Map:
    places = pretrained_places(np.ascontiguousarray(image[:, :, ::-1]))
    p = model.predict_proba(places.reshape(-1, places.shape[2]))[:, list(model.classes_).index(SKY)]
    return np.asarray(cv2.resize(p.reshape(places.shape[:2]).astype(np.float32), image.shape[1::-1]) > 0.5)


def print_confusion(confusion: Map) -> None:
    print("\nof what is (rows), how much was called what (columns), in percent:")
    print(" " * 11 + "".join(f"{name[:6]:>7s}" for name in NAMES))
    for name, row in zip(NAMES, confusion, strict=True):
        if row.sum():
            print(f"{name:11s}" + "".join(f"{100 * v / row.sum():7.1f}" for v in row))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--overlays", type=Path, help="folder for pictures of what was found, worst sky first")
    arguments = parser.parse_args()
    cv2.setNumThreads(2)
    samples = labelled(arguments.data)
    model = read_out([s for s in samples if not held_out(s.name)])
    skies: dict[str, list[tuple[float, float, str]]] = {}
    pixels: dict[str, list[int]] = {}
    false_sky: list[tuple[float, str]] = []
    confusion = np.zeros((len(NAMES), len(NAMES)), np.int64)
    drawn: list[tuple[float, str, Map]] = []
    times = []
    for sample in (s for s in samples if held_out(s.name)):
        name = f"{sample.name[5:]}.jpg" if sample.name.startswith("pool_") else f"{sample.name}.jpg"
        photo = open_photo(arguments.data / ("pool" if sample.name.startswith("pool_") else "photos") / name)
        perceive(photo)
        started = time.perf_counter()
        scene = perceive(photo)
        times.append(time.perf_counter() - started)
        truth, image = sample.labels, sample.image
        known, size = truth != UNKNOWN, image.shape[1::-1]
        masks = {n: cv2.resize(m, size) for n, m in scene.regions.items()}
        found = np.stack([masks.get("trees" if n == "vegetation" else n, np.zeros(size[::-1])) for n in NAMES]).argmax(
            0
        )
        merged = np.where(truth == CLASSES.index("other"), NAMES.index("object"), truth)
        pairs = merged[known].astype(np.int64) * len(NAMES) + found[known]
        confusion += np.bincount(pairs, minlength=confusion.size).reshape(confusion.shape)
        coarse = look(np.ascontiguousarray(image[:, :, ::-1]))[SKY]
        guesses = {
            "refined": masks["sky"] > 0.5,
            "network": cv2.resize(coarse, size) > 0.5,
            "pretrained, linear": linear_sky(model, image),
            "blue or bright": naive_sky(image),
            "top third": top_third(image),
        }
        real = truth == SKY
        if real.sum() < 0.002 * known.sum():
            false_sky.append((float(guesses["refined"].mean()), sample.name))
            continue
        for kind, guess in guesses.items():
            value = iou(real[known], guess[known])
            skies.setdefault(kind, []).append((value, boundary_f(real, guess, known), sample.name))
            both = pixels.setdefault(kind, [0, 0])
            both[0] += int((real & guess & known).sum())
            both[1] += int(((real | guess) & known).sum())
        drawn.append((skies["refined"][-1][0], sample.name, np.hstack([image, overlay(image, found.astype(np.uint8))])))
    print(f"{len(skies['refined'])} held-out photos with a sky, {len(false_sky)} without")
    print(f"{'sky':20s} IoU, all pixels   mean of photos   median   boundary F")
    for kind, rows in skies.items():
        values = [v for v, _, _ in rows]
        print(
            f"{kind:20s} {pixels[kind][0] / pixels[kind][1]:15.4f} {np.mean(values):16.4f} {np.median(values):8.4f}"
            f" {np.mean([f for _, f, _ in rows]):12.4f}"
        )
    print("worst skies:", ", ".join(f"{stem} {value:.2f}" for value, _, stem in sorted(skies["refined"])[:10]))
    print("sky where there is none:", ", ".join(f"{s} {v:.1%}" for v, s in sorted(false_sky, reverse=True)[:6]))
    inter = np.diag(confusion)
    union = confusion.sum(0) + confusion.sum(1) - inter
    present = confusion.sum(1) > 0
    print("\nIoU by class, all pixels:")
    for name, value, there in zip(NAMES, inter / np.maximum(union, 1), present, strict=True):
        print(f"  {name:11s} {value:.3f}" if there else f"  {name:11s} not there")
    print(f"  mean        {(inter[present] / union[present]).mean():.3f}; accuracy {inter.sum() / confusion.sum():.3f}")
    print_confusion(confusion)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"\nperceive, warm: median {1000 * float(np.median(times)):.0f} ms, least {1000 * min(times):.0f} ms")
    print(f"peak memory of this bench {memory:.0f} MiB")
    if arguments.overlays is not None:
        arguments.overlays.mkdir(parents=True, exist_ok=True)
        for place, (_, stem, picture) in enumerate(sorted(drawn, key=lambda row: row[0])):
            cv2.imwrite(str(arguments.overlays / f"{place:02d}_{stem}.jpg"), picture)
    return 0


if __name__ == "__main__":
    sys.exit(main())
