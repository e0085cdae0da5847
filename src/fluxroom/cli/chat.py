"""`fluxroom chat`: a dialogue about one photo in the terminal."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fluxroom.cli.options import Settings, common, example, library_option, photo_argument, working
from fluxroom.errors import FluxroomError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from PIL.Image import Image

    from fluxroom.assistant import Session, Turn

WIDTH = 1200
"""Of the pictures that are shown."""


@click.command(
    epilog=example(
        """
fluxroom chat beach.jpg
printf '让天空更有戏剧性\\n再强一点\\n保存为 out.jpg\\n' | fluxroom chat beach.jpg
"""
    )
)
@photo_argument
@click.option("--no-review", is_flag=True, help="Do not measure whether it was achieved.")
@click.option(
    "--tries", type=click.IntRange(1, 10), default=2, show_default=True, help="Renderings in all, if a check fails."
)
@click.option("--no-taste", is_flag=True, help="Neither learn from this dialogue nor use what was learnt.")
@click.option(
    "--pictures",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Where small before/after pictures go (default: shown in the terminal if it can).",
)
@library_option
@working
@common
@click.pass_obj
def chat(settings: Settings, photo: Path, no_review: bool, tries: int, no_taste: bool, pictures: Path | None) -> None:
    """Talk about PHOTO, turn by turn, in Chinese or English.

    Say what to change, then "stronger", "undo", "the same for the water", "back to v2",
    ask questions, ask for ideas; "help" tells more, "quit" ends. Lines may also be piped in.
    """
    session = settings.open(photo).session(
        review=not no_review, tries=tries, taste=not no_taste, threads=settings.threads
    )
    if sys.stdin.isatty():
        settings.say(f"{photo.name}: v{session.version}. help | quit")
    for line in _lines(settings):
        if not line.strip():
            continue
        try:
            turn = session.say(line, settings.bar_on("en"))
        except FluxroomError as error:
            settings.bar_off()
            click.echo(f"fluxroom: {' '.join(str(error).split())}", err=True)
            if settings.json:
                click.echo(json.dumps({"words": line, "kind": "error", "lines": [str(error)]}, ensure_ascii=False))
            settings.exit_code = error.exit_code if not sys.stdin.isatty() else 0
            continue
        settings.bar_off()
        if turn.kind == "quit":
            break
        _tell(settings, session, turn, pictures)


def _lines(settings: Settings) -> Iterator[str]:
    """What the user types, with editing and the lines of earlier days; or what is piped in."""
    if not sys.stdin.isatty():
        yield from (line.rstrip("\n") for line in sys.stdin)
        return
    kept = _history_file(settings)
    try:
        import readline
    except ImportError:  # not on Windows
        readline = None  # type: ignore[assignment]
    if readline is not None and kept.exists():
        readline.read_history_file(kept)
    try:
        while True:
            try:
                yield input("› ")
            except EOFError:
                click.echo()
                return
    finally:
        if readline is not None:
            kept.parent.mkdir(parents=True, exist_ok=True)
            readline.set_history_length(1000)
            readline.write_history_file(kept)


def _history_file(settings: Settings) -> Path:
    from fluxroom.history import default_path

    return (settings.library or default_path()) / "said.txt"


def _tell(settings: Settings, session: Session, turn: Turn, folder: Path | None) -> None:
    seen = [_show(settings, p, f"{n}", folder) for p, n in _pictures(session, turn)]
    if settings.json:
        click.echo(json.dumps(_data(turn, [s for s in seen if s]), ensure_ascii=False))
        return
    for line in turn.lines:
        settings.say(line)
    for path in seen:
        if path:
            settings.say(path)


def _pictures(session: Session, turn: Turn) -> Iterator[tuple[Image, str]]:
    """What there is to see of a turn, each with a name for its file."""
    from fluxroom.cli.inline import can_show

    if turn.picture is not None:
        yield turn.picture, f"compare_v{turn.version}"
    for i, choice in enumerate(turn.choices, 1):
        if choice.picture is not None:
            yield choice.picture, f"v{turn.version}_choice{i}"
    if turn.kind == "edit" and turn.result is not None:
        yield turn.result.before_after(width=WIDTH), f"v{turn.version}"
    elif turn.kind == "went" and can_show():
        yield session.look().before_after(width=WIDTH), f"v{turn.version}"


def _show(settings: Settings, picture: Image, name: str, folder: Path | None) -> str:
    """Show a picture in the terminal or write it into the folder; its path, if it has one."""
    from fluxroom.cli.inline import can_show, shown

    if folder is not None:
        from fluxroom.pictures import save_picture

        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{name}.jpg"
        save_picture(picture, path, overwrite=True)
        return str(path)
    way = can_show()
    if way and not settings.json and not settings.quiet:
        click.echo(shown(picture, way), nl=False)
    return ""


def _data(turn: Turn, pictures: list[str]) -> dict[str, Any]:
    return {
        "words": turn.words,
        "kind": turn.kind,
        "version": f"v{turn.version}",
        "lines": turn.lines,
        "recipe": None if turn.result is None else turn.result.recipe.to_dict(),
        "choices": [c.text for c in turn.choices],
        "answer": None if turn.answer is None else turn.answer.to_dict(),
        "pictures": pictures,
    }
