"""`fluxroom suggest`: ideas for a photo."""

from __future__ import annotations

from pathlib import Path

import click

from fluxroom.cli.options import Settings, common, example, library_option, photo_argument, working


@click.command(
    epilog=example(
        """
fluxroom suggest beach.jpg
fluxroom suggest beach.jpg --zh --pictures ideas/
"""
    )
)
@photo_argument
@click.option("-n", "most", type=click.IntRange(1, 12), default=5, show_default=True, help="At most so many ideas.")
@click.option("--zh/--en", "chinese", default=False, help="In Chinese or English (default).")
@click.option(
    "--pictures",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Write a small before/after picture and the recipe of each idea there.",
)
@library_option
@working
@common
@click.pass_obj
def suggest(settings: Settings, photo: Path, most: int, chinese: bool, pictures: Path | None) -> None:
    """Propose edits that suit PHOTO, the best first, each with its reason.

    The words of an idea are what `fluxroom edit` takes.
    """
    opened = settings.open(photo)
    settings.bar_on("zh" if chinese else "en")
    ideas = opened.suggest("zh" if chinese else "en", most=most)
    files: list[str] = []
    if pictures is not None:
        from fluxroom.pictures import save_picture

        pictures.mkdir(parents=True, exist_ok=True)
        small = opened.small(640)
        for number, idea in enumerate(ideas, 1):
            shown = small.render(idea.recipe, remember=False, threads=settings.threads).before_after(width=1200)
            file = pictures / f"{number}_{idea.key}.jpg"
            save_picture(shown, file, overwrite=settings.overwrite)
            file.with_suffix(".yaml").write_text(idea.recipe.to_yaml(), encoding="utf-8")
            files.append(str(file))
    settings.bar_off()
    for number, idea in enumerate(ideas, 1):
        settings.say(f"{number}. {idea.words}\n   {idea.reason}")
    for name in files:
        settings.say(name)
    settings.result(
        {
            "ideas": [
                {"words": i.words, "reason": i.reason, "worth": round(i.worth, 3), "recipe": i.recipe.to_dict()}
                for i in ideas
            ],
            "pictures": files,
        }
    )
