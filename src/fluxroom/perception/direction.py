"""Which way the light falls: front, side, back, top or diffuse, how soft it is, and where shadows point.

A multinomial logistic regression over a handful of clues, its coefficients in data/light.json, fitted by
`training/perception/fit_light.py` on photos that were judged by looking. Where EXIF tells time, place and the
camera's bearing, the sun's position by astronomy counts instead.
"""

from __future__ import annotations

import json
import math
from dataclasses import astuple, dataclass, fields, replace
from functools import cache
from importlib.resources import files
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from fluxroom.operators.declare import LUMA
from fluxroom.perception.circumstances import Facts
from fluxroom.perception.little import little
from fluxroom.perception.taken import Taken
from fluxroom.scene import Float, Guess, Horizon, Light

KINDS = ("front", "side", "back", "top", "diffuse")
FULL_SLOPE = 0.6
"""Stops of sky brightness from the middle to the edge that surely tell the side."""
FULL_SKEW = 0.4
"""Skewness of the land's shading across that surely tells the side."""
HARD = 0.5
"""Softness below which things cast shadows that are seen."""
NO_SUN = 0.6
"""Probability of a sun below the horizon from which there are no shadows to speak of."""
Bits = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Clues:
    """What the judgement rests on."""

    disc: float  # 1 if the sun's disc is seen
    glow: float  # warmth of the brightest part of the sky if that is low, 0..1
    aslant: float  # how plainly one side is lit, 0..1
    bright: float  # the brightest fiftieth of the land, stops from white
    land_color: float  # median of the land, log2(blue / red)
    shade: float  # by how much its dark third is bluer than its bright fifth, log2(blue / red)
    outshone: float  # its bright fifth against the sky, stops; 0 without a sky


def _shrunk(picture: Float, masks: dict[str, Float], side: int) -> tuple[Float, dict[str, Float]]:
    scale = min(1.0, side / max(picture.shape[:2]))
    size = (max(3, round(picture.shape[1] * scale)), max(3, round(picture.shape[0] * scale)))

    def small(x: Float) -> Float:
        return np.asarray(cv2.resize(x, size, interpolation=cv2.INTER_AREA), np.float32)

    return small(picture), {name: small(masks[name]) for name in ("sky", "water")}


def _stops(linear: Float) -> Float:
    return np.asarray(np.log2(np.maximum(linear @ np.array(LUMA, np.float32), 2e-3)), np.float32)


def lit_side(small: Float, masks: dict[str, Float]) -> float:
    """-1 the light comes from the left .. 1 from the right; 0 where nothing tells.

    small: (h, w, 3) linear, long side about 256; masks "sky" and "water" at that size. Two witnesses. The sky
    brightens towards the sun: its slope across, in stops. And things lit from one side rise steeply in brightness
    towards the light at their ridges and corners, and fall off slowly: the skewness of the derivative across, at two
    scales. Mirroring the picture turns the sign.
    """
    votes: list[tuple[float, float]] = []
    sky = masks["sky"] > 0.8
    if sky.mean() > 0.03:
        y, x = np.nonzero(sky)
        across, down = 2 * (x + 0.5) / sky.shape[1] - 1, 2 * (y + 0.5) / sky.shape[0] - 1
        design = np.stack([np.ones_like(across), across, down], 1)
        normal = design.T @ design + np.diag([0.0, 1.0, 1.0]) * 0.02 * len(x)
        slope = float(np.linalg.solve(normal, design.T @ _stops(small)[sky].astype(np.float64))[1])
        votes.append((float(np.clip(slope / FULL_SLOPE, -1, 1)), min(1.0, float(sky.mean()) / 0.15)))
    for side in (192, 96):
        small, masks = _shrunk(small, masks, side)
        stops = np.maximum(_stops(small), -8)
        land = ((masks["sky"] < 0.1) & (masks["water"] < 0.5)).astype(np.uint8)
        inner = cv2.erode(land, np.ones((3, 3), np.uint8))[:, 1:-1] > 0
        steps = np.clip((stops[:, 2:] - stops[:, :-2])[inner].astype(np.float64), -2.5, 2.5)
        if steps.size > 0.08 * inner.size:
            skew = float((steps**3).mean() / max(float((steps**2).mean()), 1e-4) ** 1.5)
            votes.append((float(np.clip(skew / FULL_SKEW, -1, 1)), 0.5))
    total = sum(w for _, w in votes)
    return sum(v * w for v, w in votes) / total if total else 0.0


def clues(preview: Float, regions: dict[str, Float], light: Light, seen: Facts) -> tuple[Clues, float]:
    """(see Clues, the lit side from `lit_side` and a low glow).

    The judgements of time and weather are no clues: on the photos that they were fitted to they are better than on
    others, and what is fitted to them would trust them too much.
    """
    preview, regions = little(preview, regions)
    small, masks = _shrunk(preview, regions, 256)
    side = lit_side(small, masks)
    has = seen.sky_part > 0.03
    glow = min(1.0, light.warmth / 0.3) * float(np.clip((30 - light.elevation) / 15, 0, 1)) if has else 0.0
    side = (side + glow * float(np.clip(2.5 * (light.x - 0.5), -1, 1))) / (1 + glow)  # a low warm glow is a witness too
    stops = _stops(small)
    color = np.log2(np.maximum(small[..., 2], 1e-3) / np.maximum(small[..., 0], 1e-3))
    sky, land = masks["sky"] > 0.6, _land(masks)
    bright, dark = stops > np.quantile(stops[land], 0.8), stops < np.quantile(stops[land], 0.3)
    lit, shaded = color[land & bright], color[land & dark]
    found = Clues(
        disc=float(light.visible),
        glow=glow,
        aslant=abs(side),
        bright=float(np.quantile(stops[land], 0.98)),
        land_color=seen.land_color,
        shade=float(np.median(shaded) - np.median(lit)) if lit.size and shaded.size else 0.0,
        outshone=float(np.quantile(stops[masks["sky"] < 0.1], 0.8) - np.median(stops[sky]))
        if has and (masks["sky"] < 0.1).mean() > 0.02
        else 0.0,
    )
    return found, side


def _land(masks: dict[str, Float]) -> Bits:
    """What is neither sky nor, if enough is left, water."""
    for water in (0.3, 2.0):
        land = (masks["sky"] < 0.1) & (masks["water"] < water)
        if land.mean() > 0.03:
            return land
    return np.ones_like(land)


NAMES = tuple(f.name for f in fields(Clues))


@cache
def _model() -> dict[str, Any]:
    return dict(json.loads(files("fluxroom.perception").joinpath("data/light.json").read_text("utf-8")))


def standardised(known: Clues) -> Float:
    """The clues less their mean over their spread, held within 2.5 spreads."""
    model = _model()
    return np.asarray(np.clip((np.array(astuple(known)) - model["mean"]) / model["scale"], -2.5, 2.5), np.float32)


def direct(
    light: Light,
    preview: Float,
    regions: dict[str, Float],
    horizon: Horizon,
    seen: Facts,
    time: Guess,
    taken: Taken,
    field_of_view: float,
) -> Light:
    """The light with its kind, azimuth, softness and shadows; by EXIF also its elevation."""
    known, side = clues(preview, regions, light, seen)
    x = standardised(known)
    model = _model()
    parts = np.array(model["weights"]) * x
    scores = parts.sum(1) + np.array(model["bias"])
    p = np.exp(scores - scores.max())
    p /= p.sum()
    soft = 1 / (1 + math.exp(-float(np.dot(model["soft_weights"], x) + model["soft_bias"])))
    kind = Guess(
        KINDS[int(p.argmax())],
        round(float(p.max()), 3),
        {n: round(float(v), 4) for n, v in zip(KINDS, p, strict=True)},
        _reasons(known, side, light, parts, int(p.argmax())),
    )
    azimuth, sure = _azimuth(light, kind, side, field_of_view)
    elevation = light.elevation
    sun = taken.sun()
    if sun is not None and taken.zone_known:
        elevation = round(sun[0], 1)
        if sun[0] > -1 and taken.direction is not None:
            azimuth, sure = relative(sun[1], taken.direction), 0.9
            kind = _by_astronomy(kind, azimuth, sun[0])
    softness = round(min(light.softness, 0.3) if light.visible else soft, 3)
    full = replace(
        light, kind=kind, azimuth=round(azimuth, 1), azimuth_confidence=round(sure, 3), elevation=elevation,
        softness=softness,
    )  # fmt: skip
    if sum(time.probabilities.get(name, 0.0) for name in ("dusk", "blue_hour", "night")) > NO_SUN:
        return full
    return replace(full, shadow=shadow_of(full, regions, horizon, preview.shape[1] / preview.shape[0], field_of_view))


def relative(bearing: float, looks: float) -> float:
    """The light's azimuth (see Light) from the sun's bearing and the camera's, both degrees from north over east."""
    off = (bearing - looks + 180) % 360 - 180
    return math.copysign(180 - abs(off), off)


def _azimuth(light: Light, kind: Guess, side: float, field_of_view: float) -> tuple[float, float]:
    """(degrees, confidence). A sun in the frame is behind what is seen, as far to the side as it stands."""
    p = kind.probabilities
    if light.visible:
        off = math.degrees(math.atan(2 * (light.x - 0.5) * math.tan(math.radians(field_of_view) / 2)))
        return math.copysign(180 - abs(off), off), light.confidence
    across = side * (0.35 + p["side"])
    toward = p["back"] - p["front"]
    directed = 1 - p["diffuse"] - 0.5 * p["top"]
    sure = directed * min(1.0, 1.3 * math.hypot(across, toward))
    return math.degrees(math.atan2(across, -toward)), min(0.85, sure)


def _by_astronomy(kind: Guess, azimuth: float, elevation: float) -> Guess:
    """The kind with what the sun's place says about it; a diffuse light stays as likely as it looks."""
    across, off = math.sin(math.radians(abs(azimuth))) ** 2, math.cos(math.radians(azimuth))
    high = min(1.0, max(0.0, (elevation - 45) / 30))
    told = {
        "front": (1 - high) * max(0.02, off) * (1 - across) + 0.01,
        "back": (1 - high) * max(0.02, -off) * (1 - across) + 0.01,
        "side": (1 - high) * across + 0.01,
        "top": high + 0.01,
    }
    directed = 1 - kind.probabilities["diffuse"]
    total = sum(told.values())
    p = {n: round(directed * told[n] / total, 4) for n in told} | {"diffuse": kind.probabilities["diffuse"]}
    best = max(p, key=lambda n: p[n])
    why = () if best == "diffuse" else (BY_EXIF[0],)
    return Guess(best, round(p[best], 3), p, (*why, *(kind.evidence if best == kind.value else ())))


def shadow_of(
    light: Light, regions: dict[str, Float], horizon: Horizon, aspect: float, field_of_view: float
) -> tuple[float, float] | None:
    """Where shadows on level ground point in the picture, by perspective; see Light. aspect: width / height.

    None under soft light, without ground in the lower part, or where the light's side is a guess.
    """
    lower = regions["ground"][regions["ground"].shape[0] // 2 :] if "ground" in regions else None
    if lower is None or float(lower.mean()) < 0.2 or light.softness >= HARD or light.azimuth_confidence < 0.4:
        return None
    if light.kind.value in ("diffuse", "top"):
        return None
    tangent = math.tan(math.radians(field_of_view) / 2)
    drop = (0.8 - horizon.y(0.5)) * 2 * tangent / aspect  # of the place looked at below the horizon, at distance 1
    if drop < 0.02:
        return None
    # On the ground a shadow runs away from the light: (right, ahead) = (-sin a, cos a) with a = 0 behind the camera.
    turn = math.radians(light.azimuth)
    right, ahead = -math.sin(turn), math.cos(turn)
    # Seen from height 1, the ground point (0, ahead d = 1 / drop) moves in the picture by the derivative of X/Z, 1/Z.
    dx, dy = right * drop, -ahead * drop * drop
    length = math.hypot(dx, dy)
    return (round(dx / length, 3), round(dy / length, 3))


Pair = tuple[str, str]
"""The same words in English and Chinese."""
NOTHING: Pair = ("", "")
REASONS: dict[str, tuple[Pair, Pair, float, float]] = {  # clue: (words if low, words if high, low up to, high from)
    "disc": (NOTHING, ("the sun is in the frame", "太阳在画面里"), -1.0, 0.5),
    "glow": (
        ("the brightest sky is not warm", "天空最亮处不偏暖"),
        ("the brightest sky is warm", "天空最亮处偏暖"),
        0.1,
        0.6,
    ),
    "bright": (
        ("nothing on the land is brightly lit", "地面没有照得很亮的地方"),
        ("parts of the land are brightly lit", "地面有照得很亮的地方"),
        -2.2,
        -1.0,
    ),
    "land_color": (
        ("warm light on the land", "地面的光偏暖"),
        ("bluish light on the land", "地面的光偏蓝"),
        -0.7,
        0.15,
    ),
    "shade": (NOTHING, ("the shadows are bluer than what is lit", "暗处比亮处偏蓝"), -9.0, 0.3),
    "outshone": (
        ("the sky far outshines the land", "天空比地面亮得多"),
        ("the land is about as bright as the sky", "地面和天空差不多亮"),
        -2.5,
        -0.5,
    ),
}
LIT: dict[bool, Pair] = {  # towards the right?
    True: ("sky and shading are brighter towards the right", "天空和明暗都是右边更亮"),
    False: ("sky and shading are brighter towards the left", "天空和明暗都是左边更亮"),
}
BY_EXIF: Pair = ("EXIF: the sun's place and the camera's bearing", "EXIF：太阳的方位和相机的朝向")


def _reasons(known: Clues, side: float, light: Light, parts: Float, best: int) -> tuple[str, ...]:
    """In words, the clues that spoke most for a kind and are plain in themselves."""
    found = []
    if KINDS[best] in ("side", "back") and abs(side) > 0.25 and not light.visible:
        found.append(LIT[side > 0][0])
    gain = parts[best] - np.delete(parts, best, 0).mean(0)
    for i in np.argsort(-gain)[:3]:
        name, value = NAMES[int(i)], astuple(known)[int(i)]
        if name in REASONS and gain[i] > 0.1:
            low, high, up_to, start = REASONS[name]
            found.append(high[0] if value >= start else low[0] if value <= up_to else "")
    return tuple(w for w in found if w)


def reasons_in_chinese(evidence: tuple[str, ...]) -> tuple[str, ...]:
    """The evidence of a light's kind in Chinese; what is not known stays as it is."""
    pairs = [pair for low, high, _, _ in REASONS.values() for pair in (low, high)]
    table = dict([*pairs, *LIT.values(), BY_EXIF])
    return tuple(table.get(e, e) for e in evidence)
