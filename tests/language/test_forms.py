"""Phrases with choices mean what all their combinations, written out, would mean."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from fluxroom.language import forms as module
from fluxroom.language.forms import Entry, Forms, pieces_of, spelt_out, whole_units
from fluxroom.language.lexicon import form_of

OPTIONS = st.lists(st.sampled_from(["", "the ", "warm ", "low sun", "light ", "'s "]), min_size=1, max_size=4)
PIECES = st.lists(OPTIONS, min_size=1, max_size=5)


def written(pieces: list[list[str]]) -> str:
    return "".join("{" + "|".join(options) + "}" for options in pieces)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(PIECES, min_size=1, max_size=4),
    st.lists(st.sampled_from(["the", "warm", "low", "sun", "light"]), max_size=6),
)
def test_walking_finds_what_a_table_of_all_combinations_would(phrases: list[list[list[str]]], said: list[str]) -> None:
    walked = Forms(form_of)
    table: dict[tuple[str, ...], set[str]] = {}
    for number, pieces in enumerate(phrases):
        entry = Entry("concept", str(number))
        walked.add("{" + "|" * 20 + "}" + written(pieces), entry)
        for words in spelt_out(pieces):
            table.setdefault(form_of(words), set()).add(entry.key)
    for at in range(len(said)):
        found = {end: {e.key for e in entries} for end, entries in walked.starting(said, at).items()}
        for end in range(at + 1, len(said) + 1):
            assert found.get(end, set()) == table.get(tuple(said[at:end]), set())


def test_many_combinations_are_not_written_out() -> None:
    forms = Forms(form_of)
    forms.add("{a|b|c|d} {e|f|g|h} {i|j|k|l}", Entry("concept", "x"))
    assert not forms.written
    assert forms.get(("b", "h", "i")) == (Entry("concept", "x"),)
    assert forms.get(("b", "h")) == ()
    assert module.combinations(pieces_of("{a|b|c|d} {e|f|g|h} {i|j|k|l}")) == 64


def test_a_unit_that_crosses_pieces_keeps_a_phrase_written_out() -> None:
    assert whole_units(pieces_of("{add |}{a|two} bird"))
    assert whole_units(pieces_of("{加|添}{一棵|}树"))
    assert not whole_units(pieces_of("light{s|ing}"))
    assert not whole_units(pieces_of("{提亮|压暗}{一|半}档"))
    assert not whole_units(pieces_of("{3|4} birds"))
