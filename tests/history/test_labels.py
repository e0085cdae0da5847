"""Names, tags, notes; a history as one file; cleaning up; sidecars."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest

from fluxroom.errors import HistoryError, InputError, OutputExists, VersionNotFound
from fluxroom.history import (
    Library,
    Source,
    clean,
    drop_name,
    export_history,
    import_history,
    labels,
    names,
    read_sidecar,
    set_name,
    set_note,
    set_tags,
    sidecar_path,
    write_sidecar,
    write_xmp,
    xmp_path,
)
from fluxroom.recipe import Adjustment, Recipe, Region

SHA = "a" * 64
SOURCE = Source(SHA, 1, 2, 3, "jpeg", Path("/a.jpg"))


def recipe(stops: float, say: str = "亮一点") -> Recipe:
    return Recipe((Adjustment("exposure", {"stops": stops}, Region("sky"), version=1),), say=say)


@pytest.fixture
def library(tmp_path: Path) -> Library:
    made = Library(tmp_path / "library")
    for i, parent in enumerate((0, 1, 1, 3), 1):
        made.add(SOURCE, recipe(i / 10), words=f"step {i}", parent=parent, result=str(i) * 64)
    return made


def test_versions_have_names_tags_and_notes(library: Library) -> None:
    set_name(library, SHA, "Final  cut", 3)
    set_tags(library, SHA, 3, ("portfolio", "海"))
    set_note(library, SHA, 3, "for the exhibition\n")
    found = labels(library, SHA)[3]
    assert (found.names, set(found.tags), found.note) == (("Final cut",), {"portfolio", "海"}, "for the exhibition")
    assert library.resolve(SHA, "final cut") == 3
    assert library.resolve(SHA, "v2") == library.resolve(SHA, 2) == 2
    set_name(library, SHA, "FINAL CUT", 4)
    assert names(library, SHA) == {"FINAL CUT": 4}
    set_tags(library, SHA, 3, drop=("海",))
    set_note(library, SHA, 3, "")
    assert labels(library, SHA)[3].tags == ("portfolio",)
    drop_name(library, SHA, "final cut")
    with pytest.raises(VersionNotFound):
        drop_name(library, SHA, "final cut")
    with pytest.raises(VersionNotFound):
        library.resolve(SHA, "final cut")


@pytest.mark.parametrize("name", ["", "  ", "v3", "12", "original", "原图", "x" * 61, "a\x07b"])
def test_names_that_are_none(library: Library, name: str) -> None:
    with pytest.raises(InputError):
        set_name(library, SHA, name, 1)
    assert names(library, SHA) == {}


def test_what_is_not_there_cannot_be_labelled(library: Library, tmp_path: Path) -> None:
    for call in (lambda: set_name(library, SHA, "x", 9), lambda: set_note(library, "b" * 64, 1, "x")):
        with pytest.raises(VersionNotFound):
            call()
    with pytest.raises(InputError):
        set_tags(library, SHA, 1, ("two words",))
    empty = Library(tmp_path / "none")
    assert labels(empty, SHA) == {}
    assert not empty.path.exists()


def test_a_history_travels(library: Library, tmp_path: Path) -> None:
    set_name(library, SHA, "final", 4)
    set_tags(library, SHA, 2, ("x",))
    set_note(library, SHA, 0, "the original")
    library.rollback(SHA, 3)
    file = tmp_path / "a.json"
    assert export_history(library, SHA, file) == 4
    first = file.read_bytes()
    with pytest.raises(OutputExists):
        export_history(library, SHA, file)
    export_history(library, SHA, file, overwrite=True)
    assert file.read_bytes() == first

    other = Library(tmp_path / "other")
    other.add(SOURCE, recipe(0.9), words="their own", parent=0, result="9" * 64)
    numbers = import_history(other, SOURCE, file)
    assert numbers == {0: 0, 1: 2, 2: 3, 3: 4, 4: 5}
    assert [(v.parent, v.words) for v in other.log(SHA)][1:] == [
        (0, "step 1"),
        (2, "step 2"),
        (2, "step 3"),
        (4, "step 4"),
    ]
    assert [v.created for v in other.log(SHA)][1:] == [v.created for v in library.log(SHA)]
    assert (other.current(SHA), other.resolve(SHA, "final"), labels(other, SHA)[0].note) == (4, 5, "the original")
    assert import_history(other, SOURCE, file) == numbers  # twice is once
    assert len(other.log(SHA)) == 5


def test_twins_stay_two(tmp_path: Path) -> None:
    """The same words said twice of the same version: each keeps its number and its name, here and elsewhere."""
    library = Library(tmp_path / "library")
    for _ in range(2):
        library.add(SOURCE, recipe(0.5), words="again", parent=0, result="0" * 64)
    set_name(library, SHA, "first", 1)
    export_history(library, SHA, tmp_path / "a.json")
    for target in (library, Library(tmp_path / "other")):
        for _ in range(2):
            assert import_history(target, SOURCE, tmp_path / "a.json") == {0: 0, 1: 1, 2: 2}
        assert names(target, SHA) == {"first": 1}
        assert len(target.log(SHA)) == 2


@pytest.mark.parametrize(
    "damage",
    ["", "[]", "{}", '{"fluxroom history": 99}', '{"fluxroom history": 1, "photo": "' + SHA + '", "versions": 3}'],
)
def test_broken_history_files_are_one_clear_line(library: Library, tmp_path: Path, damage: str) -> None:
    file = tmp_path / "bad.json"
    file.write_text(damage)
    with pytest.raises(HistoryError, match=r"bad\.json"):
        import_history(library, SOURCE, file)
    assert len(library.log(SHA)) == 4


def test_the_history_of_another_photo_is_refused(library: Library, tmp_path: Path) -> None:
    export_history(library, SHA, tmp_path / "a.json")
    with pytest.raises(HistoryError, match="another photo"):
        import_history(library, Source("b" * 64, 1, 2, 3, "jpeg"), tmp_path / "a.json")
    with pytest.raises(HistoryError):
        export_history(library, "b" * 64, tmp_path / "b.json")


def test_cleaning_takes_only_what_nothing_needs(library: Library) -> None:
    orphan = Path(library.blobs.where(library.blobs.put(b"orphan")))
    later = time.time() + 7200
    assert clean(library).files == ()  # young: it may belong to a version in the making
    dry = clean(library, dry_run=True, now=later)
    assert dry.files == (orphan,)
    assert orphan.exists()
    assert clean(library, now=later).size == 6
    assert not orphan.exists()
    assert len(library.log(SHA)) == 4


def test_unreachable_versions_go_only_when_told_and_their_numbers_with_them(library: Library) -> None:
    later = time.time() + 7200
    set_name(library, SHA, "liked", 2)
    library.rollback(SHA, 1)
    assert clean(library, unreachable=True, dry_run=True, now=later).versions == ((SHA, 3), (SHA, 4))
    assert len(library.log(SHA)) == 4
    done = clean(library, unreachable=True, now=later)
    assert done.versions == ((SHA, 3), (SHA, 4))
    assert len(done.files) == 2
    assert [v.number for v in library.log(SHA)] == [1, 2]
    made = library.add(SOURCE, recipe(0.7), words="next", parent=1, result="7" * 64)
    assert made.number == 5
    assert clean(Library(library.path / "none")).versions == ()


def test_sidecars_are_stable_and_quiet(library: Library, tmp_path: Path) -> None:
    photo = tmp_path / "a.jpg"
    version = library.get(SHA, 2)
    assert write_sidecar(photo, SHA, version)
    before = sidecar_path(photo).stat().st_mtime_ns
    assert not write_sidecar(photo, SHA, version)
    assert sidecar_path(photo).stat().st_mtime_ns == before
    assert read_sidecar(photo) == version.recipe
    assert write_sidecar(photo, SHA, library.get(SHA, 3))
    assert read_sidecar(photo) == library.get(SHA, 3).recipe
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.jpg.fluxroom.yaml", "library"]


THEIRS = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <rdf:Description rdf:about="" xmlns:crs="http://ns.adobe.com/camera-raw-settings/1.0/" crs:Exposure2012="+0.50"
    xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:subject><rdf:Bag><rdf:li>海</rdf:li></rdf:Bag></dc:subject>
  </rdf:Description>
 </rdf:RDF>
</x:xmpmeta>
<?xpacket end="w"?>"""


def test_xmp_keeps_what_others_wrote(library: Library, tmp_path: Path) -> None:
    photo = tmp_path / "a.jpg"
    path = tmp_path / "a.jpg.xmp"
    path.write_text(THEIRS, encoding="utf-8")
    assert xmp_path(photo) == path
    version = library.get(SHA, 2)
    assert write_xmp(photo, SHA, version)
    text = path.read_text(encoding="utf-8")
    assert 'crs:Exposure2012="+0.50"' in text
    assert "海" in text
    assert read_sidecar(photo) == version.recipe
    first = path.read_bytes()
    assert not write_xmp(photo, SHA, version)
    assert path.read_bytes() == first
    assert write_xmp(photo, SHA, library.get(SHA, 3))
    assert 'crs:Exposure2012="+0.50"' in path.read_text(encoding="utf-8")
    assert path.read_text(encoding="utf-8").count("fluxroom:Recipe>") == 2


@pytest.mark.parametrize("text", ["no xml", "<a/>", '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'])
def test_what_is_no_xmp_is_left_alone(library: Library, tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.xmp"
    path.write_text(text)
    with pytest.raises(HistoryError, match=r"a\.xmp"):
        write_xmp(tmp_path / "a.jpg", SHA, library.get(SHA, 1))
    assert path.read_text() == text


def test_a_history_of_the_first_format_is_taken_over(tmp_path: Path) -> None:
    import sqlite3

    from fluxroom.history import database

    folder = tmp_path / "old"
    folder.mkdir()
    connection = sqlite3.connect(folder / "history.sqlite", isolation_level=None)
    for statement in database.MIGRATIONS[0]:
        connection.execute(statement)
    connection.execute(f"PRAGMA application_id = {database.APPLICATION_ID}")
    connection.execute("PRAGMA user_version = 1")
    blobs = Library(folder).blobs
    blob = blobs.put(recipe(0.1).to_yaml().encode())
    connection.execute("INSERT INTO photos VALUES (1, ?, 1, 2, 3, 'jpeg', 'x')", (SHA,))
    connection.execute(
        "INSERT INTO versions VALUES (1, 1, 0, ?, 'w', 0, '{}', '0', 'darkroom', NULL, NULL, 'r', 'x')", (blob,)
    )
    connection.close()
    library = Library(folder)
    assert [v.number for v in library.log(SHA)] == [1]
    assert library.add(SOURCE, recipe(0.2), words="", parent=1, result="2" * 64).number == 2
    set_name(library, SHA, "first", 1)
    assert json.loads(json.dumps(library.get(SHA, 1).to_dict()))["version"] == "v1"
    assert os.path.exists(folder / "history.sqlite")
