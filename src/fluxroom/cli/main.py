"""The entry point: finds the command, and turns everything that goes wrong into one line and an exit code."""

from __future__ import annotations

import errno
import gc
import importlib
import json
import os
import signal
import sys
from types import FrameType
from typing import Any, NoReturn

import click

from fluxroom import __version__
from fluxroom.cli.options import Settings, common, library_option
from fluxroom.errors import FluxroomError

COMMANDS = {
    "edit": "edit",
    "render": "edit",
    "generate": "generate",
    "chat": "chat",
    "suggest": "suggest",
    "taste": "taste",
    "looks": "looks",
    "batch": "batch",
    "regions": "look",
    "ask": "look",
    "history": "versions",
    "rollback": "versions",
    "replay": "versions",
    "label": "labels",
    "compare": "labels",
    "sidecar": "labels",
    "gc": "labels",
    "operators": "operators",
    "packs": "packs",
    "explain": "explain",
    "completion": "completion",
    "warm-up": "warm",
}
"""Command -> module of this package that has it as a function of the same name, with "_" for "-"."""

OBJECTS_BETWEEN_COLLECTIONS = 100_000
"""Python's own is 700, and starting up makes half a million objects that all stay: looking through them again and
again costs a tenth of a second."""


class Lazy(click.Group):
    """Loads the module of a command when it is called for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"fluxroom.cli.{COMMANDS[cmd_name]}")
        command = getattr(module, cmd_name.replace("-", "_"))
        assert isinstance(command, click.Command)
        return command


@click.group(
    cls=Lazy,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog='Start with:  fluxroom edit beach.jpg "make the sky moodier, keep the sea as it is" --before-after',
)
@click.version_option(__version__, prog_name="fluxroom")
@common
@library_option
def app() -> None:
    """A darkroom you talk to: say what the photo should feel like.

    Words may be Chinese or English. The original file is never written to; every
    version is kept and can be rendered again.
    """


def main(arguments: list[str] | None = None) -> NoReturn:
    """Run the command line and exit."""
    if os.environ.get("_FLUXROOM_COMPLETE"):
        app.main(prog_name="fluxroom", complete_var="_FLUXROOM_COMPLETE")
    signal.signal(signal.SIGTERM, _terminated)
    gc.set_threshold(OBJECTS_BETWEEN_COLLECTIONS)
    code = run(sys.argv[1:] if arguments is None else arguments)
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        _silence_stdout()
    gc.freeze()  # the process ends: nothing need be looked through once more, which would take a quarter of a second
    sys.exit(code)


def run(arguments: list[str]) -> int:
    """Run the command line; the exit code."""
    debug = os.environ.get("FLUXROOM_DEBUG", "") not in ("", "0")
    settings = Settings()
    if not debug and not sys.warnoptions:
        import warnings

        warnings.simplefilter("ignore")
    try:
        app.main(arguments, prog_name="fluxroom", standalone_mode=False, obj=settings)
        return settings.exit_code
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except (KeyboardInterrupt, click.exceptions.Abort):
        # If the interrupt came while source text was executed (a dataclass being made in a late import), CPython would
        # end by that signal after all, whatever is returned; executing any other text makes it forget.
        exec("")
        return _fail(settings, "stopped", "Stopped", 130)
    except click.UsageError as error:
        where = error.ctx.command_path if error.ctx is not None else "fluxroom"
        return _fail(settings, f"{_one_line(error.format_message())} (see {where} --help)", "UsageError", 2)
    except click.ClickException as error:
        return _fail(settings, _one_line(error.format_message()), type(error).__name__, 2)
    except FluxroomError as error:
        if debug:
            raise
        return _fail(settings, _one_line(str(error)), type(error).__name__, error.exit_code)
    except SystemExit as stop:
        if stop.code == 1:  # only click does that, when nobody reads its output any more
            _silence_stdout()
            return 0
        raise
    except BrokenPipeError:
        _silence_stdout()
        return 0
    except MemoryError:
        return _fail(
            settings, "not enough memory for this photo; close other programs or use a smaller one", "MemoryError", 1
        )
    except OSError as error:
        if debug:
            raise
        what = "the disk is full" if error.errno == errno.ENOSPC else (error.strerror or str(error))
        name = f"{error.filename}: " if error.filename else ""
        return _fail(settings, _one_line(f"{name}{what}"), type(error).__name__, 2)
    except Exception as error:
        if debug:
            raise
        why = _one_line(str(error)) or "no reason given"
        return _fail(
            settings,
            f"this should not have happened ({type(error).__name__}: {why}); FLUXROOM_DEBUG=1 shows where",
            type(error).__name__,
            1,
        )


def _fail(settings: Settings, message: str, kind: str, code: int) -> int:
    settings.bar_off()
    click.echo(f"fluxroom: {message}", err=True)
    if settings.json:
        click.echo(json.dumps({"error": {"kind": kind, "message": message, "exit_code": code}}, ensure_ascii=False))
    return code


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _silence_stdout() -> None:
    """Nobody reads any more: keep the interpreter from complaining when it flushes at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _terminated(number: int, frame: FrameType | None) -> Any:
    raise SystemExit(128 + number)
