"""Reading photos: real ones from installed packages, and the odd ones that break naive readers."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from fluxroom.errors import NothingUnderstood
from fluxroom.perception import answer, perceive
from fluxroom.perception.eye import look, network_size
from fluxroom.perception.matte import connected_sky
from fluxroom.photo import Photo, open_photo
from fluxroom.scene import ANALYSIS_SIDE, Scene

Codes = NDArray[np.uint8]


def photo_of(rgb: Codes, folder: Path) -> Photo:
    path = folder / "photo.png"
    cv2.imwrite(str(path), rgb[:, :, ::-1])
    return open_photo(path)


@pytest.fixture(scope="module")
def china(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    from sklearn.datasets import load_sample_image

    return perceive(photo_of(load_sample_image("china.jpg"), tmp_path_factory.mktemp("china")))


def drawn_beach(height: int = 400, width: int = 600) -> Codes:
    """Blue sky above, a darker sea, sand below; a little noise so that nothing is perfectly flat."""
    rng = np.random.default_rng(0)
    y = np.linspace(0, 1, height)[:, None, None]
    sky = (1 - y) * np.array([70, 120, 200]) + y * np.array([190, 210, 235])
    image = np.where(y < 0.5, sky, np.where(y < 0.7, np.array([30, 80, 110]), np.array([210, 190, 150])))
    image = np.broadcast_to(image, (height, width, 3)) + rng.normal(0, 3, (height, width, 3))
    return image.clip(0, 255).astype(np.uint8)


def check_sane(scene: Scene) -> None:
    height, width = scene.preview.shape[:2]
    assert max(height, width) <= ANALYSIS_SIDE
    for name in ("sky", "clouds", "water", "ground", "vegetation", "building", "object"):
        assert name in scene.regions
    for name, mask in scene.regions.items():
        assert mask.shape == (height, width), name
        assert mask.dtype == np.float32
        assert np.isfinite(mask).all()
        assert mask.min() >= 0
        assert mask.max() <= 1 + 1e-6
        assert 0 <= scene.confidence[name] <= 1
    assert (scene.regions["clouds"] <= scene.regions["sky"] + 1e-5).all()
    disjoint = sum(scene.regions[n] for n in ("sky", "water", "vegetation", "building", "object", "snow", "sand"))
    assert disjoint.max() <= 1.01
    for guess in (scene.time_of_day, scene.weather):
        assert abs(sum(guess.probabilities.values()) - 1) < 0.01
        assert 0 <= guess.confidence <= 1
    assert np.isfinite([scene.light.x, scene.light.y, scene.light.elevation, *scene.light.color]).all()
    assert np.isfinite([scene.horizon.left, scene.horizon.right]).all()


def test_the_temple_roof_stands_out_of_the_sky(china: Scene) -> None:
    check_sane(china)
    sky = china.regions["sky"]
    height, width = sky.shape
    assert sky[: height // 10].mean() > 0.97
    assert sky[int(0.9 * height) :].max() == 0
    roof = sky[int(0.28 * height) : int(0.40 * height), int(0.20 * width) : int(0.45 * width)]
    assert roof.mean() < 0.05
    assert china.time_of_day.value in ("day", "golden_hour")


@pytest.mark.parametrize("name", ["chelsea", "coffee"])
def test_indoors_has_no_sky(name: str, tmp_path: Path) -> None:
    from skimage import data

    scene = perceive(photo_of(getattr(data, name)(), tmp_path))
    check_sane(scene)
    assert scene.share("sky") < 0.03


def test_black_and_white_keeps_its_sky(china: Scene, tmp_path: Path) -> None:
    from sklearn.datasets import load_sample_image

    grey = cv2.cvtColor(load_sample_image("china.jpg"), cv2.COLOR_RGB2GRAY)
    scene = perceive(photo_of(cv2.merge([grey] * 3), tmp_path))
    check_sane(scene)
    both = np.minimum(scene.regions["sky"], china.regions["sky"]).sum()
    either = np.maximum(scene.regions["sky"], china.regions["sky"]).sum()
    assert both / either > 0.9


@pytest.mark.parametrize("shape", [(1600, 400), (300, 1200), (200, 150), (12, 9), (8, 400)])
def test_any_shape(shape: tuple[int, int], tmp_path: Path) -> None:
    check_sane(perceive(photo_of(cv2.resize(drawn_beach(), shape[::-1]), tmp_path)))


@pytest.mark.parametrize("value", [0, 128, 255])
def test_a_flat_picture_is_no_crash(value: int, tmp_path: Path) -> None:
    scene = perceive(photo_of(np.full((60, 90, 3), value, np.uint8), tmp_path))
    check_sane(scene)


def test_same_photo_same_scene(tmp_path: Path) -> None:
    photo = photo_of(drawn_beach(), tmp_path)
    first, second = perceive(photo), perceive(photo)
    for name, mask in first.regions.items():
        assert np.array_equal(mask, second.regions[name])
    assert first.light == second.light
    assert first.time_of_day == second.time_of_day


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 9000), st.integers(1, 9000))
def test_network_size_is_a_multiple_of_32(height: int, width: int) -> None:
    h, w = network_size(height, width)
    assert h % 32 == 0
    assert w % 32 == 0
    assert min(h, w) >= 64
    assert max(h, w) <= 512


def test_probabilities_sum_to_one() -> None:
    grid = look(drawn_beach())
    assert np.allclose(grid.sum(0), 1, atol=1e-4)


QUESTIONS = [
    ("这是什么时候拍的？", "time"),
    ("When was this taken?", "time"),
    ("天气怎么样？", "weather"),
    ("what is the weather like", "weather"),
    ("天空占多少？", "share"),
    ("How much of it is sky?", "share"),
    ("主要颜色是什么？", "color"),
    ("What are the dominant colours?", "color"),
    ("光从哪里来？", "light"),
    ("图里有没有水？", "exists"),
    ("Is there a building?", "exists"),
    ("What is the meaning of life?", "unknown"),
]


@pytest.mark.parametrize(("question", "kind"), QUESTIONS)
def test_questions_are_understood(china: Scene, question: str, kind: str) -> None:
    reply = answer(china, question)
    assert reply.kind == kind
    assert any("\u4e00" <= c <= "\u9fff" for c in reply.text) == any("\u4e00" <= c <= "\u9fff" for c in question)
    assert 0 <= reply.confidence <= 1
    assert (reply.confidence == 0) == (kind == "unknown")


def test_answers_about_the_temple(china: Scene) -> None:
    assert answer(china, "Is there a building?").value == "yes"
    assert answer(china, "图里有没有天空").value == "yes"
    assert answer(china, "Is there an animal?").value == "no"
    assert abs(float(answer(china, "how much sky").value) - china.share("sky")) < 0.01


def test_an_empty_question_is_refused(china: Scene) -> None:
    with pytest.raises(NothingUnderstood):
        answer(china, "  ")


def test_a_mirrored_sky_in_water_is_not_sky() -> None:
    height, width = 300, 400
    pixels = np.full((height, width, 3), 0.3, np.float32)
    pixels[:100] = (0.6, 0.7, 0.8)
    pixels[200:260, 100:300] = (0.6, 0.7, 0.8)
    prior = np.zeros((height, width), np.float32)
    prior[:100] = 1
    prior[200:260, 100:300] = 0.4
    water = np.zeros_like(prior)
    assert connected_sky(pixels, prior, water)[230, 200] == pytest.approx(0.4)  # looks like the sky: a gap
    water[200:260, 100:300] = 0.5
    assert connected_sky(pixels, prior, water)[230, 200] < 0.1
    water[:] = 0
    pixels[200:260, 100:300] = (0.75, 0.7, 0.6)
    assert connected_sky(pixels, prior, water)[230, 200] < 0.1  # a pale wall
    assert (connected_sky(pixels, prior, water)[:100] == 1).all()
