"""Time of day, weather and season: explicit models over a handful of facts, and the clock of the camera.

Each judgement is a multinomial logistic regression whose coefficients lie in
data/circumstances.json, fitted by `training/perception/fit_judgements.py` on photos
that were judged by looking. Where EXIF tells when the photo was taken, that counts as
further evidence: probabilities are multiplied by those of the hour or the month.
"""

from __future__ import annotations

import json
import re
from dataclasses import astuple, dataclass, fields, replace
from functools import cache
from importlib.resources import files
from typing import Any

import cv2
import numpy as np

from fluxroom.operators.declare import LUMA
from fluxroom.perception.little import little
from fluxroom.perception.taken import Taken
from fluxroom.scene import Float, Guess, Light

SMALL_SIDE = 256
"""The facts are taken on a picture of at most this long side."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What the judgements rest on. Luminances in stops from white, colours as log2(blue/red), parts 0..1."""

    mean: float  # luminance of the whole picture
    sky: float  # median luminance of the sky (of all without sky)
    land: float  # median luminance of the rest
    sky_part: float
    sky_color: float  # median of the sky
    low_sky_color: float  # 10th percentile of the sky
    warm_sky: float  # part of the sky that is plainly orange or pink
    blue_sky: float  # part of the sky that is plainly blue
    grey_sky: float  # part of the sky without a colour
    sky_texture: float  # fine structure of the sky, stops
    sky_patches: float  # coarse structure of the sky, stops
    sky_spread: float  # 5th to 95th percentile of the sky, stops
    land_color: float  # median of the rest
    land_contrast: float  # 10th to 90th percentile of the rest, stops
    land_chroma: float  # mean saturation of the rest
    cloud: float  # part of the sky that is cloud
    lamps: float  # log part of very bright spots outside the sky in a dark picture
    contrast: float  # 5th to 95th percentile of the whole, stops
    black: float  # part of the picture that is nearly black
    snow: float  # log part
    vegetation: float  # part
    green: float  # part of the picture that is green
    autumn: float  # part outside the sky that is yellow to red-brown
    sun: float  # 1 if the sun's disc is seen
    warmth: float  # of the light


def _soft_log(part: float) -> float:
    return float(np.log2(part + 1e-3))


def facts(preview: Float, regions: dict[str, Float], light: Light) -> Facts:
    """preview (h, w, 3) linear Rec.2020; see Facts."""
    preview, regions = little(preview, regions)
    scale = min(1.0, SMALL_SIDE / max(preview.shape[:2]))
    size = (max(1, round(preview.shape[1] * scale)), max(1, round(preview.shape[0] * scale)))

    def shrink(x: Float) -> Float:
        return np.asarray(cv2.resize(x, size, interpolation=cv2.INTER_AREA), np.float32)

    small = shrink(preview)
    mask = {name: shrink(regions[name]) for name in ("sky", "clouds", "snow", "vegetation") if name in regions}
    luma = np.maximum(small @ np.array(LUMA, np.float32), 1e-3)
    stops = np.log2(luma)
    red, green, blue = (np.maximum(small[..., i], 5e-4) for i in range(3))
    color = np.log2(blue / red)
    r, g, b = small[..., 0], small[..., 1], small[..., 2]
    high, low = np.maximum(np.maximum(r, g), b), np.maximum(np.minimum(np.minimum(r, g), b), 0)
    chroma = (high - low) / np.maximum(high, 1e-3)
    sky = mask["sky"] > 0.5
    land = ~sky if (~sky).any() else sky
    has = float(sky.mean()) > 0.01
    on = sky if has else np.ones_like(sky)
    side = max(luma.shape)
    fine = stops - cv2.GaussianBlur(stops, (0, 0), max(1.0, side * 0.02))
    wide = cv2.GaussianBlur(stops, (0, 0), max(1.0, side * 0.02)) - cv2.GaussianBlur(stops, (0, 0), side * 0.1)
    inner = cv2.erode(sky.astype(np.uint8), np.ones((7, 7), np.uint8)) > 0
    inner = inner if inner.sum() > 30 else on
    warm = (color < -0.6) & (luma > 0.01)
    is_green = (green > 1.12 * red) & (green > 1.12 * blue) & (luma > 0.005)
    is_autumn = (red > 1.25 * green) & (green > 1.2 * blue) & (chroma > 0.4) & (luma > 0.01)
    mean = float(luma.mean())
    low_all, high_all = np.quantile(stops, [0.05, 0.95])
    low_sky, high_sky = np.quantile(stops[on], [0.05, 0.95])
    low_land, high_land = np.quantile(stops[land], [0.1, 0.9])
    return Facts(
        mean=float(np.log2(mean)),
        sky=float(np.median(stops[on])),
        land=float(np.median(stops[land])),
        sky_part=float(sky.mean()),
        sky_color=float(np.median(color[sky])) if has else 0.0,
        low_sky_color=float(np.quantile(color[sky], 0.1)) if has else 0.0,
        warm_sky=float(warm[sky].mean()) if has else 0.0,
        blue_sky=float((color[sky] > 0.7).mean()) if has else 0.0,
        grey_sky=float((np.abs(color[sky]) < 0.35).mean()) if has else 0.0,
        sky_texture=float(fine[inner].std()) if has else 0.0,
        sky_patches=float(wide[inner].std()) if has else 0.0,
        sky_spread=float(high_sky - low_sky) if has else 0.0,
        land_color=float(np.median(color[land])),
        land_contrast=float(high_land - low_land),
        land_chroma=float(chroma[land].mean()),
        cloud=float(mask["clouds"][sky].mean()) if has else 0.0,
        lamps=_soft_log(float(((luma > 0.6) & land).mean()) if mean < 0.12 else 0.0),
        contrast=float(high_all - low_all),
        black=float((luma < 0.01).mean()),
        snow=_soft_log(float(mask["snow"].mean()) if "snow" in mask else 0.0),
        vegetation=float(mask["vegetation"].mean()) if "vegetation" in mask else 0.0,
        green=float(is_green.mean()),
        autumn=float((is_autumn & land).mean()),
        sun=float(light.visible),
        warmth=light.warmth,
    )


NAMES = tuple(f.name for f in fields(Facts))


@cache
def _models() -> dict[str, Any]:
    text = files("fluxroom.perception").joinpath("data/circumstances.json").read_text("utf-8")
    return dict(json.loads(text))


def standardised(f: Facts) -> Float:
    """The facts less their mean over their spread, held within three spreads."""
    model = _models()
    return np.asarray(np.clip((np.array(astuple(f)) - model["mean"]) / model["scale"], -3, 3), np.float32)


def as_guess(
    names: list[str], scores: Float, parts: Float, sureness: float, said: dict[str, float] | None = None
) -> Guess:
    """Scores -> a Guess; evidence are the facts that spoke most for the likeliest.

    parts: (names, facts) what each fact added to each score. said: by name, what the camera's clock says.
    """
    p = np.exp(scores - scores.max())
    p /= p.sum()
    if said:
        p = p * np.array([said.get(n, 0.05) for n in names])
        p /= p.sum()
    best = int(p.argmax())
    gain = parts[best] - np.delete(parts, best, 0).mean(0)
    order = [int(i) for i in np.argsort(-gain)[:5] if gain[i] > 0.15]
    return Guess(
        value=names[best],
        confidence=round(float(p.max()) * sureness, 3),
        probabilities={n: round(float(v), 4) for n, v in zip(names, p, strict=True)},
        evidence=tuple(NAMES[i] for i in order),
        given=said or {},
    )


def _judge(kind: str, f: Facts, sureness: float, said: dict[str, float] | None) -> Guess:
    model = _models()[kind]
    parts = np.array(model["weights"], np.float32) * standardised(f)
    guess = as_guess(model["names"], parts.sum(1) + np.array(model["bias"], np.float32), parts, sureness, said)
    words = [_phrase(name, f) for name in guess.evidence]
    return replace(guess, evidence=tuple(w for w in words if w)[:3])


PLAIN = {  # fact: (the low words are true up to, the high words from), in the units of Facts
    "mean": (-4.0, -1.7), "sky": (-3.0, -1.2), "land": (-4.5, -2.7), "sky_part": (0.12, 0.5),
    "sky_color": (-0.4, 0.4), "low_sky_color": (-0.5, 0.2), "warm_sky": (0.01, 0.12), "blue_sky": (0.15, 0.4),
    "grey_sky": (0.3, 0.6), "sky_texture": (0.08, 0.16), "sky_patches": (0.2, 0.35), "sky_spread": (0.8, 1.8),
    "land_color": (-0.6, 0.15), "land_contrast": (3.0, 4.6), "land_chroma": (0.3, 0.55), "cloud": (0.06, 0.5),
    "lamps": (-99.0, -7.0), "contrast": (4.0, 6.2), "black": (0.01, 0.2), "snow": (-8.0, -5.0),
    "vegetation": (0.04, 0.3), "green": (0.02, 0.15), "autumn": (0.02, 0.12), "sun": (0.5, 0.5), "warmth": (0.1, 0.3),
}  # fmt: skip
OF_THE_SKY = (
    "sky", "sky_color", "low_sky_color", "warm_sky", "blue_sky", "grey_sky", "sky_texture", "sky_patches", "sky_spread",
    "cloud",
)  # fmt: skip
"""Facts that say nothing where no sky is seen."""


@cache
def _phrases() -> dict[str, Any]:
    return dict(_models()["phrases"])


def _phrase(name: str, f: Facts) -> str:
    """In English, that a fact is low or high; "" where it is neither plainly, so that no word is untrue."""
    pair, (low, high) = _phrases().get(name), PLAIN[name]
    value = float(getattr(f, name))
    if pair is None or low < value < high or (name in OF_THE_SKY and f.sky_part < 0.02):
        return ""
    return str(pair[1 if value >= high else 0][0])


EXIF_WORDS = (  # what Taken.words says, in Chinese
    (r"EXIF: the sun stood (\d+)° above the horizon", r"EXIF：当时太阳在地平线上 \1°"),
    (r"EXIF: the sun stood (\d+)° below the horizon", r"EXIF：当时太阳在地平线下 \1°"),
    (r"EXIF: month (\d+), south of the equator", r"EXIF：\1 月，南半球"),
    (r"EXIF: month (\d+), north of the equator", r"EXIF：\1 月，北半球"),
    (r"EXIF: month (\d+)", r"EXIF：\1 月"),
)


def in_chinese(evidence: tuple[str, ...]) -> tuple[str, ...]:
    """The evidence of a Guess in Chinese; what is not known stays as it is."""
    table = {words[0]: words[1] for pair in _phrases().values() for words in pair}

    def turned(text: str) -> str:
        for pattern, chinese in EXIF_WORDS:
            text = re.sub(f"^{pattern}$", chinese, text)
        return str(table.get(text, text))

    return tuple(f"尽管 {turned(e[9:])}" if e.startswith("although ") else turned(e) for e in evidence)


def find_time(f: Facts, taken: Taken) -> Guess:
    """day, golden_hour, dusk, blue_hour or night."""
    return _said(_judge("time", f, 0.95 if f.sky_part > 0.03 else 0.7, taken.hours()), taken.words("time"))


def find_weather(f: Facts) -> Guess:
    """clear, partly_cloudy, overcast, storm, fog or snow."""
    return _judge("weather", f, 0.9 if f.sky_part > 0.05 else 0.5, None)


def find_season(f: Facts, taken: Taken) -> Guess:
    """spring, summer, autumn or winter."""
    return _said(_judge("season", f, 0.8, taken.seasons()), taken.words("season"))


def _said(guess: Guess, words: tuple[str, ...]) -> Guess:
    """The guess with what EXIF says as its first evidence, or as what speaks against it."""
    fits = guess.given.get(guess.value, 0.0) >= 0.3 * max(guess.given.values(), default=1.0)
    said = words if fits else tuple(f"although {w}" for w in words)
    return replace(guess, evidence=(*said, *guess.evidence)) if words else guess
