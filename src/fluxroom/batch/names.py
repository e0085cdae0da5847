"""Names of results by pattern, e.g. "{date}/{stem}_{look}.{ext}"."""

from __future__ import annotations

import re
import string
from pathlib import PurePosixPath

from fluxroom.batch.sources import ENDINGS, Source
from fluxroom.errors import InputError

FIELDS = ("stem", "ext", "look", "index", "parent", "date")
LONGEST = 240
"""Bytes of one part of a name; file systems take 255."""


def check_pattern(pattern: str) -> str:
    """The pattern, ending in ".{ext}" if it named no format. Raises InputError with what is wrong."""
    known = ", ".join("{" + f + "}" for f in FIELDS)
    try:
        parts = list(string.Formatter().parse(pattern))
    except ValueError as error:
        raise InputError(f"--name {pattern!r}: {error}; known are {known}") from None
    for _, field, spec, conversion in parts:
        if field is None:
            continue
        if field not in FIELDS or conversion:
            raise InputError(f"--name {pattern!r}: nobody knows {{{field}}}; known are {known}")
        if spec and (field != "index" or not re.fullmatch(r"0?\d{1,2}d?", spec)):
            raise InputError(f"--name {pattern!r}: only {{index}} takes a width, e.g. {{index:03d}}")
    place = PurePosixPath(pattern)
    if not pattern or pattern.endswith("/") or place.is_absolute() or ".." in place.parts or "\0" in pattern:
        raise InputError(f"--name {pattern!r}: give a name inside the folder of results")
    if not pattern.endswith(".{ext}") and place.suffix.lower() not in ENDINGS:
        return pattern + ".{ext}"
    return pattern


def look_name(words: str) -> str:
    """A few of the words as a part of a file name."""
    slug = re.sub(r"[^\w]+", "-", words.lower()).strip("-_")
    return _cut(slug, 40).strip("-_") or "look"


def result_name(pattern: str, source: Source, index: int, look: str, date: str, format: str | None) -> str:
    """Where the result of a photo goes, below the folder of results, "/" between folders.

    index   place in the list, from 1
    date    when the photo was taken, YYYY-MM-DD, or "undated"
    format  ending without its dot; None: the photo's own
    """
    file = PurePosixPath(source.path.replace("\\", "/") if "://" in source.path else _posix(source.path))
    own = file.suffix[1:] if file.suffix.lower() in ENDINGS else "jpg"
    values = {
        "stem": file.stem,
        "ext": format or own,
        "look": look,
        "index": index,
        "parent": PurePosixPath(source.parent).name or file.parent.name,
        "date": date,
    }
    plain = string.Formatter()
    shaped = "".join(
        literal
        + (
            ""
            if field is None
            else (format_index(index, spec or "") if field == "index" else _part(str(values[field])))
        )
        for literal, field, spec, _ in plain.parse(pattern)
    )
    name = PurePosixPath(source.parent, *(_cut_name(part) for part in PurePosixPath(shaped).parts))
    return name.as_posix()


def format_index(index: int, spec: str) -> str:
    return format(index, spec or "04d")


def _posix(path: str) -> str:
    from pathlib import Path

    return Path(path).as_posix()


def _part(value: str) -> str:
    """A value that stays one part of a path."""
    flat = value.replace("/", "-").replace("\\", "-").replace("\0", "")
    return "-" if flat in ("", ".", "..") else flat


def _cut(text: str, most: int) -> str:
    return text.encode("utf-8", "surrogateescape")[:most].decode("utf-8", "ignore")


def _cut_name(part: str) -> str:
    """No longer than file systems take; the ending stays."""
    if len(part.encode("utf-8", "surrogateescape")) <= LONGEST:
        return part
    stem, dot, ending = part.rpartition(".")
    return _cut(stem, LONGEST - len(ending.encode("utf-8", "surrogateescape")) - 1) + dot + ending
