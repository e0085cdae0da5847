"""The pack is taken, and its words do what they say."""

import numpy as np

from fluxroom.language import interpret
from fluxroom.operators import Window, find
from fluxroom.packs import shelf


def test_it_is_on_the_shelf() -> None:
    assert "my-pack" in [pack.name for pack in shelf().packs], shelf().refused


def test_words() -> None:
    for say in ("make it sun bleached", "日晒褪色"):
        assert [a.operator for a in interpret(say).recipe.adjustments] == ["sun_bleached"]


def test_colours_fade() -> None:
    tile = np.full((2, 2, 3), (0.5, 0.1, 0.1), np.float32)
    find("sun_bleached").apply(tile, Window(0, 0, 2, 2, 2, 2), 1.0)
    assert (tile[..., 0] < 0.5).all() and (tile[..., 1] > 0.1).all()
