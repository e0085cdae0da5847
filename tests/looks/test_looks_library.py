"""The built-in looks: each can be read, fits its operators' ranges, changes a picture, and is a word for `edit`."""

from __future__ import annotations

import numpy as np
import pytest

import fluxroom
from fluxroom.errors import InputError, RecipeError
from fluxroom.language import interpret
from fluxroom.language.lexicon import form_of, lexicon
from fluxroom.looks import Look, all_looks, find_look, read_look, search
from fluxroom.operators import resolve
from fluxroom.recipe import Recipe

LOOKS = [look for look in all_looks() if not look.own]
EACH = pytest.mark.parametrize("look", LOOKS, ids=lambda look: look.key)
MARKS = ("kodak", "fuji", "portra", "velvia", "ilford", "tri-x", "polaroid", "provia", "leica", "hasselblad", "lego")


def test_there_are_enough_and_their_names_are_their_own() -> None:
    assert len(LOOKS) >= 45
    names = [name.casefold() for look in LOOKS for name in look.title]
    assert len(set(names)) == len(names)
    assert not [n for n in names if set(MARKS) & set(n.split())]


@EACH
def test_a_look_is_whole(look: Look) -> None:
    assert all((*look.title, *look.about, *look.tags))
    assert any("\u4e00" <= c <= "\u9fff" for c in look.title[1] + look.about[1])
    assert not any("\u4e00" <= c <= "\u9fff" for c in look.title[0] + look.about[0])
    for adjustment in look.recipe.adjustments:
        resolve(adjustment)  # raises when something is unknown or out of range
    assert {a.region.text for a in look.recipe.adjustments}


@EACH
def test_a_look_comes_back_from_its_file(look: Look) -> None:
    again, tables = read_look(look.to_yaml())
    assert (again.key, again.title, again.tags, again.about, again.recipe) == (
        look.key, look.title, look.tags, look.about, look.recipe,
    )  # fmt: skip
    assert again.to_yaml() == look.to_yaml()
    assert not tables


@EACH
def test_a_look_changes_the_picture_and_less_at_half_strength(look: Look, photo: fluxroom.Photo) -> None:
    before = photo.pixels.codes.astype(float)
    whole, half = (np.abs(photo.render(look.at(s), remember=False).photo.codes - before).mean() for s in (1.0, 0.5))
    assert whole > 1
    assert 0.25 * whole < half < 0.85 * whole


@EACH
def test_its_titles_are_words(look: Look) -> None:
    wanted = [(a.operator, a.parameters, a.region) for a in look.recipe.adjustments]
    en, zh = look.title
    for words in (en, f"make it look {en.lower()}", f"apply the {en} look", zh, f"用{zh}风格", f"换成{zh}色调"):
        made = interpret(words).recipe
        assert [(a.operator, a.parameters, a.region) for a in made.adjustments] == wanted, words
        assert not made.not_understood, words


def test_names_take_no_word_that_meant_something_before() -> None:
    """A phrase of a look has no other meaning, whichever came first."""
    for look in LOOKS:
        for title in look.title:
            entries = lexicon().forms.get(form_of(title.lower()))
            assert [e.key for e in entries] == [f"look {look.key}"]
    assert interpret("sepia").recipe.adjustments[0].operator == "sepia"
    assert interpret("电影感").recipe != interpret("青橙大片").recipe


def test_a_look_can_be_asked_for_softly_and_with_a_part_kept() -> None:
    soft = interpret("a little nordic").recipe.adjustments
    full = find_look("nordic").recipe.adjustments
    amounts = [[float(a.parameters["temperature"]) for a in r if a.operator == "white_balance"] for r in (soft, full)]
    assert 0 > amounts[0][0] > amounts[1][0]
    kept = interpret("用北欧风格，天空保持不变").recipe
    assert kept.keep is not None
    assert kept.keep.text == "sky"


def test_a_chat_knows_looks(photo: fluxroom.Photo) -> None:
    session = fluxroom.Photo(photo.pixels).session(review=False)
    session.photo.__dict__["scene"] = photo.scene
    turn = session.say("用北欧风格")
    assert turn.kind == "edit"
    assert turn.result is not None
    assert {"matte", "white_balance"} <= {a.operator for a in turn.result.recipe.adjustments}
    session.say("undo")
    assert session.say("apply the song ink look").kind == "edit"


def test_strength_lies_between_nothing_and_all() -> None:
    look = find_look("nordic")
    assert all(a.opacity == 0.5 for a in look.at(0.5).adjustments)
    assert look.at().say == "Nordic look"
    assert look.at(0.5).say == "Nordic 50% look"
    for strength in (-0.1, 1.1, float("nan")):
        with pytest.raises(RecipeError, match="from 0 to 1"):
            look.at(strength)


@pytest.mark.parametrize("name", ["nordic", "Nordic", "北欧", "Nordic look", " NORDIC "])
def test_looks_are_found_by_any_of_their_names(name: str) -> None:
    assert find_look(name).key == "nordic"


def test_what_is_not_found_is_guessed_at() -> None:
    with pytest.raises(InputError, match="did you mean nordic"):
        find_look("nordick")
    with pytest.raises(InputError, match="looks list"):
        find_look("zzzzzzzz")


def test_search() -> None:
    assert "song_ink" in [look.key for look in search("水墨")]
    assert {"everyday_film", "old_slide"} <= {look.key for look in search(tags=["film"])}
    assert all("film" in look.tags for look in search("grain", ["film"]))
    assert not search("no such words anywhere")


def test_a_look_over_a_photo(photo_file: object, library: object) -> None:
    opened = fluxroom.open(str(photo_file))
    first = opened.look("nordic", strength=0.7)
    second = opened.look("旧相册")
    assert first.version is not None
    assert second.version is not None
    assert (first.version.parent, second.version.parent) == (0, 1)
    assert first.recipe.adjustments == second.recipe.adjustments[: len(first.recipe.adjustments)]
    assert first.version.words == "Nordic 70% look"
    assert isinstance(second.recipe, Recipe)
