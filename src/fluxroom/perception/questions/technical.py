"""Is the horizon level, is anything blown out, is it sharp, is it noisy?"""

from __future__ import annotations

import cv2
import numpy as np

from fluxroom.operators.declare import LUMA
from fluxroom.perception.attributes import attributes_of
from fluxroom.perception.questions.evidence import mask_of
from fluxroom.perception.questions.lexicon import things
from fluxroom.perception.questions.lighting import light as light
from fluxroom.perception.questions.parse import Query
from fluxroom.perception.questions.reply import Answer, box_of, reply
from fluxroom.perception.regions import display
from fluxroom.scene import Float, Scene

LEVEL_DEGREES = 1.2
BLOWN = 0.985
BLOWN_SHARE = 0.004
DARK_MEAN = 0.05
SHARP = 0.3
BLURRED = 0.32
"""A background whose detail is less than this in its softest third is out of focus."""
NOISY = 0.012


def level(scene: Scene, query: Query) -> Answer:
    line = scene.horizon
    tilt = line.angle(scene.width, scene.height)
    yes = abs(tilt) <= LEVEL_DEGREES
    sure = max(line.confidence, line.angle_confidence)
    if sure < 0.5:
        text = "看不出清楚的地平线，大致是平的。" if query.zh else "I see no plain horizon; it seems about level."
        return reply(text, "level", "yes", 0.35)
    if line.angle_confidence > line.confidence:
        why = "按画面里竖直的边判断" if query.zh else "by the upright edges in the picture"
    else:
        at = f"{line.y(0.5):.0%}"
        why = f"地平线在画面高度 {at} 处" if query.zh else f"a line across the picture, {at} of the way down"
    side = ("右", "right") if tilt > 0 else ("左", "left")
    text = f"{'是平的' if yes else side[0] + '边低'}，倾斜约 {abs(tilt):.1f}°。" if query.zh else (
        f"{'Yes' if yes else f'No, it falls to the {side[1]}'}, the tilt is about {abs(tilt):.1f}°."
    )  # fmt: skip
    return reply(text, "level", "yes" if yes else "no", sure, (why,))


def exposure(scene: Scene, query: Query) -> Answer:
    luma = scene.preview @ np.array(LUMA, np.float32)
    mean = float(luma.mean())
    if "dark" in query.cues or "bright_overall" in query.cues:
        dark = "dark" in query.cues
        yes = mean < DARK_MEAN if dark else mean > 0.5
        text = f"平均亮度为白的 {mean:.0%}，{'是' if yes else '不算'}偏{'暗' if dark else '亮'}。" if query.zh else (
            f"{'Yes' if yes else 'No'}: the mean luminance is {mean:.0%} of white."
        )  # fmt: skip
        return reply(text, "exposure", "yes" if yes else "no", 0.75)
    blown = np.median(display(scene.preview), 2) >= BLOWN  # two of three channels at their end
    mask = mask_of(scene, query.targets[0]) if query.targets and query.targets[0] != "sun" else None
    inside = mask > 0.5 if mask is not None and (mask > 0.5).any() else np.ones(blown.shape, bool)
    part = float(blown[inside].mean())
    yes = part > BLOWN_SHARE
    text = f"{'有' if yes else '没有'}过曝，约 {part:.1%} 是死白。" if query.zh else (
        f"{'Yes' if yes else 'No'}: {part:.1%} of it is blown out."
    )  # fmt: skip
    box = box_of((blown & inside).astype(np.float32)) if yes else None
    return reply(text, "exposure", "yes" if yes else "no", 0.6 + min(0.35, 20 * abs(part - BLOWN_SHARE)), (), box)


def detail(scene: Scene) -> Float:
    """(h, w): by place, how much of the contrast is in the finest scales, 0 (blurred) to about 0.4 (crisp)."""
    grey = cv2.cvtColor(display(scene.preview), cv2.COLOR_RGB2GRAY)
    fine = grey - cv2.GaussianBlur(grey, (0, 0), 1.0)
    wide = cv2.GaussianBlur(grey, (0, 0), 1.0) - cv2.GaussianBlur(grey, (0, 0), 4.0)
    reach = max(grey.shape) / 40
    top, bottom = (np.sqrt(cv2.GaussianBlur(x * x, (0, 0), reach)) for x in (fine, wide))
    return np.asarray(np.where(bottom > 0.004, top / (bottom + 0.004), 0), np.float32)


def sharp(scene: Scene, query: Query) -> Answer:
    found = detail(scene)
    attributes = attributes_of(scene).tags
    if "background" in query.cues:
        inside = (found > 0) & (scene.regions["sky"] < 0.5)
        soft = float(np.quantile(found[inside], 0.3)) if inside.any() else 0.0
        tag = float(np.clip(attributes.get("bokeh", 0.3), 0.02, 0.98))
        blurred = float(1 / (1 + np.exp(-0.5 * np.log(tag / (1 - tag)) - 12 * (BLURRED - soft))))
        yes, sure = blurred < 0.5, max(blurred, 1 - blurred)
        word = "背景" if query.zh else "the background"
    else:
        mask = mask_of(scene, query.targets[0]) if query.targets else None
        inside = mask > 0.5 if mask is not None and (mask > 0.5).sum() > 100 else np.ones(found.shape, bool)
        best = float(np.quantile(found[inside], 0.9))
        yes, sure = best > SHARP, 0.5 + min(0.45, 1.5 * abs(best - SHARP))
        word = things()[query.targets[0]].word(query.zh) if query.targets else "画面" if query.zh else "the photo"
    asked_blur = "blurred" in query.cues and "sharp" not in query.cues
    value = "yes" if yes != asked_blur else "no"
    text = f"{word}{'清晰' if yes else '不清晰'}。" if query.zh else (
        f"{word[0].upper() + word[1:]}: {'sharp' if yes else 'not sharp'}."
    )  # fmt: skip
    return reply(text, "sharp", value, sure)


def noise_level(scene: Scene) -> float:
    """Standard deviation of the noise in the flattest tenth, code values 0..1 (Immerkaer's mask, 1996)."""
    grey = cv2.cvtColor(display(scene.preview), cv2.COLOR_RGB2GRAY)
    kernel = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32)
    response = np.abs(cv2.filter2D(grey, -1, kernel))
    reach = 2 * max(2, max(grey.shape) // 100) + 1
    local = cv2.blur(response, (reach, reach)) * np.sqrt(np.pi / 2) / 6
    usable = (grey > 0.03) & (grey < 0.97)
    return float(np.quantile(local[usable], 0.1)) if usable.any() else 0.0


def noise(scene: Scene, query: Query) -> Answer:
    level = noise_level(scene)
    yes = level > NOISY
    text = f"{'有明显噪点' if yes else '没有明显噪点'}（约 {255 * level:.1f} 级，按缩小后的画面）。" if query.zh else (
        f"{'Yes' if yes else 'No'}: noise of about {255 * level:.1f} of 255 levels in the reduced picture."
    )  # fmt: skip
    return reply(text, "noise", "yes" if yes else "no", 0.6)
