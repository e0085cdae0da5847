"""`fluxroom taste`: what was learnt of the user's taste, to look at and to forget."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from fluxroom.cli.options import Settings, common, example, library_option

if TYPE_CHECKING:
    from fluxroom.assistant import Taste


@click.group(
    epilog=example(
        """
fluxroom taste show
fluxroom taste forget fog
fluxroom taste forget --all
"""
    )
)
@library_option
@common
def taste() -> None:
    """What fluxroom has learnt of your taste. It stays on this machine, in your library."""


@taste.command()
@library_option
@common
@click.pass_obj
def show(settings: Settings) -> None:
    """Show what was learnt, operator by operator, and where it is kept."""
    known = _taste(settings)
    leanings = sorted(known.leanings().values(), key=lambda leaning: (-leaning.seen, leaning.operator))
    settings.say(str(known.file) if leanings else "nothing has been learnt yet")
    for leaning in leanings:
        settings.say(
            f"  {leaning.operator:<20} x{leaning.factor:<6.2f} seen {leaning.seen}, kept {leaning.kept}, "
            f"taken back {leaning.undone}"
        )
    settings.result(
        {
            "file": str(known.file),
            "taste": {
                leaning.operator: {
                    "factor": leaning.factor, "seen": leaning.seen, "kept": leaning.kept, "undone": leaning.undone
                }
                for leaning in leanings
            },
        }
    )  # fmt: skip


@taste.command()
@click.argument("operator", required=False)
@click.option("--all", "everything", is_flag=True, help="Forget all of it.")
@library_option
@common
@click.pass_obj
def forget(settings: Settings, operator: str | None, everything: bool) -> None:
    """Forget what was learnt about OPERATOR, or all of it."""
    if (operator is None) == (not everything):
        raise click.UsageError("say which operator, or --all")
    gone = _taste(settings).forget(operator)
    settings.say(f"forgotten: {gone}")
    settings.result({"forgotten": gone})


def _taste(settings: Settings) -> Taste:
    from fluxroom.assistant import Taste
    from fluxroom.history import default_path

    return Taste(settings.library or default_path())
