"""Cleaning up a library: what no version needs, and, if wanted, versions that nothing leads to."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from fluxroom.errors import HistoryError

if TYPE_CHECKING:
    import sqlite3

    from fluxroom.history.graph import Library

YOUNG_SECONDS = 3600.0
"""Files younger than this may belong to a version that is being written at this moment."""


@dataclass(frozen=True, slots=True)
class Cleaned:
    """What was (or with a dry run would be) taken away.

    versions   (SHA-256 of the photo, number) that nothing leads to
    files      recipes that no version names, and leftovers of writes that were cut off
    size       bytes of those files
    """

    versions: tuple[tuple[str, int], ...]
    files: tuple[Path, ...]
    size: int


def clean(library: Library, *, unreachable: bool = False, dry_run: bool = False, now: float | None = None) -> Cleaned:
    """Take away files that no version needs.

    unreachable   also take away versions that are neither current, named, tagged or noted, nor before one that is
    dry_run       only say what it would be
    now           seconds since 1970, to judge the age of files

    Safe while other processes write: young files are left alone, and versions are chosen and taken away in one
    transaction. Numbers of versions are never used again.
    """
    if not library.is_there():
        return Cleaned((), (), 0)
    moment = time.time() if now is None else now
    lost: list[tuple[str, int]] = []
    if unreachable:
        with library.database.write() as connection:
            for photo, sha256 in connection.execute("SELECT id, sha256 FROM photos ORDER BY id").fetchall():
                numbers = _unreachable(connection, photo)
                lost += [(sha256, n) for n in numbers]
                if not dry_run:
                    for table in ("tries", "versions"):
                        connection.executemany(
                            f"DELETE FROM {table} WHERE photo = ? AND number = ?", [(photo, n) for n in numbers]
                        )
    gone = {(s, n) for s, n in lost} if dry_run else set()
    files = _unneeded(library, gone, moment)
    size = 0
    for file in files:
        try:
            size += file.stat().st_size
            if not dry_run:
                file.unlink()
        except FileNotFoundError:
            continue
        except OSError as error:
            raise HistoryError(f"{file}: cannot be taken away: {error.strerror or error}") from None
    return Cleaned(tuple(lost), tuple(files), size)


def _unreachable(connection: sqlite3.Connection, photo: int) -> list[int]:
    parents = dict(connection.execute("SELECT number, parent FROM versions WHERE photo = ?", (photo,)).fetchall())
    roots = set()
    for table in ("pointers", "names", "tags", "notes"):
        roots |= {row[0] for row in connection.execute(f"SELECT number FROM {table} WHERE photo = ?", (photo,))}
    reached = set()
    for root in roots:
        while root in parents and root not in reached:
            reached.add(root)
            root = parents[root]
    return sorted(set(parents) - reached)


def _unneeded(library: Library, gone: set[tuple[str, int]], moment: float) -> list[Path]:
    with library.database.read() as connection:
        needed = {
            row[2]
            for row in connection.execute(
                "SELECT photos.sha256, number, recipe FROM versions JOIN photos ON photos.id = versions.photo"
                " UNION SELECT photos.sha256, number, recipe FROM tries JOIN photos ON photos.id = tries.photo"
            )
            if (row[0], row[1]) not in gone
        }
    out = []
    folder = library.blobs.folder
    for file in sorted(folder.glob("??/*")) if folder.is_dir() else []:
        try:
            young = moment - file.stat().st_mtime < YOUNG_SECONDS
        except FileNotFoundError:
            continue
        if not young and file.parent.name + file.name not in needed:
            out.append(file)
    return out
