"""Options that several commands share, and where what was chosen is kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from fluxroom.api import Photo
    from fluxroom.cli.progress import Bar

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(slots=True)
class Settings:
    """What was chosen on the command line, before or after the command's name."""

    json: bool = False
    quiet: bool = False
    progress: bool = False
    library: Path | None = None
    threads: int | None = None
    max_megapixels: float | None = None
    seed: int = 0
    overwrite: bool = False
    exit_code: int = 0
    bar: Bar | None = None

    def say(self, text: str = "", *, err: bool = False) -> None:
        """For people: nothing with --quiet or --json."""
        if not self.quiet and not self.json:
            self.bar_off()
            click.echo(text, err=err)

    def warn(self, text: str) -> None:
        self.bar_off()
        if not self.quiet:
            click.echo(f"fluxroom: {text}", err=True)

    def result(self, data: dict[str, Any]) -> None:
        """For machines: the one object that --json prints."""
        if self.json:
            import json

            self.bar_off()
            click.echo(json.dumps(data, ensure_ascii=False, indent=2))

    def bar_on(self, language: str) -> Bar:
        """A progress bar for work that may take over a second."""
        from fluxroom.cli.progress import Bar

        self.bar = Bar(language, shown=False if self.quiet else (True if self.progress else None))
        return self.bar

    def bar_off(self) -> None:
        if self.bar is not None:
            self.bar.close()
            self.bar = None

    def open(self, path: Path, look: bool = True) -> Photo:
        """Open a photo; look: it is going to be looked at, so the eye begins to load."""
        from fluxroom import api
        from fluxroom.history import Library

        library = Library() if self.library is None else Library(self.library)
        photo = api.open(path, library=library, max_megapixels=self.max_megapixels)
        if look:
            from fluxroom.perception.eye import prepare

            prepare()
        for warning in photo.pixels.warnings:
            self.warn(f"{path}: {warning}")
        return photo


def _set(ctx: click.Context, param: click.Parameter, value: Any) -> Any:
    """Keep a value that was really given; what was said before the command's name stays otherwise."""
    if value is not None:
        setattr(ctx.ensure_object(Settings), str(param.name), value)
    return value


def _kept(*names: str, **extra: Any) -> Callable[[F], F]:
    def decorate(function: F) -> F:
        if extra.get("is_flag"):
            extra.setdefault("default", None)
        return click.option(*names, callback=_set, expose_value=False, **extra)(function)

    return decorate


def common(function: F) -> F:
    """--json and --quiet."""
    function = _kept("--quiet", "-q", is_flag=True, help="Say nothing but errors.")(function)
    return _kept("--json", is_flag=True, help="Print one JSON object on stdout.")(function)


library_option = _kept(
    "--library",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Where versions are kept (default: your user data folder, or $FLUXROOM_LIBRARY).",
)
overwrite_option = _kept("--overwrite", is_flag=True, help="Replace files that exist (never the original).")
seed_option = _kept(
    "--seed",
    type=click.IntRange(0, 2**63 - 1),
    metavar="N",
    help="Another number gives other clouds and grain (default 0).",
)
bits_option = click.option(
    "--bits", type=click.Choice(["8", "16"]), help="Bit depth of the result (default: that of the photo)."
)


def opening(function: F) -> F:
    """Options of every command that opens a photo."""
    return _kept(
        "--max-megapixels",
        type=click.FloatRange(0, min_open=True),
        metavar="N",
        help="Refuse larger photos (default 250).",
    )(function)


def working(function: F) -> F:
    """Options of every command that renders."""
    function = _kept("--progress", is_flag=True, help="Show progress even if this is no terminal.")(function)
    function = _kept(
        "--threads", type=click.IntRange(1, 256), metavar="N", help="CPU threads (default: all). Same result with any."
    )(function)
    return opening(function)


photo_argument = click.argument("photo", type=click.Path(path_type=Path), metavar="PHOTO")


def output_option(help: str) -> Callable[[F], F]:
    return click.option("-o", "--output", type=click.Path(path_type=Path), metavar="FILE", help=help)


def example(text: str) -> str:
    """An epilog that keeps its lines."""
    lines = "\n".join(f"  {line}" for line in text.strip().splitlines())
    return f"\b\nExamples:\n{lines}"
