"""`make bench-light DATA=folder`: horizon, roll, and the direction and softness of light against what was seen.

light.yaml was made by looking. Only the development part is scored, unless --held-out asks for the third of the
photos, by hash of the name as in questions.py, that nothing was tuned on. The angle is also measured on photos turned
by known angles, the largest upright part kept. The temperature of light has no truth in a photo; what is measured is
whether tinting a photo like black-body light moves the estimate by as much.
"""

from __future__ import annotations

import argparse
import math
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import yaml

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "benchmarks"))

from questions import held_out  # noqa: E402

from fluxroom.perception import perceive  # noqa: E402
from fluxroom.perception.light import find_light  # noqa: E402
from fluxroom.photo import open_photo  # noqa: E402
from fluxroom.scene import Scene  # noqa: E402

TURNS = (-8.0, -5.0, -2.0, 3.0, 6.0)
SURE = 0.5
Row = dict[str, Any]


@dataclass
class Scores:
    """turns: (error in degrees, confidence); heights: (error as part of the height, confidence)."""

    plain: list[tuple[float, float]] = field(default_factory=list)
    turned: list[tuple[float, float]] = field(default_factory=list)
    heights: list[tuple[float, float]] = field(default_factory=list)
    false_lines: list[bool] = field(default_factory=list)
    kinds: list[tuple[bool, bool, float]] = field(default_factory=list)
    kind_names: list[list[str]] = field(default_factory=list)
    sides: list[tuple[bool, float]] = field(default_factory=list)
    suns: list[float | None] = field(default_factory=list)
    false_suns: list[str] = field(default_factory=list)
    soft: list[bool] = field(default_factory=list)
    mireds: list[tuple[float, float]] = field(default_factory=list)
    times: list[float] = field(default_factory=list)


def turned(image: np.ndarray, degrees: float) -> np.ndarray:
    """The picture turned so that its horizon falls to the right by so much more; the largest inner part."""
    height, width = image.shape[:2]
    a = math.radians(abs(degrees))
    scale = min(
        width / (width * math.cos(a) + height * math.sin(a)), height / (width * math.sin(a) + height * math.cos(a))
    )
    matrix = cv2.getRotationMatrix2D((width / 2 - 0.5, height / 2 - 0.5), -degrees, 1.0)
    whole = cv2.warpAffine(image, matrix, (width, height), flags=cv2.INTER_CUBIC)
    w, h = int(width * scale) - 2, int(height * scale) - 2
    x, y = (width - w) // 2, (height - h) // 2
    return whole[y : y + h, x : x + w]


def tint(kelvin: float) -> np.ndarray:
    """Linear Rec.2020 of a black body (chromaticity by Kang et al., JKPS 41, 2002), green 1."""
    t = kelvin
    if t < 4000:
        x = -0.2661239e9 / t**3 - 0.2343589e6 / t**2 + 0.8776956e3 / t + 0.179910
        y = -0.9549476 * x**3 - 1.37418593 * x**2 + 2.09137015 * x - 0.16748867
    else:
        x = -3.0258469e9 / t**3 + 2.1070379e6 / t**2 + 0.2226347e3 / t + 0.240390
        y = 3.0817580 * x**3 - 5.87338670 * x**2 + 3.75112997 * x - 0.37001483
    xyz = np.array([x / y, 1.0, (1 - x - y) / y])
    to_rec2020 = np.array(
        [[1.716651, -0.355671, -0.253366], [-0.666684, 1.616481, 0.015769], [0.017640, -0.042771, 0.942103]]
    )
    rgb = to_rec2020 @ xyz
    return np.asarray(rgb / rgb[1], np.float32)


def measure_horizon(row: Row, scene: Scene, path: Path, scores: Scores, folder: Path, turn: bool) -> None:
    if "horizon" not in row:
        return
    line = scene.horizon
    if not row["horizon"]:
        scores.false_lines.append(line.confidence >= SURE)
        return
    left, right = row["horizon"]
    scores.heights.append((abs(line.y(0.5) - (left + right) / 2), line.confidence))
    if row.get("rough"):
        return
    truth = math.degrees(math.atan2((right - left) * scene.height, scene.width))

    def error(seen: Scene, more: float) -> tuple[float, float]:
        angle = seen.horizon.angle(seen.width, seen.height)
        return abs(angle - truth - more), max(seen.horizon.confidence, seen.horizon.angle_confidence)

    scores.plain.append(error(scene, 0.0))
    image = cv2.imread(str(path))
    for degrees in TURNS if turn and image is not None else ():
        target = folder / "turned.png"
        cv2.imwrite(str(target), turned(image, degrees))
        scores.turned.append(error(perceive(open_photo(target)), degrees))


def measure_light(row: Row, scene: Scene, scores: Scores) -> None:
    light = scene.light
    if "kind" in row:
        accepted = light.kind.value in row["kind"]
        scores.kinds.append((accepted, light.kind.value == row["kind"][0], light.kind.confidence))
        scores.kind_names.append(row["kind"])
    if row.get("side") in ("left", "right"):
        across = math.sin(math.radians(light.azimuth))
        scores.sides.append(((across > 0) == (row["side"] == "right"), light.azimuth_confidence))
    if "softness" in row:
        scores.soft.append((light.softness >= 0.5) == (row["softness"] == "soft"))
    if "sun" in row:
        x, y = row["sun"]
        scores.suns.append(math.hypot(light.x - x, light.y - y) if light.visible else None)
    elif light.visible:
        scores.false_suns.append(row["photo"])


def measure_temperature(scene: Scene, scores: Scores) -> None:
    """How far the estimate moves, in mired, when the picture is tinted; against how far it should."""
    if scene.light.kelvin_confidence < SURE or not 3500 < scene.light.kelvin < 9000:
        return
    for kelvin in (4500.0, 5500.0, 8000.0):
        tinted = (scene.preview * (tint(kelvin) / tint(6500.0))).astype(np.float32)
        tinted /= max(1.0, float(np.quantile(tinted, 0.999)))
        seen = find_light(tinted, scene.regions, scene.horizon, scene.field_of_view)
        moved = 1e6 / seen.kelvin - 1e6 / scene.light.kelvin
        scores.mireds.append((moved, 1e6 / kelvin - 1e6 / 6500))


def spread(values: list[tuple[float, float]], unit: str) -> str:
    """Median and 90th percentile of the errors, of all and of those that are sure."""
    parts = []
    for name, some in (("sure", [v for v, c in values if c >= SURE]), ("all", [v for v, _ in values])):
        if some:
            parts.append(
                f"{name} {len(some)}: median {np.median(some):.3f}{unit}, 90 % {np.quantile(some, 0.9):.3f}{unit}"
            )
    return "; ".join(parts)


def part(values: list[bool]) -> str:
    return f"{np.mean(values):.0%} of {len(values)}" if values else "none"


def report(scores: Scores) -> None:
    print("angle of photos as they are  ", spread(scores.plain, "°"))
    print("angle of photos turned       ", spread(scores.turned, "°"))
    print("height of the horizon        ", spread(scores.heights, ""))
    print("a sure line where none is    ", part(scores.false_lines))
    print("kind, one a fair eye accepts ", part([a for a, _, _ in scores.kinds]))
    print("kind, the likeliest          ", part([f for _, f, _ in scores.kinds]))
    kind = Counter(k for names in scores.kind_names for k in names).most_common(1)
    if kind:
        print(f"  always {kind[0][0]:20s}   {kind[0][1] / len(scores.kind_names):.0%}")
    print(f"  mean confidence               {np.mean([c for _, _, c in scores.kinds]):.0%}")
    print("side, left or right          ", part([r for r, _ in scores.sides]))
    print("  where confidence >= 0.5    ", part([r for r, c in scores.sides if c >= SURE]))
    print("soft or hard                 ", part(scores.soft))
    found = [d for d in scores.suns if d is not None]
    print(f"suns in the frame found       {len(found)} of {len(scores.suns)}, off by {[round(d, 3) for d in found]}")
    print("suns where none is labelled  ", ", ".join(scores.false_suns) or "none")
    if scores.mireds:
        gain = [moved / true for moved, true in scores.mireds]
        error = [abs(moved - true) for moved, true in scores.mireds]
        print(
            f"temperature, {len(gain)} tints        moves by {np.median(gain):.0%} of the tint (median), "
            f"off by {np.median(error):.0f} mired, 90 % {np.quantile(error, 0.9):.0f}"
        )
    print(f"perceive, the whole scene     {1000 * np.median(scores.times):.0f} ms (median)")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--held-out", action="store_true", help="the held-out third only")
    parser.add_argument("--no-turns", action="store_true", help="leave out the turned photos, which take longest")
    parser.add_argument("--wrong", action="store_true", help="print what is wrong (development part only)")
    arguments = parser.parse_args()
    rows: list[Row] = yaml.safe_load((ROOT / "benchmarks/light.yaml").read_text(encoding="utf-8"))
    scores = Scores()
    photos = 0
    with tempfile.TemporaryDirectory() as folder:
        for row in rows:
            path = arguments.data / row["photo"]
            if held_out(row["photo"]) != arguments.held_out or not path.exists():
                continue
            photos += 1
            photo = open_photo(path)
            started = time.perf_counter()
            scene = perceive(photo)
            scores.times.append(time.perf_counter() - started)
            measure_horizon(row, scene, path, scores, Path(folder), not arguments.no_turns)
            measure_light(row, scene, scores)
            measure_temperature(scene, scores)
            light = scene.light
            if arguments.wrong and not arguments.held_out and "kind" in row and light.kind.value not in row["kind"]:
                print(f"  {row['photo']}: {light.kind.value} {light.kind.confidence}, not {row['kind']}")
    print(f"{photos} photos")
    report(scores)
    return 0


if __name__ == "__main__":
    sys.exit(main())
