"""Verdict: what was measured against what was asked."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Claim:
    """One thing that should be true of the result, and what was measured.

    name      e.g. "sky: luminance"
    asked     what the recipe wants, e.g. "darker"
    measured  the figure, with its unit, e.g. "-0.62 EV"
    adjustments   indices of the adjustments that it judges (empty for sanity checks)
    fault     what is wrong when it failed
    """

    name: str
    asked: str
    measured: str
    passed: bool
    en: str
    zh: str
    adjustments: tuple[int, ...] = ()
    fault: Literal["", "weak", "strong", "leak", "absent"] = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    claims: tuple[Claim, ...] = ()
    revised: bool = False

    @property
    def passed(self) -> bool:
        return all(c.passed for c in self.claims)

    def words(self, language: str = "en") -> str:
        """One line a claim, marked as met or missed."""
        zh = language == "zh"
        lines = [f"{'✓' if c.passed else '✗'} {c.zh if zh else c.en}" for c in self.claims]
        if self.revised:
            lines.append("(第一次没有达到,已调整力度重做)" if zh else "(missed at first; strengths were revised once)")
        return "\n".join(lines)

    def to_dict(self) -> dict[str, Any]:
        return {"passed": self.passed, "revised": self.revised, "claims": [asdict(c) for c in self.claims]}
