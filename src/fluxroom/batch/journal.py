"""The journal of a batch: what was seen, made and put in place, one checked line each; and the lock.

A line is eight hexadecimal digits (CRC-32 of the rest), a space, and JSON. Lines are only ever appended, by one
process, and flushed to the disk where the next step relies on them. A line that was cut short by a crash ends
without a line break or with the wrong sum: it is cut off when the journal is opened. Of two lines that tell
about the same thing the later counts.

Why not SQLite: there is one writer, nothing is ever changed, everything is read once at the start, and a torn end
is found by one sum; a text file does that, and can be read by eye.
"""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, Literal

from fluxroom.errors import FluxroomError, OutputError
from fluxroom.photo.save import flush_folder

Kind = Literal["seen", "reference", "made", "done", "report"]
"""
seen       key: path of a photo;         its stamp, SHA-256, size, date and what was measured
reference  key: which set;               what the photos are brought to
made       key: address and result;      a result is complete and about to get its name
done       key: address and result;      it has its name; all that the report tells
report     key: path of a report;        SHA-256 of what was written
"""


class Busy(FluxroomError):
    """Another batch is working on the same folder."""


def encode_line(kind: Kind, key: str, data: dict[str, Any]) -> bytes:
    body = json.dumps([kind, key, data], ensure_ascii=True, separators=(",", ":")).encode()
    return b"%08x %s\n" % (zlib.crc32(body), body)


def decode_lines(content: bytes) -> Iterator[tuple[str, str, dict[str, Any], int]]:
    """(kind, key, data, where the line ends) of every sound line."""
    at = 0
    while (end := content.find(b"\n", at)) >= 0:
        line, at = content[at:end], end + 1
        body = line[9:]
        if len(line) < 10 or line[:9] != b"%08x " % zlib.crc32(body):
            continue
        kind, key, data = json.loads(body)
        yield kind, key, data, at


class Journal:
    """Open it, read `get`, write `add`. One process at a time: see `lock`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.rows: dict[tuple[str, str], dict[str, Any]] = {}
        content = path.read_bytes() if path.exists() else b""
        sound = 0
        for kind, key, data, end in decode_lines(content):
            self.rows[kind, key] = data
            sound = end
        if b"\n" in content and not sound:
            raise OutputError(f"{path} is not a journal of fluxroom; move it away or choose another folder")
        self._file: IO[bytes] = open(path, "ab", buffering=0)  # noqa: SIM115 (closed by close())
        if len(content) > sound:
            # A torn end would spoil the next line. Broken lines further up stay as they are: they only count for less.
            os.truncate(path, sound)
            self._flush()
        flush_folder(path.parent)

    def get(self, kind: Kind, key: str) -> dict[str, Any] | None:
        return self.rows.get((kind, key))

    def add(self, kind: Kind, key: str, data: dict[str, Any], *, flush: bool = True) -> None:
        """Append a line; with `flush` it is on the disk when this returns."""
        line = encode_line(kind, key, data)
        if self._file.write(line) != len(line):
            raise OutputError(f"{self.path}: the disk is full")
        if flush:
            self._flush()
        self.rows[kind, key] = data

    def close(self) -> None:
        self._file.close()

    def _flush(self) -> None:
        os.fsync(self._file.fileno())


class Lock:
    """Held from `take` until `release`, or until the process ends, however it ends."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: IO[str] | None = None

    def take(self, what: str) -> None:
        """Raise Busy when another process has it."""
        file = open(self.path, "a+", encoding="utf-8")  # noqa: SIM115 (open as long as the lock is held)
        try:
            _lock(file)
        except OSError:
            file.seek(0)
            who = file.read().strip()
            file.close()
            other = f"another batch (process {who})" if who else "another batch"
            raise Busy(f"{what}: {other} is working on it; wait for it or choose another folder") from None
        file.seek(0)
        file.truncate()
        file.write(str(os.getpid()))
        file.flush()
        self._file = file

    def release(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None


def _lock(file: IO[str]) -> None:
    if os.name == "nt":
        import msvcrt

        file.seek(1 << 20)  # a byte behind the text, so that others may read who has it
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
    else:
        import fcntl

        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
