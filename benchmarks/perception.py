"""`make bench-perception DATA=folder`: how well regions are found, on labelled photos never trained on.

DATA has the folders photos/ and pool/ that the label files in training/perception/labels name.
Prints, over the held-out third: intersection over union of the sky (network alone, refined matte, and
the naive baseline "blue or bright, above the middle"), of each class, the worst photos, and milliseconds.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

import cv2
import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "training" / "perception"))

from label import CLASSES, UNKNOWN, load, rasterise  # noqa: E402

from fluxroom.perception import perceive  # noqa: E402
from fluxroom.perception.eye import look  # noqa: E402
from fluxroom.photo import open_photo  # noqa: E402

MERGED = {"vegetation": ("vegetation", "grass"), "object": ("object", "other")}


def held_out(name: str) -> bool:
    import hashlib

    return int(hashlib.sha256(name.encode()).hexdigest(), 16) % 3 == 0


def ratio(a: np.ndarray, b: np.ndarray) -> float | None:
    union = (a | b).sum()
    return float((a & b).sum() / union) if union > 0.002 * a.size else None


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--all", action="store_true", help="the photos trained on as well")
    arguments = parser.parse_args()
    scores: dict[str, list[tuple[float, str]]] = {"network": [], "matte": [], "naive": []}
    totals = {name: [0, 0] for name in ("water", "vegetation", "sand", "snow", "rock", "mountain", "building", "road")}
    false_sky: list[tuple[float, str]] = []
    times = []
    for path in sorted((ROOT / "training/perception/labels").glob("*.json")):
        if not arguments.all and not held_out(path.stem):
            continue
        label = json.loads(path.read_text())
        source = arguments.data / label["folder"] / label["file"]
        if not source.exists():
            continue
        image = load(source, 1024)
        truth = rasterise(label, image)
        photo = open_photo(source)
        started = time.perf_counter()
        scene = perceive(photo)
        times.append(time.perf_counter() - started)
        size = (truth.shape[1], truth.shape[0])
        known = truth != UNKNOWN
        sky = (truth == CLASSES.index("sky"))[known]

        def at(mask: np.ndarray, size: tuple[int, int] = size, known: np.ndarray = known) -> np.ndarray:
            return (cv2.resize(mask, size) > 0.5)[known]

        coarse = look(np.ascontiguousarray(image[:, :, ::-1]))[0]
        hsv = cv2.cvtColor(image, cv2.COLOR_BGR2HSV).astype(np.float32) / 255
        blue = (hsv[..., 0] * 255 > 90) & (hsv[..., 0] * 255 < 130) & (hsv[..., 2] > 0.4)
        naive = (blue | (hsv[..., 2] > 0.8)) & (np.arange(truth.shape[0])[:, None] < 0.5 * truth.shape[0])
        found = at(scene.regions["sky"])
        if sky.sum() < 0.002 * sky.size:
            false_sky.append((float(found.mean()), path.stem))
        else:
            guesses = {"network": at(coarse), "matte": found, "naive": naive[known]}
            for name, guess in guesses.items():
                value = ratio(sky, guess)
                if value is not None:
                    scores[name].append((value, path.stem))
        for name, total in totals.items():
            classes = MERGED.get(name, (name,))
            real = np.isin(truth, [CLASSES.index(c) for c in classes])[known]
            guess = at(scene.regions[name])
            total[0] += int((real & guess).sum())
            total[1] += int((real | guess).sum())
    for name, values in scores.items():
        print(f"sky IoU, {name:8s} mean of {len(values)} photos {np.mean([v for v, _ in values]):.3f}")
    print("worst skies:", ", ".join(f"{stem} {value:.2f}" for value, stem in sorted(scores["matte"])[:10]))
    print("sky where there is none:", ", ".join(f"{s} {v:.1%}" for v, s in sorted(false_sky, reverse=True)[:5]))
    for name, (both, either) in totals.items():
        print(f"{name:12s} IoU {both / max(1, either):.3f}")
    print(f"perceive: median {1000 * float(np.median(times)):.0f} ms")
    return 0


if __name__ == "__main__":
    sys.exit(main())
