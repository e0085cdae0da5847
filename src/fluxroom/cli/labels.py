"""`fluxroom label`, `compare`, `sidecar` and `gc`: what can be done with versions beside rendering them."""

from __future__ import annotations

from pathlib import Path

import click

from fluxroom.cli.edit import check_target
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
from fluxroom.cli.versions import find_photo
from fluxroom.errors import InputError


@click.command(
    epilog=example(
        """
fluxroom label beach.jpg v3 --name final --tag portfolio --note "for the exhibition"
fluxroom rollback beach.jpg final
fluxroom label beach.jpg final --untag portfolio
"""
    )
)
@photo_argument
@click.argument("version")
@click.option("--name", "names", multiple=True, metavar="NAME", help="Call the version so (a name leaves its old one).")
@click.option("--unname", multiple=True, metavar="NAME", help="Take a name away.")
@click.option("--tag", "tags", multiple=True, metavar="TAG", help="Put a tag on it.")
@click.option("--untag", multiple=True, metavar="TAG", help="Take a tag off.")
@click.option("--note", metavar="TEXT", help='Write a note on it; "" takes it away.')
@library_option
@common
@click.pass_obj
def label(
    settings: Settings,
    photo: Path,
    version: str,
    names: tuple[str, ...],
    unname: tuple[str, ...],
    tags: tuple[str, ...],
    untag: tuple[str, ...],
    note: str | None,
) -> None:
    """Give VERSION of PHOTO names, tags and a note, or show what it bears."""
    from fluxroom.history import Labels, drop_name, labels, set_name, set_note, set_tags

    library, sha256 = find_photo(settings, photo)
    number = library.resolve(sha256, version)
    for name in names:
        set_name(library, sha256, name, number)
    for name in unname:
        drop_name(library, sha256, name)
    if tags or untag:
        set_tags(library, sha256, number, tags, untag)
    if note is not None:
        set_note(library, sha256, number, note)
    found = labels(library, sha256).get(number, Labels())
    settings.say(f"v{number}: {', '.join(found.names) or 'no name'}  {' '.join('#' + t for t in found.tags)}".rstrip())
    if found.note:
        settings.say(f"    {found.note}")
    settings.result({"version": f"v{number}", "names": list(found.names), "tags": list(found.tags), "note": found.note})


@click.command(
    epilog=example(
        """
fluxroom compare beach.jpg v1 v3
fluxroom compare beach.jpg original final -o both.jpg
"""
    )
)
@photo_argument
@click.argument("first")
@click.argument("second", required=False)
@output_option("Also write both beside each other as a small picture.")
@overwrite_option
@library_option
@working
@common
@click.pass_obj
def compare(settings: Settings, photo: Path, first: str, second: str | None, output: Path | None) -> None:
    """What the SECOND version of PHOTO does that the FIRST does not (default: the current one)."""
    from fluxroom.assistant.say import changes
    from fluxroom.recipe import Recipe

    if output is not None:
        check_target(output, photo, settings.overwrite, (".jpg", ".jpeg", ".png", ".webp"))
    library, sha256 = find_photo(settings, photo)
    one = library.resolve(sha256, first)
    other = library.current(sha256) if second is None else library.resolve(sha256, second)
    recipes = [Recipe() if n == 0 else library.get(sha256, n).recipe for n in (one, other)]
    lines = changes(recipes[0], recipes[1], "en")
    if output is not None:
        from fluxroom.pictures import before_after, save_picture

        settings.bar_on("en")
        opened = settings.open(photo)
        seen = [opened.replay(n, threads=settings.threads).photo for n in (one, other)]
        save_picture(before_after(*seen, labels=(f"v{one}", f"v{other}")), output, overwrite=settings.overwrite)
    settings.say(f"v{one} -> v{other}")
    for line in lines or ["  the same recipe"]:
        settings.say(line)
    if output is not None:
        settings.say(str(output))
    settings.result(
        {
            "first": f"v{one}",
            "second": f"v{other}",
            "changes": lines,
            "recipes": [r.to_dict() for r in recipes],
            "picture": None if output is None else str(output),
        }
    )


@click.command(
    epilog=example(
        """
fluxroom sidecar beach.jpg           # beach.jpg.fluxroom.yaml
fluxroom sidecar beach.jpg final --xmp
"""
    )
)
@photo_argument
@click.argument("version", required=False)
@click.option("--xmp", is_flag=True, help="Into the XMP file beside the photo; what else is in it stays.")
@library_option
@common
@click.pass_obj
def sidecar(settings: Settings, photo: Path, version: str | None, xmp: bool) -> None:
    """Write the recipe of VERSION (default: the current one) beside PHOTO. Written only if it changed."""
    from fluxroom.history import sidecar_path, write_sidecar, write_xmp, xmp_path

    library, sha256 = find_photo(settings, photo)
    number = library.current(sha256) if version is None else library.resolve(sha256, version)
    if number == 0:
        raise InputError(f"{photo} is at the original, which has no recipe; name a version")
    made = library.get(sha256, number)
    path = xmp_path(photo) if xmp else sidecar_path(photo)
    changed = (write_xmp if xmp else write_sidecar)(photo, sha256, made)
    settings.say(f"{path}{'' if changed else ' (unchanged)'}")
    settings.result({"file": str(path), "version": made.name, "changed": changed})


@click.command(
    epilog=example(
        """
fluxroom gc --dry-run
fluxroom gc --unreachable
"""
    )
)
@click.option("--dry-run", is_flag=True, help="Only say what would be taken away.")
@click.option(
    "--unreachable",
    is_flag=True,
    help="Also versions that are not current, named, tagged or noted, nor before one that is.",
)
@library_option
@common
@click.pass_obj
def gc(settings: Settings, dry_run: bool, unreachable: bool) -> None:
    """Take away what no version in the library needs. Without --unreachable no version goes."""
    from fluxroom.history import Library, clean

    library = Library() if settings.library is None else Library(settings.library)
    done = clean(library, unreachable=unreachable, dry_run=dry_run)
    for sha256, number in done.versions:
        settings.say(f"  v{number} of photo {sha256[:12]}")
    verb = "would be taken away" if dry_run else "taken away"
    settings.say(f"{verb}: {len(done.versions)} versions, {len(done.files)} files, {done.size} bytes")
    settings.result(
        {
            "dry_run": dry_run,
            "versions": [{"photo": s, "version": f"v{n}"} for s, n in done.versions],
            "files": len(done.files),
            "bytes": done.size,
        }
    )
