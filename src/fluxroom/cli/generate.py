"""`fluxroom generate`: a picture from words alone."""

from __future__ import annotations

import re
from pathlib import Path

import click

from fluxroom.cli.options import Settings, common, example, overwrite_option, seed_option


def _size(ctx: click.Context, param: click.Parameter, value: str | None) -> tuple[int, int] | None:
    """WIDTHxHEIGHT, or one number for a square."""
    if value is None:
        return None
    found = re.fullmatch(r"(\d{1,5})(?:\s*[xX×*]\s*(\d{1,5}))?", value.strip())
    if not found:
        raise click.BadParameter(f"{value!r} is no size; write it as 1536x1024", ctx, param)
    return int(found[1]), int(found[2] or found[1])


@click.command(
    epilog=example(
        """
fluxroom generate "a red sailboat on the left, sunset over the sea" -o sea.jpg
fluxroom generate "竹林，清晨" -o bamboo.png --size 1536x1024 --seed 3
"""
    )
)
@click.argument("words")
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    metavar="FILE",
    help="Where to write it; the format goes by the name.",
)
@click.option("--size", callback=_size, metavar="WxH", help="Pixels (default 1024x1024; the flow: 64x64).")
@click.option(
    "--model",
    type=click.Choice(["composer", "flow"]),
    default="composer",
    show_default=True,
    help="composer: drawn from the words, any size. flow: the Flow Transformer (needs torch), small pictures.",
)
@seed_option
@overwrite_option
@common
@click.pass_obj
def generate(settings: Settings, words: str, output: Path, size: tuple[int, int] | None, model: str) -> None:
    """Make a picture of WORDS: a place, an hour, a weather, a season, things with colour, number and side.

    What was not understood is named. The result can be edited like any photo.
    """
    from fluxroom.generating import generate as make

    done = make(words, size=size, seed=settings.seed, model=model)
    done.save(output, overwrite=settings.overwrite)
    settings.say(f"{output}: {done.photo.width}x{done.photo.height}, made by the {model}, seed {settings.seed}")
    for note in done.notes:
        settings.warn(note)
    settings.result(
        {"output": str(output), "made_by": model, "seed": settings.seed, "width": done.photo.width,
         "height": done.photo.height, "understood": done.understood, "notes": list(done.notes)}
    )  # fmt: skip
