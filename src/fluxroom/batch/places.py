"""Where photos come from and results go: a local path, or a URL by fsspec (s3, gs, http ...), imported only then."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from fluxroom.errors import InputError, OutputError, PhotoError


def is_remote(place: str) -> bool:
    return "://" in place


def file_system(place: str) -> tuple[Any, str]:
    """(fsspec file system, path within it) of a URL. Raises InputError when it cannot be had."""
    try:
        import fsspec
    except ImportError:
        raise InputError(f"{place}: addresses need fsspec; pip install 'fluxroom[ray]'") from None
    try:
        fs, path = fsspec.core.url_to_fs(place)
    except (ImportError, ValueError) as error:
        raise InputError(f"{place}: {' '.join(str(error).split())}") from None
    return fs, str(path)


@contextmanager
def fetched(place: str) -> Iterator[Path]:
    """The photo as a local file; one from elsewhere lies in a temporary folder as long as it is needed."""
    if not is_remote(place):
        yield Path(place)
        return
    fs, path = file_system(place)
    with tempfile.TemporaryDirectory(prefix="fluxroom-") as folder:
        local = Path(folder) / (Path(path).name or "photo")
        try:
            fs.get_file(path, str(local))
        except FileNotFoundError:
            raise PhotoError(f"{place} does not exist; check the address") from None
        except Exception as error:  # each file system has errors of its own
            raise PhotoError(
                f"{place} cannot be read: {' '.join(str(error).split()) or type(error).__name__}"
            ) from None
        yield local


def stamp(place: str) -> tuple[int, int | str]:
    """(bytes, when changed) of a photo, cheap to ask for; equal stamps mean the same content.

    When an address tells neither time nor tag, the stamp is (-1, 0), which stands for "look again".
    """
    if not is_remote(place):
        info = os.stat(place)
        return info.st_size, info.st_mtime_ns
    fs, path = file_system(place)
    try:
        info = fs.info(path)
    except FileNotFoundError:
        raise
    except Exception as error:  # each file system has errors of its own
        raise OSError(f"{type(error).__name__}: {error}") from None
    changed = (
        info.get("ETag") or info.get("etag") or info.get("mtime") or info.get("LastModified") or info.get("md5Hash")
    )
    return (-1, 0) if changed is None or info.get("size") is None else (int(info["size"]), str(changed))


def put_part(local: Path, part: str) -> None:
    """Bring a finished file to where results wait for their names."""
    fs, path = file_system(part)
    try:
        fs.makedirs(path.rpartition("/")[0], exist_ok=True)
        fs.put_file(str(local), path)
    except Exception as error:  # each file system has errors of its own
        raise OutputError(f"{part} cannot be written: {' '.join(str(error).split())}") from None
