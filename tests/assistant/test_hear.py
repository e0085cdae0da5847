"""What a turn says: history, references, how much; politeness is left out."""

from __future__ import annotations

import pytest

from fluxroom.assistant.hear import chosen, hear, how_much, number, plain, quality, refining
from fluxroom.assistant.places import region_said

HISTORY = {
    "undo": ("undo", 0),
    "please undo that": ("undo", 0),
    "undo the last two": ("undo", 2),
    "go back three steps": ("undo", 3),
    "撤销": ("undo", 0),
    "撤销上一步吧": ("undo", 0),
    "撤销两步": ("undo", 2),
    "退回上一步": ("undo", 0),
    "不要刚才那个了": ("undo", 0),
    "redo": ("redo", 0),
    "重做": ("redo", 0),
    "取消撤销": ("redo", 0),
    "back to the original": ("original", 0),
    "start over": ("original", 0),
    "回到原图": ("original", 0),
    "重新开始": ("original", 0),
    "go back to version 2": ("go", 2),
    "back to v3": ("go", 3),
    "back to the second version": ("go", 2),
    "回到第二版": ("go", 2),
    "用第3版": ("go", 3),
    "还是回到v1吧": ("go", 1),
    "回到第十二版": ("go", 12),
    "compare with the original": ("compare", 0),
    "对比第一版和第二版": ("compare", 1),
    "和原图对比一下": ("compare", 0),
    "history": ("list", 0),
    "有哪些版本": ("list", 0),
    "what did you do?": ("describe", 0),
    "你做了什么": ("describe", 0),
    "any ideas?": ("suggest", 0),
    "有什么建议吗？": ("suggest", 0),
    "what would you suggest?": ("suggest", 0),
    "save as out.jpg": ("save", 0),
    "保存为 a.tif": ("save", 0),
    "name this final": ("name", 0),
    "把这版叫做定稿": ("name", 0),
    "perfect, thanks": ("praise", 0),
    "很好": ("praise", 0),
    "help": ("help", 0),
    "退出": ("quit", 0),
}


@pytest.mark.parametrize(("text", "meant"), HISTORY.items())
def test_history_and_talk(text: str, meant: tuple[str, int]) -> None:
    heard = hear(text)
    assert heard is not None
    assert (heard.kind, heard.n) == meant


@pytest.mark.parametrize(
    "text",
    [
        "make it warmer",
        "天空更有戏剧性",
        "add a boat",
        "back light the tree",
        "not too much contrast",
        "去掉暗角",
        "cooler, keep the sea",
        "make it look like the original film",
        "加一点历史感",
        "an old photo look",
        "more saved shadows",
        "好看的天空",
        "别太过",
    ],
)
def test_edits_are_no_history(text: str) -> None:
    assert hear(text) is None


def test_what_follows_is_handed_on() -> None:
    heard = hear("回到第一版，再加点雾")
    assert heard is not None
    assert (heard.kind, heard.n, heard.rest) == ("go", 1, "加点雾")
    heard = hear("undo that and make it warmer instead")
    assert heard is not None
    assert (heard.kind, heard.rest) == ("undo", "make it warmer")


@pytest.mark.parametrize(
    ("text", "factor"),
    [
        ("half of that", 0.5),
        ("减半", 0.5),
        ("一半就好", 0.5),
        ("double it", 2.0),
        ("加倍", 2.0),
        ("30% stronger", 1.3),
        ("20% less", 0.8),
        ("50%", 0.5),
        ("强度减半", 0.5),
    ],
)
def test_numbers_are_factors(text: str, factor: float) -> None:
    assert how_much(text) == pytest.approx(factor)


@pytest.mark.parametrize(
    "text",
    [
        "stronger",
        "a bit more",
        "more of that",
        "push it further",
        "not enough",
        "再强一点",
        "还不够",
        "再来一点",
        "太淡了",
        "加强一下",
    ],
)
def test_more(text: str) -> None:
    factor = how_much(text)
    assert factor is not None
    assert factor > 1


@pytest.mark.parametrize(
    "text",
    [
        "too much",
        "a little less",
        "not that much",
        "tone it down",
        "way too strong",
        "太过了",
        "太强了",
        "弱一点",
        "收一点",
        "没必要这么重",
    ],
)
def test_less(text: str) -> None:
    factor = how_much(text)
    assert factor is not None
    assert factor < 1


@pytest.mark.parametrize(
    "text", ["warmer", "再暖一点", "brighter", "more contrast", "亮一点", "softer", "more clouds", "加一点雾"]
)
def test_qualities_are_edits(text: str) -> None:
    assert how_much(text) is None


@pytest.mark.parametrize(
    ("text", "thing", "up"),
    [
        ("雾再淡一点", "雾", False),
        ("make the fog thicker", "fog", True),
        ("the fog is too thick", "fog", False),
        ("云太厚了", "云", False),
        ("half the fog", "fog", False),
        ("less fog", "fog", False),
        ("极光再亮一些", "极光", True),
        ("the rain is too strong", "rain", False),
        ("more stars", "stars", True),
    ],
)
def test_qualities_of_things(text: str, thing: str, up: bool) -> None:
    factor = quality(text, thing)
    assert factor is not None
    assert (factor > 1) == up


@pytest.mark.parametrize(
    ("text", "kind", "what"),
    [
        ("the same for the water", "same_for", "the water"),
        ("水面也一样", "same_for", "水面"),
        ("only the sky", "only_there", "the sky"),
        ("只要天空", "only_there", "天空"),
        ("not the trees", "not_there", "the trees"),
        ("但别动树", "not_there", "树"),
        ("remove the boat", "remove", "the boat"),
        ("不要雾了", "remove", "雾"),
        ("把船去掉", "remove", "船"),
        ("把它移到左边", "move", "它"),
        ("move the balloon a bit to the right", "move", "the balloon"),
        ("make it bigger", "size", "it"),
        ("大一点", "size", ""),
        ("把船换成热气球", "replace", "船"),
        ("more birds", "count", "birds"),
    ],
)
def test_about_the_step_before(text: str, kind: str, what: str) -> None:
    assert (kind, what) in [(h.kind, h.what) for h in refining(text)]


@pytest.mark.parametrize(
    ("text", "region"),
    [
        ("the sky", "sky"),
        ("水面", "water"),
        ("sky and water", "sky + water"),
        ("左边的天空", "sky & left"),
        ("make it warmer", None),
        ("雾", None),
    ],
)
def test_regions_and_nothing_else(text: str, region: str | None) -> None:
    assert region_said(text) == region


def test_picking() -> None:
    assert [
        chosen(t, 3) for t in ("the second", "第二个", "2", "前者", "the latter", "option 3", "5", "make it warmer")
    ] == [
        1,
        1,
        1,
        0,
        2,
        2,
        None,
        None,
    ]


def test_numbers_and_politeness() -> None:
    assert [number(t) for t in ("3", "third", "三", "十二", "二十", "两", "x", "")] == [3, 3, 3, 12, 20, 2, 0, 0]
    assert plain("Could you please undo that, thanks!") == "undo that"
    assert plain("麻烦帮我把天空调暗一点好吗") == "把天空调暗一点"
