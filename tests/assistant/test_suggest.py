"""Ideas follow from the scene, are understood by the darkroom itself, and differ from one another."""

from __future__ import annotations

from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

import fluxroom
from fluxroom.assistant import suggest
from fluxroom.assistant.suggest import _ideas, features
from fluxroom.language import interpret
from fluxroom.scene import Guess, Horizon, Scene


@pytest.fixture(scope="module")
def scene() -> Scene:
    """china.jpg, by danielbuechele, CC BY 2.0, in the scikit-learn package."""
    spec = find_spec("sklearn")
    assert spec is not None
    assert spec.submodule_search_locations is not None
    path = Path(spec.submodule_search_locations[0]) / "datasets" / "images" / "china.jpg"
    return fluxroom.open(path, library=None).scene


@pytest.mark.parametrize("key", list(_ideas()))
@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_idea_is_understood(key: str, language: str) -> None:
    idea = _ideas()[key]
    made = interpret(idea["say"][language])
    assert not made.not_understood
    assert made.recipe.adjustments
    assert idea["because"][language]


def test_every_condition_names_a_feature(scene: Scene) -> None:
    known = set(features(scene))
    assert all(set(idea["when"]) <= known for idea in _ideas().values())
    assert all(np.isfinite(v) for v in features(scene).values())


def test_three_to_five_of_different_kinds_best_first(scene: Scene) -> None:
    for language in ("en", "zh"):
        ideas = suggest(scene, language)  # type: ignore[arg-type]
        assert 3 <= len(ideas) <= 5
        assert len({i.kind for i in ideas}) == len(ideas)
        assert [i.worth for i in ideas] == sorted((i.worth for i in ideas), reverse=True)
    assert suggest(scene) == suggest(scene)


def test_what_was_done_is_not_proposed_again(scene: Scene) -> None:
    first = suggest(scene)[0]
    done = frozenset(a.operator for a in first.recipe.adjustments)
    assert all(not {a.operator for a in i.recipe.adjustments} & done for i in suggest(scene, done=done))


def test_taste_counts(scene: Scene) -> None:
    first, second = suggest(scene)[:2]
    against = {a.operator for a in first.recipe.adjustments}
    ranked = suggest(scene, liking=lambda r: 0.5 if {a.operator for a in r.adjustments} & against else 1.5)
    assert ranked[0].key != first.key
    assert second is not None


def test_a_tilted_horizon_and_a_dark_night_sky(scene: Scene) -> None:
    tilted = replace(scene, horizon=Horizon(0.5, 0.55, 0.9, 0.9))
    assert "straighten" in {i.key for i in suggest(tilted)}
    night = replace(scene, preview=scene.preview * np.float32(0.03), time_of_day=Guess("night", 1.0, {"night": 1.0}))
    dark = replace(night, regions={**night.regions, "building": np.zeros_like(night.regions["sky"])})
    assert "stars" in {i.key for i in suggest(dark)}


def test_a_photo_of_nothing_still_gets_ideas_that_work(scene: Scene) -> None:
    from fluxroom.scene import unseen

    grey = unseen(64, 48, np.full((48, 64, 3), 0.2, np.float32))
    for idea in suggest(grey):
        assert idea.recipe.adjustments
