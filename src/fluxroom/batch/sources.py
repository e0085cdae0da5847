"""Which photos a batch is about: a folder, a glob, a file, an address, or a list."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from fluxroom.batch.job import FOLDER
from fluxroom.batch.places import file_system, is_remote
from fluxroom.errors import InputError

ENDINGS = frozenset({".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff"})


@dataclass(frozen=True, slots=True)
class Source:
    """One photo: its path or address, and its folder below the batch's root ("" at the top, "/" between)."""

    path: str
    parent: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """The photos in order, and how many other files were passed over."""

    photos: tuple[Source, ...]
    others: int = 0


def find_sources(where: str, out: str, *, recursive: bool = False, lines: Iterable[str] | None = None) -> Found:
    """The photos that `where` names, sorted by path (a list keeps its order), each once.

    where   a folder, a glob ("**" goes into folders), a file, or an address; "-" takes `lines`, a path each
    out     the folder of results: what lies in it is never taken from a folder or glob

    Raises InputError when there is nothing to work on, or when results would lie among the photos.
    """
    if where == "-":
        photos = [Source(line) for line in lines or () if line.strip()]
        found = Found(tuple(dict.fromkeys(photos)))
        if not found.photos:
            raise InputError("the list on stdin has no photos; give a path a line (or -0 for NUL between them)")
        return found
    if is_remote(where):
        found = _remote(where, recursive)
    elif os.path.isdir(where):
        if os.path.isdir(out) and os.path.samefile(where, out):
            raise InputError(f"{out}: results would lie among the photos; choose another folder")
        found = _chosen(_files(Path(where), recursive), Path(where), Path(out))
    elif os.path.exists(where):
        return Found((Source(where),))
    elif glob.has_magic(where):
        root = _root(where)
        names = sorted(Path(n) for n in glob.glob(where, recursive=True) if os.path.isfile(n))
        found = _chosen(names, root, Path(out))
    else:
        raise InputError(f"{where} does not exist; give a folder, a file, a pattern in quotes, or - for a list")
    if not found.photos:
        more = "" if recursive else "; --recursive looks into its folders"
        raise InputError(f"{where}: no JPEG, PNG, WebP or TIFF files there{more}")
    return found


def read_list(text: bytes, null: bool) -> list[str]:
    """Paths from stdin: one a line, or with NUL between them."""
    parts = text.split(b"\0") if null else text.splitlines()
    return [os.fsdecode(part) for part in parts if part]


def _files(folder: Path, recursive: bool) -> list[Path]:
    if not recursive:
        return sorted(f for f in folder.iterdir() if f.is_file())
    return sorted(Path(at) / name for at, _, names in os.walk(folder) for name in names)


def _root(pattern: str) -> Path:
    parts: list[str] = []
    for part in Path(pattern).parts[:-1]:
        if glob.has_magic(part):
            break
        parts.append(part)
    return Path(*parts)


def _chosen(files: Iterable[Path], root: Path, out: Path) -> Found:
    """Photos by their ending; nothing hidden, nothing of the results."""
    inside = os.path.realpath(out)
    photos: list[Source] = []
    others = 0
    for file in files:
        below = file.relative_to(root)
        if any(part.startswith(".") for part in below.parts):
            continue
        folder = os.path.realpath(file.parent)
        if folder == inside or folder.startswith(inside + os.sep):
            continue
        if file.suffix.lower() in ENDINGS:
            photos.append(Source(str(file), below.parent.as_posix() if below.parent != Path(".") else ""))
        else:
            others += 1
    return Found(tuple(photos), others)


def _remote(where: str, recursive: bool) -> Found:
    fs, path = file_system(where)
    if PurePosixPath(path).suffix.lower() in ENDINGS and not glob.has_magic(path):
        return Found((Source(where),))
    try:
        if glob.has_magic(path):
            names, root = sorted(fs.glob(path)), str(_root(path))
        else:
            names, root = sorted(fs.find(path) if recursive else fs.ls(path, detail=False)), path.rstrip("/")
    except Exception as error:  # each file system has errors of its own
        raise InputError(f"{where} cannot be listed: {' '.join(str(error).split())}") from None
    photos = []
    others = 0
    for name in map(str, names):
        if f"/{FOLDER}/" in name:
            continue
        if PurePosixPath(name).suffix.lower() not in ENDINGS:
            others += 1
            continue
        below = name[len(root) :].strip("/") if name.startswith(root) else name.rpartition("/")[2]
        photos.append(Source(fs.unstrip_protocol(name), below.rpartition("/")[0]))
    return Found(tuple(photos), others)
