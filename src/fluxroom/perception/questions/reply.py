"""Answers and how they are worded."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from typing import Any

import numpy as np

from fluxroom.perception.questions.lexicon import things
from fluxroom.scene import Float

Box = tuple[float, float, float, float]
SURE = 0.6
"""Below this confidence an answer says that it is not sure."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One sentence in the question's language, with what it rests on.

    kind        the type of question that was understood ("unknown" if none)
    value       the bare answer, in English; "" if nothing can be said
    confidence  0..1
    box         (x0, y0, x1, y1) normalised, where the answer is to be seen, or None
    mask        the same more exactly, (h, w) float32 0..1 at the size of the scene's preview, or None
    """

    text: str
    kind: str
    value: str
    confidence: float
    evidence: tuple[str, ...] = ()
    box: Box | None = None
    mask: Float | None = field(default=None, repr=False, compare=False)

    @property
    def sure(self) -> bool:
        return self.confidence >= SURE

    def to_dict(self) -> dict[str, Any]:
        """All but the mask, for JSON."""
        plain = {f.name: getattr(self, f.name) for f in fields(self) if f.name != "mask"}
        return {
            **plain,
            "evidence": list(self.evidence),
            "box": list(self.box) if self.box else None,
            "sure": self.sure,
        }


def reply(
    text: str,
    kind: str,
    value: str,
    confidence: float,
    evidence: tuple[str, ...] = (),
    box: Box | None = None,
    mask: Float | None = None,
) -> Answer:
    """An answer whose sentence says so where it is not sure."""
    zh = any("\u4e00" <= c <= "\u9fff" for c in text)
    if confidence < SURE:
        text = text[:-1] + ("（把握不大）。" if zh else " (not sure).")
    return Answer(text, kind, value, round(float(np.clip(confidence, 0.01, 1)), 3), evidence, box, mask)


def less_sure(answer: Answer, most: float) -> Answer:
    """The same answer, at most so sure, worded accordingly."""
    if answer.confidence <= most:
        return answer
    text = answer.text
    if answer.sure and most < SURE:
        text = reply(text, answer.kind, answer.value, most).text
    return replace(answer, text=text, confidence=most)


def cannot_find(name: str, kind: str, zh: bool, confidence: float = 0.4) -> Answer:
    word = things()[name].word(zh)
    return reply(f"我没有找到{word}。" if zh else f"I cannot find any {word}.", kind, "none", confidence)


def box_of(mask: Float | None, level: float = 0.5) -> Box | None:
    """The smallest box around the mask, less a hundredth of it on each side."""
    if mask is None or not (mask > level).any():
        return None
    inside = mask > level
    h, w = inside.shape
    found = []
    for size, profile in ((w, inside.sum(0)), (h, inside.sum(1))):
        total = np.cumsum(profile) / profile.sum()
        found.append(float(np.searchsorted(total, 0.01)) / size)
        found.append(float(np.searchsorted(total, 0.99) + 1) / size)
    x0, x1, y0, y1 = (round(min(1.0, v), 3) for v in found)
    return (x0, y0, x1, y1)


def centre_of(mask: Float) -> tuple[float, float]:
    """Normalised (x, y) of the mask's centre of mass."""
    h, w = mask.shape
    total = max(float(mask.sum()), 1e-6)
    x = float((mask.sum(0) * (np.arange(w) + 0.5)).sum()) / total / w
    y = float((mask.sum(1) * (np.arange(h) + 0.5)).sum()) / total / h
    return x, y


def place(x: float, y: float) -> str:
    """One of nine parts of the frame: "top left", "center", "bottom center" ..."""
    across = "left" if x < 0.4 else "right" if x > 0.6 else "center"
    down = "top" if y < 0.36 else "bottom" if y > 0.64 else "center"
    return "center" if across == down == "center" else f"{down} {across}"
