"""`make bench-instructions`: sentences written by people who had not seen the lexicon, scored by exact recipe.

instructions_LANG.yaml are for tuning; instructions_held_LANG.yaml are held out (`--held`), to be scored once in a while
and never tuned on. An entry is right if every step is there with its region, direction and amount, what must be kept is
kept, the order holds where one was said, nothing forbidden is done, what cannot be done is named, and (moods and looks
apart) nothing else is done. A silent drop is a missing step although nothing was named as not understood.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import yaml

from fluxroom.assistant.refine import amounts
from fluxroom.errors import FluxroomError
from fluxroom.language import interpret
from fluxroom.operators import resolve
from fluxroom.recipe import Adjustment, Recipe, Region

HERE = Path(__file__).parent


def names(text: str) -> frozenset[str]:
    return Region(text).tree.names()


def same_region(have: str, want: Any) -> bool:
    """Equal as written, or made of the same names."""
    wanted = want if isinstance(want, list) else [want]
    return any(have == w or names(have) == names(str(w)) for w in wanted)


def main_amount(adjustment: Adjustment) -> float:
    operator, full = resolve(adjustment)
    values = [full[n] for n in amounts(operator, dict(adjustment.parameters))]
    numbers = [v for v in values if isinstance(v, float)]
    return max(numbers, key=abs) if numbers else 0.0


def fits(adjustment: Adjustment, step: dict[str, Any], only: Recipe) -> str:
    """Empty if the adjustment is the step, else what is wrong with it."""
    if adjustment.operator not in step["op"]:
        return "operator"
    if "region" in step and not same_region(adjustment.region.text, step["region"]):
        return "region"
    sign = step.get("sign")
    value = main_amount(adjustment)
    if sign in ("+", "-") and value * (1 if sign == "+" else -1) <= 0:
        return "direction"
    amount = step.get("amount")
    if amount:
        have = resolve(adjustment)[1].get(amount["name"])
        want = float(amount["is"])
        if not isinstance(have, float) or abs(have - want) > max(0.02 * abs(want), 0.011):
            return "amount"
    return ""


def kept(recipe: Recipe, region: str) -> bool:
    """Protected by the recipe or by each adjustment, or touched by none."""
    wanted = names(region)
    if recipe.keep is not None and wanted <= recipe.keep.tree.names():
        return True

    def spares(a: Adjustment) -> bool:
        if a.keep is not None and wanted <= a.keep.tree.names():
            return True
        text = a.region.text
        return f"- {region}" in text or not (names(text) & (wanted | {"everything", "foreground"}))

    return all(spares(a) for a in recipe.adjustments)


def judge(entry: dict[str, Any]) -> list[str]:
    """What is wrong; empty if all is right."""
    try:
        made = interpret(entry["say"])
        recipe, left = made.recipe, list(made.not_understood)
    except FluxroomError as error:
        recipe, left = Recipe(), [str(error)]
    steps = entry.get("steps") or []
    wrong, places, used = [], [], set()
    for step in steps:
        found = [i for i, a in enumerate(recipe.adjustments) if not fits(a, step, recipe)]
        if found:
            places.append(found[0])
            used |= set(found)
            continue
        near = [fits(a, step, recipe) for a in recipe.adjustments]
        best = next((k for k in ("amount", "direction", "region") if k in near), "missing")
        wrong.append(f"{best}: {'|'.join(step['op'])} in {step.get('region', 'anywhere')}")
        if best == "missing" and not left:
            wrong.append("silent drop")
    if entry.get("ordered") and places != sorted(places):
        wrong.append("order")
    wrong += [f"not kept: {region}" for region in entry.get("keep") or [] if not kept(recipe, region)]
    wrong += [f"forbidden: {a.operator}" for a in recipe.adjustments if a.operator in (entry.get("not") or [])]
    if entry.get("impossible") and not left:
        wrong.append("not named as impossible")
    if not entry.get("impossible") and left and not wrong:
        wrong.append(f"named as not understood: {left}")
    allowed = {op for step in steps for op in step["op"]}
    loose = any(step.get("loose") for step in steps) or entry.get("loose")
    if not loose:
        wrong += [f"extra: {a.operator}" for a in recipe.adjustments if a.operator not in allowed]
    return wrong


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--held", action="store_true", help="the held-out third")
    parser.add_argument("--quiet", action="store_true", help="only the table")
    arguments = parser.parse_args()
    middle = "held_" if arguments.held else ""
    right: Counter[str] = Counter()
    total: Counter[str] = Counter()
    seconds: list[float] = []
    drops = 0
    interpret("warmer")
    for language in ("en", "zh"):
        file = HERE / f"instructions_{middle}{language}.yaml"
        for entry in yaml.safe_load(file.read_text(encoding="utf-8")):
            started = time.perf_counter()
            wrong = judge(entry)
            seconds.append(time.perf_counter() - started)
            drops += "silent drop" in wrong
            for key in (f"all, {language}", entry["cat"], "all"):
                total[key] += 1
                right[key] += not wrong
            if wrong and not arguments.quiet:
                print(f"✗ [{entry['cat']}] {entry['say']}\n    {'; '.join(wrong)}")
    table: dict[str, tuple[int, int]] = defaultdict(lambda: (0, 0))
    for key in sorted(total, key=lambda k: (k.startswith("all"), k)):
        table[key] = (right[key], total[key])
        print(f"| {key} | {right[key]} of {total[key]} | {right[key] / total[key]:.0%} |")
    seconds.sort()
    print(f"silent drops: {drops}")
    print(f"milliseconds a sentence: median {1000 * seconds[len(seconds) // 2]:.1f}, worst {1000 * seconds[-1]:.1f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
