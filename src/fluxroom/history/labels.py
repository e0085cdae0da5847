"""Names, tags and notes of versions. Version 0, the original, can have them too."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fluxroom.errors import InputError, VersionNotFound

if TYPE_CHECKING:
    import sqlite3

    from fluxroom.history.graph import Library

LONGEST_NAME = 60
LONGEST_NOTE = 4000


@dataclass(frozen=True, slots=True)
class Labels:
    """What was written on one version."""

    names: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    note: str = ""


def set_name(library: Library, sha256: str, name: str, number: int) -> None:
    """Give a version a name of its own; the name leaves the version that had it before. Raises InputError."""
    plain = " ".join(name.split())
    if not plain or len(plain) > LONGEST_NAME or not plain.isprintable():
        raise InputError(f"a name has 1 to {LONGEST_NAME} printable characters")
    if re.fullmatch(r"v?\d+", plain, re.IGNORECASE) or plain.casefold() in ("original", "原图"):
        raise InputError(f"{plain!r} is how versions are numbered; choose another name")
    with library.database.write() as connection:
        photo = _photo(connection, sha256, number)
        connection.execute(
            "INSERT INTO names (photo, name, number) VALUES (?, ?, ?)"
            " ON CONFLICT (photo, name) DO UPDATE SET number = excluded.number, name = excluded.name",
            (photo, plain, number),
        )


def drop_name(library: Library, sha256: str, name: str) -> None:
    """Take a name away; the version stays. Raises VersionNotFound."""
    with library.database.write() as connection:
        done = connection.execute(
            "DELETE FROM names WHERE name = ? AND photo = (SELECT id FROM photos WHERE sha256 = ?)", (name, sha256)
        )
        if not done.rowcount:
            raise VersionNotFound(f"no version of this photo is called {name!r}")


def names(library: Library, sha256: str) -> dict[str, int]:
    """Name -> number of the version."""
    return {
        str(row["name"]): int(row["number"]) for row in _rows(library, sha256, "SELECT name, number FROM names", "name")
    }


def set_tags(library: Library, sha256: str, number: int, add: tuple[str, ...] = (), drop: tuple[str, ...] = ()) -> None:
    """Put tags on a version and take others off."""
    for tag in (*add, *drop):
        if not re.fullmatch(r"[^\s,]{1,40}", tag):
            raise InputError(f"{tag!r} is no tag: 1 to 40 characters without spaces and commas")
    with library.database.write() as connection:
        photo = _photo(connection, sha256, number)
        for tag in add:
            connection.execute("INSERT OR IGNORE INTO tags (photo, number, tag) VALUES (?, ?, ?)", (photo, number, tag))
        for tag in drop:
            connection.execute("DELETE FROM tags WHERE photo = ? AND number = ? AND tag = ?", (photo, number, tag))


def set_note(library: Library, sha256: str, number: int, note: str) -> None:
    """Write a note on a version, or take it away with "". Raises InputError if it is too long."""
    if len(note) > LONGEST_NOTE:
        raise InputError(f"a note has at most {LONGEST_NOTE} characters; this one has {len(note)}")
    with library.database.write() as connection:
        photo = _photo(connection, sha256, number)
        if note.strip():
            connection.execute(
                "INSERT INTO notes (photo, number, note) VALUES (?, ?, ?)"
                " ON CONFLICT (photo, number) DO UPDATE SET note = excluded.note",
                (photo, number, note.strip()),
            )
        else:
            connection.execute("DELETE FROM notes WHERE photo = ? AND number = ?", (photo, number))


def labels(library: Library, sha256: str) -> dict[int, Labels]:
    """Everything written on the versions of a photo, by number; only of those that bear something."""
    named: dict[int, list[str]] = {}
    for name, number in names(library, sha256).items():
        named.setdefault(number, []).append(name)
    tagged: dict[int, list[str]] = {}
    for row in _rows(library, sha256, "SELECT number, tag FROM tags", "tag"):
        tagged.setdefault(int(row["number"]), []).append(str(row["tag"]))
    noted = {
        int(r["number"]): str(r["note"]) for r in _rows(library, sha256, "SELECT number, note FROM notes", "number")
    }
    return {
        n: Labels(tuple(named.get(n, ())), tuple(tagged.get(n, ())), noted.get(n, ""))
        for n in sorted({*named, *tagged, *noted})
    }


def _rows(library: Library, sha256: str, what: str, order: str) -> list[sqlite3.Row]:
    if not library.is_there():
        return []
    with library.database.read() as connection:
        return connection.execute(
            f"{what} WHERE photo = (SELECT id FROM photos WHERE sha256 = ?) ORDER BY {order}", (sha256,)
        ).fetchall()


def _photo(connection: sqlite3.Connection, sha256: str, number: int) -> int:
    row = connection.execute("SELECT id FROM photos WHERE sha256 = ?", (sha256,)).fetchone()
    if row is None:
        raise VersionNotFound("this photo has not been edited yet; its first version can be named once it is there")
    found = connection.execute("SELECT 1 FROM versions WHERE photo = ? AND number = ?", (row[0], number)).fetchone()
    if number and found is None:
        raise VersionNotFound(f"there is no version v{number}")
    return int(row[0])
