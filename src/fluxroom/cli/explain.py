"""`fluxroom explain`: how a sentence or a recipe would be carried out, and where the time goes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fluxroom.cli.options import Settings, bits_option, common, example, library_option, photo_argument, working

if TYPE_CHECKING:
    from fluxroom.photo import Photo
    from fluxroom.render import Part, Rendered


@click.command(
    epilog=example(
        """
fluxroom explain beach.jpg "make the sky more dramatic"
fluxroom explain beach.jpg recipe.yaml --json
"""
    )
)
@photo_argument
@click.argument("words")
@bits_option
@library_option
@working
@common
@click.pass_obj
def explain(settings: Settings, photo: Path, words: str, bits: str | None) -> None:
    """Render WORDS (or a recipe file that ends in .yaml) and tell what each part of it took.

    It is rendered twice, and the second time counts: the first may still compile. Nothing is written or remembered.
    """
    from fluxroom.cli.edit import read_recipe

    bar = settings.bar_on("en")
    bar("open", 0.0)
    opened = settings.open(photo)
    bar("perceive", 0.0)
    scene = opened.scene
    is_file = words.lower().endswith((".yaml", ".yml"))
    recipe = read_recipe(Path(words)) if is_file else opened.plan(words, base=0).recipe
    from fluxroom.engines import choose

    engine = choose(recipe)
    depth = None if bits is None else int(bits)
    for _ in range(2):
        rendered = engine.render(opened.pixels, scene, recipe, bits=depth, threads=settings.threads, progress=bar)
    settings.bar_off()
    for line in account(opened.pixels, scene.preview.shape[:2], rendered):
        settings.say(line)
    settings.result(_data(opened.pixels, rendered))


def account(photo: Photo, preview: tuple[int, int], rendered: Rendered) -> list[str]:
    """The plan as carried out, as lines for people."""
    megapixels = photo.width * photo.height / 1e6
    prepare, pixels = (rendered.seconds[stage] for stage in ("prepare", "pixels"))
    lines = [f"photo    {photo.width} x {photo.height}, {megapixels:.1f} MP, {8 * photo.codes.itemsize} bits"]
    lines.append(f"prepare  {prepare:.3f} s on the small picture, {preview[1]} x {preview[0]}")
    lines += [_row(p, 0) for p in _of(rendered, "prepare")]
    rows, columns = rendered.tile
    lines.append(f"pixels   {pixels:.3f} s, {rendered.threads} threads, tiles of {columns} x {rows}")
    if rendered.table is not None:
        lines.append(f"  all of it is one table of colours, off by at most {rendered.table:.1f} code values")
    lines += [_row(p, bytes_moved(p.name, photo, rendered)) for p in _of(rendered, "pixels")]
    memory = photo.codes.nbytes + rendered.codes.nbytes + rendered.untouched.nbytes
    lines.append(f"memory   {memory / 1e6:.0f} MB read and written once; the rest above stays in the cache")
    return lines


def bytes_moved(name: str, photo: Photo, rendered: Rendered) -> int:
    """Bytes that a part of the pixels stage reads and writes for each pixel it goes over."""
    before = photo.codes.itemsize * photo.codes.shape[2]
    after = rendered.codes.itemsize * rendered.codes.shape[2]
    light = 12
    moved: dict[str, int] = {
        "table": before + after + 1,
        "decode": before + light,
        "mask": light + 4,
        "blend": 3 * light + 4,
        "encode": light + after,
        "put": before + 2 * after + 1,
    }
    return moved.get(name, 2 * light)


def _of(rendered: Rendered, stage: str) -> list[Part]:
    return [p for p in rendered.parts if p.stage == stage and p.seconds >= 5e-4]


def _row(part: Part, each: int) -> str:
    per = f"{1e9 * part.seconds / part.pixels:6.1f} ns/pixel" if part.pixels else ""
    moved = f"{each * part.pixels / 1e6:7.0f} MB" if each else ""
    return f"  {part.name:<16} {part.detail[:28]:<28} {part.seconds:7.3f} thread s  {per}  {moved}".rstrip()


def _data(photo: Photo, rendered: Rendered) -> dict[str, Any]:
    return {
        "width": photo.width,
        "height": photo.height,
        "seconds": {stage: round(seconds, 4) for stage, seconds in rendered.seconds.items()},
        "threads": rendered.threads,
        "tile": list(rendered.tile),
        "table_error": rendered.table,
        "parts": [
            {
                "stage": p.stage,
                "name": p.name,
                "region": p.detail,
                "thread_seconds": round(p.seconds, 5),
                "pixels": p.pixels,
                "bytes": p.pixels * bytes_moved(p.name, photo, rendered) if p.stage == "pixels" else 0,
            }
            for p in rendered.parts
        ],
    }
