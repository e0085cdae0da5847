"""`make bench-language`: sentences written without sight of the lexicon, scored sentence by sentence.

The first score was 60 of 80. Since then the misses were mended, so these sentences are development material now:
a higher score says that nothing was lost, not how new sentences would fare.

A sentence counts only when every expected effect is there (operator, direction, region), everything that must
be kept is kept, nothing forbidden appears and every impossible wish is named. See the head of language_blind.yaml.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

import yaml

from fluxroom.errors import Contradiction, NothingUnderstood
from fluxroom.language import interpret
from fluxroom.operators import resolve
from fluxroom.recipe import Adjustment, Node, Recipe

SIGNED = ("stops", "amount", "strength", "temperature", "coverage", "saturation", "luminance", "shadow_saturation")


def positive_names(node: Node) -> set[str]:
    if node.op == "name":
        return {node.name}
    assert node.left is not None
    assert node.right is not None
    left = positive_names(node.left)
    return left if node.op == "-" else left | positive_names(node.right)


def negative_names(node: Node) -> set[str]:
    if node.op == "name":
        return set()
    assert node.left is not None
    assert node.right is not None
    inner = negative_names(node.left) | negative_names(node.right)
    return inner | positive_names(node.right) if node.op == "-" else inner


def sign(adjustment: Adjustment, parameter: str | None) -> str:
    _, values = resolve(adjustment)
    names = [parameter] if parameter else list(SIGNED)
    for name in names:
        value = values.get(name)
        if isinstance(value, float) and value != 0:
            return "+" if value > 0 else "-"
    return "0"


def split(name: str, direction: str) -> tuple[str, str]:
    return (name[:-1], name[-1]) if name[-1] in "+-" else (name, direction)


def meets(adjustment: Adjustment, want: dict[str, Any]) -> bool:
    operators = want["operator"] if isinstance(want["operator"], list) else [want["operator"]]
    regions = want.get("region")
    if regions and not positive_names(adjustment.region.tree) & set(regions):
        return False
    for entry in operators:
        name, direction = split(entry, str(want.get("direction", "any")))
        if adjustment.operator == name and (direction == "any" or sign(adjustment, want.get("parameter")) == direction):
            return True
    return False


def kept(recipe: Recipe, name: str) -> bool:
    options = set(name.split("|"))
    if recipe.keep is not None and positive_names(recipe.keep.tree) & options:
        return True
    names = [(positive_names(a.region.tree), negative_names(a.region.tree)) for a in recipe.adjustments]
    return all(
        not plus & options and (minus & options or not plus & {"everything", "foreground"}) for plus, minus in names
    )


def faults(case: dict[str, Any]) -> list[str]:
    try:
        result = interpret(case["say"])
    except Contradiction:
        return [] if case.get("contradiction") else ["refused as a contradiction"]
    except NothingUnderstood as error:
        if case.get("expect"):
            return ["nothing understood"]
        return [f"not named: {w}" for w in case.get("impossible", []) if not any(o in str(error) for o in w.split("|"))]
    out = ["the contradiction was not seen"] if case.get("contradiction") else []
    recipe = result.recipe
    out += [f"missing {w}" for w in case.get("expect") or [] if not any(meets(a, w) for a in recipe.adjustments)]
    out += [f"not kept: {name}" for name in case.get("keep") or [] if not kept(recipe, name)]
    for entry in case.get("forbid") or []:
        name, direction = split(entry, "any")
        for a in recipe.adjustments:
            if a.operator == name and (direction == "any" or sign(a, None) == direction):
                out.append(f"forbidden {entry}")
    said = " ".join((*result.not_understood, *result.notes)).lower()
    out += [f"not named: {w}" for w in case.get("impossible") or [] if not any(o.lower() in said for o in w.split("|"))]
    return out


def main() -> int:
    named = [word for word in sys.argv[1:] if word.endswith(".yaml")]
    file = Path(__file__).parent / (named[0] if named else "language_blind.yaml")
    cases = yaml.safe_load(file.read_text(encoding="utf-8"))
    scores: dict[str, list[bool]] = {}
    seconds = []
    interpret("brighter")
    for case in cases:
        started = time.perf_counter()
        wrong = faults(case)
        seconds.append(time.perf_counter() - started)
        scores.setdefault(case.get("lang", "?"), []).append(not wrong)
        if wrong and "-q" not in sys.argv:
            print(f"  {case['say']}\n      " + "; ".join(wrong))
    everything = [v for values in scores.values() for v in values]
    for language, values in scores.items():
        print(f"{language:8s} {sum(values)} of {len(values)}")
    print(f"all      {sum(everything)} of {len(everything)}; {1000 * sum(seconds) / len(seconds):.1f} ms a sentence")
    return 0


if __name__ == "__main__":
    sys.exit(main())
