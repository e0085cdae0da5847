"""Writes the template of a pack: the files of `new/`, with the new name put in."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

from fluxroom.errors import InputError, OutputError, OutputExists

TEMPLATE = Path(__file__).parent / "new"
NAME, MODULE, TITLE = "my-pack", "my_pack", "My pack"


def write_template(folder: Path) -> list[Path]:
    """Write it into a folder that is not there yet, or empty: all of it or nothing; the files written.

    Raises InputError, OutputExists, OutputError.
    """
    name = folder.absolute().name
    if not re.fullmatch(r"[a-z][a-z0-9-]{0,40}", name):
        raise InputError(f"a pack cannot be called {name!r}: small letters, digits and '-', a letter first")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise OutputExists(f"{folder} is there already and not empty; name a new folder")
    module = name.replace("-", "_")
    texts = {}
    for file in sorted(p for p in TEMPLATE.rglob("*") if p.is_file() and "__pycache__" not in p.parts):
        place = Path(*(part.replace(MODULE, module) for part in file.relative_to(TEMPLATE).parts))
        text = file.read_text(encoding="utf-8").replace(NAME, name).replace(MODULE, module)
        texts[place] = text.replace(TITLE, name.replace("-", " ").capitalize())
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".new-", dir=folder.parent) as beside:
            whole = Path(beside) / name
            for place, text in texts.items():
                (whole / place).parent.mkdir(parents=True, exist_ok=True)
                (whole / place).write_text(text, encoding="utf-8")
            whole.replace(folder)
    except OSError as error:
        raise OutputError(f"{folder}: cannot be written: {error.strerror or error}") from None
    return [folder / place for place in texts]
