"""What may be wrong with a pack: each function gives one line, or None."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fluxroom.errors import FluxroomError
from fluxroom.packs.pack import FORMAT, Pack

if TYPE_CHECKING:
    from fluxroom.packs.shelf import Shelf

CONCEPT_KEYS = {
    "type", "noun", "more", "less", "do", "undo", "sky do", "sky undo", "thing", "counts", "reverse number", "whole",
    "follows", "region", "range", "hue_band", "degrees",
}  # fmt: skip
"""What a concept may say; told at the head of language/lexicon/concepts.yaml."""


def wrong_form(pack: Pack, others: Iterable[Pack]) -> str | None:
    """Its name, format, titles and folders."""
    if pack.format != FORMAT:
        return f"it was written for format {pack.format} of packs, this fluxroom takes {FORMAT}"
    if not re.fullmatch(r"[a-z][a-z0-9-]{0,40}", pack.name):
        return "its name must be small letters, digits and '-'"
    if pack.name in {other.name for other in others}:
        return "another pack is called so"
    if len(pack.title) != 2 or not all(pack.title):
        return "its title needs English and Chinese"
    for folder in (pack.lexicon, pack.looks):
        if folder is not None and not folder.is_dir():
            return f"there is no folder {folder}; was it left out when the package was built?"
    return None


def wrong_files(pack: Pack, shelf: Shelf) -> str | None:
    """Its lexicon and looks: readable, of the right form, everything in them can be carried out, no key twice."""
    from fluxroom.packs.shelf import yaml_files

    try:
        stages = _stages(shelf.lexicon_files())
        taken = _keys([f for f in shelf.lexicon_files() if f.parent != pack.lexicon], "concepts")
        for file in yaml_files(pack.lexicon):
            _check_lexicon(file, stages, taken)
        taken = _keys([f for f in shelf.look_files() if f.parent != pack.looks])
        for file in yaml_files(pack.looks):
            _check_looks(file, stages, taken)
    except _Wrong as wrong:
        return str(wrong)
    return None


class _Wrong(Exception):
    pass


def _read(file: Path) -> dict[str, Any]:
    import yaml

    from fluxroom.language.data import read

    try:
        data = read(file)
    except (yaml.YAMLError, OSError, UnicodeDecodeError, AssertionError) as error:
        raise _Wrong(f"{file.name}: not readable YAML ({' '.join(str(error).split())[:200]})") from None
    return data


def _stages(files: Iterable[Path]) -> set[str]:
    """The operators that sentences and looks can be made of."""
    from fluxroom.language.data import load

    return set(load("operators")).union(*(_read(file).get("operators") or {} for file in files))


def _keys(files: Iterable[Path], part: str | None = None) -> set[str]:
    return {str(key) for file in files for key in (_read(file) if part is None else _read(file).get(part) or {})}


def _check_lexicon(file: Path, stages: set[str], taken: set[str]) -> None:
    from fluxroom.operators import find

    data = _read(file)
    if not set(data) <= {"operators", "concepts"}:
        raise _Wrong(f"{file.name}: has {', '.join(map(repr, data))}; its keys are 'operators' and 'concepts'")
    for name, limits in (data.get("operators") or {}).items():
        try:
            params = {p.name: p for p in find(name).params}
        except FluxroomError as error:
            raise _Wrong(f"{file.name}: {error}") from None
        if not isinstance(limits, dict) or not isinstance(limits.get("stage"), (int, float)):
            raise _Wrong(f"{file.name}: {name} needs a stage, a number that says when it is done")
        for key, value in limits.items():
            named = value if key == "neutral" else [] if key == "stage" else [key]
            if not isinstance(named, list) or not set(named) <= set(params):
                raise _Wrong(f"{file.name}: {name} has no parameter {key if key != 'neutral' else named!r}")
            if key not in ("stage", "neutral") and [params[key].low, params[key].high] != list(value):
                raise _Wrong(f"{file.name}: {name}.{key} goes from {params[key].low:g} to {params[key].high:g}")
    for key, concept in (data.get("concepts") or {}).items():
        if not isinstance(concept, dict) or not set(concept) <= CONCEPT_KEYS:
            known = ", ".join(sorted(CONCEPT_KEYS))
            raise _Wrong(f"{file.name}: the concept {key!r} has a key that nobody reads; known are {known}")
        if not any(concept.get(k) for k in ("noun", "more", "less", "counts")):
            raise _Wrong(f"{file.name}: the concept {key!r} needs words: noun, more or less")
        _check_key(file, str(key), taken)
        for part in ("do", "undo", "sky do", "sky undo"):
            if concept.get(part) or part == "do":
                _check_actions(f"{file.name}: {key}", concept.get(part), stages)


def _check_looks(file: Path, stages: set[str], taken: set[str]) -> None:
    for key, look in _read(file).items():
        _check_key(file, str(key), taken)
        if not isinstance(look, dict) or any(" / " not in str(look.get(k, "")) for k in ("title", "about")):
            raise _Wrong(f"{file.name}: the look {key!r} needs title and about, each as 'English / 中文'")
        if not isinstance(look.get("tags"), str):
            raise _Wrong(f"{file.name}: the look {key!r} needs tags, separated by commas")
        _check_actions(f"{file.name}: {key}", look.get("do"), stages)


def _check_key(file: Path, key: str, taken: set[str]) -> None:
    if key in taken:
        raise _Wrong(f"{file.name}: {key!r} is there already; choose another key")
    taken.add(key)


def _check_actions(where: str, text: Any, stages: set[str]) -> None:
    from fluxroom.language.lexicon import parse_actions
    from fluxroom.operators import resolve
    from fluxroom.recipe import Adjustment, parse_region

    if not isinstance(text, str) or not text.strip():
        raise _Wrong(f"{where}: says nothing that is to be done ('do: exposure stops=0.3')")
    for action in parse_actions(text):
        try:
            resolve(Adjustment(action.operator, dict(action.parameters)))
            if action.region:
                parse_region(action.region)
        except FluxroomError as error:
            raise _Wrong(f"{where}: {error}") from None
        if action.operator not in stages:
            raise _Wrong(f"{where}: {action.operator} has no stage; list it under 'operators' in the lexicon")
