"""`make bench-questions DATA=folder`: questions about photos, answered and scored by type and language.

The answers in questions.yaml were made by looking. A third of the photos, by hash of the name, is held out: its
questions are only scored, never used for tuning. The last column is the baseline: always the commonest answer.
"""

from __future__ import annotations

import argparse
import collections
import hashlib
import sys
from pathlib import Path
from typing import Any

import yaml

import fluxroom


def held_out(name: str) -> bool:
    return int(hashlib.sha256(("q" + name).encode()).hexdigest(), 16) % 3 == 0


def accepted(case: dict[str, Any], value: str) -> bool:
    """Whether the bare answer is one of those that were seen."""
    wanted = case["answer"]
    if case["kind"] == "share":
        try:
            return abs(float(value) - float(wanted)) <= 0.1
        except ValueError:
            return False
    options = {str(w).strip().lower() for w in (wanted if isinstance(wanted, list) else [wanted])}
    if value.strip().lower() in options:
        return True
    if case["kind"] == "where":
        words = set(value.lower().split())
        return any(set(option.split()) <= words for option in options if option)
    return False


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--held-out", action="store_true", help="score the held-out third only, without details")
    parser.add_argument("--wrong", action="store_true", help="print what was answered wrongly (development part only)")
    arguments = parser.parse_args()
    cases = yaml.safe_load((Path(__file__).parent / "questions.yaml").read_text(encoding="utf-8"))
    photos: dict[str, Any] = {}
    right: dict[tuple[str, str], list[bool]] = collections.defaultdict(list)
    common: dict[str, collections.Counter[str]] = collections.defaultdict(collections.Counter)
    for case in cases:
        if held_out(case["photo"]) != arguments.held_out or not (arguments.data / case["photo"]).exists():
            continue
        if case["photo"] not in photos:
            photos[case["photo"]] = fluxroom.open(arguments.data / case["photo"], library=None)
        photo = photos[case["photo"]]
        reply = photo.ask(case["question"])
        good = accepted(case, reply.value)
        right[case["kind"], case["lang"]].append(good)
        answers = case["answer"] if isinstance(case["answer"], list) else [case["answer"]]
        common[case["kind"]].update(str(a) for a in answers)
        if arguments.wrong and not arguments.held_out and not good:
            print(
                f"  {case['photo'][-28:]:28s} {case['kind']:8s} {case['question']}  "
                f"{reply.value!r} not {case['answer']}"
            )
    kinds = sorted({kind for kind, _ in right})
    print(f"{'kind':14s} {'zh':>9s} {'en':>9s} {'both':>7s}  commonest answer")
    total: list[bool] = []
    for kind in kinds:
        zh, en = right[kind, "zh"], right[kind, "en"]
        both = zh + en
        total += both
        naive = common[kind].most_common(1)[0][1] / len(both)
        print(
            f"{kind:14s} {sum(zh):4d}/{len(zh):<4d} {sum(en):4d}/{len(en):<4d} {sum(both) / len(both):6.1%}  "
            f"{naive:.0%}"
        )
    print(f"all            {sum(total)} of {len(total)} = {sum(total) / max(1, len(total)):.1%}, {len(photos)} photos")
    return 0


if __name__ == "__main__":
    sys.exit(main())
