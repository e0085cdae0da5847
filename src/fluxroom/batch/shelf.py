"""Where results get their names: complete, in one step, and never over something else."""

from __future__ import annotations

import hashlib
import os
import shutil
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol

from fluxroom.batch.job import FOLDER, digest
from fluxroom.batch.places import file_system, is_remote
from fluxroom.errors import OutputError, OutputExists
from fluxroom.photo.save import flush_folder, rename_new

Stamp = list[int | str]
"""[bytes, when changed] of a result: equal stamps are taken for equal content."""


class Shelf(Protocol):
    """The folder of results. Names are below it, with "/" between folders.

    work   local folder of the journal, the lock and the thumbnails
    """

    work: Path

    def part(self, address: str, ending: str) -> str:
        """Where a worker writes a result that has no name yet."""
        ...

    def stamp(self, name: str) -> Stamp | None:
        """Of the file with that name; None if there is none."""
        ...

    def holds(self, name: str, sha256: str, size: int) -> bool:
        """Whether the file with that name has this content."""
        ...

    def inode(self, name: str) -> tuple[int, int] | None:
        """What the file is, whatever it is called; None where that cannot be told."""
        ...

    def put(self, part: str, name: str, overwrite: bool) -> Stamp:
        """Give a part its name. Raises OutputExists."""
        ...

    def clean(self) -> None:
        """Take away parts that nobody will give a name."""
        ...


def shelf(out: str) -> Shelf:
    """Make ready the folder of results. Raises OutputError."""
    try:
        return Away(out) if is_remote(out) else Here(Path(out))
    except OSError as error:
        raise OutputError(f"{out}: cannot be used as folder of results: {error.strerror or error}") from None


class Here:
    """A local folder. Parts lie inside it, so a name is given by a rename on one file system."""

    def __init__(self, out: Path) -> None:
        self.out = out
        self.work = out / FOLDER
        self.parts = self.work / "parts" / str(os.getpid())
        self.work.mkdir(parents=True, exist_ok=True)

    def part(self, address: str, ending: str) -> str:
        self.parts.mkdir(parents=True, exist_ok=True)
        return str(self.parts / f"{address}.{ending}")

    def stamp(self, name: str) -> Stamp | None:
        try:
            info = os.lstat(self.out / name)
        except (FileNotFoundError, NotADirectoryError):
            return None
        return [info.st_size, info.st_mtime_ns]

    def holds(self, name: str, sha256: str, size: int) -> bool:
        try:
            if os.path.getsize(self.out / name) != size:
                return False
            with (self.out / name).open("rb") as file:
                return hashlib.file_digest(file, "sha256").hexdigest() == sha256
        except OSError:
            return False

    def inode(self, name: str) -> tuple[int, int] | None:
        try:
            info = os.stat(self.out / name)
        except OSError:
            return None
        return info.st_dev, info.st_ino

    def put(self, part: str, name: str, overwrite: bool) -> Stamp:
        target = self.out / name
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            if overwrite:
                os.replace(part, target)
            else:
                rename_new(Path(part), target)
            for folder in [target.parent, *target.parent.parents]:
                flush_folder(folder)
                if folder == self.out:
                    break
        except FileExistsError:
            raise OutputExists(f"{target} exists; --overwrite replaces it, or choose another --name") from None
        except OSError as error:
            raise OutputError(f"{target} cannot be written: {error.strerror or error}") from None
        stamp = self.stamp(name)
        assert stamp is not None
        return stamp

    def clean(self) -> None:
        shutil.rmtree(self.work / "parts", ignore_errors=True)


class Away:
    """A folder behind an address. Its journal lies among the user's own data, as object stores cannot append."""

    def __init__(self, out: str) -> None:
        from platformdirs import user_data_path

        self.fs: Any
        self.fs, self.path = file_system(out)
        self.out = out.rstrip("/")
        self.work = (
            Path(os.environ.get("FLUXROOM_BATCHES") or user_data_path("fluxroom") / "batch") / digest(self.out)[:16]
        )
        self.work.mkdir(parents=True, exist_ok=True)

    def part(self, address: str, ending: str) -> str:
        return f"{self.out}/{FOLDER}/parts/{os.getpid()}/{address}.{ending}"

    def stamp(self, name: str) -> Stamp | None:
        try:
            info = self.fs.info(self._at(name))
        except FileNotFoundError:
            return None
        changed = info.get("ETag") or info.get("etag") or info.get("mtime") or info.get("LastModified") or ""
        return [int(info.get("size") or 0), str(changed)]

    def holds(self, name: str, sha256: str, size: int) -> bool:
        try:
            with self.fs.open(self._at(name), "rb") as file:
                return hashlib.file_digest(file, "sha256").hexdigest() == sha256
        except FileNotFoundError:
            return False

    def inode(self, name: str) -> tuple[int, int] | None:
        return None

    def put(self, part: str, name: str, overwrite: bool) -> Stamp:
        target = self._at(name)
        try:
            if not overwrite and self.fs.exists(target):
                raise OutputExists(f"{self.out}/{name} exists; --overwrite replaces it, or choose another --name")
            self.fs.makedirs(target.rpartition("/")[0], exist_ok=True)
            self.fs.mv(file_system(part)[1], target)
        except OutputExists:
            raise
        except Exception as error:  # each file system has errors of its own
            raise OutputError(f"{self.out}/{name} cannot be written: {' '.join(str(error).split())}") from None
        stamp = self.stamp(name)
        if stamp is None:
            raise OutputError(f"{self.out}/{name} was written but is not there")
        return stamp

    def clean(self) -> None:
        with suppress(Exception):  # tidying up; whatever stays is taken away the next time
            self.fs.rm(f"{self.path.rstrip('/')}/{FOLDER}/parts", recursive=True)

    def _at(self, name: str) -> str:
        return f"{self.path.rstrip('/')}/{name}"
