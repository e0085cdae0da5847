"""What this user usually likes: learnt from what was strengthened, weakened, kept and taken back.

One file of JSON lines in the library, `taste.jsonl`, on this machine only; anyone can read it, and delete it. A line is
one observation about one operator:

    {"at": "2026-01-31T12:00:00+00:00", "what": "scaled", "operator": "fog", "factor": 0.6}
    {"at": "...", "what": "kept" | "undone", "operator": "fog", "factor": 1.0}

How strong the user likes an operator is exp(mean of the logarithms of the factors), drawn towards 1 by two
observations that were never made (a Bayesian mean with a prior of weight 2), so that one whim is no habit.
"""

from __future__ import annotations

import json
import math
import os
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from fluxroom.assistant.refine import scaled
from fluxroom.errors import HistoryError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fluxroom.describe import Language
    from fluxroom.recipe import Recipe

PRIOR = 2.0
LEAST_SEEN = 2
"""Observations of an operator before anything is made of them."""
WORTH_SAYING = 0.1
"""Least logarithm of a factor that is applied: about a tenth."""
STRONGEST = 1.8
MOST_LINES = 4000
"""Older observations are forgotten."""
What = Literal["scaled", "kept", "undone"]
_WEIGHTS = {"scaled": 1.0, "kept": 0.5, "undone": 0.0}


@dataclass(frozen=True, slots=True)
class Leaning:
    """What was learnt about one operator: how strong it is liked, how often it was kept and taken back."""

    operator: str
    factor: float
    seen: int
    kept: int
    undone: int

    @property
    def liking(self) -> float:
        """0.5..1.5: how much likelier than another idea it is to be kept."""
        return 0.5 + (self.kept + 1) / (self.kept + self.undone + 2)


@dataclass(frozen=True, slots=True)
class _Seen:
    """One observation, and its line in the file."""

    what: str
    operator: str
    factor: float
    line: str


class Taste:
    """The observations of one library. Reading never creates the file."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "taste.jsonl"

    def notice(self, what: What, operators: Iterable[tuple[str, float]]) -> None:
        """Write down observations: operator and factor (1 if it is none of strength)."""
        now = datetime.now(UTC).isoformat(timespec="seconds")
        lines = [
            json.dumps({"at": now, "what": what, "operator": name, "factor": round(factor, 4)})
            for name, factor in operators
        ]
        if not lines:
            return
        try:
            self.file.parent.mkdir(parents=True, exist_ok=True)
            handle = os.open(self.file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            try:
                os.write(handle, ("\n".join(lines) + "\n").encode())  # one write: whole lines even if others append
            finally:
                os.close(handle)
        except OSError as error:
            raise HistoryError(f"{self.file}: cannot be written: {error.strerror or error}") from None

    def leanings(self) -> dict[str, Leaning]:
        """By operator, what has been learnt so far."""
        logs: dict[str, list[tuple[float, float]]] = {}
        counts: dict[str, list[int]] = {}
        for seen in self._lines():
            weight = _WEIGHTS[seen.what]
            if weight:
                logs.setdefault(seen.operator, []).append((weight, math.log(seen.factor)))
            count = counts.setdefault(seen.operator, [0, 0, 0])
            count[0] += 1
            count[1] += seen.what == "kept"
            count[2] += seen.what == "undone"
        out = {}
        for name, (seen_in_all, kept, undone) in counts.items():
            told = logs.get(name, [])
            mean = sum(w * v for w, v in told) / (PRIOR + sum(w for w, _ in told))
            factor = min(max(math.exp(mean), 1 / STRONGEST), STRONGEST)
            out[name] = Leaning(name, round(factor, 3), seen_in_all, kept, undone)
        return out

    def biased(self, recipe: Recipe) -> tuple[Recipe, list[str]]:
        """The recipe as strong as the user usually likes it, and the operators that were changed."""
        known = self.leanings()
        changed = []
        for i, adjustment in enumerate(recipe.adjustments):
            leaning = known.get(adjustment.operator)
            if leaning is None or leaning.seen < LEAST_SEEN or abs(math.log(leaning.factor)) < WORTH_SAYING:
                continue
            new = scaled(recipe, (i,), leaning.factor)
            if new.adjustments != recipe.adjustments:
                recipe = replace(recipe, adjustments=new.adjustments)
                changed.append(adjustment.operator)
        return recipe, list(dict.fromkeys(changed))

    def liking(self, recipe: Recipe) -> float:
        """Factor on an idea's worth: the mean liking of what it does."""
        known = self.leanings()
        values = [known[a.operator].liking for a in recipe.adjustments if a.operator in known]
        return sum(values) / len(values) if values else 1.0

    def forget(self, operator: str | None = None) -> int:
        """Delete what was learnt, of one operator or all of it; how many observations that were."""
        lines = self._lines()
        rest = [] if operator is None else [seen for seen in lines if seen.operator != operator]
        gone = len(lines) - len(rest)
        if not gone:
            return 0
        try:
            if rest:
                beside = self.file.with_suffix(".new")
                beside.write_text("".join(seen.line + "\n" for seen in rest), encoding="utf-8")
                os.replace(beside, self.file)
            else:
                self.file.unlink(missing_ok=True)
        except OSError as error:
            raise HistoryError(f"{self.file}: cannot be changed: {error.strerror or error}") from None
        return gone

    def _lines(self) -> list[_Seen]:
        """Every observation that can be read; a torn or foreign line is passed over."""
        try:
            text = self.file.read_text(encoding="utf-8", errors="replace")
        except FileNotFoundError:
            return []
        except OSError as error:
            raise HistoryError(f"{self.file}: cannot be read: {error.strerror or error}") from None
        out = []
        for line in text.splitlines()[-MOST_LINES:]:
            try:
                found = json.loads(line)
                seen = _Seen(str(found["what"]), str(found["operator"]), float(found["factor"]), line)
                if seen.what in _WEIGHTS and 0.01 <= seen.factor <= 100:
                    out.append(seen)
            except (ValueError, KeyError, TypeError):
                continue
        return out


def as_usual(operators: list[str], leanings: dict[str, Leaning], language: Language) -> list[str]:
    """One line for each use of taste, in words."""
    from fluxroom.operators import find

    lines = []
    for name in operators:
        label = getattr(find(name).label, language)
        more = leanings[name].factor > 1
        if language == "zh":
            lines.append(f"{label}比默认{'强' if more else '弱'}一些，按你平时的习惯（fluxroom taste show）")
        else:
            than = "stronger" if more else "weaker"
            lines.append(f"{label} {than} than by default, as you usually like it (fluxroom taste show)")
    return lines
