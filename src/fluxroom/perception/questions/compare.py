"""Two versions side by side: which is warmer, brighter, sharper ...?"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from fluxroom.errors import NothingUnderstood
from fluxroom.operators.declare import LUMA
from fluxroom.perception.questions.lexicon import grammar, normal, say
from fluxroom.perception.questions.reply import Answer, reply
from fluxroom.perception.questions.technical import detail, noise_level
from fluxroom.perception.regions import display
from fluxroom.scene import Scene


def _lab(scene: Scene) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    return np.asarray(cv2.cvtColor(display(scene.preview), cv2.COLOR_RGB2LAB), np.float32)


def _warmth(scene: Scene) -> float:
    """Mean of b* and a little a*: towards yellow and red."""
    lab = _lab(scene)
    return float((lab[..., 2] + 0.5 * lab[..., 1]).mean())


def _contrast(scene: Scene) -> float:
    stops = np.log2(np.maximum(scene.preview @ np.array(LUMA, np.float32), 2e-3))
    return float(np.quantile(stops, 0.95) - np.quantile(stops, 0.05))


MEASURES: dict[str, tuple[Callable[[Scene], float], float]] = {  # by quality: what is measured, a step that is seen
    "warmth": (_warmth, 1.0),
    "brightness": (lambda s: float(_lab(s)[..., 0].mean()), 1.0),
    "contrast": (_contrast, 0.2),
    "saturation": (lambda s: float(np.hypot(_lab(s)[..., 1], _lab(s)[..., 2]).mean()), 1.0),
    "sharpness": (lambda s: float(np.quantile(detail(s), 0.9)), 0.015),
    "noise": (lambda s: 255 * noise_level(s), 0.3),
    "sky": (lambda s: s.share("sky"), 0.02),
    "clouds": (lambda s: s.share("clouds"), 0.02),
}


def compare(first: Scene, second: Scene, question: str) -> Answer:
    """Which of two versions is more (or less) of what is asked. Raises NothingUnderstood.

    value is "first", "second" or "same" (the difference is too small to be seen).
    """
    zh = any("\u4e00" <= c <= "\u9fff" for c in question)
    english, chinese = ("", question) if zh else (normal(question), "")
    for name, (more, less) in grammar().compare.items():
        wants_more = more.heard(english, chinese)
        if not wants_more and not less.heard(english, chinese):
            continue
        measure, step = MEASURES[name]
        values = measure(first), measure(second)
        gap = (values[1] - values[0]) * (1 if wants_more else -1)
        value = "same" if abs(gap) < step else "second" if gap > 0 else "first"
        words = say("compare" if wants_more else "compare_less", name, zh)
        which = {"first": ("The first", "第一张"), "second": ("The second", "第二张")}.get(value, ("", ""))
        if value == "same":
            text = "两张看不出差别。" if zh else "They look the same in this."
        else:
            text = f"{which[1]}{words}。" if zh else f"{which[0]} is {words}."
        why = (f"{values[0]:.2f} / {values[1]:.2f}",)
        return reply(text, "compare", value, 0.55 + min(0.4, 0.15 * abs(gap) / step), why)
    known = "、".join(w.zh[0] for w, _ in grammar().compare.values())
    raise NothingUnderstood(
        f"比较什么？可以问：哪张{known}"
        if zh
        else 'compare by what? ask e.g. "which is warmer?" or "which is sharper?"'
    )
