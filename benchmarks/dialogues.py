"""`make bench-dialogues DATA=folder`: dialogues written by people who had not seen the assistant, turn by turn.

Each turn is said to a session on a real photo; all its checks must hold (they are told at the head of dialogues.yaml).
Rendering is at preview size: what is judged is the recipe and the history.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import yaml

import fluxroom
from fluxroom.assistant import Session, Turn
from fluxroom.assistant.refine import amounts
from fluxroom.errors import FluxroomError
from fluxroom.operators import resolve
from fluxroom.recipe import Recipe, Region

HERE = Path(__file__).parent
PHOTOS = {
    "dusk_beach": "photos/10_dog_beach_dusk.jpg",
    "lake": "photos/22_lake_mirror_cascades.jpg",
    "meadow": "photos/18_mount_rainier_meadow.jpg",
    "city": "photos/40_city_highway_cutting.jpg",
    "forest": "photos/01_bigfour_mountain_valley.jpg",
}


def amount(recipe: Recipe, operators: str, name: str = "") -> float:
    """The main amount of the last adjustment with one of the operators, by size; 0 if there is none."""
    for adjustment in reversed(recipe.adjustments):
        if adjustment.operator in operators.split("|"):
            operator, full = resolve(adjustment)
            keys = (name,) if name else amounts(operator, dict(adjustment.parameters))
            values = [v for v in (full.get(k) for k in keys) if isinstance(v, float)]
            return max(values, key=abs) if values else 0.0
    return 0.0


def holds(check: str, turn: Turn, session: Session, before: Recipe, recipes: dict[int, Recipe]) -> bool:
    verb, *rest = check.split(maxsplit=1)
    what = rest[0].strip() if rest else ""
    now = session.recipe
    have = {a.operator for a in now.adjustments}
    wanted = set(what.split()[0].split("|")) if what else set()
    first = what.split()[0] if what else ""
    if verb == "kind":
        return turn.kind in what.split("|") or (turn.kind == "asked" and "edit" in what)
    if verb == "has":
        return bool(have & wanted)
    if verb == "lacks":
        return not have & wanted
    if verb in ("more", "less", "half"):
        pairs = [(abs(amount(before, name)), abs(amount(now, name))) for name in sorted(wanted)]
        if verb == "half":
            return any(a > 0 and 0.4 <= b / a <= 0.6 for a, b in pairs)
        return any(b > a if verb == "more" else b < a for a, b in pairs)
    if verb in ("region", "everywhere"):
        newest = [a for a in now.adjustments if a.operator in wanted]
        place = what.split(maxsplit=1)[1] if verb == "region" else "everything"
        names = Region(place).tree.names()
        return bool(newest) and any(a.region.text == place or a.region.tree.names() == names for a in newest[-2:])
    if verb == "keeps":
        fresh = [a for a in now.adjustments if a not in before.adjustments]
        names = Region(what).tree.names()
        spared = (
            (a.keep is not None and names <= a.keep.tree.names())
            or f"- {what}" in a.region.text
            or not a.region.tree.names() & (names | {"everything"})
            for a in fresh
        )
        return (now.keep is not None and names <= now.keep.tree.names()) or all(spared)
    if verb == "version":
        return session.version == int(what)
    if verb == "same":
        return now.adjustments == recipes.get(int(what), Recipe()).adjustments
    if verb == "count":
        counts = [resolve(a)[1].get("count") for a in now.adjustments if a.operator in wanted]
        return sum(c for c in counts if isinstance(c, float)) == float(what.split()[1])
    if verb in ("more_count", "larger", "smaller", "left", "right", "higher", "lower"):
        name = {"more_count": "count", "larger": "size", "smaller": "size", "left": "x", "right": "x"}.get(verb, "y")
        a, b = amount(before, first, name), amount(now, first, name)
        if verb in ("left", "right", "higher", "lower") and a < 0:  # a free place had been found by itself
            return 0 <= b < 0.5 if verb in ("left", "higher") else b > 0.5
        up = verb in ("more_count", "larger", "right", "lower")
        return b > a if up else b < a
    if verb == "n_ops":
        return len(now.adjustments) == int(what)
    raise SystemExit(f"no such check: {check!r}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--file", type=Path, default=HERE / "dialogues.yaml")
    parser.add_argument("--quiet", action="store_true")
    arguments = parser.parse_args()
    opened: dict[str, fluxroom.Photo] = {}
    right: Counter[str] = Counter()
    total: Counter[str] = Counter()
    for number, dialogue in enumerate(yaml.safe_load(arguments.file.read_text(encoding="utf-8")), 1):
        kind = dialogue["photo"]
        if kind not in opened:
            opened[kind] = fluxroom.open(arguments.data / PHOTOS[kind], library=None).small(512)
            _ = opened[kind].scene
        photo = fluxroom.Photo(opened[kind].pixels)
        photo.__dict__["scene"] = opened[kind].scene
        session = photo.session(review=False, taste=False)
        recipes: dict[int, Recipe] = {0: Recipe()}
        numbers: dict[int, int] = {}
        clean = True
        for said in dialogue["turns"]:
            before = session.recipe
            failed = run_turn(said, session, before, recipes, numbers)
            total["turns"] += 1
            right["turns"] += not failed
            clean = clean and not failed
            if failed and not arguments.quiet:
                print(f"✗ {number} [{kind}] {said['say']}\n    {'; '.join(failed)}")
        total["dialogues"] += 1
        right["dialogues"] += clean
    for key in total:
        print(f"| {key} | {right[key]} of {total[key]} | {right[key] / total[key]:.1%} |")
    return 0


def _renamed(check: str, numbers: dict[int, int]) -> str:
    verb, *rest = check.split()
    if verb in ("version", "same") and rest:
        return f"{verb} {numbers.get(int(rest[0]), int(rest[0]))}"
    return check


def run_turn(
    said: dict[str, Any], session: Session, before: Recipe, recipes: dict[int, Recipe], numbers: dict[int, int]
) -> list[str]:
    """What is wrong with a turn. A turn that made a version too many or too few is wrong once: `numbers` tells what
    the versions of the later turns are called since then."""
    was = session.version
    try:
        turn = session.say(str(said["say"]))
        if turn.kind == "asked":  # both readings were shown: the first is what "it" points at
            asked = turn
            turn = session.say("the first")
            turn.lines = [*asked.lines, *turn.lines]
    except FluxroomError as error:
        return [f"{type(error).__name__}: {error}"]
    recipes[session.version] = session.recipe
    expected = [str(check) for check in said["expect"]]
    meant = next((int(c.split()[1]) for c in expected if c.startswith("version ")), None)
    made_one = session.version != was and turn.kind == "edit"
    if meant is not None and meant not in numbers and (made_one or "kind edit" in expected):
        wrong_number = meant != session.version and not any(k != v for k, v in numbers.items())
        numbers[meant] = session.version
        if wrong_number:
            expected = [f"version {meant} (made {session.version})" if c == f"version {meant}" else c for c in expected]
    failed = [c for c in expected if "(made" in c or not holds(_renamed(c, numbers), turn, session, before, recipes)]
    if failed:
        made = "; ".join(f"{a.operator}({a.region})" for a in session.recipe.adjustments)
        failed.append(f"got {turn.kind} v{session.version}: {made}")
    return failed


if __name__ == "__main__":
    sys.exit(main())
