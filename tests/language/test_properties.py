"""What holds for any words at all."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from fluxroom import operators
from fluxroom.errors import InstructionError
from fluxroom.language import Interpretation, interpret
from fluxroom.language.interpret import STRUCTURE
from fluxroom.language.lexicon import lexicon
from fluxroom.language.tagger import tag
from fluxroom.recipe import Recipe

PHRASES = sorted(
    ("" if ord(form[0][0]) > 0x2E80 else " ").join(form)
    for form, _ in lexicon().forms.all()
    if all(u != "'s" for u in form)
)
NOISE = ["qwzx", "flumph", "量子", "+20", "30%", "1.5 EV", "5600K", ",", "，", ".", "。", "and", "和", "不要", "keep"]
SENTENCES = st.lists(st.one_of(st.sampled_from(PHRASES), st.sampled_from(NOISE)), min_size=1, max_size=9).map(" ".join)


def read(text: str) -> Interpretation | None:
    """The interpretation, or None if the words ask for nothing or contradict each other."""
    try:
        return interpret(text)
    except InstructionError as error:
        message = str(error)
    assert message
    assert "\n" not in message
    return None


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=80))
def test_any_text_is_survived(text: str) -> None:
    read(text)


@settings(max_examples=600, deadline=None)
@given(SENTENCES)
def test_recipes_can_be_carried_out(text: str) -> None:
    said = read(text)
    if said is None:
        return
    assert said.recipe.adjustments
    for adjustment in said.recipe.adjustments:
        operators.resolve(adjustment)
        assert adjustment.because
    assert Recipe.from_yaml(said.recipe.to_yaml()) == said.recipe


@settings(max_examples=200, deadline=None)
@given(SENTENCES)
def test_same_words_same_recipe(text: str) -> None:
    assert read(text) == read(text)


@settings(max_examples=600, deadline=None)
@given(SENTENCES)
def test_no_word_is_dropped_in_silence(text: str) -> None:
    """Every word that carries content is in a reason or among the words not understood."""
    said = read(text)
    if said is None:
        return
    accounted = " ".join([w for w, _ in said.reasons] + list(said.not_understood))
    for token in tag(text):
        if not any(entry.kind in STRUCTURE | {"and"} for entry in token.entries):
            assert token.text in accounted, token.text
