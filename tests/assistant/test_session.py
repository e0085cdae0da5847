"""Dialogues on a real photo: what each turn makes of the recipe and the history."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pytest

import fluxroom
from fluxroom.assistant import Session
from fluxroom.errors import InstructionError
from fluxroom.recipe import Recipe


@pytest.fixture(scope="module")
def shared() -> fluxroom.Photo:
    """china.jpg, by danielbuechele, CC BY 2.0, in the scikit-learn package, looked at once."""
    spec = find_spec("sklearn")
    assert spec is not None
    assert spec.submodule_search_locations is not None
    photo = fluxroom.open(Path(spec.submodule_search_locations[0]) / "datasets" / "images" / "china.jpg", library=None)
    _ = photo.scene
    return photo


@pytest.fixture
def session(shared: fluxroom.Photo, tmp_path: Path) -> Session:
    fresh = fluxroom.Photo(shared.pixels, fluxroom.Library(tmp_path / "library"))
    fresh.scene = shared.scene
    return fresh.session(review=False)


def amount(recipe: Recipe, operator: str, name: str = "strength") -> float:
    value = next(a.parameters[name] for a in recipe.adjustments if a.operator == operator)
    assert isinstance(value, float)
    return value


def operators(session: Session) -> list[str]:
    return [a.operator for a in session.recipe.adjustments]


def test_stronger_and_weaker_change_the_step_not_the_pixels(session: Session) -> None:
    session.say("add some fog")
    first = amount(session.recipe, "fog")
    session.say("再强一点")
    second = amount(session.recipe, "fog")
    session.say("太过了")
    assert first < second
    assert amount(session.recipe, "fog") < second
    assert operators(session) == ["fog"]
    assert session.version == 3


def test_half_of_that_is_half(session: Session) -> None:
    session.say("make the sky darker")
    whole = amount(session.recipe, "exposure", "stops")
    session.say("half of that")
    assert amount(session.recipe, "exposure", "stops") == pytest.approx(whole / 2, abs=1e-3)


def test_undo_redo_and_versions(session: Session) -> None:
    for words in ("warmer", "more contrast", "add some fog"):
        session.say(words)
    assert session.say("undo").version == 2
    assert session.say("undo").version == 1
    assert session.say("redo").version == 2
    assert session.say("redo").version == 3
    assert session.say("redo").kind == "nothing"
    assert session.say("撤销两步").version == 1
    assert session.say("回到第二版").version == 2
    assert session.say("back to the original").version == 0
    assert session.say("undo").kind == "nothing"
    turn = session.say("go back to version 9")
    assert (turn.kind, turn.version) == ("nothing", 0)
    assert "v3" in turn.lines[0]


def test_a_turn_may_go_back_and_go_on(session: Session) -> None:
    session.say("warmer")
    session.say("make the sky moodier")
    turn = session.say("回到第一版，再加点雾")
    assert turn.kind == "edit"
    assert operators(session) == ["white_balance", "fog"]
    assert session.photo.versions()[-1].parent == 1


def test_undo_but_keep_something(session: Session) -> None:
    session.say("warmer")
    session.say("make the sky darker and the trees brighter")
    turn = session.say("undo the last but keep the sky")
    assert turn.kind == "edit"
    assert [(a.operator, a.region.text) for a in session.recipe.adjustments] == [
        ("white_balance", "everything"), ("exposure", "sky"),
    ]  # fmt: skip
    assert session.photo.versions()[-1].parent == 1
    assert session.say("undo that but keep the boat").kind == "nothing"


def test_things_are_named(session: Session) -> None:
    session.say("add some fog")
    session.say("warmer")
    fog = amount(session.recipe, "fog")
    session.say("雾再淡一点")
    assert amount(session.recipe, "fog") < fog
    assert operators(session) == ["fog", "white_balance"]
    session.say("remove the fog")
    assert operators(session) == ["white_balance"]
    session.say("去掉它")
    assert session.version == 0 or "fog" not in operators(session)


def test_the_same_elsewhere_only_there_and_not_there(session: Session) -> None:
    session.say("darken the sky")
    session.say("the same for the water")
    assert [a.region.text for a in session.recipe.adjustments] == ["sky", "water"]
    session.say("undo")
    session.say("warmer")
    session.say("only the sky")
    assert session.recipe.adjustments[-1].region.text == "sky"
    session.say("brighter")
    session.say("but not the trees")
    keep = session.recipe.adjustments[-1].keep
    assert keep is not None
    assert keep.text == "trees"


def test_things_put_in_are_moved_sized_and_exchanged(session: Session) -> None:
    session.say("add a hot air balloon")
    session.say("move it to the left")
    assert amount(session.recipe, "hot_air_balloon", "x") < 0.5
    session.say("再往右一点")
    session.say("make it bigger")
    assert amount(session.recipe, "hot_air_balloon", "size") > 1
    session.say("replace it with a flock of birds")
    assert operators(session) == ["birds"]


def test_of_two_seasons_the_later_stays(session: Session) -> None:
    session.say("make it autumn")
    session.say("变成冬天")
    assert "autumn" not in operators(session)
    assert "winter" in operators(session)


def test_it_means_the_region_or_both_are_shown(session: Session) -> None:
    session.say("把水面压暗")
    session.say("它再冷一点")
    assert session.recipe.adjustments[-1].region.text == "water"
    session.say("darken the sky")
    turn = session.say("make it warmer")
    assert turn.kind == "asked"
    assert len(turn.choices) == 2
    assert all(c.picture is not None for c in turn.choices)
    version = session.version
    turn = session.say("the second")
    assert turn.kind == "edit"
    assert turn.version == version + 1
    assert session.recipe.adjustments[-1].region.text == "everything"


def test_questions_in_between_change_nothing(session: Session) -> None:
    session.say("warmer")
    turn = session.say("图里有没有动物？")
    assert (turn.kind, turn.version) == ("answer", 1)
    assert turn.answer is not None
    turn = session.say("can you make it brighter?")
    assert turn.kind == "edit"


def test_talk(session: Session, tmp_path: Path) -> None:
    assert session.say("what did you do?").lines == ["this is the original; nothing has been done to it"]
    session.say("warmer")
    assert "White balance" in session.say("what did you do?").lines[0]
    turn = session.say("compare with the original")
    assert turn.kind == "compared"
    assert turn.picture is not None
    assert len(session.say("history").lines) == 2
    target = tmp_path / "Out.jpg"
    assert session.say(f"save as {target}").kind == "saved"
    assert target.exists()
    assert session.say("blorb the fnord").kind == "nothing"
    assert session.say("很好").kind == "praise"
    assert session.say("help").lines
    with pytest.raises(InstructionError):
        session.say("  ")


def test_a_dialogue_goes_on_another_day(session: Session) -> None:
    session.say("add some fog")
    fog = amount(session.recipe, "fog")
    later = fluxroom.Photo(session.photo.pixels, session.photo.library).session(review=False)
    later.say("stronger")
    assert amount(later.recipe, "fog") > fog


def test_every_version_of_a_dialogue_replays(session: Session) -> None:
    for words in (
        "make the sky moodier",
        "stronger",
        "make it autumn",
        "the same for the water",
        "undo",
        "a little less",
    ):
        session.say(words)
    for version in session.photo.versions():
        assert not session.photo.replay(version.number).notes


def test_without_a_library_it_works_all_the_same(shared: fluxroom.Photo) -> None:
    session = fluxroom.Photo(shared.pixels).session(review=False)
    session.say("warmer")
    assert session.say("undo").version == 0
