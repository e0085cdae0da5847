"""What models say, read without trust."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fluxroom.engines.eyes.asking import Said, answered
from fluxroom.engines.eyes.reading import LONGEST_TEXT, clean, follows, read_answer, read_box, read_found
from fluxroom.errors import NothingUnderstood
from fluxroom.perception import Answer

SIZE = (800, 600)


def test_plain_json() -> None:
    draft = read_answer(
        '{"answer": "A boat.", "value": "boat", "confidence": 0.8, "box": [100, 200, 300, 400]}', SIZE, "thousandths"
    )
    assert (draft.text, draft.value, draft.confidence, draft.box) == ("A boat.", "boat", 0.8, (0.1, 0.2, 0.3, 0.4))


@pytest.mark.parametrize(
    "said",
    [
        '```json\n{"answer": "A boat.", "value": "boat"}\n```',
        'Sure! Here it is: {"answer": "A boat.", "value": "boat"} Hope it helps {"answer": "no"}',
        '<think>{"answer": "wrong"}</think>{"answer": "A boat.", "value": "boat"}',
        '{"note": 1} {"answer": "A boat.", "value": "boat"}',
        '{"answer": "A\nboat.", "value": "boat"}',
    ],
)
def test_json_among_other_things(said: str) -> None:
    draft = read_answer(said, SIZE, "pixels")
    assert (draft.text, draft.value) == ("A boat.", "boat")


def test_json_that_was_cut_off_keeps_its_answer() -> None:
    assert read_answer('{"answer": "A \\"red\\" boat.", "value": "bo', SIZE, None).text == 'A "red" boat.'


def test_words_alone_are_the_answer() -> None:
    draft = read_answer("  A boat\non the left. ", SIZE, None)
    assert draft == type(draft)("A boat on the left.")


@pytest.mark.parametrize(
    ("said", "read"),
    [
        (0.7, 0.7),
        (7, 0.07),
        (95, 0.95),
        ("95%", 0.95),
        ("0.4", 0.4),
        (-3, 0.0),
        (1e9, 1.0),
        (True, None),
        ("so", None),
    ],
)
def test_confidence_is_brought_into_range(said: object, read: float | None) -> None:
    draft = read_answer(json.dumps({"answer": "yes", "confidence": said}), SIZE, None)
    assert draft.confidence == (None if read is None else pytest.approx(read))


def test_no_confidence_out_of_nothing() -> None:
    for said in ("NaN", "Infinity", "null", "[]"):
        assert read_answer(f'{{"answer": "yes", "confidence": {said}}}', SIZE, None).confidence is None


@pytest.mark.parametrize(
    ("value", "units", "box"),
    [
        ([80, 60, 400, 300], "pixels", (0.1, 0.1, 0.5, 0.5)),
        ([400, 300, 80, 60], "pixels", (0.1, 0.1, 0.5, 0.5)),
        ([[100, 100, 500, 500]], "thousandths", (0.1, 0.1, 0.5, 0.5)),
        ([0.1, 0.1, 0.5, 0.5], "thousandths", (0.1, 0.1, 0.5, 0.5)),
        ([0, 0, 1000, 1000], "thousandths", (0.0, 0.0, 1.0, 1.0)),
        ([0, 0, 1200, 300], "thousandths", None),
        ([10, 10, 10, 40], "pixels", None),
        ([-1, 0, 5, 5], "pixels", None),
        ([1, 2, 3], "pixels", None),
        (["a", 1, 2, 3], "pixels", None),
        ([True, 0, 1, 1], "pixels", None),
        ([float("nan"), 0, 1, 1], "pixels", None),
        ([0, 0, float("inf"), 1], "pixels", None),
        ("box", "pixels", None),
        (None, "pixels", None),
    ],
)
def test_boxes(value: object, units: str, box: object) -> None:
    assert read_box(value, SIZE, units) == box  # type: ignore[arg-type]


def test_a_model_that_was_not_taught_boxes_gives_none() -> None:
    assert read_answer('{"answer": "A boat.", "box": [1, 2, 300, 400]}', SIZE, None).box is None


def test_things_pointed_at() -> None:
    said = '```json\n[{"bbox_2d": [80, 60, 400, 300], "label": "boat"}, {"bbox_2d": [1], "label": "x"}, 7]\n```'
    assert read_found(said, SIZE, "pixels", "boats") == [("boat", (0.1, 0.1, 0.5, 0.5))]
    assert read_found('{"box": [80, 60, 400, 300]}', SIZE, "pixels", "boats") == [("boats", (0.1, 0.1, 0.5, 0.5))]
    assert read_found("[]", SIZE, "pixels", "boats") == []
    assert read_found('[{"box": [80, 60, 400, 300]}, {"box": [1, ', SIZE, "pixels", "x") == [
        ("x", (0.1, 0.1, 0.5, 0.5))
    ]
    many = json.dumps([{"box": [0, 0, n + 1, 9], "label": "b"} for n in range(700)])
    assert len(read_found(many, SIZE, "pixels", "boats")) == 50


def test_text_is_one_bounded_line_without_controls() -> None:
    assert clean("a\x1b[31mred\u202eb\ufffd\r\n c", 100) == "a[31mredb c"
    long = "One sentence. " * 100
    assert clean(long, 100).endswith("sentence.")
    assert clean("x" * 999, 50) == "x" * 49 + "…"
    assert len(read_answer("字" * 5000, SIZE, None).text) <= LONGEST_TEXT


@pytest.mark.parametrize("bad", ["[" * 9000, '{"a":' * 9000, '{"answer": ' + "1" * 6000 + "}", "\ud800{", "{" * 9000])
def test_hostile_json(bad: str) -> None:
    assert len(read_answer(bad, SIZE, "pixels").text) <= LONGEST_TEXT
    assert read_found(bad, SIZE, "pixels", "x") == []


@settings(deadline=None)
@given(st.text(), st.sampled_from(["pixels", "thousandths", None]))
def test_anything_can_be_read(said: str, units: str | None) -> None:
    _well_formed(answered(lambda ask, words: Said(said, None, SIZE), "is there a boat?", units, "x", ""))  # type: ignore[arg-type]


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=5), inner, max_size=5),
    max_leaves=10,
)


@settings(deadline=None)
@given(st.fixed_dictionaries({"answer": JSON, "value": JSON, "confidence": JSON, "box": JSON}), st.floats(0, 1))
def test_any_json_can_be_read(data: dict[str, object], sure: float) -> None:
    said = json.dumps(data)
    answer = answered(lambda ask, words: Said(said, sure, SIZE), "图里有没有船？", "pixels", "x", "")
    _well_formed(answer)
    assert answer.confidence <= sure + 0.0005


def _well_formed(answer: Answer) -> None:
    assert answer.text
    assert answer.text.isprintable()
    assert len(answer.text) < LONGEST_TEXT + 20
    assert len(answer.value) <= 60
    assert 0 <= answer.confidence <= 1
    if answer.box is not None:
        x0, y0, x1, y1 = answer.box
        assert 0 <= x0 < x1 <= 1
        assert 0 <= y0 < y1 <= 1
    json.dumps(answer.to_dict(), allow_nan=False)


def _asked(replies: list[str], question: str) -> tuple[Answer, list[str]]:
    asked: list[str] = []

    def say(ask: str, words: str) -> Said:
        asked.append(ask)
        return Said(replies[len(asked) - 1], 0.9, SIZE)

    return answered(say, question, None, "x", "mit"), asked


def test_the_wrong_language_is_asked_once_more() -> None:
    answer, asked = _asked(['{"answer": "A boat."}', '{"answer": "有一条船。"}'], "图里有什么？")
    assert answer.text == "有一条船。"
    assert len(asked) == 2
    assert "请用中文回答" in asked[1]
    answer, asked = _asked(["A boat.", "Still a boat."], "图里有什么？")
    assert answer.text == "A boat."
    assert "it did not answer in the language of the question" in answer.evidence
    answer, asked = _asked(["12"], "有几条船？")
    assert (answer.text, len(asked)) == ("12。", 1)


def test_follows() -> None:
    assert follows("The sign says 出口.", zh=False)
    assert not follows("这是出口", zh=False)
    assert follows("牌子上写着 EXIT", zh=True)
    assert follows("3", zh=True)


def test_confidence_is_the_least_of_what_is_known() -> None:
    def confidence(said: str, sure: float | None) -> tuple[float, str]:
        answer = answered(lambda ask, words: Said(said, sure, SIZE), "what is it?", None, "x", "mit")
        return answer.confidence, answer.text

    assert confidence('{"answer": "A boat", "confidence": 1}', 0.7) == (0.7, "A boat.")
    assert confidence('{"answer": "A boat", "confidence": 0.2}', 0.7) == (0.2, "A boat (not sure).")
    assert confidence("A boat.", 0.65) == (0.65, "A boat.")
    assert confidence("A boat.", None) == (0.5, "A boat (not sure).")
    assert confidence("", 0.9) == (0.0, "The model gave no answer.")


def test_questions_that_cannot_be_asked() -> None:
    for question in (" ", "x" * 1001, "\udc80?"):
        with pytest.raises(NothingUnderstood):
            answered(lambda ask, words: Said("", None, SIZE), question, None, "x", "")
