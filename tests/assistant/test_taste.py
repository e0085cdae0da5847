"""What is learnt of taste, that it is small, local and can be forgotten."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fluxroom.assistant import Taste
from fluxroom.assistant.taste import STRONGEST, as_usual
from fluxroom.recipe import Adjustment, Recipe


def fog(strength: float = 0.5) -> Recipe:
    return Recipe(adjustments=(Adjustment("fog", {"strength": strength}),))


def test_nothing_is_made_of_nothing(tmp_path: Path) -> None:
    taste = Taste(tmp_path)
    assert taste.leanings() == {}
    assert taste.biased(fog()) == (fog(), [])
    assert taste.liking(fog()) == 1.0
    assert taste.forget() == 0
    assert list(tmp_path.iterdir()) == []


def test_one_whim_is_no_habit(tmp_path: Path) -> None:
    taste = Taste(tmp_path)
    taste.notice("scaled", [("fog", 0.5)])
    assert taste.biased(fog()) == (fog(), [])


def test_a_habit_is_followed_and_said(tmp_path: Path) -> None:
    taste = Taste(tmp_path)
    for _ in range(4):
        taste.notice("scaled", [("fog", 0.6)])
    recipe, changed = taste.biased(fog())
    assert changed == ["fog"]
    value = recipe.adjustments[0].parameters["strength"]
    assert isinstance(value, float)
    assert 0.3 < value < 0.45
    assert "weaker" in as_usual(changed, taste.leanings(), "en")[0]
    assert "习惯" in as_usual(changed, taste.leanings(), "zh")[0]
    assert taste.biased(Recipe(adjustments=(Adjustment("rain", {"strength": 0.5}),)))[1] == []


def test_what_is_taken_back_is_proposed_less(tmp_path: Path) -> None:
    taste = Taste(tmp_path)
    taste.notice("undone", [("fog", 1.0)] * 5)
    taste.notice("kept", [("rain", 1.0)] * 5)
    assert taste.liking(fog()) < 0.8 < 1.2 < taste.liking(Recipe(adjustments=(Adjustment("rain"),)))


def test_it_can_be_forgotten(tmp_path: Path) -> None:
    taste = Taste(tmp_path)
    taste.notice("scaled", [("fog", 0.5), ("rain", 2.0), ("fog", 0.5)])
    assert taste.forget("fog") == 2
    assert set(taste.leanings()) == {"rain"}
    assert taste.forget() == 1
    assert not taste.file.exists()


def test_torn_and_foreign_lines_are_passed_over(tmp_path: Path) -> None:
    taste = Taste(tmp_path)
    taste.notice("scaled", [("fog", 0.5)])
    with taste.file.open("a", encoding="utf-8") as file:
        file.write('{"at": "x", "what": "scaled", "oper\n[]\nnull\n')
        file.write(json.dumps({"what": "scaled", "operator": "fog", "factor": "NaN"}) + "\n")
        file.write(json.dumps({"what": "harmed", "operator": "fog", "factor": 1}) + "\n")
    assert taste.leanings()["fog"].seen == 1


@given(st.lists(st.floats(0.02, 50), max_size=30))
def test_habits_stay_moderate(factors: list[float]) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        taste = Taste(Path(folder))
        taste.notice("scaled", [("fog", f) for f in factors])
        recipe, _ = taste.biased(fog())
        value = recipe.adjustments[0].parameters["strength"]
    assert isinstance(value, float)
    assert 0.5 / STRONGEST - 1e-3 <= value <= min(1.0, 0.5 * STRONGEST) + 1e-3


@pytest.mark.parametrize("operator", ["exposure", "white_balance", "sailboat"])
def test_any_operator_can_be_scaled(tmp_path: Path, operator: str) -> None:
    taste = Taste(tmp_path)
    taste.notice("scaled", [(operator, 1.6)] * 4)
    recipe, _ = taste.biased(Recipe(adjustments=(Adjustment(operator),)))
    assert recipe.adjustments[0].operator == operator
