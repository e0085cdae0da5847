"""Trying again: within the budget, the best wins, every try is kept and can be carried out again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from synthetic import make_codes, make_photo, make_scene

import fluxroom
from fluxroom.critic import Claim, Revision, Verdict, Workshop, review, revise, try_again
from fluxroom.history import Library, export_history, import_history, tries
from fluxroom.photo import Photo
from fluxroom.recipe import Adjustment, Recipe, Region
from fluxroom.render import Rendered, render
from fluxroom.scene import Scene


@pytest.fixture(scope="module")
def photo() -> Photo:
    return make_photo(make_codes(160, 240))


@pytest.fixture(scope="module")
def scene(photo: Photo) -> Scene:
    return make_scene(photo)


def missed(fault: str, index: int = 0, value: float = 0.0, limit: float = 1.0) -> Verdict:
    return Verdict((Claim("x", "", "0", False, "x", "x", (index,), fault, value, limit),))  # type: ignore[arg-type]


def test_what_departs_from_what_was_asked_goes_back() -> None:
    asked = Recipe((Adjustment("exposure", {"stops": -0.6}, Region("sky")),), Region("water"))
    wrong = Recipe((replace(asked.adjustments[0], region=Region("ground"), opacity=0.1),))
    verdict = Verdict((*missed("place").claims, *missed("leak").claims))
    better = revise(wrong, verdict, asked)
    assert better is not None
    assert better.recipe == asked


@pytest.mark.parametrize(
    ("recipe", "fault", "expected"),
    [
        (Adjustment("exposure", {"stops": 0.5}, Region("sky")), "seam", Region("feather(sky, 2%)")),
        (Adjustment("exposure", {"stops": 0.5}, Region("feather(sky, 2%)")), "halo", Region("feather(sky, 4%)")),
        (Adjustment("exposure", {"stops": 0.5}, Region("shrink(sky, 1%)")), "halo", Region("sky")),
        (Adjustment("saturation", {"amount": 1.0}, Region("clouds")), "weak", Region("sky")),
    ],
)
def test_the_mask_is_repaired(recipe: Adjustment, fault: str, expected: Region) -> None:
    better = revise(Recipe((recipe,)), missed(fault))
    assert better is not None
    assert better.recipe.adjustments[0].region == expected
    assert better.en and better.zh


def test_drama_with_nothing_to_work_on_becomes_clouds() -> None:
    full = Recipe((Adjustment("cloud_drama", {"strength": 1.0}, Region("sky")),))
    better = revise(full, missed("weak"))
    assert better is not None
    assert better.recipe.adjustments[0].operator == "clouds"


def test_a_missing_thing_gets_another_place_and_seed() -> None:
    asked = Recipe((Adjustment("birds", {"count": 3.0, "x": 0.9, "y": 0.9}, Region("sky")),), seed=4)
    better = revise(asked, missed("absent"))
    assert better is not None
    again = better.recipe.adjustments[0]
    assert again.seed == 5 and "x" not in again.parameters


def shop_of(photo: Photo, scene: Scene, asked: Recipe, planned: Rendered, made: list[Recipe]) -> Workshop:
    def carry_out(recipe: Recipe) -> Rendered:
        made.append(recipe)
        return render(photo, scene, recipe)

    def judge(recipe: Recipe, rendered: Rendered) -> Verdict:
        return review(photo, scene, asked, rendered, planned)

    return Workshop(carry_out, judge, lambda recipe: judge(recipe, render(photo, scene, recipe)))


def test_a_weak_rendering_is_repaired_small_first(photo: Photo, scene: Scene) -> None:
    asked = Recipe((Adjustment("exposure", {"stops": -0.8}, Region("sky")),))
    planned = render(photo, scene, asked)
    weak = replace(asked, adjustments=(replace(asked.adjustments[0], opacity=0.1),))
    made: list[Recipe] = []
    shop = shop_of(photo, scene, asked, planned, made)
    outcome = try_again(asked, weak, render(photo, scene, weak), shop, 3)
    assert not outcome.first.passed
    assert outcome.verdict.passed and outcome.verdict.revised
    assert len(made) == 1  # one rendering at full size, of the try that the small picture showed to be better
    assert [t.chosen for t in outcome.tries].count(True) == 1
    assert outcome.tries[0].en == () and all(t.en and t.zh for t in outcome.tries[1:])
    assert np.array_equal(outcome.rendered.codes, render(photo, scene, outcome.recipe).codes)


@pytest.mark.parametrize("tries", [1, 2, 4])
def test_the_budget_holds_and_the_best_wins(photo: Photo, scene: Scene, tries: int) -> None:
    """A workshop in which nothing helps: as many tries as allowed, and the first one stays."""
    asked = Recipe((Adjustment("exposure", {"stops": -0.5}, Region("sky")),))
    idle = render(photo, scene, Recipe())
    bad = missed("weak")
    shop = Workshop(lambda recipe: idle, lambda recipe, rendered: bad, lambda recipe: bad)
    outcome = try_again(asked, asked, idle, shop, tries)
    assert 1 <= len(outcome.tries) <= tries
    assert outcome.recipe == asked and outcome.tries[0].chosen and not outcome.verdict.revised
    assert len({t.recipe.to_yaml() for t in outcome.tries}) == len(outcome.tries)


def test_nothing_to_change_is_no_revision() -> None:
    recipe = Recipe((Adjustment("black_and_white", {"amount": 1.0}),))
    assert revise(recipe, missed("strong")) is None
    assert revise(recipe, Verdict()) is None
    assert Revision(recipe, (), ()).recipe == recipe


@pytest.fixture
def opened(tmp_path: Path) -> fluxroom.Photo:
    """A flat grey wall: nothing of it can become more colourful."""
    from PIL import Image

    y, x = np.mgrid[0:160, 0:240]
    wall = (128 + 20 * np.sin(x / 9) * np.cos(y / 7))[..., None].repeat(3, 2).astype(np.uint8)
    Image.fromarray(wall).save(tmp_path / "wall.png")
    return fluxroom.open(tmp_path / "wall.png", library=tmp_path / "library")


def test_tries_are_kept_and_replay(opened: fluxroom.Photo, tmp_path: Path) -> None:
    result = opened.edit("more saturated", tries=3)
    assert result.verdict is not None and not result.verdict.passed
    assert result.version is not None and opened.library is not None
    kept = tries(opened.library, opened.sha256, result.version.number)
    assert len(kept) == len(result.tries) >= 2
    assert [a.recipe for a in kept] == [t.recipe for t in result.tries]
    assert [a.chosen for a in kept].count(True) == 1
    assert kept[0].reasons == {"en": [], "zh": []} and kept[1].reasons["en"] and kept[1].reasons["zh"]
    assert len(opened.versions()) == 1  # tries are no versions
    chosen = next(a for a in kept if a.chosen)
    assert chosen.recipe == result.version.recipe
    assert np.array_equal(opened.render(chosen.recipe, remember=False).photo.codes, result.photo.codes)
    assert np.array_equal(opened.replay(result.version.number).photo.codes, result.photo.codes)

    export_history(opened.library, opened.sha256, tmp_path / "all.json")
    elsewhere = Library(tmp_path / "elsewhere")
    import_history(elsewhere, opened.as_source(), tmp_path / "all.json")
    assert tries(elsewhere, opened.sha256, 1) == kept


@pytest.mark.parametrize(("options", "judged"), [({"tries": 1}, True), ({"review": False}, False)])
def test_one_try_and_no_review(opened: fluxroom.Photo, options: dict[str, int], judged: bool) -> None:
    result = opened.edit("more saturated", **options)  # type: ignore[arg-type]
    assert (result.verdict is not None) == judged
    assert len(result.tries) == (1 if judged else 0)
    assert not result.revised
    assert opened.library is not None and result.version is not None
    assert tries(opened.library, opened.sha256, result.version.number) == []


def test_the_command_line_tells_the_tries(
    opened: fluxroom.Photo, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from fluxroom.cli.main import run

    where, photo = ["--library", str(tmp_path / "library")], str(opened.path)
    assert run(["edit", photo, "more saturated", "--tries", "3", *where]) == 0
    told = capsys.readouterr().out
    assert "try 1" in told and "try 2" in told
    assert run(["history", photo, *where]) == 0
    listed = capsys.readouterr().out
    assert "try 2" in listed and "[taken]" in listed
    assert run(["edit", photo, "more saturated", "--tries", "1", "--from", "v0", *where]) == 0
    assert "try 1" not in capsys.readouterr().out
    assert run(["edit", photo, "warmer", "--tries", "0", *where]) == 2
