"""Looks of the user's own: kept, handed on, refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from fluxroom.errors import FluxroomError, InputError, OutputExists, RecipeError
from fluxroom.looks import add_look, all_looks, broken, find_look, import_cube, read_look, save_look, share_look
from fluxroom.looks.book import bound
from fluxroom.recipe import Adjustment, Recipe, Region

MIX = Recipe((Adjustment("exposure", {"stops": 0.4}), Adjustment("contrast", {"amount": 0.2}, Region("sky"))), say="x")
CUBE = "LUT_1D_SIZE 2\n0 0 0\n0.5 0.5 0.5\n"


def test_a_version_becomes_a_look(library: Path) -> None:
    made = save_look(MIX, "My mix", title=("My mix", "我的混合"), tags=["mine"])
    again = find_look("我的混合")
    assert again == made
    assert again.own
    assert again.recipe.say == ""
    assert (library / "looks" / "my_mix.yaml").is_file()
    with pytest.raises(OutputExists, match="overwrite"):
        save_look(MIX, "my mix")
    save_look(MIX, "my mix", overwrite=True)


def test_names_in_any_script_are_files() -> None:
    save_look(MIX, "晨光/../x")
    assert find_look("晨光 x").own
    with pytest.raises(InputError, match="letters or digits"):
        save_look(MIX, "../..")


@pytest.mark.parametrize("name", ["nordic", "Nordic", "北欧"])
def test_built_in_looks_stay(name: str) -> None:
    with pytest.raises(InputError, match="built-in"):
        save_look(MIX, name)


def test_a_file_of_a_built_in_name_is_passed_over(library: Path) -> None:
    made = save_look(MIX, "mix")
    (library / "looks" / "nordic.yaml").write_text(made.to_yaml(), encoding="utf-8")
    (library / "looks" / "torn.yaml").write_text("fluxroom look: 1\nkey: [", encoding="utf-8")
    assert not find_look("nordic").own
    assert [look.key for look in all_looks() if look.own] == ["mix"]
    assert len(broken()) == 2
    assert all("\n" not in line for line in broken())


def test_the_original_is_no_look() -> None:
    with pytest.raises(InputError, match="no recipe"):
        save_look(Recipe(), "empty")


def test_what_was_placed_for_one_photo_is_known() -> None:
    placed = Recipe(
        (Adjustment("exposure", region=Region("pick(0.5 0.5)")), Adjustment("crop"), Adjustment("sailboat", {"x": 0.3}),
         Adjustment("sailboat"), Adjustment("exposure"))
    )  # fmt: skip
    assert len(bound(save_look(placed, "placed"))) == 3


def test_a_shared_look_carries_its_table(tmp_path: Path) -> None:
    text = share_look(import_cube(CUBE, "half", tmp_path / "one"))
    added = add_look(text, tmp_path / "two")
    assert added == find_look("half", tmp_path / "two")
    assert (tmp_path / "two" / "tables").is_dir()


def refused(text: str) -> str:
    with pytest.raises(FluxroomError) as raised:
        add_look(text)
    message = str(raised.value)
    assert "\n" not in message
    assert not [look for look in all_looks() if look.own]
    return message


GOOD = """fluxroom look: 1
key: good
title: {en: Good, zh: 好}
tags: [a]
about: {en: a, zh: b}
recipe:
  fluxroom: 1
  adjustments:
  - operator: exposure
    parameters: {stops: 0.5}
"""


def test_a_good_one_is_taken() -> None:
    assert add_look(GOOD).key == "good"


@pytest.mark.parametrize(
    ("was", "now", "said"),
    [
        ("operator: exposure", "operator: explode", "no operator is called 'explode'"),
        ("stops: 0.5", "stops: 50", "out of range"),
        ("stops: 0.5", "stops: .nan", "needs a number"),
        ("stops: 0.5", "speed: 0.5", "no parameter"),
        ("operator: exposure", "operator: exposure@99", "no version 99"),
        ("    parameters", "    region: mars\n    parameters", "nobody knows 'mars'"),
        ("fluxroom look: 1", "fluxroom look: 2", "format"),
        ("fluxroom look: 1", "a: 1", "no look"),
        ("key: good", "key: ../good", "key"),
        ("key: good", "key: nordic", "built-in"),
        ("tags: [a]", "tags: a", "tags"),
        ("tags: [a]", "tags: [a]\nrun: this", "unknown key 'run'"),
        ("title: {en: Good, zh: 好}", "title: Good", "title"),
        ("tags: [a]", "tags: &x [a]\nabout: *x", "own parts"),
        ("tags: [a]", "tags: [a", "YAML"),
        ("tags: [a]", "tags: [a]\ntables: {abc: xyz}", "damaged"),
        ("operator: exposure\n    parameters: {stops: 0.5}", "operator: table\n    parameters: {table: 'zz'}", "hash"),
        ("operator: exposure\n    parameters: {stops: 0.5}",
         f"operator: table\n    parameters: {{table: {'ab' * 32}}}", "not in the library"),
        ("  adjustments:\n  - operator: exposure\n    parameters: {stops: 0.5}\n", "  adjustments: []\n",
         "does nothing"),
    ],
)  # fmt: skip
def test_bad_ones_are_refused_in_one_line(was: str, now: str, said: str) -> None:
    assert was in GOOD
    assert said in refused(GOOD.replace(was, now))


def test_a_table_that_is_not_what_it_says_is_refused(tmp_path: Path) -> None:
    text = share_look(import_cube(CUBE, "half", tmp_path / "one"))
    digest = find_look("half", tmp_path / "one").tables()[0]
    with pytest.raises(RecipeError, match="not what was stored"):
        read_look(text.replace(f"  {digest}: ", f"  {'0' * 64}: "))
