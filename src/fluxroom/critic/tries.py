"""Trying again within a budget: small pictures first, the best try wins, every try is told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from fluxroom.critic.repair import Revision, revise
from fluxroom.critic.verdict import Verdict
from fluxroom.recipe import Recipe
from fluxroom.render import Rendered

SHOWN_SMALL = frozenset({"weak", "absent", "place", "strong", "halo", "seam", "colour"})
"""Faults that a small picture shows as truly as the large one; grain, bands and single pixels it does not."""


@dataclass(frozen=True, slots=True)
class Try:
    """One try: its recipe, how it was judged and at what size, and why it was made (nothing for the first)."""

    recipe: Recipe
    verdict: Verdict
    size: Literal["full", "small"]
    en: tuple[str, ...] = ()
    zh: tuple[str, ...] = ()
    chosen: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """The best of the tries, and all of them in order; just one of them is the chosen one."""

    recipe: Recipe
    rendered: Rendered
    verdict: Verdict
    tries: tuple[Try, ...]

    @property
    def first(self) -> Verdict:
        return self.tries[0].verdict


@dataclass(frozen=True, slots=True)
class Workshop:
    """What trying takes.

    render       a recipe at full size
    judge        what came out at full size
    judge_small  a recipe, carried out and judged on the small picture
    """

    render: Callable[[Recipe], Rendered]
    judge: Callable[[Recipe, Rendered], Verdict]
    judge_small: Callable[[Recipe], Verdict]


def try_again(asked: Recipe, recipe: Recipe, rendered: Rendered, shop: Workshop, tries: int) -> Outcome:
    """Judge a first rendering; while it misses something and the budget lasts, revise.

    asked   what every try is judged by;  recipe, rendered   the first try

    A revision is tried on the small picture where that shows what was missed, and rendered at full size only when it
    is better there; it is taken only if it is better at full size too.
    """
    verdict = shop.judge(recipe, rendered)
    done = [Try(recipe, verdict, "full")]
    best = 0
    working, said = recipe, verdict
    small_best: tuple[int, float] | None = None
    while len(done) < tries and not said.passed:
        revision = revise(working, said, asked)
        if revision is None or any(t.recipe == revision.recipe for t in done):
            break
        if all(c.fault in SHOWN_SMALL for c in said.failed):
            if small_best is None:
                small_best = (best, shop.judge_small(done[best].recipe).shortfall)
            said = shop.judge_small(revision.recipe)
            done.append(_noted(revision, said, "small"))
            if said.shortfall < small_best[1]:
                small_best = (len(done) - 1, said.shortfall)
        else:
            again = shop.render(revision.recipe)
            said = shop.judge(revision.recipe, again)
            done.append(_noted(revision, said, "full"))
            if said.shortfall < verdict.shortfall:
                best, rendered, verdict = len(done) - 1, again, said
        working = revision.recipe
    if small_best is not None and small_best[0] != best and done[small_best[0]].size == "small":
        place = small_best[0]
        again = shop.render(done[place].recipe)
        said = shop.judge(done[place].recipe, again)
        done[place] = replace(done[place], verdict=said, size="full")
        if said.shortfall < verdict.shortfall:
            best, rendered, verdict = place, again, said
    done[best] = replace(done[best], chosen=True)
    if best:
        verdict = replace(verdict, revised=True)
    return Outcome(done[best].recipe, rendered, verdict, tuple(done))


def _noted(revision: Revision, verdict: Verdict, size: Literal["full", "small"]) -> Try:
    return Try(revision.recipe, verdict, size, revision.en, revision.zh)
