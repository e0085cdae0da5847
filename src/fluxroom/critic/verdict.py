"""Verdict: what was measured against what was asked."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

Box = tuple[float, float, float, float]
Fault = Literal[
    "", "weak", "strong", "leak", "absent", "place", "halo", "seam", "banding", "noise", "sharpened", "colour"
]
"""What is wrong: too little or too much of it, something touched that was to stay, a thing that is not there, the wrong
place, and what makes a picture look worked on."""


@dataclass(frozen=True, slots=True)
class Claim:
    """One thing that should be true of the result, and what was measured.

    name      e.g. "sky: luminance"
    asked     what the recipe wants, e.g. "darker"
    measured  the figure, with its unit, e.g. "-0.62 EV"
    adjustments   indices of the adjustments that it judges (empty for sanity checks)
    fault     what is wrong when it failed
    value, limit   the figure that was judged and what it is judged by, in a unit of the claim's own
    box       where in the frame: left, top, right, bottom, 0..1; None where it is all of it, or nowhere
    """

    name: str
    asked: str
    measured: str
    passed: bool
    en: str
    zh: str
    adjustments: tuple[int, ...] = ()
    fault: Fault = ""
    value: float = 0.0
    limit: float = 0.0
    box: Box | None = None

    @property
    def shortfall(self) -> float:
        """How far from passing, 0 if it passed, else from 1 upwards to 2."""
        if self.passed:
            return 0.0
        one, other = sorted((abs(self.value), abs(self.limit)))
        return 2.0 - one / other if other > 0 else 2.0


@dataclass(frozen=True, slots=True)
class Verdict:
    claims: tuple[Claim, ...] = ()
    revised: bool = False

    @property
    def passed(self) -> bool:
        return all(c.passed for c in self.claims)

    @property
    def shortfall(self) -> float:
        """0 if all claims passed; lower is better."""
        return sum(c.shortfall for c in self.claims)

    @property
    def failed(self) -> tuple[Claim, ...]:
        return tuple(c for c in self.claims if not c.passed)

    def words(self, language: str = "en") -> str:
        """One line a claim, marked as met or missed."""
        zh = language == "zh"
        lines = [f"{'✓' if c.passed else '✗'} {c.zh if zh else c.en}" for c in self.claims]
        if self.revised:
            lines.append("(第一次没有达到,已修改配方重做)" if zh else "(missed at first; the recipe was revised)")
        return "\n".join(lines)

    def to_dict(self) -> dict[str, Any]:
        return {"passed": self.passed, "revised": self.revised, "claims": [asdict(c) for c in self.claims]}
