"""Reads the lexicon files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from fluxroom.language.forms import pieces_of, spelt_out
from fluxroom.packs import shelf

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def load(name: str) -> dict[Any, Any]:
    """The content of lexicon/NAME.yaml."""
    return read(Path(__file__).parent / "lexicon" / f"{name}.yaml")


def read(file: Path) -> dict[Any, Any]:
    """The content of a file of families or looks."""
    data = yaml.load(file.read_text("utf-8"), Loader=_Loader)
    assert isinstance(data, dict), file
    return data


def families() -> list[Path]:
    """The files of effects, of all packs: each with its operators and its concepts."""
    return shelf().lexicon_files()


def look_files() -> list[Path]:
    """The files of looks, of all packs; their titles are words too."""
    return shelf().look_files()


def phrases(text: str | None) -> list[str]:
    """The phrases of a comma separated line, in order, choices in braces as they are written."""
    return [w.strip() for w in (text or "").split(",") if w.strip()]


def words(text: str | None) -> list[str]:
    """The phrases of a line, in order; "{add|put} {a|two} bird" stands for all its combinations."""
    return [" ".join(form.split()) for w in phrases(text) for form in spelt_out(pieces_of(w))]
