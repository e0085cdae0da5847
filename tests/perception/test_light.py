"""Light: colour temperature, the sun's place by time, the lit side, kinds and shadows."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import cv2
import numpy as np
import pytest

from fluxroom.perception import answer, perceive
from fluxroom.perception.direction import KINDS, lit_side, reasons_in_chinese, relative, shadow_of
from fluxroom.perception.illuminant import chromaticity, color_temperature, light_color, off_locus
from fluxroom.perception.light import find_light
from fluxroom.perception.sun import solar_coordinates, solar_position
from fluxroom.photo import open_photo
from fluxroom.scene import Float, Guess, Horizon, Light, Scene


@pytest.mark.parametrize(
    ("x", "y", "kelvin", "within"),
    [
        (0.31271, 0.32902, 6504, 15),  # D65
        (0.34567, 0.35850, 5003, 15),  # D50
        (0.29902, 0.31485, 7504, 20),  # D75
        (0.44757, 0.40745, 2856, 15),  # A
        (0.5267, 0.4133, 2000, 60),  # black body
        (0.2807, 0.2884, 10000, 150),  # black body
    ],
)
def test_colour_temperatures_of_standard_illuminants(x: float, y: float, kelvin: float, within: float) -> None:
    """CIE 15: chromaticities of the standard illuminants, 2 degree observer."""
    assert abs(color_temperature(x, y) - kelvin) < within
    assert off_locus(x, y) < 0.005


def test_white_is_daylight_and_green_is_no_light() -> None:
    assert abs(color_temperature(*chromaticity((1.0, 1.0, 1.0))) - 6504) < 20
    assert off_locus(*chromaticity((0.7, 1.4, 0.7))) > 0.02
    for rgb in ((1.0, 0.0, 0.0), (0.0, 0.0, 1.0), (0.0, 0.0, 0.0)):
        assert 1500 <= color_temperature(*chromaticity(rgb)) <= 20000


def test_warmer_light_has_fewer_kelvin() -> None:
    grey = np.random.default_rng(0).uniform(0.1, 0.5, (40, 60, 1)).astype(np.float32).repeat(3, 2)
    none = {"sky": np.zeros((40, 60), np.float32)}
    kelvin = []
    for tint in ((0.8, 1.0, 1.3), (1.0, 1.0, 1.0), (1.3, 1.0, 0.7)):
        color, _ = light_color(grey * np.array(tint, np.float32), none, np.ones(3, np.float32), False)
        kelvin.append(color_temperature(*chromaticity(color)))
    assert kelvin[0] > kelvin[1] > kelvin[2]


def test_the_sun_of_meeus() -> None:
    """Astronomical Algorithms, example 25.a: 1992 October 13.0 TD (59 s ahead of UT)."""
    ascension, declination = solar_coordinates(datetime(1992, 10, 12, 23, 59, 1, tzinfo=UTC))
    assert ascension == pytest.approx(198.38083, abs=0.005)
    assert declination == pytest.approx(-7.78507, abs=0.005)


def test_the_sun_of_the_solar_position_algorithm() -> None:
    """Reda and Andreas, NREL/TP-560-34302, example of table A5.1 (at 1830 m; zenith 50.11162, azimuth 194.34024)."""
    zone = timezone(timedelta(hours=-7))
    elevation, azimuth = solar_position(datetime(2003, 10, 17, 12, 30, 30, tzinfo=zone), 39.742476, -105.1786)
    assert 90 - elevation == pytest.approx(50.11162, abs=0.02)
    assert azimuth == pytest.approx(194.34024, abs=0.02)


def test_noon_is_high_and_midnight_is_low() -> None:
    noon, _ = solar_position(datetime(2024, 6, 21, 12, 0, tzinfo=UTC), 23.44, 0.0)
    assert noon > 88
    midnight, _ = solar_position(datetime(2024, 12, 21, 0, 0, tzinfo=UTC), 50.0, 0.0)
    assert midnight < -60
    south, azimuth = solar_position(datetime(2024, 12, 21, 12, 0, tzinfo=UTC), -50.0, 0.0)
    assert south > 60
    assert min(azimuth, 360 - azimuth) < 5  # in the south the sun stands in the north at noon


def dunes(width: int = 256, height: int = 170) -> tuple[Float, dict[str, Float]]:
    """Ridges that rise slowly from the left and drop sharply: lit from the right, their steep sides are bright."""
    x = np.arange(width)[None, :] + 6 * np.sin(np.arange(height) / 9.0)[:, None]
    phase = (x % 32) / 32
    luma = 0.06 + 0.3 * (1 - phase) ** 3
    picture = np.repeat(luma[..., None], 3, 2).astype(np.float32)
    empty = np.zeros((height, width), np.float32)
    return picture, {"sky": empty, "water": empty}


def test_the_lit_side_turns_with_the_picture() -> None:
    picture, masks = dunes()
    there = lit_side(picture, masks)
    back = lit_side(np.ascontiguousarray(picture[:, ::-1]), masks)
    assert there > 0.4
    assert back == pytest.approx(-there, abs=0.02)


def test_a_sky_that_brightens_to_the_right() -> None:
    picture = np.full((170, 256, 3), 0.1, np.float32)
    picture[:80] = np.linspace(0.2, 0.8, 256, dtype=np.float32)[None, :, None]
    sky = np.zeros((170, 256), np.float32)
    sky[:80] = 1
    assert lit_side(picture, {"sky": sky, "water": np.zeros_like(sky)}) > 0.4
    assert lit_side(np.full((170, 256, 3), 0.3, np.float32), {"sky": sky, "water": sky * 0}) == pytest.approx(
        0, abs=1e-3
    )


@pytest.mark.parametrize(
    ("bearing", "looks", "azimuth"),
    [(180, 180, 180), (180, 0, 0), (90, 0, 90), (270, 0, -90), (10, 350, 160), (350, 10, -160)],
)
def test_azimuth_by_bearings(bearing: float, looks: float, azimuth: float) -> None:
    assert abs(relative(bearing, looks)) == pytest.approx(abs(azimuth))
    if azimuth not in (0, 180):
        assert relative(bearing, looks) == pytest.approx(azimuth)


def lit(azimuth: float, kind: str, softness: float = 0.2) -> Light:
    return Light(
        0.5, 0.1, False, (1.0, 1.0, 1.0), 0.2, 20.0, softness, 0.8,
        kind=Guess(kind, 0.8, {k: 0.8 if k == kind else 0.05 for k in KINDS}), azimuth=azimuth, azimuth_confidence=0.8,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("azimuth", "kind", "way"),
    [(180, "back", "near"), (0, "front", "far"), (90, "side", "left"), (-90, "side", "right")],
)
def test_shadows_fall_away_from_the_light(azimuth: float, kind: str, way: str) -> None:
    regions = {"ground": np.ones((60, 90), np.float32)}
    shadow = shadow_of(lit(azimuth, kind), regions, Horizon(0.4, 0.4, 0.9), 1.5, 60.0)
    assert shadow is not None
    dx, dy = shadow
    assert dx * dx + dy * dy == pytest.approx(1, abs=0.01)
    assert {"near": dy > 0.9, "far": dy < -0.9, "left": dx < -0.9, "right": dx > 0.9}[way]


def test_no_shadows_under_soft_light_or_on_water() -> None:
    ground = {"ground": np.ones((60, 90), np.float32)}
    line = Horizon(0.4, 0.4, 0.9)
    assert shadow_of(lit(90, "side", softness=0.9), ground, line, 1.5, 60.0) is None
    assert shadow_of(lit(90, "diffuse"), ground, line, 1.5, 60.0) is None
    assert shadow_of(lit(90, "side"), {"ground": np.zeros((60, 90), np.float32)}, line, 1.5, 60.0) is None


def sunset(x: float) -> tuple[Float, dict[str, Float]]:
    """A low warm sun with a round glow, over dark land."""
    height, width = 300, 450
    away = np.hypot(np.arange(height)[:, None] - 110, np.arange(width)[None, :] - x * width) / width
    glow = 0.18 + 0.75 * np.exp(-away / 0.06) + 0.3 * np.exp(-((away / 0.02) ** 2))
    picture = glow[..., None] * np.array([1.0, 0.75, 0.4])
    picture[away < 0.012] = (1.0, 0.98, 0.8)
    sky = np.zeros((height, width), np.float32)
    sky[:150] = 1
    picture[150:] = 0.02
    regions = {"sky": sky, "clouds": sky * 0, "water": sky * 0, "ground": 1 - sky}
    return picture.clip(0, 1).astype(np.float32), regions


def test_a_sun_in_the_frame() -> None:
    picture, regions = sunset(0.7)
    found = find_light(picture, regions, Horizon(0.5, 0.5, 0.9), 60.0)
    assert found.visible
    assert found.x == pytest.approx(0.7, abs=0.02)
    assert found.kelvin < 5000


def test_a_bright_grey_sky_holds_no_sun() -> None:
    picture, regions = sunset(0.5)
    away = np.hypot(np.arange(300)[:, None] - 60, np.arange(450)[None, :] - 220) / 450
    picture[:150] = (0.7 + 0.3 * np.exp(-((away[:150] / 0.08) ** 2)))[..., None]
    assert not find_light(picture, regions, Horizon(0.5, 0.5, 0.9), 60.0).visible


@pytest.fixture(scope="module")
def china(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    from sklearn.datasets import load_sample_image

    path: Path = tmp_path_factory.mktemp("light") / "china.png"
    cv2.imwrite(str(path), load_sample_image("china.jpg")[:, :, ::-1])
    return perceive(open_photo(path))


def test_a_whole_scene(china: Scene) -> None:
    light = china.light
    assert light.kind.value in KINDS
    assert sum(light.kind.probabilities.values()) == pytest.approx(1, abs=0.01)
    assert -180 <= light.azimuth <= 180
    assert 0 <= light.azimuth_confidence <= 1
    assert 1500 <= light.kelvin <= 20000
    assert all(any("\u4e00" <= c <= "\u9fff" for c in e) for e in reasons_in_chinese(light.kind.evidence))


ASKED = [
    ("where does the light come from?", "光从哪边来？"),
    ("is it backlit?", "逆光吗"),
    ("what is the colour temperature?", "色温多少"),
    ("is the light soft or hard?", "光线硬还是柔？"),
    ("which way do the shadows fall?", "影子朝哪边？"),
]


@pytest.mark.parametrize(("english", "chinese"), ASKED)
def test_questions_about_light(china: Scene, english: str, chinese: str) -> None:
    one, two = answer(china, english), answer(china, chinese)
    assert one.kind == two.kind == "light"
    assert any("\u4e00" <= c <= "\u9fff" for c in two.text)
    assert not any("\u4e00" <= c <= "\u9fff" for c in one.text)


def test_answers_follow_the_facts(china: Scene) -> None:
    backlit = replace(china, light=lit(180, "back"))
    assert answer(backlit, "is it backlit?").value == "yes"
    assert answer(backlit, "顺光吗").value == "no"
    assert answer(backlit, "where does the light come from?").value == "behind"
    side = replace(china, light=lit(-90, "side"))
    assert answer(side, "光从哪边来？").value == "left"
    assert answer(side, "is it backlit?").value == "no"
    assert answer(side, "is the light hard?").value == "yes"
    warm = replace(china, light=replace(lit(0, "front"), kelvin=3210.0, kelvin_confidence=0.7))
    assert answer(warm, "what is the color temperature?").value == "3200"
    assert "暖" in answer(warm, "色温多少").text
    assert answer(replace(china, light=replace(lit(0, "front"), shadow=(1.0, 0.0))), "影子朝哪边").value == "right"


def test_the_horizon_by_uprights_is_answered(china: Scene) -> None:
    turned = replace(china, horizon=Horizon(0.4, 0.5, 0.3, 0.8))
    said = answer(turned, "is the horizon level?")
    assert said.value == "no"
    assert "upright" in said.evidence[0]
