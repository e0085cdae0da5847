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


def words(text: str | None) -> list[str]:
    """The words of a comma separated line, in order."""
    return [w.strip() for w in (text or "").split(",") if w.strip()]
