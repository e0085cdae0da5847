"""Two versions side by side: which is warmer, brighter, sharper ...?"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from fluxroom.errors import NothingUnderstood
from fluxroom.operators.declare import LUMA
from fluxroom.perception.questions.lexicon import grammar, say
from fluxroom.perception.questions.parse import read
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


def _gap(name: str, first: Scene, second: Scene) -> tuple[float, float, float]:
    """What is measured of both, and by how many steps that are seen the second has more."""
    measure, step = MEASURES[name]
    values = measure(first), measure(second)
    return values[0], values[1], (values[1] - values[0]) / step


def compare(first: Scene, second: Scene, question: str, names: tuple[str, str] | None = None) -> Answer:
    """Which of two versions is more (or less) of what is asked, or what differs. Raises NothingUnderstood.

    names  what the two are called in the answer, by default the first and the second
    value is "first", "second" or "same" (the difference is too small to be seen); "yes" or "no" where one of them is
    asked about; where differences are asked for, what the second has more of ("+warmth") and less of ("-contrast").
    """
    english, chinese = read(question)
    zh, known = bool(chinese), grammar()
    called = names or (("第一张", "第二张") if zh else ("the first", "the second"))
    for name, (more, less) in known.compare.items():
        wants_less = less.heard(english, chinese)
        if wants_less or more.heard(english, chinese):
            return _answered(name, wants_less, first, second, english, chinese, called)
    if known.difference.heard(english, chinese):
        return _differences(first, second, zh, called)
    quality = "、".join(say("compare", name, zh) for name in known.compare)
    raise NothingUnderstood(
        f"比较什么？可以问哪一张{quality}，或者有什么区别"
        if zh
        else 'compare by what? ask e.g. "which is warmer?", "which is sharper?" or "what is the difference?"'
    )


def _answered(
    name: str, less: bool, first: Scene, second: Scene, english: str, chinese: str, called: tuple[str, str]
) -> Answer:
    zh = bool(chinese)
    one, other, steps = _gap(name, first, second)
    gap = -steps if less else steps
    value = "same" if abs(gap) < 1 else "second" if gap > 0 else "first"
    sure = 0.55 + min(0.42, 0.14 * abs(gap)) if value != "same" else 0.9 - 0.3 * abs(gap)
    why = (f"{one:.2f} / {other:.2f}",)
    words = say("compare_less" if less else "compare", name, zh)
    claimed = next((w for w, said in grammar().which.items() if said.heard(english, chinese)), "")
    if value == "same":
        text = "这方面看不出差别。" if zh else "They look the same in this."
    else:
        which = called[1 if value == "second" else 0]
        text = f"{which}{words}。" if zh else f"{which[0].upper() + which[1:]} is {words}."
    if claimed:
        yes = value == claimed
        text = f"{'是' if yes else '不是'}：{text}" if zh else f"{'Yes' if yes else 'No'}: {text[0].lower() + text[1:]}"
        value = "yes" if yes else "no"
    return reply(text, "compare", value, sure, why)


def _differences(first: Scene, second: Scene, zh: bool, called: tuple[str, str]) -> Answer:
    gaps = {name: _gap(name, first, second)[2] for name in MEASURES}
    plain = sorted((n for n in gaps if abs(gaps[n]) >= 1), key=lambda n: -abs(gaps[n]))[:4]
    if not plain:
        return reply("两张看不出差别。" if zh else "They look the same.", "compare", "same", 0.7)
    words = [say("compare" if gaps[n] > 0 else "compare_less", n, zh) for n in plain]
    which = called[1]
    text = f"{which}{'，'.join(words)}。" if zh else f"{which[0].upper() + which[1:]} is {', '.join(words)}."
    value = " ".join(("+" if gaps[n] > 0 else "-") + n for n in plain)
    return reply(text, "compare", value, 0.8)
