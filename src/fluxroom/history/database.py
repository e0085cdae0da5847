"""The SQLite side of a library: connections, transactions and numbered migrations."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fluxroom.errors import HistoryError

BUSY_SECONDS = 30.0
"""How long a writer waits for another process before it gives up."""

APPLICATION_ID = 0x464C5558
"""'FLUX' in the header of the database file, so that nobody mistakes another program's database for ours."""

MIGRATIONS: tuple[tuple[str, ...], ...] = (
    # 1: photos, where they were seen, their versions, and which version is current
    (
        """CREATE TABLE photos (
            id      INTEGER PRIMARY KEY,
            sha256  TEXT NOT NULL UNIQUE,
            size    INTEGER NOT NULL,
            width   INTEGER NOT NULL,
            height  INTEGER NOT NULL,
            format  TEXT NOT NULL,
            added   TEXT NOT NULL
        )""",
        """CREATE TABLE places (
            photo   INTEGER NOT NULL REFERENCES photos(id),
            path    TEXT NOT NULL,
            seen    TEXT NOT NULL,
            PRIMARY KEY (photo, path)
        )""",
        "CREATE INDEX places_by_path ON places (path)",
        """CREATE TABLE versions (
            photo      INTEGER NOT NULL REFERENCES photos(id),
            number     INTEGER NOT NULL CHECK (number >= 1),
            parent     INTEGER NOT NULL CHECK (parent >= 0 AND parent < number),
            recipe     TEXT NOT NULL,
            words      TEXT NOT NULL,
            seed       INTEGER NOT NULL,
            operators  TEXT NOT NULL,
            fluxroom   TEXT NOT NULL,
            engine     TEXT NOT NULL,
            verdict    TEXT,
            bits       INTEGER,
            result     TEXT NOT NULL,
            created    TEXT NOT NULL,
            PRIMARY KEY (photo, number)
        )""",
        """CREATE TABLE pointers (
            photo   INTEGER PRIMARY KEY REFERENCES photos(id),
            number  INTEGER NOT NULL CHECK (number >= 0)
        )""",
    ),
    # 2: names, tags and notes of versions; the highest number ever used, so that none is used twice after pruning
    (
        """CREATE TABLE names (
            photo   INTEGER NOT NULL REFERENCES photos(id),
            name    TEXT NOT NULL COLLATE NOCASE,
            number  INTEGER NOT NULL CHECK (number >= 0),
            PRIMARY KEY (photo, name)
        )""",
        """CREATE TABLE tags (
            photo   INTEGER NOT NULL REFERENCES photos(id),
            number  INTEGER NOT NULL CHECK (number >= 0),
            tag     TEXT NOT NULL,
            PRIMARY KEY (photo, number, tag)
        )""",
        """CREATE TABLE notes (
            photo   INTEGER NOT NULL REFERENCES photos(id),
            number  INTEGER NOT NULL CHECK (number >= 0),
            note    TEXT NOT NULL,
            PRIMARY KEY (photo, number)
        )""",
        "ALTER TABLE photos ADD COLUMN newest INTEGER NOT NULL DEFAULT 0",
        "UPDATE photos SET newest = coalesce((SELECT max(number) FROM versions WHERE versions.photo = photos.id), 0)",
    ),
    # 3: the tries that led to a version, with their recipes, verdicts and reasons
    (
        """CREATE TABLE tries (
            photo    INTEGER NOT NULL REFERENCES photos(id),
            number   INTEGER NOT NULL CHECK (number >= 1),
            place    INTEGER NOT NULL CHECK (place >= 1),
            recipe   TEXT NOT NULL,
            verdict  TEXT NOT NULL,
            reasons  TEXT NOT NULL,
            size     TEXT NOT NULL,
            chosen   INTEGER NOT NULL,
            PRIMARY KEY (photo, number, place)
        )""",
    ),
)
"""Migration n, counted from 1, is applied once, in order, in one transaction. Only ever append."""


class Database:
    """Opens a connection for each piece of work: safe in threads, after forks and when killed."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self._ready = False

    @contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """A connection that sees one consistent state."""
        with self._speaking_plainly(), self._connection() as connection:
            connection.execute("BEGIN")
            yield connection
            connection.execute("COMMIT")

    @contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """A transaction that alone may write; committed when the block ends without an error."""
        with self._speaking_plainly(), self._connection() as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        if not self._ready:
            self.file.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(self.file, timeout=BUSY_SECONDS, isolation_level=None)
        try:
            connection.row_factory = sqlite3.Row
            connection.execute("PRAGMA foreign_keys = ON")
            connection.execute("PRAGMA synchronous = FULL")
            if not self._ready:
                self._prepare(connection)
                self._ready = True
            yield connection
        finally:
            connection.close()

    def _prepare(self, connection: sqlite3.Connection) -> None:
        version = int(connection.execute("PRAGMA user_version").fetchone()[0])
        if version > len(MIGRATIONS):
            raise HistoryError(
                f"the history in {self.file.parent} was written by a newer fluxroom (format {version}, "
                f"this one knows {len(MIGRATIONS)}); update fluxroom or choose another --library"
            )
        _use_wal(connection)
        if version == len(MIGRATIONS):
            self._check_owner(connection)
            return
        connection.execute("BEGIN IMMEDIATE")
        try:
            version = int(
                connection.execute("PRAGMA user_version").fetchone()[0]
            )  # another process may have been faster
            tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
            if version == 0 and tables:
                raise self._foreign()
            for number, statements in enumerate(MIGRATIONS[version:], version + 1):
                for statement in statements:
                    connection.execute(statement)
                connection.execute(f"PRAGMA user_version = {number}")
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        except BaseException:
            connection.execute("ROLLBACK")
            raise
        connection.execute("COMMIT")
        self._check_owner(connection)

    def _check_owner(self, connection: sqlite3.Connection) -> None:
        if connection.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
            raise self._foreign()

    def _foreign(self) -> HistoryError:
        return HistoryError(f"{self.file} belongs to another program; choose another --library")

    @contextmanager
    def _speaking_plainly(self) -> Iterator[None]:
        """Turn what SQLite and the system say into one line of ours."""
        folder = self.file.parent
        try:
            yield
        except sqlite3.OperationalError as error:
            words = str(error)
            if "locked" in words or "busy" in words:
                raise HistoryError(
                    f"the history in {folder} is busy: another process has been writing for {BUSY_SECONDS:.0f} s; "
                    "try again"
                ) from None
            if "full" in words:
                raise HistoryError(f"the history in {folder} cannot be written: the disk is full") from None
            if "readonly" in words or "unable to open" in words:
                raise HistoryError(
                    f"the history in {folder} cannot be opened for writing; choose another with --library"
                ) from None
            raise HistoryError(
                f"the history in {folder} cannot be used: {words}; choose another with --library"
            ) from None
        except sqlite3.DatabaseError as error:
            raise HistoryError(
                f"the history in {folder} is damaged ({error}); move that folder away to start a new one, "
                "your photos are not in it"
            ) from None
        except OSError as error:
            raise HistoryError(
                f"the history in {folder} cannot be used: {error.strerror or error}; choose another with --library"
            ) from None


def _use_wal(connection: sqlite3.Connection) -> None:
    """Switch to write-ahead logging. SQLite does not wait for other processes here, so we do."""
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            if connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal":
                return
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.02)
