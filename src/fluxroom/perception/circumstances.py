"""Time of day and weather, from pixels, each with its probabilities and the evidence in words.

Small additive scores, made probabilities by a softmax; the thresholds were set on
the development photos and are measured by `benchmarks/perception.py`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fluxroom.operators.declare import LUMA
from fluxroom.scene import Float, Guess, Light


@dataclass(frozen=True, slots=True)
class Facts:
    """What the judgements rest on. Luminances are linear, 1 = white; ratios in stops."""

    mean: float  # luminance of the whole picture
    sky: float  # median luminance of the sky (of all without sky)
    ground: float  # median luminance of the rest
    sky_share: float
    blue: float  # log2(blue/red) of the sky, median
    warm_part: float  # share of the sky that is plainly orange or pink
    land_blue: float  # log2(blue/red) of what is not sky
    cloud: float  # share of the sky that is cloud
    lamps: float  # share of very bright spots outside the sky in a dark picture
    contrast: float  # 95th to 5th percentile of the whole, stops
    snow: float


def facts(preview: Float, regions: dict[str, Float]) -> Facts:
    luma = preview @ np.array(LUMA, np.float32)
    ratio = np.log2(np.maximum(preview[..., 2], 2e-4) / np.maximum(preview[..., 0], 2e-4))
    sky = regions["sky"] > 0.5
    land = ~sky
    has = sky.mean() > 0.01
    warm = (ratio < -0.6) & (luma > 0.01)
    low, high = np.quantile(np.maximum(luma, 1e-4), [0.05, 0.95])
    return Facts(
        mean=float(luma.mean()),
        sky=float(np.median(luma[sky])) if has else float(luma.mean()),
        ground=float(np.median(luma[land])) if land.any() else float(luma.mean()),
        sky_share=float(sky.mean()),
        blue=float(np.median(ratio[sky])) if has else 0.0,
        warm_part=float(warm[sky].mean()) if has else 0.0,
        land_blue=float(np.median(ratio[land])) if land.any() else 0.0,
        cloud=float(regions["clouds"][sky].mean()) if has else 0.0,
        lamps=float(((luma > 0.6) & land).mean()) if float(luma.mean()) < 0.12 else 0.0,
        contrast=float(np.log2(high / low)),
        snow=float(regions["snow"].mean()) if "snow" in regions else 0.0,
    )


def _guess(scores: dict[str, float], evidence: dict[str, list[str]], sureness: float) -> Guess:
    names = list(scores)
    values = np.array([scores[n] for n in names])
    p = np.exp(values - values.max())
    p /= p.sum()
    best = names[int(p.argmax())]
    return Guess(
        value=best,
        confidence=round(float(p.max()) * sureness, 3),
        probabilities={n: round(float(v), 3) for n, v in zip(names, p, strict=True)},
        evidence=tuple(evidence.get(best, [])),
    )


def find_time(f: Facts, light: Light) -> Guess:
    """day, golden_hour, dusk, blue_hour or night."""
    score = {"day": 0.8, "golden_hour": 0.0, "dusk": 0.0, "blue_hour": 0.0, "night": 0.0}
    why: dict[str, list[str]] = {name: [] for name in score}

    def add(name: str, amount: float, reason: str) -> None:
        score[name] += amount
        if amount > 0.5:
            why[name].append(reason)

    sky = f.sky if f.sky_share > 0.01 else f.mean
    add("day", float(np.clip(4 * (sky - 0.18), -1.5, 2)), f"the sky is bright ({sky:.2f} of white)")
    add("day", 1.0 if f.blue > 0.4 and sky > 0.12 else 0.0, "the sky is blue")
    add("day", float(np.clip(10 * (f.ground - 0.08), -0.5, 1)), "the ground is well lit")
    warm = float(np.clip(f.warm_part * 3, 0, 2))
    add("dusk", warm if f.ground < 0.12 else 0.4 * warm, f"{f.warm_part:.0%} of the sky is orange or pink")
    add("dusk", 1.0 if sky < 0.35 and f.ground < 0.05 and f.blue < 0.9 else 0.0, "the land is dark under a dim sky")
    add("golden_hour", warm if f.ground >= 0.05 else 0.5 * warm, f"{f.warm_part:.0%} of the sky is warm")
    add(
        "golden_hour",
        float(np.clip(-2.0 * (f.land_blue + 0.7), 0, 1.6)) * (light.warmth + 0.4),
        "warm light on the land",
    )
    add("blue_hour", 2.2 if f.blue > 0.9 and sky < 0.16 and f.ground < 0.05 else 0.0, "a deep blue, dim sky")
    add("blue_hour", float(np.clip(1.2 * f.land_blue, 0, 1.2)) if f.mean < 0.15 else 0.0, "the land is bluish and dim")
    add("night", float(np.clip(60 * (0.045 - sky), -3, 3)), "the sky is nearly black")
    add("night", 1.2 if f.lamps > 0.0005 else 0.0, "bright lamps in the dark")
    return _guess(score, why, 0.95 if f.sky_share > 0.03 else 0.6)


def find_weather(f: Facts) -> Guess:
    """clear, partly_cloudy, overcast, storm, fog or snow."""
    score = {"clear": 0.3, "partly_cloudy": 0.2, "overcast": 0.0, "storm": -0.8, "fog": -0.3, "snow": -0.8}
    why: dict[str, list[str]] = {name: [] for name in score}

    def add(name: str, amount: float, reason: str) -> None:
        score[name] += amount
        if amount > 0.5:
            why[name].append(reason)

    add("clear", float(np.clip(2.2 - 6 * f.cloud, -2, 2.2)), f"clouds cover {f.cloud:.0%} of the sky")
    add(
        "partly_cloudy",
        float(np.clip(2.4 - 5 * abs(f.cloud - 0.45), -1, 2.4)),
        f"clouds cover {f.cloud:.0%} of the sky",
    )
    add("overcast", float(np.clip(6 * (f.cloud - 0.6), -1, 2)), f"clouds cover {f.cloud:.0%} of the sky")
    add("overcast", 1.2 if abs(f.blue) < 0.35 and f.sky > 0.25 else 0.0, "the sky is grey")
    add("storm", 1.6 if f.cloud > 0.55 and f.sky < 0.16 and abs(f.blue) < 0.8 else 0.0, "dark clouds")
    add("fog", float(np.clip(1.6 * (3.6 - f.contrast), -2, 3)), f"low contrast ({f.contrast:.1f} stops)")
    add("snow", float(np.clip(9 * f.snow, 0, 2.4)), f"snow on {f.snow:.0%} of the frame")
    return _guess(score, why, 0.9 if f.sky_share > 0.05 else 0.4)
