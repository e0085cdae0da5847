"""What a library promises, on real SQLite files and real blobs."""

from __future__ import annotations

import os
import sqlite3
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from fluxroom.errors import HistoryError, VersionNotFound
from fluxroom.history import Blobs, Library, Source, default_path, parse_version
from fluxroom.history.database import MIGRATIONS, Database
from fluxroom.recipe import Adjustment, Recipe, Region

A = Source("a" * 64, 1000, 40, 30, "jpeg", Path("/photos/a.jpg"))
B = Source("b" * 64, 2000, 60, 50, "png", Path("/photos/b.png"))


def recipe(n: int = 0, say: str = "darker") -> Recipe:
    return Recipe((Adjustment("exposure", {"stops": -0.1 * n}, Region("sky"), version=1),), seed=n, say=say)


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return Library(tmp_path / "library")


def test_looking_creates_nothing(library: Library) -> None:
    assert library.log(A.sha256) == []
    assert library.current(A.sha256) == 0
    assert library.recall(Path("/photos/a.jpg")) is None
    assert library.places(A.sha256) == []
    with pytest.raises(VersionNotFound):
        library.get(A.sha256, 1)
    with pytest.raises(VersionNotFound):
        library.rollback(A.sha256, 1)
    assert not library.path.exists()


def test_what_is_added_is_read_back_by_another_library(library: Library) -> None:
    verdict = {"passed": True, "claims": [{"name": "天空"}]}
    added = library.add(A, recipe(1, "暗一点"), words="暗一点", parent=0, result="f" * 64, verdict=verdict, bits=16)
    assert added.name == "v1"
    assert Library(library.path).get(A.sha256, 1) == added
    assert Library(library.path).log(A.sha256) == [added]
    assert added.operators == {"exposure": 1}
    assert added.to_dict()["recipe"] == added.recipe.to_dict()


def test_rollback_moves_the_pointer_and_editing_then_branches(library: Library) -> None:
    for n in range(1, 4):
        library.add(A, recipe(n), words="", parent=n - 1, result="")
    assert library.current(A.sha256) == 3
    library.rollback(A.sha256, 1)
    assert library.current(A.sha256) == 1
    library.add(A, recipe(4), words="", parent=1, result="")
    assert [(v.number, v.parent) for v in library.log(A.sha256)] == [(1, 0), (2, 1), (3, 2), (4, 1)]
    library.rollback(A.sha256, 0)
    assert library.current(A.sha256) == 0
    with pytest.raises(VersionNotFound, match=r"v0 \(the original\) to v4"):
        library.rollback(A.sha256, 5)
    with pytest.raises(VersionNotFound, match="no version v9 to build on"):
        library.add(A, recipe(), words="", parent=9, result="")
    assert len(library.log(A.sha256)) == 4


def test_photos_do_not_mix(library: Library) -> None:
    library.add(A, recipe(1), words="a", parent=0, result="")
    library.add(B, recipe(2), words="b", parent=0, result="")
    assert [v.words for v in library.log(A.sha256)] == ["a"]
    assert [v.words for v in library.log(B.sha256)] == ["b"]
    with pytest.raises(VersionNotFound, match="not been edited yet"):
        library.get("c" * 64, 1)


def test_a_photo_is_found_where_it_was_seen_last(library: Library) -> None:
    moved = Source(A.sha256, A.size, A.width, A.height, A.format, Path("/elsewhere/a.jpg"))
    library.add(A, recipe(), words="", parent=0, result="")
    library.add(moved, recipe(), words="", parent=0, result="")
    assert library.recall(Path("/photos/a.jpg")) == A.sha256
    assert set(library.places(A.sha256)) == {Path("/elsewhere/a.jpg"), Path("/photos/a.jpg")}


def test_words_and_paths_that_are_no_utf8_are_kept_readably(library: Library) -> None:
    odd = Source("d" * 64, 1, 1, 1, "png", Path("/photos/\udcff.png"))
    library.add(odd, recipe(), words="dark\udcff", parent=0, result="")
    assert library.log("d" * 64)[0].words == "dark\\udcff"
    assert library.recall(Path("/photos/\udcff.png")) == "d" * 64


@pytest.mark.parametrize(
    "say", ["a\x85b", "\u2028", "tab\tand\nline ", "\udcff", "\x00", "云 🌥", "yes", "1", "- a: b", "\ufeff"]
)
def test_any_words_in_a_recipe_come_back_as_they_were(library: Library, say: str) -> None:
    library.add(A, recipe(1, say), words=say, parent=0, result="")
    assert library.get(A.sha256, 1).recipe.say == say


def test_threads_share_a_library(library: Library) -> None:
    with ThreadPoolExecutor(8) as pool:
        numbers = list(pool.map(lambda n: library.add(A, recipe(n), words="", parent=0, result="").number, range(24)))
    assert sorted(numbers) == list(range(1, 25))
    assert {v.seed for v in library.log(A.sha256)} == set(range(24))


def test_a_version_exists_only_with_its_blob(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    library.add(A, recipe(1), words="", parent=0, result="")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(HistoryError, match="the disk is full"):
        library.add(A, recipe(2), words="", parent=1, result="")
    monkeypatch.undo()
    assert [v.number for v in library.log(A.sha256)] == [1]
    assert not list(library.path.rglob(".new-*"))


@pytest.mark.parametrize("damage", [b"", b"this is no database at all, just some words " * 40, None])
def test_a_damaged_database_is_one_clear_line(library: Library, damage: bytes | None) -> None:
    for n in range(30):
        library.add(A, recipe(n), words="x" * 2000, parent=n, result="")
    file = library.path / "history.sqlite"
    content = bytearray(file.read_bytes())
    if damage is None:
        content[4096:] = b"\x5a" * (len(content) - 4096)
        file.write_bytes(content)
    else:
        file.write_bytes(damage)
    for extra in ("-wal", "-shm"):
        file.with_name(file.name + extra).unlink(missing_ok=True)
    if damage == b"":  # an empty file is what is left by a crash before the first table: a fresh start
        assert Library(library.path).log(A.sha256) == []
        return
    with pytest.raises(HistoryError) as caught:
        Library(library.path).log(A.sha256)
    assert "\n" not in str(caught.value)
    assert "damaged" in str(caught.value)


def test_a_tampered_or_missing_blob_is_told(library: Library) -> None:
    library.add(A, recipe(1), words="", parent=0, result="")
    blob = next(p for p in (library.path / "objects").rglob("*") if p.is_file())
    blob.write_bytes(b"fluxroom: 1\nadjustments: []\n")
    with pytest.raises(HistoryError, match="is not what was stored"):
        library.get(A.sha256, 1)
    blob.unlink()
    with pytest.raises(HistoryError, match="missing"):
        library.get(A.sha256, 1)


def test_a_newer_or_foreign_library_is_left_alone(tmp_path: Path) -> None:
    library = Library(tmp_path / "newer")
    library.add(A, recipe(), words="", parent=0, result="")
    with sqlite3.connect(library.path / "history.sqlite") as connection:
        connection.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    connection.close()
    with pytest.raises(HistoryError, match="newer fluxroom"):
        Library(library.path).log(A.sha256)

    foreign = tmp_path / "foreign"
    foreign.mkdir()
    with sqlite3.connect(foreign / "history.sqlite") as connection:
        connection.execute("CREATE TABLE theirs (x)")
    connection.close()
    with pytest.raises(HistoryError, match="another program"):
        Library(foreign).add(A, recipe(), words="", parent=0, result="")


def test_each_migration_leads_to_the_next(tmp_path: Path) -> None:
    file = tmp_path / "old.sqlite"
    for upto in range(len(MIGRATIONS) + 1):
        file.unlink(missing_ok=True)
        connection = sqlite3.connect(file)
        for statements in MIGRATIONS[:upto]:
            for statement in statements:
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {upto}")
        connection.execute(f"PRAGMA application_id = {0x464C5558}")
        connection.commit()
        connection.close()
        with Database(file).read() as ours:
            assert ours.execute("PRAGMA user_version").fetchone()[0] == len(MIGRATIONS)
            assert ours.execute("PRAGMA journal_mode").fetchone()[0] == "wal"


def test_a_library_that_cannot_be_there_is_one_clear_line(tmp_path: Path) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.write_text("not a folder")
    with pytest.raises(HistoryError, match="--library"):
        Library(in_the_way / "library").add(A, recipe(), words="", parent=0, result="")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_read_only_library_is_one_clear_line(library: Library) -> None:  # pragma: no cover
    library.path.mkdir()
    library.path.chmod(stat.S_IRUSR | stat.S_IXUSR)
    with pytest.raises(HistoryError, match="--library"):
        library.add(A, recipe(), words="", parent=0, result="")


def test_blobs_are_stored_once_and_by_content(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path / "objects")
    one = blobs.put(b"hello")
    assert blobs.put(b"hello") == one
    assert blobs.put(b"other") != one
    assert blobs.get(one) == b"hello"
    assert blobs.where(one) == tmp_path / "objects" / one[:2] / one[2:]
    assert len([p for p in tmp_path.rglob("*") if p.is_file()]) == 2


@pytest.mark.parametrize(("text", "number"), [("v3", 3), ("3", 3), ("V12", 12), (" v0 ", 0), ("original", 0), (7, 7)])
def test_versions_are_read_as_people_write_them(text: str | int, number: int) -> None:
    assert parse_version(text) == number


@pytest.mark.parametrize("text", ["", "v", "-1", "v1.5", "three", "v3;", "v" + "9" * 30])
def test_what_is_no_version_is_told(text: str) -> None:
    with pytest.raises(VersionNotFound, match="is no version"):
        parse_version(text)


def test_the_default_library_can_be_told_by_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLUXROOM_LIBRARY", str(tmp_path))
    assert default_path() == tmp_path
    monkeypatch.delenv("FLUXROOM_LIBRARY")
    assert default_path().name == "fluxroom"
