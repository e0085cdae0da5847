"""Library: photos, their versions as a graph, and which version is current."""

from __future__ import annotations

import json
import os
import re
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from fluxroom import __version__
from fluxroom.errors import RecipeError, VersionNotFound
from fluxroom.history.database import Database
from fluxroom.history.store import Blobs
from fluxroom.history.tries import Attempt, write_tries
from fluxroom.own import default_path, opened
from fluxroom.recipe import Recipe


def parse_version(text: str | int) -> int:
    """`3` from "v3", "V3" or "3"; "original" is 0."""
    if isinstance(text, int):
        return text
    if text.strip().lower() in ("original", "原图"):
        return 0
    match = re.fullmatch(r"[vV]?([0-9]{1,9})", text.strip())
    if match is None:
        raise VersionNotFound(f"{text!r} is no version; write v1, v2, ... or v0 for the original")
    return int(match.group(1))


@dataclass(frozen=True, slots=True)
class Source:
    """What history knows of an original: its bytes' SHA-256 is its identity, paths only tell where it was seen."""

    sha256: str
    size: int
    width: int
    height: int
    format: str
    path: Path | None = None


@dataclass(frozen=True, slots=True)
class Version:
    """One version: the whole recipe from the original, and how it came about.

    number      1, 2, ...; version 0 is the original and has no entry
    parent      the version that was current when this one was made
    words       what was said for this step (the recipe holds the words of all steps)
    operators   name -> version, as resolved when it was rendered
    result      fingerprint of the pixels it gave; see `replay.fingerprint`
    bits        bit depth it was rendered in; None: that of the source
    created     UTC, ISO 8601
    """

    number: int
    parent: int
    recipe: Recipe
    words: str
    seed: int
    operators: dict[str, int]
    fluxroom: str
    engine: str
    verdict: dict[str, Any] | None
    result: str
    bits: int | None
    created: str

    @property
    def name(self) -> str:
        return f"v{self.number}"

    def to_dict(self) -> dict[str, Any]:
        return {
            "version": self.name,
            "parent": f"v{self.parent}",
            "words": self.words,
            "seed": self.seed,
            "created": self.created,
            "fluxroom": self.fluxroom,
            "engine": self.engine,
            "operators": self.operators,
            "result": self.result,
            "verdict": self.verdict,
            "recipe": self.recipe.to_dict(),
        }


@dataclass(slots=True)
class Library:
    """The history of many photos, in one folder.

    Nothing in it is ever changed or deleted but the pointer to the current
    version of each photo. Any number of processes may use it at once.
    """

    path: Path = field(default_factory=default_path)
    database: Database = field(init=False, repr=False)
    blobs: Blobs = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self.path = Path(self.path).absolute()
        self.database = Database(self.path / "history.sqlite")
        self.blobs = Blobs(self.path / "objects")
        opened(self.path)

    def add(
        self,
        source: Source,
        recipe: Recipe,
        *,
        words: str,
        parent: int,
        result: str,
        engine: str = "darkroom",
        verdict: dict[str, Any] | None = None,
        bits: int | None = None,
        made_by: tuple[str, str] | None = None,
        attempts: Sequence[Attempt] = (),
    ) -> Version:
        """Remember a version and make it current. When this returns it survives anything but the disk.

        made_by   the fluxroom that made it and when, of a version from elsewhere; by default this one, now
        attempts  the tries that led to it, if there were several
        """
        blob = self.blobs.put(_to_bytes(recipe))
        tried = [self.blobs.put(_to_bytes(a.recipe)) for a in attempts]
        operators = {a.operator: a.version for a in recipe.adjustments if a.version is not None}
        now = datetime.now(UTC).isoformat(timespec="seconds")
        maker, created = made_by or (__version__, now)
        with self.database.write() as connection:
            photo = _photo_id(connection, source, now)
            if parent != 0 and not _exists(connection, photo, parent):
                raise VersionNotFound(f"there is no version v{parent} to build on")
            row = connection.execute(
                "UPDATE photos SET newest = newest + 1 WHERE id = ? RETURNING newest", (photo,)
            ).fetchone()
            number = int(row[0])
            connection.execute(
                "INSERT INTO versions (photo, number, parent, recipe, words, seed, operators, fluxroom, engine,"
                " verdict, bits, result, created) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    photo,
                    number,
                    parent,
                    blob,
                    _text(words),
                    recipe.seed,
                    json.dumps(operators, sort_keys=True),
                    maker,
                    engine,
                    None if verdict is None else json.dumps(verdict, ensure_ascii=False, sort_keys=True),
                    bits,
                    result,
                    created,
                ),
            )
            write_tries(connection, photo, number, attempts, tried)
            connection.execute(
                "INSERT INTO pointers (photo, number) VALUES (?, ?)"
                " ON CONFLICT (photo) DO UPDATE SET number = excluded.number",
                (photo, number),
            )
        return Version(
            number=number,
            parent=parent,
            recipe=recipe,
            words=_text(words),
            seed=recipe.seed,
            operators=operators,
            fluxroom=maker,
            engine=engine,
            verdict=verdict,
            result=result,
            bits=bits,
            created=created,
        )

    def resolve(self, sha256: str, version: str | int) -> int:
        """The number of a version, by number ("v3", 3, "original") or by the name that it was given."""
        if isinstance(version, int):
            return version
        from fluxroom.history.labels import names

        named = {name.casefold(): number for name, number in names(self, sha256).items()}
        found = named.get(version.strip().casefold())
        return parse_version(version) if found is None else found

    def log(self, sha256: str) -> list[Version]:
        """Every version of a photo, oldest first; empty if it was never edited."""
        if not self.is_there():
            return []
        with self.database.read() as connection:
            rows = connection.execute(
                "SELECT versions.* FROM versions JOIN photos ON photos.id = versions.photo"
                " WHERE photos.sha256 = ? ORDER BY number",
                (sha256,),
            ).fetchall()
        return [self._version(row) for row in rows]

    def get(self, sha256: str, number: int) -> Version:
        """One version (not 0, the original). Raises VersionNotFound."""
        row: sqlite3.Row | None = None
        newest = 0
        if self.is_there():
            with self.database.read() as connection:
                row = connection.execute(
                    "SELECT versions.* FROM versions JOIN photos ON photos.id = versions.photo"
                    " WHERE photos.sha256 = ? AND number = ?",
                    (sha256, number),
                ).fetchone()
                newest = _newest(connection, sha256)
        if row is None:
            raise _not_found(number, newest)
        return self._version(row)

    def current(self, sha256: str) -> int:
        """The number of the version that the next edit builds on; 0 is the original."""
        if not self.is_there():
            return 0
        with self.database.read() as connection:
            row = connection.execute(
                "SELECT number FROM pointers JOIN photos ON photos.id = pointers.photo WHERE sha256 = ?", (sha256,)
            ).fetchone()
        return 0 if row is None else int(row[0])

    def rollback(self, sha256: str, number: int) -> None:
        """Make another version current (0: the original). Deletes nothing."""
        if not self.is_there():
            raise _not_found(number, 0)
        with self.database.write() as connection:
            row = connection.execute("SELECT id FROM photos WHERE sha256 = ?", (sha256,)).fetchone()
            if row is None or (number != 0 and not _exists(connection, row[0], number)):
                raise _not_found(number, _newest(connection, sha256))
            connection.execute("UPDATE pointers SET number = ? WHERE photo = ?", (number, row[0]))

    def recall(self, path: Path) -> str | None:
        """The SHA-256 of the photo that was last seen at `path`, if any was."""
        if not self.is_there():
            return None
        with self.database.read() as connection:
            row = connection.execute(
                "SELECT sha256 FROM places JOIN photos ON photos.id = places.photo WHERE path = ?"
                " ORDER BY seen DESC, places.rowid DESC LIMIT 1",
                (_place(path),),
            ).fetchone()
        return None if row is None else str(row[0])

    def places(self, sha256: str) -> list[Path]:
        """Where a photo was seen, last place first."""
        if not self.is_there():
            return []
        with self.database.read() as connection:
            rows = connection.execute(
                "SELECT path FROM places JOIN photos ON photos.id = places.photo WHERE sha256 = ?"
                " ORDER BY seen DESC, places.rowid DESC",
                (sha256,),
            ).fetchall()
        return [Path(row[0]) for row in rows]

    def is_there(self) -> bool:
        """Whether anything was ever kept here: looking never creates a library."""
        return self.database.file.exists()

    def _version(self, row: sqlite3.Row) -> Version:
        recipe = Recipe.from_yaml(self.blobs.get(row["recipe"]).decode())
        return Version(
            number=row["number"],
            parent=row["parent"],
            recipe=recipe,
            words=row["words"],
            seed=row["seed"],
            operators=json.loads(row["operators"]),
            fluxroom=row["fluxroom"],
            engine=row["engine"],
            verdict=None if row["verdict"] is None else json.loads(row["verdict"]),
            result=row["result"],
            bits=row["bits"],
            created=row["created"],
        )


def _to_bytes(recipe: Recipe) -> bytes:
    """The recipe as YAML that reads back as exactly the same recipe, with odd characters escaped if need be."""
    try:
        text = recipe.to_yaml().encode()
        if Recipe.from_yaml(text.decode()) == recipe:
            return text
    except (UnicodeEncodeError, RecipeError):
        pass
    import yaml

    return yaml.safe_dump(recipe.to_dict(), sort_keys=False, width=100).encode()


def _photo_id(connection: sqlite3.Connection, source: Source, now: str) -> int:
    connection.execute(
        "INSERT INTO photos (sha256, size, width, height, format, added) VALUES (?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (sha256) DO NOTHING",
        (source.sha256, source.size, source.width, source.height, source.format, now),
    )
    photo = int(connection.execute("SELECT id FROM photos WHERE sha256 = ?", (source.sha256,)).fetchone()[0])
    if source.path is not None:
        connection.execute(
            "INSERT INTO places (photo, path, seen) VALUES (?, ?, ?)"
            " ON CONFLICT (photo, path) DO UPDATE SET seen = excluded.seen",
            (photo, _place(source.path), now),
        )
    return photo


def _exists(connection: sqlite3.Connection, photo: int, number: int) -> bool:
    found = connection.execute("SELECT 1 FROM versions WHERE photo = ? AND number = ?", (photo, number)).fetchone()
    return found is not None


def _newest(connection: sqlite3.Connection, sha256: str) -> int:
    row = connection.execute(
        "SELECT max(number) FROM versions JOIN photos ON photos.id = versions.photo WHERE sha256 = ?", (sha256,)
    ).fetchone()
    return int(row[0] or 0)


def _not_found(number: int, newest: int) -> VersionNotFound:
    if newest == 0:
        return VersionNotFound(f"there is no version v{number}: this photo has not been edited yet, it has only v0")
    return VersionNotFound(f"there is no version v{number}; this photo has v0 (the original) to v{newest}")


def _place(path: Path) -> str:
    return _text(os.path.abspath(path))


def _text(text: str) -> str:
    """Text that SQLite can hold: file names and arguments may carry bytes that are no UTF-8."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")
