"""The looks there are: built in (library/*.yaml) and the user's own (LIBRARY/looks/*.yaml)."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from fluxroom.errors import FluxroomError, HistoryError, InputError, OutputError, OutputExists
from fluxroom.history import Blobs, Library, Version, pin
from fluxroom.language.data import look_files, read
from fluxroom.language.lexicon import lexicon, parse_actions
from fluxroom.looks.cube import read_cube
from fluxroom.looks.look import Look, key_of, read_look
from fluxroom.operators import find
from fluxroom.operators.table import load
from fluxroom.own import TABLES, default_path, opened
from fluxroom.recipe import Adjustment, Recipe, Region, Value

Where = Library | Path | None
"""A library, its folder, or the user's own."""
LOOKS = "looks"
"""Where a user's looks lie in a library."""


@lru_cache(maxsize=1)
def built_in() -> dict[str, Look]:
    """By key, in the order of the files."""
    return {key: _built(key, data) for file in look_files() for key, data in read(file).items()}


def _built(key: str, data: dict[str, str]) -> Look:
    return Look(
        key,
        _pair(data["title"]),
        tuple(t.strip() for t in data["tags"].split(",")),
        _pair(data["about"]),
        pin(Recipe(adjustments_of(data["do"]))),
    )


def _pair(text: str) -> tuple[str, str]:
    en, _, zh = text.partition(" / ")
    return en, zh


def adjustments_of(do: str) -> tuple[Adjustment, ...]:
    """The lexicon's action language as adjustments, in the order in which sentences put them too."""
    known = lexicon().operators
    actions = sorted(parse_actions(do), key=lambda a: int(known[a.operator]["stage"]))
    out = []
    for action in actions:
        neutral = known[action.operator].get("neutral", [])
        rest: dict[str, Value] = {name: 0.0 for name in neutral if name not in action.parameters}
        region = Region(action.region or find(action.operator).region)
        out.append(Adjustment(action.operator, action.parameters | rest, region))
    return tuple(out)


def all_looks(library: Where = None) -> list[Look]:
    """Built-in looks, then the user's own; files that cannot be read are left out (see `broken`)."""
    return [*built_in().values(), *_own(library)[0].values()]


def broken(library: Where = None) -> list[str]:
    """One line for each of the user's files that cannot be used."""
    return _own(library)[1]


def find_look(name: str, library: Where = None) -> Look:
    """The look of that key or title, in either language. Raises InputError with what may have been meant."""
    looks = all_looks(library)
    names = {n: look for look in reversed(looks) for n in (*map(key_of, look.title), look.key)}
    wanted = key_of(name).removesuffix("_look")
    if wanted in names:
        return names[wanted]
    near = difflib.get_close_matches(wanted, names, n=3, cutoff=0.5) or [n for n in names if wanted and wanted in n][:3]
    titles = dict.fromkeys(names[n].key for n in near)
    hint = f"did you mean {' or '.join(titles)}?" if titles else "`fluxroom looks list` lists them"
    raise InputError(f"no look is called {name!r}; {hint}")


def search(text: str = "", tags: Iterable[str] = (), library: Where = None) -> list[Look]:
    """Looks that bear all of the tags, and whose names, tags or descriptions have all of the words."""
    wanted = {t.casefold() for t in tags}
    said = text.casefold().split()

    def fits(look: Look) -> bool:
        own = " ".join((look.key, *look.title, *look.tags, *look.about)).casefold()
        return wanted <= {t.casefold() for t in look.tags} and all(word in own for word in said)

    return [look for look in all_looks(library) if fits(look)]


def save_look(
    version: Version | Recipe,
    name: str,
    *,
    title: tuple[str, str] | None = None,
    tags: Iterable[str] = (),
    about: tuple[str, str] = ("", ""),
    library: Where = None,
    overwrite: bool = False,
) -> Look:
    """Keep the whole recipe of a version as a look of the user's own."""
    recipe = version if isinstance(version, Recipe) else version.recipe
    if not recipe.adjustments:
        raise InputError("the original has no recipe to make a look of; name a version")
    look = Look(
        key_of(name), title or (name, name), tuple(tags), about,
        replace(pin(recipe), say="", not_understood=(),
                adjustments=tuple(replace(a, because=()) for a in pin(recipe).adjustments)), own=True,
    )  # fmt: skip
    _write(look, library, overwrite)
    return look


def bound(look: Look) -> list[Adjustment]:
    """Adjustments that were placed for one photo: clicks, boxes, things with a place, crops, things taken out."""
    return [
        a for a in look.recipe.adjustments
        if "pick" in a.region.text or "box" in a.region.text
        or find(a.operator, a.version).kind in ("frame", "retouch")
        or any(isinstance(v := a.parameters.get(n), float) and v >= 0 for n in ("x", "y"))
    ]  # fmt: skip


def share_look(look: Look) -> str:
    """The look as one text to hand on, with the tables that it needs."""
    return look.to_yaml({digest: load(digest).to_bytes() for digest in look.tables()})


def add_look(text: str, library: Where = None, *, name: str | None = None, overwrite: bool = False) -> Look:
    """Keep a look that was handed on. Raises RecipeError if anything in it is unknown or out of range."""
    look, tables = read_look(text)
    if name is not None:
        look = replace(look, key=key_of(name), title=(name, name))
    missing = [d for d in look.tables() if d not in tables]
    _check_free(look, library, overwrite)
    for digest in missing:
        load(digest)
    for content in tables.values():
        _blobs(library).put(content)
    _write(look, library, overwrite)
    return look


def import_cube(text: str, name: str, library: Where = None, *, overwrite: bool = False) -> Look:
    """A .cube file as a look: its table is kept under its hash. Raises InputError, naming the line."""
    content = read_cube(text).to_bytes()
    first = Look(
        key_of(name), (name, name), ("table",), ("A table from a .cube file", "来自 .cube 文件的查找表"), Recipe()
    )
    _check_free(first, library, overwrite)
    digest = _blobs(library).put(content)
    look = replace(first, recipe=pin(Recipe((Adjustment("table", {"table": digest, "strength": 1.0}),))), own=True)
    _write(look, library, overwrite)
    return look


def _folder(library: Where) -> Path:
    path = library.path if isinstance(library, Library) else Path(library or default_path()).absolute()
    opened(path)
    return path


def _blobs(library: Where) -> Blobs:
    return Blobs(_folder(library) / TABLES)


def _own(library: Where) -> tuple[dict[str, Look], list[str]]:
    found: dict[str, Look] = {}
    bad = []
    for file in sorted((_folder(library) / LOOKS).glob("*.yaml")):
        try:
            look = replace(read_look(file.read_text(encoding="utf-8"))[0], key=key_of(file.stem))
        except (FluxroomError, OSError, UnicodeDecodeError) as error:
            bad.append(f"{file}: {error}")
            continue
        if look.key in built_in():
            bad.append(f"{file}: a built-in look is called so; give the file another name")
        else:
            found[look.key] = look
    return found, bad


def _check_free(look: Look, library: Where, overwrite: bool) -> None:
    if not look.key:
        raise InputError("a look needs a name with letters or digits")
    taken = {n for b in built_in().values() for n in (b.key, *map(key_of, b.title))}
    if {look.key, *map(key_of, look.title)} & taken:
        raise InputError(f"a built-in look is called {look.key!r} already; choose another name")
    if (_folder(library) / LOOKS / f"{look.key}.yaml").exists() and not overwrite:
        raise OutputExists(
            f"there is a look called {look.key!r} already; --overwrite replaces it, or choose another name"
        )


def _write(look: Look, library: Where, overwrite: bool) -> None:
    _check_free(look, library, overwrite)
    file = _folder(library) / LOOKS / f"{look.key}.yaml"
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise HistoryError(f"{file.parent}: cannot be made: {error.strerror or error}") from None
    write_text(file, look.to_yaml(), overwrite=True)


def write_text(file: Path, text: str, *, overwrite: bool) -> None:
    """Completely or not at all. Raises OutputExists, OutputError."""
    import os
    import tempfile

    if file.exists() and not overwrite:
        raise OutputExists(f"{file} exists already; --overwrite replaces it, or choose another name")
    try:
        handle, name = tempfile.mkstemp(prefix=".new-", dir=file.parent)
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as out:
                out.write(text)
                out.flush()
                os.fsync(out.fileno())
            umask = os.umask(0)
            os.umask(umask)
            os.chmod(name, 0o666 & ~umask)
            os.replace(name, file)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise OutputError(f"{file}: cannot be written: {error.strerror or error}") from None
