"""Whole journeys in Python, on a real photo."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import fluxroom
from fluxroom.errors import InputError, OutputExists, VersionNotFound
from fluxroom.history import fingerprint


@pytest.fixture(scope="module")
def china() -> Path:
    """china.jpg, by danielbuechele, CC BY 2.0, in the scikit-learn package; 640 x 427."""
    spec = find_spec("sklearn")
    assert spec is not None
    assert spec.submodule_search_locations is not None
    return Path(spec.submodule_search_locations[0]) / "datasets" / "images" / "china.jpg"


@pytest.fixture(scope="module")
def shared(china: Path, tmp_path_factory: pytest.TempPathFactory) -> fluxroom.Photo:
    """Opened and looked at once for the whole module."""
    photo = fluxroom.open(china, library=tmp_path_factory.mktemp("library"))
    _ = photo.scene
    return photo


@pytest.fixture
def photo(shared: fluxroom.Photo, tmp_path: Path) -> fluxroom.Photo:
    fresh = fluxroom.Photo(shared.pixels, fluxroom.Library(tmp_path / "library"))
    fresh.scene = shared.scene
    return fresh


def test_the_readme(photo: fluxroom.Photo, tmp_path: Path) -> None:
    assert photo.scene.time_of_day.value
    assert "%" in photo.ask("how much of it is sky?").text
    stages: list[tuple[str, float]] = []
    result = photo.edit(
        "make the sky moodier, keep the water as it is", progress=lambda stage, done: stages.append((stage, done))
    )
    assert result.describe()
    assert result.describe("zh")
    assert result.verdict is not None
    assert result.verdict.words()
    assert result.interpretation is not None
    assert result.version is not None
    assert result.seconds > 0
    assert {s for s, _ in stages} >= {"interpret", "render", "review", "remember"}
    assert all(0 <= done <= 1 for _, done in stages)
    assert result.save(tmp_path / "out.jpg") == tmp_path / "out.jpg"
    picture = result.before_after(tmp_path / "before_after.jpg")
    assert picture.width > 2 * picture.height
    with pytest.raises(OutputExists):
        result.save(tmp_path / "out.jpg")
    with pytest.raises(OutputExists):
        result.before_after(tmp_path / "before_after.jpg")
    further = photo.edit("a little warmer")
    assert further.version is not None
    assert further.version.parent == 1
    photo.rollback("v1")
    assert photo.current == 1


def test_a_later_edit_renders_from_the_original_through_the_whole_recipe(photo: fluxroom.Photo) -> None:
    first = photo.edit("make the sky darker", review=False)
    second = photo.edit("warmer", review=False)
    count = len(first.recipe.adjustments)
    assert second.recipe.adjustments[:count] == first.recipe.adjustments
    assert len(second.recipe.adjustments) > count
    at_once = photo.render(second.recipe)
    assert np.array_equal(at_once.photo.codes, second.photo.codes)


@pytest.mark.parametrize("words", ["make the sky darker, keep the rest", "天空更暗一些"])
@pytest.mark.parametrize(("ending", "bits"), [("png", None), ("tif", 16)])
def test_untouched_means_untouched(
    photo: fluxroom.Photo, tmp_path: Path, words: str, ending: str, bits: int | None
) -> None:
    result = photo.edit(words, bits=bits, review=False)
    result.save(tmp_path / f"out.{ending}")
    saved = fluxroom.open(tmp_path / f"out.{ending}", library=None).pixels.codes.astype(np.int64)
    source = photo.pixels.codes.astype(np.int64) * (257 if bits == 16 else 1)
    outside = photo.mask("sky") == 0
    assert 0.2 < outside.mean() < 0.95
    assert np.abs(saved - source)[outside].max() == 0
    assert (saved != source)[photo.mask("sky") > 0.9].mean() > 0.5


def test_every_version_replays_to_the_same_pixels(photo: fluxroom.Photo) -> None:
    sentences = ["more dramatic clouds", "加一点暗角", "brighter foreground", "more contrast"]
    fingerprints = {}
    for i, words in enumerate(sentences):
        result = photo.edit(words, seed=i, base=0 if i == 2 else None, threads=1 + i % 2)
        assert result.version is not None
        fingerprints[result.version.number] = fingerprint(result.photo.codes)
    for number, expected in fingerprints.items():
        again = photo.replay(number, threads=2 - number % 2)
        assert fingerprint(again.photo.codes) == expected
        assert again.notes == []
    original = photo.replay("v0")
    assert np.array_equal(original.photo.codes, photo.pixels.codes)


def test_another_process_gives_the_same_bytes(photo: fluxroom.Photo, china: Path, tmp_path: Path) -> None:
    words = "让天空更有戏剧性，云层更厚重"
    photo.edit(words, seed=5).save(tmp_path / "here.png")
    code = (
        "import sys, fluxroom; fluxroom.open(sys.argv[1], library=None)"
        ".edit(sys.argv[2], seed=5, threads=1).save(sys.argv[3])"
    )
    subprocess.run(
        [sys.executable, "-c", code, str(china), words, str(tmp_path / "there.png")], check=True, timeout=240
    )
    assert (tmp_path / "here.png").read_bytes() == (tmp_path / "there.png").read_bytes()


def test_keep_can_be_said_beside_the_words(photo: fluxroom.Photo) -> None:
    plan = photo.plan("make everything darker", keep="water")
    assert plan.recipe.keep is not None
    assert "water" in plan.recipe.keep.text
    result = photo.edit("make everything darker", keep="water", review=False)
    kept = photo.mask("water") == 1
    if kept.any():
        assert np.array_equal(result.photo.codes[kept], photo.pixels.codes[kept])


def test_without_a_library_nothing_is_remembered(photo: fluxroom.Photo) -> None:
    alone = fluxroom.Photo(photo.pixels, None)
    alone.scene = photo.scene
    result = alone.edit("darker", review=False)
    assert result.version is None
    assert alone.versions() == []
    with pytest.raises(InputError, match="without a library"):
        alone.rollback("v1")
    with pytest.raises(InputError, match="without a library"):
        alone.replay("v1")


def test_what_is_not_there(photo: fluxroom.Photo) -> None:
    with pytest.raises(VersionNotFound):
        photo.edit("darker", base="v9")
    with pytest.raises(InputError, match="no engine 'lightroom'"):
        photo.edit("darker", engine="lightroom")
    with pytest.raises(InputError, match="must be above 0"):
        fluxroom.open("x.jpg", max_megapixels=0)


def test_a_grey_photo_and_one_with_alpha(tmp_path: Path, china: Path) -> None:
    with Image.open(china) as image:
        grey = image.convert("L").resize((160, 107))
        clear = image.resize((160, 107)).convert("RGBA")
    clear.putalpha(Image.linear_gradient("L").resize(clear.size))
    for name, picture in (("grey.png", grey), ("clear.png", clear)):
        picture.save(tmp_path / name)
        photo = fluxroom.open(tmp_path / name, library=tmp_path / "library")
        result = photo.edit("darker", bits=16)
        result.save(tmp_path / f"out_{name}")
        saved = fluxroom.open(tmp_path / f"out_{name}", library=None).pixels
        assert saved.codes.dtype == np.uint16
        assert np.array_equal(saved.codes, result.photo.codes)
        result.before_after()
        if photo.pixels.alpha is not None:
            assert saved.alpha is not None
            assert np.array_equal(saved.alpha, photo.pixels.alpha.astype(np.uint16) * 257)
