"""Recipes from words: amounts, regions, protection, contradictions, honesty."""

from __future__ import annotations

import numpy as np
import pytest

from fluxroom.errors import Contradiction, NothingUnderstood
from fluxroom.language import Interpretation, interpret
from fluxroom.recipe import Adjustment
from fluxroom.scene import Guess, Horizon, Light, Scene

HEADLINE = "让这张黄昏海滩照更具史诗感，增加云层戏剧性"


def made(said: Interpretation, operator: str) -> Adjustment:
    found = [a for a in said.recipe.adjustments if a.operator == operator]
    assert len(found) == 1, [a.operator for a in said.recipe.adjustments]
    return found[0]


def scene(**shares: float) -> Scene:
    regions = {}
    for name in ("sky", "clouds", "water", "ground", "vegetation", "building", "object"):
        mask = np.zeros((10, 100), np.float32)
        mask[:, : round(100 * shares.get(name, 0.0))] = 1
        regions[name] = mask
    guess = Guess("day", 0.9)
    light = Light(0.5, 0.3, True, (1.0, 1.0, 1.0), 0.5, 10.0, 0.3, 0.9)
    preview = np.zeros((10, 100, 3), np.float32)
    return Scene(1000, 100, preview, regions, {}, Horizon(0.5, 0.5, 0.9), light, guess, guess)


def test_the_headline_touches_only_the_sky() -> None:
    said = interpret(HEADLINE)
    assert {a.region.text for a in said.recipe.adjustments} == {"sky"}
    assert {a.operator for a in said.recipe.adjustments} == {"clouds", "cloud_drama", "sun_glow"}
    assert made(said, "cloud_drama").parameters["strength"] == pytest.approx(0.9)
    assert said.not_understood == ()
    assert said.language == "zh"
    assert any("天空" in note for note in said.notes)


def test_traditional_chinese_says_the_same() -> None:
    said, simple = interpret("讓這張黃昏海灘照更具史詩感，增加雲層戲劇性"), interpret(HEADLINE)
    assert [a.parameters for a in said.recipe.adjustments] == [a.parameters for a in simple.recipe.adjustments]
    assert made(said, "cloud_drama").because[-1] == "增加雲層戲劇性"


def test_moodier_sky_warm_sun_sea_and_sand_kept() -> None:
    said = interpret("make the sky moodier and warmer near the sun, keep the sea and the sand as they are")
    assert said.recipe.keep is not None
    assert said.recipe.keep.text == "water + sand"
    assert made(said, "white_balance").region.text == "sky & near_sun"
    assert made(said, "exposure").region.text == "sky"
    assert said.language == "en"


def test_whole_photo_epic_when_said_so() -> None:
    said = interpret("整体更有史诗感，增加云层戏剧性")
    assert "everything" in {a.region.text for a in said.recipe.adjustments}


@pytest.mark.parametrize(
    ("words", "operator", "name", "value"),
    [
        ("+0.7 EV", "exposure", "stops", 0.7),
        ("曝光加一档", "exposure", "stops", 1.0),
        ("减半档", "exposure", "stops", -0.5),
        ("half a stop darker", "exposure", "stops", -0.5),
        ("20% brighter", "exposure", "stops", 0.263),
        ("50% darker", "exposure", "stops", -1.0),
        ("5600K", "white_balance", "kelvin", 5600.0),
        ("色温调到4800K", "white_balance", "kelvin", 4800.0),
        ("contrast -15", "contrast", "amount", -0.15),
        ("饱和度降低百分之二十", "saturation", "amount", -0.2),
        ("slightly brighter", "exposure", "stops", 0.36),
        ("much brighter", "exposure", "stops", 0.9),
        ("稍微亮一些", "exposure", "stops", 0.3),
        ("暗部提亮一点点", "shadows", "amount", 0.3),
        ("warmer", "white_balance", "temperature", 0.32),
        ("warm it up by 20%", "white_balance", "temperature", 0.2),
        ("black and white with strong contrast", "contrast", "amount", 0.6),
        ("crush the blacks", "blacks", "amount", -0.5),
        ("更通透", "dehaze", "amount", 0.697),
        ("remove the haze", "dehaze", "amount", 0.85),
    ],
)
def test_amounts(words: str, operator: str, name: str, value: float) -> None:
    assert made(interpret(words), operator).parameters[name] == pytest.approx(value, abs=0.002)


def test_a_number_out_of_range_is_said() -> None:
    said = interpret("brighten by 9 stops")
    assert made(said, "exposure").parameters["stops"] == 5.0
    assert any("out of range" in note for note in said.notes)


@pytest.mark.parametrize(
    "words",
    [
        "darker and keep it exactly as it is",
        "brighter and darker",
        "让海面更蓝，海面保持不变",
        "天空变亮，天空变暗",
        "darken the clouds but leave the sky untouched",
        "warmer, but don't make it warmer",
        "变亮一点，但是所有都不要动",
    ],
)
def test_contradictions(words: str) -> None:
    with pytest.raises(Contradiction) as error:
        interpret(words)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("words", "named"),
    [
        ("asdf qwer", "asdf"),
        ("frobnicate the sky", "frobnicate"),
        ("量子纠缠", "量子纠缠"),
        ("", "try e.g."),
        ("!!!", "try e.g."),
        ("please", "try e.g."),
        ("海面不要动", "可以这样说"),
        ("make the fox jump", "flux engine"),
        ("换个天空", "flux"),
    ],
)
def test_nothing_understood_names_the_words(words: str, named: str) -> None:
    with pytest.raises(NothingUnderstood, match=r"^[^\n]+$") as error:
        interpret(words)
    assert named in str(error.value)


def test_what_cannot_be_done_is_named_and_the_rest_is_done() -> None:
    said = interpret("add a unicorn on the left and make it brighter")
    assert made(said, "exposure").region.text == "everything"
    assert any("unicorn" in words for words in said.not_understood)
    assert any("flux engine" in note for note in said.notes)
    assert said.recipe.not_understood == said.not_understood


def test_unknown_words_are_named() -> None:
    said = interpret("make the sky darker and zorbify the flumph")
    assert " ".join(said.not_understood).count("zorbify") == 1
    assert "flumph" in " ".join(said.not_understood)


def test_order_is_professional_unless_a_sequence_is_said() -> None:
    usual = [a.operator for a in interpret("sharpen, more contrast, warmer").recipe.adjustments]
    assert usual == ["white_balance", "contrast", "sharpen"]
    said = [a.operator for a in interpret("sharpen first, then more contrast, then warmer").recipe.adjustments]
    assert said == ["sharpen", "contrast", "white_balance"]


def test_a_sequence_is_no_contradiction() -> None:
    steps = interpret("first brighten it, then darken it").recipe.adjustments
    assert [a.parameters["stops"] for a in steps if a.operator == "exposure"] == [0.6, -0.6]


def test_side_effects_that_are_forbidden_are_dropped() -> None:
    assert any(a.operator == "exposure" for a in interpret("moody").recipe.adjustments)
    said = interpret("moody but without making it darker")
    assert not any(a.operator == "exposure" for a in said.recipe.adjustments)
    vintage = interpret("复古，不要暗角，不要颗粒")
    assert not {"vignette", "grain"} & {a.operator for a in vintage.recipe.adjustments}


def test_new_clouds_where_there_are_hardly_any() -> None:
    words = "more dramatic clouds"
    assert [a.operator for a in interpret(words, scene(sky=0.5, clouds=0.3)).recipe.adjustments] == ["cloud_drama"]
    few = interpret(words, scene(sky=0.5, clouds=0.01))
    assert {a.operator for a in few.recipe.adjustments} == {"clouds", "cloud_drama"}


@pytest.mark.parametrize("words", ["epic", "make the sky stormy", "云更厚重", "heavier clouds", "a threatening sky"])
def test_clouds_that_are_there_are_worked_on(words: str) -> None:
    cloudy = interpret(words, scene(sky=0.5, clouds=0.3))
    assert "clouds" not in {a.operator for a in cloudy.recipe.adjustments}
    assert made(cloudy, "cloud_drama").parameters["strength"] >= 0.8  # type: ignore[operator]
    few = interpret(words, scene(sky=0.5, clouds=0.1))
    assert "clouds" in {a.operator for a in few.recipe.adjustments}
    assert few.notes


@pytest.mark.parametrize("words", ["add storm clouds", "让天空乌云密布", "more clouds"])
def test_new_clouds_when_asked_for(words: str) -> None:
    said = interpret(words, scene(sky=0.5, clouds=0.4))
    assert "clouds" in {a.operator for a in said.recipe.adjustments}


def test_regions_that_are_not_in_the_photo() -> None:
    said = interpret("darken the sky and warm up the trees", scene(vegetation=0.4))
    assert {a.region.text for a in said.recipe.adjustments} == {"trees"}
    assert "sky" in " ".join(said.not_understood)
    assert any("sky" in note for note in said.notes)
    with pytest.raises(NothingUnderstood, match="sky"):
        interpret("darken the sky", scene(vegetation=0.4))


def test_reasons_use_the_users_own_words() -> None:
    said = interpret("天空壓暗一檔")
    words = " ".join(w for w, _ in said.reasons)
    assert "壓暗" in words
    assert made(said, "exposure").because == ("天空壓暗一檔",)


def test_seed_and_words_go_into_the_recipe() -> None:
    recipe = interpret("warmer", seed=7).recipe
    assert (recipe.seed, recipe.say) == (7, "warmer")


@pytest.mark.parametrize(
    "words",
    ["keep everything as it is but make the sky more dramatic", "什么都别动，只把天空压暗", "除天空外不要动，天空更蓝"],
)
def test_everything_else_kept_is_no_contradiction(words: str) -> None:
    assert {a.region.text for a in interpret(words).recipe.adjustments} == {"sky"}


def test_nonsense_is_named_whole() -> None:
    with pytest.raises(NothingUnderstood, match="哇咔咔嘟噜噜"):
        interpret("哇咔咔嘟噜噜")


def test_a_swan_is_named() -> None:
    with pytest.raises(NothingUnderstood, match="天鹅"):
        interpret("给湖面上加只天鹅")


def test_warm_light_is_not_more_light() -> None:
    for words in ("光线更暖", "warmer light", "让阳光从云里透出来，光线更暖"):
        assert not any(a.operator == "exposure" for a in interpret(words).recipe.adjustments), words


def test_nothing_is_done_that_was_not_asked_for() -> None:
    """The exposure itself rolls off towards white, so brightening needs no second adjustment."""
    for words, operator in (("提亮", "exposure"), ("teal and orange", "teal_orange"), ("crush the blacks", "blacks")):
        assert [a.operator for a in interpret(words).recipe.adjustments] == [operator]


@pytest.mark.parametrize("words", ["ethereal", "dreamy", "清新", "日系"])
def test_airy_is_lighter_and_never_greyer(words: str) -> None:
    said = interpret(words).recipe.adjustments
    assert all(float(a.parameters["amount"]) >= 0 for a in said if a.operator == "highlights")
    assert any(float(a.parameters["stops"]) > 0 for a in said if a.operator == "exposure")


def test_light_does_not_stop_at_the_edge_of_a_cloud() -> None:
    assert made(interpret("make the clouds glow warm"), "sun_glow").region.text == "sky"


def test_a_place_that_must_not_get_darker_is_left_out() -> None:
    said = interpret("moody, but don't make the ground darker")
    assert made(said, "exposure").region.text == "everything - ground"


def test_two_tonings_keep_the_hue_of_the_stronger() -> None:
    said = interpret("cinematic, warm cold contrast")
    strong = made(interpret("warm cold contrast"), "split_toning").parameters
    assert made(said, "split_toning").parameters["shadow_hue"] == strong["shadow_hue"]


def test_light_that_breaks_through_warms_only_near_the_sun() -> None:
    for words in ("golden light breaking through", "让阳光从云里透出来"):
        said = interpret(words)
        assert made(said, "white_balance").region.text == "sky & near_sun"
        assert made(said, "light_shafts").parameters["strength"] == 0.75
    both = interpret("让阳光从云里透出来，光线更暖").recipe.adjustments
    warm = {a.region.text: a.parameters["temperature"] for a in both if a.operator == "white_balance"}
    assert warm == {"sky & near_sun": 0.25, "everything": 0.2}


def test_clouds_that_glow_are_warm_where_they_are_bright() -> None:
    said = interpret("make the clouds glow warm")
    assert made(said, "white_balance").region.text == "clouds & highlights"


def test_warm_and_cold_drawn_apart_turn_no_hue() -> None:
    said = interpret("加强冷暖对比")
    assert made(said, "split_toning").parameters["shadow_hue"] == 250
    assert not any(a.parameters.get("hue") for a in said.recipe.adjustments)


@pytest.mark.parametrize(
    ("words", "bands"),
    [
        ("less pink", {"magenta", "red", "purple"}),
        ("make the pinks less saturated", {"magenta", "red", "purple"}),
        ("make the greens less yellow", {"green", "yellow"}),
    ],
)
def test_colours_that_lie_in_several_bands(words: str, bands: set[str]) -> None:
    mixed = [a for a in interpret(words).recipe.adjustments if a.operator == "color_mixer"]
    assert {a.parameters["hue_band"] for a in mixed} == bands


def test_a_look_outside_of_the_water_leaves_the_water() -> None:
    assert made(interpret("golden hour except the water"), "golden_hour").region.text == "everything - water"


@pytest.mark.parametrize(
    ("words", "region"),
    [("树叶更绿", "trees"), ("brighten the forest", "trees"), ("草地亮一点", "grass"), ("darken the lawn", "grass"),
     ("绿植亮一点", "vegetation"), ("brighten the plants", "vegetation")],
)  # fmt: skip
def test_trees_and_grass_have_names_of_their_own(words: str, region: str) -> None:
    assert {a.region.text for a in interpret(words).recipe.adjustments} == {region}
