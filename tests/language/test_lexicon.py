"""The data files: everything in them can be carried out; the recipe's ranges are the operators' own."""

from __future__ import annotations

import time

import pytest

from fluxroom import operators
from fluxroom.language import interpret
from fluxroom.language.lexicon import lexicon
from fluxroom.language.normalise import is_han
from fluxroom.recipe import Adjustment, parse_region

ACTIONS = [
    (key, action)
    for key, concept in lexicon().concepts.items()
    for action in concept.do + concept.undo + concept.sky_do + concept.sky_undo
]


@pytest.mark.parametrize(("key", "action"), ACTIONS)
def test_every_action_can_be_carried_out(key: str, action: object) -> None:
    from fluxroom.language.lexicon import Action

    assert isinstance(action, Action)
    operators.resolve(Adjustment(action.operator, dict(action.parameters)))
    if action.region:
        parse_region(action.region)


def test_ranges_are_the_operators_own() -> None:
    for name, data in lexicon().operators.items():
        params = {p.name: p for p in operators.find(name).params}
        for key, limits in data.items():
            if key == "neutral":
                assert set(limits) <= set(params)
            elif key != "stage":
                assert (params[key].low, params[key].high) == tuple(limits), f"{name}.{key}"


def test_every_region_can_be_parsed() -> None:
    for _, entries in lexicon().forms.all():
        for entry in entries:
            if entry.kind in ("region", "place"):
                parse_region(entry.key)


def test_every_impossible_thing_says_why_in_both_languages() -> None:
    assert all(v["en"] and v["zh"] for v in lexicon().impossible.values())


def test_breadth() -> None:
    kinds = {"concept", "region", "place", "strength", "impossible"}
    content = [form for form, entries in lexicon().forms.all() if entries[0].kind in kinds]
    chinese = sum(any(is_han(c) for c in "".join(form)) for form in content)
    assert chinese >= 1500
    assert len(content) - chinese >= 1500


def test_milliseconds() -> None:
    words = "make the sky moodier and warmer near the sun, keep the sea and the sand as they are"
    interpret(words)
    start = time.perf_counter()
    for _ in range(20):
        interpret(words)
    assert (time.perf_counter() - start) / 20 < 0.05
