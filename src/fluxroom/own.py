"""The user's own folder, and the tables of colours (from .cube files) that are kept in libraries.

A table lies under the SHA-256 of its content in LIBRARY/tables, as history's blobs do. A recipe names it by that
hash alone, so that it means the same in any library; it is looked for in every library that this process opened.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

TABLES = "tables"
_opened: dict[Path, None] = {}


def default_path() -> Path:
    """The user's own library: $FLUXROOM_LIBRARY, or the platform's folder for user data."""
    told = os.environ.get("FLUXROOM_LIBRARY")
    if told:
        return Path(told)
    import platformdirs

    return platformdirs.user_data_path("fluxroom", appauthor=False)


def opened(library: Path) -> None:
    """Tables are looked for in that library too, from now on."""
    _opened[library] = None


def find_table(digest: str) -> bytes | None:
    """The content of a table, whole and unharmed, or None if no library has it so."""
    for library in (*_opened, default_path()):
        try:
            content = (library / TABLES / digest[:2] / digest[2:]).read_bytes()
        except OSError:
            continue
        if hashlib.sha256(content).hexdigest() == digest:
            return content
    return None
