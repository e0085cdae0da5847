"""Every operator gives the same code values for any tiles and threads, 16 bits deep."""

from __future__ import annotations

import numpy as np
import pytest
from synthetic import make_codes, make_photo, make_scene

from fluxroom.operators import all_operators
from fluxroom.photo.photo import Photo
from fluxroom.recipe import Adjustment, Recipe, Region
from fluxroom.render import render
from fluxroom.scene import Scene


@pytest.fixture(scope="module")
def photo() -> Photo:
    """Dark enough for stars."""
    codes = make_codes(150, 210, bits=16)
    return make_photo((codes // 3).astype(np.uint16))


@pytest.fixture(scope="module")
def scene(photo: Photo) -> Scene:
    return make_scene(photo)


@pytest.mark.parametrize("operator", [o for o in all_operators() if o.kind != "frame"], ids=lambda o: o.name)
def test_tiles_never_show(photo: Photo, scene: Scene, operator: object) -> None:
    name, region = operator.name, operator.region  # type: ignore[attr-defined]
    recipe = Recipe((Adjustment(name, region=Region(region)),), seed=4)
    whole = render(photo, scene, recipe, threads=1, tile=(150, 210))
    for tile in ((11, 17), (150, 1), (1, 210)):
        parts = render(photo, scene, recipe, threads=2, tile=tile)
        assert np.array_equal(parts.codes, whole.codes)
        assert np.array_equal(parts.untouched, whole.untouched)
