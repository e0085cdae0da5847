"""`fluxroom looks`: named looks, to find, try, lay over a photo, keep, hand on, and carry to other programs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fluxroom.cli.edit import PICTURES, check_target, quality_option, report, save
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
from fluxroom.errors import InputError, OutputError

if TYPE_CHECKING:
    from fluxroom.looks import Look

SIZES = ("17", "33", "65")
SHOWN = 1024
"""Long side of the picture that `show` tries a look on."""


@click.group(
    epilog=example(
        """
fluxroom looks list --tag film
fluxroom looks apply beach.jpg nordic --strength 0.7
fluxroom looks export nordic nordic.cube
fluxroom looks import grade.cube "my grade"
"""
    )
)
@library_option
@common
def looks() -> None:
    """Named looks. Their titles are also words for `fluxroom edit`: "make it look nordic", "用北欧风格"."""


@looks.command("list")
@click.option("--tag", "tags", multiple=True, metavar="TAG", help="Only looks with this tag (all of them, if several).")
@click.option("--search", "text", default="", metavar="TEXT", help="Only looks whose names or descriptions have it.")
@library_option
@common
@click.pass_obj
def list_(settings: Settings, tags: tuple[str, ...], text: str) -> None:
    """List looks: the built-in ones, then your own."""
    from fluxroom.looks import broken, search

    found = search(text, tags, settings.library)
    for line in broken(settings.library):
        settings.warn(line)
    for look in found:
        settings.say(f"{look.key:<22} {look.title[0]} / {look.title[1]}{'  (your own)' if look.own else ''}")
        settings.say(f"    {look.about[0]}\n    {' '.join('#' + t for t in look.tags)}")
    settings.say(f"{len(found)} looks" if found else "no look is like that; `fluxroom looks list` lists all")
    settings.result({"looks": [_data(look) for look in found]})


@looks.command()
@click.argument("name")
@click.option("--picture", type=click.Path(path_type=Path), metavar="PHOTO", help="Try it on this photo.")
@output_option("Where the small before/after picture goes (default: PHOTO_LOOK.jpg beside the photo).")
@overwrite_option
@library_option
@working
@common
@click.pass_obj
def show(settings: Settings, name: str, picture: Path | None, output: Path | None) -> None:
    """Show what a look does, as words and as a recipe; with --picture on a photo. No version is made."""
    from fluxroom.describe import describe
    from fluxroom.looks import find_look

    look = find_look(name, settings.library)
    target: Path | None = None
    if picture is not None:
        target = output or picture.with_name(f"{picture.stem}_{look.key}.jpg")
        check_target(target, picture, settings.overwrite, PICTURES)
        settings.bar_on("en")
        small = settings.open(picture).small(SHOWN)
        shown = small.render(look.at(), remember=False, threads=settings.threads)
        shown.before_after(target, overwrite=settings.overwrite, labels=("before", look.title[0]))
        settings.bar_off()
    settings.say(f"{look.title[0]} / {look.title[1]}  {' '.join('#' + t for t in look.tags)}")
    settings.say("\n".join(line for line in look.about if line))
    for line in describe(look.recipe):
        settings.say(f"  {line}")
    settings.say(f"\n{look.recipe.to_yaml()}".rstrip())
    if target is not None:
        settings.say(str(target))
    settings.result({**_data(look), "picture": None if target is None else str(target)})


@looks.command()
@photo_argument
@click.argument("name")
@click.option("--strength", type=click.FloatRange(0, 1), default=1.0, show_default=True, help="How much of it.")
@output_option("The result; its format follows the name (default: PHOTO_v1.jpg beside the photo, v2, ...).")
@quality_option
@overwrite_option
@library_option
@working
@common
@click.pass_obj
def apply(
    settings: Settings, photo: Path, name: str, strength: float, output: Path | None, quality: int | None
) -> None:
    """Lay a look over PHOTO. It becomes a version that builds on the current one, as an edit does."""
    from fluxroom.looks import find_look

    if output is not None:
        check_target(output, photo, settings.overwrite)
    find_look(name, settings.library)  # before the photo is looked at, which takes longer
    settings.bar_on("en")
    result = settings.open(photo).look(name, strength, threads=settings.threads)
    assert result.version is not None
    target = save(settings, result, output, result.version.name, quality)
    settings.bar_off()
    report(settings, result, target, None, "en")


@looks.command("save")
@photo_argument
@click.argument("names", nargs=-1, required=True, metavar="[VERSION] NAME")
@click.option("--zh", default=None, metavar="TITLE", help="Its title in Chinese (default: the name).")
@click.option("--tag", "tags", multiple=True, metavar="TAG", help="Put a tag on it.")
@click.option("--about", default="", metavar="TEXT", help="What it is for, in a line.")
@overwrite_option
@library_option
@common
@click.pass_obj
def save_(
    settings: Settings, photo: Path, names: tuple[str, ...], zh: str | None, tags: tuple[str, ...], about: str
) -> None:
    """Keep what VERSION of PHOTO (default: the current one) does as a look of your own."""
    from fluxroom.cli.versions import find_photo
    from fluxroom.looks import save_look
    from fluxroom.looks.book import bound

    if len(names) > 2:
        raise click.UsageError("say the version (or leave it out) and one name; names of several words need quotes")
    library, sha256 = find_photo(settings, photo)
    number = library.current(sha256) if len(names) == 1 else library.resolve(sha256, names[0])
    if number == 0:
        raise InputError(f"{photo} is at the original, which has no recipe to make a look of; name a version")
    name = names[-1]
    version = library.get(sha256, number)
    look = save_look(
        version, name, title=(name, zh or name), tags=tags, about=(about, about), library=library,
        overwrite=settings.overwrite,
    )  # fmt: skip
    for adjustment in bound(look):
        settings.warn(f"{adjustment.operator} ({adjustment.region}) was placed for this photo; it goes with the look")
    settings.say(f"{look.key}: {len(look.recipe.adjustments)} adjustments of {version.name}")
    settings.result(_data(look))


@looks.command()
@photo_argument
@click.argument("name")
@overwrite_option
@library_option
@common
@click.pass_obj
def calibrate(settings: Settings, photo: Path, name: str) -> None:
    """Keep as a look what takes the colours of a shoot to those of the colour checker in PHOTO."""
    from fluxroom.looks import save_look
    from fluxroom.packs.studio.calibrate import NO_CHART, parameters_of
    from fluxroom.recipe import Adjustment, Recipe

    measured = parameters_of(settings.open(photo).scene.preview)
    if measured is None:
        raise InputError(f"{photo}: {NO_CHART}")
    recipe = Recipe((Adjustment("color_checker", measured),))
    about = (f"Measured on the colour checker in {photo.name}", f"按 {photo.name} 中的色卡测得")
    tags, library = ("calibration", "色卡"), settings.library
    look = save_look(recipe, name, tags=tags, about=about, library=library, overwrite=settings.overwrite)
    settings.say(f"{look.key}: measured on the colour checker in {photo}")
    settings.result(_data(look))


@looks.command()
@click.argument("name")
@click.argument("file", type=click.Path(path_type=Path))
@overwrite_option
@library_option
@common
@click.pass_obj
def share(settings: Settings, name: str, file: Path) -> None:
    """Write a look as one FILE to hand on, with the colour tables it needs."""
    from fluxroom.looks import find_look, share_look
    from fluxroom.looks.book import write_text

    write_text(file, share_look(find_look(name, settings.library)), overwrite=settings.overwrite)
    settings.say(str(file))
    settings.result({"file": str(file)})


@looks.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--name", metavar="NAME", help="Call it so instead.")
@overwrite_option
@library_option
@common
@click.pass_obj
def add(settings: Settings, file: Path, name: str | None) -> None:
    """Keep a look that was handed on. Unknown operators and values out of range are refused."""
    from fluxroom.looks import add_look

    look = add_look(_text(file), settings.library, name=name, overwrite=settings.overwrite)
    settings.say(f"{look.key}: {look.title[0]} / {look.title[1]}")
    settings.result(_data(look))


@looks.command()
@click.argument("name")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--size", type=click.Choice(SIZES), default="33", show_default=True, help="Points of a .cube each way.")
@overwrite_option
@library_option
@common
@click.pass_obj
def export(settings: Settings, name: str, file: Path, size: str) -> None:
    """Write a look for other programs; what cannot go in is named.

    FILE.cube: a table of what works on colours alone, over the whole picture (sRGB code values).
    FILE.xmp: a Lightroom and Camera Raw preset. FILE.dtstyle: a darktable style (exposure only).
    """
    from fluxroom.looks import find_look
    from fluxroom.looks.bake import cube_of
    from fluxroom.looks.book import write_text
    from fluxroom.looks.presets import to_dtstyle, to_xmp

    look = find_look(name, settings.library)
    if file.suffix.lower() == ".cube":
        made = cube_of(look, int(size))
    elif file.suffix.lower() == ".xmp":
        made = to_xmp(look)
    elif file.suffix.lower() == ".dtstyle":
        made = to_dtstyle(look)
    else:
        raise OutputError(f"{file}: the name must end in .cube, .xmp or .dtstyle")
    write_text(file, made.text, overwrite=settings.overwrite)
    settings.say(str(file))
    for line in made.outside:
        settings.say(f"  not in it: {line}", err=True)
    settings.result({"file": str(file), "not_in_it": list(made.outside)})


@looks.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.argument("name")
@overwrite_option
@library_option
@common
@click.pass_obj
def import_(settings: Settings, file: Path, name: str) -> None:
    """Keep a .cube table (1D or 3D) as a look of your own."""
    from fluxroom.looks import import_cube

    if file.suffix.lower() != ".cube":
        raise InputError(f"{file}: only .cube tables can be imported; `fluxroom looks add` takes shared looks")
    try:
        look = import_cube(_text(file), name, settings.library, overwrite=settings.overwrite)
    except InputError as error:
        raise type(error)(f"{file}: {error}") from None
    settings.say(f"{look.key}: table {look.tables()[0][:12]}")
    settings.result(_data(look))


def _text(file: Path) -> str:
    from fluxroom.looks.cube import MOST_BYTES

    try:
        if file.stat().st_size > MOST_BYTES:
            raise InputError(f"{file}: larger than {MOST_BYTES >> 20} MB")
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise InputError(f"{file}: this is no text file") from None
    except OSError as error:
        raise InputError(f"{file}: cannot be read: {error.strerror or error}") from None


def _data(look: Look) -> dict[str, Any]:
    return {
        "key": look.key,
        "title": {"en": look.title[0], "zh": look.title[1]},
        "tags": list(look.tags),
        "about": {"en": look.about[0], "zh": look.about[1]},
        "own": look.own,
        "recipe": look.recipe.to_dict(),
    }
