"""`make bench-questions DATA=folder`: questions about photos, answered and scored by type and language.

The answers in questions.yaml (set a), questions_b.yaml (b) and questions_c.yaml (c) were made by looking; nobody who
worked on the answers has seen the questions of sets b and c, and all photos of set c are held out. A third of the
photos, by hash of the name, is held out: they are in no judgement that the small models learnt from, and their
questions are only scored, never used for tuning.

Beside the accuracy stand: the part that is answered surely (confidence of at least SURE) and the accuracy of those
answers, the baseline (always the commonest answer of the type), and how well the confidences are calibrated.
"""

from __future__ import annotations

import argparse
import collections
import hashlib
import itertools
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

import fluxroom
from fluxroom.perception.questions.reply import SURE

HERE = Path(__file__).parent
FILES = {"a": "questions.yaml", "b": "questions_b.yaml", "c": "questions_c.yaml"}
SETS = {**{name: (file,) for name, file in FILES.items()}, "all": tuple(FILES.values())}


@dataclass(frozen=True, slots=True)
class Scored:
    """One question, answered."""

    kind: str
    lang: str
    good: bool
    confidence: float
    milliseconds: float

    @property
    def sure(self) -> bool:
        return self.confidence >= SURE


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


def cases_of(which: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for name in SETS[which]:
        if (HERE / name).exists():
            found += yaml.safe_load((HERE / name).read_text(encoding="utf-8"))
        elif which != "all":
            sys.exit(f"{name} is not there")
    return found


def rate(some: list[Scored]) -> str:
    return (
        f"{sum(s.good for s in some):3d}/{len(some):<3d} {sum(s.good for s in some) / len(some):4.0%}"
        if some
        else " " * 12
    )


def table(scored: list[Scored], common: dict[str, collections.Counter[str]]) -> None:
    print(f"{'type':13s} {'zh':>12s} {'en':>12s} {'both':>12s}  {'of sure ones':>12s}  sure  baseline")
    totals = collections.Counter(s.kind for s in scored)
    naive_right = 0
    for kind in [*sorted(totals, key=lambda k: -totals[k]), ""]:
        some = [s for s in scored if not kind or s.kind == kind]
        by = [[s for s in some if s.lang == lang] for lang in ("zh", "en")]
        sure = [s for s in some if s.sure]
        right = common[kind].most_common(1)[0][1] if kind else naive_right
        naive_right += right if kind else 0
        print(
            f"{kind or 'all':13s} {rate(by[0]):>12s} {rate(by[1]):>12s} {rate(some):>12s}  {rate(sure):>12s}  "
            f"{len(sure) / len(some):4.0%}  {right / len(some):4.0%}"
        )


def calibration(scored: list[Scored]) -> None:
    """Said against true, by steps of confidence; and the mean gap, weighted by how many there are."""
    print("confidence     n   said  right")
    gap = 0.0
    edges = (0.0, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.01)
    for low, high in itertools.pairwise(edges):
        some = [s for s in scored if low <= s.confidence < high]
        if some:
            said = sum(s.confidence for s in some) / len(some)
            true = sum(s.good for s in some) / len(some)
            gap += abs(said - true) * len(some) / len(scored)
            print(f"{low:.1f} to {min(high, 1):.1f}  {len(some):4d}  {said:4.0%}   {true:4.0%}")
    print(f"mean gap between said and true: {gap:.1%}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--set", choices=sorted(SETS), default="a", dest="which")
    parser.add_argument("--held-out", action="store_true", help="score the held-out third only, without details")
    parser.add_argument(
        "--wrong", action="store_true", help="print what was answered wrongly (development part, set a)"
    )
    arguments = parser.parse_args()
    if arguments.wrong and (arguments.held_out or arguments.which != "a"):
        parser.error("--wrong shows the development part of set a only; the rest is not for tuning")
    photos: dict[str, Any] = {}
    scored: list[Scored] = []
    common: dict[str, collections.Counter[str]] = collections.defaultdict(collections.Counter)
    seconds = 0.0
    for case in cases_of(arguments.which):
        path = arguments.data / case["photo"]
        if held_out(case["photo"]) != arguments.held_out or not path.exists():
            continue
        if case["photo"] not in photos:
            photos.clear()
            photos[case["photo"]] = fluxroom.open(path, library=None)
            started = time.perf_counter()
            photos[case["photo"]].ask("Is there an animal?")  # what all questions about a photo share
            seconds += time.perf_counter() - started
        started = time.perf_counter()
        reply = photos[case["photo"]].ask(case["question"])
        spent = time.perf_counter() - started
        good = accepted(case, reply.value)
        scored.append(Scored(case["kind"], case["lang"], good, reply.confidence, 1000 * spent))
        answers = case["answer"] if isinstance(case["answer"], list) else [case["answer"]]
        common[case["kind"]].update({str(a) for a in answers})
        if arguments.wrong and not good:
            print(
                f"  {case['photo'][-28:]:28s} {case['kind']:8s} {case['question']}  "
                f"{reply.value!r} ({reply.kind}, {reply.confidence:.2f}) not {case['answer']}"
            )
    if not scored:
        print("no question to ask: are the photos there?")
        return 1
    names = {case["photo"] for case in cases_of(arguments.which) if held_out(case["photo"]) == arguments.held_out}
    part = "held-out third" if arguments.held_out else "development part"
    print(f"set {arguments.which}, {part}: {len(scored)} questions about {len(names)} photos")
    table(scored, common)
    calibration(scored)
    times = sorted(s.milliseconds for s in scored)
    print(
        f"first look {1000 * seconds / len(names):.0f} ms a photo, "
        f"then {times[len(times) // 2]:.0f} ms a question (median), {times[int(0.95 * len(times))]:.0f} ms (95 %)"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
