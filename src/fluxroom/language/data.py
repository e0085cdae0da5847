"""Reads the lexicon files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

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


def words(text: str | None) -> list[str]:
    """The words of a comma separated line, in order; "{add|put} {a|two} bird" stands for all its combinations."""
    return [" ".join(form.split()) for w in (text or "").split(",") if w.strip() for form in _spelt_out(w)]


def _spelt_out(word: str) -> list[str]:
    before, brace, rest = word.partition("{")
    if not brace:
        return [word]
    choices, _, after = rest.partition("}")
    return [before + choice + tail for choice in choices.split("|") for tail in _spelt_out(after)]
