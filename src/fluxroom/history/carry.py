"""A photo's history as one file: to take along, to hand on, and to take in on another machine."""

from __future__ import annotations

import json
import os
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fluxroom.errors import HistoryError, OutputExists
from fluxroom.history.labels import labels, set_name, set_note, set_tags
from fluxroom.history.tries import Attempt, tries_of_all
from fluxroom.recipe import Recipe

if TYPE_CHECKING:
    from fluxroom.history.graph import Library, Source

FORMAT = 1
LARGEST = 256 << 20


def export_history(library: Library, sha256: str, file: Path, *, overwrite: bool = False) -> int:
    """Write every version of a photo, with names, tags and notes, as one JSON file; how many there are.

    The same history gives the same bytes. The photo itself is not in it.
    """
    versions = library.log(sha256)
    if not versions:
        raise HistoryError("this photo has not been edited yet, so there is no history to write")
    if file.exists() and not overwrite:
        raise OutputExists(f"{file} exists already; --overwrite replaces it, or choose another name")
    tried = tries_of_all(library, sha256)
    data = {
        "fluxroom history": FORMAT,
        "photo": sha256,
        "current": library.current(sha256),
        "versions": [
            {
                "number": v.number, "parent": v.parent, "words": v.words, "created": v.created,
                "fluxroom": v.fluxroom, "engine": v.engine, "verdict": v.verdict, "bits": v.bits, "result": v.result,
                "recipe": v.recipe.to_dict(), "tries": [a.to_dict() for a in tried.get(v.number, [])],
            }
            for v in versions
        ],
        "labels": {
            str(n): {"names": list(x.names), "tags": list(x.tags), "note": x.note}
            for n, x in labels(library, sha256).items()
        },
    }  # fmt: skip
    text = json.dumps(data, ensure_ascii=False, indent=1, sort_keys=True)
    try:
        text.encode()
    except UnicodeEncodeError:  # words may hold halves of characters; escaped, they come back as they were
        text = json.dumps(data, indent=1, sort_keys=True)
    write_whole(file, text + "\n")
    return len(versions)


def write_whole(file: Path, text: str) -> None:
    """Write a text file completely or not at all."""
    beside = file.with_name(f".{file.name}.new")
    try:
        with beside.open("w", encoding="utf-8", newline="\n") as out:
            out.write(text)
            out.flush()
            os.fsync(out.fileno())
        beside.replace(file)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise HistoryError(f"{file}: cannot be written: {error.strerror or error}") from None


def import_history(library: Library, source: Source, file: Path) -> dict[int, int]:
    """Take a history file in; number in the file -> number here. What is here already is not taken twice.

    source   the photo that it must belong to
    Raises HistoryError if the file is none, is newer, is broken, or belongs to another photo.
    """
    data = _read(file)
    if data.get("photo") != source.sha256:
        raise HistoryError(f"{file} is the history of another photo (SHA-256 {str(data.get('photo'))[:12]}...)")
    # Twins, the same words said twice of the same version, are told apart by their order.
    here: defaultdict[tuple[int, str, str, str], list[int]] = defaultdict(list)
    for v in sorted(library.log(source.sha256), key=lambda v: v.number, reverse=True):
        here[_key(v.parent, v.words, v.result, v.recipe)].append(v.number)
    numbers = {0: 0}
    try:
        for entry in data["versions"]:
            recipe = Recipe.from_dict(entry["recipe"])
            parent = numbers[int(entry["parent"])]
            key = _key(parent, entry["words"], entry["result"], recipe)
            if here[key]:
                number = here[key].pop()
            else:
                number = library.add(
                    source, recipe, words=entry["words"], parent=parent, result=entry["result"], engine=entry["engine"],
                    verdict=entry["verdict"], bits=entry["bits"], made_by=(entry["fluxroom"], entry["created"]),
                    attempts=[Attempt.from_dict(a) for a in entry["tries"]],
                ).number  # fmt: skip
            numbers[int(entry["number"])] = number
        for text, found in data["labels"].items():
            number = numbers[int(text)]
            for name in found["names"]:
                set_name(library, source.sha256, name, number)
            set_tags(library, source.sha256, number, tuple(found["tags"]))
            if found["note"]:
                set_note(library, source.sha256, number, found["note"])
        library.rollback(source.sha256, numbers[int(data["current"])])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise HistoryError(f"{file}: this history is broken ({type(error).__name__}: {error})") from None
    return numbers


def _key(parent: int, words: str, result: str, recipe: Recipe) -> tuple[int, str, str, str]:
    return parent, words, result, json.dumps(recipe.to_dict(), sort_keys=True)


def _read(file: Path) -> dict[str, Any]:
    try:
        if file.stat().st_size > LARGEST:
            raise HistoryError(f"{file}: too large for a history file")
        data = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise HistoryError(f"{file}: cannot be read: {error.strerror or error}") from None
    except ValueError:
        raise HistoryError(f"{file}: this is no history file") from None
    if not isinstance(data, dict) or "fluxroom history" not in data:
        raise HistoryError(f"{file}: this is no history file")
    if data["fluxroom history"] != FORMAT:
        raise HistoryError(f"{file} was written by a newer fluxroom; update fluxroom")
    return data
