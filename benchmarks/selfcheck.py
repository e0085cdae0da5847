"""`make bench-selfcheck DATA=folder`: faults put into edits: caught, falsely alarmed, repaired.

Sentences of sentences.yaml and sentences_b.yaml are carried out on real photos; such an edit, with nothing put into it,
counts as good if the words were understood, the renderer had nothing to say against it and it can be seen. Into the
same edits go faults (selfcheck_faults.py). The photos of DATA/photos served for tuning and are scored with --part tune;
24 landscapes of DATA/pool, which the critic was never run on before, are the report.

caught     the verdict failed, though that of the same edit without the fault did not
repaired   of the faults that lie in a recipe: the tries that follow end in a verdict that passes
"""

from __future__ import annotations

import argparse
import collections
import functools
import hashlib
import multiprocessing
import statistics
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import selfcheck_faults as faults
import yaml

import fluxroom
from fluxroom.critic import Verdict, Workshop, review, try_again
from fluxroom.errors import FluxroomError
from fluxroom.operators import find
from fluxroom.recipe import Recipe
from fluxroom.render import Rendered, render

HERE = Path(__file__).parent
PER_PHOTO = 6
OWN = 4
"""Edits a photo, and at most so many of the sentences that were written for it; the others are drawn by hash."""
TRIES = 3
NEVER = ("39_pont_du_gard.jpg",)
REPORT = (
    2, 7, 15, 20, 26, 28, 58, 59, 64, 67, 70, 72, 84, 90, 91, 93, 114, 115, 117, 118, 120, 122, 130, 150,
)  # fmt: skip
"""Numbers of landscapes in DATA/pool."""
SEEN = 0.01
"""Share of the frame that must differ by three codes of 255: an edit that nobody sees is not a good one."""


def draw(*words: object) -> int:
    """A number from words: the same on any machine."""
    return int(hashlib.sha256("/".join(map(str, words)).encode()).hexdigest(), 16)


@dataclass
class Edit:
    """A good edit of a photo."""

    photo: fluxroom.Photo
    name: str
    words: str
    recipe: Recipe
    rendered: Rendered
    verdict: Verdict
    seconds: float


@dataclass
class Row:
    """Of one kind of fault."""

    put_in: int = 0
    caught: int = 0
    repaired: int = 0
    repairable: int = 0
    missed: list[str] = field(default_factory=list)
    unrepaired: list[str] = field(default_factory=list)


def photos(data: Path, part: str) -> Iterator[Path]:
    tuned = sorted(path for path in (data / "photos").glob("*.jpg") if path.name not in NEVER)
    report = [data / "pool" / f"{number:03}.jpg" for number in REPORT]
    yield from {"tune": tuned, "report": report, "all": tuned + report}[part]


def sentences() -> tuple[dict[str, list[str]], list[str]]:
    """By photo, and all of them."""
    own: dict[str, list[str]] = collections.defaultdict(list)
    for file in ("sentences_b.yaml", "sentences.yaml"):
        for name, words in yaml.safe_load((HERE / file).read_text(encoding="utf-8")).items():
            own[Path(name).name] += words
    return own, sorted({s for words in own.values() for s in words})


def edits(path: Path, own: list[str], pool: list[str]) -> Iterator[Edit]:
    """Edits of a photo that the words allow and the renderer made without a word against."""
    photo = fluxroom.open(path, library=None)
    wanted = [*sorted(own, key=lambda w: draw(path.name, w))[:OWN], *sorted(pool, key=lambda w: draw(path.name, w))]
    made = 0
    for words in dict.fromkeys(wanted):
        if made == PER_PHOTO:
            return
        try:
            recipe = photo.plan(words, base=0).recipe
        except FluxroomError:
            continue
        families = {find(a.operator, a.version).family for a in recipe.adjustments}
        if recipe.not_understood or not families or families & {"frame", "retouch"}:
            continue
        rendered = render(photo.pixels, photo.scene, recipe)
        if rendered.notes or not faults.is_seen(photo.pixels.codes, rendered.codes, SEEN):
            continue
        started = time.perf_counter()
        verdict = review(photo.pixels, photo.scene, recipe, rendered)
        made += 1
        yield Edit(photo, path.name, words, recipe, rendered, verdict, time.perf_counter() - started)


def judged(edit: Edit, recipe: Recipe, rendered: Rendered, planned: Rendered) -> Verdict:
    return review(edit.photo.pixels, edit.photo.scene, recipe, rendered, planned)


def into_picture(edit: Edit, kind: str, rows: dict[str, Row]) -> bool:
    """A fault drawn into the rendering, if it has a meaning there: is it caught?"""
    options = faults.PICTURE[kind]
    strength = options[draw(edit.name, edit.words, kind) % len(options)]
    seed = draw(edit.name, edit.words) % 2**32
    spoilt = faults.in_picture(edit.photo.pixels, edit.photo.scene, edit.recipe, edit.rendered, kind, strength, seed)
    if spoilt is None:
        return False
    score(rows[kind], edit, strength, judged(edit, edit.recipe, spoilt, edit.rendered))
    return True


def score(row: Row, edit: Edit, strength: float, verdict: Verdict) -> bool:
    """Count it; caught means that a claim failed which holds of the good edit."""
    sound = {c.name for c in edit.verdict.failed}
    caught = any(c.name not in sound for c in verdict.failed)
    row.put_in += 1
    row.caught += caught
    if not caught:
        row.missed.append(f"{edit.name} {strength:g} {edit.words}")
    return caught


def into_recipe(edit: Edit, kind: str, rows: dict[str, Row]) -> bool:
    """What is rendered departs from what was asked: is it caught, and repaired?"""
    carried = faults.by_words(edit.recipe, kind, 0.1, edit.photo.scene)
    return carried is not None and follow(edit, kind, edit.recipe, carried, edit.rendered, rows[kind])


def of_recipe(edit: Edit, kind: str, rows: dict[str, Row]) -> bool:
    """What was asked makes the fault itself; nobody tells the critic what would have been right."""
    recipe = faults.made_by_recipe(edit.recipe, kind, edit.photo.scene)
    return recipe is not None and follow(edit, kind, recipe, recipe, None, rows[f"{kind} recipe"])


def follow(edit: Edit, kind: str, asked: Recipe, carried: Recipe, planned: Rendered | None, row: Row) -> bool:
    """Render what was carried out, let the critic judge it and try again; whether there was a fault to see."""
    photo, scene = edit.photo.pixels, edit.photo.scene
    first = render(photo, scene, carried)
    plan = planned or first
    if not faults.is_seen(edit.rendered.codes, first.codes, 5e-4 if kind == "missing" else 0.005):
        return False  # what cannot be seen is no fault
    small = edit.photo.small(max(scene.preview.shape[:2]))
    small_plan = render(small.pixels, small.scene, asked)

    def judge_small(recipe: Recipe) -> Verdict:
        made = render(small.pixels, small.scene, recipe)
        return review(small.pixels, small.scene, asked, made, small_plan)

    shop = Workshop(
        render=lambda recipe: render(photo, scene, recipe),
        judge=lambda recipe, rendered: review(photo, scene, asked, rendered, plan),
        judge_small=judge_small,
    )
    outcome = try_again(asked, carried, first, shop, TRIES)
    if score(row, edit, 0, outcome.first):
        row.repairable += 1
        sound = {c.name for c in edit.verdict.failed}
        good = all(c.name in sound for c in outcome.verdict.failed)
        row.repaired += good
        if not good:
            left = ", ".join(f"{c.name} {c.measured}" for c in outcome.verdict.failed)
            row.unrepaired.append(f"{edit.name} {edit.words}: {left}")
    return True


def table(rows: dict[str, Row]) -> None:
    print(f"\n| {'fault':18} | put in | caught | repaired |")
    print(f"|{'-' * 20}|-------:|-------:|---------:|")
    total = Row()
    for kind, row in rows.items():
        if row.put_in:
            fixed = f"{row.repaired}/{row.repairable}" if row.repairable else "-"
            print(f"| {kind:18} | {row.put_in:6} | {row.caught / row.put_in:6.1%} | {fixed:>8} |")
        total.put_in += row.put_in
        total.caught += row.caught
        total.repaired += row.repaired
        total.repairable += row.repairable
    share = total.repaired / max(total.repairable, 1)
    print(f"| {'all':18} | {total.put_in:6} | {total.caught / max(total.put_in, 1):6.1%} | {share:8.1%} |")


@dataclass
class Part:
    """What came of some photos."""

    rows: dict[str, Row]
    good: int = 0
    alarms: list[str] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    def take(self, other: Part) -> None:
        self.good += other.good
        self.alarms += other.alarms
        self.seconds += other.seconds
        for kind, row in other.rows.items():
            mine = self.rows[kind]
            mine.put_in += row.put_in
            mine.caught += row.caught
            mine.repaired += row.repaired
            mine.repairable += row.repairable
            mine.missed += row.missed
            mine.unrepaired += row.unrepaired


MAIN = (*faults.PICTURE, *faults.RECIPE)
OWN_KINDS = tuple(f"{k} recipe" for k in faults.OWN)
KINDS = (*MAIN, *OWN_KINDS)
PER_EDIT = 4
"""Faults that are put into one edit at most; each kind goes into one edit of a photo."""


def of_photo(path: Path, kinds: tuple[str, ...]) -> Part:
    own, pool = sentences()
    part = Part({kind: Row() for kind in KINDS})
    turn = draw("kinds", path.name) % len(kinds)
    left = [*kinds[turn:], *kinds[:turn]]
    for edit in edits(path, own.get(path.name, []), pool):
        part.good += 1
        part.seconds.append(edit.seconds)
        if not edit.verdict.passed:
            told = ", ".join(f"{c.name} {c.measured}" for c in edit.verdict.failed)
            part.alarms.append(f"{edit.name} {edit.words}: {told}")
        done = 0
        for kind in list(left):
            if done == PER_EDIT:
                break
            if kind in faults.PICTURE:
                put_in = into_picture(edit, kind, part.rows)
            elif kind in faults.RECIPE:
                put_in = into_recipe(edit, kind, part.rows)
            else:
                put_in = of_recipe(edit, kind.removesuffix(" recipe"), part.rows)
            if put_in:
                left.remove(kind)
                done += 1
    print(path.name, flush=True, file=sys.stderr)
    return part


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--part", choices=("report", "tune", "all"), default="report")
    parser.add_argument("--only", nargs="*", default=[], help="photos with one of these in their names")
    parser.add_argument("--jobs", type=int, default=2, help="photos at once")
    parser.add_argument("--own", action="store_true", help="faults that a recipe makes by itself, instead")
    parser.add_argument("--wrong", action="store_true", help="name what was missed")
    arguments = parser.parse_args()
    kinds = OWN_KINDS if arguments.own else MAIN
    total = Part({kind: Row() for kind in KINDS})
    paths = [
        p
        for p in photos(arguments.data, arguments.part)
        if not arguments.only or any(o in p.name for o in arguments.only)
    ]
    with multiprocessing.get_context("spawn").Pool(arguments.jobs) as pool:
        for part in pool.imap_unordered(functools.partial(of_photo, kinds=kinds), paths):
            total.take(part)
    put_in = sum(row.put_in for row in total.rows.values())
    print(f"{arguments.part}: {len(paths)} photos, {total.good} good edits, {put_in} faults; {TRIES} tries")
    table(total.rows)
    share = len(total.alarms) / max(total.good, 1)
    print(f"\nfalse alarms: {len(total.alarms)} of {total.good} good edits ({share:.1%})")
    print(f"a review took {statistics.median(total.seconds):.2f} s (median, {arguments.jobs} photos at once)")
    if arguments.wrong:
        for line in total.alarms:
            print(f"  alarm: {line}")
        for kind, row in total.rows.items():
            for line in row.missed:
                print(f"  missed {kind}: {line}")
            for line in row.unrepaired:
                print(f"  not repaired {kind}: {line}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
