"""`fluxroom history`, `rollback` and `replay`: the versions of a photo."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from fluxroom.cli.edit import (
    WithBeforeAfter,
    before_after_option,
    check_target,
    quality_option,
    result_data,
    save,
    tries_in_words,
)
from fluxroom.cli.options import (
    Settings,
    common,
    example,
    library_option,
    output_option,
    overwrite_option,
    photo_argument,
    working,
)
from fluxroom.errors import PhotoError

if TYPE_CHECKING:
    from fluxroom.history import Attempt, Labels, Library, Version


@click.command(
    epilog=example(
        """
fluxroom history beach.jpg
fluxroom history beach.jpg v2 > recipe.yaml
"""
    )
)
@photo_argument
@click.argument("version", required=False)
@click.option(
    "--export", "export_to", type=click.Path(path_type=Path), metavar="FILE", help="Write the whole history to a file."
)
@click.option(
    "--import", "import_from", type=click.Path(path_type=Path), metavar="FILE", help="Take in a history from a file."
)
@overwrite_option
@library_option
@common
@click.pass_obj
def history(
    settings: Settings, photo: Path, version: str | None, export_to: Path | None, import_from: Path | None
) -> None:
    """List the versions of PHOTO, or print the recipe of one VERSION."""
    from fluxroom.history import Labels, export_history, import_history, labels, tries_of_all

    if import_from is not None:
        opened = settings.open(photo, look=False)
        assert opened.library is not None
        taken = import_history(opened.library, opened.as_source(), import_from)
        settings.say(f"{len(taken) - 1} versions from {import_from}")
    library, sha256 = find_photo(settings, photo)
    if export_to is not None:
        count = export_history(library, sha256, export_to, overwrite=settings.overwrite)
        settings.say(f"{count} versions written to {export_to}")
        settings.result({"versions": count, "file": str(export_to)})
        return
    if version is not None:
        number = library.resolve(sha256, version)
        one = library.get(sha256, number)
        if settings.json:
            settings.result(one.to_dict())
        else:
            click.echo(one.recipe.to_yaml(), nl=False)
        return
    versions = library.log(sha256)
    current = library.current(sha256)
    written = labels(library, sha256)
    tried = tries_of_all(library, sha256)
    if not versions:
        settings.say(f"{photo} has not been edited yet")
    else:
        settings.say(f"{_mark(0, current)} v0    the original{_labels(written.get(0, Labels()))}")
        depth = _depths(versions)
        for v in versions:
            words = " ".join(v.words.split()) or f"{len(v.recipe.adjustments)} adjustments"
            branch = f"from v{v.parent}" if v.parent != v.number - 1 else ""
            passed = "" if v.verdict is None else ("✓" if v.verdict.get("passed") else "✗")
            notes = "  ".join(part for part in (passed, branch, _when(v.created)) if part)
            own = _labels(written.get(v.number, Labels()))
            indent = "  " * depth[v.number]
            settings.say(f"{_mark(v.number, current)} {indent}{v.name:<5} {words}   [{notes}]{own}")
            for line in _tries(tried.get(v.number, []), words):
                settings.say(f"        {indent}{line}")
    settings.result(
        {
            "photo": str(photo),
            "sha256": sha256,
            "current": f"v{current}",
            "versions": [
                v.to_dict()
                | asdict(written.get(v.number, Labels()))
                | {"tries": [a.to_dict() for a in tried.get(v.number, [])]}
                for v in versions
            ],
        }
    )


@click.command(
    epilog=example(
        """
fluxroom rollback beach.jpg v2
fluxroom rollback beach.jpg v0     # back to the original
"""
    )
)
@photo_argument
@click.argument("version")
@library_option
@common
@click.pass_obj
def rollback(settings: Settings, photo: Path, version: str) -> None:
    """Make VERSION the current one: the next edit builds on it. Deletes nothing."""
    library, sha256 = find_photo(settings, photo)
    number = library.resolve(sha256, version)
    before = library.current(sha256)
    library.rollback(sha256, number)
    settings.say(f"{photo} is at v{number} now (it was at v{before}; nothing was deleted)")
    settings.result({"photo": str(photo), "current": f"v{number}", "before": f"v{before}"})


@click.command(
    cls=WithBeforeAfter,
    epilog=example(
        """
fluxroom replay beach.jpg v3 -o again.jpg
"""
    ),
)
@photo_argument
@click.argument("version")
@output_option("The result; its format follows the name (default: PHOTO_v3.jpg beside the photo).")
@before_after_option
@click.option("--anyway", is_flag=True, help="Take the result even if it differs from the first time.")
@quality_option
@overwrite_option
@library_option
@working
@common
@click.pass_obj
def replay(
    settings: Settings,
    photo: Path,
    version: str,
    output: Path | None,
    before_after: str | None,
    anyway: bool,
    quality: int | None,
) -> None:
    """Render VERSION again from the original; the pixels are checked to be the same."""
    if output is not None:
        check_target(output, photo, settings.overwrite)
    if before_after:
        check_target(Path(before_after), photo, settings.overwrite)
    library, sha256 = find_photo(settings, photo)  # a changed file or a missing version is told before any work
    number = library.resolve(sha256, version)
    if photo.is_file() and number:
        library.get(sha256, number)
    bar = settings.bar_on("en")
    bar("open", 0.0)
    try:
        opened = settings.open(photo)
    except PhotoError as error:
        raise _elsewhere(settings, photo) or error from None
    result = opened.replay(number, anyway=anyway, threads=settings.threads, progress=bar)
    target = save(settings, result, output, f"v{number}", quality)
    picture: Path | None = None
    if before_after is not None:
        picture = Path(before_after) if before_after else target.with_name(f"{target.stem}_before_after.jpg")
        result.before_after(picture, overwrite=settings.overwrite)
    settings.bar_off()
    for note in result.notes:
        settings.warn(note)
    settings.say(f"v{number}: {target}")
    if picture is not None:
        settings.say(f"before and after: {picture}")
    settings.result(result_data(result, target, picture))


def find_photo(settings: Settings, photo: Path) -> tuple[Library, str]:
    """The library and the identity of a photo, by its content, or by its place if the file is gone."""
    from fluxroom.api import hash_file
    from fluxroom.history import Library

    library = Library() if settings.library is None else Library(settings.library)
    known = library.recall(photo)
    if not photo.exists() and known is not None:
        return library, known
    if photo.is_dir():
        raise PhotoError(f"{photo} is a folder, not a photo")
    sha256 = hash_file(photo)
    if known is not None and known != sha256 and not library.log(sha256):
        raise PhotoError(
            f"{photo} has changed since it was edited, so its versions no longer fit it; "
            f"put the file back as it was (SHA-256 {known[:12]}...)"
        )
    return library, sha256


def _elsewhere(settings: Settings, photo: Path) -> PhotoError | None:
    """If a photo is gone: where the same one was seen and still is."""
    from fluxroom.api import hash_file
    from fluxroom.history import Library

    if photo.exists():
        return None
    library = Library() if settings.library is None else Library(settings.library)
    known = library.recall(photo)
    if known is None:
        return None
    for place in library.places(known):
        if place.is_file() and hash_file(place) == known:
            return PhotoError(f"{photo} is not there any more, but the same photo is at {place}; use that")
    return PhotoError(f"{photo} is not there any more; its versions are kept and fit the same file wherever it is now")


def _labels(found: Labels) -> str:
    parts = (
        [f"“{n}”" for n in found.names] + [f"#{t}" for t in found.tags] + ([f"— {found.note}"] if found.note else [])
    )
    return "".join(f"  {part}" for part in parts)


def _tries(attempts: list[Attempt], words: str) -> list[str]:
    from fluxroom.describe import language_of

    told: list[tuple[list[str], list[str], bool, bool]] = [
        (a.reasons["en"], a.reasons["zh"], bool(a.verdict.get("passed")), a.chosen) for a in attempts
    ]
    return tries_in_words(told, language_of(words))


def _mark(number: int, current: int) -> str:
    return "*" if number == current else " "


def _when(created: str) -> str:
    return created[:16].replace("T", " ") + " UTC"


def _depths(versions: list[Version]) -> dict[int, int]:
    """How far to indent: one step for each time a line of versions left another."""
    depth = {0: 0}
    continued: set[int] = set()
    for v in versions:
        depth[v.number] = depth.get(v.parent, 0) + (1 if v.parent in continued else 0)
        continued.add(v.parent)
    return depth
