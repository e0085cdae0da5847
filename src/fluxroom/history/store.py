"""Content-addressed blobs: a file under its own SHA-256, written once, never changed."""

from __future__ import annotations

import errno
import hashlib
import os
import tempfile
from pathlib import Path

from fluxroom.errors import HistoryError


class Blobs:
    """A folder of files named by what is in them: `objects/ab/cdef...`.

    A blob is there completely or not at all: it is written to a temporary file,
    flushed to the disk and then renamed. Equal content is stored once.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def where(self, digest: str) -> Path:
        return self.folder / digest[:2] / digest[2:]

    def put(self, content: bytes) -> str:
        """Store `content` and return its SHA-256; when this returns it is on the disk."""
        digest = hashlib.sha256(content).hexdigest()
        target = self.where(digest)
        try:
            if target.is_file() and target.stat().st_size == len(content):
                return digest
            target.parent.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(prefix=".new-", dir=target.parent)
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(content)
                    file.flush()
                    os.fsync(file.fileno())
                os.replace(name, target)
            except BaseException:
                Path(name).unlink(missing_ok=True)
                raise
            _sync_folder(target.parent)
            _sync_folder(self.folder)
        except OSError as error:
            why = "the disk is full" if error.errno == errno.ENOSPC else (error.strerror or str(error))
            raise HistoryError(
                f"the history in {self.folder.parent} cannot be written: {why}; choose another with --library"
            ) from None
        return digest

    def get(self, digest: str) -> bytes:
        """The content of a blob, checked against its name."""
        try:
            content = self.where(digest).read_bytes()
        except FileNotFoundError:
            raise HistoryError(
                f"the history in {self.folder.parent} is damaged: {digest[:12]} is missing from objects/"
            ) from None
        except OSError as error:
            raise HistoryError(f"the history in {self.folder.parent} cannot be read: {error.strerror}") from None
        if hashlib.sha256(content).hexdigest() != digest:
            raise HistoryError(
                f"the history in {self.folder.parent} is damaged: {digest[:12]} is not what was stored under that name"
            )
        return content


def _sync_folder(folder: Path) -> None:
    """Make a rename inside `folder` durable, where the system can (Windows cannot open folders)."""
    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError:  # pragma: no cover
        return
    try:
        os.fsync(handle)
    except OSError:  # pragma: no cover
        pass
    finally:
        os.close(handle)
