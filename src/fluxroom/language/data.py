"""Reads the lexicon files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def load(name: str) -> dict[Any, Any]:
    """The content of lexicon/NAME.yaml."""
    text = (Path(__file__).parent / "lexicon" / f"{name}.yaml").read_text("utf-8")
    data = yaml.load(text, Loader=_Loader)
    assert isinstance(data, dict), name
    return data


def families() -> list[str]:
    """The names, for `load`, of the files of effects/, each with its operators and its concepts."""
    return [f"effects/{path.stem}" for path in sorted((Path(__file__).parent / "lexicon" / "effects").glob("*.yaml"))]


def look_files() -> list[Path]:
    """The files of built-in looks; they lie beside the room that serves them, for their names are words too."""
    return sorted((Path(__file__).parent.parent / "looks" / "library").glob("*.yaml"))


def load_looks(file: Path) -> dict[str, dict[str, str]]:
    data = yaml.load(file.read_text("utf-8"), Loader=_Loader)
    assert isinstance(data, dict), file
    return data


def words(text: str | None) -> list[str]:
    """The words of a comma separated line, in order; "{add|put} {a|two} bird" stands for all its combinations."""
    return [" ".join(form.split()) for w in (text or "").split(",") if w.strip() for form in _spelt_out(w)]


def _spelt_out(word: str) -> list[str]:
    before, brace, rest = word.partition("{")
    if not brace:
        return [word]
    choices, _, after = rest.partition("}")
    return [before + choice + tail for choice in choices.split("|") for tail in _spelt_out(after)]
