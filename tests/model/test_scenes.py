"""Drawn scenes and their captions; no torch needed."""

from __future__ import annotations

import numpy as np
import pytest

from flux_model.training import checker
from flux_model.training.captions import EN_KIND, EN_SIDE, ZH_COLOR, ZH_KIND, caption
from flux_model.training.scenes import KINDS, Group, Scene, draw, random_scene


def scenes(count: int) -> list[Scene]:
    return [random_scene(np.random.default_rng(n)) for n in range(count)]


def test_drawing_is_deterministic_and_in_range() -> None:
    for n, scene in enumerate(scenes(20)):
        x = draw(scene, 64, n)
        assert x.shape == (64, 64, 3) and x.dtype == np.float32
        assert float(x.min()) >= 0 and float(x.max()) <= 1
        assert np.array_equal(x, draw(scene, 64, n))


def test_any_size() -> None:
    assert draw(scenes(1)[0], 128).shape == (128, 128, 3)


def test_captions_say_nothing_that_is_not_there() -> None:
    for n, scene in enumerate(scenes(300)):
        for language, kinds in (("en", EN_KIND), ("zh", {k: v[1] for k, v in ZH_KIND.items()})):
            said = caption(scene, n, language)
            for kind, words in kinds.items():
                if kind not in {g.kind for g in scene.groups}:
                    names = [w for w in words if language == "en" and len(w) > 4]
                    assert not any(w in said for w in names), (said, scene)
            if language == "en" and len(scene.groups) == 1:
                group = scene.groups[0]
                wrong = [words for side, words in EN_SIDE.items() if side != group.side]
                assert not any(words in said for words in wrong)


def test_every_color_has_a_name() -> None:
    assert {color for colors in KINDS.values() for color in colors} <= set(ZH_COLOR)


@pytest.mark.parametrize("color", ["red", "yellow", "purple"])
@pytest.mark.parametrize("side", ["left", "center", "right"])
def test_the_checker_sees_what_was_drawn(color: str, side: str) -> None:
    scene = Scene("meadow", "day", "clear", False, "", (Group("balloon", color, 1, side),))
    right = [
        checker.main_color(x) == color and checker.side(x, color) == side
        for x in (draw(scene, 64, s) for s in range(20))
    ]
    assert np.mean(right) >= 0.9


def test_the_checker_counts() -> None:
    for count in (1, 2, 3):
        scene = Scene("snow", "day", "clear", False, "", (Group("balloon", "red", count),))
        assert np.mean([checker.count(draw(scene, 64, s), "red") == count for s in range(20)]) >= 0.85


def test_the_checker_sees_nothing_where_nothing_is() -> None:
    scene = Scene("sea", "day", "clear", False, "", ())
    assert not any(checker.main_color(draw(scene, 64, s)) for s in range(20))
